//! A small linear-chain model that marks who did what to whom, trained from data the user has: a booster of recall, never
//! the only evidence for a claim.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use stats::{Chain, Fit, Items, Lesson};

use crate::kin::{Kin, kin};
use crate::lexicon::{Entry, Frame, Hit, Lexicon, Mood};
use crate::text::{Shape, Text};

/// A marked run of tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    /// Tokens.
    pub tokens: Range<usize>,
    /// Label.
    pub label: String,
    /// Probability that just this run has this label.
    pub p: f64,
}

/// A text made ready for marking.
#[derive(Debug)]
pub struct Ready<'t> {
    /// The text.
    pub text: Text<'t>,
    /// Forms of the lexicon in it.
    pub hits: Vec<Hit>,
    /// Features of every token, by hash.
    features: Vec<Vec<u32>>,
}

/// FNV-1a with a final mix.
fn hash(bytes: impl IntoIterator<Item = u8>) -> u32 {
    let mut h: u32 = 0x811c_9dc5;
    for b in bytes {
        h = (h ^ u32::from(b)).wrapping_mul(0x0100_0193);
    }
    h ^ (h >> 15)
}

fn mix(parts: &[u32]) -> u32 {
    hash(parts.iter().flat_map(|p| p.to_le_bytes()))
}

const NEAR: [usize; 5] = [0, 1, 3, 7, 15];

/// A distance, coarsely.
fn near(d: usize) -> u32 {
    NEAR.iter().filter(|n| d > **n).count() as u32
}

const BEEN: [&str; 5] = ["was", "were", "been", "being", "be"];
const PREPOSITIONS: [&str; 12] =
    ["by", "of", "against", "on", "in", "at", "with", "from", "to", "for", "near", "outside"];

/// Words of a string as they are compared: in small letters, without marks and articles.
pub fn plain(string: &str) -> Vec<String> {
    words(&string.to_lowercase()).map(str::to_owned).collect()
}

fn words(small: &str) -> impl Iterator<Item = &str> {
    small.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty() && !is_article(w))
}

fn is_article(word: &str) -> bool {
    matches!(word, "the" | "a" | "an")
}

/// Where a string stands in a text; articles and marks in between do not hinder, and a token may be several words: "U.S.".
pub fn stands(text: &Text<'_>, string: &str) -> Vec<Range<usize>> {
    let wanted = plain(string);
    let n = text.tokens.len();
    let mut out = Vec::new();
    for i in 0..if wanted.is_empty() { 0 } else { n } {
        let (mut k, mut j) = (0, i);
        while k < wanted.len() && j < n {
            let before = k;
            let fits = words(text.small(j)).all(|w| {
                k += 1;
                wanted.get(k - 1).is_some_and(|x| x == w)
            });
            if !fits || k == 0 {
                k = before;
                break;
            }
            j += 1;
        }
        if k == wanted.len() {
            out.push(i..j);
        }
    }
    out
}

/// Runs to be marked: wherever one of the strings (label, string) stands. The longest come first, none within another.
pub fn marks<'s>(text: &Text<'_>, strings: impl IntoIterator<Item = (&'s str, &'s str)>) -> Vec<Marked> {
    let runs = strings.into_iter().flat_map(|(label, s)| stands(text, s).into_iter().map(move |r| (r, label)));
    let mut found: Vec<(Range<usize>, &str)> = runs.collect();
    found.sort_by_key(|(r, label)| (std::cmp::Reverse(r.len()), r.start, *label));
    let mut used = vec![false; text.tokens.len()];
    let mut out = Vec::new();
    for (tokens, label) in found {
        if !used[tokens.clone()].iter().any(|u| *u) {
            used[tokens.clone()].iter_mut().for_each(|u| *u = true);
            out.push(Marked { tokens, label: label.to_owned(), p: 1.0 });
        }
    }
    out.sort_by_key(|m| m.tokens.start);
    out
}

impl<'t> Ready<'t> {
    /// Cuts a text from `body` on, and finds the lexicon's forms.
    pub fn new(raw: &'t str, body: usize) -> Self {
        let text = Text::new(raw, body);
        let hits = Lexicon::bundled().scan(&text);
        let features = features(&text, &hits);
        Self { text, hits, features }
    }

