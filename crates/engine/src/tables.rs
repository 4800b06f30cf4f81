//! The data contract: every table of a build with every column, what it means and in which unit. Written as
//! Parquet, queried by DataFusion, and documented from this file (`docs/tables.md` is generated).

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use model::{Case, Verdict};

use crate::build::Run;
use crate::stage::gather::Reviewed;

/// A column's values; `None` is unknown or does not apply, never zero.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Numbers.
    Real(Vec<Option<f64>>),
    /// True or false.
    Bool(Vec<Option<bool>>),
    /// Civil days, as days since 1970-01-01.
    Day(Vec<Option<i32>>),
}

/// A table: columns with name, meaning and values, all of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name in SQL.
    pub name: &'static str,
    /// One row is ...
    pub about: &'static str,
    /// Name, meaning, values.
    pub columns: Vec<(&'static str, &'static str, Column)>,
}

impl Table {
    /// BLAKE3 over names and rows (logical values, not file bytes).
    pub fn hash(&self) -> String {
        let mut h = blake3::Hasher::new();
        h.update(self.name.as_bytes());
        for (name, _, column) in &self.columns {
            h.update(b"\0");
            h.update(name.as_bytes());
            let mut put = |present: bool, bytes: &[u8]| {
                h.update(&[u8::from(present)]);
                h.update(&(bytes.len() as u64).to_le_bytes());
                h.update(bytes);
            };
            match column {
                Column::Text(v) => v.iter().for_each(|x| put(x.is_some(), x.as_deref().unwrap_or("").as_bytes())),
                Column::Int(v) => v.iter().for_each(|x| put(x.is_some(), &x.unwrap_or(0).to_le_bytes())),
                Column::Real(v) => v.iter().for_each(|x| put(x.is_some(), &x.unwrap_or(0.0).to_bits().to_le_bytes())),
                Column::Bool(v) => v.iter().for_each(|x| put(x.is_some(), &[u8::from(x.unwrap_or(false))])),
                Column::Day(v) => v.iter().for_each(|x| put(x.is_some(), &x.unwrap_or(0).to_le_bytes())),
            }
        }
        h.finalize().to_hex().to_string()
    }

    /// The table as an Arrow batch.
    pub(crate) fn to_batch(&self) -> Result<RecordBatch, String> {
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (name, _, column) in &self.columns {
            let (kind, array): (DataType, ArrayRef) = match column {
                Column::Text(v) => (DataType::Utf8, Arc::new(StringArray::from(v.clone()))),
                Column::Int(v) => (DataType::Int64, Arc::new(Int64Array::from(v.clone()))),
                Column::Real(v) => (DataType::Float64, Arc::new(Float64Array::from(v.clone()))),
                Column::Bool(v) => (DataType::Boolean, Arc::new(BooleanArray::from(v.clone()))),
                Column::Day(v) => (DataType::Date32, Arc::new(Date32Array::from(v.clone()))),
            };
            fields.push(Field::new(*name, kind, true));
            arrays.push(array);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| e.to_string())
    }

    /// The table as a Parquet file.
    pub(crate) fn to_parquet(&self) -> Result<Vec<u8>, String> {
        let batch = self.to_batch()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("bellwether".into())
            .build();
        parquet(&batch, properties)
    }
}

/// A batch as a Parquet file.
pub(crate) fn parquet(batch: &RecordBatch, properties: WriterProperties) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).map_err(|e| e.to_string())?;
    writer.write(batch).map_err(|e| e.to_string())?;
    writer.close().map_err(|e| e.to_string())?;
    Ok(out)
}

/// A cell of a row.
pub(crate) enum Cell {
    T(Option<String>),
    I(Option<i64>),
    R(Option<f64>),
    B(Option<bool>),
    D(Option<i32>),
}

