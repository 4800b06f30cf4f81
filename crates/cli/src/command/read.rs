//! `read`: what reports say, as proposals for claims.

use std::collections::{BTreeMap, BTreeSet};

use extract::read::{Part, Party, Reading, Statement, Tie};
use extract::tag::{Ready, Tagger};
use extract::{Setting, Text};
use model::{Day, Label, Problem, Severity, Span};
use rayon::prelude::*;
use serde_json::json;

use super::train;
use crate::args::{Common, Format, Read};
use crate::{End, Outcome, output};

/// A text to read: its file, the text, where its body begins, the day of its dateline.
type Source = (String, String, usize, Option<Day>);

/// Most bytes of a text file.
const MOST: u64 = 16 << 20;

pub(crate) fn run(args: &Read, common: &Common) -> Outcome {
    if args.write {
        return write(args);
    }
    let Some(loaded) = super::checked_case(&args.case, None)? else { return Ok(End::Failed) };
    let case = &loaded.case;
    let reader = Reader::new(args, case)?;
    let asked = engine::Asked::new(case);
    let mut texts: Vec<Source> = Vec::new();
    if let Some(path) = &args.file {
        let text = disk::text(path, MOST)?;
        texts.push((path.display().to_string(), text, 0, args.published));
    } else {
        for id in &args.reports {
            if !case.reports.contains_key(id) {
                let near = model::suggest_edit(id, case.reports.keys().map(String::as_str));
                return Err(format!(
                    "unknown report `{id}`{}",
                    near.map_or(String::new(), |n| format!(": did you mean `{n}`?"))
                ));
            }
        }
        for r in case.reports.values().filter(|r| args.reports.is_empty() || args.reports.contains(&r.id)) {
            texts.push((r.file.clone(), r.text.clone(), r.body, Some(r.published.possible.to)));
        }
    }
    let mut all = Vec::new();
    let (mut events, mut ties, mut statements) = (0, 0, 0);
    for (file, raw, body, anchor) in &texts {
        let read = reader.read(file, raw, *body, Setting { anchor: *anchor })?;
        events += read.events.len();
        ties += read.ties.len();
        statements += read.statements.len();
        if common.format == Format::Json {
            let events: Vec<_> = read
                .events
                .iter()
                .map(|e| {
                    let mut v = json!(e);
                    v["words"] = json!(raw[e.trigger.span.clone()]);
                    v["sentence"] = json!(raw[e.quote.clone()]);
                    v
                })
                .collect();
            let statements: Vec<_> = read
                .statements
                .iter()
                .map(|s| {
                    let mut v = json!(s);
                    v["sentence"] = json!(raw[s.quote.clone()]);
                    v["bears_on"] = json!(asked.bears_on(&raw[s.quote.clone()], &s.about));
                    v
                })
                .collect();
            all.push(json!({ "file": file, "events": events, "ties": read.ties, "statements": statements }));
            continue;
        }
        let shown = BTreeMap::from([(file.clone(), raw.clone())]);
        let mut out = String::new();
        for e in &read.events {
            out.push_str(&case::drawn(&event(file, e), &shown));
            out.push('\n');
        }
        for t in &read.ties {
            out.push_str(&case::drawn(&tie(file, t), &shown));
            out.push('\n');
        }
        for s in &read.statements {
            let bears_on = asked.bears_on(&raw[s.quote.clone()], &s.about);
            out.push_str(&case::drawn(&statement(file, s, &bears_on), &shown));
            out.push('\n');
        }
        output::print(&out);
    }
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(&all).map_err(|e| e.to_string())? + "\n"));
    }
    eprintln!(
        "{} read: {events} assertions about events, {ties} links between actors, {}",
        count(texts.len(), "text"),
        count(statements, "statement")
    );
    Ok(End::Done)
}

/// What reads the reports of a case: rules, the case's own marks, a language model if one is to be asked.
struct Reader<'a> {
    args: &'a Read,
    known: extract::Known,
    tagger: Option<Tagger>,
}

impl<'a> Reader<'a> {
    fn new(args: &'a Read, case: &model::Case) -> Result<Self, String> {
        let tagger = train::model(&args.case)?;
        if tagger.is_some() {
            eprintln!("{} fills what the rules leave open", train::MODEL);
        }
        Ok(Self { args, known: engine::known(case), tagger })
    }

