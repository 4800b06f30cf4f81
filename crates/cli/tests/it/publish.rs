//! What is published, file by file: each is what its readers take it for, and the same for the same case.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{bellwether, fresh, text};

/// Every file below a folder, by path, sorted.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for e in fs::read_dir(dir).unwrap().flatten() {
            if e.path().is_dir() {
                open.push(e.path());
            } else {
                let name = e.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
                out.push((name, fs::read(e.path()).unwrap()));
            }
        }
    }
    out.sort();
    out
}

/// What is inside a file: of a Word document or a spreadsheet, what it packs; of a PDF, its text as well.
fn unpacked(name: &str, bytes: &[u8]) -> String {
    if name.ends_with(".pdf") {
        return pdf_extract::extract_text_from_mem(bytes).unwrap() + &String::from_utf8_lossy(bytes);
    }
    if !(name.ends_with(".docx") || name.ends_with(".xlsx")) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut out = String::new();
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).unwrap();
        out.push_str(part.name());
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        out.push_str(&String::from_utf8_lossy(&bytes));
    }
    out
}

/// All that is published, names and contents.
pub(crate) fn all_bytes(root: &Path) -> String {
    files(root).iter().map(|(name, bytes)| format!("{name} {}", unpacked(name, bytes))).collect()
}

