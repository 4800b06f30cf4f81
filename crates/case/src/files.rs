//! The files of a case as they are written: format number 1. Fields that only the schema needs are read from the tree.

use std::collections::BTreeMap;

use model::{
    About, Attribution, Basis, Composite, Confidence, Count, Credibility, Day, EventBy, EvidenceKind, FigureTest,
    Footprint, FootprintClass, GivenEvent, Grounds, Id, LexiconName, LinkRef, LintSettings, Modality, Reliability,
    Says, Share, Stance, Tenure, Tlp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `case.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// Format number of the case folder; this program reads 1.
    #[allow(dead_code, reason = "checked on the tree, for its caret")]
    pub(crate) format: u32,
    /// Identifier of the case.
    pub(crate) id: Id,
    /// Title of the assessment.
    pub(crate) title: String,
    /// The question it answers.
    pub(crate) question: String,
    /// The day it is seen from; what was published later takes no part.
    pub(crate) as_of: Day,
    /// Seed of every draw.
    #[serde(default = "one")]
    pub(crate) seed: u32,
    /// Marking of everything unmarked, and target of the page.
    #[serde(default)]
    pub(crate) tlp: Tlp,
    /// Prior probability that a thing somebody spoke of is so, before anybody is believed.
    #[serde(default = "base_rate")]
    #[schemars(range(min = 0.001, max = 0.5))]
    pub(crate) base_rate: f64,
    /// The words for likelihoods; one lexicon in one assessment. Likelihoods given in words are words of it.
    #[serde(default)]
    pub(crate) lexicon: LexiconName,
    /// How loudly to remark on what: `bellwether explain CASE lint:CODE` tells of each.
    #[serde(default)]
    pub(crate) lints: LintSettings,
    /// An event data set; `bellwether import` writes the entry.
    #[serde(default)]
    pub(crate) dataset: Vec<model::Dataset>,
}

fn one() -> u32 {
    1
}

fn base_rate() -> f64 {
    0.2
}

/// One entry of `indicators.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorFile {
    /// What is so when it trips, as a sentence.
    pub(crate) title: String,
    /// Alert from this probability on; changes no state.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) warn_at: Option<f64>,
    /// From the next day on the indicator is stale.
    pub(crate) review_by: Option<Day>,
    /// Marking, if not the case's.
    pub(crate) tlp: Option<Tlp>,
    /// Test: at least so many events.
    pub(crate) count: Option<Count>,
    /// Test: at least such a share of events in an area.
    pub(crate) share: Option<Share>,
    /// Test: a figure reaches a number.
    pub(crate) figure: Option<FigureTest>,
    /// Test: the footprint is of these classes.
    pub(crate) footprint: Option<Footprint>,
    /// Test: presence at least so long.
    pub(crate) tenure: Option<Tenure>,
    /// Test: this actor did it.
    pub(crate) attribution: Option<Attribution>,
    /// Test: all of these indicators.
    pub(crate) all: Option<Composite>,
    /// Test: any of these indicators.
    pub(crate) any: Option<Composite>,
    /// Test: not this indicator (a list of one).
    pub(crate) not: Option<Composite>,
}

/// The test tables of an indicator, in the order of the reference.
pub(crate) const TESTS: [&str; 9] =
    ["count", "share", "figure", "footprint", "tenure", "attribution", "all", "any", "not"];

/// The `other` table of a question: something else, always there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherFile {
    /// Its prior, at least 0.02.
    #[schemars(range(min = 0.02, max = 1))]
    pub(crate) prior: f64,
    /// Why this prior.
    pub(crate) why: String,
}

/// One hypothesis.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HypothesisFile {
    /// In words.
    pub(crate) text: String,
    /// Prior probability; all priors and `other.prior` sum to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) prior: f64,
    /// Why this prior.
    pub(crate) why: String,
}

/// P(the thing is so | hypothesis) by hypothesis, `other` included: a number between 0 and 1, a word of the case's
/// lexicon, or a range such as [0.2, 0.4].
pub(crate) type Likelihoods = BTreeMap<String, serde_json::Value>;

