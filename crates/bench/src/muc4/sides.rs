//! What the marks of a trained model add to the rules' reading: who did it, and who or what suffered.

use std::collections::BTreeSet;

use extract::read::marked::{PERPETRATOR, TARGET};
use extract::tag::{Marked, Ready, Tagger, Training, marks};
use extract::{Known, Read, Setting};

use super::key::{Document, entities, plain};
use super::score::Tally;

/// By side: the roles of the key that stand on it.
const SIDES: [(&str, [usize; 2]); 2] = [(PERPETRATOR, [0, 1]), (TARGET, [2, 3])];

/// What the rules read, and what they read with gaps filled: both sides together.
pub(super) fn sides(train: &[&Document], test: &[&Document]) -> [Tally; 2] {
    let ready: Vec<Ready<'_>> = train.iter().map(|d| Ready::new(&d.raw, d.body)).collect();
    let marked: Vec<Vec<Marked>> = train.iter().zip(&ready).map(|(d, r)| marked(d, r)).collect();
    let lessons: Vec<(&Ready<'_>, &[Marked])> = ready.iter().zip(&marked).map(|(r, m)| (r, m.as_slice())).collect();
    let tagger = Tagger::train(&lessons, Training::default());
    let mut out = [Tally::default(); 2];
    for d in test {
        let ready = Ready::new(&d.raw, d.body);
        let mut read = extract::read(&ready.text, &Known::default(), Setting::default());
        out[0].add(score(d, &read));
        read.fill(&ready, &Known::default(), &tagger);
        out[1].add(score(d, &read));
    }
    out
}

fn strings(d: &Document, roles: [usize; 2]) -> Vec<BTreeSet<String>> {
    let all = entities(&d.templates);
    roles.into_iter().flat_map(|r| all[r].clone()).map(|e| e.0).collect()
}

fn marked(d: &Document, ready: &Ready<'_>) -> Vec<Marked> {
    let of: Vec<(&str, String)> = SIDES
        .into_iter()
        .flat_map(|(label, roles)| strings(d, roles).into_iter().flatten().map(move |s| (label, s)))
        .collect();
    marks(&ready.text, of.iter().map(|(label, s)| (*label, s.as_str())))
}

/// Phrases count as right when a string of the key stands in them or they in it.
fn score(d: &Document, read: &Read) -> Tally {
    let mut out = Tally::default();
    for (side, (_, roles)) in SIDES.into_iter().enumerate() {
        let key = strings(d, roles);
        let parties = read.events.iter().flat_map(|e| if side == 0 { &e.by } else { &e.to });
        let said: BTreeSet<String> = parties.map(|p| plain(&d.raw[p.part.span.clone()])).collect();
        let meets = |a: &str, b: &str| !a.is_empty() && (a.contains(b) || b.contains(a));
        let found = |e: &BTreeSet<String>| e.iter().any(|k| said.iter().any(|s| meets(s, k)));
        out.add(Tally {
            correct: key.iter().filter(|e| found(e)).count() as f64,
            actual: said.len() as f64,
            possible: key.len() as f64,
        });
    }
    out
}
