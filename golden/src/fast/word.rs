//! The integer types of the fast machine.

use num_traits::{NumCast, PrimInt, WrappingAdd, WrappingMul, WrappingSub};

/// Elements of one inner-loop chunk: a whole number of vector registers for every word type.
pub const LANES: usize = 16;

/// A membrane word, and a type wide enough for a state times a leak factor.
pub trait Word: PrimInt + WrappingAdd + WrappingSub + WrappingMul + Send + Sync + std::fmt::Debug + 'static {
    type Wide: PrimInt + Send + Sync + std::fmt::Debug + 'static;

    /// Bits of the membrane word that fit.
    const BITS: u32;
    /// Largest `m` of a leak factor `a / 2^m` whose product with any state fits [`Word::Wide`].
    const LEAK_BITS: u32;

    fn widen(self) -> Self::Wide;

    /// Drops the upper half; exact if the value fits.
    fn narrow(wide: Self::Wide) -> Self;

    /// A constant that the network's checks put inside the word; clamped where only its side matters (fire levels).
    fn constant(value: i64) -> Self {
        let low: i64 = NumCast::from(Self::min_value()).unwrap_or(i64::MIN);
        let high: i64 = NumCast::from(Self::max_value()).unwrap_or(i64::MAX);
        NumCast::from(value.clamp(low, high)).unwrap_or_else(Self::zero)
    }

    fn to_i32(self) -> i32;
}

impl Word for i16 {
    type Wide = i32;
    const BITS: u32 = 16;
    const LEAK_BITS: u32 = 15;

    #[inline(always)]
    fn widen(self) -> i32 {
        self as i32
    }

    #[inline(always)]
    fn narrow(wide: i32) -> i16 {
        wide as i16
    }

    #[inline(always)]
    fn to_i32(self) -> i32 {
        self as i32
    }
}

impl Word for i32 {
    type Wide = i64;
    const BITS: u32 = 32;
    const LEAK_BITS: u32 = 31;

    #[inline(always)]
    fn widen(self) -> i64 {
        self as i64
    }

    #[inline(always)]
    fn narrow(wide: i64) -> i32 {
        wide as i32
    }

    #[inline(always)]
    fn to_i32(self) -> i32 {
        self
    }
}
