//! The template of an incident, from the things of it that were found.

use std::collections::{BTreeMap, BTreeSet};

use extract::lexicon::{Entry, Lexicon};
use extract::tag::Ready;

use super::choose::{Found, around};
use super::context::Told;
use super::key::{Document, Fill, SLOTS, Template, plain};
use super::learn::{Classes, Lesson, kin, last, lesson, sentence_of, steps};
use super::places::{Places, dates, likeliest};
use super::score::one;

/// Slots of the strings, by role; victims have two.
const STRINGS: [&str; 5] =
    ["perp_individual_id", "perp_organization_id", "phys_tgt_id", "hum_tgt_name", "instrument_id"];

/// Precision of the weights by which templates are filled.
const PRECISION: f64 = 2.0;
/// What is less likely right than this, with all that it rests on, is not said.
const WORTH: f64 = 0.13;

/// An incident as it was put together.
pub(super) struct Incident<'a> {
    pub(super) kind: &'a str,
    /// The country that its document is about.
    pub(super) country: &'a str,
    /// How likely it is told as one.
    pub(super) chance: f64,
    /// Its things by number, each with how likely it is of it.
    pub(super) things: &'a [(usize, f64)],
}

/// What fills templates.
pub(super) struct Filler {
    stage: Classes,
    category: Classes,
    /// Kind of a weapon nobody names: "shot" tells of a gun.
    unnamed: Classes,
    /// By slot: values of a string.
    of: BTreeMap<&'static str, Classes>,
    place: Classes,
    day: Classes,
}

/// A document with what was found in it by something that had not seen it.
pub(super) struct Case<'a> {
    pub(super) document: &'a Document,
    pub(super) ready: &'a Ready<'a>,
    pub(super) told: &'a Told,
    pub(super) things: Vec<Found>,
}

impl Case<'_> {
    /// Sentences in which things stand.
    pub(super) fn sentences(&self, things: &[&Found]) -> BTreeSet<usize> {
        things.iter().flat_map(|f| f.places.keys()).map(|i| sentence_of(self.ready, *i)).collect()
    }
}

/// Slots that say something of a string, with the role.
const OF: [(&str, usize); 10] = [
    ("perp_org_confidence", 1),
    ("phys_tgt_type", 2),
    ("phys_tgt_effect", 2),
    ("phys_tgt_number", 2),
    ("phys_tgt_foreign_nation", 2),
    ("hum_tgt_type", 3),
    ("hum_tgt_effect", 3),
    ("hum_tgt_number", 3),
    ("hum_tgt_foreign_nation", 3),
    ("instrument_type", 4),
];

/// What is said where a string stands: triggers and moods of its sentences.
pub(super) fn scene(ready: &Ready<'_>, starts: &BTreeSet<usize>) -> Vec<String> {
    let t = &ready.text;
    let lexicon = Lexicon::bundled();
    let mut out = BTreeSet::new();
    for s in t.sentences.iter().filter(|s| starts.iter().any(|i| s.tokens.contains(i))) {
        for h in ready.hits.iter().filter(|h| s.tokens.contains(&h.tokens.start)) {
            match h.entry {
                Entry::Trigger(k) => {
                    let row = &lexicon.triggers[k as usize];
                    out.insert(format!(":{:?}", row.frame));
                    out.insert(format!("={}", row.name));
                }
                Entry::Mood(m) => _ = out.insert(format!(":{m:?}")),
                Entry::Report(_) => _ = out.insert(":says".to_owned()),
                Entry::Source(_) => _ = out.insert(":source".to_owned()),
                _ => {}
            }
        }
    }
    out.into_iter().collect()
}

/// Names and frames of the nearest triggers.
pub(super) fn near_triggers(ready: &Ready<'_>, starts: &BTreeSet<usize>) -> impl Iterator<Item = String> {
    let lexicon = Lexicon::bundled();
    let trigger = |i: &usize| {
        let all = ready.hits.iter().filter_map(|h| match h.entry {
            Entry::Trigger(k) => Some((h.tokens.start.abs_diff(*i), k)),
            _ => None,
        });
        all.min().filter(|(d, _)| *d < 12).map(|(_, k)| &lexicon.triggers[k as usize])
    };
    starts.iter().filter_map(trigger).flat_map(|row| [row.name.clone(), format!("{:?}", row.frame)])
}

