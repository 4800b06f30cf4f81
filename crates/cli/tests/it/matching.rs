//! `match`: all rows against all, slice by slice, to the same answer as in one piece.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::import::{ok, query};
use crate::{bellwether, fresh, text};

/// Numbers in (0, 1), always the same (splitmix64).
struct Stream(u64);

impl Stream {
    fn next_unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Roughly normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next_unit()).sum::<f64>() - 6.0
    }
}

/// Two tables that see 1,500 events of 200 days, each most of them; what is the same has the same key.
fn tables() -> [String; 2] {
    let mut s = Stream(9);
    let towns: Vec<(f64, f64)> = (0..60).map(|_| (20.0 + 4.0 * s.next_unit(), 10.0 + 4.0 * s.next_unit())).collect();
    let head = "key,day,lat,lon,type,actor,dead\n";
    let mut out = [head.to_owned(), head.to_owned()];
    for n in 0..1500 {
        let (lon, lat) = towns[(s.next_unit() * 60.0) as usize];
        let day = model::Day(15_000 + (s.next_unit() * 200.0) as i32);
        let (actor, dead) = ((s.next_unit() * 4.0) as usize, (s.next_unit() * 9.0) as u32);
        for (set, out) in out.iter_mut().enumerate() {
            // The second counts a few more, now and then.
            let dead = dead + if set == 1 && s.next_unit() < 0.4 { 1 + dead / 4 } else { 0 };
            if s.next_unit() < 0.75 {
                let late = model::Day(day.0 + i32::from(s.next_unit() < 0.2));
                let (x, y) = (lon + 0.02 * s.normal(), lat + 0.02 * s.normal());
                let actor = ["North", "South", "East", "West"][actor];
                let _ = writeln!(out, "{n},{late},{y:.4},{x:.4},fight,{actor},{dead}");
            }
        }
    }
    out
}

fn with_tables() -> (tempfile::TempDir, String) {
    let (keep, case) = fresh("minimal");
    for (name, table) in ["one", "two"].iter().zip(tables()) {
        let file = keep.path().join(format!("{name}.csv")).to_string_lossy().into_owned();
        fs::write(&file, table).unwrap();
        let columns =
            ["id=key", "date=day", "latitude=lat", "longitude=lon", "type=type", "actor1=actor", "deaths=dead"];
        let mut args =
            vec!["import", &file, "--from", "table", "--case", &case, "--id", name, "--type", "fight=Battles"];
        columns.iter().for_each(|c| args.extend(["--column", c]));
        ok(&args);
    }
    (keep, case)
}

