//! The two-minute answer: is a group contained, relocating or expanding? From a UCDP GED file alone.
//!
//! Imprecision stays: a row known only to its province or country is placed, world by world, where the file's
//! precise rows of that province or country lie; a span of days is a span; low, best and high are a distribution;
//! `event_clarity` 2 may be no event of its own.

use std::collections::BTreeMap;

use formats::ged::Event;
use geo::ConvexHull;
use model::{Day, DaySpan, FootprintClass, Geometry, LonLat, Polygon, distance_m};
use rayon::prelude::*;
use serde::Serialize;
use stats::{Counts, FootprintModel, dispersion, entity, mean_se, normal_quantile, quantile, uniform};

use crate::stage::worlds::attribute;

/// P(a row is an event of its own) by `event_clarity`; our choice, said on the page.
const CLEAR: f64 = 0.98;
const UNCLEAR: f64 = 0.85;
/// Radius in kilometres that holds 90 % of the belief for `where_prec` 2, 3 and 7.
const NEAR_KM: f64 = 25.0;
const DISTRICT_KM: f64 = 35.0;
const SEA_KM: f64 = 60.0;

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
    /// UCDP's id.
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
    let first = events.iter().map(|e| e.days.0).min().ok_or("the actor has no event in the file")?;
    let early: Vec<geo::Coord<f64>> = events
        .iter()
        .filter(|e| e.where_prec <= 3 && e.days.0.0 < first.0 + 3 * 365)
        .map(|e| geo::Coord { x: e.at.lon, y: e.at.lat })
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

/// Where a row may lie: points with the province each is in.
fn places<'a>(e: &'a Event, precise: &[&'a Event]) -> Vec<(LonLat, &'a str)> {
    let disc = |km: f64| -> Vec<(LonLat, &'a str)> {
        Geometry::Point { at: e.at, uncertainty_m: km * 1000.0 }
            .sample(32)
            .into_iter()
            .map(|p| (p, e.adm_1.as_str()))
            .collect()
    };
    let among = |near: &dyn Fn(&Event) -> bool| -> Vec<(LonLat, &'a str)> {
        let found: Vec<_> = precise.iter().filter(|o| near(o)).map(|o| (o.at, o.adm_1.as_str())).take(256).collect();
        if found.is_empty() { vec![(e.at, e.adm_1.as_str())] } else { found }
    };
    match e.where_prec {
        1 => vec![(e.at, e.adm_1.as_str())],
        2 => disc(NEAR_KM),
        3 => disc(DISTRICT_KM),
        4 => among(&|o| o.country == e.country && o.adm_1 == e.adm_1),
        5 => among(&|o| o.country == e.country && distance_m(o.at, e.at) < 150_000.0),
        6 => among(&|o| o.country == e.country),
        _ => disc(SEA_KM),
    }
}

