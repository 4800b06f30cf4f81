//! Dates and numbers as data sets write them.

use std::borrow::Cow;

use model::Day;

/// A date in one of the spellings met in event data: `2010-09-19` (with or without a time), `20100919`,
/// `19 September 2010`, `7-Feb-25`, `30-Sept-24`, and with `us` also `9/19/2010`.
pub(crate) fn day(text: &str, us: bool) -> Option<Day> {
    let t = text.trim();
    if let Some(d) = Day::parse(t) {
        return Some(d);
    }
    if t.len() == 8 && t.bytes().all(|b| b.is_ascii_digit()) {
        return compact(t.as_bytes());
    }
    let date = t.split_once([' ', 'T']).filter(|(d, _)| d.contains('/')).map_or(t, |(d, _)| d);
    let parts: Vec<&str> = date.split(['-', ' ', '/']).filter(|p| !p.is_empty()).collect();
    let [a, b, c] = parts[..] else { return None };
    let year = |y: &str| -> Option<i16> {
        let n: i16 = y.parse().ok()?;
        // Two-digit years: data sets of events begin in 1946 at the earliest.
        Some(match (y.len(), n) {
            (2, 0..=45) => 2000 + n,
            (2, _) => 1900 + n,
            _ => n,
        })
    };
    if let Some(m) = month(b) {
        return Day::new(year(c)?, m, a.parse().ok()?);
    }
    if us && date.contains('/') {
        return Day::new(year(c)?, a.parse().ok()?, b.parse().ok()?);
    }
    None
}

/// The day of a machine-coded event, which must have an id.
pub(crate) fn stamped(id: &str, date: &str) -> Result<Day, crate::Fault> {
    if id.is_empty() {
        return Err(("event_id", "there is no id".to_owned()));
    }
    day(date, true).ok_or_else(|| ("event_date", format!("`{}` is not a date", short(date))))
}

/// `20100919`.
pub(crate) fn compact(t: &[u8]) -> Option<Day> {
    let number = |t: &[u8]| t.iter().try_fold(0i32, |n, b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0')));
    if t.len() < 8 {
        return None;
    }
    let (y, m, d) = (number(&t[..4])?, number(&t[4..6])?, number(&t[6..8])?);
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let days = match m {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if y < 1 || !(1..=days).contains(&d) {
        return None;
    }
    // Days since 1970-01-01 of a civil date (proleptic Gregorian): years from March on, in eras of 400.
    let (y, m) = if m > 2 { (y, m - 3) } else { (y - 1, m + 9) };
    let era = y.div_euclid(400);
    let year = y.rem_euclid(400);
    Some(Day(era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * m + 2) / 5 + d - 1 - 719_468))
}

fn month(name: &str) -> Option<i8> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.len() < 3 || !name.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    NAMES.iter().position(|m| name.starts_with(m)).map(|i| i as i8 + 1)
}

/// A finite number; empty is none.
pub(crate) fn number(column: &'static str, text: &str) -> Result<Option<f64>, crate::Fault> {
    let t = text.trim();
    if t.is_empty() || t == "NA" {
        return Ok(None);
    }
    match t.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(Some(x)),
        _ => Err((column, format!("`{}` is not a number", short(t)))),
    }
}

/// A count of people; empty is none.
pub(crate) fn count(column: &'static str, text: &str) -> Result<Option<u32>, crate::Fault> {
    let t = text.trim();
    // Nearly all counts are plain digits.
    if !t.is_empty() && t.len() <= 8 && t.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(t.parse().ok());
    }
    match number(column, t)? {
        None => Ok(None),
        Some(x) if (0.0..=100_000_000.0).contains(&x) => Ok(Some(x as u32)),
        Some(x) => Err((column, format!("{x} is no count"))),
    }
}

/// Longitude and latitude; none when either is empty. `0, 0` is where broken geocoders put things: none as well.
pub(crate) fn point(lon: (&'static str, &str), lat: (&'static str, &str)) -> Result<Option<(f64, f64)>, crate::Fault> {
    let (Some(x), Some(y)) = (number(lon.0, lon.1)?, number(lat.0, lat.1)?) else { return Ok(None) };
    if !(-180.0..=180.0).contains(&x) || !(-90.0..=90.0).contains(&y) {
        return Err((lat.0, format!("{y}, {x} is no place on Earth")));
    }
    Ok((x != 0.0 || y != 0.0).then_some((x, y)))
}

/// At most 40 characters, for messages.
pub(crate) fn short(t: &str) -> Cow<'_, str> {
    match t.char_indices().nth(40) {
        Some((i, _)) => Cow::Owned(format!("{}\u{2026}", &t[..i])),
        None => Cow::Borrowed(t),
    }
}

/// A JSON object of the pairs whose value says something; empty if none does.
pub(crate) fn detail(pairs: &[(&str, serde_json::Value)]) -> Cow<'static, str> {
    let map: serde_json::Map<String, serde_json::Value> = pairs
        .iter()
        .filter(|(_, v)| match v {
            serde_json::Value::Null => false,
            serde_json::Value::String(s) => !s.is_empty(),
            serde_json::Value::Array(a) => !a.is_empty(),
            _ => true,
        })
        .map(|(k, v)| ((*k).to_owned(), v.clone()))
        .collect();
    if map.is_empty() { Cow::Borrowed("") } else { Cow::Owned(serde_json::Value::Object(map).to_string()) }
}

/// Parts of a `;`-separated list.
pub(crate) fn list(text: &str) -> Vec<&str> {
    text.split(';').map(str::trim).filter(|t| !t.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_date() {
        let want = Day::new(2025, 2, 7);
        for t in
            ["2025-02-07", "2025-02-07 00:00:00.000", "2025-02-07T00:00:00", "20250207", "7-Feb-25", "07 February 2025"]
        {
            assert_eq!(day(t, false), want, "{t}");
        }
        assert_eq!(day("30-Sept-24", false), Day::new(2024, 9, 30));
        assert_eq!(day("2/7/2025", true), want);
        assert_eq!(day("2/7/2025 0:00", true), want);
        for t in ["2/7/2025", "2025-02-30", "20250230", "", "x-y-z", "7-Feb", "31-Feb-25"] {
            assert_eq!(day(t, false), None, "{t}");
        }
    }

    #[test]
    fn compact_dates_are_those_of_the_calendar() {
        for n in (-700_000..60_000).step_by(97) {
            let d = Day(n);
            let t = d.to_string().replace('-', "");
            if t.len() == 8 {
                assert_eq!(compact(t.as_bytes()), Some(d), "{d}");
            }
        }
    }
}
