//! `weigh`: what to believe of each question, what that stands on, and what would change it.

use std::fmt::Write as _;

use engine::stage::weigh::{Item, letter};
use engine::{Conclusion, Options, Run, Scrutiny};
use model::{Case, percent};

use super::build::{indent, wrap};
use crate::args::{Common, Format, Weigh};
use crate::output::{self, Rate};
use crate::{End, Outcome};

pub(crate) fn run(args: &Weigh, common: &Common) -> Outcome {
    let Some(loaded) = super::sound_case(&args.case, Some(&args.seen))? else { return Ok(End::Failed) };
    let options = Options { worlds: args.seen.worlds as usize };
    let case = &loaded.case;
    if case.questions.is_empty() && case.judgments.is_empty() {
        return Err("the case has no questions (`hypotheses.toml`) and no judgments".into());
    }
    if let Some(q) = args.question.as_ref().filter(|q| !case.questions.contains_key(*q)) {
        let near = model::suggest_edit(q, case.questions.keys().map(String::as_str));
        let help = near.map_or(String::new(), |n| format!(": did you mean `{n}`?"));
        return Err(format!("unknown question `{q}`{help}"));
    }
    let run = super::assessed(&loaded, options)?;
    let bar = Rate::steps("leaving out one origin after another");
    let s = engine::scrutiny(case, &run, options, engine::ORIGINS, &|done, all| bar.of(done as u64, all as u64));
    drop(bar);
    if common.format == Format::Json {
        let whole = serde_json::json!({"questions": run.assessment.questions, "hypotheses": run.assessment.hypotheses, "judgments": run.assessment.judgments, "scrutiny": s});
        let text = serde_json::to_string_pretty(&whole).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
        return Ok(End::Done);
    }
    let mut out = String::new();
    for q in case.questions.keys().filter(|q| args.question.as_ref().is_none_or(|x| x == *q)) {
        question(&mut out, case, &run, &s, q, args.letters);
    }
    if args.question.is_none() {
        for j in &run.assessment.judgments {
            judgment(&mut out, &run, &s, j);
        }
        assumptions(&mut out, &s);
    }
    for (cause, why) in s.untried.iter().take(5) {
        let _ = writeln!(out, "not tried: {cause}: {why}");
    }
    if s.untried.len() > 5 {
        let _ = writeln!(out, "and {} more were not tried", s.untried.len() - 5);
    }
    output::print(&out);
    Ok(End::Done)
}

