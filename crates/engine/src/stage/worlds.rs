//! Stage `worlds`: draws from the posterior, globals first, then the events given them (`worlds.md`).
//!
//! Every draw is keyed by (seed, world, stable id, attribute), so it is the same whatever the order or the
//! thread, and removing one report leaves every other draw as it was.

use std::collections::BTreeMap;

mod chain;

use model::{Case, Day, DaySpan, LinkKind, Reliability};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use stats::{Grid, Inverse, entity, uniform};

use super::gather::{Gathered, Guests};
use super::reconcile::EventLaw;

/// Part of the stage's key.
pub const VERSION: u32 = 11;

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
    /// Whether a statement is a copy that nobody declares.
    pub const COPY: u32 = 16;
    /// What a likelihood is, within what was said of it.
    pub const LIKELIHOOD: u32 = 17;
    /// Whether an actor claimed a deed.
    pub const CLAIMED: u32 = 18;
    /// How often an actor claims what it did; one more for what it did not.
    pub const CLAIMS: u32 = 19;
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

/// The chance that an unsound statement of a party says falsely that its own side did it.
const FALSELY_OWNS: f64 = 0.05;

/// Who is wrong about whether a thing happened is still mostly right about its size: only this share of unsoundness
/// makes a figure worthless. Our choice, until each source's precision is learned.
const GROSS_ERROR: f64 = 0.15;

/// How often an actor claims what it did, as Beta(a, b): about one attack in six (Wright 2011; GTD), and groups differ widely
/// (Hoffman 2010). Each actor's own is learned.
const CLAIMS: (f64, f64) = (1.0, 5.0);
/// How often it claims what it did not: rarer by an order of magnitude (Kearns, Conlon and Young 2014 show that it
/// happens), and never oftener than what it did.
const CLAIMS_FALSELY: (f64, f64) = (1.0, 49.0);
/// Nodes of either: equal parts of what is believed before anything was said.
const CLAIMS_NODES: usize = 64;

/// How often an actor claims what it did, and what it did not, at each node of both.
pub fn claims_nodes() -> [Vec<f64>; 2] {
    [CLAIMS, CLAIMS_FALSELY].map(|(a, b)| stats::beta_quantiles(a, b, CLAIMS_NODES))
}

/// The means of both before anything was said.
pub fn claims_usual() -> [f64; 2] {
    let [did, not] = claims_nodes();
    let (mut n, mut sums) = (0.0, [0.0, 0.0]);
    for p in &did {
        for q in not.iter().filter(|q| *q <= p) {
            n += 1.0;
            sums[0] += p;
            sums[1] += q;
        }
    }
    sums.map(|s| s / n)
}

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

impl LinkWorlds {
    /// Share of the worlds in which it is real.
    pub fn probability(&self) -> f64 {
        self.valid.iter().flatten().count() as f64 / self.valid.len().max(1) as f64
    }
}

/// One source in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceWorlds {
    /// The source.
    pub source: String,
    /// How reliable it is.
    pub reliability: Vec<f64>,
}

/// One source on one side's losses in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceWorlds {
    /// The source.
    pub source: String,
    /// Whether it speaks of the losses of its own side.
    pub own: bool,
    /// Mean of its bias, in the logarithm of a figure, before anything was said.
    pub believed: f64,
    /// Its bias.
    pub bias: Vec<f64>,
    /// By how much it is wider than its kind.
    pub spread: Vec<f64>,
}

/// An actor that claims responsibility, in every world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimantWorlds {
    /// The actor.
    pub actor: String,
    /// How often it claims what it did.
    pub did: Vec<f64>,
    /// How often it claims what it did not.
    pub did_not: Vec<f64>,
}

/// Whether the chains agree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Largest rank-normalised split R-hat of a source's reliability or bias, or of how often an actor claims.
    pub r_hat: f64,
    /// Least effective number of draws.
    pub ess: f64,
    /// Of what R-hat is the largest.
    pub of: String,
}

impl Diagnosis {
    /// R-hat above which worlds are not to be used.
    pub const MOST: f64 = 1.05;

    /// Whether the worlds may be used.
    pub fn converged(&self) -> bool {
        self.r_hat <= Self::MOST
    }
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
    /// Sources, by id.
    pub sources: Vec<SourceWorlds>,
    /// Sources as they speak of figures.
    pub voices: Vec<VoiceWorlds>,
    /// Actors that claim responsibility, by id.
    pub claimants: Vec<ClaimantWorlds>,
    /// Whether the chains agree.
    pub diagnosis: Diagnosis,
}

/// What every world needs to know of the case.
struct Globals<'a> {
    seed: u64,
    n: usize,
    /// Index of a statement by id.
    index: BTreeMap<&'a str, usize>,
    /// By statement: the worlds in which every claim that makes it was misread; empty where that may not be.
    misread: Vec<Vec<bool>>,
    /// By event of a family: family, place in it.
    family: BTreeMap<&'a str, (usize, usize)>,
    /// By family and world: who stands for each of its events.
    leaders: Vec<Vec<Vec<usize>>>,
}

