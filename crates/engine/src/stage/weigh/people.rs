//! Several people's numbers: each made coherent, pooled by log-odds, and held side by side.

use model::{Likelihood, Question};
use serde::{Deserialize, Serialize};
use stats::{coherent, logit, mean_se, pooled, pooled_law};

/// What `hypotheses.toml` says is one person's opinion among others.
const CASE: &str = "case";

/// What one analyst's numbers alone come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnalystRow {
    /// Who: the name of the file; `case` is `hypotheses.toml`.
    pub analyst: String,
    /// Priors, made coherent.
    pub prior: Vec<f64>,
    /// By how much the numbers given missed coherence: the largest change made to one of them.
    pub incoherent: f64,
    /// Posterior by this analyst's numbers; what was not given is taken from all.
    pub probability: Vec<f64>,
    /// What the analyst believes, all told.
    pub belief: Option<Vec<f64>>,
}

/// One number that several people gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Evidence id.
    pub evidence: String,
    /// Hypothesis id.
    pub hypothesis: String,
    /// By analyst.
    pub said: Vec<(String, f64)>,
    /// Standard deviation of the log-odds.
    pub spread: f64,
}

/// Where people differ: by habit (one says more of everything) and by case. In log-odds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Cells, those with the widest spread first.
    pub cells: Vec<Cell>,
    /// By analyst: how much more likely he or she holds things than all do, on average.
    pub level: Vec<(String, f64)>,
    /// Standard deviation of that: level noise.
    pub level_noise: f64,
    /// Standard deviation of what is left when it is taken away: pattern noise.
    pub pattern_noise: f64,
}

/// Numbers that a question is weighed by.
pub(super) struct Law {
    /// By hypothesis.
    pub prior: Vec<f64>,
    /// By item, by hypothesis; empty for items in groups.
    pub likelihood: Vec<Vec<f64>>,
    /// By group, by hypothesis, by way.
    pub groups: Vec<Vec<Vec<f64>>>,
}

/// One person's numbers.
struct Voice {
    analyst: String,
    /// Made coherent.
    prior: Option<Vec<f64>>,
    /// By how much the numbers missed coherence, at most.
    missed: f64,
    likelihood: Vec<Option<Vec<Likelihood>>>,
    groups: Vec<Option<Vec<Vec<f64>>>>,
    belief: Option<Vec<f64>>,
}

/// Everybody's numbers of one question.
pub(super) struct Said {
    voices: Vec<Voice>,
    evidence: Vec<String>,
    hypotheses: Vec<String>,
}

/// What "something else" has at least, whoever judges: no list of hypotheses is complete.
const OTHER: f64 = 0.02;

/// A prior in which nothing is impossible, and the last, something else, has its share.
fn floor(law: &[f64]) -> Vec<f64> {
    let mut law = stats::normalised(law.iter().map(|p| p.max(0.001)).collect());
    if let Some((other, listed)) = law.split_last_mut().filter(|(other, _)| **other < OTHER) {
        let rest = (1.0 - OTHER) / (1.0 - *other);
        listed.iter_mut().for_each(|p| *p *= rest);
        *other = OTHER;
    }
    law
}

impl Said {
    pub(super) fn of(question: &Question) -> Self {
        let prior: Vec<f64> = question.hypotheses.iter().map(|h| h.prior).collect();
        let mut voices = vec![Voice {
            analyst: CASE.into(),
            prior: Some(prior),
            missed: 0.0,
            likelihood: question
                .evidence
                .iter()
                .map(|e| (!e.likelihood.is_empty()).then(|| e.likelihood.clone()))
                .collect(),
            groups: question.groups.iter().map(|g| Some(g.likelihood.clone())).collect(),
            belief: None,
        }];
        voices.extend(question.opinions.iter().map(|o| {
            Voice {
                analyst: o.analyst.clone(),
                prior: o.prior.as_ref().map(|p| floor(&coherent(p))),
                missed: o
                    .prior
                    .iter()
                    .chain(o.groups.values().flat_map(|g| &g.0))
                    .map(|law| missed(law))
                    .fold(0.0, f64::max),
                likelihood: question.evidence.iter().map(|e| o.evidence.get(&e.id).map(|x| x.0.clone())).collect(),
                groups: question
                    .groups
                    .iter()
                    .map(|g| o.groups.get(&g.id).map(|x| x.0.iter().map(|row| coherent(row)).collect()))
                    .collect(),
                belief: o.belief.as_ref().map(|b| coherent(b)),
            }
        }));
        Self {
            voices,
            evidence: question.evidence.iter().map(|e| e.id.clone()).collect(),
            hypotheses: question.hypotheses.iter().map(|h| h.id.clone()).collect(),
        }
    }

