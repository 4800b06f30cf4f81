//! Sets with gold labels: workers who label pictures, texts and patients, editors who write down populations.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use stats::{Hedging, Toll, TollPrior, Tolls, VotePrior, Votes};

use crate::Row;

const SETS: [(&str, &str); 5] = [
    ("duck", "d_Duck Identification"),
    ("product", "d_jn-product"),
    ("dog", "s4_Dog data"),
    ("face", "s4_Face Sentiment Identification"),
    // Numbers from -100 to 100, of which just one is right.
    ("emotion", "f201_Emotion_FULL"),
];

pub(super) fn run(rows: &mut Vec<Row>) {
    let folder = crate::shared().join("truth");
    if !folder.is_dir() {
        rows.push(Row::new("reconcile-truth-absent", f64::NAN, "", "BELLWETHER_SHARED names the folder with data"));
        return;
    }
    let (mut ours, mut theirs) = ([0.0; 2], 0.0);
    for (name, set) in SETS {
        let Some(set) = Set::read(&folder.join("crowd").join(set)) else { continue };
        let peer = set.crowd_kit();
        for (i, copying) in [false, true].into_iter().enumerate() {
            let accuracy = set.accuracy(copying);
            ours[i] += accuracy / SETS.len() as f64;
            let suffix = if copying { "-copying" } else { "" };
            rows.push(super::beside(
                Row::new(format!("reconcile-truth-{name}{suffix}"), accuracy, "share", "at least the peer's"),
                "crowd-kit DS",
                peer,
            ));
        }
        theirs += peer.unwrap_or(f64::NAN) / SETS.len() as f64;
    }
    for (suffix, value) in ["", "-copying"].iter().zip(ours) {
        let row = Row::new(format!("reconcile-truth-mean{suffix}"), value, "share", "above the peer's");
        rows.push(row.beside("crowd-kit DS", theirs));
    }
    populations(&folder.join("population"), rows);
}

fn records(path: &Path, delimiter: u8, header: bool) -> Option<Vec<csv::ByteRecord>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(header).flexible(true).quoting(header);
    reader.from_path(path).ok()?.byte_records().collect::<Result<_, _>>().ok()
}

fn text(r: &csv::ByteRecord, i: usize) -> String {
    String::from_utf8_lossy(r.get(i).unwrap_or_default()).trim().to_owned()
}

/// Labels by workers, and the gold.
struct Set {
    folder: std::path::PathBuf,
    votes: Vec<(u32, u32, u32)>,
    items: BTreeMap<String, u32>,
    workers: usize,
    labels: BTreeMap<String, u32>,
    gold: Vec<(String, String)>,
}

impl Set {
    fn read(folder: &Path) -> Option<Self> {
        let answers = records(&folder.join("answer.csv"), b',', true)?;
        let gold = records(&folder.join("truth.csv"), b',', true)?;
        let number = |map: &mut BTreeMap<String, u32>, key: String| {
            let n = map.len() as u32;
            *map.entry(key).or_insert(n)
        };
        let (mut items, mut workers, mut labels) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let votes = answers
            .iter()
            .map(|r| {
                (number(&mut items, text(r, 0)), number(&mut workers, text(r, 1)), number(&mut labels, text(r, 2)))
            })
            .collect();
        let gold = gold.iter().map(|r| (text(r, 0), text(r, 1))).collect();
        Some(Self { folder: folder.to_owned(), votes, items, workers: workers.len(), labels, gold })
    }

    /// Share of items with gold whose most probable label it is.
    fn accuracy(&self, copying: bool) -> f64 {
        let votes = Votes::new(self.items.len(), self.workers, self.labels.len(), &self.votes);
        let fit = votes.fit(&VotePrior::default(), copying);
        let right = |(item, label): &(String, String)| {
            let (item, label) = (self.items.get(item)?, self.labels.get(label)?);
            Some(fit.best(*item as usize) == *label as usize)
        };
        self.gold.iter().filter(|g| right(g) == Some(true)).count() as f64 / self.gold.len().max(1) as f64
    }

