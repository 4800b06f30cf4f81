use std::fs;
use std::path::Path;

use crate::{bellwether, fresh, root, text};

fn json(args: &[&str]) -> serde_json::Value {
    let out = bellwether(args);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn both_templates_check_build_and_pass_their_tests() {
    for template in ["minimal", "rasht-2010"] {
        let (_keep, case) = fresh(template);
        let out = bellwether(&["check", &case, "--tests"]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        assert!(text(&out.stdout).contains("0 errors, 0 warnings"));
        assert!(text(&out.stderr).contains(" 0 failed"));
        let out = bellwether(&["build", &case]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        assert!(text(&out.stdout).contains("KEY JUDGMENTS"));
        let page = fs::read_to_string(Path::new(&case).join(".bellwether/assessment.html")).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains("id=\"judgments\"") && page.contains("<mark"));
        assert!(!page.contains("<script") && !page.contains("http-equiv=\"refresh\""));
        // Every link inside the page leads somewhere, and no two things have one id.
        let values = |mark: &str| page.split(mark).skip(1).filter_map(|s| s.split('"').next()).collect::<Vec<_>>();
        let ids = values(" id=\"");
        let distinct: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "an id is there twice");
        let links = values("href=\"#");
        assert!(links.len() > 20);
        for link in links {
            assert!(distinct.contains(link), "#{link} leads nowhere");
        }
    }
}

/// Rows with id and probability; the same bytes twice, with one thread and with two.
#[test]
fn the_assessment_is_deterministic_and_whole() {
    let (_keep, case) = fresh("rasht-2010");
    let run = |threads: &str| {
        fs::remove_dir_all(Path::new(&case).join(".bellwether")).ok();
        let out = bellwether(&["build", &case, "--format", "json", "--no-tests", "--threads", threads]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        (out.stdout, fs::read(Path::new(&case).join(".bellwether/assessment.html")).unwrap())
    };
    let (one, two) = (run("1"), run("2"));
    assert!(one == two && one == run("2"), "bytes differ");
    let a: serde_json::Value = serde_json::from_slice(&one.0).unwrap();
    for key in ["indicators", "hypotheses", "judgments", "events", "footprint"] {
        let rows = a[key].as_array().unwrap();
        assert!(!rows.is_empty(), "{key}");
        for row in rows {
            assert!(row["id"].is_string() && row.get("probability").is_some(), "{key}: {row}");
            if row["probability"].is_null() {
                assert!(
                    row["state"] == "not-testable" || row["outcome"] == "not-testable" || row["reason"].is_string(),
                    "{row}"
                );
            }
        }
    }
    let ids: Vec<&str> = ["indicators", "events", "judgments"].iter().filter_map(|k| a[*k][0]["id"].as_str()).collect();
    for id in ids {
        let out = bellwether(&["explain", &case, id, "--worlds", "64"]);
        assert!(out.status.success(), "{id}: {}", text(&out.stderr));
        assert!(text(&out.stdout).contains('^'), "{id} ends in no caret");
    }
}

#[test]
fn a_misspelt_area_gets_a_caret_a_suggestion_and_exit_code_1() {
    let (_keep, case) = fresh("minimal");
    let path = Path::new(&case).join("indicators.toml");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("\"north\"", "\"noth\"")).unwrap();
    let out = bellwether(&["build", &case]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(
        text(&out.stderr).replace(&case, "CASE"),
        "error[unknown-area]: unknown area `noth`
  --> indicators.toml:10:12
   |
10 | area     = \"noth\"
   |            ^^^^^^ declared areas: north, northford
   |
   = help: did you mean `north`?

CASE: 1 error, 0 warnings
"
    );
    assert!(!Path::new(&case).join(".bellwether/build.json").exists(), "nothing was built");
    // Mended, it builds; and only what looks at it is run when it changes again.
    fs::write(&path, &good).unwrap();
    assert!(bellwether(&["build", &case]).status.success());
    fs::write(&path, good.replace("at_least = 1", "at_least = 2")).unwrap();
    let status = json(&["status", &case, "--format", "json"]);
    let stages: Vec<&str> = status.as_array().unwrap().iter().filter_map(|s| s["stage"].as_str()).collect();
    assert_eq!(stages, ["test", "weigh", "assess", "scrutiny"], "{status}");
}

#[test]
fn add_files_a_report_and_refuses_what_it_cannot_place() {
    let (_keep, case) = fresh("minimal");
    let report = Path::new(&case).join("new.txt");
    fs::write(&report, "Nothing was seen at the bridge.\n").unwrap();
    let report = report.to_string_lossy().into_owned();
    let args = [
        "add",
        &case,
        &report,
        "--title",
        "All quiet: at the bridge!",
        "--source",
        "daily",
        "--published",
        "2024-03-06",
    ];
    let out = bellwether(&args);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(Path::new(&case).join("reports/2024-03-06-all-quiet-at-the-bridge.md").exists());
    assert!(bellwether(&["check", &case]).status.success());
    let out = bellwether(&args);
    assert_eq!(out.status.code(), Some(1), "never overwritten");
    let out = bellwether(&["add", &case, &report, "--title", "t", "--source", "dayly", "--published", "2024-03-06"]);
    assert!(text(&out.stderr).contains("did you mean `daily`?"));
    let out = bellwether(&["add", &case, &report, "--title", "t", "--source", "daily", "--published", "soon"]);
    assert!(text(&out.stderr).contains("is not a date"));
}

#[test]
fn diff_names_the_report_that_did_it() {
    let (_keep, case) = fresh("rasht-2010");
    assert!(bellwether(&["build", &case, "--no-tests"]).status.success());
    let out = bellwether(&["diff", &case]);
    assert_eq!(text(&out.stdout), "no number moved by more than two standard errors\n");
    for gone in ["reports/2010-09-24-defence-ministry.md", "tests/scenarios.toml"] {
        fs::remove_file(Path::new(&case).join(gone)).unwrap();
    }
    let claims = Path::new(&case).join("claims/hand.jsonl");
    let kept: String = fs::read_to_string(&claims)
        .unwrap()
        .lines()
        .filter(|l| !l.contains("2010-09-24-defence-ministry"))
        .map(|l| format!("{l}\n"))
        .collect();
    fs::write(&claims, kept).unwrap();
    let d = json(&["diff", &case, "--format", "json"]);
    assert_eq!(d["removed"], serde_json::json!(["2010-09-24-defence-ministry"]));
    assert!(d["numbers"].as_array().unwrap().iter().any(|n| n["id"] == "indicator:imu-did-kamarob"), "{d}");
    let d = json(&["diff", "examples/rasht-2010", "--without", "2010-09-23-imu-statement", "--format", "json"]);
    let moved =
        d["numbers"].as_array().unwrap().iter().find(|n| n["id"] == "indicator:imu-did-kamarob").unwrap().clone();
    assert_eq!(moved["because"][0]["report"], "report:2010-09-23-imu-statement");
}

/// The example's own lock says what it was built from; `BLESS=1 cargo test -p cli` writes it.
#[test]
fn the_examples_lock_is_up_to_date() {
    let (_keep, case) = fresh("rasht-2010");
    assert!(bellwether(&["build", &case, "--no-tests", "--worlds", "16"]).status.success());
    let got = fs::read_to_string(Path::new(&case).join("case.lock")).unwrap();
    let path = root().join("examples/rasht-2010/case.lock");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &got).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap_or_default() == got, "examples/rasht-2010/case.lock is stale");
}

