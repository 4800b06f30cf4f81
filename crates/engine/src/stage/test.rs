//! Stage `test`, one indicator at a time: in which worlds it holds, how likely that makes it, and which events
//! carry it.
//!
//! Every indicator is evaluated on the same joint draws, so that composites and judgments are coherent. What is
//! printed averages the exact value inside each world where there is one (`worlds.md`, "What is printed").

use std::collections::BTreeMap;

use model::{Area, Case, Day, DaySpan, FootprintClass, Geometry, Indicator, Select, Test};
use serde::{Deserialize, Serialize};
use stats::{Counts, FootprintModel, at_least, dispersion, entity, episodes, mean_se, uniform};

use super::coverage::covered;
use super::gather::Gathered;
use super::reconcile::EventLaw;
use super::worlds::{Worlds, attribute};

/// Part of the stage's key.
pub const VERSION: u32 = 3;

/// What an indicator came to in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Probability; none when it cannot be tested.
    pub probability: Option<f64>,
    /// Monte Carlo standard error of it.
    pub error: f64,
    /// Why it cannot be tested.
    pub reason: Option<String>,
    /// Whether it holds, world by world (joint draws).
    pub holds: Vec<bool>,
    /// The exact value inside each world, where there is one; else 0 or 1.
    pub exact: Vec<f64>,
    /// Events that carry it, most first.
    pub carriers: Vec<Carrier>,
}

/// An event's part in an indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Carrier {
    /// Event id.
    pub event: String,
    /// Share of worlds in which the event counts.
    pub share: f64,
    /// Probability of the indicator if the event did not count; none where that is not worked out.
    pub without: Option<f64>,
}

/// One state of `worlds.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// P >= .95.
    Observed,
    /// P <= .05 and somebody would have reported it.
    NotObserved,
    /// Denied by an origin independent of those asserting it.
    Contradicted,
    /// Past its review date.
    Stale,
    /// Cannot be tested.
    NotTestable,
    /// None of these.
    Ambiguous,
}

impl State {
    /// As in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::NotObserved => "not-observed",
            Self::Contradicted => "contradicted",
            Self::Stale => "stale",
            Self::NotTestable => "not-testable",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// The worlds with the laws they were drawn from: what every test looks at.
pub struct View<'a> {
    /// The case.
    pub case: &'a Case,
    /// Laws, in the order of the worlds' events.
    pub laws: &'a [EventLaw],
    /// The worlds.
    pub worlds: &'a Worlds,
}

/// A selection made ready: windows resolved, affiliates known per world.
pub struct Selected {
    select: Select,
    window: Option<DaySpan>,
    /// By world: who counts, and when; empty when anybody does.
    who: Vec<Vec<(String, DaySpan)>>,
}

impl<'a> View<'a> {
    /// Prepares a selection. The window must have been found to be there.
    pub fn select(&self, select: Select) -> Selected {
        let window = select.window.as_ref().and_then(|w| w.days(self.case.as_of()));
        let who = match &select.actor {
            Some(actor) => (0..self.worlds.n).map(|w| self.worlds.affiliates(actor, &select.affiliates, w)).collect(),
            None => Vec::new(),
        };
        Selected { select, window, who }
    }

    /// Whether the event can ever be meant: type and complexity are the same in every world.
    pub fn kind_fits(&self, s: &Select, law: &EventLaw) -> bool {
        (s.events.is_empty() || s.events.iter().any(|k| k.matches(law.kind, law.sub_type.as_ref())))
            && (s.complexity.is_empty() || law.complexity.is_some_and(|c| s.complexity.contains(&c)))
    }

    fn in_area(&self, law: &EventLaw, area: &str, point: usize) -> bool {
        law.place.as_ref().and_then(|p| p.inside.get(area)).is_some_and(|inside| inside[point])
    }

    /// Whether the drawn event lies in the area.
    pub fn drawn_in(&self, event: usize, area: &str, world: usize) -> bool {
        let place = &self.worlds.events[event].place;
        !place.is_empty() && self.in_area(&self.laws[event], area, usize::from(place[world]))
    }

    /// Whether the drawn event counts in this world.
    pub fn counts(&self, s: &Selected, event: usize, world: usize) -> bool {
        let (law, e) = (&self.laws[event], &self.worlds.events[event]);
        if !self.kind_fits(&s.select, law) || !e.happened[world] {
            return false;
        }
        let day = Day(e.day[world]);
        if s.window.is_some_and(|span| !span.contains(day)) {
            return false;
        }
        if s.select.area.as_ref().is_some_and(|a| !self.drawn_in(event, a, world)) {
            return false;
        }
        match s.who.get(world) {
            None => true,
            Some(members) => law
                .candidates
                .get(usize::from(e.who[world]))
                .is_some_and(|who| members.iter().any(|(m, span)| m == who && span.contains(day))),
        }
    }

