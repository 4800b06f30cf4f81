use super::*;

/// Places in two heaps, events crowding late in one of them.
fn history(seed: u64, sites: usize, periods: usize, events: usize) -> (Sites, Vec<(u32, u32)>) {
    let mut s = Stream::new(seed, entity("scan test"), 0);
    let at: Vec<(f64, f64)> =
        (0..sites).map(|i| (38.0 + (i % 2) as f64 + 0.3 * s.normal(), 70.0 + 0.3 * s.normal())).collect();
    let events = (0..events)
        .map(|i| match i % 9 {
            0 => ((s.next_unit() * 3.0) as u32 * 2, (periods - 1) as u32 - (s.next_unit() * 4.0) as u32),
            _ => ((s.next_unit() * s.next_unit() * sites as f64) as u32, (s.next_unit() * periods as f64) as u32),
        })
        .collect();
    (Sites::on_earth(&at, 120.0), events)
}

/// Every circle and every interval, by the definition.
fn brute(scan: &Scan<'_>, events: &[(u32, u32)]) -> f64 {
    let study = scan.study;
    let (periods, total) = (study.periods, events.len() as f64);
    let mut best: f64 = 0.0;
    for centre in 0..study.sites.len() {
        for k in 1..=scan.zones[centre] as usize {
            let zone = &study.sites.near(centre)[..k];
            for s in 0..periods {
                for e in s..periods.min(s + scan.shape.longest) {
                    if scan.shape.prospective && e != periods - 1 {
                        continue;
                    }
                    let inside = |x: &&(u32, u32)| zone.contains(&x.0) && (s..=e).contains(&(x.1 as usize));
                    let c = events.iter().filter(inside).count();
                    let score = match study.law {
                        ScanLaw::Permutation => {
                            let n = events.iter().filter(|x| zone.contains(&x.0)).count() as f64;
                            let t = events.iter().filter(|x| (s..=e).contains(&(x.1 as usize))).count() as f64;
                            scan.logs.score(c as u32, n * t / total)
                        }
                        ScanLaw::Poisson(cells) => {
                            let sum: f64 = zone
                                .iter()
                                .map(|z| {
                                    cells[*z as usize * periods + s..=*z as usize * periods + e].iter().sum::<f64>()
                                })
                                .sum();
                            scan.logs.score(c as u32, sum * total / cells.iter().sum::<f64>())
                        }
                        ScanLaw::Bernoulli(others) => {
                            let n = c + others.iter().filter(inside).count();
                            scan.logs.score(c as u32, n as f64)
                        }
                    };
                    if c >= 2 {
                        best = best.max(score);
                    }
                }
            }
        }
    }
    best
}

#[test]
fn shortcuts_miss_nothing() {
    for seed in 0..6 {
        let (sites, events) = history(seed, 20, 30, 90);
        let cells: Vec<f64> = (0..20 * 30).map(|i| 0.5 + f64::from(i % 7)).collect();
        let others: Vec<(u32, u32)> = (0..150).map(|i| (i * 7 % 20, i * 11 % 30)).collect();
        for law in [ScanLaw::Permutation, ScanLaw::Poisson(&cells), ScanLaw::Bernoulli(&others)] {
            for prospective in [true, false] {
                let shape = Shape { longest: 7, prospective, share: 0.5 };
                let scan = Scan::new(Study { sites: &sites, periods: 30, events: &events, law }, shape);
                let (found, truth) = (scan.highest(), brute(&scan, &events));
                assert!((found - truth).abs() < 1e-9, "{law:?} {prospective}: {found} {truth}");
            }
        }
    }
}

/// A replicate by the vectors, and the same replicate by the search that any law takes.
#[test]
fn fast_replicates_are_the_same() {
    for longest in [5, 40, 70] {
        let (sites, events) = history(longest as u64, 60, 200, 900);
        let study = Study { sites: &sites, periods: 200, events: &events, law: ScanLaw::Permutation };
        let scan = Scan::new(study, Shape { longest, prospective: true, share: 0.5 });
        let recent = recent::Recent::new(&scan).expect("these counts are small");
        let mut room = windows::Room::new(&scan);
        for r in 0..40 {
            let stream = || Stream::new(3, entity("replicate"), r);
            let drawn = recent.history(&mut stream());
            let (fast, slow) = (recent.highest(&scan, &mut stream()), windows::highest(&scan, &drawn, &mut room));
            assert!((fast - slow).abs() < 1e-12, "{longest} {r}: {fast} {slow}");
        }
    }
}

