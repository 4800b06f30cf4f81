//! What `ui/` was built into, embedded: the workbench's pages, and the same bundle as one script that drives a published page.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
struct Dist;

/// A file of the pages.
#[derive(Debug)]
pub struct File {
    /// What is in it.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub kind: String,
}

/// The file at a path, `index.html` and the like; `None` where there is none, or where this program was built without pages.
pub fn file(path: &str) -> Option<File> {
    let found = Dist::get(path)?;
    Some(File { kind: found.metadata.mimetype().to_owned(), bytes: found.data })
}

/// All that the pages are made of, as text to be written into one page.
#[derive(Debug)]
pub struct Bundle {
    /// The script, a module.
    pub script: String,
    /// The style.
    pub style: String,
    /// The script of the map's workers, a module.
    pub worker: String,
}

/// The bundle; `None` where this program was built without pages.
pub fn bundle() -> Option<Bundle> {
    let text = |start: &str, end: &str| {
        let name = Dist::iter().find(|n| n.starts_with(start) && n.ends_with(end))?;
        String::from_utf8(Dist::get(&name)?.data.into_owned()).ok()
    };
    Some(Bundle {
        script: text("assets/index-", ".js")?,
        style: text("assets/index-", ".css")?,
        worker: text("assets/maplibre-gl-worker-", ".js")?,
    })
}
