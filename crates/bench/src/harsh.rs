//! A second generator of data sets with truth, whose laws are not those of the model: places err with heavy tails and
//! sometimes stand for the next town or the province's capital, events come in bursts in one town, rows are copied from
//! another data set with its errors, and one report covers several events.

use formats::{Deaths, Extent, Record};
use stats::Stream;

use crate::matching::Truth;

/// How harsh the world is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Laws {
    /// Share of events that belong to bursts of a dozen in one town within a week.
    bursts: f64,
    /// Share of rows whose place errs with a heavy tail (Student's t with 2 degrees of freedom).
    heavy: f64,
    /// Share of rows that are placed in a neighbouring town.
    neighbour: f64,
    /// Share of the second set's rows that are copied from the first, errors included.
    copied: f64,
    /// Share of the third set's rows that sum two events of one town and week.
    several: f64,
}

impl Laws {
    pub(crate) const HARSH: Self = Self { bursts: 0.15, heavy: 0.3, neighbour: 0.04, copied: 0.15, several: 0.05 };
    pub(crate) const KIND: Self = Self { bursts: 0.05, heavy: 0.1, neighbour: 0.01, copied: 0.05, several: 0.02 };
}

const TYPES: [[&str; 6]; 3] = [
    ["clash", "shelling", "airstrike", "killing", "abduction", "riot"],
    ["1", "1", "1", "3", "3", "2"],
    ["190", "194", "195", "182", "181", "145"],
];
const ACTORS: [[&str; 8]; 3] = [
    [
        "Northern Front",
        "Army of Light",
        "Red Brigade",
        "River Militia",
        "State Forces",
        "Border Guard",
        "Hill Tribe",
        "Unknown",
    ],
    ["NF", "AoL", "Red Bde", "River militias", "Government", "Border Guards", "Hill tribes", ""],
    [
        "NORTHERN FRONT",
        "LIGHT ARMY",
        "RED BRIGADE",
        "RIVER MILITIA",
        "MILITARY",
        "BORDER POLICE",
        "HILL TRIBE",
        "ARMED GANG",
    ],
];

struct Event {
    at: (f64, f64),
    day: i32,
    kind: usize,
    actor: usize,
    dead: u32,
}

/// `n` true events seen by three data sets.
pub(crate) fn world(seed: u64, n: usize, laws: &Laws) -> Vec<Truth> {
    let mut s = Stream::new(seed, 9, 0);
    let towns: Vec<(f64, f64)> = (0..n / 12).map(|_| (30.0 + 5.0 * s.next_unit(), 4.0 + 5.0 * s.next_unit())).collect();
    let weights: Vec<f64> = towns.iter().map(|_| libm::exp(1.2 * s.normal())).collect();
    let sum: f64 = weights.iter().sum();
    let pick = |u: f64| {
        let mut left = u * sum;
        weights.iter().position(|w| {
            left -= w;
            left <= 0.0
        })
    };
    let mut events: Vec<Event> = Vec::new();
    while events.len() < n {
        let town = towns[pick(s.next_unit()).unwrap_or(0)];
        let day = (s.next_unit() * 700.0) as i32;
        let burst = if s.next_unit() < laws.bursts / 12.0 { 12 } else { 1 };
        for _ in 0..burst {
            let dead = if s.next_unit() < 0.4 { 0 } else { libm::ceil(libm::exp(0.8 + 1.1 * s.normal())) as u32 };
            events.push(Event {
                at: town,
                day: day + if burst > 1 { (s.next_unit() * 7.0) as i32 } else { 0 },
                kind: (s.next_unit() * s.next_unit() * 6.0) as usize,
                actor: (s.next_unit() * s.next_unit() * 8.0) as usize,
                dead: dead.min(5000),
            });
        }
    }
    events.truncate(n);
    let coverage = [0.7, 0.5, 0.35];
    let scatter_km = [1.5, 3.0, 6.0];
    let mut out: Vec<Truth> = vec![vec![], vec![], vec![]];
    for set in 0..3 {
        let mut i = 0;
        while i < events.len() {
            let e = &events[i];
            if s.next_unit() > coverage[set] {
                i += 1;
                continue;
            }
            let copied = set == 1 && s.next_unit() < laws.copied;
            if copied && let Ok(at) = out[0].binary_search_by_key(&(i as u32), |x| x.1) {
                let r = out[0][at].0.clone();
                let id = out[1].len().to_string();
                let code = TYPES[1][e.kind];
                let r = Record { id: id.into(), code: code.into(), actor1: ACTORS[1][e.actor].into(), ..r };
                out[1].push((r, i as u32));
                i += 1;
                continue;
            }
            let (mut x, mut y) = e.at;
            if s.next_unit() < laws.neighbour {
                (x, y) = towns[(s.next_unit() * towns.len() as f64) as usize % towns.len()];
                // A neighbour is near.
                (x, y) = (e.at.0 + (x - e.at.0) * 0.08, e.at.1 + (y - e.at.1) * 0.08);
            }
            let heavy = s.next_unit() < laws.heavy;
            let mut step = || {
                let z = s.normal();
                // Student's t with two degrees of freedom, cut at 60 km.
                let t = if heavy { z / libm::sqrt((-libm::log(1.0 - s.next_unit())).max(1e-3)) } else { z };
                (t * scatter_km[set]).clamp(-60.0, 60.0) / 111.2
            };
            x += step();
            y += step();
            let slip = match s.next_unit() {
                u if u < 0.72 => 0,
                u if u < 0.90 => 1,
                u if u < 0.95 => -1,
                _ => 2,
            };
            let kind = if s.next_unit() < 0.08 { (s.next_unit() * 6.0) as usize } else { e.kind };
            let actor = if s.next_unit() < 0.06 { (s.next_unit() * 8.0) as usize } else { e.actor };
            let mut dead = e.dead;
            if s.next_unit() < 0.35 {
                dead = libm::round(f64::from(dead) * libm::exp(0.4 * s.normal())) as u32;
            }
            // One report that covers the next event of the same town as well.
            let next = events.get(i + 1).filter(|o| o.at == e.at && (o.day - e.day).abs() <= 7);
            let several = set == 2 && s.next_unit() < laws.several;
            if let Some(o) = next.filter(|_| several) {
                dead += o.dead;
            }
            let r = Record {
                id: out[set].len().to_string().into(),
                first: 17_000 + e.day + slip,
                last: 17_000 + e.day + slip,
                lon_lat: Some((x, y)),
                extent: Extent::Exact,
                code: TYPES[set][kind].into(),
                actor1: ACTORS[set][actor].into(),
                deaths: Some(Deaths { low: dead, best: dead, high: dead }),
                ..Record::default()
            };
            out[set].push((r, i as u32));
            i += if several && next.is_some() { 2 } else { 1 };
        }
    }
    out
}
