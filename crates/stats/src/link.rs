//! Record linkage in space and time without labels: point-process Fellegi-Sunter.
//!
//! Candidates of a record compete with one another and with "no match"; agreement by chance is told by the local
//! intensity of the other set's records in space and time, and by how common the other record's values are. All
//! weights are learned by expectation-maximisation from the two sets themselves: how far dates slip and places
//! scatter, how figures differ, and which code of one vocabulary stands for which code of the other (so two sets need
//! not share a vocabulary). Fellegi and Sunter 1969; the competition of candidates in one-to-one linkage after Sadinle
//! 2017; matching marginals by the cavity equations of the monomer-dimer model (Heilmann and Lieb 1972).

use std::ops::RangeInclusive;

use libm::{exp, log as ln};

/// One set of records, by column. All columns have one length.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// First and last possible day of each record.
    pub days: Vec<(i32, i32)>,
    /// Longitude and latitude in degrees; NaN where the place is not known: such a record has no candidates.
    pub at: Vec<(f32, f32)>,
    /// Radius in kilometres that holds 90 % of the belief about the place.
    pub radius_km: Vec<f32>,
    /// Values of categorical fields: one column per field, codes from 0; `NONE` is not said. The same field has the
    /// same place in both sets, but its codes need not mean the same.
    pub codes: Vec<Vec<u32>>,
    /// A count (deaths); `NONE` is not said.
    pub counts: Vec<u32>,
}

/// Not said.
pub const NONE: u32 = u32::MAX;

/// What is known beforehand of a categorical field: which codes of the two sets are likely the same.
#[derive(Debug, Clone, Default)]
pub struct Alike {
    /// Pairs of codes with a likeness from 0 to 1; what is not listed is 0.
    pub pairs: Vec<(u32, u32, f32)>,
}

/// Compares two records by what no column holds (words, names): gives a class below [`LIKENESS_CLASSES`], or `None`
/// where nothing can be compared. Arguments: the first set, its record, the second set, its record.
pub type Likeness<'l> = &'l dyn Fn(usize, u32, usize, u32) -> Option<u8>;

/// Classes of a [`Likeness`], from unlike to the same.
pub const LIKENESS_CLASSES: usize = 5;

/// Widths of the search.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Most days that dates may lie apart, beyond their own spans.
    pub days: i32,
    /// Most kilometres that places may lie apart, beyond their own radii.
    pub km: f32,
}

impl Default for Reach {
    fn default() -> Self {
        Self { days: 4, km: 40.0 }
    }
}

/// One pair that may be the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Record of the first set.
    pub a: u32,
    /// Record of the second set.
    pub b: u32,
    /// Natural logarithm of its odds against "no match", before any competition.
    pub weight: f32,
    /// Probability that the two are the same, given all competitors.
    pub p: f32,
    /// What each field adds to the weight, in nats: place and time against the local intensity; counts; the first,
    /// second and all further categorical fields; likeness.
    pub parts: [f32; 6],
}

/// Outer edges in kilometres of the rings in which distances are counted.
const RINGS: [f32; 16] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.5, 7.0, 9.0, 11.5, 14.5, 18.0, 22.5, 28.0, 34.0, 40.0];
/// Classes of two counts: both none, one none and one not, equal, then by the difference of logarithms.
const COUNT_STEPS: [f32; 4] = [0.2, 0.45, 0.8, 1.4];
const COUNT_CLASSES: usize = 2 + 1 + COUNT_STEPS.len() + 1;
/// The ring of each half kilometre: the edges of rings are whole halves.
fn ring_of() -> Vec<u8> {
    let last = RINGS[RINGS.len() - 1];
    (0..(last * 2.0) as usize)
        .map(|h| RINGS.iter().position(|r| (h as f32) * 0.5 < *r).unwrap_or(RINGS.len() - 1) as u8)
        .collect()
}

/// Places finer than this radius teach how places scatter; coarser ones follow their own radius.
const FINE_KM: f32 = 12.0;
/// Candidate pairs that teach the weights; a fixed share of the records is looked at when there are more.
const LESSONS: usize = 45_000;
/// From so many candidates on, half the passes over them teach the same.
const MANY: u64 = 10_000;
/// Most codes of a field that get a line of their own in the table of codes.
const MOST_CODES: usize = 400;
const KM_PER_DEGREE: f32 = 111.195;

/// What was learned of two sets.
#[derive(Debug, Clone)]
pub struct Model {
    /// Share of the first set's records that have a counterpart in the second.
    pub coverage: f64,
    /// Chance of each slip in days (second minus first), from `-reach.days` to `reach.days`.
    pub slip: Vec<f64>,
    /// Chance of each ring of distance.
    pub rings: Vec<f64>,
    /// Chance of each class of counts among the same, by whether the first count is nought.
    pub counts: [[f64; COUNT_CLASSES]; 2],
    /// By field: chance of the second's code given the first's, row by row.
    pub codes: Vec<Vec<f32>>,
    /// Chance of each class of likeness among the same, and among what is near but not the same.
    pub likeness: [[f64; LIKENESS_CLASSES]; 2],
    /// By field: share of matches in which codes that look alike are found, where there are any.
    trust: Vec<f64>,
    reach: Reach,
    /// How many matches taught it.
    matched: f64,
    /// By field and code of the first set: matches that its line of `codes` rests on, prior included.
    mass: Vec<Vec<f32>>,
    /// By field: (codes of the first, codes of the second) that have lines.
    sizes: Vec<(usize, usize)>,
    /// By field: how common each code of the second set is, in all.
    common: Vec<Vec<f64>>,
    /// The same among what is near but not the same.
    nearby: Vec<Vec<f64>>,
    /// By distinct count of the first set: chance agreement by class.
    chance: Vec<[f32; COUNT_CLASSES]>,
}

/// Cells of the globe, about `side` degrees high and as wide, in order of rows.
#[derive(Debug, Clone)]
struct Grid {
    side: f32,
    /// By row: degrees of longitude that are as wide as one of latitude, at the row's wide side, upside down.
    narrow: Vec<f32>,
    /// By row: its last column.
    last: Vec<i32>,
}

impl Grid {
    fn of_km(km: f32) -> Self {
        let side = km / KM_PER_DEGREE;
        let narrow: Vec<f32> = (0..=(180.0 / side) as i32 + 1).map(|r| narrowest(r, side)).collect();
        let last = narrow.iter().map(|n| (360.0 / (side / n)).ceil() as i32 - 1).collect();
        Self { side, narrow, last }
    }

    fn narrow(&self, row: i32) -> f32 {
        self.narrow[(row.max(0) as usize).min(self.narrow.len() - 1)]
    }

    fn row(&self, lat: f32) -> i32 {
        ((lat + 90.0) / self.side).floor() as i32
    }

    /// Width of a cell of this row in degrees of longitude.
    fn width(&self, row: i32) -> f32 {
        self.side / self.narrow(row)
    }

    fn column(&self, row: i32, lon: f32) -> i32 {
        ((lon + 180.0) / self.width(row)).floor() as i32
    }

    fn cell(&self, (lon, lat): (f32, f32)) -> (i32, i32) {
        let row = self.row(lat);
        (row, self.column(row, lon))
    }

    fn centre(&self, (row, column): (i32, i32)) -> (f32, f32) {
        ((column as f32 + 0.5) * self.width(row) - 180.0, (row as f32 + 0.5) * self.side - 90.0)
    }

    /// Ranges of columns by row that touch the square of `km` around a place; past the antimeridian they begin again.
    fn around(&self, (lon, lat): (f32, f32), km: f32, mut each: impl FnMut(i32, i32, i32)) {
        let high = km / KM_PER_DEGREE;
        for row in self.row(lat - high)..=self.row(lat + high) {
            let wide = high / self.narrow(row);
            let last = self.last[(row.max(0) as usize).min(self.last.len() - 1)];
            let (west, east) = (self.column(row, lon - wide), self.column(row, lon + wide));
            if east - west > last {
                each(row, 0, last);
            } else if west < 0 {
                each(row, (west + last + 1).max(0), last);
                each(row, 0, east);
            } else if east > last {
                each(row, west, last);
                each(row, 0, east - last - 1);
            } else {
                each(row, west, east);
            }
        }
    }
}

/// What is needed of a record to pass it over.
#[derive(Debug, Clone, Copy)]
struct Entry {
    first: i32,
    at: (f32, f32),
    record: u32,
}

/// Where searches in sorted things left off: what is sought one after the other lies close by.
#[derive(Default)]
struct Walk([usize; 32]);