    /// What the rules read, what the marks fill, and what a language model adds and the text bears out.
    fn read(&self, file: &str, raw: &str, body: usize, setting: Setting) -> Result<extract::Read, String> {
        let (text, known) = (Text::new(raw, body), &self.known);
        let mut read = with_marks(&text, body, known, setting, self.tagger.as_ref());
        let (Some(url), Some(model)) = (&self.args.ask, &self.args.model) else { return Ok(read) };
        let endpoint = ask::Endpoint {
            url: url.clone(),
            model: model.clone(),
            key: std::env::var("BELLWETHER_API_KEY").ok().filter(|k| !k.is_empty()),
            remote: self.args.remote,
            patience: PATIENCE,
        };
        let asked = ask::ask(&endpoint, &text, known, setting, &self.args.case.join("answers"))?;
        let from = if asked.kept { "kept answer" } else { "model" };
        eprintln!("{file}: {from}: {} borne out, {} rejected", asked.readings.len(), asked.rejected.len());
        for why in &asked.rejected {
            eprintln!("  rejected, {why}");
        }
        read.add(asked.readings);
        Ok(read)
    }
}

/// What the rules read of a text, and what the marks of a trained model fill.
pub(crate) fn with_marks(
    text: &Text<'_>,
    body: usize,
    known: &extract::Known,
    setting: Setting,
    tagger: Option<&Tagger>,
) -> extract::Read {
    let mut read = extract::read(text, known, setting);
    if let Some(tagger) = tagger {
        read.fill(&Ready::new(text.raw, body), known, tagger);
    }
    read
}

/// Longest time for one answer of a model.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);

/// File of the proposals in a case folder.
pub(crate) const PROPOSALS: &str = "claims/read.jsonl";

/// Writes the proposals of every report that no person has coded. What stood there before does not matter.
fn write(args: &Read) -> Outcome {
    let folder = args.case.as_path();
    let loaded = disk::load(folder)?;
    let errors = |loaded: &case::Loaded| -> Vec<Problem> {
        loaded.problems.iter().filter(|p| p.severity == Severity::Error).cloned().collect()
    };
    let at = |p: &Problem| p.labels.first().map(|l| l.span.clone()).unwrap_or_default();
    // What names a claim or an event may wait for the proposals.
    let waits = |p: &Problem| at(p).file == PROPOSALS || matches!(p.code.as_str(), "unknown-claim" | "unknown-event");
    let others: Vec<Problem> = errors(&loaded).into_iter().filter(|p| !waits(p)).collect();
    if !others.is_empty() {
        output::problems(&others, &loaded.texts);
        return Ok(End::Failed);
    }
    let case = &loaded.case;
    let coded: BTreeSet<&str> = case.claims.values().filter(|c| c.rule.is_none()).map(|c| c.report.as_str()).collect();
    let (foreign, open): (Vec<&model::Report>, Vec<&model::Report>) =
        case.reports.values().filter(|r| !coded.contains(r.id.as_str())).partition(|r| r.language.is_some());
    for r in foreign {
        eprintln!("{} is not in English ({}): not read", r.file, r.language.as_deref().unwrap_or_default());
    }
    let reader = Reader::new(args, case)?;
    let one = |r: &&model::Report| {
        let read = reader.read(&r.file, &r.text, r.body, Setting { anchor: Some(r.published.possible.to) })?;
        Ok(engine::propose(case, r, &read))
    };
    let read: Vec<Vec<model::Claim>> = match args.ask {
        None => open.par_iter().map(one).collect::<Result<_, String>>()?,
        Some(_) => open.iter().map(one).collect::<Result<_, String>>()?,
    };
    let lines: Vec<String> = read.iter().flatten().map(case::claim_line).collect();
    let path = folder.join(PROPOSALS);
    let put = |lines: &[String]| -> Result<(), String> {
        if !lines.is_empty() {
            return disk::write(&path, (lines.join("\n") + "\n").as_bytes());
        }
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("cannot remove {}: {e}", path.display())),
            _ => Ok(()),
        }
    };
    put(&lines)?;
    // What does not fit the case is no proposal.
    let mut begins = 0;
    let lines: Vec<(usize, String)> = lines
        .into_iter()
        .map(|l| {
            let at = begins;
            begins += l.len() + 1;
            (at, l)
        })
        .collect();
    let after = disk::load(folder)?;
    let bad: Vec<usize> = errors(&after).iter().map(at).filter(|s| s.file == PROPOSALS).map(|s| s.start).collect();
    let fits = |(at, l): &&(usize, String)| !bad.iter().any(|b| (*at..=at + l.len()).contains(b));
    let kept: Vec<String> = lines.iter().filter(fits).map(|(_, l)| l.clone()).collect();
    if kept.len() < lines.len() {
        put(&kept)?;
        eprintln!("{} left out: not possible in this case", count(lines.len() - kept.len(), "proposal"));
    }
    eprintln!("{} read, {} left to the people who coded them", count(open.len(), "report"), coded.len());
    output::print(&format!(
        "{} proposed in {}: each counts with the chance that its rule reads rightly, until `bellwether review {}` rules on it\n",
        count(kept.len(), "claim"),
        path.display(),
        folder.display()
    ));
    let left: Vec<Problem> = errors(&after).into_iter().filter(|p| at(p).file != PROPOSALS).collect();
    if left.is_empty() {
        return Ok(End::Done);
    }
    output::problems(&left, &after.texts);
    eprintln!("the proposals were written, but the case has {}", count(left.len(), "error"));
    Ok(End::Failed)
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn name(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().replace('-', " ")
}

