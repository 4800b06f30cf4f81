//! Anyone's table (CSV, tab-separated text, JSON, GeoJSON, XLSX), by a declared mapping of columns.

use std::borrow::Cow;
use std::io::Read;

use model::{Day, EventType, Mapping, SUB_TYPES};
use serde_json::json;

use crate::rows::{Cells, Col, Head, Shape, commas_or_tabs, table};
use crate::text::{count, detail, point};
use crate::{Deaths, Extent, Fault, Record, Sink, flag};

pub(crate) fn read(mapping: &Mapping, input: impl Read, each: &mut Sink<'_>) -> Result<(), String> {
    let comment = mapping.comment.as_deref().and_then(|c| c.bytes().next());
    let shape = |line: &[u8]| Shape { comment, ..commas_or_tabs(line) };
    let prepare = |head: &Head| {
        let reader = Reader::new(mapping, head)?;
        Ok(move |cells: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)| reader.rows(cells, out))
    };
    table(input, shape, |_| None, |_, _| {}, prepare, each)
}

struct Reader<'m> {
    mapping: &'m Mapping,
    id: Col,
    date: Col,
    date_end: Col,
    latitude: Col,
    longitude: Col,
    extent: Col,
    place: Col,
    adm1: Col,
    country: Col,
    kind: Col,
    actor1: Col,
    actor2: Col,
    best: Col,
    low: Col,
    high: Col,
    origin: Col,
    text: Col,
    url: Col,
    other: Vec<(String, Col)>,
    /// With `wide`: the columns that each hold one country's deaths.
    wide: Vec<Wide>,
}

/// A column that holds one country's deaths.
struct Wide {
    /// What it adds to the id of a row.
    id: String,
    /// As the file writes it.
    country: String,
    deaths: Col,
}

