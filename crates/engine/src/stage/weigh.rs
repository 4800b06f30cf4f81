//! Stage `weigh`, one question at a time: P(H | D) is proportional to P(H) times the average over worlds of
//! P(E_w | H) / P0(E_w) (`worlds.md`, "Hypotheses"); and what follows for who judged it and what would change it.

mod literal;
mod people;
mod worth;

use std::collections::BTreeMap;

use model::{EvidenceKind, Problem, Question};
use serde::{Deserialize, Serialize};
use stats::{Piece, Weighing, diagnosticity, entity, information, logistic, logit, normalised, quantile, uniform};

use super::coverage::covered;
use super::gather::Gathered;
use super::test::{Outcome, View};
use super::worlds::attribute;

pub use literal::Known;
pub(crate) use literal::{known, lineage};
pub use people::{AnalystRow, Audit, Cell};
pub use worth::{Validity, Worth};

/// Part of the stage's key.
pub const VERSION: u32 = 3;

/// A base probability below this cannot be divided by.
const LEAST_BASE: f64 = 1e-6;
/// A way of coming out that is drawn less often than this before any report has no base to divide by.
const LEAST_DRAWN: f64 = 20.0;
/// Draws of the likelihoods within what was said of them.
const DRAWS: u32 = 200;

/// One hypothesis, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// Hypothesis id; `other` is the last.
    pub id: String,
    /// Prior.
    pub prior: f64,
    /// Posterior.
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
    /// Bounds that 80 % keep when likelihoods are drawn within what was said of them, by whoever said it.
    pub bounds: [f64; 2],
}

/// One piece of evidence, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Evidence id.
    pub id: String,
    /// The group in which it is judged.
    pub group: Option<String>,
    /// P(so | reports).
    pub probability: Option<f64>,
    /// P0(so): before any report.
    pub base: f64,
    /// P(so | reports) as the hypotheses weigh the worlds: what is expected of its being found out.
    pub expected: f64,
    /// Likelihood under each hypothesis, pooled where several give it; of a group's item, over what the others are.
    pub likelihood: Vec<f64>,
    /// Chance that it would have been reported if it were so, where that matters.
    pub catches: Option<f64>,
    /// Diagnosticity: bits of the question that finding out whether it is so was expected to tell, before any report.
    pub bits: f64,
    /// Weight for the leading hypothesis against all others, in decibans: by how much it moves its odds, with all other
    /// evidence there.
    pub decibans: f64,
    /// Posterior of each hypothesis without this item (with its group).
    pub without: Vec<f64>,
    /// Posterior of each hypothesis if it were known to be so, and not to be.
    pub if_so: Vec<f64>,
    /// See `if_so`.
    pub if_not: Vec<f64>,
    /// Bits of the question that finding out whether it is so would tell now.
    pub value: f64,
    /// Why it takes no part.
    pub reason: Option<String>,
    /// Claims in its lineage.
    pub claims: Vec<String>,
}

/// One question, weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Question id.
    pub id: String,
    /// Hypotheses in the order of the file.
    pub hypotheses: Vec<Weighed>,
    /// Evidence by id.
    pub items: Vec<Item>,
    /// Effective sample size of the weights, of so many worlds.
    pub ess: f64,
    /// Posterior of each hypothesis as estimated in each of 32 batches of worlds (for paired comparison).
    pub batches: Vec<Vec<f64>>,
    /// What each analyst's numbers alone come to; none where one person gave them.
    pub analysts: Vec<AnalystRow>,
    /// Where analysts differ.
    pub audit: Option<Audit>,
    /// Open questions, the most valuable first.
    pub open: Vec<Worth>,
    /// Indicators of the case, by id.
    pub indicators: Vec<Validity>,
}

impl Answer {
    /// Places of the hypotheses, the most probable first.
    pub fn ranked(&self) -> Vec<usize> {
        ranked(&self.hypotheses.iter().map(|h| h.probability).collect::<Vec<_>>())
    }
}

