//! Who or what: the truth of many items from the votes of sources that err, each in its own way, and copy one another.
//!
//! Dawid and Skene (1979): an item's truth k has frequency `frequency[k]`; source s says label l of it with probability
//! `says[s][l | k]`. Confusions are pooled: a source of few votes is taken to be like the others, as far as each errs by
//! itself. A source may copy another (in the manner of Dong, Berti-Equille and Srivastava 2009, as one likelihood instead
//! of a discount): where both speak of an item, it repeats the other's vote with probability c and has its own with 1 - c.

use crate::copies::{self, CopyPrior, Copying, ENOUGH, Echo, Pairs, SHARED};
use crate::draw::Stream;
use crate::special::chi_square_above;

/// Votes, item by item.
#[derive(Debug, Clone)]
pub struct Votes {
    sources: usize,
    labels: usize,
    /// By item, its first vote; one more at the end.
    first: Vec<u32>,
    /// By vote: who says it.
    source: Vec<u32>,
    /// By vote: what is said.
    label: Vec<u32>,
}

/// What is believed before any vote.
#[derive(Debug, Clone, PartialEq)]
pub struct VotePrior {
    /// Pseudo-items of each label.
    pub frequency: f64,
    /// Pseudo-votes of the pool for a wrong label, and for the right one.
    pub pool: (f64, f64),
    /// Who copies.
    pub copies: CopyPrior,
}

impl Default for VotePrior {
    fn default() -> Self {
        Self { frequency: 1.0, pool: (0.5, 3.5), copies: CopyPrior::default() }
    }
}

/// The globals of the model: everything that is not an item's.
#[derive(Debug, Clone, PartialEq)]
pub struct VoteModel {
    /// By label: how frequent it is among items.
    pub frequency: Vec<f64>,
    /// By source, label said and truth: how probable it is that the source says so, of its own.
    pub says: Vec<f64>,
    /// What the sources have in common, by label said and truth.
    pub pool: Vec<f64>,
    /// How many votes of its own outweigh what they have in common.
    pub pooling: f64,
    /// By source: whom it copies.
    pub copies: Vec<Option<Copying>>,
}

/// A fit: the mode of the globals, and the items given it.
#[derive(Debug, Clone, PartialEq)]
pub struct VoteFit {
    /// The globals.
    pub model: VoteModel,
    /// By item and label: how probable it is.
    pub posterior: Vec<f64>,
    /// Passes it took.
    pub passes: usize,
}

/// How much more often pairs of sources agree than their own errors would have it. Copiers do; where *most* pairs do,
/// hard items mislead them all.
struct Agreement {
    /// The share of items on which the middle pair is misled alike.
    misled: f64,
    /// Whether pairs agree more often than chance would have it, each counting the same however far it goes.
    together: bool,
}

impl Agreement {
    /// From how often each pair disagrees, how often it should, and on how many items both speak. How often it does among
    /// all that it might (Poisson) is uniform where all is as it should be, with a mean of 1/2 and a variance of 1/12.
    fn new(pairs: &[(f64, f64, u32)]) -> Self {
        let mut excess: Vec<f64> =
            pairs.iter().map(|(does, should, shared)| (should - does) / f64::from(*shared)).collect();
        excess.sort_by(f64::total_cmp);
        let at_most = |n: f64, mean: f64| if n < 0.0 { 0.0 } else { chi_square_above(2.0 * mean, 2.0 * n + 2.0) };
        let n = pairs.len() as f64;
        let rank: f64 = pairs.iter().map(|p| (at_most(p.0 - 1.0, p.1) + at_most(p.0, p.1)) / 2.0).sum();
        Self {
            misled: excess.get(excess.len() / 2).map_or(0.0, |m| m.max(0.0)),
            together: rank < n / 2.0 - SURE * libm::sqrt(n / 12.0),
        }
    }
}

impl VoteFit {
    /// The most probable label of an item.
    pub fn best(&self, item: usize) -> usize {
        let k = self.model.frequency.len();
        let p = &self.posterior[item * k..(item + 1) * k];
        (0..k).fold(0, |best, i| if p[i] > p[best] { i } else { best })
    }
}

