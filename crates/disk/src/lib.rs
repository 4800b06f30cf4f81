//! The one door to the machine: a case folder as a [`Host`], files written whole, lines appended under a lock; and the day.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use case::Loaded;
use model::Host;

/// A case folder on disk.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Host for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(path))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.0.join(folder)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(e) => return Err(e),
        };
        let mut out = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Some(name) = entry.file_name().to_str()
                && !name.starts_with('.')
            {
                out.push(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") });
            }
        }
        out.sort();
        Ok(out)
    }
}

/// The day, as the machine's clock has it in UTC.
pub fn today() -> model::Day {
    let now = std::time::SystemTime::now();
    let seconds = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    model::Day((seconds / 86_400) as i32)
}

/// Loads the case in `folder`.
///
/// # Errors
/// There is no such folder.
pub fn load(folder: &Path) -> Result<Loaded, String> {
    if !folder.is_dir() {
        return Err(format!(
            "{} is not a folder; `bellwether init {}` makes a case there",
            folder.display(),
            folder.display()
        ));
    }
    Ok(case::load(&Folder(folder.to_owned())))
}

/// Writes a file whole or not at all.
///
/// # Errors
/// As the system gives them, with the path.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    use std::io::Write as _;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let beside = path.with_file_name(name);
    let run = || -> io::Result<()> {
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        let mut f = fs::File::create(&beside)?;
        f.write_all(bytes)?;
        f.sync_all()?;
        fs::rename(&beside, path)
    };
    run().map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// Adds lines to a file, under a lock, and sees them to the disk.
///
/// # Errors
/// As the system gives them, with the path.
pub fn append(path: &Path, lines: &[String]) -> Result<(), String> {
    if lines.is_empty() {
        return Ok(());
    }
    use std::io::Write as _;
    let run = || -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut f = fs::OpenOptions::new().create(true).append(true).read(true).open(path)?;
        f.lock()?;
        // A line that was left without its end must not swallow ours.
        let whole = fs::read(path)?;
        let mut text = String::new();
        if !whole.is_empty() && !whole.ends_with(b"\n") {
            text.push('\n');
        }
        for l in lines {
            text.push_str(l);
            text.push('\n');
        }
        f.write_all(text.as_bytes())?;
        f.sync_all()
    };
    run().map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// Writes a folder with its files whole or not at all; it must not be there.
///
/// # Errors
/// As the system gives them, with the path.
pub fn write_folder(target: &Path, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".tmp");
    let beside = target.with_file_name(name);
    let failed = |e: io::Error| format!("cannot write {}: {e}", target.display());
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(failed)?;
    }
    for (path, bytes) in files {
        write(&beside.join(path), bytes)?;
    }
    fs::rename(&beside, target).map_err(failed)
}

/// Every `published/ID/publication.json` of a case, by path.
///
/// # Errors
/// As the system gives them, with the path.
pub fn publications(case: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let Ok(entries) = fs::read_dir(case.join("published")) else { return Ok(Vec::new()) };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path().join("publication.json")).filter(|p| p.is_file()).collect();
    files.sort();
    files
        .into_iter()
        .map(|f| Ok((f.display().to_string(), fs::read(&f).map_err(|e| format!("cannot read {}: {e}", f.display()))?)))
        .collect()
}

/// Largest font that is read, in bytes: the largest of Noto's for Chinese, Japanese and Korean have 30 MB.
const FONT_MAX: u64 = 64 << 20;

/// The fonts that lie in a case's `fonts/`, in the order of their names: those that the PDF is set in beside the bundled.
///
/// # Errors
/// One is larger than 64 MB, or as the system gives them.
pub fn fonts(case: &Path) -> Result<Vec<Vec<u8>>, String> {
    let folder = Folder(case.to_owned());
    let names = folder.list("fonts").map_err(|e| format!("cannot read {}: {e}", case.join("fonts").display()))?;
    let font = |n: &&String| [".ttf", ".otf", ".ttc", ".otc"].iter().any(|e| n.to_ascii_lowercase().ends_with(e));
    names.iter().filter(font).map(|n| bytes(&case.join(n), FONT_MAX)).collect()
}

/// A file of at most so many bytes.
fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let failed = |e: io::Error| format!("cannot read {}: {e}", path.display());
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > most {
        return Err(format!("{} has {} MB; at most {} are read", path.display(), size >> 20, most >> 20));
    }
    fs::read(path).map_err(failed)
}

/// A text file of at most so many bytes.
///
/// # Errors
/// It is larger, is no text, or as the system gives them.
pub fn text(path: &Path, most: u64) -> Result<String, String> {
    String::from_utf8(bytes(path, most)?).map_err(|_| format!("{} is not UTF-8 text", path.display()))
}
