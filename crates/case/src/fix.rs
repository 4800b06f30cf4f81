//! Safe repairs for `check --fix`: offsets and context of excerpts, where the quoted text stands exactly
//! once in its report. Nothing else is ever changed.

use std::collections::BTreeMap;

use model::Host;
use serde_json::{Map, Value};

use crate::load::load;

/// The claims files as they should be: path to new text, only for those that change.
pub fn fixes(host: &dyn Host) -> BTreeMap<String, String> {
    let loaded = load(host);
    let mut out = BTreeMap::new();
    for (file, text) in loaded.texts.iter().filter(|(f, _)| f.starts_with("claims/")) {
        let mut changed = false;
        let mut new = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match fixed_line(line, &loaded.case.reports) {
                Some(fixed) if fixed.trim_end() != line.trim_end() => {
                    changed = true;
                    new.push_str(&fixed);
                    new.push('\n');
                }
                _ => new.push_str(line),
            }
        }
        if changed {
            out.insert(file.clone(), new);
        }
    }
    out
}

/// The line with offsets and context as they really are; `None` when that cannot be told safely.
fn fixed_line(line: &str, reports: &BTreeMap<String, model::Report>) -> Option<String> {
    let mut claim: Map<String, Value> = serde_json::from_str(line).ok()?;
    let report = reports.get(claim.get("report")?.as_str()?)?;
    let excerpt = claim.get_mut("excerpt")?.as_object_mut()?;
    let exact = excerpt.get("exact")?.as_str().filter(|e| !e.is_empty())?.to_owned();
    let offset = |key: &str| excerpt.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let stated = offset("start").filter(|s| {
        *s >= report.body && s.checked_add(exact.len()).and_then(|e| report.text.get(*s..e)) == Some(exact.as_str())
    });
    let start = match stated {
        Some(start) => start,
        None => {
            let mut found = report.text[report.body..].match_indices(&exact);
            let first = found.next()?.0;
            if found.next().is_some() {
                return None;
            }
            report.body + first
        }
    };
    let end = start + exact.len();
    let before: Vec<char> = report.text[report.body..start].chars().collect();
    let prefix: String = before[before.len().saturating_sub(32)..].iter().collect();
    let suffix: String = report.text[end..].chars().take(32).collect();
    for (key, value) in [
        ("start", Value::from(start)),
        ("end", Value::from(end)),
        ("prefix", Value::from(prefix)),
        ("suffix", Value::from(suffix)),
    ] {
        excerpt.insert(key.to_owned(), value);
    }
    serde_json::to_string(&claim).ok()
}
