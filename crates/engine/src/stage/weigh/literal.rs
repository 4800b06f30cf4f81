//! What a piece of evidence comes to in worlds: things that are so, or not, together.

use std::collections::{BTreeMap, BTreeSet};

use model::{EvidenceKind, Stance};
use stats::{entity, uniform};

use super::super::gather::{Gathered, subject};
use super::super::worlds::{LinkWorlds, attribute};
use super::Tested;

/// What a thing is in every world, and how probable it was before any report.
pub struct Known {
    /// By world: the chance that it is so, given what the world fixes.
    pub chance: Vec<f64>,
    /// By world: whether it is so, in the joint draws.
    pub drawn: Vec<bool>,
    /// P0.
    pub base: f64,
}

/// Something that is so or not: an event (done by somebody), a fact, a link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    /// As dossiers are keyed.
    key: String,
    /// The event's perpetrator.
    by: Option<String>,
    /// Whether it is to be so.
    so: bool,
}

impl Literal {
    fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), by: None, so: true }
    }
}

/// What has to be so, all of it; none for an indicator, which is tested.
fn literals(t: Tested<'_>, g: &Gathered, kind: &EvidenceKind) -> Result<Option<Vec<Literal>>, String> {
    let case = t.view.case;
    let as_of = case.as_of();
    let mut out = match kind {
        EvidenceKind::Indicator(_) => return Ok(None),
        EvidenceKind::Event(e) => vec![Literal { by: e.by.clone(), ..Literal::new(format!("event:{}", e.id)) }],
        EvidenceKind::Factor(id) => {
            let factor = case.factors.get(id).ok_or_else(|| format!("`{id}` is not in the case"))?;
            let keys = factor.claims.iter().filter_map(|c| case.claims.get(c).and_then(subject));
            keys.filter(|k| k.starts_with("fact:")).map(Literal::new).collect()
        }
        EvidenceKind::Claim(id) => {
            let claim = case.claims.get(id).ok_or_else(|| format!("claim `{id}` is not in the case"))?;
            let key = subject(claim).ok_or_else(|| format!("claim `{id}` says nothing that can be so"))?;
            if !g.dossiers.contains_key(&key) {
                return Err(format!("claim `{id}` does not stand on {as_of}"));
            }
            vec![Literal { so: claim.stance != Stance::Denies, ..Literal::new(key) }]
        }
        EvidenceKind::Origin(source) => {
            let mine = |s: &usize| g.statements[*s].origin == *source;
            let said = |(key, d): (&String, &super::super::gather::Dossier)| {
                let side =
                    |list: &[usize], so: bool| list.iter().any(mine).then(|| Literal { so, ..Literal::new(key) });
                side(&d.asserting, true).or_else(|| side(&d.denying, false))
            };
            g.dossiers.iter().filter_map(said).collect()
        }
        EvidenceKind::Link(l) => vec![Literal::new(format!("link:{} {} {}", l.actor, l.kind.name(), l.to))],
    };
    out.sort();
    out.dedup();
    if out.is_empty() {
        return Err(format!("it rests on no claim that stands on {as_of}"));
    }
    Ok(Some(out))
}

fn link<'w>(t: Tested<'w>, key: &str) -> Option<&'w LinkWorlds> {
    t.view.worlds.links.iter().find(|l| format!("link:{} {} {}", l.actor, l.kind.name(), l.to) == key)
}

/// One literal in every world.
fn one(t: Tested<'_>, x: &Literal) -> Result<Known, String> {
    let view = t.view;
    let (n, beta) = (view.worlds.n, view.case.base_rate);
    let mut known = match x.key.split_once(':') {
        Some(("event", id)) => {
            let e = view
                .laws
                .iter()
                .position(|l| l.id == id)
                .ok_or_else(|| format!("no report up to {} speaks of event `{id}`", view.case.as_of()))?;
            let (law, worlds) = (&view.laws[e], &view.worlds.events[e]);
            match &x.by {
                None => Known { chance: worlds.chance.clone(), drawn: worlds.happened.clone(), base: beta },
                Some(actor) => {
                    let c = law
                        .candidates
                        .iter()
                        .position(|c| c == actor)
                        .ok_or_else(|| format!("nobody names `{actor}` as perpetrator of `{id}`"))?;
                    let k = law.base.len();
                    Known {
                        chance: (0..n).map(|w| worlds.chance[w] * worlds.who_chance[w * k + c]).collect(),
                        drawn: (0..n).map(|w| worlds.happened[w] && usize::from(worlds.who[w]) == c).collect(),
                        base: beta * law.base[c],
                    }
                }
            }
        }
        Some(("fact", id)) => {
            let chance = view.worlds.facts.get(id).ok_or_else(|| format!("nothing is said of fact `{id}`"))?.clone();
            let key = entity(&x.key);
            let so = |w: usize| uniform(view.case.seed, w as u32, key, attribute::SO) < chance[w];
            Known { drawn: (0..n).map(so).collect(), chance, base: beta }
        }
        _ => {
            let l = link(t, &x.key).ok_or_else(|| format!("`{}` is not declared", x.key))?;
            let declared = view.case.actors[&l.actor].link[l.index].probability;
            let drawn: Vec<bool> = l.valid.iter().map(Option::is_some).collect();
            let chance = drawn.iter().map(|d| f64::from(u8::from(*d))).collect();
            Known { chance, drawn, base: declared.unwrap_or(beta) }
        }
    };
    if !x.so {
        known.chance.iter_mut().for_each(|c| *c = 1.0 - *c);
        known.drawn.iter_mut().for_each(|d| *d = !*d);
        known.base = 1.0 - known.base;
    }
    Ok(known)
}

