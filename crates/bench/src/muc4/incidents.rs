//! Incidents of a document: things of one incident are put together, and of each it is asked whether it is told as one.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::{Found, level};
use super::context::{ODDS, log_odds};
use super::fill::{Case, Filler, Incident, portraits, scene, topic, within};
use super::group::{self, Grouped, Suspect};
use super::key::{ROLES, Template};
use super::learn::{ByRole, Classes, Lesson, Parts, across, last, lesson, steps, those};
use super::places::Places;
use super::score::{matched, one};

/// Precision of the weights by which kinds of incidents are told.
const KIND: f64 = 2.0;
/// Precision of the weights by which it is told whether an incident is one.
const PRECISION: f64 = 66.0;
/// Precision of the weights by which it is told who did what.
const ACCUSED: f64 = 30.0;
/// By role: from this probability on somebody, or an organisation, did it.
const DID: [f64; 2] = [0.4, 0.3];

/// What makes templates of things.
pub(super) struct Incidents {
    maker: Maker,
    /// Who did what.
    culprits: Parts<ByRole>,
    /// Whether an incident is told as one.
    told: Parts<Classes>,
    /// One of this probability is.
    least: f64,
}

/// What puts things together and fills templates with them.
struct Maker {
    kind: Classes,
    grouper: Parts<Classes>,
    places: Places,
    filler: Filler,
}

/// A document with what is said of each thing, and how likely each is of each kind of incident.
struct Seen<'c, 'd> {
    case: &'c Case<'d>,
    portraits: Vec<Vec<String>>,
    kinds: Vec<Vec<f64>>,
}

impl<'c, 'd> Seen<'c, 'd> {
    /// `labels` are the kinds there are: who has learned from some documents need not know all of them.
    fn new(kind: &Classes, labels: &[String], case: &'c Case<'d>) -> Self {
        let (portraits, topic) = (portraits(case), topic(case.ready));
        let kinds = portraits.iter().map(|p| kind.of(labels, &[p.as_slice(), &topic].concat())).collect();
        Self { case, portraits, kinds }
    }
}

impl Maker {
    /// Learns from documents and what was found in them; with these, each seen and its things put together by what the
    /// other parts teach.
    fn train<'c, 'd>(cases: &'c [Case<'d>]) -> (Self, Vec<(Seen<'c, 'd>, Grouped)>) {
        let n = cases.len();
        let lessons: Vec<Vec<Lesson>> = cases.iter().map(super::fill::kinds).collect();
        let kinds = |own: &[usize]| Classes::train(&those(&lessons, own), 3, KIND);
        let kind = kinds(&(0..n).collect::<Vec<_>>());
        let (seen, _) = across(n, kinds, |some, i| Seen::new(some, kind.labels(), &cases[i]));
        let places = Places::new(cases);
        let lessons: Vec<Vec<Lesson>> = seen.iter().map(|s| group::lessons(s.case, &s.kinds, &places)).collect();
        let (groups, grouper) = across(
            n,
            |own| group::grouper(&those(&lessons, own)),
            |g, i| group::groups(|x| g.p(x, "true"), seen[i].case, &seen[i].kinds, &places),
        );
        let filler = Filler::train(cases, &places);
        (Self { kind, grouper, places, filler }, seen.into_iter().zip(groups).collect())
    }

    /// Templates of groups, given how likely each is told as an incident, and of each thing how likely it is of it.
    fn fill(&self, s: &Seen<'_, '_>, groups: &[Vec<(usize, f64)>], chances: &[f64]) -> Vec<Template> {
        let country = self.places.country(s.case);
        let of = |(things, chance): (&Vec<(usize, f64)>, &f64)| {
            let p = kind_of(&s.kinds, &bare(things));
            let (kind, _) = self.kind.best_for(&p, |key, given| one("incident_type", key, given));
            self.filler.fill(s.case, &s.portraits, &Incident { kind, country, chance: *chance, things }, &self.places)
        };
        groups.iter().zip(chances).map(of).collect()
    }

    /// Templates of groups, as if all of it were sure.
    fn fill_all(&self, s: &Seen<'_, '_>, groups: &[Vec<usize>]) -> Vec<Template> {
        let groups: Vec<Vec<(usize, f64)>> = groups.iter().map(|g| g.iter().map(|i| (*i, 1.0)).collect()).collect();
        self.fill(s, &groups, &vec![1.0; groups.len()])
    }
}

