//! What changed between two builds, by how much, and which report did it.
//!
//! Worlds are paired (the same draws wherever nothing changed), so a difference is judged by the standard error of
//! the paired difference, and moves below two of them are left out. Which report did it is found by running the
//! newer build again without each report that differs, not told by narrative.

use std::collections::BTreeMap;

use model::{Case, Problem};
use serde::Serialize;

use crate::build::{Options, Run, assess};
use crate::query::stored_series;
use crate::stage::assess::Assessment;
use crate::store::Store;

/// What a report did to a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// `report:ID`.
    pub report: String,
    /// The number with it less the number without it; with its sign, as it acted.
    pub effect: f64,
}

/// One number that moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The number.
    pub id: String,
    /// Before; none if it was not there or not testable.
    pub before: Option<f64>,
    /// After.
    pub after: Option<f64>,
    /// Standard error of the paired difference.
    pub error: f64,
    /// Reports behind it, most first.
    pub because: Vec<Cause>,
}

/// A whole comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Reports that are only in the newer one.
    pub added: Vec<String>,
    /// Reports that are only in the older one.
    pub removed: Vec<String>,
    /// Reports whose text or claims differ.
    pub changed: Vec<String>,
    /// Numbers that moved, most first.
    pub numbers: Vec<Change>,
    /// Judgments whose text changed: id, before, after.
    pub judgments: Vec<(String, String, String)>,
}

/// One side of a comparison.
struct Side {
    probabilities: BTreeMap<String, Option<f64>>,
    series: BTreeMap<String, Vec<f64>>,
    judgments: BTreeMap<String, String>,
}

impl Side {
    fn of(run: &Run) -> Self {
        Self { probabilities: run.probabilities(), series: run.series(), judgments: texts(&run.assessment) }
    }
}

fn texts(a: &Assessment) -> BTreeMap<String, String> {
    a.judgments.iter().map(|j| (j.id.clone(), j.text.clone())).collect()
}

/// Compares two states of a case.
///
/// # Errors
/// Problems that only show when the evidence is weighed.
pub fn diff(before: &Case, after: &Case, options: Options) -> Result<Difference, Vec<Problem>> {
    let (a, b) = (assess(before, options)?, assess(after, options)?);
    let hashes = |run: &Run| -> BTreeMap<String, String> {
        run.ingested
            .iter()
            .map(|r| (r.report.clone(), format!("{}{}", r.hash, serde_json::to_string(&r.claims).unwrap_or_default())))
            .collect()
    };
    let (old, new) = (hashes(&a), hashes(&b));
    compare(&Side::of(&a), &Side::of(&b), &old, &new, before, after, options)
}

impl Difference {
    /// Compares the last good build with the case as it stands.
    ///
    /// # Errors
    /// As phrases or problems.
    pub fn since_build(
        store: &Store,
        case: &Case,
        worlds: Option<usize>,
    ) -> Result<Self, Result<String, Vec<Problem>>> {
        let manifest = store
            .manifest()
            .ok_or_else(|| Ok("there is no build to compare with: run `bellwether build` first".to_owned()))?;
        let bytes = std::fs::read(store.root().join(&manifest.assessment)).map_err(|e| Ok(e.to_string()))?;
        let old: Assessment = serde_json::from_slice(&bytes).map_err(|e| Ok(e.to_string()))?;
        let series = stored_series(store).map_err(Ok)?;
        let options = Options { worlds: worlds.unwrap_or(manifest.worlds).max(1) };
        let run = assess(case, options).map_err(Err)?;
        let side = Side { probabilities: old.probabilities(), series, judgments: texts(&old) };
        let before: BTreeMap<String, String> = manifest.reports.into_iter().collect();
        let after: BTreeMap<String, String> = run.ingested.iter().map(|r| (r.report.clone(), r.hash.clone())).collect();
        compare(&side, &Side::of(&run), &before, &after, case, case, options).map_err(Err)
    }
}

fn compare(
    a: &Side,
    b: &Side,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    before: &Case,
    after: &Case,
    options: Options,
) -> Result<Difference, Vec<Problem>> {
    let added: Vec<String> = new.keys().filter(|k| !old.contains_key(*k)).cloned().collect();
    let removed: Vec<String> = old.keys().filter(|k| !new.contains_key(*k)).cloned().collect();
    let changed: Vec<String> =
        new.iter().filter(|(k, h)| old.get(*k).is_some_and(|o| o != *h)).map(|x| x.0.clone()).collect();
    let mut ids: Vec<&String> = a.probabilities.keys().chain(b.probabilities.keys()).collect();
    ids.sort();
    ids.dedup();
    let mut numbers: Vec<Change> = Vec::new();
    for id in ids {
        let (x, y) = (a.probabilities.get(id).copied().flatten(), b.probabilities.get(id).copied().flatten());
        let error = paired_error(a.series.get(id), b.series.get(id));
        if apart(x, y) > (2.0 * error).max(1e-9) {
            numbers.push(Change { id: id.clone(), before: x, after: y, error, because: Vec::new() });
        }
    }
    // Which report did it: the newer state without each that is new or changed, the older without each that is gone.
    let mut effects: Vec<(String, BTreeMap<String, Option<f64>>, bool)> = Vec::new();
    if !numbers.is_empty() {
        for report in added.iter().chain(&changed).take(64) {
            effects.push((report.clone(), assess(&after.without_report(report), options)?.probabilities(), true));
        }
        for report in removed.iter().filter(|r| before.reports.contains_key(*r)).take(64) {
            effects.push((report.clone(), assess(&before.without_report(report), options)?.probabilities(), false));
        }
    }
    for change in &mut numbers {
        for (report, without, in_after) in &effects {
            let base = if *in_after { change.after } else { change.before };
            let other = without.get(&change.id).copied().flatten();
            // A number that is not there without the report owes itself to it whole.
            let effect = base.unwrap_or(0.0) - other.unwrap_or(0.0);
            let effect = if *in_after { effect } else { -effect };
            if effect.abs() > (2.0 * change.error).max(0.005) {
                change.because.push(Cause { report: format!("report:{report}"), effect });
            }
        }
        change.because.sort_by(|x, y| y.effect.abs().total_cmp(&x.effect.abs()).then_with(|| x.report.cmp(&y.report)));
    }
    let size = |c: &Change| (c.before.unwrap_or(0.0) - c.after.unwrap_or(0.0)).abs();
    numbers.sort_by(|x, y| size(y).total_cmp(&size(x)).then_with(|| x.id.cmp(&y.id)));
    let judgments = b
        .judgments
        .iter()
        .filter_map(|(id, text)| {
            let was = a.judgments.get(id)?;
            (was != text).then(|| (id.clone(), was.clone(), text.clone()))
        })
        .collect();
    Ok(Difference { added, removed, changed, numbers, judgments })
}

/// How far two numbers are apart; one that is there and one that is not, as far as can be.
pub(crate) fn apart(a: Option<f64>, b: Option<f64>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs(),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

/// Standard error of the mean of paired differences; 0 when the two cannot be paired.
fn paired_error(a: Option<&Vec<f64>>, b: Option<&Vec<f64>>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) if a.len() == b.len() => {
            stats::mean_se(&a.iter().zip(b).map(|(x, y)| x - y).collect::<Vec<_>>()).1
        }
        _ => 0.0,
    }
}