    /// Says something of a run of tokens that marking it may draw on.
    pub fn note(&mut self, tokens: Range<usize>, what: &str) {
        let what = hash(what.bytes());
        for (k, i) in tokens.enumerate() {
            if let Some(features) = self.features.get_mut(i) {
                features.extend([mix(&[38, what]), mix(&[39, what, u32::from(k > 0)])]);
            }
        }
    }

    /// Says something of a sentence that marking it may draw on: `level` of what `name` stands for.
    pub fn remark(&mut self, sentence: usize, name: &str, level: u32) {
        let Some(s) = self.text.sentences.get(sentence) else { return };
        let name = hash(name.bytes());
        for i in s.tokens.clone() {
            let word = hash(self.text.small(i).bytes());
            self.features[i].extend([mix(&[29, name, level]), mix(&[30, name, level, word])]);
        }
        for h in self.hits.iter().filter(|h| s.tokens.contains(&h.tokens.start)) {
            let what = match h.entry {
                Entry::Role(c) => c as u32,
                Entry::Trigger(k) => 100 + Lexicon::bundled().triggers[k as usize].frame as u32,
                _ => continue,
            };
            for i in h.tokens.clone() {
                self.features[i].push(mix(&[31, name, level, what]));
            }
        }
    }
}

/// Features of every token: words around it, their kin, what the lexicon says of them, the nearest triggers on either side.
fn features(t: &Text<'_>, hits: &[Hit]) -> Vec<Vec<u32>> {
    let lexicon = Lexicon::bundled();
    let n = t.tokens.len();
    // By token: what the lexicon says, as a number over none.
    let (mut class, mut trigger, mut other) = (vec![0u32; n], vec![0u32; n], vec![0u32; n]);
    let mut grave = 0;
    for h in hits {
        let (slot, what) = match h.entry {
            Entry::Trigger(k) => {
                let frame = lexicon.triggers[k as usize].frame;
                grave += usize::from(matches!(
                    frame,
                    Frame::Act | Frame::Kill | Frame::Abduct | Frame::Blast | Frame::Attempt
                ));
                (&mut trigger, frame as u32 + 1)
            }
            Entry::Role(c) => (&mut class, c as u32 + 1),
            Entry::Source(_) => (&mut other, 1),
            Entry::Report(_) => (&mut other, 2),
            Entry::Mood(Mood::Negated) => (&mut other, 3),
            Entry::Mood(_) => (&mut other, 4),
            Entry::Blocker | Entry::Bearing(_) => continue,
            Entry::Country(_) | Entry::Capital(_) => (&mut other, 5),
            Entry::Demonym(_) => (&mut other, 6),
        };
        for i in h.tokens.clone() {
            slot[i] = what;
        }
    }
    let weight = match grave {
        0 | 1 => grave as u32,
        2 | 3 => 2,
        4..=7 => 4,
        _ => 8,
    };
    let word: Vec<u32> = (0..n).map(|i| hash(t.small(i).bytes())).collect();
    let kind: Vec<Option<Kin>> = (0..n).map(|i| kin(t.small(i))).collect();
    let mut out: Vec<Vec<u32>> = vec![Vec::new(); n];
    for (number, s) in t.sentences.iter().enumerate() {
        let at = |i: usize, k: isize| -> Option<usize> { i.checked_add_signed(k).filter(|j| s.tokens.contains(j)) };
        // The nearest trigger on either side, with its distance.
        let mut left: Vec<(u32, usize)> = Vec::with_capacity(s.tokens.len());
        let mut last: Option<usize> = None;
        for i in s.tokens.clone() {
            left.push(last.map_or((0, 0), |k| (word[k], i - k)));
            if trigger[i] > 0 {
                last = Some(i);
            }
        }
        let mut right: Vec<(u32, usize)> = vec![(0, 0); s.tokens.len()];
        let mut next: Option<usize> = None;
        for i in s.tokens.clone().rev() {
            right[i - s.tokens.start] = next.map_or((0, 0), |k| (word[k], k - i));
            if trigger[i] > 0 {
                next = Some(i);
            }
        }
        let frame = |x: (u32, usize), i: usize, sign: isize| -> u32 {
            if x.1 == 0 { 0 } else { trigger[i.wrapping_add_signed(sign * x.1 as isize)] }
        };
        let has = u32::from(s.tokens.clone().any(|i| trigger[i] > 0));
        let place = near(number);
        for i in s.tokens.clone() {
            let mut a: Vec<u32> = Vec::with_capacity(66);
            let mut put = |parts: &[u32]| a.push(mix(parts));
            let w = |k: isize| at(i, k).map_or(0, |j| word[j]);
            for k in -3isize..=3 {
                let way = (k + 3) as u32;
                put(&[1, way, w(k)]);
                if let Some(j) = at(i, k) {
                    for (kind, list) in [(2, &class), (3, &trigger), (4, &other)] {
                        if list[j] > 0 {
                            put(&[kind, way, list[j]]);
                        }
                    }
                }
            }
            put(&[5, w(-1), word[i]]);
            put(&[6, word[i], w(1)]);
            put(&[7, w(-2), w(-1)]);
            put(&[8, w(1), w(2)]);
            let small = t.small(i);
            if small.len() > 3 {
                if let Some(x) = small.get(..3) {
                    put(&[9, hash(x.bytes())]);
                }
                for n in 2..=4 {
                    if let Some(x) = small.len().checked_sub(n).and_then(|k| small.get(k..)) {
                        put(&[10, hash(x.bytes())]);
                    }
                }
            }
            let shape = t.tokens[i].shape;
            let said = t.shouted && !matches!(shape, Shape::Number | Shape::Mark);
            put(&[11, if said { Shape::Small as u32 } else { shape as u32 }]);
            let k = i - s.tokens.start;
            let (l, r) = (left[k], right[k]);
            let (fl, fr) = (frame(l, i, -1), frame(r, i, 1));
            put(&[12, fl, near(l.1)]);
            put(&[13, fr, near(r.1)]);
            put(&[14, fl, class[i]]);
            put(&[15, fr, class[i]]);
            put(&[16, fl, fr]);
            put(&[17, l.0, near(l.1)]);
            put(&[18, r.0, near(r.1)]);
            // What follows the trigger before it and stands before the one after it: "murder of", "was killed".
            if l.1 > 0 {
                let j = i - l.1;
                let after = at(j, 1).filter(|k| *k < i).map_or(0, |k| word[k]);
                let passive = at(j, -1).is_some_and(|k| BEEN.contains(&t.small(k)));
                let by = (j + 1..i).any(|k| t.small(k) == "by");
                put(&[32, l.0, after]);
                put(&[33, fl, after]);
                put(&[34, fl, u32::from(passive), u32::from(by), class[i]]);
            }
            if r.1 > 0 {
                let j = i + r.1;
                let before = at(j, -1).filter(|k| *k > i).map_or(0, |k| word[k]);
                let passive = at(j, -1).is_some_and(|k| BEEN.contains(&t.small(k)));
                put(&[35, r.0, before]);
                put(&[36, fr, before]);
                put(&[37, fr, u32::from(passive), class[i]]);
            }
            // The last preposition before it.
            if let Some(p) = (1..6).find_map(|d| at(i, -d).filter(|j| PREPOSITIONS.contains(&t.small(*j)))) {
                put(&[21, word[p], fl]);
                put(&[22, word[p], class[i]]);
                if p > s.tokens.start {
                    put(&[23, word[p - 1], word[p]]);
                }
            }
            for k in -2isize..=2 {
                if let Some(kin) = at(i, k).and_then(|j| kind[j]) {
                    let way = (k + 2) as u32;
                    put(&[40, way, kin.class]);
                    put(&[41, way, kin.wide]);
                }
            }
            put(&[24, weight]);
            put(&[25, weight, class[i]]);
            put(&[26, place]);
            put(&[27, has, word[i]]);
            put(&[28, weight, word[i]]);
            out[i] = a;
        }
    }
    out
}

