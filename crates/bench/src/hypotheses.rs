//! Hypotheses weighed over worlds, beside an exact Bayesian network (pgmpy) on ten small published problems: listed in full,
//! and by draws.
//!
//! A problem's hypothesis is one node; all others are facts. What hangs together given the hypothesis is one piece of
//! evidence; every piece has a base prior of its own, as facts have in a case; what was observed is a report that cannot
//! err. Other problems of the same form are given with `--data`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use stats::{Piece, Stream, Weighing, entity, mean_se, normalised};

use crate::{Row, median_seconds, written};

#[derive(Debug, Deserialize)]
struct Node {
    parents: Vec<String>,
    table: Vec<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
struct Network {
    hypothesis: String,
    observed: BTreeMap<String, usize>,
    node: BTreeMap<String, Node>,
}

/// What pgmpy says of one: its posterior, and seconds for one query.
#[derive(Debug, Deserialize)]
struct Exact {
    posterior: Vec<f64>,
    seconds: f64,
}

const PEER: &str = r#"
import sys, json, time, tomllib, logging
logging.disable(logging.CRITICAL)
from pgmpy.factors.discrete import TabularCPD
from pgmpy.inference import VariableElimination
try:
    from pgmpy.models import DiscreteBayesianNetwork as Net
except ImportError:
    from pgmpy.models import BayesianNetwork as Net
out = {}
for name, n in tomllib.load(open(sys.argv[1], "rb")).items():
    nodes = n["node"]
    net = Net([(p, c) for c, d in nodes.items() for p in d["parents"]])
    net.add_nodes_from(nodes)
    card = {c: len(d["table"][0]) for c, d in nodes.items()}
    for c, d in nodes.items():
        values = [list(r) for r in zip(*d["table"])]
        net.add_cpds(TabularCPD(c, card[c], values, evidence=d["parents"] or None, evidence_card=[card[p] for p in d["parents"]] or None))
    assert net.check_model()
    times = []
    for _ in range(5):
        t = time.perf_counter()
        q = VariableElimination(net).query([n["hypothesis"]], evidence=n["observed"], show_progress=False)
        times.append(time.perf_counter() - t)
    out[name] = {"posterior": [float(v) for v in q.values], "seconds": sorted(times)[2]}
print(json.dumps(out))
"#;

/// Draws of a problem.
const WORLDS: usize = 65_536;

/// A problem as pieces: for each the nodes it is made of, and by state of the hypothesis the law over their states.
struct Pieces {
    prior: Vec<f64>,
    nodes: Vec<Vec<String>>,
    /// By piece, by hypothesis, by way.
    law: Vec<Vec<Vec<f64>>>,
    /// By piece, by way: the states of its nodes.
    ways: Vec<Vec<Vec<usize>>>,
}

impl Network {
    fn states(&self, node: &str) -> usize {
        self.node[node].table[0].len()
    }

    /// The probability of a full assignment.
    fn joint(&self, names: &[&str], state: &[usize]) -> f64 {
        let at = |n: &str| state[names.iter().position(|x| *x == n).unwrap_or(0)];
        let one = |n: &&str| {
            let node = &self.node[*n];
            let row = node.parents.iter().fold(0, |r, p| r * self.states(p) + at(p));
            node.table[row][at(n)]
        };
        names.iter().map(one).product()
    }

