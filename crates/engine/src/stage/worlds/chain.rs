//! Blocked Gibbs sampling over a case: what happened, who did it and how many, given the sources; then each source's
//! reliability and bias given all of that. What a thing's statements are worth is exact (sound or not is summed out, but
//! for statements on several things, which are drawn together); what a source is worth is drawn on a grid.
//!
//! **Who knows nothing speaks blindly**: such a source asserts at the base rate, and names perpetrators at theirs. So one
//! statement on a thing makes it as probable as it is sound, and says nothing of its source; two that agree make each
//! other more probable, and both sources with them; two that contradict each other lower both.

use std::collections::{BTreeMap, BTreeSet};

use model::{Case, Measure, Stance};
use rayon::prelude::*;
use stats::{Grid, Phrase, Reading, convergence, entity, shared_subset, uniform};

use super::super::echo::habit;
use super::super::gather::{Gathered, Guests, components};
use super::super::reconcile::{Bearing, EventLaw, KNOWN_SHARE, Said};
use super::{
    ClaimantWorlds, DENIES, Diagnosis, FALSELY_OWNS, FigureWorlds, GROSS_ERROR, Globals, SourceWorlds, Visitors,
    VoiceWorlds, attribute, claims_nodes, claims_usual, grade_law,
};

/// Nodes of a source's reliability: equal parts of what is believed of its grade.
const NODES: usize = 64;
/// Nodes of a voice's bias: equal parts of N(0, .3²) around what is believed of its kind.
const BIAS_NODES: usize = 9;
const BIAS_SD: f64 = 0.3;
/// How much wider or narrower a voice may be than its kind, and how probable that is.
const SPREADS: [(f64, f64); 3] = [(0.6, 0.25), (1.0, 0.5), (1.6, 0.25)];
/// The chance that whoever knows nothing reports a claim of responsibility.
const UNHEARD: f64 = 0.02;
/// Who did what and how often each claims it hang on each other closely: both are drawn so often in a sweep.
const PASSES: u64 = 4;
/// Chains, and sweeps before each is listened to.
const CHAINS: usize = 4;
const WARM: usize = 100;
/// Sweeps of a chain at least, whatever the number of worlds: fewer cannot tell whether they have converged.
const LEAST: usize = 256;

struct Source<'a> {
    id: &'a str,
    key: u64,
    /// Reliability at each node.
    nodes: Vec<f64>,
}

struct Stated {
    /// Its source; none where it is not in the case: then one node of .5.
    origin: Option<usize>,
    /// How probable it is that it is sound, at each node of its source.
    own: Vec<f64>,
    /// For each way it reached us, the sources it passed.
    relays: Vec<Vec<Option<usize>>>,
    /// That it only repeats another, where that may be.
    copy: Option<Repeat>,
}

/// That a statement may only repeat another's.
struct Repeat {
    /// How probable by its own words.
    alone: f64,
    /// Who may copy whom.
    pair: usize,
    /// What its draws are keyed by.
    key: u64,
}

/// What may be so: an event, a fact, a link.
struct Thing<'a> {
    name: &'a str,
    key: u64,
    event: Option<&'a str>,
    /// Its family, and its place in it.
    family: Option<(usize, usize)>,
    yes: &'a [usize],
    no: &'a [usize],
    visitors: Visitors,
}

/// Things that share statements.
struct Group {
    members: Vec<usize>,
    shared: Vec<usize>,
    key: u64,
}

/// An actor that somebody names as perpetrator.
struct Claimant<'a> {
    actor: &'a str,
    key: u64,
    /// Whether it is said to claim anything.
    speaks: bool,
    /// Whether a claim of its would be heard of, in one event at least.
    heeded: bool,
}

/// What is heard in a world of an actor's own part in a deed.
#[derive(Clone, Copy)]
enum Heard {
    /// That it claimed it: how probable all that is if it did, and if it did not.
    Claim { claimed: f64, not: f64 },
    /// Nothing, where a claim would be heard of.
    Silence,
    /// Nothing that tells how often it claims.
    Nothing,
}

impl Heard {
    /// How probable it is of who claims so often.
    fn given(self, rate: f64) -> f64 {
        match self {
            Self::Claim { claimed, not } => rate * claimed + (1.0 - rate) * not,
            Self::Silence => 1.0 - rate,
            Self::Nothing => 1.0,
        }
    }
}

/// A claim that is heard of in a sweep.
struct Told {
    law: usize,
    candidate: usize,
    /// 0 where it did what it claims, 1 where it did not.
    did: usize,
    claimed: f64,
    not: f64,
    /// Accusations that tell something of their sources.
    by: Vec<usize>,
}

/// What a sweep has of claims of responsibility.
#[derive(Default)]
struct Claims {
    told: Vec<Told>,
    /// By claimant: on how many deeds it was silent, of those that it did, and that it did not.
    silences: Vec<[f64; 2]>,
}

/// A source on one side's losses.
struct Voice<'a> {
    source: &'a str,
    own: bool,
    key: u64,
    /// Mean of its bias.
    mean: f64,
}

struct Figure<'a> {
    law: usize,
    of: &'a str,
    measure: Measure,
    said: Vec<(&'a Said, usize, usize)>,
    grid: Grid,
    prior: Vec<f64>,
    /// Figures that together it cannot fall short of: casualties are no fewer than the dead and the wounded, the toll of
    /// a campaign no smaller than those of the events it covers.
    parts: Vec<usize>,
    /// Figures that it is a part of.
    wholes: Vec<usize>,
    /// Likelihoods of each thing said, by node of its voice; an index into the tables.
    tables: Vec<usize>,
    key: u64,
    attribute: u32,
}

/// The case as the chain sees it.
pub(super) struct Board<'a> {
    globals: &'a Globals<'a>,
    laws: &'a [EventLaw],
    beta: f64,
    sources: Vec<Source<'a>>,
    statements: Vec<Stated>,
    /// By pair of who may copy whom: statements that could be copies and are in words of their own.
    own_words: Vec<u32>,
    things: Vec<Thing<'a>>,
    groups: Vec<Group>,
    /// By law: its thing.
    thing_of: Vec<Option<usize>>,
    /// By law: what its draws are keyed by.
    events: Vec<u64>,
    /// By law: the statement of each accusation.
    accused: Vec<Vec<usize>>,
    blames: Vec<Group>,
    /// By law: its family, and its place in it.
    families: Vec<Option<(usize, usize)>>,
    /// By law: where its candidates begin among those of all; one more for their end.
    candidates: Vec<usize>,
    claimants: Vec<Claimant<'a>>,
    /// By law and candidate: which claimant it is.
    claimant: Vec<Vec<usize>>,
    /// By law: whether no candidate speaks of its own part in it.
    quiet: Vec<bool>,
    /// By law: whether a claim would be heard of, as reports speak of it, or data that tell of claims.
    heeded: Vec<bool>,
    /// How often who did it claims it, and who did not, at each node.
    claiming: [Vec<f64>; 2],
    /// How often who did something claims it, on the whole.
    usual: f64,
    voices: Vec<Voice<'a>>,
    figures: Vec<Figure<'a>>,
    /// By thing said and node of its voice.
    tables: Vec<Vec<Likelihood>>,
}

