//! Event data sets into tables: a file becomes Parquet parts of one table, `records`, row by row, with bounded memory.
//!
//! A file whose rows end at line ends is cut there and read by every thread; any other is read by one thread and
//! encoded by the rest. A part holds what one cut of fixed size held, so parts are the same for any number of threads.
//! Parts are the slices that later stages read: each a unit of memory and of retry.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{
    ArrayRef, Date32Builder, Float64Builder, StringBuilder, UInt8Builder, UInt16Builder, UInt32Builder, UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use formats::{BadRow, Format, Record};
use model::{EventType, Mapping};
use serde::{Deserialize, Serialize};

/// Layout of the parts; raise when a column changes, so that older imports are made again.
pub const LAYOUT: u32 = 1;

/// Bytes of a file that make one part, where it can be cut; and rows of a part where it cannot.
const PART_BYTES: usize = 24 << 20;
const PART_ROWS: usize = 1 << 16;
/// Bad rows that are kept with their reasons; more are only counted.
const MAX_BAD: usize = 1_000_000;

/// Columns of the table `records`: name, what it is.
pub const RECORD_COLUMNS: [(&str, &str); 27] = [
    ("dataset", "the data set"),
    ("id", "the data set's own key of the row"),
    ("about", "for a row that only points at an event of another file: that event's key"),
    ("first", "first possible day"),
    ("last", "last possible day"),
    ("lon", "longitude in degrees, as coded"),
    ("lat", "latitude in degrees, as coded"),
    (
        "extent",
        "how exactly the place is known: 0 nowhere, 1 exact, 2 near, 3 district, 4 province, 5 region, 6 country, 7 sea",
    ),
    ("place", "name of the place"),
    ("adm1", "first-order division"),
    ("country", "country, as the data set writes it"),
    ("type", "event type (ACLED's); null outside the vocabulary"),
    ("sub_type", "sub-type (ACLED's); null for none"),
    ("code", "the data set's own event code"),
    ("actor1", "first actor, as named"),
    ("actor2", "second actor, as named"),
    ("killed_low", "deaths, lowest"),
    ("killed_best", "deaths, most likely"),
    ("killed_high", "deaths, highest"),
    ("origin", "who first stated it, as far as the data set says"),
    ("text", "headline, notes or event text"),
    ("url", "where the report was found"),
    (
        "flags",
        "bits: 1 figures out of order, 2 unclear, 4 doubted, 8 zero or unknown, 16 directed, 32 centroid, 64 competing claims",
    ),
    ("detail", "what has no column, as JSON"),
    ("line", "line in the (unpacked) file"),
    ("offset", "first byte in the (unpacked) file"),
    ("hash", "XXH3-64 of the row, to tell changed rows from unchanged ones"),
];

/// Columns of the table `quarantine`: name, what it is.
pub const QUARANTINE_COLUMNS: [(&str, &str); 4] = [
    ("dataset", "the data set"),
    ("line", "line in the (unpacked) file"),
    ("column", "the column at fault; empty when the row as a whole is"),
    ("reason", "what is wrong with it"),
];

/// What an import needs to know.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Id of the data set.
    pub dataset: String,
    /// Format.
    pub format: Format,
    /// Mapping, for a table.
    pub mapping: Option<Mapping>,
    /// Ids that were withdrawn, sorted: their rows are left out and counted.
    pub withdrawn: Vec<String>,
    /// Number of threads.
    pub threads: usize,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that could not be read; they stand in the table `quarantine`.
    pub quarantined: u64,
    /// Rows left out because their ids were withdrawn.
    pub withdrawn: u64,
    /// Bytes that were read (unpacked).
    pub bytes: u64,
    /// First and last day of the rows.
    pub days: Option<(i32, i32)>,
    /// The first bad rows, for the screen.
    #[serde(skip)]
    pub bad: Vec<BadRow>,
    /// Parts, in order, inside the folder.
    pub parts: Vec<String>,
}

/// Progress: bytes read, rows written.
pub type Counted<'p> = &'p (dyn Fn(u64, u64) + Sync);

/// Schema of the parts, column by column of [`RECORD_COLUMNS`].
pub fn record_schema() -> SchemaRef {
    let kind = |name: &str| match name {
        "first" | "last" => DataType::Date32,
        "lon" | "lat" => DataType::Float64,
        "extent" => DataType::UInt8,
        "flags" => DataType::UInt16,
        "killed_low" | "killed_best" | "killed_high" => DataType::UInt32,
        "line" | "offset" | "hash" => DataType::UInt64,
        _ => DataType::Utf8,
    };
    Arc::new(Schema::new(RECORD_COLUMNS.iter().map(|(n, _)| Field::new(*n, kind(n), true)).collect::<Vec<_>>()))
}

