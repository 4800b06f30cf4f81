//! Where events lie, and how that moves: centre of gravity, dispersion, ellipse, front; and whether presence grows from
//! places or moves between them (`methods.md` 1.3).

use std::collections::{BTreeMap, BTreeSet};

use crate::draw::{Stream, entity};
use crate::earth::{dot, km, unit};

/// The geometry of some events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whereabouts {
    /// Latitude and longitude of the centre of gravity, degrees.
    pub centre: (f64, f64),
    /// Root mean squared distance from it, km.
    pub dispersion: f64,
    /// Area of the standard deviational ellipse, square km.
    pub ellipse: f64,
    /// Distance from `home` within which nine tenths lie, km.
    pub front: f64,
}

impl Whereabouts {
    /// Of events at (latitude, longitude) in degrees, seen from `home`. `None` without events, or where they balance around the globe.
    pub fn of(events: &[(f64, f64)], home: (f64, f64)) -> Option<Self> {
        let points: Vec<[f64; 3]> = events.iter().map(|e| unit(*e)).collect();
        let n = points.len() as f64;
        let sum: [f64; 3] = std::array::from_fn(|i| points.iter().map(|p| p[i]).sum());
        let length = libm::sqrt(dot(sum, sum));
        if points.is_empty() || length < 1e-6 * n {
            return None;
        }
        let centre = sum.map(|x| x / length);
        let (lat, lon) = (libm::asin(centre[2]), libm::atan2(centre[1], centre[0]));
        // East and north at the centre.
        let east = [-libm::sin(lon), libm::cos(lon), 0.0];
        let north = [-libm::sin(lat) * libm::cos(lon), -libm::sin(lat) * libm::sin(lon), libm::cos(lat)];
        let (mut square, mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0, 0.0);
        for p in &points {
            let far = km(centre, *p);
            let (x, y) = (dot(*p, east), dot(*p, north));
            let flat = libm::sqrt(x * x + y * y);
            let (x, y) = if flat > 0.0 { (x / flat * far, y / flat * far) } else { (0.0, 0.0) };
            square += far * far;
            xx += x * x;
            xy += x * y;
            yy += y * y;
        }
        let mut far: Vec<f64> = points.iter().map(|p| km(unit(home), *p)).collect();
        far.sort_by(f64::total_cmp);
        Some(Self {
            centre: (lat.to_degrees(), lon.to_degrees()),
            dispersion: libm::sqrt(square / n),
            ellipse: std::f64::consts::PI * libm::sqrt(((xx * yy - xy * xy) / (n * n)).max(0.0)),
            front: crate::quantile(&far, 0.9),
        })
    }

    /// How far, and in which direction (degrees from north, clockwise), the centre lies from another's.
    pub fn shift(&self, from: &Self) -> (f64, f64) {
        let (a, b) = (from.centre, self.centre);
        let (p, q, d) = (a.0.to_radians(), b.0.to_radians(), (b.1 - a.1).to_radians());
        let y = libm::sin(d) * libm::cos(q);
        let x = libm::cos(p) * libm::sin(q) - libm::sin(p) * libm::cos(q) * libm::cos(d);
        (km(unit(a), unit(b)), (libm::atan2(y, x).to_degrees() + 360.0) % 360.0)
    }
}

