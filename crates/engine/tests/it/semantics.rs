use engine::stage::test::State;
use engine::{Options, assess, explain};
use model::{LinkKind, percent};

use crate::{law, rasht, report, small, worlds_of};

const OPTIONS: Options = Options { worlds: 4096 };

fn event(id: &str, more: &str) -> String {
    format!(
        r#""says":{{"event":{{"id":"{id}","type":"Battles","sub_type":"Armed clash","place":{{"area":"land"}},"time":"2024-06-01"{more}}}}}"#
    )
}

fn count(k: u32) -> String {
    format!("--- indicators.toml\n[n]\ntitle = \"t\"\n[n.count]\narea = \"land\"\nwindow = \"P90D\"\nat_least = {k}\n")
}

/// `worlds.md`: ten events that rest on one doubtful statement stand or fall together (P of at least 8 is the
/// statement's, not a binomial tail); ten events on ten statements do not.
#[test]
fn ten_events_on_one_statement_stand_or_fall_together() {
    let sentence = "There were ten clashes in the land";
    let one: String = (0..10)
        .map(|i| format!("{{\"id\":\"c{i}\",\"report\":\"r\",\"excerpt\":{{\"exact\":\"{sentence}\"}},\"chain\":[\"sd\"],\"stance\":\"asserts\",{}}}\n", event(&format!("e{i}"), "")))
        .collect();
    let shared = small(&format!("{}--- claims/c.jsonl\n{one}{}", report("r", "sd", "2024-06-10", sentence), count(8)));
    let words: Vec<String> = (0..10).map(|i| format!("Clash number {i} was seen.")).collect();
    let many: String = (0..10)
        .map(|i| format!("{{\"id\":\"c{i}\",\"report\":\"r\",\"excerpt\":{{\"exact\":\"Clash number {i} was seen.\"}},\"chain\":[\"sd\"],\"stance\":\"asserts\",{}}}\n", event(&format!("e{i}"), "")))
        .collect();
    let apart =
        small(&format!("{}--- claims/c.jsonl\n{many}{}", report("r", "sd", "2024-06-10", &words.join(" ")), count(8)));
    let p = |case| assess(case, OPTIONS).unwrap().outcomes["n"].probability.unwrap();
    let (shared, apart) = (p(&shared), p(&apart));
    // Grade D: sound with mean one half.
    assert!((shared - 0.5).abs() < 0.03, "{shared}");
    // Ten statements of one source share only its reliability.
    assert!(apart < shared - 0.1, "{apart}");
}

