//! Worlds for bulk data: globals from the normal law around the mode (Laplace), with the level's own doubt, and each
//! event exactly given them. How good the normal law is, the largest importance weights tell (Pareto-k).

use super::{Doubt, TollFit, TollLaw, TollModel, TollPrior, Tolls, middle};
use crate::draw::Stream;

/// What worlds are drawn from.
pub struct TollWorlds<'a> {
    tolls: &'a Tolls,
    prior: &'a TollPrior,
    fit: &'a TollFit,
    seed: u64,
    /// Information on the biases, and its Cholesky factor, by rows; `None` where there are too many voices for it.
    information: Vec<f64>,
    factor: Option<Vec<f64>>,
    /// What the mean bias is held at nothing by, and how open that leaves it.
    anchor: Vec<f64>,
    /// The way along which the mean bias is least known.
    along: Vec<f64>,
    /// Standard deviation of the level.
    pub level: f64,
    /// Standard deviations of ln(spread) by voice, of the offsets, of mean, ln(sd), logit(none) and logit(said none).
    spread: Vec<f64>,
    offset: Vec<f64>,
    others: [f64; 4],
}

/// One world.
#[derive(Debug, Clone)]
pub struct TollWorld {
    /// The globals.
    pub model: TollModel,
    /// Each event's figure, as an index into the grid.
    pub figures: Vec<u32>,
}

/// Voices whose biases are drawn together; of more, each is drawn alone.
const TOGETHER: usize = 1024;

impl Tolls {
    /// Makes ready to draw worlds from a fit.
    pub fn worlds<'a>(&'a self, prior: &'a TollPrior, fit: &'a TollFit, seed: u64) -> TollWorlds<'a> {
        let n = self.sources.len();
        let mut diagonal = vec![1.0 / (prior.bias * prior.bias); n];
        let mut claims = vec![0.0; n];
        let mut spread = vec![prior.spread.0; n];
        let mut offset: Vec<f64> = prior
            .hedges
            .iter()
            .map(|h| if h.offset_sd > 0.0 { 1.0 / (h.offset_sd * h.offset_sd) } else { f64::INFINITY })
            .collect();
        let mut information = if n <= TOGETHER { vec![0.0; n * n] } else { Vec::new() };
        let (mut some_of_all, mut said) = (0.0, 0.0);
        let mut here: Vec<(usize, f64)> = Vec::new();
        for (e, law) in fit.laws.iter().enumerate() {
            let some = 1.0 - law.none;
            some_of_all += some;
            let (mean, second) = law.moments(&self.scale);
            let variance = if some > 1e-9 { (second / some - (mean / some) * (mean / some)).max(0.0) } else { 0.0 };
            here.clear();
            for i in self.of(e) {
                let w = &self.words[self.word[i] as usize];
                said += fit.own[i] * law.none;
                if w.to.is_infinite() {
                    continue;
                }
                let sigma = self.sigma(prior, &fit.model, w);
                let cell = ((w.to - w.from.max(w.to - 4.0)) / libm::sqrt(12.0)).min(4.0 * sigma);
                let p = fit.own[i] * some / (sigma * sigma + cell * cell);
                here.push((w.voice as usize, p));
                let v = w.voice as usize;
                diagonal[v] += p;
                claims[v] += fit.own[i] * some / (sigma * sigma);
                let own = fit.model.spread[v] * fit.model.spread[v];
                // What a claim tells of its voice's spread: less where the figure, the hedge or the cell blur it.
                let told = own / (sigma * sigma + cell * cell);
                let left = (1.0 - variance * p / some.max(1e-9)).max(0.0);
                spread[v] += fit.own[i] * some * told * told * left * left;
                offset[w.hedge as usize] += p * left;
            }
            for (a, p) in &here {
                for (b, q) in &here {
                    match information.get_mut(a * n + b) {
                        Some(x) => *x -= variance / some.max(1e-9) * p * q,
                        None if a == b => diagonal[*a] -= variance / some.max(1e-9) * p * q,
                        None => {}
                    }
                }
            }
        }
        let factor = if information.is_empty() {
            information = diagonal;
            None
        } else {
            for (v, d) in diagonal.iter().enumerate() {
                information[v * n + v] += d;
            }
            Some(cholesky(&information, n))
        };
        if prior.common {
            let all = prior.spread.0 + spread.iter().map(|n| n - prior.spread.0).sum::<f64>();
            spread.fill(all);
        }
        let total: f64 = claims.iter().sum();
        let anchor: Vec<f64> = claims.iter().map(|c| c / total.max(1e-9)).collect();
        let mut along = anchor.clone();
        if let Some(f) = &factor {
            forward(f, n, &mut along);
            back(f, n, &mut along);
        }
        let (_, level) = middle(&fit.model.bias, &claims, prior.bias);
        let beta = |p: f64, n: f64| 1.0 / libm::sqrt((n * p * (1.0 - p)).max(0.25));
        let m = some_of_all + prior.size.0;
        let others = [
            fit.model.sd / libm::sqrt(m),
            1.0 / libm::sqrt(2.0 * m),
            beta(fit.model.none, fit.laws.len() as f64 + prior.none.0 + prior.none.1),
            beta(fit.model.said_none, said + prior.said_none.0 + prior.said_none.1),
        ];
        TollWorlds {
            tolls: self,
            prior,
            fit,
            seed,
            information,
            factor,
            anchor,
            along,
            level,
            spread: spread.into_iter().map(|n| 1.0 / libm::sqrt(2.0 * n)).collect(),
            offset: offset.into_iter().map(|p| 1.0 / libm::sqrt(p)).collect(),
            others,
        }
    }
}

