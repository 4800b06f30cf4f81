//! Claims with the truth behind them: read from generated files, or drawn by laws of our own.

use std::path::Path;

use stats::{Stream, Toll, Tolls, Votes};

/// One claim.
pub(super) struct Said {
    pub(super) event: u32,
    pub(super) source: u32,
    pub(super) label: u32,
    pub(super) number: u32,
    pub(super) hedge: Hedge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hedge {
    Exact,
    AtLeast,
    UpTo,
    About,
    Dozens,
}

pub(super) struct Claims {
    pub(super) said: Vec<Said>,
    pub(super) sources: usize,
    pub(super) labels: usize,
    /// By event: who did it, and how many it were.
    pub(super) who: Vec<u32>,
    pub(super) figures: Vec<u32>,
    /// Pairs of sources of which one copies the other, the smaller first.
    pub(super) copying: Vec<(usize, usize)>,
    /// By event, the numbers said, sorted; without those put in words.
    numbers: Vec<Vec<f64>>,
}

/// How claims come about.
pub(super) struct Laws {
    /// Share of the later half of sources that copy one of the earlier half.
    copiers: f64,
    /// Share of all sources that say three times as many.
    wild: f64,
}

impl Laws {
    /// As the shared generator has it.
    pub(super) const PLAIN: Self = Self { copiers: 0.5, wild: 0.0 };
    /// A third of all sources copy, a fifth are wild.
    pub(super) const HARD: Self = Self { copiers: 2.0 / 3.0, wild: 0.2 };
}

impl Claims {
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let rows = |name: &str| -> Result<Vec<csv::StringRecord>, String> {
            let path = folder.join(name);
            let told = |e: csv::Error| format!("{}: {e}", path.display());
            csv::Reader::from_path(&path).map_err(told)?.records().collect::<Result<_, _>>().map_err(told)
        };
        let cell = |r: &csv::StringRecord, i: usize| -> Result<u32, String> {
            r.get(i).and_then(|t| t.parse().ok()).ok_or_else(|| format!("a whole number is wanted in {r:?}"))
        };
        let (mut who, mut figures) = (Vec::new(), Vec::new());
        for r in rows("truth.csv")? {
            who.push(cell(&r, 1)?);
            figures.push(cell(&r, 2)?);
        }
        let mut said = Vec::new();
        for r in rows("claims.csv")? {
            let hedge = match r.get(4) {
                Some("exact") => Hedge::Exact,
                Some("at_least") => Hedge::AtLeast,
                Some("up_to") => Hedge::UpTo,
                Some("about") => Hedge::About,
                Some("dozens") => Hedge::Dozens,
                other => return Err(format!("an unknown hedge: {other:?}")),
            };
            said.push(Said {
                event: cell(&r, 0)?,
                source: cell(&r, 1)?,
                label: cell(&r, 2)?,
                number: cell(&r, 3)?,
                hedge,
            });
        }
        let meta = std::fs::read(folder.join("meta.json")).map_err(|e| e.to_string())?;
        let meta: serde_json::Value = serde_json::from_slice(&meta).map_err(|e| e.to_string())?;
        let copying = meta["copies_from"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(a, b)| {
                let (a, b) = (a.parse::<usize>().ok()?, usize::try_from(b.as_i64()?).ok()?);
                Some((a.min(b), a.max(b)))
            })
            .collect();
        Ok(Self::new(said, who, figures, copying))
    }

    fn new(said: Vec<Said>, who: Vec<u32>, figures: Vec<u32>, copying: Vec<(usize, usize)>) -> Self {
        let sources = said.iter().map(|s| s.source as usize + 1).max().unwrap_or(0);
        let labels = said.iter().map(|s| s.label).chain(who.iter().copied()).max().map_or(1, |l| l as usize + 1);
        let mut numbers = vec![Vec::new(); figures.len()];
        for s in said.iter().filter(|s| s.hedge != Hedge::Dozens) {
            numbers[s.event as usize].push(f64::from(s.number));
        }
        for n in &mut numbers {
            n.sort_by(f64::total_cmp);
        }
        Self { said, sources, labels, who, figures, copying, numbers }
    }

    pub(super) fn spoken_of(&self, event: usize) -> bool {
        !self.numbers[event].is_empty() || self.said.iter().any(|s| s.event as usize == event)
    }

    /// Numbers said of an event, sorted.
    pub(super) fn numbers(&self, event: usize) -> &[f64] {
        &self.numbers[event]
    }

    pub(super) fn median(&self, event: usize) -> Option<f64> {
        let n = &self.numbers[event];
        let half = n.len() / 2;
        (!n.is_empty()).then(|| if n.len() % 2 == 1 { n[half] } else { (n[half - 1] + n[half]) / 2.0 })
    }

