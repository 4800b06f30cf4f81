//! Templates of a document, from the things that were found in it.

use std::collections::{BTreeMap, BTreeSet};

use extract::lexicon::{Entry, Lexicon};
use extract::tag::Ready;
use model::Day;

use super::acts::Act;
use super::choose::{Found, around};
use super::context::{Told, log_odds};
use super::key::{Document, Fill, MONTHS, SLOTS, Template, day, plain, show};
use super::learn::{Classes, last, sentence_of, steps};
use super::score::one;

/// Slots of the strings, by role; victims have two.
const STRINGS: [&str; 5] =
    ["perp_individual_id", "perp_organization_id", "phys_tgt_id", "hum_tgt_name", "instrument_id"];

/// Precision of the weights by which templates are filled.
const PRECISION: f64 = 2.0;
/// Things that are together with less than this probability are of two incidents.
const TOGETHER: f64 = 0.5;
/// Who did it is of a second incident too from this probability on.
const SHARED: f64 = 0.3;

/// What fills templates.
pub(super) struct Filler {
    kind: Classes,
    stage: Classes,
    category: Classes,
    /// Kind of a weapon nobody names: "shot" tells of a gun.
    unnamed: Classes,
    /// By slot: values of a string.
    of: BTreeMap<&'static str, Classes>,
    together: Classes,
    places: Places,
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
    fn sentences(&self, things: &[&Found]) -> BTreeSet<usize> {
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
fn scene(ready: &Ready<'_>, starts: &BTreeSet<usize>) -> Vec<String> {
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

/// What is said of a string, and the string itself.
fn portrait(ready: &Ready<'_>, role: usize, text: &str, starts: &BTreeSet<usize>) -> Vec<String> {
    let mut out = scene(ready, starts);
    out.push(format!("role {role}"));
    let key = plain(text);
    out.push(format!("head {}", last(&key)));
    out.push(format!("number {}", number(text)));
    out.push(format!("first {}", key.split(' ').next().unwrap_or_default()));
    out.extend(key.split(' ').map(|w| format!("in {w}")));
    // The nearest triggers.
    let lexicon = Lexicon::bundled();
    for i in starts {
        let near = ready
            .hits
            .iter()
            .filter_map(|h| match h.entry {
                Entry::Trigger(k) => Some((h.tokens.start.abs_diff(*i), k)),
                _ => None,
            })
            .min();
        if let Some((d, k)) = near
            && d < 12
        {
            out.push(format!("near {}", lexicon.triggers[k as usize].name));
            out.push(format!("near {:?}", lexicon.triggers[k as usize].frame));
        }
    }
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
fn spoken(ready: &Ready<'_>, text: &str, starts: &BTreeSet<usize>) -> Vec<String> {
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
    starts.iter().for_each(|i| around(ready, &(*i..*i + key.split(' ').count()), &mut words));
    out.extend(words);
    out.into_iter().collect()
}

/// What a document speaks of, by number of triggers.
fn topic(ready: &Ready<'_>) -> Vec<String> {
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

/// What is known of a thing, to hold it beside others.
struct View {
    sentences: BTreeSet<usize>,
    paragraphs: BTreeSet<usize>,
    scene: BTreeSet<String>,
    /// Events that the rules read it into.
    acts: BTreeSet<usize>,
    /// Days and places spoken of around it.
    days: BTreeSet<String>,
    places: BTreeSet<String>,
}

/// Things of a document, seen.
fn views(c: &Case<'_>, places: &Places) -> Vec<View> {
    let t = &c.ready.text;
    let days = c.document.dateline.map_or(vec![], |base| days(c.ready, base));
    let named = places.named(c.ready, &country(c.ready).to_uppercase());
    let around = |sentences: &BTreeSet<usize>, at: &mut dyn Iterator<Item = (usize, &String)>| -> BTreeSet<String> {
        // What is said in the sentence itself, else in the one before it.
        let all: Vec<(usize, &String)> = at.collect();
        let within = |back: usize| -> BTreeSet<String> {
            all.iter().filter(|x| sentences.contains(&(x.0 + back))).map(|x| x.1.clone()).collect()
        };
        Some(within(0)).filter(|d| !d.is_empty()).unwrap_or_else(|| within(1))
    };
    let see = |f: &Found| {
        let sentences = c.sentences(&[f]);
        let starts: BTreeSet<usize> = f.places.keys().copied().collect();
        let has = |a: &&Act| f.runs().any(|r| a.part(&r).is_some());
        View {
            paragraphs: sentences.iter().map(|i| t.sentences[*i].paragraph).collect(),
            scene: scene(c.ready, &starts).into_iter().filter(|s| s.starts_with(':')).collect(),
            acts: c.told.acts.iter().filter(has).map(|a| a.root).collect(),
            days: around(&sentences, &mut days.iter().map(|d| (d.1, &d.0))),
            places: around(&sentences, &mut named.iter().map(|p| (p.1, &p.0))),
            sentences,
        }
    };
    c.things.iter().map(see).collect()
}

/// What is said of two things together.
fn pair(c: &Case<'_>, views: &[View], i: usize, j: usize) -> Vec<String> {
    let t = &c.ready.text;
    let (a, b, x, y) = (&c.things[i], &c.things[j], &views[i], &views[j]);
    let mut out = vec![format!("roles {} {}", a.role.min(b.role), a.role.max(b.role))];
    let least = x.sentences.iter().flat_map(|i| y.sentences.iter().map(move |j| i.abs_diff(*j))).min().unwrap_or(99);
    steps(&mut out, "apart", least as f64, &[1.0, 2.0, 3.0, 5.0, 8.0, 13.0]);
    out.push(format!("paragraph {}", !x.paragraphs.is_disjoint(&y.paragraphs)));
    out.push(format!("same role {}", a.role == b.role));
    steps(&mut out, "things", c.things.len() as f64, &[3.0, 4.0, 6.0, 8.0, 12.0]);
    let rivals = c.things.iter().filter(|f| f.role == 2 || f.role == 3).count();
    steps(&mut out, "rivals", rivals as f64, &[2.0, 3.0, 4.0, 6.0, 9.0]);
    out.push(format!("same scene {}", x.scene == y.scene));
    for kind in [":Blast", ":Abduct", ":Kill", ":Wound", ":Damage", ":Threat"] {
        out.push(format!("{kind} {} {}", x.scene.contains(kind), y.scene.contains(kind)));
    }
    let strong = |f: &Found| matches!(f.role, 2 | 3);
    let both = strong(a) && strong(b);
    for (name, p, q) in [("day", &x.days, &y.days), ("place", &x.places, &y.places)] {
        let how = match (p.is_empty() || q.is_empty(), p.is_disjoint(q)) {
            (true, _) => "unknown",
            (false, true) => "other",
            (false, false) => "same",
        };
        out.push(format!("{name} {how}"));
        out.push(format!("{name} {how} {both} {}", least.min(2)));
    }
    out.push(match (x.acts.is_empty() || y.acts.is_empty(), x.acts.is_disjoint(&y.acts)) {
        (true, _) => "act unknown".to_owned(),
        (false, true) => format!("other act {}", a.role == b.role),
        (false, false) => format!("same act {}", a.role == b.role),
    });
    steps(&mut out, "places", (a.places.len() + b.places.len()) as f64, &[3.0, 4.0, 6.0, 9.0]);
    steps(&mut out, "length", t.sentences.len() as f64, &[5.0, 10.0, 20.0, 40.0]);
    let telling: f64 = c.told.sentences.iter().sum();
    steps(&mut out, "telling", telling, &[1.0, 2.0, 3.0, 5.0, 8.0]);
    out
}

/// Templates a thing stands in.
fn within(d: &Document, f: &Found) -> BTreeSet<usize> {
    let slots: &[&str] = if f.role == 3 { &["hum_tgt_name", "hum_tgt_description"] } else { &STRINGS[f.role..=f.role] };
    let holds = |t: &Template| {
        slots.iter().flat_map(|s| &t.slots[s]).flat_map(|x| &x.values).any(|v| f.strings.contains(&plain(v)))
    };
    d.templates.iter().enumerate().filter(|(_, t)| holds(t)).map(|x| x.0).collect()
}

impl Filler {
    /// Learns from documents and what was found in them.
    pub(super) fn train(cases: &[Case<'_>]) -> Self {
        let mut kind: Vec<(Vec<String>, String)> = Vec::new();
        let (mut stage, mut category, mut unnamed) = (kind.clone(), kind.clone(), kind.clone());
        let mut of: BTreeMap<&'static str, Vec<(Vec<String>, String)>> = OF.iter().map(|o| (o.0, vec![])).collect();
        let (mut together, mut place, mut day) = (kind.clone(), kind.clone(), kind.clone());
        let places = Places::new(cases);
        for c in cases {
            let topic = topic(c.ready);
            let everywhere = country(c.ready);
            for (k, t) in c.document.templates.iter().enumerate() {
                let own: Vec<&Found> = c.things.iter().filter(|f| within(c.document, f).contains(&k)).collect();
                if !own.is_empty() {
                    let sentences = c.sentences(&own);
                    let ask = |slot: &str, of: Vec<(String, Vec<String>)>, lessons: &mut Vec<_>| {
                        let wanted: Vec<&String> = t.slots[slot].iter().flat_map(|f| &f.values).collect();
                        for (value, features) in of.into_iter().filter(|_| !wanted.is_empty()) {
                            let right = wanted.iter().any(|w| one(slot, w, &value) >= 1.0);
                            lessons.push((features, right.to_string()));
                        }
                    };
                    ask("incident_date", dates(c, &sentences), &mut day);
                    ask("incident_location", places.candidates(c, &sentences, everywhere), &mut place);
                }
                let first = |slot: &str| t.slots[slot].first().map_or(String::new(), |f| f.values[0].clone());
                let mut everything = topic.clone();
                for (role, slot) in STRINGS.into_iter().enumerate() {
                    let slots: &[&'static str] =
                        if role == 3 { &["hum_tgt_name", "hum_tgt_description"] } else { &[slot] };
                    for value in slots.iter().flat_map(|s| &t.slots[s]).flat_map(|f| &f.values) {
                        let starts = extract::tag::stands(&c.ready.text, value).into_iter().map(|r| r.start).collect();
                        let portrait = portrait(c.ready, role, value, &starts);
                        let whole: Vec<String> = portrait.iter().chain(&topic).cloned().collect();
                        kind.push((whole.clone(), first("incident_type")));
                        everything.extend(portrait.iter().cloned());
                        for (slot, r) in OF {
                            if r != role {
                                continue;
                            }
                            let said = t.slots[slot].iter().find(|f| f.of.iter().any(|o| plain(o) == plain(value)));
                            if said.is_none() && t.slots[slot].iter().any(|f| f.of.is_empty()) {
                                continue;
                            }
                            let said = said.map_or(String::new(), |f| f.values[0].clone());
                            let features =
                                if slot == CONFIDENCE { spoken(c.ready, value, &starts) } else { portrait.clone() };
                            of.entry(slot).or_default().push((features, said));
                        }
                    }
                }
                everything.sort();
                everything.dedup();
                if t.slots["instrument_id"].is_empty() {
                    unnamed.push((everything.clone(), first("instrument_type")));
                }
                stage.push((everything.clone(), first("incident_stage")));
                category.push((everything, first("perp_category")));
            }
            let views = views(c, &places);
            let placed: Vec<BTreeSet<usize>> = c.things.iter().map(|f| within(c.document, f)).collect();
            for (i, x) in placed.iter().enumerate().filter(|x| !x.1.is_empty()) {
                for (j, y) in placed[..i].iter().enumerate().filter(|y| !y.1.is_empty()) {
                    together.push((pair(c, &views, i, j), (!x.is_disjoint(y)).to_string()));
                }
            }
        }
        Self {
            kind: Classes::train(&kind, 3, PRECISION),
            stage: Classes::train(&stage, 3, PRECISION),
            category: Classes::train(&category, 3, PRECISION),
            unnamed: Classes::train(&unnamed, 3, PRECISION),
            of: of.into_iter().map(|(slot, list)| (slot, Classes::train(&list, 3, PRECISION))).collect(),
            together: Classes::train(&together, 3, PRECISION),
            places,
            place: Classes::train(&place, 3, PRECISION),
            day: Classes::train(&day, 3, PRECISION),
        }
    }

    /// Templates of a document.
    pub(super) fn fill(&self, c: &Case<'_>) -> Vec<Template> {
        if c.things.is_empty() {
            return vec![];
        }
        let topic = topic(c.ready);
        let portraits: Vec<Vec<String>> =
            c.things.iter().map(|f| portrait(c.ready, f.role, &f.text, &f.places.keys().copied().collect())).collect();
        let kinds: Vec<Vec<f64>> = portraits.iter().map(|p| self.kind.all(&[p.as_slice(), &topic].concat())).collect();
        let everywhere = country(c.ready);
        self.groups(c, &kinds)
            .into_iter()
            .map(|group| {
                let mut out = Template { optional: false, slots: SLOTS.iter().map(|s| (*s, vec![])).collect() };
                let mut put = |slot: &'static str, fill: Fill| out.slots.entry(slot).or_default().push(fill);
                let mut score = vec![0.0; self.kind.labels().len()];
                for i in &group {
                    score.iter_mut().zip(&kinds[*i]).for_each(|(s, p)| *s += libm::log(p.max(1e-4)));
                }
                let top = (0..score.len()).fold(0, |b, k| if score[k] > score[b] { k } else { b });
                put("incident_type", Fill::plain(&self.kind.labels()[top]));
                let everything: BTreeSet<String> =
                    group.iter().flat_map(|i| &portraits[*i]).chain(&topic).cloned().collect();
                let everything: Vec<String> = everything.into_iter().collect();
                put("incident_stage", Fill::plain(self.stage.best(&everything)));
                let category = self.category.best(&everything);
                if !category.is_empty() {
                    put("perp_category", Fill::plain(category));
                }
                let unnamed = self.unnamed.best(&everything);
                if !unnamed.is_empty() && !group.iter().any(|i| c.things[*i].role == 4) {
                    put("instrument_type", Fill::plain(unnamed));
                }
                let things: Vec<&Found> = group.iter().map(|i| &c.things[*i]).collect();
                let sentences = c.sentences(&things);
                put("incident_date", Fill::plain(likeliest(&self.day, dates(c, &sentences))));
                let places = self.places.candidates(c, &sentences, everywhere);
                put("incident_location", Fill::plain(likeliest(&self.place, places)));
                for (i, f) in group.iter().zip(&things) {
                    let slot = if f.role == 3 && f.described { "hum_tgt_description" } else { STRINGS[f.role] };
                    put(slot, Fill::plain(&f.text));
                    // What is told of a victim under another string is told there.
                    let kind = OF.iter().find(|o| o.1 == f.role && o.0.ends_with("_type"));
                    let untold = kind.is_some_and(|o| self.of[o.0].best(&portraits[*i]).is_empty());
                    for (slot, _) in OF.iter().filter(|o| o.1 == f.role) {
                        if untold && slot.ends_with("_number") {
                            continue;
                        }
                        let counted = number(&f.text);
                        let value = match *slot {
                            "hum_tgt_number" | "phys_tgt_number" if counted.parse::<u32>().is_ok_and(|n| n > 1) => {
                                counted
                            }
                            CONFIDENCE => {
                                let starts = f.places.keys().copied().collect();
                                self.of[slot].best(&spoken(c.ready, &f.text, &starts)).to_owned()
                            }
                            _ => self.of[slot].best(&portraits[*i]).to_owned(),
                        };
                        if !value.is_empty() {
                            put(slot, Fill { values: vec![value], of: vec![f.text.clone()], ..Fill::default() });
                        }
                    }
                }
                out
            })
            .collect()
    }

    /// Things of one incident each: the likeliest pairs are put together first, on the average of their members.
    fn groups(&self, c: &Case<'_>, kinds: &[Vec<f64>]) -> Vec<Vec<usize>> {
        let n = c.things.len();
        let mut p = vec![vec![0.0; n]; n];
        let views = views(c, &self.places);
        for i in 0..n {
            for j in 0..i {
                let same: f64 = kinds[i].iter().zip(&kinds[j]).map(|(a, b)| a * b).sum();
                let said = self.together.p(&pair(c, &views, i, j), "true");
                let odds = log_odds(said) + log_odds(same.clamp(0.05, 0.6));
                p[i][j] = odds;
                p[j][i] = odds;
            }
        }
        let mut groups: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
        loop {
            let mut best = (log_odds(TOGETHER), 0, 0);
            for a in 0..groups.len() {
                for b in 0..a {
                    let sum: f64 = groups[a].iter().flat_map(|i| groups[b].iter().map(|j| p[*i][*j])).sum();
                    let mean = sum / (groups[a].len() * groups[b].len()) as f64;
                    if mean > best.0 {
                        best = (mean, a, b);
                    }
                }
            }
            if best.1 == best.2 {
                break;
            }
            let moved = groups.remove(best.1);
            groups[best.2].extend(moved);
        }
        // Who did it, or with what, is no incident of its own.
        let strong = |g: &Vec<usize>| g.iter().any(|i| matches!(c.things[*i].role, 2 | 3));
        while groups.len() > 1 {
            let Some(weak) = groups.iter().position(|g| !strong(g)) else { break };
            let moved = groups.remove(weak);
            let mean = |g: &Vec<usize>| -> f64 {
                g.iter().flat_map(|i| moved.iter().map(|j| p[*i][*j])).sum::<f64>() / (g.len() * moved.len()) as f64
            };
            let to = (0..groups.len()).max_by(|a, b| mean(&groups[*a]).total_cmp(&mean(&groups[*b]))).unwrap_or(0);
            groups[to].extend(moved);
        }
        // Who did one may have done another.
        let mean_of = |i: usize, g: &Vec<usize>| -> f64 { g.iter().map(|j| p[i][*j]).sum::<f64>() / g.len() as f64 };
        let shared: Vec<(usize, usize)> = (0..groups.len())
            .flat_map(|k| (0..n).map(move |i| (k, i)))
            .filter(|(k, i)| {
                let strong: Vec<usize> =
                    groups[*k].iter().copied().filter(|j| matches!(c.things[*j].role, 2 | 3)).collect();
                matches!(c.things[*i].role, 0 | 1)
                    && !groups[*k].contains(i)
                    && !groups[*k].iter().any(|j| c.things[*j].role == c.things[*i].role)
                    && !strong.is_empty()
                    && mean_of(*i, &strong) > log_odds(SHARED)
            })
            .collect();
        for (k, i) in shared {
            groups[k].push(i);
        }
        groups.iter_mut().for_each(|g| g.sort_unstable());
        groups
    }
}

/// What the likeliest of some candidates says.
fn likeliest(choice: &Classes, candidates: Vec<(String, Vec<String>)>) -> String {
    let scored = candidates.into_iter().map(|(value, features)| (choice.p(&features, "true"), value));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(String::new(), |x| x.1)
}

/// Names of places: the location as the keys write it, by count.
struct Places(BTreeMap<String, BTreeMap<String, usize>>);

impl Places {
    fn new(cases: &[Case<'_>]) -> Self {
        let mut known: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let templates = cases.iter().flat_map(|c| &c.document.templates);
        for v in templates.flat_map(|t| &t.slots["incident_location"]).flat_map(|f| &f.values) {
            let (country, rest) = v.split_once(':').unwrap_or((v, ""));
            let mut path = country.trim().to_owned();
            for part in rest.split([':', '-']).filter(|p| !p.trim().is_empty()) {
                path = format!("{path}: {}", part.trim());
                let name = plain(part.split('(').next().unwrap_or_default());
                if name.len() > 3 && name != plain(country) {
                    *known.entry(name).or_default().entry(path.clone()).or_default() += 1;
                }
            }
        }
        Self(known)
    }

    /// Places of a country that are named, with sentence and token.
    fn named(&self, ready: &Ready<'_>, upper: &str) -> Vec<(String, usize, usize)> {
        let t = &ready.text;
        let mut out = Vec::new();
        for (number, s) in t.sentences.iter().enumerate() {
            let mut i = s.tokens.start;
            while i < s.tokens.end {
                let hit = (1..=4usize).rev().filter(|n| i + n <= s.tokens.end).find_map(|n| {
                    let counts = self.0.get(&plain(t.slice(i..i + n)))?;
                    let fits = counts.iter().filter(|c| c.0.starts_with(upper));
                    Some((n, fits.max_by_key(|c| (c.1, std::cmp::Reverse(c.0)))?.0.clone()))
                });
                match hit {
                    Some((n, path)) => {
                        out.push((path, number, i));
                        i += n;
                    }
                    None => i += 1,
                }
            }
        }
        out
    }

    /// Places that are named, and the country alone, with what speaks for each.
    fn candidates(&self, c: &Case<'_>, sentences: &BTreeSet<usize>, everywhere: &str) -> Vec<(String, Vec<String>)> {
        let t = &c.ready.text;
        let upper = everywhere.to_uppercase();
        let mut found: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (path, number, i) in self.named(c.ready, &upper) {
            found.entry(path).or_default().push((number, i));
        }
        let away = |k: usize| sentences.iter().map(|s| s.abs_diff(k)).min().unwrap_or(99);
        let nearest = found.values().flatten().map(|x| away(x.0)).min().unwrap_or(99);
        let mut out = Vec::new();
        for (path, places) in &found {
            let mut f = vec!["named".to_owned(), format!("depth {}", path.matches(':').count())];
            let near = places.iter().map(|x| away(x.0)).min().unwrap_or(99);
            steps(&mut f, "away", near as f64, &[1.0, 2.0, 3.0, 5.0]);
            steps(&mut f, "behind", (near - nearest) as f64, &[1.0, 2.0, 4.0]);
            steps(&mut f, "times", places.len() as f64, &[2.0, 3.0, 5.0]);
            let rivals = found.values().filter(|p| p.iter().any(|x| away(x.0) <= near)).count();
            steps(&mut f, "rivals", rivals as f64, &[2.0, 3.0, 4.0]);
            for (s, i) in places.iter().filter(|x| away(x.0) == near) {
                let before = if *i > t.sentences[*s].tokens.start { t.small(i - 1) } else { "" };
                f.push(format!("before {before}"));
                f.push(format!("number {}", (*s).min(3)));
            }
            let name = path.rsplit(": ").next().unwrap_or_default();
            f.push(format!("kind {}", name.split_once('(').map_or("", |x| x.1)));
            f.push(format!("path {path}"));
            out.push((path.clone(), f));
        }
        let mut f = vec!["country".to_owned()];
        f.push(format!("country {everywhere}"));
        steps(&mut f, "c nearest", nearest as f64, &[1.0, 2.0, 3.0, 5.0, 90.0]);
        steps(&mut f, "c rivals", found.len() as f64, &[1.0, 2.0, 3.0, 4.0]);
        out.push((upper, f));
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

/// Days that are spoken of, as the key writes them, with sentence, token and how they are told.
fn days(ready: &Ready<'_>, base: Day) -> Vec<(String, usize, usize, &'static str)> {
    const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let t = &ready.text;
    let year: i32 = base.to_string()[..4].parse().unwrap_or(1990);
    let mut out = Vec::new();
    for (number, s) in t.sentences.iter().enumerate() {
        for i in s.tokens.clone() {
            let (w, next) = (t.small(i), t.small(i + 1));
            let month = MONTHS.iter().any(|m| next.starts_with(m)) && next.len() >= 3;
            if month && w.parse::<u32>().is_ok() {
                let written = t.small(i + 2).parse::<i32>().ok().filter(|y| (1900..2100).contains(y));
                let on = |y| day(w, next, y);
                let found = match written {
                    Some(y) => on(y),
                    None => on(year).filter(|x| x.0 <= base.0 + 3).or_else(|| on(year - 1)),
                };
                let how = if written.is_some() { "year" } else { "month" };
                out.extend(found.map(|x| (show(x), number, i, how)));
                continue;
            }
            let back = match (w, next) {
                ("today", _) | ("this", "morning" | "afternoon" | "evening") => Some((0, "today")),
                ("yesterday", _) => Some((1, "yesterday")),
                ("last", "night") => Some((1, "night")),
                _ => WEEK.iter().position(|d| *d == w).map(|d| {
                    // Day 0 was a Thursday.
                    let back = (base.0 + 3 - d as i32).rem_euclid(7);
                    (if back == 0 && i > 0 && t.small(i - 1) == "last" { 7 } else { back }, "week")
                }),
            };
            out.extend(back.map(|(b, how)| (show(Day(base.0 - b)), number, i, how)));
        }
    }
    out
}

/// Days an incident may be of, with what speaks for each; the last is any day up to the dateline.
fn dates(c: &Case<'_>, sentences: &BTreeSet<usize>) -> Vec<(String, Vec<String>)> {
    let Some(base) = c.document.dateline else { return vec![] };
    let t = &c.ready.text;
    let mut found: BTreeMap<String, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for (day, s, i, how) in days(c.ready, base) {
        found.entry(day).or_default().push((s, i, how));
    }
    let away = |k: usize| sentences.iter().map(|s| s.abs_diff(k)).min().unwrap_or(99);
    let nearest = found.values().flatten().map(|x| away(x.0)).min().unwrap_or(99);
    let mut out = Vec::new();
    for (day, places) in &found {
        let mut f = vec!["day".to_owned()];
        let near = places.iter().map(|x| away(x.0)).min().unwrap_or(99);
        steps(&mut f, "away", near as f64, &[1.0, 2.0, 3.0, 5.0]);
        steps(&mut f, "behind", (near - nearest) as f64, &[1.0, 2.0, 4.0]);
        steps(&mut f, "times", places.len() as f64, &[2.0, 3.0]);
        let rivals = found.values().filter(|p| p.iter().any(|x| away(x.0) <= near)).count();
        steps(&mut f, "rivals", rivals as f64, &[2.0, 3.0, 4.0]);
        for (s, i, how) in places.iter().filter(|x| away(x.0) == near) {
            let before = if *i > t.sentences[*s].tokens.start { t.small(i - 1) } else { "" };
            f.extend([format!("before {before}"), format!("how {how}"), format!("number {}", (*s).min(3))]);
        }
        out.push((day.clone(), f));
    }
    let mut f = vec!["open".to_owned()];
    steps(&mut f, "o nearest", nearest as f64, &[1.0, 2.0, 3.0, 5.0, 90.0]);
    steps(&mut f, "o rivals", found.len() as f64, &[1.0, 2.0, 3.0, 4.0]);
    out.push((format!("- {}", show(base)), f));
    out
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
