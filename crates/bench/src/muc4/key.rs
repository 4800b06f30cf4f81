//! The key: documents with the templates people filled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::Day;
use serde_json::Value;

/// Roles, and the slots of their strings.
pub(super) const ROLES: [&str; 5] = ["PerpInd", "PerpOrg", "Target", "Victim", "Weapon"];

/// A fill of a slot: alternatives before a colon, and after it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fill {
    pub(super) optional: bool,
    pub(super) values: Vec<String>,
    pub(super) of: Vec<String>,
}

impl Fill {
    pub(super) fn plain(value: impl Into<String>) -> Self {
        Self { values: vec![value.into()], ..Self::default() }
    }

    /// Alternatives that are no strings of the text, each perhaps in brackets: "(PERU: LIMA (CITY)) / (PERU)".
    pub(super) fn whole(text: &str) -> Option<Self> {
        let optional = text.trim_start().starts_with('?');
        let text = text.trim_start().trim_start_matches('?').trim();
        if matches!(text, "*" | "" | "-") {
            return None;
        }
        let (mut depth, mut values, mut word) = (0i32, Vec::new(), String::new());
        for c in text.chars().chain(['/']) {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                '/' if depth == 0 => {
                    let w = word.trim();
                    // Brackets round all of it.
                    let inner = w.strip_prefix('(').and_then(|x| x.strip_suffix(')')).unwrap_or(w);
                    values.push(inner.trim().to_owned());
                    word.clear();
                    continue;
                }
                _ => {}
            }
            word.push(c);
        }
        values.retain(|v| !v.is_empty());
        (!values.is_empty()).then_some(Self { optional, values, of: vec![] })
    }

    /// Strings of the text and what is said of them: "DEATH: \"JUDGE\"".
    pub(super) fn read(text: &str) -> Option<Self> {
        let optional = text.trim_start().starts_with('?');
        let text = text.trim_start().trim_start_matches('?').trim();
        if text == "*" || text.is_empty() || text == "-" {
            return None;
        }
        let mut out = Self { optional, ..Self::default() };
        let (mut quoted, mut word, mut right, mut escaped) = (false, String::new(), false, false);
        let mut push = |word: &mut String, right: bool| {
            // Brackets may stand round the alternatives: "(INJURY / DEATH)".
            let w = word.trim().trim_start_matches('?').trim().trim_start_matches('(');
            let w = if w.contains('(') { w } else { w.trim_end_matches(')') };
            if !w.is_empty() {
                if right { out.of.push(w.to_owned()) } else { out.values.push(w.to_owned()) }
            }
            word.clear();
        };
        for c in text.chars() {
            match c {
                '\\' if quoted => escaped = true,
                '"' if escaped => escaped = false,
                '"' => {
                    if quoted {
                        push(&mut word, right);
                    }
                    quoted = !quoted;
                }
                '/' if !quoted => push(&mut word, right),
                ':' if !quoted && !right => {
                    push(&mut word, right);
                    right = true;
                }
                c => word.push(c),
            }
        }
        push(&mut word, right);
        (!out.values.is_empty()).then_some(out)
    }
}

/// Slots that are scored: all of the official row. Total numbers are never filled.
pub(super) const SLOTS: [&str; 23] = [
    "incident_date",
    "incident_location",
    "incident_type",
    "incident_stage",
    "instrument_id",
    "instrument_type",
    "perp_category",
    "perp_individual_id",
    "perp_organization_id",
    "perp_org_confidence",
    "phys_tgt_id",
    "phys_tgt_type",
    "phys_tgt_number",
    "phys_tgt_foreign_nation",
    "phys_tgt_effect",
    "phys_tgt_total_number",
    "hum_tgt_name",
    "hum_tgt_description",
    "hum_tgt_type",
    "hum_tgt_number",
    "hum_tgt_effect",
    "hum_tgt_foreign_nation",
    "hum_tgt_total_number",
];

#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    pub(super) optional: bool,
    pub(super) slots: BTreeMap<&'static str, Vec<Fill>>,
}

pub(super) struct Document {
    pub(super) id: String,
    pub(super) train: bool,
    pub(super) raw: String,
    pub(super) body: usize,
    pub(super) dateline: Option<Day>,
    pub(super) templates: Vec<Template>,
}

impl Document {
    /// Whether it speaks of an incident at all.
    pub(super) fn relevant(&self) -> bool {
        self.templates.iter().any(|t| !t.optional)
    }
}

