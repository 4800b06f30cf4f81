//! Maps: bundled country borders (Natural Earth, public domain; `data/borders.json` is made by `scripts/borders.py`),
//! areas, and marks whose size is their imprecision. Equirectangular, true to scale at the middle latitude.

use std::fmt::Write as _;

use engine::Assessment;
use model::{Case, Geometry, LonLat};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::svg::Svg;

/// Borders as bundled: lines in hundredths of a degree (first point, then differences), and country names with a
/// point to write them at and their size in square degrees.
#[derive(Deserialize)]
struct Borders {
    lines: Vec<Vec<i32>>,
    names: Vec<(String, f64, f64, f64)>,
}

static BORDERS: &str = include_str!("../data/borders.json");

/// One thing to mark.
pub(crate) struct Mark {
    pub(crate) at: LonLat,
    /// Radius in kilometres that holds 90 % of the belief.
    pub(crate) radius_km: f64,
    /// Probability that it happened: drawn as opacity and as stroke.
    pub(crate) probability: f64,
    /// Class that names the kind.
    pub(crate) class: &'static str,
    pub(crate) title: String,
    /// Short label, if it is to be written.
    pub(crate) label: Option<String>,
    /// In-page target.
    pub(crate) target: Option<String>,
}

/// A named outline.
pub(crate) struct Outline<'a> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) name: &'a str,
    pub(crate) class: &'static str,
}

struct View {
    west: f64,
    north: f64,
    /// Pixels per degree of longitude and of latitude.
    kx: f64,
    ky: f64,
    /// Degrees shown.
    bounds: [f64; 4],
}

impl View {
    fn at(&self, p: LonLat) -> (f64, f64) {
        let mut lon = p.lon;
        // Places on the far side of the antimeridian are drawn where the map continues.
        if lon < self.bounds[0] && lon + 360.0 <= self.bounds[2] {
            lon += 360.0;
        }
        ((lon - self.west) * self.kx, (self.north - p.lat) * self.ky)
    }
}

