//! `publish`: what may be passed on, frozen; with what changed since the last time, and why.

use engine::Options;

use crate::args::{Common, Format, Publish};
use crate::output::Progress;
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Publish, common: &Common) -> Outcome {
    let folder = &args.case;
    let Some(loaded) = super::sound_case(folder, Some(&args.seen))? else { return Ok(End::Failed) };
    let options = Options { worlds: args.seen.worlds as usize };
    let case = &loaded.case;
    let id = args.id.clone().unwrap_or_else(|| case.as_of().to_string());
    if !model::is_id(&id) {
        return Err(format!("`{id}` cannot name a publication: use a-z, 0-9 and `-`"));
    }
    let target = folder.join("published").join(&id);
    if target.exists() && !args.dry_run {
        return Err(format!("{} is published already, and stays as it is; give another `--id`", target.display()));
    }
    let progress = Progress::new();
    progress.say("building", "");
    let run = super::assessed(&loaded, options)?;
    progress.say("files", "without what may not be shown");
    let last = publish::latest(disk::publications(folder)?, &id)?;
    let fonts = publish::Fonts::new(disk::fonts(folder)?);
    let release = publish::release(case, &run, options, &id, last.as_ref(), &fonts).map_err(|p| {
        output::problems(&p, &loaded.texts);
        "what may be shown of the case cannot be built".to_owned()
    })?;
    drop(progress);
    let (problems, moved) = (&release.problems, &release.moved);
    output::problems(problems, &loaded.texts);
    if !release.sound() {
        eprintln!("{}: {}; nothing is published", folder.display(), output::counts(problems));
        return Ok(End::Failed);
    }
    if !args.no_tests && !super::check::tests(&loaded, options)? {
        eprintln!("{}: its tests fail; nothing is published", folder.display());
        return Ok(End::Failed);
    }
    if !args.dry_run {
        disk::write_folder(&target, &release.files)?;
    }
    if common.format == Format::Json {
        let files: Vec<&String> = release.files.iter().map(|f| &f.0).collect();
        let whole = serde_json::json!({"id": id, "since": last.as_ref().map(|l| &l.id), "moved": moved, "files": files, "written": !args.dry_run});
        output::print(&format!("{whole}\n"));
        return Ok(End::Done);
    }
    let mut text = match &last {
        Some(l) => format!(
            "since {}: {}\n",
            l.id,
            match moved.len() {
                0 => "no judgment has moved".to_owned(),
                n => format!("{n} of {} judgments moved, each with its reason", release.judgments),
            }
        ),
        None => "the first publication of this case\n".to_owned(),
    };
    if args.dry_run {
        text.push_str("nothing stands against publishing it\n");
    } else {
        text.push_str(&format!("published {} as {}\n", case.tlp.label(), target.display()));
    }
    output::print(&text);
    Ok(End::Done)
}
