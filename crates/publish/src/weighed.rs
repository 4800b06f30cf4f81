//! What the page says of judgments and hypotheses: the grid, what each hangs on, what would change it, who differs.

use engine::stage::weigh::{Worth, letter, what};
use engine::{Assessment, Conclusion, Scrutiny};
use minijinja::{Value, context};
use model::{Case, percent};

use crate::page::{Last, bar};
use crate::svg::Svg;

type Slug<'a> = &'a dyn Fn(&str) -> String;

fn pct(p: f64, n: usize) -> String {
    percent(p, n).replace(' ', "\u{a0}")
}

/// What a conclusion hangs on, in sentences.
fn stands_on(case: &Case, c: &Conclusion, n: usize, slug: Slug<'_>) -> Vec<Value> {
    let source = |id: &str| case.sources.get(id).map_or_else(|| id.to_owned(), |s| s.name.clone());
    let show = |p: Option<f64>| p.map_or("it cannot be judged".to_owned(), |p| pct(p, n));
    let mut out: Vec<Value> = c
        .without
        .iter()
        .take(4)
        .enumerate()
        .map(|(k, o)| {
            let id = o.cause.trim_start_matches("source:");
            context! { linchpin => k == 0, link => slug(&o.cause), name => source(id), before => show(c.probability), after => show(o.probability),
                flips => o.flips.then(|| o.outcome.clone()), assumption => false, text => o.text.as_ref().filter(|_| o.flips) }
        })
        .collect();
    out.extend(c.assumptions.iter().map(|o| {
        let id = o.cause.trim_start_matches("assumption:");
        let text = case.assumptions.get(id).map_or("", |a| a.text.as_str());
        context! { linchpin => false, link => slug(&o.cause), name => text, before => show(c.probability), after => show(o.probability),
            flips => o.flips.then(|| o.outcome.clone()), assumption => true, text => o.text.as_ref().filter(|_| o.flips) }
    }));
    out
}

/// Key judgments.
pub(crate) fn judgments(
    case: &Case,
    a: &Assessment,
    s: &Scrutiny,
    last: Option<Last<'_>>,
    slug: Slug<'_>,
) -> Vec<Value> {
    let n = a.case.worlds;
    let moved = last.map_or(Vec::new(), |l| engine::moved(l.1, a));
    // What it said when it was last published: that it says the same is told, too.
    let before = |id: &str| -> Option<Value> {
        let (name, then) = last?;
        let was = then.judgments.iter().find(|j| j.id == id)?;
        let p = was.probability.map_or("not testable".to_owned(), |p| pct(p, then.case.worlds));
        Some(context! { name => name, as_of => then.case.as_of.to_string(), outcome => was.outcome, probability => p,
        moved => moved.iter().any(|m| m.1.id == id) })
    };
    a.judgments
        .iter()
        .map(|j| {
            let c = s.conclusions.iter().find(|c| c.id == j.id);
            context! { id => slug(&j.id), name => j.id, text => j.text, confidence => j.confidence_text, caution => j.caution,
                about => slug(&j.about), about_name => j.about, would_change => j.would_change, standing => j.standing.words(),
                suggested => j.suggested.words(), as_suggested => j.suggested == j.confidence,
                stands_on => c.map_or(Vec::new(), |c| stands_on(case, c, n, slug)), changed => j.changed, before => before(&j.id) }
        })
        .collect()
}

