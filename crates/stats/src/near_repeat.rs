//! Does one event nearby make the next likelier? Knox's test counts pairs close in both space and time (Knox 1964), Mantel's
//! weighs all pairs by how close they are (Mantel 1967). Both compare with the same places under shuffled times.

use rayon::prelude::*;

use crate::draw::{Stream, entity};
use crate::scan::Sites;

/// Pairs no farther apart than so much, in space and in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knox {
    /// In the sites' unit.
    pub distance: f64,
    /// In periods.
    pub lag: u32,
    /// Such pairs.
    pub pairs: u64,
    /// Their mean number when times are shuffled.
    pub expected: f64,
    /// Share of shuffles, itself counted, with as many.
    pub p: f64,
}

/// Knox's test for every one of `distances` (rising, the last no more than the sites' own limit) with every one of `lags`.
///
/// Pairs close in space are the same in every shuffle: events are laid out place by place, so that a pair of places is
/// two runs of times, compared many at once.
pub fn knox(
    sites: &Sites,
    events: &[(u32, u32)],
    distances: &[f64],
    lags: &[u32],
    seed: u64,
    shuffles: u32,
) -> Vec<Knox> {
    let layout = Layout::new(sites, events, distances);
    let observed = layout.count(&layout.times, lags);
    let shuffled: Vec<Vec<u64>> = (0..shuffles)
        .into_par_iter()
        .map(|r| layout.count(&shuffle(&layout.times, &mut Stream::new(seed, entity("knox"), r)), lags))
        .collect();
    let cells = distances.iter().flat_map(|d| lags.iter().map(move |l| (*d, *l)));
    cells
        .enumerate()
        .map(|(i, (distance, lag))| {
            let pairs = observed[i];
            let sum: u64 = shuffled.iter().map(|s| s[i]).sum();
            let reached = shuffled.iter().filter(|s| s[i] >= pairs).count();
            Knox {
                distance,
                lag,
                pairs,
                expected: sum as f64 / f64::from(shuffles.max(1)),
                p: (1 + reached) as f64 / f64::from(shuffles + 1),
            }
        })
        .collect()
}

/// Mantel's test: the sum over pairs of 1 / (1 + distance) times 1 / (1 + lag), in standard deviations above its mean under shuffled
/// times, and the share of shuffles that reach it. Looks at all pairs of places within the sites' limit.
pub fn mantel(sites: &Sites, events: &[(u32, u32)], seed: u64, shuffles: u32) -> (f64, f64) {
    let layout = Layout::new(sites, events, &[f64::INFINITY]);
    let observed = layout.closeness(&layout.times);
    let shuffled: Vec<f64> = (0..shuffles)
        .into_par_iter()
        .map(|r| layout.closeness(&shuffle(&layout.times, &mut Stream::new(seed, entity("mantel"), r))))
        .collect();
    let (mean, se) = crate::mean_se(&shuffled);
    let sd = se * libm::sqrt(f64::from(shuffles));
    let reached = shuffled.iter().filter(|s| **s >= observed * (1.0 - 1e-12)).count();
    (if sd > 0.0 { (observed - mean) / sd } else { 0.0 }, (1 + reached) as f64 / f64::from(shuffles + 1))
}

fn shuffle(times: &[i32], draw: &mut Stream) -> Vec<i32> {
    let mut times = times.to_vec();
    draw.shuffle(&mut times);
    times
}

/// Events place by place.
struct Layout {
    times: Vec<i32>,
    start: Vec<usize>,
    /// Pairs of places that hold events, each once (a place with itself too): which, how far, in which band of distance.
    pairs: Vec<(u32, u32, f64, u32)>,
    bands: usize,
}

impl Layout {
    fn new(sites: &Sites, events: &[(u32, u32)], distances: &[f64]) -> Self {
        let mut order: Vec<(u32, u32)> = events.to_vec();
        order.sort_unstable();
        let mut start = vec![0; sites.len() + 1];
        for (site, _) in &order {
            start[*site as usize + 1] += 1;
        }
        for s in 0..sites.len() {
            start[s + 1] += start[s];
        }
        let held = |s: usize| start[s + 1] > start[s];
        let mut pairs = Vec::new();
        for a in (0..sites.len()).filter(|a| held(*a)) {
            for b in sites.near(a).iter().copied().filter(|b| *b as usize >= a && held(*b as usize)) {
                let far = sites.distance(a, b as usize);
                let band = distances.partition_point(|d| *d < far);
                if band < distances.len() {
                    pairs.push((a as u32, b, far, band as u32));
                }
            }
        }
        Self { times: order.iter().map(|e| e.1 as i32).collect(), start, pairs, bands: distances.len() }
    }

