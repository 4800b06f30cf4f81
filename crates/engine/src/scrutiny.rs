//! What conclusions stand on: each without everything that one origin first said, and with each assumption false. Found by
//! running the worlds again, not told by narrative.

use std::collections::{BTreeMap, BTreeSet};

use model::{About, AssumptionStatus, Case, EvidenceKind};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::build::{Options, Run, assess};
use crate::diff::apart;
use crate::stage::test::View;
use crate::stage::weigh::{Tested, lineage};

/// Part of the stage's key.
pub(crate) const VERSION: u32 = 2;

/// Origins that are tried at most: those with the most claims under a conclusion.
pub const ORIGINS: usize = 48;
/// Claims that a build looks at again at most, over all runs.
const CLAIMS: usize = 50_000;
/// A conclusion that moves by less has not moved.
const LEAST: f64 = 0.01;

/// One conclusion, otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Otherwise {
    /// What is otherwise: `source:ID` is left out, `assumption:ID` is false.
    pub cause: String,
    /// Probability of what is concluded now; none when it cannot be judged then.
    pub probability: Option<f64>,
    /// What would be concluded instead: the outcome, or the leading hypothesis.
    pub outcome: String,
    /// Whether that is another outcome than now.
    pub flips: bool,
    /// What the judgment would say, where it says something else.
    pub text: Option<String>,
}

/// A conclusion with what it stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conclusion {
    /// `judgment:ID`, or `question:ID` where no judgment is about it.
    pub id: String,
    /// The question it answers; none where it is about an indicator.
    pub question: Option<String>,
    /// What is concluded: the outcome, or the leading hypothesis.
    pub outcome: String,
    /// Its probability.
    pub probability: Option<f64>,
    /// Without each origin that moves it, those that flip it first, then by how far.
    pub without: Vec<Otherwise>,
    /// With each assumption false that moves it.
    pub assumptions: Vec<Otherwise>,
}

impl Conclusion {
    /// The origin that it hangs on most.
    pub fn linchpin(&self) -> Option<&Otherwise> {
        self.without.first()
    }
}

/// An assumption, and how far its failing would reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assumed {
    /// `assumption:ID`.
    pub id: String,
    /// In words.
    pub text: String,
    /// How it stands.
    pub status: AssumptionStatus,
    /// Why, and when it would fail.
    pub why: Option<String>,
    /// Judgments that it is declared to hold up.
    pub judgments: Vec<String>,
    /// Whether it could be run as false.
    pub run: bool,
    /// Conclusions that move if it is false.
    pub moves: Vec<String>,
}

/// All conclusions of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scrutiny {
    /// Judgments in the order of the file, then questions that no judgment is about.
    pub conclusions: Vec<Conclusion>,
    /// Assumptions by id.
    pub assumptions: Vec<Assumed>,
    /// What could not be tried, and why.
    pub untried: Vec<(String, String)>,
}

/// What one conclusion came to: outcome, the number that is followed, text.
fn stands(run: &Run, case: &Case, id: &str, followed: &str) -> (String, Option<f64>, String) {
    if let Some(j) = run.assessment.judgments.iter().find(|j| j.id == id) {
        let about = case.judgments.iter().find(|x| format!("judgment:{}", x.id) == id).map(|j| &j.about);
        let p = match about {
            Some(About::Hypotheses(q)) => hypothesis(run, q, followed),
            Some(About::Indicator(i)) => run.outcomes.get(i).and_then(|o| o.probability),
            None => None,
        };
        return (j.outcome.clone(), p, j.text.clone());
    }
    let q = id.trim_start_matches("question:");
    (leader(run, q).unwrap_or_default(), hypothesis(run, q, followed), String::new())
}

fn hypothesis(run: &Run, q: &str, h: &str) -> Option<f64> {
    run.answers.get(q)?.hypotheses.iter().find(|x| x.id == h).map(|x| x.probability)
}

fn leader(run: &Run, q: &str) -> Option<String> {
    let a = run.answers.get(q)?;
    a.ranked().first().map(|h| a.hypotheses[*h].id.clone())
}

/// Origins that a build tries: of a large case few, so that it does not wait for them.
pub fn affordable(case: &Case) -> usize {
    (CLAIMS / case.claims.len().max(1)).min(ORIGINS)
}

