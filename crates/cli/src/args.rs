//! What can be asked for, and how.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::Day;

/// From a folder of contradicting reports to an assessment one can check.
///
/// A case is a folder of text: reports, claims coded from them, sources, actors, areas, tests and hypotheses.
/// `build` draws possible worlds from what the sources say, weighs every test and hypothesis in them, and writes
/// an assessment in which every number opens into the sentences behind it.
///
/// Begin with:  bellwether init my-case --template rasht-2010 && bellwether build my-case
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Flags of every verb.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Number of threads [default: all cores]; the result is the same for any number
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory that a query may use, in MiB [default: no limit]
    #[arg(long, global = true, value_name = "MIB")]
    pub(crate) memory: Option<NonZeroUsize>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl Common {
    /// Threads asked for, or all cores.
    pub(crate) fn cores(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()), |n| n.get())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    #[command(about = "Write a new case to begin with")]
    Init(Init),
    #[command(about = "File a report with its front matter")]
    Add(Add),
    #[command(about = "Propose claims: what reports say happened, who says so, and in which words")]
    Read(Read),
    #[command(about = "Teach the reader from what people have coded: a model of who did what to whom")]
    Train(Train),
    #[command(about = "The claims as a spreadsheet, and what was edited there back into the case")]
    Claims(Claims),
    #[command(about = "Rule on what a machine read: accept, reject, edit, split, merge, one key each")]
    Review(Review),
    #[command(about = "Bring an event data set into a case")]
    Import(Import),
    #[command(about = "Show every problem of a case, with file, line and caret; builds nothing")]
    Check(Check),
    #[command(about = "Build the assessment")]
    Build(Build),
    #[command(about = "Show what is stale and why")]
    Status(OnCase),
    #[command(about = "Explain any number, down to the sentences behind it")]
    Explain(Explain),
    #[command(about = "What to believe of each question, what that hangs on, and what would change it")]
    Weigh(Weigh),
    #[command(about = "Show what changed, by how much, and which report did it")]
    Diff(Diff),
    #[command(about = "Freeze what may be passed on, with what changed since the last time and why")]
    Publish(Publish),
    #[command(about = "Run SQL over the tables of the last build")]
    Query(Query),
    #[command(about = "Find which rows of a case's data sets are one event, all rows against all")]
    Match(Match),
    #[command(about = "Show which places a name may mean, each with its probability")]
    Place(Place),
    #[command(
        about = "The two-minute answer: is a group contained, relocating or expanding? Needs an event data file, no case"
    )]
    Spread(Spread),
    #[command(about = "Look months ahead: each indicator of a case, or counts from an event data file")]
    Forecast(Forecast),
    #[command(about = "Score forecasts: the ledger of a case, or how the same method would have done on a data file")]
    Score(Score),
    #[command(about = "Work on a case in a browser: read, ask why, review, draw, edit; several people at once")]
    Serve(Serve),
    #[command(about = "Keep the accounts of those who work on a case in a browser")]
    Account(Account),
    #[command(about = "Check that the log of who did what in the browser is whole, or print it")]
    Audit(Audit),
    #[command(about = "Print a completion script for a shell")]
    Completions(Completions),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to write; must not exist, or be empty
    pub(crate) folder: PathBuf,
    /// What to begin with
    #[arg(long, value_enum, default_value_t = TemplateName::Minimal)]
    pub(crate) template: TemplateName,
    /// Print the reference of every file and key instead
    #[arg(long)]
    pub(crate) reference: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TemplateName {
    /// One of everything, small enough to read in one sitting
    Minimal,
    /// The worked example: Tajikistan's Rasht Valley, autumn 2010
    #[value(name = "rasht-2010")]
    Rasht2010,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Case folder
    pub(crate) case: PathBuf,
    /// The report: text, Markdown, HTML, PDF, .eml; RSS, Atom or JSON lines with many; - for standard input
    pub(crate) text: PathBuf,
    /// Title [default: what the file says]
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Publisher: an id in sources.toml
    #[arg(long)]
    pub(crate) source: String,
    /// When it was published: 2010-09-20, 2010-09, 2010~ [default: what the file says]
    #[arg(long)]
    pub(crate) published: Option<String>,
    /// Day on which it was captured
    #[arg(long)]
    pub(crate) retrieved: Option<String>,
    /// Where it was found
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Marking, if not the case's
    #[arg(long)]
    pub(crate) tlp: Option<String>,
}

