//! MUC-4 (news on terrorism in Latin America, 1988 to 1990, with filled templates): what is read of it, scored as the
//! field scores it.
//!
//! `--data` names a folder with `docs.jsonl[.gz]` and `templates.jsonl[.gz]`. Models are trained on documents of the
//! split `train` and everything else is scored; where the folder has none to train on, all others of the shared data are
//! trained on; `muc4-thirds` scores all documents instead, each third by what the other two teach. Two metrics: CEAF-REE,
//! strict (Du, Rush and Cardie 2021): predicted and true entities of a role are aligned one to one, an entity counts when
//! everything predicted of it stands in the key; and the official ALL TEMPLATES row (MUC-4 scoring guidelines), without a
//! person's partial credit.

mod acts;
mod choose;
mod context;
mod echo;
mod fill;
mod forms;
mod group;
mod incidents;
mod key;
mod learn;
mod places;
mod score;
mod sides;
mod system;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use self::key::{Document, ROLES, SLOTS, documents, entities};
use self::score::{Tally, all_templates, interval, ree};
use self::sides::sides;
use self::system::System;
use crate::Row;

/// Documents are cut into as many parts to be read by what the others teach.
const PARTS: usize = 3;

/// Trains on what is there to train on, and scores the rest.
pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let shared: PathBuf = crate::shared().join("muc4");
    let folder = data.map_or_else(|| shared.clone(), Path::to_path_buf);
    let mut docs = documents(&folder)?;
    if docs.iter().all(|d| !d.train) {
        let own: BTreeSet<String> = docs.iter().map(|d| d.id.clone()).collect();
        let others = documents(&shared)?.into_iter().filter(|d| !own.contains(&d.id));
        docs.extend(others.map(|d| Document { train: true, ..d }));
    }
    let (train, test): (Vec<&Document>, Vec<&Document>) = docs.iter().partition(|d| d.train);
    if train.is_empty() || test.is_empty() {
        return Err("nothing to train on, or nothing to score: documents want a `split`, train or another".into());
    }
    let begun = std::time::Instant::now();
    let system = System::train(&train);
    let seconds = begun.elapsed().as_secs_f64();
    let mut out = rows(&test.iter().map(|d| Scored::new(&system, d)).collect::<Vec<_>>());
    out.push(Row::new("muc4-train-seconds", seconds, "s", ""));
    out.push(Row::new("muc4-trained-on", train.len() as f64, "", ""));
    out.push(Row::new("muc4-tagger-weights", system.weights() as f64, "", ""));
    for (name, t) in ["muc4-sides-by-rules", "muc4-sides-filled"].into_iter().zip(sides(&train, &test)) {
        out.push(Row::new(format!("{name}-recall"), t.recall(), "", "both sides of what `read` reads"));
        out.push(Row::new(format!("{name}-precision"), t.precision(), "", ""));
    }
    Ok(out)
}

/// Scores all documents, each part by what the others teach: what a change is judged by, as the dev split is small.
pub(crate) fn parts(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let docs = documents(&data.map_or_else(|| crate::shared().join("muc4"), Path::to_path_buf))?;
    let mut scored: Vec<Scored> = Vec::new();
    for part in 0..PARTS {
        // Neighbours often tell of one thing: ten of them stay together.
        let own = |i: usize| i / 10 % PARTS == part;
        let (test, train): (Vec<_>, Vec<_>) = docs.iter().enumerate().partition(|(i, _)| own(*i));
        if train.is_empty() || test.is_empty() {
            return Err(format!("{} documents are too few to be cut into {PARTS} parts", docs.len()));
        }
        eprintln!("part {} of {PARTS}: taught by {} documents", part + 1, train.len());
        let system = System::train(&train.into_iter().map(|d| d.1).collect::<Vec<_>>());
        scored.extend(test.into_iter().map(|(_, d)| Scored::new(&system, d)));
    }
    Ok(rows(&scored))
}

