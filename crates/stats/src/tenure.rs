//! How long presence lasts: survival by the product-limit estimate (Kaplan and Meier 1958), its interval by Greenwood's variance on
//! the scale of log(-log S).

use crate::special::normal_quantile;

/// One step of the curve: from this length on, such a share lasts longer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Survival {
    /// Length, in the unit of the lengths given.
    pub length: f64,
    /// Share that lasts longer.
    pub share: f64,
    /// Interval of the share.
    pub interval: (f64, f64),
    /// How many had lasted so long and were still watched.
    pub at_risk: usize,
}

/// The curve of `lengths`, each with whether its end was seen (an episode that still lasts was not seen to end). `probability` is
/// that of the interval.
pub fn survival(lengths: &[(f64, bool)], probability: f64) -> Vec<Survival> {
    let z = normal_quantile(0.5 + probability / 2.0);
    let mut sorted = lengths.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut share, mut variance, mut steps) = (1.0, 0.0, Vec::new());
    let mut from = 0;
    for run in sorted.chunk_by(|a, b| a.0 == b.0) {
        let at_risk = sorted.len() - from;
        let ended = run.iter().filter(|r| r.1).count();
        from += run.len();
        if ended == 0 {
            continue;
        }
        let (n, d) = (at_risk as f64, ended as f64);
        share *= 1.0 - d / n;
        // Where all that are left end, nothing is known of how sure that is.
        let interval = if ended == at_risk {
            (0.0, steps.last().map_or(1.0, |s: &Survival| s.interval.1))
        } else {
            variance += d / (n * (n - d));
            let log = libm::log(share);
            let by = libm::exp(z * libm::sqrt(variance) / -log);
            (libm::pow(share, by), libm::pow(share, 1.0 / by))
        };
        steps.push(Survival { length: run[0].0, share, interval, at_risk });
    }
    steps
}

/// Episodes of presence: runs of `days` (rising) with no gap longer than `gap`; each from first to last day, and whether it was
/// seen to end (nothing for longer than `gap` before `until`).
pub fn episodes(days: &[i32], gap: i32, until: i32) -> Vec<(i32, i32, bool)> {
    days.chunk_by(|a, b| b - a <= gap)
        .filter_map(|run| Some((*run.first()?, *run.last()?, until - run.last()? > gap)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remission times of the treated group in Freireich et al. 1963, as in every textbook: 6 three times, one more censored at 6, ...
    #[test]
    fn published_curve() {
        let ended = [6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
        let watched = [6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0];
        let all: Vec<(f64, bool)> =
            ended.iter().map(|x| (*x, true)).chain(watched.iter().map(|x| (*x, false))).collect();
        let curve = survival(&all, 0.95);
        let shares: Vec<f64> = curve.iter().map(|s| (s.share * 1e4).round() / 1e4).collect();
        assert_eq!(shares, [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]);
        // R's survfit with conf.type "log-log" gives (.620, .952) at 6 and (.188, .680) at 23.
        let (first, last) = (curve[0].interval, curve[6].interval);
        assert!((first.0 - 0.620).abs() < 1e-3 && (first.1 - 0.952).abs() < 1e-3, "{first:?}");
        assert!((last.0 - 0.188).abs() < 1e-3 && (last.1 - 0.680).abs() < 1e-3, "{last:?}");
    }

    #[test]
    fn episodes_end_when_it_is_quiet_for_long() {
        assert_eq!(episodes(&[0, 5, 9, 40, 41], 20, 50), [(0, 9, true), (40, 41, false)]);
        assert_eq!(episodes(&[], 20, 50), []);
        assert_eq!(episodes(&[3], 20, 50), [(3, 3, true)]);
    }
}
