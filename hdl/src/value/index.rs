//! Bit indices and shift amounts of kernels.

use super::Value;

/// A number that kernels take from a `_field` where Verilog needs a constant: shift amounts and bit indices.
/// Made by `bits_number`, never longer than 40 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub(crate) u64);

/// What may stand in `get_bit(…)`.
pub trait BitIndex {
    /// The index as a number.
    fn bit_index(&self) -> usize;
}

impl BitIndex for usize {
    fn bit_index(&self) -> usize {
        *self
    }
}

impl BitIndex for Number {
    fn bit_index(&self) -> usize {
        self.0 as usize
    }
}

impl BitIndex for Value {
    fn bit_index(&self) -> usize {
        self.to_u64() as usize
    }
}

impl Value {
    /// Bit `index`: a literal, a loop variable, a [`Number`] or a [`Value`] of exactly `clog2(width)` bits.
    /// Outside the width: false here, unknown in Verilog.
    pub fn get_bit(self, index: impl BitIndex) -> bool {
        let i = index.bit_index();
        i < self.shape.width as usize && self.limbs[i / 64] >> (i % 64) & 1 == 1
    }
}
