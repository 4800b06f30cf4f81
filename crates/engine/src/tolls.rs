//! How many, of events that rows of several data sets speak of: one figure from all of them, with each set's bias
//! learned from all such events. Bulk data: the normal law around the mode, events given it (`stats::Tolls`).

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Int64Type, UInt32Type};
use model::Id;
use serde::{Deserialize, Serialize};
use stats::{Hedging, Toll, TollPrior, Tolls, pareto_k};

use crate::rows::over_parts;
use crate::slices::{Columns, SliceSet};
use crate::tables::{Table, i, t, table};

/// What was learned of the deaths that data sets report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reconciled {
    /// Events with figures from more than one row.
    pub events: u64,
    /// By data set, how it speaks of deaths.
    pub sets: Vec<SetVoice>,
    /// How far the level of all sets together is open, as a factor: no claim fixes it.
    pub level: f64,
    /// Shape of the largest importance weights: above .7 the worlds are not to be used, and the table is not written.
    pub pareto_k: f64,
    /// Why there is no table, if there is none.
    pub reason: Option<String>,
}

/// How a data set speaks of deaths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetVoice {
    /// The data set.
    pub dataset: Id,
    /// Rows that it was learned from.
    pub rows: u64,
    /// Factor by which it says more (above 1) or less than the sets do on average, and bounds of 90 %.
    pub factor: f64,
    /// See `factor`.
    pub bounds: [f64; 2],
    /// How far its figures scatter, as a factor.
    pub spread: f64,
}

pub(crate) const TOLLS: &str =
    "The deaths of an event that several rows of imported data sets speak of, from all of them.";

pub(crate) const COLUMNS: [(char, &str, &str); 7] = [
    ('i', "cluster", "Number of the event, as in `clusters`."),
    ('i', "killed_05", "Deaths that only 5 % of worlds fall short of."),
    ('i', "killed_50", "Deaths in the middle of all worlds."),
    ('i', "killed_95", "Deaths that only 5 % of worlds exceed."),
    ('i', "lowest", "The smallest number a row gives."),
    ('i', "highest", "The largest."),
    ('t', "said", "What each row gives, by data set."),
];
const _: &Columns = &COLUMNS;

/// Events below which nothing is learned.
const LEAST: usize = 20;
/// Worlds of each event.
const WORLDS: u32 = 256;
/// Above this the largest weights rule the rest.
const WORST: f64 = 0.7;
/// Spreads that low, best and high stand for, as ln: a row is put to the nearest.
const TRIPLES: [f64; 7] = [0.0, 0.1, 0.2, 0.35, 0.6, 1.0, 1.6];

/// A row of a cluster.
pub(crate) type Member<'a> = (i64, usize, i64, &'a str);