    /// What hangs together given the hypothesis: linked by an arrow, or parents of one node.
    fn pieces(&self) -> Pieces {
        let names: Vec<&str> = self.node.keys().map(String::as_str).collect();
        let facts: Vec<&str> = names.iter().copied().filter(|n| *n != self.hypothesis).collect();
        let mut group: BTreeMap<&str, usize> = facts.iter().enumerate().map(|(i, n)| (*n, i)).collect();
        let mut join = |a: &str, b: &str| {
            if let (Some(x), Some(y)) = (group.get(a).copied(), group.get(b).copied()) {
                group.values_mut().filter(|g| **g == y).for_each(|g| *g = x);
            }
        };
        for (child, node) in &self.node {
            for (i, p) in node.parents.iter().enumerate() {
                join(child, p);
                node.parents[..i].iter().for_each(|q| join(p, q));
            }
        }
        let mut nodes: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (n, g) in &group {
            nodes.entry(*g).or_default().push((*n).to_owned());
        }
        let nodes: Vec<Vec<String>> = nodes.into_values().collect();
        let all = |of: &[&str]| -> Vec<Vec<usize>> {
            of.iter().fold(vec![vec![]], |rows, n| {
                rows.iter()
                    .flat_map(|r: &Vec<usize>| (0..self.states(n)).map(move |s| r.iter().copied().chain([s]).collect()))
                    .collect()
            })
        };
        let h = names.iter().position(|n| *n == self.hypothesis).unwrap_or(0);
        let mut prior = vec![0.0; self.states(&self.hypothesis)];
        let ways: Vec<Vec<Vec<usize>>> =
            nodes.iter().map(|g| all(&g.iter().map(String::as_str).collect::<Vec<_>>())).collect();
        let mut law: Vec<Vec<Vec<f64>>> = ways.iter().map(|w| vec![vec![0.0; w.len()]; prior.len()]).collect();
        for state in all(&names) {
            let p = self.joint(&names, &state);
            prior[state[h]] += p;
            for (k, g) in nodes.iter().enumerate() {
                let here: Vec<usize> =
                    g.iter().map(|n| state[names.iter().position(|x| x == n).unwrap_or(0)]).collect();
                let way = ways[k].iter().position(|w| *w == here).unwrap_or(0);
                law[k][state[h]][way] += p;
            }
        }
        for rows in &mut law {
            rows.iter_mut().for_each(|row| *row = normalised(std::mem::take(row)));
        }
        Pieces { prior, nodes, law, ways }
    }
}

impl Pieces {
    /// Each piece's base prior, and what is left of it by what was observed.
    fn bases(&self, observed: &BTreeMap<String, usize>) -> Vec<(Vec<f64>, Vec<f64>)> {
        (0..self.nodes.len())
            .map(|k| {
                let base: Vec<f64> = (0..self.ways[k].len())
                    .map(|w| self.prior.iter().zip(&self.law[k]).map(|(p, row)| p * row[w]).sum())
                    .collect();
                let fits = |w: usize| {
                    self.nodes[k].iter().zip(&self.ways[k][w]).all(|(n, s)| observed.get(n).is_none_or(|o| o == s))
                };
                let left = (0..base.len()).map(|w| if fits(w) { base[w] } else { 0.0 }).collect();
                (base, normalised(left))
            })
            .collect()
    }

    fn weighing(&self, bases: &[(Vec<f64>, Vec<f64>)], worlds: &[Vec<usize>], share: Vec<f64>) -> Weighing {
        let pieces = bases
            .iter()
            .enumerate()
            .map(|(k, (base, _))| {
                let n = base.len();
                let mut chance = vec![0.0; worlds.len() * n];
                worlds.iter().enumerate().for_each(|(w, ways)| chance[w * n + ways[k]] = 1.0);
                Piece { likelihood: self.law[k].clone(), base: base.clone(), chance }
            })
            .collect();
        Weighing { prior: self.prior.clone(), share, pieces }
    }

    /// Every world that is possible, with its share.
    fn listed(&self, bases: &[(Vec<f64>, Vec<f64>)]) -> Weighing {
        let mut worlds: Vec<(Vec<usize>, f64)> = vec![(vec![], 1.0)];
        for (_, left) in bases {
            worlds = worlds
                .iter()
                .flat_map(|(ways, p)| {
                    let open = left.iter().enumerate().filter(|(_, l)| **l > 0.0);
                    open.map(move |(w, l)| (ways.iter().copied().chain([w]).collect(), p * l))
                })
                .collect();
        }
        let (ways, share): (Vec<Vec<usize>>, Vec<f64>) = worlds.into_iter().unzip();
        self.weighing(bases, &ways, share)
    }

