//! What kind and how many, of events that rows of several data sets speak of: one answer from all of them, with each
//! set's way of sorting and of counting learned from all such events. Bulk data: the mode of the globals and events given
//! it (`stats::Votes`), and for figures worlds from the normal law around it (`stats::Tolls`).

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, Int64Type, UInt32Type};
use model::Id;
use serde::{Deserialize, Serialize};
use stats::{Hedging, Toll, TollPrior, TollWorld, Tolls, VotePrior, Votes, pareto_k};

use crate::rows::over_parts;
use crate::slices::SliceSet;
use crate::tables::{Cell, Table, i, r, t, table};

/// What was learned of the kinds and the deaths that data sets report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reconciled {
    /// Events with figures from more than one row.
    pub events: u64,
    /// By data set: how often its type is the likeliest of its event, among events whose types differ.
    pub kinds: Vec<(Id, u64, u64)>,
    /// By data set, how it speaks of deaths.
    pub sets: Vec<SetVoice>,
    /// How far the level of all sets together is open, as a factor: no claim fixes it.
    pub level: f64,
    /// Shape of the largest importance weights: above .7 the worlds are not to be used, and no figure is written.
    pub pareto_k: f64,
    /// Why there are no figures, if there are none.
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

pub(crate) const ABOUT: &str = "An event that several rows of imported data sets speak of, from all of them.";

pub(crate) const COLUMNS: [(char, &str, &str); 9] = [
    ('i', "cluster", "Number of the event, as in `clusters`."),
    ('t', "type", "The likeliest type, from what each data set has it to be."),
    ('r', "type_probability", "How probable that type is."),
    ('i', "killed_05", "Deaths that only 5 % of worlds fall short of; empty where fewer than two rows give any."),
    ('i', "killed_50", "Deaths in the middle of all worlds."),
    ('i', "killed_95", "Deaths that only 5 % of worlds exceed."),
    ('i', "lowest", "The smallest number a row gives."),
    ('i', "highest", "The largest."),
    ('t', "said", "What each row gives, by data set: type, and deaths if any."),
];

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

/// What a row of a cluster says.
struct Said {
    set: usize,
    kind: String,
    /// Low, best and high.
    killed: Option<[u32; 3]>,
}

