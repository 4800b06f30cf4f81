//! The case folder: bad samples with their exact messages, templates, repairs, and properties.

mod bad;
mod properties;
mod templates;
