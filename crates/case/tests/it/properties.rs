//! Spans, hedges, imprecise dates and areas, for any input.

use model::{Edtf, Figure, Geometry, Hedge, LonLat, Measure, MemoryHost, Polygon, Window, distance_m};
use proptest::prelude::*;

fn rectangle(w: f64, s: f64, e: f64, n: f64) -> Polygon {
    let wrap = |x: f64| if x > 180.0 { x - 360.0 } else { x };
    let p = |lon: f64, lat: f64| LonLat { lon: wrap(lon), lat };
    Polygon { rings: vec![vec![p(w, s), p(e, s), p(e, n), p(w, n), p(w, s)]] }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the text, reading a date says yes or no, and yes means a span that holds what was stated.
    #[test]
    fn dates_never_panic(text in "[0-9~?/.T-]{0,24}") {
        if let Ok(d) = Edtf::parse(&text) {
            prop_assert!(d.stated.from <= d.stated.to);
            prop_assert!(d.possible.from <= d.stated.from && d.stated.to <= d.possible.to);
            prop_assert_eq!(d.to_string(), text);
        }
    }

    #[test]
    fn windows_never_panic(text in "[P0-9DMYW/.-]{0,24}") {
        if let Ok(w) = Window::parse(&text) {
            let again = Window::parse(&w.to_string());
            prop_assert_eq!(again, Ok(w));
        }
    }

    /// Any text in a report: an excerpt that occurs once is found byte-exact, with context that joins it.
    #[test]
    fn excerpts_are_byte_exact(before in "[a-zа-яё\u{4e00}-\u{4e10} \n]{0,60}", after in "[a-zа-яё \n]{0,60}") {
        let exact = "Ғарм «12» soldiers";
        let body = format!("{before}{exact}{after}");
        let text = format!("--- case.toml\nformat = 1\nid = \"x\"\ntitle = \"t\"\nquestion = \"q\"\nas_of = 2024-01-02\n--- sources.toml\n[s]\nname = \"s\"\nkind = \"media\"\nreliability = \"B\"\nwhy = \"w\"\n--- actors.toml\n[a]\nname = \"a\"\nkind = \"armed-group\"\n--- areas.geojson\n{{\"type\":\"FeatureCollection\",\"features\":[]}}\n--- reports/r.md\n---\ntitle: t\nsource: s\npublished: 2024-01-01\n---\n{body}\n--- claims/c.jsonl\n{}\n",
            serde_json::json!({"id":"c","report":"r","excerpt":{"exact":exact},"chain":["s"],"stance":"asserts","says":{"fact":{"id":"f","text":"t"}}}));
        // A line of the body that looks like a file mark would cut the report short.
        prop_assume!(!body.contains("--- "));
        let loaded = case::load(&MemoryHost::from_text(&text));
        prop_assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let (c, r) = (&loaded.case.claims["c"], &loaded.case.reports["r"]);
        prop_assert_eq!(&r.text[c.excerpt.start..c.excerpt.end], exact);
        prop_assert!(r.text[r.body..c.excerpt.start].ends_with(&c.excerpt.prefix));
        prop_assert!(r.text[c.excerpt.end..].starts_with(&c.excerpt.suffix));
        prop_assert!(c.excerpt.prefix.chars().count() <= 32 && c.excerpt.suffix.chars().count() <= 32);
    }

    /// No bytes make the loader panic.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0usize..6) {
        let path = ["case.toml", "sources.toml", "areas.geojson", "claims/c.jsonl", "reports/r.md", "hypotheses.toml"][which];
        let mut host = MemoryHost { files: case::template(case::Template::Minimal).into_iter().map(|(p, t)| (p, t.into_bytes())).collect() };
        host.files.insert(path.into(), bytes);
        let _ = case::load(&host);
    }

    /// No line taken out, put in twice or swapped with another makes the loader panic, in any file of the example.
    #[test]
    fn any_edit_is_survived(which in any::<prop::sample::Index>(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), how in 0usize..3) {
        let mut files = case::template(case::Template::Rasht2010);
        let paths: Vec<String> = files.keys().filter(|p| p.ends_with(".toml")).cloned().collect();
        let path = which.get(&paths);
        let mut lines: Vec<String> = files[path].lines().map(str::to_owned).collect();
        let (a, b) = (a.index(lines.len()), b.index(lines.len()));
        match how {
            0 => drop(lines.remove(a)),
            1 => lines.insert(b, lines[a].clone()),
            _ => lines.swap(a, b),
        }
        files.insert(path.clone(), lines.join("\n"));
        let loaded = case::load(&MemoryHost { files: files.into_iter().map(|(p, t)| (p, t.into_bytes())).collect() });
        for p in &loaded.problems {
            prop_assert!(!p.message.is_empty() && !p.labels.is_empty());
        }
    }

    /// Points sampled in a rectangle lie in it, wherever it lies: over the antimeridian, at the poles.
    #[test]
    fn samples_lie_inside(w in -180.0..180.0f64, width in 0.01..60.0f64, s in -90.0..89.0f64, height in 0.01..40.0f64) {
        let n = (s + height).min(90.0);
        let g = Geometry::Polygons(vec![rectangle(w, s, w + width, n)]);
        let points = g.sample(32);
        prop_assert_eq!(points.len(), 32);
        for p in points {
            prop_assert!(g.contains(p));
            prop_assert!((-180.0..=180.0).contains(&p.lon) && (-90.0..=90.0).contains(&p.lat));
        }
        // Far away is outside.
        let far = LonLat { lon: if w + width + 90.0 > 180.0 { w + width - 270.0 } else { w + width + 90.0 }, lat: s };
        prop_assert!(!g.contains(far));
    }

    /// A hole takes its share away.
    #[test]
    fn holes_are_outside(w in -170.0..170.0f64, s in -80.0..70.0f64) {
        let mut p = rectangle(w, s, w + 8.0, s + 8.0);
        p.rings.extend(rectangle(w + 2.0, s + 2.0, w + 6.0, s + 6.0).rings);
        let g = Geometry::Polygons(vec![p]);
        let at = |lon: f64, lat: f64| LonLat { lon: if lon > 180.0 { lon - 360.0 } else { lon }, lat };
        prop_assert!(!g.contains(at(w + 4.0, s + 4.0)));
        prop_assert!(g.contains(at(w + 1.0, s + 1.0)));
        prop_assert!(g.sample(64).iter().all(|p| g.contains(*p)));
    }

    /// An uncertain point: 90 % of the sample lies within the stated radius.
    #[test]
    fn uncertainty_holds_ninety_percent(lon in -180.0..180.0f64, lat in -80.0..80.0f64, m in 100.0..50_000.0f64) {
        let at = LonLat { lon, lat };
        let g = Geometry::Point { at, uncertainty_m: m };
        let points = g.sample(256);
        let inside = points.iter().filter(|p| distance_m(at, **p) <= m).count();
        prop_assert!((220..=240).contains(&inside), "{inside}");
    }

    /// A hedge's words name its number, and its interval is in order.
    #[test]
    fn hedges_say_what_they_mean(n in 0u32..100_000) {
        for hedge in [Hedge::Exact, Hedge::Roughly, Hedge::AtLeast, Hedge::MoreThan, Hedge::UpTo, Hedge::LessThan] {
            let f = Figure { measure: Measure::Killed, of: "x".into(), number: Some(n), hedge, low: None, high: None, than: None };
            prop_assert!(f.words().contains(&n.to_string()));
            prop_assert!(hedge.interval().is_none() && hedge.needs_number());
        }
        for hedge in [Hedge::ACouple, Hedge::Several, Hedge::Dozens, Hedge::AFewHundred, Hedge::Hundreds] {
            let (low, high) = hedge.interval().unwrap();
            prop_assert!(low < high && !hedge.needs_number());
        }
    }
}

#[test]
fn empty_areas_hold_nothing() {
    let g = Geometry::Polygons(vec![]);
    assert!(!g.contains(LonLat { lon: 0.0, lat: 0.0 }) && g.sample(8).is_empty());
    let cap = Geometry::Polygons(vec![rectangle(-180.0, 80.0, 0.0, 90.0), rectangle(0.0, 80.0, 180.0, 90.0)]);
    assert!(cap.contains(LonLat { lon: -90.0, lat: 89.0 }) && cap.contains(LonLat { lon: 90.0, lat: 85.0 }));
    assert!(!cap.contains(LonLat { lon: 90.0, lat: 79.0 }));
    // A spherical cap of ten degrees has 2 pi R^2 (1 - cos 10 degrees).
    let exact = std::f64::consts::TAU * 6371.0088f64.powi(2) * (1.0 - 10f64.to_radians().cos());
    assert!((cap.km2() / exact - 1.0).abs() < 0.02, "{} {exact}", cap.km2());
}
