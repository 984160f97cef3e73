//! Operators: sums, products, bitwise logic, shifts and comparisons, each modulo 2^width.

use std::cmp::Ordering;

use super::index::Number;
use super::shape::Shape;
use super::Value;

impl Value {
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

    fn zip(self, other: Value, f: impl Fn(u64, u64) -> u64) -> Value {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        let mut out = self.shape.zero();
        for i in 0..self.shape.limbs() {
            out.limbs[i] = f(self.limbs[i], other.limbs[i]);
        }
        out.masked()
    }

    fn add_carry(self, other: Value, mut carry: bool) -> Value {
        assert_eq!(self.shape, other.shape, "operand shapes differ");
        let mut out = self.shape.zero();
        for i in 0..self.shape.limbs() {
            let (sum, over) = self.limbs[i].overflowing_add(other.limbs[i]);
            let (sum, more) = sum.overflowing_add(carry as u64);
            out.limbs[i] = sum;
            carry = over | more;
        }
        out.masked()
    }

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
