//! Looking ahead: worlds continue as they are, and what was forecast is scored when its day has come.

use engine::{Futures, Hindsight, Ledger, Options, assess, futures};
use model::{Case, Day};

use crate::{rasht, report, small};

const OPTIONS: Options = Options { worlds: 512 };

fn ahead(case: &Case, months: usize) -> Futures {
    futures(case, &assess(case, OPTIONS).unwrap(), months).unwrap()
}

/// So many clashes on the tenth of every month of the two years before, each told by itself by a good source; and two indicators.
fn steady(each_month: usize, as_of: &str) -> Case {
    let mut words = String::new();
    let mut claims = String::new();
    for month in 0..24 {
        let day = format!("{}-{:02}-10", 2022 + month / 12, month % 12 + 1);
        for k in 0..each_month {
            let sentence = format!("Clash {k} of {day} was seen.");
            claims.push_str(&format!(
                "{{\"id\":\"c{month}-{k}\",\"report\":\"r\",\"excerpt\":{{\"exact\":\"{sentence}\"}},\"chain\":[\"sa\"],\"stance\":\"asserts\",\"says\":{{\"event\":{{\"id\":\"e{month}-{k}\",\"type\":\"Battles\",\"sub_type\":\"Armed clash\",\"place\":{{\"area\":\"land\"}},\"time\":\"{day}\",\"figures\":[{{\"measure\":\"killed\",\"of\":\"army\",\"number\":2}}]}}}}}}\n"
            ));
            words.push_str(&sentence);
            words.push(' ');
        }
    }
    let mut case = small(&format!(
        "{}--- coverage.toml\n[agencies]\ntext = \"t\"\nsources = [\"sa\"]\narea = \"land\"\nduring = \"2022-01-01/..\"\n--- claims/c.jsonl\n{claims}--- indicators.toml\n[few]\ntitle = \"few\"\n[few.count]\narea = \"land\"\nwindow = \"P30D\"\nat_least = 1\n[many]\ntitle = \"many\"\n[many.count]\narea = \"land\"\nwindow = \"P30D\"\nat_least = 12\n[past]\ntitle = \"past\"\n[past.count]\narea = \"land\"\nwindow = \"2023-01-01/2023-01-31\"\nat_least = 1\n[toll]\ntitle = \"toll\"\n[toll.figure]\nmeasure = \"killed\"\nof = \"army\"\nat_least = 205\n[none]\ntitle = \"none\"\n[none.not]\nof = [\"few\"]\n",
        report("r", "sa", "2023-12-31", words.trim_end())
    ));
    case.as_of = Day::parse(as_of);
    case
}

#[test]
fn what_has_been_steady_goes_on() {
    let f = ahead(&steady(4, "2023-12-31"), 6);
    let (late, months) = (f.events.0, &f.events.1);
    // Some of four are believed not to have been.
    assert!((3.0..4.1).contains(&late), "{late}");
    for (mean, low, high) in months {
        assert!((mean - late).abs() < 0.5 && *low >= 2 && *high <= 5, "{months:?}");
    }
    let last = |id: &str| f.indicators.iter().find(|i| i.id == id).unwrap().ahead.last().unwrap().probability;
    assert!(last("few") > 0.99 && last("many") < 0.01, "{f:?}");
    // What is asked of a month that is over does not move.
    let past = f.indicators.iter().find(|i| i.id == "past").unwrap();
    assert!(past.ahead.iter().all(|a| (a.probability - past.now.unwrap()).abs() < 0.005), "{past:?}");
    // Some 185 have died, as far as one source can be trusted, and eight more do each month: each month counts what has come by
    // its end, and no more.
    let toll = f.indicators.iter().find(|i| i.id == "toll").unwrap();
    let rise: Vec<f64> = toll.ahead.windows(2).map(|a| a[1].probability - a[0].probability).collect();
    assert!(rise.iter().all(|r| *r > 0.0) && toll.ahead[5].probability > toll.ahead[0].probability + 0.1, "{toll:?}");
    // A month without a clash may come; it is not likely.
    assert!(last("none") < 0.3, "{}", last("none"));
}

/// After two quiet months nothing holds today; what was usual for two years may come back, and windows move with the day.
#[test]
fn what_is_quiet_today_may_not_stay_so() {
    let f = ahead(&steady(4, "2024-02-20"), 6);
    let few = f.indicators.iter().find(|i| i.id == "few").unwrap();
    assert!(few.now.unwrap() < 0.01, "{few:?}");
    assert!(few.ahead[5].probability > 0.3 && few.ahead[0].probability < few.ahead[5].probability, "{few:?}");
}

