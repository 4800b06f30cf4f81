//! Forecasts of deaths by country and month, scored as the VIEWS prediction challenge did, beside its benchmarks and an entry.
//!
//! `--data` names a folder with `cm_actuals_YEAR.parquet` and files as the challenge published them; `--window YEAR` says which
//! (default: every year that has actuals). Nothing after October of the year before is used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stats::{
    Baseline, Forecaster, Panel, Paths, Stream, brier, crps, entity, hierarchical, ignorance, interval_score,
    self_exciting, skill,
};

use crate::table::{columns, draws};
use crate::{Row, usage};

/// Months between October and the first that is forecast.
const GAP: usize = 2;
const HORIZON: usize = 12;

pub(crate) fn run(data: Option<&Path>, window: Option<i32>) -> Result<Vec<Row>, String> {
    let folder = data.map_or_else(|| crate::shared().join("views"), Path::to_owned);
    let years: Vec<i32> = match window {
        Some(y) => vec![y],
        None => (2018..=2030).filter(|y| folder.join(format!("cm_actuals_{y}.parquet")).is_file()).collect(),
    };
    if years.is_empty() {
        return Err(format!("{}: no cm_actuals_YEAR.parquet", folder.display()));
    }
    let mut rows = Vec::new();
    let mut all: BTreeMap<String, Vec<Vec<Scores>>> = BTreeMap::new();
    for year in &years {
        let scored = Window::read(&folder, *year)?.scores(&folder)?;
        for (name, months) in scored {
            report(&format!("-{year}"), &name, &months, &mut rows);
            all.entry(name).or_default().extend(months);
        }
    }
    for (name, months) in &all {
        report("", name, months, &mut rows);
    }
    if let (Some(ours), Some(theirs)) = (all.get(""), all.get("conflictology")) {
        let of = |all: &[Vec<Scores>], what: fn(&Scores) -> f64| -> Vec<Vec<f64>> {
            all.iter().map(|m| m.iter().map(what).collect()).collect()
        };
        for (name, what) in [("crps", (|s| s.crps) as fn(&Scores) -> f64), ("ign", |s| s.ignorance)] {
            let (s, (low, high)) = skill(&of(ours, what), &of(theirs, what), &mut Stream::new(1, entity("skill"), 0));
            rows.push(Row::new(format!("views-{name}-skill"), s, "of conflictology", "above 0"));
            rows.push(Row::new(format!("views-{name}-skill-low-80"), low, "", "above 0"));
            rows.push(Row::new(format!("views-{name}-skill-high-80"), high, "", ""));
        }
    }
    if let Err(e) = speed(&mut rows) {
        eprintln!("note: no panel to be fast on: {e}");
    }
    Ok(rows)
}

/// What one country-month earned.
struct Scores {
    crps: f64,
    ignorance: f64,
    interval: f64,
    /// Chance of a death, and whether there was one.
    any: (f64, bool),
    /// Twelve months without a death before the forecast.
    quiet: bool,
}

impl Scores {
    fn new(sorted: &[u32], y: u32, quiet: bool) -> Self {
        let zero = sorted.partition_point(|x| *x == 0) as f64 / sorted.len() as f64;
        Self {
            crps: crps(sorted, y),
            ignorance: ignorance(sorted, y),
            interval: interval_score(sorted, y),
            any: (1.0 - zero, y > 0),
            quiet,
        }
    }
}

fn report(window: &str, name: &str, months: &[Vec<Scores>], rows: &mut Vec<Row>) {
    let suffix = if name.is_empty() { window.to_owned() } else { format!("-{name}{window}") };
    let mut mean = |what: &str, of: &dyn Fn(&Scores) -> f64, keep: &dyn Fn(&Scores) -> bool, unit| {
        let all: Vec<f64> = months.iter().flatten().filter(|s| keep(s)).map(of).collect();
        rows.push(Row::new(
            format!("views-{what}{suffix}"),
            all.iter().sum::<f64>() / all.len().max(1) as f64,
            unit,
            "",
        ));
    };
    mean("crps", &|s| s.crps, &|_| true, "deaths");
    mean("ign", &|s| s.ignorance, &|_| true, "bits");
    mean("mis", &|s| s.interval, &|_| true, "deaths");
    mean("crps-onset", &|s| s.crps, &|s| s.quiet, "deaths");
    mean("ign-onset", &|s| s.ignorance, &|s| s.quiet, "bits");
    let said: Vec<(f64, bool)> = months.iter().flatten().map(|s| s.any).collect();
    if let Some(b) = brier(&said) {
        rows.push(Row::new(format!("views-brier-any{suffix}"), b.score, "", ""));
        rows.push(Row::new(format!("views-brier-any-reliability{suffix}"), b.reliability, "", ""));
    }
}

