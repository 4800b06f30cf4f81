//! Special functions on `libm`.

/// Standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Standard normal quantile for `p` in (0, 1): Acklam's rational approximation, refined by one step of Halley.
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_7,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_9,
        -155.698_979_859_886_6,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
    ];
    const C: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [0.007_784_695_709_041_462, 0.322_467_129_070_039_8, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    let x = if p < 0.02425 {
        tail(libm::sqrt(-2.0 * libm::log(p)))
    } else if p > 1.0 - 0.02425 {
        -tail(libm::sqrt(-2.0 * libm::log(1.0 - p)))
    } else {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    };
    let e = normal_cdf(x) - p;
    let u = e * libm::sqrt(std::f64::consts::TAU) * libm::exp(x * x / 2.0);
    x - u / (1.0 + x * u / 2.0)
}

/// P(X > x) for a chi-square of `degrees`: the upper incomplete gamma function, by its series or its continued fraction
/// (Lentz).
pub(crate) fn chi_square_above(x: f64, degrees: f64) -> f64 {
    let (a, x) = (degrees / 2.0, x / 2.0);
    if x <= 0.0 {
        return 1.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return 1.0 - front * sum;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut h = d;
    for i in 1..1000 {
        let i = f64::from(i);
        let n = -i * (i - a);
        b += 2.0;
        d = 1.0 / guard(n * d + b, 1e-300);
        c = guard(b + n / c, 1e-300);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * h
}

/// ln(p / (1 - p)).
pub fn logit(p: f64) -> f64 {
    libm::log(p / (1.0 - p))
}

/// 1 / (1 + e^-x).
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Quantiles of Beta(a, b) at (i + 1/2) / n, i = 0..n, by bisection on the regularised incomplete beta function.
pub fn beta_quantiles(a: f64, b: f64, n: usize) -> Vec<f64> {
    (0..n)
        .map(|i| {
            let p = (i as f64 + 0.5) / n as f64;
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..60 {
                let mid = (low + high) / 2.0;
                if incomplete_beta(a, b, mid) < p { low = mid } else { high = mid }
            }
            (low + high) / 2.0
        })
        .collect()
}

/// Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front =
        libm::exp(libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log(1.0 - x))
            / a;
    let tiny = 1e-300;
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0), tiny));
    let mut h = d;
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d, tiny);
        c = guard(1.0 + even / c, tiny);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d, tiny);
        c = guard(1.0 + odd / c, tiny);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * h
}

fn guard(x: f64, tiny: f64) -> f64 {
    if x.abs() < tiny { tiny } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantile_inverts_the_distribution() {
        for p in [1e-9, 0.001, 0.025, 0.3, 0.5, 0.77, 0.975, 1.0 - 1e-9] {
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-12 * (1.0 + p), "{p}");
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
    }

    /// Beta(1, 1) is uniform; Beta(2, 1) has quantile sqrt(p); means a / (a + b).
    #[test]
    fn chi_square_of_published_tables() {
        for (x, degrees, p) in [(43.82, 19.0, 0.001), (30.144, 19.0, 0.05), (3.841_459, 1.0, 0.05), (0.711, 4.0, 0.95)]
        {
            assert!((chi_square_above(x, degrees) / p - 1.0).abs() < 2e-3, "{x} {degrees}");
        }
    }

    #[test]
    fn beta_quantiles_of_known_laws() {
        for (i, q) in beta_quantiles(1.0, 1.0, 50).iter().enumerate() {
            assert!((q - (i as f64 + 0.5) / 50.0).abs() < 1e-12);
        }
        for (i, q) in beta_quantiles(2.0, 1.0, 50).iter().enumerate() {
            assert!((q - libm::sqrt((i as f64 + 0.5) / 50.0)).abs() < 1e-12);
        }
        for (a, b) in [(19.0, 1.0), (7.0, 3.0), (1.5, 1.0)] {
            let q = beta_quantiles(a, b, 2000);
            let mean = q.iter().sum::<f64>() / 2000.0;
            assert!((mean - a / (a + b)).abs() < 1e-3, "{a} {b} {mean}");
        }
    }
}
