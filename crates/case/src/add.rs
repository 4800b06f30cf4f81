//! `add`: files a report with its front matter.

use model::Edtf;

/// What is known of a report that is to be filed.
#[derive(Debug, Clone, Default)]
pub struct NewReport {
    /// Title.
    pub title: String,
    /// Source id.
    pub source: String,
    /// When it was published.
    pub published: String,
    /// When it was captured.
    pub retrieved: Option<String>,
    /// Where it was found.
    pub url: Option<String>,
    /// Marking.
    pub tlp: Option<String>,
    /// Path of the bytes as they were received.
    pub received: Option<String>,
    /// Language, where it is not English.
    pub language: Option<String>,
    /// Text as received.
    pub body: String,
}

/// Path (`reports/DATE-title.md`) and text of the new report's file.
///
/// # Errors
/// A phrase when the date is none, or a value would not survive as one line of front matter.
pub fn report_file(new: &NewReport) -> Result<(String, String), String> {
    Edtf::parse(new.published.split('T').next().unwrap_or_default())?;
    let date: String = new.published.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let mut slug = String::new();
    for c in new.title.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() >= 48 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    let name = if slug.is_empty() { "report" } else { slug };
    let mut text = String::from("---\n");
    let values = [
        ("title", Some(&new.title)),
        ("source", Some(&new.source)),
        ("published", Some(&new.published)),
        ("retrieved", new.retrieved.as_ref()),
        ("url", new.url.as_ref()),
        ("tlp", new.tlp.as_ref()),
        ("received", new.received.as_ref()),
        ("language", new.language.as_ref()),
    ];
    for (key, value) in values {
        let Some(value) = value else { continue };
        if value.contains(['\n', '\r']) {
            return Err(format!("`{key}` must be one line"));
        }
        text.push_str(&format!("{key}: {value}\n"));
    }
    text.push_str("---\n");
    text.push_str(&new.body);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok((format!("reports/{date}-{name}.md"), text))
}
