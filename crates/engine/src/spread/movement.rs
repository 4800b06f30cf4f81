//! When it changed, how far it went, and whether presence grows or moves.

use model::{Day, DaySpan, LonLat};
use rayon::prelude::*;
use serde::Serialize;
use stats::{
    Hawkes, Motion, Sites, Stream, Whereabouts, bursts, entity, knox, mantel, motions, quantile, regime_begins,
};

use super::laws::Rows;
use super::{Tally, precise};

/// Worlds in which geometry is worked out.
const WORLDS: usize = 256;
/// Events of one burst: within so many kilometres and days of another.
const BURST: (f64, i32) = (15.0, 14);
/// Kilometres of a cell's side.
const CELL_KM: f64 = 25.0;
/// What counts as near in the near-repeat tests: kilometres and days.
const NEAR_KM: [f64; 4] = [1.0, 5.0, 10.0, 25.0];
const NEAR_DAYS: [u32; 4] = [1, 3, 7, 14];
const SHUFFLES: u32 = 199;
/// Mantel's test looks at all pairs: of more events than this it would take minutes.
const MANTEL: usize = 1_500;

/// A number with its 80 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Median.
    pub median: f64,
    /// 10 %.
    pub low: f64,
    /// 90 %.
    pub high: f64,
}

impl Estimate {
    fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        Self { median: quantile(&all, 0.5), low: quantile(&all, 0.1), high: quantile(&all, 0.9) }
    }
}

/// The geometry of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reach {
    /// First and last day.
    pub days: [Day; 2],
    /// Expected events.
    pub events: f64,
    /// Root mean squared distance from the centre of gravity, km.
    pub dispersion: Estimate,
    /// Area of the standard deviational ellipse, square km.
    pub ellipse: Estimate,
    /// Distance from the home events' centre within which nine tenths lie, km.
    pub front: Estimate,
    /// Share of worlds in which it is as widely dispersed as the current window, or more.
    pub as_broad: f64,
}

/// Presence in a cell and its neighbour, from month to month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diffusion {
    /// escalation, relocation or contraction.
    pub kind: &'static str,
    /// Pairs of neighbours in which it happened.
    pub observed: u64,
    /// As many as chance gives.
    pub expected: f64,
    /// Share of shuffled histories with as many.
    pub p: f64,
}

/// Pairs of events no farther apart than so much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NearRepeat {
    /// Kilometres.
    pub km: f64,
    /// Days.
    pub days: u32,
    /// Such pairs.
    pub pairs: u64,
    /// As many as chance gives.
    pub expected: f64,
    /// Share of shuffles, itself counted, with as many.
    pub p: f64,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Movement {
    /// The weeks in which the present regime may have begun, the likeliest first; those under 2 % are left out.
    pub begins: Vec<(Day, f64)>,
    /// The chance that it began within the current window.
    pub changed: f64,
    /// Reference, current, and any period asked for.
    pub reach: Vec<Reach>,
    /// How far the centre of gravity has moved, km.
    pub shift: Estimate,
    /// In which direction, degrees from north.
    pub bearing: f64,
    /// The chance that the front is farther out than in the reference window.
    pub farther: f64,
    /// Joint counts.
    pub diffusion: Vec<Diffusion>,
    /// Pairs of events near in space and time (Knox), by kilometres and days.
    pub near_repeat: Vec<NearRepeat>,
    /// Mantel's test of all pairs within 500 km: standard deviations above chance, and the share of shuffles that reach it;
    /// `None` for more than 1,500 events.
    pub mantel: Option<(f64, f64)>,
    /// Events that each event triggers in the mean, with a 90 % interval; `None` where events are no clumpier than chance or too few.
    pub branching: Option<(f64, f64, f64)>,
}

