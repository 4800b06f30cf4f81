//! Stage `worlds`: draws from the posterior, globals first, then the events given them (`worlds.md`).
//!
//! Every draw is keyed by (seed, world, stable id, attribute), so it is the same whatever the order or the
//! thread, and removing one report leaves every other draw as it was.

use std::collections::BTreeMap;

use model::{Case, Day, DaySpan, LinkKind, Reliability};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use stats::{Conflict, Grid, Inverse, Phrase, Reading, entity, existence, shared_subset, uniform};

use super::gather::{Gathered, Guests, components};
use super::reconcile::{Bearing, EventLaw, FigureLaw, KNOWN_SHARE};

/// Part of the stage's key.
pub const VERSION: u32 = 7;

/// What a draw is for; the last part of its key. Never renumber.
pub mod attribute {
    /// A source's reliability.
    pub const RELIABILITY: u32 = 1;
    /// A source's bias.
    pub const BIAS: u32 = 2;
    /// Which shared statements are sound.
    pub const SOUND: u32 = 3;
    /// Whether a thing is so.
    pub const SO: u32 = 4;
    /// Which shared statements on responsibility are sound.
    pub const SOUND_WHO: u32 = 5;
    /// Who did it.
    pub const WHO: u32 = 6;
    /// Where.
    pub const PLACE: u32 = 7;
    /// When.
    pub const DAY: u32 = 8;
    /// Whether a link is real.
    pub const LINK: u32 = 9;
    /// First day of a link.
    pub const LINK_FROM: u32 = 10;
    /// Last day of a link.
    pub const LINK_UNTIL: u32 = 11;
    /// The footprint's class.
    pub const CLASS: u32 = 12;
    /// Whether two events are one.
    pub const SAME: u32 = 13;
    /// How often a rule reads rightly.
    pub const PRECISION: u32 = 14;
    /// Whether a claim was misread.
    pub const MISREAD: u32 = 15;
    /// Figures: this plus the measure's number.
    pub const FIGURE: u32 = 32;
    /// Further draws of a sampler.
    pub const MORE: u32 = 1 << 16;
}

/// Reliability as a law over the chance that a statement is sound: Beta(a, b) by Admiralty grade. The letters have
/// no official numbers; means of .95, .85, .70, .50, .25 follow the usual reading. F is no rating: wide.
pub fn grade_law(grade: Reliability) -> (f64, f64) {
    match grade {
        Reliability::A => (19.0, 1.0),
        Reliability::B => (8.5, 1.5),
        Reliability::C => (7.0, 3.0),
        Reliability::D => (5.0, 5.0),
        Reliability::E => (2.5, 7.5),
        Reliability::F => (1.5, 1.0),
    }
}

/// Bias of a source in the logarithm of a figure: 9 equally likely values of N(0, .3²) around its mean.
const BIAS_NODES: usize = 9;
const BIAS_SD: f64 = 0.3;

/// The chance that an unsound statement of a party says falsely that its own side did it.
const FALSELY_OWNS: f64 = 0.05;

/// Who is wrong about whether a thing happened is still mostly right about its size: only this share of unsoundness
/// makes a figure worthless. Our choice, until each source's precision is learned.
const GROSS_ERROR: f64 = 0.15;

/// P(claims responsibility | did it), P(claims | did not): about one attack in six is claimed (Wright 2011; GTD), false
/// claims are rarer by an order of magnitude (Kearns, Conlon and Young 2014 show that they exist).
const CLAIMS: (f64, f64) = (1.0 / 6.0, 0.02);
/// P(denies | did it), P(denies | did not).
const DENIES: (f64, f64) = (0.3, 0.6);

/// One figure in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureWorlds {
    /// What is counted.
    pub measure: model::Measure,
    /// Of whom.
    pub of: String,
    /// One draw per world, given that the event happened.
    pub draws: Vec<u32>,
}

