//! Who was reporting where and when: absence counts only there (`worlds.md`, "Indicators").

use model::{Case, Day, DaySpan, Indicator, Test};

/// The chance that what an indicator asks about would have been reported, had it been so.
///
/// # Errors
/// Where nobody is declared to have been reporting: a phrase.
pub fn covered(case: &Case, indicator: &Indicator) -> Result<f64, String> {
    let test = &indicator.test;
    let parts = test.parts();
    if !parts.is_empty() {
        let mut each = parts.iter().map(|p| {
            case.indicators.get(*p).map_or_else(|| Err(format!("`{p}` is not in the case")), |i| covered(case, i))
        });
        return each.try_fold(1.0_f64, |least, c| Ok(least.min(c?)));
    }
    // What is asked of an event that somebody spoke of is no absence.
    if matches!(test, Test::Attribution(_)) || matches!(test, Test::Figure(f) if f.event.is_some()) {
        return Ok(1.0);
    }
    let select = test.select().unwrap_or_default();
    let (area, window) = match test {
        Test::Share(s) => (Some(s.area.clone()), select.window),
        // Whether a group stays within its home is asked of everywhere else.
        Test::Footprint(f) => (None, Some(f.window.clone())),
        _ => (select.area, select.window),
    };
    let where_ = area.as_ref().map_or("everywhere".to_owned(), |a| {
        format!("in {}", case.areas.get(a).map_or(a.as_str(), |x| x.name.as_str()))
    });
    let nobody = |when: String| format!("nobody is declared to have been reporting {where_}{when} (`coverage.toml`)");
    // All that the as-of day leaves of it, where the test has no window of its own.
    let asked = match &window {
        Some(w) => w.days(case.as_of()).ok_or_else(|| nobody(String::new()))?,
        None => DaySpan { from: Day(i32::MIN / 2), to: case.as_of() },
    };
    let here: Vec<(DaySpan, f64)> = case
        .coverage
        .values()
        .filter(|c| within(case, area.as_deref(), c.area.as_deref()))
        .filter_map(|c| Some((c.during.days(case.as_of())?, c.catches)))
        .collect();
    // Day by day, from one stretch into the next: as good as the worst of those needed.
    let (mut day, mut catches) = (asked.from, 1.0_f64);
    while day <= asked.to {
        let best = here.iter().filter(|(span, _)| span.contains(day)).max_by_key(|(span, _)| span.to);
        let Some((span, c)) = best else {
            if here.is_empty() || window.is_none() {
                return Err(nobody(String::new()));
            }
            let next = here.iter().map(|(s, _)| s.from).filter(|f| *f > day).min();
            let until = next.map_or(asked.to, |f| Day(f.0 - 1)).min(asked.to);
            return Err(nobody(if until == day { format!(" on {day}") } else { format!(" from {day} to {until}") }));
        };
        catches = catches.min(*c);
        day = Day(span.to.0.saturating_add(1));
    }
    Ok(catches)
}

/// Whether all of an area lies in another; nothing is everywhere.
fn within(case: &Case, area: Option<&str>, cover: Option<&str>) -> bool {
    match (area, cover) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(c)) if a == c => true,
        (Some(a), Some(c)) => match (case.areas.get(a), case.areas.get(c)) {
            (Some(a), Some(c)) => a.geometry.sample(256).iter().all(|p| c.geometry.contains(*p)),
            _ => false,
        },
    }
}
