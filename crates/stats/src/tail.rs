//! Tails of the Poisson-binomial law.

/// P(at least `k` of the independent trials with chances `p` succeed). Exact: f[j] <- f[j](1-p) + f[j-1]p with
/// an absorbing top bin, O(n k), no cancellation (`methods.md`, section 4).
pub fn at_least(p: &[f64], k: usize) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k == 1 {
        // 1 - prod(1 - p), without losing small p.
        return -libm::expm1(p.iter().map(|p| if *p >= 1.0 { f64::NEG_INFINITY } else { libm::log1p(-p) }).sum());
    }
    let mut f = vec![0.0; k + 1];
    f[0] = 1.0;
    for (i, &q) in p.iter().enumerate().filter(|(_, q)| **q > 0.0) {
        f[k] += f[k - 1] * q;
        for j in (1..k.min(i + 2)).rev() {
            f[j] = f[j] * (1.0 - q) + f[j - 1] * q;
        }
        f[0] *= 1.0 - q;
    }
    f[k]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against enumeration of all outcomes for n up to 12.
    #[test]
    fn equals_enumeration() {
        let p = [0.1, 0.5, 0.93, 0.004, 0.7, 0.33, 0.0, 1.0, 0.61, 0.25, 0.48, 0.9];
        for n in 0..=12 {
            for k in 0..=n + 1 {
                let mut sum = 0.0;
                for mask in 0u32..1 << n {
                    if mask.count_ones() as usize >= k {
                        sum += (0..n).map(|i| if mask >> i & 1 == 1 { p[i] } else { 1.0 - p[i] }).product::<f64>();
                    }
                }
                let got = at_least(&p[..n], k);
                assert!((got - sum).abs() < 1e-12, "n {n} k {k}: {got} {sum}");
            }
        }
    }

    /// `methods.md`, section 4: ten independent halves reach 8 with probability 56/1024.
    #[test]
    fn ten_independent_halves() {
        assert!((at_least(&[0.5; 10], 8) - 56.0 / 1024.0).abs() < 1e-15);
    }
}
