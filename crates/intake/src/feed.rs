//! Mail and feeds.

use mail_parser::MessageParser;

use crate::{Document, Error, MOST_REPORTS, html, lines};

/// A message: its text, else its page.
pub(crate) fn mail(bytes: &[u8]) -> Result<Document, Error> {
    let message =
        MessageParser::default().parse(bytes).ok_or_else(|| Error::Bad("it is no mail message: no header".into()))?;
    let plain = (message.text_body_count() > 0).then(|| message.body_text(0)).flatten();
    let is_page = message.text_body.first().is_some_and(|i| message.html_body.first() == Some(i))
        && message
            .html_body
            .first()
            .and_then(|i| message.parts.get(*i as usize))
            .is_some_and(mail_parser::MessagePart::is_text_html);
    let text = match (plain, message.body_html(0)) {
        (Some(text), _) if !is_page => lines(&text),
        (_, Some(page)) => html::article(&page, "UTF-8").map_or_else(|_| lines(&strip(&page)), |d| d.text),
        (Some(text), None) => lines(&text),
        (None, None) => String::new(),
    };
    let from = message.from().and_then(|a| a.first()).and_then(|a| a.name.clone().or_else(|| a.address.clone()));
    Ok(Document {
        title: message.subject().map(str::to_owned),
        published: message.date().map(|d| format!("{:04}-{:02}-{:02}", d.year, d.month, d.day)),
        url: None,
        publisher: from.map(|f| f.into_owned()),
        text,
        language: None,
        encoding: "mail",
    })
}

/// The items of a feed, newest last as they are.
pub(crate) fn items(bytes: &[u8]) -> Result<Vec<Document>, Error> {
    let feed = feed_rs::parser::parse(bytes).map_err(|e| Error::Bad(format!("it is no RSS or Atom feed: {e}")))?;
    let publisher = feed.title.map(|t| t.content);
    Ok(feed
        .entries
        .into_iter()
        .take(MOST_REPORTS)
        .map(|e| {
            let body = e.content.and_then(|c| c.body).or_else(|| e.summary.map(|s| s.content)).unwrap_or_default();
            Document {
                title: e.title.map(|t| strip(&t.content).trim().to_owned()),
                published: e.published.or(e.updated).map(|d| d.format("%Y-%m-%d").to_string()),
                url: e.links.first().map(|l| l.href.clone()),
                publisher: publisher.clone(),
                text: lines(&strip(&body)),
                language: None,
                encoding: "feed",
            }
        })
        .collect())
}

/// A fragment of a page as text: tags become nothing, ends of paragraphs a blank line.
fn strip(fragment: &str) -> String {
    if !fragment.contains('<') && !fragment.contains('&') {
        return fragment.to_owned();
    }
    mail_parser::decoders::html::html_to_text(fragment)
}
