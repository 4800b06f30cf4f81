//! Any number, down to the sentences it rests on.

use std::collections::{BTreeMap, BTreeSet};

use model::{About, Case, Label, Says, Verdict, percent};
use serde::Serialize;

use crate::build::{Options, Run, assess};
use crate::diff::apart;
use crate::lints::{LINTS, Lint};
use crate::stage::gather::Reviewed;
use crate::stage::weigh;

/// One line of an explanation, indented by `depth`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Indentation.
    pub depth: usize,
    /// Text.
    pub text: String,
}

/// An explanation: lines, then excerpts with their carets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// What is explained, as `kind:id`.
    pub id: String,
    /// From the number downward.
    pub lines: Vec<Line>,
    /// The excerpts it ends in, with what each says.
    pub excerpts: Vec<Label>,
}

/// Everything that can be explained, as `kind:id`.
fn names(case: &Case, run: &Run) -> BTreeSet<String> {
    let mut out: BTreeSet<String> = run.probabilities().into_keys().collect();
    out.extend(run.assessment.questions.iter().map(|q| q.id.clone()));
    out.extend(run.assessment.events.iter().flat_map(|e| e.figures.iter().map(|f| f.id.clone())));
    out.extend(case.claims.keys().map(|c| format!("claim:{c}")));
    out.extend(case.reports.keys().map(|c| format!("report:{c}")));
    out.extend(case.sources.keys().map(|c| format!("source:{c}")));
    out.extend(case.actors.keys().map(|c| format!("actor:{c}")));
    out.extend(case.areas.keys().map(|c| format!("area:{c}")));
    out.extend(case.factors.keys().map(|c| format!("factor:{c}")));
    out.extend(case.assumptions.keys().map(|c| format!("assumption:{c}")));
    out.extend(LINTS.iter().map(|l| format!("lint:{}", l.code)));
    out
}

/// Explains `id`: `kind:id`, or a bare id where only one kind has it.
///
/// # Errors
/// When nothing, or more than one thing, has that id: a phrase, with suggestions.
pub fn explain(case: &Case, run: &Run, options: Options, id: &str) -> Result<Explanation, String> {
    if id == "lints" {
        let one = |l: &Lint| Line { depth: 0, text: format!("lint:{} ({}): {}", l.code, l.level().words(), l.title()) };
        return Ok(Explanation { id: id.to_owned(), lines: LINTS.iter().map(one).collect(), excerpts: Vec::new() });
    }
    let names = names(case, run);
    let id = if names.contains(id) {
        id.to_owned()
    } else {
        let found: Vec<&String> = names.iter().filter(|n| n.split_once(':').is_some_and(|(_, b)| b == id)).collect();
        match found.as_slice() {
            [one] => (*one).clone(),
            [] => {
                let near = model::suggest_edit(
                    id,
                    names.iter().flat_map(|n| [n.as_str(), n.split_once(':').map_or("", |x| x.1)]),
                );
                let help = near.map_or("`bellwether build --format json` lists every id".to_owned(), |n| {
                    format!("did you mean `{n}`?")
                });
                return Err(format!("nothing is called `{id}`: {help}"));
            }
            many => {
                let list: Vec<&str> = many.iter().map(|s| s.as_str()).collect();
                return Err(format!("`{id}` is ambiguous: {}", list.join(", ")));
            }
        }
    };
    let mut e = Explainer { case, run, options, lines: Vec::new(), claims: Vec::new() };
    e.any(&id, 0);
    let mut seen = BTreeSet::new();
    let excerpts = e
        .claims
        .iter()
        .filter(|c| seen.insert((*c).clone()))
        .filter_map(|c| {
            let claim = case.claims.get(c)?;
            let report = case.reports.get(&claim.report)?;
            Some(Label { span: claim.excerpt_span(&report.file), text: e.claim_words(c) })
        })
        .collect();
    Ok(Explanation { id, lines: e.lines, excerpts })
}

struct Explainer<'a> {
    case: &'a Case,
    run: &'a Run,
    options: Options,
    lines: Vec<Line>,
    claims: Vec<String>,
}