impl Walk {
    /// Place of the first thing that is not before what is sought. `lane` tells apart the searches that go on side by
    /// side.
    fn seek<T>(&mut self, all: &[T], is_before: impl Fn(&T) -> bool, lane: i32) -> usize {
        let at = &mut self.0[(lane & 31) as usize];
        let mut steps = 0;
        while steps < 16 && *at < all.len() && is_before(&all[*at]) {
            *at += 1;
            steps += 1;
        }
        if steps == 16 || steps == 0 && *at > 0 && all.get(*at - 1).is_none_or(|x| !is_before(x)) {
            *at = all.partition_point(is_before);
        }
        *at
    }
}

/// Records by time, and in each stretch of time by latitude: what is near in both is found by looking at a few strips.
/// Strips go around the globe, so neither the antimeridian nor a pole is an edge.
struct Index {
    /// Days of a stretch.
    days: i32,
    /// Occupied stretches with their first record, and one past the last.
    stretches: Vec<(i32, u32)>,
    /// Records by stretch and latitude.
    order: Vec<Entry>,
    /// Longest span in days.
    longest: i32,
}

/// A record is looked for in about so many stretches of time.
const STRETCHES: i32 = 8;

impl Index {
    fn new(set: &Set, reach: i32) -> Self {
        let longest = set.days.iter().map(|d| d.1 - d.0).max().unwrap_or(0);
        let days = ((2 * reach + 1).saturating_add(longest) / STRETCHES).max(1);
        let mut order: Vec<Entry> = (0..set.at.len())
            .filter(|i| set.at[*i].0.is_finite())
            .map(|i| Entry { first: set.days[i].0, at: set.at[i], record: i as u32 })
            .collect();
        let stretch = |e: &Entry| e.first.div_euclid(days);
        order.sort_unstable_by(|x, y| {
            let place = || x.at.1.total_cmp(&y.at.1).then(x.at.0.total_cmp(&y.at.0));
            stretch(x).cmp(&stretch(y)).then_with(place).then_with(|| (x.first, x.record).cmp(&(y.first, y.record)))
        });
        let mut stretches = Vec::new();
        for same in order.chunk_by(|x, y| stretch(x) == stretch(y)) {
            let from = stretches.last().map_or(0, |s: &(i32, u32)| s.1);
            stretches.push((stretch(&same[0]), from + same.len() as u32));
        }
        // Each knows now where it ends: what it needs is where it begins.
        let mut from = 0;
        for s in &mut stretches {
            (s.1, from) = (from, s.1);
        }
        stretches.push((i32::MAX, order.len() as u32));
        Self { days, stretches, order, longest }
    }

    /// Calls `each` with every record from number `least` on within `km` of a place whose first day lies in `days`, and
    /// its distance.
    fn near(
        &self,
        walk: &mut Walk,
        place: (f32, f32),
        km: f32,
        days: RangeInclusive<i32>,
        least: u32,
        mut each: impl FnMut(u32, f32),
    ) {
        let (most, cos) = (km * km, cosine(place.1));
        // A little more than needed: the distance decides.
        let high = km / KM_PER_DEGREE * 1.0001;
        let (south, north) = (place.1 - high, place.1 + high);
        let (lo, hi) = (days.start().div_euclid(self.days), days.end().div_euclid(self.days));
        let mut s = self.stretches.partition_point(|s| s.0 < lo);
        while s + 1 < self.stretches.len() && self.stretches[s].0 <= hi {
            let records = &self.order[self.stretches[s].1 as usize..self.stretches[s + 1].1 as usize];
            let begin = walk.seek(records, |r| r.at.1 < south, self.stretches[s].0);
            for r in records[begin..].iter().take_while(|r| r.at.1 <= north) {
                let d2 = distance_squared(place, r.at, cos);
                if d2 < most && r.record >= least && days.contains(&r.first) {
                    each(r.record, d2.sqrt());
                }
            }
            s += 1;
        }
    }
}

/// Cosine of the latitude at the equator's side of a row of cells, never nought.
fn narrowest(row: i32, side: f32) -> f32 {
    let low = row as f32 * side - 90.0;
    let nearest = if low <= 0.0 && low + side >= 0.0 { 0.0 } else { low.abs().min((low + side).abs()) };
    cosine(nearest).max(0.02)
}

fn cosine(degrees: f32) -> f32 {
    libm::cosf(degrees.to_radians())
}

/// Squared kilometres between two places that are not far apart.
fn distance_squared((x, y): (f32, f32), (u, v): (f32, f32), cos: f32) -> f32 {
    let mut dx = (x - u).abs();
    if dx > 180.0 {
        dx = 360.0 - dx;
    }
    let (dx, dy) = (dx * cos * KM_PER_DEGREE, (y - v) * KM_PER_DEGREE);
    dx * dx + dy * dy
}

/// What a pair looks like.
#[derive(Debug, Clone, Copy)]
struct Look {
    a: u32,
    b: u32,
    /// Slip of single days, from 0; `WIDE` when a span is involved.
    slip: u8,
    /// Ring; `WIDE` when a coarse place is involved.
    ring: u8,
    /// Class of counts; `WIDE` when one is not said.
    count: u8,
    /// Class of likeness; `WIDE` when nothing is compared, or not yet.
    likeness: u8,
    /// Logarithm of what spans and coarse places say (days and km^2 as the units).
    wide: f32,
    /// Kilometres between the two.
    km: f32,
}

const WIDE: u8 = u8::MAX;

/// What is computed once for a set, whatever it is linked with.
struct Prepared {
    index: Index,
    /// By record: logarithm of the set's intensity there, per km^2 and day.
    intensity: Vec<f32>,
    /// ln(1 + count).
    logs: Vec<f32>,
    /// Largest radius of a coarse place.
    coarsest: f32,
}

impl Prepared {
    fn new(set: &Set, reach: Reach) -> Self {
        Self {
            index: Index::new(set, reach.days),
            intensity: intensity(set, None),
            logs: set.counts.iter().map(|n| if *n == NONE { 0.0 } else { libm::log1pf(*n as f32) }).collect(),
            coarsest: (set.radius_km.iter().zip(&set.at))
                .filter(|(r, at)| **r > FINE_KM && at.0.is_finite())
                .fold(0.0f32, |m, (r, _)| m.max(*r)),
        }
    }
}

/// Everything that stays the same while weights are learned.
struct Frame<'s> {
    a: &'s Set,
    b: &'s Set,
    pa: &'s Prepared,
    pb: &'s Prepared,
    /// A set with itself: duplicates are looked for.
    own: bool,
    reach: Reach,
    /// Ring of each half kilometre.
    ring_of: Vec<u8>,
    /// Which line of `chance` each record of the first set uses.
    chance_of: Vec<u32>,
    /// Likeness of two records of these two sets.
    likeness: Option<&'s dyn Fn(u32, u32) -> Option<u8>>,
}

fn count_class(fa: u32, fb: u32, la: f32, lb: f32) -> u8 {
    if fa == NONE || fb == NONE {
        return WIDE;
    }
    let class = match (fa, fb) {
        (0, 0) => 0,
        (0, _) | (_, 0) => 1,
        _ if fa == fb => 2,
        _ => 3 + COUNT_STEPS.iter().position(|s| (la - lb).abs() < *s).unwrap_or(COUNT_STEPS.len()),
    };
    class as u8
}

