//! Where and when events crowd together: Kulldorff's scan statistic over cylinders, a circle of places by an interval
//! of time, under three laws (`methods.md` 2.1; Kulldorff 1997, Kulldorff, Heffernan, Hartman, Assunção and Mostashari
//! 2005 for the permutation law).
//!
//! The score of a cylinder is the logarithm of how much likelier its events are at a rate of their own than at the
//! rate of everything else; zero where it has no more than expected. Significance comes three ways: random replicates under
//! the law ([`Scan::maxima`]), the Gumbel law fitted to them, and the same question asked at earlier days of the same
//! history ([`replay`]), which alone stays honest when ordinary events excite each other.

mod cylinders;
mod recent;
mod sites;
mod vectors;
mod windows;

use rayon::prelude::*;

pub use cylinders::Cylinder;
use cylinders::Found;
pub use sites::Sites;

use crate::draw::{Stream, entity};

/// What is expected where nothing is out of the ordinary.
#[derive(Debug, Clone, Copy)]
pub enum ScanLaw<'a> {
    /// Each place and each period keeps its own number of events; they do not hang together.
    Permutation,
    /// Expected events of each place and period, by place: `site * periods + period`. Scaled to the number of events.
    Poisson(&'a [f64]),
    /// Other events at (site, period), of which ours are a constant share.
    Bernoulli(&'a [(u32, u32)]),
}

/// What is scanned: events at (site, period), of so many periods.
#[derive(Debug, Clone, Copy)]
pub struct Study<'a> {
    /// The places.
    pub sites: &'a Sites,
    /// Number of periods; events outside it are an error of the caller.
    pub periods: usize,
    /// One entry an event.
    pub events: &'a [(u32, u32)],
    /// What is expected.
    pub law: ScanLaw<'a>,
}

/// Which cylinders are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Longest interval, in periods.
    pub longest: usize,
    /// Only intervals that last to the end: what is going on now.
    pub prospective: bool,
    /// A circle holds at most this share of what is expected.
    pub share: f64,
}

/// The events, the laws and the cylinders, ready to be scanned.
#[derive(Debug)]
pub struct Scan<'a> {
    study: Study<'a>,
    shape: Shape,
    /// Zones of centre `c` are `sites.near(c)[..k]` for k up to `zones[c]`.
    zones: Vec<u32>,
    /// Events of each period, summed up to it.
    by_period: Vec<u32>,
    /// Expected by site, summed up to each period: with a first entry of 0. Empty under the permutation law.
    expected: Vec<f64>,
    /// Events, ours and others', by site: what a circle's size is measured by.
    by_site: Vec<f64>,
    logs: Logs,
}

/// Logarithms of whole numbers, and the scores made of them.
#[derive(Debug)]
struct Logs {
    ln: Vec<f64>,
    /// All events; all events and others under the Bernoulli law, else 0.
    total: u32,
    all: u32,
}

impl Logs {
    /// The score of `c` events where `expected` are; under the Bernoulli law `expected` is the number of events and others.
    fn score(&self, c: u32, expected: f64) -> f64 {
        if self.all > 0 {
            return self.bernoulli(c, expected as u32);
        }
        let (total, x) = (f64::from(self.total), f64::from(c));
        if x <= expected || expected <= 0.0 {
            return 0.0;
        }
        let rest = f64::from(self.total - c);
        let other = if c == self.total {
            0.0
        } else {
            rest * (self.ln[(self.total - c) as usize] - libm::log(total - expected))
        };
        x * (self.ln[c as usize] - libm::log(expected)) + other
    }

    fn bernoulli(&self, c: u32, n: u32) -> f64 {
        let (total, all) = (self.total, self.all);
        // A rate no higher than elsewhere.
        if u64::from(c) * u64::from(all) <= u64::from(total) * u64::from(n) {
            return 0.0;
        }
        let part =
            |x: u32, of: u32| if x == 0 { 0.0 } else { f64::from(x) * (self.ln[x as usize] - self.ln[of as usize]) };
        let two = |x: u32, of: u32| part(x, of) + part(of - x, of);
        two(c, n) + two(total - c, all - n) - two(total, all)
    }
}

