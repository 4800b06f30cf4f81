//! Which things of a document are of one incident.

use std::collections::BTreeSet;

use super::acts::Act;
use super::choose::Found;
use super::context::{ODDS, log_odds};
use super::fill::{Case, near_triggers, scene, within};
use super::key::plain;
use super::learn::{Classes, Lesson, last, lesson, sentence_of, steps};
use super::places::{Places, days};

/// Precision of the weights by which things are put together.
const PRECISION: f64 = 28.0;
/// Things that are together with less than this probability are of two incidents.
const TOGETHER: f64 = 0.5;

/// Words between two things that tell them apart, or put them together.
const BETWEEN: [&str; 31] = [
    "ago",
    "also",
    "and",
    "another",
    "addition",
    "different",
    "earlier",
    "elsewhere",
    "following",
    "hours",
    "last",
    "later",
    "meanwhile",
    "minutes",
    "moments",
    "month",
    "night",
    "other",
    "previous",
    "previously",
    "same",
    "second",
    "separate",
    "several",
    "similar",
    "simultaneously",
    "subsequently",
    "third",
    "today",
    "week",
    "yesterday",
];

/// What is known of a thing, to hold it beside others.
struct View<'c> {
    thing: &'c Found,
    /// What the lexicon says it is.
    classes: BTreeSet<String>,
    /// How likely it is of each kind of incident.
    kinds: &'c [f64],
    sentences: BTreeSet<usize>,
    paragraphs: BTreeSet<usize>,
    scene: BTreeSet<String>,
    /// The nearest triggers where it stands.
    triggers: BTreeSet<String>,
    /// Events that the rules read it into.
    acts: BTreeSet<usize>,
    /// Days and places spoken of around it.
    days: BTreeSet<String>,
    places: BTreeSet<String>,
}

/// Things of a document, seen.
fn views<'c>(c: &'c Case<'_>, kinds: &'c [Vec<f64>], places: &Places) -> Vec<View<'c>> {
    let t = &c.ready.text;
    let days = c.document.dateline.map_or(vec![], |base| days(c.ready, base));
    let named = places.named(c.ready, places.country(c));
    let around = |sentences: &BTreeSet<usize>, at: &mut dyn Iterator<Item = (usize, &String)>| -> BTreeSet<String> {
        // What is said in the sentence itself, else in the one before it.
        let all: Vec<(usize, &String)> = at.collect();
        let within = |back: usize| -> BTreeSet<String> {
            all.iter().filter(|x| sentences.contains(&(x.0 + back))).map(|x| x.1.clone()).collect()
        };
        Some(within(0)).filter(|d| !d.is_empty()).unwrap_or_else(|| within(1))
    };
    let see = |(f, kinds): (&'c Found, &'c Vec<f64>)| {
        let sentences = c.sentences(&[f]);
        let starts: BTreeSet<usize> = f.places.keys().copied().collect();
        let has = |a: &&Act| f.runs().any(|r| a.part(&r).is_some());
        View {
            thing: f,
            classes: f.classes(c.ready),
            kinds,
            paragraphs: sentences.iter().map(|i| t.sentences[*i].paragraph).collect(),
            scene: scene(c.ready, &starts).into_iter().filter(|s| s.starts_with(':')).collect(),
            triggers: near_triggers(c.ready, &starts).collect(),
            acts: c.told.acts.iter().filter(has).map(|a| a.root).collect(),
            days: around(&sentences, &mut days.iter().map(|d| (d.1, &d.0))),
            places: around(&sentences, &mut named.iter().map(|p| (p.1, &p.0))),
            sentences,
        }
    };
    c.things.iter().zip(kinds).map(see).collect()
}

