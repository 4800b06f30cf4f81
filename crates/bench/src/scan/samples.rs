//! SaTScan's sample data with its own results: one of each law.

use std::collections::BTreeMap;
use std::path::Path;

use model::Day;
use stats::{Scan, ScanLaw, Shape, Sites, Study, rank_p};

use super::known::Told;

/// How many samples were compared, and where ours differ: places, period, events, score to 1e-6, p-value within
/// four standard errors of both.
pub(super) fn failures(folder: &Path) -> Result<(usize, Vec<String>), String> {
    let mut failures = Vec::new();
    let samples: [(&str, fn(&Path) -> Result<Sample, String>); 3] =
        [("NYCfever", fever), ("nm", new_mexico), ("NHumberside", humberside)];
    for (name, read) in &samples {
        let result = folder.join("satscan_results").join(format!("{name}.txt"));
        let text = std::fs::read_to_string(&result).map_err(|e| format!("{}: {e}", result.display()))?;
        let all = Told::all(&text);
        let told = all.first().ok_or_else(|| format!("{name}: no cluster told"))?;
        let sample = read(&folder.join("satscan_samples"))?;
        let law = match &sample.law {
            Law::Permutation => ScanLaw::Permutation,
            Law::Poisson(cells) => ScanLaw::Poisson(cells),
            Law::Bernoulli(others) => ScanLaw::Bernoulli(others),
        };
        let study = Study { sites: &sample.sites, periods: sample.periods, events: &sample.events, law };
        let scan = Scan::new(study, sample.shape);
        let clusters = scan.clusters();
        let top = clusters.first().ok_or("no cluster")?;
        // Two are equally good in one of the samples; either may come first.
        let mut theirs = told.places.clone();
        theirs.sort();
        let same = clusters.iter().take_while(|c| top.score - c.score < 1e-9).any(|c| {
            let mut ours: Vec<String> = c.sites.iter().map(|s| sample.names[*s].clone()).collect();
            ours.sort();
            ours == theirs && c.events == told.events && told.frame == (sample.frame)(c.periods)
        });
        if !same {
            failures.push(format!("{name}: {:?} {:?} {}, SaTScan's {theirs:?}", top.sites, top.periods, top.events));
        }
        if (top.score - told.score).abs() > 1e-6 {
            failures.push(format!("{name}: score {}, SaTScan's {}", top.score, told.score));
        }
        let p = rank_p(top.score, &scan.maxima(1, 999, None));
        // Equal scores have one p-value; SaTScan's differ in the last bit, and so in which equal replicates count: the last
        // counts all. It stopped after some 50 that reached the score, or ran 999.
        let theirs = all.iter().take_while(|t| t.score == told.score).map(|t| t.p).fold(0.0, f64::max);
        let runs = if theirs > 0.05 { 50.0 / theirs } else { 999.0 };
        let error = (theirs * (1.0 - theirs) * (1.0 / runs + 1.0 / 999.0)).sqrt();
        if (p - theirs).abs() > 4.0 * error {
            failures.push(format!("{name}: p {p}, SaTScan's {theirs}"));
        }
    }
    Ok((samples.len(), failures))
}

enum Law {
    Permutation,
    Poisson(Vec<f64>),
    Bernoulli(Vec<(u32, u32)>),
}

struct Sample {
    names: Vec<String>,
    sites: Sites,
    periods: usize,
    events: Vec<(u32, u32)>,
    law: Law,
    shape: Shape,
    /// A pair of periods as SaTScan prints it.
    frame: fn((usize, usize)) -> String,
}

/// The words of each line.
fn lines(folder: &Path, file: &str) -> Result<Vec<Vec<String>>, String> {
    let text = std::fs::read_to_string(folder.join(file)).map_err(|e| format!("{file}: {e}"))?;
    Ok(text
        .lines()
        .map(|l| l.split_whitespace().map(str::to_owned).collect())
        .filter(|l: &Vec<_>| !l.is_empty())
        .collect())
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("not a number: {text}"))
}

type Places = (Vec<String>, Vec<(f64, f64)>, BTreeMap<String, u32>);

fn places(folder: &Path, file: &str) -> Result<Places, String> {
    let mut all: Places = Default::default();
    for line in lines(folder, file)? {
        all.2.insert(line[0].clone(), all.0.len() as u32);
        all.0.push(line[0].clone());
        all.1.push((number(&line[1])?, number(&line[2])?));
    }
    Ok(all)
}

