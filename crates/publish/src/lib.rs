//! Turns a build into documents: one self-contained HTML file, readable without JavaScript, the same bytes for the
//! same build.

mod map;
mod page;
mod spread;
mod svg;

pub use page::page;
pub use spread::spread_page;
