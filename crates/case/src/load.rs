//! From a folder to a [`Case`]: every file is read, everything wrong in any of them is reported at once,
//! and the case is whole when nothing is.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ActorRole, Case, Change, Claim, Day, Edtf, Evidence, EvidenceKind, Excerpt, Expectation, Factor, Gap, Group, Host,
    Hypothesis, Id, Indicator, Judgment, Lexicon, Likelihood, LonLat, Origin, PlaceRef, Polygon, Problem, Question,
    Report, Says, Scenario, ScenarioKind, Severity, Span, Test, Tlp, is_id, ring_area,
};
use serde::de::DeserializeOwned;

use crate::files::{
    CaseFile, ClaimFile, Direction, EvidenceFile, ExcerptFile, FILES, FactorFile, GapFile, IndicatorFile, JudgmentFile,
    OpinionFile, QuestionFile, ScenarioFile, TESTS, analyst_schema, claim_schema, ruling_schema, scenario_schema,
};
use crate::shape::Shape;
use crate::tree::{Entry, Node, from_json, from_toml};
use crate::{front, geojson, refer};

/// Largest file that is read.
const MAX_FILE_BYTES: usize = 64 << 20;

/// A case with everything that is wrong in it.
#[derive(Debug)]
pub struct Loaded {
    /// The case; to be built only when no problem is an error.
    pub case: Case,
    /// Every problem, by file and place.
    pub problems: Vec<Problem>,
    /// The text of every file that was read, for carets.
    pub texts: BTreeMap<String, String>,
}

impl Loaded {
    /// What keeps the case from being built.
    pub fn errors(&self) -> Vec<Problem> {
        self.problems.iter().filter(|p| p.severity == Severity::Error).cloned().collect()
    }

    /// Whether the case cannot be built.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|p| p.severity == Severity::Error)
    }

    /// Problems as text with carets into its files.
    pub fn drawn(&self, problems: &[Problem]) -> Vec<String> {
        problems.iter().map(|p| crate::drawn(p, &self.texts)).collect()
    }
}

/// What the loader gathers on its way.
pub(crate) struct Loader<'h> {
    host: &'h dyn Host,
    pub(crate) problems: Vec<Problem>,
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) trees: BTreeMap<String, Node>,
    /// Where in the claims files each claim stands: file and node.
    pub(crate) claim_nodes: BTreeMap<Id, (String, Node)>,
    /// Ids defined, also those of entries too broken to read, so that one fault is not reported twice.
    pub(crate) defined: BTreeMap<&'static str, BTreeSet<Id>>,
}

/// Reads a case folder.
pub fn load(host: &dyn Host) -> Loaded {
    let mut loader = Loader {
        host,
        problems: Vec::new(),
        texts: BTreeMap::new(),
        trees: BTreeMap::new(),
        claim_nodes: BTreeMap::new(),
        defined: BTreeMap::new(),
    };
    let case = loader.case();
    let Loader { mut problems, texts, .. } = loader;
    problems.sort_by_key(|p| {
        let first = p.labels.first().map(|l| l.span.clone()).unwrap_or_default();
        (first.file, first.start, p.code.clone())
    });
    problems.dedup();
    Loaded { case, problems, texts }
}

