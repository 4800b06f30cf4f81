//! Checks a tree against a JSON Schema generated from our own types, so that *every* problem of
//! shape is reported at once: unknown and missing keys, wrong kinds, words not in a list, numbers out
//! of range, dates that are none. (serde alone would stop at the first.)
//!
//! Only what `schemars` writes for our types is understood; a test fails when a type brings a keyword
//! this walker does not know.

use model::{Day, Edtf, Problem, Window, suggest_edit};
use serde_json::{Map, Value};

use crate::tree::{Kind, Node};

/// Keywords the walker knows.
#[cfg(test)]
pub(crate) const KEYWORDS: [&str; 21] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "$ref",
    "$defs",
    "items",
    "enum",
    "oneOf",
    "anyOf",
    "const",
    "minimum",
    "maximum",
    "format",
    "description",
    "default",
    "title",
    "$schema",
    "minItems",
    "maxItems",
    "propertyNames",
];

/// A schema document to check against.
pub(crate) struct Shape<'a> {
    root: &'a Value,
    file: &'a str,
}

impl<'a> Shape<'a> {
    pub(crate) fn new(root: &'a Value, file: &'a str) -> Self {
        Self { root, file }
    }

    /// Appends every problem of `node` against the root schema. `what` names the thing in messages.
    pub(crate) fn check(&self, node: &Node, what: &str, problems: &mut Vec<Problem>) {
        self.walk(self.root, node, what, problems);
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut at = schema;
        while let Some(Value::String(path)) = at.get("$ref") {
            match path.strip_prefix('#').and_then(|p| self.root.pointer(p)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    fn walk(&self, schema: &'a Value, node: &Node, what: &str, problems: &mut Vec<Problem>) {
        let schema = self.resolve(schema);
        if let Some(Value::Array(any)) = schema.get("anyOf") {
            // `Option<T>`: a type or null.
            if let Some(inner) = any.iter().find(|s| s.get("type").and_then(Value::as_str) != Some("null")) {
                self.walk(inner, node, what, problems);
            }
            return;
        }
        if let Some(Value::Array(one)) = schema.get("oneOf") {
            self.one_of(one, node, what, problems);
            return;
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            self.word(&words, node, what, problems);
            return;
        }
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(t)) => vec![t],
            Some(Value::Array(ts)) => ts.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        let fits = types.is_empty()
            || types.iter().any(|t| match *t {
                "object" => matches!(node.kind, Kind::Table(_)),
                "array" => matches!(node.kind, Kind::Array(_)),
                "string" => matches!(node.kind, Kind::Text(_)),
                "integer" => matches!(node.kind, Kind::Integer(_)),
                "number" => matches!(node.kind, Kind::Integer(_) | Kind::Float(_)),
                "boolean" => matches!(node.kind, Kind::Bool(_)),
                "null" => matches!(node.kind, Kind::Null),
                _ => true,
            });
        if !fits {
            let wanted = types.iter().find(|t| **t != "null").copied().unwrap_or("something else");
            let wanted = match wanted {
                "object" => "a table",
                "array" => "a list",
                "string" => "a string",
                "integer" => "an integer",
                "number" => "a number",
                "boolean" => "true or false",
                other => other,
            };
            problems.push(Problem::error(
                "wrong-type",
                node.span(self.file),
                format!("{what}: expected {wanted}, found {}", node.what()),
            ));
            return;
        }
        match &node.kind {
            Kind::Table(_) => self.table(schema, node, what, problems),
            Kind::Array(items) => {
                if let Some(inner) = schema.get("items") {
                    for item in items {
                        self.walk(inner, item, what, problems);
                    }
                }
                let count = items.len() as u64;
                let low = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
                let high = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
                if count < low || count > high {
                    problems.push(Problem::error(
                        "wrong-length",
                        node.span(self.file),
                        format!("{what}: expected {low} items, found {count}"),
                    ));
                }
            }
            Kind::Text(text) => self.format(schema, text, node, what, problems),
            Kind::Integer(_) | Kind::Float(_) => self.range(schema, node, what, problems),
            Kind::Bool(_) | Kind::Null => {}
        }
    }

    fn table(&self, schema: &'a Value, node: &Node, what: &str, problems: &mut Vec<Problem>) {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let rest = schema.get("additionalProperties");
        for entry in node.entries() {
            if let Some(inner) = properties.get(&entry.key) {
                self.walk(inner, &entry.value, &format!("`{}`", entry.key), problems);
            } else if let Some(inner) = rest.filter(|r| r.is_object()) {
                self.walk(inner, &entry.value, &format!("`{}`", entry.key), problems);
            } else if rest == Some(&Value::Bool(false)) {
                let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                problems.push(
                    Problem::error(
                        "unknown-key",
                        model::Span::new(self.file, entry.start, entry.end),
                        format!("unknown key `{}` in {what}", entry.key),
                    )
                    .label(format!("known keys: {}", known.join(", ")))
                    .suggest(suggest_edit(&entry.key, known.iter().copied())),
                );
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if node.get(key).is_none() {
                let help = properties
                    .get(key)
                    .and_then(|p| p.get("description").or_else(|| self.resolve(p).get("description")))
                    .and_then(Value::as_str);
                let mut problem =
                    Problem::error("missing-key", node.span(self.file), format!("missing key `{key}` in {what}"));
                if let Some(help) = help {
                    problem = problem.help(format!("`{key}`: {help}"));
                }
                problems.push(problem);
            }
        }
    }

    /// An externally tagged enum (one key names the kind), or words with descriptions.
    fn one_of(&self, one: &'a [Value], node: &Node, what: &str, problems: &mut Vec<Problem>) {
        let words: Vec<&str> = one
            .iter()
            .flat_map(|s| {
                let s = self.resolve(s);
                s.get("const")
                    .and_then(Value::as_str)
                    .into_iter()
                    .chain(s.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str))
            })
            .collect();
        if !words.is_empty() {
            self.word(&words, node, what, problems);
            return;
        }
        let kinds: Vec<(&str, &'a Value)> = one
            .iter()
            .filter_map(|s| self.resolve(s).get("properties").and_then(Value::as_object))
            .flat_map(|p| p.iter().map(|(k, v)| (k.as_str(), v)))
            .collect();
        let names: Vec<&str> = kinds.iter().map(|(k, _)| *k).collect();
        let Kind::Table(entries) = &node.kind else {
            problems.push(Problem::error(
                "wrong-type",
                node.span(self.file),
                format!("{what}: expected a table with one key of {}, found {}", names.join(", "), node.what()),
            ));
            return;
        };
        if entries.len() != 1 {
            let mut problem = Problem::error(
                "one-kind",
                node.span(self.file),
                format!("{what}: expected exactly one key of {}, found {}", names.join(", "), entries.len()),
            );
            for e in entries.iter().skip(1) {
                problem = problem.also(model::Span::new(self.file, e.start, e.end), "one too many");
            }
            problems.push(problem);
            return;
        }
        let entry = &entries[0];
        match kinds.iter().find(|(k, _)| *k == entry.key) {
            Some((_, inner)) => self.walk(inner, &entry.value, &format!("`{}`", entry.key), problems),
            None => problems.push(
                Problem::error(
                    "unknown-key",
                    model::Span::new(self.file, entry.start, entry.end),
                    format!("unknown kind `{}` of {what}", entry.key),
                )
                .label(format!("known kinds: {}", names.join(", ")))
                .suggest(suggest_edit(&entry.key, names.iter().copied())),
            ),
        }
    }

    fn word(&self, words: &[&str], node: &Node, what: &str, problems: &mut Vec<Problem>) {
        match node.text() {
            Some(text) if words.contains(&text) => {}
            // TLP 1.0's WHITE reads as CLEAR.
            Some("WHITE") if words.contains(&"CLEAR") => {}
            Some(text) => problems.push(
                Problem::error("unknown-word", node.span(self.file), format!("{what}: unknown word `{text}`"))
                    .label(format!("known words: {}", words.join(", ")))
                    .suggest(suggest_edit(text, words.iter().copied())),
            ),
            None => problems.push(Problem::error(
                "wrong-type",
                node.span(self.file),
                format!("{what}: expected one of {}, found {}", words.join(", "), node.what()),
            )),
        }
    }

    fn format(&self, schema: &Value, text: &str, node: &Node, what: &str, problems: &mut Vec<Problem>) {
        let fault = match schema.get("format").and_then(Value::as_str) {
            Some("day") if Day::parse(text).is_none() => {
                Some(format!("`{text}` is not a day: expected a date such as 2010-09-19"))
            }
            Some("edtf") => Edtf::parse(text).err(),
            Some("window") => Window::parse(text).err(),
            _ => None,
        };
        if let Some(fault) = fault {
            problems.push(Problem::error("bad-date", node.span(self.file), format!("{what}: {fault}")));
        }
    }

    fn range(&self, schema: &Value, node: &Node, what: &str, problems: &mut Vec<Problem>) {
        let Some(x) = node.number() else { return };
        let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY);
        let high = schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::INFINITY);
        if !(low..=high).contains(&x) {
            let range = match (low.is_finite(), high.is_finite()) {
                (true, true) => format!("between {low} and {high}"),
                (true, false) => format!("at least {low}"),
                _ => format!("at most {high}"),
            };
            problems.push(Problem::error(
                "out-of-range",
                node.span(self.file),
                format!("{what}: {x} is out of range: expected {range}"),
            ));
        }
    }
}