    pub(super) fn votes(&self) -> Votes {
        let votes: Vec<_> = self.said.iter().map(|s| (s.event, s.source, s.label)).collect();
        Votes::new(self.who.len(), self.sources, self.labels, &votes)
    }

    /// Figures as cells: about N is the ten around it from 20 on, dozens are 24 to 99.
    pub(super) fn tolls(&self) -> Tolls {
        self.tolls_of(&self.said)
    }

    /// The same of some of the claims.
    pub(super) fn tolls_of<'s>(&self, said: impl IntoIterator<Item = &'s Said>) -> Tolls {
        let claims: Vec<Toll> = said
            .into_iter()
            .map(|s| {
                let n = f64::from(s.number);
                let (low, high, hedge) = match s.hedge {
                    Hedge::Exact => (n, n, 0),
                    Hedge::AtLeast => (n, n, 1),
                    Hedge::UpTo => (n, n, 2),
                    Hedge::About if s.number >= 20 => (n - 5.0, n + 4.0, 3),
                    Hedge::About => (n, n, 3),
                    Hedge::Dozens => (24.0, 99.0, 0),
                };
                Toll { event: s.event, voice: s.source, low, high, hedge }
            })
            .collect();
        Tolls::new(self.figures.len(), (0..self.sources as u32).collect(), &claims)
    }

    /// Claims of 30 sources on events, in the manner of the shared generator, with draws of our own.
    pub(super) fn draw(seed: u64, events: usize, laws: &Laws) -> Self {
        let (sources, k) = (30usize, 5u32);
        let mut s = Stream::new(seed, 21, 0);
        let shares = [0.4, 0.25, 0.15, 0.12, 0.08];
        let who: Vec<u32> = (0..events).map(|_| stats::pick(&shares, s.next_unit()) as u32).collect();
        let figures: Vec<u32> = (0..events)
            .map(|_| if s.next_unit() < 0.25 { 0 } else { (1.6 + 1.1 * s.normal()).exp().ceil() as u32 })
            .collect();
        let mut copying = Vec::new();
        let mut said: Vec<Said> = Vec::new();
        // By source: its claim on each event, as a place in `said`.
        let mut claimed: Vec<Vec<u32>> = Vec::new();
        for source in 0..sources {
            let accuracy = s.beta((6.0, 2.0)) * 0.6 + 0.35;
            let cover = s.beta((1.2, 5.0));
            let half = sources / 2;
            let parent =
                (source >= half && s.next_unit() < laws.copiers).then(|| (s.next_unit() * half as f64) as usize);
            copying.extend(parent.map(|p| (p, source)));
            let wild = if s.next_unit() < laws.wild { 3.0_f64.ln() } else { 0.0 };
            let (bias, sigma) = (0.25 * s.normal() + wild, (-1.2 + 0.4 * s.normal()).exp());
            let mut mine = vec![u32::MAX; events];
            for event in 0..events {
                if s.next_unit() >= cover {
                    continue;
                }
                let theirs = parent.map(|p| claimed[p][event]).filter(|c| *c != u32::MAX);
                let copied = theirs.filter(|_| s.next_unit() < 0.8).map(|c| &said[c as usize]);
                let claim = match copied {
                    Some(c) => Said { event: event as u32, source: source as u32, ..*c },
                    None => {
                        let truth = figures[event];
                        let label =
                            if s.next_unit() < accuracy { who[event] } else { (s.next_unit() * f64::from(k)) as u32 };
                        let x = if truth > 0 || s.next_unit() < 0.1 {
                            ((f64::from(truth) + 0.3) * (bias + sigma * s.normal()).exp()).round() as u32
                        } else {
                            0
                        };
                        let u = s.next_unit();
                        let (hedge, number) = match x {
                            3.. if u < 0.15 => (Hedge::AtLeast, ((f64::from(x) * 0.8) as u32).max(1)),
                            3.. if u < 0.25 => (Hedge::UpTo, (f64::from(x) * 1.2).ceil() as u32),
                            21.. if u < 0.4 => (Hedge::About, (f64::from(x) / 10.0).round() as u32 * 10),
                            3.. if u < 0.4 => (Hedge::About, x),
                            3.. if u < 0.45 => (Hedge::Dozens, 0),
                            _ => (Hedge::Exact, x),
                        };
                        Said { event: event as u32, source: source as u32, label, number, hedge }
                    }
                };
                mine[event] = said.len() as u32;
                said.push(claim);
            }
            claimed.push(mine);
        }
        Self::new(said, who, figures, copying)
    }
}
