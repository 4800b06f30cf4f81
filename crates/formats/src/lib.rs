//! Reads other people's event files from bytes, by header and declared format, never by guess.
//!
//! Every format becomes the same [`Record`]: what one row of one data set says of one event, with that data set's own
//! precision, figures and named originator, and where in the file the row stands. Rows that cannot be read are
//! [`BadRow`]s with line, column and reason; none is dropped silently.

mod acled;
mod bridge;
mod gdelt;
mod ged;
mod gtd;
mod icews;
mod mapped;
mod polecat;
mod records;
mod rows;
mod text;

use std::borrow::Cow;
use std::io::Read;

pub use bridge::{Bridge, Target, bridge};
pub use records::{COLUMNS, Writer};
pub use rows::{Container, unpack};

use model::{Day, EventType, LonLat, Mapping};
use serde::Serialize;

/// How exactly a place is known; the numbers are UCDP's `where_prec`, 0 is no place at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Default)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// No place.
    #[default]
    Nowhere = 0,
    /// A named settlement or a point.
    Exact = 1,
    /// Near a known point.
    Near = 2,
    /// A second-order division (district).
    Adm2 = 3,
    /// A first-order division (province).
    Adm1 = 4,
    /// Larger than a first-order division, a line, or between two places.
    Region = 5,
    /// A country.
    Country = 6,
    /// At sea or in the air.
    Sea = 7,
}

impl Extent {
    /// Radius in kilometres that holds 90 % of the belief around the coded point: a settlement, UCDP's 25 km, and the
    /// usual sizes of divisions. Our choice, said in `docs/data.md`.
    pub fn radius_km(self) -> f64 {
        match self {
            Self::Nowhere => f64::INFINITY,
            Self::Exact => 5.0,
            Self::Near => 25.0,
            Self::Adm2 => 35.0,
            Self::Adm1 => 120.0,
            Self::Region => 150.0,
            Self::Country => 400.0,
            Self::Sea => 60.0,
        }
    }

    /// Where no code says it: the finest name given tells how exactly a place is known.
    pub(crate) fn of_finest(at: Option<(f64, f64)>, city: &str, district: &str, province: &str) -> Self {
        match (at, city.is_empty(), district.is_empty(), province.is_empty()) {
            (None, ..) => Self::Nowhere,
            (_, false, ..) => Self::Exact,
            (_, _, false, _) => Self::Adm2,
            (_, _, _, false) => Self::Adm1,
            _ => Self::Country,
        }
    }

    /// Flag for a point that only stands for an area.
    pub(crate) fn flags(self) -> u16 {
        if self >= Self::Adm2 { flag::CENTROID } else { 0 }
    }

    /// From its number.
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Nowhere, Self::Exact, Self::Near, Self::Adm2, Self::Adm1, Self::Region, Self::Country, Self::Sea]
            .get(usize::from(code))
            .copied()
    }
}

/// What a row says besides its columns, as bits of [`Record::flags`].
pub mod flag {
    /// Low, best and high were not in order and were put in order.
    pub const DISORDERED: u16 = 1;
    /// The data set is not sure that the row is one event (UCDP `event_clarity` 2).
    pub const UNCLEAR: u16 = 2;
    /// The data set doubts that the event is of its kind (GTD `doubtterr`).
    pub const DOUBTED: u16 = 4;
    /// Zero deaths may also mean that nothing is known of deaths (ACLED).
    pub const ZERO_OR_UNKNOWN: u16 = 8;
    /// The first actor did it to the second; without it their order means nothing.
    pub const DIRECTED: u16 = 16;
    /// The point is a centroid, or was `0, 0` and is left out.
    pub const CENTROID: u16 = 32;
    /// Several actors claim it against each other (GTD `compclaim`).
    pub const COMPETING: u16 = 64;
}

/// Where a row stands in its (unpacked) file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct At {
    /// Line; the first is 1.
    pub line: u64,
    /// First byte.
    pub offset: u64,
    /// XXH3-64 of the row's bytes without its delimiters: tells a changed row from an unchanged one.
    pub hash: u64,
}

/// Deaths as a data set gives them, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deaths {
    /// Lowest reliable figure.
    pub low: u32,
    /// Most likely figure.
    pub best: u32,
    /// Highest reliable figure.
    pub high: u32,
}

