//! The published page: key judgments first, every number a link down to the highlighted sentence.

use std::collections::{BTreeMap, BTreeSet};

use engine::stage::assess::{EventRow, FigureRow};
use engine::{Assessment, Options, Run, Scrutiny, describe};
use minijinja::{Value, context};
use model::{Case, Day, LinkKind, LonLat, Problem, percent};

use crate::map::{Mark, Outline, map};
use crate::svg::Svg;
use crate::weighed;

/// What may be passed on of a build: the page, and the assessment that it shows.
#[derive(Debug)]
pub struct Publication {
    /// The page.
    pub page: String,
    /// The assessment.
    pub assessment: Assessment,
    /// What may be passed on of the case.
    pub case: Case,
    /// All that the page says and shows: what it is filled with, and the PDF.
    pub(crate) said: Value,
}

/// What was published last: under which name, and what it said.
pub type Last<'a> = (&'a str, &'a Assessment);

/// Writes what may be passed on of a build, beside what was published last, if anything was. If anything in the case is marked above the case's own TLP, it is built again
/// without it, and everything rests on that: what is withheld takes no part and leaves no byte.
///
/// # Errors
/// Problems that only show when the evidence is weighed again.
pub fn publication(
    case: &Case,
    run: &Run,
    options: Options,
    last: Option<Last<'_>>,
) -> Result<Publication, Vec<Problem>> {
    Ok(shown(case, run, options, last, |_, _| ())?.0)
}

/// The same, and what `more` makes of it and of the run that it rests on.
pub(crate) fn shown<T>(
    case: &Case,
    run: &Run,
    options: Options,
    last: Option<Last<'_>>,
    more: impl FnOnce(&Publication, &Run) -> T,
) -> Result<(Publication, T), Vec<Problem>> {
    let shown = case.redacted(case.tlp);
    let same = shown.names() == case.names();
    let again;
    let (run, scrutiny) = match &run.scrutiny {
        Some(scrutiny) if same => (run, scrutiny),
        _ => {
            let run = engine::assess(&shown, options)?;
            let scrutiny = engine::scrutiny(&shown, &run, options, engine::affordable(&shown), &|_, _| {});
            again = (run, scrutiny);
            (&again.0, &again.1)
        }
    };
    let publication = render(&shown, run, scrutiny, last);
    let more = more(&publication, run);
    Ok((publication, more))
}

/// Months that the page looks ahead.
const MONTHS_AHEAD: usize = 6;

/// The chance of one indicator from today on, as a small line; the cells beside it have the numbers.
fn rising(i: &engine::Future) -> String {
    let (width, height) = (120.0, 34.0);
    let last = i.ahead.last().map_or(0.0, |a| a.probability);
    let mut svg =
        Svg::new(width, height, &format!("from {:.0} % today to {:.0} %", 100.0 * i.now.unwrap_or(0.0), 100.0 * last));
    let y = |p: f64| 2.0 + (height - 4.0) * (1.0 - p);
    svg.line(0.0, y(0.0), width, y(0.0), "grid");
    svg.line(0.0, y(1.0), width, y(1.0), "grid");
    let points: Vec<f64> = i.now.into_iter().chain(i.ahead.iter().map(|a| a.probability)).collect();
    let step = width / (points.len().max(2) - 1) as f64;
    let d: String = points
        .iter()
        .enumerate()
        .map(|(k, p)| format!("{}{:.1} {:.1}", if k == 0 { "M" } else { "L" }, step * k as f64, y(*p)))
        .collect();
    svg.path(&d, "ahead", &i.title);
    svg.finish()
}

