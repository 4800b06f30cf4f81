//! What training documents teach: where things that fill slots stand, and classes of anything by what is said of it.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use extract::tag::{Marked, Ready};
use lbfgs::Lbfgs;

use super::key::{Document, ROLES, entities, plain};

/// What is added to the label of a victim that is described, not named.
pub(super) const DESCRIBED: &str = "Described";

/// Steps of a search for weights, at most.
const STEPS: usize = 200;

/// The sentence of a token.
pub(super) fn sentence_of(ready: &Ready<'_>, token: usize) -> usize {
    ready.text.sentences.iter().position(|s| s.tokens.contains(&token)).unwrap_or(0)
}

/// Whether a run is marked as something of a role.
pub(super) fn is_of(m: &Marked, role: &str) -> bool {
    m.label.trim_end_matches(DESCRIBED) == role
}

/// Runs of tokens to be marked for training: wherever a string of the key stands.
pub(super) fn marks(ready: &Ready<'_>, d: &Document) -> Vec<Marked> {
    // Names and descriptions of victims are marked apart: "MAYOR" and "JUAN PEREZ" stand side by side.
    let names = d.templates.iter().flat_map(|x| &x.slots["hum_tgt_name"]).flat_map(|f| &f.values);
    let named: BTreeSet<String> = names.map(|v| plain(v)).collect();
    let mut strings: Vec<(String, String)> = Vec::new();
    for (role, list) in entities(&d.templates).into_iter().enumerate() {
        for s in list.into_iter().flat_map(|e| e.0) {
            let described = role == 3 && !named.contains(&s);
            strings.push((format!("{}{}", ROLES[role], if described { DESCRIBED } else { "" }), s));
        }
    }
    extract::tag::marks(&ready.text, strings.iter().map(|(label, s)| (label.as_str(), s.as_str())))
}

/// Features of something, and its label.
pub(super) type Lesson = (Vec<String>, String);

/// Something that is so or not.
pub(super) fn lesson(features: Vec<String>, right: bool) -> Lesson {
    (features, right.to_string())
}

/// Classes of anything by a set of words said of it: multinomial logistic regression, its weights those most probable
/// given the lessons and a normal law around nothing; what every item of a class has in common is free.
pub(super) struct Classes {
    labels: Vec<String>,
    index: HashMap<String, usize>,
    /// By feature and label; the last row is what all items have in common.
    weights: Vec<f64>,
}

/// What the weights are sought by: items as numbers of features, with the number of their label.
struct Search<'l> {
    lessons: &'l [(Vec<usize>, usize)],
    labels: usize,
    /// Precision of the law of the weights.
    precision: f64,
}

impl Search<'_> {
    /// Probability of each label.
    fn p(weights: &[f64], labels: usize, features: &[usize]) -> Vec<f64> {
        let common = weights.len() / labels - 1;
        let mut out = weights[common * labels..].to_vec();
        for f in features {
            out.iter_mut().zip(&weights[f * labels..]).for_each(|(s, w)| *s += w);
        }
        stats::normalised(stats::from_logs(out))
    }

    /// Surprise at the lessons and at the weights, and its slope.
    fn surprise(&self, weights: &[f64]) -> (f64, Vec<f64>) {
        let common = weights.len() / self.labels - 1;
        let drawn = &weights[..common * self.labels];
        let mut out = 0.5 * self.precision * drawn.iter().map(|w| w * w).sum::<f64>();
        let mut slope: Vec<f64> = drawn.iter().map(|w| self.precision * w).collect();
        slope.resize(weights.len(), 0.0);
        for (features, label) in self.lessons {
            let mut p = Self::p(weights, self.labels, features);
            out -= libm::log(p[*label]);
            p[*label] -= 1.0;
            for f in features.iter().chain([&common]) {
                slope[f * self.labels..].iter_mut().zip(&p).for_each(|(s, p)| *s += p);
            }
        }
        (out, slope)
    }

    /// The least surprising weights: steps of limited memory BFGS, each halved until it leads down far enough.
    fn least(&self, mut weights: Vec<f64>) -> Vec<f64> {
        let (mut here, mut slope) = self.surprise(&weights);
        let mut memory = Lbfgs::new(weights.len(), 7);
        for n in 0..STEPS {
            memory.update_hessian(&slope, &weights);
            let mut way = slope.clone();
            memory.apply_hessian(&mut way);
            let fall: f64 = way.iter().zip(&slope).map(|(w, s)| w * s).sum();
            let first = 1.0 / libm::sqrt(fall).max(1.0);
            let mut step = if n == 0 { first } else { 1.0 };
            let found = std::iter::from_fn(|| {
                let next: Vec<f64> = weights.iter().zip(&way).map(|(w, d)| w - step * d).collect();
                let (there, slope) = self.surprise(&next);
                let enough = there <= here - 1e-4 * step * fall;
                step *= 0.5;
                Some((enough, next, there, slope))
            });
            let Some((_, next, there, next_slope)) = found.take(20).find(|x| x.0) else { break };
            let gained = here - there;
            (weights, here, slope) = (next, there, next_slope);
            if gained < 1e-6 * here {
                break;
            }
        }
        weights
    }
}

