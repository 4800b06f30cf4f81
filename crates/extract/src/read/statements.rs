//! Statements: what is said that bears on a hypothesis though nothing happens in it: what something is for, what
//! somebody is able to do, what helps and what hinders, what is not known, what would tell.

use super::*;
use crate::lexicon::Bearing;

/// Words that speak of whom the sentence before named.
const GOES_ON: [&str; 6] = ["group", "groups", "it", "its", "they", "their"];

/// A statement that bears on what to believe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The words that make it one, in order, each with what it speaks of.
    pub cues: Vec<(Part, Bearing)>,
    /// The sentence.
    pub quote: Range<usize>,
    /// Actors and areas of the case that it names, or else those the sentence before it named.
    pub about: Vec<String>,
    /// Who says so, innermost first; the publisher is left out.
    pub speakers: Vec<Speaker>,
    /// How firmly.
    pub modality: Modality,
}

impl Reader<'_, '_> {
    /// Takes a sentence with a cue for a statement, where it speaks of somebody: of actors or areas of the case, of people
    /// in arms, of a country. `named`: whom it names; `before`: whom the sentence before it named.
    pub(super) fn statement(
        &mut self,
        s: &Sentence,
        hits: &[Hit],
        phrases: &[Phrase],
        named: &[String],
        before: &[String],
    ) {
        let t = self.t;
        let mut cues: Vec<(&Hit, Bearing)> = Vec::new();
        for h in hits {
            // "does not guarantee" says it once.
            if let Entry::Bearing(b) = h.entry
                && cues.last().is_none_or(|(c, _)| c.tokens.end <= h.tokens.start)
            {
                cues.push((h, b));
            }
        }
        let Some((first, _)) = cues.first() else { return };
        let speaks = !named.is_empty()
            || hits.iter().any(|h| {
                matches!(
                    h.entry,
                    Entry::Role(Class::Armed | Class::State | Class::Captive | Class::Leader)
                        | Entry::Country(_)
                        | Entry::Demonym(_)
                        | Entry::Capital(_)
                )
            })
            // "It is unclear whether the group has returned."
            || !before.is_empty() && s.tokens.clone().any(|i| GOES_ON.contains(&t.small(i)));
        // A question asserts nothing.
        if !speaks || s.tokens.clone().next_back().is_some_and(|i| t.small(i) == "?") {
            return;
        }
        let clause = self.clause(s, first.tokens.start);
        let modality = hits
            .iter()
            .filter(|h| clause.contains(&h.tokens.start))
            .filter_map(|h| match h.entry {
                Entry::Mood(Mood::Unconfirmed) => Some(Modality::Unconfirmed),
                Entry::Mood(Mood::Speculative) => Some(Modality::Speculative),
                Entry::Mood(Mood::Hypothetical) => Some(Modality::Hypothetical),
                _ => None,
            })
            .fold(Modality::Asserted, Modality::max_weak);
        let mut speakers: Vec<Speaker> = Vec::new();
        for h in hits.iter().filter(|h| h.tokens.start < first.tokens.start || s.tokens.start + 2 > h.tokens.start) {
            let Entry::Report(report) = h.entry else { continue };
            if let Some(who) = self.who(report, h, s, phrases) {
                speakers.insert(0, self.speaker(report, who));
            }
        }
        self.out.statements.push(Statement {
            cues: cues.iter().map(|(h, b)| (self.part(h.tokens.clone(), b.rule()), *b)).collect(),
            quote: t.span(s.tokens.clone()),
            about: if named.is_empty() { before } else { named }.to_vec(),
            speakers,
            modality,
        });
    }

    /// Actors and areas of the case that a sentence names, each once.
    pub(super) fn named(&self, s: &Sentence) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for id in self.names[s.tokens.clone()].iter().flatten().filter_map(|(_, means)| self.known.id(*means)) {
            if !out.iter().any(|o| o == id) {
                out.push(id.to_owned());
            }
        }
        out
    }
}