/// Questions: the grid, hypotheses as rows and evidence as columns, the most diagnostic first.
pub(crate) fn questions(case: &Case, a: &Assessment, s: &Scrutiny, slug: Slug<'_>) -> Vec<Value> {
    let n = a.case.worlds;
    a.questions
        .iter()
        .filter_map(|q| {
            let id = q.id.trim_start_matches("question:");
            let def = case.questions.get(id)?;
            let weighed: Vec<_> = q
                .hypotheses
                .iter()
                .filter_map(|h| a.hypotheses.iter().find(|x| x.id == format!("hypothesis:{id}/{h}")))
                .collect();
            let mut order: Vec<usize> = (0..q.evidence.len()).collect();
            order.sort_by(|x, y| {
                let (x, y) = (&q.evidence[*x], &q.evidence[*y]);
                x.reason.is_some().cmp(&y.reason.is_some()).then(y.bits.total_cmp(&x.bits)).then_with(|| x.id.cmp(&y.id))
            });
            let linchpins: Vec<&str> = s
                .conclusions
                .iter()
                .filter(|c| c.question.as_deref() == Some(id))
                .filter_map(Conclusion::linchpin)
                .map(|o| o.cause.trim_start_matches("source:"))
                .collect();
            let rows: Vec<Value> = weighed
                .iter()
                .enumerate()
                .map(|(k, row)| {
                    let cells: Vec<Value> = order
                        .iter()
                        .map(|i| &q.evidence[*i])
                        .map(|e| {
                            let l = e.likelihood.get(k).copied();
                            let mean: f64 = weighed.iter().zip(&e.likelihood).map(|(h, l)| h.prior * l).sum();
                            context! { word => l.map(|l| case.lexicon.words(l)), number => l.map(|l| format!("{l:.2}")), letter => l.map(|l| letter(l, mean)),
                                without => e.without.get(k).map(|w| pct(*w, n)) }
                        })
                        .collect();
                    context! { id => slug(&row.id), name => row.id, text => row.text, prior => pct(row.prior, n), why => def.hypotheses.get(k).map(|h| h.why.clone()),
                        probability => pct(row.probability, n), error => format!("{:.1}", row.error * 200.0), bar => bar(row.probability),
                        low => pct(row.bounds[0], n), high => pct(row.bounds[1], n), cells => cells }
                })
                .collect();
            let evidence: Vec<Value> = order
                .iter()
                .map(|i| &q.evidence[*i])
                .map(|e| {
                    let d = def.evidence.iter().find(|x| x.id == e.id);
                    let claims: Vec<Value> = e.claims.iter().map(|c| context! { id => slug(&format!("claim:{c}")), name => c }).collect();
                    let rests = e.claims.iter().filter_map(|c| case.claims.get(c)).any(|c| linchpins.contains(&case.root(c).0.as_str()));
                    let whys: Vec<Value> = def.opinions.iter().filter_map(|o| Some(context! { who => o.analyst, why => o.evidence.get(&e.id)?.1 })).collect();
                    context! { id => e.id, anchor => slug(&format!("evidence:{id}/{}", e.id)), what => d.map(|d| what(case, &d.kind)), so => e.probability.map(|p| pct(p, n)), base => pct(e.base, n), why => d.map(|d| d.why.clone()), whys => whys,
                        reason => e.reason, claims => claims, bits => format!("{:.2}", e.bits), decibans => format!("{:+.1}", e.decibans), linchpin => rests, group => e.group,
                        catches => e.catches.map(|c| pct(c, n)) }
                })
                .collect();
            let lead = {
                let p: Vec<f64> = weighed.iter().map(|h| h.probability).collect();
                engine::stage::weigh::ranked(&p).first().copied()?
            };
            let open: Vec<Value> = q.open.iter().take(8).map(|w| worth(w, lead, n)).collect();
            let analysts: Vec<Value> = q
                .analysts
                .iter()
                .map(|x| {
                    let cells: Vec<String> = x.probability.iter().map(|p| pct(*p, n)).collect();
                    context! { name => x.analyst, cells => cells, incoherent => (x.incoherent > 0.001).then(|| format!("{:.0}", 100.0 * x.incoherent)),
                        belief => x.belief.as_ref().map(|b| pct(b[lead], n)) }
                })
                .collect();
            let audit = q.audit.as_ref().map(|audit| {
                let cells: Vec<Value> = audit
                    .cells
                    .iter()
                    .take(8)
                    .map(|c| {
                        let said: Vec<String> = c.said.iter().map(|(who, p)| format!("{who} {p:.2}")).collect();
                        context! { evidence => c.evidence, hypothesis => c.hypothesis, said => said.join(", "), spread => format!("{:.2}", c.spread) }
                    })
                    .collect();
                context! { cells => cells, level => format!("{:.2}", audit.level_noise), pattern => format!("{:.2}", audit.pattern_noise) }
            });
            let (telling, rest): (Vec<_>, Vec<_>) = q.indicators.iter().partition(|v| v.people.is_some() || v.ratio >= 1.2);
            let validity: Vec<Value> = telling
                .iter()
                .map(|v| {
                    let of: Vec<String> = v.people.as_ref().unwrap_or(&v.worlds).iter().map(|p| pct(*p, n)).collect();
                    context! { id => slug(&format!("indicator:{}", v.indicator)), name => v.indicator, cells => of, ratio => format!("{:.1}", v.ratio.min(99.0)),
                        by => if v.people.is_some() { "people" } else { "worlds" }, useless => v.ratio < 2.0 }
                })
                .collect();
            let silent: Vec<&str> = rest.iter().map(|v| v.indicator.as_str()).collect();
            Some(context! { id => slug(&q.id), name => q.id, question => q.question, rows => rows, evidence => evidence, ess => format!("{:.0}", q.ess),
                open => open, lead => q.hypotheses[lead], analysts => analysts, hypotheses => q.hypotheses, audit => audit, validity => validity, silent => silent,
                tornado => Value::from_safe_string(tornado(case, a, q, lead)) })
        })
        .collect()
}