/// One piece of evidence: exactly one of event, indicator, factor, claim, origin, link.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceFile {
    /// An event happened (and that actor did it).
    pub(crate) event: Option<EventBy>,
    /// An indicator holds.
    pub(crate) indicator: Option<Id>,
    /// A factor holds.
    pub(crate) factor: Option<Id>,
    /// What this claim says is so.
    pub(crate) claim: Option<Id>,
    /// All that this source first said is so.
    pub(crate) origin: Option<Id>,
    /// The link between two actors is real.
    pub(crate) link: Option<LinkRef>,
    /// P(the thing is so | hypothesis) for each hypothesis and for `other`: a number between 0 and 1, a word of the
    /// case's lexicon, or a range such as [0.2, 0.4]. Left out where it stands in a group, or only analysts give it.
    #[allow(dead_code, reason = "read from the tree, for its carets")]
    pub(crate) likelihood: Option<Likelihoods>,
    /// Why.
    pub(crate) why: String,
}

/// Pieces of evidence that share a claim, or hang together otherwise: one likelihood for all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupFile {
    /// The pieces of evidence.
    pub(crate) of: Vec<Id>,
    /// For each way in which they may come out (the pieces that are so, joined by `+` in the order of `of`; `none`):
    /// its probability under each hypothesis and under `other`. One way may be left out: it has what remains of 1.
    #[allow(dead_code, reason = "read from the tree, for its carets")]
    pub(crate) likelihood: BTreeMap<String, BTreeMap<String, f64>>,
    /// Why.
    pub(crate) why: String,
}

/// One question of `hypotheses.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionFile {
    /// In words.
    pub(crate) question: String,
    /// Something else: always there.
    pub(crate) other: OtherFile,
    /// The hypotheses by id.
    pub(crate) hypothesis: BTreeMap<Id, HypothesisFile>,
    /// The evidence by id.
    #[serde(default)]
    pub(crate) evidence: BTreeMap<Id, EvidenceFile>,
    /// Evidence that hangs together, by id.
    #[serde(default)]
    pub(crate) group: BTreeMap<Id, GroupFile>,
    /// Marking, if not the case's.
    pub(crate) tlp: Option<Tlp>,
}

/// What an analyst holds of one piece of evidence.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpinionEvidenceFile {
    /// P(the thing is so | hypothesis) for each hypothesis and for `other`, as in `hypotheses.toml`.
    #[allow(dead_code, reason = "read from the tree, for its carets")]
    pub(crate) likelihood: Likelihoods,
    /// Why.
    pub(crate) why: String,
}

/// What an analyst holds of one group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpinionGroupFile {
    /// For each way in which they may come out, as in `hypotheses.toml`; what does not sum to 1 is made to.
    #[allow(dead_code, reason = "read from the tree, for its carets")]
    pub(crate) likelihood: BTreeMap<String, BTreeMap<String, f64>>,
    /// Why.
    pub(crate) why: String,
}

/// What an analyst holds of one question, elicited without the others: one table of `analysts/NAME.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpinionFile {
    /// Prior of each hypothesis and of `other`; what does not sum to 1 is made to, and said.
    pub(crate) prior: Option<BTreeMap<String, f64>>,
    /// By piece of evidence.
    #[serde(default)]
    pub(crate) evidence: BTreeMap<Id, OpinionEvidenceFile>,
    /// By group.
    #[serde(default)]
    pub(crate) group: BTreeMap<Id, OpinionGroupFile>,
    /// What the analyst believes of the answer, all told; it is held against what follows from the likelihoods.
    pub(crate) belief: Option<BTreeMap<String, f64>>,
}

/// One entry of `gaps.toml`: a question nobody has answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GapFile {
    /// The unanswered question.
    pub(crate) text: String,
    /// Judgments it limits.
    #[serde(default)]
    pub(crate) judgments: Vec<Id>,
    /// What would be known if it were answered; one key names the kind. Left out where the case does not speak of it.
    pub(crate) asks: Option<EvidenceKind>,
    /// Where the case does not speak of it: the question of `hypotheses.toml` on which it bears ...
    pub(crate) question: Option<Id>,
    /// ... and P(the answer is yes | hypothesis) for each hypothesis and for `other`.
    #[allow(dead_code, reason = "read from the tree, for its carets")]
    pub(crate) likelihood: Option<Likelihoods>,
    /// Marking, if not the case's.
    pub(crate) tlp: Option<Tlp>,
}

