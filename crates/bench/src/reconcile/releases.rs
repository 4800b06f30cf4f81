//! Two releases of one data set: how often an interval around the one's total held the other's.

use std::collections::BTreeMap;

use crate::Row;

pub(super) fn run(rows: &mut Vec<Row>) {
    let folder = crate::shared().join("views");
    let Some(pairs) = read(&folder) else {
        rows.push(Row::new("reconcile-releases-absent", f64::NAN, "", "BELLWETHER_SHARED names the folder with data"));
        return;
    };
    let differing: Vec<(f64, f64)> = pairs.iter().map(|p| (p.1, p.2)).filter(|(a, b)| a != b).collect();
    let n = differing.len() as f64;
    rows.push(Row::new("reconcile-releases-country-months", pairs.len() as f64, "", "with deaths in either"));
    rows.push(Row::new("reconcile-releases-differing", n, "", ""));
    for q in [0.8, 0.9] {
        let held = |low: f64, high: f64| {
            let inside = |(a, b): &&(f64, f64)| {
                let law = stats::BestEstimate::state_based(*a);
                law.quantile(low).floor() <= *b && *b <= law.quantile(high).ceil()
            };
            differing.iter().filter(inside).count() as f64 / n
        };
        let name = |what: &str| format!("reconcile-releases-held-{:.0}-{what}", q * 100.0);
        // Coders think that a best estimate runs low, so their interval is one-sided in effect.
        rows.push(Row::new(name("uncertain-ucdp"), held((1.0 - q) / 2.0, (1.0 + q) / 2.0), "share", ""));
        rows.push(Row::new(name("ours"), revision(&pairs, q), "share", "near the level"));
    }
}

/// Months of a country in both releases: its number, and both totals, where either has any.
fn read(folder: &std::path::Path) -> Option<Vec<(usize, f64, f64)>> {
    let mut wide = csv::Reader::from_path(folder.join("country_month_ucdp_1989_2026.csv")).ok()?;
    let names = wide.headers().ok()?.len();
    let mut later: Vec<BTreeMap<String, f64>> = vec![BTreeMap::new(); names];
    for r in wide.records() {
        let r = r.ok()?;
        let month = r.get(0)?.get(..7)?.replace('-', "");
        for (i, column) in later.iter_mut().enumerate().skip(1) {
            column.insert(month.clone(), r.get(i)?.parse().unwrap_or(0.0));
        }
    }
    let mut earlier: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for r in csv::Reader::from_path(folder.join("country_month_ucdp_2010_2024.csv")).ok()?.records() {
        let r = r.ok()?;
        let deaths = r.get(3)?.parse().unwrap_or(0.0);
        earlier.entry(r.get(1)?.to_owned()).or_default().insert(r.get(2)?.to_owned(), deaths);
    }
    // The one has codes, the other names: a country is the column that agrees in most months with deaths.
    let mut out = Vec::new();
    for (country, months) in earlier.values().enumerate() {
        let some = months.values().filter(|d| **d > 0.0).count();
        let agreeing = |column: &BTreeMap<String, f64>| {
            months.iter().filter(|(m, d)| **d > 0.0 && column.get(*m) == Some(d)).count()
        };
        let best = later.iter().max_by_key(|c| agreeing(c))?;
        if some < 6 || agreeing(best) * 2 < some {
            continue;
        }
        out.extend(months.iter().filter_map(|(m, a)| {
            let b = *best.get(m)?;
            (*a > 0.0 || b > 0.0).then_some((country, *a, b))
        }));
    }
    Some(out)
}

/// Share of differing months whose other total lies in the interval: the spread of revisions by size, learned from all
/// other countries, each of which weighs the same (one war must not stand for all).
fn revision(pairs: &[(usize, f64, f64)], q: f64) -> f64 {
    let moved = |(_, a, b): &(usize, f64, f64)| (b + 1.0).ln() - (a + 1.0).ln();
    let size = |a: f64| ((a + 1.0).ln() as usize).min(5);
    let differing: Vec<&(usize, f64, f64)> = pairs.iter().filter(|p| p.1 != p.2).collect();
    let mut of: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for p in &differing {
        *of.entry((p.0, size(p.1))).or_default() += 1.0;
    }
    let mut held = 0.0;
    for p in &differing {
        let mut known: Vec<(f64, f64)> = differing
            .iter()
            .filter(|o| o.0 != p.0 && size(o.1) == size(p.1))
            .map(|o| (moved(o), 1.0 / of[&(o.0, size(o.1))]))
            .collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all: f64 = known.iter().map(|k| k.1).sum();
        let at = |q: f64| {
            let mut sum = 0.0;
            let found = known.iter().find(|k| {
                sum += k.1;
                sum >= q * all
            });
            found.or(known.last()).map_or(0.0, |k| k.0)
        };
        held += f64::from(u8::from((at((1.0 - q) / 2.0)..=at((1.0 + q) / 2.0)).contains(&moved(p))));
    }
    held / differing.len() as f64
}
