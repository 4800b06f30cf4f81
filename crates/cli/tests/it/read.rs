//! `read`: proposals, each with the words it rests on.

use std::fs;

use crate::{bellwether, fresh, root, text};

#[test]
fn what_a_report_says_is_proposed_with_its_words() {
    let out = bellwether(&["read", "examples/rasht-2010", "2010-09-22-defence-ministry"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said = text(&out.stdout);
    for part in [
        "note[asserts]: Battles, Armed clash: asserted",
        "--> reports/2010-09-22-defence-ministry.md:",
        "killed 25, at least",
        "where = kamarob-gorge",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(text(&out.stderr).contains("1 text read: "));
}

#[test]
fn every_span_is_a_piece_of_the_file_and_threads_change_nothing() {
    let run = |threads: &str| {
        let out = bellwether(&["read", "examples/rasht-2010", "--format", "json", "--threads", threads]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        text(&out.stdout)
    };
    let one = run("1");
    assert_eq!(one, run("2"));
    let all: serde_json::Value = serde_json::from_str(&one).unwrap();
    let mut events = 0;
    for r in all.as_array().unwrap() {
        let raw = fs::read_to_string(root().join("examples/rasht-2010").join(r["file"].as_str().unwrap())).unwrap();
        for e in r["events"].as_array().unwrap() {
            events += 1;
            let span = &e["trigger"]["span"];
            let at = span["start"].as_u64().unwrap() as usize..span["end"].as_u64().unwrap() as usize;
            assert_eq!(raw.get(at).unwrap(), e["words"].as_str().unwrap());
            assert!(raw.contains(e["sentence"].as_str().unwrap()));
        }
    }
    assert!(events >= 20, "{events}");
}

#[test]
fn a_model_is_asked_only_when_it_may_be_and_a_failure_writes_nothing() {
    let (folder, case) = fresh("minimal");
    let file = folder.path().join("x.txt");
    fs::write(&file, "Gunmen attacked the bridge on Tuesday.\n").unwrap();
    let file = file.to_string_lossy();
    let filed =
        bellwether(&["add", &case, &file, "--title", "Bridge", "--source", "daily", "--published", "2024-03-06"]);
    assert!(filed.status.success(), "{}", text(&filed.stderr));
    let ask = |more: &[&str]| bellwether(&[&["read", &case, "--write", "--model", "m", "--ask"][..], more].concat());
    let out = ask(&["http://example.com/v1"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("say --remote if they may"), "{}", text(&out.stderr));
    let out = ask(&["http://127.0.0.1:1/v1"]);
    assert!(text(&out.stderr).contains("http://127.0.0.1:1/v1/chat/completions"), "{}", text(&out.stderr));
    for file in ["claims/read.jsonl", "answers"] {
        assert!(!std::path::Path::new(&case).join(file).exists(), "{file}");
    }
    assert_eq!(bellwether(&["read", &case, "--ask", "http://127.0.0.1:1"]).status.code(), Some(2), "which model?");
}

#[test]
fn what_cannot_be_read_is_said() {
    let fails = |args: &[&str]| {
        let out = bellwether(args);
        assert_eq!(out.status.code(), Some(1), "{args:?}");
        text(&out.stderr)
    };
    let said = fails(&["read", "examples/rasht-2010", "2010-09-22-defense-ministry"]);
    assert!(said.contains("did you mean `2010-09-22-defence-ministry`?"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.txt");
    fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    let said = fails(&["read", "examples/rasht-2010", "--file", &file.to_string_lossy()]);
    assert!(said.contains("is not UTF-8 text"), "{said}");
}