impl Classes {
    /// Learns from features and labels. Features seen fewer than `least` times are left out; the higher the `precision`,
    /// the more it takes to believe in one.
    pub(super) fn train<L: Borrow<Lesson>>(lessons: &[L], least: usize, precision: f64) -> Self {
        let lessons = || lessons.iter().map(Borrow::borrow);
        let labels: BTreeSet<&String> = lessons().map(|l| &l.1).collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        let mut count: BTreeMap<&String, usize> = BTreeMap::new();
        lessons().flat_map(|l| &l.0).for_each(|f| *count.entry(f).or_default() += 1);
        let kept = count.into_iter().filter(|c| c.1 >= least).map(|c| c.0);
        let index: HashMap<String, usize> = kept.enumerate().map(|(i, f)| (f.clone(), i)).collect();
        let mut out = Self { weights: vec![0.0; (index.len() + 1) * labels.len()], labels, index };
        if out.labels.len() > 1 {
            let label = |l: &String| out.labels.binary_search(l).unwrap_or(0);
            let lessons: Vec<(Vec<usize>, usize)> =
                lessons().map(|(features, l)| (out.items(features), label(l))).collect();
            let search = Search { lessons: &lessons, labels: out.labels.len(), precision };
            out.weights = search.least(std::mem::take(&mut out.weights));
        }
        out
    }

    fn items(&self, features: &[String]) -> Vec<usize> {
        features.iter().filter_map(|f| self.index.get(f).copied()).collect()
    }

    /// Probability of a label.
    pub(super) fn p(&self, features: &[String], label: &str) -> f64 {
        self.labels.iter().position(|l| l == label).map_or(0.0, |y| self.all(features)[y])
    }

    /// Probability of every label.
    pub(super) fn all(&self, features: &[String]) -> Vec<f64> {
        if self.labels.is_empty() {
            return vec![];
        }
        Search::p(&self.weights, self.labels.len(), &self.items(features))
    }

    /// Probability of each of some labels; nothing, where one never was a lesson's.
    pub(super) fn of(&self, labels: &[String], features: &[String]) -> Vec<f64> {
        let p = self.all(features);
        labels.iter().map(|l| self.labels.binary_search(l).map_or(0.0, |y| p[y])).collect()
    }

    /// All labels.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The likeliest label, and how likely it is.
    pub(super) fn best(&self, features: &[String]) -> (&str, f64) {
        let scored = self.labels.iter().map(String::as_str).zip(self.all(features));
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
    }

    /// Of labels with these probabilities, the one from which most credit is to be expected, and how much: `credit` is
    /// what the second is worth where the first is true.
    pub(super) fn best_for(&self, p: &[f64], credit: impl Fn(&str, &str) -> f64) -> (&str, f64) {
        let worth = |given: &String| -> f64 { self.labels.iter().zip(p).map(|(key, p)| p * credit(key, given)).sum() };
        let scored = self.labels.iter().map(|l| (l.as_str(), worth(l)));
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
    }
}

/// Whether things of each role are something.
pub(super) struct ByRole(Vec<Classes>);

impl ByRole {
    /// Learns from lessons with their roles, each role apart.
    pub(super) fn train(lessons: &[&(usize, Lesson)], least: usize, precision: f64) -> Self {
        let of = |role: usize| {
            let own: Vec<&Lesson> = lessons.iter().filter(|l| l.0 == role).map(|l| &l.1).collect();
            Classes::train(&own, least, precision)
        };
        Self((0..ROLES.len()).map(of).collect())
    }

    /// Probability that a thing of a role is.
    pub(super) fn p(&self, role: usize, features: &[String]) -> f64 {
        self.0[role].p(features, "true")
    }
}

/// Lessons of some documents, of those of all.
pub(super) fn those<'l, L>(all: &'l [Vec<L>], own: &[usize]) -> Vec<&'l L> {
    own.iter().flat_map(|i| &all[*i]).collect()
}

/// Parts into which the training documents are cut: what learns from the finds in one part learns from finds of models
/// that were trained on the others.
const FOLDS: usize = 5;

/// What has learned from all parts of the training documents but one each. New documents are read by the mean of what they
/// say: no surer than any was of those that it had not seen.
pub(super) struct Parts<T>(pub(super) Vec<T>);

