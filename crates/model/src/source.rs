//! Sources (who says it) and reports (documents as captured).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::date::{Day, Edtf, Window};
use crate::problem::Span;
use crate::words::{Reliability, Tlp};

/// What kind of speaker a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A party to the conflict.
    Party,
    /// An official body that is not itself a party.
    Official,
    /// A newspaper, broadcaster or site.
    Media,
    /// A news agency that others copy.
    Wire,
    /// A non-governmental organisation.
    Ngo,
    /// An analyst.
    Analyst,
    /// A witness.
    Witness,
    /// An event data set.
    Dataset,
}

/// Who says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name as printed.
    pub name: String,
    /// What kind of speaker.
    pub kind: SourceKind,
    /// The actor it speaks for: that actor's losses and deeds are then read with interest.
    pub speaks_for: Option<Id>,
    /// Admiralty grade A to E; F is no rating.
    pub reliability: Reliability,
    /// Why this grade.
    pub why: String,
    /// Chance that it deceives: that it says what serves it, whatever is so. Then nothing of what it says counts.
    #[serde(default)]
    #[schemars(range(min = 0, max = 0.9))]
    pub deceives: f64,
    /// First day on which this grade was held; without it the page says the grade is today's.
    pub known_from: Option<Day>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}

/// Who was reporting where and when: absence counts only there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// In words: who would have reported what.
    pub text: String,
    /// Who was reporting.
    pub sources: Vec<Id>,
    /// Where; left out = everywhere that the case looks at.
    pub area: Option<Id>,
    /// When.
    pub during: Window,
    /// Chance that they report it, if there is something to report.
    #[serde(default = "mostly")]
    #[schemars(range(min = 0.01, max = 0.99))]
    pub catches: f64,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}

fn mostly() -> f64 {
    0.9
}

/// A document as captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// File name without folder and extension.
    pub id: Id,
    /// Path inside the case folder.
    pub file: String,
    /// Title.
    pub title: String,
    /// Publisher, a source id.
    pub source: Id,
    /// When it was published, as exactly as known.
    pub published: Edtf,
    /// When it was captured.
    pub retrieved: Option<Day>,
    /// Where it was found.
    pub url: Option<String>,
    /// Who wrote the text of this file, when that is not the publisher.
    pub written_by: Option<String>,
    /// Path of the bytes as they were received, where the text was taken out of them.
    pub received: Option<String>,
    /// ISO 639-3 code of the language, where it is not English.
    pub language: Option<String>,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// The whole file as text; excerpts point into it.
    pub text: String,
    /// First byte after the front matter.
    pub body: usize,
    /// The front matter's `source` value, for messages.
    #[serde(skip)]
    pub span: Span,
}