/// Places by falling probability.
pub fn ranked(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|x, y| p[*y].total_cmp(&p[*x]).then(x.cmp(y)));
    order
}

/// Worlds with what was tested in them.
#[derive(Clone, Copy)]
pub struct Tested<'a> {
    /// The worlds.
    pub view: &'a View<'a>,
    /// Indicators in them.
    pub outcomes: &'a BTreeMap<String, Outcome>,
}

/// Facts that are judged together: one item, or a group.
struct Unit {
    /// Places of its items in the question's evidence.
    items: Vec<usize>,
    /// Its group's place.
    group: Option<usize>,
    /// By way: P0.
    base: Vec<f64>,
    /// World after world, by way.
    chance: Vec<f64>,
    /// The same for joint draws.
    drawn: Vec<f64>,
    /// Chance that what happened would have been reported.
    catches: f64,
    /// Whether it is of what happens, or of its absence.
    of: Asks,
    /// That nobody spoke of it, where somebody would have.
    silent: bool,
}

/// What an indicator is of: something that happens, or that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Presence,
    Absence,
}

impl Asks {
    /// Whether it is so where nothing happens.
    fn holds_in_silence(self) -> bool {
        self == Self::Absence
    }

    /// P(it happened and was missed | nobody spoke of it, H), from P(it is so | H).
    fn missed(self, catches: f64, likelihood: f64) -> f64 {
        let happens = if self.holds_in_silence() { 1.0 - likelihood } else { likelihood };
        (1.0 - catches) * happens / (1.0 - catches * happens)
    }

    /// P(it is so by what is reported | H), from P(it is so | H).
    fn reported(self, catches: f64, likelihood: f64) -> f64 {
        match self {
            Self::Presence => catches * likelihood,
            Self::Absence => 1.0 - catches * (1.0 - likelihood),
        }
    }

    /// None where it is of both at once: then coverage is no single number.
    fn of(case: &model::Case, indicator: &model::Indicator) -> Option<Self> {
        let parts: Option<Vec<Self>> =
            indicator.test.parts().iter().map(|p| Self::of(case, case.indicators.get(*p)?)).collect();
        match (&indicator.test, parts?.as_slice()) {
            (model::Test::Not(_), [Self::Presence]) => Some(Self::Absence),
            (model::Test::Not(_), [Self::Absence]) => Some(Self::Presence),
            (_, []) => Some(Self::Presence),
            (_, [first, rest @ ..]) => rest.iter().all(|r| r == first).then_some(*first),
        }
    }
}

