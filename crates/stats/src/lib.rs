//! Numbers in, numbers out: draws, tails, grids, posteriors, scores. Knows nothing of our nouns.
//!
//! Every function is deterministic on every machine: no platform `ln`, `exp` or trigonometry (`libm`
//! instead), no hash order, no clock.

mod best;
mod binary;
mod category;
mod chain;
mod change;
mod copies;
mod diagnose;
mod draw;
mod earth;
mod figure;
mod footprint;
mod forecast;
mod hawkes;
mod link;
mod near_repeat;
mod scan;
mod score;
mod special;
mod tail;
mod tenure;
mod tolls;
mod votes;
mod weigh;
mod whereabouts;

pub use best::BestEstimate;
pub use binary::shared_subset;
pub use category::{Inverse, pick};
pub use chain::{Chain, Fit, Items, Lattice, Lesson};
pub use change::regime_begins;
pub use copies::{CopyPrior, Copying};
pub use diagnose::{Convergence, convergence, pareto_k, rank_uniformity};
pub use draw::{Stream, entity, philox, uniform};
pub use figure::{Grid, Phrase, Reading, likelihood, posterior, prior};
pub use footprint::{Counts, FootprintModel, dispersion};
pub use forecast::{Baseline, Forecaster, Panel, Paths, TIE, hierarchical, self_exciting};
pub use hawkes::Hawkes;
pub use link::{
    Alike, LIKENESS_CLASSES, Learned, Likeness, Linked, Model as LinkModel, NONE, Pair, Partners, Reach, Set, link,
};
pub use near_repeat::{Knox, knox, mantel};
pub use scan::{Cylinder, Scan, ScanLaw, Shape, Sites, Study, gumbel_p, rank_p, replay, replay_days};
pub use score::{
    Brier, IGNORANCE_BINS, brier, calibration_error, crps, ignorance, interval_score, log_score, mean_se, quantile,
    skill,
};
pub use special::{beta_quantiles, logistic, logit, normal_cdf, normal_quantile};
pub use tail::at_least;
pub use tenure::{Survival, episodes, survival};
pub use tolls::{
    Hedging, Toll, TollChain, TollFit, TollLaw, TollModel, TollPrior, TollWorld, TollWorlds, Tolls, sbc as tolls_sbc,
};
pub use votes::{VoteChain, VoteFit, VoteModel, VotePrior, Votes, sbc as votes_sbc};
pub use weigh::{Piece, Weighing, coherent, diagnosticity, from_logs, information, normalised, pooled, pooled_law};
pub use whereabouts::{Motion, Whereabouts, bursts, callable, motions};
