//! What points where: every id that is named must be defined, and definitions must make sense together.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    About, Case, Edtf, EvidenceKind, Hedge, Id, Origin, PlaceRef, Problem, Role, Says, ScenarioKind, Span, Stance,
    suggest_edit,
};

use crate::load::Loader;
use crate::tree::Node;

/// A list for a message, cut where it gets long.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => "none".into(),
        1..=12 => names.join(", "),
        n => format!("{} and {} more", names[..12].join(", "), n - 12),
    }
}

impl Loader<'_> {
    /// Complains when `id` is not a defined `kind`.
    pub(crate) fn known(&mut self, kind: &'static str, id: &str, at: Span) {
        let defined = self.defined.get(kind);
        if defined.is_some_and(|d| d.contains(id) || d.contains("*")) {
            return;
        }
        let names: Vec<String> = defined.into_iter().flatten().cloned().collect();
        let mut problem = Problem::error(&format!("unknown-{kind}"), at, format!("unknown {kind} `{id}`"))
            .label(format!("declared {kind}s: {}", listed(names.iter().map(String::as_str))));
        problem = problem.suggest(suggest_edit(id, names.iter().map(String::as_str)));
        self.problems.push(problem);
    }

    fn node_span(&self, file: &str, path: &[&str], fallback: &Span) -> Span {
        self.trees.get(file).and_then(|t| t.at(path)).map_or_else(|| fallback.clone(), |n| n.span(file))
    }
}

/// Runs every check that needs more than one definition.
pub(crate) fn check(l: &mut Loader<'_>, case: &Case) {
    sources_and_actors(l, case);
    events(l, case);
    claims(l, case);
    copies(l, case);
    indicators(l, case);
    hypotheses(l, case);
    judgments(l, case);
    grounds(l, case);
    scenarios(l, case);
    datasets(l, case);
    rulings(l, case);
}

/// Event data sets: their files are there, and what they name is defined.
fn datasets(l: &mut Loader<'_>, case: &Case) {
    let mut seen: BTreeMap<&str, &Span> = BTreeMap::new();
    for (i, d) in case.datasets.iter().enumerate() {
        let n = i.to_string();
        let at = |l: &Loader<'_>, path: &[&str]| {
            let full: Vec<&str> = ["dataset", &n].iter().copied().chain(path.iter().copied()).collect();
            l.node_span("case.toml", &full, &d.span)
        };
        if let Some(first) = seen.insert(&d.id, &d.span) {
            let problem = Problem::error("duplicate-id", d.span.clone(), format!("data set `{}` is there twice", d.id))
                .also(first.clone(), "first here");
            l.problems.push(problem);
        }
        if case.reports.contains_key(&d.id) {
            let problem = Problem::error("duplicate-id", d.span.clone(), format!("`{}` is a report already", d.id))
                .help("a data set's id is also the id of the report in which its rows stand");
            l.problems.push(problem);
        }
        let span = at(l, &["source"]);
        l.known("source", &d.source, span.clone());
        if case.sources.get(&d.source).is_some_and(|s| s.kind != model::SourceKind::Dataset) {
            let problem =
                Problem::warning("not-a-dataset", span, format!("source `{}` is not of kind `dataset`", d.source));
            l.problems.push(problem);
        }
        for (key, file) in [("file", Some(&d.file)), ("deletions", d.deletions.as_ref())] {
            let Some(file) = file else { continue };
            let span = at(l, &[key]);
            let outside = file.starts_with('/') || file.split('/').any(|p| p == "..");
            if outside || !l.is_there(file) {
                let message = format!("`{file}` is not in the case folder");
                let problem = Problem::error("missing-file", span, message)
                    .help("`bellwether import FILE --from FORMAT` copies a file into `data/`");
                l.problems.push(problem);
            }
        }
        if d.deletions.is_some() && d.format.0 != "acled" {
            let problem = Problem::error("needless", at(l, &["deletions"]), "only ACLED publishes a list of deletions");
            l.problems.push(problem);
        }
        match (d.format.0.as_str(), d.columns.is_some()) {
            ("table", false) => {
                let problem = Problem::error("missing-columns", at(l, &["format"]), "a table needs `columns`").help(
                    "which column holds what: columns = { date = \"day\", latitude = \"lat\", longitude = \"lon\" }",
                );
                l.problems.push(problem);
            }
            ("table", true) | (_, false) => {}
            (name, true) => {
                let message = format!("`columns` are of no use: the columns of `{name}` are known");
                let problem = Problem::warning("needless", at(l, &["columns"]), message);
                l.problems.push(problem);
            }
        }
        for (k, actor) in d.keep.actors.iter().enumerate() {
            let span = at(l, &["keep", "actors", &k.to_string()]);
            l.known("actor", actor, span);
        }
        for (k, area) in d.keep.areas.iter().enumerate() {
            let span = at(l, &["keep", "areas", &k.to_string()]);
            l.known("area", area, span);
        }
        for (name, actor) in &d.actors {
            let span = at(l, &["actors", name]);
            l.known("actor", actor, span);
        }
    }
}

