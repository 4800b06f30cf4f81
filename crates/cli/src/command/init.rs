//! `init`: a case to begin with.

use crate::args::{Init, TemplateName};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Init) -> Outcome {
    if args.reference {
        output::print(&case::reference());
        return Ok(End::Done);
    }
    let folder = &args.folder;
    if folder.exists() && folder.read_dir().map_err(|e| format!("{}: {e}", folder.display()))?.next().is_some() {
        return Err(format!("{} is not empty: nothing was written", folder.display()));
    }
    let which = match args.template {
        TemplateName::Minimal => case::Template::Minimal,
        TemplateName::Rasht2010 => case::Template::Rasht2010,
    };
    let files = case::template(which);
    for (path, text) in &files {
        disk::write(&folder.join(path), text.as_bytes())?;
    }
    output::print(&format!(
        "{}: a case of {} files\n\nnext:  bellwether check {0}\n       bellwether build {0}\n",
        folder.display(),
        files.len()
    ));
    Ok(End::Done)
}
