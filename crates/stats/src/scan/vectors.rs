//! Thirty-two counts at once, as wide as the machine can: with AVX-512, with AVX2, or one by one. The sums are the same.

use super::recent::LANES;

/// What is asked of a kind of vector.
pub(super) trait Vectors: Copy {
    type V: Copy;
    fn load(self, x: &[u16; LANES]) -> Self::V;
    fn store(self, x: Self::V) -> [u16; LANES];
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// Not 0 if any of `a` is above its partner in `b`.
    fn above(self, a: Self::V, b: Self::V) -> u32;
}

/// Work that is to be compiled for each kind.
pub(super) trait Work {
    fn with<S: Vectors>(self, vectors: S) -> f64;
}

/// Runs it with the widest vectors there are.
pub(super) fn widest<W: Work>(work: W) -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(v4) = pulp::x86::V4::try_new() {
            return v4.vectorize(x86::Compiled(v4, work));
        }
        if let Some(v3) = pulp::x86::V3::try_new() {
            return v3.vectorize(x86::Compiled(v3, work));
        }
    }
    work.with(Plain)
}

#[derive(Clone, Copy)]
struct Plain;

impl Vectors for Plain {
    type V = [u16; LANES];

    fn load(self, x: &[u16; LANES]) -> Self::V {
        *x
    }

    fn store(self, x: Self::V) -> [u16; LANES] {
        x
    }

    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    fn above(self, a: Self::V, b: Self::V) -> u32 {
        u32::from(a.iter().zip(&b).fold(0, |any, (a, b)| any | a.saturating_sub(*b)))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256i, __m512i};

    use super::{LANES, Vectors, Work};

    pub(super) struct Compiled<S, W>(pub(super) S, pub(super) W);

    impl<S: Vectors, W: Work> pulp::NullaryFnOnce for Compiled<S, W> {
        type Output = f64;

        #[inline(always)]
        fn call(self) -> f64 {
            self.1.with(self.0)
        }
    }

    impl Vectors for pulp::x86::V4 {
        type V = __m512i;

        #[inline(always)]
        fn load(self, x: &[u16; LANES]) -> __m512i {
            pulp::cast(*x)
        }

        #[inline(always)]
        fn store(self, x: __m512i) -> [u16; LANES] {
            pulp::cast(x)
        }

        #[inline(always)]
        fn add(self, a: __m512i, b: __m512i) -> __m512i {
            self.avx512bw._mm512_add_epi16(a, b)
        }

        #[inline(always)]
        fn above(self, a: __m512i, b: __m512i) -> u32 {
            self.avx512bw._mm512_cmpgt_epu16_mask(a, b)
        }
    }

    impl Vectors for pulp::x86::V3 {
        type V = [__m256i; 2];

        #[inline(always)]
        fn load(self, x: &[u16; LANES]) -> Self::V {
            pulp::cast(*x)
        }

        #[inline(always)]
        fn store(self, x: Self::V) -> [u16; LANES] {
            pulp::cast(x)
        }

        #[inline(always)]
        fn add(self, a: Self::V, b: Self::V) -> Self::V {
            [self.avx2._mm256_add_epi16(a[0], b[0]), self.avx2._mm256_add_epi16(a[1], b[1])]
        }

        #[inline(always)]
        fn above(self, a: Self::V, b: Self::V) -> u32 {
            let over = [self.avx2._mm256_subs_epu16(a[0], b[0]), self.avx2._mm256_subs_epu16(a[1], b[1])];
            let any = self.avx2._mm256_or_si256(over[0], over[1]);
            (self.avx._mm256_testz_si256(any, any) == 0) as u32
        }
    }
}