/// Rulings: actors are defined. What a ruling on a match names is only known when the case is built.
fn rulings(l: &mut Loader<'_>, case: &Case) {
    for r in &case.rulings {
        if let model::Decides::Name(n) = &r.decides {
            if let Some(actor) = &n.actor {
                l.known("actor", actor, r.span.clone());
            }
            if let Some(dataset) = &n.dataset {
                l.known("dataset", dataset, r.span.clone());
            }
        }
    }
}

fn sources_and_actors(l: &mut Loader<'_>, case: &Case) {
    for (id, source) in &case.sources {
        if let Some(actor) = &source.speaks_for {
            let at = l.node_span("sources.toml", &[id, "speaks_for"], &source.span);
            l.known("actor", actor, at);
        }
        if source.why.trim().is_empty() {
            let at = l.node_span("sources.toml", &[id, "why"], &source.span);
            l.problems.push(Problem::error("no-reason", at, format!("source `{id}` is graded without a reason")));
        }
    }
    for (id, actor) in &case.actors {
        for (i, link) in actor.link.iter().enumerate() {
            let n = i.to_string();
            let at = l.node_span("actors.toml", &[id, "link", &n, "to"], &link.span);
            l.known("actor", &link.to, at);
            let by_hand = link.probability.is_some() || link.why.is_some();
            if by_hand != link.claims.is_empty() || link.probability.is_some() != link.why.is_some() {
                l.problems.push(
                    Problem::error(
                        "probability-or-claims",
                        link.span.clone(),
                        format!("a link of `{id}` needs its ground"),
                    )
                    .help("give either `probability` with `why`, or `claims`"),
                );
            }
            for (k, claim) in link.claims.iter().enumerate() {
                let at = l.node_span("actors.toml", &[id, "link", &n, "claims", &k.to_string()], &link.span);
                l.known("claim", claim, at.clone());
                if let Some(c) = case.claims.get(claim)
                    && !matches!(&c.says, Says::Link(x) if x.actor == *id && x.to == link.to && x.kind == link.kind)
                {
                    l.problems.push(Problem::error(
                        "claim-says-other",
                        at,
                        format!("claim `{claim}` does not speak of `{id} {} {}`", link.kind.name(), link.to),
                    ));
                }
            }
            if let (Some(a), Some(b)) = (&link.from, &link.until)
                && b.possible.to < a.possible.from
            {
                l.problems.push(Problem::error("bad-date", link.span.clone(), "the link ends before it begins"));
            }
        }
    }
    for report in case.reports.values() {
        l.known("source", &report.source, report.span.clone());
    }
}

/// Registers events and facts, and holds the claims about each against one another.
fn events(l: &mut Loader<'_>, case: &Case) {
    let mut first: BTreeMap<Id, (&model::EventClaim, &model::Claim)> = BTreeMap::new();
    for claim in case.claims.values() {
        match &claim.says {
            Says::Event(e) => {
                l.defined.entry("event").or_default().insert(e.id.clone());
                match first.get(&e.id) {
                    None => {
                        first.insert(e.id.clone(), (e, claim));
                    }
                    Some((was, other)) if was.kind != e.kind => {
                        let at = claim_span(l, claim, &["says", "event", "type"]);
                        let there = claim_span(l, other, &["says", "event", "type"]);
                        l.problems.push(
                            Problem::warning(
                                "event-type-differs",
                                at,
                                format!("event `{}` is coded with two types", e.id),
                            )
                            .also(there, "this one is used"),
                        );
                    }
                    Some(_) => {}
                }
            }
            Says::Fact(f) => {
                l.defined.entry("fact").or_default().insert(f.id.clone());
            }
            _ => {}
        }
    }
}

