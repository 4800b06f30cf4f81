//! One file a verb: the folder is the manual.

pub(crate) mod add;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod init;
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
    Ok(Some(loaded))
}

/// Where a case keeps what is built.
pub(crate) fn built(folder: &Path) -> PathBuf {
    folder.join(".bellwether")
}
