//! What can be asked for, and by whom. Every route is described to OpenAPI where it is written.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use engine::Queued;
use model::{Case, Day};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt as _};
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::accounts::{Account, Entry, Role};
use crate::guard::{
    Address, Analyst, Asked, Body, COOKIE, Coder, Failures, Owner, Reader, Refusal, cookie, encrypted, set_cookie,
};
use crate::live::{Good, News, Part};
use crate::past::{Compared, Past};
use crate::view;
use crate::write::{MAX_FILE, NewRuling, Stands, pair, with_area, with_likelihood};

type Shared = State<Arc<App>>;
type Answer<T> = Result<T, Refusal>;

/// Most rows that the console shows.
const MAX_ROWS: usize = 2_000;
/// Memory that one query may use.
const QUERY_BYTES: usize = 512 << 20;

#[derive(OpenApi)]
#[openapi(info(
    title = "Bellwether workbench",
    description = "The last good build of a case, what people rule and change, and who may. Changes carry the session's token in `x-csrf-token`."
))]
struct Described;

/// All routes, with their description.
pub(crate) fn router() -> (axum::Router<Arc<App>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(who, sign_in, sign_out))
        .routes(routes!(to_issuer))
        .routes(routes!(from_issuer))
        .routes(routes!(news))
        .routes(routes!(state))
        .routes(routes!(assessment))
        .routes(routes!(events))
        .routes(routes!(event))
        .routes(routes!(reports))
        .routes(routes!(report))
        .routes(routes!(claim))
        .routes(routes!(code))
        .routes(routes!(put_right))
        .routes(routes!(sources))
        .routes(routes!(actors))
        .routes(routes!(areas))
        .routes(routes!(clusters))
        .routes(routes!(draw))
        .routes(routes!(forecast))
        .routes(routes!(scores))
        .routes(routes!(explain))
        .routes(routes!(queue))
        .routes(routes!(rule))
        .routes(routes!(file, change))
        .routes(routes!(judge))
        .routes(routes!(query))
        .routes(routes!(as_of))
        .routes(routes!(diff))
        .routes(routes!(builds))
        .routes(routes!(compare))
        .routes(routes!(publications, publish))
        .routes(routes!(published))
        .routes(routes!(accounts, put_account))
        .routes(routes!(remove_account))
        .routes(routes!(audit))
        .routes(routes!(described))
        .split_for_parts()
}

/// The build that is served.
fn good(app: &App) -> Answer<Arc<Good>> {
    app.live.good().ok_or_else(|| {
        let problems = app.live.news().problems;
        let why = if problems.is_empty() {
            "the first build is under way"
        } else {
            "the case has errors, and no build is good"
        };
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why)
    })
}

/// A part of a build; whoever has it already is told so.
fn part(good: &Good, headers: &HeaderMap, part: &Part) -> Response {
    if headers.get(header::IF_NONE_MATCH).is_some_and(|t| t.as_bytes() == part.tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let head =
        [(header::CONTENT_TYPE, "application/json"), (header::ETAG, &*part.tag), (header::CACHE_CONTROL, "no-cache")];
    (head, [("x-build", good.number.to_string())], part.body.clone()).into_response()
}

/// What waits for the disk or for long sums, off the threads that answer.
async fn aside<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Answer<T>
where
    T: Send + 'static,
    E: Send + 'static,
    Refusal: From<E>,
{
    Ok(tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::ours(e.to_string()))??)
}

/// A turn among what takes long; it ends when it is dropped.
async fn turn(app: &App) -> Answer<OwnedSemaphorePermit> {
    app.slow.clone().acquire_owned().await.map_err(|e| Refusal::ours(e.to_string()))
}

/// What takes long: worked out once a build, a few at a time.
async fn slowly(
    app: &App,
    good: Arc<Good>,
    key: String,
    work: impl FnOnce(&Good) -> Answer<Value> + Send + 'static,
) -> Answer<Response> {
    let kept = || good.answered.lock().ok().and_then(|m| m.get(&key).cloned());
    let give = |p: Part| Ok(part(&good, &HeaderMap::new(), &p));
    if let Some(p) = kept() {
        return give(p);
    }
    let _turn = turn(app).await?;
    // Whoever had the turn before may have worked it out.
    if let Some(p) = kept() {
        return give(p);
    }
    let of = good.clone();
    let p = Part::new(view::json(&aside(move || work(&of)).await?));
    if let Ok(mut m) = good.answered.lock() {
        m.insert(key.clone(), p.clone());
    }
    give(p)
}