fn properties() -> WriterProperties {
    let mut p = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("bellwether".into())
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(Some(PART_ROWS * 4));
    // What is different in nearly every row gains nothing from a dictionary.
    for name in ["id", "url", "text", "detail", "offset", "hash", "line"] {
        p = p.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    // Slices are taken by day.
    for name in ["first", "last"] {
        p = p.set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::Chunk);
    }
    p.build()
}

/// Column builders of one part.
struct Columns {
    dataset: String,
    rows: usize,
    text: [StringBuilder; 14],
    first: Date32Builder,
    last: Date32Builder,
    lon: Float64Builder,
    lat: Float64Builder,
    extent: UInt8Builder,
    killed: [UInt32Builder; 3],
    flags: UInt16Builder,
    line: UInt64Builder,
    offset: UInt64Builder,
    hash: UInt64Builder,
}

impl Columns {
    fn new(dataset: &str) -> Self {
        Self {
            dataset: dataset.to_owned(),
            rows: 0,
            text: std::array::from_fn(|_| StringBuilder::new()),
            first: Date32Builder::new(),
            last: Date32Builder::new(),
            lon: Float64Builder::new(),
            lat: Float64Builder::new(),
            extent: UInt8Builder::new(),
            killed: std::array::from_fn(|_| UInt32Builder::new()),
            flags: UInt16Builder::new(),
            line: UInt64Builder::new(),
            offset: UInt64Builder::new(),
            hash: UInt64Builder::new(),
        }
    }

    fn push(&mut self, r: &Record<'_>) {
        self.rows += 1;
        let texts: [&str; 14] = [
            &r.id,
            &r.about,
            &r.place,
            &r.adm1,
            &r.country,
            r.kind.map_or("", EventType::name),
            &r.sub_type,
            &r.code,
            &r.actor1,
            &r.actor2,
            &r.origin,
            &r.text,
            &r.url,
            &r.detail,
        ];
        for (b, t) in self.text.iter_mut().zip(texts) {
            b.append_option((!t.is_empty()).then_some(t));
        }
        self.first.append_value(r.first);
        self.last.append_value(r.last);
        self.lon.append_option(r.lon_lat.map(|p| p.0));
        self.lat.append_option(r.lon_lat.map(|p| p.1));
        self.extent.append_value(r.extent as u8);
        let deaths = r.deaths.map(|d| [d.low, d.best, d.high]);
        for (i, b) in self.killed.iter_mut().enumerate() {
            b.append_option(deaths.map(|d| d[i]));
        }
        self.flags.append_value(r.flags);
        self.line.append_value(r.at.line);
        self.offset.append_value(r.at.offset);
        self.hash.append_value(r.at.hash);
    }

    fn finish(mut self) -> Result<RecordBatch, String> {
        let mut dataset = StringBuilder::with_capacity(self.rows, self.rows * self.dataset.len());
        (0..self.rows).for_each(|_| dataset.append_value(&self.dataset));
        let [id, about, place, adm1, country, kind, sub_type, code, actor1, actor2, origin, text, url, detail] =
            self.text.each_mut().map(|b| Arc::new(b.finish()) as ArrayRef);
        let [low, best, high] = self.killed.each_mut().map(|b| Arc::new(b.finish()) as ArrayRef);
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(dataset.finish()),
            id,
            about,
            Arc::new(self.first.finish()),
            Arc::new(self.last.finish()),
            Arc::new(self.lon.finish()),
            Arc::new(self.lat.finish()),
            Arc::new(self.extent.finish()),
            place,
            adm1,
            country,
            kind,
            sub_type,
            code,
            actor1,
            actor2,
            low,
            best,
            high,
            origin,
            text,
            url,
            Arc::new(self.flags.finish()),
            detail,
            Arc::new(self.line.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.hash.finish()),
        ];
        RecordBatch::try_new(record_schema(), arrays).map_err(|e| e.to_string())
    }
}

fn write_part(folder: &Path, number: usize, batch: &RecordBatch) -> Result<(), String> {
    let path = folder.join("parts").join(part_name(number));
    let failed = |e: &dyn std::fmt::Display| format!("cannot write {}: {e}", path.display());
    let file = fs::File::create(&path).map_err(|e| failed(&e))?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties())).map_err(|e| failed(&e))?;
    writer.write(batch).map_err(|e| failed(&e))?;
    writer.into_inner().map_err(|e| failed(&e))?.sync_all().map_err(|e| failed(&e))
}

