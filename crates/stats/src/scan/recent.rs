//! Replicates of a prospective scan under the permutation law, by four exact reductions (`methods.md` 8.1).
//!
//! Only which places receive the recent periods need be drawn: the cost does not grow with the length of the history. Each
//! place with recent events is a vector of how many it adds to each interval; a circle's counts are the running sum of such
//! vectors, compared with a table of the least count whose score exceeds a floor. The table's rows are circles of like size
//! (the least of them, so that nothing is missed); what passes is scored exactly. A replicate that does not exceed the
//! floor anywhere is scanned again with a floor of zero.

use super::vectors::{Vectors, Work, widest};
use super::{Scan, ScanLaw};
use crate::draw::Stream;

/// Ready for replicates of one scan.
#[derive(Debug)]
pub(super) struct Recent {
    /// Events that carry a recent period: how long ago, in periods.
    ages: Vec<u16>,
    #[cfg(test)]
    periods: u32,
    /// Sites of all events, to be drawn from.
    sites: Vec<u32>,
    /// Of each centre's circles, one after another: row of the tables.
    start: Vec<usize>,
    rows: Vec<u16>,
    /// Share of all events in the last 1, 2, ... periods.
    shares: Vec<f64>,
    low: Table,
    high: Table,
}

/// Least counts, less one, by row and interval; so wide that whole vectors fit.
#[derive(Debug)]
struct Table {
    floor: f64,
    /// Blocks of intervals.
    blocks: usize,
    least: Vec<Lanes>,
}

/// Intervals are handled so many at once.
pub(super) const LANES: usize = 32;
type Lanes = [u16; LANES];
/// Most blocks of so many.
const MOST: usize = 12;
/// Circles that are tested together.
const CHUNK: usize = 8;
/// Replicates that set the floor.
const PILOTS: u32 = 8;

impl Recent {
    /// `None` where the reductions do not hold: another law, a retrospective scan, or counts too large for them.
    pub(super) fn new(scan: &Scan<'_>) -> Option<Self> {
        let (periods, longest) = (scan.study.periods, scan.shape.longest.min(scan.study.periods));
        let recent = scan.by_period[periods] - scan.by_period[periods - longest];
        let fits = matches!(scan.study.law, ScanLaw::Permutation)
            && scan.shape.prospective
            && longest <= MOST * LANES
            && recent < 60_000
            && scan.zones.len() < 65_000
            && scan.logs.total > 1;
        if !fits {
            return None;
        }
        let ages = scan
            .study
            .events
            .iter()
            .map(|e| periods - 1 - e.1 as usize)
            .filter(|age| *age < longest)
            .map(|age| age as u16)
            .collect();
        let mut start = vec![0];
        let all: usize = scan.zones.iter().map(|z| *z as usize).sum();
        let mut rows = Vec::with_capacity(all);
        for (centre, zones) in scan.zones.iter().enumerate() {
            let mut size = 0;
            for site in &scan.study.sites.near(centre)[..*zones as usize] {
                size += scan.by_site[*site as usize] as u32;
                rows.push(row(size));
            }
            start.push(rows.len());
        }
        let total = f64::from(scan.logs.total);
        let shares: Vec<f64> =
            (1..=longest).map(|n| f64::from(scan.by_period[periods] - scan.by_period[periods - n]) / total).collect();
        let low = Table::new(scan, &shares, 0.0);
        let mut recent = Self {
            ages,
            #[cfg(test)]
            periods: periods as u32,
            sites: scan.study.events.iter().map(|e| e.0).collect(),
            start,
            rows,
            high: Table { floor: 0.0, blocks: low.blocks, least: low.least.clone() },
            low,
            shares,
        };
        // A floor that most replicates exceed; which it is changes nothing but the time.
        let pilots = (0..PILOTS).map(|i| recent.highest(scan, &mut Stream::new(0, crate::entity("scan pilot"), i)));
        let floor = 0.8 * pilots.fold(f64::INFINITY, f64::min);
        if floor > 0.0 {
            recent.high = Table::new(scan, &recent.shares, floor);
        }
        Some(recent)
    }

