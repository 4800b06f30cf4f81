//! JSON Schemas and the commented reference case, generated from the same types that read the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::files::{FILES, claim_schema, scenario_schema};
use crate::front;

/// Schema files by path inside the case folder (`schema/NAME.json`), as editors want them.
pub fn schemas() -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for kind in &FILES {
        out.insert(format!("schema/{}.json", kind.schema), pretty(&(kind.make)()));
    }
    out.insert("schema/tests.json".into(), pretty(&scenario_schema()));
    out.insert("schema/claim.json".into(), pretty(&claim_schema()));
    out
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Every file and key of a case with its meaning, as Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "# The case folder, key by key\n\nGenerated from the types that read the files (`bellwether init --reference`); \
         a test fails when it is out of date.\nKeys marked * must be given.\n",
    );
    for kind in &FILES {
        let _ = write!(out, "\n## `{}`\n\n", kind.path);
        let schema = (kind.make)();
        if kind.path == "case.toml" {
            table(&schema, &schema, "", &mut out, 0);
        } else if let Some(entry) = schema.get("additionalProperties") {
            out.push_str("One table per id: `[id]`.\n\n");
            table(&schema, entry, "", &mut out, 0);
        }
    }
    out.push_str("\n## `claims/*.jsonl`\n\nOne claim a line.\n\n");
    let schema = claim_schema();
    table(&schema, &schema, "", &mut out, 0);
    out.push_str("\n## `tests/*.toml`\n\nOne table per test: `[id]`.\n\n");
    let schema = scenario_schema();
    if let Some(entry) = schema.get("additionalProperties") {
        table(&schema, entry, "", &mut out, 0);
    }
    out.push_str("\n## `reports/*.md`, `reports/*.txt`\n\nFront matter between two lines `---`, one `key: value` a line; then the text as received.\n\n");
    for (key, what, required) in front::KEYS {
        let _ = writeln!(out, "- `{key}`{}: {what}", if required { "*" } else { "" });
    }
    out.push_str(
        "\n## `areas.geojson`\n\nA FeatureCollection. Every feature has an `id`, a `name` and optionally a `note` and a `tlp` among its \
         `properties`, and a Polygon, a MultiPolygon, or a Point with `uncertainty_m` (the radius in metres that holds 90 % of the belief).\n",
    );
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

fn table(root: &Value, schema: &Value, prefix: &str, out: &mut String, depth: usize) {
    let schema = resolve(root, schema);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let inner = resolve(root, value);
        let text = match first_line(value) {
            t if t.is_empty() => first_line(inner),
            t => t,
        };
        let star = if required.contains(&key.as_str()) { "*" } else { "" };
        let _ = writeln!(out, "{}- `{prefix}{key}`{star}: {text}{}", "  ".repeat(depth), words(root, inner));
        if depth < 4 {
            let item = inner.get("items").map(|i| resolve(root, i)).unwrap_or(inner);
            if item.get("properties").is_some() {
                table(root, item, "", out, depth + 1);
            } else if let Some(Value::Array(one)) = item.get("oneOf") {
                for kind in one {
                    table(root, kind, "", out, depth + 1);
                }
            } else if let Some(rest) = inner.get("additionalProperties").filter(|r| r.is_object()) {
                let rest = resolve(root, rest);
                if rest.get("properties").is_some() {
                    table(root, rest, "<id>.", out, depth + 1);
                }
            }
        }
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
