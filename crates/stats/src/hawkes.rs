//! Events that excite each other: a Hawkes process in time, with an exponential kernel (`methods.md` 2.3).
//!
//! The intensity is mu + sum over earlier events of branching x decay x exp(-decay x age). One pass over the events gives
//! the log-likelihood with its exact gradient and curvature (Ozaki 1979); Newton's method needs about ten.

use crate::draw::Stream;
use crate::special::normal_quantile;

/// A fitted process.
#[derive(Debug, Clone, PartialEq)]
pub struct Hawkes {
    /// Events a unit of time that nothing triggers.
    pub mu: f64,
    /// Events that each event triggers, in the mean: near 1, everything feeds on itself.
    pub branching: f64,
    /// Rate at which excitement fades: a triggered event comes 1 / decay later in the mean.
    pub decay: f64,
    /// At the optimum.
    pub log_likelihood: f64,
    /// Standard errors of the logarithms of the three, from the curvature there.
    pub errors: [f64; 3],
}

/// Sums of one pass: value, gradient and curvature in (mu, branching, decay).
struct Pass {
    value: f64,
    slope: [f64; 3],
    curve: [[f64; 3]; 3],
}

impl Hawkes {
    /// Fits to rising `times` within (0, `end`). `None` for fewer than 20 events, or where the likelihood has no peak
    /// (events no clumpier than chance).
    pub fn fit(times: &[f64], end: f64) -> Option<Self> {
        let n = times.len();
        if n < 20 {
            return None;
        }
        let rate = n as f64 / end;
        // From half triggered, at a few paces of fading: the likelihood may have more than one hill.
        [3.0 * rate, 0.3 * rate, 0.03 * rate]
            .into_iter()
            .filter_map(|decay| climb(times, end, [libm::log(rate / 2.0), libm::log(0.5), libm::log(decay)]))
            .max_by(|a, b| a.log_likelihood.total_cmp(&b.log_likelihood))
    }

    /// The interval of mu, branching and decay that holds with this probability.
    pub fn interval(&self, probability: f64) -> [(f64, f64); 3] {
        let z = normal_quantile(0.5 + probability / 2.0);
        std::array::from_fn(|i| {
            let x = [self.mu, self.branching, self.decay][i];
            (x * libm::exp(-z * self.errors[i]), x * libm::exp(z * self.errors[i]))
        })
    }

    /// Rescaled waiting times: of unit mean and exponential where the model is right.
    pub fn residuals(&self, times: &[f64]) -> Vec<f64> {
        let (mut last, mut held, mut out) = (0.0, 0.0, Vec::with_capacity(times.len()));
        for t in times {
            // `held`: what the events up to the last one have still to give.
            let fade = libm::exp(-self.decay * (t - last));
            out.push(self.mu * (t - last) + self.branching * held * (1.0 - fade));
            held = held * fade + 1.0;
            last = *t;
        }
        out
    }

    /// A history of this process over (0, `end`): by branching, so exact.
    pub fn simulate(mu: f64, branching: f64, decay: f64, end: f64, draw: &mut Stream) -> Vec<f64> {
        let mut times: Vec<f64> = (0..draw.poisson(mu * end)).map(|_| draw.next_unit() * end).collect();
        let mut i = 0;
        while i < times.len() {
            for _ in 0..draw.poisson(branching) {
                let t = times[i] - libm::log(draw.next_unit()) / decay;
                if t < end {
                    times.push(t);
                }
            }
            i += 1;
        }
        times.sort_unstable_by(f64::total_cmp);
        times
    }
}

