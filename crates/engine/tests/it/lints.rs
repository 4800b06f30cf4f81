//! Every lint is tested by its own file: it fires under the edits that it says it fires under, and not under the others.

use case::{Template, load, template};
use engine::{Assessment, LINTS, Lint, LintRow, Options, assess, moved};
use model::{Case, Level, MemoryHost};

/// The case after the edits; names of the problems that keep it from being one.
fn edited(edits: &str) -> Result<Result<Case, Vec<String>>, String> {
    let files = template(Template::Minimal).into_iter().map(|(p, t)| (p, t.into_bytes())).collect();
    let mut host = MemoryHost { files };
    host.edit(edits)?;
    let loaded = load(&host);
    Ok(if loaded.has_errors() { Err(loaded.problems.into_iter().map(|p| p.code).collect()) } else { Ok(loaded.case) })
}

fn assessed(case: &Case) -> Result<Assessment, String> {
    Ok(assess(case, Options { worlds: 256 }).map_err(|p| format!("{p:#?}"))?.assessment)
}

fn remarks(edits: &str) -> Result<Vec<LintRow>, String> {
    assessed(&edited(edits)?.map_err(|p| format!("{p:?}"))?).map(|a| a.lints)
}

/// Whether a lint fires under the edits.
fn fires(lint: &Lint, edits: &str) -> Result<bool, String> {
    let case = edited(edits)?;
    if let Some(problem) = lint.problem() {
        return Ok(case.is_err_and(|codes| codes.iter().any(|c| c == problem)));
    }
    let case = case.map_err(|p| format!("{p:?}"))?;
    let now = assessed(&case)?;
    let untouched = edited("")?.map_err(|p| format!("{p:?}"))?;
    match lint.code {
        // As if another number had been published.
        "no-change-note" => {
            let mut last = assessed(&untouched)?;
            last.judgments[0].probability = Some(0.2);
            Ok(moved(&last, &now).iter().any(|(_, _, told)| !told))
        }
        // Built again from what is kept of it.
        "rebuild-differs" => Ok(now != assessed(&untouched)?),
        _ => Ok(now.lints.iter().any(|r| r.code == lint.code && r.level == lint.level())),
    }
}

/// The fenced edits under a heading.
fn edits<'f>(lint: &'f Lint, heading: &str) -> &'f str {
    let under =
        lint.file.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("{}: no {heading}", lint.code));
    under
        .split("```text\n")
        .nth(1)
        .and_then(|t| t.split("```").next())
        .unwrap_or_else(|| panic!("{}: {heading}", lint.code))
}

#[test]
fn every_lint_does_what_its_file_says() {
    assert!(LINTS.len() >= 20);
    let mut wrong = Vec::new();
    for lint in LINTS {
        assert!(lint.text().starts_with("# ") && lint.text().contains("**What to do.**"), "{}", lint.code);
        for (heading, wanted) in [("Fires", true), ("Is silent", false)] {
            match fires(lint, edits(lint, heading)) {
                Ok(is) if is == wanted => {}
                Ok(is) => wrong.push(format!("{} under `{heading}`: fires: {is}", lint.code)),
                Err(e) => wrong.push(format!("{} under `{heading}`: {e}", lint.code)),
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
    let stands =
        "+[[lints.suppress]]\n+code = \"one-origin\"\n+about = \"event:bridge\"\n+why = \"Nobody else was there.\"";
    assert_eq!(of(stands), Some((Level::Warn, Some("Nobody else was there.".into()))));
    let wrong = remarks("--- case.toml\n+[lints.level]\n+one-orign = \"deny\"").unwrap_err();
    assert!(wrong.contains("unknown lint `one-orign`") && wrong.contains("did you mean `one-origin`"), "{wrong}");
}
