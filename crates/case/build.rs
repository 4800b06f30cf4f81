//! Embeds the template cases: `templates/minimal` and the repository's own `examples/rasht-2010`,
//! so that what `init` writes is what the tests build.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut out = String::new();
    for (name, folder) in
        [("MINIMAL", root.join("templates/minimal")), ("RASHT_2010", root.join("../../examples/rasht-2010"))]
    {
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        gather(&folder, &folder, &mut files)?;
        files.sort();
        let _ = writeln!(out, "const {name}: &[(&str, &str)] = &[");
        for (path, full) in files {
            let _ = writeln!(out, "    ({path:?}, include_str!({:?})),", full.display().to_string());
        }
        let _ = writeln!(out, "];");
    }
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("templates.rs"), out)
}

fn gather(root: &Path, folder: &Path, out: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if name.starts_with('.') || name == "schema" || name == "case.lock" {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, out)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts: Vec<&str> = relative.iter().filter_map(|p| p.to_str()).collect();
            out.push((parts.join("/"), path.clone()));
        }
    }
    Ok(())
}
