//! Accounts and the audit log, the same on SQLite and on PostgreSQL.

use std::path::Path;

use serde_json::json;
use workbench::Role;

use crate::{PASSWORD, Postgres, Served, accounts, case};

/// Everything that the database is asked for.
fn all_of_it(url: &str) {
    let (runtime, a) = accounts(url);
    runtime.block_on(async {
        let first = a.put("test", "cy", Role::Coder, PASSWORD).await;
        assert!(first.unwrap_err().contains("must be an owner's"), "the first account keeps the others");
        a.put("test", "anna", Role::Owner, PASSWORD).await.unwrap();
        a.put("test", "cy", Role::Coder, PASSWORD).await.unwrap();
        assert!(a.put("test", "bo", Role::Reader, "short").await.unwrap_err().contains("10 to 256"));
        assert!(a.put("test", "a\nb", Role::Reader, PASSWORD).await.is_err());
        let names: Vec<_> = a.all().await.unwrap().into_iter().map(|x| (x.name, x.role)).collect();
        assert_eq!(names, [("anna".to_owned(), Role::Owner), ("cy".to_owned(), Role::Coder)]);
        assert!(a.put("test", "anna", Role::Reader, PASSWORD).await.is_err(), "the last owner stays one");
        assert!(a.remove("test", "anna").await.is_err());
        assert!(a.remove("test", "nobody").await.unwrap_err().contains("nobody"));
        a.remove("test", "cy").await.unwrap();
        // What was refused left nothing, not even in the log.
        let (lines, last) = a.verify(None).await.unwrap();
        assert_eq!(lines, 3);
        assert_eq!(a.log(10).await.unwrap()[0].hash, last);
        // Many write at once, and none is lost.
        let mut all = Vec::new();
        for i in 0..40 {
            let a = a.clone();
            all.push(tokio::spawn(async move { a.note("anna", "did", &format!("{i}")).await }));
        }
        for t in all {
            t.await.unwrap().unwrap();
        }
        assert_eq!(a.verify(Some(&last)).await.unwrap().0, 43);
        assert!(a.verify(Some("0000")).await.unwrap_err().contains("cut short or written anew"));
    });
}

#[test]
fn on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/a.sqlite?mode=rwc", dir.path().display());
    all_of_it(&url);
    tampering_is_found(&url);
}

#[test]
fn on_postgres() {
    let Some((_server, url)) = Postgres::start() else { return };
    all_of_it(&url);
    tampering_is_found(&url);
    // And a whole server on it.
    let s = Served::of(case(), &[("dora", Role::Owner)], Some(url));
    let who = s.sign_in("dora");
    let r =
        s.send(&who, "POST", "/api/rulings", &json!({"claim": "read-bridge", "is": "accepted", "why": "so it stands"}));
    assert_eq!(r.status, 201, "{r:?}");
    assert_eq!(s.get(&who, "/api/audit").body["log"][0]["did"], "ruled");
    assert!(!s.path().join(".workbench").exists(), "nothing is kept beside the case then");
}

/// Changes a line behind our back.
fn tampering_is_found(url: &str) {
    let (runtime, a) = accounts(url);
    runtime.block_on(async {
        use sqlx::any::AnyPoolOptions;
        let pool = AnyPoolOptions::new().connect(url).await.unwrap();
        let (lines, _) = a.verify(None).await.unwrap();
        sqlx::query("UPDATE audit SET about = 'somebody else' WHERE seq = 2").execute(&pool).await.unwrap();
        assert!(a.verify(None).await.unwrap_err().contains("line 2"));
        sqlx::query("UPDATE audit SET about = 'cy is coder' WHERE seq = 2").execute(&pool).await.unwrap();
        assert_eq!(a.verify(None).await.unwrap().0, lines);
        sqlx::query("DELETE FROM audit WHERE seq = 20").execute(&pool).await.unwrap();
        assert!(a.verify(None).await.unwrap_err().contains("line 20 of the audit log is missing"));
    });
}

/// Passwords are kept as Argon2id, tokens as their hashes: whoever reads the file can sign in as nobody.
#[test]
fn nothing_in_the_file_lets_anybody_in() {
    let s = Served::new(&[("anna", Role::Owner)]);
    let who = s.sign_in("anna");
    let token = who.cookie.unwrap().split_once('=').unwrap().1.to_owned();
    let mut bytes = Vec::new();
    for e in std::fs::read_dir(s.path().join(".workbench")).unwrap() {
        bytes.extend(std::fs::read(e.unwrap().path()).unwrap());
    }
    let holds = |needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
    assert!(holds("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(!holds(PASSWORD) && !holds(&token));
}

#[test]
fn a_session_ends_with_signing_out_another_password_or_the_account() {
    let s = Served::new(&[("anna", Role::Owner), ("cy", Role::Coder)]);
    let anna = s.sign_in("anna");
    let cy = s.sign_in("cy");
    assert_eq!(s.get(&cy, "/api/events").status, 200);
    let other = json!({"name": "cy", "role": "reader", "password": "another password"});
    assert_eq!(s.send(&anna, "PUT", "/api/accounts", &other).status, 204);
    assert_eq!(s.get(&cy, "/api/events").status, 401);
    assert_eq!(s.send(&anna, "DELETE", "/api/session", &serde_json::Value::Null).status, 204);
    assert_eq!(s.get(&anna, "/api/events").status, 401);
    let wrong = s.send(&crate::Who::default(), "POST", "/api/session", &json!({"name": "cy", "password": PASSWORD}));
    assert_eq!((wrong.status, wrong.body["error"].as_str()), (401, Some("name and password do not fit")));
}

#[test]
fn guessing_passwords_is_slow() {
    let s = Served::new(&[("anna", Role::Owner)]);
    let tried: Vec<u16> = (0..14)
        .map(|_| {
            s.send(&crate::Who::default(), "POST", "/api/session", &json!({"name": "anna", "password": "guess"})).status
        })
        .collect();
    assert_eq!(tried[0], 401);
    assert_eq!(*tried.last().unwrap(), 429, "{tried:?}");
}

/// Others can reach an address that is not loopback: there it does not start without an account.
#[test]
fn without_accounts_only_loopback_is_served() {
    let folder = case();
    let options = |address: &str| workbench::Options {
        case: folder.path().to_owned(),
        address: address.parse().unwrap(),
        database: None,
        by: "x".into(),
        names: vec![],
        issuer: None,
        worlds: 64,
    };
    let refused =
        workbench::wait(workbench::serve(options("0.0.0.0:0"), |_, _| {}, std::future::ready(()))).unwrap_err();
    assert!(refused.contains("has no accounts") && refused.contains("account add"), "{refused}");
    workbench::wait(workbench::serve(options("127.0.0.1:0"), |_, _| {}, std::future::ready(()))).unwrap();
    assert!(Path::new(&folder.path().join(".workbench/accounts.sqlite")).exists());
}
