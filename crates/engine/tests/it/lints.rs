//! Every lint is tested by its own file: it fires under the edits that it says it fires under, and not under the others.

use case::{Template, load, template};
use engine::{LINTS, Lint, LintRow, Options, assess};
use model::{Level, MemoryHost};

fn remarks(edits: &str) -> Result<Vec<LintRow>, String> {
    let files = template(Template::Minimal).into_iter().map(|(p, t)| (p, t.into_bytes())).collect();
    let mut host = MemoryHost { files };
    host.edit(edits)?;
    let loaded = load(&host);
    if loaded.has_errors() {
        return Err(format!("{:#?}", loaded.problems));
    }
    let run = assess(&loaded.case, Options { worlds: 256 }).map_err(|p| format!("{p:#?}"))?;
    Ok(run.assessment.lints)
}

/// The fenced edits under a heading.
fn edits<'f>(lint: &'f Lint, heading: &str) -> &'f str {
    let under = lint.file.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("{}: no {heading}", lint.code));
    under.split("```text\n").nth(1).and_then(|t| t.split("```").next()).unwrap_or_else(|| panic!("{}: {heading}", lint.code))
}

#[test]
fn every_lint_does_what_its_file_says() {
    assert!(LINTS.len() >= 20);
    let mut wrong = Vec::new();
    for lint in LINTS {
        assert!(lint.text().starts_with("# ") && lint.text().contains("**What to do.**"), "{}", lint.code);
        for (heading, fires) in [("Fires", true), ("Is silent", false)] {
            match remarks(edits(lint, heading)) {
                Err(e) => wrong.push(format!("{} under `{heading}`: {e}", lint.code)),
                Ok(all) => {
                    let found: Vec<&LintRow> = all.iter().filter(|r| r.code == lint.code).collect();
                    if found.is_empty() == fires {
                        let codes: Vec<&str> = all.iter().map(|r| r.code.as_str()).collect();
                        wrong.push(format!("{} under `{heading}`: {found:?}, of {codes:?}", lint.code));
                    }
                    if found.iter().any(|r| r.level != lint.level()) {
                        wrong.push(format!("{}: its level", lint.code));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_in_the_folder_is_a_lint() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lints");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap().trim_end_matches(".md").to_owned())
        .collect();
    names.sort();
    assert_eq!(names, LINTS.iter().map(|l| l.code).collect::<Vec<_>>());
}

#[test]
fn levels_are_set_and_suppressions_say_why() {
    let copy = edits(Lint::named("one-origin").unwrap(), "Fires");
    let of = |settings: &str| {
        let all = remarks(&format!("{copy}\n--- case.toml\n{settings}")).unwrap();
        all.into_iter().find(|r| r.code == "one-origin").map(|r| (r.level, r.suppressed))
    };
    assert_eq!(of(""), Some((Level::Warn, None)));
    assert_eq!(of("+[lints.level]\n+one-origin = \"deny\""), Some((Level::Deny, None)));
    assert_eq!(of("+[lints.level]\n+one-origin = \"allow\""), None);
    let stands = "+[[lints.suppress]]\n+code = \"one-origin\"\n+about = \"event:bridge\"\n+why = \"Nobody else was there.\"";
    assert_eq!(of(stands), Some((Level::Warn, Some("Nobody else was there.".into()))));
    let wrong = remarks("--- case.toml\n+[lints.level]\n+one-orign = \"deny\"").unwrap_err();
    assert!(wrong.contains("unknown lint `one-orign`") && wrong.contains("did you mean `one-origin`"), "{wrong}");
}
