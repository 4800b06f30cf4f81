//! Whose name is it: when two spellings mean the same, and a gazetteer that answers with a distribution, never with one
//! silent guess.
//!
//! Places and alternate names: GeoNames (geonames.org), CC BY 4.0. Divisions: Natural Earth (naturalearthdata.com),
//! public domain. `scripts/gazetteer` makes the bundled files from registry packages.

mod gazetteer;
mod spelling;

pub use gazetteer::{Candidate, Context, Division, Gazetteer, NOBODY, divisions, named_division, place_line};
pub use spelling::{Folded, How, Words};