/// Weighs the evidence of one question. `before` are worlds drawn without any report.
///
/// # Errors
/// Evidence items that share a claim and are not judged together.
pub fn run(
    now: Tested<'_>,
    before: Option<Tested<'_>>,
    g: &Gathered,
    question: &Question,
) -> Result<Answer, Vec<Problem>> {
    let view = now.view;
    let n = view.worlds.n;
    let said = people::Said::of(question);
    let pooled = said.pooled();
    let mut items: Vec<Item> = question.evidence.iter().map(|e| blank(now, g, question, e)).collect();
    items.iter_mut().zip(&pooled.likelihood).for_each(|(item, l)| item.likelihood.clone_from(l));
    let mut units: Vec<Unit> = Vec::new();
    for i in 0..items.len() {
        let group = question.groups.iter().position(|x| x.of.contains(&items[i].id));
        let unit = match group {
            None => single(now, before, g, question, i, &mut items[i]),
            // A group comes with its first item.
            Some(k) if question.groups[k].of.iter().any(|id| question.evidence[..i].iter().any(|e| e.id == *id)) => {
                continue;
            }
            Some(k) => together(now, before, g, question, k, &mut items),
        };
        units.extend(unit);
    }
    overlaps(question, &units, &items)?;

    let weighing = weighing(n, &units, &pooled, false);
    let probability = weighing.posterior();
    // The error by batches: 32 interleaved groups of worlds.
    let batches: Vec<Vec<f64>> = (0..32.min(n)).map(|b| weighing.posterior_over((b..n).step_by(32))).collect();
    let error = |h: usize| stats::mean_se(&batches.iter().map(|b| b[h]).collect::<Vec<_>>()).1;
    let errors: Vec<f64> = (0..probability.len()).map(error).collect();
    let bounds = bounds(view, question, &units, &said, &weighing, &probability, &errors);
    for (u, unit) in units.iter().enumerate() {
        weighed(&mut items, unit, u, &weighing, &pooled, &probability);
    }
    let analysts = said.analysts(|law| self::weighing(n, &units, law, false).posterior());
    let mut answer = Answer {
        id: question.id.clone(),
        hypotheses: question
            .hypotheses
            .iter()
            .enumerate()
            .map(|(h, x)| Weighed {
                id: x.id.clone(),
                prior: weighing.prior[h],
                probability: probability[h],
                error: errors[h],
                bounds: bounds[h],
            })
            .collect(),
        items,
        ess: weighing.ess(),
        batches,
        analysts,
        audit: said.audit(),
        open: Vec::new(),
        indicators: Vec::new(),
    };
    let drawn = || self::weighing(n, &units, &pooled, true);
    answer.open = worth::open(now, g, question, &units, &answer, (&weighing, &drawn));
    answer.indicators = worth::validity(now, question, &answer, &weighing);
    Ok(answer)
}

/// What a joint law over an answer and a thing tells of the one if the other is found out, in bits.
fn told(yes: &[f64], no: &[f64]) -> f64 {
    information(&yes.iter().zip(no).map(|(y, n)| vec![*y, *n]).collect::<Vec<_>>())
}

/// Fills in what the items of one unit weigh, and what they would if it were known whether they are so.
fn weighed(items: &mut [Item], unit: &Unit, u: usize, q: &Weighing, law: &people::Law, probability: &[f64]) {
    let piece = &q.pieces[u];
    let lead = ranked(probability).first().copied().unwrap_or(0);
    let odds = |p: f64| p.clamp(1e-12, 1.0 - 1e-12) / (1.0 - p).clamp(1e-12, 1.0);
    let without = q.without(u);
    let decibans = 10.0 * libm::log10(odds(probability[lead]) / odds(without[lead]));
    let joint: Vec<Vec<f64>> = (0..piece.base.len()).map(|way| q.joint(&[(u, way)])).collect();
    for (k, i) in unit.items.iter().enumerate() {
        let item = &mut items[*i];
        (item.decibans, item.without) = (decibans, without.clone());
        item.bits = diagnosticity(&q.prior, &piece.likelihood);
        let (yes, no) = match unit.group {
            // Nobody spoke of it. If it is found out after all, it was missed.
            None if unit.silent => {
                let missed = |h: usize| unit.of.missed(unit.catches, law.likelihood[*i][h]);
                let found: Vec<f64> = probability.iter().enumerate().map(|(h, p)| p * missed(h)).collect();
                let rest = probability.iter().zip(&found).map(|(p, f)| p - f).collect();
                if unit.of.holds_in_silence() { (rest, found) } else { (found, rest) }
            }
            None => (joint[0].clone(), joint[1].clone()),
            Some(_) => {
                let of = |so: bool, rows: &[Vec<f64>], h: usize| -> f64 {
                    (0..rows.len()).filter(|way| (way >> k & 1 == 1) == so).map(|way| rows[way][h]).sum()
                };
                // By way, by hypothesis: as the joint law is.
                let by_way: Vec<Vec<f64>> =
                    (0..piece.base.len()).map(|way| piece.likelihood.iter().map(|row| row[way]).collect()).collect();
                let all = 0..probability.len();
                item.likelihood = all.clone().map(|h| of(true, &by_way, h)).collect();
                let apart: Vec<Vec<f64>> = item.likelihood.iter().map(|l| vec![*l, 1.0 - l]).collect();
                item.bits = diagnosticity(&q.prior, &apart);
                (all.clone().map(|h| of(true, &joint, h)).collect(), all.map(|h| of(false, &joint, h)).collect())
            }
        };
        item.value = told(&yes, &no);
        item.expected = yes.iter().sum();
        (item.if_so, item.if_not) = (normalised(yes), normalised(no));
    }
}

