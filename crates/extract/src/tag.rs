//! A small linear-chain model that marks who did what to whom, trained from data the user has: a booster of recall, never
//! the only evidence for a claim. Conditional random fields after Lafferty, McCallum and Pereira 2001, by the crate
//! `crfs`.

use std::ops::Range;
use std::path::Path;

use crfs::train::Trainer;
use crfs::{Attribute, Model};

use crate::lexicon::{Class, Entry, Frame, Hit, Lexicon, Mood};
use crate::text::{Shape, Text};

/// A marked run of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Tokens.
    pub tokens: Range<usize>,
    /// Label.
    pub label: String,
}

/// A trained model, as bytes.
#[derive(Debug, Clone)]
pub struct Tagger {
    model: Vec<u8>,
}

/// A text made ready for marking.
#[derive(Debug)]
pub struct Ready<'t> {
    /// The text.
    pub text: Text<'t>,
    /// Forms of the lexicon in it.
    pub hits: Vec<Hit>,
}

impl<'t> Ready<'t> {
    /// Cuts a text from `body` on, and finds the lexicon's forms.
    pub fn new(raw: &'t str, body: usize) -> Self {
        let text = Text::new(raw, body);
        let hits = Lexicon::bundled().scan(&text);
        Self { text, hits }
    }

