//! A publication as it is frozen: every file of it, and what stands against it.

use engine::stage::assess::JudgmentRow;
use engine::{Assessment, Options, Run};
use model::{Case, Problem, Severity, percent};
use print::Fonts;
use serde::{Deserialize, Serialize};

use crate::stix::Profile;
use crate::{graph, live, page, paper, sheets, stix, timemap, word};

/// `publication.json`: what was published, to be compared with the next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Published {
    /// The name under which it was published.
    pub id: String,
    /// Reports that took part.
    pub reports: Vec<String>,
    /// What was published.
    pub assessment: Assessment,
}

/// What would be published.
#[derive(Debug)]
pub struct Release {
    /// Every file, by path within the publication.
    pub files: Vec<(String, Vec<u8>)>,
    /// Judgments that moved since the last.
    pub moved: Vec<String>,
    /// Number of judgments.
    pub judgments: usize,
    /// What stands against publishing it, and what a person should look at.
    pub problems: Vec<Problem>,
}

impl Release {
    /// Whether nothing stands against publishing it.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.problems.iter().all(|p| p.severity != Severity::Error)
    }
}

/// The latest publication but `but`: seen from the latest day, of these the last by name. `all` are the bytes of every
/// `publication.json`, by path.
///
/// # Errors
/// One of them was not written by this version.
pub fn latest(all: Vec<(String, Vec<u8>)>, but: &str) -> Result<Option<Published>, String> {
    let read = |(path, bytes): (String, Vec<u8>)| -> Result<Published, String> {
        serde_json::from_slice(&bytes).map_err(|e| format!("{path} is no publication of this version: {e}"))
    };
    let mut all = all.into_iter().map(read).collect::<Result<Vec<Published>, String>>()?;
    all.retain(|p| p.id != but);
    Ok(all.into_iter().max_by(|a, b| (a.assessment.case.as_of, &a.id).cmp(&(b.assessment.case.as_of, &b.id))))
}

/// All that may be passed on of a case under the name `id`, and what stands against it: lints that are denied, judgments that
/// moved since the last time and do not say why. `fonts` are those that the PDF is set in.
///
/// # Errors
/// Problems that only show when the evidence is weighed again.
pub fn release(
    case: &Case,
    run: &Run,
    options: Options,
    id: &str,
    last: Option<&Published>,
    fonts: &Fonts,
) -> Result<Release, Vec<Problem>> {
    let before = last.map(|l| (l.id.as_str(), &l.assessment));
    let (shown, files) = page::shown(case, run, options, before, |p, run| files(p, run, id, fonts))?;
    let mut problems: Vec<Problem> = Vec::new();
    for l in shown.assessment.lints.iter().filter(|l| l.denied()) {
        let at = case.judgments.first().map(|j| j.span.clone()).unwrap_or_default();
        let problem = Problem::error(&l.code, at, format!("{}: {}", l.about, l.text));
        problems.push(problem.help(format!("`bellwether explain CASE lint:{}` says why and what to do", l.code)));
    }
    let moved = last.map_or(Vec::new(), |l| engine::moved(&l.assessment, &shown.assessment));
    let because = match last {
        Some(l) if !moved.is_empty() => causes(case, l, &shown.case, options),
        _ => Vec::new(),
    };
    for (was, is, told) in &moved {
        if *told {
            continue;
        }
        let def = case.judgments.iter().find(|j| format!("judgment:{}", j.id) == is.id);
        let Some(def) = def else { continue };
        let message = if is.changed.is_some() {
            format!("`{}` has moved again, and says of it what was said when it was last published", is.id)
        } else {
            format!("`{}` has moved since it was last published, and does not say why", is.id)
        };
        let worlds = shown.assessment.case.worlds;
        let mut help =
            format!("was {}, is {}; write `changed = \"...\"` in its table", state(was, worlds), state(is, worlds));
        let of: Vec<String> = because.iter().filter(|(j, _)| *j == is.id).map(|(_, r)| r.clone()).collect();
        if !of.is_empty() {
            help.push_str(&format!("; it was moved by {}", of.join(", ")));
        }
        problems.push(Problem::error("no-change-note", def.span.clone(), message).help(help));
    }
    let files = match files {
        Ok((files, remarks)) => {
            problems.extend(remarks);
            files
        }
        Err(e) => {
            problems.push(Problem::error("cannot-publish", model::Span::new("case.toml", 0, 0), e));
            Vec::new()
        }
    };
    let moved = moved.iter().map(|(_, is, _)| is.id.clone()).collect();
    Ok(Release { files, moved, judgments: shown.assessment.judgments.len(), problems })
}

/// Every file, and what a person should look at.
fn files(
    p: &page::Publication,
    run: &Run,
    id: &str,
    fonts: &Fonts,
) -> Result<(Vec<(String, Vec<u8>)>, Vec<Problem>), String> {
    let (pdf, remarks) = paper::pdf(p, fonts, &format!("{}/{id}", p.assessment.case.id))?;
    let (case, a) = (&p.case, &p.assessment);
    let published =
        Published { id: id.to_owned(), reports: case.reports.keys().cloned().collect(), assessment: a.clone() };
    let record = serde_json::to_string_pretty(&published).map_err(|e| e.to_string())? + "\n";
    let mut out = vec![
        ("publication.json".to_owned(), record.into_bytes()),
        ("assessment.html".to_owned(), live::driven(p).into_bytes()),
        ("assessment.pdf".to_owned(), pdf),
        ("assessment.docx".to_owned(), word::docx(case, a)?),
        ("claims.xlsx".to_owned(), sheets::claims_sheet(case)?),
        ("events.geojson".to_owned(), crate::geojson(a, case.lexicon).into_bytes()),
        ("events.parquet".to_owned(), engine::geoparquet(a)?),
        ("timemap.json".to_owned(), timemap::timemap(case, a).into_bytes()),
        ("actors.gexf".to_owned(), graph::gexf(case, run).into_bytes()),
        ("stix-core.json".to_owned(), stix::stix(case, run, a, Profile::Core).into_bytes()),
        ("stix-full.json".to_owned(), stix::stix(case, run, a, Profile::Full).into_bytes()),
    ];
    out.extend(sheets::tables(case, a));
    Ok((out, remarks))
}

fn state(j: &JudgmentRow, worlds: usize) -> String {
    let p = j.probability.map_or("not testable".to_owned(), |p| percent(p, worlds));
    format!("{} ({p}, {} confidence)", j.outcome, j.confidence.words())
}

/// By judgment, the reports that moved it: those that are new are left out one by one, and the worlds run again.
fn causes(case: &Case, last: &Published, shown: &Case, options: Options) -> Vec<(String, String)> {
    let case = case.redacted(case.tlp);
    let mut before = case.clone();
    for report in shown.reports.keys().filter(|r| !last.reports.contains(r)) {
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