/// What was read of a document, scored.
struct Scored {
    by_role: Vec<Tally>,
    by_slot: BTreeMap<&'static str, Tally>,
    /// Whether it tells of an incident.
    filter: Tally,
}

impl Scored {
    fn new(system: &System, d: &Document) -> Self {
        let answer = system.read(d);
        let key = entities(&d.templates);
        let said = |role: usize| answer.things.iter().filter(move |f| f.role == role).map(|f| f.text.clone());
        let given = answer.templates;
        Self {
            by_role: (0..ROLES.len()).map(|r| ree(&key[r], &said(r).collect::<Vec<_>>())).collect(),
            by_slot: all_templates(&d.templates, &given),
            filter: Tally {
                correct: f64::from(d.relevant() && !given.is_empty()),
                actual: f64::from(!given.is_empty()),
                possible: f64::from(d.relevant()),
            },
        }
    }
}

fn rows(scored: &[Scored]) -> Vec<Row> {
    let sum = |of: &dyn Fn(&Scored) -> Vec<Tally>, drawn: &mut dyn Iterator<Item = usize>| -> Tally {
        let mut out = Tally::default();
        drawn.for_each(|i| of(&scored[i]).into_iter().for_each(|t| out.add(t)));
        out
    };
    let n = scored.len();
    let all = |of: &dyn Fn(&Scored) -> Vec<Tally>| sum(of, &mut (0..n));
    let slot = |name: &'static str| move |s: &Scored| vec![s.by_slot[name]];
    let mut out = vec![Row::new("muc4-documents", n as f64, "", "")];
    let mut with_bounds = |name: &str, goal: &'static str, of: &dyn Fn(&Scored) -> Vec<Tally>| {
        let (low, high) = interval(n, |d| sum(of, &mut d.iter().copied()).f());
        out.push(Row::new(name, all(of).f(), "", goal));
        out.push(Row::new(format!("{name}-low"), low, "", "95 % of bootstraps"));
        out.push(Row::new(format!("{name}-high"), high, "", ""));
    };
    let roles = |s: &Scored| s.by_role.clone();
    let slots = |s: &Scored| s.by_slot.values().copied().collect();
    with_bounds("muc4-ree-strict-f1", "floor 45, goal 52.5", &roles);
    with_bounds("muc4-all-templates-f", "floor 42", &slots);
    with_bounds("muc4-incident-type-f", "floor 70, goal 76", &slot("incident_type"));
    with_bounds("muc4-org-confidence-f", "floor 40, goal 50", &slot("perp_org_confidence"));
    for (name, t) in [("ree-strict", all(&roles)), ("all-templates", all(&slots))] {
        out.push(Row::new(format!("muc4-{name}-recall"), t.recall(), "", ""));
        out.push(Row::new(format!("muc4-{name}-precision"), t.precision(), "", ""));
    }
    for (r, name) in ROLES.iter().enumerate() {
        out.push(Row::new(format!("muc4-ree-{}-f1", name.to_lowercase()), all(&|s| vec![s.by_role[r]]).f(), "", ""));
    }
    for s in SLOTS {
        out.push(Row::new(format!("muc4-slot-{}-f", s.replace('_', "-")), all(&slot(s)).f(), "", ""));
    }
    let filter = all(&|s| vec![s.filter]);
    out.push(Row::new("muc4-filtering-recall", filter.recall(), "", "90"));
    out.push(Row::new("muc4-filtering-precision", filter.precision(), "", "70"));
    out
}

#[cfg(test)]
mod tests {
    use extract::tag::{Marked, Ready, Tagger, Training, candidates};

    use super::choose::Found;
    use super::context::Told;
    use super::fill::{Case, Filler, Incident};
    use super::group::Grouped;
    use super::key::{Fill, dateline, plain, show};
    use super::learn::Classes;
    use super::places::Places;
    use super::score::{one, slot_tally};
    use super::*;

