//! `read --write` and `review`: proposals, and what people rule on them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{bellwether, fresh, root, text};

const NEWS: &str = "Gunmen ambushed an army convoy in the Kamarob Gorge on Monday, the defence ministry said. At least four Tajik soldiers were killed.\n\nThe IMU claimed responsibility for the attack.\n";

/// A case with one report that nobody has coded.
fn with_news() -> (tempfile::TempDir, String) {
    let (folder, case) = fresh("rasht-2010");
    let file = folder.path().join("news.txt");
    fs::write(&file, NEWS).unwrap();
    let file = file.to_string_lossy();
    for args in [
        &["add", &case, &file, "--title", "News", "--source", "tajik-defence-ministry", "--published", "2010-11-09"][..],
        &["read", &case, "--write"],
    ] {
        let out = bellwether(args);
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
    (folder, case)
}

fn review(case: &str, keys: &str, editor: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bellwether"))
        .args(["review", case, "--by", "ab"])
        .env("EDITOR", editor)
        .env_remove("VISUAL")
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(case: &str, file: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(Path::new(case).join(file)).unwrap_or_default();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn proposals_are_only_for_what_no_person_has_coded_and_fit_the_case() {
    let (_folder, case) = with_news();
    let read = lines(&case, "claims/read.jsonl");
    assert!(read.len() >= 3, "{read:?}");
    assert!(read.iter().all(|c| c["report"] == "2010-11-09-news" && c["rule"].is_string()));
    // The dead of the second sentence are the ambush's, and the IMU's own voice claims it.
    let ambush = read.iter().find(|c| c["says"]["event"]["place"]["area"] == "kamarob-gorge").unwrap();
    let id = &ambush["says"]["event"]["id"];
    let toll = read.iter().find(|c| c["says"]["event"]["figures"][0]["number"] == 4).unwrap();
    assert_eq!(&toll["says"]["event"]["id"], id);
    assert_eq!(toll["says"]["event"]["figures"][0]["of"], "tajik-forces");
    let claim = read.iter().find(|c| c["stance"] == "claims-responsibility").unwrap();
    assert_eq!((&claim["says"]["event"]["id"], &claim["chain"][0]), (id, &"imu-statements".into()));
    let out = bellwether(&["check", &case]);
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn rulings_are_appended_can_be_undone_and_leave_the_queue() {
    let (_folder, case) = with_news();
    let all = lines(&case, "claims/read.jsonl").len();
    // Accept, reject with a reason, take that back, reject again without one, leave.
    let out = review(&case, "a\nr\nnot there\nz\nr\n\nq\n", "true");
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said = text(&out.stdout);
    assert!(said.contains(&format!("1 of {all}")) && said.contains("on it depends"), "{said}");
    assert!(said.contains("2 ruled on"), "{said}");
    let rulings = lines(&case, "rulings.jsonl");
    let verdicts: Vec<_> = rulings.iter().map(|r| r["decides"]["claim"]["is"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["accepted", "rejected"]);
    assert_eq!(rulings[1]["why"], "the text does not say so");
    let out = bellwether(&["review", &case, "--list", "--format", "json"]);
    let queue: Vec<serde_json::Value> = serde_json::from_str(&text(&out.stdout)).unwrap();
    assert_eq!(queue.len(), all - 2);
    // First things first, and what was ruled on a rule counts for its other claims.
    let priority: Vec<f64> = queue.iter().map(|q| q["priority"].as_f64().unwrap()).collect();
    assert!(priority.is_sorted_by(|a, b| a >= b), "{priority:?}");
    let out = bellwether(&["status", &case]);
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn what_a_person_edits_becomes_a_claim_of_their_own_and_merges_are_rulings() {
    let (folder, case) = with_news();
    // The editor rates what was said.
    let editor = folder.path().join("editor.sh");
    fs::write(&editor, "#!/bin/sh\nsed -i 's/\"stance\": /\"credibility\": 3, \"stance\": /' \"$1\"\n").unwrap();
    let editor = format!("sh {}", editor.display());
    let out = review(&case, "e\nm\nkamarob-ambus\nm\nkamarob-ambush\nq\n", &editor);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said = text(&out.stdout);
    assert!(said.contains("did you mean `kamarob-ambush`?"), "{said}");
    let mine = lines(&case, "claims/reviewed.jsonl");
    assert_eq!(mine.len(), 1);
    assert!(mine[0]["id"].as_str().unwrap().ends_with("-by-hand") && mine[0]["rule"].is_null());
    assert_eq!(mine[0]["credibility"], 3);
    let rulings = lines(&case, "rulings.jsonl");
    let kinds: Vec<_> =
        rulings.iter().map(|r| r["decides"].as_object().unwrap().keys().next().unwrap().clone()).collect();
    assert_eq!(kinds, ["claim", "claim", "match"]);
    assert!(rulings[0]["why"].as_str().unwrap().starts_with("put right as "));
    assert_eq!(rulings[2]["decides"]["match"]["is"], "same");
    // It is a sound case still, and what does not fit is not kept.
    let out = bellwether(&["build", &case]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let why = text(&bellwether(&["explain", &case, "event:kamarob-ambush"]).stdout);
    assert!(why.contains("claim:2010-11-09-news-"), "the merged event's claims are the ambush's: {why}");
    let spoil = folder.path().join("spoil.sh");
    fs::write(&spoil, "#!/bin/sh\nsed -i 's/\"report\": \"/\"report\": \"no-/' \"$1\"\n").unwrap();
    let out = review(&case, "e\nq\n", &format!("sh {}", spoil.display()));
    assert!(text(&out.stdout).contains("Nothing was changed."), "{}", text(&out.stdout));
    assert!(text(&out.stderr).contains("unknown report"), "{}", text(&out.stderr));
    assert_eq!(lines(&case, "claims/reviewed.jsonl").len(), 1);
}

/// What bears on a hypothesis is proposed as a fact, shown with its cue, and can be put into a person's words.
#[test]
fn a_statement_is_a_fact_that_can_be_edited() {
    let (folder, case) = fresh("rasht-2010");
    let file = folder.path().join("doubt.txt");
    fs::write(&file, "It remains unclear whether the IMU is regaining strength.\n").unwrap();
    let file = file.to_string_lossy();
    let add =
        ["add", &case, &file, "--title", "Doubt", "--source", "tajik-defence-ministry", "--published", "2010-11-09"];
    assert!(bellwether(&add).status.success());
    assert!(bellwether(&["read", &case, "--write"]).status.success());
    let read = lines(&case, "claims/read.jsonl");
    assert_eq!(read.len(), 1, "{read:?}");
    assert_eq!(read[0]["rule"], "says-unknown");
    assert_eq!(read[0]["says"]["fact"]["text"], "It remains unclear whether the IMU is regaining strength.");
    let editor = folder.path().join("editor.sh");
    fs::write(
        &editor,
        "#!/bin/sh\nsed -i '/\"text\": /s/It remains unclear.*strength/The strength of the IMU is not known/' \"$1\"\n",
    )
    .unwrap();
    let out = review(&case, "e\nq\n", &format!("sh {}", editor.display()));
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said = text(&out.stdout);
    assert!(said.contains("unknown") && said.contains("bears on"), "{said}");
    let mine = lines(&case, "claims/reviewed.jsonl");
    assert_eq!(mine.len(), 1, "{said}");
    assert_eq!(mine[0]["says"]["fact"]["text"], "The strength of the IMU is not known.");
    assert!(bellwether(&["build", &case]).status.success());
}

/// Two reports on one ambush are read as two events, and matched as rows of data sets are: the doubt stays in the worlds.
#[test]
fn what_two_reports_tell_is_matched() {
    let (folder, case) = with_news();
    let file = folder.path().join("more.txt");
    fs::write(
        &file,
        "A convoy of the Tajik army was ambushed in the Kamarob Gorge on 8 November. Gunmen killed four soldiers.\n",
    )
    .unwrap();
    let file = file.to_string_lossy();
    for args in [
        &["add", &case, &file, "--title", "More", "--source", "foreign-agency", "--published", "2010-11-10"][..],
        &["read", &case, "--write"],
        &["build", &case],
    ] {
        let out = bellwether(args);
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
    let sql = "select a, b, probability from matches where a like 'ambushed-kamarob-gorge-%' and b like 'ambushed-kamarob-gorge-%'";
    let out = bellwether(&["query", sql, &case, "--format", "json"]);
    let said = text(&out.stdout);
    assert!(
        out.status.success() && said.matches("ambushed-kamarob-gorge-").count() == 2,
        "{said} {}",
        text(&out.stderr)
    );
}
