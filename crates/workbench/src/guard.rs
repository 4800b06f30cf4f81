//! Who is asking, whether they may, and what every answer carries.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;
use utoipa::{IntoResponses, ToSchema};

use crate::App;
use crate::accounts::{Account, Role};
use crate::write::{MAX_FILE, Refused, Stands};

/// Most bytes that a request may bring.
pub(crate) const MAX_BODY: usize = MAX_FILE + (4 << 10);

/// The session's cookie.
pub(crate) const COOKIE: &str = "bellwether";

/// Scripts, styles and data from here and from nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Why a request was not answered.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Refusal {
    #[serde(skip)]
    #[schema(ignore)]
    status: StatusCode,
    /// In words.
    error: String,
    /// What would be wrong with the case, each with its carets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
    /// The ruling that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    ruling: Option<Box<Stands>>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), ..Self::default() }
    }

    pub(crate) fn none(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }

    pub(crate) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// The server's own fault.
    pub(crate) fn ours(error: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }
}

impl From<Refused> for Refusal {
    fn from(r: Refused) -> Self {
        match r {
            Refused::Bad(e) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, e),
            Refused::Problems(problems) => Self {
                problems,
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "the case would not be sound; nothing was changed")
            },
            Refused::Ruled(by) => Self {
                error: format!("{} ruled on it on {}: {}", by.by, by.at, by.is),
                ruling: Some(by),
                ..Self::new(StatusCode::CONFLICT, "")
            },
            Refused::Changed => Self::new(StatusCode::CONFLICT, "somebody changed it since you read it; read it again"),
            Refused::Failed(e) => Self::ours(e),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// How any request may fail.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub(crate) enum Failures {
    /// What was sent cannot be read.
    #[response(status = 400)]
    Bad(#[to_schema] Refusal),
    /// Nobody is signed in.
    #[response(status = 401)]
    Who(#[to_schema] Refusal),
    /// Whoever is signed in may not, or the request came from elsewhere.
    #[response(status = 403)]
    MayNot(#[to_schema] Refusal),
    /// There is no such thing.
    #[response(status = 404)]
    None(#[to_schema] Refusal),
    /// Somebody was there first.
    #[response(status = 409)]
    First(#[to_schema] Refusal),
    /// Too much was sent.
    #[response(status = 413)]
    Large(#[to_schema] Refusal),
    /// It was not JSON.
    #[response(status = 415)]
    Kind(#[to_schema] Refusal),
    /// It can be read, but will not do.
    #[response(status = 422)]
    Will(#[to_schema] Refusal),
    /// Too often.
    #[response(status = 429)]
    Often(#[to_schema] Refusal),
    /// There is no build yet.
    #[response(status = 503)]
    NotYet(#[to_schema] Refusal),
}

/// A JSON body; what is wrong with it is said as JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(req: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let told = |r: JsonRejection| Refusal::new(r.status(), r.body_text());
        Json::<T>::from_request(req, app).await.map(|Json(x)| Self(x)).map_err(told)
    }
}

/// What stands behind the question mark.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let told = |r: QueryRejection| Refusal::bad(r.body_text());
        Query::<T>::from_request_parts(parts, app).await.map(|Query(x)| Self(x)).map_err(told)
    }
}

/// What a cookie holds.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .find_map(|c| c.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Whether the browser speaks TLS to the proxy before us.
pub(crate) fn encrypted(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|p| p == "https")
}

/// Sets the session's cookie, or takes it away.
pub(crate) fn set_cookie(headers: &HeaderMap, token: Option<&str>) -> (HeaderName, String) {
    // Behind a proxy that speaks TLS the cookie never travels without.
    let secure = encrypted(headers);
    let age = if token.is_some() { 12 * 3600 } else { 0 };
    let mut text = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}", token.unwrap_or_default());
    if secure {
        text.push_str("; Secure");
    }
    (header::SET_COOKIE, text)
}

/// Whoever asks, if they may do what a role may. A request that changes something shows the session's token, too: a page
/// from elsewhere cannot know it.
pub(crate) struct May<const ROLE: u8> {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) csrf: String,
    pub(crate) signed_in: bool,
}

/// May read.
pub(crate) type Reader = May<{ Role::Reader as u8 }>;
/// May rule and code.
pub(crate) type Coder = May<{ Role::Coder as u8 }>;
/// May edit and publish.
pub(crate) type Analyst = May<{ Role::Analyst as u8 }>;
/// May keep accounts.
pub(crate) type Owner = May<{ Role::Owner as u8 }>;

impl<const ROLE: u8> FromRequestParts<Arc<App>> for May<ROLE> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let session = match cookie(&parts.headers, COOKIE) {
            Some(token) => app.accounts.session(token).await.map_err(Refusal::ours)?,
            None => None,
        };
        let me = match session {
            Some(s) => Self { name: s.account.name, role: s.account.role, csrf: s.csrf, signed_in: true },
            None if app.open().await? => {
                Self { name: app.by.clone(), role: Role::Owner, csrf: app.csrf.clone(), signed_in: false }
            }
            None => return Err(Refusal::new(StatusCode::UNAUTHORIZED, "sign in first")),
        };
        if (me.role as u8) < ROLE {
            return Err(Refusal::new(StatusCode::FORBIDDEN, format!("a {} may not do that", me.role.name())));
        }
        if parts.method != Method::GET && parts.method != Method::HEAD {
            let shown = parts.headers.get("x-csrf-token").map_or(&[][..], HeaderValue::as_bytes);
            if !bool::from(shown.ct_eq(me.csrf.as_bytes())) {
                return Err(Refusal::new(StatusCode::FORBIDDEN, "the request does not carry this session's token"));
            }
            if app.writes.check_key(&me.name).is_err() {
                return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many changes at once; wait a moment"));
            }
        }
        Ok(me)
    }
}

impl<const ROLE: u8> May<ROLE> {
    /// As an account.
    pub(crate) fn account(&self) -> Account {
        Account { name: self.name.clone(), role: self.role }
    }
}

/// Where a request comes from, for limits.
pub(crate) struct Address(pub(crate) IpAddr);

impl FromRequestParts<Arc<App>> for Address {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Refusal> {
        let at = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        at.map(|c| Self(c.0.ip())).ok_or_else(|| Refusal::ours("the connection has no address"))
    }
}

/// Refuses what was sent from a page of another origin, or to another name than ours; and sets the headers that keep a
/// browser from doing what it should not.
pub(crate) async fn guard(State(app): State<Arc<App>>, req: Request, next: Next) -> Response {
    let refused = elsewhere(&app, req.headers());
    let mut res = match refused {
        Some(why) => Refusal::new(StatusCode::FORBIDDEN, why).into_response(),
        None if announced(req.headers()) > MAX_BODY as u64 => {
            // Told before it is sent; what is not announced is cut off at the same size.
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {MAX_BODY} bytes are taken")).into_response()
        }
        None => next.run(req).await,
    };
    let h = res.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        h.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !h.contains_key(header::CACHE_CONTROL) {
        h.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    res
}

/// Bytes that a request says it brings.
fn announced(headers: &HeaderMap) -> u64 {
    headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// Why a request is not from one of our own pages, or not to us.
fn elsewhere(app: &App, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    // A name that somebody else lets point here (DNS rebinding) is none of ours.
    if !app.is_called(host) {
        return Some(format!("this server is not called `{}`; start it with `--name`", host.escape_debug()));
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let of = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        if of != Some(host) {
            return Some("the request came from a page of another origin".into());
        }
    }
    match headers.get("sec-fetch-site").and_then(|h| h.to_str().ok()) {
        Some("cross-site" | "same-site") if headers.get("sec-fetch-mode").is_none_or(|m| m != "navigate") => {
            Some("the request came from a page of another origin".into())
        }
        _ => None,
    }
}
