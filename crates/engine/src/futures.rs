//! Looking ahead: every world continues along a path of events of its own, and every indicator is tested on it as on the present.
//!
//! In each world the months up to the as-of day are counted by perpetrator, and one of the future paths that `stats` forecasts
//! for such a past is taken. Each event on it is one of the perpetrator's own earlier events in that world come again on
//! another day: its kind, place and figures, the recent ones rather than the old ones. So whoever is blamed, where and how often is as
//! unsure ahead as it is now, and the code that tests the present tests the future (`worlds.md`, "Forecasts").

use std::collections::BTreeMap;

use model::{Case, Day};
use rayon::prelude::*;
use serde::Serialize;
use stats::{Forecaster, Panel, entity, mean_se, uniform};

use crate::build::{Run, order};
use crate::stage::reconcile::EventLaw;
use crate::stage::test::{self, Outcome, View};
use crate::stage::worlds::{EventWorlds, Worlds};

/// Days of a month ahead.
pub const MONTH: i32 = 30;
/// Months that are looked back on, at most.
const PAST: i32 = 120;
/// An earlier event counts half as much as one so many months later.
const HALF_LIFE: f64 = 8.0;
/// Events of one perpetrator in one month, and of one kind coming again in one world: more change no answer.
const MOST: u32 = 100;

/// What a draw is for; beside the attributes of the worlds.
const PATH: u32 = 1 << 20;
const AGAIN: u32 = 1 << 21;

/// One indicator by the end of one month ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ahead {
    /// Last day looked at.
    pub by: Day,
    /// Chance that it holds on the last day of some month up to this one.
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
}

/// One indicator ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Future {
    /// Indicator.
    pub id: String,
    /// What is so when it trips.
    pub title: String,
    /// Probability today.
    pub now: Option<f64>,
    /// Month after month.
    pub ahead: Vec<Ahead>,
    /// Why it cannot be tested ahead.
    pub reason: Option<String>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Futures {
    /// Day from which it is seen.
    pub as_of: Day,
    /// Months of the past that the paths continue.
    pub past: usize,
    /// Number of worlds.
    pub worlds: usize,
    /// Events a month: the last twelve in the mean, and expected in each month ahead with the 10 % and 90 % quantiles.
    pub events: (f64, Vec<(f64, u32, u32)>),
    /// Indicators, by id.
    pub indicators: Vec<Future>,
}

/// Continues every world by `months`, and tests every indicator at the end of each. `None` when nothing has happened yet.
pub fn futures(case: &Case, run: &Run, months: usize) -> Option<Futures> {
    let as_of = case.as_of();
    let paths = Continued::new(case, &run.laws, &run.worlds, months)?;
    let mut tripped: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    let mut rows: BTreeMap<String, Future> = case
        .indicators
        .iter()
        .map(|(id, i)| {
            let now = run.outcomes.get(id).and_then(|o| o.probability);
            let row = Future { id: id.clone(), title: i.title.clone(), now, ahead: Vec::new(), reason: None };
            (id.clone(), row)
        })
        .collect();
    for month in 1..=months {
        let by = Day(as_of.0 + MONTH * month as i32);
        for (id, o) in tested_on(case, &paths.laws, &paths.until(&run.worlds, by), by) {
            if let Some(row) = rows.get_mut(&id) {
                match &o.reason {
                    Some(reason) => row.reason = Some(reason.clone()),
                    None => {
                        let held = tripped.entry(id.clone()).or_insert_with(|| vec![false; run.worlds.n]);
                        for (held, now) in held.iter_mut().zip(&o.holds) {
                            *held |= now;
                        }
                        let shares: Vec<f64> = held.iter().map(|h| f64::from(u8::from(*h))).collect();
                        let (probability, error) = mean_se(&shares);
                        row.ahead.push(Ahead { by, probability, error });
                    }
                }
            }
        }
    }
    // What could be tested in some months only cannot be told month by month.
    for row in rows.values_mut() {
        if row.ahead.len() < months {
            row.ahead.clear();
        } else {
            row.reason = None;
        }
    }
    Some(Futures {
        as_of,
        past: paths.past,
        worlds: run.worlds.n,
        events: paths.events,
        indicators: rows.into_values().collect(),
    })
}

/// Every indicator by joint draws, as of a day of these worlds.
pub(crate) fn tested_on(case: &Case, laws: &[EventLaw], worlds: &Worlds, day: Day) -> BTreeMap<String, Outcome> {
    let then = Case { as_of: Some(day), ..case.clone() };
    let view = View { case: &then, laws, worlds };
    let mut outcomes = BTreeMap::new();
    for id in order(case) {
        let o = test::drawn(&view, &case.indicators[&id], &outcomes);
        outcomes.insert(id, o);
    }
    outcomes
}

/// What comes after a day has not happened.
pub(crate) fn cut(events: &mut [EventWorlds], by: Day) {
    for e in events {
        for (w, _) in e.day.iter().enumerate().filter(|(_, day)| **day > by.0) {
            e.happened[w] = false;
            e.chance[w] = 0.0;
        }
    }
}

/// One event to come in one world: which earlier event comes again, and when.
struct Coming {
    of: usize,
    day: i32,
}

/// The laws of what has happened and of what may, and the latter in every world.
struct Continued {
    laws: Vec<EventLaw>,
    coming: Vec<EventWorlds>,
    past: usize,
    events: (f64, Vec<(f64, u32, u32)>),
}

