//! `areas.geojson`: a FeatureCollection (RFC 7946) whose features are named areas.

use std::collections::BTreeMap;

use model::{Area, Geometry, Id, LonLat, Polygon, Problem, Span, Tlp, is_id, ring_area, suggest_edit};

use crate::tree::{Kind, Node};

/// Most positions in one file.
const MAX_POSITIONS: usize = 2_000_000;

const PROPERTIES: [&str; 4] = ["name", "note", "uncertainty_m", "tlp"];

/// Reads all areas; every bad coordinate has its caret.
pub(crate) fn areas(file: &str, root: &Node, problems: &mut Vec<Problem>) -> BTreeMap<Id, Area> {
    let mut out: BTreeMap<Id, Area> = BTreeMap::new();
    if root.get("type").and_then(Node::text) != Some("FeatureCollection") {
        problems.push(
            Problem::error("not-geojson", root.get("type").unwrap_or(root).span(file), "expected a FeatureCollection")
                .help("areas.geojson is {\"type\":\"FeatureCollection\",\"features\":[...]}"),
        );
        return out;
    }
    let mut budget = MAX_POSITIONS;
    for feature in root.get("features").map(Node::items).unwrap_or_default() {
        let Some(id_node) = feature.get("id") else {
            problems.push(
                Problem::error("missing-key", feature.span(file), "missing `id` in a feature")
                    .help("every area has an id beside its \"type\", such as \"id\":\"rasht-valley\""),
            );
            continue;
        };
        let id = match id_node.text().filter(|t| is_id(t)) {
            Some(id) => id.to_owned(),
            None => {
                problems.push(Problem::error("bad-id", id_node.span(file), "an id is made of a-z, 0-9 and `-`"));
                continue;
            }
        };
        if let Some(first) = out.get(&id) {
            problems.push(
                Problem::error("duplicate-id", id_node.span(file), format!("area `{id}` is defined twice"))
                    .also(first.span.clone(), "first defined here"),
            );
            continue;
        }
        let properties = feature.get("properties");
        for entry in properties.map(Node::entries).unwrap_or_default() {
            if !PROPERTIES.contains(&entry.key.as_str()) {
                problems.push(
                    Problem::error(
                        "unknown-key",
                        Span::new(file, entry.start, entry.end),
                        format!("unknown property `{}` of area `{id}`", entry.key),
                    )
                    .label(format!("known properties: {}", PROPERTIES.join(", ")))
                    .suggest(suggest_edit(&entry.key, PROPERTIES)),
                );
            }
        }
        let property = |key: &str| properties.and_then(|p| p.get(key));
        let name = match property("name").and_then(Node::text) {
            Some(name) if !name.trim().is_empty() => name.to_owned(),
            _ => {
                problems.push(Problem::error("missing-key", id_node.span(file), format!("area `{id}` has no `name`")));
                id.clone()
            }
        };
        let tlp = property("tlp").and_then(|n| {
            let tlp = n.text().and_then(|t| serde_json::from_value::<Tlp>(t.into()).ok());
            if tlp.is_none() {
                problems.push(Problem::error("unknown-word", n.span(file), "unknown TLP marking"));
            }
            tlp
        });
        let uncertainty = property("uncertainty_m");
        let Some(geometry_node) = feature.get("geometry") else {
            problems.push(Problem::error("missing-key", id_node.span(file), format!("area `{id}` has no `geometry`")));
            continue;
        };
        let geometry = geometry(file, &id, geometry_node, uncertainty, &mut budget, problems);
        let span = id_node.span(file);
        let note = property("note").and_then(Node::text).map(str::to_owned);
        if let Some(geometry) = geometry {
            out.insert(id.clone(), Area { id, name, note, geometry, tlp, span });
        }
    }
    out
}