    /// The highest score of one replicate.
    pub(super) fn highest(&self, scan: &Scan<'_>, draw: &mut Stream) -> f64 {
        let sites = self.draw(draw);
        let best = self.scan(scan, &sites, &self.high);
        if best > self.high.floor { best } else { self.scan(scan, &sites, &self.low) }
    }

    /// The sites that receive the recent events: a draw without replacement from all, kept as the few places at which a
    /// shuffled list would differ from the list.
    fn draw(&self, draw: &mut Stream) -> Vec<u32> {
        let n = self.sites.len();
        let mut moved: hashbrown::HashMap<usize, u32, std::hash::BuildHasherDefault<Fold>> =
            hashbrown::HashMap::default();
        (0..self.ages.len())
            .map(|i| {
                let j = i + draw.below(n - i);
                let at = |moved: &hashbrown::HashMap<usize, u32, _>, k: usize| {
                    moved.get(&k).copied().unwrap_or(self.sites[k])
                };
                let (here, there) = (at(&moved, i), at(&moved, j));
                moved.insert(j, here);
                there
            })
            .collect()
    }

    /// The history that a stream stands for: its recent events, and the others long ago.
    #[cfg(test)]
    pub(super) fn history(&self, draw: &mut Stream) -> Vec<(u32, u32)> {
        let last = self.periods - 1;
        self.draw(draw).into_iter().zip(&self.ages).map(|(site, age)| (site, last - u32::from(*age))).collect()
    }

    fn scan(&self, scan: &Scan<'_>, sites: &[u32], table: &Table) -> f64 {
        match table.blocks {
            1 => self.wide::<1>(scan, sites, table),
            2 => self.wide::<2>(scan, sites, table),
            3 => self.wide::<3>(scan, sites, table),
            4 => self.wide::<4>(scan, sites, table),
            _ => self.wide::<MOST>(scan, sites, table),
        }
    }

    fn wide<const B: usize>(&self, scan: &Scan<'_>, sites: &[u32], table: &Table) -> f64 {
        // A vector for each place with recent events; none is number 0.
        let mut slot = vec![0u16; scan.zones.len()];
        let mut adds = vec![[[0u16; LANES]; B]];
        for (site, age) in sites.iter().zip(&self.ages) {
            let at = &mut slot[*site as usize];
            if *at == 0 {
                *at = adds.len() as u16;
                adds.push([[0; LANES]; B]);
            }
            for x in &mut adds[usize::from(*at)].as_flattened_mut()[usize::from(*age)..] {
                *x += 1;
            }
        }
        let rows = table.least.as_chunks::<B>().0;
        widest(Sweep { recent: self, scan, slot: &slot, adds: &adds, rows })
    }

    /// The best of `best` and the intervals of one circle.
    #[inline(always)]
    fn exact(&self, scan: &Scan<'_>, size: u32, counts: &[u16], mut best: f64) -> f64 {
        let (total, size) = (f64::from(scan.logs.total), f64::from(size));
        for (c, share) in counts.iter().zip(&self.shares) {
            let (x, expected) = (f64::from(*c), size * share);
            let more = x - expected;
            if *c > 1
                && more > 0.0
                && more * more * (total - x + expected) >= 2.0 * best * expected * (total - x) * (1.0 - 1e-9)
            {
                best = scan.logs.score(u32::from(*c), expected).max(best);
            }
        }
        best
    }
}

/// The search of one replicate.
struct Sweep<'s, 'a, const B: usize> {
    recent: &'s Recent,
    scan: &'s Scan<'a>,
    /// Of each site: its vector; 0 where it has no recent event.
    slot: &'s [u16],
    adds: &'s [[Lanes; B]],
    rows: &'s [[Lanes; B]],
}

