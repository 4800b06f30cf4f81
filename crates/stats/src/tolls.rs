//! How many, for many events at once: what sources say of figures, with the bias and the precision of each learned.
//!
//! ln(said + .3) = ln(true + .3) + bias of the voice + offset of the hedge + N(0, spread of the voice² + spread of the
//! hedge²); what is observed is the cell between the edges of what the words allow (`methods.md`, section 3.2). The true
//! figure is none with a probability, else log-normal. A *voice* is a source on one side's losses.
//!
//! ln(said) is a cell, so what is said is rounded after it is distorted; of none, .3 is left to be distorted.
//!
//! A voice may err grossly (a typing error, another event's figure): then what it says tells nothing of this one.
//! That counts where claims on an event cannot be had under one figure; elsewhere it is left out, being improbable.
//!
//! **The level is anchored.** Claims fix the biases of voices against one another only: that all of them err upwards by
//! a third cannot be told from figures a third larger. The mean bias over claims is held at nothing, without
//! those of voices far from all others, and each world shifts it by as much as so many biases leave it open.

mod chain;
mod normal;
mod worlds;

pub use chain::TollChain;
pub use worlds::{TollWorld, TollWorlds};

use crate::copies::{self, CopyPrior, Copying, Echo, Pairs, SHARED};
use crate::figure::Grid;
use crate::votes::starts;
use normal::Normal;

/// What one voice says of one event's figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Toll {
    /// The event.
    pub event: u32,
    /// The voice.
    pub voice: u32,
    /// Smallest figure that would be put in these words.
    pub low: f64,
    /// Largest; infinite where the words set no bound.
    pub high: f64,
    /// How it is hedged: an index into [`TollPrior::hedges`].
    pub hedge: u32,
}

/// What is believed of a hedge beforehand, in the logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hedging {
    /// By how much it says less (-) or more (+) than there is.
    pub offset: f64,
    /// How sure that is; 0 for a hedge that says neither.
    pub offset_sd: f64,
    /// How much it adds to the spread of a voice.
    pub spread: f64,
}

/// What is believed before any claim.
#[derive(Debug, Clone, PartialEq)]
pub struct TollPrior {
    /// The hedges.
    pub hedges: Vec<Hedging>,
    /// How much voices differ in bias, as a standard deviation in the logarithm.
    pub bias: f64,
    /// Pseudo-claims of a voice, and the spread they show.
    pub spread: (f64, f64),
    /// Whether all voices share one spread: where fewer than four speak of an event it cannot be told whose it is. Not
    /// in chains.
    pub common: bool,
    /// Pseudo-events without any, and with some.
    pub none: (f64, f64),
    /// Pseudo-events, and the mean and the spread of their figures in the logarithm.
    pub size: (f64, f64, f64),
    /// Pseudo-claims that say none, and some, where there is none.
    pub said_none: (f64, f64),
    /// Pseudo-claims of a voice that err grossly, and that do not.
    pub gross: (f64, f64),
    /// Who copies.
    pub copies: CopyPrior,
}

impl Default for TollPrior {
    fn default() -> Self {
        let plain = Hedging { offset: 0.0, offset_sd: 0.0, spread: 0.0 };
        Self {
            hedges: vec![
                plain,
                Hedging { offset: -0.2, offset_sd: 0.1, spread: 0.15 },
                Hedging { offset: 0.2, offset_sd: 0.1, spread: 0.15 },
                Hedging { spread: 0.1, ..plain },
            ],
            bias: 0.3,
            spread: (4.0, 0.3),
            common: false,
            none: (1.0, 3.0),
            size: (6.0, 1.8, 1.2),
            said_none: (9.0, 1.0),
            gross: (1.0, 49.0),
            copies: CopyPrior::default(),
        }
    }
}

/// The globals: everything that is not an event's.
#[derive(Debug, Clone, PartialEq)]
pub struct TollModel {
    /// By voice: its bias, in the logarithm.
    pub bias: Vec<f64>,
    /// By voice: its spread.
    pub spread: Vec<f64>,
    /// By hedge: its offset.
    pub offset: Vec<f64>,
    /// How often there is none.
    pub none: f64,
    /// Mean of ln(figure + .3) where there is some.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// How often none is said where there is none.
    pub said_none: f64,
    /// By voice: how often it errs grossly.
    pub gross: Vec<f64>,
    /// By source: whom it copies.
    pub copies: Vec<Option<Copying>>,
}

/// The posterior of one event's figure, on a run of the grid's values.
#[derive(Debug, Clone, PartialEq)]
pub struct TollLaw {
    /// How probable none is.
    pub none: f64,
    /// The first value of the run, as an index into the grid.
    pub first: usize,
    /// How probable each value is from there on.
    pub weights: Vec<f64>,
    /// Whether its claims cannot be had under one figure, so that somebody errs grossly.
    pub doubtful: bool,
}

