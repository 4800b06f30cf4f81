//! Which statements are likely copies of others, though nobody says so: told by their words, their dates and their
//! figures, and by how often who speaks copies whom. A copy that is declared (`origin`) is one statement from the start
//! and is not looked at here.

use std::collections::{BTreeMap, BTreeSet};

use model::{Case, Claim, Hedge};
use serde::{Deserialize, Serialize};

use super::gather::{Dossier, Statement};

/// That a statement may be a copy of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    /// The statement it may copy, by id.
    pub of: String,
    /// Whose that is.
    pub from: String,
    /// How probable that is by words, of this one and of all that its origin said after the other's.
    pub p: f64,
    /// How probable it were if nothing else were known of the two origins.
    pub alone: f64,
    /// How many statements its origin made after the other's and in words of its own.
    pub own: u32,
    /// Share of its three-word runs that stand in the other's report.
    pub words: f64,
    /// Whether both give the same figure, and one that is not round.
    pub odd_figure: bool,
}

/// Words in a row that are compared.
const RUN: usize = 3;
/// Runs that an excerpt must have: of fewer nothing can be told.
const RUNS: usize = 6;
/// What is believed: nothing in common, one in fifty is a copy; every run in common, forty-nine in fifty. A shared odd
/// figure makes it e times as likely, two different figures an eighth. Our choice: two desks that write of one event
/// share a tenth to a fifth of their runs.
const BASE: f64 = -4.0;
const WORDS: f64 = 8.0;
const ODD_FIGURE: f64 = 1.0;
const OTHER_FIGURE: f64 = -2.0;
/// Below this a copy is not reckoned with.
const LEAST: f64 = 0.1;

fn runs(text: &str) -> BTreeSet<Vec<String>> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    words.windows(RUN).map(<[String]>::to_vec).collect()
}

/// Figures of a claim that are exact, and of these the odd ones.
fn figures(claim: &Claim) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let all: BTreeSet<u32> = claim
        .event()
        .into_iter()
        .flat_map(|e| &e.figures)
        .filter(|f| f.hedge == Hedge::Exact)
        .filter_map(|f| f.number)
        .collect();
    let odd = all.iter().copied().filter(|n| *n >= 6 && n % 10 != 0).collect();
    (all, odd)
}

/// How often an origin copies another, as Beta(a, b): one statement in twenty, where it could. Our choice, and weak: two
/// plain copies make it one in three.
const COPIES: (f64, f64) = (0.25, 4.75);

/// By how much a statement is the likelier a copy for what else its origin said after the other's: a factor on the odds,
/// given how many of those are copies and how many are not. With nothing else known it is 1.
pub(crate) fn habit(copied: f64, own: f64) -> f64 {
    let (a, b) = COPIES;
    (a + copied) / (b + own) / (a / b)
}

/// Of an origin and another: which of its statements are in words of its own.
type Own<'s> = BTreeMap<(&'s str, &'s str), BTreeSet<usize>>;

/// For each statement, the earlier one of another origin on the same thing that it most likely copies.
pub(super) fn all(case: &Case, statements: &[Statement], dossiers: &BTreeMap<String, Dossier>) -> Vec<(usize, Echo)> {
    let (mut read, mut own) = (BTreeMap::new(), Own::new());
    let mut best: BTreeMap<usize, Echo> = BTreeMap::new();
    for (s, e) in dossiers.values().flat_map(|d| find(case, statements, d, &mut read, &mut own)) {
        match best.get(&s) {
            Some(known) if known.alone >= e.alone => {}
            _ => _ = best.insert(s, e),
        }
    }
    // What of each pair of origins may be copies.
    let mut pairs: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (s, e) in &best {
        pairs.entry((&statements[*s].origin, e.from.clone())).or_default().push(*s);
    }
    for ((origin, from), list) in pairs {
        let apart = own.get(&(origin, from.as_str()));
        let apart = apart.map_or(0, |o| o.iter().filter(|s| !list.contains(s)).count());
        let alone: Vec<f64> = list.iter().map(|s| best[s].alone).collect();
        for (s, p) in list.iter().zip(learned(&alone, apart as f64)) {
            let e = best.get_mut(s).expect("it was just listed");
            (e.p, e.own) = (p, apart as u32);
        }
    }
    best.into_iter().collect()
}

/// How probable it is of each statement of one origin that it copies another's, how often it does unknown and learned:
/// the sum over that, by its logarithmic odds. `own` more are no copies.
fn learned(alone: &[f64], own: f64) -> Vec<f64> {
    let (a, b) = COPIES;
    let ratios: Vec<f64> = alone.iter().map(|p| p / (1.0 - p).max(1e-12) / (a / b)).collect();
    let nodes: Vec<f64> = (-320..=48).map(|k| stats::logistic(f64::from(k) * 0.25)).collect();
    let weight = |r: &f64| {
        let (yes, no) = (libm::log(*r), libm::log1p(-r));
        a * yes + (b + own) * no + ratios.iter().map(|x| libm::log1p(r * (x - 1.0))).sum::<f64>()
    };
    let weights = stats::normalised(stats::from_logs(nodes.iter().map(weight).collect()));
    let share = |x: &f64| nodes.iter().zip(&weights).map(|(r, w)| w * r * x / (1.0 + r * (x - 1.0))).sum();
    ratios.iter().map(share).collect()
}