impl Loader<'_> {
    fn case(&mut self) -> Case {
        let mut case = Case::default();
        for kind in &FILES {
            let schema = (kind.make)();
            let text = self.text(kind.path, kind.required);
            if let Some(text) = &text {
                self.toml(kind.path, text, &schema);
            }
            if !self.trees.contains_key(kind.path) && (kind.required || text.is_some()) {
                self.unreadable(kind.defines);
            }
        }
        if let Some(tree) = self.trees.get("case.toml").cloned() {
            self.settings(&tree, &mut case);
        }
        case.sources = self.entities("sources.toml", "source", |s: &mut model::Source, span| s.span = span);
        case.actors = self.entities("actors.toml", "actor", |a: &mut model::Actor, span| a.span = span);
        if let Some(tree) = self.trees.get("actors.toml").cloned() {
            for (id, actor) in &mut case.actors {
                for (i, link) in actor.link.iter_mut().enumerate() {
                    if let Some(node) = tree.at(&[id, "link", &i.to_string()]) {
                        link.span = node.span("actors.toml");
                        // An array-of-tables element spans its header only; the kind is what one looks for.
                        if let Some(kind) = node.get("kind") {
                            link.span = kind.span("actors.toml");
                        }
                    }
                }
            }
        }
        case.assumptions =
            self.entities("assumptions.toml", "assumption", |a: &mut model::Assumption, span| a.span = span);
        case.coverage = self.entities("coverage.toml", "coverage", |c: &mut model::Coverage, span| c.span = span);
        self.areas(&mut case);
        self.indicators(&mut case);
        self.questions(&mut case);
        self.analysts(&mut case);
        self.gaps(&mut case);
        self.factors(&mut case);
        self.judgments(&mut case);
        self.reports(&mut case);
        self.claims(&mut case);
        self.scenarios(&mut case);
        self.rulings(&mut case);
        // The ledger is read by who scores it; here it is only kept.
        let ledger = self.host.read("forecasts.jsonl").unwrap_or_default();
        if ledger.len() <= MAX_FILE_BYTES {
            case.ledger = String::from_utf8_lossy(&ledger).into_owned();
        }
        refer::check(self, &case);
        case
    }

    /// Reads a text file; absent optional files are `None` without a word.
    fn text(&mut self, path: &str, required: bool) -> Option<String> {
        let bytes = match self.host.read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                if required {
                    self.problems.push(
                        Problem::error("missing-file", Span::new(path, 0, 0), format!("`{path}` is missing"))
                            .help("`bellwether init DIR` writes a complete case to begin with"),
                    );
                }
                return None;
            }
            Err(e) => {
                self.problems.push(Problem::error(
                    "unreadable",
                    Span::new(path, 0, 0),
                    format!("`{path}` cannot be read: {}", e.kind()),
                ));
                return None;
            }
        };
        if bytes.len() > MAX_FILE_BYTES {
            self.problems.push(Problem::error(
                "too-large",
                Span::new(path, 0, 0),
                format!("`{path}` has {} bytes; at most {MAX_FILE_BYTES} are read", bytes.len()),
            ));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.texts.insert(path.to_owned(), text.clone());
                Some(text)
            }
            Err(e) => {
                let at = e.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(e.as_bytes()).into_owned();
                self.texts.insert(path.to_owned(), text);
                self.problems.push(
                    Problem::error("not-utf8", Span::new(path, at, at + 1), format!("`{path}` is not UTF-8"))
                        .label(format!("byte {at}"))
                        .help("save the file as UTF-8"),
                );
                None
            }
        }
    }

    /// Parses and checks the shape; the tree is kept.
    fn toml(&mut self, path: &str, text: &str, schema: &serde_json::Value) {
        if let Some(tree) = from_toml(path, text, &mut self.problems) {
            Shape::new(schema, path).check(&tree, &format!("`{path}`"), &mut self.problems);
            self.trees.insert(path.to_owned(), tree);
        }
    }

    /// A typed value from a node whose shape was found good; `None` if it was not.
    fn typed<T: DeserializeOwned>(&self, file: &str, node: &Node) -> Option<T> {
        serde_json::from_value(node.to_value()).ok().or_else(|| {
            // The shape check has said why, with a caret; were it ever silent, say so here.
            debug_assert!(
                self.problems.iter().any(|p| p.labels.iter().any(|l| l.span.file == file)),
                "a value that fits its schema was refused: {:?}",
                serde_json::from_value::<T>(node.to_value()).err()
            );
            None
        })
    }

    /// What such a file defines cannot be known: nothing is called unknown because of it.
    fn unreadable(&mut self, kind: &'static str) {
        self.defined.entry(kind).or_default().insert("*".into());
    }

    /// Checks an id and registers it.
    fn define(&mut self, kind: &'static str, file: &str, entry: &Entry) -> Span {
        let span = Span::new(file, entry.start, entry.end);
        self.define_at(kind, &entry.key, &span);
        span
    }

    fn define_at(&mut self, kind: &'static str, id: &str, span: &Span) {
        if !is_id(id) {
            self.problems.push(
                Problem::error("bad-id", span.clone(), format!("`{id}` is not an id"))
                    .help("an id is made of a-z, 0-9 and `-`"),
            );
        }
        self.defined.entry(kind).or_default().insert(id.to_owned());
    }

    /// Reads the entries of a table file into values by id.
    fn entities<T: DeserializeOwned>(
        &mut self,
        file: &'static str,
        kind: &'static str,
        place: impl Fn(&mut T, Span),
    ) -> BTreeMap<Id, T> {
        let mut out = BTreeMap::new();
        let Some(tree) = self.trees.get(file).cloned() else { return out };
        for entry in tree.entries() {
            let span = self.define(kind, file, entry);
            if let Some(mut value) = self.typed::<T>(file, &entry.value) {
                place(&mut value, span);
                out.insert(entry.key.clone(), value);
            }
        }
        out
    }

    fn settings(&mut self, tree: &Node, case: &mut Case) {
        let file = "case.toml";
        if let Some(node) = tree.get("format")
            && node.number() != Some(1.0)
        {
            self.problems.push(
                Problem::error("unknown-format", node.span(file), "this program reads case format 1")
                    .help("a later format needs a later bellwether"),
            );
        }
        if let Some(node) = tree.get("id")
            && node.text().is_some_and(|t| !is_id(t))
        {
            self.problems.push(Problem::error("bad-id", node.span(file), "an id is made of a-z, 0-9 and `-`"));
        }
        if let Some(s) = self.typed::<CaseFile>(file, tree) {
            let CaseFile { format: _, id, title, question, as_of, seed, tlp, base_rate, lexicon, lints, dataset } = s;
            (case.id, case.title, case.question) = (id, title, question);
            (case.as_of, case.seed, case.tlp, case.base_rate) = (Some(as_of), u64::from(seed), tlp, base_rate);
            (case.lexicon, case.lints) = (lexicon.lexicon(), lints);
            case.datasets = dataset;
            for (i, d) in case.datasets.iter_mut().enumerate() {
                // An array-of-tables element spans its header only; its id is what one looks for.
                let node = tree.at(&["dataset", &i.to_string(), "id"]).unwrap_or(tree);
                d.span = node.span(file);
                self.define_at("dataset", &d.id, &d.span);
            }
        } else {
            case.as_of = tree.get("as_of").and_then(Node::text).and_then(Day::parse);
        }
    }

    fn areas(&mut self, case: &mut Case) {
        let file = "areas.geojson";
        let Some(text) = self.text(file, true) else {
            self.unreadable("area");
            return;
        };
        let mut problems = Vec::new();
        if let Some(tree) = from_json(file, &text, 0, &mut problems) {
            for feature in tree.get("features").map(Node::items).unwrap_or_default() {
                if let Some(id) = feature.get("id").and_then(Node::text) {
                    self.defined.entry("area").or_default().insert(id.to_owned());
                }
            }
            case.areas = geojson::areas(file, &tree, &mut problems);
            if tree.get("features").is_none() || problems.iter().any(|p| p.code == "not-geojson") {
                self.unreadable("area");
            }
        } else {
            self.unreadable("area");
        }
        self.problems.extend(problems);
    }

    fn indicators(&mut self, case: &mut Case) {
        let file = "indicators.toml";
        let Some(tree) = self.trees.get(file).cloned() else { return };
        for entry in tree.entries() {
            let span = self.define("indicator", file, entry);
            let given: Vec<&Entry> = entry.value.entries().iter().filter(|e| TESTS.contains(&e.key.as_str())).collect();
            if given.len() != 1 {
                let mut problem = Problem::error(
                    "one-test",
                    span.clone(),
                    format!("indicator `{}` needs exactly one test table, found {}", entry.key, given.len()),
                )
                .label(format!("one of {}", TESTS.join(", ")));
                for e in given {
                    problem = problem.also(Span::new(file, e.start, e.end), format!("`{}` here", e.key));
                }
                self.problems.push(problem);
                continue;
            }
            let Some(f) = self.typed::<IndicatorFile>(file, &entry.value) else { continue };
            let one = |c: model::Composite| c.of;
            let test = f
                .count
                .map(Test::Count)
                .or(f.share.map(Test::Share))
                .or(f.figure.map(Test::Figure))
                .or(f.footprint.map(Test::Footprint))
                .or(f.tenure.map(Test::Tenure))
                .or(f.attribution.map(Test::Attribution))
                .or(f.all.map(|c| Test::All(one(c))))
                .or(f.any.map(|c| Test::Any(one(c))));
            let test = match (test, f.not.map(one)) {
                (Some(test), _) => test,
                (None, Some(of)) if of.len() == 1 => Test::Not(of[0].clone()),
                (None, _) => {
                    self.problems.push(Problem::error("wrong-length", span, "`not` takes a list of one indicator"));
                    continue;
                }
            };
            case.indicators.insert(
                entry.key.clone(),
                Indicator {
                    id: entry.key.clone(),
                    title: f.title,
                    warn_at: f.warn_at,
                    review_by: f.review_by,
                    test,
                    tlp: f.tlp,
                    span,
                },
            );
        }
    }

    fn questions(&mut self, case: &mut Case) {
        let file = "hypotheses.toml";
        let Some(tree) = self.trees.get(file).cloned() else { return };
        for entry in tree.entries() {
            let span = self.define("question", file, entry);
            let Some(q) = self.typed::<QuestionFile>(file, &entry.value) else { continue };
            let listed = entry.value.get("hypothesis");
            let mut hypotheses: Vec<Hypothesis> = Vec::new();
            for h in listed.map(Node::entries).unwrap_or_default() {
                if !is_id(&h.key) || h.key == "other" || h.key == "undecided" {
                    self.problems.push(
                        Problem::error(
                            "bad-id",
                            Span::new(file, h.start, h.end),
                            format!("`{}` cannot be a hypothesis", h.key),
                        )
                        .help("an id is made of a-z, 0-9 and `-`; `other` and `undecided` are taken"),
                    );
                }
                if let Some(f) = q.hypothesis.get(&h.key) {
                    hypotheses.push(Hypothesis {
                        id: h.key.clone(),
                        text: f.text.clone(),
                        prior: f.prior,
                        why: f.why.clone(),
                    });
                }
            }
            hypotheses.push(Hypothesis {
                id: "other".into(),
                text: "Something else".into(),
                prior: q.other.prior,
                why: q.other.why.clone(),
            });
            let sum: f64 = hypotheses.iter().map(|h| h.prior).sum();
            if (sum - 1.0).abs() > 1e-6 {
                let mut problem = Problem::error("priors-sum", span.clone(), format!("priors sum to {sum:.3}, not 1"));
                for h in &hypotheses {
                    let node = if h.id == "other" {
                        entry.value.at(&["other", "prior"])
                    } else {
                        entry.value.at(&["hypothesis", &h.id, "prior"])
                    };
                    if let Some(node) = node {
                        problem = problem.also(node.span(file), "");
                    }
                }
                self.problems.push(problem.help("the priors of all hypotheses and of `other` sum to 1"));
            }
            let mut evidence = Vec::new();
            for (id, e) in &q.evidence {
                let node = entry.value.at(&["evidence", id]);
                let at =
                    entry.value.get("evidence").map(Node::entries).unwrap_or_default().iter().find(|x| &x.key == id);
                let span = at.map_or_else(|| span.clone(), |x| Span::new(file, x.start, x.end));
                let grouped = q.group.values().any(|g| g.of.contains(id));
                if let Some(e) = self.evidence(file, id, e, node, (case.lexicon, &hypotheses), grouped, span) {
                    evidence.push(e);
                }
            }
            let mut groups = Vec::new();
            for (id, g) in &q.group {
                let node = entry.value.at(&["group", id]).unwrap_or(&entry.value);
                let at = entry.value.get("group").map(Node::entries).unwrap_or_default().iter().find(|x| &x.key == id);
                let span = at.map_or_else(|| span.clone(), |x| Span::new(file, x.start, x.end));
                if !(2..=4).contains(&g.of.len()) {
                    let at = node.get("of").unwrap_or(node).span(file);
                    let problem = Problem::error("wrong-length", at, format!("group `{id}` has {} pieces", g.of.len()));
                    self.problems.push(problem.help("two to four pieces of evidence can be judged together"));
                    continue;
                }
                if let Some(likelihood) = self.together(file, id, &g.of, node.get("likelihood"), &hypotheses, true) {
                    groups.push(Group { id: id.clone(), of: g.of.clone(), likelihood, why: g.why.clone(), span });
                }
            }
            case.questions.insert(
                entry.key.clone(),
                Question {
                    id: entry.key.clone(),
                    question: q.question,
                    hypotheses,
                    evidence,
                    groups,
                    opinions: Vec::new(),
                    tlp: q.tlp,
                    span,
                },
            );
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn evidence(
        &mut self,
        file: &str,
        id: &str,
        e: &EvidenceFile,
        node: Option<&Node>,
        asked: (&Lexicon, &[Hypothesis]),
        grouped: bool,
        span: Span,
    ) -> Option<Evidence> {
        let kinds: Vec<EvidenceKind> = [
            e.event.clone().map(EvidenceKind::Event),
            e.indicator.clone().map(EvidenceKind::Indicator),
            e.factor.clone().map(EvidenceKind::Factor),
            e.claim.clone().map(EvidenceKind::Claim),
            e.origin.clone().map(EvidenceKind::Origin),
            e.link.clone().map(EvidenceKind::Link),
        ]
        .into_iter()
        .flatten()
        .collect();
        if kinds.len() != 1 {
            self.problems.push(Problem::error(
                "one-evidence",
                span,
                format!(
                    "evidence `{id}` needs exactly one of event, indicator, factor, claim, origin, link, found {}",
                    kinds.len()
                ),
            ));
            return None;
        }
        let table = node.and_then(|n| n.get("likelihood"));
        let likelihood = match table {
            None => Vec::new(),
            Some(table) if grouped => {
                let problem = Problem::error(
                    "needless",
                    table.span(file),
                    format!("evidence `{id}` is judged in a group: a likelihood of its own is of no use"),
                );
                self.problems.push(problem.help("leave out its `likelihood`, or take it out of the group"));
                Vec::new()
            }
            Some(table) => self.likelihoods(file, &format!("evidence `{id}`"), table, asked)?,
        };
        Some(Evidence {
            id: id.to_owned(),
            kind: kinds.into_iter().next().unwrap_or(EvidenceKind::Claim(String::new())),
            likelihood,
            why: e.why.clone(),
            span,
        })
    }

    /// Says of every key of a table that is no hypothesis that it is none.
    fn only_hypotheses(&mut self, file: &str, table: &Node, hypotheses: &[Hypothesis]) {
        for entry in table.entries() {
            if !hypotheses.iter().any(|h| h.id == entry.key) {
                let known: Vec<&str> = hypotheses.iter().map(|h| h.id.as_str()).collect();
                self.problems.push(
                    Problem::error(
                        "unknown-hypothesis",
                        Span::new(file, entry.start, entry.end),
                        format!("unknown hypothesis `{}`", entry.key),
                    )
                    .label(format!("declared hypotheses: {}", known.join(", ")))
                    .suggest(model::suggest_edit(&entry.key, known.iter().copied())),
                );
            }
        }
    }

    /// A table of likelihoods, one for every hypothesis.
    fn likelihoods(
        &mut self,
        file: &str,
        what: &str,
        table: &Node,
        (lexicon, hypotheses): (&Lexicon, &[Hypothesis]),
    ) -> Option<Vec<Likelihood>> {
        self.only_hypotheses(file, table, hypotheses);
        let mut out = Vec::new();
        for h in hypotheses {
            let value = table.get(&h.id);
            let at = value.unwrap_or(table).span(file);
            match value {
                None => self.problems.push(
                    Problem::error("missing-likelihood", at, format!("{what} has no likelihood for `{}`", h.id))
                        .help("give P(the thing is so | hypothesis) for every hypothesis and for `other`"),
                ),
                Some(n) => match read_likelihood(n, lexicon) {
                    Some(p) => out.push(p),
                    None => {
                        let words: Vec<&str> = lexicon.bands.iter().map(|b| b.key.as_str()).collect();
                        let mut p = Problem::error(
                            "bad-likelihood",
                            at,
                            format!(
                                "likelihood for `{}` is neither a number between 0 and 1, nor a range of two, nor a word of {}",
                                h.id, lexicon.name
                            ),
                        )
                        .label(format!("words: {}", words.join(", ")));
                        if let Some(text) = n.text() {
                            p = p.suggest(model::suggest_edit(text, words.iter().copied()));
                        }
                        self.problems.push(p);
                    }
                },
            }
        }
        (out.len() == hypotheses.len()).then_some(out)
    }

    /// The likelihood of a group: by hypothesis, by way of coming out. Those of the case sum to 1; an analyst's are taken
    /// as they are, and made to.
    fn together(
        &mut self,
        file: &str,
        id: &str,
        of: &[Id],
        table: Option<&Node>,
        hypotheses: &[Hypothesis],
        sum_to_1: bool,
    ) -> Option<Vec<Vec<f64>>> {
        let table = table?;
        let ways = model::ways(of);
        let before = self.problems.len();
        for entry in table.entries() {
            if !ways.contains(&entry.key) {
                let problem = Problem::error(
                    "unknown-way",
                    Span::new(file, entry.start, entry.end),
                    format!("`{}` is no way in which group `{id}` may come out", entry.key),
                )
                .label(format!("ways: {}", ways.join(", ")))
                .suggest(model::suggest_edit(&entry.key, ways.iter().map(String::as_str)));
                self.problems.push(problem);
            }
            self.only_hypotheses(file, &entry.value, hypotheses);
        }
        let missing: Vec<&String> = ways.iter().filter(|w| table.get(w).is_none()).collect();
        if missing.len() > 1 {
            let list: Vec<&str> = missing.iter().map(|w| w.as_str()).collect();
            let problem = Problem::error(
                "missing-likelihood",
                table.span(file),
                format!("group `{id}` has no likelihood for {}", list.join(", ")),
            );
            self.problems.push(problem.help("one way may be left out: it has what remains of 1"));
            return None;
        }
        let mut out = Vec::new();
        for h in hypotheses {
            let said: Vec<Option<f64>> = ways
                .iter()
                .map(|w| table.at(&[w, &h.id]).and_then(Node::number).filter(|p| (0.0..=1.0).contains(p)))
                .collect();
            let sum: f64 = said.iter().flatten().sum();
            let left: Vec<&String> = ways.iter().zip(&said).filter(|(_, p)| p.is_none()).map(|(w, _)| w).collect();
            let span = table.span(file);
            match left.as_slice() {
                [] if !sum_to_1 || (sum - 1.0).abs() < 1e-6 => {}
                [_] if sum <= 1.0 + 1e-9 => {}
                [] | [_] => {
                    let message = format!("the ways of group `{id}` sum to {sum:.3} under `{}`, not 1", h.id);
                    self.problems.push(Problem::error("ways-sum", span, message));
                }
                more => {
                    let list: Vec<&str> = more.iter().map(|w| w.as_str()).collect();
                    let message = format!(
                        "group `{id}` has no likelihood between 0 and 1 under `{}` for {}",
                        h.id,
                        list.join(", ")
                    );
                    self.problems.push(Problem::error("missing-likelihood", span, message));
                }
            }
            out.push(said.into_iter().map(|p| p.unwrap_or((1.0 - sum).max(0.0))).collect());
        }
        (self.problems.len() == before).then_some(out)
    }

    /// `analysts/*.toml`: what each holds, elicited without the others.
    fn analysts(&mut self, case: &mut Case) {
        let schema = analyst_schema();
        for file in self.host.list("analysts").unwrap_or_default() {
            let Some(name) = file.strip_prefix("analysts/").and_then(|f| f.strip_suffix(".toml")) else { continue };
            let name = name.to_owned();
            if !is_id(&name) || name == "case" {
                let problem =
                    Problem::error("bad-id", Span::new(&file, 0, 0), format!("`{name}` cannot be an analyst"));
                self.problems
                    .push(problem.help("name the file with a-z, 0-9 and `-` only; `case` is `hypotheses.toml`"));
                continue;
            }
            let Some(text) = self.text(&file, true) else { continue };
            self.toml(&file, &text, &schema);
            let Some(tree) = self.trees.get(&file).cloned() else { continue };
            for entry in tree.entries() {
                let span = Span::new(&file, entry.start, entry.end);
                let Some(question) = case.questions.get(&entry.key).cloned() else {
                    self.known("question", &entry.key, span);
                    continue;
                };
                let Some(o) = self.typed::<OpinionFile>(&file, &entry.value) else { continue };
                let opinion = self.opinion(case.lexicon, &file, &name, entry, &question, o);
                if let Some(q) = case.questions.get_mut(&entry.key) {
                    q.opinions.push(model::Opinion { span, ..opinion });
                }
            }
        }
        let tree = self.trees.get("hypotheses.toml").cloned();
        for q in case.questions.values() {
            // Also in a group that has a fault of its own.
            let groups = tree.as_ref().and_then(|t| t.at(&[&q.id, "group"])).map(Node::entries).unwrap_or_default();
            let of = |g: &Entry| g.value.get("of").map(Node::items).unwrap_or_default().to_vec();
            let grouped = |id: &Id| groups.iter().any(|g| of(g).iter().any(|n| n.text() == Some(id)));
            let given = |id: &Id| q.opinions.iter().any(|o| o.evidence.contains_key(id));
            for e in q.evidence.iter().filter(|e| e.likelihood.is_empty() && !grouped(&e.id) && !given(&e.id)) {
                let message = format!("evidence `{}` has no likelihood", e.id);
                let problem = Problem::error("missing-likelihood", e.span.clone(), message);
                self.problems
                    .push(problem.help("give `likelihood` here, or in `analysts/NAME.toml`, or judge it in a `group`"));
            }
        }
    }

    fn opinion(
        &mut self,
        lexicon: &Lexicon,
        file: &str,
        name: &str,
        entry: &Entry,
        question: &Question,
        o: OpinionFile,
    ) -> model::Opinion {
        let hypotheses = &question.hypotheses;
        let law = |l: &mut Self, key: &str, said: &Option<BTreeMap<String, f64>>| -> Option<Vec<f64>> {
            let (said, table) = (said.as_ref()?, entry.value.get(key)?);
            l.only_hypotheses(file, table, hypotheses);
            let found: Vec<f64> = hypotheses
                .iter()
                .filter_map(|h| said.get(&h.id).copied().filter(|p| (0.0..=1.0).contains(p)))
                .collect();
            if found.len() < hypotheses.len() {
                let message = format!(
                    "`{key}` of `{}` needs a number between 0 and 1 for every hypothesis and for `other`",
                    question.id
                );
                l.problems.push(Problem::error("missing-prior", table.span(file), message));
                return None;
            }
            Some(found)
        };
        let prior = law(self, "prior", &o.prior);
        let belief = law(self, "belief", &o.belief);
        let mut out = model::Opinion { analyst: name.to_owned(), prior, belief, ..model::Opinion::default() };
        for (id, e) in o.evidence {
            let Some(node) = entry.value.at(&["evidence", &id]) else { continue };
            let ids: Vec<&str> = question.evidence.iter().map(|e| e.id.as_str()).collect();
            if !ids.contains(&id.as_str()) {
                let problem = Problem::error(
                    "unknown-evidence",
                    node.span(file),
                    format!("unknown evidence `{id}` of `{}`", question.id),
                )
                .label(format!("its evidence: {}", ids.join(", ")))
                .suggest(model::suggest_edit(&id, ids.iter().copied()));
                self.problems.push(problem);
                continue;
            }
            if let Some(group) = question.groups.iter().find(|g| g.of.contains(&id)) {
                let message = format!("evidence `{id}` is judged in group `{}`", group.id);
                self.problems
                    .push(Problem::error("needless", node.span(file), message).also(group.span.clone(), "this group"));
                continue;
            }
            let table = node.get("likelihood").unwrap_or(node);
            if let Some(l) = self.likelihoods(file, &format!("evidence `{id}`"), table, (lexicon, hypotheses)) {
                out.evidence.insert(id, (l, e.why));
            }
        }
        for (id, g) in o.group {
            let Some(node) = entry.value.at(&["group", &id]) else { continue };
            let Some(group) = question.groups.iter().find(|g| g.id == id) else {
                let message = format!("unknown group `{id}` of `{}`", question.id);
                self.problems.push(Problem::error("unknown-group", node.span(file), message));
                continue;
            };
            if let Some(l) = self.together(file, &id, &group.of, node.get("likelihood"), hypotheses, false) {
                out.groups.insert(id, (l, g.why));
            }
        }
        out
    }

    fn gaps(&mut self, case: &mut Case) {
        let file = "gaps.toml";
        let Some(tree) = self.trees.get(file).cloned() else { return };
        for entry in tree.entries() {
            let span = self.define("gap", file, entry);
            let Some(g) = self.typed::<GapFile>(file, &entry.value) else { continue };
            let table = entry.value.get("likelihood");
            let bears_on = match (&g.question, table) {
                (None, None) => None,
                (Some(q), Some(table)) => match case.questions.get(q).cloned() {
                    Some(question) => self
                        .likelihoods(file, &format!("gap `{}`", entry.key), table, (case.lexicon, &question.hypotheses))
                        .map(|l| (q.clone(), l)),
                    None => {
                        let at = entry.value.get("question").unwrap_or(&entry.value).span(file);
                        self.known("question", q, at);
                        None
                    }
                },
                _ => {
                    let message = format!("gap `{}` needs both `question` and `likelihood`, or neither", entry.key);
                    self.problems.push(Problem::error("half-gap", span.clone(), message));
                    None
                }
            };
            if g.asks.is_some() && bears_on.is_some() {
                let problem =
                    Problem::error("needless", span.clone(), "what the case speaks of has its likelihoods there");
                self.problems.push(problem.help("give either `asks`, or `question` with `likelihood`"));
            }
            let gap = Gap { text: g.text, judgments: g.judgments, asks: g.asks, bears_on, tlp: g.tlp, span };
            case.gaps.insert(entry.key.clone(), gap);
        }
    }

    fn factors(&mut self, case: &mut Case) {
        let file = "factors.toml";
        let Some(tree) = self.trees.get(file).cloned() else { return };
        for entry in tree.entries() {
            let span = self.define("factor", file, entry);
            let Some(f) = self.typed::<FactorFile>(file, &entry.value) else { continue };
            if f.claims.is_empty() == f.why.is_none() {
                self.problems.push(Problem::error(
                    "claims-or-why",
                    span.clone(),
                    format!("factor `{}` rests either on `claims` or on the analyst's `why`", entry.key),
                ));
            }
            if f.actor.is_some() == f.hypothesis.is_some() {
                self.problems.push(Problem::error(
                    "actor-or-hypothesis",
                    span.clone(),
                    format!("factor `{}` works for or against either an `actor` or a `hypothesis`", entry.key),
                ));
            }
            case.factors.insert(
                entry.key.clone(),
                Factor {
                    id: entry.key.clone(),
                    text: f.text,
                    enabling: f.direction == Direction::Enabling,
                    actor: f.actor,
                    hypothesis: f.hypothesis,
                    trend: f.trend,
                    claims: f.claims,
                    why: f.why,
                    tlp: f.tlp,
                    span,
                },
            );
        }
    }

    fn judgments(&mut self, case: &mut Case) {
        let file = "judgments.toml";
        let Some(tree) = self.trees.get(file).cloned() else { return };
        for entry in tree.entries() {
            let span = self.define("judgment", file, entry);
            let Some(j) = self.typed::<JudgmentFile>(file, &entry.value) else { continue };
            case.judgments.push(Judgment {
                id: entry.key.clone(),
                about: j.about,
                confidence: j.confidence,
                confidence_why: j.confidence_why,
                grounds: j.grounds,
                text: j.text,
                changed: j.changed,
                tlp: j.tlp,
                span,
            });
        }
    }

    fn reports(&mut self, case: &mut Case) {
        let files = self.host.list("reports").unwrap_or_default();
        for file in files {
            let Some(name) = file.strip_prefix("reports/") else { continue };
            let Some((stem, extension)) = name.rsplit_once('.') else { continue };
            if stem.is_empty() {
                continue;
            }
            if !matches!(extension, "md" | "txt") {
                self.problems.push(
                    Problem::warning("unread-report", Span::new(&file, 0, 0), format!("`{file}` is not read"))
                        .help("reports are .md or .txt files with front matter"),
                );
                continue;
            }
            let Some(text) = self.text(&file, true) else { continue };
            if !is_id(stem) {
                self.problems.push(
                    Problem::error("bad-id", Span::new(&file, 0, 0), format!("`{stem}` cannot be a report's id"))
                        .help("name the file with a-z, 0-9 and `-` only"),
                );
                continue;
            }
            if let Some(first) = case.reports.get(stem) {
                let other = first.file.clone();
                self.problems.push(Problem::error(
                    "duplicate-id",
                    Span::new(&file, 0, 0),
                    format!("report `{stem}` is there twice: also {other}"),
                ));
                continue;
            }
            self.defined.entry("report").or_default().insert(stem.to_owned());
            let (values, body) = front::read(&file, &text, &mut self.problems);
            let value = |key: &str| values.iter().find(|v| v.key == key);
            let mut read = |key: &str| -> Option<Edtf> {
                let v = value(key)?;
                // The time of day is not used: days are civil days where it was published.
                let day = match v.text.get(..10).filter(|_| v.text[10..].starts_with(['T', ' '])) {
                    Some(day) => day,
                    None => v.text.as_str(),
                };
                match Edtf::parse(day) {
                    Ok(d) => Some(d),
                    Err(e) => {
                        self.problems.push(Problem::error("bad-date", v.span.clone(), format!("`{key}`: {e}")));
                        None
                    }
                }
            };
            let published = read("published");
            let retrieved = read("retrieved").map(|d| d.possible.to);
            let tlp = value("tlp").and_then(|v| {
                let tlp = serde_json::from_value::<Tlp>(v.text.clone().into()).ok();
                if tlp.is_none() {
                    self.problems.push(
                        Problem::error("unknown-word", v.span.clone(), format!("`tlp`: unknown word `{}`", v.text))
                            .label("known words: CLEAR, GREEN, AMBER, AMBER+STRICT, RED"),
                    );
                }
                tlp
            });
            let (Some(source), Some(published)) = (value("source"), published) else { continue };
            let text_of = |key: &str| value(key).map(|v| v.text.clone());
            case.reports.insert(
                stem.to_owned(),
                Report {
                    id: stem.to_owned(),
                    file: file.clone(),
                    title: text_of("title").unwrap_or_default(),
                    source: source.text.clone(),
                    published,
                    retrieved,
                    url: text_of("url"),
                    written_by: text_of("written_by"),
                    received: text_of("received"),
                    language: text_of("language"),
                    tlp,
                    text,
                    body,
                    span: source.span.clone(),
                },
            );
        }
    }

    fn claims(&mut self, case: &mut Case) {
        let schema = claim_schema();
        for file in self.host.list("claims").unwrap_or_default() {
            if !file.ends_with(".jsonl") {
                continue;
            }
            let Some(text) = self.text(&file, true) else { continue };
            for (start, line) in json_lines(&text) {
                let Some(node) = from_json(&file, line, start, &mut self.problems) else {
                    for kind in ["claim", "event"] {
                        self.unreadable(kind);
                    }
                    continue;
                };
                Shape::new(&schema, &file).check(&node, "the claim", &mut self.problems);
                if let Some(id_node) = node.get("id")
                    && let Some(id) = id_node.text()
                {
                    let span = id_node.span(&file);
                    if let Some((first, at)) = self.claim_nodes.get(id).and_then(|(f, n)| Some((f, n.get("id")?))) {
                        let problem = Problem::error("duplicate-id", span, format!("claim `{id}` is there twice"))
                            .also(at.span(first), "first here");
                        self.problems.push(problem);
                        continue;
                    }
                    self.define_at("claim", id, &span);
                    self.claim_nodes.insert(id.to_owned(), (file.clone(), node.clone()));
                }
                let Some(c) = self.typed::<ClaimFile>(&file, &node) else { continue };
                self.claim(case, &file, &node, c);
            }
        }
    }

    fn claim(&mut self, case: &mut Case, file: &str, node: &Node, c: ClaimFile) {
        let span = node.get("id").unwrap_or(node).span(file);
        let Some(report) = case.reports.get(&c.report) else {
            // Said with a caret when references are checked.
            self.unknown_report(file, node, &c.report);
            return;
        };
        let Some(excerpt) = place_excerpt(file, node, &c.excerpt, report, &mut self.problems) else { return };
        if c.chain.is_empty() {
            self.problems.push(
                Problem::error("missing-chain", node.get("chain").unwrap_or(node).span(file), "`chain` is empty")
                    .help("name who says it: [\"tajik-defence-ministry\"]"),
            );
            return;
        }
        let origin = match c.origin.as_deref() {
            None => Origin::Source(c.chain[0].clone()),
            Some(o) => match o.strip_prefix("claim:") {
                Some(id) => Origin::Claim(id.to_owned()),
                None => Origin::Source(o.to_owned()),
            },
        };
        if let Says::Event(e) = &c.says
            && let Some(PlaceRef::Polygon(rings)) = &e.place
        {
            let at = node.at(&["says", "event", "place", "polygon"]).unwrap_or(node).span(file);
            let points = |r: &Vec<[f64; 2]>| r.iter().map(|p| LonLat { lon: p[0], lat: p[1] }).collect::<Vec<_>>();
            let polygon = Polygon { rings: rings.iter().map(points).collect() };
            let bad = |p: &LonLat| !(-180.0..=180.0).contains(&p.lon) || !(-90.0..=90.0).contains(&p.lat);
            if polygon.rings.is_empty()
                || polygon
                    .rings
                    .iter()
                    .any(|r| r.len() < 4 || r.first() != r.last() || ring_area(r) < 1e-12 || r.iter().any(bad))
            {
                self.problems.push(
                    Problem::error("bad-ring", at, "the polygon is not an area").help(
                        "every ring has at least 4 positions [longitude, latitude], the first repeated at the end",
                    ),
                );
            }
        }
        case.claims.insert(
            c.id.clone(),
            Claim {
                id: c.id,
                report: c.report,
                excerpt,
                chain: c.chain,
                origin,
                stance: c.stance,
                modality: c.modality,
                basis: c.basis,
                credibility: c.credibility,
                tlp: c.tlp,
                rule: c.rule,
                says: c.says,
                span,
            },
        );
    }

    fn unknown_report(&mut self, file: &str, node: &Node, id: &str) {
        let known: Vec<String> = self.defined.get("report").into_iter().flatten().cloned().collect();
        if known.iter().any(|k| k == id) {
            return; // the report is there but broken, which has been said
        }
        let at = node.get("report").unwrap_or(node).span(file);
        self.problems.push(
            Problem::error("unknown-report", at, format!("unknown report `{id}`"))
                .label(format!("reports/ has: {}", refer::listed(known.iter().map(String::as_str))))
                .suggest(model::suggest_edit(id, known.iter().map(String::as_str))),
        );
    }

    fn scenarios(&mut self, case: &mut Case) {
        let schema = scenario_schema();
        for file in self.host.list("tests").unwrap_or_default() {
            if !file.ends_with(".toml") {
                continue;
            }
            let Some(text) = self.text(&file, true) else { continue };
            self.toml(&file, &text, &schema);
            let Some(tree) = self.trees.get(&file).cloned() else { continue };
            for entry in tree.entries() {
                let span = self.define("test", &file, entry);
                let Some(s) = self.typed::<ScenarioFile>(&file, &entry.value) else { continue };
                let outcomes: Vec<Expectation> = [
                    s.fires.map(Expectation::Fires),
                    s.class.map(Expectation::Class),
                    s.not_testable.filter(|t| *t).map(|_| Expectation::NotTestable),
                ]
                .into_iter()
                .flatten()
                .collect();
                let change = self.change(case, &file, entry, &s);
                let kind = match (s.indicator, outcomes.len(), s.expect.is_empty()) {
                    (Some(indicator), 1, true) => ScenarioKind::Golden {
                        indicator,
                        given: s.given,
                        expect: outcomes.into_iter().next().unwrap_or(Expectation::NotTestable),
                    },
                    (None, 0, false) => ScenarioKind::Changed { change, as_of: s.as_of, expect: s.expect },
                    _ => {
                        self.problems.push(
                            Problem::error("one-test", span, format!("test `{}` says neither one thing nor the other", entry.key))
                                .help("either `indicator` and `given` with one of `fires`, `class`, `not_testable`, or `expect` with any of `without`, `without_origin`, `without_evidence`, `as_of`, `reliability`, `assumption` and so on"),
                        );
                        continue;
                    }
                };
                case.scenarios.push(Scenario { id: entry.key.clone(), kind, span });
            }
        }
    }

    /// What a scenario changes.
    fn change(&mut self, case: &Case, file: &str, entry: &Entry, s: &ScenarioFile) -> Change {
        let mut out = Change {
            without: s.without.clone(),
            without_origin: s.without_origin.clone(),
            without_evidence: s.without_evidence.clone(),
            without_coverage: s.without_coverage.clone(),
            reliability: s.reliability.clone(),
            deceives: s.deceives.clone(),
            impartial: s.impartial.clone(),
        };
        if let Some(id) = &s.assumption {
            let at = entry.value.get("assumption").unwrap_or(&entry.value).span(file);
            self.known("assumption", id, at.clone());
            match case.assumptions.get(id).map(|a| &a.if_false) {
                Some(Some(change)) => out = out.and(change),
                Some(None) => {
                    let problem = Problem::error(
                        "no-if-false",
                        at,
                        format!("assumption `{id}` does not say what is so if it is false"),
                    );
                    self.problems.push(problem.help("give it `if_false`"));
                }
                None => {}
            }
        }
        out
    }

    fn rulings(&mut self, case: &mut Case) {
        let file = "rulings.jsonl";
        let Some(text) = self.text(file, false) else { return };
        let schema = ruling_schema();
        for (start, line) in json_lines(&text) {
            let Some(node) = from_json(file, line, start, &mut self.problems) else { continue };
            Shape::new(&schema, file).check(&node, "the ruling", &mut self.problems);
            if let Some(mut r) = self.typed::<model::Ruling>(file, &node) {
                r.span = node.get("decides").unwrap_or(&node).span(file);
                case.rulings.push(r);
            }
        }
    }

    /// Whether a file is there, without reading it.
    pub(crate) fn is_there(&self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |x| x.0);
        self.host.list(folder).is_ok_and(|l| l.iter().any(|f| f == path))
    }

    /// Actor ids named by an event claim, with the node each stands in.
    pub(crate) fn actor_nodes<'n>(node: &'n Node, actors: &[ActorRole]) -> Vec<(Id, Option<&'n Node>)> {
        actors
            .iter()
            .enumerate()
            .filter_map(|(i, a)| match a {
                ActorRole::Known(k) => {
                    Some((k.actor.clone(), node.at(&["says", "event", "actors", &i.to_string(), "known", "actor"])))
                }
                ActorRole::Unknown(_) => None,
            })
            .collect()
    }
}