/// Settings of the training.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Passes over the texts.
    pub passes: usize,
    /// First step.
    pub rate: f32,
    /// L1 penalty: larger, fewer weights.
    pub l1: f32,
    /// Weights below it are left out.
    pub smallest: f32,
    /// Features seen in fewer places teach nothing.
    pub least: usize,
    /// Orders of the texts over whose models the mean is taken.
    pub orders: u64,
    /// How much more a sentence counts in which something is marked: more of it finds more, and more that is wrong.
    pub weight: f32,
}

impl Default for Training {
    fn default() -> Self {
        Self { passes: 8, rate: 0.05, l1: 0.0002, smallest: 0.1, least: 3, orders: 3, weight: 3.0 }
    }
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Saved", try_from = "Saved")]
pub struct Tagger {
    /// Labels of runs; of tokens there are two for each (its first, the others) and one for none.
    labels: Vec<String>,
    /// Features by hash.
    index: HashMap<u32, u32>,
    chain: Chain,
}

/// A model as it is kept: what its features mean is told by `version` alone.
#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    labels: Vec<String>,
    between: Vec<f32>,
    /// Features by hash, in order, and for each the weights of the labels.
    features: Vec<u32>,
    weights: Vec<f32>,
}

/// Raise when a feature changes: an older model knows other ones.
const VERSION: u32 = 2;
/// Most labels of a model that is read.
const MOST_LABELS: usize = 100;

