//! Days and spans of days as reports write them, against the day of the dateline.

use std::ops::Range;

use model::Day;

use crate::text::{Shape, Text};

/// A stretch of days that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First possible day.
    pub from: Day,
    /// Last possible day.
    pub to: Day,
}

/// A date in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// The days.
    pub days: Stretch,
    /// The rule that read it.
    pub rule: &'static str,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A day by its parts, if there is one.
pub fn ymd(year: i32, month: u32, day: u32) -> Option<Day> {
    Day::parse(&format!("{year:04}-{month:02}-{day:02}"))
}

/// Year, month and day of a day.
pub fn parts(day: Day) -> (i32, u32, u32) {
    let text = day.to_string();
    let mut back = text.rsplitn(3, '-');
    let mut next = || back.next().and_then(|t| t.parse::<i64>().ok()).unwrap_or(1);
    let (d, m, y) = (next(), next(), next());
    (y as i32, m as u32, d as u32)
}

fn last_of(year: i32, month: u32) -> Option<Day> {
    let next = if month == 12 { ymd(year + 1, 1, 1) } else { ymd(year, month + 1, 1) };
    next.map(|d| Day(d.0 - 1))
}

fn month_of(t: &Text<'_>, i: usize) -> Option<(u32, usize)> {
    let w = t.small(i);
    let shape = t.tokens.get(i)?.shape;
    // "may" and "march" in small letters are other words.
    if shape == Shape::Small || shape == Shape::Number || shape == Shape::Mark {
        return None;
    }
    let m = MONTHS.iter().position(|m| *m == w || (w.len() >= 3 && w.len() <= 4 && w != "may" && m.starts_with(w)))?;
    let dot = t.word(i + 1) == "." && w.len() < MONTHS[m].len();
    Some((m as u32 + 1, i + 1 + usize::from(dot)))
}

fn year_at(t: &Text<'_>, i: usize) -> Option<i32> {
    let w = t.word(i);
    (w.len() == 4 && t.tokens.get(i)?.shape == Shape::Number)
        .then(|| w.parse::<i32>().ok())
        .flatten()
        .filter(|y| (1800..2100).contains(y))
}

fn day_number(t: &Text<'_>, i: usize) -> Option<u32> {
    let w = t.small(i);
    (t.tokens.get(i)?.shape == Shape::Number)
        .then(|| {
            w.trim_end_matches("st").trim_end_matches("nd").trim_end_matches("rd").trim_end_matches("th").parse().ok()
        })
        .flatten()
        .filter(|d| (1..=31).contains(d))
}

/// The year that a day without one lies in: the last such day before the dateline, a few days after it allowed.
fn nearest(anchor: Option<Day>, month: u32, day: u32) -> Option<Day> {
    let anchor = anchor?;
    let (y, _, _) = parts(anchor);
    ymd(y, month, day).filter(|d| d.0 <= anchor.0 + 7).or_else(|| ymd(y - 1, month, day))
}