/// Among these the pooling that makes the votes most probable is chosen, where sources err each by itself; the first is
/// what is pooled where hard items mislead them all.
const POOLINGS: [f64; 8] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// Standard errors from which on sources are said to err together: chance goes so far once in a hundred times.
const SURE: f64 = 2.33;
/// Relative change of the log-likelihood at which a fit stands.
const STANDS: f64 = 1e-7;
/// Passes after which it is taken as it is.
const MOST_PASSES: usize = 100;

impl Votes {
    /// From (item, source, label). Votes of an item stand together, by source; their order does not matter.
    pub fn new(items: usize, sources: usize, labels: usize, votes: &[(u32, u32, u32)]) -> Self {
        let labels = labels.max(1);
        let first = starts(items, votes.iter().map(|v| v.0));
        let mut next = first.clone();
        let mut placed = vec![(0u32, 0u32); votes.len()];
        for (item, source, label) in votes {
            let at = &mut next[*item as usize];
            placed[*at as usize] = (*source, *label);
            *at += 1;
        }
        for w in first.windows(2) {
            placed[w[0] as usize..w[1] as usize].sort_unstable();
        }
        let (source, label) = placed.into_iter().unzip();
        Self { sources, labels, first, source, label }
    }

    /// How many items.
    pub fn items(&self) -> usize {
        self.first.len() - 1
    }