impl<'a> Scan<'a> {
    /// Prepares the scan.
    pub fn new(study: Study<'a>, shape: Shape) -> Self {
        let (sites, periods) = (study.sites.len(), study.periods);
        let mut by_period = vec![0; periods + 1];
        let mut by_site = vec![0.0; sites];
        for (site, period) in study.events {
            by_period[*period as usize + 1] += 1;
            by_site[*site as usize] += 1.0;
        }
        let total = study.events.len() as u32;
        for t in 0..periods {
            by_period[t + 1] += by_period[t];
        }
        let mut expected = Vec::new();
        let mut all = 0;
        match study.law {
            ScanLaw::Permutation => {}
            ScanLaw::Poisson(cells) => {
                let scale = f64::from(total) / cells.iter().sum::<f64>();
                expected = summed(sites, periods, |site, t| cells[site * periods + t] * scale);
                by_site = (0..sites).map(|s| expected[s * (periods + 1) + periods]).collect();
            }
            ScanLaw::Bernoulli(others) => {
                let mut cells = vec![0.0; sites * periods];
                for (site, period) in study.events.iter().chain(others) {
                    cells[*site as usize * periods + *period as usize] += 1.0;
                }
                expected = summed(sites, periods, |site, t| cells[site * periods + t]);
                by_site = (0..sites).map(|s| expected[s * (periods + 1) + periods]).collect();
                all = total + others.len() as u32;
            }
        }
        let most = by_site.iter().sum::<f64>() * shape.share * (1.0 + 1e-12);
        let zones = (0..sites)
            .map(|c| {
                let mut size = 0.0;
                study
                    .sites
                    .near(c)
                    .iter()
                    .take_while(|s| {
                        size += by_site[**s as usize];
                        size <= most
                    })
                    .count() as u32
            })
            .collect();
        let ln = (0..=total.max(all)).map(|n| libm::log(f64::from(n))).collect();
        Self { study, shape, zones, by_period, expected, by_site, logs: Logs { ln, total, all } }
    }

    /// The best cylinder about each centre, the strongest first, without those that share a place with a stronger one.
    pub fn clusters(&self) -> Vec<Cylinder> {
        let best = self.best_by_centre(self.study.events);
        cylinders::apart(self.study.sites, best)
    }

    /// The highest score of the events as they are.
    pub fn highest(&self) -> f64 {
        self.best_by_centre(self.study.events).iter().map(|c| c.score).fold(0.0, f64::max)
    }

    /// The highest score of each of `replicates` histories drawn under the law. With `enough`, stops once that many of them reach
    /// `score` (Besag and Clifford 1991): then the p-value is settled, and high.
    pub fn maxima(&self, seed: u64, replicates: u32, enough: Option<(u32, f64)>) -> Vec<f64> {
        // Of a size that keeps all threads busy and wastes little past the stop; the result does not depend on it.
        const BLOCK: u32 = 64;
        let recent = recent::Recent::new(self);
        let mut maxima = Vec::with_capacity(replicates as usize);
        let mut reached = 0;
        for from in (0..replicates).step_by(BLOCK as usize) {
            let block: Vec<f64> = (from..replicates.min(from + BLOCK))
                .into_par_iter()
                .map_init(
                    || windows::Room::new(self),
                    |room, r| {
                        let mut draw = Stream::new(seed, entity("scan replicate"), r);
                        match &recent {
                            Some(recent) => recent.highest(self, &mut draw),
                            None => {
                                let events = self.shuffled(&mut draw);
                                windows::highest(self, &events, room)
                            }
                        }
                    },
                )
                .collect();
            for m in block {
                maxima.push(m);
                if let Some((limit, score)) = enough {
                    reached += u32::from(m >= score);
                    if reached >= limit {
                        return maxima;
                    }
                }
            }
        }
        maxima
    }

