//! What would change a judgment, in plain words: from its indicators, its evidence and what nobody has answered. And the
//! analytic confidence that its grounds suggest.

use std::collections::{BTreeMap, BTreeSet};

use model::{About, AssumptionStatus, Confidence, EventBy, EvidenceKind, Judgment, LinkRef, SourceKind, Test, percent};
use stats::information;

use super::assess::Inputs;
use super::coverage::covered;
use super::test::{Outcome, State};
use super::weigh::{Answer, Tested, Worth, known, lineage, ranked, what};

/// Worlds that are needed on either side before anything is said of them.
const FEW: f64 = 50.0;
/// Below this G statistic two draws are taken to have nothing to do with each other (p of .0001: many are looked at).
const LEAST_G: f64 = 15.1;
/// Below this many bits an answer is worth no question.
const WORTHLESS: f64 = 0.001;

/// What knowing it would tell of an indicator: gaps that somebody declared for the judgment, then events and links that
/// its worlds hang on; the most valuable first.
pub(super) fn of_indicator(i: &Inputs<'_>, j: &Judgment, o: &Outcome) -> Vec<Worth> {
    let view = &super::test::View { case: i.case, laws: i.laws, worlds: i.worlds };
    let tested = Tested { view, outcomes: i.outcomes };
    let worth = |id: String, asks: String, kind: &EvidenceKind| -> Option<Worth> {
        let drawn = known(tested, None, i.gathered, kind).ok()?.drawn;
        let mut cells = [[0.0_f64; 2]; 2];
        for (yes, holds) in drawn.iter().zip(&o.holds) {
            cells[usize::from(!holds)][usize::from(!yes)] += 1.0;
        }
        let (yes, no) = (cells[0][0] + cells[1][0], cells[0][1] + cells[1][1]);
        if yes.min(no) < FEW {
            return None;
        }
        let bits = information(&cells.map(|row| row.to_vec()));
        // What a sample of worlds shows by chance is no information (the G statistic, one degree of freedom).
        let bits = if 2.0 * std::f64::consts::LN_2 * bits * (yes + no) < LEAST_G { 0.0 } else { bits };
        Some(Worth {
            id,
            asks,
            probability: yes / (yes + no),
            bits,
            if_yes: vec![cells[0][0] / yes],
            if_no: vec![cells[0][1] / no],
        })
    };
    let mut out: Vec<Worth> = Vec::new();
    let mut asked: Vec<EvidenceKind> = Vec::new();
    for (id, gap) in i.case.gaps.iter().filter(|g| g.1.judgments.contains(&j.id)) {
        if let Some(kind) = &gap.asks {
            out.extend(worth(format!("gap:{id}"), gap.text.clone(), kind));
            asked.push(kind.clone());
        }
    }
    let events = o.carriers.iter().take(12).map(|c| EvidenceKind::Event(EventBy { id: c.event.clone(), by: None }));
    let links = i
        .worlds
        .links
        .iter()
        .map(|l| EvidenceKind::Link(LinkRef { actor: l.actor.clone(), kind: l.kind, to: l.to.clone() }));
    let by = o.carriers.iter().take(12).flat_map(|c| {
        let law = i.laws.iter().find(|l| l.id == c.event);
        let names = law.map(|l| l.candidates.clone()).unwrap_or_default();
        names.into_iter().map(|by| EvidenceKind::Event(EventBy { id: c.event.clone(), by: Some(by) }))
    });
    for kind in events.chain(by).chain(links) {
        if asked.contains(&kind) {
            continue;
        }
        let words = what(i.case, &kind);
        out.extend(worth(format!("open:{}", name(&kind)), words, &kind).filter(|w| w.bits > WORTHLESS));
        asked.push(kind);
    }
    out.sort_by(|a, b| b.bits.total_cmp(&a.bits).then_with(|| a.id.cmp(&b.id)));
    out.truncate(8);
    out
}

fn name(kind: &EvidenceKind) -> String {
    match kind {
        EvidenceKind::Event(EventBy { id, by: None }) => format!("event:{id}"),
        EvidenceKind::Event(EventBy { id, by: Some(by) }) => format!("event:{id}/{by}"),
        EvidenceKind::Link(l) => format!("link:{}/{}/{}", l.actor, l.kind.name(), l.to),
        EvidenceKind::Indicator(x) => format!("indicator:{x}"),
        EvidenceKind::Factor(x) => format!("factor:{x}"),
        EvidenceKind::Claim(x) => format!("claim:{x}"),
        EvidenceKind::Origin(x) => format!("source:{x}"),
    }
}

