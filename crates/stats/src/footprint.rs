//! Contained, relocating, expanding, receding, dormant: the classes' probabilities from four counts
//! (`methods.md` 1.2; the partition is `worlds.md`'s).
//!
//! Rates are Gamma-Poisson with the likelihood tempered by the dispersion (self-excitation makes counts
//! clumpier than Poisson), and the ratios now/before carry a log-normal prior.

use std::collections::BTreeMap;

use crate::category::Inverse;
use crate::draw::{Stream, entity};
use crate::weigh::from_logs;

/// Events inside and outside the home area, before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counts {
    /// Inside, reference window.
    pub in0: u32,
    /// Inside, current window.
    pub in1: u32,
    /// Outside, reference window.
    pub out0: u32,
    /// Outside, current window.
    pub out1: u32,
}

/// Shape and rate of the Gamma prior on a rate per week.
const PRIOR: (f64, f64) = (0.5, 0.02);
/// Standard deviations of the log ratios inside and outside.
const RATIO_SD: (f64, f64) = (0.6, 0.9);
/// Dead band of the ratios.
const BAND: f64 = 0.25;

/// The dispersion used for tempering: variance over mean of weekly reference counts, shrunk to 2 with the weight
/// of 20 events, within [1, 10].
pub fn dispersion(weekly: &[f64]) -> f64 {
    let n = weekly.len() as f64;
    let events: f64 = weekly.iter().sum();
    if n < 2.0 {
        return 2.0;
    }
    let mean = events / n;
    let var = weekly.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    let raw = (var / mean.max(1e-9)).clamp(1.0, 10.0);
    (raw * events + 2.0 * 20.0) / (events + 20.0)
}

/// Equally likely draws for one side (inside or outside), by rising ratio: rate before, rate now, ratio.
type Side = Vec<(f64, f64, f64)>;

/// Class probabilities for given window lengths, with what was computed before kept.
#[derive(Debug)]
pub struct FootprintModel {
    weeks0: f64,
    weeks1: f64,
    /// Dormant when fewer events than this are expected in the current window.
    dormant_below: f64,
    phi: f64,
    draws: usize,
    /// Reporting effort of the current window over the reference's, inside and outside.
    effort: [f64; 2],
    sides: BTreeMap<(bool, u32, u32), Side>,
    known: BTreeMap<Counts, [f64; 5]>,
}

