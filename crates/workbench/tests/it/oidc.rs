//! Signing in by the word of an issuer: a small one of our own on loopback, which signs what it says.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::CoreRsaPrivateSigningKey;
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};
use workbench::{Issuer, Named, Role};

use crate::{Served, case};

/// What the issuer says of whoever asks next, over what it would say.
type Says = Arc<Mutex<Value>>;

struct Mock {
    url: String,
    says: Says,
    /// What the token endpoint was asked last.
    asked: Arc<Mutex<HashMap<String, String>>>,
}

fn key() -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(include_str!("issuer.pem"), Some(JsonWebKeyId::new("one".into()))).unwrap()
}

/// A token that says so, signed.
fn signed(said: &Value) -> String {
    let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let what = format!("{}.{}", part(&json!({"alg": "RS256", "kid": "one"})), part(said));
    // What was put in after it was signed.
    let what_was_signed = if said["tampered"] == true { "something else" } else { &what };
    let alg = openidconnect::core::CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    format!("{what}.{}", URL_SAFE_NO_PAD.encode(key().sign(&alg, what_was_signed.as_bytes()).unwrap()))
}

fn form(text: &str) -> HashMap<String, String> {
    url(text).into_iter().collect()
}

/// The pairs of a query, their escapes undone.
fn url(query: &str) -> Vec<(String, String)> {
    let plain = |t: &str| {
        let mut out = Vec::new();
        let mut bytes = t.replace('+', " ").into_bytes().into_iter();
        while let Some(b) = bytes.next() {
            if b == b'%' {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                out.push(b);
            }
        }
        String::from_utf8(out).unwrap()
    };
    query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (plain(k), plain(v))).collect()
}

impl Mock {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mock = Self { url, says: Arc::default(), asked: Arc::default() };
        let (url, says, asked) = (mock.url.clone(), mock.says.clone(), mock.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &url, &says, &asked);
            }
        });
        mock
    }

    fn issuer(&self, named: Named) -> Issuer {
        Issuer { url: self.url.clone(), client: "bellwether".into(), secret: Some("s3cret".into()), named }
    }
}

fn answer(stream: TcpStream, url: &str, says: &Says, asked: &Mutex<HashMap<String, String>>) {
    let mut from = BufReader::new(stream);
    let mut first = String::new();
    from.read_line(&mut first).unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(n) = line.strip_prefix("content-length:") {
            length = n.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).unwrap();
    let said = match path.as_str() {
        "/.well-known/openid-configuration" => json!({
            "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }),
        "/keys" => json!({"keys": [key().as_verification_key()]}),
        "/token" => {
            *asked.lock().unwrap() = form(std::str::from_utf8(&body).unwrap());
            json!({"access_token": "a", "token_type": "Bearer", "id_token": signed(&says.lock().unwrap())})
        }
        other => panic!("nobody should ask for {other}"),
    };
    let text = said.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(from.into_inner(), "{head}\r\ncontent-length: {}\r\n\r\n{text}", text.len()).unwrap();
}

/// Sets out to the issuer: where the browser is sent, with what, and its cookie.
fn set_out(s: &Served) -> (HashMap<String, String>, String) {
    let r = s.ask("GET", "/api/oidc", &[], "");
    assert_eq!(r.status, 303, "{r:?}");
    let to = r.head["location"].to_str().unwrap();
    let cookie = r.head["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/api/oidc"));
    (form(to.split_once('?').unwrap().1), cookie.split(';').next().unwrap().to_owned())
}

fn come_back(s: &Served, state: &str, cookie: &str) -> crate::Reply {
    // As a browser that follows a link from elsewhere.
    let head = [("cookie", cookie), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    s.ask("GET", &format!("/api/oidc/back?code=xyz&state={state}"), &head, "")
}

/// What an honest issuer says of Anna.
fn honest(mock: &Mock, nonce: &str) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    json!({"iss": mock.url, "aud": "bellwether", "sub": "17", "iat": now, "exp": now + 300, "nonce": nonce,
        "email": "anna@desk.example", "email_verified": true, "preferred_username": "root"})
}

#[test]
fn whom_the_issuer_vouches_for_signs_in_with_the_role_of_their_account() {
    let mock = Mock::start();
    let people = [("root", Role::Owner), ("anna@desk.example", Role::Coder)];
    let s = Served::with(case(), &people, None, Some(mock.issuer(Named::Email)));
    assert_eq!(s.get(&crate::Who::default(), "/api/session").body["oidc"], true);
    let (sent, cookie) = set_out(&s);
    assert_eq!((sent["response_type"].as_str(), sent["client_id"].as_str()), ("code", "bellwether"));
    assert_eq!(sent["redirect_uri"], format!("http://{}/api/oidc/back", s.address));
    assert_eq!(sent["code_challenge_method"], "S256");
    *mock.says.lock().unwrap() = honest(&mock, &sent["nonce"]);
    let r = come_back(&s, &sent["state"], &cookie);
    assert_eq!((r.status, r.head["location"].to_str().unwrap()), (303, "/"), "{r:?}");
    let session =
        r.head.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).find(|c| c.starts_with("bellwether="));
    let session = session.unwrap();
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Strict"), "{session}");
    let who = crate::Who { cookie: Some(session.split(';').next().unwrap().to_owned()), csrf: None };
    let me = s.get(&who, "/api/session").body;
    assert_eq!(
        (me["account"]["name"].as_str(), me["account"]["role"].as_str()),
        (Some("anna@desk.example"), Some("coder"))
    );
    let asked = mock.asked.lock().unwrap().clone();
    assert_eq!((asked["grant_type"].as_str(), asked["code"].as_str()), ("authorization_code", "xyz"));
    assert!(asked["code_verifier"].len() >= 43);
    // The same way is not gone twice.
    assert_eq!(come_back(&s, &sent["state"], &cookie).status, 401);
}

