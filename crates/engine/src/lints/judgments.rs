//! Remarks on key judgments: their text, and what they rest on.

use std::collections::BTreeSet;

use model::{About, AssumptionStatus, Case, Judgment, Lexicon, Reliability};

use super::Say;
use crate::stage::assess::{Assessment, Inputs};
use crate::stage::sway::claims_of;

/// Days after which a source has fallen silent.
const SILENT: i32 = 180;

pub(super) fn remarks(i: &Inputs<'_>, a: &Assessment, say: &mut Say) {
    for (j, row) in i.case.judgments.iter().zip(&a.judgments) {
        text(i.case, j, say);
        let claims = claims_of(i, j);
        if row.confidence != row.suggested && j.confidence_why.is_none() {
            let words = format!(
                "{} is given, and {} is suggested by {}; say why (`confidence_why`)",
                row.confidence.words(),
                row.suggested.words(),
                row.standing.words()
            );
            say.say("confidence-overridden", &row.id, words);
        }
        if let About::Indicator(id) = &j.about
            && let Some(day) = i.case.indicators.get(id).and_then(|x| x.review_by).filter(|d| *d < i.case.as_of())
        {
            say.say(
                "stale-indicator",
                format!("indicator:{id}"),
                format!("{} rests on it; it was to be reviewed by {day}", row.id),
            );
        }
        if claims.is_empty() {
            continue;
        }
        let origins: BTreeSet<String> =
            claims.iter().filter_map(|c| i.case.claims.get(c)).map(|c| i.case.root(c).0).collect();
        if row.standing.origins < 1.5 {
            let of: Vec<&str> = origins.iter().map(String::as_str).collect();
            say.say("judgment-on-one-origin", &row.id, format!("all that it rests on goes back to {}", of.join(", ")));
        }
        if row.standing.disinterested < 0.05 {
            say.say("parties-alone", &row.id, "every origin that it rests on speaks for a side");
        }
        if origins.iter().all(|o| i.case.sources.get(o).is_some_and(|s| s.reliability == Reliability::F)) {
            say.say("unrated-alone", &row.id, "no origin that it rests on is rated: all are F");
        }
        for o in &origins {
            let said = i.case.claims.values().filter(|c| i.case.root(c).0 == *o || c.chain.contains(o));
            let last = said.filter_map(|c| i.case.reports.get(&c.report)).map(|r| r.published.possible.to).max();
            if let Some(day) = last.filter(|d| i.case.as_of().0 - d.0 > SILENT) {
                say.say(
                    "stale-source",
                    format!("source:{o}"),
                    format!("{} rests on it; its last report is of {day}", row.id),
                );
            }
        }
        let above = |tlp: Option<model::Tlp>| tlp.is_some_and(|t| t > i.case.tlp);
        let withheld = claims.iter().filter_map(|c| i.case.claims.get(c)).any(|c| {
            above(c.tlp)
                || i.case.reports.get(&c.report).is_some_and(|r| above(r.tlp))
                || c.chain.iter().any(|s| i.case.sources.get(s).is_some_and(|s| above(s.tlp)))
        });
        if withheld {
            let text =
                format!("it rests on what is marked above {}: the page is worked out without that", i.case.tlp.label());
            say.say("withheld-evidence", &row.id, text);
        }
    }
    for (id, x) in i.case.assumptions.iter().filter(|(_, x)| !x.judgments.is_empty()) {
        let about = format!("assumption:{id}");
        if x.status == AssumptionStatus::Unsupported {
            say.say("unsupported-assumption", &about, format!("{} stands on it", x.judgments.join(", ")));
        }
        if x.if_false.is_none() {
            let text = format!(
                "nothing says what is otherwise if it is false (`if_false`), and {} stands on it",
                x.judgments.join(", ")
            );
            say.say("assumption-not-run", &about, text);
        }
    }
}

/// Words of a text, without placeholders.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// What may not stand in a sentence about likelihood.
fn text(case: &Case, j: &Judgment, say: &mut Say) {
    let about = format!("judgment:{}", j.id);
    let known = numbers(case, j);
    // Words of every lexicon; those of one word that are common ones otherwise are known by their own lexicon only.
    let typed: Vec<Vec<String>> = Lexicon::all()
        .iter()
        .flat_map(|l| &l.bands)
        .map(|b| words(&b.words))
        .chain([vec!["probably".to_owned()], vec!["almost".to_owned(), "certainly".to_owned()]])
        .collect();
    for (outcome, text) in &j.text {
        let list = words(text);
        if list.iter().any(|w| w == "confidence" || w == "confident") {
            let text = format!("the text for `{outcome}` speaks of confidence, in the sentence of the likelihood");
            say.say("confidence-in-the-sentence", &about, text);
        }
        if let Some(word) =
            typed.iter().filter(|t| list.windows(t.len()).any(|w| w == t.as_slice())).max_by_key(|t| t.len())
        {
            let text = format!("the text for `{outcome}` says \u{201c}{}\u{201d} of its own", word.join(" "));
            say.say("word-by-hand", &about, text);
        }
        for n in list.iter().filter_map(|w| w.parse::<u64>().ok()) {
            if !(1800..=2100).contains(&n) && !known.contains(&n) {
                let text = format!("the text for `{outcome}` says {n}, which no claim and no test gives");
                say.say("number-without-source", &about, text);
            }
        }
    }
}

/// Numbers that the case itself gives: in figures, in the tests under the judgment.
fn numbers(case: &Case, j: &Judgment) -> BTreeSet<u64> {
    let mut out: BTreeSet<u64> = case
        .claims
        .values()
        .filter_map(|c| c.event())
        .flat_map(|e| &e.figures)
        .flat_map(|f| [f.number, f.low, f.high])
        .flatten()
        .map(u64::from)
        .collect();
    let mut asked: Vec<&str> = match &j.about {
        About::Indicator(id) => vec![id],
        About::Hypotheses(_) => vec![],
    };
    while let Some(id) = asked.pop() {
        let Some(x) = case.indicators.get(id) else { continue };
        asked.extend(x.test.parts().into_iter().map(String::as_str));
        match &x.test {
            model::Test::Count(t) => drop(out.insert(u64::from(t.at_least))),
            model::Test::Figure(t) => drop(out.insert(u64::from(t.at_least))),
            model::Test::Tenure(t) => drop(out.insert(u64::from(t.at_least_days))),
            model::Test::Share(t) => drop(out.insert((100.0 * t.at_least).round() as u64)),
            _ => {}
        }
    }
    out
}
