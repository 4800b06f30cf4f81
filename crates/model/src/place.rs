//! Places: named areas, points with an uncertainty, and the geometry both need.
//!
//! Degrees are WGS 84 longitude and latitude. Polygons are planar in longitude and latitude (as
//! GeoJSON's are); a ring that jumps by more than 180 degrees is read as crossing the antimeridian.

use geo::{Contains, Coord, LineString};
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::problem::Span;
use crate::words::Tlp;

/// Mean Earth radius in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Longitude and latitude in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LonLat {
    /// Longitude in [-180, 180].
    pub lon: f64,
    /// Latitude in [-90, 90].
    pub lat: f64,
}

/// Great-circle distance in metres (haversine).
pub fn distance_m(a: LonLat, b: LonLat) -> f64 {
    let (la, lb) = (a.lat.to_radians(), b.lat.to_radians());
    let sin_lat = libm::sin((lb - la) / 2.0);
    let sin_lon = libm::sin((b.lon - a.lon).to_radians() / 2.0);
    let h = sin_lat * sin_lat + libm::cos(la) * libm::cos(lb) * sin_lon * sin_lon;
    2.0 * EARTH_RADIUS_M * libm::asin(libm::sqrt(h.clamp(0.0, 1.0)))
}

/// One polygon: an outer ring and holes, each closed (first position repeated at the end).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Polygon {
    /// Outer ring, then holes.
    pub rings: Vec<Vec<LonLat>>,
}

/// The extent of an area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Geometry {
    /// A point that lies, with probability .9, within `uncertainty_m` metres of `at`.
    Point {
        /// Best guess.
        at: LonLat,
        /// Radius in metres that holds 90 % of the belief.
        uncertainty_m: f64,
    },
    /// One or several polygons.
    Polygons(Vec<Polygon>),
}

impl Geometry {
    /// A place in the midst of it: the point, or the mean of the corners of its outer rings.
    pub fn middle(&self) -> Option<LonLat> {
        let corners: Vec<LonLat> = match self {
            Self::Point { at, .. } => return Some(*at),
            Self::Polygons(p) => p.iter().filter_map(|p| p.rings.first()).flatten().copied().collect(),
        };
        let n = corners.len() as f64;
        (!corners.is_empty()).then(|| LonLat {
            lon: corners.iter().map(|c| c.lon).sum::<f64>() / n,
            lat: corners.iter().map(|c| c.lat).sum::<f64>() / n,
        })
    }
}

/// A named area of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Identifier.
    pub id: Id,
    /// Name as printed.
    pub name: String,
    /// How it was drawn.
    pub note: Option<String>,
    /// Extent.
    pub geometry: Geometry,
    /// Marking, if not the case's.
    pub tlp: Option<Tlp>,
    /// Where it is defined.
    pub span: Span,
}

/// Unrolls a ring so that no step exceeds 180 degrees of longitude.
fn unrolled(ring: &[LonLat]) -> Vec<Coord<f64>> {
    let mut out: Vec<Coord<f64>> = Vec::with_capacity(ring.len());
    let mut shift = 0.0;
    let mut before: Option<f64> = None;
    for p in ring {
        if let Some(b) = before {
            let step = p.lon - b;
            if step > 180.0 {
                shift -= 360.0;
            } else if step < -180.0 {
                shift += 360.0;
            }
        }
        before = Some(p.lon);
        out.push(Coord { x: p.lon + shift, y: p.lat });
    }
    out
}

/// Planar area of a ring in square degrees, without sign (shoelace).
pub fn ring_area(ring: &[LonLat]) -> f64 {
    let c = unrolled(ring);
    (c.windows(2).map(|w| w[0].x * w[1].y - w[1].x * w[0].y).sum::<f64>() / 2.0).abs()
}

impl Polygon {
    /// Whether the point is inside (outside the holes). Boundary points of the outer ring are outside.
    pub fn contains(&self, p: LonLat) -> bool {
        let Some((outer, holes)) = self.rings.split_first() else { return false };
        let inside = |ring: &[LonLat]| {
            let line = geo::Polygon::new(LineString::new(unrolled(ring)), vec![]);
            // The ring may have been unrolled past the antimeridian in either direction.
            [0.0, 360.0, -360.0].iter().any(|s| line.contains(&Coord { x: p.lon + s, y: p.lat }))
        };
        inside(outer) && !holes.iter().any(|h| inside(h))
    }

    /// West, south, east, north of the unrolled outer ring (east may pass 180).
    pub fn bounds(&self) -> [f64; 4] {
        let mut b = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for c in self.rings.first().map(|r| unrolled(r)).unwrap_or_default() {
            b = [b[0].min(c.x), b[1].min(c.y), b[2].max(c.x), b[3].max(c.y)];
        }
        b
    }
}

