//! Claims and rulings as the lines that are written of them.

use model::{Claim, Credibility, Id, Modality, Origin, Ruling, Says, Stance, Tlp};
use serde::Serialize;

#[derive(Serialize)]
struct ExcerptLine<'c> {
    exact: &'c str,
    start: usize,
    end: usize,
    prefix: &'c str,
    suffix: &'c str,
}

/// A claim in the order in which people read it; what is the default is left out.
#[derive(Serialize)]
struct ClaimLine<'c> {
    id: &'c str,
    report: &'c str,
    excerpt: ExcerptLine<'c>,
    chain: &'c [Id],
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    stance: Stance,
    #[serde(skip_serializing_if = "is_default")]
    modality: Modality,
    #[serde(skip_serializing_if = "is_default")]
    basis: model::Basis,
    #[serde(skip_serializing_if = "is_default")]
    credibility: Credibility,
    #[serde(skip_serializing_if = "Option::is_none")]
    tlp: Option<Tlp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'c str>,
    says: serde_json::Value,
}

fn is_default<T: Default + PartialEq>(x: &T) -> bool {
    *x == T::default()
}

/// Leaves out what is not said.
fn lean(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, v)| !v.is_null() && v.as_array().is_none_or(|a| !a.is_empty()))
                .map(|(k, v)| (k, lean(v)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(lean).collect()),
        other => other,
    }
}

/// One line of `claims/*.jsonl`, without the line's end.
pub fn claim_line(c: &Claim) -> String {
    let origin = match &c.origin {
        Origin::Source(s) if c.chain.first() == Some(s) => None,
        Origin::Source(s) => Some(s.clone()),
        Origin::Claim(id) => Some(format!("claim:{id}")),
    };
    let says = |s: &Says| serde_json::to_value(s).map(lean).unwrap_or_default();
    let line = ClaimLine {
        id: &c.id,
        report: &c.report,
        excerpt: ExcerptLine {
            exact: &c.excerpt.exact,
            start: c.excerpt.start,
            end: c.excerpt.end,
            prefix: &c.excerpt.prefix,
            suffix: &c.excerpt.suffix,
        },
        chain: &c.chain,
        origin,
        stance: c.stance,
        modality: c.modality,
        basis: c.basis,
        credibility: c.credibility,
        tlp: c.tlp,
        rule: c.rule.as_deref(),
        says: says(&c.says),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// One line of `rulings.jsonl`, without the line's end.
pub fn ruling_line(r: &Ruling) -> String {
    serde_json::to_string(r).unwrap_or_default()
}