impl Globals<'_> {
    /// Whether every claim that makes a statement was misread in a world.
    fn misread(&self, statement: usize, w: usize) -> bool {
        self.misread[statement].get(w) == Some(&true)
    }

    /// Whether an event at its place in a family, if it has one, stands for itself in a world.
    fn leads(&self, family: Option<(usize, usize)>, w: usize) -> bool {
        family.is_none_or(|(f, i)| self.leaders[f][w][i] == i)
    }

    /// The guests of an event, each with the places in its family that it speaks of on its own.
    fn places(&self, family: Option<(usize, usize)>, guests: &Guests) -> Visitors {
        let place = |guest: &String| {
            let (f, j) = *self.family.get(guest.as_str())?;
            (f == family?.0).then_some(j)
        };
        guests.iter().map(|(s, of)| (*s, of.iter().filter_map(place).collect())).collect()
    }

    /// Whether a statement in an event's dossier speaks of it in a world.
    fn speaks(&self, family: Option<(usize, usize)>, visitors: &Visitors, statement: usize, w: usize) -> bool {
        match visitors.binary_search_by_key(&statement, |v| v.0) {
            Ok(v) => family.is_some_and(|(f, i)| visitors[v].1.iter().any(|j| self.leaders[f][w][*j] == i)),
            Err(_) => true,
        }
    }
}

/// Statements that are guests in a dossier, by number, each with places in the family of its event.
type Visitors = Vec<(usize, Vec<usize>)>;

/// Draws the worlds. With `informed = false` nothing that was said is believed: the base prior of facts, from which
/// hypotheses take P0 (`worlds.md`, "Hypotheses").
pub fn run(case: &Case, g: &Gathered, laws: &[EventLaw], n: usize, informed: bool) -> Worlds {
    let globals = globals(case, g, n);
    let drawn =
        if informed { chain::Board::new(case, g, laws, &globals).draw(n) } else { before(case, g, laws, &globals) };
    let events: Vec<EventWorlds> = laws
        .par_iter()
        .zip(drawn.who)
        .zip(drawn.figures)
        .map(|((law, who), figures)| {
            let chance = drawn.chances.get(&format!("event:{}", law.id)).cloned();
            event(law, &globals, chance.unwrap_or_else(|| vec![case.base_rate; n]), who, figures)
        })
        .collect();
    let facts = drawn
        .chances
        .iter()
        .filter_map(|(k, chance)| Some((k.strip_prefix("fact:")?.to_owned(), chance.clone())))
        .collect();
    let links = links(case, &globals, &drawn.chances);
    Worlds {
        n,
        events,
        facts,
        links,
        sources: drawn.sources,
        voices: drawn.voices,
        claimants: drawn.claimants,
        diagnosis: drawn.diagnosis,
    }
}

/// What is believed before anything was said.
fn before(case: &Case, g: &Gathered, laws: &[EventLaw], globals: &Globals<'_>) -> chain::Drawn {
    let n = globals.n;
    let chance = |k: &String| {
        let family = k.strip_prefix("event:").and_then(|e| globals.family.get(e).copied());
        (0..n).map(|w| if globals.leads(family, w) { case.base_rate } else { 0.0 }).collect()
    };
    let figures = |law: &EventLaw| {
        let event = entity(&format!("event:{}", law.id));
        let one = |f: &super::reconcile::FigureLaw| {
            let grid = Grid::new(f.largest.min(250_000));
            let prior = Inverse::new(&stats::prior(&grid, 0.1, 6.0, 1.4));
            let a = attribute::FIGURE + (entity(&format!("{} {}", f.measure.name(), f.of)) as u32 & 0xffff);
            let draws = (0..n).map(|w| grid.values[prior.pick(uniform(globals.seed, w as u32, event, a))]).collect();
            FigureWorlds { measure: f.measure, of: f.of.clone(), draws }
        };
        law.figures.iter().map(one).collect()
    };
    chain::Drawn {
        chances: g.dossiers.keys().map(|k| (k.clone(), chance(k))).collect(),
        who: laws.iter().map(|l| l.base.repeat(n)).collect(),
        figures: laws.iter().map(figures).collect(),
        sources: Vec::new(),
        voices: Vec::new(),
        claimants: Vec::new(),
        diagnosis: Diagnosis { r_hat: 1.0, ess: n as f64, of: String::new() },
    }
}

fn globals<'a>(case: &'a Case, g: &'a Gathered, n: usize) -> Globals<'a> {
    let misread = misread(case.seed, g, n);
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
    Globals { seed: case.seed, n, index, misread, family, leaders }
}

/// In which worlds a statement is none, as nothing of it was read rightly: each rule has its precision, each claim its
/// luck.
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

fn event(
    law: &EventLaw,
    globals: &Globals<'_>,
    chance: Vec<f64>,
    who: Vec<f64>,
    figures: Vec<FigureWorlds>,
) -> EventWorlds {
    let n = globals.n;
    let e = entity(&format!("event:{}", law.id));
    let u = |w: usize, a: u32| uniform(globals.seed, w as u32, e, a);
    let k = law.base.len();
    let place = law.place.as_ref().map(|p| Inverse::new(&p.weights));
    let days = Inverse::new(&law.days.weights);
    EventWorlds {
        happened: (0..n).map(|w| u(w, attribute::SO) < chance[w]).collect(),
        chance,
        who: (0..n).map(|w| stats::pick(&who[w * k..(w + 1) * k], u(w, attribute::WHO)) as u16).collect(),
        who_chance: who,
        place: match &place {
            Some(law) => (0..n).map(|w| law.pick(u(w, attribute::PLACE)) as u16).collect(),
            None => Vec::new(),
        },
        day: (0..n).map(|w| law.days.first + days.pick(u(w, attribute::DAY)) as i32).collect(),
        figures,
    }
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