/// Pairs that are likelier than not, as `a b`.
fn likely(case: &str) -> BTreeSet<String> {
    let sql = "select a || ' ' || b as p from pairs where probability >= 0.5 and a_dataset <> b_dataset";
    query(case, sql).as_array().unwrap().iter().map(|r| r["p"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn slices_find_what_the_whole_finds() {
    let (keep, case) = with_tables();
    let said = ok(&["match", &case]);
    assert!(said.contains("one: ") && said.contains(" rows are events with a place"), "{said}");
    assert!(said.contains("events with figures from more than one row"), "{said}");
    let whole = likely(&case);
    let right = |found: &BTreeSet<String>| {
        let hits = found.iter().filter(|p| p.split_once(' ').is_some_and(|(a, b)| a == b)).count();
        (hits, found.len())
    };
    let (hits, n) = right(&whole);
    assert!(n > 700 && hits * 100 > n * 93, "{hits} of {n}");

    // In slices: the same pairs but for a few that slices of a thousand rows see otherwise.
    let csv = keep.path().join("pairs.csv");
    let out = ["match", &case, "--slice", "1000", "--format", "json", "--out", &csv.to_string_lossy()];
    let said = text(&bellwether(&out).stdout);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["slices"].as_array().unwrap().len(), 3, "{json}");
    let sliced = likely(&case);
    let (hits, m) = right(&sliced);
    assert!(hits * 100 > m * 93, "{hits} of {m}");
    let shared = whole.intersection(&sliced).count();
    assert!(shared * 100 > 96 * n && shared * 100 > 96 * m, "{shared} of {n} and {m}");
    let rows = fs::read_to_string(&csv).unwrap();
    assert!(rows.starts_with("a_dataset,a,a_line,b_dataset,b,b_line,probability,why\none,"), "{rows}");
    // Events are counted: every cluster has several rows, from different sets.
    let clusters = query(&case, "select cluster, count(*) n, count(distinct dataset) d from clusters group by 1");
    assert_eq!(clusters.as_array().unwrap().len() as u64, json["clusters"][0].as_u64().unwrap());
    assert!(clusters.as_array().unwrap().iter().all(|c| c["n"] == c["d"] && c["n"] != "1"), "{clusters}");

    // One figure from all rows of an event, each set's way of counting learned; what all sets say is in it.
    let tolls = query(
        &case,
        "select killed_05, killed_50, killed_95, lowest, highest from reconciled where killed_50 is not null",
    );
    let tolls = tolls.as_array().unwrap();
    assert_eq!(tolls.len() as u64, json["reconciled"]["events"].as_u64().unwrap());
    let n = |r: &serde_json::Value, c: &str| r[c].as_str().unwrap().parse::<i64>().unwrap();
    assert!(tolls.iter().all(|r| n(r, "killed_05") <= n(r, "killed_50") && n(r, "killed_50") <= n(r, "killed_95")));
    let agreed: Vec<_> = tolls.iter().filter(|r| n(r, "lowest") == n(r, "highest")).collect();
    let kept = agreed.iter().filter(|r| (n(r, "killed_05")..=n(r, "killed_95")).contains(&n(r, "lowest"))).count();
    assert!(json["reconciled"]["sets"][1]["factor"].as_f64() > json["reconciled"]["sets"][0]["factor"].as_f64());
    assert!(agreed.len() > 100 && kept * 100 > 93 * agreed.len(), "{kept} of {}", agreed.len());

    // A slice that is lost is done again, to the same bytes, whatever the threads; the others are not.
    let folder = Path::new(&case).join(".bellwether/pairs");
    let current: String = serde_json::from_slice(&fs::read(folder.join("current.json")).unwrap()).unwrap();
    let part = folder.join(current).join("parts/part-00001.parquet");
    let (before, other) = (fs::read(&part).unwrap(), part.with_file_name("part-00000.parquet"));
    let untouched = fs::metadata(&other).unwrap().modified().unwrap();
    fs::remove_file(&part).unwrap();
    fs::remove_file(part.parent().unwrap().with_file_name("match.json")).unwrap();
    ok(&["match", &case, "--slice", "1000", "--threads", "1"]);
    assert_eq!(fs::read(&part).unwrap(), before);
    assert_eq!(fs::metadata(&other).unwrap().modified().unwrap(), untouched);
}

/// Two sets that share no event: nothing is joined, and the tables are there, empty.
#[test]
fn sets_that_never_meet_are_matched_to_nothing() {
    let (keep, case) = fresh("minimal");
    for (name, day) in [("one", "2011-01-01"), ("two", "2012-06-01")] {
        let file = keep.path().join(format!("{name}.csv")).to_string_lossy().into_owned();
        fs::write(&file, format!("key,day,lat,lon,type,dead\n1,{day},10,20,fight,3\n")).unwrap();
        let mut args =
            vec!["import", &file, "--from", "table", "--case", &case, "--id", name, "--type", "fight=Battles"];
        ["id=key", "date=day", "latitude=lat", "longitude=lon", "type=type", "deaths=dead"]
            .iter()
            .for_each(|c| args.extend(["--column", c]));
        ok(&args);
    }
    assert!(ok(&["match", &case]).contains("no two rows may be one event"));
    assert_eq!(query(&case, "select * from reconciled").as_array().unwrap().len(), 0);
}

#[test]
fn functions_of_ours_answer_in_sql() {
    let (_keep, case) = with_tables();
    let rows = query(
        &case,
        "select round(distance_km(70.5, 39.0, 70.5, 40.0)) km, distance_km(lon, lat, lon, lat) nought, \
         alike('Хизб ут-Тахрир', 'Hizb ut-Tahrir') > 0.84 spelt, alike(actor1, null) nobody from records limit 1",
    );
    assert_eq!(rows[0], serde_json::json!({"km": "111.0", "nought": "0.0", "spelt": "true", "nobody": null}));
}

#[test]
fn without_data_sets_there_is_nothing_to_match() {
    let (_keep, case) = fresh("minimal");
    let out = bellwether(&["match", &case]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("the case has no data set"), "{}", text(&out.stderr));
}
