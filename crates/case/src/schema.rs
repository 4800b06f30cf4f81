//! JSON Schemas and the commented reference case, generated from the same types that read the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::files::{FILES, analyst_schema, claim_schema, ruling_schema, scenario_schema};
use crate::front;

/// Schema files by path inside the case folder (`schema/NAME.json`), as editors want them.
pub fn schemas() -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for kind in &FILES {
        out.insert(format!("schema/{}.json", kind.schema), pretty(&(kind.make)()));
    }
    out.insert("schema/analysts.json".into(), pretty(&analyst_schema()));
    out.insert("schema/tests.json".into(), pretty(&scenario_schema()));
    out.insert("schema/claim.json".into(), pretty(&claim_schema()));
    out.insert("schema/ruling.json".into(), pretty(&ruling_schema()));
    out
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// A commented reference case: every file and key with its meaning and an example value, as Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "# The case folder, key by key\n\nGenerated from the types that read the files (`bellwether init --reference .`); a test fails when it is \
         out of date.\nKeys marked * must be given. Values are examples of the right shape. Where a table may be one of several kinds, the first is shown.\n",
    );
    for (path, about, text) in reference_files() {
        let _ = write!(
            out,
            "\n## `{path}`\n\n{about}\n\n```{}\n{text}```\n",
            if path.ends_with("jsonl") { "text" } else { "toml" }
        );
    }
    out.push_str(
        "\n## `reports/*.md`, `reports/*.txt`\n\nFront matter between two lines `---`, one `key: value` a line; then the text as received.\n\n",
    );
    for (key, what, required) in front::KEYS {
        let _ = writeln!(out, "- `{key}`{}: {what}", if required { "*" } else { "" });
    }
    out.push_str(
        "\n## `areas.geojson`\n\nA FeatureCollection. Every feature has an `id`, a `name` and optionally a `note` and a `tlp` among its \
         `properties`, and a Polygon, a MultiPolygon, or a Point with `uncertainty_m` (the radius in metres that holds 90 % of the belief).\n",
    );
    out
}

/// Path, what it is, and the commented example of each TOML file, and of a claim's keys.
fn reference_files() -> Vec<(String, &'static str, String)> {
    let mut out = Vec::new();
    for kind in &FILES {
        let schema = (kind.make)();
        let mut text = String::new();
        if kind.path == "case.toml" {
            example(&schema, &schema, &[], &mut text);
            out.push((kind.path.to_owned(), "Settings of the case.", text));
        } else if let Some(entry) = schema.get("additionalProperties") {
            example(&schema, entry, &["id"], &mut text);
            out.push((kind.path.to_owned(), "One table per id, here called `id`.", text));
        }
    }
    let schema = analyst_schema();
    if let Some(entry) = schema.get("additionalProperties") {
        let mut text = String::new();
        example(&schema, entry, &["id"], &mut text);
        out.push(("analysts/*.toml".into(), "What one analyst holds, elicited without the others: one table per question, here called `id`. The file is named as the analyst is to be called, and that is printed.", text));
    }
    let schema = scenario_schema();
    if let Some(entry) = schema.get("additionalProperties") {
        let mut text = String::new();
        example(&schema, entry, &["id"], &mut text);
        out.push(("tests/*.toml".into(), "One table per test: either a golden fixture (`indicator`, `given`, and what comes of it) or a scenario (`expect`, with what is changed).", text));
    }
    let schema = claim_schema();
    let mut text = String::new();
    example(&schema, &schema, &[], &mut text);
    out.push((
        "claims/*.jsonl".into(),
        "One claim a line, as JSON; here its keys, written as TOML for the comments.",
        text,
    ));
    let schema = ruling_schema();
    let mut text = String::new();
    example(&schema, &schema, &[], &mut text);
    out.push((
        "rulings.jsonl".into(),
        "One ruling a line, as JSON, appended and never changed; here its keys, written as TOML for the comments.",
        text,
    ));
    out
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut at = schema;
    while let Some(Value::String(path)) = at.get("$ref") {
        match path.strip_prefix('#').and_then(|p| root.pointer(p)) {
            Some(next) => at = next,
            None => break,
        }
    }
    if let Some(Value::Array(any)) = at.get("anyOf")
        && let Some(inner) = any.iter().find(|s| s.get("type").and_then(Value::as_str) != Some("null"))
    {
        return resolve(root, inner);
    }
    at
}

fn first_line(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or("").replace('\n', " ")
}

