//! Stage `weigh`, one question at a time: P(H | D) is proportional to P(H) times the average over worlds of
//! P(E_w | H) / P0(E_w) (`worlds.md`, "Hypotheses").

use std::collections::{BTreeMap, BTreeSet};

use model::{EvidenceKind, Problem, Question, Stance};
use serde::{Deserialize, Serialize};

use super::gather::{Gathered, subject};
use super::test::{Outcome, View};
use super::worlds::LinkWorlds;

/// Part of the stage's key.
pub const VERSION: u32 = 2;

/// A base probability below this cannot be divided by.
const LEAST_BASE: f64 = 1e-6;

/// One hypothesis, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// Hypothesis id; `other` is the last.
    pub id: String,
    /// Prior.
    pub prior: f64,
    /// Posterior.
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
}

/// One piece of evidence, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Evidence id.
    pub id: String,
    /// P(so | reports).
    pub probability: Option<f64>,
    /// P0(so): before any report.
    pub base: f64,
    /// Likelihood under each hypothesis.
    pub likelihood: Vec<f64>,
    /// Posterior of each hypothesis without this item.
    pub without: Vec<f64>,
    /// Why it takes no part.
    pub reason: Option<String>,
    /// Claims in its lineage.
    pub claims: Vec<String>,
}

/// One question, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Question id.
    pub id: String,
    /// Hypotheses in the order of the file.
    pub hypotheses: Vec<Weighed>,
    /// Evidence by id.
    pub items: Vec<Item>,
    /// Effective sample size of the weights, of so many worlds.
    pub ess: f64,
    /// Posterior of each hypothesis as estimated in each of 32 batches of worlds (for paired comparison).
    pub batches: Vec<Vec<f64>>,
}

/// How likely one item is in every world, given what that world fixes, and before any report. Items that share no claim
/// are independent given the world, so chances are multiplied where draws would only add noise.
struct Fact {
    chance: Vec<f64>,
    base: f64,
}

