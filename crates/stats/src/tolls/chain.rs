//! Blocked Gibbs sampling: events exactly on the grid, globals from their conditionals, over what was meant before it
//! was rounded. Exact for the model, level included, which the prior on biases alone holds: for cases, not for bulk.

use super::{Doubt, Toll, TollLaw, TollModel, TollPrior, Tolls, Worth};
use crate::draw::Stream;
use crate::special::normal_quantile;

/// One chain; every step is a world, the first few from too near where it began.
pub struct TollChain<'a> {
    tolls: &'a Tolls,
    prior: &'a TollPrior,
    /// The globals of this world.
    pub model: TollModel,
    /// Each event's figure in this world, as an index into the grid.
    pub figures: Vec<usize>,
    /// Whether each claim errs grossly.
    errs: Vec<bool>,
    stream: Stream,
    table: Vec<f64>,
    law: TollLaw,
}

impl Tolls {
    /// A chain begun at these globals. Nobody copies in it.
    pub fn chain<'a>(&'a self, prior: &'a TollPrior, begin: &TollModel, seed: u64, lane: u32) -> TollChain<'a> {
        TollChain {
            tolls: self,
            prior,
            model: begin.clone(),
            figures: vec![0; self.events()],
            errs: vec![false; self.word.len()],
            stream: Stream::new(seed, crate::entity("tolls"), lane),
            table: Vec::new(),
            law: TollLaw::EMPTY,
        }
    }
}

