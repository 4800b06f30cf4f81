//! What holds a table does not change it: plain, gzip, zip, a work book, JSON, GeoJSON.

use std::io::{Cursor, Write};

use formats::{Container, Format, Record, read_all, unpack};
use model::{Columns, Mapping};
use zip::write::SimpleFileOptions;

const CSV: &str = "day,lat,lon,dead,who\n2010-09-19,39.1,70.7,25,\"A, and B\"\n2010-09-20,39.2,70.8,,C\n";

fn mapping() -> Mapping {
    let column = |n: &str| Some(n.to_owned());
    Mapping {
        columns: Columns {
            date: "day".into(),
            latitude: column("lat"),
            longitude: column("lon"),
            deaths: column("dead"),
            actor1: column("who"),
            ..Columns::default()
        },
        ..Mapping::default()
    }
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn read(bytes: Vec<u8>, container: Container) -> Vec<Record<'static>> {
    let (found, input) = unpack(Cursor::new(bytes)).unwrap();
    assert_eq!(found, container);
    let file = read_all(Format::Mapped, Some(&mapping()), input).unwrap();
    assert!(file.bad.is_empty(), "{:?}", file.bad);
    // What is said, without where it stands.
    file.records.into_iter().map(|r| Record { at: formats::At::default(), id: "".into(), ..r }).collect()
}

/// The smallest work book that holds the table: strings inline, a date as a styled number.
fn work_book() -> Vec<u8> {
    let text = |t: &str| format!("<c t=\"inlineStr\"><is><t>{t}</t></is></c>");
    let number = |t: &str| format!("<c><v>{t}</v></c>");
    let row = |cells: &[String]| format!("<row>{}</row>", cells.concat());
    let head: Vec<String> = ["day", "lat", "lon", "dead", "who"].map(&text).into();
    let date = |serial: &str| format!("<c s=\"1\"><v>{serial}</v></c>");
    let rows = [
        row(&head),
        row(&[date("40440"), number("39.1"), number("70.7"), number("25"), text("A, and B")]),
        row(&[date("40441"), number("39.2"), number("70.8"), "<c/>".to_owned(), text("C")]),
    ];
    let ns = "http://schemas.openxmlformats.org";
    zipped(&[
        ("[Content_Types].xml", &format!("<?xml version=\"1.0\"?><Types xmlns=\"{ns}/package/2006/content-types\"/>")),
        (
            "xl/workbook.xml",
            &format!(
                "<?xml version=\"1.0\"?><workbook xmlns=\"{ns}/spreadsheetml/2006/main\" xmlns:r=\"{ns}/officeDocument/2006/relationships\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<?xml version=\"1.0\"?><Relationships xmlns=\"{ns}/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{ns}/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{ns}/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            &format!(
                "<?xml version=\"1.0\"?><styleSheet xmlns=\"{ns}/spreadsheetml/2006/main\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            &format!(
                "<?xml version=\"1.0\"?><worksheet xmlns=\"{ns}/spreadsheetml/2006/main\"><sheetData>{}</sheetData></worksheet>",
                rows.concat()
            ),
        ),
    ])
}

#[test]
fn what_holds_a_table_does_not_change_it() {
    let plain = read(CSV.into(), Container::Plain);
    assert_eq!((plain.len(), plain[0].deaths.map(|d| d.best), plain[1].deaths), (2, Some(25), None));
    assert_eq!(&*plain[0].actor1, "A, and B");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(CSV.as_bytes()).unwrap();
    assert_eq!(read(gz.finish().unwrap(), Container::Gzip), plain);
    assert_eq!(read(zipped(&[("table.csv", CSV)]), Container::Zip), plain);
    assert_eq!(read(work_book(), Container::Xlsx), plain);
    let tabs = "day\tlat\tlon\tdead\twho\n2010-09-19\t39.1\t70.7\t25\tA, and B\n2010-09-20\t39.2\t70.8\t\tC\n";
    assert_eq!(read(tabs.into(), Container::Plain), plain);
    let json = r#"[{"day":"2010-09-19","lat":39.1,"lon":70.7,"dead":25,"who":"A, and B"},{"day":"2010-09-20","lat":39.2,"lon":70.8,"dead":null,"who":"C"}]"#;
    assert_eq!(read(json.into(), Container::Plain), plain);
    // GeoJSON: the point of the geometry is the place.
    let geo = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"day":"2010-09-19","dead":25,"who":"A, and B"},"geometry":{"type":"Point","coordinates":[70.7,39.1]}}]}"#;
    let mut m = mapping();
    (m.columns.latitude, m.columns.longitude) = (Some("latitude".into()), Some("longitude".into()));
    let file = read_all(Format::Mapped, Some(&m), geo.as_bytes()).unwrap();
    assert_eq!((file.records[0].lon_lat, &*file.records[0].actor1), (plain[0].lon_lat, "A, and B"));
}

#[test]
fn archives_that_are_no_table_are_refused() {
    let two = zipped(&[("a.csv", CSV), ("b.csv", CSV)]);
    assert!(unpack(Cursor::new(two)).err().unwrap().contains("2 files"));
    let mut cut = zipped(&[("a.csv", CSV)]);
    cut.truncate(40);
    assert!(unpack(Cursor::new(cut)).err().unwrap().starts_with("cannot open the archive"));
    // A damaged gzip is an error, not a short table.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(CSV.repeat(50).as_bytes()).unwrap();
    let mut bytes = gz.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    let (_, input) = unpack(Cursor::new(bytes)).unwrap();
    assert!(read_all(Format::Mapped, Some(&mapping()), input).is_err());
}
