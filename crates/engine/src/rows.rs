//! Rows of event data sets become claims of the case: a data set is a source, a row is a claim with its own precision,
//! figures and named originator.
//!
//! Import (once a file) and three steps: keep the rows that speak to the case, resolve the names in them to actors of
//! the case, and match the rows with one another and with the events coded by hand. People's rulings come last and
//! always win.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Date32Type, Float64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use formats::{Deaths, Extent, Format, Record, flag};
use model::{
    ActorKind, ActorRole, Basis, Case, Claim, Credibility, Dataset, Day, Decides, Edtf, EventClaim, Excerpt, Figure,
    Hedge, Id, LonLat, Measure, Modality, Named, Origin, PlaceRef, Problem, Report, Role, Says, Span, Stance, SubType,
    WithActor,
};

use crate::import::{Counted, ImportOptions, Imported, LAYOUT, import};
use crate::journal::{Journal, hash};
use crate::query::{formatters, said};
use crate::stage::matching::{self, Rows};
use crate::store::Store;
use names::{Folded, How, Words};

/// Opens a file of the case folder.
pub type Opener<'o> = &'o dyn Fn(&str) -> io::Result<File>;

/// What can go wrong.
#[derive(Debug)]
pub enum RowsError {
    /// Problems of the case.
    Case(Vec<Problem>),
    /// The disk, or a file that is not of its format.
    Other(String),
}

/// Most rows of one data set that become claims.
const MAX_ROWS: usize = 20_000;

/// The imports that the tables `records` and `quarantine` show.
const CURRENT: &str = "records/current.json";

fn folder_name(folder: &Path) -> String {
    folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// Where an import of a data set is kept: named by everything it depends on.
fn records_folder(store: &Store, d: &Dataset, deletions: &str) -> PathBuf {
    let key = serde_json::to_string(&(LAYOUT, &d.id, &d.hash, &d.format, d.mapping(), deletions)).unwrap_or_default();
    store.root().join("records").join(format!("{}-{}", d.id, &blake3::hash(key.as_bytes()).to_hex()[..16]))
}

fn reading(file: &str) -> impl Fn(io::Error) -> RowsError + use<'_> {
    move |e| RowsError::Other(format!("cannot read {file}: {e}"))
}

/// Imports a data set unless that was done before; returns where its parts are and what came of it.
///
/// # Errors
/// When the file is another one than the case says, is not of its format, or the disk fails.
pub fn import_dataset(
    store: &Store,
    d: &Dataset,
    open: Opener<'_>,
    threads: usize,
    counted: Counted<'_>,
) -> Result<(PathBuf, Imported), RowsError> {
    let other = RowsError::Other;
    let (mut withdrawn, mut deletions) = (Vec::new(), String::new());
    if let Some(file) = &d.deletions {
        let mut bytes = Vec::new();
        open(file).and_then(|f| f.take(1 << 28).read_to_end(&mut bytes)).map_err(reading(file))?;
        deletions = blake3::hash(&bytes).to_hex().to_string();
        withdrawn = formats::read_acled_deletions(&bytes[..]).map_err(|e| other(format!("{file}: {e}")))?;
    }
    let folder = records_folder(store, d, &deletions);
    if let Ok(bytes) = fs::read(folder.join("import.json"))
        && let Ok(done) = serde_json::from_slice(&bytes)
    {
        return Ok((folder, done));
    }
    let found = hash_file(open(&d.file).map_err(reading(&d.file))?).map_err(reading(&d.file))?;
    if found != d.hash {
        return Err(RowsError::Case(vec![
            Problem::error("another-file", d.span.clone(), format!("`{}` is not the file that was imported", d.file))
                .label(format!("its hash is {}, and the case says {}", &found[..16], &d.hash[..d.hash.len().min(16)]))
                .help("import the new version with `bellwether import`, under an id of its own"),
        ]));
    }
    let format = Format::from_name(&d.format.0).ok_or_else(|| other(format!("no format {}", d.format.0)))?;
    let options = ImportOptions { dataset: d.id.clone(), format, mapping: d.mapping(), withdrawn, threads };
    // Beside, then renamed: an import that is interrupted leaves nothing that looks done.
    let beside = folder.with_extension(format!("partial-{}", std::process::id()));
    let disk = |e: io::Error| other(format!("cannot write {}: {e}", beside.display()));
    let _ = fs::remove_dir_all(&beside);
    fs::create_dir_all(beside.join("parts")).map_err(disk)?;
    let named = |e: String| other(format!("{}: {e}", d.file));
    let (container, input) = formats::unpack(open(&d.file).map_err(reading(&d.file))?).map_err(named)?;
    let done = if container == formats::Container::Parquet {
        import_parquet(open(&d.file).map_err(reading(&d.file))?, &beside, &options, counted).map_err(named)?
    } else {
        import(input, &beside, &options, counted).map_err(named)?
    };
    fs::write(beside.join("import.json"), serde_json::to_vec(&done).unwrap_or_default()).map_err(disk)?;
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&beside, &folder).map_err(disk)?;
    // What `query` shows, until a build says it anew.
    let mut current: Vec<String> =
        fs::read(store.root().join(CURRENT)).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
    current.push(folder_name(&folder));
    let list = serde_json::to_vec(&current).unwrap_or_default();
    store.write(CURRENT, &list).map_err(|e| other(e.to_string()))?;
    Ok((folder, done))
}

