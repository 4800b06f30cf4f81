//! Every benchmark and accuracy score: `cargo run --release -p bench -- NAME [--data PATH] [--json]`.
//!
//! Prints rows of name, value, unit, peer, ratio, goal; medians where times are taken. One file a benchmark.

mod figures;
mod footprint;
mod harsh;
mod history;
mod hypotheses;
mod import;
mod matching;
mod muc4;
mod points;
mod reading;
mod reconcile;
mod scan;
mod serve;
mod table;
mod views;
mod worlds;

use std::path::PathBuf;
use std::process::ExitCode;

/// One row of a benchmark.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// The peer's value, in the same unit and run, where there is one.
    pub(crate) peer: Option<(&'static str, f64)>,
    /// What is aimed at, in words.
    pub(crate) goal: &'static str,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str, goal: &'static str) -> Self {
        Self { name: name.into(), value, unit, peer: None, goal }
    }

    pub(crate) fn beside(mut self, peer: &'static str, value: f64) -> Self {
        self.peer = Some((peer, value));
        self
    }
}

/// Median seconds of `runs` runs.
pub(crate) fn median_seconds(runs: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let begun = std::time::Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The shared data, where there is any.
pub(crate) fn shared() -> PathBuf {
    PathBuf::from(std::env::var_os("BELLWETHER_SHARED").unwrap_or_else(|| "../shared".into())).join("data")
}

/// The peers' scripts, beside the shared data.
pub(crate) fn peers() -> PathBuf {
    shared().join("../peers")
}

/// What a Python script writes, kept under a name so that it is written once. `needs` says what it cannot do without.
pub(crate) fn written(kept: &str, script: &str, args: &[&std::path::Path], needs: &str) -> Result<String, String> {
    let kept = std::env::temp_dir().join(kept);
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Ok(text);
    }
    let out = std::process::Command::new("python3")
        .args(["-c", script])
        .args(args)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| format!("python3: {e}"))?;
    if !out.status.success() {
        return Err(format!("{needs} is needed"));
    }
    std::fs::write(&kept, &out.stdout).map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// CPU seconds and peak resident megabytes of this process so far (Linux; not a number elsewhere).
pub(crate) fn usage() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15 after the name in parentheses: user and system time in ticks of 10 ms.
    let ticks = stat.rsplit_once(')').map(|(_, rest)| {
        let f: Vec<f64> = rest.split_whitespace().filter_map(|t| t.parse().ok()).collect();
        f.get(10).zip(f.get(11)).map_or(f64::NAN, |(u, s)| u + s)
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|t| t.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    (ticks.map_or(f64::NAN, |t| t / 100.0), peak.map_or(f64::NAN, |kb| kb / 1024.0))
}

/// CPU seconds of this thread so far, to the microsecond (Linux; not a number elsewhere).
pub(crate) fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|t| t.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}

const NAMES: [(&str, &str); 15] = [
    ("worlds", "possible worlds of the example and of 1,000 to 1,000,000 events; whole commands beside it"),
    ("import", "GDELT- and UCDP-shaped files to Parquet, beside the csv crate that only splits rows"),
    ("match", "the same event across generated data sets: time, F1, calibration; numpy and Splink beside it"),
    ("extract", "reading reports by rules: documents a second, memory, start-up; spaCy beside it"),
    ("muc4", "reading: roles and templates of the MUC-4 messages, trained on their training split"),
    ("muc4-thirds", "the same of all messages, each third by what the other two teach"),
    ("reconcile", "who and how many from claims that contradict and copy: time, accuracy, calibration, labelled sets"),
    ("scan", "space-time clusters: SaTScan's samples and runs, time beside a scan in C, honest alarms"),
    ("points", "events that excite each other: fit, recovery of parameters, near-repeat tests"),
    ("views", "deaths by country and month, scored as the VIEWS challenge did; --window YEAR"),
    ("footprint", "contained, relocating, expanding: accuracy and calibration on 20,000 simulated worlds"),
    ("history", "UCDP's exact points screened without hindsight: which expansions were called, and what followed"),
    ("hypotheses", "ten published problems, worlds listed and drawn; an exact Bayesian network (pgmpy) beside them"),
    ("serve", "the workbench: 50 readers and 5 coders, a kill -9, the map in a browser; --window SECONDS"),
    ("figures", "simulation-based calibration and coverage of the figure posterior, long form"),
];

