//! Import of GDELT- and UCDP-shaped files to Parquet, against the `csv` crate that only splits the rows.
//!
//! `--data` names a folder with `*.export.CSV` and `ged*.csv` to take rows from (default: `gdelt` and `ucdp` of the
//! shared data); they are repeated, with new ids, until the file has the size asked for.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use engine::{ImportOptions, Imported};
use formats::Format;

use crate::{Row, usage};

const GDELT_ROWS: usize = 5_000_000;
const GED_ROWS: usize = 400_000;

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let shared = crate::shared();
    let gdelt = sample(data, &shared.join("gdelt"), |n| n.ends_with(".export.CSV"))?;
    let ged = sample(data, &shared.join("ucdp"), |n| {
        n == "ged231_global_sample_1000.csv" || (n.starts_with("ged2") && n.ends_with(".csv"))
    })?;
    let work = std::env::temp_dir().join(format!("bellwether-bench-import-{}", std::process::id()));
    fs::create_dir_all(&work).map_err(|e| e.to_string())?;
    let result = measure(&work, &gdelt, &ged);
    let _ = fs::remove_dir_all(&work);
    result
}

/// The first matching file of a folder, in order of name.
fn sample(data: Option<&Path>, default: &Path, fits: impl Fn(&str) -> bool) -> Result<PathBuf, String> {
    let folder = data.unwrap_or(default);
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .or_else(|_| fs::read_dir(default))
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(&fits))
        .collect();
    names.sort();
    names.pop().ok_or_else(|| format!("{} holds no file of the kind", folder.display()))
}

fn measure(work: &Path, gdelt: &Path, ged: &Path) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let big = work.join("gdelt.export.CSV");
    repeat_lines(gdelt, &big, GDELT_ROWS, 0)?;
    let megabytes = fs::metadata(&big).map_err(|e| e.to_string())?.len() as f64 / 1e6;
    // Once to warm the page cache; then the peer and ourselves by turns.
    let mut alone = Vec::new();
    let mut ours = Vec::new();
    split_only(&big)?;
    for _ in 0..3 {
        alone.push(split_only(&big)?);
        ours.push(child(&big, "gdelt")?);
    }
    alone.sort_by(f64::total_cmp);
    ours.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let (limit, import) = (megabytes / alone[1], &ours[1]);
    rows.push(Row::new("import-gdelt-rows", import.rows, "rows", ""));
    rows.push(
        Row::new("import-gdelt-mb-per-s", megabytes / import.seconds, "MB/s", "").beside("csv crate, one core", limit),
    );
    rows.push(Row::new(
        "import-gdelt-share-of-csv-limit",
        megabytes / import.seconds / limit,
        "",
        "at least .25, aim .4",
    ));
    rows.push(Row::new("import-gdelt-cpu-seconds", import.cpu, "s", ""));
    rows.push(Row::new("import-gdelt-mb", import.megabytes, "MB", "under 1024"));
    let _ = fs::remove_file(&big);
    let large = work.join("ged.csv");
    repeat_lines(ged, &large, GED_ROWS, 1)?;
    let megabytes = fs::metadata(&large).map_err(|e| e.to_string())?.len() as f64 / 1e6;
    let mut ours: Vec<Child> = (0..3).map(|_| child(&large, "ged")).collect::<Result<_, _>>()?;
    ours.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    rows.push(Row::new("import-ged-rows", ours[1].rows, "rows", ""));
    rows.push(Row::new("import-ged-seconds", ours[1].seconds, "s", ""));
    rows.push(Row::new("import-ged-mb-per-s", megabytes / ours[1].seconds, "MB/s", ""));
    rows.push(Row::new("import-ged-mb", ours[1].megabytes, "MB", "under 1024"));
    Ok(rows)
}

/// Repeats the rows of a file; `header` lines stay on top; the first field is made new in every row.
fn repeat_lines(from: &Path, to: &Path, rows: usize, header: usize) -> Result<(), String> {
    let mut bytes = Vec::new();
    File::open(from).and_then(|mut f| f.read_to_end(&mut bytes)).map_err(|e| format!("{}: {e}", from.display()))?;
    // Rows, not lines: a quoted field may hold line ends.
    let delimiter = if header == 0 { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(header > 0)
        .from_reader(&bytes[..]);
    let mut all: Vec<csv::ByteRecord> = reader.byte_records().collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let body = all.split_off(header);
    let out = BufWriter::with_capacity(1 << 20, File::create(to).map_err(|e| e.to_string())?);
    let mut out = csv::WriterBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .quote_style(if header > 0 { csv::QuoteStyle::Necessary } else { csv::QuoteStyle::Never })
        .from_writer(out);
    for h in &all {
        out.write_byte_record(h).map_err(|e| e.to_string())?;
    }
    for (n, row) in body.iter().cycle().take(rows).enumerate() {
        let id = (700_000_000 + n).to_string();
        out.write_record(std::iter::once(id.as_bytes()).chain(row.iter().skip(1))).map_err(|e| e.to_string())?;
    }
    out.flush().map_err(|e| e.to_string())
}

/// Seconds that the `csv` crate takes to split the rows, on one core.
fn split_only(file: &Path) -> Result<f64, String> {
    let begun = std::time::Instant::now();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(b'\t')
        .quoting(false)
        .flexible(true)
        .buffer_capacity(1 << 17)
        .from_reader(File::open(file).map_err(|e| e.to_string())?);
    let mut row = csv::ByteRecord::new();
    let mut fields = 0usize;
    while reader.read_byte_record(&mut row).map_err(|e| e.to_string())? {
        fields += row.len();
    }
    std::hint::black_box(fields);
    Ok(begun.elapsed().as_secs_f64())
}

struct Child {
    seconds: f64,
    cpu: f64,
    megabytes: f64,
    rows: f64,
}

/// An import in a process of its own, so that its memory can be told.
fn child(file: &Path, format: &str) -> Result<Child, String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = std::process::Command::new(exe)
        .args(["import-one", format, "--data"])
        .arg(file)
        .output()
        .map_err(|e| e.to_string())?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&out.stdout);
    let mut it = text.split_whitespace().map(|t| t.parse::<f64>().unwrap_or(f64::NAN));
    let mut next = || it.next().unwrap_or(f64::NAN);
    Ok(Child { seconds: next(), cpu: next(), megabytes: next(), rows: next() })
}

/// What the child does: imports one file, prints seconds, CPU seconds, peak megabytes and rows.
pub(crate) fn one(file: &Path, format: &str) -> Result<(), String> {
    let format = Format::from_name(format).ok_or("no such format")?;
    let folder = file.with_extension("parts");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("parts")).map_err(|e| e.to_string())?;
    let options = ImportOptions {
        dataset: "bench".into(),
        format,
        mapping: None,
        withdrawn: vec![],
        threads: std::thread::available_parallelism().map_or(1, |n| n.get()),
    };
    let begun = std::time::Instant::now();
    let input = File::open(file).map_err(|e| e.to_string())?;
    let got: Imported = engine::import(input, &folder, &options, &|_, _| {})?;
    let seconds = begun.elapsed().as_secs_f64();
    let (cpu, megabytes) = usage();
    let _ = fs::remove_dir_all(&folder);
    let _ = writeln!(std::io::stdout(), "{seconds} {cpu} {megabytes} {}", got.rows);
    Ok(())
}