fn claim_span(l: &Loader<'_>, claim: &model::Claim, path: &[&str]) -> Span {
    l.claim_nodes
        .get(&claim.id)
        .and_then(|(file, node)| node.at(path).map(|n| n.span(file)))
        .unwrap_or_else(|| claim.span.clone())
}

fn claims(l: &mut Loader<'_>, case: &Case) {
    let empty = Node { start: 0, end: 0, kind: crate::tree::Kind::Null };
    for claim in case.claims.values() {
        let node = l.claim_nodes.get(&claim.id).map_or_else(|| empty.clone(), |(_, n)| n.clone());
        let file = claim.span.file.clone();
        let span = |path: &[&str]| node.at(path).map_or_else(|| claim.span.clone(), |n| n.span(&file));
        for (i, source) in claim.chain.iter().enumerate() {
            l.known("source", source, span(&["chain", &i.to_string()]));
        }
        match &claim.origin {
            // Without an `origin` of its own it is the first of the chain, which has been looked at.
            Origin::Source(s) if node.get("origin").is_some() => l.known("source", s, span(&["origin"])),
            Origin::Source(_) => {}
            Origin::Claim(c) => l.known("claim", c, span(&["origin"])),
        }
        match &claim.says {
            Says::Event(e) => event_claim(l, case, claim, e, &node, &file),
            Says::Fact(f) => {
                if !model::is_id(&f.id) {
                    l.problems.push(Problem::error(
                        "bad-id",
                        span(&["says", "fact", "id"]),
                        format!("`{}` is not an id", f.id),
                    ));
                }
            }
            Says::Link(x) => {
                l.known("actor", &x.actor, span(&["says", "link", "actor"]));
                l.known("actor", &x.to, span(&["says", "link", "to"]));
            }
            Says::Retracts(id) => {
                l.known("claim", id, span(&["says", "retracts"]));
                if let Some(old) = case.claims.get(id) {
                    let report = |c: &model::Claim| case.reports.get(&c.report).map(|r| r.source.clone());
                    let speaks = |c: &model::Claim| c.chain.iter().cloned().chain(report(c)).collect::<BTreeSet<Id>>();
                    if speaks(old).is_disjoint(&speaks(claim)) {
                        l.problems.push(
                            Problem::error(
                                "foreign-retraction",
                                span(&["says", "retracts"]),
                                format!("`{}` cannot take back `{id}`", claim.id),
                            )
                            .also(old.span.clone(), "said by somebody else")
                            .help("only who said or published a claim retracts it; another source denies it"),
                        );
                    }
                }
            }
        }
        if !matches!(claim.says, Says::Event(_))
            && matches!(claim.stance, Stance::ClaimsResponsibility | Stance::DeniesResponsibility)
        {
            l.problems.push(Problem::error(
                "stance-needs-event",
                span(&["stance"]),
                "responsibility is claimed or denied for an event",
            ));
        }
    }
}

/// Whether `part` is `event`, or covers it over however many others.
fn within(case: &Case, part: &str, event: &str) -> bool {
    let (mut next, mut seen) = (vec![part], BTreeSet::new());
    while let Some(e) = next.pop() {
        if e == event {
            return true;
        }
        if seen.insert(e) {
            let of = case.claims.values().filter_map(model::Claim::event).filter(|c| c.id == e);
            next.extend(of.flat_map(|c| c.covers.iter().map(String::as_str)));
        }
    }
    false
}