/// Proposes claims from the text of reports: what is said to have happened, by whom, to whom, where and when, who says
/// so, and how firmly. Every field shows the words it rests on and the rule that read it.
///
/// Names are those of the case: actors with their aliases, areas, sources. Nothing is written, unless `--write` asks for
/// it: then the claims go to claims/read.jsonl, and count with the chance that their rule reads rightly until `review`
/// rules on them. `--format json` prints every field with its bytes.
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// Case folder
    pub(crate) case: PathBuf,
    /// Reports of the case to read [default: all]
    pub(crate) reports: Vec<String>,
    /// A text file to read instead, with the names of the case
    #[arg(long, value_name = "FILE", conflicts_with = "reports")]
    pub(crate) file: Option<PathBuf>,
    /// Day of its dateline: what "yesterday" and "9 November" are counted from
    #[arg(long, value_name = "DAY", value_parser = day, requires = "file")]
    pub(crate) published: Option<Day>,
    /// Write the claims into claims/read.jsonl, for every report that no person has coded
    #[arg(long, conflicts_with_all = ["reports", "file"])]
    pub(crate) write: bool,
    /// Also ask a language model at this address, such as http://127.0.0.1:11434/v1; what the text does not bear out is
    /// rejected, answers are kept in answers/. A key is taken from BELLWETHER_API_KEY
    #[arg(long, value_name = "URL", requires = "model")]
    pub(crate) ask: Option<String>,
    /// The model, as the endpoint calls it
    #[arg(long, value_name = "NAME", requires = "ask")]
    pub(crate) model: Option<String>,
    /// Let reports leave this machine
    #[arg(long, requires = "ask")]
    pub(crate) remote: bool,
}

/// Trains a small model that marks who did it and who or what suffered, from the claims that people have coded or accepted,
/// and from texts with the strings that play these parts.
///
/// The model goes to models/marks.json, and `read` uses it from then on: where its rules find an event but not by whom or
/// to whom, words of the sentence that mean somebody may fill the gap, under a rule of their own that rulings judge like
/// any other. Remove the file, and the rules read alone. A text file has a line each:
///
/// {"text": "Police blame the blast on the Red Front.", "perpetrator": ["the Red Front"], "target": []}
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Case folder
    pub(crate) case: PathBuf,
    /// Files of texts, in JSON lines
    #[arg(value_name = "TEXTS")]
    pub(crate) texts: Vec<PathBuf>,
}