/// Bursts: events joined where one lies within `far` km and `long` days of another. Numbers burst by event; what is
/// resampled to tell how sure a footprint is, since the events of a burst are not so many independent ones.
pub fn bursts(events: &[((f64, f64), i32)], far: f64, long: i32) -> Vec<usize> {
    let points: Vec<[f64; 3]> = events.iter().map(|e| unit(e.0)).collect();
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|i| (events[*i].1, *i));
    let mut parent: Vec<usize> = (0..events.len()).collect();
    fn root(parent: &mut [usize], mut i: usize) -> usize {
        while parent[i] != i {
            parent[i] = parent[parent[i]];
            i = parent[i];
        }
        i
    }
    for (k, i) in order.iter().enumerate() {
        for j in order[..k].iter().rev().take_while(|j| events[*i].1 - events[**j].1 <= long) {
            if km(points[*i], points[*j]) <= far {
                let (a, b) = (root(&mut parent, *i), root(&mut parent, *j));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    (0..events.len()).map(|i| root(&mut parent, i)).collect()
}

/// One way in which presence moves between neighbouring cells from one step to the next, beside what chance gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Pairs of neighbours in which it happened.
    pub observed: u64,
    /// Their mean number when dates are shuffled.
    pub expected: f64,
    /// Share of shuffles, itself counted, with as many.
    pub p: f64,
}

/// Joint counts of presence in a cell and its neighbour, in the manner of Schutte and Weidmann 2011: escalation (here stays, there
/// begins), relocation (here ends, there begins), contraction (here stays, there ends). Dates are shuffled over events, so
/// that each cell keeps its number and each step its own.
///
/// `events` are (cell, step); `neighbours` are pairs of cells, each named once.
pub fn motions(events: &[(u32, u32)], neighbours: &[(u32, u32)], shuffles: u32, seed: u64) -> [Motion; 3] {
    let steps = events.iter().map(|e| e.1).max().map_or(0, |s| s as usize + 1);
    // Only cells with events matter.
    let held: BTreeSet<u32> = events.iter().map(|e| e.0).collect();
    let neighbours: Vec<(u32, u32)> =
        neighbours.iter().copied().filter(|(a, b)| held.contains(a) || held.contains(b)).collect();
    let none = vec![false; steps];
    let count = |events: &[(u32, u32)]| -> [u64; 3] {
        let mut present: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
        for (cell, step) in events {
            present.entry(*cell).or_insert_with(|| vec![false; steps])[*step as usize] = true;
        }
        let of = |cell: u32| present.get(&cell).unwrap_or(&none);
        let mut n = [0; 3];
        for (a, b) in &neighbours {
            for (here, there) in [(of(*a), of(*b)), (of(*b), of(*a))] {
                for (x, y) in here.windows(2).zip(there.windows(2)) {
                    match (x[0], y[0], x[1], y[1]) {
                        (true, false, true, true) => n[0] += 1,
                        (true, false, false, true) => n[1] += 1,
                        (true, true, true, false) => n[2] += 1,
                        _ => {}
                    }
                }
            }
        }
        n
    };
    let observed = count(events);
    let (mut sums, mut reached) = ([0u64; 3], [0u32; 3]);
    for r in 0..shuffles {
        let mut draw = Stream::new(seed, entity("motions"), r);
        let mut steps: Vec<u32> = events.iter().map(|e| e.1).collect();
        draw.shuffle(&mut steps);
        let shuffled: Vec<(u32, u32)> = events.iter().zip(steps).map(|(e, step)| (e.0, step)).collect();
        for (k, n) in count(&shuffled).into_iter().enumerate() {
            sums[k] += n;
            reached[k] += u32::from(n >= observed[k]);
        }
    }
    std::array::from_fn(|k| Motion {
        observed: observed[k],
        expected: sums[k] as f64 / f64::from(shuffles.max(1)),
        p: f64::from(1 + reached[k]) / f64::from(shuffles + 1),
    })
}

/// Of many chances, those that may be called so that no more than `rate` of what is called is expected to be wrong: the number of
/// the highest ones (Bayesian false discovery rate: the mean of their complements).
pub fn callable(chances: &[f64], rate: f64) -> usize {
    let mut sorted = chances.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut wrong = 0.0;
    sorted
        .iter()
        .enumerate()
        .take_while(|(i, p)| {
            wrong += 1.0 - **p;
            wrong <= rate * (*i + 1) as f64
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::earth::EARTH_KM;

    #[test]
    fn geometry_known() {
        // Four events a tenth of a degree from a centre on the equator.
        let cross = [(0.1, 10.0), (-0.1, 10.0), (0.0, 10.1), (0.0, 9.9)];
        let w = Whereabouts::of(&cross, (0.0, 10.0)).expect("there are events");
        let tenth = EARTH_KM * 0.1f64.to_radians();
        assert!((w.centre.0).abs() < 1e-9 && (w.centre.1 - 10.0).abs() < 1e-9);
        assert!((w.dispersion - tenth).abs() < 1e-3 && (w.front - tenth).abs() < 1e-3);
        assert!((w.ellipse - std::f64::consts::PI * tenth * tenth / 2.0).abs() < 0.1, "{w:?}");
        // Across the 180th meridian and near a pole.
        let east = Whereabouts::of(&[(0.0, 179.9), (0.0, -179.9)], (0.0, 180.0)).expect("there are events");
        assert!((east.centre.1.abs() - 180.0).abs() < 1e-9 && (east.front - tenth).abs() < 1e-3, "{east:?}");
        let moved = Whereabouts::of(&[(1.0, 10.0)], (0.0, 10.0)).expect("there is an event");
        let (far, bearing) = moved.shift(&w);
        assert!((far - 10.0 * tenth).abs() < 1e-3 && bearing < 1e-6, "{far} {bearing}");
        assert_eq!(Whereabouts::of(&[], (0.0, 0.0)), None);
        assert_eq!(Whereabouts::of(&[(0.0, 0.0), (0.0, 180.0)], (0.0, 0.0)), None);
    }

    #[test]
    fn bursts_are_chains() {
        let at = |lon: f64, day| ((0.0, lon), day);
        // A chain in steps of 11 km and 5 days, one apart in place, one apart in time.
        let events = [at(0.0, 0), at(0.1, 5), at(0.2, 10), at(3.0, 5), at(0.0, 60)];
        assert_eq!(bursts(&events, 15.0, 14), [0, 0, 0, 3, 4]);
    }

    /// All orders of the dates of a few events.
    #[test]
    fn motions_agree_with_all_permutations() {
        let events = [(0, 0), (0, 1), (1, 1), (2, 2), (1, 3), (0, 3)];
        let near = [(0, 1), (1, 2)];
        let found = motions(&events, &near, 4999, 1);
        let mut dates: Vec<u32> = events.iter().map(|e| e.1).collect();
        let (mut n, mut sums, mut reached) = (0u32, [0u64; 3], [0u32; 3]);
        // Heap's algorithm.
        let mut c = [0usize; 6];
        let mut visit = |dates: &[u32]| {
            let these: Vec<(u32, u32)> = events.iter().zip(dates).map(|(e, d)| (e.0, *d)).collect();
            let k = motions(&these, &near, 0, 1).map(|m| m.observed);
            n += 1;
            for i in 0..3 {
                sums[i] += k[i];
                reached[i] += u32::from(k[i] >= found[i].observed);
            }
        };
        visit(&dates);
        let mut i = 0;
        while i < 6 {
            if c[i] < i {
                dates.swap(if i % 2 == 0 { 0 } else { c[i] }, i);
                visit(&dates);
                c[i] += 1;
                i = 0;
            } else {
                c[i] = 0;
                i += 1;
            }
        }
        for (k, m) in found.iter().enumerate() {
            assert!((m.expected - sums[k] as f64 / f64::from(n)).abs() < 0.05, "{found:?}");
            assert!((m.p - f64::from(reached[k]) / f64::from(n)).abs() < 0.03, "{found:?}");
        }
        // By hand: 0 stays from 0 to 1 while 1 begins; nothing else grows or moves from a presence.
        assert_eq!(found[0].observed, 1);
    }

    #[test]
    fn few_are_called_where_many_are_unsure() {
        assert_eq!(callable(&[0.99, 0.97, 0.9, 0.3, 0.95], 0.05), 4);
        assert_eq!(callable(&[0.5, 0.6], 0.1), 0);
        assert_eq!(callable(&[], 0.1), 0);
    }
}
