//! Global Terrorism Database, by column name: 135 columns, 134 in older files; CSV or the work book as delivered.
//!
//! Column meanings: GTD Codebook. `iday`, `imonth` 0 are unknown; -9 and -99 are unknown; a blank `nkill` is unknown,
//! not none. Up to three perpetrators, each perhaps only suspected (`guncertain`) and perhaps claiming it
//! (`claimed`); `compclaim` says that claims compete; `doubtterr` that it may be no terrorism. `nkill` counts dead
//! perpetrators too. GTD's rows may not be passed on: only a reader lives here, never rows.

use std::io::Read;

use model::Day;
use serde_json::{Value, json};

use crate::rows::{Cells, Col, Head, commas_or_tabs, table};
use crate::text::{count, detail, number, point};
use crate::{Deaths, Extent, Fault, Record, Sink, bridge, flag};

struct Gtd {
    id: Col,
    date: [Col; 3],
    approx: Col,
    resolution: Col,
    country: Col,
    province: Col,
    city: Col,
    latitude: Col,
    longitude: Col,
    specificity: Col,
    vicinity: Col,
    summary: Col,
    doubt: Col,
    alternative: Col,
    success: Col,
    suicide: Col,
    attack: Col,
    target: Col,
    corp: Col,
    groups: [[Col; 4]; 3],
    competing: Col,
    killed: Col,
    killed_perpetrators: Col,
    wounded: Col,
    sources: [Col; 3],
    related: Col,
}

pub(crate) fn read(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let prepare = |head: &Head| {
        let needed = ["eventid", "iyear", "imonth", "iday", "attacktype1", "gname", "latitude", "longitude", "nkill"];
        let missing = head.missing(&needed);
        if !missing.is_empty() {
            return Err(format!("this is not a GTD file: its header has no {}", missing.join(", ")));
        }
        let c = |name: &'static str| head.col(&[name]);
        let gtd = Gtd {
            id: c("eventid"),
            date: [c("iyear"), c("imonth"), c("iday")],
            approx: c("approxdate"),
            resolution: c("resolution"),
            country: c("country_txt"),
            province: c("provstate"),
            city: c("city"),
            latitude: c("latitude"),
            longitude: c("longitude"),
            specificity: c("specificity"),
            vicinity: c("vicinity"),
            summary: c("summary"),
            doubt: c("doubtterr"),
            alternative: c("alternative_txt"),
            success: c("success"),
            suicide: c("suicide"),
            attack: c("attacktype1"),
            target: c("target1"),
            corp: c("corp1"),
            groups: [
                [c("gname"), c("guncertain1"), c("claimed"), c("claimmode_txt")],
                [c("gname2"), c("guncertain2"), c("claim2"), c("claimmode2_txt")],
                [c("gname3"), c("guncertain3"), c("claim3"), c("claimmode3_txt")],
            ],
            competing: c("compclaim"),
            killed: c("nkill"),
            killed_perpetrators: c("nkillter"),
            wounded: c("nwound"),
            sources: [c("scite1"), c("scite2"), c("scite3")],
            related: c("related"),
        };
        Ok(move |cells: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            out(record(&gtd, cells)?);
            Ok(())
        })
    };
    table(input, commas_or_tabs, |_| None, |_, _| {}, prepare, each)
}

/// A code; -9 and -99 are unknown.
fn code(column: Col, cells: &Cells<'_>) -> Result<Option<f64>, Fault> {
    Ok(number(column.1, &cells.or_none(column))?.filter(|x| *x != -9.0 && *x != -99.0))
}

