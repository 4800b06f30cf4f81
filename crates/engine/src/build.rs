//! Runs the stages in order, each only when one of its inputs changed, and commits the result.

use std::collections::BTreeMap;

use model::{Case, Problem, Span, Test};
use serde::Serialize;

use crate::journal::{Journal, hash};
use crate::lints;
use crate::scrutiny::{self, Scrutiny, affordable, scrutiny};
use crate::stage::assess::{self as assess_stage, Assessment, Inputs};
use crate::stage::footprint::{self, FootprintRow, TenureRow};
use crate::stage::gather::{self, Gathered};
use crate::stage::ingest::{self, Ingested};
use crate::stage::reconcile::{self, EventLaw};
use crate::stage::test::{self, Outcome, View};
use crate::stage::weigh::{self, Answer, Tested};
use crate::stage::worlds::{self, Worlds};
use crate::store::{Because, Manifest, Record, Store, StoreError};
use crate::tables::{self, Table};

/// How to build.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Number of worlds.
    pub worlds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { worlds: 1024 }
    }
}

/// Everything a build came to, in memory.
#[derive(Debug)]
pub struct Run {
    /// Reports and claims as rows.
    pub ingested: Vec<Ingested>,
    /// Statements.
    pub gathered: Gathered,
    /// Laws of the events.
    pub laws: Vec<EventLaw>,
    /// Worlds.
    pub worlds: Worlds,
    /// Indicators.
    pub outcomes: BTreeMap<String, Outcome>,
    /// Questions.
    pub answers: BTreeMap<String, Answer>,
    /// Footprints.
    pub footprints: Vec<FootprintRow>,
    /// Presence.
    pub tenure: Vec<TenureRow>,
    /// What is printed.
    pub assessment: Assessment,
    /// What conclusions stand on; only worked out where a build is kept.
    pub scrutiny: Option<Scrutiny>,
    /// What ran, and why; the rest was reused.
    pub ran: Vec<(Record, Because)>,
    /// Every stage run, reused ones included.
    pub records: Vec<Record>,
}

impl Run {
    /// For each printed number, its values world by world (or batch by batch): what paired comparisons need.
    pub fn series(&self) -> BTreeMap<String, Vec<f64>> {
        let mut out = BTreeMap::new();
        for (id, o) in self.outcomes.iter().filter(|(_, o)| o.probability.is_some()) {
            out.insert(format!("indicator:{id}"), o.exact.clone());
        }
        for (law, e) in self.laws.iter().zip(&self.worlds.events) {
            out.insert(format!("event:{}", law.id), e.chance.clone());
        }
        for f in self.footprints.iter().filter(|f| f.probability.is_some()) {
            out.insert(format!("footprint:{}", f.id), f.exact.clone());
        }
        for (q, a) in &self.answers {
            for (h, w) in a.hypotheses.iter().enumerate() {
                out.insert(format!("hypothesis:{q}/{}", w.id), a.batches.iter().map(|b| b[h]).collect());
            }
        }
        out
    }

    /// Probability by printed id.
    pub fn probabilities(&self) -> BTreeMap<String, Option<f64>> {
        self.assessment.probabilities()
    }
}

/// A build that has been written, or is about to be.
#[derive(Debug)]
pub struct Build {
    /// What it came to.
    pub run: Run,
    /// Its tables.
    pub tables: Vec<Table>,
    /// The manifest.
    pub manifest: Manifest,
}

/// What `build` can fail with.
#[derive(Debug)]
pub enum BuildError {
    /// The case contradicts itself in a way only a build can see.
    Case(Vec<Problem>),
    /// The disk.
    Store(StoreError),
}

/// Assesses a case in memory; nothing is stored or reused.
///
/// # Errors
/// Problems that only show when the evidence is weighed.
pub fn assess(case: &Case, options: Options) -> Result<Run, Vec<Problem>> {
    run(case, options, &mut Journal::in_memory())
}

