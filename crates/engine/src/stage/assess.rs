//! Stage `assess`: everything that is printed, as one document.

use model::{About, Case, Confidence, Day, percent};
use serde::{Deserialize, Serialize};
use stats::{mean_se, quantile};

use crate::lints::{self, LintRow};

use super::cards::{self, ClaimantRow, SourceRow};
use super::coverage::covered;
use super::footprint::{FootprintRow, TenureRow};
use super::gather::Gathered;
use super::reconcile::EventLaw;
use super::sway::{self, Standing};
use super::test::{Carrier, Outcome, State, state};
use super::weigh::{AnalystRow, Answer, Audit, Validity, Worth};
use super::worlds::Worlds;

use std::collections::BTreeMap;

/// Part of the stage's key.
pub const VERSION: u32 = 6;

/// What the assessment is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Case id.
    pub id: String,
    /// Title.
    pub title: String,
    /// The question.
    pub question: String,
    /// Seen as of.
    pub as_of: Day,
    /// Marking, e.g. `TLP:CLEAR`.
    pub tlp: String,
    /// Seed.
    pub seed: u64,
    /// Number of worlds.
    pub worlds: usize,
    /// Reports, claims and statements of independent origins that it rests on.
    pub reports: usize,
    /// See `reports`.
    pub claims: usize,
    /// See `reports`.
    pub statements: usize,
    /// Largest R-hat of the chains that the worlds were drawn by, and the least effective number of draws.
    pub r_hat: f64,
    /// See `r_hat`.
    pub ess: f64,
}

/// A key judgment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgmentRow {
    /// `judgment:ID`.
    pub id: String,
    /// `indicator:ID` or `question:ID`.
    pub about: String,
    /// Which text was chosen.
    pub outcome: String,
    /// Probability of what the sentence says; none when it cannot be judged.
    pub probability: Option<f64>,
    /// The sentence, likelihood word and number in it.
    pub text: String,
    /// Said when the word stands within two standard errors of another.
    pub caution: Option<String>,
    /// Analytic confidence.
    pub confidence: Confidence,
    /// The sentence of its own.
    pub confidence_text: String,
    /// What changed since it was last published, and why, as the case says.
    pub changed: Option<String>,
    /// What it stands on, and the analytic confidence that this suggests.
    pub standing: Standing,
    /// See `standing`.
    pub suggested: Confidence,
    /// What one would need to see to change it, in plain words.
    pub would_change: Vec<String>,
    /// Of an indicator: what is not known yet, the most valuable first; of a question it stands there.
    pub open: Vec<Worth>,
}

/// A warning indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndicatorRow {
    /// `indicator:ID`.
    pub id: String,
    /// What is so when it trips.
    pub title: String,
    /// Which test.
    pub test: String,
    /// Probability; none when it cannot be tested.
    pub probability: Option<f64>,
    /// Monte Carlo standard error.
    pub error: f64,
    /// State.
    pub state: State,
    /// Likelihood word.
    pub likelihood: Option<String>,
    /// Said when the word stands within two standard errors of another.
    pub caution: Option<String>,
    /// Whether it is at or above its `warn_at`.
    pub warning: bool,
    /// Why it cannot be tested, or what its state still needs.
    pub reason: Option<String>,
    /// The events that carry it, most first.
    pub events: Vec<Carrier>,
}

/// A hypothesis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HypothesisRow {
    /// `hypothesis:QUESTION/ID`.
    pub id: String,
    /// In words.
    pub text: String,
    /// Prior.
    pub prior: f64,
    /// Posterior.
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
    /// Bounds that 80 % keep when likelihoods are drawn within what was said of them.
    pub bounds: [f64; 2],
}

/// A question's evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionRow {
    /// `question:ID`.
    pub id: String,
    /// In words.
    pub question: String,
    /// Hypothesis ids in the order of the columns of likelihoods.
    pub hypotheses: Vec<String>,
    /// Evidence.
    pub evidence: Vec<super::weigh::Item>,
    /// Effective sample size of the weights.
    pub ess: f64,
    /// What each analyst's numbers alone come to; none where one person gave them.
    pub analysts: Vec<AnalystRow>,
    /// Where analysts differ.
    pub audit: Option<Audit>,
    /// Open questions, the most valuable first.
    pub open: Vec<Worth>,
    /// How indicators tell the hypotheses apart.
    pub indicators: Vec<Validity>,
}

