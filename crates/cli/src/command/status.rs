//! `status`: what is stale and why.

use engine::{Because, Journal, Options, Store};

use crate::args::{Common, Format, OnCase};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &OnCase, common: &Common) -> Outcome {
    let Some(mut loaded) = super::checked_case(&args.case, Some(&args.seen))? else { return Ok(End::Failed) };
    let store = Store::peek(&super::built(&args.case));
    let mut journal = Journal::reading(&store);
    if !super::with_rows(&args.case, &mut loaded, &store, &mut journal)? {
        return Ok(End::Failed);
    }
    let options = Options { worlds: args.seen.worlds as usize };
    let stale = engine::stale(&loaded.case, options, journal).map_err(|p| {
        output::problems(&p, &loaded.texts);
        "the case cannot be built".to_owned()
    })?;
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&stale).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
        return Ok(End::Done);
    }
    if store.manifest().is_none() {
        output::print("nothing has been built yet\n");
        return Ok(End::Done);
    }
    if stale.is_empty() {
        output::print("everything is up to date\n");
        return Ok(End::Done);
    }
    let mut rows = vec![vec!["stage".to_owned(), "subject".into(), "because".into()]];
    for s in stale {
        let because = match s.because {
            Because::New => "it is new".to_owned(),
            Because::Lost => "its output is gone".to_owned(),
            Because::Changed(what) if what.len() > 3 => {
                format!("{} and {} more changed", what[..3].join(", "), what.len() - 3)
            }
            Because::Changed(what) => format!("{} changed", what.join(", ")),
        };
        rows.push(vec![s.stage, s.subject, because]);
    }
    output::print(&output::table(&rows));
    Ok(End::Done)
}
