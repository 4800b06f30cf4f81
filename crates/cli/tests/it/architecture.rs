//! ARCHITECTURE.md against `cargo metadata` and the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::root;

fn metadata() -> BTreeMap<String, BTreeSet<String>> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = value["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    packages
        .iter()
        .map(|p| {
            let deps = p["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|d| d["kind"].is_null())
                .map(|d| d["name"].as_str().unwrap());
            (p["name"].as_str().unwrap().to_owned(), deps.filter(|d| ours.contains(d)).map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn the_picture_is_true() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let crates = metadata();
    let picture = page.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let lines: Vec<Vec<&str>> = picture.lines().map(|l| l.split_whitespace().collect()).collect();
    let level: BTreeMap<&str, usize> =
        lines.iter().enumerate().flat_map(|(i, l)| l.iter().map(move |c| (*c, i))).collect();
    assert_eq!(
        level.keys().map(|k| (*k).to_owned()).collect::<BTreeSet<_>>(),
        crates.keys().cloned().collect(),
        "crates in the picture"
    );
    for (name, deps) in &crates {
        for d in deps {
            assert!(level[name.as_str()] < level[d.as_str()], "{name} -> {d} does not point down");
        }
        assert!(page.contains(&format!("| `{name}` |")), "{name} has no sentence");
    }
    // Dependencies, as declared.
    let declared =
        page.split("Dependencies, as declared:").nth(1).unwrap().split("\n\n").next().unwrap().replace('\n', " ");
    for part in declared.trim_end_matches('.').split(';') {
        let names: Vec<&str> = part.split('`').skip(1).step_by(2).collect();
        let (name, listed) = names.split_first().unwrap();
        let listed: BTreeSet<String> = listed.iter().map(|s| (*s).to_owned()).collect();
        let expected: BTreeSet<String> = if part.contains("all but") {
            crates.keys().filter(|k| k != name && !listed.contains(*k)).cloned().collect()
        } else {
            listed
        };
        assert_eq!(crates[*name], expected, "{name}");
    }
}

#[test]
fn every_path_it_names_is_there_and_it_is_one_page() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for path in page.split('`').skip(1).step_by(2).filter(|p| p.starts_with("crates/") || p.starts_with("docs/")) {
        assert!(root().join(path).exists(), "{path}");
    }
    assert!(page.lines().count() <= 90, "one page");
}
