//! Scores and summaries.

/// Mean and its standard error.
pub fn mean_se(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    if x.is_empty() {
        return (0.0, 0.0);
    }
    let mean = x.iter().sum::<f64>() / n;
    if x.len() < 2 {
        return (mean, 0.0);
    }
    let var = x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, libm::sqrt(var / n))
}

/// The `q`-quantile of sorted numbers (lower of the two neighbours: always a number that occurs).
pub fn quantile(sorted: &[u32], q: f64) -> u32 {
    if sorted.is_empty() {
        return 0;
    }
    let i = libm::floor(q * (sorted.len() - 1) as f64 + 0.5) as usize;
    sorted[i.min(sorted.len() - 1)]
}

/// Brier score of several classes: the sum of squared differences, averaged over cases.
pub fn brier(p: &[Vec<f64>], truth: &[usize]) -> f64 {
    let sum: f64 = p
        .iter()
        .zip(truth)
        .map(|(p, t)| p.iter().enumerate().map(|(i, x)| (x - f64::from(u8::from(i == *t))).powi(2)).sum::<f64>())
        .sum();
    sum / p.len() as f64
}

/// Expected calibration error of the most probable class over bins of width .1.
pub fn expected_calibration_error(p: &[Vec<f64>], truth: &[usize]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for (p, t) in p.iter().zip(truth) {
        let (class, conf) = p.iter().enumerate().fold((0, -1.0), |m, (i, x)| if *x > m.1 { (i, *x) } else { m });
        let bin = &mut bins[((conf * 10.0) as usize).min(9)];
        bin.0 += conf;
        bin.1 += f64::from(u8::from(class == *t));
        bin.2 += 1.0;
    }
    let n = p.len() as f64;
    bins.iter().filter(|b| b.2 > 0.0).map(|b| (b.0 - b.1).abs() / n).sum()
}
