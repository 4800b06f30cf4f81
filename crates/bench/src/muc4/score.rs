//! The metrics.

use std::collections::{BTreeMap, BTreeSet};

use stats::Stream;

use super::key::{Fill, SLOTS, Template, plain};

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) correct: f64,
    pub(super) actual: f64,
    pub(super) possible: f64,
}

impl Tally {
    pub(super) fn add(&mut self, o: Self) {
        self.correct += o.correct;
        self.actual += o.actual;
        self.possible += o.possible;
    }

    pub(super) fn f(self) -> f64 {
        100.0 * 2.0 * self.correct / (self.actual + self.possible).max(1.0)
    }

    pub(super) fn precision(self) -> f64 {
        100.0 * self.correct / self.actual.max(1.0)
    }

    pub(super) fn recall(self) -> f64 {
        100.0 * self.correct / self.possible.max(1.0)
    }
}

/// For each string that was predicted, in order, the true entity that it is: the first free one that holds it. With one
/// string a predicted entity that is an alignment: two predictions never compete for two entities in a way that order could
/// lose.
pub(super) fn aligned<'p>(
    gold: &[(BTreeSet<String>, bool)],
    predicted: impl IntoIterator<Item = &'p str>,
) -> Vec<Option<usize>> {
    let mut taken = vec![false; gold.len()];
    let mut free = |p: &str| {
        let said = plain(p);
        let at = gold.iter().enumerate().position(|(k, g)| !taken[k] && g.0.contains(&said));
        at.inspect(|k| taken[*k] = true)
    };
    predicted.into_iter().map(&mut free).collect()
}

/// CEAF-REE, strict, one role of one document. What is optional and not predicted is no loss.
pub(super) fn ree(gold: &[(BTreeSet<String>, bool)], predicted: &[String]) -> Tally {
    let taken: BTreeSet<usize> = aligned(gold, predicted.iter().map(String::as_str)).into_iter().flatten().collect();
    Tally {
        correct: taken.len() as f64,
        actual: predicted.len() as f64,
        possible: gold.iter().enumerate().filter(|(k, g)| !g.1 || taken.contains(k)).count() as f64,
    }
}

/// How well a fill of the response fits one of the key: 1, .5 or 0.
pub(super) fn fits(slot: &str, key: &Fill, given: &Fill) -> f64 {
    let value = key.values.iter().flat_map(|k| given.values.iter().map(move |g| one(slot, k, g))).fold(0.0, f64::max);
    if key.of.is_empty()
        || given.of.is_empty()
        || slot.ends_with("_id")
        || slot == "hum_tgt_name"
        || slot == "hum_tgt_description"
    {
        return value;
    }
    // The right value of the wrong thing is half right.
    let of = key.of.iter().flat_map(|k| given.of.iter().map(move |g| one("string", k, g))).fold(0.0, f64::max);
    if value >= 1.0 && of > 0.0 {
        1.0
    } else if value >= 1.0 || (value > 0.0 && of > 0.0) {
        0.5
    } else {
        0.0
    }
}

/// Values of slots that take in others: (slot, value, what it takes in). From the slot configuration of the official
/// scorer (`slotconfig.el`, MUC scoring system 3.3, SAIC 1992).
const TAKES_IN: [(&str, &str, &[&str]); 12] = [
    ("incident_type", "ATTACK", &["ARSON", "BOMBING", "KIDNAPPING", "HIJACKING", "ROBBERY", "FORCED WORK STOPPAGE"]),
    ("perp_org_confidence", "SUSPECTED OR ACCUSED", &["SUSPECTED OR ACCUSED BY AUTHORITIES"]),
    ("instrument_type", "GUN", &["MACHINE GUN", "MORTAR", "HANDGUN", "RIFLE"]),
    ("instrument_type", "EXPLOSIVE", &["BOMB", "GRENADE", "MOLOTOV COCKTAIL"]),
    ("instrument_type", "BOMB", &["VEHICLE BOMB", "DYNAMITE", "MINE", "AERIAL BOMB"]),
    ("instrument_type", "PROJECTILE", &["MISSILE", "ROCKET"]),
    ("phys_tgt_type", "POLITICAL FIGURE OFFICE OR RESIDENCE", &["GOVERNMENT OFFICE OR RESIDENCE"]),
    ("phys_tgt_effect", "DESTROYED", &["SOME DAMAGE"]),
    ("hum_tgt_type", "POLITICAL FIGURE", &["GOVERNMENT OFFICIAL"]),
    ("hum_tgt_type", "GOVERNMENT OFFICIAL", &["FORMER GOVERNMENT OFFICIAL"]),
    ("hum_tgt_type", "ACTIVE MILITARY", &["FORMER ACTIVE MILITARY"]),
    ("hum_tgt_effect", "NO INJURY", &["NO DEATH", "NO INJURY OR DEATH"]),
];

/// Whether a value of a slot is a more general one than another.
fn more_general(slot: &str, general: &str, than: &str) -> bool {
    let within = |t: &&(&str, &str, &[&str])| t.0 == slot && t.1.eq_ignore_ascii_case(general);
    TAKES_IN
        .iter()
        .filter(within)
        .flat_map(|t| t.2)
        .any(|v| v.eq_ignore_ascii_case(than) || more_general(slot, v, than))
}