/// A Parquet table, as text, through the same mapping as any other table.
fn import_parquet(
    file: File,
    folder: &Path,
    options: &ImportOptions,
    counted: Counted<'_>,
) -> Result<Imported, String> {
    use datafusion::arrow::util::display::FormatOptions;
    use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| e.to_string())?;
    let reader = reader.build().map_err(|e| e.to_string())?;
    // Written out as CSV through a pipe, so that memory stays bounded.
    let (out, into) = io::pipe().map_err(|e| e.to_string())?;
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<(), String> {
            let mut csv = csv::Writer::from_writer(into);
            let mut headed = false;
            let format = FormatOptions::default();
            for batch in reader {
                let batch = batch.map_err(|e| e.to_string())?;
                if !headed {
                    let schema = batch.schema();
                    csv.write_record(schema.fields().iter().map(|f| f.name().as_str())).map_err(|e| e.to_string())?;
                    headed = true;
                }
                let columns = formatters(&batch, &format)?;
                for row in 0..batch.num_rows() {
                    csv.write_record(columns.iter().map(|c| c.value(row).to_string())).map_err(|e| e.to_string())?;
                }
            }
            csv.flush().map_err(|e| e.to_string())
        });
        let done = import(out, folder, options, counted);
        match (done, writer.join()) {
            (Ok(done), Ok(Ok(()))) => Ok(done),
            (Err(e), _) => Err(e),
            (_, Ok(Err(e))) => Err(e),
            (_, Err(_)) => Err("a thread of the import died".into()),
        }
    })
}

/// BLAKE3 of a file.
///
/// # Errors
/// What the disk says.
pub fn hash_file(mut file: File) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            n => {
                hasher.update(&block[..n]);
            }
        }
    }
}

/// The case with the rows that speak to it as claims, and with what matches what. What is published after the as-of
/// day takes no part.
///
/// # Errors
/// As [`import_dataset`]; and when more rows speak to the case than a case is for.
pub fn with_rows(
    case: &Case,
    store: &Store,
    journal: &mut Journal<'_>,
    open: Opener<'_>,
    threads: usize,
    counted: &dyn Fn(&str) -> Box<dyn Fn(u64, u64) + Sync>,
) -> Result<Case, RowsError> {
    if !matching::is_needed(case) {
        return Ok(case.clone());
    }
    let mut out = case.clone();
    let mut folders = Vec::new();
    let mut sets: Vec<Rows> = Vec::new();
    let mut inputs: Vec<(String, String)> = Vec::new();
    for d in case.datasets.iter().filter(|d| d.released.possible.to <= case.as_of()) {
        let progress = counted(&d.id);
        let (folder, done) = import_dataset(store, d, open, threads, &*progress)?;
        folders.push(folder_name(&folder));
        let rows = read_rows(&folder, &done, d, case).map_err(RowsError::Other)?;
        let (rows, named) = keep(case, d, rows);
        out.names.extend(named);
        if rows.len() > MAX_ROWS {
            return Err(RowsError::Case(vec![
                Problem::error(
                    "too-many-rows",
                    d.span.clone(),
                    format!("{} rows of `{}` speak to the case", rows.len(), d.id),
                )
                .label(format!("at most {MAX_ROWS} become claims"))
                .help("narrow `keep`: actors, areas, countries, window; `bellwether query` counts the table `records`"),
            ]));
        }
        let rows = claims(case, d, rows, &mut out);
        // What a row says is told by the import and its place there.
        let lines: Vec<(&Id, u64)> = rows.iter().map(|(e, r)| (e, r.at.line)).collect();
        inputs.push((format!("rows of {}", d.id), hash(&(folder_name(&folder), d.duplicates, lines))));
        sets.push(Rows { set: d.id.clone(), duplicates: d.duplicates, rows });
    }
    inputs.push(("claims".into(), hash(&case.claims)));
    inputs.push(("areas.geojson".into(), hash(&case.areas)));
    inputs.push(("names in actors.toml".into(), hash(&case.actors.values().map(|a| &a.name).collect::<Vec<_>>())));
    inputs.push(("rulings.jsonl".into(), hash(&case.rulings)));
    out.same = journal.run("match", matching::VERSION, "", inputs, || matching::run(case, &sets)).0;
    if case.datasets.is_empty() {
        return Ok(out);
    }
    // What `query` shows as the tables `records` and `quarantine`.
    let list = serde_json::to_vec(&folders).unwrap_or_default();
    store.write(CURRENT, &list).map_err(|e| RowsError::Other(e.to_string()))?;
    Ok(out)
}