/// Rules on what a machine read: one claim a screen, one key each, those first on which most depends.
///
/// Rulings are appended to rulings.jsonl: an accepted claim counts like one that a person coded, a rejected one counts no
/// more, and both teach how far the rule that read it can be trusted. Edited claims go to claims/reviewed.jsonl. Where
/// there is no terminal, keys and answers are read from standard input, a line each.
#[derive(Debug, Args)]
pub(crate) struct Review {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Who rules [default: the user's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print the queue instead of asking
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Write offsets and context of excerpts where they can be told safely
    #[arg(long)]
    pub(crate) fix: bool,
    /// Also run the tests of the case (tests/*.toml)
    #[arg(long)]
    pub(crate) tests: bool,
}

/// A case and how to see it.
#[derive(Debug, Clone, Args)]
pub(crate) struct OnCase {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    #[command(flatten)]
    pub(crate) seen: Seen,
}

/// From when, and how precisely.
#[derive(Debug, Clone, Args)]
pub(crate) struct Seen {
    /// See the case as of this day: only what was published by then takes part
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) as_of: Option<Day>,
    /// Number of possible worlds; more worlds, less sampling error
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub(crate) worlds: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) on: OnCase,
    /// Do not run the tests of the case
    #[arg(long)]
    pub(crate) no_tests: bool,
    /// Build a second time from nothing, and fail unless it comes to the same
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Case folder
    pub(crate) case: PathBuf,
    /// What to explain, such as indicator:strikes-fergana, or a bare id where only one thing has it
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) seen: Seen,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The grid has hypotheses as rows and evidence as columns, the most diagnostic first. A linchpin is the origin without which the\nanswer changes, or moves most; it is found by running the worlds again without it.\n\nExamples:\n  bellwether weigh my-case\n  bellwether weigh my-case sweeps-purpose --letters"
)]
pub(crate) struct Weigh {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Only this question of `hypotheses.toml` [default: all, and every judgment]
    pub(crate) question: Option<String>,
    /// Show the letters of the classic matrix (CC, C, N, I, II) instead of likelihoods
    #[arg(long)]
    pub(crate) letters: bool,
    #[command(flatten)]
    pub(crate) seen: Seen,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Writes published/ID/ once: the page, the assessment as data and its events as GeoJSON, without anything marked above the case's TLP. A judgment\nthat has moved since the last publication needs `changed` in judgments.toml: what changed, and why. Lints at `deny` and\nfailing tests of the case stop it.\n\nExamples:\n  bellwether publish my-case --dry-run\n  bellwether publish my-case --id 2010-11"
)]
pub(crate) struct Publish {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Name of the publication [default: the day the case is seen from]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Say what stands against publishing; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Publish even if tests of the case fail
    #[arg(long)]
    pub(crate) no_tests: bool,
    #[command(flatten)]
    pub(crate) seen: Seen,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Compare with the case as of this earlier day, instead of with the last build
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) from: Option<Day>,
    /// See the case as of this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) as_of: Option<Day>,
    /// Compare with the case without this report, instead of with the last build
    #[arg(long, value_name = "REPORT", conflicts_with = "from")]
    pub(crate) without: Option<String>,
    /// Number of possible worlds [default: as the last build, or 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub(crate) worlds: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// SQL, such as "select id, probability from indicators order by probability desc"
    pub(crate) sql: String,
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
}

/// Brings an event data set into a case.
///
/// The file is copied into the case's `data/` and pinned by its hash, an entry `[[dataset]]` is added to `case.toml`,
/// and a source to `sources.toml` where there is none. Rows that cannot be read go to the table `quarantine`, with
/// line, column and reason. Rows that name an actor of the case become claims when the case is built; all others stay
/// in the table `records`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Event data file, as downloaded (plain, .gz, .zip, .xlsx, .json, .geojson, .parquet)
    pub(crate) file: PathBuf,
    /// Its format: ged, acled, gdelt, gdelt-mentions, gdelt1, icews, polecat, plover, gtd, records, table
    #[arg(long, value_name = "FORMAT", value_parser = file_format)]
    pub(crate) from: formats::Format,
    /// Case folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) case: PathBuf,
    /// Id of the data set in the case [default: the format and the version]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Version, as its publisher numbers it
    #[arg(long = "data-version", value_name = "VERSION")]
    pub(crate) version: Option<String>,
    /// When this version was released; its rows are known from that day on [default: the day of retrieval]
    #[arg(long, value_name = "DATE")]
    pub(crate) released: Option<String>,
    /// When the file was fetched [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) retrieved: Option<Day>,
    /// The source of `sources.toml` that speaks in it [default: the format's name; added where it is not there]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// Licence, as its publisher states it [default: the format's usual one]
    #[arg(long)]
    pub(crate) licence: Option<String>,
    /// Its rows may be passed on [default: as the format's usual licence says]
    #[arg(long, value_name = "BOOL")]
    pub(crate) redistribute: Option<bool>,
    /// Only rows that name this actor of the case; may be given again [default: any actor of the case]
    #[arg(long = "actor", value_name = "ACTOR")]
    pub(crate) actors: Vec<String>,
    /// For a table: which column holds what, such as date=day; may be given again
    #[arg(long = "column", value_name = "FIELD=COLUMN")]
    pub(crate) columns: Vec<String>,
    /// For a table: what a code of its type column means, such as "1=Battles"; may be given again
    #[arg(long = "type", value_name = "CODE=TYPE")]
    pub(crate) types: Vec<String>,
    /// For a table: a further setting of [[dataset]], such as months=true; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// ACLED's list of deletions, to be left out
    #[arg(long, value_name = "FILE")]
    pub(crate) deletions: Option<PathBuf>,
    /// Stop, and change nothing, if a row cannot be read
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Finds which rows of a case's data sets are one event: all rows against all, whether they speak to the case or not.
///
/// `build` matches the rows that speak to the case; this is for the whole files, however large. Rows are read slice by
/// slice of time, so that memory stays bounded; a slice that is done is not done again after an interruption. The
/// tables `pairs` (with probability and reasons), `clusters` and `reconciled` (type and deaths of each cluster, from all its
/// rows)
/// answer `bellwether query`.
#[derive(Debug, Args)]
pub(crate) struct Match {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Rows of a slice, as near as whole days allow
    #[arg(long, value_name = "N", default_value_t = engine::SLICE_ROWS, value_parser = clap::value_parser!(u64).range(1000..))]
    pub(crate) slice: u64,
    /// Also write the pairs at least this likely as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Least probability of a pair in that CSV
    #[arg(long, value_name = "P", default_value_t = 0.5, requires = "out")]
    pub(crate) least: f64,
}