    fn run<'t>(&self, times: &'t [i32], site: u32) -> &'t [i32] {
        &times[self.start[site as usize]..self.start[site as usize + 1]]
    }

    /// Close pairs by distance and lag: up to each.
    fn count(&self, times: &[i32], lags: &[u32]) -> Vec<u64> {
        let mut counts = vec![0u64; self.bands * lags.len()];
        for (a, b, _, band) in &self.pairs {
            let (first, second) = (self.run(times, *a), self.run(times, *b));
            for (l, lag) in lags.iter().enumerate() {
                let mut n = 0;
                for (i, t) in first.iter().enumerate() {
                    // Within a place, each pair once.
                    let others = if a == b { &second[i + 1..] } else { second };
                    n += others.iter().map(|u| u32::from((t - u).unsigned_abs() <= *lag)).sum::<u32>();
                }
                counts[*band as usize * lags.len() + l] += u64::from(n);
            }
        }
        for i in lags.len()..counts.len() {
            counts[i] += counts[i - lags.len()];
        }
        counts
    }

    fn closeness(&self, times: &[i32]) -> f64 {
        let mut sum = 0.0;
        for (a, b, far, _) in &self.pairs {
            let (first, second) = (self.run(times, *a), self.run(times, *b));
            let mut near = 0.0;
            for (i, t) in first.iter().enumerate() {
                let others = if a == b { &second[i + 1..] } else { second };
                near += others.iter().map(|u| 1.0 / (1.0 + f64::from((t - u).abs()))).sum::<f64>();
            }
            sum += near / (1.0 + far);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(places: usize) -> Sites {
        Sites::on_plane(&(0..places).map(|i| (i as f64, 0.0)).collect::<Vec<_>>(), 100.0)
    }

    #[test]
    fn pairs_are_counted_once() {
        // Places 0, 1 and 5 on a line.
        let events = [(0, 0), (0, 3), (1, 1), (5, 1), (5, 1)];
        let cells = knox(&line(6), &events, &[0.0, 1.0, 5.0], &[0, 2, 3], 1, 9);
        let counts: Vec<u64> = cells.iter().map(|c| c.pairs).collect();
        // At one place: 0-3 apart in time (lag 3), 1-1 (lag 0). Up to 1 away, also 0-1 and 3-1. Up to 5 away, all ten.
        assert_eq!(counts, [1, 1, 2, 1, 3, 4, 3, 9, 10]);
    }

    #[test]
    fn shuffles_agree_with_all_permutations() {
        let events = [(0, 0), (0, 1), (1, 4), (2, 9)];
        let sites = line(3);
        let cells = knox(&sites, &events, &[1.0], &[3], 7, 4999);
        // Close in space: 0-0, both 0-1, 1-2. Of the 24 orders of times 0, 1, 4, 9: pairs within 3 are 0-1 and 1-4.
        let (times, mut sum, mut reached) = ([0i32, 1, 4, 9], 0, 0);
        for p in 0..256 {
            let at = [p & 3, p >> 2 & 3, p >> 4 & 3, p >> 6 & 3];
            if (0..4).any(|i| (0..i).any(|j| at[i] == at[j])) {
                continue;
            }
            let close = |i: usize, j: usize| u32::from((times[at[i]] - times[at[j]]).abs() <= 3);
            let n = close(0, 1) + close(0, 2) + close(1, 2) + close(2, 3);
            sum += n;
            reached += u32::from(u64::from(n) >= cells[0].pairs);
        }
        assert!((cells[0].expected - f64::from(sum) / 24.0).abs() < 0.03, "{cells:?} {sum}");
        assert!((cells[0].p - f64::from(reached) / 24.0).abs() < 0.03, "{cells:?} {reached}");
    }

    #[test]
    fn events_that_follow_nearby_are_seen_and_others_are_not() {
        let mut s = Stream::new(1, entity("near repeat"), 0);
        let sites = line(40);
        let alone: Vec<(u32, u32)> =
            (0..300).map(|_| ((s.next_unit() * 40.0) as u32, (s.next_unit() * 600.0) as u32)).collect();
        let followed: Vec<(u32, u32)> =
            alone.iter().step_by(2).flat_map(|e| [*e, ((e.0 + 1).min(39), e.1 + 3)]).collect();
        let p =
            |events: &[(u32, u32)]| (knox(&sites, events, &[2.0], &[5], 3, 199)[0].p, mantel(&sites, events, 3, 199).1);
        let (apart, together) = (p(&alone), p(&followed));
        assert!(apart.0 > 0.05 && apart.1 > 0.05, "{apart:?}");
        assert!(together.0 <= 0.01 && together.1 <= 0.01, "{together:?}");
    }
}