/// One year to be forecast.
struct Window {
    year: i32,
    countries: Vec<i64>,
    /// Deaths by country and month of the year.
    actual: BTreeMap<(i64, i64), u32>,
    /// What was known in October.
    panel: Panel,
}

impl Window {
    fn read(folder: &Path, year: i32) -> Result<Self, String> {
        let path = folder.join(format!("cm_actuals_{year}.parquet"));
        let mut actual = BTreeMap::new();
        for r in columns(&path, &["country_id", "month_id", "ged_sb"])? {
            actual.insert((r[0] as i64, r[1] as i64), r[2] as u32);
        }
        let mut countries: Vec<i64> = actual.keys().map(|k| k.0).collect();
        countries.dedup();
        // Months are counted from January 1980, which is 1.
        let last = i64::from(year - 1980) * 12 - GAP as i64;
        let mut known: BTreeMap<(i64, i64), u32> = BTreeMap::new();
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .map_err(|e| format!("{}: {e}", folder.display()))?
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("cm_features_to_oct")))
            .collect();
        files.sort();
        for file in &files {
            let lags: Vec<String> = (1..=6).map(|k| format!("ged_sb_tlag_{k}")).collect();
            let mut names = vec!["country_id", "month_id", "ged_sb"];
            names.extend(lags.iter().map(String::as_str));
            for r in columns(file, &names)? {
                for (k, deaths) in r[2..].iter().enumerate() {
                    let month = r[1] as i64 - k as i64;
                    if month <= last {
                        known.entry((r[0] as i64, month)).or_insert(*deaths as u32);
                    }
                }
            }
        }
        history(folder, last, &mut known)?;
        let first = known.keys().map(|k| k.1).min().ok_or_else(|| format!("nothing is known before {year}"))?;
        let months = (last - first + 1) as usize;
        let counts = countries
            .iter()
            .flat_map(|c| (first..=last).map(|m| known.get(&(*c, m)).copied().unwrap_or(0)).collect::<Vec<_>>())
            .collect();
        Ok(Self { year, countries, actual, panel: Panel::new(months, counts) })
    }

    /// Scores by month of each forecaster: ours under an empty name.
    fn scores(&self, folder: &Path) -> Result<BTreeMap<String, Vec<Vec<Scores>>>, String> {
        let forecaster = Forecaster::new(&self.panel, GAP, HORIZON);
        let paths: Vec<Paths> = (0..self.panel.units()).map(|u| forecaster.paths(u)).collect();
        let first = i64::from(self.year - 1980) * 12 + 1;
        let quiet: Vec<bool> =
            (0..self.panel.units()).map(|u| self.panel.unit(u).iter().rev().take(12).all(|x| *x == 0)).collect();
        let each = |of: &dyn Fn(usize, usize) -> Option<Vec<u32>>| -> Vec<Vec<Scores>> {
            (0..HORIZON)
                .map(|m| {
                    (0..self.countries.len())
                        .filter_map(|u| {
                            let y = *self.actual.get(&(self.countries[u], first + m as i64))?;
                            Some(Scores::new(&of(u, m)?, y, quiet[u]))
                        })
                        .collect()
                })
                .collect()
        };
        let mut all = BTreeMap::new();
        all.insert(String::new(), each(&|u, m| Some(paths[u].month(m))));
        // Countries' neighbours are not in these files.
        let alone = vec![Vec::new(); self.panel.units()];
        let ahead = GAP + HORIZON;
        for (name, paths) in [
            ("hierarchical", hierarchical(&self.panel, ahead)),
            ("self-exciting", self_exciting(&self.panel, &alone, ahead)),
        ] {
            all.insert(name.to_owned(), each(&|u, m| Some(paths[u].month(GAP + m))));
        }
        for b in Baseline::ALL.into_iter().filter(|b| *b != Baseline::Neighbours) {
            let laws: Vec<Vec<u32>> = (0..self.panel.units()).map(|u| b.counts(&self.panel, u, &[])).collect();
            // The challenge's own draws of these two are scored below, where they are there.
            let name = match b {
                Baseline::Bootstrap => "own-bootstrap".to_owned(),
                Baseline::Last => "own-last".to_owned(),
                other => other.name().replace(' ', "-"),
            };
            all.insert(name, each(&|u, _| Some(laws[u].clone())));
        }
        for (name, file) in [
            ("bootstrap", "bm_cm_bootstrap_expanded"),
            ("last", "bm_cm_last_historical_poisson_expanded"),
            ("nn-negbin", "cm_NeuralNetNegBin_test_window"),
        ] {
            let path = folder.join(format!("{file}_{}.parquet", self.year));
            if !path.is_file() {
                eprintln!("note: {} is not there", path.display());
                continue;
            }
            let drawn = draws(&path)?;
            all.insert(
                name.to_owned(),
                // A country that an entry leaves out is taken as zero, as the challenge did.
                each(&|u, m| {
                    Some(drawn.get(&(self.countries[u], first + m as i64)).cloned().unwrap_or_else(|| vec![0]))
                }),
            );
        }
        Ok(all)
    }
}

