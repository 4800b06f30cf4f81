//! How many: the exact posterior of a figure on a grid, from what sources said with their hedges
//! (`methods.md`, section 3.2).
//!
//! ln(said + .3) = ln(true + .3) + bias + hedge offset + N(0, spread² + hedge²), and what is observed is
//! not the number but the cell it was rounded to, the interval a word stands for, or the side of a bound.

use crate::special::normal_cdf;

/// The values a figure may take: every integer to 39, then steps of 4.3 % (110 of them to 4,000).
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Values, rising, from 0.
    pub values: Vec<u32>,
}

impl Grid {
    /// Up to 4,000, or four times the largest number said.
    pub fn new(largest_said: u32) -> Self {
        let top = f64::from(largest_said.max(1000)) * 4.0;
        let mut values: Vec<u32> = (0..40).collect();
        let octaves = libm::log(top / 40.0);
        let steps = libm::ceil(octaves / libm::log(100.0) * 109.0);
        let step = octaves / steps;
        for i in 0..=steps as u32 {
            let v = libm::round(40.0 * libm::exp(step * f64::from(i))) as u32;
            if values.last().is_none_or(|last| v > *last) {
                values.push(v);
            }
        }
        Self { values }
    }

    /// Half-way edges around each value, in figures.
    fn cell(&self, i: usize) -> (f64, f64) {
        let v = |i: usize| f64::from(self.values[i]);
        let low = if i == 0 { -0.5 } else { (v(i - 1) + v(i)) / 2.0 };
        let high = if i + 1 == self.values.len() { v(i) * 1.02 } else { (v(i) + v(i + 1)) / 2.0 };
        (low, high)
    }
}

/// What was said, freed of words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Phrase {
    /// A number, known to lie within `low..=high` after rounding.
    Cell {
        /// Smallest number that rounds to it.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// More than the number.
    Above(f64),
    /// Less than the number.
    Below(f64),
    /// None at all.
    Zero,
}

/// A phrase with how it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The phrase.
    pub phrase: Phrase,
    /// Offset of the hedge in the logarithm ("at least" says less than there is: -.2).
    pub offset: f64,
    /// Spread of hedge and source together, in the logarithm.
    pub sigma: f64,
}

/// ln(x + .3), the scale of the model.
fn scale(x: f64) -> f64 {
    libm::log(x + 0.3)
}

/// P(phrase | true figure is each value of the grid, the source's bias is `bias`).
pub fn likelihood(grid: &Grid, reading: &Reading, bias: f64) -> Vec<f64> {
    grid.values
        .iter()
        .map(|x| {
            let mu = scale(f64::from(*x)) + bias + reading.offset;
            let below = |y: f64| if y <= -0.3 { 0.0 } else { normal_cdf((scale(y) - mu) / reading.sigma) };
            match reading.phrase {
                Phrase::Cell { low, high } => (below(high + 0.5) - below(low - 0.5)).max(0.0),
                Phrase::Above(n) => 1.0 - below(n + 0.5),
                Phrase::Below(n) => below(n - 0.5),
                Phrase::Zero => {
                    if *x == 0 {
                        0.9
                    } else {
                        0.02 / f64::from(*x)
                    }
                }
            }
        })
        .collect()
}

/// The prior on the grid: `zero` at 0, else log-normal(`median`, `sigma`) by the mass of each cell.
pub fn prior(grid: &Grid, zero: f64, median: f64, sigma: f64) -> Vec<f64> {
    let m = libm::log(median);
    let below = |y: f64| if y <= 0.0 { 0.0 } else { normal_cdf((libm::log(y) - m) / sigma) };
    let mut out: Vec<f64> = (0..grid.values.len())
        .map(|i| {
            let (low, high) = grid.cell(i);
            if i == 0 { 0.0 } else { below(high) - below(low) }
        })
        .collect();
    let sum: f64 = out.iter().sum();
    for p in &mut out {
        *p *= (1.0 - zero) / sum;
    }
    out[0] = zero;
    out
}