/// One event in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventWorlds {
    /// P(happened | what the world fixes).
    pub chance: Vec<f64>,
    /// Whether it happened.
    pub happened: Vec<bool>,
    /// P(each candidate, and unknown | what the world fixes), world after world.
    pub who_chance: Vec<f64>,
    /// Who did it, as an index among the candidates; unknown is the last.
    pub who: Vec<u16>,
    /// Where, as an index among the points.
    pub place: Vec<u16>,
    /// When, days since 1970-01-01.
    pub day: Vec<i32>,
    /// How many.
    pub figures: Vec<FigureWorlds>,
}

/// One link in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkWorlds {
    /// This actor.
    pub actor: String,
    /// Kind.
    pub kind: LinkKind,
    /// That actor.
    pub to: String,
    /// Place in the actor's list.
    pub index: usize,
    /// First and last day in each world where it is real.
    pub valid: Vec<Option<DaySpan>>,
}

/// All worlds, by column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Worlds {
    /// How many.
    pub n: usize,
    /// Events, as the laws are ordered.
    pub events: Vec<EventWorlds>,
    /// Facts (propositions) by id: P(so | what the world fixes).
    pub facts: BTreeMap<String, Vec<f64>>,
    /// Links.
    pub links: Vec<LinkWorlds>,
}

/// What every world needs to know of the case.
struct Globals<'a> {
    seed: u64,
    n: usize,
    /// Index of a statement by id.
    index: BTreeMap<&'a str, usize>,
    /// By statement: soundness in each world.
    sound: Vec<Vec<f64>>,
    /// By statement: the worlds in which every claim that makes it was misread; empty where none may be.
    misread: Vec<Vec<bool>>,
    /// By source: index of its bias in each world.
    bias: BTreeMap<&'a str, Vec<u8>>,
    /// By event of a family: family, place in it.
    family: BTreeMap<&'a str, (usize, usize)>,
    /// By family and world: who stands for each of its events.
    leaders: Vec<Vec<Vec<usize>>>,
}

impl Globals<'_> {
    /// Whether an event stands for itself in a world.
    fn leads(&self, event: &str, w: usize) -> bool {
        self.family.get(event).is_none_or(|(f, i)| self.leaders[*f][w][*i] == *i)
    }

    /// Whether a statement that speaks of `guest` on its own speaks of `event` in a world.
    fn joins(&self, event: &str, guest: &str, w: usize) -> bool {
        match (self.family.get(event), self.family.get(guest)) {
            (Some((f, i)), Some((g, j))) => f == g && self.leaders[*f][w][*j] == *i,
            _ => false,
        }
    }

    /// Whether a statement in an event's dossier speaks of it in a world.
    fn speaks(&self, event: &str, guests: &Guests, statement: usize, w: usize) -> bool {
        guests.get(&statement).is_none_or(|of| of.iter().any(|guest| self.joins(event, guest, w)))
    }
}

/// Draws the worlds. With `informed = false` nothing that was said is believed: the base prior of facts, from which
/// hypotheses take P0 (`worlds.md`, "Hypotheses").
pub fn run(case: &Case, g: &Gathered, laws: &[EventLaw], n: usize, informed: bool) -> Worlds {
    let globals = globals(case, g, n);
    let chances = existence_by_subject(case, g, &globals, informed);
    let who = responsibility(g, laws, &globals, informed);
    let events: Vec<EventWorlds> = laws
        .par_iter()
        .zip(&who)
        .map(|(law, who)| {
            let key = format!("event:{}", law.id);
            let guests = g.dossiers.get(&key).map(|d| &d.guests);
            event(law, &globals, guests, chances.get(&key), who, case.base_rate, informed)
        })
        .collect();
    let facts =
        chances.iter().filter_map(|(k, chance)| Some((k.strip_prefix("fact:")?.to_owned(), chance.clone()))).collect();
    let links = links(case, &globals, &chances);
    Worlds { n, events, facts, links }
}