/// Writes a table's keys: plain values first, then the tables inside it.
fn example(root: &Value, schema: &Value, path: &[&str], out: &mut String) {
    let schema = resolve(root, schema);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !path.is_empty() {
        let _ = writeln!(out, "[{}]", path.join("."));
    }
    let empty = serde_json::Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let mut tables: Vec<(&str, &Value, String)> = Vec::new();
    for (key, value) in properties {
        let inner = resolve(root, value);
        let about = match first_line(value) {
            t if t.is_empty() => first_line(inner),
            t => t,
        };
        let star = if required.contains(&key.as_str()) { "* " } else { "" };
        match one_value(root, inner) {
            Some(text) => {
                let line = format!("{key} = {text}");
                let _ = writeln!(out, "{line:<44} # {star}{about}{}", words(root, inner));
            }
            None => tables.push((key, inner, format!("{star}{about}"))),
        }
    }
    for (key, inner, about) in tables {
        let _ = writeln!(out, "\n# {about}");
        let mut deeper: Vec<&str> = path.to_vec();
        deeper.push(key);
        if let Some(rest) = inner.get("additionalProperties").filter(|r| r.is_object()) {
            deeper.push("id");
            example(root, rest, &deeper, out);
        } else {
            let item = inner.get("items").map_or(inner, |i| resolve(root, i));
            let item = match item.get("oneOf").and_then(Value::as_array).and_then(|o| o.first()) {
                Some(first) if item.get("properties").is_none() => first,
                _ => item,
            };
            let mut text = String::new();
            example(root, item, &deeper, &mut text);
            if inner.get("items").is_some() {
                // A list of tables; its own inner tables stay as they are.
                text = text.replacen(&format!("[{}]", deeper.join(".")), &format!("[[{}]]", deeper.join(".")), 1);
            }
            out.push_str(&text);
        }
    }
}

/// An example of a plain value, as TOML; `None` for tables.
fn one_value(root: &Value, schema: &Value) -> Option<String> {
    let quoted = |s: &str| format!("{s:?}");
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|e| e.first()).and_then(Value::as_str) {
        return Some(quoted(first));
    }
    if let Some(one) = schema.get("oneOf").and_then(Value::as_array) {
        let first = one.first()?;
        let word = first.get("const").and_then(Value::as_str);
        let word = word.or_else(|| first.get("enum").and_then(Value::as_array)?.first()?.as_str());
        return word.map(quoted);
    }
    match schema.get("type").and_then(|t| t.as_str().or_else(|| t.as_array()?.first()?.as_str())) {
        Some("string") => Some(match schema.get("format").and_then(Value::as_str) {
            Some("day") => "2010-11-10".into(),
            Some("edtf") => quoted("2010-09-19/2010-09-22"),
            Some("window") => quoted("P180D"),
            _ => quoted("..."),
        }),
        Some("integer") => Some(schema.get("minimum").and_then(Value::as_u64).unwrap_or(1).max(1).to_string()),
        Some("number") => {
            let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
            Some(format!("{:?}", if low <= 0.2 { 0.2 } else { low }))
        }
        Some("boolean") => Some("true".into()),
        Some("array") => {
            let item = resolve(root, schema.get("items")?);
            let plain = item.get("type").and_then(Value::as_str) != Some("object");
            if plain { one_value(root, item).map(|v| format!("[{v}]")) } else { None }
        }
        Some("object") => match schema.get("additionalProperties").map(|r| resolve(root, r)) {
            Some(Value::Bool(true)) => Some("{ x = 0.5 }".into()),
            Some(rest) if rest.get("properties").is_none() && rest.is_object() => {
                one_value(root, rest).map(|v| format!("{{ x = {v} }}"))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The words an enum may take, as a suffix.
fn words(root: &Value, schema: &Value) -> String {
    let item = schema.get("items").map_or(schema, |i| resolve(root, i));
    let mut list: Vec<&str> =
        item.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for s in item.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        list.extend(s.get("const").and_then(Value::as_str));
        list.extend(s.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
    }
    if list.is_empty() || list.len() > 16 { String::new() } else { format!(" One of: {}.", list.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::KEYWORDS;

    /// The commented reference is itself of the right shape.
    #[test]
    fn the_reference_case_has_the_right_shape() {
        for (path, _, text) in reference_files() {
            let mut problems = Vec::new();
            let tree = crate::tree::from_toml(&path, &text, &mut problems)
                .unwrap_or_else(|| panic!("{path}: {problems:?}\n{text}"));
            let schema = match path.as_str() {
                "tests/*.toml" => scenario_schema(),
                "analysts/*.toml" => analyst_schema(),
                "claims/*.jsonl" => claim_schema(),
                "rulings.jsonl" => ruling_schema(),
                _ => (FILES.iter().find(|f| f.path == path).unwrap().make)(),
            };
            crate::shape::Shape::new(&schema, &path).check(&tree, &path, &mut problems);
            assert!(problems.is_empty(), "{path}: {problems:#?}\n{text}");
            assert!(text.matches(" # ").count() >= 2);
        }
    }

    /// The walker in `shape` must know every keyword that our types produce.
    #[test]
    fn no_schema_uses_a_keyword_the_shape_check_does_not_know() {
        fn visit(value: &Value, inside: bool) {
            match value {
                Value::Object(map) => {
                    for (k, v) in map {
                        if !inside {
                            assert!(KEYWORDS.contains(&k.as_str()), "unknown keyword {k}");
                        }
                        if matches!(k.as_str(), "default" | "enum" | "const") && !inside {
                            continue;
                        }
                        visit(v, !inside && matches!(k.as_str(), "properties" | "$defs"));
                    }
                }
                Value::Array(items) => items.iter().for_each(|v| visit(v, false)),
                _ => {}
            }
        }
        for text in schemas().values() {
            visit(&serde_json::from_str(text).unwrap(), false);
        }
    }
}
