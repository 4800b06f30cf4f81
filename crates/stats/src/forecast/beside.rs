//! Two models that stand beside the pool, and would enter it where they beat it: what theory would have one fit first.
//!
//! - **Hierarchical counts**: a unit's rate is Gamma, its prior that of all units; months are negative binomial around it, as
//!   clumped as the panel is. Past months fade with a half-life of eight.
//! - **Self-exciting counts**: the mean of a month is a floor, and what earlier months here and next door still excite, fading by the
//!   month (a Hawkes process seen by the month). How much and how fast is fitted over the whole panel, the floor by unit; all units are
//!   simulated together, so that what comes next door comes here.

use super::{Panel, Paths};
use crate::draw::{Stream, entity};

/// Paths of each unit.
const PATHS: usize = 240;
const HALF_LIFE: f64 = 8.0;
/// Months over which the excitement is fitted.
const FITTED: usize = 60;

/// Past months with fading weights: sum of weighted counts, sum of weights.
fn faded(row: &[u32]) -> (f64, f64) {
    let (fade, mut weight, mut sum, mut all) = (libm::exp2(-1.0 / HALF_LIFE), 1.0, 0.0, 0.0);
    for x in row.iter().rev().take(120) {
        sum += weight * f64::from(*x);
        all += weight;
        weight *= fade;
    }
    (sum, all)
}

/// How clumped counts are around their means: the size of a negative binomial with variance m + m^2 / size.
fn size(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut square, mut excess) = (0.0, 0.0);
    for (y, m) in pairs {
        square += m * m;
        excess += (y - m) * (y - m) - m;
    }
    if excess <= 0.0 { 1e3 } else { (square / excess).clamp(0.02, 1e3) }
}

/// A negative binomial count.
fn drawn(mean: f64, size: f64, draw: &mut Stream) -> u32 {
    if mean <= 0.0 {
        return 0;
    }
    let level = draw.gamma(size) * mean / size;
    draw.poisson(level.min(1e6)).min(1_000_000) as u32
}

/// Hierarchical counts: paths of every unit.
pub fn hierarchical(panel: &Panel, horizon: usize) -> Vec<Paths> {
    let units = panel.units();
    let means: Vec<(f64, f64)> = (0..units).map(|u| faded(panel.unit(u))).collect();
    let rates: Vec<f64> = means.iter().map(|(s, w)| s / w).collect();
    let (mean, se) = crate::mean_se(&rates);
    let variance = (se * se * units as f64).max(1e-9);
    // A Gamma with the units' mean and variance.
    let (a, b) = ((mean * mean / variance).max(1e-3), (mean / variance).max(1e-6));
    let last_year = panel.months().saturating_sub(12);
    let clumped = size(
        (0..units)
            .flat_map(|u| panel.unit(u)[last_year..].iter().map(move |y| (f64::from(*y), u)))
            .map(|(y, u)| (y, rates[u])),
    );
    (0..units)
        .map(|u| {
            let mut draw = Stream::new(0, entity("hierarchical"), u as u32);
            let (sum, weight) = means[u];
            let counts = (0..PATHS)
                .flat_map(|_| {
                    let rate = draw.gamma(a + sum) / (b + weight);
                    (0..horizon).map(|_| drawn(rate, clumped, &mut draw)).collect::<Vec<_>>()
                })
                .collect();
            Paths::new(horizon, counts)
        })
        .collect()
}