/// The grid: hypotheses as rows, evidence as columns, the most diagnostic first.
fn question(out: &mut String, case: &Case, run: &Run, s: &Scrutiny, q: &str, letters: bool) {
    let (Some(question), Some(a)) = (case.questions.get(q), run.answers.get(q)) else { return };
    let n = run.worlds.n;
    let pct = |p: f64| percent(p, n);
    let _ = writeln!(out, "\n{}  [question:{q}]\n", question.question.to_uppercase());
    let mut items: Vec<(&Item, usize)> = a.items.iter().zip(0..).filter(|(i, _)| i.reason.is_none()).collect();
    items.sort_by(|x, y| y.0.bits.total_cmp(&x.0.bits).then_with(|| x.0.id.cmp(&y.0.id)));
    let linchpins: Vec<&str> = s
        .conclusions
        .iter()
        .filter(|c| c.question.as_deref() == Some(q))
        .filter_map(|c| c.linchpin())
        .map(|o| o.cause.trim_start_matches("source:"))
        .collect();
    let rests = |i: &Item| {
        i.claims.iter().filter_map(|c| case.claims.get(c)).any(|c| linchpins.contains(&case.root(c).0.as_str()))
    };
    let mut head = vec!["hypothesis".to_owned(), "now".into(), "80 %".into(), "prior".into()];
    head.extend(items.iter().map(|(i, _)| format!("{}{}", i.id, if rests(i) { "*" } else { "" })));
    let mut rows = vec![head];
    let row = |name: &str, of: &dyn Fn(&Item) -> String| -> Vec<String> {
        [name, "", "", ""].map(str::to_owned).into_iter().chain(items.iter().map(|(i, _)| of(i))).collect()
    };
    rows.push(row("it is so", &|i| i.probability.map_or("-".into(), pct)));
    rows.push(row("before any report", &|i| pct(i.base)));
    rows.push(row("diagnosticity, bits", &|i| format!("{:.2}", i.bits)));
    rows.push(row("weight for the first, dB", &|i| format!("{:+.1}", i.decibans)));
    for h in a.ranked() {
        let w = &a.hypotheses[h];
        let mut cells = vec![
            w.id.clone(),
            pct(w.probability),
            format!("{:.0}-{:.0}", 100.0 * w.bounds[0], 100.0 * w.bounds[1]),
            pct(w.prior),
        ];
        cells.extend(items.iter().map(|(i, _)| {
            let l = i.likelihood[h];
            let mean: f64 = a.hypotheses.iter().zip(&i.likelihood).map(|(x, l)| x.prior * l).sum();
            if letters { letter(l, mean).to_owned() } else { format!("{l:.2}") }
        }));
        rows.push(cells);
    }
    out.push_str(&indent(&output::table(&rows)));
    let what = if letters {
        "letters: how consistent it would be with each hypothesis, if it is so"
    } else {
        "numbers: how likely it is under each hypothesis"
    };
    let _ = writeln!(out, "  {what}; * rests on the linchpin; weights of {:.0} effective worlds of {n}", a.ess);
    for i in a.items.iter() {
        if let Some(reason) = &i.reason {
            let _ = writeln!(out, "  {}: takes no part: {reason}", i.id);
        }
    }
    for c in s.conclusions.iter().filter(|c| c.question.as_deref() == Some(q)) {
        stands_on(out, c, n);
    }
    if !a.open.is_empty() {
        let _ = writeln!(out, "\n  What it would be worth to know (bits of {:.2} that are open):", entropy(a));
        let lead = a.ranked()[0];
        let mut rows = vec![vec![
            "bits".into(),
            "likely".into(),
            format!("{} if so", a.hypotheses[lead].id),
            "if not".into(),
            "question".into(),
        ]];
        for w in a.open.iter().take(8) {
            rows.push(vec![
                format!("{:.3}", w.bits),
                pct(w.probability),
                pct(w.if_yes[lead]),
                pct(w.if_no[lead]),
                format!("{} [{}]", w.asks, w.id),
            ]);
        }
        out.push_str(&indent(&output::table(&rows)));
    }
    people(out, a, n);
    let useless: Vec<&str> =
        a.indicators.iter().filter(|v| v.people.is_some() && v.ratio < 2.0).map(|v| v.indicator.as_str()).collect();
    let telling: Vec<_> = a.indicators.iter().filter(|v| v.people.is_some() || v.ratio >= 1.2).collect();
    let silent: Vec<&str> =
        a.indicators.iter().filter(|v| v.people.is_none() && v.ratio < 1.2).map(|v| v.indicator.as_str()).collect();
    if !silent.is_empty() {
        let _ = writeln!(out, "\n  Indicators that tell nothing apart here: {}", wrap(&silent.join(", "), 90, "    "));
    }
    if !telling.is_empty() {
        let _ = writeln!(out, "\n  How indicators tell the hypotheses apart (P(it holds | hypothesis)):");
        let mut rows = vec![
            std::iter::once("indicator".to_owned())
                .chain(a.hypotheses.iter().map(|h| h.id.clone()))
                .chain(["ratio".to_owned(), "by".to_owned()])
                .collect::<Vec<_>>(),
        ];
        for v in telling {
            let of = v.people.as_ref().unwrap_or(&v.worlds);
            rows.push(
                std::iter::once(v.indicator.clone())
                    .chain(of.iter().map(|p| pct(*p)))
                    .chain([
                        format!("{:.1}", v.ratio.min(99.0)),
                        if v.people.is_some() { "people" } else { "worlds" }.to_owned(),
                    ])
                    .collect(),
            );
        }
        out.push_str(&indent(&output::table(&rows)));
        if !useless.is_empty() {
            let _ =
                writeln!(out, "  these tell nothing apart, though they are taken as evidence: {}", useless.join(", "));
        }
    }
}

fn entropy(a: &engine::stage::weigh::Answer) -> f64 {
    a.hypotheses.iter().map(|h| h.probability).filter(|p| *p > 0.0).map(|p| -p * p.log2()).sum()
}

