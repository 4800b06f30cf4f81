//! Counts to come, as whole future paths: half from the unit's own past, half from what followed wherever else things stood
//! alike (`methods.md` section 6).
//!
//! - **Own past.** Past months with weights that fade at three paces (half-lives of 2, 8 and 30 months: half, three tenths and a
//!   fifth). Months of one path hang together as a Gaussian copula with [`TIE`] from month to month.
//! - **Analogs.** Of the 960 nearest unit-months of the whole panel, by level, by the last month and by how long it has
//!   been quiet, every fourth, with the months that did follow it, scaled to this unit's level.
//!
//! What was chosen, and on what, stands in `docs/forecast.md`.

mod analogs;
mod beside;

use std::collections::BTreeMap;

use analogs::Analogs;
pub use beside::{hierarchical, self_exciting};

use crate::draw::{Stream, entity};

/// Monthly counts of units, all over the same months.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    months: usize,
    counts: Vec<u32>,
}

impl Panel {
    /// Counts by unit: `unit * months + month`.
    ///
    /// # Panics
    /// When the counts are no whole number of units.
    pub fn new(months: usize, counts: Vec<u32>) -> Self {
        assert!(
            months > 0 && counts.len().is_multiple_of(months),
            "{} counts are not whole rows of {months}",
            counts.len()
        );
        Self { months, counts }
    }

    /// Number of months.
    pub fn months(&self) -> usize {
        self.months
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.counts.len() / self.months
    }

    /// A unit's counts, the oldest first.
    pub fn unit(&self, unit: usize) -> &[u32] {
        &self.counts[unit * self.months..(unit + 1) * self.months]
    }

    /// The panel as it stood after its first `months`.
    pub fn until(&self, months: usize) -> Self {
        let counts = (0..self.units()).flat_map(|u| self.unit(u)[..months].iter().copied()).collect();
        Self { months, counts }
    }
}

/// Future paths of one unit, all equally likely.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    horizon: usize,
    /// By path: `path * horizon + month`.
    counts: Vec<u32>,
}

impl Paths {
    /// Paths of given counts.
    ///
    /// # Panics
    /// When they are not whole paths.
    pub fn new(horizon: usize, counts: Vec<u32>) -> Self {
        assert!(
            horizon > 0 && counts.len().is_multiple_of(horizon),
            "{} counts are not whole paths of {horizon}",
            counts.len()
        );
        Self { horizon, counts }
    }

    /// Each path's counts, month after month.
    pub fn each(&self) -> std::slice::ChunksExact<'_, u32> {
        self.counts.chunks_exact(self.horizon)
    }

    /// Number of months.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// The counts of one month, in order.
    pub fn month(&self, month: usize) -> Vec<u32> {
        let mut all: Vec<u32> = self.each().map(|p| p[month]).collect();
        all.sort_unstable();
        all
    }

    /// The sums of all months, in order.
    pub fn total(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.each().map(|p| p.iter().sum()).collect();
        all.sort_unstable();
        all
    }

    /// The share of paths of which something holds.
    pub fn share(&self, holds: impl Fn(&[u32]) -> bool) -> f64 {
        self.each().filter(|p| holds(p)).count() as f64 * self.horizon as f64 / self.counts.len() as f64
    }
}

/// How fast a unit's own past fades, in months, and how much each pace counts.
const HALF_LIVES: [(f64, f64); 3] = [(2.0, 0.5), (8.0, 0.3), (30.0, 0.2)];
/// Months of its own past.
const PAST: usize = 120;
/// Correlation of one month of a path with the next, as normal scores.
pub const TIE: f64 = 0.8;
/// Paths of each half.
const HALF: usize = 240;

/// Ready to forecast any unit of a panel.
#[derive(Debug)]
pub struct Forecaster<'a> {
    panel: &'a Panel,
    horizon: usize,
    analogs: Analogs<'a>,
    /// By month and path: which quantile of its law a path of the own half takes.
    ranks: Vec<u16>,
}

