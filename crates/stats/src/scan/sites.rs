//! Places, and which lie near which.

use rayon::prelude::*;

use crate::earth::{EARTH_KM, km, square, unit};

/// Places in a metric, each with the others by rising distance.
#[derive(Debug)]
pub struct Sites {
    at: Vec<[f64; 3]>,
    earth: bool,
    near: Vec<Vec<u32>>,
}

impl Sites {
    /// Places as (latitude, longitude) in degrees; neighbours up to `km` away.
    pub fn on_earth(at: &[(f64, f64)], km: f64) -> Self {
        let at = at.iter().map(|p| unit(*p)).collect();
        Self::new(at, true, km)
    }

    /// Places on a plane; neighbours up to `far` away, in the plane's own unit.
    pub fn on_plane(at: &[(f64, f64)], far: f64) -> Self {
        Self::new(at.iter().map(|(x, y)| [*x, 0.0, *y]).collect(), false, far)
    }

    fn new(at: Vec<[f64; 3]>, earth: bool, far: f64) -> Self {
        // Compared by straight lines through the earth, which rise with the way around it.
        let straight = match earth {
            true if far < EARTH_KM * std::f64::consts::PI => 2.0 * libm::sin(far / (2.0 * EARTH_KM)),
            true => 2.0,
            false => far,
        };
        let straight = straight * (1.0 + 1e-12);
        // Only places in the same band of latitude need be looked at.
        let mut by_latitude: Vec<u32> = (0..at.len() as u32).collect();
        by_latitude.sort_unstable_by(|a, b| at[*a as usize][2].total_cmp(&at[*b as usize][2]));
        let band = |i: usize| {
            let from = by_latitude.partition_point(|j| at[*j as usize][2] < at[i][2] - straight);
            let to = by_latitude.partition_point(|j| at[*j as usize][2] <= at[i][2] + straight);
            &by_latitude[from..to]
        };
        // The place itself is in; of equally near places the first named comes first.
        let most = straight * straight;
        let near = (0..at.len())
            .into_par_iter()
            .map(|i| {
                let mut list: Vec<(f64, u32)> =
                    band(i).iter().map(|j| (square(at[i], at[*j as usize]), *j)).filter(|(d, _)| *d <= most).collect();
                list.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                list.iter().map(|(_, j)| *j).collect()
            })
            .collect();
        Self { at, earth, near }
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// No place at all.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The places about one, itself first.
    pub(crate) fn near(&self, centre: usize) -> &[u32] {
        &self.near[centre]
    }

    /// How far two are apart: kilometres around the earth, or the plane's unit.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.at[a], self.at[b]);
        if self.earth { km(a, b) } else { libm::sqrt(square(a, b)) }
    }
}
