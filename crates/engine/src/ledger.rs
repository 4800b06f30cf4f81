//! The forecast ledger: what was forecast, when, and how it came out. Lines are added and never changed; what has not come out yet is
//! counted as such, and not as wrong or right.

use std::collections::BTreeMap;

use model::{Case, Day, Id};
use serde::{Deserialize, Serialize};
use stats::{Brier, brier};

use crate::build::Run;
use crate::futures::{Futures, MONTH, cut, tested_on};
use crate::journal::hash;
use crate::stage::coverage::covered;
use crate::stage::test::Outcome;

/// One forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Indicator, day it was made, last day it speaks of.
    pub forecast: String,
    /// As-of day of the case then.
    pub made: Day,
    /// Indicator.
    pub indicator: Id,
    /// Content of its definition then: another definition is another question.
    pub definition: String,
    /// It holds at the end of some month (of 30 days) up to this day.
    pub by: Day,
    /// Chance given to that.
    pub probability: f64,
}

/// How one came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// The forecast.
    pub resolves: String,
    /// As-of day of the case when it was settled.
    pub on: Day,
    /// Whether it came true.
    pub happened: bool,
    /// The last day of the month on which it first held, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_held: Option<Day>,
    /// How likely what is known now makes it that it did.
    pub probability: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Entry(Entry),
    Resolution(Resolution),
}

/// All lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// Forecasts, in the order in which they were made.
    pub entries: Vec<Entry>,
    /// What came of them.
    pub resolutions: BTreeMap<String, Resolution>,
}

/// What a ledger has earned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Forecasts that came out.
    pub resolved: usize,
    /// Whose last day has not come.
    pub open: usize,
    /// Whose last day has come, and that cannot be told: by id, and why.
    pub unresolved: Vec<(String, String)>,
    /// Brier score with its parts; none without resolved ones.
    pub brier: Option<[f64; 4]>,
    /// The score of always giving the share that came true.
    pub base_rate: Option<f64>,
    /// By tenths of chance: cases, mean chance, share that came true.
    pub bins: Vec<(usize, f64, f64)>,
    /// Forecasts of .5 or more, and how many of them did not come true.
    pub alarms: (usize, usize),
    /// Things that came true with no alarm before.
    pub missed: usize,
    /// Mean days from an indicator's first alarm to the month in which it first held.
    pub lead_days: Option<f64>,
    /// The same by indicator.
    pub indicators: Vec<ByIndicator>,
}

/// What one indicator's forecasts have earned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByIndicator {
    /// Indicator.
    pub id: Id,
    /// Forecasts that came out.
    pub resolved: usize,
    /// Forecasts of .5 or more, and how many of them did not come true.
    pub alarms: (usize, usize),
    /// Days from first alarm to the month in which it first held; of several times, the mean.
    pub lead_days: Option<f64>,
    /// Brier score.
    pub brier: f64,
}

impl Ledger {
    /// Reads the lines of a file.
    ///
    /// # Errors
    /// Number and reason of every line that is neither a forecast nor a resolution, or that resolves what nobody forecast.
    pub fn parse(text: &str) -> Result<Self, Vec<(usize, String)>> {
        let (mut ledger, mut wrong) = (Self::default(), Vec::new());
        for (n, line) in text.lines().enumerate().filter(|l| !l.1.trim().is_empty()) {
            match serde_json::from_str::<Line>(line) {
                Ok(Line::Entry(e)) if !(0.0..=1.0).contains(&e.probability) => {
                    wrong.push((n + 1, format!("{} is no probability", e.probability)));
                }
                Ok(Line::Entry(e)) => ledger.entries.push(e),
                Ok(Line::Resolution(r)) if ledger.entries.iter().all(|e| e.forecast != r.resolves) => {
                    wrong.push((n + 1, format!("nobody has forecast `{}` before this line", r.resolves)));
                }
                Ok(Line::Resolution(r)) => {
                    ledger.resolutions.insert(r.resolves.clone(), r);
                }
                Err(_) => wrong.push((
                    n + 1,
                    "neither a forecast (forecast, made, indicator, definition, by, probability) nor a resolution \
                     (resolves, on, happened, probability)"
                        .into(),
                )),
            }
        }
        if wrong.is_empty() { Ok(ledger) } else { Err(wrong) }
    }