impl<'a> Forecaster<'a> {
    /// The first month forecast is the one after `gap` months that are not known yet (0: the month after the panel's last).
    pub fn new(panel: &'a Panel, gap: usize, horizon: usize) -> Self {
        Self { panel, horizon, analogs: Analogs::new(panel, gap, horizon), ranks: ranks(horizon) }
    }

    /// The future of a unit.
    pub fn paths(&self, unit: usize) -> Paths {
        let mut counts = Vec::with_capacity(2 * HALF * self.horizon);
        self.own(unit, &mut counts);
        self.analogs.follow(unit, HALF, &mut counts);
        Paths { horizon: self.horizon, counts }
    }

    fn own(&self, unit: usize, out: &mut Vec<u32>) {
        let past = self.panel.unit(unit);
        let n = past.len().min(PAST);
        let past = &past[past.len() - n..];
        let mut law: BTreeMap<u32, f64> = BTreeMap::new();
        for (half_life, share) in HALF_LIVES {
            let fade = libm::exp2(-1.0 / half_life);
            let sum = (1.0 - libm::pow(fade, n as f64)) / (1.0 - fade);
            let mut weight = share / sum;
            for x in past.iter().rev() {
                *law.entry(*x).or_default() += weight;
                weight *= fade;
            }
        }
        let mut quantiles = Vec::with_capacity(HALF);
        let mut sum = 0.0;
        for (x, weight) in law {
            sum += weight;
            while quantiles.len() < HALF && (quantiles.len() as f64 + 0.5) / HALF as f64 <= sum {
                quantiles.push(x);
            }
            if quantiles.len() == HALF {
                break;
            }
        }
        // The sum of all weights may end a rounding short of 1.
        let top = quantiles.last().copied().unwrap_or(0);
        quantiles.resize(HALF, top);
        for path in 0..HALF {
            out.extend((0..self.horizon).map(|m| quantiles[usize::from(self.ranks[m * HALF + path])]));
        }
    }
}

/// For each month a permutation of the paths, tied to the month before: the same for every unit, so that one forecast does not
/// move when another unit joins the panel.
fn ranks(horizon: usize) -> Vec<u16> {
    let mut draw = Stream::new(0, entity("future paths"), 0);
    let mut z: Vec<f64> = (0..HALF).map(|_| draw.normal()).collect();
    let mut all = Vec::with_capacity(horizon * HALF);
    for month in 0..horizon {
        if month > 0 {
            for x in &mut z {
                *x = TIE * *x + libm::sqrt(1.0 - TIE * TIE) * draw.normal();
            }
        }
        let mut order: Vec<u16> = (0..HALF as u16).collect();
        order.sort_unstable_by(|a, b| z[usize::from(*a)].total_cmp(&z[usize::from(*b)]));
        let mut rank = vec![0; HALF];
        for (r, path) in order.into_iter().enumerate() {
            rank[usize::from(path)] = r as u16;
        }
        all.extend(rank);
    }
    all
}

