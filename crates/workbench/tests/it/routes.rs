//! Every route that the description names: without a session, with a lesser role, from elsewhere, and with what no honest
//! page would send. A route that is not in the table here fails.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use workbench::Role;

use crate::{Served, Who};

/// The least role that each route asks for; `None`: anybody.
fn table() -> BTreeMap<&'static str, Option<Role>> {
    use Role::{Analyst, Coder, Owner, Reader};
    BTreeMap::from([
        ("GET /api/session", None),
        ("POST /api/session", None),
        ("DELETE /api/session", Some(Reader)),
        ("GET /api/openapi.json", None),
        ("GET /api/state", Some(Reader)),
        ("GET /api/news", Some(Reader)),
        ("GET /api/assessment", Some(Reader)),
        ("GET /api/events", Some(Reader)),
        ("GET /api/events/{id}", Some(Reader)),
        ("GET /api/reports", Some(Reader)),
        ("GET /api/reports/{id}", Some(Reader)),
        ("GET /api/claims/{id}", Some(Reader)),
        ("GET /api/sources", Some(Reader)),
        ("GET /api/actors", Some(Reader)),
        ("GET /api/areas", Some(Reader)),
        ("GET /api/clusters", Some(Reader)),
        ("GET /api/forecast", Some(Reader)),
        ("GET /api/scores", Some(Reader)),
        ("GET /api/explain/{id}", Some(Reader)),
        ("GET /api/queue", Some(Reader)),
        ("GET /api/file", Some(Reader)),
        ("GET /api/as-of", Some(Reader)),
        ("GET /api/diff", Some(Reader)),
        ("GET /api/builds", Some(Reader)),
        ("GET /api/compare", Some(Reader)),
        ("POST /api/query", Some(Reader)),
        ("GET /api/publications", Some(Reader)),
        ("GET /api/publications/{id}", Some(Reader)),
        ("POST /api/publications", Some(Analyst)),
        ("POST /api/rulings", Some(Coder)),
        ("POST /api/claims", Some(Coder)),
        ("POST /api/claims/{id}/put-right", Some(Coder)),
        ("PUT /api/areas/{id}", Some(Analyst)),
        ("PUT /api/file", Some(Analyst)),
        ("PUT /api/likelihood", Some(Analyst)),
        ("GET /api/accounts", Some(Owner)),
        ("PUT /api/accounts", Some(Owner)),
        ("DELETE /api/accounts/{name}", Some(Owner)),
        ("GET /api/audit", Some(Owner)),
        ("GET /api/oidc", None),
        ("GET /api/oidc/back", None),
    ])
}

/// Method and path of every route of the description.
fn routes(s: &Served) -> Vec<(String, String)> {
    let described = s.get(&Who::default(), "/api/openapi.json").body;
    let paths = described["paths"].as_object().unwrap();
    let all: Vec<(String, String)> = paths
        .iter()
        .flat_map(|(p, of)| of.as_object().unwrap().keys().map(move |m| (m.to_uppercase(), p.clone())))
        .collect();
    let named: Vec<String> = all.iter().map(|(m, p)| format!("{m} {p}")).collect();
    let table = table();
    assert_eq!(named.len(), table.len(), "every route has a role in the table, and every role a route: {named:?}");
    for n in &named {
        assert!(table.contains_key(n.as_str()), "{n} has no role in the table");
    }
    all
}

fn filled(path: &str) -> String {
    let path = path.replace("{id}", "bridge").replace("{name}", "rita");
    match path.as_str() {
        "/api/file" => "/api/file?path=indicators.toml".into(),
        "/api/publications/bridge" => "/api/publications/bridge?path=assessment.html".into(),
        "/api/as-of" => "/api/as-of?day=2024-03-03".into(),
        "/api/diff" => "/api/diff?from=2024-03-03".into(),
        "/api/compare" => "/api/compare?from=1&to=1".into(),
        _ => path,
    }
}

/// What nothing may change: every byte of the case folder but what is built and who did what.
fn folder(s: &Served) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut open = vec![s.path().to_owned()];
    while let Some(dir) = open.pop() {
        for e in std::fs::read_dir(dir).unwrap().flatten() {
            if e.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if e.path().is_dir() {
                open.push(e.path());
            } else {
                out.push((e.path().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap()));
            }
        }
    }
    out.sort();
    out
}

#[test]
fn no_route_answers_without_a_session_with_a_lesser_role_or_from_elsewhere() {
    let people = [("olga", Role::Owner), ("ann", Role::Analyst), ("cody", Role::Coder), ("rita", Role::Reader)];
    let s = Served::new(&people);
    let before = folder(&s);
    let sessions: Vec<(Role, Who)> = people.iter().map(|(n, r)| (*r, s.sign_in(n))).collect();
    let table = table();
    for (method, path) in routes(&s) {
        let Some(least) = table[format!("{method} {path}").as_str()] else { continue };
        let at = filled(&path);
        let body = if method == "GET" { Value::Null } else { json!({}) };
        let r = s.send(&Who::default(), &method, &at, &body);
        assert_eq!(r.status, 401, "{method} {at} without a session: {:?}", r.body);
        let made_up = Who { cookie: Some("bellwether=AAAA".into()), csrf: Some("AAAA".into()) };
        assert_eq!(s.send(&made_up, &method, &at, &body).status, 401, "{method} {at} with a session made up");
        for (role, who) in &sessions {
            if *role < least {
                assert_eq!(s.send(who, &method, &at, &body).status, 403, "{method} {at} as {}", role.name());
            }
        }
        let (_, owner) = &sessions[0];
        let cookie = owner.cookie.clone().unwrap();
        let csrf = owner.csrf.clone().unwrap();
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let with = |more: &[(&str, &str)]| {
            let mut headers = vec![("cookie", cookie.as_str()), ("content-type", "application/json")];
            headers.extend(more);
            s.ask(&method, &at, &headers, &text).status
        };
        for origin in
            ["http://evil.example", "null", &format!("http://{}.evil.example", s.address), "http://127.0.0.1:1"]
        {
            assert_eq!(with(&[("origin", origin), ("x-csrf-token", &csrf)]), 403, "{method} {at} from {origin}");
        }
        assert_eq!(with(&[("host", "evil.example"), ("x-csrf-token", &csrf)]), 403, "{method} {at} under another name");
        assert_eq!(with(&[("sec-fetch-site", "cross-site"), ("x-csrf-token", &csrf)]), 403, "{method} {at} cross-site");
        if method != "GET" {
            assert_eq!(with(&[]), 403, "{method} {at} without the token");
            let other = sessions[1].1.csrf.clone().unwrap();
            assert_eq!(with(&[("x-csrf-token", &other)]), 403, "{method} {at} with somebody else's token");
        }
    }
    assert_eq!(folder(&s), before, "nothing of the case was changed");
}