fn worth(w: &Worth, lead: usize, n: usize) -> Value {
    let at = |x: &[f64]| x.get(lead).map(|p| pct(*p, n));
    context! { asks => w.asks, gap => w.id.starts_with("gap:"), bits => format!("{:.3}", w.bits), probability => pct(w.probability, n), yes => at(&w.if_yes), no => at(&w.if_no) }
}

/// How far each answer would move the leading hypothesis: a bar from its probability if the thing is not so to that if it
/// is, the widest on top; the line is what is believed now.
fn tornado(case: &Case, a: &Assessment, q: &engine::stage::assess::QuestionRow, lead: usize) -> String {
    let n = a.case.worlds;
    let id = format!("hypothesis:{}/{}", q.id.trim_start_matches("question:"), q.hypotheses[lead]);
    let Some(now) = a.hypotheses.iter().find(|h| h.id == id) else { return String::new() };
    let mut bars: Vec<&Worth> = q.open.iter().filter(|w| w.if_yes.len() > lead && w.if_no.len() > lead).collect();
    let swing = |w: &Worth| (w.if_yes[lead] - w.if_no[lead]).abs();
    bars.sort_by(|x, y| swing(y).total_cmp(&swing(x)).then_with(|| x.id.cmp(&y.id)));
    bars.retain(|w| swing(w) >= 0.005);
    bars.truncate(10);
    if bars.is_empty() {
        return String::new();
    }
    let (left, width, row) = (300.0, 420.0, 26.0);
    let height = 30.0 + row * bars.len() as f64 + 14.0;
    let x = |p: f64| left + width * p;
    let label = format!(
        "How far each answer would move \u{201c}{}\u{201d}; the table of open questions says the same in words",
        now.text
    );
    let mut svg = Svg::new(left + width + 40.0, height, &label);
    for k in 0..=4 {
        let p = f64::from(k) / 4.0;
        svg.line(x(p), 22.0, x(p), height - 12.0, "grid");
        svg.text(x(p), 16.0, "middle", "tick", &format!("{:.0} %", 100.0 * p));
    }
    for (k, w) in bars.iter().enumerate() {
        let y = 30.0 + row * k as f64;
        let (yes, no) = (w.if_yes[lead], w.if_no[lead]);
        let short = short(case, q, w);
        // Room for the word at a bar's end that reaches to nothing.
        svg.text(left - 30.0, y + 12.0, "end", "name", &short);
        let title = format!("{}: if so {}, if not {}", w.asks, percent(yes, n), percent(no, n));
        let (low, high) = (yes.min(no), yes.max(no));
        svg.rect(x(low), y + 2.0, x(high) - x(low), 13.0, "event", &title);
        // Which end is which.
        svg.text(x(low) - 3.0, y + 12.0, "end", "tick", if yes < no { "so" } else { "not" });
        svg.text(x(high) + 3.0, y + 12.0, "start", "tick", if yes < no { "not" } else { "so" });
    }
    svg.line(x(now.probability), 20.0, x(now.probability), height - 12.0, "median");
    svg.text(x(now.probability), height - 1.0, "middle", "tick", &format!("now {}", percent(now.probability, n)));
    svg.finish()
}