/// What is said of two things together.
fn pair(c: &Case<'_>, x: &View<'_>, y: &View<'_>) -> Vec<String> {
    let t = &c.ready.text;
    let (a, b) = (x.thing, y.thing);
    let roles = format!("roles {} {}", a.role.min(b.role), a.role.max(b.role));
    let mut out = vec![roles.clone()];
    let least = x.sentences.iter().flat_map(|i| y.sentences.iter().map(move |j| i.abs_diff(*j))).min().unwrap_or(99);
    steps(&mut out, "apart", least as f64, &[1.0, 2.0, 3.0, 5.0, 8.0, 13.0]);
    steps(&mut out, &format!("{roles} apart"), least as f64, &[1.0, 2.0, 3.0, 5.0, 8.0]);
    out.push(format!("paragraph {}", !x.paragraphs.is_disjoint(&y.paragraphs)));
    out.push(format!("same role {}", a.role == b.role));
    steps(&mut out, "things", c.things.len() as f64, &[3.0, 4.0, 6.0, 8.0, 12.0]);
    let rivals = c.things.iter().filter(|f| f.role == 2 || f.role == 3).count();
    steps(&mut out, "rivals", rivals as f64, &[2.0, 3.0, 4.0, 6.0, 9.0]);
    out.push(format!("same scene {}", x.scene == y.scene));
    for kind in [":Blast", ":Abduct", ":Kill", ":Wound", ":Damage", ":Threat"] {
        out.push(format!("{kind} {} {}", x.scene.contains(kind), y.scene.contains(kind)));
    }
    for p in &x.classes {
        out.extend(y.classes.iter().map(|q| format!("{roles} {} {}", p.min(q), p.max(q))));
    }
    let strong = |f: &Found| matches!(f.role, 2 | 3);
    let both = strong(a) && strong(b);
    let held = |p: &BTreeSet<String>, q: &BTreeSet<String>| match (p.is_empty() || q.is_empty(), p.is_disjoint(q)) {
        (true, _) => "unknown",
        (false, true) => "other",
        (false, false) => "same",
    };
    for (name, p, q) in [("day", &x.days, &y.days), ("place", &x.places, &y.places)] {
        let how = held(p, q);
        out.push(format!("{name} {how}"));
        out.push(format!("{name} {how} {both} {}", least.min(2)));
    }
    out.push(match (x.acts.is_empty() || y.acts.is_empty(), x.acts.is_disjoint(&y.acts)) {
        (true, _) => "act unknown".to_owned(),
        (false, true) => format!("other act {}", a.role == b.role),
        (false, false) => format!("same act {}", a.role == b.role),
    });
    steps(&mut out, "places", (a.places.len() + b.places.len()) as f64, &[3.0, 4.0, 6.0, 9.0]);
    steps(&mut out, "length", t.sentences.len() as f64, &[5.0, 10.0, 20.0, 40.0]);
    let telling: f64 = c.told.sentences.iter().sum();
    steps(&mut out, "telling", telling, &[1.0, 2.0, 3.0, 5.0, 8.0]);

    // Where they stand nearest to each other, and what is said in between.
    let pairs = a.places.keys().flat_map(|p| b.places.keys().map(move |q| (*p.min(q), *p.max(q))));
    if let Some((from, to)) = pairs.min_by_key(|(p, q)| (q - p, *p)) {
        const FAR: [f64; 7] = [3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 200.0];
        steps(&mut out, "words between", (to - from) as f64, &FAR);
        steps(&mut out, &format!("{roles} words between"), (to - from) as f64, &FAR);
        out.extend((from..to).map(|i| t.small(i)).filter(|w| BETWEEN.contains(w)).map(|w| format!("between {w}")));
        let later = &t.sentences[sentence_of(c.ready, to)].tokens;
        if later.contains(&from) {
            out.extend((from.max(to.saturating_sub(12))..to).map(|i| format!("just before {}", t.small(i))));
        } else {
            out.extend(later.clone().take(4).map(|i| format!("begins {}", t.small(i))));
        }
    }
    let how = held(&x.triggers, &y.triggers);
    out.push(format!("trigger {how}"));
    match how {
        "same" => out.extend(x.triggers.intersection(&y.triggers).map(|n| format!("both {n}"))),
        "other" => out.extend(
            x.triggers.iter().flat_map(|n| y.triggers.iter().map(move |m| format!("{} {}", n.min(m), n.max(m)))),
        ),
        _ => {}
    }
    let same: f64 = x.kinds.iter().zip(y.kinds).map(|(p, q)| p * q).sum();
    steps(&mut out, "kind", log_odds(same), &[-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0]);
    if a.role == b.role {
        let (p, q) = (plain(&a.text), plain(&b.text));
        out.push(format!("{roles} same head {}", last(&p) == last(&q)));
        let shared = p.split(' ').any(|w| q.split(' ').any(|v| v == w));
        out.push(format!("{roles} share a word {shared}"));
        out.push(format!("described {}", usize::from(a.described) + usize::from(b.described)));
    }
    out.sort();
    out.dedup();
    out
}

