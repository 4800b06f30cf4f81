//! Months ahead from an event data file: counts or deaths by actor, country or first-order division, and how such forecasts
//! would have done before.

use std::collections::BTreeMap;

use formats::Extent as Exactness;
use model::{Day, LonLat, distance_m};
use rayon::prelude::*;
use serde::Serialize;
use stats::{
    Baseline, Brier, Forecaster, Panel, Paths, Stream, brier, crps, entity, hierarchical, ignorance, interval_score,
    log_score, quantile, self_exciting, skill,
};

use crate::spread::Event;

/// What a forecast is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Either side of an event.
    Actor,
    /// Country.
    Country,
    /// First-order division.
    Adm1,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountOf {
    /// Events.
    Events,
    /// Deaths, by the best estimate.
    Deaths,
}

/// Monthly counts by unit.
#[derive(Debug, Clone)]
pub struct Units {
    /// Names, in order.
    pub names: Vec<String>,
    /// Months since the year 0 of the first month.
    pub first: i32,
    /// Counts.
    pub panel: Panel,
    /// The four nearest units of each.
    pub near: Vec<Vec<usize>>,
}

/// The first day of a month.
fn begins(month: i32) -> Day {
    Day::new((month.div_euclid(12)) as i16, (month.rem_euclid(12) + 1) as i8, 1).unwrap_or(Day(0))
}

/// `2010-09`.
pub fn month_name(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// Counts by month up to the last whole one.
///
/// # Errors
/// When the file holds less than two whole years.
pub fn units(events: &[Event], by: By, counted: CountOf) -> Result<Units, String> {
    let first = events.iter().map(|e| e.first).min().ok_or("the file has no events")?;
    let last = events.iter().map(|e| e.last).max().ok_or("the file has no events")?;
    let first = Day(first).month_number();
    // A month whose last days are missing is not over.
    let end = Day(last).month_number();
    let end = if begins(end + 1).0 - last <= 3 { end + 1 } else { end };
    let months = (end - first).max(0) as usize;
    if months < 24 {
        return Err(format!("{months} whole months are too few: two years are needed"));
    }
    let mut counts: BTreeMap<&str, (Vec<u32>, (f64, f64, f64))> = BTreeMap::new();
    for e in events {
        let month = Day(e.first).month_number() - first;
        if month < 0 || month as usize >= months {
            continue;
        }
        let n = match counted {
            CountOf::Events => 1,
            CountOf::Deaths => e.deaths.map_or(0, |d| d.best),
        };
        let p = e.point().unwrap_or(LonLat { lon: 0.0, lat: 0.0 });
        let placed = e.extent <= Exactness::Adm1;
        let names: [&str; 2] = match by {
            By::Actor if e.actor1 == e.actor2 => [&e.actor1, ""],
            By::Actor => [&e.actor1, &e.actor2],
            By::Country => [&e.country, ""],
            By::Adm1 if placed => [&e.adm1, ""],
            By::Adm1 => [""; 2],
        };
        for name in names.into_iter().filter(|n| !n.is_empty()) {
            let unit = counts.entry(name).or_insert_with(|| (vec![0; months], (0.0, 0.0, 0.0)));
            unit.0[month as usize] += n;
            unit.1 = (unit.1.0 + p.lat, unit.1.1 + p.lon, unit.1.2 + 1.0);
        }
    }
    let centres: Vec<LonLat> =
        counts.values().map(|(_, (lat, lon, n))| LonLat { lat: lat / n.max(1.0), lon: lon / n.max(1.0) }).collect();
    let near = (0..centres.len())
        .map(|i| {
            let mut others: Vec<(f64, usize)> =
                (0..centres.len()).filter(|j| *j != i).map(|j| (distance_m(centres[i], centres[j]), j)).collect();
            others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            others.into_iter().take(4).map(|o| o.1).collect()
        })
        .collect();
    Ok(Units {
        names: counts.keys().map(|n| (*n).to_owned()).collect(),
        first,
        panel: Panel::new(months, counts.into_values().flat_map(|c| c.0).collect()),
        near,
    })
}

/// One month ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthAhead {
    /// `2010-09`.
    pub month: String,
    /// Mean.
    pub mean: f64,
    /// Quantiles: 5 %, 10 %, 50 %, 90 %, 95 %.
    pub quantiles: [u32; 5],
    /// P(at least one), P(at least 25).
    pub at_least: [f64; 2],
}

/// One unit ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// Unit.
    pub unit: String,
    /// Its last two years, the oldest month first.
    pub past: Vec<u32>,
    /// Months ahead.
    pub months: Vec<MonthAhead>,
    /// All months together: 10 %, 50 %, 90 %.
    pub total: [u32; 3],
    /// The chance that all months together exceed the same number of months before: more than a quarter more.
    pub more: f64,
    /// Less than three quarters.
    pub less: f64,
}

