//! Claims: one assertion by one source, anchored in one excerpt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::actor::LinkKind;
use crate::date::Edtf;
use crate::problem::Span;
use crate::vocabulary::{EventType, SubType};
use crate::words::{Credibility, Tlp};

/// What the speaker does with what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// Says that it is so.
    Asserts,
    /// Says that it is not so (of an event: that it did not happen).
    Denies,
    /// Doubts the attribution that others make (of an event: that the named actor did it).
    Disputes,
    /// Says "we did it".
    ClaimsResponsibility,
    /// Says "it was not us".
    DeniesResponsibility,
}

/// How the speaker holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// As a fact.
    #[default]
    Asserted,
    /// As somebody's claim.
    Claimed,
    /// As not confirmed.
    Unconfirmed,
    /// As speculation.
    Speculative,
    /// As what would be if.
    Hypothetical,
    /// As a plan; a planned or foiled attack is not an attack.
    Planned,
}

/// How the speaker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Was there.
    Witnessed,
    /// Was told.
    #[default]
    Told,
    /// Concluded it.
    Inferred,
}

/// Complexity of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Complexity {
    /// A chance taken.
    Opportunistic,
    /// Planned, several attackers acting together.
    Coordinated,
    /// Several phases, places or means.
    Complex,
}

/// Part played in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Who did it.
    Perpetrator,
    /// To whom.
    Target,
    /// Was there.
    Present,
}

/// A named actor in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithActor {
    /// The actor.
    pub actor: Id,
    /// Its role.
    pub role: Role,
}

/// A role that the speaker leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithoutActor {
    /// The role.
    pub role: Role,
}

/// One key names the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActorRole {
    /// A named actor.
    Known(WithActor),
    /// Explicitly left open.
    Unknown(WithoutActor),
}

/// Where; one key names the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceRef {
    /// A named area of the case.
    Area(Id),
    /// A first-order division of the bundled gazetteer, as country/name, such as TJ/Sughd, or by its code.
    Division(String),
    /// Longitude, latitude in degrees and the radius in metres that holds 90 % of the belief.
    Point {
        /// Longitude in degrees.
        #[schemars(range(min = -180, max = 180))]
        lon: f64,
        /// Latitude in degrees.
        #[schemars(range(min = -90, max = 90))]
        lat: f64,
        /// Radius in metres.
        #[schemars(range(min = 1, max = 2_000_000))]
        uncertainty_m: f64,
    },
    /// Rings of longitude and latitude, as in a GeoJSON polygon.
    Polygon(Vec<Vec<[f64; 2]>>),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Dead.
    Killed,
    /// Injured.
    Wounded,
    /// Taken.
    Captured,
    /// Got away.
    Escaped,
    /// Killed or wounded, undivided.
    Casualties,
}

impl Measure {
    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Wounded => "wounded",
            Self::Captured => "captured",
            Self::Escaped => "escaped",
            Self::Casualties => "casualties",
        }
    }
}

/// The words around a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Hedge {
    /// The bare number.
    #[default]
    Exact,
    /// `roughly 80`, `about`, `some`.
    Roughly,
    /// `at least 25`.
    AtLeast,
    /// `more than 25`.
    MoreThan,
    /// `up to 25`, `as many as`.
    UpTo,
    /// `less than 25`.
    LessThan,
    /// `a couple`: 2 to 3. No number.
    ACouple,
    /// `several`, `a few`: 3 to 10. No number.
    Several,
    /// `dozens`: 24 to 99. No number.
    Dozens,
    /// `a few hundred`: 200 to 500. No number.
    AFewHundred,
    /// `hundreds`: 200 to 999. No number.
    Hundreds,
    /// `higher than` another claim's figure, named in `than`. No number.
    HigherThan,
    /// `lower than` another claim's figure, named in `than`. No number.
    LowerThan,
    /// Between `low` and `high`; with `number` as the best guess if there is one.
    Between,
    /// `no casualties`. No number.
    None,
}

impl Hedge {
    /// The interval that a phrase without a number stands for (`methods.md` 3.2).
    pub fn interval(self) -> Option<(u32, u32)> {
        match self {
            Self::ACouple => Some((2, 3)),
            Self::Several => Some((3, 10)),
            Self::Dozens => Some((24, 99)),
            Self::AFewHundred => Some((200, 500)),
            Self::Hundreds => Some((200, 999)),
            _ => None,
        }
    }

    /// Whether `number` must be given with this hedge.
    pub fn needs_number(self) -> bool {
        matches!(self, Self::Exact | Self::Roughly | Self::AtLeast | Self::MoreThan | Self::UpTo | Self::LessThan)
    }
}

