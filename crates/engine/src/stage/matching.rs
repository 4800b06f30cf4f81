//! Stage `match`, the same event across data sets: records become columns of numbers, `stats::link` finds which are the same, and
//! every pair can say why.
//!
//! What is compared: place and time with their imprecision; event codes (which code of one vocabulary stands for which
//! of the other is learned, beginning from the bridges); the rarer and the commoner actor; deaths; names of places and
//! words of texts. Records are taken in the order of data set and key, so the order of files and rows changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use formats::{Deaths, Extent, Record, flag};
use hashbrown::HashMap;
use model::{Case, Claim, Decides, EventClaim, EventType, Id, LonLat, Measure, Reason, Role, Same, Sameness, Stance};
use names::{Folded, Words};
use stats::{Alike, LIKENESS_CLASSES, Linked, NONE, Pair, Reach, Set};

/// Part of the stage's key; raise when its output changes for the same input.
pub const VERSION: u32 = 3;

/// The records of one data set that are to be matched.
#[derive(Debug, Clone)]
pub struct MatchSet<'r> {
    /// Id of the data set.
    pub id: &'r str,
    /// Its records.
    pub records: Vec<&'r Record<'static>>,
    /// One event may stand in it twice.
    pub duplicates: bool,
}

/// Pairs below this probability are not kept.
pub const LEAST: f32 = 0.02;
/// Pairs at least this sure make the likeliest clusters.
pub(crate) const JOINED: f32 = 0.5;

/// Which records are the same.
#[derive(Debug, Clone)]
pub struct Matched {
    /// Pairs and weights; records are numbered set after set, in the order of `keys`.
    pub linked: Linked,
    /// Data set and place in `MatchSet::records` of each record.
    pub keys: Vec<(usize, usize)>,
}

/// Codes of a column: distinct values, the most frequent first.
struct Coded {
    values: Vec<String>,
    codes: Vec<u32>,
}

fn coded<'v>(values: impl Iterator<Item = &'v str>) -> Coded {
    // Looked up by hash, numbered by what they are: nothing depends on the order of a hash map.
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut found: Vec<(u32, &str)> = Vec::new();
    let firsts: Vec<u32> = values
        .map(|v| {
            if v.is_empty() {
                return NONE;
            }
            let n = *seen.entry(v).or_insert_with(|| {
                found.push((0, v));
                found.len() as u32 - 1
            });
            found[n as usize].0 += 1;
            n
        })
        .collect();
    ranked(&found, firsts)
}

/// Codes of some of the values that are coded already.
fn recoded(codes: impl Iterator<Item = u32>, values: &[String]) -> Coded {
    let mut found: Vec<(u32, &str)> = values.iter().map(|v| (0, v.as_str())).collect();
    let firsts: Vec<u32> = codes
        .inspect(|c| {
            if *c != NONE {
                found[*c as usize].0 += 1;
            }
        })
        .collect();
    ranked(&found, firsts)
}

/// Numbers values from the most frequent down.
fn ranked(found: &[(u32, &str)], firsts: Vec<u32>) -> Coded {
    let mut order: Vec<u32> = (0..found.len() as u32).filter(|n| found[*n as usize].0 > 0).collect();
    order.sort_by(|a, b| {
        found[*b as usize].0.cmp(&found[*a as usize].0).then(found[*a as usize].1.cmp(found[*b as usize].1))
    });
    let mut rank = vec![0; found.len()];
    for (r, n) in order.iter().enumerate() {
        rank[*n as usize] = r as u32;
    }
    Coded {
        values: order.iter().map(|n| found[*n as usize].1.to_owned()).collect(),
        codes: firsts.into_iter().map(|n| if n == NONE { NONE } else { rank[n as usize] }).collect(),
    }
}

/// One set, ready to be linked.
struct Prepared {
    set: Set,
    /// By field: the values behind the codes.
    values: Vec<Vec<String>>,
    /// By code of the first field: the event type it is bridged to.
    kinds: Vec<Option<EventType>>,
}

