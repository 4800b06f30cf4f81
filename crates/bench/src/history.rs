//! Real history, screened without hindsight: on the exact points of UCDP GED 17.1, which conflicts would have been called spreading on the
//! first day of each half-year from 1996 on, and what the year after showed.
//!
//! `--data` names a folder with `ged171_points_recovered_exact.csv` and `ged171_points_central_asia_all_draws.csv`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::Day;
use stats::{Counts, FootprintModel, callable, dispersion};

use crate::Row;

/// Days of the current window, of the reference before it, and of what is looked at for home before that.
const CURRENT: i32 = 365;
const REFERENCE: i32 = 5 * 365;
const HOME: i32 = 5 * 365;
/// Fewer events than this say nothing.
const LEAST: usize = 20;
/// Degrees of a cell, about 25 km.
const CELL: f64 = 0.225;

struct Point {
    lon: f64,
    lat: f64,
    day: i32,
}

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let folder = data.map_or_else(|| crate::shared().join("ucdp"), Path::to_owned);
    let conflicts = read(&folder.join("ged171_points_recovered_exact.csv"))?;
    let mut rows = vec![
        Row::new("history-points", conflicts.values().map(|c| c.1.len()).sum::<usize>() as f64, "events", "22512"),
        Row::new("history-conflicts", conflicts.len() as f64, "conflicts", ""),
    ];
    let mut called: Vec<String> = Vec::new();
    let mut judged: Vec<(f64, bool)> = Vec::new();
    let (mut fdr, mut fdr_right) = (0, 0);
    for day in halves() {
        let mut here: Vec<(String, f64, bool)> = Vec::new();
        for (name, points) in conflicts.values() {
            let Some(look) = look(points, day) else { continue };
            let p = look.spreading();
            here.push((name.clone(), p, look.goes_on));
            judged.push((p, look.goes_on));
            if p > 0.9 {
                called.push(format!(
                    "{day} {name}: {:.0} %, {}",
                    100.0 * p,
                    if look.goes_on { "went on" } else { "did not go on" }
                ));
            }
        }
        here.sort_by(|a, b| b.1.total_cmp(&a.1));
        let n = callable(&here.iter().map(|h| h.1).collect::<Vec<_>>(), 0.1);
        fdr += n;
        fdr_right += here[..n].iter().filter(|h| h.2).count();
    }
    let right: Vec<bool> = judged.iter().filter(|j| j.0 > 0.9).map(|j| j.1).collect();
    let went = judged.iter().filter(|j| j.1).count();
    rows.push(Row::new("history-looks", judged.len() as f64, "looks", ""));
    rows.push(Row::new("history-went-on", went as f64 / judged.len() as f64, "share", "what a blind call would get"));
    rows.push(Row::new("history-calls", right.len() as f64, "calls", ""));
    rows.push(Row::new("history-calls-that-went-on", share(&right), "share", ""));
    let caught = judged.iter().filter(|j| j.1 && j.0 > 0.9).count();
    rows.push(Row::new("history-caught", caught as f64 / went.max(1) as f64, "share", ""));
    rows.push(Row::new("history-called-at-fdr-10", f64::from(fdr as u32), "calls", ""));
    rows.push(Row::new(
        "history-right-at-fdr-10",
        f64::from(fdr_right as u32) / f64::from(fdr.max(1) as u32),
        "share",
        "",
    ));
    for (from, to) in [(0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)] {
        let these: Vec<bool> = judged.iter().filter(|j| (from..to).contains(&j.0)).map(|j| j.1).collect();
        rows.push(Row::new(
            format!("history-went-on-where-said-{:.0}", 100.0 * from),
            share(&these),
            "share",
            "rising",
        ));
    }
    for c in &called {
        eprintln!("{c}");
    }
    central_asia(&folder, &mut rows)?;
    Ok(rows)
}

fn share(all: &[bool]) -> f64 {
    all.iter().filter(|x| **x).count() as f64 / all.len().max(1) as f64
}

/// 1 January and 1 July, 1996 to 2015.
fn halves() -> impl Iterator<Item = Day> {
    (1996..2016).flat_map(|y| [Day::new(y, 1, 1), Day::new(y, 7, 1)]).flatten()
}

/// What is known on a day, and what the year after showed.
struct Look {
    counts: Counts,
    phi: f64,
    /// Outside, the year after had over a quarter more than the reference's rate.
    goes_on: bool,
}

