//! What is kept under `.bellwether/`: stage outputs by key, tables by content, and one manifest that says which
//! of them make the last good build. Nothing that it names is half-written: files are written beside, synced and
//! renamed, and the manifest is renamed last.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Why a stage ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// It never ran for this subject.
    New,
    /// These inputs changed.
    Changed(Vec<String>),
    /// Its output was gone.
    Lost,
}

/// One stage run for one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Stage.
    pub stage: String,
    /// Subject: a report, an event, an indicator ...
    pub subject: String,
    /// Key: BLAKE3 of stage, version and inputs.
    pub key: String,
    /// BLAKE3 of the output.
    pub output: String,
    /// Inputs by name.
    pub inputs: Vec<(String, String)>,
}

/// The last good build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program that wrote it.
    pub tool: String,
    /// Every stage run.
    pub records: Vec<Record>,
    /// Tables: name to file.
    pub tables: Vec<(String, String)>,
    /// File of the assessment.
    pub assessment: String,
    /// Hash of every report.
    pub reports: Vec<(String, String)>,
    /// Number of worlds.
    pub worlds: usize,
}

/// What can go wrong with the store.
#[derive(Debug)]
pub struct StoreError {
    /// What was being done, with the path.
    pub doing: String,
    /// What the system said.
    pub source: io::Error,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.doing, self.source)
    }
}

impl std::error::Error for StoreError {}

fn doing<T>(what: &str, path: &Path, r: io::Result<T>) -> Result<T, StoreError> {
    r.map_err(|source| StoreError { doing: format!("cannot {what} {}", path.display()), source })
}

/// The folder `.bellwether/` of a case.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// Held while building; released when the store is dropped.
    _lock: Option<File>,
}

impl Store {
    /// Opens (and makes) the folder for building; waits for another build to end.
    ///
    /// # Errors
    /// When the folder cannot be made or locked.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        for folder in ["cache", "tables"] {
            let path = root.join(folder);
            doing("make", &path, fs::create_dir_all(&path))?;
        }
        let path = root.join("lock");
        let lock = doing("open", &path, File::create(&path))?;
        doing("lock", &path, lock.lock())?;
        Ok(Self { root: root.to_owned(), _lock: Some(lock) })
    }

    /// Opens for reading only. A build may go on beside: the last good build stays readable until the new one is
    /// committed, so a reader never waits for it.
    pub fn peek(root: &Path) -> Self {
        let lock = File::open(root.join("lock")).ok().filter(|f| f.try_lock_shared().is_ok());
        Self { root: root.to_owned(), _lock: lock }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The last good build, if there is one that this version of the program wrote.
    pub fn manifest(&self) -> Option<Manifest> {
        let bytes = fs::read(self.root.join("build.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Writes a file whole or not at all, and sees it to the disk.
    ///
    /// # Errors
    /// As the system gives them.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put(path, bytes, true)
    }

    fn put(&self, path: &str, bytes: &[u8], lasting: bool) -> Result<(), StoreError> {
        let target = self.root.join(path);
        let beside = self.root.join(format!("{path}.tmp"));
        doing(
            "write",
            &beside,
            (|| {
                let mut f = File::create(&beside)?;
                f.write_all(bytes)?;
                if lasting { f.sync_all() } else { Ok(()) }
            })(),
        )?;
        doing("rename", &target, fs::rename(&beside, &target))?;
        if lasting
            && let Some(parent) = target.parent()
            && let Ok(dir) = File::open(parent)
        {
            // Where a folder cannot be synced the rename is as durable as the system makes it.
            let _ = dir.sync_all();
        }
        Ok(())
    }

    /// A stage's stored output, if it is there and whole.
    pub(crate) fn cached<T: DeserializeOwned>(&self, key: &str, output: &str) -> Option<T> {
        let bytes = fs::read(self.root.join(format!("cache/{key}.json"))).ok()?;
        (blake3::hash(&bytes).to_hex().as_str() == output).then(|| serde_json::from_slice(&bytes).ok()).flatten()
    }

    /// Stores a stage's output. Nothing waits for the disk: an output that a power cut takes or tears does not have the
    /// hash that the manifest names, and the stage runs again.
    pub(crate) fn keep(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put(&format!("cache/{key}.json"), bytes, false)
    }

    /// Whether a table file is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// Makes `manifest` the last good build, then drops what no build needs any more.
    pub(crate) fn commit(&self, manifest: &Manifest) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(manifest).unwrap_or_default();
        self.write("build.json", &bytes)?;
        let files = manifest.tables.iter().map(|(_, f)| f).chain([&manifest.assessment]);
        let mut wanted: BTreeSet<String> = files.filter_map(|f| Some(f.strip_prefix("tables/")?.to_owned())).collect();
        wanted.extend(manifest.records.iter().map(|r| format!("{}.json", r.key)));
        for folder in ["cache", "tables"] {
            let Ok(entries) = fs::read_dir(self.root.join(folder)) else { continue };
            for entry in entries.flatten() {
                if entry.file_name().to_str().is_none_or(|n| !wanted.contains(n)) {
                    // What stays behind is thrown away by a later build.
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        Ok(())
    }
}
