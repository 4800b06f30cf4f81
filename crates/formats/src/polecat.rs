//! POLECAT (tab-separated, 40 columns), and PLOVER records in JSON.
//!
//! Some weekly files have a column name too many (`Headline`) or empty columns at the end of rows; some are ISO
//! 8859-1; `None` is nothing. PLOVER codes neither deaths nor claims of responsibility.

use std::io::Read;

use csv::ByteRecord;
use serde_json::{Value, json};

use crate::bridge::Target;
use crate::rows::{Cells, Head, commas_or_tabs, table};
use crate::text::{detail, list, point};
use crate::{At, BadRow, Extent, Record, Sink, bridge, flag};

/// The target of an event type and mode: that of the pair, else of the type.
fn target(kind: &str, mode: &str) -> Option<&'static Target> {
    let kind = kind.trim().to_uppercase();
    let table = bridge(bridge::Bridge::Plover);
    table.get(&format!("{kind}/{}", mode.trim().to_lowercase().replace(['_', ' '], "-"))).or_else(|| table.get(&kind))
}

pub(crate) fn read(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    // A name too many: the known culprit is taken out; else surplus names at the end have no values.
    let fix = |head: &mut Head, row: &ByteRecord| {
        while head.0.last().is_some_and(|n| n.plain.is_empty()) {
            head.0.pop();
        }
        if row.len() < head.0.len()
            && let Some(i) = head.position("headline")
        {
            head.0.remove(i);
        }
    };
    let prepare = |head: &Head| {
        let missing =
            head.missing(&["event_id", "event_date", "event_type", "actor_name", "recipient_name", "latitude"]);
        if !missing.is_empty() {
            return Err(format!("this is not a POLECAT file: its header has no {}", missing.join(", ")));
        }
        let c = |name: &'static str| head.col(&[name]);
        let (id, date, kind, mode) = (c("event_id"), c("event_date"), c("event_type"), c("event_mode"));
        let (actor, recipient) = (c("actor_name"), c("recipient_name"));
        let (actor_raw, recipient_raw) = (c("actor_name_raw"), c("recipient_name_raw"));
        let (city, district, province, country) = (c("city"), c("district"), c("province"), c("country"));
        let (lat, lon, placename, feature) = (c("latitude"), c("longitude"), c("placename"), c("feature_type"));
        let (source, headline, published) = (c("source"), c("headline"), c("publication_date"));
        let (contexts, intensity, language) = (c("contexts"), c("intensity"), c("language"));
        let (wiki1, wiki2, geonames) = (c("wikipedia_actor_id"), c("wikipedia_recipient_id"), c("geonames_id"));
        Ok(move |cells: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            // The reader of rows cannot know the encoding: here it is told per field.
            let cells = Cells { latin1: true, ..*cells };
            let get = |col| cells.or_none(col);
            let day = crate::text::stamped(&get(id), &get(date))?;
            let lon_lat = point(("longitude", &get(lon)), ("latitude", &get(lat)))?;
            let extent = Extent::of_finest(lon_lat, &get(city), &get(district), &get(province));
            let t = target(&get(kind), &get(mode)).ok_or_else(|| {
                ("event_type", format!("`{}` is no PLOVER event type", crate::text::short(&get(kind))))
            })?;
            let code =
                if get(mode).is_empty() { get(kind).into_owned() } else { format!("{}/{}", get(kind), get(mode)) };
            let or_raw = |name, raw| if get(name).is_empty() { get(raw) } else { get(name) };
            let place = [placename, city, district, province, country].into_iter().map(get).find(|t| !t.is_empty());
            out(Record {
                at: cells.at,
                id: get(id),
                first: day.0,
                last: day.0,
                lon_lat,
                extent,
                place: place.unwrap_or_default(),
                adm1: get(province),
                country: get(country),
                kind: t.kind,
                sub_type: t.sub_type.into(),
                code: code.into(),
                actor1: or_raw(actor, actor_raw),
                actor2: or_raw(recipient, recipient_raw),
                origin: get(source),
                text: get(headline),
                flags: flag::DIRECTED | extent.flags(),
                detail: detail(&[
                    ("contexts", json!(list(&get(contexts)))),
                    ("intensity", json!(get(intensity))),
                    ("published", json!(get(published))),
                    ("language", json!(get(language))),
                    ("feature", json!(get(feature))),
                    ("geonames", json!(get(geonames))),
                    ("wikipedia1", json!(get(wiki1))),
                    ("wikipedia2", json!(get(wiki2))),
                ]),
                ..Record::default()
            });
            Ok(())
        })
    };
    table(input, commas_or_tabs, |_| None, fix, prepare, each)
}