/// Who is asking, and of what.
#[derive(Serialize, ToSchema)]
struct Session {
    /// Whoever is signed in; none where somebody has to.
    account: Option<Account>,
    /// Whether anybody has to sign in here.
    accounts: bool,
    /// Whether the word of an issuer of OpenID Connect is taken (`/api/oidc`).
    oidc: bool,
    /// What a request that changes something has to show in `x-csrf-token`.
    csrf: Option<String>,
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// Name.
    name: String,
    /// Password.
    password: String,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/session", tag = "session", responses((status = 200, body = Session)))]
async fn who(State(app): Shared, me: Result<Reader, Refusal>) -> Answer<Json<Session>> {
    let (accounts, oidc) = (!app.open().await?, app.sso.is_some());
    Ok(Json(match me {
        Ok(me) => Session { account: Some(me.account()), accounts: me.signed_in, oidc, csrf: Some(me.csrf) },
        Err(_) => Session { account: None, accounts, oidc, csrf: None },
    }))
}

/// Sign in.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = Credentials, responses((status = 200, body = Session), Failures))]
async fn sign_in(
    State(app): Shared,
    from: Address,
    headers: HeaderMap,
    Body(c): Body<Credentials>,
) -> Answer<Response> {
    if app.sign_ins.check_key(&from.0).is_err() {
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many attempts; wait a minute"));
    }
    let found = app.accounts.sign_in(&c.name, &c.password).await.map_err(Refusal::ours)?;
    let Some((token, s)) = found else {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "name and password do not fit"));
    };
    let oidc = app.sso.is_some();
    let body = Session { account: Some(s.account), accounts: true, oidc, csrf: Some(s.csrf) };
    Ok(([set_cookie(&headers, Some(&token))], Json(body)).into_response())
}

/// What a browser is known by while its owner is at the issuer's.
const WAITING: &str = "bellwether-oidc";

/// A redirect; whoever follows it comes from here.
fn send_to(url: &str, cookies: Vec<(HeaderName, String)>) -> Answer<Response> {
    let to = HeaderValue::from_str(url).map_err(|e| Refusal::ours(e.to_string()))?;
    let mut res = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    for (name, value) in cookies {
        res.headers_mut().append(name, HeaderValue::from_str(&value).map_err(|e| Refusal::ours(e.to_string()))?);
    }
    Ok(res)
}

/// The cookie of the way to the issuer and back: it comes along when the issuer sends somebody back.
fn waiting(headers: &HeaderMap, state: &str, age: u32) -> (HeaderName, String) {
    let secure = if encrypted(headers) { "; Secure" } else { "" };
    (header::SET_COOKIE, format!("{WAITING}={state}; Path=/api/oidc; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"))
}

/// Sign in by the word of an issuer: sends the browser there.
#[utoipa::path(get, path = "/api/oidc", tag = "session", responses((status = 303), Failures))]
async fn to_issuer(State(app): Shared, from: Address, headers: HeaderMap) -> Answer<Response> {
    let sso = app.sso.clone().ok_or_else(|| Refusal::none("issuer"))?;
    if app.sign_ins.check_key(&from.0).is_err() {
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many attempts; wait a minute"));
    }
    // Checked by the guard: it is a name of ours.
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let back = format!("{}://{host}/api/oidc/back", if encrypted(&headers) { "https" } else { "http" });
    let (url, state) = aside(move || sso.begin(back).map_err(Refusal::ours)).await?;
    send_to(&url, vec![waiting(&headers, &state, 600)])
}

/// What the issuer sends somebody back with.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Back {
    /// What was sent along.
    state: String,
    /// What the issuer is asked with.
    code: Option<String>,
    /// Why it would not.
    error: Option<String>,
}

/// Whom the issuer sends back signs in, if there is an account of that name.
#[utoipa::path(get, path = "/api/oidc/back", tag = "session", params(Back), responses((status = 303), Failures))]
async fn from_issuer(State(app): Shared, headers: HeaderMap, Asked(b): Asked<Back>) -> Answer<Response> {
    let sso = app.sso.clone().ok_or_else(|| Refusal::none("issuer"))?;
    let unknown = |why: String| Refusal::new(StatusCode::UNAUTHORIZED, why);
    // A browser that somebody else sends here has not set out from here.
    if cookie(&headers, WAITING) != Some(b.state.as_str()) {
        return Err(unknown("this browser did not set out to sign in; sign in again".into()));
    }
    let code = b.code.ok_or_else(|| unknown(format!("the issuer refused: {}", b.error.unwrap_or_default())))?;
    let name = aside(move || sso.back(&b.state, code).map_err(unknown)).await?;
    let found = app.accounts.vouched(&name, "by OpenID Connect").await.map_err(Refusal::ours)?;
    let (token, _) = found.ok_or_else(|| unknown(format!("`{name}` has no account here; an owner can add one")))?;
    send_to("/", vec![set_cookie(&headers, Some(&token)), waiting(&headers, "", 0)])
}

/// Sign out.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204), Failures))]
async fn sign_out(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    if let Some(token) = cookie(&headers, COOKIE) {
        app.accounts.sign_out(token).await.map_err(Refusal::ours)?;
    }
    Ok((StatusCode::NO_CONTENT, [set_cookie(&headers, None)]).into_response())
}