/// Self-exciting counts: paths of every unit, `near` being its neighbours.
pub fn self_exciting(panel: &Panel, near: &[Vec<usize>], horizon: usize) -> Vec<Paths> {
    let (units, months) = (panel.units(), panel.months());
    let from = months.saturating_sub(FITTED).max(1);
    let rates: Vec<f64> = (0..units)
        .map(|u| {
            let (s, w) = faded(panel.unit(u));
            s / w
        })
        .collect();
    // The floor never quite closes: what never happened may.
    let least = 0.5 / months as f64;
    let floor = |u: usize, excited: f64| (rates[u].max(least)) * (1.0 - excited);
    let mut best: Option<(f64, [f64; 3], f64)> = None;
    for fade in [0.2, 0.4, 0.6, 0.8] {
        let held: Vec<Vec<f64>> = (0..units).map(|u| hold(panel.unit(u), fade)).collect();
        for own in [0.2, 0.4, 0.6, 0.8] {
            for next in [0.0, 0.05, 0.15] {
                let excited: f64 = own + next;
                if excited >= 0.99 {
                    continue;
                }
                let mean = |u: usize, t: usize| {
                    let around = near[u].iter().map(|v| held[*v][t]).sum::<f64>() / near[u].len().max(1) as f64;
                    floor(u, excited) + own * held[u][t] + next * around
                };
                // Poisson deviance, on square roots so that one war does not rule.
                let mut loss = 0.0;
                for u in 0..units {
                    for t in from..months {
                        let gap = libm::sqrt(f64::from(panel.unit(u)[t])) - libm::sqrt(mean(u, t));
                        loss += gap * gap;
                    }
                }
                if best.is_none_or(|b| loss < b.0) {
                    let pairs = (0..units).flat_map(|u| (from..months).map(move |t| (u, t)));
                    let clumped = size(pairs.map(|(u, t)| (f64::from(panel.unit(u)[t]), mean(u, t))));
                    best = Some((loss, [fade, own, next], clumped));
                }
            }
        }
    }
    let Some((_, [fade, own, next], clumped)) = best else { return hierarchical(panel, horizon) };
    let most: Vec<f64> =
        (0..units).map(|u| 10.0 * f64::from(panel.unit(u).iter().copied().max().unwrap_or(0)) + 100.0).collect();
    let now: Vec<f64> = (0..units).map(|u| hold(panel.unit(u), fade)[months]).collect();
    let mut counts = vec![vec![0; PATHS * horizon]; units];
    for path in 0..PATHS {
        let mut draw = Stream::new(0, entity("self-exciting"), path as u32);
        let mut held = now.clone();
        for month in 0..horizon {
            let ys: Vec<u32> = (0..units)
                .map(|u| {
                    let around = near[u].iter().map(|v| held[*v]).sum::<f64>() / near[u].len().max(1) as f64;
                    let mean = floor(u, own + next) + own * held[u] + next * around;
                    drawn(mean.min(most[u]), clumped, &mut draw)
                })
                .collect();
            for (u, y) in ys.into_iter().enumerate() {
                counts[u][path * horizon + month] = y;
                held[u] = fade * held[u] + (1.0 - fade) * f64::from(y);
            }
        }
    }
    counts.into_iter().map(|c| Paths::new(horizon, c)).collect()
}

/// What earlier months still hold at the beginning of each, and after the last: weights sum to 1.
fn hold(row: &[u32], fade: f64) -> Vec<f64> {
    let mut held = 0.0;
    let mut all = vec![0.0];
    for y in row {
        held = fade * held + (1.0 - fade) * f64::from(*y);
        all.push(held);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two units that excite one another, one that is alone.
    fn panel() -> Panel {
        let mut s = Stream::new(2, entity("excited panel"), 0);
        let months = 240;
        let mut rows = [Vec::new(), Vec::new(), Vec::new()];
        let mut held = [1.0, 1.0, 1.0];
        for _ in 0..months {
            for u in 0..3 {
                let mean = 0.4 + 0.6 * held[u];
                rows[u].push(s.poisson(mean) as u32);
            }
            for u in 0..3 {
                held[u] = 0.4 * held[u] + 0.6 * f64::from(rows[u][rows[u].len() - 1]);
            }
        }
        Panel::new(months, rows.concat())
    }

    #[test]
    fn both_keep_the_level_of_what_they_are_given() {
        let panel = panel();
        let near = vec![vec![1], vec![0], vec![]];
        for paths in [hierarchical(&panel, 6), self_exciting(&panel, &near, 6)] {
            for (u, p) in paths.iter().enumerate() {
                let (sum, weight) = faded(panel.unit(u));
                let total: f64 = p.total().iter().map(|x| f64::from(*x)).sum::<f64>() / PATHS as f64;
                let level = 6.0 * sum / weight;
                assert!((total / level - 1.0).abs() < 0.5, "{u}: {total} {level}");
            }
        }
        assert_eq!(self_exciting(&panel, &near, 6), self_exciting(&panel, &near, 6));
    }

    #[test]
    fn the_size_of_a_negative_binomial_is_found() {
        let mut s = Stream::new(1, entity("size"), 0);
        let pairs: Vec<(f64, f64)> = (0..20_000).map(|_| (f64::from(drawn(5.0, 0.7, &mut s)), 5.0)).collect();
        let found = size(pairs.into_iter());
        assert!((found / 0.7 - 1.0).abs() < 0.1, "{found}");
    }
}
