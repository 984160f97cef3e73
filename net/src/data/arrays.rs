//! Number arrays as numpy writes them: `.npy`, and `.npz` (a zip of `.npy`, stored or deflated).

use super::read_file;
use crate::{MapShape, Problem, Problems, Spikes};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use std::io::{Cursor, Read, Write};
use std::path::Path;

/// How numbers are written; what was read is kept only as "whole numbers or not".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    U8,
    I32,
    I64,
    F64,
}

/// An array in C order. Whole numbers are exact up to 2^53.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
    pub kind: NumberType,
}

impl Array {
    /// Whether the array holds whole numbers by its type.
    pub fn is_whole(&self) -> bool {
        self.kind != NumberType::F64
    }

    /// Spikes `[T, ...]` as an array of shape `[T, c, h, w]` (`[T, n]` for a vector), counts per address.
    pub fn of_spikes(spikes: &[Vec<u32>], shape: MapShape) -> Array {
        let len = shape.len();
        let mut data = vec![0.0; spikes.len() * len];
        for (step, events) in spikes.iter().enumerate() {
            events
                .iter()
                .for_each(|&index| data[step * len + index as usize] += 1.0);
        }
        let kind = if data.iter().all(|&n| n <= 255.0) {
            NumberType::U8
        } else {
            NumberType::I32
        };
        Array {
            shape: steps_of(spikes.len(), shape),
            data,
            kind,
        }
    }

    /// States `[T][N]` as an array of shape `[T, c, h, w]` (`[T, n]` for a vector).
    pub fn of_states(states: &[i32], shape: MapShape) -> Array {
        let data = states.iter().map(|&v| f64::from(v)).collect();
        Array {
            shape: steps_of(states.len() / shape.len().max(1), shape),
            data,
            kind: NumberType::I32,
        }
    }

    /// The spikes of one sample from a `.npy` or `.npz` file: in the latter the only array, or the one named `spikes` or
    /// after the input node (`input` if unknown), with or without `/spikes`.
    pub(super) fn read_sample(path: &Path, input_node: &str) -> Result<Array, Problems> {
        if super::extension(path) == "npy" {
            return Ok(parse_npy(&read_file(path)?, &path.display().to_string())?);
        }
        let mut arrays = read_npz(path)?;
        if arrays.len() == 1 {
            return Ok(arrays.remove(0).1);
        }
        let known = [
            format!("{input_node}/spikes"),
            input_node.to_string(),
            "spikes".to_string(),
        ];
        let at = known
            .iter()
            .find_map(|key| arrays.iter().position(|(name, _)| name == key));
        match at {
            Some(at) => Ok(arrays.swap_remove(at).1),
            None => Err(Problem::new(
                "array-unknown",
                path.display().to_string(),
                format!("arrays {}", names(&arrays)),
                format!(
                    "one array of spikes [T, ...], or one of them named {}",
                    known.join(", ")
                ),
                "save the spikes of one sample under the name spikes",
            )
            .into()),
        }
    }

    /// Reads the array as the spikes of a map: `[T, c, h, w]`, `[T, n]`, or any `[T, ...]` with as many numbers per
    /// step; each number says how often the address spikes.
    pub(super) fn spikes(&self, path: &Path, input: MapShape) -> Result<Spikes, Problems> {
        let place = path.display().to_string();
        let len = input.len();
        if self.shape.len() < 2 || self.shape[1..].iter().product::<usize>() != len {
            return Err(Problem::new(
                "array-shape",
                place,
                format!("an array of shape {:?}", self.shape),
                format!(
                    "the network's input is {input}: [T, {}, {}, {}] or [T, {len}]",
                    input.c, input.h, input.w
                ),
                "save one sample per file, time steps first",
            )
            .into());
        }
        let mut spikes = vec![Vec::new(); self.shape[0]];
        for (at, &count) in self.data.iter().enumerate() {
            if count.fract() != 0.0 || !(0.0..=1e6).contains(&count) {
                return Err(Problem::new(
                    "array-value",
                    place,
                    format!("{count} in time step {} at index {}", at / len, at % len),
                    "spike counts: whole numbers, not negative",
                    "save spikes, not currents or probabilities",
                )
                .into());
            }
            spikes[at / len].extend(std::iter::repeat_n((at % len) as u32, count as usize));
        }
        Ok(spikes)
    }
}

/// `[T, c, h, w]`, or `[T, n]` for a vector.
fn steps_of(steps: usize, shape: MapShape) -> Vec<usize> {
    match (shape.h, shape.w) {
        (1, 1) => vec![steps, shape.c],
        _ => vec![steps, shape.c, shape.h, shape.w],
    }
}

/// Names of arrays, for messages.
pub fn names(arrays: &[(String, Array)]) -> String {
    let names: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}

fn broken(place: &str, error: impl std::fmt::Display) -> Problem {
    Problem::new(
        "array-broken",
        place,
        error.to_string(),
        "numbers in .npy or .npz as numpy.save and numpy.savez write them",
        "save the file again",
    )
}