/// Rows that may have happened in the window, in the countries asked for.
fn read_rows(folder: &Path, done: &Imported, d: &Dataset, case: &Case) -> Result<Vec<Record<'static>>, String> {
    let window = d.keep.window.as_ref().and_then(|w| w.days(case.as_of()));
    let (from, to) = window.map_or((Day(-700_000), case.as_of()), |w| (w.from, w.to.min(case.as_of())));
    let mut sql = format!("select * from records where last >= date '{from}' and first <= date '{to}'");
    if !d.keep.countries.is_empty() {
        let list: Vec<String> = d.keep.countries.iter().map(|c| format!("'{}'", c.replace('\'', "''"))).collect();
        sql.push_str(&format!(" and country in ({})", list.join(", ")));
    }
    let parts: Vec<PathBuf> = done.parts.iter().map(|p| folder.join("parts").join(p)).collect();
    let mut out = Vec::new();
    over_parts(&parts, &sql, |b| records(b, &mut out))?;
    Ok(out)
}

/// Runs one statement over the table `records`, part by part: a part bounds the memory.
pub(crate) fn over_parts(
    parts: &[PathBuf],
    sql: &str,
    mut each: impl FnMut(&RecordBatch) -> Result<(), String>,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let config = SessionConfig::new()
            .with_target_partitions(1)
            .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
            .set_bool("datafusion.execution.parquet.pushdown_filters", true);
        let ctx = SessionContext::new_with_config(config);
        for part in parts {
            ctx.register_parquet("records", part.to_string_lossy(), ParquetReadOptions::default())
                .await
                .map_err(said)?;
            for b in &ctx.sql(sql).await.map_err(said)?.collect().await.map_err(said)? {
                each(b)?;
            }
            ctx.deregister_table("records").map_err(said)?;
        }
        Ok(())
    })
}

/// Rows of a batch as records.
pub(crate) fn records(batch: &RecordBatch, out: &mut Vec<Record<'static>>) -> Result<(), String> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| format!("the table has no column {name}"));
    let text = |name: &str| -> Result<_, String> {
        column(name)?.as_string_opt::<i32>().cloned().ok_or_else(|| format!("column {name} is no text"))
    };
    let names = [
        "id", "about", "place", "adm1", "country", "type", "sub_type", "code", "actor1", "actor2", "origin", "text",
        "url", "detail",
    ];
    let texts = names.iter().map(|n| text(n)).collect::<Result<Vec<_>, _>>()?;
    let days = ["first", "last"].map(column);
    let [first, last] = days.map(|c| c.map(|c| c.as_primitive::<Date32Type>().clone()));
    let (first, last) = (first?, last?);
    let (lon, lat) = (column("lon")?.as_primitive::<Float64Type>(), column("lat")?.as_primitive::<Float64Type>());
    let extent = column("extent")?.as_primitive::<UInt8Type>();
    let flags = column("flags")?.as_primitive::<UInt16Type>();
    let killed: Vec<_> = ["killed_low", "killed_best", "killed_high"]
        .iter()
        .map(|n| column(n).map(|c| c.as_primitive::<UInt32Type>().clone()))
        .collect::<Result<_, _>>()?;
    let place: Vec<_> = ["line", "offset", "hash"]
        .iter()
        .map(|n| column(n).map(|c| c.as_primitive::<UInt64Type>().clone()))
        .collect::<Result<_, _>>()?;
    for i in 0..batch.num_rows() {
        let t = |k: usize| -> std::borrow::Cow<'static, str> {
            if texts[k].is_null(i) { "".into() } else { texts[k].value(i).to_owned().into() }
        };
        let kind = t(5);
        out.push(Record {
            at: formats::At { line: place[0].value(i), offset: place[1].value(i), hash: place[2].value(i) },
            id: t(0),
            about: t(1),
            first: first.value(i),
            last: last.value(i),
            lon_lat: (!lon.is_null(i) && !lat.is_null(i)).then(|| (lon.value(i), lat.value(i))),
            extent: Extent::from_code(extent.value(i)).unwrap_or_default(),
            place: t(2),
            adm1: t(3),
            country: t(4),
            kind: model::EventType::from_name(&kind),
            sub_type: t(6),
            code: t(7),
            actor1: t(8),
            actor2: t(9),
            deaths: (!killed[1].is_null(i)).then(|| Deaths {
                low: killed[0].value(i),
                best: killed[1].value(i),
                high: killed[2].value(i),
            }),
            origin: t(10),
            text: t(11),
            url: t(12),
            flags: flags.value(i),
            detail: t(13),
        });
    }
    Ok(())
}