impl Geometry {
    /// Whether `p` lies in the area; a point's area is the disc of its uncertainty.
    pub fn contains(&self, p: LonLat) -> bool {
        match self {
            Self::Point { at, uncertainty_m } => distance_m(*at, p) <= *uncertainty_m,
            Self::Polygons(list) => list.iter().any(|poly| poly.contains(p)),
        }
    }

    /// West, south, east, north; east may pass 180.
    pub fn bounds(&self) -> [f64; 4] {
        match self {
            Self::Point { at, uncertainty_m } => {
                let dlat = (uncertainty_m / EARTH_RADIUS_M).to_degrees();
                let dlon = (dlat / libm::cos(at.lat.to_radians()).max(0.01)).min(180.0);
                [at.lon - dlon, (at.lat - dlat).max(-90.0), at.lon + dlon, (at.lat + dlat).min(90.0)]
            }
            Self::Polygons(list) => {
                let mut b = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                for p in list.iter().map(Polygon::bounds) {
                    b = [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[2]), b[3].max(p[3])];
                }
                b
            }
        }
    }

    /// Surface in square kilometres: exact on the sphere for rectangles, and to the error of straight
    /// edges in longitude and latitude otherwise (each edge is integrated as a trapezoid in sin(latitude)).
    pub fn km2(&self) -> f64 {
        match self {
            Self::Point { uncertainty_m, .. } => std::f64::consts::PI * (uncertainty_m / 1000.0).powi(2),
            Self::Polygons(list) => list
                .iter()
                .map(|p| {
                    let ring = |r: &[LonLat]| {
                        let c = unrolled(r);
                        let sum: f64 = c
                            .windows(2)
                            .map(|w| {
                                let (a, b) = (libm::sin(w[0].y.to_radians()), libm::sin(w[1].y.to_radians()));
                                (w[1].x - w[0].x).to_radians() * (a + b) / 2.0
                            })
                            .sum();
                        sum.abs() * (EARTH_RADIUS_M / 1000.0) * (EARTH_RADIUS_M / 1000.0)
                    };
                    let mut rings = p.rings.iter();
                    let outer = rings.next().map_or(0.0, |r| ring(r));
                    (outer - rings.map(|r| ring(r)).sum::<f64>()).max(0.0)
                })
                .sum(),
        }
    }

    /// `n` points spread evenly by surface over the area: a Halton sequence (bases 2 and 3) in
    /// longitude and sin(latitude), rejected outside a polygon; for an uncertain point a Gaussian disc.
    /// Always the same points for the same geometry. Fewer than `n` only for slivers.
    pub fn sample(&self, n: usize) -> Vec<LonLat> {
        match self {
            Self::Point { at, uncertainty_m } => {
                // 90 % of a circular Gaussian lies within 2.146 standard deviations.
                let sigma = uncertainty_m / 2.145_966;
                (1..=n)
                    .map(|i| {
                        let r = sigma * libm::sqrt(-2.0 * libm::log(1.0 - halton(i, 2)));
                        let angle = std::f64::consts::TAU * halton(i, 3);
                        let north = (r * libm::cos(angle) / EARTH_RADIUS_M).to_degrees();
                        let lat = (at.lat + north).clamp(-90.0, 90.0);
                        let east = (r * libm::sin(angle) / EARTH_RADIUS_M).to_degrees()
                            / libm::cos(at.lat.to_radians()).max(0.01);
                        LonLat { lon: wrap(at.lon + east), lat }
                    })
                    .collect()
            }
            Self::Polygons(_) => {
                let [w, s, e, north] = self.bounds();
                let (low, high) = (libm::sin(s.to_radians()), libm::sin(north.to_radians()));
                let mut out = Vec::with_capacity(n);
                for i in 1..=n * 400 {
                    if out.len() == n {
                        break;
                    }
                    let p = LonLat {
                        lon: wrap(w + (e - w) * halton(i, 2)),
                        lat: libm::asin(low + (high - low) * halton(i, 3)).to_degrees(),
                    };
                    if self.contains(p) {
                        out.push(p);
                    }
                }
                out
            }
        }
    }
}

/// Longitude into [-180, 180].
fn wrap(lon: f64) -> f64 {
    if lon > 180.0 {
        lon - 360.0
    } else if lon < -180.0 {
        lon + 360.0
    } else {
        lon
    }
}

/// The `i`-th element (from 1) of the van der Corput sequence in `base`.
fn halton(mut i: usize, base: usize) -> f64 {
    let (mut f, mut r) = (1.0, 0.0);
    while i > 0 {
        f /= base as f64;
        r += f * (i % base) as f64;
        i /= base;
    }
    r
}
