//! Where and when incidents were.

use std::collections::{BTreeMap, BTreeSet};

use extract::lexicon::{Entry, Lexicon};
use extract::tag::Ready;
use model::Day;

use super::context::words;
use super::fill::Case;
use super::key::{MONTHS, day, plain, show};
use super::learn::{Classes, Lesson, steps};

/// Precision of the weights by which a document tells its country.
const PRECISION: f64 = 1.0;

/// What the likeliest of some candidates says.
pub(super) fn likeliest(choice: &Classes, candidates: Vec<(String, Vec<String>)>) -> String {
    let scored = candidates.into_iter().map(|(value, features)| (choice.p(&features, "true"), value));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(String::new(), |x| x.1)
}

/// Where incidents are, as the keys write it.
pub(super) struct Places {
    /// By name: locations, by count.
    known: BTreeMap<String, BTreeMap<String, usize>>,
    country: Classes,
}

/// What a document says of its country: words, and countries that are named, those named most apart.
fn signs(c: &Case<'_>) -> Vec<String> {
    let lexicon = Lexicon::bundled();
    let mut count: BTreeMap<&'static str, usize> = BTreeMap::new();
    for h in &c.ready.hits {
        if let Entry::Country(k) | Entry::Demonym(k) | Entry::Capital(k) = h.entry {
            *count.entry(lexicon.countries[k as usize].name).or_default() += 1;
        }
    }
    let mut out = words(c.document);
    out.retain(|w| !w.contains(' '));
    let most = count.values().copied().max();
    for (name, n) in count {
        steps(&mut out, &format!("named {name}"), n as f64, &[1.0, 2.0, 3.0, 5.0]);
        if Some(n) == most {
            out.push(format!("most {name}"));
        }
    }
    out
}

impl Places {
    pub(super) fn new(cases: &[Case<'_>]) -> Self {
        let mut known: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let templates = cases.iter().flat_map(|c| &c.document.templates);
        for v in templates.flat_map(|t| &t.slots["incident_location"]).flat_map(|f| &f.values) {
            let (country, rest) = v.split_once(':').unwrap_or((v, ""));
            let mut path = country.trim().to_owned();
            for part in rest.split([':', '-']).filter(|p| !p.trim().is_empty()) {
                path = format!("{path}: {}", part.trim());
                let name = plain(part.split('(').next().unwrap_or_default());
                if name.len() > 3 && name != plain(country) {
                    *known.entry(name).or_default().entry(path.clone()).or_default() += 1;
                }
            }
        }
        let lesson = |c: &Case<'_>| -> Option<Lesson> {
            let first = c.document.templates.iter().find_map(|t| t.slots["incident_location"].first())?;
            Some((signs(c), first.values[0].split(':').next().unwrap_or_default().trim().to_owned()))
        };
        let lessons: Vec<Lesson> = cases.iter().filter_map(lesson).collect();
        Self { known, country: Classes::train(&lessons, 2, PRECISION) }
    }

    /// The country that a document is likeliest to be about, as the keys write it.
    pub(super) fn country(&self, c: &Case<'_>) -> &str {
        self.country.best(&signs(c)).0
    }

    /// Places of a country that are named, with sentence and token.
    pub(super) fn named(&self, ready: &Ready<'_>, country: &str) -> Vec<(String, usize, usize)> {
        let t = &ready.text;
        let mut out = Vec::new();
        for (number, s) in t.sentences.iter().enumerate() {
            let mut i = s.tokens.start;
            while i < s.tokens.end {
                let hit = (1..=4usize).rev().filter(|n| i + n <= s.tokens.end).find_map(|n| {
                    let counts = self.known.get(&plain(t.slice(i..i + n)))?;
                    let fits = counts.iter().filter(|c| c.0.starts_with(country));
                    Some((n, fits.max_by_key(|c| (c.1, std::cmp::Reverse(c.0)))?.0.clone()))
                });
                match hit {
                    Some((n, path)) => {
                        out.push((path, number, i));
                        i += n;
                    }
                    None => i += 1,
                }
            }
        }
        out
    }

