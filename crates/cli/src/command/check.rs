//! `check`: every problem at once; no engine, unless the case's tests are asked for.

use engine::Options;
use model::{Problem, Span};

use crate::args::{Check, Common, Format};
use crate::{End, Outcome, output};
use disk::Folder;

pub(crate) fn run(args: &Check, common: &Common) -> Outcome {
    if args.fix {
        for (path, text) in case::fixes(&Folder(args.case.clone())) {
            disk::write(&args.case.join(&path), text.as_bytes())?;
            eprintln!("fixed {path}");
        }
    }
    let mut loaded = disk::load(&args.case)?;
    let broken = loaded.case.reports.values().filter_map(|r| {
        let why = super::add::received(&args.case, r.received.as_deref()?).err()?;
        Some(
            Problem::error("not-as-received", Span::new(&r.file, 0, r.body), why)
                .help("put the file back as it was received, or file the report anew with `bellwether add`"),
        )
    });
    let broken: Vec<Problem> = broken.collect();
    loaded.problems.extend(broken);
    let mut failed = loaded.has_errors();
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&loaded.problems).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
    } else {
        output::problems(&loaded.problems, &loaded.texts);
        let c = &loaded.case;
        output::print(&format!(
            "{}: {}; {} reports, {} claims, {} sources, {} indicators, {} questions\n",
            args.case.display(),
            output::counts(&loaded.problems),
            c.reports.len(),
            c.claims.len(),
            c.sources.len(),
            c.indicators.len(),
            c.questions.len()
        ));
    }
    if args.tests && !failed {
        failed = !tests(&loaded, Options::default())?;
    }
    Ok(if failed { End::Failed } else { End::Done })
}

/// Runs the tests of the case; prints what failed, with carets. True if all passed.
pub(crate) fn tests(loaded: &case::Loaded, options: Options) -> Result<bool, String> {
    let verdicts = match engine::verdicts(&loaded.case, options) {
        Ok(v) => v,
        Err(problems) => {
            output::problems(&problems, &loaded.texts);
            return Ok(false);
        }
    };
    let failed: Vec<_> = verdicts.iter().filter_map(engine::Verdict::problem).collect();
    output::problems(&failed, &loaded.texts);
    let failures = failed.len();
    if !verdicts.is_empty() {
        eprintln!("tests of the case: {} passed, {failures} failed", verdicts.len() - failures);
    }
    Ok(failures == 0)
}