/// Which build is served, and what keeps the folder from being built.
#[utoipa::path(get, path = "/api/state", tag = "case", responses((status = 200, body = News), Failures))]
async fn state(State(app): Shared, _me: Reader) -> Json<News> {
    Json(app.live.news())
}

/// The same as server-sent events, whenever it changes.
#[utoipa::path(get, path = "/api/news", tag = "case", responses((status = 200, content_type = "text/event-stream", body = String), Failures))]
async fn news(State(app): Shared, _me: Reader) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let now = tokio_stream::once(app.live.news());
    // Whoever fell behind hears the next.
    let later = BroadcastStream::new(app.live.hear()).filter_map(Result::ok);
    let event = |n: News| Event::default().json_data(n).unwrap_or_default();
    Sse::new(now.chain(later).map(move |n| Ok(event(n)))).keep_alive(KeepAlive::default())
}

/// Judgments, indicators, hypotheses, questions, footprints, lints.
#[utoipa::path(get, path = "/api/assessment", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn assessment(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.assessment))
}

/// All events, in columns.
#[utoipa::path(get, path = "/api/events", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn events(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.views.events))
}

/// One event, with every claim about it.
#[utoipa::path(get, path = "/api/events/{id}", tag = "case", params(("id" = String, Path)), responses((status = 200, body = Value), Failures))]
async fn event(State(app): Shared, _me: Reader, Path(id): Path<String>) -> Answer<Json<Value>> {
    let g = good(&app)?;
    view::event(&g, &id).map(Json).ok_or_else(|| Refusal::none("such event"))
}

/// All reports, the latest first.
#[utoipa::path(get, path = "/api/reports", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn reports(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.views.reports))
}

/// One report's text, with the claims that stand on it and the conclusions that rest on them.
#[utoipa::path(get, path = "/api/reports/{id}", tag = "case", params(("id" = String, Path)), responses((status = 200, body = Value), Failures))]
async fn report(State(app): Shared, _me: Reader, Path(id): Path<String>) -> Answer<Json<Value>> {
    let g = good(&app)?;
    view::report(&g, &id).map(Json).ok_or_else(|| Refusal::none("such report"))
}

/// One claim.
#[utoipa::path(get, path = "/api/claims/{id}", tag = "case", params(("id" = String, Path)), responses((status = 200, body = Value), Failures))]
async fn claim(State(app): Shared, _me: Reader, Path(id): Path<String>) -> Answer<Json<Value>> {
    let g = good(&app)?;
    view::one_claim(&g, &id).map(Json).ok_or_else(|| Refusal::none("such claim"))
}

/// Sources with their cards, and who copies whom.
#[utoipa::path(get, path = "/api/sources", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn sources(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.views.sources))
}

/// Actors with their links and what they may have done.
#[utoipa::path(get, path = "/api/actors", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn actors(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.views.actors))
}

/// Areas as GeoJSON.
#[utoipa::path(get, path = "/api/areas", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn areas(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.views.areas))
}

/// Each indicator, months ahead.
#[utoipa::path(get, path = "/api/forecast", tag = "case", responses((status = 200, body = Value), (status = 304), Failures))]
async fn forecast(State(app): Shared, _me: Reader, headers: HeaderMap) -> Answer<Response> {
    let g = good(&app)?;
    Ok(part(&g, &headers, &g.views.forecast))
}

/// What the forecasts of the ledger have earned, judged by what is known now; `null` where none was entered.
#[utoipa::path(get, path = "/api/scores", tag = "case", responses((status = 200, body = Value), Failures))]
async fn scores(State(app): Shared, _me: Reader) -> Answer<Response> {
    let g = good(&app)?;
    slowly(&app, g, "scores".into(), |g| {
        let case = &g.loaded.case;
        let ledger = engine::Ledger::parse(&case.ledger).map_err(|wrong| {
            let lines: Vec<String> = wrong.iter().map(|(n, why)| format!("line {n}: {why}")).collect();
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("forecasts.jsonl, {}", lines.join("; ")))
        })?;
        let scored = (!ledger.entries.is_empty()).then(|| ledger.score(&mut engine::Hindsight::new(case, &g.run)));
        Ok(json!(scored))
    })
    .await
}

/// Why a number is what it is, down to the sentences: `kind:id`.
#[utoipa::path(get, path = "/api/explain/{id}", tag = "case", params(("id" = String, Path)), responses((status = 200, body = Value), Failures))]
async fn explain(State(app): Shared, _me: Reader, Path(id): Path<String>) -> Answer<Response> {
    let options = app.live.options;
    let g = good(&app)?;
    slowly(&app, g, format!("explain {id}"), move |g| {
        let e = engine::explain(&g.loaded.case, &g.run, options, &id)
            .map_err(|e| Refusal::new(StatusCode::NOT_FOUND, e))?;
        Ok(view::explanation(g, &e))
    })
    .await
}