    /// How many votes.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    fn of(&self, item: usize) -> std::ops::Range<usize> {
        self.first[item] as usize..self.first[item + 1] as usize
    }

    /// Fits the globals by expectation and maximisation, without copying; with `copying`, looks for copiers in between.
    pub fn fit(&self, prior: &VotePrior, copying: bool) -> VoteFit {
        let k = self.labels;
        let mut posterior = vec![1e-9; self.items() * k];
        for item in 0..self.items() {
            let p = &mut posterior[item * k..(item + 1) * k];
            for i in self.of(item) {
                p[self.label[i] as usize] += 1.0;
            }
            scale(p);
        }
        let model = VoteModel {
            frequency: vec![1.0 / k as f64; k],
            says: vec![0.0; self.sources * k * k],
            pool: vec![0.0; k * k],
            pooling: POOLINGS[0],
            copies: vec![None; self.sources],
        };
        let mut fit = VoteFit { model, posterior, passes: 0 };
        let mut echoes = vec![Echo::None; self.len()];
        self.settle(prior, &echoes, &mut fit);
        if self.sources > copies::MOST || !self.agreement(&fit, &self.alone(&fit)).together {
            fit.model.pooling = self.pooling(&fit);
            self.settle(prior, &echoes, &mut fit);
        }
        if copying && self.sources <= copies::MOST {
            for _ in 0..3 {
                let found = self.copiers(prior, &echoes, &fit);
                let same = copies::same(&fit.model.copies, &found);
                fit.model.copies = found;
                if same {
                    break;
                }
                echoes = self.echoes(&fit.model);
                self.settle(prior, &echoes, &mut fit);
            }
        }
        fit
    }

    /// How each vote stands to that of the source its own copies.
    fn echoes(&self, model: &VoteModel) -> Vec<Echo> {
        let mut out = vec![Echo::None; self.len()];
        for item in 0..self.items() {
            for i in self.of(item) {
                let Some(c) = model.copies[self.source[i] as usize] else { continue };
                if let Some(j) = self.of(item).find(|j| self.source[*j] as usize == c.from) {
                    out[i] = if self.label[i] == self.label[j] { Echo::Same } else { Echo::Other };
                }
            }
        }
        out
    }

    /// What each source said of each truth, by source, label said and truth, when all its votes are its own.
    fn counts(&self, posterior: &[f64]) -> Vec<f64> {
        let k = self.labels;
        let mut counts = vec![0.0; self.sources * k * k];
        for item in 0..self.items() {
            let p = &posterior[item * k..(item + 1) * k];
            for i in self.of(item) {
                let at = self.row(i);
                for (n, p) in counts[at..at + k].iter_mut().zip(p) {
                    *n += p;
                }
            }
        }
        counts
    }

    /// Where the row of a vote begins in a table by source, label said and truth.
    fn row(&self, vote: usize) -> usize {
        (self.source[vote] as usize * self.labels + self.label[vote] as usize) * self.labels
    }

    /// How much the sources resemble one another: what makes their votes most probable (Dirichlet-multinomial).
    fn pooling(&self, fit: &VoteFit) -> f64 {
        let k = self.labels;
        let counts = self.counts(&fit.posterior);
        let evidence = |pooling: f64| -> f64 {
            let column = |c: &[f64], t: usize| {
                let n: f64 = (0..k).map(|l| c[l * k + t]).sum();
                let each = |l: usize| {
                    let a = pooling * fit.model.pool[l * k + t];
                    libm::lgamma(c[l * k + t] + a) - libm::lgamma(a)
                };
                (0..k).map(each).sum::<f64>() + libm::lgamma(pooling) - libm::lgamma(pooling + n)
            };
            counts.chunks(k * k).map(|c| (0..k).map(|t| column(c, t)).sum::<f64>()).sum()
        };
        let tried = POOLINGS.map(|p| (evidence(p), p));
        tried.into_iter().fold((f64::NEG_INFINITY, 1.0), |best, x| if x.0 > best.0 { x } else { best }).1
    }

    fn settle(&self, prior: &VotePrior, echoes: &[Echo], fit: &mut VoteFit) {
        let mut before = f64::NEG_INFINITY;
        for _ in 0..MOST_PASSES {
            fit.passes += 1;
            self.maximise(prior, echoes, fit);
            let now = self.expect(echoes, fit);
            if (now - before).abs() < STANDS * now.abs() {
                break;
            }
            before = now;
        }
    }

    /// Multiplies the chances of an item's labels by what its votes make of them; returns the logarithm of what they
    /// were scaled by.
    fn weigh(&self, model: &VoteModel, echoes: &[Echo], item: usize, p: &mut [f64]) -> f64 {
        // Few labels are the rule, and a loop of known length is twice as fast.
        match self.labels {
            2 => self.weigh_of::<2>(model, echoes, item, p),
            3 => self.weigh_of::<3>(model, echoes, item, p),
            4 => self.weigh_of::<4>(model, echoes, item, p),
            5 => self.weigh_of::<5>(model, echoes, item, p),
            6 => self.weigh_of::<6>(model, echoes, item, p),
            _ => self.weigh_of::<0>(model, echoes, item, p),
        }
    }

    /// `K` labels, or as many as there are for 0.
    fn weigh_of<const K: usize>(&self, model: &VoteModel, echoes: &[Echo], item: usize, p: &mut [f64]) -> f64 {
        let k = if K == 0 { self.labels } else { K };
        let p = &mut p[..k];
        p.copy_from_slice(&model.frequency[..k]);
        let mut lost = 0.0;
        for (n, i) in self.of(item).enumerate() {
            let at = (self.source[i] as usize * k + self.label[i] as usize) * k;
            let row = &model.says[at..at + k];
            match echoes[i] {
                Echo::None => {
                    for (p, r) in p.iter_mut().zip(row) {
                        *p *= r;
                    }
                }
                echo => {
                    let (copied, own) = model.echo(self.source[i] as usize, echo);
                    for (p, r) in p.iter_mut().zip(row) {
                        *p *= copied + own * r;
                    }
                }
            }
            if n % 16 == 15 {
                lost += libm::log(scale(p));
            }
        }
        lost
    }

    /// The items given the globals; returns the log-likelihood.
    fn expect(&self, echoes: &[Echo], fit: &mut VoteFit) -> f64 {
        let k = self.labels;
        let mut sum = 0.0;
        for (item, p) in fit.posterior.chunks_mut(k).enumerate() {
            sum += self.weigh(&fit.model, echoes, item, p) + libm::log(scale(p));
        }
        sum
    }

    /// The globals given the items.
    fn maximise(&self, prior: &VotePrior, echoes: &[Echo], fit: &mut VoteFit) {
        let k = self.labels;
        let (model, posterior) = (&mut fit.model, &fit.posterior);
        let mut frequency = vec![prior.frequency; k];
        let mut counts = vec![0.0; self.sources * k * k];
        let mut copied = vec![prior.copies.share; self.sources];
        for (item, p) in posterior.chunks(k).enumerate() {
            for (f, p) in frequency.iter_mut().zip(p) {
                *f += p;
            }
            for i in self.of(item) {
                let at = self.row(i);
                let row = &mut counts[at..at + k];
                match echoes[i] {
                    Echo::Same => {
                        let s = self.source[i] as usize;
                        let (share, own) = model.echo(s, Echo::Same);
                        let mut repeated = 0.0;
                        for ((n, p), r) in row.iter_mut().zip(p).zip(&model.says[at..at + k]) {
                            let repeats = p * share / (share + own * r);
                            *n += p - repeats;
                            repeated += repeats;
                        }
                        copied[s].0 += repeated;
                        copied[s].1 += 1.0 - repeated;
                    }
                    echo => {
                        for (n, p) in row.iter_mut().zip(p) {
                            *n += p;
                        }
                        copied[self.source[i] as usize].1 += f64::from(u8::from(echo == Echo::Other));
                    }
                }
            }
        }
        scale(&mut frequency);
        model.frequency = frequency;
        // The pool: what all sources say, and beforehand that they are mostly right.
        for (i, p) in model.pool.iter_mut().enumerate() {
            let (said, truth) = (i / k, i % k);
            *p = if said == truth { prior.pool.1 } else { prior.pool.0 };
            *p += counts.iter().skip(i).step_by(k * k).sum::<f64>();
        }
        scale_columns(&mut model.pool, k);
        model.says = counts;
        for says in model.says.chunks_mut(k * k) {
            for (s, p) in says.iter_mut().zip(&model.pool) {
                *s += model.pooling * p;
            }
            scale_columns(says, k);
        }
        copies::learn(&mut model.copies, &copied);
    }

    /// What each source says when all its votes are its own, by source, label said and truth.
    fn alone(&self, fit: &VoteFit) -> Vec<f64> {
        let mut says = self.counts(&fit.posterior);
        for table in says.chunks_mut(fit.model.pool.len()) {
            for (s, p) in table.iter_mut().zip(&fit.model.pool) {
                *s += fit.model.pooling * p;
            }
            scale_columns(table, self.labels);
        }
        says
    }

    /// How much more often two sources agree than their own errors would have it.
    fn agreement(&self, fit: &VoteFit, alone: &[f64]) -> Agreement {
        let (k, n) = (self.labels, self.sources);
        // How probable it is that two sources say the same of a truth; few sources share many items.
        let same = |a: usize, b: usize, t: usize| -> f64 {
            (0..k).map(|l| alone[(a * k + l) * k + t] * alone[(b * k + l) * k + t]).sum()
        };
        let known: Option<Vec<f64>> =
            (n * n * k < self.len()).then(|| (0..n * n * k).map(|i| same(i / k / n, i / k % n, i % k)).collect());
        let mut pairs = vec![(0.0, 0.0, 0u32); n * n];
        for item in 0..self.items() {
            let of = self.of(item);
            let p = &fit.posterior[item * k..(item + 1) * k];
            for i in of.clone() {
                let (a, own) = (self.source[i] as usize, &alone[self.row(i)..][..k]);
                for j in i + 1..of.end {
                    let (b, others) = (self.source[j] as usize, &alone[self.row(j)..][..k]);
                    let pair = a * n + b;
                    // The truth as everybody else has it.
                    let (mut sum, mut agree) = (0.0, 0.0);
                    for t in 0..k {
                        let rest = p[t] / (own[t] * others[t]).max(1e-12);
                        sum += rest;
                        agree += rest * known.as_ref().map_or_else(|| same(a, b, t), |m| m[pair * k + t]);
                    }
                    let pair = &mut pairs[pair];
                    pair.0 += f64::from(u8::from(self.label[i] != self.label[j]));
                    pair.1 += 1.0 - agree / sum;
                    pair.2 += 1;
                }
            }
        }
        pairs.retain(|pair| pair.2 >= SHARED);
        Agreement::new(&pairs)
    }

    /// For each source, whom it most probably copies: the log-odds of what both say of the items they share, given
    /// what everybody else says of them.
    fn copiers(&self, prior: &VotePrior, echoes: &[Echo], fit: &VoteFit) -> Vec<Option<Copying>> {
        let (k, n) = (self.labels, self.sources);
        let share = copies::shares(&fit.model.copies, &prior.copies);
        let mut pairs = Pairs::new(n);
        // Who copies nobody is explained by all it says, not by what is left when copies are taken out.
        let alone = self.alone(fit);
        let Agreement { misled, together } = self.agreement(fit, &alone);
        let mut rows = Vec::new();
        for item in 0..self.items() {
            let of = self.of(item);
            let p = &fit.posterior[item * k..(item + 1) * k];
            // What each vote did to the item, as it was counted.
            rows.clear();
            for i in of.clone() {
                let at = self.row(i);
                let (copied, own) = match echoes[i] {
                    Echo::None => (0.0, 1.0),
                    echo => fit.model.echo(self.source[i] as usize, echo),
                };
                rows.extend(fit.model.says[at..at + k].iter().map(|r| copied + own * r));
            }
            for (x, i) in of.clone().enumerate() {
                for (y, j) in of.clone().enumerate().skip(x + 1) {
                    let (a, b) = (self.source[i] as usize, self.source[j] as usize);
                    if a == b {
                        continue;
                    }
                    if self.label[i] != self.label[j] {
                        pairs.add(a, b, libm::log1p(-share[a]), libm::log1p(-share[b]));
                        continue;
                    }
                    let l = self.label[i] as usize;
                    let row = |table: &[f64], s: usize, t: usize| table[(s * k + l) * k + t];
                    let own = &fit.model.says;
                    // Of both: independent; and one copied, or with a vote of its own.
                    let (mut neither, mut only, mut all) = (0.0, [(0.0, 0.0); 2], 0.0);
                    for t in 0..k {
                        let r = p[t] / (rows[x * k + t] * rows[y * k + t]).max(1e-12);
                        let (plain_a, plain_b) = (row(&alone, a, t), row(&alone, b, t));
                        all += r;
                        neither += r * plain_a * plain_b;
                        only[0].0 += r * plain_b;
                        only[0].1 += r * plain_b * row(own, a, t);
                        only[1].0 += r * plain_a;
                        only[1].1 += r * plain_a * row(own, b, t);
                    }
                    let misled = misled * all;
                    let odds = |share: f64, (theirs, both): (f64, f64)| {
                        libm::log((share * theirs + (1.0 - share) * (both + misled)) / (neither + misled))
                    };
                    pairs.add(a, b, odds(share[a], only[0]), odds(share[b], only[1]));
                }
            }
        }
        pairs.choose(&prior.copies, &share, if together { ENOUGH } else { SHARED })
    }

    /// A chain of worlds, begun at these globals. Pool, pooling and who copies whom stay as they are.
    pub fn chain<'a>(&'a self, prior: &'a VotePrior, begin: &VoteModel, seed: u64, lane: u32) -> VoteChain<'a> {
        VoteChain::new(self, prior, begin, seed, lane)
    }
}

