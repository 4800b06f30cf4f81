//! Stage `weigh`, one question at a time: P(H | D) is proportional to P(H) times the average over worlds of
//! P(E_w | H) / P0(E_w) (`worlds.md`, "Hypotheses"); and what follows for who judged it and what would change it.

mod literal;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use model::{EvidenceKind, Gap, Problem, Question};
use serde::{Deserialize, Serialize};
use stats::{Piece, Weighing, diagnosticity, entity, information, logistic, logit, normalised, quantile, uniform};

use super::coverage::covered;
use super::gather::Gathered;
use super::test::{Outcome, View};
use super::worlds::attribute;

pub use literal::Known;
pub(super) use literal::{known, lineage};
pub use people::{AnalystRow, Audit, Cell};

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

/// What an open question is worth to an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// The gap, or the evidence nobody has settled: `gap:ID`, `evidence:QUESTION/ID`.
    pub id: String,
    /// What would be asked.
    pub asks: String,
    /// P(yes | reports), of a question as its hypotheses weigh the worlds.
    pub probability: f64,
    /// Bits of the answer that knowing it would tell.
    pub bits: f64,
    /// Probability of each hypothesis (of an indicator: that it holds) if yes, and if no.
    pub if_yes: Vec<f64>,
    /// See `if_yes`.
    pub if_no: Vec<f64>,
}

impl Worth {
    /// What is believed of a hypothesis now: the mean of what either answer would make of it.
    pub fn probability_now(&self, hypothesis: usize) -> f64 {
        self.probability * self.if_yes[hypothesis] + (1.0 - self.probability) * self.if_no[hypothesis]
    }
}

/// How an indicator tells hypotheses apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validity {
    /// Indicator id.
    pub indicator: String,
    /// P(it holds | hypothesis, reports): its share in the worlds as each hypothesis weighs them.
    pub worlds: Vec<f64>,
    /// P(it holds | hypothesis) as people gave it, where it is evidence.
    pub people: Option<Vec<f64>>,
    /// Greatest of these over the least: people's where they gave it, else the worlds'.
    pub ratio: f64,
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
    /// What its likelihood is multiplied by: the chance of being reported.
    catches: f64,
    /// That nobody spoke of it, where somebody would have.
    absent: bool,
}

