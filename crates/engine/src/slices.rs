//! Every row of every data set against every other, slice by slice: what does not fit into memory is matched all the same.
//!
//! A slice is a stretch of days with at most so many rows. It is read by a plan over the parts of `records`, together with
//! the rows that reach into it, matched on its own (its weights are learned from itself), and its pairs are written when it
//! is done: so a slice is the unit of memory, of retry and of commit, and needs no other slice. A pair belongs to the
//! slice in which the later of its two rows begins, where both are always at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{Date32Type, Float64Type, Int64Type};
use formats::Record;
use model::{Day, Id};
use serde::{Deserialize, Serialize};
use stats::{Linked, Pair};

use crate::journal::hash;
use crate::reconciled::{self, Reconciled};
use crate::rows::{over_parts, records};
use crate::stage::matching::{self, LEAST, MatchSet, match_records};
use crate::store::Store;
use crate::tables::{Table, i, r, t, table};

/// An imported data set that is to be matched.
#[derive(Debug, Clone)]
pub struct SliceSet {
    /// Id of the data set.
    pub id: Id,
    /// One event may stand in it twice.
    pub duplicates: bool,
    /// Its parts, in order.
    pub parts: Vec<PathBuf>,
    /// What names its content: the same for the same rows.
    pub key: String,
    /// How many rows it has.
    pub rows: u64,
}

/// How to slice.
#[derive(Debug, Clone, Copy)]
pub struct SliceOptions {
    /// Rows of a slice, as near as whole days allow.
    pub rows: u64,
    /// Slices at work at once; each has its own memory. The result is the same for any number.
    pub threads: usize,
}

/// Rows of a slice by default: enough to learn from, and about 150 MB.
pub const SLICE_ROWS: u64 = 150_000;

/// Part of the key of what a matching leaves.
const VERSION: u32 = 2;

/// Days beside a slice from which rows are read too: a match's competitors, and theirs.
const MARGIN: i32 = 8;

/// What a matching of everything came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MatchedAll {
    /// By data set: rows that are events in our vocabulary and have a place, and all its rows.
    pub rows: Vec<(Id, u64, u64)>,
    /// Slices, in order of days: first and last day, rows that begin there.
    pub slices: Vec<(Day, Day, u64)>,
    /// Pairs of data sets: pairs kept, how many of them are expected to be one event, and how many likelier than not.
    pub sets: Vec<(Id, Id, u64, f64, u64)>,
    /// Events seen by more than one row, and those rows.
    pub clusters: (u64, u64),
    /// What was learned of the kinds and the deaths that they report.
    pub reconciled: Reconciled,
}

/// Where the imports of the tables `pairs` and `clusters` are named.
pub(crate) const CURRENT: &str = "pairs/current.json";

/// Rows that can be matched.
const FIT: &str = "type is not null and about is null and lon is not null and lat is not null";

/// Matches all rows of all sets and leaves the tables `pairs` and `clusters` in the store. Slices that are done already
/// are not done again. `counted` is told how many rows are done, and of how many.
///
/// # Errors
/// As a phrase: the disk, or parts that are no table of records.
pub fn match_all(
    store: &Store,
    sets: &[SliceSet],
    options: SliceOptions,
    counted: &(dyn Fn(u64, u64) + Sync),
) -> Result<MatchedAll, String> {
    let mut sets: Vec<&SliceSet> = sets.iter().collect();
    sets.sort_by(|a, b| a.id.cmp(&b.id));
    let about: Vec<_> = sets.iter().map(|s| (&s.id, s.duplicates, &s.key)).collect();
    let name = &hash(&(matching::VERSION, VERSION, env!("CARGO_PKG_VERSION"), options.rows, about))[..16];
    let folder = store.root().join("pairs").join(name);
    let disk = |e: std::io::Error| format!("cannot write {}: {e}", folder.display());
    fs::create_dir_all(folder.join("parts")).map_err(disk)?;
    let done_file = format!("pairs/{name}/match.json");
    if let Ok(bytes) = fs::read(store.root().join(&done_file))
        && let Ok(done) = serde_json::from_slice(&bytes)
    {
        return Ok(done);
    }
    let mut out = MatchedAll::default();
    let mut days: BTreeMap<i32, u64> = BTreeMap::new();
    for s in &sets {
        let mut n = 0;
        over_parts(&s.parts, &format!("select first, count(*) as n from records where {FIT} group by first"), |b| {
            let (day, count) = (b.column(0).as_primitive::<Date32Type>(), b.column(1).as_primitive::<Int64Type>());
            for (d, c) in day.values().iter().zip(count.values()) {
                *days.entry(*d).or_default() += *c as u64;
                n += *c as u64;
            }
            Ok(())
        })?;
        out.rows.push((s.id.clone(), n, s.rows));
    }
    out.slices = cut(&days, options.rows);
    let all: u64 = days.values().sum();
    let (next, rows_done) = (AtomicUsize::new(0), AtomicU64::new(0));
    counted(0, all);
    let work = || -> Result<(), String> {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some((from, to, rows)) = out.slices.get(n) else { return Ok(()) };
            let part = format!("pairs/{name}/parts/{}", part_name(n));
            if !store.has(&part) {
                let bytes = slice(&sets, *from, *to)?.to_parquet()?;
                store.write(&part, &bytes).map_err(|e| e.to_string())?;
            }
            counted(rows_done.fetch_add(*rows, Ordering::Relaxed) + rows, all);
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..options.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for o in others {
            let theirs = o.join().unwrap_or_else(|_| Err("a thread of the matching died".into()));
            done = done.and(theirs);
        }
        done
    })?;
    clusters(store, name, &sets, &mut out)?;
    let bytes = serde_json::to_vec(&out).unwrap_or_default();
    store.write(&done_file, &bytes).map_err(|e| e.to_string())?;
    store.write(CURRENT, &serde_json::to_vec(name).unwrap_or_default()).map_err(|e| e.to_string())?;
    Ok(out)
}

