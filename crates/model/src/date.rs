//! Imprecise dates and windows, in civil days; nothing is ever converted between zones.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use jiff::{SpanRelativeTo, ToSpan, Unit};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A civil day, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// From year, month, day, where they name a real day of the years 1 to 9999.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        (1..=9999).contains(&year).then(|| Date::new(year, month, day).ok()).flatten().map(Self::from_date)
    }

    fn from_date(date: Date) -> Self {
        let epoch = Date::constant(1970, 1, 1);
        // Days between two civil dates are exact and fit i32.
        let days = epoch.until((Unit::Day, date)).map(|s| s.get_days()).unwrap_or(0);
        Self(days)
    }

    fn date(self) -> Date {
        Date::constant(1970, 1, 1).saturating_add(self.0.days())
    }

    /// Calendar year.
    pub fn year(self) -> i16 {
        self.date().year()
    }

    /// First and last day of its calendar month.
    pub fn month(self) -> [Self; 2] {
        let date = self.date();
        [date.first_of_month(), date.last_of_month()].map(Self::from_date)
    }

    /// Calendar months since January of the year 0: neighbours differ by one.
    pub fn month_number(self) -> i32 {
        let date = self.date();
        i32::from(date.year()) * 12 + i32::from(date.month()) - 1
    }

    /// Reads `2010-09-19`, or the date part of an ISO date-time.
    pub fn parse(text: &str) -> Option<Self> {
        let (day, rest) = text.split_at_checked(10)?;
        if !rest.is_empty() && !rest.starts_with(['T', ' ', 't']) {
            return None;
        }
        let (y, m, d) = parts(day)?;
        Self::new(y, m?, d?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a day such as 2010-09-19"))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "day", "description": "A civil day, such as 2010-09-19."})
    }
}

/// An inclusive run of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First day.
    pub from: Day,
    /// Last day, never before the first.
    pub to: Day,
}

impl Span {
    /// Number of days, at least 1.
    pub fn days(self) -> i32 {
        self.to.0 - self.from.0 + 1
    }

    /// Whether `day` lies inside.
    pub fn contains(self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }
}

/// An imprecise date: EDTF's `2010`, `2010-09`, `2010-09-19`, each optionally with `~` (about)
/// or `?` (uncertain), and intervals `A/B`, `A/..`.
///
/// `about` widens a day by 3 days on both sides, a month by 15, a year by 183: our choice, since
/// ISO 8601-2 leaves the width open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edtf {
    text: String,
    /// Earliest and latest possible day as written, without the widening of `~`.
    pub stated: Span,
    /// The same after widening.
    pub possible: Span,
    /// `A/..`: no end known.
    pub open: bool,
}

impl Edtf {
    /// Reads the text form.
    ///
    /// # Errors
    /// What was expected, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "`{text}` is not a date: expected 2010, 2010-09, 2010-09-19, one of these with `~`, or an interval A/B"
            )
        };
        let (first, second) = match text.split_once('/') {
            Some((a, b)) => (a, Some(b)),
            None => (text, None),
        };
        let a = one(first).ok_or_else(expected)?;
        let (b, open) = match second {
            None => (a, false),
            Some("..") | Some("") => ((Span { from: a.0.from, to: Day::new(9999, 12, 31).unwrap_or(a.0.to) }, 0), true),
            Some(b) => (one(b).ok_or_else(expected)?, false),
        };
        let stated = Span { from: a.0.from, to: b.0.to };
        if stated.to < stated.from {
            return Err(format!("`{text}` ends before it begins"));
        }
        let possible = Span { from: Day(stated.from.0 - a.1), to: Day(stated.to.0 + b.1) };
        Ok(Self { text: text.to_owned(), stated, possible, open })
    }

    /// The one day `day`.
    pub fn day(day: Day) -> Self {
        let span = Span { from: day, to: day };
        Self { text: day.to_string(), stated: span, possible: span, open: false }
    }
}

/// Span of one simple date, and by how many days `~` widens it.
fn one(text: &str) -> Option<(Span, i32)> {
    let (text, about) = match text.strip_suffix(['~', '?', '%']) {
        Some(t) => (t, true),
        None => (text, false),
    };
    let (y, m, d) = parts(text)?;
    let (span, slack) = match (m, d) {
        (Some(m), Some(d)) => {
            let day = Day::new(y, m, d)?;
            (Span { from: day, to: day }, 3)
        }
        (Some(m), None) => {
            let from = Day::new(y, m, 1)?;
            let next = if m == 12 { Day::new(y + 1, 1, 1)? } else { Day::new(y, m + 1, 1)? };
            (Span { from, to: Day(next.0 - 1) }, 15)
        }
        _ => (Span { from: Day::new(y, 1, 1)?, to: Day::new(y, 12, 31)? }, 183),
    };
    Some((span, if about { slack } else { 0 }))
}

