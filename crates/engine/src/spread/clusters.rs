//! Where events crowd together: a space-time scan of the actor's events, of now or of any time.

use std::collections::{BTreeMap, BTreeSet};

use model::{Day, LonLat};
use rayon::prelude::*;
use serde::Serialize;
use stats::{Cylinder, Scan, ScanLaw, Shape, Sites, Study, gumbel_p, rank_p, replay, replay_days};

use super::laws::Rows;
use super::{Event, SpreadOptions, precise};

/// The longest interval, in days, and the widest circle, in kilometres.
const LONGEST: usize = 90;
const RADIUS_KM: f64 = 100.0;
/// Years that are looked back on.
const YEARS: i32 = 10;
/// Shuffles, and worlds in which places are drawn.
const SHUFFLES: u32 = 999;
const WORLDS: usize = 64;
/// Told, at most; beside the strongest, only those that chance would give less often than this.
const MOST: usize = 5;
const WEAK: f64 = 0.2;

/// What events are compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterLaw {
    /// The actor's own events: each place and each day keeps its number (permutation).
    #[default]
    Own,
    /// Everybody's events, of which the actor's are a constant share (Bernoulli): more reporting of a place is no cluster.
    Share,
}

/// Which clusters are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ClusterSearch {
    /// What they are compared with.
    pub law: ClusterLaw,
    /// At any time, not only those that go on.
    pub any_time: bool,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    /// Places as coded, the nearest to its centre first.
    pub places: Vec<String>,
    /// Longitude and latitude of the centre.
    pub centre: [f64; 2],
    /// Radius, km.
    pub radius: f64,
    /// First and last day.
    pub days: [Day; 2],
    /// Events in it.
    pub events: u32,
    /// Events expected in it.
    pub expected: f64,
    /// Logarithm of the likelihood ratio.
    pub score: f64,
    /// Share of earlier days on which something as strong would have been found: honest where events excite each other. `None` where
    /// the history is too short for twenty such days.
    pub replay_p: Option<f64>,
    /// Earlier days that were looked at.
    pub replays: usize,
    /// Share of shuffles with something as strong: too ready to alarm where events excite each other.
    pub permutation_p: f64,
    /// The same by the Gumbel law of their maxima.
    pub gumbel_p: Option<f64>,
    /// Days between such findings by chance, for a scan each day (or week): by the replay where there is one.
    pub recurrence_days: f64,
    /// Of the strongest, the share of worlds whose strongest cluster is the same: half of the events of both in common.
    pub share_of_worlds: Option<f64>,
}

/// Distinct places with the events at them, as (place, days since `from`).
pub(super) fn sites(events: impl Iterator<Item = (LonLat, i32)>, from: Day) -> (Vec<(f64, f64)>, Vec<(u32, u32)>) {
    let mut index: BTreeMap<(i64, i64), u32> = BTreeMap::new();
    let (mut places, mut found) = (Vec::new(), Vec::new());
    for (p, day) in events {
        // To a hundred metres.
        let key = ((p.lat * 1000.0).round() as i64, (p.lon * 1000.0).round() as i64);
        let site = *index.entry(key).or_insert_with(|| {
            places.push((p.lat, p.lon));
            places.len() as u32 - 1
        });
        found.push((site, (day - from.0) as u32));
    }
    (places, found)
}