    /// Enters what is forecast now, once: what was said of the same month on the same day stands. Gives the new lines.
    pub fn enter(&mut self, case: &Case, futures: &Futures) -> Vec<String> {
        let mut lines = Vec::new();
        for f in &futures.indicators {
            let Some(indicator) = case.indicators.get(&f.id) else { continue };
            for a in &f.ahead {
                let entry = Entry {
                    forecast: format!("{}@{}/{}", f.id, futures.as_of, a.by),
                    made: futures.as_of,
                    indicator: f.id.clone(),
                    definition: hash(&indicator.test)[..16].to_owned(),
                    by: a.by,
                    probability: (a.probability * 1e4).round() / 1e4,
                };
                if self.entries.iter().all(|e| e.forecast != entry.forecast) {
                    lines.push(line(&Line::Entry(entry.clone())));
                    self.entries.push(entry);
                }
            }
        }
        lines
    }

    /// Settles what can be told now: each forecast whose last day has passed, by the worlds of today. Gives the new lines.
    pub fn resolve(&mut self, known: &mut Hindsight<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for e in self.due(known.case) {
            if let Ok(r) = settle(known, &e) {
                lines.push(line(&Line::Resolution(r.clone())));
                self.resolutions.insert(e.forecast, r);
            }
        }
        lines
    }

    /// Forecasts whose last day has passed, and that are not settled.
    fn due(&self, case: &Case) -> Vec<Entry> {
        let due = |e: &&Entry| e.by <= case.as_of() && !self.resolutions.contains_key(&e.forecast);
        self.entries.iter().filter(due).cloned().collect()
    }

    /// What they have earned.
    pub fn score(&self, known: &mut Hindsight<'_>) -> Scored {
        let case = known.case;
        let settled: Vec<(&Entry, &Resolution)> =
            self.entries.iter().filter_map(|e| Some((e, self.resolutions.get(&e.forecast)?))).collect();
        let said: Vec<(f64, bool)> = settled.iter().map(|(e, r)| (e.probability, r.happened)).collect();
        let parts: Option<Brier> = brier(&said);
        let unresolved =
            self.due(case).into_iter().filter_map(|e| Some((e.forecast.clone(), settle(known, &e).err()?))).collect();
        let alarm = |e: &Entry| e.probability >= 0.5;
        // Things that happened: an indicator that first held in a month.
        let mut happened: BTreeMap<(&str, Day), Option<Day>> = BTreeMap::new();
        for (e, r) in &settled {
            if let Some(held) = r.first_held.filter(|h| r.happened && e.made < *h) {
                let first = happened.entry((&e.indicator, held)).or_default();
                if alarm(e) {
                    *first = Some(first.map_or(e.made, |f| f.min(e.made)));
                }
            }
        }
        let leads: Vec<(&str, f64)> =
            happened.iter().filter_map(|((id, held), first)| Some((*id, f64::from(held.0 - (*first)?.0)))).collect();
        let mean = |days: &[f64]| (!days.is_empty()).then(|| days.iter().sum::<f64>() / days.len() as f64);
        let mut ids: Vec<&str> = settled.iter().map(|(e, _)| e.indicator.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let indicators = ids
            .into_iter()
            .map(|id| {
                let own: Vec<&(&Entry, &Resolution)> = settled.iter().filter(|(e, _)| e.indicator == id).collect();
                let said: Vec<(f64, bool)> = own.iter().map(|(e, r)| (e.probability, r.happened)).collect();
                ByIndicator {
                    id: id.to_owned(),
                    resolved: own.len(),
                    alarms: (
                        own.iter().filter(|(e, _)| alarm(e)).count(),
                        own.iter().filter(|(e, r)| alarm(e) && !r.happened).count(),
                    ),
                    lead_days: mean(&leads.iter().filter(|l| l.0 == id).map(|l| l.1).collect::<Vec<_>>()),
                    brier: brier(&said).map_or(f64::NAN, |b| b.score),
                }
            })
            .collect();
        Scored {
            resolved: settled.len(),
            open: self.entries.iter().filter(|e| e.by > case.as_of()).count(),
            unresolved,
            brier: parts.as_ref().map(|b| [b.score, b.reliability, b.resolution, b.uncertainty]),
            base_rate: parts.as_ref().map(|b| b.uncertainty),
            bins: parts.map_or_else(Vec::new, |b| b.bins),
            alarms: (
                settled.iter().filter(|(e, _)| alarm(e)).count(),
                settled.iter().filter(|(e, r)| alarm(e) && !r.happened).count(),
            ),
            missed: happened.values().filter(|first| first.is_none()).count(),
            lead_days: mean(&leads.iter().map(|l| l.1).collect::<Vec<_>>()),
            indicators,
        }
    }
}

fn line(line: &Line) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// What is known now of earlier days: each is tested once, however many forecasts speak of it.
#[derive(Debug)]
pub struct Hindsight<'a> {
    case: &'a Case,
    run: &'a Run,
    days: BTreeMap<Day, BTreeMap<String, Outcome>>,
}

