//! Reads a case folder into a [`model::Case`] plus every problem in it; owns our file formats, their
//! schemas, templates and safe repairs.
//!
//! A file becomes a spanned tree (`tree`), the tree is checked against the JSON Schema generated from
//! the types (`shape`), becomes typed values (`files`), and these are tied together (`load`).

mod add;
mod files;
mod fix;
mod front;
mod geojson;
mod load;
mod refer;
mod schema;
mod shape;
mod template;
mod tree;

use std::collections::BTreeMap;

pub use add::{NewReport, report_file};
pub use fix::fixes;
pub use load::{Loaded, load};
pub use schema::{reference, schemas};
pub use template::{Template, template};

/// Reads the named areas of one GeoJSON text.
pub fn areas(file: &str, text: &str) -> (BTreeMap<model::Id, model::Area>, Vec<model::Problem>) {
    let mut problems = Vec::new();
    let areas = match tree::from_json(file, text, 0, &mut problems) {
        Some(tree) => geojson::areas(file, &tree, &mut problems),
        None => BTreeMap::new(),
    };
    (areas, problems)
}