fn event_claim(l: &mut Loader<'_>, case: &Case, claim: &model::Claim, e: &model::EventClaim, node: &Node, file: &str) {
    let span = |path: &[&str]| node.at(path).map_or_else(|| claim.span.clone(), |n| n.span(file));
    if !model::is_id(&e.id) {
        l.problems.push(Problem::error("bad-id", span(&["says", "event", "id"]), format!("`{}` is not an id", e.id)));
    }
    if let Some(sub) = &e.sub_type
        && !e.kind.sub_types().contains(&sub.0.as_str())
    {
        l.problems.push(
            Problem::error(
                "wrong-sub-type",
                span(&["says", "event", "sub_type"]),
                format!("`{}` is not a sub-type of `{}`", sub.0, e.kind.name()),
            )
            .label(format!("its sub-types: {}", e.kind.sub_types().join(", "))),
        );
    }
    for (i, part) in e.covers.iter().enumerate() {
        let at = span(&["says", "event", "covers", &i.to_string()]);
        l.known("event", part, at.clone());
        if within(case, part, &e.id) {
            l.problems.push(
                Problem::error("covers-itself", at, format!("`{part}` covers `{}` in turn", e.id))
                    .help("of two events at most one is part of the other"),
            );
        }
    }
    for (actor, at) in Loader::actor_nodes(node, &e.actors) {
        l.known("actor", &actor, at.map_or_else(|| claim.span.clone(), |n| n.span(file)));
    }
    for (i, actor) in claim.actors_as(Role::Perpetrator).enumerate() {
        if let Some(a) = case.actors.get(actor)
            && !a.kind.can_attack()
        {
            l.problems.push(
                Problem::error(
                    "not-an-attacker",
                    span(&["says", "event", "actors", &i.to_string()]),
                    format!("`{actor}` cannot be a perpetrator"),
                )
                .help("perpetrators are armed groups and state forces; a leader's group is the actor"),
            );
        }
    }
    if matches!(claim.stance, Stance::ClaimsResponsibility | Stance::DeniesResponsibility | Stance::Disputes)
        && claim.actors_as(Role::Perpetrator).next().is_none()
    {
        l.problems.push(
            Problem::error("no-perpetrator", span(&["stance"]), "this stance needs a named perpetrator")
                .help("{\"known\":{\"actor\":\"imu\",\"role\":\"perpetrator\"}} among the actors"),
        );
    }
    if let Some(PlaceRef::Division(name)) = &e.place
        && names::named_division(name).is_none()
    {
        let at = node.at(&["says", "event", "place", "division"]).map_or_else(|| claim.span.clone(), |n| n.span(file));
        let country = name.split('/').next().unwrap_or_default();
        let known: Vec<&str> =
            names::divisions().iter().filter(|d| d.country == country).map(|d| d.name.as_str()).collect();
        let near = suggest_edit(name.split('/').next_back().unwrap_or_default(), known.iter().copied());
        let mut problem = Problem::error("unknown-division", at, format!("unknown division `{name}`"))
            .suggest(near.map(|n| format!("{country}/{n}")).as_deref());
        problem = if known.is_empty() {
            problem.help("write the country's ISO code and the division's name: TJ/Sughd")
        } else {
            problem.label(format!("divisions of {country}: {}", listed(known.into_iter())))
        };
        l.problems.push(problem);
    }
    if let Some(PlaceRef::Area(area)) = &e.place {
        l.known("area", area, span(&["says", "event", "place", "area"]));
    }
    if let Some(time) = &e.time
        && (time.open || too_long(time))
    {
        l.problems.push(
            Problem::error(
                "bad-date",
                span(&["says", "event", "time"]),
                format!("`{time}` is too wide for the time of an event"),
            )
            .help("at most 30 years, with both ends"),
        );
    }
    for (i, figure) in e.figures.iter().enumerate() {
        let n = i.to_string();
        let at = |key: &str| span(&["says", "event", "figures", &n, key]);
        l.known("actor", &figure.of, at("of"));
        let whole = span(&["says", "event", "figures", &n]);
        if figure.hedge.needs_number() && figure.number.is_none() {
            l.problems.push(Problem::error("figure-needs-number", whole.clone(), "this hedge needs a `number`"));
        }
        if !figure.hedge.needs_number() && figure.hedge != Hedge::Between && figure.number.is_some() {
            l.problems.push(Problem::error(
                "figure-without-number",
                at("number"),
                "this hedge stands for a figure without a number",
            ));
        }
        let bounds = (figure.low, figure.high);
        if (figure.hedge == Hedge::Between) != (bounds.0.is_some() && bounds.1.is_some())
            || matches!(bounds, (Some(a), Some(b)) if a > b)
        {
            l.problems.push(Problem::error(
                "figure-bounds",
                whole.clone(),
                "`between` needs `low` and `high`, low first; other hedges have neither",
            ));
        }
        let relative = matches!(figure.hedge, Hedge::HigherThan | Hedge::LowerThan);
        if relative != figure.than.is_some() {
            l.problems.push(Problem::error(
                "figure-than",
                whole,
                "`higher-than` and `lower-than` name a claim in `than`; other hedges do not",
            ));
        }
        if let Some(than) = &figure.than {
            l.known("claim", than, at("than"));
            if let Some(other) = case.claims.get(than) {
                let same = other.event().is_some_and(|o| {
                    o.id == e.id
                        && o.figures
                            .iter()
                            .any(|f| f.measure == figure.measure && f.of == figure.of && f.number.or(f.high).is_some())
                });
                if !same {
                    l.problems.push(Problem::error(
                        "figure-than",
                        at("than"),
                        format!(
                            "claim `{than}` gives no number of {} of `{}` in this event",
                            figure.measure.name(),
                            figure.of
                        ),
                    ));
                }
            }
        }
    }
}