pub(super) fn movement(
    rows: &Rows<'_>,
    tally: &Tally,
    reference: DaySpan,
    current: DaySpan,
    compared: &[DaySpan],
) -> Option<Movement> {
    let begins = regime_begins(&[&tally.weekly[0], &tally.weekly[1]], tally.phi);
    let week = |w: usize| Day(reference.from.0 + 7 * w as i32);
    let changed = begins.iter().enumerate().filter(|(w, _)| week(*w).0 + 6 >= current.from.0).map(|b| b.1).sum();
    let mut ranked: Vec<(Day, f64)> =
        begins.iter().enumerate().map(|(w, p)| (week(w), *p)).filter(|b| b.1 >= 0.02).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));

    let periods: Vec<DaySpan> = [reference, current].iter().chain(compared).copied().collect();
    let home = home_centre(rows)?;
    // Whole bursts are drawn again, since the events of one are not so many independent ones.
    let coded: Vec<((f64, f64), i32)> = rows
        .mine
        .iter()
        .map(|e| {
            let p = super::at(e);
            ((p.lat, p.lon), e.first)
        })
        .collect();
    let burst = bursts(&coded, BURST.0, BURST.1);
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for (i, b) in burst.iter().enumerate() {
        members.entry(*b).or_default().push(i);
    }
    // A burst belongs to the period of its first event.
    let by_period: Vec<Vec<&Vec<usize>>> = periods
        .iter()
        .map(|span| members.values().filter(|m| m.iter().any(|i| span.contains(Day(rows.mine[*i].first)))).collect())
        .collect();
    let worlds: Vec<Vec<(f64, Option<Whereabouts>)>> = (0..WORLDS)
        .into_par_iter()
        .map(|w| {
            periods
                .iter()
                .zip(&by_period)
                .enumerate()
                .map(|(k, (span, bursts))| {
                    let mut draw = Stream::new(1, entity("bursts"), (w * periods.len() + k) as u32);
                    let drawn = |i: usize| rows.draw(i, w).filter(|d| span.contains(d.day));
                    let whole: usize = bursts.iter().flat_map(|b| b.iter()).filter(|i| drawn(**i).is_some()).count();
                    let n = bursts.len();
                    let points: Vec<(f64, f64)> = (0..n)
                        .flat_map(|_| bursts[draw.below(n)])
                        .filter_map(|i| drawn(*i))
                        .map(|d| (d.at.lat, d.at.lon))
                        .collect();
                    (whole as f64, Whereabouts::of(&points, home))
                })
                .collect()
        })
        .collect();
    let both: Vec<(Whereabouts, Whereabouts)> = worlds.iter().filter_map(|w| w[0].1.zip(w[1].1)).collect();
    if both.is_empty() {
        return None;
    }
    let reach = periods
        .iter()
        .enumerate()
        .filter_map(|(k, span)| {
            let of = |what: fn(&Whereabouts) -> f64| -> Vec<f64> {
                worlds.iter().filter_map(|w| w[k].1.as_ref().map(what)).collect()
            };
            let compared: Vec<(f64, f64)> =
                worlds.iter().filter_map(|w| Some((w[k].1?.dispersion, w[1].1?.dispersion))).collect();
            (!compared.is_empty()).then(|| Reach {
                days: [span.from, span.to],
                events: worlds.iter().map(|w| w[k].0).sum::<f64>() / worlds.len() as f64,
                dispersion: Estimate::of(of(|x| x.dispersion)),
                ellipse: Estimate::of(of(|x| x.ellipse)),
                front: Estimate::of(of(|x| x.front)),
                as_broad: compared.iter().filter(|(then, now)| then >= now).count() as f64 / compared.len() as f64,
            })
        })
        .collect();
    let shifts: Vec<(f64, f64)> = both.iter().map(|(then, now)| now.shift(then)).collect();
    // The mean direction, of unit vectors.
    let sum =
        shifts.iter().fold((0.0, 0.0), |s, (_, b)| (s.0 + libm::cos(b.to_radians()), s.1 + libm::sin(b.to_radians())));
    let (near_repeat, mantel) = near_repeat(rows, reference.from, current.to);
    Some(Movement {
        begins: ranked,
        changed,
        reach,
        shift: Estimate::of(shifts.iter().map(|s| s.0).collect()),
        bearing: (libm::atan2(sum.1, sum.0).to_degrees() + 360.0) % 360.0,
        farther: both.iter().filter(|(then, now)| now.front > then.front).count() as f64 / both.len() as f64,
        diffusion: diffusion(rows, reference.from, current.to),
        near_repeat,
        mantel,
        branching: branching(rows, reference.from, current.to),
    })
}