/// The date that begins at token `i`, if one does. `anchor` is the day of the dateline.
pub fn when(t: &Text<'_>, i: usize, anchor: Option<Day>) -> Option<When> {
    let found = |end: usize, from: Option<Day>, to: Option<Day>, rule| {
        let days = Stretch { from: from?, to: to? };
        (days.from <= days.to).then_some(When { tokens: i..end, days, rule })
    };
    let a = t.small(i);
    // 9 November 2010, 9 November
    if let Some(d) = day_number(t, i)
        && let Some((m, at)) = month_of(t, i + 1)
    {
        if let Some(y) = year_at(t, at + usize::from(t.word(at) == ",")) {
            let day = ymd(y, m, d);
            return found(at + 1 + usize::from(t.word(at) == ","), day, day, "day-month-year");
        }
        let day = nearest(anchor, m, d);
        return found(at, day, day, "day-month");
    }
    if let Some((m, at)) = month_of(t, i) {
        // Nov. 9, 2010; Nov. 9
        if let Some(d) = day_number(t, at) {
            let after = at + 1 + usize::from(t.word(at + 1) == ",");
            if let Some(y) = year_at(t, after) {
                let day = ymd(y, m, d);
                return found(after + 1, day, day, "month-day-year");
            }
            let day = nearest(anchor, m, d);
            return found(at + 1, day, day, "month-day");
        }
        let after = at + usize::from(matches!(t.small(at), "," | "of"));
        if let Some(y) = year_at(t, after) {
            return found(after + 1, ymd(y, m, 1), last_of(y, m), "month-year");
        }
        // A bare month before a small word: the last one.
        let first = nearest(anchor, m, 1)?;
        let (y, _, _) = parts(first);
        return found(at, Some(first), last_of(y, m).map(|d| anchor.map_or(d, |a| d.min(a).max(first))), "month");
    }
    // late 2001, early 2000s, the late 1990s
    let part = match a {
        "early" => Some((0, 4)),
        "mid" => Some((4, 8)),
        "late" => Some((8, 12)),
        _ => None,
    };
    let at = i + usize::from(part.is_some()) + usize::from(part.is_some() && t.word(i + 1) == "-");
    let w = t.small(at);
    if let Some(decade) =
        w.strip_suffix('s').and_then(|d| d.parse::<i32>().ok()).filter(|d| d % 10 == 0 && (1800..2100).contains(d))
    {
        let (from, to) = match part {
            Some((0, _)) => (decade, decade + 3),
            Some((4, _)) => (decade + 4, decade + 6),
            Some(_) => (decade + 6, decade + 9),
            None => (decade, decade + 9),
        };
        return found(at + 1, ymd(from, 1, 1), ymd(to, 12, 31), "decade");
    }
    if let Some(y) = year_at(t, at) {
        if let Some((from, to)) = part {
            return found(at + 1, ymd(y, from + 1, 1), last_of(y, to), "part-of-year");
        }
        // from 1992 to 1997, 1992-1997: the second year follows.
        if matches!(t.word(at + 1), "to" | "-" | "\u{2013}" | "and" | "until" | "through")
            && let Some(z) = year_at(t, at + 2).filter(|z| *z > y)
        {
            return found(at + 3, ymd(y, 1, 1), ymd(z, 12, 31), "years");
        }
        // A number of people is no year.
        let before = i.checked_sub(1).map_or("", |b| t.small(b));
        let placed = matches!(
            before,
            "in" | "since"
                | "from"
                | "until"
                | "during"
                | "of"
                | "by"
                | "after"
                | "before"
                | "to"
                | "through"
                | "and"
                | "between"
                | ","
                | "("
        );
        return if placed { found(at + 1, ymd(y, 1, 1), ymd(y, 12, 31), "year") } else { None };
    }
    let anchor = anchor?;
    let back = |from: i32, to: i32| (Some(Day(anchor.0 - from)), Some(Day(anchor.0 - to)));
    match (a, t.small(i + 1)) {
        ("today", _) => return found(i + 1, Some(anchor), Some(anchor), "today"),
        ("this", "morning" | "afternoon" | "evening") | ("early", "today") => {
            return found(i + 2, Some(anchor), Some(anchor), "today");
        }
        ("tonight", _) => return found(i + 1, Some(anchor), Some(anchor), "today"),
        ("yesterday", _) => {
            let (f, l) = back(1, 1);
            return found(i + 1, f, l, "yesterday");
        }
        ("last", "night") => {
            let (f, l) = back(1, 0);
            return found(i + 2, f, l, "last-night");
        }
        ("last" | "past", unit @ ("week" | "month" | "year")) => {
            let n = match unit {
                "week" => (14, 5),
                "month" => (60, 20),
                _ => (730, 250),
            };
            let (y, m, _) = parts(anchor);
            return match unit {
                "month" => {
                    let (y, m) = if m == 1 { (y - 1, 12) } else { (y, m - 1) };
                    found(i + 2, ymd(y, m, 1), last_of(y, m), "last-month")
                }
                "year" => found(i + 2, ymd(y - 1, 1, 1), ymd(y - 1, 12, 31), "last-year"),
                _ => {
                    let (f, l) = back(n.0, n.1);
                    found(i + 2, f, l, "last-week")
                }
            };
        }
        _ => {}
    }
    if let Some(d) = WEEKDAYS.iter().position(|d| *d == a)
        && t.tokens[i].shape != Shape::Small
    {
        // 1970-01-01 was a Thursday.
        let today = (anchor.0 + 3).rem_euclid(7);
        let behind = (today - d as i32).rem_euclid(7);
        let day = Some(Day(anchor.0 - behind));
        return found(i + 1, day, day, "weekday");
    }
    // just over two months ago; three days ago
    let number = crate::figure::number(t, i)?;
    let unit = t.small(number.tokens.end);
    let days = match unit.trim_end_matches('s') {
        "day" => 1,
        "week" => 7,
        "month" => 30,
        "year" => 365,
        "decade" => 3652,
        _ => return None,
    };
    let ago = number.tokens.end + 1;
    if !matches!(t.small(ago), "ago" | "earlier") {
        return None;
    }
    let n = i64::from(number.best).checked_mul(days)?;
    let n = i32::try_from(n).ok().filter(|n| *n < 1_000_000)?;
    let slack = if days == 1 { 0 } else { (days as i32).max(n / 6) / 2 };
    let (f, l) = back(n + slack, n - slack);
    found(ago + 1, f, l, "ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_reports_write_them() {
        let anchor = Day::parse("2010-11-10");
        for (said, from, to) in [
            ("Nov. 9", "2010-11-09", "2010-11-09"),
            ("9 November", "2010-11-09", "2010-11-09"),
            ("September 19, 2010", "2010-09-19", "2010-09-19"),
            ("19 September 2009", "2009-09-19", "2009-09-19"),
            ("December 3", "2009-12-03", "2009-12-03"),
            ("August", "2010-08-01", "2010-08-31"),
            ("September 2010", "2010-09-01", "2010-09-30"),
            ("late 2001", "2001-09-01", "2001-12-31"),
            ("late 1990s", "1996-01-01", "1999-12-31"),
            ("early 2000s", "2000-01-01", "2003-12-31"),
            ("yesterday", "2010-11-09", "2010-11-09"),
            ("Monday", "2010-11-08", "2010-11-08"),
            ("three days ago", "2010-11-07", "2010-11-07"),
            ("two months ago", "2010-08-27", "2010-09-26"),
            ("last month", "2010-10-01", "2010-10-31"),
        ] {
            let text = Text::new(said, 0);
            let w = when(&text, 0, anchor).unwrap_or_else(|| panic!("{said}"));
            assert_eq!((w.days.from.to_string(), w.days.to.to_string()), (from.to_owned(), to.to_owned()), "{said}");
            assert_eq!(w.tokens, 0..text.tokens.len(), "{said}");
        }
        for (said, at, years) in [("in 1999", 1, "1999"), ("from 1992 to 1997", 1, "1992"), ("(since 2001)", 2, "2001")]
        {
            let text = Text::new(said, 0);
            assert!(when(&text, at, anchor).unwrap().days.from.to_string().starts_with(years), "{said}");
        }
        for none in ["2000 people", "may go", "march on", "9/11", "the"] {
            assert_eq!(when(&Text::new(none, 0), 0, anchor), None, "{none}");
        }
    }
}
