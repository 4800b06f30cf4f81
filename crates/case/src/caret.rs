//! How a problem reads: the line it is in, and a caret under it.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use model::{Label, Problem, Severity};

/// One problem as text with carets, without colour; `texts` holds the files that it points into.
pub fn drawn(p: &Problem, texts: &BTreeMap<String, String>) -> String {
    let level = match p.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(p.message.as_str()).id(p.code.as_str()));
    // Labels of one file share a snippet; the file of the first label comes first.
    let mut files: Vec<&str> = Vec::new();
    for l in &p.labels {
        if !files.contains(&l.span.file.as_str()) {
            files.push(&l.span.file);
        }
    }
    for file in files {
        let Some(text) = texts.get(file) else {
            group = group.element(annotate_snippets::Origin::path(file));
            continue;
        };
        if text.is_empty() {
            group = group.element(annotate_snippets::Origin::path(file));
            continue;
        }
        let mut snippet = Snippet::source(text.as_str()).path(file).fold(true);
        for (i, l) in p.labels.iter().enumerate().filter(|(_, l)| l.span.file == file) {
            let kind = if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let span = within(l, text);
            let mut annotation = kind.span(span);
            if !l.text.is_empty() {
                annotation = annotation.label(l.text.as_str());
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    if let Some(help) = &p.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::plain().term_width(160).render(&[group]) + "\n"
}

/// The span on character borders inside the text; a long span is cut at its line's end.
fn within(l: &Label, text: &str) -> std::ops::Range<usize> {
    let border = |mut i: usize| {
        i = i.min(text.len());
        while !text.is_char_boundary(i) {
            i -= 1;
        }
        i
    };
    let (start, end) = (border(l.span.start), border(l.span.end));
    start..end.max(start)
}
