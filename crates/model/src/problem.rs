//! Problems are values: what could be computed comes back together with everything
//! that is wrong, each with the place in the text. One [`Span`] serves a typing error in
//! `case.toml` and the sentence behind a death toll.

use serde::{Deserialize, Serialize};

/// A place in a file of the case: bytes `start..end` of `file`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct Span {
    /// Path inside the case folder, with `/` on every system.
    pub file: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Bytes `start..end` of `file`.
    pub fn new(file: impl Into<String>, start: usize, end: usize) -> Self {
        Self { file: file.into(), start, end }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The case cannot be built.
    Error,
    /// The case can be built; a person should look.
    Warning,
    /// Something said in passing, or a quotation under an explanation.
    Note,
}

/// A span with what is to be said beside its caret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What to say there; may be empty.
    pub text: String,
}

/// One thing that is wrong (or worth showing), in the user's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Stable name of the kind of problem, e.g. `unknown-area`.
    pub code: String,
    /// A lower-case phrase.
    pub message: String,
    /// The first is where the caret goes; the others give context.
    pub labels: Vec<Label>,
    /// The fix, where it is known.
    pub help: Option<String>,
}

impl Problem {
    /// An error at `span`.
    pub fn error(code: &str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            help: None,
        }
    }

    /// A warning at `span`.
    pub fn warning(code: &str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Says something beside the first caret.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Adds a second place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds the fix.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds `did you mean ...?` when a known name is near.
    pub fn suggest(mut self, near: Option<&str>) -> Self {
        if let Some(near) = near {
            self.help = Some(format!("did you mean `{near}`?"));
        }
        self
    }
}

/// The candidate nearest to `wrong` by edit distance (Damerau-Levenshtein), if near
/// enough to be worth suggesting (at most a third of the letters differ).
pub fn suggest_edit<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(wrong, c), c))
        .filter(|(d, c)| *d <= wrong.chars().count().max(c.chars().count()) / 3)
        .min()
        .map(|(_, c)| c)
}