impl Look {
    fn spreading(&self) -> f64 {
        let weeks = |days: i32| f64::from(days) / 7.0;
        let p = FootprintModel::new(weeks(REFERENCE), weeks(CURRENT), 1.0, self.phi, 1024).classes(self.counts);
        p[1] + p[2]
    }
}

/// Home is where nine tenths of the events lie in the years before the reference: were it drawn around the reference's own
/// events, the next ones would seem to leave it. `None` where there are too few.
fn look(points: &[Point], day: Day) -> Option<Look> {
    let within = |from: i32, to: i32| points.iter().filter(move |p| (from..to).contains(&p.day));
    let now = day.0;
    let (begins, before) = (now - CURRENT - REFERENCE, now - CURRENT);
    let home = home(within(begins - HOME, begins))?;
    let inside = |p: &Point| home.contains(&cell(p));
    let count = |from: i32, to: i32| {
        let (a, b): (Vec<&Point>, Vec<&Point>) = within(from, to).partition(|p| inside(p));
        (a.len() as u32, b.len() as u32)
    };
    let (in0, out0) = count(begins, before);
    let (in1, out1) = count(before, now);
    if (in0 + out0) < LEAST as u32 || in1 + out1 == 0 {
        return None;
    }
    let mut weekly = vec![0.0; (REFERENCE / 7 + 1) as usize];
    for p in within(begins, before) {
        weekly[((p.day - begins) / 7) as usize] += 1.0;
    }
    let (_, after) = count(now, now + CURRENT);
    let usual = f64::from(out0) * f64::from(CURRENT) / f64::from(REFERENCE);
    Some(Look {
        counts: Counts { in0, in1, out0, out1 },
        phi: dispersion(&weekly),
        goes_on: f64::from(after) > 1.25 * usual && after > 2,
    })
}

fn cell(p: &Point) -> (i32, i32) {
    let wide = CELL / p.lat.to_radians().cos().max(0.1);
    ((p.lat / CELL).floor() as i32, (p.lon / wide).floor() as i32)
}

/// The fullest cells that hold nine tenths, and those next to them.
fn home<'p>(points: impl Iterator<Item = &'p Point>) -> Option<BTreeSet<(i32, i32)>> {
    let mut cells: BTreeMap<(i32, i32), usize> = BTreeMap::new();
    let mut all = 0;
    for p in points {
        *cells.entry(cell(p)).or_default() += 1;
        all += 1;
    }
    if all < LEAST {
        return None;
    }
    let mut ranked: Vec<((i32, i32), usize)> = cells.into_iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let (mut held, mut home) = (0, BTreeSet::new());
    for ((y, x), n) in ranked {
        if held * 10 >= all * 9 {
            break;
        }
        held += n;
        home.extend((-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (y + dy, x + dx))));
    }
    Some(home)
}

/// Days with an event, by year, of the conflicts over Uzbekistan (the IMU's, UCDP 415) and Tajikistan (395).
fn central_asia(folder: &Path, rows: &mut Vec<Row>) -> Result<(), String> {
    let all = read(&folder.join("ged171_points_central_asia_all_draws.csv"))?;
    for (id, label) in [(415, "imu"), (395, "tajikistan")] {
        let Some((_, points)) = all.get(&id) else { continue };
        let mut years: BTreeMap<i16, BTreeSet<i32>> = BTreeMap::new();
        for p in points {
            years.entry(Day(p.day).year()).or_default().insert(p.day);
        }
        for (y, days) in years {
            rows.push(Row::new(format!("history-{label}-{y}"), days.len() as f64, "days", ""));
        }
    }
    Ok(())
}

type Conflicts = BTreeMap<u32, (String, Vec<Point>)>;

fn read(path: &Path) -> Result<Conflicts, String> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .from_path(path)
        .map_err(|e| format!("{}: {e}", path.display()))?;
    let mut all: Conflicts = BTreeMap::new();
    for r in reader.records() {
        let r = r.map_err(|e| format!("{}: {e}", path.display()))?;
        let number = |i: usize| r.get(i).and_then(|t| t.parse::<f64>().ok());
        let (Some(id), Some(lon), Some(lat), Some(day)) =
            (number(0), number(3), number(4), r.get(5).and_then(Day::parse))
        else {
            continue;
        };
        let name = r.get(2).unwrap_or_default().to_owned();
        all.entry(id as u32).or_insert_with(|| (name, Vec::new())).1.push(Point { lon, lat, day: day.0 });
    }
    Ok(all)
}
