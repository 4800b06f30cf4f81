//! One fault per sample, named by the fault: `bad/NAME.txt` holds edits (`MemoryHost::edit`) to the minimal template and, below a line of
//! `===`, the exact problems. `BLESS=1 cargo test -p case` writes the expected part; read the diff.

use std::fmt::Write as _;
use std::path::Path;

use case::{Template, load, template};
use model::{MemoryHost, Problem, Span};

/// `file:line:column: error[code]: message` with what is said at the carets.
fn show(p: &Problem, texts: &std::collections::BTreeMap<String, String>) -> String {
    let at = |s: &Span| {
        let text = texts.get(&s.file).map_or("", String::as_str);
        let start = s.start.min(text.len());
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let marked: String = text.get(start..s.end.min(text.len())).unwrap_or("").chars().take(40).collect();
        format!("{}:{line}:{column} `{}`", s.file, marked.replace('\n', "\\n"))
    };
    let mut out = format!("{}[{}]: {}\n", format!("{:?}", p.severity).to_lowercase(), p.code, p.message);
    for l in &p.labels {
        let _ = writeln!(out, "  at {}{}{}", at(&l.span), if l.text.is_empty() { "" } else { ": " }, l.text);
    }
    if let Some(help) = &p.help {
        let _ = writeln!(out, "  help: {help}");
    }
    out
}

#[test]
fn every_bad_case_is_told_exactly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 60, "{} samples", files.len());
    let mut failed = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let (edits, expected) = text.split_once("===\n").unwrap_or((&text, ""));
        let mut host =
            MemoryHost { files: template(Template::Minimal).into_iter().map(|(p, t)| (p, t.into_bytes())).collect() };
        host.edit(edits).unwrap();
        let loaded = load(&host);
        let got: String = loaded.problems.iter().map(|p| show(p, &loaded.texts)).collect();
        assert!(!got.is_empty(), "{}: no problem was found", path.display());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, format!("{edits}===\n{got}")).unwrap();
        } else if got != expected {
            failed.push(format!("{}\n--- expected\n{expected}--- got\n{got}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// All at once: faults in six files come back together, in order.
#[test]
fn all_problems_come_at_once() {
    let mut host =
        MemoryHost { files: template(Template::Minimal).into_iter().map(|(p, t)| (p, t.into_bytes())).collect() };
    host.edit(
        "--- sources.toml\n-kind        = \"media\"\n+kind        = \"medai\"\n--- actors.toml\n-state-forces\n+state-force\n--- areas.geojson\n-[12.0,51.0]\n+[312.0,51.0]\n--- indicators.toml\n-area     = \"north\"\n+area     = \"noth\"\n--- hypotheses.toml\n-prior = 0.45\n+prior = 0.55\n--- claims/hand.jsonl\n-\"number\":4\n+\"number\":-4\n",
    )
    .unwrap();
    let codes: Vec<String> =
        load(&host).problems.into_iter().map(|p| format!("{} {}", p.labels[0].span.file, p.code)).collect();
    assert_eq!(
        codes,
        [
            "actors.toml unknown-word",
            "areas.geojson bad-coordinate",
            "claims/hand.jsonl out-of-range",
            "hypotheses.toml priors-sum",
            "indicators.toml unknown-area",
            "sources.toml unknown-word"
        ]
    );
}