/// A row with whom its actors mean.
struct Kept {
    record: Record<'static>,
    actors: [Option<Id>; 2],
}

/// From this likeness on a name means an actor without anybody's word for it.
const ALIKE: f64 = 0.84;
/// By how much the likeliest actor must lead.
const LEAD: f64 = 0.04;
/// Candidates that are kept for people to look at.
const CANDIDATE: f64 = 0.6;

/// An actor that a name may mean.
#[derive(Clone, Copy)]
struct Means<'c> {
    actor: &'c Id,
    score: f64,
    how: How,
    /// Days on which it bore the name.
    days: (Day, Day),
}

/// Whom a name means: always the same, or one or the other by the day.
enum Meaning<'c> {
    Settled(Option<&'c Id>),
    ByDate(Vec<Means<'c>>),
}

/// The one actor meant by a name in these days, if one is alike enough and leads. Candidates come likeliest first.
fn clear<'c, 'm>(candidates: &'m [Means<'c>], days: (Day, Day)) -> Option<&'m Means<'c>> {
    let mut then = candidates.iter().filter(|m| m.days.0 <= days.1 && days.0 <= m.days.1);
    let first = then.next().filter(|m| m.score >= ALIKE)?;
    let second = then.find(|m| m.actor != first.actor);
    second.is_none_or(|m| first.score - m.score >= LEAD).then_some(first)
}