/// Builds a case: what is unchanged is taken from the store, the result is committed to it.
///
/// # Errors
/// Problems of the case, or of the disk.
pub fn build(case: &Case, options: Options, store: &Store, mut journal: Journal<'_>) -> Result<Build, BuildError> {
    let run = run(case, options, &mut journal).map_err(BuildError::Case)?;
    journal.sound().map_err(BuildError::Store)?;
    let tables = tables::tables(case, &run);
    let mut manifest = Manifest {
        tool: env!("CARGO_PKG_VERSION").into(),
        records: run.records.clone(),
        tables: Vec::new(),
        assessment: String::new(),
        reports: run.ingested.iter().map(|r| (r.report.clone(), r.hash.clone())).collect(),
        worlds: options.worlds,
    };
    journal.say("tables", "");
    for table in &tables {
        // Named by its logical rows, not by its bytes.
        let file = format!("tables/{}-{}.parquet", table.name, &table.hash()[..16]);
        if !store.has(&file) {
            let bytes = table.to_parquet().map_err(|e| {
                BuildError::Store(StoreError {
                    doing: format!("cannot write table {}", table.name),
                    source: std::io::Error::other(e),
                })
            })?;
            store.write(&file, &bytes).map_err(BuildError::Store)?;
        }
        manifest.tables.push((table.name.to_owned(), file));
    }
    let bytes = serde_json::to_vec_pretty(&run.assessment).unwrap_or_default();
    manifest.assessment = format!("tables/assessment-{}.json", &blake3::hash(&bytes).to_hex()[..16]);
    store.write(&manifest.assessment, &bytes).map_err(BuildError::Store)?;
    store.commit(&manifest).map_err(BuildError::Store)?;
    Ok(Build { run, tables, manifest })
}

/// A stage that would run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Staleness {
    /// Stage.
    pub stage: String,
    /// Subject.
    pub subject: String,
    /// Why.
    pub because: Because,
}

/// What a build would run now, and why. Stages behind one that would run are judged by running them in memory, so
/// early cut-off is seen; nothing is written.
///
/// # Errors
/// Problems that only show when the evidence is weighed.
pub fn stale(case: &Case, options: Options, mut journal: Journal<'_>) -> Result<Vec<Staleness>, Vec<Problem>> {
    let run = run(case, options, &mut journal)?;
    Ok(run.ran.into_iter().map(|(r, because)| Staleness { stage: r.stage, subject: r.subject, because }).collect())
}