/// All arrays of a `.npz` file, in the file's order, named without `.npy`.
pub fn read_npz(path: &Path) -> Result<Vec<(String, Array)>, Problems> {
    let place = path.display().to_string();
    let bytes = read_file(path)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&place, error))?;
    let mut arrays = Vec::with_capacity(archive.len());
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).map_err(|error| broken(&place, error))?;
        let name = file
            .name()
            .map_err(|error| broken(&place, error))?
            .trim_end_matches(".npy")
            .to_string();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| broken(&format!("{place}:{name}"), error))?;
        arrays.push((name.clone(), parse_npy(&bytes, &format!("{place}:{name}"))?));
    }
    Ok(arrays)
}

/// Writes a `.npz` file: deflated, no time stamps, the same arrays give the same bytes.
pub fn write_npz(path: &Path, arrays: &[(String, Array)]) -> Result<(), Problems> {
    let failed = |error: String| {
        Problem::new(
            "file-unwritable",
            path.display().to_string(),
            error,
            "a file that can be written",
            "check the folder and its permissions",
        )
    };
    let bytes = npz_bytes(arrays).map_err(|error| failed(error.to_string()))?;
    std::fs::write(path, bytes).map_err(|error| failed(error.to_string()).into())
}

fn npz_bytes(arrays: &[(String, Array)]) -> std::io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::DEFAULT)
        .unix_permissions(0o644);
    for (name, array) in arrays {
        archive.start_file(format!("{name}.npy"), options)?;
        archive.write_all(&npy_bytes(array)?)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn npy_bytes(array: &Array) -> std::io::Result<Vec<u8>> {
    fn write<T: npyz::AutoSerialize>(array: &Array, convert: impl Fn(f64) -> T) -> std::io::Result<Vec<u8>> {
        let shape: Vec<u64> = array.shape.iter().map(|&size| size as u64).collect();
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(&shape)
            .writer(&mut bytes)
            .begin_nd()?;
        writer.extend(array.data.iter().map(|&value| convert(value)))?;
        writer.finish()?;
        Ok(bytes)
    }
    match array.kind {
        NumberType::U8 => write(array, |value| value as u8),
        NumberType::I32 => write(array, |value| value as i32),
        NumberType::I64 => write(array, |value| value as i64),
        NumberType::F64 => write(array, |value| value),
    }
}

/// Reads one `.npy`: any boolean, integer or float type.
fn parse_npy(bytes: &[u8], place: &str) -> Result<Array, Problem> {
    let file = NpyFile::new(bytes).map_err(|error| broken(place, error))?;
    let DType::Plain(dtype) = file.dtype() else {
        return Err(broken(place, "a structured type"));
    };
    let shape: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let size = dtype.size_field() as usize;
    let needed = shape.iter().try_fold(size, |product, &size| product.checked_mul(size));
    if needed.is_none_or(|needed| needed > bytes.len()) {
        return Err(broken(
            place,
            format!("shape {shape:?} does not fit in {} bytes: truncated", bytes.len()),
        ));
    }
    let fortran = file.order() == Order::Fortran;
    macro_rules! read {
        ($type:ty, $kind:ident) => {
            file.into_vec::<$type>()
                .map(|data| (data.into_iter().map(|v| v as f64).collect(), NumberType::$kind))
        };
    }
    let read: std::io::Result<(Vec<f64>, NumberType)> = match (dtype.type_char(), size) {
        (TypeChar::Bool, _) => file.into_vec::<bool>().map(|data| {
            (
                data.into_iter().map(|v| f64::from(u8::from(v))).collect(),
                NumberType::U8,
            )
        }),
        (TypeChar::Uint, 1) => read!(u8, U8),
        (TypeChar::Uint, 2) => read!(u16, I32),
        (TypeChar::Uint, 4) => read!(u32, I64),
        (TypeChar::Uint, 8) => read!(u64, I64),
        (TypeChar::Int, 1) => read!(i8, I32),
        (TypeChar::Int, 2) => read!(i16, I32),
        (TypeChar::Int, 4) => read!(i32, I32),
        (TypeChar::Int, 8) => read!(i64, I64),
        (TypeChar::Float, 4) => read!(f32, F64),
        (TypeChar::Float, 8) => read!(f64, F64),
        _ => return Err(broken(place, format!("numbers of type {dtype}"))),
    };
    let (data, kind) = read.map_err(|error| broken(place, error))?;
    let data = if fortran { from_fortran(&data, &shape) } else { data };
    Ok(Array { shape, data, kind })
}

/// Numbers in Fortran order (first index fastest), as numpy saves a transposed array, in C order.
fn from_fortran(data: &[f64], shape: &[usize]) -> Vec<f64> {
    let place = |mut at: usize| {
        // Coordinates of C order, last first; their strides in Fortran order shrink alike.
        let mut stride = data.len();
        shape.iter().rev().fold(0, |place, &size| {
            stride /= size;
            let coordinate = at % size;
            at /= size;
            place + coordinate * stride
        })
    };
    (0..data.len()).map(|at| data[place(at)]).collect()
}
