//! Web pages: the article, without what stands around it.

use dom_smoothie::{Config, Readability, TextMode};

use crate::{Document, Error, decode, lines};

/// Most elements of a page, and how deep they may lie in one another.
const MOST_ELEMENTS: usize = 100_000;
const MOST_DEPTH: usize = 2_000;

pub(crate) fn document(bytes: &[u8]) -> Result<Document, Error> {
    let (page, encoding) = declared(bytes)?;
    article(&page, encoding)
}

/// The article of a page that is text already.
pub(crate) fn article(page: &str, encoding: &'static str) -> Result<Document, Error> {
    if depth(page) > MOST_DEPTH {
        return Err(Error::Bad(format!("its elements lie more than {MOST_DEPTH} deep in one another")));
    }
    let config = Config {
        max_elements_to_parse: MOST_ELEMENTS,
        text_mode: TextMode::Formatted,
        char_threshold: 200,
        ..Config::default()
    };
    let bad = |e: &dyn std::fmt::Display| Error::Bad(format!("it is no readable page: {e}"));
    let mut readability = Readability::new(page, None, Some(config)).map_err(|e| bad(&e))?;
    let a = readability.parse().map_err(|e| bad(&e))?;
    let text = |s: String| Some(s.trim().to_owned()).filter(|s| !s.is_empty());
    Ok(Document {
        title: text(a.title.to_string()),
        published: a.published_time.map(|t| t.to_string()).and_then(text),
        url: a.url.map(|t| t.to_string()).and_then(text),
        publisher: a.site_name.map(|t| t.to_string()).and_then(text),
        text: lines(&a.text_content),
        language: None,
        encoding,
    })
}

/// A page says its encoding in its head; where it does not, it is detected.
fn declared(bytes: &[u8]) -> Result<(String, &'static str), Error> {
    if encoding_rs::Encoding::for_bom(bytes).is_none() && std::str::from_utf8(bytes).is_err() {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
        let label = head.split("charset=").nth(1).map(|rest| {
            rest.trim_start_matches(['"', '\''])
                .split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))
                .next()
        });
        if let Some(encoding) = label.flatten().and_then(|l| encoding_rs::Encoding::for_label(l.as_bytes())) {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            return Ok((text.into_owned(), encoding.name()));
        }
    }
    decode(bytes)
}

/// How deep elements lie in one another, at most: every opening counts until a closing.
fn depth(page: &str) -> usize {
    let (mut now, mut most) = (0usize, 0);
    let bytes = page.as_bytes();
    for at in bytes.iter().enumerate().filter(|(_, b)| **b == b'<').map(|x| x.0) {
        match bytes.get(at + 1) {
            Some(b'/') => now = now.saturating_sub(1),
            Some(b) if b.is_ascii_alphabetic() => {
                let name: String = bytes[at + 1..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric())
                    .take(8)
                    .map(|b| *b as char)
                    .collect();
                let empty = ["br", "img", "meta", "link", "input", "hr", "p", "li", "source", "wbr"];
                if !empty.contains(&name.to_ascii_lowercase().as_str()) {
                    now += 1;
                    most = most.max(now);
                }
            }
            _ => {}
        }
    }
    most
}
