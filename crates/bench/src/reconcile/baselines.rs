//! What else one might do with the same claims: each rule's CRPS, and how sure it is that it is worse.

use stats::{Stream, Tolls};

use super::claims::{Claims, Hedge};
use super::{crps, sample};
use crate::Row;

pub(super) fn run(claims: &Claims, tolls: &Tolls, drawn: &[Vec<u32>], rows: &mut Vec<Row>) {
    let coin = one_coin(claims);
    let mut ours = Vec::new();
    let mut theirs: Vec<Vec<f64>> = vec![Vec::new(); NAMES.len()];
    for (event, truth) in claims.figures.iter().enumerate() {
        let (Some(median), numbers) = (claims.median(event), claims.numbers(event)) else { continue };
        let truth = f64::from(*truth);
        ours.push(crps(&mut sample(tolls, drawn, event), truth));
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        let points = [mean, median, numbers[0], most(numbers), coin[event]];
        for (list, x) in theirs.iter_mut().zip(points) {
            list.push((x - truth).abs());
        }
        theirs[NAMES.len() - 1].push(ucdp(median, truth));
    }
    let mut s = Stream::new(3, 33, 0);
    let picks: Vec<Vec<u32>> =
        (0..500).map(|_| (0..ours.len()).map(|_| (s.next_unit() * ours.len() as f64) as u32).collect()).collect();
    for (name, list) in NAMES.iter().zip(&theirs) {
        let mean = list.iter().sum::<f64>() / list.len() as f64;
        let own = ours.iter().sum::<f64>() / ours.len() as f64;
        rows.push(Row::new(format!("reconcile-crps-{name}"), mean, "deaths", "above ours").beside("ours", own));
        let mut differences: Vec<f64> = picks
            .iter()
            .map(|p| p.iter().map(|i| ours[*i as usize] - list[*i as usize]).sum::<f64>() / p.len() as f64)
            .collect();
        differences.sort_by(f64::total_cmp);
        let upper = differences[(differences.len() as f64 * 0.975) as usize];
        rows.push(Row::new(format!("reconcile-crps-{name}-difference-upper-95"), upper, "deaths", "below 0"));
    }
}

const NAMES: [&str; 6] = ["mean", "median", "lowest", "most-reported", "dawid-skene", "uncertain-ucdp"];

/// The number said most often; of several, the one nearest to the median.
fn most(sorted: &[f64]) -> f64 {
    let middle = sorted[sorted.len() / 2];
    let mut best = (0, f64::INFINITY, middle);
    for x in sorted {
        let n = sorted.iter().filter(|y| *y == x).count();
        let far = (x - middle).abs();
        if (n, -far) > (best.0, -best.1) {
            best = (n, far, *x);
        }
    }
    best.2
}

/// Dawid and Skene with one accuracy to a source, over the numbers said of each event.
fn one_coin(claims: &Claims) -> Vec<f64> {
    let mut said: Vec<Vec<(usize, f64)>> = vec![Vec::new(); claims.figures.len()];
    for c in claims.said.iter().filter(|c| c.hedge != Hedge::Dozens) {
        said[c.event as usize].push((c.source as usize, f64::from(c.number)));
    }
    let mut right = vec![0.7; claims.sources];
    let mut best = vec![0.0; said.len()];
    for _ in 0..20 {
        let mut counts = vec![(0.7, 1.0); claims.sources];
        for (event, said) in said.iter().enumerate() {
            let mut values: Vec<f64> = said.iter().map(|s| s.1).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let others = (values.len() as f64 - 1.0).max(1.0);
            let mut p: Vec<f64> = values
                .iter()
                .map(|v| {
                    said.iter().map(|(s, x)| if x == v { right[*s] } else { (1.0 - right[*s]) / others }).product()
                })
                .collect();
            let sum: f64 = p.iter().sum();
            for x in &mut p {
                *x /= sum;
            }
            let top = (0..p.len()).fold(0, |b, i| if p[i] > p[b] { i } else { b });
            best[event] = values.get(top).copied().unwrap_or(0.0);
            for (s, x) in said {
                if let Some(i) = values.iter().position(|v| v == x) {
                    counts[*s].0 += p[i];
                    counts[*s].1 += 1.0;
                }
            }
        }
        right = counts.iter().map(|(r, n)| r / n).collect();
    }
    best
}

/// CRPS of UCDP's coders' mixture around a best estimate (Vesco, Randahl et al. 2026, state-based violence): mass w on
/// the estimate, else Gumbel, whose location, scale and w go with ln(1 + best).
fn ucdp(best: f64, truth: f64) -> f64 {
    let law = stats::BestEstimate::state_based(best);
    // The integral of (F(x) - [x >= truth])² over steps of a figure, coarser far out.
    let (mut sum, mut x) = (0.0, 0.0_f64);
    let end = truth.max(best) * 4.0 + 20.0;
    while x < end {
        let step = (x / 200.0).max(0.5);
        let f = law.below(x + step / 2.0);
        let past = f64::from(u8::from(x + step / 2.0 >= truth));
        sum += (f - past) * (f - past) * step;
        x += step;
    }
    sum
}
