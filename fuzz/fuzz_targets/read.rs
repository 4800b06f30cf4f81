//! Any bytes as a report: through the door of its kind, then through the reader. The first byte chooses the kind.
//!
//!     cargo +nightly fuzz run read fuzz/reports -- -max_total_time=3600

#![no_main]

use std::sync::OnceLock;

use extract::read::marked::{PERPETRATOR, TARGET};
use extract::tag::{Ready, Tagger, Training, marks};
use extract::{Known, Setting, Text};
use intake::{Kind, documents};
use libfuzzer_sys::fuzz_target;

const KINDS: [Kind; 5] = [Kind::Text, Kind::Html, Kind::Mail, Kind::Feed, Kind::JsonLines];

/// A small model, so that gaps are filled.
fn tagger() -> &'static Tagger {
    static ONCE: OnceLock<Tagger> = OnceLock::new();
    ONCE.get_or_init(|| {
        let ready = Ready::new("Gunmen killed the mayor. Soldiers attacked the village.", 0);
        let marked = marks(
            &ready.text,
            [(PERPETRATOR, "gunmen"), (PERPETRATOR, "soldiers"), (TARGET, "mayor"), (TARGET, "village")],
        );
        Tagger::train(&[(&ready, &marked)], Training { least: 1, passes: 40, smallest: 0.0, ..Training::default() })
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, file)) = bytes.split_first() else { return };
    let Ok(read) = documents(KINDS[usize::from(*which) % KINDS.len()], file) else { return };
    for d in read.iter().take(4) {
        let text = Text::new(&d.text, 0);
        let anchor = model::Day::parse("2010-11-10");
        let mut out = extract::read(&text, &Known::default(), Setting { anchor });
        out.fill(&Ready::new(&d.text, 0), &Known::default(), tagger());
        // Every span is a piece of the text.
        for e in &out.events {
            assert!(d.text.get(e.quote.clone()).is_some() && d.text.get(e.trigger.span.clone()).is_some());
            for p in e.by.iter().chain(&e.to) {
                assert!(d.text.get(p.part.span.clone()).is_some());
            }
            for f in &e.figures {
                assert!(d.text.get(f.part.span.clone()).is_some());
            }
        }
        for s in &out.statements {
            assert!(d.text.get(s.quote.clone()).is_some());
            assert!(s.cues.iter().all(|c| d.text.get(c.0.span.clone()).is_some()));
        }
    }
});
