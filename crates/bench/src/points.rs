//! Events that excite each other: how fast a history is fitted, whether parameters are recovered, and near-repeat tests.
//!
//! `--data` names a folder with `hawkes1`, `scan1k`, `scan5k` and `scan20k` as the shared generator writes them.

use std::path::Path;

use stats::{Hawkes, Sites, Stream, entity, knox};

use crate::{Row, thread_seconds};

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let folder = match data {
        Some(d) => d.to_owned(),
        None => crate::matching::generate()?,
    };
    let mut rows = Vec::new();
    let path = folder.join("hawkes1/events.csv");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let times: Vec<f64> = text.lines().skip(1).filter_map(|l| l.split(',').next()?.parse().ok()).collect();
    let mut seconds: Vec<f64> = (0..5)
        .map(|_| {
            let before = thread_seconds();
            std::hint::black_box(Hawkes::fit(&times, 20_000.0));
            thread_seconds() - before
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let fit = Hawkes::fit(&times, 20_000.0).ok_or("no optimum")?;
    rows.push(Row::new("hawkes-events", times.len() as f64, "events", ""));
    rows.push(Row::new("hawkes-cpu-seconds", seconds[2], "s", "at most .05").beside("intensify, recorded", 0.11));
    rows.push(
        Row::new("hawkes-log-likelihood", fit.log_likelihood, "", "-15035.98 or more")
            .beside("hawkeslib, recorded", -15_036.58),
    );
    rows.push(Row::new("hawkes-branching", fit.branching, "", ".5956"));
    rows.push(Row::new("hawkes-decay", fit.decay, "", "1.1934"));
    recovery(&mut rows);
    // On this thread alone, so that its CPU seconds are all there are.
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().map_err(|e| e.to_string())?;
    for (set, golden) in [("scan1k", 441.0), ("scan5k", 2_472.0), ("scan20k", 14_257.0)] {
        near_repeat(&pool, &folder.join(set), set, golden, &mut rows)?;
    }
    Ok(rows)
}

/// How many of 1,000 simulated histories have each parameter in its 90 % interval.
fn recovery(rows: &mut Vec<Row>) {
    let (truth, end, runs) = ([0.5, 0.6, 1.2], 2_000.0, 1_000);
    let mut inside = [0u32; 3];
    for lane in 0..runs {
        let mut draw = Stream::new(9, entity("recovery"), lane);
        let Some(fit) = Hawkes::fit(&Hawkes::simulate(truth[0], truth[1], truth[2], end, &mut draw), end) else {
            continue;
        };
        for (n, (interval, t)) in inside.iter_mut().zip(fit.interval(0.9).iter().zip(truth)) {
            *n += u32::from((interval.0..=interval.1).contains(&t));
        }
    }
    for (n, name) in inside.iter().zip(["mu", "branching", "decay"]) {
        rows.push(Row::new(format!("hawkes-covers-90-{name}"), f64::from(*n) / f64::from(runs), "share", ".85 to .95"));
    }
}

fn near_repeat(
    pool: &rayon::ThreadPool,
    folder: &Path,
    set: &str,
    golden: f64,
    rows: &mut Vec<Row>,
) -> Result<(), String> {
    let path = folder.join("events.csv");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    // As the peer lays them out: a plane of kilometres.
    let mut at = Vec::new();
    let mut events = Vec::new();
    for line in text.lines().skip(1) {
        let f: Vec<f64> = line.split(',').filter_map(|t| t.parse().ok()).collect();
        let [_, site, day, lat, lon] = f[..] else { return Err(format!("{}: {line}", path.display())) };
        let site = site as usize;
        if at.len() <= site {
            at.resize(site + 1, (f64::INFINITY, f64::INFINITY));
        }
        at[site] = (lon * 111.2 * 13f64.to_radians().cos(), lat * 111.2);
        events.push((site as u32, day as u32));
    }
    // Places without events are nowhere.
    let before = thread_seconds();
    let cells = pool.install(|| knox(&Sites::on_plane(&at, 10.0), &events, &[10.0], &[7], 1, 199));
    let seconds = thread_seconds() - before;
    rows.push(
        Row::new(format!("knox-{set}-pairs"), cells[0].pairs as f64, "pairs", "as pointpats")
            .beside("pointpats", golden),
    );
    if set == "scan20k" {
        rows.push(Row::new("knox-cpu-seconds", seconds, "s", "at most .5").beside("pointpats, recorded", 101.0));
    }
    rows.push(Row::new(format!("knox-{set}-p"), cells[0].p, "", ""));
    Ok(())
}
