//! The pages, as they are asked for.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::guard::Refusal;

/// Whether this program was built with its pages.
pub fn has_pages() -> bool {
    pages::file("index.html").is_some()
}

/// A file of the pages; a path without an extension is a screen, and all screens are one page.
pub(crate) async fn page(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        return Refusal::none("such address").into_response();
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    let file = if last.contains('.') || path.starts_with("assets/") { path } else { "index.html" };
    let Some(found) = pages::file(file) else {
        return Refusal::new(StatusCode::NOT_FOUND, "there is no such page").into_response();
    };
    // What is named by its content never changes.
    let keep = if file.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = HeaderValue::from_str(&found.kind).unwrap_or(HeaderValue::from_static("text/plain"));
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static(keep))], found.bytes)
        .into_response()
}
