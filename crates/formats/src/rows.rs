//! From bytes to rows of fields, whatever holds them: CSV, tab-separated text, JSON, XLSX, GeoJSON; plain, gzipped or
//! in a zip archive. What holds them is told by its first bytes; what they mean never is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, Read, Seek};

use csv::ByteRecord;
use serde_json::Value;

use crate::{At, BadRow, Fault, Record, Sink};

/// Longest row that is read, in bytes; longer ones are bad rows, so that one quote without its mate cannot swallow a
/// file whole in silence.
const MAX_ROW_BYTES: usize = 1 << 22;
/// JSON and XLSX are read whole: at most this many bytes.
const MAX_WHOLE_BYTES: u64 = 1 << 30;
/// At most this many bytes come out of an archive.
const MAX_EXPANDED_BYTES: u64 = 1 << 38;

/// What holds the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Plain bytes.
    Plain,
    /// gzip.
    Gzip,
    /// A zip archive with one file.
    Zip,
    /// Apache Parquet, which the engine reads.
    Parquet,
    /// An XLSX work book.
    Xlsx,
}

/// Opens a file: gzip and zip are unpacked, all else is passed through. At most 256 GiB come out.
///
/// # Errors
/// When the archive is damaged or holds no or several tables.
pub fn unpack<R: Read + Seek + 'static>(mut file: R) -> Result<(Container, Box<dyn Read>), String> {
    let bad = |e: &dyn std::fmt::Display| format!("cannot open the archive: {e}");
    let mut magic = [0u8; 4];
    let n = read_up_to(&mut file, &mut magic).map_err(|e| bad(&e))?;
    file.rewind().map_err(|e| bad(&e))?;
    match &magic[..n] {
        [0x1f, 0x8b, ..] => Ok((
            Container::Gzip,
            Box::new(Bounded(flate2::read::MultiGzDecoder::new(BufReader::new(file)), MAX_EXPANDED_BYTES)),
        )),
        b"PAR1" => Ok((Container::Parquet, Box::new(file))),
        b"PK\x03\x04" => {
            let mut archive = zip::ZipArchive::new(file).map_err(|e| bad(&e))?;
            let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
            if names.iter().any(|n| n == "xl/workbook.xml") {
                let mut file = archive.into_inner();
                file.rewind().map_err(|e| bad(&e))?;
                return Ok((Container::Xlsx, Box::new(file)));
            }
            let mut tables: Vec<String> = names.into_iter().filter(|n| !n.ends_with('/')).collect();
            tables.sort();
            let [one] = tables.as_slice() else {
                return Err(format!("the archive holds {} files; unpack it and import one", tables.len()));
            };
            let mut member = archive.by_name(one).map_err(|e| bad(&e))?;
            // The archive must outlive its member, so the member is read here; its size is bounded.
            if member.size() > MAX_WHOLE_BYTES * 4 {
                return Err(format!(
                    "{one} has {} bytes unpacked; unpack it and import the file itself",
                    member.size()
                ));
            }
            let mut bytes = Vec::new();
            (&mut member).take(MAX_WHOLE_BYTES * 4).read_to_end(&mut bytes).map_err(|e| bad(&e))?;
            Ok((Container::Zip, Box::new(Cursor::new(bytes))))
        }
        _ => Ok((Container::Plain, Box::new(file))),
    }
}

fn read_up_to(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < into.len() {
        match input.read(&mut into[n..]) {
            Ok(0) => break,
            Ok(k) => n += k,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

/// A reader that fails rather than expand without end.
struct Bounded<R>(R, u64);

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(into)?;
        self.1 = self.1.checked_sub(n as u64).ok_or_else(|| io::Error::other("it unpacks to more than 256 GiB"))?;
        Ok(n)
    }
}

/// Column names in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head(pub(crate) Vec<Name>);

/// The name of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Small, spaces and stops as underscores: what it is found by.
    pub(crate) plain: String,
    /// As the file writes it.
    pub(crate) written: String,
}

