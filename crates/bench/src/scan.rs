//! Space-time clusters: SaTScan's own samples and recorded runs as known answers, time beside a scan in C, and how honest
//! alarms are where ordinary events excite each other.
//!
//! `--data` names a folder with `scan1k`, `scan5k` and `scan20k` as the shared generator writes them; without it they are generated.

mod known;
mod null;
mod samples;

use std::path::Path;
use std::process::Command;

use stats::{Scan, ScanLaw, Shape, Sites, Study, gumbel_p, rank_p};

use crate::{Row, shared, usage};

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let folder = match data {
        Some(d) => d.to_owned(),
        None => crate::matching::generate()?,
    };
    let mut rows = Vec::new();
    let (samples, mut failed) = samples::failures(&shared().join("scan"))?;
    rows.push(Row::new("scan-samples", samples as f64, "samples", ""));
    let settings = known::settings()?;
    for s in &settings {
        failed.extend(s.failures(&folder)?);
    }
    rows.push(Row::new("scan-settings", settings.len() as f64, "settings", ""));
    for f in &failed {
        eprintln!("{f}");
    }
    rows.push(Row::new("scan-known-answers-failed", failed.len() as f64, "", "0"));
    times(&folder, &settings, &mut rows)?;
    if let Err(e) = null::run(&mut rows) {
        eprintln!("note: no histories to alarm at: {e}");
    }
    Ok(rows)
}

/// Ours beside the floor in one run, and beside SaTScan's recorded seconds, scaled by how the floor does here and did there.
fn times(folder: &Path, settings: &[known::Setting], rows: &mut Vec<Row>) -> Result<(), String> {
    let floor = known::floor();
    if let Err(e) = &floor {
        eprintln!("the C floor does not run here ({e}): no ratios");
    }
    for (name, label, recorded, goal) in [
        ("scan20k.pro.W30.R999.km0.t2", "scan-prospective", 3.35, "at least 10"),
        ("scan5k.retro.W30.R99.km50.t2", "scan-retrospective", 2.05, "at least 20"),
    ] {
        let Some(setting) = settings.iter().find(|s| s.name == name) else { continue };
        let ours: Vec<(f64, f64)> = (0..3).map(|_| child(folder, name)).collect::<Result<_, _>>()?;
        let mut seconds: Vec<f64> = ours.iter().map(|o| o.0).collect();
        seconds.sort_by(f64::total_cmp);
        let megabytes = ours.iter().map(|o| o.1).fold(0.0, f64::max);
        rows.push(
            Row::new(format!("{label}-cpu-seconds"), seconds[1], "s", "").beside("SaTScan, recorded", setting.seconds),
        );
        if let Ok(floor) = &floor {
            let mut there: Vec<f64> = (0..3).map(|_| floor.seconds(folder, setting)).collect::<Result<_, _>>()?;
            there.sort_by(f64::total_cmp);
            rows.push(
                Row::new(format!("{label}-over-floor"), seconds[1] / there[1], "times", "")
                    .beside("floor, s", there[1]),
            );
            let satscan = setting.seconds * there[1] / recorded;
            rows.push(Row::new(format!("{label}-ratio-satscan"), satscan / seconds[1], "times faster", goal));
        }
        rows.push(Row::new(format!("{label}-mb"), megabytes, "MB", "at most 20"));
    }
    Ok(())
}

/// A setting in a process of its own: CPU seconds and peak megabytes.
fn child(folder: &Path, name: &str) -> Result<(f64, f64), String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = Command::new(exe).args(["scan-one", name, "--data"]).arg(folder).output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|t| t.parse().ok()).collect();
    match numbers[..] {
        [seconds, megabytes, ..] => Ok((seconds, megabytes)),
        _ => Err(String::from_utf8_lossy(&out.stderr).into_owned()),
    }
}

/// What [`child`] runs.
pub(crate) fn one(folder: &Path, name: &str) -> Result<(), String> {
    let setting = known::settings()?.into_iter().find(|s| s.name == name).ok_or("no such setting")?;
    let events = known::Events::read(&folder.join(&setting.set), setting.km)?;
    let scan = Scan::new(events.study(), setting.shape());
    let top = scan.clusters().into_iter().next().ok_or("no cluster")?;
    let maxima = scan.maxima(1, setting.replicates, None);
    let (seconds, megabytes) = usage();
    println!(
        "{seconds} {megabytes} {} {} {}",
        top.score,
        rank_p(top.score, &maxima),
        gumbel_p(top.score, &maxima).unwrap_or(f64::NAN)
    );
    Ok(())
}

/// The best cylinder of a permutation scan, and its p-value.
fn permuted(sites: &Sites, periods: usize, events: &[(u32, u32)], shape: Shape, replicates: u32) -> (f64, f64) {
    let scan = Scan::new(Study { sites, periods, events, law: ScanLaw::Permutation }, shape);
    let score = scan.highest();
    (score, rank_p(score, &scan.maxima(1, replicates, None)))
}

#[cfg(test)]
mod tests {
    /// SaTScan's own samples, one of each law, where they are.
    #[test]
    fn satscans_samples_come_out_as_published() {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
        let shared = std::env::var("BELLWETHER_SHARED").unwrap_or_else(|_| beside.to_owned());
        let folder = std::path::Path::new(&shared).join("data/scan");
        if !folder.is_dir() {
            // Past the capture of the test runner, so that it is seen.
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "SKIPPED: no samples at {} (set BELLWETHER_SHARED)", folder.display());
            return;
        }
        let (samples, failures) = super::samples::failures(&folder).unwrap_or_else(|e| (0, vec![e]));
        assert_eq!((samples, failures), (3, Vec::new()));
    }
}
