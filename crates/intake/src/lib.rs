//! Reports as people send them: bytes in, readable text out.
//!
//! Plain text, Markdown, HTML (the article, without what stands around it), PDF (its text layer), mail, feeds and JSON
//! lines. Encodings are detected, the language is told. Nothing is interpreted: what a report says is another crate's.
//!
//! Input comes from strangers: everything is bounded in size, in depth and in time, and a parser that fails is an error.

mod feed;
mod html;
mod pdf;

use std::fmt;

/// Most bytes of a file.
pub const MOST_BYTES: usize = 32 << 20;
/// Most reports of one file.
pub const MOST_REPORTS: usize = 10_000;
/// Characters that are looked at to tell the language.
const LANGUAGE_CHARS: usize = 4_000;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Plain text or Markdown.
    Text,
    /// A web page.
    Html,
    /// A PDF document.
    Pdf,
    /// A mail message.
    Mail,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// One report a line, as JSON.
    JsonLines,
}

impl Kind {
    /// By the file's name and its first bytes.
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        let extension = name.rsplit_once('.').map_or("", |x| x.1).to_ascii_lowercase();
        let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).trim_start().to_ascii_lowercase();
        let begin = begin.trim_start_matches('\u{feff}');
        match extension.as_str() {
            _ if begin.starts_with("%pdf-") => Self::Pdf,
            "pdf" => Self::Pdf,
            "eml" => Self::Mail,
            "rss" | "atom" => Self::Feed,
            "jsonl" | "ndjson" => Self::JsonLines,
            "md" | "txt" => Self::Text,
            _ if begin.starts_with("<rss") || begin.starts_with("<feed") || begin.contains("<rss ") => Self::Feed,
            _ if begin.starts_with("<?xml") && begin.contains("<feed") => Self::Feed,
            "html" | "htm" | "xhtml" => Self::Html,
            _ if begin.starts_with("<!doctype html") || begin.starts_with("<html") => Self::Html,
            _ => Self::Text,
        }
    }
}

/// A report, readable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Title, where one is told.
    pub title: Option<String>,
    /// When it was published, as it says: a day, or a day and a time.
    pub published: Option<String>,
    /// Where it was found, as it says.
    pub url: Option<String>,
    /// Who published it, as it says.
    pub publisher: Option<String>,
    /// Its text: paragraphs with a blank line between them.
    pub text: String,
    /// ISO 639-3 code of its language, where the text is long enough to tell.
    pub language: Option<&'static str>,
    /// Encoding that it came in.
    pub encoding: &'static str,
}

impl Document {
    /// Whether it is in English, or too short to tell.
    pub fn is_read(&self) -> bool {
        self.language.is_none_or(|l| l == "eng")
    }
}

/// Why a file could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// More than [`MOST_BYTES`].
    TooLarge(usize),
    /// There is no text in it: a phrase says why.
    NoText(&'static str),
    /// It is not what it should be; a phrase says what was expected, with the line where it is known.
    Bad(String),
    /// Reading it took too long.
    TooSlow,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(n) => write!(f, "it has {} MB; at most {} are read", n >> 20, MOST_BYTES >> 20),
            Self::NoText(why) => write!(f, "there is no text in it: {why}"),
            Self::Bad(what) => f.write_str(what),
            Self::TooSlow => f.write_str("it takes too long to read"),
        }
    }
}

impl std::error::Error for Error {}

/// The reports in a file.
///
/// # Errors
/// When it is too large, is not what it should be, or holds no text.
pub fn documents(kind: Kind, bytes: &[u8]) -> Result<Vec<Document>, Error> {
    if bytes.len() > MOST_BYTES {
        return Err(Error::TooLarge(bytes.len()));
    }
    let mut out = match kind {
        Kind::Text => {
            let (text, encoding) = decode(bytes)?;
            vec![Document { text: lines(&text), encoding, ..Document::default() }]
        }
        Kind::Html => vec![html::document(bytes)?],
        Kind::Pdf => vec![pdf::document(bytes)?],
        Kind::Mail => vec![feed::mail(bytes)?],
        Kind::Feed => feed::items(bytes)?,
        Kind::JsonLines => json_lines(bytes)?,
    };
    for d in &mut out {
        d.language = language(&d.text);
    }
    if out.iter().all(|d| d.text.trim().is_empty()) {
        return Err(Error::NoText(match kind {
            Kind::Pdf => "a scan has to be read by a person, or by a program for scans",
            Kind::Feed | Kind::JsonLines => "no item has any",
            _ => "it is empty",
        }));
    }
    Ok(out)
}

/// Text in Unicode, and the encoding that it came in.
fn decode(bytes: &[u8]) -> Result<(String, &'static str), Error> {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(&bytes[skip..]);
        return Ok((text.into_owned(), encoding.name()));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if text.contains('\0') {
            Err(Error::NoText("these are not the bytes of a text"))
        } else {
            Ok((text.into(), "UTF-8"))
        };
    }
    // Bytes that no text has: pictures, archives.
    let odd = bytes.iter().take(4096).filter(|b| **b < 9 || (14..32).contains(*b)).count();
    if odd > 0 {
        return Err(Error::NoText("these are not the bytes of a text"));
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Ok((text.into_owned(), encoding.name()))
}

/// One kind of line end, no marks that nobody sees, at most one blank line in a row.
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines() {
        let line = line.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}');
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        out.push_str(line);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn language(text: &str) -> Option<&'static str> {
    let begin: String = text.chars().take(LANGUAGE_CHARS).collect();
    // What is in another script is in another language, whichever.
    let told = |i: &whatlang::Info| i.is_reliable() || i.script() != whatlang::Script::Latin;
    whatlang::detect(&begin).filter(told).map(|i| i.lang().code())
}

/// One JSON object a line, with `text` (or `body`, `content`) and, where known, `title`, `published` (or `date`), `url`
/// and `source`.
fn json_lines(bytes: &[u8]) -> Result<Vec<Document>, Error> {
    let (text, encoding) = decode(bytes)?;
    let mut out = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        if out.len() == MOST_REPORTS {
            return Err(Error::Bad(format!("line {}: more than {MOST_REPORTS} reports", n + 1)));
        }
        let bad = |what: &str| Error::Bad(format!("line {}: {what}", n + 1));
        let value: serde_json::Value = serde_json::from_str(line).map_err(|e| bad(&format!("not JSON: {e}")))?;
        let get = |keys: &[&str]| {
            keys.iter().find_map(|k| value.get(*k)?.as_str()).map(|s| s.trim().to_owned()).filter(|s| !s.is_empty())
        };
        let body = get(&["text", "body", "content"])
            .ok_or_else(|| bad("expected an object with `text` (or `body`, `content`)"))?;
        out.push(Document {
            title: get(&["title", "headline"]),
            published: get(&["published", "date"]),
            url: get(&["url", "link"]),
            publisher: get(&["source", "publisher"]),
            text: lines(&body),
            language: None,
            encoding,
        });
    }
    Ok(out)
}
