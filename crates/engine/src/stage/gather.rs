//! Stage `gather`: which statements there are, who first made each, and what each asserts or denies.
//!
//! Claims become *statements*: a claim and its copies are one; what one origin says of one thing is one,
//! however often and in however many reports; and one sentence that covers several things is one
//! statement about all of them, so that they stand or fall together.

use std::collections::{BTreeMap, BTreeSet};

use model::{Basis, Case, Claim, Decides, Modality, Says, Stance, Verdict};
use serde::{Deserialize, Serialize};

use super::echo::Echo;

/// Part of the stage's key.
pub const VERSION: u32 = 8;

/// One statement of one origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Smallest claim id among its claims: stable when other reports come or go.
    pub id: String,
    /// The source that first made it.
    pub origin: String,
    /// All claims that make it, copies included, by id.
    pub claims: Vec<String>,
    /// For each way it reached us, the sources it passed through after the origin.
    pub relays: Vec<Vec<String>>,
    /// Shift of the logit of soundness: information credibility and basis.
    pub shift: f64,
    /// Factor on soundness: modality, and interest in denying.
    pub factor: f64,
    /// Its claims, where a machine read all of them and no person has accepted one: any may be misread.
    #[serde(default)]
    pub read: Vec<MachineRead>,
    /// That it may be a copy of another, where nobody says so.
    #[serde(default)]
    pub echo: Option<Echo>,
}

/// A claim that a machine read, with what is known of the rule that read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MachineRead {
    /// The claim.
    pub claim: String,
    /// The rule.
    pub rule: String,
    /// Times that people found the rule right, and wrong, with what is believed of a rule beforehand.
    pub right: f64,
    /// See `right`.
    pub wrong: f64,
}

/// What is believed of a rule before anybody has ruled on what it reads: right four times in five, and worth five
/// rulings. Our choice: the rules' measured precision on texts they were not made for is about that.
const RULE_PRIOR: (f64, f64) = (4.0, 1.0);

/// What people have ruled on machine-read claims.
#[derive(Debug, Clone, Default)]
pub struct Reviewed {
    /// The last verdict on each claim.
    pub verdicts: BTreeMap<String, Verdict>,
    /// By rule: how often it was right and wrong, with [`RULE_PRIOR`].
    rules: BTreeMap<String, (f64, f64)>,
}

impl Reviewed {
    /// Counts the rulings of a case; a later one on the same claim replaces an earlier one.
    pub fn new(case: &Case) -> Self {
        let mut last: BTreeMap<&str, (&str, Verdict)> = BTreeMap::new();
        for r in &case.rulings {
            if let Decides::Claim(c) = &r.decides {
                last.insert(&c.claim, (&c.rule, c.is));
            }
        }
        let mut rules: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for (rule, verdict) in last.values() {
            let n = rules.entry((*rule).to_owned()).or_insert(RULE_PRIOR);
            match verdict {
                Verdict::Accepted => n.0 += 1.0,
                Verdict::Rejected => n.1 += 1.0,
                Verdict::Unsure => {}
            }
        }
        Self { verdicts: last.into_iter().map(|(c, (_, v))| (c.to_owned(), v)).collect(), rules }
    }

    /// Chance that a rule reads rightly: the mean of its law.
    pub fn precision(&self, rule: &str) -> f64 {
        let (right, wrong) = self.rule(rule);
        right / (right + wrong)
    }

    /// How often a rule was right and wrong, what was believed beforehand included: a Beta law over its precision.
    pub fn rule(&self, rule: &str) -> (f64, f64) {
        self.rules.get(rule).copied().unwrap_or(RULE_PRIOR)
    }

    /// What may be misread of a claim; `None` where a person coded it or accepted it.
    fn read(&self, claim: &Claim) -> Option<MachineRead> {
        let rule = claim.rule.clone()?;
        let (right, wrong) = self.rule(&rule);
        (self.verdicts.get(claim.id.as_str()) != Some(&Verdict::Accepted)).then(|| MachineRead {
            claim: claim.id.clone(),
            rule,
            right,
            wrong,
        })
    }
}

/// What is said about one thing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// Statements that assert it, as indices.
    pub asserting: Vec<usize>,
    /// Statements that deny it.
    pub denying: Vec<usize>,
    /// Every claim about it that still stands: its own by id, then those that may be about it.
    pub claims: Vec<String>,
    /// Statements that are about it only in some worlds.
    #[serde(default)]
    pub guests: Guests,
}

/// Statements that may speak of an event, with the events that they speak of on their own.
pub type Guests = BTreeMap<usize, Vec<String>>;

