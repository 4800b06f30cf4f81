//! Who may do what: accounts, sessions and the audit log, in SQLite beside the case or in PostgreSQL. The same SQL for both.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use serde::{Deserialize, Serialize};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyPool, Row as _, Transaction};
use utoipa::ToSchema;

/// How long a session lasts without being used again.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Shortest password that is taken (NIST SP 800-63B asks for eight at least).
const SHORTEST: usize = 10;
/// Longest, so that nobody has us hash a book.
const LONGEST: usize = 256;

/// What somebody may do; each may all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Reader,
    /// Rules on claims and codes new ones.
    Coder,
    /// Edits areas, indicators and hypotheses, and publishes.
    Analyst,
    /// Keeps accounts and reads the audit log.
    Owner,
}

impl Role {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Coder => "coder",
            Self::Analyst => "analyst",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        [Self::Reader, Self::Coder, Self::Analyst, Self::Owner]
            .into_iter()
            .find(|r| r.name() == s)
            .ok_or_else(|| format!("`{s}` is no role: reader, coder, analyst or owner"))
    }
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// Name; it stands with every ruling.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A session that holds.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) account: Account,
    /// What a request that changes something has to show.
    pub(crate) csrf: String,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Entry {
    /// Number, from 1 without a gap.
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Who.
    pub who: String,
    /// Did what.
    pub did: String,
    /// To what.
    pub about: String,
    /// BLAKE3 of all of this and of the hash before it.
    pub hash: String,
}

impl Entry {
    /// When it was, in UTC, to the second.
    pub fn when(&self) -> String {
        let s = self.at_ms / 1000;
        let day = model::Day((s / 86_400) as i32);
        let of = s % 86_400;
        format!("{day} {:02}:{:02}:{:02}", of / 3600, of / 60 % 60, of % 60)
    }

    /// The hash it must have after `before`.
    fn chained(&self, before: &str) -> String {
        let mut h = blake3::Hasher::new();
        let (seq, at) = (self.seq.to_string(), self.at_ms.to_string());
        for part in [before, &seq, &at, &self.who, &self.did, &self.about] {
            // With its length, so that nothing can move from one field to the next.
            h.update(&(part.len() as u64).to_le_bytes());
            h.update(part.as_bytes());
        }
        h.finalize().to_hex().to_string()
    }
}

/// The database.
#[derive(Debug, Clone)]
pub struct Accounts {
    pool: AnyPool,
    postgres: bool,
    /// What a password that nobody has is checked against, so that unknown names take as long as known ones.
    nobody: String,
}

const TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS session (token TEXT PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL, until_ms BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS audit (seq BIGINT PRIMARY KEY, at_ms BIGINT NOT NULL, who TEXT NOT NULL, did TEXT NOT NULL, about TEXT NOT NULL, hash TEXT NOT NULL)",
];

fn said(e: sqlx::Error) -> String {
    format!("the database of accounts: {e}")
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// 32 random bytes, as text.
pub(crate) fn token() -> Result<String, String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| format!("the system gives no random numbers: {e}"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

fn hashed(password: &str) -> Result<String, String> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|e| format!("the system gives no random numbers: {e}"))?;
    let salt = SaltString::encode_b64(&salt).map_err(|e| e.to_string())?;
    // Argon2id with the parameters that OWASP names: 19 MiB, two passes.
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|e| e.to_string())?.to_string())
}

