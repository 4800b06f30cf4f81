//! What really happened: perpetrators and figures from claims that contradict and copy one another, on generated claims
//! with truth, on labelled sets, and against simulation; peers in the same run.
//!
//! `--data` names a folder that holds `claims5k` and `claims50k`, each with `claims.csv` (event, source, perpetrator,
//! number, hedge, copied), `truth.csv` (event, perpetrator, fatalities) and `meta.json` (`copies_from`). Without it the
//! shared generator is run, if Python with numpy is there.

mod baselines;
mod claims;
mod labelled;
mod nuts;
mod releases;

use std::path::{Path, PathBuf};
use std::process::Command;

use stats::{TollPrior, Tolls, VotePrior, pareto_k, uniform};

use crate::{Row, median_seconds, thread_seconds};
use claims::{Claims, Laws};

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let folder = match data {
        Some(d) => d.to_owned(),
        None => crate::matching::generate()?,
    };
    let mut rows = Vec::new();
    attribution(&folder, &mut rows)?;
    figures(&folder, &mut rows)?;
    hard(&mut rows);
    growth(&mut rows);
    calibration(&mut rows);
    labelled::run(&mut rows);
    releases::run(&mut rows);
    Ok(rows)
}

/// Three runs of a thing on this thread: the middle one's CPU seconds, and what it gave.
fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..3 {
        let before = thread_seconds();
        let out = work();
        times.push(thread_seconds() - before);
        last = Some(out);
    }
    times.sort_by(f64::total_cmp);
    // There were three.
    (times[1], last.unwrap_or_else(work))
}

/// What a peer printed.
fn peer(folder: &Path, script: &str, name: &str) -> Option<String> {
    let script = crate::shared().join("../peers").join(script);
    let work = std::env::temp_dir();
    let script = std::fs::canonicalize(script).ok()?;
    let out = Command::new("python3")
        .arg(script)
        .arg(name)
        .env("PEERS_DATA", std::fs::canonicalize(folder).ok()?)
        .current_dir(work)
        .output()
        .ok()
        .filter(|o| o.status.success());
    if out.is_none() {
        eprintln!("note: a peer could not be run (numpy, pandas, scipy and crowd-kit are needed)");
    }
    Some(String::from_utf8_lossy(&out?.stdout).into_owned())
}

/// The number after a key, on the first line that begins with `line`.
fn number(text: &str, line: &str, key: &str) -> Option<f64> {
    let line = text.lines().find(|l| l.trim_start().starts_with(line))?;
    let at = line.find(key)? + key.len();
    line[at..].trim_start().split(|c: char| !c.is_ascii_digit() && c != '.').next()?.trim_end_matches('.').parse().ok()
}

fn beside(row: Row, peer: &'static str, value: Option<f64>) -> Row {
    match value {
        Some(v) => row.beside(peer, v),
        None => row,
    }
}