fn run(case: &Case, options: Options, journal: &mut Journal<'_>) -> Result<Run, Vec<Problem>> {
    let keep = |name: &str, h: &str| (name.to_owned(), h.to_owned());
    // A case is seen from its as-of day: what was published later takes no part, whoever calls.
    let seen;
    let case = if case.reports.values().any(|r| r.published.possible.to > case.as_of()) {
        seen = case.seen_on(case.as_of());
        &seen
    } else {
        case
    };

    let unknown = lints::unknown(case);
    if !unknown.is_empty() {
        return Err(unknown);
    }

    // ingest: one report at a time.
    let mut ingested = Vec::new();
    let mut claims_of: BTreeMap<&str, Vec<&model::Claim>> = BTreeMap::new();
    for c in case.claims.values() {
        claims_of.entry(c.report.as_str()).or_default().push(c);
    }
    for report in case.reports.values() {
        let claims = claims_of.get(report.id.as_str()).cloned().unwrap_or_default();
        let inputs =
            vec![(format!("report {}", report.id), hash(report)), (format!("claims of {}", report.id), hash(&claims))];
        ingested.push(journal.run("ingest", ingest::VERSION, &report.id, inputs, || ingest::run(case, report)));
    }

    // gather: which statements there are.
    let claims_hash: Vec<(String, String)> =
        ingested.iter().map(|(r, h)| (format!("report {}", r.report), h.clone())).collect();
    let sources = hash(&case.sources);
    let mut inputs = claims_hash;
    inputs.push(keep("sources.toml", &sources));
    inputs.push(keep("claims", &hash(&case.claims)));
    inputs.push(keep("matches", &hash(&(&case.same, &case.rows))));
    let ruled = |r: &&model::Ruling| matches!(r.decides, model::Decides::Claim(_));
    inputs
        .push(keep("rulings.jsonl", &hash(&case.rulings.iter().filter(ruled).map(|r| &r.decides).collect::<Vec<_>>())));
    let (gathered, _) = journal.run("gather", gather::VERSION, "", inputs, || gather::run(case));

    // reconcile: one event at a time.
    let areas = hash(&case.areas);
    let actors = hash(&case.actors);
    let mut laws: Vec<(EventLaw, String)> = Vec::new();
    for (key, dossier) in &gathered.dossiers {
        let Some(id) = key.strip_prefix("event:") else { continue };
        let about: Vec<_> = dossier
            .claims
            .iter()
            .map(|c| {
                let published =
                    case.claims.get(c).and_then(|c| case.reports.get(&c.report)).map(|r| r.published.to_string());
                (case.claims.get(c), &gathered.statements[gathered.statement_of[c]], published)
            })
            .collect();
        let inputs = vec![
            keep("claims about it", &hash(&about)),
            keep("sources.toml", &sources),
            keep("areas.geojson", &areas),
            keep("actors.toml", &actors),
            keep(
                "matches",
                &hash(&(
                    &dossier.guests,
                    gathered.families.iter().filter(|f| f.events.iter().any(|e| e == id)).collect::<Vec<_>>(),
                )),
            ),
        ];
        laws.push(journal.run("reconcile", reconcile::VERSION, id, inputs, || reconcile::run(case, &gathered, id)));
    }
    let law_hashes: Vec<(String, String)> = laws.iter().map(|(l, h)| (format!("event {}", l.id), h.clone())).collect();
    let laws: Vec<EventLaw> = laws.into_iter().map(|(l, _)| l).collect();

    // worlds: all draws.
    let mut inputs = law_hashes.clone();
    inputs.push(keep("statements", &hash(&(&gathered.statements, &gathered.dossiers))));
    inputs.push(keep("matches", &hash(&gathered.families)));
    inputs.push(keep("sources.toml", &sources));
    inputs.push(keep("actors.toml", &actors));
    inputs.push(keep("seed, worlds, base rate", &hash(&(case.seed, options.worlds, case.base_rate.to_bits()))));
    let (worlds, _) = journal
        .run("worlds", worlds::VERSION, "", inputs, || worlds::run(case, &gathered, &laws, options.worlds, true));
    if !worlds.diagnosis.converged() {
        return Err(vec![not_converged(&worlds.diagnosis)]);
    }
    let view = View { case, laws: &laws, worlds: &worlds };
    // Each indicator is keyed by the events it may look at, so that news about others leaves it alone.
    let stored = journal.is_stored();
    let event_hashes: Vec<String> = if stored {
        laws.iter().zip(&worlds.events).map(|(l, e)| hash(&(l, e))).collect()
    } else {
        vec![String::new(); laws.len()]
    };
    let links_hash = if stored { hash(&worlds.links) } else { String::new() };
    let seen_by = |t: &Test| -> Vec<(String, String)> {
        let select = t.select().unwrap_or_default();
        let mut out: Vec<(String, String)> = laws
            .iter()
            .zip(&event_hashes)
            .filter(|(l, _)| view.kind_fits(&select, l))
            .map(|(l, h)| (format!("event {}", l.id), h.clone()))
            .collect();
        out.push(keep("links", &links_hash));
        out.push(keep("as-of day", &case.as_of().to_string()));
        out.push(keep("number of worlds", &options.worlds.to_string()));
        out
    };

    // test: plain indicators, then those made of others, innermost first.
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    let mut outcome_hashes: BTreeMap<String, String> = BTreeMap::new();
    for id in order(case) {
        let indicator = &case.indicators[&id];
        let mut inputs = vec![keep("its definition", &hash(&indicator.test))];
        if indicator.test.select().is_some() {
            inputs.extend(seen_by(&indicator.test));
        }
        for part in indicator.test.parts() {
            inputs.push((format!("indicator {part}"), outcome_hashes.get(part).cloned().unwrap_or_default()));
        }
        let (o, h) = journal.run("test", test::VERSION, &id, inputs, || test::run(&view, indicator, &outcomes));
        outcome_hashes.insert(id.clone(), h);
        outcomes.insert(id, o);
    }

    // footprint: declared footprints, and presence.
    let mut footprints = Vec::new();
    let mut footprint_hashes = Vec::new();
    for (key, (id, t)) in footprint::declared(case) {
        let mut inputs = vec![keep("its definition", &hash(&t))];
        inputs.extend(seen_by(&Test::Footprint(t.clone())));
        let (rows, h) = journal.run("footprint", footprint::VERSION, &key, inputs, || footprint::run(&view, &id, &t));
        footprints.extend(rows);
        footprint_hashes.push((format!("footprint {key}"), h));
    }
    let mut inputs: Vec<(String, String)> =
        laws.iter().zip(&event_hashes).map(|(l, h)| (format!("event {}", l.id), h.clone())).collect();
    inputs.push(keep("links", &links_hash));
    inputs.push(keep("areas.geojson", &areas));
    inputs.push(keep("actors.toml", &actors));
    let (tenure, tenure_hash) = journal.run("tenure", footprint::VERSION, "", inputs, || footprint::tenure(&view));

    // weigh: one question at a time, against what was believed before any report.
    let mut answers = BTreeMap::new();
    let mut answer_hashes = Vec::new();
    let mut problems = Vec::new();
    let mut before: Option<(Worlds, BTreeMap<String, Outcome>)> = None;
    for (id, question) in &case.questions {
        let mut inputs = vec![
            keep("its definition", &hash(question)),
            keep("factors.toml", &hash(&case.factors)),
            keep("gaps.toml", &hash(&case.gaps)),
            keep("coverage.toml", &hash(&case.coverage)),
            keep("case.toml", &hash(&(case.seed, case.as_of().to_string()))),
        ];
        inputs.extend(laws.iter().zip(&event_hashes).map(|(l, h)| (format!("event {}", l.id), h.clone())));
        inputs.push(keep("facts", &hash(&worlds.facts)));
        inputs.push(keep("links", &links_hash));
        inputs.push(keep("statements", &hash(&gathered.dossiers)));
        inputs.extend(outcome_hashes.iter().map(|(i, h)| (format!("indicator {i}"), h.clone())));
        let mut found = Vec::new();
        let (answer, h): (Option<Answer>, String) = journal.run("weigh", weigh::VERSION, id, inputs, || {
            let needed = question.evidence.iter().any(|e| matches!(e.kind, model::EvidenceKind::Indicator(_)));
            if needed && before.is_none() {
                before = Some(before_any_report(case, &gathered, &laws, options.worlds));
            }
            let then = before.as_ref().map(|(worlds, outcomes)| (View { case, laws: &laws, worlds }, outcomes));
            let then = then.as_ref().map(|(view, outcomes)| Tested { view, outcomes });
            weigh::run(Tested { view: &view, outcomes: &outcomes }, then, &gathered, question)
                .map_err(|p| found = p)
                .ok()
        });
        problems.append(&mut found);
        if let Some(a) = answer {
            answers.insert(id.clone(), a);
        }
        answer_hashes.push((format!("question {id}"), h));
    }
    if !problems.is_empty() {
        return Err(problems);
    }

    // assess: what is printed.
    let mut inputs = vec![
        keep("judgments.toml", &hash(&case.judgments)),
        keep("indicators.toml", &hash(&case.indicators)),
        keep("hypotheses.toml", &hash(&case.questions)),
        keep("assumptions.toml, gaps.toml, coverage.toml", &hash(&(&case.assumptions, &case.gaps, &case.coverage))),
        keep("lexicon and lints", &hash(&(case.lexicon.id, &case.lints))),
        keep("case.toml", &hash(&(&case.title, &case.question, case.as_of().to_string(), case.tlp, case.seed))),
        keep("statements", &hash(&(&gathered.statements, &gathered.dossiers))),
        keep("facts", &hash(&worlds.facts)),
        keep("tenure", &tenure_hash),
    ];
    inputs.extend(laws.iter().zip(&event_hashes).map(|(l, h)| (format!("event {}", l.id), h.clone())));
    inputs.extend(outcome_hashes.iter().map(|(i, h)| (format!("indicator {i}"), h.clone())));
    inputs.extend(footprint_hashes);
    inputs.extend(answer_hashes);
    let published: Vec<_> = case.reports.values().map(|r| (&r.id, r.published.to_string(), r.tlp)).collect();
    inputs.push(keep("reports and claims", &hash(&(published, &case.claims))));
    inputs.push(keep("sources.toml", &sources));
    inputs.push(keep("actors.toml", &actors));
    inputs.push(keep("forecasts.jsonl", &hash(&case.ledger)));
    inputs.push(keep("tests", &hash(&case.tripped())));
    let (assessment, _) = journal.run("assess", assess_stage::VERSION, "", inputs, || {
        assess_stage::run(&Inputs {
            case,
            gathered: &gathered,
            laws: &laws,
            worlds: &worlds,
            outcomes: &outcomes,
            answers: &answers,
            footprints: &footprints,
            tenure: &tenure,
        })
    });
    let mut out = Run {
        ingested: ingested.into_iter().map(|(r, _)| r).collect(),
        gathered,
        laws,
        worlds,
        outcomes,
        answers,
        footprints,
        tenure,
        assessment,
        scrutiny: None,
        ran: Vec::new(),
        records: Vec::new(),
    };
    // scrutiny: what the conclusions stand on.
    if stored {
        let inputs = vec![
            keep("reports", &hash(&out.ingested)),
            keep("claims", &hash(&case.claims)),
            keep("sources.toml", &sources),
            keep("actors.toml", &actors),
            keep("areas.geojson", &areas),
            keep("indicators.toml", &hash(&case.indicators)),
            keep("hypotheses.toml", &hash(&case.questions)),
            keep("factors.toml", &hash(&case.factors)),
            keep("judgments.toml", &hash(&case.judgments)),
            keep("assumptions.toml, gaps.toml, coverage.toml", &hash(&(&case.assumptions, &case.gaps, &case.coverage))),
            keep("matches", &hash(&(&case.same, &case.rows))),
            keep("rulings.jsonl", &hash(&case.rulings.iter().map(|r| &r.decides).collect::<Vec<_>>())),
            keep(
                "seed, worlds, base rate, as-of day, lexicon",
                &hash(&(
                    case.seed,
                    options.worlds,
                    case.base_rate.to_bits(),
                    case.as_of().to_string(),
                    case.lexicon.id,
                )),
            ),
        ];
        // It is the last stage: who only asks what is stale need not run it.
        let kept = journal.keeps();
        let work =
            || if kept { scrutiny(case, &out, options, affordable(case), &|_, _| {}) } else { Scrutiny::default() };
        let (found, _) = journal.run("scrutiny", scrutiny::VERSION, "", inputs, work);
        out.scrutiny = Some(found);
    }
    out.ran = std::mem::take(&mut journal.ran);
    out.records = std::mem::take(&mut journal.records);
    Ok(out)
}