fn blank(now: Tested<'_>, g: &Gathered, question: &Question, e: &model::Evidence) -> Item {
    Item {
        id: e.id.clone(),
        group: question.groups.iter().find(|x| x.of.contains(&e.id)).map(|x| x.id.clone()),
        probability: None,
        base: 0.0,
        expected: 0.0,
        likelihood: Vec::new(),
        catches: None,
        bits: 0.0,
        decibans: 0.0,
        without: Vec::new(),
        if_so: Vec::new(),
        if_not: Vec::new(),
        value: 0.0,
        reason: None,
        claims: literal::lineage(now, g, &e.kind).into_iter().collect(),
    }
}

/// An item that is judged on its own; says why where it takes no part.
fn single(
    now: Tested<'_>,
    before: Option<Tested<'_>>,
    g: &Gathered,
    question: &Question,
    i: usize,
    item: &mut Item,
) -> Option<Unit> {
    let e = &question.evidence[i];
    let known = match literal::known(now, before, g, &e.kind) {
        Ok(known) => known,
        Err(reason) => {
            item.reason = Some(reason);
            return None;
        }
    };
    item.base = known.base;
    let case = now.view.case;
    let indicator = if let EvidenceKind::Indicator(id) = &e.kind { case.indicators.get(id) } else { None };
    let of = indicator.and_then(|x| Asks::of(case, x));
    let catches = indicator.filter(|_| of.is_some()).map(|x| covered(case, x));
    item.catches = catches.as_ref().and_then(|c| c.as_ref().ok()).copied().filter(|c| *c < 1.0);
    let mut unit = Unit {
        items: vec![i],
        group: None,
        base: vec![known.base, 1.0 - known.base],
        chance: known.chance.iter().flat_map(|c| [*c, 1.0 - c]).collect(),
        drawn: known.drawn.iter().flat_map(|d| [f64::from(u8::from(*d)), f64::from(u8::from(!*d))]).collect(),
        catches: item.catches.unwrap_or(1.0),
        of: of.unwrap_or(Asks::Presence),
        silent: false,
    };
    let all = |p: f64| (known.base - p).abs() < LEAST_BASE && known.chance.iter().all(|c| (c - p).abs() < LEAST_BASE);
    let by_silence = of.map(|of| f64::from(u8::from(of.holds_in_silence()))).filter(|p| all(*p));
    if by_silence.is_some() {
        match catches {
            // Nobody spoke of it. Where somebody would have, that is evidence.
            Some(Ok(_)) => {
                let n = now.view.worlds.n;
                (unit.base, unit.chance, unit.drawn) = (vec![1.0], vec![1.0; n], vec![1.0; n]);
                unit.silent = true;
                item.probability = by_silence;
                return Some(unit);
            }
            Some(Err(nobody)) => {
                item.reason = Some(format!("no report speaks of such a thing, and {nobody}: its absence says nothing"));
                return None;
            }
            None => {}
        }
    }
    if !(LEAST_BASE..=1.0 - LEAST_BASE).contains(&known.base) {
        item.reason = Some("its probability before any report is nearly 0 or 1, so it cannot be weighed".into());
        return None;
    }
    item.probability = Some(stats::mean_se(&known.chance).0);
    Some(unit)
}

