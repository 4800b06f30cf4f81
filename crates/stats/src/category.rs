//! Categories by inversion in a fixed order.

/// The index `u` in (0, 1) falls on when `weights` (not negative, not all zero) are laid end to end.
pub fn pick(weights: &[f64], u: f64) -> usize {
    let total: f64 = weights.iter().sum();
    let mut left = u * total;
    for (i, w) in weights.iter().enumerate() {
        left -= w;
        if left < 0.0 {
            return i;
        }
    }
    weights.iter().rposition(|w| *w > 0.0).unwrap_or(0)
}

/// The same for many draws from one law: cumulated once, found by bisection.
#[derive(Debug, Clone)]
pub struct Inverse {
    cumulated: Vec<f64>,
}

impl Inverse {
    /// From weights, not all zero.
    pub fn new(weights: &[f64]) -> Self {
        let mut sum = 0.0;
        let cumulated = weights
            .iter()
            .map(|w| {
                sum += w;
                sum
            })
            .collect();
        Self { cumulated }
    }

    /// The index `u` in (0, 1) falls on.
    pub fn pick(&self, u: f64) -> usize {
        let total = self.cumulated.last().copied().unwrap_or(0.0);
        self.cumulated.partition_point(|c| *c <= u * total).min(self.cumulated.len().saturating_sub(1))
    }
}