fn record<'a>(g: &Gtd, c: &Cells<'a>) -> Result<Record<'a>, Fault> {
    let part = |i: usize| -> Result<i64, Fault> {
        number(g.date[i].1, &c.get(g.date[i]))?
            .filter(|x| x.fract() == 0.0 && x.abs() < 10_000.0)
            .map(|x| x as i64)
            .ok_or_else(|| (g.date[i].1, "there is no date".to_owned()))
    };
    let (y, m, d) = (part(0)?, part(1)?, part(2)?);
    let day = |y: i64, m: i64, d: i64| Day::new(y.try_into().ok()?, m.try_into().ok()?, d.try_into().ok()?);
    let wrong = || ("iday", format!("{y}-{m}-{d} is not a date"));
    let (first, mut last) = match (m, d) {
        (0, _) => (day(y, 1, 1).ok_or_else(wrong)?, day(y, 12, 31).ok_or_else(wrong)?),
        (_, 0) => {
            let next = if m == 12 { day(y + 1, 1, 1) } else { day(y, m + 1, 1) };
            (day(y, m, 1).ok_or_else(wrong)?, Day(next.ok_or_else(wrong)?.0 - 1))
        }
        _ => {
            let at = day(y, m, d).ok_or_else(wrong)?;
            (at, at)
        }
    };
    // An extended incident ends with its resolution.
    if let Some(end) = crate::text::day(&c.or_none(g.resolution), true).filter(|e| *e > last) {
        last = end;
    }
    let lon_lat = point(("longitude", &c.or_none(g.longitude)), ("latitude", &c.or_none(g.latitude)))?;
    let vicinity = code(g.vicinity, c)? == Some(1.0);
    let extent = match (lon_lat, code(g.specificity, c)?.map(|x| x as u8)) {
        (None, _) => Extent::Nowhere,
        (_, Some(1)) if vicinity => Extent::Near,
        (_, Some(1)) => Extent::Exact,
        (_, Some(2 | 3)) => Extent::Adm2,
        (_, Some(4)) => Extent::Adm1,
        (_, Some(5) | None) => Extent::Country,
        (_, Some(n)) => return Err((g.specificity.1, format!("{n} is not 1 to 5"))),
    };
    let attack = c.or_none(g.attack);
    let attack = attack.strip_suffix(".0").map_or(attack.clone(), |a| a.to_owned().into());
    let target = bridge(bridge::Bridge::Gtd).get(&attack).ok_or((g.attack.1, format!("`{attack}` is not 1 to 9")))?;
    let suicide = code(g.suicide, c)? == Some(1.0);
    let killed = match code(g.killed, c)? {
        None => None,
        Some(_) => count("nkill", &c.or_none(g.killed))?,
    };
    let mut groups: Vec<Value> = Vec::new();
    for [name, uncertain, claimed, mode] in g.groups {
        let name = c.or_none(name);
        if !name.is_empty() {
            groups.push(json!({
                "name": name,
                "suspected": code(uncertain, c)? == Some(1.0),
                "claimed": code(claimed, c)?.map(|x| x == 1.0),
                "mode": c.or_none(mode),
            }));
        }
    }
    // "Unknown" is nobody's name.
    let actor1 = c.or_none(g.groups[0][0]);
    let actor1 = if actor1.eq_ignore_ascii_case("unknown") { "".into() } else { actor1 };
    let mut flags = flag::DIRECTED | extent.flags();
    if code(g.doubt, c)? == Some(1.0) {
        flags |= flag::DOUBTED;
    }
    if code(g.competing, c)? == Some(1.0) {
        flags |= flag::COMPETING;
    }
    let cited: Vec<_> = g.sources.iter().map(|s| c.or_none(*s)).filter(|s| !s.is_empty()).collect();
    let sub_type =
        if suicide && target.kind == Some(model::EventType::Explosions) { "Suicide bomb" } else { target.sub_type };
    let (target_name, corp) = (c.or_none(g.target), c.or_none(g.corp));
    Ok(Record {
        at: c.at,
        id: c.get(g.id),
        first: first.0,
        last: last.0,
        lon_lat,
        extent,
        place: c.or_none(g.city),
        adm1: c.or_none(g.province),
        country: c.or_none(g.country),
        kind: target.kind,
        sub_type: sub_type.into(),
        code: attack,
        actor1,
        actor2: if corp.is_empty() { target_name } else { corp },
        deaths: killed.map(|n| Deaths { low: n, best: n, high: n }),
        origin: cited.first().cloned().unwrap_or_default(),
        text: c.or_none(g.summary),
        flags,
        detail: detail(&[
            ("perpetrators", json!(groups)),
            ("alternative", json!(c.or_none(g.alternative))),
            ("approximately", json!(c.or_none(g.approx))),
            ("failed", json!((code(g.success, c)? == Some(0.0)).then_some(true))),
            ("perpetrators_killed", json!(code(g.killed_perpetrators, c)?)),
            ("wounded", json!(code(g.wounded, c)?)),
            ("sources", json!(if cited.len() > 1 { cited } else { vec![] })),
            ("related", json!(c.or_none(g.related))),
        ]),
        ..Record::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, read_all};

    // Rows are written by us, in GTD's form, of events that never were.
    const HEAD: &str = "eventid,iyear,imonth,iday,country_txt,provstate,city,latitude,longitude,specificity,vicinity,summary,doubtterr,alternative_txt,success,suicide,attacktype1,target1,corp1,gname,gname2,gname3,guncertain1,guncertain2,guncertain3,claimed,claimmode_txt,claim2,claimmode2_txt,claim3,claimmode3_txt,compclaim,nkill,nkillter,nwound,scite1,scite2,scite3,resolution,approxdate,related";

    fn rows(rows: &[&str]) -> crate::File {
        read_all(Format::Gtd, None, format!("{HEAD}\n{}\n", rows.join("\n")).as_bytes()).unwrap()
    }

    #[test]
    fn three_perpetrators_claims_and_doubt_are_kept() {
        let f = rows(&[
            "201001010001,2010,1,0,Land,North,Town,10.5,20.5,1,1,\"Words, \"\"quoted\"\", and commas.\",1,Insurgency/Guerilla Action,1,1,3,Post,Army,Group A,Group B,,1,0,,1,Letter,0,,-9,,1,,-99,5,One,Two,,,,",
            "201001010002,2010,0,0,Land,North,Unknown,,,5,-9,,0,,0,0,9,,,Unknown,,,0,,,0,,,,,,-9,4.0,0,,,,,,,",
        ]);
        assert!(f.bad.is_empty(), "{:?}", f.bad);
        let (a, b) = (&f.records[0], &f.records[1]);
        assert_eq!((a.last - a.first, b.last - b.first), (30, 364));
        assert_eq!((a.extent, b.extent), (Extent::Near, Extent::Nowhere));
        assert_eq!((a.deaths, b.deaths.map(|d| d.best)), (None, Some(4)));
        assert_eq!((&*a.sub_type, &*b.actor1), ("Suicide bomb", ""));
        assert!(a.has(flag::DOUBTED) && a.has(flag::COMPETING) && !b.has(flag::DOUBTED));
        let d: Value = serde_json::from_str(&a.detail).unwrap();
        assert_eq!(d["perpetrators"][0], json!({"name":"Group A","suspected":true,"claimed":true,"mode":"Letter"}));
        assert_eq!(d["perpetrators"][1]["claimed"], json!(false));
        assert_eq!((&a.text[..], d["wounded"].as_f64()), ("Words, \"quoted\", and commas.", Some(5.0)));
    }

    #[test]
    fn what_is_no_date_is_said() {
        let f = rows(&["1,2010,2,30,L,N,T,1,2,1,0,,0,,1,0,3,,,G,,,0,,,0,,,,,,0,1,0,,,,,,,"]);
        assert_eq!((f.bad[0].line, &*f.bad[0].column, &*f.bad[0].reason), (2, "iday", "2010-2-30 is not a date"));
        // A year beyond all bounds is no date, and wraps to none.
        for year in ["9223372036854775807", "67546", "-99999"] {
            let f = rows(&[&format!("1,{year},2,0,L,N,T,1,2,1,0,,0,,1,0,3,,,G,,,0,,,0,,,,,,0,1,0,,,,,,,")]);
            assert_eq!((f.records.len(), &*f.bad[0].column), (0, "iyear"), "{year}");
        }
    }
}