impl VoteModel {
    /// Of a copier's vote: the chance that it is copied so, and that it is its own.
    fn echo(&self, source: usize, echo: Echo) -> (f64, f64) {
        let share = self.copies[source].map_or(0.0, |c| c.share);
        (if echo == Echo::Same { share } else { 0.0 }, 1.0 - share)
    }
}

/// One Gibbs chain over items and globals; every step is a world, the first few from too near the fit.
pub struct VoteChain<'a> {
    votes: &'a Votes,
    prior: &'a VotePrior,
    /// The globals of this world.
    pub model: VoteModel,
    /// Each item's label in this world.
    pub truth: Vec<u32>,
    echoes: Vec<Echo>,
    stream: Stream,
    counts: Vec<f64>,
}

impl<'a> VoteChain<'a> {
    fn new(votes: &'a Votes, prior: &'a VotePrior, model: &VoteModel, seed: u64, lane: u32) -> Self {
        let k = votes.labels;
        Self {
            votes,
            prior,
            model: model.clone(),
            truth: vec![0; votes.items()],
            echoes: votes.echoes(model),
            stream: Stream::new(seed, crate::entity("votes"), lane),
            counts: vec![0.0; votes.sources * k * k],
        }
    }

    /// Items given the globals, whether each vote was copied, and the globals given both.
    pub fn step(&mut self) {
        let k = self.votes.labels;
        let mut frequency = vec![self.prior.frequency; k];
        let mut copied = vec![self.prior.copies.share; self.votes.sources];
        self.counts.fill(0.0);
        let mut p = vec![0.0; k];
        for item in 0..self.votes.items() {
            self.votes.weigh(&self.model, &self.echoes, item, &mut p);
            let t = crate::pick(&p, self.stream.next_unit());
            self.truth[item] = t as u32;
            frequency[t] += 1.0;
            for i in self.votes.of(item) {
                let at = self.votes.row(i) + t;
                let mut own = 1.0;
                if self.echoes[i] != Echo::None {
                    let s = self.votes.source[i] as usize;
                    if self.echoes[i] == Echo::Same {
                        let (share, mine) = self.model.echo(s, Echo::Same);
                        let mine = mine * self.model.says[at];
                        own = f64::from(u8::from(self.stream.next_unit() * (share + mine) >= share));
                    }
                    copied[s].0 += 1.0 - own;
                    copied[s].1 += own;
                }
                self.counts[at] += own;
            }
        }
        self.stream.dirichlet(&frequency, &mut self.model.frequency);
        let (mut weights, mut drawn) = (vec![0.0; k], vec![0.0; k]);
        for (says, counts) in self.model.says.chunks_mut(k * k).zip(self.counts.chunks(k * k)) {
            for t in 0..k {
                for l in 0..k {
                    weights[l] = counts[l * k + t] + self.model.pooling * self.model.pool[l * k + t];
                }
                self.stream.dirichlet(&weights, &mut drawn);
                for l in 0..k {
                    says[l * k + t] = drawn[l];
                }
            }
        }
        for (c, (yes, no)) in self.model.copies.iter_mut().zip(copied) {
            if let Some(c) = c {
                c.share = self.stream.beta((yes, no));
            }
        }
    }
}