fn globals<'a>(case: &'a Case, g: &'a Gathered, n: usize) -> Globals<'a> {
    let tables: BTreeMap<Reliability, Vec<f64>> =
        [Reliability::A, Reliability::B, Reliability::C, Reliability::D, Reliability::E, Reliability::F]
            .into_iter()
            .map(|r| (r, stats::beta_quantiles(grade_law(r).0, grade_law(r).1, 512)))
            .collect();
    let mut reliability: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut bias: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for (id, source) in &case.sources {
        let e = entity(&format!("source:{id}"));
        let table = &tables[&source.reliability];
        let draw = |w: usize, a: u32| uniform(case.seed, w as u32, e, a);
        reliability.insert(
            id,
            (0..n).map(|w| table[(draw(w, attribute::RELIABILITY) * table.len() as f64) as usize]).collect(),
        );
        bias.insert(id, (0..n).map(|w| (draw(w, attribute::BIAS) * BIAS_NODES as f64) as u8).collect());
    }
    let misread = misread(case.seed, g, n);
    let sound = g
        .statements
        .iter()
        .zip(&misread)
        .map(|(s, misread)| {
            (0..n)
                .map(|w| {
                    if misread.get(w) == Some(&true) {
                        return 0.0;
                    }
                    let at = |id: &str| reliability.get(id).map_or(0.5, |r| r[w]);
                    let own = at(&s.origin).clamp(1e-6, 1.0 - 1e-6);
                    let own = stats::logistic(stats::logit(own) + s.shift) * s.factor;
                    // It reached us faithfully by at least one of its ways; who passes on is mostly faithful.
                    let lost: f64 = s
                        .relays
                        .iter()
                        .map(|path| 1.0 - path.iter().map(|r| 0.8 + 0.2 * at(r)).product::<f64>())
                        .product();
                    own * (1.0 - lost)
                })
                .collect()
        })
        .collect();
    let index = g.statements.iter().enumerate().map(|(i, s)| (s.id.as_str(), i)).collect();
    let family = g
        .families
        .iter()
        .enumerate()
        .flat_map(|(f, family)| family.events.iter().enumerate().map(move |(i, e)| (e.as_str(), (f, i))))
        .collect();
    let leaders = g
        .families
        .par_iter()
        .map(|f| {
            let names: BTreeMap<(usize, usize), u64> = f
                .pairs
                .iter()
                .map(|(x, y, _)| ((*x, *y), entity(&format!("same:{} {}", f.events[*x], f.events[*y]))))
                .collect();
            (0..n).map(|w| f.leaders(|x, y| uniform(case.seed, w as u32, names[&(x, y)], attribute::SAME))).collect()
        })
        .collect();
    Globals { seed: case.seed, n, index, sound, misread, bias, family, leaders }
}

/// In which worlds nothing of a statement was read rightly: each rule has its precision, each claim its luck.
fn misread(seed: u64, g: &Gathered, n: usize) -> Vec<Vec<bool>> {
    let mut precision: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for r in g.statements.iter().flat_map(|s| &s.read) {
        precision.entry(&r.rule).or_insert_with(|| {
            let table = stats::beta_quantiles(r.right, r.wrong, 512);
            let e = entity(&format!("rule:{}", r.rule));
            (0..n)
                .map(|w| table[(uniform(seed, w as u32, e, attribute::PRECISION) * table.len() as f64) as usize])
                .collect()
        });
    }
    let mut out = Vec::with_capacity(g.statements.len());
    for s in &g.statements {
        let claims: Vec<(u64, &[f64])> =
            s.read.iter().map(|r| (entity(&format!("claim:{}", r.claim)), &precision[r.rule.as_str()][..])).collect();
        let lost = |w: usize| claims.iter().all(|(e, p)| uniform(seed, w as u32, *e, attribute::MISREAD) >= p[w]);
        out.push(if claims.is_empty() { Vec::new() } else { (0..n).map(lost).collect() });
    }
    out
}

