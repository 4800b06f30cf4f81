//! Event data sets of a case: where the file lies, what it is, and which of its rows speak to the case.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::date::{Day, Edtf, Window};
use crate::problem::Span;
use crate::vocabulary::EventKind;

/// Formats by name, as `bellwether import --from` takes them.
pub const FORMAT_NAMES: [&str; 11] =
    ["ged", "acled", "gdelt", "gdelt-mentions", "gdelt1", "icews", "polecat", "plover", "gtd", "records", "table"];

/// A format by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormatName(pub String);

impl JsonSchema for FormatName {
    fn schema_name() -> Cow<'static, str> {
        "FormatName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": FORMAT_NAMES, "description": "A data format."})
    }
}

/// Which column of anyone's table holds what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The data set's own key; without it the line number is the key.
    pub id: Option<String>,
    /// First (or only) day.
    pub date: String,
    /// Last day.
    pub date_end: Option<String>,
    /// Latitude in degrees.
    pub latitude: Option<String>,
    /// Longitude in degrees.
    pub longitude: Option<String>,
    /// How exactly the place is known: 1 exact to 7 sea, as UCDP's `where_prec`.
    pub extent: Option<String>,
    /// Name of the place.
    pub place: Option<String>,
    /// First-order division.
    pub adm1: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Event type, as the table codes it.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// First actor.
    pub actor1: Option<String>,
    /// Second actor.
    pub actor2: Option<String>,
    /// Deaths, most likely.
    pub deaths: Option<String>,
    /// Deaths, lowest.
    pub deaths_low: Option<String>,
    /// Deaths, highest.
    pub deaths_high: Option<String>,
    /// Who first stated it.
    pub origin: Option<String>,
    /// Headline or notes.
    pub text: Option<String>,
    /// Address of the report.
    pub url: Option<String>,
    /// Further columns to keep as they are.
    #[serde(default)]
    pub keep: Vec<String>,
}

/// How to read anyone's table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Which column holds what.
    pub columns: Columns,
    /// Codes of the type column into ACLED types or sub-types.
    pub types: BTreeMap<String, EventKind>,
    /// How exactly places are known where no column says so.
    pub extent: Option<u8>,
    /// Dates are numbers of days since this one.
    pub epoch: Option<Day>,
    /// Dates are VIEWS's month numbers (1 is January 1980).
    pub months: bool,
    /// Dates with slashes are m/d/yyyy.
    pub us_dates: bool,
    /// The first actor did it to the second.
    pub directed: bool,
    /// Lines that begin with this are remarks.
    pub comment: Option<String>,
    /// Every column that is not mapped is a country, its cells are deaths.
    pub wide: bool,
}

/// Which rows of a data set speak to the case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Rows in which one of these actors of the case is named; empty for any.
    #[serde(default)]
    pub actors: Vec<Id>,
    /// Rows that may lie in one of these areas of the case; empty for anywhere.
    #[serde(default)]
    pub areas: Vec<Id>,
    /// Rows of one of these countries, as the data set writes them; empty for all.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Rows that may have happened in this window.
    pub window: Option<Window>,
}

/// One event data set of a case: a data set is a source, a row is a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Identifier; also the id of the report that its rows stand in.
    pub id: Id,
    /// The file, inside the case folder.
    pub file: String,
    /// Its format.
    pub format: FormatName,
    /// The source that speaks in it, of `sources.toml`, of kind `dataset`.
    pub source: Id,
    /// Version, as its publisher numbers it.
    pub version: Option<String>,
    /// When this version was released: its rows are known from that day on, not from the event's.
    pub released: Edtf,
    /// When the file was fetched.
    pub retrieved: Option<Day>,
    /// BLAKE3 of the file: another file is another data set.
    pub hash: String,
    /// Licence, as its publisher states it.
    pub licence: String,
    /// Whether its rows may be passed on; without it they stay out of everything that is published.
    #[serde(default)]
    pub redistribute: bool,
    /// Which rows speak to the case.
    #[serde(default)]
    pub keep: Keep,
    /// Names in the file of actors of the case, beside their names and aliases.
    #[serde(default)]
    pub actors: BTreeMap<String, Id>,
    /// The same event may stand in it twice: rows of it may be matched with one another.
    #[serde(default)]
    pub duplicates: bool,
    /// A list of withdrawn ids (ACLED's deletions), inside the case folder.
    pub deletions: Option<String>,
    /// For `table`: which column holds what.
    pub columns: Option<Columns>,
    /// For `table`: codes of the type column into ACLED types or sub-types.
    #[serde(default)]
    pub types: BTreeMap<String, EventKind>,
    /// For `table`: how exactly places are known where no column says so, 1 to 7.
    #[schemars(range(min = 0, max = 7))]
    pub extent: Option<u8>,
    /// For `table`: dates are numbers of days since this one.
    pub epoch: Option<Day>,
    /// For `table`: dates are VIEWS's month numbers (1 is January 1980).
    #[serde(default)]
    pub months: bool,
    /// For `table`: dates with slashes are m/d/yyyy.
    #[serde(default)]
    pub us_dates: bool,
    /// For `table`: the first actor did it to the second.
    #[serde(default)]
    pub directed: bool,
    /// For `table`: lines that begin with this are remarks.
    pub comment: Option<String>,
    /// For `table`: every column that is not mapped is a country, its cells are deaths.
    #[serde(default)]
    pub wide: bool,
    /// Where it is declared.
    #[serde(skip)]
    #[schemars(skip)]
    pub span: Span,
}

impl Dataset {
    /// How to read it, if it is a table.
    pub fn mapping(&self) -> Option<Mapping> {
        let columns = self.columns.clone()?;
        Some(Mapping {
            columns,
            types: self.types.clone(),
            extent: self.extent,
            epoch: self.epoch,
            months: self.months,
            us_dates: self.us_dates,
            directed: self.directed,
            comment: self.comment.clone(),
            wide: self.wide,
        })
    }
}