fn part_name(n: usize) -> String {
    format!("part-{n:05}.parquet")
}

/// Whole days into stretches of about `most` rows.
fn cut(days: &BTreeMap<i32, u64>, most: u64) -> Vec<(Day, Day, u64)> {
    let mut out: Vec<(Day, Day, u64)> = Vec::new();
    for (day, n) in days {
        match out.last_mut() {
            Some(last) if last.2 + n <= most.max(1) => {
                last.1 = Day(*day);
                last.2 += n;
            }
            _ => out.push((Day(*day), Day(*day), *n)),
        }
    }
    out
}

/// The pairs of one slice.
fn slice(sets: &[&SliceSet], from: Day, to: Day) -> Result<Table, String> {
    let sql = format!(
        "select id, about, first, last, lon, lat, extent, place, '' as adm1, country, type, sub_type, code, actor1, \
         actor2, killed_low, killed_best, killed_high, '' as origin, text, '' as url, flags, '' as detail, line, \"offset\", hash \
         from records where {FIT} and last >= date '{}' and first <= date '{}'",
        Day(from.0 - MARGIN),
        Day(to.0 + MARGIN)
    );
    let mut rows: Vec<Vec<Record<'static>>> = Vec::new();
    for s in sets {
        let mut list = Vec::new();
        over_parts(&s.parts, &sql, |b| records(b, &mut list))?;
        rows.push(list);
    }
    let asked: Vec<MatchSet<'_>> = sets
        .iter()
        .zip(&rows)
        .map(|(s, r)| MatchSet { id: &s.id, records: r.iter().collect(), duplicates: s.duplicates })
        .collect();
    let matched = match_records(&asked, LEAST);
    let of = |n: u32| {
        let (set, row) = matched.keys[n as usize];
        (&sets[set].id, &rows[set][row])
    };
    let own = |p: &&Pair| (from.0..=to.0).contains(&of(p.a).1.first.max(of(p.b).1.first));
    Ok(table(
        "pairs",
        PAIRS,
        &PAIR_COLUMNS,
        matched.linked.pairs.iter().filter(own).map(|p| {
            let ((a_set, a), (b_set, b)) = (of(p.a), of(p.b));
            let why: Vec<String> = matched
                .reasons(&asked, p)
                .iter()
                .map(|w| format!("{} {:+.0} ({})", w.field, w.decibans, w.said))
                .collect();
            vec![
                t(a_set),
                t(&*a.id),
                i(a.at.line as i64),
                t(b_set),
                t(&*b.id),
                i(b.at.line as i64),
                r(f64::from(p.p)),
                t(why.join("; ")),
            ]
        }),
    ))
}

const PAIRS: &str = "Two rows of imported data sets that may be one event, whether they speak to the case or not.";
const CLUSTERS: &str = "One row of an event that several rows of imported data sets speak of.";

/// Columns: kind, name, meaning.
type Columns = [(char, &'static str, &'static str)];