/// Who did it.
fn attribution(folder: &Path, rows: &mut Vec<Row>) -> Result<(), String> {
    let path: PathBuf = folder.join("claims50k");
    if !path.is_dir() {
        rows.push(Row::new("reconcile-attribution-absent", f64::NAN, "", ""));
        return Ok(());
    }
    let claims = Claims::read(&path)?;
    let votes = claims.votes();
    let text = peer(folder, "truth/run.py", "claims50k").unwrap_or_default();
    let prior = VotePrior::default();
    rows.push(Row::new("reconcile-attribution-claims", votes.len() as f64, "claims", ""));
    let theirs = |key: &str| number(&text, "crowdkit DawidSkene", key);
    let (plain, _) = timed(|| votes.fit(&prior, false));
    rows.push(beside(
        Row::new("reconcile-attribution-cpu-seconds", plain, "s", "at most .15"),
        "crowd-kit DS",
        theirs("cpu="),
    ));
    let (searching, fit) = timed(|| votes.fit(&prior, true));
    rows.push(beside(
        Row::new("reconcile-attribution-copying-cpu-seconds", searching, "s", "at most 1"),
        "numpy",
        number(&text, "numpy DS + copy", "cpu="),
    ));
    let k = claims.labels;
    let (mut loss, mut right, mut n) = (0.0, 0.0, 0.0);
    for (item, truth) in claims.who.iter().enumerate().filter(|(i, _)| claims.spoken_of(*i)) {
        loss -= fit.posterior[item * k + *truth as usize].max(1e-9).ln();
        right += f64::from(u8::from(fit.best(item) == *truth as usize));
        n += 1.0;
    }
    rows.push(beside(
        Row::new("reconcile-attribution-log-loss", loss / n, "", "at most .043"),
        "crowd-kit DS",
        theirs("logloss="),
    ));
    rows.push(beside(Row::new("reconcile-attribution-accuracy", right / n, "", ""), "crowd-kit DS", theirs("acc=")));
    pairs("reconcile-copy-pairs", &fit.model.copies, &claims, "at least 7 of 8", rows);
    // Worlds: two chains beside each other.
    let mut drawn = 0.0;
    let wall = median_seconds(1, || {
        let seconds: Vec<f64> = std::thread::scope(|scope| {
            let chains: Vec<_> = (0..2)
                .map(|lane| {
                    let (votes, prior, fit) = (&votes, &prior, &fit);
                    scope.spawn(move || {
                        let before = thread_seconds();
                        let mut chain = votes.chain(prior, &fit.model, 1, lane);
                        for _ in 0..512 {
                            chain.step();
                        }
                        std::hint::black_box(&chain.truth);
                        thread_seconds() - before
                    })
                })
                .collect();
            chains.into_iter().filter_map(|c| c.join().ok()).collect()
        });
        drawn = seconds.iter().sum();
    });
    rows.push(Row::new("reconcile-attribution-worlds-seconds", wall, "s", "at most 5, 1,024 worlds on two threads"));
    rows.push(Row::new("reconcile-attribution-worlds-cpu-seconds", drawn, "s", ""));
    Ok(())
}

/// Copying pairs, whichever way round, against the truth.
fn pairs(name: &str, copies: &[Option<stats::Copying>], claims: &Claims, goal: &'static str, rows: &mut Vec<Row>) {
    let found: Vec<(usize, usize)> =
        copies.iter().enumerate().filter_map(|(a, c)| c.map(|c| (a.min(c.from), a.max(c.from)))).collect();
    let hits = claims.copying.iter().filter(|p| found.contains(p)).count();
    rows.push(
        Row::new(format!("{name}-found"), hits as f64, "pairs", goal).beside("true", claims.copying.len() as f64),
    );
    rows.push(Row::new(format!("{name}-false"), (found.len() - hits) as f64, "pairs", "at most 1"));
}

/// How many.
fn figures(folder: &Path, rows: &mut Vec<Row>) -> Result<(), String> {
    let path = folder.join("claims5k");
    if !path.is_dir() {
        rows.push(Row::new("reconcile-figures-absent", f64::NAN, "", ""));
        return Ok(());
    }
    let claims = Claims::read(&path)?;
    let prior = TollPrior::default();
    let text = peer(folder, "fatal/own_ref.py", "claims5k").unwrap_or_default();
    rows.push(Row::new("reconcile-figures-claims", claims.said.len() as f64, "claims", ""));
    let (cpu, _) = timed(|| claims.tolls().fit(&prior, false));
    rows.push(beside(
        Row::new("reconcile-figures-cpu-seconds", cpu, "s", "at most .4"),
        "numpy",
        number(&text, "grid-EM", "cpu="),
    ));
    let tolls = claims.tolls();
    let (searching, fit) = timed(|| tolls.fit(&prior, true));
    rows.push(Row::new("reconcile-figures-copying-cpu-seconds", searching, "s", ""));
    pairs("reconcile-figures-copy-pairs", &fit.model.copies, &claims, "", rows);
    let sampler = tolls.worlds(&prior, &fit, 1);
    let n = WORLDS;
    let mut drawn = Vec::new();
    let wall = median_seconds(1, || drawn = worlds(&sampler, n));
    rows.push(Row::new("reconcile-figures-worlds-seconds", wall, "s", "under 2, 1,024 worlds on two threads"));
    rows.push(Row::new("reconcile-figures-pareto-k", pareto_k(&sampler.weights(400)), "", "below .7"));
    rows.push(Row::new("reconcile-figures-level-sd", sampler.level, "ln", "what no claim fixes"));
    let score = Score::new(&claims, &tolls, &drawn);
    let theirs = number(&text, "MAE log1p", "CRPS posterior");
    rows.push(beside(Row::new("reconcile-crps", score.crps, "deaths", ""), "numpy", theirs));
    rows.push(
        Row::new("reconcile-crps-over-median-error", score.crps / score.median, "", "at most .65")
            .beside("median's error", score.median),
    );
    for (q, c) in [50, 80, 90].iter().zip(score.cover) {
        let goal = if *q == 80 { ".78 to .88" } else { "" };
        rows.push(Row::new(format!("reconcile-coverage-{q}"), c, "share", goal));
    }
    rows.push(Row::new("reconcile-coverage-80-where-some", score.cover_some, "share", ""));
    baselines::run(&claims, &tolls, &drawn, rows);
    nuts::run(&claims, rows);
    // A new claim: its event alone, under the globals of the fit.
    let event = claims.said[claims.said.len() / 2].event;
    let more = stats::Toll { event, voice: 0, low: 7.0, high: 7.0, hedge: 0 };
    let seconds = median_seconds(101, || {
        std::hint::black_box(tolls.law(&prior, &fit, event as usize, &[more]));
    });
    rows.push(Row::new("reconcile-new-claim-ms", seconds * 1000.0, "ms", "at most 5"));
    Ok(())
}