fn render(case: &Case, run: &Run, scrutiny: &Scrutiny, last: Option<Last<'_>>) -> Publication {
    // The page is of the case as it was seen: reports published later are not in it.
    let mut case = case.seen_on(case.as_of());
    let withheld = withhold(&mut case);
    let case = &case;
    let a = &without_rows(case, &run.assessment, &withheld);
    let unlisted = run.assessment.events.len() - a.events.len();
    // Every claim about an event, with those that are only counted.
    let bearing: BTreeMap<&str, &Vec<String>> =
        run.assessment.events.iter().map(|e| (e.id.as_str(), &e.claims)).collect();
    let n = a.case.worlds;
    let actor = |id: &str| case.actors.get(id).map_or_else(|| id.to_owned(), |x| x.name.clone());
    let area = |id: &str| case.areas.get(id).map_or_else(|| id.to_owned(), |x| x.name.clone());
    let source = |id: &str| case.sources.get(id).map_or_else(|| id.to_owned(), |x| x.name.clone());
    // A number and its sign stay on one line.
    let pct = |p: f64| percent(p, n).replace(' ', "\u{a0}");
    let slug = |id: &str| id.replace([':', '/', ' '], "-");

    let ahead = engine::futures(case, run, MONTHS_AHEAD).map(|f| {
        // What is asked of a time that is over stands as it is.
        let moves = |i: &engine::Future| i.ahead.iter().any(|a| i.now.is_none_or(|now| (a.probability - now).abs() >= 0.005));
        let (moving, still): (Vec<&engine::Future>, Vec<_>) =
            f.indicators.iter().filter(|i| !i.ahead.is_empty()).partition(|i| moves(i));
        let still: Vec<Value> = still
            .iter()
            .map(|i| context! { id => slug(&format!("indicator:{}", i.id)), title => i.title, now => i.now.map_or("\u{2013}".to_owned(), pct) })
            .collect();
        let rows: Vec<Value> = moving
            .iter()
            .map(|i| {
                let months: Vec<String> = i.ahead.iter().map(|a| pct(a.probability)).collect();
                context! { id => slug(&format!("indicator:{}", i.id)), title => i.title, now => i.now.map_or("\u{2013}".to_owned(), pct),
                months => months, line => Value::from_safe_string(rising(i)) }
            })
            .collect();
        let untold: Vec<Value> = f
            .indicators
            .iter()
            .filter_map(|i| Some(context! { title => i.title, reason => i.reason.as_ref()? }))
            .collect();
        let days: Vec<String> =
            f.indicators.iter().find(|i| !i.ahead.is_empty()).map_or(Vec::new(), |i| i.ahead.iter().map(|a| a.by.to_string()).collect());
        let events: Vec<String> = f.events.1.iter().map(|(mean, low, high)| format!("{mean:.1} ({low}\u{2013}{high})")).collect();
        context! { rows => rows, still => still, untold => untold, days => days, past => f.past, of_late => format!("{:.1}", f.events.0), events => events }
    });
    let judgments = weighed::judgments(case, a, scrutiny, last, &slug);
    let indicators: Vec<Value> = a
        .indicators
        .iter()
        .map(|i| {
            let def = case.indicators.get(i.id.trim_start_matches("indicator:"));
            let parts: Vec<Value> = def
                .map(|d| d.test.parts().into_iter().map(|p| context! { id => slug(&format!("indicator:{p}")), name => p }).collect())
                .unwrap_or_default();
            let events: Vec<Value> = i
                .events
                .iter()
                .take(8)
                .map(|c| {
                    context! { id => slug(&format!("event:{}", c.event)), name => c.event, share => pct(c.share), without => c.without.map(pct) }
                })
                .collect();
            context! {
                id => slug(&i.id), name => i.id, title => i.title, probability => i.probability.map(pct),
                word => i.probability.map(|p| case.lexicon.words(p)), caution => i.caution, state => i.state.name(), warning => i.warning, reason => i.reason,
                error => format!("{:.1}", i.error * 200.0), bar => i.probability.map(bar),
                test => def.map(|d| describe(case, &d.test)), parts => parts, events => events,
                warn_at => def.and_then(|d| d.warn_at).map(pct),
            }
        })
        .collect();
    let questions = weighed::questions(case, a, scrutiny, &slug);
    let claim_view = |id: &str| -> Option<Value> {
        let c = case.claims.get(id)?;
        let report = case.reports.get(&c.report)?;
        let origin = case.root(c).0;
        let stance = serde_json::json!(c.stance).as_str().unwrap_or_default().replace('-', " ");
        let modality = serde_json::json!(c.modality).as_str().unwrap_or_default().to_owned();
        let copy = matches!(c.origin, model::Origin::Claim(_));
        Some(context! {
            id => slug(&format!("claim:{id}")), name => id, exact => c.excerpt.exact, origin => source(&origin), origin_id => slug(&format!("source:{origin}")),
            publisher => source(&report.source), published => report.published.to_string(), stance => stance,
            modality => (modality != "asserted").then_some(modality), copy => copy,
            retracted => run.gathered.retracted.get(id),
        })
    };
    let events: Vec<Value> = a
        .events
        .iter()
        .map(|e| {
            let id = e.id.trim_start_matches("event:");
            let who: Vec<Value> = e
                .who
                .iter()
                .map(|w| {
                    let name = if w.actor == "unknown" { "unknown".to_owned() } else { actor(&w.actor) };
                    context! { name => name, p => pct(w.probability), bar => bar(w.probability) }
                })
                .collect();
            let areas: Vec<String> = e.areas.iter().map(|(x, p)| format!("{} ({})", area(x), pct(*p))).collect();
            let mut ids: Vec<String> = e.claims.iter().map(|c| c.trim_start_matches("claim:").to_owned()).collect();
            // Retracted claims are shown as such.
            for c in run.gathered.retracted.keys() {
                if case.claims.get(c).and_then(|c| c.event()).is_some_and(|x| x.id == id) {
                    ids.push(c.clone());
                }
            }
            let claims: Vec<Value> = ids.iter().filter_map(|c| claim_view(c)).collect();
            let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
            for title in bearing.get(e.id.as_str()).into_iter().copied().flatten().filter_map(|c| withheld.get(c)) {
                *rows.entry(title).or_default() += 1;
            }
            let rows: Vec<String> = rows.into_iter().map(|(title, n)| format!("{n} of {title}")).collect();
            let figures: Vec<Value> = e
                .figures
                .iter()
                .map(|f| context! { id => slug(&f.id), title => format!("{} of {}", f.measure, actor(&f.of)), quantiles => f.quantiles,
                    svg => Value::from_safe_string(figure_bars(f, &|s| source(s))) })
                .collect();
            context! {
                id => slug(&e.id), name => id, kind => e.sub_type.clone().unwrap_or(e.kind.clone()), p => pct(e.probability), bar => bar(e.probability),
                word => case.lexicon.words(e.probability), when => when(e), who => who, areas => areas, located => e.place.is_some(),
                asserted => e.asserted_by.iter().map(|s| source(s)).collect::<Vec<_>>(),
                denied => e.denied_by.iter().map(|s| source(s)).collect::<Vec<_>>(), claims => claims, figures => figures, rows => rows,
            }
        })
        .collect();
    let facts: Vec<Value> = a
        .facts
        .iter()
        .map(|f| {
            let claims: Vec<Value> =
                f.claims.iter().filter_map(|c| claim_view(c.trim_start_matches("claim:"))).collect();
            context! { id => slug(&f.id), text => f.text, p => pct(f.probability), claims => claims }
        })
        .collect();
    let footprints = footprint_groups(a, &actor, &area, n, &slug);
    let tenure: Vec<Value> = a
        .tenure
        .iter()
        .map(|t| {
            let (x, y) = t.id.trim_start_matches("tenure:").split_once('/').unwrap_or(("", ""));
            context! { id => slug(&t.id), actor => actor(x), area => area(y), p => pct(t.probability), days => t.longest_days,
                first => t.seen[0].to_string(), last => t.seen[1].to_string(), episodes => format!("{:.1}", t.episodes) }
        })
        .collect();
    let links: Vec<Value> = run
        .worlds
        .links
        .iter()
        .map(|l| {
            let p = l.probability();
            let def = &case.actors[&l.actor].link[l.index];
            let claims: Vec<Value> = def.claims.iter().map(|c| context! { id => slug(&format!("claim:{c}")), name => c }).collect();
            context! { actor => actor(&l.actor), kind => l.kind.name(), to => actor(&l.to), p => pct(p), from => def.from.as_ref().map(ToString::to_string),
                until => def.until.as_ref().map(ToString::to_string), why => def.why, claims => claims }
        })
        .collect();
    let sources: Vec<Value> = case
        .sources
        .iter()
        .map(|(id, s)| {
            let grade = serde_json::json!(s.reliability);
            let kind = serde_json::json!(s.kind);
            context! { id => slug(&format!("source:{id}")), name => s.name, kind => kind.as_str(), grade => grade.as_str(), words => s.reliability.words(), why => s.why,
                sound => a.sources.iter().find(|x| x.id == format!("source:{id}")).map(|x| format!("{:.0}\u{a0}% ({:.0} to {:.0})", 100.0 * x.reliability, 100.0 * x.bounds[0], 100.0 * x.bounds[1])),
                says => a.sources.iter().find(|x| x.id == format!("source:{id}")).map(|x| x.voices.iter().filter(|v| (v.factor - 1.0).abs() > 0.02).map(|v| format!("{:.2} times {}", v.factor, v.of.replace("either side", "either side's").replace("own side", "own side's").replace("other side", "other side's"))).collect::<Vec<_>>().join("; ")),
                speaks_for => s.speaks_for.as_ref().map(|x| actor(x)), dated => s.known_from.map(|d| d.to_string()),
                statements => run.gathered.statements.iter().filter(|x| x.origin == *id).count() }
        })
        .collect();
    let reports: Vec<Value> = case
        .reports
        .values()
        .map(|r| {
            context! { id => slug(&format!("report:{}", r.id)), title => r.title, source => source(&r.source), published => r.published.to_string(),
                written_by => r.written_by, url => r.url.as_ref().filter(|u| u.starts_with("https://") || u.starts_with("http://")),
                body => passages(case, &r.id, &slug) }
        })
        .collect();
    let factors: Vec<Value> = case
        .factors
        .values()
        .map(|f| {
            let claims: Vec<Value> = f.claims.iter().map(|c| context! { id => slug(&format!("claim:{c}")), name => c }).collect();
            context! { text => f.text, direction => if f.enabling { "enabling" } else { "constraining" }, trend => f.trend, why => f.why, claims => claims,
                whom => f.actor.as_ref().map(|x| actor(x)).or_else(|| f.hypothesis.clone()) }
        })
        .collect();
    let assumptions = weighed::assumptions(scrutiny, &slug);
    let gaps = weighed::gaps(case, a, &slug);
    let coverage: Vec<Value> = case
        .coverage
        .values()
        .map(|c| {
            let names: Vec<String> = c.sources.iter().map(|s| source(s)).collect();
            context! { text => c.text, sources => names, area => c.area.as_ref().map_or("everywhere".to_owned(), |x| area(x)), during => c.during.to_string(), catches => pct(c.catches) }
        })
        .collect();

    let lint = |l: &engine::LintRow| {
        let title = engine::Lint::named(&l.code).map(engine::Lint::title);
        context! { id => slug(&l.about), about => l.about, text => l.text, code => l.code, title => title, why => l.suppressed }
    };
    let (stands, remarks): (Vec<_>, Vec<_>) = a.lints.iter().partition(|l| l.suppressed.is_some());
    let (stands, remarks): (Vec<Value>, Vec<Value>) =
        (stands.into_iter().map(lint).collect(), remarks.into_iter().map(lint).collect());

    let few = a.events.len() <= 30;
    let marks: Vec<Mark> = a
        .events
        .iter()
        .filter_map(|e| {
            let p = e.place?;
            let id = e.id.trim_start_matches("event:");
            Some(Mark {
                at: LonLat { lon: p[0], lat: p[1] },
                radius_km: e.radius_km.unwrap_or(1.0),
                probability: e.probability,
                class: if e.days[1] >= Day(a.case.as_of.0 - 180) { "recent" } else { "earlier" },
                title: format!("{id}, {}: {}", when(e), pct(e.probability)),
                // Many rows of data sets would write over one another: then only what people coded is named.
                label: (few || !case.rows.contains_key(id)).then(|| id.to_owned()),
                target: Some(slug(&e.id)),
            })
        })
        .collect();
    let outlines: Vec<Outline<'_>> =
        case.areas.values().map(|x| Outline { geometry: &x.geometry, name: &x.name, class: "area" }).collect();
    let dated = case.sources.values().any(|s| s.known_from.is_none());
    let data = context! {
        case => context! { title => a.case.title, question => a.case.question, as_of => a.case.as_of.to_string(), tlp => a.case.tlp, worlds => n,
            reports => a.case.reports, claims => a.case.claims, statements => a.case.statements, seed => a.case.seed, r_hat => format!("{:.3}", a.case.r_hat), ess => format!("{:.0}", a.case.ess), id => a.case.id },
        judgments, ahead, indicators, questions, events, facts, footprints, tenure, links, sources, reports, factors, assumptions, gaps, coverage, stands, remarks,
        map => Value::from_safe_string(map(&marks, &outlines, "Map of the events: circles hold 90 % of the belief where each happened; the table of events says the same in words")),
        timeline => timeline(a, n, &slug).into_iter().map(Value::from_safe_string).collect::<Vec<_>>(),
        lives => Value::from_safe_string(lives(case, run)),
        grades_today => dated, unlisted => unlisted, lexicon => weighed::lexicon(case),
        version => env!("CARGO_PKG_VERSION"),
    };
    Publication {
        page: crate::render("page.html", include_str!("../templates/page.html"), data.clone()),
        assessment: a.clone(),
        case: case.clone(),
        said: data,
    }
}

