//! Tables as CSV, and the claims as a spreadsheet that can be edited and read back.

use case::{CLAIM_COLUMNS, claim_cells};
use engine::Assessment;
use model::Case;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};
use serde_json::Value;

/// The claims as a spreadsheet.
///
/// # Errors
/// What the writer says, such as of a cell of over 32,767 characters.
pub fn claims_sheet(case: &Case) -> Result<Vec<u8>, String> {
    sheet(case).map_err(|e| format!("the spreadsheet of claims: {e}"))
}

fn sheet(case: &Case) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (year, month, day) = {
        let text = case.as_of().to_string();
        let mut parts = text.rsplitn(3, '-').map(str::to_owned);
        let (d, m, y) = (parts.next(), parts.next(), parts.next());
        let n = |x: Option<String>| x.and_then(|x| x.parse::<u16>().ok()).unwrap_or(1);
        (n(y).max(1900), n(m) as u8, n(d) as u8)
    };
    // The same case, the same bytes: the clock stays out of it.
    let at = ExcelDateTime::from_ymd(year, month, day)?;
    book.set_properties(&DocProperties::new().set_title(&case.title).set_creation_datetime(&at));
    let head = Format::new().set_bold();
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let page = book.add_worksheet().set_name("claims")?;
    for (i, (name, width)) in CLAIM_COLUMNS.iter().zip([22, 26, 60, 24, 18, 16, 14, 12, 10, 10, 16, 80]).enumerate() {
        page.write_string_with_format(0, i as u16, *name, &head)?;
        page.set_column_width(i as u16, f64::from(width))?;
    }
    for (row, c) in case.claims.values().enumerate() {
        for (i, text) in claim_cells(c).iter().enumerate() {
            page.write_string_with_format(row as u32 + 1, i as u16, text, &wrap)?;
        }
    }
    page.set_freeze_panes(1, 1)?;
    page.autofilter(0, 0, case.claims.len() as u32, CLAIM_COLUMNS.len() as u16 - 1)?;
    book.save_to_buffer()
}

fn csv(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(header);
    for row in rows {
        let _ = out.write_record(row.iter().map(|cell| inert(cell)));
    }
    out.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: what strangers wrote is text.
fn inert(cell: &str) -> String {
    let number = cell.parse::<f64>().is_ok();
    if !number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

fn number(x: Option<f64>) -> String {
    x.map_or(String::new(), |x| format!("{x}"))
}

/// The tables of a publication: name and bytes.
pub(crate) fn tables(case: &Case, a: &Assessment) -> Vec<(String, Vec<u8>)> {
    let events = csv(
        &[
            "id",
            "type",
            "sub_type",
            "probability",
            "first_day",
            "last_day",
            "lon",
            "lat",
            "radius_km",
            "asserted_by",
            "denied_by",
        ],
        a.events.iter().map(|e| {
            vec![
                e.id.trim_start_matches("event:").to_owned(),
                e.kind.clone(),
                e.sub_type.clone().unwrap_or_default(),
                e.probability.to_string(),
                e.days[0].to_string(),
                e.days[1].to_string(),
                number(e.place.map(|p| p[0])),
                number(e.place.map(|p| p[1])),
                number(e.radius_km),
                e.asserted_by.join(" "),
                e.denied_by.join(" "),
            ]
        }),
    );
    let perpetrators = csv(
        &["event", "actor", "probability"],
        a.events.iter().flat_map(|e| {
            let id = e.id.trim_start_matches("event:");
            e.who.iter().map(move |w| vec![id.to_owned(), w.actor.clone(), w.probability.to_string()])
        }),
    );
    let figures = csv(
        &["event", "measure", "of", "low", "median", "high"],
        a.events.iter().flat_map(|e| {
            let id = e.id.trim_start_matches("event:");
            e.figures.iter().map(move |f| {
                let [low, median, high] = f.quantiles.map(|q| q.to_string());
                vec![id.to_owned(), f.measure.clone(), f.of.clone(), low, median, high]
            })
        }),
    );
    let judgments = csv(
        &["id", "about", "outcome", "probability", "text", "confidence", "changed"],
        a.judgments.iter().map(|j| {
            vec![
                j.id.clone(),
                j.about.clone(),
                j.outcome.clone(),
                number(j.probability),
                j.text.clone(),
                j.confidence.words().to_owned(),
                j.changed.clone().unwrap_or_default(),
            ]
        }),
    );
    let indicators = csv(
        &["id", "title", "probability", "error", "state", "likelihood", "reason"],
        a.indicators.iter().map(|i| {
            vec![
                i.id.clone(),
                i.title.clone(),
                number(i.probability),
                i.error.to_string(),
                i.state.name().to_owned(),
                i.likelihood.clone().unwrap_or_default(),
                i.reason.clone().unwrap_or_default(),
            ]
        }),
    );
    let hypotheses = csv(
        &["id", "text", "prior", "probability", "low_80", "high_80"],
        a.hypotheses.iter().map(|h| {
            vec![
                h.id.clone(),
                h.text.clone(),
                h.prior.to_string(),
                h.probability.to_string(),
                h.bounds[0].to_string(),
                h.bounds[1].to_string(),
            ]
        }),
    );
    let sources = csv(
        &["id", "name", "kind", "reliability", "sound", "low_90", "high_90", "why"],
        case.sources.iter().map(|(id, s)| {
            let card = a.sources.iter().find(|x| x.id.strip_prefix("source:") == Some(id));
            let word = |v: Value| v.as_str().unwrap_or_default().to_owned();
            vec![
                id.clone(),
                s.name.clone(),
                word(serde_json::json!(s.kind)),
                word(serde_json::json!(s.reliability)),
                number(card.map(|c| c.reliability)),
                number(card.map(|c| c.bounds[0])),
                number(card.map(|c| c.bounds[1])),
                s.why.clone(),
            ]
        }),
    );
    let claims = csv(&CLAIM_COLUMNS, case.claims.values().map(|c| claim_cells(c).to_vec()));
    [
        ("events", events),
        ("event_perpetrators", perpetrators),
        ("figures", figures),
        ("judgments", judgments),
        ("indicators", indicators),
        ("hypotheses", hypotheses),
        ("sources", sources),
        ("claims", claims),
    ]
    .into_iter()
    .map(|(name, bytes)| (format!("tables/{name}.csv"), bytes))
    .collect()
}