/// The rows that name an actor of the case (one of those asked for) and may lie in an area asked for.
fn keep(case: &Case, d: &Dataset, rows: Vec<Record<'static>>) -> (Vec<Kept>, Vec<Named>) {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for r in &rows {
        for n in [&r.actor1, &r.actor2] {
            if !n.is_empty() {
                *counts.entry(n).or_default() += 1;
            }
        }
    }
    let always = (Day(i32::MIN), Day(i32::MAX));
    let register: Vec<(&Id, Folded, (Day, Day))> = case
        .actors
        .iter()
        .flat_map(|(id, a)| {
            let names = std::iter::once(&a.name).chain(&a.aliases).map(move |n| (id, Folded::new(n), always));
            names.chain(a.known_as.iter().map(move |k| (id, Folded::new(&k.name), k.days())))
        })
        .collect();
    let folded: BTreeMap<&str, Folded> = counts.keys().map(|n| (*n, Folded::new(n))).collect();
    let words = Words::new(folded.values().chain(register.iter().map(|r| &r.1)));
    let mut ruled: BTreeMap<&str, Option<&Id>> = BTreeMap::new();
    for r in &case.rulings {
        if let Decides::Name(n) = &r.decides
            && n.dataset.as_ref().is_none_or(|x| *x == d.id)
        {
            ruled.insert(&n.name, n.actor.as_ref());
        }
    }
    let mut meant: BTreeMap<&str, Meaning<'_>> = BTreeMap::new();
    let mut named = Vec::new();
    for (name, n) in &counts {
        let mut candidates: Vec<Means<'_>> = register
            .iter()
            .map(|(actor, known, days)| {
                let (score, how) = words.alike(&folded[name], known);
                Means { actor, score, how, days: *days }
            })
            .filter(|m| m.score >= CANDIDATE)
            .collect();
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.actor.cmp(b.actor)));
        let (meaning, actor, how) = if let Some(actor) = ruled.get(name) {
            (Meaning::Settled(*actor), *actor, "ruled")
        } else if let Some(actor) = d.actors.get(*name) {
            (Meaning::Settled(Some(actor)), Some(actor), "declared")
        } else {
            let clear = clear(&candidates, always);
            let how = clear.map_or("", |m| match m.how {
                How::Same => "same",
                How::Sound => "sound",
                How::Initials => "initials",
                How::Words => "words",
            });
            let actor = clear.map(|m| m.actor);
            let dated = candidates.iter().any(|m| m.days != always);
            let how = if dated { "by date" } else { how };
            (if dated { Meaning::ByDate(candidates.clone()) } else { Meaning::Settled(actor) }, actor, how)
        };
        if actor.is_some() || !candidates.is_empty() {
            let mut seen: Vec<(Id, f64)> = Vec::new();
            for m in &candidates {
                if seen.iter().all(|s| s.0 != *m.actor) {
                    seen.push((m.actor.clone(), m.score));
                }
            }
            named.push(Named {
                dataset: d.id.clone(),
                name: (*name).to_owned(),
                rows: *n,
                actor: actor.cloned(),
                how: how.to_owned(),
                candidates: seen,
            });
        }
        meant.insert(name, meaning);
    }
    let areas: Vec<&model::Area> = d.keep.areas.iter().filter_map(|a| case.areas.get(a)).collect();
    let may_lie = |r: &Record<'static>| {
        let Some(p) = r.point() else { return areas.is_empty() };
        let disc = model::Geometry::Point { at: p, uncertainty_m: r.extent.radius_km() * 1000.0 };
        areas.is_empty()
            || areas
                .iter()
                .any(|a| a.geometry.contains(p) || disc.sample(32).into_iter().any(|q| a.geometry.contains(q)))
    };
    let of = |n: &str, r: &Record<'static>| match meant.get(n)? {
        Meaning::Settled(actor) => actor.cloned(),
        Meaning::ByDate(candidates) => clear(candidates, r.days()).map(|m| m.actor.clone()),
    };
    let actors: Vec<[Option<Id>; 2]> = rows.iter().map(|r| [of(&r.actor1, r), of(&r.actor2, r)]).collect();
    let kept = rows
        .into_iter()
        .zip(actors)
        .filter(|(r, actors)| {
            let wanted = |a: &Id| d.keep.actors.is_empty() || d.keep.actors.contains(a);
            let event = r.kind.is_some() || !r.about.is_empty();
            event && (!r.about.is_empty() || actors.iter().flatten().any(wanted)) && may_lie(r)
        })
        .map(|(record, actors)| Kept { record, actors })
        .collect();
    (kept, named)
}

/// What a figure counts when a data set counts everybody.
pub const ALL_SIDES: &str = "all-sides";

