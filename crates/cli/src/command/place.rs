//! `place`: which places a name may mean.

use std::fs::File;

use model::{LonLat, percent};
use names::{Context, Gazetteer};

use crate::args::{Common, Format, Place};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Place, common: &Common) -> Outcome {
    let mut near = Vec::new();
    for text in &args.near {
        let parts: Vec<f64> = text.split(',').filter_map(|t| t.trim().parse().ok()).collect();
        let [lat, lon] = parts[..] else {
            return Err(format!("`{text}`: expected LATITUDE,LONGITUDE, such as 39.0,70.4"));
        };
        if lat.abs() > 90.0 || lon.abs() > 180.0 {
            return Err(format!("{lat}, {lon} is no place on Earth"));
        }
        near.push(LonLat { lon, lat });
    }
    let countries = args.countries.iter().map(|c| c.to_uppercase()).collect();
    let context = Context { countries, near };
    let own;
    let gazetteer = match &args.dump {
        None => Gazetteer::bundled(),
        Some(path) => {
            let failed = |e: &dyn std::fmt::Display| format!("cannot read {}: {e}", path.display());
            let file = File::open(path).map_err(|e| failed(&e))?;
            let (_, input) = formats::unpack(file).map_err(|e| failed(&e))?;
            let (g, bad) = Gazetteer::with_dump(input).map_err(|e| failed(&e))?;
            if bad > 0 {
                eprintln!("warning: {bad} lines of {} are not of a GeoNames dump", path.display());
            }
            own = g;
            &own
        }
    };
    let found = gazetteer.find(&args.name, &context);
    let shown = &found[..found.len().min(args.limit)];
    if common.format == Format::Json {
        let features: Vec<serde_json::Value> = shown
            .iter()
            .map(|c| {
                serde_json::json!({
                    "type": "Feature", "id": format!("geonames-{}", c.id),
                    "properties": {"name": c.name, "note": format!("GeoNames {}, {} {}", c.id, c.country, c.adm1),
                        "uncertainty_m": 5000, "probability": c.p, "how": c.how, "population": c.population},
                    "geometry": {"type": "Point", "coordinates": c.at},
                })
            })
            .collect();
        let value = serde_json::json!({"type": "FeatureCollection", "features": features});
        output::print(&(serde_json::to_string_pretty(&value).map_err(|e| e.to_string())? + "\n"));
        return Ok(End::Done);
    }
    let mut rows: Vec<Vec<String>> = vec![
        ["probability", "place", "country", "division", "latitude", "longitude", "inhabitants", "found by"]
            .map(str::to_owned)
            .into(),
    ];
    for c in shown {
        rows.push(vec![
            percent(c.p, 1_000_000),
            c.name.clone(),
            c.country.clone(),
            names::Division::at(LonLat { lon: c.at[0], lat: c.at[1] }).map_or(c.adm1.clone(), |d| d.name.clone()),
            format!("{:.4}", c.at[1]),
            format!("{:.4}", c.at[0]),
            c.population.to_string(),
            match c.how {
                "main" => "its main name",
                "other" => "another of its names",
                "sound" => "its sound",
                _ => "its letters",
            }
            .to_owned(),
        ]);
    }
    let rest = 1.0 - found.iter().map(|c| c.p).sum::<f64>();
    rows.push(vec![percent(rest, 1_000_000), "a place in no gazetteer".into()]);
    let width = rows[0].len();
    rows.iter_mut().for_each(|r| r.resize(width, String::new()));
    output::print(&output::table(&rows));
    if found.len() > shown.len() {
        eprintln!("{} more places; --limit shows more", found.len() - shown.len());
    }
    Ok(End::Done)
}