/// One run of simulation-based calibration (Talts et al. 2018): globals from the prior, 30 items and four of five sources
/// on each, the last of which copies the first; then where the true values fall among 99 draws of a chain. Ranks in
/// (0, 1), of: how frequent a label is, three chances of saying a thing, the share copied, and five items.
pub fn sbc(seed: u64, run: u32) -> Vec<f64> {
    let (items, sources, k) = (30, 5, 3);
    let prior = VotePrior::default();
    let mut s = Stream::new(seed, crate::entity("sbc of votes"), run);
    let pool: Vec<f64> = (0..k * k).map(|i| if i / k == i % k { 0.7 } else { 0.15 }).collect();
    let pooling = 4.0;
    let mut truth = VoteModel {
        frequency: vec![0.0; k],
        says: vec![0.0; sources * k * k],
        pool: pool.clone(),
        pooling,
        copies: vec![None; sources],
    };
    s.dirichlet(&vec![prior.frequency; k], &mut truth.frequency);
    let mut column = vec![0.0; k];
    for says in truth.says.chunks_mut(k * k) {
        for t in 0..k {
            let weights: Vec<f64> = (0..k).map(|l| pooling * pool[l * k + t]).collect();
            s.dirichlet(&weights, &mut column);
            for l in 0..k {
                says[l * k + t] = column[l];
            }
        }
    }
    let share = s.beta(prior.copies.share);
    truth.copies[sources - 1] = Some(Copying { from: 0, share, probability: 1.0 });
    let (mut labels, mut votes) = (Vec::new(), Vec::new());
    for item in 0..items as u32 {
        let t = crate::pick(&truth.frequency, s.next_unit());
        labels.push(t);
        let silent = (s.next_unit() * sources as f64) as usize;
        let mut first = None;
        for source in (0..sources).filter(|x| *x != silent) {
            let weights: Vec<f64> = (0..k).map(|l| truth.says[(source * k + l) * k + t]).collect();
            let mut said = crate::pick(&weights, s.next_unit()) as u32;
            let copies = s.next_unit() < truth.copies[source].map_or(0.0, |c| c.share);
            if let (true, Some(theirs)) = (copies, first) {
                said = theirs;
            }
            if source == 0 {
                first = Some(said);
            }
            votes.push((item, source as u32, said));
        }
    }
    let votes = Votes::new(items, sources, k, &votes);
    let mut begin = truth.clone();
    begin.frequency = vec![1.0 / k as f64; k];
    begin.says = pool.repeat(sources);
    if let Some(c) = &mut begin.copies[sources - 1] {
        c.share = prior.copies.mean_share();
    }
    let mut chain = votes.chain(&prior, &begin, seed, run);
    for _ in 0..100 {
        chain.step();
    }
    let last = (sources - 1) * k * k;
    let globals = |m: &VoteModel| {
        [m.frequency[0], m.says[0], m.says[1], m.says[last], m.copies[sources - 1].map_or(0.0, |c| c.share)]
    };
    let is = globals(&truth);
    let (mut below, mut equal) = (vec![0.0; 10], vec![0.0; 10]);
    for _ in 0..99 {
        for _ in 0..8 {
            chain.step();
        }
        for (i, (drawn, is)) in globals(&chain.model).iter().zip(&is).enumerate() {
            below[i] += f64::from(u8::from(drawn < is));
        }
        for i in 0..5 {
            let drawn = chain.truth[i] as usize;
            below[5 + i] += f64::from(u8::from(drawn < labels[i]));
            equal[5 + i] += f64::from(u8::from(drawn == labels[i]));
        }
    }
    below.iter().zip(&equal).map(|(b, e)| (b + s.next_unit() * (e + 1.0)) / 100.0).collect()
}

