//! Whether a thing is so, from independent statements that assert or deny it.
//!
//! A statement is *sound* with a probability (its source's reliability in the world, adjusted). A sound
//! assertion makes the thing so, a sound denial makes it not so; both at once cannot be; when none is
//! sound the thing is so with the base rate. Copies of one statement are one statement.

/// How the statements about one thing stand, as products of the chances of *not* being sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conflict {
    /// Product over assertions of (1 - soundness).
    pub no_assertion: f64,
    /// Product over denials of (1 - soundness).
    pub no_denial: f64,
}

impl Conflict {
    /// From soundness of assertions and of denials.
    pub fn new(asserting: impl IntoIterator<Item = f64>, denying: impl IntoIterator<Item = f64>) -> Self {
        let none = |s: &mut dyn Iterator<Item = f64>| s.map(|p| 1.0 - p).product();
        Self { no_assertion: none(&mut asserting.into_iter()), no_denial: none(&mut denying.into_iter()) }
    }

    /// Mass of the consistent combinations (no sound assertion beside a sound denial).
    pub fn consistent(self) -> f64 {
        self.no_denial + self.no_assertion - self.no_assertion * self.no_denial
    }
}

/// P(so | statements) with the given base rate; the base rate itself without any statement.
pub fn existence(c: Conflict, base_rate: f64) -> f64 {
    let none = c.no_assertion * c.no_denial;
    let asserted = (1.0 - c.no_assertion) * c.no_denial;
    let all = c.consistent();
    if all <= 0.0 { base_rate } else { (asserted + base_rate * none) / all }
}

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

    /// Against enumeration of every combination of sound and unsound.
    #[test]
    fn existence_equals_enumeration() {
        let (a, d, base) = ([0.7, 0.4, 0.9], [0.3, 0.55], 0.2);
        let (mut so, mut all) = (0.0, 0.0);
        for mask in 0u32..32 {
            let s = |i: usize| mask >> i & 1 == 1;
            let p: f64 = a.iter().chain(&d).enumerate().map(|(i, p)| if s(i) { *p } else { 1.0 - p }).product();
            let (asserted, denied) = ((0..3).any(s), (3..5).any(s));
            if asserted && denied {
                continue;
            }
            all += p;
            so += p * if asserted {
                1.0
            } else if denied {
                0.0
            } else {
                base
            };
        }
        assert!((existence(Conflict::new(a, d), base) - so / all).abs() < 1e-14);
        assert!((existence(Conflict::new([], []), base) - base).abs() < 1e-15);
        assert!(existence(Conflict::new([0.7], []), base) > existence(Conflict::new([0.7], [0.1]), base));
    }

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