impl Accounts {
    /// Opens the database at `url` (`sqlite://PATH` or `postgres://...`), and makes its tables.
    ///
    /// # Errors
    /// It cannot be reached or written.
    pub async fn open(url: &str) -> Result<Self, String> {
        sqlx::any::install_default_drivers();
        let postgres = url.starts_with("postgres:") || url.starts_with("postgresql:");
        if !postgres && !url.starts_with("sqlite:") {
            return Err("a database is given as postgres://USER@HOST/NAME or sqlite://PATH".into());
        }
        let options = AnyConnectOptions::from_str(url).map_err(said)?;
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(move |c, _| {
                Box::pin(async move {
                    if !postgres {
                        for pragma in
                            ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA busy_timeout=10000"]
                        {
                            sqlx::query(pragma).execute(&mut *c).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await
            .map_err(said)?;
        let out = Self { pool, postgres, nobody: hashed("a password that nobody has")? };
        let mut tx = out.writing().await?;
        for table in TABLES {
            sqlx::query(table).execute(&mut *tx).await.map_err(said)?;
        }
        tx.commit().await.map_err(said)?;
        Ok(out)
    }

    /// A transaction that writes: one at a time, on either database.
    async fn writing(&self) -> Result<Transaction<'static, Any>, String> {
        if self.postgres {
            let mut tx = self.pool.begin().await.map_err(said)?;
            sqlx::query("SELECT 1 FROM pg_advisory_xact_lock(20101110)").execute(&mut *tx).await.map_err(said)?;
            Ok(tx)
        } else {
            self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(said)
        }
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// The database.
    pub async fn all(&self) -> Result<Vec<Account>, String> {
        let rows =
            sqlx::query("SELECT name, role FROM account ORDER BY name").fetch_all(&self.pool).await.map_err(said)?;
        rows.iter()
            .map(|r| {
                let role: String = r.try_get("role").map_err(said)?;
                Ok(Account { name: r.try_get("name").map_err(said)?, role: role.parse()? })
            })
            .collect()
    }

    /// Adds somebody, or gives them another password and role; their sessions end.
    ///
    /// # Errors
    /// The name or the password will not do; they are the last owner; the database.
    pub async fn put(&self, by: &str, name: &str, role: Role, password: &str) -> Result<(), String> {
        if name.is_empty() || name.len() > 64 || name.chars().any(|c| c.is_control()) || name.trim() != name {
            return Err("a name has 1 to 64 characters, none of them a control character".into());
        }
        if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
            return Err(format!("a password has {SHORTEST} to {LONGEST} characters"));
        }
        let password = password.to_owned();
        let hash = tokio::task::spawn_blocking(move || hashed(&password)).await.map_err(|e| e.to_string())??;
        let mut tx = self.writing().await?;
        sqlx::query("DELETE FROM session WHERE account = $1").bind(name).execute(&mut *tx).await.map_err(said)?;
        sqlx::query(
            "INSERT INTO account (name, role, password) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password",
        )
        .bind(name)
        .bind(role.name())
        .bind(hash)
        .execute(&mut *tx)
        .await
        .map_err(said)?;
        an_owner_is_left(&mut tx).await?;
        noted(&mut tx, by, "account", &format!("{name} is {}", role.name())).await?;
        tx.commit().await.map_err(said)
    }

    /// Takes an account away, with its sessions.
    ///
    /// # Errors
    /// There is no such account; it is the last owner; the database.
    pub async fn remove(&self, by: &str, name: &str) -> Result<(), String> {
        let mut tx = self.writing().await?;
        let gone =
            sqlx::query("DELETE FROM account WHERE name = $1").bind(name).execute(&mut *tx).await.map_err(said)?;
        if gone.rows_affected() == 0 {
            return Err(format!("nobody is called `{name}`"));
        }
        an_owner_is_left(&mut tx).await?;
        sqlx::query("DELETE FROM session WHERE account = $1").bind(name).execute(&mut *tx).await.map_err(said)?;
        noted(&mut tx, by, "account removed", name).await?;
        tx.commit().await.map_err(said)
    }

    /// Begins a session; `None` if name and password do not fit.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Result<Option<(String, Session)>, String> {
        let row = sqlx::query("SELECT role, password FROM account WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(said)?;
        let kept = match &row {
            Some(r) => r.try_get("password").map_err(said)?,
            None => self.nobody.clone(),
        };
        let given = password.chars().take(LONGEST).collect::<String>();
        let fits = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&kept).is_ok_and(|h| Argon2::default().verify_password(given.as_bytes(), &h).is_ok())
        })
        .await
        .map_err(|e| e.to_string())?;
        let Some(row) = row.filter(|_| fits) else {
            self.note(name, "sign-in refused", "").await?;
            return Ok(None);
        };
        let role: String = row.try_get("role").map_err(said)?;
        self.begin(Account { name: name.to_owned(), role: role.parse()? }, "").await.map(Some)
    }

    /// Begins a session for whom `by` vouches; `None` if nobody here is called that.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn vouched(&self, name: &str, by: &str) -> Result<Option<(String, Session)>, String> {
        let row = sqlx::query("SELECT role FROM account WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(said)?;
        let Some(row) = row else {
            self.note(name, "sign-in refused", by).await?;
            return Ok(None);
        };
        let role: String = row.try_get("role").map_err(said)?;
        self.begin(Account { name: name.to_owned(), role: role.parse()? }, by).await.map(Some)
    }

    async fn begin(&self, account: Account, by: &str) -> Result<(String, Session), String> {
        let session = Session { account, csrf: token()? };
        let token = token()?;
        let mut tx = self.writing().await?;
        sqlx::query("DELETE FROM session WHERE until_ms < $1").bind(now_ms()).execute(&mut *tx).await.map_err(said)?;
        sqlx::query("INSERT INTO session (token, account, csrf, until_ms) VALUES ($1, $2, $3, $4)")
            .bind(blake3::hash(token.as_bytes()).to_hex().to_string())
            .bind(session.account.name.as_str())
            .bind(session.csrf.as_str())
            .bind(now_ms() + SESSION.as_millis() as i64)
            .execute(&mut *tx)
            .await
            .map_err(said)?;
        noted(&mut tx, &session.account.name, "signed in", by).await?;
        tx.commit().await.map_err(said)?;
        Ok((token, session))
    }

    /// The session of a token, if it holds.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn session(&self, token: &str) -> Result<Option<Session>, String> {
        let row = sqlx::query(
            "SELECT account.name AS name, account.role AS role, session.csrf AS csrf FROM session \
             JOIN account ON account.name = session.account WHERE session.token = $1 AND session.until_ms > $2",
        )
        .bind(blake3::hash(token.as_bytes()).to_hex().to_string())
        .bind(now_ms())
        .fetch_optional(&self.pool)
        .await
        .map_err(said)?;
        row.map(|r| {
            let role: String = r.try_get("role").map_err(said)?;
            let account = Account { name: r.try_get("name").map_err(said)?, role: role.parse()? };
            Ok(Session { account, csrf: r.try_get("csrf").map_err(said)? })
        })
        .transpose()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn sign_out(&self, token: &str) -> Result<(), String> {
        sqlx::query("DELETE FROM session WHERE token = $1")
            .bind(blake3::hash(token.as_bytes()).to_hex().to_string())
            .execute(&self.pool)
            .await
            .map_err(said)?;
        Ok(())
    }

    /// Adds a line to the audit log.
    ///
    /// # Errors
    /// The database.
    pub async fn note(&self, who: &str, did: &str, about: &str) -> Result<(), String> {
        let mut tx = self.writing().await?;
        noted(&mut tx, who, did, about).await?;
        tx.commit().await.map_err(said)
    }

    /// The last `most` lines of the audit log, the latest first.
    ///
    /// # Errors
    /// The database.
    pub async fn log(&self, most: i64) -> Result<Vec<Entry>, String> {
        let rows = sqlx::query("SELECT seq, at_ms, who, did, about, hash FROM audit ORDER BY seq DESC LIMIT $1")
            .bind(most)
            .fetch_all(&self.pool)
            .await
            .map_err(said)?;
        rows.iter().map(entry).collect()
    }

    /// Reads the whole audit log and its chain of hashes; returns how many lines there are and the hash of the last. Whoever
    /// noted that hash elsewhere can tell later that nothing before it was changed, and nothing at the end cut off.
    ///
    /// # Errors
    /// A line was changed, taken out or put in, named by its number; the hash `noted` earlier is not in the chain; the
    /// database.
    pub async fn verify(&self, noted: Option<&str>) -> Result<(i64, String), String> {
        let (mut n, mut before) = (0, String::new());
        let mut found = noted.is_none();
        loop {
            let rows = sqlx::query(
                "SELECT seq, at_ms, who, did, about, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT 10000",
            )
            .bind(n)
            .fetch_all(&self.pool)
            .await
            .map_err(said)?;
            if rows.is_empty() {
                return if found {
                    Ok((n, before))
                } else {
                    Err("the hash that was noted is not in the audit log: it was cut short or written anew".into())
                };
            }
            for row in &rows {
                let e = entry(row)?;
                if e.seq != n + 1 {
                    return Err(format!("line {} of the audit log is missing", n + 1));
                }
                if e.hash != e.chained(&before) {
                    return Err(format!("line {} of the audit log was changed, or one before it", e.seq));
                }
                n = e.seq;
                before = e.hash;
                found |= noted == Some(before.as_str());
            }
        }
    }
}

fn entry(r: &sqlx::any::AnyRow) -> Result<Entry, String> {
    Ok(Entry {
        seq: r.try_get("seq").map_err(said)?,
        at_ms: r.try_get("at_ms").map_err(said)?,
        who: r.try_get("who").map_err(said)?,
        did: r.try_get("did").map_err(said)?,
        about: r.try_get("about").map_err(said)?,
        hash: r.try_get("hash").map_err(said)?,
    })
}

/// Somebody has to be able to keep the accounts.
async fn an_owner_is_left(tx: &mut Transaction<'static, Any>) -> Result<(), String> {
    let row = sqlx::query(
        "SELECT COALESCE(SUM(CASE WHEN role = 'owner' THEN 1 ELSE 0 END), 0) AS owners, COUNT(*) AS everybody FROM account",
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(said)?;
    let (owners, everybody): (i64, i64) =
        (row.try_get("owners").map_err(said)?, row.try_get("everybody").map_err(said)?);
    if owners == 0 && everybody > 0 {
        return Err("the first account, and the last that is left, must be an owner's".into());
    }
    Ok(())
}

async fn noted(tx: &mut Transaction<'static, Any>, who: &str, did: &str, about: &str) -> Result<(), String> {
    let last = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await
        .map_err(said)?;
    let (seq, before): (i64, String) = match last {
        Some(r) => (r.try_get("seq").map_err(said)?, r.try_get("hash").map_err(said)?),
        None => (0, String::new()),
    };
    let mut e = Entry {
        seq: seq + 1,
        at_ms: now_ms(),
        who: who.to_owned(),
        did: did.to_owned(),
        about: about.to_owned(),
        hash: String::new(),
    };
    e.hash = e.chained(&before);
    sqlx::query("INSERT INTO audit (seq, at_ms, who, did, about, hash) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(e.seq)
        .bind(e.at_ms)
        .bind(e.who)
        .bind(e.did)
        .bind(e.about)
        .bind(e.hash)
        .execute(&mut **tx)
        .await
        .map_err(said)?;
    Ok(())
}