/// With P(E | D) = .7 and P0 = .2, likelihoods .9 and .1 give .82 (Jeffrey's rule would give .66); without reports
/// the priors come back exactly.
#[test]
fn hypotheses_are_weighed_against_what_was_believed_before() {
    use engine::stage::{gather::Gathered, test::View, weigh, worlds::Worlds};
    let hypotheses = "--- hypotheses.toml\n[q]\nquestion = \"?\"\nother.prior = 0.02\nother.why = \"w\"\n[q.hypothesis.h1]\ntext = \"one\"\nprior = 0.49\nwhy = \"w\"\n[q.hypothesis.h2]\ntext = \"two\"\nprior = 0.49\nwhy = \"w\"\n";
    let mut case = small(hypotheses);
    let priors: Vec<f64> =
        assess(&case, OPTIONS).unwrap().answers["q"].hypotheses.iter().map(|h| h.probability).collect();
    assert_eq!(priors, [0.49, 0.49, 0.02], "no evidence: priors exactly");
    // Exactly 70 % of worlds.
    let n = 1000;
    let happened: Vec<bool> = (0..n).map(|i| i % 10 < 7).collect();
    let worlds = Worlds {
        n,
        events: vec![worlds_of(happened.iter().map(|h| f64::from(u8::from(*h))).collect(), happened)],
        ..Worlds::default()
    };
    let mut q = case.questions["q"].clone();
    q.hypotheses[0].prior = 0.5;
    q.hypotheses[1].prior = 0.5;
    q.hypotheses.truncate(2);
    q.evidence.push(model::Evidence {
        id: "x".into(),
        kind: model::EvidenceKind::Event(model::EventBy { id: "e".into(), by: None }),
        likelihood: [0.9, 0.1].map(model::Likelihood::exactly).to_vec(),
        why: "w".into(),
        span: model::Span::default(),
    });
    case.base_rate = 0.2;
    let laws = [law("e")];
    let view = View { case: &case, laws: &laws, worlds: &worlds };
    let none = Default::default();
    let a = weigh::run(weigh::Tested { view: &view, outcomes: &none }, None, &Gathered::default(), &q).unwrap();
    let exact: f64 = {
        let one: f64 = 0.7 * 0.9 / 0.2 + 0.3 * 0.1 / 0.8;
        let two = 0.7 * 0.1 / 0.2 + 0.3 * 0.9 / 0.8;
        one / (one + two)
    };
    assert!((exact - 0.82).abs() < 0.005);
    assert!((a.hypotheses[0].probability - exact).abs() < 1e-12, "{}", a.hypotheses[0].probability);
    // Worlds drawn from the base rate alone are no news: .5, not .26 or .74.
    let mut before = worlds.clone();
    before.events[0].chance = (0..n).map(|i| f64::from(u8::from(i % 10 < 2))).collect();
    let view = View { case: &case, laws: &laws, worlds: &before };
    let a = weigh::run(weigh::Tested { view: &view, outcomes: &none }, None, &Gathered::default(), &q).unwrap();
    assert!((a.hypotheses[0].probability - 0.5).abs() < 1e-12, "{}", a.hypotheses[0].probability);
}

/// Three agencies reported from the small case's land all year.
const COVERED: &str =
    "--- coverage.toml\n[agencies]\ntext = \"t\"\nsources = [\"sa\"]\narea = \"land\"\nduring = \"2024-01-01/..\"\n";

/// A case without reports returns its priors exactly, evidence or not.
#[test]
fn without_reports_the_priors_come_back() {
    let case = rasht();
    let run = assess(&case.seen_on(model::Day::parse("1990-01-01").unwrap()), Options { worlds: 256 }).unwrap();
    assert!(run.laws.is_empty());
    for (q, answer) in &run.answers {
        assert!(answer.items.iter().all(|i| i.reason.is_some()), "{q}");
        for (h, declared) in answer.hypotheses.iter().zip(&case.questions[q].hypotheses) {
            assert_eq!(h.probability, h.prior, "{q}/{}", h.id);
            assert!(h.prior == declared.prior || !case.questions[q].opinions.is_empty(), "{q}/{}", h.id);
        }
    }
}

/// The exact value inside each world and the joint draws estimate one thing (`worlds.md`: within 4 standard errors).
#[test]
fn exact_values_and_joint_draws_agree() {
    let run = assess(&rasht(), Options { worlds: 8192 }).unwrap();
    let mut compared = 0;
    for (id, o) in run.outcomes.iter().filter(|(_, o)| o.probability.is_some()) {
        let drawn: Vec<f64> = o.holds.iter().zip(&o.exact).map(|(h, x)| f64::from(u8::from(*h)) - x).collect();
        let (difference, error) = stats_mean(&drawn);
        assert!(difference.abs() <= 4.0 * error + 1e-12, "{id}: {difference} ± {error}");
        compared += 1;
    }
    assert!(compared >= 9);
    for (law, e) in run.laws.iter().zip(&run.worlds.events) {
        let d: Vec<f64> = e.happened.iter().zip(&e.chance).map(|(h, x)| f64::from(u8::from(*h)) - x).collect();
        let (difference, error) = stats_mean(&d);
        assert!(difference.abs() <= 4.0 * error + 1e-12, "{}: {difference} ± {error}", law.id);
    }
}