#[test]
fn a_word_that_does_not_hold_signs_nobody_in() {
    let mock = Mock::start();
    let people = [("root", Role::Owner), ("anna@desk.example", Role::Owner)];
    let s = Served::with(case(), &people, None, Some(mock.issuer(Named::Email)));
    let turn = |change: &dyn Fn(&mut Value)| {
        let (sent, cookie) = set_out(&s);
        let mut said = honest(&mock, &sent["nonce"]);
        change(&mut said);
        *mock.says.lock().unwrap() = said;
        come_back(&s, &sent["state"], &cookie)
    };
    for (what, change) in [
        ("another's nonce", &(|v: &mut Value| v["nonce"] = "x".into()) as &dyn Fn(&mut Value)),
        ("another issuer", &|v| v["iss"] = "http://evil.example".into()),
        ("for another client", &|v| v["aud"] = "other".into()),
        ("signed otherwise", &|v| v["tampered"] = true.into()),
        ("of yesterday", &|v| v["exp"] = 1.into()),
        ("an address that is not verified", &|v| v["email_verified"] = false.into()),
        ("no address", &|v| drop(v.as_object_mut().unwrap().remove("email"))),
        ("somebody without an account", &|v| v["email"] = "mallory@desk.example".into()),
    ] {
        let r = turn(change);
        assert_eq!(r.status, 401, "{what}: {r:?}");
        assert!(r.head.get_all("set-cookie").iter().all(|c| !c.to_str().unwrap().starts_with("bellwether=")), "{what}");
    }
    let audit = s.get(&s.sign_in("root"), "/api/audit").body.to_string();
    assert!(audit.contains("mallory@desk.example") && audit.contains("sign-in refused"), "{audit}");
}

#[test]
fn who_did_not_set_out_from_here_does_not_come_in() {
    let mock = Mock::start();
    let people = [("root", Role::Owner), ("anna@desk.example", Role::Owner)];
    let s = Served::with(case(), &people, None, Some(mock.issuer(Named::Email)));
    let (sent, cookie) = set_out(&s);
    // A browser that did not set out, or with the way of another.
    *mock.says.lock().unwrap() = honest(&mock, &sent["nonce"]);
    assert_eq!(come_back(&s, &sent["state"], "").status, 401);
    assert_eq!(come_back(&s, "made-up", &cookie).status, 401);
    assert_eq!(come_back(&s, "made-up", "bellwether-oidc=made-up").status, 401);
    let refused = format!("/api/oidc/back?error=access_denied&state={}", sent["state"]);
    let r = s.ask("GET", &refused, &[("cookie", &cookie)], "");
    assert!(r.status == 401 && r.body["error"].as_str().unwrap().contains("access_denied"), "{r:?}");
    let (sent, cookie) = set_out(&s);
    *mock.says.lock().unwrap() = honest(&mock, &sent["nonce"]);
    let audit = |s: &Served| s.get(&s.sign_in("root"), "/api/audit").body.to_string();
    assert_eq!(come_back(&s, &sent["state"], &cookie).status, 303, "and an honest word does");
    assert!(audit(&s).contains("by OpenID Connect"));
}

#[test]
fn without_an_issuer_there_is_none() {
    let s = Served::new(&[]);
    assert_eq!(s.ask("GET", "/api/oidc", &[], "").status, 404);
    assert_eq!(s.ask("GET", "/api/oidc/back?state=x&code=y", &[], "").status, 404);
    let gone = Issuer { url: "http://127.0.0.1:1".into(), client: "x".into(), secret: None, named: Named::Email };
    let s = Served::with(case(), &[], None, Some(gone));
    let r = s.ask("GET", "/api/oidc", &[], "");
    assert!(r.status == 500 && r.body["error"].as_str().unwrap().contains("does not say how to sign in"), "{r:?}");
}

#[test]
fn an_issuer_is_asked_over_tls() {
    let folder = case();
    for url in ["http://id.example.org", "http://127.0.0.1.example.org/", "ftp://id.example.org", "id.example.org"] {
        let issuer = Issuer { url: url.into(), client: "x".into(), secret: None, named: Named::Email };
        let options = workbench::Options {
            case: folder.path().to_owned(),
            address: "127.0.0.1:0".parse().unwrap(),
            database: None,
            by: "tester".into(),
            names: vec![],
            issuer: Some(issuer),
            worlds: 256,
        };
        let told = workbench::wait(workbench::serve(options, |_, _| {}, std::future::pending())).unwrap_err();
        assert!(told.contains("without TLS"), "{url}: {told}");
    }
}
