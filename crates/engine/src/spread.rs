//! The two-minute answer: is a group contained, relocating or expanding? From one event data file alone.
//!
//! Imprecision stays: a row known only to its province or country is placed, world by world, where the file's
//! precise rows of that province or country lie; a span of days is a span; low, best and high are a distribution;
//! `event_clarity` 2 may be no event of its own.

mod clusters;
mod laws;
mod movement;
mod of_case;
mod screen;
mod tenure;

use std::collections::BTreeMap;

use formats::{Extent as Exactness, Record, flag};
use geo::ConvexHull;
use model::{Day, DaySpan, FootprintClass, Geometry, LonLat, Polygon};
use rayon::prelude::*;
use serde::Serialize;
use stats::{Counts, FootprintModel, dispersion, mean_se, quantile};

pub use clusters::{Cluster, ClusterLaw, ClusterSearch};
use laws::Rows;
pub use movement::{Diffusion, Estimate, Movement, NearRepeat, Reach};
pub use of_case::{Crowd, crowds, spread_of_case};
pub use screen::{Screened, screen};
pub use tenure::{Episode, Lasting, Tenure};

/// A row of an event data set.
pub type Event = Record<'static>;

/// Where a row is coded; rows without a point are left out before.
fn at(e: &Event) -> LonLat {
    e.point().unwrap_or(LonLat { lon: 0.0, lat: 0.0 })
}

fn precise(e: &Event) -> bool {
    e.extent <= Exactness::Adm2
}

/// Rows of which movement and clusters are worked out, at most.
const DETAILED: usize = 20_000;

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
    /// Others whose events count as its own.
    pub with: Vec<String>,
    /// Home.
    pub home: SpreadArea,
    /// Further areas for the table.
    pub areas: Vec<SpreadArea>,
    /// Reference window.
    pub reference: DaySpan,
    /// Current window.
    pub window: DaySpan,
    /// Dormant when fewer events than this are expected in the current window.
    pub dormant_below: f64,
    /// Earlier periods that the current window is compared with.
    pub compared: Vec<DaySpan>,
    /// Whether movement and clusters are worked out too.
    pub detail: bool,
    /// Which clusters are looked for.
    pub clusters: ClusterSearch,
    /// Number of worlds.
    pub worlds: usize,
}

impl SpreadOptions {
    /// Whether the actor, or one that counts with it, takes part in an event.
    fn means(&self, e: &Event) -> bool {
        let is = |name: &str| name == self.actor || self.with.iter().any(|w| w == name);
        is(&e.actor1) || is(&e.actor2)
    }
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
    /// What the file reports of everybody else.
    pub effort: Effort,
    /// When it changed, how far it went; `None` where a window has no event.
    pub movement: Option<Movement>,
    /// Clusters are of any time, not only of the end of the current window.
    pub any_time: bool,
    /// What crowds together, the strongest first.
    pub clusters: Vec<Cluster>,
    /// How long it stays anywhere.
    pub tenure: Tenure,
    /// Table by year and area.
    pub table: Vec<AreaYear>,
    /// For the map.
    pub points: Vec<SpreadEvent>,
}

/// What the file reports of all other actors: more reporters make more events of everybody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effort {
    /// Their events inside and outside home, reference and current, as coded: in0, in1, out0, out1.
    pub others: [u32; 4],
    /// How many times as many a week as before, inside and outside; drawn towards 1 where there are few.
    pub growth: [f64; 2],
    /// The classes if all of that growth were better reporting, and none of it more violence.
    pub footprint: Vec<SpreadRow>,
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

/// Events of everybody else inside and outside home in both windows, and how many times as many a week there are now.
fn effort(all: &[Event], options: &SpreadOptions, tally: &Tally) -> ([u32; 4], [f64; 2]) {
    let mut n = [0u32; 4];
    for e in all.iter().filter(|e| !options.means(e) && precise(e)) {
        let inside = match &options.home.extent {
            Extent::Province(name) => e.adm1 == *name,
            Extent::Polygon(g) => g.contains(at(e)),
        };
        let k = 2 * usize::from(!inside);
        if options.reference.contains(Day(e.first)) {
            n[k] += 1;
        } else if options.window.contains(Day(e.first)) {
            n[k + 1] += 1;
        }
    }
    // Worth twenty events of no growth: little evidence moves little.
    let growth = |before: u32, now: u32| {
        let expected = f64::from(before) * tally.weeks[1] / tally.weeks[0];
        (f64::from(now) + 20.0) / (expected + 20.0)
    };
    (n, [growth(n[0], n[1]), growth(n[2], n[3])])
}

