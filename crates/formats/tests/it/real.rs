//! Real files: every row is read or named, and export then import is the identity.

use std::fs::File;
use std::path::{Path, PathBuf};

use formats::{Format, Record, Writer, read_all, unpack};
use model::{Columns, Mapping};

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

/// Exports and imports again; the two must be the same, byte for byte in every field.
fn there_and_back(records: &[Record<'static>]) {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out).unwrap();
    for r in records {
        writer.write(r).unwrap();
    }
    writer.finish().unwrap();
    let back = read_all(Format::Records, None, &out[..]).unwrap();
    assert!(back.bad.is_empty(), "{:?}", back.bad.first());
    assert_eq!(back.records.len(), records.len());
    for (a, b) in records.iter().zip(&back.records) {
        assert_eq!(a, b);
    }
}

#[test]
fn every_row_of_the_real_files_is_read_and_survives_the_way_there_and_back() {
    let Some(data) = shared() else { return };
    // File, format, rows read, rows that are bad. Rows of CSV are records: quoted fields hold line ends.
    let files = [
        ("ucdp/ged191_myanmar_bangladesh.csv", Format::Ged, 3194, 0),
        ("ucdp/ged191_syria_2016_2019.csv.gz", Format::Ged, 16566, 0),
        ("ucdp/ged231_central_african_republic.csv", Format::Ged, 1848, 0),
        ("ucdp/ged231_global_sample_1000.csv", Format::Ged, 1000, 0),
        ("ucdp/hdx_conflict_data_BGD_hxl.csv", Format::Ged, 601, 0),
        ("ucdp/nanchucs_afg_mini_api_format.csv", Format::Ged, 5, 0),
        ("gdelt/20180101000000.export.CSV", Format::Gdelt, 2414, 0),
        ("gdelt/mentions_sample_2017-07-01.csv", Format::GdeltMentions, 1635, 0),
        ("icews/icews_events.2018.sample.tab", Format::Icews, 3705, 0),
        ("icews/icews_sample_2018_06_01_03.csv", Format::Icews, 4993, 0),
        ("icews/PLOVER_GSR_CAMEO.txt", Format::Plover, 322, 0),
    ];
    for (file, format, rows, bad) in files {
        let (_, input) = unpack(File::open(data.join(file)).unwrap()).unwrap();
        let read = read_all(format, None, input).unwrap();
        assert_eq!((read.records.len(), read.bad.len()), (rows, bad), "{file}: {:?}", read.bad.first());
        there_and_back(&read.records);
    }
    let sample = data.join("ucdp/ged231_global_sample_1000.csv");
    let read = read_all(Format::Ged, None, File::open(sample).unwrap()).unwrap();
    let disordered = read.records.iter().filter(|r| r.has(formats::flag::DISORDERED)).count();
    assert_eq!(disordered, 13, "rows that break low <= best <= high");
}

#[test]
fn anyones_tables_are_read_by_a_mapping() {
    let Some(data) = shared() else { return };
    let column = |n: &str| Some(n.to_owned());
    let points = Mapping {
        columns: Columns {
            date: "date".into(),
            longitude: column("longitude"),
            latitude: column("latitude"),
            place: column("conflict_name"),
            keep: vec!["exact".into()],
            ..Columns::default()
        },
        comment: Some("#".into()),
        ..Mapping::default()
    };
    let read = |file: &str, m: &Mapping| {
        let read = read_all(Format::Mapped, Some(m), File::open(data.join(file)).unwrap()).unwrap();
        assert!(read.bad.is_empty(), "{file}: {:?}", read.bad.first());
        there_and_back(&read.records);
        read.records
    };
    assert_eq!(read("ucdp/ged171_points_recovered_exact.csv", &points).len(), 22512);
    assert_eq!(read("ucdp/ged171_points_central_asia_all_draws.csv", &points).len(), 4550);
    // VIEWS: deaths by country and month, a row each; and with a country a column.
    let long = Mapping {
        columns: Columns {
            date: "period".into(),
            country: column("isocode"),
            deaths: column("fatalities_UCDP"),
            ..Columns::default()
        },
        extent: Some(6),
        ..Mapping::default()
    };
    let rows = read("views/country_month_ucdp_2010_2024.csv", &long);
    let dead = |rows: &[Record<'static>], month: &str, country: &str| {
        // The month's days, or its last day.
        let said = |r: &&Record<'static>| r.days().0.to_string().starts_with(month) && r.country == country;
        let row = rows.iter().find(said).unwrap();
        row.deaths.map(|d| d.best)
    };
    assert_eq!((rows.len(), dead(&rows, "2010-09", "TJK")), (31302, Some(59)));
    let wide = Mapping { wide: true, ..Mapping { columns: Columns::default(), ..long } };
    let rows = read("views/country_month_ucdp_1989_2026.csv", &wide);
    assert_eq!((rows.len(), dead(&rows, "2010-09", "Tajikistan")), (449 * 134, Some(58)));
    // A wide table: a country a column.
    let wide = Mapping {
        columns: Columns { date: "month".into(), ..Columns::default() },
        extent: Some(6),
        wide: true,
        ..Mapping::default()
    };
    let text = "month,Tajikistan,Mali\n2010-09,58,\n2010-10,3,1\n";
    let f = read_all(Format::Mapped, Some(&wide), text.as_bytes()).unwrap();
    let said: Vec<(String, u32)> = f.records.iter().filter_map(|r| Some((r.id.to_string(), r.deaths?.best))).collect();
    assert_eq!(
        said,
        [("line-2/tajikistan".to_owned(), 58), ("line-3/tajikistan".into(), 3), ("line-3/mali".into(), 1)]
    );
    // The country is named as the table names it.
    assert_eq!(f.records.iter().map(|r| &*r.country).collect::<Vec<_>>(), ["Tajikistan", "Tajikistan", "Mali"]);
    // A month's number beyond all bounds is no date.
    let months =
        Mapping { columns: Columns { date: "m".into(), ..Columns::default() }, months: true, ..Mapping::default() };
    let f = read_all(Format::Mapped, Some(&months), "m\n2147483647\n-2147483648\n369\n".as_bytes()).unwrap();
    assert_eq!((f.records.len(), f.bad.len(), f.records[0].days().0.to_string().as_str()), (1, 2, "2010-09-01"));
    let missing = read_all(Format::Mapped, Some(&points), "a,b\n1,2\n".as_bytes()).unwrap_err();
    assert!(missing.starts_with("the table has no column `date` (for date), `latitude`"), "{missing}");
}
