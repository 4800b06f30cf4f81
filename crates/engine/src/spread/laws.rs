//! What a row leaves open: whether it is an event of its own, where it lies, on which day, and how many died.

use std::collections::BTreeMap;
use std::sync::Arc;

use formats::{Extent as Exactness, flag};
use model::{Day, Geometry, LonLat, distance_m};
use rayon::prelude::*;
use stats::{entity, normal_quantile, uniform};

use super::{Event, Extent, SpreadArea, at, precise};
use crate::stage::worlds::attribute;

/// P(a row is an event of its own) by clarity; our choice, said on the page.
const CLEAR: f64 = 0.98;
const UNCLEAR: f64 = 0.85;

/// The equally likely places of a row, each with the areas of the question that it lies in (as bits), in order of the bits.
#[derive(Debug, Clone)]
pub(super) struct Where(Arc<[(u64, LonLat)]>);

impl Where {
    pub(super) fn new(places: impl IntoIterator<Item = (u64, LonLat)>) -> Self {
        let mut places: Vec<(u64, LonLat)> = places.into_iter().collect();
        places.sort_by_key(|p| p.0);
        Self(places.into())
    }

    /// The place drawn, with its areas; `u` is only asked for when there is a choice.
    fn draw(&self, u: impl FnOnce() -> f64) -> Option<(u64, LonLat)> {
        match &*self.0 {
            [] => None,
            [one] => Some(*one),
            many => Some(many[((u() * many.len() as f64) as usize).min(many.len() - 1)]),
        }
    }

    /// The share of places in an area.
    pub(super) fn share(&self, area: usize) -> f64 {
        let inside = self.0.iter().filter(|(mask, _)| mask >> area & 1 == 1).count();
        inside as f64 / self.0.len().max(1) as f64
    }
}

/// The actor's rows with their laws.
pub(super) struct Rows<'e> {
    pub(super) mine: Vec<&'e Event>,
    pub(super) laws: Vec<Where>,
    names: Vec<u64>,
    tolls: Vec<Toll>,
    /// What became of each row in each world, where that has been drawn elsewhere: and deaths.
    settled: Option<Vec<(Vec<Option<Drawn>>, Vec<u32>)>>,
}

/// A row in one world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) day: Day,
    /// Areas it lies in, as bits.
    pub(super) areas: u64,
    pub(super) at: LonLat,
}

impl<'e> Rows<'e> {
    pub(super) fn new(mine: Vec<&'e Event>, named: &[&SpreadArea]) -> Self {
        Self {
            laws: wheres(&mine, named),
            names: mine.iter().map(|e| entity(&format!("ged:{}", e.id))).collect(),
            tolls: mine.iter().map(|e| Toll::new(e.deaths.map_or((0, 0, 0), |d| (d.low, d.best, d.high)))).collect(),
            mine,
            settled: None,
        }
    }

    /// No rows yet; each will come with what became of it.
    pub(super) fn settled() -> Self {
        Self { mine: vec![], laws: vec![], names: vec![], tolls: vec![], settled: Some(vec![]) }
    }

    /// A row with its fate in each world.
    pub(super) fn settle(&mut self, row: &'e Event, law: Where, drawn: Vec<Option<Drawn>>, deaths: Vec<u32>) {
        self.mine.push(row);
        self.laws.push(law);
        self.settled.get_or_insert_default().push((drawn, deaths));
    }

    /// At most so many of the rows, evenly through the file.
    pub(super) fn thinned(self, most: usize, named: &[&SpreadArea]) -> Self {
        if self.settled.is_some() || self.mine.len() <= most {
            return self;
        }
        let step = self.mine.len().div_ceil(most).max(1);
        Self::new(self.mine.iter().copied().step_by(step).collect(), named)
    }

    /// What became of a row in a world; `None` where it was no event of its own.
    pub(super) fn draw(&self, row: usize, world: usize) -> Option<Drawn> {
        if let Some(settled) = &self.settled {
            let (drawn, _) = &settled[row];
            return drawn[world % drawn.len()];
        }
        let e = self.mine[row];
        let u = |a: u32| uniform(1, world as u32, self.names[row], a);
        if u(attribute::SO) >= if e.has(flag::UNCLEAR) { UNCLEAR } else { CLEAR } {
            return None;
        }
        let span = e.last - e.first + 1;
        let day = match span {
            1 => Day(e.first),
            _ => Day(e.first + (u(attribute::DAY) * f64::from(span)) as i32),
        };
        let (areas, at) = self.laws[row].draw(|| u(attribute::PLACE)).unwrap_or((0, at(e)));
        Some(Drawn { day, areas, at })
    }

    /// Deaths of a row in a world.
    pub(super) fn deaths(&self, row: usize, world: usize) -> u32 {
        if let Some(settled) = &self.settled {
            let (_, deaths) = &settled[row];
            return deaths[world % deaths.len()];
        }
        self.tolls[row].draw(|| uniform(1, world as u32, self.names[row], attribute::FIGURE))
    }
}

