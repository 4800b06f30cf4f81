//! `forecast`: months ahead, of a case or of an event data file.

use std::path::Path;

use engine::{By, CountOf, Futures, Ledger, Options, Outlook, Units};
use model::percent;

use crate::args::{ByUnit, Common, Forecast, Format, Measured, OfFile, Seen};
use crate::{End, Outcome, output};

/// The ledger of a case.
pub(crate) const LEDGER: &str = "forecasts.jsonl";

pub(crate) fn run(args: &Forecast, common: &Common) -> Outcome {
    if args.path.is_dir() { of_case(args, common) } else { of_file(args, common) }
}

fn of_case(args: &Forecast, common: &Common) -> Outcome {
    let seen = Seen { as_of: args.as_of, worlds: Options::default().worlds as u32 };
    let Some(loaded) = super::sound_case(&args.path, Some(&seen))? else { return Ok(End::Failed) };
    let run = super::assessed(&loaded, Options::default())?;
    let futures = engine::futures(&loaded.case, &run, usize::from(args.months))
        .ok_or("nothing has happened by the as-of day in any world: there is nothing to continue")?;
    if args.write {
        let mut ledger = read_ledger(&args.path)?;
        let lines = ledger.enter(&loaded.case, &futures);
        disk::append(&args.path.join(LEDGER), &lines)?;
        eprintln!("{} forecasts entered into {LEDGER}", lines.len());
    }
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(&futures).map_err(|e| e.to_string())? + "\n"));
    } else {
        output::print(&text(&loaded.case.title, &futures));
    }
    Ok(End::Done)
}

/// The ledger; empty where there is none yet.
pub(super) fn read_ledger(folder: &Path) -> Result<Ledger, String> {
    let path = folder.join(LEDGER);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Ledger::default()),
        Err(e) => return Err(format!("cannot read {}: {e}", path.display())),
    };
    Ledger::parse(&text).map_err(|wrong| {
        let lines: Vec<String> =
            wrong.into_iter().map(|(line, why)| format!("{}:{line}: {why}", path.display())).collect();
        lines.join("\n")
    })
}

fn text(title: &str, f: &Futures) -> String {
    let n = f.worlds;
    let (now, months) = &f.events;
    let mut out = format!("{title}\nahead of {}, from {} months of the past, {n} worlds\n\n", f.as_of, f.past);
    if f.past < 12 {
        out.push_str(&format!("{} months say little of what is usual: read the numbers as what they are\n\n", f.past));
    }
    let ahead: Vec<String> = months.iter().map(|(mean, low, high)| format!("{mean:.1} ({low}-{high})")).collect();
    out.push_str(&format!("events a month   {now:.1} of late; ahead {}\n\n", ahead.join(", ")));
    let mut head = vec!["today".to_owned()];
    head.extend(
        f.indicators
            .iter()
            .find(|i| !i.ahead.is_empty())
            .into_iter()
            .flat_map(|i| &i.ahead)
            .map(|a| format!("by {}", a.by)),
    );
    head.push("what is so when it trips".into());
    head.push("id".into());
    let mut rows = vec![head];
    for i in f.indicators.iter().filter(|i| !i.ahead.is_empty()) {
        let mut row = vec![i.now.map_or("-".into(), |p| percent(p, n))];
        row.extend(i.ahead.iter().map(|a| percent(a.probability, n)));
        row.push(i.title.clone());
        row.push(format!("indicator:{}", i.id));
        rows.push(row);
    }
    out.push_str(&output::table(&rows));
    for i in f.indicators.iter().filter(|i| i.ahead.is_empty()) {
        out.push_str(&format!("indicator:{} cannot be tested ahead: {}\n", i.id, i.reason.clone().unwrap_or_default()));
    }
    out
}

/// Monthly counts of a file.
pub(super) fn units(path: &Path, file: &OfFile) -> Result<Units, String> {
    let mut events = super::events_of(path, file.from)?;
    if let Some(asked) = &file.actor {
        let actor = super::actor_of(asked, &events)?;
        events.retain(|e| e.actor1 == *actor || e.actor2 == *actor);
    }
    let by = match file.by {
        ByUnit::Actor => By::Actor,
        ByUnit::Country => By::Country,
        ByUnit::Province => By::Adm1,
    };
    let counted = match file.count {
        Measured::Events => CountOf::Events,
        Measured::Deaths => CountOf::Deaths,
    };
    engine::units(&events, by, counted).map_err(|e| format!("{}: {e}", path.display()))
}

fn of_file(args: &Forecast, common: &Common) -> Outcome {
    if args.write {
        return Err("--write enters forecasts into the ledger of a case: an event data file has none".into());
    }
    let units = units(&args.path, &args.file)?;
    let months = usize::from(args.months);
    // A file too short to look back on lets no other model in.
    let entered = engine::backtest(&units, months).map_or_else(|_| Vec::new(), |b| b.entered);
    if !entered.is_empty() {
        eprintln!("note: on this file's own past {} did better, and enters the pool", entered.join(" and "));
    }
    let mut all = engine::outlook(&units, months, &entered);
    let left = all.len().saturating_sub(args.top);
    all.truncate(args.top);
    let what = args.file.count.noun();
    let name = args.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    disk::write(&args.out, publish::outlook_page(&all, what, &name).as_bytes())?;
    if common.format == Format::Json {
        output::print(&(serde_json::to_string_pretty(&all).map_err(|e| e.to_string())? + "\n"));
    } else {
        output::print(&table(&all, what, left));
    }
    eprintln!("\npage:  {}", args.out.display());
    Ok(End::Done)
}

fn table(all: &[Outlook], what: &str, left: usize) -> String {
    let mut out = format!("{what} a month: median (80 % interval) of equally likely paths\n\n");
    let mut head = vec!["unit".to_owned(), "last".into()];
    head.extend(all.iter().take(1).flat_map(|o| &o.months).map(|m| m.month.clone()));
    head.extend(["all together", "more", "less"].map(str::to_owned));
    let mut rows = vec![head];
    for o in all {
        let mut row = vec![o.unit.clone(), o.past.last().copied().unwrap_or(0).to_string()];
        row.extend(o.months.iter().map(|m| format!("{} ({}-{})", m.quantiles[2], m.quantiles[1], m.quantiles[3])));
        row.push(format!("{} ({}-{})", o.total[1], o.total[0], o.total[2]));
        row.extend([o.more, o.less].map(|p| percent(p, 480)));
        rows.push(row);
    }
    out.push_str(&output::table(&rows));
    out.push_str("\nmore, less: over a quarter more, or less, than in as many months before\n");
    if left > 0 {
        out.push_str(&format!("{left} units more: --top tells them\n"));
    }
    out
}
