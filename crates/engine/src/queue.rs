//! The review queue: machine-read claims that nobody has ruled on, those first on which most depends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::{Case, ClaimRuling, Decides, Problem, Ruling, Span, Verdict};
use rayon::prelude::*;
use serde::Serialize;

use crate::build::{Options, Run, assess};
use crate::stage::gather::Reviewed;

/// Worlds in which the weight of a claim is told: enough for an order, too few for a number in print.
const WORLDS: usize = 256;

/// A claim that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queued {
    /// The claim.
    pub claim: String,
    /// The rule that read it.
    pub rule: String,
    /// Chance that it was read rightly, as far as people have ruled on its rule.
    pub precision: f64,
    /// What moves most, between accepting and rejecting it: an indicator or a hypothesis, as `kind:id`.
    pub moves: Option<String>,
    /// By how much its probability moves.
    pub impact: f64,
    /// Impact times doubt p (1 - p): the order of the queue.
    pub priority: f64,
}

/// The queue, first things first. `done` hears how many of how many claims have been weighed.
///
/// # Errors
/// Problems that only show when the evidence is weighed.
pub fn queue(case: &Case, done: &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<Queued>, Vec<Problem>> {
    let reviewed = Reviewed::new(case);
    let open: Vec<(&str, &str)> = case
        .claims
        .values()
        .filter(|c| !reviewed.verdicts.contains_key(c.id.as_str()))
        .filter_map(|c| Some((c.id.as_str(), c.rule.as_deref()?)))
        .collect();
    let count = AtomicUsize::new(0);
    let mut out = open
        .par_iter()
        .map(|(claim, rule)| {
            let precision = reviewed.precision(rule);
            let with = |is: Verdict| {
                let mut case = case.clone();
                case.rulings.push(Ruling {
                    at: case.as_of(),
                    by: String::new(),
                    why: String::new(),
                    decides: Decides::Claim(ClaimRuling { claim: (*claim).into(), rule: (*rule).into(), is }),
                    span: Span::default(),
                });
                assess(&case, Options { worlds: WORLDS }).map(|run| numbers(&run))
            };
            let (yes, no) = (with(Verdict::Accepted)?, with(Verdict::Rejected)?);
            let most = yes
                .iter()
                .map(|(id, p)| (id, (p - no.get(id).unwrap_or(p)).abs()))
                .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)));
            let impact = most.as_ref().map_or(0.0, |m| m.1);
            done(count.fetch_add(1, Ordering::Relaxed) + 1, open.len());
            Ok(Queued {
                claim: (*claim).into(),
                rule: (*rule).into(),
                precision,
                moves: most.filter(|m| m.1 > 0.0).map(|m| m.0.clone()),
                impact,
                priority: impact * precision * (1.0 - precision),
            })
        })
        .collect::<Result<Vec<Queued>, Vec<Problem>>>()?;
    out.sort_by(|a, b| b.priority.total_cmp(&a.priority).then_with(|| a.claim.cmp(&b.claim)));
    Ok(out)
}

/// Every probability that the case asks for.
fn numbers(run: &Run) -> BTreeMap<String, f64> {
    let indicators = run.outcomes.iter().filter_map(|(id, o)| Some((format!("indicator:{id}"), o.probability?)));
    let hypotheses = run
        .answers
        .iter()
        .flat_map(|(q, a)| a.hypotheses.iter().map(move |h| (format!("hypothesis:{q}/{}", h.id), h.probability)));
    indicators.chain(hypotheses).collect()
}
