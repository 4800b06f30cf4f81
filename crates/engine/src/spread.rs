//! The two-minute answer: is a group contained, relocating or expanding? From one event data file alone.
//!
//! Imprecision stays: a row known only to its province or country is placed, world by world, where the file's
//! precise rows of that province or country lie; a span of days is a span; low, best and high are a distribution;
//! `event_clarity` 2 may be no event of its own.

use std::collections::BTreeMap;

use formats::{Extent as Exactness, Record, flag};
use geo::ConvexHull;
use model::{Day, DaySpan, FootprintClass, Geometry, LonLat, Polygon, distance_m};
use rayon::prelude::*;
use serde::Serialize;
use stats::{Counts, FootprintModel, dispersion, entity, mean_se, normal_quantile, quantile, uniform};

use crate::stage::worlds::attribute;

/// A row of an event data set.
pub type Event = Record<'static>;

/// P(a row is an event of its own) by clarity; our choice, said on the page.
const CLEAR: f64 = 0.98;
const UNCLEAR: f64 = 0.85;
/// Where a row is coded; rows without a point are left out before.
fn at(e: &Event) -> LonLat {
    e.point().unwrap_or(LonLat { lon: 0.0, lat: 0.0 })
}

fn precise(e: &Event) -> bool {
    e.extent <= Exactness::Adm2
}

/// A named area of the question.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadArea {
    /// Name as printed.
    pub name: String,
    /// How membership is told.
    pub extent: Extent,
}

/// How membership in an area is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Extent {
    /// The first-order division with this name in the file.
    Province(String),
    /// A polygon.
    Polygon(Geometry),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadOptions {
    /// Actor, as named in the file.
    pub actor: String,
    /// Home.
    pub home: SpreadArea,
    /// Further areas for the table.
    pub areas: Vec<SpreadArea>,
    /// Reference window.
    pub reference: DaySpan,
    /// Current window.
    pub window: DaySpan,
    /// Number of worlds.
    pub worlds: usize,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpreadRow {
    /// Class.
    pub class: FootprintClass,
    /// Probability.
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
}

/// One area in one year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AreaYear {
    /// Year.
    pub year: i16,
    /// Area, or `elsewhere`.
    pub area: String,
    /// Expected number of events.
    pub events: f64,
    /// Deaths: 5 %, 50 %, 95 %.
    pub deaths: [u32; 3],
}

/// One event for the map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpreadEvent {
    /// The data set's id.
    pub id: String,
    /// Place as coded.
    pub place: String,
    /// Longitude, latitude as coded.
    pub at: [f64; 2],
    /// Precision of the place, 1 to 7.
    pub where_prec: u8,
    /// First and last day.
    pub days: [Day; 2],
    /// Best estimate of deaths.
    pub best: u32,
    /// P(in the home area).
    pub home: f64,
    /// In the current window (by its first day).
    pub current: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Actor as named in the file.
    pub actor: String,
    /// Home area.
    pub home: String,
    /// Reference window.
    pub reference: [Day; 2],
    /// Current window.
    pub window: [Day; 2],
    /// Number of worlds.
    pub worlds: usize,
    /// Events of the actor in the file.
    pub events: usize,
    /// Of these, rows with low, best and high out of order (accepted).
    pub disordered: usize,
    /// Of these, rows placed no better than their province, by precision code.
    pub imprecise: usize,
    /// Classes with probabilities.
    pub footprint: Vec<SpreadRow>,
    /// Expected events inside and outside home, reference and current: in0, in1, out0, out1.
    pub expected: [f64; 4],
    /// Dispersion that tempers the counts.
    pub dispersion: f64,
    /// Table by year and area.
    pub table: Vec<AreaYear>,
    /// For the map.
    pub points: Vec<SpreadEvent>,
}

/// How well a name in the file fits what was asked for; smaller is better.
fn misfit(asked: &str, name: &str) -> Option<u32> {
    let norm = |s: &str| s.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect::<String>().to_lowercase();
    let (a, n) = (norm(asked), norm(name));
    let initials = |s: &str| {
        s.split_whitespace()
            .filter(|w| !matches!(*w, "of" | "the" | "and" | "for" | "in"))
            .filter_map(|w| w.chars().next())
            .collect::<String>()
    };
    if a == n {
        Some(0)
    } else if a.len() >= 2 && (initials(&n) == a || initials(&a) == n) {
        // IMU for the Islamic Movement of Uzbekistan, either way round.
        Some(1)
    } else if n.split_whitespace().collect::<Vec<_>>().starts_with(&a.split_whitespace().collect::<Vec<_>>()) {
        Some(2)
    } else if n.split_whitespace().any(|w| w == a) || (a.contains(' ') && n.contains(&a)) {
        Some(3)
    } else if strsim::jaro_winkler(&a, &n) > 0.92 {
        Some(4)
    } else if a.len() >= 4 && n.contains(&a) {
        Some(5)
    } else {
        None
    }
}

