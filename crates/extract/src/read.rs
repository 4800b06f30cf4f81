//! From words to claims: who is said to have done what to whom, where and when, by whom it is said, and how firmly.
//!
//! Sentence by sentence: phrases (actors, numbers, dates, places), then frames (each trigger takes what its row says it
//! takes), attribution and mood by their cues, and last the document's own memory: "the attack" is one that was told of,
//! and what has no place or day of its own has that of what it continues. Every field carries its span and the rule that
//! filled it; what is not said stays empty.

use std::collections::HashMap;
use std::ops::Range;

use model::{Day, EventType, Hedge, Measure, Modality, Stance};
use serde::Serialize;

use crate::figure::{Number, number};
use crate::lexicon::{Class, Entry, Frame, Hit, Lexicon, Mood, Report};
use crate::text::{Sentence, Shape, Text};
use crate::when::{Stretch, when};

/// A span of the text that fills a field, and the rule that found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The rule.
    pub rule: &'static str,
}

/// Somebody or something that takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Where it stands.
    #[serde(flatten)]
    pub part: Part,
    /// The actor of the case it means, where a name of it stands in the phrase.
    pub actor: Option<String>,
    /// What kind of people or thing.
    pub class: &'static str,
    /// Country spoken of in the phrase.
    pub country: Option<&'static str>,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Where it stands.
    #[serde(flatten)]
    pub part: Part,
    /// What is counted.
    pub measure: Measure,
    /// Of whom: index into the targets, where they are said.
    pub of: Option<usize>,
    /// The number.
    pub number: u32,
    /// Upper end, where there is one.
    pub high: Option<u32>,
    /// Hedge.
    pub hedge: Hedge,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Where it stands.
    #[serde(flatten)]
    pub part: Part,
    /// Its name as it stands.
    pub name: String,
    /// The area of the case it is, where it is one.
    pub area: Option<String>,
}

/// Days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Days {
    /// Where they stand.
    #[serde(flatten)]
    pub part: Part,
    /// First possible day.
    pub from: Day,
    /// Last possible day.
    pub to: Day,
}

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Speaker {
    /// Where it stands.
    #[serde(flatten)]
    pub part: Part,
    /// The source of the case it means, where a name of it stands in the phrase.
    pub source: Option<String>,
    /// What kind of source.
    pub kind: &'static str,
}

/// One assertion about one event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// The words that say what happened.
    pub trigger: Part,
    /// The sentence.
    pub quote: Range<usize>,
    /// Event type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Sub-type.
    pub sub_type: &'static str,
    /// Who did it.
    pub by: Vec<Party>,
    /// To whom, or what.
    pub to: Vec<Party>,
    /// Where.
    pub place: Option<Place>,
    /// When.
    pub days: Option<Days>,
    /// How many.
    pub figures: Vec<Count>,
    /// Who says so, innermost first; the publisher is left out.
    pub speakers: Vec<Speaker>,
    /// What the speaker does with it.
    pub stance: Stance,
    /// How firmly.
    pub modality: Modality,
    /// The cue of modality.
    pub cue: Option<Part>,
    /// The earlier reading of the same event, by its place in the list.
    pub same_as: Option<usize>,
}

/// A link between actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// The words that say so.
    pub cue: Part,
    /// The sentence.
    pub quote: Range<usize>,
    /// One.
    pub a: Party,
    /// What it is to the other.
    pub kind: &'static str,
    /// The other.
    pub b: Party,
    /// How firmly.
    pub modality: Modality,
    /// Whether it is disputed.
    pub disputed: bool,
}

/// What was read of a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Read {
    /// Events, sentence by sentence.
    pub events: Vec<Reading>,
    /// Links, in order of place.
    pub ties: Vec<Tie>,
}

/// A name that the case knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Actor(usize),
    Area(usize),
    Source(usize),
}

/// Names that the case knows.
#[derive(Debug, Clone, Default)]
pub struct Known {
    actors: Vec<(String, &'static str)>,
    areas: Vec<String>,
    sources: Vec<String>,
    forms: HashMap<String, Vec<(Vec<String>, Means)>>,
}

impl Known {
    /// Adds an actor by its id, with its class and names.
    pub fn actor<'n>(&mut self, id: &str, class: Class, names: impl IntoIterator<Item = &'n str>) {
        self.actors.push((id.to_owned(), name_of(class)));
        let n = Means::Actor(self.actors.len() - 1);
        names.into_iter().for_each(|x| self.add(x, n));
    }

    /// Adds an area by its id, with its names.
    pub fn area<'n>(&mut self, id: &str, names: impl IntoIterator<Item = &'n str>) {
        self.areas.push(id.to_owned());
        let n = Means::Area(self.areas.len() - 1);
        names.into_iter().for_each(|x| self.add(x, n));
    }

    /// Adds a source by its id, with its names.
    pub fn source<'n>(&mut self, id: &str, names: impl IntoIterator<Item = &'n str>) {
        self.sources.push(id.to_owned());
        let n = Means::Source(self.sources.len() - 1);
        names.into_iter().for_each(|x| self.add(x, n));
    }

    fn add(&mut self, name: &str, means: Means) {
        let text = Text::new(name, 0);
        let words: Vec<String> = (0..text.tokens.len()).map(|i| text.small(i).to_owned()).collect();
        if let Some((first, rest)) = words.split_first() {
            let list = self.forms.entry(first.clone()).or_default();
            list.push((rest.to_vec(), means));
            list.sort_by_key(|x| std::cmp::Reverse(x.0.len()));
        }
    }

    /// The longest name from token `i` on.
    fn at(&self, t: &Text<'_>, i: usize) -> Option<(usize, Means)> {
        let list = self.forms.get(t.small(i))?;
        list.iter()
            .find(|(rest, _)| rest.iter().enumerate().all(|(k, w)| t.small(i + 1 + k) == w))
            .map(|(rest, m)| (i + 1 + rest.len(), *m))
    }
}

fn name_of(c: Class) -> &'static str {
    match c {
        Class::State => "state-forces",
        Class::Armed => "armed-group",
        Class::Civil => "civilians",
        Class::Official => "officials",
        Class::Captive => "prisoners",
        Class::Leader => "leader",
        Class::Mob => "crowd",
        Class::Thing => "thing",
        Class::Weapon => "weapon",
    }
}

/// A phrase that names people or things.
#[derive(Debug, Clone)]
struct Phrase {
    tokens: Range<usize>,
    head: usize,
    class: Option<Class>,
    actor: Option<usize>,
    source: Option<usize>,
    person: bool,
    /// A single capital word, taken for a name for what it does.
    surname: bool,
    country: Option<&'static str>,
    number: Option<Number>,
    speaker: Option<&'static str>,
}

/// What is known of a document besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setting {
    /// Day of the dateline.
    pub anchor: Option<Day>,
}

struct Reader<'a, 't> {
    t: &'a Text<'t>,
    hits: &'a [Hit],
    known: &'a Known,
    setting: Setting,
    /// By token: the known name that begins there.
    names: Vec<Option<(usize, Means)>>,
    out: Read,
}

