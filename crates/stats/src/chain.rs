//! Labels of a sequence: a linear-chain conditional random field (Lafferty, McCallum and Pereira 2001), trained by
//! stochastic gradients with steps of their own for each weight (Duchi, Hazan and Singer 2011) and a small L1 penalty,
//! so that most weights end as nothing. One thread, one order: the same sequences give the same bits.

use crate::draw::Stream;

/// A sequence to be labelled: every item is a set of features, by number.
#[derive(Debug, Clone, Default)]
pub struct Items {
    features: Vec<u32>,
    ends: Vec<u32>,
}

impl Items {
    /// One more item.
    pub fn push(&mut self, features: impl IntoIterator<Item = u32>) {
        self.features.extend(features);
        self.ends.push(self.features.len() as u32);
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn of(&self, i: usize) -> &[u32] {
        let from = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.features[from as usize..self.ends[i] as usize]
    }
}

/// A sequence with its labels.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Items.
    pub items: Items,
    /// One label for each.
    pub labels: Vec<u8>,
    /// How much it counts.
    pub weight: f32,
}

/// How to train.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// Passes over the lessons.
    pub passes: usize,
    /// First step.
    pub rate: f32,
    /// L1 penalty, against one lesson.
    pub l1: f32,
    /// Order of the lessons.
    pub seed: u64,
}

/// Weights of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    labels: usize,
    /// By feature and label.
    weights: Vec<f32>,
    /// By label before and label; the last row is that of the beginning.
    between: Vec<f32>,
}

impl Chain {
    /// Learns from lessons. `features` is one more than the largest number of a feature.
    pub fn train(lessons: &[Lesson], features: usize, labels: usize, fit: Fit) -> Self {
        let mut chain =
            Self { labels, weights: vec![0.0; features * labels], between: vec![0.0; (labels + 1) * labels] };
        // Sums of squared slopes.
        let mut slopes = vec![0.0f32; features * labels];
        let mut slopes_between = vec![0.0f32; (labels + 1) * labels];
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        let mut draws = Stream::new(fit.seed, 0, 0);
        let mut slope = vec![0.0f32; labels];
        // What is learned is the mean of the weights after the passes of the second half.
        let mut sum = Self { weights: vec![0.0; features * labels], between: vec![0.0; (labels + 1) * labels], labels };
        let begin = fit.passes / 2;
        for pass in 0..fit.passes {
            draws.shuffle(&mut order);
            for k in &order {
                let lesson = &lessons[*k];
                let n = lesson.items.len();
                if n == 0 || lesson.labels.len() != n {
                    continue;
                }
                let lattice = chain.lattice(&lesson.items);
                for i in 0..n {
                    for (y, s) in slope.iter_mut().enumerate() {
                        let is = f32::from(u8::from(usize::from(lesson.labels[i]) == y));
                        *s = lesson.weight * (lattice.p(i, y) as f32 - is);
                    }
                    for f in lesson.items.of(i) {
                        let at = *f as usize * labels;
                        step(&mut chain.weights[at..at + labels], &mut slopes[at..at + labels], &slope, fit);
                    }
                    let before = i.checked_sub(1).map(|j| usize::from(lesson.labels[j]));
                    for x in 0..=labels {
                        if (i == 0) != (x == labels) {
                            continue;
                        }
                        for (y, s) in slope.iter_mut().enumerate() {
                            let is = before.unwrap_or(labels) == x && usize::from(lesson.labels[i]) == y;
                            let p = if i == 0 { lattice.p(0, y) } else { lattice.pair(i, x, y) };
                            *s = lesson.weight * (p as f32 - f32::from(u8::from(is)));
                        }
                        let at = x * labels;
                        step(&mut chain.between[at..at + labels], &mut slopes_between[at..at + labels], &slope, fit);
                    }
                }
            }
            if pass >= begin {
                sum.weights.iter_mut().zip(&chain.weights).for_each(|(s, w)| *s += w);
                sum.between.iter_mut().zip(&chain.between).for_each(|(s, w)| *s += w);
            }
        }
        let n = (fit.passes - begin).max(1) as f32;
        sum.weights.iter_mut().chain(&mut sum.between).for_each(|w| *w /= n);
        sum
    }