fn part_name(number: usize) -> String {
    format!("part-{number:05}.parquet")
}

/// What all threads add to.
struct Shared<'p> {
    state: Mutex<State>,
    bytes: AtomicU64,
    rows: AtomicU64,
    withdrawn: &'p [String],
    counted: Counted<'p>,
}

#[derive(Default)]
struct State {
    out: Imported,
    failed: Option<String>,
}

impl Shared<'_> {
    fn fail(&self, e: String) {
        if let Ok(mut s) = self.state.lock() {
            s.failed.get_or_insert(e);
        }
    }

    fn failed(&self) -> bool {
        self.state.lock().map_or(true, |s| s.failed.is_some())
    }

    /// Reads one stretch of rows into `columns`.
    fn row(&self, row: Result<Record<'_>, BadRow>, columns: &mut Columns, tally: &mut Imported) {
        match row {
            Ok(r) => {
                if !self.withdrawn.is_empty() && self.withdrawn.binary_search_by(|w| w.as_str().cmp(&r.id)).is_ok() {
                    tally.withdrawn += 1;
                    return;
                }
                let (a, b) = tally.days.unwrap_or((r.first, r.last));
                tally.days = Some((a.min(r.first), b.max(r.last)));
                tally.rows += 1;
                columns.push(&r);
            }
            Err(bad) => {
                tally.quarantined += 1;
                if tally.bad.len() < MAX_BAD {
                    tally.bad.push(bad);
                }
            }
        }
    }

    fn add(&self, mut t: Imported) {
        self.rows.fetch_add(t.rows, Ordering::Relaxed);
        if let Ok(mut s) = self.state.lock() {
            let o = &mut s.out;
            o.rows += t.rows;
            o.quarantined += t.quarantined;
            o.withdrawn += t.withdrawn;
            if let Some((a, b)) = t.days {
                let (x, y) = o.days.unwrap_or((a, b));
                o.days = Some((x.min(a), y.max(b)));
            }
            o.bad.append(&mut t.bad);
        }
        (self.counted)(self.bytes.load(Ordering::Relaxed), self.rows.load(Ordering::Relaxed));
    }
}

/// Counts what passes through.
struct Counting<'s, R> {
    inner: R,
    shared: &'s Shared<'s>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.shared.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Imports `input` (unpacked) into Parquet parts in the folder `parts` of `folder`, which must exist and be empty; rows
/// that could not be read go to `quarantine.parquet` beside it.
///
/// # Errors
/// When the file as a whole is not of its format, or a part cannot be written. Single bad rows are no error.
pub fn import(
    input: impl Read,
    folder: &Path,
    options: &ImportOptions,
    counted: Counted<'_>,
) -> Result<Imported, String> {
    let shared = Shared {
        state: Mutex::default(),
        bytes: AtomicU64::new(0),
        rows: AtomicU64::new(0),
        withdrawn: &options.withdrawn,
        counted,
    };
    let input = Counting { inner: input, shared: &shared };
    let parts = if options.format.splits_at_lines() {
        by_lines(input, folder, options, &shared)
    } else {
        by_rows(input, folder, options, &shared)
    };
    let bytes = shared.bytes.load(Ordering::Relaxed);
    let State { mut out, failed } = shared.state.into_inner().map_err(|_| "a thread of the import died")?;
    if let Some(e) = failed {
        return Err(e);
    }
    let parts = parts?;
    out.bad.sort_by_key(|b| b.line);
    out.bytes = bytes;
    out.parts = (0..parts).map(part_name).filter(|p| folder.join("parts").join(p).exists()).collect();
    write_quarantine(folder, &options.dataset, &out.bad)?;
    Ok(out)
}