/// P(so | what the world fixes) for every subject, world by world. Statements about one subject only are summed out
/// exactly; those about several are drawn together, once, for all the things they cover.
fn existence_by_subject(
    case: &Case,
    g: &Gathered,
    globals: &Globals<'_>,
    informed: bool,
) -> BTreeMap<String, Vec<f64>> {
    let n = globals.n;
    if !informed {
        let leads = |k: &str, w: usize| k.strip_prefix("event:").is_none_or(|e| globals.leads(e, w));
        return g
            .dossiers
            .keys()
            .map(|k| (k.clone(), (0..n).map(|w| if leads(k, w) { case.base_rate } else { 0.0 }).collect()))
            .collect();
    }
    // How many events a statement speaks of in one world: a guest speaks of one event only, whichever.
    let mut uses = vec![0usize; g.statements.len()];
    for d in g.dossiers.values() {
        for s in d.asserting.iter().chain(&d.denying).filter(|s| !d.guests.contains_key(s)) {
            uses[*s] += 1;
        }
    }
    let names: Vec<&String> = g.dossiers.keys().collect();
    let dossiers: Vec<_> = g.dossiers.values().collect();
    let shared: Vec<Vec<usize>> = dossiers
        .iter()
        .map(|d| {
            let mut s: Vec<usize> = d.asserting.iter().chain(&d.denying).copied().filter(|s| uses[*s] > 1).collect();
            s.sort_unstable();
            s.dedup();
            s
        })
        .collect();
    let component = components(&shared);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, c) in component.iter().enumerate() {
        members.entry(*c).or_default().push(i);
    }
    let event = |m: usize| names[m].strip_prefix("event:").unwrap_or_default();
    let private = |w: usize, m: usize, list: &[usize]| {
        list.iter()
            .filter(|s| uses[**s] == 1 && globals.speaks(event(m), &dossiers[m].guests, **s, w))
            .map(|s| globals.sound[*s][w])
            .collect::<Vec<f64>>()
    };
    members
        .into_par_iter()
        .flat_map_iter(|(_, members)| {
            let mut statements: Vec<usize> = members.iter().flat_map(|m| shared[*m].iter().copied()).collect();
            statements.sort_unstable();
            statements.dedup();
            let key = statements.first().map_or(0, |s| entity(&format!("statement:{}", g.statements[*s].id)));
            let mask = |list: &[usize]| -> u64 {
                statements.iter().enumerate().filter(|(_, s)| list.contains(s)).map(|(i, _)| 1u64 << (i & 63)).sum()
            };
            let masks: Vec<(u64, u64)> =
                members.iter().map(|m| (mask(&dossiers[*m].asserting), mask(&dossiers[*m].denying))).collect();
            let mut out: Vec<(String, Vec<f64>)> =
                members.iter().map(|m| (names[*m].clone(), Vec::with_capacity(n))).collect();
            for w in 0..n {
                let conflicts: Vec<Conflict> = members
                    .iter()
                    .map(|m| {
                        Conflict::new(private(w, *m, &dossiers[*m].asserting), private(w, *m, &dossiers[*m].denying))
                    })
                    .collect();
                // A guest that speaks of another event in this world is no voice here.
                let masks: Vec<(u64, u64)> = members
                    .iter()
                    .zip(&masks)
                    .map(|(m, (yes, no))| {
                        let gone: Vec<usize> = dossiers[*m]
                            .guests
                            .keys()
                            .copied()
                            .filter(|s| !globals.speaks(event(*m), &dossiers[*m].guests, *s, w))
                            .collect();
                        let here = !mask(&gone);
                        (yes & here, no & here)
                    })
                    .collect();
                let subset = if statements.is_empty() {
                    0
                } else {
                    let soundness: Vec<f64> = statements.iter().map(|s| globals.sound[*s][w]).collect();
                    let factor = |set: u64| {
                        masks
                            .iter()
                            .zip(&conflicts)
                            .zip(members.iter())
                            // What another event stands for says nothing of its own.
                            .filter(|(_, m)| globals.leads(event(**m), w))
                            .map(|(((yes, no), c), _)| match (set & yes != 0, set & no != 0) {
                                (true, true) => 0.0,
                                (true, false) => c.no_denial,
                                (false, true) => c.no_assertion,
                                (false, false) => c.consistent(),
                            })
                            .product()
                    };
                    let u = uniform(globals.seed, w as u32, key, attribute::SOUND);
                    shared_subset(&soundness, u, factor, |i| uniform(globals.seed, w as u32, key, attribute::MORE + i))
                };
                for (((yes, no), c), (_, chance)) in masks.iter().zip(&conflicts).zip(&mut out) {
                    chance.push(if subset & yes != 0 {
                        1.0
                    } else if subset & no != 0 {
                        0.0
                    } else {
                        existence(*c, case.base_rate)
                    });
                }
            }
            out
        })
        .map(|(name, mut chance)| {
            // What another event stands for does not happen beside it, and what is nothing but a misreading not at all.
            if let Some(event) = name.strip_prefix("event:") {
                let d = &g.dossiers[&name];
                let misread =
                    |w: usize| d.asserting.iter().chain(&d.denying).all(|s| globals.misread[*s].get(w) == Some(&true));
                for (w, c) in chance.iter_mut().enumerate() {
                    *c *= f64::from(u8::from(globals.leads(event, w) && !misread(w)));
                }
            }
            (name, chance)
        })
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}