/// A rival for perpetrator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// Actor id, or `unknown`.
    pub actor: String,
    /// P(this actor did it | it happened).
    pub probability: f64,
}

/// A reconciled figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    /// `figure:EVENT/MEASURE/ACTOR`.
    pub id: String,
    /// What is counted.
    pub measure: String,
    /// Of whom.
    pub of: String,
    /// 5 %, 50 %, 95 % given that the event happened.
    pub quantiles: [u32; 3],
    /// What was said: claim, source, words, low, high.
    pub said: Vec<SaidRow>,
}

/// What one source said of a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaidRow {
    /// `claim:ID`.
    pub claim: String,
    /// Origin.
    pub source: String,
    /// As it was said.
    pub words: String,
    /// Smallest figure the words allow.
    pub low: u32,
    /// Largest; none if the words set no upper end.
    pub high: Option<u32>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// `event:ID`.
    pub id: String,
    /// ACLED type.
    #[serde(rename = "type")]
    pub kind: String,
    /// ACLED sub-type.
    pub sub_type: Option<String>,
    /// P(it happened).
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
    /// First and last possible day, 90 % of the belief.
    pub days: [Day; 2],
    /// Mean longitude and latitude, if it can be placed.
    pub place: Option<[f64; 2]>,
    /// Radius in kilometres around it that holds 90 % of the belief.
    pub radius_km: Option<f64>,
    /// Areas it lies in, with probability, most first (at least 1 %).
    pub areas: Vec<(String, f64)>,
    /// Who did it, most likely first.
    pub who: Vec<Rival>,
    /// How many.
    pub figures: Vec<FigureRow>,
    /// Independent origins that assert it.
    pub asserted_by: Vec<String>,
    /// How many of these are likely independent: less by the chance of each that it copies another.
    pub independent: f64,
    /// Independent origins that deny it.
    pub denied_by: Vec<String>,
    /// `claim:ID` of every standing claim.
    pub claims: Vec<String>,
}

/// A proposition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactRow {
    /// `fact:ID`.
    pub id: String,
    /// In words.
    pub text: String,
    /// P(it is so).
    pub probability: f64,
    /// `claim:ID` of every standing claim.
    pub claims: Vec<String>,
}

/// A footprint class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FootprintOut {
    /// `footprint:ACTOR/HOME/PERIOD/CLASS`.
    pub id: String,
    /// Whose.
    pub actor: String,
    /// Home area.
    pub home: String,
    /// Current period.
    pub period: String,
    /// Reference period.
    pub reference: String,
    /// Class.
    pub class: String,
    /// Probability; none when it cannot be tested.
    pub probability: Option<f64>,
    /// Monte Carlo standard error.
    pub error: f64,
    /// Why it cannot be tested.
    pub reason: Option<String>,
    /// The events in either window, most first.
    pub events: Vec<Carrier>,
}

/// Presence of an actor in an area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TenureOut {
    /// `tenure:ACTOR/AREA`.
    pub id: String,
    /// P(active there at all).
    pub probability: f64,
    /// Mean number of episodes where it was.
    pub episodes: f64,
    /// Longest episode in days: 5 %, 50 %, 95 %.
    pub longest_days: [u32; 3],
    /// First and last day seen, medians.
    pub seen: [Day; 2],
    /// The events.
    pub events: Vec<Carrier>,
}

/// The assessment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// What it is of.
    pub case: Header,
    /// Key judgments, in the order of the file.
    pub judgments: Vec<JudgmentRow>,
    /// Indicators by id.
    pub indicators: Vec<IndicatorRow>,
    /// Hypotheses by question, in the order of the file.
    pub hypotheses: Vec<HypothesisRow>,
    /// Questions with their evidence.
    pub questions: Vec<QuestionRow>,
    /// Events by id.
    pub events: Vec<EventRow>,
    /// Propositions by id.
    pub facts: Vec<FactRow>,
    /// Footprint classes.
    pub footprint: Vec<FootprintOut>,
    /// Presence per actor and area.
    pub tenure: Vec<TenureOut>,
    /// Sources by id.
    pub sources: Vec<SourceRow>,
    /// Actors that claim responsibility, by id.
    pub claimants: Vec<ClaimantRow>,
    /// What is worth a look, though nothing is broken.
    pub lints: Vec<LintRow>,
}

