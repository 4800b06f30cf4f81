//! Builds a case: runs stages over tables, stores them, knows what is stale and why.
//!
//! Takes a [`model::Case`]; knows nothing of the folder it came from, and nothing of terminals.

mod build;
mod diff;
mod explain;
mod import;
mod matching;
mod query;
mod rows;
mod scenario;
mod spread;
pub mod stage;
mod store;
mod tables;

pub use build::{Build, BuildError, Options, Progress, Run, Staleness, assess, build, silent, stale};
pub use diff::{Cause, Change, Difference, diff};
pub use explain::{Explanation, Line, describe, explain};
pub use import::{Counted, ImportOptions, Imported, LAYOUT, QUARANTINE_COLUMNS, RECORD_COLUMNS, import, record_schema};
pub use matching::{LEAST, MatchSet, Matched, match_records};
pub use query::{Rows, query};
pub use rows::{ALL_SIDES, Opener, RowsError, hash_file, import_dataset, unknown_in_rulings, with_rows};
pub use scenario::{Verdict, verdicts};
pub use spread::{
    AreaYear, Event, Extent, Spread, SpreadArea, SpreadEvent, SpreadOptions, SpreadRow, hull, resolve_name, spread,
};
pub use stage::assess::Assessment;
pub use store::{Because, Manifest, Record, Store, StoreError};
pub use tables::{Column, Table, tables};
