//! What is not known, and what knowing it would tell: open questions, and how indicators tell hypotheses apart.

use std::collections::BTreeSet;

use model::{EvidenceKind, Gap, Question};
use serde::{Deserialize, Serialize};
use stats::{Weighing, normalised};

use super::super::gather::Gathered;
use super::{Answer, Item, Tested, Unit, literal, told, what};

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

/// What is not known yet, and what knowing it would be worth, the most valuable first: the gaps that somebody declared,
/// and evidence of which the reports leave open whether it is so.
pub(super) fn open(
    now: Tested<'_>,
    g: &Gathered,
    question: &Question,
    units: &[Unit],
    answer: &Answer,
    (exact, drawn): (&Weighing, &dyn Fn() -> Weighing),
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
        let id = format!("evidence:{}/{}", question.id, item.id);
        out.push(of_item(id, what(case, &question.evidence[i].kind), item));
    }
    out.sort_by(|a, b| b.bits.total_cmp(&a.bits).then_with(|| a.id.cmp(&b.id)));
    out
}

/// What it is worth to know whether a piece of evidence is so.
fn of_item(id: String, asks: String, item: &Item) -> Worth {
    let (if_yes, if_no) = (item.if_so.clone(), item.if_not.clone());
    Worth { id, asks, probability: item.expected, bits: item.value, if_yes, if_no }
}

#[allow(clippy::too_many_arguments)]
fn gap_worth(
    now: Tested<'_>,
    g: &Gathered,
    question: &Question,
    units: &[Unit],
    answer: &Answer,
    (exact, drawn): (&Weighing, &dyn Fn() -> Weighing),
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
            bits: told(&yes, &no),
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
        return item.reason.is_none().then(|| of_item(format!("gap:{id}"), gap.text.clone(), item));
    }
    let known = literal::known(now, None, g, kind).ok()?;
    // What shares a claim with a piece hangs together with it inside a world, too: then the joint draws tell.
    let lineage = literal::lineage(now, g, kind);
    let shares =
        units.iter().flat_map(|u| &u.items).any(|i| answer.items[*i].claims.iter().any(|c| lineage.contains(c)));
    let yes = if shares {
        let chance: Vec<f64> = known.drawn.iter().map(|d| f64::from(u8::from(*d))).collect();
        let drawn = drawn();
        let joint = drawn.joint_with(&chance);
        let share: f64 = joint.iter().sum();
        let by = joint.iter().zip(drawn.posterior()).zip(&p);
        by.map(|((j, d), p)| if d > 0.0 { j / d * p } else { share * p }).collect()
    } else {
        exact.joint_with(&known.chance)
    };
    Some(worth(yes))
}

/// P(indicator | hypothesis) for every indicator that can be tested.
pub(super) fn validity(now: Tested<'_>, question: &Question, answer: &Answer, weighing: &Weighing) -> Vec<Validity> {
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
            let worlds: Vec<f64> = joint
                .iter()
                .zip(&answer.hypotheses)
                .map(|(j, h)| if h.probability > 0.0 { j / h.probability } else { 0.0 })
                .collect();
            let people = item.map(|i| i.likelihood.clone()).filter(|l| !l.is_empty());
            let of = people.as_ref().unwrap_or(&worlds);
            let (least, most) = of.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
            let ratio = if least > 0.0 { most / least } else { f64::MAX };
            Validity { indicator: id.clone(), worlds, people, ratio: if most > 0.0 { ratio } else { 1.0 } }
        })
        .collect()
}