impl Assessment {
    /// Probability by printed id; none where it cannot be tested.
    pub fn probabilities(&self) -> BTreeMap<String, Option<f64>> {
        let mut out: BTreeMap<String, Option<f64>> = BTreeMap::new();
        out.extend(self.indicators.iter().map(|r| (r.id.clone(), r.probability)));
        out.extend(self.hypotheses.iter().map(|r| (r.id.clone(), Some(r.probability))));
        out.extend(self.judgments.iter().map(|r| (r.id.clone(), r.probability)));
        out.extend(self.events.iter().map(|r| (r.id.clone(), Some(r.probability))));
        out.extend(self.facts.iter().map(|r| (r.id.clone(), Some(r.probability))));
        out.extend(self.footprint.iter().map(|r| (r.id.clone(), r.probability)));
        out.extend(self.tenure.iter().map(|r| (r.id.clone(), Some(r.probability))));
        out
    }
}

/// Everything the stage looks at.
pub struct Inputs<'a> {
    /// The case.
    pub case: &'a Case,
    /// Statements.
    pub gathered: &'a Gathered,
    /// Laws.
    pub laws: &'a [EventLaw],
    /// Worlds.
    pub worlds: &'a Worlds,
    /// Indicators.
    pub outcomes: &'a BTreeMap<String, Outcome>,
    /// Questions.
    pub answers: &'a BTreeMap<String, Answer>,
    /// Footprints.
    pub footprints: &'a [FootprintRow],
    /// Presence.
    pub tenure: &'a [TenureRow],
}

/// Runs the stage.
pub fn run(i: &Inputs<'_>) -> Assessment {
    let case = i.case;
    let indicators: Vec<IndicatorRow> = case.indicators.values().filter_map(|x| indicator(i, x)).collect();
    let hypotheses = i
        .answers
        .iter()
        .flat_map(|(q, a)| {
            let question = &case.questions[q];
            a.hypotheses.iter().zip(&question.hypotheses).map(move |(w, h)| HypothesisRow {
                id: format!("hypothesis:{q}/{}", h.id),
                text: h.text.clone(),
                prior: w.prior,
                probability: w.probability,
                error: w.error,
                bounds: w.bounds,
            })
        })
        .collect();
    let questions = i
        .answers
        .iter()
        .map(|(q, a)| QuestionRow {
            id: format!("question:{q}"),
            question: case.questions[q].question.clone(),
            hypotheses: a.hypotheses.iter().map(|h| h.id.clone()).collect(),
            evidence: a.items.clone(),
            ess: a.ess,
            analysts: a.analysts.clone(),
            audit: a.audit.clone(),
            open: a.open.clone(),
            indicators: a.indicators.clone(),
        })
        .collect();
    let mut out = Assessment {
        case: Header {
            id: case.id.clone(),
            title: case.title.clone(),
            question: case.question.clone(),
            as_of: case.as_of(),
            tlp: case.tlp.label().to_owned(),
            seed: case.seed,
            worlds: i.worlds.n,
            reports: case.reports.len(),
            claims: case.claims.len(),
            statements: i.gathered.statements.len(),
            r_hat: i.worlds.diagnosis.r_hat,
            ess: i.worlds.diagnosis.ess,
        },
        judgments: case.judgments.iter().map(|j| judgment(i, &indicators, j)).collect(),
        indicators,
        hypotheses,
        questions,
        events: (0..i.laws.len()).map(|e| event(i, e)).collect(),
        facts: i.worlds.facts.iter().map(|(id, chance)| fact(i, id, chance)).collect(),
        footprint: i
            .footprints
            .iter()
            .map(|f| FootprintOut {
                id: format!("footprint:{}", f.id),
                actor: f.actor.clone(),
                home: f.home.clone(),
                period: f.period.clone(),
                reference: f.reference.clone(),
                class: f.class.to_string(),
                probability: f.probability,
                error: f.error,
                reason: f.reason.clone(),
                events: f.carriers.clone(),
            })
            .collect(),
        tenure: i
            .tenure
            .iter()
            .map(|t| TenureOut {
                id: format!("tenure:{}", t.id),
                probability: t.probability,
                episodes: t.episodes,
                longest_days: t.longest_days,
                seen: t.seen,
                events: t.carriers.clone(),
            })
            .collect(),
        sources: cards::cards(i),
        claimants: cards::claimants(i),
        lints: Vec::new(),
    };
    out.lints = lints::remarks(i, &out);
    out
}