impl Frame<'_> {
    /// Class of likeness of a candidate.
    fn class(&self, l: &Look) -> u8 {
        self.likeness.and_then(|f| f(l.a, l.b)).map_or(WIDE, |c| c.min(LIKENESS_CLASSES as u8 - 1))
    }

    /// A candidate that was found within a reach of `days`, if it lies within the present, narrower one.
    fn within(&self, look: &Look, days: i32) -> Option<Look> {
        let (i, j) = (look.a as usize, look.b as usize);
        let ((first, last), (bf, bl)) = (self.a.days[i], self.b.days[j]);
        let w = self.reach.days;
        let coarse = |km: f32| if km <= FINE_KM { 0.0 } else { km };
        let near = if look.ring == WIDE {
            look.km <= self.reach.km + coarse(self.a.radius_km[i]) + coarse(self.b.radius_km[j])
        } else {
            look.km < self.reach.km
        };
        let slip = if look.slip == WIDE { WIDE } else { look.slip.wrapping_sub((days - w) as u8) };
        (near && bl >= first - w && bf <= last + w).then_some(Look { slip, ..*look })
    }

    /// Every candidate of one record of the first set; of a set with itself, those from number `least` on.
    fn looks(&self, walk: &mut Walk, i: usize, least: u32, mut each: impl FnMut(Look)) {
        let (a, b) = (self.a, self.b);
        let (first, last) = a.days[i];
        let (place, ra) = (a.at[i], a.radius_km[i]);
        if !place.0.is_finite() {
            return;
        }
        let w = self.reach.days;
        let fine_a = ra <= FINE_KM;
        let km = self.reach.km + if fine_a { 0.0 } else { ra };
        // A coarse record may be reached from afar: its own radius is added by looking as far as the coarsest.
        let look_km = km + self.pb.coarsest;
        self.pb.index.near(walk, place, look_km, first - w - self.pb.index.longest..=last + w, least, |j, d| {
            let jj = j as usize;
            if self.own && jj == i {
                return;
            }
            let (bf, bl) = b.days[jj];
            if bl < first - w {
                return;
            }
            let rb = b.radius_km[jj];
            let fine = fine_a && rb <= FINE_KM;
            let mut wide = 0.0;
            let ring = if fine {
                if d >= self.reach.km {
                    return;
                }
                self.ring_of[((d * 2.0) as usize).min(self.ring_of.len() - 1)]
            } else {
                if d > km + if rb <= FINE_KM { 0.0 } else { rb } {
                    return;
                }
                // Two round beliefs: the scatter of their difference is the sum of theirs; 90 % lie within 2.146 sd.
                let s2 = (ra * ra + rb * rb) / (2.146 * 2.146) + 9.0;
                wide += -d * d / (2.0 * s2) - libm::logf(std::f32::consts::TAU * s2);
                WIDE
            };
            let slip = if first == last && bf == bl {
                (bf - first + w) as u8
            } else {
                // Each day of a span is as likely as any other; the same day in both is one in the longer span.
                let (sa, sb) = ((last - first + 1) as f32, (bl - bf + 1) as f32);
                let gap = (bf - last).max(first - bl).max(0) as f32;
                let overlap = (last.min(bl) - first.max(bf) + 1).max(0) as f32;
                wide += if overlap > 0.0 {
                    libm::logf(overlap / (sa * sb)) - 0.1
                } else {
                    -libm::logf(sa.max(sb)) - 1.5 - gap
                };
                WIDE
            };
            let count = count_class(a.counts[i], b.counts[jj], self.pa.logs[i], self.pb.logs[jj]);
            each(Look { a: i as u32, b: j, slip, ring, count, likeness: WIDE, wide, km: d });
        });
    }
}

/// Scatters in kilometres of the kernels with which places may be seen; the one that foretells the set's own records
/// best is taken.
const KERNELS_KM: [f32; 4] = [1.0, 2.0, 4.0, 8.0];
/// Side of the cells that see swings in time.
const COARSE_CELL_KM: f32 = 20.0;
/// Days of a bin of the swing, and how many bins on either side make its surroundings.
const BIN_DAYS: i32 = 7;
const AROUND_BINS: i32 = 8;

/// Fewer records than this are taken to lie evenly over a square of a hundred kilometres and a year.
const FEW_PLACES: usize = 15;
const EVEN_KM2: f32 = 10_000.0;
const EVEN_DAYS: f32 = 365.0;

/// Row, column and bin of days.
type Cell = (i32, i32, i32);

/// Density in space seen by one kernel in cells of half its scatter.
struct Density {
    grid: Grid,
    cells: Vec<(Cell, f32)>,
    kernel_km: f32,
    /// The kernel by squared distance in its scatters, in steps of [`STEP`].
    kernel: Vec<f32>,
}

/// The kernel is cut off at 2.2 scatters, where one eleventh of its mass is left; it is read in these steps.
const CUT: f32 = 2.2 * 2.2;
const STEP: f32 = 0.02;

impl Density {
    fn new(set: &Set, weights: Option<&[f32]>, kernel_km: f32) -> Self {
        let grid = Grid::of_km(kernel_km / 2.0);
        let cells = by_cell(set, weights, |i| {
            let (row, column) = grid.cell(set.at[i]);
            (row, column, 0)
        });
        let kernel = (0..=(CUT / STEP) as usize).map(|i| libm::expf(-0.5 * (i as f32 + 0.5) * STEP)).collect();
        Self { grid, cells, kernel_km, kernel }
    }

    /// The kernel's sum at one occupied cell. `walk`: where the search left off at the cell before.
    fn at(&self, (row, column): (i32, i32), walk: &mut Walk) -> f32 {
        let here = self.grid.centre((row, column));
        let cos = cosine(here.1);
        let mut sum = 0.0f32;
        let scale = 1.0 / (self.kernel_km * self.kernel_km);
        self.grid.around(here, 2.2 * self.kernel_km, |r, west, east| {
            let mut at = walk.seek(&self.cells, |c| c.0 < (r, west, 0), r);
            while at < self.cells.len() && self.cells[at].0.0 == r && self.cells[at].0.1 <= east {
                let d2 = distance_squared(here, self.grid.centre((r, self.cells[at].0.1)), cos) * scale;
                if d2 < CUT {
                    sum += self.cells[at].1 * self.kernel[(d2 / STEP) as usize];
                }
                at += 1;
            }
        });
        sum
    }

    /// Records per km^2 from the kernel's sum; the kernel is cut off where one eleventh of its mass is left.
    fn per_km2(&self, sum: f32) -> f32 {
        sum.max(0.0) / (std::f32::consts::TAU * self.kernel_km * self.kernel_km * 0.911)
    }
}

/// Logarithm of the local intensity of a set at each of its records, per km^2 and day, the record itself left out.
///
/// Places repeat (towns) and times come in bursts: the density in space is that of the record's own surroundings over
/// all time, the swing in time that of a wider neighbourhood.
///
/// `weights`: what each record counts; a duplicate is no event of its own.
fn intensity(set: &Set, weights: Option<&[f32]>) -> Vec<f32> {
    // A few records tell nothing of how busy a place is; were they looked at, each would be its duplicate's busy place.
    if set.at.len() < FEW_PLACES {
        let even = libm::logf(set.at.len() as f32 / EVEN_KM2 / EVEN_DAYS);
        return vec![even; set.at.len()];
    }
    let (lo, hi) = set.days.iter().fold((i32::MAX, i32::MIN), |(l, h), d| (l.min(d.0), h.max(d.1)));
    let all_days = (hi.saturating_sub(lo)).saturating_add(1).max(1) as f32;
    // What no kernel sees: a tenth of the records lies anywhere within the cells of the coarsest kernel, or, of a few
    // records, within a hundred kilometres square.
    let densities = KERNELS_KM.map(|km| Density::new(set, weights, km));
    let broad = &densities[densities.len() - 1];
    let occupied = broad.cells.len() as f32 * (broad.kernel_km / 2.0) * (broad.kernel_km / 2.0);
    let floor = 0.1 * set.at.len() as f32 / occupied.max(10_000.0);
    let step = (set.at.len() / 500).max(1);
    let sample: Vec<(f32, f32)> = by_place(set).into_iter().step_by(step).collect();
    let score = |d: &Density| -> f64 {
        let mut walk = Walk::default();
        let seen = sample.iter().map(|p| d.per_km2(d.at(d.grid.cell(*p), &mut walk) - 1.0));
        seen.map(|s| f64::from(libm::logf(0.9 * s + floor))).sum()
    };
    let density = densities.iter().map(|d| (score(d), d)).max_by(|a, b| a.0.total_cmp(&b.0)).map_or(broad, |x| x.1);
    let mut walk = Walk::default();
    let near: Vec<f32> =
        density.cells.iter().map(|((row, column, _), _)| density.at((*row, *column), &mut walk)).collect();
    let coarse = Grid::of_km(COARSE_CELL_KM);
    let time = by_cell(set, weights, |i| {
        let (row, column) = coarse.cell(set.at[i]);
        (row, column, set.days[i].0.div_euclid(BIN_DAYS))
    });
    let mut walk = Walk::default();
    let swing: Vec<(f32, f32)> = time
        .iter()
        .map(|((row, column, bin), _)| {
            let (mut now, mut far) = (0.0f32, 0.0f32);
            coarse.around(coarse.centre((*row, *column)), COARSE_CELL_KM * 0.9, |r, west, east| {
                for c in west..=east {
                    let mut at = walk.seek(&time, |x| x.0 < (r, c, bin - AROUND_BINS), r << 3 | c & 7);
                    while at < time.len() && (time[at].0.0, time[at].0.1) == (r, c) && time[at].0.2 <= bin + AROUND_BINS
                    {
                        far += time[at].1;
                        if (time[at].0.2 - bin).abs() <= 1 {
                            now += time[at].1;
                        }
                        at += 1;
                    }
                }
            });
            (now, far)
        })
        .collect();
    (0..set.at.len())
        .map(|i| {
            if !set.at[i].0.is_finite() {
                return 0.0;
            }
            let (row, column) = density.grid.cell(set.at[i]);
            // The record itself is left out.
            let own = weights.map_or(1.0, |w| w[i]);
            let s = density.cells.binary_search_by_key(&(row, column, 0), |c| c.0).map_or(0.0, |n| near[n] - own);
            let (row, column) = coarse.cell(set.at[i]);
            let bin = set.days[i].0.div_euclid(BIN_DAYS);
            let t = time.binary_search_by_key(&(row, column, bin), |c| c.0).map_or(1.0, |n| {
                let (now, far) = swing[n];
                let share = 3.0 / (2 * AROUND_BINS + 1) as f32;
                // Drawn towards one.
                ((now - own).max(0.0) + 2.0) / ((far - own).max(0.0) * share + 2.0)
            });
            libm::logf((0.9 * density.per_km2(s) + floor) / all_days * t)
        })
        .collect()
}