/// A group: each way in which its items may come out is drawn together, and enumerated where that can be done.
fn together(
    now: Tested<'_>,
    before: Option<Tested<'_>>,
    g: &Gathered,
    question: &Question,
    k: usize,
    items: &mut [Item],
) -> Option<Unit> {
    let group = &question.groups[k];
    let places: Vec<usize> =
        group.of.iter().filter_map(|id| question.evidence.iter().position(|e| e.id == *id)).collect();
    let kinds: Vec<&EvidenceKind> = places.iter().map(|i| &question.evidence[*i].kind).collect();
    let mut known = Vec::new();
    let mut reason = None;
    for kind in &kinds {
        match literal::known(now, before, g, kind) {
            Ok(x) => known.push(x),
            Err(r) => reason = reason.or(Some(r)),
        }
    }
    let n = now.view.worlds.n;
    let ways = 1usize << places.len();
    let way = |w: usize| known.iter().enumerate().fold(0, |m, (i, x)| m | usize::from(x.drawn[w]) << i);
    let base = literal::base_together(now, g, &kinds).or_else(|| literal::drawn_together(before?, g, &kinds));
    let mut drawn = vec![0.0; n * ways];
    if reason.is_none() {
        for w in 0..n {
            drawn[w * ways + way(w)] = 1.0;
        }
        let seen = |e: usize| (0..n).any(|w| drawn[w * ways + e] > 0.0);
        reason = match &base {
            None => Some("what was believed of it before any report cannot be worked out".into()),
            Some((law, draws)) => (0..ways).find(|e| seen(*e) && law[*e] * draws < LEAST_DRAWN).map(|e| {
                format!("`{}` happens, and was nearly impossible before any report", model::ways(&group.of)[e])
            }),
        };
    }
    for i in &places {
        items[*i].reason.clone_from(&reason);
    }
    if reason.is_some() {
        return None;
    }
    for (i, x) in places.iter().zip(&known) {
        items[*i].base = x.base;
        items[*i].probability = Some(stats::mean_se(&x.chance).0);
    }
    let base = base?.0;
    Some(Unit {
        items: places,
        group: Some(k),
        base,
        chance: drawn.clone(),
        drawn,
        catches: 1.0,
        of: Asks::Presence,
        silent: false,
    })
}

/// The question as numbers, by what somebody holds of it.
fn weighing(n: usize, units: &[Unit], law: &people::Law, drawn: bool) -> Weighing {
    let share = vec![1.0 / n as f64; n];
    let pieces = units
        .iter()
        .map(|u| {
            let likelihood: Vec<Vec<f64>> = (0..law.prior.len())
                .map(|h| match u.group {
                    Some(k) => law.groups[k][h].clone(),
                    None => {
                        let l = u.of.reported(u.catches, law.likelihood[u.items[0]][h]);
                        match (u.silent, u.of.holds_in_silence()) {
                            (false, _) => vec![l, 1.0 - l],
                            (true, true) => vec![l],
                            (true, false) => vec![1.0 - l],
                        }
                    }
                })
                .collect();
            Piece { likelihood, base: u.base.clone(), chance: if drawn { u.drawn.clone() } else { u.chance.clone() } }
        })
        .collect();
    Weighing { prior: law.prior.clone(), share, pieces }
}

/// Bounds that 80 % keep when likelihoods are drawn within what was said of them. Every fourth world will do: what
/// they make of it is laid around the answer.
fn bounds(
    view: &View<'_>,
    question: &Question,
    units: &[Unit],
    said: &people::Said,
    whole: &Weighing,
    probability: &[f64],
    errors: &[f64],
) -> Vec<[f64; 2]> {
    let n = view.worlds.n;
    let few = n.div_ceil(256).max(1);
    let centre = whole.posterior_over((0..n).step_by(few));
    let id = |what: &str| entity(&format!("question:{} {what}", question.id));
    let draws: Vec<Vec<f64>> = if said.is_exact() {
        Vec::new()
    } else {
        (0..DRAWS)
            .map(|r| {
                let law = said.drawn(|what| uniform(view.case.seed, r, id(what), attribute::LIKELIHOOD));
                weighing(n, units, &law, false).posterior_over((0..n).step_by(few))
            })
            .collect()
    };
    (0..probability.len())
        .map(|h| {
            let safe = |p: f64| logit(p.clamp(1e-9, 1.0 - 1e-9));
            let mut at: Vec<f64> =
                draws.iter().map(|d| logistic(safe(d[h]) - safe(centre[h]) + safe(probability[h]))).collect();
            at.sort_by(f64::total_cmp);
            let [low, high] = if at.is_empty() { [probability[h]; 2] } else { [0.1, 0.9].map(|q| quantile(&at, q)) };
            let wide = 1.2816 * errors[h];
            [(low.min(probability[h]) - wide).max(0.0), (high.max(probability[h]) + wide).min(1.0)]
        })
        .collect()
}

