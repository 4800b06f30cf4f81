//! The numbers move the way a careful person expects, and `diff` names the report that did it.

use engine::{Options, assess, diff};
use model::Day;

use crate::rasht;

const OPTIONS: Options = Options { worlds: 1024 };

#[test]
fn taking_out_a_claim_of_responsibility_is_named() {
    let case = rasht();
    let d = diff(&case.without_report("2010-09-23-imu-statement"), &case, OPTIONS).unwrap();
    assert_eq!(d.added, ["2010-09-23-imu-statement"]);
    let c = d.numbers.iter().find(|c| c.id == "indicator:imu-did-kamarob").unwrap();
    assert!(c.after > c.before, "{c:?}");
    assert_eq!(c.because[0].report, "report:2010-09-23-imu-statement");
    assert!((c.because[0].effect - (c.after.unwrap() - c.before.unwrap())).abs() < 1e-9);
    // What the statement does not speak of moves no further than the sources they share do.
    for id in ["event:khujand-bombing", "event:yuldashev-strike", "indicator:toll-above-100"] {
        let moved = d.numbers.iter().find(|c| c.id == id).map_or(0.0, |c| c.after.unwrap() - c.before.unwrap());
        assert!(moved.abs() < 0.01, "{id}: {moved}");
    }
}

#[test]
fn a_case_does_not_differ_from_itself() {
    let case = rasht();
    let d = diff(&case, &case, OPTIONS).unwrap();
    assert!(
        d.numbers.is_empty()
            && d.added.is_empty()
            && d.removed.is_empty()
            && d.changed.is_empty()
            && d.judgments.is_empty()
    );
}

#[test]
fn as_of_shows_what_was_known_then() {
    let case = rasht();
    let day = Day::parse("2010-09-10").unwrap();
    let then = assess(&case.seen_on(day), OPTIONS).unwrap();
    assert!(!then.assessment.events.iter().any(|e| e.id == "event:kamarob-ambush"));
    assert!(then.assessment.events.iter().any(|e| e.id == "event:khujand-bombing"));
    assert!(then.ingested.iter().all(|r| r.published_latest <= day.0));
    let d = diff(&case.seen_on(day), &case, OPTIONS).unwrap();
    let ambush = d.numbers.iter().find(|c| c.id == "event:kamarob-ambush").unwrap();
    assert_eq!(ambush.before, None);
    // A report dated only to about a month is known when that month is surely over.
    let mut late = rasht();
    late.reports.get_mut("2010-09-20-defence-ministry").unwrap().published = model::Edtf::parse("2010-09~").unwrap();
    assert!(!late.seen_on(Day::parse("2010-10-14").unwrap()).reports.contains_key("2010-09-20-defence-ministry"));
    assert!(late.seen_on(Day::parse("2010-10-15").unwrap()).reports.contains_key("2010-09-20-defence-ministry"));
}

#[test]
fn a_better_grade_is_believed_more() {
    let case = rasht();
    let p = |grade: model::Reliability| {
        let graded = case.changed(&model::Change {
            reliability: [("tajik-interior-ministry".to_owned(), grade)].into(),
            ..model::Change::default()
        });
        assess(&graded, OPTIONS).unwrap().probabilities()["event:tavildara-attack"].unwrap()
    };
    use model::Reliability::{A, B, C, D, E};
    let ladder: Vec<f64> = [A, B, C, D, E].into_iter().map(p).collect();
    assert!(ladder.windows(2).all(|w| w[0] > w[1]), "{ladder:?}");
}

#[test]
fn a_retraction_takes_the_denial_back() {
    let case = rasht();
    let p = |c: &model::Case| assess(c, OPTIONS).unwrap().probabilities()["event:yuldashev-strike"].unwrap();
    let denied = p(&case.seen_on(Day::parse("2010-08-01").unwrap()));
    let reported = p(&case.seen_on(Day::parse("2009-10-04").unwrap()));
    let admitted = p(&case);
    assert!(denied < reported && reported < admitted, "{reported} {denied} {admitted}");
}

#[test]
fn figures_answer_to_their_hedges() {
    let run = assess(&rasht(), OPTIONS).unwrap();
    let figure =
        |id: &str| run.assessment.events.iter().flat_map(|e| &e.figures).find(|f| f.id == id).unwrap().quantiles;
    let [low, median, high] = figure("figure:kamarob-ambush/killed/tajik-forces");
    assert!(low >= 12 && (23..=45).contains(&median) && high <= 90, "{low} {median} {high}");
    let [low, median, high] = figure("figure:rasht-sweeps/killed/tajik-forces");
    assert!(low >= 40 && (80..=140).contains(&median) && high <= 260, "{low} {median} {high}");
    // Without the weekly, which says "higher", the median is lower.
    let less = assess(&rasht().without_report("2010-11-05-tajik-weekly"), OPTIONS).unwrap();
    let then = less
        .assessment
        .events
        .iter()
        .flat_map(|e| &e.figures)
        .find(|f| f.id == "figure:rasht-sweeps/killed/tajik-forces")
        .unwrap()
        .quantiles;
    assert!(then[1] < median, "{then:?}");
}

/// Every conclusion that a report held up is told when the report is looked at: what a retraction would take with it.
#[test]
fn a_report_tells_what_it_holds_up() {
    let case = rasht();
    let options = Options { worlds: 512 };
    let run = assess(&case, options).unwrap();
    let told = engine::explain(&case, &run, options, "report:2010-09-08-ansarullah-statement").unwrap();
    let lines: Vec<&str> = told.lines.iter().map(|l| l.text.as_str()).collect();
    assert!(
        lines.iter().any(|l| l.starts_with("judgment:khujand: local-dispute instead of undecided: ")),
        "{lines:#?}"
    );
    for id in [
        "hypothesis:khujand-order/ansarullah-alone",
        "hypothesis:khujand-order/local-dispute",
        "indicator:strikes-fergana",
    ] {
        assert!(lines.iter().any(|l| l.starts_with(id)), "{id}: {lines:#?}");
    }
    // An assumption the same way: what is otherwise if it is false.
    let told = engine::explain(&case, &run, options, "assumption:sources-are-distinct").unwrap();
    assert!(
        told.lines.iter().any(|l| l.text.starts_with("judgment:khujand: ansarullah-alone instead of undecided")),
        "{:#?}",
        told.lines
    );
}