impl<const B: usize> Work for Sweep<'_, '_, B> {
    #[inline(always)]
    fn with<S: Vectors>(self, v: S) -> f64 {
        let Self { recent, scan, slot, adds, rows } = self;
        let mut best = 0.0;
        let mut hits = vec![(0u16, 0u16); scan.zones.len()];
        let mut sizes: Vec<u32> = Vec::new();
        for (centre, zones) in scan.zones.iter().enumerate() {
            let near = &scan.study.sites.near(centre)[..*zones as usize];
            let from = recent.start[centre];
            let own = &recent.rows[from..from + near.len()];
            let hits = reached(near, slot, &mut hits);
            // Events of each circle: asked for where one passes the table.
            sizes.clear();
            let mut counts = [v.load(&[0; LANES]); B];
            for some in hits.chunks(CHUNK) {
                let mut sums = [counts; CHUNK];
                let mut over = 0;
                for ((k, s), sums) in some.iter().zip(&mut sums) {
                    let (more, least) = (&adds[usize::from(*s)], &rows[usize::from(own[usize::from(*k)])]);
                    for b in 0..B {
                        counts[b] = v.add(counts[b], v.load(&more[b]));
                        over |= v.above(counts[b], v.load(&least[b]));
                    }
                    *sums = counts;
                }
                if over != 0 {
                    if sizes.is_empty() {
                        let mut size = 0;
                        sizes.extend(near.iter().map(|s| {
                            size += scan.by_site[*s as usize] as u32;
                            size
                        }));
                    }
                    for ((k, _), sums) in some.iter().zip(&sums) {
                        let counts = sums.map(|x| v.store(x));
                        best = recent.exact(scan, sizes[usize::from(*k)], counts.as_flattened(), best);
                    }
                }
            }
        }
        best
    }
}

/// The circles that gain recent events: rank and vector, in order.
#[inline(always)]
fn reached<'h>(near: &[u32], slot: &[u16], hits: &'h mut [(u16, u16)]) -> &'h [(u16, u16)] {
    let mut n = 0;
    for (k, site) in near.iter().enumerate() {
        let s = slot[*site as usize];
        hits[n] = (k as u16, s);
        n += usize::from(s != 0);
    }
    &hits[..n]
}

impl Table {
    fn new(scan: &Scan<'_>, shares: &[f64], floor: f64) -> Self {
        let longest = shares.len();
        let blocks = match longest.div_ceil(LANES) {
            n @ 1..=4 => n,
            _ => MOST,
        };
        let rows = usize::from(row(scan.logs.total)) + 1;
        let mut least = vec![[u16::MAX; LANES]; rows * blocks];
        for (d, share) in shares.iter().enumerate() {
            // The least count grows with the circle; none is empty.
            let mut c = 2;
            for r in 1..rows {
                let expected = f64::from(smallest(r as u16)) * share;
                while c < scan.logs.total && (f64::from(c) <= expected || scan.logs.score(c, expected) <= floor) {
                    c += 1;
                }
                least.as_flattened_mut()[r * blocks * LANES + d] = (c - 1).min(65_534) as u16;
            }
        }
        Self { floor, blocks, least }
    }
}

/// The row of circles with so many events: themselves below 128, above by their seven leading bits.
fn row(size: u32) -> u16 {
    let shift = (32 - size.leading_zeros()).saturating_sub(7);
    (shift * 64 + (size >> shift)) as u16
}

/// The least number of events in a row's circles.
fn smallest(row: u16) -> u32 {
    let row = u32::from(row);
    let shift = if row < 128 { 0 } else { row / 64 - 1 };
    (row - shift * 64) << shift
}

/// Hashes a place in a list: its own number, stirred.
#[derive(Debug, Default)]
struct Fold(u64);

impl std::hash::Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, x: usize) {
        self.0 = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_circles_of_like_size() {
        let mut last = 0;
        for size in 1..100_000 {
            let r = row(size);
            assert!(smallest(r) <= size && f64::from(size) < f64::from(smallest(r)) * 1.016 + 1.0, "{size}");
            assert!(r == last || r == last + 1, "{size}");
            last = r;
        }
    }
}
