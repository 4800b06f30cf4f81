//! Reads a case folder into a [`model::Case`] plus every problem in it; owns our file formats, their
//! schemas, templates and safe repairs.
//!
//! A file becomes a spanned tree (`tree`), the tree is checked against the JSON Schema generated from
//! the types (`shape`), becomes typed values (`files`), and these are tied together (`load`).

mod add;
mod caret;
mod files;
mod fix;
mod front;
mod geojson;
mod lines;
mod load;
mod refer;
mod schema;
mod shape;
mod template;
mod tree;

use std::collections::BTreeMap;

pub use add::{NewReport, report_file};
pub use caret::drawn;
pub use fix::fixes;
pub use lines::{
    CLAIM_COLUMNS, REVIEWED, RULINGS, added_claim, claim_cells, claim_line, edited_claim, put_right, ruling_line,
    with_lines,
};
pub use load::{Loaded, load};
pub use schema::{reference, schemas};
pub use template::{Template, template};

/// Reads the named areas of one GeoJSON text: a FeatureCollection, a Feature or a bare geometry, with or without ids and
/// names (an area without a name is called after the file). Returns also the text that the problems' carets point into.
pub fn loose_areas(file: &str, text: &str) -> (BTreeMap<model::Id, model::Area>, Vec<model::Problem>, String) {
    let Ok(root) = serde_json::from_str::<serde_json::Value>(text) else {
        let (areas, problems) = areas(file, text);
        return (areas, problems, text.to_owned());
    };
    let features: Vec<serde_json::Value> = match root["type"].as_str() {
        Some("FeatureCollection") => root["features"].as_array().cloned().unwrap_or_default(),
        Some("Feature") => vec![root],
        _ => vec![serde_json::json!({"geometry": root})],
    };
    let name = file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or(file);
    let features: Vec<serde_json::Value> = features
        .iter()
        .enumerate()
        .map(|(i, f)| {
            let name = f["properties"]["name"].as_str().unwrap_or(name);
            let mut properties = serde_json::json!({"name": name});
            if let Some(m) = f["properties"].get("uncertainty_m") {
                properties["uncertainty_m"] = m.clone();
            }
            serde_json::json!({"type": "Feature", "id": format!("area-{i}"), "properties": properties, "geometry": f["geometry"]})
        })
        .collect();
    let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    let (areas, problems) = areas(file, &text);
    (areas, problems, text)
}

fn areas(file: &str, text: &str) -> (BTreeMap<model::Id, model::Area>, Vec<model::Problem>) {
    let mut problems = Vec::new();
    let areas = match tree::from_json(file, text, 0, &mut problems) {
        Some(tree) => geojson::areas(file, &tree, &mut problems),
        None => BTreeMap::new(),
    };
    (areas, problems)
}
