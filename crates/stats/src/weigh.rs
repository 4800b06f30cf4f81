//! Hypotheses weighed over possible worlds: P(H | D) is proportional to P(H) times the average over worlds of
//! P(E_w | H) / P0(E_w), where worlds come from P0(E | D).
//!
//! Averaging P(H | E_w) instead is Jeffrey's rule, which is wrong as soon as P0(E) is not the sum of P(H) P(E | H).

/// One piece of evidence: facts that are judged together, and come out in one of several ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// By hypothesis, by way: P(it comes out so | hypothesis).
    pub likelihood: Vec<Vec<f64>>,
    /// By way: how probable it was before anything was said.
    pub base: Vec<f64>,
    /// World after world, by way: the chance that it comes out so, given what the world fixes.
    pub chance: Vec<f64>,
}

impl Piece {
    /// What is so, or not: ways `so` and `not`, from the chance in each world that it is so.
    pub fn fact(likelihood: &[f64], base: f64, chance: &[f64]) -> Self {
        Self {
            likelihood: likelihood.iter().map(|l| vec![*l, 1.0 - l]).collect(),
            base: vec![base, 1.0 - base],
            chance: chance.iter().flat_map(|c| [*c, 1.0 - c]).collect(),
        }
    }

    fn ways(&self) -> usize {
        self.base.len()
    }

    /// P(E_w | H) / P0(E_w), averaged over what the world leaves open.
    fn factor(&self, h: usize, world: usize) -> f64 {
        let chance = &self.chance[world * self.ways()..][..self.ways()];
        let ratio = self.likelihood[h].iter().zip(&self.base).map(|(l, b)| if *b > 0.0 { l / b } else { 0.0 });
        chance.iter().zip(ratio).map(|(c, r)| c * r).sum()
    }

    /// The same where it is known to come out in one way.
    fn settled(&self, h: usize, world: usize, way: usize) -> f64 {
        let b = self.base[way];
        if b > 0.0 { self.chance[world * self.ways() + way] * self.likelihood[h][way] / b } else { 0.0 }
    }
}

/// An exclusive, exhaustive set of hypotheses with what bears on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighing {
    /// Priors; they sum to 1.
    pub prior: Vec<f64>,
    /// The share of each world; all are the same where worlds are drawn, and P0(E | D) where they are listed in full.
    pub share: Vec<f64>,
    /// The evidence, independent piece by piece given a hypothesis.
    pub pieces: Vec<Piece>,
}

impl Weighing {
    /// By hypothesis, the sum over `worlds` of `share` times what its evidence says for it, times `more(world)`; a
    /// piece in `held` counts only as it comes out in that way, or not at all.
    fn sums(&self, worlds: impl Iterator<Item = usize> + Clone, held: &[(usize, Option<usize>)]) -> Vec<f64> {
        (0..self.prior.len())
            .map(|h| {
                let weight = |w: usize| -> f64 {
                    let each = self.pieces.iter().enumerate().map(|(i, p)| match held.iter().find(|x| x.0 == i) {
                        None => p.factor(h, w),
                        Some((_, Some(way))) => p.settled(h, w, *way),
                        Some((_, None)) => 1.0,
                    });
                    self.share[w] * each.product::<f64>()
                };
                self.prior[h] * worlds.clone().map(weight).sum::<f64>()
            })
            .collect()
    }

    /// P(H | D).
    pub fn posterior(&self) -> Vec<f64> {
        if self.pieces.is_empty() {
            return self.prior.clone();
        }
        normalised(self.sums(0..self.share.len(), &[]))
    }

    /// P(H | D) as some of the worlds have it.
    pub fn posterior_over(&self, worlds: impl Iterator<Item = usize> + Clone) -> Vec<f64> {
        if self.pieces.is_empty() { self.prior.clone() } else { normalised(self.sums(worlds, &[])) }
    }

    /// P(H | D) without one piece.
    pub fn without(&self, piece: usize) -> Vec<f64> {
        normalised(self.sums(0..self.share.len(), &[(piece, None)]))
    }

    /// P(H and the pieces come out in these ways | D): divided by its sum, P(H | D, they do).
    pub fn joint(&self, settled: &[(usize, usize)]) -> Vec<f64> {
        let held: Vec<(usize, Option<usize>)> = settled.iter().map(|(i, way)| (*i, Some(*way))).collect();
        let all: f64 = self.sums(0..self.share.len(), &[]).iter().sum();
        self.sums(0..self.share.len(), &held).iter().map(|s| s / all).collect()
    }

