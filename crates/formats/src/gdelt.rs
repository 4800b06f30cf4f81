//! GDELT 2.0 events (61 tab-separated columns) and mentions (16), and GDELT 1.0 events (58; 57 before April 2013).
//! No header, no quoting, bad UTF-8 here and there.
//!
//! Column meanings: GDELT Event Codebook 2.0. EventCode is text ("043"); geography codes are FIPS 10-4; `*Geo_Type`
//! 1 country, 2 US state, 3 US city, 4 world city, 5 world state, and types 1, 2 and 5 carry a centroid. The same
//! story makes many rows: a row is one extraction, not one event. SQLDATE is the day the text speaks of.

use std::borrow::Cow;
use std::io::{BufReader, Read};

use csv::ByteRecord;
use serde_json::json;

use crate::rows::{Cells, TABS, commas_or_tabs, delimited};
use crate::text::{compact, detail, point};
use crate::{At, BadRow, Extent, Fault, Record, Sink, bridge, flag};

/// Which GDELT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// Places of the columns that are read.
struct Places {
    action: usize,
    has_adm2: bool,
    url: Option<usize>,
}

impl Places {
    fn of(version: Version, fields: usize) -> Option<Self> {
        match (version, fields) {
            (Version::Two, 61) => Some(Self { action: 51, has_adm2: true, url: Some(60) }),
            (Version::One, 58) => Some(Self { action: 49, has_adm2: false, url: Some(57) }),
            (Version::One, 57) => Some(Self { action: 49, has_adm2: false, url: None }),
            _ => None,
        }
    }
}

pub(crate) fn read_events(
    input: impl Read,
    start: (u64, u64),
    version: Version,
    each: &mut Sink<'_>,
) -> Result<(), String> {
    let expected = match version {
        Version::Two => "61 tab-separated fields of GDELT 2.0",
        Version::One => "58 (or 57) tab-separated fields of GDELT 1.0",
    };
    let mut seen = false;
    delimited(input, TABS, start, &mut |item| {
        let (row, at) = match item {
            Ok(x) => x,
            Err(bad) => {
                each(Err(bad));
                return Ok(());
            }
        };
        let fields = row.len();
        let number = row.get(0).is_some_and(|f| !f.is_empty() && f.iter().all(u8::is_ascii_digit));
        let Some(places) = Places::of(version, fields) else {
            if !seen && start.1 == 0 {
                return Err(format!(
                    "this is not the GDELT file it is said to be: expected the {expected}, found {fields}"
                ));
            }
            each(Err(bad(at, "", format!("expected the {expected}, found {fields}"))));
            return Ok(());
        };
        if !number && !seen && start.1 == 0 && row.get(0).is_some_and(|f| f.eq_ignore_ascii_case(b"globaleventid")) {
            // Some mirrors add a header.
            seen = true;
            return Ok(());
        }
        seen = true;
        match event(&places, &Cells::new(row, at)) {
            Ok(r) => each(Ok(r)),
            Err((column, reason)) => each(Err(bad(at, column, reason))),
        }
        Ok(())
    })
}

fn bad(at: At, column: &str, reason: String) -> BadRow {
    BadRow { line: at.line, column: column.into(), reason }
}

fn event<'a>(p: &Places, c: &Cells<'a>) -> Result<Record<'a>, Fault> {
    let id = c.at(0);
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(("GLOBALEVENTID", format!("`{}` is not a number", crate::text::short(&id))));
    }
    let date = c.at(1);
    let day = (date.len() == 8)
        .then(|| compact(date.as_bytes()))
        .flatten()
        .ok_or_else(|| ("SQLDATE", format!("`{}` is not a date", crate::text::short(&date))))?;
    let code = c.at(26);
    let target = bridge(bridge::Bridge::Cameo).code(code.as_bytes());
    let geo = p.action;
    let skip = usize::from(p.has_adm2);
    let extent = match &*c.at(geo) {
        "3" | "4" => Extent::Exact,
        "2" | "5" => Extent::Adm1,
        "1" => Extent::Country,
        "" | "0" => Extent::Nowhere,
        other => return Err(("ActionGeo_Type", format!("`{}` is not 0 to 5", crate::text::short(other)))),
    };
    let lon_lat = if extent == Extent::Nowhere {
        None
    } else {
        point(("ActionGeo_Long", &c.at(geo + 5 + skip)), ("ActionGeo_Lat", &c.at(geo + 4 + skip)))?
    };
    let mut flags = flag::DIRECTED | extent.flags();
    if lon_lat.is_none() && extent != Extent::Nowhere {
        flags |= flag::CENTROID;
    }
    let or_code = |name: usize, code: usize| -> Cow<'a, str> {
        let n = c.at(name);
        if n.is_empty() { c.at(code) } else { n }
    };
    let url = p.url.map_or(Cow::Borrowed(""), |i| c.at(i));
    Ok(Record {
        at: c.at,
        id,
        first: day.0,
        last: day.0,
        lon_lat,
        extent: if lon_lat.is_none() { Extent::Nowhere } else { extent },
        place: c.at(geo + 1),
        adm1: c.at(geo + 3),
        country: c.at(geo + 2),
        kind: target.and_then(|t| t.kind),
        sub_type: Cow::Borrowed(target.map_or("", |t| t.sub_type)),
        code,
        actor1: or_code(6, 5),
        actor2: or_code(16, 15),
        origin: domain(url.clone()),
        url,
        flags,
        ..Record::default()
    })
}