/// Which way a factor works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    /// Makes it easier.
    Enabling,
    /// Makes it harder.
    Constraining,
}

/// One entry of `factors.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorFile {
    /// In words.
    pub(crate) text: String,
    /// Enabling or constraining.
    pub(crate) direction: Direction,
    /// For which actor.
    pub(crate) actor: Option<Id>,
    /// For which hypothesis, as question/hypothesis.
    pub(crate) hypothesis: Option<String>,
    /// How it moves, in words.
    pub(crate) trend: Option<String>,
    /// The fact claims it rests on ...
    #[serde(default)]
    pub(crate) claims: Vec<Id>,
    /// ... or the analyst's reason.
    pub(crate) why: Option<String>,
    /// Marking, if not the case's.
    pub(crate) tlp: Option<Tlp>,
}

/// One entry of `judgments.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgmentFile {
    /// What it is about: an indicator, or a question.
    pub(crate) about: About,
    /// Analytic confidence; printed in a sentence of its own. Left out: the one that the case's sources, assumptions and
    /// gaps suggest.
    pub(crate) confidence: Option<Confidence>,
    /// Why it is not the one that is suggested.
    pub(crate) confidence_why: Option<String>,
    /// Its three grounds.
    pub(crate) grounds: Grounds,
    /// One text per outcome. For an indicator: observed, ambiguous, not-observed, not-testable, and optionally
    /// contradicted, stale. For a question: one per hypothesis, other, undecided.
    pub(crate) text: BTreeMap<String, String>,
    /// What changed since it was last published, and why; `publish` asks for it where the judgment has moved.
    pub(crate) changed: Option<String>,
    /// Marking, if not the case's.
    pub(crate) tlp: Option<Tlp>,
}

/// What a test expects.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFile {
    /// Golden fixture: the indicator to test on `given` alone.
    pub(crate) indicator: Option<Id>,
    /// Golden fixture: certain events.
    #[serde(default)]
    pub(crate) given: Vec<GivenEvent>,
    /// Golden fixture: whether it fires.
    pub(crate) fires: Option<bool>,
    /// Golden fixture: the footprint class.
    pub(crate) class: Option<FootprintClass>,
    /// Golden fixture: it cannot be tested.
    pub(crate) not_testable: Option<bool>,
    /// Scenario: reports left out.
    #[serde(default)]
    pub(crate) without: Vec<Id>,
    /// Scenario: sources of which everything that they first said is left out.
    #[serde(default)]
    pub(crate) without_origin: Vec<Id>,
    /// Scenario: evidence left out, as question/evidence.
    #[serde(default)]
    pub(crate) without_evidence: Vec<String>,
    /// Scenario: coverage that is not there.
    #[serde(default)]
    pub(crate) without_coverage: Vec<Id>,
    /// Scenario: sources that deceive.
    #[serde(default)]
    pub(crate) deceives: Vec<Id>,
    /// Scenario: sources that speak for no side.
    #[serde(default)]
    pub(crate) impartial: Vec<Id>,
    /// Scenario: this assumption is false.
    pub(crate) assumption: Option<Id>,
    /// Scenario: seen as of that day.
    pub(crate) as_of: Option<Day>,
    /// Scenario: sources graded otherwise.
    #[serde(default)]
    pub(crate) reliability: BTreeMap<Id, Reliability>,
    /// Scenario: what must hold.
    #[serde(default)]
    pub(crate) expect: Vec<model::Expected>,
}

/// A passage as written in a claim; offsets may be left out when `exact` occurs once in the body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExcerptFile {
    /// The exact text.
    pub(crate) exact: String,
    /// First byte in the report's file.
    #[schemars(range(max = 100_000_000))]
    pub(crate) start: Option<u32>,
    /// One past the last byte.
    #[schemars(range(max = 100_000_000))]
    pub(crate) end: Option<u32>,
    /// At most 32 characters before, within the body.
    pub(crate) prefix: Option<String>,
    /// At most 32 characters after.
    pub(crate) suffix: Option<String>,
}

