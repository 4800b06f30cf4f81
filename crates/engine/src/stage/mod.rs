//! The pipeline: one file a stage, each a function from what came before to what comes next.
//!
//! rows of data sets -> `matching` ─┐
//! report -> `ingest` -> `gather` -> `reconcile` = `worlds` -> `test`, `footprint`, `weigh` -> `assess`

pub mod assess;
pub mod cards;
pub mod coverage;
pub mod echo;
pub mod footprint;
pub mod gather;
pub mod ingest;
pub mod matching;
pub mod reconcile;
pub mod sway;
pub mod test;
pub mod weigh;
pub mod worlds;
