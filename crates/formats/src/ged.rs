//! UCDP Georeferenced Event Dataset (CSV as downloaded): the 42-column layout of 19.1, the 48- and 49-column layouts
//! of 23.1 and later, Candidate files; read by column name.
//!
//! Column meanings: UCDP GED codebook. `where_prec` 1 exact, 2 near a known point, 3 second-order division,
//! 4 first-order division, 5 larger or linear feature, 6 country, 7 sea or air. `date_prec` 1 day to 5 year.
//! `event_clarity` 1 clear, 2 lower.

use std::collections::BTreeMap;
use std::io::Read;

use model::{Day, LonLat};

/// One event as coded.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Line in the file (the header is line 1).
    pub line: u64,
    /// UCDP's id.
    pub id: String,
    /// 1 state-based, 2 non-state, 3 one-sided.
    pub violence: u8,
    /// Side A.
    pub side_a: String,
    /// Side B.
    pub side_b: String,
    /// Country.
    pub country: String,
    /// First-order division; may be empty.
    pub adm_1: String,
    /// Name of the place.
    pub place: String,
    /// Coordinates.
    pub at: LonLat,
    /// Precision of the place, 1 to 7.
    pub where_prec: u8,
    /// Clarity, 1 or 2.
    pub clarity: u8,
    /// First and last possible day.
    pub days: (Day, Day),
    /// Lowest, best, highest reliable estimate of deaths; in order.
    pub deaths: (u32, u32, u32),
    /// Low, best and high were not in order in the file; they were put in order.
    pub disordered: bool,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Line.
    pub line: u64,
    /// Column.
    pub column: String,
    /// Reason.
    pub reason: String,
}

/// A whole file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    /// Events, in order of the file.
    pub events: Vec<Event>,
    /// Rows that could not be read, never dropped silently.
    pub bad: Vec<BadRow>,
}

/// Longest row that is read, in bytes of its fields.
const MAX_FIELD_BYTES: usize = 1 << 20;

const NEEDED: [&str; 11] = [
    "id",
    "type_of_violence",
    "side_a",
    "side_b",
    "where_prec",
    "latitude",
    "longitude",
    "date_start",
    "date_end",
    "best",
    "country",
];

/// Reads a file.
///
/// # Errors
/// When it has no GED header, or is no CSV at all: a phrase that says what was expected.
pub fn read(input: impl Read) -> Result<File, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let header = reader.byte_headers().map_err(|e| format!("no header: {e}"))?.clone();
    let names: Vec<String> = header
        .iter()
        .map(|f| String::from_utf8_lossy(f).trim_start_matches('\u{feff}').trim().to_ascii_lowercase())
        .collect();
    let index: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
    let missing: Vec<&str> = NEEDED.into_iter().filter(|n| !index.contains_key(n)).collect();
    if !missing.is_empty() {
        return Err(format!(
            "this is not a UCDP GED file: its header has no {}; expected the CSV as downloaded, with its header row",
            missing.join(", ")
        ));
    }
    let mut out = File::default();
    let mut row = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut row) {
            Ok(false) => return Ok(out),
            Ok(true) => {}
            Err(e) => {
                let line = e.position().map_or(0, csv::Position::line);
                out.bad.push(BadRow { line, column: String::new(), reason: e.to_string() });
                if matches!(e.kind(), csv::ErrorKind::Io(_)) {
                    return Ok(out);
                }
                continue;
            }
        }
        let line = row.position().map_or(0, csv::Position::line);
        // HXL files carry a row of tags below the header.
        if row.iter().any(|f| f.starts_with(b"#")) && row.iter().all(|f| f.is_empty() || f.starts_with(b"#")) {
            continue;
        }
        if row.len() != names.len() {
            let reason = format!("expected {} fields, found {}", names.len(), row.len());
            out.bad.push(BadRow { line, column: String::new(), reason });
            continue;
        }
        let get = |name: &str| -> String {
            let field = index.get(name).and_then(|i| row.get(*i)).unwrap_or(b"");
            String::from_utf8_lossy(&field[..field.len().min(MAX_FIELD_BYTES)]).trim().to_owned()
        };
        match event(line, &get) {
            Ok(e) => out.events.push(e),
            Err((column, reason)) => out.bad.push(BadRow { line, column: column.into(), reason }),
        }
    }
}

