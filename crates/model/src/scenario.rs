//! `tests/*.toml`: given ... expect ...

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::claim::{Complexity, Measure};
use crate::date::Day;
use crate::indicator::FootprintClass;
use crate::problem::Span;
use crate::vocabulary::{EventType, SubType};
use crate::words::Reliability;

/// A certain event, for a golden fixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenEvent {
    /// ACLED type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// ACLED sub-type.
    pub sub_type: Option<SubType>,
    /// Complexity.
    pub complexity: Option<Complexity>,
    /// Perpetrator.
    pub actor: Option<Id>,
    /// Area it lies in.
    pub area: Option<Id>,
    /// Day.
    pub on: Day,
    /// What `number` counts.
    pub measure: Option<Measure>,
    /// Of whom.
    pub of: Option<Id>,
    /// How many.
    pub number: Option<u32>,
    /// The event's id, where the indicator names one.
    pub id: Option<Id>,
    /// So many such events, on consecutive days.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// The case, otherwise: what a test leaves out, or what is so if an assumption is false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Reports left out.
    #[serde(default)]
    pub without: Vec<Id>,
    /// Sources of which everything that they first said is left out.
    #[serde(default)]
    pub without_origin: Vec<Id>,
    /// Evidence left out, as question/evidence.
    #[serde(default)]
    pub without_evidence: Vec<String>,
    /// Coverage that is not there.
    #[serde(default)]
    pub without_coverage: Vec<Id>,
    /// Sources graded otherwise.
    #[serde(default)]
    pub reliability: BTreeMap<Id, Reliability>,
    /// Sources that deceive.
    #[serde(default)]
    pub deceives: Vec<Id>,
    /// Sources that speak for no side, whatever `speaks_for` says: their own losses are read as they give them.
    #[serde(default)]
    pub impartial: Vec<Id>,
}

impl Change {
    /// Both changes.
    pub fn and(mut self, other: &Self) -> Self {
        self.without.extend_from_slice(&other.without);
        self.without_origin.extend_from_slice(&other.without_origin);
        self.without_evidence.extend_from_slice(&other.without_evidence);
        self.without_coverage.extend_from_slice(&other.without_coverage);
        self.deceives.extend_from_slice(&other.deceives);
        self.impartial.extend_from_slice(&other.impartial);
        self.reliability.extend(other.reliability.iter().map(|(s, r)| (s.clone(), *r)));
        self
    }
}

/// What is expected of one number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The number, as `indicator:x`, `hypothesis:q/h`, `event:e`, `footprint:...`, `judgment:j`.
    pub id: String,
    /// Its probability is at least this.
    #[schemars(range(min = 0, max = 1))]
    pub at_least: Option<f64>,
    /// Its probability is at most this.
    #[schemars(range(min = 0, max = 1))]
    pub at_most: Option<f64>,
    /// The indicator's state.
    pub state: Option<String>,
    /// The outcome whose text the judgment prints.
    pub outcome: Option<String>,
    /// It moves up against the case as it stands.
    pub rises: Option<bool>,
    /// It moves down against the case as it stands.
    pub falls: Option<bool>,
}

/// What is expected of a golden fixture.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// Fires or does not.
    Fires(bool),
    /// The footprint class.
    Class(FootprintClass),
    /// Cannot be tested.
    NotTestable,
}

/// A test of the case.
#[derive(Debug, Clone)]
pub enum ScenarioKind {
    /// Certain events given; one indicator must fire or not.
    Golden {
        /// The indicator.
        indicator: Id,
        /// The events.
        given: Vec<GivenEvent>,
        /// Outcome.
        expect: Expectation,
    },
    /// The case itself, changed.
    Changed {
        /// What is otherwise.
        change: Change,
        /// Seen as of that day.
        as_of: Option<Day>,
        /// What must hold.
        expect: Vec<Expected>,
    },
}

/// A named test of the case.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Name.
    pub id: Id,
    /// What is given and expected.
    pub kind: ScenarioKind,
    /// Where it is defined.
    pub span: Span,
}
