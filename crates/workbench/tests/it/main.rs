//! The server as a whole: real requests over loopback to a real case, SQLite and PostgreSQL.

mod accounts;
mod contract;
mod desk;
mod oidc;
mod routes;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use workbench::{Accounts, Options, Role};

/// The password of everybody in these tests.
const PASSWORD: &str = "correct horse battery";

/// A case being served, until the test ends.
struct Served {
    folder: tempfile::TempDir,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    body: Value,
    head: ureq::http::HeaderMap,
}

/// Somebody who asks.
#[derive(Debug, Clone, Default)]
struct Who {
    cookie: Option<String>,
    csrf: Option<String>,
}

/// The smallest case, with one claim that a machine read.
fn case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in case::template(case::Template::Minimal) {
        disk::write(&folder.path().join(path), text.as_bytes()).unwrap();
    }
    let hand = std::fs::read_to_string(folder.path().join("claims/hand.jsonl")).unwrap();
    let mut claim: Value = serde_json::from_str(hand.lines().next().unwrap()).unwrap();
    claim["id"] = "read-bridge".into();
    claim["rule"] = "verb-active".into();
    std::fs::write(folder.path().join("claims/read.jsonl"), format!("{claim}\n")).unwrap();
    folder
}

impl Served {
    fn new(accounts: &[(&str, Role)]) -> Self {
        Self::of(case(), accounts, None)
    }

    fn of(folder: tempfile::TempDir, people: &[(&str, Role)], database: Option<String>) -> Self {
        Self::with(folder, people, database, None)
    }

    fn with(
        folder: tempfile::TempDir,
        people: &[(&str, Role)],
        database: Option<String>,
        issuer: Option<workbench::Issuer>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let path = folder.path().to_owned();
        for (name, role) in people {
            runtime.block_on(async {
                let a = workbench::accounts_of(&path, database.as_deref()).await.unwrap();
                a.put("test", name, *role, PASSWORD).await.unwrap();
            });
        }
        let options = Options {
            case: path,
            address: "127.0.0.1:0".parse().unwrap(),
            database,
            by: "tester".into(),
            names: vec![],
            issuer,
            worlds: 256,
        };
        let (tell, told) = mpsc::channel();
        runtime.spawn(async move {
            workbench::serve(options, move |at, _| tell.send(at).unwrap(), std::future::pending()).await.unwrap();
        });
        let address = told.recv_timeout(Duration::from_secs(20)).unwrap();
        let served = Self { folder, address, _runtime: runtime };
        let who = people.first().map_or_else(|| served.nobody(), |p| served.sign_in(p.0));
        served.until(&who, "the first build", |s| s["build"].as_u64() > Some(0));
        served
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Waits for the state to be so.
    fn until(&self, who: &Who, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let state = self.get(who, "/api/state").body;
            if so(&state) {
                return state;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}: {state}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks, with whatever headers.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut req = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (k, v) in headers {
            req = req.header(*k, *v);
        }
        let sent = if body.is_empty() {
            agent.run(req.body(()).unwrap())
        } else {
            agent.run(req.body(body.to_owned()).unwrap())
        };
        let mut res = sent.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let text = res.body_mut().read_to_string().unwrap();
        Reply {
            status: res.status().as_u16(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
            head: res.headers().clone(),
        }
    }

    /// Asks as somebody.
    fn send(&self, who: &Who, method: &str, path: &str, body: &Value) -> Reply {
        let mut headers = vec![("content-type", "application/json")];
        if let Some(c) = &who.cookie {
            headers.push(("cookie", c));
        }
        if let Some(t) = &who.csrf {
            headers.push(("x-csrf-token", t));
        }
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.ask(method, path, &headers, &text)
    }

    fn get(&self, who: &Who, path: &str) -> Reply {
        self.send(who, "GET", path, &Value::Null)
    }

    /// Whoever opens the page without an account.
    fn nobody(&self) -> Who {
        let session = self.get(&Who::default(), "/api/session").body;
        Who { cookie: None, csrf: session["csrf"].as_str().map(str::to_owned) }
    }

    fn sign_in(&self, name: &str) -> Who {
        let r = self.send(&Who::default(), "POST", "/api/session", &json!({"name": name, "password": PASSWORD}));
        assert_eq!(r.status, 200, "{r:?}");
        let cookie = r.head["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        Who {
            cookie: Some(cookie.split(';').next().unwrap().to_owned()),
            csrf: r.body["csrf"].as_str().map(str::to_owned),
        }
    }
}

/// A PostgreSQL server of the test's own; `None`, loudly, where none is installed.
struct Postgres {
    dir: PathBuf,
    bin: PathBuf,
}

impl Postgres {
    fn start() -> Option<(Self, String)> {
        let found = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let Some(bin) = found.map(|e| e.path().join("bin")).filter(|b| b.join("initdb").is_file()).max() else {
            eprintln!(
                "SKIPPED: no PostgreSQL server is installed (apt-get install postgresql), so accounts were tested on SQLite alone"
            );
            return None;
        };
        let dir = std::env::temp_dir().join(format!("bellwether-postgres-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let pg = Self { dir, bin };
        let data = pg.dir.join("data");
        std::fs::create_dir_all(&pg.dir).unwrap();
        if is_root() {
            assert!(
                std::process::Command::new("chown")
                    .args(["postgres", &pg.dir.to_string_lossy()])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        pg.run(&format!("{}/initdb -A trust -U app --no-sync -D {}", pg.bin.display(), data.display()));
        pg.run(&format!(
            "{}/pg_ctl -w -D {} -l {}/log -o '-p {port} -k {} -c listen_addresses=127.0.0.1' start",
            pg.bin.display(),
            data.display(),
            pg.dir.display(),
            pg.dir.display()
        ));
        pg.run(&format!("{}/createdb -h 127.0.0.1 -p {port} -U app bellwether", pg.bin.display()));
        Some((pg, format!("postgres://app@127.0.0.1:{port}/bellwether")))
    }

    /// As a user who is not root: PostgreSQL refuses to run otherwise.
    fn run(&self, command: &str) {
        let mut c = if is_root() {
            let mut c = std::process::Command::new("su");
            c.args(["postgres", "-s", "/bin/sh", "-c", command]);
            c
        } else {
            let mut c = std::process::Command::new("/bin/sh");
            c.args(["-c", command]);
            c
        };
        let status = c.current_dir("/tmp").stdout(std::process::Stdio::null()).status().unwrap();
        assert!(status.success(), "{command}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run(&format!("{}/pg_ctl -m immediate -D {}/data stop", self.bin.display(), self.dir.display()));
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn is_root() -> bool {
    let out = std::process::Command::new("id").arg("-u").output();
    out.is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}

/// The accounts at an address.
fn accounts(url: &str) -> (tokio::runtime::Runtime, Accounts) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let a = runtime.block_on(Accounts::open(url)).unwrap();
    (runtime, a)
}