    #[test]
    fn fills_are_read_as_the_key_writes_them() {
        let f = Fill::read("? SUSPECTED OR ACCUSED: \"SHINING PATH\" / \"SENDERO LUMINOSO\"").unwrap();
        assert!(f.optional);
        assert_eq!(f.values, ["SUSPECTED OR ACCUSED"]);
        assert_eq!(f.of, ["SHINING PATH", "SENDERO LUMINOSO"]);
        let f = Fill::read("\"\\\"MEMBERS OF THE ARMED FORCES\\\"\" / \"SOLDIERS\"").unwrap();
        assert_eq!(f.values.last().map(String::as_str), Some("SOLDIERS"));
        let f = Fill::read("(INJURY / DEATH): \"YOUNG MEN\" / \"MEN\"").unwrap();
        assert_eq!((f.values, f.of.len()), (vec!["INJURY".to_owned(), "DEATH".to_owned()], 2));
        let f = Fill::read("(\"CARTEL [OF MEDELLIN] (MAFIA)\" / \"MAFIA\")").unwrap();
        assert_eq!(f.values, ["CARTEL [OF MEDELLIN] (MAFIA)", "MAFIA"]);
        assert_eq!(Fill::read("*"), None);
        let f = Fill::whole("(PERU: LIMA (CITY / PORT)) / (PERU)").unwrap();
        assert_eq!(f.values, ["PERU: LIMA (CITY / PORT)", "PERU"]);
        assert_eq!(Fill::whole("- 16 NOV 89").unwrap().values, ["- 16 NOV 89"]);
        assert_eq!(dateline("LIMA, 9 JAN 90 -- [TEXT]").map(show).as_deref(), Some("09 JAN 90"));
    }

    /// MUC-4's own example: 732 correct, 94 partial of 1,251 possible and 1,480 actual make 62 and 53.
    #[test]
    fn the_formula_is_the_official_one() {
        let t = Tally { correct: 732.0 + 0.5 * 94.0, actual: 1480.0, possible: 1251.0 };
        assert_eq!((t.recall().round(), t.precision().round()), (62.0, 53.0));
    }

    /// With nothing said of the items, the shares of the labels; with one feature, its weights where the slope is nothing.
    #[test]
    fn classes_are_where_lessons_and_law_balance() {
        let lesson = |f: &[&str], l: &str| (f.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>(), l.to_owned());
        let bare: Vec<_> = ["a", "a", "a", "b"].iter().map(|l| lesson(&[], l)).collect();
        assert!((Classes::train(&bare, 1, 1.0).p(&[], "a") - 0.75).abs() < 1e-3);
        let mut with: Vec<_> = (0..20).map(|k| lesson(&["x"], if k < 18 { "yes" } else { "no" })).collect();
        with.extend((0..20).map(|k| lesson(&[], if k < 10 { "yes" } else { "no" })));
        let found = Classes::train(&with, 1, 1.0);
        let (x, none) = (found.p(&["x".to_owned()], "yes"), found.p(&[], "yes"));
        // Of the common weight: what is expected is what was counted. Of the feature's, half the difference of both labels'.
        assert!((20.0 * x + 20.0 * none - 28.0).abs() < 0.05, "{x} {none}");
        let weight = (stats::logit(x) - stats::logit(none)) / 2.0;
        assert!((18.0 - 20.0 * x - weight).abs() < 0.05 && x < 0.9, "{x} {weight}");
        // Who never heard of a label gives it nothing, and the others what they are due.
        let labels = ["no", "unheard of", "yes"].map(str::to_owned);
        let of = found.of(&labels, &["x".to_owned()]);
        assert!((of[0] - (1.0 - x)).abs() < 1e-12 && of[1] == 0.0 && (of[2] - x).abs() < 1e-12, "{of:?}");
    }

