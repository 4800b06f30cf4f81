//! The model of figures beside one sampled from by somebody else's sampler: NumPyro's NUTS, on the same claims.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use stats::TollPrior;

use super::claims::{Claims, Hedge, Said};
use super::worlds;
use crate::Row;

/// Events that are looked at.
const EVENTS: usize = 200;

/// Normal laws of logarithms all the way: event, source's bias (they sum to nothing) and scatter, hedges; 500 draws to
/// warm up and 2,000 to keep. Reads event, source, ln(said + .3), hedge; writes the mean of each event, at the level at
/// which the mean bias over claims is nothing, as ours is: that all say too many no claim can tell.
const SCRIPT: &str = "
import sys, json, jax, jax.numpy as jnp, numpyro, numpyro.distributions as D
from numpyro.infer import MCMC, NUTS
numpyro.enable_x64()
rows = json.load(sys.stdin)
E, W, Y, H = (jnp.array([r[i] for r in rows]) for i in range(4))
n, s = int(E.max()) + 1, int(W.max()) + 1
def model():
    mean = numpyro.sample('mean', D.Normal(1.5, 1.0))
    sd = numpyro.sample('sd', D.HalfNormal(1.5))
    far = numpyro.sample('far', D.HalfNormal(0.5))
    bias = numpyro.sample('bias', D.ZeroSumNormal(far, (s,)))
    scatter = numpyro.sample('scatter', D.Normal(-1.0, 0.6).expand([s]))
    hedge = numpyro.sample('hedge', D.Normal(0.0, 0.5).expand([2]))
    x = numpyro.sample('x', D.Normal(0.0, 1.0).expand([n]))
    at = mean + sd * x[E] + bias[W] + hedge[0] * (H == 1) + hedge[1] * (H == 2)
    numpyro.sample('y', D.Normal(at, jnp.exp(scatter)[W]), obs=Y)
run = MCMC(NUTS(model, target_accept_prob=0.9), num_warmup=500, num_samples=2000, progress_bar=False)
run.run(jax.random.PRNGKey(1))
d = run.get_samples()
level = d['bias'][:, W].mean(1)
print(json.dumps((d['mean'][:, None] + d['sd'][:, None] * d['x'] + level[:, None]).mean(0).tolist()))
";

/// Mean of each event's logarithm by NUTS, where NumPyro is there.
fn sampled(rows: &[(usize, u32, f64, u8)]) -> Option<Vec<f64>> {
    let mut child = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(serde_json::to_string(rows).ok()?.as_bytes()).ok()?;
    let out = child.wait_with_output().ok()?;
    serde_json::from_slice(&out.stdout).ok()
}

/// How far the means of the first events with deaths lie apart, in the logarithm: at one level, and in that.
pub(super) fn run(claims: &Claims, rows: &mut Vec<Row>) {
    // What both models can say: numbers above nothing, not put in words.
    let fits = |c: &&Said| c.number > 0 && c.hedge != Hedge::Dozens && claims.figures[c.event as usize] > 0;
    let events: BTreeSet<u32> = claims.said.iter().filter(fits).map(|c| c.event).collect();
    let events: BTreeMap<u32, usize> = events.into_iter().take(EVENTS).enumerate().map(|(i, e)| (e, i)).collect();
    let own: Vec<&Said> = claims.said.iter().filter(fits).filter(|c| events.contains_key(&c.event)).collect();
    let theirs: Vec<(usize, u32, f64, u8)> =
        own.iter().map(|c| (events[&c.event], c.source, (f64::from(c.number) + 0.3).ln(), c.hedge as u8)).collect();
    let Some(theirs) = sampled(&theirs) else {
        eprintln!("note: NUTS could not be run (numpyro is needed)");
        return;
    };
    let tolls = claims.tolls_of(own);
    let prior = TollPrior::default();
    let fit = tolls.fit(&prior, false);
    let drawn = worlds(&tolls.worlds(&prior, &fit, 1), 1024);
    let mean = |event: u32| {
        let ln = |w: &Vec<u32>| (f64::from(tolls.grid.values[w[event as usize] as usize]) + 0.3).ln();
        drawn.iter().map(ln).sum::<f64>() / drawn.len() as f64
    };
    let apart: Vec<f64> = events.iter().map(|(e, i)| mean(*e) - theirs[*i]).collect();
    let n = apart.len() as f64;
    let level = apart.iter().sum::<f64>() / n;
    let distance = apart.iter().map(|d| (d - level).abs()).sum::<f64>() / n;
    rows.push(Row::new("reconcile-nuts-events", n, "events", ""));
    rows.push(Row::new("reconcile-nuts-mean-distance", distance, "ln", "within .05, at one level"));
    rows.push(Row::new("reconcile-nuts-level-apart", level, "ln", "what no claim fixes"));
}