/// Things of a group, whatever their chances.
fn bare(group: &[(usize, f64)]) -> Vec<usize> {
    group.iter().map(|x| x.0).collect()
}

/// Groups of things with those who did it, each with how likely it is of it: `accused` is how likely each suspect is.
pub(super) fn accuse(c: &Case<'_>, g: &Grouped, suspects: &[Suspect], accused: &[f64]) -> Vec<Vec<(usize, f64)>> {
    let mut out: Vec<Vec<(usize, f64)>> =
        g.groups.iter().map(|list| list.iter().map(|i| (*i, c.things[*i].p)).collect()).collect();
    for (s, p) in suspects.iter().zip(accused) {
        let list = &mut out[s.group];
        list.retain(|x| x.0 != s.thing);
        if *p >= DID[c.things[s.thing].role] {
            list.push((s.thing, *p));
        }
    }
    out.iter_mut().for_each(|list| list.sort_unstable_by_key(|x| x.0));
    out
}

impl Incidents {
    /// Learns from documents and what was found in them.
    pub(super) fn train(cases: &[Case<'_>]) -> Self {
        let (maker, made) = Maker::train(cases);

        // Who did what, of what is told.
        let suspects: Vec<Vec<Suspect>> = made.iter().map(|(s, g)| group::suspects(s.case, g)).collect();
        let lessons: Vec<Vec<(usize, Lesson)>> = made
            .iter()
            .zip(&suspects)
            .map(|((s, g), suspects)| {
                let d = s.case.document;
                let pairs = matched(&d.templates, &maker.fill_all(s, &g.groups));
                let told: BTreeMap<usize, usize> = pairs.into_iter().map(|(key, given)| (given, key)).collect();
                let of = |x: &Suspect| {
                    let f = &s.case.things[x.thing];
                    let key = told.get(&x.group)?;
                    Some((f.role, lesson(x.said.clone(), within(d, f).contains(key))))
                };
                suspects.iter().filter_map(of).collect()
            })
            .collect();
        let (accused, culprits) = across(
            cases.len(),
            |own| ByRole::train(&those(&lessons, own), 3, ACCUSED),
            |c, i| suspects[i].iter().map(|x| c.p(cases[i].things[x.thing].role, &x.said)).collect::<Vec<_>>(),
        );
        let made: Vec<(Seen<'_, '_>, Vec<Vec<usize>>)> = made
            .into_iter()
            .zip(suspects.iter().zip(&accused))
            .map(|((s, g), (suspects, accused))| {
                let groups = accuse(s.case, &g, suspects, accused);
                (s, groups.iter().map(|g| bare(g)).collect())
            })
            .collect();

        // What is told as an incident.
        let lessons: Vec<Vec<Lesson>> = made
            .iter()
            .map(|(s, groups)| {
                let pairs = matched(&s.case.document.templates, &maker.fill_all(s, groups));
                let right: BTreeSet<usize> = pairs.into_iter().map(|m| m.1).collect();
                let said = told(s, groups, maker.kind.labels());
                said.into_iter().enumerate().map(|(k, x)| lesson(x, right.contains(&k))).collect()
            })
            .collect();
        let (chances, told) = across(
            cases.len(),
            |own| Classes::train(&those(&lessons, own), 3, PRECISION),
            |c, i| lessons[i].iter().map(|l| c.p(&l.0, "true")).collect::<Vec<_>>(),
        );
        let scored = chances.into_iter().flatten().zip(lessons.iter().flatten().map(|l| l.1 == "true")).collect();
        let possible = cases.iter().flat_map(|c| &c.document.templates).filter(|t| !t.optional).count();
        Self { maker, culprits, told, least: level(scored, possible as f64) }
    }

    /// Templates of a document.
    pub(super) fn templates(&self, c: &Case<'_>) -> Vec<Template> {
        let maker = &self.maker;
        let seen = Seen::new(&maker.kind, maker.kind.labels(), c);
        let together = |x: &[String]| maker.grouper.mean(|g| g.p(x, "true"));
        let grouped = group::groups(together, c, &seen.kinds, &maker.places);
        let suspects = group::suspects(c, &grouped);
        let accused = |x: &Suspect| self.culprits.mean(|m| m.p(c.things[x.thing].role, &x.said));
        let groups = accuse(c, &grouped, &suspects, &suspects.iter().map(accused).collect::<Vec<_>>());
        let things: Vec<Vec<usize>> = groups.iter().map(|g| bare(g)).collect();
        let said = told(&seen, &things, maker.kind.labels());
        let chances = said.iter().map(|x| self.told.mean(|c| c.p(x, "true")));
        let (groups, chances): (Vec<_>, Vec<_>) = groups.into_iter().zip(chances).filter(|x| x.1 >= self.least).unzip();
        maker.fill(&seen, &groups, &chances)
    }
}

/// How likely the things of a group, taken together, are of each kind of incident: as if all of them said the same thing
/// over again, not each something of its own.
fn kind_of(kinds: &[Vec<f64>], group: &[usize]) -> Vec<f64> {
    let of = |k: usize| -> f64 {
        let all: f64 = group.iter().map(|i| libm::log(kinds[*i][k].max(1e-4))).sum();
        libm::exp(all / group.len() as f64)
    };
    let count = group.first().map_or(0, |i| kinds[*i].len());
    stats::normalised((0..count).map(of).collect())
}

/// Steps of how many there are.
const FEW: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 6.0, 9.0];

