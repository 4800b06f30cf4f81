//! What to believe: evidence of every kind, judged apart and together, by one and by several; what it all hangs on.

use engine::stage::gather::Gathered;
use engine::stage::reconcile::EventLaw;
use engine::stage::test::View;
use engine::stage::weigh::{self, Answer, Tested};
use engine::stage::worlds::Worlds;
use engine::{Options, assess, scrutiny};
use model::{AssumptionStatus, Change, EventBy, Evidence, EvidenceKind, Group, Hypothesis, Likelihood, Question, Span};

use crate::{law, rasht, report, small, worlds_of};

const OPTIONS: Options = Options { worlds: 4096 };

fn question(priors: &[f64], evidence: &[(&str, &[f64])]) -> Question {
    let hypothesis =
        |(i, p): (usize, &f64)| Hypothesis { id: format!("h{i}"), text: "t".into(), prior: *p, why: "w".into() };
    Question {
        id: "q".into(),
        question: "?".into(),
        hypotheses: priors.iter().enumerate().map(hypothesis).collect(),
        evidence: evidence
            .iter()
            .map(|(id, l)| Evidence {
                id: (*id).into(),
                kind: EvidenceKind::Event(EventBy { id: (*id).into(), by: None }),
                likelihood: l.iter().map(|p| Likelihood::exactly(*p)).collect(),
                why: "w".into(),
                span: Span::default(),
            })
            .collect(),
        groups: Vec::new(),
        opinions: Vec::new(),
        tlp: None,
        span: Span::default(),
    }
}

/// Events by name, with their chance in each world and whether they happened there; before any report one in five.
fn weigh(question: &Question, events: &[(&str, Vec<f64>, Vec<bool>)]) -> Answer {
    let mut case = small("");
    case.base_rate = 0.2;
    let laws: Vec<EventLaw> = events.iter().map(|e| law(e.0)).collect();
    let n = events[0].1.len();
    let worlds =
        Worlds { n, events: events.iter().map(|e| worlds_of(e.1.clone(), e.2.clone())).collect(), ..Worlds::default() };
    let view = View { case: &case, laws: &laws, worlds: &worlds };
    let none = Default::default();
    weigh::run(Tested { view: &view, outcomes: &none }, None, &Gathered::default(), question).unwrap()
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-12, "{a} {b}");
}

/// Two hypotheses and three pieces: one sure, one as doubtful as before anything was said, one at 70 %; by hand, in any order.
#[test]
fn three_pieces_by_hand() {
    let q = question(&[0.4, 0.6], &[("sure", &[0.9, 0.3]), ("nothing", &[0.99, 0.01]), ("half", &[0.8, 0.5])]);
    let flat = |p: f64| (vec![p; 8], vec![true; 8]);
    let events = [("sure", 1.0), ("nothing", 0.2), ("half", 0.7)].map(|(id, p)| {
        let (chance, happened) = flat(p);
        (id, chance, happened)
    });
    let a = weigh(&q, &events);
    // P(E | H) / P0(E), averaged over what is left open: 1 for what nobody knows more of than before.
    let half = |l: f64| 0.7 * l / 0.2 + 0.3 * (1.0 - l) / 0.8;
    let (one, two) = (0.4 * 0.9 * half(0.8), 0.6 * 0.3 * half(0.5));
    near(a.hypotheses[0].probability, one / (one + two));
    near(a.items[1].without[0], a.hypotheses[0].probability);
    near(a.items[0].without[0], 0.4 * half(0.8) / (0.4 * half(0.8) + 0.6 * half(0.5)));
    near(a.items[2].if_so[0], 0.4 * 0.9 * 0.8 / (0.4 * 0.9 * 0.8 + 0.6 * 0.3 * 0.5));
    // What is sure tells nothing new; what is open does.
    near(a.items[0].value, 0.0);
    assert!(a.items[2].value > 0.001 && a.open[0].bits >= a.open[1].bits);
    // The weight of what is sure: 9 to 3, in decibans of the odds.
    near(
        a.items[0].decibans,
        if a.hypotheses[0].probability > 0.5 { 10.0 * 3.0_f64.log10() } else { -10.0 * 3.0_f64.log10() },
    );
    let mut turned = q.clone();
    turned.evidence.reverse();
    near(weigh(&turned, &events).hypotheses[0].probability, a.hypotheses[0].probability);
}