impl From<Tagger> for Saved {
    fn from(t: Tagger) -> Self {
        let mut known: Vec<(u32, u32)> = t.index.iter().map(|(f, i)| (*f, *i)).collect();
        known.sort_unstable();
        // What weighs nothing need not be kept.
        known.retain(|k| t.chain.weights(k.1).iter().any(|w| *w != 0.0));
        Self {
            version: VERSION,
            labels: t.labels,
            between: t.chain.between().to_vec(),
            features: known.iter().map(|k| k.0).collect(),
            weights: known.iter().flat_map(|k| t.chain.weights(k.1)).copied().collect(),
        }
    }
}

impl TryFrom<Saved> for Tagger {
    type Error = String;

    fn try_from(s: Saved) -> Result<Self, String> {
        if s.version != VERSION {
            return Err(format!("a model of version {} where {VERSION} is read: train it anew", s.version));
        }
        let states = 2 * s.labels.len() + 1;
        if s.labels.len() > MOST_LABELS || s.weights.len() != s.features.len() * states {
            return Err("a model whose weights do not fit its labels".into());
        }
        let chain = Chain::of(states, s.weights, s.between).ok_or("a model whose weights do not fit its labels")?;
        let index = s.features.iter().enumerate().map(|(i, f)| (*f, i as u32)).collect();
        Ok(Self { labels: s.labels, index, chain })
    }
}