    /// The mean of chains of one shape: what they owe to the order of their lessons is evened out.
    pub fn mean(chains: &[Self]) -> Option<Self> {
        let (first, rest) = chains.split_first()?;
        let mut out = first.clone();
        for c in rest {
            if c.labels != out.labels || c.weights.len() != out.weights.len() {
                return None;
            }
            out.weights.iter_mut().zip(&c.weights).for_each(|(s, w)| *s += w);
            out.between.iter_mut().zip(&c.between).for_each(|(s, w)| *s += w);
        }
        let n = chains.len() as f32;
        out.weights.iter_mut().chain(&mut out.between).for_each(|w| *w /= n);
        Some(out)
    }

    /// Makes weights below `least` nothing: a smaller model that says nearly the same.
    pub fn prune(&mut self, least: f32) {
        self.weights.iter_mut().filter(|w| w.abs() < least).for_each(|w| *w = 0.0);
    }

    /// A chain of known weights: by feature and label, and by label before and label (the last row that of the
    /// beginning). `None` where their numbers do not fit one another or one is no number.
    pub fn of(labels: usize, weights: Vec<f32>, between: Vec<f32>) -> Option<Self> {
        let fits = labels > 0 && weights.len().is_multiple_of(labels) && between.len() == (labels + 1) * labels;
        let sound = weights.iter().chain(&between).all(|w| w.is_finite());
        (fits && sound).then_some(Self { labels, weights, between })
    }

    /// Weights between labels, as [`Chain::of`] takes them.
    pub fn between(&self) -> &[f32] {
        &self.between
    }

    /// Weights of a feature, by label; none of a feature that was not learned.
    pub fn weights(&self, feature: u32) -> &[f32] {
        let at = feature as usize * self.labels;
        self.weights.get(at..at + self.labels).unwrap_or(&[])
    }

    /// Everything that is to be known of the labels of a sequence.
    pub fn lattice(&self, items: &Items) -> Lattice {
        let (n, l) = (items.len(), self.labels);
        let mut scores = vec![0.0f64; n * l];
        let mut sum = vec![0.0f32; l];
        for i in 0..n {
            sum.fill(0.0);
            for f in items.of(i) {
                for (s, w) in sum.iter_mut().zip(self.weights(*f)) {
                    *s += w;
                }
            }
            for (s, x) in scores[i * l..(i + 1) * l].iter_mut().zip(&sum) {
                *s = f64::from(*x);
            }
        }
        Lattice::new(scores, self.between.iter().map(|w| f64::from(*w)).collect(), l)
    }
}

fn step(weights: &mut [f32], slopes: &mut [f32], slope: &[f32], fit: Fit) {
    for ((w, g2), g) in weights.iter_mut().zip(slopes).zip(slope) {
        *g2 += g * g;
        let pace = fit.rate / (1e-4 + *g2).sqrt();
        let moved = *w - pace * g;
        let least = pace * fit.l1;
        *w = if moved > least {
            moved - least
        } else if moved < -least {
            moved + least
        } else {
            0.0
        };
    }
}

/// Scores of a sequence with the sums over all ways through it.
#[derive(Debug, Clone)]
pub struct Lattice {
    labels: usize,
    scores: Vec<f64>,
    between: Vec<f64>,
    /// exp of the above, each item against its highest.
    here: Vec<f64>,
    across: Vec<f64>,
    /// Forward and backward sums, each item scaled to one.
    forward: Vec<f64>,
    backward: Vec<f64>,
    scale: Vec<f64>,
}