impl<T> Parts<T> {
    /// The mean of a probability.
    pub(super) fn mean(&self, of: impl Fn(&T) -> f64) -> f64 {
        self.0.iter().map(of).sum::<f64>() / self.0.len() as f64
    }
}

/// One value for each of `n` documents, from something that has learned from the other parts; and all that has learned.
pub(super) fn across<T: Send, U: Send>(
    n: usize,
    train: impl Fn(&[usize]) -> T + Sync,
    ask: impl Fn(&T, usize) -> U + Sync,
) -> (Vec<U>, Parts<T>) {
    let fold = |k: usize| {
        let own: Vec<usize> = (0..n).filter(|i| i % FOLDS != k).collect();
        let made = train(&own);
        let said: Vec<(usize, U)> = (0..n).filter(|i| i % FOLDS == k).map(|i| (i, ask(&made, i))).collect();
        (made, said)
    };
    let (fold, mut out) = (&fold, Vec::new());
    // Two threads: what is learned does not depend on who learns it.
    std::thread::scope(|s| {
        let parts = [0..FOLDS / 2, FOLDS / 2..FOLDS];
        for p in parts.map(|part| s.spawn(move || part.map(fold).collect::<Vec<_>>())) {
            out.extend(p.join().expect("learning does not panic"));
        }
    });
    let (made, said): (Vec<T>, Vec<Vec<(usize, U)>>) = out.into_iter().unzip();
    let mut said: Vec<(usize, U)> = said.into_iter().flatten().collect();
    said.sort_by_key(|s| s.0);
    (said.into_iter().map(|s| s.1).collect(), Parts(made))
}

/// A number as a feature: one of each step it has passed.
pub(super) fn steps(out: &mut Vec<String>, name: &str, x: f64, at: &[f64]) {
    for a in at.iter().filter(|a| x >= **a) {
        out.push(format!("{name}>={a}"));
    }
}

/// The kin of a word, as features.
pub(super) fn kin(name: &str, word: &str) -> impl Iterator<Item = String> {
    let of = |k: extract::Kin| [format!("{name} ~{}", k.class), format!("{name} ~~{}", k.wide)];
    extract::kin(word).map(of).into_iter().flatten()
}

/// Words of a text, their kin and pairs of words, each once.
pub(super) fn bag(text: &str) -> Vec<String> {
    let all = plain(text);
    let list: Vec<&str> = all.split(' ').collect();
    let mut out: BTreeSet<String> = list.iter().filter(|w| w.len() > 2).map(|w| (*w).to_owned()).collect();
    out.extend(list.windows(2).map(|w| w.join(" ")));
    out.extend(list.iter().flat_map(|w| kin("", w)));
    out.into_iter().collect()
}

/// How often strings, and their last words, filled a role where they stood in a document.
#[derive(Default)]
pub(super) struct Memory {
    /// Documents in which a string stands, of those that fill a template.
    filled: BTreeMap<(usize, String), f64>,
    heads: BTreeMap<(usize, String), f64>,
    stood: HashMap<String, f64>,
}

impl Memory {
    pub(super) fn new(train: &[&Document]) -> Self {
        let mut out = Self::default();
        for d in train {
            let text = plain(&d.raw[d.body..]);
            let words: Vec<&str> = text.split(' ').collect();
            let mut said: BTreeSet<String> = BTreeSet::new();
            for n in 1..=4 {
                said.extend(words.windows(n).map(|w| w.join(" ")));
            }
            said.into_iter().for_each(|s| *out.stood.entry(s).or_default() += 1.0);
            for (role, list) in entities(&d.templates).into_iter().enumerate() {
                let strings: BTreeSet<String> = list.into_iter().flat_map(|e| e.0).collect();
                let heads: BTreeSet<String> = strings.iter().map(|s| last(s)).collect();
                strings.into_iter().for_each(|s| *out.filled.entry((role, s)).or_default() += 1.0);
                heads.into_iter().for_each(|s| *out.heads.entry((role, s)).or_default() += 1.0);
            }
        }
        out.stood.retain(|_, n| *n > 1.0);
        out
    }

    /// Share of documents with the string in which it filled the role, as features.
    pub(super) fn tell(&self, out: &mut Vec<String>, role: usize, string: &str) {
        for (name, counts, key) in [("string", &self.filled, string.to_owned()), ("head", &self.heads, last(string))] {
            let filled = counts.get(&(role, key.clone())).copied().unwrap_or(0.0);
            let stood = self.stood.get(&key).copied().unwrap_or(filled);
            if stood < 2.0 {
                out.push(format!("{name} new"));
            } else {
                steps(out, name, (filled + 0.2) / (stood + 2.0), &[0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6]);
            }
        }
    }
}

pub(super) fn last(text: &str) -> String {
    plain(text).rsplit(' ').next().unwrap_or_default().to_owned()
}
