//! Width and signedness of a value, known at run time.

use std::fmt;

use super::Value;

/// Widest value in bits.
pub const MAX_WIDTH: u32 = 2048;
/// 64-bit words of the widest value.
pub(super) const LIMBS: usize = (MAX_WIDTH / 64) as usize;

/// Width in bits and signedness (two's complement) of a signal or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// 1..=2048.
    pub width: u32,
    /// Two's complement if set.
    pub signed: bool,
}

/// Unsigned shape of `width` bits. Panics outside 1..=2048: planners check widths before they describe hardware.
pub fn u(width: u32) -> Shape {
    assert!(
        (1..=MAX_WIDTH).contains(&width),
        "a width of {width} is outside 1..={MAX_WIDTH}"
    );
    Shape { width, signed: false }
}

/// Signed shape of `width` bits; see [`u`].
pub fn s(width: u32) -> Shape {
    Shape {
        signed: true,
        ..u(width)
    }
}

impl Shape {
    /// The value `x` in this shape. Panics when `x` does not fit.
    pub fn value(self, x: impl Into<i128>) -> Value {
        let x = x.into();
        let value = Value::wrapped(self, x);
        assert_eq!(value.to_i128(), Some(x), "{x} does not fit {self}");
        value
    }

    /// All bits clear.
    pub fn zero(self) -> Value {
        Value {
            limbs: [0; LIMBS],
            shape: self,
            code: 0,
        }
    }

    /// 64-bit words that hold it.
    pub(super) fn limbs(self) -> usize {
        self.width.div_ceil(64) as usize
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} bit",
            if self.signed { "signed" } else { "unsigned" },
            self.width
        )
    }
}