/// A column by its place; absent columns read as empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Col(usize, pub(crate) &'static str);

impl Col {
    /// A column that is not there.
    pub(crate) const ABSENT: Self = Self(usize::MAX, "");

    pub(crate) fn at(index: usize, name: &'static str) -> Self {
        Self(index, name)
    }
}

impl Head {
    pub(crate) fn new<'n>(names: impl IntoIterator<Item = &'n [u8]>) -> Self {
        Self(
            names
                .into_iter()
                .map(|f| {
                    let written = String::from_utf8_lossy(f).trim_start_matches('\u{feff}').trim().to_owned();
                    Name { plain: written.to_lowercase().replace([' ', '.'], "_"), written }
                })
                .collect(),
        )
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|n| n.plain == name)
    }

    /// The first of these names that is there.
    pub(crate) fn col(&self, names: &[&'static str]) -> Col {
        names
            .iter()
            .find_map(|n| self.position(n).map(|i| Col(i, n)))
            .unwrap_or(Col(usize::MAX, names.first().copied().unwrap_or("")))
    }

    /// What is missing of these.
    pub(crate) fn missing(&self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|n| self.position(n).is_none()).collect()
    }
}

/// One row's fields.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    pub(crate) row: &'a ByteRecord,
    pub(crate) at: At,
    /// What is not UTF-8 is read as ISO 8859-1, not as damage.
    pub(crate) latin1: bool,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(row: &'a ByteRecord, at: At) -> Self {
        Self { row, at, latin1: false }
    }

    pub(crate) fn get(&self, col: Col) -> Cow<'a, str> {
        self.at(col.0)
    }

    pub(crate) fn at(&self, index: usize) -> Cow<'a, str> {
        let bytes = self.row.get(index).unwrap_or(b"");
        match std::str::from_utf8(bytes) {
            Ok(t) => Cow::Borrowed(t.trim()),
            Err(_) if self.latin1 => {
                Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect::<String>().trim().to_owned())
            }
            Err(_) => Cow::Owned(String::from_utf8_lossy(bytes).trim().to_owned()),
        }
    }

    /// The field with its white space.
    pub(crate) fn raw(&self, col: Col) -> Cow<'a, str> {
        String::from_utf8_lossy(self.row.get(col.0).unwrap_or(b""))
    }

    /// As [`Self::get`], with `NA` and `None` (as R and Python write nothing) as empty.
    pub(crate) fn or_none(&self, col: Col) -> Cow<'a, str> {
        let t = self.get(col);
        if matches!(&*t, "NA" | "None" | "NULL" | "nan" | "NaN") { Cow::Borrowed("") } else { t }
    }
}

/// How to read delimited text.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) delimiter: u8,
    pub(crate) quoting: bool,
    pub(crate) comment: Option<u8>,
}

pub(crate) const COMMAS: Shape = Shape { delimiter: b',', quoting: true, comment: None };
pub(crate) const TABS: Shape = Shape { delimiter: b'\t', quoting: false, comment: None };

fn hash(row: &ByteRecord) -> u64 {
    twox_hash::XxHash3_64::oneshot(row.as_slice())
}

/// Whether all of a row's fields are empty: a blank line between rows.
fn blank(row: &ByteRecord) -> bool {
    row.as_slice().iter().all(u8::is_ascii_whitespace)
}

/// Rows of delimited text, header row included. `each` gets every row; what it cannot be given goes to `bad`.
pub(crate) fn delimited(
    input: impl Read,
    shape: Shape,
    start: (u64, u64),
    each: &mut dyn FnMut(Result<(&ByteRecord, At), BadRow>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(shape.delimiter)
        .quoting(shape.quoting)
        .comment(shape.comment)
        .buffer_capacity(1 << 17)
        .from_reader(input);
    let mut row = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let p = row.position();
                let at = At {
                    line: start.0 - 1 + p.map_or(0, csv::Position::line),
                    offset: start.1 + p.map_or(0, csv::Position::byte),
                    hash: hash(&row),
                };
                if row.as_slice().len() > MAX_ROW_BYTES {
                    let reason =
                        format!("the row has {} bytes; is a quotation mark missing its mate?", row.as_slice().len());
                    each(Err(BadRow { line: at.line, column: String::new(), reason }))?;
                    row = ByteRecord::new();
                } else if !blank(&row) {
                    each(Ok((&row, at)))?;
                }
            }
            Err(e) => return Err(format!("cannot read on: {e}")),
        }
    }
}

