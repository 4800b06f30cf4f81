//! Analytic confidence, source reliability, information credibility and TLP, and how a probability is printed: types that
//! never convert into one another, nor into a likelihood (`lexicon`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `p` as it is printed: whole percents, never 0 % or 100 %. `worlds` is how many worlds `p`
/// was counted over: with none in favour the 95 % upper bound 3/N is given ("rule of three").
pub fn percent(p: f64, worlds: usize) -> String {
    let n = worlds.max(1) as f64;
    let bound = 300.0 / n;
    let edge = if bound < 1.0 { format!("{bound:.1}") } else { format!("{bound:.0}") };
    if p * n < 0.5 {
        format!("below {edge} %")
    } else if (1.0 - p) * n < 0.5 {
        let high = 100.0 - bound;
        if bound < 1.0 { format!("above {high:.1} %") } else { format!("above {high:.0} %") }
    } else if !(0.01..=0.99).contains(&p) {
        format!("{:.1} %", (p * 100.0).clamp(0.1, 99.9))
    } else {
        format!("{:.0} %", p * 100.0)
    }
}

/// Source reliability, NATO/Admiralty code (AJP-2.1). `F` is *no rating*, never 50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Reliability {
    /// Completely reliable.
    A,
    /// Usually reliable.
    B,
    /// Fairly reliable.
    C,
    /// Not usually reliable.
    D,
    /// Unreliable.
    E,
    /// Reliability cannot be judged: no rating.
    F,
}

impl Reliability {
    /// The definition's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::A => "completely reliable",
            Self::B => "usually reliable",
            Self::C => "fairly reliable",
            Self::D => "not usually reliable",
            Self::E => "unreliable",
            Self::F => "reliability cannot be judged",
        }
    }
}

/// Information credibility, NATO/Admiralty code: 1 (confirmed) to 5 (improbable); 6 is *no rating*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Credibility(#[schemars(range(min = 1, max = 6))] pub u8);

impl Default for Credibility {
    fn default() -> Self {
        Self(6)
    }
}

/// Analytic confidence (ICD 203): a statement about the grounds, never about the likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Uncorroborated, many assumptions, glaring gaps.
    Low,
    /// Partly corroborated, several assumptions.
    Moderate,
    /// Well corroborated, minimal assumptions.
    High,
}

impl Confidence {
    /// As printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// Traffic Light Protocol 2.0 (FIRST, 2022). `WHITE` of version 1 reads as `CLEAR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
pub enum Tlp {
    /// No limit.
    #[default]
    #[serde(rename = "CLEAR", alias = "WHITE")]
    Clear,
    /// Community, not public channels.
    #[serde(rename = "GREEN")]
    Green,
    /// Organisation and its clients.
    #[serde(rename = "AMBER")]
    Amber,
    /// Organisation only.
    #[serde(rename = "AMBER+STRICT")]
    AmberStrict,
    /// Named recipients only.
    #[serde(rename = "RED")]
    Red,
}

impl Tlp {
    /// The label, e.g. `TLP:CLEAR`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_zero_or_a_hundred_percent() {
        assert_eq!(percent(0.0, 1024), "below 0.3 %");
        assert_eq!(percent(1.0, 1024), "above 99.7 %");
        assert_eq!(percent(0.0, 100), "below 3 %");
        assert_eq!(percent(0.62, 1024), "62 %");
        assert_eq!(percent(0.004, 1024), "0.4 %");
        assert_eq!(percent(0.996, 1024), "99.6 %");
    }
}
