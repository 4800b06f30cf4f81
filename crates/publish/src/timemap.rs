//! Events and sources as TimeMap (Forensic Architecture) reads them: a list of events in flat text cells.

use engine::Assessment;
use model::{Case, percent};
use serde_json::{Value, json};

/// The events and the sources behind them; `case` is what may be passed on.
pub(crate) fn timemap(case: &Case, a: &Assessment) -> String {
    let events: Vec<Value> = a
        .events
        .iter()
        .map(|e| {
            let bare = e.id.trim_start_matches("event:");
            let cell = |x: Option<f64>| x.map_or(String::new(), |x| format!("{x:.5}"));
            let days = if e.days[0] == e.days[1] { String::new() } else { format!(" Between {} and {}.", e.days[0], e.days[1]) };
            let who = e.who.iter().find(|w| w.actor != "unknown").map(|w| {
                let name = case.actors.get(&w.actor).map_or(w.actor.as_str(), |x| &x.name);
                format!(" By {name} with {}.", percent(w.probability, a.case.worlds))
            });
            let reports: std::collections::BTreeSet<&str> = e
                .claims
                .iter()
                .filter_map(|c| Some(case.claims.get(c.trim_start_matches("claim:"))?.report.as_str()))
                .collect();
            json!({
                "id": bare,
                "description": format!("{}: happened with {}.{days}{}", bare.replace('-', " "), percent(e.probability, a.case.worlds), who.unwrap_or_default()),
                "date": e.days[0].to_string(), "time": "", "date_end": e.days[1].to_string(),
                "location": e.areas.first().map_or("", |x| case.areas.get(&x.0).map_or(x.0.as_str(), |y| &y.name)),
                "latitude": cell(e.place.map(|p| p[1])), "longitude": cell(e.place.map(|p| p[0])),
                "location_precision": e.radius_km.map_or(String::new(), |r| format!("{r:.0} km")),
                "type": e.kind, "category": e.sub_type,
                "associations": e.who.iter().filter(|w| w.actor != "unknown").map(|w| &w.actor).collect::<Vec<_>>(),
                "sources": reports,
            })
        })
        .collect();
    let sources: serde_json::Map<String, Value> = case
        .reports
        .values()
        .map(|r| {
            let name = case.sources.get(&r.source).map_or(&r.source, |s| &s.name);
            (r.id.clone(), json!({"id": r.id, "title": r.title, "description": format!("{name}, {}", r.published), "paths": r.url.iter().collect::<Vec<_>>()}))
        })
        .collect();
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    format!(
        "{{\"tlp\":\"{}\",\"events\":[\n{}\n],\"sources\":{}}}\n",
        a.case.tlp,
        lines.join(",\n"),
        Value::Object(sources)
    )
}