/// P(statement | who did it), if sound and if not. `blind` is the chance that whoever knows nothing names this one.
fn bearing(b: Bearing, this: bool, blind: f64) -> (f64, f64) {
    match b {
        Bearing::Names => (f64::from(u8::from(this)), blind),
        // Few take upon themselves what they did not do.
        Bearing::Owns => (f64::from(u8::from(this)), FALSELY_OWNS),
        Bearing::Disputes => (f64::from(u8::from(!this)), 0.5),
        Bearing::Claims => (if this { CLAIMS.0 } else { CLAIMS.1 }, CLAIMS.1),
        Bearing::Denies => (if this { DENIES.0 } else { DENIES.1 }, (DENIES.0 + DENIES.1) / 2.0),
    }
}

/// P(who | what the world fixes), world after world, for each event: statements on several events are drawn once for
/// all of them, the others are summed out.
fn responsibility(g: &Gathered, laws: &[EventLaw], globals: &Globals<'_>, informed: bool) -> Vec<Vec<f64>> {
    let n = globals.n;
    // Statement indices of each event's accusations, in their order.
    let stated: Vec<Vec<usize>> =
        laws.iter().map(|l| l.accusations.iter().map(|a| globals.index[a.statement.as_str()]).collect()).collect();
    let distinct = |list: &[usize]| {
        let mut s = list.to_vec();
        s.sort_unstable();
        s.dedup();
        s
    };
    let nobody = Guests::new();
    let guests: Vec<&Guests> =
        laws.iter().map(|l| g.dossiers.get(&format!("event:{}", l.id)).map_or(&nobody, |d| &d.guests)).collect();
    let mut events_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (list, guests) in stated.iter().zip(&guests) {
        for s in distinct(list).into_iter().filter(|s| !guests.contains_key(s)) {
            *events_of.entry(s).or_default() += 1;
        }
    }
    let shared: Vec<Vec<usize>> = stated
        .iter()
        .map(|list| distinct(list).into_iter().filter(|s| events_of.get(s).is_some_and(|c| *c > 1)).collect())
        .collect();
    let component = components(&shared);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, c) in component.iter().enumerate() {
        members.entry(*c).or_default().push(i);
    }
    let mut out: Vec<Vec<f64>> = vec![Vec::new(); laws.len()];
    for members in members.values() {
        let mut statements: Vec<usize> = members.iter().flat_map(|m| shared[*m].iter().copied()).collect();
        statements.sort_unstable();
        statements.dedup();
        let key = statements.first().map_or(0, |s| entity(&format!("statement:{}", g.statements[*s].id)));
        for w in 0..n {
            let soundness: Vec<f64> = statements.iter().map(|s| globals.sound[*s][w]).collect();
            let weights = |m: usize, set: u64| -> Vec<f64> {
                let law = &laws[m];
                let mut p = law.base.clone();
                if !informed {
                    return p;
                }
                for (a, stated) in law.accusations.iter().zip(&stated[m]) {
                    if !globals.speaks(&law.id, guests[m], *stated, w) {
                        continue;
                    }
                    let bit = statements.iter().position(|s| s == stated);
                    let trust = match bit {
                        Some(i) => f64::from(u8::from(set >> (i & 63) & 1 == 1)) * a.factor,
                        None => globals.sound[*stated][w] * a.factor,
                    };
                    for (i, p) in p.iter_mut().enumerate() {
                        let (sound, not) = bearing(a.bearing, i == a.candidate, law.base[a.candidate] / KNOWN_SHARE);
                        *p *= trust * sound + (1.0 - trust) * not;
                    }
                }
                p
            };
            let subset = if statements.is_empty() || !informed {
                0
            } else {
                let there = || members.iter().filter(|m| globals.leads(&laws[**m].id, w));
                let factor = |set: u64| there().map(|m| weights(*m, set).iter().sum::<f64>()).product();
                let u = uniform(globals.seed, w as u32, key, attribute::SOUND_WHO);
                shared_subset(&soundness, u, factor, |i| uniform(globals.seed, w as u32, key, 2 * attribute::MORE + i))
            };
            for m in members {
                let p = weights(*m, subset);
                let sum: f64 = p.iter().sum();
                let base = &laws[*m].base;
                out[*m].extend(p.iter().zip(base).map(|(x, b)| if sum > 0.0 { x / sum } else { *b }));
            }
        }
    }
    out
}