/// How probable words are at each value of the grid, and what they are worth when they say nothing: their mean chance.
struct Likelihood {
    at: Vec<f64>,
    flat: f64,
}

/// What a chain has the sources to be.
#[derive(Clone)]
struct Standing {
    /// By source: its node.
    reliability: Vec<usize>,
    /// By voice: its node, bias fastest.
    voice: Vec<usize>,
    /// By claimant: the nodes of how often it claims what it did, and what it did not.
    claimant: Vec<[u8; 2]>,
}

/// Where a chain stands.
struct State {
    sources: Standing,
    /// By figure: its value.
    figure: Vec<usize>,
    /// By statement: whether it only repeats another.
    copied: Vec<bool>,
}

/// What a sweep knows by the time it asks who and how many.
#[derive(Clone, Copy)]
struct Now<'s> {
    /// By statement: how probable it is that it is sound, and whether nothing is to be heard of it.
    sound: &'s [f64],
    silent: &'s [bool],
    /// By thing: whether it is so.
    so: &'s [bool],
    /// What the draws are keyed by.
    w: usize,
    seed: u64,
}

/// What a sweep came to.
struct Sweep {
    chance: Vec<f64>,
    /// By law and candidate.
    who: Vec<f64>,
    figures: Vec<u32>,
}

/// A statement's part in what is known of its source: its probability if it is sound, if it is not, and if it only
/// repeats another.
struct Use {
    statement: usize,
    sound: f64,
    not: f64,
    copy: f64,
}

/// All worlds, by column.
pub(super) struct Drawn {
    /// By subject: P(so | what the world fixes).
    pub(super) chances: BTreeMap<String, Vec<f64>>,
    /// By law: P(who | what the world fixes), world after world.
    pub(super) who: Vec<Vec<f64>>,
    /// By law.
    pub(super) figures: Vec<Vec<FigureWorlds>>,
    pub(super) sources: Vec<SourceWorlds>,
    pub(super) voices: Vec<VoiceWorlds>,
    pub(super) claimants: Vec<ClaimantWorlds>,
    pub(super) diagnosis: Diagnosis,
}

impl<'a> Board<'a> {
    pub(super) fn new(case: &'a Case, g: &'a Gathered, laws: &'a [EventLaw], globals: &'a Globals<'a>) -> Self {
        // Where it deceives, nothing that it says is sound.
        let deceiving = |s: &model::Source| {
            if s.deceives > 0.0 { ((s.deceives * NODES as f64).round() as usize).max(1) } else { 0 }
        };
        let mut quantiles: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        for s in case.sources.values() {
            let (a, b) = grade_law(s.reliability);
            let none = deceiving(s).min(NODES);
            quantiles.entry((s.reliability, none)).or_insert_with(|| {
                let sound = if none < NODES { stats::beta_quantiles(a, b, NODES - none) } else { Vec::new() };
                std::iter::repeat_n(0.0, none).chain(sound).collect()
            });
        }
        let sources: Vec<Source<'_>> = case
            .sources
            .iter()
            .map(|(id, s)| Source {
                id,
                key: entity(&format!("source:{id}")),
                nodes: quantiles[&(s.reliability, deceiving(s).min(NODES))].clone(),
            })
            .collect();
        let place = |id: &str| sources.binary_search_by(|s| s.id.cmp(id)).ok();
        let pairs: BTreeMap<(&str, &str), u32> = g
            .statements
            .iter()
            .filter_map(|s| s.echo.as_ref().map(|e| ((s.origin.as_str(), e.from.as_str()), e.own)))
            .collect();
        let pairs: Vec<((&str, &str), u32)> = pairs.into_iter().collect();
        let statements = g
            .statements
            .iter()
            .map(|s| {
                let origin = place(&s.origin);
                let own = |r: &f64| stats::logistic(stats::logit(r.clamp(1e-6, 1.0 - 1e-6)) + s.shift) * s.factor;
                Stated {
                    origin,
                    own: origin.map_or_else(|| vec![own(&0.5)], |o| sources[o].nodes.iter().map(own).collect()),
                    relays: s.relays.iter().map(|path| path.iter().map(|r| place(r)).collect()).collect(),
                    copy: s.echo.as_ref().map(|e| Repeat {
                        alone: e.alone,
                        pair: pairs.partition_point(|p| p.0 < (s.origin.as_str(), e.from.as_str())),
                        key: entity(&format!("statement:{}", s.id)),
                    }),
                }
            })
            .collect();
        let things: Vec<Thing<'_>> = g
            .dossiers
            .iter()
            .map(|(name, d)| {
                let event = name.strip_prefix("event:");
                let family = event.and_then(|e| globals.family.get(e).copied());
                let visitors = globals.places(family, &d.guests);
                Thing { name, key: entity(name), event, family, yes: &d.asserting, no: &d.denying, visitors }
            })
            .collect();
        let spoken: Vec<Vec<usize>> = things.iter().map(|t| t.yes.iter().chain(t.no).copied().collect()).collect();
        let those = groups(g, &spoken, &g.dossiers.values().map(|d| &d.guests).collect::<Vec<_>>());
        let thing_of: Vec<Option<usize>> =
            laws.iter().map(|l| things.binary_search_by(|t| t.name.cmp(&format!("event:{}", l.id))).ok()).collect();
        let accused: Vec<Vec<usize>> =
            laws.iter().map(|l| l.accusations.iter().map(|a| globals.index[a.statement.as_str()]).collect()).collect();
        let nobody = Guests::new();
        let blames = {
            let guests: Vec<&Guests> = laws
                .iter()
                .map(|l| g.dossiers.get(&format!("event:{}", l.id)).map_or(&nobody, |d| &d.guests))
                .collect();
            groups(g, &accused, &guests)
        };
        // Rows of most data sets say nothing of claims: that they are silent is no silence.
        let telling = |c: &&model::Claim| c.stance == Stance::ClaimsResponsibility;
        let telling: BTreeSet<&str> = case.claims.values().filter(telling).map(|c| c.report.as_str()).collect();
        let mute: BTreeSet<&str> =
            case.datasets.iter().map(|d| d.id.as_str()).filter(|d| !telling.contains(d)).collect();
        let heeds = |c: &String| case.claims.get(c).is_some_and(|c| !mute.contains(c.report.as_str()));
        let heeded: Vec<bool> = laws.iter().map(|l| l.claims.iter().any(heeds)).collect();
        let mut claimants: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        for (law, heeded) in laws.iter().zip(&heeded) {
            for (c, actor) in law.candidates.iter().enumerate() {
                let known = claimants.entry(actor).or_default();
                known.0 |= law.accusations.iter().any(|a| a.candidate == c && a.bearing == Bearing::Claims);
                known.1 |= heeded;
            }
        }
        let claimants: Vec<Claimant<'_>> = claimants
            .into_iter()
            .map(|(actor, (speaks, heeded))| Claimant {
                actor,
                key: entity(&format!("actor:{actor}")),
                speaks,
                heeded: heeded || speaks,
            })
            .collect();
        let claimant = |actor: &String| claimants.partition_point(|c| c.actor < actor.as_str());
        let claimant = laws.iter().map(|l| l.candidates.iter().map(claimant).collect()).collect();
        let aside = |b: Bearing| matches!(b, Bearing::Names | Bearing::Disputes);
        let quiet = laws.iter().map(|l| l.accusations.iter().all(|a| aside(a.bearing))).collect();
        let mut board = Self {
            globals,
            laws,
            beta: case.base_rate.clamp(1e-6, 1.0 - 1e-6),
            sources,
            statements,
            own_words: pairs.into_iter().map(|p| p.1).collect(),
            things,
            groups: those,
            thing_of,
            events: laws.iter().map(|l| entity(&format!("event:{}", l.id))).collect(),
            accused,
            blames,
            families: laws.iter().map(|l| globals.family.get(l.id.as_str()).copied()).collect(),
            candidates: std::iter::once(0)
                .chain(laws.iter().scan(0, |end, l| {
                    *end += l.base.len();
                    Some(*end)
                }))
                .collect(),
            claimants,
            claimant,
            quiet,
            heeded,
            claiming: claims_nodes(),
            usual: claims_usual()[0],
            voices: Vec::new(),
            figures: Vec::new(),
            tables: Vec::new(),
        };
        board.read_figures();
        board
    }

