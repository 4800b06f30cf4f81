//! The page of `spread`: verdict, map, table.

use engine::Spread;
use minijinja::{Value, context};
use model::{Geometry, LonLat, percent};

use crate::map::{Mark, Outline, map};
use crate::svg::Svg;

/// Writes the page. `outlines` are the polygons of the question, by name; `attribution` says where the data come from.
pub fn spread_page(s: &Spread, outlines: &[(String, Geometry)], file: &str) -> String {
    let n = s.worlds;
    let rows: Vec<Value> = s
        .footprint
        .iter()
        .map(|r| context! { class => r.class.to_string(), p => percent(r.probability, n), word => <&model::Lexicon>::default().words(r.probability), bar => format!("{:.1}", r.probability * 100.0) })
        .collect();
    let best = s.footprint.iter().max_by(|a, b| a.probability.total_cmp(&b.probability));
    // Events at one place are one mark, sized by their number.
    let mut places: Vec<(LonLat, u8, usize, usize, u32, String)> = Vec::new();
    for p in &s.points {
        let at = LonLat { lon: p.at[0], lat: p.at[1] };
        match places.iter_mut().find(|x| x.0 == at && x.1 == p.where_prec) {
            Some(x) => {
                x.2 += 1;
                x.3 += usize::from(p.current);
                x.4 += p.best;
            }
            None => places.push((at, p.where_prec, 1, usize::from(p.current), p.best, p.place.clone())),
        }
    }
    let mut marks: Vec<Mark> = places
        .iter()
        .map(|(at, prec, events, current, best, name)| Mark {
            at: *at,
            radius_km: match prec {
                1 => 2.0,
                2 => 25.0,
                3 => 35.0,
                4 => 80.0,
                5 => 150.0,
                6 => 250.0,
                _ => 60.0,
            },
            probability: (*events as f64 / 20.0).clamp(0.15, 1.0),
            class: if (4..=6).contains(prec) {
                "vague"
            } else if *current > 0 {
                "recent"
            } else {
                "earlier"
            },
            title: format!(
                "{name}: {events} events, {current} in the current window; about {best} deaths; place precision {prec}"
            ),
            label: None,
            target: None,
        })
        .collect();
    // Clusters are drawn as their circles.
    for (i, c) in s.clusters.iter().enumerate().filter(|(_, c)| c.replay_p.is_some_and(|p| p <= 0.05)) {
        marks.push(Mark {
            at: LonLat { lon: c.centre[0], lat: c.centre[1] },
            radius_km: c.radius.max(5.0),
            probability: 0.15,
            class: "cluster",
            title: format!(
                "cluster {}: {} events, {:.1} expected, {} to {}",
                i + 1,
                c.events,
                c.expected,
                c.days[0],
                c.days[1]
            ),
            label: Some(format!("cluster {}", i + 1)),
            target: None,
        });
    }
    marks.sort_by(|a, b| b.radius_km.total_cmp(&a.radius_km).then(a.class.cmp(b.class)).then(a.title.cmp(&b.title)));
    let outlines: Vec<Outline<'_>> = outlines
        .iter()
        .enumerate()
        .map(|(i, (name, g))| Outline { geometry: g, name, class: if i == 0 { "home" } else { "area" } })
        .collect();
    let mut areas: Vec<&str> = Vec::new();
    for r in &s.table {
        if !areas.contains(&r.area.as_str()) {
            areas.push(&r.area);
        }
    }
    areas.sort_by_key(|a| (*a != s.home, *a == "elsewhere", (*a).to_owned()));
    let mut years: Vec<i16> = s.table.iter().map(|r| r.year).collect();
    years.dedup();
    let table: Vec<Value> = years
        .iter()
        .map(|y| {
            let cells: Vec<Value> = areas
                .iter()
                .map(|a| {
                    let r = s.table.iter().find(|r| r.year == *y && r.area == *a);
                    context! { events => r.map_or("0".to_owned(), |r| format!("{:.1}", r.events)),
                        deaths => r.map(|r| if r.deaths[0] == r.deaths[2] { r.deaths[1].to_string() } else { format!("{}\u{2013}{}", r.deaths[0], r.deaths[2]) }) }
                })
                .collect();
            context! { year => y, cells => cells }
        })
        .collect();
    let data = context! {
        actor => s.actor, home => s.home, reference => [s.reference[0].to_string(), s.reference[1].to_string()],
        window => [s.window[0].to_string(), s.window[1].to_string()], worlds => n, rows => rows, events => s.events, disordered => s.disordered,
        imprecise => s.imprecise, verdict => best.map(|b| context! { class => b.class.to_string(), word => <&model::Lexicon>::default().words(b.probability), p => percent(b.probability, n) }),
        expected => s.expected.iter().map(|x| format!("{x:.1}")).collect::<Vec<_>>(), dispersion => format!("{:.1}", s.dispersion), areas => areas, table => table,
        effort => s.effort.growth.iter().map(|x| format!("{:+.0} %", (x - 1.0) * 100.0)).collect::<Vec<_>>(),
        effort_others => s.effort.others, effort_best => s.effort.footprint.iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).map(|b| context! { class => b.class.to_string(), p => percent(b.probability, n) }),
        movement => s.movement.as_ref().map(movement), any_time => s.any_time, clusters => clusters(s), tenure => tenure(s),
        map => Value::from_safe_string(map(&marks, &outlines, "Map of the actor's events; the table by year and area says the same in numbers")),
        chart => Value::from_safe_string(chart(s, &years)), file => file, version => env!("CARGO_PKG_VERSION"),
    };
    crate::render("spread.html", include_str!("../templates/spread.html"), data)
}

