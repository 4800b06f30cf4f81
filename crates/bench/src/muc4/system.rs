//! All that is learned, and how a document is read with it.

use std::collections::BTreeMap;

use extract::tag::{Marked, Ready, Tagger, Training, candidates};

use super::acts::{Act, acts};
use super::choose::{Found, chooser, features, gather, level, stands_in_key};
use super::context::{self, Context, Told};
use super::echo::echo;
use super::fill::Case;
use super::forms;
use super::incidents::Incidents;
use super::key::{Document, Template, entities};
use super::learn::{ByRole, Classes, Lesson, Memory, Parts, across, lesson, marks, those};

/// Precision of the weights of what sentences say of a document.
const PRECISION: f64 = 10.0;
/// A run that is less likely than this is not looked at.
const LEAST: f64 = 0.01;
/// By role: a thing of this probability may stand in a template.
const KEEP: [f64; 5] = [0.15, 0.2, 0.08, 0.08, 0.15];

/// Runs that any of them finds.
fn marked(taggers: &[Tagger], ready: &Ready<'_>) -> Vec<Marked> {
    mean(taggers.iter().map(|t| candidates(t, ready, LEAST)).collect())
}

/// Runs that any has found, with the mean of their probabilities.
fn mean(all: Vec<Vec<Marked>>) -> Vec<Marked> {
    let n = all.len() as f64;
    let mut by: BTreeMap<(usize, usize, String), f64> = BTreeMap::new();
    for m in all.into_iter().flatten() {
        *by.entry((m.tokens.start, m.tokens.end, m.label)).or_default() += m.p / n;
    }
    let run = |((start, end, label), p)| Marked { tokens: start..end, label, p };
    by.into_iter().map(run).filter(|m| m.p >= LEAST).collect()
}

/// All that is learned.
pub(super) struct System {
    context: Context,
    judge: Parts<Classes>,
    /// What marks a text at first, and what marks it again.
    first: Vec<Tagger>,
    again: Vec<Tagger>,
    memory: Memory,
    namer: Parts<ByRole>,
    chooser: Parts<ByRole>,
    /// A thing of this probability is one of the answer's.
    least: f64,
    incidents: Incidents,
}

/// What was read of a document.
pub(super) struct Answer {
    pub(super) things: Vec<Found>,
    pub(super) templates: Vec<Template>,
}

/// Things that may stand in templates.
fn kept(things: &[Found]) -> Vec<Found> {
    things.iter().filter(|f| f.p >= KEEP[f.role]).cloned().collect()
}