impl Deaths {
    /// The three in order, and the flag that says whether they had to be put in order.
    pub(crate) fn ordered(low: u32, best: u32, high: u32) -> (Self, u16) {
        let disordered = if low <= best && best <= high { 0 } else { flag::DISORDERED };
        let (bottom, top) = (low.min(high), high.max(low));
        (Self { low: bottom.min(best), best: best.clamp(bottom, top), high: top.max(best) }, disordered)
    }
}

/// What one row of one data set says of one event.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Record<'a> {
    /// Where it stands.
    pub at: At,
    /// The data set's own key.
    pub id: Cow<'a, str>,
    /// For a row that only points at an event of another file (a GDELT mention): that event's key. Else empty.
    pub about: Cow<'a, str>,
    /// First possible day, days since 1970-01-01.
    pub first: i32,
    /// Last possible day.
    pub last: i32,
    /// Longitude and latitude in degrees, as coded.
    pub lon_lat: Option<(f64, f64)>,
    /// How exactly the place is known.
    pub extent: Extent,
    /// Name of the place.
    pub place: Cow<'a, str>,
    /// First-order division.
    pub adm1: Cow<'a, str>,
    /// Country, as the data set writes it.
    pub country: Cow<'a, str>,
    /// Our event type; none for what lies outside the vocabulary (talks, statements).
    pub kind: Option<EventType>,
    /// Our sub-type; empty for none.
    pub sub_type: Cow<'a, str>,
    /// The data set's own code.
    pub code: Cow<'a, str>,
    /// First actor.
    pub actor1: Cow<'a, str>,
    /// Second actor.
    pub actor2: Cow<'a, str>,
    /// Deaths.
    pub deaths: Option<Deaths>,
    /// Who first stated it, as far as the data set says.
    pub origin: Cow<'a, str>,
    /// Headline, notes or event text.
    pub text: Cow<'a, str>,
    /// Where the report was found.
    pub url: Cow<'a, str>,
    /// Bits of [`flag`].
    pub flags: u16,
    /// What has no column, as a JSON object; empty for none.
    pub detail: Cow<'a, str>,
}

impl Record<'_> {
    /// The same, owning its text.
    pub fn into_owned(self) -> Record<'static> {
        fn own(t: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(t.into_owned())
        }
        Record {
            at: self.at,
            id: own(self.id),
            about: own(self.about),
            first: self.first,
            last: self.last,
            lon_lat: self.lon_lat,
            extent: self.extent,
            place: own(self.place),
            adm1: own(self.adm1),
            country: own(self.country),
            kind: self.kind,
            sub_type: own(self.sub_type),
            code: own(self.code),
            actor1: own(self.actor1),
            actor2: own(self.actor2),
            deaths: self.deaths,
            origin: own(self.origin),
            text: own(self.text),
            url: own(self.url),
            flags: self.flags,
            detail: own(self.detail),
        }
    }

    /// Whether a flag is set.
    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// First and last possible day.
    pub fn days(&self) -> (Day, Day) {
        (Day(self.first), Day(self.last))
    }

    /// The point as coded.
    pub fn point(&self) -> Option<LonLat> {
        self.lon_lat.map(|(lon, lat)| LonLat { lon, lat })
    }
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// Line.
    pub line: u64,
    /// Column; empty when the row as a whole is at fault.
    pub column: String,
    /// Reason.
    pub reason: String,
}

/// Why a column of a row is not usable.
pub(crate) type Fault = (&'static str, String);

/// A declared format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// UCDP GED: 17.1 to 26.1 layouts, Candidate, API JSON, HXL.
    Ged,
    /// ACLED export or API CSV, current and older layouts.
    Acled,
    /// GDELT 2.0 events.
    Gdelt,
    /// GDELT 2.0 mentions.
    GdeltMentions,
    /// GDELT 1.0 daily events.
    Gdelt1,
    /// ICEWS.
    Icews,
    /// POLECAT.
    Polecat,
    /// PLOVER records in JSON.
    Plover,
    /// Global Terrorism Database.
    Gtd,
    /// Our own export.
    Records,
    /// Anyone's table, by a mapping of columns.
    Mapped,
}

/// A format's name, what it is called in full, its usual licence, and whether its rows may be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The format.
    pub format: Format,
    /// As written after `--from`.
    pub name: &'static str,
    /// In full.
    pub title: &'static str,
    /// As its publisher states it.
    pub licence: &'static str,
    /// Whether rows may be passed on under that licence.
    pub redistribute: bool,
}

