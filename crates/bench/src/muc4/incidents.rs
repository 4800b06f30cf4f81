//! Incidents of a document: things of one incident are put together, and of each it is asked whether it is told as one.

use std::collections::BTreeSet;

use super::choose::level;
use super::context::{ODDS, log_odds};
use super::fill::{Case, Filler, portraits, scene, topic};
use super::group;
use super::key::{ROLES, Template};
use super::learn::{Classes, Lesson, Parts, across, last, lesson, steps, those};
use super::places::Places;
use super::score::{matched, one};

/// Precision of the weights by which kinds of incidents are told.
const KIND: f64 = 2.0;
/// Precision of the weights by which it is told whether an incident is one.
const PRECISION: f64 = 66.0;

/// What makes templates of things.
pub(super) struct Incidents {
    maker: Maker,
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
    fn new(kind: &Classes, case: &'c Case<'d>) -> Self {
        let (portraits, topic) = (portraits(case), topic(case.ready));
        let kinds = portraits.iter().map(|p| kind.all(&[p.as_slice(), &topic].concat())).collect();
        Self { case, portraits, kinds }
    }
}

impl Maker {
    /// Learns from documents and what was found in them; with these, each seen and its things put together by what the
    /// other parts teach.
    fn train<'c, 'd>(cases: &'c [Case<'d>]) -> (Self, Vec<(Seen<'c, 'd>, Vec<Vec<usize>>)>) {
        let n = cases.len();
        let lessons: Vec<Vec<Lesson>> = cases.iter().map(super::fill::kinds).collect();
        let kinds = |own: &[usize]| Classes::train(&those(&lessons, own), 3, KIND);
        let (seen, _) = across(n, kinds, |kind, i| Seen::new(kind, &cases[i]));
        // One of them says what kinds there are.
        let kind = kinds(&(0..n).collect::<Vec<_>>());
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

    fn fill(&self, s: &Seen<'_, '_>, groups: &[Vec<usize>]) -> Vec<Template> {
        let of = |group: &Vec<usize>| {
            let p = kind_of(&s.kinds, group);
            let kind = self.kind.best_for(&p, |key, given| one("incident_type", key, given));
            self.filler.fill(s.case, &s.portraits, group, kind, &self.places)
        };
        groups.iter().map(of).collect()
    }
}

impl Incidents {
    /// Learns from documents and what was found in them.
    pub(super) fn train(cases: &[Case<'_>]) -> Self {
        let (maker, made) = Maker::train(cases);
        let lessons: Vec<Vec<Lesson>> = made
            .iter()
            .map(|(s, groups)| {
                let given = maker.fill(s, groups);
                let right: BTreeSet<usize> =
                    matched(&s.case.document.templates, &given).into_iter().map(|m| m.1).collect();
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
        Self { maker, told, least: level(scored, possible as f64) }
    }

    /// Templates of a document.
    pub(super) fn templates(&self, c: &Case<'_>) -> Vec<Template> {
        let maker = &self.maker;
        let seen = Seen::new(&maker.kind, c);
        let together = |x: &[String]| maker.grouper.mean(|g| g.p(x, "true"));
        let mut groups = group::groups(together, c, &seen.kinds, &maker.places);
        let said = told(&seen, &groups, maker.kind.labels());
        let mut chances = said.iter().map(|x| self.told.mean(|c| c.p(x, "true")));
        groups.retain(|_| chances.next().is_some_and(|p| p >= self.least));
        maker.fill(&seen, &groups)
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

/// What speaks for each group of things that it is an incident.
fn told(seen: &Seen<'_, '_>, groups: &[Vec<usize>], labels: &[String]) -> Vec<Vec<String>> {
    let c = seen.case;
    const FEW: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 6.0, 9.0];
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
        for (label, p) in labels.iter().zip(kind_of(&seen.kinds, group)) {
            steps(&mut out, label, p, &[0.05, 0.1, 0.2, 0.4, 0.6, 0.8]);
        }
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