/// A fit: the mode of the globals, and the events given it.
#[derive(Debug, Clone, PartialEq)]
pub struct TollFit {
    /// The globals.
    pub model: TollModel,
    /// The events.
    pub laws: Vec<TollLaw>,
    /// By claim, events in order and claims by voice: how far it is a claim of its own, not a copy.
    pub own: Vec<f64>,
    /// Passes it took.
    pub passes: usize,
}

/// Claims on figures, event by event.
#[derive(Debug, Clone)]
pub struct Tolls {
    /// The values a figure may take.
    pub grid: Grid,
    /// ln(value + .3).
    scale: Vec<f64>,
    /// By voice, its source.
    sources: Vec<u32>,
    /// By event, its first claim; one more at the end.
    first: Vec<u32>,
    /// By claim: its word.
    word: Vec<u32>,
    /// What was said, each once.
    words: Vec<Word>,
    /// By hedge, the share of claims that are hedged so.
    hedged: Vec<f64>,
    normal: Normal,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Word {
    voice: u32,
    hedge: u32,
    low: f64,
    high: f64,
    /// Edges in the logarithm.
    from: f64,
    to: f64,
}

impl Word {
    fn new(c: &Toll) -> Self {
        let to = if c.high.is_finite() { ln(c.high + 0.5) } else { f64::INFINITY };
        Self { voice: c.voice, hedge: c.hedge, low: c.low, high: c.high, from: ln(c.low - 0.5), to }
    }

    /// Where there is none: how probable it is that none is said and that this word holds it, and that more is said and
    /// this word holds that, which is y with probability 1 / (y (y + 1)).
    fn where_none(&self, model: &TollModel) -> (f64, f64) {
        let tail = if self.high.is_finite() { 1.0 / (self.high + 1.0) } else { 0.0 };
        let zero = if self.low < 1.0 { model.said_none } else { 0.0 };
        (zero, (1.0 - model.said_none) * (1.0 / self.low.max(1.0) - tail).max(0.0))
    }
}

/// Where gross errors are reckoned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Everywhere: exact.
    Always,
    /// Where claims cannot be had under one figure.
    Apart,
}

/// What a word is worth under one set of globals.
struct Worth {
    /// Where its cell is narrow beside the spread: centre and variance, as good as normal.
    fine: Option<(f64, f64)>,
    /// Minus twice the logarithm of its probability at the centre.
    width: f64,
    /// Otherwise the logarithm of its probability at a run of values.
    first: u32,
    at: u32,
    len: u32,
    /// Its probability where there is none; the logarithm of that with gross errors.
    none: f64,
    none_mixed: f64,
    /// How probable it is that the voice does not err grossly; that it does, and says this.
    sound: f64,
    sound_ln: f64,
    gross: f64,
}

impl Worth {
    /// Logarithm of its probability at a value.
    fn at(&self, scale: &[f64], table: &[f64], value: usize) -> f64 {
        match self.fine {
            Some((centre, variance)) => {
                -0.5 * ((scale[value] - centre) * (scale[value] - centre) / variance + self.width)
            }
            None => match value.checked_sub(self.first as usize) {
                Some(i) if i < self.len as usize => table[self.at as usize + i],
                _ => BEYOND,
            },
        }
    }

    /// The logarithm of a probability with gross errors, and the share of that which is sound.
    fn mixed(&self, p: f64) -> (f64, f64) {
        let sound = self.sound * p;
        (libm::log(sound + self.gross), sound / (sound + self.gross))
    }
}

/// Log-probability beyond the run of a table.
const BEYOND: f64 = -200.0;
/// Spreads from the middle at which a run ends.
const REACH: f64 = 6.0;
/// Cells wider than this many spreads are looked up, not taken for normal.
const WIDE: f64 = 0.8;
/// By how much gross errors are wider than figures, in the logarithm.
const GROSS: f64 = 1.5;
/// Chi-square from which claims are taken for too far apart to be had under one figure; each claim adds 2 to it.
const DOUBT: f64 = 10.0;
/// Biases further from the rest than this many times what biases are believed to differ by do not count for the level.
const WILD: f64 = 3.0;
const MOST_PASSES: usize = 60;
const STANDS: f64 = 2e-5;

fn ln(x: f64) -> f64 {
    if x <= 0.0 { f64::NEG_INFINITY } else { libm::log(x) }
}

/// ln(value + .3) of each value.
fn scale(grid: &Grid) -> Vec<f64> {
    grid.values.iter().map(|v| ln(f64::from(*v) + 0.3)).collect()
}

