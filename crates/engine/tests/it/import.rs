//! Imports: the same parts for any number of threads, every row where it says it stands.

use std::collections::BTreeMap;
use std::path::Path;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use engine::{ImportOptions, Imported, import};
use formats::Format;

/// GDELT-shaped lines, some of them broken, enough for several parts.
fn lines(n: usize) -> String {
    let mut out = String::new();
    for i in 0..n {
        let mut f = vec![String::new(); 61];
        f[0] = i.to_string();
        f[1] = format!("201801{:02}", 1 + i % 28);
        f[26] = ["190", "043", "1831"][i % 3].into();
        f[51] = "4".into();
        f[52] = format!("Town {}", i % 97);
        f[56] = format!("{}.5", i % 60);
        f[57] = if i % 10_007 == 5 { "east".into() } else { format!("{}.25", i % 120) };
        f[60] = format!("http://paper{}.example/{}", i % 11, "x".repeat(300));
        out.push_str(&f.join("\t"));
        out.push('\n');
    }
    out
}

fn run(text: &str, threads: usize) -> (Imported, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    let options = ImportOptions {
        dataset: "g".into(),
        format: Format::Gdelt,
        mapping: None,
        withdrawn: vec!["7".into()],
        threads,
    };
    let done = import(text.as_bytes(), folder.path(), &options, &|_, _| {}).unwrap();
    let files =
        done.parts.iter().map(|p| (p.clone(), std::fs::read(folder.path().join("parts").join(p)).unwrap())).collect();
    check_places(text, folder.path(), &done);
    (done, files)
}

/// A row's offset leads to its own line.
fn check_places(text: &str, folder: &Path, done: &Imported) {
    let last = done.parts.last().unwrap();
    let file = std::fs::File::open(folder.join("parts").join(last)).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let number = |c: &str, i: usize| batch.column_by_name(c).unwrap().as_primitive::<UInt64Type>().value(i) as usize;
    let ids = batch.column_by_name("id").unwrap().as_string::<i32>().clone();
    for i in [0, batch.num_rows() - 1] {
        let line = text[number("offset", i)..].lines().next().unwrap();
        assert_eq!(line.split('\t').next(), Some(ids.value(i)));
        assert_eq!(number("line", i), ids.value(i).parse::<usize>().unwrap() + 1);
    }
}

#[test]
fn parts_are_the_same_for_any_number_of_threads() {
    let text = lines(130_000);
    let (one, bytes) = run(&text, 1);
    let (two, same) = run(&text, 2);
    assert_eq!(one, two);
    assert!(bytes.len() >= 2, "{} parts", bytes.len());
    assert!(bytes == same, "bytes differ");
    assert_eq!((one.rows, one.quarantined, one.withdrawn), (130_000 - 13 - 1, 13, 1));
    assert_eq!(one.bad[0].line, 6);
    assert_eq!(one.bytes, text.len() as u64);
}