/// Reads one document.
pub fn read(text: &Text<'_>, known: &Known, setting: Setting) -> Read {
    let lexicon = Lexicon::bundled();
    let hits = lexicon.scan(text);
    let mut names = vec![None; text.tokens.len()];
    let mut i = 0;
    while i < names.len() {
        match known.at(text, i) {
            Some((end, m)) => {
                names[i] = Some((end, m));
                i = end;
            }
            None => i += 1,
        }
    }
    let mut r = Reader { t: text, hits: &hits, known, setting, names, out: Read::default() };
    let mut first_hit = 0;
    for s in &text.sentences {
        while first_hit < hits.len() && hits[first_hit].tokens.start < s.tokens.start {
            first_hit += 1;
        }
        let mut last = first_hit;
        while last < hits.len() && hits[last].tokens.start < s.tokens.end {
            last += 1;
        }
        r.sentence(s, first_hit..last);
        first_hit = last;
    }
    r.out
}

/// Words that end a phrase on its left.
fn ends_phrase(w: &str) -> bool {
    matches!(
        w,
        "in" | "on"
            | "at"
            | "by"
            | "of"
            | "to"
            | "from"
            | "with"
            | "for"
            | "against"
            | "into"
            | "near"
            | "that"
            | "which"
            | "who"
            | "and"
            | "or"
            | "but"
            | "as"
            | "was"
            | "were"
            | "is"
            | "are"
            | "be"
            | "been"
            | "being"
            | "has"
            | "have"
            | "had"
            | "when"
            | "while"
            | "after"
            | "before"
            | "since"
            | "during"
            | "if"
            | "whether"
            | "because"
            | "not"
            | "including"
            | "such"
            | "than"
            | "also"
            | "it"
            | "he"
            | "they"
            | "she"
    )
}

/// Marks and words that bound a clause.
fn bounds_clause(w: &str) -> bool {
    matches!(
        w,
        ";" | "\u{2014}" | "(" | ")" | ":" | "\u{2013}" | "which" | "who" | "while" | "although" | "but" | "whereas"
    )
}

impl Reader<'_, '_> {
    fn part(&self, tokens: Range<usize>, rule: &'static str) -> Part {
        Part { span: self.t.span(tokens), rule }
    }

    fn sentence(&mut self, s: &Sentence, hits: Range<usize>) {
        let hits = &self.hits[hits];
        let phrases = self.phrases(s, hits);
        self.ties(s, hits, &phrases);
        let lexicon = Lexicon::bundled();
        let triggers: Vec<(usize, &Hit)> = hits
            .iter()
            .filter_map(|h| match h.entry {
                Entry::Trigger(k) => Some((k as usize, h)),
                _ => None,
            })
            .filter(|(k, h)| self.is_used(lexicon.triggers[*k].noun, h, s))
            .collect();
        let begin = self.out.events.len();
        if triggers.is_empty() {
            self.attribution(begin, s, hits, &phrases);
            return;
        }
        let blocked = |h: &Hit| {
            hits.iter().any(|b| {
                matches!(b.entry, Entry::Blocker) && b.tokens.start <= h.tokens.start && h.tokens.end <= b.tokens.end
            })
        };
        // A word for violence alone is not enough: somebody armed, a weapon, or somebody hurt has to be there.
        let own = |p: &Phrase| {
            triggers
                .iter()
                .any(|(_, h)| h.tokens.start < p.tokens.end && p.tokens.start < h.tokens.end && p.head < h.tokens.end)
        };
        let is = |classes: &[Class]| {
            phrases.iter().any(|p| p.class.is_some_and(|c| classes.contains(&c)) && !own(p) && !p.surname)
        };
        let armed = phrases.iter().any(|p| p.actor.is_some())
            || is(&[Class::State, Class::Armed, Class::Captive, Class::Weapon]);
        let people = is(&[Class::Civil, Class::Official, Class::Leader, Class::Mob]);
        let things = is(&[Class::Thing]);
        let placed = hits.iter().any(|h| matches!(h.entry, Entry::Country(_) | Entry::Capital(_)))
            || self.names[s.tokens.clone()].iter().flatten().any(|n| matches!(n.1, Means::Area(_)));
        // "left ten dead", "killed hundreds"
        let counted = s.tokens.clone().any(|i| number(self.t, i).is_some());
        let toll = counted
            && triggers
                .iter()
                .any(|(k, _)| matches!(lexicon.triggers[*k].frame, Frame::Effect | Frame::Wound | Frame::Kill))
            && triggers.len() > 1;
        // What has effects comes first, then the effects.
        let is_effect = |k: usize| {
            let row = &lexicon.triggers[k];
            row.kind.is_none() || row.frame == Frame::Kill && !row.noun
        };
        let ordered = triggers.iter().filter(|x| !is_effect(x.0)).chain(triggers.iter().filter(|x| is_effect(x.0)));
        for (k, h) in ordered {
            let row = &lexicon.triggers[*k];
            if blocked(h) {
                continue;
            }
            let violent = row.kind.is_some_and(|k| k != EventType::Strategic);
            let grave = matches!(row.frame, Frame::Abduct | Frame::Attempt | Frame::Break | Frame::Blast)
                || row.kind == Some(EventType::Explosions)
                || matches!(
                    row.name.as_str(),
                    "murdered"
                        | "assassinated"
                        | "assassination"
                        | "killing"
                        | "shooting down"
                        | "shot down"
                        | "shot"
                        | "shooting"
                        | "civil war"
                        | "arson"
                );
            let hurt = matches!(row.frame, Frame::Kill | Frame::Wound | Frame::Capture)
                || matches!(row.kind, Some(EventType::Protests | EventType::Riots));
            // What a verb is done to stands behind it.
            let at = h.tokens.end;
            let onto = phrases.iter().any(|p| {
                p.class == Some(Class::Thing)
                    && (at..at + 4).contains(&p.tokens.start)
                    && self.preposition(p, s) != "at"
            });
            let target = if row.noun { things && row.frame != Frame::Kill } else { onto };
            let shot = matches!(row.name.as_str(), "shot" | "shooting");
            let enough = armed
                || toll
                || grave && (people || target && !shot || row.noun && placed)
                || hurt && people
                || row.noun && placed && violent;
            if !enough {
                continue;
            }
            if is_effect(*k) && self.joins(begin, row.frame, h, &phrases, s) {
                continue;
            }
            let Some(kind) = row.kind.or(match row.frame {
                Frame::Effect | Frame::Wound => Some(EventType::Battles),
                _ => None,
            }) else {
                continue;
            };
            self.event(row.frame, kind, row.sub_type, row.noun, h, &phrases, s, hits);
        }
        self.attribution(begin, s, hits, &phrases);
        self.moods(begin, s, hits);
    }

