//! MUC-4 (news on terrorism in Latin America, 1988 to 1990, with filled templates): what is read of it, scored as the
//! field scores it.
//!
//! `--data` names a folder with `docs.jsonl[.gz]` and `templates.jsonl[.gz]`. The model is trained on documents of the
//! split `train` (of the shared data, where the folder has none) and everything else is scored. Two metrics: CEAF-REE,
//! strict (Du, Rush and Cardie 2021): predicted and true entities of a role are aligned one to one, an entity counts when
//! everything predicted of it stands in the key; and the official ALL TEMPLATES row (MUC-4 scoring guidelines), without a
//! person's partial credit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use extract::lexicon::{Entry, Frame, Lexicon, Mood};
use extract::tag::{Marked, Ready, Tagger, Training};
use model::Day;
use serde_json::Value;
use stats::Stream;

use crate::Row;

/// Roles, and the slots of their strings.
const ROLES: [&str; 5] = ["PerpInd", "PerpOrg", "Target", "Victim", "Weapon"];

/// What is added to the label of a victim that is described, not named.
const DESCRIBED: &str = "Described";
/// Below this probability a document is taken to speak of no incident.
const RELEVANT: f64 = 0.1;

/// A fill of a slot: alternatives before a colon, and after it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Fill {
    optional: bool,
    values: Vec<String>,
    of: Vec<String>,
}

impl Fill {
    fn plain(value: impl Into<String>) -> Self {
        Self { values: vec![value.into()], ..Self::default() }
    }

