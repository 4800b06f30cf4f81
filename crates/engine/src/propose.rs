//! From what was read of a report to claims that the case could hold: the same sentences, in the case's own terms.
//!
//! A reading knows "Tajik soldiers" and "Khujand"; a claim needs the case's actors, areas and sources. What the case
//! knows by name is taken as it is; soldiers of a country are its forces where the case has just one such actor; other
//! places are looked up in the gazetteer, given the countries that the report speaks of. What stays unresolved is left
//! out, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use extract::lexicon::{Class, Entry};
use extract::read::marked::{MARKED_BY, MARKED_TO};
use extract::read::{Count, Party, Reading, Speaker, Statement, Tie};
use extract::{Known, Lexicon, Read, Text};
use model::{
    ActorKind, ActorRole, Basis, Case, Claim, Credibility, Edtf, EventClaim, Excerpt, FactClaim, Figure, Hedge,
    LinkClaim, LinkKind, LonLat, Modality, Origin, PlaceRef, Report, Role, Says, SourceKind, Stance, SubType,
    WithActor, WithoutActor,
};
use names::{Context, Gazetteer};

use crate::rows::dashed;

/// A place of the gazetteer is taken from this probability on.
const SURE_PLACE: f64 = 0.5;
/// Radius in metres that holds a town of the gazetteer.
const TOWN_M: f64 = 5_000.0;
/// Characters kept of the surroundings of an excerpt.
const AROUND: usize = 32;

/// The names that a case knows.
pub fn known(case: &Case) -> Known {
    let mut out = Known::default();
    for (id, a) in &case.actors {
        let class = match a.kind {
            ActorKind::ArmedGroup => Class::Armed,
            ActorKind::StateForces => Class::State,
            ActorKind::Leader => Class::Leader,
            _ => Class::Official,
        };
        out.actor(id, class, a.names());
    }
    for (id, a) in &case.areas {
        out.area(id, std::iter::once(a.name.as_str()));
    }
    for (id, s) in &case.sources {
        out.source(id, std::iter::once(s.name.as_str()));
    }
    out
}

/// Claims that a report makes, as far as it was read, in order of the text. Ids are made of the report's and of
/// the byte at which the words stand, so that they stay while the report stays.
pub fn propose(case: &Case, report: &Report, read: &Read) -> Vec<Claim> {
    let proposer = Proposer::new(case, report, read);
    let mut taken = BTreeSet::new();
    let mut out: Vec<Claim> = Vec::new();
    for claim in (0..read.events.len()).filter_map(|n| proposer.event(n)) {
        if !out.iter().any(|earlier| adds_nothing(&claim, earlier)) {
            out.push(claim);
        }
    }
    out.extend(read.ties.iter().flat_map(|t| proposer.tie(t)));
    out.extend(read.statements.iter().filter_map(|s| proposer.statement(s)));
    out.sort_by_key(|c| c.excerpt.start);
    for c in &mut out {
        let mut id = c.id.clone();
        let mut n = 1;
        while !taken.insert(id.clone()) {
            n += 1;
            id = format!("{}-{n}", c.id);
        }
        c.id = id;
    }
    out
}

/// What a case asks, made ready to be held beside what is said.
pub struct Asked {
    names: Known,
    /// Questions, each with its hypotheses.
    questions: Vec<(Topic, Vec<Topic>)>,
    indicators: Vec<Topic>,
}

/// Something that is asked: its name (`hypothesis:QUESTION/ID`), the actors and areas it names, its long words.
struct Topic {
    name: String,
    named: Vec<String>,
    words: BTreeSet<String>,
}

impl Asked {
    /// Of a case.
    pub fn new(case: &Case) -> Self {
        let names = known(case);
        let topic =
            |name: String, text: &str| Topic { name, named: names.named(&Text::new(text, 0)), words: stems(text) };
        let of = |(q, question): (&String, &model::Question)| {
            let own = question.hypotheses.iter().filter(|h| h.id != "other");
            let own = own.map(|h| topic(format!("hypothesis:{q}/{}", h.id), &h.text)).collect();
            (topic(format!("question:{q}"), &question.question), own)
        };
        let questions = case.questions.iter().map(of).collect();
        let indicators = case.indicators.iter().map(|(id, i)| topic(format!("indicator:{id}"), &i.title)).collect();
        Self { names, questions, indicators }
    }

