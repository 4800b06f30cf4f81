//! Summaries, and the scores that forecasts earn. Lower is better throughout; all are proper, or marked.
//!
//! CRPS, ignorance and interval score are those of the VIEWS prediction challenge 2023/24 (Hegre et al. 2024, invitation and
//! scoring code as published).

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
pub fn quantile<T: Copy + Default>(sorted: &[T], q: f64) -> T {
    if sorted.is_empty() {
        return T::default();
    }
    let i = libm::floor(q * (sorted.len() - 1) as f64 + 0.5) as usize;
    sorted[i.min(sorted.len() - 1)]
}

/// Continuous ranked probability score of equally likely `counts` in order: mean |x - y| less half the mean |x - x'|.
pub fn crps(sorted: &[u32], y: u32) -> f64 {
    let n = sorted.len() as f64;
    let (mut near, mut spread) = (0.0, 0.0);
    for (i, x) in sorted.iter().enumerate() {
        near += f64::from(x.abs_diff(y));
        spread += f64::from(*x) * (2.0 * i as f64 + 1.0 - n);
    }
    near / n - spread / (n * n)
}

/// The challenge's bins begin at these counts.
pub const IGNORANCE_BINS: [u32; 11] = [0, 1, 3, 6, 11, 26, 51, 101, 251, 501, 1001];

/// The challenge's ignorance: -log2 of the chance given to the bin of `y`, as by 1,000 draws with one more put into each bin.
pub fn ignorance(counts: &[u32], y: u32) -> f64 {
    let bin = |x: u32| IGNORANCE_BINS.partition_point(|b| *b <= x) - 1;
    let share = counts.iter().filter(|x| bin(**x) == bin(y)).count() as f64 / counts.len() as f64;
    -libm::log2((share * 1000.0 + 1.0) / (1000.0 + IGNORANCE_BINS.len() as f64))
}

/// The challenge's interval score at 90 %: width, and twenty times by how much `y` lies outside. Quantiles are interpolated.
pub fn interval_score(sorted: &[u32], y: u32) -> f64 {
    let at = |q: f64| {
        let x = q * (sorted.len() - 1) as f64;
        let i = libm::floor(x) as usize;
        let next = sorted[(i + 1).min(sorted.len() - 1)];
        f64::from(sorted[i]) + (x - i as f64) * (f64::from(next) - f64::from(sorted[i]))
    };
    let (low, high, y) = (at(0.05), at(0.95), f64::from(y));
    high - low + 20.0 * ((low - y).max(0.0) + (y - high).max(0.0))
}

/// Brier's score of chances of something that did or did not happen, in three parts: score = reliability - resolution +
/// uncertainty, plus what lies within bins (Murphy 1973).
#[derive(Debug, Clone, PartialEq)]
pub struct Brier {
    /// Mean squared difference.
    pub score: f64,
    /// How far chances are from what happens: 0 is calibrated.
    pub reliability: f64,
    /// How far what happens differs between chances: more is sharper.
    pub resolution: f64,
    /// Of what happens, whatever is said.
    pub uncertainty: f64,
    /// By tenths of chance: cases, mean chance, share that happened.
    pub bins: Vec<(usize, f64, f64)>,
}

/// `None` without cases.
pub fn brier(said: &[(f64, bool)]) -> Option<Brier> {
    let n = said.len() as f64;
    if said.is_empty() {
        return None;
    }
    let mut bins = vec![(0usize, 0.0, 0.0); 10];
    for (p, happened) in said {
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1, bin.1 + p, bin.2 + f64::from(u8::from(*happened)));
    }
    let rate = bins.iter().map(|b| b.2).sum::<f64>() / n;
    for b in bins.iter_mut().filter(|b| b.0 > 0) {
        *b = (b.0, b.1 / b.0 as f64, b.2 / b.0 as f64);
    }
    let weighed = |of: &dyn Fn(&(usize, f64, f64)) -> f64| bins.iter().map(|b| b.0 as f64 * of(b)).sum::<f64>() / n;
    Some(Brier {
        score: said.iter().map(|(p, h)| (p - f64::from(u8::from(*h))).powi(2)).sum::<f64>() / n,
        reliability: weighed(&|b| (b.1 - b.2) * (b.1 - b.2)),
        resolution: weighed(&|b| (b.2 - rate) * (b.2 - rate)),
        uncertainty: rate * (1.0 - rate),
        bins,
    })
}