/// Expected events a year, inside home and elsewhere, as paired bars.
fn chart(s: &Spread, years: &[i16]) -> String {
    let (Some(first), Some(last)) = (years.first(), years.last()) else { return String::new() };
    // Home against all the rest, whatever further areas the table has.
    let total = |y: i16| -> (f64, f64) {
        let inside: f64 = s.table.iter().filter(|r| r.year == y && r.area == s.home).map(|r| r.events).sum();
        let out: f64 = s.points.iter().filter(|p| p.days[0].year() == y).map(|p| 1.0 - p.home).sum();
        (inside, out)
    };
    let count = (last - first + 1) as f64;
    let (left, width, height) = (40.0, 900.0, 200.0);
    let top = (*first..=*last).map(total).fold(1.0, |m: f64, (a, b)| m.max(a).max(b));
    let mut svg = Svg::new(
        960.0,
        height + 44.0,
        "Events a year inside the home area and outside it; the table below has the numbers",
    );
    let step = width / count;
    for i in 0..=4 {
        let v = top * f64::from(i) / 4.0;
        let y = 10.0 + height * (1.0 - v / top);
        svg.line(left, y, left + width, y, "grid");
        svg.text(left - 6.0, y + 4.0, "end", "tick", &format!("{v:.0}"));
    }
    for (i, year) in (*first..=*last).enumerate() {
        let (inside, outside) = total(year);
        let x = left + step * i as f64;
        let bar = |v: f64| height * v / top;
        svg.rect(
            x + step * 0.1,
            10.0 + height - bar(inside),
            step * 0.38,
            bar(inside),
            "event",
            &format!("{year}, home: {inside:.1}"),
        );
        svg.rect(
            x + step * 0.5,
            10.0 + height - bar(outside),
            step * 0.38,
            bar(outside),
            "posterior",
            &format!("{year}, outside: {outside:.1}"),
        );
        if count <= 16.0 || year % 5 == 0 {
            svg.text(x + step / 2.0, height + 26.0, "middle", "tick", &year.to_string());
        }
    }
    svg.rect(left, height + 33.0, 10.0, 8.0, "event", "home");
    svg.text(left + 15.0, height + 41.0, "start", "tick", "inside home (left bar)");
    svg.rect(left + 170.0, height + 33.0, 10.0, 8.0, "posterior", "outside");
    svg.text(left + 185.0, height + 41.0, "start", "tick", "outside (right bar)");
    svg.finish()
}

fn range(e: &engine::Estimate) -> String {
    format!("{:.0} ({:.0} to {:.0})", e.median, e.low, e.high)
}

fn movement(m: &engine::Movement) -> Value {
    let reach: Vec<Value> = m
        .reach
        .iter()
        .enumerate()
        .map(|(i, r)| {
            context! { from => r.days[0].to_string(), to => r.days[1].to_string(), events => format!("{:.1}", r.events),
            dispersion => range(&r.dispersion), ellipse => range(&r.ellipse), front => range(&r.front),
            as_broad => if i == 1 { "now".to_owned() } else { percent(r.as_broad, 256) } }
        })
        .collect();
    let diffusion: Vec<Value> = m
        .diffusion
        .iter()
        .map(|d| context! { kind => d.kind, observed => d.observed, expected => format!("{:.1}", d.expected), p => format!("{:.3}", d.p) })
        .collect();
    let begins: Vec<Value> =
        m.begins.iter().take(5).map(|(day, p)| context! { week => day.to_string(), p => percent(*p, 1000) }).collect();
    context! { changed => percent(m.changed, 1000), begins => begins, reach => reach, shift => range(&m.shift), bearing => format!("{:.0}", m.bearing),
    farther => percent(m.farther, 256), diffusion => diffusion,
    near => near_repeat(m), mantel => m.mantel.map(|(sd, p)| context! { sd => format!("{sd:.1}"), p => format!("{p:.3}") }),
    branching => m.branching.map(|(b, low, high)| context! { b => format!("{b:.2}"), low => format!("{low:.2}"), high => format!("{high:.2}") }) }
}

