//! The gate: what a language model says it read is believed only as far as the text bears it out.
//!
//! A model gives quotes, never offsets and never numbers. Each quote must stand in the report, word for word; figures and
//! days are read again by our own grammars from the words that were quoted; ids must be among those that were offered;
//! of two moods the weaker counts; whatever fails is rejected, and said to be.

use serde::Deserialize;

use super::*;

/// What a model may answer: one entry per assertion about one event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Assertions.
    pub events: Vec<AnswerEvent>,
}

/// One assertion, in words of the report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerEvent {
    /// The whole sentence.
    pub sentence: String,
    /// The words in it that say what happened.
    pub words: String,
    /// ACLED type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Who did it.
    pub by: Vec<AnswerParty>,
    /// To whom.
    pub to: Vec<AnswerParty>,
    /// Where.
    pub place: Option<AnswerParty>,
    /// When.
    pub when: Option<String>,
    /// How many.
    pub figures: Vec<AnswerFigure>,
    /// Who says so, innermost first.
    pub speakers: Vec<AnswerParty>,
    /// What the speaker does with it.
    pub stance: Stance,
    /// How firmly.
    pub modality: Modality,
}

/// Somebody, something or some place: words of the sentence, and the id they mean, if one of those offered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerParty {
    /// Words.
    pub words: String,
    /// Id.
    pub id: Option<String>,
}

/// A figure: the words that hold the number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFigure {
    /// Words.
    pub words: String,
    /// What is counted.
    pub measure: Measure,
}

/// Most assertions of one answer.
pub const MOST: usize = 200;

impl Known {
    /// Ids and names that are offered to a model: actors, areas, sources.
    pub fn offered(&self) -> [Vec<&str>; 3] {
        [
            self.actors.iter().map(|a| a.0.as_str()).collect(),
            self.areas.iter().map(String::as_str).collect(),
            self.sources.iter().map(String::as_str).collect(),
        ]
    }
}

/// What of an answer the text bears out, and why the rest was rejected.
pub fn gate(text: &Text<'_>, known: &Known, setting: Setting, answer: &Answer) -> (Vec<Reading>, Vec<String>) {
    let hits = Lexicon::bundled().scan(text);
    let names = vec![None; text.tokens.len()];
    let mut reader = Reader { t: text, hits: &hits, known, setting, names, out: Read::default() };
    let mut rejected = Vec::new();
    let mut out = Vec::new();
    for (n, e) in answer.events.iter().enumerate() {
        if n == MOST {
            rejected.push(format!("more than {MOST} assertions"));
            break;
        }
        match reader.admit(e, &mut rejected) {
            Ok(reading) => out.push(reading),
            Err(why) => rejected.push(why),
        }
    }
    (out, rejected)
}