    /// Where a bombing is only the likeliest, an attack is worth more: it is half right of a bombing too.
    #[test]
    fn the_kind_is_the_one_worth_most() {
        let lesson = |l: &str| (vec!["x".to_owned()], l.to_owned());
        let kinds = Classes::train(&["ATTACK", "BOMBING", "KIDNAPPING"].map(lesson), 1, 1.0);
        let best = |p: &[f64]| kinds.best_for(p, |key, given| one("incident_type", key, given));
        assert_eq!(best(&[0.3, 0.5, 0.2]).0, "ATTACK");
        assert!((best(&[0.3, 0.5, 0.2]).1 - (0.3 + 0.5 * 0.7)).abs() < 1e-12);
        assert_eq!(best(&[0.2, 0.75, 0.05]), ("BOMBING", 0.75));
        assert_eq!(best(&[0.0, 0.1, 0.9]), ("KIDNAPPING", 0.9));
    }

    #[test]
    fn a_string_may_be_a_word_more_or_less_than_was_marked() {
        let raw = "Shots heard\n\nSeveral armed individuals of the Front, led by captain Alvaro Saravia, fired.";
        let ready = extract::tag::Ready::new(raw, 0);
        let memory = learn::Memory::new(&[]);
        let made = |marked: &str, p: f64| -> Vec<String> {
            let runs = extract::tag::stands(&ready.text, marked).into_iter().map(|tokens| (tokens, false, p));
            forms::forms(&ready, &memory, 0, runs).into_iter().map(|f| f.key).collect()
        };
        let of = made("several armed individuals of the Front", 0.4);
        assert_eq!(of[0], "several armed individuals of front");
        for other in ["armed individuals of front", "several armed individuals", "individuals"] {
            assert!(of.iter().any(|k| k == other), "{other} of {of:?}");
        }
        assert!(made("Alvaro Saravia", 0.9).iter().any(|k| k == "captain alvaro saravia"));
        // Never out of the sentence.
        assert!(made("Several", 0.1).iter().all(|k| k == "several" || k == "several armed"));
    }

    fn template(slots: &[(&str, &str)]) -> key::Template {
        let fills = |s: &str| slots.iter().filter(|x| x.0 == s).map(|x| Fill::plain(x.1)).collect();
        key::Template { optional: false, slots: SLOTS.iter().map(|s| (*s, fills(s))).collect() }
    }

    /// A document with one template of these slots, or with none.
    fn document(raw: &str, slots: &[(&str, &str)]) -> Document {
        let templates = if slots.is_empty() { vec![] } else { vec![template(slots)] };
        Document { id: raw.into(), train: true, raw: raw.into(), body: 0, dateline: None, templates }
    }

    /// Something found where its string stands.
    fn found(ready: &Ready<'_>, role: usize, text: &str) -> Found {
        let places: BTreeMap<usize, f64> =
            extract::tag::stands(&ready.text, text).into_iter().map(|r| (r.start, 0.9)).collect();
        Found {
            role,
            described: false,
            text: text.into(),
            also: None,
            strings: BTreeSet::from([plain(text)]),
            sentence: learn::sentence_of(ready, *places.keys().next().unwrap()),
            places,
            known: vec![],
            p: 0.9,
        }
    }

    fn told(ready: &Ready<'_>) -> Told {
        Told { document: 0.9, sentences: vec![0.9; ready.text.sentences.len()], acts: vec![] }
    }