/// What is said of a string, and the string itself.
fn portrait(ready: &Ready<'_>, role: usize, text: &str, starts: &BTreeSet<usize>) -> Vec<String> {
    let mut out = scene(ready, starts);
    out.push(format!("role {role}"));
    let key = plain(text);
    out.push(format!("head {}", last(&key)));
    out.extend(kin("head", &last(&key)));
    out.push(format!("number {}", number(text)));
    out.push(format!("first {}", key.split(' ').next().unwrap_or_default()));
    out.extend(key.split(' ').map(|w| format!("in {w}")));
    out.extend(key.split(' ').flat_map(|w| kin("in", w)));
    out.extend(near_triggers(ready, starts).map(|n| format!("near {n}")));
    for w in ["before", "after"] {
        for i in starts {
            let j = if w == "before" { i.checked_sub(1) } else { Some(i + key.split(' ').count()) };
            let small = j.map_or("", |j| ready.text.small(j));
            out.push(format!("{w} {small}"));
        }
    }
    out
}

const CONFIDENCE: &str = "perp_org_confidence";

/// Beginnings of words that tell how the part of an organisation is spoken of.
const CUES: [&str; 30] = [
    "claim",
    "responsib",
    "accus",
    "blam",
    "attribut",
    "suspect",
    "alleg",
    "believ",
    "accord",
    "police",
    "authorit",
    "official",
    "sources",
    "presum",
    "appar",
    "suppos",
    "communique",
    "admit",
    "denied",
    "deny",
    "possibl",
    "probabl",
    "could",
    "charg",
    "army",
    "military",
    "spokes",
    "investigat",
    "radio",
    "caller",
];

/// How the part of an organisation is spoken of, where it stands and in the document.
fn spoken(c: &Case<'_>, text: &str, starts: &BTreeSet<usize>) -> Vec<String> {
    let ready = c.ready;
    let t = &ready.text;
    let mut out: BTreeSet<String> = scene(ready, starts).into_iter().filter(|f| f.starts_with(':')).collect();
    for (n, s) in t.sentences.iter().enumerate() {
        let here = starts.iter().any(|i| s.tokens.contains(i));
        for i in s.tokens.clone() {
            for cue in CUES.iter().filter(|c| t.small(i).starts_with(**c)) {
                out.insert(format!("somewhere {cue}"));
                if here {
                    out.insert(format!("here {cue}"));
                }
                if here && starts.iter().any(|k| k.abs_diff(i) < 6) {
                    out.insert(format!("near {cue}"));
                }
            }
        }
        if here && n < 2 {
            out.insert("lead".to_owned());
        }
    }
    let key = plain(text);
    out.insert(format!("head {}", last(&key)));
    let mut words = Vec::new();
    let runs = || starts.iter().map(|i| *i..*i + key.split(' ').count());
    runs().for_each(|run| around(ready, &run, &mut words));
    out.extend(words);
    // Who says what of it, as the rules read it.
    for a in &c.told.acts {
        let part = runs().find_map(|run| a.part(&run));
        let here = starts.iter().any(|i| t.sentences[a.sentence].tokens.contains(i));
        let part = part.unwrap_or(if here { "here" } else { "somewhere" });
        out.insert(format!("{part} said by {}", a.says));
        out.insert(format!("{part} {}", a.mood));
        out.insert(format!("{part} {} said by {}", a.mood, a.says));
    }
    out.into_iter().collect()
}

/// What a document speaks of, by number of triggers.
pub(super) fn topic(ready: &Ready<'_>) -> Vec<String> {
    let lexicon = Lexicon::bundled();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for h in &ready.hits {
        if let Entry::Trigger(k) = h.entry {
            let row = &lexicon.triggers[k as usize];
            *count.entry(format!("#{}", row.name)).or_default() += 1;
            *count.entry(format!("#{:?}", row.frame)).or_default() += 1;
        }
    }
    let mut out = Vec::new();
    for (name, n) in count {
        steps(&mut out, &name, n as f64, &[1.0, 3.0, 6.0]);
    }
    out
}

