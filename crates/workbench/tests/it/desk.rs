//! What people change: rulings, claims, definitions; and the build that follows.

use std::fs;

use serde_json::{Value, json};
use workbench::Role;

use crate::{Served, Who};

fn rule(s: &Served, who: &Who, is: &str, over: Option<u64>) -> crate::Reply {
    s.send(
        who,
        "POST",
        "/api/rulings",
        &json!({"claim": "read-bridge", "is": is, "why": "it stands there", "over": over}),
    )
}

#[test]
fn the_second_sees_the_firsts_ruling_and_nothing_is_lost() {
    let s = Served::new(&[("olga", Role::Owner), ("cody", Role::Coder)]);
    let (olga, cody) = (s.sign_in("olga"), s.sign_in("cody"));
    assert_eq!(s.get(&olga, "/api/queue").body["claims"][0]["claim"], "read-bridge");
    let first = rule(&s, &cody, "accepted", None);
    assert_eq!((first.status, first.body["by"].as_str()), (201, Some("cody")));
    // It is on the disk when it is acknowledged.
    let path = s.path().join("rulings.jsonl");
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    let second = rule(&s, &olga, "rejected", None);
    assert_eq!(second.status, 409);
    assert_eq!(
        (second.body["ruling"]["by"].as_str(), second.body["ruling"]["is"].as_str()),
        (Some("cody"), Some("accepted"))
    );
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1, "what was refused is not written");
    // Over the first, knowing it.
    let over = first.body["number"].as_u64();
    assert_eq!(rule(&s, &olga, "rejected", over).status, 201);
    assert_eq!(rule(&s, &cody, "accepted", over).status, 409, "the first is not the last any more");
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2, "both stay");
    assert_eq!(s.get(&olga, "/api/queue").body["claims"], json!([]));
    // Somebody at a terminal rules, too.
    let line = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .last()
        .unwrap()
        .replace("rejected", "unsure")
        .replace("olga", "terry");
    disk::append(&path, &[line]).unwrap();
    let third = rule(&s, &cody, "accepted", Some(2));
    assert_eq!((third.status, third.body["ruling"]["by"].as_str()), (409, Some("terry")));
    for bad in [
        json!({"claim": "army-bridge", "is": "accepted", "why": "x"}),
        json!({"claim": "none", "is": "accepted", "why": "x"}),
        json!({"claim": "read-bridge", "is": "perhaps", "why": "x", "over": 3}),
        json!({"claim": "read-bridge", "is": "accepted", "why": " ", "over": 3}),
        json!({"events": ["bridge", "bridge"], "is": "same", "why": "x"}),
        json!({"is": "same", "why": "x"}),
    ] {
        assert_eq!(s.send(&cody, "POST", "/api/rulings", &bad).status, 422, "{bad}");
    }
    let audit = s.get(&olga, "/api/audit").body;
    assert!(audit["broken"].is_null());
    assert!(audit["log"].as_array().unwrap().iter().any(|e| e["who"] == "cody" && e["did"] == "ruled"), "{audit}");
}

/// Twenty rule on one claim at the same moment: one is first, all others are told.
#[test]
fn of_many_at_once_one_is_first() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let statuses: Vec<u16> = std::thread::scope(|t| {
        let all: Vec<_> = (0..20).map(|_| t.spawn(|| rule(&s, &who, "accepted", None).status)).collect();
        all.into_iter().map(|h| h.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == 409).count(), 19, "{statuses:?}");
    assert_eq!(fs::read_to_string(s.path().join("rulings.jsonl")).unwrap().lines().count(), 1);
}

