//! The nearest unit-months of a panel, and what followed them.
//!
//! A state is the level (a mean that fades with a half-life of four months, over eighteen), the last month, and the months
//! since anything happened. If something happened last month, it is not quiet; if not, the last month is 0: so states fall into
//! lists by one whole number, each in order of level. A search goes through the lists by how near they can be.

use std::collections::BTreeMap;
use std::collections::BinaryHeap;

use super::Panel;

/// Months that make up a level.
const WINDOW: usize = 18;
const HALF_LIFE: f64 = 4.0;
/// Weights of the last month, and of a month of quiet, beside the level.
const LAST: f64 = 0.4;
const QUIET: f64 = 0.1;
/// One in so many of the nearest is followed, so that they are not all of one war.
const THIN: usize = 4;

/// Last month's count, months of quiet.
type Key = (u32, u8);

#[derive(Debug)]
pub(super) struct Analogs<'a> {
    panel: &'a Panel,
    /// Months from the last of a state to the first of its future.
    gap: usize,
    horizon: usize,
    lists: BTreeMap<Key, List>,
    size: usize,
}

/// States of one key by level; those of the same level in an order that favours no unit and no time.
#[derive(Debug, Default)]
struct List {
    /// Each level once, and where its states begin.
    levels: Vec<f32>,
    start: Vec<u32>,
    /// `unit * months + first month not known`.
    at: Vec<u32>,
}

/// One that may be among the nearest: the farthest first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Near {
    /// Squared distance; not negative, so that its bits order as it does.
    square: u32,
    stirred: u32,
    at: u32,
}

impl<'a> Analogs<'a> {
    pub(super) fn new(panel: &'a Panel, gap: usize, horizon: usize) -> Self {
        let months = panel.months();
        let mut lists: BTreeMap<Key, Vec<(f32, u32)>> = BTreeMap::new();
        let last = (months + 1).saturating_sub(gap + horizon);
        let mut size = 0;
        for unit in 0..panel.units() {
            let row = panel.unit(unit);
            for origin in WINDOW..last {
                let (key, level) = state(&row[..origin]);
                lists.entry(key).or_default().push((level as f32, (unit * months + origin) as u32));
                size += 1;
            }
        }
        let lists = lists
            .into_iter()
            .map(|(key, mut all)| {
                all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(stir(a.1).cmp(&stir(b.1))));
                (key, List::new(&all))
            })
            .collect();
        Self { panel, gap, horizon, lists, size }
    }

    /// Puts the futures of up to `most` analogs of a unit's present after `out`.
    pub(super) fn follow(&self, unit: usize, most: usize, out: &mut Vec<u32>) {
        let (key, level) = state(self.panel.unit(unit));
        let wanted = most.min(self.size / THIN) * THIN;
        let mut near: BinaryHeap<Near> = BinaryHeap::with_capacity(wanted + 1);
        let mut lists: Vec<(f32, &List)> = self.lists.iter().map(|(k, l)| (apart(key, *k) as f32, l)).collect();
        lists.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (least, list) in lists {
            if near.len() == wanted && near.peek().is_none_or(|n| f32::from_bits(n.square) <= least) {
                break;
            }
            list.search(least, level as f32, wanted, &mut near);
        }
        let months = self.panel.months();
        for n in near.into_sorted_vec().iter().step_by(THIN) {
            let (other, origin) = (n.at as usize / months, n.at as usize % months);
            let row = self.panel.unit(other);
            let there = libm::expm1(state(&row[..origin]).1);
            let scale = (libm::expm1(level) + 0.5) / (there + 0.5);
            let future = &row[origin + self.gap..origin + self.gap + self.horizon];
            out.extend(future.iter().map(|x| libm::round(f64::from(*x) * scale) as u32));
        }
    }
}

impl List {
    fn new(sorted: &[(f32, u32)]) -> Self {
        let mut list = Self::default();
        for run in sorted.chunk_by(|a, b| a.0 == b.0) {
            list.levels.push(run[0].0);
            list.start.push(list.at.len() as u32);
            list.at.extend(run.iter().map(|x| x.1));
        }
        list.start.push(list.at.len() as u32);
        list
    }

