//! The normal law, quickly: what tables of words are made of.

use crate::special::normal_cdf;

/// The normal law by table: cubic between knots, whose slopes are known.
#[derive(Debug, Clone)]
pub(super) struct Normal {
    knots: Vec<(f64, f64)>,
}

/// Knots to a standard deviation.
const KNOTS: f64 = 32.0;
/// Beyond it the exact function is asked.
const INNER: f64 = 4.0;

impl Normal {
    pub(super) fn new() -> Self {
        let n = (2.0 * INNER * KNOTS) as usize;
        let knots = (0..=n + 1)
            .map(|i| {
                let x = i as f64 / KNOTS - INNER;
                (normal_cdf(x), density(x) / KNOTS)
            })
            .collect();
        Self { knots }
    }

    pub(super) fn below(&self, x: f64) -> f64 {
        if x.abs() >= INNER {
            return normal_cdf(x);
        }
        let at = (x + INNER) * KNOTS;
        let i = at as usize;
        let t = at - i as f64;
        let ((y0, d0), (y1, d1)) = (self.knots[i], self.knots[i + 1]);
        let dy = y1 - y0;
        y0 + t * (d0 + t * (3.0 * dy - 2.0 * d0 - d1 + t * (d0 + d1 - 2.0 * dy)))
    }

    pub(super) fn between(&self, from: f64, to: f64) -> f64 {
        // In the lower tail, where differences are exact.
        if from > 0.0 { self.below(-from) - self.below(-to) } else { self.below(to) - self.below(from) }
    }

    /// Mean and mean square of a standard normal known to lie between two edges.
    pub(super) fn inside(&self, from: f64, to: f64) -> (f64, f64) {
        let p = self.between(from, to);
        if p < 1e-12 {
            let near = if from > 0.0 { from } else { to };
            return (near, near * near);
        }
        let (a, b) = (density(from), density(to));
        let times = |x: f64, d: f64| if x.is_finite() { x * d } else { 0.0 };
        ((a - b) / p, 1.0 + (times(from, a) - times(to, b)) / p)
    }
}

pub(super) fn density(x: f64) -> f64 {
    if x.abs() > 38.0 { 0.0 } else { 0.398_942_280_401_432_7 * libm::exp(-0.5 * x * x) }
}