/// What the things of a document teach, with how likely each is of each kind of incident.
pub(super) fn lessons(c: &Case<'_>, kinds: &[Vec<f64>], places: &Places) -> Vec<Lesson> {
    let views = views(c, kinds, places);
    let placed: Vec<BTreeSet<usize>> = c.things.iter().map(|f| within(c.document, f)).collect();
    let mut out = Vec::new();
    for (i, x) in placed.iter().enumerate().filter(|x| !x.1.is_empty()) {
        for (j, y) in placed[..i].iter().enumerate().filter(|y| !y.1.is_empty()) {
            out.push(lesson(pair(c, &views[i], &views[j]), !x.is_disjoint(y)));
        }
    }
    out
}

/// Learns whether two things are of one incident.
pub(super) fn grouper(lessons: &[&Lesson]) -> Classes {
    Classes::train(lessons, 3, PRECISION)
}

/// Things of a document, put together.
pub(super) struct Grouped {
    /// Things of one incident each, by number.
    pub(super) groups: Vec<Vec<usize>>,
    /// By pair of things, log odds that they are of one incident.
    pub(super) together: Vec<Vec<f64>>,
}

/// Puts things together: the likeliest pairs first, on the average of their members. `together` is how likely two things
/// of which this is said are of one incident.
pub(super) fn groups(
    together: impl Fn(&[String]) -> f64,
    c: &Case<'_>,
    kinds: &[Vec<f64>],
    places: &Places,
) -> Grouped {
    let n = c.things.len();
    let mut p = vec![vec![0.0; n]; n];
    let views = views(c, kinds, places);
    for i in 0..n {
        for j in 0..i {
            p[i][j] = log_odds(together(&pair(c, &views[i], &views[j])));
            p[j][i] = p[i][j];
        }
    }
    let mut groups: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
    loop {
        let mut best = (log_odds(TOGETHER), 0, 0);
        for a in 0..groups.len() {
            for b in 0..a {
                let sum: f64 = groups[a].iter().flat_map(|i| groups[b].iter().map(|j| p[*i][*j])).sum();
                let mean = sum / (groups[a].len() * groups[b].len()) as f64;
                if mean > best.0 {
                    best = (mean, a, b);
                }
            }
        }
        if best.1 == best.2 {
            break;
        }
        let moved = groups.remove(best.1);
        groups[best.2].extend(moved);
    }
    // Who did it, or with what, is no incident of its own.
    let strong = |g: &Vec<usize>| g.iter().any(|i| matches!(c.things[*i].role, 2 | 3));
    while groups.len() > 1 {
        let Some(weak) = groups.iter().position(|g| !strong(g)) else { break };
        let moved = groups.remove(weak);
        let mean = |g: &Vec<usize>| -> f64 {
            g.iter().flat_map(|i| moved.iter().map(|j| p[*i][*j])).sum::<f64>() / (g.len() * moved.len()) as f64
        };
        let to = (0..groups.len()).max_by(|a, b| mean(&groups[*a]).total_cmp(&mean(&groups[*b]))).unwrap_or(0);
        groups[to].extend(moved);
    }
    groups.iter_mut().for_each(|g| g.sort_unstable());
    Grouped { groups, together: p }
}