pub(super) fn one(slot: &str, key: &str, given: &str) -> f64 {
    let (k, g) = (plain(key), plain(given));
    if k == g {
        return 1.0;
    }
    match slot {
        "incident_date" => {
            // A day inside an interval, or the same upper end, is half right.
            let ends = |t: &str| -> Vec<String> { t.split('-').map(plain).filter(|x| !x.is_empty()).collect() };
            let (a, b) = (ends(key), ends(given));
            if a.iter().any(|x| b.contains(x)) { 0.5 } else { 0.0 }
        }
        "incident_location" => {
            let country = |t: &str| plain(t.split(':').next().unwrap_or_default());
            let parts = |t: &str| -> BTreeSet<String> {
                t.split([':', '-']).skip(1).map(|p| plain(p.split('(').next().unwrap_or_default())).collect()
            };
            if country(key) != country(given) {
                0.0
            } else if parts(key) == parts(given) {
                1.0
            } else {
                0.5
            }
        }
        // What is right as far as it goes is half right.
        _ if more_general(slot, given.trim(), key.trim()) => 0.5,
        "incident_type"
        | "incident_stage"
        | "perp_category"
        | "perp_org_confidence"
        | "instrument_type"
        | "phys_tgt_type"
        | "hum_tgt_type"
        | "phys_tgt_effect"
        | "hum_tgt_effect"
        | "phys_tgt_number"
        | "phys_tgt_total_number"
        | "hum_tgt_total_number"
        | "hum_tgt_number" => 0.0,
        _ => {
            let words =
                |t: &str| -> BTreeSet<String> { t.split(' ').filter(|w| w.len() > 2).map(str::to_owned).collect() };
            if words(&k).is_disjoint(&words(&g)) { 0.0 } else { 0.5 }
        }
    }
}

/// Pairs of what is in the key and in the answer, by number, with their scores: the best first, none without a score, each
/// thing in one pair at most.
fn paired<K, G>(key: &[K], given: &[G], score: impl Fn(&K, &G) -> f64) -> Vec<(f64, usize, usize)> {
    let all = key.iter().enumerate().flat_map(|(i, k)| given.iter().enumerate().map(move |(j, g)| (i, k, j, g)));
    let mut pairs: Vec<_> = all.map(|(i, k, j, g)| (score(k, g), i, j)).filter(|p| p.0 > 0.0).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_key, mut used) = (vec![false; key.len()], vec![false; given.len()]);
    pairs.retain(|(_, i, j)| {
        let free = !used_key[*i] && !used[*j];
        if free {
            (used_key[*i], used[*j]) = (true, true);
        }
        free
    });
    pairs
}

/// One slot of two aligned templates (either may be missing).
pub(super) fn slot_tally(slot: &str, key: &[Fill], given: &[Fill]) -> Tally {
    let pairs = paired(key, given, |k, g| fits(slot, k, g));
    let missed = |i: usize| pairs.iter().all(|p| p.1 != i);
    Tally {
        correct: pairs.iter().map(|p| p.0).sum(),
        actual: given.len() as f64,
        possible: key.iter().enumerate().filter(|(i, k)| !k.optional || !missed(*i)).count() as f64,
    }
}

/// Templates of the key and of the answer that are of one incident, by number: of one kind at least in part, with somebody
/// or something in common; the best pairs first.
pub(super) fn matched(key: &[Template], given: &[Template]) -> Vec<(usize, usize)> {
    let score = |k: &Template, g: &Template| -> f64 {
        let part = |slots: &[&'static str]| -> f64 {
            slots.iter().map(|s| slot_tally(s, &k.slots[s], &g.slots[s]).correct).sum()
        };
        let kind = part(&["incident_type"]);
        let who =
            part(&["perp_individual_id", "perp_organization_id", "phys_tgt_id", "hum_tgt_name", "hum_tgt_description"]);
        if kind > 0.0 && who > 0.0 { part(&SLOTS) } else { 0.0 }
    };
    paired(key, given, score).into_iter().map(|(_, i, j)| (i, j)).collect()
}

/// Aligns the templates of a document and tallies every slot.
pub(super) fn all_templates(key: &[Template], given: &[Template]) -> BTreeMap<&'static str, Tally> {
    let pairs = matched(key, given);
    let mut out: BTreeMap<&'static str, Tally> = SLOTS.iter().map(|s| (*s, Tally::default())).collect();
    let mut put = |k: Option<&Template>, g: Option<&Template>| {
        for s in SLOTS {
            let (k, g) = (k.map_or(&[][..], |k| &k.slots[s]), g.map_or(&[][..], |g| &g.slots[s]));
            out.entry(s).or_default().add(slot_tally(s, k, g));
        }
    };
    for (i, j) in &pairs {
        put(Some(&key[*i]), Some(&given[*j]));
    }
    for (_, k) in key.iter().enumerate().filter(|(i, k)| !k.optional && pairs.iter().all(|p| p.0 != *i)) {
        put(Some(k), None);
    }
    for (_, g) in given.iter().enumerate().filter(|(j, _)| pairs.iter().all(|p| p.1 != *j)) {
        put(None, Some(g));
    }
    out
}

/// Half the width of the middle 95 % of a statistic over documents drawn with replacement.
pub(super) fn interval(n: usize, of: impl Fn(&[usize]) -> f64) -> (f64, f64) {
    let mut s = Stream::new(4, 4, 4);
    let mut values: Vec<f64> = (0..400)
        .map(|_| {
            let drawn: Vec<usize> = (0..n).map(|_| (s.next_unit() * n as f64) as usize).collect();
            of(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    (values[10], values[389])
}