    /// The chance that the event counts, given what this world fixes: happened x place x (who, when).
    pub fn chance(&self, s: &Selected, event: usize, world: usize) -> f64 {
        let (law, e) = (&self.laws[event], &self.worlds.events[event]);
        if !self.kind_fits(&s.select, law) {
            return 0.0;
        }
        let place = match &s.select.area {
            None => 1.0,
            Some(area) => law.place.as_ref().map_or(0.0, |p| {
                p.inside
                    .get(area)
                    .map_or(0.0, |inside| p.weights.iter().zip(inside).filter(|x| *x.1).map(|x| x.0).sum())
            }),
        };
        if place == 0.0 {
            return 0.0;
        }
        let within = |span: DaySpan| -> f64 {
            let from = (span.from.0 - law.days.first).max(0) as usize;
            let to =
                (i64::from(span.to.0) - i64::from(law.days.first) + 1).clamp(0, law.days.weights.len() as i64) as usize;
            if from >= to { 0.0 } else { law.days.weights[from..to].iter().sum() }
        };
        let window = s.window.unwrap_or(DaySpan { from: Day(i32::MIN / 2), to: Day(i32::MAX / 2) });
        let who_when = match s.who.get(world) {
            None => within(window),
            Some(members) => {
                let k = law.base.len();
                let who = &e.who_chance[world * k..(world + 1) * k];
                law.candidates
                    .iter()
                    .zip(who)
                    .map(|(c, p)| {
                        // An actor may count on several runs of days; they do not overlap usefully: take the widest sum.
                        let days: f64 = members
                            .iter()
                            .filter(|(m, _)| m == c)
                            .map(|(_, span)| {
                                within(DaySpan { from: span.from.max(window.from), to: span.to.min(window.to) })
                            })
                            .fold(0.0, f64::max);
                        p * days
                    })
                    .sum()
            }
        };
        e.chance[world] * place * who_when
    }
}

/// Evaluates one indicator. `parts` has the outcomes of the indicators it is made of.
pub fn run(view: &View<'_>, indicator: &Indicator, parts: &BTreeMap<String, Outcome>) -> Outcome {
    let as_of = view.case.as_of();
    let missing = |window: &Option<model::Window>| {
        window.as_ref().filter(|w| w.days(as_of).is_none()).map(|w| format!("its window {w} begins after {as_of}"))
    };
    let select = indicator.test.select();
    if let Some(reason) = select.as_ref().and_then(|s| missing(&s.window)) {
        return not_testable(view, reason);
    }
    match &indicator.test {
        Test::Count(t) => count(view, select.unwrap_or_default(), t.at_least as usize),
        Test::Share(t) => share(view, select.unwrap_or_default(), t),
        Test::Figure(t) => figure(view, select.unwrap_or_default(), t),
        Test::Footprint(t) => {
            if let Some(reason) = missing(&Some(t.reference.clone())).or_else(|| missing(&Some(t.window.clone()))) {
                return not_testable(view, reason);
            }
            let classes = footprint_classes(view, t);
            if let Some(reason) = classes.reason {
                return not_testable(view, reason);
            }
            let exact: Vec<f64> = classes
                .chances
                .iter()
                .map(|p| FootprintClass::ALL.iter().zip(p).filter(|(c, _)| t.is.contains(c)).map(|x| x.1).sum())
                .collect();
            let holds = classes.drawn.iter().map(|c| t.is.contains(c)).collect();
            outcome(holds, exact, classes.carriers)
        }
        Test::Tenure(t) => tenure(view, select.unwrap_or_default(), t),
        Test::Attribution(t) => attribution(view, select.unwrap_or_default(), &t.event),
        Test::All(_) | Test::Any(_) | Test::Not(_) => composite(view, &indicator.test, parts),
    }
}

/// Evaluates one indicator by joint draws alone: what is exact inside a world, and who carries it, is not worked out.
pub fn drawn(view: &View<'_>, indicator: &Indicator, parts: &BTreeMap<String, Outcome>) -> Outcome {
    let Test::Count(t) = &indicator.test else { return run(view, indicator, parts) };
    let select = indicator.test.select().unwrap_or_default();
    if t.window.days(view.case.as_of()).is_none() {
        return run(view, indicator, parts);
    }
    let holds = count_holds(view, &view.select(select), t.at_least as usize);
    let exact = as_numbers(&holds);
    outcome(holds, exact, Vec::new())
}