/// Takes the rows that may not be passed on out of what is shown; returns their claims, as `claim:ID`, each with the
/// title of its data set.
fn withhold(case: &mut Case) -> BTreeMap<String, String> {
    let sets: BTreeMap<String, String> = case
        .datasets
        .iter()
        .filter(|d| !d.redistribute)
        .filter_map(|d| Some((d.id.clone(), case.reports.get(&d.id)?.title.clone())))
        .collect();
    let of = |c: &model::Claim| sets.get(&c.report).cloned();
    let out = case.claims.values().filter_map(|c| Some((format!("claim:{}", c.id), of(c)?))).collect();
    case.claims.retain(|_, c| !sets.contains_key(&c.report));
    out
}

/// The assessment without what tells a row that may not be passed on: its event, with day and place, and its figures.
/// Numbers stay as they are.
fn without_rows(case: &Case, a: &Assessment, withheld: &BTreeMap<String, String>) -> Assessment {
    let mut out = a.clone();
    if withheld.is_empty() {
        return out;
    }
    let passed_on = |set: &String| case.datasets.iter().any(|d| d.id == *set && d.redistribute);
    out.events.retain(|e| case.rows.get(e.id.trim_start_matches("event:")).is_none_or(passed_on));
    let listed: BTreeSet<&str> = out.events.iter().map(|e| e.id.trim_start_matches("event:")).collect();
    let carriers = out.indicators.iter_mut().map(|i| &mut i.events);
    let carriers = carriers.chain(out.footprint.iter_mut().map(|f| &mut f.events));
    for events in carriers.chain(out.tenure.iter_mut().map(|t| &mut t.events)) {
        events.retain(|c| listed.contains(c.event.as_str()));
    }
    // A day might be that of one row: the month has to do.
    for t in &mut out.tenure {
        t.seen = [t.seen[0].month()[0], t.seen[1].month()[1]];
    }
    for q in &mut out.questions {
        for e in &mut q.evidence {
            e.claims.retain(|c| !withheld.contains_key(&format!("claim:{c}")));
        }
    }
    // What would change a judgment names events, too.
    let gone: Vec<String> =
        a.events.iter().map(|e| e.id.clone()).filter(|e| !listed.contains(e.trim_start_matches("event:"))).collect();
    let names = |text: &str| gone.iter().any(|e| text.contains(e.as_str()));
    for j in &mut out.judgments {
        j.would_change.retain(|w| !names(w));
        j.open.retain(|w| !names(&w.asks));
    }
    for q in &mut out.questions {
        q.open.retain(|w| !names(&w.asks));
    }
    out.lints.retain(|l| !names(&l.about) && !names(&l.text) && !withheld.contains_key(&l.about));
    for e in &mut out.events {
        e.claims.retain(|c| !withheld.contains_key(c));
        for f in &mut e.figures {
            f.said.retain(|s| !withheld.contains_key(&s.claim));
        }
    }
    out
}