    /// Places that are named, and the country alone, with what speaks for each.
    pub(super) fn candidates(
        &self,
        c: &Case<'_>,
        sentences: &BTreeSet<usize>,
        country: &str,
    ) -> Vec<(String, Vec<String>)> {
        let t = &c.ready.text;
        let mut found: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (path, number, i) in self.named(c.ready, country) {
            found.entry(path).or_default().push((number, i));
        }
        let away = |k: usize| sentences.iter().map(|s| s.abs_diff(k)).min().unwrap_or(99);
        let nearest = found.values().flatten().map(|x| away(x.0)).min().unwrap_or(99);
        let mut out = Vec::new();
        for (path, places) in &found {
            let mut f = vec!["named".to_owned(), format!("depth {}", path.matches(':').count())];
            let near = places.iter().map(|x| away(x.0)).min().unwrap_or(99);
            steps(&mut f, "away", near as f64, &[1.0, 2.0, 3.0, 5.0]);
            steps(&mut f, "behind", (near - nearest) as f64, &[1.0, 2.0, 4.0]);
            steps(&mut f, "times", places.len() as f64, &[2.0, 3.0, 5.0]);
            let rivals = found.values().filter(|p| p.iter().any(|x| away(x.0) <= near)).count();
            steps(&mut f, "rivals", rivals as f64, &[2.0, 3.0, 4.0]);
            for (s, i) in places.iter().filter(|x| away(x.0) == near) {
                let before = if *i > t.sentences[*s].tokens.start { t.small(i - 1) } else { "" };
                f.push(format!("before {before}"));
                f.push(format!("number {}", (*s).min(3)));
            }
            let name = path.rsplit(": ").next().unwrap_or_default();
            f.push(format!("kind {}", name.split_once('(').map_or("", |x| x.1)));
            f.push(format!("path {path}"));
            out.push((path.clone(), f));
        }
        let mut f = vec!["country".to_owned()];
        f.push(format!("country {country}"));
        steps(&mut f, "c nearest", nearest as f64, &[1.0, 2.0, 3.0, 5.0, 90.0]);
        steps(&mut f, "c rivals", found.len() as f64, &[1.0, 2.0, 3.0, 4.0]);
        out.push((country.to_owned(), f));
        out
    }
}

/// Days that are spoken of, as the key writes them, with sentence, token and how they are told.
pub(super) fn days(ready: &Ready<'_>, base: Day) -> Vec<(String, usize, usize, &'static str)> {
    const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let t = &ready.text;
    let year: i32 = base.to_string()[..4].parse().unwrap_or(1990);
    let mut out = Vec::new();
    for (number, s) in t.sentences.iter().enumerate() {
        for i in s.tokens.clone() {
            let (w, next) = (t.small(i), t.small(i + 1));
            let month = MONTHS.iter().any(|m| next.starts_with(m)) && next.len() >= 3;
            if month && w.parse::<u32>().is_ok() {
                let written = t.small(i + 2).parse::<i32>().ok().filter(|y| (1900..2100).contains(y));
                let on = |y| day(w, next, y);
                let found = match written {
                    Some(y) => on(y),
                    None => on(year).filter(|x| x.0 <= base.0 + 3).or_else(|| on(year - 1)),
                };
                let how = if written.is_some() { "year" } else { "month" };
                out.extend(found.map(|x| (show(x), number, i, how)));
                continue;
            }
            let back = match (w, next) {
                ("today", _) | ("this", "morning" | "afternoon" | "evening") => Some((0, "today")),
                ("yesterday", _) => Some((1, "yesterday")),
                ("last", "night") => Some((1, "night")),
                _ => WEEK.iter().position(|d| *d == w).map(|d| {
                    // Day 0 was a Thursday.
                    let back = (base.0 + 3 - d as i32).rem_euclid(7);
                    (if back == 0 && i > 0 && t.small(i - 1) == "last" { 7 } else { back }, "week")
                }),
            };
            out.extend(back.map(|(b, how)| (show(Day(base.0 - b)), number, i, how)));
        }
    }
    out
}

/// Days an incident may be of, with what speaks for each; the last is any day up to the dateline.
pub(super) fn dates(c: &Case<'_>, sentences: &BTreeSet<usize>) -> Vec<(String, Vec<String>)> {
    let Some(base) = c.document.dateline else { return vec![] };
    let t = &c.ready.text;
    let mut found: BTreeMap<String, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for (day, s, i, how) in days(c.ready, base) {
        found.entry(day).or_default().push((s, i, how));
    }
    let away = |k: usize| sentences.iter().map(|s| s.abs_diff(k)).min().unwrap_or(99);
    let nearest = found.values().flatten().map(|x| away(x.0)).min().unwrap_or(99);
    let mut out = Vec::new();
    for (day, places) in &found {
        let mut f = vec!["day".to_owned()];
        let near = places.iter().map(|x| away(x.0)).min().unwrap_or(99);
        steps(&mut f, "away", near as f64, &[1.0, 2.0, 3.0, 5.0]);
        steps(&mut f, "behind", (near - nearest) as f64, &[1.0, 2.0, 4.0]);
        steps(&mut f, "times", places.len() as f64, &[2.0, 3.0]);
        let rivals = found.values().filter(|p| p.iter().any(|x| away(x.0) <= near)).count();
        steps(&mut f, "rivals", rivals as f64, &[2.0, 3.0, 4.0]);
        for (s, i, how) in places.iter().filter(|x| away(x.0) == near) {
            let before = if *i > t.sentences[*s].tokens.start { t.small(i - 1) } else { "" };
            f.extend([format!("before {before}"), format!("how {how}"), format!("number {}", (*s).min(3))]);
        }
        out.push((day.clone(), f));
    }
    let mut f = vec!["open".to_owned()];
    steps(&mut f, "o nearest", nearest as f64, &[1.0, 2.0, 3.0, 5.0, 90.0]);
    steps(&mut f, "o rivals", found.len() as f64, &[1.0, 2.0, 3.0, 4.0]);
    out.push((format!("- {}", show(base)), f));
    out
}