/// Rows as claims in a report that is the data set; returns the rows with their events.
fn claims(case: &Case, d: &Dataset, rows: Vec<Kept>, out: &mut Case) -> Vec<(Id, Record<'static>)> {
    let named_sources: BTreeMap<String, &Id> =
        case.sources.iter().map(|(id, s)| (Folded::new(&s.name).text, id)).collect();
    let format = Format::from_name(&d.format.0).map_or("", |f| f.about().title);
    let version = d.version.as_deref().map_or_else(String::new, |v| format!(" {v}"));
    let mut text = String::new();
    let mut used: BTreeSet<Id> = BTreeSet::new();
    let mut back = Vec::new();
    // ACLED splits one report over days and places ("12 killed over 3 days" is 4, 4, 4) and repeats its notes: such rows
    // stand side by side, and their passages overlap, so that they are one statement about several events.
    let splits = d.format.0 == "acled";
    let mut rows = rows;
    if splits {
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        for (n, k) in rows.iter().enumerate() {
            first.entry(k.record.text.to_string()).or_insert(n);
        }
        rows.sort_by_key(|k| first[&*k.record.text]);
    }
    let mut notes: Option<(String, usize)> = None;
    for k in rows {
        let r = &k.record;
        let mut id = slug(&format!("{}-{}", d.id, r.id));
        if !used.insert(id.clone()) {
            id = slug(&format!("{}-line-{}", d.id, r.at.line));
            used.insert(id.clone());
        }
        // A row that points at an event of another file speaks of that event, if the case has it.
        let event = if r.about.is_empty() {
            id.clone()
        } else {
            let of = out.rows.iter().find(|(e, set)| **e == slug(&format!("{set}-{}", r.about))).map(|x| x.0.clone());
            match of {
                Some(e) => e,
                None => continue,
            }
        };
        let begin = text.len();
        text.push_str(&sentence(r));
        let end = text.len();
        let start = match &notes {
            Some((same, start)) if splits && !r.text.is_empty() && *same == r.text => *start,
            _ => begin,
        };
        notes = Some((r.text.to_string(), start));
        let line = text[start..end].to_owned();
        text.push('\n');
        let originator = named_sources.get(&Folded::new(&r.origin).text).map(|s| (*s).clone());
        let mut chain: Vec<Id> = originator.iter().cloned().collect();
        if !chain.contains(&d.source) {
            chain.push(d.source.clone());
        }
        let says = if r.about.is_empty() {
            event_claim(case, &event, &k)
        } else {
            let original = out.claims.values().find_map(|c| c.event().filter(|e| e.id == event).cloned());
            match original {
                Some(e) => e,
                None => continue,
            }
        };
        let doubted = r.has(flag::DOUBTED) || r.has(flag::UNCLEAR);
        let claim = Claim {
            id: id.clone(),
            report: d.id.clone(),
            excerpt: Excerpt { exact: line, start, end, prefix: String::new(), suffix: String::new() },
            origin: Origin::Source(chain[0].clone()),
            chain,
            stance: Stance::Asserts,
            modality: if doubted { Modality::Unconfirmed } else { Modality::Asserted },
            basis: Basis::Told,
            credibility: Credibility(6),
            tlp: None,
            rule: None,
            says: Says::Event(says),
            span: d.span.clone(),
        };
        responsibility(case, d, &claim, r, out);
        out.claims.insert(id.clone(), claim);
        if r.about.is_empty() {
            out.rows.insert(event.clone(), d.id.clone());
            back.push((event, k.record));
        }
    }
    out.reports.insert(
        d.id.clone(),
        Report {
            id: d.id.clone(),
            file: format!("{} (rows that speak to the case)", d.file),
            title: format!("{format}{version}"),
            source: d.source.clone(),
            published: d.released.clone(),
            retrieved: d.retrieved,
            url: None,
            written_by: None,
            received: None,
            language: None,
            tlp: None,
            text,
            body: 0,
            span: d.span.clone(),
        },
    );
    back
}

/// GTD names up to three groups and says which of them claimed it: each is a claim of its own.
fn responsibility(case: &Case, d: &Dataset, row: &Claim, r: &Record<'static>, out: &mut Case) {
    if !r.detail.contains("\"perpetrators\"") {
        return;
    }
    let Ok(detail) = serde_json::from_str::<serde_json::Value>(&r.detail) else { return };
    let groups = detail["perpetrators"].as_array().cloned().unwrap_or_default();
    let words = Words::default();
    for (n, g) in groups.iter().enumerate() {
        let name = Folded::new(g["name"].as_str().unwrap_or_default());
        let declared = d.actors.get(g["name"].as_str().unwrap_or_default()).cloned();
        let actor = declared.or_else(|| {
            case.actors
                .iter()
                .flat_map(|(id, a)| {
                    let then = a.known_as.iter().filter(|k| k.days().0 <= r.days().1 && r.days().0 <= k.days().1);
                    std::iter::once(&a.name).chain(&a.aliases).chain(then.map(|k| &k.name)).map(move |x| (id, x))
                })
                .find(|(_, x)| words.alike(&Folded::new(x), &name).0 >= ALIKE)
                .map(|x| x.0.clone())
        });
        let Some(actor) = actor else { continue };
        let claimed = g["claimed"].as_bool() == Some(true);
        if n == 0 && !claimed {
            continue;
        }
        let Says::Event(mut e) = row.says.clone() else { return };
        e.actors.retain(|a| !matches!(a, ActorRole::Known(k) if k.role == Role::Perpetrator));
        e.actors.push(ActorRole::Known(WithActor { actor, role: Role::Perpetrator }));
        e.figures.clear();
        let suspected = g["suspected"].as_bool() == Some(true);
        let id = slug(&format!("{}-group-{}", row.id, n + 1));
        let stance = if claimed { Stance::ClaimsResponsibility } else { Stance::Asserts };
        let modality = if suspected { Modality::Unconfirmed } else { row.modality };
        out.claims.insert(id.clone(), Claim { id, stance, modality, says: Says::Event(e), ..row.clone() });
    }
}

