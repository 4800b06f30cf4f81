//! Turns a build into documents: one self-contained HTML file, readable without JavaScript, the same bytes for the
//! same build.

mod geojson;
mod graph;
mod live;
mod map;
mod outlook;
mod page;
mod paper;
mod release;
pub mod screens;
mod sheets;
mod spread;
mod stix;
mod svg;
mod timemap;
mod weighed;
mod word;

pub use geojson::geojson;
pub use outlook::{backtest_page, outlook_page};
pub use page::{Last, Publication, publication};
pub use print::Fonts;
pub use release::{Published, Release, latest, release};
pub use sheets::claims_sheet;
pub use spread::spread_page;

/// How pictures are drawn, on pages and on paper: literal colours, since paper knows no variables.
const PICTURE: &str = include_str!("../templates/picture.css");

/// Fills a template; the head and the style are shared.
fn render(name: &str, template: &str, data: minijinja::Value) -> String {
    let mut env = minijinja::Environment::new();
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    let made = env
        .add_template("head.html", include_str!("../templates/head.html"))
        .and_then(|()| env.add_template("style.css", include_str!("../templates/style.css")))
        .and_then(|()| env.add_template("picture.css", PICTURE))
        .and_then(|()| env.add_template_owned(name.to_owned(), template.to_owned()))
        .and_then(|()| env.get_template(name))
        .and_then(|t| t.render(data));
    // Template and data are ours; a fault in them is a bug that the tests of the pages show.
    made.unwrap_or_else(|e| {
        format!("<!doctype html><title>error</title><p>The page could not be written: {}", svg::escape(&e.to_string()))
    })
}
