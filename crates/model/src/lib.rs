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
mod lexicon;
mod place;
mod problem;
mod ruling;
mod scenario;
mod settings;
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
pub use host::{Host, MemoryHost, Otherwise};
pub use indicator::{
    Attribution, Composite, Count, EventBy, EvidenceKind, Factor, FigureTest, Footprint, FootprintClass, Indicator,
    LinkRef, Select, Share, Tenure, Test,
};
pub use judgment::{
    About, Assumption, AssumptionStatus, Evidence, Gap, Grounds, Group, Hypothesis, Judgment, Likelihood, Opinion,
    Question, ways,
};
pub use lexicon::{
    Band, Lexicon, LexiconName, Rung, STIX_ADMIRALTY, STIX_DNI, STIX_LEVELS, STIX_WEP, stix_confidence,
    stix_credibility, stix_rung,
};
pub use place::{Area, Geometry, LonLat, Polygon, distance_m, ring_area};
pub use problem::{Label, Problem, Severity, Span, suggest_edit};
pub use ruling::{ClaimRuling, Decides, MatchRuling, NameRuling, Ruling, Sameness, Verdict};
pub use scenario::{Change, Expectation, Expected, GivenEvent, Scenario, ScenarioKind};
pub use settings::{Level, LintSettings, Suppression};
pub use source::{Coverage, Report, Source, SourceKind};
pub use vocabulary::{EventKind, EventType, SUB_TYPES, SubType};
pub use words::{Confidence, Credibility, Reliability, Tlp, percent};

/// An identifier: `[a-z0-9-]+`, unique within its kind; printed as `kind:id`.
pub type Id = String;

/// Whether `text` may be an identifier (rule 3 of the case format).
pub fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