impl System {
    pub(super) fn train(docs: &[&Document]) -> Self {
        let n = docs.len();
        let mut ready: Vec<Ready<'_>> = docs.iter().map(|d| Ready::new(&d.raw, d.body)).collect();
        let marked: Vec<Vec<Marked>> = docs.iter().zip(&ready).map(|(d, r)| marks(r, d)).collect();
        let acted: Vec<Vec<Act>> = docs.iter().zip(&ready).map(|(d, r)| acts(d, r)).collect();
        let some = |own: &[usize]| -> Vec<&Document> { own.iter().map(|i| docs[*i]).collect() };

        // Whether documents, and which of their sentences, tell of an incident.
        let (first, document) =
            across(n, |own| Context::documents(&some(own)), |c, i| c.p(&context::words(docs[i]), "true"));
        let (mut told, sentence) = across(
            n,
            |own| {
                Context::sentences(
                    &own.iter().map(|i| (&ready[*i], &*marked[*i], &*acted[*i], first[*i])).collect::<Vec<_>>(),
                )
            },
            |c, i| Told::new(|x| c.p(x, "true"), &ready[i], acted[i].clone(), first[i]),
        );
        let (chance, judge) = across(
            n,
            |own| {
                let of = |i: &usize| lesson(told[*i].summary(), docs[*i].relevant());
                Classes::train(&own.iter().map(of).collect::<Vec<_>>(), 1, PRECISION)
            },
            |c, i| c.p(&told[i].summary(), "true"),
        );
        told.iter_mut().zip(&chance).for_each(|(t, p)| t.document = *p);
        told.iter().zip(&mut ready).for_each(|(t, r)| t.remark(r));

        // What may fill a slot, what it is called, and whether it does.
        let tagger = |ready: &[Ready<'_>], own: &[usize]| {
            let texts: Vec<_> = own.iter().map(|i| (&ready[*i], &*marked[*i])).collect();
            Tagger::train(&texts, Training::default())
        };
        let (at_first, first) = across(n, |own| tagger(&ready, own), |tagger, i| candidates(tagger, &ready[i], LEAST));
        ready.iter_mut().zip(&at_first).for_each(|(r, m)| echo(r, m));
        let ready = &ready;
        let (found, again) = across(
            n,
            |own| (tagger(ready, own), Memory::new(&some(own))),
            |(tagger, memory), i| {
                let all = mean(vec![at_first[i].clone(), candidates(tagger, &ready[i], LEAST)]);
                gather(&ready[i], &all, memory)
            },
        );
        let keys: Vec<_> = docs.iter().map(|d| entities(&d.templates)).collect();
        let strings: Vec<Vec<_>> = (0..n).map(|i| forms::lessons(&ready[i], &found[i], &keys[i])).collect();
        let (found, namer) = across(
            n,
            |own| forms::namer(&those(&strings, own)),
            |namer, i| forms::name(|r, x| namer.p(r, x), &ready[i], &found[i]),
        );
        let lessons: Vec<Vec<(usize, Lesson)>> = (0..n)
            .map(|i| {
                let right = stands_in_key(&keys[i], &found[i]);
                let all = features(docs[i], &ready[i], &found[i], &told[i]).into_iter().zip(&found[i]).zip(right);
                all.map(|((x, f), right)| (f.role, lesson(x, right))).collect()
            })
            .collect();
        let (chances, chosen) = across(
            n,
            |own| chooser(&those(&lessons, own)),
            |c, i| lessons[i].iter().map(|(role, l)| c.p(*role, &l.0)).collect::<Vec<_>>(),
        );

        let scored = chances.iter().flatten().copied().zip(lessons.iter().flatten().map(|l| l.1.1 == "true")).collect();
        let least = level(scored, keys.iter().flatten().flatten().filter(|e| !e.1).count() as f64);

        let cases: Vec<Case<'_>> = (0..n)
            .map(|i| {
                let with = found[i].iter().zip(&chances[i]).map(|(f, p)| Found { p: *p, ..f.clone() });
                let things = kept(&with.collect::<Vec<_>>());
                Case { document: docs[i], ready: &ready[i], told: &told[i], things }
            })
            .collect();
        let incidents = Incidents::train(&cases);
        let (context, memory) = (Context { document, sentence }, Memory::new(docs));
        let again = again.0.into_iter().map(|t| t.0).collect();
        Self { context, judge, first: first.0, again, memory, namer, chooser: chosen, least, incidents }
    }

    /// Weights of the models that mark runs, in all.
    pub(super) fn weights(&self) -> usize {
        self.first.iter().chain(&self.again).map(Tagger::weights).sum()
    }

    /// Reads a document.
    pub(super) fn read(&self, d: &Document) -> Answer {
        let mut ready = Ready::new(&d.raw, d.body);
        let mut told = self.context.tell(d, &ready);
        let summary = told.summary();
        told.document = self.judge.mean(|c| c.p(&summary, "true"));
        told.remark(&mut ready);
        let at_first = marked(&self.first, &ready);
        echo(&mut ready, &at_first);
        let found = gather(&ready, &mean(vec![at_first, marked(&self.again, &ready)]), &self.memory);
        let mut things = forms::name(|r, x| self.namer.mean(|c| c.p(r, x)), &ready, &found);
        let features = features(d, &ready, &things, &told);
        things.iter_mut().zip(&features).for_each(|(f, x)| f.p = self.chooser.mean(|c| c.p(f.role, x)));
        let templates =
            self.incidents.templates(&Case { document: d, ready: &ready, told: &told, things: kept(&things) });
        things.retain(|f| f.p >= self.least);
        Answer { things, templates }
    }
}