/// The state of an outcome.
pub fn state(case: &Case, g: &Gathered, indicator: &Indicator, o: &Outcome) -> State {
    let Some(p) = o.probability else { return State::NotTestable };
    if indicator.review_by.is_some_and(|d| case.as_of() > d) {
        State::Stale
    } else if p >= 0.95 {
        State::Observed
    } else if p <= 0.05 && covered(case, indicator).is_ok() {
        State::NotObserved
    } else if denied_independently(g, o) {
        State::Contradicted
    } else {
        State::Ambiguous
    }
}

/// Whether the event that carries it most is denied by an origin that is not among those asserting it.
fn denied_independently(g: &Gathered, o: &Outcome) -> bool {
    let Some(first) = o.carriers.first() else { return false };
    let Some(d) = g.dossiers.get(&format!("event:{}", first.event)) else { return false };
    let asserting: Vec<&str> = d.asserting.iter().map(|s| g.statements[*s].origin.as_str()).collect();
    !asserting.is_empty() && d.denying.iter().any(|s| !asserting.contains(&g.statements[*s].origin.as_str()))
}

fn not_testable(view: &View<'_>, reason: String) -> Outcome {
    Outcome {
        probability: None,
        error: 0.0,
        reason: Some(reason),
        holds: vec![false; view.worlds.n],
        exact: vec![0.0; view.worlds.n],
        carriers: Vec::new(),
    }
}

fn outcome(holds: Vec<bool>, exact: Vec<f64>, carriers: Vec<Carrier>) -> Outcome {
    let (p, error) = mean_se(&exact);
    let carriers = ranked(carriers, 0.0005);
    Outcome { probability: Some(p.clamp(0.0, 1.0)), error, reason: None, holds, exact, carriers }
}

/// Carriers above a share, most first, ties by id.
pub(super) fn ranked(mut carriers: Vec<Carrier>, least: f64) -> Vec<Carrier> {
    carriers.retain(|c| c.share > least);
    carriers.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.event.cmp(&b.event)));
    carriers
}

fn as_numbers(holds: &[bool]) -> Vec<f64> {
    holds.iter().map(|h| f64::from(u8::from(*h))).collect()
}

/// Share of worlds in which each event counts, by joint draws.
pub(super) fn carriers_by_draw(view: &View<'_>, s: &Selected) -> Vec<Carrier> {
    let n = view.worlds.n;
    (0..view.laws.len())
        .map(|e| Carrier {
            event: view.laws[e].id.clone(),
            share: (0..n).map(|w| view.chance(s, e, w)).sum::<f64>() / n as f64,
            without: None,
        })
        .collect()
}

fn count(view: &View<'_>, select: Select, k: usize) -> Outcome {
    let s = view.select(select);
    let n = view.worlds.n;
    // By world: the chances of the events that can count.
    let chances: Vec<Vec<f64>> =
        (0..n).map(|w| (0..view.laws.len()).map(|e| view.chance(&s, e, w)).collect()).collect();
    let exact: Vec<f64> = chances.iter().map(|p| at_least(p, k)).collect();
    let holds = count_holds(view, &s, k);
    let carriers = (0..view.laws.len())
        .filter_map(|e| {
            let share = chances.iter().map(|p| p[e]).sum::<f64>() / n as f64;
            (share > 0.0005).then(|| {
                let without = chances
                    .iter()
                    .map(|p| {
                        let mut p = p.clone();
                        p[e] = 0.0;
                        at_least(&p, k)
                    })
                    .sum::<f64>()
                    / n as f64;
                Carrier { event: view.laws[e].id.clone(), share, without: Some(without) }
            })
        })
        .collect();
    outcome(holds, exact, carriers)
}

fn count_holds(view: &View<'_>, s: &Selected, k: usize) -> Vec<bool> {
    (0..view.worlds.n).map(|w| (0..view.laws.len()).filter(|e| view.counts(s, *e, w)).count() >= k).collect()
}