/// The tables that a matching of everything leaves: name, what a row is, columns.
pub fn match_tables() -> [(&'static str, &'static str, &'static Columns); 3] {
    [
        ("pairs", PAIRS, &PAIR_COLUMNS),
        ("clusters", CLUSTERS, &CLUSTER_COLUMNS),
        ("reconciled", reconciled::ABOUT, &reconciled::COLUMNS),
    ]
}

const PAIR_COLUMNS: [(char, &str, &str); 8] = [
    ('t', "a_dataset", "Data set of one row."),
    ('t', "a", "Its key there, as in `records`."),
    ('i', "a_line", "Its line in the file."),
    ('t', "b_dataset", "Data set of the other."),
    ('t', "b", "Its key there."),
    ('i', "b_line", "Its line."),
    ('r', "probability", "Probability that they are one event."),
    ('t', "why", "What speaks for it and against it, in decibans, strongest first."),
];

const CLUSTER_COLUMNS: [(char, &str, &str); 4] = [
    ('i', "cluster", "Number of the event: the likeliest reading of the pairs."),
    ('t', "dataset", "Data set of a row of it."),
    ('t', "id", "The row's key there."),
    ('i', "line", "The row's line in the file."),
];

/// Likeliest clusters over all slices, and what each is, from all its rows; only rows that have a likely counterpart are held.
fn clusters(store: &Store, name: &str, sets: &[&SliceSet], out: &mut MatchedAll) -> Result<(), String> {
    let folder = store.root().join("pairs").join(name);
    let parts: Vec<PathBuf> = (0..out.slices.len()).map(|n| folder.join("parts").join(part_name(n))).collect();
    let place: BTreeMap<&str, usize> = sets.iter().enumerate().map(|(n, s)| (s.id.as_str(), n)).collect();
    let mut tally: BTreeMap<(usize, usize), (u64, f64, u64)> = BTreeMap::new();
    // A row is told by its set, its line and its key together: keys alone may repeat, and so may lines.
    type Key = (usize, i64, String);
    let sql = "select a_dataset, a, a_line, b_dataset, b, b_line, probability from records";
    let each = |with: &mut dyn FnMut(Key, Key, f64)| {
        over_parts(&parts, sql, |b| {
            let text = |c: usize| b.column(c).as_string::<i32>();
            let p = b.column(6).as_primitive::<Float64Type>();
            for row in 0..b.num_rows() {
                let key = |c: usize| {
                    let line = b.column(c + 2).as_primitive::<Int64Type>();
                    (place[text(c).value(row)], line.value(row), text(c + 1).value(row).to_owned())
                };
                with(key(0), key(3), p.value(row));
            }
            Ok(())
        })
    };
    let mut ends: BTreeSet<Key> = BTreeSet::new();
    each(&mut |x, y, p| {
        let sum = tally.entry((x.0.min(y.0), x.0.max(y.0))).or_default();
        *sum = (sum.0 + 1, sum.1 + p, sum.2 + u64::from(p >= matching::JOINED.into()));
        if p >= matching::JOINED.into() {
            ends.extend([x, y]);
        }
    })?;
    out.sets = tally.into_iter().map(|((x, y), t)| (sets[x].id.clone(), sets[y].id.clone(), t.0, t.1, t.2)).collect();
    let keys: Vec<Key> = ends.into_iter().collect();
    // Unlikely pairs of such rows are wanted too: they speak against putting rows together, or for it.
    let mut pairs: Vec<Pair> = Vec::new();
    each(&mut |x, y, p| {
        if let (Ok(x), Ok(y)) = (keys.binary_search(&x), keys.binary_search(&y)) {
            let (x, y) = (x.min(y) as u32, x.max(y) as u32);
            pairs.push(Pair { a: x, b: y, weight: 0.0, p: p as f32, parts: [0.0; 6] });
        }
    })?;
    pairs.sort_unstable_by_key(|p| (p.a, p.b));
    let offsets = (0..=sets.len()).map(|s| keys.partition_point(|k| k.0 < s) as u32).collect();
    let roots = Linked { offsets, pairs, learned: vec![] }.clusters(matching::JOINED);
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    roots.iter().for_each(|x| *sizes.entry(*x).or_default() += 1);
    sizes.retain(|_, n| *n > 1);
    let numbers: BTreeMap<u32, i64> = sizes.keys().zip(1..).map(|(x, n)| (*x, n)).collect();
    out.clusters = (sizes.len() as u64, sizes.values().sum());
    let mut rows: Vec<(i64, usize)> =
        roots.iter().enumerate().filter_map(|(k, x)| Some((*numbers.get(x)?, k))).collect();
    rows.sort_unstable();
    let members: Vec<reconciled::Member<'_>> =
        rows.iter().map(|(n, k)| (*n, keys[*k].0, keys[*k].1, keys[*k].2.as_str())).collect();
    let (learned, file) = reconciled::reconcile(sets, &members)?;
    out.reconciled = learned;
    store.write(&format!("pairs/{name}/reconciled.parquet"), &file.to_parquet()?).map_err(|e| e.to_string())?;
    let file = table(
        "clusters",
        CLUSTERS,
        &CLUSTER_COLUMNS,
        rows.into_iter().map(|(n, k)| {
            let (set, line, id) = &keys[k];
            vec![i(n), t(&sets[*set].id), t(id), i(*line)]
        }),
    );
    store.write(&format!("pairs/{name}/clusters.parquet"), &file.to_parquet()?).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_whole_days_of_at_most_so_many_rows() {
        let days = BTreeMap::from([(1, 4), (2, 4), (5, 4), (6, 20), (9, 1)]);
        let slices: Vec<(i32, i32, u64)> = cut(&days, 10).into_iter().map(|s| (s.0.0, s.1.0, s.2)).collect();
        assert_eq!(slices, [(1, 2, 8), (5, 5, 4), (6, 6, 20), (9, 9, 1)]);
        assert!(cut(&BTreeMap::new(), 10).is_empty());
    }
}