/// Templates a thing stands in.
pub(super) fn within(d: &Document, f: &Found) -> BTreeSet<usize> {
    let holds = |t: &Template| {
        slots(f.role).iter().flat_map(|s| &t.slots[s]).flat_map(|x| &x.values).any(|v| f.strings.contains(&plain(v)))
    };
    d.templates.iter().enumerate().filter(|(_, t)| holds(t)).map(|x| x.0).collect()
}

/// Slots of the strings of a role.
fn slots(role: usize) -> &'static [&'static str] {
    if role == 3 { &["hum_tgt_name", "hum_tgt_description"] } else { &STRINGS[role..=role] }
}

/// Strings of a template with their roles, and where they stand.
fn strings<'t>(c: &Case<'_>, t: &'t Template) -> Vec<(usize, &'t String, BTreeSet<usize>)> {
    let of = |role: usize| slots(role).iter().flat_map(|s| &t.slots[s]).flat_map(|f| &f.values).map(move |v| (role, v));
    let stands = |v: &str| extract::tag::stands(&c.ready.text, v).into_iter().map(|r| r.start).collect();
    (0..STRINGS.len()).flat_map(of).map(|(role, v)| (role, v, stands(v))).collect()
}

/// The first value of a slot, or nothing.
fn first(t: &Template, slot: &str) -> String {
    t.slots[slot].first().map_or(String::new(), |f| f.values[0].clone())
}

/// What the strings of a document teach of the kinds of its incidents.
pub(super) fn kinds(c: &Case<'_>) -> Vec<Lesson> {
    let topic = topic(c.ready);
    let mut out = Vec::new();
    for t in &c.document.templates {
        for (role, value, starts) in strings(c, t) {
            out.push(([portrait(c.ready, role, value, &starts), topic.clone()].concat(), first(t, "incident_type")));
        }
    }
    out
}

/// What is said of each thing of a document.
pub(super) fn portraits(c: &Case<'_>) -> Vec<Vec<String>> {
    let of = |f: &Found| portrait(c.ready, f.role, &f.text, &f.places.keys().copied().collect());
    c.things.iter().map(of).collect()
}

