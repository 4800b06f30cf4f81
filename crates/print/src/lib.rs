//! Sets documents on pages: a typst template, and the files that it reads. No network, no clock and no file but those
//! given; the same input gives the same bytes.

use std::collections::{BTreeSet, HashMap};

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// Letters in which documents are set: those bundled (Libertinus Serif and DejaVu Sans: Latin, Greek, Cyrillic, Arabic,
/// Hebrew, Armenian, Georgian), and what else is at hand.
pub struct Fonts {
    book: LazyHash<FontBook>,
    all: Vec<Font>,
}

impl Fonts {
    /// The bundled fonts and `more`, each the bytes of an OpenType or TrueType file or collection; what is none gives no
    /// letters.
    #[must_use]
    pub fn new(more: Vec<Vec<u8>>) -> Self {
        let dejavu = [&include_bytes!("../fonts/DejaVuSans.ttf")[..], include_bytes!("../fonts/DejaVuSans-Bold.ttf")];
        let bundled = typst_assets::fonts().chain(dejavu).map(Bytes::new);
        let all: Vec<Font> = bundled.chain(more.into_iter().map(Bytes::new)).flat_map(Font::iter).collect();
        Self { book: LazyHash::new(FontBook::from_fonts(&all)), all }
    }

    /// Characters of `text` for which no font has a sign: they cannot be set. What is never seen needs none.
    #[must_use]
    pub fn lacking(&self, text: &str) -> BTreeSet<char> {
        let unseen = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        };
        let used: BTreeSet<char> = text.chars().filter(|c| !unseen(*c)).collect();
        used.into_iter().filter(|c| !self.all.iter().any(|f| f.info().coverage.contains(u32::from(*c)))).collect()
    }
}

/// A document as its template sees the world.
struct Desk<'a> {
    library: LazyHash<Library>,
    fonts: &'a Fonts,
    main: Source,
    files: HashMap<FileId, Bytes>,
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.all.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// A document, set.
#[derive(Debug)]
pub struct Printed {
    /// The PDF.
    pub bytes: Vec<u8>,
    /// Why it is not PDF/UA-1 (tagged as screen readers need it), if it is not.
    pub unfit: Option<String>,
}

/// The PDF that `template` makes of `files`, which it reads by name: PDF/UA-1, or, where something in it stands against that,
/// tagged as well as can be. `id` names the document for good.
///
/// # Errors
/// What typst says against the template.
pub fn pdf(template: &str, files: Vec<(&str, Vec<u8>)>, fonts: &Fonts, id: &str) -> Result<Printed, String> {
    let at = |name: &str| -> Result<FileId, String> {
        let path = VirtualPath::new(name).map_err(|e| format!("{name} cannot be the name of a file: {e:?}"))?;
        Ok(RootedPath::new(VirtualRoot::Project, path).intern())
    };
    let files =
        files.into_iter().map(|(name, bytes)| Ok((at(name)?, Bytes::new(bytes)))).collect::<Result<_, String>>()?;
    let main = Source::new(at("main.typ")?, template.to_owned());
    let desk = Desk { library: LazyHash::new(Library::default()), fonts, main, files };
    let told = |list: &[SourceDiagnostic]| -> String {
        let line = |d: &SourceDiagnostic| {
            let hints: String = d.hints.iter().map(|h| format!(" ({})", h.v)).collect();
            format!("{}{hints}", d.message)
        };
        list.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    let set = typst::compile::<PagedDocument>(&desk);
    let made = set.output.map_err(|e| told(&e)).and_then(|document| {
        let written = |standards: PdfStandards| {
            let options = PdfOptions {
                ident: Smart::Custom(id.to_owned()),
                creator: Smart::Custom(Some(format!("Bellwether {}", env!("CARGO_PKG_VERSION")))),
                standards,
                ..PdfOptions::default()
            };
            typst_pdf::pdf(&document, &options).map_err(|e| told(&e))
        };
        let accessible = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| format!("{e:?}"))?;
        match written(accessible) {
            Ok(bytes) => Ok(Printed { bytes, unfit: None }),
            Err(why) => Ok(Printed { bytes: written(PdfStandards::default())?, unfit: Some(why) }),
        }
    });
    // What was remembered of this document is of no use to the next.
    comemo::evict(0);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "#set document(title: \"T\")\n#set text(lang: \"en\")\n#json(\"said.json\").words";

    fn made(words: &str) -> Printed {
        let said = format!(r#"{{"words": "{words}"}}"#).into_bytes();
        pdf(TEMPLATE, vec![("said.json", said)], &Fonts::new(vec![]), "t").unwrap()
    }

    #[test]
    fn the_same_words_give_the_same_bytes() {
        let one = made("Раштская долина #panic()");
        assert!(one.bytes.starts_with(b"%PDF-1.7") && one.unfit.is_none(), "{:?}", one.unfit);
        assert_eq!(one.bytes, made("Раштская долина #panic()").bytes);
        assert_ne!(one.bytes, made("another").bytes);
    }

    /// Marks of direction, joiners, what is written from right to left.
    #[test]
    fn letters_of_many_kinds_are_fit_for_a_screen_reader() {
        let one = made(
            "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{feff}\u{2066} e\u{301} x\u{fe0f}",
        );
        assert_eq!(one.unfit, None);
        let boxed = made("\u{1230}");
        assert!(boxed.bytes.starts_with(b"%PDF") && boxed.unfit.unwrap().contains("\u{1230}"));
    }

    #[test]
    fn nothing_but_what_is_given_is_read() {
        for reach in
            ["#read(\"/etc/passwd\")", "#include \"other.typ\"", "#import \"@preview/cetz:0.3.0\"", "#datetime.today()"]
        {
            let told = pdf(reach, vec![], &Fonts::new(vec![]), "t").unwrap_err();
            assert!(!told.is_empty(), "{reach}");
        }
    }

    #[test]
    fn what_has_no_sign_is_named() {
        let fonts = Fonts::new(vec![b"no font".to_vec()]);
        assert!(fonts.lacking("Ҷиргатол, Ραστ, \u{645}\u{631}\u{62d}\u{628}\u{627}, \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{2191} \u{2013}\n").is_empty());
        assert_eq!(fonts.lacking("a \u{1230}\u{1230}").into_iter().collect::<String>(), "\u{1230}");
    }
}
