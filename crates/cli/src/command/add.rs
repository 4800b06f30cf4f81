//! `add`: files a report with its front matter.

use std::io::Read as _;

use case::NewReport;

use crate::args::Add;
use crate::{End, Outcome, disk, output};

/// Largest text that is filed.
const MAX_BYTES: u64 = 16 << 20;

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
    if args.text.as_os_str() == "-" {
        std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(reading)?;
    } else {
        std::fs::File::open(&args.text).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(reading)?;
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{} is larger than {MAX_BYTES} bytes", args.text.display()));
    }
    let body = String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", args.text.display()))?;
    let new = NewReport {
        title: args.title.clone(),
        source: args.source.clone(),
        published: args.published.clone(),
        retrieved: args.retrieved.clone(),
        url: args.url.clone(),
        tlp: args.tlp.clone(),
        body,
    };
    let (path, text) = case::report_file(&new)?;
    let target = args.case.join(&path);
    if target.exists() {
        return Err(format!("{} is already there: nothing was written", target.display()));
    }
    disk::write(&target, text.as_bytes())?;
    output::print(&format!("{}\n", target.display()));
    Ok(End::Done)
}
