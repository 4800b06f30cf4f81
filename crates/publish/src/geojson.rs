//! Events as GeoJSON (RFC 7946), for maps of other people.

use engine::Assessment;
use serde_json::{Value, json};

/// The events of a published assessment: a point in the middle of the belief, with the radius that holds 90 % of it. What
/// nobody can place has no geometry. One line an event, in the order of the assessment.
pub fn geojson(a: &Assessment, lexicon: &model::Lexicon) -> String {
    let features: Vec<String> = a
        .events
        .iter()
        .map(|e| {
            let geometry = e.place.map_or(Value::Null, |p| json!({"type": "Point", "coordinates": p}));
            let areas: Vec<Value> = e.areas.iter().map(|(area, p)| json!({"area": area, "probability": p})).collect();
            let figures: Vec<Value> = e
                .figures
                .iter()
                .map(|f| json!({"measure": f.measure, "of": f.of, "low": f.quantiles[0], "median": f.quantiles[1], "high": f.quantiles[2]}))
                .collect();
            json!({
                "type": "Feature",
                "id": e.id,
                "geometry": geometry,
                "properties": {
                    "type": e.kind,
                    "sub_type": e.sub_type,
                    "probability": e.probability,
                    "likelihood": lexicon.words(e.probability),
                    "first_day": e.days[0].to_string(),
                    "last_day": e.days[1].to_string(),
                    "radius_km": e.radius_km,
                    "areas": areas,
                    "perpetrators": e.who,
                    "figures": figures,
                    "asserted_by": e.asserted_by,
                    "denied_by": e.denied_by,
                    "tlp": a.case.tlp,
                },
            })
            .to_string()
        })
        .collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"))
}
