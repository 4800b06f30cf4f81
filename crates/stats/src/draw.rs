//! Counter-based draws: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
//! as 1, 2, 3", SC 2011), keyed by the seed, counting over (world, entity, attribute). A draw is the same
//! whatever the order, the thread or the machine; nothing need be stored that can be drawn again.

const M0: u64 = 0xD251_1F53;
const M1: u64 = 0xCD9E_8D57;
const W0: u32 = 0x9E37_79B9;
const W1: u32 = 0xBB67_AE85;

/// The Philox4x32-10 block function.
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut c = counter;
    let mut k = key;
    for _ in 0..10 {
        let p0 = M0 * u64::from(c[0]);
        let p1 = M1 * u64::from(c[2]);
        c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
        k = [k[0].wrapping_add(W0), k[1].wrapping_add(W1)];
    }
    c
}

/// Stable 64-bit name of an entity (FNV-1a with a final mix). Stable ids only: never a position.
pub fn entity(name: &str) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for b in name.bytes() {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    h ^= h >> 32;
    h = h.wrapping_mul(0xd6e8_feb8_6659_fd93);
    h ^ (h >> 32)
}

/// A number strictly between 0 and 1 with 53 bits, for (seed, world, entity, attribute).
pub fn uniform(seed: u64, world: u32, entity: u64, attribute: u32) -> f64 {
    let b = philox([world, attribute, entity as u32, (entity >> 32) as u32], [seed as u32, (seed >> 32) as u32]);
    to_unit(b[0], b[1])
}

fn to_unit(a: u32, b: u32) -> f64 {
    let bits = (u64::from(a) << 21) ^ (u64::from(b) >> 11);
    (bits as f64 + 0.5) / 9_007_199_254_740_992.0
}

/// An endless stream for algorithms that need an unknown number of draws.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
}

impl Stream {
    /// The stream of `entity` under `seed`; different `lane`s do not overlap.
    pub fn new(seed: u64, entity: u64, lane: u32) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], counter: [0, lane, entity as u32, (entity >> 32) as u32] }
    }

    /// The next number strictly between 0 and 1.
    pub fn next_unit(&mut self) -> f64 {
        let b = philox(self.counter, self.key);
        self.counter[0] = self.counter[0].wrapping_add(1);
        to_unit(b[0], b[1])
    }

    /// A whole number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.next_unit() * n as f64) as usize).min(n - 1)
    }

    /// Puts things into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for i in (1..things.len()).rev() {
            things.swap(i, self.below(i + 1));
        }
    }

    /// A standard normal draw, by inversion.
    pub fn normal(&mut self) -> f64 {
        crate::normal_quantile(self.next_unit())
    }

    /// A Gamma(shape, rate 1) draw (Marsaglia and Tsang 2000; for shapes below 1 boosted by a power of a uniform).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let u = self.next_unit();
            return self.gamma(shape + 1.0) * libm::pow(u, 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if libm::log(self.next_unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Beta(a, b), both above 0.
    pub fn beta(&mut self, (a, b): (f64, f64)) -> f64 {
        let (a, b) = (self.gamma(a), self.gamma(b));
        a / (a + b)
    }

    /// Dirichlet(`weights`), all above 0, into `out`.
    pub fn dirichlet(&mut self, weights: &[f64], out: &mut [f64]) {
        let mut sum = 0.0;
        for (o, w) in out.iter_mut().zip(weights) {
            *o = self.gamma(*w).max(1e-300);
            sum += *o;
        }
        for o in out {
            *o /= sum;
        }
    }

    /// A Poisson draw: by counting exponential gaps (small means) or through a gamma split.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        let (mut n, mut mean) = (0, mean);
        while mean > 30.0 {
            // The m-th arrival of a unit-rate process is Gamma(m).
            let m = libm::floor(mean * 0.875);
            let g = self.gamma(m);
            if g > mean {
                let p = mean / g;
                return n + (0..(m as u64 - 1)).filter(|_| self.next_unit() < p).count() as u64;
            }
            n += m as u64;
            mean -= g;
        }
        let (limit, mut product) = (libm::exp(-mean), self.next_unit());
        while product > limit {
            n += 1;
            product *= self.next_unit();
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the Random123 distribution for philox4x32-10.
    #[test]
    fn philox_known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn gamma_and_poisson_have_their_moments() {
        let mut s = Stream::new(7, 11, 0);
        for shape in [0.5, 3.0, 40.0] {
            let x: Vec<f64> = (0..20_000).map(|_| s.gamma(shape)).collect();
            let (mean, se) = crate::mean_se(&x);
            assert!((mean - shape).abs() < 5.0 * se, "{shape}: {mean}");
            let var = se * se * x.len() as f64;
            assert!((var / shape - 1.0).abs() < 0.08, "{shape}: {var}");
        }
        for m in [0.3, 8.0, 90.0] {
            let x: Vec<f64> = (0..20_000).map(|_| s.poisson(m) as f64).collect();
            let (mean, se) = crate::mean_se(&x);
            assert!((mean - m).abs() < 5.0 * se, "{m}: {mean}");
        }
    }
}
