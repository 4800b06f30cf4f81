//! Contained, relocating or expanding: calibration on the 20,000 worlds of the shared simulation, and what must hold whatever
//! the counts.
//!
//! `--data` names a file as the simulation's worlds are written (see `WRITER`); without it they are written by Python with numpy.

use std::path::Path;

use rayon::prelude::*;
use stats::{Counts, FootprintModel, Stream, brier, calibration_error, dispersion, entity, mean_se};

use crate::Row;

/// The simulation's own code up to its scoring; a line a world: counts, class, chances by the raw and the tempered
/// reference, weekly counts of the reference window.
const WRITER: &str = r#"
import sys
exec(open(sys.argv[1]).read().split("\nY=np.eye")[0])
raw, tempered = probs(np.ones(M)), probs(phi)
for i in range(M):
    counts = (ref_in[i].sum(), ref_out[i].sum(), cur_in[i], cur_out[i], truth[i])
    chances = [f"{x:.6f}" for x in (*raw[i], *tempered[i])]
    print(*counts, *chances, *tot[i])
"#;

struct World {
    counts: Counts,
    truth: usize,
    raw: [f64; 3],
    tempered: [f64; 3],
    weekly: Vec<f64>,
}

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let worlds = worlds(data)?;
    let ours: Vec<[f64; 3]> = worlds.par_iter().map(|w| three(w.counts, dispersion(&w.weekly))).collect();
    let mut rows = vec![Row::new("footprint-worlds", worlds.len() as f64, "worlds", "20000")];
    let raw: Vec<[f64; 3]> = worlds.iter().map(|w| w.raw).collect();
    let tempered: Vec<[f64; 3]> = worlds.iter().map(|w| w.tempered).collect();
    let squares = |all: &[[f64; 3]]| -> Vec<f64> {
        all.iter()
            .zip(&worlds)
            .map(|(p, w)| (0..3).map(|c| (p[c] - f64::from(u8::from(c == w.truth))).powi(2)).sum())
            .collect()
    };
    let (own, theirs) = (squares(&ours), squares(&raw));
    rows.push(Row::new("footprint-brier", mean_se(&own).0, "", "at most .440").beside("raw", mean_se(&theirs).0));
    let better: Vec<f64> = theirs.iter().zip(&own).map(|(a, b)| a - b).collect();
    let (gain, error) = mean_se(&better);
    rows.push(Row::new("footprint-brier-gain-in-errors", gain / error, "standard errors", "above 2"));
    rows.push(Row::new("footprint-brier-tempered", mean_se(&squares(&tempered)).0, "", "the reference"));
    for (name, all) in [("", &ours), ("-raw", &raw), ("-tempered", &tempered)] {
        let (ece, precision, share) = honesty(all, &worlds);
        let goals = if name.is_empty() { ["at most .055", "at least .88"] } else { [""; 2] };
        rows.push(Row::new(format!("footprint-ece{name}"), ece, "", goals[0]));
        rows.push(Row::new(format!("footprint-alarm-precision{name}"), precision, "share", goals[1]));
        rows.push(Row::new(format!("footprint-alarms{name}"), share, "share", ""));
    }
    // Confusion: what is likeliest, by what is so.
    let names = ["contained", "relocating", "expanding"];
    for (t, truth) in names.iter().enumerate() {
        let of: Vec<usize> = (0..worlds.len()).filter(|i| worlds[*i].truth == t).collect();
        for (c, said) in names.iter().enumerate() {
            let n = of.iter().filter(|i| likeliest(&ours[**i]) == c).count();
            rows.push(Row::new(format!("footprint-{truth}-called-{said}"), n as f64 / of.len() as f64, "share", ""));
        }
    }
    for troubled in TROUBLES {
        simulate(&troubled, &mut rows);
    }
    Ok(rows)
}

/// What stands between what happens and what is known of it.
struct Trouble {
    name: &'static str,
    /// Share of events placed on the wrong side of the border of home.
    misplaced: f64,
    /// Share of events reported, in the reference and the current window.
    reported: [f64; 2],
    /// Whether the growth of reporting is known, and allowed for.
    known: bool,
}

const TROUBLES: [Trouble; 5] = [
    Trouble { name: "plain", misplaced: 0.0, reported: [1.0, 1.0], known: false },
    Trouble { name: "misplaced", misplaced: 0.1, reported: [1.0, 1.0], known: false },
    Trouble { name: "thinned", misplaced: 0.0, reported: [0.5, 0.5], known: false },
    Trouble { name: "effort", misplaced: 0.0, reported: [0.5, 0.9], known: false },
    Trouble { name: "effort-known", misplaced: 0.0, reported: [0.5, 0.9], known: true },
];

