//! A cylinder, and which of many are told.

use super::Sites;

/// A circle of places by an interval of periods, with what was found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cylinder {
    /// Centre.
    pub centre: usize,
    /// The places, the nearest to the centre first.
    pub sites: Vec<usize>,
    /// First and last period.
    pub periods: (usize, usize),
    /// Events in it.
    pub events: u32,
    /// Events expected in it.
    pub expected: f64,
    /// Logarithm of the likelihood ratio.
    pub score: f64,
    /// Distance of the outermost place that holds an event or is counted in: kilometres, or the plane's unit.
    pub radius: f64,
}

impl Cylinder {
    /// None found about this centre.
    pub(super) fn none(centre: usize) -> Self {
        Self { centre, sites: Vec::new(), periods: (0, 0), events: 0, expected: 0.0, score: 0.0, radius: 0.0 }
    }
}

/// The strongest first, each without a place of those before it.
pub(super) fn apart(sites: &Sites, mut found: Vec<Cylinder>) -> Vec<Cylinder> {
    found.retain(|c| c.score > 0.0);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.centre.cmp(&b.centre)));
    let mut taken = vec![false; sites.len()];
    let mut told = Vec::new();
    for mut c in found {
        if c.sites.iter().any(|s| taken[*s]) {
            continue;
        }
        for s in &c.sites {
            taken[*s] = true;
        }
        c.radius = c.sites.last().map_or(0.0, |s| sites.distance(c.centre, *s));
        told.push(c);
    }
    told
}
