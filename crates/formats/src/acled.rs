//! ACLED, by column name: the present 31 columns, older layouts with numeric inter codes, upper-case headers.
//!
//! Column meanings: ACLED codebook. `time_precision` 1 the day, 2 within a week (the date is its middle), 3 within a
//! month. `geo_precision` 1 a town, 2 near one, 3 a larger region (its capital or a natural feature). The order of
//! actors means nothing but in violence against civilians, whose target is actor2. `fatalities` 0 is "none reported"
//! and "no information" alike. ACLED's rows may not be passed on: only readers live here, never rows.

use std::io::Read;

use model::{Day, EventType};
use serde_json::json;

use crate::rows::{Cells, Col, Head, commas_or_tabs, table};
use crate::text::{count, detail, list, point};
use crate::{Deaths, Extent, Fault, Record, Sink, bridge, flag};

const NEEDED: [&str; 8] =
    ["event_id_cnty", "event_date", "event_type", "sub_event_type", "actor1", "latitude", "longitude", "fatalities"];

/// Inter codes by their numbers (ACLED codebook); 0 is nobody.
const INTER: [&str; 9] = [
    "",
    "State forces",
    "Rebel group",
    "Political militia",
    "Identity militia",
    "Rioters",
    "Protesters",
    "Civilians",
    "External/Other forces",
];

struct Acled {
    id: Col,
    date: Col,
    time_precision: Col,
    kind: Col,
    sub: Col,
    actor1: Col,
    assoc1: Col,
    inter1: Col,
    actor2: Col,
    assoc2: Col,
    inter2: Col,
    country: Col,
    admin1: Col,
    location: Col,
    latitude: Col,
    longitude: Col,
    geo_precision: Col,
    source: Col,
    scale: Col,
    notes: Col,
    fatalities: Col,
    tags: Col,
    timestamp: Col,
    targeting: Col,
}

pub(crate) fn read(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let prepare = |head: &Head| {
        let missing = head.missing(&NEEDED);
        if !missing.is_empty() {
            let deletions = if head.position("deleted_timestamp").is_some() {
                "; this looks like the list of deletions: give it as `deletions` of the data set"
            } else {
                ""
            };
            return Err(format!(
                "this is not an ACLED file: its header has no {}; expected the CSV as exported{deletions}",
                missing.join(", ")
            ));
        }
        let c = |name: &'static str| head.col(&[name]);
        let acled = Acled {
            id: c("event_id_cnty"),
            date: c("event_date"),
            time_precision: c("time_precision"),
            kind: c("event_type"),
            sub: c("sub_event_type"),
            actor1: c("actor1"),
            assoc1: c("assoc_actor_1"),
            inter1: c("inter1"),
            actor2: c("actor2"),
            assoc2: c("assoc_actor_2"),
            inter2: c("inter2"),
            country: c("country"),
            admin1: c("admin1"),
            location: c("location"),
            latitude: c("latitude"),
            longitude: c("longitude"),
            geo_precision: c("geo_precision"),
            source: c("source"),
            scale: c("source_scale"),
            notes: c("notes"),
            fatalities: c("fatalities"),
            tags: c("tags"),
            timestamp: c("timestamp"),
            targeting: c("civilian_targeting"),
        };
        Ok(move |cells: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            out(record(&acled, cells)?);
            Ok(())
        })
    };
    table(input, commas_or_tabs, |_| None, |_, _| {}, prepare, each)
}

