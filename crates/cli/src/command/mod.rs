//! One file a verb: the folder is the manual.

pub(crate) mod account;
pub(crate) mod add;
pub(crate) mod audit;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod claims;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod forecast;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod matching;
pub(crate) mod place;
pub(crate) mod publish;
pub(crate) mod query;
pub(crate) mod read;
pub(crate) mod review;
pub(crate) mod score;
pub(crate) mod serve;
pub(crate) mod spread;
pub(crate) mod status;
pub(crate) mod train;
pub(crate) mod weigh;

use std::path::{Path, PathBuf};

use case::Loaded;
use engine::{Journal, Store};

use crate::args::Seen;
use crate::output;

/// Loads a case that can be built, with the rows of its data sets; prints its problems. `None` if there are errors (they
/// were printed).
pub(crate) fn sound_case(folder: &Path, seen: Option<&Seen>) -> Result<Option<Loaded>, String> {
    let Some(mut loaded) = checked_case(folder, seen)? else { return Ok(None) };
    let store = Store::peek(&built(folder));
    Ok(with_rows(folder, &mut loaded, &store, &mut Journal::reading(&store))?.then_some(loaded))
}

/// The same without the rows.
pub(crate) fn checked_case(folder: &Path, seen: Option<&Seen>) -> Result<Option<Loaded>, String> {
    let mut loaded = disk::load(folder)?;
    output::problems(&loaded.problems, &loaded.texts);
    if loaded.has_errors() {
        eprintln!("{}: {}", folder.display(), output::counts(&loaded.problems));
        return Ok(None);
    }
    if let Some(day) = seen.and_then(|s| s.as_of) {
        loaded.case = loaded.case.seen_on(day);
    }
    Ok(Some(loaded))
}

/// Rows of the case's data sets become claims. False if there are errors (they were printed).
pub(crate) fn with_rows(
    folder: &Path,
    loaded: &mut Loaded,
    store: &Store,
    journal: &mut Journal<'_>,
) -> Result<bool, String> {
    let open = |path: &str| std::fs::File::open(folder.join(path));
    let threads = rayon::current_num_threads();
    let counted = |dataset: &str| import_bar(folder, &loaded.case, dataset);
    match engine::with_rows(&loaded.case, store, journal, &open, threads, &counted) {
        Ok(case) => {
            // Warnings about rulings can only be told once the rows are there.
            output::problems(&engine::unknown_in_rulings(&case), &loaded.texts);
            for d in &case.datasets {
                if let Some(r) = case.reports.get(&d.id) {
                    loaded.texts.insert(r.file.clone(), r.text.clone());
                }
            }
            loaded.case = case;
            Ok(true)
        }
        Err(engine::RowsError::Case(problems)) => {
            output::problems(&problems, &loaded.texts);
            eprintln!("{}: {}", folder.display(), output::counts(&problems));
            Ok(false)
        }
        Err(engine::RowsError::Other(e)) => Err(e),
    }
}

/// Progress of the import of one data set.
pub(crate) fn import_bar(folder: &Path, case: &model::Case, dataset: &str) -> Box<dyn Fn(u64, u64) + Sync> {
    let file = case.datasets.iter().find(|d| d.id == dataset).map(|d| folder.join(&d.file));
    let size = file.and_then(|f| std::fs::metadata(f).ok()).map_or(0, |m| m.len());
    let bar = output::Rate::bytes(dataset, size);
    Box::new(move |bytes, rows| bar.say(bytes, &format!("{rows} rows")))
}

/// Who sits at this machine, if it says.
pub(crate) fn user() -> Option<String> {
    ["USER", "USERNAME", "LOGNAME"].iter().find_map(|k| std::env::var(k).ok())
}

/// Where a case keeps what is built.
pub(crate) fn built(folder: &Path) -> PathBuf {
    folder.join(".bellwether")
}

/// What a sound case comes to, in memory.
pub(crate) fn assessed(loaded: &Loaded, options: engine::Options) -> Result<engine::Run, String> {
    engine::assess(&loaded.case, options).map_err(|problems| {
        output::problems(&problems, &loaded.texts);
        "the case cannot be built".to_owned()
    })
}

/// The actor of a file that is meant; if it is called otherwise there, that is said.
pub(crate) fn actor_of(asked: &str, events: &[engine::Event]) -> Result<String, String> {
    let actor = engine::resolve_name(asked, "actor", events.iter().flat_map(|e| [&*e.actor1, &*e.actor2]))?;
    if actor != asked {
        eprintln!("note: `{asked}` is read as `{actor}`");
    }
    Ok(actor)
}

/// The rows of an event data file that are events of political violence at a place; what takes no part is said.
pub(crate) fn events_of(path: &Path, from: formats::Format) -> Result<Vec<engine::Event>, String> {
    let input = std::fs::File::open(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let of_file = |e: String| format!("{}: {e}", path.display());
    let (_, input) = formats::unpack(input).map_err(of_file)?;
    let mut file = formats::read_all(from, None, input).map_err(of_file)?;
    // Where a row without a place lies, nobody can say: it takes no part, and is counted.
    let rows = file.records.len();
    file.records.retain(|r| r.lon_lat.is_some() && r.kind.is_some());
    if file.records.len() < rows {
        let left = rows - file.records.len();
        eprintln!("warning: {left} rows have no place, or speak of no event of political violence: they take no part");
    }
    for b in file.bad.iter().take(10) {
        let column = if b.column.is_empty() { String::new() } else { format!(", {}", b.column) };
        eprintln!("warning: {}:{}{column}: {}: the row takes no part", path.display(), b.line, b.reason);
    }
    if file.bad.len() > 10 {
        eprintln!("warning: {} more rows could not be read", file.bad.len() - 10);
    }
    // The same row twice is one event.
    let rows = file.records.len();
    let mut seen = std::collections::BTreeSet::new();
    file.records.retain(|r| r.id.is_empty() || seen.insert(r.id.to_string()));
    if file.records.len() < rows {
        eprintln!("warning: {} rows repeat the id of another: each event counts once", rows - file.records.len());
    }
    if file.records.is_empty() {
        return Err(format!("{}: no row could be read", path.display()));
    }
    Ok(file.records)
}