fn too_long(time: &Edtf) -> bool {
    time.possible.days() > 366 * 30
}

/// Chains of copies must end.
fn copies(l: &mut Loader<'_>, case: &Case) {
    let mut said = BTreeSet::new();
    for claim in case.claims.values() {
        let mut seen = vec![claim.id.clone()];
        let mut at = claim;
        while let Origin::Claim(next) = &at.origin {
            if seen.contains(next) {
                let mut ring: Vec<Id> = seen[seen.iter().position(|s| s == next).unwrap_or(0)..].to_vec();
                ring.sort();
                if said.insert(ring.clone()) {
                    let at = claim_span(l, claim, &["origin"]);
                    l.problems.push(
                        Problem::error(
                            "copy-cycle",
                            at,
                            format!("claims copy one another in a circle: {}", ring.join(", ")),
                        )
                        .help("one of them must name the source where it was first stated"),
                    );
                }
                break;
            }
            seen.push(next.clone());
            match case.claims.get(next) {
                Some(c) => at = c,
                None => break,
            }
        }
    }
}

fn indicators(l: &mut Loader<'_>, case: &Case) {
    let file = "indicators.toml";
    for (id, indicator) in &case.indicators {
        let test = &indicator.test;
        let name = test.name();
        let field = |l: &Loader<'_>, key: &str| l.node_span(file, &[id, name, key], &indicator.span);
        let mut named: Vec<(&'static str, &str, &Id)> = Vec::new();
        match test {
            model::Test::Count(t) => {
                named.extend(t.actor.iter().map(|a| ("actor", "actor", a)));
                named.extend(t.area.iter().map(|a| ("area", "area", a)));
            }
            model::Test::Share(t) => {
                named.extend(t.actor.iter().map(|a| ("actor", "actor", a)));
                named.push(("area", "area", &t.area));
            }
            model::Test::Figure(t) => {
                named.extend(t.actor.iter().map(|a| ("actor", "actor", a)));
                named.extend(t.area.iter().map(|a| ("area", "area", a)));
                named.extend(t.event.iter().map(|e| ("event", "event", e)));
                named.push(("actor", "of", &t.of));
            }
            model::Test::Footprint(t) => named.extend([("actor", "actor", &t.actor), ("area", "home", &t.home)]),
            model::Test::Tenure(t) => named.extend([("actor", "actor", &t.actor), ("area", "area", &t.area)]),
            model::Test::Attribution(t) => named.extend([("event", "event", &t.event), ("actor", "actor", &t.actor)]),
            _ => {}
        }
        for (kind, key, value) in named {
            let at = field(l, key);
            l.known(kind, value, at);
        }
        for (i, part) in test.parts().into_iter().enumerate() {
            let at = l.node_span(file, &[id, name, "of", &i.to_string()], &indicator.span);
            l.known("indicator", part, at);
        }
        if matches!(test, model::Test::All(of) | model::Test::Any(of) if of.is_empty()) {
            let at = field(l, "of");
            l.problems.push(Problem::error("wrong-length", at, format!("`{name}` needs at least one indicator")));
        }
        if matches!(test, model::Test::Footprint(t) if t.is.is_empty()) {
            let at = field(l, "is");
            l.problems.push(Problem::error("wrong-length", at, "`is` needs at least one class"));
        }
        if let Some(area) = test.select().and_then(|s| s.area).or(match test {
            model::Test::Footprint(t) => Some(t.home.clone()),
            model::Test::Share(t) => Some(t.area.clone()),
            _ => None,
        }) && matches!(case.areas.get(&area).map(|a| &a.geometry), Some(model::Geometry::Point { .. }))
        {
            let at = field(l, if name == "footprint" { "home" } else { "area" });
            l.problems.push(
                Problem::warning(
                    "point-as-area",
                    at,
                    format!("`{area}` is a point: the disc of its uncertainty is tested"),
                )
                .help("draw a polygon for an area that an indicator tests"),
            );
        }
    }
    // Composites must not contain themselves.
    for (id, indicator) in &case.indicators {
        let mut stack: Vec<&Id> = indicator.test.parts();
        let mut seen: BTreeSet<&Id> = BTreeSet::new();
        while let Some(part) = stack.pop() {
            if part == id {
                l.problems.push(Problem::error(
                    "indicator-cycle",
                    indicator.span.clone(),
                    format!("indicator `{id}` contains itself"),
                ));
                break;
            }
            if seen.insert(part)
                && let Some(i) = case.indicators.get(part)
            {
                stack.extend(i.test.parts());
            }
        }
    }
}

/// What a piece of evidence, or a gap, points at is there.
fn pointed(l: &mut Loader<'_>, case: &Case, file: &str, path: &[&str], kind: &EvidenceKind, fallback: &Span) {
    let at = |l: &Loader<'_>, more: &[&str]| {
        let full: Vec<&str> = path.iter().chain(more).copied().collect();
        l.node_span(file, &full, fallback)
    };
    match kind {
        EvidenceKind::Event(e) => {
            let here = at(l, &["event", "id"]);
            l.known("event", &e.id, here);
            if let Some(by) = &e.by {
                let here = at(l, &["event", "by"]);
                l.known("actor", by, here);
            }
        }
        EvidenceKind::Indicator(id) => {
            let here = at(l, &["indicator"]);
            l.known("indicator", id, here);
        }
        EvidenceKind::Factor(id) => {
            let here = at(l, &["factor"]);
            l.known("factor", id, here.clone());
            if case.factors.get(id).is_some_and(|f| f.claims.is_empty()) {
                l.problems.push(
                    Problem::warning(
                        "factor-without-claims",
                        here,
                        format!("factor `{id}` rests on no claim and moves nothing"),
                    )
                    .help("give the factor `claims`; a condition that nobody reported is context, not evidence"),
                );
            }
        }
        EvidenceKind::Claim(id) => {
            let here = at(l, &["claim"]);
            l.known("claim", id, here.clone());
            if case.claims.get(id).is_some_and(|c| matches!(c.says, Says::Retracts(_))) {
                l.problems.push(Problem::error("claim-says-other", here, format!("claim `{id}` is a retraction")));
            }
        }
        EvidenceKind::Origin(id) => {
            let here = at(l, &["origin"]);
            l.known("source", id, here);
        }
        EvidenceKind::Link(link) => {
            for (key, actor) in [("actor", &link.actor), ("to", &link.to)] {
                let here = at(l, &["link", key]);
                l.known("actor", actor, here);
            }
            let declared = case.actors.get(&link.actor).into_iter().flat_map(|a| &a.link);
            if !declared.into_iter().any(|x| x.kind == link.kind && x.to == link.to) {
                let message = format!("`{} {} {}` is not declared", link.actor, link.kind.name(), link.to);
                let here = at(l, &["link"]);
                let problem = Problem::error("unknown-link", here, message);
                l.problems.push(problem.help("declare the link in `actors.toml`, with its probability or its claims"));
            }
        }
    }
}

