use case::{Template, load, reference, schemas, template};
use model::MemoryHost;

fn host(which: Template) -> MemoryHost {
    MemoryHost { files: template(which).into_iter().map(|(p, t)| (p, t.into_bytes())).collect() }
}

#[test]
fn both_templates_are_without_fault() {
    for which in [Template::Minimal, Template::Rasht2010] {
        let loaded = load(&host(which));
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        assert!(loaded.case.claims.len() >= 2);
    }
}

#[test]
fn the_example_has_all_it_promises() {
    let case = load(&host(Template::Rasht2010)).case;
    assert!(case.reports.len() >= 10);
    assert!(
        case.reports.values().all(|r| r.written_by.as_ref().is_some_and(|w| w.starts_with("Bellwether's authors")))
    );
    let tests: std::collections::BTreeSet<&str> = case.indicators.values().map(|i| i.test.name()).collect();
    assert_eq!(tests.len(), 9, "every kind of test occurs: {tests:?}");
    assert_eq!(case.retracted().len(), 1);
    assert!(case.claims.values().any(|c| matches!(c.origin, model::Origin::Claim(_))));
    for area in [
        "rasht-valley",
        "fergana-valley",
        "fergana-tajik",
        "fergana-uzbek",
        "fergana-kyrgyz",
        "sughd",
        "batken",
        "north-waziristan",
        "south-waziristan",
    ] {
        assert!(case.areas.contains_key(area), "{area}");
    }
}

#[test]
fn every_definition_file_names_its_schema() {
    let files = template(Template::Minimal);
    for (path, text) in files.iter().filter(|(p, _)| p.ends_with(".toml")) {
        let line = text.lines().next().unwrap_or_default();
        let schema =
            line.strip_prefix("#:schema ").unwrap_or_else(|| panic!("{path}: {line}")).trim_start_matches("../");
        assert!(files.contains_key(schema), "{path} names {schema}");
    }
    assert_eq!(schemas().len(), 14);
}

/// `docs/case-reference.md` is generated; `BLESS=1 cargo test -p case` writes it.
#[test]
fn the_reference_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/case-reference.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == reference(), "docs/case-reference.md is stale: BLESS=1 cargo test -p case");
}

#[test]
fn fix_writes_offsets_and_nothing_else() {
    let mut h = host(Template::Minimal);
    let fixed = case::fixes(&h);
    assert_eq!(fixed.keys().collect::<Vec<_>>(), ["claims/hand.jsonl"]);
    let text = &fixed["claims/hand.jsonl"];
    assert!(text.contains(r#""start":"#) && text.contains(r#""suffix":"#));
    let before = load(&h).case;
    h.files.insert("claims/hand.jsonl".into(), text.clone().into_bytes());
    let after = load(&h);
    assert!(after.problems.is_empty());
    assert_eq!(
        before.claims,
        after
            .case
            .claims
            .into_iter()
            .map(|(k, mut c)| {
                c.span = before.claims[&k].span.clone();
                (k, c)
            })
            .collect()
    );
    assert!(case::fixes(&h).is_empty(), "a second run changes nothing");
    // The report moved under the claim: the old offsets are mended.
    let report = String::from_utf8(h.files["reports/2024-03-02-army.md"].clone()).unwrap();
    h.files.insert(
        "reports/2024-03-02-army.md".into(),
        report.replace("---\nTerrorists", "---\nAn opening line.\nTerrorists").into_bytes(),
    );
    assert!(load(&h).has_errors());
    let mended = case::fixes(&h);
    h.files.insert("claims/hand.jsonl".into(), mended["claims/hand.jsonl"].clone().into_bytes());
    assert!(!load(&h).has_errors());
}

/// The schemas that the example's files name lie beside them; `BLESS=1 cargo test -p case` writes them.
#[test]
fn the_example_carries_its_schemas() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/rasht-2010");
    for (path, text) in schemas() {
        let path = folder.join(path);
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "{} is stale: BLESS=1 cargo test -p case", path.display());
    }
}