/// What waits for a person: claims that a machine read, and pairs of events that may be one; and what was ruled last on each.
#[utoipa::path(get, path = "/api/queue", tag = "review", responses((status = 200, body = Value), Failures))]
async fn queue(State(app): Shared, _me: Reader) -> Answer<Json<Value>> {
    let g = good(&app)?;
    let (desk, queue) = (app.desk.clone(), app.live.queue());
    let value = aside(move || {
        let case = &g.loaded.case;
        desk.rulings(|ruled| {
            let waits = |q: &&Queued| {
                !ruled.contains_key(&format!("claim:{}", q.claim)) && case.claims.contains_key(&q.claim)
            };
            let open: Vec<_> = queue.iter().filter(waits).collect();
            let pairs: Vec<_> = view::pairs(case).filter(|s| !ruled.contains_key(&pair(&s.a, &s.b))).collect();
            let read = case.claims.values().filter(|c| c.rule.is_some()).count();
            json!({"claims": open.iter().take(500).collect::<Vec<_>>(), "waiting": open.len(), "read": read, "pairs": pairs})
        })
    });
    Ok(Json(value.await?))
}

/// Rule on a claim that a machine read, or on whether two events are one. What is acknowledged is on the disk.
#[utoipa::path(post, path = "/api/rulings", tag = "review", request_body = NewRuling, responses((status = 201, body = Stands), Failures))]
async fn rule(State(app): Shared, me: Coder, Body(new): Body<NewRuling>) -> Answer<(StatusCode, Json<Stands>)> {
    let g = good(&app)?;
    let will_not = |e: String| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e);
    let rule = match &new.claim {
        Some(c) => {
            let c = g.loaded.case.claims.get(c).ok_or_else(|| will_not(format!("there is no claim `{c}`")))?;
            c.rule.clone()
        }
        None => None,
    };
    if let Some([a, b]) = &new.events {
        let known = |id: &String| g.run.laws.iter().any(|l| l.id == *id);
        if a == b || !known(a) || !known(b) {
            return Err(will_not("two events of the case can be one, and these are not two".into()));
        }
    }
    let about = new.claim.clone().or_else(|| new.events.as_ref().map(|e| e.join(" and "))).unwrap_or_default();
    // Noted first: nothing happens without a trace.
    app.accounts.note(&me.name, "ruled", &format!("{about}: {}", new.is)).await.map_err(Refusal::ours)?;
    let desk = app.desk.clone();
    let stands = aside(move || desk.rule(&me.name, &new, rule.as_deref())).await?;
    app.live.say(|n| n.queue += 1);
    Ok((StatusCode::CREATED, Json(stands)))
}

/// A claim that a person codes from a passage.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewClaim {
    /// The report.
    #[schema(pattern = "^[a-z0-9-]{1,100}$")]
    report: String,
    /// Where the passage begins in the report's body, in UTF-16 units, as a browser counts.
    start: usize,
    /// One past its end.
    end: usize,
    /// Everything else as in `claims/*.jsonl`: `id`, `chain`, `stance`, `says` and so on.
    #[schema(value_type = Object)]
    claim: serde_json::Map<String, Value>,
}

/// Byte of a text at so many UTF-16 units.
fn byte_at(text: &str, units: usize) -> Option<usize> {
    let mut n = 0;
    for (at, c) in text.char_indices() {
        if n == units {
            return Some(at);
        }
        n += c.len_utf16();
    }
    (n == units).then_some(text.len())
}

/// Code a claim from a passage of a report.
#[utoipa::path(post, path = "/api/claims", tag = "review", request_body = NewClaim, responses((status = 201, body = Value), Failures))]
async fn code(State(app): Shared, me: Coder, Body(new): Body<NewClaim>) -> Answer<(StatusCode, Json<Value>)> {
    let g = good(&app)?;
    let will_not = |e: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e);
    let r = g.loaded.case.reports.get(&new.report).ok_or_else(|| will_not("there is no such report"))?;
    let body = r.text.get(r.body..).unwrap_or_default();
    let (Some(start), Some(end)) = (byte_at(body, new.start), byte_at(body, new.end)) else {
        return Err(will_not("the passage ends outside the report"));
    };
    if start >= end {
        return Err(will_not("the passage is empty"));
    }
    let (before, after) = (&body[..start], &body[end..]);
    let prefix: String = before.chars().skip(before.chars().count().saturating_sub(32)).collect();
    let suffix: String = after.chars().take(32).collect();
    let mut claim = new.claim;
    let id = claim.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    claim.remove("rule");
    claim.insert("report".into(), r.id.clone().into());
    claim.insert(
        "excerpt".into(),
        json!({"exact": &body[start..end], "start": r.body + start, "end": r.body + end, "prefix": prefix, "suffix": suffix}),
    );
    app.accounts.note(&me.name, "coded", &format!("claim:{id}")).await.map_err(Refusal::ours)?;
    let (desk, claim) = (app.desk.clone(), Value::Object(claim));
    let coded = claim.clone();
    aside(move || desk.code(&claim)).await?;
    app.live.look();
    Ok((StatusCode::CREATED, Json(coded)))
}