/// Who stands behind an address: its host.
fn domain(url: Cow<'_, str>) -> Cow<'_, str> {
    fn host(u: &str) -> Option<&str> {
        let rest = u.strip_prefix("https://").or_else(|| u.strip_prefix("http://"))?;
        let host = rest.split(['/', '?', '#', ':']).next()?;
        Some(host.strip_prefix("www.").unwrap_or(host))
    }
    match url {
        Cow::Borrowed(u) => Cow::Borrowed(host(u).unwrap_or("")),
        Cow::Owned(u) => Cow::Owned(host(&u).unwrap_or("").to_owned()),
    }
}

/// Mentions, with a header or (as published) without.
pub(crate) fn read_mentions(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let mut input = BufReader::new(input);
    let first = std::io::BufRead::fill_buf(&mut input).map_err(|e| format!("cannot read the file: {e}"))?;
    let line = first.split(|b| *b == b'\n').next().unwrap_or(b"");
    // As published it is tabs without quoting; copies with a header come as CSV.
    let shape = commas_or_tabs(line);
    let mut seen = false;
    delimited(input, shape, (1, 0), &mut |item| {
        let (row, at) = match item {
            Ok(x) => x,
            Err(bad) => {
                each(Err(bad));
                return Ok(());
            }
        };
        if !seen {
            seen = true;
            if row.get(0).is_some_and(|f| f.eq_ignore_ascii_case(b"globaleventid")) {
                return Ok(());
            }
            // Trailing empty columns are left out by some mirrors.
            if !(14..=16).contains(&row.len()) {
                return Err(format!("this is not a GDELT mentions file: expected 16 fields, found {}", row.len()));
            }
        }
        if !(14..=16).contains(&row.len()) {
            each(Err(bad(at, "", format!("expected 16 fields, found {}", row.len()))));
            return Ok(());
        }
        match mention(row, at) {
            Ok(r) => each(Ok(r)),
            Err((column, reason)) => each(Err(bad(at, column, reason))),
        }
        Ok(())
    })
}

fn mention(row: &ByteRecord, at: At) -> Result<Record<'_>, Fault> {
    let c = Cells::new(row, at);
    let about = c.at(0);
    if about.is_empty() || !about.bytes().all(|b| b.is_ascii_digit()) {
        return Err(("GLOBALEVENTID", format!("`{}` is not a number", crate::text::short(&about))));
    }
    let stamp = |i: usize, column: &'static str| {
        let t = c.at(i);
        t.get(..8)
            .and_then(|d| compact(d.as_bytes()))
            .ok_or((column, format!("`{}` is not a time", crate::text::short(&t))))
    };
    let day = stamp(1, "EventTimeDate")?;
    let seen = stamp(2, "MentionTimeDate")?;
    let confidence: Option<u8> = c.at(11).parse().ok().filter(|n| *n <= 100);
    let kind = match &*c.at(3) {
        "1" => "WEB",
        "2" => "CITATIONONLY",
        "3" => "CORE",
        "4" => "DTIC",
        "5" => "JSTOR",
        "6" => "NONTEXTUALSOURCE",
        other => return Err(("MentionType", format!("`{}` is not 1 to 6", crate::text::short(other)))),
    };
    Ok(Record {
        at,
        id: format!("{about}/{}/{}", c.at(5), c.at(6)).into(),
        about,
        first: day.0,
        last: day.0,
        origin: c.at(4),
        url: c.at(5),
        detail: detail(&[
            ("type", json!(if kind == "WEB" { "" } else { kind })),
            ("seen", json!(seen.to_string())),
            ("confidence", json!(confidence)),
            ("sentence", json!(c.at(6).parse::<i64>().ok())),
            ("translation", json!(c.at(14))),
        ]),
        ..Record::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, read_all};

    fn row(id: &str, date: &str, code: &str, geo: &str, lat: &str, lon: &str) -> String {
        let mut f = vec![""; 61];
        f[0] = id;
        f[1] = date;
        f[6] = "REBELS";
        f[15] = "MMRMIL";
        f[26] = code;
        f[51] = geo;
        f[52] = "Town, Land";
        f[53] = "BM";
        f[54] = "BM01";
        f[56] = lat;
        f[57] = lon;
        f[60] = "https://www.paper.example/a?b=\"c";
        f.join("\t")
    }

    #[test]
    fn codes_stay_text_and_centroids_are_told() {
        let text = [
            row("1", "20171202", "043", "1", "23", "-102"),
            row("2", "20171202", "195", "4", "10.5", "20.5"),
            row("3", "20171202", "0251", "5", "0", "0"),
            row("4", "20171202", "1831", "", "", ""),
            row("x", "20171202", "190", "4", "1", "1"),
            row("6", "20171302", "190", "4", "1", "1"),
            row("7", "20171202", "190", "4", "91", "1"),
        ]
        .join("\n");
        let f = read_all(Format::Gdelt, None, text.as_bytes()).unwrap();
        let r = &f.records;
        assert_eq!((&*r[0].code, r[0].kind, r[0].extent), ("043", None, Extent::Country));
        assert!(r[0].has(flag::CENTROID));
        assert_eq!((&*r[1].sub_type, r[1].extent, &*r[1].origin), ("Air/drone strike", Extent::Exact, "paper.example"));
        assert_eq!((&*r[1].actor1, &*r[1].actor2), ("REBELS", "MMRMIL"));
        // 0, 0 is where broken geocoders put things.
        assert_eq!((&*r[2].code, r[2].lon_lat, r[2].extent), ("0251", None, Extent::Nowhere));
        assert_eq!((&*r[3].sub_type, r[3].extent), ("Suicide bomb", Extent::Nowhere));
        let said: Vec<String> = f.bad.iter().map(|b| format!("{}: {} {}", b.line, b.column, b.reason)).collect();
        assert_eq!(
            said,
            [
                "5: GLOBALEVENTID `x` is not a number",
                "6: SQLDATE `20171302` is not a date",
                "7: ActionGeo_Lat 91, 1 is no place on Earth"
            ]
        );
    }

    #[test]
    fn version_one_has_58_or_57_columns() {
        let two = row("1", "20130302", "190", "4", "10.5", "20.5");
        let mut fields: Vec<&str> = two.split('\t').collect();
        for adm2 in [55, 47, 39] {
            fields.remove(adm2);
        }
        let f = read_all(Format::Gdelt1, None, fields.join("\t").as_bytes()).unwrap();
        assert_eq!((f.records[0].lon_lat, &*f.records[0].origin), (Some((20.5, 10.5)), "paper.example"));
        fields.pop();
        let f = read_all(Format::Gdelt1, None, fields.join("\t").as_bytes()).unwrap();
        assert_eq!((f.records[0].lon_lat, &*f.records[0].origin), (Some((20.5, 10.5)), ""));
        let e = read_all(Format::Gdelt, None, fields.join("\t").as_bytes()).unwrap_err();
        assert!(e.contains("found 57"), "{e}");
    }

    #[test]
    fn bad_utf8_is_no_reason_to_lose_a_row() {
        let mut bytes = row("1", "20171202", "190", "4", "10.5", "20.5").into_bytes();
        let at = bytes.windows(4).position(|w| w == b"Town").unwrap();
        bytes[at] = 0xff;
        let f = read_all(Format::Gdelt, None, &bytes[..]).unwrap();
        assert_eq!((f.records.len(), &*f.records[0].place), (1, "\u{fffd}own, Land"));
    }

    #[test]
    fn a_mention_is_a_claim_by_an_outlet() {
        let text = "55\t20160701210000\t20170701234500\t1\tpaper.example\thttp://paper.example/x\t4\t-1\t996\t988\t1\t100\t2579\t0.8\tsrclc:ara;eng:GT-ARA 1.0\t\n";
        let f = read_all(Format::GdeltMentions, None, text.as_bytes()).unwrap();
        let r = &f.records[0];
        assert_eq!((&*r.about, &*r.origin, &*r.id), ("55", "paper.example", "55/http://paper.example/x/4"));
        assert!(r.detail.contains("\"confidence\":100") && r.detail.contains("2017-07-01"), "{}", r.detail);
    }
}
