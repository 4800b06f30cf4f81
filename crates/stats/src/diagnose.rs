//! Whether draws may be believed: convergence of chains, and the fit of an importance sampler.

use crate::weigh::{from_logs, normalised};

/// Shape of the generalised Pareto law of the largest fifth of importance weights, given as logarithms (Zhang and Stephens
/// 2009; Vehtari, Simpson, Gelman, Yao and Gabry 2024): below .5 the draws are good, above .7 not to be used. Infinite
/// with fewer than 25 draws.
pub fn pareto_k(log_weights: &[f64]) -> f64 {
    let n = log_weights.len();
    let tail = (n / 5).min((3.0 * libm::sqrt(n as f64)) as usize);
    if tail < 5 {
        return f64::INFINITY;
    }
    let mut sorted = log_weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let top = sorted[n - 1];
    let cut = libm::exp(sorted[n - tail - 1] - top);
    let x: Vec<f64> = sorted[n - tail..].iter().map(|l| libm::exp(l - top) - cut).collect();
    let m = tail as f64;
    let (largest, quarter) = (x[tail - 1], x[(m / 4.0 + 0.5) as usize - 1]);
    if largest <= 0.0 || quarter <= 0.0 {
        return f64::INFINITY;
    }
    let points = 30 + libm::sqrt(m) as usize;
    let theta: Vec<f64> = (0..points)
        .map(|i| 1.0 / largest + (1.0 - libm::sqrt(points as f64 / (i as f64 + 0.5))) / (3.0 * quarter))
        .collect();
    let shape = |t: f64| x.iter().map(|x| libm::log1p(-t * x)).sum::<f64>() / m;
    let likelihood: Vec<f64> = theta
        .iter()
        .map(|t| {
            let k = shape(*t);
            m * (libm::log(-t / k) - k - 1.0)
        })
        .collect();
    let weights = normalised(from_logs(likelihood));
    let t = theta.iter().zip(&weights).map(|(t, w)| t * w).sum::<f64>();
    // Drawn towards one half as by ten further weights.
    (shape(t) * m + 10.0 * 0.5) / (m + 10.0)
}

/// p-values that the ranks of simulation-based calibration are uniform, one for each quantity: chi-square over `bins`.
/// `runs` has for each run the ranks of all quantities in (0, 1).
pub fn rank_uniformity(runs: &[Vec<f64>], bins: usize) -> Vec<f64> {
    let quantities = runs.first().map_or(0, Vec::len);
    (0..quantities)
        .map(|q| {
            let mut counts = vec![0.0; bins];
            for r in runs {
                counts[((r[q] * bins as f64) as usize).min(bins - 1)] += 1.0;
            }
            let expected = runs.len() as f64 / bins as f64;
            let chi2: f64 = counts.iter().map(|c| (c - expected) * (c - expected) / expected).sum();
            crate::special::chi_square_above(chi2, bins as f64 - 1.0)
        })
        .collect()
}

/// Convergence of chains of equal length on one quantity: rank-normalised split R-hat and the effective sample size of
/// bulk and tail, whichever is least (Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Convergence {
    /// 1 where the chains agree; above 1.01 to be looked at, above 1.05 not to be used.
    pub r_hat: f64,
    /// Independent draws that the draws are worth.
    pub ess: f64,
}

/// See [`Convergence`]. A quantity that never changes has converged; chains of fewer than 8 draws have not.
pub fn convergence(chains: &[Vec<f64>]) -> Convergence {
    let n = chains.iter().map(Vec::len).min().unwrap_or(0) / 2;
    if n < 4 {
        return Convergence { r_hat: f64::INFINITY, ess: 0.0 };
    }
    let halves: Vec<&[f64]> = chains.iter().flat_map(|c| [&c[..n], &c[c.len() - n..]]).collect();
    let all: Vec<f64> = halves.iter().flat_map(|h| h.iter().copied()).collect();
    if all.iter().all(|x| *x == all[0]) {
        return Convergence { r_hat: 1.0, ess: all.len() as f64 };
    }
    let mut sorted = all.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |q: f64| sorted[(q * (sorted.len() - 1) as f64) as usize];
    let median = at(0.5);
    let bulk = ranked(&all, n);
    let folded = ranked(&all.iter().map(|x| (x - median).abs()).collect::<Vec<_>>(), n);
    let tail = |q: f64| -> Vec<Vec<f64>> {
        let edge = at(q);
        all.chunks(n).map(|c| c.iter().map(|x| f64::from(u8::from(*x <= edge))).collect()).collect()
    };
    let ess = [&bulk, &tail(0.05), &tail(0.95)].into_iter().map(|c| effective(c)).fold(f64::INFINITY, f64::min);
    Convergence { r_hat: r_hat(&bulk).max(r_hat(&folded)), ess }
}

