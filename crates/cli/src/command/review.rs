//! `review`: a person rules on what a machine read, one claim a screen, one key each.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::Command;

use console::{Key, Term};
use engine::Queued;
use extract::tag::Tagger;
use extract::{Setting, Text};
use model::{
    Case, Claim, ClaimRuling, Day, Decides, Label, MatchRuling, Problem, Ruling, Sameness, Says, Severity, Span,
    Verdict,
};
use serde_json::Value;

use crate::args::{Common, Format, Review};
use crate::{End, Outcome, output};

const KEYS: &str =
    "[a]ccept  [r]eject  [e]dit  [s]plit  [m]erge with an event  [u]nsure  [n]ext, later  [z] undo  [q]uit";

pub(crate) fn run(args: &Review, common: &Common) -> Outcome {
    let Some(loaded) = super::sound_case(&args.case, None)? else { return Ok(End::Failed) };
    let case = loaded.case;
    let bar = output::Rate::rows("weighing claims", 0);
    let queue = match engine::queue(&case, &|done, all| bar.of(done as u64, all as u64)) {
        Ok(queue) => queue,
        Err(problems) => {
            output::problems(&problems, &loaded.texts);
            return Ok(End::Failed);
        }
    };
    drop(bar);
    if args.list {
        return list(&queue, common);
    }
    if queue.is_empty() {
        let read = case.claims.values().filter(|c| c.rule.is_some()).count();
        output::print(&match read {
            0 => format!(
                "no claim was read by a machine; `bellwether read {} --write` proposes some\n",
                args.case.display()
            ),
            n => format!("nothing waits: all {n} claims that a machine read have been ruled on\n"),
        });
        return Ok(End::Done);
    }
    let by = args
        .by
        .clone()
        .or_else(super::user)
        .filter(|n| !n.trim().is_empty())
        .ok_or("who rules? give --by NAME: it stands with each ruling")?;
    let tagger = super::train::model(&args.case)?;
    let today = disk::today();
    let mut desk = Desk { folder: &args.case, case: &case, by, today, pending: Vec::new(), done: 0 };
    let mut input = Input::new();
    let mut at = 0;
    while let Some(q) = queue.get(at) {
        let Some(claim) = case.claims.get(&q.claim) else {
            at += 1;
            continue;
        };
        input.clear();
        output::print(&screen(&case, claim, q, tagger.as_ref(), (at + 1, queue.len())));
        match desk.one(claim, q, &mut input)? {
            Next::Forward => at += 1,
            Next::Back => at = at.saturating_sub(1),
            Next::Stay => {}
            Next::Quit => break,
        }
    }
    desk.commit()?;
    let left = queue.len() - desk.done.min(queue.len());
    output::print(&format!("{} ruled on, {left} left; rulings are in {}\n", desk.done, case::RULINGS));
    Ok(End::Done)
}

fn list(queue: &[Queued], common: &Common) -> Outcome {
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(queue).map_err(|e| e.to_string())? + "\n"));
        return Ok(End::Done);
    }
    let mut rows: Vec<Vec<String>> = vec![["claim", "rule", "read rightly", "moves", "by"].map(str::to_owned).to_vec()];
    rows.extend(queue.iter().map(|q| {
        vec![
            q.claim.clone(),
            q.rule.clone(),
            format!("{:.0} %", 100.0 * q.precision),
            q.moves.clone().unwrap_or_else(|| "nothing".into()),
            format!("{:.0} points", 100.0 * q.impact),
        ]
    }));
    output::print(&output::table(&rows));
    Ok(End::Done)
}

/// Keys from a terminal, or, where there is none, letters and lines from standard input.
struct Input {
    term: Option<Term>,
}

impl Input {
    fn new() -> Self {
        let term = Term::stdout();
        Self { term: (term.is_term() && std::io::stdin().is_terminal()).then_some(term) }
    }