/// A row as one readable line: what is shown as the passage behind its claim.
fn sentence(r: &Record<'static>) -> String {
    let (first, last) = r.days();
    let days = if first == last { first.to_string() } else { format!("{first} to {last}") };
    let actors: Vec<&str> = [&*r.actor1, &*r.actor2].into_iter().filter(|a| !a.is_empty()).collect();
    let mut parts = vec![format!("row {}", r.id), days];
    let place: Vec<&str> = [&*r.place, &*r.adm1, &*r.country].into_iter().filter(|t| !t.is_empty()).collect();
    if !place.is_empty() {
        parts.push(place.join(", "));
    }
    if !actors.is_empty() {
        parts.push(actors.join(if r.has(flag::DIRECTED) { " against " } else { " and " }));
    }
    if let Some(k) = r.kind {
        let sub = if r.sub_type.is_empty() { String::new() } else { format!(", {}", r.sub_type) };
        parts.push(format!("{}{sub}", k.name()));
    }
    if let Some(k) = r.deaths.filter(|_| !r.has(flag::ZERO_OR_UNKNOWN)) {
        parts.push(if k.low == k.high {
            format!("killed {}", k.best)
        } else {
            format!("killed {} ({} to {})", k.best, k.low, k.high)
        });
    }
    if !r.origin.is_empty() {
        parts.push(format!("says {}", r.origin));
    }
    if !r.text.is_empty() {
        parts.push(r.text.chars().take(240).collect());
    }
    parts.join(" | ").replace(['\n', '\r'], " ")
}

/// What a row says, in the words of a claim.
fn event_claim(case: &Case, event: &str, k: &Kept) -> EventClaim {
    let r = &k.record;
    let kind = |a: &Id| case.actors.get(a).map(|x| x.kind);
    let mut actors: Vec<ActorRole> = Vec::new();
    let mut put = |actor: &Id, role: Role| actors.push(ActorRole::Known(WithActor { actor: actor.clone(), role }));
    match &k.actors {
        [a, b] if r.has(flag::DIRECTED) => {
            a.iter().for_each(|a| put(a, Role::Perpetrator));
            b.iter().for_each(|b| put(b, Role::Target));
        }
        both => {
            // Who attacked whom is not coded: the armed group is taken for the attacker, of two groups either.
            let groups = both.iter().flatten().filter(|a| kind(a) == Some(ActorKind::ArmedGroup)).count();
            for a in both.iter().flatten() {
                let attacks = kind(a).is_some_and(ActorKind::can_attack)
                    && (groups == 0 || kind(a) == Some(ActorKind::ArmedGroup));
                put(a, if attacks { Role::Perpetrator } else { Role::Target });
            }
        }
    }
    actors.dedup();
    let place = r.point().map(|p| place(r, p));
    let (first, last) = r.days();
    let time = Edtf::parse(&if first == last { first.to_string() } else { format!("{first}/{last}") }).ok();
    let figures = r
        .deaths
        .filter(|_| !r.has(flag::ZERO_OR_UNKNOWN))
        .map(|n| Figure {
            measure: Measure::Killed,
            of: ALL_SIDES.into(),
            number: Some(n.best),
            hedge: if n.low == n.high { Hedge::Exact } else { Hedge::Between },
            low: (n.low != n.high).then_some(n.low),
            high: (n.low != n.high).then_some(n.high),
            than: None,
        })
        .into_iter()
        .collect();
    EventClaim {
        id: event.to_owned(),
        kind: r.kind.unwrap_or(model::EventType::Strategic),
        sub_type: (!r.sub_type.is_empty()).then(|| SubType(r.sub_type.to_string())),
        complexity: None,
        covers: Vec::new(),
        actors,
        place,
        time,
        figures,
    }
}