impl Filler {
    /// Learns from documents and what was found in them.
    pub(super) fn train(cases: &[Case<'_>], places: &Places) -> Self {
        let mut stage: Vec<Lesson> = Vec::new();
        let (mut category, mut unnamed, mut place, mut day) = (vec![], vec![], vec![], vec![]);
        let mut of: BTreeMap<&'static str, Vec<Lesson>> = OF.iter().map(|o| (o.0, vec![])).collect();
        for c in cases {
            let topic = topic(c.ready);
            let everywhere = places.country(c);
            for (k, t) in c.document.templates.iter().enumerate() {
                let own: Vec<&Found> = c.things.iter().filter(|f| within(c.document, f).contains(&k)).collect();
                if !own.is_empty() {
                    let sentences = c.sentences(&own);
                    let ask = |slot: &str, of: Vec<(String, Vec<String>)>, lessons: &mut Vec<_>| {
                        let wanted: Vec<&String> = t.slots[slot].iter().flat_map(|f| &f.values).collect();
                        for (value, features) in of.into_iter().filter(|_| !wanted.is_empty()) {
                            lessons.push(lesson(features, wanted.iter().any(|w| one(slot, w, &value) >= 1.0)));
                        }
                    };
                    ask("incident_date", dates(c, &sentences), &mut day);
                    ask("incident_location", places.candidates(c, &sentences, everywhere), &mut place);
                }
                let mut everything: BTreeSet<String> = topic.iter().cloned().collect();
                for (role, value, starts) in strings(c, t) {
                    let portrait = portrait(c.ready, role, value, &starts);
                    for (slot, _) in OF.iter().filter(|o| o.1 == role) {
                        let said = t.slots[slot].iter().find(|f| f.of.iter().any(|o| plain(o) == plain(value)));
                        if said.is_none() && t.slots[slot].iter().any(|f| f.of.is_empty()) {
                            continue;
                        }
                        let said = said.map_or(String::new(), |f| f.values[0].clone());
                        let features = if *slot == CONFIDENCE { spoken(c, value, &starts) } else { portrait.clone() };
                        of.entry(slot).or_default().push((features, said));
                    }
                    everything.extend(portrait);
                }
                let everything: Vec<String> = everything.into_iter().collect();
                if t.slots["instrument_id"].is_empty() {
                    unnamed.push((everything.clone(), first(t, "instrument_type")));
                }
                stage.push((everything.clone(), first(t, "incident_stage")));
                category.push((everything, first(t, "perp_category")));
            }
        }
        let learn = |lessons: Vec<Lesson>| Classes::train(&lessons, 3, PRECISION);
        Self {
            stage: learn(stage),
            category: learn(category),
            unnamed: learn(unnamed),
            of: of.into_iter().map(|(slot, list)| (slot, learn(list))).collect(),
            place: learn(place),
            day: learn(day),
        }
    }

    /// The template of an incident, with what is said of each thing of the document.
    pub(super) fn fill(
        &self,
        c: &Case<'_>,
        portraits: &[Vec<String>],
        incident: &Incident<'_>,
        places: &Places,
    ) -> Template {
        let mut out = Template { optional: false, slots: SLOTS.iter().map(|s| (*s, vec![])).collect() };
        let mut put = |slot: &'static str, fill: Fill| out.slots.entry(slot).or_default().push(fill);
        put("incident_type", Fill::plain(incident.kind));
        let things: Vec<&Found> = incident.things.iter().map(|x| &c.things[x.0]).collect();
        let portraits: Vec<&Vec<String>> = incident.things.iter().map(|x| &portraits[x.0]).collect();
        let everything: BTreeSet<String> = portraits.iter().copied().flatten().cloned().chain(topic(c.ready)).collect();
        let everything: Vec<String> = everything.into_iter().collect();
        put("incident_stage", Fill::plain(self.stage.best(&everything).0));
        // What is likeliest, where it is likely enough given that what it rests on is.
        let said = |of: &Classes, x: &[String], given: f64| -> Option<String> {
            let (value, sure) = of.best(x);
            (!value.is_empty() && given * sure >= WORTH).then(|| value.to_owned())
        };
        if let Some(category) = said(&self.category, &everything, incident.chance) {
            put("perp_category", Fill::plain(category));
        }
        if let Some(unnamed) =
            said(&self.unnamed, &everything, incident.chance).filter(|_| things.iter().all(|f| f.role != 4))
        {
            put("instrument_type", Fill::plain(unnamed));
        }
        let sentences = c.sentences(&things);
        put("incident_date", Fill::plain(likeliest(&self.day, dates(c, &sentences))));
        let places = places.candidates(c, &sentences, incident.country);
        put("incident_location", Fill::plain(likeliest(&self.place, places)));
        for ((f, portrait), (_, sure)) in things.iter().zip(portraits).zip(incident.things) {
            let given = incident.chance * sure;
            let (described, named) =
                if f.described { (Some(&f.text), f.also.as_ref()) } else { (f.also.as_ref(), Some(&f.text)) };
            let name = named.unwrap_or(&f.text);
            if let Some(named) = named {
                put(STRINGS[f.role], Fill::plain(named));
            }
            if let Some(described) = described {
                put("hum_tgt_description", Fill::plain(described));
            }
            // What is told of a victim under another string is told there.
            let kind = OF.iter().find(|o| o.1 == f.role && o.0.ends_with("_type"));
            let untold = kind.is_some_and(|o| self.of[o.0].best(portrait).0.is_empty());
            for (slot, _) in OF.iter().filter(|o| o.1 == f.role) {
                if untold && slot.ends_with("_number") {
                    continue;
                }
                let counted = number(&f.text);
                let of = &self.of[slot];
                let value = match *slot {
                    "hum_tgt_number" | "phys_tgt_number" if counted.parse::<u32>().is_ok_and(|n| n > 1) => {
                        Some(counted)
                    }
                    CONFIDENCE => {
                        // "Suspected" is half right of what is suspected by the authorities.
                        let p = of.all(&spoken(c, &f.text, &f.places.keys().copied().collect()));
                        let (value, worth) = of.best_for(&p, |key, given| one(slot, key, given));
                        (!value.is_empty() && given * worth >= WORTH).then(|| value.to_owned())
                    }
                    _ => said(of, portrait, given),
                };
                if let Some(value) = value {
                    put(slot, Fill { values: vec![value], of: vec![name.clone()], ..Fill::default() });
                }
            }
        }
        out
    }
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
