//! Two releases of one data set: how often an interval around the one's number held the other's, of totals and of events.

use std::collections::BTreeMap;

use crate::Row;

pub(super) fn run(rows: &mut Vec<Row>) {
    let folder = crate::shared().join("views");
    let Some(pairs) = read(&folder) else {
        rows.push(Row::new("reconcile-releases-absent", f64::NAN, "", "BELLWETHER_SHARED names the folder with data"));
        return;
    };
    let differing: Vec<&Pair> = pairs.iter().filter(|p| p.1 != p.2).collect();
    let revisions = Revisions::new(differing.clone());
    let n = differing.len() as f64;
    rows.push(Row::new("reconcile-releases-country-months", pairs.len() as f64, "", "with deaths in either"));
    rows.push(Row::new("reconcile-releases-differing", n, "", ""));
    for q in [0.8, 0.9] {
        let held = |low: f64, high: f64| {
            let inside = |(_, a, b): &&&Pair| {
                let law = stats::BestEstimate::state_based(*a);
                law.quantile(low).floor() <= *b && *b <= law.quantile(high).ceil()
            };
            differing.iter().filter(inside).count() as f64 / n
        };
        let name = |what: &str| format!("reconcile-releases-held-{:.0}-{what}", q * 100.0);
        // Coders think that a best estimate runs low, so their interval is one-sided in effect.
        rows.push(Row::new(name("uncertain-ucdp"), held((1.0 - q) / 2.0, (1.0 + q) / 2.0), "share", ""));
        rows.push(Row::new(name("ours"), revisions.held(&differing, q), "share", "near the level"));
    }
    if events(&pairs, rows).is_none() {
        rows.push(Row::new("reconcile-triples-absent", f64::NAN, "", "BELLWETHER_SHARED names the folder with data"));
    }
}

/// Months of a country in both releases: its number, and both totals, where either has any.
fn read(folder: &std::path::Path) -> Option<Vec<Pair>> {
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

/// A country's number, and its total in one release and the other.
type Pair = (usize, f64, f64);

/// How totals move from one release to the other, by size: each country that has any of a size weighs the same (one war
/// must not stand for all).
struct Revisions<'p> {
    pairs: Vec<&'p Pair>,
    of: BTreeMap<(usize, usize), f64>,
}

fn size(a: f64) -> usize {
    ((a + 1.0).ln() as usize).min(5)
}

fn moved((_, a, b): &Pair) -> f64 {
    (b + 1.0).ln() - (a + 1.0).ln()
}

impl<'p> Revisions<'p> {
    fn new(pairs: Vec<&'p Pair>) -> Self {
        let mut of: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        pairs.iter().for_each(|p| *of.entry((p.0, size(p.1))).or_default() += 1.0);
        Self { pairs, of }
    }

    /// Whether the interval of level `q` around a number, as those of its size move in all countries but one, holds the
    /// other.
    fn holds(&self, pair: &Pair, q: f64) -> bool {
        let of_size = self.pairs.iter().filter(|o| o.0 != pair.0 && size(o.1) == size(pair.1));
        let mut known: Vec<(f64, f64)> = of_size.map(|o| (moved(o), 1.0 / self.of[&(o.0, size(o.1))])).collect();
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
        (at((1.0 - q) / 2.0)..=at((1.0 + q) / 2.0)).contains(&moved(pair))
    }

    /// Share of some pairs of which it does.
    fn held(&self, pairs: &[&Pair], q: f64) -> f64 {
        pairs.iter().filter(|p| self.holds(p, q)).count() as f64 / pairs.len() as f64
    }
}

/// Single events: in the sample, in how many low, best and high are one; of those that an earlier release has too, in how
/// many the best estimate differs, and how often an interval from how all totals of that size move (most do not) held it.
fn events(months: &[Pair], rows: &mut Vec<Row>) -> Option<()> {
    let folder = crate::shared().join("ucdp");
    let read = |name: &str| -> Option<Vec<(String, [f64; 3])>> {
        let (_, input) = formats::unpack(std::fs::File::open(folder.join(name)).ok()?).ok()?;
        let mut input = csv::Reader::from_reader(input);
        let header = input.headers().ok()?.clone();
        let at = |name: &str| header.iter().position(|h| h == name);
        let (id, columns) = (at("id")?, [at("low")?, at("best")?, at("high")?]);
        let of = |r: csv::StringRecord| Some((r.get(id)?.to_owned(), columns.map(|c| r[c].parse().unwrap_or(0.0))));
        input.records().map(|r| of(r.ok()?)).collect()
    };
    let sample = read("ged231_global_sample_1000.csv")?;
    let one = sample.iter().filter(|(_, [low, best, high])| low == best && best == high).count();
    rows.push(Row::new("reconcile-triples-one-number", one as f64 / sample.len() as f64, "share", ""));
    let earlier: BTreeMap<String, [f64; 3]> =
        [read("ged191_syria_2016_2019.csv.gz")?, read("ged191_myanmar_bangladesh.csv")?]
            .into_iter()
            .flatten()
            .collect();
    // Of no country among those of the totals.
    let both: Vec<Pair> = sample.iter().filter_map(|(id, n)| Some((usize::MAX, earlier.get(id)?[1], n[1]))).collect();
    let differing = both.iter().filter(|p| p.1 != p.2).count();
    rows.push(Row::new("reconcile-triples-in-two-releases", both.len() as f64, "events", ""));
    rows.push(Row::new("reconcile-triples-differing", differing as f64, "events", ""));
    let revisions = Revisions::new(months.iter().collect());
    for q in [0.8, 0.9] {
        let held = revisions.held(&both.iter().collect::<Vec<_>>(), q);
        rows.push(Row::new(format!("reconcile-triples-held-{:.0}", q * 100.0), held, "share", "at least the level"));
    }
    Some(())
}
