//! The API against its description: schemathesis sends what the description allows and what it does not, and holds every
//! answer against it.

use std::process::Command;

use workbench::Role;

use crate::Served;

/// Sends to a server of its own, as an owner, what `which` chooses of the description; returns what was told of it.
fn kept(which: &[&str]) -> String {
    let Some(tool) = std::env::var_os("SCHEMATHESIS") else {
        eprintln!("SKIPPED: schemathesis is not here (SCHEMATHESIS); scripts/test installs it");
        return String::new();
    };
    let served = Served::new(&[("olga", Role::Owner)]);
    let who = served.sign_in("olga");
    let keep = tempfile::tempdir().unwrap();
    let url = format!("http://{}", served.address);
    let out = Command::new(tool)
        .current_dir(keep.path())
        .args(["--config-file", concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis.toml"), "run"])
        .args([&format!("{url}/api/openapi.json"), "--url", &url, "--no-color"])
        .args(["-H", &format!("cookie: {}", who.cookie.unwrap())])
        .args(["-H", &format!("x-csrf-token: {}", who.csrf.unwrap())])
        .args(which)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{told}{}", String::from_utf8_lossy(&out.stderr));
    told
}

#[test]
fn the_case_keeps_to_its_description() {
    let told = kept(&["--exclude-tag", "accounts", "--exclude-tag", "session"]);
    assert!(!told.contains("Authentication failed"), "{told}");
}

#[test]
fn accounts_keep_to_their_description() {
    let told = kept(&["--include-tag", "accounts"]);
    assert!(!told.contains("Authentication failed"), "{told}");
}

/// Apart: whoever signs out asks in vain from then on.
#[test]
fn sessions_keep_to_their_description() {
    kept(&["--include-tag", "session"]);
}