/// Reports come from strangers.
#[test]
fn a_report_cannot_put_a_script_into_the_page() {
    let (_keep, case) = fresh("minimal");
    let path = Path::new(&case).join("reports/2024-03-04-daily.md");
    let text_of = fs::read_to_string(&path).unwrap();
    let evil = text_of
        .replace("title: What", "url: javascript:alert(1)\ntitle: <script>alert(1)</script> What")
        .replace("told our reporter.", "told <img src=x onerror=alert(1)></div><script>alert(2)</script>");
    fs::write(&path, evil).unwrap();
    let built = bellwether(&["build", &case]);
    assert!(built.status.success(), "{}", text(&built.stderr));
    let page = fs::read_to_string(Path::new(&case).join(".bellwether/assessment.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("href=\"javascript"));
    assert!(page.contains("&lt;script&gt;"));
    let lock = fs::read_to_string(Path::new(&case).join("case.lock")).unwrap();
    assert!(lock.contains("\"reports/2024-03-04-daily.md\" = ") && lock.contains("tool = "), "{lock}");
}

#[test]
fn query_speaks_sql() {
    let (_keep, case) = fresh("minimal");
    let out = bellwether(&["query", "select 1", &case]);
    assert!(!out.status.success() && text(&out.stderr).contains("run `bellwether build` first"));
    assert!(bellwether(&["build", &case]).status.success());
    let out = bellwether(&["query", "select id, state from indicators", &case]);
    assert_eq!(
        text(&out.stdout),
        "id                   state\n-------------------  ---------\nfront-strikes-north  ambiguous\n"
    );
    let out = bellwether(&["query", "selec", &case]);
    assert_eq!(out.status.code(), Some(1));
}