pub(super) fn clusters(rows: &Rows<'_>, all: &[Event], options: &SpreadOptions, first: Day) -> Vec<Cluster> {
    let last = options.window.to;
    let from = Day((last.0 - YEARS * 365).max(first.0));
    // Searches of any time, or among everybody's events, go by weeks: they look at many more cylinders.
    let unit = if options.clusters == ClusterSearch::default() { 1 } else { 7 };
    let periods = ((last.0 - from.0) / unit + 1).max(1) as usize;
    let within = |e: &Event| precise(e) && (from.0..=last.0).contains(&e.first);
    let kept: Vec<usize> = (0..rows.mine.len()).filter(|i| within(rows.mine[*i])).collect();
    // Everybody else's, where they are asked for, at places of the same list.
    let others: Vec<&Event> = match options.clusters.law {
        ClusterLaw::Own => Vec::new(),
        ClusterLaw::Share => all.iter().filter(|e| !options.means(e) && within(e)).collect(),
    };
    let mine = kept.iter().map(|i| (super::at(rows.mine[*i]), rows.mine[*i].first));
    let (places, mut both) = sites(mine.chain(others.iter().map(|e| (super::at(e), e.first))), from);
    for e in &mut both {
        e.1 /= unit as u32;
    }
    let (events, others) = both.split_at(kept.len());
    let shape = Shape {
        longest: (LONGEST / unit as usize).min(periods / 4).max(1),
        prospective: !options.clusters.any_time,
        share: 0.5,
    };
    if events.len() < 20 {
        return Vec::new();
    }
    let near = Sites::on_earth(&places, RADIUS_KM);
    let law = match options.clusters.law {
        ClusterLaw::Own => ScanLaw::Permutation,
        ClusterLaw::Share => ScanLaw::Bernoulli(others),
    };
    let study = Study { sites: &near, periods, events, law };
    let scan = Scan::new(study, shape);
    let told: Vec<Cylinder> = scan.clusters().into_iter().take(MOST).collect();
    let Some(top) = told.first() else { return Vec::new() };
    // What is settled early is settled: twenty-five histories that reach it tell that it is nothing.
    let (replicates, enough) = if unit == 1 { (SHUFFLES, None) } else { (49, Some((25, top.score))) };
    let maxima = scan.maxima(1, replicates, enough);
    // Earlier days ask what goes on; of any time there is but one question.
    let past =
        if options.clusters.any_time { Vec::new() } else { replay(study, shape, &replay_days(periods, shape.longest)) };
    let enough = past.len() >= 20;
    let rows_of_top: BTreeSet<usize> =
        events.iter().zip(&kept).filter(|(e, _)| inside(top, e)).map(|(_, i)| *i).collect();
    // Where everybody else is placed does not change by world: then only ours would, and the worlds tell nothing of the cluster.
    let same =
        (options.clusters == ClusterSearch::default()).then(|| share_of_worlds(rows, from, last, shape, &rows_of_top));
    told.iter()
        .enumerate()
        .map(|(rank, c)| {
            let permutation_p = rank_p(c.score, &maxima);
            let replay_p = enough.then(|| rank_p(c.score, &past));
            let mut names: Vec<String> = Vec::new();
            for s in &c.sites {
                let of = events.iter().position(|e| e.0 as usize == *s).map(|e| rows.mine[kept[e]].place.to_string());
                if let Some(name) = of.filter(|n| !names.contains(n)) {
                    names.push(name);
                }
            }
            let (lat, lon) = places[c.centre];
            Cluster {
                places: names,
                centre: [lon, lat],
                radius: c.radius,
                days: [
                    Day(from.0 + unit * c.periods.0 as i32),
                    Day((from.0 + unit * (c.periods.1 as i32 + 1) - 1).min(last.0)),
                ],
                events: c.events,
                expected: c.expected,
                score: c.score,
                replay_p,
                replays: past.len(),
                permutation_p,
                gumbel_p: gumbel_p(c.score, &maxima),
                recurrence_days: f64::from(unit) / replay_p.unwrap_or(permutation_p),
                share_of_worlds: same.filter(|_| rank == 0),
            }
        })
        .enumerate()
        .filter(|(rank, c)| *rank == 0 || c.replay_p.unwrap_or(c.permutation_p) <= WEAK)
        .map(|c| c.1)
        .collect()
}

fn inside(c: &Cylinder, event: &(u32, u32)) -> bool {
    c.sites.contains(&(event.0 as usize)) && (c.periods.0..=c.periods.1).contains(&(event.1 as usize))
}

/// In how many worlds, with all rows placed and dated as drawn there, the strongest cluster has half of the events of both in common
/// with `top`, a set of rows.
fn share_of_worlds(rows: &Rows<'_>, from: Day, last: Day, shape: Shape, top: &BTreeSet<usize>) -> f64 {
    let same = (0..WORLDS)
        .into_par_iter()
        .filter(|w| {
            let drawn: Vec<(usize, LonLat, i32)> = (0..rows.mine.len())
                .filter_map(|i| rows.draw(i, *w).map(|d| (i, d.at, d.day.0)))
                .filter(|d| (from.0..=last.0).contains(&d.2))
                .collect();
            let (places, events) = sites(drawn.iter().map(|d| (d.1, d.2)), from);
            let near = Sites::on_earth(&places, RADIUS_KM);
            let periods = (last.0 - from.0 + 1) as usize;
            let scan = Scan::new(Study { sites: &near, periods, events: &events, law: ScanLaw::Permutation }, shape);
            scan.clusters().first().is_some_and(|c| {
                let these: BTreeSet<usize> =
                    events.iter().zip(&drawn).filter(|(e, _)| inside(c, e)).map(|(_, d)| d.0).collect();
                2 * these.intersection(top).count() >= these.union(top).count()
            })
        })
        .count();
    same as f64 / WORLDS as f64
}