/// Events that may be one with one another. In each world they fall into groups; the first of a group stands for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// Events; the one that comes first leads: those coded by hand, then rows by id.
    pub events: Vec<String>,
    /// Data set of each; empty for those coded by hand. A set keeps its own events apart unless they are a pair.
    pub sets: Vec<String>,
    /// Pairs as places in `events`, with the probability that they are one.
    pub pairs: Vec<(usize, usize, f64)>,
}

/// The outcome of the stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    /// Statements, by id.
    pub statements: Vec<Statement>,
    /// By subject: `event:x`, `fact:x`, `link:a kind b`.
    pub dossiers: BTreeMap<String, Dossier>,
    /// Claims that were taken back, with the retraction.
    pub retracted: BTreeMap<String, String>,
    /// Statement of every standing claim.
    pub statement_of: BTreeMap<String, usize>,
    /// Events that may be one with others.
    #[serde(default)]
    pub families: Vec<Family>,
    /// Events that surely are one with another: the other's id.
    #[serde(default)]
    pub merged: BTreeMap<String, String>,
}

/// The subject of a claim, as a key.
pub fn subject(claim: &Claim) -> Option<String> {
    match &claim.says {
        Says::Event(e) => Some(format!("event:{}", e.id)),
        Says::Fact(f) => Some(format!("fact:{}", f.id)),
        Says::Link(l) => Some(format!("link:{} {} {}", l.actor, l.kind.name(), l.to)),
        Says::Retracts(_) => None,
    }
}

/// Whether a claim says that its subject is not so. Disputing who did it, or saying "not us", grants that it happened.
fn denies(c: &Claim) -> bool {
    c.stance == Stance::Denies || c.stance == Stance::Disputes && !matches!(c.says, Says::Event(_))
}

/// What a modality is worth: the share of the speaker's soundness that such a way of saying keeps. A plan or an
/// "if" is no evidence that the thing happened.
pub fn modality_factor(m: Modality) -> f64 {
    match m {
        Modality::Asserted | Modality::Claimed => 1.0,
        Modality::Unconfirmed => 0.6,
        Modality::Speculative => 0.3,
        Modality::Hypothetical | Modality::Planned => 0.0,
    }
}

/// Shift of the logit by information credibility: 1 confirmed ... 5 improbable; 6 is no rating and shifts nothing.
fn credibility_shift(c: u8) -> f64 {
    [1.5, 0.75, 0.0, -0.75, -1.5, 0.0][usize::from(c.clamp(1, 6)) - 1]
}

/// Shift of the logit when a party reports a blow to its own side.
const ADMISSION_SHIFT: f64 = 1.0;

fn basis_shift(b: Basis) -> f64 {
    match b {
        Basis::Witnessed => 0.3,
        Basis::Told => 0.0,
        Basis::Inferred => -0.3,
    }
}

impl Gathered {
    /// Probability that two events of one family are one: that of their pair, else the best way over a third.
    pub fn p_same(&self, a: &str, b: &str) -> f64 {
        let Some(f) = self.families.iter().find(|f| f.events.iter().any(|e| e == a)) else { return 0.0 };
        let place = |e: &str| f.events.iter().position(|x| x == e);
        let (Some(x), Some(y)) = (place(a), place(b)) else { return 0.0 };
        let direct =
            |x: usize, y: usize| f.pairs.iter().find(|(a, b, _)| (*a, *b) == (x.min(y), x.max(y))).map_or(0.0, |p| p.2);
        (0..f.events.len()).map(|t| direct(x, t) * direct(t, y)).fold(direct(x, y), f64::max)
    }
}