fn fever(folder: &Path) -> Result<Sample, String> {
    let (names, at, index) = places(folder, "NYCfever.geo")?;
    let mut events = Vec::new();
    for line in lines(folder, "NYCfever.cas")? {
        // All in November.
        let day: u32 = number(line[2].rsplit('/').next().unwrap_or_default())?;
        for _ in 0..number::<u32>(&line[1])? {
            events.push((index[&line[0]], day - 1));
        }
    }
    Ok(Sample {
        names,
        sites: Sites::on_earth(&at, 3.0),
        periods: 24,
        events,
        law: Law::Permutation,
        shape: Shape { longest: 7, prospective: true, share: 0.5 },
        frame: |(from, to)| format!("2001/11/{} to 2001/11/{}", from + 1, to + 1),
    })
}

/// Expected by age and sex at the rates of the whole state; between censuses, which fall on 1 July, population changes evenly.
fn new_mexico(folder: &Path) -> Result<Sample, String> {
    const YEARS: std::ops::Range<i32> = 1973..1992;
    let (names, at, index) = places(folder, "nm.geo")?;
    let periods = YEARS.len();
    let mut events = Vec::new();
    let mut cases: BTreeMap<(String, String), f64> = BTreeMap::new();
    for line in lines(folder, "nm.cas")? {
        let n: u32 = number(&line[1])?;
        let year = number::<i32>(&line[2])? - YEARS.start;
        events.extend((0..n).map(|_| (index[&line[0]], year as u32)));
        *cases.entry((line[3].clone(), line[4].clone())).or_default() += f64::from(n);
    }
    // Person-days of each census by year: the mean of a straight line over a day is its middle.
    let first = Day::new(YEARS.start as i16, 1, 1).ok_or("day")?;
    let census: Vec<f64> =
        [1973, 1982, 1991].iter().filter_map(|y| Some(f64::from(Day::new(*y, 7, 1)?.0 - first.0))).collect();
    let mut weights = vec![[0.0; 3]; periods];
    for (t, year) in YEARS.enumerate() {
        let from = Day::new(year as i16, 1, 1).ok_or("day")?.0 - first.0;
        let to = Day::new(year as i16 + 1, 1, 1).ok_or("day")?.0 - first.0;
        for day in from..to {
            let x = (f64::from(day) + 0.5).clamp(census[0], census[2]);
            let i = usize::from(x >= census[1]);
            let part = (x - census[i]) / (census[i + 1] - census[i]);
            weights[t][i] += 1.0 - part;
            weights[t][i + 1] += part;
        }
    }
    let mut people: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for line in lines(folder, "nm.pop")? {
        let own = people.entry((line[3].clone(), line[4].clone())).or_insert_with(|| vec![0.0; names.len() * periods]);
        let i = ["73", "82", "91"].iter().position(|y| *y == line[1]).ok_or_else(|| line[1].clone())?;
        let n: f64 = number(&line[2])?;
        for (t, w) in weights.iter().enumerate() {
            own[index[&line[0]] as usize * periods + t] += n * w[i];
        }
    }
    let mut cells = vec![0.0; names.len() * periods];
    for (group, own) in &people {
        let rate = cases.get(group).copied().unwrap_or(0.0) / own.iter().sum::<f64>();
        for (cell, n) in cells.iter_mut().zip(own) {
            *cell += n * rate;
        }
    }
    Ok(Sample {
        names,
        sites: Sites::on_earth(&at, f64::INFINITY),
        periods,
        events,
        law: Law::Poisson(cells),
        shape: Shape { longest: periods / 2, prospective: false, share: 0.5 },
        frame: |(from, to)| format!("{}/1/1 to {}/12/31", from + 1973, to + 1973),
    })
}

fn humberside(folder: &Path) -> Result<Sample, String> {
    let (names, at, index) = places(folder, "NHumberside.geo")?;
    let read = |file: &str| -> Result<Vec<(u32, u32)>, String> {
        let mut all = Vec::new();
        for line in lines(folder, file)? {
            all.extend((0..number::<u32>(&line[1])?).map(|_| (index[&line[0]], 0)));
        }
        Ok(all)
    };
    Ok(Sample {
        sites: Sites::on_plane(&at, f64::INFINITY),
        names,
        periods: 1,
        events: read("NHumberside.cas")?,
        law: Law::Bernoulli(read("NHumberside.ctl")?),
        shape: Shape { longest: 1, prospective: false, share: 0.5 },
        frame: |_| String::new(),
    })
}
