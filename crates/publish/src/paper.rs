//! The assessment on paper: the same things said as on the page, set as PDF. No word of the case is markup: the template
//! reads all of it as data.

use std::collections::BTreeSet;

use model::{Problem, Span};
use print::Fonts;
use serde_json::Value;

use crate::page::Publication;

const TEMPLATE: &str = include_str!("../templates/assessment.typ");

/// The document, and what a person should look at: characters that no font has.
///
/// # Errors
/// What typst says.
pub(crate) fn pdf(p: &Publication, fonts: &Fonts, id: &str) -> Result<(Vec<u8>, Vec<Problem>), String> {
    let failed = |e: serde_json::Error| format!("the PDF: {e}");
    let said = fitted(serde_json::to_value(&p.said).map_err(failed)?);
    let said = serde_json::to_string(&said).map_err(failed)?;
    let lacking = fonts.lacking(&said);
    let at = || Span::new("case.toml", 0, 0);
    let mut remarks = Vec::new();
    if !lacking.is_empty() {
        let some: String = lacking.iter().take(12).collect();
        let text = format!("{} characters have no sign in the PDF's fonts and are set as boxes: {some}", lacking.len());
        let help =
            "put a font that has them (.ttf or .otf) into `fonts/` of the case folder; the page is not concerned";
        remarks.push(Problem::warning("no-glyph", at(), text).help(help));
    }
    let boxed: String = said.chars().map(|c| if lacking.contains(&c) { BOX } else { c }).collect();
    let files = vec![("said.json", boxed.into_bytes()), ("picture.css", crate::PICTURE.as_bytes().to_vec())];
    let made = print::pdf(TEMPLATE, files, fonts, id).map_err(|e| format!("the PDF: {e}"))?;
    if let Some(why) = made.unfit {
        let text = format!("the PDF is not all that a screen reader needs (PDF/UA-1): {why}");
        remarks.push(Problem::warning("not-accessible", at(), text));
    }
    Ok((made.bytes, remarks))
}

/// What is set for a character that no font has.
const BOX: char = '\u{25a1}';

/// Events, reports and remarks on method that are set in full, at most: what is more is no document any more, and is in the tables.
const MOST: usize = 300;
/// Bytes of a map that is still drawn: some five thousand marks.
const MAP_MAX: usize = 2 << 20;

/// What fits on paper: of many events, those that indicators hang on come first; of many reports, those that speak of
/// events that are set. `left_out` says how many of each are not.
fn fitted(mut said: Value) -> Value {
    let list = |said: &mut Value, key: &str| said[key].as_array_mut().map(std::mem::take).unwrap_or_default();
    let (mut events, mut reports) = (list(&mut said, "events"), list(&mut said, "reports"));
    let (all_events, all_reports) = (events.len(), reports.len());
    if all_events > MOST {
        let indicators = said["indicators"].as_array().into_iter().flatten();
        let carried = indicators.flat_map(|i| i["events"].as_array().into_iter().flatten());
        let carried: BTreeSet<&str> = carried.filter_map(|e| e["id"].as_str()).collect();
        let (mut first, second): (Vec<Value>, Vec<Value>) =
            events.into_iter().partition(|e| e["id"].as_str().is_some_and(|id| carried.contains(id)));
        first.extend(second);
        first.truncate(MOST);
        events = first;
        let recent = said["timeline"].as_array_mut().map(std::mem::take).unwrap_or_default();
        said["timeline"] = recent.into_iter().rev().take(2).rev().collect();
    }
    if all_reports > MOST {
        let facts = said["facts"].as_array().into_iter().flatten();
        let claims = events.iter().chain(facts).flat_map(|e| e["claims"].as_array().into_iter().flatten());
        let set: BTreeSet<&str> = claims.filter_map(|c| c["id"].as_str()).collect();
        let begins = |r: &Value| -> bool {
            let passages = r["body"].as_array().into_iter().flatten();
            passages
                .flat_map(|p| p["begin"].as_array().into_iter().flatten())
                .any(|c| c.as_str().is_some_and(|c| set.contains(c)))
        };
        reports.retain(begins);
        reports.truncate(MOST);
    }
    let mut remarks = list(&mut said, "remarks");
    let all_remarks = remarks.len();
    remarks.truncate(MOST);
    if said["map"].as_str().is_some_and(|m| m.len() > MAP_MAX) {
        said["map"] = "".into();
    }
    said["left_out"] = serde_json::json!({
        "events": all_events - events.len(), "reports": all_reports - reports.len(), "remarks": all_remarks - remarks.len(),
    });
    said["events"] = events.into();
    said["reports"] = reports.into();
    said["remarks"] = remarks.into();
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_too_many_events_those_that_something_hangs_on_are_set() {
        let event = |k: usize| json!({"id": format!("event-{k}"), "claims": [{"id": format!("claim-{k}")}]});
        let report = |k: usize| json!({"id": k, "body": [{"begin": [format!("claim-{k}")]}]});
        let said = json!({"events": (0..1000).map(event).collect::<Vec<_>>(), "reports": (0..1000).map(report).collect::<Vec<_>>(),
            "indicators": [{"events": [{"id": "event-777"}]}], "facts": [], "timeline": ["a", "b", "c"], "map": "x".repeat(MAP_MAX + 1)});
        let said = fitted(said);
        assert_eq!((&said["events"][0]["id"], said["events"].as_array().unwrap().len()), (&json!("event-777"), MOST));
        assert!(said["reports"].as_array().unwrap().iter().any(|r| r["id"] == 777));
        assert_eq!(said["left_out"], json!({"events": 700, "reports": 700, "remarks": 0}));
        assert_eq!((&said["timeline"], &said["map"]), (&json!(["b", "c"]), &json!("")));
    }

    #[test]
    fn of_few_nothing_is_left_out() {
        let said = fitted(
            json!({"events": [{"id": "event-1"}], "reports": [], "indicators": [], "timeline": ["a"], "map": "m"}),
        );
        assert_eq!(said["left_out"], json!({"events": 0, "reports": 0, "remarks": 0}));
        assert_eq!(said["events"].as_array().unwrap().len(), 1);
    }
}
