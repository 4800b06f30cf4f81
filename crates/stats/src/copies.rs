//! Who copies whom: chosen from the log-odds of every pair of sources, whatever they were taken from.

/// That one source copies another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copying {
    /// Whom it copies.
    pub from: usize,
    /// The share of its claims that it copies where both speak.
    pub share: f64,
    /// How probable it is that it copies this one.
    pub probability: f64,
}

/// What is believed of copying before any claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyPrior {
    /// Probability that a source copies any other.
    pub any: f64,
    /// Pseudo-claims copied, and not, of a copier.
    pub share: (f64, f64),
}

impl Default for CopyPrior {
    fn default() -> Self {
        Self { any: 0.1, share: (8.0, 2.0) }
    }
}

impl CopyPrior {
    /// Mean share of its claims that a copier copies.
    pub(crate) fn mean_share(&self) -> f64 {
        self.share.0 / (self.share.0 + self.share.1)
    }
}

/// How a claim stands to that of the source its own copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    /// Nobody is copied, or who is copied does not speak here.
    None,
    /// It says the same.
    Same,
    /// It says another thing.
    Other,
}

/// Of each pair of sources: the log-odds that the first copies the second, and how often both speak.
#[derive(Debug, Clone)]
pub(crate) struct Pairs {
    sources: usize,
    odds: Vec<f64>,
    shared: Vec<u32>,
}

/// Sources among whom copiers are looked for: of more, the pairs are too many to hold.
pub(crate) const MOST: usize = 4096;
/// Items both must speak of before one is suspected of copying the other.
pub(crate) const SHARED: u32 = 5;
/// Items both must speak of where hard items mislead all: two or three of these are soon shared.
pub(crate) const ENOUGH: u32 = 20;

impl Pairs {
    pub(crate) fn new(sources: usize) -> Self {
        Self { sources, odds: vec![0.0; sources * sources], shared: vec![0; sources * sources] }
    }

    /// Both speak of one thing: adds to the log-odds that `a` copies `b`, and that `b` copies `a`.
    pub(crate) fn add(&mut self, a: usize, b: usize, a_copies: f64, b_copies: f64) {
        self.odds[a * self.sources + b] += a_copies;
        self.odds[b * self.sources + a] += b_copies;
        self.shared[a.min(b) * self.sources + a.max(b)] += 1;
    }

    /// For each source whom it copies, of those with whom it shares enough: the most probable pair first; nobody copies
    /// who copies it, over however many.
    pub(crate) fn choose(&self, prior: &CopyPrior, share: &[f64], enough: u32) -> Vec<Option<Copying>> {
        let n = self.sources;
        let before = libm::log(prior.any / (1.0 - prior.any) / (n as f64 - 1.0).max(1.0));
        let mut found: Vec<(f64, usize, usize)> = Vec::new();
        for a in 0..n {
            for b in 0..n {
                let odds = self.odds[a * n + b] + before;
                if self.shared[a.min(b) * n + a.max(b)] >= enough && odds > 0.0 {
                    found.push((odds, a, b));
                }
            }
        }
        found.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        let mut out: Vec<Option<Copying>> = vec![None; n];
        for (odds, a, b) in found {
            let mut up = Some(b);
            while let Some(u) = up.filter(|u| *u != a) {
                up = out[u].map(|c| c.from);
            }
            if out[a].is_none() && up.is_none() {
                out[a] = Some(Copying { from: b, share: share[a], probability: crate::logistic(odds) });
            }
        }
        out
    }
}

/// The share that each source copies; of those that copy nobody, what is believed of copiers.
pub(crate) fn shares(copies: &[Option<Copying>], prior: &CopyPrior) -> Vec<f64> {
    copies.iter().map(|c| c.map_or(prior.mean_share(), |c| c.share)).collect()
}

/// Learns the share that each copier copies from its claims copied, and not.
pub(crate) fn learn(copies: &mut [Option<Copying>], counted: &[(f64, f64)]) {
    for (c, (yes, no)) in copies.iter_mut().zip(counted) {
        if let Some(c) = c {
            c.share = yes / (yes + no);
        }
    }
}

/// Whether both chose the same.
pub(crate) fn same(a: &[Option<Copying>], b: &[Option<Copying>]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.map(|c| c.from) == b.map(|c| c.from))
}
