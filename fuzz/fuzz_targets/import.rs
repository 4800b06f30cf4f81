//! Any bytes through every importer. The first byte chooses the format, the rest is the file.
//!
//!     cargo +nightly fuzz run import fuzz/seeds -- -max_total_time=3600

#![no_main]

use formats::{FORMATS, read_all};
use libfuzzer_sys::fuzz_target;
use model::{Columns, Mapping};

fuzz_target!(|bytes: &[u8]| {
    let Some((which, file)) = bytes.split_first() else { return };
    let column = |n: &str| Some(n.to_owned());
    let mapping = Mapping {
        columns: Columns { date: "date".into(), latitude: column("lat"), longitude: column("lon"), ..Columns::default() },
        ..Mapping::default()
    };
    let format = FORMATS[usize::from(*which) % FORMATS.len()].format;
    if let Ok(read) = read_all(format, Some(&mapping), file) {
        // What was read survives the way there and back.
        let mut out = Vec::new();
        let mut writer = formats::Writer::new(&mut out).expect("memory does not fail");
        for r in &read.records {
            writer.write(r).expect("memory does not fail");
        }
        writer.finish().expect("memory does not fail");
        let back = read_all(formats::Format::Records, None, &out[..]).expect("our own export is read");
        assert_eq!(back.records, read.records);
    }
});