/// A thing that may have done what a group of things tells of.
pub(super) struct Suspect {
    pub(super) group: usize,
    pub(super) thing: usize,
    /// What speaks for it.
    pub(super) said: Vec<String>,
}

/// Who may have done what, of all who may have done anything: who did one may have done another.
pub(super) fn suspects(c: &Case<'_>, g: &Grouped) -> Vec<Suspect> {
    const BETTER: [f64; 9] = [-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0];
    const FEW: [f64; 4] = [1.0, 2.0, 3.0, 5.0];
    let role = |i: usize| c.things[i].role;
    let with = |i: usize, list: &[usize]| -> f64 {
        let own: Vec<f64> = list.iter().filter(|j| **j != i).map(|j| g.together[i][*j]).collect();
        own.iter().sum::<f64>() / own.len().max(1) as f64
    };
    let all: Vec<usize> = (0..c.things.len()).filter(|i| matches!(role(*i), 0 | 1)).collect();
    let mut out = Vec::new();
    for (group, members) in g.groups.iter().enumerate() {
        let hurt: Vec<usize> = members.iter().copied().filter(|j| matches!(role(*j), 2 | 3)).collect();
        if hurt.is_empty() {
            continue;
        }
        for i in &all {
            let f = &c.things[*i];
            let (odds, near) = (log_odds(f.p), with(*i, &hurt));
            let inside = members.contains(i);
            let mut said = vec![format!("inside {inside}"), format!("last {}", last(&f.text))];
            steps(&mut said, "odds", odds, &ODDS);
            steps(&mut said, &format!("inside {inside} odds"), odds, &ODDS);
            steps(&mut said, "with", near, &ODDS);
            let rivals: Vec<usize> = all.iter().copied().filter(|j| role(*j) == f.role && j != i).collect();
            let nearest = rivals.iter().map(|j| with(*j, &hurt)).fold(-9.0, f64::max);
            steps(&mut said, "nearer", near - nearest, &BETTER);
            let likeliest = rivals.iter().map(|j| log_odds(c.things[*j].p)).fold(-9.0, f64::max);
            steps(&mut said, "likelier", odds - likeliest, &BETTER);
            steps(&mut said, "rivals", rivals.len() as f64, &FEW);
            steps(&mut said, "rivals inside", rivals.iter().filter(|j| members.contains(j)).count() as f64, &FEW);
            let others: Vec<usize> =
                all.iter().copied().filter(|j| role(*j) != f.role && members.contains(j)).collect();
            steps(&mut said, "others", others.len() as f64, &FEW);
            if !others.is_empty() {
                steps(&mut said, "with others", with(*i, &others), &ODDS);
            }
            let elsewhere = g.groups.iter().enumerate().filter(|(k, _)| *k != group);
            let elsewhere = elsewhere.map(|(_, list)| with(*i, list)).fold(-9.0, f64::max);
            steps(&mut said, "rather here", near - elsewhere, &BETTER);
            steps(&mut said, "groups", g.groups.len() as f64, &FEW);
            let (mine, theirs) =
                (c.sentences(&[f]), c.sentences(&hurt.iter().map(|j| &c.things[*j]).collect::<Vec<_>>()));
            let apart = mine.iter().flat_map(|m| theirs.iter().map(move |s| m.abs_diff(*s))).min().unwrap_or(99);
            steps(&mut said, "apart", apart as f64, &[1.0, 2.0, 3.0, 5.0, 8.0]);
            out.push(Suspect { group, thing: *i, said });
        }
    }
    out
}
