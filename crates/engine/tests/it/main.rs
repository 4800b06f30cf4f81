//! The engine on whole cases: semantics of worlds, of hypotheses, of tests; what is recomputed; what moves.

mod ahead;
mod import;
mod incremental;
mod lints;
mod matching;
mod moves;
mod posterior;
mod semantics;
mod weighing;

use case::{Template, load, template};
use model::{Case, MemoryHost};

/// The example case.
pub(crate) fn rasht() -> Case {
    let host =
        MemoryHost { files: template(Template::Rasht2010).into_iter().map(|(p, t)| (p, t.into_bytes())).collect() };
    let loaded = load(&host);
    assert!(!loaded.has_errors(), "{:?}", loaded.problems);
    loaded.case
}

/// A case from one text; must be without fault.
pub(crate) fn from_text(text: &str) -> Case {
    let loaded = load(&MemoryHost::from_text(text));
    assert!(!loaded.has_errors(), "{:#?}", loaded.problems);
    loaded.case
}

/// A small case: an actor, a source of each grade, one area, and the given files.
pub(crate) fn small(rest: &str) -> Case {
    from_text(&format!(
        r#"--- case.toml
format = 1
id = "small"
title = "t"
question = "q"
as_of = 2024-06-30
--- sources.toml
[sa]
name = "a"
kind = "media"
reliability = "A"
why = "w"
[sb]
name = "b"
kind = "media"
reliability = "B"
why = "w"
[sd]
name = "d"
kind = "media"
reliability = "D"
why = "w"
[sf]
name = "f"
kind = "party"
speaks_for = "group"
reliability = "F"
why = "w"
--- actors.toml
[group]
name = "group"
kind = "armed-group"
[army]
name = "army"
kind = "state-forces"
--- areas.geojson
{{"type":"FeatureCollection","features":[{{"type":"Feature","id":"land","properties":{{"name":"land"}},"geometry":{{"type":"Polygon","coordinates":[[[10,50],[12,50],[12,51],[10,51],[10,50]]]}}}}]}}
{rest}"#
    ))
}

/// A report of one line each.
pub(crate) fn report(id: &str, source: &str, published: &str, body: &str) -> String {
    format!("--- reports/{id}.md\n---\ntitle: {id}\nsource: {source}\npublished: {published}\n---\n{body}\n")
}

/// The law of an event of which nothing is known but its name.
pub(crate) fn law(id: &str) -> engine::stage::reconcile::EventLaw {
    engine::stage::reconcile::EventLaw {
        id: id.into(),
        kind: model::EventType::Battles,
        sub_type: None,
        complexity: None,
        targets: vec![],
        candidates: vec![],
        base: vec![1.0],
        accusations: vec![],
        place: None,
        days: engine::stage::reconcile::DayLaw { first: 0, weights: vec![1.0] },
        figures: vec![],
        claims: vec![],
        covers: vec![],
    }
}

/// An event with its chance in each world, and whether it happened there.
pub(crate) fn worlds_of(chance: Vec<f64>, happened: Vec<bool>) -> engine::stage::worlds::EventWorlds {
    let n = chance.len();
    engine::stage::worlds::EventWorlds {
        chance,
        happened,
        who_chance: vec![1.0; n],
        who: vec![0; n],
        place: vec![],
        day: vec![0; n],
        figures: vec![],
    }
}