/// Places of the records, in order of place.
fn by_place(set: &Set) -> Vec<(f32, f32)> {
    let mut out: Vec<(f32, f32)> = set.at.iter().copied().filter(|p| p.0.is_finite()).collect();
    out.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    out
}

/// How much weight of records falls into each cell, in order of cells.
fn by_cell(set: &Set, weights: Option<&[f32]>, cell: impl Fn(usize) -> Cell) -> Vec<(Cell, f32)> {
    // Packed cells sort faster: rows and columns are below 2^20, bins of days below 2^23 either way.
    let mut all: Vec<(u64, u32)> = (0..set.at.len())
        .filter(|i| set.at[*i].0.is_finite())
        .map(|i| {
            let (row, column, bin) = cell(i);
            ((row as u64) << 44 | (column as u64) << 24 | (bin + (1 << 23)) as u64, i as u32)
        })
        .collect();
    all.sort_unstable();
    let mut out: Vec<(Cell, f32)> = Vec::new();
    for same in all.chunk_by(|x, y| x.0 == y.0) {
        let cell = same[0].0;
        let low = |bits: u32, wide: u32| (cell >> bits & ((1 << wide) - 1)) as i32;
        let weight = weights.map_or(same.len() as f32, |w| same.iter().map(|(_, i)| w[*i as usize]).sum());
        out.push(((low(44, 20), low(24, 20), low(0, 24) - (1 << 23)), weight));
    }
    out
}

impl Model {
    fn start(f: &Frame<'_>, alike: &[Alike]) -> Self {
        let w = f.reach.days;
        let slip = prior_slip(w);
        let rings = prior_rings(RINGS.len());
        let mut sizes = Vec::new();
        let mut common = Vec::new();
        let mut codes = Vec::new();
        let mut trust = Vec::new();
        for (k, like) in alike.iter().enumerate() {
            let lines = |s: &Set| {
                let most = s.codes[k].iter().filter(|c| **c != NONE).max().map_or(0, |m| *m as usize + 1);
                // The last line is for all codes beyond the table.
                most.min(MOST_CODES) + 1
            };
            let (na, nb) = (lines(f.a), lines(f.b));
            let mut freq = vec![0.5; nb];
            for c in &f.b.codes[k] {
                if *c != NONE {
                    freq[(*c as usize).min(nb - 1)] += 1.0;
                }
            }
            let freq = normal(freq);
            codes.push(prior_codes(like, &freq, na, nb, TRUST));
            trust.push(TRUST);
            common.push(freq);
            sizes.push((na, nb));
        }
        Self {
            matched: 0.0,
            mass: sizes.iter().map(|(na, _)| vec![CODE_WEIGHT as f32; *na]).collect(),
            coverage: 0.4,
            slip,
            rings,
            counts: PRIOR_COUNTS,
            codes,
            likeness: PRIOR_LIKENESS,
            trust,
            reach: f.reach,
            sizes,
            nearby: common.clone(),
            common,
            chance: Vec::new(),
        }
    }

    /// Leaves out the slips and rings in which next to nothing of what is the same was found.
    fn narrow(&mut self, f: &mut Frame<'_>) {
        // From a few matches nothing can be said of the edges.
        if self.matched < 20.0 {
            return;
        }
        let least = 0.004 + 1.5 / self.matched;
        let mut tail = 0.0;
        let mut keep = self.rings.len();
        while keep > 1 && tail + self.rings[keep - 1] < least {
            keep -= 1;
            tail += self.rings[keep];
        }
        self.rings.truncate(keep);
        self.rings = normal(std::mem::take(&mut self.rings));
        f.reach.km = f.reach.km.min(RINGS[keep - 1]);
        let w = f.reach.days as usize;
        let mut days = w;
        while days > 0 && self.slip[w - days] + self.slip[w + days] < least {
            days -= 1;
        }
        self.slip = normal(self.slip[w - days..=w + days].to_vec());
        f.reach.days = days as i32;
        self.reach = f.reach;
    }

    /// Logarithm of how much likelier a pair is as the same than by chance.
    fn weight(&self, f: &Frame<'_>, t: &Tables, look: &Look) -> f32 {
        self.parts(f, t, look).iter().sum()
    }

    /// The same, field by field (see [`Pair::parts`]).
    fn parts(&self, f: &Frame<'_>, t: &Tables, look: &Look) -> [f32; 6] {
        let (i, j) = (look.a as usize, look.b as usize);
        let mut w = [self.where_when(f, t, look), 0.0, 0.0, 0.0, 0.0, 0.0];
        if look.count != WIDE {
            let line = f.chance_of[i] as usize;
            w[1] = t.counts[usize::from(f.a.counts[i] > 0)][look.count as usize] - t.chance[line][look.count as usize];
        }
        for (k, table) in t.codes.iter().enumerate() {
            let (x, y) = (f.a.codes[k][i], f.b.codes[k][j]);
            if x != NONE && y != NONE {
                let (na, nb) = self.sizes[k];
                w[2 + k.min(2)] += table[(x as usize).min(na - 1) * nb + (y as usize).min(nb - 1)];
            }
        }
        if look.likeness != WIDE {
            w[5] = t.likeness[look.likeness as usize];
        }
        w
    }

    /// What a pair that taught the weights with probability `p` must give back: it is no witness for itself. That
    /// matters where few matches were found; where there are many, their like speaks for it.
    fn own_witness(&self, f: &Frame<'_>, look: &Look, p: f32) -> [f32; 6] {
        let mut back = [0.0; 6];
        let share = (FEW / self.matched.max(FEW)) as f32;
        if p * share < 0.02 {
            return back;
        }
        for (k, table) in self.codes.iter().enumerate() {
            let (x, y) = (f.a.codes[k][look.a as usize], f.b.codes[k][look.b as usize]);
            if x == NONE || y == NONE {
                continue;
            }
            let (na, nb) = self.sizes[k];
            let (x, y) = ((x as usize).min(na - 1), (y as usize).min(nb - 1));
            // A set with itself meets each pair from both sides.
            let p = share * if f.own && x == y { 2.0 * p } else { p };
            let row = self.mass[k][x];
            let cell = table[x * nb + y] * row;
            if p > 0.02 * cell {
                back[2 + k.min(2)] -= libm::logf((1.0 - p / cell).max(1e-6) / (1.0 - p / row).max(1e-6));
            }
        }
        back
    }

    /// The part of place and time.
    fn where_when(&self, f: &Frame<'_>, t: &Tables, look: &Look) -> f32 {
        look.wide - f.pb.intensity[look.b as usize]
            + if look.slip == WIDE { 0.0 } else { t.slip[look.slip as usize] }
            + if look.ring == WIDE { 0.0 } else { t.rings[look.ring as usize] }
    }

    /// The most that counts and codes can add for one record of the first set.
    fn most(&self, f: &Frame<'_>, t: &Tables, i: usize) -> f32 {
        let mut most = 0.0;
        if f.a.counts[i] != NONE {
            let row = &t.counts[usize::from(f.a.counts[i] > 0)];
            let chance = &t.chance[f.chance_of[i] as usize];
            most += row.iter().zip(chance).map(|(m, u)| m - u).fold(f32::NEG_INFINITY, f32::max).max(0.0);
        }
        for (k, rows) in t.best.iter().enumerate() {
            let x = f.a.codes[k][i];
            if x != NONE {
                most += rows[(x as usize).min(self.sizes[k].0 - 1)].max(0.0);
            }
        }
        most
    }

