//! Methodology as lints: what a methodologist would remark on, though nothing is broken.
//!
//! Each lint is one Markdown file in `docs/lints/`: its documentation, what `explain lint:CODE` prints, and its test (edits to
//! the minimal case under which it fires, and under which it does not).

mod evidence;
mod judgments;
mod sources;

use model::{Case, Level, Problem, Span};
use serde::{Deserialize, Serialize};

use crate::diff::apart;
use crate::stage::assess::{Assessment, Inputs, JudgmentRow};

/// Something worth a look, though nothing is broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LintRow {
    /// Stable name of the kind.
    pub code: String,
    /// What it is about, by id.
    pub about: String,
    /// What to see in it.
    pub text: String,
    /// Whether the build fails over it.
    pub level: Level,
    /// Why it may stand, where the case says so.
    pub suppressed: Option<String>,
}

impl LintRow {
    /// Whether a build and a publication fail over it.
    pub fn denied(&self) -> bool {
        self.level == Level::Deny && self.suppressed.is_none()
    }
}

/// A judgment that moves by less than this, and keeps its outcome, has not moved.
const STILL: f64 = 0.01;

/// A lint as it is documented.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// Its name.
    pub code: &'static str,
    /// The whole of its file.
    pub file: &'static str,
}

macro_rules! lints {
    ($($code:literal),* $(,)?) => {
        /// Every lint, by name.
        pub const LINTS: &[Lint] =
            &[$(Lint { code: $code, file: include_str!(concat!("../../../docs/lints/", $code, ".md")) }),*];
    };
}

lints![
    "absence-without-coverage",
    "actor-out-of-time",
    "analysts-differ",
    "assumption-not-run",
    "belief-differs",
    "confidence-in-the-sentence",
    "confidence-overridden",
    "confirmed-by-nobody",
    "copy-cycle",
    "date-sharper-than-words",
    "event-after-report",
    "excerpt-not-found",
    "forecast-without-terms",
    "gap-asks-nothing",
    "good-grade-contradicted",
    "incoherent-priors",
    "indicator-tells-nothing",
    "indicator-untested",
    "indicator-without-review",
    "judgment-on-one-origin",
    "likely-copied",
    "near-certain-likelihood",
    "needless-suppression",
    "no-change-note",
    "no-something-else",
    "nothing-against",
    "number-without-source",
    "one-hypothesis",
    "one-origin",
    "other-leads",
    "parties-alone",
    "place-sharper-than-words",
    "posterior-equals-prior",
    "priors-sum",
    "rating-as-number",
    "reason-too-short",
    "rebuild-differs",
    "ruling-without-reason",
    "stale-indicator",
    "stale-source",
    "sum-violated",
    "unrated-alone",
    "unsupported-assumption",
    "useless-evidence",
    "withheld-evidence",
    "word-by-hand",
];

impl Lint {
    /// The lint of that name.
    pub fn named(code: &str) -> Option<&'static Self> {
        LINTS.iter().find(|l| l.code == code)
    }

    /// A line of its front matter.
    fn matter(&self, key: &str) -> Option<&'static str> {
        let head = self.file.split("---\n").nth(1)?;
        head.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(": "))
    }

    /// Its level where the case does not set one. What is an error always is one.
    pub fn level(&self) -> Level {
        match self.matter("level") {
            Some("deny" | "error") => Level::Deny,
            Some("allow") => Level::Allow,
            _ => Level::Warn,
        }
    }

    /// Whether it is an error, whatever the case says: of `check` (then with the problem's name), of `publish` or of
    /// `build --verify`.
    pub fn is_error(&self) -> bool {
        self.matter("level") == Some("error")
    }

    /// The name of the problem under which `check` tells it.
    pub fn problem(&self) -> Option<&'static str> {
        self.matter("problem")
    }

    /// What it is called in words: its heading.
    pub fn title(&self) -> &'static str {
        self.text().lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// What it is for: the file without front matter and without its test.
    pub fn text(&self) -> &'static str {
        let body = self.file.splitn(3, "---\n").nth(2).unwrap_or(self.file);
        body.split("\n## Fires").next().unwrap_or(body).trim()
    }
}

/// What remarks are made through.
struct Say(Vec<LintRow>);

impl Say {
    fn say(&mut self, code: &str, about: impl Into<String>, text: impl Into<String>) {
        debug_assert!(Lint::named(code).is_some(), "{code} has no file");
        let row = LintRow {
            code: code.into(),
            about: about.into(),
            text: text.into(),
            level: Lint::named(code).map_or(Level::Warn, Lint::level),
            suppressed: None,
        };
        self.0.push(row);
    }
}

/// Everything to be remarked on, by name and by what it is about; what the case lets stand, with its reason.
pub(crate) fn remarks(i: &Inputs<'_>, a: &Assessment) -> Vec<LintRow> {
    let mut say = Say(Vec::new());
    sources::remarks(i, a, &mut say);
    evidence::remarks(i, a, &mut say);
    judgments::remarks(i, a, &mut say);
    let settings = &i.case.lints;
    for s in &settings.suppress {
        let mut used = false;
        for row in say.0.iter_mut().filter(|r| r.code == s.code && r.about == s.about) {
            row.suppressed = Some(s.why.clone());
            used = true;
        }
        if !used {
            let text = format!("`{}` is not remarked on here: the suppression in case.toml can go", s.code);
            say.say("needless-suppression", &s.about, text);
        }
    }
    let mut out = say.0;
    for row in &mut out {
        if let Some(level) = settings.level.get(&row.code) {
            row.level = *level;
        }
    }
    out.retain(|r| r.level != Level::Allow);
    out.sort_by(|a, b| (&a.code, &a.about, &a.text).cmp(&(&b.code, &b.about, &b.text)));
    out.dedup();
    out
}

/// Judgments that say another thing than when they were last published: was, and is; and whether the case says why, in
/// words that are not those of the last time (`no-change-note`).
pub fn moved<'a>(last: &'a Assessment, now: &'a Assessment) -> Vec<(&'a JudgmentRow, &'a JudgmentRow, bool)> {
    let words = |j: &JudgmentRow| j.changed.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    now.judgments
        .iter()
        .filter_map(|is| Some((last.judgments.iter().find(|was| was.id == is.id)?, is)))
        .filter(|(was, is)| {
            let far = apart(was.probability, is.probability) > STILL;
            was.outcome != is.outcome || far || was.confidence != is.confidence
        })
        .map(|(was, is)| (was, is, words(is).is_some() && words(is) != words(was)))
        .collect()
}

/// Names in `[lints]` that no lint has, and errors that are to be none.
pub(crate) fn unknown(case: &Case) -> Vec<Problem> {
    let at = || Span::new("case.toml", 0, 0);
    let fixed = case.lints.level.keys().filter(|c| Lint::named(c).is_some_and(Lint::is_error));
    let fixed = fixed.map(|c| Problem::error("fixed-level", at(), format!("`{c}` is always an error")));
    let named = case.lints.level.keys().chain(case.lints.suppress.iter().map(|s| &s.code));
    let mut unknown: Vec<&String> = named.filter(|c| Lint::named(c).is_none()).collect();
    unknown.sort();
    unknown.dedup();
    unknown
        .into_iter()
        .map(|c| {
            Problem::error("unknown-lint", at(), format!("unknown lint `{c}`"))
                .help("`bellwether explain CASE lints` lists them all")
                .suggest(model::suggest_edit(c, LINTS.iter().map(|l| l.code)))
        })
        .chain(fixed)
        .collect()
}