    /// What is said of figures, with the likelihood of each at all its voice may be.
    fn read_figures(&mut self) {
        let laws = self.laws;
        let mut voices: BTreeMap<(&str, u64), usize> = BTreeMap::new();
        let mut known: BTreeMap<(usize, u8, [u64; 5]), usize> = BTreeMap::new();
        for (l, law) in laws.iter().enumerate() {
            for f in &law.figures {
                let grid = Grid::new(f.largest.min(250_000));
                // Wide, and the same for all events.
                let prior = stats::prior(&grid, 0.1, 6.0, 1.4);
                let (mut said, mut tables) = (Vec::new(), Vec::new());
                for s in &f.said {
                    let fresh = voices.len();
                    let voice = *voices.entry((&s.source, s.bias.to_bits())).or_insert(fresh);
                    if voice == fresh {
                        let own = s.bias < 0.0;
                        let key = entity(&format!(
                            "source:{}{}",
                            s.source,
                            ["", " enemy", " own"][usize::from(s.bias != 0.0) + usize::from(own)]
                        ));
                        self.voices.push(Voice { source: &s.source, own, key, mean: s.bias });
                    }
                    said.push((s, self.globals.index[s.statement.as_str()], voice));
                    let key = (grid.values.len(), s.kind, [s.a, s.b, s.offset, s.sigma, s.bias].map(f64::to_bits));
                    let fresh = self.tables.len();
                    let table = *known.entry(key).or_insert(fresh);
                    if table == fresh {
                        self.tables.push(likelihoods(&grid, &prior, s));
                    }
                    tables.push(table);
                }
                let name = format!("{} {}", f.measure.name(), f.of);
                self.figures.push(Figure {
                    law: l,
                    of: &f.of,
                    measure: f.measure,
                    said,
                    prior,
                    parts: Vec::new(),
                    wholes: Vec::new(),
                    grid,
                    tables,
                    key: self.events[l],
                    attribute: attribute::FIGURE + (entity(&name) as u32 & 0xffff),
                });
            }
        }
        let part_of = |part: &Figure<'_>, whole: &Figure<'_>| {
            let hurt = part.law == whole.law
                && whole.measure == Measure::Casualties
                && matches!(part.measure, Measure::Killed | Measure::Wounded);
            let covered = part.measure == whole.measure && laws[whole.law].covers.contains(&laws[part.law].id);
            part.of == whole.of && (hurt || covered)
        };
        let parts: Vec<Vec<usize>> = self
            .figures
            .iter()
            .map(|whole| {
                // Most hold nothing, and there may be many.
                let holds = whole.measure == Measure::Casualties || !laws[whole.law].covers.is_empty();
                let all = if holds { self.figures.len() } else { 0 };
                (0..all).filter(|p| part_of(&self.figures[*p], whole)).collect()
            })
            .collect();
        for (whole, parts) in parts.into_iter().enumerate() {
            for p in &parts {
                self.figures[*p].wholes.push(whole);
            }
            self.figures[whole].parts = parts;
        }
    }

    /// Whether a statement in the dossier of a law's event speaks of it in a world.
    fn speaks(&self, law: usize, statement: usize, w: usize) -> bool {
        let visitors = self.thing_of[law].map(|t| &self.things[t].visitors);
        visitors.is_none_or(|v| self.globals.speaks(self.families[law], v, statement, w))
    }

    /// How probable it is that a statement reached us faithfully: by one of its ways at least; who passes on mostly is.
    fn kept(&self, state: &State, s: &Stated) -> f64 {
        let at = |r: &Option<usize>| r.map_or(0.5, |r| self.sources[r].nodes[state.sources.reliability[r]]);
        let lost: f64 =
            s.relays.iter().map(|path| 1.0 - path.iter().map(|r| 0.8 + 0.2 * at(r)).product::<f64>()).product();
        1.0 - lost
    }