/// Every format.
pub const FORMATS: [About; 11] = [
    about(Format::Ged, "ged", "UCDP Georeferenced Event Dataset", "CC BY 4.0", true),
    about(Format::Acled, "acled", "Armed Conflict Location & Event Data", "ACLED terms: no passing on of rows", false),
    about(Format::Gdelt, "gdelt", "GDELT 2.0 Events", "open with citation", true),
    about(Format::GdeltMentions, "gdelt-mentions", "GDELT 2.0 Mentions", "open with citation", true),
    about(Format::Gdelt1, "gdelt1", "GDELT 1.0 Events", "open with citation", true),
    about(Format::Icews, "icews", "Integrated Crisis Early Warning System", "CC0 1.0 (Dataverse)", true),
    about(Format::Polecat, "polecat", "POLECAT", "not confirmed; see its Dataverse page", false),
    about(Format::Plover, "plover", "PLOVER records (JSON)", "CC BY-SA 4.0", true),
    about(Format::Gtd, "gtd", "Global Terrorism Database", "START end-user agreement: no passing on of rows", false),
    about(Format::Records, "records", "Bellwether's own export", "as its rows", false),
    about(Format::Mapped, "table", "any table, by [[dataset]] columns", "unknown", false),
];

const fn about(
    format: Format,
    name: &'static str,
    title: &'static str,
    licence: &'static str,
    redistribute: bool,
) -> About {
    About { format, name, title, licence, redistribute }
}

impl Format {
    /// What is known of it.
    pub fn about(self) -> &'static About {
        &FORMATS[self as usize]
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        FORMATS.iter().find(|a| a.name == name).map(|a| a.format)
    }

    /// Whether rows end at line ends, whatever stands in them, and the file has no header: such a file can be cut at
    /// any line end and read in parts.
    pub fn splits_at_lines(self) -> bool {
        matches!(self, Self::Gdelt | Self::Gdelt1)
    }
}

/// What receives the rows.
pub type Sink<'s> = dyn FnMut(Result<Record<'_>, BadRow>) + 's;

/// Reads a file. `mapping` is needed by [`Format::Mapped`] and ignored by the others. `start` is the line and byte at
/// which `input` begins, for a part of a larger file.
///
/// # Errors
/// When the file as a whole is not of the format: a phrase that says what was expected.
pub fn read(
    format: Format,
    mapping: Option<&Mapping>,
    input: impl Read,
    start: (u64, u64),
    each: &mut Sink<'_>,
) -> Result<(), String> {
    match format {
        Format::Ged => ged::read(input, each),
        Format::Acled => acled::read(input, each),
        Format::Gdelt => gdelt::read_events(input, start, gdelt::Version::Two, each),
        Format::Gdelt1 => gdelt::read_events(input, start, gdelt::Version::One, each),
        Format::GdeltMentions => gdelt::read_mentions(input, each),
        Format::Icews => icews::read(input, each),
        Format::Polecat => polecat::read(input, each),
        Format::Plover => polecat::read_plover(input, each),
        Format::Gtd => gtd::read(input, each),
        Format::Records => records::read(input, each),
        Format::Mapped => mapped::read(mapping.ok_or("a table needs `columns`: which column holds what")?, input, each),
    }
}

/// Reads a file into memory.
///
/// # Errors
/// As [`read`].
pub fn read_all(format: Format, mapping: Option<&Mapping>, input: impl Read) -> Result<File, String> {
    let mut out = File::default();
    read(format, mapping, input, (1, 0), &mut |row| match row {
        Ok(r) => out.records.push(r.into_owned()),
        Err(b) => out.bad.push(b),
    })?;
    Ok(out)
}

/// Ids that ACLED has withdrawn: its `deleted` endpoint as CSV, `event_id_cnty, deleted_timestamp`.
///
/// # Errors
/// When the file is not of the format.
pub fn read_acled_deletions(input: impl Read) -> Result<Vec<String>, String> {
    acled::deletions(input)
}

/// A whole file in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    /// Records, in order of the file.
    pub records: Vec<Record<'static>>,
    /// Rows that could not be read.
    pub bad: Vec<BadRow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_that_a_case_may_name() {
        assert_eq!(FORMATS.map(|f| f.name), model::FORMAT_NAMES);
        for f in FORMATS {
            assert_eq!((f.format.about().name, Format::from_name(f.name)), (f.name, Some(f.format)));
        }
    }
}