fn event(line: u64, get: &dyn Fn(&str) -> String) -> Result<Event, (&'static str, String)> {
    let number = |name: &'static str| -> Result<f64, (&'static str, String)> {
        let text = get(name);
        text.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or((name, format!("`{text}` is not a number")))
    };
    let count = |name: &'static str| -> Result<u32, (&'static str, String)> {
        let x = number(name)?;
        if (0.0..=100_000_000.0).contains(&x) { Ok(x as u32) } else { Err((name, format!("{x} is no count"))) }
    };
    let day = |name: &'static str| -> Result<Day, (&'static str, String)> {
        let text = get(name);
        Day::parse(&text).ok_or((name, format!("`{text}` is not a date")))
    };
    let at = LonLat { lon: number("longitude")?, lat: number("latitude")? };
    if !(-180.0..=180.0).contains(&at.lon) || !(-90.0..=90.0).contains(&at.lat) {
        return Err(("latitude", format!("{}, {} is no place on Earth", at.lat, at.lon)));
    }
    let (start, end) = (day("date_start")?, day("date_end")?);
    if end < start {
        return Err(("date_end", format!("{end} is before {start}")));
    }
    let best = count("best")?;
    let or_best = |name: &'static str| if get(name).is_empty() { Ok(best) } else { count(name) };
    let (low, high) = (or_best("low")?, or_best("high")?);
    let disordered = !(low <= best && best <= high);
    let where_prec = number("where_prec")? as u8;
    if !(1..=7).contains(&where_prec) {
        return Err(("where_prec", format!("{where_prec} is not 1 to 7")));
    }
    Ok(Event {
        line,
        id: get("id"),
        violence: number("type_of_violence")? as u8,
        side_a: get("side_a"),
        side_b: get("side_b"),
        country: get("country"),
        adm_1: get("adm_1"),
        place: get("where_coordinates"),
        at,
        where_prec,
        clarity: get("event_clarity").parse().unwrap_or(1),
        days: (start, end),
        deaths: (low.min(best).min(high), best.clamp(low.min(high), high.max(low)), high.max(best).max(low)),
        disordered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id,type_of_violence,side_a,side_b,where_prec,where_coordinates,adm_1,latitude,longitude,country,event_clarity,date_prec,date_start,date_end,low,best,high";

    #[test]
    fn reads_by_header_whatever_the_order() {
        let a = format!("{HEAD}\n7,1,Government,Rebels,1,Town,North,10.5,20.5,Land,1,1,2015-05-11,2015-05-12,1,2,30\n");
        let b = "best,low,high,date_end,date_start,longitude,latitude,where_prec,side_b,side_a,type_of_violence,id,country\n2,1,30,2015-05-12 00:00:00.000,2015-05-11T00:00:00,20.5,10.5,1,Rebels,Government,1,7,Land\n";
        let (a, b) = (read(a.as_bytes()).unwrap(), read(b.as_bytes()).unwrap());
        assert!(a.bad.is_empty() && b.bad.is_empty(), "{:?} {:?}", a.bad, b.bad);
        assert_eq!((a.events[0].days, a.events[0].deaths), (b.events[0].days, b.events[0].deaths));
        assert_eq!(a.events[0].deaths, (1, 2, 30));
    }

    #[test]
    fn disordered_deaths_are_accepted_and_flagged() {
        let t = format!(
            "{HEAD}\n7,1,G,R,1,T,N,10.5,20.5,L,1,1,2015-05-11,2015-05-12,3,2,30\n8,1,G,R,1,T,N,10.5,20.5,L,1,1,2015-05-11,2015-05-12,1,10,9\n"
        );
        let f = read(t.as_bytes()).unwrap();
        assert!(f.events.iter().all(|e| e.disordered));
        assert_eq!(f.events[0].deaths, (2, 3, 30));
        assert_eq!(f.events[1].deaths, (1, 9, 10));
    }

    proptest::proptest! {
        /// No bytes make the reader panic, and every data row is either an event or named as bad.
        #[test]
        fn any_bytes_are_survived(rows in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..80), 0..8)) {
            let mut text = format!("{HEAD}\n").into_bytes();
            for r in &rows {
                text.extend_from_slice(r);
                text.push(b'\n');
            }
            let file = read(&text[..]).unwrap();
            proptest::prop_assert!(file.events.len() + file.bad.len() <= rows.iter().flatten().filter(|b| matches!(b, b'\n' | b'\r')).count() + rows.len());
            let _ = read(&rows.concat()[..]);
        }
    }

    #[test]
    fn bad_rows_are_named_not_dropped() {
        let t = format!(
            "{HEAD}\n#id,,,,,,,#lat,,,,,,,,,\n1,1,G,R,9,T,N,10.5,20.5,L,1,1,2015-05-11,2015-05-12,1,2,3\n2,1,G,R,1,T,N,x,20.5,L,1,1,2015-05-11,2015-05-12,1,2,3\n3,1,G\n4,1,G,R,1,T,N,10.5,20.5,L,1,1,2015-05-13,2015-05-12,1,2,3\n"
        );
        let f = read(t.as_bytes()).unwrap();
        assert!(f.events.is_empty());
        let said: Vec<String> = f.bad.iter().map(|b| format!("{}: {} {}", b.line, b.column, b.reason)).collect();
        assert_eq!(
            said,
            [
                "3: where_prec 9 is not 1 to 7",
                "4: latitude `x` is not a number",
                "5:  expected 17 fields, found 3",
                "6: date_end 2015-05-12 is before 2015-05-13"
            ]
        );
        assert!(read("a,b\n1,2\n".as_bytes()).unwrap_err().starts_with("this is not a UCDP GED file"));
    }
}
