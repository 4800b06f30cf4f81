//! The same event across data sets: invariance, MELTT's published example, real rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use engine::{MatchSet, Matched, match_records};
use formats::{Format, Record};
use model::{Columns, Mapping};

pub(crate) fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("BELLWETHER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let data = root.join("data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("SKIPPED: no shared data at {}; set BELLWETHER_SHARED", data.display());
    None
}

#[test]
fn syria() {
    let Some(data) = shared() else { return };
    let read = |file: &str, format: Format| -> Vec<Record<'static>> {
        let (_, input) = formats::unpack(File::open(data.join(file)).unwrap()).unwrap();
        formats::read_all(format, None, input).unwrap().records
    };
    let day = |t: &str| model::Day::parse(t).unwrap().0;
    let ged: Vec<Record<'static>> = read("ucdp/ged191_syria_2016_2019.csv.gz", Format::Ged).into_iter().filter(|r| r.last >= day("2018-05-28") && r.first <= day("2018-06-07")).collect();
    let icews: Vec<Record<'static>> = read("icews/icews_sample_2018_06_01_03.csv", Format::Icews).into_iter().filter(|r| r.country == "Syria" && r.kind.is_some()).collect();
    eprintln!("{} {}", ged.len(), icews.len());
    let sets = [MatchSet { id: "ged", records: ged.iter().collect(), duplicates: false }, MatchSet { id: "icews", records: icews.iter().collect(), duplicates: true }];
    let m = match_records(&sets, 0.0001);
    for l in &m.linked.learned { eprintln!("{} {} {:.3}", l.first, l.second, l.model.coverage); }
    for p in &m.linked.pairs {
        let (x, y) = (m.keys[p.a as usize], m.keys[p.b as usize]);
        let (x, y) = (sets[x.0].records[x.1], sets[y.0].records[y.1]);
        eprintln!("{:.3} {:.1} {} {} {} | {} {} {} {:?}", p.p, p.weight, x.days().0, x.place, x.actor1, y.days().0, y.place, y.actor1, p.parts);
    }
}