#[test]
fn a_claim_is_made_of_a_passage_if_the_case_is_sound_with_it() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let report = s.get(&who, "/api/reports/2024-03-04-daily").body;
    let body: String = report["runs"].as_array().unwrap().iter().map(|r| r["text"].as_str().unwrap()).collect();
    // As a browser counts: the place of the words in UTF-16 units.
    let at = body.find("About ten soldiers died").unwrap();
    let start = body[..at].encode_utf16().count();
    let claim = json!({"id": "daily-ten", "chain": ["daily"], "stance": "asserts", "says": {"event": {"id": "bridge", "type": "Explosions/Remote violence", "time": "2024-03-01"}}});
    let sent = json!({"report": "2024-03-04-daily", "start": start, "end": start + 23, "claim": claim});
    let r = s.send(&who, "POST", "/api/claims", &sent);
    assert_eq!(r.status, 201, "{r:?}");
    assert_eq!(r.body["excerpt"]["exact"], "About ten soldiers died");
    s.until(&who, "the claim to be built", |_| s.get(&who, "/api/claims/daily-ten").status == 200);
    // Again, and with an actor that nobody knows: nothing is kept, and the caret says where.
    let again = s.send(&who, "POST", "/api/claims", &sent);
    assert_eq!(again.status, 422);
    let mut bad = sent.clone();
    bad["claim"]["id"] = "other".into();
    bad["claim"]["says"]["event"]["actors"] = json!([{"known": {"actor": "armi", "role": "target"}}]);
    let r = s.send(&who, "POST", "/api/claims", &bad);
    let problem = r.body["problems"][0].as_str().unwrap();
    assert!(r.status == 422 && problem.contains("claims/reviewed.jsonl:2") && problem.contains("army"), "{problem}");
    bad["end"] = 1_000_000.into();
    assert_eq!(s.send(&who, "POST", "/api/claims", &bad).status, 422);
    assert_eq!(fs::read_to_string(s.path().join("claims/reviewed.jsonl")).unwrap().lines().count(), 1);
}

/// A reading put right as two claims: both are added and the reading is rejected, or nothing is.
#[test]
fn a_reading_is_put_right_as_two_claims_or_nothing_is_written() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let line = s.get(&who, "/api/claims/read-bridge").body["line"].clone();
    let mut second = line.clone();
    second["says"]["event"]["id"] = "convoy".into();
    let at = "/api/claims/read-bridge/put-right";
    let put = |claims: Value, over: Option<u64>| s.send(&who, "POST", at, &json!({"claims": claims, "over": over}));
    let mut bad = second.clone();
    bad["says"]["event"]["actors"] = json!([{"known": {"actor": "armi", "role": "target"}}]);
    let r = put(json!([line, bad]), None);
    assert!(r.status == 422 && r.body["problems"][0].as_str().unwrap().contains("army"), "{r:?}");
    assert_eq!(put(json!([]), None).status, 422);
    let (claims, rulings) = (s.path().join("claims/reviewed.jsonl"), s.path().join("rulings.jsonl"));
    assert!(!claims.exists() && !rulings.exists(), "what was refused is not written");
    let r = put(json!([line, second]), None);
    assert_eq!((r.status, r.body["is"].as_str()), (201, Some("rejected")), "{r:?}");
    assert_eq!(r.body["why"], "put right as read-bridge-by-hand, read-bridge-by-hand-2");
    let added: Vec<Value> =
        fs::read_to_string(&claims).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(added.len() == 2 && added.iter().all(|c| c.get("rule").is_none()), "{added:?}");
    assert_eq!(put(json!([line]), None).status, 409, "somebody has ruled on it");
    s.until(&who, "the claims", |_| s.get(&who, "/api/claims/read-bridge-by-hand-2").status == 200);
    assert_eq!(put(json!([line]), r.body["number"].as_u64()).status, 201, "over the first, knowing it");
    assert_eq!(s.send(&who, "POST", "/api/claims/army-bridge/put-right", &json!({"claims": [line]})).status, 422);
    assert_eq!(s.send(&who, "POST", "/api/claims/none/put-right", &json!({"claims": [line]})).status, 404);
}

#[test]
fn definitions_are_kept_only_if_the_case_is_sound_and_nobody_was_faster() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let at = "/api/file?path=case.toml";
    let file = s.get(&who, at).body;
    let text = file["text"].as_str().unwrap();
    let put = |text: &str, version: &Value| s.send(&who, "PUT", at, &json!({"text": text, "version": version}));
    let broken = put(&text.replace("seed", "sede"), &file["version"]);
    assert_eq!(broken.status, 422);
    assert!(broken.body["problems"][0].as_str().unwrap().contains("^"), "{broken:?}");
    assert_eq!(fs::read_to_string(s.path().join("case.toml")).unwrap(), text, "not a byte of it was kept");
    let changed = put(&format!("{text}\n# looked at\n"), &file["version"]);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(put(text, &file["version"]).status, 409, "somebody was faster");
    assert_eq!(put(text, &changed.body["version"]).status, 200);
}

