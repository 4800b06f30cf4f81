//! Voices: who says so, and how firmly.

use super::*;

impl Reader<'_, '_> {
    /// Whose words a cue of reporting announces.
    pub(super) fn who<'p>(&self, report: Report, h: &Hit, s: &Sentence, phrases: &'p [Phrase]) -> Option<&'p Phrase> {
        let clause = self.clause(s, h.tokens.start);
        let can = |p: &&Phrase| {
            p.speaker.is_some()
                || p.actor.is_some()
                || p.source.is_some()
                || p.person
                || matches!(p.class, Some(Class::Official | Class::Leader | Class::State | Class::Armed | Class::Civil))
        };
        let left = phrases.iter().rev().filter(can).find(|p| {
            p.tokens.end <= h.tokens.start
                && p.tokens.start >= clause.start
                && !matches!(self.preposition(p, s), "in" | "on" | "against" | "from" | "at")
        });
        let right =
            phrases.iter().filter(can).find(|p| p.tokens.start >= h.tokens.end && p.tokens.start <= h.tokens.end + 3);
        if report == Report::Prep || self.t.small(h.tokens.end) == "by" {
            right
        } else {
            left.or(right.filter(|_| h.tokens.start > s.tokens.start))
        }
    }

    /// Who speaks, where a cue of reporting stands with a phrase.
    pub(super) fn speaker(&self, report: Report, who: &Phrase) -> Speaker {
        let rule = if report == Report::Prep { "according-to" } else { "reporting-verb" };
        Speaker {
            part: self.part(who.tokens.clone(), rule),
            source: who.source.map(|k| self.known.sources[k].clone()),
            kind: who.speaker.unwrap_or(match who.class {
                Some(Class::Armed) => "party",
                Some(Class::Civil) => "witness",
                _ => "official",
            }),
        }
    }

    pub(super) fn attribution(&mut self, begin: usize, s: &Sentence, hits: &[Hit], phrases: &[Phrase]) {
        let t = self.t;
        for h in hits {
            let Entry::Report(report) = h.entry else { continue };
            if blocked_report(t, h) {
                continue;
            }
            let clause = self.clause(s, h.tokens.start);
            let who = self.who(report, h, s, phrases);
            let by = t.small(h.tokens.end) == "by";
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
                // "while that claim has been disputed"; what is disputed of ties is told of them.
                let ties = (1..=4).any(|d| {
                    h.tokens.start.checked_sub(d).is_some_and(|b| {
                        matches!(
                            t.small(b),
                            "ties" | "tie" | "links" | "link" | "alliance" | "association" | "allegiance"
                        )
                    })
                });
                if ties {
                    continue;
                }
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
            let speaker = self.speaker(report, who);
            // What stands behind the cue is said by it; where nothing does, what stands before.
            let behind = (begin..self.out.events.len()).any(|e| self.out.events[e].trigger.span.start >= at.end);
            let parallel =
                who.tokens.start.checked_sub(1).is_some_and(|b| {
                    b > s.tokens.start && matches!(t.small(b), "and" | "but" | "while" | "whereas" | ";")
                });
            let leads =
                report == Report::Prep && clause.start == s.tokens.start && h.tokens.start <= s.tokens.start + 1;
            for e in &mut self.out.events[begin..] {
                let after = e.trigger.span.start >= at.end;
                let within = e.trigger.span.start < t.span(who.tokens.clone()).end
                    && e.trigger.span.end > t.span(who.tokens.clone()).start;
                if within || !(after || !behind || leads) || e.stance != Stance::Asserts {
                    continue;
                }
                // "The media gave ..., and sources said ...": the second does not say what the first does.
                if parallel && after {
                    e.speakers.retain(|x| x.part.span.start >= speaker.part.span.start);
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

    pub(super) fn moods(&mut self, begin: usize, s: &Sentence, hits: &[Hit]) {
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
                    Mood::Foiled => inside && if ahead { gap <= 6 } else { first + 4 >= h.tokens.start },
                    Mood::Planned => ahead && inside && gap <= 4,
                    Mood::Hypothetical => conditional && ahead || ahead && inside && gap <= 6,
                    Mood::Unconfirmed => {
                        inside && if ahead { gap <= 10 } else { h.tokens.start.saturating_sub(first) <= 3 }
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
}

/// Cues that report nothing: "reported missing", "state-run", "claims the life of".
fn blocked_report(t: &Text<'_>, h: &Hit) -> bool {
    let before = h.tokens.start.checked_sub(1).map_or("", |b| t.small(b));
    let word = t.small(h.tokens.start);
    // "a confirmed bachelor", "the disputed valley", "the warning light": said of a thing.
    let of_a_thing = matches!(before, "a" | "an" | "the" | "his" | "her" | "its" | "their")
        && (word.ends_with("ed") || word.ends_with("ing"));
    let aside = before == "to" && word == "say" || matches!(before, "was" | "were") && word == "admitted";
    if of_a_thing || aside {
        return true;
    }
    matches!(
        (t.small(h.tokens.start), t.small(h.tokens.end)),
        ("reported" | "reports", "missing") | ("claimed" | "claims", "the" | "lives")
    ) && t.small(h.tokens.end + 1) != "attack"
        && !matches!(t.small(h.tokens.end + 1), "responsibility")
}