/// Normal scores of the ranks, ties sharing theirs, in chains of `n`.
fn ranked(x: &[f64], n: usize) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]).then(a.cmp(b)));
    let mut score = vec![0.0; x.len()];
    let mut i = 0;
    while i < order.len() {
        let mut j = i;
        while j < order.len() && x[order[j]] == x[order[i]] {
            j += 1;
        }
        let rank = (i + j + 1) as f64 / 2.0;
        let z = crate::normal_quantile((rank - 0.375) / (x.len() as f64 + 0.25));
        for o in &order[i..j] {
            score[*o] = z;
        }
        i = j;
    }
    score.chunks(n).map(<[f64]>::to_vec).collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn variance(x: &[f64]) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / (x.len() as f64 - 1.0)
}

/// Variance within chains, and of all draws.
fn variances(chains: &[Vec<f64>]) -> (f64, f64) {
    let n = chains[0].len() as f64;
    let within = mean(&chains.iter().map(|c| variance(c)).collect::<Vec<_>>());
    let between = n * variance(&chains.iter().map(|c| mean(c)).collect::<Vec<_>>());
    (within, (n - 1.0) / n * within + between / n)
}

fn r_hat(chains: &[Vec<f64>]) -> f64 {
    let (within, all) = variances(chains);
    if all <= 0.0 {
        1.0
    } else if within <= 0.0 {
        f64::INFINITY
    } else {
        libm::sqrt(all / within)
    }
}

/// Draws that the chains are worth: Geyer's initial monotone sequence over their mean autocorrelation.
fn effective(chains: &[Vec<f64>]) -> f64 {
    let (m, n) = (chains.len(), chains[0].len());
    let (within, all) = variances(chains);
    if all <= 0.0 {
        return (m * n) as f64;
    }
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let correlation = |lag: usize| {
        let covariance = mean(
            &chains
                .iter()
                .zip(&means)
                .map(|(c, m)| (0..n - lag).map(|i| (c[i] - m) * (c[i + lag] - m)).sum::<f64>() / n as f64)
                .collect::<Vec<_>>(),
        );
        // The autocovariance at lag 0 is the variance with n, the one within chains with n - 1.
        1.0 - (within - covariance * n as f64 / (n as f64 - 1.0)) / all
    };
    let (mut sum, mut last) = (0.0, f64::INFINITY);
    let mut lag = 0;
    while lag + 1 < n {
        let pair = if lag == 0 { 1.0 + correlation(1) } else { correlation(lag) + correlation(lag + 1) };
        if pair < 0.0 {
            break;
        }
        last = pair.min(last);
        sum += last;
        lag += 2;
    }
    let time = (2.0 * sum - 1.0).max(1.0 / libm::log10((m * n) as f64));
    (m * n) as f64 / time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;

    /// Weights u^-k have a Pareto tail of shape k.
    #[test]
    fn pareto_shape_is_recovered() {
        for (seed, k) in [(1, 0.2), (2, 0.5), (3, 0.9)] {
            let mut s = Stream::new(seed, 3, 0);
            let x: Vec<f64> = (0..20_000).map(|_| -k * libm::log(s.next_unit())).collect();
            let found = pareto_k(&x);
            assert!((found - k).abs() < 0.12, "{k}: {found}");
        }
        assert!(pareto_k(&[0.0; 10]).is_infinite());
    }

    /// An autoregression of coefficient a is worth (1 - a) / (1 + a) of its length.
    #[test]
    fn effective_size_of_an_autoregression() {
        for a in [0.0, 0.5, 0.9] {
            let chains: Vec<Vec<f64>> = (0..4)
                .map(|lane| {
                    let mut s = Stream::new(5, 1, lane);
                    let mut x = s.normal() / libm::sqrt(1.0 - a * a);
                    (0..5000)
                        .map(|_| {
                            x = a * x + s.normal();
                            x
                        })
                        .collect()
                })
                .collect();
            let c = convergence(&chains);
            let expected = 20_000.0 * (1.0 - a) / (1.0 + a);
            assert!(c.r_hat < 1.01 && (c.ess / expected - 1.0).abs() < 0.25, "{a}: {c:?} {expected}");
        }
    }

    #[test]
    fn chains_that_disagree_are_told() {
        let mut s = Stream::new(6, 1, 0);
        let mut chain = |shift: f64, wide: f64| (0..500).map(|_| shift + wide * s.normal()).collect::<Vec<f64>>();
        let apart = [chain(0.0, 1.0), chain(1.0, 1.0)];
        let wider = [chain(0.0, 1.0), chain(0.0, 5.0)];
        assert!(convergence(&apart).r_hat > 1.05 && convergence(&wider).r_hat > 1.05);
        assert!(convergence(&[vec![0.0; 6]]).r_hat.is_infinite());
        assert_eq!(convergence(&[vec![2.0; 50], vec![2.0; 50]]).r_hat, 1.0);
    }
}