/// Answers the question.
///
/// # Errors
/// When the actor has no events in either window.
pub fn spread(all: &[Event], options: &SpreadOptions) -> Result<Spread, String> {
    let mine: Vec<&Event> = all.iter().filter(|e| options.means(e)).collect();
    let named: Vec<&SpreadArea> = std::iter::once(&options.home).chain(&options.areas).collect();
    if named.len() > 63 {
        return Err("at most 63 areas can be told apart".into());
    }
    answer(Rows::new(mine, &named), all, &named, options)
}

/// Answers it of rows whose fate in each world is known; `all` are everybody's.
fn answer(rows: Rows<'_>, all: &[Event], named: &[&SpreadArea], options: &SpreadOptions) -> Result<Spread, String> {
    let mine = &rows.mine;
    let n = options.worlds;
    let tally = Tally::new(&rows, options.reference, options.window, n);
    let expected = tally.expected();
    if expected.iter().sum::<f64>() < 0.5 {
        return Err(format!(
            "`{}` has no event between {} and {}: give --reference and --window",
            options.actor, options.reference.from, options.window.to
        ));
    }
    let (others, growth) = effort(all, options, &tally);
    let effort = Effort {
        others,
        growth,
        footprint: tally.classes(&mut tally.model(options.dormant_below).with_effort(growth)),
    };
    let points = mine
        .iter()
        .zip(&rows.laws)
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
    let events = mine.len();
    let disordered = mine.iter().filter(|e| e.has(flag::DISORDERED)).count();
    let imprecise = mine.iter().filter(|e| (Exactness::Adm1..=Exactness::Country).contains(&e.extent)).count();
    let (tenure, table) = (tenure::tenure(&rows, options.window.to), table(&rows, named, n));
    // Of fewer than two events a window has no geometry to speak of.
    let enough = expected[0] + expected[2] >= 2.0 && expected[1] + expected[3] >= 2.0;
    let (movement, clusters) = if options.detail {
        let first = all.iter().map(|e| Day(e.first)).min().unwrap_or(options.reference.from);
        // Pairs of events are looked at: of very many, every so manieth.
        let some = rows.thinned(DETAILED, named);
        (
            enough
                .then(|| movement::movement(&some, &tally, options.reference, options.window, &options.compared))
                .flatten(),
            clusters::clusters(&some, all, options, first),
        )
    } else {
        (None, Vec::new())
    };
    Ok(Spread {
        actor: options.actor.clone(),
        home: options.home.name.clone(),
        reference: [options.reference.from, options.reference.to],
        window: [options.window.from, options.window.to],
        worlds: n,
        events,
        disordered,
        imprecise,
        footprint: tally.classes(&mut tally.model(options.dormant_below)),
        expected,
        dispersion: tally.phi,
        effort,
        movement,
        any_time: options.clusters.any_time,
        clusters,
        tenure,
        table,
        points,
    })
}

/// What both windows hold in every world.
struct Tally {
    counts: Vec<Counts>,
    /// Expected events by week, from the beginning of the reference to the end of the current window, inside and outside.
    weekly: [Vec<f64>; 2],
    /// Length of reference and current window.
    weeks: [f64; 2],
    /// Dispersion of the reference window's weeks.
    phi: f64,
}

impl Tally {
    fn new(rows: &Rows<'_>, reference: DaySpan, window: DaySpan, n: usize) -> Self {
        let span = ((window.to.0 - reference.from.0) / 7 + 1) as usize;
        let worlds: Vec<(Counts, [Vec<u16>; 2])> = (0..n)
            .into_par_iter()
            .map(|w| {
                let mut c = Counts { in0: 0, in1: 0, out0: 0, out1: 0 };
                let mut weekly = [vec![0; span], vec![0; span]];
                for i in 0..rows.mine.len() {
                    let Some(drawn) = rows.draw(i, w) else { continue };
                    let inside = drawn.areas & 1 == 1;
                    if (reference.from..=window.to).contains(&drawn.day) {
                        weekly[usize::from(!inside)][((drawn.day.0 - reference.from.0) / 7) as usize] += 1;
                    }
                    if reference.contains(drawn.day) {
                        *if inside { &mut c.in0 } else { &mut c.out0 } += 1;
                    } else if window.contains(drawn.day) {
                        *if inside { &mut c.in1 } else { &mut c.out1 } += 1;
                    }
                }
                (c, weekly)
            })
            .collect();
        let weekly: [Vec<f64>; 2] = std::array::from_fn(|side| {
            (0..span).map(|i| worlds.iter().map(|w| f64::from(w.1[side][i])).sum::<f64>() / n as f64).collect()
        });
        let weeks = [reference, window].map(|s| f64::from(s.days()) / 7.0);
        let before: Vec<f64> =
            weekly[0].iter().zip(&weekly[1]).take(libm::ceil(weeks[0]) as usize).map(|(a, b)| a + b).collect();
        Self { counts: worlds.into_iter().map(|w| w.0).collect(), weekly, weeks, phi: dispersion(&before) }
    }