impl Tolls {
    /// From claims; events, voices and sources are numbered from 0. `sources` has the source of each voice.
    pub fn new(events: usize, sources: Vec<u32>, claims: &[Toll]) -> Self {
        let largest = claims.iter().map(|c| if c.high.is_finite() { c.high } else { c.low }).fold(0.0, f64::max);
        let grid = Grid::new(largest.min(1e9) as u32);
        let scale = scale(&grid);
        let first = starts(events, claims.iter().map(|c| c.event));
        let key = |c: &Toll| (c.voice, c.hedge, c.low.to_bits(), c.high.to_bits());
        let mut order: Vec<u32> = (0..claims.len() as u32).collect();
        order.sort_unstable_by_key(|i| (key(&claims[*i as usize]), claims[*i as usize].event));
        let (mut words, mut word, mut next) = (Vec::new(), vec![0u32; claims.len()], first.clone());
        let mut last = None;
        for i in order {
            let c = &claims[i as usize];
            if last != Some(key(c)) {
                last = Some(key(c));
                words.push(Word::new(c));
            }
            let at = &mut next[c.event as usize];
            word[*at as usize] = words.len() as u32 - 1;
            *at += 1;
        }
        let hedges = words.iter().map(|w: &Word| w.hedge as usize + 1).max().unwrap_or(0);
        let mut hedged = vec![0.0; hedges];
        for w in &word {
            hedged[words[*w as usize].hedge as usize] += 1.0 / word.len() as f64;
        }
        Self { grid, scale, sources, first, word, words, hedged, normal: Normal::new() }
    }

    /// On this grid instead of one made for the claims.
    fn on(mut self, grid: Grid) -> Self {
        self.scale = scale(&grid);
        self.grid = grid;
        self
    }

    /// How many events.
    pub fn events(&self) -> usize {
        self.first.len() - 1
    }

    /// Claims of an event.
    fn of(&self, event: usize) -> std::ops::Range<usize> {
        self.first[event] as usize..self.first[event + 1] as usize
    }

    /// Spread of a word: of its voice and of its hedge.
    fn sigma(&self, prior: &TollPrior, model: &TollModel, w: &Word) -> f64 {
        let (own, hedge) = (model.spread[w.voice as usize], prior.hedges[w.hedge as usize].spread);
        libm::sqrt(own * own + hedge * hedge)
    }

    fn worths(&self, prior: &TollPrior, model: &TollModel, table: &mut Vec<f64>) -> Vec<Worth> {
        table.clear();
        self.words.iter().map(|w| self.worth(prior, model, w, table)).collect()
    }

    fn worth(&self, prior: &TollPrior, model: &TollModel, w: &Word, table: &mut Vec<f64>) -> Worth {
        let (zero, more) = w.where_none(model);
        let none = zero + more;
        let errs = model.gross[w.voice as usize];
        let z = |x: f64| (x - model.mean) / (model.sd + GROSS);
        let gross = self.normal.between(z(w.from), z(w.to));
        // A cell too narrow for the difference of two laws is as probable as its middle is dense.
        let gross = if gross > 1e-12 {
            errs * gross
        } else {
            let (low, s) = (w.low.max(1.0), model.sd + GROSS);
            let width = (w.high - w.low + 1.0).min(low) / low;
            errs * width / s * normal::density(z(ln(low)))
        };
        let gross = gross.max(1e-200);
        let sound = 1.0 - errs;
        let none_mixed = libm::log(sound * none + gross);
        let sound_ln = libm::log1p(-errs);
        let sigma = self.sigma(prior, model, w);
        let shift = model.bias[w.voice as usize] + model.offset[w.hedge as usize];
        if w.to - w.from < WIDE * sigma {
            let width = w.to - w.from;
            let variance = sigma * sigma + width * width / 12.0;
            let fine = Some(((w.to + w.from) / 2.0 - shift, variance));
            let width = libm::log(std::f64::consts::TAU * variance / (width * width));
            return Worth { fine, width, first: 0, at: 0, len: 0, none, none_mixed, sound, sound_ln, gross };
        }
        let (from, to) = (w.from - shift, w.to - shift);
        let first = self.scale.partition_point(|x| *x < from - REACH * sigma).max(1);
        let end = self.scale.partition_point(|x| *x < to + REACH * sigma).max(first);
        let at = table.len() as u32;
        for x in &self.scale[first..end] {
            let p = self.normal.between((from - x) / sigma, (to - x) / sigma);
            table.push(if p > 1e-26 { libm::log(p) } else { BEYOND });
        }
        Worth {
            fine: None,
            width: 0.0,
            first: first as u32,
            at,
            len: (end - first) as u32,
            none,
            none_mixed,
            sound,
            sound_ln,
            gross,
        }
    }

    /// The law of one event under the globals of a fit, with further claims that the fit has not seen.
    pub fn law(&self, prior: &TollPrior, fit: &TollFit, event: usize, more: &[Toll]) -> TollLaw {
        let mut table = Vec::new();
        let mut worths = Vec::new();
        let mut own = fit.own[self.of(event)].to_vec();
        own.resize(own.len() + more.len(), 1.0);
        let claimed = self.of(event).map(|i| self.words[self.word[i] as usize]);
        for w in claimed.chain(more.iter().map(Word::new)) {
            worths.push(self.worth(prior, &fit.model, &w, &mut table));
        }
        let words: Vec<u32> = (0..worths.len() as u32).collect();
        let mut law = TollLaw::EMPTY;
        self.weigh(&self.sizes(&fit.model), &worths, &table, &words, &own, Doubt::Apart, &mut law);
        law
    }

