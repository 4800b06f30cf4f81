//! Frames: what each trigger takes from its clause, its sentence and what was told before.

use super::*;

/// Verbs whose object is what somebody does.
const CONDUCTS: [&str; 18] = [
    "conduct",
    "conducts",
    "conducted",
    "conducting",
    "launch",
    "launches",
    "launched",
    "launching",
    "maintain",
    "maintains",
    "maintained",
    "mounted",
    "mounting",
    "staged",
    "staging",
    "began",
    "undertook",
    "waged",
];

impl Reader<'_, '_> {
    /// An effect (dead, wounded, damage) of an event of the same sentence is told with it.
    pub(super) fn joins(
        &mut self,
        begin: usize,
        frame: Frame,
        h: &Hit,
        phrases: &[Phrase],
        s: &Sentence,
        hits: &[Hit],
    ) -> bool {
        let here = self.t.span(h.tokens.clone()).start;
        let whom = self.whom(frame, h, phrases, s, hits);
        let index = (begin..self.out.events.len())
            .filter(|e| !matches!(self.out.events[*e].kind, EventType::Protests | EventType::Strategic))
            .min_by_key(|e| self.out.events[*e].trigger.span.start.abs_diff(here));
        let index = match index {
            Some(i) => i,
            // "In the latter attack ... were killed": the event of the sentence before.
            None if frame == Frame::Effect && begin > 0 => begin - 1,
            None => return false,
        };
        let measure = match frame {
            Frame::Wound => Measure::Wounded,
            _ => Measure::Killed,
        };
        let damage = frame == Frame::Damage;
        for p in whom {
            let party = self.party(&phrases[p], "effect");
            // Things are damaged, people hurt.
            if damage != (party.class == "thing") {
                continue;
            }
            let number = phrases[p].number.clone().filter(|_| !damage);
            let part = number.as_ref().map(|n| self.part(n.tokens.clone(), "counted-effect"));
            let e = &mut self.out.events[index];
            let of = match e.to.iter().position(|x| x.part.span == party.part.span) {
                Some(k) => k,
                None => {
                    if party.class == "weapon" || e.by.iter().any(|x| x.part.span == party.part.span) {
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

    /// "At least four soldiers were killed.": a sentence of effects only, without a doer, a place or a day of its own, goes on
    /// about the event of the sentence before it in the paragraph; its place in the list.
    pub(super) fn continued(&self, begin: usize, frame: Frame, h: &Hit, s: &Sentence, hits: &[Hit]) -> Option<usize> {
        let t = self.t;
        let last = begin.checked_sub(1)?;
        let at = t.sentences.iter().position(|x| x.tokens == s.tokens)?;
        let previous = t.sentences.get(at.checked_sub(1)?)?;
        let suffered = matches!(frame, Frame::Effect | Frame::Wound)
            || (1..=3).any(|d| {
                h.tokens.start.checked_sub(d).is_some_and(|b| matches!(t.small(b), "was" | "were" | "been" | "being"))
            });
        let e = &self.out.events[last];
        let clause = self.clause(s, h.tokens.start);
        (suffered
            && previous.paragraph == s.paragraph
            && e.quote == t.span(previous.tokens.clone())
            && !matches!(e.kind, EventType::Strategic | EventType::Protests)
            && !s.tokens.clone().any(|i| t.small(i) == "by")
            && self.place(h, s, hits, &clause).is_none()
            && self.days(h, s, hits, &clause).is_none())
        .then(|| e.same_as.unwrap_or(last))
    }

    /// "conduct attacks", "several attacks, including the shooting down of": no event is told, or those that follow are.
    pub(super) fn is_general(&self, h: &Hit, s: &Sentence, triggers: &[(usize, &Hit)]) -> bool {
        let t = self.t;
        let before =
            |d: usize| h.tokens.start.checked_sub(d).filter(|b| *b >= s.tokens.start).map_or("", |b| t.small(b));
        if (1..=3).any(|d| before(d) == "any") {
            return true;
        }
        // "coordinating a more ambitious attack": what one might do, unless it is said to whom.
        let one = (1..=4).find(|d| matches!(before(*d), "a" | "an"));
        let doing = |w: &str| {
            matches!(
                w,
                "coordinating" | "staging" | "mounting" | "launching" | "conducting" | "planning" | "organizing"
            )
        };
        let whom = matches!(t.small(h.tokens.end), "on" | "against" | "at");
        if one.is_some_and(|d| doing(before(d + 1)))
            && !whom
            && !s.tokens.clone().any(|i| when(t, i, self.setting.anchor).is_some())
        {
            return true;
        }
        // "local issues, like fighting"
        if t.small(h.tokens.end - 1) == "fighting" && before(1) == "like" {
            return true;
        }
        if !t.small(h.tokens.end - 1).ends_with('s') {
            return false;
        }
        let determined = (1..=2).any(|d| {
            matches!(before(d), "the" | "these" | "those" | "several" | "its" | "their" | "his" | "s")
                || h.tokens.start.checked_sub(d).is_some_and(|b| b >= s.tokens.start && number(t, b).is_some())
        });
        let conducted = (1..=3).any(|d| {
            matches!(
                before(d),
                "conduct"
                    | "conducting"
                    | "stage"
                    | "staging"
                    | "mount"
                    | "mounting"
                    | "launch"
                    | "launching"
                    | "carry"
                    | "carrying"
                    | "organize"
                    | "organizing"
                    | "perpetrate"
                    | "plan"
                    | "planning"
                    | "prevent"
                    | "preventing"
            )
        });
        // The list that follows tells them one by one.
        let listed = (h.tokens.end..(h.tokens.end + 12).min(s.tokens.end)).any(|i| {
            (t.small(i) == "including" || t.small(i) == "such" && t.small(i + 1) == "as")
                && triggers.iter().any(|(_, o)| (i + 1..i + 9).contains(&o.tokens.start))
        });
        listed || conducted && !determined
    }

    /// Tolls that are told as such: "put the number of deaths and injuries closer to a few hundred", "gave higher estimates
    /// of the casualties".
    pub(super) fn tolls(&mut self, begin: usize, s: &Sentence, phrases: &[Phrase]) {
        let t = self.t;
        let word = |i: usize| matches!(t.small(i), "deaths" | "casualties" | "toll" | "fatalities" | "dead");
        let nouns: Vec<usize> = s.tokens.clone().filter(|i| word(*i)).collect();
        for (n, noun) in nouns.iter().enumerate() {
            let within = n.checked_sub(1).map_or(s.tokens.start, |b| nouns[b] + 1)
                ..nouns.get(n + 1).copied().unwrap_or(s.tokens.end);
            self.toll(begin, s, *noun, &within, phrases);
        }
    }

    fn toll(&mut self, begin: usize, s: &Sentence, noun: usize, within: &Range<usize>, phrases: &[Phrase]) {
        let t = self.t;
        let mixed = t.small(noun) == "casualties"
            || (noun + 1..noun + 4).any(|i| matches!(t.small(i), "injuries" | "injured" | "wounded"));
        let measure = if mixed { Measure::Casualties } else { Measure::Killed };
        let compared = (within.start..noun).rev().take(9).find_map(|i| {
            let hedge = match t.small(i) {
                "higher" | "larger" | "greater" => Hedge::HigherThan,
                "lower" | "smaller" => Hedge::LowerThan,
                _ => return None,
            };
            let estimate = matches!(
                t.small(i + 1).trim_end_matches('s'),
                "estimate" | "figure" | "number" | "toll" | "count" | "casualtie" | "total"
            );
            estimate.then(|| (i..i + 2, 0, None, hedge))
        });
        let counted = (noun + 1..within.end.min(noun + 16)).find_map(|i| {
            let n = number(t, i)?;
            let said = matches!(
                t.small(i - 1),
                "to" | "at"
                    | "was"
                    | "is"
                    | "of"
                    | "be"
                    | "reached"
                    | "exceeded"
                    | "exceeds"
                    | "topped"
                    | "around"
                    | "rose"
            );
            said.then_some((n.tokens, n.best, n.high, n.hedge))
        });
        let Some((tokens, number, high, hedge)) = counted.or(compared) else { return };
        let part = self.part(tokens, "toll");
        let known = self.out.events[begin..].iter().any(|e| e.figures.iter().any(|f| f.part.span == part.span));
        if known {
            return;
        }
        // What toll it is: that of an event of the sentence, or the one last counted in the paragraph.
        let paragraph = |quote: &Range<usize>| {
            t.sentences.iter().any(|x| x.paragraph == s.paragraph && t.span(x.tokens.clone()) == *quote)
        };
        let of = self.out.events.iter().rposition(|e| {
            paragraph(&e.quote) && e.figures.iter().any(|f| matches!(f.measure, Measure::Killed | Measure::Casualties))
        });
        let Some(of) = of else { return };
        let earlier = &self.out.events[of];
        let measure = if number == 0 && high.is_none() && matches!(hedge, Hedge::HigherThan | Hedge::LowerThan) {
            earlier
                .figures
                .iter()
                .find(|f| matches!(f.measure, Measure::Killed | Measure::Casualties))
                .map_or(measure, |f| f.measure)
        } else {
            measure
        };
        let whose = phrases.iter().find(|p| {
            matches!(p.class, Some(Class::State | Class::Armed | Class::Civil))
                && p.speaker.is_none()
                && p.tokens.end <= noun
                && noun - p.tokens.end <= 2
        });
        let to: Vec<Party> = whose.map(|p| self.party(p, "toll")).into_iter().collect();
        let e = Reading {
            trigger: self.part(noun..noun + 1, "toll"),
            quote: t.span(s.tokens.clone()),
            kind: earlier.kind,
            sub_type: earlier.sub_type,
            by: vec![],
            place: earlier.place.clone().map(|p| Place { part: Part { rule: "anaphora", ..p.part }, ..p }),
            days: earlier.days.clone().map(|d| Days { part: Part { rule: "anaphora", ..d.part }, ..d }),
            figures: vec![Count { part, measure, of: (!to.is_empty()).then_some(0), number, high, hedge }],
            to,
            speakers: vec![],
            stance: Stance::Asserts,
            modality: Modality::Asserted,
            cue: None,
            same_as: Some(earlier.same_as.unwrap_or(of)),
            frame: Frame::Effect,
        };
        self.out.events.push(e);
    }

    /// Whom an effect befalls: the subject of a passive or of dying, else the object.
    pub(super) fn whom(&self, frame: Frame, h: &Hit, phrases: &[Phrase], s: &Sentence, hits: &[Hit]) -> Vec<usize> {
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
                && !self.says(p, h, hits)
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

    /// "Spokesmen have said that ... were captured": who says it does not suffer it, unless "they" do.
    fn says(&self, p: &Phrase, h: &Hit, hits: &[Hit]) -> bool {
        let between = |x: &Hit| x.tokens.start >= p.tokens.end && x.tokens.end < h.tokens.start;
        hits.iter().any(|x| matches!(x.entry, Entry::Report(_)) && between(x))
            && !(p.tokens.end..h.tokens.start).any(|i| matches!(self.t.small(i), "they" | "he" | "she" | "it"))
    }

    #[allow(clippy::too_many_lines)]
    pub(super) fn event(
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
            // "The army has launched a sweep": who does it is the subject of the doing.
            if by.is_empty()
                && let Some(doing) = (clause.start..begin).rev().take(6).find(|i| CONDUCTS.contains(&t.small(*i)))
            {
                let subject = phrases.iter().enumerate().rev().find(|(_, p)| {
                    p.tokens.end <= doing
                        && p.tokens.start >= clause.start
                        && able(p)
                        && !matches!(self.preposition(p, s), "in" | "of" | "at" | "from" | "near" | "with" | "on")
                        && !verb_between(p.tokens.end, doing)
                });
                by.extend(subject.map(|x| x.0).filter(|k| !to.contains(k)));
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
                .filter(|(_, p)| p.tokens.end <= begin && p.tokens.start >= clause.start && !self.says(p, h, hits))
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
        // Who kills the armed fights.
        let armed = |k: &usize| matches!(phrases[*k].class, Some(Class::State | Class::Armed));
        let (kind, sub_type) = match frame {
            Frame::Kill if !noun && to.iter().any(armed) => (EventType::Battles, "Armed clash"),
            _ => (kind, sub_type),
        };
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
        let days = self.days(h, s, hits, &clause);
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
            frame,
        };
        self.remember(&mut e, h, noun, s, hits);
        self.out.events.push(e);
    }

    /// Places in a clause: after "in", "near" and the like; else of the sentence.
    pub(super) fn place(&self, h: &Hit, s: &Sentence, hits: &[Hit], clause: &Range<usize>) -> Option<Place> {
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
            // "sources in Central Asia have said": where they are, not where it happened.
            let of_source = hits.iter().any(|x| matches!(x.entry, Entry::Source(_)) && x.tokens.end == i)
                && !hits.iter().any(|x| matches!(x.entry, Entry::Role(_)) && x.tokens.end == i)
                && hits.iter().any(|x| matches!(x.entry, Entry::Report(_)) && (i..i + 9).contains(&x.tokens.start));
            if !introduces || of_source {
                i += 1;
                continue;
            }
            let mut at = i + 1;
            while matches!(
                t.small(at),
                "the"
                    | "a"
                    | "an"
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
                // "in Central Asia" is no part of Asia, it is a name.
                && (t.shouted || !matches!(t.tokens[at].shape, Shape::Capital))
                // "the Central African Republic"
                && !hits.iter().any(|x| x.tokens.start == at && matches!(x.entry, Entry::Country(_)))
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
                    && !hits.iter().any(|x| {
                        x.tokens.start == at
                            && matches!(x.entry, Entry::Country(_) | Entry::Demonym(_) | Entry::Role(_))
                    }) =>
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
                    )
                    // "the invasion of Atlantis"
                    || w == "of" && i == h.tokens.end && country.is_some())
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

    pub(super) fn days(&self, h: &Hit, s: &Sentence, hits: &[Hit], clause: &Range<usize>) -> Option<Days> {
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
            // "to catch militants who escaped in August": the day of another clause's event.
            let there = self.clause(s, i);
            let taken = |x: &Hit| matches!(x.entry, Entry::Trigger(_)) && there.contains(&x.tokens.start);
            if !inside && hits.iter().any(taken) {
                i = w.tokens.end;
                continue;
            }
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
    pub(super) fn remember(&mut self, e: &mut Reading, h: &Hit, noun: bool, s: &Sentence, hits: &[Hit]) {
        let t = self.t;
        let before =
            |d: usize| h.tokens.start.checked_sub(d).filter(|b| *b >= s.tokens.start).map_or("", |b| t.small(b));
        // "the prisoners who escaped in August" tells nobody anew that they did.
        // Who fled to another country has moved.
        let moved = e.frame == Frame::Escape && matches!(t.small(h.tokens.end), "to" | "into" | "across" | "abroad");
        let recalled = e.frame == Frame::Escape && !moved && matches!(before(1), "who" | "that" | "the");
        let definite = recalled
            || noun
                && ((1..=3).any(|d| matches!(before(d), "the" | "this" | "that" | "latter" | "these" | "those")))
                && !(1..=3).any(|d| matches!(before(d), "a" | "an" | "several" | "two" | "three"));
        if definite {
            let latter = (1..=3).any(|d| before(d) == "latter");
            // "Since the attack, shops in Easton have closed": a reference to what was, whose place is not in this clause.
            let adjunct = (1..=4).any(|d| matches!(before(d), "since" | "after" | "following" | "before"));
            let near = t.tokens[(h.tokens.end + 3).min(t.tokens.len() - 1)].start as usize;
            // What stands elsewhere in the sentence is no place of what was told before.
            let own = e.place.take_if(|p| {
                latter
                    || p.part.rule == "sentence-place"
                    || (adjunct && (p.part.span.start < e.trigger.span.start || p.part.span.start > near))
            });
            let own = own.filter(|_| !adjunct);
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
                    let got_away = |f: Frame| matches!(f, Frame::Break | Frame::Escape);
                    let alike = got_away(o.frame) && got_away(e.frame)
                        || o.frame == Frame::Operate
                            && e.frame == Frame::Operate
                            && o.kind == e.kind
                            && o.trigger.rule == "noun-frame"
                            && !self.elsewhere(&o.quote, &e.quote);
                    (a == b || a.ends_with(&b) || alike || (generic && o.kind != EventType::Strategic))
                        && (e.place.is_none()
                            || alike
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
                // Only a place that stands beside it is its own, where one is remembered.
                let beside = |p: &Place| (e.trigger.span.end..near).contains(&p.part.span.start);
                let named = e.place.as_ref().is_some_and(|p| beside(p) || p.area.is_some());
                e.place = e.place.take_if(|_| named || place.is_none());
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
            // A sentence that speaks of a country has a scene of its own.
            let country = |x: &Hit| matches!(x.entry, Entry::Country(_)) && s.tokens.contains(&x.tokens.start);
            if e.place.is_none() && !hits.iter().any(country) {
                e.place = last.place.clone().map(|p| Place { part: Part { rule: "scene", ..p.part }, ..p });
            }
            if e.days.is_none() && last.quote == e.quote {
                // "Since the attack, there have been two more": from then to the day of the dateline.
                let at = t.tokens.partition_point(|x| (x.start as usize) < last.trigger.span.start);
                let link = (1..=4)
                    .filter_map(|d| at.checked_sub(d).filter(|b| *b >= s.tokens.start))
                    .map(|b| t.small(b))
                    .find(|w| matches!(*w, "since" | "after" | "following" | "before"));
                e.days = match (link, last.days.clone(), self.setting.anchor) {
                    (None, d, _) => d.map(|d| Days { part: Part { rule: "scene", ..d.part }, ..d }),
                    (Some("since"), Some(d), Some(anchor)) if d.from <= anchor => {
                        Some(Days { part: Part { rule: "since-event", ..d.part }, to: anchor, ..d })
                    }
                    _ => None,
                };
            }
        }
        // "Kyrgyzstan is vulnerable after ethnic violence": the one country that the sentence names.
        if e.place.is_none() && noun {
            let mut named = hits.iter().filter(|x| {
                matches!(x.entry, Entry::Country(_))
                    && s.tokens.contains(&x.tokens.start)
                    && !hits.iter().any(|y| {
                        matches!(y.entry, Entry::Demonym(_)) && y.tokens.start == x.tokens.start
                            || matches!(y.entry, Entry::Trigger(_) | Entry::Role(_)) && y.tokens.start == x.tokens.end
                    })
                    && t.small(x.tokens.end) != "s"
            });
            if let (Some(x), None) = (named.next(), named.next()) {
                e.place = Some(Place {
                    part: self.part(x.tokens.clone(), "only-country"),
                    name: t.slice(x.tokens.clone()).to_owned(),
                    area: None,
                });
            }
        }
    }

    /// Whether two sentences speak of other countries: both of some, and of none in common.
    fn elsewhere(&self, a: &Range<usize>, b: &Range<usize>) -> bool {
        let of = |quote: &Range<usize>| -> Vec<u16> {
            let from = self.hits.partition_point(|h| (self.t.tokens[h.tokens.start].start as usize) < quote.start);
            self.hits[from..]
                .iter()
                .take_while(|h| (self.t.tokens[h.tokens.start].start as usize) < quote.end)
                .filter_map(|h| match h.entry {
                    Entry::Country(c) | Entry::Demonym(c) | Entry::Capital(c) => Some(c),
                    _ => None,
                })
                .collect()
        };
        let (x, y) = (of(a), of(b));
        !x.is_empty() && !y.is_empty() && !x.iter().any(|c| y.contains(c))
    }
}
