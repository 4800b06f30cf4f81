//! From words to claims: who is said to have done what to whom, where and when, by whom it is said, and how firmly.
//!
//! Sentence by sentence: phrases (actors, numbers, dates, places), then frames (each trigger takes what its row says it
//! takes), attribution and mood by their cues, and last the document's own memory: "the attack" is one that was told of,
//! and what has no place or day of its own has that of what it continues. Every field carries its span and the rule that
//! filled it; what is not said stays empty.

mod frames;
pub mod gate;
pub mod marked;
mod phrases;
mod statements;
mod ties;
mod voices;

use std::collections::HashMap;
use std::ops::Range;

use model::{Day, EventType, Hedge, Measure, Modality, Stance};
use serde::Serialize;

use crate::figure::{Number, number};
use crate::lexicon::{Class, Entry, Frame, Hit, Lexicon, Mood, Report};
use crate::text::{Sentence, Shape, Text};
use crate::when::{Stretch, when};

pub use statements::Statement;

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
    #[serde(skip)]
    frame: Frame,
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
    /// What bears on a hypothesis, sentence by sentence.
    pub statements: Vec<Statement>,
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

    /// Ids of the actors and areas that a text names, each once.
    pub fn named(&self, text: &Text<'_>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut i = 0;
        while i < text.tokens.len() {
            let Some((end, means)) = self.at(text, i) else {
                i += 1;
                continue;
            };
            out.extend(self.id(means).filter(|id| !out.iter().any(|o| o == id)).map(str::to_owned));
            i = end;
        }
        out
    }

    /// Id of an actor or an area.
    fn id(&self, means: Means) -> Option<&str> {
        match means {
            Means::Actor(a) => Some(&self.actors[a].0),
            Means::Area(a) => Some(&self.areas[a]),
            Means::Source(_) => None,
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

impl Read {
    /// Adds what another reader found and these rules did not: readings whose words are nobody's yet.
    pub fn add(&mut self, others: Vec<Reading>) {
        for o in others {
            let taken =
                |e: &Reading| e.trigger.span.start < o.trigger.span.end && o.trigger.span.start < e.trigger.span.end;
            if !self.events.iter().any(taken) {
                self.events.push(o);
            }
        }
    }
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
    let mut before: (usize, Vec<String>) = (0, Vec::new());
    for s in &text.sentences {
        while first_hit < hits.len() && hits[first_hit].tokens.start < s.tokens.start {
            first_hit += 1;
        }
        let mut last = first_hit;
        while last < hits.len() && hits[last].tokens.start < s.tokens.end {
            last += 1;
        }
        let phrases = r.sentence(s, first_hit..last);
        if before.0 != s.paragraph {
            before = (s.paragraph, Vec::new());
        }
        let named = r.named(s);
        r.statement(s, &hits[first_hit..last], &phrases, &named, &before.1);
        if !named.is_empty() {
            before.1 = named;
        }
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

    /// Reads one sentence; gives back its phrases.
    fn sentence(&mut self, s: &Sentence, hits: Range<usize>) -> Vec<Phrase> {
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
            self.tolls(begin, s, &phrases);
            self.attribution(begin, s, hits, &phrases);
            return phrases;
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
            let troops = row.frame == Frame::Deploy && placed && self.t.slice(h.tokens.clone()).contains("troops");
            let enough = armed
                || troops
                || toll
                || grave && (people || target && !shot || row.noun && placed)
                || hurt && people
                || row.noun && placed && violent;
            if !enough {
                continue;
            }
            if row.noun && violent && self.is_general(h, s, &triggers) {
                continue;
            }
            let continued = is_effect(*k).then(|| self.continued(begin, row.frame, h, s, hits)).flatten();
            if is_effect(*k)
                && (continued.is_none() || self.out.events.len() > begin)
                && self.joins(begin, row.frame, h, &phrases, s, hits)
            {
                continue;
            }
            let Some(kind) = row.kind.or(match row.frame {
                Frame::Effect | Frame::Wound => Some(EventType::Battles),
                _ => None,
            }) else {
                continue;
            };
            self.event(row.frame, kind, row.sub_type, row.noun, h, &phrases, s, hits);
            if let (Some(k), Some(last)) = (continued, self.out.events.len().checked_sub(1)) {
                let (first, rest) = self.out.events.split_at_mut(last);
                let (of, e) = (&first[k], &mut rest[0]);
                (e.kind, e.sub_type, e.same_as) = (of.kind, of.sub_type, Some(k));
                e.days = of.days.clone().map(|d| Days { part: Part { rule: "anaphora", ..d.part }, ..d });
                e.place = of.place.clone().map(|p| Place { part: Part { rule: "anaphora", ..p.part }, ..p });
            }
        }
        self.tolls(begin, s, &phrases);
        self.attribution(begin, s, hits, &phrases);
        self.moods(begin, s, hits);
        phrases
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

    /// The word before a phrase; "most of the prisoners" is as good as "the prisoners".
    fn preposition(&self, p: &Phrase, s: &Sentence) -> &str {
        let word = |back: usize| match p.tokens.start.checked_sub(back) {
            Some(b) if b >= s.tokens.start => self.t.small(b),
            _ => "",
        };
        let part = matches!(
            word(2),
            "most"
                | "some"
                | "several"
                | "many"
                | "all"
                | "none"
                | "one"
                | "two"
                | "three"
                | "half"
                | "dozens"
                | "hundreds"
        );
        if word(1) == "of" && part { word(3) } else { word(1) }
    }
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
