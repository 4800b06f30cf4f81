//! `claims`: the claims of a case as a spreadsheet, and what was edited there back into the case.

use std::collections::BTreeMap;
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};
use case::CLAIM_COLUMNS;
use model::{Host as _, Otherwise};

use crate::args::{Claims, Common};
use crate::{End, Outcome, output};

/// Largest spreadsheet that is read.
const MAX_BYTES: u64 = 64 << 20;

pub(crate) fn run(args: &Claims, _common: &Common) -> Outcome {
    let Some(loaded) = super::checked_case(&args.case, None)? else { return Ok(End::Failed) };
    match &args.from {
        None => {
            let bytes = publish::claims_sheet(&loaded.case)?;
            disk::write(&args.out, &bytes)?;
            let n = loaded.case.claims.len();
            output::print(&format!(
                "{n} claims in {}; edit it, and bring it back: bellwether claims {} --from {}\n",
                args.out.display(),
                args.case.display(),
                args.out.display()
            ));
            Ok(End::Done)
        }
        Some(from) => back(&args.case, &loaded, from, args.dry_run),
    }
}

/// What differs becomes new lines in the files where the claims stand, and what is new is added, all or none.
fn back(folder: &Path, loaded: &case::Loaded, from: &Path, dry_run: bool) -> Outcome {
    let rows = rows(from)?;
    let mut wrong = Vec::new();
    let mut lines: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    let (mut changed, mut added) = (Vec::new(), Vec::new());
    for (at, cells) in &rows {
        let Some(claim) = loaded.case.claims.get(&cells[0]) else {
            // Whoever changes an id by mistake leaves the words where they are.
            let same = |c: &&model::Claim| c.report == cells[1] && c.excerpt.exact.trim() == cells[2].trim();
            let was = loaded.case.claims.values().filter(same).find(|c| !rows.iter().any(|(_, r)| r[0] == c.id));
            match was {
                Some(was) => wrong.push(format!("row {at}: no claim is called `{}`: was it `{}`?", cells[0], was.id)),
                None => match case::added_claim(cells) {
                    Ok(line) => added.push((cells[0].clone(), line)),
                    Err(e) => wrong.push(format!("row {at}, {}: {e}", cells[0])),
                },
            }
            continue;
        };
        match case::edited_claim(claim, cells) {
            Ok(None) => {}
            Ok(Some(line)) => {
                lines.entry(&claim.span.file).or_default().push((claim.span.start, line));
                changed.push(claim.id.clone());
            }
            Err(e) => wrong.push(format!("row {at}, {}: {e}", cells[0])),
        }
    }
    if !wrong.is_empty() {
        for w in &wrong {
            eprintln!("error: {}: {w}", from.display());
        }
        return Err("nothing was changed".into());
    }
    let under = disk::Folder(folder.to_owned());
    let mut files = BTreeMap::new();
    for (file, edits) in lines {
        let bytes = under.read(file).map_err(|e| format!("cannot read {file}: {e}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
        let mut start = 0;
        let mut new = String::new();
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            match edits.iter().find(|(at, _)| (start..end).contains(at)) {
                Some((_, edited)) => new.push_str(&format!("{edited}\n")),
                None => new.push_str(line),
            }
            start = end;
        }
        files.insert(file.to_owned(), new.into_bytes());
    }
    let mut host = Otherwise { under: &under, files };
    if !added.is_empty() {
        let lines: Vec<String> = added.iter().map(|(_, line)| line.clone()).collect();
        let whole = case::with_lines(&host, case::REVIEWED, &lines);
        let whole = whole.map_err(|e| format!("cannot read {}: {e}", case::REVIEWED))?;
        host.files.insert(case::REVIEWED.to_owned(), whole);
    }
    let then = case::load(&host);
    let errors = then.errors();
    if !errors.is_empty() {
        output::problems(&errors, &then.texts);
        return Err("the case would not be sound; nothing was changed".into());
    }
    if !dry_run {
        for (file, bytes) in &host.files {
            disk::write(&folder.join(file), bytes)?;
        }
    }
    let gone = loaded.case.claims.len().saturating_sub(rows.len() - added.len());
    let mut text = String::new();
    if !changed.is_empty() {
        let did = if dry_run { "would change" } else { "changed" };
        text.push_str(&format!(
            "{did} {} of {} claims: {}\n",
            changed.len(),
            rows.len() - added.len(),
            changed.join(", ")
        ));
    }
    if !added.is_empty() {
        let did = if dry_run { "would add" } else { "added" };
        let ids: Vec<&str> = added.iter().map(|(id, _)| id.as_str()).collect();
        text.push_str(&format!("{did} {} claims to {}: {}\n", added.len(), case::REVIEWED, ids.join(", ")));
    }
    output::print(if text.is_empty() { "nothing differs\n" } else { &text });
    if gone > 0 {
        eprintln!("note: {gone} claims are not in the spreadsheet; they stay in the case");
    }
    Ok(End::Done)
}

/// Rows of the first sheet, by their number there, in the order of [`CLAIM_COLUMNS`].
fn rows(from: &Path) -> Result<Vec<(usize, [String; 12])>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("cannot read {}: {e}", from.display());
    let size = std::fs::metadata(from).map_err(|e| failed(&e))?.len();
    if size > MAX_BYTES {
        return Err(format!("{} has {} MB; at most {} are read", from.display(), size >> 20, MAX_BYTES >> 20));
    }
    let mut book: Xlsx<_> = calamine::open_workbook(from).map_err(|e: calamine::XlsxError| failed(&e))?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| failed(&"it has no sheet"))?;
    let range = book.worksheet_range(&name).map_err(|e| failed(&e))?;
    let mut rows = range.rows();
    let text = |d: &Data| match d {
        Data::Empty => String::new(),
        other => other.to_string(),
    };
    let head: Vec<String> = rows.next().unwrap_or_default().iter().map(text).collect();
    let at = CLAIM_COLUMNS
        .iter()
        .map(|c| {
            head.iter()
                .position(|h| h.trim() == *c)
                .ok_or_else(|| format!("{} has no column `{c}` in its first row", from.display()))
        })
        .collect::<Result<Vec<usize>, String>>()?;
    Ok(rows
        .enumerate()
        .map(|(i, row)| {
            let mut cells: [String; 12] = Default::default();
            for (cell, column) in cells.iter_mut().zip(&at) {
                *cell = row.get(*column).map(text).unwrap_or_default();
            }
            (i + 2, cells)
        })
        .filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()))
        .collect())
}