/// What a person made of what a machine read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutRight {
    /// One claim, or several, as in `claims/*.jsonl`; what bears the id of the claim that was read is given one of its own.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 20)]
    claims: Vec<serde_json::Map<String, Value>>,
    /// The ruling that this one replaces.
    over: Option<u64>,
}

/// Put right what a machine read: it was misread, and this is what it says, in one claim or several.
#[utoipa::path(post, path = "/api/claims/{id}/put-right", tag = "review", params(("id" = String, Path)), request_body = PutRight, responses((status = 201, body = Stands), Failures))]
async fn put_right(
    State(app): Shared,
    me: Coder,
    Path(id): Path<String>,
    Body(new): Body<PutRight>,
) -> Answer<(StatusCode, Json<Stands>)> {
    let g = good(&app)?;
    let claims = &g.loaded.case.claims;
    let was = claims.get(&id).ok_or_else(|| Refusal::none(&format!("claim `{id}`")))?;
    let will_not = |e: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e);
    let rule = was.rule.clone().ok_or_else(|| will_not("no machine read it: there is nothing to put right"))?;
    if !(1..=20).contains(&new.claims.len()) {
        return Err(will_not("one claim is put right as 1 to 20"));
    }
    let made = case::put_right(was, new.claims, |id| claims.contains_key(id));
    app.accounts.note(&me.name, "put right", &format!("claim:{id}")).await.map_err(Refusal::ours)?;
    let (desk, was) = (app.desk.clone(), model::ClaimRuling { claim: id, rule, is: model::Verdict::Rejected });
    let stands = aside(move || desk.put_right(&me.name, was, &made, new.over)).await?;
    app.live.say(|n| n.queue += 1);
    app.live.look();
    Ok((StatusCode::CREATED, Json(stands)))
}

/// Where events of actors crowd together in space and time, of every actor of whom a footprint is declared.
#[utoipa::path(get, path = "/api/clusters", tag = "case", responses((status = 200, body = Value), Failures))]
async fn clusters(State(app): Shared, _me: Reader) -> Answer<Response> {
    let g = good(&app)?;
    slowly(&app, g, "clusters".to_owned(), |g| Ok(json!(engine::crowds(&g.loaded.case, &g.run)))).await
}

/// An area as it is drawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Drawn {
    /// Name, for a new one.
    name: Option<String>,
    /// GeoJSON: a Polygon or MultiPolygon.
    #[schema(value_type = Object)]
    geometry: Value,
}

/// Draw an area, or draw it otherwise.
#[utoipa::path(put, path = "/api/areas/{id}", tag = "edit", params(("id" = String, Path, pattern = "^[a-z0-9-]{1,100}$")), request_body = Drawn, responses((status = 204), Failures))]
async fn draw(State(app): Shared, me: Analyst, Path(id): Path<String>, Body(d): Body<Drawn>) -> Answer<StatusCode> {
    if !model::is_id(&id) {
        return Err(Refusal::bad("an id has a-z, 0-9 and `-`"));
    }
    app.accounts.note(&me.name, "drew", &format!("area:{id}")).await.map_err(Refusal::ours)?;
    let name = d.name.unwrap_or_else(|| id.clone());
    edited(&app, "areas.geojson".into(), None, move |text| with_area(text, &id, &name, &d.geometry)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes a file, and has the case built anew.
async fn edited(
    app: &App,
    path: String,
    version: Option<String>,
    edit: impl FnOnce(&str) -> Result<String, String> + Send + 'static,
) -> Answer<String> {
    let desk = app.desk.clone();
    let version = aside(move || desk.edit(&path, version.as_deref(), edit)).await?;
    app.live.look();
    Ok(version)
}

/// A file of definitions.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    /// What stands in it.
    text: String,
    /// What it was read as; a change of what has been changed since is refused.
    version: String,
}

/// Which file of definitions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// `indicators.toml` and the like.
    #[param(
        pattern = "^(case|sources|actors|indicators|hypotheses|factors|judgments|assumptions|gaps|coverage)\\.toml$|^areas\\.geojson$|^analysts/[a-z0-9-]{1,100}\\.toml$"
    )]
    path: String,
}

/// A file of definitions.
#[utoipa::path(get, path = "/api/file", tag = "edit", params(Which), responses((status = 200, body = Text), Failures))]
async fn file(State(app): Shared, _me: Reader, Asked(w): Asked<Which>) -> Answer<Json<Text>> {
    let desk = app.desk.clone();
    let (text, version) = aside(move || desk.file(&w.path)).await?;
    Ok(Json(Text { text, version }))
}

