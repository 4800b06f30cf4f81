//! The same event across data sets: time, accuracy and calibration on generated sets with truth, peers in the same run.
//!
//! `--data` names a folder that holds `match10k` and `match200k` (and others), each with `A.csv`, `B.csv`, `C.csv` of
//! columns `event, true_id, day, latitude, longitude, type, actor, fatalities`. Without it the shared generator is run,
//! if Python with numpy is there. `harsh` data come from a generator of ours with other laws.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::{LEAST, MatchSet, Matched, match_records};
use formats::{Format, Record};
use model::{Columns, Day, EventKind, Mapping};

use crate::harsh::Laws;
use crate::{Row, thread_seconds, usage};

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let folder = match data {
        Some(d) => d.to_owned(),
        None => generate()?,
    };
    let mut rows = Vec::new();
    for (name, label) in [("match10k", "match-15k"), ("match200k", "match-200k")] {
        let path = folder.join(name);
        if !path.is_dir() {
            rows.push(Row::new(format!("{label}-absent"), f64::NAN, "", ""));
            continue;
        }
        let goals = if label == "match-15k" { ("at most .1", "at least .95") } else { ("at most 2", "at least .90") };
        let sets = read(&path)?;
        let world = World::new(&sets);
        let mut times = Vec::new();
        let mut matched = None;
        for _ in 0..3 {
            // The function runs on one thread.
            let before = thread_seconds();
            let m = match_records(&world.sets(), LEAST);
            let clusters = m.clusters();
            times.push(thread_seconds() - before);
            matched = Some((m, clusters));
        }
        times.sort_by(f64::total_cmp);
        let Some((m, clusters)) = matched else { continue };
        let score = Score::new(&world, &m, &clusters);
        rows.push(Row::new(
            format!("{label}-rows"),
            world.records.iter().map(Vec::len).sum::<usize>() as f64,
            "rows",
            "",
        ));
        let peers = peers(&folder, name);
        let mut seconds = Row::new(format!("{label}-cpu-seconds"), times[1], "s", goals.0);
        let mut f1 = Row::new(format!("{label}-f1"), score.f1(), "", goals.1);
        if let Some((peer, p)) = peers.first() {
            seconds = seconds.beside(peer, p.0);
            f1 = f1.beside(peer, p.1);
        }
        rows.push(seconds);
        rows.push(f1);
        rows.push(Row::new(format!("{label}-precision"), score.precision(), "", ""));
        rows.push(Row::new(format!("{label}-recall"), score.recall(), "", ""));
        for (peer, p) in peers.iter().skip(1) {
            rows.push(Row::new(format!("{label}-cpu-seconds-{peer}"), p.0, "s", "the peer's"));
            rows.push(Row::new(format!("{label}-f1-{peer}"), p.1, "", "the peer's"));
        }
        let suffix = if label == "match-15k" { "" } else { "-200k" };
        rows.push(Row::new(format!("match-ece{suffix}"), score.ece(), "", "at most .02"));
        if label == "match-15k" {
            for (i, (n, p, t)) in score.table.iter().enumerate() {
                if *n > 0 {
                    let said = p / *n as f64;
                    rows.push(
                        Row::new(format!("match-reliability-{i}"), *t as f64 / *n as f64, "true", "as said")
                            .beside("said", said),
                    );
                }
            }
        }
        if label == "match-200k" {
            rows.push(Row::new("match-200k-mb", child(&path)?, "MB", "at most 350"));
        }
    }
    for (name, laws) in [("match-harsh", Laws::HARSH), ("match-kind", Laws::KIND)] {
        let sets = crate::harsh::world(11, 6_000, &laws);
        let world = World::new(&sets);
        let m = match_records(&world.sets(), LEAST);
        let score = Score::new(&world, &m, &m.clusters());
        rows.push(Row::new(format!("{name}-f1"), score.f1(), "", "within .05 of match-15k-f1"));
        rows.push(Row::new(format!("{name}-ece"), score.ece(), "", ""));
    }
    Ok(rows)
}

/// Peak megabytes of a process that only reads and matches these sets.
fn child(path: &Path) -> Result<f64, String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = Command::new(exe).args(["match-one", "--data"]).arg(path).output().map_err(|e| e.to_string())?;
    String::from_utf8_lossy(&out.stdout).trim().parse().map_err(|_| String::from_utf8_lossy(&out.stderr).into_owned())
}

/// What the child does.
pub(crate) fn one(path: &Path) -> Result<(), String> {
    let sets = read(path)?;
    let world = World::new(&sets);
    let m = match_records(&world.sets(), LEAST);
    std::hint::black_box((&m, m.clusters()));
    println!("{}", usage().1);
    Ok(())
}

/// Runs the shared generator into a folder of its own.
fn generate() -> Result<PathBuf, String> {
    let script = crate::shared().join("../peers/gen/gen.py");
    let folder = std::env::temp_dir().join("bellwether-bench-peers");
    if !folder.join("match200k").is_dir() {
        let status = Command::new("python3").arg(&script).arg(&folder).status().map_err(|e| format!("python3: {e}"))?;
        if !status.success() {
            return Err(format!("{} failed; give --data with generated sets", script.display()));
        }
    }
    Ok(folder)
}

