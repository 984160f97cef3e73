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

/// An IEEE-like float of 16 bits: the sign on top, then exponent and mantissa where `layout` says (half or bfloat16).
fn short_float(word: u16, layout: &FloatingPointLayout) -> f64 {
    let field = |from: u8, size: u8| (u32::from(word) >> from) & ((1u32 << size) - 1);
    let exponent = field(layout.exponent_location, layout.exponent_size) as i32;
    let mantissa = f64::from(field(layout.mantissa_location, layout.mantissa_size));
    let fraction = mantissa / f64::from(1u32 << layout.mantissa_size);
    let bias = layout.exponent_bias as i32;
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(1 - bias),
        e if e == (1 << layout.exponent_size) - 1 && mantissa == 0.0 => f64::INFINITY,
        e if e == (1 << layout.exponent_size) - 1 => f64::NAN,
        e => (1.0 + fraction) * 2f64.powi(e - bias),
    };
    if word >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}