impl TollChain<'_> {
    /// Events given the globals, then the globals given the events.
    pub fn step(&mut self) {
        self.events();
        self.globals();
    }

    fn events(&mut self) {
        let worths: Vec<Worth> = self.tolls.worths(self.prior, &self.model, &mut self.table);
        let sizes = self.tolls.sizes(&self.model);
        for e in 0..self.tolls.events() {
            let of = self.tolls.of(e);
            let own = vec![1.0; of.len()];
            self.tolls.weigh(
                &sizes,
                &worths,
                &self.table,
                &self.tolls.word[of.clone()],
                &own,
                Doubt::Always,
                &mut self.law,
            );
            let figure = self.law.draw(self.stream.next_unit());
            self.figures[e] = figure;
            for i in of {
                let w = &worths[self.tolls.word[i] as usize];
                let said = if figure == 0 { w.none } else { libm::exp(w.at(&self.tolls.scale, &self.table, figure)) };
                self.errs[i] = self.stream.next_unit() >= w.mixed(said).1;
            }
        }
    }

    /// A normal of this mean and deviation, known to lie between two edges.
    fn between(&mut self, mean: f64, sd: f64, from: f64, to: f64) -> f64 {
        let normal = &self.tolls.normal;
        let (a, b) = ((from - mean) / sd, (to - mean) / sd);
        let u = self.stream.next_unit();
        // In the lower tail, where the law is exact; what lies beyond it keeps to the nearer edge.
        let z = if a > 0.0 {
            let (low, high) = (normal.below(-b), normal.below(-a));
            if high - low > 1e-300 { -normal_quantile(low + u * (high - low)) } else { a }
        } else {
            let (low, high) = (normal.below(a), normal.below(b));
            if high - low > 1e-300 { normal_quantile(low + u * (high - low)) } else { b.min(0.0).max(a) }
        };
        mean + sd * z.clamp(a, b)
    }

    fn globals(&mut self) {
        let (tolls, prior) = (self.tolls, self.prior);
        let voices = tolls.sources.len();
        let (mut none, mut said_none) = (prior.none, prior.said_none);
        let mut gross = vec![prior.gross; voices];
        // What each voice meant, less the true figure, where there is some: claim, left over, spread of the whole.
        let mut meant: Vec<(usize, f64, f64)> = Vec::new();
        let mut sizes: Vec<f64> = Vec::new();
        let sigmas: Vec<f64> = tolls.words.iter().map(|w| tolls.sigma(prior, &self.model, w)).collect();
        for e in 0..tolls.events() {
            let figure = self.figures[e];
            if figure == 0 {
                none.0 += 1.0
            } else {
                none.1 += 1.0
            }
            for i in tolls.of(e) {
                let w = &tolls.word[i];
                let word = tolls.words[*w as usize];
                let g = &mut gross[word.voice as usize];
                if self.errs[i] {
                    g.0 += 1.0;
                    continue;
                }
                g.1 += 1.0;
                if figure == 0 {
                    let (zero, more) = word.where_none(&self.model);
                    if self.stream.next_unit() * (zero + more) < zero { said_none.0 += 1.0 } else { said_none.1 += 1.0 }
                } else if word.to.is_finite() || word.from.is_finite() {
                    let shift = self.model.bias[word.voice as usize] + self.model.offset[word.hedge as usize];
                    let (x, sigma) = (tolls.scale[figure], sigmas[*w as usize]);
                    let y = self.between(x + shift, sigma, word.from, word.to);
                    meant.push((*w as usize, y - x, sigma));
                }
            }
            if figure > 0 {
                let (from, to) = tolls.cell(figure);
                let size = self.between(self.model.mean, self.model.sd, from, to);
                sizes.push(size);
            }
        }
        self.model.none = self.stream.beta(none);
        self.model.said_none = self.stream.beta(said_none);
        for (v, g) in gross.into_iter().enumerate() {
            self.model.gross[v] = self.stream.beta(g);
        }
        self.sizes(&sizes);

        let mut sums = vec![(1.0 / (prior.bias * prior.bias), 0.0); voices];
        for (w, left, sigma) in &meant {
            let word = &tolls.words[*w];
            let p = 1.0 / (sigma * sigma);
            let s = &mut sums[word.voice as usize];
            s.0 += p;
            s.1 += p * (left - self.model.offset[word.hedge as usize]);
        }
        for (v, (p, r)) in sums.into_iter().enumerate() {
            self.model.bias[v] = r / p + self.stream.normal() / libm::sqrt(p);
        }
        let mut sums: Vec<(f64, f64)> = prior
            .hedges
            .iter()
            .map(|h| if h.offset_sd > 0.0 { 1.0 / (h.offset_sd * h.offset_sd) } else { 0.0 })
            .zip(&prior.hedges)
            .map(|(p, h)| (p, p * h.offset))
            .collect();
        for (w, left, sigma) in &meant {
            let word = &tolls.words[*w];
            let p = 1.0 / (sigma * sigma);
            let s = &mut sums[word.hedge as usize];
            s.0 += p;
            s.1 += p * (left - self.model.bias[word.voice as usize]);
        }
        for (h, (p, r)) in sums.into_iter().enumerate() {
            if prior.hedges[h].offset_sd > 0.0 {
                self.model.offset[h] = r / p + self.stream.normal() / libm::sqrt(p);
            }
        }
        // Of what is left over, the voice's part; the rest is the hedge's.
        let mut squares = vec![(prior.spread.0, prior.spread.0 * prior.spread.1 * prior.spread.1); voices];
        for (w, left, sigma) in &meant {
            let word = &tolls.words[*w];
            let left = left - self.model.bias[word.voice as usize] - self.model.offset[word.hedge as usize];
            let own = self.model.spread[word.voice as usize] * self.model.spread[word.voice as usize];
            let part = own / (sigma * sigma);
            let part = part * left + libm::sqrt((own * (1.0 - part)).max(0.0)) * self.stream.normal();
            let s = &mut squares[word.voice as usize];
            s.0 += 1.0;
            s.1 += part * part;
        }
        for (v, (n, q)) in squares.into_iter().enumerate() {
            self.model.spread[v] = libm::sqrt(q / (2.0 * self.stream.gamma(n / 2.0)));
        }
    }

    /// Mean and deviation of figures, of which those that fall short of one are never seen: a few steps of Metropolis,
    /// short and long.
    fn sizes(&mut self, sizes: &[f64]) {
        let (n0, m0, s0) = self.prior.size;
        let n = n0 + sizes.len() as f64;
        let mean = (n0 * m0 + sizes.iter().sum::<f64>()) / n;
        let squares =
            n0 * (s0 * s0 + (m0 - mean) * (m0 - mean)) + sizes.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        let (cut, normal) = (self.tolls.cell(1).0, &self.tolls.normal);
        // Over mean and ln(deviation).
        let density = |m: f64, l: f64| {
            let s = libm::exp(l);
            let seen = libm::log(normal.between((cut - m) / s, f64::INFINITY).max(1e-300));
            -(n + 1.0) * l - (squares + n * (m - mean) * (m - mean)) / (2.0 * s * s) - sizes.len() as f64 * seen
        };
        let mut here = (self.model.mean, libm::log(self.model.sd));
        let mut worth = density(here.0, here.1);
        for i in 0..STEPS {
            let step = [0.4, 1.0, 2.5][i % 3] / libm::sqrt(n);
            let l = step * self.stream.normal();
            // Where the deviation grows the mean falls: so it goes where much is cut off.
            let lean = if i.is_multiple_of(2) { 0.0 } else { -libm::exp(here.1) * l * 2.0 };
            let there = (here.0 + lean + step * libm::exp(here.1) * self.stream.normal(), here.1 + l);
            let fresh = density(there.0, there.1) + proposed(there, here, step, i) - proposed(here, there, step, i);
            if libm::log(self.stream.next_unit()) < fresh - worth {
                (here, worth) = (there, density(there.0, there.1));
            }
        }
        (self.model.mean, self.model.sd) = (here.0, libm::exp(here.1));
    }
}

/// Metropolis steps for mean and deviation in a sweep.
const STEPS: usize = 12;

