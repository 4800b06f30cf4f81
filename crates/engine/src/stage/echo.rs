//! Which statements are likely copies of others, though nobody says so: told by their words, their dates and their
//! figures. A copy that is declared (`origin`) is one statement from the start and is not looked at here.

use std::collections::{BTreeMap, BTreeSet};

use model::{Case, Claim, Hedge};
use serde::{Deserialize, Serialize};

use super::gather::{Dossier, Statement};

/// That a statement may be a copy of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    /// The statement it may copy, by id.
    pub of: String,
    /// How probable that is.
    pub p: f64,
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

/// For each statement of one thing, the earlier one of another origin that it most likely copies.
/// Rows of data sets are no prose: they copy nobody and nobody copies their words. `read` keeps what reports were found
/// to say, so that each is taken apart once.
pub(super) fn find<'c>(
    case: &'c Case,
    statements: &[Statement],
    dossier: &Dossier,
    read: &mut BTreeMap<&'c str, BTreeSet<Vec<String>>>,
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
                Some(Echo { of: statements[*early].id.clone(), p: stats::logistic(z), words, odd_figure })
            };
            let best =
                side.iter().filter_map(&mut echo).max_by(|a, b| a.p.total_cmp(&b.p).then_with(|| b.of.cmp(&a.of)));
            out.extend(best.filter(|e| e.p >= LEAST).map(|e| (*late, e)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_words_in_a_row() {
        assert_eq!(runs("Eight men, and a boy.").len(), 3);
        assert!(runs("EIGHT MEN AND").contains(&["eight".to_owned(), "men".to_owned(), "and".to_owned()][..]));
        assert!(runs("Two words").is_empty());
    }
}
