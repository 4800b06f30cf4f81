//! The lexicon: data, not code. The tables under `lexicon/` are bound in when the crate is built and read once; every
//! row carries sentences that a test runs.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use model::EventType;
use serde::Serialize;

use crate::text::Text;

/// How a trigger takes its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// The subject does it to the object.
    Act,
    /// The same, and the object dies.
    Kill,
    /// An attempt on a life that failed, or is not said to have succeeded.
    Attempt,
    /// The object is wounded.
    Wound,
    /// The subject dies; an effect of something else.
    Effect,
    /// Both sides.
    Clash,
    /// The subject takes the object.
    Capture,
    /// The subject takes the object away.
    Abduct,
    /// The subject gets away.
    Escape,
    /// A mass escape, as a noun.
    Break,
    /// The subject acts in a place.
    Operate,
    /// The subject sends forces.
    Deploy,
    /// Something explodes.
    Blast,
    /// Things are damaged; an effect of something else.
    Damage,
    /// A threat: nothing has happened.
    Threat,
}

/// What happens.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// First form: its name.
    pub name: String,
    /// Whether it is a noun.
    pub noun: bool,
    /// Event type; none for effects, which belong to something else.
    pub kind: Option<EventType>,
    /// Sub-type, ACLED's words.
    pub sub_type: &'static str,
    /// Frame.
    pub frame: Frame,
    /// A sentence in which it is an event, and one in which it is none.
    pub examples: [&'static str; 2],
}

/// Classes of people and things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Forces of a state.
    State,
    /// Armed group.
    Armed,
    /// Civilians.
    Civil,
    /// Officials and notables.
    Official,
    /// Prisoners.
    Captive,
    /// Leaders.
    Leader,
    /// Crowds.
    Mob,
    /// A thing that can be a target.
    Thing,
    /// A weapon.
    Weapon,
}

/// How somebody is said to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Neutral.
    Say,
    /// As a fact.
    Confirm,
    /// Without being believed.
    Claim,
    /// That it is not so.
    Deny,
    /// Against one's interest.
    Admit,
    /// That it may come.
    Expect,
    /// That it is doubtful.
    Dispute,
    /// According to.
    Prep,
}

/// How firmly something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Unconfirmed.
    Unconfirmed,
    /// Speculation.
    Speculative,
    /// Would, could, if.
    Hypothetical,
    /// Planned.
    Planned,
    /// Not so.
    Negated,
    /// Tried, and failed.
    Foiled,
}

/// What a statement speaks of that bears on what to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// What something is done for.
    Purpose,
    /// What somebody is able to do.
    Capability,
    /// A condition that helps.
    Enabling,
    /// A condition that hinders.
    Constraining,
    /// What is not known.
    Unknown,
    /// What would tell.
    Test,
}

impl Bearing {
    /// Its name as a rule.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Purpose => "says-purpose",
            Self::Capability => "says-capability",
            Self::Enabling => "says-enabling",
            Self::Constraining => "says-constraining",
            Self::Unknown => "says-unknown",
            Self::Test => "says-test",
        }
    }
}

/// What a form stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A trigger, by its row.
    Trigger(u16),
    /// A word for people or things.
    Role(Class),
    /// A word for those who speak.
    Source(&'static str),
    /// A word for saying.
    Report(Report),
    /// A word for how firmly.
    Mood(Mood),
    /// What a statement speaks of.
    Bearing(Bearing),
    /// A phrase in which a trigger is none.
    Blocker,
    /// A country, by its row.
    Country(u16),
    /// What is of a country, by its row.
    Demonym(u16),
    /// A capital, by its country's row.
    Capital(u16),
}

/// A country.
#[derive(Debug, Clone, Copy)]
pub struct Country {
    /// ISO code.
    pub code: &'static str,
    /// Its first name.
    pub name: &'static str,
}

/// A form found in a text.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Tokens.
    pub tokens: Range<usize>,
    /// What it stands for.
    pub entry: Entry,
}

/// All tables.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Triggers by row.
    pub triggers: Vec<Trigger>,
    /// Countries by row.
    pub countries: Vec<Country>,
    /// Forms by their first word: further words and what the form stands for, longest first.
    forms: HashMap<String, Vec<(Vec<String>, Entry)>>,
}

const TRIGGERS: &str = include_str!("../lexicon/triggers.tsv");
const ROLES: &str = include_str!("../lexicon/roles.tsv");
const SOURCES: &str = include_str!("../lexicon/sources.tsv");
const REPORTING: &str = include_str!("../lexicon/reporting.tsv");
const BLOCKERS: &str = include_str!("../lexicon/blockers.tsv");
const COUNTRIES: &str = include_str!("../lexicon/countries.tsv");
const BEARING: &str = include_str!("../lexicon/bearing.tsv");
const MOODS: &str = include_str!("../lexicon/modality.tsv");

/// Rows of a table: cells of lines that are no remarks.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(|l| l.split('\t').collect())
}

