//! `query`: SQL over the tables of the last build.

use engine::Store;

use crate::args::{Common, Format, Query};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Query, common: &Common) -> Outcome {
    let store = Store::peek(&super::built(&args.case));
    let rows = engine::query(&store, &args.sql, common.cores(), common.memory.map(|m| m.get() << 20))?;
    if common.format == Format::Json {
        let list: Vec<serde_json::Map<String, serde_json::Value>> = rows
            .rows
            .iter()
            .map(|r| rows.columns.iter().cloned().zip(r.iter().map(|c| serde_json::json!(c))).collect())
            .collect();
        output::print(&(serde_json::to_string_pretty(&list).map_err(|e| e.to_string())? + "\n"));
    } else {
        let mut all = vec![rows.columns.clone()];
        all.extend(rows.rows.iter().map(|r| r.iter().map(|c| c.clone().unwrap_or_default()).collect()));
        output::print(&output::table(&all));
    }
    Ok(End::Done)
}
