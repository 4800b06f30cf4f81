//! `build`: the assessment.

use std::time::Instant;

use engine::{BuildError, Journal, Options, Store};
use model::percent;

use crate::args::{Build, Common, Format};
use crate::output::Progress;
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Build, common: &Common) -> Outcome {
    let begun = Instant::now();
    let folder = &args.on.case;
    let Some(mut loaded) = super::checked_case(folder, Some(&args.on.seen))? else { return Ok(End::Failed) };
    let options = Options { worlds: args.on.seen.worlds as usize };
    let store = Store::open(&super::built(folder)).map_err(|e| e.to_string())?;
    let progress = Progress::new();
    let say = |stage: &str, subject: &str| progress.say(stage, subject);
    let mut journal = Journal::building(&store, &say);
    if !super::with_rows(folder, &mut loaded, &store, &mut journal)? {
        return Ok(End::Failed);
    }
    let built = match engine::build(&loaded.case, options, &store, journal) {
        Ok(built) => built,
        Err(BuildError::Case(problems)) => {
            output::problems(&problems, &loaded.texts);
            eprintln!("{}: {}", folder.display(), output::counts(&problems));
            return Ok(End::Failed);
        }
        Err(BuildError::Store(e)) => return Err(e.to_string()),
    };
    progress.say("page", "");
    let shown = publish::publication(&loaded.case, &built.run, options, None).map_err(|p| {
        output::problems(&p, &loaded.texts);
        "the page could not be built".to_owned()
    })?;
    store.write("assessment.html", shown.page.as_bytes()).map_err(|e| e.to_string())?;
    disk::write(&folder.join("case.lock"), lock(&loaded).as_bytes())?;
    drop(progress);
    let passed = args.no_tests || super::check::tests(&loaded, options)?;
    let a = &built.run.assessment;
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(a).map_err(|e| e.to_string())?;
        output::print(&(text + "\n"));
    } else {
        output::print(&text(a));
    }
    let page = super::built(folder).join("assessment.html");
    eprintln!("\npage:  {}", page.display());
    eprintln!(
        "built in {:.1} s: {} of {} stage runs were needed",
        begun.elapsed().as_secs_f64(),
        built.run.ran.len(),
        built.run.records.len()
    );
    if args.verify {
        let again = super::assessed(&loaded, options)?.assessment;
        let bytes = |a: &engine::Assessment| serde_json::to_vec(a).map_err(|e| e.to_string());
        if bytes(&again)? != bytes(a)? {
            return Err("two builds of this case differ (`bellwether explain CASE lint:rebuild-differs`)".into());
        }
        eprintln!("built twice: the same, byte for byte");
    }
    let denied: Vec<_> = a.lints.iter().filter(|l| l.denied()).collect();
    for l in &denied {
        eprintln!("error[{}]: {}: {} (denied; `bellwether explain CASE lint:{}`)", l.code, l.about, l.text, l.code);
    }
    Ok(if passed && denied.is_empty() { End::Done } else { End::Failed })
}

/// `case.lock`: what was built from, byte for byte, and by what.
fn lock(loaded: &case::Loaded) -> String {
    let mut out = String::from("# Written by `bellwether build`: the content of every input, and what read it.\n");
    out.push_str(&format!("tool = \"bellwether {}\"\nformat = 1\n", env!("CARGO_PKG_VERSION")));
    out.push_str("\n[vocabularies]\nevents = \"ACLED types and sub-types, codebook table 2\"\n");
    out.push_str(&format!("likelihood = {:?}\n", loaded.case.lexicon.name));
    out.push_str("reliability = \"NATO AJP-2.1\"\ntlp = \"2.0\"\n\n[inputs]\n");
    for d in &loaded.case.datasets {
        out.push_str(&format!("{:?} = \"{}\"\n", d.file, d.hash));
    }
    // Rows of data sets stand in texts that are made, not read.
    let made: Vec<&str> =
        loaded.case.datasets.iter().filter_map(|d| loaded.case.reports.get(&d.id)).map(|r| r.file.as_str()).collect();
    for (path, text) in loaded.texts.iter().filter(|(p, _)| !made.contains(&p.as_str())) {
        out.push_str(&format!("{path:?} = \"{}\"\n", blake3::hash(text.as_bytes()).to_hex()));
    }
    out
}