/// The days on which it may have happened.
pub(crate) fn when(e: &EventRow) -> String {
    if e.days[0] == e.days[1] { e.days[0].to_string() } else { format!("{} to {}", e.days[0], e.days[1]) }
}

/// Width of a probability bar in percent.
pub(crate) fn bar(p: f64) -> String {
    format!("{:.1}", p * 100.0)
}

fn footprint_groups(
    a: &Assessment,
    actor: &dyn Fn(&str) -> String,
    area: &dyn Fn(&str) -> String,
    n: usize,
    slug: &dyn Fn(&str) -> String,
) -> Vec<Value> {
    let mut keys: Vec<(String, String, String, String)> = Vec::new();
    for f in &a.footprint {
        let k = (f.actor.clone(), f.home.clone(), f.reference.clone(), f.period.clone());
        if !keys.contains(&k) {
            keys.push(k);
        }
    }
    keys.into_iter()
        .map(|(x, home, reference, period)| {
            let rows: Vec<Value> = a
                .footprint
                .iter()
                .filter(|f| (f.actor == x) && f.home == home && f.reference == reference && f.period == period)
                .map(|f| {
                    context! { id => slug(&f.id), class => f.class, p => f.probability.map(|p| percent(p, n)), bar => f.probability.map(bar), reason => f.reason }
                })
                .collect();
            context! { actor => actor(&x), home => area(&home), reference => reference.replace("..", " to "), period => period.replace("..", " to "), rows => rows }
        })
        .collect()
}

