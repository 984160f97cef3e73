//! Casts that kernels may call, and how each reaches the emitter.
//!
//! `hdl_gen` lowers a call whose name starts with `bit_cast` or `bits` to `Cast(first argument, (call).bits())` and
//! evaluates the call when `hdl()` runs, so the other arguments may come from `_fields` of the block; what they say
//! travels in the number that [`Value::bits`] returns. A name starting with `signed_cast` or `unsigned_cast` is
//! lowered without being evaluated: there the emitter takes the width from where the value goes.
//!
//! Consequence: inside a `for` loop, where the loop variable does not exist when `hdl()` runs, use `signed_cast_to`,
//! `unsigned_cast_to`, `>>`, `get_bit`, `to_signed_bits`, or a [`Split`](super::Split) child, not `bit_cast_…(x[i])`.

use super::value::{s, u, Number, Shape, Value};

/// What a cast does, decoded from [`Value::bits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cast {
    /// Zero-extend or cut off.
    Resize(u32),
    /// Sign-extend or cut off.
    SignedResize(u32),
    /// Bits `low` up.
    Slice { low: u32, shape: Shape },
    /// Shift right by a constant.
    ShiftRight(u32),
    /// Same bits, other reading.
    Reinterpret { signed: bool },
    /// A `Bit` as a 1-bit value.
    FromBit,
    /// A `Bit` copied into each of so many bits.
    Fill(u32),
    /// A plain number; the first argument is not looked at.
    Number(u64),
    /// A constant; the first argument is not looked at.
    Constant { shape: Shape, value: u64 },
}

const TAG: u32 = 58;
const LOW: u32 = 11;

impl Cast {
    fn encode(self) -> usize {
        let shaped = |shape: Shape| (shape.width as u64 - 1) | (shape.signed as u64) << 10;
        let (tag, payload) = match self {
            Cast::Resize(width) => (1, width as u64),
            Cast::SignedResize(width) => (2, width as u64),
            Cast::Slice { low, shape } => (3, shaped(shape) | (low as u64) << LOW),
            Cast::ShiftRight(by) => (4, by as u64),
            Cast::Reinterpret { signed } => (5, signed as u64),
            Cast::FromBit => (6, 0),
            Cast::Number(value) => (7, value),
            Cast::Constant { shape, value } => (8, shaped(shape) | value << LOW),
            Cast::Fill(width) => (9, width as u64),
        };
        assert!(
            payload >> TAG == 0,
            "a constant in a kernel has at most 47 bits: use a Const"
        );
        (tag << TAG | payload) as usize
    }

    /// None for a plain number of bits, which no cast of ours returns.
    pub(super) fn decode(code: usize) -> Option<Cast> {
        let code = code as u64;
        let payload = code & ((1 << TAG) - 1);
        let shape = Shape {
            width: (payload & 1023) as u32 + 1,
            signed: payload >> 10 & 1 == 1,
        };
        Some(match code >> TAG {
            1 => Cast::Resize(payload as u32),
            2 => Cast::SignedResize(payload as u32),
            3 => Cast::Slice {
                low: (payload >> LOW) as u32,
                shape,
            },
            4 => Cast::ShiftRight(payload as u32),
            5 => Cast::Reinterpret { signed: payload == 1 },
            6 => Cast::FromBit,
            7 => Cast::Number(payload),
            8 => Cast::Constant {
                shape,
                value: payload >> LOW,
            },
            9 => Cast::Fill(payload as u32),
            _ => return None,
        })
    }

    fn on(self, value: Value) -> Value {
        value.with_code(self.encode())
    }
}

/// Zero-extends or cuts off to an unsigned value of `width` bits (whatever the sign of `x`).
pub fn bit_cast_to(x: Value, width: u32) -> Value {
    Cast::Resize(width).on(x.with_sign(false).resize(u(width)))
}

/// Sign-extends (whatever the sign of `x`) or cuts off to a signed value of `width` bits.
pub fn bit_cast_signed_to(x: Value, width: u32) -> Value {
    Cast::SignedResize(width).on(x.with_sign(true).resize(s(width)))
}

/// As [`bit_cast_to`]; usable in loops; the emitter takes the width from the other operand or the assigned signal.
pub fn unsigned_cast_to(x: Value, width: u32) -> Value {
    x.with_sign(false).resize(u(width))
}

/// As [`bit_cast_signed_to`]; usable in loops; the emitter takes the width from the other operand or the assigned
/// signal.
pub fn signed_cast_to(x: Value, width: u32) -> Value {
    x.with_sign(true).resize(s(width))
}

/// `x[low +: width]`, unsigned. `x` must be a named signal.
pub fn bit_cast_slice(x: Value, low: u32, width: u32) -> Value {
    assert!(
        low + width <= x.shape().width,
        "slice [{low} +: {width}] of {}",
        x.shape()
    );
    Cast::Slice { low, shape: u(width) }.on(x.slice(low, width))
}

/// `x[low +: width]`, read as signed. `x` must be a named signal.
pub fn bit_cast_signed_slice(x: Value, low: u32, width: u32) -> Value {
    assert!(
        low + width <= x.shape().width,
        "slice [{low} +: {width}] of {}",
        x.shape()
    );
    Cast::Slice { low, shape: s(width) }.on(x.slice(low, width).with_sign(true))
}

/// `x >> by`: arithmetic (`>>>`) for a signed `x`, logical otherwise. The same as `x >> bits_number(by)`.
pub fn bit_cast_shr(x: Value, by: u32) -> Value {
    Cast::ShiftRight(by).on(x >> by)
}

/// The same bits, read as signed.
pub fn bit_cast_signed(x: Value) -> Value {
    Cast::Reinterpret { signed: true }.on(x.with_sign(true))
}

/// The same bits, read as unsigned.
pub fn bit_cast_unsigned(x: Value) -> Value {
    Cast::Reinterpret { signed: false }.on(x.with_sign(false))
}

/// A `Bit` as an unsigned 1-bit value.
pub fn bit_cast_bool(bit: bool) -> Value {
    Cast::FromBit.on(Value::from_bit(bit))
}

/// A `Bit` in each of `width` bits, unsigned: `{width{bit}}`.
pub fn bit_cast_fill(bit: bool, width: u32) -> Value {
    Cast::Fill(width).on(if bit { !u(width).zero() } else { u(width).zero() })
}

/// A configuration number (a `_field` of type u32) as a shift amount or bit index: `x >> bits_number(self._shift)`.
pub fn bits_number(k: u32) -> Number {
    Number(k as u64)
}

/// An unsigned constant from `_fields` or literals: `bits_const(self._last, self._width)`. At most 47 bits; prefer
/// a [`Const`](super::Const), which has a name.
pub fn bits_const(value: u64, width: u32) -> Value {
    Cast::Constant { shape: u(width), value }.on(u(width).value(value))
}

impl Number {
    /// For `hdl_gen`.
    pub fn bits(self) -> usize {
        Cast::Number(self.0).encode()
    }
}
