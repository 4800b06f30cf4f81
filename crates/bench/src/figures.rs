//! The figure posterior against simulated truth (Talts et al. 2018), 20,000 runs.

use stats::{Grid, Phrase, Reading, Stream, likelihood, pick, posterior, prior};

use crate::Row;

pub(crate) fn run() -> Vec<Row> {
    let grid = Grid::new(0);
    let p = prior(&grid, 0.1, 6.0, 1.4);
    let mut s = Stream::new(11, 5, 0);
    let (runs, sigma) = (20_000, 0.3);
    let mut bins = [0u32; 20];
    let (mut inside, mut error) = (0, 0.0);
    for _ in 0..runs {
        let truth = pick(&p, s.next_unit());
        let x = f64::from(grid.values[truth]);
        let mut said = Vec::new();
        for kind in 0..3 {
            let offset = [0.0, 0.0, -0.2][kind];
            let y = (libm_exp(x, offset + sigma * s.normal())).max(0.0).round();
            let phrase = if kind == 1 {
                let ten = (y / 10.0).round() * 10.0;
                Phrase::Cell { low: (ten - 5.0).max(0.0), high: ten + 4.0 }
            } else {
                Phrase::Cell { low: y, high: y }
            };
            said.push(likelihood(&grid, &Reading { phrase, offset, sigma }, 0.0));
        }
        let post = posterior(&p, said.iter().map(|l| (&l[..], 1.0)));
        let rank = post[..truth].iter().sum::<f64>() + s.next_unit() * post[truth];
        bins[((rank * 20.0) as usize).min(19)] += 1;
        inside += u32::from((0.1..0.9).contains(&rank));
        let mut sum = 0.0;
        let median = post.iter().position(|w| {
            sum += w;
            sum >= 0.5
        });
        let m = f64::from(grid.values[median.unwrap_or(0)]);
        error += ((1.0 + m).ln() - (1.0 + x).ln()).abs();
    }
    let expected = f64::from(runs) / 20.0;
    let chi2: f64 = bins.iter().map(|b| (f64::from(*b) - expected).powi(2) / expected).sum();
    vec![
        Row::new("figures-sbc-chi2-19", chi2, "", "below 43.8 (99.9 %)"),
        Row::new("figures-cover-80", f64::from(inside) / f64::from(runs), "share", ".78 to .82"),
        Row::new("figures-mae-log", error / f64::from(runs), "ln(1+x)", ""),
    ]
}

/// (x + .3) e^shift - .3, as the model says a true figure is said.
fn libm_exp(x: f64, shift: f64) -> f64 {
    (x + 0.3) * shift.exp() - 0.3
}
