//! How a thing is called: of the strings that may be meant, the one that people write down. "SEVERAL ARMED INDIVIDUALS" are
//! "ARMED INDIVIDUALS", "ALVARO SARAVIA" is "CAPTAIN ALVARO SARAVIA".

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use extract::tag::Ready;

use super::choose::Found;
use super::key::plain;
use super::learn::{ByRole, Lesson, Memory, lesson, sentence_of, steps};

/// Precision of the weights by which strings are chosen.
const PRECISION: f64 = 10.0;

/// Words that end what is called by its first part: "MEMBERS OF THE BATTALION".
const ENDS: [&str; 14] =
    ["of", "in", "at", "from", "who", "that", "which", "with", "near", "on", "belonging", "to", "for", ","];

/// A victim that is named is described too, or the other way round, by a string of this probability.
const ALSO: f64 = 0.5;

/// What is said to make a string that was marked as it is.
const MARKED: &str = "marked";

/// A string that may be meant.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// As it stands in the text.
    text: String,
    pub(super) key: String,
    /// Probability of the runs that are just this, in all.
    p: f64,
    /// Of that, of those that describe, less those that name.
    describes: f64,
    /// What the training documents know of it.
    known: Vec<String>,
    /// Where it stands.
    pub(super) tokens: Range<usize>,
    /// What makes it of a run that was marked.
    made: &'static str,
}

/// A thing that may fill a slot, not yet called by one string.
pub(super) struct Unnamed {
    pub(super) role: usize,
    /// All strings it was marked by.
    pub(super) strings: BTreeSet<String>,
    pub(super) sentence: usize,
    /// Where it stands: first tokens, with the probability of the best run there.
    pub(super) places: BTreeMap<usize, f64>,
    /// Strings that may be meant, the likeliest first; never none.
    pub(super) forms: Vec<Form>,
    /// Probability that some run of it was rightly marked.
    pub(super) p: f64,
}

/// Strings of runs that were marked, and what is a word more or less than they are; the likeliest first.
pub(super) fn forms(
    ready: &Ready<'_>,
    memory: &Memory,
    role: usize,
    marked: impl IntoIterator<Item = (Range<usize>, bool, f64)>,
) -> Vec<Form> {
    let t = &ready.text;
    let form = |tokens: Range<usize>, p, describes, made| {
        let text = t.slice(tokens.clone()).split_whitespace().collect::<Vec<_>>().join(" ");
        Form { key: plain(&text), text, p, describes, known: vec![], tokens, made }
    };
    let mut by: BTreeMap<String, Form> = BTreeMap::new();
    for (tokens, described, p) in marked {
        let next = form(tokens, p, if described { p } else { -p }, MARKED);
        match by.get_mut(&next.key) {
            Some(known) => {
                known.p += p;
                known.describes += next.describes;
                known.tokens = if next.tokens.start < known.tokens.start { next.tokens } else { known.tokens.clone() };
            }
            None => _ = by.insert(next.key.clone(), next),
        }
    }
    let marked: Vec<Form> = by.values().cloned().collect();
    for f in &marked {
        let Range { start, end } = f.tokens;
        let sentence = &t.sentences[sentence_of(ready, start)].tokens;
        let cut = (start + 1..end).find(|i| ENDS.contains(&t.small(*i)));
        let made = [
            ("less", Some(start + 1..end)),
            ("cut", cut.map(|i| start..i)),
            ("head", cut.or(Some(end)).map(|i| i - 1..i)),
            ("before", start.checked_sub(1).map(|i| i..end)),
            ("after", Some(start..end + 1)),
        ];
        for (made, tokens) in made {
            let Some(tokens) = tokens.filter(|r| !r.is_empty() && sentence.start <= r.start && r.end <= sentence.end)
            else {
                continue;
            };
            let next = form(tokens, 0.0, f.describes, made);
            if !next.key.is_empty() {
                by.entry(next.key.clone()).or_insert(next);
            }
        }
    }
    let mut out: Vec<Form> = by.into_values().collect();
    out.iter_mut().for_each(|f| memory.tell(&mut f.known, role, &f.key));
    out.sort_by(|a, b| b.p.total_cmp(&a.p).then(a.tokens.start.cmp(&b.tokens.start)).then(a.key.cmp(&b.key)));
    out
}