    /// Worlds by draws.
    fn drawn(&self, bases: &[(Vec<f64>, Vec<f64>)], seed: u64) -> Weighing {
        let mut s = Stream::new(seed, 7, 0);
        let worlds: Vec<Vec<usize>> =
            (0..WORLDS).map(|_| bases.iter().map(|b| stats::pick(&b.1, s.next_unit())).collect()).collect();
        self.weighing(bases, &worlds, vec![1.0 / WORLDS as f64; WORLDS])
    }
}

/// Problems that are simulated.
const PROBLEMS: usize = 20_000;
/// How probable a thing is before anybody speaks of it.
const BASE: f64 = 0.2;

/// What a simulated problem came to: posteriors by worlds, and by counting every report; the true hypothesis.
struct Simulated {
    ours: Vec<f64>,
    naive: Vec<f64>,
    truth: usize,
}

/// Three hypotheses, four facts, of each fact one or two origins that err, and up to three copies of what each first said.
fn simulated(seed: u64) -> Simulated {
    let mut s = Stream::new(seed, 11, 0);
    let prior = normalised((0..3).map(|_| 0.2 + s.next_unit()).collect());
    let truth = stats::pick(&prior, s.next_unit());
    let mut naive = prior.clone();
    let mut pieces = Vec::new();
    for _ in 0..4 {
        let likelihood: Vec<f64> = (0..3).map(|_| 0.05 + 0.9 * s.next_unit()).collect();
        let so = s.next_unit() < likelihood[truth];
        let (mut yes, mut no) = (BASE, 1.0 - BASE);
        for _ in 0..1 + (2.0 * s.next_unit()) as usize {
            let sound = 0.4 + 0.5 * s.next_unit();
            // Who knows nothing speaks blindly.
            let speaks = |so: bool| (1.0 - sound) * BASE + if so { sound } else { 0.0 };
            let says = s.next_unit() < speaks(so);
            let of = |so: bool| if says { speaks(so) } else { 1.0 - speaks(so) };
            (yes, no) = (yes * of(true), no * of(false));
            for _ in 0..1 + (4.0 * s.next_unit()) as usize {
                naive.iter_mut().zip(&likelihood).for_each(|(p, l)| *p *= l * of(true) + (1.0 - l) * of(false));
            }
        }
        pieces.push(Piece::fact(&likelihood, BASE, &[yes / (yes + no)]));
    }
    Simulated { ours: Weighing { prior, share: vec![1.0], pieces }.posterior(), naive: normalised(naive), truth }
}

/// How far what is said of the leading hypothesis is from how often it is true, and how badly one is surprised.
fn calibration() -> Vec<Row> {
    let all: Vec<Simulated> = (0..PROBLEMS).map(|k| simulated(k as u64)).collect();
    let of = |posterior: &dyn Fn(&Simulated) -> Vec<f64>| -> (f64, f64) {
        let (mut said, mut surprise) = (Vec::new(), 0.0);
        for x in &all {
            let p = posterior(x);
            let lead = (0..3).fold(0, |m, h| if p[h] > p[m] { h } else { m });
            said.push((p[lead], lead == x.truth));
            surprise -= libm::log(p[x.truth].max(1e-9));
        }
        let bins = stats::brier(&said).map_or(Vec::new(), |b| b.bins);
        (stats::calibration_error(&bins), surprise / PROBLEMS as f64)
    };
    let (ours, naive) = (of(&|x| x.ours.clone()), of(&|x| x.naive.clone()));
    vec![
        Row::new("hypotheses-calibration-error", ours.0, "p", "0.02 at most").beside("every report counts", naive.0),
        Row::new("hypotheses-surprise", ours.1, "nats", "less than the peer").beside("every report counts", naive.1),
    ]
}

pub(crate) fn run(data: Option<&Path>) -> Result<Vec<Row>, String> {
    let text = match data {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => include_str!("hypotheses/networks.toml").to_owned(),
    };
    let networks: BTreeMap<String, Network> = toml::from_str(&text).map_err(|e| e.to_string())?;
    let file = std::env::temp_dir().join("bellwether-networks.toml");
    std::fs::write(&file, &text).map_err(|e| e.to_string())?;
    let kept = format!("bellwether-networks-{:016x}.json", entity(&(text + PEER)));
    let peer = written(&kept, PEER, &[&file], "pgmpy (pip install pgmpy)")?;
    let peer: BTreeMap<String, Exact> = serde_json::from_str(&peer).map_err(|e| e.to_string())?;
    let (mut worst, mut worst_z, mut ours, mut theirs) = (0.0_f64, 0.0_f64, 0.0, 0.0);
    let mut rows = Vec::new();
    for (name, n) in &networks {
        let exact = peer.get(name).ok_or_else(|| format!("{name}: the peer says nothing"))?;
        let pieces = n.pieces();
        let bases = pieces.bases(&n.observed);
        let listed = pieces.listed(&bases).posterior();
        let error = listed.iter().zip(&exact.posterior).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        worst = worst.max(error);
        let drawn = pieces.drawn(&bases, 1);
        let p = drawn.posterior();
        let batches: Vec<Vec<f64>> = (0..64).map(|b| drawn.posterior_over((b..WORLDS).step_by(64))).collect();
        for (h, exact) in exact.posterior.iter().enumerate() {
            let se = mean_se(&batches.iter().map(|b| b[h]).collect::<Vec<_>>()).1;
            // Where nothing is left open there is nothing to draw.
            if se > 1e-12 {
                worst_z = worst_z.max((p[h] - exact).abs() / se);
            }
        }
        ours += median_seconds(5, || {
            let pieces = n.pieces();
            std::hint::black_box(pieces.listed(&pieces.bases(&n.observed)).posterior());
        });
        theirs += exact.seconds;
        let lead = (0..listed.len()).fold(0, |m, h| if exact.posterior[h] > exact.posterior[m] { h } else { m });
        let row = Row::new(format!("hypotheses-{name}"), listed[lead], "p", "");
        rows.push(row.beside("pgmpy", exact.posterior[lead]));
    }
    rows.push(Row::new("hypotheses-networks", networks.len() as f64, "problems", "10"));
    rows.push(Row::new("hypotheses-max-error-exact", worst, "p", "1e-9 at most"));
    rows.push(Row::new("hypotheses-worlds-max-error", worst_z, "std.err.", "4 at most"));
    rows.extend(calibration());
    rows.push(Row::new("hypotheses-seconds", ours, "s", "").beside("pgmpy", theirs));
    Ok(rows)
}