    /// A history under the law.
    fn shuffled(&self, draw: &mut Stream) -> Vec<(u32, u32)> {
        match self.study.law {
            ScanLaw::Permutation => {
                let mut periods: Vec<u32> = self.study.events.iter().map(|e| e.1).collect();
                draw.shuffle(&mut periods);
                self.study.events.iter().zip(periods).map(|(e, period)| (e.0, period)).collect()
            }
            // Conditional on the total, each event falls by itself.
            ScanLaw::Poisson(_) => {
                let periods = self.study.periods;
                let mut sum = 0.0;
                let sums: Vec<f64> = self
                    .by_site
                    .iter()
                    .map(|x| {
                        sum += x;
                        sum
                    })
                    .collect();
                (0..self.logs.total)
                    .map(|_| {
                        let at = draw.next_unit() * sum;
                        let site = sums.partition_point(|x| *x <= at).min(sums.len() - 1);
                        let own = &self.expected[site * (periods + 1)..(site + 1) * (periods + 1)];
                        let left = at - (sums[site] - self.by_site[site]);
                        let t = own[1..].partition_point(|x| *x <= left).min(periods - 1);
                        (site as u32, t as u32)
                    })
                    .collect()
            }
            // Which of all are ours.
            ScanLaw::Bernoulli(others) => {
                let mut all: Vec<(u32, u32)> = self.study.events.iter().chain(others).copied().collect();
                let n = self.study.events.len();
                for i in 0..n {
                    let j = i + draw.below(all.len() - i);
                    all.swap(i, j);
                }
                all.truncate(n);
                all
            }
        }
    }

    fn best_by_centre(&self, events: &[(u32, u32)]) -> Vec<Found> {
        let by_site = windows::BySite::new(self.study.sites.len(), events);
        (0..self.zones.len())
            .into_par_iter()
            .map_init(
                || windows::Room::new(self),
                |room, centre| {
                    let mut best = Found::none(centre);
                    windows::about(self, &by_site, centre, room, &mut best);
                    best
                },
            )
            .collect()
    }
}

/// Cells summed up over each site's periods, each with a first entry of 0.
fn summed(sites: usize, periods: usize, cell: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut sums = Vec::with_capacity(sites * (periods + 1));
    for site in 0..sites {
        let mut sum = 0.0;
        sums.push(0.0);
        for t in 0..periods {
            sum += cell(site, t);
            sums.push(sum);
        }
    }
    sums
}

/// The chance of a maximum at least this high: its rank among the replicates', itself counted.
pub fn rank_p(score: f64, maxima: &[f64]) -> f64 {
    (1.0 + maxima.iter().filter(|m| **m >= score).count() as f64) / (maxima.len() as f64 + 1.0)
}

/// The same by the Gumbel law with the replicates' mean and standard deviation (Abrams, Kleinman and Kulldorff 2010):
/// resolves what no number of replicates could. `None` for fewer than two, or where they do not vary.
pub fn gumbel_p(score: f64, maxima: &[f64]) -> Option<f64> {
    let n = maxima.len() as f64;
    let mean = maxima.iter().sum::<f64>() / n;
    let variance = maxima.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (n - 1.0);
    if maxima.len() < 2 || variance <= 0.0 {
        return None;
    }
    let scale = libm::sqrt(6.0 * variance) / std::f64::consts::PI;
    let mode = mean - 0.577_215_664_901_532_9 * scale;
    Some(-libm::expm1(-libm::exp(-(score - mode) / scale)))
}

/// The highest score at each of the days on which one might have looked before: the study as it stood when only its first
/// `at` periods were known. Scores are of prospective scans of `shape`; a day with fewer than two events scores 0.
pub fn replay(study: Study<'_>, shape: Shape, at: &[usize]) -> Vec<f64> {
    at.iter()
        .map(|periods| {
            let known = |events: &[(u32, u32)]| -> Vec<(u32, u32)> {
                events.iter().copied().filter(|e| (e.1 as usize) < *periods).collect()
            };
            let events = known(study.events);
            let (others, cells);
            let law = match study.law {
                ScanLaw::Permutation => ScanLaw::Permutation,
                ScanLaw::Bernoulli(o) => {
                    others = known(o);
                    ScanLaw::Bernoulli(&others)
                }
                ScanLaw::Poisson(c) => {
                    cells =
                        c.chunks(study.periods).flat_map(|site| site[..*periods].iter().copied()).collect::<Vec<f64>>();
                    ScanLaw::Poisson(&cells)
                }
            };
            if events.len() < 2 {
                return 0.0;
            }
            Scan::new(Study { periods: *periods, events: &events, law, ..study }, shape).highest()
        })
        .collect()
}

/// The days to replay: from one longest interval before the last back to the middle of the history, five to an interval. Of
/// 400 histories of events that excite each other, those whose cluster had been put in were found as often with five as with fifteen.
pub fn replay_days(periods: usize, longest: usize) -> Vec<usize> {
    let last = periods.saturating_sub(longest);
    (longest.max(periods / 2)..=last).rev().step_by(longest.div_ceil(5).max(1)).collect()
}

#[cfg(test)]
mod tests;