/// Items in a group have one likelihood together; where that is the product of theirs they weigh what they weigh apart.
#[test]
fn a_group_weighs_what_its_items_do_together() {
    let (a, b) = ([0.9, 0.3], [0.6, 0.2]);
    let patterns = [(true, true), (true, false), (false, true), (false, false)];
    let column = |f: &dyn Fn((bool, bool)) -> bool| -> (Vec<f64>, Vec<bool>) {
        let drawn: Vec<bool> = (0..8).map(|w| f(patterns[[0, 0, 0, 1, 1, 2, 3, 3][w]])).collect();
        (drawn.iter().map(|d| f64::from(u8::from(*d))).collect(), drawn)
    };
    let ((ca, da), (cb, db)) = (column(&|p| p.0), column(&|p| p.1));
    let events = [("a", ca, da), ("b", cb, db)];
    let apart = weigh(&question(&[0.4, 0.6], &[("a", &a), ("b", &b)]), &events);
    let mut q = question(&[0.4, 0.6], &[("a", &[]), ("b", &[])]);
    q.groups.push(Group {
        id: "g".into(),
        of: vec!["a".into(), "b".into()],
        // none, a, b, both.
        likelihood: (0..2)
            .map(|h| {
                let (x, y) = (a[h], b[h]);
                vec![(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y]
            })
            .collect(),
        why: "w".into(),
        span: Span::default(),
    });
    let together = weigh(&q, &events);
    near(together.hypotheses[0].probability, apart.hypotheses[0].probability);
    near(together.items[0].if_so[0], apart.items[0].if_so[0]);
    assert_eq!(model::ways(&q.groups[0].of), ["none", "a", "b", "a+b"]);
    near(together.items[1].likelihood[0], 0.6);
}

/// One event under two names, judged together as one: what it weighs on its own.
#[test]
fn what_shares_a_claim_is_judged_together() {
    let case = rasht();
    let alone = assess(&case, OPTIONS).unwrap();
    let mut twice = case.clone();
    let q = twice.questions.get_mut("khujand-order").unwrap();
    let place = q.evidence.iter().position(|e| e.id == "ansarullah-did-it").unwrap();
    let first = q.evidence[place].clone();
    q.evidence[place].likelihood.clear();
    q.evidence.push(Evidence { id: "twin".into(), likelihood: Vec::new(), ..first.clone() });
    q.groups.push(Group {
        id: "g".into(),
        of: vec![first.id.clone(), "twin".into()],
        likelihood: first.likelihood.iter().map(|l| vec![1.0 - l.point, 0.0, 0.0, l.point]).collect(),
        why: "w".into(),
        span: Span::default(),
    });
    let both = assess(&twice, OPTIONS).unwrap();
    for (x, y) in alone.answers["khujand-order"].hypotheses.iter().zip(&both.answers["khujand-order"].hypotheses) {
        assert!(
            (x.probability - y.probability).abs() < 4.0 * y.error.max(0.003),
            "{}: {} {}",
            x.id,
            x.probability,
            y.probability
        );
    }
}

/// Cut in two, or told again, a report weighs what it weighed: every number is the same to the last bit.
#[test]
fn splitting_and_copying_a_report_moves_nothing() {
    let case = rasht();
    let was = assess(&case, Options { worlds: 256 }).unwrap().probabilities();
    let mut split = case.clone();
    let mut half = split.reports["2010-11-04-private-analyst"].clone();
    half.id = "second-half".into();
    for id in ["sources-not-from-valley", "sources-few-hundred", "talk-abdullah"] {
        split.claims.get_mut(id).unwrap().report = half.id.clone();
    }
    split.reports.insert(half.id.clone(), half);
    assert_eq!(assess(&split, Options { worlds: 256 }).unwrap().probabilities(), was);
    let mut told = case.clone();
    let mut again = told.reports["2010-11-04-private-analyst"].clone();
    again.id = "told-again".into();
    for id in ["sources-prepared-before", "sources-odil-fergana"] {
        let mut copy = told.claims[id].clone();
        copy.origin = model::Origin::Claim(id.into());
        (copy.report, copy.id) = (again.id.clone(), format!("z-{id}"));
        told.claims.insert(copy.id.clone(), copy);
    }
    told.reports.insert(again.id.clone(), again.clone());
    assert_eq!(assess(&told, Options { worlds: 256 }).unwrap().probabilities(), was);
    // Filed twice, with all its claims, by the same people.
    let mut twice = case.clone();
    twice.reports.insert(again.id.clone(), again.clone());
    for c in case.claims.values().filter(|c| c.report == "2010-11-04-private-analyst") {
        let id = format!("z-{}", c.id);
        twice.claims.insert(id.clone(), model::Claim { id, report: again.id.clone(), ..c.clone() });
    }
    assert_eq!(assess(&twice, Options { worlds: 256 }).unwrap().probabilities(), was);
}

const STRIKES: &str = "--- indicators.toml\n[strikes]\ntitle = \"t\"\n[strikes.count]\narea = \"land\"\nwindow = \"P30D\"\nat_least = 1\n--- hypotheses.toml\n[q]\nquestion = \"?\"\nother.prior = 0.1\nother.why = \"w\"\n[q.hypothesis.one]\ntext = \"t\"\nprior = 0.5\nwhy = \"w\"\n[q.hypothesis.two]\ntext = \"t\"\nprior = 0.4\nwhy = \"w\"\n[q.evidence.e]\nindicator = \"strikes\"\nlikelihood = { one = 0.8, two = 0.1, other = 0.5 }\nwhy = \"w\"\n";
const COVER: &str = "--- coverage.toml\n[agencies]\ntext = \"t\"\nsources = [\"sa\"]\narea = \"land\"\nduring = \"2024-01-01/..\"\ncatches = 0.75\n";

/// P(no report | H) = 1 - coverage x P(event | H); where nobody was reporting, silence says nothing.
#[test]
fn absence_counts_where_somebody_was_reporting() {
    let silent = assess(&small(STRIKES), OPTIONS).unwrap();
    let a = &silent.answers["q"];
    assert_eq!(a.hypotheses.iter().map(|h| h.probability).collect::<Vec<_>>(), [0.5, 0.4, 0.1]);
    assert!(a.items[0].reason.as_ref().unwrap().contains("nobody is declared to have been reporting in land"));
    let covered = assess(&small(&format!("{STRIKES}{COVER}")), OPTIONS).unwrap();
    let a = &covered.answers["q"];
    let w = [0.5 * (1.0 - 0.75 * 0.8), 0.4 * (1.0 - 0.75 * 0.1), 0.1 * (1.0 - 0.75 * 0.5)];
    for (h, w) in a.hypotheses.iter().zip(w) {
        near(h.probability, w / 0.6325);
    }
    assert!((w.iter().sum::<f64>() - 0.6325).abs() < 1e-12);
    // Found after all, it was missed.
    near(a.items[0].if_so[0], 0.5 * 0.25 * 0.8 / (0.25 * (0.5 * 0.8 + 0.4 * 0.1 + 0.1 * 0.5)));
    // Of its absence the same: that nothing was reported is 1 - c (1 - P(absence | H)).
    let quiet = STRIKES
        .replace("--- hypotheses.toml", "[quiet]\ntitle = \"t\"\n[quiet.not]\nof = [\"strikes\"]\n--- hypotheses.toml");
    let quiet = quiet.replace(
        "indicator = \"strikes\"\nlikelihood = { one = 0.8, two = 0.1, other = 0.5 }",
        "indicator = \"quiet\"\nlikelihood = { one = 0.2, two = 0.9, other = 0.5 }",
    );
    let absent = assess(&small(&format!("{quiet}{COVER}")), OPTIONS).unwrap();
    let b = &absent.answers["q"];
    for (x, y) in a.hypotheses.iter().zip(&b.hypotheses) {
        near(x.probability, y.probability);
    }
    near(a.items[0].if_so[0], b.items[0].if_not[0]);
    near(a.items[0].expected, 1.0 - b.items[0].expected);
    // A gap of days, or a larger area, is not covered.
    for (from, to) in [("2024-01-01/..", "2024-06-10/.."), ("area = \"land\"\nduring", "area = \"hill\"\nduring")] {
        let hill = r#"--- areas.geojson
{"type":"FeatureCollection","features":[{"type":"Feature","id":"land","properties":{"name":"land"},"geometry":{"type":"Polygon","coordinates":[[[10,50],[12,50],[12,51],[10,51],[10,50]]]}},{"type":"Feature","id":"hill","properties":{"name":"hill"},"geometry":{"type":"Polygon","coordinates":[[[10,50],[11,50],[11,51],[10,51],[10,50]]]}}]}
"#;
        let case = small(&format!("{STRIKES}{}{hill}", COVER.replace(from, to)));
        let reason = assess(&case, OPTIONS).unwrap().answers["q"].items[0].reason.clone().unwrap();
        assert!(reason.contains("nobody is declared"), "{reason}");
    }
    let pieces = COVER.replace("2024-01-01/..", "2024-01-01/2024-06-12")
        + &COVER
            .replace("[agencies]", "[later]")
            .replace("--- coverage.toml\n", "")
            .replace("2024-01-01/..", "2024-06-13/..");
    assert!(assess(&small(&format!("{STRIKES}{pieces}")), OPTIONS).unwrap().answers["q"].items[0].reason.is_none());
}

fn fact(id: &str, source: &str, stance: &str) -> String {
    format!(
        "{{\"id\":\"{source}-{id}\",\"report\":\"r-{source}\",\"excerpt\":{{\"exact\":\"{id} is so.\"}},\"chain\":[\"{source}\"],\"stance\":\"{stance}\",\"says\":{{\"fact\":{{\"id\":\"{id}\",\"text\":\"{id} is so.\"}}}}}}\n"
    )
}

/// An origin is one piece of evidence, whatever it said and however often; a factor on the same claims weighs the same.
#[test]
fn an_origin_is_one_piece_of_evidence() {
    let case = |evidence: &str| {
        let reports = report("r-sb", "sb", "2024-06-01", "x is so. y is so.");
        let claims = fact("x", "sb", "asserts") + &fact("y", "sb", "asserts");
        small(&format!(
            "{reports}--- claims/c.jsonl\n{claims}--- factors.toml\n[f]\ntext = \"t\"\ndirection = \"enabling\"\nhypothesis = \"q/one\"\nclaims = [\"sb-x\", \"sb-y\"]\n{}",
            STRIKES.replace("indicator = \"strikes\"", evidence)
        ))
    };
    let of = |evidence: &str| assess(&case(evidence), OPTIONS).unwrap().answers["q"].clone();
    let (origin, factor) = (of("origin = \"sb\""), of("factor = \"f\""));
    assert_eq!(origin.hypotheses, factor.hypotheses);
    assert_eq!(origin.items[0].claims, ["sb-x", "sb-y"]);
    near(origin.items[0].base, 0.04);
    assert!(origin.hypotheses[0].probability > 0.6);
}

/// Who may deceive is believed less, and the more so when contradicted; every statement of it falls with it.
#[test]
fn deception_is_learned_from_what_others_say() {
    let of = |stances: [&str; 2], deceives: f64| {
        let reports =
            report("r-sb", "sb", "2024-06-01", "x is so. y is so.") + &report("r-sa", "sa", "2024-06-02", "x is so.");
        let claims = fact("x", "sb", stances[0]) + &fact("y", "sb", "asserts") + &fact("x", "sa", stances[1]);
        let mut case = small(&format!("{reports}--- claims/c.jsonl\n{claims}"));
        case.sources.get_mut("sb").unwrap().deceives = deceives;
        assess(&case, OPTIONS).unwrap()
    };
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let y = |run: &engine::Run| mean(&run.worlds.facts["y"]);
    let deceives =
        |run: &engine::Run| run.assessment.sources.iter().find(|s| s.id == "source:sb").unwrap().deceives.unwrap();
    let (honest, agreed, contradicted) =
        (of(["asserts", "asserts"], 0.0), of(["asserts", "asserts"], 0.25), of(["denies", "asserts"], 0.25));
    let ([declared, after], [_, worse]) = (deceives(&agreed), deceives(&contradicted));
    assert!(declared == 0.25 && after < 0.2 && worse > 0.35, "{after} {worse}");
    assert!(
        y(&honest) > y(&agreed) && y(&agreed) > y(&contradicted) + 0.1,
        "{} {} {}",
        y(&honest),
        y(&agreed),
        y(&contradicted)
    );
    // By hand: agreed upon, P(deceives) = .25 x 1 / (.25 x 1 + .75 x r), where both are sound or by chance the same.
    let (ra, rb, beta) = (0.95, 0.85, 0.2);
    let same = |b: f64| beta * (ra / beta + 1.0 - ra) * (b / beta + 1.0 - b) + (1.0 - beta) * (1.0 - ra) * (1.0 - b);
    let exact = 0.25 * same(0.0) / (0.25 * same(0.0) + 0.75 * same(rb));
    assert!((after - exact).abs() < 0.03, "{after} {exact}");
}

/// The example: two readers who differ, pooled between them; what each hangs on, and what its removal flips.
#[test]
fn the_example_shows_what_it_hangs_on() {
    let case = rasht();
    let options = Options { worlds: 1024 };
    let run = assess(&case, options).unwrap();
    let a = &run.answers["sweeps-purpose"];
    let place = |h: &str| a.hypotheses.iter().position(|x| x.id == h).unwrap();
    let of = |who: &str| a.analysts.iter().find(|x| x.analyst == who).unwrap();
    let (first, second) = (of("first-reader"), of("second-reader"));
    let h = place("counter-imu");
    assert!(first.probability[h] + 0.2 < second.probability[h]);
    let pooled = a.hypotheses[h].probability;
    assert!(first.probability[h] < pooled && pooled < second.probability[h]);
    assert!(first.incoherent > 0.02 && first.prior.iter().sum::<f64>() > 1.0 - 1e-9);
    let audit = a.audit.as_ref().unwrap();
    assert_eq!(
        (audit.cells[0].evidence.as_str(), audit.cells[0].hypothesis.as_str()),
        ("prepared-before", "recapture")
    );
    // Words and ranges leave an interval; it holds the number.
    let w = &a.hypotheses[h];
    assert!(w.bounds[0] < w.probability && w.probability < w.bounds[1] && w.bounds[1] - w.bounds[0] > 0.1);
    assert!(a.ess > 500.0, "{}", a.ess);
    // Gaps are ranked; the largest is the one that was declared for it.
    let gaps: Vec<&str> = a.open.iter().filter(|w| w.id.starts_with("gap:")).map(|w| w.id.as_str()).collect();
    assert_eq!(gaps, ["gap:preparations", "gap:prisoners"]);
    for w in &a.open {
        // On average an answer changes nothing.
        let back = w.probability_now(h);
        assert!((back - pooled).abs() < 0.02, "{}: {back}", w.id);
    }

    // With few origins to be tried, the rest are named.
    let few = scrutiny(&case, &run, options, 1, &|_, _| {});
    assert!(few.untried.len() > 5 && few.conclusions.iter().all(|c| c.without.len() <= 1));
    let s = scrutiny(&case, &run, options, engine::affordable(&case), &|_, _| {});
    assert!(s.untried.is_empty(), "{:?}", s.untried);
    let khujand = s.conclusions.iter().find(|c| c.id == "judgment:khujand").unwrap();
    let linchpin = khujand.linchpin().unwrap();
    assert_eq!(
        (linchpin.cause.as_str(), linchpin.flips, linchpin.outcome.as_str()),
        ("source:ansarullah-statements", true, "local-dispute")
    );
    let without = case.changed(&Change { without_origin: vec!["ansarullah-statements".into()], ..Change::default() });
    let then = assess(&without, options).unwrap();
    let judged = then.assessment.judgments.iter().find(|j| j.id == "judgment:khujand").unwrap();
    assert_eq!((judged.outcome.as_str(), Some(&judged.text)), ("local-dispute", linchpin.text.as_ref()));
    // An assumption that fails moves what it holds up.
    let a = s.assumptions.iter().find(|a| a.id == "assumption:sources-are-distinct").unwrap();
    assert_eq!(
        (a.status, a.moves.as_slice()),
        (AssumptionStatus::Unsupported, &["judgment:sweeps".to_owned(), "judgment:khujand".into()][..])
    );
    // In plain words.
    let sweeps = run.assessment.judgments.iter().find(|j| j.id == "judgment:sweeps").unwrap();
    assert!(
        sweeps.would_change.iter().any(|w| w.starts_with("The gap most worth closing: Were troops moved")),
        "{:?}",
        sweeps.would_change
    );
    let khujand = run.assessment.judgments.iter().find(|j| j.id == "judgment:khujand").unwrap();
    assert!(
        khujand
            .would_change
            .iter()
            .any(|w| w.contains("ruled out that event:khujand-bombing happened, done by Jamaat Ansarullah")
                && w.contains("would lead")),
        "{:?}",
        khujand.would_change
    );
    assert_eq!(case.tripped().len(), case.indicators.len(), "every indicator of the example is shown to trip");
    // Of a test made of tests: all of it.
    let mut composite = case.clone();
    composite.judgments[0].about = model::About::Indicator("rasht-only".into());
    let told = assess(&composite, options).unwrap().assessment.judgments[0].would_change[0].clone();
    assert!(
        told.contains(
            "was done by Islamic Movement of Uzbekistan or affiliates (part-of); and not at least 1 event by"
        ),
        "{told}"
    );
}

/// A likelihood as a word, as a range, as a number: the wider what was said, the wider what is believed.
#[test]
fn what_is_said_vaguely_is_believed_vaguely() {
    let width = |l: &str| {
        let text = STRIKES.replace("{ one = 0.8, two = 0.1, other = 0.5 }", l);
        let a = assess(&small(&format!("{text}{COVER}")), OPTIONS).unwrap().answers["q"].clone();
        let h = &a.hypotheses[0];
        assert!(h.bounds[0] <= h.probability && h.probability <= h.bounds[1]);
        h.bounds[1] - h.bounds[0]
    };
    let exact = width("{ one = 0.675, two = 0.325, other = 0.5 }");
    let range = width("{ one = [0.65, 0.7], two = [0.30, 0.35], other = 0.5 }");
    let words = width("{ one = \"likely\", two = \"unlikely\", other = \"roughly-even-chance\" }");
    assert!(exact < 1e-9 && range > 0.005 && words > 2.0 * range, "{exact} {range} {words}");
}

/// Whole cases drawn from the model, from the hypothesis down to who says what: the answer by worlds is the exact one, by
/// enumeration of all facts and all reliabilities, within sampling error.
#[test]
fn answers_are_exact_on_cases_drawn_from_the_model() {
    use model::Reliability::{A, B, D};
    let sources = [("sa", A), ("sb", B), ("sd", D)];
    let nodes = sources.map(|(_, grade)| {
        let (a, b) = engine::stage::worlds::grade_law(grade);
        stats::beta_quantiles(a, b, 64)
    });
    let beta = 0.2;
    // P(says so | it is so or not, reliability): sound, or blind.
    let speaks = |says: bool, so: bool, r: f64| {
        let blind = if says { beta } else { 1.0 - beta };
        (1.0 - r) * blind + if says == so { r } else { 0.0 }
    };
    let (mut far, mut told) = (0.0_f64, 0.0);
    for k in 0..40 {
        let mut s = stats::Stream::new(5, k, 0);
        let round = |p: f64| (1000.0 * p).round() / 1000.0;
        let prior = stats::normalised((0..3).map(|_| 0.2 + s.next_unit()).collect());
        let prior = [round(prior[0]), round(prior[1]), 1.0 - round(prior[0]) - round(prior[1])];
        let truth = stats::pick(&prior, s.next_unit());
        let likelihood: Vec<[f64; 3]> = (0..3).map(|_| [0, 1, 2].map(|_| round(0.05 + 0.9 * s.next_unit()))).collect();
        let so: Vec<bool> = likelihood.iter().map(|l| s.next_unit() < l[truth]).collect();
        // By source, what it says of each fact, if anything; of every fact somebody speaks.
        let said: Vec<Vec<Option<bool>>> = nodes
            .iter()
            .enumerate()
            .map(|(n, nodes)| {
                let r = nodes[(s.next_unit() * 64.0) as usize];
                so.iter()
                    .map(|so| (n == 0 || s.next_unit() < 0.7).then(|| s.next_unit() < speaks(true, *so, r)))
                    .collect()
            })
            .collect();
        let (mut claims, mut reports) = (String::new(), String::new());
        for ((source, _), said) in sources.iter().zip(&said) {
            reports += &report(&format!("r-{source}"), source, "2024-06-01", "x0 is so. x1 is so. x2 is so.");
            for (i, says) in said.iter().enumerate() {
                let stance = says.map(|s| if s { "asserts" } else { "denies" });
                claims += &stance.map_or(String::new(), |stance| fact(&format!("x{i}"), source, stance));
            }
        }
        let mut text = format!("{reports}--- claims/c.jsonl\n{claims}--- hypotheses.toml\n[q]\nquestion = \"?\"\n");
        text += &format!("other.prior = {}\nother.why = \"w\"\n", prior[2]);
        for (h, p) in ["one", "two"].iter().zip(prior) {
            text += &format!("[q.hypothesis.{h}]\ntext = \"t\"\nprior = {p}\nwhy = \"w\"\n");
        }
        for (i, l) in likelihood.iter().enumerate() {
            // What a claim says that denies is that it is not so.
            let [x, y, z] = l.map(|p| if said[0][i] == Some(true) { p } else { 1.0 - p });
            text += &format!(
                "[q.evidence.e{i}]\nclaim = \"sa-x{i}\"\nlikelihood = {{ one = {x}, two = {y}, other = {z} }}\nwhy = \"w\"\n"
            );
        }
        let exact = stats::normalised(
            (0..3)
                .map(|h| {
                    let all = (0..8_usize).map(|way| {
                        let is = |i: usize| way >> i & 1 == 1;
                        let facts: f64 =
                            (0..3).map(|i| if is(i) { likelihood[i][h] } else { 1.0 - likelihood[i][h] }).product();
                        let heard = nodes.iter().zip(&said).map(|(nodes, said)| {
                            let by = |r: &f64| -> f64 {
                                said.iter().enumerate().filter_map(|(i, s)| Some(speaks((*s)?, is(i), *r))).product()
                            };
                            nodes.iter().map(by).sum::<f64>() / nodes.len() as f64
                        });
                        facts * heard.product::<f64>()
                    });
                    prior[h] * all.sum::<f64>()
                })
                .collect(),
        );
        let a = assess(&small(&text), Options { worlds: 2048 }).unwrap().answers["q"].clone();
        for ((x, exact), prior) in a.hypotheses.iter().zip(&exact).zip(prior) {
            let z = (x.probability - exact).abs() / (x.error + 0.002);
            far = far.max(z);
            told += (exact - prior).abs();
            assert!(z < 5.0, "case {k}, {}: {} ± {}, exactly {exact}", x.id, x.probability, x.error);
        }
    }
    assert!(far > 0.0 && told / 40.0 > 0.2, "the reports tell something: {told}");
}

/// Whatever evidence, claim or source is taken out, what is left is weighed or says why not.
#[test]
fn whatever_is_taken_out_the_rest_is_weighed() {
    let mut case = rasht();
    let q = case.questions.get_mut("sweeps-purpose").unwrap();
    let of: Vec<String> = ["prepared-before", "fugitives-not-local"].map(str::to_owned).to_vec();
    for e in q.evidence.iter_mut().filter(|e| of.contains(&e.id)) {
        e.likelihood.clear();
    }
    q.opinions.iter_mut().for_each(|o| o.evidence.retain(|id, _| !of.contains(id)));
    let likelihood = vec![vec![0.4, 0.2, 0.2, 0.2]; 4];
    q.groups.push(Group { id: "g".into(), of, likelihood, why: "w".into(), span: Span::default() });
    let options = Options { worlds: 64 };
    let whole = assess(&case, options).unwrap();
    assert!(whole.answers["sweeps-purpose"].items.iter().filter(|i| i.group.is_some()).all(|i| i.reason.is_none()));
    let out = |change: Change| assess(&case.changed(&change), options);
    for q in case.questions.values() {
        for e in &q.evidence {
            let run =
                out(Change { without_evidence: vec![format!("{}/{}", q.id, e.id)], ..Change::default() }).unwrap();
            let left = &run.answers[&q.id];
            assert!(left.items.iter().all(|i| i.id != e.id && !(i.reason.is_none() && i.if_so.is_empty())), "{}", e.id);
            let sum: f64 = left.hypotheses.iter().map(|h| h.probability).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{}: {sum}", e.id);
        }
    }
    for source in case.sources.keys() {
        let gone = out(Change { without_origin: vec![source.clone()], ..Change::default() });
        let run = gone.unwrap_or_else(|p| panic!("{source}: {p:?}"));
        // With everything of it gone it lies: nothing else than that is left of its word.
        let lies = out(Change { deceives: vec![source.clone()], ..Change::default() });
        assert!(lies.is_ok(), "{source}");
        for a in run.answers.values() {
            assert!(a.hypotheses.iter().all(|h| (0.0..=1.0).contains(&h.probability)), "{source}");
        }
    }
}
