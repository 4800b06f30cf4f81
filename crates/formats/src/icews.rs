//! ICEWS: 20 tab-separated columns (the Dataverse files), or the same with other names and commas.
//!
//! The key is event id *and* date: ids were used twice in 2013. Dates are ISO, in the 2017 file m/d/yyyy. Codes are
//! CAMEO and may be missing. `NA` is nothing. There is no precision code: the finest name given tells the extent.

use std::io::Read;

use serde_json::json;

use crate::rows::{Cells, Head, commas_or_tabs, table};
use crate::text::{detail, number, point};
use crate::{Extent, Record, Sink, bridge, flag};

pub(crate) fn read(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let prepare = |head: &Head| {
        let missing = head.missing(&["event_id", "event_date", "source_name", "cameo_code", "target_name", "latitude"]);
        if !missing.is_empty() {
            return Err(format!("this is not an ICEWS file: its header has no {}", missing.join(", ")));
        }
        let c = |name: &'static str| head.col(&[name]);
        let (id, date, code, text) = (c("event_id"), c("event_date"), c("cameo_code"), c("event_text"));
        let (source, source_sectors, source_country) = (c("source_name"), c("source_sectors"), c("source_country"));
        let (target, target_sectors, target_country) = (c("target_name"), c("target_sectors"), c("target_country"));
        let (city, district, province, country) = (c("city"), c("district"), c("province"), c("country"));
        let (lat, lon, publisher) = (c("latitude"), c("longitude"), c("publisher"));
        let (story, sentence, intensity) = (c("story_id"), c("sentence_number"), c("intensity"));
        Ok(move |cells: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            let get = |col| cells.or_none(col);
            let day = crate::text::stamped(&get(id), &get(date))?;
            let lon_lat = point(("longitude", &get(lon)), ("latitude", &get(lat)))?;
            let extent = Extent::of_finest(lon_lat, &get(city), &get(district), &get(province));
            // A bare number loses its leading zero in spreadsheets: CAMEO roots run from 01 to 20.
            let raw = get(code);
            let code =
                if raw.len() == 2 && raw.parse::<u8>().is_ok_and(|n| n > 20) { format!("0{raw}").into() } else { raw };
            let target_type = bridge(bridge::Bridge::Cameo).code(code.as_bytes());
            // Sector lists have no order: sorted, the same list reads the same.
            let sectors = |col| {
                let text = get(col);
                let mut list: Vec<String> =
                    text.trim_matches('"').split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();
                list.sort();
                list.dedup();
                list
            };
            let place = [city, district, province, country].into_iter().map(get).find(|t| !t.is_empty());
            out(Record {
                at: cells.at,
                id: format!("{}/{day}", get(id)).into(),
                first: day.0,
                last: day.0,
                lon_lat,
                extent,
                place: place.unwrap_or_default(),
                adm1: get(province),
                country: get(country),
                kind: target_type.and_then(|t| t.kind),
                sub_type: target_type.map_or("", |t| t.sub_type).into(),
                code,
                actor1: get(source),
                actor2: get(target),
                origin: get(publisher),
                text: get(text),
                flags: flag::DIRECTED | extent.flags(),
                detail: detail(&[
                    ("sectors1", json!(sectors(source_sectors))),
                    ("country1", json!(get(source_country))),
                    ("sectors2", json!(sectors(target_sectors))),
                    ("country2", json!(get(target_country))),
                    ("intensity", json!(number("intensity", &get(intensity))?)),
                    ("story", json!(get(story))),
                    ("sentence", json!(get(sentence).parse::<i64>().ok())),
                ]),
                ..Record::default()
            });
            Ok(())
        })
    };
    table(input, commas_or_tabs, |_| None, |_, _| {}, prepare, each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, read_all};

    #[test]
    fn keys_dates_sectors_and_places() {
        let head = "Event ID\tEvent Date\tSource Name\tSource Sectors\tSource Country\tEvent Text\tCAMEO Code\tIntensity\tTarget Name\tTarget Sectors\tTarget Country\tStory ID\tSentence Number\tPublisher\tCity\tDistrict\tProvince\tCountry\tLatitude\tLongitude";
        let row = |date: &str, sectors: &str, code: &str, city: &str, province: &str| {
            format!(
                "7\t{date}\tRebels\t{sectors}\tSyria\tFight\t{code}\t-10\tArmy\tNA\tSyria\t9\t2\tPaper\t{city}\tNA\t{province}\tSyria\t33.5\t36.3"
            )
        };
        let text = [
            head.to_owned(),
            row("2013-05-01", "\"B,A\"", "190", "Damascus", "Dimashq"),
            row("5/2/2013", "A,B", "NA", "NA", "Dimashq"),
            row("2013-05-03", "A,B", "43", "NA", "NA"),
            row("3 o'clock", "A", "190", "NA", "NA"),
        ]
        .join("\n");
        let f = read_all(Format::Icews, None, text.as_bytes()).unwrap();
        let r = &f.records;
        assert_eq!((&*r[0].id, &*r[1].id), ("7/2013-05-01", "7/2013-05-02"));
        assert!(r[0].detail.contains(r#""sectors1":["A","B"]"#) && r[1].detail.contains(r#""sectors1":["A","B"]"#));
        assert_eq!((r[0].extent, r[1].extent, r[2].extent), (Extent::Exact, Extent::Adm1, Extent::Country));
        assert_eq!((&*r[0].sub_type, r[1].kind, &*r[2].code), ("Armed clash", None, "043"));
        assert_eq!((f.bad.len(), f.bad[0].line, &*f.bad[0].column), (1, 5, "event_date"));
    }
}