/// Tries every conclusion of a case, without each of so many origins at most, and with every assumption false. `done` is
/// told how many runs are done, and of how many.
pub fn scrutiny(
    case: &Case,
    run: &Run,
    options: Options,
    origins: usize,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Scrutiny {
    // Each with the question or the indicator it is about.
    let mut ids: Vec<(String, Option<String>)> = case
        .judgments
        .iter()
        .map(|j| {
            let q = if let About::Hypotheses(q) = &j.about { Some(q.clone()) } else { None };
            (format!("judgment:{}", j.id), q)
        })
        .collect();
    for q in case.questions.keys() {
        if !ids.iter().any(|(_, about)| about.as_ref() == Some(q)) {
            ids.push((format!("question:{q}"), Some(q.clone())));
        }
    }
    if ids.is_empty() {
        return Scrutiny::default();
    }
    let followed: Vec<String> =
        ids.iter().map(|(_, q)| q.as_ref().and_then(|q| leader(run, q)).unwrap_or_default()).collect();
    let now: Vec<(String, Option<f64>, String)> =
        ids.iter().zip(&followed).map(|((id, _), f)| stands(run, case, id, f)).collect();

    let (origins, more) = under_conclusions(case, run, origins);
    let mut tries: Vec<(String, Case)> =
        origins.into_iter().map(|o| (format!("source:{o}"), case.without_origin(&o))).collect();
    for (id, a) in &case.assumptions {
        if let Some(change) = &a.if_false {
            tries.push((format!("assumption:{id}"), case.changed(change)));
        }
    }
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let all = tries.len();
    done(0, all);
    let runs: Vec<(String, Result<Vec<(String, Option<f64>, String)>, String>)> = tries
        .into_par_iter()
        .map(|(cause, other)| {
            let then = assess(&other, options)
                .map(|r| ids.iter().zip(&followed).map(|((id, _), f)| stands(&r, case, id, f)).collect())
                .map_err(|p| p.first().map_or_else(String::new, |p| p.message.clone()));
            done(finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, all);
            (cause, then)
        })
        .collect();

    let mut untried: Vec<(String, String)> = more
        .into_iter()
        .map(|o| (format!("source:{o}"), "others have more claims: `bellwether weigh` tries more than a build".into()))
        .collect();
    untried.extend(runs.iter().filter_map(|(cause, r)| Some((cause.clone(), r.as_ref().err()?.clone()))));
    let conclusions: Vec<Conclusion> = ids
        .iter()
        .enumerate()
        .map(|(k, (id, question))| {
            let (outcome, p, text) = &now[k];
            let far = |o: &Otherwise| apart(o.probability, *p);
            let of = |kind: &str| -> Vec<Otherwise> {
                let mut list: Vec<Otherwise> = runs
                    .iter()
                    .filter(|(cause, _)| cause.starts_with(kind))
                    .filter_map(|(cause, r)| {
                        let (then, q, says) = &r.as_ref().ok()?[k];
                        Some(Otherwise {
                            cause: cause.clone(),
                            probability: *q,
                            outcome: then.clone(),
                            flips: then != outcome,
                            text: (says != text).then(|| says.clone()),
                        })
                    })
                    .filter(|o| o.flips || far(o) > LEAST)
                    .collect();
                list.sort_by(|a, b| {
                    b.flips.cmp(&a.flips).then(far(b).total_cmp(&far(a))).then_with(|| a.cause.cmp(&b.cause))
                });
                list
            };
            Conclusion {
                id: id.clone(),
                question: question.clone(),
                outcome: outcome.clone(),
                probability: *p,
                without: of("source:"),
                assumptions: of("assumption:"),
            }
        })
        .collect();
    let assumptions = case
        .assumptions
        .iter()
        .map(|(id, a)| {
            let cause = format!("assumption:{id}");
            let moved = |c: &&Conclusion| c.assumptions.iter().any(|o| o.cause == cause);
            Assumed {
                text: a.text.clone(),
                status: a.status,
                why: a.why.clone(),
                judgments: a.judgments.iter().map(|j| format!("judgment:{j}")).collect(),
                run: a.if_false.is_some(),
                moves: conclusions.iter().filter(moved).map(|c| c.id.clone()).collect(),
                id: cause,
            }
        })
        .collect();
    Scrutiny { conclusions, assumptions, untried }
}

/// Origins under any conclusion, and those beyond the number that is tried.
fn under_conclusions(case: &Case, run: &Run, most: usize) -> (Vec<String>, Vec<String>) {
    let view = &View { case, laws: &run.laws, worlds: &run.worlds };
    let tested = Tested { view, outcomes: &run.outcomes };
    let items = run.answers.values().flat_map(|a| &a.items).flat_map(|i| i.claims.clone());
    let indicators = run.outcomes.keys().cloned().map(EvidenceKind::Indicator);
    let claims: BTreeSet<String> =
        items.chain(indicators.flat_map(|kind| lineage(tested, &run.gathered, &kind))).collect();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for c in claims.iter().filter_map(|c| case.claims.get(c)) {
        *count.entry(case.root(c).0).or_default() += 1;
    }
    // Links are claimed, too, and affiliates move indicators.
    for l in case.actors.values().flat_map(|a| &a.link).flat_map(|l| &l.claims).filter_map(|c| case.claims.get(c)) {
        *count.entry(case.root(l).0).or_default() += 1;
    }
    let mut list: Vec<(usize, String)> = count.into_iter().map(|(o, n)| (n, o)).collect();
    list.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let more = list.split_off(list.len().min(most));
    let names = |l: Vec<(usize, String)>| l.into_iter().map(|x| x.1).collect();
    (names(list), names(more))
}
