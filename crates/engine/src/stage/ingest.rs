//! Stage `ingest`, one report at a time: what the document is and what is claimed in it, as table rows.

use model::{Case, Claim, Report, Says};
use serde::{Deserialize, Serialize};

/// Part of the stage's key; raise when its output changes for the same input.
pub const VERSION: u32 = 1;

/// One report, ready for the tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ingested {
    /// Report id.
    pub report: String,
    /// Publisher.
    pub source: String,
    /// Title.
    pub title: String,
    /// Path in the case folder.
    pub file: String,
    /// Publication date as written.
    pub published: String,
    /// Latest possible day of publication, days since 1970-01-01.
    pub published_latest: i32,
    /// BLAKE3 of the file's bytes.
    pub hash: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Claims in order of place.
    pub claims: Vec<ClaimRow>,
}

/// One claim as a table row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Claim id.
    pub id: String,
    /// Innermost speaker.
    pub source: String,
    /// Kind of thing said: event, fact, link, retracts.
    pub says: String,
    /// Id of the thing.
    pub subject: String,
    /// Stance.
    pub stance: String,
    /// Modality.
    pub modality: String,
    /// Basis.
    pub basis: String,
    /// Credibility 1 to 6.
    pub credibility: u8,
    /// First byte of the excerpt in the file.
    pub start: u64,
    /// One past its last byte.
    pub end: u64,
    /// The excerpt.
    pub exact: String,
}

/// Runs the stage for one report.
pub fn run(case: &Case, report: &Report) -> Ingested {
    let mut claims: Vec<&Claim> = case.claims.values().filter(|c| c.report == report.id).collect();
    claims.sort_by_key(|c| (c.excerpt.start, &c.id));
    Ingested {
        report: report.id.clone(),
        source: report.source.clone(),
        title: report.title.clone(),
        file: report.file.clone(),
        published: report.published.to_string(),
        published_latest: report.published.possible.to.0,
        hash: blake3::hash(report.text.as_bytes()).to_hex().to_string(),
        bytes: report.text.len() as u64,
        claims: claims.into_iter().map(row).collect(),
    }
}

fn row(c: &Claim) -> ClaimRow {
    let (says, subject) = match &c.says {
        Says::Event(e) => ("event", e.id.clone()),
        Says::Fact(f) => ("fact", f.id.clone()),
        Says::Link(l) => ("link", format!("{} {} {}", l.actor, l.kind.name(), l.to)),
        Says::Retracts(id) => ("retracts", id.clone()),
    };
    let word = |v: serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    ClaimRow {
        id: c.id.clone(),
        source: c.chain.first().cloned().unwrap_or_default(),
        says: says.into(),
        subject,
        stance: word(serde_json::json!(c.stance)),
        modality: word(serde_json::json!(c.modality)),
        basis: word(serde_json::json!(c.basis)),
        credibility: c.credibility.0,
        start: c.excerpt.start as u64,
        end: c.excerpt.end as u64,
        exact: c.excerpt.exact.clone(),
    }
}
