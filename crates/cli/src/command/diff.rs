//! `diff`: what changed, by how much, and which report did it.

use engine::{Difference, Options, Store};
use model::percent;

use crate::args::{Common, Diff, Format};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Diff, common: &Common) -> Outcome {
    let Some(mut loaded) = super::sound_case(&args.case, None)? else { return Ok(End::Failed) };
    let whole = loaded.case.clone();
    if let Some(day) = args.as_of {
        loaded.case = whole.seen_on(day);
    }
    let options = Options { worlds: args.worlds.map_or(1024, |w| w as usize) };
    let broken = |p: Vec<model::Problem>| {
        output::problems(&p, &loaded.texts);
        "the case cannot be built".to_owned()
    };
    let d = if let Some(report) = &args.without {
        if !whole.reports.contains_key(report) {
            let near = model::suggest_edit(report, whole.reports.keys().map(String::as_str));
            return Err(format!(
                "unknown report `{report}`{}",
                near.map_or(String::new(), |n| format!(": did you mean `{n}`?"))
            ));
        }
        engine::diff(&loaded.case.without_report(report), &loaded.case, options).map_err(broken)?
    } else if let Some(day) = args.from {
        engine::diff(&whole.seen_on(day), &loaded.case, options).map_err(broken)?
    } else {
        let store = Store::peek(&super::built(&args.case));
        match Difference::since_build(&store, &loaded.case, args.worlds.map(|w| w as usize)) {
            Ok(d) => d,
            Err(Ok(message)) => return Err(message),
            Err(Err(problems)) => return Err(broken(problems)),
        }
    };
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&d).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
        return Ok(End::Done);
    }
    let n = options.worlds;
    let mut out = String::new();
    for (what, list) in [("added", &d.added), ("removed", &d.removed), ("changed", &d.changed)] {
        for r in list {
            out.push_str(&format!("{what} report:{r}\n"));
        }
    }
    if d.numbers.is_empty() {
        out.push_str("no number moved by more than two standard errors\n");
    } else {
        out.push('\n');
        let show = |p: Option<f64>| p.map_or("-".to_owned(), |p| percent(p, n));
        let mut rows = vec![vec!["number".to_owned(), "before".into(), "after".into(), "because of".into()]];
        for c in &d.numbers {
            let because: Vec<String> =
                c.because.iter().take(3).map(|b| format!("{} ({:+.0} points)", b.report, b.effect * 100.0)).collect();
            rows.push(vec![c.id.clone(), show(c.before), show(c.after), because.join(", ")]);
        }
        out.push_str(&output::table(&rows));
    }
    for (id, was, is) in &d.judgments {
        out.push_str(&format!("\n{id}\n  was: {was}\n  is:  {is}\n"));
    }
    output::print(&out);
    Ok(End::Done)
}
