//! Stage `reconcile`, one event at a time: the laws from which the event's attributes are drawn.
//!
//! Who (rival perpetrators, with unknown never dropped), where (256 fixed weighted points), when (days), how
//! many (readings for the grid posterior). What depends on a world's source reliabilities and biases is kept
//! as statement ids and evaluated there.

use std::collections::BTreeMap;

use model::{
    ActorKind, Case, Claim, Complexity, Day, DaySpan, EventType, Figure, Geometry, Hedge, LonLat, Measure, PlaceRef,
    Polygon, Role, SourceKind, Stance, SubType, distance_m,
};
use serde::{Deserialize, Serialize};

use super::gather::Gathered;

/// Part of the stage's key.
pub const VERSION: u32 = 7;

/// Points that stand for a place.
pub const POINTS: usize = 256;

/// How a statement bears on who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bearing {
    /// Somebody names the perpetrator.
    Names,
    /// A party says that its own side did it.
    Owns,
    /// Somebody says it was not this one.
    Disputes,
    /// "We did it."
    Claims,
    /// "It was not us."
    Denies,
}

/// One statement's bearing on who did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accusation {
    /// Statement id.
    pub statement: String,
    /// How.
    pub bearing: Bearing,
    /// Index of the actor among the candidates.
    pub candidate: usize,
    /// Factor on soundness: modality, and interest.
    pub factor: f64,
}

/// Where: points with weights, and for each area which of them lie in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceLaw {
    /// At most [`POINTS`] points.
    pub points: Vec<LonLat>,
    /// Their weights; they sum to 1.
    pub weights: Vec<f64>,
    /// By area id: whether each point lies in it.
    pub inside: BTreeMap<String, Vec<bool>>,
}

/// When: a weight for each day from `first` on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayLaw {
    /// First possible day, days since 1970-01-01.
    pub first: i32,
    /// Weights; they sum to 1.
    pub weights: Vec<f64>,
}

/// What one source said of a figure, freed of words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The claim.
    pub claim: String,
    /// Its statement's id.
    pub statement: String,
    /// Whose bias it carries.
    pub source: String,
    /// As it was said.
    pub words: String,
    /// Smallest and largest figure the words allow (for bars).
    pub low: u32,
    /// See `low`.
    pub high: u32,
    /// Reading: kind (0 cell, 1 above, 2 below, 3 zero).
    pub kind: u8,
    /// First number of the phrase.
    pub a: f64,
    /// Second number of the phrase.
    pub b: f64,
    /// Offset of the hedge.
    pub offset: f64,
    /// Spread of hedge and source.
    pub sigma: f64,
    /// Mean bias of the source on whose losses these are.
    pub bias: f64,
    /// Factor on soundness.
    pub factor: f64,
}

/// How many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureLaw {
    /// What is counted.
    pub measure: Measure,
    /// Of whom.
    pub of: String,
    /// One reading per origin, the latest of each.
    pub said: Vec<Said>,
    /// Largest number said.
    pub largest: u32,
}

/// The laws of one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventLaw {
    /// Event id.
    pub id: String,
    /// ACLED type.
    pub kind: EventType,
    /// ACLED sub-type.
    pub sub_type: Option<SubType>,
    /// Complexity.
    pub complexity: Option<Complexity>,
    /// Targets named.
    pub targets: Vec<String>,
    /// Candidates for perpetrator, by id; index `candidates.len()` stands for unknown.
    pub candidates: Vec<String>,
    /// Base rates of the candidates and of unknown.
    pub base: Vec<f64>,
    /// What bears on who did it.
    pub accusations: Vec<Accusation>,
    /// Where; none if nobody says.
    pub place: Option<PlaceLaw>,
    /// When.
    pub days: DayLaw,
    /// How many.
    pub figures: Vec<FigureLaw>,
    /// Every standing claim about it.
    pub claims: Vec<String>,
    /// Events whose figures are part of its own.
    #[serde(default)]
    pub covers: Vec<String>,
}

