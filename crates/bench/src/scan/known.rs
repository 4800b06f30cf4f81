//! SaTScan's recorded runs on the generated sets, and the floor in C.

use std::path::{Path, PathBuf};
use std::process::Command;

use stats::{Scan, ScanLaw, Shape, Sites, Study};

/// One recorded run.
pub(super) struct Setting {
    pub(super) name: String,
    /// Folder of the set: `scan1k`.
    pub(super) set: String,
    pub(super) prospective: bool,
    pub(super) longest: usize,
    pub(super) replicates: u32,
    pub(super) km: f64,
    /// SaTScan's CPU seconds.
    pub(super) seconds: f64,
    /// Its first cluster: places, periods, events, score.
    places: Vec<String>,
    periods: (usize, usize),
    events: u32,
    score: f64,
}

/// All recorded runs.
pub(super) fn settings() -> Result<Vec<Setting>, String> {
    let folder = crate::peers().join("satscan-reference");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names.into_iter().map(|n| Setting::read(&folder.join(&n), n)).collect()
}

impl Setting {
    fn read(folder: &Path, name: String) -> Result<Self, String> {
        let text = |file: &str| std::fs::read_to_string(folder.join(file)).map_err(|e| format!("{name}/{file}: {e}"));
        let (result, time) = (text("res.txt")?, text("time")?);
        let wrong = |what: &str| format!("{name}: no {what}");
        let part = |letter: &str| name.split('.').find_map(|p| p.strip_prefix(letter)?.parse::<f64>().ok());
        let cluster = Told::all(&result).into_iter().next().ok_or_else(|| wrong("cluster"))?;
        let mut periods = cluster.frame.split(" to ").filter_map(|t| t.trim().parse().ok());
        let seconds = time.split_whitespace().skip_while(|w| *w != "user").nth(1).and_then(|t| t.parse().ok());
        Ok(Self {
            set: name.split('.').next().unwrap_or_default().to_owned(),
            prospective: name.contains(".pro."),
            longest: part("W").ok_or_else(|| wrong("W"))? as usize,
            replicates: part("R").ok_or_else(|| wrong("R"))? as u32,
            km: match part("km") {
                Some(km) if km > 0.0 => km,
                _ => f64::INFINITY,
            },
            seconds: seconds.ok_or_else(|| wrong("user time"))?,
            periods: periods.next().zip(periods.next()).ok_or_else(|| wrong("time frame"))?,
            places: cluster.places,
            events: cluster.events,
            score: cluster.score,
            name,
        })
    }

    pub(super) fn shape(&self) -> Shape {
        Shape { longest: self.longest, prospective: self.prospective, share: 0.5 }
    }

    /// Where our first cluster differs from the recorded one.
    pub(super) fn failures(&self, folder: &Path) -> Result<Vec<String>, String> {
        let events = Events::read(&folder.join(&self.set), self.km)?;
        let scan = Scan::new(events.study(), self.shape());
        let top = scan.clusters().into_iter().next().ok_or("no cluster")?;
        let mut places: Vec<String> = top.sites.iter().map(|s| format!("L{s}")).collect();
        let mut theirs = self.places.clone();
        places.sort();
        theirs.sort();
        let mut failures = Vec::new();
        if places != theirs {
            failures.push(format!("{}: places {places:?}, SaTScan's {theirs:?}", self.name));
        }
        if (top.periods, top.events) != (self.periods, self.events) {
            failures.push(format!(
                "{}: {:?} with {}, SaTScan's {:?} with {}",
                self.name, top.periods, top.events, self.periods, self.events
            ));
        }
        if (top.score - self.score).abs() > 1e-5 {
            failures.push(format!("{}: score {}, SaTScan's {}", self.name, top.score, self.score));
        }
        Ok(failures)
    }
}

/// A cluster as SaTScan's result file tells it.
pub(super) struct Told {
    pub(super) places: Vec<String>,
    pub(super) frame: String,
    pub(super) events: u32,
    pub(super) score: f64,
    pub(super) p: f64,
}