/// Shows which places a name may mean, each with its probability; what is missing to 100 % is a place in no gazetteer.
///
/// The bundled gazetteer holds the GeoNames places with 500 inhabitants or more, under all their names. `--format json`
/// prints features for `areas.geojson`.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The name, in any script
    pub(crate) name: String,
    /// Country that is spoken of, by its ISO code; may be given again
    #[arg(long = "country", value_name = "CODE")]
    pub(crate) countries: Vec<String>,
    /// Place that is spoken of nearby, as LATITUDE,LONGITUDE; may be given again
    #[arg(long = "near", value_name = "LAT,LON", allow_hyphen_values = true)]
    pub(crate) near: Vec<String>,
    /// A GeoNames dump of your own, such as TJ.txt (or its .zip), to look in as well
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
    /// At most so many places
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) limit: usize,
}

/// Asks where a group is going: contained, relocating, expanding, receding or dormant; when that changed, how far it went,
/// whether it grows or moves, what crowds together, how long it stays anywhere.
///
/// Of an event data file, every row is placed and dated world by world as its precision allows. Of a case, its own worlds are
/// taken, with who did what as unsure as it is there: actor and areas are ids of the case, affiliates count as the
/// footprint that the case declares for the actor says (else those that belong to it, allies and other names), and so do the windows.
#[derive(Debug, Args)]
pub(crate) struct Spread {
    /// Event data file, as downloaded (plain, .gz or .zip), or a case folder
    pub(crate) data: PathBuf,
    /// Its format
    #[arg(long, value_name = "FORMAT", default_value = "ged", value_parser = file_format)]
    pub(crate) from: formats::Format,
    /// The group, by name or part of it
    #[arg(long, required_unless_present = "all_actors")]
    pub(crate) actor: Option<String>,
    /// Another group of the file whose events count as the group's own: an affiliate, a name it had before; may be given again
    #[arg(long = "with", value_name = "ACTOR", conflicts_with = "all_actors")]
    pub(crate) with: Vec<String>,
    /// Screen every actor instead: who is spreading, so that no more than a tenth of those called is expected to be wrong.
    /// Home is where nine tenths of an actor's events of the reference window lie
    #[arg(long, conflicts_with_all = ["actor", "home", "areas", "then", "out"])]
    pub(crate) all_actors: bool,
    /// Home area: an admin-1 name in the file, a GeoJSON file, or `hull` for the hull of the group's first years; of a case, an area
    #[arg(long, default_value = "hull")]
    pub(crate) home: String,
    /// Further areas for the table, as for --home
    #[arg(long = "area", value_name = "AREA")]
    pub(crate) areas: Vec<String>,
    /// Current window A/B [default: the last two years of the file]
    #[arg(long)]
    pub(crate) window: Option<String>,
    /// Reference window A/B [default: the five years before the current window, as far as the file goes back]
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// An earlier period A/B to compare with: was it as broad then? May be given again
    #[arg(long, value_name = "A/B")]
    pub(crate) then: Vec<String>,
    /// Clusters are where the group has more than its own pattern (own), or more than its share of everybody's events (share)
    #[arg(long, value_enum, default_value_t = Against::Own)]
    pub(crate) clusters: Against,
    /// Clusters of any time in the last ten years, not only those that go on
    #[arg(long)]
    pub(crate) any_time: bool,
    /// Page to write
    #[arg(long, value_name = "FILE", default_value = "spread.html")]
    pub(crate) out: PathBuf,
    /// Number of possible worlds
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub(crate) worlds: u32,
}

