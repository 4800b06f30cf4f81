//! The workbench under load: readers and coders at once on a case of 20,000 claims, killed in the middle and started again;
//! and its map of 20,000 events in a real browser (where Chromium and the packages of `ui/` are installed).

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Row;

/// Claims of the case, each of an event of its own, and how many a report has.
const CLAIMS: usize = 20_000;
const IN_REPORT: usize = 20;
/// Those that a machine read: what coders rule on.
const READ: usize = 10_000;
const READERS: usize = 50;
const CODERS: usize = 5;

/// `--data PATH` names another case to serve; `--window SECONDS` how long the load goes on (300 if nothing is said).
pub(crate) fn run(data: Option<&Path>, seconds: Option<i64>) -> Result<Vec<Row>, String> {
    let length = Duration::from_secs(seconds.unwrap_or(300).max(4) as u64);
    let folder = std::env::temp_dir().join(format!("bellwether-serve-{}", std::process::id()));
    let case = match data {
        Some(path) => path.to_owned(),
        None => {
            made(&folder).map_err(|e| format!("cannot write {}: {e}", folder.display()))?;
            folder.clone()
        }
    };
    let out = measured(&case, length);
    let _ = fs::remove_dir_all(&folder);
    out
}

/// What `serve` runs in a process of its own, so that it can be killed.
pub(crate) fn child(case: &Path) -> Result<(), String> {
    let address: std::net::SocketAddr = "127.0.0.1:0".parse().map_err(|e| format!("{e}"))?;
    let options = workbench::Options {
        case: case.to_owned(),
        address,
        database: None,
        by: "bench".into(),
        names: vec![],
        issuer: None,
        worlds: 64,
    };
    workbench::run(options, |at, _| println!("{at}"))
}

/// A case of invented events, as many as are asked for.
fn made(folder: &Path) -> std::io::Result<()> {
    for (path, text) in case::template(case::Template::Minimal) {
        if path.starts_with("reports/") || path.starts_with("claims/") || path.starts_with("tests/") {
            continue;
        }
        // Events alone: what the template asks speaks of events that are not there.
        if matches!(path.as_str(), "indicators.toml" | "hypotheses.toml" | "judgments.toml") {
            continue;
        }
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap_or(folder))?;
        fs::write(to, text)?;
    }
    fs::create_dir_all(folder.join("reports"))?;
    fs::create_dir_all(folder.join("claims"))?;
    let (mut hand, mut read) = (String::new(), String::new());
    for r in 0..CLAIMS / IN_REPORT {
        let id = format!("2024-03-01-bulletin-{r}");
        let mut text = "---\ntitle: Bulletin\nsource: daily\npublished: 2024-03-01\n---\n".to_owned();
        for k in 0..IN_REPORT {
            let i = r * IN_REPORT + k;
            let start = text.len();
            let words = format!("Attack number {i} killed {} soldiers", i % 7);
            text.push_str(&words);
            let (end, day) = (text.len(), i % 700);
            text.push_str(".\n");
            let time = format!("{}-{:02}-{:02}", 2022 + day / 360, day % 360 / 30 + 1, day % 30 % 28 + 1);
            // Spread over a country, the same every time.
            let (lon, lat) =
                (60.0 + (i as f64 * 0.618_034).fract() * 12.0, 30.0 + (i as f64 * 0.754_877).fract() * 8.0);
            let mut claim = json!({"id": format!("c{i}"), "report": id,
                "excerpt": {"exact": words, "start": start, "end": end, "prefix": "", "suffix": ".\n"}, "chain": ["daily"], "stance": "asserts",
                "says": {"event": {"id": format!("e{i}"), "type": "Battles", "actors": [{"known": {"actor": "front", "role": "perpetrator"}}],
                    "place": {"point": {"lon": lon, "lat": lat, "uncertainty_m": 5000}}, "time": time}}});
            if i < READ {
                claim["rule"] = "verb-active".into();
                read.push_str(&format!("{claim}\n"));
            } else {
                hand.push_str(&format!("{claim}\n"));
            }
        }
        fs::write(folder.join(format!("reports/{id}.md")), text)?;
    }
    fs::write(folder.join("claims/hand.jsonl"), hand)?;
    fs::write(folder.join("claims/read.jsonl"), read)
}