/// Mean soundness of a source by its grade: where a law must be the same in every world (places, days), the mean is used.
/// Of who is not in the case, one half.
pub fn mean_reliability(source: Option<&model::Source>) -> f64 {
    source.map_or(0.5, |s| {
        let (a, b) = super::worlds::grade_law(s.reliability);
        (1.0 - s.deceives) * a / (a + b)
    })
}

/// Runs the stage for one event.
pub fn run(case: &Case, g: &Gathered, id: &str) -> EventLaw {
    let dossier = g.dossiers.get(&format!("event:{id}")).cloned().unwrap_or_default();
    let claims: Vec<&Claim> = dossier.claims.iter().filter_map(|c| case.claims.get(c)).collect();
    // The first claim by id gives the type; `check` warns when others differ.
    let first = claims.iter().find_map(|c| c.event());
    let trust = |c: &Claim| {
        let n = g.statement_of[&c.id];
        let s = &g.statements[n];
        let sound = mean_reliability(case.sources.get(&s.origin)) * s.factor;
        // What may speak of another event is worth as much less.
        sound * dossier.guests.get(&n).map_or(1.0, |of| of.iter().map(|e| g.p_same(id, e)).fold(0.0, f64::max))
    };
    let complexity = claims
        .iter()
        .filter_map(|c| Some((c.event()?.complexity?, trust(c), c.id.as_str())))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.2.cmp(a.2)))
        .map(|x| x.0);
    let mut targets: Vec<String> = claims.iter().flat_map(|c| c.actors_as(Role::Target).cloned()).collect();
    targets.sort();
    targets.dedup();
    let (candidates, base, accusations) = who(case, g, &claims, &targets);
    let mut covers: Vec<String> =
        claims.iter().filter_map(|c| c.event()).flat_map(|e| e.covers.iter().cloned()).collect();
    covers.sort();
    covers.dedup();
    EventLaw {
        id: id.to_owned(),
        kind: first.map_or(EventType::Strategic, |e| e.kind),
        sub_type: first.and_then(|e| e.sub_type.clone()),
        complexity,
        targets,
        candidates,
        base,
        accusations,
        place: place(case, &claims, trust),
        days: days(case, &claims, trust),
        figures: figures(case, g, &dossier, &claims),
        claims: dossier.claims,
        covers,
    }
}

/// Share of the base rate that falls to named actors; the rest is unknown's and is never taken away.
pub const KNOWN_SHARE: f64 = 0.6;

