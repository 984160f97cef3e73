//! Shapes and values whose width is known at run time.

mod arithmetic;
mod index;
mod parts;
mod shape;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::index::{BitIndex, Number};
use self::shape::LIMBS;
pub use self::shape::{s, u, Shape, MAX_WIDTH};

/// A value with a run-time shape. Binary operators demand equal shapes and wrap, as same-width Verilog does.
///
/// Bits above the width are zero in `limbs`. `code` is what a cast tells the emitter through [`Value::bits`]
/// (see `cast.rs`); it takes no part in comparisons and does not survive an operator.
#[derive(Clone, Copy)]
pub struct Value {
    limbs: [u64; LIMBS],
    shape: Shape,
    pub(super) code: usize,
}

impl Value {
    /// `x` modulo 2^width.
    pub fn wrapped(shape: Shape, x: i128) -> Value {
        let mut limbs = [if x < 0 { u64::MAX } else { 0 }; LIMBS];
        limbs[0] = x as u64;
        limbs[1] = (x >> 64) as u64;
        Value { limbs, shape, code: 0 }.masked()
    }

    /// From 64-bit words, least significant first; missing ones are zero, bits above the width are dropped.
    pub fn from_limbs(shape: Shape, words: &[u64]) -> Value {
        let mut limbs = [0; LIMBS];
        for (limb, word) in limbs.iter_mut().zip(words) {
            *limb = *word;
        }
        Value { limbs, shape, code: 0 }.masked()
    }

    /// A 1-bit value.
    pub fn from_bit(bit: bool) -> Value {
        Value::wrapped(u(1), bit as i128)
    }

    /// Shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The bits as 64-bit words, least significant first, `ceil(width / 64)` of them.
    pub fn limbs(&self) -> &[u64] {
        &self.limbs[..self.shape.limbs()]
    }

    /// The lowest 64 bits, as stored (no sign extension).
    pub fn to_u64(&self) -> u64 {
        self.limbs[0]
    }

    /// The number, if it fits an `i128` (always, up to 127 bits).
    pub fn to_i128(&self) -> Option<i128> {
        let negative = self.shape.signed && self.sign_bit();
        let wide = self.extended(negative);
        let x = (wide.limbs[0] as i128) | ((wide.limbs[1] as i128) << 64);
        let rest = if negative { u64::MAX } else { 0 };
        (wide.limbs[2..].iter().all(|limb| *limb == rest) && (x < 0) == negative).then_some(x)
    }

    /// The number; panics above 64 bits of magnitude.
    pub fn to_i64(&self) -> i64 {
        i64::try_from(self.to_i128().expect("a value of at most 64 bits")).expect("a value of at most 64 bits")
    }

    /// Hex digits, `ceil(width / 4)` of them, as in a `.hex` file.
    pub fn hex(&self) -> String {
        let digits = self.shape.width.div_ceil(4) as usize;
        let all: String = self.limbs().iter().rev().map(|limb| format!("{limb:016x}")).collect();
        all[all.len() - digits..].to_string()
    }

    /// Bits of the value, or what a cast tells the emitter. For `hdl_gen`; use `shape().width` elsewhere.
    pub fn bits(self) -> usize {
        if self.code != 0 {
            self.code
        } else {
            self.shape.width as usize
        }
    }

    /// Is any bit set?
    pub fn any(self) -> bool {
        self.limbs().iter().any(|limb| *limb != 0)
    }

    /// Are all bits set?
    pub fn all(self) -> bool {
        !(!self).any()
    }

    /// Parity of the bits.
    pub fn xor(self) -> bool {
        self.limbs()
            .iter()
            .fold(0, |parity, limb| parity ^ (limb.count_ones() & 1))
            == 1
    }

    /// The same bits read as signed. For kernels inside `for` loops, where `bit_cast_signed` cannot be used.
    pub fn to_signed_bits(self) -> Value {
        self.with_sign(true)
    }

    pub(super) fn with_sign(self, signed: bool) -> Value {
        Value {
            shape: Shape { signed, ..self.shape },
            code: 0,
            ..self
        }
    }

    pub(super) fn with_code(self, code: usize) -> Value {
        Value { code, ..self }
    }

    fn sign_bit(&self) -> bool {
        let top = self.shape.width as usize - 1;
        self.limbs[top / 64] >> (top % 64) & 1 == 1
    }

    /// All limbs, with everything above the width set to `fill`; breaks the invariant until `masked`.
    fn extended(mut self, fill: bool) -> Value {
        if fill {
            let width = self.shape.width as usize;
            for (i, limb) in self.limbs.iter_mut().enumerate() {
                if i * 64 >= width {
                    *limb = u64::MAX;
                } else if (i + 1) * 64 > width {
                    *limb |= u64::MAX << (width % 64);
                }
            }
        }
        self
    }

    /// With everything above the width cleared.
    fn masked(mut self) -> Value {
        let width = self.shape.width as usize;
        for (i, limb) in self.limbs.iter_mut().enumerate() {
            if i * 64 >= width {
                *limb = 0;
            } else if (i + 1) * 64 > width {
                *limb &= u64::MAX >> (64 - width % 64);
            }
        }
        self
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_i128() {
            Some(x) => write!(f, "{x} ({})", self.shape),
            None => write!(f, "0x{} ({})", self.hex(), self.shape),
        }
    }
}
