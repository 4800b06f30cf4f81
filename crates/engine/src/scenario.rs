//! Runs the tests of a case: golden fixtures (certain events, one indicator) and scenarios (the case, changed).

use std::collections::BTreeMap;

use model::{Case, Day, Expectation, GivenEvent, Measure, Problem, Scenario, ScenarioKind, Span, Test};

use crate::build::{Options, Run, assess, order};
use crate::stage::reconcile::{DayLaw, EventLaw, PlaceLaw};
use crate::stage::test::{self, View, footprint_classes};
use crate::stage::worlds::{EventWorlds, FigureWorlds, LinkWorlds, Worlds};

/// How one test of the case came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Test id.
    pub id: String,
    /// Where it is defined.
    pub span: Span,
    /// What failed; empty when it passed.
    pub failures: Vec<String>,
}

impl Verdict {
    /// A test that failed, as a problem of the case.
    pub fn problem(&self) -> Option<Problem> {
        let failed = || Problem::error("failed-test", self.span.clone(), format!("test `{}` failed", self.id));
        (!self.failures.is_empty()).then(|| failed().label(self.failures.join("; ")))
    }
}

/// Runs every test of the case.
///
/// # Errors
/// Problems that only show when the evidence is weighed.
pub fn verdicts(case: &Case, options: Options) -> Result<Vec<Verdict>, Vec<Problem>> {
    let mut base: Option<Run> = None;
    let mut out = Vec::new();
    for s in &case.scenarios {
        let failures = match &s.kind {
            ScenarioKind::Golden { indicator, given, expect } => golden(case, indicator, given, expect),
            ScenarioKind::Changed { .. } => {
                if base.is_none() {
                    base = Some(assess(case, options)?);
                }
                match &base {
                    Some(base) => changed(case, s, base, options)?,
                    None => Vec::new(),
                }
            }
        };
        out.push(Verdict { id: s.id.clone(), span: s.span.clone(), failures });
    }
    Ok(out)
}

/// One certain world made of the given events.
fn golden(case: &Case, indicator: &str, given: &[GivenEvent], expect: &Expectation) -> Vec<String> {
    let mut laws = Vec::new();
    let mut events = Vec::new();
    for (n, g) in given.iter().enumerate() {
        for k in 0..g.times {
            let (law, event) = certain(case, g, n, k);
            laws.push(law);
            events.push(event);
        }
    }
    // Every declared link is taken as real.
    let links = case
        .actors
        .iter()
        .flat_map(|(id, a)| {
            a.link.iter().enumerate().map(move |(index, l)| LinkWorlds {
                actor: id.clone(),
                kind: l.kind,
                to: l.to.clone(),
                index,
                valid: vec![Some(model::DaySpan {
                    from: l.from.as_ref().map_or(Day(-4_000_000), |d| d.possible.from),
                    to: l.until.as_ref().map_or(Day(4_000_000), |d| d.possible.to),
                })],
            })
        })
        .collect();
    let worlds = Worlds { n: 1, events, links, ..Worlds::default() };
    let view = View { case, laws: &laws, worlds: &worlds };
    let mut outcomes = BTreeMap::new();
    let Some(wanted) = case.indicators.get(indicator) else {
        return vec![format!("indicator `{indicator}` is not there")];
    };
    if let (Expectation::Class(class), Test::Footprint(t)) = (expect, &wanted.test) {
        let classes = footprint_classes(&view, t);
        let Some(p) = classes.chances.first() else {
            return vec![format!("expected {class}, but it cannot be tested: {}", classes.reason.unwrap_or_default())];
        };
        let (best, _) = p.iter().enumerate().fold((0, -1.0), |m, (i, x)| if *x > m.1 { (i, *x) } else { m });
        let got = model::FootprintClass::ALL[best];
        return if got == *class {
            vec![]
        } else {
            vec![format!("expected {class}, got {got} ({:.0} %)", p[best] * 100.0)]
        };
    }
    for id in order(case) {
        let o = test::run(&view, &case.indicators[&id], &outcomes);
        outcomes.insert(id, o);
    }
    let Some(o) = outcomes.get(indicator) else { return vec!["the indicator could not be evaluated".into()] };
    let fires = o.probability.map(|p| p >= 0.5);
    match (expect, fires) {
        (Expectation::Fires(want), Some(got)) if *want == got => vec![],
        (Expectation::Fires(want), Some(got)) => vec![format!("expected fires = {want}, got fires = {got}")],
        (Expectation::Fires(want), None) => {
            vec![format!("expected fires = {want}, but it cannot be tested: {}", o.reason.clone().unwrap_or_default())]
        }
        (Expectation::NotTestable, None) => vec![],
        (Expectation::NotTestable, Some(got)) => vec![format!("expected not to be testable, got fires = {got}")],
        (Expectation::Class(_), _) => vec![format!("`{indicator}` is no footprint and has no class")],
    }
}

