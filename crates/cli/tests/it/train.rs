//! `train`: marks from what people coded, and what `read` makes of them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{bellwether, fresh, text};

/// A construction that no rule knows, in many words.
fn texts() -> String {
    let mut out = String::new();
    for (who, what) in ["militants", "gunmen", "insurgents", "guerrillas", "rebels", "fighters"]
        .iter()
        .flat_map(|w| ["market", "convoy", "school", "bridge", "checkpoint"].map(|t| (w, t)))
    {
        for act in ["blast", "ambush"] {
            let said = format!("The {act} that tore through a {what} was the work of {who}, officials said.");
            writeln!(out, "{{\"text\": \"{said}\", \"perpetrator\": [\"{who}\"], \"target\": [\"{what}\"]}}").unwrap();
        }
    }
    out
}

#[test]
fn what_people_marked_fills_what_the_rules_leave_open_under_a_rule_of_its_own() {
    let (folder, case) = fresh("rasht-2010");
    let news = folder.path().join("news.txt");
    fs::write(
        &news,
        "The blast that tore through a market in Khujand was the work of IMU militants, officials said.\n",
    )
    .unwrap();
    let news = news.to_string_lossy().into_owned();
    let add =
        ["add", &case, &news, "--title", "News", "--source", "tajik-defence-ministry", "--published", "2010-11-09"];
    assert!(bellwether(&add).status.success());
    let claims = || -> Vec<serde_json::Value> {
        let out = bellwether(&["read", &case, "--write"]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        let read = fs::read_to_string(Path::new(&case).join("claims/read.jsonl")).unwrap();
        read.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let by = |c: &serde_json::Value| c["says"]["event"]["actors"].to_string().contains("\"imu\"");
    assert!(claims().iter().all(|c| !by(c)));

    let marked = folder.path().join("marked.jsonl");
    fs::write(&marked, texts()).unwrap();
    let marked = marked.to_string_lossy().into_owned();
    let out = bellwether(&["train", &case, &marked]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("of what it marks is right"), "{}", text(&out.stdout));
    let model = Path::new(&case).join("models/marks.json");
    let first = fs::read(&model).unwrap();
    let with = claims();
    let filled: Vec<_> = with.iter().filter(|c| by(c)).collect();
    assert_eq!(filled.len(), 1, "{with:?}");
    assert_eq!(filled[0]["rule"], "marked-perpetrator");
    // The case still stands, and the same texts make the same model.
    assert!(bellwether(&["check", &case]).status.success());
    assert!(bellwether(&["train", &case, &marked]).status.success());
    assert!(fs::read(&model).unwrap() == first);
    // A broken model is no empty one.
    fs::write(&model, &first[..first.len() / 2]).unwrap();
    let out = bellwether(&["read", &case]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("makes a new one"), "{}", text(&out.stderr));
}

#[test]
fn every_fault_of_marked_texts_is_shown_at_its_line_and_nothing_is_trained() {
    let (folder, case) = fresh("rasht-2010");
    let marked = folder.path().join("marked.jsonl");
    fs::write(
        &marked,
        "{\"text\": \"Rebels left.\", \"perpetrator\": [\"Rebel army\"]}\n{\"text\": \"x\", \"victim\": []}\n{\"words\": 1}\n{\"text\": \"x\", \"target\": \"x\"}\n{\"text\": 'x'}\n",
    )
    .unwrap();
    let out = bellwether(&["train", &case, &marked.to_string_lossy()]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    for (line, what) in [
        (1, "`Rebel army` does not stand in the text"),
        (2, "unknown key `victim`"),
        (3, "a line without a `text`"),
        (4, "`target` is a list of strings"),
        (5, "not JSON"),
    ] {
        assert!(said.contains(what), "{said}");
        assert!(said.contains(&format!("marked.jsonl:{line}:")), "{line}: {said}");
    }
    assert!(!Path::new(&case).join("models").exists());
}