fn hypotheses(l: &mut Loader<'_>, case: &Case) {
    let file = "hypotheses.toml";
    for (q, question) in &case.questions {
        for e in &question.evidence {
            let path = [q.as_str(), "evidence", e.id.as_str()];
            pointed(l, case, file, &path, &e.kind, &e.span);
        }
        for g in &question.groups {
            for (i, id) in g.of.iter().enumerate() {
                let at = l.node_span(file, &[q, "group", &g.id, "of", &i.to_string()], &g.span);
                let ids: Vec<&str> = question.evidence.iter().map(|e| e.id.as_str()).collect();
                let problem = if !ids.contains(&id.as_str()) {
                    Problem::error("unknown-evidence", at, format!("unknown evidence `{id}`"))
                        .label(format!("evidence of `{q}`: {}", ids.join(", ")))
                        .suggest(suggest_edit(id, ids.iter().copied()))
                } else if question.groups.iter().any(|o| (o.id != g.id || g.of[..i].contains(id)) && o.of.contains(id))
                {
                    Problem::error("grouped-twice", at, format!("evidence `{id}` is in two groups"))
                } else {
                    continue;
                };
                l.problems.push(problem);
            }
        }
    }
    for (id, gap) in &case.gaps {
        if let Some(kind) = &gap.asks {
            pointed(l, case, "gaps.toml", &[id, "asks"], kind, &gap.span);
        }
    }
    for (id, factor) in &case.factors {
        if let Some(actor) = &factor.actor {
            let at = l.node_span("factors.toml", &[id, "actor"], &factor.span);
            l.known("actor", actor, at);
        }
        if let Some(name) = &factor.hypothesis {
            let found = name
                .split_once('/')
                .is_some_and(|(q, h)| case.questions.get(q).is_some_and(|q| q.hypotheses.iter().any(|x| x.id == h)));
            if !found {
                let at = l.node_span("factors.toml", &[id, "hypothesis"], &factor.span);
                l.problems.push(
                    Problem::error("unknown-hypothesis", at, format!("unknown hypothesis `{name}`"))
                        .help("name it as question/hypothesis"),
                );
            }
        }
        for (i, claim) in factor.claims.iter().enumerate() {
            let at = l.node_span("factors.toml", &[id, "claims", &i.to_string()], &factor.span);
            l.known("claim", claim, at.clone());
            if case.claims.get(claim).is_some_and(|c| !matches!(c.says, Says::Fact(_))) {
                l.problems.push(
                    Problem::error("claim-says-other", at, format!("claim `{claim}` says no fact"))
                        .help("a factor rests on claims with \"says\":{\"fact\":...}"),
                );
            }
        }
    }
}