fn certain(case: &Case, g: &GivenEvent, n: usize, k: u32) -> (EventLaw, EventWorlds) {
    let day = g.on.0 + k as i32;
    let point = g.area.as_ref().and_then(|a| case.areas.get(a)).map(|a| a.geometry.sample(1));
    let place = point.filter(|p| !p.is_empty()).map(|points| PlaceLaw {
        weights: vec![1.0],
        inside: case.areas.iter().map(|(id, a)| (id.clone(), vec![a.geometry.contains(points[0])])).collect(),
        points,
    });
    let candidates: Vec<String> = g.actor.iter().cloned().collect();
    let known = !candidates.is_empty();
    let figures = match (&g.of, g.number) {
        (Some(of), Some(number)) => {
            vec![FigureWorlds { measure: g.measure.unwrap_or(Measure::Killed), of: of.clone(), draws: vec![number] }]
        }
        _ => vec![],
    };
    let law = EventLaw {
        id: g.id.clone().unwrap_or_else(|| format!("given-{n}-{k}")),
        kind: g.kind,
        sub_type: g.sub_type.clone(),
        complexity: g.complexity,
        covers: Vec::new(),
        targets: vec![],
        base: if known { vec![1.0, 0.0] } else { vec![1.0] },
        candidates,
        accusations: vec![],
        place,
        days: DayLaw { first: day, weights: vec![1.0] },
        figures: vec![],
        claims: vec![],
    };
    let event = EventWorlds {
        chance: vec![1.0],
        happened: vec![true],
        who_chance: law.base.clone(),
        who: vec![0],
        place: if law.place.is_some() { vec![0] } else { vec![] },
        day: vec![day],
        figures,
    };
    (law, event)
}

fn changed(case: &Case, s: &Scenario, base: &Run, options: Options) -> Result<Vec<String>, Vec<Problem>> {
    let ScenarioKind::Changed { change, as_of, expect } = &s.kind else { return Ok(vec![]) };
    let mut other = case.changed(change);
    if let Some(day) = as_of {
        other = other.seen_on(*day);
    }
    let run = assess(&other, options)?;
    let (was, is) = (base.probabilities(), run.probabilities());
    let mut failures = Vec::new();
    for e in expect {
        let (old, new) = (was.get(&e.id).copied().flatten(), is.get(&e.id).copied().flatten());
        let show = |p: Option<f64>| p.map_or("none".to_owned(), |p| format!("{p:.3}"));
        let mut fail =
            |what: String| failures.push(format!("{}: expected {what}, got {} (was {})", e.id, show(new), show(old)));
        if let Some(low) = e.at_least
            && new.is_none_or(|p| p < low)
        {
            fail(format!("at least {low}"));
        }
        if let Some(high) = e.at_most
            && new.is_some_and(|p| p > high)
        {
            fail(format!("at most {high}"));
        }
        if e.rises == Some(true) && !matches!((old, new), (Some(a), Some(b)) if b > a) {
            fail("a rise".into());
        }
        if e.falls == Some(true) && !matches!((old.unwrap_or(0.0), new.unwrap_or(0.0)), (a, b) if b < a) {
            fail("a fall".into());
        }
        if let Some(state) = &e.state {
            let got = run.assessment.indicators.iter().find(|r| r.id == e.id).map(|r| r.state.name());
            if got != Some(state.as_str()) {
                failures.push(format!("{}: expected state {state}, got {}", e.id, got.unwrap_or("none")));
            }
        }
        if let Some(outcome) = &e.outcome {
            let got = run.assessment.judgments.iter().find(|r| r.id == e.id).map(|r| r.outcome.as_str());
            if got != Some(outcome.as_str()) {
                failures.push(format!("{}: expected outcome {outcome}, got {}", e.id, got.unwrap_or("none")));
            }
        }
    }
    Ok(failures)
}