    /// One sweep: everything given the sources, then the sources given everything. Draws are keyed by world `w`.
    fn sweep(&self, state: &mut State, w: usize, seed: u64) -> Sweep {
        // In this sweep nothing is to be heard of what was misread, nor of what only repeats another.
        let silent: Vec<bool> =
            (0..self.statements.len()).map(|s| state.copied[s] || self.globals.misread(s, w)).collect();
        let kept: Vec<f64> = self.statements.iter().map(|s| self.kept(state, s)).collect();
        let sound: Vec<f64> =
            self.statements
                .iter()
                .enumerate()
                .map(|(i, s)| {
                    if silent[i] { 0.0 } else { s.own[s.origin.map_or(0, |o| state.sources.reliability[o])] * kept[i] }
                })
                .collect();
        let mut uses: Vec<Use> = Vec::new();
        let (chance, so) = self.happened(&sound, &silent, w, seed, &mut uses);
        let now = Now { sound: &sound, silent: &silent, so: &so, w, seed };
        let (before, mut who) = (uses.len(), Vec::new());
        let passes = if self.claimants.iter().any(|c| c.speaks) { PASSES } else { 1 };
        for pass in (0..passes).rev() {
            let mut claims = Claims { silences: vec![[0.0; 2]; self.claimants.len()], ..Claims::default() };
            // Passes that are not the last have draws of their own.
            let seed = seed ^ 0xd1b5_4a32_d192_ed03_u64.wrapping_mul(pass);
            uses.truncate(before);
            who = self.responsible(state, Now { seed, ..now }, &mut uses, &mut claims);
            self.claimed(state, &claims, w, seed, &mut uses);
        }
        let believed: Vec<f64> =
            SPREADS.iter().flat_map(|(_, p)| std::iter::repeat_n(libm::log(*p), BIAS_NODES)).collect();
        let mut voiced = vec![believed; self.voices.len()];
        let figures = self.how_many(state, now, &mut uses, &mut voiced);
        self.copies(state, &kept, &uses, w, seed);
        // What was misread or copied tells nothing of its source.
        uses.retain(|u| !silent[u.statement]);
        self.reliabilities(state, &kept, &uses, w, seed);
        for (v, weights) in voiced.into_iter().enumerate() {
            state.sources.voice[v] = pick_log(weights, uniform(seed, w as u32, self.voices[v].key, attribute::BIAS));
        }
        Sweep { chance, who, figures }
    }