fn stats_mean(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (var / n).sqrt())
}

/// The footprint is a partition; printed ids are unique.
#[test]
fn footprint_classes_sum_to_one_and_ids_are_unique() {
    let run = assess(&rasht(), Options::default()).unwrap();
    let a = &run.assessment;
    for chunk in a.footprint.chunks(5) {
        let sum: f64 = chunk.iter().filter_map(|f| f.probability).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
    for q in &a.questions {
        let bare = q.id.trim_start_matches("question:");
        let sum: f64 = a
            .hypotheses
            .iter()
            .filter(|h| h.id.starts_with(&format!("hypothesis:{bare}/")))
            .map(|h| h.probability)
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
    let count = a.indicators.len()
        + a.hypotheses.len()
        + a.judgments.len()
        + a.events.len()
        + a.footprint.len()
        + a.facts.len()
        + a.tenure.len();
    assert_eq!(run.probabilities().len(), count);
}

/// The same result with one thread and with two; with one report fewer, every draw that the sources left in common do
/// not reach is as it was, and the others move as little as the sources do.
#[test]
fn threads_and_absent_reports_change_no_other_draw() {
    let case = rasht();
    let on = |threads: usize| {
        let pool = rayon_pool(threads);
        pool.install(|| serde_json::to_string(&assess(&case, Options::default()).unwrap().assessment).unwrap())
    };
    assert_eq!(on(1), on(2));
    let whole = assess(&case, Options::default()).unwrap();
    let less = assess(&case.without_report("2010-10-08-tajik-weekly"), Options::default()).unwrap();
    for (law, e) in whole.laws.iter().zip(&whole.worlds.events) {
        if law.id != "helicopter-shootdown" {
            let k = less.laws.iter().position(|l| l.id == law.id).unwrap();
            let other = &less.worlds.events[k];
            assert!((&e.place, &e.day) == (&other.place, &other.day), "{}", law.id);
            let moved = e.happened.iter().zip(&other.happened).filter(|(a, b)| a != b).count();
            assert!(moved * 50 < e.happened.len(), "{}: {moved} worlds", law.id);
        }
    }
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// What copies one origin counts once, however often it is printed.
#[test]
fn copies_move_nothing() {
    let original =
        r#"{"id":"c0","report":"r0","excerpt":{"exact":"A clash was seen."},"chain":["sb"],"stance":"asserts","#;
    let base = format!(
        "{}--- claims/c.jsonl\n{original}{}}}\n",
        report("r0", "sb", "2024-06-10", "A clash was seen."),
        event("e", "")
    );
    let mut copied = String::new();
    let mut claims = format!("--- claims/c.jsonl\n{original}{}}}\n", event("e", ""));
    for i in 1..6 {
        copied.push_str(&report(&format!("r{i}"), "sd", "2024-06-11", "A clash was seen, they say."));
        claims.push_str(&format!(
            "{{\"id\":\"c{i}\",\"report\":\"r{i}\",\"excerpt\":{{\"exact\":\"A clash was seen\"}},\"chain\":[\"sb\",\"sd\"],\"origin\":\"claim:c{}\",\"stance\":\"asserts\",{}}}\n",
            i - 1,
            event("e", "")
        ));
    }
    let with = small(&format!("{}{copied}{claims}", report("r0", "sb", "2024-06-10", "A clash was seen.")));
    let chance = |case| assess(case, OPTIONS).unwrap().worlds.events[0].chance.clone();
    assert_eq!(chance(&small(&base)), chance(&with));
}

/// Affiliation passes on only through renamed, merged-into, successor-of and part-of, never through split-from, and
/// only while the links last.
#[test]
fn affiliates_follow_only_what_passes_on() {
    use engine::stage::worlds::{LinkWorlds, Worlds};
    use model::{Day, DaySpan};
    let link = |actor: &str, kind: LinkKind, to: &str, from: i32, until: i32| LinkWorlds {
        actor: actor.into(),
        kind,
        to: to.into(),
        index: 0,
        valid: vec![Some(DaySpan { from: Day(from), to: Day(until) })],
    };
    let worlds = Worlds {
        n: 1,
        links: vec![
            link("unit", LinkKind::PartOf, "root", 0, 100),
            link("subunit", LinkKind::PartOf, "unit", 50, 200),
            link("ally", LinkKind::AlliedWith, "root", 0, 100),
            link("allys-unit", LinkKind::PartOf, "ally", 0, 100),
            link("units-ally", LinkKind::AlliedWith, "unit", 0, 100),
            link("splinter", LinkKind::SplitFrom, "root", 0, 100),
            link("root", LinkKind::Renamed, "new-name", 80, 300),
            link("heir", LinkKind::SuccessorOf, "new-name", 90, 300),
        ],
        ..Worlds::default()
    };
    let all = [LinkKind::PartOf, LinkKind::AlliedWith, LinkKind::SplitFrom, LinkKind::Renamed, LinkKind::SuccessorOf];
    let mut got: Vec<String> = worlds
        .affiliates("root", &all, 0)
        .into_iter()
        .skip(1)
        .map(|(a, s)| format!("{a} {}..{}", s.from.0, s.to.0))
        .collect();
    got.sort();
    assert_eq!(got, ["ally 0..100", "heir 90..300", "new-name 80..300", "subunit 50..100", "unit 0..100"]);
    let alone: Vec<String> = worlds.affiliates("root", &[], 0).into_iter().map(|(a, _)| a).collect();
    assert_eq!(alone, ["root"]);
}

/// States of `worlds.md`.
#[test]
fn states() {
    let r = report("r", "sa", "2024-06-10", "A clash was seen. No clash.");
    let claim = |id: &str, source: &str, exact: &str, stance: &str| {
        format!(
            "{{\"id\":\"{id}\",\"report\":\"r\",\"excerpt\":{{\"exact\":\"{exact}\"}},\"chain\":[\"{source}\"],\"stance\":\"{stance}\",\"credibility\":1,{}}}\n",
            event("e", "")
        )
    };
    let state = |files: String| {
        let run = assess(&small(&files), OPTIONS).unwrap();
        (run.assessment.indicators[0].state, run.assessment.indicators[0].probability)
    };
    let seen = claim("a", "sa", "A clash was seen.", "asserts");
    assert_eq!(state(format!("{r}--- claims/c.jsonl\n{seen}{}", count(1))).0, State::Observed);
    let denied = claim("b", "sb", "No clash.", "denies");
    assert_eq!(state(format!("{r}--- claims/c.jsonl\n{seen}{denied}{}", count(1))).0, State::Contradicted);
    let stale = count(1).replace("title = \"t\"", "title = \"t\"\nreview_by = 2024-06-29");
    assert_eq!(state(format!("{r}--- claims/c.jsonl\n{seen}{stale}")).0, State::Stale);
    let (s, p) = state(format!("{r}--- claims/c.jsonl\n{seen}{}", count(3)));
    assert_eq!((s, p), (State::Ambiguous, Some(0.0)), "absence without coverage proves nothing");
    let covered = count(3) + COVERED;
    assert_eq!(state(format!("{r}--- claims/c.jsonl\n{seen}{covered}")).0, State::NotObserved);
    let later = count(1).replace("P90D", "2025-01-01/..");
    assert_eq!(state(format!("{r}--- claims/c.jsonl\n{seen}{later}")), (State::NotTestable, None));
}

/// Two pieces of evidence that rest on one claim are an error, with both places.
#[test]
fn undeclared_overlap_is_an_error() {
    let mut case = rasht();
    let q = case.questions.get_mut("khujand-order").unwrap();
    let mut twin = q.evidence[0].clone();
    twin.id = "twin".into();
    q.evidence.push(twin);
    let problems = assess(&case, Options { worlds: 64 }).unwrap_err();
    assert_eq!(problems[0].code, "overlapping-evidence");
    assert_eq!(problems[0].labels.len(), 2);
}

/// Everything that is printed opens, and ends in excerpts.
#[test]
fn every_printed_id_is_explained_down_to_sentences() {
    let case = rasht();
    let options = Options { worlds: 64 };
    let run = assess(&case, options).unwrap();
    for id in run.probabilities().keys() {
        let e = explain(&case, &run, options, id).unwrap();
        assert!(!e.lines.is_empty(), "{id}");
        assert!(!e.excerpts.is_empty(), "{id} ends in no excerpt");
        for x in &e.excerpts {
            let r = case.reports.values().find(|r| r.file == x.span.file).unwrap();
            assert!(r.text.get(x.span.start..x.span.end).is_some());
        }
    }
    assert!(
        explain(&case, &run, options, "indicator:strikes-ferghana")
            .unwrap_err()
            .contains("did you mean `indicator:strikes-fergana`?")
    );
    // A bare id that one thing has.
    assert_eq!(explain(&case, &run, options, "strikes-fergana").unwrap().id, "indicator:strikes-fergana");
}

/// Probabilities are never printed as 0 % or 100 %.
#[test]
fn nothing_is_certain() {
    let run = assess(&rasht(), Options::default()).unwrap();
    for p in run.probabilities().values().flatten() {
        let text = percent(*p, 1024);
        assert!(text != "0 %" && text != "100 %", "{p}");
    }
    for j in &run.assessment.judgments {
        assert!(!j.text.contains('{'), "{}", j.text);
    }
}

/// A case with three events, each in its own sentence but `e1` and `e2`, which one sentence covers as one report split
/// over two rows; matched as given. Returns P(happened) by event.
fn matched(same: &[(&str, &str, f64)]) -> std::collections::BTreeMap<String, f64> {
    let claim = |id: &str, report: &str, words: &str, source: &str, e: &str| {
        format!(
            "{{\"id\":\"{id}\",\"report\":\"{report}\",\"excerpt\":{{\"exact\":\"{words}\"}},\"chain\":[\"{source}\"],\"stance\":\"asserts\",{}}}\n",
            event(e, "")
        )
    };
    let (split, alone) = ("Two clashes over two days.", "A clash was seen.");
    let mut case = small(&format!(
        "{}{}--- claims/c.jsonl\n{}{}{}",
        report("r1", "sa", "2024-06-10", split),
        report("r2", "sb", "2024-06-10", alone),
        claim("c1", "r1", split, "sa", "e1"),
        claim("c2", "r1", split, "sa", "e2"),
        claim("c3", "r2", alone, "sb", "z"),
    ));
    case.rows = [("e1".to_owned(), "d".to_owned()), ("e2".to_owned(), "d".to_owned())].into();
    case.same = same
        .iter()
        .map(|(a, b, p)| model::Same {
            a: (*a).into(),
            b: (*b).into(),
            p: *p,
            unruled: *p,
            ruling: (*p == 0.0).then(|| "not the same".into()),
            reasons: vec![],
            at_stake: 0,
        })
        .collect();
    let run = assess(&case, OPTIONS).unwrap();
    run.assessment.events.iter().map(|e| (e.id.trim_start_matches("event:").to_owned(), e.probability)).collect()
}

/// In each world a matched pair is one event or two: what is left for the row on its own is what the match leaves.
#[test]
fn an_uncertain_match_stays_uncertain() {
    let open = matched(&[]);
    let half = matched(&[("z", "e1", 0.6)]);
    assert!((half["e1"] - 0.4 * open["e1"]).abs() < 0.03, "{half:?} {open:?}");
    // The event that stands for both has what both say.
    assert!(half["z"] > open["z"], "{half:?} {open:?}");
    let sure = matched(&[("z", "e1", 1.0)]);
    assert!(!sure.contains_key("e1") && sure["z"] > half["z"], "{sure:?}");
}

/// A statement that covers two rows is each row's own, also when both may be one with a third event.
#[test]
fn a_row_keeps_its_own_statement_when_its_neighbour_is_a_guest() {
    let open = matched(&[]);
    let both = matched(&[("z", "e1", 0.5), ("z", "e2", 0.4)]);
    assert!((both["e1"] - 0.5 * open["e1"]).abs() < 0.05, "{both:?} {open:?}");
    assert!((both["e2"] - 0.6 * open["e2"]).abs() < 0.05, "{both:?} {open:?}");
}

/// What a person ruled apart is never one, not even through a third event.
#[test]
fn what_is_ruled_apart_stays_apart() {
    let p = matched(&[("z", "e1", 0.99), ("z", "e2", 0.99), ("e1", "e2", 0.0)]);
    assert!(p.contains_key("e2") || p.contains_key("e1"), "{p:?}");
    let p = matched(&[("z", "e1", 0.9), ("z", "e2", 0.9), ("e1", "e2", 0.0)]);
    // At most one of them is the third event: the other is there on its own.
    assert!(p["e1"] + p["e2"] > 0.9, "{p:?}");
}

/// What a machine read may be misread: a claim by a source of grade D (sound with mean one half) that was read by a rule
/// which is right four times in five makes .4; a person who accepts it makes .5, one who rejects it the base rate, and
/// what people rule on others of the rule moves it.
#[test]
fn a_claim_may_be_misread_until_a_person_has_ruled_on_it() {
    let text = "There was a clash in the land.";
    let claim = |id: &str, rule: &str| {
        format!(
            "{{\"id\":\"{id}\",\"report\":\"r\",\"excerpt\":{{\"exact\":\"{text}\"}},\"chain\":[\"sd\"],\"stance\":\"asserts\"{rule},{}}}\n",
            event("e", "")
        )
    };
    let ruling = |claim: &str, is: &str| {
        format!(
            "{{\"at\":\"2024-06-20\",\"by\":\"ab\",\"why\":\"w\",\"decides\":{{\"claim\":{{\"claim\":\"{claim}\",\"rule\":\"verb-frame\",\"is\":\"{is}\"}}}}}}\n"
        )
    };
    let p = |claims: &str, rulings: &str| {
        let case = small(&format!(
            "{}--- claims/c.jsonl\n{claims}--- rulings.jsonl\n{rulings}{}",
            report("r", "sd", "2024-06-10", text),
            count(1)
        ));
        assess(&case, OPTIONS).unwrap().outcomes["n"].probability.unwrap()
    };
    let by_hand = p(&claim("c", ""), "");
    let by_rule = claim("c", ",\"rule\":\"verb-frame\"");
    let read = p(&by_rule, "");
    let base = p(&by_rule, &ruling("c", "rejected"));
    assert!((read - (0.8 * by_hand + 0.2 * base)).abs() < 0.025, "{read} of {by_hand}, {base}");
    assert!((p(&by_rule, &ruling("c", "accepted")) - by_hand).abs() < 1e-9);
    assert!(base < by_hand - 0.2, "{base}");
    assert_eq!(p(&by_rule, &ruling("c", "unsure")), read);
    // Fifteen of its like were right: (4 + 15) / (5 + 15) of them are.
    let trusted: String = (0..15).map(|i| ruling(&format!("old-{i}"), "accepted")).collect();
    let trusted = p(&by_rule, &trusted);
    assert!((trusted - (0.95 * by_hand + 0.05 * base)).abs() < 0.025, "{trusted}");
    // A person's own claim to the same effect leaves nothing to be misread.
    assert!((p(&(claim("c", "") + &claim("d", ",\"rule\":\"verb-frame\"")), "") - by_hand).abs() < 1e-9);
}
