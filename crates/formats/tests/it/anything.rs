//! No bytes make an importer panic, and none of a file's rows is lost: what is not read is named. The long form, with
//! coverage to guide it, is `fuzz/` (`cargo +nightly fuzz run import`); both call the same door.

use formats::{FORMATS, Format, read_all};
use model::{Columns, Mapping};
use proptest::prelude::*;

fn mapping() -> Mapping {
    let column = |n: &str| Some(n.to_owned());
    Mapping {
        columns: Columns {
            date: "date".into(),
            latitude: column("lat"),
            longitude: column("lon"),
            deaths: column("n"),
            kind: column("type"),
            ..Columns::default()
        },
        ..Mapping::default()
    }
}

/// A header that each format accepts, so that rows are reached.
fn head(format: Format) -> &'static str {
    match format {
        Format::Ged => {
            "id,type_of_violence,side_a,side_b,where_prec,latitude,longitude,date_start,date_end,best,country\n"
        }
        Format::Acled => "event_id_cnty,event_date,event_type,sub_event_type,actor1,latitude,longitude,fatalities\n",
        Format::Icews => "Event ID\tEvent Date\tSource Name\tCAMEO Code\tTarget Name\tLatitude\n",
        Format::Polecat => "Event ID\tEvent Date\tEvent Type\tActor Name\tRecipient Name\tLatitude\tLongitude\n",
        Format::Gtd => "eventid,iyear,imonth,iday,attacktype1,gname,latitude,longitude,nkill\n",
        Format::Mapped => "date,lat,lon,n,type\n",
        _ => "",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0..FORMATS.len()) {
        let format = FORMATS[which].format;
        let _ = read_all(format, Some(&mapping()), &bytes[..]);
        let mut text = head(format).as_bytes().to_vec();
        text.extend(&bytes);
        let _ = read_all(format, Some(&mapping()), &text[..]);
    }

    /// Rows made of plausible fields: as many records and bad rows as rows.
    #[test]
    fn every_row_is_read_or_named(
        rows in proptest::collection::vec(proptest::collection::vec("[-0-9A-Za-z./: ]{0,12}", 11), 1..8),
        which in 0..FORMATS.len(),
    ) {
        let format = FORMATS[which].format;
        let head = head(format);
        prop_assume!(!head.is_empty());
        let delimiter = if head.contains('\t') { "\t" } else { "," };
        let width = head.trim().split(delimiter).count();
        let mut text = head.to_owned();
        for r in &rows {
            // A first field that says something: a row of blanks is no row.
            text.push_str(&format!("x{}\n", r[..width].join(delimiter)));
        }
        let f = read_all(format, Some(&mapping()), text.as_bytes()).unwrap();
        prop_assert_eq!(f.records.len() + f.bad.len(), rows.len(), "{:?}", f);
        for b in &f.bad {
            prop_assert!(b.line >= 2 && !b.reason.is_empty());
        }
    }
}
