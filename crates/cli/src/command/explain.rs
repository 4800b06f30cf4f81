//! `explain`: any number, down to its sentences.

use engine::Options;
use model::{Problem, Severity};

use crate::args::{Common, Explain, Format};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Explain, common: &Common) -> Outcome {
    let Some(loaded) = super::sound_case(&args.case, Some(&args.seen))? else { return Ok(End::Failed) };
    let options = Options { worlds: args.seen.worlds as usize };
    let run = engine::assess(&loaded.case, options).map_err(|p| {
        output::problems(&p, &loaded.texts);
        "the case cannot be built".to_owned()
    })?;
    let e = engine::explain(&loaded.case, &run, options, &args.id)?;
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&e).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
        return Ok(End::Done);
    }
    let mut out = String::new();
    for line in &e.lines {
        out.push_str(&"  ".repeat(line.depth));
        out.push_str(&line.text);
        out.push('\n');
    }
    if e.excerpts.is_empty() {
        if !e.id.starts_with("lint") {
            out.push_str("\nno report speaks of it\n");
        }
    } else {
        out.push('\n');
        out.push_str(&case::drawn(
            &Problem {
                severity: Severity::Note,
                code: "explain".into(),
                message: format!("the sentences behind {}", e.id),
                labels: e.excerpts,
                help: None,
            },
            &loaded.texts,
        ));
    }
    output::print(&out);
    Ok(End::Done)
}