impl Told {
    /// Those of a result file, the strongest first.
    pub(super) fn all(text: &str) -> Vec<Self> {
        text.split("Location IDs included.:").skip(1).map_while(Self::one).collect()
    }

    fn one(after: &str) -> Option<Self> {
        // The list may go on for lines; the first that has a field ends it.
        let field = |name: &str| {
            let line = after.lines().find(|l| l.trim_start().starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let list = after.split("Coordinates").next()?;
        Some(Self {
            places: list.split([',', '\n']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
            frame: field("Time frame").unwrap_or_default(),
            events: field("Number of cases")?.parse().ok()?,
            score: field("Test statistic").or_else(|| field("Log likelihood ratio"))?.parse().ok()?,
            // Too few replicates have none.
            p: field("P-value").and_then(|t| t.parse().ok()).unwrap_or(f64::NAN),
        })
    }
}

/// A generated set.
pub(super) struct Events {
    sites: Sites,
    events: Vec<(u32, u32)>,
    periods: usize,
}

impl Events {
    pub(super) fn read(folder: &Path, km: f64) -> Result<Self, String> {
        let text = |file: &str| {
            std::fs::read_to_string(folder.join(file)).map_err(|e| format!("{}: {e}", folder.join(file).display()))
        };
        let places = text("scan.geo")?
            .lines()
            .map(|l| {
                let mut f = l.split_whitespace().skip(1).filter_map(|t| t.parse().ok());
                f.next().zip(f.next()).ok_or_else(|| format!("scan.geo: {l}"))
            })
            .collect::<Result<Vec<(f64, f64)>, String>>()?;
        let events = text("events.csv")?
            .lines()
            .skip(1)
            .map(|l| {
                let mut f = l.split(',').skip(1).filter_map(|t| t.parse().ok());
                f.next().zip(f.next()).ok_or_else(|| format!("events.csv: {l}"))
            })
            .collect::<Result<Vec<(u32, u32)>, String>>()?;
        // The sets end with their last whole year.
        let last = events.iter().map(|e| e.1).max().unwrap_or(0) as usize + 1;
        Ok(Self { sites: Sites::on_earth(&places, km), events, periods: last.div_ceil(365) * 365 })
    }

    pub(super) fn study(&self) -> Study<'_> {
        Study { sites: &self.sites, periods: self.periods, events: &self.events, law: ScanLaw::Permutation }
    }

    pub(super) fn periods(&self) -> usize {
        self.periods
    }
}

/// The scan in C, compiled here.
pub(super) struct Floor(PathBuf);

pub(super) fn floor() -> Result<Floor, String> {
    let to = std::env::temp_dir().join("bellwether-scan-floor");
    let out = Command::new("gcc")
        .args(["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-pthread"])
        .arg(crate::peers().join("floor/stperm3.c"))
        .args(["-lm", "-w", "-o"])
        .arg(&to)
        .output()
        .map_err(|e| format!("gcc: {e}"))?;
    if out.status.success() { Ok(Floor(to)) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

impl Floor {
    /// Its CPU seconds for a setting, on two threads.
    pub(super) fn seconds(&self, folder: &Path, setting: &Setting) -> Result<f64, String> {
        let events = Events::read(&folder.join(&setting.set), setting.km)?;
        let km = if setting.km.is_finite() { setting.km } else { 0.0 };
        let (kind, mode) = if setting.prospective { ("pro", "sparse") } else { ("retro", "fast") };
        let out = Command::new(&self.0)
            .arg(folder.join(&setting.set))
            .args([
                events.periods().to_string(),
                setting.longest.to_string(),
                kind.into(),
                setting.replicates.to_string(),
            ])
            .args([mode.into(), km.to_string(), "2".to_owned(), "5".to_owned()])
            .output()
            .map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let seconds = text.split("cpu_total=").nth(1).and_then(|t| t.split('s').next()?.parse().ok());
        seconds.ok_or_else(|| format!("{text} {}", String::from_utf8_lossy(&out.stderr)))
    }
}
