//! The one door to the outside: files of a case come in through [`Host`].

use std::collections::BTreeMap;
use std::io;

/// What a case folder looks like from inside. Paths are relative, with `/`.
pub trait Host {
    /// The bytes of one file.
    ///
    /// # Errors
    /// `NotFound` when there is none; other kinds as the system gives them.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The files directly in `folder` (a relative path, or the empty string), sorted;
    /// an absent folder is an empty list.
    ///
    /// # Errors
    /// As the system gives them.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
}

/// A case folder held in memory: hermetic tests, templates.
#[derive(Debug, Clone, Default)]
pub struct MemoryHost {
    /// Path to bytes.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl MemoryHost {
    /// Reads a whole folder from one text: each file begins with a line `--- path`.
    pub fn from_text(text: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut current: Option<(String, String)> = None;
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("--- ").filter(|p| !p.trim().is_empty()) {
                if let Some((path, body)) = current.take() {
                    files.insert(path, body.into_bytes());
                }
                current = Some((path.trim().to_owned(), String::new()));
            } else if let Some((_, body)) = &mut current {
                body.push_str(line);
            }
        }
        if let Some((path, body)) = current {
            files.insert(path, body.into_bytes());
        }
        Self { files }
    }
}

impl Host for MemoryHost {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Ok(self
            .files
            .keys()
            .filter(|p| p.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/')))
            .cloned()
            .collect())
    }
}
