//! Serves a build, live, and writes rulings back: a JSON API described by OpenAPI, the pages of `ui/` that speak to it,
//! accounts with roles, and an audit log. Knows nothing of terminals.

mod accounts;
mod api;
mod guard;
mod live;
mod oidc;
mod pages;
mod past;
mod view;
mod write;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

pub use accounts::{Account, Accounts, Entry, Role};
pub use oidc::{Issuer, Named};
pub use pages::has_pages;

use guard::Refusal;
use live::Live;
use write::Desk;

/// Sign-ins that one address may try, a minute.
const SIGN_INS: u32 = 10;
/// Changes that one person may make, a second; a coder with quick fingers makes three.
const WRITES: u32 = 50;
/// Answers that take long, worked out at the same time.
const SLOW: usize = 2;

/// How long requests that are under way may go on once the server is asked to end.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// How to serve a case.
#[derive(Debug, Clone)]
pub struct Options {
    /// The case folder.
    pub case: PathBuf,
    /// Where to listen.
    pub address: SocketAddr,
    /// Where accounts and the audit log are kept; SQLite beside the case if nothing is said.
    pub database: Option<String>,
    /// Who rules where nobody has to sign in.
    pub by: String,
    /// Names by which the server may be called, beside the address that it listens on.
    pub names: Vec<String>,
    /// Whose word for who somebody is is taken, beside a password's.
    pub issuer: Option<Issuer>,
    /// Number of worlds.
    pub worlds: usize,
}

/// Everything that a request may need.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) live: Arc<Live>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) accounts: Accounts,
    pub(crate) sso: Option<Arc<oidc::Sso>>,
    /// Who rules where nobody has to sign in, and what their requests show.
    pub(crate) by: String,
    pub(crate) csrf: String,
    address: SocketAddr,
    names: Vec<String>,
    /// Whether an account has been seen: from then on everybody signs in.
    kept: AtomicBool,
    pub(crate) slow: Arc<Semaphore>,
    pub(crate) sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    pub(crate) writes: DefaultKeyedRateLimiter<String>,
}

impl App {
    /// Whether nobody has to sign in: only where nobody else can reach us, and only as long as there is no account.
    pub(crate) async fn open(&self) -> Result<bool, Refusal> {
        if !self.address.ip().is_loopback() || self.kept.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let any = !self.accounts.all().await.map_err(Refusal::ours)?.is_empty();
        self.kept.store(any, Ordering::Relaxed);
        Ok(!any)
    }

    /// Has the next request look again whether there are accounts.
    pub(crate) fn accounts_changed(&self) {
        self.kept.store(false, Ordering::Relaxed);
    }

    /// Whether that is a name of ours, as a browser writes it in `Host`.
    pub(crate) fn is_called(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((n, p)) if !p.ends_with(']') => (n, Some(p)),
            _ => (host, None),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        if self.names.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return true;
        }
        if port.is_some_and(|p| p != self.address.port().to_string()) {
            return false;
        }
        let ours = |ip: IpAddr| ip == self.address.ip() || (self.address.ip().is_loopback() && ip.is_loopback());
        (self.address.ip().is_loopback() && name.eq_ignore_ascii_case("localhost"))
            || name.parse::<IpAddr>().is_ok_and(ours)
    }
}

/// Where the accounts of a case are kept if nothing is said: beside it, out of the way of what is read of it.
fn beside(case: &Path) -> Result<String, String> {
    let dir = case.join(".workbench");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let path = dir.join("accounts.sqlite");
    Ok(format!("sqlite://{}?mode=rwc", path.display()))
}

/// Opens the accounts of a case.
///
/// # Errors
/// The database cannot be reached or written.
pub async fn accounts_of(case: &Path, database: Option<&str>) -> Result<Accounts, String> {
    let url = match database {
        Some(url) => url.to_owned(),
        None => beside(case)?,
    };
    Accounts::open(&url).await
}

/// A runtime for the verbs that ask one thing of the database.
///
/// # Errors
/// The system gives no threads, or what is asked fails.
pub fn wait<T>(asked: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let made = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    made.map_err(|e| format!("cannot start threads: {e}"))?.block_on(asked)
}

/// Serves a case until the process is asked to end.
///
/// # Errors
/// As [`serve`].
pub fn run(options: Options, ready: impl FnOnce(SocketAddr, bool)) -> Result<(), String> {
    wait(serve(options, ready, asked_to_end()))
}

/// Ctrl+C, or what a supervisor sends.
async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let Ok(mut term) = term else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = term.recv() => {} }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

/// The description of the API, as OpenAPI 3.1 in JSON.
pub fn openapi() -> String {
    api::router().1.to_pretty_json().unwrap_or_default() + "\n"
}

/// Serves a case until `stop` comes; `ready` is told where, once the first request can be taken.
///
/// # Errors
/// The address cannot be listened on, or is not loopback while there is no account; the issuer is not asked over TLS; the
/// database.
pub async fn serve(
    options: Options,
    ready: impl FnOnce(SocketAddr, bool),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), String> {
    let accounts = accounts_of(&options.case, options.database.as_deref()).await?;
    let kept = !accounts.all().await?.is_empty();
    if !kept && !options.address.ip().is_loopback() {
        return Err(format!(
            "others can reach {}, and this case has no accounts: add one first (`bellwether account add {} NAME --role owner`)",
            options.address.ip(),
            options.case.display()
        ));
    }
    if let Some(issuer) = options.issuer.as_ref().filter(|i| !i.safe()) {
        return Err(format!(
            "{} would be asked without TLS: whoever is on the way could sign in as anybody",
            issuer.url
        ));
    }
    let listener =
        TcpListener::bind(options.address).await.map_err(|e| format!("cannot listen on {}: {e}", options.address))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let live = Live::new(options.case.clone(), engine::Options { worlds: options.worlds });
    let often = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    let app = Arc::new(App {
        live: live.clone(),
        desk: Arc::new(Desk::new(options.case)),
        accounts,
        sso: options.issuer.map(|i| Arc::new(oidc::Sso::new(i))),
        by: options.by,
        csrf: accounts::token()?,
        address,
        names: options.names,
        kept: AtomicBool::new(kept),
        slow: Arc::new(Semaphore::new(SLOW)),
        sign_ins: RateLimiter::keyed(Quota::per_minute(often(SIGN_INS))),
        writes: RateLimiter::keyed(Quota::per_second(often(WRITES))),
    });
    // The build has a thread of its own; it ends with the process.
    std::thread::Builder::new()
        .name("build".into())
        .spawn(move || live.keep_building())
        .map_err(|e| format!("cannot start a thread: {e}"))?;
    let (router, _) = api::router();
    let router = router
        .fallback(pages::page)
        .layer(DefaultBodyLimit::max(guard::MAX_BODY))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .with_state(app);
    ready(address, kept);
    // Streams of news do not end by themselves: what is open gets a moment, no more.
    let stopping = Arc::new(Notify::new());
    let asked = stopping.clone();
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            stop.await;
            asked.notify_one();
        })
        .into_future();
    tokio::select! {
        ended = server => ended.map_err(|e| format!("the server stopped: {e}")),
        () = async { stopping.notified().await; tokio::time::sleep(LAST_MOMENT).await } => Ok(()),
    }
}
