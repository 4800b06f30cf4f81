//! UCDP Georeferenced Event Dataset, by column name: 19.1 (42 columns), 23.1 and later (48 and 49), Candidate files
//! (one was published without its header), the API's JSON, and HDX's copies with a row of HXL tags.
//!
//! Column meanings: UCDP GED codebook. `where_prec` 1 exact, 2 near a known point, 3 second-order division, 4
//! first-order division, 5 larger or linear feature, 6 country, 7 sea or air. `event_clarity` 1 clear, 2 lower.
//! `source_original` names the originator of the information; `number_of_sources` is -1 in older rows.

use std::borrow::Cow;
use std::io::Read;

use csv::ByteRecord;
use model::Day;
use serde_json::json;

use crate::rows::{COMMAS, Cells, Col, Head, commas_or_tabs, table};
use crate::text::{count, detail, number, point};
use crate::{Deaths, Extent, Fault, Record, Sink, bridge, flag};

/// The 49 columns of 23.1 to 26.1, for files without a header.
const NAMES: &str = "id,relid,year,active_year,code_status,type_of_violence,conflict_dset_id,conflict_new_id,\
conflict_name,dyad_dset_id,dyad_new_id,dyad_name,side_a_dset_id,side_a_new_id,side_a,side_b_dset_id,side_b_new_id,\
side_b,number_of_sources,source_article,source_office,source_date,source_headline,source_original,where_prec,\
where_coordinates,where_description,adm_1,adm_2,latitude,longitude,geom_wkt,priogrid_gid,country,country_id,region,\
event_clarity,date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,best,high,low,gwnoa,gwnob";

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

struct Ged {
    id: Col,
    violence: Col,
    side_a: Col,
    side_b: Col,
    original: Col,
    article: Col,
    headline: Col,
    where_prec: Col,
    place: Col,
    adm_1: Col,
    latitude: Col,
    longitude: Col,
    country: Col,
    clarity: Col,
    start: Col,
    end: Col,
    low: Col,
    best: Col,
    high: Col,
    sources: Col,
    dyad: Col,
    civilians: Col,
    status: Col,
}

pub(crate) fn read(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let headless = |row: &ByteRecord| -> Option<Vec<&'static str>> {
        let id = row.get(0).is_some_and(|f| !f.is_empty() && f.iter().all(u8::is_ascii_digit));
        (row.len() == 49 && id).then(|| NAMES.split(',').collect())
    };
    let prepare = |head: &Head| {
        let missing = head.missing(&NEEDED);
        if !missing.is_empty() {
            return Err(format!(
                "this is not a UCDP GED file: its header has no {}; expected the file as downloaded, with its header row",
                missing.join(", ")
            ));
        }
        let c = |name: &'static str| head.col(&[name]);
        let ged = Ged {
            id: c("id"),
            violence: c("type_of_violence"),
            side_a: c("side_a"),
            side_b: c("side_b"),
            original: c("source_original"),
            article: c("source_article"),
            headline: c("source_headline"),
            where_prec: c("where_prec"),
            place: c("where_coordinates"),
            adm_1: c("adm_1"),
            latitude: c("latitude"),
            longitude: c("longitude"),
            country: c("country"),
            clarity: c("event_clarity"),
            start: c("date_start"),
            end: c("date_end"),
            low: c("low"),
            best: c("best"),
            high: c("high"),
            sources: c("number_of_sources"),
            dyad: c("dyad_name"),
            civilians: c("deaths_civilians"),
            status: c("code_status"),
        };
        Ok(move |cells: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            out(record(&ged, cells)?);
            Ok(())
        })
    };
    let shape = |line: &[u8]| if line.is_empty() { COMMAS } else { commas_or_tabs(line) };
    table(input, shape, headless, |_, _| {}, prepare, each)
}