fn who(case: &Case, g: &Gathered, claims: &[&Claim], targets: &[String]) -> (Vec<String>, Vec<f64>, Vec<Accusation>) {
    let mut candidates: Vec<String> = claims.iter().flat_map(|c| c.actors_as(Role::Perpetrator).cloned()).collect();
    candidates.sort();
    candidates.dedup();
    // Base rates do not depend on who is accused: every actor that can attack this kind of target has the same.
    // State forces are attacked by armed groups; whom nobody names as target may be attacked by anybody.
    let state_target = targets.iter().any(|t| case.actors.get(t).is_some_and(|a| a.kind == ActorKind::StateForces));
    let able =
        |a: &model::Actor| a.kind == ActorKind::ArmedGroup || (a.kind == ActorKind::StateForces && !state_target);
    let attackers = case.actors.values().filter(|a| able(a)).count().max(candidates.len()).max(1);
    let each = KNOWN_SHARE / attackers as f64;
    let mut base = vec![each; candidates.len()];
    base.push(1.0 - each * candidates.len() as f64);
    let mut accusations: Vec<Accusation> = Vec::new();
    for c in claims {
        let stated = &g.statements[g.statement_of[&c.id]];
        let origin = case.sources.get(&stated.origin);
        let speaks_for = origin.and_then(|s| s.speaks_for.as_deref());
        for actor in c.actors_as(Role::Perpetrator) {
            let Ok(candidate) = candidates.binary_search(actor) else { continue };
            let (bearing, interest) = match c.stance {
                Stance::Asserts if speaks_for == Some(actor.as_str()) => (Bearing::Owns, 1.0),
                Stance::Asserts => {
                    // A victim's or an enemy's accusation is read with interest; an admission is not.
                    let interested = speaks_for.is_some_and(|me| me != actor && targets.iter().any(|t| t == me));
                    (Bearing::Names, if interested { 0.75 } else { 1.0 })
                }
                Stance::Disputes => {
                    let interested = speaks_for.is_some_and(|me| me == actor || targets.iter().any(|t| t == me));
                    (Bearing::Disputes, if interested { 0.75 } else { 1.0 })
                }
                Stance::ClaimsResponsibility => (Bearing::Claims, 1.0),
                Stance::DeniesResponsibility => (Bearing::Denies, 1.0),
                Stance::Denies => continue,
            };
            let factor = super::gather::modality_factor(c.modality) * interest;
            // An origin counts once, with the strongest way it was put.
            match accusations
                .iter_mut()
                .find(|a| (&a.statement, a.bearing, a.candidate) == (&stated.id, bearing, candidate))
            {
                Some(a) => a.factor = a.factor.max(factor),
                None => accusations.push(Accusation { statement: stated.id.clone(), bearing, candidate, factor }),
            }
        }
    }
    accusations.sort_by(|a, b| {
        (&a.statement, a.candidate, a.bearing as u8).cmp(&(&b.statement, b.candidate, b.bearing as u8))
    });
    (candidates, base, accusations)
}

/// The geometry a claim places its event in.
pub fn geometry(case: &Case, place: &PlaceRef) -> Option<Geometry> {
    match place {
        PlaceRef::Area(id) => case.areas.get(id).map(|a| a.geometry.clone()),
        PlaceRef::Point { lon, lat, uncertainty_m } => {
            Some(Geometry::Point { at: LonLat { lon: *lon, lat: *lat }, uncertainty_m: *uncertainty_m })
        }
        PlaceRef::Division(name) => names::named_division(name).map(|d| d.geometry.clone()),
        PlaceRef::Polygon(rings) => Some(Geometry::Polygons(vec![Polygon {
            rings: rings.iter().map(|r| r.iter().map(|p| LonLat { lon: p[0], lat: p[1] }).collect()).collect(),
        }])),
    }
}

/// Density per square kilometre of a place at a point.
fn density(geometry: &Geometry, km2: f64, p: LonLat) -> f64 {
    match geometry {
        Geometry::Point { at, uncertainty_m } => {
            let sigma_km = uncertainty_m / 2_145.966;
            let d_km = distance_m(*at, p) / 1000.0;
            libm::exp(-0.5 * (d_km / sigma_km) * (d_km / sigma_km)) / (std::f64::consts::TAU * sigma_km * sigma_km)
        }
        Geometry::Polygons(_) => {
            if geometry.contains(p) {
                1.0 / km2.max(1e-9)
            } else {
                0.0
            }
        }
    }
}

/// Towns that media name are the right ones, or near, four times in five: about 80 % of locations in media reports lie
/// within 50 km of where armies recorded the event (Weidmann 2015, Afghanistan). The rest is spread around.
const ASTRAY: f64 = 0.25;
const ASTRAY_KM: f64 = 60.0;

/// Where one voice places an event: parts with their shares.
struct Placed {
    parts: Vec<(Geometry, f64, f64)>,
    trust: f64,
}