const WORLDS: u32 = 1024;

/// Figures of every event in every world, world after world; two threads.
fn worlds(sampler: &stats::TollWorlds<'_>, n: u32) -> Vec<Vec<u32>> {
    std::thread::scope(|scope| {
        let halves: Vec<_> = [0..n / 2, n / 2..n]
            .into_iter()
            .map(|part| scope.spawn(move || part.map(|w| sampler.draw(w).figures).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().filter_map(|h| h.join().ok()).flatten().collect()
    })
}

/// How drawn figures stand to the truth.
struct Score {
    crps: f64,
    /// Mean absolute error of the median claim.
    median: f64,
    /// Share of true figures within the central 50, 80 and 90 % (ties at random).
    cover: [f64; 3],
    cover_some: f64,
}

impl Score {
    fn new(claims: &Claims, tolls: &Tolls, drawn: &[Vec<u32>]) -> Self {
        let mut s = Self { crps: 0.0, median: 0.0, cover: [0.0; 3], cover_some: 0.0 };
        let (mut n, mut some) = (0.0, 0.0);
        for (event, truth) in claims.figures.iter().enumerate() {
            let Some(median) = claims.median(event) else { continue };
            n += 1.0;
            let truth = f64::from(*truth);
            s.crps += crps(&mut sample(tolls, drawn, event), truth);
            s.median += (median - truth).abs();
            let rank = rank(tolls, drawn, event, truth);
            for (c, q) in s.cover.iter_mut().zip([0.5, 0.8, 0.9]) {
                *c += f64::from(u8::from((rank - 0.5).abs() < q / 2.0));
            }
            if truth > 0.0 {
                some += 1.0;
                s.cover_some += f64::from(u8::from((rank - 0.5).abs() < 0.4));
            }
        }
        s.crps /= n;
        s.median /= n;
        s.cover = s.cover.map(|c| c / n);
        s.cover_some /= some;
        s
    }
}

/// An event's figure in every world.
fn sample(tolls: &Tolls, drawn: &[Vec<u32>], event: usize) -> Vec<f64> {
    drawn.iter().map(|w| f64::from(tolls.grid.values[w[event] as usize])).collect()
}

/// Where the truth falls among the worlds: a value of the grid stands for its cell, ties are broken at random.
fn rank(tolls: &Tolls, drawn: &[Vec<u32>], event: usize, truth: f64) -> f64 {
    let values = &tolls.grid.values;
    let near = |i: usize| (f64::from(values[i]) - truth).abs();
    let at = values.partition_point(|v| f64::from(*v) < truth).min(values.len() - 1);
    let at = if at > 0 && near(at - 1) < near(at) { at - 1 } else { at };
    let below = drawn.iter().filter(|w| (w[event] as usize) < at).count() as f64;
    let equal = drawn.iter().filter(|w| w[event] as usize == at).count() as f64;
    (below + uniform(9, 0, event as u64, 1) * (equal + 1.0)) / (drawn.len() as f64 + 1.0)
}

/// Continuous ranked probability score of draws: mean |x - y| less half the mean |x - x'|. Sorts the draws.
fn crps(draws: &mut [f64], truth: f64) -> f64 {
    draws.sort_by(f64::total_cmp);
    let n = draws.len() as f64;
    let error = draws.iter().map(|x| (x - truth).abs()).sum::<f64>() / n;
    let spread = draws.iter().enumerate().map(|(i, x)| x * (2.0 * i as f64 + 1.0 - n)).sum::<f64>() / (n * n);
    error - spread
}

/// A third of the sources copy, a fifth say three times as many as there are.
fn hard(rows: &mut Vec<Row>) {
    let claims = Claims::draw(77, 5_000, &Laws::HARD);
    let prior = TollPrior::default();
    let tolls = claims.tolls();
    let fit = tolls.fit(&prior, true);
    let drawn = worlds(&tolls.worlds(&prior, &fit, 2), 512);
    let score = Score::new(&claims, &tolls, &drawn);
    rows.push(Row::new("reconcile-hard-coverage-80", score.cover[1], "share", ".78 to .88"));
    rows.push(Row::new("reconcile-hard-coverage-80-where-some", score.cover_some, "share", ""));
    rows.push(Row::new("reconcile-hard-crps-over-median-error", score.crps / score.median, "", ""));
    pairs("reconcile-hard-copy-pairs", &fit.model.copies, &claims, "", rows);
}

/// Cost by number of claims, up to a million.
fn growth(rows: &mut Vec<Row>) {
    let mut first = None;
    for events in [20_000, 60_000, 180_000] {
        let claims = Claims::draw(78, events, &Laws::PLAIN);
        let n = claims.said.len() as f64;
        let (votes, tolls) = (claims.votes(), claims.tolls());
        let before = thread_seconds();
        std::hint::black_box(votes.fit(&VotePrior::default(), false));
        let who = thread_seconds() - before;
        let before = thread_seconds();
        std::hint::black_box(tolls.fit(&TollPrior::default(), false));
        let how_many = thread_seconds() - before;
        let per = (who * 1e6 / n, how_many * 1e6 / n);
        let (p, q) = *first.get_or_insert(per);
        let name = |what: &str| format!("reconcile-{what}-{n:.0}-claims-us-per-claim");
        rows.push(Row::new(name("attribution"), per.0, "us", "as for fewer").beside("fewest", p));
        rows.push(Row::new(name("figures"), per.1, "us", "as for fewer").beside("fewest", q));
    }
}

/// Simulation-based calibration of both models, globals included.
fn calibration(rows: &mut Vec<Row>) {
    let both = |run: fn(u64, u32) -> Vec<f64>, n: u32| -> Vec<Vec<f64>> {
        std::thread::scope(|scope| {
            let halves: Vec<_> = [0..n / 2, n / 2..n]
                .map(|part| scope.spawn(move || part.map(|r| run(5, r)).collect::<Vec<_>>()))
                .into();
            halves.into_iter().filter_map(|h: std::thread::ScopedJoinHandle<'_, _>| h.join().ok()).flatten().collect()
        })
    };
    let tolls = both(stats::tolls_sbc, 1_000);
    let votes = both(stats::votes_sbc, 4_000);
    let p: Vec<f64> = [&tolls, &votes].into_iter().flat_map(|r| stats::rank_uniformity(r, 20)).collect();
    let least = p.iter().copied().fold(1.0, f64::min);
    rows.push(Row::new("reconcile-sbc-p-min", least, "", "above .002: .05 over 22 quantities"));
    for q in [0.5, 0.8, 0.9] {
        let inside = |r: &Vec<Vec<f64>>, from: usize, to: usize| {
            let all = r.iter().flat_map(|r| &r[from..to]);
            all.clone().filter(|x| (**x - 0.5).abs() < q / 2.0).count() as f64 / all.count() as f64
        };
        let name = |what: &str| format!("reconcile-sbc-{what}-coverage-{:.0}", q * 100.0);
        rows.push(Row::new(name("globals"), inside(&tolls, 0, 7), "share", "within .02"));
        rows.push(Row::new(name("figures"), inside(&tolls, 7, 12), "share", "within .02"));
        rows.push(Row::new(name("perpetrators"), inside(&votes, 5, 10), "share", "within .02"));
    }
}