/// Mean logarithmic score in bits: -log2 of the chance given to what happened, which is taken for no less than 1 in 1,000.
pub fn log_score(said: &[(f64, bool)]) -> f64 {
    let of = |(p, happened): &(f64, bool)| -libm::log2(if *happened { *p } else { 1.0 - p }.max(0.001));
    said.iter().map(of).sum::<f64>() / said.len().max(1) as f64
}

/// Mean gap between chance and share, by tenths of chance, weighed by their cases.
pub fn calibration_error(bins: &[(usize, f64, f64)]) -> f64 {
    let n: usize = bins.iter().map(|b| b.0).sum();
    bins.iter().map(|b| b.0 as f64 * (b.1 - b.2).abs()).sum::<f64>() / n.max(1) as f64
}

/// Skill of `ours` against `theirs`, 1 - ratio of their means, with an 80 % interval by resampling whole blocks (months, say),
/// so that what hangs together is drawn together. Scores are by block.
pub fn skill(ours: &[Vec<f64>], theirs: &[Vec<f64>], draw: &mut crate::Stream) -> (f64, (f64, f64)) {
    let sums: Vec<(f64, f64)> =
        ours.iter().zip(theirs).map(|(a, b)| (a.iter().sum::<f64>(), b.iter().sum::<f64>())).collect();
    let of = |sums: &mut dyn Iterator<Item = (f64, f64)>| {
        let (a, b) = sums.fold((0.0, 0.0), |s, x| (s.0 + x.0, s.1 + x.1));
        1.0 - a / b
    };
    let n = sums.len();
    let mut all: Vec<f64> = (0..1000).map(|_| of(&mut (0..n).map(|_| sums[draw.below(n)]))).collect();
    all.sort_unstable_by(f64::total_cmp);
    (of(&mut sums.iter().copied()), (quantile(&all, 0.1), quantile(&all, 0.9)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crps_known() {
        // Three points 0, 1, 4 and y = 2: mean |x - y| = 5/3; mean |x - x'| = 16/9.
        assert!((crps(&[0, 1, 4], 2) - (5.0 / 3.0 - 8.0 / 9.0)).abs() < 1e-12);
        assert_eq!((crps(&[7], 7), crps(&[7], 3), crps(&[0, 0], 5)), (0.0, 4.0, 5.0));
    }

    #[test]
    fn ignorance_known() {
        // All draws in the right bin: 1001 of 1011. None: 1 of 1011.
        assert!((ignorance(&[4, 5, 3], 3) + libm::log2(1001.0 / 1011.0)).abs() < 1e-12);
        assert!((ignorance(&[0, 0], 2000) + libm::log2(1.0 / 1011.0)).abs() < 1e-12);
        // The published floor.
        assert!((ignorance(&[0], 0) - 0.014).abs() < 5e-4);
        // Bins 1-2, 11-25, 1001 and more.
        assert!(ignorance(&[1], 2) < 0.1 && ignorance(&[10], 11) > 9.0 && ignorance(&[1001], 90_000) < 0.1);
    }

    #[test]
    fn interval_score_known() {
        let all: Vec<u32> = (0..=100).collect();
        assert!((interval_score(&all, 50) - 90.0).abs() < 1e-9);
        assert!((interval_score(&all, 100) - (90.0 + 100.0)).abs() < 1e-9);
        assert!((interval_score(&all, 3) - (90.0 + 40.0)).abs() < 1e-9);
    }

    #[test]
    fn brier_parts_add_up() {
        // Chances at the middle of nothing: all in a bin are alike, so the parts are exact.
        let said: Vec<(f64, bool)> = (0..100).map(|i| (f64::from(i % 5) * 0.2 + 0.05, i % 7 == 0)).collect();
        let b = brier(&said).expect("there are cases");
        assert!((b.score - (b.reliability - b.resolution + b.uncertainty)).abs() < 1e-12, "{b:?}");
        assert_eq!((log_score(&[(0.5, true), (0.5, false)]), log_score(&[(1.0, true), (0.0, false)])), (1.0, 0.0));
        assert!((log_score(&[(1.0, false)]) - libm::log2(1000.0)).abs() < 1e-12);
        assert_eq!(brier(&[]), None);
        let sure = brier(&[(1.0, true), (0.0, false)]).expect("there are cases");
        assert_eq!((sure.score, sure.reliability, sure.resolution), (0.0, 0.0, 0.25));
    }

    #[test]
    fn skill_is_against_the_other() {
        let (ours, theirs) = (vec![vec![1.0; 4]; 12], vec![vec![2.0; 4]; 12]);
        let (s, (low, high)) = skill(&ours, &theirs, &mut crate::Stream::new(1, 1, 0));
        assert_eq!((s, low, high), (0.5, 0.5, 0.5));
    }
}