/// Looks ahead.
///
/// Of a case: every world continues along a path of events of its own, and every indicator is tested at the end of each
/// month of 30 days, as it is tested today. `--write` enters the forecasts into forecasts.jsonl, where `score` finds
/// them once their day has come.
///
/// Of an event data file: events or deaths a month by actor, country or province, as 480 equally likely paths: half from the
/// unit's own past, half from what followed wherever else things stood alike. docs/forecast.md has the method and its scores.
#[derive(Debug, Args)]
pub(crate) struct Forecast {
    /// Case folder, or event data file as downloaded (plain, .gz or .zip)
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Months ahead
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=12))]
    pub(crate) months: u8,
    /// Of a case: enter the forecasts into forecasts.jsonl
    #[arg(long)]
    pub(crate) write: bool,
    /// Of a case: see it as of this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) as_of: Option<Day>,
    #[command(flatten)]
    pub(crate) file: OfFile,
    /// Of a file: units told, those with the most expected first
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub(crate) top: usize,
    /// Of a file: page to write
    #[arg(long, value_name = "FILE", default_value = "forecast.html")]
    pub(crate) out: PathBuf,
}

/// What is counted of an event data file.
#[derive(Debug, Args)]
pub(crate) struct OfFile {
    /// Of a file: its format
    #[arg(long, value_name = "FORMAT", default_value = "ged", value_parser = file_format)]
    pub(crate) from: formats::Format,
    /// Of a file: whose counts
    #[arg(long, value_enum, default_value_t = ByUnit::Country)]
    pub(crate) by: ByUnit,
    /// Of a file: only events of this group, by name or part of it
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Of a file: what is counted
    #[arg(long, value_enum, default_value_t = Measured::Deaths)]
    pub(crate) count: Measured,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ByUnit {
    /// Either side of an event
    Actor,
    /// Country
    Country,
    /// First-order division
    Province,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measured {
    /// Events
    Events,
    /// Deaths, by the best estimate
    Deaths,
}

impl Measured {
    /// As in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Deaths => "deaths",
        }
    }
}

/// Scores forecasts.
///
/// Of a case: settles each forecast of forecasts.jsonl whose last day has passed, by what is known now; what cannot be told stays
/// open, with the reason, and is neither right nor wrong. Then prints what the ledger has earned.
///
/// Of an event data file: forecasts as of many earlier months, each scored against what followed, beside what any forecast
/// must beat.
#[derive(Debug, Args)]
pub(crate) struct Score {
    /// Case folder, or event data file as downloaded (plain, .gz or .zip)
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Of a file: months ahead
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=12))]
    pub(crate) months: u8,
    /// Of a case: settle nothing, write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) file: OfFile,
    /// Of a file: page to write
    #[arg(long, value_name = "FILE", default_value = "score.html")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Against {
    /// The group's own events by place and day
    Own,
    /// Everybody's events
    Share,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Claims {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Where to write the spreadsheet
    #[arg(long, value_name = "FILE", default_value = "claims.xlsx")]
    pub(crate) out: PathBuf,
    /// Bring back a spreadsheet that was edited: what differs is changed in claims/*.jsonl, all of it or nothing
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Only say what would be changed
    #[arg(long, requires = "from")]
    pub(crate) dry_run: bool,
}