    fn clear(&self) {
        if let Some(t) = &self.term {
            let _ = t.clear_screen();
        }
    }

    /// The next key; `q` where the input ends.
    fn key(&mut self) -> Result<char, String> {
        let Some(term) = &self.term else {
            return Ok(self.line()?.and_then(|l| l.trim().chars().next()).unwrap_or('q'));
        };
        loop {
            match term.read_key().map_err(|e| format!("cannot read keys: {e}"))? {
                Key::Char(c) => return Ok(c.to_ascii_lowercase()),
                Key::Escape | Key::CtrlC => return Ok('q'),
                Key::Enter | Key::ArrowRight | Key::ArrowDown => return Ok('n'),
                Key::ArrowLeft | Key::ArrowUp => return Ok('z'),
                _ => {}
            }
        }
    }

    fn line(&mut self) -> Result<Option<String>, String> {
        let mut line = String::new();
        let n = std::io::stdin().lock().read_line(&mut line).map_err(|e| format!("cannot read the answer: {e}"))?;
        Ok((n > 0).then(|| line.trim().to_owned()))
    }

    fn ask(&mut self, question: &str) -> Result<String, String> {
        output::print(&format!("{question} "));
        Ok(self.line()?.unwrap_or_default())
    }
}

enum Next {
    Forward,
    Back,
    Stay,
    Quit,
}

/// Where rulings are made. The last one is held back until the next, so that it can be undone; what is written is only
/// ever added to.
struct Desk<'a> {
    folder: &'a Path,
    case: &'a Case,
    by: String,
    today: Day,
    pending: Vec<Ruling>,
    done: usize,
}

