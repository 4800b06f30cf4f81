//! A published best estimate as a law: how UCDP's coders think its number stands to the truth (Vesco, Randahl et al. 2026,
//! a survey of coders): mass on the number itself, else Gumbel above and around it.

/// P(true figure | best estimate).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BestEstimate {
    best: f64,
    /// Share of the mass that is on the number itself.
    mass: f64,
    location: f64,
    scale: f64,
}

impl BestEstimate {
    /// Of state-based violence.
    pub fn state_based(best: f64) -> Self {
        Self::new(best, [0.6092, 0.9325, -0.3044, 0.8226, -0.0857, -0.0527])
    }

    /// Of non-state violence.
    pub fn non_state(best: f64) -> Self {
        Self::new(best, [0.5747, 0.9361, -0.7022, 0.8553, -0.3413, -0.0301])
    }

    /// Of one-sided violence.
    pub fn one_sided(best: f64) -> Self {
        Self::new(best, [0.5398, 0.9398, -0.7620, 0.8706, -0.3414, -0.0181])
    }

    fn new(best: f64, [a0, a1, c0, c1, d0, d1]: [f64; 6]) -> Self {
        let l = libm::log1p(best.max(0.0));
        Self {
            best,
            mass: crate::logistic(d0 + d1 * l),
            location: libm::expm1(a0 + a1 * l),
            scale: libm::exp(c0 + c1 * l),
        }
    }

    /// P(true figure <= x).
    pub fn below(&self, x: f64) -> f64 {
        let gumbel = libm::exp(-libm::exp(-(x - self.location) / self.scale));
        (1.0 - self.mass) * gumbel + if x >= self.best { self.mass } else { 0.0 }
    }

    /// Its mean.
    pub fn mean(&self) -> f64 {
        self.mass * self.best + (1.0 - self.mass) * (self.location + 0.577_215_664_901_532_9 * self.scale)
    }

    /// The smallest x that is not exceeded with probability `q`, to a thousandth.
    pub fn quantile(&self, q: f64) -> f64 {
        let (mut low, mut high) =
            (self.location.min(self.best) - 20.0 * self.scale, self.location.max(self.best) + 40.0 * self.scale);
        while high - low > 1e-3 {
            let mid = (low + high) / 2.0;
            if self.below(mid) < q { low = mid } else { high = mid }
        }
        high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the published package.
    #[test]
    fn known_answers() {
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 2e-3, "{a} {b}");
        let b = BestEstimate::state_based(25.0);
        near(b.location, 37.368);
        near(b.scale, 10.760);
        near(b.mass, 0.4360);
        near(b.mean(), 35.479);
        near(b.quantile(0.95), 62.94);
        let b = BestEstimate::state_based(100.0);
        near(b.mean(), 131.377);
        near(b.quantile(0.95), 214.14);
        near(1.0 - b.below(150.0), 0.2728);
        near(1.0 - BestEstimate::non_state(100.0).below(150.0), 0.2458);
        near(BestEstimate::one_sided(5.0).mean(), 7.680);
    }
}