/// Histories of our own, by the shared simulation's law (immigrants by week, offspring with branching .4), of four classes: receding
/// too. Accuracy and calibration under each trouble.
fn simulate(t: &Trouble, rows: &mut Vec<Row>) {
    const WORLDS: u32 = 4_000;
    let judged: Vec<([f64; 4], usize)> = (0..WORLDS)
        .into_par_iter()
        .map(|w| {
            // The same worlds whatever the trouble.
            let mut s = Stream::new(5, entity("footprint worlds"), w);
            let rate = [s.gamma(3.0) * 0.35, s.gamma(1.5) * 0.12];
            let ratio = [libm::exp(0.6 * s.normal()), libm::exp(0.9 * s.normal())];
            let truth = match (ratio[0] < 0.75, ratio[1] < 0.75, ratio[1] > 1.25) {
                (true, true, _) => 3,
                (true, _, true) => 1,
                (_, _, true) => 2,
                _ => 0,
            };
            let mut counts = [[0u32; 2]; 2];
            let mut weekly = vec![0.0; 52];
            for side in 0..2 {
                for week in 0..60usize {
                    let now = usize::from(week >= 52);
                    let mean = rate[side] * if now == 1 { ratio[side] } else { 1.0 };
                    let (mut all, mut last) = (0, s.poisson(mean));
                    while last > 0 {
                        all += last;
                        last = s.poisson(0.4 * last as f64);
                    }
                    for _ in 0..all {
                        let (seen, moved) = (s.next_unit(), s.next_unit());
                        if seen < t.reported[now] {
                            counts[if moved < t.misplaced { 1 - side } else { side }][now] += 1;
                            if let Some(w) = weekly.get_mut(week) {
                                *w += 1.0;
                            }
                        }
                    }
                }
            }
            let grown = if t.known { t.reported[1] / t.reported[0] } else { 1.0 };
            let c = Counts { in0: counts[0][0], in1: counts[0][1], out0: counts[1][0], out1: counts[1][1] };
            let p = FootprintModel::new(52.0, 8.0, 0.0, dispersion(&weekly), 1024).with_effort([grown; 2]).classes(c);
            ([p[0] + p[4], p[1], p[2], p[3]], truth)
        })
        .collect();
    let n = judged.len() as f64;
    let mut shares = [0.0; 4];
    for (_, truth) in &judged {
        shares[*truth] += 1.0 / n;
    }
    let square =
        |p: &[f64; 4], truth: usize| (0..4).map(|c| (p[c] - f64::from(u8::from(c == truth))).powi(2)).sum::<f64>();
    let score = judged.iter().map(|(p, t)| square(p, *t)).sum::<f64>() / n;
    let climate = judged.iter().map(|(_, t)| square(&shares, *t)).sum::<f64>() / n;
    rows.push(Row::new(format!("footprint-{}-brier", t.name), score, "", "").beside("shares of classes", climate));
    let likeliest = |p: &[f64; 4]| (0..4).fold(0, |best, c| if p[c] > p[best] { c } else { best });
    let said: Vec<(f64, bool)> = judged.iter().map(|(p, truth)| (p[likeliest(p)], likeliest(p) == *truth)).collect();
    rows.push(Row::new(format!("footprint-{}-ece", t.name), unfaithful(&said), "", ""));
    if t.name == "plain" {
        for (truth, name) in ["contained", "relocating", "expanding", "receding"].iter().enumerate() {
            let of: Vec<&([f64; 4], usize)> = judged.iter().filter(|j| j.1 == truth).collect();
            let mean = of.iter().map(|j| j.0[truth]).sum::<f64>() / of.len() as f64;
            rows.push(Row::new(format!("footprint-plain-chance-of-{name}-where-so"), mean, "", ""));
        }
    }
}

/// On three classes, receding and dormant count as contained.
fn three(counts: Counts, phi: f64) -> [f64; 3] {
    let p = FootprintModel::new(52.0, 8.0, 0.0, phi, 1024).classes(counts);
    [p[0] + p[3] + p[4], p[1], p[2]]
}

fn likeliest(p: &[f64; 3]) -> usize {
    (0..3).fold(0, |best, c| if p[c] > p[best] { c } else { best })
}

/// Calibration error of the likeliest class; of alarms (more than .9 for either way of spreading), the share that is right; how many
/// there are.
fn honesty(all: &[[f64; 3]], worlds: &[World]) -> (f64, f64, f64) {
    let alarms: Vec<bool> =
        all.iter().zip(worlds).filter(|(p, _)| 1.0 - p[0] > 0.9).map(|(_, w)| w.truth > 0).collect();
    let right = alarms.iter().filter(|r| **r).count() as f64;
    let said: Vec<(f64, bool)> =
        all.iter().zip(worlds).map(|(p, w)| (p[likeliest(p)], likeliest(p) == w.truth)).collect();
    (unfaithful(&said), right / alarms.len().max(1) as f64, alarms.len() as f64 / all.len() as f64)
}

/// Calibration error of chances of something that did or did not turn out so.
fn unfaithful(said: &[(f64, bool)]) -> f64 {
    brier(said).map_or(f64::NAN, |b| calibration_error(&b.bins))
}

fn worlds(data: Option<&Path>) -> Result<Vec<World>, String> {
    let text = match data {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => crate::written(
            "bellwether-spread-worlds.txt",
            WRITER,
            &[&crate::peers().join("spread/sim.py")],
            "Python with numpy",
        )?,
    };
    text.lines()
        .map(|line| {
            let f: Vec<f64> = line.split_whitespace().filter_map(|t| t.parse().ok()).collect();
            let [in0, out0, in1, out1, truth, r0, r1, r2, t0, t1, t2, ref weekly @ ..] = f[..] else {
                return Err(format!("not a world: {line}"));
            };
            Ok(World {
                counts: Counts { in0: in0 as u32, in1: in1 as u32, out0: out0 as u32, out1: out1 as u32 },
                truth: truth as usize,
                raw: [r0, r1, r2],
                tempered: [t0, t1, t2],
                weekly: weekly.to_vec(),
            })
        })
        .collect()
}