impl Lattice {
    fn new(scores: Vec<f64>, between: Vec<f64>, labels: usize) -> Self {
        let l = labels;
        let n = scores.len() / l;
        let across: Vec<f64> = between.iter().map(|w| libm::exp(*w)).collect();
        let mut here = vec![0.0; n * l];
        for i in 0..n {
            let row = &scores[i * l..(i + 1) * l];
            let top = row.iter().copied().fold(f64::MIN, f64::max);
            here[i * l..(i + 1) * l].iter_mut().zip(row).for_each(|(h, s)| *h = libm::exp(s - top));
        }
        let mut forward = vec![0.0; n * l];
        let mut scale = vec![0.0; n];
        for i in 0..n {
            let mut total = 0.0;
            for y in 0..l {
                let into = if i == 0 {
                    across[l * l + y]
                } else {
                    (0..l).map(|x| forward[(i - 1) * l + x] * across[x * l + y]).sum()
                };
                forward[i * l + y] = into * here[i * l + y];
                total += forward[i * l + y];
            }
            scale[i] = total;
            forward[i * l..(i + 1) * l].iter_mut().for_each(|f| *f /= total);
        }
        let mut backward = vec![1.0; n * l];
        for i in (0..n.saturating_sub(1)).rev() {
            for x in 0..l {
                backward[i * l + x] =
                    (0..l).map(|y| across[x * l + y] * here[(i + 1) * l + y] * backward[(i + 1) * l + y]).sum::<f64>()
                        / scale[i + 1];
            }
        }
        Self { labels, scores, between, here, across, forward, backward, scale }
    }

    /// Probability that item `i` has the label `y`.
    pub fn p(&self, i: usize, y: usize) -> f64 {
        self.forward[i * self.labels + y] * self.backward[i * self.labels + y]
    }

    /// Probability that item `i` has the label `y` and the one before it `x`.
    fn pair(&self, i: usize, x: usize, y: usize) -> f64 {
        let l = self.labels;
        self.forward[(i - 1) * l + x] * self.across[x * l + y] * self.here[i * l + y] * self.backward[i * l + y]
            / self.scale[i]
    }

    /// Probability that the items `from..to` are a run: the first has the label `first`, the others `inside`, and the
    /// run does not go on.
    pub fn run(&self, from: usize, to: usize, first: usize, inside: usize) -> f64 {
        let l = self.labels;
        let n = self.scale.len();
        let mut mass = self.forward[from * l + first];
        let mut last = first;
        for i in from + 1..to {
            mass *= self.across[last * l + inside] * self.here[i * l + inside] / self.scale[i];
            last = inside;
        }
        if to == n {
            return mass;
        }
        let on: f64 = (0..l)
            .filter(|y| *y != inside)
            .map(|y| self.across[last * l + y] * self.here[to * l + y] * self.backward[to * l + y])
            .sum();
        mass * on / self.scale[to]
    }