pub(crate) fn t(x: impl Into<String>) -> Cell {
    Cell::T(Some(x.into()))
}
fn ot(x: Option<String>) -> Cell {
    Cell::T(x)
}
pub(crate) fn i(x: i64) -> Cell {
    Cell::I(Some(x))
}
pub(crate) fn r(x: f64) -> Cell {
    Cell::R(Some(x))
}
fn or(x: Option<f64>) -> Cell {
    Cell::R(x)
}
fn b(x: bool) -> Cell {
    Cell::B(Some(x))
}
fn d(x: i32) -> Cell {
    Cell::D(Some(x))
}

/// Letters name the kinds: t text, i integer, r real, b boolean, d day.
pub(crate) fn table(
    name: &'static str,
    about: &'static str,
    columns: &[(char, &'static str, &'static str)],
    rows: impl IntoIterator<Item = Vec<Cell>>,
) -> Table {
    let mut out: Vec<Column> = columns
        .iter()
        .map(|(kind, _, _)| match kind {
            't' => Column::Text(vec![]),
            'i' => Column::Int(vec![]),
            'b' => Column::Bool(vec![]),
            'd' => Column::Day(vec![]),
            _ => Column::Real(vec![]),
        })
        .collect();
    for row in rows {
        for (column, cell) in out.iter_mut().zip(row) {
            match (column, cell) {
                (Column::Text(v), Cell::T(x)) => v.push(x),
                (Column::Int(v), Cell::I(x)) => v.push(x),
                (Column::Real(v), Cell::R(x)) => v.push(x),
                (Column::Bool(v), Cell::B(x)) => v.push(x),
                (Column::Day(v), Cell::D(x)) => v.push(x),
                // A cell of the wrong kind is a fault of this file, which the tests would show.
                (column, _) => match column {
                    Column::Text(v) => v.push(None),
                    Column::Int(v) => v.push(None),
                    Column::Real(v) => v.push(None),
                    Column::Bool(v) => v.push(None),
                    Column::Day(v) => v.push(None),
                },
            }
        }
    }
    Table { name, about, columns: columns.iter().zip(out).map(|((_, n, about), c)| (*n, *about, c)).collect() }
}