/// Change a file of definitions; the whole case is checked with it before it is kept.
#[utoipa::path(put, path = "/api/file", tag = "edit", params(Which), request_body = Text, responses((status = 200, body = Text), Failures))]
async fn change(State(app): Shared, me: Analyst, Asked(w): Asked<Which>, Body(new): Body<Text>) -> Answer<Json<Text>> {
    if new.text.len() > MAX_FILE {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the file would be too large"));
    }
    if !crate::write::editable(&w.path) {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("`{}` is no file of definitions", w.path)));
    }
    app.accounts.note(&me.name, "edited", &w.path).await.map_err(Refusal::ours)?;
    let text = new.text.clone();
    let version = edited(&app, w.path, Some(new.version), |_| Ok(new.text)).await?;
    Ok(Json(Text { text, version }))
}

/// A likelihood: a number, a range of two, or a word of the case's lexicon.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Judged {
    /// Question.
    question: String,
    /// Evidence.
    evidence: String,
    /// Hypothesis, or `other`.
    hypothesis: String,
    /// How likely the evidence is if the hypothesis is so.
    #[schema(value_type = Object)]
    likelihood: Value,
}

/// Judge anew how likely a piece of evidence is under a hypothesis.
#[utoipa::path(put, path = "/api/likelihood", tag = "edit", request_body = Judged, responses((status = 204), Failures))]
async fn judge(State(app): Shared, me: Analyst, Body(j): Body<Judged>) -> Answer<StatusCode> {
    let about = format!("evidence:{}/{} under {}: {}", j.question, j.evidence, j.hypothesis, j.likelihood);
    app.accounts.note(&me.name, "judged", &about.chars().take(300).collect::<String>()).await.map_err(Refusal::ours)?;
    edited(&app, "hypotheses.toml".into(), None, move |text| {
        with_likelihood(text, (&j.question, &j.evidence, &j.hypothesis), &j.likelihood)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One SQL statement that only reads.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Sql {
    /// The statement.
    #[schema(min_length = 1)]
    sql: String,
}

/// Run SQL over the tables of the last build, read-only.
#[utoipa::path(post, path = "/api/query", tag = "case", request_body = Sql, responses((status = 200, body = Value), Failures))]
async fn query(State(app): Shared, _me: Reader, Body(q): Body<Sql>) -> Answer<Json<Value>> {
    let _turn = turn(&app).await?;
    let root = app.live.folder.join(".bellwether");
    // The engine has threads of its own for a query.
    let rows = aside(move || {
        let run = move || engine::query(&engine::Store::peek(&root), &q.sql, 1, Some(QUERY_BYTES));
        let ended = std::thread::spawn(run).join().map_err(|_| Refusal::ours("the query ended badly"))?;
        ended.map_err(|e| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e))
    })
    .await?;
    let all = rows.rows.len();
    let shown: Vec<_> = rows.rows.into_iter().take(MAX_ROWS).collect();
    Ok(Json(json!({"columns": rows.columns, "rows": shown, "all": all})))
}

/// A day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct On {
    /// The day that the case is seen from, as YYYY-MM-DD.
    #[param(format = Date)]
    day: String,
}

fn day(text: &str) -> Answer<Day> {
    Day::parse(text).ok_or_else(|| Refusal::bad("a day is written YYYY-MM-DD"))
}

/// The case as it was known on a day: judgments, indicators and hypotheses.
#[utoipa::path(get, path = "/api/as-of", tag = "history", params(On), responses((status = 200, body = Value), Failures))]
async fn as_of(State(app): Shared, _me: Reader, Asked(on): Asked<On>) -> Answer<Response> {
    let (options, day) = (app.live.options, day(&on.day)?);
    let g = good(&app)?;
    slowly(&app, g, format!("as of {day}"), move |g| {
        let case = g.loaded.case.seen_on(day.min(g.loaded.case.as_of()));
        let run = engine::assess(&case, options).map_err(|p| unsound(&p))?;
        let a = run.assessment;
        Ok(json!({"as_of": a.case.as_of, "reports": a.case.reports, "claims": a.case.claims, "judgments": a.judgments,
            "indicators": a.indicators, "hypotheses": a.hypotheses}))
    })
    .await
}

fn unsound(p: &[model::Problem]) -> Refusal {
    let why: Vec<&str> = p.iter().map(|p| p.message.as_str()).collect();
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("it cannot be built: {}", why.join("; ")))
}

/// Two days.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Between {
    /// The earlier day, YYYY-MM-DD.
    #[param(format = Date)]
    from: String,
    /// The later; the as-of day if nothing is said.
    #[param(format = Date)]
    to: Option<String>,
}