#[test]
fn chances_of_having_tripped_only_rise_and_are_the_same_twice() {
    let case = rasht();
    let f = ahead(&case, 6);
    assert_eq!(f, ahead(&case, 6));
    let tested: Vec<_> = f.indicators.iter().filter(|i| !i.ahead.is_empty()).collect();
    assert!(tested.len() > 5);
    for i in tested {
        assert!(i.ahead.is_sorted_by(|a, b| a.probability <= b.probability), "{i:?}");
        assert_eq!(i.ahead[5].by, Day(case.as_of().0 + 180));
    }
    for i in f.indicators.iter().filter(|i| i.ahead.is_empty()) {
        assert!(i.reason.is_some(), "{i:?}");
    }
    // A longer look says the same of the months that both have.
    let longer = ahead(&case, 9);
    for (a, b) in f.indicators.iter().zip(&longer.indicators).filter(|(a, _)| !a.ahead.is_empty()) {
        let (a, b) = (a.ahead[2].probability, b.ahead[2].probability);
        assert!((a - b).abs() < 0.03, "{a} {b}");
    }
}

#[test]
fn where_nothing_has_happened_there_is_nothing_to_continue() {
    let case = small("");
    assert!(futures(&case, &assess(&case, OPTIONS).unwrap(), 3).is_none());
}

/// Forecast in June what is known to have gone on until December, and score it then.
#[test]
fn a_forecast_is_settled_by_what_is_known_later() {
    let whole = steady(4, "2023-12-31");
    // Each month's clashes are reported at the end of the whole: what was known in June is taken as given here.
    let mut june = whole.clone();
    june.as_of = Day::parse("2023-06-30");
    june.reports.get_mut("r").unwrap().published = model::Edtf::parse("2022-01-01").unwrap();
    let mut ledger = Ledger::default();
    let f = ahead(&june, 3);
    let lines = ledger.enter(&june, &f);
    assert_eq!(lines.len(), 15);
    assert!(ledger.enter(&june, &f).is_empty(), "what was said stands");
    let december = assess(&whole, OPTIONS).unwrap();
    let settled = ledger.resolve(&mut Hindsight::new(&whole, &december));
    let scored = ledger.score(&mut Hindsight::new(&whole, &december));
    // `many` never was, `few` and `past` were; `none` never was, which is but `few` again; of `toll` nobody knows.
    assert_eq!((scored.resolved, scored.open, scored.unresolved.len()), (12, 0, 3), "{scored:?}");
    assert_eq!(settled.len(), 12);
    assert!(scored.brier.unwrap()[0] < 0.02, "{scored:?}");
    assert_eq!(scored.missed, 0);
    // It was foreseen on the day of the forecast, and held at the end of the first month.
    let few = scored.indicators.iter().find(|i| i.id == "few").unwrap();
    assert_eq!((few.resolved, few.alarms, few.lead_days), (3, (3, 0), Some(30.0)));
    assert!(ledger.resolve(&mut Hindsight::new(&whole, &december)).is_empty(), "settled once");
    // The file is read back as it was written.
    let text = lines.iter().chain(&settled).fold(String::new(), |t, l| t + l + "\n");
    assert_eq!(Ledger::parse(&text).unwrap(), ledger);
    // Another definition is another question.
    let mut other = whole.clone();
    let few = other.indicators.get_mut("few").unwrap();
    if let model::Test::Count(c) = &mut few.test {
        c.at_least = 2;
    }
    let mut fresh = Ledger::default();
    fresh.enter(&june, &f);
    fresh.resolve(&mut Hindsight::new(&other, &december));
    let open = fresh.score(&mut Hindsight::new(&other, &december)).unresolved;
    assert!(open.iter().any(|(id, why)| id.starts_with("few@") && why.contains("definition has changed")), "{open:?}");
}

#[test]
fn before_its_day_a_forecast_is_open_and_earns_nothing() {
    let case = rasht();
    let run = assess(&case, OPTIONS).unwrap();
    let mut ledger = Ledger::default();
    ledger.enter(&case, &futures(&case, &run, 2).unwrap());
    assert!(ledger.resolve(&mut Hindsight::new(&case, &run)).is_empty());
    let s = ledger.score(&mut Hindsight::new(&case, &run));
    assert_eq!((s.resolved, s.brier, s.unresolved.len()), (0, None, 0));
    assert_eq!(s.open, ledger.entries.len());
}

#[test]
fn lines_that_are_no_ledger_are_told_all_at_once() {
    let wrong = Ledger::parse(
        "{\"forecast\":\"a\"}\n\n{\"resolves\":\"b\",\"on\":\"2024-01-01\",\"happened\":true,\"probability\":1}\n{\"forecast\":\"c\",\"made\":\"2024-01-01\",\"indicator\":\"c\",\"definition\":\"d\",\"by\":\"2024-02-01\",\"probability\":2}\n",
    )
    .unwrap_err();
    assert_eq!(wrong.iter().map(|w| w.0).collect::<Vec<_>>(), [1, 3, 4]);
    assert!(wrong[1].1.contains("nobody has forecast `b`") && wrong[2].1.contains("no probability"), "{wrong:?}");
}
