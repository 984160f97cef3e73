//! A `.npz`: a zip of `.npy`, stored or deflated, read and written.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use npyz::WriterBuilder;

use super::arrays::{Array, NumberType};
use super::npy::{broken, parse, Parsed};
use super::read_file;
use crate::{Problem, Problems};

/// What a `.npz` holds, in the file's order, named without `.npy`. An entry that cannot be read (text, Python objects) is a problem
/// only of who needs it.
pub(super) type Entries = Vec<(String, Result<Parsed, Problem>)>;

/// All entries of a `.npz`.
pub(super) fn entries(path: &Path) -> Result<Entries, Problems> {
    let place = path.display().to_string();
    let bytes = read_file(path)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&place, error))?;
    let mut entries = Vec::with_capacity(archive.len());
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).map_err(|error| broken(&place, error))?;
        let name = file.name().map_err(|error| broken(&place, error))?;
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_string();
        let place = format!("{place}:{name}");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| broken(&place, error))?;
        entries.push((name, parse(&bytes, &place)));
    }
    Ok(entries)
}

/// Names of entries, for messages.
pub(super) fn names(entries: &Entries) -> String {
    entries.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// All number arrays of a `.npz` file, in the file's order, named without `.npy`; other entries are left out.
pub fn read_npz(path: &Path) -> Result<Vec<(String, Array)>, Problems> {
    let number = |(name, parsed)| match parsed {
        Ok(Parsed::Numbers(array)) => Some((name, array)),
        _ => None,
    };
    Ok(entries(path)?.into_iter().filter_map(number).collect())
}

/// Writes a `.npz` file: deflated, no time stamps, the same arrays give the same bytes.
pub fn write_npz(path: &Path, arrays: &[(String, Array)]) -> Result<(), Problems> {
    let failed = |error: String| {
        let remedy = "check the folder and its permissions";
        Problem::new("file-unwritable", path.display().to_string(), error, "a file that can be written", remedy)
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
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd()?;
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
