//! A whole case, as values.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Id;
use crate::actor::Actor;
use crate::claim::{Claim, Origin, Says};
use crate::dataset::Dataset;
use crate::date::Day;
use crate::indicator::{EvidenceKind, Factor, Indicator};
use crate::judgment::{About, Assumption, Gap, Judgment, Question};
use crate::lexicon::Lexicon;
use crate::place::Area;
use crate::ruling::Ruling;
use crate::scenario::{Change, Expectation, Scenario, ScenarioKind};
use crate::settings::LintSettings;
use crate::source::{Coverage, Report, Source};
use crate::words::{Reliability, Tlp};

/// A case: definitions, reports and claims, checked.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Identifier.
    pub id: Id,
    /// Title.
    pub title: String,
    /// The question the assessment answers.
    pub question: String,
    /// The day it is seen from.
    pub as_of: Option<Day>,
    /// Seed of every draw.
    pub seed: u64,
    /// Marking of everything unmarked, and target of the page.
    pub tlp: Tlp,
    /// Prior probability that a thing somebody spoke of is so, before anybody is believed.
    pub base_rate: f64,
    /// The words for likelihoods.
    pub lexicon: &'static Lexicon,
    /// How loudly to remark on what.
    pub lints: LintSettings,
    /// Sources by id.
    pub sources: BTreeMap<Id, Source>,
    /// Actors by id.
    pub actors: BTreeMap<Id, Actor>,
    /// Areas by id.
    pub areas: BTreeMap<Id, Area>,
    /// Reports by id.
    pub reports: BTreeMap<Id, Report>,
    /// Claims by id.
    pub claims: BTreeMap<Id, Claim>,
    /// Indicators by id.
    pub indicators: BTreeMap<Id, Indicator>,
    /// Questions by id.
    pub questions: BTreeMap<Id, Question>,
    /// Factors by id.
    pub factors: BTreeMap<Id, Factor>,
    /// Key judgments, in the order of the file.
    pub judgments: Vec<Judgment>,
    /// Assumptions by id.
    pub assumptions: BTreeMap<Id, Assumption>,
    /// Who was reporting where and when, by id.
    pub coverage: BTreeMap<Id, Coverage>,
    /// Information gaps by id.
    pub gaps: BTreeMap<Id, Gap>,
    /// Tests of the case, in order of file and place.
    pub scenarios: Vec<Scenario>,
    /// The ledger of forecasts, as it stands in the file.
    pub ledger: String,
    /// Event data sets, in the order of `case.toml`.
    pub datasets: Vec<Dataset>,
    /// Rulings by people, oldest first.
    pub rulings: Vec<Ruling>,
    /// By event that a data set's row speaks of: the data set. Filled when rows become claims.
    pub rows: BTreeMap<Id, Id>,
    /// Pairs of events that may be one. Filled when rows are matched.
    pub same: Vec<Same>,
    /// Whom the names in data sets mean. Filled when rows become claims.
    pub names: Vec<Named>,
}

/// Two events that may be one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Same {
    /// One event.
    pub a: Id,
    /// The other.
    pub b: Id,
    /// Probability that they are one, rulings included.
    pub p: f64,
    /// What the match alone says.
    pub unruled: f64,
    /// The ruling on them, with who made it and why.
    pub ruling: Option<String>,
    /// What speaks for and against it, field by field.
    pub reasons: Vec<Reason>,
    /// Deaths of which it depends whether they count once or twice: how much the answer matters.
    pub at_stake: u32,
}

/// One field of a match and what it weighs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Field: place and time, deaths, type, actors, words.
    pub field: String,
    /// What the two say.
    pub said: String,
    /// Weight of evidence in decibans (ten times the decimal logarithm of the Bayes factor); positive speaks for one
    /// event.
    pub decibans: f64,
}

/// Whom a name in a data set means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The data set.
    pub dataset: Id,
    /// The name as it writes it.
    pub name: String,
    /// Rows that it stands in, of those looked at.
    pub rows: u32,
    /// The actor of the case; none for nobody of the case.
    pub actor: Option<Id>,
    /// How that was found: declared, ruled, by date, same, sound, initials, words.
    pub how: String,
    /// Actors that it may mean, with how alike the names are, likeliest first.
    pub candidates: Vec<(Id, f64)>,
}

impl Case {
    /// The as-of day; a checked case has one.
    pub fn as_of(&self) -> Day {
        self.as_of.unwrap_or(Day(0))
    }