/// Serves the case on this machine alone, and needs no accounts there. To let others in, add accounts first and name an
/// address:
///
///   bellwether account add CASE anna --role owner
///   bellwether serve CASE --address 0.0.0.0:7878 --name desk.example.org
///
/// Put a proxy that speaks TLS in front of it. The folder is watched: change a file with any editor, and the pages follow.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Serve {
    /// Case folder
    #[arg(default_value = ".")]
    pub(crate) case: PathBuf,
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7878")]
    pub(crate) address: std::net::SocketAddr,
    /// A name by which browsers may call the server, where it is not the address; may be given several times
    #[arg(long, value_name = "HOST")]
    pub(crate) name: Vec<String>,
    /// Who rules where nobody has to sign in [default: the user's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) database: Database,
    /// Also take the word of this issuer of OpenID Connect for who somebody is; what they may do is said by the account
    /// of that name. A secret that we share with it is read from BELLWETHER_OIDC_SECRET
    #[arg(long, value_name = "URL", requires = "oidc_client")]
    pub(crate) oidc: Option<String>,
    /// Our name there (client id)
    #[arg(long, value_name = "ID", requires = "oidc")]
    pub(crate) oidc_client: Option<String>,
    /// What names the account: a verified e-mail address, the name that people go by there, or the subject
    #[arg(long, value_name = "CLAIM", default_value = "email", requires = "oidc")]
    pub(crate) oidc_name: OidcName,
    /// Number of possible worlds; more worlds, less sampling error
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub(crate) worlds: u32,
    /// Print the description of the API (OpenAPI) instead
    #[arg(long)]
    pub(crate) openapi: bool,
}

/// What an issuer calls somebody.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum OidcName {
    /// `email`, verified
    Email,
    /// `preferred_username`: only where people cannot change it themselves
    Username,
    /// `sub`
    Subject,
}

impl From<OidcName> for workbench::Named {
    fn from(n: OidcName) -> Self {
        match n {
            OidcName::Email => Self::Email,
            OidcName::Username => Self::Username,
            OidcName::Subject => Self::Subject,
        }
    }
}

/// The accounts of a case.
#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// Case folder
    pub(crate) case: PathBuf,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// Where accounts are kept.
#[derive(Debug, Args)]
pub(crate) struct Database {
    /// Database of accounts and of the audit log: postgres://USER@HOST/NAME or sqlite://PATH [default: a file in the case
    /// folder, .workbench/accounts.sqlite]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    pub(crate) what: AccountVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountVerb {
    /// Add an account, or give it another password and role; the password is asked for, or read from standard input
    Add {
        #[command(flatten)]
        of: Accounts,
        /// Name; it stands with every ruling
        name: String,
        /// reader reads; coder also rules and codes; analyst also edits and publishes; owner also keeps accounts
        #[arg(long)]
        role: workbench::Role,
    },
    /// Take an account away
    Remove {
        #[command(flatten)]
        of: Accounts,
        /// Name
        name: String,
    },
    /// Show everybody who has one
    List {
        #[command(flatten)]
        of: Accounts,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) what: AuditVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Check the chain of hashes from the first line to the last, and print the last hash: note it elsewhere, and a log cut
    /// short or written anew is found out, too
    Verify {
        #[command(flatten)]
        of: Accounts,
        /// The last hash as it was noted: it must still be in the chain
        #[arg(long, value_name = "HASH")]
        noted: Option<String>,
    },
    /// Print the last lines
    Log {
        #[command(flatten)]
        of: Accounts,
        /// How many
        #[arg(long, default_value_t = 50)]
        lines: u32,
    },
}

/// A format by its name; the message names them all.
fn file_format(text: &str) -> Result<formats::Format, String> {
    formats::Format::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = formats::FORMATS.iter().map(|f| f.name).collect();
        format!("no such format; there are {}", names.join(", "))
    })
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a day such as 2010-09-19".to_owned())
}