fn record<'a>(g: &Ged, c: &Cells<'a>) -> Result<Record<'a>, Fault> {
    let day = |col: Col| -> Result<Day, Fault> {
        let text = c.get(col);
        crate::text::day(&text, false).ok_or((col.1, format!("`{}` is not a date", crate::text::short(&text))))
    };
    let (lon, lat) = (c.or_none(g.longitude), c.or_none(g.latitude));
    for (col, text) in [(g.longitude, &lon), (g.latitude, &lat)] {
        if text.is_empty() {
            return Err((col.1, "there is no coordinate".into()));
        }
    }
    let lon_lat = point(("longitude", &lon), ("latitude", &lat))?;
    let (first, last) = (day(g.start)?, day(g.end)?);
    if last < first {
        return Err(("date_end", format!("{last} is before {first}")));
    }
    let best = count("best", &c.or_none(g.best))?.ok_or(("best", "there is no best estimate".to_owned()))?;
    let low = count("low", &c.or_none(g.low))?.unwrap_or(best);
    let high = count("high", &c.or_none(g.high))?.unwrap_or(best);
    let (deaths, mut flags) = Deaths::ordered(low, best, high);
    let prec = number("where_prec", &c.get(g.where_prec))?.unwrap_or(0.0);
    let extent = Extent::from_code(prec as u8)
        .filter(|e| *e != Extent::Nowhere && prec.fract() == 0.0)
        .ok_or(("where_prec", format!("{prec} is not 1 to 7")))?;
    flags |= extent.flags();
    if c.get(g.clarity) == "2" {
        flags |= flag::UNCLEAR;
    }
    let code = c.get(g.violence);
    let target =
        bridge(bridge::Bridge::Ucdp).get(&code).ok_or(("type_of_violence", format!("`{code}` is not 1, 2 or 3")))?;
    if code == "3" {
        flags |= flag::DIRECTED;
    }
    let headline = c.or_none(g.headline);
    let text = if headline.is_empty() { c.or_none(g.article) } else { headline };
    let civilians = count("deaths_civilians", &c.or_none(g.civilians))?.filter(|n| *n > 0);
    // -1 stands for "not recorded".
    let sources: Option<i64> = c.get(g.sources).parse().ok().filter(|n| *n > 0);
    let status = c.or_none(g.status);
    Ok(Record {
        at: c.at,
        id: c.get(g.id),
        first: first.0,
        last: last.0,
        lon_lat,
        extent,
        place: c.or_none(g.place),
        adm1: c.or_none(g.adm_1),
        country: c.or_none(g.country),
        kind: target.kind,
        sub_type: Cow::Borrowed(target.sub_type),
        code,
        actor1: c.get(g.side_a),
        actor2: c.get(g.side_b),
        deaths: Some(deaths),
        origin: c.or_none(g.original),
        text,
        flags,
        detail: detail(&[
            ("dyad", json!(c.or_none(g.dyad))),
            ("sources", json!(sources)),
            ("civilians", json!(civilians)),
            ("status", json!(if status == "Clear" { "" } else { &*status })),
        ]),
        ..Record::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, read_all};

    const HEAD: &str = "id,type_of_violence,side_a,side_b,where_prec,where_coordinates,adm_1,latitude,longitude,country,event_clarity,date_prec,date_start,date_end,low,best,high";

    fn all(text: &str) -> crate::File {
        read_all(Format::Ged, None, text.as_bytes()).unwrap()
    }

    #[test]
    fn reads_by_header_whatever_the_order() {
        let a = all(&format!(
            "{HEAD}\n7,1,Government,Rebels,1,Town,North,10.5,20.5,Land,1,1,2015-05-11,2015-05-12,1,2,30\n"
        ));
        let b = all(
            "best,low,high,date_end,date_start,longitude,latitude,where_prec,side_b,side_a,type_of_violence,id,country\n2,1,30,2015-05-12 00:00:00.000,2015-05-11T00:00:00,20.5,10.5,1,Rebels,Government,1,7,Land\n",
        );
        assert!(a.bad.is_empty() && b.bad.is_empty(), "{:?} {:?}", a.bad, b.bad);
        let (a, b) = (&a.records[0], &b.records[0]);
        assert_eq!((a.first, a.last, a.deaths, a.lon_lat), (b.first, b.last, b.deaths, b.lon_lat));
        assert_eq!(a.deaths, Some(Deaths { low: 1, best: 2, high: 30 }));
    }

    /// Trap: Candidate 24.0.1 was published without its header row.
    #[test]
    fn a_candidate_file_without_header_has_the_49_known_columns() {
        let values: Vec<&str> = NAMES
            .split(',')
            .map(|n| match n {
                "id" => "501",
                "type_of_violence" => "3",
                "where_prec" | "event_clarity" => "2",
                "latitude" => "10.5",
                "longitude" => "20.5",
                "date_start" | "date_end" => "2024-01-03 00:00:00.000",
                "low" | "best" => "1",
                "high" => "4",
                "number_of_sources" => "-1",
                "active_year" => "TRUE",
                "deaths_civilians" => "0",
                other => other,
            })
            .collect();
        let f = all(&format!("{}\n", values.join(",")));
        assert_eq!((f.records.len(), f.bad.len()), (1, 0), "{:?}", f.bad);
        let r = &f.records[0];
        assert_eq!((&*r.id, r.extent, r.flags), ("501", Extent::Near, flag::UNCLEAR | flag::DIRECTED));
        assert!(!r.detail.contains("sources"), "{}", r.detail);
        assert!(read_all(Format::Ged, None, "1,2,3\n4,5,6\n".as_bytes()).unwrap_err().starts_with("this is not"));
    }

    #[test]
    fn the_apis_json_is_read() {
        let json = r#"{"TotalCount":1,"Result":[{"id":9,"type_of_violence":2,"side_a":"A","side_b":"B","where_prec":4,
            "latitude":1.5,"longitude":2.5,"date_start":"2020-01-01T00:00:00","date_end":"2020-01-31T00:00:00",
            "best":3,"low":3,"high":null,"country":"Land","adm_1":null}]}"#;
        let f = all(json);
        assert_eq!((f.records.len(), f.bad.len()), (1, 0), "{:?}", f.bad);
        assert_eq!(f.records[0].deaths, Some(Deaths { low: 3, best: 3, high: 3 }));
        assert_eq!((f.records[0].extent, f.records[0].last - f.records[0].first), (Extent::Adm1, 30));
    }

    #[test]
    fn disordered_deaths_are_accepted_and_flagged() {
        let f = all(&format!(
            "{HEAD}\n7,1,G,R,1,T,N,10.5,20.5,L,1,1,2015-05-11,2015-05-12,3,2,30\n8,1,G,R,1,T,N,10.5,20.5,L,1,1,2015-05-11,2015-05-12,1,10,9\n"
        ));
        assert!(f.records.iter().all(|e| e.has(flag::DISORDERED)));
        let deaths: Vec<Deaths> = f.records.iter().filter_map(|r| r.deaths).collect();
        assert_eq!(deaths, [Deaths { low: 2, best: 3, high: 30 }, Deaths { low: 1, best: 9, high: 10 }]);
    }

    #[test]
    fn bad_rows_are_named_not_dropped() {
        let f = all(&format!(
            "{HEAD}\n#id,,,,,,,#lat,,,,,,,,,\n1,1,G,R,9,T,N,10.5,20.5,L,1,1,2015-05-11,2015-05-12,1,2,3\n2,1,G,R,1,T,N,x,20.5,L,1,1,2015-05-11,2015-05-12,1,2,3\n3,1,G\n4,1,G,R,1,T,N,10.5,20.5,L,1,1,2015-05-13,2015-05-12,1,2,3\n5,1,G,R,1,T,N,,20.5,L,1,1,2015-05-13,2015-05-13,1,2,3\n"
        ));
        assert!(f.records.is_empty());
        let said: Vec<String> = f.bad.iter().map(|b| format!("{}: {} {}", b.line, b.column, b.reason)).collect();
        assert_eq!(
            said,
            [
                "3: where_prec 9 is not 1 to 7",
                "4: latitude `x` is not a number",
                "5:  expected 17 fields, found 3",
                "6: date_end 2015-05-12 is before 2015-05-13",
                "7: latitude there is no coordinate",
            ]
        );
    }
}
