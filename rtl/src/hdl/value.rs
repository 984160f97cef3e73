//! Shapes and values whose width is known at run time.

use std::cmp::Ordering;
use std::fmt;

/// Widest value in bits.
pub const MAX_WIDTH: u32 = 1024;
const LIMBS: usize = (MAX_WIDTH / 64) as usize;

/// Width in bits and signedness (two's complement) of a signal or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// 1..=1024.
    pub width: u32,
    /// Two's complement if set.
    pub signed: bool,
}

/// Unsigned shape of `width` bits. Panics outside 1..=1024: planners check widths before they describe hardware.
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

    fn limbs(self) -> usize {
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

    /// Bit `index`: a literal, a loop variable, a [`Number`] or a [`Value`] of exactly `clog2(width)` bits.
    /// Outside the width: false here, unknown in Verilog.
    pub fn get_bit(self, index: impl BitIndex) -> bool {
        let i = index.bit_index();
        i < self.shape.width as usize && self.limbs[i / 64] >> (i % 64) & 1 == 1
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

    /// `self * factor`, wrapped to `shape`.
    pub fn times(self, factor: u64, shape: Shape) -> Value {
        self.resize(shape) * Value::from_limbs(shape, &[factor])
    }

    /// Schoolbook product modulo 2^width; the same bits for signed and unsigned operands.
    fn product(self, other: Value) -> Value {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        let n = self.shape.limbs();
        let mut out = self.shape.zero();
        for i in 0..n {
            let mut carry = 0u128;
            for j in 0..n - i {
                let sum = self.limbs[i] as u128 * other.limbs[j] as u128 + out.limbs[i + j] as u128 + carry;
                out.limbs[i + j] = sum as u64;
                carry = sum >> 64;
            }
        }
        out.masked()
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

    fn shifted_down(self, by: u32) -> Value {
        let (skip, bits) = (by as usize / 64, by % 64);
        let at = |i: usize| self.limbs.get(i).copied().unwrap_or(0);
        let mut out = Value {
            limbs: [0; LIMBS],
            shape: self.shape,
            code: 0,
        };
        for i in 0..LIMBS {
            let high = if bits == 0 { 0 } else { at(i + skip + 1) << (64 - bits) };
            out.limbs[i] = at(i + skip) >> bits | high;
        }
        out
    }

    fn shifted_up(self, by: u32) -> Value {
        let (skip, bits) = (by as usize / 64, by % 64);
        let at = |i: usize| if i >= skip { self.limbs[i - skip] } else { 0 };
        let mut out = Value {
            limbs: [0; LIMBS],
            shape: self.shape,
            code: 0,
        };
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

    fn zip(self, other: Value, f: impl Fn(u64, u64) -> u64) -> Value {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        let mut out = Value {
            limbs: [0; LIMBS],
            shape: self.shape,
            code: 0,
        };
        for i in 0..self.shape.limbs() {
            out.limbs[i] = f(self.limbs[i], other.limbs[i]);
        }
        out.masked()
    }

    fn add_carry(self, other: Value, mut carry: bool) -> Value {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        let mut out = Value {
            limbs: [0; LIMBS],
            shape: self.shape,
            code: 0,
        };
        for i in 0..self.shape.limbs() {
            let (sum, over) = self.limbs[i].overflowing_add(other.limbs[i]);
            let (sum, more) = sum.overflowing_add(carry as u64);
            out.limbs[i] = sum;
            carry = over | more;
        }
        out.masked()
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

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        self.limbs() == other.limbs()
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        if self.shape.signed && self.sign_bit() != other.sign_bit() {
            return Some(other.sign_bit().cmp(&self.sign_bit()));
        }
        Some(self.limbs().iter().rev().cmp(other.limbs().iter().rev()))
    }
}

macro_rules! binary {
    ($($name:ident $method:ident |$a:ident, $b:ident| $result:expr;)*) => {$(
        impl std::ops::$name for Value {
            type Output = Value;
            fn $method(self, other: Value) -> Value {
                let ($a, $b) = (self, other);
                $result
            }
        }
    )*};
}
binary! {
    Add add |a, b| a.add_carry(b, false);
    Sub sub |a, b| a.add_carry(!b, true);
    Mul mul |a, b| a.product(b);
    BitAnd bitand |a, b| a.zip(b, |x, y| x & y);
    BitOr bitor |a, b| a.zip(b, |x, y| x | y);
    BitXor bitxor |a, b| a.zip(b, |x, y| x ^ y);
}

impl std::ops::Not for Value {
    type Output = Value;
    fn not(self) -> Value {
        self.zip(self, |x, _| !x)
    }
}

impl std::ops::Neg for Value {
    type Output = Value;
    fn neg(self) -> Value {
        self.shape.zero() - self
    }
}

/// A number that kernels take from a `_field` where Verilog needs a constant: shift amounts and bit indices.
/// Made by `bits_number`, never longer than 40 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub(super) u64);

/// Shift amounts: a literal or `bits_number(self._k)`. `>>` keeps the sign of a signed value (`>>>`), as in Rust.
macro_rules! shifts {
    ($($amount:ty, |$k:ident| $number:expr;)*) => {$(
        impl std::ops::Shr<$amount> for Value {
            type Output = Value;
            fn shr(self, $k: $amount) -> Value {
                self.shift_right($number)
            }
        }
        impl std::ops::Shl<$amount> for Value {
            type Output = Value;
            fn shl(self, $k: $amount) -> Value {
                let k = $number;
                if k >= self.shape.width { self.shape.zero() } else { self.shifted_up(k) }
            }
        }
    )*};
}
shifts! {
    u32, |k| k;
    Number, |k| k.0 as u32;
}

impl Value {
    fn shift_right(self, by: u32) -> Value {
        let (shape, negative) = (self.shape, self.shape.signed && self.sign_bit());
        if by >= shape.width {
            return if negative { !shape.zero() } else { shape.zero() };
        }
        let moved = self.shifted_down(by);
        if negative && by > 0 {
            moved | (!shape.zero()).shifted_up(shape.width - by)
        } else {
            moved
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::super::*;

    /// Every operator on every pair of small values, against integers.
    #[test]
    fn small_widths_exhaustively() {
        for shape in [u(1), u(4), s(1), s(4), s(5)] {
            let (width, all) = (shape.width, 0..1i128 << shape.width);
            let wrap = |x: i128| Value::wrapped(shape, x);
            for (x, y) in all.clone().flat_map(|x| all.clone().map(move |y| (x, y))) {
                let (a, b) = (wrap(x), wrap(y));
                let (n, m) = (a.to_i128().unwrap_or(99), b.to_i128().unwrap_or(99));
                assert_eq!(n.rem_euclid(1 << width), x);
                assert_eq!(a + b, wrap(n + m));
                assert_eq!(a - b, wrap(n - m));
                assert_eq!(a * b, wrap(n * m));
                assert_eq!(-a, wrap(-n));
                assert_eq!(!a, wrap(!n));
                assert_eq!((a & b, a | b, a ^ b), (wrap(x & y), wrap(x | y), wrap(x ^ y)));
                assert_eq!((a < b, a <= b, a == b), (n < m, n <= m, n == m));
                let k = (y as u32) % (width + 2);
                assert_eq!(a >> k, wrap(n >> k), "{a:?} >> {k}");
                assert_eq!(a << k, wrap(n << k));
                for to in [u(3), s(3), u(9), s(9)] {
                    assert_eq!(a.resize(to), Value::wrapped(to, n), "{a:?} to {to}");
                }
                assert_eq!(a.concat(b).to_u64() as i128, y << width | x);
                assert_eq!((a.any(), a.all()), (x != 0, x == (1 << width) - 1));
            }
        }
    }

    /// Wide values agree with the same operation done in parts.
    #[test]
    fn wide_values() {
        let shape = u(300);
        let a = Value::from_limbs(shape, &[u64::MAX, 1, u64::MAX, u64::MAX, u64::MAX]);
        let one = shape.value(1);
        assert_eq!((a + one).limbs(), [0, 2, u64::MAX, u64::MAX, (1 << 44) - 1]);
        assert_eq!(
            (shape.zero() - one).limbs(),
            [u64::MAX, u64::MAX, u64::MAX, u64::MAX, (1 << 44) - 1]
        );
        assert_eq!(a.slice(64, 70).limbs(), [1, 63]);
        assert_eq!((a << 65) >> 65, a.slice(0, 235).resize(shape));
        assert_eq!(a.hex().len(), 75);
        let b = Value::from_limbs(shape, &[0, 3]);
        assert_eq!((a * b).slice(64, 128).limbs(), [(u64::MAX as u128 * 3) as u64, 5]);
        assert_eq!((!s(300).zero() >> 299u32), !s(300).zero());
        assert_eq!(Value::wrapped(s(300), -5).to_i128(), Some(-5));
        assert!(Value::wrapped(s(300), -5) < s(300).zero());
    }
}
