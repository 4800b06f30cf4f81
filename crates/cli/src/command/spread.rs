//! `spread`: the two-minute answer from one event data file.

use std::path::Path;

use engine::{
    ClusterLaw, ClusterSearch, Event, Extent, Screened, SpreadArea, SpreadOptions, hull, resolve_name, screen,
};
use model::{Day, DaySpan, Geometry, LinkKind, Test, Window, percent};

use crate::args::{Against, Common, Format, Spread};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Spread, common: &Common) -> Outcome {
    if args.data.is_dir() { of_case(args, common) } else { of_file(args, common) }
}

/// Of a case: its worlds, its actors, its areas.
fn of_case(args: &Spread, common: &Common) -> Outcome {
    let Some(loaded) = super::sound_case(&args.data, None)? else { return Ok(End::Failed) };
    let case = &loaded.case;
    let Some(asked) = args.actor.as_ref().filter(|_| args.with.is_empty()) else {
        return Err("of a case: give --actor; who counts with it is said by the case's own links".into());
    };
    let id = |kind: &str, asked: &str, ids: &mut dyn Iterator<Item = &String>| -> Result<String, String> {
        let ids: Vec<&str> = ids.map(String::as_str).collect();
        if ids.contains(&asked) {
            return Ok(asked.to_owned());
        }
        let near = model::suggest_edit(asked, ids.iter().copied());
        Err(format!(
            "the case has no {kind} `{asked}`{}",
            near.map_or(String::new(), |n| format!(": did you mean `{n}`?"))
        ))
    };
    let actor = id("actor", asked, &mut case.actors.keys())?;
    let declared = case.indicators.values().find_map(|i| match &i.test {
        Test::Footprint(f) if f.actor == actor && (args.home == "hull" || f.home == args.home) => Some(f),
        _ => None,
    });
    let home = match (args.home.as_str(), declared) {
        ("hull", Some(f)) => f.home.clone(),
        ("hull", None) => {
            return Err(format!("no footprint of `{actor}` is declared: give --home, an area of the case"));
        }
        (asked, _) => id("area", asked, &mut case.areas.keys())?,
    };
    let named = |area: &str| -> SpreadArea {
        let a = &case.areas[area];
        SpreadArea { name: a.name.clone(), extent: Extent::Polygon(a.geometry.clone()) }
    };
    let areas = args
        .areas
        .iter()
        .map(|a| Ok(named(&id("area", a, &mut case.areas.keys())?)))
        .collect::<Result<Vec<_>, String>>()?;
    let as_of = case.as_of();
    let window = |given: &Option<String>, declared: Option<&Window>, what: &str| -> Result<DaySpan, String> {
        let w = match given {
            Some(t) => Window::parse(t)?,
            None => declared.cloned().ok_or(format!("no footprint of `{actor}` is declared: give --{what} A/B"))?,
        };
        w.days(as_of).ok_or_else(|| format!("`{w}` begins after {as_of}"))
    };
    let current = window(&args.window, declared.map(|f| &f.window), "window")?;
    let reference = window(&args.reference, declared.map(|f| &f.reference), "reference")?;
    if reference.to >= current.from {
        return Err("the reference window must end before the current window".into());
    }
    let affiliates = declared.map_or_else(
        || vec![LinkKind::PartOf, LinkKind::AlliedWith, LinkKind::Renamed, LinkKind::MergedInto, LinkKind::SuccessorOf],
        |f| f.affiliates.clone(),
    );
    let compared = args
        .then
        .iter()
        .map(|t| Window::parse(t)?.days(as_of).ok_or_else(|| format!("`{t}` begins after {as_of}")))
        .collect::<Result<Vec<_>, String>>()?;
    let options = SpreadOptions {
        actor,
        with: Vec::new(),
        home: named(&home),
        areas,
        reference,
        window: current,
        compared,
        dormant_below: declared.map_or(1.0, |f| f.dormant_below),
        detail: true,
        clusters: search(args),
        worlds: args.worlds as usize,
    };
    let run = super::assessed(&loaded, engine::Options { worlds: options.worlds })?;
    let s = engine::spread_of_case(case, &run, &affiliates, &options)?;
    let outlines: Vec<(String, Geometry)> = std::iter::once(&options.home)
        .chain(&options.areas)
        .filter_map(|a| match &a.extent {
            Extent::Polygon(g) => Some((a.name.clone(), g.clone())),
            Extent::Province(_) => None,
        })
        .collect();
    show(&s, &outlines, &case.title, args, common)
}