impl Explainer<'_> {
    fn say(&mut self, depth: usize, text: impl Into<String>) {
        self.lines.push(Line { depth, text: text.into() });
    }

    fn pct(&self, p: f64) -> String {
        percent(p, self.run.worlds.n)
    }

    fn any(&mut self, id: &str, depth: usize) {
        let (kind, bare) = id.split_once(':').unwrap_or(("", id));
        match kind {
            "judgment" => self.judgment(id, bare, depth),
            "indicator" => self.indicator(id, bare, depth, true),
            "hypothesis" => self.question(bare.split('/').next().unwrap_or(bare), bare.split('/').nth(1), depth),
            "question" => self.question(bare, None, depth),
            "event" => self.event(bare, depth),
            "figure" => self.figure(id, depth),
            "fact" => self.fact(id, depth),
            "footprint" => self.footprint(id, depth),
            "tenure" => self.tenure(id, depth),
            "claim" => self.claim(bare, depth),
            "report" => self.report(bare, depth),
            "source" => self.source(bare, depth),
            "actor" => self.actor(bare, depth),
            "area" => self.area(bare, depth),
            "factor" => self.factor(bare, depth),
            "assumption" => self.assumption(id, bare, depth),
            "lint" => self.lint(bare, depth),
            _ => {}
        }
    }

    fn judgment(&mut self, id: &str, bare: &str, depth: usize) {
        let Some(row) = self.run.assessment.judgments.iter().find(|j| j.id == id).cloned() else { return };
        self.say(depth, format!("{id}: {}", row.text));
        self.say(depth + 1, row.confidence_text.clone());
        self.say(
            depth + 1,
            format!("it stands on {}: this suggests {} confidence", row.standing.words(), row.suggested.words()),
        );
        self.say(depth + 1, "what would change it:");
        for w in row.would_change {
            self.say(depth + 2, w);
        }
        if let Some(c) = row.caution {
            self.say(depth + 1, c);
        }
        self.say(depth + 1, format!("chosen text: `{}`, about {}", row.outcome, row.about));
        if let Some(j) = self.case.judgments.iter().find(|j| j.id == bare) {
            match &j.about {
                About::Indicator(i) => self.indicator(&format!("indicator:{i}"), i, depth + 1, true),
                About::Hypotheses(q) => self.question(q, None, depth + 1),
            }
        }
    }

    fn indicator(&mut self, id: &str, bare: &str, depth: usize, whole: bool) {
        let Some(row) = self.run.assessment.indicators.iter().find(|r| r.id == id).cloned() else { return };
        let number = row
            .probability
            .map_or("not testable".to_owned(), |p| format!("{} (± {:.1} points)", self.pct(p), 200.0 * row.error));
        self.say(depth, format!("{id}: {}: {number}, {}", row.title, row.state.name()));
        if let Some(reason) = &row.reason {
            self.say(depth + 1, format!("because {reason}"));
        }
        if let Some(caution) = &row.caution {
            self.say(depth + 1, caution.clone());
        }
        let case = self.case;
        let Some(indicator) = case.indicators.get(bare) else { return };
        for part in indicator.test.parts() {
            self.indicator(&format!("indicator:{part}"), part, depth + 1, false);
        }
        if indicator.test.parts().is_empty() {
            self.say(depth + 1, format!("test: {}", describe(case, &indicator.test)));
            if row.events.is_empty() && row.probability.is_some() {
                self.say(depth + 1, "no reported event counts in any world");
            }
            for c in row.events.iter().take(12) {
                let without = c.without.map_or(String::new(), |p| format!("; without it {}", self.pct(p)));
                self.say(depth + 1, format!("event:{} counts in {} of worlds{without}", c.event, self.pct(c.share)));
                self.claims_of(&format!("event:{}", c.event));
            }
        }
        if whole && row.probability.is_some() {
            self.association(bare, depth + 1);
            self.origins(id, depth + 1);
        }
    }

    /// What the worlds in which it holds have in common; association, not cause.
    fn association(&mut self, indicator: &str, depth: usize) {
        let few = |run: &Run| {
            run.outcomes.get(indicator).is_none_or(|o| {
                let yes = o.holds.iter().filter(|h| **h).count();
                yes.min(o.holds.len() - yes) < 50
            })
        };
        // Conditioning needs at least 50 worlds on either side: too few, and more are drawn.
        let more;
        let run = if few(self.run) {
            match assess(self.case, Options { worlds: (self.options.worlds * 16).min(65_536) }) {
                Ok(run) if !few(&run) => {
                    more = run;
                    &more
                }
                _ => return,
            }
        } else {
            self.run
        };
        let Some(o) = run.outcomes.get(indicator) else { return };
        let n = o.holds.len();
        let yes = o.holds.iter().filter(|h| **h).count();
        let mut moved: Vec<(f64, f64, String)> = run
            .laws
            .iter()
            .zip(&run.worlds.events)
            .map(|(l, e)| {
                let share = |want: bool, count: usize| {
                    e.happened.iter().zip(&o.holds).filter(|(h, x)| **h && **x == want).count() as f64 / count as f64
                };
                (share(true, yes), share(false, n - yes), l.id.clone())
            })
            .filter(|(a, b, _)| (a - b).abs() > 0.1)
            .collect();
        moved.sort_by(|a, b| (b.0 - b.1).abs().total_cmp(&(a.0 - a.1).abs()).then_with(|| a.2.cmp(&b.2)));
        if moved.is_empty() {
            return;
        }
        self.say(depth, format!("association, over {yes} worlds where it holds and {} where it does not:", n - yes));
        for (a, b, id) in moved.into_iter().take(5) {
            self.say(depth + 1, format!("event:{id} happened in {:.0} % and {:.0} % of them", a * 100.0, b * 100.0));
        }
    }

    /// What did it: the number without each origin (leave-one-origin-out).
    fn origins(&mut self, id: &str, depth: usize) {
        let number = |run: &Run| run.probabilities().get(id).copied().flatten();
        let n = self.run.worlds.n;
        self.without(depth, &number, &|p| percent(p, n), 0.01);
    }

    /// A number of a run without everything each origin first said, where it moves by more than `least`.
    fn without(
        &mut self,
        depth: usize,
        number: &dyn Fn(&Run) -> Option<f64>,
        words: &dyn Fn(f64) -> String,
        least: f64,
    ) {
        let words = |x: Option<f64>| x.map_or("nobody says".to_owned(), words);
        let Some(now) = number(self.run) else { return };
        let origins: BTreeSet<&str> = self.run.gathered.statements.iter().map(|s| s.origin.as_str()).collect();
        let mut effects: Vec<(Option<f64>, String)> = Vec::new();
        for origin in origins {
            let other = self.case.without_origin(origin);
            // A question whose evidence is gone keeps its other evidence; an error there has been said by `build`.
            let Ok(run) = assess(&other, self.options) else { continue };
            let then = number(&run);
            if apart(then, Some(now)) > least {
                effects.push((then, origin.to_owned()));
            }
        }
        let far = |then: Option<f64>| apart(then, Some(now));
        effects.sort_by(|a, b| far(b.0).total_cmp(&far(a.0)).then_with(|| a.1.cmp(&b.1)));
        if !effects.is_empty() {
            self.say(depth, "without everything one origin first said:");
        }
        for (then, origin) in effects.into_iter().take(6) {
            self.say(depth + 1, format!("source:{origin}: {} instead of {}", words(then), words(Some(now))));
        }
    }

    fn question(&mut self, q: &str, hypothesis: Option<&str>, depth: usize) {
        let (case, run) = (self.case, self.run);
        let (Some(question), Some(answer)) = (case.questions.get(q), run.answers.get(q)) else { return };
        self.say(depth, format!("question:{q}: {}", question.question));
        for (h, w) in question.hypotheses.iter().zip(&answer.hypotheses) {
            if hypothesis.is_some_and(|x| x != h.id) {
                continue;
            }
            self.say(
                depth + 1,
                format!(
                    "hypothesis:{q}/{}: {} {} (80 %: {} to {}; prior {}: {})",
                    h.id,
                    h.text,
                    self.pct(w.probability),
                    self.pct(w.bounds[0]),
                    self.pct(w.bounds[1]),
                    self.pct(w.prior),
                    h.why
                ),
            );
        }
        self.say(
            depth + 1,
            format!("effective sample size of the weights: {:.0} of {} worlds", answer.ess, run.worlds.n),
        );
        for (item, e) in answer.items.iter().zip(&question.evidence) {
            if let Some(reason) = &item.reason {
                self.say(depth + 1, format!("evidence {}: takes no part: {reason}", item.id));
                continue;
            }
            let p = item.probability.unwrap_or(0.0);
            let what = weigh::what(case, &e.kind);
            self.say(
                depth + 1,
                format!("evidence {}: {what}: {} (before any report {})", item.id, self.pct(p), self.pct(item.base)),
            );
            let caught = item.catches.map_or(String::new(), |c| format!("; would have been reported: {}", self.pct(c)));
            let group = item.group.as_ref().map_or(String::new(), |g| format!("; judged with others in group {g}"));
            self.say(
                depth + 2,
                format!(
                    "diagnosticity {:.2} bits; weight {:+.1} dB for the first{caught}{group}",
                    item.bits, item.decibans
                ),
            );
            let cells: Vec<String> = question
                .hypotheses
                .iter()
                .zip(&item.likelihood)
                .zip(&item.without)
                .map(|((h, l), w)| format!("{} {l:.2} (without it {})", h.id, self.pct(*w)))
                .collect();
            self.say(depth + 2, format!("likelihood under {}", cells.join(", ")));
            self.say(depth + 2, format!("why: {}", e.why));
            for o in &question.opinions {
                if let Some((said, why)) = o.evidence.get(&e.id) {
                    let points: Vec<String> = said.iter().map(|l| format!("{:.2}", l.point)).collect();
                    self.say(depth + 2, format!("{} says {}: {why}", o.analyst, points.join(", ")));
                }
            }
            self.claims.extend(item.claims.iter().cloned());
        }
        for x in &answer.analysts {
            let p: Vec<String> = answer
                .hypotheses
                .iter()
                .zip(&x.probability)
                .map(|(h, p)| format!("{} {}", h.id, self.pct(*p)))
                .collect();
            self.say(depth + 1, format!("by the numbers of {} alone: {}", x.analyst, p.join(", ")));
        }
        let id = match hypothesis {
            Some(h) => format!("hypothesis:{q}/{h}"),
            None => {
                let best = answer.hypotheses.iter().max_by(|a, b| a.probability.total_cmp(&b.probability));
                best.map_or(String::new(), |b| format!("hypothesis:{q}/{}", b.id))
            }
        };
        if depth == 0 {
            self.origins(&id, depth + 1);
        }
    }

    fn event(&mut self, bare: &str, depth: usize) {
        let id = format!("event:{bare}");
        let Some(row) = self.run.assessment.events.iter().find(|e| e.id == id).cloned() else { return };
        let days = if row.days[0] == row.days[1] {
            row.days[0].to_string()
        } else {
            format!("{} to {}", row.days[0], row.days[1])
        };
        let kind = row.sub_type.clone().unwrap_or(row.kind.clone());
        self.say(depth, format!("{id}: {kind}, {days}: it happened: {}", self.pct(row.probability)));
        self.say(
            depth + 1,
            format!("asserted by {} independent origins: {}", row.asserted_by.len(), list(&row.asserted_by)),
        );
        if row.independent + 0.05 < row.asserted_by.len() as f64 {
            self.say(depth + 2, format!("likely no more than {:.1}: some may copy others", row.independent));
        }
        self.echoes(&row, depth + 2);
        if !row.denied_by.is_empty() {
            self.say(depth + 1, format!("denied by {}", list(&row.denied_by)));
        }
        self.absence(bare, depth + 1);
        for w in &row.who {
            let name = self.case.actors.get(&w.actor).map_or(w.actor.clone(), |a| a.name.clone());
            self.say(depth + 1, format!("if it happened, done by {name}: {}", self.pct(w.probability)));
        }
        match row.areas.as_slice() {
            [] => self.say(depth + 1, if row.place.is_some() { "in no named area" } else { "nobody says where" }),
            areas => {
                let text: Vec<String> = areas.iter().map(|(a, p)| format!("{a} {}", self.pct(*p))).collect();
                self.say(depth + 1, format!("place: {}", text.join(", ")));
            }
        }
        for f in &row.figures {
            self.figure(&f.id, depth + 1);
        }
        let same: Vec<model::Same> = self.case.same.iter().filter(|s| s.a == bare || s.b == bare).cloned().collect();
        for s in same {
            let other = if s.a == bare { &s.b } else { &s.a };
            let ruled = s.ruling.map_or_else(String::new, |r| format!("; ruled: {r}"));
            self.say(depth + 1, format!("one with event:{other}: {}{ruled}", self.pct(s.p)));
            for r in &s.reasons {
                self.say(depth + 2, format!("{:+.0} decibans: {} ({})", r.decibans, r.field, r.said));
            }
        }
        self.claims_of(&id);
        // Claims that were taken back are shown too: they are part of the story.
        let gone: Vec<(String, String)> = self
            .run
            .gathered
            .retracted
            .iter()
            .filter(|(c, _)| self.case.claims.get(*c).and_then(|c| c.event()).is_some_and(|e| e.id == bare))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect();
        for (claim, by) in gone {
            self.say(depth + 1, format!("claim:{claim} was taken back by claim:{by} and counts no more"));
            self.claims.push(claim);
            self.claims.push(by);
        }
    }

    fn figure(&mut self, id: &str, depth: usize) {
        let found = self.run.assessment.events.iter().flat_map(|e| &e.figures).find(|f| f.id == id).cloned();
        let Some(f) = found else { return };
        let of = self.case.actors.get(&f.of).map_or(f.of.clone(), |a| a.name.clone());
        let [low, median, high] = f.quantiles;
        self.say(depth, format!("{id}: {} of {of}: {low} to {high} (90 %), median {median}", f.measure));
        for s in &f.said {
            self.say(depth + 1, format!("{} says {} ({}){}", s.source, s.words, s.claim, self.voice(&f.of, &s.source)));
            self.claims.push(s.claim.trim_start_matches("claim:").to_owned());
        }
        let event = id.trim_start_matches("figure:").split('/').next().unwrap_or_default();
        if let Some(law) = self.run.laws.iter().find(|l| l.id == event && !l.covers.is_empty()) {
            let parts: Vec<String> = law.covers.iter().map(|e| format!("event:{e}")).collect();
            self.say(depth + 1, format!("no fewer than in what it covers: {}", list(&parts)));
        }
        if depth > 0 {
            return;
        }
        if f.said.len() > 1 {
            let all = |run: &Run| {
                let figures = run.assessment.events.iter().flat_map(|e| &e.figures);
                figures.into_iter().find(|x| x.id == f.id).map(|x| f64::from(x.quantiles[1]))
            };
            self.without(depth + 1, &all, &|x| format!("median {x:.0}"), 1.0);
        }
        self.what_if(&f, depth + 1);
        self.say(
            depth + 1,
            "what is said fixes how sources differ, not the level of all: that rests on what is believed of biases \
             beforehand (none on average, but a side says 22 % too few of its own losses and 28 % too many of others')",
        );
    }

    /// What one more report would do to a figure: worlds weighed by how probable they make it.
    fn what_if(&mut self, f: &crate::stage::assess::FigureRow, depth: usize) {
        let draws = self.run.laws.iter().zip(&self.run.worlds.events).find_map(|(law, e)| {
            let found = e.figures.iter().find(|x| f.id == format!("figure:{}/{}/{}", law.id, x.measure.name(), x.of));
            found.map(|x| &x.draws)
        });
        let Some(draws) = draws else { return };
        let scale = |x: u32| libm::log(f64::from(x) + 0.3);
        let mut sorted = draws.clone();
        sorted.sort_unstable();
        self.say(depth, "what it would take to move it: one more report, from media that copy nobody, that said");
        for said in [f.quantiles[0] / 2, f.quantiles[1], f.quantiles[2], f.quantiles[2].saturating_mul(2)] {
            // Media: spread .3, bias .3, in the logarithm.
            let weight = |x: u32| libm::exp(-0.5 * (scale(said) - scale(x)) * (scale(said) - scale(x)) / 0.18);
            let total: f64 = sorted.iter().map(|x| weight(*x)).sum();
            let mut sum = 0.0;
            let median = sorted.iter().find(|x| {
                sum += weight(**x);
                sum >= total / 2.0
            });
            if let Some(median) = median.filter(|_| total > 5.0) {
                self.say(depth + 1, format!("{said}: median {median}"));
            } else {
                self.say(
                    depth + 1,
                    format!("{said}: too far from all that is believed; it would be a gross error, or all else"),
                );
            }
        }
    }

    /// How a source is taken to speak of a side's losses.
    fn voice(&self, of: &str, source: &str) -> String {
        let speaks = self.case.sources.get(source).and_then(|s| s.speaks_for.as_deref());
        let side = match speaks {
            Some(me) if me == of => "its own side",
            Some(_) => "the other side",
            None => "either side",
        };
        let row = self.run.assessment.sources.iter().find(|s| s.id == format!("source:{source}"));
        let Some(v) = row.and_then(|r| r.voices.iter().find(|v| v.of == side)) else { return String::new() };
        let [low, high] = v.bounds;
        format!(
            "; taken to say {:.2} times what there is of {side} ({low:.2} to {high:.2}; beforehand {:.2})",
            v.factor, v.believed
        )
    }

    fn fact(&mut self, id: &str, depth: usize) {
        let Some(row) = self.run.assessment.facts.iter().find(|f| f.id == id).cloned() else { return };
        self.say(depth, format!("{id}: {} It is so: {}", row.text, self.pct(row.probability)));
        self.claims_of(id);
    }

    fn footprint(&mut self, id: &str, depth: usize) {
        let Some(row) = self.run.assessment.footprint.iter().find(|f| f.id == id).cloned() else { return };
        let number = row.probability.map_or("not testable".to_owned(), |p| self.pct(p));
        self.say(depth, format!("{id}: {} of {} is {}: {number}", "footprint", row.actor, row.class));
        if let Some(reason) = row.reason {
            self.say(depth + 1, format!("because {reason}"));
        }
        self.say(depth + 1, format!("home {}, {} against {}", row.home, row.period, row.reference));
        for c in row.events.iter().take(12) {
            self.say(depth + 1, format!("event:{} counts in {} of worlds", c.event, self.pct(c.share)));
            self.claims_of(&format!("event:{}", c.event));
        }
    }

    fn tenure(&mut self, id: &str, depth: usize) {
        let Some(row) = self.run.assessment.tenure.iter().find(|f| f.id == id).cloned() else { return };
        self.say(depth, format!("{id}: active there: {}", self.pct(row.probability)));
        let [low, median, high] = row.longest_days;
        self.say(
            depth + 1,
            format!(
                "longest episode {low} to {high} days (90 %), median {median}; seen {} to {}",
                row.seen[0], row.seen[1]
            ),
        );
        for c in row.events.iter().take(12) {
            self.say(depth + 1, format!("event:{} counts in {} of worlds", c.event, self.pct(c.share)));
            self.claims_of(&format!("event:{}", c.event));
        }
    }

    fn claim(&mut self, bare: &str, depth: usize) {
        self.say(depth, format!("claim:{bare}: {}", self.claim_words(bare)));
        if let Some(by) = self.run.gathered.retracted.get(bare) {
            self.say(depth + 1, format!("taken back by claim:{by}"));
            self.claims.push(by.clone());
        }
        if let Some(n) = self.run.gathered.statement_of.get(bare) {
            let s = &self.run.gathered.statements[*n];
            let others: Vec<String> = s.claims.iter().filter(|c| *c != bare).map(|c| format!("claim:{c}")).collect();
            let text = if others.is_empty() {
                "nobody repeats it".to_owned()
            } else {
                format!("counted once with {}", others.join(", "))
            };
            self.say(depth + 1, format!("first stated by source:{}; {text}", s.origin));
        }
        if let Some(rule) = self.case.claims.get(bare).and_then(|c| c.rule.as_ref()) {
            let reviewed = Reviewed::new(self.case);
            let (right, wrong) = reviewed.rule(rule);
            let verdict = match reviewed.verdicts.get(bare) {
                Some(Verdict::Accepted) => "a person accepted it".to_owned(),
                Some(Verdict::Rejected) => "a person rejected it: it counts for nothing".to_owned(),
                unsure => format!(
                    "{}it was read rightly in {:.0} % of worlds, as far as people have ruled on that rule",
                    if unsure.is_some() { "a person was unsure; " } else { "nobody has ruled on it; " },
                    100.0 * right / (right + wrong)
                ),
            };
            self.say(depth + 1, format!("read by machine (rule {rule}): {verdict}"));
        }
        self.claims.insert(0, bare.to_owned());
    }

    fn report(&mut self, bare: &str, depth: usize) {
        let case = self.case;
        let Some(r) = case.reports.get(bare) else { return };
        self.say(depth, format!("report:{bare}: {} ({}, published {})", r.title, r.source, r.published));
        for c in case.claims.values().filter(|c| c.report == bare) {
            self.say(depth + 1, format!("claim:{}: {}", c.id, self.claim_words(&c.id)));
            self.claims.push(c.id.clone());
        }
        // Every conclusion that it holds up: what a retraction would take with it.
        self.say(depth + 1, "without it:");
        self.moved(&case.without_report(bare), depth + 2);
    }

    fn lint(&mut self, code: &str, depth: usize) {
        let Some(lint) = Lint::named(code) else { return };
        for line in lint.text().lines() {
            self.say(depth, line.replace("**", "").trim_start_matches("# ").to_owned());
        }
        let run = self.run;
        for row in run.assessment.lints.iter().filter(|r| r.code == code) {
            let stands = row.suppressed.as_ref().map_or(String::new(), |why| format!("; let stand: {why}"));
            self.say(depth + 1, format!("here: {}: {}{stands}", row.about, row.text));
        }
    }

    fn assumption(&mut self, id: &str, bare: &str, depth: usize) {
        let case = self.case;
        let Some(a) = case.assumptions.get(bare) else { return };
        self.say(depth, format!("{id}: {} ({})", a.text, a.status.words()));
        if let Some(why) = &a.why {
            self.say(depth + 1, format!("why: {why}"));
        }
        if !a.judgments.is_empty() {
            self.say(depth + 1, format!("declared to hold up {}", list(&a.judgments)));
        }
        let Some(change) = &a.if_false else {
            self.say(depth + 1, "it does not say what is otherwise if it is false (`if_false`)");
            return;
        };
        self.say(depth + 1, "if it is false:");
        self.moved(&case.changed(change), depth + 2);
    }

    /// What moves in the case, otherwise: conclusions first, then every number by more than two points.
    fn moved(&mut self, other: &Case, depth: usize) {
        let then = match assess(other, self.options) {
            Ok(run) => run,
            Err(p) => {
                let why = p.first().map_or_else(String::new, |p| p.message.clone());
                self.say(depth, format!("the case cannot be built: {why}"));
                return;
            }
        };
        let mut any = false;
        let run = self.run;
        for j in &run.assessment.judgments {
            let Some(is) = then.assessment.judgments.iter().find(|x| x.id == j.id) else { continue };
            if is.outcome != j.outcome {
                self.say(depth, format!("{}: {} instead of {}: {}", j.id, is.outcome, j.outcome, is.text));
                any = true;
            }
        }
        let (was, is) = (self.run.probabilities(), then.probabilities());
        let mut moves: Vec<(f64, String)> = was
            .iter()
            .filter(|(id, _)| !id.starts_with("judgment:"))
            .filter_map(|(id, p)| {
                let q = is.get(id).copied().flatten();
                let far = apart(*p, q);
                let show = |p: Option<f64>| p.map_or("nobody says".to_owned(), |p| self.pct(p));
                (far > 0.02).then(|| (far, format!("{id}: {} instead of {}", show(q), show(*p))))
            })
            .collect();
        moves.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        any |= !moves.is_empty();
        // Every conclusion is named; of the numbers below them those that move most.
        let (conclusions, rest): (Vec<_>, Vec<_>) =
            moves.into_iter().partition(|m| m.1.starts_with("hypothesis:") || m.1.starts_with("indicator:"));
        for (_, text) in &conclusions {
            self.say(depth, text.clone());
        }
        for (_, text) in rest.iter().take(12) {
            self.say(depth, text.clone());
        }
        if rest.len() > 12 {
            self.say(depth, format!("and {} more numbers (`bellwether diff CASE --without REPORT`)", rest.len() - 12));
        }
        if !any {
            self.say(depth, "nothing moves by more than two points");
        }
    }

    fn source(&mut self, bare: &str, depth: usize) {
        let case = self.case;
        let Some(s) = case.sources.get(bare) else { return };
        self.say(
            depth,
            format!("source:{bare}: {}: {:?}, {}: {}", s.name, s.reliability, s.reliability.words(), s.why),
        );
        if s.known_from.is_none() {
            self.say(depth + 1, "the grade is today's: it does not say since when it was held");
        }
        self.card(bare, depth + 1);
        for c in case.claims.values().filter(|c| case.root(c).0 == bare || c.chain.iter().any(|x| x == bare)) {
            self.claims.push(c.id.clone());
        }
    }

    /// What a source turned out to be worth, and what moved it.
    fn card(&mut self, bare: &str, depth: usize) {
        let Some(row) = self.run.assessment.sources.iter().find(|s| s.id == format!("source:{bare}")).cloned() else {
            return;
        };
        let [low, high] = row.bounds.map(|p| p * 100.0);
        self.say(
            depth,
            format!(
                "what it says is sound {:.0} % of the time ({low:.0} to {high:.0}, 90 %); by its grade alone {:.0} %",
                row.reliability * 100.0,
                row.believed * 100.0
            ),
        );
        for v in &row.voices {
            let [low, high] = v.bounds;
            self.say(
                depth,
                format!(
                    "of {} it says {:.2} times the losses there are ({low:.2} to {high:.2}); beforehand {:.2}",
                    v.of, v.factor, v.believed
                ),
            );
        }
        if row.checked.is_empty() {
            self.say(depth, "nobody else speaks of what it speaks of: its grade is all there is");
        } else {
            self.say(depth, "what others speak of too, and how probable it is that it is right:");
        }
        for c in row.checked.iter().take(8) {
            self.say(depth + 1, format!("{} {}: {}", c.says, c.about, self.pct(c.probability)));
        }
        // Whom it may copy: likely copies, and all that it said after the other.
        let mut copies: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
        let run = self.run;
        for e in run.gathered.statements.iter().filter(|s| s.origin == bare).filter_map(|s| s.echo.as_ref()) {
            let known = copies.entry(&e.from).or_insert((0.0, e.own as usize));
            (known.0, known.1) = (known.0 + e.p, known.1 + 1);
        }
        for (from, (likely, all)) in copies {
            let text =
                format!("of {all} it said after source:{from}, {likely:.1} are likely copies that nobody declares");
            self.say(depth, text);
        }
    }

    /// Statements that may be copies, though nobody says so.
    fn echoes(&mut self, row: &crate::stage::assess::EventRow, depth: usize) {
        for s in &self.run.gathered.statements {
            let Some(e) = s.echo.as_ref().filter(|_| row.claims.iter().any(|c| c.trim_start_matches("claim:") == s.id))
            else {
                continue;
            };
            let figure = if e.odd_figure { ", and the same odd figure" } else { "" };
            let n = self.run.worlds.n;
            let text = format!(
                "claim:{} copies claim:{} with {}: {:.0} % of its words in a row stand there, earlier{figure}",
                s.id,
                e.of,
                percent(e.p, n),
                100.0 * e.words
            );
            self.lines.push(Line { depth, text });
            let pair = |o: &&crate::stage::gather::Statement| {
                o.id != s.id && o.origin == s.origin && o.echo.as_ref().is_some_and(|x| x.from == e.from)
            };
            let others = self.run.gathered.statements.iter().filter(pair).count();
            if others > 0 || e.own > 0 {
                let text = format!(
                    "by its words alone {}; of what else source:{} said after source:{}, {others} may be copied too and {} \
                     in words of its own",
                    percent(e.alone, n),
                    s.origin,
                    e.from,
                    if e.own == 1 { "1 is".to_owned() } else { format!("{} are", e.own) }
                );
                self.lines.push(Line { depth: depth + 1, text });
            }
        }
    }

    /// What is different in the worlds where an event did not happen.
    fn absence(&mut self, bare: &str, depth: usize) {
        let Some(e) = self.run.laws.iter().position(|l| l.id == bare) else { return };
        let happened = &self.run.worlds.events[e].happened;
        let no = happened.iter().filter(|h| !**h).count();
        let yes = happened.len() - no;
        if no < 50 || yes < 50 {
            return;
        }
        let mean = |x: &[f64], so: bool| {
            let of = x.iter().zip(happened).filter(|(_, h)| **h == so).map(|(r, _)| r);
            of.clone().sum::<f64>() / of.count() as f64
        };
        let speak: BTreeSet<&str> = self
            .run
            .gathered
            .dossiers
            .get(&format!("event:{bare}"))
            .into_iter()
            .flat_map(|d| d.asserting.iter().chain(&d.denying))
            .map(|s| self.run.gathered.statements[*s].origin.as_str())
            .collect();
        let lines: Vec<String> = self
            .run
            .worlds
            .sources
            .iter()
            .filter(|s| speak.contains(s.source.as_str()))
            .map(|s| (mean(&s.reliability, false), mean(&s.reliability, true), &s.source))
            .filter(|(a, b, _)| (a - b).abs() > 0.02)
            .map(|(a, b, id)| {
                format!("source:{id} is sound {:.0} % of the time there, else {:.0} %", a * 100.0, b * 100.0)
            })
            .collect();
        self.say(depth, format!("it did not happen in {no} worlds{}", if lines.is_empty() { "" } else { ":" }));
        for l in lines {
            self.say(depth + 1, l);
        }
    }

    fn actor(&mut self, bare: &str, depth: usize) {
        let (case, run) = (self.case, self.run);
        let Some(a) = case.actors.get(bare) else { return };
        self.say(
            depth,
            format!(
                "actor:{bare}: {} ({})",
                a.name,
                match a.aliases.iter().chain(a.known_as.iter().map(|k| &k.name)).cloned().collect::<Vec<_>>() {
                    names if names.is_empty() => "no other names".to_owned(),
                    names => names.join(", "),
                }
            ),
        );
        for l in run.worlds.links.iter().filter(|l| l.actor == bare || l.to == bare) {
            let p = l.probability();
            self.say(depth + 1, format!("{} {} {}: {}", l.actor, l.kind.name(), l.to, self.pct(p)));
            let link = &case.actors[&l.actor].link[l.index];
            if let Some(why) = &link.why {
                self.say(depth + 2, format!("the analyst's: {why}"));
            }
            self.claims.extend(link.claims.iter().cloned());
        }
        if let Some(c) = run.assessment.claimants.iter().find(|c| c.id.strip_prefix("actor:") == Some(bare)) {
            for (what, r) in [("what it did", &c.did), ("what it did not do", &c.did_not)] {
                let [low, high] = r.bounds.map(|p| self.pct(p));
                let (now, before) = (self.pct(r.mean), self.pct(r.believed));
                self.say(
                    depth + 1,
                    format!("claims {what}: {now} of the time ({low} to {high}), where {before} is usual"),
                );
            }
        }
        let events: Vec<_> = run
            .assessment
            .events
            .iter()
            .filter_map(|e| {
                let w = e.who.iter().find(|w| w.actor == bare)?;
                Some((e.id.clone(), w.probability))
            })
            .collect();
        for (id, p) in events {
            self.say(depth + 1, format!("{id}: did it, if it happened: {}", self.pct(p)));
            self.claims_of(&id);
        }
    }

    fn area(&mut self, bare: &str, depth: usize) {
        let (case, run) = (self.case, self.run);
        let Some(a) = case.areas.get(bare) else { return };
        self.say(depth, format!("area:{bare}: {} ({:.0} square kilometres)", a.name, a.geometry.km2()));
        for e in &run.assessment.events {
            if let Some((_, p)) = e.areas.iter().find(|(x, _)| x == bare) {
                self.say(depth + 1, format!("{}: lies there: {}", e.id, self.pct(*p)));
                self.claims_of(&e.id);
            }
        }
    }

    fn factor(&mut self, bare: &str, depth: usize) {
        let case = self.case;
        let Some(f) = case.factors.get(bare) else { return };
        self.say(
            depth,
            format!("factor:{bare}: {} ({})", f.text, if f.enabling { "enabling" } else { "constraining" }),
        );
        if let Some(why) = &f.why {
            self.say(depth + 1, format!("the analyst's: {why}"));
        }
        self.claims.extend(f.claims.iter().cloned());
    }

    fn claims_of(&mut self, subject: &str) {
        if let Some(d) = self.run.gathered.dossiers.get(subject) {
            self.claims.extend(d.claims.iter().cloned());
        }
    }

    /// A claim in one line.
    fn claim_words(&self, id: &str) -> String {
        let Some(c) = self.case.claims.get(id) else { return String::new() };
        let origin = self.case.root(c).0;
        let stance = serde_json::json!(c.stance).as_str().unwrap_or_default().replace('-', " ");
        let what = match &c.says {
            Says::Event(e) => {
                let figures: Vec<String> =
                    e.figures.iter().map(|f| format!("{} {} of {}", f.words(), f.measure.name(), f.of)).collect();
                let who: Vec<&str> = c.actors_as(model::Role::Perpetrator).map(String::as_str).collect();
                let by = if who.is_empty() { String::new() } else { format!(" by {}", who.join(", ")) };
                let figures = if figures.is_empty() { String::new() } else { format!(": {}", figures.join("; ")) };
                format!("event:{}{by}{figures}", e.id)
            }
            Says::Fact(f) => format!("fact:{}", f.id),
            Says::Link(l) => format!("{} {} {}", l.actor, l.kind.name(), l.to),
            Says::Retracts(x) => return format!("takes back claim:{x}; origin {origin}"),
        };
        format!("{stance} {what}; origin {origin}")
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}

