//! One spanned tree for TOML and JSON, so that every problem in either has a caret.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use model::{Problem, Span};
use serde_json::Value;
use toml::de::{DeTable, DeValue};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// A value with the bytes it came from.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Entries in order of the text.
    Table(Vec<Entry>),
    Array(Vec<Node>),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Null,
}

/// One key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: Node,
}

impl Node {
    /// The node as a span of `file`.
    pub(crate) fn span(&self, file: &str) -> Span {
        Span::new(file, self.start, self.end)
    }

    /// Entries, if it is a table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Table(entries) => entries,
            _ => &[],
        }
    }

    /// Items, if it is an array.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// The value under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// The node at a path of keys and indices.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |n, step| match &n.kind {
            Kind::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => n.get(step),
        })
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Integer(i) => Some(i as f64),
            Kind::Float(f) => Some(f),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match self.kind {
            Kind::Table(_) => "a table",
            Kind::Array(_) => "a list",
            Kind::Text(_) => "a string",
            Kind::Integer(_) => "an integer",
            Kind::Float(_) => "a number",
            Kind::Bool(_) => "true or false",
            Kind::Null => "null",
        }
    }

    /// Without spans.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Table(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_value())).collect())
            }
            Kind::Array(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Kind::Text(t) => Value::String(t.clone()),
            Kind::Integer(i) => (*i).into(),
            Kind::Float(f) => (*f).into(),
            Kind::Bool(b) => (*b).into(),
            Kind::Null => Value::Null,
        }
    }
}

/// Reads TOML; syntax errors come back all at once, beside what could be read.
pub(crate) fn from_toml(file: &str, text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    if too_deep(text) {
        problems.push(Problem::error("too-deep", Span::new(file, 0, 0), format!("nested deeper than {MAX_DEPTH}")));
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let failed = !errors.is_empty();
    let mut last = None;
    for e in errors {
        let span = e.span().unwrap_or(0..0);
        // One slip makes the parser stumble several times on a line: keep the first of each line.
        let line = text[..span.start.min(text.len())].matches('\n').count();
        if last == Some(line) {
            continue;
        }
        last = Some(line);
        problems.push(Problem::error("toml-syntax", Span::new(file, span.start, span.end), e.message()));
    }
    (!failed).then(|| {
        let span = table.span();
        Node { start: span.start, end: span.end, kind: toml_table(table.get_ref()) }
    })
}

fn toml_table(table: &DeTable<'_>) -> Kind {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(k, v)| Entry {
            key: k.get_ref().to_string(),
            start: k.span().start,
            end: k.span().end,
            value: Node { start: v.span().start, end: v.span().end, kind: toml_kind(v.get_ref()) },
        })
        .collect();
    entries.sort_by_key(|e| e.start);
    Kind::Table(entries)
}

fn toml_kind(value: &DeValue<'_>) -> Kind {
    match value {
        DeValue::String(s) => Kind::Text(s.to_string()),
        DeValue::Integer(i) => match i64::from_str_radix(i.as_str(), i.radix()) {
            Ok(i) => Kind::Integer(i),
            Err(_) => Kind::Text(i.as_str().to_owned()),
        },
        DeValue::Float(f) => f.as_str().parse().map_or_else(|_| Kind::Text(f.as_str().to_owned()), Kind::Float),
        DeValue::Boolean(b) => Kind::Bool(*b),
        // A bare date is a string to everything above.
        DeValue::Datetime(d) => Kind::Text(d.to_string()),
        DeValue::Array(a) => Kind::Array(
            a.iter().map(|v| Node { start: v.span().start, end: v.span().end, kind: toml_kind(v.get_ref()) }).collect(),
        ),
        DeValue::Table(t) => toml_table(t),
    }
}

/// Reads JSON that begins at byte `offset` of `file` (a whole file, or one line of JSON lines).
pub(crate) fn from_json(file: &str, text: &str, offset: usize, problems: &mut Vec<Problem>) -> Option<Node> {
    if too_deep(text) {
        problems.push(Problem::error(
            "too-deep",
            Span::new(file, offset, offset),
            format!("nested deeper than {MAX_DEPTH}"),
        ));
        return None;
    }
    // The spanned parser is lenient (comments, missing commas); serde_json says whether it is JSON at all.
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_start = text.split_inclusive('\n').take(e.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let mut at = (line_start + e.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let message = e.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        problems.push(Problem::error("json-syntax", Span::new(file, offset + at, offset + end), message));
        return None;
    }
    match jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default()) {
        Ok(parsed) => match parsed.value {
            Some(value) => Some(json_node(&value, offset)),
            None => {
                problems.push(Problem::error("json-syntax", Span::new(file, offset, offset), "empty: expected JSON"));
                None
            }
        },
        Err(e) => {
            let range = e.range();
            let message = lower_first(&e.kind().to_string());
            problems.push(Problem::error(
                "json-syntax",
                Span::new(file, offset + range.start, offset + range.end),
                message,
            ));
            None
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

fn json_node(value: &ast::Value<'_>, offset: usize) -> Node {
    let range = value.range();
    let kind = match value {
        ast::Value::StringLit(s) => Kind::Text(s.value.to_string()),
        ast::Value::NumberLit(n) => match n.value.parse::<i64>() {
            Ok(i) => Kind::Integer(i),
            Err(_) => n.value.parse().map_or_else(|_| Kind::Text(n.value.to_owned()), Kind::Float),
        },
        ast::Value::BooleanLit(b) => Kind::Bool(b.value),
        ast::Value::NullKeyword(_) => Kind::Null,
        ast::Value::Array(a) => Kind::Array(a.elements.iter().map(|v| json_node(v, offset)).collect()),
        ast::Value::Object(o) => Kind::Table(
            o.properties
                .iter()
                .map(|p| Entry {
                    key: p.name.as_str().to_owned(),
                    start: offset + p.name.range().start,
                    end: offset + p.name.range().end,
                    value: json_node(&p.value, offset),
                })
                .collect(),
        ),
    };
    Node { start: offset + range.start, end: offset + range.end, kind }
}

/// Counts brackets without caring for strings: an over-count only refuses absurd input.
fn too_deep(text: &str) -> bool {
    let (mut depth, mut max) = (0usize, 0usize);
    let mut quoted = false;
    let mut escaped = false;
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'\n' => quoted = false,
            b'{' | b'[' if !quoted => {
                depth += 1;
                max = max.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    max > MAX_DEPTH
}
