//! From runs that may be something to the entities of a document: runs of one thing are put together, and of every thing
//! it is asked whether it fills a slot at all, given the whole document.

use std::collections::{BTreeMap, BTreeSet};

use extract::lexicon::{Entry, Hit};
use extract::tag::{Marked, Ready};

use super::context::{ODDS, Told, log_odds};
use super::forms::{Unnamed, forms};
use super::key::{Document, ROLES, plain};
use super::learn::{ByRole, DESCRIBED, Lesson, Memory, is_of, kin, last, sentence_of, steps};
use super::score::{Tally, aligned};

/// Precision of the weights by which things are chosen.
const PRECISION: f64 = 60.0;

/// One thing that may fill a slot.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) role: usize,
    /// A victim that is described, not named.
    pub(super) described: bool,
    pub(super) text: String,
    /// Of a victim that is described, its name; of one that is named, what it is called besides.
    pub(super) also: Option<String>,
    /// All strings it goes by here.
    pub(super) strings: BTreeSet<String>,
    pub(super) sentence: usize,
    /// Where it stands: first tokens, with the probability of the best run there.
    pub(super) places: BTreeMap<usize, f64>,
    /// What the training documents know of its string.
    pub(super) known: Vec<String>,
    /// Probability that it fills a slot: at first, that some run of it was rightly marked.
    pub(super) p: f64,
}

impl Found {
    /// Where it stands, as long as its string is.
    pub(super) fn runs(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let words = plain(&self.text).split(' ').count();
        self.places.keys().map(move |i| *i..*i + words)
    }

    /// What the lexicon says that it is.
    pub(super) fn classes(&self, ready: &Ready<'_>) -> BTreeSet<String> {
        let meets = |h: &Hit| self.runs().any(|r| h.tokens.start < r.end && r.start < h.tokens.end);
        let class = |h: &Hit| match h.entry {
            Entry::Role(class) => Some(format!("{class:?}")),
            _ => None,
        };
        let out: BTreeSet<_> = ready.hits.iter().filter(|h| meets(h)).filter_map(class).collect();
        if out.is_empty() { BTreeSet::from(["None".to_owned()]) } else { out }
    }
}

struct Run {
    tokens: std::ops::Range<usize>,
    key: String,
    described: bool,
    p: f64,
}

/// Puts the runs of a document together.
pub(super) fn gather(ready: &Ready<'_>, marked: &[Marked], memory: &Memory) -> Vec<Unnamed> {
    let t = &ready.text;
    let all_words = plain(t.raw);
    // "FARABUNDO MARTI NATIONAL LIBERATION FRONT [FMLN]"
    let alias = |a: &str, b: &str| all_words.contains(&format!("{a} {b} ")) && (b.len() < 8 || a.len() < 8);
    let mut out = Vec::new();
    for (role, name) in ROLES.iter().enumerate() {
        let mut runs: Vec<Run> = marked
            .iter()
            .filter(|m| is_of(m, name))
            .map(|m| Run {
                tokens: m.tokens.clone(),
                key: plain(t.slice(m.tokens.clone())),
                described: m.label.ends_with(DESCRIBED),
                p: m.p,
            })
            .filter(|r| !r.key.is_empty())
            .collect();
        runs.sort_by(|a, b| b.p.total_cmp(&a.p).then(a.tokens.start.cmp(&b.tokens.start)));
        let same = |a: &str, b: &str| -> bool {
            let (x, y): (BTreeSet<&str>, BTreeSet<&str>) = (a.split(' ').collect(), b.split(' ').collect());
            let within = x.is_subset(&y) || y.is_subset(&x);
            a == b
                || within && (last(a) == last(b) || matches!(role, 1 | 3))
                || role == 1 && (alias(a, b) || alias(b, a))
                || initials(a) == b
                || initials(b) == a
        };
        let mut groups: Vec<Vec<Run>> = Vec::new();
        for r in runs {
            let overlaps = |o: &Run| o.tokens.start < r.tokens.end && r.tokens.start < o.tokens.end;
            // "JUDGE MARIA DIAZ", "MARIA DIAZ, A JUDGE": a description beside a name is of who is named.
            let beside = |o: &Run| {
                let (a, b) = if o.tokens.start < r.tokens.start { (o, &r) } else { (&r, o) };
                role == 3
                    && o.described != r.described
                    && (a.tokens.end == b.tokens.start
                        || a.tokens.end + 1 == b.tokens.start && t.small(a.tokens.end) == ",")
            };
            let at = groups
                .iter()
                .position(|g| g.iter().any(&overlaps))
                .or_else(|| groups.iter().position(|g| g.iter().any(&beside)))
                .or_else(|| groups.iter().position(|g| same(&g[0].key, &r.key)));
            match at {
                Some(k) => groups[k].push(r),
                None => groups.push(vec![r]),
            }
        }
        for g in groups {
            let forms = forms(ready, memory, role, g.iter().map(|r| (r.tokens.clone(), r.described, r.p)));
            let mut places: BTreeMap<usize, f64> = BTreeMap::new();
            for r in &g {
                let at = g.iter().find(|o| o.tokens.start <= r.tokens.start && r.tokens.start < o.tokens.end);
                let p = places.entry(at.map_or(r.tokens.start, |o| o.tokens.start)).or_default();
                *p = p.max(r.p);
            }
            let none: f64 = places.values().map(|p| 1.0 - p).product();
            out.push(Unnamed {
                role,
                strings: g.into_iter().map(|r| r.key).collect(),
                sentence: sentence_of(ready, forms[0].tokens.start),
                places,
                forms,
                p: 1.0 - none,
            });
        }
    }
    out
}