fn judgments(l: &mut Loader<'_>, case: &Case) {
    let file = "judgments.toml";
    for j in &case.judgments {
        let (needed, optional): (Vec<String>, Vec<&str>) = match &j.about {
            About::Indicator(id) => {
                let at = l.node_span(file, &[&j.id, "about", "indicator"], &j.span);
                l.known("indicator", id, at);
                (
                    ["observed", "ambiguous", "not-observed", "not-testable"].map(String::from).to_vec(),
                    vec!["contradicted", "stale"],
                )
            }
            About::Hypotheses(id) => {
                let at = l.node_span(file, &[&j.id, "about", "hypotheses"], &j.span);
                l.known("question", id, at);
                let Some(q) = case.questions.get(id) else { continue };
                let mut needed: Vec<String> = q.hypotheses.iter().map(|h| h.id.clone()).collect();
                needed.push("undecided".into());
                (needed, vec!["not-testable"])
            }
        };
        for key in &needed {
            if !j.text.contains_key(key) {
                let at = l.node_span(file, &[&j.id, "text"], &j.span);
                l.problems.push(
                    Problem::error("missing-text", at, format!("judgment `{}` has no text for `{key}`", j.id))
                        .help("an assessment must be able to say every outcome"),
                );
            }
        }
        for (key, text) in &j.text {
            let at = l.node_span(file, &[&j.id, "text", key], &j.span);
            if !needed.contains(key) && !optional.contains(&key.as_str()) {
                let all: Vec<&str> = needed.iter().map(String::as_str).chain(optional.iter().copied()).collect();
                l.problems.push(
                    Problem::error("unknown-outcome", at.clone(), format!("`{key}` is no outcome of this judgment"))
                        .label(format!("outcomes: {}", all.join(", ")))
                        .suggest(suggest_edit(key, all.iter().copied())),
                );
            }
            let mut rest = text.as_str();
            while let Some((_, after)) = rest.split_once('{') {
                let Some((name, tail)) = after.split_once('}') else { break };
                if !["likelihood", "reason", "first", "second"].contains(&name) {
                    l.problems.push(
                        Problem::error("unknown-placeholder", at.clone(), format!("unknown placeholder `{{{name}}}`"))
                            .label("known: {likelihood}, {reason}, {first}, {second}"),
                    );
                }
                rest = tail;
            }
        }
    }
    for (file, items) in [
        ("assumptions.toml", case.assumptions.iter().map(|(k, a)| (k, &a.judgments)).collect::<Vec<_>>()),
        ("gaps.toml", case.gaps.iter().map(|(k, g)| (k, &g.judgments)).collect()),
    ] {
        for (id, named) in items {
            for (i, j) in named.iter().enumerate() {
                let at = l.node_span(file, &[id, "judgments", &i.to_string()], &Span::new(file, 0, 0));
                l.known("judgment", j, at);
            }
        }
    }
}