    /// Whether a form is used as the part of speech its row says.
    fn is_used(&self, noun: bool, h: &Hit, s: &Sentence) -> bool {
        let t = self.t;
        let before = if h.tokens.start > s.tokens.start { t.small(h.tokens.start - 1) } else { "" };
        let after = t.small(h.tokens.end);
        let shown = t.small(h.tokens.end - 1);
        let both = Lexicon::bundled();
        let twin = self.hits.iter().any(|o| match (o.entry, h.entry) {
            (Entry::Trigger(a), Entry::Trigger(b)) => {
                o.tokens == h.tokens && a != b && both.triggers[a as usize].noun != both.triggers[b as usize].noun
            }
            _ => false,
        });
        if !twin {
            return true;
        }
        let marked = matches!(
            before,
            "the"
                | "a"
                | "an"
                | "this"
                | "that"
                | "these"
                | "those"
                | "several"
                | "its"
                | "their"
                | "his"
                | "in"
                | "of"
                | "latter"
                | "such"
                | "two"
                | "three"
                | "recent"
                | "an,"
                | "deadly"
                | "as"
        ) || before == "s"
            || matches!(after, "of" | "on" | "against" | "by")
                && !matches!(before, "was" | "were" | "been" | "being" | "had" | "have" | "has")
                && !shown.ends_with("ed");
        let verbal = shown.ends_with("ed")
            || matches!(
                before,
                "to" | "was"
                    | "were"
                    | "been"
                    | "being"
                    | "had"
                    | "have"
                    | "has"
                    | "who"
                    | "that"
                    | "they"
                    | "will"
                    | "would"
                    | "could"
            );
        // Bare forms are nouns unless an object follows at once.
        let object = matches!(after, "the" | "a" | "an" | "their" | "his") || number(t, h.tokens.end).is_some();
        let participle = shown.ends_with("ing") && before == ",";
        let is_verb = !marked && (verbal || object || participle);
        noun != is_verb
    }

