//! The ladders: likelihood, analytic confidence, source reliability, information credibility
//! and TLP. Four types that never convert into one another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One rung of ICD 203's likelihood ladder (row A, 2015).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Key used in files.
    pub key: &'static str,
    /// The words as printed.
    pub words: &'static str,
    /// Lower edge, inclusive.
    pub low: f64,
    /// Upper edge, exclusive (the printed ranges overlap at their edges; ours are half-open).
    pub high: f64,
}

/// ICD 203 (2 January 2015), section D.6.e.(2)(a), row A, as half-open bands. Below 1 % and from 99 %
/// on there is no word in the directive; the outermost words are used there and the number is printed.
pub const LADDER: [Band; 7] = [
    Band { key: "almost-no-chance", words: "almost no chance", low: 0.0, high: 0.05 },
    Band { key: "very-unlikely", words: "very unlikely", low: 0.05, high: 0.20 },
    Band { key: "unlikely", words: "unlikely", low: 0.20, high: 0.45 },
    Band { key: "roughly-even-chance", words: "roughly even chance", low: 0.45, high: 0.55 },
    Band { key: "likely", words: "likely", low: 0.55, high: 0.80 },
    Band { key: "very-likely", words: "very likely", low: 0.80, high: 0.95 },
    Band { key: "almost-certain", words: "almost certain", low: 0.95, high: 1.0 },
];

/// The rung that holds `p` in [0, 1].
pub fn word(p: f64) -> &'static Band {
    LADDER.iter().find(|b| p < b.high).unwrap_or(&LADDER[6])
}

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

    /// The published table, edges included (a value on an edge takes the upper word).
    #[test]
    fn icd_203_words() {
        for (p, words) in [
            (0.01, "almost no chance"),
            (0.049, "almost no chance"),
            (0.05, "very unlikely"),
            (0.19, "very unlikely"),
            (0.20, "unlikely"),
            (0.449, "unlikely"),
            (0.45, "roughly even chance"),
            (0.5, "roughly even chance"),
            (0.55, "likely"),
            (0.62, "likely"),
            (0.80, "very likely"),
            (0.949, "very likely"),
            (0.95, "almost certain"),
            (0.99, "almost certain"),
            (1.0, "almost certain"),
            (0.0, "almost no chance"),
        ] {
            assert_eq!(word(p).words, words, "{p}");
        }
        for pair in LADDER.windows(2) {
            assert_eq!(pair[0].high, pair[1].low);
        }
    }

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
