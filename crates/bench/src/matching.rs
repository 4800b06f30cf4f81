//! The same event across data sets: time, accuracy and calibration on generated sets with truth, peers in the same run.
//!
//! `--data` names a folder that holds `match10k` and `match200k` (and others), each with `A.csv`, `B.csv`, `C.csv` of
//! columns `event, true_id, day, latitude, longitude, type, actor, fatalities`. Without it the shared generator is run,
//! if Python with numpy is there. `harsh` data come from a generator of ours with other laws.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::{ImportOptions, LEAST, MatchSet, Matched, SliceOptions, SliceSet, Store, match_records};
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
            rows.push(Row::new("match-200k-mb", child("match-one", &path)?[0], "MB", "at most 350"));
            // The same from Parquet parts, slice by slice, two at once.
            let [slices, seconds, megabytes, f1] = child("match-sliced", &path)?[..] else { continue };
            rows.push(Row::new("match-200k-slices", slices, "", ""));
            rows.push(Row::new("match-200k-sliced-seconds", seconds, "s", "").beside("in one piece, CPU", times[1]));
            rows.push(Row::new("match-200k-sliced-mb", megabytes, "MB", ""));
            rows.push(Row::new("match-200k-sliced-f1", f1, "", "as in one piece").beside("in one piece", score.f1()));
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

/// What a process of its own printed, so that its memory can be told.
fn child(job: &str, path: &Path) -> Result<Vec<f64>, String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = Command::new(exe).args([job, "--data"]).arg(path).output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    let numbers: Option<Vec<f64>> = text.split_whitespace().map(|t| t.parse().ok()).collect();
    numbers.filter(|n| !n.is_empty()).ok_or_else(|| String::from_utf8_lossy(&out.stderr).into_owned())
}

/// Reads and matches the sets in one piece; prints peak megabytes.
pub(crate) fn one(path: &Path) -> Result<(), String> {
    let sets = read(path)?;
    let world = World::new(&sets);
    let m = match_records(&world.sets(), LEAST);
    std::hint::black_box((&m, m.clusters()));
    println!("{}", usage().1);
    Ok(())
}

/// Rows of a slice: a third of the default, so that there are several.
const SLICE: u64 = 50_000;

/// Imports the sets to Parquet and matches them in slices; prints slices, seconds of the matching, peak megabytes
/// (import included) and F1.
pub(crate) fn sliced(path: &Path) -> Result<(), String> {
    let work = std::env::temp_dir().join(format!("bellwether-bench-slices-{}", std::process::id()));
    let mut sets = Vec::new();
    for x in NAMES {
        let folder = work.join(x);
        std::fs::create_dir_all(folder.join("parts")).map_err(|e| e.to_string())?;
        let file = std::fs::File::open(path.join(format!("{x}.csv"))).map_err(|e| e.to_string())?;
        let options = ImportOptions {
            dataset: x.into(),
            format: Format::Mapped,
            mapping: Some(mapping()),
            withdrawn: vec![],
            threads: 2,
        };
        let done = engine::import(file, &folder, &options, &|_, _| {})?;
        let parts = done.parts.iter().map(|p| folder.join("parts").join(p)).collect();
        sets.push(SliceSet { id: x.to_owned(), duplicates: true, parts, key: String::new(), rows: done.rows });
    }
    let store = Store::open(&work.join("store")).map_err(|e| e.to_string())?;
    let begun = std::time::Instant::now();
    let done = engine::match_all(&store, &sets, SliceOptions { rows: SLICE, threads: 2 }, &|_, _| {})?;
    let seconds = begun.elapsed().as_secs_f64();
    let megabytes = usage().1;
    // Truth by set and key.
    let mut truth: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (x, records) in NAMES.iter().zip(read(path)?) {
        truth.extend(records.into_iter().map(|(r, t)| (((*x).to_owned(), r.id.to_string()), t)));
    }
    let mut events: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for ((set, _), t) in &truth {
        events.entry(*t).or_default().push(set);
    }
    let across = |sets: &[&str]| {
        let pairs = sets.iter().enumerate().flat_map(|(i, a)| sets[i + 1..].iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a != b).count()
    };
    let all: usize = events.values().map(|s| across(s)).sum();
    let (mut said, mut hits) = (0, 0);
    let rows = engine::query(&store, "select cluster, dataset, id from clusters order by 1, 2, 3", 2, None)?.rows;
    let rows: Vec<[String; 3]> =
        rows.into_iter().filter_map(|r| r.into_iter().collect::<Option<Vec<_>>>()?.try_into().ok()).collect();
    for cluster in rows.chunk_by(|a, b| a[0] == b[0]) {
        for (i, a) in cluster.iter().enumerate() {
            for b in cluster[i + 1..].iter().filter(|b| b[1] != a[1]) {
                said += 1;
                let of = |r: &[String; 3]| truth.get(&(r[1].clone(), r[2].clone()));
                hits += usize::from(of(a).is_some() && of(a) == of(b));
            }
        }
    }
    drop(store);
    let _ = std::fs::remove_dir_all(&work);
    println!("{} {seconds} {megabytes} {}", done.slices.len(), 2.0 * hits as f64 / (said + all).max(1) as f64);
    Ok(())
}

/// Runs the shared generator into a folder of its own.
pub(crate) fn generate() -> Result<PathBuf, String> {
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

/// The three sets.
const NAMES: [&str; 3] = ["A", "B", "C"];

/// What the generated codes mean (ACLED's words, UCDP's types of violence, CAMEO's codes): only what has a type of our
/// vocabulary is matched in slices.
const TYPES: [(&str, &str); 10] = [
    ("1", "Battles"),
    ("2", "Battles"),
    ("3", "Violence against civilians"),
    ("145", "Violent demonstration"),
    ("180", "Violence against civilians"),
    ("181", "Abduction/forced disappearance"),
    ("183", "Explosions/Remote violence"),
    ("190", "Battles"),
    ("Abduction", "Abduction/forced disappearance"),
    ("Looting", "Looting/property destruction"),
];

/// How the generated tables are to be read.
fn mapping() -> Mapping {
    let column = |n: &str| Some(n.to_owned());
    Mapping {
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
        types: TYPES.iter().map(|(c, t)| ((*c).to_owned(), EventKind((*t).to_owned()))).collect(),
        ..Mapping::default()
    }
}

fn read(folder: &Path) -> Result<Vec<Truth>, String> {
    let mapping = mapping();
    NAMES
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