/// Values of a JSON array of objects (or of `Result`, `data`, `features` in an object), as rows under one header.
fn json_rows(bytes: &[u8]) -> Result<(Head, Vec<ByteRecord>), String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| format!("this is not JSON: {e}"))?;
    let list = match &value {
        Value::Array(a) => a,
        Value::Object(o) => ["Result", "data", "features"]
            .iter()
            .find_map(|k| o.get(*k).and_then(Value::as_array))
            .ok_or("expected a list of rows under `Result`, `data` or `features`")?,
        _ => return Err("expected a list of rows".into()),
    };
    let mut names: Vec<String> = Vec::new();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut flat: Vec<BTreeMap<usize, String>> = Vec::with_capacity(list.len());
    for item in list {
        let mut cells = BTreeMap::new();
        let mut put = |name: &str, v: &Value| {
            let text = match v {
                Value::Null => String::new(),
                Value::String(s) => s.clone(),
                other => other.to_string(),
            };
            let n = *index.entry(name.to_owned()).or_insert_with(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            cells.insert(n, text);
        };
        let Value::Object(o) = item else { return Err("expected every row to be an object".into()) };
        // A GeoJSON feature: its properties, and the point of its geometry.
        if o.get("type").and_then(Value::as_str) == Some("Feature") {
            if let Some(Value::Object(p)) = o.get("properties") {
                p.iter().for_each(|(k, v)| put(k, v));
            }
            if let Some(id) = o.get("id") {
                put("id", id);
            }
            if let Some([lon, lat, ..]) =
                o.get("geometry").and_then(|g| g.get("coordinates")).and_then(Value::as_array).map(Vec::as_slice)
            {
                put("longitude", lon);
                put("latitude", lat);
            }
        } else {
            o.iter().for_each(|(k, v)| put(k, v));
        }
        flat.push(cells);
    }
    let rows = flat
        .into_iter()
        .map(|cells| {
            let mut row = ByteRecord::new();
            for n in 0..names.len() {
                row.push_field(cells.get(&n).map_or(b"", |t| t.as_bytes()));
            }
            row
        })
        .collect();
    Ok((Head::new(names.iter().map(String::as_bytes)), rows))
}

/// The first sheet of a work book, as rows under its first.
fn xlsx_rows(bytes: Vec<u8>) -> Result<(Head, Vec<ByteRecord>), String> {
    use calamine::{Data, Reader as _};
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|e: calamine::XlsxError| format!("cannot read the work book: {e}"))?;
    let range = book
        .worksheet_range_at(0)
        .ok_or("the work book has no sheet")?
        .map_err(|e| format!("cannot read the first sheet: {e}"))?;
    let mut rows = range.rows().map(|cells| {
        let mut row = ByteRecord::new();
        for c in cells {
            let text = match c {
                Data::Empty => String::new(),
                Data::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => format!("{}", *x as i64),
                Data::DateTime(d) => {
                    let (y, m, day, ..) = d.to_ymd_hms_milli();
                    format!("{y:04}-{m:02}-{day:02}")
                }
                other => other.to_string(),
            };
            row.push_field(text.as_bytes());
        }
        row
    });
    let head = Head::new(rows.next().ok_or("the first sheet is empty")?.iter());
    Ok((head, rows.collect()))
}