fn stands_on(out: &mut String, c: &Conclusion, n: usize) {
    let show = |p: Option<f64>| p.map_or("cannot be judged".to_owned(), |p| percent(p, n));
    let line = |o: &engine::Otherwise| {
        let flips = if o.flips { format!("; then: {}", o.outcome) } else { String::new() };
        format!("{}: {} instead of {}{flips}", o.cause, show(o.probability), show(c.probability))
    };
    if let Some(first) = c.linchpin() {
        let _ = writeln!(out, "\n  {}: linchpin: without what it first said, {}", c.id, line(first));
        for o in c.without.iter().skip(1).take(4) {
            let _ = writeln!(out, "    without {}", line(o));
        }
    } else {
        let _ = writeln!(out, "\n  {}: no single origin moves it by as much as 1 point", c.id);
    }
    for o in &c.assumptions {
        let _ = writeln!(out, "    if false, {}", line(o));
    }
}

fn people(out: &mut String, a: &engine::stage::weigh::Answer, n: usize) {
    if a.analysts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  By each analyst's numbers alone:");
    let mut rows = vec![
        std::iter::once("analyst".to_owned())
            .chain(a.hypotheses.iter().map(|h| h.id.clone()))
            .chain(["priors made coherent by".to_owned(), "believes of the first".to_owned()])
            .collect::<Vec<_>>(),
    ];
    let lead = a.ranked()[0];
    for x in &a.analysts {
        rows.push(
            std::iter::once(x.analyst.clone())
                .chain(x.probability.iter().map(|p| percent(*p, n)))
                .chain([
                    if x.incoherent > 0.001 { format!("up to {:.0} points", 100.0 * x.incoherent) } else { "-".into() },
                    x.belief.as_ref().map_or("-".into(), |b| percent(b[lead], n)),
                ])
                .collect(),
        );
    }
    out.push_str(&indent(&output::table(&rows)));
    let Some(audit) = &a.audit else { return };
    let _ = writeln!(
        out,
        "\n  Noise audit: level {:.2}, pattern {:.2} (standard deviations of log-odds); widest cells:",
        audit.level_noise, audit.pattern_noise
    );
    let mut rows = vec![vec!["evidence".to_owned(), "hypothesis".into(), "said".into(), "spread".into()]];
    for c in audit.cells.iter().take(5) {
        let said: Vec<String> = c.said.iter().map(|(who, p)| format!("{who} {p:.2}")).collect();
        rows.push(vec![c.evidence.clone(), c.hypothesis.clone(), said.join(", "), format!("{:.2}", c.spread)]);
    }
    out.push_str(&indent(&output::table(&rows)));
}

fn judgment(out: &mut String, run: &Run, s: &Scrutiny, j: &engine::stage::assess::JudgmentRow) {
    let n = run.worlds.n;
    let _ = writeln!(out, "\n{}\n\n  {}", j.id, wrap(&j.text, 96, "  "));
    let _ = writeln!(out, "  {}", wrap(&j.confidence_text, 96, "  "));
    let _ = writeln!(out, "  It stands on {}: this suggests {} confidence.", j.standing.words(), j.suggested.words());
    let _ = writeln!(out, "  What would change it:");
    for w in &j.would_change {
        let _ = writeln!(out, "    - {}", wrap(w, 94, "      "));
    }
    if let Some(c) = s.conclusions.iter().find(|c| c.id == j.id).filter(|_| j.about.starts_with("indicator:")) {
        stands_on(out, c, n);
    }
}

fn assumptions(out: &mut String, s: &Scrutiny) {
    if s.assumptions.is_empty() {
        return;
    }
    out.push_str("\nKEY ASSUMPTIONS\n\n");
    let mut rows = vec![vec!["status".to_owned(), "holds up".into(), "if false, moves".into(), "assumption".into()]];
    for a in &s.assumptions {
        let moves = match (a.run, a.moves.is_empty()) {
            (false, _) => "not said (`if_false`)".to_owned(),
            (true, true) => "nothing".to_owned(),
            (true, false) => a.moves.join(", "),
        };
        rows.push(vec![a.status.words().to_owned(), a.judgments.join(", "), moves, format!("{} [{}]", a.text, a.id)]);
    }
    out.push_str(&indent(&output::table(&rows)));
}
