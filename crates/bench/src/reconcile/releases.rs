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

/// Share of differing months whose other total lies in the interval: the spread of revisions by size, learned from
/// countries of even number and tried on the others, and the other way round.
fn revision(pairs: &[(usize, f64, f64)], q: f64) -> f64 {
    let moved = |(_, a, b): &(usize, f64, f64)| (b + 1.0).ln() - (a + 1.0).ln();
    let size = |a: f64| ((a + 1.0).ln() as usize).min(6);
    let (mut held, mut all) = (0.0, 0.0);
    for side in 0..2 {
        let mut known: Vec<Vec<f64>> = vec![Vec::new(); 7];
        for p in pairs.iter().filter(|p| p.0 % 2 == side && p.1 != p.2) {
            known[size(p.1)].push(moved(p));
        }
        for k in &mut known {
            k.sort_by(f64::total_cmp);
        }
        for p in pairs.iter().filter(|p| p.0 % 2 != side && p.1 != p.2) {
            let k = &known[size(p.1)];
            if k.is_empty() {
                continue;
            }
            let at = |q: f64| k[(q * (k.len() - 1) as f64).round() as usize];
            let m = moved(p);
            all += 1.0;
            held += f64::from(u8::from(at((1.0 - q) / 2.0) <= m && m <= at((1.0 + q) / 2.0)));
        }
    }
    held / all
}