/// Most codes of actors that are compared by name, set against set.
const NAMED: usize = 400;

fn prepare(records: &[&Record<'static>]) -> Prepared {
    let codes =
        coded(records.iter().map(|r| if r.code.is_empty() { r.kind.map_or("", EventType::name) } else { &r.code }));
    let mut kinds = vec![None; codes.values.len()];
    for (r, c) in records.iter().zip(&codes.codes) {
        if *c != NONE {
            kinds[*c as usize] = kinds[*c as usize].or(r.kind);
        }
    }
    // Which of two actors comes first means nothing in most data sets: the rarer one tells more, and comes first here.
    let both = coded(records.iter().flat_map(|r| [&*r.actor1, &*r.actor2]));
    // Codes are numbered from the most frequent: the larger is the rarer.
    let ordered = |n: usize| -> (u32, u32) {
        let (x, y) = (both.codes[2 * n], both.codes[2 * n + 1]);
        match (x, y) {
            (NONE, y) => (y, NONE),
            (x, NONE) => (x, NONE),
            (x, y) => (x.max(y), x.min(y)),
        }
    };
    let rarer = recoded((0..records.len()).map(|n| ordered(n).0), &both.values);
    let commoner = recoded((0..records.len()).map(|n| ordered(n).1), &both.values);
    let nowhere = (f32::NAN, f32::NAN);
    let set = Set {
        days: records.iter().map(|r| (r.first, r.last)).collect(),
        at: records.iter().map(|r| r.lon_lat.map_or(nowhere, |(x, y)| (x as f32, y as f32))).collect(),
        radius_km: records.iter().map(|r| r.extent.radius_km() as f32).collect(),
        counts: records
            .iter()
            .map(|r| match r.deaths {
                Some(d) if !r.has(flag::ZERO_OR_UNKNOWN) => d.best,
                _ => NONE,
            })
            .collect(),
        codes: vec![codes.codes, rarer.codes, commoner.codes],
    };
    Prepared { set, values: vec![codes.values, rarer.values, commoner.values], kinds }
}

/// What is known beforehand of which codes are the same: types by the bridges, actors by their names.
fn alike(x: &Prepared, y: &Prepared) -> Vec<Alike> {
    let mut kinds = Alike::default();
    for (i, a) in x.kinds.iter().enumerate().take(NAMED) {
        for (j, b) in y.kinds.iter().enumerate().take(NAMED) {
            if a.is_some() && a == b {
                kinds.pairs.push((i as u32, j as u32, 1.0));
            }
        }
    }
    let mut out = vec![kinds];
    for field in 1..3 {
        let fold =
            |p: &Prepared| -> Vec<Folded> { p.values[field].iter().take(NAMED).map(|v| Folded::new(v)).collect() };
        let (fx, fy) = (fold(x), fold(y));
        let words = Words::new(fx.iter().chain(&fy));
        let mut names = Alike::default();
        for (i, a) in fx.iter().enumerate() {
            for (j, b) in fy.iter().enumerate() {
                let (score, _) = words.alike(a, b);
                // Half alike is not alike; what is left is stretched over the scale.
                if score > 0.5 {
                    names.pairs.push((i as u32, j as u32, ((score - 0.5) * 2.0) as f32));
                }
            }
        }
        out.push(names);
    }
    out
}

/// Words of a record: its place's name and its text, folded and sorted.
#[derive(Default)]
struct Said {
    place: Vec<String>,
    text: Vec<String>,
}

fn said(r: &Record<'static>) -> Said {
    let words = |t: &str| {
        let mut w: Vec<String> = Folded::new(t).words.into_iter().filter(|w| w.len() > 2).collect();
        w.sort_unstable();
        w.dedup();
        w
    };
    Said { place: words(&r.place), text: words(&r.text) }
}

/// Share of the smaller list that the two have in common; none when either is empty.
fn overlap(a: &[String], b: &[String]) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let common = a.iter().filter(|w| b.binary_search(w).is_ok()).count();
    Some(common as f64 / a.len().min(b.len()) as f64)
}

