//! Many actors at once: who is spreading, with a bound on how many of those called are wrong.

use std::collections::BTreeMap;

use model::{Day, DaySpan, FootprintClass, Geometry, LonLat};
use rayon::prelude::*;
use serde::Serialize;
use stats::callable;

use super::laws::Rows;
use super::{Event, Extent, SpreadArea, SpreadRow, Tally, at, precise};

/// Fewer precisely placed events than this in the reference window say nothing of where home is.
const LEAST: usize = 20;
/// Share of the reference window's events that home holds.
const HOME: f64 = 0.9;
/// Kilometres around the places of home.
const MARGIN_KM: f64 = 15.0;
/// Of those called, this share may be wrong.
const RATE: f64 = 0.1;

/// One actor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Screened {
    /// Name as in the file.
    pub actor: String,
    /// Expected events: in0, in1, out0, out1.
    pub expected: [f64; 4],
    /// P(relocating or expanding).
    pub spreading: f64,
    /// The likeliest class.
    pub class: FootprintClass,
    /// Among the likeliest of all, chosen so that no more than a tenth of those called is expected to be wrong.
    pub called: bool,
}

/// Every actor with enough events in the reference window; home is where nine tenths of them lie. The likeliest first.
pub fn screen(all: &[Event], reference: DaySpan, window: DaySpan, worlds: usize) -> Vec<Screened> {
    let mut by_actor: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for e in all {
        by_actor.entry(&e.actor1).or_default().push(e);
        if e.actor2 != e.actor1 {
            by_actor.entry(&e.actor2).or_default().push(e);
        }
    }
    let mut found: Vec<Screened> = by_actor
        .into_par_iter()
        .filter(|(actor, _)| !actor.is_empty() && *actor != "Civilians")
        .filter_map(|(actor, events)| {
            let before = events.iter().filter(|e| precise(e) && reference.contains(Day(e.first)));
            let home = SpreadArea {
                name: "home".into(),
                extent: Extent::Polygon(home(&before.map(|e| at(e)).collect::<Vec<_>>())?),
            };
            let tally = Tally::new(&Rows::new(events, &[&home]), reference, window, worlds);
            let classes = tally.classes(&mut tally.model(1.0));
            let best = classes.iter().max_by(|a, b| a.probability.total_cmp(&b.probability))?;
            let outward = |c: &&SpreadRow| matches!(c.class, FootprintClass::Relocating | FootprintClass::Expanding);
            Some(Screened {
                actor: actor.to_owned(),
                expected: tally.expected(),
                spreading: classes.iter().filter(outward).map(|c| c.probability).sum(),
                class: best.class,
                called: false,
            })
        })
        .collect();
    found.sort_by(|a, b| b.spreading.total_cmp(&a.spreading).then(a.actor.cmp(&b.actor)));
    let called = callable(&found.iter().map(|s| s.spreading).collect::<Vec<_>>(), RATE);
    for s in &mut found[..called] {
        s.called = true;
    }
    found
}

/// The smallest set of places that holds nine tenths of the events, with a margin: discs around them. `None` for too few events.
fn home(events: &[LonLat]) -> Option<Geometry> {
    if events.len() < LEAST {
        return None;
    }
    let mut places: BTreeMap<(i64, i64), (usize, LonLat)> = BTreeMap::new();
    for p in events {
        // Cells of about the margin.
        let key = ((p.lat * 8.0).round() as i64, (p.lon * 8.0).round() as i64);
        let entry = places.entry(key).or_insert((0, *p));
        entry.0 += 1;
    }
    let mut ranked: Vec<(usize, LonLat)> = places.into_values().collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.lat.total_cmp(&b.1.lat)).then(a.1.lon.total_cmp(&b.1.lon)));
    let wanted = (HOME * events.len() as f64).ceil() as usize;
    let mut held = 0;
    let polygons = ranked
        .into_iter()
        .take_while(|(n, _)| {
            let more = held < wanted;
            held += n;
            more
        })
        .map(|(_, p)| disc(p, MARGIN_KM))
        .collect();
    Some(Geometry::Polygons(polygons))
}

/// An octagon: near enough to a circle to tell who is inside.
fn disc(p: LonLat, km: f64) -> model::Polygon {
    let (dy, dx) = (km / 111.2, km / 111.2 / libm::cos(p.lat.to_radians()).max(0.1));
    let ring = (0..=8)
        .map(|i| {
            let angle = f64::from(i % 8) * std::f64::consts::FRAC_PI_4;
            LonLat { lon: p.lon + dx * libm::cos(angle), lat: p.lat + dy * libm::sin(angle) }
        })
        .collect();
    model::Polygon { rings: vec![ring] }
}