/// What changed between two days, by how much, and which report did it.
#[utoipa::path(get, path = "/api/diff", tag = "history", params(Between), responses((status = 200, body = Value), Failures))]
async fn diff(State(app): Shared, _me: Reader, Asked(b): Asked<Between>) -> Answer<Response> {
    let options = app.live.options;
    let g = good(&app)?;
    let from = day(&b.from)?;
    let to = b.to.as_deref().map_or(Ok(g.loaded.case.as_of()), day)?;
    slowly(&app, g, format!("diff {from} {to}"), move |g| {
        let seen = |d: Day| -> Case { g.loaded.case.seen_on(d.min(g.loaded.case.as_of())) };
        let d = engine::diff(&seen(from), &seen(to), options).map_err(|p| unsound(&p))?;
        Ok(json!(d))
    })
    .await
}

/// Builds that are remembered, the latest first.
#[utoipa::path(get, path = "/api/builds", tag = "history", responses((status = 200, body = Vec<Past>), Failures))]
async fn builds(State(app): Shared, _me: Reader) -> Answer<Json<Vec<Past>>> {
    Ok(Json(aside(move || Answer::Ok(app.live.memory.all())).await?))
}

/// Two builds, by their numbers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Pair {
    /// The first.
    from: u64,
    /// The second.
    to: u64,
}

/// What differs between two builds.
#[utoipa::path(get, path = "/api/compare", tag = "history", params(Pair), responses((status = 200, body = Compared), Failures))]
async fn compare(State(app): Shared, _me: Reader, Asked(p): Asked<Pair>) -> Answer<Json<Compared>> {
    let found = move || app.live.memory.compared(p.from, p.to).ok_or_else(|| Refusal::none("such build"));
    Ok(Json(aside(found).await?))
}

/// A file of a publication.
#[derive(Serialize, ToSchema)]
struct Filed {
    /// Its path within the publication.
    path: String,
    /// Its size.
    bytes: u64,
}

/// What has been published.
#[derive(Serialize, ToSchema)]
struct Frozen {
    /// Under which name.
    id: String,
    /// Its files, by path.
    files: Vec<Filed>,
}

/// What has been published, by name.
#[utoipa::path(get, path = "/api/publications", tag = "publish", responses((status = 200, body = Vec<Frozen>), Failures))]
async fn publications(State(app): Shared, _me: Reader) -> Answer<Json<Vec<Frozen>>> {
    let root = app.live.folder.join("published");
    Ok(Json(aside(move || Answer::Ok(frozen(&root))).await?))
}

fn frozen(root: &std::path::Path) -> Vec<Frozen> {
    let names = |dir: &std::path::Path| -> Vec<(String, std::fs::Metadata)> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let mut all: Vec<_> =
            entries.filter_map(|e| Some((e.file_name().to_str()?.to_owned(), e.metadata().ok()?))).collect();
        all.retain(|(name, _)| !name.starts_with('.'));
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    let of = |id: &str| -> Vec<Filed> {
        let mut files = Vec::new();
        for (name, meta) in names(&root.join(id)) {
            if meta.is_file() {
                files.push(Filed { path: name, bytes: meta.len() });
            } else if meta.is_dir() {
                let inner = names(&root.join(id).join(&name)).into_iter().filter(|f| f.1.is_file());
                files.extend(inner.map(|(f, m)| Filed { path: format!("{name}/{f}"), bytes: m.len() }));
            }
        }
        files
    };
    names(root).into_iter().filter(|n| n.1.is_dir()).map(|(id, _)| Frozen { files: of(&id), id }).collect()
}

/// A file of a publication.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfPublication {
    /// Its path within the publication.
    path: String,
}

/// A file of a publication, to be saved.
#[utoipa::path(get, path = "/api/publications/{id}", tag = "publish", params(("id" = String, Path), OfPublication), responses((status = 200, body = String, content_type = "application/octet-stream"), Failures))]
async fn published(
    State(app): Shared,
    _me: Reader,
    Path(id): Path<String>,
    Asked(of): Asked<OfPublication>,
) -> Answer<Response> {
    let root = app.live.folder.join("published");
    // Only what is listed is given, whatever the path looks like.
    let (name, bytes) = aside(move || {
        let found = || {
            let one = frozen(&root).into_iter().find(|p| p.id == id)?;
            let path = one.files.into_iter().find(|f| f.path == of.path)?.path;
            let bytes = std::fs::read(root.join(&id).join(&path)).ok()?;
            Some((format!("{id}-{}", path.replace('/', "-")), bytes))
        };
        found().ok_or_else(|| Refusal::none("such file"))
    })
    .await?;
    let head = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", name.replace(['"', '\\'], "_"))),
    ];
    Ok((head, bytes).into_response())
}

/// What is to be published, and whether.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPublication {
    /// Under which name: a-z, 0-9 and `-`.
    #[schema(pattern = "^[a-z0-9-]{1,100}$")]
    id: String,
    /// Only look: what would be written, what moved since the last time, and what stands against it.
    draft: bool,
}