fn main() -> ExitCode {
    let mut name = None;
    let mut data = None;
    let mut json = false;
    let mut more = None;
    let mut window = None;
    let mut args = std::env::args().skip(1);
    while let Some(a) = args.next() {
        match a.as_str() {
            "--json" => json = true,
            "--data" => data = args.next().map(PathBuf::from),
            "--window" => window = args.next().and_then(|y| y.parse().ok()),
            other if name.is_some() => more = Some(other.to_owned()),
            other => name = Some(other.to_owned()),
        }
    }
    let rows = match name.as_deref() {
        Some("worlds") => worlds::run(data.as_deref()),
        Some("figures") => Ok(figures::run()),
        Some("import") => import::run(data.as_deref()),
        Some("extract") => reading::run(data.as_deref()),
        Some("muc4") => muc4::run(data.as_deref()),
        Some("muc4-thirds") => muc4::parts(data.as_deref()),
        Some("reconcile") => reconcile::run(data.as_deref()),
        Some("views") => views::run(data.as_deref(), window),
        Some("views-one") => views::one(&data.unwrap_or_default()).map(|()| {
            json = true;
            vec![]
        }),
        Some("footprint") => footprint::run(data.as_deref()),
        Some("hypotheses") => hypotheses::run(data.as_deref()),
        Some("history") => history::run(data.as_deref()),
        Some("points") => points::run(data.as_deref()),
        Some("scan") => scan::run(data.as_deref()),
        Some("serve") => serve::run(data.as_deref(), window.map(i64::from)),
        // What `serve` runs in a process of its own, so that it can be killed.
        Some("serve-child") => serve::child(&data.unwrap_or_default()).map(|()| {
            json = true;
            vec![]
        }),
        Some("match") => matching::run(data.as_deref()),
        // What `match` and `import` run in processes of their own.
        Some("match-one") => matching::one(&data.unwrap_or_default()).map(|()| {
            json = true;
            vec![]
        }),
        Some("match-sliced") => matching::sliced(&data.unwrap_or_default()).map(|()| {
            json = true;
            vec![]
        }),
        Some("scan-one") => scan::one(&data.unwrap_or_default(), more.as_deref().unwrap_or("")).map(|()| {
            json = true;
            vec![]
        }),
        Some("import-one") => import::one(&data.unwrap_or_default(), more.as_deref().unwrap_or("")).map(|()| {
            json = true;
            vec![]
        }),
        _ => {
            eprintln!("usage: bench NAME [--data PATH] [--json]\n");
            for (n, about) in NAMES {
                eprintln!("  {n:10} {about}");
            }
            return ExitCode::from(2);
        }
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(e) => {
            eprintln!("error: {e}");
            return ExitCode::from(1);
        }
    };
    if !json {
        println!("{:44} {:>12} {:10} {:>24} {:>8}  goal", "name", "value", "unit", "peer", "ratio");
    }
    for r in rows {
        let ratio = r.peer.map(|(_, p)| r.value / p);
        if json {
            let line = serde_json::json!({"name": r.name, "value": r.value, "unit": r.unit, "peer": r.peer.map(|p| serde_json::json!({"name": p.0, "value": p.1})), "ratio": ratio, "goal": r.goal});
            println!("{line}");
        } else {
            let peer = r.peer.map_or(String::new(), |(n, v)| format!("{n} {v:.4}"));
            let ratio = ratio.map_or(String::new(), |x| format!("{x:.2}"));
            // What is next to nothing is not shown as nothing.
            let small = r.value != 0.0 && r.value.abs() < 5e-5;
            let value = if small { format!("{:.1e}", r.value) } else { format!("{:.4}", r.value) };
            println!("{:44} {value:>12} {:10} {peer:>24} {ratio:>8}  {}", r.name, r.unit, r.goal);
        }
    }
    ExitCode::SUCCESS
}