/// Year, month, day of `2010-09-19`, `2010-09` or `2010`; fixed widths.
fn parts(text: &str) -> Option<(i16, Option<i8>, Option<i8>)> {
    let number = |t: &str, width: usize| -> Option<i16> {
        (t.len() == width && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok()).flatten()
    };
    let mut it = text.split('-');
    let y = number(it.next()?, 4)?;
    let part = |t: Option<&str>| -> Option<Option<i8>> {
        match t {
            None => Some(None),
            Some(t) => Some(Some(i8::try_from(number(t, 2)?).ok()?)),
        }
    };
    let m = part(it.next())?;
    let d = part(it.next())?;
    it.next().is_none().then_some((y, m, d))
}

impl fmt::Display for Edtf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Edtf {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Edtf {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Edtf {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "edtf",
            "description": "A date as exact as it is known: 2010, 2010-09, 2010-09-19, 2010~ (about), or an interval 2010-09-19/2010-09-22."})
    }
}

/// A window of an indicator: `P180D` (that many days ending with the as-of day), `A/B`, `A/..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Window {
    /// So many days, the last of which is the as-of day.
    Last(i32),
    /// Both days inclusive; no end means the as-of day.
    Between(Day, Option<Day>),
}

impl Window {
    /// Reads the text form.
    ///
    /// # Errors
    /// What was expected, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}` is not a window: expected P180D, 2009-01-01/2010-08-21 or 2010-08-22/..");
        if text.starts_with('P') {
            let span: jiff::Span = text.parse().map_err(|_| expected())?;
            // Months and years count back from a fixed day, so that a window never depends on the clock.
            let days = span
                .total(jiff::SpanTotal::from(Unit::Day).relative(SpanRelativeTo::from(Date::constant(2001, 1, 1))))
                .map_err(|_| expected())?;
            if !(1.0..=400_000.0).contains(&days) {
                return Err(expected());
            }
            return Ok(Self::Last(days as i32));
        }
        let (a, b) = text.split_once('/').ok_or_else(expected)?;
        let from = Day::parse(a).ok_or_else(expected)?;
        let to = if b == ".." { None } else { Some(Day::parse(b).ok_or_else(expected)?) };
        if to.is_some_and(|to| to < from) {
            return Err(format!("`{text}` ends before it begins"));
        }
        Ok(Self::Between(from, to))
    }

    /// The days meant when the case is seen as of `as_of`; `None` if the window begins after it.
    pub fn days(&self, as_of: Day) -> Option<Span> {
        let span = match self {
            Self::Last(n) => Span { from: Day(as_of.0 - n + 1), to: as_of },
            Self::Between(from, to) => Span { from: *from, to: to.map_or(as_of, |t| t.min(as_of)) },
        };
        (span.from <= span.to).then_some(span)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(n) => write!(f, "P{n}D"),
            Self::Between(a, Some(b)) => write!(f, "{a}/{b}"),
            Self::Between(a, None) => write!(f, "{a}/.."),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Window {
    fn schema_name() -> Cow<'static, str> {
        "Window".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "window",
            "description": "P180D: the 180 days that end with the as-of day, that day included; 2009-01-01/2010-08-21: both days inclusive; 2010-08-22/..: to the as-of day."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imprecise_dates_become_the_days_they_may_mean() {
        for (text, from, to) in [
            ("2010-09-19", "2010-09-19", "2010-09-19"),
            ("2010-09", "2010-09-01", "2010-09-30"),
            ("2012-02", "2012-02-01", "2012-02-29"),
            ("2010", "2010-01-01", "2010-12-31"),
            ("2010-12", "2010-12-01", "2010-12-31"),
            ("2010-09-19/2010-09-22", "2010-09-19", "2010-09-22"),
            ("2010-09-19~", "2010-09-16", "2010-09-22"),
            ("2010~", "2009-07-02", "2011-07-02"),
            ("2010-08~", "2010-07-17", "2010-09-15"),
        ] {
            let d = Edtf::parse(text).unwrap();
            assert_eq!((d.possible.from.to_string(), d.possible.to.to_string()), (from.into(), to.into()), "{text}");
            assert_eq!(d.to_string(), text);
        }
        for bad in
            ["", "10-09-19", "2010-13", "2010-02-30", "2010-09-19/2010-09-01", "sept 2010", "2010-9-1", "2010-09-19-1"]
        {
            assert!(Edtf::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn windows_end_with_the_as_of_day_inclusive() {
        let as_of = Day::parse("2010-11-10").unwrap();
        let show = |w: &str| Window::parse(w).unwrap().days(as_of).map(|s| format!("{}/{}", s.from, s.to));
        assert_eq!(show("P1D").unwrap(), "2010-11-10/2010-11-10");
        assert_eq!(show("P180D").unwrap(), "2010-05-15/2010-11-10");
        assert_eq!(show("2010-08-22/..").unwrap(), "2010-08-22/2010-11-10");
        assert_eq!(show("2010-08-22/2011-01-01").unwrap(), "2010-08-22/2010-11-10");
        assert_eq!(show("2011-08-22/.."), None);
    }
}