/// Weighs the evidence of one question. `prior` are the outcomes of the indicators in worlds drawn without any report.
///
/// # Errors
/// Evidence items that share a claim: they are not independent, and need one likelihood together.
pub fn run(
    view: &View<'_>,
    g: &Gathered,
    question: &Question,
    outcomes: &BTreeMap<String, Outcome>,
    prior: &BTreeMap<String, Outcome>,
) -> Result<Answer, Vec<Problem>> {
    let n = view.worlds.n;
    let mut facts: Vec<Fact> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    let mut lineages: Vec<BTreeSet<String>> = Vec::new();
    for e in &question.evidence {
        let mut item = Item {
            id: e.id.clone(),
            probability: None,
            base: 0.0,
            likelihood: e.likelihood.clone(),
            without: Vec::new(),
            reason: None,
            claims: Vec::new(),
        };
        let lineage = lineage(view, g, &e.kind, outcomes);
        match fact(view, &e.kind, outcomes, prior) {
            Ok(f) if f.base < LEAST_BASE || f.base > 1.0 - LEAST_BASE => {
                item.base = f.base;
                item.reason =
                    Some("its probability before any report is nearly 0 or 1, so it cannot be weighed".into());
            }
            Ok(f) => {
                item.probability = Some(f.chance.iter().sum::<f64>() / n as f64);
                item.base = f.base;
                used.push(items.len());
                facts.push(f);
                lineages.push(lineage.clone());
            }
            Err(reason) => item.reason = Some(reason),
        }
        item.claims = lineage.into_iter().collect();
        items.push(item);
    }
    overlaps(question, &used, &lineages)?;

    let priors: Vec<f64> = question.hypotheses.iter().map(|h| h.prior).collect();
    // By hypothesis and item: the factor if so, and if not.
    let factors: Vec<Vec<(f64, f64)>> = (0..priors.len())
        .map(|h| {
            facts
                .iter()
                .zip(&used)
                .map(|(f, i)| {
                    let l = items[*i].likelihood[h];
                    (l / f.base, (1.0 - l) / (1.0 - f.base))
                })
                .collect()
        })
        .collect();
    let weight = |h: usize, w: usize, skip: Option<usize>| -> f64 {
        facts
            .iter()
            .zip(&factors[h])
            .enumerate()
            .filter(|(i, _)| Some(*i) != skip)
            .map(|(_, (f, (yes, no)))| f.chance[w] * yes + (1.0 - f.chance[w]) * no)
            .product()
    };
    let posterior = |worlds: &mut dyn Iterator<Item = usize>, skip: Option<usize>| -> Vec<f64> {
        let mut sums = vec![0.0; priors.len()];
        for w in worlds {
            for (h, s) in sums.iter_mut().enumerate() {
                *s += priors[h] * weight(h, w, skip);
            }
        }
        let total: f64 = sums.iter().sum();
        sums.iter().map(|s| s / total).collect()
    };
    let probability = if facts.is_empty() { priors.clone() } else { posterior(&mut (0..n), None) };
    // The error by batches: 32 interleaved groups of worlds.
    let batches: Vec<Vec<f64>> = (0..32.min(n)).map(|b| posterior(&mut (b..n).step_by(32), None)).collect();
    let error = |h: usize| stats::mean_se(&batches.iter().map(|b| b[h]).collect::<Vec<_>>()).1;
    let mixture: Vec<f64> =
        (0..n).map(|w| priors.iter().enumerate().map(|(h, p)| p * weight(h, w, None)).sum::<f64>()).collect();
    let (sum, squares) = mixture.iter().fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
    for (k, i) in used.iter().enumerate() {
        items[*i].without = posterior(&mut (0..n), Some(k));
    }
    Ok(Answer {
        id: question.id.clone(),
        hypotheses: question
            .hypotheses
            .iter()
            .enumerate()
            .map(|(h, x)| Weighed { id: x.id.clone(), prior: x.prior, probability: probability[h], error: error(h) })
            .collect(),
        items,
        ess: if squares > 0.0 { sum * sum / squares } else { 0.0 },
        batches,
    })
}