/// Runs the stage.
pub fn run(case: &Case) -> Gathered {
    let direct = case.retracted();
    // A retraction by the origin takes its copies along; one by a copier takes only the copy.
    let retracted: BTreeMap<String, String> = case
        .claims
        .values()
        .filter_map(|c| {
            let by = direct.get(&c.id).or_else(|| direct.get(&case.root(c).1))?;
            Some((c.id.clone(), by.clone()))
        })
        .collect();
    let reviewed = Reviewed::new(case);
    let standing: Vec<&Claim> = case
        .claims
        .values()
        .filter(|c| !retracted.contains_key(&c.id) && subject(c).is_some() && modality_factor(c.modality) > 0.0)
        .filter(|c| c.rule.is_none() || reviewed.verdicts.get(c.id.as_str()) != Some(&Verdict::Rejected))
        .collect();

    let mut sets = Sets::new(standing.len());
    let index: BTreeMap<&str, usize> = standing.iter().enumerate().map(|(i, c)| (c.id.as_str(), i)).collect();
    let roots: Vec<(String, String)> = standing.iter().map(|c| case.root(c)).collect();
    // A claim and what it copies; one origin on one thing with one voice.
    let mut first: BTreeMap<(&str, String, bool), usize> = BTreeMap::new();
    for (i, c) in standing.iter().enumerate() {
        if let Some(j) = index.get(roots[i].1.as_str()) {
            sets.join(i, *j);
        }
        let key = (roots[i].0.as_str(), subject(c).unwrap_or_default(), denies(c));
        match first.get(&key) {
            Some(j) => sets.join(i, *j),
            None => {
                first.insert(key, i);
            }
        }
    }
    // One sentence about several things: the same origin, overlapping passages of one report.
    let mut by_report: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (i, c) in standing.iter().enumerate() {
        by_report.entry((c.report.as_str(), roots[i].0.as_str())).or_default().push(i);
    }
    for list in by_report.values() {
        for (n, a) in list.iter().enumerate() {
            for b in &list[n + 1..] {
                let (x, y) = (&standing[*a].excerpt, &standing[*b].excerpt);
                // What it asserts and what it denies are two statements: one that did both could not be sound.
                let one_voice = denies(standing[*a]) == denies(standing[*b]);
                if one_voice && x.start < y.end && y.start < x.end {
                    sets.join(*a, *b);
                }
            }
        }
    }

    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..standing.len() {
        members.entry(sets.find(i)).or_default().push(i);
    }
    let mut statements: Vec<Statement> = members
        .values()
        .map(|m| statement(case, &reviewed, &m.iter().map(|i| standing[*i]).collect::<Vec<_>>(), &roots[m[0]].0))
        .collect();
    statements.sort_by(|a, b| a.id.cmp(&b.id));
    let statement_of: BTreeMap<String, usize> =
        statements.iter().enumerate().flat_map(|(n, s)| s.claims.iter().map(move |c| (c.clone(), n))).collect();
    let (families, merged) = families(case);
    let mut dossiers: BTreeMap<String, Dossier> = BTreeMap::new();
    for c in &standing {
        let key = match &c.says {
            Says::Event(e) => format!("event:{}", merged.get(&e.id).unwrap_or(&e.id)),
            _ => subject(c).unwrap_or_default(),
        };
        let d = dossiers.entry(key).or_default();
        let n = statement_of[&c.id];
        let side = if denies(c) { &mut d.denying } else { &mut d.asserting };
        if !side.contains(&n) {
            side.push(n);
        }
        d.claims.push(c.id.clone());
    }
    // Who says the same in the same words after another may have it from there.
    for (s, e) in super::echo::all(case, &statements, &dossiers) {
        statements[s].echo = Some(e);
    }
    // What may be about an event in some worlds comes into its dossier as a guest.
    for family in &families {
        let own: Vec<Dossier> =
            family.events.iter().map(|e| dossiers.get(&format!("event:{e}")).cloned().unwrap_or_default()).collect();
        for (leader, event) in family.events.iter().enumerate() {
            let Some(d) = dossiers.get_mut(&format!("event:{event}")) else { continue };
            for (guest, name) in family.events.iter().enumerate().skip(leader + 1) {
                for (side, theirs, ours) in [
                    (&mut d.asserting, &own[guest].asserting, &own[leader].asserting),
                    (&mut d.denying, &own[guest].denying, &own[leader].denying),
                ] {
                    // A statement that is the event's own is no guest there, whatever else it covers.
                    for s in theirs.iter().filter(|s| !ours.contains(s)) {
                        if !side.contains(s) {
                            side.push(*s);
                        }
                        d.guests.entry(*s).or_default().push(name.clone());
                    }
                }
                d.claims.extend(own[guest].claims.iter().cloned());
            }
        }
    }
    for d in dossiers.values_mut() {
        d.asserting.sort_unstable();
        d.denying.sort_unstable();
    }
    Gathered { statements, dossiers, retracted, statement_of, families, merged }
}

/// From this probability on two events are taken for one in every world.
const SURE: f64 = 0.98;
/// Most events of a family: beyond it the least likely pairs are let go.
const MOST: usize = 24;

