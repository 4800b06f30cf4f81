//! What a person sees: problems with carets, tables, progress.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Problem, Severity};

/// Prints to standard output; a closed pipe ends the program quietly.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// All problems and a closing count, to standard error.
pub(crate) fn problems(list: &[Problem], texts: &BTreeMap<String, String>) {
    let mut out = String::new();
    for p in list {
        out.push_str(&case::drawn(p, texts));
        out.push('\n');
    }
    eprint!("{out}");
}

/// `2 errors, 1 warning`.
pub(crate) fn counts(list: &[Problem]) -> String {
    let of = |s: Severity, word: &str| {
        let n = list.iter().filter(|p| p.severity == s).count();
        format!("{n} {word}{}", if n == 1 { "" } else { "s" })
    };
    format!("{}, {}", of(Severity::Error, "error"), of(Severity::Warning, "warning"))
}

/// Aligned columns; the first row is the head.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for (n, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if c + 1 < row.len() {
                line.push_str(&" ".repeat(widths[c].saturating_sub(cell.chars().count()) + 2));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if n == 0 && rows.len() > 1 {
            out.push_str(&widths.iter().map(|w| "-".repeat(*w)).collect::<Vec<_>>().join("  "));
            out.push('\n');
        }
    }
    out
}

/// Progress on standard error for what takes over a second.
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        Self { bar, begun: Instant::now() }
    }

    pub(crate) fn say(&self, stage: &str, subject: &str) {
        if self.begun.elapsed() > Duration::from_secs(1) {
            self.bar.set_message(format!("{stage} {subject}"));
            self.bar.tick();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Progress of long work that is counted: share, rate and time left, on standard error.
pub(crate) struct Rate {
    bar: ProgressBar,
}

impl Rate {
    /// Work counted in bytes of `size`; nought when that is not known.
    pub(crate) fn bytes(what: &str, size: u64) -> Self {
        Self::new(what, size, "{prefix}: {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left, {msg}", &to_terminal())
    }

    /// Work counted in rows of `size`.
    pub(crate) fn rows(what: &str, size: u64) -> Self {
        let template = "{prefix}: {human_pos} of {human_len} rows, {per_sec}, {eta} left{msg}";
        Self::new(what, size, template, &to_terminal())
    }

    /// Work counted in steps, as many as will be told.
    pub(crate) fn steps(what: &str) -> Self {
        Self::new(what, 0, "{prefix}: {pos} of {len}, {eta} left", &to_terminal())
    }

    fn new(what: &str, size: u64, template: &str, target: &dyn Fn() -> ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(size), target());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        Self { bar }
    }

    /// So much is done, of so much.
    pub(crate) fn of(&self, done: u64, size: u64) {
        self.bar.set_length(size);
        self.bar.set_position(done);
    }

    pub(crate) fn say(&self, done: u64, more: &str) {
        self.bar.set_length(self.bar.length().unwrap_or(0).max(done));
        self.bar.set_position(done);
        self.bar.set_message(more.to_owned());
    }
}

/// A terminal sees progress; a file or a pipe does not.
fn to_terminal() -> impl Fn() -> ProgressDrawTarget {
    || if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

impl Drop for Rate {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    /// What a person sees of long work: how much of how much, how fast, how long still.
    #[test]
    fn progress_tells_share_rate_and_time_left() {
        let term = InMemoryTerm::new(4, 120);
        let target = || ProgressDrawTarget::term_like(Box::new(term.clone()));
        let bar = Rate::new(
            "ged",
            4 << 20,
            "{prefix}: {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left, {msg}",
            &target,
        );
        std::thread::sleep(Duration::from_millis(30));
        bar.say(1 << 20, "700 rows");
        bar.bar.force_draw();
        let seen = term.contents();
        assert!(seen.starts_with("ged: 1.00 MiB of 4.00 MiB, ") && seen.contains("/s, "), "{seen}");
        assert!(seen.ends_with("s left, 700 rows"), "{seen}");
    }
}
