//! Hypotheses with their evidence, and the key judgments bound to outcomes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::indicator::EvidenceKind;
use crate::problem::Span;
use crate::words::{Confidence, Tlp};

/// P(the thing is so | hypothesis), strictly between 0 and 1.
pub type Likelihood = f64;

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Identifier within the question.
    pub id: Id,
    /// In words.
    pub text: String,
    /// Prior probability.
    pub prior: f64,
    /// Why this prior.
    pub why: String,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Identifier within the question.
    pub id: Id,
    /// What it points at.
    pub kind: EvidenceKind,
    /// Likelihood under each hypothesis, in the question's order (`other` last).
    pub likelihood: Vec<Likelihood>,
    /// Why.
    pub why: String,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

/// A question with an exclusive, exhaustive set of answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Identifier.
    pub id: Id,
    /// In words.
    pub question: String,
    /// The answers; `other` ("something else") is always the last.
    pub hypotheses: Vec<Hypothesis>,
    /// The evidence, by id.
    pub evidence: Vec<Evidence>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

/// What a judgment is about; one key names the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// An indicator.
    Indicator(Id),
    /// A question of `hypotheses.toml`.
    Hypotheses(Id),
}

/// An event, and optionally who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBy {
    /// The event.
    pub id: Id,
    /// The actor.
    pub by: Option<Id>,
}

/// The three grounds of analytic confidence (ICD 203).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// Credibility and diversity of the sourcing.
    pub sources: String,
    /// Strength of the argument.
    pub evidence: String,
    /// Key assumptions.
    pub assumptions: String,
}

/// A key judgment: text per outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgment {
    /// Identifier.
    pub id: Id,
    /// What it is about.
    pub about: About,
    /// Analytic confidence.
    pub confidence: Confidence,
    /// Its grounds.
    pub grounds: Grounds,
    /// Text per outcome.
    pub text: BTreeMap<String, String>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

/// How an assumption stands (Pherson's key assumptions check).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssumptionStatus {
    /// Basically supported.
    Supported,
    /// Correct with caveats.
    Caveated,
    /// Unsupported.
    Unsupported,
}

/// An assumption that judgments rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// In words.
    pub text: String,
    /// How it stands.
    pub status: AssumptionStatus,
    /// Judgments it holds up.
    #[serde(default)]
    pub judgments: Vec<Id>,
}

/// An information gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The unanswered question.
    pub text: String,
    /// Judgments it limits.
    #[serde(default)]
    pub judgments: Vec<Id>,
}