fn initials(text: &str) -> String {
    text.split(' ')
        .filter(|w| !matches!(*w, "of" | "for" | "and" | "de" | "la"))
        .filter_map(|w| w.chars().next())
        .collect()
}

/// Features of the things of a document, given what it tells.
pub(super) fn features(d: &Document, ready: &Ready<'_>, things: &[Found], told: &Told) -> Vec<Vec<String>> {
    let all = plain(&d.raw[d.body..]);
    let odds: Vec<f64> = things.iter().map(|f| log_odds(f.p)).collect();
    let top = odds.iter().copied().fold(-9.0, f64::max);
    let expected: f64 = things.iter().map(|f| f.p).sum();
    // By role, the best chance and all of them; by thing, the best chance in each of its sentences.
    let by_role: Vec<(f64, f64)> = (0..ROLES.len())
        .map(|role| {
            let own: Vec<f64> = things.iter().filter(|g| g.role == role).map(|g| g.p).collect();
            (own.iter().copied().fold(0.0, f64::max), own.iter().sum())
        })
        .collect();
    let in_sentences: Vec<BTreeMap<usize, f64>> = things
        .iter()
        .map(|g| {
            let mut best = BTreeMap::new();
            for (at, p) in &g.places {
                let known = best.entry(sentence_of(ready, *at)).or_insert(0.0);
                *known = p.max(*known);
            }
            best
        })
        .collect();
    things
        .iter()
        .zip(&odds)
        .map(|(f, o)| {
            let mut out = vec!["any".to_owned()];
            let key = plain(&f.text);
            steps(&mut out, "odds", *o, &ODDS);
            steps(&mut out, "best", log_odds(f.places.values().copied().fold(0.0, f64::max)), &ODDS);
            steps(&mut out, "places", f.places.len() as f64, &[2.0, 3.0, 5.0]);
            let said = all.matches(&key).count() as f64;
            steps(&mut out, "said", said, &[2.0, 3.0, 5.0, 8.0]);
            steps(&mut out, "document", log_odds(told.document), &ODDS);
            let sentence = told.sentences.get(f.sentence).copied().unwrap_or(0.0);
            steps(&mut out, "tells", log_odds(sentence), &ODDS);
            let tells = told.sentences.iter().copied().fold(0.0, f64::max);
            steps(&mut out, "some tells", log_odds(tells), &ODDS);
            steps(&mut out, "top", top, &ODDS);
            steps(&mut out, "expected", expected, &[0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0]);
            steps(&mut out, "sentence", f.sentence as f64, &[1.0, 2.0, 4.0, 8.0, 16.0]);
            let better = things.iter().zip(&odds).filter(|(g, x)| g.role == f.role && *x > o).count();
            steps(&mut out, "better", better as f64, &[1.0, 2.0, 3.0, 5.0]);
            let lead = things.iter().zip(&odds).filter(|(g, _)| g.role == f.role).map(|x| *x.1).fold(-9.0, f64::max);
            steps(&mut out, "behind", lead - o, &[0.5, 1.0, 2.0, 3.0, 4.0]);
            let rival = things
                .iter()
                .zip(&odds)
                .filter(|(g, x)| g.role != f.role && *x > o && !g.strings.is_disjoint(&f.strings))
                .map(|(g, _)| ROLES[g.role])
                .next();
            out.push(format!("rival {}", rival.unwrap_or("none")));
            steps(&mut out, "words", key.split(' ').count() as f64, &[2.0, 3.0, 4.0, 6.0]);
            out.push(format!("described {}", f.described));
            out.extend(f.known.iter().cloned());
            let most = f.places.keys().map(|i| told.sentences[sentence_of(ready, *i)]).fold(0.0, f64::max);
            steps(&mut out, "most tells", log_odds(most), &ODDS);
            let classes = f.classes(ready);
            out.extend(classes.iter().map(|k| format!("is {k}")));
            let mut parts: Vec<String> = Vec::new();
            for run in f.runs() {
                for a in &told.acts {
                    if let Some(part) = a.part(&run) {
                        parts.push(format!("part {part}"));
                        parts.push(format!("part {part} {}", a.kind));
                        parts.push(format!("part {part} {}", a.mood));
                        parts.push(format!("part {part} {}", a.when));
                        let others = if part == "by" { &a.to } else { &a.by };
                        for (_, other) in others {
                            parts.push(format!("part {part} with {other}"));
                            parts.extend(classes.iter().map(|k| format!("part {part} {k} with {other}")));
                        }
                        parts.extend(classes.iter().map(|k| format!("part {part} {k} {}", a.kind)));
                    }
                }
            }
            if parts.is_empty() {
                parts.push("no part".to_owned());
            }
            parts.sort();
            parts.dedup();
            out.extend(parts);
            let strong = things.iter().zip(&odds).filter(|(g, x)| g.role == f.role && **x > 0.0).count();
            steps(&mut out, "strong", strong as f64, &[1.0, 2.0, 3.0, 5.0]);
            out.push(format!("string {key}"));
            out.extend(key.split(' ').map(|w| format!("word {w}")));
            out.extend(key.split(' ').flat_map(|w| kin("word", w)));
            out.push(format!("last {}", last(&key)));
            out.extend(kin("last", &last(&key)));
            f.runs().for_each(|run| around(ready, &run, &mut out));
            let mine: BTreeSet<usize> = f.places.keys().map(|i| sentence_of(ready, *i)).collect();
            for (role, name) in ROLES.iter().enumerate() {
                let (top, sum) = by_role[role];
                steps(&mut out, &format!("top {name}"), top, &CHANCES);
                steps(&mut out, &format!("all {name}"), sum, &[0.0, 1.0, 2.0, 3.0, 4.0]);
                if role != f.role {
                    let own = things.iter().zip(&in_sentences).filter(|(g, _)| g.role == role);
                    let here = own.flat_map(|(_, best)| best).filter(|(s, _)| mine.contains(s));
                    steps(&mut out, &format!("beside {name}"), here.map(|x| *x.1).fold(0.0, f64::max), &CHANCES);
                }
            }
            out.sort();
            out.dedup();
            out
        })
        .collect()
}