    fn tables(&self) -> Tables {
        let log = |x: f64| ln(x.max(1e-9)) as f32;
        let mut inner = 0.0f64;
        let codes: Vec<Vec<f32>> = self
            .codes
            .iter()
            .enumerate()
            .map(|(k, m)| {
                let nb = self.sizes[k].1;
                m.iter().enumerate().map(|(n, p)| log(f64::from(*p) / self.nearby[k][n % nb])).collect()
            })
            .collect();
        Tables {
            slip: self.slip.iter().map(|p| log(*p)).collect(),
            rings: RINGS
                .iter()
                .zip(&self.rings)
                .map(|(r, p)| {
                    let outer = f64::from(*r);
                    let area = std::f64::consts::PI * (outer * outer - inner * inner);
                    inner = outer;
                    log(*p / area)
                })
                .collect(),
            counts: self.counts.map(|row| row.map(log)),
            chance: self.chance.clone(),
            likeness: std::array::from_fn(|c| log(self.likeness[0][c]) - log(self.likeness[1][c])),
            best: codes
                .iter()
                .zip(&self.sizes)
                .map(|(m, (_, nb))| {
                    m.chunks(*nb).map(|r| r.iter().copied().fold(f32::NEG_INFINITY, f32::max)).collect()
                })
                .collect(),
            codes,
        }
    }
}

/// Logarithms of the model's tables.
struct Tables {
    slip: Vec<f32>,
    rings: Vec<f32>,
    counts: [[f32; COUNT_CLASSES]; 2],
    chance: Vec<[f32; COUNT_CLASSES]>,
    codes: Vec<Vec<f32>>,
    /// Largest of each line of `codes`.
    best: Vec<Vec<f32>>,
    likeness: [f32; LIKENESS_CLASSES],
}

fn normal(mut v: Vec<f64>) -> Vec<f64> {
    let sum: f64 = v.iter().sum();
    v.iter_mut().for_each(|x| *x /= sum);
    v
}

/// Share of matches in which codes that look alike are expected, before any is seen.
const TRUST: f64 = 0.85;
/// What is believed of slips, rings, counts and likeness before anything is learned weighs as much as a dozen matches:
/// where few are found, it is what speaks.
const PRIOR_WEIGHT: f64 = 12.0;
/// What is believed of one code weighs as much as so many matches.
const CODE_WEIGHT: f64 = 6.0;
/// Of up to so many matches each is too much of the evidence to be its own witness.
const FEW: f64 = 50.0;
/// How common a code is in all weighs, for what is near, as much as so many candidates.
const NEARBY_WEIGHT: f64 = 12.0;
const PRIOR_COUNTS: [[f64; COUNT_CLASSES]; 2] =
    [[0.75, 0.21, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005], [0.01, 0.1, 0.59, 0.12, 0.08, 0.05, 0.03, 0.02]];
const PRIOR_LIKENESS: [[f64; LIKENESS_CLASSES]; 2] = [[0.1, 0.15, 0.2, 0.25, 0.3], [0.6, 0.2, 0.1, 0.06, 0.04]];

fn prior_slip(w: i32) -> Vec<f64> {
    normal((-w..=w).map(|d| exp(-f64::from(d.abs()))).collect())
}

fn prior_rings(n: usize) -> Vec<f64> {
    normal((0..n).map(|r| exp(-(r as f64) / 3.0)).collect())
}

/// P(second's code | first's code) before anything is learned of the single code: codes that look alike share `trust`
/// of it, the rest is as common as it is.
fn prior_codes(like: &Alike, freq: &[f64], na: usize, nb: usize, trust: f64) -> Vec<f32> {
    let mut alike = vec![0.0f64; na * nb];
    for (x, y, s) in &like.pairs {
        let (x, y) = ((*x as usize).min(na - 1), (*y as usize).min(nb - 1));
        alike[x * nb + y] = alike[x * nb + y].max(f64::from(*s));
    }
    alike
        .chunks(nb)
        .flat_map(|row| {
            let sum: f64 = row.iter().sum();
            // Half alike is trusted half as much.
            let share = trust * row.iter().copied().fold(0.0, f64::max);
            row.iter()
                .zip(freq)
                .map(|(s, f)| (1.0 - share) * f + if sum > 0.0 { share * s / sum } else { 0.0 })
                .collect::<Vec<f64>>()
        })
        .map(|p| p as f32)
        .collect()
}

/// Chance agreement of counts, by distinct count of the first set: how often a record of the second set falls into
/// each class.
fn chance(f: &mut Frame<'_>) -> Vec<[f32; COUNT_CLASSES]> {
    let mut values: Vec<u32> = f.b.counts.iter().copied().filter(|n| *n != NONE).collect();
    let total = values.len().max(1) as f64;
    values.sort_unstable();
    let mut tally: Vec<(u32, f64)> = Vec::new();
    for v in values {
        match tally.last_mut() {
            Some((x, n)) if *x == v => *n += 1.0,
            _ => tally.push((v, 1.0)),
        }
    }
    let mut distinct: Vec<u32> = f.a.counts.iter().copied().filter(|n| *n != NONE).collect();
    distinct.sort_unstable();
    distinct.dedup();
    f.chance_of = f.a.counts.iter().map(|n| distinct.binary_search(n).unwrap_or(0) as u32).collect();
    let mut out: Vec<[f32; COUNT_CLASSES]> = distinct
        .iter()
        .map(|x| {
            let lx = libm::log1pf(*x as f32);
            let mut row = [0.5 / total; COUNT_CLASSES];
            for (y, n) in &tally {
                row[count_class(*x, *y, lx, libm::log1pf(*y as f32)) as usize] += n / total;
            }
            row.map(|p| ln(p) as f32)
        })
        .collect();
    if out.is_empty() {
        out.push([0.0; COUNT_CLASSES]);
    }
    out
}

/// What was learned of one pair of sets.
#[derive(Debug, Clone)]
pub struct Learned {
    /// Place of the first set.
    pub first: usize,
    /// Place of the second set; the same as `first` where duplicates were looked for.
    pub second: usize,
    /// The weights.
    pub model: Model,
}

/// All pairs of all sets.
#[derive(Debug, Clone, Default)]
pub struct Linked {
    /// Number of the first record of each set in the numbering of `pairs`, and the number of all records.
    pub offsets: Vec<u32>,
    /// Pairs worth keeping, in order of records.
    pub pairs: Vec<Pair>,
    /// What was learned, pair of sets by pair of sets.
    pub learned: Vec<Learned>,
}

/// Links any number of sets with one another. `duplicates` says in which sets one event may stand twice; `alike(x, y)`
/// gives what is known beforehand of the codes of sets x and y, field by field. Pairs with a probability below `least`
/// are dropped. The order of records and of sets changes nothing but their numbers.
pub fn link(
    sets: &[Set],
    duplicates: &[bool],
    alike: &dyn Fn(usize, usize) -> Vec<Alike>,
    likeness: Option<Likeness<'_>>,
    reach: Reach,
    least: f32,
) -> Linked {
    let mut prepared: Vec<Prepared> = sets.iter().map(|s| Prepared::new(s, reach)).collect();
    let mut out = Linked { offsets: offsets(sets), ..Linked::default() };
    let mut one = |prepared: &[Prepared], x: usize, y: usize, twins: &Twins| -> Vec<Pair> {
        let likes = alike(x, y);
        let compare = |a: u32, b: u32| likeness.and_then(|f| f(x, a, y, b));
        let mut frame = Frame {
            a: &sets[x],
            b: &sets[y],
            pa: &prepared[x],
            pb: &prepared[y],
            own: x == y,
            reach,
            ring_of: ring_of(),
            chance_of: vec![],
            likeness: if likeness.is_some() { Some(&compare) } else { None },
        };
        let (model, found) = learn_all(&mut frame, &likes);
        let mut pairs = score(&model, &frame, found.as_ref(), least);
        for p in &mut pairs {
            p.a += out.offsets[x];
            p.b += out.offsets[y];
        }
        marginals(&mut pairs, out.offsets[sets.len()] as usize, twins);
        pairs.retain(|p| p.p >= least);
        out.learned.push(Learned { first: x, second: y, model });
        pairs
    };
    // Duplicates first: two rows on one event do not compete for its counterpart.
    let mut all = Vec::new();
    for x in (0..sets.len()).filter(|x| duplicates[*x]) {
        all.extend(one(&prepared, x, x, &Twins::default()));
    }
    let twins = Twins::new(&all, out.offsets[sets.len()] as usize);
    // Where many rows are duplicates, they make a place look busier than it is.
    let offsets = offsets(sets);
    for x in (0..sets.len()).filter(|x| duplicates[*x]) {
        let weights: Vec<f32> =
            (offsets[x]..offsets[x + 1]).map(|r| 1.0 / (1.0 + twins.of(r).iter().map(|t| t.1).sum::<f32>())).collect();
        let lost: f32 = weights.iter().map(|w| 1.0 - w).sum();
        if lost > 0.05 * weights.len() as f32 {
            prepared[x].intensity = intensity(&sets[x], Some(&weights));
        }
    }
    for x in 0..sets.len() {
        for y in x + 1..sets.len() {
            all.extend(one(&prepared, x, y, &twins));
        }
    }
    all.sort_unstable_by_key(|p| (p.a, p.b));
    out.pairs = all;
    out
}