    /// Whether every number was said by one person, and as exactly as numbers are.
    pub(super) fn is_exact(&self) -> bool {
        self.voices.len() == 1
            && self.voices.iter().flat_map(|v| v.likelihood.iter().flatten().flatten()).all(|l| l.low == l.high)
    }

    /// What those people gave of a thing, or, where none of them gave anything, what everybody did.
    fn heard<T>(&self, people: &[usize], given: impl Fn(usize, &Voice) -> Option<T>) -> Vec<T> {
        let said: Vec<T> = people.iter().filter_map(|v| given(*v, &self.voices[*v])).collect();
        if said.is_empty() { self.voices.iter().enumerate().filter_map(|(v, x)| given(v, x)).collect() } else { said }
    }

    /// Everybody's numbers as one, of those people, each number by `number`.
    fn law(&self, people: &[usize], number: &dyn Fn(usize, usize, usize, &Likelihood) -> f64) -> Law {
        let prior = self.heard(people, |_, x| x.prior.clone());
        let likelihood = (0..self.evidence.len())
            .map(|i| {
                let said: Vec<Vec<f64>> = self.heard(people, |v, x| {
                    let said = x.likelihood[i].as_ref()?;
                    Some(said.iter().enumerate().map(|(h, l)| number(v, i, h, l)).collect())
                });
                match said.as_slice() {
                    [] => Vec::new(),
                    [one] => one.clone(),
                    _ => (0..self.hypotheses.len())
                        .map(|h| pooled(&said.iter().map(|s| s[h]).collect::<Vec<_>>()))
                        .collect(),
                }
            })
            .collect();
        let groups = (0..self.voices[0].groups.len())
            .map(|k| {
                let said = self.heard(people, |_, x| x.groups[k].clone());
                if let [one] = said.as_slice() {
                    return one.clone();
                }
                (0..self.hypotheses.len())
                    .map(|h| pooled_law(&said.iter().map(|s| s[h].clone()).collect::<Vec<_>>()))
                    .collect()
            })
            .collect();
        let prior = if let [one] = prior.as_slice() { one.clone() } else { floor(&pooled_law(&prior)) };
        Law { prior, likelihood, groups }
    }

    /// Everybody's numbers, pooled.
    pub(super) fn pooled(&self) -> Law {
        let everybody: Vec<usize> = (0..self.voices.len()).collect();
        self.law(&everybody, &|_, _, _, l| l.point)
    }

    /// One draw of who was asked, and of what each would say, within what was said. `u` gives a number in [0, 1) by name.
    pub(super) fn drawn(&self, u: impl Fn(&str) -> f64) -> Law {
        let n = self.voices.len();
        let people: Vec<usize> =
            (0..n).map(|k| if n == 1 { 0 } else { (u(&format!("asked {k}")) * n as f64) as usize }).collect();
        self.law(&people, &|v, i, h, l| {
            if l.low >= l.high {
                return l.point;
            }
            let name = format!("{} {} {}", self.voices[v].analyst, self.evidence[i], self.hypotheses[h]);
            (l.low + (l.high - l.low) * u(&name)).clamp(1e-4, 1.0 - 1e-4)
        })
    }

