//! Parquet files of numbers.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Some columns of a file, as numbers, row by row; what is missing is 0.
pub(crate) fn columns(path: &Path, names: &[&str]) -> Result<Vec<Vec<f64>>, String> {
    let mut rows = Vec::new();
    each(path, names, |batch| {
        let columns = names
            .iter()
            .map(|n| {
                cast(batch.column_by_name(n).ok_or_else(|| format!("no column {n}"))?, &DataType::Float64)
                    .map_err(|e| e.to_string())
            })
            .collect::<Result<Vec<_>, String>>()?;
        for i in 0..batch.num_rows() {
            rows.push(
                columns
                    .iter()
                    .map(|c| if c.is_null(i) { 0.0 } else { c.as_primitive::<Float64Type>().value(i) })
                    .collect(),
            );
        }
        Ok(())
    })?;
    Ok(rows)
}

/// Draws of a submission by (country, month), in order.
pub(crate) fn draws(path: &Path) -> Result<BTreeMap<(i64, i64), Vec<u32>>, String> {
    let names = ["country_id", "month_id", "outcome"];
    let mut all: BTreeMap<(i64, i64), Vec<u32>> = BTreeMap::new();
    each(path, &names, |batch| {
        let columns = names
            .iter()
            .map(|n| {
                cast(batch.column_by_name(n).ok_or_else(|| format!("no column {n}"))?, &DataType::Int64)
                    .map_err(|e| e.to_string())
            })
            .collect::<Result<Vec<_>, String>>()?;
        let of = |c: usize, i: usize| columns[c].as_primitive::<Int64Type>().value(i);
        for i in 0..batch.num_rows() {
            all.entry((of(0, i), of(1, i))).or_default().push(of(2, i).max(0) as u32);
        }
        Ok(())
    })?;
    for counts in all.values_mut() {
        counts.sort_unstable();
    }
    Ok(all)
}

fn each(path: &Path, names: &[&str], mut work: impl FnMut(&RecordBatch) -> Result<(), String>) -> Result<(), String> {
    let wrong = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(|e| wrong(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(&e))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(65_536).build().map_err(|e| wrong(&e))?;
    for batch in reader {
        work(&batch.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
    }
    Ok(())
}