    /// Attributes of every token, sentence by sentence.
    fn attributes(&self) -> Vec<Vec<Vec<Attribute>>> {
        let t = &self.text;
        let lexicon = Lexicon::bundled();
        let n = t.tokens.len();
        // By token: what the lexicon says.
        let mut class = vec![""; n];
        let mut trigger = vec![""; n];
        let mut other = vec![""; n];
        let mut grave = 0;
        for h in &self.hits {
            let (slot, name) = match h.entry {
                Entry::Trigger(k) => {
                    let row = &lexicon.triggers[k as usize];
                    grave += usize::from(matches!(
                        row.frame,
                        Frame::Act | Frame::Kill | Frame::Abduct | Frame::Blast | Frame::Attempt
                    ));
                    (&mut trigger, frame_name(row.frame))
                }
                Entry::Role(c) => (&mut class, class_name(c)),
                Entry::Source(_) => (&mut other, "speaker"),
                Entry::Report(_) => (&mut other, "says"),
                Entry::Mood(Mood::Negated) => (&mut other, "not"),
                Entry::Mood(_) => (&mut other, "mood"),
                Entry::Blocker => continue,
                Entry::Country(_) | Entry::Capital(_) => (&mut other, "country"),
                Entry::Demonym(_) => (&mut other, "demonym"),
            };
            for i in h.tokens.clone() {
                slot[i] = name;
            }
        }
        let weight = match grave {
            0 => "0",
            1 => "1",
            2 | 3 => "2",
            4..=7 => "4",
            _ => "8",
        };
        let mut out = Vec::with_capacity(t.sentences.len());
        for (number, s) in t.sentences.iter().enumerate() {
            let within = |i: isize| -> Option<usize> { usize::try_from(i).ok().filter(|i| s.tokens.contains(i)) };
            // The nearest trigger on either side, with its distance.
            let mut left: Vec<(&str, usize)> = Vec::with_capacity(s.tokens.len());
            let mut last: Option<usize> = None;
            for i in s.tokens.clone() {
                left.push(last.map_or(("", 0), |k| (trigger[k], i - k)));
                if !trigger[i].is_empty() {
                    last = Some(i);
                }
            }
            let mut right: Vec<(&str, usize)> = vec![("", 0); s.tokens.len()];
            let mut next: Option<usize> = None;
            for i in s.tokens.clone().rev() {
                right[i - s.tokens.start] = next.map_or(("", 0), |k| (trigger[k], k - i));
                if !trigger[i].is_empty() {
                    next = Some(i);
                }
            }
            let near = |d: usize| match d {
                0 => "0",
                1 => "1",
                2 | 3 => "3",
                4..=7 => "7",
                8..=15 => "15",
                _ => "far",
            };
            let passive = s.tokens.clone().any(|i| {
                matches!(t.small(i), "was" | "were" | "been" | "being")
                    && s.tokens.contains(&(i + 1))
                    && !trigger[i + 1].is_empty()
            });
            let place = match number {
                0 => "0",
                1 => "1",
                2 | 3 => "3",
                4..=7 => "7",
                _ => "on",
            };
            let has = s.tokens.clone().any(|i| !trigger[i].is_empty());
            let mut sentence = Vec::with_capacity(s.tokens.len());
            for i in s.tokens.clone() {
                let mut a: Vec<Attribute> = Vec::with_capacity(48);
                let mut put = |text: String| a.push(Attribute::new(text, 1.0));
                let at = |k: isize| within(i as isize + k);
                for k in -2isize..=2 {
                    let w = at(k).map_or("~", |j| t.small(j));
                    put(format!("w{k}={w}"));
                    {
                        let c = at(k).map_or("~", |j| class[j]);
                        if !c.is_empty() {
                            put(format!("c{k}={c}"));
                        }
                        let g = at(k).map_or("", |j| trigger[j]);
                        if !g.is_empty() {
                            put(format!("t{k}={g}"));
                        }
                        let o = at(k).map_or("", |j| other[j]);
                        if !o.is_empty() {
                            put(format!("o{k}={o}"));
                        }
                    }
                }
                let small = t.small(i);
                let word = |k: isize| at(k).map_or("~", |j| t.small(j));
                put(format!("b-={} {small}", word(-1)));
                put(format!("b+={small} {}", word(1)));
                put(format!("b2-={} {}", word(-2), word(-1)));
                put(format!("b2+={} {}", word(1), word(2)));
                if small.is_char_boundary(3) && small.len() > 3 {
                    put(format!("p={}", &small[..3]));
                }
                if small.len() > 3 && small.is_char_boundary(small.len() - 3) {
                    put(format!("s={}", &small[small.len() - 3..]));
                }
                put(format!(
                    "shape={:?}",
                    if t.shouted && t.tokens[i].shape != Shape::Number && t.tokens[i].shape != Shape::Mark {
                        Shape::Small
                    } else {
                        t.tokens[i].shape
                    }
                ));
                let k = i - s.tokens.start;
                let (l, r) = (left[k], right[k]);
                put(format!("l={} {}", l.0, near(l.1)));
                put(format!("r={} {}", r.0, near(r.1)));
                put(format!("l={} c={}", l.0, class[i]));
                put(format!("r={} c={}", r.0, class[i]));
                put(format!("l={} r={}", l.0, r.0));
                if passive {
                    put(format!("passive r={} c={}", r.0, class[i]));
                    put(format!("passive l={} c={}", l.0, class[i]));
                }
                // The last preposition before it.
                let preposition = (1..6).find_map(|d| {
                    at(-d).map(|j| t.small(j)).filter(|w| {
                        matches!(
                            *w,
                            "by" | "of"
                                | "against"
                                | "on"
                                | "in"
                                | "at"
                                | "with"
                                | "from"
                                | "to"
                                | "for"
                                | "near"
                                | "outside"
                        )
                    })
                });
                if let Some(p) = preposition {
                    put(format!("prep={p} l={}", l.0));
                    put(format!("prep={p} c={}", class[i]));
                }
                put(format!("doc={weight}"));
                put(format!("doc={weight} c={}", class[i]));
                put(format!("place={place}"));
                put(format!("has={has} w={small}"));
                put(format!("doc={weight} w={small}"));
                sentence.push(a);
            }
            out.push(sentence);
        }
        out
    }
}

fn class_name(c: Class) -> &'static str {
    match c {
        Class::State => "state",
        Class::Armed => "armed",
        Class::Civil => "civil",
        Class::Official => "official",
        Class::Captive => "captive",
        Class::Leader => "leader",
        Class::Mob => "mob",
        Class::Thing => "thing",
        Class::Weapon => "weapon",
    }
}