/// Where nothing hangs together, the p-value of the permutation law is uniform.
#[test]
fn permutation_p_is_uniform_without_clusters() {
    let shape = Shape { longest: 10, prospective: true, share: 0.5 };
    let mut s = Stream::new(5, entity("independent"), 0);
    let at: Vec<(f64, f64)> = (0..25).map(|i| (f64::from(i % 5) * 0.2, f64::from(i / 5) * 0.2)).collect();
    let sites = Sites::on_earth(&at, f64::INFINITY);
    let runs = 300;
    let below = (0..runs)
        .filter(|i| {
            let events: Vec<(u32, u32)> =
                (0..200).map(|_| ((s.next_unit() * 25.0) as u32, (s.next_unit() * 100.0) as u32)).collect();
            let scan =
                Scan::new(Study { sites: &sites, periods: 100, events: &events, law: ScanLaw::Permutation }, shape);
            rank_p(scan.highest(), &scan.maxima(*i, 19, None)) <= 0.1 + 1e-9
        })
        .count();
    // 10 % of 300, give or take four standard errors.
    assert!((9..=51).contains(&below), "{below} of {runs} at 10 %");
}

#[test]
fn clusters_do_not_share_places_and_stopping_early_changes_no_draw() {
    let (sites, events) = history(2, 40, 60, 400);
    let study = Study { sites: &sites, periods: 60, events: &events, law: ScanLaw::Permutation };
    let scan = Scan::new(study, Shape { longest: 10, prospective: false, share: 0.5 });
    let clusters = scan.clusters();
    let mut seen = std::collections::BTreeSet::new();
    assert!(clusters.len() > 2 && clusters.iter().all(|c| c.sites.iter().all(|s| seen.insert(*s))));
    assert!(clusters.is_sorted_by(|a, b| a.score >= b.score));
    let weak = clusters[clusters.len() - 1].score;
    let (all, few) = (scan.maxima(1, 199, None), scan.maxima(1, 199, Some((5, weak))));
    assert!(few.len() < all.len() && few == all[..few.len()]);
    assert_eq!(few.iter().filter(|m| **m >= weak).count(), 5);
    // The order in which events are told does not matter, nor does the number of threads.
    let mut turned = events.clone();
    turned.reverse();
    assert_eq!(Scan::new(Study { events: &turned, ..study }, scan.shape).clusters(), clusters);
}

/// Yesterday's view knows nothing of today.
#[test]
fn replay_sees_only_what_was_known() {
    let (sites, events) = history(4, 30, 120, 500);
    let study = Study { sites: &sites, periods: 120, events: &events, law: ScanLaw::Permutation };
    let shape = Shape { longest: 12, prospective: true, share: 0.5 };
    let days = replay_days(120, 12);
    assert!(days.len() > 5 && days.iter().all(|d| *d <= 108), "{days:?}");
    let before = replay(study, shape, &days);
    let early: Vec<(u32, u32)> = events.iter().copied().filter(|e| e.1 < 108).collect();
    assert_eq!(replay(Study { events: &early, ..study }, shape, &days), before);
}

#[test]
fn p_values_known() {
    let maxima = [1.0, 2.0, 3.0, 4.0];
    assert_eq!((rank_p(3.5, &maxima), rank_p(0.0, &maxima), rank_p(9.0, &maxima)), (0.4, 1.0, 0.2));
    // Mean 2.5, variance 5/3: scale sqrt(10)/pi, mode 2.5 - .57722 scale; at the mode the p-value is 1 - 1/e.
    let scale = libm::sqrt(10.0) / std::f64::consts::PI;
    let mode = 2.5 - 0.577_215_664_901_532_9 * scale;
    assert!(gumbel_p(mode, &maxima).is_some_and(|p| (p - (1.0 - libm::exp(-1.0))).abs() < 1e-12));
    assert_eq!(gumbel_p(1.0, &[2.0, 2.0]), None);
}
