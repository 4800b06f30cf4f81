//! What is read, and what must not be.

use extract::lexicon::{Class, Entry, Lexicon};
use extract::read::{Part, Read};
use extract::{Known, Setting, Text, read};
use model::{Day, EventType, Hedge, Measure, Modality, Stance};
use proptest::prelude::*;

fn known() -> Known {
    let mut k = Known::default();
    k.actor("front", Class::Armed, ["Northern Front", "NF"]);
    k.actor("army", Class::State, ["the Army", "Land army"]);
    k.area("upton", ["Upton"]);
    k.area("easton", ["Easton"]);
    k.source("gazette", ["Land Gazette"]);
    k
}

fn of(text: &str) -> Read {
    let anchor = Day::parse("2024-03-10");
    read(&Text::new(text, 0), &known(), Setting { anchor })
}

/// Every row of the table of triggers carries a sentence in which it is an event and one in which it is none.
#[test]
fn every_trigger_row_reads_its_own_sentences() {
    let lexicon = Lexicon::bundled();
    assert!(lexicon.triggers.len() > 45);
    let mut wrong = Vec::new();
    for (n, row) in lexicon.triggers.iter().enumerate() {
        let has = |text: &str| {
            let t = Text::new(text, 0);
            let spans: Vec<_> = lexicon
                .scan(&t)
                .into_iter()
                .filter(|h| matches!(h.entry, Entry::Trigger(k) if k as usize == n))
                .map(|h| t.span(h.tokens))
                .collect();
            let read = of(text);
            // An effect belongs to an event of its sentence.
            let event = read.events.iter().any(|e| spans.contains(&e.trigger.span))
                || (row.kind.is_none() || row.frame == extract::lexicon::Frame::Kill)
                    && !spans.is_empty()
                    && !read.events.is_empty();
            (event, !spans.is_empty())
        };
        let [yes, no] = row.examples;
        if !has(yes).1 || (row.frame != extract::lexicon::Frame::Threat && !has(yes).0) {
            wrong.push(format!("{}: nothing is read of: {yes}", row.name));
        }
        if has(no).0 {
            wrong.push(format!("{}: an event is read of: {no}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The other tables: each row's first sentence is read as the row says, its second is not.
#[test]
fn every_row_of_the_other_tables_reads_its_own_sentences() {
    let rows = |table: &'static str| {
        table.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(|l| l.split('\t').collect::<Vec<_>>())
    };
    let mut wrong = Vec::new();
    let mut check = |what: &str, yes: &str, no: &str, is: &dyn Fn(&extract::read::Reading) -> bool| {
        if !of(yes).events.iter().any(is) {
            wrong.push(format!("{what}: not read of: {yes} {:?}", of(yes).events));
        }
        if of(no).events.iter().any(is) || of(no).events.is_empty() {
            wrong.push(format!("{what}: read of, or nothing is: {no}"));
        }
    };
    let mut n = 0;
    for r in rows(include_str!("../../lexicon/modality.tsv")) {
        let [_, effect, _, yes, no] = r[..] else { panic!("{r:?}") };
        n += 1;
        check(effect, yes, no, &|e| match effect {
            "unconfirmed" => e.modality == Modality::Unconfirmed,
            "speculative" => e.modality == Modality::Speculative,
            "hypothetical" => e.modality == Modality::Hypothetical,
            "negated" => e.stance == Stance::Denies,
            _ => e.modality == Modality::Planned,
        });
    }
    for r in rows(include_str!("../../lexicon/bearing.tsv")) {
        let [_, kind, yes, no] = r[..] else { panic!("{r:?}") };
        n += 1;
        let kinds = |text: &str| -> Vec<String> {
            let statements = of(text).statements;
            statements
                .iter()
                .flat_map(|s| s.cues.iter().map(|c| c.0.rule.trim_start_matches("says-").to_owned()))
                .collect()
        };
        assert!(kinds(yes).iter().any(|k| k == kind), "{kind}: {yes}");
        assert!(kinds(no).is_empty(), "{kind}, or nothing is: {no}");
    }
    for r in rows(include_str!("../../lexicon/reporting.tsv")) {
        let [_, class, yes, no] = r[..] else { panic!("{r:?}") };
        n += 1;
        check(class, yes, no, &|e| {
            !e.speakers.is_empty()
                && match class {
                    "claim" => e.modality == Modality::Claimed,
                    "deny" => e.stance == Stance::Denies,
                    "dispute" => e.stance == Stance::Disputes,
                    "expect" => e.modality != Modality::Asserted,
                    _ => e.stance == Stance::Asserts,
                }
        });
    }
    for r in rows(include_str!("../../lexicon/roles.tsv")) {
        let [_, class, yes, no] = r[..] else { panic!("{r:?}") };
        n += 1;
        let name = match class {
            "state" => "state-forces",
            "armed" => "armed-group",
            "civil" => "civilians",
            "official" => "officials",
            "captive" => "prisoners",
            "mob" => "crowd",
            other => other,
        };
        // A weapon takes part in nothing: it makes the sentence one of violence.
        if class == "weapon" {
            assert!(!of(yes).events.is_empty() && of("A kettle exploded near the shop.").events.is_empty());
            continue;
        }
        check(class, yes, no, &|e| e.by.iter().chain(&e.to).any(|p| p.class == name));
    }
    for r in rows(include_str!("../../lexicon/sources.tsv")) {
        let [_, kind, yes, no] = r[..] else { panic!("{r:?}") };
        n += 1;
        check(kind, yes, no, &|e| e.speakers.iter().any(|s| s.kind == kind));
    }
    assert!(n >= 30, "{n}");
    // Countries: what is in one, what is of one, and a street that is named for one.
    for r in rows(include_str!("../../lexicon/countries.tsv")) {
        let [code, names, demonyms, _] = r[..] else { panic!("{r:?}") };
        let name = names.split('|').next().unwrap();
        let read = of(&format!("Gunmen attacked a police station in {name} on Friday."));
        if read.events.first().and_then(|e| e.place.as_ref()).is_none_or(|p| !p.name.starts_with(name)) {
            wrong.push(format!("{code}: no place: {name} {:?}", read.events));
        }
        let demonym = demonyms.split('|').next().unwrap();
        let read = of(&format!("Gunmen ambushed {demonym} soldiers on Friday."));
        if read.events.first().is_none_or(|e| e.to.first().is_none_or(|p| p.country != Some(code))) {
            wrong.push(format!("{code}: nobody of it: {demonym} {:?}", read.events));
        }
        if !of(&format!("The bakery in {name} Street has won a prize.")).events.is_empty() {
            wrong.push(format!("{code}: an event in {name} Street"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two hundred headlines on sport, business and the arts.
#[test]
fn headlines_of_peace_make_no_event() {
    let headlines = include_str!("../headlines.txt");
    let wrong: Vec<&str> = headlines.lines().filter(|h| !of(h).events.is_empty()).collect();
    assert!(headlines.lines().count() >= 200);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_did_what_to_whom_where_when_and_how_many() {
    let read = of(
        "Fighters of the Northern Front ambushed an army convoy near Upton on 2 March, killing at least 25 soldiers, the Land Gazette said.",
    );
    let e = &read.events[0];
    assert_eq!((e.kind, e.sub_type), (EventType::Battles, "Armed clash"));
    assert_eq!(e.by[0].actor.as_deref(), Some("front"));
    assert_eq!(e.place.as_ref().and_then(|p| p.area.as_deref()), Some("upton"));
    assert_eq!(e.days.as_ref().map(|d| d.from.to_string()).as_deref(), Some("2024-03-02"));
    let f = &e.figures[0];
    assert_eq!((f.measure, f.number, f.hedge), (Measure::Killed, 25, Hedge::AtLeast));
    assert_eq!(e.speakers[0].source.as_deref(), Some("gazette"));
    assert_eq!((e.stance, e.modality), (Stance::Asserts, Modality::Asserted));
}

#[test]
fn nouns_tell_as_much_as_verbs() {
    let read = of("The shooting down of an army helicopter by rebels and a car bombing in Easton followed.");
    let words: Vec<&str> = read.events.iter().map(|e| e.sub_type).collect();
    assert_eq!(words, ["Armed clash", "Remote explosive/landmine/IED"]);
    assert_eq!(read.events[0].by[0].class, "armed-group");
    assert_eq!(read.events[1].place.as_ref().map(|p| p.name.as_str()), Some("Easton"));
}

#[test]
fn a_claim_of_responsibility_is_no_attribution_and_may_be_disputed() {
    let read = of(
        "Gunmen attacked a convoy of soldiers near Upton. The NF claimed responsibility for the attack. That claim has been disputed.",
    );
    let stances: Vec<Stance> = read.events.iter().map(|e| e.stance).collect();
    assert!(stances.contains(&Stance::ClaimsResponsibility) && stances.contains(&Stance::Disputes), "{stances:?}");
    assert_eq!(read.events[0].by[0].class, "armed-group");
    assert!(read.events.iter().skip(1).all(|e| e.same_as.is_some()));
}

#[test]
fn moods_weaken_and_negation_denies() {
    let modality = |text: &str| of(text).events.first().map(|e| (e.stance, e.modality));
    let asserted = Some((Stance::Asserts, Modality::Asserted));
    assert_eq!(modality("Rebels attacked the barracks."), asserted);
    assert_eq!(modality("Rebels did not attack the barracks."), Some((Stance::Denies, Modality::Asserted)));
    assert_eq!(modality("Rebels reportedly attacked the barracks."), Some((Stance::Asserts, Modality::Unconfirmed)));
    assert_eq!(modality("Rebels could attack the barracks."), Some((Stance::Asserts, Modality::Hypothetical)));
    assert_eq!(
        modality("If rebels attacked the barracks, the army would leave."),
        Some((Stance::Asserts, Modality::Hypothetical))
    );
    assert_eq!(modality("Rebels plan to attack the barracks."), Some((Stance::Asserts, Modality::Planned)));
}

/// Every span a reading holds.
fn spans(read: &Read) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let mut put = |p: &Part| out.push(p.span.clone());
    for e in &read.events {
        put(&e.trigger);
        e.by.iter().chain(&e.to).for_each(|p| put(&p.part));
        e.place.iter().for_each(|p| put(&p.part));
        e.days.iter().for_each(|p| put(&p.part));
        e.figures.iter().for_each(|p| put(&p.part));
        e.speakers.iter().for_each(|p| put(&p.part));
        e.cue.iter().for_each(&mut put);
    }
    for t in &read.ties {
        [&t.cue, &t.a.part, &t.b.part].into_iter().for_each(&mut put);
    }
    out.extend(read.events.iter().map(|e| e.quote.clone()));
    out
}

const REPORT: &str = "Gunmen of the NF attacked a convoy near Upton on 2 March, officials said.\n\nAt least 25 soldiers were killed in the attack. The Army denied that the convoy was ambushed in Easton.";

#[test]
fn a_footer_changes_nothing_and_another_place_changes_only_the_place() {
    let plain = of(REPORT);
    assert!(plain.events.len() >= 2);
    assert_eq!(of(&format!("{REPORT}\n\nRead more: an attack on soldiers killed ten rebels.")), plain);
    let moved = of(&REPORT.replace("Upton", "Easton"));
    let without = |r: &Read| {
        let mut r = r.clone();
        for e in &mut r.events {
            e.place = None;
            e.trigger.span = 0..0;
            e.quote = 0..0;
        }
        r.events
            .iter()
            .map(|e| (e.kind, e.by.len(), e.to.len(), e.figures.clone().len(), e.modality))
            .collect::<Vec<_>>()
    };
    assert_eq!(without(&moved), without(&plain));
    assert_eq!(moved.events[0].place.as_ref().map(|p| p.name.as_str()), Some("Easton"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any text is survived, and every span is a piece of it; twice the same.
    #[test]
    fn spans_are_pieces_of_the_text(words in proptest::collection::vec(
        prop_oneof![
            Just("soldiers"), Just("killed"), Just("in"), Just("Upton"), Just("the"), Just("attack"), Just("claimed"), Just("by"),
            Just("NF"), Just("said"), Just("."), Just(","), Just("\n\n"), Just("\u{2014}"), Just("reportedly"), Just("two dozen"),
            Just("Nov. 9"), Just("\u{201c}"), Just("если"), Just("Gen."), Just("leader"), Just("Tahir Ivanov"), Just("U.S."), Just("'s"), Just("not")
        ], 0..60), noise in ".{0,40}") {
        let text = words.join(" ") + &noise;
        let read = of(&text);
        for s in spans(&read) {
            prop_assert!(text.get(s.clone()).is_some_and(|t| !t.is_empty()), "{s:?}");
        }
        prop_assert_eq!(of(&text), read);
    }
}

/// What is only spoken of in general is no event; what continues one is that one.
#[test]
fn general_talk_is_no_event_and_mentions_are_joined() {
    let events = |text: &str| {
        let text = extract::Text::new(text, 0);
        let anchor = model::Day::parse("2010-11-10");
        extract::read(&text, &extract::Known::default(), extract::Setting { anchor }).events
    };
    for general in [
        "Gunmen could hide there to conduct attacks.",
        "Militants have not staged any uprising in Uzbekistan for a decade.",
        "There is a difference between rebels in the hills and rebels coordinating an ambitious attack.",
    ] {
        assert_eq!(events(general).len(), 0, "{general}");
    }
    // The list tells them one by one; the deaths of the next sentence are the last one's; all are since the escape.
    let text = "Militants escaped from a prison in Easton in August. Since the escape from prison there have been several attacks in \
                Farland, including the shooting down of an army helicopter and an ambush of soldiers near Weston. At least 25 soldiers were killed.";
    let read = events(text);
    let words: Vec<&str> = read.iter().map(|e| &text[e.trigger.span.clone()]).collect();
    assert_eq!(words, ["escaped", "escape from prison", "shooting down", "ambush", "killed"]);
    assert_eq!(read[1].same_as, Some(0));
    assert_eq!((read[4].same_as, read[4].kind), (Some(3), read[3].kind));
    assert_eq!(read[4].figures[0].number, 25);
    let days = |n: usize| read[n].days.as_ref().map(|d| (d.from.to_string(), d.to.to_string(), d.part.rule));
    assert_eq!(days(2), Some(("2010-08-01".into(), "2010-11-10".into(), "since-event")));
    assert_eq!(days(3), Some(("2010-08-01".into(), "2010-11-10".into(), "scene")));
}

/// Three accounts of one toll, each with who gives it.
#[test]
fn conflicting_tolls_are_of_one_event() {
    let text = "Army spokesmen said that roughly 80 soldiers have been killed in the valley. Local media have given higher estimates of \
                the number of army casualties, and residents have said the number of deaths and injuries might be closer to a few hundred.";
    let ready = extract::Text::new(text, 0);
    let read = extract::read(&ready, &extract::Known::default(), extract::Setting::default()).events;
    let tolls: Vec<_> = read
        .iter()
        .filter(|e| !e.figures.is_empty())
        .map(|e| (e.figures[0].hedge, e.figures[0].measure, e.speakers.first().map(|s| s.kind), e.same_as))
        .collect();
    use model::{Hedge, Measure};
    assert_eq!(
        tolls,
        [
            (Hedge::Roughly, Measure::Killed, Some("official"), None),
            (Hedge::HigherThan, Measure::Killed, Some("media"), Some(0)),
            (Hedge::AFewHundred, Measure::Casualties, Some("witness"), Some(0)),
        ]
    );
}

#[test]
fn statements_say_what_bears_on_a_hypothesis_of_whom_by_whom_and_how_firmly() {
    let text = "Northern Front fighters left Upton in May. According to the Land Gazette, the group could be regaining strength. \
                Is it unclear whether it will return? The price of bread is unclear.";
    let read = of(text);
    let [s] = &read.statements[..] else { panic!("{:?}", read.statements) };
    assert_eq!(&text[s.cues[0].0.span.clone()], "regaining strength");
    assert_eq!(s.cues[0].0.rule, "says-capability");
    // The group is the one that was spoken of.
    assert_eq!(s.about, ["front", "upton"]);
    assert_eq!(s.speakers[0].source.as_deref(), Some("gazette"));
    assert_eq!(s.modality, Modality::Hypothetical);
    assert!(text[s.quote.clone()].starts_with("According to") && text[s.quote.clone()].ends_with("strength."));
}

#[test]
fn who_conducts_who_only_speaks_and_where_what_was_told_before_happened() {
    // The subject of the doing does what is done.
    let read = of("The Land army has launched a security sweep in Upton.");
    assert_eq!(read.events[0].by[0].actor.as_deref(), Some("army"));
    // Who says it does not suffer it; most of the prisoners do.
    let read = of("Army spokesmen have said that most of the prisoners have been captured in Easton.");
    let to: Vec<&str> = read.events[0].to.iter().map(|p| p.class).collect();
    assert_eq!(to, ["prisoners"]);
    // Two who speak side by side do not quote one another.
    let text = "The Land Gazette reported an attack on a convoy in Upton, and residents said three soldiers were killed in a blast in Easton.";
    let read = of(text);
    let last = read.events.last().unwrap();
    assert_eq!(last.speakers.len(), 1, "{:?}", last.speakers);
    assert!(text[last.speakers[0].part.span.clone()].contains("residents"));
    // A region is a name, and the place of those who speak is not where it happened.
    let read = of("Gunmen ambushed a convoy in Central Asia.");
    assert_eq!(read.events[0].place.as_ref().unwrap().name, "Central Asia");
    let read = of("Sources in Easton have said that gunmen ambushed a convoy in Upton.");
    assert_eq!(read.events[0].place.as_ref().unwrap().area.as_deref(), Some("upton"));
    // What was told before happened where it was said to, whatever the sentence speaks of besides.
    let read = of(
        "Two dozen prisoners escaped from a prison in Easton in March. Talk of a revival in Upton has grown since several of the prisoners who escaped in March were seen.",
    );
    let again = read.events.last().unwrap();
    assert_eq!((again.same_as, again.place.as_ref().unwrap().name.as_str()), (Some(0), "Easton"));
    // Who fled to another country broke out of no prison.
    let read = of("Prisoners escaped from a prison in Easton. A rebel commander who fled to Afghanistan has returned.");
    assert!(read.events.iter().skip(1).all(|e| e.same_as.is_none()), "{:?}", read.events);
    // Sweeps of one country are not those of another.
    let read = of(
        "The Tajik army began security sweeps in Upton. Pakistani soldiers began security operations in Easton. Soldiers of Tajikistan have ended the sweeps.",
    );
    assert_eq!(read.events.len(), 3);
    assert_eq!(read.events.last().unwrap().same_as, Some(0), "{:?}", read.events);
    // Troops sent into a country; the one country that is named.
    let read = of("Russia is sending troops into Kyrgyzstan.");
    assert_eq!(read.events[0].place.as_ref().unwrap().name, "Kyrgyzstan");
    let read = of("Kyrgyzstan is weak after a year of ethnic violence between armed groups.");
    assert_eq!(read.events[0].place.as_ref().unwrap().name, "Kyrgyzstan");
    let read = of("The U.S. invasion of Afghanistan toppled the militants.");
    assert_eq!(read.events[0].place.as_ref().unwrap().name, "Afghanistan");
    // Things are damaged, and stand with what damaged them; people are hurt.
    let read = of("A bomb blast damaged two buildings in Upton and wounded three students.");
    let [blast] = &read.events[..] else { panic!("{:?}", read.events) };
    let to: Vec<&str> = blast.to.iter().map(|p| p.class).collect();
    assert_eq!(to, ["thing", "civilians"]);
    assert_eq!(blast.figures.len(), 1);
}