    /// What a sentence may bear on: hypotheses, questions as a whole and indicators with which it shares an actor or an
    /// area of the case, or two long words. `about`: further actors and areas that it speaks of.
    pub fn bears_on(&self, sentence: &str, about: &[String]) -> Vec<String> {
        let (mut named, words) = (self.names.named(&Text::new(sentence, 0)), stems(sentence));
        named.extend_from_slice(about);
        let meets = |t: &&Topic| named.iter().any(|n| t.named.contains(n)) || words.intersection(&t.words).count() >= 2;
        let mut out: Vec<&Topic> = Vec::new();
        for (question, hypotheses) in &self.questions {
            let begun = out.len();
            out.extend(hypotheses.iter().filter(meets));
            // What the question itself is about bears on all of its answers.
            if out.len() == begun {
                out.extend(Some(question).filter(meets));
            }
        }
        out.extend(self.indicators.iter().filter(meets));
        out.into_iter().map(|t| t.name.clone()).collect()
    }
}

/// Beginnings of the longer words of a text, in small letters: "prisoners" and "prison" are alike.
fn stems(text: &str) -> BTreeSet<String> {
    let long = text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 4);
    long.map(|w| w.to_lowercase().chars().take(6).collect()).collect()
}

/// Words as part of an id, cut at `most` bytes.
fn slug(text: &str, most: usize) -> String {
    let mut out = dashed(text);
    out.truncate(most);
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// Whether a claim only comes back to an event of which the same source has said as much: "since the jailbreak".
fn adds_nothing(c: &Claim, earlier: &Claim) -> bool {
    let (Some(e), Some(o)) = (c.event(), earlier.event()) else { return false };
    let known = |a: &ActorRole| matches!(a, ActorRole::Unknown(_)) || o.actors.contains(a);
    e.id == o.id
        && c.chain == earlier.chain
        && c.stance == Stance::Asserts
        && earlier.stance == Stance::Asserts
        && e.figures.is_empty()
        && e.actors.iter().all(known)
        && (e.place.is_none() || e.place == o.place)
        && (e.time.is_none() || e.time == o.time)
}

struct Proposer<'a> {
    case: &'a Case,
    report: &'a Report,
    read: &'a Read,
    asked: Asked,
    context: Context,
    /// By reading: its place. A look-up goes through the whole gazetteer, and reports name few places often.
    places: Vec<Option<PlaceRef>>,
    /// By ISO code: the one actor of the case that is that country's forces.
    forces: BTreeMap<&'static str, String>,
    /// By what it is and the country it is of: the one source of the case that is so.
    voices: BTreeMap<(&'static str, &'static str), String>,
}

/// Countries that a text speaks of, by ISO code.
fn countries(text: &str) -> BTreeSet<&'static str> {
    let lexicon = Lexicon::bundled();
    let text = Text::new(text, 0);
    let hits = lexicon.scan(&text);
    hits.iter()
        .filter_map(|h| match h.entry {
            Entry::Country(c) | Entry::Demonym(c) | Entry::Capital(c) => Some(lexicon.countries[usize::from(c)].code),
            _ => None,
        })
        .collect()
}

/// What is said to be of each key, where only one thing is.
fn single<K: Ord>(pairs: impl IntoIterator<Item = (K, String)>) -> BTreeMap<K, String> {
    let mut out: BTreeMap<K, Option<String>> = BTreeMap::new();
    for (k, v) in pairs {
        // Two: which one is meant cannot be told.
        out.entry(k).and_modify(|x| *x = x.take().filter(|x| *x == v)).or_insert(Some(v));
    }
    out.into_iter().filter_map(|(k, v)| Some((k, v?))).collect()
}

