//! Actors and the dated, sourced, uncertain links between them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::date::{Day, Edtf};
use crate::problem::Span;
use crate::words::Tlp;

/// What kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// An organised armed group.
    ArmedGroup,
    /// Army, police, security service.
    StateForces,
    /// A government or its civil bodies.
    Government,
    /// People who take no part in the fighting.
    Civilians,
    /// A public leader of an organised actor. Private persons are never actors.
    Leader,
}

impl ActorKind {
    /// Whether such an actor can be behind an attack.
    pub fn can_attack(self) -> bool {
        matches!(self, Self::ArmedGroup | Self::StateForces)
    }
}

/// How one actor relates to another, read `this KIND to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// This actor was founded by `to`.
    FoundedBy,
    /// This actor took the name `to`.
    Renamed,
    /// This actor broke away from `to`; never makes an affiliate.
    SplitFrom,
    /// This actor was absorbed by `to`.
    MergedInto,
    /// This actor continues `to`.
    SuccessorOf,
    /// Allies.
    AlliedWith,
    /// Rivals.
    RivalOf,
    /// This actor belongs to `to`.
    PartOf,
    /// This actor is led by `to`.
    LedBy,
    /// This actor was dissolved (by `to`, which may be itself).
    Dissolved,
}

impl LinkKind {
    /// Whether affiliation passes on through such a link (`worlds.md`: renamed, merged-into,
    /// successor-of, part-of).
    pub fn transitive(self) -> bool {
        matches!(self, Self::Renamed | Self::MergedInto | Self::SuccessorOf | Self::PartOf)
    }

    /// Name as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::FoundedBy => "founded-by",
            Self::Renamed => "renamed",
            Self::SplitFrom => "split-from",
            Self::MergedInto => "merged-into",
            Self::SuccessorOf => "successor-of",
            Self::AlliedWith => "allied-with",
            Self::RivalOf => "rival-of",
            Self::PartOf => "part-of",
            Self::LedBy => "led-by",
            Self::Dissolved => "dissolved",
        }
    }
}

/// A dated link. Give `probability` and `why` (the analyst's belief), or `claims`, never both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Kind, read `this KIND to`.
    pub kind: LinkKind,
    /// The other actor.
    pub to: Id,
    /// From when; without it, for as long as known.
    pub from: Option<Edtf>,
    /// Until when; without it, still so as far as known.
    pub until: Option<Edtf>,
    /// The analyst's probability that the link is real.
    #[schemars(range(min = 0, max = 1))]
    pub probability: Option<f64>,
    /// The analyst's reason.
    pub why: Option<String>,
    /// Claims that assert or deny the link.
    #[serde(default)]
    pub claims: Vec<Id>,
    /// First day on which the link was known; without it the page says it is today's.
    pub known_from: Option<Day>,
    /// Where it is defined.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}

/// A name borne for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownAs {
    /// The name.
    pub name: String,
    /// From when; without it, for as long as known.
    pub from: Option<Edtf>,
    /// Until when; without it, still so as far as known.
    pub until: Option<Edtf>,
}

impl KnownAs {
    /// First and last day on which the name may mean the actor.
    pub fn days(&self) -> (Day, Day) {
        let from = self.from.as_ref().map_or(Day(i32::MIN), |d| d.possible.from);
        let until = self.until.as_ref().map_or(Day(i32::MAX), |d| d.possible.to);
        (from, until)
    }
}

/// An organised actor, or a public leader of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Name as printed.
    pub name: String,
    /// Other names and spellings.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Names that it bore only for a time: another actor may bear them before or after.
    #[serde(default)]
    pub known_as: Vec<KnownAs>,
    /// What kind of actor.
    pub kind: ActorKind,
    /// Links to other actors.
    #[serde(default)]
    pub link: Vec<Link>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}

impl Actor {
    /// Every name it bears or bore: the printed one first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::once(&self.name).chain(&self.aliases).chain(self.known_as.iter().map(|k| &k.name));
        all.map(String::as_str)
    }
}