#[test]
fn misuse_is_exit_code_2_and_help_teaches() {
    assert_eq!(bellwether(&["biuld"]).status.code(), Some(2));
    assert_eq!(bellwether(&["build", "x", "--as-of", "soon"]).status.code(), Some(2));
    let help = text(&bellwether(&["--help"]).stdout);
    for verb in [
        "init",
        "add",
        "check",
        "build",
        "status",
        "explain",
        "diff",
        "query",
        "spread",
        "forecast",
        "score",
        "completions",
    ] {
        assert!(help.contains(verb), "{verb}");
    }
    // The long form teaches how a verb works, not only what it is for.
    for (verb, words) in [("read", "claims/read.jsonl"), ("train", "a line each"), ("review", "rulings.jsonl")] {
        let help = text(&bellwether(&[verb, "--help"]).stdout);
        assert!(help.contains(words), "{help}");
    }
    assert!(text(&bellwether(&["completions", "bash"]).stdout).contains("_bellwether"));
    let out = bellwether(&["init", "crates"]);
    assert!(text(&out.stderr).contains("not empty: nothing was written"));
}

/// A miniature GED file with a history that is known: all in Home, then as much again outside.
fn history() -> String {
    let mut out = String::from(
        "id,type_of_violence,side_a,side_b,where_prec,where_coordinates,adm_1,latitude,longitude,country,event_clarity,date_prec,date_start,date_end,low,best,high\n",
    );
    let mut id = 0;
    let mut put = |year: i32, month: u32, place: &str, province: &str, lat: f64, lon: f64| {
        id += 1;
        out.push_str(&format!("{id},1,Government of Land,Group,1,{place},{province},{lat},{lon},Land,1,1,{year}-{month:02}-10,{year}-{month:02}-11,1,2,4\n"));
    };
    for year in 2010..2017 {
        for month in 1..=12 {
            put(year, month, "A", "Home Province", 10.0 + f64::from(month) * 0.01, 20.0);
            if year >= 2015 {
                put(year, month, "B", "Other Province", 12.0, 22.0 + f64::from(month) * 0.01);
                put(year, month, "C", "Other Province", 12.5, 22.0);
            }
        }
    }
    out
}

#[test]
fn spread_finds_what_was_put_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ged.csv");
    fs::write(&data, history()).unwrap();
    let (data, page) = (data.to_string_lossy().into_owned(), folder.path().join("page.html"));
    let args =
        ["spread", &data, "--actor", "group", "--home", "Home", "--out", &page.to_string_lossy(), "--format", "json"];
    let s = json(&args);
    let p = |class: &str| {
        s["footprint"].as_array().unwrap().iter().find(|r| r["class"] == class).unwrap()["probability"]
            .as_f64()
            .unwrap()
    };
    assert!(p("expanding") > 0.8 && p("expanding") + p("relocating") > 0.99, "{}", s["footprint"]);
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("<svg") && html.contains("Uppsala Conflict Data Program"));
    assert_eq!(json(&args), s, "twice the same");
    // Told twice, an event is one.
    fs::write(&data, history() + &history().lines().skip(1).map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    assert_eq!(json(&args), s, "copies move nothing");
    // It changed when it was made to, and went where it was sent: two degrees north and east.
    let m = &s["movement"];
    assert!(m["changed"].as_f64().unwrap() > 0.5, "{m}");
    assert!(
        m["begins"][0][0].as_str().unwrap().starts_with("2015-01")
            || m["begins"][0][0].as_str().unwrap().starts_with("2014-12"),
        "{m}"
    );
    let (shift, bearing) = (m["shift"]["median"].as_f64().unwrap(), m["bearing"].as_f64().unwrap());
    assert!((150.0..260.0).contains(&shift) && (30.0..60.0).contains(&bearing), "{shift} {bearing}");
    assert!(m["farther"].as_f64().unwrap() > 0.95 && m["reach"][0]["as_broad"].as_f64().unwrap() < 0.1, "{m}");
    assert_eq!(s["effort"]["others"], serde_json::json!([0, 0, 0, 0]));
    // Seven years in one province, two in the other, neither at an end.
    let episodes = s["tenure"]["episodes"].as_array().unwrap();
    assert_eq!(episodes.len(), 2);
    assert!(episodes.iter().all(|e| e["ended"] == false), "{episodes:?}");
    assert!(html.contains("When, and how far") && html.contains("How long it stays"));
    let out = bellwether(&["spread", &data, "--actor", "Grup of nobody", "--home", "Home"]);
    assert!(text(&out.stderr).contains("no actor in the file is called"), "{}", text(&out.stderr));
    let out = bellwether(&["spread", "README.md", "--actor", "x"]);
    assert!(text(&out.stderr).contains("this is not a UCDP GED file"), "{}", text(&out.stderr));
}