impl<'m> Reader<'m> {
    fn new(mapping: &'m Mapping, head: &Head) -> Result<Self, String> {
        let mut missing = Vec::new();
        let mut used = Vec::new();
        let mut col = |name: &Option<String>, field: &'static str| -> Col {
            let Some(name) = name else { return Col::ABSENT };
            let wanted = name.trim().to_lowercase().replace([' ', '.'], "_");
            match head.position(&wanted) {
                Some(i) => {
                    used.push(i);
                    Col::at(i, field)
                }
                None => {
                    missing.push(format!("`{name}` (for {field})"));
                    Col::ABSENT
                }
            }
        };
        let c = &mapping.columns;
        let mut out = Self {
            mapping,
            id: col(&c.id, "id"),
            date: col(&Some(c.date.clone()), "date"),
            date_end: col(&c.date_end, "date_end"),
            latitude: col(&c.latitude, "latitude"),
            longitude: col(&c.longitude, "longitude"),
            extent: col(&c.extent, "extent"),
            place: col(&c.place, "place"),
            adm1: col(&c.adm1, "adm1"),
            country: col(&c.country, "country"),
            kind: col(&c.kind, "type"),
            actor1: col(&c.actor1, "actor1"),
            actor2: col(&c.actor2, "actor2"),
            best: col(&c.deaths, "deaths"),
            low: col(&c.deaths_low, "deaths_low"),
            high: col(&c.deaths_high, "deaths_high"),
            origin: col(&c.origin, "origin"),
            text: col(&c.text, "text"),
            url: col(&c.url, "url"),
            other: Vec::new(),
            wide: Vec::new(),
        };
        for name in &c.keep {
            let found = col(&Some(name.clone()), "keep");
            out.other.push((name.clone(), found));
        }
        if !missing.is_empty() {
            let has: Vec<&str> = head.0.iter().map(|n| n.written.as_str()).collect();
            return Err(format!("the table has no column {}; it has {}", missing.join(", "), has.join(", ")));
        }
        if mapping.wide {
            out.wide = head
                .0
                .iter()
                .enumerate()
                .filter(|(i, _)| !used.contains(i))
                .map(|(i, n)| Wide { id: n.plain.clone(), country: n.written.clone(), deaths: Col::at(i, "deaths") })
                .collect();
        }
        Ok(out)
    }

    fn rows(&self, c: &Cells<'_>, out: &mut dyn FnMut(Record<'_>)) -> Result<(), Fault> {
        if self.wide.is_empty() {
            out(self.record(c)?);
            return Ok(());
        }
        // One row of a wide table: one record per column. All or none: a bad cell makes the row bad.
        let base = self.record(c)?;
        let mut found = Vec::new();
        for w in &self.wide {
            if let Some(n) = count("deaths", &c.or_none(w.deaths))? {
                found.push(Record {
                    id: format!("{}/{}", base.id, w.id).into(),
                    country: w.country.clone().into(),
                    place: w.country.clone().into(),
                    deaths: Some(Deaths { low: n, best: n, high: n }),
                    ..base.clone()
                });
            }
        }
        found.into_iter().for_each(out);
        Ok(())
    }

    fn record<'a>(&self, c: &Cells<'a>) -> Result<Record<'a>, Fault> {
        let get = |col| c.or_none(col);
        let (first, end) = self.day(&get(self.date), "date")?;
        let last = if get(self.date_end).is_empty() { end } else { self.day(&get(self.date_end), "date_end")?.1 };
        if last < first {
            return Err(("date_end", format!("{last} is before {first}")));
        }
        let lon_lat = point(("longitude", &get(self.longitude)), ("latitude", &get(self.latitude)))?;
        let said = get(self.extent);
        let extent = match (lon_lat, said.trim_end_matches(".0"), self.mapping.extent) {
            (None, ..) if !get(self.country).is_empty() && self.mapping.extent.is_some() => {
                self.mapping.extent.and_then(Extent::from_code).unwrap_or_default()
            }
            (None, ..) => Extent::Nowhere,
            (_, "", None) => Extent::Exact,
            (_, "", Some(e)) => Extent::from_code(e).unwrap_or_default(),
            (_, text, _) => text
                .parse::<u8>()
                .ok()
                .and_then(Extent::from_code)
                .ok_or_else(|| ("extent", format!("`{text}` is not 0 to 7 (UCDP's where_prec)")))?,
        };
        let code = get(self.kind);
        let (kind, sub_type) = self.target(&code)?;
        let best = count("deaths", &get(self.best))?;
        let low = count("deaths_low", &get(self.low))?.or(best);
        let high = count("deaths_high", &get(self.high))?.or(best);
        let mut flags = if self.mapping.directed { flag::DIRECTED } else { 0 };
        let deaths = match (low, best.or(low), high) {
            (Some(low), Some(best), Some(high)) => {
                let (deaths, disordered) = Deaths::ordered(low, best, high);
                flags |= disordered;
                Some(deaths)
            }
            _ => None,
        };
        let id = get(self.id);
        let other: Vec<(&str, serde_json::Value)> =
            self.other.iter().map(|(n, col)| (n.as_str(), json!(get(*col)))).collect();
        Ok(Record {
            at: c.at,
            id: if id.is_empty() { format!("line-{}", c.at.line).into() } else { id },
            first: first.0,
            last: last.0,
            lon_lat,
            extent,
            place: get(self.place),
            adm1: get(self.adm1),
            country: get(self.country),
            kind,
            sub_type: Cow::Owned(sub_type.to_owned()),
            code,
            actor1: get(self.actor1),
            actor2: get(self.actor2),
            deaths,
            origin: get(self.origin),
            text: get(self.text),
            url: get(self.url),
            flags,
            detail: detail(&other),
            ..Record::default()
        })
    }

    /// The days a date cell stands for: a day, a month (`2010-09`), a year, days since `epoch`, or VIEWS's month number
    /// (1 is January 1980).
    fn day(&self, text: &str, column: &'static str) -> Result<(Day, Day), Fault> {
        let wrong = || (column, format!("`{}` is not a date", crate::text::short(text)));
        if self.mapping.months {
            let n: i32 =
                text.trim_end_matches(".0").parse().ok().filter(|n| (-20_000..80_000).contains(n)).ok_or_else(wrong)?;
            let month = |n: i32| Day::new(1980 + n.div_euclid(12) as i16, n.rem_euclid(12) as i8 + 1, 1);
            let (from, next) = month(n - 1).zip(month(n)).ok_or_else(wrong)?;
            return Ok((from, Day(next.0 - 1)));
        }
        if let Some(epoch) = self.mapping.epoch {
            let n: f64 = text.parse().ok().filter(|x: &f64| x.abs() < 4e6).ok_or_else(wrong)?;
            let day = Day(epoch.0 + n.floor() as i32);
            return Ok((day, day));
        }
        if let Some(d) = crate::text::day(text, self.mapping.us_dates) {
            return Ok((d, d));
        }
        // A month without a dash: 201009.
        let months;
        let text = if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            months = format!("{}-{}", &text[..4], &text[4..]);
            &months
        } else {
            text
        };
        let e = model::Edtf::parse(text).map_err(|_| wrong())?;
        Ok((e.possible.from, e.possible.to))
    }

    fn target(&self, code: &str) -> Result<(Option<EventType>, &'static str), Fault> {
        let name = self.mapping.types.get(code).map_or(code, |k| k.0.as_str());
        for (t, subs) in SUB_TYPES {
            if t.name() == name {
                return Ok((Some(t), ""));
            }
            if let Some(s) = subs.iter().find(|s| **s == name) {
                return Ok((Some(t), s));
            }
        }
        // Codes that the mapping leaves out stay outside the vocabulary, with their code.
        Ok((None, ""))
    }
}