/// Answers the question.
///
/// # Errors
/// When the actor has no events in either window.
pub fn spread(all: &[Event], options: &SpreadOptions) -> Result<Spread, String> {
    let mine: Vec<&Event> = all.iter().filter(|e| e.side_a == options.actor || e.side_b == options.actor).collect();
    // Imprecise rows are placed where this actor's precise rows are.
    let precise: Vec<&Event> = mine.iter().copied().filter(|e| e.where_prec <= 3).collect();
    let inside = |area: &SpreadArea, p: LonLat, province: &str| match &area.extent {
        Extent::Province(name) => province == name,
        Extent::Polygon(g) => g.contains(p),
    };
    let named: Vec<&SpreadArea> = std::iter::once(&options.home).chain(&options.areas).collect();
    // By event: for each possible place, in which areas it lies.
    let laws: Vec<Vec<Vec<bool>>> = mine
        .par_iter()
        .map(|e| {
            places(e, &precise).into_iter().map(|(p, adm)| named.iter().map(|a| inside(a, p, adm)).collect()).collect()
        })
        .collect();
    let names: Vec<u64> = mine.iter().map(|e| entity(&format!("ged:{}", e.id))).collect();
    let n = options.worlds;
    struct Drawn {
        counts: Counts,
        weekly: Vec<u16>,
        /// (year, area) to events and deaths.
        table: BTreeMap<(i16, usize), (u32, u32)>,
    }
    let weeks0 = f64::from(options.reference.days()) / 7.0;
    let weeks1 = f64::from(options.window.days()) / 7.0;
    let worlds: Vec<Drawn> = (0..n)
        .into_par_iter()
        .map(|w| {
            let mut d = Drawn {
                counts: Counts { in0: 0, in1: 0, out0: 0, out1: 0 },
                weekly: vec![0; libm::ceil(weeks0) as usize],
                table: BTreeMap::new(),
            };
            for (i, e) in mine.iter().enumerate() {
                let u = |a: u32| uniform(1, w as u32, names[i], a);
                if u(attribute::SO) >= if e.clarity >= 2 { UNCLEAR } else { CLEAR } {
                    continue;
                }
                let span = e.days.1.0 - e.days.0.0 + 1;
                let day = Day(e.days.0.0 + (u(attribute::DAY) * f64::from(span)) as i32);
                let law = &laws[i];
                let areas = &law[(u(attribute::PLACE) * law.len() as f64) as usize];
                if options.reference.contains(day) {
                    d.weekly[((day.0 - options.reference.from.0) / 7) as usize] += 1;
                    if areas[0] { d.counts.in0 += 1 } else { d.counts.out0 += 1 }
                } else if options.window.contains(day) {
                    if areas[0] { d.counts.in1 += 1 } else { d.counts.out1 += 1 }
                }
                let deaths = deaths(e.deaths, u(attribute::FIGURE));
                let mut put = |area: usize| {
                    let cell = d.table.entry((day.year(), area)).or_default();
                    cell.0 += 1;
                    cell.1 += deaths;
                };
                for (k, _) in areas.iter().enumerate().filter(|(_, inside)| **inside) {
                    put(k);
                }
                if !areas.iter().any(|inside| *inside) {
                    put(named.len());
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
    let mut keys: Vec<(i16, usize)> = worlds.iter().flat_map(|d| d.table.keys().copied()).collect();
    keys.sort_unstable();
    keys.dedup();
    let table = keys
        .into_iter()
        .map(|(year, area)| {
            let cell = |d: &Drawn| d.table.get(&(year, area)).copied().unwrap_or((0, 0));
            let mut deaths: Vec<u32> = worlds.iter().map(|d| cell(d).1).collect();
            deaths.sort_unstable();
            AreaYear {
                year,
                area: named.get(area).map_or("elsewhere".to_owned(), |a| a.name.clone()),
                events: worlds.iter().map(|d| f64::from(cell(d).0)).sum::<f64>() / n as f64,
                deaths: [quantile(&deaths, 0.05), quantile(&deaths, 0.5), quantile(&deaths, 0.95)],
            }
        })
        .collect();
    let points = mine
        .iter()
        .zip(&laws)
        .map(|(e, law)| SpreadEvent {
            id: e.id.clone(),
            place: e.place.clone(),
            at: [e.at.lon, e.at.lat],
            where_prec: e.where_prec,
            days: [e.days.0, e.days.1],
            best: e.deaths.1,
            home: law.iter().filter(|a| a[0]).count() as f64 / law.len() as f64,
            current: options.window.contains(e.days.0),
        })
        .collect();
    Ok(Spread {
        actor: options.actor.clone(),
        home: options.home.name.clone(),
        reference: [options.reference.from, options.reference.to],
        window: [options.window.from, options.window.to],
        worlds: n,
        events: mine.len(),
        disordered: mine.iter().filter(|e| e.disordered).count(),
        imprecise: mine.iter().filter(|e| (4..=6).contains(&e.where_prec)).count(),
        footprint,
        expected,
        dispersion: phi,
        table,
        points,
    })
}

/// One draw of the toll: log-normal around the best estimate with the spread that low and high imply (they are read
/// as 5 % and 95 %), kept between them.
fn deaths((low, best, high): (u32, u32, u32), u: f64) -> u32 {
    if low == high {
        return best;
    }
    let log = |x: u32| libm::log(f64::from(x) + 0.3);
    // A split normal: the two sides may differ.
    let z = normal_quantile(u);
    let sigma = if z < 0.0 { log(best) - log(low) } else { log(high) - log(best) } / 1.645;
    let x = libm::round(libm::exp(log(best) + sigma * z) - 0.3).max(0.0) as u32;
    x.clamp(low, high)
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
        for i in 0..200 {
            let u = (f64::from(i) + 0.5) / 200.0;
            assert!((1..=30).contains(&deaths((1, 2, 30), u)));
            assert_eq!(deaths((4, 4, 4), u), 4);
        }
        assert_eq!(deaths((1, 5, 30), 0.5), 5);
    }
}