/// Where the things of each of `n` owners begin when they stand owner by owner; one more at the end.
pub(crate) fn starts(n: usize, owners: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut first = vec![0u32; n + 1];
    owners.for_each(|o| first[o as usize + 1] += 1);
    for i in 0..n {
        first[i + 1] += first[i];
    }
    first
}

/// Makes weights sum to 1; returns what they summed to.
fn scale(p: &mut [f64]) -> f64 {
    let sum: f64 = p.iter().sum();
    for x in p.iter_mut() {
        *x /= sum;
    }
    sum
}

/// Makes each truth's column of a `[said][truth]` table sum to 1.
fn scale_columns(table: &mut [f64], k: usize) {
    for truth in 0..k {
        let sum: f64 = (0..k).map(|l| table[l * k + truth]).sum();
        for l in 0..k {
            table[l * k + truth] /= sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unanimous(items: u32, sources: u32) -> Vec<(u32, u32, u32)> {
        (0..items).flat_map(|i| (0..sources).map(move |s| (i, s, i % 3))).collect()
    }

    #[test]
    fn who_all_agree_on_is_sure_and_order_does_not_matter() {
        let mut votes = unanimous(60, 4);
        let fit = Votes::new(60, 4, 3, &votes).fit(&VotePrior::default(), true);
        assert!((0..60).all(|i| fit.best(i) == i % 3 && fit.posterior[i * 3 + i % 3] > 0.99));
        votes.reverse();
        assert_eq!(Votes::new(60, 4, 3, &votes).fit(&VotePrior::default(), true), fit);
    }

    #[test]
    fn one_vote_is_no_proof() {
        let fit = Votes::new(1, 1, 2, &[(0, 0, 1)]).fit(&VotePrior::default(), true);
        assert!(fit.posterior[1] > 0.5 && fit.posterior[1] < 0.95, "{:?}", fit.posterior);
        assert!(Votes::new(0, 0, 0, &[]).fit(&VotePrior::default(), true).posterior.is_empty());
        let empty = Votes::new(2, 1, 2, &[]).fit(&VotePrior::default(), true);
        assert!(empty.posterior.iter().all(|p| (p - 0.5).abs() < 1e-9));
    }

    /// Three honest sources, and one that repeats the first, mistakes and all: it is found, and outvotes nobody.
    #[test]
    fn a_copier_is_found_and_counts_once() {
        let mut s = Stream::new(4, 4, 0);
        let (items, k) = (400, 4);
        let mut votes = Vec::new();
        let mut truth = Vec::new();
        for i in 0..items as u32 {
            let t = (s.next_unit() * f64::from(k)) as u32;
            truth.push(t as usize);
            let mut first = 0;
            for source in 0..3 {
                let said = if s.next_unit() < 0.75 { t } else { (s.next_unit() * f64::from(k)) as u32 };
                if source == 0 {
                    first = said;
                }
                votes.push((i, source, said));
            }
            votes.push((i, 3, first));
        }
        let votes = Votes::new(items, 4, k as usize, &votes);
        let right = |f: &VoteFit| (0..items).filter(|i| f.best(*i) == truth[*i]).count();
        let (with, without) = (votes.fit(&VotePrior::default(), true), votes.fit(&VotePrior::default(), false));
        let pairs: Vec<_> = with
            .model
            .copies
            .iter()
            .enumerate()
            .filter_map(|(a, c)| Some((a.min(c.as_ref()?.from), a.max(c.as_ref()?.from))))
            .collect();
        assert_eq!(pairs, [(0, 3)]);
        assert!(right(&with) > right(&without), "{} {}", right(&with), right(&without));
    }

    /// Twelve sources of like accuracy on 600 items; of every fifth item all are likelier to be wrong than right, in the
    /// same way, or none are.
    fn like(hard: bool) -> Votes {
        let mut s = Stream::new(7, 7, 0);
        let (items, sources, k) = (600u32, 12u32, 3u32);
        let mut votes = Vec::new();
        for i in 0..items {
            let t = (s.next_unit() * f64::from(k)) as u32;
            let (right, wrong) = if hard && i % 5 == 0 { (0.4, (t + 1) % k) } else { (0.8, k) };
            for source in 0..sources {
                let own = (t + 1 + (s.next_unit() * f64::from(k - 1)) as u32) % k;
                let said = if s.next_unit() < right {
                    t
                } else if wrong < k {
                    wrong
                } else {
                    own
                };
                votes.push((i, source, said));
            }
        }
        Votes::new(items as usize, sources as usize, k as usize, &votes)
    }

    #[test]
    fn sources_are_pooled_only_where_each_errs_by_itself() {
        let pooling = |hard: bool| like(hard).fit(&VotePrior::default(), true).model.pooling;
        assert!(pooling(false) >= 16.0, "{}", pooling(false));
        assert_eq!(pooling(true), POOLINGS[0]);
    }

    /// Two that agree on a dozen items where hard items mislead all are not said to copy; where they do not, they are.
    #[test]
    fn a_few_hard_items_shared_are_no_copying() {
        let found = |hard: bool| {
            let mut all = Vec::new();
            let votes = like(hard);
            for item in 0..votes.items() {
                all.extend(votes.of(item).map(|i| (item as u32, votes.source[i], votes.label[i])));
                // On twelve items two more say the same wrong thing.
                if item % 50 == 1 {
                    let wrong = (votes.label[votes.of(item).start] + 1) % 3;
                    all.extend([(item as u32, 12, wrong), (item as u32, 13, wrong)]);
                } else if item % 7 == 2 {
                    let said = votes.label[votes.of(item).start];
                    all.push((item as u32, 12 + (item as u32 / 7) % 2, said));
                }
            }
            let fit = Votes::new(votes.items(), 14, 3, &all).fit(&VotePrior::default(), true);
            [12, 13].iter().any(|s| fit.model.copies[*s].is_some_and(|c| c.from >= 12))
        };
        assert!(found(false));
        assert!(!found(true));
    }

    #[test]
    fn most_pairs_agreeing_too_often_is_not_chance() {
        // Ten disagreements expected on fifty items; the more pairs there are, the less of them it takes.
        let of = |pairs: usize, does: &[f64]| {
            Agreement::new(&(0..pairs).map(|i| (does[i % does.len()], 10.0, 50)).collect::<Vec<_>>())
        };
        assert!(!of(100, &[7.0, 10.0, 13.0]).together && of(100, &[7.0, 8.0, 11.0]).together);
        assert!(!of(6, &[7.0, 8.0, 11.0]).together);
        assert_eq!((of(99, &[8.0, 9.0, 40.0]).misled, of(99, &[2.0, 11.0, 12.0]).misled), (0.02, 0.0));
        // A few that copy do not make it so, however much they agree.
        let mut some = vec![(10.0, 10.0, 50); 200];
        some[..16].fill((0.0, 10.0, 50));
        assert!(!Agreement::new(&some).together);
        assert!(!Agreement::new(&[]).together);
    }

    #[test]
    fn ranks_of_globals_and_items_are_uniform() {
        let runs: Vec<Vec<f64>> = (0..160).map(|r| sbc(12, r)).collect();
        let p = crate::rank_uniformity(&runs, 8);
        assert!(p.iter().all(|p| *p > 1e-3), "{p:?}");
    }
}
