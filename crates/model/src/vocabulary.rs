//! Event types: ACLED's published types and sub-types, verbatim (ACLED Codebook, table 2).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Sub-types by type, in the codebook's order.
pub const SUB_TYPES: [(EventType, &[&str]); 6] = [
    (EventType::Battles, &["Government regains territory", "Non-state actor overtakes territory", "Armed clash"]),
    (EventType::Protests, &["Excessive force against protesters", "Protest with intervention", "Peaceful protest"]),
    (EventType::Riots, &["Violent demonstration", "Mob violence"]),
    (
        EventType::Explosions,
        &[
            "Chemical weapon",
            "Air/drone strike",
            "Suicide bomb",
            "Shelling/artillery/missile attack",
            "Remote explosive/landmine/IED",
            "Grenade",
        ],
    ),
    (EventType::Civilians, &["Sexual violence", "Attack", "Abduction/forced disappearance"]),
    (
        EventType::Strategic,
        &[
            "Agreement",
            "Arrests",
            "Change to group/activity",
            "Disrupted weapons use",
            "Headquarters or base established",
            "Looting/property destruction",
            "Non-violent transfer of territory",
            "Other",
        ],
    ),
];

/// ACLED's six event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum EventType {
    /// Battles.
    Battles,
    /// Protests.
    Protests,
    /// Riots.
    Riots,
    /// Explosions/Remote violence.
    #[serde(rename = "Explosions/Remote violence")]
    Explosions,
    /// Violence against civilians.
    #[serde(rename = "Violence against civilians")]
    Civilians,
    /// Strategic developments.
    #[serde(rename = "Strategic developments")]
    Strategic,
}

impl EventType {
    /// The codebook's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Battles => "Battles",
            Self::Protests => "Protests",
            Self::Riots => "Riots",
            Self::Explosions => "Explosions/Remote violence",
            Self::Civilians => "Violence against civilians",
            Self::Strategic => "Strategic developments",
        }
    }

    /// By the codebook's name.
    pub fn from_name(name: &str) -> Option<Self> {
        SUB_TYPES.iter().map(|(t, _)| *t).find(|t| t.name() == name)
    }

    /// The codebook's sub-types of this type.
    pub fn sub_types(self) -> &'static [&'static str] {
        SUB_TYPES.iter().find(|(t, _)| *t == self).map_or(&[], |(_, s)| s)
    }
}

/// A sub-type by the codebook's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubType(pub String);

impl JsonSchema for SubType {
    fn schema_name() -> Cow<'static, str> {
        "SubType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = SUB_TYPES.iter().flat_map(|(_, s)| s.iter().copied()).collect();
        json_schema!({"type": "string", "enum": names, "description": "An ACLED sub-type, verbatim."})
    }
}

/// What an indicator may ask for: a type or a sub-type, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventKind(pub String);

impl EventKind {
    /// Whether an event of this type and sub-type is meant.
    pub fn matches(&self, kind: EventType, sub: Option<&SubType>) -> bool {
        self.0 == kind.name() || sub.is_some_and(|s| s.0 == self.0)
    }
}

impl JsonSchema for EventKind {
    fn schema_name() -> Cow<'static, str> {
        "EventKind".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> =
            SUB_TYPES.iter().flat_map(|(t, s)| std::iter::once(t.name()).chain(s.iter().copied())).collect();
        json_schema!({"type": "string", "enum": names, "description": "An ACLED type or sub-type, verbatim."})
    }
}