impl Placed {
    fn new(geometry: Geometry, by: Option<SourceKind>, trust: f64) -> Self {
        let wide = match (&geometry, by) {
            (Geometry::Point { at, .. }, Some(SourceKind::Media | SourceKind::Wire)) => {
                Some(Geometry::Point { at: *at, uncertainty_m: ASTRAY_KM * 2_145.966 })
            }
            _ => None,
        };
        let astray = if wide.is_some() { ASTRAY } else { 0.0 };
        let parts = std::iter::once((geometry, 1.0 - astray)).chain(wide.map(|g| (g, astray)));
        let parts = parts.map(|(g, share)| {
            let km2 = g.km2();
            (g, share, km2)
        });
        Self { parts: parts.collect(), trust }
    }

    /// Density per square kilometre at a point, if the voice is right.
    fn density(&self, p: LonLat) -> f64 {
        self.parts.iter().map(|(g, share, km2)| share * density(g, *km2, p)).sum()
    }
}

fn place(case: &Case, claims: &[&Claim], trust: impl Fn(&Claim) -> f64) -> Option<PlaceLaw> {
    // One voice per place: the most trusted of those who name it.
    let mut said: BTreeMap<String, Placed> = BTreeMap::new();
    for c in claims.iter().filter(|c| c.stance != Stance::Denies) {
        let Some(p) = c.event().and_then(|e| e.place.as_ref()) else { continue };
        let Some(geometry) = geometry(case, p) else { continue };
        let key = serde_json::to_string(p).unwrap_or_default();
        let kind = case.sources.get(&case.root(c).0).map(|s| s.kind);
        let placed = Placed::new(geometry, kind, trust(c));
        match said.get_mut(&key) {
            Some(s) if s.trust >= placed.trust => {}
            _ => {
                said.insert(key, placed);
            }
        }
    }
    if said.is_empty() {
        return None;
    }
    let said: Vec<Placed> = said.into_values().collect();
    let widest = said.iter().flat_map(|s| &s.parts).map(|p| p.2).fold(1.0, f64::max);
    // What a source that is wrong about the place leaves open: twenty times the widest place named.
    let background = 1.0 / (20.0 * widest);
    let parts: Vec<&Geometry> = said.iter().flat_map(|s| &s.parts).map(|p| &p.0).take(POINTS).collect();
    let each = POINTS / parts.len();
    let mut points = Vec::with_capacity(POINTS);
    let mut weights = Vec::with_capacity(POINTS);
    for geometry in parts {
        for p in geometry.sample(each) {
            // Points were sampled from the pool of all places; weigh them back to the product of what is said.
            let pool: f64 = said.iter().flat_map(|s| &s.parts).map(|(g, _, km2)| density(g, *km2, p)).sum();
            let target: f64 = said.iter().map(|s| s.trust * s.density(p) + (1.0 - s.trust) * background).product();
            points.push(p);
            weights.push(if pool > 0.0 { target / pool } else { 0.0 });
        }
    }
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return None;
    }
    for w in &mut weights {
        *w /= sum;
    }
    let inside = case
        .areas
        .iter()
        .map(|(id, a)| (id.clone(), points.iter().map(|p| a.geometry.contains(*p)).collect()))
        .collect();
    Some(PlaceLaw { points, weights, inside })
}

