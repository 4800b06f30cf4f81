//! The same event across data sets: invariance, MELTT's published example, real rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use engine::{LEAST, MatchSet, Matched, match_records};
use formats::{Deaths, Extent, Format, Record};
use model::Day;
use stats::Stream;

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("BELLWETHER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let data = root.join("data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("SKIPPED: no shared data at {}; set BELLWETHER_SHARED", data.display());
    None
}

fn day(text: &str) -> i32 {
    Day::parse(text).unwrap().0
}

/// Pairs with their probabilities, named by set and id.
fn pairs(sets: &[MatchSet<'_>], m: &Matched) -> BTreeMap<(String, String), u32> {
    let name = |r: u32| {
        let (set, row) = m.keys[r as usize];
        format!("{}:{}", sets[set].id, sets[set].records[row].id)
    };
    m.linked
        .pairs
        .iter()
        .map(|p| {
            let (a, b) = (name(p.a), name(p.b));
            ((a.clone().min(b.clone()), a.max(b)), p.p.to_bits())
        })
        .collect()
}

/// Two sets that see the same few hundred events.
fn seen_twice() -> Vec<Vec<Record<'static>>> {
    let mut s = Stream::new(4, 4, 0);
    let towns: Vec<(f64, f64)> = (0..25).map(|_| (20.0 + 3.0 * s.next_unit(), 10.0 + 3.0 * s.next_unit())).collect();
    let mut out = vec![vec![], vec![]];
    for n in 0..400 {
        let town = towns[(s.next_unit() * 25.0) as usize];
        let when = 15_000 + (s.next_unit() * 400.0) as i32;
        let (kind, actor, dead) =
            ((s.next_unit() * 3.0) as usize, (s.next_unit() * 4.0) as usize, (s.next_unit() * 9.0) as u32);
        for (set, out) in out.iter_mut().enumerate() {
            if s.next_unit() < 0.7 {
                let late = i32::from(s.next_unit() < 0.2);
                out.push(Record {
                    id: n.to_string().into(),
                    first: when + late,
                    last: when + late,
                    lon_lat: Some((town.0 + 0.02 * s.normal(), town.1 + 0.02 * s.normal())),
                    extent: Extent::Exact,
                    code: [["a", "b", "c"], ["1", "2", "3"]][set][kind].into(),
                    actor1: ["North", "South", "East", "West"][actor].into(),
                    deaths: Some(Deaths { low: dead, best: dead, high: dead }),
                    ..Record::default()
                });
            }
        }
    }
    out
}

#[test]
fn the_order_of_rows_and_of_sets_changes_nothing() {
    let data = seen_twice();
    let set = |id: &'static str, n: usize, back: bool| {
        let mut records: Vec<&Record<'static>> = data[n].iter().collect();
        if back {
            records.reverse();
        }
        MatchSet { id, records, duplicates: true }
    };
    let one = [set("a", 0, false), set("b", 1, false)];
    let other = [set("b", 1, true), set("a", 0, true)];
    let (x, y) = (pairs(&one, &match_records(&one, LEAST)), pairs(&other, &match_records(&other, LEAST)));
    assert!(x.len() > 150);
    assert_eq!(x, y);
    // And it finds what is there, though the two vocabularies share no code.
    let right = x.iter().filter(|(k, p)| {
        let id = |t: &str| t.split(':').next_back().unwrap_or_default().to_owned();
        f32::from_bits(**p) > 0.5 && id(&k.0) == id(&k.1)
    });
    let all = data[0].iter().filter(|r| data[1].iter().any(|o| o.id == r.id)).count();
    let found = x.values().filter(|p| f32::from_bits(**p) > 0.5).count();
    let hits = right.count();
    assert!(hits * 100 >= all * 93 && hits * 100 >= found * 95, "{hits} of {all}, {found} said");
}