/// Groups of events that may be one, and those that surely are.
fn families(case: &Case) -> (Vec<Family>, BTreeMap<String, String>) {
    let mut events: Vec<&String> = case.same.iter().flat_map(|s| [&s.a, &s.b]).collect();
    // Those coded by hand lead, then those that a machine read.
    let read: BTreeSet<&String> =
        case.claims.values().filter(|c| c.rule.is_some()).filter_map(|c| Some(&c.event()?.id)).collect();
    events.sort_by_key(|e| (case.rows.contains_key(*e), read.contains(e), *e));
    events.dedup();
    let place: BTreeMap<&str, usize> = events.iter().enumerate().map(|(i, e)| (e.as_str(), i)).collect();
    let ends = |s: &model::Same| {
        let (x, y) = (place[s.a.as_str()], place[s.b.as_str()]);
        (x.min(y), x.max(y))
    };
    // What was ruled apart (else no pair has nothing), and what its own set keeps apart: rows, or events coded by hand.
    let known: BTreeMap<(usize, usize), f64> = case.same.iter().map(|s| (ends(s), s.p)).collect();
    let apart = |x: usize, y: usize| match known.get(&(x.min(y), x.max(y))) {
        Some(p) => *p <= 0.0,
        None => case.rows.get(events[x]) == case.rows.get(events[y]),
    };
    let mut certain: Vec<&model::Same> = case.same.iter().filter(|s| s.p >= SURE).collect();
    certain.sort_by(|a, b| b.p.total_cmp(&a.p).then((&a.a, &a.b).cmp(&(&b.a, &b.b))));
    let mut sure = Sets::new(events.len());
    for s in certain {
        let (x, y) = ends(s);
        let (gx, gy) = (sure.members(x), sure.members(y));
        if !gx.iter().any(|a| gy.iter().any(|b| apart(*a, *b))) {
            sure.join(x, y);
        }
    }
    let merged: BTreeMap<String, String> = (0..events.len())
        .filter_map(|i| {
            let root = sure.find(i);
            (root != i).then(|| (events[i].clone(), events[root].clone()))
        })
        .collect();
    // Between those that are left: the likeliest pair of two groups counts, but what is apart is apart.
    let mut open: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for s in &case.same {
        let (x, y) = ends(s);
        let (x, y) = (sure.find(x), sure.find(y));
        if x != y {
            let p = open.entry((x.min(y), x.max(y))).or_insert(s.p);
            *p = if *p <= 0.0 || s.p <= 0.0 { 0.0 } else { p.max(s.p) };
        }
    }
    let mut pairs: Vec<((usize, usize), f64)> = open.into_iter().collect();
    pairs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut groups = Sets::new(events.len());
    let mut size = vec![1usize; events.len()];
    let mut kept = Vec::new();
    for ((x, y), p) in pairs {
        let (rx, ry) = (groups.find(x), groups.find(y));
        if rx != ry && size[rx] + size[ry] > MOST {
            continue;
        }
        if rx != ry {
            groups.join(rx, ry);
            size[rx.min(ry)] = size[rx] + size[ry];
        }
        kept.push((x, y, p));
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (x, y, _) in &kept {
        for e in [x, y] {
            let list = members.entry(groups.find(*e)).or_default();
            if !list.contains(e) {
                list.push(*e);
            }
        }
    }
    let families = members
        .into_values()
        .map(|mut list| {
            list.sort_unstable();
            let at = |e: &usize| list.binary_search(e).ok();
            Family {
                events: list.iter().map(|e| events[*e].clone()).collect(),
                sets: list.iter().map(|e| case.rows.get(events[*e]).cloned().unwrap_or_default()).collect(),
                pairs: kept.iter().filter_map(|(x, y, p)| Some((at(x)?, at(y)?, *p))).collect(),
            }
        })
        .collect();
    (families, merged)
}

impl Family {
    /// For each event the one that stands for it in one world. Pairs are taken from the likeliest down, each joined with
    /// the chance that is left of it after those that were not; `u` gives a number in (0, 1) for a pair of events.
    pub fn leaders(&self, u: impl Fn(usize, usize) -> f64) -> Vec<usize> {
        let n = self.events.len();
        let mut sets = Sets::new(n);
        // How much of each event's chance of a partner in each data set was used up by refusals.
        let mut refused: BTreeMap<(usize, &str), f64> = BTreeMap::new();
        let mut settled: Vec<(usize, usize)> = Vec::new();
        let known = |x: usize, y: usize| {
            self.pairs.iter().find(|(a, b, _)| (*a, *b) == (x.min(y), x.max(y))).map(|(_, _, p)| *p)
        };
        // A person ruled them apart, or their set keeps its own apart.
        let apart = |x: usize, y: usize| match known(x, y) {
            Some(p) => p <= 0.0,
            None => self.sets[x] == self.sets[y],
        };
        for (x, y, p) in &self.pairs {
            let (rx, ry) = (sets.find(*x), sets.find(*y));
            if rx == ry || settled.contains(&(rx.min(ry), rx.max(ry))) {
                continue;
            }
            let (gx, gy) = (sets.members(rx), sets.members(ry));
            let clash = gx.iter().any(|a| gy.iter().any(|b| apart(*a, *b)));
            let used = |e: usize, set: &str| refused.get(&(e, set)).copied().unwrap_or(0.0);
            let left = 1.0 - used(*x, &self.sets[*y]).max(used(*y, &self.sets[*x]));
            if !clash && u(*x, *y) < (p / left.max(1e-9)).min(1.0) {
                sets.join(rx, ry);
            } else {
                *refused.entry((*x, &self.sets[*y])).or_default() += p;
                *refused.entry((*y, &self.sets[*x])).or_default() += p;
                settled.push((rx.min(ry), rx.max(ry)));
            }
        }
        (0..n).map(|i| sets.find(i)).collect()
    }
}

fn statement(case: &Case, reviewed: &Reviewed, claims: &[&Claim], origin: &str) -> Statement {
    let mut ids: Vec<String> = claims.iter().map(|c| c.id.clone()).collect();
    ids.sort();
    let mut relays: Vec<Vec<String>> = claims
        .iter()
        .map(|c| {
            let publisher = case.reports.get(&c.report).map(|r| r.source.clone());
            let mut path: Vec<String> = c.chain.iter().cloned().chain(publisher).filter(|s| s != origin).collect();
            path.dedup();
            path
        })
        .collect();
    relays.sort();
    // Two paths through the same last hand are one: the shorter, which loses less.
    relays.sort_by_key(Vec::len);
    let mut hands: Vec<Option<String>> = Vec::new();
    relays.retain(|path| {
        let hand = path.last().cloned();
        let fresh = !hands.contains(&hand);
        hands.push(hand);
        fresh
    });
    let best = |f: &dyn Fn(&Claim) -> f64| claims.iter().map(|c| f(c)).fold(f64::NEG_INFINITY, f64::max);
    let speaks_for = case.sources.get(origin).and_then(|s| s.speaks_for.clone());
    // To say that one's own side was hit is an admission against interest.
    let admission = |c: &Claim| {
        let own = speaks_for.as_ref().is_some_and(|me| c.actors_as(model::Role::Target).any(|t| t == me));
        if own && c.stance == Stance::Asserts { ADMISSION_SHIFT } else { 0.0 }
    };
    let shift = best(&|c| credibility_shift(c.credibility.0) + basis_shift(c.basis) + admission(c));
    let factor = best(&|c| {
        let interested = c.stance == Stance::Denies
            && speaks_for.as_ref().is_some_and(|me| {
                c.event()
                    .is_some_and(|e| e.actors.iter().any(|a| matches!(a, model::ActorRole::Known(k) if k.actor == *me)))
            });
        // "It was not us" says little on whether it happened.
        let aside = if c.stance == Stance::DeniesResponsibility { 0.5 } else { 1.0 };
        modality_factor(c.modality) * aside * if interested { 0.7 } else { 1.0 }
    });
    let read: Option<Vec<MachineRead>> = claims.iter().map(|c| reviewed.read(c)).collect();
    let read = read.unwrap_or_default();
    Statement { id: ids[0].clone(), origin: origin.to_owned(), claims: ids, relays, shift, factor, read, echo: None }
}

/// Disjoint sets.
struct Sets(Vec<usize>);

impl Sets {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn find(&mut self, i: usize) -> usize {
        let mut i = i;
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    /// All items of the set that an item is in.
    fn members(&mut self, i: usize) -> Vec<usize> {
        let root = self.find(i);
        (0..self.0.len()).filter(|j| self.find(*j) == root).collect()
    }

    /// The smaller index stays the root, so that the result does not depend on the order of joins.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = (a.min(b), a.max(b));
        self.0[high] = low;
    }
}

/// Groups of items that share a member, for callers above: returns the group of each item.
pub(crate) fn components(items: &[Vec<usize>]) -> Vec<usize> {
    let mut sets = Sets::new(items.len());
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, members) in items.iter().enumerate() {
        for m in members {
            match first.get(m) {
                Some(j) => sets.join(i, *j),
                None => {
                    first.insert(*m, i);
                }
            }
        }
    }
    (0..items.len()).map(|i| sets.find(i)).collect()
}
