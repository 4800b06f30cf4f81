//! The assessment as a document that Word and LibreOffice open: judgments, indicators, hypotheses, events, sources.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, Paragraph, Run as Words, RunFonts, Style, StyleType, Table, TableCell, TableRow, WidthType,
};
use engine::Assessment;
use model::{Case, percent};

use crate::page::when;

fn plain(text: &str) -> Paragraph {
    Paragraph::new().add_run(Words::new().add_text(clean(text)))
}

/// Without what XML cannot hold.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn head(level: u8, text: &str) -> Paragraph {
    plain(text).style(&format!("Heading{level}"))
}

/// A table with a head; widths in twentieths of a point.
fn table(widths: &[usize], header: &[&str], rows: &[Vec<String>]) -> Table {
    let cell = |text: &str, width: usize, bold: bool| {
        let mut words = Words::new().add_text(clean(text)).size(18);
        if bold {
            words = words.bold();
        }
        TableCell::new().width(width, WidthType::Dxa).add_paragraph(Paragraph::new().add_run(words))
    };
    let mut all = vec![TableRow::new(header.iter().zip(widths).map(|(h, w)| cell(h, *w, true)).collect()).cant_split()];
    all.extend(
        rows.iter()
            .map(|r| TableRow::new(r.iter().zip(widths).map(|(c, w)| cell(c, *w, false)).collect()).cant_split()),
    );
    Table::new(all).set_grid(widths.to_vec())
}

/// The document; `case` is what may be passed on.
///
/// # Errors
/// What the writer says.
pub(crate) fn docx(case: &Case, a: &Assessment) -> Result<Vec<u8>, String> {
    let n = a.case.worlds;
    let pct = |p: Option<f64>| p.map_or("not testable".to_owned(), |p| percent(p, n));
    let heading = |level: usize, size: usize| {
        Style::new(format!("Heading{level}"), StyleType::Paragraph).name(format!("Heading {level}")).size(size).bold()
    };
    let day = format!("{}T00:00:00Z", a.case.as_of);
    let fonts = RunFonts::new().ascii("Calibri").hi_ansi("Calibri").cs("Calibri");
    let mut d = Docx::new()
        .created_at(&day)
        .updated_at(&day)
        .default_fonts(fonts)
        .default_size(21)
        .add_style(heading(1, 34))
        .add_style(heading(2, 26))
        .add_paragraph(Paragraph::new().align(AlignmentType::Right).add_run(Words::new().add_text(a.case.tlp.clone()).bold()))
        .add_paragraph(head(1, &a.case.title))
        .add_paragraph(plain(&a.case.question))
        .add_paragraph(plain(&format!(
            "As of {}. {} reports, {} claims, {} independent statements; probabilities are shares of {n} possible worlds.",
            a.case.as_of, a.case.reports, a.case.claims, a.case.statements
        )))
        .add_paragraph(head(2, "Key judgments"));
    for j in &a.judgments {
        d = d
            .add_paragraph(Paragraph::new().add_run(Words::new().add_text(clean(&j.text)).bold()))
            .add_paragraph(plain(&j.confidence_text));
        if let Some(changed) = &j.changed {
            d = d.add_paragraph(plain(&format!("Changed: {changed}")));
        }
    }
    d = d.add_paragraph(head(2, "Indicators")).add_table(table(
        &[4800, 1600, 1500, 1700],
        &["Indicator", "Probability", "In words", "State"],
        &a.indicators
            .iter()
            .map(|i| {
                vec![
                    i.title.clone(),
                    pct(i.probability),
                    i.likelihood.clone().unwrap_or_default(),
                    i.state.name().to_owned(),
                ]
            })
            .collect::<Vec<_>>(),
    ));
    for q in &a.questions {
        let prefix = format!("hypothesis:{}/", q.id.trim_start_matches("question:"));
        let rows: Vec<Vec<String>> = a
            .hypotheses
            .iter()
            .filter(|h| h.id.starts_with(&prefix))
            .map(|h| {
                let text = if h.text.is_empty() { "Something else".to_owned() } else { h.text.clone() };
                vec![
                    text,
                    pct(Some(h.prior)),
                    pct(Some(h.probability)),
                    format!("{:.0} to {:.0} %", 100.0 * h.bounds[0], 100.0 * h.bounds[1]),
                ]
            })
            .collect();
        d = d.add_paragraph(head(2, &q.question)).add_table(table(
            &[5000, 1500, 1500, 1600],
            &["Hypothesis", "Before", "Now", "80 %"],
            &rows,
        ));
    }
    let events: Vec<Vec<String>> = a
        .events
        .iter()
        .map(|e| {
            let who = e.who.first().map_or(String::new(), |w| {
                let name = case.actors.get(&w.actor).map_or(w.actor.as_str(), |x| &x.name);
                format!("{name} ({})", percent(w.probability, n))
            });
            let days = when(e);
            let killed = e
                .figures
                .iter()
                .find(|f| f.measure == "killed")
                .map_or(String::new(), |f| format!("{} to {}", f.quantiles[0], f.quantiles[2]));
            vec![e.id.trim_start_matches("event:").replace('-', " "), days, percent(e.probability, n), who, killed]
        })
        .collect();
    d = d.add_paragraph(head(2, "Events")).add_table(table(
        &[2600, 2200, 1400, 2400, 1000],
        &["Event", "When", "Happened", "Who, most likely", "Killed"],
        &events,
    ));
    let sources: Vec<Vec<String>> = case
        .sources
        .values()
        .map(|s| vec![s.name.clone(), format!("{:?}, {}", s.reliability, s.reliability.words()), s.why.clone()])
        .collect();
    d = d.add_paragraph(head(2, "Sources")).add_table(table(
        &[3000, 2600, 4000],
        &["Source", "Reliability", "Why"],
        &sources,
    ));
    d = d.add_paragraph(head(2, "The words behind it"));
    for c in case.claims.values() {
        let report = case.reports.get(&c.report).map_or(String::new(), |r| format!("{}, {}", r.title, r.published));
        d = d.add_paragraph(plain(&format!(
            "\u{201c}{}\u{201d} ({report}; {})",
            c.excerpt.exact.replace('\n', " "),
            c.id
        )));
    }
    let mut out = Cursor::new(Vec::new());
    d.build().pack(&mut out).map_err(|e| format!("the Word document: {e}"))?;
    Ok(out.into_inner())
}