#[test]
fn every_actor_is_screened_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ged.csv");
    fs::write(&data, history()).unwrap();
    let data = data.to_string_lossy().into_owned();
    let found = json(&["spread", &data, "--all-actors", "--format", "json"]);
    // Both sides of the same events.
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|f| f["called"] == true && f["spreading"].as_f64().unwrap() > 0.9), "{found:?}");
    // Of everybody's events theirs are the same share everywhere: nothing crowds. By their own pattern the new places do.
    let page = folder.path().join("page.html").to_string_lossy().into_owned();
    let clusters = |more: &[&str]| {
        let args = ["spread", &data, "--actor", "group", "--home", "Home", "--out", &page, "--format", "json"];
        json(&[&args[..], more].concat())["clusters"].clone()
    };
    assert_eq!(clusters(&["--clusters", "share", "--any-time"]), serde_json::json!([]));
    let own = clusters(&["--any-time"]);
    assert!(own[0]["permutation_p"].as_f64().unwrap() > 0.2, "what comes like a clock is no cluster: {own}");
    // A fortnight of attacks on one village is one.
    let burst: String = (1..13)
        .map(|d| format!("{},1,Government of Land,Group,1,D,Home Province,10.8,20.9,Land,1,1,2013-06-{d:02},2013-06-{d:02},1,2,4\n", 9000 + d))
        .collect();
    fs::write(&data, history() + &burst).unwrap();
    let own = clusters(&["--any-time"]);
    assert_eq!(own[0]["places"], serde_json::json!(["D"]), "{own}");
    assert!(own[0]["permutation_p"].as_f64().unwrap() <= 0.05, "{own}");
    assert!(
        own[0]["days"][0].as_str().unwrap() >= "2013-05-25" && own[0]["days"][1].as_str().unwrap() <= "2013-06-20",
        "{own}"
    );
    fs::write(&data, history()).unwrap();
    let out = bellwether(&["spread", &data, "--all-actors", "--actor", "Group"]);
    assert_eq!(out.status.code(), Some(2));
    let out = bellwether(&["spread", &data]);
    assert_eq!(out.status.code(), Some(2), "an actor, or all of them");
}

/// Of a case the same question has the same answer as the footprint that the case declares: they are the same worlds.
#[test]
fn a_case_is_asked_where_a_group_is_going() {
    let (folder, case) = fresh("rasht-2010");
    let page = folder.path().join("page.html").to_string_lossy().into_owned();
    let s = json(&["spread", &case, "--actor", "imu", "--out", &page, "--format", "json"]);
    let a = json(&["build", &case, "--no-tests", "--format", "json"]);
    let declared: Vec<&serde_json::Value> = a["footprint"].as_array().unwrap().iter().collect();
    for class in s["footprint"].as_array().unwrap() {
        let same = declared.iter().any(|d| {
            d["class"] == class["class"]
                && (d["probability"].as_f64().unwrap() - class["probability"].as_f64().unwrap()).abs() < 1e-6
        });
        assert!(same, "{class}");
    }
    assert!(s["tenure"]["episodes"].as_array().unwrap().iter().any(|e| e["area"] == "Rasht Valley"), "{}", s["tenure"]);
    let out = bellwether(&["spread", &case, "--actor", "imuu"]);
    assert!(text(&out.stderr).contains("did you mean `imu`?"), "{}", text(&out.stderr));
}