    /// What is so: the chance of each thing, and whether it is.
    fn happened(
        &self,
        sound: &[f64],
        silent: &[bool],
        w: usize,
        seed: u64,
        uses: &mut Vec<Use>,
    ) -> (Vec<f64>, Vec<bool>) {
        let beta = self.beta;
        let (mut chance, mut so) = (vec![0.0; self.things.len()], vec![false; self.things.len()]);
        // Filled anew for each group.
        let (mut worth, mut masks): (Vec<(f64, f64)>, Vec<(u64, u64)>) = (Vec::new(), Vec::new());
        for group in &self.groups {
            let speaks = |t: &Thing<'_>, s: usize| self.globals.speaks(t.family, &t.visitors, s, w);
            let leads = |t: &Thing<'_>| self.globals.leads(t.family, w);
            let private = |t: &Thing<'_>, s: &usize| group.shared.binary_search(s).is_err() && speaks(t, *s);
            // What its own statements are worth where it is so, and where it is not, beside blind speech.
            worth.clear();
            worth.extend(group.members.iter().map(|m| {
                let t = &self.things[*m];
                let (mut yes, mut no) = (1.0, 1.0);
                for s in t.yes.iter().filter(|s| private(t, s)) {
                    yes *= sound[*s] / beta + 1.0 - sound[*s];
                    no *= 1.0 - sound[*s];
                }
                for s in t.no.iter().filter(|s| private(t, s)) {
                    yes *= 1.0 - sound[*s];
                    no *= sound[*s] / (1.0 - beta) + 1.0 - sound[*s];
                }
                (yes, no)
            }));
            // Which of the shared ones assert it here, and which deny it.
            let mask = |t: &Thing<'_>, side: &[usize]| -> u64 {
                let here = |s: &usize| side.contains(s) && speaks(t, *s);
                group.shared.iter().enumerate().filter(|(_, s)| here(s)).fold(0, |m, (i, _)| m | 1 << (i & 63))
            };
            masks.clear();
            masks.extend(group.members.iter().map(|m| &self.things[*m]).map(|t| (mask(t, t.yes), mask(t, t.no))));
            // With some of the shared ones sound.
            let with = |set: u64, m: usize| -> (f64, f64) {
                let ((mut yes, mut no), (assert, deny)) = (worth[m], masks[m]);
                let times = |p: f64, n: u32| (0..n).fold(1.0, |x, _| x / p);
                let (assert, deny) = ((set & assert).count_ones(), (set & deny).count_ones());
                yes *= if deny > 0 { 0.0 } else { times(beta, assert) };
                no *= if assert > 0 { 0.0 } else { times(1.0 - beta, deny) };
                (beta * yes, (1.0 - beta) * no)
            };
            let subset = if group.shared.is_empty() {
                0
            } else {
                let soundness: Vec<f64> = group.shared.iter().map(|s| sound[*s]).collect();
                let factor = |set: u64| -> f64 {
                    // What another event stands for says nothing of its own.
                    let there = (0..group.members.len()).filter(|m| leads(&self.things[group.members[*m]]));
                    there.map(|m| with(set, m)).map(|(yes, no)| yes + no).product()
                };
                let u = uniform(seed, w as u32, group.key, attribute::SOUND);
                shared_subset(&soundness, u, factor, |i| uniform(seed, w as u32, group.key, attribute::MORE + i))
            };
            let mut voices = 0;
            for (m, thing) in group.members.iter().enumerate() {
                let t = &self.things[*thing];
                let (yes, no) = with(subset, m);
                let p = if yes + no > 0.0 { yes / (yes + no) } else { beta };
                // What another event stands for does not happen beside it, and what is nothing but a misreading not at all.
                let misread = t.event.is_some() && t.yes.iter().chain(t.no).all(|s| silent[*s]);
                chance[*thing] = if leads(t) && !misread { p } else { 0.0 };
                so[*thing] = uniform(seed, w as u32, t.key, attribute::SO) < chance[*thing];
                voices += t.yes.iter().chain(t.no).filter(|s| private(t, s)).count();
            }
            // One statement alone says nothing of its source.
            if voices + group.shared.len() < 2 {
                continue;
            }
            for thing in &group.members {
                let t = &self.things[*thing];
                let spoken = t.yes.iter().chain(t.no).filter(|s| speaks(t, **s)).count();
                if spoken < 2 || !leads(t) {
                    continue;
                }
                let x = so[*thing];
                uses.extend(t.yes.iter().filter(|s| private(t, s)).map(|s| Use {
                    statement: *s,
                    sound: f64::from(u8::from(x)),
                    not: beta,
                    copy: beta,
                }));
                uses.extend(t.no.iter().filter(|s| private(t, s)).map(|s| Use {
                    statement: *s,
                    sound: f64::from(u8::from(!x)),
                    not: 1.0 - beta,
                    copy: 1.0 - beta,
                }));
            }
            uses.extend(group.shared.iter().enumerate().map(|(i, s)| {
                let on = subset >> (i & 63) & 1 == 1;
                let off = f64::from(u8::from(!on));
                Use { statement: *s, sound: 1.0 - off, not: off, copy: off }
            }));
        }
        (chance, so)
    }

    /// What is heard in a world of a candidate's own part in what happened.
    fn heard(&self, law: usize, candidate: usize, w: usize, silent: &[bool], trust: impl Fn(usize) -> f64) -> Heard {
        let nothing = if self.heeded[law] { Heard::Silence } else { Heard::Nothing };
        if self.quiet[law] {
            return nothing;
        }
        let mut heard = nothing;
        for (i, a) in self.laws[law].accusations.iter().enumerate().filter(|(_, a)| a.candidate == candidate) {
            let stated = self.accused[law][i];
            if silent[stated] || !self.speaks(law, stated, w) {
                continue;
            }
            match a.bearing {
                Bearing::Claims => {
                    let t = trust(i);
                    let (if_so, if_not) = (t + (1.0 - t) * UNHEARD, (1.0 - t) * UNHEARD);
                    heard = match heard {
                        Heard::Claim { claimed, not } => Heard::Claim { claimed: claimed * if_so, not: not * if_not },
                        _ => Heard::Claim { claimed: if_so, not: if_not },
                    };
                }
                // Who tells of it otherwise is not silent.
                Bearing::Owns | Bearing::Denies if matches!(heard, Heard::Silence) => heard = Heard::Nothing,
                _ => {}
            }
        }
        heard
    }

    /// How often a candidate claims what it did, and what it did not.
    fn claims(&self, state: &State, law: usize, candidate: usize) -> [f64; 2] {
        let nodes = state.sources.claimant[self.claimant[law][candidate]];
        [0, 1].map(|k| self.claiming[k][usize::from(nodes[k])])
    }

    /// Who did it: for each law the chance of every candidate and of unknown.
    fn responsible(&self, state: &State, now: Now<'_>, uses: &mut Vec<Use>, claims: &mut Claims) -> Vec<f64> {
        let Now { sound, silent, so, w, seed } = now;
        let mut out = vec![0.0; self.candidates.last().copied().unwrap_or(0)];
        for group in &self.blames {
            let trust = |m: usize, i: usize, set: u64| {
                let (stated, factor) = (self.accused[m][i], self.laws[m].accusations[i].factor);
                match group.shared.binary_search(&stated) {
                    Ok(i) => f64::from(u8::from(set >> (i & 63) & 1 == 1)) * factor,
                    Err(_) => sound[stated] * factor,
                }
            };
            let weigh = |m: usize, set: u64, p: &mut [f64]| {
                let law = &self.laws[m];
                p.copy_from_slice(&law.base);
                for (i, a) in law.accusations.iter().enumerate().filter(|(_, a)| a.bearing != Bearing::Claims) {
                    if !self.speaks(m, self.accused[m][i], w) {
                        continue;
                    }
                    let trust = trust(m, i, set);
                    for (c, p) in p.iter_mut().enumerate() {
                        let (sound, not) = bearing(a.bearing, c == a.candidate, law.base[a.candidate] / KNOWN_SHARE);
                        *p *= trust * sound + (1.0 - trust) * not;
                    }
                }
                for candidate in 0..law.candidates.len() {
                    let heard = self.heard(m, candidate, w, silent, |i| trust(m, i, set));
                    let given = self.claims(state, m, candidate).map(|rate| heard.given(rate));
                    for (c, p) in p.iter_mut().enumerate() {
                        *p *= given[usize::from(c != candidate)];
                    }
                }
                // Whoever else it was has not claimed it, or would be named.
                if self.heeded[m] {
                    p[law.candidates.len()] *= 1.0 - self.usual;
                }
            };
            let subset = if group.shared.is_empty() {
                0
            } else {
                let soundness: Vec<f64> = group.shared.iter().map(|s| sound[*s]).collect();
                let there = || group.members.iter().filter(|m| self.globals.leads(self.families[**m], w));
                let factor = |set: u64| {
                    let sum = |m: &usize| {
                        let mut p = vec![0.0; self.laws[*m].base.len()];
                        weigh(*m, set, &mut p);
                        p.iter().sum::<f64>()
                    };
                    there().map(sum).product()
                };
                let u = uniform(seed, w as u32, group.key, attribute::SOUND_WHO);
                shared_subset(&soundness, u, factor, |i| uniform(seed, w as u32, group.key, 2 * attribute::MORE + i))
            };
            for m in &group.members {
                let law = &self.laws[*m];
                let p = &mut out[self.candidates[*m]..self.candidates[*m + 1]];
                weigh(*m, subset, p);
                let sum: f64 = p.iter().sum();
                if sum > 0.0 {
                    p.iter_mut().for_each(|x| *x /= sum);
                } else {
                    p.copy_from_slice(&law.base);
                }
                if !self.thing_of[*m].is_none_or(|t| so[t]) {
                    continue;
                }
                let who = stats::pick(p, uniform(seed, w as u32, self.events[*m], attribute::WHO));
                let here = || (0..law.accusations.len()).filter(|i| self.speaks(*m, self.accused[*m][*i], w));
                // One alone says nothing of its source.
                let alone = law.accusations.len() < 2 || here().count() < 2;
                let shared = |i: &usize| group.shared.binary_search(&self.accused[*m][*i]).is_ok();
                let telling = || here().filter(|i| !alone && !shared(i));
                for candidate in 0..law.candidates.len() {
                    let did = usize::from(who != candidate);
                    match self.heard(*m, candidate, w, silent, |i| trust(*m, i, subset)) {
                        Heard::Claim { claimed, not } => {
                            let of = |i: &usize| {
                                let a = &law.accusations[*i];
                                a.bearing == Bearing::Claims && a.candidate == candidate
                            };
                            let by = telling().filter(of).collect();
                            claims.told.push(Told { law: *m, candidate, did, claimed, not, by });
                        }
                        Heard::Silence => claims.silences[self.claimant[*m][candidate]][did] += 1.0,
                        Heard::Nothing => {}
                    }
                }
                for i in telling().filter(|i| law.accusations[*i].bearing != Bearing::Claims) {
                    let (a, stated) = (&law.accusations[i], self.accused[*m][i]);
                    let base = law.base[a.candidate];
                    let at = |this: bool| {
                        let (sound, not) = bearing(a.bearing, this, base / KNOWN_SHARE);
                        (a.factor * sound + (1.0 - a.factor) * not, not)
                    };
                    let (sound, not) = at(who == a.candidate);
                    let copy = base * at(true).0 + (1.0 - base) * at(false).0;
                    uses.push(Use { statement: stated, sound, not, copy });
                }
            }
        }
        out
    }

    /// How often each claimant claims what it did, and what it did not, given what is heard of both; then whether it did
    /// claim what it is said to claim, and what that says of who said so.
    fn claimed(&self, state: &mut State, claims: &Claims, w: usize, seed: u64, uses: &mut Vec<Use>) {
        let mut weights: Vec<[Vec<f64>; 2]> = vec![Default::default(); self.claimants.len()];
        for t in &claims.told {
            let list = &mut weights[self.claimant[t.law][t.candidate]][t.did];
            list.resize(self.claiming[t.did].len(), 0.0);
            for (total, p) in list.iter_mut().zip(&self.claiming[t.did]) {
                *total += libm::log(p * t.claimed + (1.0 - p) * t.not);
            }
        }
        for (i, (weights, silences)) in weights.into_iter().zip(&claims.silences).enumerate() {
            let c = &self.claimants[i];
            if !c.heeded {
                continue;
            }
            for (k, mut list) in weights.into_iter().enumerate() {
                list.resize(self.claiming[k].len(), 0.0);
                // What it did not do it claims no oftener than what it did.
                let other = self.claiming[1 - k][usize::from(state.sources.claimant[i][1 - k])];
                for (total, p) in list.iter_mut().zip(&self.claiming[k]) {
                    let may = if k == 0 { *p >= other } else { *p <= other };
                    *total = if may { *total + silences[k] * libm::log1p(-p) } else { f64::NEG_INFINITY };
                }
                let u = uniform(seed, w as u32, c.key, attribute::CLAIMS + k as u32);
                state.sources.claimant[i][k] = pick_log(list, u) as u8;
            }
        }
        for t in claims.told.iter().filter(|t| !t.by.is_empty()) {
            let rate = self.claims(state, t.law, t.candidate);
            let (yes, no) = (rate[t.did] * t.claimed, (1.0 - rate[t.did]) * t.not);
            let key = self.events[t.law] ^ self.claimants[self.claimant[t.law][t.candidate]].key;
            let claimed = f64::from(u8::from(uniform(seed, w as u32, key, attribute::CLAIMED) * (yes + no) < yes));
            let base = self.laws[t.law].base[t.candidate];
            for i in &t.by {
                let factor = self.laws[t.law].accusations[*i].factor;
                let at = |sound: f64| factor * sound + (1.0 - factor) * UNHEARD;
                let copy = at(base * rate[0] + (1.0 - base) * rate[1]);
                uses.push(Use { statement: self.accused[t.law][*i], sound: at(claimed), not: UNHEARD, copy });
            }
        }
    }

    /// Keeps a figure to what its parts and its wholes leave it, as they stand: of those that did not happen, none.
    fn hold(&self, i: usize, figure: &[usize], so: &[bool], law: &mut [f64]) {
        let f = &self.figures[i];
        if f.parts.is_empty() && f.wholes.is_empty() {
            return;
        }
        // Figures of one event hold one another whether it happened or not; those of others where both did.
        let so = |law: usize| self.thing_of[law].is_none_or(|t| so[t]);
        let happened = |k: usize| self.figures[k].law == f.law || so(self.figures[k].law) && so(f.law);
        let value = |k: usize| u64::from(self.figures[k].grid.values[figure[k]]);
        let sum = |parts: &[usize]| parts.iter().filter(|k| **k != i && happened(**k)).map(|k| value(*k)).sum::<u64>();
        let least = sum(&f.parts);
        let left =
            f.wholes.iter().filter(|k| happened(**k)).map(|k| value(*k).saturating_sub(sum(&self.figures[*k].parts)));
        let most = left.min().unwrap_or(u64::MAX).max(least);
        let fits = |v: &u32| (least..=most).contains(&u64::from(*v));
        // Where the grid has no value in between, or nothing is left: the one nearest to what it cannot fall short of.
        let any = f.grid.values.iter().zip(law.iter()).any(|(v, p)| fits(v) && *p > 0.0);
        let near = f.grid.values.partition_point(|v| u64::from(*v) < least).min(law.len() - 1);
        for (n, (p, v)) in law.iter_mut().zip(&f.grid.values).enumerate() {
            if any && !fits(v) {
                *p = 0.0;
            } else if !any {
                *p = f64::from(u8::from(n == near));
            }
        }
    }

    /// How many: each figure as a value, the exact grid posterior under what the world has its voices to be.
    fn how_many(&self, state: &mut State, now: Now<'_>, uses: &mut Vec<Use>, voiced: &mut [Vec<f64>]) -> Vec<u32> {
        let Now { sound, silent, so, w, seed } = now;
        let worth = |s: f64| 1.0 - GROSS_ERROR * (1.0 - s);
        let heard: Vec<Vec<usize>> = self
            .figures
            .iter()
            .map(|f| {
                let here = |i: &usize| {
                    let stated = f.said[*i].1;
                    self.speaks(f.law, stated, w) && !self.globals.misread(stated, w)
                };
                (0..f.said.len()).filter(here).collect()
            })
            .collect();
        for (i, (f, here)) in self.figures.iter().zip(&heard).enumerate() {
            let mut law = f.prior.clone();
            for i in here.iter().filter(|i| !silent[f.said[**i].1]) {
                let (s, stated, voice) = f.said[*i];
                let said = &self.tables[f.tables[*i]][state.sources.voice[voice]];
                let p = worth(sound[stated] * s.factor);
                let nothing = (1.0 - p) * said.flat;
                for (o, l) in law.iter_mut().zip(&said.at) {
                    *o *= p * l + nothing;
                }
            }
            self.hold(i, &state.figure, so, &mut law);
            state.figure[i] = stats::pick(&law, uniform(seed, w as u32, f.key, f.attribute));
        }
        let drawn = state.figure.clone();
        for ((f, here), x) in self.figures.iter().zip(heard).zip(&drawn) {
            let x = *x;
            // One figure alone says nothing of its voice, nor does what did not happen.
            if here.len() < 2 || !self.thing_of[f.law].is_none_or(|t| so[t]) {
                continue;
            }
            for i in here {
                let (s, stated, voice) = f.said[i];
                let nodes = &self.tables[f.tables[i]];
                let p = worth(sound[stated] * s.factor);
                if !silent[stated] {
                    for (total, l) in voiced[voice].iter_mut().zip(nodes) {
                        *total += libm::log((p * l.at[x] + (1.0 - p) * l.flat).max(1e-300));
                    }
                }
                let l = &nodes[state.sources.voice[voice]];
                let (here, flat) = (l.at[x], l.flat);
                let at = |s: f64| worth(s) * here + (1.0 - worth(s)) * flat;
                uses.push(Use { statement: stated, sound: at(s.factor), not: at(0.0), copy: flat });
            }
        }
        self.figures.iter().zip(drawn).map(|(f, x)| f.grid.values[x]).collect()
    }

    /// Which statements only repeat another, given what they say and how things are: two that agree are the likelier to be
    /// one and its copy. How often who speaks copies whom is summed out.
    fn copies(&self, state: &mut State, kept: &[f64], uses: &[Use], w: usize, seed: u64) {
        let at = |s: usize| {
            let s = &self.statements[s];
            s.own[s.origin.map_or(0, |o| state.sources.reliability[o])]
        };
        let mut said: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for u in uses.iter().filter(|u| self.statements[u.statement].copy.is_some()) {
            let p = at(u.statement) * kept[u.statement];
            let (own, copy) = said.entry(u.statement).or_insert((1.0, 1.0));
            *own *= p * u.sound + (1.0 - p) * u.not;
            *copy *= u.copy;
        }
        // Of each pair, how many are copies and how many are not.
        let mut counts: Vec<[f64; 2]> = self.own_words.iter().map(|n| [0.0, f64::from(*n)]).collect();
        for (s, copied) in self.statements.iter().zip(&state.copied) {
            if let Some(c) = &s.copy {
                counts[c.pair][usize::from(!copied)] += 1.0;
            }
        }
        for (i, s) in self.statements.iter().enumerate() {
            let Some(Repeat { alone, pair, key }) = &s.copy else { continue };
            let others = &mut counts[*pair];
            others[usize::from(!state.copied[i])] -= 1.0;
            let (own, copy) = said.get(&i).copied().unwrap_or((1.0, 1.0));
            let (own, copy) = ((1.0 - alone) * own, alone * habit(others[0], others[1]) * copy);
            let p = if own + copy > 0.0 { copy / (own + copy) } else { *alone };
            state.copied[i] = uniform(seed, w as u32, *key, attribute::COPY) < p;
            others[usize::from(!state.copied[i])] += 1.0;
        }
    }

    /// Each source given all that it said which others speak of too.
    fn reliabilities(&self, state: &mut State, kept: &[f64], uses: &[Use], w: usize, seed: u64) {
        let mut weights: Vec<Vec<f64>> = vec![Vec::new(); self.sources.len()];
        for u in uses {
            let s = &self.statements[u.statement];
            let Some(origin) = s.origin else { continue };
            let list = &mut weights[origin];
            list.resize(NODES, 0.0);
            for (total, own) in list.iter_mut().zip(&s.own) {
                let p = own * kept[u.statement];
                *total += libm::log((p * u.sound + (1.0 - p) * u.not).max(1e-300));
            }
        }
        for (i, (source, list)) in self.sources.iter().zip(weights).enumerate() {
            let u = uniform(seed, w as u32, source.key, attribute::RELIABILITY);
            state.sources.reliability[i] =
                if list.is_empty() { (u * NODES as f64) as usize } else { pick_log(list, u) };
        }
    }

    /// Where a chain begins: at what is believed beforehand.
    fn begin(&self, chain: u32, seed: u64) -> State {
        let node = |key: u64, a: u32, n: usize| (uniform(seed, u32::MAX - chain, key, a) * n as f64) as usize;
        let middle = BIAS_NODES * (SPREADS.len() / 2);
        State {
            sources: Standing {
                reliability: self.sources.iter().map(|s| node(s.key, attribute::RELIABILITY, NODES)).collect(),
                voice: self.voices.iter().map(|v| middle + node(v.key, attribute::BIAS, BIAS_NODES)).collect(),
                claimant: self
                    .claimants
                    .iter()
                    .map(|c| [0, 1].map(|k| node(c.key, attribute::CLAIMS + k, self.claiming[0].len()) as u8))
                    .collect(),
            },
            copied: vec![false; self.statements.len()],
            // Wholes begin with room for their parts.
            figure: self.figures.iter().map(|f| if f.parts.is_empty() { 0 } else { f.prior.len() - 1 }).collect(),
        }
    }

    /// Draws `n` worlds by four chains side by side.
    pub(super) fn draw(&self, n: usize) -> Drawn {
        let seed = self.globals.seed;
        let per = n.div_ceil(CHAINS).max(1);
        // Worlds are sweeps with others between them, where there are few.
        let between = LEAST.div_ceil(per);
        // What a chain gives: its worlds, and where it stood in each sweep.
        let chains: Vec<(Vec<(Sweep, Standing)>, Vec<Standing>)> = (0..CHAINS)
            .into_par_iter()
            .map(|c| {
                let mut state = self.begin(c as u32, seed);
                let (mut worlds, mut path) = (Vec::new(), Vec::new());
                let mine = c * per..((c + 1) * per).min(n);
                let Some(first) = mine.clone().next() else { return (worlds, path) };
                // Sweeps that are no worlds have draws of their own.
                let aside = |t: usize| seed ^ (0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(t as u64 + 1));
                for t in 0..WARM {
                    self.sweep(&mut state, first + t % mine.len(), aside(t));
                }
                for w in mine {
                    for t in 1..between {
                        path.push(state.sources.clone());
                        self.sweep(&mut state, w, aside(WARM + t));
                    }
                    // A world has the sources that it began with.
                    let before = state.sources.clone();
                    path.push(before.clone());
                    worlds.push((self.sweep(&mut state, w, seed), before));
                }
                (worlds, path)
            })
            .collect();
        let diagnosis = self.diagnose(&chains.iter().map(|c| &c.1[..]).collect::<Vec<_>>());
        self.columns(n, chains.into_iter().flat_map(|c| c.0).collect(), diagnosis)
    }

    /// Convergence of every reliability, bias and readiness to claim; of the worst it is told which.
    fn diagnose(&self, paths: &[&[Standing]]) -> Diagnosis {
        let mut worst = Diagnosis { r_hat: 1.0, ess: f64::INFINITY, of: String::new() };
        let mut look = |of: String, at: &dyn Fn(&Standing) -> f64| {
            let chains: Vec<Vec<f64>> =
                paths.iter().filter(|p| !p.is_empty()).map(|p| p.iter().map(at).collect()).collect();
            let c = convergence(&chains);
            if c.r_hat > worst.r_hat || worst.of.is_empty() {
                (worst.r_hat, worst.of) = (c.r_hat, of);
            }
            worst.ess = worst.ess.min(c.ess);
        };
        for (i, s) in self.sources.iter().enumerate() {
            look(format!("the reliability of `{}`", s.id), &|at| s.nodes[at.reliability[i]]);
        }
        for (i, v) in self.voices.iter().enumerate() {
            look(format!("the bias of `{}`", v.source), &|at| (at.voice[i] % BIAS_NODES) as f64);
        }
        for (i, c) in self.claimants.iter().enumerate().filter(|(_, c)| c.speaks) {
            look(format!("how often `{}` claims what it did", c.actor), &|at| f64::from(at.claimant[i][0]));
            look(format!("how often `{}` claims what it did not", c.actor), &|at| f64::from(at.claimant[i][1]));
        }
        if worst.ess.is_infinite() {
            worst.ess = paths.iter().map(|p| p.len() as f64).sum();
        }
        worst
    }

    fn columns(&self, n: usize, worlds: Vec<(Sweep, Standing)>, diagnosis: Diagnosis) -> Drawn {
        let chances = self
            .things
            .iter()
            .enumerate()
            .map(|(i, t)| (t.name.to_owned(), worlds.iter().map(|w| w.0.chance[i]).collect()))
            .collect();
        let who = self
            .candidates
            .windows(2)
            .map(|c| worlds.iter().flat_map(|w| &w.0.who[c[0]..c[1]]).copied().collect())
            .collect();
        let mut figures: Vec<Vec<FigureWorlds>> = vec![Vec::new(); self.laws.len()];
        for (i, f) in self.figures.iter().enumerate() {
            let draws = worlds.iter().map(|w| w.0.figures[i]).collect();
            figures[f.law].push(FigureWorlds { measure: f.measure, of: f.of.to_owned(), draws });
        }
        debug_assert_eq!(worlds.len(), n);
        let sources = self
            .sources
            .iter()
            .enumerate()
            .map(|(i, s)| SourceWorlds {
                source: s.id.to_owned(),
                reliability: worlds.iter().map(|w| s.nodes[w.1.reliability[i]]).collect(),
            })
            .collect();
        let voices = self
            .voices
            .iter()
            .enumerate()
            .map(|(i, v)| VoiceWorlds {
                source: v.source.to_owned(),
                own: v.own,
                believed: v.mean,
                bias: worlds.iter().map(|w| v.mean + bias(w.1.voice[i] % BIAS_NODES)).collect(),
                spread: worlds.iter().map(|w| SPREADS[w.1.voice[i] / BIAS_NODES].0).collect(),
            })
            .collect();
        let claimants = self
            .claimants
            .iter()
            .enumerate()
            .filter(|(_, c)| c.speaks)
            .map(|(i, c)| {
                let at = |k: usize| worlds.iter().map(|w| self.claiming[k][usize::from(w.1.claimant[i][k])]).collect();
                ClaimantWorlds { actor: c.actor.to_owned(), did: at(0), did_not: at(1) }
            })
            .collect();
        Drawn { chances, who, figures, sources, voices, claimants, diagnosis }
    }
}

