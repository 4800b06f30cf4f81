//! `publish`: what may be passed on, frozen; with what changed since the last time, and why.

use std::fs;
use std::path::{Path, PathBuf};

use engine::stage::assess::JudgmentRow;
use engine::{Assessment, Options};
use model::{Case, Problem, percent};
use serde::{Deserialize, Serialize};

use crate::args::{Common, Format, Publish};
use crate::output::Progress;
use crate::{End, Outcome, output};

/// `published/ID/publication.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Published {
    /// The name under which it was published.
    id: String,
    /// Reports that took part.
    reports: Vec<String>,
    /// What was published.
    assessment: Assessment,
}

pub(crate) fn run(args: &Publish, common: &Common) -> Outcome {
    let folder = &args.case;
    let Some(loaded) = super::sound_case(folder, Some(&args.seen))? else { return Ok(End::Failed) };
    let options = Options { worlds: args.seen.worlds as usize };
    let case = &loaded.case;
    let id = args.id.clone().unwrap_or_else(|| case.as_of().to_string());
    if !model::is_id(&id) {
        return Err(format!("`{id}` cannot name a publication: use a-z, 0-9 and `-`"));
    }
    let target = folder.join("published").join(&id);
    if target.exists() && !args.dry_run {
        return Err(format!("{} is published already, and stays as it is; give another `--id`", target.display()));
    }
    let progress = Progress::new();
    progress.say("building", "");
    let run = super::assessed(&loaded, options)?;
    progress.say("page", "without what may not be shown");
    let last = last(folder, &id)?;
    let before = last.as_ref().map(|l| (l.id.as_str(), &l.assessment));
    let shown = publish::publication(case, &run, options, before).map_err(|p| {
        output::problems(&p, &loaded.texts);
        "what may be shown of the case cannot be built".to_owned()
    })?;
    drop(progress);
    let page = shown.page;
    let shown = Published { id, reports: shown.reports, assessment: shown.assessment };
    let mut problems: Vec<Problem> = Vec::new();
    for l in shown.assessment.lints.iter().filter(|l| l.denied()) {
        let at = case.judgments.first().map(|j| j.span.clone()).unwrap_or_default();
        let problem = Problem::error(&l.code, at, format!("{}: {}", l.about, l.text));
        problems.push(
            problem.help(format!("`bellwether explain CASE lint:{}` tells why, and how to let it stand", l.code)),
        );
    }
    let moved = last.as_ref().map_or(Vec::new(), |l| engine::moved(&l.assessment, &shown.assessment));
    let because = match &last {
        Some(l) if !moved.is_empty() => causes(case, l, &shown.reports, options),
        _ => Vec::new(),
    };
    for (was, is, told) in &moved {
        if *told {
            continue;
        }
        let again = is.changed.is_some();
        let def = case.judgments.iter().find(|j| format!("judgment:{}", j.id) == is.id);
        let Some(def) = def else { continue };
        let message = if again {
            format!("`{}` has moved again, and says of it what was said when it was last published", is.id)
        } else {
            format!("`{}` has moved since it was last published, and does not say why", is.id)
        };
        let mut help = format!(
            "was {}, is {}; write `changed = \"...\"` in its table",
            state(was, shown.assessment.case.worlds),
            state(is, shown.assessment.case.worlds)
        );
        let of: Vec<String> = because.iter().filter(|(j, _)| *j == is.id).map(|(_, r)| r.clone()).collect();
        if !of.is_empty() {
            help.push_str(&format!("; it was moved by {}", of.join(", ")));
        }
        problems.push(Problem::error("no-change-note", def.span.clone(), message).help(help));
    }
    if !problems.is_empty() {
        output::problems(&problems, &loaded.texts);
        eprintln!("{}: {}; nothing is published", folder.display(), output::counts(&problems));
        return Ok(End::Failed);
    }
    if !args.no_tests && !super::check::tests(&loaded, options)? {
        eprintln!("{}: its tests fail; nothing is published", folder.display());
        return Ok(End::Failed);
    }
    if !args.dry_run {
        freeze(&target, &shown, &page, &publish::geojson(&shown.assessment, case.lexicon))?;
    }
    if common.format == Format::Json {
        let moved: Vec<&str> = moved.iter().map(|(_, is, _)| is.id.as_str()).collect();
        let whole = serde_json::json!({"id": shown.id, "since": last.as_ref().map(|l| &l.id), "moved": moved, "written": !args.dry_run});
        output::print(&format!("{whole}\n"));
        return Ok(End::Done);
    }
    let mut text = match &last {
        Some(l) => format!(
            "since {}: {}\n",
            l.id,
            match moved.len() {
                0 => "no judgment has moved".to_owned(),
                n => format!("{n} of {} judgments moved, each with its reason", shown.assessment.judgments.len()),
            }
        ),
        None => "the first publication of this case\n".to_owned(),
    };
    if args.dry_run {
        text.push_str("nothing stands against publishing it\n");
    } else {
        text.push_str(&format!("published {} as {}\n", shown.assessment.case.tlp, target.display()));
    }
    output::print(&text);
    Ok(End::Done)
}

/// The latest publication: seen from the latest day, of these the last by name.
fn last(folder: &Path, but: &str) -> Result<Option<Published>, String> {
    let mut all: Vec<Published> = Vec::new();
    let Ok(entries) = fs::read_dir(folder.join("published")) else { return Ok(None) };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path().join("publication.json")).filter(|p| p.is_file()).collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        let one: Published = serde_json::from_str(&text)
            .map_err(|e| format!("{} is no publication of this version: {e}", file.display()))?;
        all.push(one);
    }
    all.retain(|p| p.id != but);
    Ok(all.into_iter().max_by(|a, b| (a.assessment.case.as_of, &a.id).cmp(&(b.assessment.case.as_of, &b.id))))
}

fn state(j: &JudgmentRow, worlds: usize) -> String {
    let p = j.probability.map_or("not testable".to_owned(), |p| percent(p, worlds));
    format!("{} ({p}, {} confidence)", j.outcome, j.confidence.words())
}

/// By judgment, the reports that moved it: those that are new are left out one by one, and the worlds run again.
fn causes(case: &Case, last: &Published, shown: &[String], options: Options) -> Vec<(String, String)> {
    let case = case.redacted(case.tlp);
    let mut before = case.clone();
    for report in shown.iter().filter(|r| !last.reports.contains(r)) {
        before = before.without_report(report);
    }
    let Ok(d) = engine::diff(&before, &case, options) else { return Vec::new() };
    let mut out = Vec::new();
    for c in &d.numbers {
        for cause in &c.because {
            out.push((c.id.clone(), format!("{} ({:+.0} points)", cause.report, 100.0 * cause.effect)));
        }
    }
    out
}

/// Writes the publication whole or not at all.
fn freeze(target: &Path, out: &Published, page: &str, events: &str) -> Result<(), String> {
    let beside = target.with_file_name(format!(".{}.tmp", out.id));
    let failed = |e: std::io::Error| format!("cannot write {}: {e}", target.display());
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(failed)?;
    }
    let json = serde_json::to_string_pretty(out).map_err(|e| e.to_string())? + "\n";
    disk::write(&beside.join("publication.json"), json.as_bytes())?;
    disk::write(&beside.join("assessment.html"), page.as_bytes())?;
    disk::write(&beside.join("events.geojson"), events.as_bytes())?;
    fs::rename(&beside, target).map_err(failed)
}