fn record<'a>(a: &Acled, c: &Cells<'a>) -> Result<Record<'a>, Fault> {
    let id = c.get(a.id);
    if id.is_empty() {
        // Without it every row would be the same row, and a deletion would hit them all.
        return Err((a.id.1, "there is no id".into()));
    }
    let text = c.get(a.date);
    let day =
        crate::text::day(&text, false).ok_or((a.date.1, format!("`{}` is not a date", crate::text::short(&text))))?;
    let (first, last) = match &*c.or_none(a.time_precision) {
        "" | "1" => (day, day),
        "2" => (Day(day.0 - 3), Day(day.0 + 3)),
        "3" => month_of(day),
        other => return Err((a.time_precision.1, format!("`{other}` is not 1, 2 or 3"))),
    };
    let extent = match &*c.or_none(a.geo_precision) {
        "" | "1" => Extent::Exact,
        "2" => Extent::Near,
        "3" => Extent::Adm1,
        other => return Err((a.geo_precision.1, format!("`{other}` is not 1, 2 or 3"))),
    };
    let (kind, sub) = (c.get(a.kind), c.get(a.sub));
    let target = bridge(bridge::Bridge::Acled)
        .get(&sub)
        .or_else(|| bridge(bridge::Bridge::Acled).get(&kind))
        .ok_or((a.sub.1, format!("`{kind}` / `{sub}` is no event type of ACLED's")))?;
    let deaths = count("fatalities", &c.or_none(a.fatalities))?;
    let lon_lat = point(("longitude", &c.or_none(a.longitude)), ("latitude", &c.or_none(a.latitude)))?;
    let mut flags = extent.flags();
    if deaths == Some(0) {
        flags |= flag::ZERO_OR_UNKNOWN;
    }
    if target.kind == Some(EventType::Civilians) {
        flags |= flag::DIRECTED;
    }
    let inter = |col: Col| {
        let t = c.or_none(col);
        t.parse::<usize>().ok().and_then(|n| INTER.get(n)).map_or_else(|| t.to_string(), |n| (*n).to_owned())
    };
    let source = c.or_none(a.source);
    let first_source = list(&source).first().map(|s| (*s).to_owned()).unwrap_or_default();
    Ok(Record {
        at: c.at,
        id,
        first: first.0,
        last: last.0,
        lon_lat,
        extent: if lon_lat.is_none() { Extent::Nowhere } else { extent },
        place: c.or_none(a.location),
        adm1: c.or_none(a.admin1),
        country: c.or_none(a.country),
        kind: target.kind,
        sub_type: target.sub_type.into(),
        code: if sub.is_empty() { kind } else { sub },
        actor1: c.or_none(a.actor1),
        actor2: c.or_none(a.actor2),
        deaths: deaths.map(|n| Deaths { low: n, best: n, high: n }),
        origin: first_source.into(),
        text: c.get(a.notes),
        flags,
        detail: detail(&[
            ("with1", json!(list(&c.or_none(a.assoc1)))),
            ("with2", json!(list(&c.or_none(a.assoc2)))),
            ("inter1", json!(inter(a.inter1))),
            ("inter2", json!(inter(a.inter2))),
            ("sources", json!(if list(&source).len() > 1 { list(&source) } else { vec![] })),
            ("scale", json!(c.or_none(a.scale))),
            ("targeting", json!(c.or_none(a.targeting))),
            ("tags", json!(list(&c.or_none(a.tags)))),
            ("timestamp", json!(c.get(a.timestamp).parse::<i64>().ok())),
        ]),
        ..Record::default()
    })
}

/// The month a day lies in.
fn month_of(day: Day) -> (Day, Day) {
    let text = day.to_string();
    let first = Day::parse(&format!("{}-01", &text[..7])).unwrap_or(day);
    let mut last = day;
    while Day(last.0 + 1).to_string()[..7] == text[..7] {
        last = Day(last.0 + 1);
    }
    (first, last)
}