/// Months ahead of a file: what is steady goes on, twice the same, with a page; and what such forecasts would have earned.
#[test]
fn a_file_is_forecast_and_scored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ged.csv");
    fs::write(&data, history()).unwrap();
    let page = folder.path().join("page.html");
    let (data, out) = (data.to_string_lossy().into_owned(), page.to_string_lossy().into_owned());
    let args = [
        "forecast", &data, "--by", "province", "--count", "events", "--months", "3", "--out", &out, "--format", "json",
    ];
    let f = json(&args);
    assert_eq!(json(&args), f);
    let home = f.as_array().unwrap().iter().find(|u| u["unit"] == "Home Province").unwrap();
    // The file ends on 11 December: that month is not over.
    assert_eq!(home["months"][0]["month"], "2016-12");
    assert_eq!(home["months"][0]["quantiles"][2], 1);
    assert!(home["months"][2]["at_least"][0].as_f64().unwrap() > 0.9, "{home}");
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("<svg") && html.contains("80 % interval") && html.contains("<caption>Home Province"));
    let args =
        ["score", &data, "--by", "province", "--count", "events", "--months", "3", "--out", &out, "--format", "json"];
    let s = json(&args);
    assert_eq!(json(&args), s);
    let crps = |model: &str| {
        s["earned"].as_array().unwrap().iter().find(|e| e["model"] == model).unwrap()["crps"].as_f64().unwrap()
    };
    assert!(crps("ours") < crps("zero") && crps("ours") < crps("bootstrap"), "{s}");
    assert!(fs::read_to_string(&page).unwrap().contains("Said and happened"));
    // Both sides took part in all of it: of one of them it is the same.
    let of_one = json(
        &[
            &[
                "forecast", &data, "--actor", "Group", "--by", "province", "--count", "events", "--months", "3",
                "--out", &out,
            ][..],
            &["--format", "json"],
        ]
        .concat(),
    );
    assert_eq!(of_one, f);
    let refused = bellwether(&["forecast", &data, "--write"]);
    assert!(text(&refused.stderr).contains("ledger of a case"), "{}", text(&refused.stderr));
    let short = folder.path().join("short.csv");
    fs::write(&short, history().lines().take(20).map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    let refused = bellwether(&["forecast", &short.to_string_lossy()]);
    assert!(text(&refused.stderr).contains("two years are needed"), "{}", text(&refused.stderr));
}

