//! `spread`: the two-minute answer from one event data file.

use std::path::Path;

use engine::{Event, Extent, SpreadArea, SpreadOptions, hull, resolve_name};
use model::{Day, DaySpan, Geometry, Window, percent, word};

use crate::args::{Common, Format, Spread};
use crate::{End, Outcome, disk, output};

pub(crate) fn run(args: &Spread, common: &Common) -> Outcome {
    let input = std::fs::File::open(&args.data).map_err(|e| format!("cannot read {}: {e}", args.data.display()))?;
    let of_file = |e: String| format!("{}: {e}", args.data.display());
    let (_, input) = formats::unpack(input).map_err(of_file)?;
    let mut file = formats::read_all(args.from, None, input).map_err(of_file)?;
    // Where a row without a place lies, nobody can say: it takes no part, and is counted.
    let rows = file.records.len();
    file.records.retain(|r| r.lon_lat.is_some() && r.kind.is_some());
    if file.records.len() < rows {
        let left = rows - file.records.len();
        eprintln!("warning: {left} rows have no place, or speak of no event of political violence: they take no part");
    }
    for b in file.bad.iter().take(10) {
        let column = if b.column.is_empty() { String::new() } else { format!(", {}", b.column) };
        eprintln!("warning: {}:{}{column}: {}: the row takes no part", args.data.display(), b.line, b.reason);
    }
    if file.bad.len() > 10 {
        eprintln!("warning: {} more rows could not be read", file.bad.len() - 10);
    }
    let events = &file.records;
    if events.is_empty() {
        return Err(format!("{}: no row could be read", args.data.display()));
    }
    let actor = resolve_name(&args.actor, "actor", events.iter().flat_map(|e| [&*e.actor1, &*e.actor2]))?;
    if actor != args.actor {
        eprintln!("note: `{}` is read as `{actor}`", args.actor);
    }
    let mine: Vec<&Event> = events.iter().filter(|e| e.actor1 == actor || e.actor2 == actor).collect();
    let home = area(&args.home, &mine, events)?;
    let areas = args.areas.iter().map(|a| area(a, &mine, events)).collect::<Result<Vec<_>, _>>()?;
    let last = events.iter().map(|e| Day(e.last)).max().unwrap_or(Day(0));
    let window = |text: &Option<String>, default: DaySpan| -> Result<DaySpan, String> {
        match text {
            None => Ok(default),
            Some(t) => Window::parse(t)?
                .days(last)
                .ok_or_else(|| format!("`{t}` begins after the last day of the file, {last}")),
        }
    };
    let current = window(&args.window, DaySpan { from: Day(last.0 - 729), to: last })?;
    // A file that begins late knows nothing of the years before it: they are no quiet years.
    let first = events.iter().map(|e| Day(e.first)).min().unwrap_or(last);
    let five_years = DaySpan { from: Day((current.from.0 - 5 * 365).max(first.0)), to: Day(current.from.0 - 1) };
    let reference = window(&args.reference, five_years)?;
    if reference.from < first {
        eprintln!("warning: the file begins on {first}: the reference window counts the days before it as quiet");
    }
    if reference.days() < 90 {
        return Err(format!(
            "the file begins on {first}, too late for a reference window before {}: give --window and --reference",
            current.from
        ));
    }
    if reference.to >= current.from {
        return Err("the reference window must end before the current window".into());
    }
    let outlines: Vec<(String, Geometry)> = std::iter::once(&home)
        .chain(&areas)
        .filter_map(|a| match &a.extent {
            Extent::Polygon(g) => Some((a.name.clone(), g.clone())),
            // The file gives no borders of a province: the hull of what it places there is drawn.
            Extent::Province(p) => {
                let there: Vec<&Event> =
                    events.iter().filter(|e| e.adm1 == *p && e.extent <= formats::Extent::Adm2).collect();
                province_outline(&there).map(|g| (format!("{} (places in the file)", a.name), g))
            }
        })
        .collect();
    let options = SpreadOptions { actor, home, areas, reference, window: current, worlds: args.worlds as usize };
    let s = engine::spread(events, &options)?;
    let name = args.data.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let page = publish::spread_page(&s, &outlines, &name);
    disk::write(&args.out, page.as_bytes())?;
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(&s).map_err(|e| e.to_string())? + "\n"));
    } else {
        output::print(&text(&s));
    }
    eprintln!("\npage:  {}", args.out.display());
    Ok(End::Done)
}

/// An area by name, file or hull.
fn area(text: &str, mine: &[&Event], events: &[Event]) -> Result<SpreadArea, String> {
    if text == "hull" {
        return Ok(SpreadArea {
            name: "the hull of its first three years".into(),
            extent: Extent::Polygon(hull(mine)?),
        });
    }
    let path = Path::new(text);
    if path.extension().is_some_and(|e| e == "geojson" || e == "json") {
        let bytes = std::fs::read_to_string(path).map_err(|e| format!("cannot read {text}: {e}"))?;
        let (areas, problems, bytes) = case::loose_areas(text, &bytes);
        if !problems.is_empty() {
            output::problems(&problems, &[(text.to_owned(), bytes)].into());
            return Err(format!("{text} cannot be used as an area"));
        }
        let list: Vec<model::Area> = areas.into_values().collect();
        return match list.as_slice() {
            [one] => Ok(SpreadArea { name: one.name.clone(), extent: Extent::Polygon(one.geometry.clone()) }),
            many => Err(format!("{text} has {} areas: expected one feature", many.len())),
        };
    }
    let name = resolve_name(text, "area (first-order division)", events.iter().map(|e| &*e.adm1))?;
    if name != text {
        eprintln!("note: `{text}` is read as `{name}`");
    }
    Ok(SpreadArea { name: name.clone(), extent: Extent::Province(name) })
}

fn province_outline(events: &[&Event]) -> Option<Geometry> {
    let first = events.iter().map(|e| e.first).min()?;
    // All of them, not only the first years: shift them into one.
    let shifted: Vec<Event> = events.iter().map(|e| Event { first, last: first, ..(*e).clone() }).collect();
    hull(&shifted.iter().collect::<Vec<_>>()).ok()
}

fn text(s: &engine::Spread) -> String {
    let mut out = format!(
        "{}: {} events; home {}\n{} to {}, against {} to {}\n\n",
        s.actor, s.events, s.home, s.window[0], s.window[1], s.reference[0], s.reference[1]
    );
    let mut rows = vec![vec!["probability".to_owned(), "class".into(), String::new()]];
    for r in &s.footprint {
        rows.push(vec![percent(r.probability, s.worlds), r.class.to_string(), word(r.probability).words.into()]);
    }
    out.push_str(&output::table(&rows));
    out.push_str(&format!(
        "\nexpected events   inside: {:.1} then {:.1}   outside: {:.1} then {:.1}\n",
        s.expected[0], s.expected[1], s.expected[2], s.expected[3]
    ));
    if s.imprecise > 0 {
        out.push_str(&format!("{} rows are placed no better than their province, and drawn\n", s.imprecise));
    }
    if s.disordered > 0 {
        out.push_str(&format!("{} rows had low, best and high out of order, and were accepted\n", s.disordered));
    }
    out.push('\n');
    let mut rows = vec![vec!["year".to_owned(), "area".into(), "events".into(), "deaths (90 %)".into()]];
    for r in &s.table {
        rows.push(vec![
            r.year.to_string(),
            r.area.clone(),
            format!("{:.1}", r.events),
            format!("{}-{}", r.deaths[0], r.deaths[2]),
        ]);
    }
    out.push_str(&output::table(&rows));
    out
}
