//! The nouns of an assessment, their invariants, and where each came from.
//!
//! Nothing here reads a file, a clock or an environment: a [`Case`] is made by the
//! `case` crate from a folder (or by a test from values), and everything above
//! works on it.

mod actor;
mod case;
mod claim;
mod dataset;
mod date;
mod host;
mod indicator;
mod judgment;
mod place;
mod problem;
mod ruling;
mod scenario;
mod source;
mod vocabulary;
mod words;

pub use actor::{Actor, ActorKind, KnownAs, Link, LinkKind};
pub use case::{Case, Named, Reason, Same};
pub use claim::{
    ActorRole, Basis, Claim, Complexity, EventClaim, Excerpt, FactClaim, Figure, Hedge, LinkClaim, Measure, Modality,
    Origin, PlaceRef, Role, Says, Stance, WithActor, WithoutActor,
};
pub use dataset::{Columns, Dataset, FORMAT_NAMES, FormatName, Keep, Mapping};
pub use date::{Day, Edtf, Span as DaySpan, Window};
pub use host::{Host, MemoryHost};
pub use indicator::{
    Attribution, Composite, Count, EvidenceKind, Factor, FigureTest, Footprint, FootprintClass, Indicator, Select,
    Share, Tenure, Test,
};
pub use judgment::{
    About, Assumption, AssumptionStatus, EventBy, Evidence, Gap, Grounds, Hypothesis, Judgment, Likelihood, Question,
};
pub use place::{Area, Geometry, LonLat, Polygon, distance_m, ring_area};
pub use problem::{Label, Problem, Severity, Span, suggest_edit};
pub use ruling::{ClaimRuling, Decides, MatchRuling, NameRuling, Ruling, Sameness, Verdict};
pub use scenario::{Expectation, Expected, GivenEvent, Scenario, ScenarioKind};
pub use source::{Report, Source, SourceKind};
pub use vocabulary::{EventKind, EventType, SUB_TYPES, SubType};
pub use words::{Band, Confidence, Credibility, LADDER, Reliability, Tlp, percent, word};

/// An identifier: `[a-z0-9-]+`, unique within its kind; printed as `kind:id`.
pub type Id = String;

/// Whether `text` may be an identifier (rule 3 of the case format).
pub fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