    fn read(text: &str) -> Option<Self> {
        let optional = text.trim_start().starts_with('?');
        let text = text.trim_start().trim_start_matches('?').trim();
        if text == "*" || text.is_empty() || text == "-" {
            return None;
        }
        let mut out = Self { optional, ..Self::default() };
        let (mut quoted, mut word, mut right, mut escaped) = (false, String::new(), false, false);
        let mut push = |word: &mut String, right: bool| {
            let w = word.trim().trim_start_matches('?').trim().to_owned();
            if !w.is_empty() {
                if right { out.of.push(w) } else { out.values.push(w) }
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

/// Slots that are filled and scored.
const SLOTS: [&str; 20] = [
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
    "phys_tgt_effect",
    "hum_tgt_name",
    "hum_tgt_description",
    "hum_tgt_type",
    "hum_tgt_number",
    "hum_tgt_effect",
    "hum_tgt_foreign_nation",
];

#[derive(Debug, Clone, Default)]
struct Template {
    optional: bool,
    slots: BTreeMap<&'static str, Vec<Fill>>,
}

struct Document {
    id: String,
    train: bool,
    raw: String,
    body: usize,
    dateline: Option<Day>,
    templates: Vec<Template>,
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

fn documents(folder: &Path) -> Result<Vec<Document>, String> {
    let mut templates: BTreeMap<String, Vec<Template>> = BTreeMap::new();
    for v in lines(folder, "templates")? {
        let id = v["message_id"].as_str().unwrap_or_default().to_owned();
        let list = templates.entry(id).or_default();
        let fills = |slot: &str| -> Vec<Fill> {
            let values = v[slot].as_array().cloned().unwrap_or_default();
            values.iter().filter_map(|x| Fill::read(x.as_str()?)).collect()
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

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// "3 JAN 90" as a day.
fn day(day: &str, month: &str, year: i32) -> Option<Day> {
    let month = MONTHS.iter().position(|m| month.to_lowercase().starts_with(m))? + 1;
    Day::parse(&format!("{year:04}-{month:02}-{:02}", day.parse::<u32>().ok()?))
}

fn dateline(raw: &str) -> Option<Day> {
    let words: Vec<&str> = raw.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(25).collect();
    words.windows(3).find_map(|w| {
        let year = w[2].parse::<i32>().ok().filter(|y| (80..100).contains(y))?;
        day(w[0], w[1], 1900 + year)
    })
}

/// A string as the metric compares it: small, without marks and articles.
fn plain(text: &str) -> String {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty() && !matches!(*w, "the" | "a" | "an"))
        .map(str::to_owned)
        .collect();
    words.join(" ")
}

/// Entities of each role in the key: each a set of strings; optional ones are no loss when missed.
fn entities(templates: &[Template]) -> Vec<Vec<(BTreeSet<String>, bool)>> {
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

/// Runs of tokens to be marked for training: wherever a string of the key stands.
fn marks(ready: &Ready<'_>, d: &Document) -> Vec<Marked> {
    let t = &ready.text;
    let words: Vec<&str> = (0..t.tokens.len()).map(|i| t.small(i)).collect();
    // Names and descriptions of victims are marked apart: "MAYOR" and "JUAN PEREZ" stand side by side.
    let names = d.templates.iter().flat_map(|x| &x.slots["hum_tgt_name"]).flat_map(|f| &f.values);
    let named: BTreeSet<String> = names.map(|v| plain(v)).collect();
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    for (role, list) in entities(&d.templates).into_iter().enumerate() {
        for s in list.iter().flat_map(|e| &e.0) {
            let wanted: Vec<&str> = s.split(' ').filter(|w| !w.is_empty()).collect();
            if wanted.is_empty() {
                continue;
            }
            for i in 0..words.len() {
                // Marks inside the text do not hinder.
                let (mut k, mut j) = (0, i);
                while k < wanted.len() && j < words.len() {
                    let w = words[j].trim_matches(|c: char| !c.is_alphanumeric());
                    if w == wanted[k] {
                        k += 1;
                    } else if k == 0
                        || words[j].chars().any(char::is_alphanumeric) && !matches!(words[j], "the" | "a" | "an")
                    {
                        break;
                    }
                    j += 1;
                }
                if k == wanted.len() {
                    found.push((i, j, role));
                }
            }
        }
    }
    found.sort_by_key(|f| (std::cmp::Reverse(f.1 - f.0), f.0, f.2));
    let mut used = vec![false; words.len()];
    let mut out = Vec::new();
    for (i, j, role) in found {
        if !used[i..j].iter().any(|u| *u) {
            used[i..j].iter_mut().for_each(|u| *u = true);
            let said = plain(t.slice(i..j));
            let described = role == 3 && !named.contains(&said);
            out.push(Marked {
                tokens: i..j,
                label: format!("{}{}", ROLES[role], if described { DESCRIBED } else { "" }),
            });
        }
    }
    out.sort_by_key(|m| m.tokens.start);
    out
}

/// What training data say of words: types of things by their last word, places by name, how organisations are spoken of.
#[derive(Default)]
struct Learned {
    /// Slot and last word of a string: value by count.
    types: BTreeMap<(&'static str, String), BTreeMap<String, usize>>,
    /// Names of places: the location as the key writes it, by count.
    places: BTreeMap<String, BTreeMap<String, usize>>,
    relevance: Relevance,
    spoken: Spoken,
}

/// Words of a text, each once.
fn words(text: &str) -> BTreeSet<String> {
    plain(text).split(' ').filter(|w| w.len() > 2).map(str::to_owned).collect()
}

/// Logistic regression on the words of a document: whether it speaks of an incident at all.
#[derive(Default)]
struct Relevance {
    weights: BTreeMap<String, f64>,
    bias: f64,
}

impl Relevance {
    fn new(train: &[&Document]) -> Self {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        let texts: Vec<(Vec<String>, f64)> = train
            .iter()
            .map(|d| {
                let w: Vec<String> = Self::features(&d.raw[d.body..]);
                w.iter().for_each(|x| *count.entry(x.clone()).or_default() += 1);
                (w, f64::from(d.templates.iter().any(|t| !t.optional)))
            })
            .collect();
        let known: BTreeMap<&String, usize> =
            count.iter().filter(|c| *c.1 >= 4).enumerate().map(|(i, c)| (c.0, i)).collect();
        let rows: Vec<(Vec<usize>, f64)> =
            texts.iter().map(|(w, y)| (w.iter().filter_map(|x| known.get(x).copied()).collect(), *y)).collect();
        let mut weights = vec![0.0f64; known.len()];
        let mut bias = 0.0;
        // Passes of descent with a falling step; the same every time.
        for pass in 0..60 {
            let step = 0.05 / (1.0 + f64::from(pass) * 0.1);
            for (x, y) in &rows {
                let z: f64 = bias + x.iter().map(|i| weights[*i]).sum::<f64>();
                let g = y - 1.0 / (1.0 + libm::exp(-z));
                bias += step * g;
                for i in x {
                    weights[*i] += step * (g - 0.004 * weights[*i]);
                }
            }
        }
        Self { weights: known.into_iter().map(|(w, i)| (w.clone(), weights[i])).collect(), bias }
    }

    fn features(text: &str) -> Vec<String> {
        let mut out: Vec<String> = words(text).into_iter().collect();
        let all = plain(text);
        let list: Vec<&str> = all.split(' ').collect();
        let pairs: BTreeSet<String> = list.windows(2).map(|w| w.join(" ")).collect();
        out.extend(pairs);
        out
    }

    fn p(&self, text: &str) -> f64 {
        let z: f64 = self.bias + Self::features(text).iter().filter_map(|w| self.weights.get(w)).sum::<f64>();
        1.0 / (1.0 + libm::exp(-z))
    }
}

/// Naive Bayes on the words around an organisation: how its part is spoken of.
#[derive(Default)]
struct Spoken {
    classes: BTreeMap<String, (f64, BTreeMap<String, f64>)>,
}

impl Spoken {
    fn new(train: &[&Document]) -> Self {
        let mut out = Self::default();
        for d in train {
            for f in d.templates.iter().flat_map(|t| &t.slots["perp_org_confidence"]) {
                let Some(class) = f.values.first() else { continue };
                let around: BTreeSet<String> = f.of.iter().flat_map(|o| Self::around(&d.raw[d.body..], o)).collect();
                let entry = out.classes.entry(class.clone()).or_default();
                entry.0 += 1.0;
                around.into_iter().for_each(|w| *entry.1.entry(w).or_default() += 1.0);
            }
        }
        out
    }

    /// Words of the sentences in which an organisation stands.
    fn around(text: &str, organisation: &str) -> BTreeSet<String> {
        let t = extract::Text::new(text, 0);
        let key = format!(" {} ", plain(organisation));
        t.sentences
            .iter()
            .map(|s| plain(t.slice(s.tokens.clone())))
            .filter(|s| format!(" {s} ").contains(&key))
            .flat_map(|s| words(&s))
            .collect()
    }

    fn class(&self, text: &str, organisation: &str) -> String {
        let around = Self::around(text, organisation);
        let all: f64 = self.classes.values().map(|c| c.0).sum();
        let score = |c: &(f64, BTreeMap<String, f64>)| -> f64 {
            libm::log(c.0 / all)
                + around
                    .iter()
                    .map(|w| {
                        let total: f64 = self.classes.values().filter_map(|x| x.1.get(w)).sum();
                        let here = c.1.get(w).copied().unwrap_or(0.0);
                        // Against how common the word is anywhere; rare words say little.
                        0.4 * libm::log((here + 1.0) / (c.0 + 2.0) / ((total + 1.0) / (all + 2.0)))
                    })
                    .sum::<f64>()
        };
        self.classes
            .iter()
            .filter(|c| c.1.0 > 20.0)
            .max_by(|a, b| score(a.1).total_cmp(&score(b.1)))
            .map_or_else(|| "REPORTED AS FACT".to_owned(), |c| c.0.clone())
    }
}

impl Learned {
    fn new(train: &[&Document]) -> Self {
        let mut out = Self { relevance: Relevance::new(train), spoken: Spoken::new(train), ..Self::default() };
        for t in train.iter().flat_map(|d| &d.templates) {
            for slot in ["instrument_type", "phys_tgt_type", "hum_tgt_type"] {
                for f in &t.slots[slot] {
                    for s in &f.of {
                        *out.types.entry((slot, last(s))).or_default().entry(f.values[0].clone()).or_default() += 1;
                    }
                }
            }
            for f in &t.slots["incident_location"] {
                // COUNTRY: PLACE (KIND): PLACE (KIND)
                let full: Vec<&String> = f.values.iter().chain(&f.of).collect();
                for v in full {
                    for part in v.split([':', '-']) {
                        let name = plain(part.split('(').next().unwrap_or_default());
                        let country = f.values[0].clone();
                        if name.len() > 3 && name != plain(&country) {
                            *out.places
                                .entry(name)
                                .or_default()
                                .entry(format!("{country}: {}", part.trim()))
                                .or_default() += 1;
                        }
                    }
                }
            }
        }
        out
    }

    fn kind(&self, slot: &'static str, text: &str) -> Option<String> {
        let counts = self.types.get(&(slot, last(text)))?;
        counts.iter().max_by_key(|c| (c.1, std::cmp::Reverse(c.0))).map(|c| c.0.clone())
    }
}

fn last(text: &str) -> String {
    plain(text).rsplit(' ').next().unwrap_or_default().to_owned()
}

/// One thing marked in a document.
#[derive(Debug, Clone)]
struct Found {
    role: usize,
    /// A victim that is described, not named.
    described: bool,
    text: String,
    sentence: usize,
    token: usize,
}

/// Marks of a document as entities: one string each.
fn found(ready: &Ready<'_>, marked: &[Marked]) -> Vec<Found> {
    let t = &ready.text;
    let all_words = plain(t.raw);
    // "FARABUNDO MARTI NATIONAL LIBERATION FRONT [FMLN]"
    let alias = |a: &str, b: &str| all_words.contains(&format!("{a} {b} ")) && (b.len() < 8 || a.len() < 8);
    let mut all: Vec<Found> = Vec::new();
    for m in marked {
        let Some(role) = ROLES.iter().position(|r| m.label.starts_with(r)) else { continue };
        let text = t.slice(m.tokens.clone()).split_whitespace().collect::<Vec<_>>().join(" ");
        let sentence = t.sentences.iter().position(|s| s.tokens.contains(&m.tokens.start)).unwrap_or(0);
        all.push(Found { role, described: m.label.ends_with(DESCRIBED), text, sentence, token: m.tokens.start });
    }
    let mut out: Vec<(Found, usize)> = Vec::new();
    for f in all {
        let key = plain(&f.text);
        let words: BTreeSet<&str> = key.split(' ').collect();
        let same = out.iter_mut().find(|(o, _)| {
            let other = plain(&o.text);
            let others: BTreeSet<&str> = other.split(' ').collect();
            o.role == f.role
                && (other == key
                    || ((words.is_subset(&others) || others.is_subset(&words)) && last(&o.text) == last(&f.text))
                    || (o.role == 3 || o.role == 1) && (words.is_subset(&others) || others.is_subset(&words))
                    || o.role == 1 && (alias(&other, &key) || alias(&key, &other))
                    || initials(&other) == key
                    || initials(&key) == other)
        });
        match same {
            Some((_, n)) => *n += 1,
            None => out.push((f, 1)),
        }
    }
    out.into_iter().map(|x| x.0).collect()
}

fn initials(text: &str) -> String {
    text.split(' ')
        .filter(|w| !matches!(*w, "of" | "for" | "and" | "de" | "la"))
        .filter_map(|w| w.chars().next())
        .collect()
}

/// What kind of incident a sentence speaks of, by its gravest trigger.
fn incident(frame: Frame, name: &str, shown: &str) -> Option<&'static str> {
    match frame {
        Frame::Abduct => Some("KIDNAPPING"),
        Frame::Blast => Some("BOMBING"),
        Frame::Act
            if name.contains("bomb")
                || name == "grenade attack"
                || name.starts_with("suicide")
                || name == "airstrike"
                || shown.contains("dynamite") =>
        {
            Some("BOMBING")
        }
        Frame::Act if name == "set fire" || shown == "arson" => Some("ARSON"),
        Frame::Act | Frame::Kill | Frame::Attempt | Frame::Clash => Some("ATTACK"),
        _ => None,
    }
}

/// Templates of a document.
fn templates(ready: &Ready<'_>, d: &Document, found: &[Found], learned: &Learned) -> Vec<Template> {
    let t = &ready.text;
    let lexicon = Lexicon::bundled();
    if found.is_empty() {
        return vec![];
    }
    // Triggers by sentence.
    let mut spoken: Vec<(usize, &'static str, Frame, usize)> = Vec::new();
    for h in &ready.hits {
        let Entry::Trigger(k) = h.entry else { continue };
        let row = &lexicon.triggers[k as usize];
        let Some(s) = t.sentences.iter().position(|s| s.tokens.contains(&h.tokens.start)) else { continue };
        let shown = t.small[t.span(h.tokens.clone())].to_owned();
        if let Some(kind) = incident(row.frame, &row.name, &shown) {
            spoken.push((s, kind, row.frame, h.tokens.start));
        }
    }
    // Each thing goes with the nearest trigger that has a kind, its own sentence first.
    let kind_of = |f: &Found| -> Option<&'static str> {
        spoken
            .iter()
            .min_by_key(|x| (x.0.abs_diff(f.sentence) * 200 + x.3.abs_diff(f.token), x.3))
            .filter(|x| x.0.abs_diff(f.sentence) <= 4)
            .map(|x| x.1)
    };
    let mut kinds: BTreeMap<&'static str, Vec<&Found>> = BTreeMap::new();
    for f in found {
        kinds.entry(kind_of(f).unwrap_or("ATTACK")).or_default().push(f);
    }
    // A kind that nobody is the victim or the target of goes with the others.
    let strong = |list: &[&Found]| list.iter().any(|f| f.role == 2 || f.role == 3);
    let main = kinds.iter().max_by_key(|k| (strong(k.1), k.1.len())).map_or("ATTACK", |k| *k.0);
    let weak: Vec<&'static str> = kinds.iter().filter(|k| *k.0 != main && !strong(k.1)).map(|k| *k.0).collect();
    for k in weak {
        let list = kinds.remove(k).unwrap_or_default();
        kinds.entry(main).or_default().extend(list);
    }
    let everywhere = country(ready);
    kinds
        .into_iter()
        .map(|(kind, list)| {
            let mut out = Template { optional: false, slots: SLOTS.iter().map(|s| (*s, vec![])).collect() };
            let mut put = |slot: &'static str, fill: Fill| out.slots.entry(slot).or_default().push(fill);
            let sentences: BTreeSet<usize> =
                spoken.iter().filter(|x| x.1 == kind).map(|x| x.0).chain(list.iter().map(|f| f.sentence)).collect();
            let near = |f: &Found, frames: &[Frame]| {
                ready.hits.iter().any(|h| match h.entry {
                    Entry::Trigger(k) => {
                        frames.contains(&lexicon.triggers[k as usize].frame)
                            && t.sentences[f.sentence].tokens.contains(&h.tokens.start)
                    }
                    _ => false,
                })
            };
            put("incident_type", Fill::plain(kind));
            put("incident_stage", Fill::plain(stage(ready, &sentences)));
            put("incident_date", Fill::plain(date(ready, d, &sentences)));
            put("incident_location", Fill::plain(location(ready, &sentences, learned, everywhere)));
            let perpetrators = || list.iter().filter(|f| f.role < 2);
            let state = perpetrators().any(|f| {
                let text = plain(&f.text);
                [
                    "soldiers",
                    "army",
                    "military",
                    "armed forces",
                    "battalion",
                    "police",
                    "officers",
                    "troops",
                    "government",
                    "air force",
                    "death squad",
                    "colonel",
                ]
                .iter()
                .any(|w| text.contains(w))
            });
            put("perp_category", Fill::plain(if state { "STATE-SPONSORED VIOLENCE" } else { "TERRORIST ACT" }));
            for f in &list {
                let named = |values: String| Fill { values: vec![values], of: vec![f.text.clone()], ..Fill::default() };
                match f.role {
                    0 => put("perp_individual_id", Fill::plain(&f.text)),
                    1 => {
                        put("perp_organization_id", Fill::plain(&f.text));
                        put("perp_org_confidence", named(learned.spoken.class(&d.raw[d.body..], &f.text)));
                    }
                    2 => {
                        put("phys_tgt_id", Fill::plain(&f.text));
                        put("phys_tgt_type", named(learned.kind("phys_tgt_type", &f.text).unwrap_or("OTHER".into())));
                        put("phys_tgt_number", named(number(&f.text)));
                        if near(f, &[Frame::Damage, Frame::Blast]) {
                            put("phys_tgt_effect", named("SOME DAMAGE".into()));
                        }
                    }
                    3 => {
                        let described = f.described;
                        put(if described { "hum_tgt_description" } else { "hum_tgt_name" }, Fill::plain(&f.text));
                        put("hum_tgt_type", named(learned.kind("hum_tgt_type", &f.text).unwrap_or("CIVILIAN".into())));
                        put("hum_tgt_number", named(if described { number(&f.text) } else { "1".into() }));
                        let effect = if near(f, &[Frame::Kill, Frame::Effect]) && kind != "KIDNAPPING" {
                            Some("DEATH")
                        } else if near(f, &[Frame::Wound]) {
                            Some("INJURY")
                        } else {
                            None
                        };
                        if let Some(e) = effect {
                            put("hum_tgt_effect", named(e.into()));
                        }
                    }
                    _ => {
                        put("instrument_id", Fill::plain(&f.text));
                        put(
                            "instrument_type",
                            named(learned.kind("instrument_type", &f.text).unwrap_or("BOMB".into())),
                        );
                    }
                }
            }
            out
        })
        .collect()
}

fn number(text: &str) -> String {
    let words = plain(text);
    let first = words.split(' ').next().unwrap_or_default();
    let counted = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    if let Some(n) = counted.iter().position(|w| *w == first) {
        return (n + 1).to_string();
    }
    if first.parse::<u32>().is_ok() {
        return first.to_owned();
    }
    if words.ends_with('s') || words.ends_with("men") || words.ends_with("people") {
        "PLURAL".into()
    } else {
        "1".into()
    }
}

fn stage(ready: &Ready<'_>, sentences: &BTreeSet<usize>) -> &'static str {
    let t = &ready.text;
    let lexicon = Lexicon::bundled();
    let (mut done, mut threat, mut failed) = (0, 0, 0);
    for h in &ready.hits {
        let here = sentences.iter().any(|s| t.sentences[*s].tokens.contains(&h.tokens.start));
        match h.entry {
            Entry::Trigger(k) if here => match lexicon.triggers[k as usize].frame {
                Frame::Threat => threat += 1,
                Frame::Attempt => failed += 2,
                Frame::Kill | Frame::Blast | Frame::Abduct | Frame::Wound | Frame::Effect | Frame::Damage => done += 1,
                _ => {}
            },
            Entry::Mood(Mood::Foiled) if here => failed += 1,
            _ => {}
        }
    }
    if threat > done + 1 {
        "THREATENED"
    } else if failed > done {
        "ATTEMPTED"
    } else {
        "ACCOMPLISHED"
    }
}

fn show(day: Day) -> String {
    let iso = day.to_string();
    let month: usize = iso[5..7].parse().unwrap_or(1);
    format!("{} {} {}", &iso[8..10], MONTHS[month - 1].to_uppercase(), &iso[2..4])
}

/// The day of an incident, as the key writes days: a day, or up to the day of the dateline.
fn date(ready: &Ready<'_>, d: &Document, sentences: &BTreeSet<usize>) -> String {
    let Some(base) = d.dateline else { return "-".into() };
    let t = &ready.text;
    let year: i32 = base.to_string()[..4].parse().unwrap_or(1990);
    for s in sentences {
        let tokens = t.sentences[*s].tokens.clone();
        for i in tokens.clone() {
            let w = t.small(i);
            let next = t.small(i + 1);
            if let (Ok(_), Some(_)) =
                (w.parse::<u32>(), MONTHS.iter().find(|m| next.len() >= 3 && next.starts_with(**m)))
            {
                let written = t.small(i + 2).parse::<i32>().ok().filter(|y| (1900..2100).contains(y));
                let on = |y| day(w, next, y);
                let found = match written {
                    Some(y) => on(y),
                    None => on(year).filter(|x| x.0 <= base.0 + 3).or_else(|| on(year - 1)),
                };
                if let Some(x) = found {
                    return show(x);
                }
            }
            let back = match (w, next) {
                ("today", _) | ("this", "morning" | "afternoon" | "evening") | ("early", "today") => Some(0),
                ("yesterday", _) | ("last", "night") => Some(1),
                _ => None,
            };
            if let Some(b) = back {
                return show(Day(base.0 - b));
            }
        }
    }
    format!("- {}", show(base))
}

/// The country that is spoken of most.
fn country(ready: &Ready<'_>) -> &'static str {
    let lexicon = Lexicon::bundled();
    let mut count: BTreeMap<&'static str, usize> = BTreeMap::new();
    for h in &ready.hits {
        if let Entry::Country(k) | Entry::Demonym(k) | Entry::Capital(k) = h.entry {
            let c = lexicon.countries[k as usize];
            if !matches!(c.code, "US" | "ES" | "CU" | "RU" | "GB" | "FR" | "DE") {
                *count.entry(c.name).or_default() += 1;
            }
        }
    }
    count.iter().max_by_key(|c| (c.1, std::cmp::Reverse(c.0))).map_or("", |c| *c.0)
}

fn location(ready: &Ready<'_>, sentences: &BTreeSet<usize>, learned: &Learned, everywhere: &str) -> String {
    let t = &ready.text;
    let upper = everywhere.to_uppercase();
    let mut best: Option<(usize, String)> = None;
    for s in sentences {
        let tokens = t.sentences[*s].tokens.clone();
        for i in tokens.clone() {
            for n in (1..=4).rev() {
                if i + n > tokens.end {
                    continue;
                }
                let name = plain(t.slice(i..i + n));
                let Some(counts) = learned.places.get(&name) else { continue };
                let fits =
                    counts.iter().filter(|c| c.0.starts_with(&upper)).max_by_key(|c| (c.1, std::cmp::Reverse(c.0)));
                if let Some((full, _)) = fits
                    && best.as_ref().is_none_or(|b| n > b.0)
                {
                    best = Some((n, full.clone()));
                }
            }
        }
        if best.is_some() {
            break;
        }
    }
    best.map_or(upper, |b| b.1)
}

/// Right, half right, in the response and in the key.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    correct: f64,
    actual: f64,
    possible: f64,
}

impl Tally {
    fn add(&mut self, o: Self) {
        self.correct += o.correct;
        self.actual += o.actual;
        self.possible += o.possible;
    }

    fn f(self) -> f64 {
        100.0 * 2.0 * self.correct / (self.actual + self.possible).max(1.0)
    }

    fn precision(self) -> f64 {
        100.0 * self.correct / self.actual.max(1.0)
    }

    fn recall(self) -> f64 {
        100.0 * self.correct / self.possible.max(1.0)
    }
}

/// CEAF-REE, strict, one role of one document. With one string a predicted entity, alignment is a choice of the first
/// free true entity that holds it: two predictions never compete for two entities in a way that order could lose.
fn ree(gold: &[(BTreeSet<String>, bool)], predicted: &[String]) -> Tally {
    let mut taken = vec![false; gold.len()];
    let mut out = Tally::default();
    for p in predicted {
        out.actual += 1.0;
        if let Some(k) = gold.iter().enumerate().position(|(k, g)| !taken[k] && g.0.contains(&plain(p))) {
            taken[k] = true;
            out.correct += 1.0;
        }
    }
    out.possible = gold.iter().zip(&taken).filter(|(g, t)| !g.1 || **t).count() as f64;
    out
}

/// How well a fill of the response fits one of the key: 1, .5 or 0.
fn fits(slot: &str, key: &Fill, given: &Fill) -> f64 {
    let value = key.values.iter().flat_map(|k| given.values.iter().map(move |g| one(slot, k, g))).fold(0.0, f64::max);
    if key.of.is_empty()
        || given.of.is_empty()
        || slot.ends_with("_id")
        || slot == "hum_tgt_name"
        || slot == "hum_tgt_description"
    {
        return value;
    }
    // The right value of the wrong thing is half right.
    let of = key.of.iter().flat_map(|k| given.of.iter().map(move |g| one("string", k, g))).fold(0.0, f64::max);
    if value >= 1.0 && of > 0.0 {
        1.0
    } else if value >= 1.0 || (value > 0.0 && of > 0.0) {
        0.5
    } else {
        0.0
    }
}

fn one(slot: &str, key: &str, given: &str) -> f64 {
    let (k, g) = (plain(key), plain(given));
    if k == g {
        return 1.0;
    }
    match slot {
        "incident_date" => {
            // A day inside an interval, or the same upper end, is half right.
            let ends = |t: &str| -> Vec<String> { t.split('-').map(plain).filter(|x| !x.is_empty()).collect() };
            let (a, b) = (ends(key), ends(given));
            if a.iter().any(|x| b.contains(x)) { 0.5 } else { 0.0 }
        }
        "incident_location" => {
            let country = |t: &str| plain(t.split(':').next().unwrap_or_default());
            let parts = |t: &str| -> BTreeSet<String> {
                t.split([':', '-']).skip(1).map(|p| plain(p.split('(').next().unwrap_or_default())).collect()
            };
            if country(key) != country(given) {
                0.0
            } else if parts(key) == parts(given) {
                1.0
            } else {
                0.5
            }
        }
        "incident_type"
        | "incident_stage"
        | "perp_category"
        | "perp_org_confidence"
        | "instrument_type"
        | "phys_tgt_type"
        | "hum_tgt_type"
        | "phys_tgt_effect"
        | "hum_tgt_effect"
        | "phys_tgt_number"
        | "hum_tgt_number" => 0.0,
        _ => {
            let words =
                |t: &str| -> BTreeSet<String> { t.split(' ').filter(|w| w.len() > 2).map(str::to_owned).collect() };
            if words(&k).is_disjoint(&words(&g)) { 0.0 } else { 0.5 }
        }
    }
}

/// One slot of two aligned templates (either may be missing).
fn slot_tally(slot: &str, key: &[Fill], given: &[Fill]) -> Tally {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, k) in key.iter().enumerate() {
        for (j, g) in given.iter().enumerate() {
            let s = fits(slot, k, g);
            if s > 0.0 {
                pairs.push((s, i, j));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_key, mut used) = (vec![false; key.len()], vec![false; given.len()]);
    let mut out = Tally { actual: given.len() as f64, ..Tally::default() };
    for (s, i, j) in pairs {
        if !used_key[i] && !used[j] {
            used_key[i] = true;
            used[j] = true;
            out.correct += s;
        }
    }
    out.possible = key.iter().zip(&used_key).filter(|(k, u)| !k.optional || **u).count() as f64;
    out
}

/// Aligns the templates of a document and tallies every slot.
fn all_templates(key: &[Template], given: &[Template]) -> BTreeMap<&'static str, Tally> {
    let score = |k: &Template, g: &Template| -> f64 {
        let part = |slots: &[&'static str]| -> f64 {
            slots.iter().map(|s| slot_tally(s, &k.slots[s], &g.slots[s]).correct).sum()
        };
        let kind = part(&["incident_type"]);
        let who =
            part(&["perp_individual_id", "perp_organization_id", "phys_tgt_id", "hum_tgt_name", "hum_tgt_description"]);
        if kind > 0.0 && who > 0.0 { part(&SLOTS) } else { 0.0 }
    };
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, k) in key.iter().enumerate() {
        for (j, g) in given.iter().enumerate() {
            let s = score(k, g);
            if s > 0.0 {
                pairs.push((s, i, j));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_key, mut used) = (vec![false; key.len()], vec![false; given.len()]);
    let mut out: BTreeMap<&'static str, Tally> = SLOTS.iter().map(|s| (*s, Tally::default())).collect();
    let mut put = |k: Option<&Template>, g: Option<&Template>| {
        for s in SLOTS {
            let (k, g) = (k.map_or(&[][..], |k| &k.slots[s]), g.map_or(&[][..], |g| &g.slots[s]));
            out.entry(s).or_default().add(slot_tally(s, k, g));
        }
    };
    for (_, i, j) in pairs {
        if !used_key[i] && !used[j] {
            used_key[i] = true;
            used[j] = true;
            put(Some(&key[i]), Some(&given[j]));
        }
    }
    for (k, _) in key.iter().zip(&used_key).filter(|(k, u)| !**u && !k.optional) {
        put(Some(k), None);
    }
    for (g, _) in given.iter().zip(&used).filter(|(_, u)| !**u) {
        put(None, Some(g));
    }
    out
}

/// Half the width of the middle 95 % of a statistic over documents drawn with replacement.
fn interval(n: usize, of: impl Fn(&[usize]) -> f64) -> (f64, f64) {
    let mut s = Stream::new(4, 4, 4);
    let mut values: Vec<f64> = (0..400)
        .map(|_| {
            let drawn: Vec<usize> = (0..n).map(|_| (s.next_unit() * n as f64) as usize).collect();
            of(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    (values[10], values[389])
}

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let shared: PathBuf = crate::shared().join("muc4");
    let folder = data.map_or_else(|| shared.clone(), Path::to_path_buf);
    let mut docs = documents(&folder)?;
    if docs.iter().all(|d| !d.train) {
        docs.extend(documents(&shared)?.into_iter().filter(|d| d.train));
    }
    let (train, test): (Vec<&Document>, Vec<&Document>) = docs.iter().partition(|d| d.train);
    if train.is_empty() || test.is_empty() {
        return Err("nothing to train on, or nothing to score: documents want a `split`, train or another".into());
    }
    let learned = Learned::new(&train);
    let lessons: Vec<(Ready<'_>, Vec<Marked>)> = train
        .iter()
        .map(|d| {
            let ready = Ready::new(&d.raw, d.body);
            let marks = marks(&ready, d);
            (ready, marks)
        })
        .collect();
    let work = std::env::temp_dir().join(format!("bellwether-bench-muc4-{}", std::process::id()));
    let begun = std::time::Instant::now();
    let tagger = Tagger::train(&lessons, Training::default(), &work).map_err(|e| e.to_string())?;
    let _ = std::fs::remove_file(&work);
    let seconds = begun.elapsed().as_secs_f64();
    let megabytes = tagger.bytes().len() as f64 / 1e6;

    let mut by_role: Vec<Vec<Tally>> = Vec::new();
    let mut by_slot: Vec<BTreeMap<&'static str, Tally>> = Vec::new();
    let mut filter = Tally::default();
    for d in &test {
        let ready = Ready::new(&d.raw, d.body);
        let marked = tagger.mark(&ready).map_err(|e| e.to_string())?;
        let mut things = found(&ready, &marked);
        if learned.relevance.p(&d.raw[d.body..]) < RELEVANT {
            things.clear();
        }
        let gold = entities(&d.templates);
        by_role.push(
            (0..ROLES.len())
                .map(|r| {
                    let said: Vec<String> = things.iter().filter(|f| f.role == r).map(|f| f.text.clone()).collect();
                    ree(&gold[r], &said)
                })
                .collect(),
        );
        let given = templates(&ready, d, &things, &learned);
        let relevant = d.templates.iter().any(|t| !t.optional);
        filter.add(Tally {
            correct: f64::from(relevant && !given.is_empty()),
            actual: f64::from(!given.is_empty()),
            possible: f64::from(relevant),
        });
        by_slot.push(all_templates(&d.templates, &given));
    }
    let ree_of = |drawn: &mut dyn Iterator<Item = usize>| -> Tally {
        let mut t = Tally::default();
        drawn.for_each(|i| by_role[i].iter().for_each(|r| t.add(*r)));
        t
    };
    let slots_of = |drawn: &mut dyn Iterator<Item = usize>, slot: Option<&str>| -> Tally {
        let mut t = Tally::default();
        drawn.for_each(|i| by_slot[i].iter().filter(|s| slot.is_none_or(|x| x == *s.0)).for_each(|s| t.add(*s.1)));
        t
    };
    let n = test.len();
    let all = ree_of(&mut (0..n));
    let mut rows = vec![
        Row::new("muc4-documents", n as f64, "", ""),
        Row::new("muc4-train-seconds", seconds, "s", ""),
        Row::new("muc4-model-mb", megabytes, "MB", "at most 3"),
        Row::new("muc4-ree-strict-f1", all.f(), "", "floor 45, goal 52.5"),
    ];
    let (lo, hi) = interval(n, |d| ree_of(&mut d.iter().copied()).f());
    rows.push(Row::new("muc4-ree-strict-f1-low", lo, "", "95 % of bootstraps"));
    rows.push(Row::new("muc4-ree-strict-f1-high", hi, "", ""));
    rows.push(Row::new("muc4-ree-strict-precision", all.precision(), "", ""));
    rows.push(Row::new("muc4-ree-strict-recall", all.recall(), "", ""));
    for (r, name) in ROLES.iter().enumerate() {
        let mut t = Tally::default();
        by_role.iter().for_each(|d| t.add(d[r]));
        rows.push(Row::new(format!("muc4-ree-{}-f1", name.to_lowercase()), t.f(), "", ""));
    }
    let row = slots_of(&mut (0..n), None);
    rows.push(Row::new("muc4-all-templates-f", row.f(), "", "floor 42"));
    let (lo, hi) = interval(n, |d| slots_of(&mut d.iter().copied(), None).f());
    rows.push(Row::new("muc4-all-templates-f-low", lo, "", "95 % of bootstraps"));
    rows.push(Row::new("muc4-all-templates-f-high", hi, "", ""));
    rows.push(Row::new("muc4-all-templates-recall", row.recall(), "", ""));
    rows.push(Row::new("muc4-all-templates-precision", row.precision(), "", ""));
    rows.push(Row::new(
        "muc4-incident-type-f",
        slots_of(&mut (0..n), Some("incident_type")).f(),
        "",
        "floor 70, goal 76",
    ));
    rows.push(Row::new(
        "muc4-org-confidence-f",
        slots_of(&mut (0..n), Some("perp_org_confidence")).f(),
        "",
        "floor 40, goal 50",
    ));
    for s in SLOTS {
        rows.push(Row::new(format!("muc4-slot-{}-f", s.replace('_', "-")), slots_of(&mut (0..n), Some(s)).f(), "", ""));
    }
    rows.push(Row::new("muc4-filtering-recall", filter.recall(), "", "90"));
    rows.push(Row::new("muc4-filtering-precision", filter.precision(), "", "70"));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_are_read_as_the_key_writes_them() {
        let f = Fill::read("? SUSPECTED OR ACCUSED: \"SHINING PATH\" / \"SENDERO LUMINOSO\"").unwrap();
        assert!(f.optional);
        assert_eq!(f.values, ["SUSPECTED OR ACCUSED"]);
        assert_eq!(f.of, ["SHINING PATH", "SENDERO LUMINOSO"]);
        let f = Fill::read("\"\\\"MEMBERS OF THE ARMED FORCES\\\"\" / \"SOLDIERS\"").unwrap();
        assert_eq!(f.values.last().map(String::as_str), Some("SOLDIERS"));
        assert_eq!(Fill::read("*"), None);
        assert_eq!(dateline("LIMA, 9 JAN 90 -- [TEXT]").map(show).as_deref(), Some("09 JAN 90"));
    }

    /// MUC-4's own example: 732 correct, 94 partial of 1,251 possible and 1,480 actual make 62 and 53.
    #[test]
    fn the_formula_is_the_official_one() {
        let t = Tally { correct: 732.0 + 0.5 * 94.0, actual: 1480.0, possible: 1251.0 };
        assert_eq!((t.recall().round(), t.precision().round()), (62.0, 53.0));
    }

    #[test]
    fn an_entity_counts_when_what_is_said_of_it_stands_in_the_key() {
        let entity = |names: &[&str], optional| (names.iter().map(|n| plain(n)).collect::<BTreeSet<_>>(), optional);
        let key = [entity(&["THE FMLN", "GUERRILLAS"], false), entity(&["ARMY"], false), entity(&["ETA"], true)];
        let t = ree(&key, &["fmln".into(), "guerrillas".into(), "police".into()]);
        // The second is an entity that was told already, the third is none; an optional one is not missed.
        assert_eq!((t.correct, t.actual, t.possible), (1.0, 3.0, 2.0));
        let of = |v: &str, x: &str| Fill { values: vec![v.into()], of: vec![x.into()], ..Fill::default() };
        let slot = |key: &[Fill], given: &[Fill]| slot_tally("hum_tgt_effect", key, given).correct;
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("DEATH", "JUDGE")]), 1.0);
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("DEATH", "MAYOR")]), 0.5);
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("INJURY", "JUDGE")]), 0.0);
        assert_eq!(one("incident_location", "PERU: LIMA (CITY)", "PERU"), 0.5);
        assert_eq!(one("incident_location", "PERU: LIMA (CITY)", "CHILE"), 0.0);
        assert_eq!(one("incident_date", "- 08 JAN 90", "08 JAN 90"), 1.0);
    }
}