fn event(
    law: &EventLaw,
    globals: &Globals<'_>,
    guests: Option<&Guests>,
    chance: Option<&Vec<f64>>,
    who: &[f64],
    base_rate: f64,
    informed: bool,
) -> EventWorlds {
    let n = globals.n;
    let e = entity(&format!("event:{}", law.id));
    let u = |w: usize, a: u32| uniform(globals.seed, w as u32, e, a);
    let chance = chance.cloned().unwrap_or_else(|| vec![base_rate; n]);
    let k = law.base.len();
    let place = law.place.as_ref().map(|p| Inverse::new(&p.weights));
    let days = Inverse::new(&law.days.weights);
    EventWorlds {
        happened: (0..n).map(|w| u(w, attribute::SO) < chance[w]).collect(),
        chance,
        who: (0..n).map(|w| stats::pick(&who[w * k..(w + 1) * k], u(w, attribute::WHO)) as u16).collect(),
        who_chance: who.to_vec(),
        place: match &place {
            Some(law) => (0..n).map(|w| law.pick(u(w, attribute::PLACE)) as u16).collect(),
            None => Vec::new(),
        },
        day: (0..n).map(|w| law.days.first + days.pick(u(w, attribute::DAY)) as i32).collect(),
        figures: law.figures.iter().map(|f| figure(f, &law.id, e, globals, guests, informed)).collect(),
    }
}

/// How many it is in each world: the exact grid posterior under the world's biases and soundness.
fn figure(
    law: &FigureLaw,
    id: &str,
    event: u64,
    globals: &Globals<'_>,
    guests: Option<&Guests>,
    informed: bool,
) -> FigureWorlds {
    let grid = Grid::new(law.largest.min(250_000));
    // Wide, and the same for all events.
    let prior = stats::prior(&grid, 0.1, 6.0, 1.4);
    let tables: Vec<Vec<Vec<f64>>> = law
        .said
        .iter()
        .map(|s| {
            let phrase = match s.kind {
                0 => Phrase::Cell { low: s.a, high: s.b },
                1 => Phrase::Above(s.a),
                2 => Phrase::Below(s.a),
                _ => Phrase::Zero,
            };
            let reading = Reading { phrase, offset: s.offset, sigma: s.sigma };
            (0..BIAS_NODES)
                .map(|i| {
                    let z = stats::normal_quantile((i as f64 + 0.5) / BIAS_NODES as f64);
                    stats::likelihood(&grid, &reading, s.bias + BIAS_SD * z)
                })
                .collect()
        })
        .collect();
    let name = format!("{} {}", law.measure.name(), law.of);
    let a = attribute::FIGURE + (entity(&name) as u32 & 0xffff);
    let draws = (0..globals.n)
        .map(|w| {
            let post = if informed {
                stats::posterior(
                    &prior,
                    law.said.iter().zip(&tables).map(|(s, t)| {
                        let node = globals.bias.get(s.source.as_str()).map_or(4, |b| b[w]);
                        let stated = globals.index[s.statement.as_str()];
                        let here = guests.is_none_or(|g| globals.speaks(id, g, stated, w));
                        let sound = globals.sound[stated][w] * s.factor;
                        let said = here && globals.misread[stated].get(w) != Some(&true);
                        let worth = if said { 1.0 - GROSS_ERROR * (1.0 - sound) } else { 0.0 };
                        (&t[usize::from(node)][..], worth)
                    }),
                )
            } else {
                prior.clone()
            };
            grid.values[stats::pick(&post, uniform(globals.seed, w as u32, event, a))]
        })
        .collect();
    FigureWorlds { measure: law.measure, of: law.of.clone(), draws }
}