/// One line of `claims/*.jsonl`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimFile {
    /// Identifier.
    pub(crate) id: Id,
    /// The report.
    pub(crate) report: Id,
    /// The passage.
    pub(crate) excerpt: ExcerptFile,
    /// Who says it, innermost first.
    pub(crate) chain: Vec<Id>,
    /// Where it was first stated: a source id, or claim:ID for a copy. Default: the first of `chain`.
    pub(crate) origin: Option<String>,
    /// What the speaker does with it.
    pub(crate) stance: Stance,
    /// How the speaker holds it.
    #[serde(default)]
    pub(crate) modality: Modality,
    /// How the speaker knows.
    #[serde(default)]
    pub(crate) basis: Basis,
    /// Information credibility 1 to 5; 6 is no rating.
    #[serde(default)]
    pub(crate) credibility: Credibility,
    /// Marking, if not the report's.
    pub(crate) tlp: Option<Tlp>,
    /// The rule by which a machine read it, as `bellwether read --write` puts it; leave it out where a person coded the claim.
    pub(crate) rule: Option<String>,
    /// What is said; one key names the kind.
    pub(crate) says: Says,
}

/// The definition files, with the schema each is checked against.
pub(crate) struct FileKind {
    /// Path in the folder.
    pub(crate) path: &'static str,
    /// Name of the schema file.
    pub(crate) schema: &'static str,
    /// Kind of id that its entries define.
    pub(crate) defines: &'static str,
    /// Whether the file must be there.
    pub(crate) required: bool,
    /// The schema.
    pub(crate) make: fn() -> serde_json::Value,
}

/// Every TOML file of a case at a fixed path.
pub(crate) const FILES: [FileKind; 10] = [
    FileKind { path: "case.toml", schema: "case", defines: "case", required: true, make: schema::<CaseFile> },
    FileKind {
        path: "sources.toml",
        schema: "sources",
        defines: "source",
        required: true,
        make: schema::<BTreeMap<Id, model::Source>>,
    },
    FileKind {
        path: "actors.toml",
        schema: "actors",
        defines: "actor",
        required: true,
        make: schema::<BTreeMap<Id, model::Actor>>,
    },
    FileKind {
        path: "indicators.toml",
        schema: "indicators",
        defines: "indicator",
        required: false,
        make: schema::<BTreeMap<Id, IndicatorFile>>,
    },
    FileKind {
        path: "hypotheses.toml",
        schema: "hypotheses",
        defines: "question",
        required: false,
        make: schema::<BTreeMap<Id, QuestionFile>>,
    },
    FileKind {
        path: "factors.toml",
        schema: "factors",
        defines: "factor",
        required: false,
        make: schema::<BTreeMap<Id, FactorFile>>,
    },
    FileKind {
        path: "judgments.toml",
        schema: "judgments",
        defines: "judgment",
        required: false,
        make: schema::<BTreeMap<Id, JudgmentFile>>,
    },
    FileKind {
        path: "assumptions.toml",
        schema: "assumptions",
        defines: "assumption",
        required: false,
        make: schema::<BTreeMap<Id, model::Assumption>>,
    },
    FileKind {
        path: "gaps.toml",
        schema: "gaps",
        defines: "gap",
        required: false,
        make: schema::<BTreeMap<Id, GapFile>>,
    },
    FileKind {
        path: "coverage.toml",
        schema: "coverage",
        defines: "coverage",
        required: false,
        make: schema::<BTreeMap<Id, model::Coverage>>,
    },
];

/// Schema of an analyst's file.
pub(crate) fn analyst_schema() -> serde_json::Value {
    schema::<BTreeMap<Id, OpinionFile>>()
}

/// Schema of a test file.
pub(crate) fn scenario_schema() -> serde_json::Value {
    schema::<BTreeMap<Id, ScenarioFile>>()
}

/// Schema of one claim.
pub(crate) fn claim_schema() -> serde_json::Value {
    schema::<ClaimFile>()
}

/// Schema of one ruling.
pub(crate) fn ruling_schema() -> serde_json::Value {
    schema::<model::Ruling>()
}

fn schema<T: JsonSchema>() -> serde_json::Value {
    schemars::schema_for!(T).to_value()
}