    /// The likeliest labels, with `bias` added to the score of label 0.
    pub fn best(&self, bias: f64) -> Vec<u8> {
        let l = self.labels;
        let n = self.scale.len();
        let mut score = vec![0.0f64; l];
        let mut from = vec![0u8; n * l];
        for i in 0..n {
            let before = score.clone();
            for y in 0..l {
                let (mut top, mut best) = (f64::MIN, 0);
                if i == 0 {
                    top = self.between[l * l + y];
                } else {
                    for (x, b) in before.iter().enumerate() {
                        let s = b + self.between[x * l + y];
                        if s > top {
                            (top, best) = (s, x);
                        }
                    }
                }
                score[y] = top + self.scores[i * l + y] + if y == 0 { bias } else { 0.0 };
                from[i * l + y] = best as u8;
            }
        }
        let mut out = vec![0u8; n];
        let mut y = (0..l).fold(0, |b, y| if score[y] > score[b] { y } else { b });
        for i in (0..n).rev() {
            out[i] = y as u8;
            y = usize::from(from[i * l + y]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> (Chain, Items) {
        let mut s = Stream::new(7, 1, 1);
        let mut draw = || (s.next_unit() * 4.0 - 2.0) as f32;
        let weights = (0..5 * 3).map(|_| draw()).collect();
        let between = (0..4 * 3).map(|_| draw()).collect();
        let mut items = Items::default();
        for f in [vec![0, 1], vec![2], vec![], vec![3, 4, 9], vec![1]] {
            items.push(f);
        }
        (Chain { labels: 3, weights, between }, items)
    }

    /// Every way through, with its probability.
    fn ways(c: &Chain, items: &Items) -> Vec<(Vec<u8>, f64)> {
        let (n, l) = (items.len(), c.labels);
        let mut all: Vec<(Vec<u8>, f64)> = (0..l.pow(n as u32))
            .map(|mut k| {
                let mut score = 0.0;
                let mut way: Vec<u8> = Vec::new();
                for i in 0..n {
                    let y = k % l;
                    k /= l;
                    let before = way.last().map_or(l, |x| usize::from(*x));
                    let here: f32 = items.of(i).iter().filter_map(|f| c.weights(*f).get(y)).sum();
                    score += f64::from(here) + f64::from(c.between[before * l + y]);
                    way.push(y as u8);
                }
                (way, libm::exp(score))
            })
            .collect();
        let total: f64 = all.iter().map(|w| w.1).sum();
        all.iter_mut().for_each(|w| w.1 /= total);
        all
    }

    #[test]
    fn sums_and_the_likeliest_way_are_those_of_all_ways() {
        let (c, items) = chain();
        let all = ways(&c, &items);
        let lattice = c.lattice(&items);
        let sum = |keep: &dyn Fn(&[u8]) -> bool| all.iter().filter(|w| keep(&w.0)).map(|w| w.1).sum::<f64>();
        for i in 0..5 {
            for y in 0..3u8 {
                assert!((lattice.p(i, y.into()) - sum(&|w| w[i] == y)).abs() < 1e-6);
            }
        }
        for (from, to) in [(0, 1), (1, 4), (3, 5), (4, 5), (0, 5)] {
            let p = sum(&|w| w[from] == 1 && w[from + 1..to].iter().all(|y| *y == 2) && w.get(to) != Some(&2));
            assert!((lattice.run(from, to, 1, 2) - p).abs() < 1e-6, "{from}..{to}");
        }
        let top = all.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(lattice.best(0.0), top.0);
        assert_eq!(lattice.best(1e6), [0; 5]);
    }

    #[test]
    fn what_was_drawn_from_a_chain_is_learned_back() {
        // Feature k speaks for label k with .8; labels stay as they are with .9.
        let mut s = Stream::new(3, 3, 3);
        let mut lessons = Vec::new();
        for _ in 0..400 {
            let mut items = Items::default();
            let mut labels: Vec<u8> = Vec::new();
            for _ in 0..12 {
                let y = match labels.last() {
                    Some(y) if s.next_unit() < 0.9 => *y,
                    _ => u8::from(s.next_unit() < 0.5),
                };
                let seen = if s.next_unit() < 0.8 { y } else { 1 - y };
                items.push([u32::from(seen)]);
                labels.push(y);
            }
            lessons.push(Lesson { items, labels, weight: 1.0 });
        }
        let fit = Fit { passes: 10, rate: 0.1, l1: 0.0, seed: 1 };
        let c = Chain::train(&lessons, 2, 2, fit);
        assert_eq!(c, Chain::train(&lessons, 2, 2, fit));
        // Log odds of what is seen, and of staying: 2 ln 4 between the two features, 2 ln 19 between the pairs.
        let seen = c.weights(0)[0] - c.weights(0)[1] - c.weights(1)[0] + c.weights(1)[1];
        let b = &c.between;
        let stay = b[0] - b[1] - b[2] + b[3];
        assert!((seen - 2.0 * 4f32.ln()).abs() < 0.4, "{seen}");
        assert!((stay - 2.0 * 19f32.ln()).abs() < 0.6, "{stay}");
    }
}
