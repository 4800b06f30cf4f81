//! The case as it stands: built again whenever a file changes, the last good build being served until the next is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Bytes;
use case::Loaded;
use engine::{BuildError, Journal, Options, Queued, Run, Store, StoreError};
use model::{Case, Problem};
use publish::screens;
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::past::Memory;
use crate::view;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Months that are looked ahead.
const MONTHS: usize = 6;
/// Claims times open claims up to which the queue is ordered by running the case again.
const QUEUE_CLAIMS: usize = 20_000;

/// One good build.
#[derive(Debug)]
pub(crate) struct Good {
    /// Number of the build since the server began.
    pub(crate) number: u64,
    /// The case that was built, with the texts of its files.
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) run: Run,
    pub(crate) index: view::Index,
    /// What is asked for again and again, written once.
    pub(crate) assessment: Part,
    pub(crate) views: Views,
    /// What was asked for and takes long: explanations, comparisons.
    pub(crate) answered: Mutex<BTreeMap<String, Part>>,
}

/// Something written of a build, and what it is known by: whoever has it already is told so.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) body: Bytes,
    pub(crate) tag: String,
}

impl Part {
    pub(crate) fn new(body: Bytes) -> Self {
        Self { tag: format!("\"{}\"", &blake3::hash(&body).to_hex()[..16]), body }
    }
}

/// What does not change when what conclusions stand on has been worked out, too.
#[derive(Debug, Clone)]
pub(crate) struct Views {
    pub(crate) events: Part,
    pub(crate) reports: Part,
    pub(crate) sources: Part,
    pub(crate) actors: Part,
    pub(crate) areas: Part,
    pub(crate) forecast: Part,
}

impl Views {
    fn new(case: &Case, run: &Run) -> Self {
        Self {
            events: Part::new(view::json(&screens::events(&run.assessment))),
            reports: Part::new(view::reports(case)),
            sources: Part::new(view::sources(case, run)),
            actors: Part::new(view::actors(case, run)),
            areas: Part::new(view::json(&screens::areas(case))),
            forecast: Part::new(view::json(&engine::futures(case, run, MONTHS))),
        }
    }
}

/// How the last attempt at a build went, and which build is served.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct News {
    /// Number of the build that is served; 0 while there is none.
    pub(crate) build: u64,
    /// Whether a build is under way.
    pub(crate) building: bool,
    /// Whether what conclusions stand on has been worked out in the build that is served.
    pub(crate) whole: bool,
    /// What keeps the case as it stands in the folder from being built, each with its carets.
    pub(crate) problems: Vec<String>,
    /// How often the review queue changed since the server began, by rulings or by its order.
    pub(crate) queue: u64,
}

/// The case, live.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
    good: RwLock<Option<Arc<Good>>>,
    /// What earlier builds said.
    pub(crate) memory: Memory,
    /// The queue of the last whole build.
    queue: RwLock<Arc<Vec<Queued>>>,
    news: Mutex<News>,
    tell: broadcast::Sender<News>,
    changed: Condvar,
    wake: Mutex<bool>,
}