/// What a change names is there.
fn changed(l: &mut Loader<'_>, case: &Case, file: &str, path: &[&str], change: &model::Change, fallback: &Span) {
    let lists: [(&str, &'static str, &[Id]); 5] = [
        ("without", "report", &change.without),
        ("without_origin", "source", &change.without_origin),
        ("without_coverage", "coverage", &change.without_coverage),
        ("deceives", "source", &change.deceives),
        ("impartial", "source", &change.impartial),
    ];
    let at = |l: &Loader<'_>, more: [&str; 2]| {
        let full: Vec<&str> = path.iter().copied().chain(more).collect();
        l.node_span(file, &full, fallback)
    };
    for (key, kind, ids) in lists {
        for (i, id) in ids.iter().enumerate() {
            let here = at(l, [key, &i.to_string()]);
            l.known(kind, id, here);
        }
    }
    for source in change.reliability.keys() {
        let here = at(l, ["reliability", source]);
        l.known("source", source, here);
    }
    for (i, name) in change.without_evidence.iter().enumerate() {
        let found = name
            .split_once('/')
            .is_some_and(|(q, e)| case.questions.get(q).is_some_and(|q| q.evidence.iter().any(|x| x.id == e)));
        if !found {
            let here = at(l, ["without_evidence", &i.to_string()]);
            let problem = Problem::error("unknown-evidence", here, format!("unknown evidence `{name}`"));
            l.problems.push(problem.help("name it as question/evidence"));
        }
    }
}

/// Assumptions and coverage: what they name is there.
fn grounds(l: &mut Loader<'_>, case: &Case) {
    for (id, a) in &case.assumptions {
        if let Some(change) = &a.if_false {
            changed(l, case, "assumptions.toml", &[id, "if_false"], change, &a.span);
        }
    }
    let file = "coverage.toml";
    for (id, c) in &case.coverage {
        for (i, source) in c.sources.iter().enumerate() {
            let at = l.node_span(file, &[id, "sources", &i.to_string()], &c.span);
            l.known("source", source, at);
        }
        if let Some(area) = &c.area {
            let at = l.node_span(file, &[id, "area"], &c.span);
            l.known("area", area, at);
        }
        if c.sources.is_empty() {
            let at = l.node_span(file, &[id, "sources"], &c.span);
            let problem = Problem::error("wrong-length", at, format!("coverage `{id}` names nobody who was reporting"));
            l.problems.push(problem);
        }
    }
}

fn scenarios(l: &mut Loader<'_>, case: &Case) {
    for s in &case.scenarios {
        let file = s.span.file.clone();
        match &s.kind {
            ScenarioKind::Golden { indicator, given, .. } => {
                let at = l.node_span(&file, &[&s.id, "indicator"], &s.span);
                l.known("indicator", indicator, at);
                for (i, g) in given.iter().enumerate() {
                    for (kind, key, value) in
                        [("actor", "actor", &g.actor), ("area", "area", &g.area), ("actor", "of", &g.of)]
                    {
                        if let Some(value) = value {
                            let at = l.node_span(&file, &[&s.id, "given", &i.to_string(), key], &s.span);
                            l.known(kind, value, at);
                        }
                    }
                }
            }
            ScenarioKind::Changed { change, expect, .. } => {
                changed(l, case, &file, &[&s.id], change, &s.span);
                for (i, e) in expect.iter().enumerate() {
                    let at = l.node_span(&file, &[&s.id, "expect", &i.to_string(), "id"], &s.span);
                    match e.id.split_once(':') {
                        Some(("indicator", id)) => l.known("indicator", id, at),
                        Some(("event", id)) => l.known("event", id, at),
                        Some(("judgment", id)) => l.known("judgment", id, at),
                        Some(("hypothesis", id)) => l.known("question", id.split('/').next().unwrap_or(id), at),
                        Some(("footprint" | "tenure" | "fact" | "figure", _)) => {}
                        _ => l.problems.push(
                            Problem::error(
                                "bad-reference",
                                at,
                                format!("`{}` is not a number of the assessment", e.id),
                            )
                            .help("write indicator:ID, hypothesis:QUESTION/ID, event:ID, footprint:..., judgment:ID"),
                        ),
                    }
                }
            }
        }
    }
}
