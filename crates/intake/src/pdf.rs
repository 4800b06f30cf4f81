//! PDF: the text layer, page by page.

use std::sync::{Once, mpsc};
use std::time::Duration;

use crate::{Document, Error, lines};

/// Longest time for one document.
const MOST_TIME: Duration = Duration::from_secs(60);

/// Name of the parser's threads.
const PARSER: &str = "pdf";

/// Where the parser panics, nothing is said of it but our error.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(PARSER) {
                before(panic);
            }
        }));
    });
}

/// Text of all pages. The parser runs apart: what makes it fail or run on is an error here.
pub(crate) fn document(bytes: &[u8]) -> Result<Document, Error> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(Error::Bad("it is no PDF: it should begin with %PDF-".into()));
    }
    quiet();
    let (done, result) = mpsc::channel();
    let owned = bytes.to_vec();
    let worker = std::thread::Builder::new().name(PARSER.into()).stack_size(64 << 20).spawn(move || {
        let _ = done.send(pdf_extract::extract_text_from_mem_by_pages(&owned).map_err(|e| e.to_string()));
    });
    worker.map_err(|e| Error::Bad(format!("no thread to read it: {e}")))?;
    let pages = match result.recv_timeout(MOST_TIME) {
        Ok(Ok(pages)) => pages,
        Ok(Err(e)) => return Err(Error::Bad(format!("it cannot be read as a PDF: {e}"))),
        Err(mpsc::RecvTimeoutError::Timeout) => return Err(Error::TooSlow),
        Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::Bad("it cannot be read as a PDF".into())),
    };
    // A page's end is a blank line, as a page break in a text is: sentences go on over it.
    let text = lines(&pages.iter().map(|p| p.trim()).collect::<Vec<_>>().join("\n\n"));
    let title = text.lines().map(str::trim).find(|l| !l.is_empty()).map(|l| l.chars().take(120).collect());
    Ok(Document { title, text, encoding: "PDF", ..Document::default() })
}
