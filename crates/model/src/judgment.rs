//! Hypotheses with their evidence, and the key judgments bound to outcomes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::indicator::EvidenceKind;
use crate::problem::Span;
use crate::scenario::Change;
use crate::words::{Confidence, Tlp};

/// P(the thing is so | hypothesis), strictly between 0 and 1: the number that is reckoned with, and the range it was
/// said to lie in. A word stands for its band and the middle of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Likelihood {
    /// What is reckoned with.
    pub point: f64,
    /// Lower end of what was said.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Likelihood {
    /// A number, as exact as it was said.
    pub fn exactly(p: f64) -> Self {
        Self { point: p, low: p, high: p }
    }

    /// A range, with its middle.
    pub fn between(low: f64, high: f64) -> Self {
        Self { point: (low + high) / 2.0, low, high }
    }
}

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
    /// Likelihood under each hypothesis, in the question's order (`other` last); empty where it stands in a group, or
    /// where only the analysts give it.
    pub likelihood: Vec<Likelihood>,
    /// Why.
    pub why: String,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

/// Pieces of evidence that hang together: they have one likelihood together, for each way in which they may come out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Identifier within the question.
    pub id: Id,
    /// Evidence ids.
    pub of: Vec<Id>,
    /// By hypothesis, by way (bit i is set where item i is so): its probability; sums to 1.
    pub likelihood: Vec<Vec<f64>>,
    /// Why.
    pub why: String,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

/// What a way of coming out is called in files: the items that are so, joined by `+`; `none`.
pub fn ways(of: &[Id]) -> Vec<String> {
    (0..1usize << of.len())
        .map(|way| {
            let so: Vec<&str> =
                of.iter().enumerate().filter(|(i, _)| way >> i & 1 == 1).map(|(_, id)| id.as_str()).collect();
            if so.is_empty() { "none".to_owned() } else { so.join("+") }
        })
        .collect()
}

/// What one analyst holds of a question, elicited without the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// Who; the name of the file.
    pub analyst: Id,
    /// Priors as they were said, in the question's order; they need not sum to 1.
    pub prior: Option<Vec<f64>>,
    /// By evidence: likelihood under each hypothesis, and why.
    pub evidence: BTreeMap<Id, (Vec<Likelihood>, String)>,
    /// By group: by hypothesis, by way, as they were said.
    pub groups: BTreeMap<Id, (Vec<Vec<f64>>, String)>,
    /// What the analyst believes of the answer when all is said, in the question's order; it is compared, not used.
    pub belief: Option<Vec<f64>>,
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
    /// Evidence that hangs together, by id.
    pub groups: Vec<Group>,
    /// What analysts hold of it beside what stands in `hypotheses.toml`, by analyst.
    pub opinions: Vec<Opinion>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

impl Question {
    /// The place of a hypothesis in the question's order.
    pub fn place(&self, hypothesis: &str) -> Option<usize> {
        self.hypotheses.iter().position(|h| h.id == hypothesis)
    }

    /// A group that has lost an item has no likelihood any more, so its items go with it.
    pub(crate) fn drop_groups_of_one(&mut self) {
        let here: Vec<Id> = self.evidence.iter().map(|e| e.id.clone()).collect();
        let (whole, broken): (Vec<Group>, Vec<Group>) =
            std::mem::take(&mut self.groups).into_iter().partition(|g| g.of.iter().all(|e| here.contains(e)));
        self.groups = whole;
        self.evidence.retain(|e| !broken.iter().any(|g| g.of.contains(&e.id)) || !e.likelihood.is_empty());
    }
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
    /// Analytic confidence; none where the computed one is taken.
    pub confidence: Option<Confidence>,
    /// Why it is not the one that is computed.
    pub confidence_why: Option<String>,
    /// Its grounds.
    pub grounds: Grounds,
    /// Text per outcome.
    pub text: BTreeMap<String, String>,
    /// What changed since it was last published, and why.
    pub changed: Option<String>,
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

impl AssumptionStatus {
    /// As in files.
    pub fn words(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Caveated => "caveated",
            Self::Unsupported => "unsupported",
        }
    }
}

/// An assumption that judgments rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// In words.
    pub text: String,
    /// How it stands.
    pub status: AssumptionStatus,
    /// Why it stands so, and when it would fail.
    pub why: Option<String>,
    /// Judgments it holds up.
    #[serde(default)]
    pub judgments: Vec<Id>,
    /// What is otherwise if it is false; the case is run again with that.
    pub if_false: Option<Change>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}

/// An information gap: a question nobody has answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The unanswered question.
    pub text: String,
    /// Judgments it limits.
    pub judgments: Vec<Id>,
    /// What would be known if it were answered, where the case speaks of that.
    pub asks: Option<EvidenceKind>,
    /// Where the case does not speak of it: the question it bears on, and P(yes | hypothesis) in the question's order.
    pub bears_on: Option<(Id, Vec<Likelihood>)>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}
