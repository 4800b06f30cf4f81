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

impl MemoryHost {
    /// Edits the folder: `--- PATH` names a file (`--- PATH gone` takes it away); below it `-old` and `+new` lines replace
    /// the first occurrence, and a `+new` line alone is added at the end. `\n` in a line is a line break. The language of
    /// the samples of bad cases and of the lints.
    ///
    /// # Errors
    /// What is to be replaced or taken away is not there.
    pub fn edit(&mut self, edits: &str) -> Result<(), String> {
        let plain = |text: &str| text.replace("\\\\n", "\u{1}").replace("\\n", "\n").replace('\u{1}', "\\n");
        let mut file = String::new();
        let mut old: Option<String> = None;
        for line in edits.lines() {
            if let Some(path) = line.strip_prefix("--- ") {
                match path.strip_suffix(" gone") {
                    Some(path) => drop(self.files.remove(path).ok_or_else(|| format!("{path} is not there"))?),
                    None => path.clone_into(&mut file),
                }
            } else if let Some(text) = line.strip_prefix('-') {
                old = Some(plain(text));
            } else if let Some(text) = line.strip_prefix('+') {
                let new = plain(text);
                let there = String::from_utf8_lossy(self.files.get(&file).map_or(&[], Vec::as_slice)).into_owned();
                let changed = match old.take() {
                    Some(old) if there.contains(&old) => there.replacen(&old, &new, 1),
                    Some(old) => return Err(format!("{file} does not contain {old:?}")),
                    None => there + &new + "\n",
                };
                self.files.insert(file.clone(), changed.into_bytes());
            } else if let Some(bytes) = line.strip_prefix("latin1 ") {
                self.files.insert(file.clone(), bytes.chars().map(|c| c as u8).collect());
            }
        }
        Ok(())
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

/// A folder in which some files are otherwise: what a change would come to, before a byte of it is kept.
pub struct Otherwise<'h> {
    /// The folder as it is.
    pub under: &'h dyn Host,
    /// Path to bytes of what is otherwise, or there in addition.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Host for Otherwise<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(path).map_or_else(|| self.under.read(path), |bytes| Ok(bytes.clone()))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut all = self.under.list(folder)?;
        all.extend(self.files.keys().filter(|p| p.rsplit_once('/').map_or("", |p| p.0) == folder).cloned());
        all.sort();
        all.dedup();
        Ok(all)
    }
}