/// A server, killed when it is let go.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(case: &Path) -> Result<Self, String> {
        let me = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut process = Command::new(me)
            .args(["serve-child", "--data"])
            .arg(case)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start the server: {e}"))?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(|e| e.to_string())?;
        }
        let server = Self { process, url: format!("http://{}", line.trim()) };
        server.at_rest()?;
        Ok(server)
    }

    /// Waits until the case as it stands is built, whole.
    fn at_rest(&self) -> Result<(), String> {
        let (agent, begun) = (agent(), Instant::now());
        loop {
            let state = get(&agent, &self.url, "/api/state").unwrap_or(Value::Null);
            if state["whole"] == true && state["building"] == false {
                return Ok(());
            }
            if state["problems"].as_array().is_some_and(|p| !p.is_empty()) || begun.elapsed() > Duration::from_secs(900)
            {
                return Err(format!("the server has no build: {state}"));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn kill(&mut self) {
        // SIGKILL: nothing is said goodbye to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn get(agent: &ureq::Agent, url: &str, path: &str) -> Result<Value, String> {
    let mut res = agent.get(format!("{url}{path}")).call().map_err(|e| e.to_string())?;
    if res.status() != 200 {
        return Err(format!("{path}: {}", res.status()));
    }
    let bytes = res.body_mut().with_config().limit(64 << 20).read_to_vec().map_err(|e| e.to_string())?;
    serde_json::from_slice(&bytes).map_err(|e| format!("{path}: {e}"))
}

/// The time below which 95 of 100 lie, in milliseconds.
fn p95(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 95 / 100).map_or(f64::NAN, |s| s * 1000.0)
}

fn measured(case: &Path, length: Duration) -> Result<Vec<Row>, String> {
    let begun = Instant::now();
    let mut server = Server::start(case)?;
    let ready = begun.elapsed().as_secs_f64();
    let events = get(&agent(), &server.url, "/api/events")?;
    let ids: Vec<String> =
        events["rows"].as_array().into_iter().flatten().filter_map(|r| Some(r[0].as_str()?.to_owned())).collect();
    let reports = get(&agent(), &server.url, "/api/reports")?;
    let reports: Vec<String> =
        reports.as_array().into_iter().flatten().filter_map(|r| Some(r["id"].as_str()?.to_owned())).collect();
    let claims: Vec<String> = fs::read_to_string(case.join("claims/read.jsonl"))
        .map_err(|e| format!("the case has no claims that a machine read: {e}"))?
        .lines()
        .filter_map(|l| Some(serde_json::from_str::<Value>(l).ok()?["id"].as_str()?.to_owned()))
        .collect();
    let next = AtomicUsize::new(0);
    let acknowledged: Mutex<BTreeSet<String>> = Mutex::default();
    let (mut reads, mut rulings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    // Half of the time, then the server is killed while everybody works; then the other half.
    for half in 0..2 {
        let stop = AtomicBool::new(false);
        let killed = AtomicBool::new(false);
        let url = server.url.clone();
        let results: Vec<(bool, Vec<f64>, Vec<String>)> = std::thread::scope(|scope| {
            let mut all = Vec::new();
            for who in 0..READERS + CODERS {
                let (ids, reports, claims, url, stop, killed, next, acknowledged) =
                    (&ids, &reports, &claims, &url, &stop, &killed, &next, &acknowledged);
                all.push(scope.spawn(move || {
                    let agent = agent();
                    let (mut times, mut errors) = (Vec::new(), Vec::new());
                    let coder = who >= READERS;
                    let csrf =
                        get(&agent, url, "/api/session").map(|s| s["csrf"].as_str().unwrap_or_default().to_owned());
                    let mut turn = who * 7919;
                    while !stop.load(Ordering::Relaxed) {
                        turn += 1;
                        let begun = Instant::now();
                        let done = if coder {
                            let Some(claim) = claims.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                            let body = json!({"claim": claim, "is": "accepted", "why": "it stands there"}).to_string();
                            let res = agent
                                .post(format!("{url}/api/rulings"))
                                .header("content-type", "application/json")
                                .header("x-csrf-token", csrf.as_deref().unwrap_or_default())
                                .send(body);
                            match res {
                                Ok(mut r) if r.status() == 201 => {
                                    let _ = r.body_mut().read_to_vec();
                                    if let Ok(mut a) = acknowledged.lock() {
                                        a.insert(claim.clone());
                                    }
                                    Ok(())
                                }
                                Ok(r) => Err(format!("a ruling: {}", r.status())),
                                Err(e) => Err(e.to_string()),
                            }
                        } else {
                            // What a reader's pages ask for, mostly events and reports.
                            let path = match turn % 8 {
                                0 => "/api/assessment".to_owned(),
                                1 => "/api/queue".to_owned(),
                                2 => "/api/sources".to_owned(),
                                3 | 4 => format!("/api/reports/{}", reports[turn % reports.len()]),
                                _ => format!("/api/events/{}", ids[turn % ids.len()]),
                            };
                            get(&agent, url, &path).map(drop)
                        };
                        match done {
                            Ok(()) => times.push(begun.elapsed().as_secs_f64()),
                            Err(_) if killed.load(Ordering::SeqCst) => break,
                            Err(e) => errors.push(e),
                        }
                        // People look at what they asked for.
                        let pause = if coder { 400 } else { 500 };
                        std::thread::sleep(Duration::from_millis(pause));
                    }
                    (coder, times, errors)
                }));
            }
            std::thread::sleep(length / 2);
            if half == 0 {
                killed.store(true, Ordering::SeqCst);
                server.kill();
            }
            stop.store(true, Ordering::Relaxed);
            all.into_iter().filter_map(|h| h.join().ok()).collect()
        });
        for (coder, times, wrong) in results {
            if coder {
                rulings.extend(times)
            } else {
                reads.extend(times)
            }
            errors.extend(wrong);
        }
        if half == 0 {
            server = Server::start(case)?;
        }
    }
    let kept: BTreeSet<String> = fs::read_to_string(case.join("rulings.jsonl"))
        .map_err(|e| e.to_string())?
        .lines()
        .filter_map(|l| Some(serde_json::from_str::<Value>(l).ok()?["decides"]["claim"]["claim"].as_str()?.to_owned()))
        .collect();
    let acknowledged = acknowledged.into_inner().unwrap_or_default();
    let lost = acknowledged.difference(&kept).count();
    if let Some(e) = errors.first() {
        eprintln!("the first of {} errors: {e}", errors.len());
    }
    let mut out = vec![
        Row::new("serve-ready-s", ready, "s", ""),
        Row::new("serve-reads", reads.len() as f64, "", ""),
        Row::new("serve-read-p95-ms", p95(&mut reads), "ms", "< 50"),
        Row::new("serve-rulings", rulings.len() as f64, "", ""),
        Row::new("serve-ruling-p95-ms", p95(&mut rulings), "ms", "< 100"),
        Row::new("serve-errors", errors.len() as f64, "", "0"),
        Row::new("serve-lost-rulings", lost as f64, "", "0"),
    ];
    // The last rulings are built first: the map is of a server at rest.
    server.at_rest()?;
    out.extend(map(&server.url)?);
    Ok(out)
}

/// The map in a browser; nothing, with a word, where there is none.
fn map(url: &str) -> Result<Vec<Row>, String> {
    let ui = PathBuf::from("ui");
    if !ui.join("node_modules/@playwright").is_dir() {
        eprintln!("skipped: the map in a browser (npm --prefix ui ci, and Chromium)");
        return Ok(vec![]);
    }
    let out = Command::new("node")
        .args(["tests/map-speed.mjs", url])
        .current_dir(&ui)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("node: {e}"))?;
    let said: Value = serde_json::from_slice(&out.stdout).map_err(|e| format!("the browser measured nothing: {e}"))?;
    let n = |key: &str| said[key].as_f64().unwrap_or(f64::NAN);
    Ok(vec![
        Row::new("serve-map-first-paint-ms", n("first_paint_ms"), "ms", "< 2000"),
        Row::new("serve-map-fps", n("fps"), "frames/s", ">= 30"),
    ])
}