/// One answer for every event; `members` are the rows of clusters.
pub(crate) fn reconcile(sets: &[&SliceSet], members: &[Member<'_>]) -> Result<(Reconciled, Table), String> {
    let of: BTreeMap<(usize, i64, &str), i64> = members.iter().map(|(c, s, l, id)| ((*s, *l, *id), *c)).collect();
    let mut said: BTreeMap<i64, Vec<Said>> = BTreeMap::new();
    for (set, s) in sets.iter().enumerate() {
        let sql = "select id, cast(line as bigint) as line, type, killed_low, killed_best, killed_high from records";
        over_parts(&s.parts, sql, |b| {
            let (id, line) = (b.column(0).as_string::<i32>(), b.column(1).as_primitive::<Int64Type>());
            let kind = datafusion::arrow::compute::cast(b.column(2), &DataType::Utf8).map_err(|e| e.to_string())?;
            let kind = kind.as_string::<i32>();
            let killed = [3, 4, 5].map(|c| b.column(c).as_primitive::<UInt32Type>());
            for row in 0..b.num_rows() {
                let Some(cluster) = of.get(&(set, line.value(row), id.value(row))) else { continue };
                let best = killed[1].value(row);
                let at = |c: usize| if killed[c].is_null(row) { best } else { killed[c].value(row) };
                let killed = (!killed[1].is_null(row)).then(|| [at(0), best, at(2)]);
                said.entry(*cluster).or_default().push(Said { set, kind: kind.value(row).to_owned(), killed });
            }
            Ok(())
        })?;
    }
    let mut out = Reconciled::default();
    let kinds = kinds(sets, &said, &mut out);
    let figures = figures(sets, &said, &mut out);
    let file = table(
        "reconciled",
        ABOUT,
        &COLUMNS,
        said.iter().zip(kinds).map(|((cluster, list), (kind, p))| {
            let best = || list.iter().filter_map(|s| s.killed).map(|k| i64::from(k[1]));
            let words: Vec<String> = list
                .iter()
                .map(|s| {
                    let deaths = s.killed.map_or_else(String::new, |k| format!(" {}", k[1]));
                    format!("{}: {}{deaths}", sets[s.set].id, s.kind)
                })
                .collect();
            let figure = figures.get(cluster);
            let at = |n: usize| Cell::I(figure.map(|f| i64::from(f[n])));
            vec![
                i(*cluster),
                t(kind),
                r(p),
                at(0),
                at(1),
                at(2),
                Cell::I(best().min()),
                Cell::I(best().max()),
                t(words.join("; ")),
            ]
        }),
    );
    Ok((out, file))
}

/// The likeliest type of each event, with its probability.
fn kinds(sets: &[&SliceSet], said: &BTreeMap<i64, Vec<Said>>, out: &mut Reconciled) -> Vec<(String, f64)> {
    let names: Vec<&str> =
        said.values().flatten().map(|s| s.kind.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let label = |kind: &str| names.binary_search(&kind).unwrap_or(0) as u32;
    let votes: Vec<(u32, u32, u32)> = said
        .values()
        .enumerate()
        .flat_map(|(event, list)| list.iter().map(move |s| (event as u32, s)))
        .map(|(event, s)| (event, s.set as u32, label(&s.kind)))
        .collect();
    let votes = Votes::new(said.len(), sets.len(), names.len(), &votes);
    // Two sets that agree are no copies for that: it cannot be told from so few.
    let fit = votes.fit(&VotePrior::default(), sets.len() > 3);
    let k = names.len();
    let mut tally = vec![(0, 0); sets.len()];
    let found: Vec<(String, f64)> = (0..said.len())
        .map(|event| {
            let best = fit.best(event);
            (names[best].to_owned(), fit.posterior[event * k + best])
        })
        .collect();
    for (list, (kind, _)) in said.values().zip(&found) {
        if list.iter().any(|s| s.kind != list[0].kind) {
            for s in list {
                tally[s.set].0 += u64::from(s.kind == *kind);
                tally[s.set].1 += 1;
            }
        }
    }
    out.kinds = sets.iter().zip(tally).map(|(s, (right, all))| (s.id.clone(), right, all)).collect();
    found
}

/// By cluster, the deaths that 5, 50 and 95 % of worlds keep under.
fn figures(sets: &[&SliceSet], said: &BTreeMap<i64, Vec<Said>>, out: &mut Reconciled) -> BTreeMap<i64, [u32; 3]> {
    let told: Vec<(i64, Vec<(usize, [u32; 3])>)> = said
        .iter()
        .map(|(c, list)| (*c, list.iter().filter_map(|s| Some((s.set, s.killed?))).collect()))
        .filter(|(_, list): &(i64, Vec<_>)| list.len() > 1)
        .collect();
    out.events = told.len() as u64;
    if told.len() < LEAST {
        out.reason = Some(format!("{} events have figures from more than one row; {LEAST} are wanted", told.len()));
        return BTreeMap::new();
    }
    let mut rows = vec![0u64; sets.len()];
    let claims: Vec<Toll> = told
        .iter()
        .enumerate()
        .flat_map(|(event, (_, list))| list.iter().map(move |(set, killed)| (event, *set, *killed)))
        .map(|(event, set, [low, best, high])| {
            rows[set] += 1;
            let n = f64::from(best);
            Toll { event: event as u32, voice: set as u32, low: n, high: n, hedge: triple(low, high) }
        })
        .collect();
    let spread = |spread: f64| Hedging { offset: 0.0, offset_sd: 0.0, spread };
    let prior =
        TollPrior { hedges: TRIPLES.iter().map(|s| spread(*s)).collect(), common: true, ..TollPrior::default() };
    let tolls = Tolls::new(told.len(), (0..sets.len() as u32).collect(), &claims);
    let fit = tolls.fit(&prior, sets.len() > 3);
    let sampler = tolls.worlds(&prior, &fit, 1);
    out.pareto_k = pareto_k(&sampler.weights(200));
    out.level = libm::exp(sampler.level);
    let worlds: Vec<TollWorld> = (0..WORLDS).map(|w| sampler.draw(w)).collect();
    for (s, set) in sets.iter().enumerate().filter(|(s, _)| rows[*s] > 0) {
        // The level is common to all: beside the others, it is no part of a set's bias.
        let own = |w: &TollWorld| {
            let level = w.model.bias.iter().zip(&fit.model.bias).map(|(b, m)| b - m).sum::<f64>() / sets.len() as f64;
            w.model.bias[s] - level
        };
        let mut biases: Vec<f64> = worlds.iter().map(own).collect();
        biases.sort_by(f64::total_cmp);
        out.sets.push(SetVoice {
            dataset: set.id.clone(),
            rows: rows[s],
            factor: libm::exp(fit.model.bias[s]),
            bounds: [0.05, 0.95].map(|q| libm::exp(stats::quantile(&biases, q))),
            spread: libm::exp(fit.model.spread[s]),
        });
    }
    if out.pareto_k.is_nan() || out.pareto_k > WORST {
        out.reason =
            Some(format!("the worlds are not good enough: Pareto-k is {:.2}, {WORST} at most is wanted", out.pareto_k));
        return BTreeMap::new();
    }
    told.iter()
        .enumerate()
        .map(|(event, (cluster, _))| {
            let mut x: Vec<u32> = worlds.iter().map(|w| tolls.grid.values[w.figures[event] as usize]).collect();
            x.sort_unstable();
            (*cluster, [0.05, 0.5, 0.95].map(|q| stats::quantile(&x, q)))
        })
        .collect()
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