impl FootprintModel {
    /// Lengths in weeks; `phi` from [`dispersion`] (1 for the untempered model); `draws` per side, a power of two.
    pub fn new(weeks0: f64, weeks1: f64, dormant_below: f64, phi: f64, draws: usize) -> Self {
        Self {
            weeks0,
            weeks1,
            dormant_below,
            phi,
            draws,
            effort: [1.0; 2],
            sides: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// The same, if so many times as much is reported now of what happens, inside and outside.
    pub fn with_effort(mut self, effort: [f64; 2]) -> Self {
        self.effort = effort;
        self
    }

    /// Probabilities of contained, relocating, expanding, receding, dormant; they sum to 1.
    pub fn classes(&mut self, c: Counts) -> [f64; 5] {
        if let Some(p) = self.known.get(&c) {
            return *p;
        }
        self.side(true, c.in0, c.in1);
        self.side(false, c.out0, c.out1);
        let (inside, outside) = (&self.sides[&(true, c.in0, c.in1)], &self.sides[&(false, c.out0, c.out1)]);
        let never = c.out0 == 0 && c.out1 == 0;
        let mut sums = [0u32; 5];
        // Inside and outside are independent given the counts: each draw of one meets 16 of the other,
        // spread over its whole range by an odd stride.
        for shift in 0..16 {
            for (i, (_, now_in, r_in)) in inside.iter().enumerate() {
                let (before_out, now_out, r_out) =
                    outside[(i * 805 + shift * self.draws / 16 + 7 * shift) % self.draws];
                let class = if (now_in + now_out) * self.weeks1 < self.dormant_below {
                    4
                } else if *r_in < 1.0 - BAND && r_out < 1.0 - BAND {
                    3
                } else if self.grows(never, before_out, now_out, r_out) {
                    if *r_in < 1.0 - BAND { 1 } else { 2 }
                } else {
                    0
                };
                sums[class] += 1;
            }
        }
        let total = f64::from(sums.iter().sum::<u32>());
        let p = sums.map(|s| f64::from(s) / total);
        self.known.insert(c, p);
        p
    }

    /// More outside than before. Where nothing ever happened outside, or next to nothing before (less than half an event
    /// expected in a window as long as the current one), a ratio means nothing, and the first two events must not make it infinite:
    /// there the rise itself must exceed two bursts, a burst being as many events as the dispersion.
    fn grows(&self, never: bool, before: f64, now: f64, ratio: f64) -> bool {
        if never || before * self.weeks1 < 0.5 {
            (now - before) * self.weeks1 > 2.0 * self.phi
        } else {
            ratio > 1.0 + BAND
        }
    }

    /// With before ~ Gamma(a0, b0) and now ~ Gamma(a1, b1), the log ratio t has density proportional to
    /// exp(a1 t) / (b0 + b1 e^t)^(a0 + a1), here times its normal prior; given t, before ~ Gamma(a0 + a1, b0 + b1 e^t).
    /// So the ratio is drawn by stratified inversion on a fine grid, and the level by one gamma draw.
    fn side(&mut self, inside: bool, n0: u32, n1: u32) {
        let (weeks0, phi, draws) = (self.weeks0, self.phi, self.draws);
        // Watched more closely, a week counts as more than one.
        let weeks1 = self.weeks1 * self.effort[usize::from(!inside)];
        self.sides.entry((inside, n0, n1)).or_insert_with(|| {
            let (a0, b0) = (PRIOR.0 + f64::from(n0) / phi, PRIOR.1 + weeks0 / phi);
            let (a1, b1) = (PRIOR.0 + f64::from(n1) / phi, PRIOR.1 + weeks1 / phi);
            let sd = if inside { RATIO_SD.0 } else { RATIO_SD.1 };
            const STEPS: usize = 1600;
            let t = |i: usize| (i as f64 + 0.5) / STEPS as f64 * 12.0 - 6.0;
            let log_density: Vec<f64> = (0..STEPS)
                .map(|i| {
                    let t = t(i);
                    a1 * t - (a0 + a1) * libm::log(b0 + b1 * libm::exp(t)) - t * t / (2.0 * sd * sd)
                })
                .collect();
            let law = Inverse::new(&from_logs(log_density));
            // One stream for all counts: neighbouring counts are compared on the same draws.
            let mut stream = Stream::new(0, entity(if inside { "footprint inside" } else { "footprint outside" }), 0);
            (0..draws)
                .map(|i| {
                    let ratio = libm::exp(t(law.pick((i as f64 + 0.5) / draws as f64)));
                    let before = stream.gamma(a0 + a1) / (b0 + b1 * ratio);
                    (before, ratio * before, ratio)
                })
                .collect()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three(c: Counts) -> [f64; 3] {
        let p = FootprintModel::new(52.0, 8.0, 0.0, 1.0, 2048).classes(c);
        // On three-class worlds receding and dormant count as contained.
        [p[0] + p[3] + p[4], p[1], p[2]]
    }

    /// `methods.md` 1.4, known answers.
    #[test]
    fn known_answers() {
        let stays = three(Counts { in0: 520, in1: 80, out0: 0, out1: 0 });
        assert!(stays[0] > 0.9, "{stays:?}");
        let moves = three(Counts { in0: 520, in1: 0, out0: 0, out1: 80 });
        assert!(moves[1] > 0.95, "{moves:?}");
        let grows = three(Counts { in0: 520, in1: 80, out0: 0, out1: 80 });
        assert!(grows[2] > 0.95, "{grows:?}");
    }

    /// Home and its complement changed for one another: what is said of both alike is the same, where there is enough to
    /// outweigh that outside may change more than inside.
    #[test]
    fn sides_may_be_swapped() {
        let classes = |c: Counts| FootprintModel::new(52.0, 26.0, 1.0, 1.5, 2048).classes(c);
        for c in [
            Counts { in0: 900, in1: 200, out0: 700, out1: 150 },
            Counts { in0: 600, in1: 600, out0: 500, out1: 520 },
            Counts { in0: 800, in1: 300, out0: 900, out1: 640 },
        ] {
            let swapped = Counts { in0: c.out0, in1: c.out1, out0: c.in0, out1: c.in1 };
            let (a, b) = (classes(c), classes(swapped));
            // Receding is the same seen from either side; and where both grow, so is expanding.
            assert!((a[3] - b[3]).abs() < 0.03, "{a:?} {b:?}");
            if c.in1 * 2 > c.in0 && c.out1 * 2 > c.out0 {
                assert!((a[2] - b[2]).abs() < 0.06, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn classes_are_a_partition_and_monotone_in_events_outside() {
        let mut m = FootprintModel::new(85.0, 11.0, 1.0, 2.0, 2048);
        let mut last = -1.0;
        for out1 in 0..12 {
            let p = m.classes(Counts { in0: 3, in1: 3, out0: 1, out1 });
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let outward = p[1] + p[2];
            assert!(outward > last - 0.02, "{out1}: {outward} after {last}");
            last = outward;
        }
        // Nothing outside, before or now, is no sign of spread.
        let none = m.classes(Counts { in0: 30, in1: 8, out0: 0, out1: 0 });
        assert!(none[1] + none[2] < 0.05, "{none:?}");
        // As many more as are reported more: nothing has changed.
        let count = Counts { in0: 200, in1: 80, out0: 40, out1: 40 };
        let plain = FootprintModel::new(100.0, 20.0, 1.0, 1.0, 2048).classes(count);
        let known = FootprintModel::new(100.0, 20.0, 1.0, 1.0, 2048).with_effort([2.0, 5.0]).classes(count);
        assert!(plain[2] > 0.95 && known[2] < 0.3 && known[0] > 0.5, "{plain:?} {known:?}");
        let quiet = m.classes(Counts { in0: 0, in1: 0, out0: 0, out1: 0 });
        assert!(quiet[4] > 0.5, "{quiet:?}");
        let fades = m.classes(Counts { in0: 300, in1: 4, out0: 200, out1: 3 });
        assert!(fades[3] > 0.8, "{fades:?}");
    }
}
