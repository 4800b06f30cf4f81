//! Statements on several things: which are sound is drawn once for all that they cover.

/// Draws which of the shared statements are sound, given what their joint soundness makes of every thing they
/// cover. `soundness[i]` is the prior of statement `i`; `factor(subset)` weighs a subset (bit mask), 0 for the
/// impossible. At most 16 statements are enumerated exactly; more are drawn by 64 sweeps of Gibbs sampling with
/// `more(step)` as further uniforms.
pub fn shared_subset(
    soundness: &[f64],
    u: f64,
    mut factor: impl FnMut(u64) -> f64,
    mut more: impl FnMut(u32) -> f64,
) -> u64 {
    let n = soundness.len().min(63);
    if n <= 16 {
        let weights: Vec<f64> = (0..1u64 << n)
            .map(|s| {
                let prior: f64 =
                    (0..n).map(|i| if s >> i & 1 == 1 { soundness[i] } else { 1.0 - soundness[i] }).product();
                if prior > 0.0 { prior * factor(s) } else { 0.0 }
            })
            .collect();
        return crate::pick(&weights, u) as u64;
    }
    let mut state = 0u64;
    let mut step = 0;
    for _ in 0..64 {
        for (i, p) in soundness.iter().enumerate().take(n) {
            let (on, off) = (state | 1 << i, state & !(1 << i));
            let (a, b) = (p * factor(on), (1.0 - p) * factor(off));
            state = if a + b > 0.0 && more(step) * (a + b) < a { on } else { off };
            step += 1;
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten things on one shared statement of soundness .5 stand or fall together.
    #[test]
    fn shared_statements_are_drawn_once() {
        let mut sound = 0;
        for w in 0..4000 {
            let u = crate::uniform(1, w, 42, 0);
            sound += shared_subset(&[0.5], u, |_| 1.0, |_| 0.5);
        }
        assert!((sound as f64 / 4000.0 - 0.5).abs() < 0.03, "{sound}");
    }
}
