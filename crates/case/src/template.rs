//! The cases that `init` writes.

use std::collections::BTreeMap;

use crate::schema::schemas;

/// Which case to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// Two reports, two claims, one of everything: a case small enough to read in one sitting.
    Minimal,
    /// The worked example: Tajikistan's Rasht Valley, autumn 2010.
    Rasht2010,
}

/// Path to text of every file of a new case, schemas included.
pub fn template(which: Template) -> BTreeMap<String, String> {
    let mut out = schemas();
    let files: &[(&str, &str)] = match which {
        Template::Minimal => MINIMAL,
        Template::Rasht2010 => RASHT_2010,
    };
    out.extend(files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())));
    out.insert(".gitignore".into(), ".bellwether/\n.workbench/\n".into());
    out
}

include!(concat!(env!("OUT_DIR"), "/templates.rs"));