fn locked<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nobody panics while holding one; if somebody did, what it holds is still whole.
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    pub(crate) fn new(folder: PathBuf, options: Options) -> Arc<Self> {
        let news = News { build: 0, building: true, whole: false, problems: Vec::new(), queue: 0 };
        Arc::new(Self {
            memory: Memory::new(&folder),
            folder,
            options,
            good: RwLock::new(None),
            queue: RwLock::default(),
            news: Mutex::new(news),
            tell: broadcast::channel(64).0,
            changed: Condvar::new(),
            wake: Mutex::new(false),
        })
    }

    /// The build that is served.
    pub(crate) fn good(&self) -> Option<Arc<Good>> {
        self.good.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn queue(&self) -> Arc<Vec<Queued>> {
        self.queue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn news(&self) -> News {
        locked(&self.news).clone()
    }

    /// Hears of what is new from now on.
    pub(crate) fn hear(&self) -> broadcast::Receiver<News> {
        self.tell.subscribe()
    }

    pub(crate) fn say(&self, change: impl FnOnce(&mut News)) {
        let mut news = locked(&self.news);
        change(&mut news);
        // Nobody need be listening.
        let _ = self.tell.send(news.clone());
    }

    /// Has the folder looked at now.
    pub(crate) fn look(&self) {
        *locked(&self.wake) = true;
        self.changed.notify_all();
    }

    /// Builds now and whenever something changed, for ever.
    pub(crate) fn keep_building(self: &Arc<Self>) {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        // One core is left to those who read.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.saturating_sub(1).max(1)).build();
        let mut seen = None;
        loop {
            let now = fingerprint(&self.folder);
            if seen.as_ref() != Some(&now) {
                seen = Some(now);
                self.say(|n| n.building = true);
                let problems = match &pool {
                    Ok(pool) => pool.install(|| self.build()),
                    Err(e) => Err(vec![format!("error: no threads to build with: {e}")]),
                };
                self.say(|n| {
                    n.building = false;
                    n.problems = problems.err().unwrap_or_default();
                });
                continue;
            }
            let wake = locked(&self.wake);
            let (mut wake, _) =
                self.changed.wait_timeout_while(wake, LOOK, |w| !*w).unwrap_or_else(PoisonError::into_inner);
            *wake = false;
        }
    }

    /// Builds once. First what can be had quickly, then what conclusions stand on.
    fn build(&self) -> Result<(), Vec<String>> {
        let loaded = Arc::new(loaded(&self.folder)?);
        let case = &loaded.case;
        let drawn = |problems: Vec<Problem>| loaded.drawn(&problems);
        let failed = |e: StoreError| vec![format!("error: {e}")];
        let run = engine::assess(case, self.options).map_err(drawn)?;
        let views = Views::new(case, &run);
        self.serve(&loaded, run, views.clone(), false);
        let store = Store::open(&self.folder.join(".bellwether")).map_err(failed)?;
        let built = engine::build(case, self.options, &store, Journal::building(&store, &engine::silent)).map_err(
            |e| match e {
                BuildError::Case(problems) => drawn(problems),
                BuildError::Store(e) => failed(e),
            },
        )?;
        drop(store);
        self.memory.remember(&built.run).map_err(|e| vec![format!("error: {e}")])?;
        self.serve(&loaded, built.run, views, true);
        self.order(case);
        Ok(())
    }

    fn serve(&self, loaded: &Arc<Loaded>, run: Run, views: Views, whole: bool) {
        let number = locked(&self.news).build + 1;
        let assessment =
            Part::new(view::json(&screens::assessment(&loaded.case, &run.assessment, run.scrutiny.as_ref())));
        let index = view::Index::new(&loaded.case, &run);
        let good = Good { number, index, assessment, views, answered: Mutex::default(), loaded: loaded.clone(), run };
        *self.good.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(good));
        if number == 1 {
            // Until it is ordered by what depends on each claim: nobody is told that nothing waits.
            self.line_up(view::by_doubt(&loaded.case));
        }
        self.say(|n| {
            n.build = number;
            n.whole = whole;
        });
    }

    /// Orders the review queue: by what depends on each claim, or, where that would take too long, by doubt alone.
    fn order(&self, case: &Case) {
        let doubtful = view::by_doubt(case);
        let exact = doubtful.len() * case.claims.len() <= QUEUE_CLAIMS;
        let queue = if exact { engine::queue(case, &|_, _| {}).unwrap_or(doubtful) } else { doubtful };
        self.line_up(queue);
    }

    fn line_up(&self, queue: Vec<Queued>) {
        *self.queue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(queue);
        self.say(|n| n.queue += 1);
    }
}

/// Loads a case with the rows of its data sets; or every problem that keeps it from being built, drawn.
fn loaded(folder: &Path) -> Result<Loaded, Vec<String>> {
    let mut loaded = disk::load(folder).map_err(|e| vec![format!("error: {e}")])?;
    if loaded.has_errors() {
        return Err(loaded.drawn(&loaded.errors()));
    }
    if loaded.case.datasets.is_empty() {
        return Ok(loaded);
    }
    let store = Store::peek(&folder.join(".bellwether"));
    let open = |path: &str| fs::File::open(folder.join(path));
    let quiet = |_: &str| -> Box<dyn Fn(u64, u64) + Sync> { Box::new(|_, _| {}) };
    let threads = rayon::current_num_threads();
    match engine::with_rows(&loaded.case, &store, &mut Journal::reading(&store), &open, threads, &quiet) {
        Ok(case) => {
            loaded.case = case;
            Ok(loaded)
        }
        Err(engine::RowsError::Case(problems)) => Err(loaded.drawn(&problems)),
        Err(engine::RowsError::Other(e)) => Err(vec![format!("error: {e}")]),
    }
}

/// Every file of the case with its size and time of change.
fn fingerprint(folder: &Path) -> Vec<(PathBuf, u64, u128)> {
    let mut out = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((dir, depth)) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for e in entries.flatten() {
            let name = e.file_name();
            let name = name.to_string_lossy();
            // What is built, kept aside or published does not change the case.
            if name.starts_with('.')
                || name.ends_with(".tmp")
                || name == "case.lock"
                || (depth == 0 && name == "published")
            {
                continue;
            }
            let Ok(meta) = e.metadata() else { continue };
            if meta.is_dir() && depth < 3 {
                open.push((e.path(), depth + 1));
            } else if meta.is_file() {
                let changed = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
                out.push((e.path(), meta.len(), changed.map_or(0, |d| d.as_nanos())));
            }
        }
    }
    out.sort();
    out
}