    /// Expected in0, in1, out0, out1.
    fn expected(&self) -> [f64; 4] {
        let mean =
            |f: fn(&Counts) -> u32| self.counts.iter().map(|c| f64::from(f(c))).sum::<f64>() / self.counts.len() as f64;
        [mean(|c| c.in0), mean(|c| c.in1), mean(|c| c.out0), mean(|c| c.out1)]
    }

    fn model(&self, dormant_below: f64) -> FootprintModel {
        FootprintModel::new(self.weeks[0], self.weeks[1], dormant_below, self.phi, 1024)
    }

    fn classes(&self, model: &mut FootprintModel) -> Vec<SpreadRow> {
        let chances: Vec<[f64; 5]> = self.counts.iter().map(|c| model.classes(*c)).collect();
        FootprintClass::ALL
            .into_iter()
            .enumerate()
            .map(|(i, class)| {
                let (probability, error) = mean_se(&chances.iter().map(|c| c[i]).collect::<Vec<_>>());
                SpreadRow { class, probability, error }
            })
            .collect()
    }
}

/// Events and deaths by year and area, and elsewhere.
fn table(rows: &Rows<'_>, named: &[&SpreadArea], n: usize) -> Vec<AreaYear> {
    let mine = &rows.mine;
    let first_year = mine.iter().map(|e| Day(e.first).year()).min().unwrap_or(0);
    let last_year = mine.iter().map(|e| Day(e.last).year()).max().unwrap_or(0);
    let columns = named.len() + 1;
    let cells = (last_year - first_year + 1) as usize * columns;
    // The year of a day, by table: a civil date for every draw would cost more than the draw.
    let first_day = mine.iter().map(|e| e.first).min().unwrap_or(0);
    let last_day = mine.iter().map(|e| e.last).max().unwrap_or(0);
    let year_of: Vec<u16> = (first_day..=last_day).map(|d| (Day(d).year() - first_year) as u16).collect();
    let worlds: Vec<Vec<(u32, u32)>> = (0..n)
        .into_par_iter()
        .map(|w| {
            let mut table = vec![(0, 0); cells];
            for i in 0..mine.len() {
                let Some(drawn) = rows.draw(i, w) else { continue };
                let deaths = rows.deaths(i, w);
                let row = usize::from(year_of[(drawn.day.0 - first_day) as usize]) * columns;
                let mut put = |area: usize| {
                    let cell: &mut (u32, u32) = &mut table[row + area];
                    *cell = (cell.0 + 1, cell.1 + deaths);
                };
                if drawn.areas == 0 {
                    put(named.len());
                }
                let mut rest = drawn.areas;
                while rest != 0 {
                    put(rest.trailing_zeros() as usize);
                    rest &= rest - 1;
                }
            }
            table
        })
        .collect();
    (0..cells)
        .filter(|cell| worlds.iter().any(|t| t[*cell].0 > 0))
        .map(|cell| {
            let mut deaths: Vec<u32> = worlds.iter().map(|t| t[cell].1).collect();
            deaths.sort_unstable();
            AreaYear {
                year: first_year + (cell / columns) as i16,
                area: named.get(cell % columns).map_or("elsewhere".to_owned(), |a| a.name.clone()),
                events: worlds.iter().map(|t| f64::from(t[cell].0)).sum::<f64>() / n as f64,
                deaths: [quantile(&deaths, 0.05), quantile(&deaths, 0.5), quantile(&deaths, 0.95)],
            }
        })
        .collect()
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
}