fn frame_name(f: Frame) -> &'static str {
    match f {
        Frame::Act => "act",
        Frame::Kill => "kill",
        Frame::Attempt => "attempt",
        Frame::Wound => "wound",
        Frame::Effect => "effect",
        Frame::Clash => "clash",
        Frame::Capture => "capture",
        Frame::Abduct => "abduct",
        Frame::Escape => "escape",
        Frame::Break => "break",
        Frame::Operate => "operate",
        Frame::Deploy => "deploy",
        Frame::Blast => "blast",
        Frame::Damage => "damage",
        Frame::Threat => "threat",
    }
}

/// Settings of the training.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// L1 penalty: larger, fewer weights.
    pub c1: f64,
    /// L2 penalty.
    pub c2: f64,
    /// Most passes.
    pub passes: usize,
    /// How much more a sentence counts in which something is marked: more of it finds more, and more that is wrong.
    pub weight: f64,
}

impl Default for Training {
    fn default() -> Self {
        Self { c1: 0.1, c2: 0.3, passes: 55, weight: 4.0 }
    }
}

impl Tagger {
    /// Trains on texts with the runs that are to be marked; runs do not overlap. `work` is a file that may be written.
    ///
    /// # Errors
    /// What the disk or the trainer says.
    pub fn train(texts: &[(Ready<'_>, Vec<Marked>)], how: Training, work: &Path) -> std::io::Result<Self> {
        let mut trainer = Trainer::lbfgs();
        trainer.params_mut().set_c1(how.c1)?;
        trainer.params_mut().set_c2(how.c2)?;
        trainer.params_mut().set_max_iterations(how.passes)?;
        // What was seen once teaches nothing.
        trainer.set_feature_minfreq(3.0)?;
        for (ready, marked) in texts {
            let mut labels: Vec<String> = vec!["O".to_owned(); ready.text.tokens.len()];
            for m in marked {
                for (k, i) in m.tokens.clone().enumerate() {
                    labels[i] = format!("{}-{}", if k == 0 { "B" } else { "I" }, m.label);
                }
            }
            for (s, x) in ready.text.sentences.iter().zip(ready.attributes()) {
                let y = &labels[s.tokens.clone()];
                // Of texts in which nothing is marked, sentences that speak of violence are lesson enough.
                let speaks = ready
                    .hits
                    .iter()
                    .any(|h| matches!(h.entry, Entry::Trigger(_)) && s.tokens.contains(&h.tokens.start));
                let weight = if y.iter().any(|l| l != "O") { how.weight } else { 1.0 };
                if !x.is_empty() && (!marked.is_empty() || speaks) {
                    trainer.append_with_weight(&x, y, weight)?;
                }
            }
        }
        trainer.train(work)?;
        let model = std::fs::read(work)?;
        Ok(Self { model })
    }

    /// A model trained earlier.
    pub fn from_bytes(model: Vec<u8>) -> Self {
        Self { model }
    }

    /// The model, to be kept.
    pub fn bytes(&self) -> &[u8] {
        &self.model
    }

    /// Marks a text.
    ///
    /// # Errors
    /// When the bytes are no model.
    pub fn mark(&self, ready: &Ready<'_>) -> std::io::Result<Vec<Marked>> {
        let model = Model::new(&self.model)?;
        let tagger = model.tagger()?;
        let mut out: Vec<Marked> = Vec::new();
        for (s, x) in ready.text.sentences.iter().zip(ready.attributes()) {
            for (i, label) in s.tokens.clone().zip(tagger.tag(&x)?) {
                let Some((part, label)) = label.split_once('-') else { continue };
                match out.last_mut() {
                    Some(m) if part == "I" && m.label == label && m.tokens.end == i => m.tokens.end = i + 1,
                    _ => out.push(Marked { tokens: i..i + 1, label: label.to_owned() }),
                }
            }
        }
        Ok(out)
    }
}
