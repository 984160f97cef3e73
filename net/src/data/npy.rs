//! One `.npy`, as numpy writes it: numbers, or a table of named columns (a structured array, as event libraries save them).

use npyz::{DType, Endianness, NpyFile, Order, TypeChar, TypeStr};

use super::arrays::{Array, NumberType};
use crate::Problem;

/// Columns of a structured array by name, each as long as the array.
pub(super) type Columns = Vec<(String, Array)>;

/// What a `.npy` holds.
#[derive(Clone, Debug)]
pub(super) enum Parsed {
    Numbers(Array),
    Columns(Columns),
}

/// Reads a `.npy`: booleans, integers and floats of 16, 32 and 64 bits, of either byte order, alone or in columns. Columns of other types
/// are left out.
pub(super) fn parse(bytes: &[u8], place: &str) -> Result<Parsed, Problem> {
    let file = NpyFile::new(bytes).map_err(|error| broken(place, error))?;
    let shape: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let fortran = file.order() == Order::Fortran;
    let (dtype, data) = (file.dtype(), file.into_inner());
    let unread = || {
        let limit = "booleans, integers, floats of 16, 32 or 64 bits, or events with fields x, y, t and p";
        Problem::new("array-type", place, described(&dtype), limit, "save it as numbers: x.astype(\"u1\")")
    };
    let item = dtype.num_bytes().filter(|item| *item > 0).ok_or_else(unread)?;
    let count = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    let Some(count) = count.filter(|count| count.checked_mul(item).is_some_and(|needed| needed <= data.len())) else {
        let value = format!("shape {shape:?} does not fit in {} bytes: truncated", bytes.len());
        return Err(broken(place, value));
    };
    let backwards: Vec<usize> = (0..shape.len()).rev().collect();
    let read = |offset: usize, scalar: &Scalar| {
        let data: Vec<f64> = (0..count).map(|i| scalar.read(&data[i * item + offset..][..scalar.size])).collect();
        let kind = scalar.kind();
        match fortran {
            // Its first index is the fastest: in C order the axes lie backwards.
            true => Array { shape: shape.iter().rev().copied().collect(), data, kind }.transposed(&backwards),
            false => Array { shape: shape.clone(), data, kind },
        }
    };
    match &dtype {
        DType::Plain(plain) => Ok(Parsed::Numbers(read(0, &Scalar::of(plain).ok_or_else(unread)?))),
        DType::Array(..) => Err(unread()),
        DType::Record(fields) => {
            let (mut columns, mut offset) = (Vec::new(), 0);
            for field in fields {
                let scalar = match &field.dtype {
                    DType::Plain(plain) => Scalar::of(plain),
                    _ => None,
                };
                columns.extend(scalar.map(|scalar| (field.name.clone(), read(offset, &scalar))));
                offset += field.dtype.num_bytes().ok_or_else(unread)?;
            }
            Ok(Parsed::Columns(columns))
        }
    }
}

/// A file that is no `.npy` or `.npz`, or ends too early.
pub(super) fn broken(place: &str, error: impl std::fmt::Display) -> Problem {
    let limit = "numbers in .npy or .npz as numpy.save and numpy.savez write them";
    Problem::new("array-broken", place, error.to_string(), limit, "save the file again")
}

fn described(dtype: &DType) -> String {
    let DType::Plain(plain) = dtype else { return format!("items of type {}", dtype.descr()) };
    match plain.type_char() {
        TypeChar::Object => "Python objects".to_string(),
        TypeChar::ByteStr | TypeChar::UnicodeStr => "text".to_string(),
        TypeChar::DateTime | TypeChar::TimeDelta => "dates".to_string(),
        TypeChar::Complex => "complex numbers".to_string(),
        _ => format!("numbers of type {plain}"),
    }
}

/// How a number lies in its bytes.
struct Scalar {
    kind: TypeChar,
    size: usize,
    big: bool,
}

impl Scalar {
    /// `None`: not a number that is read.
    fn of(plain: &TypeStr) -> Option<Scalar> {
        let (kind, size) = (plain.type_char(), plain.num_bytes()?);
        let known = match kind {
            TypeChar::Bool => size == 1,
            TypeChar::Int | TypeChar::Uint => matches!(size, 1 | 2 | 4 | 8),
            TypeChar::Float => matches!(size, 2 | 4 | 8),
            _ => false,
        };
        known.then(|| Scalar { kind, size, big: plain.endianness() == Endianness::Big })
    }

    fn kind(&self) -> NumberType {
        match (self.kind, self.size) {
            (TypeChar::Float, _) => NumberType::F64,
            (TypeChar::Bool, _) | (TypeChar::Uint, 1) => NumberType::U8,
            (TypeChar::Uint, 2) | (TypeChar::Int, 1 | 2 | 4) => NumberType::I32,
            _ => NumberType::I64,
        }
    }

    fn read(&self, bytes: &[u8]) -> f64 {
        let place = |(i, byte): (usize, &u8)| u64::from(*byte) << (8 * if self.big { self.size - 1 - i } else { i });
        let word: u64 = bytes.iter().enumerate().map(place).sum();
        let unused = 64 - 8 * self.size as u32;
        match (self.kind, self.size) {
            (TypeChar::Bool, _) => f64::from(u8::from(word != 0)),
            (TypeChar::Int, _) => ((word << unused) as i64 >> unused) as f64,
            (TypeChar::Float, 2) => crate::nir::half_float(word as u16),
            (TypeChar::Float, 4) => f64::from(f32::from_bits(word as u32)),
            (TypeChar::Float, _) => f64::from_bits(word),
            _ => word as f64,
        }
    }
}