fn share(view: &View<'_>, select: Select, t: &model::Share) -> Outcome {
    let s = view.select(select);
    let n = view.worlds.n;
    let (mut holds, mut empty) = (Vec::with_capacity(n), 0);
    for w in 0..n {
        let all: Vec<usize> = (0..view.laws.len()).filter(|e| view.counts(&s, *e, w)).collect();
        let inside = all.iter().filter(|e| view.drawn_in(**e, &t.area, w)).count();
        if all.len() < t.min_events as usize {
            empty += 1;
        }
        holds.push(all.len() >= t.min_events as usize && inside as f64 >= t.at_least * all.len() as f64);
    }
    if empty * 2 > n {
        // The events are shown all the same: they are what there is.
        let carriers = outcome(holds, vec![], carriers_by_draw(view, &s)).carriers;
        let events = if t.min_events == 1 {
            "no event counts".to_owned()
        } else {
            format!("fewer than {} events count", t.min_events)
        };
        return Outcome { carriers, ..not_testable(view, format!("in {empty} of {n} worlds {events}")) };
    }
    let exact = as_numbers(&holds);
    outcome(holds, exact, carriers_by_draw(view, &s))
}

fn figure(view: &View<'_>, select: Select, t: &model::FigureTest) -> Outcome {
    let n = view.worlds.n;
    let s = view.select(select);
    let mut found = false;
    let mut sums = vec![0u64; n];
    let mut carriers = Vec::new();
    for (e, law) in view.laws.iter().enumerate() {
        if t.event.as_ref().is_some_and(|id| *id != law.id) {
            continue;
        }
        let Some(f) = view.worlds.events[e].figures.iter().find(|f| f.measure == t.measure && f.of == t.of) else {
            continue;
        };
        let mut share = 0;
        for (w, sum) in sums.iter_mut().enumerate() {
            if view.counts(&s, e, w) {
                *sum += u64::from(f.draws[w]);
                share += 1;
            }
        }
        found |= view.kind_fits(&s.select, law);
        carriers.push(Carrier { event: law.id.clone(), share: f64::from(share) / n as f64, without: None });
    }
    if !found {
        let of = view.case.actors.get(&t.of).map_or(t.of.as_str(), |a| a.name.as_str());
        return not_testable(
            view,
            format!("no report up to {} gives a number of {} of {of}", view.case.as_of(), t.measure.name()),
        );
    }
    let holds: Vec<bool> = sums.iter().map(|x| *x >= u64::from(t.at_least)).collect();
    let exact = as_numbers(&holds);
    outcome(holds, exact, carriers)
}

/// What a footprint came to.
pub struct Classes {
    /// Why not.
    pub reason: Option<String>,
    /// Chances of the five classes in each world.
    pub chances: Vec<[f64; 5]>,
    /// The class drawn in each world.
    pub drawn: Vec<FootprintClass>,
    /// Events that count in either window.
    pub carriers: Vec<Carrier>,
}

/// Counts in every world, then the classes' exact chances given the counts.
pub fn footprint_classes(view: &View<'_>, t: &model::Footprint) -> Classes {
    let as_of = view.case.as_of();
    let n = view.worlds.n;
    let none =
        |reason: String| Classes { reason: Some(reason), chances: Vec::new(), drawn: Vec::new(), carriers: Vec::new() };
    let (Some(reference), Some(current)) = (t.reference.days(as_of), t.window.days(as_of)) else {
        return none(format!("a window begins after {as_of}"));
    };
    if reference.to >= current.from {
        return none(format!(
            "the reference window ({}) must end before the current window ({})",
            t.reference, t.window
        ));
    }
    let select = Test::Footprint(t.clone()).select().unwrap_or_default();
    let s = view.select(select);
    let weeks = |span: DaySpan| f64::from(span.days()) / 7.0;
    let mut counts = Vec::with_capacity(n);
    let mut weekly = vec![0.0; libm::ceil(weeks(reference)) as usize];
    let mut shares = vec![0u32; view.laws.len()];
    for w in 0..n {
        let mut c = Counts { in0: 0, in1: 0, out0: 0, out1: 0 };
        for (e, share) in shares.iter_mut().enumerate() {
            if view.worlds.events[e].place.is_empty() || !view.counts(&s, e, w) {
                continue;
            }
            let day = Day(view.worlds.events[e].day[w]);
            let inside = view.drawn_in(e, &t.home, w);
            if reference.contains(day) {
                weekly[((day.0 - reference.from.0) / 7) as usize] += 1.0 / n as f64;
                if inside {
                    c.in0 += 1
                } else {
                    c.out0 += 1
                }
                *share += 1;
            } else if current.contains(day) {
                if inside {
                    c.in1 += 1
                } else {
                    c.out1 += 1
                }
                *share += 1;
            }
        }
        counts.push(c);
    }
    if shares.iter().all(|s| *s == 0) {
        let actor = view.case.actors.get(&t.actor).map_or(t.actor.as_str(), |a| a.name.as_str());
        return none(format!("no event that can be placed is attributed to {actor} in either window"));
    }
    // Dispersion from the expected weekly counts, so that it is one number for the case (`methods.md` 1.2).
    let phi = dispersion(&weekly);
    let mut model = FootprintModel::new(weeks(reference), weeks(current), t.dormant_below, phi, 1024);
    let name = entity(&format!("footprint:{}/{}/{}", t.actor, t.home, t.window));
    let chances: Vec<[f64; 5]> = counts.iter().map(|c| model.classes(*c)).collect();
    let drawn = chances
        .iter()
        .enumerate()
        .map(|(w, p)| FootprintClass::ALL[stats::pick(p, uniform(view.case.seed, w as u32, name, attribute::CLASS))])
        .collect();
    let carriers: Vec<Carrier> = shares
        .iter()
        .zip(view.laws)
        .map(|(s, l)| Carrier { event: l.id.clone(), share: f64::from(*s) / n as f64, without: None })
        .collect();
    let carriers = ranked(carriers, 0.0);
    Classes { reason: None, chances, drawn, carriers }
}

