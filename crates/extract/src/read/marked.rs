//! What a trained chain adds to what the rules read: who did it and who or what suffered, where the rules left that open.
//!
//! The chain is never the only evidence: it fills a side of an event that the rules found, with words that stand in the
//! same sentence and mean somebody, and the field bears a rule of its own.

use std::ops::Range;

use super::{Known, Means, Part, Party, Read, name_of};
use crate::lexicon::{Class, Entry, Lexicon};
use crate::tag::{Marked, Ready, Tagger, candidates};

/// Label of who did it.
pub const PERPETRATOR: &str = "perpetrator";
/// Label of who or what suffered.
pub const TARGET: &str = "target";

/// Rule of a perpetrator that the chain marked.
pub const MARKED_BY: &str = "marked-perpetrator";
/// Rule of a target that the chain marked.
pub const MARKED_TO: &str = "marked-target";

/// A name that begins at most so many tokens before a run may belong to it.
const NAME_BEFORE: usize = 5;

/// Marks below this probability fill nothing.
pub const SURE_MARK: f64 = 0.5;

impl Read {
    /// Fills the empty sides of events with what the chain marks in their sentences.
    pub fn fill(&mut self, ready: &Ready<'_>, known: &Known, tagger: &Tagger) {
        let mut marked = candidates(tagger, ready, SURE_MARK);
        marked.sort_by(|x, y| y.p.total_cmp(&x.p).then(x.tokens.start.cmp(&y.tokens.start)));
        for m in marked {
            let (doer, rule) = match m.label.as_str() {
                PERPETRATOR => (true, MARKED_BY),
                TARGET => (false, MARKED_TO),
                _ => continue,
            };
            let Some(party) = party(ready, known, &m, rule) else { continue };
            let span = party.part.span.clone();
            let meets = |r: &Range<usize>| r.start < span.end && span.start < r.end;
            let within = |q: &Range<usize>| q.start <= span.start && span.end <= q.end;
            // Whoever has a part already has it by a rule that knows why.
            let taken = self.events.iter().filter(|e| within(&e.quote)).any(|e| {
                let parts = e.by.iter().chain(&e.to).map(|p| &p.part).chain(e.speakers.iter().map(|s| &s.part));
                parts.chain([&e.trigger]).chain(e.place.iter().map(|p| &p.part)).any(|p| meets(&p.span))
            });
            if taken {
                continue;
            }
            let open =
                |e: &&mut super::Reading| within(&e.quote) && if doer { e.by.is_empty() } else { e.to.is_empty() };
            let nearest = self.events.iter_mut().filter(open).min_by_key(|e| e.trigger.span.start.abs_diff(span.start));
            if let Some(e) = nearest {
                if doer { &mut e.by } else { &mut e.to }.push(party);
            }
        }
    }
}

/// Whom marked words mean; none where nothing is known of them.
fn party(ready: &Ready<'_>, known: &Known, m: &Marked, rule: &'static str) -> Option<Party> {
    let t = &ready.text;
    let mut actor = None;
    let mut tokens = m.tokens.clone();
    // A name may begin before the run, "IMU [militants]", and reach beyond it.
    let mut i = m.tokens.start.saturating_sub(NAME_BEFORE);
    while i < m.tokens.end {
        let Some((end, means)) = known.at(t, i) else {
            i += 1;
            continue;
        };
        if let Means::Actor(a) = means
            && end >= m.tokens.start
        {
            // Two actors in one run: which is meant cannot be told.
            if actor.is_some_and(|b| b != a) {
                return None;
            }
            actor = Some(a);
            tokens = tokens.start.min(i)..tokens.end.max(end);
        }
        i = end;
    }
    let within = || ready.hits.iter().filter(|h| m.tokens.start <= h.tokens.start && h.tokens.end <= m.tokens.end);
    let class = within().rev().find_map(|h| if let Entry::Role(c) = h.entry { Some(c) } else { None });
    let country = within().find_map(|h| match h.entry {
        Entry::Country(c) | Entry::Demonym(c) => Some(Lexicon::bundled().countries[usize::from(c)].code),
        _ => None,
    });
    let class = match (actor, class) {
        (Some(a), _) => known.actors[a].1,
        (None, Some(Class::Weapon) | None) => return None,
        (None, Some(c)) => name_of(c),
    };
    Some(Party {
        part: Part { span: t.span(tokens), rule },
        actor: actor.map(|a| known.actors[a].0.clone()),
        class,
        country,
    })
}

#[cfg(test)]
mod tests {
    use crate::read::{Setting, read};
    use crate::tag::{Training, marks};

    use super::*;

    /// Constructions that no rule knows, taught by example.
    const TAUGHT: [(&str, &str, &str); 4] = [
        ("The blast that tore through a market was the work of militants.", "militants", "market"),
        ("The ambush that struck a convoy was the work of insurgents.", "insurgents", "convoy"),
        ("The bombing that ruined a school was the work of gunmen.", "gunmen", "school"),
        ("The attack that hit a bridge was the work of guerrillas.", "guerrillas", "bridge"),
    ];

    fn taught() -> Tagger {
        let ready: Vec<Ready<'_>> = TAUGHT.iter().map(|t| Ready::new(t.0, 0)).collect();
        let marked: Vec<Vec<Marked>> =
            TAUGHT.iter().zip(&ready).map(|(t, r)| marks(&r.text, [(PERPETRATOR, t.1), (TARGET, t.2)])).collect();
        let lessons: Vec<(&Ready<'_>, &[Marked])> = ready.iter().zip(&marked).map(|(r, m)| (r, m.as_slice())).collect();
        Tagger::train(&lessons, Training { passes: 60, smallest: 0.0, least: 1, ..Training::default() })
    }

    #[test]
    fn the_chain_fills_what_the_rules_left_open_and_nothing_else() {
        let mut known = Known::default();
        known.actor("front", Class::Armed, ["Red Front"]);
        let tagger = taught();
        let raw = "The blast that tore through a market was the work of Red Front militants. \
                   Red Front militants killed two soldiers in the town.";
        let ready = Ready::new(raw, 0);
        let rules = read(&ready.text, &known, Setting::default());
        let mut filled = rules.clone();
        filled.fill(&ready, &known, &tagger);
        assert_eq!(rules.events.len(), filled.events.len());
        let who = |e: &super::super::Reading| -> Vec<(Option<String>, &'static str)> {
            e.by.iter().map(|p| (p.actor.clone(), p.part.rule)).collect()
        };
        assert!(rules.events[0].by.is_empty());
        assert_eq!(who(&filled.events[0]), [(Some("front".to_owned()), MARKED_BY)]);
        // What the rules read stays as it is.
        assert_eq!(filled.events[1], rules.events[1]);
        // Nobody is known behind these words.
        let raw = "The blast that tore through a market was the work of Blorps.";
        let ready = Ready::new(raw, 0);
        let mut read = read(&ready.text, &known, Setting::default());
        read.fill(&ready, &known, &tagger);
        assert!(read.events.iter().all(|e| e.by.is_empty()));
    }
}
