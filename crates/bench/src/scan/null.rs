//! Honest alarms: histories whose ordinary events excite each other, with and without a cluster of 14 put into the last two weeks.

use rayon::prelude::*;
use stats::{Scan, ScanLaw, Shape, Sites, Study, gumbel_p, rank_p};

use crate::Row;

/// Histories; each is scanned as it is and with the cluster.
const WORLDS: usize = 400;
const PERIODS: usize = 730;

/// The shared generator's histories, a line each: towns, then events.
const WRITER: &str = r#"
import sys, numpy as np
peers, n = sys.argv[1], int(sys.argv[2])
sys.argv = [sys.argv[0], "."]
sys.path.insert(0, peers + "/gen")
from gen import towns, etas_events
for s in range(n):
    for cluster in (0, 1):
        rng = np.random.default_rng(900 + s)
        xy, w = towns(rng, 150)
        c = (14, int(np.argsort(w)[-8]), 25., 730 - 14, 730) if cluster else None
        t, loc = etas_events(rng, xy, w, 1500, 730, branching=.45, tau=12., dkm=8., cluster=c)
        print(";".join(f"{a:.5f} {b:.5f}" for a, b in xy), "|".join(f"{l} {d}" for l, d in zip(loc, np.floor(t).astype(int))), sep="\t")
"#;

struct History {
    sites: Sites,
    events: Vec<(u32, u32)>,
}

pub(super) fn run(rows: &mut Vec<Row>) -> Result<(), String> {
    let all = histories()?;
    let shape = Shape { longest: 30, prospective: true, share: 0.5 };
    let judged: Vec<[Option<f64>; 3]> = all
        .par_iter()
        .map(|h| {
            let (score, p) = super::permuted(&h.sites, PERIODS, &h.events, shape, 199);
            let study = Study { sites: &h.sites, periods: PERIODS, events: &h.events, law: ScanLaw::Permutation };
            let past = stats::replay(study, shape, &stats::replay_days(PERIODS, shape.longest));
            let maxima = Scan::new(study, shape).maxima(1, 199, None);
            [Some(p), gumbel_p(score, &maxima), Some(rank_p(score, &past))]
        })
        .collect();
    // Worlds alternate: without the cluster, with it.
    let share = |rule: usize, cluster: usize, at: f64| {
        let of: Vec<f64> = judged.iter().skip(cluster).step_by(2).filter_map(|j| j[rule]).collect();
        of.iter().filter(|p| **p <= at + 1e-9).count() as f64 / of.len() as f64
    };
    rows.push(Row::new("scan-worlds", judged.len() as f64 / 2.0, "histories", "400 or more"));
    for (rule, name, false_goal, power_goal) in [
        (0, "permutation", "shown beside", ""),
        (1, "gumbel", "shown beside", ""),
        (2, "replay", "at most .08", "at least .8"),
    ] {
        rows.push(Row::new(format!("scan-{name}-false-alarms-at-5"), share(rule, 0, 0.05), "share", false_goal));
        rows.push(Row::new(format!("scan-{name}-false-alarms-at-10"), share(rule, 0, 0.10), "share", ""));
        rows.push(Row::new(format!("scan-{name}-power"), share(rule, 1, 0.05), "share", power_goal));
    }
    Ok(())
}

fn histories() -> Result<Vec<History>, String> {
    let peers = std::fs::canonicalize(crate::peers()).map_err(|e| e.to_string())?;
    let kept = format!("bellwether-scan-null-{WORLDS}.txt");
    let worlds = WORLDS.to_string();
    let text = crate::written(&kept, WRITER, &[&peers, worlds.as_ref()], "Python with numpy and scipy")?;
    text.lines()
        .map(|line| {
            let (places, events) = line.split_once('\t').ok_or("a line without a tab")?;
            let at: Option<Vec<(f64, f64)>> = places.split(';').map(pair).collect();
            let events: Option<Vec<(u32, u32)>> = events.split('|').map(pair).collect();
            let (at, events) = at.zip(events).ok_or("not a pair of numbers")?;
            Ok(History { sites: Sites::on_earth(&at, 100.0), events })
        })
        .collect()
}

fn pair<T: std::str::FromStr>(text: &str) -> Option<(T, T)> {
    let (a, b) = text.split_once(' ')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}