/// Weighs the evidence of one question. `before` are worlds drawn without any report.
///
/// # Errors
/// Evidence items that share a claim and are not judged together.
pub fn run(now: Tested<'_>, before: Option<Tested<'_>>, g: &Gathered, question: &Question) -> Result<Answer, Vec<Problem>> {
    let view = now.view;
    let n = view.worlds.n;
    let mut items: Vec<Item> = question.evidence.iter().map(|e| blank(now, g, question, e)).collect();
    let mut units: Vec<Unit> = Vec::new();
    for i in 0..items.len() {
        let group = question.groups.iter().position(|x| x.of.contains(&items[i].id));
        let unit = match group {
            None => single(now, before, g, question, i, &mut items[i]),
            // A group comes with its first item.
            Some(k) if question.groups[k].of.iter().any(|id| question.evidence[..i].iter().any(|e| e.id == *id)) => continue,
            Some(k) => together(now, before, g, question, k, &mut items),
        };
        units.extend(unit);
    }
    overlaps(question, &units, &items)?;

    let said = people::Said::of(question);
    let pooled = said.pooled();
    let weighing = weighing(n, &units, &pooled, false);
    let probability = weighing.posterior();
    // The error by batches: 32 interleaved groups of worlds.
    let batches: Vec<Vec<f64>> = (0..32.min(n)).map(|b| weighing.posterior_over((b..n).step_by(32))).collect();
    let error = |h: usize| stats::mean_se(&batches.iter().map(|b| b[h]).collect::<Vec<_>>()).1;
    let errors: Vec<f64> = (0..probability.len()).map(error).collect();
    let bounds = bounds(view, question, &units, &said, &weighing, &probability, &errors);
    let lead = ranked(&probability).first().copied().unwrap_or(0);
    let odds = |p: f64| p.clamp(1e-12, 1.0 - 1e-12) / (1.0 - p).clamp(1e-12, 1.0);
    for (u, unit) in units.iter().enumerate() {
        let piece = &weighing.pieces[u];
        let bits = diagnosticity(&weighing.prior, &piece.likelihood);
        let without = weighing.without(u);
        let decibans = 10.0 * libm::log10(odds(probability[lead]) / odds(without[lead]));
        let joint: Vec<Vec<f64>> = (0..piece.base.len()).map(|way| weighing.joint(&[(u, way)])).collect();
        for (k, i) in unit.items.iter().enumerate() {
            let so = |way: usize| if unit.absent { false } else if unit.group.is_some() { way >> k & 1 == 1 } else { way == 0 };
            let sum = |want: bool| -> Vec<f64> {
                let ways = (0..joint.len()).filter(|way| so(*way) == want);
                ways.fold(vec![0.0; probability.len()], |s, way| s.iter().zip(&joint[way]).map(|(a, b)| a + b).collect())
            };
            let item = &mut items[*i];
            (item.bits, item.decibans, item.without) = (bits, decibans, without.clone());
            let (yes, no) = (sum(true), sum(false));
            if unit.group.is_some() {
                let (likelihood, prior) = (&piece.likelihood, (0..piece.base.len()).filter(|w| so(*w)));
                let ways: Vec<usize> = prior.collect();
                item.likelihood = likelihood.iter().map(|row| ways.iter().map(|w| row[*w]).sum()).collect();
                item.bits = diagnosticity(&weighing.prior, &item.likelihood.iter().map(|l| vec![*l, 1.0 - l]).collect::<Vec<_>>());
            }
            item.value = information(&yes.iter().zip(&no).map(|(y, n)| vec![*y, *n]).collect::<Vec<_>>());
            item.expected = yes.iter().sum();
            (item.if_so, item.if_not) = if unit.absent {
                // If it is found after all, it is so, and was missed.
                let so: Vec<f64> = weighing.prior.iter().enumerate().map(|(h, _)| {
                    let l = pooled.likelihood[*i][h];
                    let missed = (1.0 - unit.catches) * l / (1.0 - unit.catches * l);
                    probability[h] * missed
                }).collect();
                let not = probability.iter().zip(&so).map(|(p, s)| p - s).collect::<Vec<_>>();
                item.value = information(&so.iter().zip(&not).map(|(y, n)| vec![*y, *n]).collect::<Vec<_>>());
                item.expected = so.iter().sum();
                (normalised(so), normalised(not))
            } else {
                (normalised(yes), normalised(no))
            };
        }
    }
    let analysts = said.analysts(&probability, |law| self::weighing(n, &units, law, false).posterior());
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
    let drawn = self::weighing(n, &units, &pooled, true);
    answer.open = open(now, g, question, &units, &answer, (&weighing, &drawn));
    answer.indicators = validity(now, question, &answer, &weighing);
    Ok(answer)
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
    item.likelihood = people::Said::of(question).pooled().likelihood[i].clone();
    let known = match literal::known(now, before, g, &e.kind) {
        Ok(known) => known,
        Err(reason) => {
            item.reason = Some(reason);
            return None;
        }
    };
    item.base = known.base;
    let catches = match &e.kind {
        EvidenceKind::Indicator(id) => now.view.case.indicators.get(id).map(|x| covered(now.view.case, x)),
        _ => None,
    };
    item.catches = catches.as_ref().and_then(|c| c.as_ref().ok()).copied().filter(|c| *c < 1.0);
    let mut unit = Unit {
        items: vec![i],
        group: None,
        base: vec![known.base, 1.0 - known.base],
        chance: known.chance.iter().flat_map(|c| [*c, 1.0 - c]).collect(),
        drawn: known.drawn.iter().flat_map(|d| [f64::from(u8::from(*d)), f64::from(u8::from(!*d))]).collect(),
        catches: item.catches.unwrap_or(1.0),
        absent: false,
    };
    if known.base < LEAST_BASE && known.chance.iter().all(|c| *c < LEAST_BASE) {
        match catches {
            // Nobody spoke of it. Where somebody would have, that is evidence.
            Some(Ok(_)) => {
                let n = now.view.worlds.n;
                (unit.base, unit.chance, unit.drawn) = (vec![1.0], vec![1.0; n], vec![1.0; n]);
                unit.absent = true;
                item.probability = Some(0.0);
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
    Some(Unit { items: places, group: Some(k), base, chance: drawn.clone(), drawn, catches: 1.0, absent: false })
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
                        let l = u.catches * law.likelihood[u.items[0]][h];
                        if u.absent { vec![1.0 - l] } else { vec![l, 1.0 - l] }
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

/// What is not known yet, and what knowing it would be worth, the most valuable first: the gaps that somebody declared,
/// and evidence of which the reports leave open whether it is so.
fn open(
    now: Tested<'_>,
    g: &Gathered,
    question: &Question,
    units: &[Unit],
    answer: &Answer,
    (exact, drawn): (&Weighing, &Weighing),
) -> Vec<Worth> {
    let case = now.view.case;
    let mut out: Vec<Worth> = Vec::new();
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    for (id, gap) in &case.gaps {
        let bears = gap.judgments.is_empty()
            || gap.bears_on.as_ref().is_some_and(|b| b.0 == question.id)
            || question.evidence.iter().any(|e| Some(&e.kind) == gap.asks.as_ref())
            || gap.judgments.iter().any(|j| {
                case.judgments.iter().any(|x| x.id == *j && x.about == model::About::Hypotheses(question.id.clone()))
            });
        if bears {
            out.extend(gap_worth(now, g, question, units, answer, (exact, drawn), id, gap, &mut asked));
        }
    }
    for (i, item) in answer.items.iter().enumerate() {
        if asked.contains(&i) || item.reason.is_some() || item.value <= 0.0 {
            continue;
        }
        out.push(Worth {
            id: format!("evidence:{}/{}", question.id, item.id),
            asks: what(case, &question.evidence[i].kind),
            probability: item.expected,
            bits: item.value,
            if_yes: item.if_so.clone(),
            if_no: item.if_not.clone(),
        });
    }
    out.sort_by(|a, b| b.bits.total_cmp(&a.bits).then_with(|| a.id.cmp(&b.id)));
    out
}

#[allow(clippy::too_many_arguments)]
fn gap_worth(
    now: Tested<'_>,
    g: &Gathered,
    question: &Question,
    units: &[Unit],
    answer: &Answer,
    (exact, drawn): (&Weighing, &Weighing),
    id: &str,
    gap: &Gap,
    asked: &mut BTreeSet<usize>,
) -> Option<Worth> {
    let p: Vec<f64> = answer.hypotheses.iter().map(|h| h.probability).collect();
    let worth = |yes: Vec<f64>| {
        let no: Vec<f64> = p.iter().zip(&yes).map(|(p, y)| (p - y).max(0.0)).collect();
        Worth {
            id: format!("gap:{id}"),
            asks: gap.text.clone(),
            probability: yes.iter().sum(),
            bits: information(&yes.iter().zip(&no).map(|(y, n)| vec![*y, *n]).collect::<Vec<_>>()),
            if_yes: normalised(yes),
            if_no: normalised(no),
        }
    };
    if let Some((q, likelihood)) = &gap.bears_on {
        return (*q == question.id).then(|| worth(p.iter().zip(likelihood).map(|(p, l)| p * l.point).collect()));
    }
    let kind = gap.asks.as_ref()?;
    if let Some(i) = question.evidence.iter().position(|e| e.kind == *kind) {
        let item = &answer.items[i];
        asked.insert(i);
        return item.reason.is_none().then(|| Worth {
            id: format!("gap:{id}"),
            asks: gap.text.clone(),
            probability: item.expected,
            bits: item.value,
            if_yes: item.if_so.clone(),
            if_no: item.if_not.clone(),
        });
    }
    let known = literal::known(now, None, g, kind).ok()?;
    // What shares a claim with a piece hangs together with it inside a world, too: then the joint draws tell.
    let lineage = literal::lineage(now, g, kind);
    let shares = units.iter().flat_map(|u| &u.items).any(|i| answer.items[*i].claims.iter().any(|c| lineage.contains(c)));
    let yes = if shares {
        let chance: Vec<f64> = known.drawn.iter().map(|d| f64::from(u8::from(*d))).collect();
        let share: f64 = drawn.joint_with(&chance).iter().sum();
        drawn.joint_with(&chance).iter().zip(drawn.posterior()).zip(&p).map(|((j, d), p)| if d > 0.0 { j / d * p } else { share * p }).collect()
    } else {
        exact.joint_with(&known.chance)
    };
    Some(worth(yes))
}

/// P(indicator | hypothesis) for every indicator that can be tested.
fn validity(now: Tested<'_>, question: &Question, answer: &Answer, weighing: &Weighing) -> Vec<Validity> {
    now.outcomes
        .iter()
        .filter(|(_, o)| o.probability.is_some())
        .map(|(id, o)| {
            let item = question
                .evidence
                .iter()
                .position(|e| e.kind == EvidenceKind::Indicator(id.clone()))
                .map(|i| &answer.items[i]);
            let joint = weighing.joint_with(&o.exact);
            let worlds: Vec<f64> =
                joint.iter().zip(&answer.hypotheses).map(|(j, h)| if h.probability > 0.0 { j / h.probability } else { 0.0 }).collect();
            let people = item.map(|i| i.likelihood.clone()).filter(|l| !l.is_empty());
            let of = people.as_ref().unwrap_or(&worlds);
            let (least, most) = of.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
            let ratio = if least > 0.0 { most / least } else { f64::MAX };
            Validity { indicator: id.clone(), worlds, people, ratio: if most > 0.0 { ratio } else { 1.0 } }
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
            Some((model::Says::Fact(f), model::Stance::Denies)) => format!("not {}", quoted(&f.text, format!("fact:{}", f.id))),
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