/// A test in words.
pub fn describe(case: &Case, test: &model::Test) -> String {
    use model::Test as T;
    let area = |id: &str| case.areas.get(id).map_or(id.to_owned(), |a| a.name.clone());
    let s = test.select().unwrap_or_default();
    let who =
        s.actor.as_ref().map_or("anybody".to_owned(), |a| case.actors.get(a).map_or(a.clone(), |x| x.name.clone()));
    let affiliates = if s.affiliates.is_empty() {
        String::new()
    } else {
        let kinds: Vec<&str> = s.affiliates.iter().map(|k| k.name()).collect();
        format!(" or affiliates ({})", kinds.join(", "))
    };
    let place = s.area.as_ref().map_or(String::new(), |a| format!(" in {}", area(a)));
    let when = s
        .window
        .as_ref()
        .and_then(|w| w.days(case.as_of()))
        .map_or(String::new(), |d| format!(", {} to {}", d.from, d.to));
    match test {
        T::Count(t) => {
            let events = if t.at_least == 1 { "event" } else { "events" };
            format!("at least {} {events} by {who}{affiliates}{place}{when}", t.at_least)
        }
        T::Share(t) => format!(
            "at least {:.0} % of events by {who}{affiliates} lie in {}{when}",
            t.at_least * 100.0,
            area(&t.area)
        ),
        T::Figure(t) => format!("at least {} {} of {}{place}{when}", t.at_least, t.measure.name(), t.of),
        T::Footprint(t) => {
            let is: Vec<String> = t.is.iter().map(ToString::to_string).collect();
            format!("footprint of {who}{affiliates} around {} is {}", area(&t.home), is.join(" or "))
        }
        T::Tenure(t) => format!("{who}{affiliates} stays{place} for at least {} days{when}", t.at_least_days),
        T::Attribution(t) => format!("event:{} was done by {who}{affiliates}", t.event),
        T::All(_) => "all of".into(),
        T::Any(_) => "any of".into(),
        T::Not(_) => "not".into(),
    }
}
