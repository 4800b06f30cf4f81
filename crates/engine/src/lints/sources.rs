//! Remarks on sources, claims and events.

use std::collections::{BTreeMap, BTreeSet};

use extract::Text;
use extract::when::when;
use model::{LinkKind, Modality, Reliability, Role};

use super::Say;
use crate::stage::assess::{Assessment, Inputs};
use crate::stage::gather::subject;

pub(super) fn remarks(i: &Inputs<'_>, a: &Assessment, say: &mut Say) {
    for e in &a.events {
        let reports: BTreeSet<&str> = e
            .claims
            .iter()
            .filter_map(|c| Some(i.case.claims.get(c.trim_start_matches("claim:"))?.report.as_str()))
            .collect();
        if let ([origin], true) = (e.asserted_by.as_slice(), reports.len() > 1) {
            let text = format!("{} reports, and all of them go back to {origin}: they count once", reports.len());
            say.say("one-origin", &e.id, text);
        }
    }
    for s in &i.gathered.statements {
        if let Some(e) = s.echo.as_ref().filter(|e| e.p >= 0.5) {
            let text = format!(
                "likely a copy of claim:{}: {:.0} % of its words in a row stand there, earlier; if it is, say so (`origin`)",
                e.of,
                100.0 * e.words
            );
            say.say("likely-copied", format!("claim:{}", s.id), text);
        }
    }
    sums(i, say);
    for s in &a.sources {
        let grade = i.case.sources.get(s.id.trim_start_matches("source:")).map(|s| s.reliability);
        let wrong = s.checked.iter().filter(|c| c.probability < 0.5).count();
        if let Some(grade) = grade.filter(|g| *g <= Reliability::B && wrong * 2 > s.checked.len()) {
            let n = s.checked.len();
            let text = format!(
                "graded {grade:?}, and more likely wrong than right on {wrong} of {n} things that others speak of"
            );
            say.say("good-grade-contradicted", &s.id, text);
        }
    }
    for (id, s) in &i.case.sources {
        short(say, &format!("source:{id}"), "the grade", &s.why);
    }
    claims(i, say);
}

/// A reason of fewer than three words.
pub(super) fn short(say: &mut Say, about: &str, of: &str, why: &str) {
    if why.split_whitespace().count() < 3 {
        say.say("reason-too-short", about, format!("the reason for {of} is \u{201c}{why}\u{201d}"));
    }
}

fn sums(i: &Inputs<'_>, say: &mut Say) {
    for law in i.laws.iter().filter(|l| !l.covers.is_empty()) {
        for whole in &law.figures {
            let most = whole.said.iter().map(|s| u64::from(s.high)).max().unwrap_or(0);
            let parts = i.laws.iter().filter(|l| law.covers.contains(&l.id)).flat_map(|l| &l.figures);
            let parts = parts.filter(|f| (f.measure, &f.of) == (whole.measure, &whole.of));
            let least: u64 = parts.map(|f| f.said.iter().map(|s| u64::from(s.low)).min().unwrap_or(0)).sum();
            if least > most {
                let about = format!("figure:{}/{}/{}", law.id, whole.measure.name(), whole.of);
                let text = format!("at most {most} are said of it, and at least {least} of the events it covers");
                say.say("sum-violated", about, text);
            }
        }
    }
}

/// Claims of a case beyond which its texts are not read again for a remark.
const CLAIMS: usize = 5_000;

/// A report read again: the fewest days that a date in it stands for, and its words in small letters.
struct Again {
    finest: Option<i32>,
    small: String,
}

impl Again {
    fn read(report: &model::Report) -> Self {
        let text = Text::new(&report.text, report.body);
        let published = Some(report.published.possible.to);
        let dates = (0..text.tokens.len()).filter_map(|t| when(&text, t, published));
        Self {
            finest: dates.map(|w| w.days.to.0 - w.days.from.0 + 1).min(),
            small: report.text[report.body..].to_lowercase(),
        }
    }

    fn names(&self, name: &str) -> bool {
        self.small.contains(&name.to_lowercase())
    }
}

/// A day, or a place, that the words of the report do not give.
fn sharper(i: &Inputs<'_>, report: &Again, e: &model::EventClaim, about: &str, say: &mut Say) {
    if let (Some(time), Some(days)) = (&e.time, report.finest)
        && i64::from(time.possible.days()) < i64::from(days)
    {
        let text = format!("coded as {time}, and no date in its report is finer than {days} days");
        say.say("date-sharper-than-words", about, text);
    }
    let Some(model::PlaceRef::Area(id)) = &e.place else { return };
    let Some(area) = i.case.areas.get(id).filter(|a| !report.names(&a.name)) else { return };
    let around = i.case.areas.iter().filter(|(other, a)| *other != id && report.names(&a.name)).find(|(_, a)| {
        matches!(a.geometry, model::Geometry::Polygons(_))
            && area.geometry.sample(64).iter().all(|p| a.geometry.contains(*p))
    });
    if let Some((_, other)) = around {
        let text = format!("placed at {}, which its report does not name; it names {}", area.name, other.name);
        say.say("place-sharper-than-words", about, text);
    }
}

fn claims(i: &Inputs<'_>, say: &mut Say) {
    let mut again: BTreeMap<&str, Again> = BTreeMap::new();
    // Rows of data sets are many, and nobody graded them one by one.
    for c in i.case.claims.values().filter(|c| !i.case.datasets.iter().any(|d| d.id == c.report)) {
        let about = format!("claim:{}", c.id);
        if c.credibility.0 == 1
            && let Some(d) = subject(c).and_then(|k| i.gathered.dossiers.get(&k))
        {
            let origins: BTreeSet<&str> =
                d.asserting.iter().map(|s| i.gathered.statements[*s].origin.as_str()).collect();
            if origins.len() < 2 {
                let text = "graded 1, confirmed by other independent sources, and no other origin says so";
                say.say("confirmed-by-nobody", &about, text);
            }
        }
        let Some(e) = c.event() else { continue };
        if let Some(report) = i.case.reports.get(&c.report).filter(|_| i.case.claims.len() <= CLAIMS) {
            let again = again.entry(&c.report).or_insert_with(|| Again::read(report));
            sharper(i, again, e, &about, say);
        }
        if let (Some(report), Some(time)) = (i.case.reports.get(&c.report), &e.time)
            && time.possible.from > report.published.possible.to
            && c.modality != Modality::Planned
        {
            let text = format!("tells of {time} in a report of {}", report.published);
            say.say("event-after-report", &about, text);
        }
        for actor in c.actors_as(Role::Perpetrator) {
            let links = i.case.actors.get(actor).map(|a| &a.link[..]).unwrap_or_default();
            let Some(time) = &e.time else { continue };
            for l in links {
                let out = match (l.kind, &l.from) {
                    (LinkKind::FoundedBy, Some(from)) => from.possible.from > time.possible.to,
                    (LinkKind::Dissolved, Some(from)) => from.possible.to < time.possible.from,
                    _ => false,
                };
                if out {
                    let from = l.from.as_ref().map(ToString::to_string).unwrap_or_default();
                    let text = format!("names {actor} for {time}, and {} is dated {from}", l.kind.name());
                    say.say("actor-out-of-time", &about, text);
                }
            }
        }
    }
}