fn search(args: &Spread) -> ClusterSearch {
    let law = match args.clusters {
        Against::Own => ClusterLaw::Own,
        Against::Share => ClusterLaw::Share,
    };
    ClusterSearch { law, any_time: args.any_time }
}

fn show(s: &engine::Spread, outlines: &[(String, Geometry)], from: &str, args: &Spread, common: &Common) -> Outcome {
    disk::write(&args.out, publish::spread_page(s, outlines, from).as_bytes())?;
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(s).map_err(|e| e.to_string())? + "\n"));
    } else {
        output::print(&text(s));
    }
    eprintln!("\npage:  {}", args.out.display());
    Ok(End::Done)
}

fn of_file(args: &Spread, common: &Common) -> Outcome {
    let events = &super::events_of(&args.data, args.from)?;
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
    let Some(asked) = &args.actor else {
        // Chances, not tables: fewer worlds do.
        let found = screen(events, reference, current, (args.worlds as usize).min(256));
        return show_screened(&found, reference, current, args.worlds.min(256) as usize, common);
    };
    let actor = super::actor_of(asked, events)?;
    let with = args.with.iter().map(|w| super::actor_of(w, events)).collect::<Result<Vec<_>, _>>()?;
    let is = |name: &str| name == actor || with.iter().any(|w| w == name);
    let mine: Vec<&Event> = events.iter().filter(|e| is(&e.actor1) || is(&e.actor2)).collect();
    let home = area(&args.home, &mine, events)?;
    let areas = args.areas.iter().map(|a| area(a, &mine, events)).collect::<Result<Vec<_>, _>>()?;
    let compared = args
        .then
        .iter()
        .map(|t| {
            Window::parse(t)?.days(last).ok_or_else(|| format!("`{t}` begins after the last day of the file, {last}"))
        })
        .collect::<Result<Vec<_>, String>>()?;
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
    let options = SpreadOptions {
        actor,
        with,
        home,
        areas,
        reference,
        window: current,
        compared,
        dormant_below: 1.0,
        detail: true,
        clusters: search(args),
        worlds: args.worlds as usize,
    };
    let s = engine::spread(events, &options)?;
    let name = args.data.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    show(&s, &outlines, &name, args, common)
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
        rows.push(vec![
            percent(r.probability, s.worlds),
            r.class.to_string(),
            <&model::Lexicon>::default().words(r.probability),
        ]);
    }
    out.push_str(&output::table(&rows));
    out.push_str(&format!(
        "\nexpected events   inside: {:.1} then {:.1}   outside: {:.1} then {:.1}\n",
        s.expected[0], s.expected[1], s.expected[2], s.expected[3]
    ));
    let grown = |x: f64| format!("{:+.0} %", (x - 1.0) * 100.0);
    let [inside, outside] = s.effort.growth;
    let best = s.effort.footprint.iter().max_by(|a, b| a.probability.total_cmp(&b.probability));
    out.push_str(&format!("everybody else    inside: {} a week   outside: {} a week", grown(inside), grown(outside)));
    if let Some(b) = best {
        out.push_str(&format!("; were all of that better reporting: {} {}", b.class, percent(b.probability, s.worlds)));
    }
    out.push('\n');
    if s.imprecise > 0 {
        out.push_str(&format!("{} rows are placed no better than their province, and drawn\n", s.imprecise));
    }
    if s.disordered > 0 {
        out.push_str(&format!("{} rows had low, best and high out of order, and were accepted\n", s.disordered));
    }
    if let Some(m) = &s.movement {
        out.push_str(&movement(m, s.worlds));
    }
    out.push_str(&clusters(s));
    out.push_str(&tenure(&s.tenure));
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

fn range(e: &engine::Estimate, unit: &str) -> String {
    format!("{:.0} {unit} ({:.0} to {:.0})", e.median, e.low, e.high)
}

