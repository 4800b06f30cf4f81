//! Reads other people's event files from bytes, by header and declared format, never by guess.

pub mod ged;
