//! What each source turned out to be worth, and what moved it; and how often who claims responsibility does so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assess::Inputs;
use super::reconcile::{Bearing, mean_reliability};
use super::worlds::{VoiceWorlds, claims_usual};

/// A source: its grade, and its reliability after all that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Id, `source:...`.
    pub id: String,
    /// Mean reliability by its grade alone.
    pub believed: f64,
    /// Mean reliability over worlds, and the bounds that 90 % of them keep.
    pub reliability: f64,
    /// See `reliability`.
    pub bounds: [f64; 2],
    /// Chance that it deceives: as declared, and after all that was said; none where nobody declared any.
    pub deceives: Option<[f64; 2]>,
    /// How it speaks of figures, for each side's losses.
    pub voices: Vec<VoiceRow>,
    /// What it says that others speak of too, the least probable first.
    pub checked: Vec<Checked>,
}

/// How a source speaks of figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceRow {
    /// Whose losses.
    pub of: String,
    /// Factor by which it is taken to say more (above 1) or less than there is, before anything was said.
    pub believed: f64,
    /// The same after, as median, and the bounds that 90 % of worlds keep.
    pub factor: f64,
    /// See `factor`.
    pub bounds: [f64; 2],
}

/// Something a source says that others speak of too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// What, by its id.
    pub about: String,
    /// How it is put: `asserts`, `denies`, `names ACTOR` and so on.
    pub says: String,
    /// How probable it is that it is right.
    pub probability: f64,
}

/// An actor that claims responsibility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimantRow {
    /// Id, `actor:...`.
    pub id: String,
    /// How often it claims what it did.
    pub did: ClaimsRow,
    /// How often it claims what it did not.
    pub did_not: ClaimsRow,
}

/// How often something is claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRow {
    /// Before anything was said.
    pub believed: f64,
    /// Mean after, and the bounds that 90 % of worlds keep.
    pub mean: f64,
    /// See `mean`.
    pub bounds: [f64; 2],
}

/// Bounds that 90 % of draws keep, and their median.
fn spread(draws: &[f64]) -> ([f64; 2], f64) {
    let mut x = draws.to_vec();
    x.sort_by(f64::total_cmp);
    ([0.05, 0.95].map(|q| stats::quantile(&x, q)), stats::quantile(&x, 0.5))
}

/// The sources' cards, by id.
pub(crate) fn cards(i: &Inputs<'_>) -> Vec<SourceRow> {
    let law_of = i.laws.iter().enumerate().map(|(n, l)| (l.id.as_str(), n)).collect();
    i.worlds
        .sources
        .iter()
        .map(|s| {
            let id = &s.source;
            let voices = i.worlds.voices.iter().filter(|v| v.source == *id).map(voice).collect();
            SourceRow {
                id: format!("source:{id}"),
                believed: mean_reliability(i.case.sources.get(id)),
                reliability: stats::mean_se(&s.reliability).0,
                bounds: spread(&s.reliability).0,
                deceives: i.case.sources.get(id).filter(|x| x.deceives > 0.0).map(|x| {
                    let worlds = s.reliability.iter().filter(|r| **r == 0.0).count();
                    [x.deceives, worlds as f64 / s.reliability.len().max(1) as f64]
                }),
                voices,
                checked: checked(i, id, &law_of),
            }
        })
        .collect()
}

/// Who claims responsibility, by id.
pub(crate) fn claimants(i: &Inputs<'_>) -> Vec<ClaimantRow> {
    let [did, did_not] = claims_usual();
    let row =
        |believed: f64, draws: &[f64]| ClaimsRow { believed, mean: stats::mean_se(draws).0, bounds: spread(draws).0 };
    let actors = i.worlds.claimants.iter();
    actors
        .map(|c| ClaimantRow {
            id: format!("actor:{}", c.actor),
            did: row(did, &c.did),
            did_not: row(did_not, &c.did_not),
        })
        .collect()
}

fn voice(v: &VoiceWorlds) -> VoiceRow {
    let (bounds, median) = spread(&v.bias);
    let of = if v.believed == 0.0 {
        "either side"
    } else if v.own {
        "its own side"
    } else {
        "the other side"
    };
    VoiceRow {
        of: of.to_owned(),
        believed: libm::exp(v.believed),
        factor: libm::exp(median),
        bounds: bounds.map(libm::exp),
    }
}

/// What a source says that others speak of too.
fn checked(i: &Inputs<'_>, source: &str, law_of: &BTreeMap<&str, usize>) -> Vec<Checked> {
    let g = i.gathered;
    let mine = |s: &usize| g.statements[*s].origin == source;
    let mut out = Vec::new();
    for (about, d) in &g.dossiers {
        let both = || d.asserting.iter().chain(&d.denying);
        if both().all(mine) || !both().any(mine) {
            continue;
        }
        let chance = if let Some(event) = about.strip_prefix("event:") {
            law_of.get(event).map(|l| &i.worlds.events[*l].chance)
        } else {
            about.strip_prefix("fact:").and_then(|f| i.worlds.facts.get(f))
        };
        let Some(p) = chance.map(|c| stats::mean_se(c).0) else { continue };
        for (side, says, p) in [(&d.asserting, "asserts", p), (&d.denying, "denies", 1.0 - p)] {
            if side.iter().any(mine) {
                out.push(Checked { about: about.clone(), says: says.to_owned(), probability: p });
            }
        }
    }
    let index = |id: &str| g.statements.binary_search_by(|s| s.id.as_str().cmp(id)).ok();
    for (law, worlds) in i.laws.iter().zip(&i.worlds.events) {
        let who = |c: usize| worlds.who_chance.chunks(law.base.len()).map(|p| p[c]).sum::<f64>() / i.worlds.n as f64;
        let said_by: Vec<bool> =
            law.accusations.iter().map(|a| index(&a.statement).is_some_and(|s| mine(&s))).collect();
        if said_by.iter().all(|m| *m) {
            continue;
        }
        for (a, _) in law.accusations.iter().zip(&said_by).filter(|(_, m)| **m) {
            let (says, p) = match a.bearing {
                Bearing::Names | Bearing::Owns => ("names", who(a.candidate)),
                Bearing::Disputes => ("disputes that it was", 1.0 - who(a.candidate)),
                // What a party says of its own deeds is no test of its knowledge.
                Bearing::Claims | Bearing::Denies => continue,
            };
            let says = format!("{says} {}", law.candidates[a.candidate]);
            out.push(Checked { about: format!("event:{}", law.id), says, probability: p });
        }
    }
    out.sort_by(|a, b| {
        a.probability.total_cmp(&b.probability).then_with(|| (&a.about, &a.says).cmp(&(&b.about, &b.says)))
    });
    out.dedup();
    out
}