/// Multiplies the prior by the likelihoods, each mixed with a flat one of weight `1 - trust`: a source that is not
/// to be trusted says nothing about the figure. Returns weights that sum to 1.
pub fn posterior<'a>(prior: &[f64], said: impl IntoIterator<Item = (&'a [f64], f64)>) -> Vec<f64> {
    let mut out = prior.to_vec();
    for (likelihood, trust) in said {
        // What the phrase is worth when it says nothing: its mean chance over the prior.
        let flat: f64 = likelihood.iter().zip(prior).map(|(l, p)| l * p).sum();
        for (o, l) in out.iter_mut().zip(likelihood) {
            *o *= trust * l + (1.0 - trust) * flat;
        }
    }
    let sum: f64 = out.iter().sum();
    if sum > 0.0 {
        for o in &mut out {
            *o /= sum;
        }
        out
    } else {
        prior.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stream, pick};

    fn at(grid: &Grid, weights: &[f64], q: f64) -> u32 {
        let mut sum = 0.0;
        for (v, w) in grid.values.iter().zip(weights) {
            sum += w;
            if sum >= q {
                return *v;
            }
        }
        *grid.values.last().unwrap()
    }

    fn exact(n: f64, sigma: f64) -> Reading {
        Reading { phrase: Phrase::Cell { low: n, high: n }, offset: 0.0, sigma }
    }

    #[test]
    fn grid_and_prior_are_whole() {
        let g = Grid::new(0);
        assert_eq!(g.values[..41], (0..=40).collect::<Vec<u32>>()[..]);
        assert_eq!(*g.values.last().unwrap(), 4000);
        let p = prior(&g, 0.1, 6.0, 1.4);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12 && p.iter().all(|p| *p >= 0.0));
    }

    #[test]
    fn hedges_move_the_answer_the_way_words_do() {
        let g = Grid::new(0);
        let p = prior(&g, 0.1, 6.0, 1.4);
        let median = |r: Reading| at(&g, &posterior(&p, [(&likelihood(&g, &r, 0.0)[..], 0.95)]), 0.5);
        let plain = median(exact(25.0, 0.25));
        assert!((20..=27).contains(&plain), "{plain}");
        assert!(median(Reading { offset: -0.2, ..exact(25.0, 0.29) }) > plain, "at least");
        assert!(median(Reading { offset: 0.2, ..exact(25.0, 0.29) }) < plain, "up to");
        let hundreds = median(Reading { phrase: Phrase::Cell { low: 200.0, high: 500.0 }, offset: 0.0, sigma: 0.2 });
        assert!((150..=420).contains(&hundreds), "{hundreds}");
        let above = median(Reading { phrase: Phrase::Above(80.0), offset: 0.0, sigma: 0.2 });
        assert!(above > 80, "{above}");
        assert_eq!(median(Reading { phrase: Phrase::Zero, offset: 0.0, sigma: 0.2 }), 0);
    }

    #[test]
    fn an_untrusted_source_moves_nothing() {
        let g = Grid::new(0);
        let p = prior(&g, 0.1, 6.0, 1.4);
        let l = likelihood(&g, &exact(400.0, 0.2), 0.0);
        for (a, b) in posterior(&p, [(&l[..], 0.0)]).iter().zip(&p) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    /// Simulation-based calibration (Talts et al. 2018): truth from the prior, three hedged statements from the
    /// model, rank of the truth in the posterior uniform (chi-square on 20 bins, ties randomised).
    #[test]
    fn simulation_based_calibration() {
        let g = Grid::new(0);
        let p = prior(&g, 0.1, 6.0, 1.4);
        let sigma = 0.3;
        let mut s = Stream::new(3, 99, 0);
        let runs = 1000;
        let mut bins = [0u32; 20];
        for _ in 0..runs {
            let truth = pick(&p, s.next_unit());
            let x = f64::from(g.values[truth]);
            let mut said = Vec::new();
            for kind in 0..3 {
                let offset = if kind == 2 { -0.2 } else { 0.0 };
                let y = (libm::exp(scale(x) + offset + sigma * s.normal()) - 0.3).max(0.0);
                let n = libm::round(y);
                let phrase = match kind {
                    // Said to the nearest ten, as a cell ten wide.
                    1 => {
                        let ten = libm::round(n / 10.0) * 10.0;
                        Phrase::Cell { low: (ten - 5.0).max(0.0), high: ten + 4.0 }
                    }
                    _ => Phrase::Cell { low: n, high: n },
                };
                said.push(likelihood(&g, &Reading { phrase, offset, sigma }, 0.0));
            }
            let post = posterior(&p, said.iter().map(|l| (&l[..], 1.0)));
            let below: f64 = post[..truth].iter().sum();
            let rank = below + s.next_unit() * post[truth];
            bins[((rank * 20.0) as usize).min(19)] += 1;
        }
        let expected = f64::from(runs) / 20.0;
        let chi2: f64 = bins.iter().map(|b| (f64::from(*b) - expected).powi(2) / expected).sum();
        // 99.9 % point of chi-square with 19 degrees of freedom.
        assert!(chi2 < 43.8, "{chi2} {bins:?}");
    }
}