/// Names of one list in the other.
const NAMES: [(&str, &str); 12] = [
    ("Bosnia and Herz.", "Bosnia and Herzegovina"),
    ("Central African Rep.", "Central African Republic"),
    ("Côte d'Ivoire", "Cote d'Ivoire"),
    ("Dem. Rep. Congo", "Congo, DRC"),
    ("Dominican Rep.", "Dominican Republic"),
    ("Gambia", "The Gambia"),
    ("S. Sudan", "South Sudan"),
    ("Solomon Islands", "Solomon Is."),
    ("United States of America", "United States"),
    ("eSwatini", "Swaziland"),
    ("Antigua & Barbuda", "Antigua and Barbuda"),
    ("Macedonia", "North Macedonia"),
];

/// Months that the challenge's files do not reach, from the long table by country name (deaths of all kinds of violence).
fn history(folder: &Path, last: i64, known: &mut BTreeMap<(i64, i64), u32>) -> Result<(), String> {
    // Other windows may come without the long table: months up to the cut are the same.
    let find =
        |name: &str| [folder.join(name), crate::shared().join("views").join(name)].into_iter().find(|p| p.is_file());
    let (Some(wide), Some(list)) = (find("country_month_ucdp_1989_2026.csv"), find("country_list.csv")) else {
        eprintln!("note: without country_month_ucdp_1989_2026.csv the history is short");
        return Ok(());
    };
    let mut ids: BTreeMap<String, i64> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(&list).map_err(|e| e.to_string())?;
    for r in reader.records() {
        let r = r.map_err(|e| e.to_string())?;
        if let (Some(id), Some(name)) = (r.get(0).and_then(|t| t.parse().ok()), r.get(2)) {
            ids.insert(name.to_owned(), id);
        }
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&wide).map_err(|e| e.to_string())?;
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    let countries: Vec<Option<i64>> =
        header.iter().map(|n| ids.get(n).or_else(|| ids.get(NAMES.iter().find(|x| x.0 == n)?.1)).copied()).collect();
    for r in reader.records() {
        let r = r.map_err(|e| e.to_string())?;
        let Some((y, m)) =
            r.get(0).and_then(|d| Some((d.get(..4)?.parse::<i64>().ok()?, d.get(5..7)?.parse::<i64>().ok()?)))
        else {
            continue;
        };
        let month = (y - 1980) * 12 + m;
        if month > last {
            continue;
        }
        for (cell, country) in r.iter().zip(&countries) {
            if let (Some(c), Ok(deaths)) = (country, cell.parse::<f64>()) {
                known.entry((*c, month)).or_insert(deaths as u32);
            }
        }
    }
    Ok(())
}

/// A panel of 13,110 cells over 240 months, in a process of its own.
fn speed(rows: &mut Vec<Row>) -> Result<(), String> {
    let folder = crate::matching::generate()?;
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = std::process::Command::new(exe)
        .args(["views-one", "--data"])
        .arg(folder.join("panel13k/panel.csv"))
        .output()
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|t| t.parse().ok()).collect();
    let [seconds, megabytes, ..] = numbers[..] else { return Err(String::from_utf8_lossy(&out.stderr).into_owned()) };
    rows.push(Row::new("views-panel-cpu-seconds", seconds, "s", "at most 3").beside("views-baseline, recorded", 29.0));
    rows.push(Row::new("views-panel-mb", megabytes, "MB", "at most 300").beside("views-baseline, recorded", 1_000.0));
    Ok(())
}

/// What [`speed`] runs: seconds of forecasting alone, peak megabytes of all.
pub(crate) fn one(path: &Path) -> Result<(), String> {
    use std::io::BufRead;
    let file = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (cells, months) = (13_110, 240);
    let mut counts = vec![0; cells * months];
    for line in std::io::BufReader::new(file).lines().skip(1) {
        let line = line.map_err(|e| e.to_string())?;
        let f: Vec<usize> = line.split(',').filter_map(|t| t.parse().ok()).collect();
        let [month, cell, y] = f[..] else { return Err(line) };
        counts[(cell - 1) * months + month - 1] = y as u32;
    }
    let panel = Panel::new(months, counts);
    let before = usage().0;
    let forecaster = Forecaster::new(&panel, GAP, HORIZON);
    let mut sum = 0u64;
    for cell in 0..cells {
        let paths = forecaster.paths(cell);
        sum += (0..HORIZON).map(|m| u64::from(paths.month(m)[432])).sum::<u64>();
    }
    println!("{} {} {sum}", usage().0 - before, usage().1);
    Ok(())
}