/// What speaks for an incident in who did what to whom, as the lexicon and the rules know them: soldiers who are shot at
/// are no victims of terror, a judge is. `kind` is the likeliest of the group.
pub(super) fn doing(c: &Case<'_>, things: &[&Found], kind: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut classes: [BTreeSet<String>; ROLES.len()] = Default::default();
    // The best chance of whoever is of a state's forces, and of all others.
    let (mut forces, mut others) = (0.0f64, 0.0f64);
    for f in things {
        let of = f.classes(c.ready);
        if matches!(f.role, 2 | 3) {
            let best = if of.contains("State") && !of.contains("Civil") && !of.contains("Official") {
                &mut forces
            } else {
                &mut others
            };
            *best = best.max(f.p);
        }
        classes[f.role].extend(of);
    }
    let (forces, others) = (log_odds(forces), log_odds(others));
    steps(&mut out, "forces", forces, &ODDS);
    steps(&mut out, "others", others, &ODDS);
    steps(&mut out, "others before forces", others - forces, &[-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
    for (role, of) in ROLES.iter().zip(&classes) {
        out.extend(of.iter().map(|k| format!("{role} is {k}")));
    }
    let [by, with, targets, victims, _] = &classes;
    out.push(format!("targets {targets:?} victims {victims:?}"));
    for (name, of) in [("thing", targets), ("body", victims)] {
        out.extend(of.iter().map(|to| format!("{kind} of some{name} {to}")));
        out.extend(by.iter().chain(with).flat_map(|by| of.iter().map(move |to| format!("{by} to some{name} {to}"))));
    }
    // What the rules read of them.
    let mut acts = 0.0;
    for a in &c.told.acts {
        let parts: BTreeSet<&str> = things.iter().flat_map(|f| f.runs()).filter_map(|r| a.part(&r)).collect();
        if parts.is_empty() {
            continue;
        }
        acts += 1.0;
        for said in [a.kind.as_str(), &a.mood, a.when] {
            out.push(format!("act {said}"));
            out.extend(parts.iter().map(|p| format!("act {p} {said}")));
        }
        out.push(format!("act said by {}", a.says));
        for (_, to) in &a.to {
            out.push(format!("act to {to}"));
            out.push(format!("act {} to {to}", a.kind));
        }
        for (_, by) in &a.by {
            out.push(format!("act by {by}"));
            out.extend(a.to.iter().map(|(_, to)| format!("act by {by} to {to}")));
        }
    }
    steps(&mut out, "acts", acts, &FEW);
    out
}

/// What speaks for each group of things that it is an incident.
fn told(seen: &Seen<'_, '_>, groups: &[Vec<usize>], labels: &[String]) -> Vec<Vec<String>> {
    let c = seen.case;
    const PLACE: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];
    let weight = |group: &Vec<usize>| -> f64 { group.iter().map(|i| c.things[*i].p).sum() };
    let of = |group: &Vec<usize>| {
        let mut out = Vec::new();
        let odds = |out: &mut Vec<String>, name: &str, p: f64| steps(out, name, log_odds(p), &ODDS);
        let mut p: Vec<f64> = group.iter().map(|i| c.things[*i].p).collect();
        p.sort_by(|a, b| b.total_cmp(a));
        odds(&mut out, "best", p[0]);
        odds(&mut out, "second", p.get(1).copied().unwrap_or(0.0));
        odds(&mut out, "any", 1.0 - p.iter().map(|p| 1.0 - p).product::<f64>());
        odds(&mut out, "document", c.told.document);
        let others = (0..c.things.len()).filter(|i| !group.contains(i)).map(|i| c.things[i].p);
        odds(&mut out, "best of others", others.fold(0.0, f64::max));
        let things: Vec<_> = group.iter().map(|i| &c.things[*i]).collect();
        let sentences = c.sentences(&things);
        odds(&mut out, "tells", sentences.iter().map(|s| c.told.sentences[*s]).fold(0.0, f64::max));
        for (role, name) in ROLES.iter().enumerate() {
            let own: Vec<f64> = things.iter().filter(|f| f.role == role).map(|f| f.p).collect();
            odds(&mut out, name, own.iter().copied().fold(0.0, f64::max));
            steps(&mut out, &format!("of {name}"), own.len() as f64, &FEW);
        }
        steps(&mut out, "things", group.len() as f64, &FEW);
        steps(&mut out, "groups", groups.len() as f64, &FEW);
        let better = groups.iter().filter(|g| weight(g) > weight(group)).count();
        steps(&mut out, "better", better as f64, &FEW);
        steps(&mut out, "in all", weight(group), &[0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]);
        let telling: f64 = c.told.sentences.iter().sum();
        steps(&mut out, "telling", telling, &[0.5, 1.0, 2.0, 3.0, 5.0, 8.0]);
        let (first, last_one) = (sentences.first().copied().unwrap_or(0), sentences.last().copied().unwrap_or(0));
        steps(&mut out, "first", first as f64, &PLACE);
        steps(&mut out, "over", (last_one - first) as f64, &PLACE);
        let kinds = kind_of(&seen.kinds, group);
        for (label, p) in labels.iter().zip(&kinds) {
            steps(&mut out, label, *p, &[0.05, 0.1, 0.2, 0.4, 0.6, 0.8]);
        }
        let likeliest = labels.iter().zip(&kinds).max_by(|a, b| a.1.total_cmp(b.1)).map_or("", |x| x.0.as_str());
        out.extend(doing(c, &things, likeliest));
        for f in things {
            let starts = f.places.keys().copied().collect();
            out.extend(scene(c.ready, &starts));
            out.push(format!("{} {}", ROLES[f.role], last(&f.text)));
        }
        out.sort();
        out.dedup();
        out
    };
    groups.iter().map(of).collect()
}