/// All tables of a build.
pub fn tables(case: &Case, run: &Run) -> Vec<Table> {
    let a = &run.assessment;
    let reviewed = Reviewed::new(case);
    let mut out = vec![
        table(
            "sources",
            "One source.",
            &[
                ('t', "id", "Source id."),
                ('t', "name", "Name as printed."),
                ('t', "kind", "party, official, media, wire, ngo, analyst, witness or dataset."),
                ('t', "speaks_for", "The actor it speaks for."),
                ('t', "reliability", "Admiralty grade A to E; F is no rating."),
                ('t', "why", "Why this grade."),
            ],
            case.sources.iter().map(|(id, s)| {
                let word = |v: serde_json::Value| v.as_str().unwrap_or_default().to_owned();
                vec![
                    t(id),
                    t(&s.name),
                    t(word(serde_json::json!(s.kind))),
                    ot(s.speaks_for.clone()),
                    t(word(serde_json::json!(s.reliability))),
                    t(&s.why),
                ]
            }),
        ),
        table(
            "reports",
            "One report that takes part.",
            &[
                ('t', "id", "Report id."),
                ('t', "source", "Publisher."),
                ('t', "title", "Title."),
                ('t', "file", "Path in the case folder."),
                ('t', "published", "Publication date as written."),
                ('d', "published_latest", "Latest possible day of publication."),
                ('t', "hash", "BLAKE3 of the file's bytes."),
                ('i', "bytes", "Size of the file in bytes."),
                ('i', "claims", "Number of claims anchored in it."),
            ],
            run.ingested.iter().map(|x| {
                vec![
                    t(&x.report),
                    t(&x.source),
                    t(&x.title),
                    t(&x.file),
                    t(&x.published),
                    d(x.published_latest),
                    t(&x.hash),
                    i(x.bytes as i64),
                    i(x.claims.len() as i64),
                ]
            }),
        ),
        table(
            "claims",
            "One claim: one assertion by one source, anchored in one excerpt.",
            &[
                ('t', "id", "Claim id."),
                ('t', "report", "The report it stands in."),
                ('t', "source", "Innermost speaker."),
                ('t', "says", "event, fact, link or retracts."),
                ('t', "subject", "Id of the thing it speaks of."),
                ('t', "stance", "asserts, denies, disputes, claims-responsibility, denies-responsibility."),
                ('t', "modality", "asserted, claimed, unconfirmed, speculative, hypothetical, planned."),
                ('t', "basis", "witnessed, told, inferred."),
                ('i', "credibility", "Information credibility 1 to 5; 6 is no rating."),
                ('i', "start", "First byte of the excerpt in the report's file."),
                ('i', "end", "One past its last byte."),
                ('t', "exact", "The excerpt."),
                ('t', "statement", "The statement it makes, with its copies; none if it does not stand."),
                ('t', "retracted_by", "The claim that took it back."),
                ('t', "rule", "The rule by which a machine read it; none if a person coded it."),
                ('t', "ruled", "What a person ruled on the reading: accepted, rejected, unsure."),
            ],
            run.ingested.iter().flat_map(|x| {
                x.claims.iter().map(|c| {
                    vec![
                        t(&c.id),
                        t(&x.report),
                        t(&c.source),
                        t(&c.says),
                        t(&c.subject),
                        t(&c.stance),
                        t(&c.modality),
                        t(&c.basis),
                        i(i64::from(c.credibility)),
                        i(c.start as i64),
                        i(c.end as i64),
                        t(&c.exact),
                        ot(run.gathered.statement_of.get(&c.id).map(|s| run.gathered.statements[*s].id.clone())),
                        ot(run.gathered.retracted.get(&c.id).cloned()),
                        ot(case.claims.get(&c.id).and_then(|x| x.rule.clone())),
                        ot(reviewed.verdicts.get(c.id.as_str()).map(|v| match v {
                            Verdict::Accepted => "accepted".to_owned(),
                            Verdict::Rejected => "rejected".to_owned(),
                            Verdict::Unsure => "unsure".to_owned(),
                        })),
                    ]
                })
            }),
        ),
        table(
            "events",
            "One event: a reconciled happening.",
            &[
                ('t', "id", "Event id."),
                ('t', "type", "ACLED type."),
                ('t', "sub_type", "ACLED sub-type."),
                ('r', "probability", "P(it happened)."),
                ('r', "error", "Monte Carlo standard error of it."),
                ('d', "first_day", "5 % of the belief lies before this day."),
                ('d', "last_day", "5 % of the belief lies after this day."),
                ('r', "lon", "Mean longitude, degrees."),
                ('r', "lat", "Mean latitude, degrees."),
                ('r', "radius_km", "Radius in kilometres that holds 90 % of the belief."),
                ('i', "asserted_by", "Independent origins that assert it."),
                ('i', "denied_by", "Independent origins that deny it."),
            ],
            a.events.iter().map(|e| {
                vec![
                    t(bare(&e.id)),
                    t(&e.kind),
                    ot(e.sub_type.clone()),
                    r(e.probability),
                    r(e.error),
                    d(e.days[0].0),
                    d(e.days[1].0),
                    or(e.place.map(|p| p[0])),
                    or(e.place.map(|p| p[1])),
                    or(e.radius_km),
                    i(e.asserted_by.len() as i64),
                    i(e.denied_by.len() as i64),
                ]
            }),
        ),
        table(
            "event_perpetrators",
            "One rival for the perpetrator of an event.",
            &[
                ('t', "event", "Event id."),
                ('t', "actor", "Actor id, or unknown."),
                ('r', "probability", "P(this actor did it | it happened)."),
            ],
            a.events.iter().flat_map(|e| e.who.iter().map(|w| vec![t(bare(&e.id)), t(&w.actor), r(w.probability)])),
        ),
        table(
            "event_areas",
            "One named area that an event may lie in.",
            &[('t', "event", "Event id."), ('t', "area", "Area id."), ('r', "probability", "P(it lies there).")],
            a.events.iter().flat_map(|e| e.areas.iter().map(|(area, p)| vec![t(bare(&e.id)), t(area), r(*p)])),
        ),
        table(
            "event_claims",
            "One standing claim about an event.",
            &[('t', "event", "Event id."), ('t', "claim", "Claim id.")],
            a.events.iter().flat_map(|e| e.claims.iter().map(|c| vec![t(bare(&e.id)), t(bare(c))])),
        ),
        table(
            "figures",
            "One reconciled figure of an event.",
            &[
                ('t', "event", "Event id."),
                ('t', "measure", "killed, wounded, captured, escaped, casualties."),
                ('t', "of", "Of which actor."),
                ('i', "low", "5 % quantile, given that the event happened."),
                ('i', "median", "Median."),
                ('i', "high", "95 % quantile."),
            ],
            a.events.iter().flat_map(|e| {
                e.figures.iter().map(|f| {
                    let [l, m, h] = f.quantiles;
                    vec![t(bare(&e.id)), t(&f.measure), t(&f.of), i(l.into()), i(m.into()), i(h.into())]
                })
            }),
        ),
        table(
            "figures_said",
            "What one origin said of a figure.",
            &[
                ('t', "event", "Event id."),
                ('t', "measure", "What is counted."),
                ('t', "of", "Of which actor."),
                ('t', "claim", "Claim id."),
                ('t', "source", "Origin."),
                ('t', "words", "As it was said."),
                ('i', "low", "Smallest figure the words allow."),
                ('i', "high", "Largest; none if the words set no upper end."),
            ],
            a.events.iter().flat_map(|e| {
                e.figures.iter().flat_map(move |f| {
                    f.said.iter().map(move |s| {
                        vec![
                            t(bare(&e.id)),
                            t(&f.measure),
                            t(&f.of),
                            t(bare(&s.claim)),
                            t(&s.source),
                            t(&s.words),
                            i(s.low.into()),
                            Cell::I(s.high.map(i64::from)),
                        ]
                    })
                })
            }),
        ),
        table(
            "facts",
            "One proposition that claims assert or deny.",
            &[('t', "id", "Fact id."), ('t', "text", "In words."), ('r', "probability", "P(it is so).")],
            a.facts.iter().map(|f| vec![t(bare(&f.id)), t(&f.text), r(f.probability)]),
        ),
        table(
            "links",
            "One link between actors.",
            &[
                ('t', "actor", "This actor ..."),
                ('t', "kind", "... kind of link ..."),
                ('t', "to", "... that actor."),
                ('r', "probability", "P(the link is real)."),
            ],
            run.worlds.links.iter().map(|l| {
                let p = l.probability();
                vec![t(&l.actor), t(l.kind.name()), t(&l.to), r(p)]
            }),
        ),
        table(
            "indicators",
            "One warning indicator.",
            &[
                ('t', "id", "Indicator id."),
                ('t', "title", "What is so when it trips."),
                ('t', "test", "Which test."),
                ('r', "probability", "Probability; none when it cannot be tested."),
                ('r', "error", "Monte Carlo standard error."),
                ('t', "state", "observed, not-observed, contradicted, stale, not-testable, ambiguous."),
                ('b', "warning", "At or above its warn_at."),
                ('t', "reason", "Why it cannot be tested, or what its state still needs."),
            ],
            a.indicators.iter().map(|x| {
                vec![
                    t(bare(&x.id)),
                    t(&x.title),
                    t(&x.test),
                    or(x.probability),
                    r(x.error),
                    t(x.state.name()),
                    b(x.warning),
                    ot(x.reason.clone()),
                ]
            }),
        ),
        table(
            "indicator_events",
            "One event's part in an indicator.",
            &[
                ('t', "indicator", "Indicator id."),
                ('t', "event", "Event id."),
                ('r', "share", "Share of worlds in which the event counts."),
                ('r', "without", "Probability of the indicator if it did not count."),
            ],
            a.indicators
                .iter()
                .flat_map(|x| x.events.iter().map(|c| vec![t(bare(&x.id)), t(&c.event), r(c.share), or(c.without)])),
        ),
        table(
            "hypotheses",
            "One hypothesis.",
            &[
                ('t', "question", "Question id."),
                ('t', "id", "Hypothesis id."),
                ('t', "text", "In words."),
                ('r', "prior", "Prior probability."),
                ('r', "probability", "Posterior probability."),
                ('r', "error", "Monte Carlo standard error."),
                ('r', "low", "Lower bound that 80 % keep when likelihoods are drawn within what was said of them."),
                ('r', "high", "Upper bound."),
            ],
            a.hypotheses.iter().map(|h| {
                let (q, id) = bare(&h.id).split_once('/').unwrap_or(("", ""));
                vec![t(q), t(id), t(&h.text), r(h.prior), r(h.probability), r(h.error), r(h.bounds[0]), r(h.bounds[1])]
            }),
        ),
        table(
            "evidence",
            "One piece of evidence under one hypothesis.",
            &[
                ('t', "question", "Question id."),
                ('t', "evidence", "Evidence id."),
                ('t', "hypothesis", "Hypothesis id."),
                ('r', "likelihood", "P(it is so | hypothesis)."),
                ('r', "probability", "P(it is so | reports)."),
                ('r', "base", "P(it is so) before any report."),
                ('r', "without", "Posterior of the hypothesis without this piece of evidence."),
                ('r', "if_so", "Posterior of the hypothesis if it were known to be so."),
                ('r', "if_not", "Posterior of the hypothesis if it were known not to be."),
                (
                    'r',
                    "bits",
                    "Diagnosticity of the piece: bits of the question it was expected to tell, before any report.",
                ),
                ('r', "decibans", "Weight of the piece for the leading hypothesis against all others."),
                ('t', "reason", "Why it takes no part."),
            ],
            a.questions.iter().flat_map(|q| {
                q.evidence.iter().flat_map(move |e| {
                    q.hypotheses.iter().enumerate().map(move |(n, h)| {
                        vec![
                            t(bare(&q.id)),
                            t(&e.id),
                            t(h),
                            or(e.likelihood.get(n).copied()),
                            or(e.probability),
                            r(e.base),
                            or(e.without.get(n).copied()),
                            or(e.if_so.get(n).copied()),
                            or(e.if_not.get(n).copied()),
                            r(e.bits),
                            r(e.decibans),
                            ot(e.reason.clone()),
                        ]
                    })
                })
            }),
        ),
        table(
            "footprint",
            "One class of one footprint.",
            &[
                ('t', "actor", "Whose."),
                ('t', "home", "Home area."),
                ('t', "reference", "Reference period."),
                ('t', "period", "Current period."),
                ('t', "class", "contained, relocating, expanding, receding, dormant."),
                ('r', "probability", "Probability; none when it cannot be tested."),
                ('r', "error", "Monte Carlo standard error."),
                ('t', "reason", "Why it cannot be tested."),
            ],
            a.footprint.iter().map(|f| {
                vec![
                    t(&f.actor),
                    t(&f.home),
                    t(&f.reference),
                    t(&f.period),
                    t(&f.class),
                    or(f.probability),
                    r(f.error),
                    ot(f.reason.clone()),
                ]
            }),
        ),
        table(
            "tenure",
            "Presence of one actor in one area.",
            &[
                ('t', "actor", "Whose."),
                ('t', "area", "Where."),
                ('r', "probability", "P(active there at all)."),
                ('r', "episodes", "Mean number of episodes (a silence of over 365 days ends one), where it was."),
                ('i', "longest_days_low", "Longest episode in days, 5 %."),
                ('i', "longest_days", "Median."),
                ('i', "longest_days_high", "95 %."),
                ('d', "first_seen", "First day seen, median."),
                ('d', "last_seen", "Last day seen, median."),
            ],
            a.tenure.iter().map(|x| {
                let (actor, area) = bare(&x.id).split_once('/').unwrap_or(("", ""));
                let [l, m, h] = x.longest_days;
                vec![
                    t(actor),
                    t(area),
                    r(x.probability),
                    r(x.episodes),
                    i(l.into()),
                    i(m.into()),
                    i(h.into()),
                    d(x.seen[0].0),
                    d(x.seen[1].0),
                ]
            }),
        ),
        table(
            "judgments",
            "One key judgment.",
            &[
                ('t', "id", "Judgment id."),
                ('t', "about", "Indicator or question."),
                ('t', "outcome", "Which text was chosen."),
                ('r', "probability", "Probability of what the sentence says; none when it cannot be judged."),
                ('t', "text", "The sentence."),
                ('t', "confidence", "Analytic confidence: low, moderate, high."),
                ('t', "suggested", "The confidence that its origins, assumptions and gaps suggest."),
                (
                    'r',
                    "origins",
                    "Independent origins that bear on it, less by the chance of each that it copies another.",
                ),
            ],
            a.judgments.iter().map(|j| {
                vec![
                    t(bare(&j.id)),
                    t(&j.about),
                    t(&j.outcome),
                    or(j.probability),
                    t(&j.text),
                    t(j.confidence.words()),
                    t(j.suggested.words()),
                    r(j.standing.origins),
                ]
            }),
        ),
        table(
            "analysts",
            "What one analyst's numbers alone make of one hypothesis.",
            &[
                ('t', "question", "Question id."),
                ('t', "analyst", "Name of the file; case is hypotheses.toml."),
                ('t', "hypothesis", "Hypothesis id."),
                ('r', "prior", "Prior, made coherent."),
                ('r', "probability", "Posterior."),
                ('r', "belief", "What the analyst believes, all told."),
            ],
            a.questions.iter().flat_map(|q| {
                q.analysts.iter().flat_map(move |x| {
                    q.hypotheses.iter().enumerate().map(move |(n, h)| {
                        let belief = x.belief.as_ref().map(|b| b[n]);
                        vec![t(bare(&q.id)), t(&x.analyst), t(h), r(x.prior[n]), r(x.probability[n]), or(belief)]
                    })
                })
            }),
        ),
        table(
            "open",
            "Something nobody knows yet, and what knowing it would tell of a question or of an indicator under a judgment.",
            &[
                ('t', "about", "question:ID or judgment:ID."),
                ('t', "id", "gap:ID, evidence:QUESTION/ID, or open:KIND:ID."),
                ('t', "asks", "What would be asked."),
                ('r', "probability", "P(yes)."),
                ('r', "bits", "Bits of the answer that knowing it would tell."),
            ],
            a.questions.iter().map(|q| (&q.id, &q.open)).chain(a.judgments.iter().map(|j| (&j.id, &j.open))).flat_map(
                |(about, open)| {
                    open.iter().map(move |w| vec![t(about), t(&w.id), t(&w.asks), r(w.probability), r(w.bits)])
                },
            ),
        ),
        table(
            "lints",
            "One remark on method.",
            &[
                ('t', "code", "Its name; `bellwether explain CASE lint:NAME` tells of it."),
                ('t', "about", "What it is about."),
                ('t', "text", "What to see in it."),
                ('t', "level", "warn or deny."),
                ('t', "suppressed", "Why it may stand, where the case says so."),
            ],
            a.lints
                .iter()
                .map(|l| vec![t(&l.code), t(&l.about), t(&l.text), t(l.level.words()), ot(l.suppressed.clone())]),
        ),
        table(
            "stands_on",
            "One conclusion without what one origin first said, or with one assumption false.",
            &[
                ('t', "conclusion", "judgment:ID or question:ID."),
                ('t', "cause", "source:ID left out, assumption:ID false."),
                ('r', "probability", "Probability of what is concluded now; none when it cannot be judged then."),
                ('t', "outcome", "What would be concluded."),
                ('b', "flips", "Whether that is another outcome."),
            ],
            run.scrutiny.iter().flat_map(|s| &s.conclusions).flat_map(|c| {
                c.without
                    .iter()
                    .chain(&c.assumptions)
                    .map(|o| vec![t(&c.id), t(&o.cause), or(o.probability), t(&o.outcome), b(o.flips)])
            }),
        ),
    ];
    out.push(table(
        "matches",
        "Two events that may be one, those that matter most and are least settled first.",
        &[
            ('t', "a", "One event: a row of a data set as DATASET-ROW, or an event coded by hand."),
            ('t', "b", "The other."),
            ('r', "probability", "Probability that they are one, rulings included."),
            ('r', "unruled", "What the match alone says."),
            ('t', "ruling", "The ruling on them, with who made it and why."),
            ('i', "at_stake", "Deaths that count once or twice by it."),
            (
                'r',
                "impact",
                "How much a ruling could change: doubt p (1 - p) times 1 + ln(1 + at_stake); 0 where one was made.",
            ),
            ('t', "why", "What speaks for it and against it, in decibans, strongest first."),
        ],
        {
            let impact = |s: &model::Same| {
                let open = if s.ruling.is_some() { 0.0 } else { s.unruled * (1.0 - s.unruled) };
                open * (1.0 + libm::log1p(f64::from(s.at_stake)))
            };
            let mut list: Vec<&model::Same> = case.same.iter().collect();
            list.sort_by(|x, y| impact(y).total_cmp(&impact(x)).then((&x.a, &x.b).cmp(&(&y.a, &y.b))));
            list.into_iter()
                .map(|s| {
                    let why: Vec<String> =
                        s.reasons.iter().map(|w| format!("{} {:+.0} ({})", w.field, w.decibans, w.said)).collect();
                    vec![
                        t(&s.a),
                        t(&s.b),
                        r(s.p),
                        r(s.unruled),
                        ot(s.ruling.clone()),
                        i(s.at_stake.into()),
                        r(impact(s)),
                        t(why.join("; ")),
                    ]
                })
                .collect::<Vec<_>>()
        },
    ));
    out.push(table(
        "names",
        "A name in a data set that means, or may mean, an actor of the case.",
        &[
            ('t', "dataset", "Data set."),
            ('t', "name", "The name as the data set writes it."),
            ('i', "rows", "Times it stands in the rows looked at."),
            ('t', "actor", "The actor it is taken for; none for nobody of the case."),
            (
                't',
                "how",
                "How that was found: ruled, declared, by date (a name borne for a time), same, sound, initials, words.",
            ),
            ('t', "candidates", "Actors it may mean, with how alike the names are."),
        ],
        case.names.iter().map(|n| {
            let list: Vec<String> = n.candidates.iter().map(|(a, s)| format!("{a} {s:.2}")).collect();
            vec![t(&n.dataset), t(&n.name), i(n.rows.into()), ot(n.actor.clone()), t(&n.how), t(list.join(", "))]
        }),
    ));
    let series = run.series();
    out.push(table(
        "draws",
        "One printed number in one world (for hypotheses: in one of 32 batches of worlds), for paired comparison.",
        &[
            ('t', "id", "The number, as kind:id."),
            ('i', "world", "World, from 0."),
            ('r', "value", "Its value there: the exact chance given what the world fixes, or 0 or 1."),
        ],
        series.into_iter().flat_map(|(id, values)| {
            values.into_iter().enumerate().map(move |(w, x)| vec![t(id.clone()), i(w as i64), r(x)]).collect::<Vec<_>>()
        }),
    ));
    out
}

/// The id without its kind.
fn bare(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, b)| b)
}