impl TollWorlds<'_> {
    /// The globals of a world at a level, in its standard deviations, and the logarithm of the density they were drawn
    /// from (without the level's).
    fn globals(&self, world: u32, level: f64) -> (TollModel, f64) {
        let mode = &self.fit.model;
        let n = mode.bias.len();
        let mut s = Stream::new(self.seed, crate::entity("tolls' globals"), world);
        let mut model = mode.clone();
        let mut density = 0.0;
        let z: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let mut bias: Vec<f64> = match &self.factor {
            Some(f) => {
                let mut d = z;
                back(f, n, &mut d);
                // Held at the anchor: what moves the mean is taken back along the way it is least known.
                let by = dot(&self.anchor, &d) / dot(&self.anchor, &self.along).max(1e-300);
                for (d, a) in d.iter_mut().zip(&self.along) {
                    *d -= by * a;
                }
                for i in 0..n {
                    density -= 0.5 * d[i] * dot(&self.information[i * n..(i + 1) * n], &d);
                }
                d
            }
            None => {
                let mut d: Vec<f64> = z.iter().zip(&self.information).map(|(z, i)| z / libm::sqrt(*i)).collect();
                density -= 0.5 * dot(&z, &z);
                let mean = dot(&self.anchor, &d);
                for d in &mut d {
                    *d -= mean;
                }
                d
            }
        };
        let level = self.level * level;
        for (b, m) in bias.iter_mut().zip(&mode.bias) {
            *b += m + level;
        }
        model.bias = bias;
        let mut draw = |sd: f64| {
            let z = s.normal();
            density -= 0.5 * z * z;
            sd * z
        };
        if self.prior.common {
            let by = libm::exp(draw(self.spread.first().copied().unwrap_or(0.0)));
            model.spread.iter_mut().for_each(|x| *x *= by);
        } else {
            for (x, sd) in model.spread.iter_mut().zip(&self.spread) {
                *x *= libm::exp(draw(*sd));
            }
        }
        for (x, sd) in model.offset.iter_mut().zip(&self.offset) {
            if *sd > 0.0 {
                *x += draw(*sd);
            }
        }
        // Where all voices say more than there is, there is less.
        model.mean += draw(self.others[0]) - level;
        model.sd *= libm::exp(draw(self.others[1]));
        model.none = crate::logistic(crate::logit(mode.none) + draw(self.others[2]));
        model.said_none = crate::logistic(crate::logit(mode.said_none) + draw(self.others[3]));
        (model, density)
    }

    /// One world. Draws of events are keyed by seed, world and event: none depends on how many others there are.
    pub fn draw(&self, world: u32) -> TollWorld {
        let level = Stream::new(self.seed, crate::entity("tolls' level"), world).normal();
        let (model, _) = self.globals(world, level);
        let mut figures = Vec::with_capacity(self.tolls.events());
        self.events(&model, |e, law, _| {
            figures.push(law.draw(crate::uniform(self.seed, world, e as u64, FIGURE)) as u32);
        });
        TollWorld { model, figures }
    }

    /// How good the normal law is: logarithms of what the globals of so many worlds are worth beside how they were
    /// drawn, for [`pareto_k`](crate::pareto_k). At the anchored level: no claim fixes that.
    pub fn weights(&self, worlds: u32) -> Vec<f64> {
        (0..worlds)
            .map(|w| {
                let (model, drawn) = self.globals(w, 0.0);
                let mut evidence = 0.0;
                self.events(&model, |_, _, worth| evidence += worth);
                evidence + self.believed(&model) - drawn
            })
            .collect()
    }

    fn events(&self, model: &TollModel, mut each: impl FnMut(usize, &TollLaw, f64)) {
        let tolls = self.tolls;
        let mut table = Vec::new();
        let worths = tolls.worths(self.prior, model, &mut table);
        let sizes = tolls.sizes(model);
        let mut law = TollLaw::EMPTY;
        for e in 0..tolls.events() {
            let of = tolls.of(e);
            let worth = tolls.weigh(
                &sizes,
                &worths,
                &table,
                &tolls.word[of.clone()],
                &self.fit.own[of],
                Doubt::Apart,
                &mut law,
            );
            each(e, &law, worth);
        }
    }

    /// Logarithm of the prior of the globals, in the scales they are drawn in.
    fn believed(&self, m: &TollModel) -> f64 {
        let p = self.prior;
        let normal = |x: f64, sd: f64| -0.5 * (x / sd) * (x / sd);
        let spread = |x: f64, (n, s): (f64, f64)| -n * libm::log(x) - n * s * s / (2.0 * x * x);
        let beta = |x: f64, (a, b): (f64, f64)| a * libm::log(x) + b * libm::log(1.0 - x);
        let level = dot(&self.anchor, &m.bias);
        m.bias.iter().map(|b| normal(b - level, p.bias)).sum::<f64>()
            + m.spread.iter().take(if p.common { 1 } else { usize::MAX }).map(|s| spread(*s, p.spread)).sum::<f64>()
            + m.offset
                .iter()
                .zip(&p.hedges)
                .filter(|(_, h)| h.offset_sd > 0.0)
                .map(|(o, h)| normal(o - h.offset, h.offset_sd))
                .sum::<f64>()
            + spread(m.sd, (p.size.0, p.size.2))
            - 0.5 * p.size.0 * (p.size.1 - m.mean) * (p.size.1 - m.mean) / (m.sd * m.sd)
            + beta(m.none, p.none)
            + beta(m.said_none, p.said_none)
    }
}

/// What a draw is for.
const FIGURE: u32 = 32;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The lower factor L of a positive matrix L Lᵀ, by rows; a pivot that is not positive is taken for a small one.
fn cholesky(a: &[f64], n: usize) -> Vec<f64> {
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let sum = a[i * n + j] - dot(&l[i * n..i * n + j], &l[j * n..j * n + j]);
            l[i * n + j] = if i == j { libm::sqrt(sum.max(1e-9)) } else { sum / l[j * n + j] };
        }
    }
    l
}

/// Solves L x = b in place.
fn forward(l: &[f64], n: usize, b: &mut [f64]) {
    for i in 0..n {
        b[i] = (b[i] - dot(&l[i * n..i * n + i], &b[..i])) / l[i * n + i];
    }
}

/// Solves Lᵀ x = b in place.
fn back(l: &[f64], n: usize, b: &mut [f64]) {
    for i in (0..n).rev() {
        b[i] /= l[i * n + i];
        let x = b[i];
        for (j, b) in b[..i].iter_mut().enumerate() {
            *b -= l[i * n + j] * x;
        }
    }
}
