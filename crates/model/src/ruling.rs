//! Rulings: what a person decided, with a reason. They are ground state: appended, never overwritten, and they survive
//! every rebuild.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::date::Day;
use crate::problem::Span;

/// What was decided of two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sameness {
    /// One event.
    Same,
    /// Two events.
    NotSame,
    /// It cannot be told; what the match says stands, and the pair is not asked again.
    Unsure,
}

/// Whether two events are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRuling {
    /// One event: a row as `DATASET-ROW`, or an event coded by hand.
    pub a: Id,
    /// The other.
    pub b: Id,
    /// What they are.
    pub is: Sameness,
}

/// What was decided of a claim that a machine read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The text says so: it counts like a claim coded by a person.
    Accepted,
    /// The text does not say so: it counts no more.
    Rejected,
    /// It cannot be told; it keeps the chance that its rule misreads, and is not asked again.
    Unsure,
}

/// Whether a claim that a machine read is what the text says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRuling {
    /// The claim.
    pub claim: Id,
    /// The rule that read it: the ruling counts for the rule even when the claim is gone.
    pub rule: String,
    /// What it is.
    pub is: Verdict,
}

/// Whom a name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameRuling {
    /// The name, as a data set writes it.
    pub name: String,
    /// Only in this data set; without it in all.
    pub dataset: Option<Id>,
    /// The actor of the case; without it nobody in the case.
    pub actor: Option<Id>,
}

/// What is decided; one key names the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decides {
    /// Whether two events are one.
    Match(MatchRuling),
    /// Whom a name means.
    Name(NameRuling),
    /// Whether a claim that a machine read is what the text says.
    Claim(ClaimRuling),
}

/// One line of `rulings.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// The day it was made; a build as of an earlier day ignores it.
    pub at: Day,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
    /// What is decided; a later ruling on the same thing replaces an earlier one.
    pub decides: Decides,
    /// The line it stands in.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}