/// CPU seconds and F1 of the peers that can be run here: the numpy reference and Splink.
fn peers(folder: &Path, name: &str) -> Vec<(&'static str, (f64, f64))> {
    let scripts = crate::shared().join("../peers");
    let number = |text: &str, key: &str| -> Option<f64> {
        let at = text.rfind(key)? + key.len();
        text[at..].split(|c: char| !c.is_ascii_digit() && c != '.').next()?.parse().ok()
    };
    [("numpy", "match_ref/own_ref.py"), ("splink", "splink/run.py")]
        .into_iter()
        .filter_map(|(peer, script)| {
            let out = Command::new("python3")
                .arg(scripts.join(script))
                .arg(name)
                .env("PEERS_DATA", folder)
                .output()
                .ok()
                .filter(|o| o.status.success());
            let Some(out) = out else {
                eprintln!("note: the peer {peer} could not be run");
                return None;
            };
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            Some((peer, (number(&text, "cpu=")?, number(&text, "F1=")?)))
        })
        .collect()
}

/// Records with the truth behind them.
pub(crate) type Truth = Vec<(Record<'static>, u32)>;

fn read(folder: &Path) -> Result<Vec<Truth>, String> {
    let column = |n: &str| Some(n.to_owned());
    let mapping = Mapping {
        columns: Columns {
            id: column("event"),
            date: "day".into(),
            latitude: column("latitude"),
            longitude: column("longitude"),
            kind: column("type"),
            actor1: column("actor"),
            deaths: column("fatalities"),
            keep: vec!["true_id".into()],
            ..Columns::default()
        },
        epoch: Some(Day(17_532)),
        types: BTreeMap::<String, EventKind>::new(),
        ..Mapping::default()
    };
    ["A", "B", "C"]
        .iter()
        .map(|x| {
            let path = folder.join(format!("{x}.csv"));
            let file = std::fs::File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let file = formats::read_all(Format::Mapped, Some(&mapping), file)?;
            if let Some(b) = file.bad.first() {
                return Err(format!("{}:{}: {}", path.display(), b.line, b.reason));
            }
            Ok(file
                .records
                .into_iter()
                .map(|mut r| {
                    // The truth goes aside: the matcher must not see it.
                    let truth = r.detail.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
                    r.detail = "".into();
                    (r, truth)
                })
                .collect())
        })
        .collect()
}

/// Sets and truth.
struct World<'t> {
    records: Vec<Vec<&'t Record<'static>>>,
    truth: Vec<Vec<u32>>,
}

impl<'t> World<'t> {
    fn new(sets: &'t [Truth]) -> Self {
        Self {
            records: sets.iter().map(|s| s.iter().map(|r| &r.0).collect()).collect(),
            truth: sets.iter().map(|s| s.iter().map(|r| r.1).collect()).collect(),
        }
    }

    fn sets(&self) -> Vec<MatchSet<'t>> {
        ["a", "b", "c"]
            .iter()
            .zip(&self.records)
            .map(|(id, r)| MatchSet { id, records: r.clone(), duplicates: true })
            .collect()
    }
}

/// Pairs across sets that the clusters imply, against the truth; and how probabilities hold.
struct Score {
    hits: usize,
    said: usize,
    all: usize,
    /// By tenth: pairs, sum of probabilities, true pairs.
    table: [(usize, f64, usize); 10],
}

impl Score {
    fn new(world: &World<'_>, m: &Matched, found: &[u32]) -> Self {
        let truth = |r: u32| world.truth[m.keys[r as usize].0][m.keys[r as usize].1];
        let set = |r: u32| m.keys[r as usize].0;
        let across = |groups: &BTreeMap<u32, Vec<u32>>, same: &dyn Fn(u32, u32) -> bool| -> (usize, usize) {
            let (mut n, mut hits) = (0, 0);
            for members in groups.values() {
                for (i, a) in members.iter().enumerate() {
                    for b in &members[i + 1..] {
                        if set(*a) != set(*b) {
                            n += 1;
                            hits += usize::from(same(*a, *b));
                        }
                    }
                }
            }
            (n, hits)
        };
        let mut clusters: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut events: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for r in 0..m.keys.len() as u32 {
            clusters.entry(found[r as usize]).or_default().push(r);
            events.entry(truth(r)).or_default().push(r);
        }
        let (said, hits) = across(&clusters, &|a, b| truth(a) == truth(b));
        let (all, _) = across(&events, &|_, _| true);
        let mut table = [(0, 0.0, 0); 10];
        for p in m.linked.pairs.iter().filter(|p| set(p.a) != set(p.b)) {
            let cell = &mut table[((p.p * 10.0) as usize).min(9)];
            *cell = (cell.0 + 1, cell.1 + f64::from(p.p), cell.2 + usize::from(truth(p.a) == truth(p.b)));
        }
        Self { hits, said, all, table }
    }

    fn precision(&self) -> f64 {
        self.hits as f64 / self.said.max(1) as f64
    }

    fn recall(&self) -> f64 {
        self.hits as f64 / self.all.max(1) as f64
    }

    fn f1(&self) -> f64 {
        2.0 * self.hits as f64 / (self.said + self.all).max(1) as f64
    }

    /// Expected calibration error over ten bins, all kept pairs.
    fn ece(&self) -> f64 {
        let all: usize = self.table.iter().map(|c| c.0).sum();
        self.table.iter().map(|(_, p, t)| (p - *t as f64).abs()).sum::<f64>() / all.max(1) as f64
    }
}