/// Bias at a node, from the mean of its kind.
fn bias(node: usize) -> f64 {
    BIAS_SD * stats::normal_quantile((node as f64 + 0.5) / BIAS_NODES as f64)
}

fn likelihoods(grid: &Grid, prior: &[f64], s: &Said) -> Vec<Likelihood> {
    let phrase = match s.kind {
        0 => Phrase::Cell { low: s.a, high: s.b },
        1 => Phrase::Above(s.a),
        2 => Phrase::Below(s.a),
        _ => Phrase::Zero,
    };
    SPREADS
        .iter()
        .flat_map(|(wider, _)| {
            let reading = Reading { phrase, offset: s.offset, sigma: s.sigma * wider };
            (0..BIAS_NODES).map(move |node| {
                let at = stats::likelihood(grid, &reading, s.bias + bias(node));
                let flat = at.iter().zip(prior).map(|(l, p)| l * p).sum();
                Likelihood { at, flat }
            })
        })
        .collect()
}

/// An index by inversion, of weights given as logarithms.
fn pick_log(weights: Vec<f64>, u: f64) -> usize {
    stats::pick(&stats::from_logs(weights), u)
}

/// Things that share statements, where a statement that is a guest in one is not shared with it.
fn groups(g: &Gathered, spoken: &[Vec<usize>], guests: &[&Guests]) -> Vec<Group> {
    let distinct = |list: &[usize]| {
        let mut s = list.to_vec();
        s.sort_unstable();
        s.dedup();
        s
    };
    // A guest speaks of one thing only in any world, whichever.
    let mut uses = vec![0usize; g.statements.len()];
    for (list, guests) in spoken.iter().zip(guests) {
        for s in distinct(list).into_iter().filter(|s| !guests.contains_key(s)) {
            uses[s] += 1;
        }
    }
    let shared: Vec<Vec<usize>> =
        spoken.iter().map(|list| distinct(list).into_iter().filter(|s| uses[*s] > 1).collect()).collect();
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, c) in components(&shared).iter().enumerate() {
        members.entry(*c).or_default().push(i);
    }
    members
        .into_values()
        .map(|members| {
            let shared = distinct(&members.iter().flat_map(|m| shared[*m].iter().copied()).collect::<Vec<_>>());
            let key = shared.first().map_or(0, |s| entity(&format!("statement:{}", g.statements[*s].id)));
            Group { members, shared, key }
        })
        .collect()
}

/// P(statement | who did it), if sound and if not. `blind` is the chance that whoever knows nothing names this one. That
/// somebody claims it is weighed apart.
fn bearing(b: Bearing, this: bool, blind: f64) -> (f64, f64) {
    match b {
        Bearing::Names => (f64::from(u8::from(this)), blind),
        // Few take upon themselves what they did not do.
        Bearing::Owns => (f64::from(u8::from(this)), FALSELY_OWNS),
        Bearing::Disputes => (f64::from(u8::from(!this)), 0.5),
        Bearing::Denies => (if this { DENIES.0 } else { DENIES.1 }, (DENIES.0 + DENIES.1) / 2.0),
        Bearing::Claims => (1.0, 1.0),
    }
}