/// MELTT's own example: three data sets of car crashes, its taxonomies given. Published with a window of 4 km and 2
/// days: 195 rows are 140 crashes, 34 of them in more than one set.
#[test]
fn meltts_example() {
    let Some(data) = shared() else { return };
    let folder = data.join("meltt");
    let rows = |file: &str| -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    };
    // The level of each taxonomy at which the three vocabularies meet.
    let mut level: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for (taxonomy, column) in
        [("model_tax", "make_level1"), ("color_tax", "col_level1"), ("damage_tax", "damage_level1")]
    {
        for r in rows(&format!("taxonomy_{taxonomy}.csv")) {
            level.insert((r["data.source"].clone(), taxonomy.into(), r["base.categories"].clone()), r[column].clone());
        }
    }
    let sets: Vec<Vec<Record<'static>>> = (1..=3)
        .map(|n| {
            rows(&format!("crash_data{n}.csv"))
                .into_iter()
                .map(|r| {
                    let at = |t: &str| level[&(r["dataset"].clone(), t.to_owned(), r[t].clone())].clone();
                    Record {
                        id: r["event"].clone().into(),
                        first: day(&r["date"]),
                        last: day(&r["enddate"]),
                        lon_lat: Some((r["longitude"].parse().unwrap(), r["latitude"].parse().unwrap())),
                        extent: Extent::Exact,
                        code: at("model_tax").into(),
                        actor1: at("color_tax").into(),
                        actor2: at("damage_tax").into(),
                        ..Record::default()
                    }
                })
                .collect()
        })
        .collect();
    assert_eq!(sets.iter().map(Vec::len).collect::<Vec<_>>(), [71, 64, 60]);
    let ids = ["crash1", "crash2", "crash3"];
    let sets: Vec<MatchSet<'_>> =
        ids.iter().zip(&sets).map(|(id, r)| MatchSet { id, records: r.iter().collect(), duplicates: false }).collect();
    let m = match_records(&sets, LEAST);
    // Published: 140 unique, 34 in more than one set. We find one more on which all three taxonomies agree, and a few
    // on which they do not, where two crashes lie close in a thinly reported place (`docs/matching.md` lists them).
    let mut members: BTreeMap<u32, Vec<&Record<'static>>> = BTreeMap::new();
    for (r, root) in m.clusters().iter().enumerate() {
        let (set, row) = m.keys[r];
        members.entry(*root).or_default().push(sets[set].records[row]);
    }
    let agree = |c: &&Vec<&Record<'static>>| {
        c.len() > 1 && c.iter().all(|r| (&r.code, &r.actor1, &r.actor2) == (&c[0].code, &c[0].actor1, &c[0].actor2))
    };
    for c in members.values().filter(|c| c.len() > 1 && !agree(c)) {
        let said: Vec<String> = c
            .iter()
            .map(|r| format!("{} {:?} {:?} {} {} {}", r.id, r.lon_lat, r.first, r.code, r.actor1, r.actor2))
            .collect();
        println!("no agreement: {}", said.join(" | "));
    }
    for p in m.linked.pairs.iter().filter(|p| p.p > 0.3 && p.p < 0.97) {
        let (x, y) = (m.keys[p.a as usize], m.keys[p.b as usize]);
        println!(
            "{:.3} set {} no. {}, set {} no. {}",
            p.p,
            x.0 + 1,
            sets[x.0].records[x.1].id,
            y.0 + 1,
            sets[y.0].records[y.1].id
        );
    }
    let (agreeing, matched) =
        (members.values().filter(agree).count(), members.values().filter(|c| c.len() > 1).count());
    assert_eq!(agreeing, 35);
    assert_eq!(matched - agreeing, 3);
}

/// Three days of Syria in UCDP and in ICEWS: no event is surely in both, but ICEWS has several of its own twice.
/// `docs/matching.md` tells the story.
#[test]
fn three_days_of_syria() {
    let Some(data) = shared() else { return };
    let read = |file: &str, format: Format| -> Vec<Record<'static>> {
        let (_, input) = formats::unpack(File::open(data.join(file)).unwrap()).unwrap();
        formats::read_all(format, None, input).unwrap().records
    };
    let mut ged = read("ucdp/ged191_syria_2016_2019.csv.gz", Format::Ged);
    let all_ged = ged.clone();
    ged.retain(|r| r.last >= day("2018-05-28") && r.first <= day("2018-06-07"));
    let mut icews = read("icews/icews_sample_2018_06_01_03.csv", Format::Icews);
    let all_icews = icews.clone();
    icews.retain(|r| r.country == "Syria" && r.kind.is_some());
    assert_eq!((ged.len(), icews.len()), (87, 23));
    let sets = [
        MatchSet { id: "ged", records: ged.iter().collect(), duplicates: false },
        MatchSet { id: "icews", records: icews.iter().collect(), duplicates: true },
    ];
    let m = match_records(&sets, LEAST);
    let (mut across, mut within) = (0.0f32, 0);
    for p in &m.linked.pairs {
        let reasons = m.reasons(&sets, p);
        let said: Vec<String> =
            reasons.iter().map(|r| format!("{} {:+.0} ({})", r.field, r.decibans, r.said)).collect();
        let sets_of = (m.keys[p.a as usize].0, m.keys[p.b as usize].0);
        println!("{:.3} {sets_of:?} {}", p.p, said.join("; "));
        // The parts make the weight.
        let sum: f32 = p.parts.iter().sum();
        assert!((sum - p.weight).abs() < 12.0 && !reasons.is_empty());
        if sets_of.0 == sets_of.1 {
            within += u32::from(p.p > 0.7);
        } else {
            across = across.max(p.p);
        }
    }
    assert!(across < 0.1, "{across}");
    assert_eq!(within, 4);

    // All of both: codes that were seen once must not speak for the pair they were seen in.
    let sets = [
        MatchSet { id: "ged", records: all_ged.iter().collect(), duplicates: false },
        MatchSet { id: "icews", records: all_icews.iter().collect(), duplicates: true },
    ];
    let m = match_records(&sets, LEAST);
    let across = m.linked.pairs.iter().filter(|p| m.keys[p.a as usize].0 != m.keys[p.b as usize].0);
    for p in across {
        let said: Vec<String> =
            m.reasons(&sets, p).iter().map(|r| format!("{} {:+.0} ({})", r.field, r.decibans, r.said)).collect();
        assert!(p.p < 0.3, "{:.3} {}", p.p, said.join("; "));
    }
}
