//! Points on a round earth as unit vectors, and how far apart they are.

/// Mean radius of the earth in kilometres.
pub(crate) const EARTH_KM: f64 = 6371.0;

/// The unit vector of (latitude, longitude) in degrees.
pub(crate) fn unit((lat, lon): (f64, f64)) -> [f64; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [libm::cos(lat) * libm::cos(lon), libm::cos(lat) * libm::sin(lon), libm::sin(lat)]
}

pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The square of the straight line between two.
pub(crate) fn square(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]) * (a[i] - b[i])).sum()
}

/// Kilometres around the earth between two unit vectors.
pub(crate) fn km(a: [f64; 3], b: [f64; 3]) -> f64 {
    2.0 * EARTH_KM * libm::asin((libm::sqrt(square(a, b)) / 2.0).min(1.0))
}
