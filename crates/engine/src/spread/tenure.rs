//! How long the actor stays anywhere: episodes of presence by first-order division, and the share that lasts longer than so long.

use std::collections::BTreeMap;

use model::Day;
use serde::Serialize;
use stats::{episodes, survival};

use super::laws::Rows;
use super::precise;
use formats::Extent as Exactness;

/// A silence longer than this many days ends an episode.
const GAP: i32 = 365;

/// One episode.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Episode {
    /// First-order division.
    pub area: String,
    /// First and last day with an event.
    pub days: [Day; 2],
    /// Its end was seen: a year without an event followed.
    pub ended: bool,
}

/// One step of the curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lasting {
    /// Days.
    pub days: f64,
    /// Share of episodes that last longer.
    pub share: f64,
    /// 80 % interval of the share.
    pub interval: [f64; 2],
    /// Episodes that had lasted so long and were still watched.
    pub at_risk: usize,
}

/// Episodes and their curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tenure {
    /// Episodes, by area and day.
    pub episodes: Vec<Episode>,
    /// The curve.
    pub curve: Vec<Lasting>,
}

/// Of rows placed to their first-order division or better, up to `until`.
pub(super) fn tenure(rows: &Rows<'_>, until: Day) -> Tenure {
    let mut days: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for e in &rows.mine {
        if (precise(e) || e.extent == Exactness::Adm1) && !e.adm1.is_empty() && e.first <= until.0 {
            days.entry(&e.adm1).or_default().push(e.first);
        }
    }
    let mut all = Vec::new();
    for (area, days) in &mut days {
        days.sort_unstable();
        all.extend(episodes(days, GAP, until.0).into_iter().map(|(first, last, ended)| Episode {
            area: (*area).to_owned(),
            days: [Day(first), Day(last)],
            ended,
        }));
    }
    let lengths: Vec<(f64, bool)> = all.iter().map(|e| (f64::from(e.days[1].0 - e.days[0].0 + 1), e.ended)).collect();
    let curve = survival(&lengths, 0.8)
        .into_iter()
        .map(|s| Lasting { days: s.length, share: s.share, interval: [s.interval.0, s.interval.1], at_risk: s.at_risk })
        .collect();
    Tenure { episodes: all, curve }
}
