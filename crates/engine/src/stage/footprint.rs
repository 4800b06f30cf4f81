//! Stage `footprint`: the partition of `worlds.md` for every declared footprint, and presence per actor and area.

use std::collections::BTreeMap;

use model::{Case, Day, FootprintClass, Select, Test};
use serde::{Deserialize, Serialize};
use stats::{episodes, mean_se, quantile};

use super::test::{Carrier, View, carriers_by_draw, footprint_classes, is_polygon, presence, ranked};

/// Part of the stage's key.
pub const VERSION: u32 = 4;

/// One class of one footprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FootprintRow {
    /// `actor/home/WINDOW/vs-WINDOW/class`, the windows as declared.
    pub id: String,
    /// Whose.
    pub actor: String,
    /// Home area.
    pub home: String,
    /// Current period.
    pub period: String,
    /// Reference period.
    pub reference: String,
    /// Class.
    pub class: FootprintClass,
    /// Probability; none when it cannot be tested.
    pub probability: Option<f64>,
    /// Monte Carlo standard error.
    pub error: f64,
    /// Why it cannot be tested.
    pub reason: Option<String>,
    /// Events that count in either window, most first.
    pub carriers: Vec<Carrier>,
    /// The indicator that declares it.
    pub indicator: String,
    /// Chance in each world.
    pub exact: Vec<f64>,
}

/// Presence of an actor in an area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TenureRow {
    /// `actor/area`.
    pub id: String,
    /// Whose.
    pub actor: String,
    /// Where.
    pub area: String,
    /// Probability that the actor was active there at all.
    pub probability: f64,
    /// Monte Carlo standard error.
    pub error: f64,
    /// Mean number of episodes where it was.
    pub episodes: f64,
    /// Longest episode in days where it was: 5 %, median, 95 %.
    pub longest_days: [u32; 3],
    /// First and last day seen, medians.
    pub seen: [Day; 2],
    /// Events that place it there, most first.
    pub carriers: Vec<Carrier>,
}

/// Silence that ends an episode, in days.
pub const GAP_DAYS: i32 = 365;

/// Footprint rows of one indicator.
pub fn run(view: &View<'_>, indicator: &str, t: &model::Footprint) -> Vec<FootprintRow> {
    let classes = footprint_classes(view, t);
    let as_of = view.case.as_of();
    let show = |w: &model::Window| w.days(as_of).map_or_else(|| w.to_string(), |s| format!("{}..{}", s.from, s.to));
    let (period, reference) = (show(&t.window), show(&t.reference));
    // Ids name the windows as declared, so that they last from one as-of day to the next.
    let named = |w: &model::Window| w.to_string().replace("/..", "..now").replace('/', "..");
    let key = format!("{}/{}/{}/vs-{}", t.actor, t.home, named(&t.window), named(&t.reference));
    FootprintClass::ALL
        .into_iter()
        .enumerate()
        .map(|(i, class)| {
            let exact: Vec<f64> = classes.chances.iter().map(|p| p[i]).collect();
            let (p, error) = mean_se(&exact);
            FootprintRow {
                id: format!("{key}/{class}"),
                actor: t.actor.clone(),
                home: t.home.clone(),
                period: period.clone(),
                reference: reference.clone(),
                class,
                probability: classes.reason.is_none().then_some(p),
                error,
                reason: classes.reason.clone(),
                carriers: classes.carriers.clone(),
                indicator: indicator.to_owned(),
                exact,
            }
        })
        .collect()
}

/// All declared footprints, one per actor, home and period.
pub fn declared(case: &Case) -> BTreeMap<String, (String, model::Footprint)> {
    let mut out = BTreeMap::new();
    for (id, i) in &case.indicators {
        if let Test::Footprint(t) = &i.test {
            let key = format!("{}/{}/{}/{}/{:?}/{:?}", t.actor, t.home, t.reference, t.window, t.affiliates, t.events);
            out.entry(key).or_insert_with(|| (id.clone(), t.clone()));
        }
    }
    out
}

/// Presence of every actor that can attack in every area that has an inside.
pub fn tenure(view: &View<'_>) -> Vec<TenureRow> {
    let mut out = Vec::new();
    let n = view.worlds.n;
    for (actor, _) in view.case.actors.iter().filter(|(_, a)| a.kind.can_attack()) {
        if !view.laws.iter().any(|l| l.candidates.contains(actor)) {
            continue;
        }
        for (area, _) in view.case.areas.iter().filter(|(_, a)| is_polygon(a)) {
            let select = Select { actor: Some(actor.clone()), area: Some(area.clone()), ..Select::default() };
            let s = view.select(select);
            let (mut longest, mut first, mut last, mut count, mut present) = (vec![], vec![], vec![], 0, vec![0.0; n]);
            for (w, present) in present.iter_mut().enumerate() {
                let found = episodes(&presence(view, &s, w), GAP_DAYS, view.case.as_of().0);
                let (Some(a), Some(b)) = (found.first(), found.last()) else { continue };
                *present = 1.0;
                first.push((a.0 + 4_000_000) as u32);
                last.push((b.1 + 4_000_000) as u32);
                count += found.len();
                longest.push(found.iter().map(|(a, b, _)| (b - a + 1) as u32).max().unwrap_or(0));
            }
            let (probability, error) = mean_se(&present);
            if probability < 0.01 {
                continue;
            }
            for x in [&mut longest, &mut first, &mut last] {
                x.sort_unstable();
            }
            let day = |x: &[u32]| Day(quantile(x, 0.5) as i32 - 4_000_000);
            let carriers = ranked(carriers_by_draw(view, &s), 0.0);
            out.push(TenureRow {
                id: format!("{actor}/{area}"),
                actor: actor.clone(),
                area: area.clone(),
                probability,
                error,
                episodes: count as f64 / longest.len() as f64,
                longest_days: [quantile(&longest, 0.05), quantile(&longest, 0.5), quantile(&longest, 0.95)],
                seen: [day(&first), day(&last)],
                carriers,
            });
        }
    }
    out
}
