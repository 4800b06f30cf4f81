//! Importers on real files, and on anything at all.

mod anything;
mod containers;
mod real;