/// An assertion about an event, with its words marked.
pub(crate) fn event(file: &str, e: &Reading) -> Problem {
    let label = |p: &Part, text: String| Label { span: Span::new(file, p.span.start, p.span.end), text };
    let mut labels = vec![label(&e.trigger, format!("what happened ({})", e.trigger.rule))];
    let who = |a: &Option<String>, class: &str| a.clone().unwrap_or_else(|| class.to_owned());
    let party = |side: &str, p: &Party| {
        let marked = if p.part.rule.starts_with("marked") { format!(" ({})", p.part.rule) } else { String::new() };
        label(&p.part, format!("{side}: {}{marked}", who(&p.actor, p.class)))
    };
    labels.extend(e.by.iter().map(|p| party("by", p)));
    labels.extend(e.to.iter().map(|p| party("to", p)));
    labels.extend(e.place.iter().map(|p| {
        let known = p.area.as_ref().map_or(String::new(), |a| format!(" = {a}"));
        label(&p.part, format!("where{known} ({})", p.part.rule))
    }));
    labels.extend(e.days.iter().map(|d| {
        let days = if d.from == d.to { d.from.to_string() } else { format!("{} to {}", d.from, d.to) };
        label(&d.part, format!("when: {days} ({})", d.part.rule))
    }));
    labels.extend(e.figures.iter().map(|f| {
        let high = f.high.map_or(String::new(), |h| format!(" to {h}"));
        label(&f.part, format!("{} {}{high}, {}", name(&json!(f.measure)), f.number, name(&json!(f.hedge))))
    }));
    labels.extend(e.speakers.iter().map(|s| {
        let known = s.source.as_ref().map_or(String::new(), |a| format!(" = {a}"));
        label(&s.part, format!("says so: {}{known}", s.kind))
    }));
    labels.extend(e.cue.iter().map(|c| label(c, format!("cue: {}", name(&json!(e.modality))))));
    let sub = if e.sub_type.is_empty() { String::new() } else { format!(", {}", e.sub_type) };
    let again = e.same_as.map_or(String::new(), |k| format!("; the event of assertion {}", k + 1));
    Problem {
        severity: Severity::Note,
        code: name(&json!(e.stance)).replace(' ', "-"),
        message: format!("{}{sub}: {}{again}", e.kind.name(), name(&json!(e.modality))),
        labels,
        help: None,
    }
}

/// A statement that bears on a hypothesis, with its words marked.
pub(crate) fn statement(file: &str, s: &Statement, bears_on: &[String]) -> Problem {
    let label = |p: &Part, text: String| Label { span: Span::new(file, p.span.start, p.span.end), text };
    let mut labels: Vec<Label> = s.cues.iter().map(|(p, b)| label(p, name(&json!(b)))).collect();
    labels.extend(s.speakers.iter().map(|x| {
        let known = x.source.as_ref().map_or(String::new(), |a| format!(" = {a}"));
        label(&x.part, format!("says so: {}{known}", x.kind))
    }));
    let of = if s.about.is_empty() { String::new() } else { format!(" of {}", s.about.join(", ")) };
    Problem {
        severity: Severity::Note,
        code: "statement".into(),
        message: format!("{}{of}", name(&json!(s.modality))),
        labels,
        help: (!bears_on.is_empty()).then(|| format!("bears on {}", bears_on.join(", "))),
    }
}

/// A link between actors, with its words marked.
pub(crate) fn tie(file: &str, t: &Tie) -> Problem {
    let label = |p: &Part, text: String| Label { span: Span::new(file, p.span.start, p.span.end), text };
    let id = |a: &Option<String>| a.clone().unwrap_or_default();
    Problem {
        severity: Severity::Note,
        code: "link".into(),
        message: format!("{}: {}{}", t.kind, name(&json!(t.modality)), if t.disputed { ", disputed" } else { "" }),
        labels: vec![
            label(&t.cue, "says so".into()),
            label(&t.a.part, id(&t.a.actor)),
            label(&t.b.part, id(&t.b.actor)),
        ],
        help: None,
    }
}