    /// P(H and something of the worlds | D), from the chance of that thing in each world; it must not be a part of any
    /// piece, other than through the world.
    pub fn joint_with(&self, chance: &[f64]) -> Vec<f64> {
        let mut tilted = self.clone();
        tilted.share.iter_mut().zip(chance).for_each(|(s, c)| *s *= c);
        let all: f64 = self.sums(0..self.share.len(), &[]).iter().sum();
        tilted.sums(0..self.share.len(), &[]).iter().map(|s| s / all).collect()
    }

    /// Effective sample size of the worlds' weights.
    pub fn ess(&self) -> f64 {
        let (sum, squares) = (0..self.share.len()).fold((0.0, 0.0), |(s, q), w| {
            let x: f64 = self.sums(w..w + 1, &[]).iter().sum();
            (s + x, q + x * x)
        });
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }
}

/// Weights from their logarithms, the greatest of them 1.
pub fn from_logs(mut x: Vec<f64>) -> Vec<f64> {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    x.iter_mut().for_each(|l| *l = libm::exp(*l - top));
    x
}

/// Divided by their sum; as they are where that is 0.
pub fn normalised(mut x: Vec<f64>) -> Vec<f64> {
    let sum: f64 = x.iter().sum();
    if sum > 0.0 {
        x.iter_mut().for_each(|v| *v /= sum);
    }
    x
}

/// Mutual information in bits, from a joint law: `joint[h][way]`. What finding out the one would tell of the other.
pub fn information(joint: &[Vec<f64>]) -> f64 {
    let all: f64 = joint.iter().flatten().sum();
    let ways = joint.first().map_or(0, Vec::len);
    let across: Vec<f64> = (0..ways).map(|e| joint.iter().map(|row| row[e]).sum::<f64>() / all).collect();
    let bits: f64 = joint
        .iter()
        .map(|row| {
            let mass: f64 = row.iter().sum::<f64>() / all;
            let cell = |(p, e): (&f64, &f64)| {
                let p = p / all;
                if p > 0.0 && *e > 0.0 && mass > 0.0 { p * libm::log2(p / (mass * e)) } else { 0.0 }
            };
            row.iter().zip(&across).map(cell).sum::<f64>()
        })
        .sum();
    bits.max(0.0)
}

/// The diagnosticity of evidence: what is expected to be learned of the hypotheses from how it comes out, in bits.
/// `likelihood[h][way]`. Nothing for evidence that is as likely under all, however unlikely under each.
pub fn diagnosticity(prior: &[f64], likelihood: &[Vec<f64>]) -> f64 {
    let joint: Vec<Vec<f64>> =
        prior.iter().zip(likelihood).map(|(p, row)| row.iter().map(|l| p * l).collect()).collect();
    information(&joint)
}

/// Several people's probabilities of one thing as one: the mean of the log-odds (Satopää et al. 2014, without
/// extremising: how far to go out is learned from outcomes, and there are none yet).
pub fn pooled(said: &[f64]) -> f64 {
    let odds: f64 = said.iter().map(|p| crate::logit(p.clamp(1e-6, 1.0 - 1e-6))).sum();
    crate::logistic(odds / said.len().max(1) as f64)
}

/// Several people's laws over the same alternatives as one: the normalised geometric mean.
pub fn pooled_law(said: &[Vec<f64>]) -> Vec<f64> {
    let n = said.len().max(1) as f64;
    let ways = said.first().map_or(0, Vec::len);
    let log = |e: usize| said.iter().map(|law| libm::log(law[e].max(1e-9))).sum::<f64>() / n;
    normalised((0..ways).map(|e| libm::exp(log(e))).collect())
}