impl<'a> Hindsight<'a> {
    /// By the worlds of today.
    pub fn new(case: &'a Case, run: &'a Run) -> Self {
        Self { case, run, days: BTreeMap::new() }
    }

    fn on(&mut self, day: Day) -> &BTreeMap<String, Outcome> {
        let (case, run) = (self.case, self.run);
        self.days.entry(day).or_insert_with(|| {
            let mut worlds = run.worlds.clone();
            cut(&mut worlds.events, day);
            tested_on(case, &run.laws, &worlds, day)
        })
    }
}

/// Whether it came true, tested on the same days as when it was forecast.
fn settle(known: &mut Hindsight<'_>, e: &Entry) -> Result<Resolution, String> {
    let case = known.case;
    let indicator = case.indicators.get(&e.indicator).ok_or("the indicator is no more in the case")?;
    if hash(&indicator.test)[..16] != e.definition {
        return Err("its definition has changed since".into());
    }
    let mut held = vec![None; known.run.worlds.n];
    for day in (1..).map(|k| Day(e.made.0 + MONTH * k)).take_while(|day| *day <= e.by) {
        let o = &known.on(day)[&e.indicator];
        if let Some(reason) = &o.reason {
            return Err(reason.clone());
        }
        for (held, now) in held.iter_mut().zip(&o.holds) {
            if held.is_none() && *now {
                *held = Some(day);
            }
        }
    }
    let days: Vec<Day> = held.iter().flatten().copied().collect();
    let probability = days.len() as f64 / held.len() as f64;
    let happened = match probability {
        p if p >= 0.95 => true,
        p if p <= 0.05 => match covered(case, indicator) {
            Ok(_) => false,
            Err(nobody) => return Err(format!("nothing shows that it did, and {nobody}")),
        },
        p => return Err(format!("what is known now leaves it open ({:.0} %)", 100.0 * p)),
    };
    // The day most worlds agree on.
    let mut counts: BTreeMap<Day, usize> = BTreeMap::new();
    for d in days {
        *counts.entry(d).or_default() += 1;
    }
    let first_held = counts.into_iter().max_by_key(|(day, n)| (*n, std::cmp::Reverse(*day))).map(|c| c.0);
    Ok(Resolution {
        resolves: e.forecast.clone(),
        on: case.as_of(),
        happened,
        first_held: first_held.filter(|_| happened),
        probability: (probability * 1e4).round() / 1e4,
    })
}
