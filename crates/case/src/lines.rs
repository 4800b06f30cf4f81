//! Claims and rulings as the lines that are written of them.

use std::io;

use model::{Claim, Credibility, Host, Id, Modality, Origin, Ruling, Says, Stance, Tlp};
use serde::Serialize;

#[derive(Serialize)]
struct ExcerptLine<'c> {
    exact: &'c str,
    start: usize,
    end: usize,
    prefix: &'c str,
    suffix: &'c str,
}

/// A claim in the order in which people read it; what is the default is left out.
#[derive(Serialize)]
struct ClaimLine<'c> {
    id: &'c str,
    report: &'c str,
    excerpt: ExcerptLine<'c>,
    chain: &'c [Id],
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    stance: Stance,
    #[serde(skip_serializing_if = "is_default")]
    modality: Modality,
    #[serde(skip_serializing_if = "is_default")]
    basis: model::Basis,
    #[serde(skip_serializing_if = "is_default")]
    credibility: Credibility,
    #[serde(skip_serializing_if = "Option::is_none")]
    tlp: Option<Tlp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'c str>,
    says: serde_json::Value,
}

fn is_default<T: Default + PartialEq>(x: &T) -> bool {
    *x == T::default()
}

/// Leaves out what is not said.
fn lean(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, v)| !v.is_null() && v.as_array().is_none_or(|a| !a.is_empty()))
                .map(|(k, v)| (k, lean(v)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(lean).collect()),
        other => other,
    }
}

/// A file of lines with more of them, each with its end; one that is not there yet has none.
///
/// # Errors
/// The file is there and cannot be read.
pub fn with_lines(host: &dyn Host, path: &str, lines: &[String]) -> io::Result<Vec<u8>> {
    let mut whole = match host.read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    if !whole.is_empty() && !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    for line in lines {
        whole.extend(line.as_bytes());
        whole.push(b'\n');
    }
    Ok(whole)
}

/// What a person made of a claim that a machine read, one claim or several, as lines of `claims/*.jsonl` with their ids:
/// no rule read them, and each has an id of its own, which `taken` says of those that are not free.
pub fn put_right(
    was: &Claim,
    made: Vec<serde_json::Map<String, serde_json::Value>>,
    taken: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for mut claim in made {
        claim.remove("rule");
        let mut stem = claim.get("id").and_then(serde_json::Value::as_str).unwrap_or(&was.id).to_owned();
        if stem == was.id {
            stem.push_str("-by-hand");
        }
        let free = |id: &str| !taken(id) && out.iter().all(|(other, _)| other != id);
        let numbered = (2..).map(|n| format!("{stem}-{n}"));
        let id = std::iter::once(stem.clone()).chain(numbered).find(|id| free(id)).unwrap_or_default();
        claim.insert("id".into(), serde_json::Value::String(id.clone()));
        out.push((id, serde_json::Value::Object(claim).to_string()));
    }
    out
}