/// Class of likeness of names and words, from unlike to the same.
fn class(a: &Said, b: &Said) -> Option<u8> {
    let (place, text) = (overlap(&a.place, &b.place), overlap(&a.text, &b.text));
    let score = match (place, text) {
        (None, None) => return None,
        (Some(p), None) => p,
        (None, Some(t)) => (2.0 * t).min(1.0),
        (Some(p), Some(t)) => 0.6 * p + 0.4 * (2.0 * t).min(1.0),
    };
    Some(((score * LIKENESS_CLASSES as f64) as u8).min(LIKENESS_CLASSES as u8 - 1))
}

/// Finds which records are the same event, and keeps the pairs with a probability of at least `least`. Sets may come in
/// any order, records too.
pub fn match_records(sets: &[MatchSet<'_>], least: f32) -> Matched {
    // The order of keys, whatever the order of files and rows.
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|s| sets[*s].id);
    let mut keys = Vec::new();
    let mut sorted: Vec<Vec<&Record<'static>>> = Vec::new();
    for s in &order {
        let records = &sets[*s].records;
        let mut rows: Vec<usize> = (0..records.len()).collect();
        // By what they say, not by where they stand.
        let place = |r: &Record<'_>| r.lon_lat.map_or((0, 0), |(x, y)| (x.to_bits(), y.to_bits()));
        rows.sort_unstable_by(|a, b| {
            let (a, b) = (records[*a], records[*b]);
            (a.first, a.last, place(a), &a.id, a.at.hash).cmp(&(b.first, b.last, place(b), &b.id, b.at.hash))
        });
        keys.extend(rows.iter().map(|r| (*s, *r)));
        sorted.push(rows.into_iter().map(|r| records[r]).collect());
    }
    let mut prepared: Vec<Prepared> = sorted.iter().map(|r| prepare(r)).collect();
    let duplicates: Vec<bool> = order.iter().map(|s| sets[*s].duplicates).collect();
    // Names and words are compared only where records have any.
    let any = sorted.iter().flatten().any(|r| !r.place.is_empty() || !r.text.is_empty());
    let words: Vec<Vec<Said>> =
        if any { sorted.iter().map(|s| s.iter().map(|r| said(r)).collect()).collect() } else { vec![] };
    let likeness = |x: usize, a: u32, y: usize, b: u32| class(&words[x][a as usize], &words[y][b as usize]);
    let columns: Vec<Set> = prepared.iter_mut().map(|p| std::mem::take(&mut p.set)).collect();
    let linked = stats::link(
        &columns,
        &duplicates,
        &|x, y| alike(&prepared[x], &prepared[y]),
        if any { Some(&likeness) } else { None },
        Reach::default(),
        least,
    );
    Matched { linked, keys }
}

impl Matched {
    /// For every record the first record of its likeliest cluster.
    pub fn clusters(&self) -> Vec<u32> {
        self.linked.clusters(JOINED)
    }

    /// What speaks for and against a pair, field by field, strongest first.
    pub fn reasons(&self, sets: &[MatchSet<'_>], pair: &Pair) -> Vec<Reason> {
        let record = |r: u32| {
            let (set, row) = self.keys[r as usize];
            sets[set].records[row]
        };
        let (a, b) = (record(pair.a), record(pair.b));
        let both = |x: &str, y: &str| format!("{} / {}", or_dash(x), or_dash(y));
        let deaths = |r: &Record<'static>| r.deaths.map_or_else(|| "not said".to_owned(), |d| d.best.to_string());
        let actors = |r: &Record<'static>| {
            [&*r.actor1, &*r.actor2].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(" and ")
        };
        let apart = match (a.point(), b.point()) {
            (Some(x), Some(y)) => format!("{:.0} km", model::distance_m(x, y) / 1000.0),
            _ => "no place".into(),
        };
        let gap = (b.first - a.last).max(a.first - b.last).max(0);
        let said = [
            ("place and time", format!("{apart}, {gap} days apart, against what happens there anyway")),
            ("deaths", format!("{} / {}", deaths(a), deaths(b))),
            ("type", both(&a.code, &b.code)),
            ("rarer actor", both(&actors(a), &actors(b))),
            ("other actor", both(&actors(a), &actors(b))),
            ("words", both(&a.place, &b.place)),
        ];
        let mut out: Vec<Reason> = said
            .into_iter()
            .zip(pair.parts)
            .filter(|(_, w)| *w != 0.0)
            .map(|((field, said), w)| Reason {
                field: field.to_owned(),
                said,
                decibans: f64::from(w) * 10.0 / std::f64::consts::LN_10,
            })
            .collect();
        out.sort_by(|x, y| y.decibans.abs().total_cmp(&x.decibans.abs()));
        out
    }
}

