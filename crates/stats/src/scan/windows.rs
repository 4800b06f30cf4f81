//! All cylinders about a centre, for any law.
//!
//! A place added to a circle can only raise the score of an interval in which it has an event: elsewhere the events stay
//! and more are expected. And an interval that begins or ends on an empty period is beaten by the shorter one. So only
//! intervals are looked at that hold an event of the place just added, and begin and end with one of the circle's.

use super::cylinders::Found;
use super::{Scan, ScanLaw};

/// The periods of the events of each site, in order.
#[derive(Debug)]
pub(super) struct BySite {
    start: Vec<u32>,
    periods: Vec<u32>,
}

impl BySite {
    pub(super) fn new(sites: usize, events: &[(u32, u32)]) -> Self {
        let mut start = vec![0; sites + 1];
        for (site, _) in events {
            start[*site as usize + 1] += 1;
        }
        for s in 0..sites {
            start[s + 1] += start[s];
        }
        let mut next = start.clone();
        let mut periods = vec![0; events.len()];
        for (site, period) in events {
            let at = &mut next[*site as usize];
            periods[*at as usize] = *period;
            *at += 1;
        }
        for s in 0..sites {
            periods[start[s] as usize..start[s + 1] as usize].sort_unstable();
        }
        Self { start, periods }
    }

    fn of(&self, site: usize) -> &[u32] {
        &self.periods[self.start[site] as usize..self.start[site + 1] as usize]
    }
}

/// Room for the sums of one circle: events, and what is expected, up to each period.
#[derive(Debug)]
pub(super) struct Room {
    counts: Vec<u32>,
    expected: Vec<f64>,
    totals: Vec<f32>,
}

impl Room {
    pub(super) fn new(scan: &Scan<'_>) -> Self {
        let n = scan.study.periods + 1;
        Self {
            counts: vec![0; n],
            expected: vec![0.0; if scan.expected.is_empty() { 0 } else { n }],
            totals: scan.by_period.iter().map(|x| *x as f32).collect(),
        }
    }
}

/// The highest score about any centre.
pub(super) fn highest(scan: &Scan<'_>, events: &[(u32, u32)], room: &mut Room) -> f64 {
    let by_site = BySite::new(scan.study.sites.len(), events);
    let mut best = Found::none(0);
    pulp::Arch::new().dispatch(About { scan, by_site: &by_site, centres: 0..scan.zones.len(), room, best: &mut best });
    best.score
}

/// Raises `best` to the best cylinder about `centre`.
pub(super) fn about(scan: &Scan<'_>, by_site: &BySite, centre: usize, room: &mut Room, best: &mut Found) {
    pulp::Arch::new().dispatch(About { scan, by_site, centres: centre..centre + 1, room, best });
}

/// The search about some centres, compiled for each width of vector that a machine may have: the same sums, more at once.
struct About<'s, 'a> {
    scan: &'s Scan<'a>,
    by_site: &'s BySite,
    centres: std::ops::Range<usize>,
    room: &'s mut Room,
    best: &'s mut Found,
}

impl pulp::WithSimd for About<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for centre in self.centres {
            centre_of(self.scan, self.by_site, centre, self.room, self.best);
        }
    }
}

#[inline(always)]
fn centre_of(scan: &Scan<'_>, by_site: &BySite, centre: usize, room: &mut Room, best: &mut Found) {
    let permuted = matches!(scan.study.law, ScanLaw::Permutation);
    let bernoulli = matches!(scan.study.law, ScanLaw::Bernoulli(_));
    let (periods, longest) = (scan.study.periods, scan.shape.longest);
    let total = f64::from(scan.logs.total);
    room.counts.fill(0);
    room.expected.fill(0.0);
    // What ended before the first interval can begin is in none.
    let first = if scan.shape.prospective { periods.saturating_sub(longest) } else { 0 };
    let mut size = 0.0;
    for (k, site) in scan.study.sites.near(centre)[..scan.zones[centre] as usize].iter().enumerate() {
        let site = *site as usize;
        let days = by_site.of(site);
        let days = &days[days.partition_point(|t| (*t as usize) < first)..];
        if permuted {
            size += scan.by_site[site];
        } else {
            let own = &scan.expected[site * (periods + 1)..(site + 1) * (periods + 1)];
            for (sum, x) in room.expected.iter_mut().zip(own) {
                *sum += x;
            }
        }
        for t in days {
            for sum in &mut room.counts[*t as usize + 1..] {
                *sum += 1;
            }
        }
        let share = size / total;
        let mut before = 0;
        for (i, t) in days.iter().enumerate() {
            let t = *t as usize;
            if i > 0 && t == days[i - 1] as usize {
                continue;
            }
            // Intervals whose first event of this place is at t.
            for s in first.max((t + 1).saturating_sub(longest)).max(before)..=t {
                let c0 = room.counts[s];
                if room.counts[s + 1] == c0 {
                    continue;
                }
                let until = periods.min(s + longest);
                let ends = if scan.shape.prospective { periods..periods + 1 } else { t + 1..until + 1 };
                if ends.is_empty() {
                    continue;
                }
                if permuted
                    && !can_beat(
                        &room.counts,
                        &room.totals,
                        s,
                        ends.clone(),
                        share as f32,
                        total as f32,
                        best.score as f32,
                    )
                {
                    continue;
                }
                for e in ends {
                    let c = room.counts[e] - c0;
                    if c < 2 || (!scan.shape.prospective && room.counts[e] == room.counts[e - 1]) {
                        continue;
                    }
                    let expected = if permuted {
                        share * f64::from(scan.by_period[e] - scan.by_period[s])
                    } else {
                        room.expected[e] - room.expected[s]
                    };
                    if !bernoulli && !bound(f64::from(c), expected, total, best.score) {
                        continue;
                    }
                    let score = scan.logs.score(c, expected);
                    if score > best.score {
                        best.score = score;
                        best.centre = centre;
                        best.periods = (s, e - 1);
                        best.events = c;
                        best.expected = if bernoulli { expected * total / f64::from(scan.logs.all) } else { expected };
                        best.places = k + 1;
                    }
                }
            }
            before = t + 1;
        }
    }
}

/// The score is at most (c - m)^2 / 2 (1 / m + 1 / (C - c)): one that cannot exceed `best` by that need not be taken.
#[inline(always)]
fn bound(c: f64, expected: f64, total: f64, best: f64) -> bool {
    let more = c - expected;
    more > 0.0
        && (c >= total || more * more * (total - c + expected) >= 2.0 * best * expected * (total - c) * (1.0 - 1e-9))
}

/// Whether any interval from `s` can: eight or sixteen at once. Counts are whole numbers below 2^24 or the margin takes the
/// rounding; at most half of the events are in a circle, or the test lets pass what it need not.
#[inline(always)]
fn can_beat(
    counts: &[u32],
    totals: &[f32],
    s: usize,
    ends: std::ops::Range<usize>,
    share: f32,
    total: f32,
    best: f32,
) -> bool {
    let (c0, t0) = (counts[s], totals[s]);
    let limit = 2.0 * best * 0.9999;
    let mut any = false;
    for (c, t) in counts[ends.clone()].iter().zip(&totals[ends]) {
        let c = (*c - c0) as f32;
        let m = share * (t - t0);
        let x = c - m;
        any |= (x > 0.0) & (x * x * (total - c + m) >= limit * m * (total - c));
    }
    any
}