/// The assessment on a screen.
fn text(a: &engine::Assessment) -> String {
    let n = a.case.worlds;
    let mut out = format!(
        "{}\nas of {}, {}; {} reports, {} claims, {} worlds (R-hat {:.3}, {:.0} effective)\n",
        a.case.title, a.case.as_of, a.case.tlp, a.case.reports, a.case.claims, n, a.case.r_hat, a.case.ess
    );
    out.push_str("\nKEY JUDGMENTS\n");
    for j in &a.judgments {
        out.push_str(&format!("\n  {}\n", wrap(&j.text, 96, "  ")));
        out.push_str(&format!("  {}\n", wrap(&j.confidence_text, 96, "  ")));
        if let Some(c) = &j.caution {
            out.push_str(&format!("  {}\n", wrap(c, 96, "  ")));
        }
        out.push_str(&format!("  [{}]\n", j.id));
    }
    if !a.indicators.is_empty() {
        out.push_str("\nINDICATORS\n\n");
        let mut rows = vec![vec![
            "probability".into(),
            "±".into(),
            "state".into(),
            "what is so when it trips".into(),
            "id".into(),
        ]];
        for r in &a.indicators {
            rows.push(vec![
                r.probability.map_or("-".into(), |p| percent(p, n)),
                r.probability.map_or(String::new(), |_| format!("{:.1}", 200.0 * r.error)),
                format!("{}{}", r.state.name(), if r.warning { " (warning)" } else { "" }),
                r.title.clone(),
                r.id.clone(),
            ]);
        }
        out.push_str(&indent(&output::table(&rows)));
        for r in a.indicators.iter().filter(|r| r.probability.is_none()) {
            out.push_str(&format!("  {} cannot be tested: {}\n", r.id, r.reason.clone().unwrap_or_default()));
        }
    }
    for q in &a.questions {
        out.push_str(&format!("\n{}\n\n", q.question.to_uppercase()));
        let mut rows = vec![vec!["probability".into(), "prior".into(), "hypothesis".into(), "id".into()]];
        for id in &q.hypotheses {
            let full = format!("{}/{id}", q.id.replacen("question:", "hypothesis:", 1));
            if let Some(h) = a.hypotheses.iter().find(|h| h.id == full) {
                rows.push(vec![percent(h.probability, n), percent(h.prior, n), h.text.clone(), h.id.clone()]);
            }
        }
        out.push_str(&indent(&output::table(&rows)));
    }
    if !a.events.is_empty() {
        out.push_str("\nEVENTS\n\n");
        let mut rows = vec![vec![
            "happened".into(),
            "when".into(),
            "who, if it happened".into(),
            "figures (90 %)".into(),
            "id".into(),
        ]];
        for e in &a.events {
            let when =
                if e.days[0] == e.days[1] { e.days[0].to_string() } else { format!("{}..{}", e.days[0], e.days[1]) };
            let who = e
                .who
                .iter()
                .take(2)
                .map(|w| format!("{} {}", w.actor, percent(w.probability, n)))
                .collect::<Vec<_>>()
                .join(", ");
            let figures = e
                .figures
                .iter()
                .map(|f| format!("{} {}: {}-{}", f.measure, f.of, f.quantiles[0], f.quantiles[2]))
                .collect::<Vec<_>>()
                .join("; ");
            rows.push(vec![percent(e.probability, n), when, who, figures, e.id.clone()]);
        }
        out.push_str(&indent(&output::table(&rows)));
    }
    if !a.footprint.is_empty() {
        out.push_str("\nFOOTPRINT\n\n");
        let mut rows = vec![vec![
            "probability".into(),
            "class".into(),
            "actor".into(),
            "home".into(),
            "period".into(),
            "against".into(),
        ]];
        for f in &a.footprint {
            rows.push(vec![
                f.probability.map_or("-".into(), |p| percent(p, n)),
                f.class.clone(),
                f.actor.clone(),
                f.home.clone(),
                f.period.clone(),
                f.reference.clone(),
            ]);
        }
        out.push_str(&indent(&output::table(&rows)));
    }
    let moved: Vec<_> = a.sources.iter().filter(|s| (s.reliability - s.believed).abs() >= 0.02).collect();
    if !moved.is_empty() {
        out.push_str("\nSOURCES THAT WHAT OTHERS SAY HAS MOVED\n\n");
        let mut rows = vec![vec!["sound".into(), "90 %".into(), "by grade".into(), "id".into()]];
        for s in moved {
            let [low, high] = s.bounds.map(|p| 100.0 * p);
            rows.push(vec![
                format!("{:.0} %", 100.0 * s.reliability),
                format!("{low:.0}-{high:.0}"),
                format!("{:.0} %", 100.0 * s.believed),
                s.id.clone(),
            ]);
        }
        out.push_str(&indent(&output::table(&rows)));
    }
    let (stands, shown): (Vec<_>, Vec<_>) = a.lints.iter().partition(|l| l.suppressed.is_some());
    if !shown.is_empty() {
        out.push_str("\nWORTH A LOOK  (bellwether explain CASE lint:NAME)\n\n");
        for l in shown {
            let denied = if l.denied() { "denied: " } else { "" };
            out.push_str(&format!("  {denied}{}: {} [{}]\n", l.about, wrap(&l.text, 88, "    "), l.code));
        }
    }
    if !stands.is_empty() {
        out.push_str("\nLET STAND, WITH A REASON\n\n");
        for l in stands {
            let why = l.suppressed.as_deref().unwrap_or_default();
            out.push_str(&format!(
                "  {}: {}: {} [{}]\n",
                l.about,
                wrap(&l.text, 88, "    "),
                wrap(why, 88, "    "),
                l.code
            ));
        }
    }
    out.push_str("\nAny id above opens with:  bellwether explain CASE ID\n");
    out
}

pub(super) fn indent(text: &str) -> String {
    text.lines().map(|l| format!("  {l}\n")).collect()
}

/// Breaks at spaces.
pub(super) fn wrap(text: &str, width: usize, margin: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let n = word.chars().count();
        if column > 0 && column + 1 + n > width {
            out.push('\n');
            out.push_str(margin);
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += n;
    }
    out
}