impl Linked {
    /// The set that a record belongs to.
    pub fn set_of(&self, record: u32) -> usize {
        self.offsets.partition_point(|o| *o <= record) - 1
    }

    /// Pairs of one record as (the other, probability), in order of the others; for all records at once.
    pub fn partners(&self) -> Partners {
        Partners(Twins::new(&self.pairs, self.offsets.last().copied().unwrap_or(0) as usize))
    }

    /// The likeliest clusters: for every record the smallest record of its cluster. Pairs are joined from the surest
    /// down, when the mean probability over all pairs that the union would imply is at least `least`; two records of
    /// one set are only joined when they are themselves a pair.
    pub fn clusters(&self, least: f32) -> Vec<u32> {
        let n = self.offsets.last().copied().unwrap_or(0);
        let partners = self.partners();
        let mut root: Vec<u32> = (0..n).collect();
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); n as usize];
        let of = |members: &[Vec<u32>], r: u32| {
            if members[r as usize].is_empty() { vec![r] } else { members[r as usize].clone() }
        };
        let mut order: Vec<u32> = (0..self.pairs.len() as u32).filter(|e| self.pairs[*e as usize].p >= least).collect();
        order.sort_unstable_by(|x, y| self.pairs[*y as usize].p.total_cmp(&self.pairs[*x as usize].p).then(x.cmp(y)));
        for e in order {
            let pair = self.pairs[e as usize];
            let (x, y) = (root[pair.a as usize], root[pair.b as usize]);
            if x == y {
                continue;
            }
            let (mx, my) = (of(&members, x), of(&members, y));
            let (mut sum, mut sound) = (0.0f32, true);
            for u in &mx {
                for v in &my {
                    let p = partners.p(*u, *v);
                    sound &= p >= least || self.set_of(*u) != self.set_of(*v);
                    sum += p;
                }
            }
            if sound && sum >= least * (mx.len() * my.len()) as f32 {
                let (low, high) = (x.min(y), x.max(y));
                let mut all = mx;
                all.extend(my);
                all.sort_unstable();
                for r in &all {
                    root[*r as usize] = low;
                }
                members[high as usize] = Vec::new();
                members[low as usize] = all;
            }
        }
        root
    }
}

/// Pairs by record.
#[derive(Debug, Clone)]
pub struct Partners(Twins);

impl Partners {
    /// Partners of a record with their probabilities, in order of the partners.
    pub fn of(&self, record: u32) -> &[(u32, f32)] {
        self.0.of(record)
    }

    /// Probability of a pair; nought when it is not kept.
    pub fn p(&self, a: u32, b: u32) -> f32 {
        let of = self.of(a);
        of.binary_search_by_key(&b, |t| t.0).map_or(0.0, |i| of[i].1)
    }
}

/// Number of the first record of each set, and of all.
fn offsets(sets: &[Set]) -> Vec<u32> {
    let mut offsets = vec![0];
    for s in sets {
        offsets.push(offsets[offsets.len() - 1] + s.at.len() as u32);
    }
    offsets
}

/// Probable duplicates of each record.
#[derive(Debug, Clone, Default)]
struct Twins {
    from: Vec<u32>,
    to: Vec<(u32, f32)>,
}

impl Twins {
    fn new(pairs: &[Pair], n: usize) -> Self {
        let mut both: Vec<(u32, u32, f32)> = pairs.iter().flat_map(|p| [(p.a, p.b, p.p), (p.b, p.a, p.p)]).collect();
        both.sort_unstable_by_key(|t| (t.0, t.1));
        let mut from = vec![0u32; n + 1];
        for t in &both {
            from[t.0 as usize + 1] += 1;
        }
        for i in 0..n {
            from[i + 1] += from[i];
        }
        Self { from, to: both.into_iter().map(|t| (t.1, t.2)).collect() }
    }

    fn of(&self, i: u32) -> &[(u32, f32)] {
        match self.from.get(i as usize..i as usize + 2) {
            Some([a, b]) => &self.to[*a as usize..*b as usize],
            _ => &[],
        }
    }
}

/// Candidates of each record of the first set, in the order of its index.
type Candidates = Vec<Vec<Look>>;

/// All candidates, and the probability with which each taught the weights, one after the other.
struct Found {
    looks: Candidates,
    taught: Vec<f32>,
}

/// Learns the weights of two sets: first within the whole reach from a few candidates, then from more of them within
/// what was found to matter. Where all candidates fit, they are returned: they need not be found again.
fn learn_all(frame: &mut Frame<'_>, likes: &[Alike]) -> (Model, Option<Found>) {
    let chance = chance(frame);
    let mut model = Model::start(frame, likes);
    model.chance = chance;
    // A first glance tells how many candidates there are in all.
    let glance = (frame.a.at.len() as u64 / 500).max(1).next_power_of_two();
    let all = lessons(frame, glance).iter().map(Vec::len).sum::<usize>() as u64 * glance;
    let every = |most: usize| (all / most as u64).max(1).next_power_of_two();
    let (few, fits) = (every(LESSONS / 4), every(LESSONS) == 1);
    let wide = lessons(frame, if fits { 1 } else { few });
    let order = frame.pa.index.order.iter().map(|e| e.record);
    let some: Vec<&[Look]> = if fits {
        order.zip(&wide).filter(|(i, _)| chosen(frame.a, *i, few)).map(|(_, l)| l.as_slice()).collect()
    } else {
        wide.iter().map(Vec::as_slice).collect()
    };
    // Many lessons settle sooner.
    let (first, second) = if all > MANY { (3, 4) } else { (6, 8) };
    let mut taught = Vec::new();
    for _ in 0..first {
        learn(&mut model, frame, &some, &mut taught, likes);
    }
    let days = frame.reach.days;
    model.narrow(frame);
    let narrow: Candidates = if fits {
        wide.iter().map(|l| l.iter().filter_map(|l| frame.within(l, days)).collect()).collect()
    } else {
        lessons(frame, every(LESSONS))
    };
    let more: Vec<&[Look]> = narrow.iter().map(Vec::as_slice).collect();
    taught.clear();
    for _ in 0..second {
        learn(&mut model, frame, &more, &mut taught, likes);
    }
    (model, fits.then_some(Found { looks: narrow, taught }))
}

/// Whether a record is one of every so many, by what it is, not by where it stands.
fn chosen(set: &Set, record: u32, every: u64) -> bool {
    let (i, (x, y)) = (record as usize, set.at[record as usize]);
    let bits = (u64::from(x.to_bits()) << 32 | u64::from(y.to_bits())) ^ (set.days[i].0 as u64) << 17;
    bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 & (every - 1) == 0
}

/// Candidates of every so many records of the first set.
fn lessons(f: &Frame<'_>, every: u64) -> Candidates {
    let mut walk = Walk::default();
    let order = f.pa.index.order.iter().map(|e| e.record);
    order
        .filter(|i| chosen(f.a, *i, every))
        .map(|i| {
            let mut looks = Vec::new();
            f.looks(&mut walk, i as usize, 0, |l| looks.push(Look { likeness: f.class(&l), ..l }));
            // The order of records must not show in sums.
            looks.sort_unstable_by_key(|l| (l.slip, l.ring, l.count, l.wide.to_bits(), l.b));
            looks
        })
        .collect()
}