    /// Edges of a value's cell in ln(figure + .3); the last has no upper one.
    fn cell(&self, value: usize) -> (f64, f64) {
        let edge = |i: usize| ln((f64::from(self.grid.values[i - 1]) + f64::from(self.grid.values[i])) / 2.0 + 0.3);
        (edge(value), if value + 1 == self.scale.len() { f64::INFINITY } else { edge(value + 1) })
    }

    /// Logarithm of the prior of each value.
    fn sizes(&self, model: &TollModel) -> Vec<f64> {
        let z = |x: f64| (x - model.mean) / model.sd;
        let above = self.normal.between(z(self.cell(1).0), f64::INFINITY).max(1e-12);
        let size = |i: usize| {
            let (from, to) = self.cell(i);
            ln(self.normal.between(z(from), z(to)) / above * (1.0 - model.none)).max(-500.0)
        };
        std::iter::once(ln(model.none)).chain((1..self.scale.len()).map(size)).collect()
    }

    /// The law of one event into `law`; returns the logarithm of what its claims were worth.
    fn weigh(
        &self,
        sizes: &[f64],
        worths: &[Worth],
        table: &[f64],
        words: &[u32],
        own: &[f64],
        doubt: Doubt,
        law: &mut TollLaw,
    ) -> f64 {
        let (mut precision, mut pull, mut square, mut width, mut none) = (0.0, 0.0, 0.0, 0.0, sizes[0]);
        let (mut fine, mut sound) = (0.0, 0.0);
        let all = (1, self.scale.len());
        let (mut inner, mut hull) = (all, (usize::MAX, 0));
        for (w, own) in words.iter().zip(own) {
            let w = &worths[*w as usize];
            none += own * w.none_mixed;
            sound += own * w.sound_ln;
            match w.fine {
                Some((centre, variance)) => {
                    let weight = own / variance;
                    fine += own;
                    precision += weight;
                    pull += weight * centre;
                    square += weight * centre * centre;
                    width += own * w.width;
                }
                None => {
                    let run = (w.first as usize, (w.first + w.len) as usize);
                    inner = (inner.0.max(run.0), inner.1.min(run.1));
                    hull = (hull.0.min(run.0), hull.1.max(run.1));
                }
            }
        }
        let run = |mean: f64, sd: f64| {
            let from = self.scale.partition_point(|x| *x < mean - REACH * sd).max(1);
            (from, self.scale.partition_point(|x| *x < mean + REACH * sd))
        };
        if precision > 0.0 {
            let run = run(pull / precision, 1.0 / libm::sqrt(precision));
            inner = (inner.0.max(run.0), inner.1.min(run.1));
        }
        // How far fine claims are apart: chi-square of as many less one.
        let apart = if precision > 0.0 { square - pull * pull / precision } else { 0.0 };
        law.doubtful = doubt == Doubt::Always || words.len() > 1 && (inner.0 >= inner.1 || apart > DOUBT + 2.0 * fine);
        law.weights.clear();
        if law.doubtful {
            for (w, own) in words.iter().zip(own) {
                let w = &worths[*w as usize];
                if let (Some((centre, variance)), true) = (w.fine, *own > 0.0) {
                    let run = run(centre, libm::sqrt(variance));
                    hull = (hull.0.min(run.0), hull.1.max(run.1));
                }
            }
            let (from, to) = (hull.0.clamp(1, all.1 - 1), hull.1.clamp(2, all.1));
            law.first = from;
            law.weights.extend_from_slice(&sizes[from..to]);
            for (w, own) in words.iter().zip(own) {
                let w = &worths[*w as usize];
                for (i, l) in law.weights.iter_mut().enumerate() {
                    *l += own * w.mixed(libm::exp(w.at(&self.scale, table, from + i))).0;
                }
            }
        } else {
            // One value at least.
            let (from, to) =
                if inner.0 < inner.1 { inner } else { (inner.0.clamp(1, all.1 - 1), inner.0.clamp(1, all.1 - 1) + 1) };
            law.first = from;
            let constant = sound - 0.5 * (square + width);
            law.weights.extend(
                self.scale[from..to]
                    .iter()
                    .zip(&sizes[from..to])
                    .map(|(x, size)| size - 0.5 * (precision * x * x - 2.0 * pull * x) + constant),
            );
            for (w, own) in words.iter().zip(own) {
                let w = &worths[*w as usize];
                if w.fine.is_none() {
                    // The run of a law lies within those of all its words.
                    let at = w.at as usize + from.saturating_sub(w.first as usize);
                    let end = (w.at + w.len) as usize;
                    let values = table.get(at..end.min(at + law.weights.len())).unwrap_or_default();
                    for (l, v) in law.weights.iter_mut().zip(values) {
                        *l += own * v;
                    }
                }
            }
        }
        let top = law.weights.iter().copied().fold(none, f64::max);
        law.none = libm::exp(none - top);
        let mut sum = law.none;
        for l in &mut law.weights {
            // Seven digits are enough for a weight.
            *l = if *l > top - 23.0 { f64::from(libm::expf((*l - top) as f32)) } else { 0.0 };
            sum += *l;
        }
        law.none /= sum;
        for l in &mut law.weights {
            *l /= sum;
        }
        top + libm::log(sum)
    }

