//! Pages of `forecast` and `score`: fans and a reliability diagram, each with the table that says the same.

use engine::{Backtest, Outlook};
use minijinja::{Value, context};
use model::percent;

use crate::svg::Svg;

/// Months ahead of some units.
pub fn outlook_page(all: &[Outlook], what: &str, file: &str) -> String {
    let units: Vec<Value> = all
        .iter()
        .map(|o| {
            let months: Vec<Value> = o
                .months
                .iter()
                .map(|m| {
                    context! { month => m.month, median => m.quantiles[2], low => m.quantiles[1], high => m.quantiles[3],
                    lowest => m.quantiles[0], highest => m.quantiles[4], mean => format!("{:.1}", m.mean),
                    any => percent(m.at_least[0], 480), many => percent(m.at_least[1], 480) }
                })
                .collect();
            context! { unit => o.unit, months => months, fan => Value::from_safe_string(fan(o, what)),
            total => o.total, more => percent(o.more, 480), less => percent(o.less, 480) }
        })
        .collect();
    let data = context! { units => units, what => what, file => file, version => env!("CARGO_PKG_VERSION") };
    crate::render("forecast.html", include_str!("../templates/forecast.html"), data)
}

/// Two years behind, some months ahead.
fn fan(o: &Outlook, what: &str) -> String {
    let (left, width, height) = (48.0, 600.0, 150.0);
    let n = o.past.len() + o.months.len();
    let top = o.months.iter().map(|m| m.quantiles[4]).chain(o.past.iter().copied()).max().unwrap_or(1).max(1);
    // Wars span orders of magnitude: the square root keeps the small months to be seen, and zero at zero.
    let y = |v: f64| 10.0 + height * (1.0 - (v / f64::from(top)).max(0.0).sqrt());
    let x = |i: usize| left + width * (i as f64 + 0.5) / n as f64;
    let mut svg = Svg::new(660.0, height + 36.0, &format!("{what} a month in {}: two years behind, and ahead", o.unit));
    // 0, and of 1, 2, 5, 10, ... those that leave room for each other, from the top.
    let series = std::iter::successors(Some((1.0f64, 0)), |(v, i)| Some((v * [2.0, 2.5, 2.0][i % 3], i + 1)));
    let mut ticks: Vec<f64> = series.map(|t| t.0).take_while(|v| *v <= f64::from(top)).collect();
    ticks.reverse();
    ticks.push(0.0);
    let mut last = f64::NEG_INFINITY;
    for v in ticks {
        if y(v) - last > 14.0 && (v == 0.0 || y(0.0) - y(v) > 14.0) {
            svg.line(left, y(v), left + width, y(v), "grid");
            svg.text(left - 6.0, y(v) + 4.0, "end", "tick", &format!("{v:.0}"));
            last = y(v);
        }
    }
    let k = o.past.len();
    for (low, high, class) in [(0, 4, "fan wide"), (1, 3, "fan")] {
        let mut d = String::new();
        for (i, m) in o.months.iter().enumerate() {
            d.push_str(&format!(
                "{}{:.1} {:.1}",
                if i == 0 { "M" } else { "L" },
                x(k + i),
                y(f64::from(m.quantiles[high]))
            ));
        }
        for (i, m) in o.months.iter().enumerate().rev() {
            d.push_str(&format!("L{:.1} {:.1}", x(k + i), y(f64::from(m.quantiles[low]))));
        }
        d.push('Z');
        svg.path(&d, class, if class == "fan" { "80 % interval" } else { "90 % interval" });
    }
    let line = |values: &mut dyn Iterator<Item = (usize, f64)>| {
        let mut d = String::new();
        for (i, v) in values {
            d.push_str(&format!("{}{:.1} {:.1}", if d.is_empty() { "M" } else { "L" }, x(i), y(v)));
        }
        d
    };
    let past = line(&mut o.past.iter().enumerate().map(|(i, v)| (i, f64::from(*v))));
    svg.path(&past, "past", "as counted");
    let ahead = line(&mut o.months.iter().enumerate().map(|(i, m)| (k + i, f64::from(m.quantiles[2]))));
    svg.path(&ahead, "ahead", "median");
    svg.text(x(0), height + 28.0, "start", "tick", &format!("{k} months behind"));
    if let (Some(a), Some(b)) = (o.months.first(), o.months.last()) {
        svg.text(left + width, height + 28.0, "end", "tick", &format!("{} to {}", a.month, b.month));
    }
    svg.finish()
}

