//! What a case asks of the program: how loudly to remark on what.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a lint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Says nothing.
    Allow,
    /// Is shown.
    Warn,
    /// Is shown, and the build fails.
    Deny,
}

impl Level {
    /// As in files.
    pub fn words(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// A lint that is not to be shown for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// The lint.
    pub code: String,
    /// What it is about, as `kind:id`.
    pub about: String,
    /// Why it may stand; printed in the published page.
    pub why: String,
}

/// `[lints]` of `case.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LintSettings {
    /// Levels other than a lint's own, by lint.
    #[serde(default)]
    pub level: BTreeMap<String, Level>,
    /// Lints that may stand, with the reason.
    #[serde(default)]
    pub suppress: Vec<Suppression>,
}