    /// Globals to begin with.
    pub fn begin(&self, prior: &TollPrior) -> TollModel {
        TollModel {
            bias: vec![0.0; self.sources.len()],
            spread: vec![prior.spread.1; self.sources.len()],
            offset: prior.hedges.iter().map(|h| h.offset).collect(),
            none: prior.none.0 / (prior.none.0 + prior.none.1),
            mean: prior.size.1,
            sd: prior.size.2,
            said_none: prior.said_none.0 / (prior.said_none.0 + prior.said_none.1),
            gross: vec![prior.gross.0 / (prior.gross.0 + prior.gross.1); self.sources.len()],
            copies: vec![None; self.sources.iter().max().map_or(0, |s| *s as usize + 1)],
        }
    }

    /// Fits the globals by expectation and maximisation (censored claims by their expected place in the cell); with
    /// `copying`, looks for copiers in between.
    pub fn fit(&self, prior: &TollPrior, copying: bool) -> TollFit {
        let empty = TollLaw::EMPTY;
        let mut fit = TollFit {
            model: self.begin(prior),
            laws: vec![empty; self.events()],
            own: vec![1.0; self.word.len()],
            passes: 0,
        };
        self.settle(prior, &mut fit, &[]);
        if copying && fit.model.copies.len() <= copies::MOST {
            for _ in 0..3 {
                let found = self.copiers(prior, &fit);
                let same = copies::same(&fit.model.copies, &found);
                fit.model.copies = found;
                if same {
                    break;
                }
                let echoes = self.echoes(&fit.model);
                self.settle(prior, &mut fit, &echoes);
            }
        }
        fit
    }

    fn settle(&self, prior: &TollPrior, fit: &mut TollFit, echoes: &[Echo]) {
        let mut table = Vec::new();
        for _ in 0..MOST_PASSES {
            fit.passes += 1;
            let worths = self.worths(prior, &fit.model, &mut table);
            let sizes = self.sizes(&fit.model);
            if !echoes.is_empty() {
                self.disown(prior, &worths, &table, echoes, fit);
            }
            for (e, law) in fit.laws.iter_mut().enumerate() {
                let of = self.of(e);
                self.weigh(&sizes, &worths, &table, &self.word[of.clone()], &fit.own[of], Doubt::Apart, law);
            }
            if self.maximise(prior, &worths, &table, fit) < STANDS {
                break;
            }
        }
    }

    fn source(&self, claim: usize) -> usize {
        self.sources[self.words[self.word[claim] as usize].voice as usize] as usize
    }