    /// Accuracy of crowd-kit's Dawid and Skene, 100 passes.
    fn crowd_kit(&self) -> Option<f64> {
        let script = "import sys, pandas as p\nfrom crowdkit.aggregation import DawidSkene\n\
            a = p.read_csv(sys.argv[1] + '/answer.csv', dtype=str); t = p.read_csv(sys.argv[1] + '/truth.csv', dtype=str)\n\
            a.columns = ['task', 'worker', 'label']; t = t.set_index(t.columns[0])[t.columns[1]]\n\
            print((DawidSkene(n_iter=100).fit_predict(a).reindex(t.index) == t).mean())\n";
        let out = Command::new("python3").args(["-c", script]).arg(&self.folder).output().ok()?;
        String::from_utf8_lossy(&out.stdout).trim().parse().ok()
    }
}

/// Populations of cities in a year as Wikipedia's editors have them: the error of the median of the posterior, in the
/// logarithm, beside the median and the mean of what was written; and how often the gold lies within 80 %.
fn populations(folder: &Path, rows: &mut Vec<Row>) {
    let (Some(said), Some(gold)) = (
        records(&folder.join("population-new-new.txt"), b'\t', false),
        records(&folder.join("population-gd.txt"), b',', false),
    ) else {
        return;
    };
    let (mut cities, mut editors) = (BTreeMap::new(), BTreeMap::new());
    let mut claims = Vec::new();
    let mut numbers: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for r in &said {
        let (city, editor) = (cities.len() as u32, editors.len() as u32);
        let city = *cities.entry(text(r, 0)).or_insert(city);
        let voice = *editors.entry(text(r, 1)).or_insert(editor);
        let Ok(n) = text(r, 2).parse::<f64>() else { continue };
        claims.push(Toll { event: city, voice, low: n, high: n, hedge: 0 });
        numbers.entry(city).or_default().push(n);
    }
    // A city has inhabitants, of any number; editors who erred once may err by anything.
    let prior = TollPrior {
        hedges: vec![Hedging { offset: 0.0, offset_sd: 0.0, spread: 0.0 }],
        bias: 0.02,
        spread: (1.0, 0.05),
        size: (6.0, 9.0, 3.0),
        none: (1.0, 10_000.0),
        gross: (1.0, 9.0),
        ..TollPrior::default()
    };
    let tolls = Tolls::new(cities.len(), (0..editors.len() as u32).collect(), &claims);
    let fit = tolls.fit(&prior, false);
    let (mut error, mut n, mut inside) = ([0.0; 3], 0.0, 0.0);
    for r in &gold {
        let key = format!("{}, {}_{}", text(r, 0), text(r, 1), text(r, 2));
        let (Some(city), Ok(truth)) = (cities.get(&key), text(r, r.len() - 1).parse::<f64>()) else { continue };
        let said = &mut numbers.entry(*city).or_default().clone();
        said.sort_by(f64::total_cmp);
        let half = said.len() / 2;
        let median = if said.len() % 2 == 1 { said[half] } else { (said[half - 1] + said[half]) / 2.0 };
        let law = &fit.laws[*city as usize];
        let at = |q: f64| f64::from(law.quantile(&tolls.grid, q));
        let points = [at(0.5), median, said.iter().sum::<f64>() / said.len() as f64];
        for (e, x) in error.iter_mut().zip(points) {
            *e += (x.ln_1p() - truth.ln_1p()).abs();
        }
        inside += f64::from(u8::from(at(0.1) * 0.98 <= truth && truth <= at(0.9) * 1.02));
        n += 1.0;
    }
    let row = Row::new("reconcile-truth-population-log-error", error[0] / n, "ln(1 + x)", "below the peers'");
    rows.push(row.beside("median", error[1] / n));
    rows.push(Row::new("reconcile-truth-population-log-error-of-mean", error[2] / n, "ln(1 + x)", ""));
    rows.push(Row::new("reconcile-truth-population-within-80", inside / n, "share", ""));
    rows.push(Row::new("reconcile-truth-population-cities", n, "cities", ""));
}