/// Probabilities of the lessons, given the weights: candidates of one record compete, and a record of the second set is
/// at most one match in all. `taught`: the probabilities of the pass before (empty: none yet), and then of this one.
fn expect(model: &Model, f: &Frame<'_>, lessons: &[&[Look]], taught: &mut Vec<f32>) {
    let t = model.tables();
    let c = model.coverage as f32;
    taught.resize(lessons.iter().map(|l| l.len()).sum(), 0.0);
    let mut claimed = vec![0.0f32; f.b.at.len()];
    let mut rest = taught.as_mut_slice();
    for looks in lessons {
        let (here, after) = rest.split_at_mut(looks.len());
        rest = after;
        let mut sum = 1.0 - c;
        for (l, p) in looks.iter().zip(&mut *here) {
            let mut weight = model.weight(f, &t, l);
            if *p > 0.02 {
                weight -= model.own_witness(f, l, *p).iter().sum::<f32>();
            }
            *p = c * libm::expf(weight.min(60.0));
            sum += *p;
        }
        for (l, p) in looks.iter().zip(here) {
            *p /= sum;
            claimed[l.b as usize] += *p;
        }
    }
    // Of one event there may be more than two duplicates.
    if !f.own {
        for (l, p) in lessons.iter().copied().flatten().zip(taught) {
            *p /= claimed[l.b as usize].max(1.0);
        }
    }
}

/// One pass of expectation-maximisation. `taught` as in [`expect`].
fn learn(model: &mut Model, f: &Frame<'_>, lessons: &[&[Look]], taught: &mut Vec<f32>, alike: &[Alike]) {
    expect(model, f, lessons, taught);
    let weighed = |v: Vec<f64>| v.into_iter().map(|x| PRIOR_WEIGHT * x).collect::<Vec<f64>>();
    let mut slip = weighed(prior_slip(model.reach.days));
    let mut rings = weighed(prior_rings(model.rings.len()));
    let mut counts = PRIOR_COUNTS.map(|row| row.map(|x| PRIOR_WEIGHT * x));
    let mut codes: Vec<Vec<f64>> = model.sizes.iter().map(|(x, y)| vec![0.0; x * y]).collect();
    let mut likeness = PRIOR_LIKENESS.map(|row| row.map(|x| PRIOR_WEIGHT * x));
    let mut nearby = model.common.clone();
    nearby.iter_mut().flatten().for_each(|x| *x *= NEARBY_WEIGHT);
    let mut matched = 0.0;
    for (l, p) in lessons.iter().copied().flatten().zip(&*taught) {
        let p = f64::from(*p);
        if l.likeness != WIDE {
            likeness[0][l.likeness as usize] += p;
            likeness[1][l.likeness as usize] += 1.0 - p;
        }
        let (i, j) = (l.a as usize, l.b as usize);
        for (codes, n) in f.b.codes.iter().zip(&mut nearby) {
            if codes[j] != NONE {
                let last = n.len() - 1;
                n[(codes[j] as usize).min(last)] += 1.0 - p;
            }
        }
        if p < 1e-4 {
            continue;
        }
        matched += p;
        if l.slip != WIDE {
            slip[l.slip as usize] += p;
        }
        if l.ring != WIDE {
            rings[l.ring as usize] += p;
        }
        if l.count != WIDE {
            counts[usize::from(f.a.counts[i] > 0)][l.count as usize] += p;
        }
        for (k, table) in codes.iter_mut().enumerate() {
            let (x, y) = (f.a.codes[k][i], f.b.codes[k][j]);
            if x != NONE && y != NONE {
                let (na, nb) = model.sizes[k];
                table[(x as usize).min(na - 1) * nb + (y as usize).min(nb - 1)] += p;
            }
        }
    }
    let asked = lessons.len() as f64;
    model.matched = matched;
    model.coverage = ((matched + 1.0) / (asked + 5.0)).clamp(0.001, 0.999);
    model.likeness = likeness.map(|n| {
        let sum: f64 = n.iter().sum();
        n.map(|x| x / sum)
    });
    // Where many matches were found, the codes tell by themselves; of few, up to half of what is chance is what is near.
    let local = 0.5 * FEW / matched.max(FEW);
    let mix = |(near, all): (Vec<f64>, &Vec<f64>)| -> Vec<f64> {
        normal(near).iter().zip(all).map(|(n, a)| local * n + (1.0 - local) * a).collect()
    };
    model.nearby = nearby.into_iter().zip(&model.common).map(mix).collect();
    model.slip = normal(slip);
    model.rings = normal(rings);
    for (row, n) in model.counts.iter_mut().zip(counts) {
        let sum: f64 = n.iter().sum();
        *row = n.map(|x| x / sum);
    }
    for (k, n) in codes.into_iter().enumerate() {
        let (na, nb) = model.sizes[k];
        // How far likeness can be trusted is learned over all codes; what single codes mean is drawn towards that.
        let (mut agree, mut all) = (3.0 * TRUST, 3.0);
        let full = prior_codes(&alike[k], &vec![0.0; nb], na, nb, 1.0);
        for (row, known) in n.chunks(nb).zip(full.chunks(nb)) {
            if known.iter().any(|s| *s > 0.0) {
                all += row.iter().sum::<f64>();
                agree += row.iter().zip(known).filter(|(_, s)| **s > 0.0).map(|(n, _)| n).sum::<f64>();
            }
        }
        model.trust[k] = (agree / all).min(0.995);
        let prior = prior_codes(&alike[k], &model.nearby[k], na, nb, model.trust[k]);
        model.mass[k] = n.chunks(nb).map(|n| (n.iter().sum::<f64>() + CODE_WEIGHT) as f32).collect();
        model.codes[k] = n
            .chunks(nb)
            .zip(prior.chunks(nb))
            .flat_map(|(n, p)| normal(n.iter().zip(p).map(|(n, p)| n + CODE_WEIGHT * f64::from(*p)).collect()))
            .map(|p| p as f32)
            .collect();
    }
}

/// All pairs worth keeping, with their weights; `found` are all candidates, where they were kept.
fn score(model: &Model, f: &Frame<'_>, found: Option<&Found>, least: f32) -> Vec<Pair> {
    let t = model.tables();
    // What is nobody's counterpart makes up the rest of the second set: competition accounts for the others.
    let share = if f.own { 0.0 } else { (model.coverage * f.a.at.len() as f64 / f.b.at.len().max(1) as f64).min(0.95) };
    let prior = ln(model.coverage / (1.0 - model.coverage) / (1.0 - share)) as f32;
    let floor = libm::logf(least.max(1e-4)) - 2.0;
    let best_likeness = if f.likeness.is_some() { t.likeness.iter().copied().fold(0.0f32, f32::max) } else { 0.0 };
    let mut pairs: Vec<Pair> = Vec::new();
    let mut from = 0;
    let mut walk = Walk::default();
    // In the order of days and places: neighbours look at the same strips.
    for (n, i) in f.pa.index.order.iter().map(|e| e.record as usize).enumerate() {
        // The most that codes and counts of this record can add: most candidates need no closer look.
        let most = model.most(f, &t, i) + prior + best_likeness;
        let hopeless = |l: &Look| (f.own && l.a >= l.b) || model.where_when(f, &t, l) + most <= floor;
        let mut each = |l: Look, taught: f32| {
            let mut parts = model.parts(f, &t, &l);
            if f.likeness.is_some() && l.likeness == WIDE && parts.iter().sum::<f32>() + prior > floor - best_likeness {
                parts = model.parts(f, &t, &Look { likeness: f.class(&l), ..l });
            }
            if taught > 0.02 {
                parts.iter_mut().zip(model.own_witness(f, &l, taught)).for_each(|(w, own)| *w -= own);
            }
            let weight = parts.iter().sum::<f32>() + prior;
            if weight > floor {
                pairs.push(Pair { a: l.a, b: l.b, weight, p: 0.0, parts });
            }
        };
        match found {
            Some(found) => {
                for (l, taught) in found.looks[n].iter().zip(&found.taught[from..]).filter(|(l, _)| !hopeless(l)) {
                    each(*l, *taught);
                }
                from += found.looks[n].len();
            }
            None => f.looks(&mut walk, i, if f.own { i as u32 + 1 } else { 0 }, |l| {
                if !hopeless(&l) {
                    each(l, 0.0);
                }
            }),
        }
    }
    pairs.sort_unstable_by_key(|p| (p.a, p.b));
    pairs
}