/// One figure for every event; `members` are the rows of clusters, by cluster.
pub(crate) fn reconcile(sets: &[&SliceSet], members: &[Member<'_>]) -> Result<(Reconciled, Table), String> {
    let of: BTreeMap<(usize, i64, &str), i64> = members.iter().map(|(c, s, l, id)| ((*s, *l, *id), *c)).collect();
    // By cluster: set, low, best, high.
    let mut said: BTreeMap<i64, Vec<(usize, [u32; 3])>> = BTreeMap::new();
    for (s, set) in sets.iter().enumerate() {
        let sql = "select id, cast(line as bigint) as line, killed_low, killed_best, killed_high from records where killed_best is not null";
        over_parts(&set.parts, sql, |b| {
            let (id, line) = (b.column(0).as_string::<i32>(), b.column(1).as_primitive::<Int64Type>());
            let killed = [2, 3, 4].map(|c| b.column(c).as_primitive::<UInt32Type>());
            for row in 0..b.num_rows() {
                let Some(cluster) = of.get(&(s, line.value(row), id.value(row))) else { continue };
                let best = killed[1].value(row);
                let at = |c: usize| if killed[c].is_null(row) { best } else { killed[c].value(row) };
                said.entry(*cluster).or_default().push((s, [at(0), best, at(2)]));
            }
            Ok(())
        })?;
    }
    said.retain(|_, rows| rows.len() > 1);
    let mut out = Reconciled { events: said.len() as u64, ..Reconciled::default() };
    let empty = || table("tolls", TOLLS, &COLUMNS, std::iter::empty());
    if said.len() < LEAST {
        out.reason = Some(format!("{} events have figures from more than one row; {LEAST} are wanted", said.len()));
        return Ok((out, empty()));
    }
    let mut rows = vec![0u64; sets.len()];
    let claims: Vec<Toll> = said
        .values()
        .enumerate()
        .flat_map(|(event, list)| list.iter().map(move |(set, killed)| (event, *set, *killed)))
        .map(|(event, set, [low, best, high])| {
            rows[set] += 1;
            let n = f64::from(best);
            Toll { event: event as u32, voice: set as u32, low: n, high: n, hedge: triple(low, high) }
        })
        .collect();
    let spread = |spread: f64| Hedging { offset: 0.0, offset_sd: 0.0, spread };
    let prior =
        TollPrior { hedges: TRIPLES.iter().map(|s| spread(*s)).collect(), common: true, ..TollPrior::default() };
    let tolls = Tolls::new(said.len(), (0..sets.len() as u32).collect(), &claims);
    let fit = tolls.fit(&prior, true);
    let sampler = tolls.worlds(&prior, &fit, 1);
    out.pareto_k = pareto_k(&sampler.weights(200));
    out.level = libm::exp(sampler.level);
    let worlds: Vec<stats::TollWorld> = (0..WORLDS).map(|w| sampler.draw(w)).collect();
    let at = |x: &mut Vec<f64>, q: f64| {
        x.sort_by(f64::total_cmp);
        x[(q * (x.len() - 1) as f64 + 0.5) as usize]
    };
    for (s, set) in sets.iter().enumerate().filter(|(s, _)| rows[*s] > 0) {
        // The level is common to all: beside the others, it is no part of a set's bias.
        let own = |w: &stats::TollWorld| {
            let level = w.model.bias.iter().zip(&fit.model.bias).map(|(b, m)| b - m).sum::<f64>() / sets.len() as f64;
            w.model.bias[s] - level
        };
        let mut biases: Vec<f64> = worlds.iter().map(own).collect();
        out.sets.push(SetVoice {
            dataset: set.id.clone(),
            rows: rows[s],
            factor: libm::exp(fit.model.bias[s]),
            bounds: [libm::exp(at(&mut biases, 0.05)), libm::exp(at(&mut biases, 0.95))],
            spread: libm::exp(fit.model.spread[s]),
        });
    }
    if out.pareto_k.is_nan() || out.pareto_k > WORST {
        out.reason =
            Some(format!("the worlds are not good enough: Pareto-k is {:.2}, {WORST} at most is wanted", out.pareto_k));
        return Ok((out, empty()));
    }
    let file = table(
        "tolls",
        TOLLS,
        &COLUMNS,
        said.iter().enumerate().map(|(event, (cluster, list))| {
            let mut x: Vec<u32> = worlds.iter().map(|w| tolls.grid.values[w.figures[event] as usize]).collect();
            x.sort_unstable();
            let at = |q: f64| i(i64::from(stats::quantile(&x, q)));
            let best = || list.iter().map(|(_, k)| i64::from(k[1]));
            let words: Vec<String> = list.iter().map(|(s, k)| format!("{} {}", sets[*s].id, k[1])).collect();
            vec![
                i(*cluster),
                at(0.05),
                at(0.5),
                at(0.95),
                i(best().min().unwrap_or(0)),
                i(best().max().unwrap_or(0)),
                t(words.join(", ")),
            ]
        }),
    );
    Ok((out, file))
}

/// Which spread low and high stand for: they are taken for bounds of 90 %.
fn triple(low: u32, high: u32) -> u32 {
    let ln = |x: u32| libm::log(f64::from(x) + 0.3);
    let spread = (ln(high.max(low)) - ln(low)) / 3.29;
    let near = |a: f64, b: f64| (a - spread).abs() < (b - spread).abs();
    (0..TRIPLES.len()).fold(0, |best, i| if near(TRIPLES[i], TRIPLES[best]) { i } else { best }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_put_to_the_nearest_spread() {
        assert_eq!([triple(5, 5), triple(8, 15), triple(1, 1000)], [0, 2, 6]);
    }
}