/// What one would need to see to change a judgment on an indicator.
pub(super) fn indicator_words(i: &Inputs<'_>, id: &str, state: State, open: &[Worth]) -> Vec<String> {
    let n = i.worlds.n;
    let Some(indicator) = i.case.indicators.get(id) else { return Vec::new() };
    let mut out = Vec::new();
    let tests = in_full(i, id);
    match state {
        State::Observed => out.push(format!("It is observed as long as reports leave at most 5 % doubt of: {tests}.")),
        State::NotTestable => out.push(format!("It can be judged once reports speak of: {tests}.")),
        _ => out.push(format!("It would be observed if reports left at most 5 % doubt of: {tests}.")),
    }
    if state != State::NotObserved && state != State::NotTestable {
        out.push(match covered(i.case, indicator) {
            Ok(_) => "It would be found not observed at 5 % or less.".into(),
            Err(nobody) => format!("It cannot be found not observed: {nobody}."),
        });
    }
    for w in open.iter().filter(|w| w.bits > WORTHLESS).take(3) {
        out.push(format!(
            "{} If so, {}; if not, {}.",
            asking(w),
            i.case.lexicon.likelihood(w.if_yes[0], n),
            i.case.lexicon.likelihood(w.if_no[0], n)
        ));
    }
    out
}

fn asking(w: &Worth) -> String {
    if w.id.starts_with("gap:") { format!("Not known: {}", w.asks) } else { format!("Open: whether {}.", w.asks) }
}

/// A test in words, down to what it is made of.
fn in_full(i: &Inputs<'_>, id: &str) -> String {
    let Some(x) = i.case.indicators.get(id) else { return id.to_owned() };
    let parts: Vec<String> = x
        .test
        .parts()
        .into_iter()
        .map(|p| {
            let several = i.case.indicators.get(p).is_some_and(|x| x.test.parts().len() > 1);
            if several { format!("({})", in_full(i, p)) } else { in_full(i, p) }
        })
        .collect();
    match &x.test {
        Test::All(_) => parts.join("; and "),
        Test::Any(_) => parts.join("; or "),
        Test::Not(_) => format!("not {}", parts.join("")),
        test => crate::describe(i.case, test),
    }
}

/// What one would need to see to change which hypothesis leads.
pub(super) fn question_words(i: &Inputs<'_>, q: &str, a: &Answer) -> Vec<String> {
    let n = i.worlds.n;
    let Some(question) = i.case.questions.get(q) else { return Vec::new() };
    let Some(lead) = a.ranked().first().copied() else { return Vec::new() };
    let text = |h: usize| format!("\u{201c}{}\u{201d}", question.hypotheses[h].text.trim_end_matches('.'));
    // What would put another first, the likeliest to come first.
    let mut flips: Vec<(f64, String)> = Vec::new();
    let mut most: Option<(f64, String)> = None;
    for w in &a.open {
        for (yes, then, chance) in [(true, &w.if_yes, w.probability), (false, &w.if_no, 1.0 - w.probability)] {
            if chance < 0.001 {
                continue;
            }
            let first = ranked(then).first().copied().unwrap_or(lead);
            let answer = if yes { "yes" } else { "no" };
            let condition = if w.id.starts_with("gap:") {
                format!("If the answer to \u{201c}{}\u{201d} were {answer}", w.asks)
            } else {
                format!("If it were {} that {}", if yes { "certain" } else { "ruled out" }, w.asks)
            };
            if first != lead {
                let words = format!("{condition}, {} would lead ({}).", text(first), percent(then[first], n));
                flips.push((chance, words));
            } else {
                let fall = a.hypotheses[lead].probability - then[lead];
                if most.as_ref().is_none_or(|m| fall > m.0) && fall > 0.01 {
                    let words = format!(
                        "{condition}, {} would still lead, with {} instead of {}.",
                        text(lead),
                        percent(then[lead], n),
                        percent(a.hypotheses[lead].probability, n)
                    );
                    most = Some((fall, words));
                }
            }
        }
    }
    flips.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut out: Vec<String> = flips.into_iter().take(4).map(|f| f.1).collect();
    if out.is_empty() {
        out.push("No single answer would put another hypothesis first.".into());
        out.extend(most.map(|m| m.1));
    }
    if let Some(w) = a.open.iter().find(|w| w.id.starts_with("gap:") && w.bits > WORTHLESS) {
        out.push(format!(
            "The gap most worth closing: {} (yes: {} {}; no: {}).",
            w.asks,
            text(lead),
            percent(w.if_yes[lead], n),
            percent(w.if_no[lead], n)
        ));
    }
    out
}