fn or_dash(t: &str) -> &str {
    if t.is_empty() { "-" } else { t }
}

/// An event that claims tell of, as a record to be matched; without a place and a day there is nothing to go by.
fn of_claims(case: &Case, id: &Id, claims: &[&Claim]) -> Option<Record<'static>> {
    let said: Vec<&EventClaim> =
        claims.iter().filter(|c| c.stance != Stance::Denies).filter_map(|c| c.event()).collect();
    let first = said.first()?;
    let geometry = said.iter().find_map(|e| super::reconcile::geometry(case, e.place.as_ref()?))?;
    let points = geometry.sample(64);
    let n = points.len().max(1) as f64;
    let centre = LonLat {
        lon: points.iter().map(|p| p.lon).sum::<f64>() / n,
        lat: points.iter().map(|p| p.lat).sum::<f64>() / n,
    };
    let mut far: Vec<f64> = points.iter().map(|p| model::distance_m(centre, *p) / 1000.0).collect();
    far.sort_by(f64::total_cmp);
    let radius = far.get(far.len() * 9 / 10).copied().unwrap_or(0.0);
    let extent = [Extent::Exact, Extent::Near, Extent::Adm2, Extent::Adm1, Extent::Region]
        .into_iter()
        .find(|e| radius <= e.radius_km() * 1.2)
        .unwrap_or(Extent::Country);
    let time = said.iter().find_map(|e| e.time.as_ref())?;
    let actor = |role: Role| {
        claims
            .iter()
            .find_map(|c| c.actors_as(role).next())
            .and_then(|a| case.actors.get(a))
            .map_or_else(String::new, |a| a.name.clone())
    };
    let killed = said.iter().flat_map(|e| &e.figures).filter(|f| f.measure == Measure::Killed).find_map(|f| f.number);
    Some(Record {
        id: id.clone().into(),
        first: time.possible.from.0,
        last: time.possible.to.0,
        lon_lat: Some((centre.lon, centre.lat)),
        extent,
        kind: Some(first.kind),
        code: first.kind.name().into(),
        actor1: actor(Role::Perpetrator).into(),
        actor2: actor(Role::Target).into(),
        deaths: killed.map(|n| Deaths { low: n, best: n, high: n }),
        ..Record::default()
    })
}