/// Cuts the file at line ends; every thread reads and encodes cuts.
fn by_lines(
    mut input: impl Read,
    folder: &Path,
    options: &ImportOptions,
    shared: &Shared<'_>,
) -> Result<usize, String> {
    type Cut = (usize, (u64, u64), Vec<u8>);
    let work = |cuts: &Mutex<Receiver<Cut>>| {
        loop {
            let Some((number, start, bytes)) = cuts.lock().ok().and_then(|r| r.recv().ok()) else { return };
            if shared.failed() {
                continue;
            }
            let mut columns = Columns::new(&options.dataset);
            let mut tally = Imported::default();
            let read = formats::read(options.format, options.mapping.as_ref(), &bytes[..], start, &mut |row| {
                shared.row(row, &mut columns, &mut tally);
            });
            drop(bytes);
            let done = read
                .and_then(|()| if columns.rows == 0 { Ok(()) } else { write_part(folder, number, &columns.finish()?) });
            match done {
                Ok(()) => shared.add(tally),
                Err(e) => shared.fail(e),
            }
        }
    };
    let (send, receive): (SyncSender<Cut>, _) = sync_channel(1);
    let receive = Mutex::new(receive);
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| work(&receive));
        }
        let mut number = 0;
        let (mut line, mut offset) = (1u64, 0u64);
        let mut rest: Vec<u8> = Vec::new();
        loop {
            let mut bytes = std::mem::take(&mut rest);
            bytes.reserve_exact((PART_BYTES + (1 << 16)).saturating_sub(bytes.len()));
            let want = PART_BYTES.saturating_sub(bytes.len()).max(1 << 16) as u64;
            let got =
                (&mut input).take(want).read_to_end(&mut bytes).map_err(|e| format!("cannot read the file: {e}"))?;
            if got as u64 == want {
                match bytes.iter().rposition(|b| *b == b'\n') {
                    Some(end) => rest = bytes.split_off(end + 1),
                    None if bytes.len() > 8 * PART_BYTES => return Err("a line has more than 192 MB".to_owned()),
                    None => {
                        rest = bytes;
                        continue;
                    }
                }
            }
            let last = (got as u64) < want;
            let (lines, length) = (newlines(&bytes), bytes.len() as u64);
            if length > 0 {
                // The receiver lives as long as this scope.
                let _ = send.send((number, (line, offset), bytes));
                number += 1;
                line += lines;
                offset += length;
            }
            if last || shared.failed() {
                drop(send);
                return Ok(number);
            }
        }
    })
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|b| u64::from(*b == b'\n')).sum()
}

/// One thread reads, the others encode.
fn by_rows(input: impl Read, folder: &Path, options: &ImportOptions, shared: &Shared<'_>) -> Result<usize, String> {
    type Full = (usize, Columns);
    let work = |full: &Mutex<Receiver<Full>>| {
        loop {
            let Some((number, columns)) = full.lock().ok().and_then(|r| r.recv().ok()) else { return };
            if let Err(e) = columns.finish().and_then(|b| write_part(folder, number, &b)) {
                shared.fail(e);
            }
        }
    };
    let (send, receive): (SyncSender<Full>, _) = sync_channel(1);
    let receive = Mutex::new(receive);
    std::thread::scope(|scope| {
        for _ in 0..options.threads.saturating_sub(1).max(1) {
            scope.spawn(|| work(&receive));
        }
        let mut number = 0;
        let mut columns = Columns::new(&options.dataset);
        let mut tally = Imported::default();
        let read = formats::read(options.format, options.mapping.as_ref(), input, (1, 0), &mut |row| {
            shared.row(row, &mut columns, &mut tally);
            if columns.rows == PART_ROWS {
                shared.add(std::mem::take(&mut tally));
                let full = std::mem::replace(&mut columns, Columns::new(&options.dataset));
                let _ = send.send((number, full));
                number += 1;
            }
        });
        shared.add(tally);
        if columns.rows > 0 {
            let _ = send.send((number, columns));
            number += 1;
        }
        drop(send);
        read.map(|()| number)
    })
}

fn write_quarantine(folder: &Path, dataset: &str, bad: &[BadRow]) -> Result<(), String> {
    use datafusion::arrow::array::{StringArray, UInt64Array};
    let text =
        |f: &dyn Fn(&BadRow) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values(bad.iter().map(f))) };
    let columns = [
        text(&|_| dataset.to_owned()),
        Arc::new(UInt64Array::from_iter_values(bad.iter().map(|b| b.line))) as ArrayRef,
        text(&|b| b.column.clone()),
        text(&|b| b.reason.clone()),
    ];
    let batch = RecordBatch::try_from_iter(QUARANTINE_COLUMNS.map(|c| c.0).into_iter().zip(columns))
        .map_err(|e| e.to_string())?;
    let path = folder.join("quarantine.parquet");
    let failed = |e: &dyn std::fmt::Display| format!("cannot write {}: {e}", path.display());
    let file = fs::File::create(&path).map_err(|e| failed(&e))?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).map_err(|e| failed(&e))?;
    writer.write(&batch).map_err(|e| failed(&e))?;
    writer.into_inner().map_err(|e| failed(&e))?.sync_all().map_err(|e| failed(&e))
}