/// How many of whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What is counted.
    pub measure: Measure,
    /// Of which actor.
    pub of: Id,
    /// The number said, if any.
    #[schemars(range(max = 1_000_000))]
    pub number: Option<u32>,
    /// The words around it.
    #[serde(default)]
    pub hedge: Hedge,
    /// Lower end with `between`.
    #[schemars(range(max = 1_000_000))]
    pub low: Option<u32>,
    /// Upper end with `between`.
    #[schemars(range(max = 1_000_000))]
    pub high: Option<u32>,
    /// The claim whose figure this one is `higher-than` or `lower-than`.
    pub than: Option<Id>,
}

impl Figure {
    /// The figure in words, as it was said.
    pub fn words(&self) -> String {
        let n = self.number.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let of = |w: &str| format!("{w} {n}");
        match self.hedge {
            Hedge::Exact => n,
            Hedge::Roughly => of("roughly"),
            Hedge::AtLeast => of("at least"),
            Hedge::MoreThan => of("more than"),
            Hedge::UpTo => of("up to"),
            Hedge::LessThan => of("less than"),
            Hedge::ACouple => "a couple".into(),
            Hedge::Several => "several".into(),
            Hedge::Dozens => "dozens".into(),
            Hedge::AFewHundred => "a few hundred".into(),
            Hedge::Hundreds => "hundreds".into(),
            Hedge::HigherThan => format!("higher than {}", self.than.as_deref().unwrap_or("?")),
            Hedge::LowerThan => format!("lower than {}", self.than.as_deref().unwrap_or("?")),
            Hedge::Between => match (self.low, self.high) {
                (Some(l), Some(h)) => format!("{l} to {h}"),
                _ => n,
            },
            Hedge::None => "none".into(),
        }
    }
}

/// What is said of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventClaim {
    /// The event; claims with the same id speak of one event.
    pub id: Id,
    /// ACLED type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// ACLED sub-type.
    pub sub_type: Option<SubType>,
    /// Complexity of the attack.
    pub complexity: Option<Complexity>,
    /// Who; a missing perpetrator is unknown, never the rival.
    #[serde(default)]
    pub actors: Vec<ActorRole>,
    /// Where.
    pub place: Option<PlaceRef>,
    /// When.
    pub time: Option<Edtf>,
    /// How many.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// Events whose figures are part of this one's: a toll of two months covers the ambush within them, and cannot be
    /// smaller.
    #[serde(default)]
    pub covers: Vec<Id>,
}

/// What is said of something that is not an event: a proposition that several claims can share by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactClaim {
    /// The proposition; claims with the same id speak of one fact.
    pub id: Id,
    /// The proposition in words.
    pub text: String,
}

/// What is said of a link between actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkClaim {
    /// This actor ...
    pub actor: Id,
    /// ... KIND ...
    pub kind: LinkKind,
    /// ... that actor.
    pub to: Id,
}

/// What a claim says; one key names the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Something happened (or did not).
    Event(EventClaim),
    /// Something is so (or is not).
    Fact(FactClaim),
    /// Two actors are linked (or are not).
    Link(LinkClaim),
    /// The speaker takes back an earlier claim.
    Retracts(Id),
}

/// Where information was first stated: a source, or another claim that this one copies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// A source.
    Source(Id),
    /// Copied from that claim.
    Claim(Id),
}

/// A verbatim passage of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The exact bytes.
    pub exact: String,
    /// First byte in the report's file.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// At most 32 characters before, within the body.
    pub prefix: String,
    /// At most 32 characters after.
    pub suffix: String,
}

/// One assertion by one source, anchored in one excerpt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Identifier.
    pub id: Id,
    /// The report it stands in.
    pub report: Id,
    /// The passage.
    pub excerpt: Excerpt,
    /// Who says it, innermost first; the report's publisher need not be repeated.
    pub chain: Vec<Id>,
    /// Where it was first stated.
    pub origin: Origin,
    /// What the speaker does with it.
    pub stance: Stance,
    /// How the speaker holds it.
    pub modality: Modality,
    /// How the speaker knows.
    pub basis: Basis,
    /// Information credibility; 6 is no rating.
    pub credibility: Credibility,
    /// Marking, if not the report's.
    pub tlp: Option<Tlp>,
    /// The rule by which a machine read it; `None`: a person coded it.
    pub rule: Option<String>,
    /// What is said.
    pub says: Says,
    /// The line it is coded in.
    #[serde(skip)]
    pub span: Span,
}

impl Claim {
    /// The passage as a span of the report's file.
    pub fn excerpt_span(&self, report_file: &str) -> Span {
        Span::new(report_file, self.excerpt.start, self.excerpt.end)
    }

    /// The event claim, if it is one.
    pub fn event(&self) -> Option<&EventClaim> {
        match &self.says {
            Says::Event(e) => Some(e),
            _ => None,
        }
    }

    /// Named actors in `role`.
    pub fn actors_as(&self, role: Role) -> impl Iterator<Item = &Id> {
        self.event().into_iter().flat_map(|e| &e.actors).filter_map(move |a| match a {
            ActorRole::Known(k) if k.role == role => Some(&k.actor),
            _ => None,
        })
    }
}
