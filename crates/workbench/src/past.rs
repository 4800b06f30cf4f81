//! Builds as they are remembered: what each said, a line each beside what is built, so that any two can be compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use engine::Run;
use model::Day;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Builds that are remembered, at most; the oldest go first.
const KEPT: usize = 500;
/// A number that moves by less is taken to stand still.
const STILL: f64 = 0.005;

/// What a build said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    /// Hash of each report.
    reports: BTreeMap<String, String>,
    /// Probability of each indicator, hypothesis, footprint and judgment; none where it cannot be tested.
    numbers: BTreeMap<String, Option<f64>>,
    /// Text of each judgment.
    judgments: BTreeMap<String, String>,
    as_of: Day,
    claims: usize,
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    number: u64,
    /// Seconds since 1970.
    at: u64,
    said: Said,
}

/// A build in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Past {
    /// By which it is known.
    number: u64,
    /// When it was first built, in seconds since 1970.
    at: u64,
    /// The day that the case was seen from.
    #[schema(value_type = String, format = Date)]
    as_of: Day,
    /// Number of reports.
    reports: usize,
    /// Number of claims.
    claims: usize,
}

/// A number that moved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moved {
    /// The number.
    id: String,
    /// In the first build; none if it was not there or not testable.
    before: Option<f64>,
    /// In the second.
    after: Option<f64>,
}

/// A judgment that reads otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reworded {
    /// The judgment.
    id: String,
    /// In the first build.
    before: Option<String>,
    /// In the second.
    after: Option<String>,
}

/// What differs between two builds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Compared {
    /// Reports that only the second has.
    added: Vec<String>,
    /// Reports that only the first has.
    removed: Vec<String>,
    /// Reports whose text differs.
    changed: Vec<String>,
    /// Numbers that moved by half a point or more, most first.
    numbers: Vec<Moved>,
    /// Judgments that read otherwise.
    judgments: Vec<Reworded>,
}

/// The builds that are remembered.
#[derive(Debug)]
pub(crate) struct Memory {
    path: PathBuf,
    lines: Mutex<Option<Vec<Line>>>,
}

impl Memory {
    pub(crate) fn new(case: &Path) -> Self {
        Self { path: case.join(".bellwether/builds.jsonl"), lines: Mutex::default() }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<Line>) -> T) -> T {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // A line that another version wrote is no line of ours.
        let read = || {
            let text = disk::text(&self.path, 256 << 20).unwrap_or_default();
            text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
        };
        look(lines.get_or_insert_with(read))
    }

    /// Remembers a build, unless it says what the last one said.
    ///
    /// # Errors
    /// The disk.
    pub(crate) fn remember(&self, run: &Run) -> Result<(), String> {
        let a = &run.assessment;
        let kinds = ["indicator:", "hypothesis:", "footprint:", "judgment:"];
        let told = |id: &String| kinds.iter().any(|k| id.starts_with(k));
        let said = Said {
            reports: run.ingested.iter().map(|r| (r.report.clone(), r.hash.clone())).collect(),
            numbers: a.probabilities().into_iter().filter(|(id, _)| told(id)).collect(),
            judgments: a.judgments.iter().map(|j| (j.id.clone(), j.text.clone())).collect(),
            as_of: a.case.as_of,
            claims: a.case.claims,
        };
        self.with(|lines| {
            if lines.last().is_some_and(|l| l.said == said) {
                return Ok(());
            }
            let at = std::time::SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
            let number = lines.last().map_or(1, |l| l.number + 1);
            lines.push(Line { number, at, said });
            let excess = lines.len().saturating_sub(KEPT);
            lines.drain(..excess);
            let text = |l: &Line| serde_json::to_string(l).unwrap_or_default();
            if excess > 0 {
                let whole: String = lines.iter().map(|l| text(l) + "\n").collect();
                disk::write(&self.path, whole.as_bytes())
            } else {
                disk::append(&self.path, &lines.last().map(text).into_iter().collect::<Vec<_>>())
            }
        })
    }

    /// All of them, the latest first.
    pub(crate) fn all(&self) -> Vec<Past> {
        let past = |l: &Line| Past {
            number: l.number,
            at: l.at,
            as_of: l.said.as_of,
            reports: l.said.reports.len(),
            claims: l.said.claims,
        };
        self.with(|lines| lines.iter().rev().map(past).collect())
    }

    /// What differs between two, by their numbers; `None` if either is not remembered.
    pub(crate) fn compared(&self, before: u64, after: u64) -> Option<Compared> {
        self.with(|lines| {
            let find = |n: u64| lines.iter().find(|l| l.number == n).map(|l| &l.said);
            Some(compared(find(before)?, find(after)?))
        })
    }
}

fn compared(a: &Said, b: &Said) -> Compared {
    let only = |x: &Said, y: &Said| x.reports.keys().filter(|r| !y.reports.contains_key(*r)).cloned().collect();
    let differs = |(id, hash): &(&String, &String)| b.reports.get(*id).is_some_and(|h| h != *hash);
    let number = |s: &Said, id: &str| s.numbers.get(id).copied().flatten();
    let mut ids: Vec<&String> = a.numbers.keys().chain(b.numbers.keys()).collect();
    ids.sort();
    ids.dedup();
    let far = |m: &Moved| match (m.before, m.after) {
        (Some(x), Some(y)) => (x - y).abs(),
        (None, None) => 0.0,
        _ => 1.0,
    };
    let moved = |id: &String| Moved { id: id.clone(), before: number(a, id), after: number(b, id) };
    let mut numbers: Vec<Moved> = ids.into_iter().map(moved).filter(|m| far(m) >= STILL).collect();
    numbers.sort_by(|x, y| far(y).total_cmp(&far(x)).then_with(|| x.id.cmp(&y.id)));
    let mut judged: Vec<&String> = a.judgments.keys().chain(b.judgments.keys()).collect();
    judged.sort();
    judged.dedup();
    let text = |s: &Said, id: &str| s.judgments.get(id).cloned();
    let reworded = |id: &String| Reworded { id: id.clone(), before: text(a, id), after: text(b, id) };
    Compared {
        added: only(b, a),
        removed: only(a, b),
        changed: a.reports.iter().filter(differs).map(|(id, _)| id.clone()).collect(),
        numbers,
        judgments: judged.into_iter().map(reworded).filter(|r| r.before != r.after).collect(),
    }
}