/// Where each row may lie. Rows known only to their province, region or country lie where this actor's precise rows of
/// it do (at most 256 of them); such rows share one law.
fn wheres(mine: &[&Event], named: &[&SpreadArea]) -> Vec<Where> {
    let exact: Vec<&Event> = mine.iter().copied().filter(|e| precise(e)).collect();
    let mask = |p: LonLat, province: &str| -> u64 {
        let inside = |a: &SpreadArea| match &a.extent {
            Extent::Province(name) => province == name,
            Extent::Polygon(g) => g.contains(p),
        };
        named.iter().enumerate().map(|(i, a)| u64::from(inside(a)) << i).sum()
    };
    let polygons = named.iter().any(|a| matches!(a.extent, Extent::Polygon(_)));
    let coded = |e: &Event| (mask(at(e), &e.adm1), at(e));
    let own = |e: &Event| Where::new([coded(e)]);
    let disc = |e: &Event, km: f64| {
        if polygons {
            let points = Geometry::Point { at: at(e), uncertainty_m: km * 1000.0 }.sample(32);
            Where::new(points.into_iter().map(|p| (mask(p, &e.adm1), p)))
        } else {
            own(e)
        }
    };
    // Rows with the same key share a law.
    type Key<'k> = (u8, &'k str, &'k str, u64, u64);
    fn key(e: &Event) -> Option<Key<'_>> {
        match e.extent {
            Exactness::Adm1 => Some((4, &e.country, &e.adm1, 0, 0)),
            Exactness::Region => Some((5, &e.country, "", at(e).lon.to_bits(), at(e).lat.to_bits())),
            Exactness::Country => Some((6, &e.country, "", 0, 0)),
            _ => None,
        }
    }
    let mut shared: BTreeMap<Key<'_>, Where> = BTreeMap::new();
    for e in mine.iter().copied() {
        let Some(k) = key(e) else { continue };
        shared.entry(k).or_insert_with(|| {
            let near = |o: &Event| {
                o.country == e.country
                    && match e.extent {
                        Exactness::Adm1 => o.adm1 == e.adm1,
                        Exactness::Region => distance_m(at(o), at(e)) < Exactness::Region.radius_km() * 1000.0,
                        _ => true,
                    }
            };
            let found: Vec<(u64, LonLat)> = exact.iter().filter(|o| near(o)).take(256).map(|o| coded(o)).collect();
            if found.is_empty() { own(e) } else { Where::new(found) }
        });
    }
    mine.par_iter()
        .map(|e| match (key(e), e.extent) {
            (Some(k), _) => shared[&k].clone(),
            (None, Exactness::Exact) => own(e),
            (None, extent) => disc(e, extent.radius_km()),
        })
        .collect()
}

/// The law of a toll: log-normal around the best estimate with the spread that low and high imply (they are read as
/// 5 % and 95 %, on either side of their own), kept between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Toll {
    bounds: (u32, u32),
    best: u32,
    /// ln(best + .3), and the spread below and above it.
    law: (f64, f64, f64),
}

impl Toll {
    pub(super) fn new((low, best, high): (u32, u32, u32)) -> Self {
        let log = |x: u32| libm::log(f64::from(x) + 0.3);
        let law = (log(best), (log(best) - log(low)) / 1.645, (log(high) - log(best)) / 1.645);
        Self { bounds: (low, high), best, law }
    }

    /// One draw; `u` is only asked for when there is a choice.
    pub(super) fn draw(&self, u: impl FnOnce() -> f64) -> u32 {
        if self.bounds.0 == self.bounds.1 {
            return self.best;
        }
        let z = normal_quantile(u());
        let (mu, below, above) = self.law;
        let x = libm::round(libm::exp(mu + z * if z < 0.0 { below } else { above }) - 0.3).max(0.0) as u32;
        x.clamp(self.bounds.0, self.bounds.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_stay_between_low_and_high() {
        let deaths = |d: (u32, u32, u32), u: f64| Toll::new(d).draw(|| u);
        for i in 0..200 {
            let u = (f64::from(i) + 0.5) / 200.0;
            assert!((1..=30).contains(&deaths((1, 2, 30), u)));
            assert_eq!(deaths((4, 4, 4), u), 4);
        }
        assert_eq!(deaths((1, 5, 30), 0.5), 5);
    }

    #[test]
    fn a_place_is_drawn_by_its_share() {
        let p = |lon: f64| LonLat { lon, lat: 0.0 };
        let law = Where::new([(0b01, p(1.0)), (0b11, p(2.0)), (0b01, p(3.0)), (0b00, p(4.0))]);
        assert_eq!((law.share(0), law.share(1)), (0.75, 0.25));
        let drawn: Vec<f64> = (0..8).filter_map(|i| Some(law.draw(|| (f64::from(i) + 0.5) / 8.0)?.1.lon)).collect();
        assert_eq!(drawn, [4.0, 4.0, 1.0, 1.0, 3.0, 3.0, 2.0, 2.0]);
        assert_eq!(Where::new([(0b10, p(1.0))]).draw(|| unreachable!("no choice, no draw")), Some((0b10, p(1.0))));
    }
}