/// A name of an open question that fits beside a bar.
fn short(case: &Case, q: &engine::stage::assess::QuestionRow, w: &Worth) -> String {
    let id = w.id.rsplit('/').next().unwrap_or(&w.id);
    let name = match w.id.split_once(':') {
        Some(("gap", g)) => case.gaps.get(g).map_or_else(|| g.to_owned(), |_| format!("gap: {g}")),
        _ => q.evidence.iter().find(|e| e.id == id).map_or_else(|| id.to_owned(), |e| e.id.clone()),
    };
    if name.chars().count() > 40 { name.chars().take(39).collect::<String>() + "\u{2026}" } else { name }
}

/// Key assumptions, with what moves if each is false.
pub(crate) fn assumptions(s: &Scrutiny, slug: Slug<'_>) -> Vec<Value> {
    let linked = |ids: &[String]| ids.iter().map(|id| context! { id => slug(id), name => id }).collect::<Vec<_>>();
    s.assumptions
        .iter()
        .map(|x| {
            context! { id => slug(&x.id), text => x.text, why => x.why, status => x.status.words(), judgments => linked(&x.judgments), run => x.run, moves => linked(&x.moves) }
        })
        .collect()
}

/// Information gaps: how much each would tell, most first, of each judgment that it limits.
pub(crate) fn gaps(case: &Case, a: &Assessment, slug: Slug<'_>) -> Vec<Value> {
    let n = a.case.worlds;
    let mut out: Vec<(f64, &String, Value)> = case
        .gaps
        .iter()
        .map(|(id, g)| {
            let name = format!("gap:{id}");
            let of = |j: &String| {
                let row = a.judgments.iter().find(|r| r.id == format!("judgment:{j}"))?;
                let question = a.questions.iter().find(|q| q.id == row.about);
                let list = question.map_or(&row.open, |q| &q.open);
                let w = list.iter().find(|w| w.id == name)?;
                // Of a question: what it makes of the hypothesis that leads now.
                let lead = question.map_or(0, |q| {
                    let at = |h: &String| a.hypotheses.iter().find(|x| x.id == format!("hypothesis:{}/{h}", q.id.trim_start_matches("question:"))).map_or(0.0, |x| x.probability);
                    engine::stage::weigh::ranked(&q.hypotheses.iter().map(at).collect::<Vec<_>>())[0]
                });
                Some((w.bits, w.if_yes[lead], w.if_no[lead]))
            };
            let judged: Vec<Value> = g
                .judgments
                .iter()
                .map(|j| {
                    let w = of(j);
                    context! { id => slug(&format!("judgment:{j}")), name => j, bits => w.map(|w| format!("{:.3}", w.0)), yes => w.map(|w| pct(w.1, n)), no => w.map(|w| pct(w.2, n)) }
                })
                .collect();
            let most = g.judgments.iter().filter_map(of).map(|w| w.0).fold(0.0, f64::max);
            (most, id, context! { id => slug(&name), text => g.text, judgments => judged })
        })
        .collect();
    out.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(y.1)));
    out.into_iter().map(|x| x.2).collect()
}

/// The lexicon of the case, as a sentence.
pub(crate) fn lexicon(case: &Case) -> Value {
    let words: Vec<String> = case
        .lexicon
        .bands
        .iter()
        .map(|b| format!("{} ({:.0}\u{2013}{:.0} %)", b.words, 100.0 * b.low, 100.0 * b.high))
        .collect();
    context! { name => case.lexicon.name, words => words.join(", ") }
}