/// What the item is in every world, and how probable it was before any report.
fn fact(
    view: &View<'_>,
    kind: &EvidenceKind,
    outcomes: &BTreeMap<String, Outcome>,
    prior: &BTreeMap<String, Outcome>,
) -> Result<Fact, String> {
    let n = view.worlds.n;
    let as_of = view.case.as_of();
    let beta = view.case.base_rate;
    match kind {
        EvidenceKind::Event(id, by) => {
            let e = view
                .laws
                .iter()
                .position(|l| l.id == *id)
                .ok_or_else(|| format!("no report up to {as_of} speaks of event `{id}`"))?;
            let (law, worlds) = (&view.laws[e], &view.worlds.events[e]);
            match by {
                None => Ok(Fact { chance: worlds.chance.clone(), base: beta }),
                Some(actor) => {
                    let c = law
                        .candidates
                        .iter()
                        .position(|c| c == actor)
                        .ok_or_else(|| format!("nobody names `{actor}` as perpetrator of `{id}`"))?;
                    let k = law.base.len();
                    let chance = (0..n).map(|w| worlds.chance[w] * worlds.who_chance[w * k + c]).collect();
                    Ok(Fact { chance, base: beta * law.base[c] })
                }
            }
        }
        EvidenceKind::Indicator(id) => {
            let o = outcomes.get(id).ok_or_else(|| format!("`{id}` is not in the case"))?;
            if let Some(reason) = &o.reason {
                return Err(reason.clone());
            }
            let base = prior.get(id).and_then(|o| o.probability).unwrap_or(0.0);
            Ok(Fact { chance: o.exact.clone(), base })
        }
        EvidenceKind::Factor(id) => {
            let factor = view.case.factors.get(id).ok_or_else(|| format!("`{id}` is not in the case"))?;
            let mut facts: Vec<String> = factor
                .claims
                .iter()
                .filter_map(|c| view.case.claims.get(c).and_then(subject))
                .filter_map(|s| s.strip_prefix("fact:").map(str::to_owned))
                .collect();
            facts.sort();
            facts.dedup();
            let columns: Vec<&Vec<f64>> = facts.iter().filter_map(|f| view.worlds.facts.get(f)).collect();
            if columns.is_empty() || columns.len() < facts.len() {
                return Err(format!("it rests on no claim that stands on {as_of}"));
            }
            let chance = (0..n).map(|w| columns.iter().map(|c| c[w]).product()).collect();
            Ok(Fact { chance, base: libm::pow(beta, facts.len() as f64) })
        }
        EvidenceKind::Claim(id) => {
            let claim = view.case.claims.get(id).ok_or_else(|| format!("claim `{id}` is not in the case"))?;
            let key = subject(claim).unwrap_or_default();
            let chance: Vec<f64> = match key.split_once(':') {
                Some(("fact", f)) => view.worlds.facts.get(f).cloned(),
                Some(("event", e)) => {
                    view.laws.iter().position(|l| l.id == e).map(|i| view.worlds.events[i].chance.clone())
                }
                Some(("link", _)) => {
                    let named = |l: &&LinkWorlds| format!("link:{} {} {}", l.actor, l.kind.name(), l.to) == key;
                    let drawn = view.worlds.links.iter().find(named);
                    drawn.map(|l| l.valid.iter().map(|v| f64::from(u8::from(v.is_some()))).collect())
                }
                _ => None,
            }
            .ok_or_else(|| format!("claim `{id}` does not stand on {as_of}"))?;
            if claim.stance == Stance::Denies {
                return Ok(Fact { chance: chance.iter().map(|c| 1.0 - c).collect(), base: 1.0 - beta });
            }
            Ok(Fact { chance, base: beta })
        }
    }
}

/// Every claim an item rests on.
fn lineage(
    view: &View<'_>,
    g: &Gathered,
    kind: &EvidenceKind,
    outcomes: &BTreeMap<String, Outcome>,
) -> BTreeSet<String> {
    let of = |key: &str| g.dossiers.get(key).map(|d| d.claims.clone()).unwrap_or_default();
    match kind {
        EvidenceKind::Event(id, _) => of(&format!("event:{id}")).into_iter().collect(),
        EvidenceKind::Indicator(id) => outcomes
            .get(id)
            .into_iter()
            .flat_map(|o| &o.carriers)
            .filter(|c| c.share > 0.005)
            .flat_map(|c| of(&format!("event:{}", c.event)))
            .collect(),
        EvidenceKind::Factor(id) => view
            .case
            .factors
            .get(id)
            .into_iter()
            .flat_map(|f| &f.claims)
            .filter_map(|c| view.case.claims.get(c).and_then(subject))
            .flat_map(|key| of(&key))
            .collect(),
        EvidenceKind::Claim(id) => {
            view.case.claims.get(id).and_then(subject).map(|k| of(&k)).unwrap_or_default().into_iter().collect()
        }
    }
}

/// Two items that rest on one claim are not two pieces of evidence.
fn overlaps(question: &Question, used: &[usize], lineages: &[BTreeSet<String>]) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    for (i, a) in lineages.iter().enumerate() {
        for (j, b) in lineages.iter().enumerate().skip(i + 1) {
            let Some(claim) = a.intersection(b).next() else { continue };
            let (x, y) = (&question.evidence[used[i]], &question.evidence[used[j]]);
            problems.push(
                Problem::error(
                    "overlapping-evidence",
                    y.span.clone(),
                    format!("evidence `{}` and `{}` of `{}` both rest on claim `{claim}`", x.id, y.id, question.id),
                )
                .also(x.span.clone(), "the other one")
                .help("what shares a claim is one piece of evidence: make one indicator of both (`all` or `any`) and give that one likelihood"),
            );
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