pub(crate) fn deletions(input: impl Read) -> Result<Vec<String>, String> {
    let mut ids = Vec::new();
    let prepare = |head: &Head| {
        if head.position("event_id_cnty").is_none() || head.position("deleted_timestamp").is_none() {
            return Err("expected ACLED's list of deletions: event_id_cnty, deleted_timestamp".to_owned());
        }
        let id = head.col(&["event_id_cnty"]);
        Ok(move |c: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            out(Record { id: c.get(id), ..Record::default() });
            Ok(())
        })
    };
    table(input, commas_or_tabs, |_| None, |_, _| {}, prepare, &mut |row| {
        if let Ok(r) = row
            && !r.id.is_empty()
        {
            ids.push(r.id.into_owned());
        }
    })?;
    ids.sort();
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, read_acled_deletions, read_all};

    const HEAD: &str = "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp";

    // Rows below are written by us, in ACLED's form, of events that never were.
    fn row(id: &str, date: &str, time: &str, kind: (&str, &str), inter: (&str, &str), geo: &str, dead: &str) -> String {
        format!(
            "{id},{date},2025,{time},Political violence,{},{},Group A (Land),Helpers; More,{},Group B (Land),,{},x,,1,R,Land,Province,District,,Town,10.5,20.5,{geo},Paper One; Radio Two,National,\"Words, with a comma.\",{dead},crowd size=no report,1740000000",
            kind.0, kind.1, inter.0, inter.1
        )
    }

    #[test]
    fn present_and_older_layouts_mean_the_same() {
        let clash = ("Battles", "Armed clash");
        let text = format!(
            "{HEAD}\n{}\n{}\n",
            row("LND1", "2025-05-16", "1", clash, ("State forces", "Rebel group"), "1", "3"),
            row("LND2", "16 May 2025", "2", clash, ("1", "2"), "2", "0"),
        );
        let f = read_all(Format::Acled, None, text.as_bytes()).unwrap();
        assert!(f.bad.is_empty(), "{:?}", f.bad);
        let (a, b) = (&f.records[0], &f.records[1]);
        assert_eq!(a.detail, b.detail);
        assert_eq!((a.first, a.last), (b.first + 3, b.last - 3));
        assert_eq!((a.extent, b.extent), (Extent::Exact, Extent::Near));
        assert!(!a.has(flag::ZERO_OR_UNKNOWN) && b.has(flag::ZERO_OR_UNKNOWN));
        assert_eq!((&*a.origin, &*a.sub_type), ("Paper One", "Armed clash"));
        // Upper-case headers, tabs, and a month.
        let upper = format!(
            "{}\n{}\n",
            HEAD.to_uppercase(),
            row("LND3", "7-Feb-25", "3", ("Violence against civilians", "Attack"), ("3", "7"), "3", "")
        );
        let f = read_all(Format::Acled, None, upper.as_bytes()).unwrap();
        let r = &f.records[0];
        assert_eq!((r.last - r.first, r.deaths, r.extent), (27, None, Extent::Adm1));
        assert!(r.has(flag::DIRECTED));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let clash = ("Battles", "Armed clash");
        let text = format!(
            "{HEAD}\n{}\n{}\n{}\n{}\n",
            row("", "2025-05-16", "1", clash, ("1", "2"), "1", "3"),
            row("L2", "05/16/2025", "1", clash, ("1", "2"), "1", "3"),
            row("L3", "2025-05-16", "4", clash, ("1", "2"), "1", "3"),
            row("L4", "2025-05-16", "1", ("Batles", "Clash"), ("1", "2"), "1", "3"),
        );
        let f = read_all(Format::Acled, None, text.as_bytes()).unwrap();
        let said: Vec<String> = f.bad.iter().map(|b| format!("{}: {} {}", b.line, b.column, b.reason)).collect();
        assert_eq!(
            said,
            [
                "2: event_id_cnty there is no id",
                "3: event_date `05/16/2025` is not a date",
                "4: time_precision `4` is not 1, 2 or 3",
                "5: sub_event_type `Batles` / `Clash` is no event type of ACLED's",
            ]
        );
        let list = "event_id_cnty,deleted_timestamp\nLND2,1740000001\nLND1,1740000000\n";
        assert!(read_all(Format::Acled, None, list.as_bytes()).unwrap_err().contains("`deletions`"));
        assert_eq!(read_acled_deletions(list.as_bytes()).unwrap(), ["LND1", "LND2"]);
    }
}
