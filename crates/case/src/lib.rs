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

pub use add::{NewReport, report_file};
pub use fix::fixes;
pub use load::{Loaded, load};
pub use schema::{reference, schemas};
pub use template::{Template, template};