/// Every unit ahead, those with the most expected first; `entered` are the models that a backtest lets into the pool.
pub fn outlook(units: &Units, months: usize, entered: &[String]) -> Vec<Outlook> {
    let forecaster = Forecaster::new(&units.panel, 0, months);
    let entering = BESIDE.map(|b| entered.iter().any(|e| e == b));
    let none = || Vec::new();
    let beside = [
        if entering[0] { hierarchical(&units.panel, months) } else { none() },
        if entering[1] { self_exciting(&units.panel, &units.near, months) } else { none() },
    ];
    let mut all: Vec<Outlook> = (0..units.names.len())
        .into_par_iter()
        .map(|u| {
            let paths = pooled(&forecaster.paths(u), &beside, u, entering);
            let row = units.panel.unit(u);
            let before: u32 = row[row.len() - months..].iter().sum();
            let total = paths.total();
            let beyond = |holds: &dyn Fn(f64) -> bool| paths.share(|p| holds(f64::from(p.iter().sum::<u32>())));
            Outlook {
                unit: units.names[u].clone(),
                past: row[row.len() - row.len().min(24)..].to_vec(),
                months: (0..months)
                    .map(|m| {
                        let counts = paths.month(m);
                        MonthAhead {
                            month: month_name(units.first + (units.panel.months() + m) as i32),
                            mean: counts.iter().map(|c| f64::from(*c)).sum::<f64>() / counts.len() as f64,
                            quantiles: [0.05, 0.1, 0.5, 0.9, 0.95].map(|q| quantile(&counts, q)),
                            at_least: [1, 25].map(|k| paths.share(|p| p[m] >= k)),
                        }
                    })
                    .collect(),
                total: [0.1, 0.5, 0.9].map(|q| quantile(&total, q)),
                more: beyond(&|x| x > 1.25 * f64::from(before)),
                less: beyond(&|x| x < 0.75 * f64::from(before)),
            }
        })
        .collect();
    let mean = |o: &Outlook| o.months.iter().map(|m| m.mean).sum::<f64>();
    all.sort_by(|a, b| mean(b).total_cmp(&mean(a)).then(a.unit.cmp(&b.unit)));
    all
}

/// What one forecaster earned over all origins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Earned {
    /// Who.
    pub model: String,
    /// Mean CRPS.
    pub crps: f64,
    /// Mean ignorance, bits.
    pub ignorance: f64,
    /// Mean interval score at 90 %.
    pub interval: f64,
    /// Brier score of "at least one".
    pub brier: f64,
    /// Logarithmic score of it, in bits; no chance is taken for less than 1 in 1,000.
    pub log_score: f64,
    /// Mean CRPS where the twelve months before were quiet.
    pub onset_crps: f64,
    /// Our skill against it, with an 80 % interval over resampled months; none for ourselves.
    pub skill: Option<(f64, f64, f64)>,
}

/// A rolling-origin backtest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// Origins, as months.
    pub origins: Vec<String>,
    /// Unit-months scored.
    pub cases: usize,
    /// Unit-months after twelve quiet ones.
    pub onsets: usize,
    /// Ours first.
    pub earned: Vec<Earned>,
    /// Share of counts within the 80 % interval, ties shared out.
    pub cover_80: f64,
    /// Of "at least one": reliability, resolution, uncertainty.
    pub murphy: [f64; 3],
    /// By tenths of chance: cases, mean chance, share that happened.
    pub bins: Vec<(usize, f64, f64)>,
    /// Models that have done better than past and analogs so far, and so enter the pool of the next forecast.
    pub entered: Vec<String>,
}

