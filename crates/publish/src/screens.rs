//! A build as the screens of the map, the timeline and the assessment ask for it, in the workbench and in a published page.

use std::collections::BTreeMap;

use engine::{Assessment, Scrutiny};
use model::{Case, Geometry, LonLat};
use serde_json::{Value, json};

/// Everything but what other views have: events, sources.
pub fn assessment(case: &Case, a: &Assessment, scrutiny: Option<&Scrutiny>) -> Value {
    let tests: BTreeMap<String, Value> = case
        .indicators
        .iter()
        .map(|(id, i)| {
            (format!("indicator:{id}"), json!({"test": engine::describe(case, &i.test), "warn_at": i.warn_at}))
        })
        .collect();
    let evidence: BTreeMap<String, Value> = case
        .questions
        .iter()
        .flat_map(|(q, question)| {
            question.evidence.iter().map(move |e| {
                let value = json!({
                    "what": engine::stage::weigh::what(case, &e.kind), "why": e.why,
                    "said": e.likelihood.iter().map(|l| [l.low, l.high]).collect::<Vec<_>>(),
                });
                (format!("evidence:{q}/{}", e.id), value)
            })
        })
        .collect();
    let actors: BTreeMap<&String, &String> = case.actors.iter().map(|(id, x)| (id, &x.name)).collect();
    let areas: BTreeMap<&String, &String> = case.areas.iter().map(|(id, x)| (id, &x.name)).collect();
    json!({
        "case": a.case, "judgments": a.judgments, "indicators": a.indicators, "hypotheses": a.hypotheses,
        "questions": a.questions, "facts": a.facts, "footprint": a.footprint, "tenure": a.tenure, "lints": a.lints,
        "scrutiny": scrutiny, "tests": tests, "evidence": evidence, "actors": actors, "areas": areas,
    })
}

/// All events in columns: a list of twenty thousand stays small.
pub fn events(a: &Assessment) -> Value {
    let rows: Vec<Value> = a
        .events
        .iter()
        .map(|e| {
            let who = e.who.first();
            let killed = e.figures.iter().find(|f| f.measure == "killed");
            json!([
                e.id.trim_start_matches("event:"),
                e.kind,
                e.sub_type,
                round(e.probability),
                e.days[0],
                e.days[1],
                e.place.map(|p| p.map(round)),
                e.radius_km.map(|r| (r * 10.0).round() / 10.0),
                who.map(|w| &w.actor),
                who.map(|w| round(w.probability)),
                killed.map(|f| f.quantiles),
                e.areas.first().map(|a| &a.0),
                e.claims.len(),
            ])
        })
        .collect();
    json!({
        "columns": ["id", "type", "sub_type", "probability", "first_day", "last_day", "place", "radius_km", "actor",
                    "actor_probability", "killed", "area", "claims"],
        "rows": rows,
    })
}

/// As exactly as a screen shows it, or a map.
pub fn round(x: f64) -> f64 {
    (x * 1e5).round() / 1e5
}

/// Areas as GeoJSON.
pub fn areas(case: &Case) -> Value {
    let at = |p: &LonLat| [p.lon, p.lat];
    let features: Vec<Value> = case
        .areas
        .values()
        .map(|a| {
            let geometry = match &a.geometry {
                Geometry::Point { at: p, .. } => json!({"type": "Point", "coordinates": at(p)}),
                Geometry::Polygons(all) => {
                    let rings: Vec<Vec<Vec<[f64; 2]>>> =
                        all.iter().map(|p| p.rings.iter().map(|r| r.iter().map(at).collect()).collect()).collect();
                    json!({"type": "MultiPolygon", "coordinates": rings})
                }
            };
            let uncertainty = match &a.geometry {
                Geometry::Point { uncertainty_m, .. } => Some(uncertainty_m / 1000.0),
                Geometry::Polygons(_) => None,
            };
            json!({"type": "Feature", "id": a.id, "geometry": geometry,
                "properties": {"id": a.id, "name": a.name, "note": a.note, "radius_km": uncertainty}})
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features})
}
