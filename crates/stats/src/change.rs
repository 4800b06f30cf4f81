//! When it changed: Bayesian online change-point detection (Adams and MacKay 2007) on weekly counts inside and outside home.
//!
//! Between changes each rate is constant with a Gamma prior, so that the next count is negative binomial; counts are divided
//! by the dispersion, as self-excited counts are clumpier than Poisson's (`methods.md` 1.3). Both series change together.

use libm::lgamma as ln_gamma;

/// Mean weeks between changes.
const HAZARD: f64 = 1.0 / 52.0;
/// Run lengths less likely than this are let go.
const LEAST: f64 = 1e-6;

/// The chance that the present regime began in each week, by week of its beginning (the first week: it has never changed). Sums to 1.
///
/// `series` are counts by week, all equally long; `phi` is their dispersion.
pub fn regime_begins(series: &[&[f64]], phi: f64) -> Vec<f64> {
    let weeks = series.first().map_or(0, |s| s.len());
    // A prior worth two weeks, at the series' own mean: what a new regime is like is not known, but it is of this scale.
    let prior: Vec<(f64, f64)> = series
        .iter()
        .map(|s| {
            let mean = (s.iter().sum::<f64>() + 0.5) / (weeks as f64 + 1.0);
            (0.5, 0.5 * phi / mean)
        })
        .collect();
    // By run length: probability, and the two Gammas.
    let mut runs: Vec<(usize, f64, Vec<(f64, f64)>)> = vec![(0, 1.0, prior.clone())];
    for t in 0..weeks {
        let mut next = Vec::with_capacity(runs.len() + 1);
        let mut fresh = 0.0;
        for (begun, p, laws) in runs {
            let predictive: f64 =
                laws.iter().zip(series).map(|((a, b), s)| log_negative_binomial(s[t] / phi, *a, *b)).sum();
            let weight = p * libm::exp(predictive);
            let updated = laws.iter().zip(series).map(|((a, b), s)| (a + s[t] / phi, b + 1.0)).collect();
            // In the first week nothing can have changed before.
            let hazard = if t + 1 == weeks { 0.0 } else { HAZARD };
            fresh += weight * hazard;
            next.push((begun, weight * (1.0 - hazard), updated));
        }
        if fresh > 0.0 {
            next.push((t + 1, fresh, prior.clone()));
        }
        let sum: f64 = next.iter().map(|n| n.1).sum();
        for n in &mut next {
            n.1 /= sum;
        }
        next.retain(|n| n.1 >= LEAST);
        runs = next;
    }
    let mut chances = vec![0.0; weeks];
    let sum: f64 = runs.iter().map(|r| r.1).sum();
    for (begun, p, _) in runs {
        if begun < weeks {
            chances[begun] += p / sum;
        }
    }
    chances
}

/// Of a count under a rate with law Gamma(a, b), for counts that need not be whole.
fn log_negative_binomial(x: f64, a: f64, b: f64) -> f64 {
    ln_gamma(a + x) - ln_gamma(a) - ln_gamma(x + 1.0) + a * libm::log(b / (b + 1.0)) - x * libm::log(b + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Stream, entity};

    /// Against the sum over all ways to cut four weeks.
    #[test]
    fn agrees_with_all_cuts() {
        let (a, b) = ([3.0, 2.0, 9.0, 8.0], [0.0, 1.0, 0.0, 4.0]);
        let found = regime_begins(&[&a, &b], 1.0);
        let marginal = |s: &[f64], all: &[f64]| {
            let mean = (all.iter().sum::<f64>() + 0.5) / 5.0;
            let (mut x, mut y, mut sum) = (0.5, 0.5 / mean, 0.0);
            for v in s {
                sum += log_negative_binomial(*v, x, y);
                (x, y) = (x + v, y + 1.0);
            }
            sum
        };
        let mut expected = [0.0; 4];
        for cuts in 0..8u32 {
            let (mut from, mut log) = (0, 0.0);
            for t in 1..4 {
                let cut = cuts >> (t - 1) & 1 == 1;
                log += libm::log(if cut { HAZARD } else { 1.0 - HAZARD });
                if cut {
                    log += marginal(&a[from..t], &a) + marginal(&b[from..t], &b);
                    from = t;
                }
            }
            log += marginal(&a[from..], &a) + marginal(&b[from..], &b);
            expected[from] += libm::exp(log);
        }
        let sum: f64 = expected.iter().sum();
        for (x, y) in found.iter().zip(expected) {
            assert!((x - y / sum).abs() < 1e-6, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn a_change_is_dated_and_steadiness_is_not() {
        let mut s = Stream::new(1, entity("weeks"), 0);
        let mut draw = |rate: f64, n: usize| -> Vec<f64> { (0..n).map(|_| s.poisson(rate) as f64).collect() };
        let inside = draw(3.0, 120);
        let outside = [draw(0.2, 90), draw(2.5, 30)].concat();
        let begins = regime_begins(&[&inside, &outside], 1.0);
        let near: f64 = begins[87..=93].iter().sum();
        assert!((begins.iter().sum::<f64>() - 1.0).abs() < 1e-9 && near > 0.8, "{near}");
        let steady = draw(0.2, 120);
        let late: f64 = regime_begins(&[&inside, &steady], 1.0)[100..].iter().sum();
        assert!(late < 0.3, "{late}");
    }
}
