//! One file a verb: the folder is the manual.

pub(crate) mod add;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod place;
pub(crate) mod query;
pub(crate) mod spread;
pub(crate) mod status;

use std::path::{Path, PathBuf};

use case::Loaded;

use crate::args::Seen;
use crate::{disk, output};

/// Loads a case that can be built; prints its problems. `None` if there are errors (they were printed).
pub(crate) fn sound_case(folder: &Path, seen: Option<&Seen>) -> Result<Option<Loaded>, String> {
    let mut loaded = disk::load(folder)?;
    output::problems(&loaded.problems, &loaded.texts);
    if loaded.has_errors() {
        eprintln!("{}: {}", folder.display(), output::counts(&loaded.problems));
        return Ok(None);
    }
    if let Some(day) = seen.and_then(|s| s.as_of) {
        loaded.case = loaded.case.seen_on(day);
    }
    if !with_rows(folder, &mut loaded)? {
        return Ok(None);
    }
    Ok(Some(loaded))
}

/// Rows of the case's data sets become claims. False if there are errors (they were printed).
pub(crate) fn with_rows(folder: &Path, loaded: &mut Loaded) -> Result<bool, String> {
    if loaded.case.datasets.is_empty() {
        return Ok(true);
    }
    let store = engine::Store::peek(&built(folder));
    let open = |path: &str| std::fs::File::open(folder.join(path));
    let threads = rayon::current_num_threads();
    let counted = |dataset: &str| -> Box<dyn Fn(u64, u64) + Sync> {
        let size = loaded
            .case
            .datasets
            .iter()
            .find(|d| d.id == dataset)
            .map_or(0, |d| std::fs::metadata(folder.join(&d.file)).map_or(0, |m| m.len()));
        let bar = output::Rate::new(dataset, size);
        Box::new(move |bytes, rows| bar.say(bytes, rows))
    };
    match engine::with_rows(&loaded.case, &store, &open, threads, &counted) {
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

/// Where a case keeps what is built.
pub(crate) fn built(folder: &Path) -> PathBuf {
    folder.join(".bellwether")
}
