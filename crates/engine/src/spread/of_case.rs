//! The same question of a case: its events in its own worlds, with who did what as unsure as it is there.

use std::collections::BTreeMap;

use formats::Extent as Exactness;
use model::{Case, Day, Footprint, Geometry, Id, LinkKind, LonLat, Measure, Test, Window, distance_m, ring_area};
use serde::Serialize;

use super::laws::{Drawn, Rows, Where};
use super::{Cluster, ClusterSearch, Event, Extent, Spread, SpreadArea, SpreadOptions, answer};
use crate::build::Run;
use crate::stage::reconcile::{EventLaw, PlaceLaw};

impl SpreadOptions {
    /// What a declared footprint asks, of the case as it is seen on its day.
    ///
    /// # Errors
    /// A window that begins after that day.
    pub fn declared(case: &Case, f: &Footprint, worlds: usize) -> Result<Self, String> {
        let as_of = case.as_of();
        let days = |w: &Window| w.days(as_of).ok_or_else(|| format!("`{w}` begins after {as_of}"));
        let home = case.areas.get(&f.home).ok_or_else(|| format!("there is no area `{}`", f.home))?;
        Ok(Self {
            actor: f.actor.clone(),
            with: Vec::new(),
            home: SpreadArea { name: home.name.clone(), extent: Extent::Polygon(home.geometry.clone()) },
            areas: Vec::new(),
            reference: days(&f.reference)?,
            window: days(&f.window)?,
            dormant_below: f.dormant_below,
            compared: Vec::new(),
            detail: true,
            clusters: ClusterSearch::default(),
            worlds,
        })
    }
}

/// Where the events of an actor whose footprint is declared crowd together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crowd {
    /// The actor's id.
    pub actor: Id,
    /// Clusters at any time, the strongest first.
    pub clusters: Vec<Cluster>,
    /// Why none could be looked for.
    pub reason: Option<String>,
}

/// Clusters, at any time, of every actor of whom a footprint is declared.
pub fn crowds(case: &Case, run: &Run) -> Vec<Crowd> {
    let declared = case.indicators.values().filter_map(|i| match &i.test {
        Test::Footprint(f) => Some((&f.actor, f)),
        _ => None,
    });
    let one: BTreeMap<&Id, &Footprint> = declared.rev().collect();
    let crowd = |(actor, f): (&Id, &Footprint)| {
        let found = SpreadOptions::declared(case, f, run.worlds.n).and_then(|options| {
            let clusters = ClusterSearch { any_time: true, ..options.clusters };
            spread_of_case(case, run, &f.affiliates, &SpreadOptions { clusters, ..options })
        });
        let actor = actor.clone();
        match found {
            Ok(s) => Crowd { actor, clusters: s.clusters, reason: None },
            Err(reason) => Crowd { actor, clusters: Vec::new(), reason: Some(reason) },
        }
    };
    one.into_iter().map(crowd).collect()
}

/// Answers it of an actor of the case and those who count with it by `affiliates`, as they stood on each event's day. `options.actor` is the
/// actor's id; areas are polygons.
///
/// # Errors
/// When the actor has no events in either window.
pub fn spread_of_case(
    case: &Case,
    run: &Run,
    affiliates: &[LinkKind],
    options: &SpreadOptions,
) -> Result<Spread, String> {
    let (laws, worlds) = (&run.laws, &run.worlds);
    let name = case.actors.get(&options.actor).map_or(options.actor.as_str(), |a| a.name.as_str()).to_owned();
    let members: Vec<_> = (0..worlds.n).map(|w| worlds.affiliates(&options.actor, affiliates, w)).collect();
    let named: Vec<&SpreadArea> = std::iter::once(&options.home).chain(&options.areas).collect();
    let mask = |p: LonLat| -> u64 {
        let inside = |a: &SpreadArea| matches!(&a.extent, Extent::Polygon(g) if g.contains(p));
        named.iter().enumerate().map(|(i, a)| u64::from(inside(a)) << i).sum()
    };
    let mut all: Vec<Event> = Vec::new();
    let mut mine: Vec<(usize, Where, Vec<Option<Drawn>>, Vec<u32>)> = Vec::new();
    for (law, event) in laws.iter().zip(&worlds.events) {
        let Some(place) = law.place.as_ref().filter(|_| !event.place.is_empty()) else { continue };
        let masks: Vec<u64> = place.points.iter().map(|p| mask(*p)).collect();
        let drawn: Vec<Option<Drawn>> = (0..worlds.n)
            .map(|w| {
                let day = Day(event.day[w]);
                let who = law.candidates.get(usize::from(event.who[w]))?;
                let his = members[w].iter().any(|(m, span)| m == who && span.contains(day));
                let point = usize::from(event.place[w]);
                (event.happened[w] && his).then(|| Drawn { day, areas: masks[point], at: place.points[point] })
            })
            .collect();
        let share = drawn.iter().flatten().count() as f64 / worlds.n as f64;
        let mut e = coded(case, law, place);
        // Whose it is by name: his where he did it in most worlds.
        if share > 0.5 {
            e.actor1 = name.clone().into();
        }
        if share > 0.0 {
            let killed: Vec<u32> = (0..worlds.n)
                .map(|w| event.figures.iter().filter(|f| f.measure == Measure::Killed).map(|f| f.draws[w]).sum())
                .collect();
            // Where it lies in the worlds in which it is his.
            let at = Where::new(drawn.iter().flatten().map(|d| (d.areas, d.at)));
            mine.push((all.len(), at, drawn, killed));
        }
        all.push(e);
    }
    let mut rows = Rows::settled();
    for (i, law, drawn, killed) in mine {
        rows.settle(&all[i], law, drawn, killed);
    }
    let options = SpreadOptions { actor: name, worlds: worlds.n, ..options.clone() };
    answer(rows, &all, &named, &options)
}

/// An event as a row would have it: its likeliest place, the days it may have been on.
fn coded(case: &Case, law: &EventLaw, place: &PlaceLaw) -> Event {
    let heaviest =
        (0..place.points.len()).fold(0, |best, i| if place.weights[i] > place.weights[best] { i } else { best });
    let at = place.points[heaviest];
    // How far the belief reaches: the mean distance from there.
    let far = place.points.iter().zip(&place.weights).map(|(p, w)| w * distance_m(*p, at)).sum::<f64>() / 1000.0;
    let extent = match far {
        f if f < 5.0 => Exactness::Exact,
        f if f < 35.0 => Exactness::Adm2,
        f if f < 100.0 => Exactness::Adm1,
        _ => Exactness::Country,
    };
    // Named by the smallest area of the case around it.
    let size = |g: &Geometry| match g {
        Geometry::Polygons(p) => p.iter().flat_map(|p| &p.rings).map(|r| ring_area(r)).sum(),
        Geometry::Point { .. } => f64::INFINITY,
    };
    let around = case.areas.values().filter(|a| size(&a.geometry).is_finite() && a.geometry.contains(at));
    let area = around.min_by(|a, b| size(&a.geometry).total_cmp(&size(&b.geometry))).map_or("", |a| a.name.as_str());
    let last = law.days.first + law.days.weights.len() as i32 - 1;
    Event {
        id: law.id.clone().into(),
        first: law.days.first,
        last,
        lon_lat: Some((at.lon, at.lat)),
        extent,
        place: law.id.clone().into(),
        adm1: area.to_owned().into(),
        kind: Some(law.kind),
        ..Event::default()
    }
}