/// Newton's method in the logarithms of the parameters, with the curvature made definite where it is not.
fn climb(times: &[f64], end: f64, mut x: [f64; 3]) -> Option<Hawkes> {
    let mut damp = 0.0;
    let mut at = pass(times, end, x.map(libm::exp));
    for _ in 0..60 {
        let p = x.map(libm::exp);
        let slope: [f64; 3] = std::array::from_fn(|i| at.slope[i] * p[i]);
        let curve: [[f64; 3]; 3] = std::array::from_fn(|i| {
            std::array::from_fn(|j| -at.curve[i][j] * p[i] * p[j] - if i == j { slope[i] } else { 0.0 })
        });
        let damped = |by: f64| {
            let mut m = curve;
            for (i, row) in m.iter_mut().enumerate() {
                row[i] += by;
            }
            m
        };
        let step = loop {
            if let Some(inverse) = inverse(damped(damp)) {
                break inverse.map(|row| row.iter().zip(&slope).map(|(a, b)| a * b).sum::<f64>());
            }
            damp = if damp == 0.0 { 1e-3 * times.len() as f64 } else { damp * 4.0 };
        };
        let far = step.iter().map(|s| s.abs()).fold(0.0, f64::max);
        let next: [f64; 3] = std::array::from_fn(|i| x[i] + step[i] / far.max(1.0));
        // A branching above 1 never ends; a fading a thousandth of the history, or within a thousandth of a gap, is none.
        if next.iter().any(|v| !v.is_finite()) || next[2] < libm::log(0.5 / end) {
            return None;
        }
        let there = pass(times, end, next.map(libm::exp));
        if !there.value.is_finite() || there.value < at.value - 1e-9 * at.value.abs() {
            damp = if damp == 0.0 { 1e-3 * times.len() as f64 } else { damp * 4.0 };
            if damp > 1e12 {
                return None;
            }
            continue;
        }
        (x, at) = (next, there);
        damp /= 10.0;
        if damp < 1e-6 * times.len() as f64 {
            damp = 0.0;
        }
        if far < 1e-9 {
            let errors = inverse(curve)?;
            let p = x.map(libm::exp);
            return Some(Hawkes {
                mu: p[0],
                branching: p[1],
                decay: p[2],
                log_likelihood: at.value,
                errors: std::array::from_fn(|i| libm::sqrt(errors[i][i])),
            });
        }
    }
    None
}

fn pass(times: &[f64], end: f64, [mu, branching, decay]: [f64; 3]) -> Pass {
    let mut out = Pass { value: 0.0, slope: [0.0; 3], curve: [[0.0; 3]; 3] };
    // The decayed number of earlier events, and its first and second derivative by the decay.
    let (mut a, mut b, mut d) = (0.0, 0.0, 0.0);
    let mut last = times.first().copied().unwrap_or(0.0);
    // Logarithms are taken of products: one for eight events.
    let mut product = 1.0;
    for (k, t) in times.iter().enumerate() {
        if k > 0 {
            let gap = t - last;
            let fade = libm::exp(-decay * gap);
            d = fade * (d - 2.0 * gap * b + gap * gap * (1.0 + a));
            b = fade * (b - gap * (1.0 + a));
            a = fade * (1.0 + a);
            last = *t;
        }
        let kernel = decay * a;
        let kernel1 = a + decay * b;
        let kernel2 = 2.0 * b + decay * d;
        let rate = mu + branching * kernel;
        product *= rate;
        if k % 8 == 7 {
            out.value += libm::log(product);
            product = 1.0;
        }
        let over = 1.0 / rate;
        let first = [over, kernel * over, branching * kernel1 * over];
        for i in 0..3 {
            out.slope[i] += first[i];
            for j in 0..=i {
                out.curve[i][j] -= first[i] * first[j];
            }
        }
        out.curve[2][1] += kernel1 * over;
        out.curve[2][2] += branching * kernel2 * over;
        // What this event is yet to give by the end.
        let left = end - t;
        let fade = if decay * left > 40.0 { 0.0 } else { libm::exp(-decay * left) };
        out.value -= branching * (1.0 - fade);
        out.slope[1] -= 1.0 - fade;
        out.slope[2] -= branching * left * fade;
        out.curve[2][1] -= left * fade;
        out.curve[2][2] += branching * left * left * fade;
    }
    out.value += libm::log(product) - mu * end;
    out.slope[0] -= end;
    for i in 0..3 {
        for j in i + 1..3 {
            out.curve[i][j] = out.curve[j][i];
        }
    }
    out
}