/// For each statement of one thing, the earlier one of another origin that it most likely copies; `own` notes those that
/// could have been copies of another's and are in words of their own.
/// Rows of data sets are no prose: they copy nobody and nobody copies their words. `read` keeps what reports were found
/// to say, so that each is taken apart once.
fn find<'c, 's>(
    case: &'c Case,
    statements: &'s [Statement],
    dossier: &Dossier,
    read: &mut BTreeMap<&'c str, BTreeSet<Vec<String>>>,
    own: &mut Own<'s>,
) -> Vec<(usize, Echo)> {
    // A statement's first report, and what it is put in there.
    let first = |s: usize| -> Option<(&'c Claim, &'c model::Report)> {
        let of = statements[s].claims.iter().filter_map(|c| {
            let claim = case.claims.get(c)?;
            Some((claim, case.reports.get(&claim.report)?))
        });
        of.min_by_key(|(c, r)| (r.published.possible.to, &c.id))
            .filter(|(c, _)| c.event().is_none_or(|e| !case.rows.contains_key(&e.id)))
    };
    let mut out = Vec::new();
    for side in [&dossier.asserting, &dossier.denying] {
        for late in side {
            let Some((claim, report)) = first(*late) else { continue };
            let mine = runs(&claim.excerpt.exact);
            if mine.len() < RUNS {
                continue;
            }
            let (numbers, odd) = figures(claim);
            let mut echo = |early: &usize| -> Option<Echo> {
                let (other, source) = first(*early)?;
                let before = (source.published.possible.to, &other.id) < (report.published.possible.to, &claim.id);
                if statements[*early].origin == statements[*late].origin || source.id == report.id || !before {
                    return None;
                }
                let theirs =
                    read.entry(&source.id).or_insert_with(|| runs(source.text.get(source.body..).unwrap_or("")));
                let words = mine.iter().filter(|r| theirs.contains(*r)).count() as f64 / mine.len() as f64;
                let (said, _) = figures(other);
                let odd_figure = odd.iter().any(|n| said.contains(n));
                let apart = !numbers.is_empty() && !said.is_empty() && numbers.is_disjoint(&said);
                let z = BASE
                    + WORDS * words
                    + if odd_figure { ODD_FIGURE } else { 0.0 }
                    + if apart { OTHER_FIGURE } else { 0.0 };
                let (of, from, p) =
                    (statements[*early].id.clone(), statements[*early].origin.clone(), stats::logistic(z));
                if p < LEAST {
                    own.entry((&statements[*late].origin, &statements[*early].origin)).or_default().insert(*late);
                }
                Some(Echo { of, from, p, alone: p, own: 0, words, odd_figure })
            };
            let best = side
                .iter()
                .filter_map(&mut echo)
                .max_by(|a, b| a.alone.total_cmp(&b.alone).then_with(|| b.of.cmp(&a.of)));
            out.extend(best.filter(|e| e.alone >= LEAST).map(|e| (*late, e)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over all ways, by the law of how many of some are copies.
    #[test]
    fn how_often_one_copies_another_is_learned() {
        let (a, b) = COPIES;
        assert!((learned(&[0.5], 0.0)[0] - 0.5).abs() < 1e-9 && (habit(0.0, 0.0) - 1.0).abs() < 1e-12);
        let (alone, own) = ([0.9, 0.5, 0.2], 4.0);
        let mut sums = [0.0; 4];
        for ways in 0..8u32 {
            // One after another, each given those before it.
            let (mut copied, mut not, mut p) = (0.0, own, 1.0);
            for (k, alone) in alone.iter().enumerate() {
                let rate = (a + copied) / (a + b + copied + not);
                let ratio = alone / (1.0 - alone) / (a / b);
                if ways >> k & 1 == 1 {
                    (p, copied) = (p * rate * ratio, copied + 1.0);
                } else {
                    (p, not) = (p * (1.0 - rate), not + 1.0);
                }
            }
            sums[3] += p;
            (0..3).filter(|k| ways >> k & 1 == 1).for_each(|k| sums[k] += p);
        }
        for (k, p) in learned(&alone, own).into_iter().enumerate() {
            assert!((p - sums[k] / sums[3]).abs() < 1e-9, "{k}: {p} {}", sums[k] / sums[3]);
        }
        // Who copies whole reports is the likelier to have copied half a one; who writes its own is not.
        assert!(learned(&[0.98, 0.98, 0.5], 0.0)[2] > 0.8 && learned(&[0.5], 10.0)[0] < 0.3);
    }

    #[test]
    fn runs_are_words_in_a_row() {
        assert_eq!(runs("Eight men, and a boy.").len(), 3);
        assert!(runs("EIGHT MEN AND").contains(&["eight".to_owned(), "men".to_owned(), "and".to_owned()][..]));
        assert!(runs("Two words").is_empty());
    }
}