/// PLOVER records: a JSON list of objects with `id`, `date`, `event`, `source`/`actor` and `target`/`recipient`.
pub(crate) fn read_plover(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let mut bytes = Vec::new();
    let limit = 1u64 << 30;
    input.take(limit + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot read the file: {e}"))?;
    if bytes.len() as u64 > limit {
        return Err("JSON is read whole, and this file has more than 1 GiB".into());
    }
    let items: Vec<Value> = serde_json::from_slice(&bytes).map_err(|e| format!("this is not a JSON list: {e}"))?;
    let said = |v: &Value, keys: &[&str]| -> String {
        keys.iter()
            .find_map(|k| match v.get(*k) {
                Some(Value::String(s)) if !s.is_empty() => Some(s.clone()),
                Some(Value::Number(n)) => Some(n.to_string()),
                _ => None,
            })
            .unwrap_or_default()
    };
    let actors = |v: &Value, keys: &[&str]| -> Vec<String> {
        keys.iter()
            .find_map(|k| v.get(*k).and_then(Value::as_array))
            .into_iter()
            .flatten()
            .map(|a| said(a, &["actorText", "entity_text", "code"]))
            .filter(|t| !t.is_empty())
            .collect()
    };
    for (n, item) in items.iter().enumerate() {
        // Line stands for the place in the list, the first is 1.
        let line = n as u64 + 1;
        let event = said(item, &["event"]);
        let mut bad = |column: &str, reason: String| each(Err(BadRow { line, column: column.into(), reason }));
        if event == "DOCUMENT" {
            // The file's own remarks about itself.
            continue;
        }
        let Some(t) = target(&event, &said(item, &["mode"])) else {
            bad("event", format!("`{}` is no PLOVER event type", crate::text::short(&event)));
            continue;
        };
        let stamp = said(item, &["date"]);
        let Some(day) = crate::text::day(&stamp, false) else {
            bad("date", format!("`{}` is not a date", crate::text::short(&stamp)));
            continue;
        };
        let last = crate::text::day(&said(item, &["enddate"]), false).unwrap_or(day).max(day);
        let place = item.get("event_loc").cloned().unwrap_or_default();
        let number = |k: &str| place.get(k).and_then(Value::as_f64);
        let lon_lat = number("lon").zip(number("lat")).filter(|(x, y)| x.abs() <= 180.0 && y.abs() <= 90.0);
        let (first, second) = (actors(item, &["source", "actor"]), actors(item, &["target", "recipient"]));
        let mode = said(item, &["mode"]);
        each(Ok(Record {
            at: At { line, offset: 0, hash: twox_hash::XxHash3_64::oneshot(item.to_string().as_bytes()) },
            id: said(item, &["id"]).into(),
            first: day.0,
            last: last.0,
            lon_lat,
            extent: if lon_lat.is_some() { Extent::Exact } else { Extent::Nowhere },
            place: said(&place, &["city", "district", "province", "country"]).into(),
            adm1: said(&place, &["province"]).into(),
            country: said(&place, &["country"]).into(),
            kind: t.kind,
            sub_type: t.sub_type.into(),
            code: if mode.is_empty() { event.into() } else { format!("{event}/{mode}").into() },
            actor1: first.first().cloned().unwrap_or_default().into(),
            actor2: second.first().cloned().unwrap_or_default().into(),
            origin: said(item, &["publication"]).into(),
            text: said(item, &["text"]).into(),
            flags: flag::DIRECTED,
            detail: detail(&[
                ("with1", json!(first.get(1..).unwrap_or_default())),
                ("with2", json!(second.get(1..).unwrap_or_default())),
                ("contexts", json!(list(&said(item, &["context"])))),
                ("words", json!(said(item, &["eventText", "event_text"]))),
            ]),
            ..Record::default()
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Format, read_all};

    const HEAD: &str = "Event ID\tEvent Date\tEvent Type\tEvent Mode\tIntensity\tActor Name\tRecipient Name\tPlacename\tCity\tDistrict\tProvince\tCountry\tLatitude\tLongitude\tSource";

    #[test]
    fn surplus_names_and_columns_and_latin_letters() {
        let row =
            b"P1\t2023-05-01\tASSAULT\tdrone\t-9\tNone\tForces arm\xe9es\tX\tX\tNone\tNord\tLand\t1.5\t2.5\tPaper"
                .to_vec();
        let with = |head: &str, tail: &[u8]| {
            let mut f = head.as_bytes().to_vec();
            f.push(b'\n');
            f.extend(&row);
            f.extend(tail);
            f.push(b'\n');
            read_all(Format::Polecat, None, &f[..]).unwrap()
        };
        let plain = with(HEAD, b"");
        let r = &plain.records[0];
        assert_eq!((&*r.actor1, &*r.actor2, &*r.sub_type), ("", "Forces arm\u{e9}es", "Air/drone strike"));
        // A name too many (`Headline`), and empty columns at the end.
        let headline = HEAD.replace("\tPlacename", "\tHeadline\tPlacename");
        assert_eq!(with(&headline, b"").records[0].place, r.place);
        let excess = with(HEAD, b"\t\t");
        assert_eq!((excess.records.len(), excess.bad.len()), (1, 0));
        let bad = read_all(
            Format::Polecat,
            None,
            format!("{HEAD}\nP1\t2023-05-01\tATTACK\t\t\ta\tb\tX\tX\t\t\tL\t1\t2\tS\n").as_bytes(),
        )
        .unwrap();
        assert_eq!(bad.bad[0].reason, "`ATTACK` is no PLOVER event type");
    }
}