/// Draws the map around the marks and outlines.
pub(crate) fn map(marks: &[Mark], outlines: &[Outline<'_>], label: &str) -> String {
    let width = 960.0;
    let mut b = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let mut widen = |w: f64, s: f64, e: f64, n: f64| b = [b[0].min(w), b[1].min(s), b[2].max(e), b[3].max(n)];
    for m in marks {
        let d = m.radius_km.min(300.0) / 111.0;
        widen(m.at.lon - d, m.at.lat - d, m.at.lon + d, m.at.lat + d);
    }
    for o in outlines {
        let [w, s, e, n] = o.geometry.bounds();
        widen(w, s, e, n);
    }
    if !b[0].is_finite() {
        return String::new();
    }
    let (pad_x, pad_y) = (((b[2] - b[0]) * 0.08).max(0.4), ((b[3] - b[1]) * 0.08).max(0.3));
    let mut b = [b[0] - pad_x, (b[1] - pad_y).max(-85.0), b[2] + pad_x, (b[3] + pad_y).min(85.0)];
    let middle = libm::cos(((b[1] + b[3]) / 2.0).to_radians()).max(0.1);
    // Not flatter than 2.4 to 1, not taller than square.
    let (w_km, h_km) = ((b[2] - b[0]) * middle, b[3] - b[1]);
    if w_km / h_km > 2.4 {
        let more = (w_km / 2.4 - h_km) / 2.0;
        b = [b[0], b[1] - more, b[2], b[3] + more];
    } else if w_km < h_km {
        let more = (h_km - w_km) / middle / 2.0;
        b = [b[0] - more, b[1], b[2] + more, b[3]];
    }
    let kx = width / (b[2] - b[0]);
    let ky = kx / middle;
    let height = (b[3] - b[1]) * ky;
    let v = View { west: b[0], north: b[3], kx, ky, bounds: b };
    let mut svg = Svg::new(width, height, label);
    svg.raw(&format!(r#"<rect width="{width:.0}" height="{height:.0}" class="sea"/>"#));
    let borders: Borders = serde_json::from_str(BORDERS).unwrap_or(Borders { lines: vec![], names: vec![] });
    draw_borders(&mut svg, &v, &borders);
    // Bigger outlines first, so that small ones are not covered.
    let mut sorted: Vec<&Outline<'_>> = outlines.iter().collect();
    sorted.sort_by(|x, y| y.geometry.km2().total_cmp(&x.geometry.km2()).then_with(|| x.name.cmp(y.name)));
    let mut taken: Vec<[f64; 4]> = Vec::new();
    for o in sorted {
        if let Geometry::Polygons(list) = o.geometry {
            let mut d = String::new();
            for ring in list.iter().flat_map(|p| &p.rings) {
                for (i, p) in ring.iter().enumerate() {
                    let (x, y) = v.at(*p);
                    let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
                }
                d.push('Z');
            }
            svg.path(&d, o.class, o.name);
            let [w, _, e, n] = o.geometry.bounds();
            let (x, y) = v.at(LonLat { lon: (w + e) / 2.0, lat: n });
            place_label(&mut svg, &mut taken, x, y - 4.0, o.name, "area-name", width, height);
        }
    }
    for m in marks {
        let (x, y) = v.at(m.at);
        let r = (m.radius_km / 111.0 * ky).clamp(3.5, 180.0);
        let draw = |s: &mut Svg| {
            // What may lie nearly anywhere is a rim, not a cloud over everything else.
            let fill = (0.06 + 0.14 * m.probability) * (40.0 / r).min(1.0);
            s.circle(x, y, r, m.class, fill, &m.title);
            if m.class != "vague" {
                s.circle(x, y, 2.5, "centre", m.probability.max(0.3), &m.title);
            }
        };
        match &m.target {
            Some(t) => svg.link(t, &m.title, draw),
            None => draw(&mut svg),
        }
        if let Some(l) = &m.label {
            place_label(&mut svg, &mut taken, x, y - r.min(14.0) - 3.0, l, "mark-name", width, height);
        }
    }
    scale_bar(&mut svg, ky, height);
    svg.finish()
}

/// Writes a label where none is yet, trying a few places around.
fn place_label(
    svg: &mut Svg,
    taken: &mut Vec<[f64; 4]>,
    x: f64,
    y: f64,
    text: &str,
    class: &str,
    width: f64,
    height: f64,
) {
    let w = text.chars().count() as f64 * 6.4 + 4.0;
    for (dx, dy) in [
        (0.0, 0.0),
        (0.0, 26.0),
        (w * 0.6, 12.0),
        (-w * 0.6, 12.0),
        (0.0, -14.0),
        (0.0, 40.0),
        (w * 0.6, 30.0),
        (-w * 0.6, 30.0),
    ] {
        let (cx, cy) = ((x + dx).clamp(w / 2.0, (width - w / 2.0).max(w / 2.0)), (y + dy).clamp(12.0, height - 6.0));
        let here = [cx - w / 2.0, cy - 11.0, cx + w / 2.0, cy + 3.0];
        if taken.iter().all(|t| here[2] < t[0] || t[2] < here[0] || here[3] < t[1] || t[3] < here[1]) {
            taken.push(here);
            svg.text(cx, cy, "middle", class, text);
            return;
        }
    }
}

/// Borders and names of countries near the events and areas of a case, as GeoJSON: the ground of a map that can be moved.
pub(crate) fn land(case: &Case, a: &Assessment) -> Value {
    let borders: Borders = serde_json::from_str(BORDERS).unwrap_or(Borders { lines: vec![], names: vec![] });
    let places = a.events.iter().filter_map(|e| e.place).map(|[x, y]| [x, y, x, y]);
    let boxes = places.chain(case.areas.values().map(|x| x.geometry.bounds()));
    let whole = boxes.reduce(|b, c| [b[0].min(c[0]), b[1].min(c[1]), b[2].max(c[2]), b[3].max(c[3])]);
    let [w, s, e, n] = whole.unwrap_or([-180.0, -90.0, 180.0, 90.0]);
    // Twice as much again on every side.
    let (dx, dy) = (2.0 * (e - w).max(5.0), 2.0 * (n - s).max(5.0));
    let near = |x: f64, y: f64| x >= w - dx && x <= e + dx && y >= s - dy && y <= n + dy;
    let feature = |name: Option<&str>, geometry: Value| json!({"type": "Feature", "properties": {"name": name}, "geometry": geometry});
    let mut features = Vec::new();
    for line in &borders.lines {
        let mut at = (0i32, 0i32);
        let points = line.chunks_exact(2).map(|d| {
            at = (at.0 + d[0], at.1 + d[1]);
            [f64::from(at.0) / 100.0, f64::from(at.1) / 100.0]
        });
        let points: Vec<[f64; 2]> = points.collect();
        for part in points.split(|p| !near(p[0], p[1])).filter(|part| part.len() > 1) {
            features.push(feature(None, json!({"type": "LineString", "coordinates": part})));
        }
    }
    for (name, lon, lat, _) in borders.names.iter().filter(|x| near(x.1, x.2)) {
        features.push(feature(Some(name), json!({"type": "Point", "coordinates": [lon, lat]})));
    }
    json!({"type": "FeatureCollection", "features": features})
}

fn draw_borders(svg: &mut Svg, v: &View, borders: &Borders) {
    let mut d = String::new();
    let [w, s, e, n] = v.bounds;
    for line in &borders.lines {
        let (mut x, mut y) = (0i32, 0i32);
        let mut points = Vec::with_capacity(line.len() / 2);
        for pair in line.chunks_exact(2) {
            (x, y) = if points.is_empty() { (pair[0], pair[1]) } else { (x + pair[0], y + pair[1]) };
            points.push((f64::from(x) / 100.0, f64::from(y) / 100.0));
        }
        for shift in [0.0, 360.0] {
            let mut pen = false;
            for pair in points.windows(2) {
                let ((ax, ay), (bx, by)) = ((pair[0].0 + shift, pair[0].1), (pair[1].0 + shift, pair[1].1));
                // Outside on one side altogether: not drawn.
                let out = ax.max(bx) < w || ax.min(bx) > e || ay.max(by) < s || ay.min(by) > n;
                if out {
                    pen = false;
                    continue;
                }
                let at = |x: f64, y: f64| ((x - v.west) * v.kx, (v.north - y) * v.ky);
                if !pen {
                    let (px, py) = at(ax, ay);
                    let _ = write!(d, "M{px:.1} {py:.1}");
                    pen = true;
                }
                let (px, py) = at(bx, by);
                let _ = write!(d, "L{px:.1} {py:.1}");
            }
        }
    }
    svg.path(&d, "border", "country borders");
    for (name, lon, lat, size) in &borders.names {
        let (x, y) = v.at(LonLat { lon: *lon, lat: *lat });
        let inside = x > 40.0 && y > 16.0 && x < svg.width - 40.0 && y < svg.height - 8.0;
        if inside && size * v.kx * v.ky > 4_000.0 {
            svg.text(x, y, "middle", "country", name);
        }
    }
}

fn scale_bar(svg: &mut Svg, ky: f64, height: f64) {
    let km_per_px = 111.195 / ky;
    let km = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0]
        .into_iter()
        .rfind(|k| k / km_per_px <= 160.0)
        .unwrap_or(1.0);
    let w = km / km_per_px;
    svg.line(14.0, height - 12.0, 14.0 + w, height - 12.0, "scale");
    svg.text(14.0, height - 18.0, "start", "scale-text", &format!("{km:.0} km"));
}