    /// What each person's numbers alone come to.
    pub(super) fn analysts(&self, posterior: impl Fn(&Law) -> Vec<f64>) -> Vec<AnalystRow> {
        if self.voices.len() == 1 {
            return Vec::new();
        }
        self.voices
            .iter()
            .enumerate()
            .map(|(v, voice)| {
                let law = self.law(&[v], &|_, _, _, l| l.point);
                AnalystRow {
                    analyst: voice.analyst.clone(),
                    incoherent: voice.missed,
                    probability: posterior(&law),
                    prior: law.prior,
                    belief: voice.belief.clone(),
                }
            })
            .collect()
    }

    /// Where they differ, cell by cell; none where fewer than two gave any number.
    pub(super) fn audit(&self) -> Option<Audit> {
        let mut cells = Vec::new();
        // Log-odds against the mean of each cell, by person.
        let mut apart: Vec<Vec<f64>> = vec![Vec::new(); self.voices.len()];
        for (i, evidence) in self.evidence.iter().enumerate() {
            for (h, hypothesis) in self.hypotheses.iter().enumerate() {
                let said: Vec<(usize, f64)> = self
                    .voices
                    .iter()
                    .enumerate()
                    .filter_map(|(v, x)| Some((v, x.likelihood[i].as_ref()?[h].point)))
                    .collect();
                if said.len() < 2 {
                    continue;
                }
                let odds: Vec<f64> = said.iter().map(|s| logit(s.1)).collect();
                let mean = odds.iter().sum::<f64>() / odds.len() as f64;
                for ((v, _), o) in said.iter().zip(&odds) {
                    apart[*v].push(o - mean);
                }
                cells.push(Cell {
                    evidence: evidence.clone(),
                    hypothesis: hypothesis.clone(),
                    spread: deviation(&odds),
                    said: said.into_iter().map(|(v, p)| (self.voices[v].analyst.clone(), p)).collect(),
                });
            }
        }
        if cells.is_empty() {
            return None;
        }
        cells.sort_by(|a, b| {
            b.spread.total_cmp(&a.spread).then_with(|| (&a.evidence, &a.hypothesis).cmp(&(&b.evidence, &b.hypothesis)))
        });
        let habit: Vec<f64> = apart.iter().map(|a| if a.is_empty() { 0.0 } else { mean_se(a).0 }).collect();
        let rest: Vec<f64> = apart.iter().zip(&habit).flat_map(|(a, m)| a.iter().map(move |x| x - m)).collect();
        let spoke: Vec<f64> = apart.iter().zip(&habit).filter(|(a, _)| !a.is_empty()).map(|(_, m)| *m).collect();
        Some(Audit {
            cells,
            level: self
                .voices
                .iter()
                .zip(&apart)
                .zip(&habit)
                .filter(|((_, a), _)| !a.is_empty())
                .map(|((v, _), m)| (v.analyst.clone(), *m))
                .collect(),
            level_noise: deviation(&spoke),
            pattern_noise: deviation(&rest),
        })
    }
}

/// By how much a law misses coherence: the largest change that makes it one.
fn missed(said: &[f64]) -> f64 {
    said.iter().zip(coherent(said)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Standard deviation of a sample.
fn deviation(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    if x.len() < 2 {
        return 0.0;
    }
    let mean = x.iter().sum::<f64>() / n;
    libm::sqrt(x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something else keeps its share, whatever people say; the rest stays in proportion.
    #[test]
    fn something_else_is_never_dropped() {
        let law = floor(&[0.6, 0.4, 0.0]);
        assert!((law[2] - OTHER).abs() < 1e-12 && (law.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{law:?}");
        assert!((law[0] / law[1] - 1.5).abs() < 1e-9);
        for (p, was) in floor(&[0.5, 0.4, 0.1]).iter().zip([0.5, 0.4, 0.1]) {
            assert!((p - was).abs() < 1e-12);
        }
    }

    /// The largest move that makes a law of it.
    #[test]
    fn incoherence_is_what_has_to_be_moved() {
        assert!((missed(&[0.6, 0.6, 0.1]) - 0.1).abs() < 1e-12);
        assert!(missed(&[0.5, 0.4, 0.1]) < 1e-12);
    }
}