impl Reader<'_, '_> {
    fn admit(&mut self, e: &AnswerEvent, rejected: &mut Vec<String>) -> Result<Reading, String> {
        let t = self.t;
        let ids = self.known.offered();
        let short = |w: &str| w.chars().take(60).collect::<String>();
        let sentence = e.sentence.trim();
        let body = t.tokens.first().map_or(t.raw.len(), |x| x.start as usize);
        let at = (!sentence.is_empty()).then(|| t.raw[body..].find(sentence)).flatten().map(|i| i + body);
        let at = at.ok_or_else(|| format!("not in the report: \"{}\"", short(sentence)))?;
        // The quote lies in one sentence, and stands for the whole of it.
        let s = t
            .sentences
            .iter()
            .find(|s| {
                let span = t.span(s.tokens.clone());
                span.start <= at && at + sentence.len() <= span.end
            })
            .ok_or_else(|| format!("no one sentence: \"{}\"", short(sentence)))?
            .clone();
        let span = t.span(s.tokens.clone());
        let tokens = |words: &str| -> Option<Range<usize>> {
            let words = words.trim();
            let i = (!words.is_empty()).then(|| t.raw[span.clone()].find(words)).flatten()? + span.start;
            let from = t.tokens.partition_point(|x| (x.end as usize) <= i);
            let to = t.tokens.partition_point(|x| (x.start as usize) < i + words.len());
            (from < to && t.span(from..to) == (i..i + words.len())).then_some(from..to)
        };
        let trigger = tokens(&e.words).ok_or_else(|| format!("not words of its sentence: \"{}\"", short(&e.words)))?;
        let quoted = |words: &str, what: &str, rejected: &mut Vec<String>| -> Option<Range<usize>> {
            let found = tokens(words);
            if found.is_none() {
                rejected.push(format!("{what} not in its sentence: \"{}\"", short(words)));
            }
            found
        };
        let offered = |id: &Option<String>, ids: &[&str], rejected: &mut Vec<String>| {
            let id = id.as_ref()?;
            let known = ids.contains(&id.as_str());
            if !known {
                rejected.push(format!("id that was not offered: \"{}\"", short(id)));
            }
            known.then(|| id.clone())
        };
        let party = |p: &AnswerParty, rejected: &mut Vec<String>| -> Option<Party> {
            let at = quoted(&p.words, "a party", rejected)?;
            let actor = offered(&p.id, &ids[0], rejected);
            if p.id.is_some() && actor.is_none() {
                return None;
            }
            let class = actor.as_ref().and_then(|a| self.known.actors.iter().find(|x| x.0 == *a)).map(|x| x.1);
            let role = self.hits.iter().find_map(|h| match h.entry {
                Entry::Role(c) if at.contains(&h.tokens.start) => Some(name_of(c)),
                _ => None,
            });
            Some(Party {
                part: self.part(at, "model"),
                actor,
                class: class.or(role).unwrap_or("officials"),
                country: None,
            })
        };
        let by: Vec<Party> = e.by.iter().filter_map(|p| party(p, rejected)).collect();
        let to: Vec<Party> = e.to.iter().filter_map(|p| party(p, rejected)).collect();
        let place = e.place.as_ref().and_then(|p| {
            let at = quoted(&p.words, "a place", rejected)?;
            let area = offered(&p.id, &ids[1], rejected);
            let name = t.slice(at.clone()).to_owned();
            (p.id.is_none() || area.is_some()).then(|| Place { part: self.part(at, "model"), name, area })
        });
        let days = e.when.as_ref().and_then(|w| {
            let at = quoted(w, "a day", rejected)?;
            let read = at.clone().find_map(|i| when(t, i, self.setting.anchor).filter(|x| x.tokens.end <= at.end));
            if read.is_none() {
                rejected.push(format!("no day that we can read: \"{}\"", short(w)));
            }
            let x = read?;
            Some(Days { part: self.part(x.tokens, "model"), from: x.days.from, to: x.days.to })
        });
        let figures = e.figures.iter().filter_map(|f| {
            let at = quoted(&f.words, "a figure", rejected)?;
            let read = at.clone().find_map(|i| number(t, i).filter(|x| x.tokens.end <= at.end));
            if read.is_none() {
                rejected.push(format!("no number that we can read: \"{}\"", short(&f.words)));
            }
            let n = read?;
            let part = self.part(n.tokens.clone(), "model");
            let of = to.iter().position(|p| p.part.span.start <= part.span.start && part.span.end <= p.part.span.end);
            Some(Count { part, measure: f.measure, of, number: n.best, high: n.high, hedge: n.hedge })
        });
        let figures: Vec<Count> = figures.collect();
        let speakers = e.speakers.iter().filter_map(|p| {
            let at = quoted(&p.words, "a speaker", rejected)?;
            let source = offered(&p.id, &ids[2], rejected);
            (p.id.is_none() || source.is_some()).then(|| Speaker {
                part: self.part(at, "model"),
                source,
                kind: "official",
            })
        });
        let speakers: Vec<Speaker> = speakers.collect();
        let reading = Reading {
            trigger: self.part(trigger, "model"),
            quote: span.clone(),
            kind: e.kind,
            sub_type: "",
            by,
            to,
            place,
            days,
            figures,
            speakers,
            stance: Stance::Asserts,
            modality: Modality::Asserted,
            cue: None,
            same_as: None,
            frame: Frame::Act,
        };
        // Our own reading of how firmly it is said; of two moods the weaker counts.
        self.out.events.push(reading);
        let inside: Vec<Hit> = self.hits.iter().filter(|h| s.tokens.contains(&h.tokens.start)).cloned().collect();
        self.moods(0, &s, &inside);
        let mut reading = self.out.events.pop().ok_or("lost")?;
        reading.modality = reading.modality.max_weak(e.modality);
        if reading.stance == Stance::Asserts {
            reading.stance = e.stance;
        }
        Ok(reading)
    }
}
