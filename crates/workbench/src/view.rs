//! A build as the screens ask for it: JSON, written once a build where everybody asks for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::body::Bytes;
use engine::{Queued, Reviewed, Run};
use model::{Case, Claim, EvidenceKind, Origin, Report};
use publish::screens::round;
use serde::Serialize;
use serde_json::{Value, json};

use crate::live::Good;

/// As JSON.
pub(crate) fn json(value: &impl Serialize) -> Bytes {
    // Our own types: every key is a string.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// Where everything about one event or one report stands, so that nobody who asks for one walks through all.
#[derive(Debug)]
pub(crate) struct Index {
    /// Place among the events, by id.
    events: HashMap<String, usize>,
    /// Claims by event, each by id.
    of_event: HashMap<String, Vec<String>>,
    /// Claims by report, each by id.
    of_report: HashMap<String, Vec<String>>,
    reviewed: Reviewed,
}

impl Index {
    pub(crate) fn new(case: &Case, run: &Run) -> Self {
        let (mut of_event, mut of_report): (HashMap<_, Vec<String>>, HashMap<_, Vec<String>>) = Default::default();
        for c in case.claims.values() {
            if let Some(e) = c.event() {
                of_event.entry(e.id.clone()).or_default().push(c.id.clone());
            }
            of_report.entry(c.report.clone()).or_default().push(c.id.clone());
        }
        let events = run.laws.iter().enumerate().map(|(n, l)| (l.id.clone(), n)).collect();
        Self { events, of_event, of_report, reviewed: Reviewed::new(case) }
    }
}

/// These claims, as far as they are there.
fn those<'c>(case: &'c Case, ids: Option<&'c Vec<String>>) -> Vec<&'c Claim> {
    ids.into_iter().flatten().filter_map(|c| case.claims.get(c)).collect()
}

/// A claim with what it says, in which words, and what became of it.
fn claim(case: &Case, run: &Run, reviewed: &Reviewed, c: &Claim) -> Value {
    let says: Value = serde_json::from_str(&case::claim_line(c)).unwrap_or_default();
    let publisher = case.reports.get(&c.report).map(|r| &r.source);
    let name = |id: &str| case.sources.get(id).map_or_else(|| id.to_owned(), |s| s.name.clone());
    let statement = run.gathered.statement_of.get(&c.id).map(|s| &run.gathered.statements[*s]);
    let precision = c.rule.as_deref().map(|rule| reviewed.precision(rule));
    json!({
        "id": c.id, "report": c.report, "title": case.reports.get(&c.report).map(|r| &r.title),
        "published": case.reports.get(&c.report).map(|r| r.published.to_string()),
        "publisher": publisher, "publisher_name": publisher.map(|p| name(p)),
        "chain": c.chain.iter().map(|s| name(s)).collect::<Vec<_>>(),
        "origin": case.root(c).0, "origin_name": name(&case.root(c).0),
        "copies": match &c.origin { Origin::Claim(of) => Some(of), Origin::Source(_) => None },
        "exact": c.excerpt.exact, "prefix": c.excerpt.prefix, "suffix": c.excerpt.suffix,
        "stance": c.stance, "modality": c.modality, "basis": c.basis, "credibility": c.credibility, "says": says["says"],
        "retracted_by": run.gathered.retracted.get(&c.id), "rule": c.rule, "precision": precision,
        "verdict": reviewed.verdicts.get(c.id.as_str()),
        "echo": statement.and_then(|s| s.echo.as_ref()),
        "figures": c.event().map_or(Vec::new(), |e| {
            let whom = |of: &str| case.actors.get(of).map_or_else(|| of.to_owned(), |a| a.name.clone());
            e.figures.iter().map(|f| format!("{} {} of {}", f.words(), f.measure.name(), whom(&f.of))).collect()
        }),
    })
}

/// One event with every claim about it.
pub(crate) fn event(good: &Good, id: &str) -> Option<Value> {
    let (case, run, index) = (&good.loaded.case, &good.run, &good.index);
    let e = *index.events.get(id)?;
    let row = run.assessment.events.get(e)?;
    let about = those(case, index.of_event.get(id));
    let claims: Vec<Value> = about.into_iter().map(|c| claim(case, run, &index.reviewed, c)).collect();
    let happened = &run.worlds.events.get(e)?.happened;
    let absent = (happened.iter().filter(|h| !**h).count(), happened.len());
    let rests: Vec<String> = resting_on(run, case, &BTreeSet::from([id]), &BTreeSet::new());
    Some(json!({"event": row, "claims": claims, "absent": absent, "rests": rests}))
}

/// One claim, and its line as it stands in `claims/*.jsonl`.
pub(crate) fn one_claim(good: &Good, id: &str) -> Option<Value> {
    let case = &good.loaded.case;
    let c = case.claims.get(id)?;
    let mut one = claim(case, &good.run, &good.index.reviewed, c);
    one["line"] = serde_json::from_str(&case::claim_line(c)).unwrap_or_default();
    Some(one)
}

/// Conclusions that rest on any of these events or claims.
fn resting_on(run: &Run, case: &Case, events: &BTreeSet<&str>, claims: &BTreeSet<&str>) -> Vec<String> {
    let a = &run.assessment;
    let mut out: Vec<String> = a
        .indicators
        .iter()
        .filter(|i| i.events.iter().any(|c| events.contains(c.event.as_str())))
        .map(|i| i.id.clone())
        .collect();
    for q in case.questions.values() {
        let rests = q.evidence.iter().any(|e| match &e.kind {
            EvidenceKind::Event(x) => events.contains(x.id.as_str()),
            EvidenceKind::Claim(c) => claims.contains(c.as_str()),
            EvidenceKind::Factor(f) => {
                case.factors.get(f).is_some_and(|f| f.claims.iter().any(|c| claims.contains(c.as_str())))
            }
            _ => false,
        });
        if rests {
            out.push(format!("question:{}", q.id));
        }
    }
    out.extend(a.judgments.iter().filter(|j| out.contains(&j.about)).map(|j| j.id.clone()).collect::<Vec<_>>());
    out
}

/// All reports, the latest first.
pub(crate) fn reports(case: &Case) -> Bytes {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for c in case.claims.values() {
        *count.entry(c.report.as_str()).or_default() += 1;
    }
    let mut all: Vec<&Report> = case.reports.values().collect();
    all.sort_by(|a, b| (b.published.possible.to, &a.id).cmp(&(a.published.possible.to, &b.id)));
    let rows: Vec<Value> = all
        .iter()
        .map(|r| {
            let source = case.sources.get(&r.source).map_or(&r.source, |s| &s.name);
            json!({"id": r.id, "title": r.title, "source": r.source, "source_name": source,
                "published": r.published.to_string(), "language": r.language, "tlp": r.tlp.unwrap_or(case.tlp).label(),
                "claims": count.get(r.id.as_str()).copied().unwrap_or(0)})
        })
        .collect();
    json(&rows)
}

/// A report's text in runs, each with the claims that stand on it.
pub(crate) fn report(good: &Good, id: &str) -> Option<Value> {
    let (case, run, index) = (&good.loaded.case, &good.run, &good.index);
    let r = case.reports.get(id)?;
    let here = those(case, index.of_report.get(id));
    let mut cuts: BTreeSet<usize> = here.iter().flat_map(|c| [c.excerpt.start, c.excerpt.end]).collect();
    cuts.extend([r.body, r.text.len()]);
    let cuts: Vec<usize> = cuts.into_iter().filter(|c| *c >= r.body && *c <= r.text.len()).collect();
    let runs: Vec<Value> = cuts
        .windows(2)
        .map(|pair| {
            let on: Vec<&String> =
                here.iter().filter(|c| c.excerpt.start <= pair[0] && pair[1] <= c.excerpt.end).map(|c| &c.id).collect();
            json!({"text": r.text.get(pair[0]..pair[1]).unwrap_or_default(), "claims": on})
        })
        .collect();
    let events: BTreeSet<&str> = here.iter().filter_map(|c| Some(c.event()?.id.as_str())).collect();
    let ids: BTreeSet<&str> = here.iter().map(|c| c.id.as_str()).collect();
    Some(json!({
        "id": r.id, "title": r.title, "source": r.source,
        "source_name": case.sources.get(&r.source).map_or(&r.source, |s| &s.name),
        "published": r.published.to_string(), "retrieved": r.retrieved, "written_by": r.written_by, "language": r.language,
        "url": r.url.as_ref().filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        "tlp": r.tlp.unwrap_or(case.tlp).label(), "runs": runs,
        "claims": here.iter().map(|c| claim(case, run, &index.reviewed, c)).collect::<Vec<_>>(),
        "rests": resting_on(run, case, &events, &ids),
    }))
}

/// Sources with their cards, and who copies whom.
pub(crate) fn sources(case: &Case, run: &Run) -> Bytes {
    let publisher = |claim: &str| -> Option<&String> {
        let c = case.claims.get(claim)?;
        c.chain.first().or_else(|| case.reports.get(&c.report).map(|r| &r.source))
    };
    let speaker = |c: &Claim| case.reports.get(&c.report).map(|r| r.source.clone());
    // (who copies, whom) -> claims that say so, and the expected number of those that are likely copies.
    let mut edges: BTreeMap<(String, String), (usize, f64)> = BTreeMap::new();
    for c in case.claims.values() {
        if let Origin::Claim(of) = &c.origin
            && let (Some(by), Some(of)) = (speaker(c), publisher(of))
            && by != *of
        {
            edges.entry((by, of.clone())).or_default().0 += 1;
        }
    }
    for s in &run.gathered.statements {
        if let Some(e) = &s.echo
            && let Ok(of) = run.gathered.statements.binary_search_by(|x| x.id.cmp(&e.of))
            && let of = &run.gathered.statements[of]
            && s.origin != of.origin
        {
            edges.entry((s.origin.clone(), of.origin.clone())).or_default().1 += e.p;
        }
    }
    let mut statements: BTreeMap<&str, usize> = BTreeMap::new();
    for s in &run.gathered.statements {
        *statements.entry(s.origin.as_str()).or_default() += 1;
    }
    let rows: Vec<Value> = case
        .sources
        .iter()
        .map(|(id, s)| {
            let card = run.assessment.sources.iter().find(|x| x.id.strip_prefix("source:") == Some(id));
            json!({"id": id, "name": s.name, "kind": s.kind, "speaks_for": s.speaks_for, "grade": s.reliability,
                "words": s.reliability.words(), "why": s.why, "known_from": s.known_from, "card": card,
                "statements": statements.get(id.as_str()).copied().unwrap_or(0)})
        })
        .collect();
    let edges: Vec<Value> = edges
        .into_iter()
        .map(|((by, of), (said, likely))| json!({"by": by, "of": of, "said": said, "likely": round(likely)}))
        .collect();
    json(&json!({"sources": rows, "copies": edges}))
}

/// Actors with their links, and the events that they may have done.
pub(crate) fn actors(case: &Case, run: &Run) -> Bytes {
    let links: BTreeMap<(&str, usize), f64> =
        run.worlds.links.iter().map(|l| ((l.actor.as_str(), l.index), round(l.probability()))).collect();
    let claims: BTreeMap<&str, _> =
        run.assessment.claimants.iter().filter_map(|c| Some((c.id.strip_prefix("actor:")?, c))).collect();
    let mut done: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for e in &run.assessment.events {
        for w in e.who.iter().filter(|w| w.probability >= 0.05) {
            let row = json!({"event": e.id.trim_start_matches("event:"), "probability": round(w.probability * e.probability), "first_day": e.days[0], "last_day": e.days[1]});
            done.entry(w.actor.as_str()).or_default().push(row);
        }
    }
    let rows: Vec<Value> = case
        .actors
        .iter()
        .map(|(id, a)| {
            let of: Vec<Value> = a
                .link
                .iter()
                .enumerate()
                .map(|(i, l)| {
                    json!({"kind": l.kind.name(), "to": l.to, "from": l.from.as_ref().map(|d| d.stated.from),
                        "until": l.until.as_ref().map(|d| d.stated.to), "why": l.why, "claims": l.claims,
                        "probability": links.get(&(id.as_str(), i))})
                })
                .collect();
            let names: Vec<&String> = a.aliases.iter().chain(a.known_as.iter().map(|k| &k.name)).collect();
            json!({"id": id, "name": a.name, "kind": a.kind, "names": names, "links": of, "claims": claims.get(id.as_str()),
                "events": done.get(id.as_str()).cloned().unwrap_or_default()})
        })
        .collect();
    json(&json!({"as_of": case.as_of(), "actors": rows}))
}

/// What waits for a person, ordered by doubt alone.
pub(crate) fn by_doubt(case: &Case) -> Vec<Queued> {
    let reviewed = Reviewed::new(case);
    let mut out: Vec<Queued> = case
        .claims
        .values()
        .filter(|c| !reviewed.verdicts.contains_key(c.id.as_str()))
        .filter_map(|c| {
            let rule = c.rule.clone()?;
            let precision = reviewed.precision(&rule);
            let priority = precision * (1.0 - precision);
            Some(Queued { claim: c.id.clone(), rule, precision, moves: None, impact: 0.0, priority })
        })
        .collect();
    out.sort_by(|a, b| b.priority.total_cmp(&a.priority).then_with(|| a.claim.cmp(&b.claim)));
    out
}

/// Pairs of events that may be one and that nobody ruled on, those first on which most deaths depend.
pub(crate) fn pairs(case: &Case) -> impl Iterator<Item = &model::Same> {
    let mut open: Vec<&model::Same> = case.same.iter().filter(|s| s.ruling.is_none()).collect();
    let stake = |s: &model::Same| (f64::from(s.at_stake) + 1.0) * s.p * (1.0 - s.p);
    open.sort_by(|a, b| stake(b).total_cmp(&stake(a)).then_with(|| (&a.a, &a.b).cmp(&(&b.a, &b.b))));
    open.into_iter().take(200)
}

/// An explanation with the sentences it ends in.
pub(crate) fn explanation(good: &Good, e: &engine::Explanation) -> Value {
    let case = &good.loaded.case;
    let by_file: BTreeMap<&str, &Report> = case.reports.values().map(|r| (r.file.as_str(), r)).collect();
    let excerpts: Vec<Value> = e
        .excerpts
        .iter()
        .filter_map(|l| {
            let r = by_file.get(l.span.file.as_str())?;
            let claim = those(case, good.index.of_report.get(&r.id))
                .into_iter()
                .find(|c| c.excerpt.start == l.span.start && c.excerpt.end == l.span.end);
            Some(json!({"report": r.id, "title": r.title, "published": r.published.to_string(),
                "source": case.sources.get(&r.source).map_or(&r.source, |s| &s.name), "claim": claim.map(|c| &c.id),
                "exact": r.text.get(l.span.start..l.span.end), "says": l.text}))
        })
        .collect();
    json!({"id": e.id, "lines": e.lines, "excerpts": excerpts})
}