#[test]
fn an_area_drawn_otherwise_and_a_likelihood_judged_anew_move_the_answer() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let before = s.get(&who, "/api/assessment").body;
    let far = json!({"type": "Polygon", "coordinates": [[[100.0, 10.0], [101.0, 10.0], [101.0, 11.0], [100.0, 10.0]]]});
    let lines = |s: &Served| fs::read_to_string(s.path().join("areas.geojson")).unwrap().lines().count();
    let was = lines(&s);
    assert_eq!(s.send(&who, "PUT", "/api/areas/far-away", &json!({"name": "Far away", "geometry": far})).status, 204);
    assert_eq!(lines(&s), was + 1, "one feature a line");
    s.until(&who, "the area", |_| s.get(&who, "/api/areas").body.to_string().contains("Far away"));
    let open = json!({"type": "Polygon", "coordinates": [[[100.0, 10.0], [101.0, 10.0]]]});
    assert_eq!(s.send(&who, "PUT", "/api/areas/far-away", &json!({"geometry": open})).status, 422);
    let q = before["questions"][0]["id"].as_str().unwrap().trim_start_matches("question:").to_owned();
    let evidence = before["questions"][0]["evidence"][0]["id"].as_str().unwrap().to_owned();
    let h = before["questions"][0]["hypotheses"][0].as_str().unwrap().to_owned();
    let judge = |value: Value| {
        s.send(
            &who,
            "PUT",
            "/api/likelihood",
            &json!({"question": q, "evidence": evidence, "hypothesis": h, "likelihood": value}),
        )
        .status
    };
    let old = fs::read_to_string(s.path().join("hypotheses.toml")).unwrap();
    assert_eq!(judge(json!(0.0001)), 204);
    let new = fs::read_to_string(s.path().join("hypotheses.toml")).unwrap();
    let differ = old.lines().zip(new.lines()).filter(|(a, b)| a != b).count();
    assert_eq!(
        (differ, old.lines().count()),
        (1, new.lines().count()),
        "one line changed, the rest as it was written:\n{new}"
    );
    let p = |a: &Value| {
        a["hypotheses"].as_array().unwrap().iter().find(|x| x["id"] == format!("hypothesis:{q}/{h}")).unwrap()["probability"].as_f64().unwrap()
    };
    s.until(&who, "the answer to move", |_| (p(&s.get(&who, "/api/assessment").body) - p(&before)).abs() > 0.01);
    for bad in [json!(1.5), json!("perhaps so"), json!([0.2]), json!({"a": 1}), Value::Null] {
        assert_eq!(judge(bad.clone()), 422, "{bad}");
    }
}

/// Builds are remembered, once each, and any two are compared.
#[test]
fn any_two_builds_are_compared() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let first = s.until(&who, "the whole build", |n| n["whole"] == true);
    let path = s.path().join("reports/2024-03-02-army.md");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\nMore was said.\n")).unwrap();
    s.until(&who, "another", |n| {
        n["build"].as_u64() > first["build"].as_u64() && n["whole"] == true && n["building"] == false
    });
    let all = s.get(&who, "/api/builds").body;
    assert_eq!(
        all.as_array().unwrap().iter().map(|b| b["number"].as_u64().unwrap()).collect::<Vec<_>>(),
        [2, 1],
        "{all}"
    );
    let d = s.get(&who, "/api/compare?from=1&to=2").body;
    assert_eq!(
        (&d["changed"], &d["added"], &d["numbers"]),
        (&json!(["2024-03-02-army"]), &json!([]), &json!([])),
        "{d}"
    );
    assert_eq!(s.get(&who, "/api/compare?from=1&to=7").status, 404);
    assert_eq!(s.get(&who, "/api/compare?from=1").status, 400);
    // What moves an answer is told with both numbers.
    let old = fs::read_to_string(s.path().join("sources.toml")).unwrap();
    assert!(old.contains("reliability = \"B\""), "{old}");
    fs::write(s.path().join("sources.toml"), old.replace("reliability = \"B\"", "reliability = \"E\"")).unwrap();
    s.until(&who, "a third", |_| s.get(&who, "/api/builds").body.as_array().unwrap().len() == 3);
    let d = s.get(&who, "/api/compare?from=2&to=3").body;
    assert!(
        !d["numbers"].as_array().unwrap().is_empty() && d["numbers"][0]["before"] != d["numbers"][0]["after"],
        "{d}"
    );
}

