//! Whether a document speaks of an incident at all, and which of its sentences do.

use std::collections::BTreeMap;

use extract::lexicon::{Entry, Lexicon};
use extract::tag::{Marked, Ready};

use super::acts::{Act, acts};
use super::key::{Document, plain};
use super::learn::{Classes, Lesson, Parts, bag, lesson, steps};

/// Precision of the weights of words.
const PRECISION: f64 = 8.0;

/// What documents and sentences speak of.
pub(super) struct Context {
    pub(super) document: Parts<Classes>,
    pub(super) sentence: Parts<Classes>,
}

/// How likely a document, and each of its sentences, tell of an incident.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) document: f64,
    pub(super) sentences: Vec<f64>,
    /// What the rules read.
    pub(super) acts: Vec<Act>,
}

/// Log odds within bounds.
pub(super) fn log_odds(p: f64) -> f64 {
    stats::logit(p.clamp(1e-4, 1.0 - 1e-4))
}

/// Steps of log odds.
pub(super) const ODDS: [f64; 15] = [-4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0];

/// A probability, coarsely.
fn level(p: f64) -> u32 {
    [0.02, 0.08, 0.2, 0.4, 0.6, 0.85].iter().filter(|l| p >= **l).count() as u32
}

/// Words of every sentence and of its neighbours, and what the lexicon finds.
fn sentences(ready: &Ready<'_>, acts: &[Act], document: f64) -> Vec<Vec<String>> {
    let t = &ready.text;
    let lexicon = Lexicon::bundled();
    let words: Vec<String> = t.sentences.iter().map(|s| plain(t.slice(s.tokens.clone()))).collect();
    let frames: Vec<Vec<String>> = t
        .sentences
        .iter()
        .map(|s| {
            let here = ready.hits.iter().filter(|h| s.tokens.contains(&h.tokens.start));
            here.filter_map(|h| match h.entry {
                Entry::Trigger(k) => Some(format!("{:?}", lexicon.triggers[k as usize].frame)),
                Entry::Mood(m) => Some(format!("{m:?}")),
                Entry::Role(c) => Some(format!("{c:?}")),
                _ => None,
            })
            .collect()
        })
        .collect();
    (0..words.len())
        .map(|i| {
            let mut out = bag(&words[i]);
            for (name, j) in [("-", i.checked_sub(1)), ("+", Some(i + 1).filter(|j| *j < words.len()))] {
                let Some(j) = j else { continue };
                out.extend(words[j].split(' ').filter(|w| w.len() > 2).map(|w| format!("{name}{w}")));
                out.extend(frames[j].iter().map(|f| format!("{name}:{f}")));
            }
            out.extend(frames[i].iter().map(|f| format!(":{f}")));
            for a in acts.iter().filter(|a| a.sentence == i) {
                out.extend(a.tell());
            }
            for a in acts.iter().filter(|a| a.sentence.abs_diff(i) == 1) {
                out.push(format!("~{} {}", a.kind, a.to.first().map_or("none", |p| p.1)));
            }
            for a in &frames[i] {
                out.extend(frames[i].iter().filter(|b| a < *b).map(|b| format!(":{a}:{b}")));
            }
            steps(&mut out, "#document", log_odds(document), &[-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
            steps(&mut out, "#at", i as f64, &[1.0, 2.0, 3.0, 5.0, 8.0, 12.0]);
            out.sort();
            out.dedup();
            out
        })
        .collect()
}

/// Words of a document, those of its head apart.
pub(super) fn words(d: &Document) -> Vec<String> {
    let mut out = bag(&d.raw[d.body..]);
    out.extend(plain(&d.raw[..d.body]).split(' ').filter(|w| w.len() > 2).map(|w| format!("^{w}")));
    out.sort();
    out.dedup();
    out
}

impl Context {
    /// What tells documents of an incident from others.
    pub(super) fn documents(train: &[&Document]) -> Classes {
        let lessons: Vec<Lesson> = train.iter().map(|d| lesson(words(d), d.relevant())).collect();
        Classes::train(&lessons, 2, PRECISION)
    }

    /// What tells sentences in which something is marked from others; each text comes with the probability that its
    /// document speaks of an incident.
    pub(super) fn sentences(lessons: &[(&Ready<'_>, &[Marked], &[Act], f64)]) -> Classes {
        let mut rows: Vec<(Vec<String>, String)> = Vec::new();
        for (ready, marked, acts, document) in lessons {
            for (s, features) in ready.text.sentences.iter().zip(sentences(ready, acts, *document)) {
                let tells = marked.iter().any(|m| s.tokens.contains(&m.tokens.start));
                rows.push(lesson(features, tells));
            }
        }
        Classes::train(&rows, 4, PRECISION)
    }

    pub(super) fn tell(&self, d: &Document, ready: &Ready<'_>) -> Told {
        let words = words(d);
        let document = self.document.mean(|c| c.p(&words, "true"));
        Told::new(|x| self.sentence.mean(|c| c.p(x, "true")), ready, acts(d, ready), document)
    }
}

impl Told {
    /// `tells` is how likely a sentence of which this is said tells of an incident.
    pub(super) fn new(tells: impl Fn(&[String]) -> f64, ready: &Ready<'_>, acts: Vec<Act>, document: f64) -> Self {
        let of = sentences(ready, &acts, document);
        Self { document, sentences: of.iter().map(|f| tells(f)).collect(), acts }
    }

    /// What the sentences say of the document.
    pub(super) fn summary(&self) -> Vec<String> {
        let mut out = vec!["any".to_owned()];
        steps(&mut out, "document", log_odds(self.document), &ODDS);
        let mut tops = self.sentences.clone();
        tops.sort_by(|a, b| b.total_cmp(a));
        for (k, name) in [(0, "first"), (1, "second"), (3, "fourth")] {
            steps(&mut out, name, log_odds(tops.get(k).copied().unwrap_or(0.0)), &ODDS);
        }
        let lead = self.sentences.iter().take(3).copied().fold(0.0, f64::max);
        steps(&mut out, "lead", log_odds(lead), &ODDS);
        // What is said to have been done to whom.
        let firm =
            |a: &&Act| matches!(a.mood.as_str(), "Asserted" | "Claimed" | "Unconfirmed" | "ClaimsResponsibility");
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for a in self.acts.iter().filter(firm) {
            let to = a.to.first().map_or("none", |p| p.1);
            for key in [format!("!{}", a.kind), format!("!>{to}"), format!("!>{to} {}", a.when), format!("!{}", a.when)]
            {
                *seen.entry(key).or_default() += 1;
            }
        }
        for (key, n) in seen {
            steps(&mut out, &key, n as f64, &[1.0, 2.0, 4.0]);
        }
        let sum: f64 = tops.iter().sum();
        steps(&mut out, "sum", sum, &[0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]);
        steps(&mut out, "share", sum / tops.len().max(1) as f64, &[0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5]);
        out
    }

    /// Says it to whoever marks the text.
    pub(super) fn remark(&self, ready: &mut Ready<'_>) {
        for (i, p) in self.sentences.iter().enumerate() {
            ready.remark(i, "document", level(self.document));
            ready.remark(i, "sentence", level(*p));
            ready.remark(i, "both", level(self.document) * 10 + level(*p));
        }
        for a in &self.acts {
            for (part, list) in [("by", &a.by), ("to", &a.to)] {
                for (tokens, class) in list {
                    ready.note(tokens.clone(), part);
                    ready.note(tokens.clone(), &format!("{part} {}", a.kind));
                    ready.note(tokens.clone(), &format!("{part} {class} {}", a.mood));
                    ready.note(tokens.clone(), &format!("{part} {}", level(self.document)));
                }
            }
        }
    }
}