/// A piece of evidence in words, as they stand after "that"; ids are kept, so that each can be opened.
pub fn what(case: &model::Case, kind: &EvidenceKind) -> String {
    let actor = |id: &str| case.actors.get(id).map_or_else(|| id.to_owned(), |a| a.name.clone());
    let quoted = |text: &str, id: String| format!("\u{201c}{}\u{201d} ({id})", text.trim_end_matches('.'));
    match kind {
        EvidenceKind::Event(e) => match &e.by {
            None => format!("event:{} happened", e.id),
            Some(by) => format!("event:{} happened, done by {}", e.id, actor(by)),
        },
        EvidenceKind::Indicator(i) => quoted(case.indicators.get(i).map_or("", |x| &x.title), format!("indicator:{i}")),
        EvidenceKind::Factor(f) => quoted(case.factors.get(f).map_or("", |x| &x.text), format!("factor:{f}")),
        EvidenceKind::Claim(c) => match case.claims.get(c).map(|c| (&c.says, c.stance)) {
            Some((model::Says::Fact(f), model::Stance::Denies)) => {
                format!("not {}", quoted(&f.text, format!("fact:{}", f.id)))
            }
            Some((model::Says::Fact(f), _)) => quoted(&f.text, format!("fact:{}", f.id)),
            _ => format!("what claim:{c} says is so"),
        },
        EvidenceKind::Origin(s) => format!("all that source:{s} first said is so"),
        EvidenceKind::Link(l) => format!("{} is {} {}", actor(&l.actor), l.kind.name(), actor(&l.to)),
    }
}

/// The letter of the classic matrix for a likelihood, against the mean likelihood under all hypotheses: a view for those
/// who know it; nothing is reckoned with it.
pub fn letter(likelihood: f64, mean: f64) -> &'static str {
    match likelihood / mean.max(1e-12) {
        r if r >= 1.75 => "CC",
        r if r >= 1.2 => "C",
        r if r > 1.0 / 1.2 => "N",
        r if r > 1.0 / 2.5 => "I",
        _ => "II",
    }
}

/// Two pieces that rest on one claim are not two pieces of evidence.
fn overlaps(question: &Question, units: &[Unit], items: &[Item]) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let of = |u: &Unit| -> Vec<usize> { u.items.clone() };
    for (k, a) in units.iter().enumerate() {
        for b in &units[k + 1..] {
            for (i, j) in of(a).into_iter().flat_map(|i| of(b).into_iter().map(move |j| (i, j))) {
                let Some(claim) = items[i].claims.iter().find(|c| items[j].claims.contains(c)) else { continue };
                let (x, y) = (&question.evidence[i], &question.evidence[j]);
                problems.push(
                    Problem::error(
                        "overlapping-evidence",
                        y.span.clone(),
                        format!("evidence `{}` and `{}` of `{}` both rest on claim `{claim}`", x.id, y.id, question.id),
                    )
                    .also(x.span.clone(), "the other one")
                    .help(format!(
                        "what shares a claim is one piece of evidence: judge both together ([{q}.group.NAME] with `of = [\"{}\", \"{}\"]`), or make one indicator of both",
                        x.id, y.id, q = question.id
                    )),
                );
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