/// Probabilities of pairs when every record has at most one partner, twins aside: the cavity equations of the
/// monomer-dimer model, exact on trees and close to it elsewhere. `pairs` are in order of records, numbered below `n`.
fn marginals(pairs: &mut [Pair], n: usize, twins: &Twins) {
    let m = pairs.len();
    let odds: Vec<f64> = pairs.iter().map(|p| exp(f64::from(p.weight.min(30.0)))).collect();
    // Competitors that are not: (this pair, the other pair, how surely they are twins), at the first end and at the
    // second.
    let find = |a: u32, b: u32| pairs.binary_search_by_key(&(a, b), |p| (p.a, p.b)).ok();
    let mut friends: [Vec<(u32, u32, f64)>; 2] = [vec![], vec![]];
    for (e, p) in pairs.iter().enumerate() {
        for (t, d) in twins.of(p.b) {
            if let Some(o) = find(p.a, *t) {
                friends[0].push((e as u32, o as u32, f64::from(*d)));
            }
        }
        for (t, d) in twins.of(p.a) {
            if let Some(o) = find(*t, p.b) {
                friends[1].push((e as u32, o as u32, f64::from(*d)));
            }
        }
    }
    // free[0]: chance that the first end is free, were it not for this pair; free[1]: the second end.
    let mut free = [vec![1.0f64; m], vec![1.0f64; m]];
    let mut load = vec![0.0f64; n];
    let mut spared = vec![0.0f64; m];
    let ends: [Vec<u32>; 2] = [pairs.iter().map(|p| p.a).collect(), pairs.iter().map(|p| p.b).collect()];
    for _ in 0..8 {
        for side in 0..2 {
            load.iter_mut().for_each(|x| *x = 0.0);
            // Where a set is linked with itself both ends are of one kind: a record hears from both sides.
            for (e, end) in ends[side].iter().enumerate() {
                load[*end as usize] += odds[e] * free[1 - side][e];
            }
            spared.iter_mut().for_each(|x| *x = 0.0);
            for (e, o, d) in &friends[side] {
                spared[*e as usize] += d * odds[*o as usize] * free[1 - side][*o as usize];
            }
            let (free_here, free_there) = {
                let (x, y) = free.split_at_mut(1);
                if side == 0 { (&mut x[0], &y[0]) } else { (&mut y[0], &x[0]) }
            };
            for (e, end) in ends[side].iter().enumerate() {
                let others = load[*end as usize] - odds[e] * free_there[e] - spared[e];
                free_here[e] = 1.0 / (1.0 + others.max(0.0));
            }
        }
    }
    for (e, p) in pairs.iter_mut().enumerate() {
        let o = odds[e] * free[0][e] * free[1][e];
        p.p = (o / (1.0 + o)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;

    fn pair(a: u32, b: u32, odds: f64) -> Pair {
        Pair { a, b, weight: ln(odds) as f32, p: 0.0, parts: [0.0; 6] }
    }

    /// Exact marginals by all ways of pairing.
    fn exact(pairs: &[Pair]) -> Vec<f64> {
        let odds: Vec<f64> = pairs.iter().map(|p| exp(f64::from(p.weight))).collect();
        let (mut all, mut with) = (0.0, vec![0.0; pairs.len()]);
        'sets: for set in 0u32..1 << pairs.len() {
            let (mut used, mut weight) = (0u64, 1.0);
            for (e, p) in pairs.iter().enumerate().filter(|(e, _)| set >> e & 1 == 1) {
                let ends = 1u64 << p.a | 1 << p.b;
                if used & ends != 0 {
                    continue 'sets;
                }
                used |= ends;
                weight *= odds[e];
            }
            all += weight;
            for (e, w) in with.iter_mut().enumerate() {
                *w += if set >> e & 1 == 1 { weight } else { 0.0 };
            }
        }
        with.into_iter().map(|w| w / all).collect()
    }

    /// On trees the cavity equations are exact; on small loops they are close.
    #[test]
    fn marginals_are_those_of_all_ways_of_pairing() {
        let mut s = Stream::new(3, 3, 0);
        for case in 0..200 {
            // Two kinds of records: 0 to 4 and 10 to 14.
            let mut pairs: Vec<Pair> = Vec::new();
            for a in 0..4u32 {
                for b in 10..14u32 {
                    let tree = case % 2 == 0;
                    let wanted = if tree { b - 10 == a || b - 10 == a + 1 } else { s.next_unit() < 0.45 };
                    if wanted {
                        pairs.push(pair(a, b, exp(2.0 * s.normal())));
                    }
                }
            }
            let want = exact(&pairs);
            let mut got = pairs.clone();
            marginals(&mut got, 20, &Twins::default());
            for (g, w) in got.iter().zip(&want) {
                let near = if case % 2 == 0 { 1e-3 } else { 0.12 };
                assert!((f64::from(g.p) - w).abs() < near, "{case}: {} against {w}", g.p);
            }
        }
    }

    #[test]
    fn clusters_do_not_depend_on_how_surely_equal_pairs_are_ordered_and_keep_sets_apart() {
        // Sets 0..2, 2..4, 4..5; record 0 = 2 = 4 for sure, 1 and 2 compete, 3 alone.
        let p = |a: u32, b: u32, p: f32| Pair { a, b, weight: 0.0, p, parts: [0.0; 6] };
        let linked = Linked {
            offsets: vec![0, 2, 4, 5],
            pairs: vec![p(0, 2, 0.9), p(0, 4, 0.8), p(1, 2, 0.6), p(2, 4, 0.9)],
            learned: vec![],
        };
        assert_eq!(linked.clusters(0.5), [0, 1, 0, 3, 0]);
        assert_eq!(linked.set_of(0), 0);
        assert_eq!(linked.set_of(4), 2);
        assert_eq!(linked.partners().p(4, 2), 0.9);
    }

    #[test]
    fn a_record_without_a_place_is_nobodys_candidate() {
        let set = Set {
            days: vec![(5, 5); 3],
            at: vec![(20.0, 10.0), (f32::NAN, f32::NAN), (20.01, 10.0)],
            radius_km: vec![5.0, f32::INFINITY, 5.0],
            codes: vec![vec![0, 1, 0]],
            counts: vec![3, 4, 3],
        };
        let linked = link(
            &[set.clone(), set],
            &[false, false],
            &|_, _| vec![Alike { pairs: vec![(0, 0, 1.0), (1, 1, 1.0)] }],
            None,
            Reach::default(),
            1e-4,
        );
        assert!(!linked.pairs.is_empty() && linked.pairs.iter().all(|p| p.a != 1 && p.b != 4), "{:?}", linked.pairs);
    }

    #[test]
    fn what_is_near_is_what_looking_at_every_record_finds_whatever_was_sought_before() {
        let mut s = Stream::new(4, 4, 0);
        for longest in [0, 3, 90] {
            let mut set = Set::default();
            for _ in 0..600 {
                let first = (s.next_unit() * 60.0) as i32;
                set.days.push((first, first + (s.next_unit() * f64::from(longest)) as i32));
                set.at.push(((s.next_unit() * 4.0 - 182.0) as f32, (s.next_unit() * 4.0) as f32));
                if set.at[set.at.len() - 1].0 < -180.0 {
                    set.at.last_mut().unwrap().0 += 360.0;
                }
            }
            let index = Index::new(&set, 4);
            let mut walk = Walk::default();
            for i in (0..600).rev().chain(0..600) {
                let (place, from) = (set.at[i], set.days[i].0);
                let mut found = Vec::new();
                index.near(&mut walk, place, 60.0, from - 5..=from + 5, 100, |j, _| found.push(j));
                found.sort_unstable();
                let is_near = |j: &u32| {
                    let j = *j as usize;
                    distance_squared(place, set.at[j], cosine(place.1)) < 3_600.0 && (set.days[j].0 - from).abs() <= 5
                };
                assert_eq!(found, (100..600).filter(is_near).collect::<Vec<u32>>());
            }
        }
    }

    #[test]
    fn places_are_found_across_the_antimeridian_and_near_the_poles() {
        for (at, other) in
            [((179.99, 10.0), (-179.99, 10.0)), ((-179.99, -40.0), (179.99, -40.0)), ((20.0, 88.9), (21.0, 88.9))]
        {
            let set = |at: (f32, f32)| Set {
                days: vec![(5, 5)],
                at: vec![at],
                radius_km: vec![5.0],
                codes: vec![],
                counts: vec![NONE],
            };
            let index = Index::new(&set(other), 4);
            let mut found = 0;
            index.near(&mut Walk::default(), at, 10.0, 0..=9, 0, |_, d| {
                assert!(d < 10.0);
                found += 1;
            });
            assert_eq!(found, 1, "{at:?}");
        }
    }
}
