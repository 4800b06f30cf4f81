//! Ties: links between actors.

use super::*;

impl Reader<'_, '_> {
    /// Links between actors: leader of, splinter of, ties to.
    pub(super) fn ties(&mut self, s: &Sentence, hits: &[Hit], phrases: &[Phrase]) {
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
                // "lost its founder": whoever the sentence is about.
                let back = if (1..=3).any(|d| i.checked_sub(d).is_some_and(|b| t.small(b) == "its")) { 60 } else { 14 };
                let group = (s.tokens.start.max(i.saturating_sub(back))..(i + 6).min(s.tokens.end))
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
