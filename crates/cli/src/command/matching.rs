//! `match`: which rows of a case's data sets are one event, all rows against all.

use std::fs::File;

use engine::{SliceOptions, SliceSet, Store};

use crate::args::{Common, Format, Match};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Match, common: &Common) -> Outcome {
    if !(0.0..=1.0).contains(&args.least) {
        return Err(format!("--least {}: a probability lies between 0 and 1", args.least));
    }
    let Some(loaded) = super::checked_case(&args.case, None)? else { return Ok(End::Failed) };
    let case = &loaded.case;
    if case.datasets.is_empty() {
        return Err("the case has no data set: `bellwether import FILE --from FORMAT` brings one in".into());
    }
    let threads = common.cores();
    let store = Store::open(&super::built(&args.case)).map_err(|e| e.to_string())?;
    let open = |path: &str| File::open(args.case.join(path));
    let mut sets = Vec::new();
    for d in &case.datasets {
        let bar = super::import_bar(&args.case, case, &d.id);
        let (folder, done) = match engine::import_dataset(&store, d, &open, threads, &*bar) {
            Ok(done) => done,
            Err(engine::RowsError::Case(problems)) => {
                output::problems(&problems, &loaded.texts);
                return Ok(End::Failed);
            }
            Err(engine::RowsError::Other(e)) => return Err(e),
        };
        sets.push(SliceSet {
            id: d.id.clone(),
            duplicates: d.duplicates,
            parts: done.parts.iter().map(|p| folder.join("parts").join(p)).collect(),
            rows: done.rows,
            key: folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        });
    }
    let bar = output::Rate::rows("match", 0);
    let options = SliceOptions { rows: args.slice, threads };
    let done = engine::match_all(&store, &sets, options, &|n, all| bar.of(n, all))?;
    drop(bar);
    drop(store);
    let store = Store::peek(&super::built(&args.case));
    if let Some(path) = &args.out {
        let sql = format!(
            "select * from pairs where probability >= {} order by a_dataset, a, a_line, b_dataset, b, b_line",
            args.least
        );
        disk::write(path, csv(&engine::query(&store, &sql, threads, None)?)?.as_bytes())?;
    }
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&done).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
        return Ok(End::Done);
    }
    let mut out = String::new();
    for (id, n, all) in &done.rows {
        out.push_str(&format!("{id}: {n} of {all} rows are events with a place\n"));
        if *n == 0 {
            out.push_str(
                "  none has a type of our vocabulary: a table says what its codes mean with --type CODE=TYPE\n",
            );
        }
    }
    if done.sets.is_empty() {
        out.push_str("no two rows may be one event\n");
    } else {
        let head = ["data set", "and", "pairs", "expected to be one", "likelier than not"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (a, b, pairs, expected, likely) in &done.sets {
            let b = if a == b { "itself" } else { b };
            rows.push(vec![a.clone(), b.into(), pairs.to_string(), format!("{expected:.0}"), likely.to_string()]);
        }
        out.push('\n');
        out.push_str(&output::table(&rows));
        let all: u64 = done.rows.iter().map(|r| r.1).sum();
        let (events, seen) = done.clusters;
        out.push_str(&format!(
            "\n{events} event{} seen by more than one row: {all} rows make {} events\n",
            if events == 1 { " is" } else { "s are" },
            all - seen + events
        ));
        out.push_str(&reconciled(&done.reconciled));
        out.push_str("\nThe most doubtful:  bellwether query \"select * from pairs order by abs(probability - 0.5) limit 20\" CASE\n");
    }
    output::print(&out);
    Ok(End::Done)
}

/// How the data sets sort and count, and where one answer from all of them stands.
fn reconciled(t: &engine::Reconciled) -> String {
    let mut out = String::new();
    if t.kinds.iter().any(|k| k.2 > 0) {
        let head = ["data set", "has the likeliest type", "where types differ"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(t.kinds.iter().map(|(id, right, all)| vec![id.clone(), right.to_string(), all.to_string()]));
        out.push_str(&format!("\n{}", output::table(&rows)));
    }
    if t.sets.is_empty() {
        return out;
    }
    let head = ["data set", "says, of each death", "90 %", "scatters by", "rows"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for s in &t.sets {
        rows.push(vec![
            s.dataset.clone(),
            format!("{:.2}", s.factor),
            format!("{:.2}-{:.2}", s.bounds[0], s.bounds[1]),
            format!("{:.2}", s.spread),
            s.rows.to_string(),
        ]);
    }
    out.push_str(&format!(
        "\nDeaths of {} events with figures from more than one row:\n\n{}",
        t.events,
        output::table(&rows)
    ));
    match &t.reason {
        Some(reason) => out.push_str(&format!("no figure is given for them: {reason}\n")),
        None => out.push_str(&format!(
            "The sets are compared with one another: that all say too much or too little is open by a factor of {:.2}.\n\
             One answer from all rows of an event:  bellwether query \"select * from reconciled\" CASE\n",
            t.level
        )),
    }
    out
}

fn csv(rows: &engine::Rows) -> Result<String, String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&rows.columns).map_err(|e| e.to_string())?;
    for r in &rows.rows {
        out.write_record(r.iter().map(|c| c.as_deref().unwrap_or(""))).map_err(|e| e.to_string())?;
    }
    String::from_utf8(out.into_inner().map_err(|e| e.to_string())?).map_err(|e| e.to_string())
}
