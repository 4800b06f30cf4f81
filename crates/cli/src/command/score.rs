//! `score`: what forecasts have earned, of a case's ledger or of a backtest on an event data file.

use engine::{Backtest, Hindsight, Scored};
use model::percent;

use super::forecast::{LEDGER, read_ledger, units};
use crate::args::{Common, Format, Score};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Score, common: &Common) -> Outcome {
    if args.path.is_dir() { of_case(args, common) } else { of_file(args, common) }
}

fn of_case(args: &Score, common: &Common) -> Outcome {
    let Some(loaded) = super::sound_case(&args.path, None)? else { return Ok(End::Failed) };
    let mut ledger = read_ledger(&args.path)?;
    if ledger.entries.is_empty() {
        return Err(format!(
            "{LEDGER} has no forecast: `bellwether forecast {} --write` enters some",
            args.path.display()
        ));
    }
    let run = super::assessed(&loaded, engine::Options::default())?;
    let mut known = Hindsight::new(&loaded.case, &run);
    if !args.dry_run {
        let lines = ledger.resolve(&mut known);
        disk::append(&args.path.join(LEDGER), &lines)?;
        eprintln!("{} forecasts settled", lines.len());
    }
    let scored = ledger.score(&mut known);
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(&scored).map_err(|e| e.to_string())? + "\n"));
    } else {
        output::print(&text(&scored));
    }
    Ok(End::Done)
}

fn text(s: &Scored) -> String {
    let mut out =
        format!("{} forecasts came out, {} are open, {} cannot be told\n", s.resolved, s.open, s.unresolved.len());
    match (s.brier, s.base_rate) {
        (Some([score, reliability, resolution, uncertainty]), Some(base)) => {
            out.push_str(&format!(
                "\nBrier score   {score:.3} (always the share that came true: {base:.3})\n              reliability {reliability:.3}, resolution {resolution:.3}, uncertainty {uncertainty:.3}\n"
            ));
            out.push_str(&format!(
                "alarms        {} of .5 or more, {} of them false; {} things happened without one\n",
                s.alarms.0, s.alarms.1, s.missed
            ));
            if let Some(days) = s.lead_days {
                out.push_str(&format!("lead time     {days:.0} days from first alarm to the month in which it held\n"));
            }
            out.push('\n');
            out.push_str(&output::table(&bins(&s.bins)));
            out.push('\n');
            let mut rows =
                vec![["came out", "Brier", "alarms", "false", "lead, days", "indicator"].map(str::to_owned).to_vec()];
            for i in &s.indicators {
                rows.push(vec![
                    i.resolved.to_string(),
                    format!("{:.3}", i.brier),
                    i.alarms.0.to_string(),
                    i.alarms.1.to_string(),
                    i.lead_days.map_or("-".into(), |d| format!("{d:.0}")),
                    i.id.clone(),
                ]);
            }
            out.push_str(&output::table(&rows));
        }
        _ => out.push_str("\nnothing to score yet: what has not come out is neither right nor wrong\n"),
    }
    for (id, why) in &s.unresolved {
        out.push_str(&format!("{id}: {why}\n"));
    }
    out
}

fn bins(bins: &[(usize, f64, f64)]) -> Vec<Vec<String>> {
    let mut rows = vec![["said", "cases", "happened"].map(str::to_owned).to_vec()];
    for (n, said, happened) in bins.iter().filter(|b| b.0 > 0) {
        rows.push(vec![percent(*said, 1000), n.to_string(), percent(*happened, (*n).max(2))]);
    }
    rows
}

fn of_file(args: &Score, common: &Common) -> Outcome {
    let units = units(&args.path, &args.file)?;
    let b = engine::backtest(&units, usize::from(args.months)).map_err(|e| format!("{}: {e}", args.path.display()))?;
    let what = args.file.count.noun();
    let name = args.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    disk::write(&args.out, publish::backtest_page(&b, what, &name).as_bytes())?;
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(&b).map_err(|e| e.to_string())? + "\n"));
    } else {
        output::print(&backtest_text(&b, what));
    }
    eprintln!("\npage:  {}", args.out.display());
    Ok(End::Done)
}

fn backtest_text(b: &Backtest, what: &str) -> String {
    let mut out = format!(
        "{} unit-months of {what}, from {} forecasts as of {} to {}; {} of them after twelve quiet months\n\n",
        b.cases,
        b.origins.len(),
        b.origins.first().map_or("", String::as_str),
        b.origins.last().map_or("", String::as_str),
        b.onsets
    );
    let mut rows = vec![
        ["model", "CRPS", "ignorance", "interval 90 %", "Brier, any", "log, any", "CRPS, onsets", "our skill (80 %)"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for e in &b.earned {
        rows.push(vec![
            e.model.clone(),
            format!("{:.3}", e.crps),
            format!("{:.3}", e.ignorance),
            format!("{:.2}", e.interval),
            format!("{:.4}", e.brier),
            format!("{:.3}", e.log_score),
            format!("{:.4}", e.onset_crps),
            e.skill.map_or(String::new(), |(s, low, high)| format!("{s:+.3} ({low:+.3} to {high:+.3})")),
        ]);
    }
    out.push_str(&output::table(&rows));
    match b.entered.as_slice() {
        [] => out.push_str("\nno model beside has done better than past and analogs: none enters the pool\n"),
        some => out.push_str(&format!(
            "\n{} has done better than past and analogs, and enters the pool\n",
            some.join(" and ")
        )),
    }
    let [reliability, resolution, uncertainty] = b.murphy;
    out.push_str(&format!(
        "\n80 % intervals held {:.0} %; chance of any: reliability {reliability:.4}, resolution {resolution:.4}, uncertainty {uncertainty:.4}\n\n",
        100.0 * b.cover_80
    ));
    out.push_str(&output::table(&bins(&b.bins)));
    out
}
