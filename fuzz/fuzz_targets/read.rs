//! Any bytes as a report: through the door of its kind, then through the reader. The first byte chooses the kind.
//!
//!     cargo +nightly fuzz run read fuzz/reports -- -max_total_time=3600

#![no_main]

use extract::{Known, Setting, Text};
use intake::{Kind, documents};
use libfuzzer_sys::fuzz_target;

const KINDS: [Kind; 5] = [Kind::Text, Kind::Html, Kind::Mail, Kind::Feed, Kind::JsonLines];

fuzz_target!(|bytes: &[u8]| {
    let Some((which, file)) = bytes.split_first() else { return };
    let Ok(read) = documents(KINDS[usize::from(*which) % KINDS.len()], file) else { return };
    for d in read.iter().take(4) {
        let text = Text::new(&d.text, 0);
        let anchor = model::Day::parse("2010-11-10");
        let out = extract::read(&text, &Known::default(), Setting { anchor });
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
    }
});