/// The one name that is meant; ambiguous or unknown names come back with the candidates.
///
/// # Errors
/// A phrase with the candidates and how often each occurs.
pub fn resolve_name<'a>(asked: &str, what: &str, names: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for n in names.into_iter().filter(|n| !n.is_empty()) {
        *counts.entry(n).or_default() += 1;
    }
    let mut fits: Vec<(u32, &str)> = counts.keys().filter_map(|n| Some((misfit(asked, n)?, *n))).collect();
    fits.sort_unstable();
    let show = |list: &[(u32, &str)]| {
        list.iter().take(12).map(|(_, n)| format!("{n} ({} rows)", counts[n])).collect::<Vec<_>>().join("; ")
    };
    match fits.as_slice() {
        [] => {
            let mut near: Vec<(f64, &str)> =
                counts.keys().map(|n| (strsim::jaro_winkler(&asked.to_lowercase(), &n.to_lowercase()), *n)).collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
            let near: Vec<(u32, &str)> = near.into_iter().take(8).map(|(_, n)| (0, n)).collect();
            Err(format!("no {what} in the file is called `{asked}`; nearest: {}", show(&near)))
        }
        [one] => Ok(one.1.to_owned()),
        [first, second, ..] if first.0 < second.0 && first.0 <= 2 => Ok(first.1.to_owned()),
        _ => Err(format!("`{asked}` may mean several: {}; give more of the name", show(&fits))),
    }
}

/// The convex hull of the actor's precisely placed events in its first three years, as a home area.
///
/// # Errors
/// When there are too few such events.
pub fn hull(events: &[&Event]) -> Result<Geometry, String> {
    let first = events.iter().map(|e| Day(e.first)).min().ok_or("the actor has no event in the file")?;
    let early: Vec<geo::Coord<f64>> = events
        .iter()
        .filter(|e| precise(e) && e.first < first.0 + 3 * 365)
        .map(|e| geo::Coord { x: at(e).lon, y: at(e).lat })
        .collect();
    let points: geo::MultiPoint<f64> = early.iter().map(|c| geo::Point(*c)).collect();
    let ring: Vec<LonLat> = points.convex_hull().exterior().0.iter().map(|c| LonLat { lon: c.x, lat: c.y }).collect();
    if ring.len() < 4 || model::ring_area(&ring) < 1e-6 {
        return Err(format!(
            "only {} precisely placed events in the first three years (from {first}): name a home with --home",
            early.len()
        ));
    }
    Ok(Geometry::Polygons(vec![Polygon { rings: vec![ring] }]))
}

/// Where a row may lie, as far as the areas of the question can tell: distinct sets of areas (as bits), each with the
/// number of possible places up to and including it.
#[derive(Debug, Clone, PartialEq)]
struct Where(Vec<(u32, u64)>);

impl Where {
    fn new(masks: impl IntoIterator<Item = u64>) -> Self {
        let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
        for m in masks {
            *counts.entry(m).or_default() += 1;
        }
        let mut sum = 0;
        Self(
            counts
                .into_iter()
                .map(|(mask, n)| {
                    sum += n;
                    (sum, mask)
                })
                .collect(),
        )
    }

    /// The areas drawn; `u` is only asked for when there is a choice.
    fn draw(&self, u: impl FnOnce() -> f64) -> u64 {
        match self.0.as_slice() {
            [] => 0,
            [(_, mask)] => *mask,
            many => {
                let at = (u() * f64::from(many[many.len() - 1].0)) as u32;
                many[many.partition_point(|(sum, _)| *sum <= at).min(many.len() - 1)].1
            }
        }
    }

