//! What is recomputed, counted.

use std::collections::BTreeMap;

use engine::{Journal, Options, Store, build, query, silent, stale};
use model::Case;

use crate::rasht;

fn ran(case: &Case, store: &Store) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for (record, _) in build(case, Options { worlds: 256 }, store, Journal::building(store, &silent))
        .map_err(|_| "build")
        .unwrap()
        .run
        .ran
    {
        *out.entry(record.stage).or_default() += 1;
    }
    out
}

#[test]
fn only_what_must_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let whole = rasht();
    let case = whole.without_report("2010-10-08-tajik-weekly");
    let first = ran(&case, &store);
    assert_eq!(first["ingest"], 21);
    assert_eq!(first["reconcile"], 13);
    assert!(ran(&case, &store).is_empty(), "nothing changed, nothing runs");
    assert!(stale(&case, Options { worlds: 256 }, Journal::reading(&store)).unwrap().is_empty());

    // One report on the helicopter: one report is read, one event reconciled; indicators that cannot see such an
    // event (it is opportunistic, and nobody is named) and both questions' definitions stay as they are.
    let why: Vec<String> = stale(&whole, Options { worlds: 256 }, Journal::reading(&store))
        .unwrap()
        .into_iter()
        .map(|s| format!("{} {}", s.stage, s.subject))
        .collect();
    assert!(why.contains(&"ingest 2010-10-08-tajik-weekly".to_owned()), "{why:?}");
    let second = ran(&whole, &store);
    assert_eq!((second["ingest"], second["gather"], second["reconcile"], second["worlds"]), (1, 1, 1, 1), "{second:?}");
    assert!(second["test"] < first["test"], "{second:?}");

    // A better wording in a judgment reaches nothing but the last stage.
    let mut reworded = whole.clone();
    reworded.judgments[0].text.insert("ambiguous".into(), "It is {likelihood}.".into());
    assert_eq!(ran(&reworded, &store), BTreeMap::from([("assess".to_owned(), 1), ("scrutiny".to_owned(), 1)]));

    // A typing error mended in a report, outside every excerpt: the report is read again, and the rest is as it was.
    let mut mended = reworded.clone();
    let report = mended.reports.get_mut("2010-11-04-private-analyst").unwrap();
    report.text.push_str("A last line that nobody quotes.\n");
    let third = ran(&mended, &store);
    assert_eq!(third.get("ingest"), Some(&1));
    assert_eq!((third.get("reconcile"), third.get("worlds"), third.get("test")), (None, None, None), "{third:?}");
}

#[test]
fn tables_answer_sql_and_take_no_orders() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(query(&store, "select 1", 1, None).unwrap_err().contains("no build yet"));
    let built = build(&rasht(), Options { worlds: 64 }, &store, Journal::building(&store, &silent))
        .map_err(|_| "build")
        .unwrap();
    let rows = query(&store, "select count(*) as n, max(length(exact)) > 10 as long from claims", 1, None).unwrap();
    assert_eq!(rows.columns, ["n", "long"]);
    assert_eq!(rows.rows, [[Some("47".to_owned()), Some("true".to_owned())]]);
    let joined = query(
        &store,
        "select e.id, c.exact from events e join event_claims x on x.event = e.id join claims c on c.id = x.claim where e.id = 'kamarob-ambush' order by c.id",
        2,
        None,
    )
    .unwrap();
    assert_eq!(joined.rows.len(), 8);
    for sql in [
        "drop table claims",
        "insert into claims select * from claims",
        "copy claims to '/tmp/x.csv'",
        "create table x as select 1",
        "set datafusion.execution.batch_size = 1",
    ] {
        assert!(query(&store, sql, 1, None).is_err(), "{sql}");
    }
    // Every table is registered, has its documentation, and as many rows as it was written with.
    for t in &built.tables {
        assert!(!t.about.is_empty() && t.columns.iter().all(|c| !c.1.is_empty()));
        query(&store, &format!("select * from {} limit 1", t.name), 1, None).unwrap();
    }
}

/// `docs/tables.md` is generated; `BLESS=1 cargo test -p engine` writes it.
#[test]
fn the_tables_are_documented() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let built = build(&rasht(), Options { worlds: 64 }, &store, Journal::building(&store, &silent))
        .map_err(|_| "build")
        .unwrap();
    let mut text = String::from(
        "# Tables\n\nWhat `bellwether build` writes (Parquet, under `.bellwether/tables/`) and `bellwether query` reads; `records` and\n`quarantine` are what `bellwether import` writes, `pairs` and `clusters` what `bellwether match` does. Generated from `tables.rs`, `import.rs` and\n`slices.rs` of `crates/engine/src`; a test fails when it is out of date. Empty means unknown or not applicable, never zero.\n",
    );
    for t in &built.tables {
        text.push_str(&format!(
            "\n## `{}`\n\n{}\n\n| column | type | meaning |\n| --- | --- | --- |\n",
            t.name, t.about
        ));
        for (name, about, column) in &t.columns {
            let kind = match column {
                engine::Column::Text(_) => "text",
                engine::Column::Int(_) => "integer",
                engine::Column::Real(_) => "real",
                engine::Column::Bool(_) => "boolean",
                engine::Column::Day(_) => "date",
            };
            text.push_str(&format!("| `{name}` | {kind} | {about} |\n"));
        }
    }
    // What `bellwether import` writes beside them.
    let mut imported = |name: &str, about: &str, columns: &[(&str, &str)], kind: &dyn Fn(usize) -> &'static str| {
        text.push_str(&format!("\n## `{name}`\n\n{about}\n\n| column | type | meaning |\n| --- | --- | --- |\n"));
        for (i, (column, meaning)) in columns.iter().enumerate() {
            let mut letters = meaning.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            text.push_str(&format!("| `{column}` | {} | {first}{}. |\n", kind(i), letters.as_str()));
        }
    };
    let schema = engine::record_schema();
    imported("records", "One row of an imported data set.", &engine::RECORD_COLUMNS, &|i| {
        use datafusion::arrow::datatypes::DataType;
        match schema.field(i).data_type() {
            DataType::Utf8 => "text",
            DataType::Date32 => "date",
            DataType::Float64 => "real",
            _ => "integer",
        }
    });
    imported("quarantine", "One row of a data set that could not be read.", &engine::QUARANTINE_COLUMNS, &|i| {
        if i == 1 { "integer" } else { "text" }
    });
    // What `bellwether match` writes.
    for (name, about, columns) in engine::match_tables() {
        let kinds: Vec<&str> = columns
            .iter()
            .map(|c| [("i", "integer"), ("r", "real")].iter().find(|k| k.0.starts_with(c.0)).map_or("text", |k| k.1))
            .collect();
        text.push_str(&format!("\n## `{name}`\n\n{about}\n\n| column | type | meaning |\n| --- | --- | --- |\n"));
        for (c, kind) in columns.iter().zip(kinds) {
            text.push_str(&format!("| `{}` | {kind} | {} |\n", c.1, c.2));
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tables.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "docs/tables.md is stale: BLESS=1 cargo test -p engine"
    );
}