fn movement(m: &engine::Movement, worlds: usize) -> String {
    let mut out = String::from("\n");
    match m.begins.first() {
        Some((day, p)) if m.changed >= 0.5 => out.push_str(&format!(
            "when      changed within the current window: {}; likeliest in the week of {day} ({})\n",
            percent(m.changed, worlds),
            percent(*p, worlds)
        )),
        _ => out.push_str(&format!(
            "when      no change of pace within the current window is likely ({})\n",
            percent(m.changed, worlds)
        )),
    }
    let mut rows =
        vec![["period", "events", "dispersion", "front (9 of 10)", "as broad as now"].map(str::to_owned).to_vec()];
    for (i, r) in m.reach.iter().enumerate() {
        let as_broad = if i == 1 { "now".to_owned() } else { percent(r.as_broad, 256) };
        rows.push(vec![
            format!("{} to {}", r.days[0], r.days[1]),
            format!("{:.1}", r.events),
            range(&r.dispersion, "km"),
            range(&r.front, "km"),
            as_broad,
        ]);
    }
    out.push_str(&output::table(&rows));
    out.push_str(&format!(
        "centre of gravity moved {} towards {}; the front is farther out: {}\n",
        range(&m.shift, "km"),
        towards(m.bearing),
        percent(m.farther, 256)
    ));
    for d in &m.diffusion {
        out.push_str(&format!(
            "{:12} {} pairs of neighbouring cells, {:.1} by chance (p {:.3})\n",
            d.kind, d.observed, d.expected, d.p
        ));
    }
    if let Some(n) = m.near_repeat.iter().find(|n| (n.km, n.days) == (10.0, 7) && n.expected > 0.0) {
        out.push_str(&format!(
            "near repeat  {:.1} times as many pairs within 10 km and 7 days as by chance (p {:.3})\n",
            n.pairs as f64 / n.expected,
            n.p
        ));
    }
    if let Some((b, low, high)) = m.branching {
        out.push_str(&format!("excitement   each event triggers {b:.2} others ({low:.2} to {high:.2})\n"));
    }
    out
}

/// One of the eight winds.
fn towards(bearing: f64) -> &'static str {
    const WINDS: [&str; 8] = [
        "the north",
        "the northeast",
        "the east",
        "the southeast",
        "the south",
        "the southwest",
        "the west",
        "the northwest",
    ];
    WINDS[((bearing / 45.0).round() as usize) % 8]
}

fn clusters(s: &engine::Spread) -> String {
    let mut out = String::new();
    for c in s.clusters.iter().take(3) {
        let mut names = c.places.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
        if c.places.len() > 4 {
            names.push_str(&format!(" and {} more", c.places.len() - 4));
        }
        let p = match c.replay_p {
            Some(p) => format!("p {p:.3} by {} earlier days", c.replays),
            None if s.any_time => "of any time".to_owned(),
            None => "too short a history to replay".to_owned(),
        };
        out.push_str(&format!(
            "cluster   {} to {}: {} events, {:.1} expected: {names} ({p}; by shuffling {:.3})\n",
            c.days[0], c.days[1], c.events, c.expected, c.permutation_p
        ));
    }
    if s.clusters.is_empty() { out } else { format!("\n{out}") }
}

fn tenure(t: &engine::Tenure) -> String {
    let lasting = t.episodes.iter().filter(|e| !e.ended).count();
    let median = t.curve.iter().find(|c| c.share <= 0.5);
    let half = median.map_or("more than half last longer than any that was seen to end".to_owned(), |c| {
        format!("half last longer than {:.0} days", c.days)
    });
    format!("\ntenure    {} episodes of presence by province, {lasting} still going on; {half}\n", t.episodes.len())
}

fn show_screened(found: &[Screened], reference: DaySpan, window: DaySpan, worlds: usize, common: &Common) -> Outcome {
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(found).map_err(|e| e.to_string())? + "\n"));
        return Ok(End::Done);
    }
    if found.is_empty() {
        return Err("no actor has 20 precisely placed events in the reference window: nothing can be said".into());
    }
    let called = found.iter().filter(|s| s.called).count();
    let mut out = format!(
        "{} actors with 20 events or more from {} to {}; {} to {}\n{called} called: of these no more than a tenth is expected to be wrong\n\n",
        found.len(),
        reference.from,
        reference.to,
        window.from,
        window.to
    );
    let mut rows = vec![
        ["", "spreading", "likeliest", "inside then, now", "outside then, now", "actor"].map(str::to_owned).to_vec(),
    ];
    for s in found {
        rows.push(vec![
            if s.called { "called".to_owned() } else { String::new() },
            percent(s.spreading, worlds),
            s.class.to_string(),
            format!("{:.0}, {:.0}", s.expected[0], s.expected[1]),
            format!("{:.0}, {:.0}", s.expected[2], s.expected[3]),
            s.actor.clone(),
        ]);
    }
    out.push_str(&output::table(&rows));
    output::print(&out);
    Ok(End::Done)
}
