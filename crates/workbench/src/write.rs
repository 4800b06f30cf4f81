//! What people change is written back to the case folder: rulings and claims are appended under a lock and synced before they
//! are acknowledged, definitions are checked as part of the whole case before a byte of them is kept.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use case::{REVIEWED, RULINGS};
use model::{ClaimRuling, Day, Decides, MatchRuling, Otherwise, Ruling, Span};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Largest definition file that is taken.
pub(crate) const MAX_FILE: usize = 1 << 20;

/// What somebody decides, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRuling {
    /// Whether a claim that a machine read is what the text says: the claim's id ...
    pub(crate) claim: Option<String>,
    /// ... or whether two events are one: their ids.
    pub(crate) events: Option<[String; 2]>,
    /// `accepted`, `rejected` or `unsure` of a claim; `same`, `not-same` or `unsure` of events.
    #[schema(pattern = "^(accepted|rejected|unsure|same|not-same)$")]
    pub(crate) is: String,
    /// Why.
    pub(crate) why: String,
    /// The ruling that this one replaces, by the number that it was given here; without it a second ruling on the same thing
    /// is refused, and the first is shown.
    pub(crate) over: Option<u64>,
}

/// A ruling as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Stands {
    /// Its line in `rulings.jsonl`, from 1.
    pub(crate) number: u64,
    /// What it is about: `claim:ID` or `events:A,B`.
    pub(crate) about: String,
    /// What was decided.
    pub(crate) is: String,
    /// By whom.
    pub(crate) by: String,
    /// On which day.
    #[schema(value_type = String)]
    pub(crate) at: Day,
    /// Why.
    pub(crate) why: String,
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It will not do, as it says.
    Bad(String),
    /// The case would have these problems, drawn.
    Problems(Vec<String>),
    /// Somebody ruled on it before.
    Ruled(Box<Stands>),
    /// Somebody changed the file since it was read.
    Changed,
    /// The disk.
    Failed(String),
}

/// All that writes to the folder, one at a time.
#[derive(Debug)]
pub(crate) struct Desk {
    folder: PathBuf,
    state: Mutex<State>,
}

/// Rulings that have been read, and how far.
#[derive(Debug, Default)]
struct State {
    bytes: u64,
    lines: u64,
    last: BTreeMap<String, Stands>,
}

fn about(d: &Decides) -> Option<(String, String)> {
    match d {
        Decides::Claim(c) => Some((format!("claim:{}", c.claim), word(&c.is))),
        Decides::Match(m) => Some((pair(&m.a, &m.b), word(&m.is))),
        Decides::Name(_) => None,
    }
}

/// How a ruling on two events is known, whichever is named first.
pub(crate) fn pair(a: &str, b: &str) -> String {
    if a <= b { format!("events:{a},{b}") } else { format!("events:{b},{a}") }
}

/// How a verdict is written.
fn word(v: &impl Serialize) -> String {
    serde_json::to_value(v).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

impl State {
    /// Reads what was added to the file, by whoever.
    fn catch_up(&mut self, path: &Path) -> Result<(), Refused> {
        use std::io::{Read as _, Seek as _};
        let failed = |e: io::Error| Refused::Failed(format!("cannot read {}: {e}", path.display()));
        let mut file = match std::fs::File::open(path) {
            Ok(f) => f,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(e)),
        };
        let size = file.metadata().map_err(failed)?.len();
        if size < self.bytes {
            // Somebody rewrote it: from the start.
            *self = Self::default();
        }
        file.seek(io::SeekFrom::Start(self.bytes)).map_err(failed)?;
        let mut text = String::new();
        file.take(64 << 20).read_to_string(&mut text).map_err(failed)?;
        for line in text.split_inclusive('\n') {
            self.bytes += line.len() as u64;
            self.lines += 1;
            let Ok(r) = serde_json::from_str::<Ruling>(line) else { continue };
            if let Some((about, is)) = about(&r.decides) {
                let stands = Stands { number: self.lines, about: about.clone(), is, by: r.by, at: r.at, why: r.why };
                self.last.insert(about, stands);
            }
        }
        Ok(())
    }
}

impl State {
    /// Whether nobody ruled on it, or `over` is the ruling that stands.
    fn free(&self, decides: &Decides, over: Option<u64>) -> Result<(), Refused> {
        let before = about(decides).and_then(|(about, _)| self.last.get(&about));
        match before.filter(|s| Some(s.number) != over) {
            Some(before) => Err(Refused::Ruled(Box::new(before.clone()))),
            None => Ok(()),
        }
    }
}