/// Logarithm of the density with which a step of `sizes` goes from one place to another.
fn proposed(from: (f64, f64), to: (f64, f64), step: f64, i: usize) -> f64 {
    let (s, l) = (libm::exp(from.1), to.1 - from.1);
    let lean = if i.is_multiple_of(2) { 0.0 } else { -s * l * 2.0 };
    let z = (to.0 - from.0 - lean) / (step * s);
    -0.5 * z * z - from.1
}

impl TollPrior {
    /// Globals from what is believed beforehand.
    pub fn draw(&self, voices: usize, stream: &mut Stream) -> TollModel {
        let variance = |stream: &mut Stream, n: f64, s: f64| n * s * s / (2.0 * stream.gamma(n / 2.0));
        let bias = (0..voices).map(|_| self.bias * stream.normal()).collect();
        let spread = (0..voices).map(|_| libm::sqrt(variance(stream, self.spread.0, self.spread.1))).collect();
        let offset = self.hedges.iter().map(|h| h.offset + h.offset_sd * stream.normal()).collect();
        let sd = libm::sqrt(variance(stream, self.size.0, self.size.2));
        TollModel {
            bias,
            spread,
            offset,
            none: stream.beta(self.none),
            mean: self.size.1 + sd / libm::sqrt(self.size.0) * stream.normal(),
            sd,
            said_none: stream.beta(self.said_none),
            gross: (0..voices).map(|_| stream.beta(self.gross)).collect(),
            copies: Vec::new(),
        }
    }
}

impl TollModel {
    /// Draws an event's figure, as an index into the grid.
    pub fn draw_figure(&self, tolls: &Tolls, stream: &mut Stream) -> usize {
        let weights: Vec<f64> = tolls.sizes(self).iter().map(|l| libm::exp(*l)).collect();
        crate::pick(&weights, stream.next_unit())
    }

    /// Draws what a voice says of a figure, so hedged; `round` has it say the nearest multiple. A claim of event 0.
    pub fn draw_claim(
        &self,
        prior: &TollPrior,
        figure: u32,
        voice: u32,
        hedge: u32,
        round: f64,
        stream: &mut Stream,
    ) -> Toll {
        let said = if stream.next_unit() < self.gross[voice as usize] {
            libm::floor(libm::exp(self.mean + (self.sd + super::GROSS) * stream.normal()) + 0.5)
        } else if figure == 0 {
            if stream.next_unit() < self.said_none { 0.0 } else { libm::floor(1.0 / stream.next_unit()) }
        } else {
            let (own, more) = (self.spread[voice as usize], prior.hedges[hedge as usize].spread);
            let shift = self.bias[voice as usize] + self.offset[hedge as usize];
            let noise = libm::sqrt(own * own + more * more) * stream.normal();
            libm::floor((f64::from(figure) + 0.3) * libm::exp(shift + noise) + 0.5)
        };
        let (low, high) = if round > 1.0 {
            let cell = libm::floor(said / round) * round;
            (cell, cell + round - 1.0)
        } else {
            (said, said)
        };
        Toll { event: 0, voice, low, high, hedge }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tolls::{Hedging, sbc};

    /// Simulation-based calibration over globals and events, short form (the long one is `bench reconcile`).
    #[test]
    fn ranks_of_globals_and_figures_are_uniform() {
        let runs: Vec<Vec<f64>> = (0..60).map(|r| sbc(31, r)).collect();
        let p = crate::rank_uniformity(&runs, 6);
        // Of so many quantities the smallest p-value: below .1 % by chance once in a hundred such tests.
        assert!(p.iter().all(|p| *p > 1e-3), "{p:?}");
    }

    /// Somebody who always says a third more than the rest is found out, and the figures stay with the rest.
    #[test]
    fn a_biased_voice_is_learned() {
        let prior =
            TollPrior { hedges: vec![Hedging { offset: 0.0, offset_sd: 0.0, spread: 0.0 }], ..TollPrior::default() };
        let claims: Vec<Toll> = (0..60u32)
            .flat_map(|e| {
                let n = f64::from(5 + e);
                (0..4u32).map(move |voice| {
                    let said = if voice == 3 { libm::round(n * 3.0) } else { n };
                    Toll { event: e, voice, low: said, high: said, hedge: 0 }
                })
            })
            .collect();
        let tolls = Tolls::new(60, (0..4).collect(), &claims);
        let fit = tolls.fit(&prior, false);
        assert!((fit.model.bias[3] - libm::log(3.0)).abs() < 0.1, "{:?}", fit.model.bias);
        assert!(fit.model.bias[..3].iter().all(|b| b.abs() < 0.05));
        for (e, law) in fit.laws.iter().enumerate() {
            let said = f64::from(5 + e as u32);
            let median = f64::from(law.quantile(&tolls.grid, 0.5));
            assert!((libm::log(median) - libm::log(said)).abs() < 0.12, "{said}: {median}");
        }
    }
}