    /// The share of places in an area.
    fn share(&self, area: usize) -> f64 {
        let mut before = 0;
        let mut inside = 0;
        for (sum, mask) in &self.0 {
            inside += (sum - before) * u32::from(mask >> area & 1 == 1);
            before = *sum;
        }
        f64::from(inside) / f64::from(before.max(1))
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
    let own = |e: &Event| Where::new([mask(at(e), &e.adm1)]);
    let disc = |e: &Event, km: f64| {
        if polygons {
            let points = Geometry::Point { at: at(e), uncertainty_m: km * 1000.0 }.sample(32);
            Where::new(points.into_iter().map(|p| mask(p, &e.adm1)))
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
            let found: Vec<u64> = exact.iter().filter(|o| near(o)).take(256).map(|o| mask(at(o), &o.adm1)).collect();
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
struct Toll {
    bounds: (u32, u32),
    best: u32,
    /// ln(best + .3), and the spread below and above it.
    law: (f64, f64, f64),
}

impl Toll {
    fn new((low, best, high): (u32, u32, u32)) -> Self {
        let log = |x: u32| libm::log(f64::from(x) + 0.3);
        let law = (log(best), (log(best) - log(low)) / 1.645, (log(high) - log(best)) / 1.645);
        Self { bounds: (low, high), best, law }
    }

    /// One draw; `u` is only asked for when there is a choice.
    fn draw(&self, u: impl FnOnce() -> f64) -> u32 {
        if self.bounds.0 == self.bounds.1 {
            return self.best;
        }
        let z = normal_quantile(u());
        let (mu, below, above) = self.law;
        let x = libm::round(libm::exp(mu + z * if z < 0.0 { below } else { above }) - 0.3).max(0.0) as u32;
        x.clamp(self.bounds.0, self.bounds.1)
    }
}

/// Answers the question.
///
/// # Errors
/// When the actor has no events in either window.
pub fn spread(all: &[Event], options: &SpreadOptions) -> Result<Spread, String> {
    let mine: Vec<&Event> = all.iter().filter(|e| e.actor1 == options.actor || e.actor2 == options.actor).collect();
    let named: Vec<&SpreadArea> = std::iter::once(&options.home).chain(&options.areas).collect();
    if named.len() > 63 {
        return Err("at most 63 areas can be told apart".into());
    }
    let laws = wheres(&mine, &named);
    let tolls: Vec<Toll> =
        mine.iter().map(|e| Toll::new(e.deaths.map_or((0, 0, 0), |d| (d.low, d.best, d.high)))).collect();
    let names: Vec<u64> = mine.iter().map(|e| entity(&format!("ged:{}", e.id))).collect();
    // The table is dense: years by areas, and elsewhere.
    let first_year = mine.iter().map(|e| Day(e.first).year()).min().unwrap_or(0);
    let last_year = mine.iter().map(|e| Day(e.last).year()).max().unwrap_or(0);
    let columns = named.len() + 1;
    let cells = (last_year - first_year + 1) as usize * columns;
    // The year of a day, by table: a civil date for every draw would cost more than the draw.
    let first_day = mine.iter().map(|e| e.first).min().unwrap_or(0);
    let last_day = mine.iter().map(|e| e.last).max().unwrap_or(0);
    let year_of: Vec<u16> = (first_day..=last_day).map(|d| (Day(d).year() - first_year) as u16).collect();
    let n = options.worlds;
    struct Drawn {
        counts: Counts,
        weekly: Vec<u16>,
        /// By year and area: events and deaths.
        table: Vec<(u32, u32)>,
    }
    let weeks0 = f64::from(options.reference.days()) / 7.0;
    let weeks1 = f64::from(options.window.days()) / 7.0;
    let worlds: Vec<Drawn> = (0..n)
        .into_par_iter()
        .map(|w| {
            let mut d = Drawn {
                counts: Counts { in0: 0, in1: 0, out0: 0, out1: 0 },
                weekly: vec![0; libm::ceil(weeks0) as usize],
                table: vec![(0, 0); cells],
            };
            for (i, e) in mine.iter().enumerate() {
                let u = |a: u32| uniform(1, w as u32, names[i], a);
                if u(attribute::SO) >= if e.has(flag::UNCLEAR) { UNCLEAR } else { CLEAR } {
                    continue;
                }
                let span = e.last - e.first + 1;
                let day = match span {
                    1 => Day(e.first),
                    _ => Day(e.first + (u(attribute::DAY) * f64::from(span)) as i32),
                };
                let areas = laws[i].draw(|| u(attribute::PLACE));
                if options.reference.contains(day) {
                    d.weekly[((day.0 - options.reference.from.0) / 7) as usize] += 1;
                    if areas & 1 == 1 { d.counts.in0 += 1 } else { d.counts.out0 += 1 }
                } else if options.window.contains(day) {
                    if areas & 1 == 1 { d.counts.in1 += 1 } else { d.counts.out1 += 1 }
                }
                let deaths = tolls[i].draw(|| u(attribute::FIGURE));
                let row = usize::from(year_of[(day.0 - first_day) as usize]) * columns;
                let mut put = |area: usize| {
                    let cell = &mut d.table[row + area];
                    *cell = (cell.0 + 1, cell.1 + deaths);
                };
                if areas == 0 {
                    put(named.len());
                }
                let mut rest = areas;
                while rest != 0 {
                    put(rest.trailing_zeros() as usize);
                    rest &= rest - 1;
                }
            }
            d
        })
        .collect();
    let mean = |f: &dyn Fn(&Counts) -> u32| worlds.iter().map(|d| f64::from(f(&d.counts))).sum::<f64>() / n as f64;
    let expected = [mean(&|c| c.in0), mean(&|c| c.in1), mean(&|c| c.out0), mean(&|c| c.out1)];
    if expected.iter().sum::<f64>() < 0.5 {
        return Err(format!(
            "`{}` has no event between {} and {}: give --reference and --window",
            options.actor, options.reference.from, options.window.to
        ));
    }
    let weekly: Vec<f64> = (0..libm::ceil(weeks0) as usize)
        .map(|i| worlds.iter().map(|d| f64::from(d.weekly[i])).sum::<f64>() / n as f64)
        .collect();
    let phi = dispersion(&weekly);
    let mut model = FootprintModel::new(weeks0, weeks1, 1.0, phi, 1024);
    let chances: Vec<[f64; 5]> = worlds.iter().map(|d| model.classes(d.counts)).collect();
    let footprint = FootprintClass::ALL
        .into_iter()
        .enumerate()
        .map(|(i, class)| {
            let (probability, error) = mean_se(&chances.iter().map(|c| c[i]).collect::<Vec<_>>());
            SpreadRow { class, probability, error }
        })
        .collect();
    let table = (0..cells)
        .filter(|cell| worlds.iter().any(|d| d.table[*cell].0 > 0))
        .map(|cell| {
            let mut deaths: Vec<u32> = worlds.iter().map(|d| d.table[cell].1).collect();
            deaths.sort_unstable();
            AreaYear {
                year: first_year + (cell / columns) as i16,
                area: named.get(cell % columns).map_or("elsewhere".to_owned(), |a| a.name.clone()),
                events: worlds.iter().map(|d| f64::from(d.table[cell].0)).sum::<f64>() / n as f64,
                deaths: [quantile(&deaths, 0.05), quantile(&deaths, 0.5), quantile(&deaths, 0.95)],
            }
        })
        .collect();
    let points = mine
        .iter()
        .zip(&laws)
        .map(|(e, law)| SpreadEvent {
            id: e.id.to_string(),
            place: e.place.to_string(),
            at: [at(e).lon, at(e).lat],
            where_prec: e.extent as u8,
            days: [Day(e.first), Day(e.last)],
            best: e.deaths.map_or(0, |d| d.best),
            home: law.share(0),
            current: options.window.contains(Day(e.first)),
        })
        .collect();
    Ok(Spread {
        actor: options.actor.clone(),
        home: options.home.name.clone(),
        reference: [options.reference.from, options.reference.to],
        window: [options.window.from, options.window.to],
        worlds: n,
        events: mine.len(),
        disordered: mine.iter().filter(|e| e.has(flag::DISORDERED)).count(),
        imprecise: mine.iter().filter(|e| (Exactness::Adm1..=Exactness::Country).contains(&e.extent)).count(),
        footprint,
        expected,
        dispersion: phi,
        table,
        points,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_part_initials_and_likeness() {
        let names =
            ["Kachin State", "Shan State", "Kayin State", "KIO", "KNU", "Government of Myanmar (Burma)", "ARSA"];
        let find = |x: &str| resolve_name(x, "name", names);
        assert_eq!(find("Kachin").unwrap(), "Kachin State");
        assert_eq!(find("kachin state").unwrap(), "Kachin State");
        assert_eq!(find("Kachin Independence Organization").unwrap(), "KIO");
        assert_eq!(find("Kachn State").unwrap(), "Kachin State");
        assert!(find("State").unwrap_err().contains("may mean several: Kachin State (1 rows)"), "{:?}", find("State"));
        assert!(find("Karabakh").unwrap_err().starts_with("no name in the file is called `Karabakh`; nearest: "));
    }

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
        let law = Where::new([0b01, 0b11, 0b01, 0b00]);
        assert_eq!((law.share(0), law.share(1)), (0.75, 0.25));
        let drawn: Vec<u64> = (0..8).map(|i| law.draw(|| (f64::from(i) + 0.5) / 8.0)).collect();
        assert_eq!(drawn, [0, 0, 1, 1, 1, 1, 3, 3]);
        assert_eq!(Where::new([0b10, 0b10]).draw(|| unreachable!("no choice, no draw")), 0b10);
    }
}