/// What a judgment stands on, as analytic confidence asks for it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    /// Independent origins that bear on it: less by the chance of each that it copies another.
    pub origins: f64,
    /// Of these, those that speak for no side.
    pub disinterested: f64,
    /// Its assumptions that are caveated, and unsupported.
    pub caveated: usize,
    /// See `caveated`.
    pub unsupported: usize,
    /// Its information gaps.
    pub gaps: usize,
    /// Whether its answer is undecided or cannot be tested.
    pub undecided: bool,
}

impl Standing {
    /// The confidence that these grounds suggest (after ICD 203 and JP 2-0: corroboration, assumptions, gaps).
    pub fn suggests(&self) -> Confidence {
        if self.undecided || self.unsupported > 0 || self.origins < 1.5 || self.disinterested < 0.5 {
            Confidence::Low
        } else if self.origins >= 3.0 && self.disinterested >= 2.5 && self.caveated == 0 && self.gaps == 0 {
            Confidence::High
        } else if self.caveated + self.gaps <= 3 {
            Confidence::Moderate
        } else {
            Confidence::Low
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let mut out = format!("{:.1} independent origins, {:.1} of them of no side", self.origins, self.disinterested);
        out += &format!(
            "; {} caveated and {} unsupported",
            count(self.caveated, "assumption", "assumptions"),
            self.unsupported
        );
        out += &format!("; {}", count(self.gaps, "gap", "gaps"));
        if self.undecided {
            out += "; the answer is open";
        }
        out
    }
}

/// Claims that a judgment rests on.
pub(crate) fn claims_of(i: &Inputs<'_>, j: &Judgment) -> BTreeSet<String> {
    match &j.about {
        About::Indicator(id) => {
            let view = &super::test::View { case: i.case, laws: i.laws, worlds: i.worlds };
            lineage(Tested { view, outcomes: i.outcomes }, i.gathered, &EvidenceKind::Indicator(id.clone()))
        }
        About::Hypotheses(q) => {
            let items = i.answers.get(q).into_iter().flat_map(|a| &a.items);
            items.filter(|x| x.reason.is_none()).flat_map(|x| x.claims.iter().cloned()).collect()
        }
    }
}

/// What a judgment stands on.
pub(super) fn standing(i: &Inputs<'_>, j: &Judgment, undecided: bool) -> Standing {
    let claims = claims_of(i, j);
    // One origin may make several statements: it is one all the same, as far as it copies nobody.
    let mut own: BTreeMap<&str, f64> = BTreeMap::new();
    for s in i.gathered.statements.iter().filter(|s| s.claims.iter().any(|c| claims.contains(c))) {
        let p = 1.0 - s.echo.as_ref().map_or(0.0, |e| e.p);
        let best = own.entry(&s.origin).or_default();
        *best = best.max(p);
    }
    let aside =
        |id: &str| i.case.sources.get(id).is_some_and(|s| s.speaks_for.is_none() && s.kind != SourceKind::Party);
    let mine = i.case.assumptions.values().filter(|a| a.judgments.contains(&j.id));
    let (mut caveated, mut unsupported) = (0, 0);
    for a in mine {
        match a.status {
            AssumptionStatus::Supported => {}
            AssumptionStatus::Caveated => caveated += 1,
            AssumptionStatus::Unsupported => unsupported += 1,
        }
    }
    Standing {
        origins: own.values().fold(0.0, |s, p| s + p),
        disinterested: own.iter().filter(|(id, _)| aside(id)).fold(0.0, |s, x| s + x.1),
        caveated,
        unsupported,
        gaps: i.case.gaps.values().filter(|g| g.judgments.contains(&j.id)).count(),
        undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uncorroborated, assumed or full of gaps is low; high needs several who speak for no side and nothing assumed.
    #[test]
    fn confidence_follows_its_grounds() {
        let good = Standing { origins: 4.0, disinterested: 3.0, ..Standing::default() };
        assert_eq!(good.suggests(), Confidence::High);
        assert_eq!(Standing { caveated: 1, ..good.clone() }.suggests(), Confidence::Moderate);
        assert_eq!(Standing { disinterested: 1.0, ..good.clone() }.suggests(), Confidence::Moderate);
        assert_eq!(Standing { gaps: 4, ..good.clone() }.suggests(), Confidence::Low);
        assert_eq!(Standing { unsupported: 1, ..good.clone() }.suggests(), Confidence::Low);
        assert_eq!(Standing { disinterested: 0.0, ..good.clone() }.suggests(), Confidence::Low);
        assert_eq!(Standing { origins: 1.2, disinterested: 1.2, ..good.clone() }.suggests(), Confidence::Low);
        assert_eq!(Standing { undecided: true, ..good }.suggests(), Confidence::Low);
    }
}