    /// Whether two claims are put in the same words.
    fn alike(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.words[self.word[a] as usize], &self.words[self.word[b] as usize]);
        (a.hedge, a.from, a.to) == (b.hedge, b.from, b.to)
    }

    fn echoes(&self, model: &TollModel) -> Vec<Echo> {
        let mut out = vec![Echo::None; self.word.len()];
        for e in 0..self.events() {
            let of = self.of(e);
            for i in of.clone() {
                let Some(c) = model.copies[self.source(i)] else { continue };
                let mut theirs = of.clone().filter(|j| self.source(*j) == c.from).peekable();
                if theirs.peek().is_some() {
                    out[i] = if theirs.any(|j| self.alike(i, j)) { Echo::Same } else { Echo::Other };
                }
            }
        }
        out
    }

    /// How probable the words of a claim are, given its event's law: of the figure, and of so hedging it.
    fn chance(&self, worths: &[Worth], table: &[f64], law: &TollLaw, claim: usize) -> f64 {
        let (word, worth) = (&self.words[self.word[claim] as usize], &worths[self.word[claim] as usize]);
        let mut sum = law.none * worth.none;
        for (i, p) in law.weights.iter().enumerate().filter(|(_, p)| **p > 1e-6) {
            let at = law.first + i;
            sum += p * match worth.fine {
                Some((centre, variance)) => {
                    let z = self.scale[at] - centre;
                    (word.to - word.from) * 0.398_942_280_401_432_7 / libm::sqrt(variance)
                        * libm::exp(-0.5 * z * z / variance)
                }
                None => match at.checked_sub(worth.first as usize) {
                    Some(i) if i < worth.len as usize => libm::exp(table[worth.at as usize + i]),
                    _ => 0.0,
                },
            };
        }
        (sum * self.hedged[word.hedge as usize]).clamp(1e-9, 1.0)
    }

    /// How far each claim of a copier is its own.
    fn disown(&self, prior: &TollPrior, worths: &[Worth], table: &[f64], echoes: &[Echo], fit: &mut TollFit) {
        let mut copied = vec![prior.copies.share; fit.model.copies.len()];
        for e in 0..self.events() {
            for (i, echo) in self.of(e).zip(&echoes[self.of(e)]) {
                if *echo == Echo::None {
                    continue;
                }
                let s = self.source(i);
                let share = fit.model.copies[s].map_or(0.0, |c| c.share);
                let repeats = match echo {
                    Echo::Same => share / (share + (1.0 - share) * self.chance(worths, table, &fit.laws[e], i)),
                    _ => 0.0,
                };
                fit.own[i] = 1.0 - repeats;
                copied[s].0 += repeats;
                copied[s].1 += 1.0 - repeats;
            }
        }
        copies::learn(&mut fit.model.copies, &copied);
    }

    /// For each source, whom it most probably copies: those who say the same in the same words, and how odd these are.
    fn copiers(&self, prior: &TollPrior, fit: &TollFit) -> Vec<Option<Copying>> {
        let share = copies::shares(&fit.model.copies, &prior.copies);
        let mut pairs = Pairs::new(share.len());
        let mut table = Vec::new();
        let worths = self.worths(prior, &fit.model, &mut table);
        for (e, law) in fit.laws.iter().enumerate() {
            let of = self.of(e);
            for i in of.clone() {
                let mut chance = None;
                for j in i + 1..of.end {
                    let (a, b) = (self.source(i), self.source(j));
                    if a == b {
                        continue;
                    }
                    if self.alike(i, j) {
                        let p = *chance.get_or_insert_with(|| self.chance(&worths, &table, law, i));
                        let q = self.chance(&worths, &table, law, j);
                        pairs.add(
                            a,
                            b,
                            libm::log(1.0 - share[a] + share[a] / p),
                            libm::log(1.0 - share[b] + share[b] / q),
                        );
                    } else {
                        pairs.add(a, b, libm::log1p(-share[a]), libm::log1p(-share[b]));
                    }
                }
            }
        }
        pairs.choose(&prior.copies, &share, SHARED)
    }

    /// The globals given the events; returns how far the biases moved.
    fn maximise(&self, prior: &TollPrior, worths: &[Worth], table: &[f64], fit: &mut TollFit) -> f64 {
        let (laws, own, model) = (&fit.laws, &fit.own, &mut fit.model);
        let hedges = prior.hedges.len();
        // By voice: weight, weighted residual; claims, squares. By hedge: weight, weighted residual.
        let mut bias = vec![(0.0, 0.0); self.sources.len()];
        let mut square = vec![(0.0, 0.0); self.sources.len()];
        let mut offset = vec![(0.0, 0.0); hedges];
        let mut gross = vec![prior.gross; self.sources.len()];
        let mut weights = Vec::new();
        let (mut none, mut size) = ((prior.none.0, prior.none.1), (0.0, 0.0, 0.0));
        let mut said_none = prior.said_none;
        let sigmas: Vec<f64> = self.words.iter().map(|w| self.sigma(prior, model, w)).collect();
        // Mean and mean square of ln(figure + .3) within each value's cell, before it was made whole.
        let moments = |from: f64, to: f64| {
            let (one, two) = self.normal.inside((from - model.mean) / model.sd, (to - model.mean) / model.sd);
            let (m, s) = (model.mean, model.sd);
            (m + s * one, m * m + 2.0 * m * s * one + s * s * two)
        };
        let cells: Vec<(f64, f64)> = (0..self.scale.len())
            .map(|i| if i == 0 { (0.0, 0.0) } else { moments(self.cell(i).0, self.cell(i).1) })
            .collect();
        for (e, law) in laws.iter().enumerate() {
            let some = 1.0 - law.none;
            none.0 += law.none;
            none.1 += some;
            let (mean, second) = law.moments(&self.scale);
            for (p, (one, two)) in law.weights.iter().zip(&cells[law.first..]) {
                size.1 += p * one;
                size.2 += p * two;
            }
            size.0 += some;
            for i in self.of(e) {
                let (w, mine) = (self.word[i] as usize, own[i]);
                let (sigma, w, worth) = (sigmas[w], &self.words[w], &worths[w]);
                // Of the event's law, what goes with this claim being sound.
                let (mut none, mut some, mut mean, mut second) = (law.none, some, mean, second);
                let mut weights_here = &law.weights;
                if none > 1e-9 {
                    none *= worth.mixed(worth.none).1;
                }
                if law.doubtful {
                    weights.clear();
                    (some, mean, second) = (0.0, 0.0, 0.0);
                    for (v, p) in law.weights.iter().enumerate() {
                        let p = if *p > 1e-9 {
                            p * worth.mixed(libm::exp(worth.at(&self.scale, table, law.first + v))).1
                        } else {
                            0.0
                        };
                        let x = self.scale[law.first + v];
                        weights.push(p);
                        (some, mean, second) = (some + p, mean + p * x, second + p * x * x);
                    }
                    weights_here = &weights;
                }
                gross[w.voice as usize].0 += mine * (1.0 - none - some).max(0.0);
                gross[w.voice as usize].1 += mine * (none + some);
                let (zero, more) = w.where_none(model);
                said_none.0 += mine * none * zero / (zero + more).max(1e-300);
                said_none.1 += mine * none * more / (zero + more).max(1e-300);
                if w.to.is_infinite() || some < 1e-9 {
                    continue;
                }
                let shift = model.bias[w.voice as usize] + model.offset[w.hedge as usize];
                let width = w.to - w.from;
                // What is left between what was said and what the voice would say, and its square.
                let (mut left, mut squared) = (0.0, 0.0);
                if width < WIDE * sigma {
                    let (own, cell) = (sigma * sigma, width * width / 12.0);
                    let share = own / (own + cell);
                    let centre = (w.to + w.from) / 2.0 - shift;
                    left = share * (centre * some - mean);
                    squared = share * share * (centre * centre * some - 2.0 * centre * mean + second)
                        + some * own * cell / (own + cell);
                } else {
                    for (p, x) in weights_here.iter().zip(&self.scale[law.first..]) {
                        if *p > 1e-9 {
                            let (one, two) =
                                self.normal.inside((w.from - shift - x) / sigma, (w.to - shift - x) / sigma);
                            left += p * sigma * one;
                            squared += p * sigma * sigma * two;
                        }
                    }
                }
                let (left, squared) = (left * mine, squared * mine);
                let weight = mine * some / (sigma * sigma);
                let b = &mut bias[w.voice as usize];
                b.0 += weight;
                b.1 += left / (sigma * sigma) + weight * model.bias[w.voice as usize];
                let o = &mut offset[w.hedge as usize];
                o.0 += weight;
                o.1 += left / (sigma * sigma) + weight * model.offset[w.hedge as usize];
                // The voice's part of it; the rest is the hedge's.
                let own = model.spread[w.voice as usize] * model.spread[w.voice as usize];
                let part = own / (sigma * sigma);
                let s = &mut square[w.voice as usize];
                s.0 += mine * some;
                s.1 += part * part * squared + mine * some * own * (1.0 - part);
            }
        }
        let precision = 1.0 / (prior.bias * prior.bias);
        let mut fresh: Vec<f64> = bias.iter().map(|(w, r)| r / (w + precision)).collect();
        let weights: Vec<f64> = bias.iter().map(|b| b.0).collect();
        let middle = middle(&fresh, &weights, prior.bias).0;
        let mut moved = 0.0_f64;
        for (b, f) in model.bias.iter_mut().zip(&mut fresh) {
            *f -= middle;
            moved = moved.max((*b - *f).abs());
            *b = *f;
        }
        for (g, (yes, no)) in model.gross.iter_mut().zip(gross) {
            *g = yes / (yes + no);
        }
        if prior.common {
            let all = square.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.0, sum.1 + s.1));
            square.fill(all);
        }
        for (s, (n, q)) in model.spread.iter_mut().zip(&square) {
            *s = libm::sqrt((q + prior.spread.0 * prior.spread.1 * prior.spread.1) / (n + prior.spread.0));
        }
        for ((o, (w, r)), h) in model.offset.iter_mut().zip(&offset).zip(&prior.hedges) {
            if h.offset_sd > 0.0 {
                let p = 1.0 / (h.offset_sd * h.offset_sd);
                *o = (r + p * h.offset) / (w + p);
            }
        }
        model.none = none.0 / (none.0 + none.1);
        model.said_none = said_none.0 / (said_none.0 + said_none.1);
        // Figures that would have fallen short of one, and are none of these.
        let cut = self.cell(1).0;
        let short = self.normal.below((cut - model.mean) / model.sd);
        let missing = size.0 * short / (1.0 - short).max(1e-6);
        let (one, two) = moments(f64::NEG_INFINITY, cut);
        size = (size.0 + missing, size.1 + missing * one, size.2 + missing * two);
        let (n, m0, s0) = prior.size;
        let fresh = (size.1 + n * m0) / (size.0 + n);
        model.sd = libm::sqrt(
            (size.2 - 2.0 * fresh * size.1 + fresh * fresh * size.0 + n * (s0 * s0 + (m0 - fresh) * (m0 - fresh)))
                / (size.0 + n),
        );
        model.mean = fresh;
        moved
    }
}