fn links(case: &Case, globals: &Globals<'_>, chances: &BTreeMap<String, Vec<f64>>) -> Vec<LinkWorlds> {
    let far = (Day(-4_000_000), Day(4_000_000));
    let mut out = Vec::new();
    for (id, actor) in &case.actors {
        for (index, link) in actor.link.iter().enumerate() {
            let name = format!("link:{id} {} {}", link.kind.name(), link.to);
            let e = entity(&name);
            let u = |w: usize, a: u32| uniform(globals.seed, w as u32, e, a);
            let within = |span: DaySpan, u: f64| Day(span.from.0 + (u * f64::from(span.days())) as i32);
            let valid = (0..globals.n)
                .map(|w| {
                    let chance =
                        link.probability.or_else(|| chances.get(&name).map(|c| c[w])).unwrap_or(case.base_rate);
                    (u(w, attribute::LINK) < chance).then(|| {
                        let from = link.from.as_ref().map_or(far.0, |d| within(d.possible, u(w, attribute::LINK_FROM)));
                        let to = link.until.as_ref().map_or(far.1, |d| within(d.possible, u(w, attribute::LINK_UNTIL)));
                        DaySpan { from, to: to.max(from) }
                    })
                })
                .collect();
            out.push(LinkWorlds { actor: id.clone(), kind: link.kind, to: link.to.clone(), index, valid });
        }
    }
    out
}

impl Worlds {
    /// Who counts as `actor` in one world, each with the days on which it does (`worlds.md`, "Affiliates"): the actor
    /// itself always; over links of the listed kinds, onward only through renamed, merged-into, successor-of, part-of.
    pub fn affiliates(&self, actor: &str, kinds: &[LinkKind], world: usize) -> Vec<(String, DaySpan)> {
        let always = DaySpan { from: Day(-4_000_000), to: Day(4_000_000) };
        // Member, its days, and whether affiliation passes on through it: an ally is no door to its own parts.
        let mut out = vec![(actor.to_owned(), always, true)];
        let mut next = 0;
        while next < out.len() {
            let (member, span, passes_on) = out[next].clone();
            next += 1;
            if !passes_on {
                continue;
            }
            for link in self.links.iter().filter(|l| kinds.contains(&l.kind)) {
                let other = match link.kind {
                    LinkKind::AlliedWith | LinkKind::Renamed if link.actor == member => &link.to,
                    LinkKind::AlliedWith
                    | LinkKind::Renamed
                    | LinkKind::MergedInto
                    | LinkKind::SuccessorOf
                    | LinkKind::PartOf
                        if link.to == member =>
                    {
                        &link.actor
                    }
                    _ => continue,
                };
                let transitive = link.kind.transitive();
                if member != actor && !transitive {
                    continue;
                }
                let Some(valid) = link.valid[world] else { continue };
                let days = DaySpan { from: valid.from.max(span.from), to: valid.to.min(span.to) };
                let known = out
                    .iter()
                    .any(|(a, s, p)| a == other && s.from <= days.from && days.to <= s.to && (*p || !transitive));
                if days.from <= days.to && !known {
                    out.push((other.clone(), days, transitive));
                }
            }
        }
        out.into_iter().map(|(a, s, _)| (a, s)).collect()
    }
}
