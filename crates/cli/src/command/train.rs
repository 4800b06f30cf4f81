//! `train`: a small model of who did what to whom, from what people have coded.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use extract::read::marked::{PERPETRATOR, SURE_MARK, TARGET};
use extract::tag::{Marked, Ready, Tagger, Training, candidates, marks, stands};
use model::{ActorRole, Case, Label, Problem, Role, Severity, Span, Stance, Verdict};
use rayon::prelude::*;
use serde_json::Value;

use crate::args::Train;
use crate::{End, Outcome, output};

/// Where the model lies in a case folder.
pub(crate) const MODEL: &str = "models/marks.json";
/// Most bytes of a model, and of a file of texts.
const MOST: u64 = 1 << 28;
/// One of so many texts is held back to see how well the others teach.
const HELD_BACK: usize = 5;
/// From so many texts on.
const ENOUGH: usize = 50;

/// A text with strings in roles.
struct Taught {
    text: String,
    strings: Vec<(&'static str, String)>,
}

pub(crate) fn run(args: &Train) -> Outcome {
    let Some(loaded) = super::checked_case(&args.case, None)? else { return Ok(End::Failed) };
    let mut taught = coded(&loaded.case);
    let own = taught.len();
    let mut problems = Vec::new();
    let mut texts = BTreeMap::new();
    for path in &args.texts {
        let file = path.display().to_string();
        let raw = disk::text(path, MOST)?;
        taught.extend(lines(&file, &raw, &mut problems));
        texts.insert(file, raw);
    }
    if !problems.is_empty() {
        output::problems(&problems, &texts);
        eprintln!("nothing was trained");
        return Ok(End::Failed);
    }
    let (ready, marked): (Vec<Ready<'_>>, Vec<Vec<Marked>>) = taught
        .par_iter()
        .map(|t| {
            let ready = Ready::new(&t.text, 0);
            let marked = marks(&ready.text, t.strings.iter().map(|(label, s)| (*label, s.as_str())));
            (ready, marked)
        })
        .unzip();
    let all: usize = marked.iter().map(Vec::len).sum();
    if all == 0 {
        return Err(format!(
            "nothing to learn from: no person has coded a claim of {} that names a perpetrator or a target; give texts of your own (`bellwether train --help`)",
            args.case.display()
        ));
    }
    let lessons: Vec<(&Ready<'_>, &[Marked])> = ready.iter().zip(&marked).map(|(r, m)| (r, m.as_slice())).collect();
    eprintln!("training on {} texts with {all} marks ({own} texts are sentences of the case)", lessons.len());
    let (tagger, held) = rayon::join(
        || Tagger::train(&lessons, Training::default()),
        || (lessons.len() >= ENOUGH).then(|| held_back(&lessons)),
    );
    let path = args.case.join(MODEL);
    let bytes = serde_json::to_vec(&tagger).map_err(|e| format!("{MODEL}: {e}"))?;
    disk::write(&path, &bytes)?;
    let told = match held {
        None => format!("fewer than {ENOUGH} texts: none was held back to see how well it marks"),
        Some([right, said, all]) => {
            let share =
                |of: usize| if of == 0 { "-".into() } else { format!("{:.0} %", 100.0 * right as f64 / of as f64) };
            format!(
                "on a fifth of the texts that was held back: {} of what it marks is right, {} of what is there is marked",
                share(said),
                share(all)
            )
        }
    };
    output::print(&format!(
        "{} written ({} kB); {told}\n`bellwether read` fills with it what its rules leave open\n",
        path.display(),
        bytes.len().div_ceil(1024)
    ));
    Ok(End::Done)
}

/// The model of a case, where it has one.
pub(crate) fn model(folder: &Path) -> Result<Option<Tagger>, String> {
    let path = folder.join(MODEL);
    if !path.is_file() {
        return Ok(None);
    }
    let again = format!("`bellwether train {}` makes a new one", folder.display());
    let read = serde_json::from_str(&disk::text(&path, MOST)?);
    read.map(Some).map_err(|e| format!("{} is no model that can be read: {e}; {again}", path.display()))
}

/// Sentences of the case's claims in which an actor's name stands for a part that a person coded, or confirmed.
fn coded(case: &Case) -> Vec<Taught> {
    let reviewed = engine::Reviewed::new(case);
    let mut by_sentence: BTreeMap<(&str, usize, usize), BTreeSet<(&'static str, &str)>> = BTreeMap::new();
    for c in case.claims.values() {
        let sure = c.rule.is_none() || reviewed.verdicts.get(c.id.as_str()) == Some(&Verdict::Accepted);
        let Some(event) = c.event().filter(|_| sure && c.stance == Stance::Asserts) else { continue };
        let strings = by_sentence.entry((&c.report, c.excerpt.start, c.excerpt.end)).or_default();
        for a in &event.actors {
            let ActorRole::Known(k) = a else { continue };
            let label = match k.role {
                Role::Perpetrator => PERPETRATOR,
                Role::Target => TARGET,
                _ => continue,
            };
            let Some(actor) = case.actors.get(&k.actor) else { continue };
            strings.extend(actor.names().map(|n| (label, n)));
        }
    }
    by_sentence
        .into_iter()
        .filter_map(|((report, start, end), strings)| {
            let text = case.reports.get(report)?.text.get(start..end)?.to_owned();
            let cut = extract::Text::new(&text, 0);
            // Where the actor is only described, nobody has said by which words.
            let any = strings.iter().any(|(_, s)| !stands(&cut, s).is_empty());
            any.then(|| Taught {
                strings: strings.iter().map(|(l, s)| (*l, (*s).to_owned())).collect(),
                text: text.clone(),
            })
        })
        .collect()
}

/// Texts of a file of JSON lines.
fn lines(file: &str, raw: &str, problems: &mut Vec<Problem>) -> Vec<Taught> {
    let mut out = Vec::new();
    let mut begin = 0;
    for line in raw.split_inclusive('\n') {
        let at = begin;
        begin += line.len();
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let mut wrong = |span: Range<usize>, code: &str, message: String, help: &str| {
            problems.push(Problem {
                severity: Severity::Error,
                code: code.into(),
                message,
                labels: vec![Label { span: Span::new(file, at + span.start, at + span.end), text: "here".into() }],
                help: Some(help.into()),
            });
        };
        let shape = r#"a line is {"text": "...", "perpetrator": ["..."], "target": ["..."]}"#;
        let value: Value = match serde_json::from_str(line) {
            Ok(v) => v,
            Err(e) => {
                let column = e.column().saturating_sub(1).min(line.len().saturating_sub(1));
                let column = (0..=column).rev().find(|c| line.is_char_boundary(*c)).unwrap_or(0);
                let end = line[column..].chars().next().map_or(column, |c| column + c.len_utf8());
                wrong(column..end, "not-json", format!("not JSON: {e}"), shape);
                continue;
            }
        };
        let Some(text) = value.get("text").and_then(Value::as_str) else {
            wrong(0..line.len(), "no-text", "a line without a `text`".into(), shape);
            continue;
        };
        let cut = extract::Text::new(text, 0);
        let mut strings = Vec::new();
        for (key, value) in value.as_object().into_iter().flatten().filter(|k| k.0 != "text") {
            // Where the key stands in the line, as near as can be told.
            let quoted = format!("\"{key}\"");
            let from = line.find(&quoted).unwrap_or(0);
            let span = from..(from + quoted.len()).min(line.len());
            let Some(label) = [PERPETRATOR, TARGET].into_iter().find(|l| l == key) else {
                wrong(span, "unknown-key", format!("unknown key `{key}`"), shape);
                continue;
            };
            let list: Option<Vec<&str>> = value.as_array().and_then(|a| a.iter().map(Value::as_str).collect());
            let Some(list) = list else {
                wrong(span, "not-strings", format!("`{key}` is a list of strings"), shape);
                continue;
            };
            for s in list {
                if stands(&cut, s).is_empty() {
                    let help = "strings are words of the text, in its order; large and small letters do not matter";
                    wrong(span.clone(), "not-in-text", format!("`{s}` does not stand in the text"), help);
                }
                strings.push((label, s.to_owned()));
            }
        }
        out.push(Taught { text: text.to_owned(), strings });
    }
    out
}

/// Trains without one text of so many, and marks those: runs that are right, marked, and there.
fn held_back(lessons: &[(&Ready<'_>, &[Marked])]) -> [usize; 3] {
    let is_held = |n: usize| n % HELD_BACK == HELD_BACK - 1;
    let taught: Vec<(&Ready<'_>, &[Marked])> =
        lessons.iter().enumerate().filter(|(n, _)| !is_held(*n)).map(|(_, l)| *l).collect();
    let tagger = Tagger::train(&taught, Training::default());
    let mut out = [0; 3];
    for (ready, marked) in lessons.iter().enumerate().filter(|(n, _)| is_held(*n)).map(|(_, l)| l) {
        let said = candidates(&tagger, ready, SURE_MARK);
        let right = |m: &&Marked| marked.iter().any(|k| k.tokens == m.tokens && k.label == m.label);
        out[0] += said.iter().filter(right).count();
        out[1] += said.len();
        out[2] += marked.len();
    }
    out
}