/// What a piece of evidence is in every world. Things that share no claim are independent given the world, so chances
/// are multiplied where draws would only add noise.
pub(crate) fn known(
    t: Tested<'_>,
    before: Option<Tested<'_>>,
    g: &Gathered,
    kind: &EvidenceKind,
) -> Result<Known, String> {
    let Some(literals) = literals(t, g, kind)? else {
        let EvidenceKind::Indicator(id) = kind else { return Err("it is no indicator".into()) };
        let o = t.outcomes.get(id).ok_or_else(|| format!("`{id}` is not in the case"))?;
        if let Some(reason) = &o.reason {
            return Err(reason.clone());
        }
        let base = before.and_then(|b| b.outcomes.get(id)).and_then(|o| o.probability).unwrap_or(0.0);
        return Ok(Known { chance: o.exact.clone(), drawn: o.holds.clone(), base });
    };
    let n = t.view.worlds.n;
    let mut out = Known { chance: vec![1.0; n], drawn: vec![true; n], base: 1.0 };
    for x in &literals {
        let k = one(t, x)?;
        out.chance.iter_mut().zip(k.chance).for_each(|(a, b)| *a *= b);
        out.drawn.iter_mut().zip(k.drawn).for_each(|(a, b)| *a &= b);
        out.base *= k.base;
    }
    Ok(out)
}

/// P0 of each way in which several items may come out, by listing all that may be so: exact, so as good as any number
/// of draws. None where an indicator is among them, or where there is too much to list.
pub(super) fn base_together(t: Tested<'_>, g: &Gathered, kinds: &[&EvidenceKind]) -> Option<(Vec<f64>, f64)> {
    let needs: Vec<Vec<Literal>> = kinds.iter().map(|k| literals(t, g, k).ok().flatten()).collect::<Option<_>>()?;
    // What each thing may be: 0 is not so; else so, and done by each of its perpetrators in question, or by another.
    let mut things: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for x in needs.iter().flatten() {
        let by = things.entry(&x.key).or_default();
        if let Some(actor) = x.by.as_deref().filter(|a| !by.contains(a)) {
            by.push(actor);
        }
    }
    let laws: Vec<(&str, &Vec<&str>, Vec<f64>)> = things
        .iter()
        .map(|(key, by)| {
            let so = one(t, &Literal::new(*key)).ok()?.base;
            let named: Vec<f64> = by
                .iter()
                .map(|a| Some(one(t, &Literal { by: Some((*a).to_owned()), ..Literal::new(*key) }).ok()?.base))
                .collect::<Option<_>>()?;
            let rest = so - named.iter().sum::<f64>();
            Some((*key, by, [1.0 - so, rest].into_iter().chain(named).collect()))
        })
        .collect::<Option<_>>()?;
    let all: usize = laws.iter().map(|l| l.2.len()).product();
    if all > 1 << 16 {
        return None;
    }
    let mut out = vec![0.0; 1 << kinds.len()];
    for code in 0..all {
        let (mut rest, mut p) = (code, 1.0);
        let mut state: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, _, law) in &laws {
            state.insert(key, rest % law.len());
            p *= law[rest % law.len()];
            rest /= law.len();
        }
        let holds = |x: &Literal| {
            let s = state[x.key.as_str()];
            let so = match &x.by {
                None => s > 0,
                Some(actor) => s > 1 && things[x.key.as_str()][s - 2] == actor,
            };
            so == x.so
        };
        let way = needs.iter().enumerate().fold(0, |m, (i, need)| m | usize::from(need.iter().all(holds)) << i);
        out[way] += p;
    }
    Some((out, f64::INFINITY))
}

/// The same by draws, with how many there were.
pub(super) fn drawn_together(before: Tested<'_>, g: &Gathered, kinds: &[&EvidenceKind]) -> Option<(Vec<f64>, f64)> {
    let known: Vec<Known> = kinds.iter().map(|k| known(before, None, g, k).ok()).collect::<Option<_>>()?;
    let n = before.view.worlds.n;
    let mut out = vec![0.0; 1 << kinds.len()];
    for w in 0..n {
        let way = known.iter().enumerate().fold(0, |m, (i, x)| m | usize::from(x.drawn[w]) << i);
        out[way] += 1.0 / n as f64;
    }
    Some((out, n as f64))
}

/// Every claim a piece of evidence rests on.
pub(crate) fn lineage(t: Tested<'_>, g: &Gathered, kind: &EvidenceKind) -> BTreeSet<String> {
    let of = |key: &str| g.dossiers.get(key).map(|d| d.claims.clone()).unwrap_or_default();
    match literals(t, g, kind) {
        Ok(Some(list)) => list.iter().flat_map(|x| of(&x.key)).collect(),
        Ok(None) => {
            let EvidenceKind::Indicator(id) = kind else { return BTreeSet::new() };
            let carriers = t.outcomes.get(id).into_iter().flat_map(|o| &o.carriers);
            carriers.filter(|c| c.share > 0.005).flat_map(|c| of(&format!("event:{}", c.event))).collect()
        }
        Err(_) => BTreeSet::new(),
    }
}