/// What is said of the strings of a thing.
fn features(ready: &Ready<'_>, thing: &Unnamed) -> Vec<Vec<String>> {
    let t = &ready.text;
    let all: f64 = thing.forms.iter().map(|f| f.p).sum();
    let of = |f: &Form| {
        let mut out = Vec::new();
        steps(&mut out, "share", f.p / all, &[0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.95]);
        steps(&mut out, "p", f.p, &[0.02, 0.1, 0.3, 0.6, 1.0, 2.0]);
        steps(&mut out, "words", f.key.split(' ').count() as f64, &[2.0, 3.0, 4.0, 5.0, 7.0]);
        let better = thing.forms.iter().filter(|g| g.p > f.p).count();
        steps(&mut out, "better", better as f64, &[1.0, 2.0, 3.0]);
        let made = f.made;
        out.push(format!("made {made}"));
        let (first, last) = (t.small(f.tokens.start), t.small(f.tokens.end - 1));
        let before = f.tokens.start.checked_sub(1).map_or("", |i| t.small(i));
        let after = t.small(f.tokens.end);
        for (name, word) in [("first", first), ("last", last), ("left of", before), ("right of", after)] {
            out.push(format!("{name} {word}"));
            out.push(format!("{made} {name} {word}"));
        }
        out.extend(f.known.iter().cloned());
        let top = &thing.forms[0];
        if f.key != top.key {
            out.push(format!("longer {}", f.key.len() > top.key.len()));
            out.push(format!("within {} {}", top.key.contains(&f.key), f.key.contains(&top.key)));
        }
        out.push(format!("describes {}", f.describes > 0.0));
        out
    };
    thing.forms.iter().map(of).collect()
}

/// Lessons from the things of a document: those that are called by some string of the key.
pub(super) fn lessons(
    ready: &Ready<'_>,
    things: &[Unnamed],
    key: &[Vec<(BTreeSet<String>, bool)>],
) -> Vec<(usize, Lesson)> {
    let mut out = Vec::new();
    for thing in things {
        let right = |f: &Form| key[thing.role].iter().any(|e| e.0.contains(&f.key));
        if thing.forms.iter().any(right) {
            let all = features(ready, thing).into_iter().zip(&thing.forms);
            out.extend(all.map(|(x, f)| (thing.role, lesson(x, right(f)))));
        }
    }
    out
}

/// Learns which string a thing is called by.
pub(super) fn namer(lessons: &[&(usize, Lesson)]) -> ByRole {
    ByRole::train(lessons, 2, PRECISION)
}

/// Calls things by the strings that are likeliest to be written down: by their role and what is said of the string.
pub(super) fn name(likely: impl Fn(usize, &[String]) -> f64, ready: &Ready<'_>, things: &[Unnamed]) -> Vec<Found> {
    let call = |thing: &Unnamed| {
        let scored: Vec<(f64, &Form)> =
            features(ready, thing).into_iter().map(|x| likely(thing.role, &x)).zip(&thing.forms).collect();
        let best = |of: &dyn Fn(&Form) -> bool| {
            let some = scored.iter().filter(|x| of(x.1));
            some.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.p.total_cmp(&b.1.p))).copied()
        };
        let (_, form) = best(&|_| true)?;
        let other = |f: &Form| f.made == MARKED && (f.describes > 0.0) != (form.describes > 0.0);
        let also = best(&other).filter(|x| thing.role == 3 && x.0 >= ALSO).map(|x| x.1.text.clone());
        let mut strings = thing.strings.clone();
        strings.insert(form.key.clone());
        Some(Found {
            role: thing.role,
            described: form.describes > 0.0,
            text: form.text.clone(),
            also,
            strings,
            sentence: thing.sentence,
            places: thing.places.clone(),
            known: form.known.clone(),
            p: thing.p,
        })
    };
    things.iter().filter_map(call).collect()
}