impl Desk<'_> {
    fn one(&mut self, claim: &Claim, q: &Queued, input: &mut Input) -> Result<Next, String> {
        match input.key()? {
            'a' => self.rule(q, Verdict::Accepted, "the text says so")?,
            'u' => {
                let why = input.ask("Why is it unsure? [it cannot be told from the text]")?;
                self.rule(q, Verdict::Unsure, or(&why, "it cannot be told from the text"))?;
            }
            'r' => {
                let why = input.ask("Why is it wrong? [the text does not say so]")?;
                self.rule(q, Verdict::Rejected, or(&why, "the text does not say so"))?;
            }
            key @ ('e' | 's') => {
                let Some(ids) = self.edit(claim, if key == 's' { 2 } else { 1 })? else {
                    output::print("Nothing was changed.\n");
                    return Ok(Next::Stay);
                };
                self.rule(q, Verdict::Rejected, &format!("put right as {}", ids.join(", ")))?;
                // What was added to the case cannot be taken back by one key.
                self.commit()?;
            }
            'm' => {
                let Some(e) = claim.event() else {
                    output::print("Only events can be merged.\n");
                    return Ok(Next::Stay);
                };
                let other = input.ask("With which event? Its id:")?;
                let other = other.trim().trim_start_matches("event:").to_owned();
                let events: Vec<&str> =
                    self.case.claims.values().filter_map(|c| Some(c.event()?.id.as_str())).collect();
                if !events.contains(&other.as_str()) || other == e.id {
                    let near = model::suggest_edit(&other, events);
                    let near = near.map_or(String::new(), |n| format!("; did you mean `{n}`?"));
                    output::print(&format!("No other event is called `{other}`{near}\n"));
                    return Ok(Next::Stay);
                }
                self.rule(q, Verdict::Accepted, "the text says so")?;
                let decides = Decides::Match(MatchRuling { a: e.id.clone(), b: other, is: Sameness::Same });
                self.pending.push(self.ruling(decides, "the same event, told again"));
            }
            'n' | ' ' => return Ok(Next::Forward),
            'z' => {
                if self.pending.is_empty() {
                    output::print("There is nothing to undo: a ruling is final once the next one is made.\n");
                    return Ok(Next::Stay);
                }
                self.pending.clear();
                self.done -= 1;
                return Ok(Next::Back);
            }
            'q' => return Ok(Next::Quit),
            _ => {
                output::print(&format!("{KEYS}\n"));
                return Ok(Next::Stay);
            }
        }
        Ok(Next::Forward)
    }

    fn ruling(&self, decides: Decides, why: &str) -> Ruling {
        Ruling { at: self.today, by: self.by.clone(), why: why.to_owned(), decides, span: Span::default() }
    }

    fn rule(&mut self, q: &Queued, is: Verdict, why: &str) -> Result<(), String> {
        self.commit()?;
        let decides = Decides::Claim(ClaimRuling { claim: q.claim.clone(), rule: q.rule.clone(), is });
        self.pending = vec![self.ruling(decides, why)];
        self.done += 1;
        Ok(())
    }

    /// Adds what is pending to `rulings.jsonl`.
    fn commit(&mut self) -> Result<(), String> {
        let lines: Vec<String> = self.pending.drain(..).map(|r| case::ruling_line(&r)).collect();
        disk::append(&self.folder.join(case::RULINGS), &lines)
    }

    /// Lets the person edit a claim, or several made of it; returns the ids of what was added, `None` if nothing.
    fn edit(&self, claim: &Claim, copies: usize) -> Result<Option<Vec<String>>, String> {
        let Ok(editor) = std::env::var("VISUAL").or_else(|_| std::env::var("EDITOR")) else {
            output::print("Set EDITOR to the editor that should open, such as EDITOR=nano\n");
            return Ok(None);
        };
        let line = case::claim_line(claim);
        let before: Value = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        let shown = serde_json::to_string_pretty(&before).map_err(|e| e.to_string())?;
        let path = std::env::temp_dir().join(format!("{}.json", claim.id));
        let text = vec![shown; copies].join("\n\n") + "\n";
        std::fs::write(&path, &text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or("vi");
        let ended = Command::new(program).args(words).arg(&path).status();
        let edited = std::fs::read_to_string(&path);
        let _ = std::fs::remove_file(&path);
        ended.map_err(|e| format!("cannot run {editor}: {e}"))?;
        let edited = edited.map_err(|e| format!("cannot read what was edited: {e}"))?;
        if edited == text && copies == 1 {
            return Ok(None);
        }
        let mut made = Vec::new();
        for value in serde_json::Deserializer::from_str(&edited).into_iter::<Value>() {
            match value {
                Ok(Value::Object(claim)) => made.push(claim),
                Ok(other) => output::print(&format!("That is no claim: {other}\n")),
                Err(e) => {
                    output::print(&format!("That is not JSON: {e}\n"));
                    return Ok(None);
                }
            }
        }
        let made = case::put_right(claim, made, |id| self.case.claims.contains_key(id));
        let (ids, lines): (Vec<String>, Vec<String>) = made.into_iter().unzip();
        if lines.is_empty() {
            return Ok(None);
        }
        // It must fit the case; else nothing is kept.
        let path = self.folder.join(case::REVIEWED);
        let kept = std::fs::read(&path).ok();
        disk::append(&path, &lines)?;
        let loaded = disk::load(self.folder)?;
        let bad = loaded.errors();
        if !bad.is_empty() {
            match kept {
                Some(bytes) => disk::write(&path, &bytes)?,
                None => std::fs::remove_file(&path).map_err(|e| e.to_string())?,
            }
            output::problems(&bad, &loaded.texts);
            return Ok(None);
        }
        Ok(Some(ids))
    }
}

fn or<'t>(text: &'t str, default: &'t str) -> &'t str {
    if text.is_empty() { default } else { text }
}