/// The nearest coherent law to numbers that should sum to 1: the Euclidean projection on the simplex (Held, Wolfe and
/// Crowder 1974). What sums to 1 already comes back as it is.
pub fn coherent(said: &[f64]) -> Vec<f64> {
    let mut sorted = said.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (i, x) in sorted.iter().enumerate() {
        sum += x;
        let t = (sum - 1.0) / (i + 1) as f64;
        if x - t > 0.0 {
            shift = t;
        }
    }
    said.iter().map(|x| (x - shift).max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(a report, and `repeats` that each copy it with chance `copy` or else look for themselves | F), where whoever
    /// looks reports it with chance `chance`.
    fn repeated(chance: f64, copy: f64, repeats: u32) -> f64 {
        let again = copy + (1.0 - copy) * chance;
        (0..repeats).fold(chance, |p, _| p * again)
    }

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    /// Two hypotheses, three pieces, every one known to be so: exact arithmetic by hand.
    #[test]
    fn known_facts_are_bayes_rule() {
        let piece = |a: f64, b: f64| Piece::fact(&[a, b], 0.3, &[1.0; 8]);
        let q = Weighing {
            prior: vec![0.25, 0.75],
            share: vec![0.125; 8],
            pieces: vec![piece(0.9, 0.3), piece(0.5, 0.5), piece(0.2, 0.1)],
        };
        // 1/4 x 9/10 x 1/2 x 1/5 against 3/4 x 3/10 x 1/2 x 1/10: 2 to 1.
        near(q.posterior()[0], 2.0 / 3.0);
        // Without the third: 1 to 1. Without the second nothing changes: it says nothing.
        near(q.without(2)[0], 0.5);
        near(q.without(1)[0], 2.0 / 3.0);
        near(diagnosticity(&q.prior, &q.pieces[1].likelihood), 0.0);
        near(q.ess(), 8.0);
        // In any order.
        let mut turned = q.clone();
        turned.pieces.reverse();
        near(turned.posterior()[0], q.posterior()[0]);
    }

    /// P(E | D) = .7 with P0 = .2; worlds of no news; a report of perfect reliability, and one of none.
    #[test]
    fn worlds_are_weighed_against_what_was_believed_before() {
        let at = |p: f64| Weighing {
            prior: vec![0.5, 0.5],
            share: vec![1.0],
            pieces: vec![Piece::fact(&[0.9, 0.1], 0.2, &[p])],
        };
        let by_hand = |p: f64| {
            let one = p * 0.9 / 0.2 + (1.0 - p) * 0.1 / 0.8;
            let two = p * 0.1 / 0.2 + (1.0 - p) * 0.9 / 0.8;
            one / (one + two)
        };
        near(at(0.7).posterior()[0], by_hand(0.7));
        near(at(0.2).posterior()[0], 0.5);
        near(at(1.0).posterior()[0], 0.9);
        near(at(0.0).posterior()[0], 0.1);
        // What is not known yet may come out either way; on average the answer stays.
        let q = at(0.7);
        let (yes, no) = (q.joint(&[(0, 0)]), q.joint(&[(0, 1)]));
        near(yes[0] + no[0], q.posterior()[0]);
        near(yes[0] / (yes[0] + yes[1]), 0.9);
    }

    /// Three reports of .8 against .2: 64 to 1 where they are independent, 5.22 where the later two copy with chance
    /// .8, 4 where they certainly do.
    #[test]
    fn copies_are_worth_what_they_add() {
        let ratio = |copy: f64| repeated(0.8, copy, 2) / repeated(0.2, copy, 2);
        near(ratio(0.0), 64.0);
        near(ratio(1.0), 4.0);
        near(ratio(0.8), 4.0 * (0.96_f64 / 0.84) * (0.96 / 0.84));
        assert!((ratio(0.8) - 5.22).abs() < 0.005);
    }

    /// Published answers: the cab that a witness called blue (Kahneman and Tversky: 41 %), the prize behind three doors
    /// (2/3 for changing), and the burglar alarm of Pearl's with two neighbours calling (.2842), its facts in one piece.
    #[test]
    fn published_problems_come_out_as_published() {
        let seen = |prior: &[f64], likelihood: &[f64]| {
            let q = Weighing {
                prior: prior.to_vec(),
                share: vec![1.0],
                pieces: vec![Piece::fact(likelihood, 0.5, &[1.0])],
            };
            q.posterior()
        };
        near(seen(&[0.15, 0.85], &[0.8, 0.2])[0], 0.12 / 0.29);
        near(seen(&[1.0 / 3.0; 3], &[0.5, 1.0, 0.0])[1], 2.0 / 3.0);
        // Ways: earthquake, alarm, John, Mary, a bit each; both call.
        let law = |burglary: usize| -> Vec<f64> {
            let rings = [[0.001, 0.29], [0.94, 0.95]];
            (0..16)
                .map(|way: usize| {
                    let bit = |k: usize| way >> k & 1;
                    let of = |p: f64, yes: usize| if yes == 1 { p } else { 1.0 - p };
                    of(0.002, bit(0))
                        * of(rings[burglary][bit(0)], bit(1))
                        * of([0.05, 0.9][bit(1)], bit(2))
                        * of([0.01, 0.7][bit(1)], bit(3))
                })
                .collect()
        };
        // Any base prior will do that holds all of it possible; worlds are what it leaves where both call.
        let worlds: Vec<usize> = (12..16).collect();
        let base = vec![1.0 / 16.0; 16];
        let chance = worlds.iter().flat_map(|w| (0..16).map(move |e| f64::from(u8::from(e == *w)))).collect();
        let q = Weighing {
            prior: vec![0.999, 0.001],
            share: vec![0.25; 4],
            pieces: vec![Piece { likelihood: vec![law(0), law(1)], base, chance }],
        };
        near(q.posterior()[1], 0.284_171_835_364_393);
    }

    /// Two facts judged together: as exact as one by one where they are independent, and where one is but the other
    /// told again it adds nothing.
    #[test]
    fn what_hangs_together_is_judged_together() {
        let (a, b) = ([0.9, 0.3], [0.6, 0.2]);
        let worlds = [(0.7, 0.4), (0.2, 0.9), (0.5, 0.5)];
        let apart = Weighing {
            prior: vec![0.4, 0.6],
            share: vec![1.0 / 3.0; 3],
            pieces: vec![Piece::fact(&a, 0.2, &worlds.map(|w| w.0)), Piece::fact(&b, 0.3, &worlds.map(|w| w.1))],
        };
        let both = |x: f64, y: f64| vec![x * y, x * (1.0 - y), (1.0 - x) * y, (1.0 - x) * (1.0 - y)];
        let together = Weighing {
            pieces: vec![Piece {
                likelihood: (0..2).map(|h| both(a[h], b[h])).collect(),
                base: both(0.2, 0.3),
                chance: worlds.iter().flat_map(|w| both(w.0, w.1)).collect(),
            }],
            ..apart.clone()
        };
        near(apart.posterior()[0], together.posterior()[0]);
        // One fact under two names.
        let twice = |x: f64| vec![x, 0.0, 0.0, 1.0 - x];
        let one = Weighing { pieces: vec![apart.pieces[0].clone()], ..apart.clone() };
        let named_twice = Weighing {
            pieces: vec![Piece {
                likelihood: a.iter().map(|l| twice(*l)).collect(),
                base: twice(0.2),
                chance: worlds.iter().flat_map(|w| twice(w.0)).collect(),
            }],
            ..apart
        };
        near(one.posterior()[0], named_twice.posterior()[0]);
    }

    /// Evidence that all hypotheses make unlikely ranks last, not first; what tells them apart in full is worth their
    /// entropy.
    #[test]
    fn useless_evidence_is_worth_no_bits() {
        let thirds = [1.0 / 3.0; 3];
        let rows = |l: [f64; 3]| l.map(|x| vec![x, 1.0 - x]).to_vec();
        near(diagnosticity(&thirds, &rows([0.05, 0.05, 0.05])), 0.0);
        assert!(diagnosticity(&thirds, &rows([0.05, 0.5, 0.5])) > 0.1);
        near(diagnosticity(&[0.5, 0.5], &[vec![1.0, 0.0], vec![0.0, 1.0]]), 1.0);
    }

    #[test]
    fn people_are_made_coherent_and_pooled() {
        assert_eq!(coherent(&[0.2, 0.3, 0.5]), [0.2, 0.3, 0.5]);
        for (x, y) in coherent(&[0.5, 0.5, 0.3]).iter().zip([0.4, 0.4, 0.2]) {
            near(*x, y);
        }
        // What would fall below nothing is nothing.
        for (x, y) in coherent(&[0.9, 0.9, 0.05]).iter().zip([0.5, 0.5, 0.0]) {
            near(*x, y);
        }
        near(pooled(&[0.2, 0.8]), 0.5);
        near(pooled(&[0.9]), 0.9);
        // Odds of 9 and 1: their geometric mean is 3.
        near(pooled(&[0.9, 0.5]), 0.75);
        for (x, y) in pooled_law(&[vec![0.8, 0.2], vec![0.5, 0.5]]).iter().zip([2.0 / 3.0, 1.0 / 3.0]) {
            near(*x, y);
        }
    }
}
