//! Front matter of a report: `---`, one `key: value` a line, `---`.

use model::{Problem, Span, suggest_edit};

/// The keys a report may have, with what they hold.
pub(crate) const KEYS: [(&str, &str, bool); 9] = [
    ("title", "title of the report", true),
    ("source", "id of the publisher in sources.toml", true),
    ("published", "when it was published, as exactly as known: 2010-09-20, 2010-09, 2010~", true),
    ("retrieved", "day on which it was captured", false),
    ("url", "where it was found", false),
    ("tlp", "marking, if not the case's: CLEAR, GREEN, AMBER, AMBER+STRICT, RED", false),
    ("received", "the bytes as they were received, under received/, where this text was taken out of them", false),
    ("language", "ISO 639-3 code, where it is not English: such a report is kept, and not read by machine", false),
    ("written_by", "who wrote the text of this file, when that is not the publisher", false),
];

/// One value of the front matter with its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// Reads the front matter; returns its values and the first byte of the body.
pub(crate) fn read(file: &str, text: &str, problems: &mut Vec<Problem>) -> (Vec<Value>, usize) {
    let mut values: Vec<Value> = Vec::new();
    let mut at = 0;
    let mut closed = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let bare = line.trim_end();
        if number == 0 {
            if bare != "---" {
                problems.push(
                    Problem::error(
                        "no-front-matter",
                        Span::new(file, 0, bare.len()),
                        "a report begins with front matter",
                    )
                    .label("expected `---`")
                    .help("begin the file with `---`, then `title:`, `source:` and `published:`, then `---`"),
                );
                return (values, 0);
            }
            continue;
        }
        if bare == "---" {
            closed = true;
            break;
        }
        if bare.trim().is_empty() {
            continue;
        }
        let Some((key, value)) = bare.split_once(':') else {
            problems.push(
                Problem::error("bad-front-matter", Span::new(file, start, start + bare.len()), "expected `key: value`")
                    .help("one `key: value` a line; longer texts belong into the body"),
            );
            continue;
        };
        let text = value.trim();
        let value_start = start + key.len() + 1 + (value.len() - value.trim_start().len());
        let span = Span::new(file, value_start, value_start + text.len());
        let key = key.trim();
        if !KEYS.iter().any(|(k, _, _)| *k == key) {
            let known: Vec<&str> = KEYS.iter().map(|(k, _, _)| *k).collect();
            problems.push(
                Problem::error(
                    "unknown-key",
                    Span::new(file, start, start + key.len()),
                    format!("unknown key `{key}`"),
                )
                .label(format!("known keys: {}", known.join(", ")))
                .suggest(suggest_edit(key, known.iter().copied())),
            );
            continue;
        }
        if let Some(first) = values.iter().find(|v| v.key == key) {
            problems.push(
                Problem::error(
                    "duplicate-key",
                    Span::new(file, start, start + key.len()),
                    format!("`{key}` is given twice"),
                )
                .also(first.span.clone(), "first given here"),
            );
            continue;
        }
        values.push(Value { key: key.to_owned(), text: unquote(text).to_owned(), span });
    }
    if !closed {
        problems.push(
            Problem::error("no-front-matter", Span::new(file, 0, 3), "the front matter is not closed")
                .help("end it with a line `---`"),
        );
    }
    for (key, what, required) in KEYS {
        if required && !values.iter().any(|v| v.key == key && !v.text.is_empty()) {
            problems.push(
                Problem::error(
                    "missing-key",
                    Span::new(file, 0, 3),
                    format!("missing key `{key}` in the front matter"),
                )
                .help(format!("`{key}`: {what}")),
            );
        }
    }
    (values, if closed { at } else { 0 })
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}
