//! Data sets into a case: rows become claims, matches are drawn, rulings win, licences hold.

use std::fs;
use std::path::Path;

use crate::{bellwether, fresh, text};

pub(crate) fn query(case: &str, sql: &str) -> serde_json::Value {
    let out = bellwether(&["query", sql, case, "--format", "json"]);
    assert!(out.status.success(), "{sql}: {}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

pub(crate) fn ok(args: &[&str]) -> String {
    let out = bellwether(args);
    assert!(out.status.success(), "{args:?}: {}{}", text(&out.stdout), text(&out.stderr));
    text(&out.stdout) + &text(&out.stderr)
}

fn fails(args: &[&str]) -> String {
    let out = bellwether(args);
    assert_eq!(out.status.code(), Some(1), "{args:?}");
    text(&out.stderr)
}

/// A UCDP-like file, written by us: the bridge of the minimal template, an event of its own, nobody the case knows,
/// and a row that cannot be read.
const GED: &str = "id,type_of_violence,side_a,side_b,where_prec,where_coordinates,adm_1,latitude,longitude,country,event_clarity,date_start,date_end,low,best,high,source_original
7,1,The Army,Northern Front,2,Upton,North,50.55,11.1,Land,1,2024-03-02,2024-03-04,6,6,9,army
8,1,The Army,NF,1,Easton,East,50.9,11.9,Land,1,2024-02-20,2024-02-20,1,1,1,witness
9,2,Somebody,Somebody else,1,Easton,East,50.9,11.9,Land,1,2024-02-20,2024-02-20,1,1,1,witness
10,1,The Army,NF,1,Easton,East,north,11.9,Land,1,2024-02-20,2024-02-20,1,1,1,witness
";

fn with_ged(extra: &[&str]) -> (tempfile::TempDir, String) {
    let (keep, case) = fresh("minimal");
    let file = keep.path().join("ged.csv");
    fs::write(&file, GED).unwrap();
    let file = file.to_string_lossy().into_owned();
    let mut args = vec![
        "import",
        &file,
        "--from",
        "ged",
        "--case",
        &case,
        "--released",
        "2024-03-10",
        "--retrieved",
        "2024-03-11",
    ];
    args.extend(extra);
    let said = ok(&args);
    assert!(said.contains("ged: 3 rows, 2024-02-20 to 2024-03-04; 1 rows could not be read"), "{said}");
    assert!(said.contains("ged.csv:5, latitude: `north` is not a number"), "{said}");
    (keep, case)
}

#[test]
fn rows_become_claims_and_what_is_the_same_is_drawn() {
    let (_keep, case) = with_ged(&[]);
    // Before any build the rows can be asked.
    assert_eq!(query(&case, "select count(*) n from records")[0]["n"], "3");
    assert_eq!(
        query(&case, "select line, \"column\" from quarantine")[0],
        serde_json::json!({"line": "5", "column": "latitude"})
    );
    assert!(ok(&["check", &case]).contains("0 errors"));
    ok(&["build", &case, "--no-tests"]);
    let names = query(&case, "select name, actor, how from names order by name");
    assert_eq!(names[0], serde_json::json!({"name": "NF", "actor": "front", "how": "same"}));
    assert_eq!(names[1]["actor"], "front");
    // The row on the bridge is matched with the event coded by hand; the other row is an event of its own.
    let matches = query(&case, "select a, b, probability, why from matches");
    assert_eq!(matches.as_array().unwrap().len(), 1, "{matches}");
    assert_eq!((&matches[0]["a"], &matches[0]["b"]), (&serde_json::json!("bridge"), &serde_json::json!("ged-7")));
    let p: f64 = matches[0]["probability"].as_str().unwrap().parse().unwrap();
    assert!((0.3..0.98).contains(&p), "{p}");
    // In the worlds where it is the bridge the row is no event of its own.
    let chance = |id: &str| -> f64 {
        let rows = query(&case, &format!("select probability from events where id = '{id}'"));
        rows[0]["probability"].as_str().unwrap().parse().unwrap()
    };
    let (apart, own) = (chance("ged-7"), chance("ged-8"));
    assert!(apart < (1.0 - p) * 1.1 && own > 0.5, "{apart} {own}");
    // A match says why.
    let said = ok(&["explain", &case, "event:bridge"]);
    assert!(said.contains("one with event:ged-7: ") && said.contains(" decibans: place and time ("), "{said}");
    // explain leads from the event to the row.
    let said = ok(&["explain", &case, "event:ged-8"]);
    assert!(
        said.contains("data/ged.csv (rows that speak to the case)") && said.contains("row 8 | 2024-02-20 | Easton"),
        "{said}"
    );

    // Nothing is matched anew until something that matters to it changes.
    assert!(ok(&["status", &case]).contains("everything is up to date"));

    // Rulings win, and survive rebuilds.
    let rule = |is: &str| {
        let line = format!(
            "{{\"at\":\"2024-03-12\",\"by\":\"ab\",\"why\":\"same bridge, same night\",\"decides\":{{\"match\":{{\"a\":\"ged-7\",\"b\":\"bridge\",\"is\":\"{is}\"}}}}}}\n"
        );
        fs::write(Path::new(&case).join("rulings.jsonl"), line).unwrap();
        let stale = ok(&["status", &case]);
        assert!(stale.lines().any(|l| l.starts_with("match ") && l.ends_with("rulings.jsonl changed")), "{stale}");
        ok(&["build", &case, "--no-tests"]);
        let rows = query(&case, "select id from events order by id");
        let ids: Vec<String> = rows.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
        ids
    };
    assert_eq!(rule("same"), ["bridge", "ged-8"]);
    let same = query(&case, "select probability, ruling, impact from matches");
    assert_eq!(
        same[0],
        serde_json::json!({"probability": "1.0", "ruling": "same (ab, 2024-03-12: same bridge, same night)", "impact": "0.0"})
    );
    assert_eq!(rule("not-same"), ["bridge", "ged-7", "ged-8"]);
    assert!(chance("ged-7") > 0.5);
    // A name is ruled on: nobody of the case, so its row says nothing to the case.
    let line = "{\"at\":\"2024-03-12\",\"by\":\"ab\",\"why\":\"another NF\",\"decides\":{\"name\":{\"name\":\"NF\"}}}\n{\"at\":\"2024-03-12\",\"by\":\"ab\",\"why\":\"not our army\",\"decides\":{\"name\":{\"name\":\"The Army\"}}}\n";
    fs::write(Path::new(&case).join("rulings.jsonl"), line).unwrap();
    ok(&["build", &case, "--no-tests"]);
    let ids = query(&case, "select id from events order by id");
    assert_eq!(ids.as_array().unwrap().len(), 2, "{ids}");
}

#[test]
fn as_of_a_day_before_its_release_a_data_set_is_not_there() {
    let (_keep, case) = with_ged(&[]);
    let a: serde_json::Value = serde_json::from_slice(
        &bellwether(&["build", &case, "--as-of", "2024-03-09", "--format", "json", "--no-tests"]).stdout,
    )
    .unwrap();
    assert_eq!(a["events"].as_array().unwrap().len(), 1);
    let a: serde_json::Value =
        serde_json::from_slice(&bellwether(&["build", &case, "--format", "json", "--no-tests"]).stdout).unwrap();
    assert_eq!(a["events"].as_array().unwrap().len(), 3);
}

#[test]
fn what_is_wrong_changes_nothing() {
    let (keep, case) = fresh("minimal");
    let before = fs::read_to_string(Path::new(&case).join("case.toml")).unwrap();
    let file = keep.path().join("ged.csv");
    fs::write(&file, GED).unwrap();
    let file = file.to_string_lossy().into_owned();
    let unchanged = || {
        assert_eq!(fs::read_to_string(Path::new(&case).join("case.toml")).unwrap(), before);
        assert!(!Path::new(&case).join("data/ged.csv").exists());
    };
    assert!(
        fails(&["import", &file, "--from", "ged", "--case", &case, "--strict"])
            .contains("1 rows could not be read (--strict)")
    );
    unchanged();
    assert!(fails(&["import", &file, "--from", "acled", "--case", &case]).contains("this is not an ACLED file"));
    unchanged();
    assert!(fails(&["import", &file, "--from", "table", "--case", &case]).contains("--column date=COLUMN"));
    unchanged();
    let said = fails(&["import", &file, "--from", "table", "--case", &case, "--column", "date=day"]);
    assert!(said.contains("the table has no column `day` (for date)"), "{said}");
    unchanged();
    let said = fails(&["import", &file, "--from", "ged", "--case", &case, "--actor", "frnt"]);
    assert!(said.contains("unknown actor `frnt`") && said.contains("did you mean `front`?"), "{said}");
    unchanged();
    let out = bellwether(&["import", &file, "--from", "gedd", "--case", &case]);
    assert_eq!(out.status.code(), Some(2));
    // Another file under the pinned name is another data set.
    ok(&["import", &file, "--from", "ged", "--case", &case, "--released", "2024-03-10"]);
    fs::write(Path::new(&case).join("data/ged.csv"), GED.replace("Upton", "Downton")).unwrap();
    fs::remove_dir_all(Path::new(&case).join(".bellwether")).unwrap();
    assert!(fails(&["build", &case]).contains("`data/ged.csv` is not the file that was imported"));
}

#[test]
fn rows_that_may_not_be_passed_on_leave_no_word_in_what_is_published() {
    for (redistribute, shown) in [("true", true), ("false", false)] {
        let (_keep, case) = with_ged(&["--redistribute", redistribute]);
        ok(&["build", &case, "--no-tests"]);
        let page = fs::read_to_string(Path::new(&case).join(".bellwether/assessment.html")).unwrap();
        assert_eq!(page.contains("Easton"), shown, "redistribute = {redistribute}");
        assert_eq!(page.contains("that may not be passed on"), !shown);
        // Nor its key, its day, its place or its figures: the event coded by hand is all that is listed.
        for told in ["ged-8", "2024-02-20", "ged-7", "2024-03-02 to"] {
            assert_eq!(page.contains(told), shown, "{told}, redistribute = {redistribute}");
        }
        // Nor in any file of a publication.
        ok(&["publish", &case, "--no-tests", "--id", "first"]);
        let all = crate::publish::all_bytes(&Path::new(&case).join("published/first"));
        for told in ["Easton", "ged-8", "2024-02-20", "ged-7"] {
            let at = all
                .find(told)
                .map(|at| all[..at].char_indices().rev().nth(300).map_or(&all[..at], |(from, _)| &all[from..at]));
            assert_eq!(
                at.is_some(),
                shown,
                "{told} stands in what is published, redistribute = {redistribute}: {at:?}"
            );
        }
        assert!(page.contains("event-bridge"));
        assert_eq!(page.contains("2 further events rest on rows alone"), !shown);
    }
}

/// The same bytes with one thread and with two.
#[test]
fn imports_are_deterministic() {
    let run = |threads: &str| {
        let (_keep, case) = with_ged(&[]);
        ok(&["build", &case, "--no-tests", "--threads", threads]);
        fs::read(Path::new(&case).join(".bellwether/assessment.html")).unwrap()
    };
    assert_eq!(run("1"), run("2"));
}

/// ACLED splits one report over several days: the rows share their notes, and are one statement. Rows are written by us.
#[test]
fn rows_split_from_one_report_are_one_statement() {
    let (keep, case) = fresh("minimal");
    let head = "event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,latitude,longitude,fatalities,notes\n";
    let row = |id: &str, day: &str, notes: &str| {
        format!("{id},{day},Battles,Armed clash,Northern Front,The Army,50.5,11.0,4,{notes}\n")
    };
    let text = [
        head.to_owned(),
        row("LND1", "2024-02-01", "Twelve were killed in three days of fighting."),
        row("LND9", "2024-02-20", "Another clash."),
        row("LND2", "2024-02-02", "Twelve were killed in three days of fighting."),
        row("LND3", "2024-02-03", "Twelve were killed in three days of fighting."),
        row("LND4", "2024-02-04", "Withdrawn by the publisher."),
    ]
    .concat();
    let file = keep.path().join("acled.csv").to_string_lossy().into_owned();
    fs::write(&file, text).unwrap();
    let gone = keep.path().join("gone.csv").to_string_lossy().into_owned();
    fs::write(&gone, "event_id_cnty,deleted_timestamp\nLND4,1740000000\n").unwrap();
    let said =
        ok(&["import", &file, "--from", "acled", "--case", &case, "--released", "2024-03-10", "--deletions", &gone]);
    assert!(
        said.contains("acled: 4 rows")
            && said.contains("1 rows were withdrawn")
            && said.contains("stay out of everything"),
        "{said}"
    );
    ok(&["build", &case, "--no-tests"]);
    let rows = query(&case, "select statement, count(*) n from claims where report = 'acled' group by 1 order by 2");
    let counts: Vec<&str> = rows.as_array().unwrap().iter().map(|r| r["n"].as_str().unwrap()).collect();
    assert_eq!(counts, ["1", "3"], "{rows}");
    let page = fs::read_to_string(Path::new(&case).join(".bellwether/assessment.html")).unwrap();
    assert!(!page.contains("Twelve were killed"));
}