    #[test]
    fn what_was_marked_in_one_sentence_tells_of_the_next() {
        // Twice the same words: the judge of the second sentence counts where that of the first was marked.
        let raw = "Rebels shot a judge. The judge left.";
        let run = |r: &Ready<'_>, sentence: usize, token: usize, label: &str| {
            let at = r.text.sentences[sentence].tokens.start + token;
            Marked { tokens: at..at + 1, label: label.into(), p: 0.9 }
        };
        let mut ready = [Ready::new(raw, 0), Ready::new(raw, 0)];
        let before = [run(&ready[0], 0, 3, "Victim")];
        echo::echo(&mut ready[0], &before);
        echo::echo(&mut ready[1], &[]);
        let who = |r: &Ready<'_>| run(r, 0, 0, "PerpInd");
        let marks = [vec![who(&ready[0]), run(&ready[0], 1, 1, "Victim")], vec![who(&ready[1])]];
        let lessons: Vec<(&Ready<'_>, &[Marked])> = ready.iter().zip(&marks).map(|(r, m)| (r, m.as_slice())).collect();
        let tagger = Tagger::train(&lessons, Training { passes: 80, smallest: 0.0, least: 1, ..Training::default() });
        for (r, marks) in ready.iter().zip(&marks) {
            let again: Vec<_> = candidates(&tagger, r, 0.5).into_iter().map(|m| (m.tokens, m.label)).collect();
            assert_eq!(again, marks.iter().map(|m| (m.tokens.clone(), m.label.clone())).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_country_is_learned_of_words_and_not_counted_of_names() {
        let texts = [
            ("Venceremos radio: soldiers fell in La Paz.", "EL SALVADOR: LA PAZ (DEPARTMENT)"),
            ("Venceremos radio: rebels took a hill.", "EL SALVADOR"),
            ("Miners marched in La Paz.", "BOLIVIA: LA PAZ (CITY)"),
            ("Miners of Bolivia were shot.", "BOLIVIA"),
        ];
        let docs: Vec<Document> = texts.iter().map(|t| document(t.0, &[("incident_location", t.1)])).collect();
        let new = document("Venceremos radio: guns were heard in La Paz.", &[]);
        let ready: Vec<Ready<'_>> = docs.iter().chain([&new]).map(|d| Ready::new(&d.raw, 0)).collect();
        let told: Vec<Told> = ready.iter().map(told).collect();
        let case = |(d, k): (_, usize)| Case { document: d, ready: &ready[k], told: &told[k], things: vec![] };
        let cases: Vec<Case<'_>> = docs.iter().chain([&new]).zip(0..).map(case).collect();
        let places = Places::new(&cases[..4]);
        assert_eq!(places.country(&cases[4]), "EL SALVADOR");
        assert_eq!(places.country(&cases[2]), "BOLIVIA");
        // And what is named there is of that country.
        let named: Vec<String> = places.named(cases[4].ready, "EL SALVADOR").into_iter().map(|n| n.0).collect();
        assert_eq!(named, ["EL SALVADOR: LA PAZ (DEPARTMENT)"]);
    }

    #[test]
    fn what_is_hardly_likely_is_not_said() {
        let slots = [
            ("incident_type", "ATTACK"),
            ("incident_stage", "ACCOMPLISHED"),
            ("perp_category", "TERRORIST ACT"),
            ("hum_tgt_name", "JUAN PEREZ"),
        ];
        let docs = ["Gunmen killed Juan Perez.", "Juan Perez was killed.", "Men killed Juan Perez in Lima."]
            .map(|raw| document(raw, &slots));
        let ready: Vec<Ready<'_>> = docs.iter().map(|d| Ready::new(&d.raw, 0)).collect();
        let told: Vec<Told> = ready.iter().map(told).collect();
        let cases: Vec<Case<'_>> = (0..3)
            .map(|k| Case {
                document: &docs[k],
                ready: &ready[k],
                told: &told[k],
                things: vec![found(&ready[k], 3, "Juan Perez")],
            })
            .collect();
        let places = Places::new(&cases);
        let filler = Filler::train(&cases, &places);
        let fill = |c: &Case<'_>, chance: f64| {
            let incident = Incident { kind: "ATTACK", country: "PERU", chance, things: &[(0, 0.9)] };
            filler.fill(c, &fill::portraits(c), &incident, &places)
        };
        let (likely, hardly) = (fill(&cases[0], 0.9), fill(&cases[0], 0.1));
        assert_eq!(likely.slots["perp_category"], [Fill::plain("TERRORIST ACT")]);
        assert!(hardly.slots["perp_category"].is_empty());
        // Kind, stage and who are what the template is.
        for slot in ["incident_type", "incident_stage", "hum_tgt_name"] {
            assert_eq!(likely.slots[slot].len(), 1);
            assert_eq!(likely.slots[slot], hardly.slots[slot]);
        }
        // Who has a name and is described by it or beside it is both, once.
        for (described, text, also) in [(false, "Juan Perez", "a judge"), (true, "a judge", "Juan Perez")] {
            let thing = Found { described, also: Some(also.into()), text: text.into(), ..cases[0].things[0].clone() };
            let both = fill(&Case { things: vec![thing], ..cases[0] }, 0.9);
            assert_eq!(both.slots["hum_tgt_name"], [Fill::plain("Juan Perez")]);
            assert_eq!(both.slots["hum_tgt_description"], [Fill::plain("a judge")]);
        }
    }

    #[test]
    fn a_victim_that_is_named_is_described_too_where_that_is_likely() {
        let raw = "Gunmen shot Judge Maria Diaz.";
        let ready = Ready::new(raw, 0);
        let run = |s: &str, label: &str| {
            let tokens = extract::tag::stands(&ready.text, s).swap_remove(0);
            Marked { tokens, label: label.into(), p: 0.9 }
        };
        let marked = [run("Gunmen", "PerpInd"), run("Judge", "VictimDescribed"), run("Maria Diaz", "Victim")];
        let things = choose::gather(&ready, &marked, &learn::Memory::new(&[]));
        let called = |p: f64| -> Vec<(String, bool, Option<String>)> {
            let named = forms::name(|_, _| p, &ready, &things);
            named.into_iter().map(|f| (f.text, f.described, f.also)).collect()
        };
        let gunmen = ("Gunmen".to_owned(), false, None);
        let judge = |also: Option<&str>| ("Maria Diaz".to_owned(), false, also.map(str::to_owned));
        assert_eq!(called(0.9), [gunmen.clone(), judge(Some("Judge"))]);
        assert_eq!(called(0.3), [gunmen, judge(None)]);
    }

    #[test]
    fn who_did_what_to_whom_tells_a_fight_from_terror() {
        let raw = "Guerrillas killed two soldiers in Lima. Guerrillas killed a judge in Cali.";
        let d = document(raw, &[]);
        let ready = Ready::new(raw, 0);
        let told = Told { acts: acts::acts(&d, &ready), ..told(&ready) };
        let things: Vec<Found> =
            [(0, "Guerrillas"), (3, "soldiers"), (3, "judge")].map(|(r, s)| found(&ready, r, s)).into();
        let c = Case { document: &d, ready: &ready, told: &told, things };
        let said = |who: usize| incidents::doing(&c, &[&c.things[0], &c.things[who]], "ATTACK");
        let (fight, terror) = (said(1), said(2));
        for (what, of_fight, of_terror) in [
            ("Victim is State", true, false),
            ("Armed to somebody State", true, false),
            ("ATTACK of somebody Official", false, true),
            ("forces>=2", true, false),
            ("others>=2", false, true),
            ("act to state-forces", true, true),
        ] {
            let says = |list: &[String]| list.iter().any(|x| x == what);
            assert_eq!((says(&fight), says(&terror)), (of_fight, of_terror), "{what}: {fight:?} {terror:?}");
        }
    }

    #[test]
    fn who_did_one_may_have_done_another_and_who_did_none_is_of_none() {
        let raw = "The FMLN shot Juan Perez in Lima. The FMLN bombed a bank in Cali. The ELN denied it.";
        let d = document(raw, &[]);
        let ready = Ready::new(raw, 0);
        let told = told(&ready);
        let things = [(1, "FMLN"), (1, "ELN"), (3, "Juan Perez"), (2, "bank")].map(|(r, s)| found(&ready, r, s)).into();
        let c = Case { document: &d, ready: &ready, told: &told, things };
        let near = |i: usize, j: usize| if (i, j) == (0, 2) || (i, j) == (2, 0) { 2.0 } else { -1.0 };
        let together = (0..4).map(|i| (0..4).map(|j| near(i, j)).collect()).collect();
        let grouped = Grouped { groups: vec![vec![0, 1, 2], vec![3]], together };
        let suspects = group::suspects(&c, &grouped);
        let asked: Vec<(usize, usize)> = suspects.iter().map(|s| (s.group, s.thing)).collect();
        assert_eq!(asked, [(0, 0), (0, 1), (1, 0), (1, 1)]);
        let says = |k: usize, what: &str| suspects[k].said.iter().any(|x| x == what);
        assert!(says(0, "inside true") && says(2, "inside false"));
        assert!(says(0, "with>=2") && !says(1, "with>=2"));
        let groups = incidents::accuse(&c, &grouped, &suspects, &[0.9, 0.1, 0.6, 0.2]);
        assert_eq!(groups, [vec![(0, 0.9), (2, 0.9)], vec![(0, 0.6), (3, 0.9)]]);
    }

    #[test]
    fn templates_are_of_one_incident_by_kind_and_by_somebody_in_it() {
        let of = |kind: &str, who: &str| template(&[("incident_type", kind), ("hum_tgt_name", who)]);
        let key = [of("BOMBING", "JUAN PEREZ"), of("KIDNAPPING", "MARIA DIAZ")];
        let given = [of("KIDNAPPING", "JUAN PEREZ"), of("ATTACK", "MARIA DIAZ"), of("ATTACK", "PEREZ")];
        // A kidnapping is no bombing; an attack is a kidnapping in part, and half a name is somebody.
        let mut found = score::matched(&key, &given);
        found.sort_unstable();
        assert_eq!(found, [(0, 2), (1, 1)]);
        // Each is of one: what fits better takes it.
        let better = [of("ATTACK", "PEREZ"), of("BOMBING", "JUAN PEREZ")];
        assert_eq!(score::matched(&key, &better), [(0, 1)]);
    }

    #[test]
    fn an_entity_counts_when_what_is_said_of_it_stands_in_the_key() {
        let entity = |names: &[&str], optional| (names.iter().map(|n| plain(n)).collect::<BTreeSet<_>>(), optional);
        let key = [entity(&["THE FMLN", "GUERRILLAS"], false), entity(&["ARMY"], false), entity(&["ETA"], true)];
        let t = ree(&key, &["fmln".into(), "guerrillas".into(), "police".into()]);
        // The second is an entity that was told already, the third is none; an optional one is not missed.
        assert_eq!((t.correct, t.actual, t.possible), (1.0, 3.0, 2.0));
        let of = |v: &str, x: &str| Fill { values: vec![v.into()], of: vec![x.into()], ..Fill::default() };
        let slot = |key: &[Fill], given: &[Fill]| slot_tally("hum_tgt_effect", key, given).correct;
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("DEATH", "JUDGE")]), 1.0);
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("DEATH", "MAYOR")]), 0.5);
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("INJURY", "JUDGE")]), 0.0);
        assert_eq!(slot(&[of("DEATH", "JUDGE")], &[of("DEATH", "JUDGE"), of("DEATH", "JUDGE")]), 1.0);
        assert_eq!(one("incident_location", "PERU: LIMA (CITY)", "PERU"), 0.5);
        assert_eq!(one("incident_location", "PERU: LIMA (CITY)", "CHILE"), 0.0);
        assert_eq!(one("incident_date", "- 08 JAN 90", "08 JAN 90"), 1.0);
        // Right as far as it goes; more than is known is wrong.
        assert_eq!(one("incident_type", "BOMBING", "ATTACK"), 0.5);
        assert_eq!(one("incident_type", "ATTACK", "BOMBING"), 0.0);
        assert_eq!(one("instrument_type", "VEHICLE BOMB", "EXPLOSIVE"), 0.5);
        assert_eq!(one("instrument_type", "VEHICLE BOMB", "GRENADE"), 0.0);
    }
}