/// The lines of a `.jsonl` file that are not blank, with the byte at which each begins.
fn json_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = offset;
        offset += line.len();
        (!line.trim().is_empty()).then(|| (start, line.trim_end()))
    })
}

/// A number strictly between 0 and 1, a range of two, or a word of the lexicon.
fn read_likelihood(node: &Node, lexicon: &Lexicon) -> Option<Likelihood> {
    let inside = |p: &f64| *p > 0.0 && *p < 1.0;
    if let Some(word) = node.text() {
        return lexicon.band(word).map(|b| Likelihood::between(b.low, b.high));
    }
    if let [low, high] = node.items() {
        let (low, high) = (low.number().filter(inside)?, high.number().filter(inside)?);
        return (low <= high).then(|| Likelihood::between(low, high));
    }
    node.number().filter(inside).map(Likelihood::exactly)
}

/// Finds the passage in its report, byte-exact.
fn place_excerpt(
    file: &str,
    node: &Node,
    e: &ExcerptFile,
    report: &Report,
    problems: &mut Vec<Problem>,
) -> Option<Excerpt> {
    let at = |key: &str| node.at(&["excerpt", key]).or(node.get("excerpt")).unwrap_or(node).span(file);
    let body = &report.text[report.body..];
    let found: Vec<usize> = if e.exact.is_empty() {
        vec![]
    } else {
        body.match_indices(&e.exact).map(|(i, _)| i + report.body).take(3).collect()
    };
    let start = match (e.start, e.end) {
        (Some(start), Some(end)) => {
            let (start, end) = (start as usize, end as usize);
            if start >= report.body && report.text.get(start..end) == Some(e.exact.as_str()) {
                start
            } else {
                let mut problem = Problem::error(
                    "excerpt-not-found",
                    at("exact"),
                    format!("the excerpt is not at bytes {start}..{end} of `{}`", report.file),
                );
                let shown = (start.min(report.text.len()), end.min(report.text.len()));
                if shown.0 < shown.1 && report.text.is_char_boundary(shown.0) && report.text.is_char_boundary(shown.1) {
                    problem = problem.also(Span::new(&report.file, shown.0, shown.1), "this is there");
                }
                problems.push(match found.len() {
                    1 => problem.help(format!(
                        "the text stands once in the report, at {}..{}: `bellwether check --fix` writes that",
                        found[0],
                        found[0] + e.exact.len()
                    )),
                    0 => problem.help("the report does not contain this text: quote it byte for byte"),
                    _ => problem.help("the report contains this text several times: give the right `start` and `end`"),
                });
                return None;
            }
        }
        (None, None) => match found.len() {
            1 => found[0],
            0 => {
                problems.push(
                    Problem::error(
                        "excerpt-not-found",
                        at("exact"),
                        format!("`{}` does not contain the excerpt", report.file),
                    )
                    .help("quote the report byte for byte, line ends included"),
                );
                return None;
            }
            _ => {
                problems.push(
                    Problem::error(
                        "excerpt-ambiguous",
                        at("exact"),
                        format!("`{}` contains the excerpt several times", report.file),
                    )
                    .also(Span::new(&report.file, found[0], found[0] + e.exact.len()), "here")
                    .also(Span::new(&report.file, found[1], found[1] + e.exact.len()), "and here")
                    .help("quote more of the sentence, or give `start` and `end`"),
                );
                return None;
            }
        },
        _ => {
            problems.push(Problem::error("half-offsets", at("exact"), "give both `start` and `end`, or neither"));
            return None;
        }
    };
    let end = start + e.exact.len();
    let prefix = last_chars(&report.text[report.body..start], 32);
    let suffix: String = report.text[end..].chars().take(32).collect();
    for (key, given, real) in [("prefix", &e.prefix, &prefix), ("suffix", &e.suffix, &suffix)] {
        if let Some(given) = given
            && given != real
        {
            let agrees =
                if key == "prefix" { real.ends_with(given.as_str()) } else { real.starts_with(given.as_str()) };
            if !agrees {
                problems.push(
                    Problem::error("context-differs", at(key), format!("`{key}` does not match the report"))
                        .help(format!("the report has {real:?}; `bellwether check --fix` writes that")),
                );
            }
        }
    }
    Some(Excerpt { exact: e.exact.clone(), start, end, prefix, suffix })
}

fn last_chars(text: &str, n: usize) -> String {
    let skip = text.chars().count().saturating_sub(n);
    text.chars().skip(skip).collect()
}