impl TollLaw {
    const EMPTY: Self = Self { none: 1.0, first: 1, weights: Vec::new(), doubtful: false };

    /// Sum and sum of squares of ln(figure + .3), weighed, where there is some.
    fn moments(&self, scale: &[f64]) -> (f64, f64) {
        let mut sums = (0.0, 0.0);
        for (p, x) in self.weights.iter().zip(&scale[self.first..]) {
            sums.0 += p * x;
            sums.1 += p * x * x;
        }
        sums
    }

    /// The value, as an index into the grid, that `u` in (0, 1) falls on.
    pub fn draw(&self, u: f64) -> usize {
        let mut left = u - self.none;
        if left < 0.0 {
            return 0;
        }
        for (i, w) in self.weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return self.first + i;
            }
        }
        self.first + self.weights.iter().rposition(|w| *w > 0.0).unwrap_or(0)
    }

    /// The smallest value of the grid that is not exceeded with probability `q`.
    pub fn quantile(&self, grid: &Grid, q: f64) -> u32 {
        let mut sum = self.none;
        if sum >= q {
            return 0;
        }
        for (i, w) in self.weights.iter().enumerate() {
            sum += w;
            if sum >= q {
                return grid.values[self.first + i];
            }
        }
        grid.values[(self.first + self.weights.len()).saturating_sub(1)]
    }
}