fn geometry(
    file: &str,
    id: &str,
    node: &Node,
    uncertainty: Option<&Node>,
    budget: &mut usize,
    problems: &mut Vec<Problem>,
) -> Option<Geometry> {
    let kind = node.get("type");
    let Some(coordinates) = node.get("coordinates") else {
        problems.push(Problem::error("missing-key", node.span(file), format!("area `{id}` has no `coordinates`")));
        return None;
    };
    let before = problems.len();
    let geometry = match kind.and_then(Node::text) {
        Some("Point") => {
            let at = position(file, coordinates, problems);
            let uncertainty_m = match uncertainty {
                None => {
                    problems.push(
                        Problem::error("missing-key", node.span(file), format!("point `{id}` has no `uncertainty_m`"))
                            .help("say how far the place may be from the point, in metres: \"uncertainty_m\":15000"),
                    );
                    1.0
                }
                Some(n) => match n.number().filter(|m| (1.0..=2_000_000.0).contains(m)) {
                    Some(m) => m,
                    None => {
                        problems.push(Problem::error(
                            "out-of-range",
                            n.span(file),
                            "`uncertainty_m` is out of range: expected metres between 1 and 2000000",
                        ));
                        1.0
                    }
                },
            };
            Geometry::Point { at: at?, uncertainty_m }
        }
        Some("Polygon") => Geometry::Polygons(vec![polygon(file, id, coordinates, budget, problems)?]),
        Some("MultiPolygon") => Geometry::Polygons(
            coordinates.items().iter().filter_map(|p| polygon(file, id, p, budget, problems)).collect(),
        ),
        other => {
            problems.push(
                Problem::error(
                    "bad-geometry",
                    kind.unwrap_or(node).span(file),
                    format!("area `{id}`: {} cannot be an area", other.map_or("this".into(), |o| format!("`{o}`"))),
                )
                .label("expected Point, Polygon or MultiPolygon"),
            );
            return None;
        }
    };
    let empty = matches!(&geometry, Geometry::Polygons(p) if p.is_empty());
    if problems.len() == before && (empty || geometry.sample(8).len() < 8) {
        problems.push(
            Problem::error("empty-area", coordinates.span(file), format!("area `{id}` has no interior"))
                .help("a polygon needs at least three corners that do not lie on one line, and holes smaller than it"),
        );
    }
    (problems.len() == before).then_some(geometry)
}

fn polygon(file: &str, id: &str, node: &Node, budget: &mut usize, problems: &mut Vec<Problem>) -> Option<Polygon> {
    let mut rings = Vec::new();
    for ring in node.items() {
        let count = ring.items().len();
        if count > *budget {
            problems.push(Problem::error("too-large", ring.span(file), format!("more than {MAX_POSITIONS} positions")));
            return None;
        }
        *budget -= count;
        let points: Vec<LonLat> = ring.items().iter().filter_map(|p| position(file, p, problems)).collect();
        if points.len() < count {
            return None;
        }
        if count < 4 {
            problems.push(
                Problem::error(
                    "bad-ring",
                    ring.span(file),
                    format!("area `{id}`: a ring needs at least 4 positions, found {count}"),
                )
                .help("the first position is repeated at the end"),
            );
            return None;
        }
        if points.first() != points.last() {
            let last = ring.items().last().unwrap_or(ring);
            problems.push(
                Problem::error("open-ring", last.span(file), format!("area `{id}`: the ring is not closed"))
                    .also(ring.items()[0].span(file), "expected this position again at the end"),
            );
            return None;
        }
        if ring_area(&points) < 1e-12 {
            problems.push(Problem::error("empty-area", ring.span(file), format!("area `{id}` has no interior")));
            return None;
        }
        rings.push(points);
    }
    if rings.is_empty() {
        problems.push(Problem::error("empty-area", node.span(file), format!("area `{id}` has no ring")));
        return None;
    }
    Some(Polygon { rings })
}

/// One position: longitude, latitude (a third number, the height, is allowed and not used).
fn position(file: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<LonLat> {
    let numbers: Vec<f64> = node.items().iter().filter_map(Node::number).collect();
    if !matches!(node.kind, Kind::Array(_)) || numbers.len() != node.items().len() || !(2..=3).contains(&numbers.len())
    {
        problems.push(Problem::error("bad-coordinate", node.span(file), "expected a position: [longitude, latitude]"));
        return None;
    }
    for (value, limit, name, at) in [(numbers[0], 180.0, "longitude", 0), (numbers[1], 90.0, "latitude", 1)] {
        if !(-limit..=limit).contains(&value) {
            problems.push(
                Problem::error(
                    "bad-coordinate",
                    node.items()[at].span(file),
                    format!("{name} {value} is outside [-{limit}, {limit}]"),
                )
                .help("a position is [longitude, latitude], in degrees"),
            );
            return None;
        }
    }
    Some(LonLat { lon: numbers[0], lat: numbers[1] })
}
