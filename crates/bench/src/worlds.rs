//! How long worlds take: the example after its tables are loaded, then 1,000 to 1,000,000 events whose attributes
//! are drawn when they are looked at and never stored, and what part of that is the draws.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use engine::Event;
use engine::stage::test::View;
use engine::stage::{gather, reconcile, test, worlds};
use engine::{Extent, Options, SpreadArea, SpreadOptions};
use formats::{Deaths, Extent as Exactness};
use model::{Day, DaySpan, Host};
use stats::{Stream, uniform};

use crate::{Row, median_seconds};

/// A folder on disk.
struct Folder(PathBuf);

impl Host for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
    }
    fn list(&self, folder: &str) -> std::io::Result<Vec<String>> {
        let Ok(entries) = std::fs::read_dir(self.0.join(folder)) else { return Ok(vec![]) };
        let mut out: Vec<String> =
            entries.flatten().filter_map(|e| e.file_name().to_str().map(|n| format!("{folder}/{n}"))).collect();
        out.sort();
        Ok(out)
    }
}

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let path =
        data.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/rasht-2010"), Path::to_owned);
    let loaded = case::load(&Folder(path.clone()));
    if loaded.has_errors() {
        return Err(format!("{} has errors: run `bellwether check` on it", path.display()));
    }
    let case = loaded.case;
    let mut rows = Vec::new();
    let gathered = gather::run(&case);
    let laws: Vec<_> = gathered
        .dossiers
        .keys()
        .filter_map(|k| k.strip_prefix("event:"))
        .map(|id| reconcile::run(&case, &gathered, id))
        .collect();
    let draw = median_seconds(9, || {
        black_box(worlds::run(&case, &gathered, &laws, 1024, true));
    });
    rows.push(Row::new("worlds-example-draw", draw * 1000.0, "ms", "well under a second"));
    let drawn = worlds::run(&case, &gathered, &laws, 1024, true);
    let view = View { case: &case, laws: &laws, worlds: &drawn };
    let tests = median_seconds(9, || {
        for i in case.indicators.values().filter(|i| i.test.parts().is_empty()) {
            black_box(test::run(&view, i, &Default::default()));
        }
    });
    rows.push(Row::new("worlds-example-test", tests * 1000.0, "ms", "well under a second"));
    let whole = median_seconds(5, || {
        black_box(engine::assess(&case, Options::default()).ok());
    });
    rows.push(Row::new("worlds-example-assess", whole * 1000.0, "ms", "well under a second"));

    for (n, worlds) in [(1_000, 1024), (100_000, 256), (1_000_000, 32)] {
        let events = synthetic(n);
        let options = SpreadOptions {
            actor: "Group".into(),
            with: vec![],
            home: SpreadArea { name: "Home".into(), extent: Extent::Province("P0".into()) },
            areas: vec![],
            reference: DaySpan { from: Day(10_000), to: Day(11_825) },
            window: DaySpan { from: Day(11_826), to: Day(12_555) },
            compared: vec![],
            dormant_below: 1.0,
            detail: false,
            clusters: engine::ClusterSearch::default(),
            worlds,
        };
        let runs = if n > 10_000 { 1 } else { 5 };
        let time = median_seconds(runs, || {
            black_box(engine::spread(&events, &options).ok());
        });
        let draws = median_seconds(runs, || {
            // The same draws, spread over the same threads, and nothing else.
            let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
            std::thread::scope(|scope| {
                for t in 0..threads {
                    scope.spawn(move || {
                        let mut sum = 0.0;
                        for w in (t..worlds).step_by(threads) {
                            for e in 0..n as u64 {
                                for a in [4, 7, 8, 32] {
                                    sum += uniform(1, w as u32, e, a);
                                }
                            }
                        }
                        black_box(sum);
                    });
                }
            });
        });
        let per = 1e9 / (n as f64 * worlds as f64);
        rows.push(
            Row::new(format!("worlds-{n}-events-x-{worlds}"), time, "s", "linear in events and worlds")
                .beside("draws alone", draws),
        );
        rows.push(
            Row::new(format!("worlds-{n}-per-event-and-world"), time * per, "ns", "")
                .beside("draws alone", draws * per),
        );
    }

    // Whole commands, as a user runs them.
    let program =
        std::env::current_exe().ok().and_then(|p| Some(p.parent()?.join("bellwether"))).filter(|p| p.is_file());
    match program {
        None => eprintln!(
            "note: no bellwether beside this program: `cargo build --release -p cli` for the whole-command rows"
        ),
        Some(program) => {
            let copy = std::env::temp_dir().join(format!("bellwether-bench-{}", std::process::id()));
            copy_folder(&path, &copy).map_err(|e| e.to_string())?;
            let run = |args: &[&str]| {
                let _ =
                    Command::new(&program).args(args).arg(&copy).stdout(Stdio::null()).stderr(Stdio::null()).status();
            };
            let check = median_seconds(9, || run(&["check"]));
            let cold = median_seconds(5, || {
                let _ = std::fs::remove_dir_all(copy.join(".bellwether"));
                run(&["build", "--no-tests"]);
            });
            let warm = median_seconds(5, || run(&["build", "--no-tests"]));
            let _ = std::fs::remove_dir_all(&copy);
            rows.push(Row::new("command-check-example", check * 1000.0, "ms", "milliseconds"));
            rows.push(Row::new("command-build-example-cold", cold * 1000.0, "ms", ""));
            rows.push(
                Row::new("command-build-example-unchanged", warm * 1000.0, "ms", "less than cold")
                    .beside("cold", cold * 1000.0),
            );
        }
    }
    Ok(rows)
}

/// Events of one actor over seven years in ten provinces, a third of them known only to the province or worse.
fn synthetic(n: usize) -> Vec<Event> {
    let mut s = Stream::new(5, 1, 0);
    (0..n)
        .map(|i| {
            let province = (s.next_unit() * 10.0) as u32;
            let day = 10_000 + (s.next_unit() * 2555.0) as i32;
            let best = (s.next_unit() * 20.0) as u32;
            Event {
                id: i.to_string().into(),
                actor1: "Government".into(),
                actor2: "Group".into(),
                country: "Land".into(),
                adm1: format!("P{province}").into(),
                lon_lat: Some((20.0 + f64::from(province) + s.next_unit() * 0.8, 10.0 + s.next_unit())),
                extent: Exactness::from_code([1, 1, 1, 2, 3, 4, 4, 4, 6][(s.next_unit() * 9.0) as usize])
                    .unwrap_or_default(),
                flags: if s.next_unit() < 0.07 { formats::flag::UNCLEAR } else { 0 },
                first: day,
                last: day + (s.next_unit() * 3.0) as i32,
                deaths: Some(Deaths { low: best, best, high: best + best / 3 }),
                ..Event::default()
            }
        })
        .collect()
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == ".bellwether" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