    /// Indicators that a golden fixture shows to trip.
    pub fn tripped(&self) -> BTreeSet<&Id> {
        let trips = |s: &'_ Scenario| -> Option<Id> {
            match &s.kind {
                ScenarioKind::Golden {
                    indicator, expect: Expectation::Fires(true) | Expectation::Class(_), ..
                } => Some(indicator.clone()),
                _ => None,
            }
        };
        let tested: BTreeSet<Id> = self.scenarios.iter().filter_map(trips).collect();
        self.indicators.keys().filter(|i| tested.contains(*i)).collect()
    }

    /// The case as it could have been known on `day`: only reports whose *latest* possible publication
    /// day is on or before it, and links and grades known by then.
    pub fn seen_on(&self, day: Day) -> Self {
        let mut out = self.clone();
        out.as_of = Some(day);
        out.reports.retain(|_, r| r.published.possible.to <= day);
        out.datasets.retain(|d| d.released.possible.to <= day);
        out.rulings.retain(|r| r.at <= day);
        // A grade that was not held yet is no rating.
        for source in out.sources.values_mut().filter(|s| s.known_from.is_some_and(|k| k > day)) {
            source.reliability = Reliability::F;
        }
        for actor in out.actors.values_mut() {
            actor.link.retain(|l| l.known_from.is_none_or(|k| k <= day));
        }
        out.drop_orphans();
        out
    }

    /// The case without one report and what was claimed in it. Claims elsewhere that copied from it stay,
    /// with the origin that the dropped claim had.
    pub fn without_report(&self, report: &str) -> Self {
        self.changed(&Change { without: vec![report.to_owned()], ..Change::default() })
    }

    /// The case without everything that one source first said.
    pub fn without_origin(&self, source: &str) -> Self {
        self.changed(&Change { without_origin: vec![source.to_owned()], ..Change::default() })
    }

    /// The case, otherwise.
    pub fn changed(&self, change: &Change) -> Self {
        let mut out = self.clone();
        for report in &change.without {
            out.reports.remove(report);
        }
        if !change.without_origin.is_empty() {
            out.claims.retain(|_, c| !change.without_origin.contains(&self.root(c).0));
        }
        for question in out.questions.values_mut() {
            question.evidence.retain(|e| !change.without_evidence.contains(&format!("{}/{}", question.id, e.id)));
        }
        out.coverage.retain(|id, _| !change.without_coverage.contains(id));
        for (id, source) in &mut out.sources {
            if let Some(grade) = change.reliability.get(id) {
                source.reliability = *grade;
            }
            if change.deceives.contains(id) {
                source.deceives = 1.0;
            }
            if change.impartial.contains(id) {
                source.speaks_for = None;
            }
        }
        out.drop_orphans();
        out
    }

    /// The case without anything marked above `target`: what is withheld takes no part, so no number
    /// of the result depends on it. Unmarked means the case's TLP; a claim inherits its report's and its
    /// sources' markings.
    pub fn redacted(&self, target: Tlp) -> Self {
        let mut out = self.clone();
        let shown = |tlp: Option<Tlp>| tlp.unwrap_or(self.tlp) <= target;
        out.sources.retain(|_, s| shown(s.tlp));
        out.actors.retain(|_, a| shown(a.tlp));
        out.areas.retain(|_, a| shown(a.tlp));
        out.indicators.retain(|_, a| shown(a.tlp));
        out.questions.retain(|_, a| shown(a.tlp));
        out.factors.retain(|_, a| shown(a.tlp));
        out.judgments.retain(|a| shown(a.tlp));
        out.assumptions.retain(|_, a| shown(a.tlp));
        out.gaps.retain(|_, a| shown(a.tlp));
        out.coverage.retain(|_, a| shown(a.tlp));
        let sources: BTreeSet<Id> = out.sources.keys().cloned().collect();
        out.datasets.retain(|d| sources.contains(&d.source));
        out.reports.retain(|_, r| shown(r.tlp) && sources.contains(&r.source));
        out.claims.retain(|_, c| {
            shown(c.tlp)
                && c.chain.iter().all(|s| sources.contains(s))
                && match &c.origin {
                    Origin::Source(s) => sources.contains(s),
                    Origin::Claim(_) => true,
                }
        });
        out.drop_orphans();
        out.drop_withheld_references();
        out.withhold_rows();
        // A remark that is let stand names what it is about.
        let gone: Vec<String> = self.names().difference(&out.names()).cloned().collect();
        let names = |about: &str| gone.iter().any(|g| about == g || about.starts_with(&format!("{g}/")));
        out.lints.suppress.retain(|s| !names(&s.about));
        out
    }

    /// Everything in it that has a name, as `kind:id`; for what stands in a question also under its own kinds.
    pub fn names(&self) -> BTreeSet<String> {
        let of =
            |kind: &str, ids: &mut dyn Iterator<Item = &Id>| ids.map(|id| format!("{kind}:{id}")).collect::<Vec<_>>();
        let events: BTreeSet<&Id> = self.claims.values().filter_map(|c| c.event().map(|e| &e.id)).collect();
        [
            of("source", &mut self.sources.keys()),
            of("actor", &mut self.actors.keys()),
            of("area", &mut self.areas.keys()),
            of("report", &mut self.reports.keys()),
            of("claim", &mut self.claims.keys()),
            of("event", &mut events.iter().copied()),
            of("figure", &mut events.iter().copied()),
            of("indicator", &mut self.indicators.keys()),
            of("question", &mut self.questions.keys()),
            of("hypothesis", &mut self.questions.keys()),
            of("evidence", &mut self.questions.keys()),
            of("factor", &mut self.factors.keys()),
            of("judgment", &mut self.judgments.iter().map(|j| &j.id)),
            of("assumption", &mut self.assumptions.keys()),
            of("gap", &mut self.gaps.keys()),
            of("coverage", &mut self.coverage.keys()),
        ]
        .concat()
        .into_iter()
        .collect()
    }

    /// Rows whose licence does not let them be passed on keep their part in the numbers, but no word of theirs is shown.
    fn withhold_rows(&mut self) {
        for d in self.datasets.iter().filter(|d| !d.redistribute) {
            let Some(report) = self.reports.get_mut(&d.id) else { continue };
            let line = format!("a row of {}, which may not be passed on ({})", report.title, d.licence);
            report.text = line.clone() + "\n";
            for c in self.claims.values_mut().filter(|c| c.report == d.id) {
                c.excerpt = crate::Excerpt {
                    exact: line.clone(),
                    start: 0,
                    end: line.len(),
                    prefix: String::new(),
                    suffix: String::new(),
                };
            }
            let withheld: BTreeSet<&Id> = self.rows.iter().filter(|r| *r.1 == d.id).map(|r| r.0).collect();
            for s in &mut self.same {
                if withheld.contains(&s.a) || withheld.contains(&s.b) {
                    s.reasons.iter_mut().for_each(|r| r.said = "withheld".into());
                }
            }
            self.names.retain(|n| n.dataset != d.id);
        }
    }

    /// Where the information of a claim was first stated: the source at the end of its chain of copies,
    /// and the claim in which that source said it (itself, when it copies nothing).
    pub fn root(&self, claim: &Claim) -> (Id, Id) {
        let mut at = claim;
        // Copies form no cycle in a checked case; the bound keeps an unchecked one from hanging.
        for _ in 0..self.claims.len() {
            match &at.origin {
                Origin::Source(s) => return (s.clone(), at.id.clone()),
                Origin::Claim(id) => match self.claims.get(id) {
                    Some(next) => at = next,
                    None => break,
                },
            }
        }
        (at.chain.first().cloned().unwrap_or_default(), at.id.clone())
    }

    /// Ids of claims that have been taken back: by a retraction that is itself in the case.
    pub fn retracted(&self) -> BTreeMap<Id, Id> {
        self.claims
            .values()
            .filter_map(|c| match &c.says {
                Says::Retracts(id) => Some((id.clone(), c.id.clone())),
                _ => None,
            })
            .collect()
    }

    /// Drops claims of reports that are gone, and resolves what pointed at them.
    fn drop_orphans(&mut self) {
        let before = self.claims.clone();
        self.claims.retain(|_, c| self.reports.contains_key(&c.report));
        let kept: BTreeSet<Id> = self.claims.keys().cloned().collect();
        for claim in self.claims.values_mut() {
            // A copy whose original is gone keeps the original's origin.
            let mut origin = claim.origin.clone();
            for _ in 0..before.len() {
                match &origin {
                    Origin::Claim(id) if !kept.contains(id) => match before.get(id) {
                        Some(gone) => origin = gone.origin.clone(),
                        None => break,
                    },
                    _ => break,
                }
            }
            claim.origin = origin;
            if let Says::Event(e) = &mut claim.says {
                e.figures.retain(|f| f.than.as_ref().is_none_or(|t| kept.contains(t)));
            }
        }
        self.claims.retain(|_, c| match &c.says {
            Says::Retracts(id) => kept.contains(id),
            _ => true,
        });
        let events: BTreeSet<&Id> = self.claims.values().filter_map(|c| c.event().map(|e| &e.id)).collect();
        self.same.retain(|s| events.contains(&s.a) && events.contains(&s.b));
        for actor in self.actors.values_mut() {
            for link in &mut actor.link {
                link.claims.retain(|c| kept.contains(c));
            }
            actor.link.retain(|l| l.probability.is_some() || !l.claims.is_empty());
        }
        for factor in self.factors.values_mut() {
            factor.claims.retain(|c| kept.contains(c));
        }
        let events: BTreeSet<Id> = self.claims.values().filter_map(|c| c.event().map(|e| e.id.clone())).collect();
        for question in self.questions.values_mut() {
            question.evidence.retain(|e| !matches!(&e.kind, EvidenceKind::Claim(c) if !kept.contains(c)));
            question.drop_groups_of_one();
        }
        for gap in self.gaps.values_mut() {
            let gone = match &gap.asks {
                Some(EvidenceKind::Claim(c)) => !kept.contains(c),
                Some(EvidenceKind::Event(e)) => !events.contains(&e.id),
                _ => false,
            };
            if gone {
                gap.asks = None;
            }
        }
    }

    /// After a redaction: nothing may refer to what is withheld.
    fn drop_withheld_references(&mut self) {
        let actors: BTreeSet<Id> = self.actors.keys().cloned().collect();
        let areas: BTreeSet<Id> = self.areas.keys().cloned().collect();
        for actor in self.actors.values_mut() {
            actor.link.retain(|l| actors.contains(&l.to));
        }
        for source in self.sources.values_mut() {
            if source.speaks_for.as_ref().is_some_and(|a| !actors.contains(a)) {
                source.speaks_for = None;
            }
        }
        for claim in self.claims.values_mut() {
            if let Says::Event(e) = &mut claim.says {
                e.actors.retain(|a| match a {
                    crate::ActorRole::Known(k) => actors.contains(&k.actor),
                    crate::ActorRole::Unknown(_) => true,
                });
                e.figures.retain(|f| actors.contains(&f.of));
                if matches!(&e.place, Some(crate::PlaceRef::Area(a)) if !areas.contains(a)) {
                    e.place = None;
                }
            }
        }
        self.claims.retain(|_, c| match &c.says {
            Says::Link(l) => actors.contains(&l.actor) && actors.contains(&l.to),
            _ => true,
        });
        // Indicators that need something withheld go, and so does what is built on them.
        loop {
            let ids: BTreeSet<Id> = self.indicators.keys().cloned().collect();
            let count = ids.len();
            self.indicators.retain(|_, i| {
                let select = i.test.select().unwrap_or_default();
                select.actor.iter().all(|a| actors.contains(a))
                    && select.area.iter().all(|a| areas.contains(a))
                    && match &i.test {
                        crate::Test::Share(s) => areas.contains(&s.area),
                        crate::Test::Footprint(f) => areas.contains(&f.home),
                        crate::Test::Figure(f) => actors.contains(&f.of),
                        _ => true,
                    }
                    && i.test.parts().iter().all(|p| ids.contains(*p))
            });
            if self.indicators.len() == count {
                break;
            }
        }
        let indicators: BTreeSet<Id> = self.indicators.keys().cloned().collect();
        let factors: BTreeSet<Id> = self.factors.keys().cloned().collect();
        let sources: BTreeSet<Id> = self.sources.keys().cloned().collect();
        let shown = |kind: &EvidenceKind| match kind {
            EvidenceKind::Indicator(i) => indicators.contains(i),
            EvidenceKind::Factor(f) => factors.contains(f),
            EvidenceKind::Event(e) => e.by.iter().all(|a| actors.contains(a)),
            EvidenceKind::Origin(s) => sources.contains(s),
            EvidenceKind::Link(l) => actors.contains(&l.actor) && actors.contains(&l.to),
            EvidenceKind::Claim(_) => true,
        };
        for question in self.questions.values_mut() {
            question.evidence.retain(|e| shown(&e.kind));
            question.drop_groups_of_one();
        }
        self.coverage.retain(|_, c| c.area.as_ref().is_none_or(|a| areas.contains(a)));
        for c in self.coverage.values_mut() {
            c.sources.retain(|s| sources.contains(s));
        }
        for factor in self.factors.values_mut() {
            if factor.actor.as_ref().is_some_and(|a| !actors.contains(a)) {
                factor.actor = None;
            }
        }
        let questions: BTreeSet<Id> = self.questions.keys().cloned().collect();
        self.judgments.retain(|j| match &j.about {
            About::Indicator(i) => indicators.contains(i),
            About::Hypotheses(q) => questions.contains(q),
        });
        let judgments: BTreeSet<Id> = self.judgments.iter().map(|j| j.id.clone()).collect();
        for a in self.assumptions.values_mut() {
            a.judgments.retain(|j| judgments.contains(j));
        }
        for g in self.gaps.values_mut() {
            g.judgments.retain(|j| judgments.contains(j));
            g.asks = g.asks.take().filter(|a| shown(a));
            g.bears_on = g.bears_on.take().filter(|b| questions.contains(&b.0));
        }
        // What would be otherwise names reports and sources.
        for change in self.assumptions.values_mut().filter_map(|a| a.if_false.as_mut()) {
            change.without.retain(|r| self.reports.contains_key(r));
            change.without_origin.retain(|s| sources.contains(s));
            change.deceives.retain(|s| sources.contains(s));
            change.impartial.retain(|s| sources.contains(s));
            change.reliability.retain(|s, _| sources.contains(s));
            change.without_coverage.retain(|c| self.coverage.contains_key(c));
        }
        self.scenarios.clear();
    }
}
