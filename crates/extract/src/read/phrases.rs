//! Phrases: who and what a sentence speaks of, with numbers and names.

use super::*;

impl Reader<'_, '_> {
    pub(super) fn phrases(&self, s: &Sentence, hits: &[Hit]) -> Vec<Phrase> {
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
            if t.small(end) == "of" {
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
}
