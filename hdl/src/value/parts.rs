//! Parts of values: slices, other shapes, concatenations, and the moves of bits behind them.

use super::shape::{u, Shape, LIMBS};
use super::Value;

impl Value {
    /// `width` bits from `low` up, unsigned. Bits above the width read as zero.
    pub fn slice(self, low: u32, width: u32) -> Value {
        let mut out = self.shifted_down(low);
        out.shape = u(width);
        out.masked()
    }

    /// This value in another shape: cut off, or extended by its own sign if it is signed and by zeros if not.
    pub fn resize(self, shape: Shape) -> Value {
        let mut out = self.extended(self.shape.signed && self.sign_bit());
        out.shape = shape;
        out.code = 0;
        out.masked()
    }

    /// `other` above this value: `{other, self}`, unsigned.
    pub fn concat(self, other: Value) -> Value {
        let shape = u(self.shape.width + other.shape.width);
        let low = self.with_sign(false).resize(shape);
        let high = other.with_sign(false).resize(shape).shifted_up(self.shape.width);
        low | high
    }

    /// All limbs moved down; bits that leave at the bottom are lost.
    pub(super) fn shifted_down(self, by: u32) -> Value {
        let (skip, bits) = (by as usize / 64, by % 64);
        let at = |i: usize| self.limbs.get(i).copied().unwrap_or(0);
        let mut out = self.shape.zero();
        for i in 0..LIMBS {
            let high = if bits == 0 { 0 } else { at(i + skip + 1) << (64 - bits) };
            out.limbs[i] = at(i + skip) >> bits | high;
        }
        out
    }

    /// All limbs moved up; bits that leave at the top are lost.
    pub(super) fn shifted_up(self, by: u32) -> Value {
        let (skip, bits) = (by as usize / 64, by % 64);
        let at = |i: usize| if i >= skip { self.limbs[i - skip] } else { 0 };
        let mut out = self.shape.zero();
        for i in 0..LIMBS {
            let low = if bits == 0 || i == 0 {
                0
            } else {
                at(i - 1) >> (64 - bits)
            };
            out.limbs[i] = at(i) << bits | low;
        }
        out.masked()
    }
}