    /// Level after level, the nearest first, until they are farther than what is held.
    fn search(&self, least: f32, level: f32, wanted: usize, near: &mut BinaryHeap<Near>) {
        let mut up = self.levels.partition_point(|l| *l < level);
        let mut down = up;
        loop {
            let above = self.levels.get(up).map_or(f32::INFINITY, |l| l - level);
            let below = down.checked_sub(1).map_or(f32::INFINITY, |i| level - self.levels[i]);
            let far = above.min(below);
            let square = far * far + least;
            if far.is_infinite()
                || (near.len() == wanted && near.peek().is_none_or(|n| square > f32::from_bits(n.square)))
            {
                return;
            }
            let run = if below < above {
                down -= 1;
                down
            } else {
                up += 1;
                up - 1
            };
            for at in &self.at[self.start[run] as usize..self.start[run + 1] as usize] {
                let this = Near { square: square.to_bits(), stirred: stir(*at), at: *at };
                if near.len() == wanted {
                    if near.peek().is_none_or(|n| this >= *n) {
                        break;
                    }
                    near.pop();
                }
                near.push(this);
            }
        }
    }
}

/// Squared distance of two keys.
fn apart(a: Key, b: Key) -> f64 {
    let last = LAST * (libm::log1p(f64::from(a.0)) - libm::log1p(f64::from(b.0)));
    let quiet = QUIET * (f64::from(a.1) - f64::from(b.1));
    last * last + quiet * quiet
}

/// The state after these months: key, and logarithm of 1 + level.
fn state(past: &[u32]) -> (Key, f64) {
    let window = &past[past.len().saturating_sub(WINDOW)..];
    let quiet = window.iter().rev().position(|x| *x > 0);
    let Some(quiet) = quiet else { return ((0, WINDOW as u8), 0.0) };
    let (mut weight, mut sum, mut all) = (1.0, 0.0, 0.0);
    // 2^(-1/4)
    const FADE: f64 = 0.840_896_415_253_714_5;
    const { assert!(HALF_LIFE == 4.0, "the fade is of a half-life of four months") };
    for x in window.iter().rev() {
        sum += weight * f64::from(*x);
        all += weight;
        weight *= FADE;
    }
    ((window.last().copied().unwrap_or(0), quiet as u8), libm::log1p(sum / all))
}

/// An order without order.
fn stir(x: u32) -> u32 {
    let x = x.wrapping_mul(0x9e37_79b9) ^ (x >> 16);
    (x ^ (x >> 15)).wrapping_mul(0x85eb_ca6b) ^ (x >> 13)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Stream, entity};

    /// The nearest by looking at all.
    #[test]
    fn the_search_finds_the_nearest() {
        let mut s = Stream::new(1, entity("analogs"), 0);
        let months = 70;
        let counts = (0..40 * months)
            .map(|i| if (i / months) % 2 == 0 { 0 } else { s.poisson(((i / months) % 9) as f64 * 0.3) as u32 })
            .collect();
        let panel = Panel::new(months, counts);
        let analogs = Analogs::new(&panel, 2, 6);
        for unit in 0..40 {
            let (key, level) = state(panel.unit(unit));
            let mut all: Vec<(u32, u32, u32)> = analogs
                .lists
                .iter()
                .flat_map(|(k, l)| {
                    let least = apart(key, *k) as f32;
                    (0..l.levels.len()).flat_map(move |run| {
                        let far = (l.levels[run] - level as f32).abs();
                        let of = &l.at[l.start[run] as usize..l.start[run + 1] as usize];
                        of.iter().map(move |at| ((far * far + least).to_bits(), stir(*at), *at))
                    })
                })
                .collect();
            all.sort_unstable();
            let mut out = Vec::new();
            analogs.follow(unit, 50, &mut out);
            let mut expected = Vec::new();
            for (_, _, at) in all[..200].iter().step_by(THIN) {
                let (other, origin) = (*at as usize / months, *at as usize % months);
                let there = libm::expm1(state(&panel.unit(other)[..origin]).1);
                let scale = (libm::expm1(level) + 0.5) / (there + 0.5);
                expected.extend(
                    panel.unit(other)[origin + 2..origin + 8].iter().map(|x| libm::round(f64::from(*x) * scale) as u32),
                );
            }
            assert_eq!(out, expected, "{unit}");
        }
    }
}