/// A case's forecasts are entered once, stay open until their day, and a ledger that was written over is told line by line.
#[test]
fn a_case_is_forecast_and_its_ledger_kept() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case").to_string_lossy().into_owned();
    assert!(bellwether(&["init", &case]).status.success());
    let out = bellwether(&["score", &case]);
    assert!(text(&out.stderr).contains("forecasts.jsonl has no forecast"), "{}", text(&out.stderr));
    let out = bellwether(&["forecast", &case, "--write", "--months", "2"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(
        text(&out.stdout).contains("events a month") && text(&out.stdout).contains("indicator:"),
        "{}",
        text(&out.stdout)
    );
    let ledger = Path::new(&case).join("forecasts.jsonl");
    let written = fs::read_to_string(&ledger).unwrap();
    assert!(written.lines().count() >= 2);
    let again = bellwether(&["forecast", &case, "--write", "--months", "2"]);
    assert!(text(&again.stderr).contains("0 forecasts entered"), "{}", text(&again.stderr));
    assert_eq!(fs::read_to_string(&ledger).unwrap(), written);
    let s = json(&["score", &case, "--format", "json"]);
    assert_eq!((s["resolved"].as_u64(), s["open"].as_u64()), (Some(0), Some(written.lines().count() as u64)));
    assert!(bellwether(&["check", &case]).status.success(), "the ledger belongs to the case");
    fs::write(&ledger, format!("{written}nonsense\n")).unwrap();
    let out = bellwether(&["score", &case]);
    assert_eq!(out.status.code(), Some(1));
    let line = written.lines().count() + 1;
    assert!(
        text(&out.stderr).contains(&format!("forecasts.jsonl:{line}: neither a forecast")),
        "{}",
        text(&out.stderr)
    );
}

/// On a real file, where it is: better than what any forecast must beat, and intervals that hold what they say.
#[test]
fn forecasts_of_a_real_file_are_calibrated() {
    let shared = std::env::var("BELLWETHER_SHARED").map_or_else(|_| root().join("../shared"), Into::into);
    let data = shared.join("data/ucdp/ged191_myanmar_bangladesh.csv");
    if !data.is_file() {
        // Past the capture of the test runner, so that it is seen.
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED: no UCDP file at {} (set BELLWETHER_SHARED)", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html").to_string_lossy().into_owned();
    let s = json(&["score", &data.to_string_lossy(), "--by", "province", "--out", &page, "--format", "json"]);
    let earned = s["earned"].as_array().unwrap();
    // Ours is past and analogs, with what did better than they so far.
    for e in earned[1..].iter().filter(|e| e["model"] != "past and analogs") {
        for score in ["crps", "ignorance", "interval", "brier"] {
            assert!(earned[0][score].as_f64() < e[score].as_f64(), "{score}: {e}");
        }
        assert!(e["skill"][1].as_f64().unwrap() > 0.0, "{e}");
    }
    assert!((0.77..0.83).contains(&s["cover_80"].as_f64().unwrap()), "{s}");
    assert!(s["murphy"][0].as_f64().unwrap() < 0.002, "{s}");
}

/// On the real files, where they are: both layouts, every row.
#[test]
fn spread_reads_ucdp_files_as_downloaded() {
    let shared = std::env::var("BELLWETHER_SHARED").map_or_else(|_| root().join("../shared"), Into::into);
    let data = shared.join("data/ucdp");
    if !data.is_dir() {
        // Past the capture of the test runner, so that it is seen.
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED: no UCDP files at {} (set BELLWETHER_SHARED)", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html").to_string_lossy().into_owned();
    for (file, actor, home, rows) in [
        ("ged191_myanmar_bangladesh.csv", "KIO", "Kachin", 3194),
        ("ged231_central_african_republic.csv", "LRA", "hull", 1848),
    ] {
        let path = data.join(file);
        let read = formats_rows(&path);
        assert_eq!(read, rows, "{file}");
        let s = json(&[
            "spread",
            &path.to_string_lossy(),
            "--actor",
            actor,
            "--home",
            home,
            "--out",
            &page,
            "--format",
            "json",
        ]);
        let sum: f64 = s["footprint"].as_array().unwrap().iter().filter_map(|r| r["probability"].as_f64()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }
    assert_eq!(formats_rows(&data.join("ged231_global_sample_1000.csv")), 1000);
}

fn formats_rows(path: &Path) -> usize {
    let file = formats::read_all(formats::Format::Ged, None, fs::File::open(path).unwrap()).unwrap();
    assert!(file.bad.is_empty(), "{:?}", file.bad.first());
    file.records.len()
}

/// What is marked above the page's TLP takes no part and leaves no byte.
#[test]
fn what_is_withheld_leaves_no_byte_in_the_page() {
    let (_keep, case) = fresh("rasht-2010");
    let path = Path::new(&case).join("sources.toml");
    let text_of = fs::read_to_string(&path).unwrap();
    fs::write(&path, text_of.replace("[hospital-staff]\n", "[hospital-staff]\ntlp         = \"RED\"\n")).unwrap();
    let report = Path::new(&case).join("reports/2010-11-04-private-analyst.md");
    let secret = fs::read_to_string(&report).unwrap();
    fs::write(&report, secret.replacen("title:", "tlp: AMBER\ntitle:", 1)).unwrap();
    let coverage = Path::new(&case).join("coverage.toml");
    let text_of = fs::read_to_string(&coverage).unwrap();
    fs::write(&coverage, text_of.replace("[fergana-cities]\n", "[fergana-cities]\ntlp     = \"RED\"\n")).unwrap();
    let fixed = bellwether(&["check", &case, "--fix"]);
    assert!(fixed.status.success(), "{}", text(&fixed.stderr));
    // Nor is it named by a remark that is let stand.
    let settings = Path::new(&case).join("case.toml");
    let mut more = fs::read_to_string(&settings).unwrap();
    for about in ["source:hospital-staff", "coverage:fergana-cities"] {
        more += &format!("\n[[lints.suppress]]\ncode = \"stale-source\"\nabout = \"{about}\"\nwhy = \"Known.\"\n");
    }
    fs::write(&settings, more).unwrap();
    assert!(bellwether(&["build", &case, "--no-tests"]).status.success());
    let page = fs::read_to_string(Path::new(&case).join(".bellwether/assessment.html")).unwrap();
    let body = secret.split("---\n").nth(2).unwrap().replace('\n', " ");
    let plain = page.replace('\n', " ");
    // What other reports or the analyst's own definitions say too is theirs to publish.
    let mut others: String = fs::read_dir(Path::new(&case).join("reports"))
        .unwrap()
        .flatten()
        .filter(|e| e.file_name() != "2010-11-04-private-analyst.md")
        .map(|e| fs::read_to_string(e.path()).unwrap().replace('\n', " "))
        .collect();
    for file in ["indicators.toml", "hypotheses.toml", "judgments.toml", "actors.toml", "factors.toml"] {
        others.push_str(&fs::read_to_string(Path::new(&case).join(file)).unwrap());
    }
    let words: Vec<char> = body.chars().collect();
    // Nor in what is published beside it as data.
    assert!(bellwether(&["publish", &case, "--no-tests", "--id", "first"]).status.success());
    let data = crate::publish::all_bytes(&Path::new(&case).join("published/first"));
    let plain = format!("{plain} {}", data.replace("\\n", " ").replace('\n', " "));
    let page = format!("{page}{data}");
    for shingle in words.windows(24) {
        let shingle: String = shingle.iter().collect();
        assert!(
            others.contains(&shingle) || !plain.contains(&shingle),
            "{shingle:?} of a withheld report is in the page"
        );
    }
    for name in [
        "hospital-staff",
        "Relatives and hospital staff",
        "2010-11-04-private-analyst",
        "sources-few-hundred",
        "weekly-higher",
        "Rasht: what are the sweeps for?",
        "fergana-cities",
        "Police and agencies reported every bombing",
    ] {
        assert!(!page.contains(name), "{name}");
    }
    assert!(page.contains("Roughly 80 servicemen"), "the rest is there");
}

/// Each publication is frozen; a judgment that has moved since the last says why, or nothing is published.
#[test]
fn what_moved_says_why_before_it_is_published() {
    let (_keep, case) = fresh("rasht-2010");
    let folder = Path::new(&case);
    let publish = |more: &[&str]| bellwether(&[&["publish", &case][..], more].concat());
    let october = publish(&["--as-of", "2010-10-20", "--id", "october", "--no-tests"]);
    assert!(october.status.success(), "{}", text(&october.stderr));
    assert!(text(&october.stdout).contains("the first publication of this case"));
    let files = || {
        let mut names: Vec<_> =
            fs::read_dir(folder.join("published")).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let frozen = fs::read(folder.join("published/october/publication.json")).unwrap();
    let out = publish(&["--id", "november", "--no-tests"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    assert_eq!(said.matches("error[no-change-note]").count(), 4, "{said}");
    assert!(
        said.contains("was not-testable") && said.contains("moved by report:2010-11-09-security-committee (+"),
        "{said}"
    );
    assert_eq!(files(), ["october"], "nothing is half-written");
    let judgments = folder.join("judgments.toml");
    let whole = fs::read_to_string(&judgments).unwrap();
    let mut noted = String::new();
    for line in whole.lines() {
        noted += line;
        noted += "\n";
        if line.starts_with('[') && !line.contains('.') {
            noted += "changed = \"The committee gave a count, and an analyst's sources spoke.\"\n";
        }
    }
    fs::write(&judgments, &noted).unwrap();
    assert!(publish(&["--id", "november", "--no-tests"]).status.success());
    let page = fs::read_to_string(folder.join("published/november/assessment.html")).unwrap();
    assert!(page.contains("When last published (october, as of 2010-10-20): not-testable, not testable. What changed: The committee gave a count"));
    assert!(page.contains("let stand") && page.contains("Nobody can ask them"), "suppressions are printed");
    let events = fs::read_to_string(folder.join("published/november/events.geojson")).unwrap();
    let events: serde_json::Value = serde_json::from_str(&events).unwrap();
    let features = events["features"].as_array().unwrap();
    let ambush = features.iter().find(|f| f["id"] == "event:kamarob-ambush").unwrap();
    assert!(ambush["geometry"]["coordinates"][0].as_f64().is_some_and(|x| (70.0..71.5).contains(&x)), "{ambush}");
    assert!(
        ambush["properties"]["perpetrators"][0]["probability"].as_f64().unwrap() > 0.3
            && ambush["properties"]["tlp"] == "TLP:CLEAR"
    );
    // What is published stays.
    let again = publish(&["--id", "november", "--no-tests"]);
    assert!(again.status.code() == Some(1) && text(&again.stderr).contains("is published already"));
    assert_eq!(fs::read(folder.join("published/october/publication.json")).unwrap(), frozen);
    // Moved again, an old reason is none.
    let sources = folder.join("sources.toml");
    let graded = fs::read_to_string(&sources).unwrap();
    let place = graded.find("[central-asian-sources]").unwrap();
    let (before, after) = graded.split_at(place);
    fs::write(&sources, before.to_owned() + &after.replacen("\"D\"", "\"A\"", 1)).unwrap();
    let out = publish(&["--id", "december", "--no-tests", "--dry-run"]);
    assert!(
        out.status.code() == Some(1) && text(&out.stderr).contains("says of it what was said when"),
        "{}",
        text(&out.stderr)
    );
    // A denied lint stops it.
    fs::write(&sources, graded).unwrap();
    let settings = folder.join("case.toml");
    let text_of = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text_of.split("[[lints.suppress]]").next().unwrap()).unwrap();
    let out = publish(&["--dry-run", "--no-tests", "--id", "other"]);
    assert!(
        out.status.code() == Some(1) && text(&out.stderr).contains("error[unsupported-assumption]"),
        "{}",
        text(&out.stderr)
    );
    assert_eq!(bellwether(&["build", &case, "--no-tests"]).status.code(), Some(1));
}

#[test]
fn reports_come_in_as_people_send_them_and_stay_as_received() {
    let (_keep, case) = fresh("minimal");
    let folder = Path::new(&case);
    let story = "Gunmen attacked the bridge on Tuesday, the town council said, and two guards were killed in the fighting that followed there.";
    let page = format!(
        "<html><head><title>Bridge attacked</title></head><body><nav>Sport</nav><article><p>{story}</p><p>{story}</p><p>{story}</p></article></body></html>"
    );
    fs::write(folder.join("page.html"), &page).unwrap();
    let add = |file: &str, more: &[&str]| {
        let path = folder.join(file).to_string_lossy().into_owned();
        bellwether(&[&["add", &case, &path, "--source", "daily"][..], more].concat())
    };
    let out = add("page.html", &[]);
    assert!(text(&out.stderr).contains("give --published"), "{}", text(&out.stderr));
    let out = add("page.html", &["--published", "2024-03-06"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let filed = fs::read_to_string(folder.join("reports/2024-03-06-bridge-attacked.md")).unwrap();
    assert!(filed.contains(story) && !filed.contains("Sport") && filed.contains("received: received/"), "{filed}");
    let received: Vec<_> = fs::read_dir(folder.join("received")).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(fs::read_to_string(&received[0]).unwrap(), page);
    assert!(bellwether(&["check", &case]).status.success());

    // Many at once; what is there already is left alone.
    let items = format!(
        "{{\"title\":\"One\",\"text\":\"{story}\",\"date\":\"2024-03-07\"}}\n{{\"title\":\"Два\",\"text\":\"Боевики напали на мост, сообщил городской совет, погибли двое охранников, нападавшие ушли в горы.\",\"date\":\"2024-03-08\"}}\n"
    );
    fs::write(folder.join("items.jsonl"), items).unwrap();
    let out = add("items.jsonl", &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("not in English ("), "{}", text(&out.stderr));
    let out = add("items.jsonl", &[]);
    assert!(text(&out.stderr).contains("2 of 2 were there already"), "{}", text(&out.stderr));
    let out = bellwether(&["read", &case, "--write"]);
    assert!(text(&out.stderr).contains("is not in English ("), "{}", text(&out.stderr));

    // Bytes that are no longer those received are an error.
    fs::write(&received[0], "another page").unwrap();
    let out = bellwether(&["check", &case]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("not-as-received"), "{}", text(&out.stderr));
}

/// The parser of a library panics on a font without a kind; what a person sees is our error.
#[test]
fn a_pdf_that_breaks_its_parser_is_an_error_without_a_backtrace() {
    let (_keep, case) = fresh("minimal");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        "<< /Length 36 >>\nstream\nBT /F1 12 Tf 72 720 Td (Calm.) Tj ET\nendstream",
        "<< /Type /Font >>",
    ];
    let (mut pdf, mut table) = ("%PDF-1.4\n".to_owned(), "0000000000 65535 f \n".to_owned());
    for (i, o) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf += &format!("{} 0 obj\n{o}\nendobj\n", i + 1);
    }
    let at = pdf.len();
    pdf += &format!("xref\n0 6\n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n");
    let path = Path::new(&case).join("broken.pdf");
    fs::write(&path, pdf).unwrap();
    let path = path.to_string_lossy().into_owned();
    let out = bellwether(&["add", &case, &path, "--title", "t", "--source", "daily", "--published", "2024-03-06"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    assert!(said.contains("broken.pdf: it cannot be read as a PDF") && !said.contains("panicked"), "{said}");
}
