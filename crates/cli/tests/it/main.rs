//! The program as its users meet it.

mod architecture;
mod founding;
mod guide;
mod import;
mod killed;
mod matching;
mod publish;
mod read;
mod readme;
mod review;
mod train;
mod verbs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs `bellwether` in the repository.
pub(crate) fn bellwether(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).args(args).current_dir(root()).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A fresh copy of a template in a temporary folder.
pub(crate) fn fresh(template: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case").to_string_lossy().into_owned();
    let out = bellwether(&["init", &case, "--template", template]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    (folder, case)
}
