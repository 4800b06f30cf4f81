//! Warning indicators: declared tests over events, areas, windows and actors.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::actor::LinkKind;
use crate::claim::{Complexity, Measure};
use crate::date::{Day, Window};
use crate::problem::Span;
use crate::vocabulary::EventKind;
use crate::words::Tlp;

/// Which events are meant: the filter shared by the tests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// Perpetrator.
    pub actor: Option<Id>,
    /// Links followed from the actor, as they stood on the event's date.
    pub affiliates: Vec<LinkKind>,
    /// ACLED types or sub-types; empty means any.
    pub events: Vec<EventKind>,
    /// Complexities; empty means any.
    pub complexity: Vec<Complexity>,
    /// Area.
    pub area: Option<Id>,
    /// Window; none means all time up to the as-of day.
    pub window: Option<Window>,
}

/// At least (or at most) so many events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Perpetrator; left out = anybody.
    pub actor: Option<Id>,
    /// Kinds of link followed from the actor, as they stood on the event's date; [] = the actor alone.
    #[serde(default)]
    pub affiliates: Vec<LinkKind>,
    /// ACLED types or sub-types, verbatim; left out = any.
    #[serde(default)]
    pub events: Vec<EventKind>,
    /// Complexity; left out = any.
    #[serde(default)]
    pub complexity: Vec<Complexity>,
    /// Area; left out = anywhere.
    pub area: Option<Id>,
    /// Window.
    pub window: Window,
    /// How many events make it true.
    #[schemars(range(min = 1, max = 100_000))]
    pub at_least: u32,
}

/// At least such a share of the actor's events lies in the area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Perpetrator; left out = anybody.
    pub actor: Option<Id>,
    /// Kinds of link followed.
    #[serde(default)]
    pub affiliates: Vec<LinkKind>,
    /// ACLED types or sub-types; left out = any.
    #[serde(default)]
    pub events: Vec<EventKind>,
    /// Complexity; left out = any.
    #[serde(default)]
    pub complexity: Vec<Complexity>,
    /// Events in this area are counted against all that the other keys select.
    pub area: Id,
    /// Window.
    pub window: Window,
    /// Share that makes it true, in (0, 1].
    #[schemars(range(min = 0, max = 1))]
    pub at_least: f64,
    /// With fewer events than this in a world the share says nothing there.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub min_events: u32,
}

fn one() -> u32 {
    1
}

/// The sum of a figure over the selected events reaches a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureTest {
    /// One event; left out = all that the other keys select.
    pub event: Option<Id>,
    /// Perpetrator; left out = anybody.
    pub actor: Option<Id>,
    /// Kinds of link followed.
    #[serde(default)]
    pub affiliates: Vec<LinkKind>,
    /// ACLED types or sub-types; left out = any.
    #[serde(default)]
    pub events: Vec<EventKind>,
    /// Complexity; left out = any.
    #[serde(default)]
    pub complexity: Vec<Complexity>,
    /// Area; left out = anywhere.
    pub area: Option<Id>,
    /// Window; left out = all time up to the as-of day.
    pub window: Option<Window>,
    /// What is counted.
    pub measure: Measure,
    /// Of whom.
    pub of: Id,
    /// Number that makes it true.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub at_least: u32,
}

/// A class of the footprint partition (`worlds.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FootprintClass {
    /// Active, and not more outside the home area than before.
    Contained,
    /// More outside, less inside.
    Relocating,
    /// More outside, not less inside.
    Expanding,
    /// Less both inside and outside.
    Receding,
    /// Fewer events expected than the declared number.
    Dormant,
}

impl FootprintClass {
    /// All classes, in the order used for draws and tables.
    pub const ALL: [Self; 5] = [Self::Contained, Self::Relocating, Self::Expanding, Self::Receding, Self::Dormant];
}

impl fmt::Display for FootprintClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contained => "contained",
            Self::Relocating => "relocating",
            Self::Expanding => "expanding",
            Self::Receding => "receding",
            Self::Dormant => "dormant",
        })
    }
}

/// The actor's footprint, against a reference period, is one of the named classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Footprint {
    /// Whose footprint.
    pub actor: Id,
    /// Kinds of link followed.
    #[serde(default)]
    pub affiliates: Vec<LinkKind>,
    /// ACLED types or sub-types; left out = any.
    #[serde(default)]
    pub events: Vec<EventKind>,
    /// Home area.
    pub home: Id,
    /// Reference window.
    pub reference: Window,
    /// Current window.
    pub window: Window,
    /// Classes that make it true.
    pub is: Vec<FootprintClass>,
    /// Dormant when fewer events than this are expected in the current window.
    #[serde(default = "one_f")]
    #[schemars(range(min = 0, max = 1000))]
    pub dormant_below: f64,
}

fn one_f() -> f64 {
    1.0
}