impl Continued {
    fn new(case: &Case, laws: &[EventLaw], worlds: &Worlds, months: usize) -> Option<Self> {
        let as_of = case.as_of();
        // Months count back from the as-of day. Before the first event nobody may have been looking.
        let happened =
            |w: usize| worlds.events.iter().enumerate().filter(move |(_, e)| e.happened[w] && e.day[w] <= as_of.0);
        let first = (0..worlds.n).flat_map(|w| happened(w).map(move |(_, e)| e.day[w])).min()?;
        let past = ((as_of.0 - first) / MONTH + 1).clamp(1, PAST) as usize;
        let ago = |day: i32| ((as_of.0 - day) / MONTH) as usize;
        let drawn: Vec<(Vec<Coming>, f64, Vec<u32>)> = (0..worlds.n)
            .into_par_iter()
            .map(|w| {
                // By perpetrator: what he did, and how long ago.
                let mut by: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
                for (e, event) in happened(w).filter(|(_, e)| ago(e.day[w]) < past) {
                    let who = laws[e].candidates.get(usize::from(event.who[w])).map_or("", String::as_str);
                    by.entry(who).or_default().push((e, ago(event.day[w])));
                }
                let mut counts = vec![0; by.len() * past];
                for (unit, events) in by.values().enumerate() {
                    for (_, ago) in events {
                        counts[unit * past + past - 1 - ago] += 1;
                    }
                }
                let year: u32 = counts.chunks(past).map(|c| c[past.saturating_sub(12)..].iter().sum::<u32>()).sum();
                let (mut coming, mut totals) = (Vec::new(), vec![0; months]);
                if by.is_empty() {
                    return (coming, 0.0, totals);
                }
                let panel = Panel::new(past, counts);
                let forecaster = Forecaster::new(&panel, 0, months);
                for (unit, (who, events)) in by.iter().enumerate() {
                    let name = entity(&format!("future:{who}"));
                    let u = |a: u32| uniform(case.seed, w as u32, name, a);
                    let paths = forecaster.paths(unit);
                    let n = paths.each().len();
                    let Some(path) = paths.each().nth(((u(PATH) * n as f64) as usize).min(n - 1)) else { continue };
                    // Which of his events come again: the recent ones rather than the old ones.
                    let weights: Vec<f64> =
                        events.iter().map(|(_, ago)| libm::exp2(-(*ago as f64) / HALF_LIFE)).collect();
                    let law = stats::Inverse::new(&weights);
                    let mut k = 0;
                    for (month, count) in path.iter().enumerate() {
                        totals[month] += count;
                        for _ in 0..(*count).min(MOST) {
                            let of = events[law.pick(u(AGAIN + 2 * k))].0;
                            let day =
                                as_of.0 + 1 + MONTH * month as i32 + (u(AGAIN + 2 * k + 1) * f64::from(MONTH)) as i32;
                            coming.push(Coming { of, day });
                            k += 1;
                        }
                    }
                }
                (coming, f64::from(year) / past.min(12) as f64, totals)
            })
            .collect();
        let events = (
            drawn.iter().map(|d| d.1).sum::<f64>() / worlds.n as f64,
            (0..months)
                .map(|m| {
                    let mut all: Vec<u32> = drawn.iter().map(|d| d.2[m]).collect();
                    all.sort_unstable();
                    let mean = all.iter().map(|x| f64::from(*x)).sum::<f64>() / all.len() as f64;
                    (mean, stats::quantile(&all, 0.1), stats::quantile(&all, 0.9))
                })
                .collect(),
        );
        let (laws, coming) = slots(case, laws, worlds, &drawn.into_iter().map(|d| d.0).collect::<Vec<_>>());
        Some(Self { laws, coming, past, events })
    }

    /// The worlds as they stand at the end of a day: what comes later has not happened.
    fn until(&self, worlds: &Worlds, by: Day) -> Worlds {
        let mut worlds = worlds.clone();
        let known = worlds.events.len();
        worlds.events.extend_from_slice(&self.coming);
        cut(&mut worlds.events[known..], by);
        worlds
    }
}

/// For each earlier event as many laws more as it comes again in any one world; in each world the first few of them happen.
fn slots(case: &Case, laws: &[EventLaw], worlds: &Worlds, coming: &[Vec<Coming>]) -> (Vec<EventLaw>, Vec<EventWorlds>) {
    let n = worlds.n;
    let mut all = laws.to_vec();
    let mut slots: Vec<EventWorlds> = Vec::new();
    for (e, (law, event)) in laws.iter().zip(&worlds.events).enumerate() {
        let days: Vec<Vec<i32>> = coming
            .iter()
            .map(|c| c.iter().filter(|x| x.of == e).map(|x| x.day).take(MOST as usize).collect())
            .collect();
        let again = days.iter().map(Vec::len).max().unwrap_or(0);
        for k in 0..again {
            let id = format!("{}:again:{k}", law.id);
            let name = entity(&id);
            let place = match &law.place {
                Some(p) if !event.place.is_empty() => {
                    let inverse = stats::Inverse::new(&p.weights);
                    (0..n).map(|w| inverse.pick(uniform(case.seed, w as u32, name, PATH)) as u16).collect()
                }
                _ => Vec::new(),
            };
            let candidates = law.base.len();
            let mut who_chance = vec![0.0; n * candidates];
            for w in 0..n {
                who_chance[w * candidates + usize::from(event.who[w])] = 1.0;
            }
            let happened: Vec<bool> = days.iter().map(|d| d.len() > k).collect();
            slots.push(EventWorlds {
                chance: happened.iter().map(|h| f64::from(u8::from(*h))).collect(),
                happened,
                who_chance,
                who: event.who.clone(),
                place,
                day: days.iter().map(|d| d.get(k).copied().unwrap_or(i32::MAX / 2)).collect(),
                figures: event.figures.clone(),
            });
            all.push(EventLaw { id, covers: Vec::new(), ..law.clone() });
        }
    }
    (all, slots)
}