    fn phrases(&self, s: &Sentence, hits: &[Hit]) -> Vec<Phrase> {
        let t = self.t;
        let lexicon = Lexicon::bundled();
        let mut out: Vec<Phrase> = Vec::new();
        let mut numbers: Vec<Number> = Vec::new();
        for i in s.tokens.clone() {
            if numbers.last().is_none_or(|n| n.tokens.end <= i) {
                numbers.extend(number(t, i));
            }
        }
        let mut heads: Vec<(Range<usize>, Option<Class>, Option<Means>, Option<&'static str>)> = Vec::new();
        for h in hits {
            match h.entry {
                // "the official reason": of an office, nobody.
                Entry::Role(_) | Entry::Source(_)
                    if t.small(h.tokens.start) == "official"
                        && t.tokens.get(h.tokens.end).is_some_and(|x| x.shape == Shape::Small)
                        && !ends_phrase(t.small(h.tokens.end))
                        && !hits.iter().any(|o| {
                            o.tokens.start == h.tokens.end && matches!(o.entry, Entry::Report(_) | Entry::Trigger(_))
                        }) => {}
                Entry::Role(c) => {
                    let speaker = hits.iter().find_map(|o| match o.entry {
                        Entry::Source(k) if o.tokens == h.tokens => Some(k),
                        _ => None,
                    });
                    heads.push((h.tokens.clone(), Some(c), None, speaker));
                }
                Entry::Source(k) if !hits.iter().any(|o| matches!(o.entry, Entry::Role(_)) && o.tokens == h.tokens) => {
                    heads.push((h.tokens.clone(), None, None, Some(k)));
                }
                _ => {}
            }
        }
        for i in s.tokens.clone() {
            if let Some((end, m)) = self.names[i] {
                heads.push((i..end, None, Some(m), None));
            }
        }
        // Persons: two capitals or more that nothing else is, not at the sentence's beginning alone.
        if !t.shouted {
            let mut i = s.tokens.start;
            while i < s.tokens.end {
                let capital =
                    |j: usize| j < s.tokens.end && t.tokens[j].shape == Shape::Capital && t.small(j).len() > 1;
                let taken = |j: usize| {
                    self.names[s.tokens.start..=j].iter().flatten().any(|n| n.0 > j)
                        || hits.iter().any(|h| h.tokens.contains(&j) && !matches!(h.entry, Entry::Mood(_)))
                };
                if capital(i)
                    && !taken(i)
                    && capital(i + 1)
                    && !taken(i + 1)
                    && !ends_phrase(t.small(i))
                    && t.small(i) != "the"
                {
                    let mut end = i + 2;
                    while capital(end) && !taken(end) {
                        end += 1;
                    }
                    heads.push((i..end, Some(Class::Leader), None, None));
                    i = end;
                } else if capital(i)
                    && !taken(i)
                    && hits.iter().any(|h| {
                        h.tokens.start == i + 1
                            && match h.entry {
                                Entry::Report(r) => r != Report::Prep,
                                Entry::Trigger(k) => !lexicon.triggers[k as usize].noun,
                                _ => false,
                            }
                    })
                    && !matches!(
                        t.small(i),
                        "he" | "she"
                            | "they"
                            | "it"
                            | "who"
                            | "this"
                            | "that"
                            | "we"
                            | "the"
                            | "a"
                            | "an"
                            | "these"
                            | "those"
                            | "its"
                            | "their"
                            | "i"
                            | "and"
                            | "but"
                            | "some"
                            | "others"
                            | "many"
                            | "one"
                    )
                {
                    // A surname before what it does.
                    heads.push((i..i + 1, Some(Class::Leader), None, None));
                    i += 1;
                } else {
                    i += 1;
                }
            }
        }
        heads.sort_by_key(|h| (h.0.start, std::cmp::Reverse(h.0.end)));
        // "IMU fighters", "Tajik military helicopter": the name is part of the phrase behind it.
        let roles: Vec<usize> = heads.iter().filter(|h| h.1.is_some() || h.3.is_some()).map(|h| h.0.start).collect();
        heads.retain(|h| {
            h.1.is_some()
                || h.3.is_some()
                || !roles.iter().any(|r| {
                    (h.0.end..=h.0.end + 1).contains(r)
                        && (h.0.end..*r).all(|i| t.tokens[i].shape == Shape::Small && !ends_phrase(t.small(i)))
                })
        });
        for (tokens, class, means, speaker) in heads {
            if out.last().is_some_and(|p| p.tokens.end >= tokens.end && p.head >= tokens.start) {
                continue;
            }
            // To the left: adjectives, numbers, names, up to a function word or a mark.
            let mut start = tokens.start;
            let floor = out.last().map_or(s.tokens.start, |p| p.tokens.end).max(start.saturating_sub(7));
            while start > floor {
                if let Some(n) = numbers.iter().find(|n| n.tokens.end == start && n.tokens.start >= floor) {
                    start = n.tokens.start;
                    if t.small(start.saturating_sub(1)) != "the" {
                        break;
                    }
                    continue;
                }
                let w = t.small(start - 1);
                let shape = t.tokens[start - 1].shape;
                let possessive = w == "s" && start >= 2 && matches!(t.word(start - 2), "'" | "\u{2019}");
                if possessive {
                    start -= 2;
                    continue;
                }
                let verb = hits.iter().any(|h| {
                    h.tokens.end == start
                        && match h.entry {
                            Entry::Report(_) => true,
                            Entry::Trigger(k) => !lexicon.triggers[k as usize].noun,
                            _ => false,
                        }
                });
                // "to catch militants": a verb behind "to" is no part of whom it is done to.
                let infinitive = start >= 2 && t.small(start - 2) == "to" && shape == Shape::Small;
                if (shape == Shape::Mark && w != "-") || ends_phrase(w) || verb || infinitive {
                    break;
                }
                start -= 1;
                if matches!(w, "the" | "a" | "an" | "this" | "these" | "those" | "its" | "their" | "his") {
                    break;
                }
            }
            // To the right: "of" a known name or country.
            let mut end = tokens.end;
            if t.small(end) == "of" || (t.small(end) == "of" && t.small(end + 1) == "the") {
                let at = end + 1 + usize::from(t.small(end + 1) == "the");
                if let Some((e, Means::Actor(_))) = self.names.get(at).copied().flatten() {
                    end = e;
                }
            }
            let inside = start..end;
            let actor = (start..end)
                .filter_map(|i| self.names.get(i).copied().flatten())
                .filter_map(|(_, m)| match m {
                    Means::Actor(a) => Some(a),
                    _ => None,
                })
                .next_back()
                .or(match means {
                    Some(Means::Actor(a)) => Some(a),
                    _ => None,
                });
            let source = (start..end).filter_map(|i| self.names.get(i).copied().flatten()).find_map(|(_, m)| match m {
                Means::Source(a) => Some(a),
                _ => None,
            });
            if matches!(means, Some(Means::Area(_))) {
                continue;
            }
            let country = hits.iter().filter(|h| inside.contains(&h.tokens.start)).find_map(|h| match h.entry {
                Entry::Country(k) | Entry::Demonym(k) | Entry::Capital(k) => Some(lexicon.countries[k as usize].code),
                _ => None,
            });
            let count = numbers.iter().find(|n| n.tokens.start >= start && n.tokens.end <= tokens.start).cloned();
            let named =
                class == Some(Class::Leader) && speaker.is_none() && t.tokens[tokens.start].shape == Shape::Capital;
            let person = named || actor.is_some_and(|a| self.known.actors[a].1 == "leader");
            if let Some(last) = out.last()
                && last.tokens.end > start
            {
                start = last.tokens.end;
            }
            out.push(Phrase {
                tokens: start..end,
                head: tokens.end - 1,
                class,
                actor,
                source,
                person,
                surname: named && tokens.len() == 1,
                country,
                number: count,
                speaker,
            });
        }
        // Countries and capitals that act: "Washington said", "Russia is sending troops".
        for h in hits {
            let (Entry::Country(k) | Entry::Capital(k)) = h.entry else { continue };
            let after = h.tokens.end;
            let before = h.tokens.start.checked_sub(1).filter(|b| *b >= s.tokens.start).map_or("", |b| t.small(b));
            let acts = hits.iter().any(|o| {
                o.tokens.start >= after
                    && o.tokens.start <= after + 2
                    && match o.entry {
                        Entry::Report(r) => r != Report::Prep,
                        Entry::Trigger(k) => !lexicon.triggers[k as usize].noun,
                        _ => false,
                    }
            });
            if acts
                && !matches!(before, "in" | "of" | "from" | "to" | "near" | "into" | "at" | "neighboring")
                && !out.iter().any(|p| p.tokens.contains(&h.tokens.start))
            {
                out.push(Phrase {
                    tokens: h.tokens.clone(),
                    head: h.tokens.start,
                    class: Some(Class::Official),
                    actor: None,
                    source: None,
                    person: false,
                    surname: false,
                    country: Some(lexicon.countries[k as usize].code),
                    number: None,
                    speaker: Some("official"),
                });
            }
        }
        out.sort_by_key(|p| p.tokens.start);
        out
    }

    fn party(&self, p: &Phrase, rule: &'static str) -> Party {
        let class = match (p.actor, p.class) {
            (Some(a), _) => self.known.actors[a].1,
            (None, Some(c)) => name_of(c),
            (None, None) => "officials",
        };
        Party {
            part: self.part(p.tokens.clone(), rule),
            actor: p.actor.map(|a| self.known.actors[a].0.clone()),
            class,
            country: p.country,
        }
    }

    /// First and last token of the clause around a token. What stands between two dashes is passed over.
    fn clause(&self, s: &Sentence, at: usize) -> Range<usize> {
        let dash = |i: usize| matches!(self.t.small(i), "\u{2014}" | "\u{2013}");
        let mut start = at;
        while start > s.tokens.start {
            if !bounds_clause(self.t.small(start - 1)) {
                start -= 1;
                continue;
            }
            let opens = (s.tokens.start.max(start.saturating_sub(16))..start - 1).rev().find(|i| dash(*i));
            match opens.filter(|_| dash(start - 1)) {
                Some(i) => start = i,
                None => break,
            }
        }
        let mut end = at;
        while end < s.tokens.end {
            if !bounds_clause(self.t.small(end)) {
                end += 1;
                continue;
            }
            let closes = (end + 1..s.tokens.end.min(end + 16)).find(|i| dash(*i));
            match closes.filter(|_| dash(end)) {
                Some(i) => end = i + 1,
                None => break,
            }
        }
        start..end
    }

    fn preposition(&self, p: &Phrase, s: &Sentence) -> &str {
        match p.tokens.start.checked_sub(1) {
            Some(b) if b >= s.tokens.start => self.t.small(b),
            _ => "",
        }
    }

    /// An effect (dead, wounded, damage) of an event of the same sentence is told with it.
    fn joins(&mut self, begin: usize, frame: Frame, h: &Hit, phrases: &[Phrase], s: &Sentence) -> bool {
        let here = self.t.span(h.tokens.clone()).start;
        let whom = self.whom(frame, h, phrases, s);
        let index = (begin..self.out.events.len())
            .filter(|e| !matches!(self.out.events[*e].kind, EventType::Protests))
            .min_by_key(|e| self.out.events[*e].trigger.span.start.abs_diff(here));
        let index = match index {
            Some(i) => i,
            // "In the latter attack ... were killed": the event of the sentence before.
            None if frame == Frame::Effect && begin > 0 => begin - 1,
            None => return false,
        };
        let measure = match frame {
            Frame::Wound => Measure::Wounded,
            Frame::Damage => return true,
            _ => Measure::Killed,
        };
        for p in whom {
            let party = self.party(&phrases[p], "effect");
            let number = phrases[p].number.clone();
            let part = number.as_ref().map(|n| self.part(n.tokens.clone(), "counted-effect"));
            let e = &mut self.out.events[index];
            let of = match e.to.iter().position(|x| x.part.span == party.part.span) {
                Some(k) => k,
                None => {
                    if matches!(party.class, "weapon" | "thing") || e.by.iter().any(|x| x.part.span == party.part.span)
                    {
                        continue;
                    }
                    e.to.push(party);
                    e.to.len() - 1
                }
            };
            if let (Some(n), Some(part)) = (number, part)
                && !e.figures.iter().any(|f| f.part.span == part.span)
            {
                e.figures.push(Count { part, measure, of: Some(of), number: n.best, high: n.high, hedge: n.hedge });
            }
        }
        true
    }

    /// Whom an effect befalls: the subject of a passive or of dying, else the object.
    fn whom(&self, frame: Frame, h: &Hit, phrases: &[Phrase], s: &Sentence) -> Vec<usize> {
        let t = self.t;
        let clause = self.clause(s, h.tokens.start);
        let passive = (1..=4).any(|d| {
            h.tokens
                .start
                .checked_sub(d)
                .filter(|b| *b >= clause.start)
                .is_some_and(|b| matches!(t.small(b), "was" | "were" | "been" | "being" | "are" | "is"))
        }) && !t.small(h.tokens.start).ends_with("ing");
        let left = phrases.iter().enumerate().rev().find(|(_, p)| {
            p.tokens.end <= h.tokens.start
                && p.tokens.start >= clause.start
                && !matches!(self.preposition(p, s), "in" | "by" | "at" | "near")
        });
        let right = phrases.iter().enumerate().find(|(_, p)| {
            p.tokens.start >= h.tokens.end
                && p.tokens.start < clause.end
                && !matches!(self.preposition(p, s), "in" | "by" | "at" | "near" | "from" | "to" | "with")
        });
        let subject = passive || frame == Frame::Effect;
        match (subject, left, right) {
            (true, Some((k, _)), _) => vec![k],
            (false, _, Some((k, _))) => vec![k],
            _ => vec![],
        }
    }

    #[allow(clippy::too_many_lines)]
    fn event(
        &mut self,
        frame: Frame,
        kind: EventType,
        sub_type: &'static str,
        noun: bool,
        h: &Hit,
        phrases: &[Phrase],
        s: &Sentence,
        hits: &[Hit],
    ) {
        let t = self.t;
        let clause = self.clause(s, h.tokens.start);
        let (begin, end) = (h.tokens.start, h.tokens.end);
        let (mut by, mut to): (Vec<usize>, Vec<usize>) = (vec![], vec![]);
        let able = |p: &Phrase| {
            p.actor.is_some()
                || p.person
                || !matches!(p.class, Some(Class::Thing | Class::Weapon) | None)
                || p.country.is_some()
        };
        let lexicon = Lexicon::bundled();
        let verb_between = |a: usize, b: usize| {
            hits.iter().any(|o| {
                o.tokens.start >= a
                    && o.tokens.end <= b
                    && o.tokens != h.tokens
                    && matches!(o.entry, Entry::Trigger(k) if !lexicon.triggers[k as usize].noun)
            })
        };
        if noun {
            // Before: whose attack, what kind of.
            if let Some((k, p)) = phrases
                .iter()
                .enumerate()
                .find(|(_, p)| p.tokens.end <= begin && begin - p.tokens.end <= 2 && p.tokens.start >= clause.start)
                && (t.small(begin - 1) == "s" || p.tokens.end == begin)
                && able(p)
            {
                by.push(k);
            }
            for (k, p) in
                phrases.iter().enumerate().filter(|(_, p)| p.tokens.start >= end && p.tokens.start < clause.end)
            {
                let gap = p.tokens.start - end;
                match self.preposition(p, s) {
                    "by" if gap <= 12 && by.is_empty() && able(p) => by.push(k),
                    "of" if gap <= 3 && to.is_empty() => {
                        if frame == Frame::Operate || frame == Frame::Break {
                            by.push(k)
                        } else {
                            to.push(k)
                        }
                    }
                    "on" | "against" | "upon" if gap <= 6 && to.is_empty() => to.push(k),
                    "at" if gap <= 4 && to.is_empty() && p.class == Some(Class::Thing) => to.push(k),
                    "between" if frame == Frame::Clash => by.push(k),
                    "and" | "with" if frame == Frame::Clash && !by.is_empty() && gap <= 10 => to.push(k),
                    _ => {}
                }
                if verb_between(end, p.tokens.start) {
                    break;
                }
            }
        } else {
            let passive = (1..=4).any(|d| {
                begin
                    .checked_sub(d)
                    .filter(|b| *b >= clause.start)
                    .is_some_and(|b| matches!(t.small(b), "was" | "were" | "been" | "being" | "are" | "is" | "be"))
            }) && !t.small(begin).ends_with("ing");
            let free = |p: &Phrase| {
                !matches!(
                    self.preposition(p, s),
                    "in" | "of" | "at" | "from" | "near" | "with" | "by" | "to" | "on" | "against"
                )
            };
            let left = phrases
                .iter()
                .enumerate()
                .rev()
                .filter(|(_, p)| p.tokens.end <= begin && p.tokens.start >= clause.start)
                .find(|(_, p)| free(p))
                // "militants who escaped": the clause begins behind its subject.
                .or_else(|| {
                    phrases.iter().enumerate().rev().find(|(_, p)| {
                        p.tokens.end < begin && p.tokens.end + 1 >= clause.start && clause.start > s.tokens.start
                    })
                });
            let right = phrases.iter().enumerate().find(|(_, p)| {
                p.tokens.start >= end
                    && p.tokens.start < clause.end
                    && p.tokens.start - end <= 8
                    && (free(p) || matches!(self.preposition(p, s), "on" | "against" | "with" | "at"))
                    && !verb_between(end, p.tokens.start)
            });
            let agent = phrases.iter().enumerate().find(|(_, p)| {
                p.tokens.start >= end
                    && p.tokens.start < clause.end
                    && p.tokens.start - end <= 12
                    && self.preposition(p, s) == "by"
            });
            if passive && frame != Frame::Escape {
                to.extend(left.map(|x| x.0));
                by.extend(agent.map(|x| x.0));
            } else {
                match frame {
                    Frame::Escape => by.extend(left.map(|x| x.0)),
                    Frame::Blast => to.extend(right.map(|x| x.0)),
                    _ => {
                        by.extend(left.filter(|(_, p)| able(p)).map(|x| x.0));
                        to.extend(right.map(|x| x.0));
                    }
                }
            }
        }
        let weapon = |k: &usize| phrases[*k].class == Some(Class::Weapon);
        by.retain(|k| !weapon(k));
        to.retain(|k| !weapon(k) && !by.contains(k));
        let measure = match frame {
            Frame::Kill => Some(Measure::Killed),
            Frame::Wound => Some(Measure::Wounded),
            Frame::Capture => Some(Measure::Captured),
            Frame::Escape | Frame::Break => Some(Measure::Escaped),
            _ => None,
        };
        let counted: Vec<(Option<usize>, &Phrase)> = if matches!(frame, Frame::Escape | Frame::Break) {
            by.iter().map(|k| (None, &phrases[*k])).collect()
        } else {
            to.iter().enumerate().map(|(n, k)| (Some(n), &phrases[*k])).collect()
        };
        let figures: Vec<Count> = counted
            .into_iter()
            .filter_map(|(of, p)| {
                let n = p.number.clone()?;
                let part = self.part(n.tokens.clone(), "counted-party");
                Some(Count { part, measure: measure?, of, number: n.best, high: n.high, hedge: n.hedge })
            })
            .collect();
        let place = self.place(h, s, hits, &clause);
        let days = self.days(h, s, &clause);
        let rule = if noun { "noun-frame" } else { "verb-frame" };
        // "a U.S. airstrike", "Pakistani security operations": a country's forces.
        let of_country = hits
            .iter()
            .filter(|x| noun && by.is_empty() && x.tokens.end == begin)
            .find_map(|x| match x.entry {
                Entry::Country(k) | Entry::Demonym(k) => Some((x, lexicon.countries[k as usize].code)),
                _ => None,
            })
            .map(|(x, code)| Party {
                part: self.part(x.tokens.clone(), "country-adjective"),
                actor: None,
                class: name_of(Class::State),
                country: Some(code),
            });
        let mut e = Reading {
            trigger: self.part(h.tokens.clone(), rule),
            quote: t.span(s.tokens.clone()),
            kind,
            sub_type,
            by: by.iter().map(|k| self.party(&phrases[*k], rule)).chain(of_country).collect(),
            to: to.iter().map(|k| self.party(&phrases[*k], rule)).collect(),
            place,
            days,
            figures,
            speakers: vec![],
            stance: Stance::Asserts,
            modality: Modality::Asserted,
            cue: None,
            same_as: None,
        };
        self.remember(&mut e, h, noun, s);
        self.out.events.push(e);
    }

    /// Places in a clause: after "in", "near" and the like; else of the sentence.
    fn place(&self, h: &Hit, s: &Sentence, hits: &[Hit], clause: &Range<usize>) -> Option<Place> {
        let t = self.t;
        let mut best: Option<(usize, Place)> = None;
        let mut i = s.tokens.start;
        while i < s.tokens.end {
            let w = t.small(i);
            let introduces = matches!(
                w,
                "in" | "near"
                    | "at"
                    | "outside"
                    | "inside"
                    | "across"
                    | "throughout"
                    | "around"
                    | "into"
                    | "from"
                    | "to"
                    | "of"
                    | "within"
                    | "surrounding"
                    | "toward"
                    | "on"
            );
            if !introduces {
                i += 1;
                continue;
            }
            let mut at = i + 1;
            while matches!(
                t.small(at),
                "the"
                    | "northern"
                    | "southern"
                    | "eastern"
                    | "western"
                    | "central"
                    | "neighboring"
                    | "neighbouring"
                    | "city"
                    | "town"
                    | "village"
                    | "of"
                    | "district"
                    | "province"
                    | "capital"
                    | "nearby"
                    | "both"
                    | "part"
                    | "parts"
            ) && at < i + 5
            {
                at += 1;
            }
            let known = self.names.get(at).copied().flatten();
            let country =
                hits.iter().find(|x| x.tokens.start == at && matches!(x.entry, Entry::Country(_) | Entry::Capital(_)));
            let capital = |j: usize| j < s.tokens.end && matches!(t.tokens[j].shape, Shape::Capital | Shape::Capitals);
            // "in U.S. airstrikes": of a country, not in it.
            let adjective = |c: &Hit| {
                hits.iter()
                    .any(|x| x.tokens.start == c.tokens.end && matches!(x.entry, Entry::Trigger(_) | Entry::Role(_)))
            };
            let country = country.filter(|c| !adjective(c));
            let (end, area) = match (known, country) {
                (Some((end, Means::Area(a))), _) => (end, Some(self.known.areas[a].clone())),
                (Some(_), _) => (at, None),
                (None, Some(c))
                    if !hits.iter().any(|x| {
                        x.tokens.start == at && matches!(x.entry, Entry::Demonym(_)) && x.tokens.end >= c.tokens.end
                    }) =>
                {
                    (c.tokens.end, None)
                }
                _ if !t.shouted
                    && capital(at)
                    && crate::when::when(t, at, self.setting.anchor).is_none()
                    && !hits
                        .iter()
                        .any(|x| x.tokens.start == at && matches!(x.entry, Entry::Demonym(_) | Entry::Role(_))) =>
                {
                    let mut end = at;
                    while capital(end) && end < at + 4 {
                        end += 1;
                    }
                    (end, None)
                }
                _ => (at, None),
            };
            if end > at
                && !matches!(t.small(end), "s")
                && (area.is_some()
                    || matches!(
                        w,
                        "in" | "near"
                            | "at"
                            | "outside"
                            | "inside"
                            | "across"
                            | "throughout"
                            | "around"
                            | "within"
                            | "into"
                            | "from"
                            | "surrounding"
                    ))
            {
                let inside = clause.contains(&i);
                let distance = i.abs_diff(h.tokens.start)
                    + if inside { 0 } else { 100 }
                    + if i < h.tokens.start { 10 } else { 0 }
                    + if w == "from" || w == "of" { 15 } else { 0 };
                let place = Place {
                    part: self.part(at..end, if inside { "clause-place" } else { "sentence-place" }),
                    name: t.slice(at..end).to_owned(),
                    area,
                };
                if best.as_ref().is_none_or(|b| distance < b.0) {
                    best = Some((distance, place));
                }
                i = end;
            } else {
                i += 1;
            }
        }
        best.map(|b| b.1)
    }

    fn days(&self, h: &Hit, s: &Sentence, clause: &Range<usize>) -> Option<Days> {
        let t = self.t;
        let mut best: Option<(usize, Days)> = None;
        let mut i = s.tokens.start;
        while i < s.tokens.end {
            let Some(w) = when(t, i, self.setting.anchor) else {
                i += 1;
                continue;
            };
            let before = i.checked_sub(1).filter(|b| *b >= s.tokens.start).map_or("", |b| t.small(b));
            let days = match (before, self.setting.anchor) {
                ("since", Some(a)) if w.days.from <= a => Stretch { from: w.days.from, to: a },
                _ => w.days,
            };
            let inside = clause.contains(&i);
            let distance = i.abs_diff(h.tokens.start) + if inside { 0 } else { 60 };
            if best.as_ref().is_none_or(|b| distance < b.0) {
                best =
                    Some((distance, Days { part: self.part(w.tokens.clone(), w.rule), from: days.from, to: days.to }));
            }
            i = w.tokens.end;
        }
        best.map(|b| b.1)
    }

    /// What is said with "the" was told of before; what has no place or day continues what came before.
    fn remember(&mut self, e: &mut Reading, h: &Hit, noun: bool, s: &Sentence) {
        let t = self.t;
        let before =
            |d: usize| h.tokens.start.checked_sub(d).filter(|b| *b >= s.tokens.start).map_or("", |b| t.small(b));
        let definite = noun
            && ((1..=3).any(|d| matches!(before(d), "the" | "this" | "that" | "latter" | "these" | "those")))
            && !(1..=3).any(|d| matches!(before(d), "a" | "an" | "several" | "two" | "three"));
        if definite {
            let latter = (1..=3).any(|d| before(d) == "latter");
            // What stands elsewhere in the sentence is no place of what was told before.
            let own = e.place.take_if(|p| latter || p.part.rule == "sentence-place");
            let found = self
                .out
                .events
                .iter()
                .enumerate()
                .rev()
                .take(12)
                .find(|(_, o)| {
                    let word = |x: &Reading| t.small[x.trigger.span.clone()].trim_end_matches('s').to_owned();
                    let (a, b) = (word(o), word(e));
                    let generic = matches!(b.as_str(), "attack" | "incident" | "assault" | "strike");
                    (a == b || a.ends_with(&b) || (generic && o.kind != EventType::Strategic))
                        && (e.place.is_none()
                            || o.place.is_none()
                            || e.place.as_ref().map(|p| &p.name) == o.place.as_ref().map(|p| &p.name))
                        && (e.days.is_none()
                            || o.days.is_none()
                            || e.days.as_ref().map(|p| p.from) == o.days.as_ref().map(|p| p.from))
                })
                .map(|(k, o)| (o.same_as.unwrap_or(k), o.place.clone(), o.days.clone()));
            if let Some((k, place, days)) = found {
                e.same_as = Some(k);
                let keep = |rule| {
                    move |mut p: Part| {
                        p.rule = rule;
                        p
                    }
                };
                e.place = e.place.take().or(place.map(|p| Place { part: keep("anaphora")(p.part), ..p }));
                e.days = e.days.take().or(days.map(|d| Days { part: keep("anaphora")(d.part), ..d }));
            }
            e.place = e.place.take().or(own);
        }
        // The scene of the paragraph.
        let paragraph = t.sentences.iter().find(|x| x.tokens.start == s.tokens.start).map_or(0, |x| x.paragraph);
        let last = self
            .out
            .events
            .iter()
            .rev()
            .find(|o| t.sentences.iter().any(|x| x.paragraph == paragraph && t.span(x.tokens.clone()) == o.quote));
        if let Some(last) = last {
            if e.place.is_none() {
                e.place = last.place.clone().map(|p| Place { part: Part { rule: "scene", ..p.part }, ..p });
            }
            if e.days.is_none() && last.quote == e.quote {
                e.days = last.days.clone().map(|d| Days { part: Part { rule: "scene", ..d.part }, ..d });
            }
        }
    }

    fn attribution(&mut self, begin: usize, s: &Sentence, hits: &[Hit], phrases: &[Phrase]) {
        let t = self.t;
        for h in hits {
            let Entry::Report(report) = h.entry else { continue };
            if blocked_report(t, h) {
                continue;
            }
            let clause = self.clause(s, h.tokens.start);
            let can = |p: &&Phrase| {
                p.speaker.is_some()
                    || p.actor.is_some()
                    || p.source.is_some()
                    || p.person
                    || matches!(
                        p.class,
                        Some(Class::Official | Class::Leader | Class::State | Class::Armed | Class::Civil)
                    )
            };
            let left = phrases.iter().rev().filter(can).find(|p| {
                p.tokens.end <= h.tokens.start
                    && p.tokens.start >= clause.start
                    && !matches!(self.preposition(p, s), "in" | "on" | "against" | "from" | "at")
            });
            let right = phrases
                .iter()
                .filter(can)
                .find(|p| p.tokens.start >= h.tokens.end && p.tokens.start <= h.tokens.end + 3);
            let by = t.small(h.tokens.end) == "by";
            let who = if report == Report::Prep || by {
                right
            } else {
                left.or(right.filter(|_| h.tokens.start > s.tokens.start))
            };
            let passive = h.tokens.start > s.tokens.start
                && matches!(t.small(h.tokens.start - 1), "been" | "was" | "were" | "be");
            let cue = self.part(h.tokens.clone(), "report-cue");
            let at = t.span(h.tokens.clone());
            let responsibility =
                (h.tokens.end..h.tokens.end + 3).any(|i| matches!(t.small(i), "responsibility" | "credit"));
            if report == Report::Claim
                && (responsibility || by)
                && let Some(who) = who
            {
                // A claim of responsibility is no attribution: it is told as such.
                let party = self.party(who, "claim-of-responsibility");
                let index = (begin..self.out.events.len())
                    .min_by_key(|e| self.out.events[*e].trigger.span.start.abs_diff(at.start))
                    .or(begin.checked_sub(1));
                if let Some(k) = index {
                    let mut e = self.out.events[k].clone();
                    e.stance = Stance::ClaimsResponsibility;
                    e.by = vec![party.clone()];
                    e.speakers = vec![Speaker { part: party.part.clone(), source: None, kind: "party" }];
                    e.cue = Some(cue);
                    e.quote = t.span(s.tokens.clone());
                    e.figures.clear();
                    e.same_as = Some(e.same_as.unwrap_or(k));
                    self.out.events.push(e);
                }
                continue;
            }
            if matches!(report, Report::Dispute | Report::Deny) && passive {
                // "while that claim has been disputed"
                if let Some(k) = (0..self.out.events.len())
                    .rev()
                    .find(|k| self.out.events[*k].stance == Stance::ClaimsResponsibility)
                {
                    let mut e = self.out.events[k].clone();
                    e.stance = Stance::Disputes;
                    e.speakers.clear();
                    e.cue = Some(cue);
                    e.quote = t.span(s.tokens.clone());
                    e.same_as = Some(e.same_as.unwrap_or(k));
                    self.out.events.push(e);
                }
                continue;
            }
            let Some(who) = who else { continue };
            let speaker = Speaker {
                part: self
                    .part(who.tokens.clone(), if report == Report::Prep { "according-to" } else { "reporting-verb" }),
                source: who.source.map(|k| self.known.sources[k].clone()),
                kind: who.speaker.unwrap_or(match who.class {
                    Some(Class::Armed) => "party",
                    Some(Class::Civil) => "witness",
                    _ => "official",
                }),
            };
            // What stands behind the cue is said by it; where nothing does, what stands before.
            let behind = (begin..self.out.events.len()).any(|e| self.out.events[e].trigger.span.start >= at.end);
            let leads =
                report == Report::Prep && clause.start == s.tokens.start && h.tokens.start <= s.tokens.start + 1;
            for e in &mut self.out.events[begin..] {
                let after = e.trigger.span.start >= at.end;
                let within = e.trigger.span.start < t.span(who.tokens.clone()).end
                    && e.trigger.span.end > t.span(who.tokens.clone()).start;
                if within || !(after || !behind || leads) || e.stance != Stance::Asserts {
                    continue;
                }
                // The nearest cue before it speaks last: the innermost.
                if !e.speakers.iter().any(|x| x.part.span == speaker.part.span) {
                    e.speakers.insert(0, speaker.clone());
                }
                match report {
                    Report::Claim => e.modality = e.modality.max_weak(Modality::Claimed),
                    Report::Deny => e.stance = Stance::Denies,
                    Report::Dispute => e.stance = Stance::Disputes,
                    Report::Expect => e.modality = e.modality.max_weak(Modality::Speculative),
                    _ => {}
                }
            }
        }
    }

    fn moods(&mut self, begin: usize, s: &Sentence, hits: &[Hit]) {
        let t = self.t;
        for h in hits {
            let Entry::Mood(mood) = h.entry else { continue };
            let clause = self.clause(s, h.tokens.start);
            let at = t.span(h.tokens.clone());
            let cue = self.part(h.tokens.clone(), "mood-cue");
            let conditional = matches!(t.small(h.tokens.start), "if" | "whether" | "unless");
            for e in &mut self.out.events[begin..] {
                if e.stance == Stance::ClaimsResponsibility {
                    continue;
                }
                let first = t.tokens.partition_point(|x| (x.start as usize) < e.trigger.span.start);
                let gap = first.saturating_sub(h.tokens.end);
                let ahead = e.trigger.span.start >= at.end;
                let inside = clause.contains(&first);
                let reach = match mood {
                    Mood::Negated => ahead && inside && gap <= 3,
                    Mood::Foiled => ahead && inside && gap <= 6 || !ahead && inside && first + 4 >= h.tokens.start,
                    Mood::Planned => ahead && inside && gap <= 4,
                    Mood::Hypothetical => conditional && ahead || ahead && inside && gap <= 6,
                    Mood::Unconfirmed => {
                        ahead && inside && gap <= 10 || !ahead && inside && h.tokens.start.saturating_sub(first) <= 3
                    }
                    Mood::Speculative => ahead && gap <= 25,
                };
                if !reach {
                    continue;
                }
                let weaker = match mood {
                    Mood::Unconfirmed => Modality::Unconfirmed,
                    Mood::Speculative => Modality::Speculative,
                    Mood::Hypothetical => Modality::Hypothetical,
                    Mood::Planned | Mood::Foiled => Modality::Planned,
                    Mood::Negated => {
                        e.stance = Stance::Denies;
                        e.cue = Some(cue.clone());
                        continue;
                    }
                };
                if e.modality.max_weak(weaker) != e.modality {
                    e.modality = weaker;
                    e.cue = Some(cue.clone());
                }
            }
        }
    }

    /// Links between actors: leader of, splinter of, ties to.
    fn ties(&mut self, s: &Sentence, hits: &[Hit], phrases: &[Phrase]) {
        let t = self.t;
        let groups: Vec<&Phrase> = phrases.iter().filter(|p| p.actor.is_some() && !p.person).collect();
        let mood = |at: usize| {
            hits.iter()
                .filter_map(|h| match h.entry {
                    Entry::Mood(m) if h.tokens.start.abs_diff(at) <= 8 => Some(m),
                    _ => None,
                })
                .map(|m| match m {
                    Mood::Unconfirmed => Modality::Unconfirmed,
                    Mood::Speculative => Modality::Speculative,
                    Mood::Hypothetical => Modality::Hypothetical,
                    _ => Modality::Asserted,
                })
                .fold(Modality::Asserted, Modality::max_weak)
        };
        let disputed = s.tokens.clone().any(|i| matches!(t.small(i), "disputed" | "denied"));
        let mut found: Vec<Tie> = Vec::new();
        for i in s.tokens.clone() {
            let w = t.small(i);
            let leads = matches!(w, "leader" | "chief" | "founder" | "commander" | "head" | "emir");
            if leads {
                // "former IMU chief Tahir Yuldashev", "its founder and then-leader Juma Namangani", "a new leader, Usmon Odil"
                let person = phrases
                    .iter()
                    .find(|p| p.person && p.tokens.end > i && p.head > i && p.tokens.start.saturating_sub(i) <= 4)
                    .or_else(|| phrases.iter().rev().find(|p| p.person && p.tokens.end <= i && i - p.tokens.end <= 6));
                let group = (s.tokens.start.max(i.saturating_sub(14))..(i + 6).min(s.tokens.end))
                    .filter_map(|k| match self.names[k] {
                        Some((end, Means::Actor(a))) if self.known.actors[a].1 != "leader" => Some((k, end, a)),
                        _ => None,
                    })
                    .min_by_key(|(k, ..)| k.abs_diff(i) + if *k > i { 6 } else { 0 });
                if let (Some(person), Some((from, to, actor))) = (person, group) {
                    let (id, class) = &self.known.actors[actor];
                    found.push(Tie {
                        cue: self.part(i..i + 1, "led-by"),
                        quote: t.span(s.tokens.clone()),
                        a: Party { part: self.part(from..to, "led-by"), actor: Some(id.clone()), class, country: None },
                        kind: if w == "founder" { "founded" } else { "led-by" },
                        b: self.party(person, "led-by"),
                        modality: mood(i),
                        disputed: false,
                    });
                }
            }
            let between = match w {
                "ties" | "linked" | "allied" | "links" | "association" | "alliance" | "allegiance" => {
                    Some("allied-with")
                }
                "splinter" | "offshoot" | "faction" | "breakaway" => Some("split-from"),
                "merged" => Some("merged-into"),
                "renamed" => Some("renamed"),
                _ => None,
            };
            if let Some(kind) = between {
                let a = groups.iter().rev().find(|p| p.tokens.end <= i);
                let b = groups.iter().find(|p| p.tokens.start > i);
                if let (Some(a), Some(b)) = (a, b)
                    && a.actor != b.actor
                {
                    found.push(Tie {
                        cue: self.part(i..i + 1, "tie"),
                        quote: t.span(s.tokens.clone()),
                        a: self.party(a, "tie"),
                        kind,
                        b: self.party(b, "tie"),
                        modality: mood(i),
                        disputed,
                    });
                }
            }
        }
        self.out.ties.append(&mut found);
    }
}

/// Cues that report nothing: "reported missing", "state-run", "claims the life of".
fn blocked_report(t: &Text<'_>, h: &Hit) -> bool {
    matches!(
        (t.small(h.tokens.start), t.small(h.tokens.end)),
        ("reported" | "reports", "missing") | ("claimed" | "claims", "the" | "lives")
    ) && t.small(h.tokens.end + 1) != "attack"
        && !matches!(t.small(h.tokens.end + 1), "responsibility")
}

/// The weaker of two modalities.
trait Weaker {
    fn max_weak(self, other: Self) -> Self;
}

impl Weaker for Modality {
    fn max_weak(self, other: Self) -> Self {
        let rank = |m: Self| match m {
            Self::Asserted => 0,
            Self::Claimed => 1,
            Self::Unconfirmed => 2,
            Self::Speculative => 3,
            Self::Planned => 4,
            Self::Hypothetical => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut k = Known::default();
        k.actor("imu", Class::Armed, ["IMU", "Islamic Movement of Uzbekistan"]);
        k.actor("yuldashev", Class::Leader, ["Tahir Yuldashev"]);
        k
    }

    #[test]
    fn a_leader_is_tied_to_the_group() {
        let text = Text::new("The strikes killed several IMU fighters, including former IMU chief Tahir Yuldashev.", 0);
        let read = read(&text, &known(), Setting::default());
        let ties: Vec<_> = read.ties.iter().map(|t| (t.a.actor.as_deref(), t.kind, t.b.actor.as_deref())).collect();
        assert_eq!(ties, [(Some("imu"), "led-by", Some("yuldashev"))]);
    }
}