/// The report's text in passages; overlapping excerpts are cut into runs, each naming its claims, and the events that
/// claims which end there lead on to.
fn passages(case: &Case, report: &str, slug: &dyn Fn(&str) -> String) -> Vec<Value> {
    let Some(r) = case.reports.get(report) else { return Vec::new() };
    let spans: Vec<(usize, usize, &str)> = case
        .claims
        .values()
        .filter(|c| c.report == report)
        .map(|c| (c.excerpt.start, c.excerpt.end, c.id.as_str()))
        .collect();
    let mut cuts: BTreeSet<usize> = spans.iter().flat_map(|s| [s.0, s.1]).collect();
    cuts.insert(r.body);
    cuts.insert(r.text.len());
    let cuts: Vec<usize> = cuts.into_iter().filter(|c| *c >= r.body && *c <= r.text.len()).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let passage = |pair: &[usize]| {
        let text = r.text.get(pair[0]..pair[1]).unwrap_or("");
        let here: Vec<&str> = spans.iter().filter(|s| s.0 <= pair[0] && pair[1] <= s.1).map(|s| s.2).collect();
        // A claim is led to where it begins.
        let begin: Vec<String> = here.iter().filter(|c| seen.insert(c)).map(|c| slug(&format!("claim:{c}"))).collect();
        let ends = |c: &str| spans.iter().any(|s| s.2 == c && s.1 == pair[1]);
        let events = here.iter().filter(|c| ends(c)).filter_map(|c| case.claims.get(*c)?.event());
        let up: Vec<Value> =
            events.map(|e| context! { id => slug(&format!("event:{}", e.id)), name => e.id }).collect();
        context! { text => text, claims => here, begin => begin, up => up }
    };
    cuts.windows(2).map(passage).collect()
}

