//! `add`: files a report with its front matter.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use case::NewReport;
use intake::Kind;

use crate::args::Add;
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Add) -> Outcome {
    let loaded = disk::load(&args.case)?;
    if !loaded.case.sources.contains_key(&args.source) {
        let known: Vec<&str> = loaded.case.sources.keys().map(String::as_str).collect();
        let near = model::suggest_edit(&args.source, known.iter().copied());
        return Err(format!(
            "unknown source `{}`: {}",
            args.source,
            near.map_or_else(|| format!("sources.toml has {}", known.join(", ")), |n| format!("did you mean `{n}`?"))
        ));
    }
    let mut bytes = Vec::new();
    let reading = |e: std::io::Error| format!("cannot read {}: {e}", args.text.display());
    let most = intake::MOST_BYTES as u64 + 1;
    if args.text.as_os_str() == "-" {
        std::io::stdin().take(most).read_to_end(&mut bytes).map_err(reading)?;
    } else {
        std::fs::File::open(&args.text).and_then(|f| f.take(most).read_to_end(&mut bytes)).map_err(reading)?;
    }
    let kind = Kind::of(&args.text.to_string_lossy(), &bytes);
    let documents = intake::documents(kind, &bytes).map_err(|e| format!("{}: {e}", args.text.display()))?;
    // A text in UTF-8 is its own original; of everything else the bytes are kept.
    let original = (kind == Kind::Text).then(|| String::from_utf8(bytes.clone()).ok()).flatten();
    let received = original.is_none().then(|| {
        let extension = match kind {
            Kind::Text => "txt",
            Kind::Html => "html",
            Kind::Pdf => "pdf",
            Kind::Mail => "eml",
            Kind::Feed => "xml",
            Kind::JsonLines => "jsonl",
        };
        format!("{RECEIVED}/{}.{extension}", &blake3::hash(&bytes).to_hex()[..32])
    });
    let many = documents.len() > 1;
    let mut files: Vec<(String, String)> = Vec::new();
    let mut unread = BTreeSet::new();
    for (n, d) in documents.into_iter().enumerate().filter(|(_, d)| !d.text.trim().is_empty()) {
        let which = if many { format!(" of item {}", n + 1) } else { String::new() };
        let missing = |what: &str| format!("the {what}{which} is not told by the file: give --{what}");
        let language = d.language.filter(|_| !d.is_read()).map(str::to_owned);
        unread.extend(language.clone());
        let new = NewReport {
            title: args
                .title
                .clone()
                .filter(|_| !many)
                .or(d.title)
                .ok_or_else(|| missing("title"))?
                .replace(['\n', '\r'], " "),
            source: args.source.clone(),
            published: args.published.clone().or(d.published).ok_or_else(|| missing("published"))?,
            retrieved: args.retrieved.clone(),
            url: args.url.clone().or(d.url),
            tlp: args.tlp.clone(),
            received: received.clone(),
            language,
            body: original.clone().unwrap_or(d.text),
        };
        files.push(case::report_file(&new)?);
    }
    let there: Vec<&String> = files.iter().map(|f| &f.0).filter(|f| args.case.join(f).exists()).collect();
    if !many && let Some(f) = there.first() {
        return Err(format!("{} is already there: nothing was written", args.case.join(f).display()));
    }
    let known: BTreeSet<String> = there.into_iter().cloned().collect();
    if let Some(path) = &received {
        disk::write(&args.case.join(path), &bytes)?;
    }
    for (path, text) in files.iter().filter(|f| !known.contains(&f.0)) {
        let target = args.case.join(path);
        disk::write(&target, text.as_bytes())?;
        output::print(&format!("{}\n", target.display()));
    }
    if !known.is_empty() {
        eprintln!("{} of {} were there already", known.len(), files.len());
    }
    if !unread.is_empty() {
        let which = unread.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!("not in English ({which}): kept, and not read by machine");
    }
    Ok(End::Done)
}

/// Folder of the bytes as they were received; their names begin with their hash.
const RECEIVED: &str = "received";

/// Whether the bytes behind a report are still those that were received; a phrase says what is wrong.
pub(crate) fn received(folder: &Path, path: &str) -> Result<(), String> {
    let inside = path.strip_prefix(RECEIVED).and_then(|p| p.strip_prefix('/')).filter(|p| !p.contains('/'));
    let Some(name) = inside else { return Err(format!("`{path}` is not a file under {RECEIVED}/")) };
    let bytes = std::fs::read(folder.join(path)).map_err(|e| format!("cannot read {path}: {e}"))?;
    let hash = name.split('.').next().unwrap_or_default();
    if hash.len() < 16 || !blake3::hash(&bytes).to_hex().starts_with(hash) {
        return Err(format!("{path} is not what was received: its bytes have another hash"));
    }
    Ok(())
}