impl<'a> Proposer<'a> {
    fn new(case: &'a Case, report: &'a Report, read: &'a Read) -> Self {
        let of_actor = |id: &str| -> BTreeSet<&'static str> {
            let Some(a) = case.actors.get(id) else { return BTreeSet::new() };
            std::iter::once(&a.name).chain(&a.aliases).flat_map(|n| countries(n)).collect()
        };
        let forces = case.actors.iter().filter(|(_, a)| a.kind == ActorKind::StateForces);
        let voices = case.sources.iter().filter_map(|(id, s)| {
            let kind = match s.kind {
                SourceKind::Official | SourceKind::Party => "official",
                SourceKind::Media | SourceKind::Wire => "media",
                _ => return None,
            };
            let of = countries(&s.name).into_iter().chain(s.speaks_for.iter().flat_map(|a| of_actor(a)));
            // A group that fights is no official voice of the country in its name.
            let armed =
                s.speaks_for.as_ref().and_then(|a| case.actors.get(a)).is_some_and(|a| a.kind == ActorKind::ArmedGroup);
            (!armed).then(|| of.map(move |c| ((kind, c), id.clone())).collect::<Vec<_>>())
        });
        let mut out = Self {
            case,
            report,
            read,
            asked: Asked::new(case),
            places: Vec::new(),
            context: Context {
                countries: countries(&report.text[report.body..]).into_iter().map(str::to_owned).collect(),
                near: case.areas.values().filter_map(|a| a.geometry.middle()).collect(),
            },
            forces: single(forces.flat_map(|(id, _)| of_actor(id).into_iter().map(move |c| (c, id.clone())))),
            voices: single(voices.flatten()),
        };
        let mut found: BTreeMap<(Option<&str>, &str), Option<PlaceRef>> = BTreeMap::new();
        out.places = (read.events.iter())
            .map(|e| {
                let p = e.place.as_ref()?;
                found.entry((p.area.as_deref(), p.name.as_str())).or_insert_with(|| out.place(p)).clone()
            })
            .collect();
        out
    }

    /// The actor of the case that a party is. Soldiers of no said country are those of the country of the `place`.
    fn actor(&self, p: &Party, place: Option<&PlaceRef>) -> Option<String> {
        let own = || {
            let country = p.country.or_else(|| self.country(place?));
            (p.class == "state-forces").then(|| self.forces.get(country?).cloned()).flatten()
        };
        p.actor.clone().filter(|a| self.case.actors.contains_key(a)).or_else(own)
    }

    /// Who did it: armed groups and state forces; for a leader, the one group that the case says is led by him.
    fn doer(&self, actor: String) -> Option<String> {
        match self.case.actors.get(&actor)?.kind {
            ActorKind::ArmedGroup | ActorKind::StateForces => Some(actor),
            ActorKind::Leader => {
                let led = |l: &model::Link| l.kind == LinkKind::LedBy && l.to == actor;
                let mut groups = self.case.actors.iter().filter(|(_, a)| a.link.iter().any(led));
                groups.next().filter(|_| groups.next().is_none()).map(|(id, _)| id.clone())
            }
            _ => None,
        }
    }

    /// ISO code of the country that a place lies in.
    fn country(&self, place: &PlaceRef) -> Option<&'static str> {
        let at = match place {
            PlaceRef::Area(id) => self.case.areas.get(id)?.geometry.middle()?,
            PlaceRef::Point { lon, lat, .. } => LonLat { lon: *lon, lat: *lat },
            _ => return None,
        };
        names::Division::at(at).map(|d| d.country.as_str())
    }

    /// First reading of the same event.
    fn first(&self, n: usize) -> usize {
        let mut n = n;
        while let Some(earlier) = self.read.events[n].same_as.filter(|e| *e < n) {
            n = earlier;
        }
        n
    }

    fn event(&self, n: usize) -> Option<Claim> {
        let e = &self.read.events[n];
        let first = &self.read.events[self.first(n)];
        let place = self.places[n].as_ref();
        let mut actors: Vec<ActorRole> = Vec::new();
        let mut add = |role: ActorRole| {
            if !actors.contains(&role) {
                actors.push(role);
            }
        };
        for p in &e.by {
            match self.actor(p, place).map(|a| self.doer(a)) {
                Some(Some(actor)) => add(ActorRole::Known(WithActor { actor, role: Role::Perpetrator })),
                _ if e.by.len() == 1 => add(ActorRole::Unknown(WithoutActor { role: Role::Perpetrator })),
                _ => {}
            }
        }
        for p in &e.to {
            if let Some(actor) = self.actor(p, place) {
                add(ActorRole::Known(WithActor { actor, role: Role::Target }));
            }
        }
        let figures: Vec<Figure> = e.figures.iter().filter_map(|f| self.figure(f, n)).collect();
        let stance = e.stance;
        let says = EventClaim {
            id: self.event_id(first),
            kind: first.kind,
            sub_type: (!first.sub_type.is_empty()).then(|| SubType(first.sub_type.to_owned())),
            complexity: None,
            covers: Vec::new(),
            actors,
            place: place.cloned(),
            time: e.days.as_ref().and_then(|d| {
                let text = if d.from == d.to { d.from.to_string() } else { format!("{}/{}", d.from, d.to) };
                Edtf::parse(&text).ok()
            }),
            figures,
        };
        // Who owns a deed must be named; who disputes it need not.
        let owns = matches!(stance, Stance::ClaimsResponsibility | Stance::DeniesResponsibility);
        if owns && !says.actors.iter().any(|a| matches!(a, ActorRole::Known(k) if k.role == Role::Perpetrator)) {
            return None;
        }
        // A field that only the marks fill makes the claim theirs: rulings on it judge them.
        let marked = e.by.iter().chain(&e.to).map(|p| p.part.rule).find(|r| [MARKED_BY, MARKED_TO].contains(r));
        let rule = match stance {
            Stance::Asserts | Stance::Denies => marked.unwrap_or(e.trigger.rule),
            Stance::Disputes => "dispute",
            Stance::ClaimsResponsibility | Stance::DeniesResponsibility => "responsibility",
        };
        let speaker = e.by.first().and_then(|p| self.actor(p, place)).filter(|_| owns);
        Some(self.claim(
            e.trigger.span.start,
            e.quote.clone(),
            self.chain(e, speaker.as_deref()),
            (stance, e.modality),
            rule,
            Says::Event(says),
        ))
    }

    /// Who says it, as sources of the case, innermost first: those named, those who speak for who owns the deed, else
    /// the publisher.
    fn chain(&self, e: &Reading, owner: Option<&str>) -> Vec<String> {
        let out = self.voices(&e.speakers);
        let own = |owner: &str| self.case.sources.iter().find(|(_, s)| s.speaks_for.as_deref() == Some(owner));
        match owner.and_then(own) {
            Some((id, _)) if out == [self.report.source.clone()] => vec![id.clone()],
            _ => out,
        }
    }

    /// Sources of the case that those who speak are; the publisher where none is.
    fn voices(&self, speakers: &[Speaker]) -> Vec<String> {
        let named = |s: &Speaker| {
            let of = countries(&self.report.text[s.part.span.clone()]);
            s.source.clone().or_else(|| of.into_iter().find_map(|c| self.voices.get(&(s.kind, c)).cloned()))
        };
        let mut out: Vec<String> = speakers.iter().filter_map(named).collect();
        out.retain(|s| self.case.sources.contains_key(s));
        out.dedup();
        if out.is_empty() {
            out.push(self.report.source.clone());
        }
        out
    }

    fn figure(&self, f: &Count, n: usize) -> Option<Figure> {
        let e = &self.read.events[n];
        let first = &self.read.events[self.first(n)];
        let place = self.places[n].as_ref();
        let counted = f.of.and_then(|i| e.to.get(i));
        let inherited = || first.to.iter().filter(|p| counted.is_none_or(|c| c.class == p.class));
        let of = counted
            .and_then(|p| self.actor(p, place))
            .or_else(|| inherited().find_map(|p| self.actor(p, place)))
            .or_else(|| e.to.iter().filter(|_| counted.is_none()).find_map(|p| self.actor(p, place)))?;
        let (mut number, mut low, mut high, mut than) = (None, None, None, None);
        match f.hedge {
            Hedge::Between => (low, high) = (Some(f.number), Some(f.high.unwrap_or(f.number))),
            Hedge::HigherThan | Hedge::LowerThan => than = Some(self.earlier(n, &of, f.measure)?),
            h if h.needs_number() => number = Some(f.number),
            _ => {}
        }
        Some(Figure { measure: f.measure, of, number, hedge: f.hedge, low, high, than })
    }

    /// The claim of the figure that another one is said to be higher or lower than: the last before it, on the same event.
    fn earlier(&self, n: usize, of: &str, measure: model::Measure) -> Option<String> {
        (0..n).rev().filter(|k| self.first(*k) == self.first(n)).find_map(|k| {
            let e = &self.read.events[k];
            let same = |f: &Figure| f.measure == measure && f.of == of && f.number.or(f.high).is_some();
            let has = e.figures.iter().filter_map(|f| self.figure(f, k)).any(|f| same(&f));
            has.then(|| self.id(e.trigger.span.start))
        })
    }

    /// Name of an event: what happened and where, and four letters that tell it from its like.
    fn event_id(&self, e: &Reading) -> String {
        let words = slug(&self.report.text[e.trigger.span.clone()], 24);
        let place = e.place.as_ref().map(|p| slug(p.area.as_deref().unwrap_or(&p.name), 32));
        let parts = [Some(words), place, Some(self.letters(e.trigger.span.start))];
        parts.into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// Four letters that stand for a byte of the report: FNV-1a of both.
    fn letters(&self, at: usize) -> String {
        let key = format!("{} {at}", self.report.id);
        let mut hash =
            key.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        let mut letter = || {
            let letter = b'a' + (hash % 26) as u8;
            hash /= 26;
            char::from(letter)
        };
        (0..4).map(|_| letter()).collect()
    }

    fn id(&self, at: usize) -> String {
        format!("{}-{at}", self.report.id)
    }

    fn place(&self, p: &extract::read::Place) -> Option<PlaceRef> {
        if let Some(area) = p.area.clone().filter(|a| self.case.areas.contains_key(a)) {
            return Some(PlaceRef::Area(area));
        }
        let text = Text::new(&p.name, 0);
        // A country is no town, whatever town bears its name.
        let country = |e: Entry| matches!(e, Entry::Country(_) | Entry::Demonym(_));
        if Lexicon::bundled().scan(&text).iter().any(|h| country(h.entry)) {
            return None;
        }
        let best = Gazetteer::bundled().find(&p.name, &self.context).into_iter().next()?;
        let spoken_of = self.context.countries.is_empty() || self.context.countries.contains(&best.country);
        let exact = best.p >= SURE_PLACE && matches!(best.how, "main" | "other") && spoken_of;
        exact.then_some(PlaceRef::Point { lon: best.at[0], lat: best.at[1], uncertainty_m: TOWN_M })
    }

    /// A link, and where the text says that it is disputed, that too.
    fn tie(&self, t: &Tie) -> Vec<Claim> {
        let (Some(a), Some(b)) = (self.actor(&t.a, None), self.actor(&t.b, None)) else { return vec![] };
        let Some(kind) = (match t.kind {
            "founded" => Some(LinkKind::FoundedBy),
            "led-by" => Some(LinkKind::LedBy),
            "allied-with" => Some(LinkKind::AlliedWith),
            "split-from" => Some(LinkKind::SplitFrom),
            "merged-into" => Some(LinkKind::MergedInto),
            "renamed" => Some(LinkKind::Renamed),
            _ => None,
        }) else {
            return vec![];
        };
        if a == b {
            return vec![];
        }
        let one = |held: (Stance, Modality)| {
            let link = LinkClaim { actor: a.clone(), kind, to: b.clone() };
            let chain = vec![self.report.source.clone()];
            self.claim(t.cue.span.start, t.quote.clone(), chain, held, t.cue.rule, Says::Link(link))
        };
        let mut out = vec![one((Stance::Asserts, t.modality))];
        if t.disputed {
            out.push(one((Stance::Disputes, Modality::Asserted)));
        }
        out
    }

    /// What bears on a hypothesis, as a fact that evidence may name: the sentence itself is the proposition. Only where it
    /// speaks of something that the case asks about.
    fn statement(&self, s: &Statement) -> Option<Claim> {
        let (cue, bearing) = s.cues.first()?;
        let text = &self.report.text[s.quote.clone()];
        if self.asked.bears_on(text, &s.about).is_empty() {
            return None;
        }
        let about = s.about.first().map(String::as_str);
        let parts = [Some(bearing.rule().trim_start_matches("says-")), about];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
        let fact = FactClaim {
            id: format!("{name}-{}", self.letters(cue.span.start)),
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let chain = self.voices(&s.speakers);
        let held = (Stance::Asserts, s.modality);
        Some(self.claim(cue.span.start, s.quote.clone(), chain, held, bearing.rule(), Says::Fact(fact)))
    }

    fn claim(
        &self,
        at: usize,
        quote: std::ops::Range<usize>,
        chain: Vec<String>,
        (stance, modality): (Stance, Modality),
        rule: &str,
        says: Says,
    ) -> Claim {
        let text = &self.report.text;
        let before: Vec<char> = text[self.report.body..quote.start].chars().rev().take(AROUND).collect();
        Claim {
            id: self.id(at),
            report: self.report.id.clone(),
            excerpt: Excerpt {
                exact: text[quote.clone()].to_owned(),
                prefix: before.into_iter().rev().collect(),
                suffix: text[quote.end..].chars().take(AROUND).collect(),
                start: quote.start,
                end: quote.end,
            },
            origin: Origin::Source(chain[0].clone()),
            chain,
            stance,
            modality,
            basis: Basis::Told,
            credibility: Credibility(6),
            tlp: None,
            rule: Some(rule.to_owned()),
            says,
            span: model::Span::default(),
        }
    }
}
