//! Numbers of a dataset as f64, the formats that `hdf5-pure` does not decode included: half precision floats
//! (`model.half()` before an export).

use hdf5_pure::{Dataset, Datatype, DatatypeByteOrder, Error, FloatingPointLayout};

/// The dataset's numbers in C order: integers and floats of any usual width.
pub(super) fn read(dataset: &Dataset) -> Result<Vec<f64>, Error> {
    match dataset.datatype()? {
        Datatype::FloatingPoint {
            size: 2,
            byte_order,
            layout,
        } => {
            let of = |bytes: &[u8]| match byte_order {
                DatatypeByteOrder::BigEndian => u16::from_be_bytes([bytes[0], bytes[1]]),
                _ => u16::from_le_bytes([bytes[0], bytes[1]]),
            };
            let raw = dataset.read_raw()?;
            Ok(raw
                .chunks_exact(2)
                .map(|bytes| short_float(of(bytes), &layout))
                .collect())
        }
        _ => dataset.read_f64(),
    }
}

/// A float of 16 bits as numpy and IEEE 754 have it.
pub fn half_float(word: u16) -> f64 {
    split_float(word, (10, 5), (0, 10), 15)
}

/// An IEEE-like float of 16 bits: the sign on top, then exponent and mantissa where `layout` says (half or bfloat16).
fn short_float(word: u16, layout: &FloatingPointLayout) -> f64 {
    let exponent = (layout.exponent_location, layout.exponent_size);
    split_float(word, exponent, (layout.mantissa_location, layout.mantissa_size), layout.exponent_bias as i32)
}

/// Exponent and mantissa are (lowest bit, bits).
fn split_float(word: u16, exponent: (u8, u8), mantissa: (u8, u8), bias: i32) -> f64 {
    let field = |(from, size): (u8, u8)| (u32::from(word) >> from) & ((1u32 << size) - 1);
    let (all_ones, fraction) = ((1 << exponent.1) - 1, f64::from(field(mantissa)) / f64::from(1u32 << mantissa.1));
    let magnitude = match field(exponent) as i32 {
        0 => fraction * 2f64.powi(1 - bias),
        e if e == all_ones && fraction == 0.0 => f64::INFINITY,
        e if e == all_ones => f64::NAN,
        e => (1.0 + fraction) * 2f64.powi(e - bias),
    };
    if word >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}