/// Rows of one data set that speak to the case, each with its event.
#[derive(Debug)]
pub struct Rows {
    /// The data set.
    pub set: Id,
    /// One event may stand in it twice.
    pub duplicates: bool,
    /// Events and rows.
    pub rows: Vec<(Id, Record<'static>)>,
}

/// Whether there is anything to match: rows of data sets, events that a machine read in several reports, or a ruling.
pub fn is_needed(case: &Case) -> bool {
    let read: BTreeSet<&Id> =
        case.claims.values().filter(|c| c.rule.is_some() && c.event().is_some()).map(|c| &c.report).collect();
    !case.datasets.is_empty()
        || read.len() > 1
        || !read.is_empty() && case.claims.values().any(|c| c.rule.is_none() && c.event().is_some())
        || case.rulings.iter().any(|r| matches!(r.decides, Decides::Match(_)))
}

/// Which events may be one: rows of all data sets, events coded by hand, and events that a machine read; rulings applied.
/// People say which of their own events are one by giving them one id, and so does the reading of one report; what two
/// reports say of one event was read as two.
pub fn run(case: &Case, sets: &[Rows]) -> Vec<Same> {
    let mut by_event: BTreeMap<&Id, Vec<&Claim>> = BTreeMap::new();
    for c in case.claims.values() {
        if let Some(e) = c.event() {
            by_event.entry(&e.id).or_default().push(c);
        }
    }
    let by_machine = |claims: &[&Claim]| claims.iter().all(|c| c.rule.is_some());
    let events = |machine: bool| -> Vec<(Id, Record<'static>)> {
        let wanted = by_event.iter().filter(|(_, c)| by_machine(c) == machine);
        wanted.filter_map(|(id, c)| Some(((*id).clone(), of_claims(case, id, c)?))).collect()
    };
    let told = [
        Rows { set: String::new(), duplicates: false, rows: events(false) },
        Rows { set: "reports".into(), duplicates: true, rows: events(true) },
    ];
    let all: Vec<&Rows> = told.iter().chain(sets).filter(|s| !s.rows.is_empty()).collect();
    let report =
        |event: &Id| by_event.get(event).and_then(|c| c.first()).filter(|c| c.rule.is_some()).map(|c| &c.report);
    // Actors are compared by whom they mean, where that is known: names of the case stand for the spellings.
    let records: Vec<MatchSet<'_>> = all
        .iter()
        .map(|s| MatchSet { id: &s.set, records: s.rows.iter().map(|r| &r.1).collect(), duplicates: s.duplicates })
        .collect();
    let matched = match_records(&records, LEAST);
    let event = |r: u32| {
        let (set, row) = matched.keys[r as usize];
        all[set].rows[row].0.clone()
    };
    let deaths = |r: u32| {
        let (set, row) = matched.keys[r as usize];
        all[set].rows[row].1.deaths.map_or(0, |d| d.best)
    };
    let mut out: Vec<Same> = matched
        .linked
        .pairs
        .iter()
        .map(|p| Same {
            a: event(p.a),
            b: event(p.b),
            p: f64::from(p.p),
            unruled: f64::from(p.p),
            ruling: None,
            reasons: matched.reasons(&records, p),
            at_stake: deaths(p.a).min(deaths(p.b)),
        })
        // The reading of a report has told its events apart.
        .filter(|s| report(&s.a).is_none() || report(&s.a) != report(&s.b))
        .collect();
    let known: BTreeSet<&Id> =
        all.iter().flat_map(|s| s.rows.iter().map(|r| &r.0)).chain(by_event.keys().copied()).collect();
    for r in &case.rulings {
        let Decides::Match(m) = &r.decides else { continue };
        if !known.contains(&m.a) || !known.contains(&m.b) {
            continue;
        }
        let p = match m.is {
            Sameness::Same => Some(1.0),
            Sameness::NotSame => Some(0.0),
            Sameness::Unsure => None,
        };
        let words = match m.is {
            Sameness::Same => "same",
            Sameness::NotSame => "not the same",
            Sameness::Unsure => "unsure",
        };
        let ruling = Some(format!("{words} ({}, {}: {})", r.by, r.at, r.why));
        match out.iter_mut().find(|s| (&s.a, &s.b) == (&m.a, &m.b) || (&s.a, &s.b) == (&m.b, &m.a)) {
            Some(s) => {
                s.p = p.unwrap_or(s.unruled);
                s.ruling = ruling;
            }
            None => {
                if let Some(p) = p.filter(|p| *p > 0.0) {
                    let (a, b) = (m.a.clone(), m.b.clone());
                    out.push(Same { a, b, p, unruled: 0.0, ruling, reasons: vec![], at_stake: 0 });
                }
            }
        }
    }
    out.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
    out
}