fn published(id: &str, case: &str) -> Vec<(String, Vec<u8>)> {
    let out = bellwether(&["publish", case, "--no-tests", "--id", id]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    files(&Path::new(case).join("published").join(id))
}

#[test]
fn every_file_is_what_its_readers_take_it_for() {
    let (_keep, case) = fresh("rasht-2010");
    let all = published("first", &case);
    let get = |name: &str| {
        all.iter().find(|f| f.0 == name).map(|f| f.1.as_slice()).unwrap_or_else(|| panic!("{name} is not there"))
    };
    let of = |name: &str| unpacked(name, get(name));

    // Again, and nothing differs but the name in the record.
    let again = published("again", &case);
    assert_eq!(all.len(), again.len());
    let tells_of_the_last = ["publication.json", "assessment.html", "assessment.pdf"];
    for (a, b) in all.iter().zip(&again).filter(|(a, _)| !tells_of_the_last.contains(&a.0.as_str())) {
        assert!(a == b, "{} differs", a.0);
    }
    let (_keep, elsewhere) = fresh("rasht-2010");
    let elsewhere = published("first", &elsewhere);
    for (a, b) in all.iter().zip(&elsewhere) {
        assert!(a == b, "{} differs elsewhere", a.0);
    }

    let full: Value = serde_json::from_str(&of("stix-full.json")).unwrap();
    let core: Value = serde_json::from_str(&of("stix-core.json")).unwrap();
    for bundle in [&full, &core] {
        let objects = bundle["objects"].as_array().unwrap();
        let ids: BTreeSet<&str> = objects.iter().map(|o| o["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), objects.len(), "each once");
        // Whatever is pointed at is in the bundle.
        for o in objects {
            for (key, value) in o.as_object().unwrap() {
                let refs: Vec<&str> = match value {
                    Value::String(s) if key.ends_with("_ref") => vec![s],
                    Value::Array(list) if key.ends_with("_refs") => list.iter().map(|v| v.as_str().unwrap()).collect(),
                    _ => vec![],
                };
                assert!(refs.iter().all(|r| ids.contains(r)), "{key} of {}", o["id"]);
            }
            assert_ne!(o["type"], "indicator", "a warning indicator is no pattern");
            // A person is never a threat actor.
            assert!(o["type"] != "threat-actor" || o["name"] != "Mullah Abdullah", "{o}");
        }
    }
    let said = of("stix-core.json");
    assert!(
        !said.contains("case_id") && !said.contains("relationship_type\":\"split-from"),
        "core keeps to the standard's terms"
    );
    let incident = full["objects"].as_array().unwrap().iter().find(|o| o["name"] == "kamarob ambush").unwrap();
    let said = incident["extensions"].as_object().unwrap().values().next().unwrap();
    assert_eq!(said["case_id"], "event:kamarob-ambush");
    assert!(said["probability"].as_f64().unwrap() > 0.9 && said["perpetrators"].as_array().unwrap().len() >= 3);
    match std::env::var_os("STIX_VALIDATOR") {
        Some(validator) => {
            for name in ["stix-core.json", "stix-full.json"] {
                let path = Path::new(&case).join("published/first").join(name);
                let out = Command::new(&validator).args(["--version", "2.1"]).arg(path).output().unwrap();
                assert!(out.status.success(), "{name}: {}", text(&out.stdout));
            }
        }
        None => eprintln!("SKIPPED: the validator of OASIS is not here (STIX_VALIDATOR); scripts/test installs it"),
    }

    let parquet = of("events.parquet");
    assert!(parquet.starts_with("PAR1") && parquet.contains("primary_column") && parquet.contains("kamarob-ambush"));

    let gexf = of("actors.gexf");
    assert!(gexf.contains("kind=\"split-from\"") && gexf.contains("timerepresentation=\"interval\""));
    assert!(gexf.contains(" start=\"1998-01-01\" end=\"2001-11-30\">"), "closed at both ends");

    let map: Value = serde_json::from_str(&of("timemap.json")).unwrap();
    let ambush = map["events"].as_array().unwrap().iter().find(|e| e["id"] == "kamarob-ambush").unwrap();
    assert!(ambush["latitude"].as_str().unwrap().starts_with("39.") && ambush["date"] == "2010-09-19");
    assert!(ambush["sources"].as_array().unwrap().iter().all(|s| !map["sources"][s.as_str().unwrap()].is_null()));

    use calamine::Reader as _;
    let mut sheet = calamine::Xlsx::new(std::io::Cursor::new(get("claims.xlsx"))).unwrap();
    let range = sheet.worksheet_range("claims").unwrap();
    assert_eq!(range.height(), 48, "47 claims and a head");
    assert_eq!(range.get((0, 2)).unwrap().to_string(), "words");

    let word = of("assessment.docx");
    assert!(word.contains("TLP:CLEAR") && word.contains("It is very unlikely (12 %)") && word.contains("Heading2"));

    let paper = of("assessment.pdf");
    assert!(paper.starts_with(|c: char| c != '%') && paper.contains("%PDF-1.7") && paper.contains("TLP:CLEAR"));
    // Beside the judgment, the words of a report, set in the letters of the report.
    for words in ["very unlikely (12", "Key judgments", "kamarob-ambush", "pdfuaid:part"] {
        assert!(paper.contains(words), "{words} is not on paper");
    }

    let csv = of("tables/claims.csv");
    assert_eq!(
        csv.lines().next().unwrap(),
        "id,report,words,chain,origin,stance,modality,basis,credibility,tlp,rule,says"
    );
    for name in ["events", "event_perpetrators", "figures", "judgments", "indicators", "hypotheses", "sources"] {
        assert!(of(&format!("tables/{name}.csv")).lines().count() > 2, "{name}");
    }
}

/// Letters of all the world: what is written from right to left, what would be markup, and what no bundled font has.
#[test]
fn paper_takes_what_strangers_write() {
    let (_keep, case) = fresh("rasht-2010");
    let report = Path::new(&case).join("reports/2010-10-08-tajik-weekly.md");
    let said = fs::read_to_string(&report).unwrap();
    let markup = "#panic(\"x\") #include \"/etc/passwd\" *_$ </svg> \\u{0} @label ";
    fs::write(&report, format!("{said}\n{markup}\n\nمرحبا\n\n\u{1223}\u{1208}\u{121d}\n")).unwrap();
    let out = bellwether(&["publish", &case, "--no-tests", "--id", "first"]);
    let told = text(&out.stderr);
    assert!(out.status.success(), "{told}");
    assert!(told.contains("no-glyph") && told.contains("3 characters") && told.contains("`fonts/`"), "{told}");
    let bytes = fs::read(Path::new(&case).join("published/first/assessment.pdf")).unwrap();
    let paper = unpacked("assessment.pdf", &bytes);
    for words in ["#panic", "#include", "/etc/passwd", "@label"] {
        assert!(paper.contains(words), "{words}");
    }
}

/// What a stranger wrote is text in a spreadsheet, not a formula.
#[test]
fn no_cell_is_a_formula() {
    let (_keep, case) = fresh("rasht-2010");
    let sources = Path::new(&case).join("sources.toml");
    let changed =
        fs::read_to_string(&sources).unwrap().replace("\"A foreign news agency\"", "\"=HYPERLINK(\\\"http://x\\\")\"");
    assert!(changed.contains("HYPERLINK"));
    fs::write(&sources, changed).unwrap();
    let all = published("first", &case);
    let csv =
        all.iter().find(|f| f.0 == "tables/sources.csv").map(|f| String::from_utf8_lossy(&f.1).into_owned()).unwrap();
    assert!(csv.contains("'=HYPERLINK") && !csv.contains(",=HYPERLINK") && !csv.contains("\"=HYPERLINK"), "{csv}");
}

/// The claims as a spreadsheet, edited and brought back: what differs is changed where it stands, all of it or nothing.
#[test]
fn claims_go_out_as_a_spreadsheet_and_come_back_edited() {
    use calamine::Reader as _;
    let (keep, case) = fresh("rasht-2010");
    let sheet = keep.path().join("claims.xlsx");
    let sheet = sheet.to_str().unwrap();
    assert!(bellwether(&["claims", &case, "--out", sheet]).status.success());
    let before = fs::read_to_string(Path::new(&case).join("claims/hand.jsonl")).unwrap();
    let out = bellwether(&["claims", &case, "--from", sheet]);
    assert_eq!(text(&out.stdout), "nothing differs\n");

    // As somebody would in a spreadsheet program.
    let made = std::cell::Cell::new(0);
    let edit = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(sheet).unwrap();
        let range = book.worksheet_range("claims").unwrap();
        let mut rows: Vec<Vec<String>> = range.rows().map(|r| r.iter().map(ToString::to_string).collect()).collect();
        change(&mut rows);
        let mut new = rust_xlsxwriter::Workbook::new();
        let page = new.add_worksheet();
        for (y, row) in rows.iter().enumerate() {
            for (x, cell) in row.iter().enumerate() {
                page.write_string(y as u32, x as u16, cell).unwrap();
            }
        }
        let path = keep.path().join(format!("edited-{}.xlsx", made.get()));
        made.set(made.get() + 1);
        new.save(&path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let column = |rows: &[Vec<String>], name: &str| rows[0].iter().position(|h| h == name).unwrap();
    let row = |rows: &[Vec<String>], id: &str| rows.iter().position(|r| r[0] == id).unwrap();
    let edited = edit(&|rows| {
        let (y, x, c) = (row(rows, "uzbek-khanabad"), column(rows, "modality"), column(rows, "credibility"));
        rows[y][x] = "unconfirmed".into();
        rows[y][c] = "3".into();
    });
    let dry = bellwether(&["claims", &case, "--from", &edited, "--dry-run"]);
    assert_eq!(text(&dry.stdout), "would change 1 of 47 claims: uzbek-khanabad\n");
    assert_eq!(fs::read_to_string(Path::new(&case).join("claims/hand.jsonl")).unwrap(), before);
    assert!(bellwether(&["claims", &case, "--from", &edited]).status.success());
    let after = fs::read_to_string(Path::new(&case).join("claims/hand.jsonl")).unwrap();
    let differ: Vec<(&str, &str)> = before.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!((differ.len(), before.lines().count()), (1, after.lines().count()));
    let claim: Value = serde_json::from_str(differ[0].1).unwrap();
    assert_eq!(
        (&claim["id"], &claim["modality"], &claim["credibility"]),
        (&"uzbek-khanabad".into(), &"unconfirmed".into(), &3.into())
    );

    // A row more is a claim more, anchored by its words.
    let added = |rows: &mut Vec<Vec<String>>, words: &str| {
        let mut new = rows[row(rows, "uzbek-khanabad")].clone();
        new[0] = "uzbek-roadblocks".into();
        new[2] = words.into();
        new[column(rows, "says")] =
            r#"{"fact":{"id":"crossed-from-kyrgyzstan","text":"They had crossed from Kyrgyzstan"}}"#.into();
        rows.push(new);
    };
    let more = edit(&|rows| added(rows, "They blamed"));
    let out = bellwether(&["claims", &case, "--from", &more]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(
        text(&out.stdout).contains("added 1 claims to claims/reviewed.jsonl: uzbek-roadblocks"),
        "{}",
        text(&out.stdout)
    );
    let new = fs::read_to_string(Path::new(&case).join("claims/reviewed.jsonl")).unwrap();
    assert!(new.lines().count() == 1 && new.contains("\"exact\":\"They blamed\""), "{new}");
    assert!(bellwether(&["check", &case]).status.success());
    fs::remove_file(Path::new(&case).join("claims/reviewed.jsonl")).unwrap();
    fs::write(Path::new(&case).join("claims/hand.jsonl"), &after).unwrap();

    // A slip in one row, and nothing of any is kept; each is told with its row.
    for (bad, told) in [
        (
            edit(&|rows| {
                let x = column(rows, "stance");
                rows[1][x] = "aserts".into();
                rows[2][x] = "denies".into();
            }),
            "aserts",
        ),
        (edit(&|rows| rows[3][2] = "other words".into()), "row 4"),
        (edit(&|rows| rows[5][0].push('x')), "was it `"),
        (edit(&|rows| added(rows, "words that nobody wrote")), "words that nobody wrote"),
        (
            edit(&|rows| {
                let x = column(rows, "says");
                rows[2][x] = "{".into();
            }),
            "`says` is not JSON",
        ),
        (edit(&|rows| rows[0][5] = "stances".into()), "no column `stance`"),
    ] {
        let out = bellwether(&["claims", &case, "--from", &bad]);
        assert!(!out.status.success() && text(&out.stderr).contains(told), "{told}: {}", text(&out.stderr));
        assert_eq!(fs::read_to_string(Path::new(&case).join("claims/hand.jsonl")).unwrap(), after, "{told}");
    }
}