/// Conflicting figures side by side: one bar per source, the posterior below, on a logarithmic scale.
fn figure_bars(f: &FigureRow, source: &dyn Fn(&str) -> String) -> String {
    let top = f
        .said
        .iter()
        .filter_map(|s| s.high)
        .chain([f.quantiles[2]])
        .chain(f.said.iter().map(|s| s.low * 2))
        .max()
        .unwrap_or(10)
        .max(5);
    let (left, width) = (250.0, 430.0);
    let x = |v: f64| left + width * libm::log1p(v) / libm::log1p(f64::from(top) * 1.1);
    let height = 26.0 * (f.said.len() as f64 + 1.0) + 26.0;
    let [low, median, high] = f.quantiles;
    let words = format!("{} figures said and the reconciled one: {low} to {high}, median {median}", f.said.len());
    let mut svg = Svg::new(880.0, height, &words);
    let mut tick = 1u32;
    while tick <= top {
        for t in [tick, tick * 3] {
            if t <= top {
                svg.line(x(f64::from(t)), 0.0, x(f64::from(t)), height - 20.0, "grid");
                svg.text(x(f64::from(t)), height - 6.0, "middle", "tick", &t.to_string());
            }
        }
        tick *= 10;
    }
    for (i, s) in f.said.iter().enumerate() {
        let y = 4.0 + 26.0 * i as f64;
        let name = source(&s.source);
        let short: String =
            if name.chars().count() > 34 { name.chars().take(33).chain(['\u{2026}']).collect() } else { name.clone() };
        svg.text(left - 8.0, y + 13.0, "end", "name", &short);
        let target = s.claim.replace(':', "-");
        svg.link(&target, &format!("{}: {}", source(&s.source), s.words), |g| {
            match s.high {
                Some(high) if high == s.low => g.raw(&format!(
                    r#"<rect x="{:.1}" y="{:.1}" width="9" height="9" class="said" transform="rotate(45 {:.1} {:.1})"/>"#,
                    x(f64::from(high)) - 4.5, y + 4.5, x(f64::from(high)), y + 9.0
                )),
                Some(high) => g.rect(x(f64::from(s.low)), y + 4.0, x(f64::from(high)) - x(f64::from(s.low)), 10.0, "said", &s.words),
                None => {
                    // No upper end was set: an arrow.
                    g.rect(x(f64::from(s.low)), y + 4.0, left + width - x(f64::from(s.low)), 10.0, "said open", &s.words);
                    g.raw(&format!(r#"<path d="M{:.1} {:.1}l10 5l-10 5z" class="said"/>"#, left + width, y + 4.0));
                }
            }
        });
        svg.text(left + width + 14.0, y + 13.0, "start", "tick", &s.words);
    }
    let y = 4.0 + 26.0 * f.said.len() as f64;
    svg.text(left - 8.0, y + 13.0, "end", "name strong", "reconciled (90 %)");
    svg.rect(x(f64::from(low)), y + 3.0, x(f64::from(high)) - x(f64::from(low)), 12.0, "posterior", &words);
    svg.line(x(f64::from(median)), y, x(f64::from(median)), y + 18.0, "median");
    svg.text(left + width + 14.0, y + 13.0, "start", "tick", &format!("{low}\u{2013}{high}, median {median}"));
    svg.finish()
}

/// Events of one picture of the timeline, at most: each has an axis of its own, and fits on a sheet.
const ROWS: usize = 50;

/// Events by time before the as-of day, in pictures of one scale; recent months are given more room. Width is imprecision.
fn timeline(a: &Assessment, n: usize, slug: &dyn Fn(&str) -> String) -> Vec<String> {
    let as_of = a.case.as_of.0;
    let oldest = a.events.iter().map(|e| as_of - e.days[0].0).max().unwrap_or(1).max(30);
    let (left, width) = (190.0, 740.0);
    let at = |day: i32| {
        let age = f64::from((as_of - day).max(0));
        left + width * (1.0 - libm::log1p(age / 20.0) / libm::log1p(f64::from(oldest) * 1.05 / 20.0))
    };
    let mut order: Vec<&EventRow> = a.events.iter().collect();
    order.sort_by_key(|e| (e.days[0], e.id.clone()));
    order.chunks(ROWS).map(|some| stretch(some, as_of, oldest, left, width, &at, n, slug)).collect()
}

/// One picture of the timeline.
fn stretch(
    order: &[&EventRow],
    as_of: i32,
    oldest: i32,
    left: f64,
    width: f64,
    at: &dyn Fn(i32) -> f64,
    n: usize,
    slug: &dyn Fn(&str) -> String,
) -> String {
    let height = 22.0 * order.len() as f64 + 34.0;
    let mut svg = Svg::new(960.0, height, "Timeline of the events; the table of events says the same in words");
    for (days, name) in [
        (0, "as of"),
        (30, "1 month"),
        (91, "3 months"),
        (182, "6 months"),
        (365, "1 year"),
        (730, "2 years"),
        (1826, "5 years"),
        (3652, "10 years"),
        (7305, "20 years"),
    ] {
        if f64::from(days) <= f64::from(oldest) * 1.02 {
            let x = at(as_of - days);
            svg.line(x, 0.0, x, height - 26.0, "grid");
            svg.text(x, height - 10.0, if days == 0 { "end" } else { "middle" }, "tick", name);
        }
    }
    for (i, e) in order.iter().enumerate() {
        let y = 4.0 + 22.0 * i as f64;
        let id = e.id.trim_start_matches("event:");
        let title = format!("{id}, {}: {}", when(e), percent(e.probability, n));
        svg.link(&slug(&e.id), &title, |g| {
            // What does not fit is cut; the title has the whole.
            let short: String =
                if id.chars().count() > 26 { id.chars().take(25).chain(['\u{2026}']).collect() } else { id.to_owned() };
            g.text(left - 8.0, y + 12.0, "end", "name", &short);
            let (x0, x1) = (at(e.days[0].0), at(e.days[1].0));
            let w = (x1 - x0).max(5.0);
            let mid = (x0 + x1) / 2.0;
            g.raw(&format!(r#"<g opacity="{:.2}">"#, 0.35 + 0.65 * e.probability));
            g.rect(mid - w / 2.0, y + 3.0, w, 11.0, "event", &title);
            g.raw("</g>");
            let x = mid + w / 2.0 + 6.0;
            let p = percent(e.probability, n);
            if x < left + width - 60.0 {
                g.text(x, y + 12.0, "start", "tick", &p);
            } else {
                g.text(mid - w / 2.0 - 6.0, y + 12.0, "end", "tick", &p);
            }
        });
    }
    svg.finish()
}

/// Actors' lines of life: one line each, leaders along it, splits and other links between them.
fn lives(case: &Case, run: &Run) -> String {
    let groups: Vec<&String> = case
        .actors
        .iter()
        .filter(|(id, a)| {
            a.kind == model::ActorKind::ArmedGroup
                && (!a.link.is_empty() || run.laws.iter().any(|l| l.candidates.contains(id)))
        })
        .map(|(id, _)| id)
        .collect();
    if groups.is_empty() {
        return String::new();
    }
    let as_of = case.as_of().0;
    let from_of = |id: &str| -> i32 {
        let links =
            case.actors[id].link.iter().filter_map(|l| l.from.as_ref()).map(|d| (d.stated.from.0 + d.stated.to.0) / 2);
        let events = run.laws.iter().filter(|l| l.candidates.iter().any(|c| c == id)).map(|l| l.days.first);
        links.chain(events).min().unwrap_or(as_of - 365)
    };
    let first = groups.iter().map(|g| from_of(g)).min().unwrap_or(as_of - 365);
    let (left, width) = (210.0, 720.0);
    let x = |day: i32| left + width * f64::from((day.min(as_of) - first).max(0)) / f64::from((as_of - first).max(1));
    let row = 64.0;
    let height = row * groups.len() as f64 + 30.0;
    let y_of = |id: &str| groups.iter().position(|g| *g == id).map(|i| 30.0 + row * i as f64);
    let mut svg =
        Svg::new(960.0, height, "Lines of life of the armed groups; the table of links says the same in words");
    let years = (Day(first).year()..=Day(as_of).year()).collect::<Vec<_>>();
    let step = (years.len() / 9).max(1);
    for y in years.iter().step_by(step) {
        if let Some(d) = Day::new(*y, 1, 1).filter(|d| d.0 >= first) {
            svg.line(x(d.0), 6.0, x(d.0), height - 22.0, "grid");
            svg.text(x(d.0), height - 6.0, "middle", "tick", &y.to_string());
        }
    }
    let known: BTreeMap<(&str, usize), f64> =
        run.worlds.links.iter().map(|l| ((l.actor.as_str(), l.index), l.probability())).collect();
    for id in &groups {
        let Some(y) = y_of(id) else { continue };
        svg.text(left - 10.0, y + 4.0, "end", "name", &case.actors[*id].name);
        svg.line(x(from_of(id)), y, left + width, y, "life");
        for (i, l) in case.actors[*id].link.iter().enumerate() {
            let p = known.get(&(id.as_str(), i)).copied().unwrap_or(0.0);
            let p_words = percent(p, run.worlds.n);
            let start = l.from.as_ref().map_or(first, |d| (d.stated.from.0 + d.stated.to.0) / 2);
            let name = case.actors.get(&l.to).map_or(l.to.clone(), |a| a.name.clone());
            if l.kind == LinkKind::LedBy {
                let end = l.until.as_ref().map_or(as_of, |d| (d.stated.from.0 + d.stated.to.0) / 2);
                svg.rect(x(start), y - 5.0, x(end) - x(start), 10.0, "leader", &format!("led by {name}: {p_words}"));
                if x(end) - x(start) > 70.0 {
                    svg.text((x(start) + x(end)) / 2.0, y + 20.0, "middle", "tick", &format!("{name} {p_words}"));
                } else {
                    svg.text(
                        x(start),
                        y - 10.0,
                        if x(start) > left + width - 90.0 { "end" } else { "start" },
                        "tick",
                        &format!("{name} {p_words}"),
                    );
                }
            } else if let Some(other) = y_of(&l.to) {
                let xs = x(start);
                svg.path(
                    &format!("M{xs:.1} {other:.1}L{xs:.1} {y:.1}"),
                    if p < 0.8 { "fork doubtful" } else { "fork" },
                    &format!("{} {name}: {p_words}", l.kind.name()),
                );
                svg.text(
                    xs + 5.0,
                    y - 10.0,
                    if xs > left + width - 150.0 { "end" } else { "start" },
                    "tick",
                    &format!("{} {} {p_words}", l.kind.name(), l.to),
                );
            }
        }
    }
    svg.finish()
}