/// What was published, or would be.
#[derive(Serialize, ToSchema)]
struct Drafted {
    /// The last publication, with which it was compared.
    since: Option<String>,
    /// Judgments that moved since.
    moved: Vec<String>,
    /// Files.
    files: Vec<Filed>,
    /// What stands against publishing it and what a person should look at, each with its carets.
    problems: Vec<String>,
    /// Whether nothing stands against publishing it.
    sound: bool,
    /// Whether it was written.
    written: bool,
}

/// Publish what may be passed on, frozen; or look at the draft of it.
#[utoipa::path(post, path = "/api/publications", tag = "publish", request_body = NewPublication, responses((status = 200, body = Drafted), Failures))]
async fn publish(State(app): Shared, me: Analyst, Body(new): Body<NewPublication>) -> Answer<Json<Drafted>> {
    if !model::is_id(&new.id) {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "a publication is named by a-z, 0-9 and `-`"));
    }
    let target = app.live.folder.join("published").join(&new.id);
    if !new.draft {
        if target.exists() {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                format!("`{}` is published already, and stays as it is", new.id),
            ));
        }
        app.accounts.note(&me.name, "published", &new.id).await.map_err(Refusal::ours)?;
    }
    let g = good(&app)?;
    let _turn = turn(&app).await?;
    let (options, folder) = (app.live.options, app.live.folder.clone());
    let work = move || -> Answer<Drafted> {
        let all = disk::publications(&folder).map_err(Refusal::ours)?;
        let last = publish::latest(all, &new.id).map_err(Refusal::ours)?;
        let fonts = publish::Fonts::new(disk::fonts(&folder).map_err(Refusal::ours)?);
        let mut release = publish::release(&g.loaded.case, &g.run, options, &new.id, last.as_ref(), &fonts)
            .map_err(|p| unsound(&p))?;
        let verdicts = engine::verdicts(&g.loaded.case, options).map_err(|p| unsound(&p))?;
        release.problems.extend(verdicts.iter().filter_map(engine::Verdict::problem));
        let sound = release.sound();
        let written = !new.draft && sound;
        if written {
            disk::write_folder(&target, &release.files).map_err(Refusal::ours)?;
        }
        let filed = |(path, b): (String, Vec<u8>)| Filed { path, bytes: b.len() as u64 };
        let files = release.files.into_iter().map(filed).collect();
        let problems = g.loaded.drawn(&release.problems);
        Ok(Drafted { since: last.map(|l| l.id), moved: release.moved, files, problems, sound, written })
    };
    Ok(Json(aside(work).await?))
}

/// Everybody with an account.
#[utoipa::path(get, path = "/api/accounts", tag = "accounts", responses((status = 200, body = Vec<Account>), Failures))]
async fn accounts(State(app): Shared, _me: Owner) -> Answer<Json<Vec<Account>>> {
    Ok(Json(app.accounts.all().await.map_err(Refusal::ours)?))
}

/// Somebody's account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    /// Name.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// Role.
    role: Role,
    /// Password, of at least ten characters.
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

/// Add an account, or give it another role and password.
#[utoipa::path(put, path = "/api/accounts", tag = "accounts", request_body = NewAccount, responses((status = 204), Failures))]
async fn put_account(State(app): Shared, me: Owner, Body(a): Body<NewAccount>) -> Answer<StatusCode> {
    app.accounts
        .put(&me.name, &a.name, a.role, &a.password)
        .await
        .map_err(|e| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e))?;
    app.accounts_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Take an account away.
#[utoipa::path(delete, path = "/api/accounts/{name}", tag = "accounts", params(("name" = String, Path)), responses((status = 204), Failures))]
async fn remove_account(State(app): Shared, me: Owner, Path(name): Path<String>) -> Answer<StatusCode> {
    if !app.accounts.all().await.map_err(Refusal::ours)?.iter().any(|a| a.name == name) {
        return Err(Refusal::none(&format!("account `{name}`")));
    }
    app.accounts.remove(&me.name, &name).await.map_err(|e| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e))?;
    app.accounts_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// The end of the audit log, and whether its chain holds.
#[derive(Serialize, ToSchema)]
struct Audit {
    /// The latest lines, the latest first.
    log: Vec<Entry>,
    /// Number of lines, all told.
    lines: i64,
    /// What is wrong with the chain, if anything is.
    broken: Option<String>,
}

/// Who did what.
#[utoipa::path(get, path = "/api/audit", tag = "accounts", responses((status = 200, body = Audit), Failures))]
async fn audit(State(app): Shared, _me: Owner) -> Answer<Json<Audit>> {
    let log = app.accounts.log(500).await.map_err(Refusal::ours)?;
    let verified = app.accounts.verify(None).await;
    let lines = log.first().map_or(0, |e| e.seq);
    Ok(Json(Audit { log, lines, broken: verified.err() }))
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "session", responses((status = 200, body = Value)))]
async fn described() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], crate::openapi()).into_response()
}
