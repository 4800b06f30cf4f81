//! `import`: brings an event data set into a case.

use std::fs::{self, File};
use std::path::Path;

use engine::Store;
use formats::Format as Data;
use model::{Day, is_id};

use crate::args::{Common, Format, Import};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Import, common: &Common) -> Outcome {
    let loaded = disk::load(&args.case)?;
    if loaded.has_errors() {
        output::problems(&loaded.problems, &loaded.texts);
        return Err("the case has errors: mend them first; nothing was changed".into());
    }
    let about = args.from.about();
    let version = args.version.as_deref();
    let id = args.id.clone().unwrap_or_else(|| {
        let v: String = version
            .unwrap_or("")
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        if v.is_empty() { about.name.to_owned() } else { format!("{}-{v}", about.name) }
    });
    if !is_id(&id) {
        return Err(format!("`{id}` is not an id: a-z, 0-9 and `-`; give one with --id"));
    }
    if loaded.case.datasets.iter().any(|d| d.id == id) || loaded.case.reports.contains_key(&id) {
        return Err(format!("`{id}` is in the case already: give this version an id of its own with --id"));
    }
    let retrieved = args.retrieved.unwrap_or_else(disk::today);
    let released = args.released.clone().unwrap_or_else(|| retrieved.to_string());
    model::Edtf::parse(&released)?;
    let source = args.source.clone().unwrap_or_else(|| about.name.to_owned());

    // The file comes into the case, and is pinned by its hash.
    let name = args.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let inside = format!("data/{name}");
    let target = args.case.join(&inside);
    let reading = |e: std::io::Error| format!("cannot read {}: {e}", args.file.display());
    let hash = File::open(&args.file).and_then(engine::hash_file).map_err(reading)?;
    let here = File::open(&target).and_then(engine::hash_file).ok();
    if here.as_ref().is_some_and(|h| *h != hash) {
        return Err(format!("{} is another file of that name: rename one of them", target.display()));
    }
    let named = |p: &Path| p.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let deletions = args.deletions.as_ref().map(|from| format!("data/{}", named(from)));
    let entry = entry(args, &id, &inside, &source, &released, retrieved, &hash, deletions.as_deref())?;
    let fresh = here.is_none();
    if fresh {
        copy(&args.file, &target)?;
    }
    if let (Some(from), Some(to)) = (&args.deletions, &deletions) {
        copy(from, &args.case.join(to))?;
    }

    // The entry, checked by the reader of cases before anything is kept.
    let case_toml = args.case.join("case.toml");
    let sources_toml = args.case.join("sources.toml");
    let old_case = loaded.texts.get("case.toml").cloned().unwrap_or_default();
    let old_sources = loaded.texts.get("sources.toml").cloned().unwrap_or_default();
    let undo = |why: String| -> String {
        let _ = disk::write(&case_toml, old_case.as_bytes());
        let _ = disk::write(&sources_toml, old_sources.as_bytes());
        if fresh {
            let _ = fs::remove_file(&target);
        }
        why
    };
    disk::write(&case_toml, format!("{}\n{entry}", with_newline(&old_case)).as_bytes())?;
    if !loaded.case.sources.contains_key(&source) {
        let text = format!(
            "{}\n[{source}]\nname        = {:?}\nkind        = \"dataset\"\nreliability = \"F\"\nwhy         = \"Not graded yet; the data set's own rules stand in its codebook.\"\n",
            with_newline(&old_sources),
            about.title
        );
        disk::write(&sources_toml, text.as_bytes()).map_err(&undo)?;
    }
    let after = disk::load(&args.case).map_err(&undo)?;
    if after.has_errors() {
        output::problems(&after.problems, &after.texts);
        return Err(undo("the data set cannot be described so; nothing was changed".into()));
    }
    let Some(d) = after.case.datasets.iter().find(|d| d.id == id) else {
        return Err(undo("case.toml could not be extended; add the entry [[dataset]] by hand".into()));
    };

    let store = Store::peek(&super::built(&args.case));
    let bar = super::import_bar(&args.case, &after.case, &id);
    let open = |path: &str| File::open(args.case.join(path));
    let begun = std::time::Instant::now();
    let done = engine::import_dataset(&store, d, &open, rayon::current_num_threads(), &*bar);
    drop(bar);
    let (folder, done) = match done {
        Ok(done) => done,
        Err(engine::RowsError::Case(problems)) => {
            output::problems(&problems, &after.texts);
            return Err(undo("nothing was changed".into()));
        }
        Err(engine::RowsError::Other(e)) => return Err(undo(e)),
    };
    let shown = args.file.display();
    for b in done.bad.iter().take(10) {
        let column = if b.column.is_empty() { String::new() } else { format!(", {}", b.column) };
        eprintln!("warning: {shown}:{}{column}: {}", b.line, b.reason);
    }
    if done.quarantined > 10 && !done.bad.is_empty() {
        eprintln!("warning: and {} more; all stand in the table `quarantine`", done.quarantined - 10);
    }
    if args.strict && done.quarantined > 0 {
        let _ = fs::remove_dir_all(folder);
        return Err(undo(format!("{} rows could not be read (--strict): nothing was changed", done.quarantined)));
    }
    if done.rows == 0 {
        let _ = fs::remove_dir_all(folder);
        return Err(undo(format!("{shown}: no row could be read; nothing was changed")));
    }
    let (first, last) = done.days.map_or((Day(0), Day(0)), |(a, b)| (Day(a), Day(b)));
    if common.format == Format::Json {
        let value = serde_json::json!({
            "dataset": id, "rows": done.rows, "quarantined": done.quarantined, "withdrawn": done.withdrawn,
            "first": first.to_string(), "last": last.to_string(), "bytes": done.bytes, "redistribute": d.redistribute,
            "bad": done.bad.iter().take(1000).collect::<Vec<_>>(),
        });
        output::print(&(serde_json::to_string_pretty(&value).map_err(|e| e.to_string())? + "\n"));
    } else {
        let mut text = format!("{id}: {} rows, {first} to {last}", done.rows);
        if done.quarantined > 0 {
            text.push_str(&format!("; {} rows could not be read (table `quarantine`)", done.quarantined));
        }
        if done.withdrawn > 0 {
            text.push_str(&format!("; {} rows were withdrawn by the publisher", done.withdrawn));
        }
        text.push('\n');
        text.push_str(&format!("licence: {}; ", d.licence));
        text.push_str(if d.redistribute {
            "its rows may be passed on\n"
        } else {
            "its rows stay out of everything that is published\n"
        });
        output::print(&text);
    }
    if d.released.possible.to > after.case.as_of() {
        eprintln!(
            "warning: released {}, after the as-of day {}: its rows take no part until the case is seen from a later day",
            d.released,
            after.case.as_of()
        );
    }
    eprintln!(
        "imported in {:.1} s; `bellwether build` makes claims of the rows that name an actor of the case",
        begun.elapsed().as_secs_f64()
    );
    Ok(End::Done)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let same = fs::canonicalize(from).ok().is_some_and(|f| fs::canonicalize(to).is_ok_and(|t| t == f));
    if same {
        return Ok(());
    }
    let failed = |e: std::io::Error| format!("cannot copy {} to {}: {e}", from.display(), to.display());
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Beside, then renamed: half a file never has the name.
    let beside = to.with_extension("copying");
    fs::copy(from, &beside).map_err(failed)?;
    fs::rename(&beside, to).map_err(failed)
}