/// The answer to three megabytes that are announced: it comes before they are sent.
fn announced(s: &Served, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    use std::io::{Read as _, Write as _};
    let mut to = std::net::TcpStream::connect(s.address).unwrap();
    to.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    let headers: String = headers.iter().map(|(k, v)| format!("{k}: {v}\r\n")).collect();
    write!(to, "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\n\r\n", s.address, 3 << 20)
        .unwrap();
    let mut answer = [0; 12];
    to.read_exact(&mut answer).unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

#[test]
fn what_no_page_would_send_is_refused_and_changes_nothing() {
    let s = Served::new(&[("olga", Role::Owner)]);
    let who = s.sign_in("olga");
    let before = folder(&s);
    let cookie = who.cookie.clone().unwrap();
    let csrf = who.csrf.clone().unwrap();
    let head = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let json_head = [head[0], head[1], ("content-type", "application/json")];
    for (method, path) in routes(&s) {
        let at = filled(&path);
        if !matches!(method.as_str(), "POST" | "PUT") {
            continue;
        }
        for (what, body) in [
            ("no JSON", "{"),
            ("a list", "[]"),
            ("a key too many", "{\"extra\":1}"),
            ("text", "\"x\""),
            ("deep", &"[".repeat(5000)),
        ] {
            let status = s.ask(&method, &at, &json_head, body).status;
            assert!(matches!(status, 400 | 422), "{method} {at}, {what}: {status}");
        }
        let form = [head[0], head[1], ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(s.ask(&method, &at, &form, "a=b").status, 415, "{method} {at} as a form");
        assert_eq!(announced(&s, &method, &at, &json_head), 413, "{method} {at}, three megabytes");
    }
    // Nothing leads out of the case.
    for id in ["..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "a%00b", "%ff", "../../etc/passwd", "....//"] {
        for path in ["/api/events/", "/api/reports/", "/api/claims/", "/api/explain/", "/assets/", "/"] {
            let r = s.get(&who, &format!("{path}{id}"));
            assert!(matches!(r.status, 400 | 404) || (path == "/" && r.status == 200), "{path}{id}: {}", r.status);
            assert!(!r.body.to_string().contains("root:"), "{path}{id}");
        }
        assert_eq!(s.get(&who, &format!("/api/publications/first?path={id}")).status, 404);
        let file = s.get(&who, &format!("/api/file?path={id}"));
        assert_eq!(file.status, 422, "{id}: {:?}", file.body);
    }
    for path in [
        "/etc/passwd",
        "analysts/../case.toml",
        "reports/2024-03-02-army.md",
        ".workbench/accounts.sqlite",
        "rulings.jsonl",
        "analysts/x/y.toml",
    ] {
        let at = format!("/api/file?path={path}");
        assert_eq!(s.get(&who, &at).status, 422, "{path}");
        assert_eq!(s.send(&who, "PUT", &at, &json!({"text": "", "version": ""})).status, 422, "{path}");
    }
    // The console reads the build's tables, and nothing else.
    for sql in [
        "drop table events",
        "create table x as select 1",
        "create external table x stored as csv location '/etc/passwd'",
        "copy events to '/tmp/x.csv'",
        "insert into events values (1)",
        "set datafusion.execution.batch_size = 1",
        "select * from '/etc/passwd'",
        "select * from read_csv('/etc/passwd')",
        "select 1; drop table events",
    ] {
        let r = s.send(&who, "POST", "/api/query", &json!({"sql": sql}));
        assert_eq!(r.status, 422, "{sql}: {:?}", r.body);
    }
    assert_eq!(s.send(&who, "POST", "/api/query", &json!({"sql": "select count(*) as n from events"})).status, 200);
    assert_eq!(folder(&s), before, "nothing of the case was changed");
}

#[test]
fn every_answer_carries_what_keeps_a_browser_safe() {
    let s = Served::new(&[]);
    for path in ["/", "/map", "/api/session", "/api/none", "/assets/none.js", "/api/events/none"] {
        let h = s.ask("GET", path, &[], "").head;
        let csp = h["content-security-policy"].to_str().unwrap();
        assert!(csp.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}: {csp}");
        assert!(!csp.contains("unsafe") && csp.contains("frame-ancestors 'none'"), "{path}: {csp}");
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")]
        {
            assert_eq!(h[name], value, "{path}: {name}");
        }
        assert!(h.get("access-control-allow-origin").is_none(), "{path}");
    }
    // What is not there is not a page.
    assert_eq!(s.ask("GET", "/assets/none.js", &[], "").status, 404);
    assert_eq!(s.ask("GET", "/api/none", &[], "").status, 404);
}