impl Lexicon {
    /// The bundled one, read once.
    pub fn bundled() -> &'static Self {
        static ONCE: OnceLock<Lexicon> = OnceLock::new();
        ONCE.get_or_init(Self::read)
    }

    fn read() -> Self {
        let mut out = Self::default();
        for r in rows(TRIGGERS) {
            let [forms, kind, event, sub_type, frame, yes, no] = r[..] else { continue };
            let frame = match frame {
                "act" => Frame::Act,
                "kill" => Frame::Kill,
                "attempt" => Frame::Attempt,
                "wound" => Frame::Wound,
                "effect" => Frame::Effect,
                "clash" => Frame::Clash,
                "capture" => Frame::Capture,
                "abduct" => Frame::Abduct,
                "escape" => Frame::Escape,
                "break" => Frame::Break,
                "operate" => Frame::Operate,
                "deploy" => Frame::Deploy,
                "blast" => Frame::Blast,
                "damage" => Frame::Damage,
                _ => Frame::Threat,
            };
            let number = out.triggers.len() as u16;
            out.triggers.push(Trigger {
                name: forms.split('|').next().unwrap_or_default().to_owned(),
                noun: kind == "noun",
                kind: EventType::from_name(event),
                sub_type: if sub_type == "-" { "" } else { sub_type },
                frame,
                examples: [yes, no],
            });
            out.add(forms, Entry::Trigger(number));
        }
        for r in rows(ROLES) {
            let [forms, class, ..] = r[..] else { continue };
            let class = match class {
                "state" => Class::State,
                "armed" => Class::Armed,
                "civil" => Class::Civil,
                "official" => Class::Official,
                "captive" => Class::Captive,
                "leader" => Class::Leader,
                "mob" => Class::Mob,
                "thing" => Class::Thing,
                _ => Class::Weapon,
            };
            out.add(forms, Entry::Role(class));
        }
        for r in rows(SOURCES) {
            let [forms, kind, ..] = r[..] else { continue };
            out.add(forms, Entry::Source(kind));
        }
        for r in rows(REPORTING) {
            let (Some(forms), Some(class)) = (r.first(), r.get(1)) else { continue };
            let report = match *class {
                "say" => Report::Say,
                "confirm" => Report::Confirm,
                "claim" => Report::Claim,
                "deny" => Report::Deny,
                "admit" => Report::Admit,
                "expect" => Report::Expect,
                "dispute" => Report::Dispute,
                _ => Report::Prep,
            };
            out.add(forms, Entry::Report(report));
        }
        for r in rows(MOODS) {
            let (Some(forms), Some(effect)) = (r.first(), r.get(1)) else { continue };
            let mood = match *effect {
                "unconfirmed" => Mood::Unconfirmed,
                "speculative" => Mood::Speculative,
                "hypothetical" => Mood::Hypothetical,
                "planned" => Mood::Planned,
                "negated" => Mood::Negated,
                _ => Mood::Foiled,
            };
            out.add(forms, Entry::Mood(mood));
        }
        for r in rows(BEARING) {
            let (Some(forms), Some(kind)) = (r.first(), r.get(1)) else { continue };
            let bearing = match *kind {
                "purpose" => Bearing::Purpose,
                "capability" => Bearing::Capability,
                "enabling" => Bearing::Enabling,
                "constraining" => Bearing::Constraining,
                "unknown" => Bearing::Unknown,
                _ => Bearing::Test,
            };
            out.add(forms, Entry::Bearing(bearing));
        }
        for r in rows(BLOCKERS) {
            out.add(r[0], Entry::Blocker);
        }
        for r in rows(COUNTRIES) {
            let [code, names, demonyms, capital] = r[..] else { continue };
            let number = out.countries.len() as u16;
            out.countries.push(Country { code, name: names.split('|').next().unwrap_or_default() });
            out.add(names, Entry::Country(number));
            out.add(demonyms, Entry::Demonym(number));
            out.add(capital, Entry::Capital(number));
        }
        for list in out.forms.values_mut() {
            list.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(&b.0)));
        }
        out
    }

    fn add(&mut self, forms: &str, entry: Entry) {
        for form in forms.split('|') {
            // Cut as texts are.
            let text = Text::new(form, 0);
            let words: Vec<String> = (0..text.tokens.len()).map(|i| text.small(i).to_owned()).collect();
            if let Some((first, rest)) = words.split_first() {
                self.forms.entry(first.clone()).or_default().push((rest.to_vec(), entry));
            }
        }
    }

    /// Every form in a text, in order of its place; of one kind at one place only the longest, and no trigger inside
    /// another.
    pub fn scan(&self, text: &Text<'_>) -> Vec<Hit> {
        let mut out: Vec<Hit> = Vec::new();
        let mut trigger_end = 0;
        for i in 0..text.tokens.len() {
            let Some(list) = self.forms.get(text.small(i)) else { continue };
            let begin = out.len();
            for (rest, entry) in list {
                let end = i + 1 + rest.len();
                if !rest.iter().enumerate().all(|(k, w)| text.small(i + 1 + k) == w) {
                    continue;
                }
                let same = |a: &Entry| std::mem::discriminant(a) == std::mem::discriminant(entry);
                // A verb and a noun may share a form: both stand until the context tells.
                let longer = out[begin..].iter().any(|h| same(&h.entry) && h.tokens.end > end);
                let is_trigger = matches!(entry, Entry::Trigger(_));
                if longer || (is_trigger && i < trigger_end) {
                    continue;
                }
                out.push(Hit { tokens: i..end, entry: *entry });
            }
            if let Some(end) =
                out[begin..].iter().filter(|h| matches!(h.entry, Entry::Trigger(_))).map(|h| h.tokens.end).max()
            {
                trigger_end = trigger_end.max(end);
            }
        }
        out
    }
}