/// Where a row places its event: a province is its area, not the point that stands for it; what is known only to its
/// country lies within a disc of the country's size; all else lies around the point.
fn place(r: &Record<'static>, p: LonLat) -> PlaceRef {
    let disc = |km: f64| PlaceRef::Point { lon: p.lon, lat: p.lat, uncertainty_m: km * 1000.0 };
    match r.extent {
        Extent::Adm1 => match names::Division::at(p) {
            Some(d) => PlaceRef::Division(d.id.clone()),
            None => disc(r.extent.radius_km()),
        },
        Extent::Country => match names::Division::at(p) {
            Some(d) => {
                let same = names::divisions().iter().filter(|o| o.country == d.country);
                let km2: f64 = same.map(|o| o.geometry.km2()).sum();
                disc(libm::sqrt(km2 / std::f64::consts::PI).clamp(20.0, 1900.0))
            }
            None => disc(r.extent.radius_km()),
        },
        _ => disc(r.extent.radius_km()),
    }
}

/// ASCII letters, small, and digits of a text; all else between them is a dash.
pub(crate) fn dashed(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// An id from any text.
fn slug(text: &str) -> Id {
    let out = dashed(&deunicode::deunicode(text));
    if out.len() <= 100 {
        out
    } else {
        // Cut, and kept apart by what was cut.
        format!("{}-{}", out[..80].trim_end_matches('-'), &blake3::hash(text.as_bytes()).to_hex()[..16])
    }
}

/// Rulings on matches that name an event nobody knows.
pub fn unknown_in_rulings(case: &Case) -> Vec<Problem> {
    let events: BTreeSet<&Id> = case.claims.values().filter_map(|c| c.event().map(|e| &e.id)).collect();
    case.rulings
        .iter()
        .filter_map(|r| match &r.decides {
            Decides::Match(m) => Some((r, m)),
            Decides::Name(_) | Decides::Claim(_) => None,
        })
        .flat_map(|(r, m)| [&m.a, &m.b].map(|e| (r, e)))
        .filter(|(_, e)| !events.contains(e))
        .map(|(r, e)| {
            let near = model::suggest_edit(e, events.iter().map(|x| x.as_str()));
            Problem::warning("ruling-on-nothing", Span::clone(&r.span), format!("no event `{e}` is in the case"))
                .suggest(near)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that passed from one group to another means whoever bore it on the day.
    #[test]
    fn a_name_means_whoever_bore_it_then() {
        let (old, new) = ("front".to_owned(), "rival".to_owned());
        let change = Day(16_000);
        let means = |actor, from, to| Means { actor, score: 1.0, how: How::Same, days: (from, to) };
        let list = [means(&old, Day(i32::MIN), change), means(&new, change, Day(i32::MAX))];
        let on = |a: i32, b: i32| clear(&list, (Day(a), Day(b))).map(|m| m.actor.as_str());
        assert_eq!(on(15_000, 15_003), Some("front"));
        assert_eq!(on(17_000, 17_000), Some("rival"));
        // A span over the change may mean either: nobody is named.
        assert_eq!(on(15_990, 16_010), None);
    }

    /// A row known to its province lies in the province's polygon, not at the point that stands for it.
    #[test]
    fn a_province_is_an_area_and_a_town_a_disc() {
        let khujand = LonLat { lon: 69.62, lat: 40.28 };
        let row = |extent| Record { lon_lat: Some((khujand.lon, khujand.lat)), extent, ..Record::default() };
        let PlaceRef::Division(id) = place(&row(Extent::Adm1), khujand) else { panic!("a division") };
        let sughd = names::named_division("TJ/Sughd").unwrap();
        assert_eq!(id, sughd.id);
        assert!(sughd.geometry.contains(khujand) && !sughd.geometry.contains(LonLat { lon: 70.5, lat: 39.0 }));
        let radius = |extent| match place(&row(extent), khujand) {
            PlaceRef::Point { uncertainty_m, .. } => uncertainty_m / 1000.0,
            _ => f64::NAN,
        };
        assert_eq!((radius(Extent::Exact), radius(Extent::Adm2)), (5.0, 35.0));
        // Tajikistan has some 141,000 square kilometres: a disc of as many has a radius of 212 km.
        assert!((205.0..220.0).contains(&radius(Extent::Country)), "{}", radius(Extent::Country));
    }

    #[test]
    fn ids_from_any_text() {
        assert_eq!(slug("icews-32889836/2018-06-01"), "icews-32889836-2018-06-01");
        assert_eq!(slug("ged-Рашт (2)"), "ged-rasht-2");
        let long = slug(&format!("gm-{}", "http://x/".repeat(40)));
        assert!(long.len() <= 100 && model::is_id(&long), "{long}");
        assert_ne!(long, slug(&format!("gm-{}a", "http://x/".repeat(40))));
    }
}