/// Centre of gravity of what is placed at home; of everything, where nothing is.
fn home_centre(rows: &Rows<'_>) -> Option<(f64, f64)> {
    let place = |only_home: bool| -> Vec<(f64, f64)> {
        let of = rows.mine.iter().zip(&rows.laws).filter(|(e, law)| precise(e) && (!only_home || law.share(0) > 0.5));
        of.map(|(e, _)| (super::at(e).lat, super::at(e).lon)).collect()
    };
    let of = |events: Vec<(f64, f64)>| Whereabouts::of(&events, (0.0, 0.0)).map(|w| w.centre);
    of(place(true)).or_else(|| of(place(false)))
}

/// Precisely placed rows between two days: place, and first day.
fn placed<'r>(rows: &'r Rows<'_>, from: Day, to: Day) -> impl Iterator<Item = (LonLat, i32)> + 'r {
    let within = move |e: &&&super::Event| precise(e) && (from.0..=to.0).contains(&e.first);
    rows.mine.iter().filter(within).map(|e| (super::at(e), e.first))
}

fn diffusion(rows: &Rows<'_>, from: Day, to: Day) -> Vec<Diffusion> {
    let events: Vec<(LonLat, i32)> = placed(rows, from, to).collect();
    if events.is_empty() {
        return Vec::new();
    }
    let degrees = CELL_KM / 111.2;
    let middle = events.iter().map(|e| e.0.lat).sum::<f64>() / events.len() as f64;
    let wide = degrees / libm::cos(middle.to_radians()).max(0.1);
    let cell = |p: LonLat| ((p.lat / degrees).floor() as i32, (p.lon / wide).floor() as i32);
    let mut cells: Vec<(i32, i32)> = events.iter().map(|e| cell(e.0)).collect();
    cells.sort_unstable();
    cells.dedup();
    let number = |c: (i32, i32)| cells.binary_search(&c).ok().map(|i| i as u32);
    let pairs: Vec<(u32, u32)> = cells
        .iter()
        .flat_map(|(y, x)| [(0, 1), (1, -1), (1, 0), (1, 1)].map(|(dy, dx)| ((*y, *x), (y + dy, x + dx))))
        .filter_map(|(a, b)| Some((number(a)?, number(b)?)))
        .collect();
    let month = |day: i32| Day(day).month_number();
    let first = events.iter().map(|e| month(e.1)).min().unwrap_or(0);
    let steps: Vec<(u32, u32)> =
        events.iter().filter_map(|(p, day)| Some((number(cell(*p))?, (month(*day) - first) as u32))).collect();
    let found = motions(&steps, &pairs, 999, 1);
    ["escalation", "relocation", "contraction"]
        .into_iter()
        .zip(found)
        .filter(|(_, m)| m.observed > 0 || m.expected > 0.0)
        .map(|(kind, Motion { observed, expected, p })| Diffusion { kind, observed, expected, p })
        .collect()
}

/// Knox's cells, and Mantel's test.
fn near_repeat(rows: &Rows<'_>, from: Day, to: Day) -> (Vec<NearRepeat>, Option<(f64, f64)>) {
    let (places, events) = super::clusters::sites(placed(rows, from, to), from);
    let cells = knox(&Sites::on_earth(&places, 25.0), &events, &NEAR_KM, &NEAR_DAYS, 1, SHUFFLES);
    let cells = cells
        .into_iter()
        .map(|c| NearRepeat { km: c.distance, days: c.lag, pairs: c.pairs, expected: c.expected, p: c.p })
        .collect();
    let all = (2..=MANTEL).contains(&events.len());
    (cells, all.then(|| mantel(&Sites::on_earth(&places, 500.0), &events, 1, SHUFFLES)))
}

fn branching(rows: &Rows<'_>, from: Day, to: Day) -> Option<(f64, f64, f64)> {
    // Within its day the hour of an event is not known: it is drawn, the same each time.
    let mut draw = Stream::new(1, entity("hour"), 0);
    let mut times: Vec<f64> = rows
        .mine
        .iter()
        .filter(|e| (from.0..=to.0).contains(&e.first))
        .map(|e| f64::from(e.first - from.0) + draw.next_unit())
        .collect();
    times.sort_by(f64::total_cmp);
    let fit = Hawkes::fit(&times, f64::from(to.0 - from.0 + 1))?;
    let (low, high) = fit.interval(0.9)[1];
    Some((fit.branching, low, high))
}