fn days(case: &Case, claims: &[&Claim], trust: impl Fn(&Claim) -> f64) -> DayLaw {
    let latest = |c: &Claim| case.reports.get(&c.report).map_or(case.as_of(), |r| r.published.possible.to);
    let mut said: Vec<(DaySpan, f64)> = Vec::new();
    for c in claims.iter().filter(|c| c.stance != Stance::Denies) {
        let Some(t) = c.event().and_then(|e| e.time.as_ref()) else { continue };
        // What is reported has happened by then.
        let span = DaySpan { from: t.possible.from, to: t.possible.to.min(latest(c)).max(t.possible.from) };
        match said.iter_mut().find(|s| s.0 == span) {
            Some(s) => s.1 = s.1.max(trust(c)),
            None => said.push((span, trust(c))),
        }
    }
    if said.is_empty() {
        // Nobody dates it: some time in the month before it was first reported.
        let first = claims.iter().map(|c| latest(c)).min().unwrap_or_else(|| case.as_of());
        said.push((DaySpan { from: Day(first.0 - 29), to: first }, 1.0));
    }
    let first = said.iter().map(|s| s.0.from.0).min().unwrap_or(0);
    let last = said.iter().map(|s| s.0.to.0).max().unwrap_or(first);
    let n = (last - first + 1) as usize;
    let background = 1.0 / (4.0 * n as f64);
    let mut weights: Vec<f64> = (0..n)
        .map(|i| {
            let day = Day(first + i as i32);
            said.iter()
                .map(|(span, trust)| {
                    let here = if span.contains(day) { 1.0 / f64::from(span.days()) } else { 0.0 };
                    trust * here + (1.0 - trust) * background
                })
                .product()
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    for w in &mut weights {
        *w /= sum;
    }
    DayLaw { first, weights }
}

/// Spread of a kind of source in the logarithm of a figure.
fn spread(kind: SourceKind) -> f64 {
    match kind {
        SourceKind::Party => 0.35,
        SourceKind::Official | SourceKind::Wire => 0.25,
        SourceKind::Media => 0.3,
        SourceKind::Ngo | SourceKind::Dataset => 0.2,
        SourceKind::Analyst => 0.35,
        SourceKind::Witness => 0.5,
    }
}

/// An army under-reports its own dead and over-reports the enemy's (`methods.md`, section 3).
const OWN_LOSSES: f64 = -0.25;
const ENEMY_LOSSES: f64 = 0.25;

fn figures(case: &Case, g: &Gathered, dossier: &super::gather::Dossier, claims: &[&Claim]) -> Vec<FigureLaw> {
    // By origin, and by statement: a guest speaks for itself.
    let mut laws: BTreeMap<(Measure, String), BTreeMap<(String, String), (Day, &Claim, &Figure)>> = BTreeMap::new();
    for c in claims.iter().filter(|c| c.stance != Stance::Denies) {
        let n = g.statement_of[&c.id];
        let guest = dossier.guests.get(&n).map(|of| of.join(" ")).unwrap_or_default();
        let origin = &(g.statements[n].origin.clone(), guest);
        let day = case.reports.get(&c.report).map_or(Day(0), |r| r.published.possible.to);
        // A copy does not outdate its original.
        let own = matches!(c.origin, model::Origin::Source(_));
        for f in c.event().into_iter().flat_map(|e| &e.figures) {
            let per = laws.entry((f.measure, f.of.clone())).or_default();
            match per.get(origin) {
                Some((was, old, _)) => {
                    let old_own = matches!(old.origin, model::Origin::Source(_));
                    if (own, day, &c.id) > (old_own, *was, &old.id) {
                        per.insert(origin.clone(), (day, c, f));
                    }
                }
                None => {
                    per.insert(origin.clone(), (day, c, f));
                }
            }
        }
    }
    laws.into_iter()
        .map(|((measure, of), per)| {
            let mut said: Vec<Said> =
                per.into_iter().map(|((origin, _), (_, c, f))| reading(case, g, &origin, c, f, measure)).collect();
            said.sort_by(|a, b| a.claim.cmp(&b.claim));
            let largest = said.iter().map(|s| s.high).max().unwrap_or(0).min(1_000_000);
            FigureLaw { measure, of, said, largest }
        })
        .collect()
}

/// One figure as an interval, a side or a cell (the table of `methods.md`, section 3.2).
fn reading(case: &Case, g: &Gathered, origin: &str, c: &Claim, f: &Figure, measure: Measure) -> Said {
    let source = case.sources.get(origin);
    let speaks_for = source.and_then(|s| s.speaks_for.as_deref());
    let sigma = source.map_or(0.35, |s| spread(s.kind));
    let bias = match speaks_for {
        Some(me) if me == f.of => OWN_LOSSES,
        Some(_) if matches!(measure, Measure::Killed | Measure::Wounded | Measure::Casualties) => ENEMY_LOSSES,
        _ => 0.0,
    };
    let n = f.number.unwrap_or(0);
    // Whose number a comparison points at.
    let than = f.than.as_ref().and_then(|t| case.claims.get(t)).and_then(|o| {
        o.event()?.figures.iter().find(|x| x.measure == f.measure && x.of == f.of).and_then(|x| x.number.or(x.high))
    });
    let round = |n: u32| -> (f64, f64) {
        let half = if n >= 100 && n.is_multiple_of(100) {
            50
        } else if n >= 20 && n.is_multiple_of(10) {
            5
        } else {
            0
        };
        (f64::from(n.saturating_sub(half)), f64::from(n + half))
    };
    let about = |n: u32| -> (f64, f64) {
        let half = if n >= 100 && n.is_multiple_of(100) {
            50
        } else if n >= 20 {
            5
        } else {
            1.max(n / 5)
        };
        (f64::from(n.saturating_sub(half)), f64::from(n + half))
    };
    let wide = |tau: f64| libm::sqrt(sigma * sigma + tau * tau);
    // (kind, a, b, offset, sigma, low, high)
    let max = 1_000_000u32;
    let (kind, a, b, offset, sigma, low, high) = match f.hedge {
        Hedge::Exact => {
            let (a, b) = round(n);
            (0, a, b, 0.0, if a < b { wide(0.1) } else { sigma }, n, n)
        }
        Hedge::Roughly => {
            let (a, b) = about(n);
            (0, a, b, 0.0, wide(0.1), a as u32, b as u32)
        }
        Hedge::AtLeast => (0, f64::from(n), f64::from(n), -0.2, wide(0.15), n, max),
        Hedge::MoreThan => (0, f64::from(n), f64::from(n), -0.2, wide(0.15), n + 1, max),
        Hedge::UpTo => (0, f64::from(n), f64::from(n), 0.2, wide(0.15), 0, n),
        Hedge::LessThan => (2, f64::from(n), 0.0, 0.0, sigma, 0, n.saturating_sub(1)),
        Hedge::HigherThan => match than {
            Some(t) => (1, f64::from(t), 0.0, 0.0, sigma, t + 1, max),
            None => (0, 0.0, f64::from(max), 0.0, sigma, 0, max),
        },
        Hedge::LowerThan => match than {
            Some(t) => (2, f64::from(t), 0.0, 0.0, sigma, 0, t.saturating_sub(1)),
            None => (0, 0.0, f64::from(max), 0.0, sigma, 0, max),
        },
        Hedge::Between => {
            let (l, h) = (f.low.unwrap_or(0), f.high.unwrap_or(max));
            match f.number {
                // low, best, high: three statements of one claim; use best with the spread they imply.
                Some(n) => {
                    let tau = (libm::log(f64::from(h) + 0.3) - libm::log(f64::from(l) + 0.3)) / 3.29;
                    (0, f64::from(n), f64::from(n), 0.0, wide(tau), l, h)
                }
                None => (0, f64::from(l), f64::from(h), 0.0, sigma, l, h),
            }
        }
        Hedge::None => (3, 0.0, 0.0, 0.0, sigma, 0, 0),
        Hedge::ACouple | Hedge::Several | Hedge::Dozens | Hedge::AFewHundred | Hedge::Hundreds => {
            let (l, h) = f.hedge.interval().unwrap_or((0, max));
            (0, f64::from(l), f64::from(h), 0.0, sigma, l, h)
        }
    };
    let statement = g.statements[g.statement_of[&c.id]].id.clone();
    Said {
        claim: c.id.clone(),
        statement,
        source: origin.to_owned(),
        words: f.words(),
        low,
        high,
        kind,
        a,
        b,
        offset,
        sigma,
        bias,
        factor: super::gather::modality_factor(c.modality),
    }
}