/// The actor stayed in the area for at least so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenure {
    /// Whose presence.
    pub actor: Id,
    /// Kinds of link followed.
    #[serde(default)]
    pub affiliates: Vec<LinkKind>,
    /// Area.
    pub area: Id,
    /// Window; left out = all time up to the as-of day.
    pub window: Option<Window>,
    /// So many days from the first to the last event of one episode.
    #[schemars(range(min = 1, max = 100_000))]
    pub at_least_days: u32,
    /// A silence longer than this ends an episode.
    #[serde(default = "year")]
    #[schemars(range(min = 1, max = 100_000))]
    pub gap_days: u32,
}

fn year() -> u32 {
    365
}

/// The event happened and this actor (or an affiliate) did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The event.
    pub event: Id,
    /// The actor.
    pub actor: Id,
    /// Kinds of link followed.
    #[serde(default)]
    pub affiliates: Vec<LinkKind>,
}

/// Other indicators, combined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// Their ids; `not` takes exactly one.
    pub of: Vec<Id>,
}

/// What an indicator tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// At least so many events.
    Count(Count),
    /// At least such a share.
    Share(Share),
    /// At least so many dead (or another figure).
    Figure(FigureTest),
    /// One of these footprint classes.
    Footprint(Footprint),
    /// An episode at least so long.
    Tenure(Tenure),
    /// Done by this actor.
    Attribution(Attribution),
    /// All of them.
    All(Vec<Id>),
    /// Any of them.
    Any(Vec<Id>),
    /// Not that one.
    Not(Id),
}

impl Test {
    /// The events it looks at, if it selects events.
    pub fn select(&self) -> Option<Select> {
        let area = |a: &Option<Id>| a.clone();
        Some(match self {
            Self::Count(c) => Select {
                actor: c.actor.clone(),
                affiliates: c.affiliates.clone(),
                events: c.events.clone(),
                complexity: c.complexity.clone(),
                area: area(&c.area),
                window: Some(c.window.clone()),
            },
            Self::Share(c) => Select {
                actor: c.actor.clone(),
                affiliates: c.affiliates.clone(),
                events: c.events.clone(),
                complexity: c.complexity.clone(),
                area: None,
                window: Some(c.window.clone()),
            },
            Self::Figure(c) => Select {
                actor: c.actor.clone(),
                affiliates: c.affiliates.clone(),
                events: c.events.clone(),
                complexity: c.complexity.clone(),
                area: area(&c.area),
                window: c.window.clone(),
            },
            Self::Footprint(c) => Select {
                actor: Some(c.actor.clone()),
                affiliates: c.affiliates.clone(),
                events: c.events.clone(),
                ..Select::default()
            },
            Self::Tenure(c) => Select {
                actor: Some(c.actor.clone()),
                affiliates: c.affiliates.clone(),
                area: Some(c.area.clone()),
                window: c.window.clone(),
                ..Select::default()
            },
            Self::Attribution(c) => {
                Select { actor: Some(c.actor.clone()), affiliates: c.affiliates.clone(), ..Select::default() }
            }
            Self::All(_) | Self::Any(_) | Self::Not(_) => return None,
        })
    }

    /// The name of the test's table in `indicators.toml`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Share(_) => "share",
            Self::Figure(_) => "figure",
            Self::Footprint(_) => "footprint",
            Self::Tenure(_) => "tenure",
            Self::Attribution(_) => "attribution",
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
        }
    }

    /// The indicators it is made of.
    pub fn parts(&self) -> Vec<&Id> {
        match self {
            Self::All(of) | Self::Any(of) => of.iter().collect(),
            Self::Not(of) => vec![of],
            _ => vec![],
        }
    }
}

/// A warning indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// Identifier.
    pub id: Id,
    /// What is so when it trips, as a sentence.
    pub title: String,
    /// Alert from this probability on; changes no state.
    pub warn_at: Option<f64>,
    /// From the next day on the indicator is stale.
    pub review_by: Option<Day>,
    /// What is tested.
    pub test: Test,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
}

/// An enabling or constraining condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// Identifier.
    pub id: Id,
    /// In words.
    pub text: String,
    /// Whether it enables (`true`) or constrains.
    pub enabling: bool,
    /// For an actor ...
    pub actor: Option<Id>,
    /// ... or for a hypothesis, as question/hypothesis.
    pub hypothesis: Option<String>,
    /// How it moves, in words.
    pub trend: Option<String>,
    /// Fact claims it rests on.
    pub claims: Vec<Id>,
    /// Or the analyst's reason: then it is context, and moves nothing.
    pub why: Option<String>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    pub span: Span,
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

/// A declared link between two actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRef {
    /// This actor.
    pub actor: Id,
    /// Kind of link.
    pub kind: LinkKind,
    /// That actor.
    pub to: Id,
}

/// What a piece of evidence points at; one key names the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// An event happened; with an actor: and that actor did it.
    Event(EventBy),
    /// An indicator holds.
    Indicator(Id),
    /// A factor holds.
    Factor(Id),
    /// What the claim says is so.
    Claim(Id),
    /// All that this source first said is so.
    Origin(Id),
    /// The link is real.
    Link(LinkRef),
}