/// One line of `claims/*.jsonl`, without the line's end.
pub fn claim_line(c: &Claim) -> String {
    let origin = match &c.origin {
        Origin::Source(s) if c.chain.first() == Some(s) => None,
        Origin::Source(s) => Some(s.clone()),
        Origin::Claim(id) => Some(format!("claim:{id}")),
    };
    let says = |s: &Says| serde_json::to_value(s).map(lean).unwrap_or_default();
    let line = ClaimLine {
        id: &c.id,
        report: &c.report,
        excerpt: ExcerptLine {
            exact: &c.excerpt.exact,
            start: c.excerpt.start,
            end: c.excerpt.end,
            prefix: &c.excerpt.prefix,
            suffix: &c.excerpt.suffix,
        },
        chain: &c.chain,
        origin,
        stance: c.stance,
        modality: c.modality,
        basis: c.basis,
        credibility: c.credibility,
        tlp: c.tlp,
        rule: c.rule.as_deref(),
        says: says(&c.says),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// One line of `rulings.jsonl`, without the line's end.
pub fn ruling_line(r: &Ruling) -> String {
    serde_json::to_string(r).unwrap_or_default()
}

/// Where rulings stand.
pub const RULINGS: &str = "rulings.jsonl";
/// Where claims stand that people code while they review.
pub const REVIEWED: &str = "claims/reviewed.jsonl";

/// Columns of a claim in a table; all but the first three can be edited.
pub const CLAIM_COLUMNS: [&str; 12] =
    ["id", "report", "words", "chain", "origin", "stance", "modality", "basis", "credibility", "tlp", "rule", "says"];

/// The cells of a claim, as its line has them: a list of names with commas, anything deeper as JSON, a default empty.
pub fn claim_cells(c: &Claim) -> [String; 12] {
    let line: serde_json::Value = serde_json::from_str(&claim_line(c)).unwrap_or_default();
    let cell = |key: &str| match &line[key] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(s) => s.clone(),
        serde_json::Value::Array(list) if list.iter().all(serde_json::Value::is_string) => {
            list.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    CLAIM_COLUMNS.map(|k| if k == "words" { c.excerpt.exact.clone() } else { cell(k) })
}

/// The line of a claim, with what differs in `cells` from what it has; `None` if nothing does. What stands in the line and in
/// no column stays.
///
/// # Errors
/// A cell that cannot be read, or one that must not be edited, by its column.
pub fn edited_claim(c: &Claim, cells: &[String; 12]) -> Result<Option<String>, String> {
    let now = claim_cells(c);
    let mut line: serde_json::Value = serde_json::from_str(&claim_line(c)).map_err(|e| e.to_string())?;
    let mut differs = false;
    for ((column, was), is) in CLAIM_COLUMNS.iter().zip(&now).zip(cells) {
        let is = is.trim();
        if was.trim() == is {
            continue;
        }
        differs = true;
        if matches!(*column, "id" | "report" | "words") {
            return Err(format!("`{column}` cannot be edited in a table: the claim is anchored by it"));
        }
        let value = cell_value(column, is)?;
        if let Some(map) = line.as_object_mut() {
            match value {
                None => drop(map.shift_remove(*column)),
                Some(value) => drop(map.insert((*column).to_owned(), value)),
            }
        }
    }
    Ok(differs.then(|| line.to_string()))
}

/// The line of a claim that a row of a table adds, anchored by its words: they stand once in the report, or the case is not
/// sound with it.
///
/// # Errors
/// A cell that cannot be read or must not be empty, by its column.
pub fn added_claim(cells: &[String; 12]) -> Result<String, String> {
    let mut line = serde_json::Map::new();
    for (column, is) in CLAIM_COLUMNS.iter().zip(cells) {
        let is = is.trim();
        match *column {
            "id" | "report" | "chain" | "stance" | "says" if is.is_empty() => {
                return Err(format!("a new claim needs `{column}`"));
            }
            "words" if is.is_empty() => return Err("a new claim needs the `words` of the report that say it".into()),
            "words" => drop(line.insert("excerpt".into(), serde_json::json!({"exact": is}))),
            "rule" if !is.is_empty() => return Err("no rule read what a person adds: leave `rule` empty".into()),
            _ => {
                if let Some(value) = cell_value(column, is)? {
                    line.insert((*column).to_owned(), value);
                }
            }
        }
    }
    Ok(serde_json::Value::Object(line).to_string())
}

/// What a cell of a column says; `None` of an empty one.
fn cell_value(column: &str, is: &str) -> Result<Option<serde_json::Value>, String> {
    use serde_json::Value;
    Ok(Some(match column {
        _ if is.is_empty() => return Ok(None),
        "chain" => Value::Array(is.split(',').map(|s| Value::String(s.trim().to_owned())).collect()),
        "credibility" => {
            let wrong = || format!("`credibility` is a whole number from 1 to 6, not `{is}`");
            let n: f64 = is.parse().map_err(|_| wrong())?;
            if n.fract() != 0.0 {
                return Err(wrong());
            }
            (n as i64).into()
        }
        "says" => serde_json::from_str(is).map_err(|e| format!("`says` is not JSON: {e}"))?,
        _ => Value::String(is.to_owned()),
    }))
}
