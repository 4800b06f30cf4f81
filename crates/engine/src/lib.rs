//! Builds a case: runs stages over tables, stores them, knows what is stale and why.
//!
//! Takes a [`model::Case`]; knows nothing of the folder it came from, and nothing of terminals.

mod build;
mod diff;
mod explain;
mod functions;
mod futures;
mod geoparquet;
mod import;
mod journal;
mod ledger;
mod lints;
mod outlook;
mod propose;
mod query;
mod queue;
mod reconciled;
mod rows;
mod scenario;
mod scrutiny;
mod slices;
mod spread;
pub mod stage;
mod store;
mod tables;

pub use build::{Build, BuildError, Options, Run, Staleness, assess, build, stale};
pub use diff::{Cause, Change, Difference, diff};
pub use explain::{Explanation, Line, describe, explain};
pub use futures::{Ahead, Future, Futures, MONTH, futures};
pub use geoparquet::geoparquet;
pub use import::{Counted, ImportOptions, Imported, LAYOUT, QUARANTINE_COLUMNS, RECORD_COLUMNS, import, record_schema};
pub use journal::{Journal, Progress, silent};
pub use ledger::{ByIndicator, Entry, Hindsight, Ledger, Resolution, Scored};
pub use lints::{LINTS, Lint, LintRow, moved};
pub use outlook::{Backtest, By, CountOf, Earned, MonthAhead, Outlook, Units, backtest, month_name, outlook, units};
pub use propose::{Asked, known, propose};
pub use query::{Rows, query};
pub use queue::{Queued, queue};
pub use reconciled::{Reconciled, SetVoice};
pub use rows::{ALL_SIDES, Opener, RowsError, hash_file, import_dataset, unknown_in_rulings, with_rows};
pub use scenario::{Verdict, verdicts};
pub use scrutiny::{Assumed, Conclusion, ORIGINS, Otherwise, Scrutiny, affordable, scrutiny};
pub use slices::{MatchedAll, SLICE_ROWS, SliceOptions, SliceSet, match_all, match_tables};
pub use spread::{
    AreaYear, Cluster, ClusterLaw, ClusterSearch, Crowd, Diffusion, Effort, Episode, Estimate, Event, Extent, Lasting,
    Movement, NearRepeat, Reach, Screened, Spread, SpreadArea, SpreadEvent, SpreadOptions, SpreadRow, Tenure, crowds,
    hull, resolve_name, screen, spread, spread_of_case,
};
pub use stage::assess::Assessment;
pub use stage::gather::Reviewed;
pub use stage::matching::{LEAST, MatchSet, Matched, match_records};
pub use store::{Because, Manifest, Record, Store, StoreError};
pub use tables::{Column, Table, tables};