/// A table with a header row, in whatever holds it. `start` makes the reader of a row from the header, `fix` may mend
/// the header in the light of the first row.
pub(crate) fn table<F>(
    input: impl Read,
    shape: impl FnOnce(&[u8]) -> Shape,
    headless: impl Fn(&ByteRecord) -> Option<Vec<&'static str>>,
    fix: impl Fn(&mut Head, &ByteRecord),
    prepare: impl FnOnce(&Head) -> Result<F, String>,
    each: &mut Sink<'_>,
) -> Result<(), String>
where
    F: Fn(&Cells<'_>, &mut dyn FnMut(Record<'_>)) -> Result<(), Fault>,
{
    let mut input = BufReader::with_capacity(1 << 17, input);
    let first = io::BufRead::fill_buf(&mut input).map_err(|e| format!("cannot read the file: {e}"))?;
    let lead =
        first.iter().position(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf)).map(|i| first[i]);
    let run = |reader: &F, row: &ByteRecord, at: At, width: usize, each: &mut Sink<'_>| {
        // Excess empty fields at the end are harmless; anything else that is too long or short is not.
        if row.len() < width || row.iter().skip(width).any(|f| !f.is_empty()) {
            let reason = format!("expected {width} fields, found {}", row.len());
            return each(Err(BadRow { line: at.line, column: String::new(), reason }));
        }
        let cells = Cells::new(row, at);
        if let Err((column, reason)) = reader(&cells, &mut |r| each(Ok(r))) {
            each(Err(BadRow { line: at.line, column: column.into(), reason }));
        }
    };
    let zip = first.starts_with(b"PK\x03\x04");
    if zip || matches!(lead, Some(b'{' | b'[')) {
        let mut bytes = Vec::new();
        input.take(MAX_WHOLE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot read the file: {e}"))?;
        if bytes.len() as u64 > MAX_WHOLE_BYTES {
            return Err("JSON and XLSX are read whole, and this file has more than 1 GiB; use CSV".into());
        }
        let (head, rows) = if zip { xlsx_rows(bytes)? } else { json_rows(&bytes)? };
        let reader = prepare(&head)?;
        for (n, row) in rows.iter().enumerate() {
            // The header is line 1 of a sheet; the first row of a JSON list is 1.
            let at = At { line: n as u64 + if zip { 2 } else { 1 }, offset: 0, hash: hash(row) };
            if !blank(row) {
                run(&reader, row, at, head.0.len(), each);
            }
        }
        return Ok(());
    }
    let line = first.split(|b| *b == b'\n').next().unwrap_or(b"").to_vec();
    let mut prepare = Some(prepare);
    let mut head: Option<Head> = None;
    let mut reader: Option<F> = None;
    delimited(input, shape(&line), (1, 0), &mut |item| {
        let (row, at) = match item {
            Ok(x) => x,
            Err(bad) => {
                each(Err(bad));
                return Ok(());
            }
        };
        if head.is_none() {
            if let Some(names) = headless(row) {
                head = Some(Head::new(names.iter().map(|n| n.as_bytes())));
            } else {
                head = Some(Head::new(row.iter()));
                return Ok(());
            }
        }
        // A row of HXL tags below the header.
        if row.iter().any(|f| f.starts_with(b"#")) && row.iter().all(|f| f.is_empty() || f.starts_with(b"#")) {
            return Ok(());
        }
        let Some(head) = head.as_mut() else { return Ok(()) };
        if let Some(prepare) = prepare.take() {
            fix(head, row);
            reader = Some(prepare(head)?);
        }
        if let Some(reader) = &reader {
            run(reader, row, at, head.0.len(), each);
        }
        Ok(())
    })?;
    match (head, prepare) {
        (None, _) => Err("the file is empty".into()),
        // A header without rows: still say whether it is the right one.
        (Some(head), Some(prepare)) => prepare(&head).map(|_| ()),
        _ => Ok(()),
    }
}

/// Comma or tab, whichever the first line has more of.
pub(crate) fn commas_or_tabs(line: &[u8]) -> Shape {
    let count = |b: u8| memchr::memchr_iter(b, line).count();
    if count(b'\t') > count(b',') { TABS } else { COMMAS }
}
