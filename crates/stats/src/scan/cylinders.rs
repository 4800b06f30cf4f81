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

/// The best about some centre: its circle by number of places, which are named only once it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) centre: usize,
    pub(super) places: usize,
    pub(super) periods: (usize, usize),
    pub(super) events: u32,
    pub(super) expected: f64,
    pub(super) score: f64,
}

impl Found {
    /// None about this centre.
    pub(super) fn none(centre: usize) -> Self {
        Self { centre, places: 0, periods: (0, 0), events: 0, expected: 0.0, score: 0.0 }
    }
}

/// The strongest first, each without a place of those before it.
pub(super) fn apart(sites: &Sites, mut found: Vec<Found>) -> Vec<Cylinder> {
    found.retain(|c| c.score > 0.0);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.centre.cmp(&b.centre)));
    let mut taken = vec![false; sites.len()];
    let mut told = Vec::new();
    for c in found {
        let circle = &sites.near(c.centre)[..c.places];
        if circle.iter().any(|s| taken[*s as usize]) {
            continue;
        }
        for s in circle {
            taken[*s as usize] = true;
        }
        told.push(Cylinder {
            centre: c.centre,
            sites: circle.iter().map(|s| *s as usize).collect(),
            periods: c.periods,
            events: c.events,
            expected: c.expected,
            score: c.score,
            radius: circle.last().map_or(0.0, |s| sites.distance(c.centre, *s as usize)),
        });
    }
    told
}