impl Desk {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, state: Mutex::default() }
    }

    /// What `look` makes of what was ruled on each thing last, by what it is about.
    pub(crate) fn rulings<T>(&self, look: impl FnOnce(&BTreeMap<String, Stands>) -> T) -> Result<T, Refused> {
        Ok(look(&self.caught_up()?.last))
    }

    /// Writes a ruling, and sees it to the disk. `rule` is the rule that read the claim.
    pub(crate) fn rule(&self, by: &str, new: &NewRuling, rule: Option<&str>) -> Result<Stands, Refused> {
        let bad = |e: String| Refused::Bad(e);
        let decides = match (&new.claim, &new.events) {
            (Some(claim), None) => {
                let rule =
                    rule.ok_or_else(|| bad(format!("no machine read `{claim}`: there is nothing to rule on")))?;
                let is = serde_json::from_value(Value::String(new.is.clone()))
                    .map_err(|_| bad(format!("`{}` is no verdict: accepted, rejected or unsure", new.is)))?;
                Decides::Claim(ClaimRuling { claim: claim.clone(), rule: rule.to_owned(), is })
            }
            (None, Some([a, b])) => {
                let is = serde_json::from_value(Value::String(new.is.clone()))
                    .map_err(|_| bad(format!("`{}` is no verdict: same, not-same or unsure", new.is)))?;
                Decides::Match(MatchRuling { a: a.clone(), b: b.clone(), is })
            }
            _ => return Err(bad("a ruling is about a `claim`, or about two `events`".into())),
        };
        if new.why.trim().is_empty() || new.why.len() > 2000 {
            return Err(bad("a ruling says why, in at most 2,000 bytes".into()));
        }
        let mut state = self.caught_up()?;
        state.free(&decides, new.over)?;
        self.decide(&mut state, by, new.why.trim(), decides)
    }

    /// Puts right what a machine read: adds what a person made of the claim (id and line of each), and rules `was` on it.
    /// Neither, if somebody ruled on it before or the case would not be sound.
    pub(crate) fn put_right(
        &self,
        by: &str,
        was: ClaimRuling,
        made: &[(String, String)],
        over: Option<u64>,
    ) -> Result<Stands, Refused> {
        let decides = Decides::Claim(was);
        let mut state = self.caught_up()?;
        state.free(&decides, over)?;
        let (ids, lines): (Vec<&str>, Vec<String>) = made.iter().map(|(id, line)| (id.as_str(), line.clone())).unzip();
        self.add(&lines)?;
        self.decide(&mut state, by, &format!("put right as {}", ids.join(", ")), decides)
    }

    /// Adds a claim that a person coded, if the case is sound with it.
    pub(crate) fn code(&self, claim: &Value) -> Result<(), Refused> {
        let _one = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.add(&[claim.to_string()])
    }

    /// The desk to oneself, with all rulings read.
    fn caught_up(&self) -> Result<MutexGuard<'_, State>, Refused> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(&self.folder.join(RULINGS))?;
        Ok(state)
    }

    /// Writes a ruling, and sees it to the disk.
    fn decide(&self, state: &mut State, by: &str, why: &str, decides: Decides) -> Result<Stands, Refused> {
        let path = self.folder.join(RULINGS);
        let (by, why) = (by.to_owned(), why.to_owned());
        let about = about(&decides).map(|a| a.0);
        let ruling = Ruling { at: disk::today(), by, why, decides, span: Span::default() };
        disk::append(&path, &[case::ruling_line(&ruling)]).map_err(Refused::Failed)?;
        state.catch_up(&path)?;
        let stands = about.and_then(|a| state.last.get(&a).cloned());
        stands.ok_or_else(|| Refused::Failed("the ruling was not found again".into()))
    }

    /// Adds claims that people made, if the case is sound with them.
    fn add(&self, lines: &[String]) -> Result<(), Refused> {
        let under = disk::Folder(self.folder.clone());
        let whole = case::with_lines(&under, REVIEWED, lines);
        let whole = whole.map_err(|e| Refused::Failed(format!("cannot read {REVIEWED}: {e}")))?;
        self.sound_with(&under, REVIEWED, whole)?;
        disk::append(&self.folder.join(REVIEWED), lines).map_err(Refused::Failed)
    }

    /// A file of definitions, with what it is known by: whoever changes it says what they changed.
    pub(crate) fn file(&self, path: &str) -> Result<(String, String), Refused> {
        if !editable(path) {
            return Err(Refused::Bad(format!("`{path}` is no file of definitions")));
        }
        let at = self.folder.join(path);
        // One that is not there yet has nothing in it.
        let text = if at.exists() { disk::text(&at, MAX_FILE as u64).map_err(Refused::Failed)? } else { String::new() };
        let version = blake3::hash(text.as_bytes()).to_hex().to_string();
        Ok((text, version))
    }

    /// Changes a file of definitions, if it is still what it was and the case is sound with it. `edit` is given the text as
    /// it stands. Returns the new version.
    pub(crate) fn edit(
        &self,
        path: &str,
        version: Option<&str>,
        edit: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<String, Refused> {
        let _one = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, now) = self.file(path)?;
        if version.is_some_and(|v| v != now) {
            return Err(Refused::Changed);
        }
        let text = edit(&text).map_err(Refused::Bad)?;
        if text.len() > MAX_FILE {
            return Err(Refused::Bad(format!("{path} would be larger than {MAX_FILE} bytes")));
        }
        self.sound_with(&disk::Folder(self.folder.clone()), path, text.clone().into_bytes())?;
        disk::write(&self.folder.join(path), text.as_bytes()).map_err(Refused::Failed)?;
        Ok(blake3::hash(text.as_bytes()).to_hex().to_string())
    }

    /// Whether the case would be sound with one file otherwise.
    fn sound_with(&self, under: &disk::Folder, path: &str, bytes: Vec<u8>) -> Result<(), Refused> {
        let host = Otherwise { under, files: BTreeMap::from([(path.to_owned(), bytes)]) };
        let loaded = case::load(&host);
        let errors = loaded.errors();
        if errors.is_empty() { Ok(()) } else { Err(Refused::Problems(loaded.drawn(&errors))) }
    }
}