fn indicator(i: &Inputs<'_>, x: &model::Indicator) -> Option<IndicatorRow> {
    let o = i.outcomes.get(&x.id)?;
    let state = state(i.case, i.gathered, x, o);
    let reason = o.reason.clone().or_else(|| match (state, o.probability) {
        (State::Ambiguous, Some(p)) if p <= 0.05 => {
            covered(i.case, x).err().map(|nobody| format!("{nobody}: absence counts only where somebody was reporting"))
        }
        (State::Stale, _) => x.review_by.map(|d| format!("it was to be reviewed by {d}")),
        _ => None,
    });
    Some(IndicatorRow {
        id: format!("indicator:{}", x.id),
        title: x.title.clone(),
        test: x.test.name().to_owned(),
        probability: o.probability,
        error: o.error,
        state,
        likelihood: o.probability.map(|p| i.case.lexicon.words(p)),
        caution: o.probability.and_then(|p| caution(i.case, p, o.error)),
        warning: matches!((o.probability, x.warn_at), (Some(p), Some(at)) if p >= at),
        reason,
        events: o.carriers.clone(),
    })
}

/// Said when `p` is within two standard errors of an edge where another word begins.
pub fn caution(case: &Case, p: f64, error: f64) -> Option<String> {
    let (edge, other) = case.lexicon.near_edge(p, 2.0 * error)?;
    Some(format!(
        "The number is within sampling error of {:.0} %, the edge to \"{other}\"; --worlds raises the precision.",
        edge * 100.0
    ))
}