/// By kilometres, then days: times as many as by chance, and p.
fn near_repeat(m: &engine::Movement) -> Vec<Value> {
    m.near_repeat
        .chunk_by(|a, b| a.km == b.km)
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .map(|c| match c.expected > 0.0 {
                    true => format!("{:.1} ({} pairs, p {:.3})", c.pairs as f64 / c.expected, c.pairs, c.p),
                    false => format!("{} pairs, none by chance (p {:.3})", c.pairs, c.p),
                })
                .collect();
            context! { km => row[0].km, days => row.iter().map(|c| c.days).collect::<Vec<_>>(), cells => cells }
        })
        .collect()
}

fn clusters(s: &Spread) -> Vec<Value> {
    s.clusters
        .iter()
        .map(|c| {
            let mut places = c.places.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
            if c.places.len() > 6 {
                places.push_str(&format!(" and {} more", c.places.len() - 6));
            }
            context! { places => places, from => c.days[0].to_string(), to => c.days[1].to_string(), events => c.events,
            expected => format!("{:.1}", c.expected), score => format!("{:.1}", c.score), radius => format!("{:.0}", c.radius),
            replay => c.replay_p.map(|p| format!("{p:.3}")), replays => c.replays, permutation => format!("{:.3}", c.permutation_p),
            gumbel => c.gumbel_p.map(|p| format!("{p:.1e}")), days => format!("{:.0}", c.recurrence_days), share => c.share_of_worlds.map(|p| percent(p, 64)) }
        })
        .collect()
}

fn tenure(s: &Spread) -> Value {
    let t = &s.tenure;
    let steps: Vec<Value> = t
        .curve
        .iter()
        .map(|c| {
            context! { days => format!("{:.0}", c.days), share => percent(c.share, t.episodes.len().max(2)),
            low => format!("{:.0}", 100.0 * c.interval[0]), high => format!("{:.0}", 100.0 * c.interval[1]), at_risk => c.at_risk }
        })
        .collect();
    let mut longest: Vec<&engine::Episode> = t.episodes.iter().collect();
    longest.sort_by_key(|e| (e.days[0].0 - e.days[1].0, e.area.clone(), e.days[0]));
    let longest: Vec<Value> = longest
        .iter()
        .take(10)
        .map(|e| {
            context! { area => e.area, from => e.days[0].to_string(), to => e.days[1].to_string(), days => e.days[1].0 - e.days[0].0 + 1, ended => e.ended }
        })
        .collect();
    context! { episodes => t.episodes.len(), lasting => t.episodes.iter().filter(|e| !e.ended).count(), steps => steps, longest => longest,
    curve => Value::from_safe_string(survival(t)) }
}

/// The share of episodes that last longer, by length, with its interval.
fn survival(t: &engine::Tenure) -> String {
    let (left, width, height) = (48.0, 560.0, 180.0);
    let longest = t.episodes.iter().map(|e| f64::from(e.days[1].0 - e.days[0].0 + 1)).fold(365.0, f64::max);
    let x = |days: f64| left + width * days / longest;
    let y = |share: f64| 10.0 + height * (1.0 - share);
    let mut svg = Svg::new(
        640.0,
        height + 44.0,
        "Share of episodes of presence that last longer, by length; the table has the numbers",
    );
    for i in 0..=4 {
        let v = f64::from(i) / 4.0;
        svg.line(left, y(v), left + width, y(v), "grid");
        svg.text(left - 6.0, y(v) + 4.0, "end", "tick", &format!("{:.0} %", v * 100.0));
    }
    let years = (longest / 365.0).ceil() as usize;
    for i in (0..=years).step_by((years / 8).max(1)) {
        let at = 365.0 * i as f64;
        if at <= longest {
            svg.text(x(at), height + 26.0, "middle", "tick", &format!("{i}"));
        }
    }
    let steps = |of: &dyn Fn(&engine::Lasting) -> f64| -> Vec<(f64, f64)> {
        let mut points = vec![(0.0, 1.0)];
        for c in &t.curve {
            let last = points[points.len() - 1].1;
            points.push((c.days, last));
            points.push((c.days, of(c)));
        }
        points.push((longest, points[points.len() - 1].1));
        points
    };
    let d = |points: &[(f64, f64)]| -> String {
        points
            .iter()
            .enumerate()
            .map(|(i, (a, b))| format!("{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, x(*a), y(*b)))
            .collect()
    };
    let (low, mut high) = (steps(&|c| c.interval[0]), steps(&|c| c.interval[1]));
    high.reverse();
    let around: Vec<(f64, f64)> = low.into_iter().chain(high).collect();
    svg.path(&(d(&around) + "Z"), "fan wide", "80 % interval");
    svg.path(&d(&steps(&|c| c.share)), "past", "share that lasts longer");
    svg.text(
        left + width / 2.0,
        height + 40.0,
        "middle",
        "tick",
        "years from the first event in a province to the last before a year of quiet",
    );
    svg.finish()
}