impl Tagger {
    /// Trains on texts with the runs that are to be marked; runs do not overlap.
    pub fn train(texts: &[(&Ready<'_>, &[Marked])], how: Training) -> Self {
        let mut labels: Vec<String> = texts.iter().flat_map(|t| t.1).map(|m| m.label.clone()).collect();
        labels.sort();
        labels.dedup();
        // Of texts in which nothing is marked, sentences that speak of violence are lesson enough.
        let mut taken: Vec<(&Ready<'_>, Range<usize>, Vec<u8>)> = Vec::new();
        for (ready, marked) in texts {
            let mut of = vec![0u8; ready.text.tokens.len()];
            for m in *marked {
                let label = labels.iter().position(|l| *l == m.label).unwrap_or(0);
                for (k, i) in m.tokens.clone().enumerate() {
                    of[i] = (2 * label + 1 + usize::from(k > 0)) as u8;
                }
            }
            for s in &ready.text.sentences {
                let speaks = ready
                    .hits
                    .iter()
                    .any(|h| matches!(h.entry, Entry::Trigger(_)) && s.tokens.contains(&h.tokens.start));
                if !s.tokens.is_empty() && (!marked.is_empty() || speaks) {
                    taken.push((ready, s.tokens.clone(), of[s.tokens.clone()].to_vec()));
                }
            }
        }
        let mut count: HashMap<u32, usize> = HashMap::new();
        for (ready, tokens, _) in &taken {
            ready.features[tokens.clone()].iter().flatten().for_each(|f| *count.entry(*f).or_default() += 1);
        }
        let mut kept: Vec<u32> = count.into_iter().filter(|c| c.1 >= how.least).map(|c| c.0).collect();
        kept.sort_unstable();
        let index: HashMap<u32, u32> = kept.iter().enumerate().map(|(i, f)| (*f, i as u32)).collect();
        let lessons: Vec<Lesson> = taken
            .into_iter()
            .map(|(ready, tokens, labels)| Lesson {
                items: items(ready, tokens, &index),
                weight: if labels.iter().any(|l| *l > 0) { how.weight } else { 1.0 },
                labels,
            })
            .collect();
        let fit = |order| Fit { passes: how.passes, rate: how.rate, l1: how.l1, seed: 4 + order };
        let trained: Vec<Chain> = (0..how.orders.max(1))
            .map(|order| Chain::train(&lessons, index.len(), 2 * labels.len() + 1, fit(order)))
            .collect();
        let mut chain = Chain::mean(&trained).expect("chains of the same lessons have one shape");
        chain.prune(how.smallest);
        Self { labels, index, chain }
    }

    /// How many weights are not nothing.
    pub fn weights(&self) -> usize {
        (0..self.index.len() as u32).flat_map(|f| self.chain.weights(f)).filter(|w| **w != 0.0).count()
    }
}

/// Runs of a text that may have a label: what is marked when none is made ever dearer, down to the probability
/// `least`. Runs may overlap.
pub fn candidates(tagger: &Tagger, ready: &Ready<'_>, least: f64) -> Vec<Marked> {
    let mut out: Vec<Marked> = Vec::new();
    for s in ready.text.sentences.iter().filter(|s| !s.tokens.is_empty()) {
        let lattice = tagger.chain.lattice(&items(ready, s.tokens.clone(), &tagger.index));
        let begun = out.len();
        for bias in [0.0, -1.0, -2.0, -3.0, -4.0, -5.0] {
            let best = lattice.best(bias);
            let mut i = 0;
            while i < best.len() {
                let (from, first) = (i, best[i]);
                i += 1;
                if first == 0 {
                    continue;
                }
                let label = usize::from(first - 1) / 2;
                while i < best.len() && usize::from(best[i]) == 2 * label + 2 {
                    i += 1;
                }
                let p = lattice.run(from, i, 2 * label + 1, 2 * label + 2);
                let tokens = s.tokens.start + from..s.tokens.start + i;
                let label = &tagger.labels[label];
                if p >= least && !out[begun..].iter().any(|m| m.tokens == tokens && m.label == *label) {
                    out.push(Marked { tokens, label: label.clone(), p });
                }
            }
        }
    }
    out
}

fn items(ready: &Ready<'_>, tokens: Range<usize>, index: &HashMap<u32, u32>) -> Items {
    let mut out = Items::default();
    for list in &ready.features[tokens] {
        out.push(list.iter().filter_map(|f| index.get(f).copied()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [(&str, &[(&str, &str)]); 4] = [
        ("Gunmen killed the mayor in Cali. The mayor met a judge.", &[("Gunmen", "who"), ("mayor", "whom")]),
        ("Rebels killed a judge near Lima. A teacher met the rebels.", &[("Rebels", "who"), ("judge", "whom")]),
        ("The judge was killed by gunmen.", &[("judge", "whom"), ("gunmen", "who")]),
        ("The teacher was killed by rebels.", &[("teacher", "whom"), ("rebels", "who")]),
    ];

    fn trained() -> Tagger {
        let ready: Vec<Ready<'_>> = TEXTS.iter().map(|t| Ready::new(t.0, 0)).collect();
        // Only the first of each is marked.
        let first = |r: &Ready<'_>, (string, label): &(&str, &str)| marks(&r.text, [(*label, *string)]).swap_remove(0);
        let marked: Vec<Vec<Marked>> =
            TEXTS.iter().zip(&ready).map(|((_, m), r)| m.iter().map(|m| first(r, m)).collect()).collect();
        let lessons: Vec<(&Ready<'_>, &[Marked])> = ready.iter().zip(&marked).map(|(r, m)| (r, m.as_slice())).collect();
        Tagger::train(&lessons, Training { passes: 60, smallest: 0.0, least: 1, ..Training::default() })
    }

    fn said(tagger: &Tagger, raw: &str) -> Vec<(String, String)> {
        let ready = Ready::new(raw, 0);
        let all = candidates(tagger, &ready, 0.5);
        all.into_iter().map(|m| (ready.text.slice(m.tokens).to_owned(), m.label)).collect()
    }

    #[test]
    fn a_new_name_in_a_known_construction_is_marked() {
        let tagger = trained();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(said(&tagger, "Gunmen killed the priest in Lima."), [pair("Gunmen", "who"), pair("priest", "whom")]);
        assert_eq!(said(&tagger, "The priest was killed by gunmen."), [pair("priest", "whom"), pair("gunmen", "who")]);
        assert!(said(&tagger, "The teacher met a mayor.").is_empty());
        assert!(said(&tagger, "").is_empty());
    }

    #[test]
    fn kin_have_in_common_what_other_words_have_not() {
        let features = |w: &str| -> std::collections::HashSet<u32> {
            let raw = format!("He took the {w} away.");
            let ready = Ready::new(&raw, 0);
            assert_eq!(ready.text.small(3), w);
            ready.features[3].iter().copied().collect()
        };
        let shared = |a: &str, b: &str| features(a).intersection(&features(b)).count();
        // Its class, and its wider one.
        assert_eq!(shared("violin", "guitar"), shared("violin", "valley") + 2);
    }

    #[test]
    fn strings_stand_where_their_words_do_the_longest_first() {
        let text = Text::new("The mayor of Cali, an old man, met the Mayor of\nthe Cali suburbs. A mayor left.", 0);
        let of = |m: &Marked| (text.slice(m.tokens.clone()).to_owned(), m.label.clone());
        let found: Vec<_> =
            marks(&text, [("who", "mayor"), ("whom", "a MAYOR of Cali"), ("who", "the")]).iter().map(of).collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(found, [pair("mayor of Cali", "whom"), pair("Mayor of\nthe Cali", "whom"), pair("mayor", "who")]);
    }

    #[test]
    fn a_token_may_be_several_words_of_a_string_and_all_of_them_count() {
        let text = Text::new("A car-bomb shook the U.S. Embassy; high-voltage lines fell.", 0);
        let of = |s: &str| stands(&text, s).into_iter().map(|r| text.slice(r)).collect::<Vec<_>>();
        assert_eq!(of("CAR BOMB"), ["car-bomb"]);
        assert_eq!(of("U.S. EMBASSY"), ["U.S. Embassy"]);
        assert_eq!(of("high-voltage lines"), ["high-voltage lines"]);
        assert!(of("bomb").is_empty() && of("high").is_empty() && of("embassy high lines").is_empty());
    }

    #[test]
    fn a_model_kept_and_read_again_says_the_same_and_a_broken_one_says_so() {
        let tagger = trained();
        let kept = serde_json::to_string(&tagger).unwrap();
        let again: Tagger = serde_json::from_str(&kept).unwrap();
        let ready = Ready::new("Gunmen killed the old priest near Lima.", 0);
        assert_eq!(candidates(&again, &ready, 0.01), candidates(&tagger, &ready, 0.01));
        assert_eq!(serde_json::to_string(&again).unwrap(), kept);
        for (from, to) in [("\"who\"", "\"who\",\"more\""), ("\"version\":2", "\"version\":1"), ("[", "[7,")] {
            assert!(serde_json::from_str::<Tagger>(&kept.replacen(from, to, 1)).is_err(), "{from}");
        }
    }

    #[test]
    fn probabilities_of_what_shares_a_token_add_up_to_at_most_one() {
        let tagger = trained();
        let ready = Ready::new("Rebels killed the old mayor near Cali.", 0);
        let all = candidates(&tagger, &ready, 0.0);
        assert!(!all.is_empty());
        for i in 0..ready.text.tokens.len() {
            let sum: f64 = all.iter().filter(|m| m.tokens.contains(&i)).map(|m| m.p).sum();
            assert!(sum <= 1.0 + 1e-9, "{sum}");
        }
    }

    #[test]
    fn what_is_remarked_of_a_sentence_can_be_learned_from() {
        // The same words, marked where the sentence is said to count.
        let raw = "Rebels killed a judge. Rebels killed a judge.";
        let ready: Vec<Ready<'_>> = (0..2)
            .map(|k| {
                let mut r = Ready::new(raw, 0);
                r.remark(k, "counts", 1);
                r.remark(1 - k, "counts", 0);
                r
            })
            .collect();
        let marks: Vec<Vec<Marked>> = (0..2)
            .map(|k| {
                let at = ready[k].text.sentences[k].tokens.start;
                vec![Marked { tokens: at..at + 1, label: "who".into(), p: 1.0 }]
            })
            .collect();
        let lessons: Vec<(&Ready<'_>, &[Marked])> = ready.iter().zip(&marks).map(|(r, m)| (r, m.as_slice())).collect();
        let tagger = Tagger::train(&lessons, Training { passes: 80, smallest: 0.0, least: 1, ..Training::default() });
        for (r, m) in ready.iter().zip(&marks) {
            let found: Vec<Range<usize>> = candidates(&tagger, r, 0.5).into_iter().map(|m| m.tokens).collect();
            assert_eq!(found, [m[0].tokens.clone()]);
        }
    }
}