/// The folder is broken with an editor: the last good build stays, with the problem and its caret, until it is mended.
#[test]
fn the_last_good_build_is_served_while_the_folder_is_broken() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let good = s.until(&who, "the whole build", |n| n["whole"] == true);
    let path = s.path().join("sources.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n[broken\n")).unwrap();
    let state = s.until(&who, "the problem", |n| n["problems"].as_array().is_some_and(|p| !p.is_empty()));
    assert!(state["problems"][0].as_str().unwrap().contains("sources.toml:"), "{state}");
    assert_eq!(state["build"], good["build"]);
    assert_eq!(s.get(&who, "/api/assessment").status, 200);
    fs::write(&path, &text).unwrap();
    s.until(&who, "the mended build", |n| n["problems"] == json!([]) && n["building"] == false);
}

/// A draft writes nothing; what is published is there, file by file, and stays.
#[test]
fn a_draft_then_a_publication() {
    let s = Served::new(&[]);
    let who = s.nobody();
    let draft = s.send(&who, "POST", "/api/publications", &json!({"id": "first", "draft": true}));
    assert_eq!(
        (draft.status, &draft.body["written"], &draft.body["problems"]),
        (200, &json!(false), &json!([])),
        "{draft:?}"
    );
    assert!(!s.path().join("published").exists());
    let out = s.send(&who, "POST", "/api/publications", &json!({"id": "first", "draft": false}));
    assert_eq!((out.status, &out.body["written"]), (200, &json!(true)));
    assert_eq!(s.send(&who, "POST", "/api/publications", &json!({"id": "first", "draft": false})).status, 409);
    assert_eq!(s.send(&who, "POST", "/api/publications", &json!({"id": "../x", "draft": true})).status, 422);
    let listed = s.get(&who, "/api/publications").body;
    assert_eq!(listed[0]["files"].as_array().unwrap().len(), draft.body["files"].as_array().unwrap().len());
    let stix = s.ask("GET", "/api/publications/first?path=stix-core.json", &[], "");
    assert!(stix.status == 200 && stix.head["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(stix.body["type"], "bundle");
    assert_eq!(s.get(&who, "/api/audit").body["log"][0]["did"], "published");
}

/// What is asked for again is answered from what is at hand, and with nothing when it is the same.
#[test]
fn the_same_build_is_sent_once() {
    let s = Served::new(&[]);
    let who = s.nobody();
    s.until(&who, "the whole build", |n| n["whole"] == true);
    let first = s.get(&who, "/api/events");
    let tag = first.head["etag"].to_str().unwrap();
    assert_eq!(s.ask("GET", "/api/events", &[("if-none-match", tag)], "").status, 304);
    let explained = s.get(&who, "/api/explain/event:bridge").body;
    assert!(explained["excerpts"].as_array().unwrap().iter().any(|x| x["report"] == "2024-03-02-army"), "{explained}");
    assert_eq!(s.get(&who, "/api/explain/none:such").status, 404);
}

#[test]
fn forecasts_that_came_out_are_scored() {
    let s = Served::new(&[]);
    let who = s.nobody();
    assert_eq!(s.get(&who, "/api/scores").body, Value::Null, "nobody has entered any");
    let made = |month: u32, p: f64| json!({"forecast": format!("quiet@2024-01-01/2024-0{month}-01"), "made": "2024-01-01", "indicator": "quiet", "definition": "0", "by": format!("2024-0{month}-01"), "probability": p});
    let came = |month: u32, so: bool| json!({"resolves": format!("quiet@2024-01-01/2024-0{month}-01"), "on": "2024-03-05", "happened": so, "probability": 1.0});
    let lines = [made(2, 0.8), made(3, 0.6), came(2, true), came(3, false)].map(|l| l.to_string());
    disk::append(&s.path().join("forecasts.jsonl"), &lines).unwrap();
    s.until(&who, "the ledger", |_| !s.get(&who, "/api/scores").body.is_null());
    let scored = s.get(&who, "/api/scores").body;
    // ((1 - .8)² + .6²) / 2, and half of them came true.
    assert!((scored["brier"][0].as_f64().unwrap() - 0.2).abs() < 1e-12, "{scored}");
    assert_eq!(
        (&scored["resolved"], &scored["alarms"], &scored["base_rate"]),
        (&json!(2), &json!([2, 1]), &json!(0.25))
    );
}