/// What any forecast must beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Baseline {
    /// Nothing happens.
    Zero,
    /// As in the last month, give or take Poisson's error.
    Last,
    /// As on average since the beginning, give or take Poisson's error.
    Average,
    /// One of the unit's own last twelve months (conflictology).
    Conflictology,
    /// The same, and its neighbours'.
    Neighbours,
    /// One of all units' last twelve months.
    Bootstrap,
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Zero, Self::Last, Self::Average, Self::Conflictology, Self::Neighbours, Self::Bootstrap];

    /// Its name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Last => "last",
            Self::Average => "historical average",
            Self::Conflictology => "conflictology",
            Self::Neighbours => "conflictology-n",
            Self::Bootstrap => "bootstrap",
        }
    }

    /// The same law for every month, as equally likely counts in order; `near` are the unit's neighbours.
    pub fn counts(self, panel: &Panel, unit: usize, near: &[usize]) -> Vec<u32> {
        let months = panel.months;
        let year = |u: usize| panel.unit(u)[months.saturating_sub(12)..].iter().copied();
        let poisson = |mean: f64| {
            // By its quantiles.
            let (mut k, mut p, mut sum) = (0u32, libm::exp(-mean), 0.0);
            if mean > 500.0 {
                return (0..1000)
                    .map(|i| {
                        let z = crate::normal_quantile((f64::from(i) + 0.5) / 1000.0);
                        libm::round(mean + z * libm::sqrt(mean)).max(0.0) as u32
                    })
                    .collect();
            }
            sum += p;
            (0..1000)
                .map(|i| {
                    while sum < (f64::from(i) + 0.5) / 1000.0 && k < 10_000 {
                        k += 1;
                        p *= mean / f64::from(k);
                        sum += p;
                    }
                    k
                })
                .collect()
        };
        let mut counts: Vec<u32> = match self {
            Self::Zero => vec![0],
            Self::Last => poisson(f64::from(panel.unit(unit)[months - 1])),
            Self::Average => poisson(panel.unit(unit).iter().map(|x| f64::from(*x)).sum::<f64>() / months as f64),
            Self::Conflictology => year(unit).collect(),
            Self::Neighbours => std::iter::once(unit).chain(near.iter().copied()).flat_map(year).collect(),
            Self::Bootstrap => (0..panel.units()).flat_map(year).collect(),
        };
        counts.sort_unstable();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let mut s = Stream::new(3, entity("panel"), 0);
        let months = 80;
        let mut counts = Vec::new();
        for unit in 0..30 {
            let mut level: f64 = if unit % 3 == 0 { 0.0 } else { s.normal() };
            for _ in 0..months {
                level = 0.9 * level + 0.4 * s.normal();
                counts.push(if unit % 3 == 0 { 0 } else { s.poisson(libm::exp(level)) as u32 });
            }
        }
        Panel::new(months, counts)
    }

    #[test]
    fn months_of_a_path_hang_together_and_each_has_the_units_law() {
        let panel = panel();
        let f = Forecaster::new(&panel, 0, 6);
        let paths = f.paths(1);
        assert_eq!((paths.each().count(), paths.horizon()), (2 * HALF, 6));
        let own = Paths::new(6, paths.counts[..HALF * 6].to_vec());
        for m in 1..6 {
            assert_eq!(own.month(m), own.month(0));
        }
        // Were months drawn apart, a sum would spread as the root of six; bound together, nearly six times.
        let spread = |x: &[u32]| {
            let x: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
            crate::mean_se(&x).1
        };
        let ratio = spread(&own.total()) / spread(&own.month(0));
        assert!((3.0..6.0).contains(&ratio), "{ratio}");
        assert!((paths.share(|p| p.iter().sum::<u32>() >= 1) - 1.0).abs() < 0.2);
    }

    #[test]
    fn what_is_not_known_yet_does_not_matter() {
        let panel = panel();
        let early = panel.until(60);
        let mut counts = panel.counts.clone();
        for unit in 0..30 {
            for month in 60..80 {
                counts[unit * 80 + month] = 999;
            }
        }
        let other = Panel::new(80, counts).until(60);
        assert_eq!(Forecaster::new(&early, 2, 6).paths(4), Forecaster::new(&other, 2, 6).paths(4));
    }

    #[test]
    fn baselines_known() {
        let panel = Panel::new(14, (0..28).map(|i| i % 14).collect());
        assert_eq!(Baseline::Zero.counts(&panel, 0, &[]), [0]);
        assert_eq!(Baseline::Conflictology.counts(&panel, 0, &[]), (2..14).collect::<Vec<u32>>());
        assert_eq!(Baseline::Neighbours.counts(&panel, 0, &[1]).len(), 24);
        let last = Baseline::Last.counts(&panel, 0, &[]);
        let mean = last.iter().sum::<u32>() as f64 / last.len() as f64;
        assert!((mean - 13.0).abs() < 0.05, "{mean}");
        // The median of Poisson(13) is 13; 1.07 % of it lies at or below 5.
        assert_eq!((last[500], last[10]), (13, 5));
    }
}
