//! The guide to the first grid is followed as it stands: files are written, commands run, what is shown is printed.

use std::fs;
use std::path::Path;

use crate::{root, text};

/// A fenced block: what stands behind the fence, and what is in it.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (info, body) = after.split_once('\n').unwrap();
        let (body, more) = body.split_once("```").unwrap();
        out.push((info.to_owned(), body.to_owned()));
        rest = more;
    }
    out
}

/// Numbers of a table that more worlds would move are not compared to the last digit: words are.
fn shown(line: &str, printed: &str) -> bool {
    let words = |l: &str| l.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let wanted = words(line);
    printed.lines().any(|l| words(l).starts_with(&wanted))
}

#[test]
fn from_an_empty_folder_to_the_first_grid() {
    let guide = fs::read_to_string(root().join("docs/first-grid.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut commands, mut compared, mut printed) = (0, 0, String::new());
    for (info, body) in blocks(&guide) {
        let path = |key: &str| info.split(key).nth(1).map(|p| folder.path().join(p));
        if let Some(path) = path("file=") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, body).unwrap();
        } else if let Some(path) = path("append=") {
            let there = fs::read_to_string(&path).unwrap();
            fs::write(path, there + &body).unwrap();
        } else if info == "sh" {
            printed.clear();
            for line in body.lines() {
                let args = words(line);
                assert_eq!(args[0], "bellwether", "{line}");
                let out = std::process::Command::new(env!("CARGO_BIN_EXE_bellwether"))
                    .args(&args[1..])
                    .current_dir(folder.path())
                    .output()
                    .unwrap();
                assert!(out.status.success(), "{line}\n{}", text(&out.stderr));
                printed.push_str(&text(&out.stdout));
                commands += 1;
            }
        } else if info == "text" {
            for line in body.lines() {
                assert!(shown(line, &printed), "the guide shows\n{line}\nand this is printed:\n{printed}");
                compared += 1;
            }
        }
    }
    assert!(commands >= 10 && compared >= 5, "{commands} {compared}");
    assert!(Path::new(&folder.path().join("my-case/.bellwether/assessment.html")).exists());
}

/// Words of a command line, with what stands in double quotes kept together.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}
