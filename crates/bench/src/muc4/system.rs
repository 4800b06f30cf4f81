//! All that is learned, and how a document is read with it.

use extract::tag::{Marked, Ready, Tagger, Training, candidates};

use super::acts::{Act, acts};
use super::choose::{Chooser, Found, Lesson, features, gather, level, stands_in_key};
use super::context::{self, Context, Told};
use super::fill::{Case, Filler};
use super::key::{Document, Template, entities};
use super::learn::{Classes, Memory, marks};

/// Parts into which the training documents are cut: what learns from the finds in one part learns from finds of models
/// that were trained on the others.
const FOLDS: usize = 5;
/// Precision of the weights of what sentences say of a document.
const PRECISION: f64 = 10.0;
/// A run that is less likely than this is not looked at.
const LEAST: f64 = 0.01;
/// A thing of this probability stands in a template, where one of `TOP` does.
const KEEP: f64 = 0.15;
const TOP: f64 = 0.25;

/// What finds things in a document.
struct Finder {
    tagger: Tagger,
    memory: Memory,
}

impl Finder {
    fn train(docs: &[&Document], texts: &[(&Ready<'_>, &[Marked])]) -> Self {
        Self { tagger: Tagger::train(texts, Training::default()), memory: Memory::new(docs) }
    }

    /// Things, with the features that say whether they count.
    fn find(&self, d: &Document, ready: &Ready<'_>, told: &Told) -> (Vec<Found>, Vec<Vec<String>>) {
        let things = gather(ready, &candidates(&self.tagger, ready, LEAST));
        let features = features(d, ready, &things, told, &self.memory);
        (things, features)
    }
}

/// One value for each of `n` documents, from something that has learned from the other parts; and the same thing, learned
/// from all.
fn across<T: Send, U: Send>(
    n: usize,
    train: impl Fn(&[usize]) -> T + Sync,
    ask: impl Fn(&T, usize) -> U + Sync,
) -> (Vec<U>, T) {
    let fold = |k: usize| {
        let own: Vec<usize> = (0..n).filter(|i| i % FOLDS != k).collect();
        let made = train(&own);
        let said: Vec<(usize, U)> = (0..n).filter(|i| i % FOLDS == k).map(|i| (i, ask(&made, i))).collect();
        (made, said)
    };
    let (fold, mut out) = (&fold, Vec::new());
    // Two threads: what is learned does not depend on who learns it.
    std::thread::scope(|s| {
        let parts = [0..FOLDS / 2 + 1, FOLDS / 2 + 1..FOLDS + 1];
        for p in parts.map(|part| s.spawn(move || part.map(fold).collect::<Vec<_>>())) {
            out.extend(p.join().expect("learning does not panic"));
        }
    });
    let all = out.pop().expect("the last part leaves nothing out").0;
    let mut said: Vec<(usize, U)> = out.into_iter().flat_map(|o| o.1).collect();
    said.sort_by_key(|s| s.0);
    (said.into_iter().map(|s| s.1).collect(), all)
}

/// All that is learned.
pub(super) struct System {
    context: Context,
    judge: Classes,
    finder: Finder,
    chooser: Chooser,
    /// A thing of this probability is one of the answer's.
    least: f64,
    filler: Filler,
}

/// What was read of a document.
pub(super) struct Answer {
    pub(super) things: Vec<Found>,
    pub(super) templates: Vec<Template>,
}

/// Things that stand in templates.
fn kept(things: &[Found]) -> Vec<Found> {
    if things.iter().all(|f| f.p < TOP) { vec![] } else { things.iter().filter(|f| f.p >= KEEP).cloned().collect() }
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
            |c, i| Told::new(c, &ready[i], acted[i].clone(), first[i]),
        );
        let (again, judge) = across(
            n,
            |own| {
                let lesson = |i: &usize| (told[*i].summary(), docs[*i].relevant().to_string());
                Classes::train(&own.iter().map(lesson).collect::<Vec<_>>(), 1, PRECISION)
            },
            |c, i| c.p(&told[i].summary(), "true"),
        );
        told.iter_mut().zip(&again).for_each(|(t, p)| t.document = *p);
        told.iter().zip(&mut ready).for_each(|(t, r)| t.remark(r));
        let ready = &ready;

        // What may fill a slot, and whether it does.
        let (found, finder) = across(
            n,
            |own| Finder::train(&some(own), &own.iter().map(|i| (&ready[*i], &*marked[*i])).collect::<Vec<_>>()),
            |f, i| f.find(docs[i], &ready[i], &told[i]),
        );
        let keys: Vec<_> = docs.iter().map(|d| entities(&d.templates)).collect();
        let lessons: Vec<Vec<Lesson>> = found
            .iter()
            .zip(&keys)
            .map(|((things, features), key)| {
                let right = stands_in_key(key, things);
                let all = things.iter().zip(features).zip(right);
                all.map(|((f, x), right)| Lesson { role: f.role, features: x.clone(), right }).collect()
            })
            .collect();
        let (chances, chooser) = across(
            n,
            |own| Chooser::train(&own.iter().flat_map(|i| &lessons[*i]).collect::<Vec<_>>()),
            |c, i| lessons[i].iter().map(|l| c.p(l.role, &l.features)).collect::<Vec<_>>(),
        );

        let scored = chances.iter().flatten().copied().zip(lessons.iter().flatten().map(|l| l.right)).collect();
        let least = level(scored, keys.iter().flatten().flatten().filter(|e| !e.1).count() as f64);

        let cases: Vec<Case<'_>> = (0..n)
            .map(|i| {
                let with = found[i].0.iter().zip(&chances[i]).map(|(f, p)| Found { p: *p, ..f.clone() });
                let things = kept(&with.collect::<Vec<_>>());
                Case { document: docs[i], ready: &ready[i], told: &told[i], things }
            })
            .collect();
        let filler = Filler::train(&cases);
        Self { context: Context { document, sentence }, judge, finder, chooser, least, filler }
    }

    /// Weights of the model that marks runs.
    pub(super) fn weights(&self) -> usize {
        self.finder.tagger.weights()
    }

    /// Reads a document.
    pub(super) fn read(&self, d: &Document) -> Answer {
        let mut ready = Ready::new(&d.raw, d.body);
        let mut told = self.context.tell(d, &ready);
        told.document = self.judge.p(&told.summary(), "true");
        told.remark(&mut ready);
        let (mut things, features) = self.finder.find(d, &ready, &told);
        things.iter_mut().zip(&features).for_each(|(f, x)| f.p = self.chooser.p(f.role, x));
        let templates = self.filler.fill(&Case { document: d, ready: &ready, told: &told, things: kept(&things) });
        things.retain(|f| f.p >= self.least);
        Answer { things, templates }
    }
}