/// Steps of a chance.
const CHANCES: [f64; 8] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];

/// Words around a run of tokens, with how far before or after, and the words of its sentence.
pub(super) fn around(ready: &Ready<'_>, run: &std::ops::Range<usize>, out: &mut Vec<String>) {
    let t = &ready.text;
    for k in 1..=4 {
        for (name, at) in [("before", run.start.checked_sub(k)), ("after", Some(run.end - 1 + k))] {
            let Some(word) = at.filter(|i| *i < t.tokens.len()).map(|i| t.small(i)) else { continue };
            out.push(format!("{name} {word}"));
            out.push(format!("{name} {} {word}", k.min(3)));
        }
    }
    let sentence = &t.sentences[sentence_of(ready, run.start)];
    out.extend(sentence.tokens.clone().map(|i| {
        let short: String = t.small(i).chars().take(7).collect();
        format!("with {short}")
    }));
}

/// Learns whether things fill slots, from things of documents that had no part in finding them.
pub(super) fn chooser(lessons: &[&(usize, Lesson)]) -> ByRole {
    ByRole::train(lessons, 5, PRECISION)
}

/// The probability from which on the most is gained by keeping things, given their probabilities, by something that had
/// not seen them, and whether they are right; `possible` is how many there were.
pub(super) fn level(mut scored: Vec<(f64, bool)>, possible: f64) -> f64 {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut tally = Tally { possible, ..Tally::default() };
    let mut best = (0.0, 0.5);
    for (p, right) in scored {
        tally.actual += 1.0;
        tally.correct += f64::from(right);
        if tally.f() > best.0 {
            best = (tally.f(), p);
        }
    }
    best.1
}

/// Which things stand in the key, each true entity once.
pub(super) fn stands_in_key(key: &[Vec<(BTreeSet<String>, bool)>], things: &[Found]) -> Vec<bool> {
    let mut out = vec![false; things.len()];
    for (role, key) in key.iter().enumerate() {
        let own: Vec<usize> = (0..things.len()).filter(|i| things[*i].role == role).collect();
        let found = aligned(key, own.iter().map(|i| things[*i].text.as_str()));
        own.into_iter().zip(found).for_each(|(i, at)| out[i] = at.is_some());
    }
    out
}
