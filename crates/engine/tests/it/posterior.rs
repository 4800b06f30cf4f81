//! One posterior: what sources are worth is learned from what others say; figures from all who say them.

use engine::stage::worlds::{Diagnosis, claims_nodes, claims_usual, grade_law};
use engine::{Options, Run, assess, explain};
use model::{Case, Reliability};
use stats::{Stream, quantile};

use crate::{report, small};

const OPTIONS: Options = Options { worlds: 8192 };

/// A claim by one source, in a report and in words of its own.
fn claim(id: &str, source: &str, stance: &str, event: &str, more: &str) -> (String, String) {
    let mut s = Stream::new(1, stats::entity(id), 0);
    let words: Vec<String> = (0..12).map(|_| format!("word{:.0}", 1e6 * s.next_unit())).collect();
    let words = words.join(" ");
    let body = format!(
        r#"{{"id":"{id}","report":"r-{id}","excerpt":{{"exact":"{words}"}},"chain":["{source}"],"stance":"{stance}","says":{{"event":{{"id":"{event}","type":"Battles","sub_type":"Armed clash","place":{{"area":"land"}},"time":"2024-06-01"{more}}}}}}}"#
    );
    (report(&format!("r-{id}"), source, "2024-06-10", &words), body)
}

fn case_of(claims: &[(String, String)]) -> Case {
    let (reports, lines): (Vec<&str>, Vec<&str>) = claims.iter().map(|(r, c)| (r.as_str(), c.as_str())).unzip();
    small(&format!("{}--- claims/c.jsonl\n{}\n", reports.concat(), lines.join("\n")))
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn reliability(run: &Run, source: &str) -> f64 {
    mean(&run.worlds.sources.iter().find(|s| s.source == source).unwrap().reliability)
}

/// Mean and mean square of a grade's law, as the chain has it.
fn moments(grade: Reliability) -> (f64, f64) {
    let (a, b) = grade_law(grade);
    let nodes = stats::beta_quantiles(a, b, 64);
    (mean(&nodes), mean(&nodes.iter().map(|r| r * r).collect::<Vec<_>>()))
}

/// Against the integrals over both reliabilities, which are products of means: two who agree make the event and each
/// other more probable than either alone, two who contradict each other less; one alone says nothing of itself.
#[test]
fn agreement_and_contradiction_are_learned_exactly() {
    let one = case_of(&[claim("c1", "sb", "asserts", "e", "")]);
    let beta = one.base_rate;
    let ((mb, sb), (md, sd)) = (moments(Reliability::B), moments(Reliability::D));
    let near = |found: f64, exact: f64, what: &str| assert!((found - exact).abs() < 0.012, "{what}: {found} {exact}");

    let run = assess(&one, OPTIONS).unwrap();
    near(mean(&run.worlds.events[0].chance), mb + (1.0 - mb) * beta, "one alone");
    near(reliability(&run, "sb"), mb, "one alone, its source");

    // P(says so | it is so) over P(says so | knows nothing) is r / beta + 1 - r; where it is not so, 1 - r.
    let two = case_of(&[claim("c1", "sb", "asserts", "e", ""), claim("c2", "sd", "asserts", "e", "")]);
    let run = assess(&two, OPTIONS).unwrap();
    let (yes_b, yes_d) = (mb / beta + 1.0 - mb, md / beta + 1.0 - md);
    let (yes, no) = (beta * yes_b * yes_d, (1.0 - beta) * (1.0 - mb) * (1.0 - md));
    near(mean(&run.worlds.events[0].chance), yes / (yes + no), "two agree");
    let with_d = beta * yes_b * (sd / beta + md - sd) + (1.0 - beta) * (1.0 - mb) * (md - sd);
    near(reliability(&run, "sd"), with_d / (yes + no), "two agree, the worse source");
    assert!(reliability(&run, "sd") > md + 0.02 && reliability(&run, "sb") > mb);

    let against = case_of(&[claim("c1", "sb", "asserts", "e", ""), claim("c2", "sd", "denies", "e", "")]);
    let run = assess(&against, OPTIONS).unwrap();
    let (yes, no) = (beta * yes_b * (1.0 - md), (1.0 - beta) * (1.0 - mb) * (md / (1.0 - beta) + 1.0 - md));
    near(mean(&run.worlds.events[0].chance), yes / (yes + no), "two contradict each other");
    let with_b = beta * (sb / beta + mb - sb) * (1.0 - md) + (1.0 - beta) * (mb - sb) * (md / (1.0 - beta) + 1.0 - md);
    near(reliability(&run, "sb"), with_b / (yes + no), "contradicted, the better source");
    assert!(reliability(&run, "sb") < mb && reliability(&run, "sd") < md - 0.03);
}

/// Simulation-based calibration over whole cases: reliabilities from the grades, events at the base rate, statements
/// sound or blind; then the true values among the worlds.
#[test]
fn worlds_are_calibrated_on_cases_drawn_from_the_model() {
    let grades = [("sa", Reliability::A), ("sb", Reliability::B), ("sd", Reliability::D)];
    let beta = case_of(&[claim("c", "sa", "asserts", "e", "")]).base_rate;
    let (mut ranks, mut surprise, mut variance) = (Vec::new(), 0.0, 0.0);
    for run in 0..60 {
        let mut s = Stream::new(8, 88, run);
        let truth: Vec<f64> = grades.iter().map(|(_, g)| s.beta(grade_law(*g))).collect();
        let mut claims = Vec::new();
        let mut so = Vec::new();
        for e in 0..5 {
            let is = s.next_unit() < beta;
            so.push(is);
            for (k, (source, _)) in grades.iter().enumerate() {
                let says = if s.next_unit() < truth[k] { is } else { s.next_unit() < beta };
                let stance = if says { "asserts" } else { "denies" };
                claims.push(claim(&format!("c{e}{k}"), source, stance, &format!("e{e}"), ""));
            }
        }
        let found = assess(&case_of(&claims), Options { worlds: 400 }).unwrap();
        for (k, (source, _)) in grades.iter().enumerate() {
            let drawn = &found.worlds.sources.iter().find(|x| x.source == *source).unwrap().reliability;
            let below = drawn.iter().filter(|r| **r < truth[k]).count() as f64;
            ranks.push(vec![(below + s.next_unit()) / (drawn.len() as f64 + 1.0)]);
        }
        for (e, is) in so.iter().enumerate() {
            let p = mean(&found.worlds.events[e].chance);
            surprise += f64::from(u8::from(*is)) - p;
            variance += p * (1.0 - p);
        }
    }
    let p = stats::rank_uniformity(&ranks, 10)[0];
    assert!(p > 1e-3, "reliabilities: {p}");
    assert!(surprise.abs() < 3.5 * variance.sqrt(), "events: {surprise} of {}", variance.sqrt());
}

const BY_GROUP: &str = r#","actors":[{"known":{"actor":"group","role":"perpetrator"}}]"#;

/// Events that surely happened and that a paper lays at a group's door; it claims the first of them, and a second paper
/// names it for the others.
fn claimed(n: usize, claims: usize) -> (Case, Run) {
    let named = (0..n).map(|e| claim(&format!("n{e}"), "sb", "asserts", &format!("e{e}"), BY_GROUP));
    let own = (0..claims).map(|e| claim(&format!("o{e}"), "sf", "claims-responsibility", &format!("e{e}"), BY_GROUP));
    let second = (claims..n).map(|e| claim(&format!("s{e}"), "sd", "asserts", &format!("e{e}"), BY_GROUP));
    let mut case = case_of(&named.chain(own).chain(second).collect::<Vec<_>>());
    case.base_rate = 1.0;
    let run = assess(&case, OPTIONS).unwrap();
    (case, run)
}

/// P(the group did it | what the worlds fix).
fn did(run: &Run, event: usize) -> f64 {
    mean(&run.worlds.events[event].who_chance.chunks(2).map(|p| p[0]).collect::<Vec<_>>())
}

/// Against the sum over what the sources are worth and how often the group claims what it did and what it did not: four
/// events that it claims, and a fifth that it is silent of.
#[test]
fn how_often_a_group_claims_is_learned_exactly() {
    let (case, run) = claimed(5, 4);
    let nodes = |(a, b): (f64, f64)| stats::beta_quantiles(a, b, 64);
    let (press, group) = (nodes(grade_law(Reliability::B)), nodes(grade_law(Reliability::F)));
    let ([does, does_not], [usual, _]) = (claims_nodes(), claims_usual());
    // Two may have done it: .3 each. Who knows nothing names either, and one time in fifty tells of a claim.
    let (base, blind, unheard, unknown) = (0.3, 0.5, 0.02, 0.7 * (1.0 - usual));
    let (mut all, mut readily, mut fifth) = (0.0, 0.0, 0.0);
    // The second paper speaks once: its mean is all of it that counts.
    let second = moments(Reliability::D).0;
    let (second_right, second_wrong) = (second + (1.0 - second) * blind, (1.0 - second) * blind);
    for r in &press {
        let (named, not) = (base * (r + (1.0 - r) * blind), unknown * (1.0 - r) * blind);
        for q in &group {
            let (yes, no) = (q + (1.0 - q) * unheard, (1.0 - q) * unheard);
            for p in &does {
                for f in does_not.iter().filter(|f| *f <= p) {
                    let told = named * (p * yes + (1.0 - p) * no) + not * (f * yes + (1.0 - f) * no);
                    let (silent, other) = (named * second_right * (1.0 - p), not * second_wrong * (1.0 - f));
                    let weight = told.powi(4) * (silent + other);
                    all += weight;
                    readily += weight * p;
                    fifth += weight * silent / (silent + other);
                }
            }
        }
    }
    let found = mean(&run.worlds.claimants[0].did);
    assert!((found - readily / all).abs() < 0.015, "{found} {}", readily / all);
    assert!((did(&run, 4) - fifth / all).abs() < 0.015, "{} {}", did(&run, 4), fifth / all);
    let row = &run.assessment.claimants[0];
    assert!(row.id == "actor:group" && row.did.mean > 0.4 && (row.did.believed - usual).abs() < 1e-9, "{row:?}");
    // Who claims nearly all that it does is the less likely to have done what it does not claim.
    let alone = did(&claimed(1, 0).1, 0);
    assert!(did(&run, 4) + 0.01 < alone, "{} {alone}", did(&run, 4));
    assert!(did(&run, 0) > did(&claimed(1, 1).1, 0));
    let told = explain(&case, &run, OPTIONS, "actor:group").unwrap();
    assert!(told.lines.iter().any(|l| l.text.starts_with("claims what it did: ")), "{:?}", told.lines);
}

/// Most data sets do not tell who claimed an attack: that their rows are silent of it is no silence.
#[test]
fn rows_that_never_tell_of_claims_are_not_silent() {
    let (mut case, run) = claimed(5, 4);
    for id in ["r-n4", "r-s4"] {
        let told = format!(
            r#"{{"id":"{id}","file":"f","format":"acled","source":"sd","released":"2024-06-10","hash":"","licence":"l"}}"#
        );
        case.datasets.push(serde_json::from_str(&told).unwrap());
    }
    let rows = assess(&case, OPTIONS).unwrap();
    assert!(did(&rows, 4) > did(&run, 4) + 0.01, "{} {}", did(&rows, 4), did(&run, 4));
    let readily = |run: &Run| run.assessment.claimants[0].did.mean;
    assert!(readily(&rows) > readily(&run) + 0.01, "{} {}", readily(&rows), readily(&run));
}

/// A group that claims what others lay at somebody else's door is found out, and its next claim moves less.
#[test]
fn a_group_that_takes_credit_is_found_out() {
    let by_army = BY_GROUP.replace("group", "army");
    let mut claims = Vec::new();
    for e in 0..6 {
        for source in ["sa", "sb"] {
            claims.push(claim(&format!("{source}{e}"), source, "asserts", &format!("e{e}"), &by_army));
        }
        claims.push(claim(&format!("o{e}"), "sf", "claims-responsibility", &format!("e{e}"), BY_GROUP));
    }
    claims.push(claim("o9", "sf", "claims-responsibility", "e9", BY_GROUP));
    let last = |claims: &[(String, String)]| {
        let mut case = case_of(claims);
        case.base_rate = 1.0;
        let run = assess(&case, OPTIONS).unwrap();
        let (e, law) = run.laws.iter().enumerate().find(|(_, l)| l.id == "e9").unwrap();
        let k = law.base.len();
        assert_eq!(law.candidates, ["group"]);
        (
            mean(&run.worlds.claimants[0].did_not),
            mean(&run.worlds.events[e].who_chance.chunks(k).map(|p| p[0]).collect::<Vec<_>>()),
        )
    };
    let ((falsely, p), (usual, alone)) = (last(&claims), last(&claims[claims.len() - 1..]));
    assert!(falsely > 3.0 * usual && p + 0.1 < alone, "{falsely} {usual}, {p} {alone}");
}

/// The same words in another's mouth a day later count once; words of its own count twice.
#[test]
fn who_repeats_another_word_for_word_adds_nothing() {
    let sentence = "Seventeen men fell when the convoy was caught in the gorge above the old bridge";
    let says = |id: &str, source: &str| {
        format!(
            r#"{{"id":"{id}","report":"r-{id}","excerpt":{{"exact":"{sentence}"}},"chain":["{source}"],"stance":"asserts","says":{{"event":{{"id":"e","type":"Battles","sub_type":"Armed clash","place":{{"area":"land"}},"time":"2024-06-01"}}}}}}"#
        )
    };
    let copied = case_of(&[
        (report("r-c1", "sd", "2024-06-10", sentence), says("c1", "sd")),
        (report("r-c2", "sb", "2024-06-11", sentence), says("c2", "sb")),
    ]);
    let own = case_of(&[claim("c1", "sd", "asserts", "e", ""), claim("c2", "sb", "asserts", "e", "")]);
    let alone = case_of(&[claim("c1", "sd", "asserts", "e", "")]);
    let run = assess(&copied, OPTIONS).unwrap();
    let p = |run: &Run| mean(&run.worlds.events[0].chance);
    let (once, twice) = (p(&assess(&alone, OPTIONS).unwrap()), p(&assess(&own, OPTIONS).unwrap()));
    assert!((p(&run) - once).abs() < 0.02 && twice > once + 0.1, "{} {once} {twice}", p(&run));
    let row = &run.assessment.events[0];
    assert!(row.asserted_by.len() == 2 && row.independent < 1.1, "{}", row.independent);
    assert_eq!(run.assessment.lints.iter().filter(|l| l.code == "likely-copied").count(), 1);
    let told = explain(&copied, &run, OPTIONS, "event:e").unwrap();
    assert!(told.lines.iter().any(|l| l.text.contains("claim:c2 copies claim:c1")), "{:?}", told.lines);
}

/// Three reports, each four times as likely if the thing is so (.8 against .2): 64 where they are independent; where the
/// later ones copy the first with chance .8 no more than 4 (.96 / .84)² = 5.22; where they do copy it, 4. That a copy
/// says the same is certain, that another does is one half: seen to say the same, .8 has become 8 in 9.
#[test]
fn likely_copies_count_for_what_they_are_worth() {
    use engine::stage::{gather, reconcile, worlds};
    let said = [("c1", "sa"), ("c2", "sb"), ("c3", "sd")];
    let mut case = case_of(&said.map(|(id, source)| claim(id, source, "asserts", "e", "")));
    case.sources.values_mut().for_each(|s| s.reliability = Reliability::F);
    case.base_rate = 0.5;
    let mut g = gather::run(&case);
    let odds = |g: &gather::Gathered| {
        let laws = [reconcile::run(&case, g, "e")];
        let p = mean(&worlds::run(&case, g, &laws, 32_768, true).events[0].chance);
        p / (1.0 - p)
    };
    let near = |found: f64, exact: f64| assert!((found / exact - 1.0).abs() < 0.04, "{found} {exact}");
    // Grade F is on average sound in three cases of five: .6 + .4 x .5 = .8.
    near(odds(&g), 64.0);
    for s in g.statements.iter_mut().filter(|s| s.id != "c1") {
        s.echo = Some(copy_of("c1", "sa", 8.0 / 9.0));
    }
    near(odds(&g), 4.0 * (0.96_f64 / 0.84).powi(2));
    for id in ["c2", "c3"] {
        case.claims.get_mut(id).unwrap().origin = model::Origin::Claim("c1".into());
    }
    let g = gather::run(&case);
    let laws = [reconcile::run(&case, &g, "e")];
    let p = mean(&worlds::run(&case, &g, &laws, 32_768, true).events[0].chance);
    near(p / (1.0 - p), 4.0);
}

fn copy_of(of: &str, from: &str, alone: f64) -> engine::stage::echo::Echo {
    engine::stage::echo::Echo {
        of: of.into(),
        from: from.into(),
        p: alone,
        alone,
        own: 0,
        words: 1.0,
        odd_figure: false,
    }
}

/// One source repeats another on two events, each perhaps a copy: how often it copies is learned from both, and they hang
/// together. Against the sum over what happened, which are copies, and how reliable both are.
#[test]
fn how_often_a_source_copies_another_is_learned_exactly() {
    use engine::stage::{gather, reconcile, worlds};
    let said = [("a1", "sa", "e"), ("b1", "sb", "e"), ("a2", "sa", "f"), ("b2", "sb", "f")];
    let mut case = case_of(&said.map(|(id, source, event)| claim(id, source, "asserts", event, "")));
    case.sources.values_mut().for_each(|s| s.reliability = Reliability::F);
    case.base_rate = 0.5;
    let mut g = gather::run(&case);
    let alone = [0.95, 0.5];
    for s in g.statements.iter_mut() {
        match s.id.as_str() {
            "b1" => s.echo = Some(copy_of("a1", "sa", alone[0])),
            "b2" => s.echo = Some(copy_of("a2", "sa", alone[1])),
            _ => {}
        }
    }
    let laws = ["e", "f"].map(|e| reconcile::run(&case, &g, e));
    let drawn = worlds::run(&case, &g, &laws, 32_768, true);
    // Says so if it is so, and if it is not, by reliability: who knows nothing says so half the time, as a copy does.
    let nodes = stats::beta_quantiles(1.5, 1.0, 64);
    let says = |r: f64, so: bool| if so { (1.0 + r) / 2.0 } else { (1.0 - r) / 2.0 };
    // Beta(1/4, 19/4): neither, the first, the second, both.
    let (a, b) = (0.25, 4.75);
    let ratio = alone.map(|p: f64| p / (1.0 - p) / (a / b));
    let prior = [b * (b + 1.0), ratio[0] * a * b, ratio[1] * a * b, ratio[0] * ratio[1] * a * (a + 1.0)];
    let (mut sum, mut so_e, mut so_f) = (0.0, 0.0, 0.0);
    for (e, f) in [(true, true), (true, false), (false, true), (false, false)] {
        let first: f64 = nodes.iter().map(|r| says(*r, e) * says(*r, f)).sum::<f64>() / 64.0;
        let second = |copied: usize| {
            let of = |r: &f64| {
                [(1, e), (2, f)].iter().map(|(k, so)| if copied & k > 0 { 0.5 } else { says(*r, *so) }).product::<f64>()
            };
            nodes.iter().map(of).sum::<f64>() / 64.0
        };
        let p: f64 = first * (0..4).map(|k| prior[k] * second(k)).sum::<f64>();
        sum += p;
        so_e += if e { p } else { 0.0 };
        so_f += if f { p } else { 0.0 };
    }
    for (event, exact) in [(0, so_e / sum), (1, so_f / sum)] {
        let found = mean(&drawn.events[event].chance);
        assert!((found - exact).abs() < 0.01, "{event}: {found} {exact}");
    }
}

/// Half of a report stands in an earlier one. By a desk that has copied whole reports from there it is likelier a copy than
/// by one that mostly writes its own.
#[test]
fn who_copies_is_the_likelier_to_have_copied() {
    let whole =
        "Eight soldiers were killed in the mountain village at dawn when gunmen opened fire on a column of trucks.";
    let half = "Eight soldiers were killed in the mountain village at dawn, while the governor spoke of a mere accident there.";
    let other =
        "Nobody in the capital would comment, but hospital staff counted the dead before noon and sent them home.";
    let case = |second: &str| {
        let mut claims = Vec::new();
        for (k, (event, theirs)) in [("e1", second), ("e2", second), ("e3", half)].into_iter().enumerate() {
            for (source, day, text) in [("sd", 10, whole), ("sb", 11, theirs)] {
                let id = format!("c{k}-{source}");
                claims.push((
                    report(&format!("r-{id}"), source, &format!("2024-06-{day}"), text),
                    format!(
                        r#"{{"id":"{id}","report":"r-{id}","excerpt":{{"exact":"{text}"}},"chain":["{source}"],"stance":"asserts","says":{{"event":{{"id":"{event}","type":"Battles","sub_type":"Armed clash","place":{{"area":"land"}},"time":"2024-06-01"}}}}}}"#
                    ),
                ));
            }
        }
        case_of(&claims)
    };
    let echo = |case: &Case| {
        let g = engine::stage::gather::run(case);
        g.statements.iter().find(|s| s.id == "c2-sb").and_then(|s| s.echo.clone()).unwrap()
    };
    let (copies, writes) = (case(whole), case(other));
    let (often, seldom) = (echo(&copies), echo(&writes));
    assert!((often.alone - seldom.alone).abs() < 1e-12 && (0.2..0.8).contains(&often.alone), "{often:?}");
    assert!(often.p > often.alone + 0.1 && seldom.p < seldom.alone - 0.05, "{often:?} {seldom:?}");
    assert_eq!((often.own, seldom.own), (0, 2));
    let run = assess(&writes, OPTIONS).unwrap();
    let told = explain(&writes, &run, OPTIONS, "event:e3").unwrap();
    let why = "of what else source:sb said after source:sd, 0 may be copied too and 2 are in words of its own";
    assert!(told.lines.iter().any(|l| l.text.contains(why)), "{:?}", told.lines);
    let card = explain(&writes, &run, OPTIONS, "source:sb").unwrap();
    assert!(card.lines.iter().any(|l| l.text.starts_with("of 3 it said after source:sd, 0.")), "{:?}", card.lines);
}

fn killed(n: &str) -> String {
    format!(r#","figures":[{{"measure":"killed","of":"group",{n}}}]"#)
}

fn bounds(run: &Run, event: &str) -> [u32; 3] {
    let e = run.laws.iter().position(|l| l.id == event).unwrap();
    let mut x = run.worlds.events[e].figures[0].draws.clone();
    x.sort_unstable();
    [0.05, 0.5, 0.95].map(|q| quantile(&x, q))
}

/// A source that says twice what the others say, event after event, is found out, and believed so much less of.
#[test]
fn a_source_that_exaggerates_is_found_out() {
    let mut claims = Vec::new();
    for e in 0..8 {
        let n = 20 + 7 * e;
        for (source, n) in [("sa", n), ("sb", n + 1), ("sd", 2 * n)] {
            let more = killed(&format!(r#""number":{n}"#));
            claims.push(claim(&format!("c{e}-{source}"), source, "asserts", &format!("e{e}"), &more));
        }
    }
    // Of the last only the exaggerator speaks.
    claims.push(claim("c9-sd", "sd", "asserts", "e9", &killed(r#""number":100"#)));
    let run = assess(&case_of(&claims), Options { worlds: 2000 }).unwrap();
    let voice = run.worlds.voices.iter().find(|v| v.source == "sd").unwrap();
    assert!(mean(&voice.bias) > 0.25, "{}", mean(&voice.bias));
    let alone = case_of(&[claim("c9-sd", "sd", "asserts", "e9", &killed(r#""number":100"#))]);
    let untold = assess(&alone, Options { worlds: 2000 }).unwrap();
    let (told, untold) = (bounds(&run, "e9"), bounds(&untold, "e9"));
    assert!(told[1] + 10 < untold[1], "{told:?} {untold:?}");
}

/// Degenerate: one claim, only hedges, "at least 50" against "at most 20", and the dead among the casualties.
#[test]
fn what_is_thin_or_at_odds_is_answered_sanely() {
    let figures = |list: &[(&str, &str)]| {
        let claims: Vec<_> = list
            .iter()
            .enumerate()
            .map(|(i, (source, n))| claim(&format!("c{i}"), source, "asserts", "e", &killed(n)))
            .collect();
        bounds(&assess(&case_of(&claims), OPTIONS).unwrap(), "e")
    };
    let one = figures(&[("sb", r#""number":40"#)]);
    assert!(one[0] < 30 && one[1].abs_diff(38) < 8 && one[2] > 55, "{one:?}");
    let hedges = figures(&[("sb", r#""hedge":"dozens""#), ("sd", r#""hedge":"several""#)]);
    assert!(hedges[0] < 12 && hedges[2] > 24 && hedges[2] < 200, "{hedges:?}");
    let odds = figures(&[("sb", r#""number":50,"hedge":"at-least""#), ("sd", r#""number":20,"hedge":"up-to""#)]);
    assert!(odds[0] < 25 && odds[2] > 50, "neither is thrown away: {odds:?}");

    let both = r#","figures":[{"measure":"killed","of":"group","number":80},{"measure":"casualties","of":"group","number":60}]"#;
    let run = assess(&case_of(&[claim("c", "sb", "asserts", "e", both)]), OPTIONS).unwrap();
    let draws = |m: model::Measure| &run.worlds.events[0].figures.iter().find(|f| f.measure == m).unwrap().draws;
    let (dead, hurt) = (draws(model::Measure::Killed), draws(model::Measure::Casualties));
    assert!(dead.iter().zip(hurt).all(|(d, h)| d <= h), "the dead are among the casualties");
}

/// A toll of two months is no smaller than the ambushes within them; what cannot be added up is told.
#[test]
fn totals_hold_their_parts() {
    let parts = |n: u32| {
        [
            claim("c1", "sa", "asserts", "one", &killed(&format!(r#""number":{n}"#))),
            claim("c2", "sa", "asserts", "two", &killed(&format!(r#""number":{n}"#))),
        ]
    };
    let whole = |covers: &str| {
        let more = killed(r#""number":60"#) + covers;
        claim("c3", "sb", "asserts", "all", &more)
    };
    let covers = r#","covers":["one","two"]"#;
    let run = |n: u32, covers: &str| {
        let [a, b] = parts(n);
        assess(&case_of(&[a, b, whole(covers)]), OPTIONS).unwrap()
    };
    let (free, held) = (run(45, ""), run(45, covers));
    let draws = |run: &Run, event: &str| {
        let e = run.laws.iter().position(|l| l.id == event).unwrap();
        let e = &run.worlds.events[e];
        e.figures[0].draws.iter().zip(&e.happened).map(|(d, h)| if *h { *d } else { 0 }).collect::<Vec<u32>>()
    };
    let (one, two, all) = (draws(&held, "one"), draws(&held, "two"), draws(&held, "all"));
    assert!(
        (0..all.len()).all(|w| all[w] == 0 || one[w] + two[w] <= all[w] + all[w] / 20),
        "a step of the grid at most"
    );
    // Both give way: the total grows, its parts shrink.
    assert!(bounds(&held, "all")[1] > bounds(&free, "all")[1] + 15, "{:?}", bounds(&held, "all"));
    assert!(bounds(&held, "one")[1] < bounds(&free, "one")[1], "{:?}", bounds(&held, "one"));
    let told = |run: &Run| run.assessment.lints.iter().filter(|l| l.code == "sum-violated").count();
    assert_eq!([told(&held), told(&free), told(&run(20, covers))], [1, 0, 0]);
}

/// Of towns that media name about four in five are within 50 km of the place (Weidmann 2015); who was there, or speaks for
/// those who were, is taken at its word.
#[test]
fn media_place_events_near_not_at() {
    let near = |source: &str| {
        let (report, body) = claim("c", source, "asserts", "e", "");
        let body = body.replace(r#"{"area":"land"}"#, r#"{"point":{"lon":10.5,"lat":50.5,"uncertainty_m":3000}}"#);
        let run = assess(&case_of(&[(report, body)]), Options { worlds: 64 }).unwrap();
        let place = run.laws[0].place.as_ref().unwrap();
        let at = model::LonLat { lon: 10.5, lat: 50.5 };
        let within = place.points.iter().zip(&place.weights).filter(|(p, _)| model::distance_m(at, **p) <= 50_000.0);
        within.map(|x| x.1).sum::<f64>()
    };
    // Grade A of media; a party.
    assert!((near("sa") - 0.8).abs() < 0.06, "{}", near("sa"));
    assert!(near("sf") > 0.99, "{}", near("sf"));
}

/// Chains that disagree are no answer.
#[test]
fn what_has_not_converged_is_not_used() {
    let d = |r_hat: f64| Diagnosis { r_hat, ess: 100.0, of: "the reliability of `x`".into() };
    assert!(d(1.01).converged() && !d(1.2).converged() && !d(f64::INFINITY).converged() && !d(f64::NAN).converged());
    let run = assess(&case_of(&[claim("c1", "sb", "asserts", "e", "")]), Options { worlds: 40 }).unwrap();
    assert!(run.worlds.diagnosis.converged() && run.worlds.diagnosis.ess > 200.0, "{:?}", run.worlds.diagnosis);
}

/// A good grade that others contradict, and evidence that moves nothing, are told.
#[test]
fn remarks_name_what_they_are_about() {
    let mut claims = Vec::new();
    for e in 0..3 {
        claims.push(claim(&format!("a{e}"), "sb", "asserts", &format!("e{e}"), ""));
        claims.push(claim(&format!("x{e}"), "sa", "denies", &format!("e{e}"), ""));
    }
    let run = assess(&case_of(&claims), OPTIONS).unwrap();
    let lint = run.assessment.lints.iter().find(|l| l.code == "good-grade-contradicted").unwrap();
    assert_eq!(lint.about, "source:sb");
    let told = explain(&case_of(&claims), &run, OPTIONS, "source:sb").unwrap();
    assert!(told.lines.iter().any(|l| l.text.contains("asserts event:e0")), "{:?}", told.lines);
}
