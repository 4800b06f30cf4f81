//! Our own export: one CSV column per field of [`Record`], so that what was imported can be passed on and read back
//! without loss.

use std::io::{Read, Write};

use model::EventType;

use crate::rows::{COMMAS, Cells, Head, table};
use crate::text::{count, number};
use crate::{At, Deaths, Extent, Record, Sink};

/// The columns, in order.
pub const COLUMNS: [&str; 27] = [
    "id",
    "about",
    "first",
    "last",
    "lon",
    "lat",
    "extent",
    "place",
    "adm1",
    "country",
    "type",
    "sub_type",
    "code",
    "actor1",
    "actor2",
    "killed_low",
    "killed_best",
    "killed_high",
    "origin",
    "text",
    "url",
    "flags",
    "detail",
    "line",
    "offset",
    "hash",
    "days",
];

/// Writes records as CSV.
#[derive(Debug)]
pub struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// What the output says.
    pub fn new(out: W) -> Result<Self, csv::Error> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(Self(writer))
    }

    /// Writes one record.
    ///
    /// # Errors
    /// What the output says.
    pub fn write(&mut self, r: &Record<'_>) -> Result<(), csv::Error> {
        let opt = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
        let float = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
        let (first, last) = r.days();
        self.0.write_record([
            &*r.id,
            &*r.about,
            &first.to_string(),
            &last.to_string(),
            &float(r.lon_lat.map(|p| p.0)),
            &float(r.lon_lat.map(|p| p.1)),
            &(r.extent as u8).to_string(),
            &*r.place,
            &*r.adm1,
            &*r.country,
            r.kind.map_or("", EventType::name),
            &*r.sub_type,
            &*r.code,
            &*r.actor1,
            &*r.actor2,
            &opt(r.deaths.map(|d| d.low)),
            &opt(r.deaths.map(|d| d.best)),
            &opt(r.deaths.map(|d| d.high)),
            &*r.origin,
            &*r.text,
            &*r.url,
            &r.flags.to_string(),
            &*r.detail,
            &r.at.line.to_string(),
            &r.at.offset.to_string(),
            &format!("{:016x}", r.at.hash),
            &(r.last - r.first + 1).to_string(),
        ])
    }

    /// Flushes.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

pub(crate) fn read(input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let prepare = |head: &Head| {
        let missing = head.missing(&COLUMNS);
        if !missing.is_empty() {
            return Err(format!("this is not an export of Bellwether's: its header has no {}", missing.join(", ")));
        }
        let cols = COLUMNS.map(|n| head.col(&[n]));
        Ok(move |c: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| {
            let get = |name: &str| c.get(cols[COLUMNS.iter().position(|n| *n == name).unwrap_or(0)]);
            let raw = |name: &str| c.raw(cols[COLUMNS.iter().position(|n| *n == name).unwrap_or(0)]);
            let day = |name: &'static str| {
                let t = get(name);
                crate::text::day(&t, false).ok_or((name, format!("`{}` is not a date", crate::text::short(&t))))
            };
            let whole = |name: &'static str, radix: u32| {
                let t = get(name);
                u64::from_str_radix(&t, radix)
                    .map_err(|_| (name, format!("`{}` is not a number", crate::text::short(&t))))
            };
            let deaths = (
                count("killed_low", &get("killed_low"))?,
                count("killed_best", &get("killed_best"))?,
                count("killed_high", &get("killed_high"))?,
            );
            let kind = get("type");
            let lon_lat = number("lon", &get("lon"))?.zip(number("lat", &get("lat"))?);
            if lon_lat.is_some_and(|(x, y)| x.abs() > 180.0 || y.abs() > 90.0) {
                return Err(("lat", "no place on Earth".to_owned()));
            }
            out(Record {
                at: At { line: whole("line", 10)?, offset: whole("offset", 10)?, hash: whole("hash", 16)? },
                id: raw("id"),
                about: raw("about"),
                first: day("first")?.0,
                last: day("last")?.0,
                lon_lat,
                extent: u8::try_from(whole("extent", 10)?)
                    .ok()
                    .and_then(Extent::from_code)
                    .ok_or(("extent", "it is not 0 to 7".to_owned()))?,
                place: raw("place"),
                adm1: raw("adm1"),
                country: raw("country"),
                kind: match &*kind {
                    "" => None,
                    name => Some(
                        EventType::from_name(name)
                            .ok_or(("type", format!("`{}` is no event type", crate::text::short(name))))?,
                    ),
                },
                sub_type: raw("sub_type"),
                code: raw("code"),
                actor1: raw("actor1"),
                actor2: raw("actor2"),
                deaths: match deaths {
                    (Some(low), Some(best), Some(high)) if low <= best && best <= high => {
                        Some(Deaths { low, best, high })
                    }
                    (None, None, None) => None,
                    _ => return Err(("killed_low", "low, best and high are not in order".to_owned())),
                },
                origin: raw("origin"),
                text: raw("text"),
                url: raw("url"),
                flags: u16::try_from(whole("flags", 10)?).map_err(|_| ("flags", "too large".to_owned()))?,
                detail: raw("detail"),
            });
            Ok(())
        })
    };
    table(input, |_| COMMAS, |_| None, |_, _| {}, prepare, each)
}