/// One run of simulation-based calibration (Talts et al. 2018): globals from the prior, 25 events and four hedged claims
/// on each from the globals, then where the true values fall among 99 draws of a chain. Ranks in (0, 1), of: the first
/// voice's bias and spread, an offset, how often none, mean and spread of figures, how often none is said, and five events.
pub fn sbc(seed: u64, run: u32) -> Vec<f64> {
    let prior = TollPrior::default();
    let mut s = crate::Stream::new(seed, crate::entity("sbc of tolls"), run);
    let voices = 5;
    let truth = prior.draw(voices, &mut s);
    // Claims are drawn before the grid is known: one that holds every figure there may be.
    let wide = Tolls::new(0, vec![], &[Toll { event: 0, voice: 0, low: 1e6, high: 1e6, hedge: 0 }][..0]);
    let mut figures = Vec::new();
    let mut claims = Vec::new();
    for event in 0..25u32 {
        let figure = wide.grid.values[truth.draw_figure(&wide, &mut s)];
        figures.push(figure);
        for _ in 0..4 {
            let voice = (s.next_unit() * voices as f64) as u32;
            let hedge = (s.next_unit() * prior.hedges.len() as f64) as u32;
            let round = if hedge == 3 { 10.0 } else { 1.0 };
            claims.push(Toll { event, ..truth.draw_claim(&prior, figure, voice, hedge, round, &mut s) });
        }
    }
    let tolls = Tolls::new(25, (0..voices as u32).collect(), &claims).on(wide.grid);
    let mut chain = tolls.chain(&prior, &tolls.begin(&prior), seed, run);
    for _ in 0..100 {
        chain.step();
    }
    let globals = |m: &TollModel| [m.bias[0], m.spread[0], m.offset[1], m.none, m.mean, m.sd, m.said_none];
    let is = globals(&truth);
    let (mut below, mut equal) = (vec![0.0; 12], vec![0.0; 12]);
    for _ in 0..99 {
        for _ in 0..8 {
            chain.step();
        }
        let drawn = globals(&chain.model);
        for i in 0..7 {
            below[i] += f64::from(u8::from(drawn[i] < is[i]));
        }
        for e in 0..5 {
            let value = tolls.grid.values[chain.figures[e]];
            below[7 + e] += f64::from(u8::from(value < figures[e]));
            equal[7 + e] += f64::from(u8::from(value == figures[e]));
        }
    }
    // Ties at random, and the true value among the draws.
    below.iter().zip(&equal).map(|(b, e)| (b + s.next_unit() * (e + 1.0)) / 100.0).collect()
}

/// The middle of what voices err by, each counted by its claims and their precision, and how open it is left: wild ones count
/// for nothing (from the median on).
fn middle(bias: &[f64], weights: &[f64], sd: f64) -> (f64, f64) {
    let mut order: Vec<usize> = (0..bias.len()).filter(|i| weights[*i] > 0.0).collect();
    order.sort_by(|a, b| bias[*a].total_cmp(&bias[*b]).then(a.cmp(b)));
    let half = order.iter().map(|i| weights[*i]).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let median = order.iter().find(|i| {
        sum += weights[**i];
        sum >= half
    });
    let Some(median) = median else { return (0.0, sd) };
    let mut at = bias[*median];
    let mut open = sd;
    for _ in 0..20 {
        let (mut n, mut m, mut squares, mut spread) = (0.0, 0.0, 0.0, 0.0);
        for i in &order {
            let w = if (bias[*i] - at).abs() < WILD * sd { weights[*i] } else { 0.0 };
            n += w;
            m += w * bias[*i];
            squares += w * w;
            spread += w * (bias[*i] - at) * (bias[*i] - at);
        }
        // Voices that the weights are worth; beside what these show, as much as four biases are believed to.
        let worth = n * n / squares;
        let sd = libm::sqrt((worth * spread / n + 4.0 * sd * sd) / (worth + 4.0));
        (at, open) = (m / n, sd / libm::sqrt(worth));
    }
    (at, open)
}
