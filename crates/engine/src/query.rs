//! SQL over the last good build's tables, read-only.

use std::collections::BTreeMap;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};

use crate::store::Store;

/// What a query returned, as text cells; `None` is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Most rows that are returned.
const MAX_ROWS: usize = 1_000_000;

fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .enable_all()
        .build()
        .map_err(|e| format!("cannot start threads: {e}"))
}

/// What DataFusion says, for people.
pub(crate) fn said(e: DataFusionError) -> String {
    e.strip_backtrace()
}

/// What writes the cells of each column as text.
pub(crate) fn formatters<'b>(
    batch: &'b RecordBatch,
    format: &'b FormatOptions<'b>,
) -> Result<Vec<ArrayFormatter<'b>>, String> {
    batch
        .columns()
        .iter()
        .map(|c| ArrayFormatter::try_new(c.as_ref(), format))
        .collect::<Result<_, _>>()
        .map_err(|e| e.to_string())
}

/// Runs one SQL statement that only reads.
///
/// # Errors
/// As a phrase: there is no build, or what DataFusion says of the statement.
pub fn query(store: &Store, sql: &str, threads: usize, memory_bytes: Option<usize>) -> Result<Rows, String> {
    let read = |file: &str| std::fs::read(store.root().join(file)).ok();
    let imported: Vec<String> =
        read("records/current.json").and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
    let all: Vec<String> = imported.iter().map(|f| format!("records/{f}")).collect();
    let matched: Option<String> = read(crate::slices::CURRENT).and_then(|b| serde_json::from_slice(&b).ok());
    let pairs: Vec<String> = matched.iter().map(|f| format!("pairs/{f}")).collect();
    let built = store.manifest();
    if built.is_none() && imported.is_empty() && matched.is_none() {
        return Err("there is no build yet: run `bellwether build` first".into());
    }
    runtime(threads)?.block_on(async {
        let config = SessionConfig::new().with_target_partitions(threads.max(1)).with_information_schema(true);
        let ctx = match memory_bytes {
            None => SessionContext::new_with_config(config),
            Some(bytes) => {
                let rt = datafusion::execution::runtime_env::RuntimeEnvBuilder::new()
                    .with_memory_limit(bytes, 1.0)
                    .build_arc()
                    .map_err(said)?;
                SessionContext::new_with_config_rt(config, rt)
            }
        };
        crate::functions::register(&ctx);
        for (name, file) in built.iter().flat_map(|m| &m.tables) {
            let path = store.root().join(file);
            ctx.register_parquet(name.as_str(), path.to_string_lossy(), ParquetReadOptions::default())
                .await
                .map_err(said)?;
        }
        // The rows of all data sets as one table, those that could not be read as another, and what `match` found.
        for (name, folders, file) in [
            ("records", &all, "parts/"),
            ("quarantine", &all, "quarantine.parquet"),
            ("pairs", &pairs, "parts/"),
            ("clusters", &pairs, "clusters.parquet"),
            ("reconciled", &pairs, "reconciled.parquet"),
        ] {
            let mut parts = Vec::new();
            for (i, folder) in folders.iter().enumerate() {
                let path = store.root().join(folder).join(file);
                let part = format!("{name}_{i}");
                let empty = path.is_dir() && std::fs::read_dir(&path).is_ok_and(|mut d| d.next().is_none());
                if empty || !path.exists() {
                    continue;
                }
                let text = path.to_string_lossy().into_owned() + if path.is_dir() { "/" } else { "" };
                ctx.register_parquet(part.as_str(), text, ParquetReadOptions::default()).await.map_err(said)?;
                parts.push(format!("select * from {part}"));
            }
            if !parts.is_empty() {
                let view = ctx.sql(&parts.join(" union all ")).await.map_err(said)?.into_view();
                ctx.register_table(name, view).map_err(said)?;
            }
        }
        let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let frame = ctx.sql_with_options(sql, options).await.map_err(said)?;
        let columns: Vec<String> = frame.schema().fields().iter().map(|f| f.name().clone()).collect();
        let batches = frame.collect().await.map_err(said)?;
        let mut rows = Vec::new();
        let format = FormatOptions::default();
        for batch in &batches {
            let formatters = formatters(batch, &format)?;
            for row in 0..batch.num_rows() {
                if rows.len() == MAX_ROWS {
                    return Err(format!("more than {MAX_ROWS} rows: add a LIMIT"));
                }
                rows.push(
                    batch
                        .columns()
                        .iter()
                        .zip(&formatters)
                        .map(|(c, f)| (!c.is_null(row)).then(|| f.value(row).to_string()))
                        .collect(),
                );
            }
        }
        Ok(Rows { columns, rows })
    })
}

/// The numbers of the last good build world by world, as the table `draws` has them.
pub(crate) fn stored_series(store: &Store) -> Result<BTreeMap<String, Vec<f64>>, String> {
    let rows = query(store, "select id, world, value from draws order by id, world", 1, None)?;
    let mut out: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows.rows {
        if let [Some(id), _, Some(value)] = row.as_slice()
            && let Ok(x) = value.parse()
        {
            out.entry(id.clone()).or_default().push(x);
        }
    }
    Ok(out)
}
