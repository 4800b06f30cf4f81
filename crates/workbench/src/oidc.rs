//! Signing in by the word of an issuer of OpenID Connect: authorization code with PKCE. The issuer says who somebody is;
//! what they may do stays here, with the account of that name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};

/// How long somebody may take at the issuer's.
const PATIENCE: Duration = Duration::from_secs(600);
/// People who may be at the issuer's at once; the longest away is forgotten for one more.
const AWAY: usize = 1_000;
/// Most bytes of an answer of the issuer's.
const MAX_ANSWER: u64 = 1 << 20;

/// The issuer, and who we are to it.
#[derive(Clone)]
pub struct Issuer {
    /// Its address, under which `.well-known/openid-configuration` is found.
    pub url: String,
    /// Our name there.
    pub client: String,
    /// Our secret there, if we have one.
    pub secret: Option<String>,
    /// What names the account.
    pub named: Named,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret is none for a log.
        write!(f, "Issuer({}, {})", self.url, self.client)
    }
}

impl Issuer {
    /// Whether what it says cannot be changed on the way: over TLS, or on this machine.
    pub(crate) fn safe(&self) -> bool {
        let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let at = |start: &&str| {
            self.url.strip_prefix(*start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        };
        self.url.starts_with("https://") || here.iter().any(at)
    }
}

/// Which word of the issuer's names an account here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Named {
    /// The e-mail address, if the issuer has verified it.
    #[default]
    Email,
    /// The name that people go by there: only where they cannot change it themselves.
    Username,
    /// What never changes: the subject.
    Subject,
}

/// Somebody who is at the issuer's.
#[derive(Debug)]
struct Away {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
    since: Instant,
}

/// Sign-ins that are under way.
#[derive(Debug)]
pub(crate) struct Sso {
    issuer: Issuer,
    agent: ureq::Agent,
    known: Mutex<Option<CoreProviderMetadata>>,
    away: Mutex<HashMap<String, Away>>,
}

impl Sso {
    pub(crate) fn new(issuer: Issuer) -> Self {
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // Whoever answers for the issuer does so itself.
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .into();
        Self { issuer, agent, known: Mutex::default(), away: Mutex::default() }
    }

    /// Asks the issuer.
    fn ask(&self, req: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let (head, mut body) = self.agent.run(req)?.into_parts();
        let bytes = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(HttpResponse::from_parts(head, bytes))
    }

    /// What the issuer says of itself; asked for once, and again as long as it did not answer.
    fn metadata(&self) -> Result<CoreProviderMetadata, String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(m) = &*known {
            return Ok(m.clone());
        }
        let url = IssuerUrl::new(self.issuer.url.clone()).map_err(|e| format!("{}: {e}", self.issuer.url))?;
        let told = CoreProviderMetadata::discover(&url, &|r| self.ask(r));
        let m = told.map_err(|e| format!("{} does not say how to sign in: {}", self.issuer.url, chain(&e)))?;
        *known = Some(m.clone());
        Ok(m)
    }

    /// Where to send somebody who wants to sign in and is to come back to `back`, and what their browser is known by
    /// until then.
    ///
    /// # Errors
    /// The issuer does not answer, or not as one.
    pub(crate) fn begin(&self, back: String) -> Result<(String, String), String> {
        let redirect = RedirectUrl::new(back).map_err(|e| e.to_string())?;
        let secret = self.issuer.secret.clone().map(ClientSecret::new);
        let client =
            CoreClient::from_provider_metadata(self.metadata()?, ClientId::new(self.issuer.client.clone()), secret)
                .set_redirect_uri(redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".into()))
            .add_scope(Scope::new("email".into()))
            .set_pkce_challenge(challenge)
            .url();
        let state = state.into_secret();
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.retain(|_, a| a.since.elapsed() < PATIENCE);
        if away.len() >= AWAY {
            let longest = away.iter().min_by_key(|(_, a)| a.since).map(|(s, _)| s.clone());
            longest.and_then(|s| away.remove(&s));
        }
        away.insert(state.clone(), Away { nonce, verifier, redirect, since: Instant::now() });
        Ok((url.into(), state))
    }

    /// The name of whoever came back with this code.
    ///
    /// # Errors
    /// They never went, came too late, or the issuer's word does not hold.
    pub(crate) fn back(&self, state: &str, code: String) -> Result<String, String> {
        let gone = self.away.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        let gone = gone.filter(|a| a.since.elapsed() < PATIENCE).ok_or("that took too long; sign in again")?;
        let secret = self.issuer.secret.clone().map(ClientSecret::new);
        let client =
            CoreClient::from_provider_metadata(self.metadata()?, ClientId::new(self.issuer.client.clone()), secret)
                .set_redirect_uri(gone.redirect);
        let asked = client.exchange_code(AuthorizationCode::new(code)).map_err(|e| e.to_string())?;
        let answer = asked.set_pkce_verifier(gone.verifier).request(&|r| self.ask(r));
        let answer = answer.map_err(|e| format!("the issuer does not confirm it: {}", chain(&e)))?;
        let token = answer.id_token().ok_or("the issuer does not say who that is")?;
        let said = token
            .claims(&client.id_token_verifier(), &gone.nonce)
            .map_err(|e| format!("the issuer's word does not hold: {}", chain(&e)))?;
        match self.issuer.named {
            Named::Subject => Ok(said.subject().to_string()),
            Named::Username => said
                .preferred_username()
                .map(|n| n.to_string())
                .ok_or_else(|| "the issuer does not say what name they go by".to_owned()),
            Named::Email => match (said.email(), said.email_verified()) {
                (Some(e), Some(true)) => Ok(e.to_string()),
                _ => Err("the issuer names no e-mail address that it has verified".into()),
            },
        }
    }
}

/// An error with what caused it.
fn chain(e: &dyn std::error::Error) -> String {
    let mut out = e.to_string();
    let mut under = e.source();
    while let Some(e) = under {
        out.push_str(&format!(": {e}"));
        under = e.source();
    }
    out
}