fn judgment(i: &Inputs<'_>, indicators: &[IndicatorRow], j: &model::Judgment) -> JudgmentRow {
    let n = i.worlds.n;
    let text_of = |key: &str| j.text.get(key).cloned();
    let (about, outcome, p, error, mut text, reason) = match &j.about {
        About::Indicator(id) => {
            let row = indicators.iter().find(|r| r.id == format!("indicator:{id}"));
            let state = row.map_or(State::NotTestable, |r| r.state);
            // States without a text of their own read as ambiguous: the number says the rest.
            let text = text_of(state.name()).or_else(|| text_of("ambiguous")).unwrap_or_default();
            let p = row.and_then(|r| r.probability);
            let says = if state == State::NotObserved { p.map(|p| 1.0 - p) } else { p };
            let reason = row.and_then(|r| r.reason.clone()).unwrap_or_else(|| "the indicator is not there".into());
            (format!("indicator:{id}"), state.name().to_owned(), says, row.map_or(0.0, |r| r.error), text, reason)
        }
        About::Hypotheses(id) => match i.answers.get(id) {
            None => (
                format!("question:{id}"),
                "not-testable".into(),
                None,
                0.0,
                String::new(),
                "the question is not there".into(),
            ),
            Some(a) => {
                let ranked = a.ranked();
                let (first, second) = (&a.hypotheses[ranked[0]], ranked.get(1).map(|r| &a.hypotheses[*r]));
                let close = second.is_some_and(|s| first.probability - s.probability < 0.10);
                let key = if close { "undecided" } else { first.id.as_str() };
                let name = |h: &str| {
                    i.case.questions[id].hypotheses.iter().find(|x| x.id == h).map_or(h.to_owned(), |x| lower(&x.text))
                };
                let text = text_of(key)
                    .unwrap_or_default()
                    .replace(
                        "{first}",
                        &format!("\u{201c}{}\u{201d} ({})", name(&first.id), percent(first.probability, n)),
                    )
                    .replace(
                        "{second}",
                        &second.map_or(String::new(), |s| {
                            format!("\u{201c}{}\u{201d} ({})", name(&s.id), percent(s.probability, n))
                        }),
                    );
                (format!("question:{id}"), key.to_owned(), Some(first.probability), first.error, text, String::new())
            }
        },
    };
    if let Some(p) = p {
        text = i.case.lexicon.sentence(&text, p, n);
    }
    text = text.replace("{reason}", &reason);
    let undecided = matches!(outcome.as_str(), "undecided" | "not-testable");
    let standing = sway::standing(i, j, undecided);
    let suggested = standing.suggests();
    let confidence = j.confidence.unwrap_or(suggested);
    let why = match &j.confidence_why {
        Some(why) if confidence != suggested => {
            format!(" The case suggests {}; it is held otherwise because: {}", suggested.words(), stop(why))
        }
        _ => String::new(),
    };
    let (open, would_change) = match &j.about {
        About::Indicator(id) => {
            let open = i.outcomes.get(id).map_or(Vec::new(), |o| sway::of_indicator(i, j, o));
            let state = indicators.iter().find(|r| r.id == about).map_or(State::NotTestable, |r| r.state);
            let words = sway::indicator_words(i, id, state, &open);
            (open, words)
        }
        About::Hypotheses(q) => (Vec::new(), i.answers.get(q).map_or(Vec::new(), |a| sway::question_words(i, q, a))),
    };
    JudgmentRow {
        id: format!("judgment:{}", j.id),
        about,
        caution: p.filter(|_| outcome != "undecided").and_then(|p| caution(i.case, p, error)),
        probability: p,
        outcome,
        text,
        confidence,
        confidence_text: format!(
            "Analytic confidence is {}. Sources: {} Evidence: {} Assumptions: {}{why}",
            confidence.words(),
            stop(&j.grounds.sources),
            stop(&j.grounds.evidence),
            stop(&j.grounds.assumptions)
        ),
        changed: j.changed.clone(),
        standing,
        suggested,
        would_change,
        open,
    }
}

fn lower(text: &str) -> String {
    text.trim_end_matches('.').to_owned()
}

fn stop(text: &str) -> String {
    let t = text.trim();
    if t.ends_with('.') { t.to_owned() } else { format!("{t}.") }
}

