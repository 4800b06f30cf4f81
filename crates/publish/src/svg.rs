//! Small helpers for drawing SVG as text: numbers with one digit, escaped words.

use std::fmt::Write as _;

/// Escapes text for HTML and SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A picture with a title that is read aloud, and what is drawn so far.
pub(crate) struct Svg {
    pub(crate) width: f64,
    pub(crate) height: f64,
    label: String,
    body: String,
    links: bool,
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64, label: &str) -> Self {
        Self { width, height, label: escape(label), body: String::new(), links: false }
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.body.push_str(text);
    }

    pub(crate) fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, class: &str) {
        let _ = write!(self.body, r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#);
    }

    pub(crate) fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, class: &str, title: &str) {
        let _ = write!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{h:.1}" class="{class}"><title>{}</title></rect>"#,
            w.max(0.5),
            escape(title)
        );
    }

    pub(crate) fn circle(&mut self, x: f64, y: f64, r: f64, class: &str, opacity: f64, title: &str) {
        let _ = write!(
            self.body,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{r:.1}" class="{class}" fill-opacity="{opacity:.2}"><title>{}</title></circle>"#,
            escape(title)
        );
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, words: &str) {
        let _ = write!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{}</text>"#,
            escape(words)
        );
    }

    /// What is drawn inside leads to a place in the page; `name` is read aloud.
    pub(crate) fn link(&mut self, target: &str, name: &str, inside: impl FnOnce(&mut Self)) {
        self.links = true;
        let _ = write!(self.body, r##"<a href="#{}" aria-label="{}">"##, escape(target), escape(name));
        inside(self);
        self.body.push_str("</a>");
    }

    pub(crate) fn path(&mut self, d: &str, class: &str, title: &str) {
        let _ = write!(self.body, r#"<path d="{d}" class="{class}"><title>{}</title></path>"#, escape(title));
    }

    pub(crate) fn finish(self) -> String {
        // Nothing within an image can be reached.
        let role = if self.links { "group" } else { "img" };
        format!(
            r#"<svg viewBox="0 0 {:.0} {:.0}" role="{role}" aria-label="{}" xmlns="http://www.w3.org/2000/svg">{}</svg>"#,
            self.width, self.height, self.label, self.body
        )
    }
}
