//! Remarks on hypotheses, evidence, indicators and who judged them.

use std::collections::BTreeSet;

use super::Say;
use super::sources::short;
use crate::ledger::Ledger;
use crate::stage::assess::{Assessment, Inputs};
use crate::stage::coverage::covered;
use crate::stage::weigh::Answer;

pub(super) fn remarks(i: &Inputs<'_>, a: &Assessment, say: &mut Say) {
    for (id, answer) in i.answers {
        question(i, id, answer, say);
    }
    let tripped = i.case.tripped();
    for row in &a.indicators {
        let id = row.id.trim_start_matches("indicator:");
        let Some(x) = i.case.indicators.get(id) else { continue };
        if x.review_by.is_none() {
            say.say("indicator-without-review", &row.id, "nobody is to look at its definition again (`review_by`)");
        }
        if row.probability.is_some_and(|p| p <= 0.05)
            && let Err(nobody) = covered(i.case, x)
        {
            say.say("absence-without-coverage", &row.id, format!("nothing was seen, and {nobody}"));
        }
        if !tripped.contains(&x.id) {
            say.say("indicator-untested", &row.id, "no fixture in tests/ shows that it trips when it should");
        }
    }
    for (line, why) in Ledger::parse(&i.case.ledger).err().into_iter().flatten() {
        say.say("forecast-without-terms", format!("forecasts.jsonl:{line}"), why);
    }
    for (id, gap) in &i.case.gaps {
        if gap.asks.is_none() && gap.bears_on.is_none() {
            let text = "what closing it is worth cannot be worked out: it asks of nothing (`asks`)";
            say.say("gap-asks-nothing", format!("gap:{id}"), text);
        }
    }
}

fn question(i: &Inputs<'_>, id: &str, answer: &Answer, say: &mut Say) {
    let Some(q) = i.case.questions.get(id) else { return };
    let about = format!("question:{id}");
    if q.hypotheses.len() < 3 {
        say.say("one-hypothesis", &about, "beside \"something else\" one answer only is considered");
    }
    let moved = answer.hypotheses.iter().any(|h| (h.probability - h.prior).abs() > 0.01);
    if !q.evidence.is_empty() && !moved {
        let text = "its evidence moves no hypothesis by as much as 1 %: the answer is what was believed before";
        say.say("posterior-equals-prior", &about, text);
    }
    if answer.ranked().first().is_some_and(|h| answer.hypotheses[*h].id == "other") {
        say.say("other-leads", &about, "the likeliest answer is none of those listed");
    }
    for h in q.hypotheses.iter().filter(|h| h.prior > 0.0) {
        short(say, &format!("hypothesis:{id}/{}", h.id), "its prior", &h.why);
    }
    for (item, e) in answer.items.iter().zip(&q.evidence) {
        let name = format!("evidence:{id}/{}", item.id);
        short(say, &name, "its likelihoods", &e.why);
        if item.likelihood.is_empty() {
            continue;
        }
        if item.reason.is_none() && item.bits < 0.01 {
            say.say(
                "useless-evidence",
                &name,
                format!("it was expected to tell {:.3} bits of the question", item.bits),
            );
        }
        let (least, most) = item.likelihood.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), l| (a.min(*l), b.max(*l)));
        if most / least >= 50.0 {
            let text = format!("{most:.2} under one hypothesis, {least:.2} under another: {:.0} times", most / least);
            say.say("near-certain-likelihood", &name, text);
        }
    }
    let weighed: Vec<_> = answer.items.iter().filter(|x| !x.likelihood.is_empty()).collect();
    for (h, w) in answer.hypotheses.iter().enumerate().filter(|(_, w)| w.id != "other" && !weighed.is_empty()) {
        let against = weighed.iter().any(|x| {
            let mean: f64 = answer.hypotheses.iter().zip(&x.likelihood).map(|(w, l)| w.prior * l).sum();
            x.likelihood[h] < 0.9 * mean
        });
        if !against {
            let text = "no listed evidence is less likely under it than on average: nothing could tell against it";
            say.say("nothing-against", format!("hypothesis:{id}/{}", w.id), text);
        }
    }
    for v in answer.indicators.iter().filter(|v| v.people.is_some() && v.ratio < 2.0) {
        let text = format!(
            "as evidence of question:{id} it is at most {:.1} times as likely under one hypothesis as under another",
            v.ratio
        );
        say.say("indicator-tells-nothing", format!("indicator:{}", v.indicator), text);
    }
    let far: BTreeSet<&str> =
        answer.audit.iter().flat_map(|x| &x.cells).filter(|c| c.spread > 1.0).map(|c| c.evidence.as_str()).collect();
    for e in far {
        let cells = answer.audit.iter().flat_map(|x| &x.cells);
        let Some(worst) = cells.filter(|c| c.evidence == e).max_by(|a, b| a.spread.total_cmp(&b.spread)) else {
            continue;
        };
        let said: Vec<String> = worst.said.iter().map(|(who, p)| format!("{who} {p:.2}")).collect();
        let text = format!("under `{}` they say {}", worst.hypothesis, said.join(", "));
        say.say("analysts-differ", format!("evidence:{id}/{e}"), text);
    }
    for x in &answer.analysts {
        if x.incoherent > 0.05 {
            let text = format!(
                "the priors of {} had to be moved by up to {:.0} points to sum to 1",
                x.analyst,
                100.0 * x.incoherent
            );
            say.say("incoherent-priors", &about, text);
        }
        let Some(belief) = &x.belief else { continue };
        let apart = belief.iter().zip(&x.probability).map(|(b, p)| (b - p).abs()).fold(0.0, f64::max);
        if apart > 0.2 {
            let text = format!(
                "what {} believes, all told, is up to {:.0} points from what follows from the likelihoods given",
                x.analyst,
                100.0 * apart
            );
            say.say("belief-differs", &about, text);
        }
    }
}