/// How such forecasts would have done.
pub fn backtest_page(b: &Backtest, what: &str, file: &str) -> String {
    let rows: Vec<Value> = b
        .earned
        .iter()
        .map(|e| {
            context! { model => e.model, crps => format!("{:.3}", e.crps), ignorance => format!("{:.3}", e.ignorance),
            interval => format!("{:.2}", e.interval), brier => format!("{:.4}", e.brier), log => format!("{:.3}", e.log_score), onset => format!("{:.4}", e.onset_crps),
            skill => e.skill.map(|(s, low, high)| format!("{s:+.3} ({low:+.3} to {high:+.3})")) }
        })
        .collect();
    let bins: Vec<Value> = b
        .bins
        .iter()
        .filter(|x| x.0 > 0)
        .map(|(n, said, so)| context! { n => n, said => percent(*said, 1000), so => percent(*so, (*n).max(2)) })
        .collect();
    let data = context! { rows => rows, bins => bins, cases => b.cases, onsets => b.onsets, origins => b.origins.len(),
    first => b.origins.first(), last => b.origins.last(), cover => format!("{:.0}", 100.0 * b.cover_80),
    murphy => b.murphy.map(|x| format!("{x:.4}")), what => what, file => file, version => env!("CARGO_PKG_VERSION"),
    diagram => Value::from_safe_string(reliability(&b.bins)) };
    crate::render("score.html", include_str!("../templates/score.html"), data)
}

/// What was said against what happened; the size of a mark is the number of cases.
fn reliability(bins: &[(usize, f64, f64)]) -> String {
    let (left, side) = (48.0, 300.0);
    let strip = 60.0;
    let mut svg = Svg::new(
        380.0,
        side + strip + 60.0,
        "Chance said against share that happened, by tenths, and below how often each was said; the table has the numbers",
    );
    for i in 0..=4 {
        let v = f64::from(i) / 4.0;
        let (x, y) = (left + side * v, 10.0 + side * (1.0 - v));
        svg.line(left, y, left + side, y, "grid");
        svg.line(x, 10.0, x, 10.0 + side, "grid");
        svg.text(left - 6.0, y + 4.0, "end", "tick", &format!("{:.0} %", v * 100.0));
        svg.text(x, side + 26.0, "middle", "tick", &format!("{:.0} %", v * 100.0));
    }
    svg.line(left, 10.0 + side, left + side, 10.0, "ideal");
    let most = bins.iter().map(|b| b.0).max().unwrap_or(1).max(1) as f64;
    for (n, said, so) in bins.iter().filter(|b| b.0 > 0) {
        let r = 3.0 + 9.0 * (*n as f64 / most).sqrt();
        svg.circle(
            left + side * said,
            10.0 + side * (1.0 - so),
            r,
            "mark",
            0.8,
            &format!("said {:.0} %, happened {:.0} % of {n}", said * 100.0, so * 100.0),
        );
    }
    // How sharp: calls near 0 and 1 say more than calls in the middle.
    let foot = side + 34.0 + strip;
    for (i, (n, ..)) in bins.iter().enumerate() {
        let high = strip * (*n as f64 / most).sqrt();
        let x = left + side * (i as f64 + 0.1) / 10.0;
        svg.rect(x, foot - high, side * 0.08, high, "event", &format!("{n} cases"));
    }
    svg.line(left, foot, left + side, foot, "grid");
    svg.text(left + side / 2.0, foot + 16.0, "middle", "tick", "chance said; below, how often (square root)");
    svg.finish()
}