/// The inverse of a symmetric positive definite matrix, by Cholesky; `None` where it is not.
fn inverse(m: [[f64; 3]; 3]) -> Option<[[f64; 3]; 3]> {
    let mut l = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let rest = m[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            if i == j {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                l[i][i] = libm::sqrt(rest);
            } else {
                l[i][j] = rest / l[j][j];
            }
        }
    }
    // Column by column, which are rows as well.
    Some(std::array::from_fn(|c| {
        let (mut y, mut x) = ([0.0; 3], [0.0; 3]);
        for i in 0..3 {
            y[i] = (f64::from(u8::from(i == c)) - (0..i).map(|k| l[i][k] * y[k]).sum::<f64>()) / l[i][i];
        }
        for i in (0..3).rev() {
            x[i] = (y[i] - (i + 1..3).map(|k| l[k][i] * x[k]).sum::<f64>()) / l[i][i];
        }
        x
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity;

    fn history(lane: u32, end: f64) -> Vec<f64> {
        Hawkes::simulate(0.5, 0.6, 1.2, end, &mut Stream::new(2, entity("hawkes"), lane))
    }

    /// Against differences of the value.
    #[test]
    fn slope_and_curvature_are_those_of_the_likelihood() {
        let times = history(0, 300.0);
        let at = [0.4, 0.5, 0.9];
        let p = pass(&times, 300.0, at);
        let moved = |i: usize, by: f64| {
            let mut q = at;
            q[i] += by;
            pass(&times, 300.0, q)
        };
        for i in 0..3 {
            let h = 1e-5;
            let slope = (moved(i, h).value - moved(i, -h).value) / (2.0 * h);
            assert!((slope - p.slope[i]).abs() < 1e-4 * (1.0 + slope.abs()), "{i}: {slope} {}", p.slope[i]);
            for j in 0..3 {
                let curve = (moved(i, h).slope[j] - moved(i, -h).slope[j]) / (2.0 * h);
                assert!(
                    (curve - p.curve[i][j]).abs() < 1e-4 * (1.0 + curve.abs()),
                    "{i} {j}: {curve} {}",
                    p.curve[i][j]
                );
            }
        }
        // The likelihood by its definition.
        let rate =
            |t: f64| 0.4 + times.iter().filter(|u| **u < t).map(|u| 0.5 * 0.9 * libm::exp(-0.9 * (t - u))).sum::<f64>();
        let direct = times.iter().map(|t| libm::log(rate(*t))).sum::<f64>()
            - 0.4 * 300.0
            - times.iter().map(|t| 0.5 * (1.0 - libm::exp(-0.9 * (300.0 - t)))).sum::<f64>();
        assert!((direct - p.value).abs() < 1e-8 * direct.abs());
    }

    /// Parameters of simulated histories are in their 90 % intervals 85 to 95 times of 100.
    #[test]
    fn parameters_are_recovered() {
        let mut inside = [0; 3];
        for lane in 0..100 {
            let times = history(lane, 2000.0);
            let fit = Hawkes::fit(&times, 2000.0).expect("a history of two thousand events has a peak");
            for (n, ((low, high), truth)) in inside.iter_mut().zip(fit.interval(0.9).into_iter().zip([0.5, 0.6, 1.2])) {
                *n += u32::from(low <= truth && truth <= high);
            }
        }
        assert!(inside.iter().all(|n| (85..=95).contains(n)), "{inside:?}");
    }

    #[test]
    fn residuals_are_exponential_and_too_little_is_not_fitted() {
        let times = history(7, 4000.0);
        let fit = Hawkes::fit(&times, 4000.0).expect("four thousand events have a peak");
        let residuals = fit.residuals(&times);
        let (mean, _) = crate::mean_se(&residuals);
        // Kolmogorov's distance to the exponential law, at 1 %.
        let mut sorted: Vec<f64> = residuals.iter().map(|r| 1.0 - libm::exp(-r)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let gap = sorted.iter().enumerate().map(|(i, u)| (u - (i as f64 + 0.5) / n).abs()).fold(0.0, f64::max);
        assert!((mean - 1.0).abs() < 0.03 && gap * libm::sqrt(n) < 1.63, "{mean} {gap}");
        assert_eq!(Hawkes::fit(&times[..10], 20.0), None);
    }
}