/// One claim as it is put to a person: the words it rests on, what was read, and what depends on it.
fn screen(case: &Case, claim: &Claim, q: &Queued, tagger: Option<&Tagger>, (n, all): (usize, usize)) -> String {
    let Some(report) = case.reports.get(&claim.report) else { return String::new() };
    let shown = BTreeMap::from([(report.file.clone(), report.text.clone())]);
    let mut out =
        format!("\n{n} of {all}  {}\n{}, {}: {}\n\n", claim.id, report.source, report.published, report.title);
    out.push_str(&case::drawn(&reading(case, report, claim, tagger), &shown));
    out.push_str(&said(claim));
    let moves = q.moves.as_ref().map_or_else(
        || "nothing that the case asks for".to_owned(),
        |m| format!("{m}, by {:.0} points", 100.0 * q.impact),
    );
    out.push_str(&format!(
        "  rule {}: right in {:.0} % of what it reads, as far as ruled on\n  on it depends {moves}\n\n{KEYS}\n",
        q.rule,
        100.0 * q.precision
    ));
    out
}

/// The reading behind a claim, with its words marked; where it cannot be read again, the excerpt.
fn reading(case: &Case, report: &model::Report, claim: &Claim, tagger: Option<&Tagger>) -> Problem {
    let text = Text::new(&report.text, report.body);
    let setting = Setting { anchor: Some(report.published.possible.to) };
    let read = super::read::with_marks(&text, report.body, &engine::known(case), setting, tagger);
    let at = |start: usize| claim.id.starts_with(&format!("{}-{start}", report.id));
    let event = read.events.iter().find(|e| {
        claim.event().is_some()
            && at(e.trigger.span.start)
            && e.stance == claim.stance
            && e.quote.start == claim.excerpt.start
    });
    if let Some(e) = event {
        return super::read::event(&report.file, e);
    }
    if let (Says::Link(_), Some(t)) = (&claim.says, read.ties.iter().find(|t| at(t.cue.span.start))) {
        return super::read::tie(&report.file, t);
    }
    if let (Says::Fact(_), Some(s)) =
        (&claim.says, read.statements.iter().find(|s| s.cues.first().is_some_and(|c| at(c.0.span.start))))
    {
        let bears_on = engine::Asked::new(case).bears_on(&report.text[s.quote.clone()], &s.about);
        return super::read::statement(&report.file, s, &bears_on);
    }
    Problem {
        severity: Severity::Note,
        code: "claim".into(),
        message: String::new(),
        labels: vec![Label { span: claim.excerpt_span(&report.file), text: "here".into() }],
        help: None,
    }
}

/// What the claim says in the case's own terms, a line each.
fn said(claim: &Claim) -> String {
    let value: Value = serde_json::from_str(&case::claim_line(claim)).unwrap_or_default();
    let mut out = String::from("\n");
    let mut line = |key: &str, value: String| out.push_str(&format!("  {key:<9} {value}\n"));
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    line("says so", claim.chain.join(", via "));
    line("stance", format!("{}, {}", text(&serde_json::json!(claim.stance)), text(&serde_json::json!(claim.modality))));
    match &claim.says {
        Says::Event(e) => {
            line("event", e.id.clone());
            let sub = e.sub_type.as_ref().map_or(String::new(), |s| format!(", {}", s.0));
            line("type", format!("{}{sub}", e.kind.name()));
            for a in &e.actors {
                match a {
                    model::ActorRole::Known(k) => line(&text(&serde_json::json!(k.role)), k.actor.clone()),
                    model::ActorRole::Unknown(u) => line(&text(&serde_json::json!(u.role)), "left open".into()),
                }
            }
            if e.place.is_some() {
                line("place", text(&value["says"]["event"]["place"]));
            }
            if let Some(t) = &e.time {
                line("time", t.to_string());
            }
            for f in &e.figures {
                line(f.measure.name(), format!("{} of {}", f.words(), f.of));
            }
        }
        Says::Link(l) => line("link", format!("{} {} {}", l.actor, l.kind.name(), l.to)),
        Says::Fact(f) => line("fact", f.text.clone()),
        Says::Retracts(c) => line("retracts", c.clone()),
    }
    out
}