/// Files that are edited here, and no others.
pub(crate) fn editable(path: &str) -> bool {
    const FILES: [&str; 11] = [
        "case.toml",
        "sources.toml",
        "actors.toml",
        "indicators.toml",
        "hypotheses.toml",
        "factors.toml",
        "judgments.toml",
        "assumptions.toml",
        "gaps.toml",
        "coverage.toml",
        "areas.geojson",
    ];
    FILES.contains(&path)
        || path.strip_prefix("analysts/").and_then(|p| p.strip_suffix(".toml")).is_some_and(model::is_id)
}

/// `areas.geojson` with one area drawn otherwise, or added: one feature a line, as it is written.
pub(crate) fn with_area(text: &str, id: &str, name: &str, geometry: &Value) -> Result<String, String> {
    let text = if text.is_empty() { r#"{"type":"FeatureCollection","features":[]}"# } else { text };
    let mut whole: Value = serde_json::from_str(text).map_err(|e| format!("areas.geojson is not JSON: {e}"))?;
    let features = whole["features"].as_array_mut().ok_or("areas.geojson has no features")?;
    match features.iter_mut().find(|f| f["id"] == id) {
        Some(f) => {
            f["geometry"] = geometry.clone();
            f["properties"]["note"] = "drawn in the workbench".into();
        }
        None => features.push(serde_json::json!({"type": "Feature", "id": id,
            "properties": {"name": name, "note": "drawn in the workbench"}, "geometry": geometry})),
    }
    let lines: Vec<String> = features.iter().map(Value::to_string).collect();
    Ok(format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", lines.join(",\n")))
}

/// `hypotheses.toml` with one likelihood otherwise; everything else stays as it is written.
pub(crate) fn with_likelihood(
    text: &str,
    (question, evidence, hypothesis): (&str, &str, &str),
    value: &Value,
) -> Result<String, String> {
    let mut doc: toml_edit::DocumentMut = text.parse().map_err(|e| format!("hypotheses.toml: {e}"))?;
    let item = doc
        .get_mut(question)
        .and_then(|q| q.get_mut("evidence"))
        .and_then(|e| e.get_mut(evidence))
        .and_then(|e| e.get_mut("likelihood"))
        .ok_or_else(|| format!("`{question}` has no likelihoods of `{evidence}` in hypotheses.toml"))?;
    let cells = item.as_table_like_mut().ok_or("the likelihoods are not one a hypothesis")?;
    let cell =
        cells.get_mut(hypothesis).ok_or_else(|| format!("`{evidence}` has no likelihood under `{hypothesis}`"))?;
    let number = |v: &Value| v.as_f64().ok_or("a likelihood is a number, a range of two, or a word");
    let new: toml_edit::Value = match value {
        Value::String(word) => word.as_str().into(),
        Value::Array(range) => {
            let mut list = toml_edit::Array::new();
            for x in range {
                list.push(number(x)?);
            }
            list.into()
        }
        other => number(other)?.into(),
    };
    let old = cell.as_value().map(|v| v.decor().clone());
    *cell = toml_edit::Item::Value(new);
    if let (Some(v), Some(old)) = (cell.as_value_mut(), old) {
        *v.decor_mut() = old;
    }
    Ok(doc.to_string())
}