/// Forecasts made as of every `months`-th month since a third of the file (and three years) had passed, each scored against what followed.
///
/// # Errors
/// When there is no such month.
pub fn backtest(units: &Units, months: usize) -> Result<Backtest, String> {
    let n = units.panel.months();
    let earliest = (n / 3).max(36);
    let mut origins: Vec<usize> =
        (0..).map(|k| n.saturating_sub((k + 1) * months)).take_while(|o| *o >= earliest).collect();
    origins.reverse();
    if origins.is_empty() {
        return Err(format!("{n} months are too few to look back on: {} are needed", earliest + months));
    }
    let names: Vec<String> = ["ours", "past and analogs", "hierarchical", "self-exciting"]
        .into_iter()
        .chain(Baseline::ALL.iter().map(|b| b.name()))
        .map(str::to_owned)
        .collect();
    // By model: scores by month, as (crps, ignorance, interval, onset).
    type Scores = Vec<Vec<[f64; 3]>>;
    let mut scores: Vec<Scores> = vec![Vec::new(); names.len()];
    let mut said: Vec<Vec<(f64, bool)>> = vec![Vec::new(); names.len()];
    let (mut onsets, mut onset_crps, mut covered) = (0, vec![0.0; names.len()], 0.0);
    let mut so_far = Entrants::default();
    let mut ties = Stream::new(1, entity("ties"), 0);
    for origin in &origins {
        let known = units.panel.until(*origin);
        let forecaster = Forecaster::new(&known, 0, months);
        let beside = [hierarchical(&known, months), self_exciting(&known, &units.near, months)];
        let entering = so_far.entering();
        // By unit and month: those with paths first.
        type Ahead = (Vec<Vec<Vec<u32>>>, Vec<Vec<u32>>);
        let ahead: Vec<Ahead> = (0..units.names.len())
            .into_par_iter()
            .map(|u| {
                let own = forecaster.paths(u);
                let pooled = pooled(&own, &beside, u, entering);
                let each = [&pooled, &own, &beside[0][u], &beside[1][u]];
                let with_paths = (0..months).map(|m| each.iter().map(|p| p.month(m)).collect()).collect();
                (with_paths, Baseline::ALL.iter().map(|b| b.counts(&known, u, &units.near[u])).collect())
            })
            .collect();
        for m in 0..months {
            for s in &mut scores {
                s.push(Vec::new());
            }
            for (u, (with_paths, theirs)) in ahead.iter().enumerate() {
                let ours = &with_paths[m][0];
                let y = units.panel.unit(u)[origin + m];
                let quiet = known.unit(u)[origin - 12..].iter().all(|x| *x == 0);
                onsets += usize::from(quiet);
                for (k, counts) in with_paths[m].iter().chain(theirs).enumerate() {
                    let c = crps(counts, y);
                    if let Some(month) = scores[k].last_mut() {
                        month.push([c, ignorance(counts, y), interval_score(counts, y)]);
                    }
                    so_far.add(k, c);
                    if quiet {
                        onset_crps[k] += c;
                    }
                    let some = 1.0 - counts.partition_point(|x| *x == 0) as f64 / counts.len() as f64;
                    said[k].push((some, y > 0));
                }
                let (below, upto) = (ours.partition_point(|x| *x < y), ours.partition_point(|x| *x <= y));
                let rank = (below as f64 + ties.next_unit() * (upto - below) as f64) / ours.len() as f64;
                covered += f64::from(u8::from((0.1..0.9).contains(&rank)));
            }
        }
        so_far.origins += 1;
    }
    let cases = said[0].len();
    let mean = |k: usize, i: usize| scores[k].iter().flatten().map(|s| s[i]).sum::<f64>() / cases as f64;
    let by_month = |k: usize| -> Vec<Vec<f64>> { scores[k].iter().map(|m| m.iter().map(|s| s[0]).collect()).collect() };
    let ours = by_month(0);
    let briers: Vec<Brier> = said.iter().filter_map(|s| brier(s)).collect();
    let earned = names
        .into_iter()
        .enumerate()
        .map(|(k, model)| Earned {
            model,
            crps: mean(k, 0),
            ignorance: mean(k, 1),
            interval: mean(k, 2),
            brier: briers[k].score,
            log_score: log_score(&said[k]),
            onset_crps: onset_crps[k] / onsets.max(1) as f64,
            skill: (k > 0).then(|| {
                let (s, (low, high)) = skill(&ours, &by_month(k), &mut Stream::new(1, entity("skill"), k as u32));
                (s, low, high)
            }),
        })
        .collect();
    let own = &briers[0];
    Ok(Backtest {
        origins: origins.iter().map(|o| month_name(units.first + *o as i32)).collect(),
        cases,
        onsets,
        earned,
        cover_80: covered / cases as f64,
        murphy: [own.reliability, own.resolution, own.uncertainty],
        bins: own.bins.clone(),
        entered: so_far.entering().into_iter().zip(BESIDE).filter(|e| e.0).map(|e| e.1.to_owned()).collect(),
    })
}

/// The models that stand beside.
const BESIDE: [&str; 2] = ["hierarchical", "self-exciting"];

/// What earned what so far: a model enters the pool of a forecast where it did better than the pool's own halves over at least this
/// many earlier ones.
#[derive(Default)]
struct Entrants {
    crps: [f64; 4],
    origins: usize,
}

impl Entrants {
    const LEAST: usize = 8;

    fn add(&mut self, model: usize, crps: f64) {
        if let Some(sum) = self.crps.get_mut(model) {
            *sum += crps;
        }
    }

    fn entering(&self) -> [bool; 2] {
        std::array::from_fn(|i| self.origins >= Self::LEAST && self.crps[2 + i] < self.crps[1])
    }
}

/// Past and analogs, with those that enter: as many paths of each.
fn pooled(own: &Paths, beside: &[Vec<Paths>; 2], unit: usize, entering: [bool; 2]) -> Paths {
    let mut counts: Vec<u32> = own.each().flatten().copied().collect();
    for (paths, _) in beside.iter().zip(entering).filter(|e| e.1) {
        let paths = &paths[unit];
        let times = (own.each().len() / paths.each().len()).max(1);
        for _ in 0..times {
            counts.extend(paths.each().flatten());
        }
    }
    Paths::new(own.horizon(), counts)
}