/// Days of presence of the selection in one world, rising.
pub fn presence(view: &View<'_>, s: &Selected, world: usize) -> Vec<i32> {
    let mut days: Vec<i32> =
        (0..view.laws.len()).filter(|e| view.counts(s, *e, world)).map(|e| view.worlds.events[e].day[world]).collect();
    days.sort_unstable();
    days
}

fn tenure(view: &View<'_>, select: Select, t: &model::Tenure) -> Outcome {
    let s = view.select(select);
    let holds: Vec<bool> = (0..view.worlds.n)
        .map(|w| {
            let found = episodes(&presence(view, &s, w), t.gap_days as i32, view.case.as_of().0);
            found.iter().any(|(a, b, _)| b - a + 1 >= t.at_least_days as i32)
        })
        .collect();
    let carriers = carriers_by_draw(view, &s);
    if carriers.iter().all(|c| c.share <= 0.0005) {
        let name = view.case.areas.get(&t.area).map_or(t.area.as_str(), |a: &Area| a.name.as_str());
        return not_testable(view, format!("no event places the actor in {name}"));
    }
    let exact = as_numbers(&holds);
    outcome(holds, exact, carriers)
}

fn attribution(view: &View<'_>, select: Select, event: &str) -> Outcome {
    let Some(e) = view.laws.iter().position(|l| l.id == event) else {
        return not_testable(view, format!("no report up to {} speaks of `{event}`", view.case.as_of()));
    };
    let s = view.select(select);
    let n = view.worlds.n;
    let exact: Vec<f64> = (0..n).map(|w| view.chance(&s, e, w)).collect();
    let holds = (0..n).map(|w| view.counts(&s, e, w)).collect();
    let share = exact.iter().sum::<f64>() / n as f64;
    outcome(holds, exact, vec![Carrier { event: event.to_owned(), share, without: Some(0.0) }])
}

fn composite(view: &View<'_>, test: &Test, parts: &BTreeMap<String, Outcome>) -> Outcome {
    let mut outcomes = Vec::new();
    for id in test.parts() {
        match parts.get(id) {
            Some(o) => {
                if let Some(reason) = &o.reason {
                    return not_testable(view, format!("`{id}` cannot be tested: {reason}"));
                }
                outcomes.push(o);
            }
            None => return not_testable(view, format!("`{id}` is not in the case")),
        }
    }
    let holds: Vec<bool> = (0..view.worlds.n)
        .map(|w| match test {
            Test::All(_) => outcomes.iter().all(|o| o.holds[w]),
            Test::Any(_) => outcomes.iter().any(|o| o.holds[w]),
            _ => outcomes.iter().all(|o| !o.holds[w]),
        })
        .collect();
    let mut carriers: BTreeMap<&str, f64> = BTreeMap::new();
    for c in outcomes.iter().flat_map(|o| &o.carriers) {
        let share = carriers.entry(c.event.as_str()).or_default();
        *share = share.max(c.share);
    }
    let carriers =
        carriers.into_iter().map(|(e, share)| Carrier { event: e.to_owned(), share, without: None }).collect();
    let exact = as_numbers(&holds);
    outcome(holds, exact, carriers)
}

/// Whether an area has an inside that can be tested against (a point has only its disc).
pub fn is_polygon(area: &Area) -> bool {
    matches!(area.geometry, Geometry::Polygons(_))
}