fn lines(folder: &Path, name: &str) -> Result<Vec<Value>, String> {
    use std::io::Read as _;
    let path = [format!("{name}.jsonl.gz"), format!("{name}.jsonl")]
        .iter()
        .map(|n| folder.join(n))
        .find(|p| p.exists())
        .ok_or_else(|| format!("{} holds no {name}.jsonl", folder.display()))?;
    let file = std::fs::File::open(&path).map_err(|e| e.to_string())?;
    let mut text = String::new();
    let (_, mut input) = formats::unpack(file)?;
    input.read_to_string(&mut text).map_err(|e| format!("{}: {e}", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
        .map(|(n, l)| serde_json::from_str(l).map_err(|e| format!("{}:{}: {e}", path.display(), n + 1)))
        .collect()
}

pub(super) fn documents(folder: &Path) -> Result<Vec<Document>, String> {
    let mut templates: BTreeMap<String, Vec<Template>> = BTreeMap::new();
    for v in lines(folder, "templates")? {
        let id = v["message_id"].as_str().unwrap_or_default().to_owned();
        let list = templates.entry(id).or_default();
        let fills = |slot: &str| -> Vec<Fill> {
            let values = v[slot].as_array().cloned().unwrap_or_default();
            let whole = matches!(slot, "incident_date" | "incident_location");
            values
                .iter()
                .filter_map(|x| if whole { Fill::whole(x.as_str()?) } else { Fill::read(x.as_str()?) })
                .collect()
        };
        if fills("incident_type").is_empty() {
            continue;
        }
        let optional = v["template"].as_str().is_some_and(|t| t.contains("OPTIONAL"));
        list.push(Template { optional, slots: SLOTS.iter().map(|s| (*s, fills(s))).collect() });
    }
    let mut out: Vec<Document> = lines(folder, "docs")?
        .into_iter()
        .map(|v| {
            let id = v["docid"].as_str().unwrap_or_default().to_owned();
            let raw = v["raw"].as_str().unwrap_or_default().to_owned();
            let body = raw.find("[TEXT]").map_or(0, |i| i + 6);
            let dateline = dateline(&raw);
            let templates = templates.remove(&id).unwrap_or_default();
            Document { train: v["split"] == "train", id, raw, body, dateline, templates }
        })
        .collect();
    out.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

pub(super) const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// "3 JAN 90" as a day.
pub(super) fn day(day: &str, month: &str, year: i32) -> Option<Day> {
    let month = MONTHS.iter().position(|m| month.to_lowercase().starts_with(m))? + 1;
    Day::parse(&format!("{year:04}-{month:02}-{:02}", day.parse::<u32>().ok()?))
}

pub(super) fn dateline(raw: &str) -> Option<Day> {
    let words: Vec<&str> = raw.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(25).collect();
    words.windows(3).find_map(|w| {
        let year = w[2].parse::<i32>().ok().filter(|y| (80..100).contains(y))?;
        day(w[0], w[1], 1900 + year)
    })
}

/// A string as the metric compares it: small, without marks and articles.
pub(super) fn plain(text: &str) -> String {
    extract::tag::plain(text).join(" ")
}

/// Entities of each role in the key: each a set of strings; optional ones are no loss when missed.
pub(super) fn entities(templates: &[Template]) -> Vec<Vec<(BTreeSet<String>, bool)>> {
    let mut out: Vec<Vec<(BTreeSet<String>, bool)>> = vec![vec![]; ROLES.len()];
    for t in templates {
        let slots = ["perp_individual_id", "perp_organization_id", "phys_tgt_id", "hum_tgt_name", "instrument_id"];
        for (role, slot) in slots.iter().enumerate() {
            let mut found: Vec<(BTreeSet<String>, bool)> = t.slots[slot]
                .iter()
                .map(|f| (f.values.iter().map(|v| plain(v)).collect(), f.optional || t.optional))
                .collect();
            if *slot == "hum_tgt_name" {
                // A description of somebody named is another mention; of nobody named, an entity.
                for d in &t.slots["hum_tgt_description"] {
                    let of: Vec<String> = d.of.iter().map(|v| plain(v)).collect();
                    let said = d.values.iter().map(|v| plain(v));
                    match found.iter_mut().find(|e| of.iter().any(|o| e.0.contains(o))) {
                        Some(e) => e.0.extend(said),
                        None => found.push((said.collect(), d.optional || t.optional)),
                    }
                }
            }
            for (strings, optional) in found {
                // One entity in several templates is one.
                match out[role].iter_mut().find(|e| !e.0.is_disjoint(&strings)) {
                    Some(e) => {
                        e.0.extend(strings);
                        e.1 &= optional;
                    }
                    None => out[role].push((strings, optional)),
                }
            }
        }
    }
    out
}

pub(super) fn show(day: Day) -> String {
    let iso = day.to_string();
    let month: usize = iso[5..7].parse().unwrap_or(1);
    format!("{} {} {}", &iso[8..10], MONTHS[month - 1].to_uppercase(), &iso[2..4])
}