/// Chains that disagree give no number.
fn not_converged(d: &worlds::Diagnosis) -> Problem {
    let message = format!(
        "the worlds have not converged: R-hat of {} is {:.2}, at most {:.2} is wanted ({:.0} effective draws)",
        d.of,
        d.r_hat,
        worlds::Diagnosis::MOST,
        d.ess
    );
    Problem::error("not-converged", Span::new("case.toml", 0, 0), message)
        .help("draw more worlds (`--worlds 8192`); where that does not help, what it says contradicts itself: see `bellwether explain` of its claims")
}

/// Worlds where nothing that was said is believed, and the outcomes of all indicators in them.
fn before_any_report(case: &Case, g: &Gathered, laws: &[EventLaw], n: usize) -> (Worlds, BTreeMap<String, Outcome>) {
    let worlds = worlds::run(case, g, laws, n, false);
    let view = View { case, laws, worlds: &worlds };
    let mut out = BTreeMap::new();
    for id in order(case) {
        let o = test::run(&view, &case.indicators[&id], &out);
        out.insert(id, o);
    }
    (worlds, out)
}

/// Indicators, each after those it is made of. A checked case has no cycle; in an unchecked one the rest is left out.
pub(crate) fn order(case: &Case) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    loop {
        let before = out.len();
        for (id, i) in &case.indicators {
            let ready = i.test.parts().iter().all(|p| out.contains(p) || !case.indicators.contains_key(*p));
            if ready && !out.contains(id) {
                out.push(id.clone());
            }
        }
        if out.len() == before {
            return out;
        }
    }
}