fn with_newline(text: &str) -> String {
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// The entry in `case.toml`.
fn entry(
    args: &Import,
    id: &str,
    file: &str,
    source: &str,
    released: &str,
    retrieved: Day,
    hash: &str,
    deletions: Option<&str>,
) -> Result<String, String> {
    let about = args.from.about();
    let mut out = String::from("[[dataset]]\n");
    let mut put = |key: &str, value: String| out.push_str(&format!("{key:<12} = {value}\n"));
    put("id", format!("{id:?}"));
    put("file", format!("{file:?}"));
    put("format", format!("{:?}", about.name));
    put("source", format!("{source:?}"));
    if let Some(v) = &args.version {
        put("version", format!("{v:?}"));
    }
    put("released", format!("{released:?}"));
    put("retrieved", retrieved.to_string());
    put("hash", format!("{hash:?}"));
    put("licence", format!("{:?}", args.licence.as_deref().unwrap_or(about.licence)));
    put("redistribute", args.redistribute.unwrap_or(about.redistribute).to_string());
    if let Some(d) = deletions {
        put("deletions", format!("{d:?}"));
    }
    if !args.actors.is_empty() {
        put("keep", format!("{{ actors = {:?} }}", args.actors));
    }
    let pairs = |list: &[String], what: &str| -> Result<Vec<(String, String)>, String> {
        list.iter()
            .map(|t| {
                t.split_once('=')
                    .map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()))
                    .ok_or_else(|| format!("`{t}`: expected {what}"))
            })
            .collect()
    };
    let columns = pairs(&args.columns, "FIELD=COLUMN, such as date=day")?;
    if !columns.is_empty() {
        let list: Vec<String> = columns.iter().map(|(a, b)| format!("{a} = {b:?}")).collect();
        put("columns", format!("{{ {} }}", list.join(", ")));
    } else if args.from == Data::Mapped {
        return Err("a table needs --column for what it holds, at least --column date=COLUMN".into());
    }
    let types = pairs(&args.types, "CODE=TYPE, such as 1=Battles")?;
    if !types.is_empty() {
        let list: Vec<String> = types.iter().map(|(a, b)| format!("{a:?} = {b:?}")).collect();
        put("types", format!("{{ {} }}", list.join(", ")));
    }
    for (key, value) in pairs(&args.settings, "KEY=VALUE, such as months=true")? {
        let plain = value == "true" || value == "false" || value.parse::<f64>().is_ok() || Day::parse(&value).is_some();
        put(&key, if plain { value } else { format!("{value:?}") });
    }
    Ok(out)
}
