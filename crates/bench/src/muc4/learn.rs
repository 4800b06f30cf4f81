//! What training documents teach: where things that fill slots stand, and classes of anything by what is said of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use extract::tag::{Marked, Ready};
use stats::{Chain, Fit, Items, Lesson};

use super::key::{Document, ROLES, entities, plain};

/// What is added to the label of a victim that is described, not named.
pub(super) const DESCRIBED: &str = "Described";

/// The sentence of a token.
pub(super) fn sentence_of(ready: &Ready<'_>, token: usize) -> usize {
    ready.text.sentences.iter().position(|s| s.tokens.contains(&token)).unwrap_or(0)
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

/// Classes of anything by a set of words said of it: a chain of one item, which is multinomial logistic regression.
pub(super) struct Classes {
    labels: Vec<String>,
    index: HashMap<String, u32>,
    chain: Chain,
}

impl Classes {
    /// Learns from features and labels.
    pub(super) fn train(lessons: &[(Vec<String>, String)], least: usize, fit: Fit) -> Self {
        let labels: BTreeSet<&String> = lessons.iter().map(|l| &l.1).collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        let mut count: BTreeMap<&String, usize> = BTreeMap::new();
        lessons.iter().flat_map(|l| &l.0).for_each(|f| *count.entry(f).or_default() += 1);
        let kept = count.into_iter().filter(|c| c.1 >= least).map(|c| c.0);
        let index: HashMap<String, u32> = kept.enumerate().map(|(i, f)| (f.clone(), i as u32)).collect();
        let lessons: Vec<Lesson> = lessons
            .iter()
            .map(|(features, label)| Lesson {
                items: Self::items(&index, features),
                labels: vec![labels.iter().position(|l| l == label).unwrap_or(0) as u8],
                weight: 1.0,
            })
            .collect();
        let chain = Chain::train(&lessons, index.len(), labels.len().max(1), fit);
        Self { labels, index, chain }
    }

    fn items(index: &HashMap<String, u32>, features: &[String]) -> Items {
        let mut out = Items::default();
        out.push(features.iter().filter_map(|f| index.get(f).copied()));
        out
    }

    /// Probability of a label.
    pub(super) fn p(&self, features: &[String], label: &str) -> f64 {
        let lattice = self.chain.lattice(&Self::items(&self.index, features));
        self.labels.iter().position(|l| l == label).map_or(0.0, |y| lattice.p(0, y))
    }

    /// Probability of every label.
    pub(super) fn all(&self, features: &[String]) -> Vec<f64> {
        let lattice = self.chain.lattice(&Self::items(&self.index, features));
        (0..self.labels.len()).map(|y| lattice.p(0, y)).collect()
    }

    /// All labels.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The likeliest label.
    pub(super) fn best(&self, features: &[String]) -> &str {
        let lattice = self.chain.lattice(&Self::items(&self.index, features));
        self.labels.get(usize::from(lattice.best(0.0)[0])).map_or("", String::as_str)
    }
}

/// A number as a feature: one of each step it has passed.
pub(super) fn steps(out: &mut Vec<String>, name: &str, x: f64, at: &[f64]) {
    for a in at.iter().filter(|a| x >= **a) {
        out.push(format!("{name}>={a}"));
    }
}

/// Words and pairs of words of a text, each once.
pub(super) fn bag(text: &str) -> Vec<String> {
    let all = plain(text);
    let list: Vec<&str> = all.split(' ').collect();
    let mut out: BTreeSet<String> = list.iter().filter(|w| w.len() > 2).map(|w| (*w).to_owned()).collect();
    out.extend(list.windows(2).map(|w| w.join(" ")));
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