fn event(i: &Inputs<'_>, e: usize) -> EventRow {
    let (law, worlds) = (&i.laws[e], &i.worlds.events[e]);
    let n = i.worlds.n;
    let (probability, error) = mean_se(&worlds.chance);
    let k = law.base.len();
    let total: f64 = worlds.chance.iter().sum();
    let mut who: Vec<Rival> = (0..k)
        .map(|c| Rival {
            actor: law.candidates.get(c).cloned().unwrap_or_else(|| "unknown".into()),
            probability: (0..n).map(|w| worlds.chance[w] * worlds.who_chance[w * k + c]).sum::<f64>()
                / total.max(1e-12),
        })
        .collect();
    who.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.actor.cmp(&b.actor)));
    let (mut first, mut last, mut sum) = (law.days.first, law.days.first, 0.0);
    for (d, w) in law.days.weights.iter().enumerate() {
        if sum < 0.05 {
            first = law.days.first + d as i32;
        }
        if sum < 0.95 {
            last = law.days.first + d as i32;
        }
        sum += w;
    }
    let place = law.place.as_ref().map(|p| {
        // Longitudes relative to the first point, so that the antimeridian is no tear.
        let base = p.points[0].lon;
        let around = |lon: f64| base + libm::remainder(lon - base, 360.0);
        let lon: f64 = p.points.iter().zip(&p.weights).map(|(x, w)| w * around(x.lon)).sum();
        let lat: f64 = p.points.iter().zip(&p.weights).map(|(x, w)| w * x.lat).sum();
        [libm::remainder(lon, 360.0), lat]
    });
    let radius_km = law.place.as_ref().zip(place).map(|(p, c)| {
        let centre = model::LonLat { lon: c[0], lat: c[1] };
        let mut d: Vec<(f64, f64)> =
            p.points.iter().zip(&p.weights).map(|(x, w)| (model::distance_m(centre, *x) / 1000.0, *w)).collect();
        d.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sum = 0.0;
        d.iter()
            .find(|x| {
                sum += x.1;
                sum >= 0.9
            })
            .or(d.last())
            .map_or(0.0, |x| x.0)
    });
    let mut areas: Vec<(String, f64)> = law
        .place
        .iter()
        .flat_map(|p| {
            p.inside
                .iter()
                .map(|(a, inside)| (a.clone(), p.weights.iter().zip(inside).filter(|x| *x.1).map(|x| x.0).sum()))
        })
        .filter(|(_, p): &(String, f64)| *p >= 0.01)
        .collect();
    areas.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let dossier = i.gathered.dossiers.get(&format!("event:{}", law.id));
    let origins = |list: Option<&Vec<usize>>| {
        let mut o: Vec<String> = list.into_iter().flatten().map(|s| i.gathered.statements[*s].origin.clone()).collect();
        o.sort();
        o.dedup();
        o
    };
    EventRow {
        id: format!("event:{}", law.id),
        kind: law.kind.name().to_owned(),
        sub_type: law.sub_type.as_ref().map(|s| s.0.clone()),
        probability,
        error,
        days: [Day(first), Day(last)],
        place,
        radius_km,
        areas,
        who,
        figures: figures(law, worlds),
        asserted_by: origins(dossier.map(|d| &d.asserting)),
        independent: independent(i, dossier.map_or(&[], |d| &d.asserting)),
        denied_by: origins(dossier.map(|d| &d.denying)),
        claims: law.claims.iter().map(|c| format!("claim:{c}")).collect(),
    }
}

/// Origins among statements, each counted by the chance that one of its statements is no copy of another's.
fn independent(i: &Inputs<'_>, statements: &[usize]) -> f64 {
    let mut copied: BTreeMap<&str, f64> = BTreeMap::new();
    for s in statements {
        let s = &i.gathered.statements[*s];
        *copied.entry(&s.origin).or_insert(1.0) *= s.echo.as_ref().map_or(0.0, |e| e.p);
    }
    copied.values().map(|p| 1.0 - p).sum()
}

fn figures(law: &EventLaw, worlds: &super::worlds::EventWorlds) -> Vec<FigureRow> {
    law.figures
        .iter()
        .zip(&worlds.figures)
        .map(|(f, draws)| {
            let mut x: Vec<u32> =
                draws.draws.iter().zip(&worlds.happened).filter(|(_, h)| **h).map(|(d, _)| *d).collect();
            if x.is_empty() {
                x.clone_from(&draws.draws);
            }
            x.sort_unstable();
            FigureRow {
                id: format!("figure:{}/{}/{}", law.id, f.measure.name(), f.of),
                measure: f.measure.name().to_owned(),
                of: f.of.clone(),
                quantiles: [quantile(&x, 0.05), quantile(&x, 0.5), quantile(&x, 0.95)],
                said: f
                    .said
                    .iter()
                    .map(|s| SaidRow {
                        claim: format!("claim:{}", s.claim),
                        source: s.source.clone(),
                        words: s.words.clone(),
                        low: s.low,
                        high: (s.high < 1_000_000).then_some(s.high),
                    })
                    .collect(),
            }
        })
        .collect()
}

fn fact(i: &Inputs<'_>, id: &str, chance: &[f64]) -> FactRow {
    let dossier = i.gathered.dossiers.get(&format!("fact:{id}"));
    let claims = dossier.map(|d| d.claims.clone()).unwrap_or_default();
    let text = claims
        .iter()
        .filter_map(|c| match &i.case.claims.get(c)?.says {
            model::Says::Fact(f) => Some(f.text.clone()),
            _ => None,
        })
        .next()
        .unwrap_or_default();
    FactRow {
        id: format!("fact:{id}"),
        text,
        probability: mean_se(chance).0,
        claims: claims.iter().map(|c| format!("claim:{c}")).collect(),
    }
}
