//! idx images with labels, as MNIST comes: `*-images-idx3-ubyte` and `*-labels-idx1-ubyte`, plain or gzipped.

use super::read_file;
use crate::{MapShape, Problem, Problems};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The pair of files to read.
pub struct Found {
    images: PathBuf,
    labels: Option<PathBuf>,
}

/// All images of a file, `[image][row][column]`, 0..=255.
#[derive(Clone, Debug)]
pub struct Images {
    pixels: Vec<u8>,
    size: usize,
}

impl Images {
    /// Pixels of image `i`, row by row.
    pub fn image(&self, i: usize) -> &[u8] {
        &self.pixels[i * self.size..][..self.size]
    }
}

/// Finds images among `files` (sorted); the test set `t10k` comes first if there are several.
pub fn find(files: &[PathBuf]) -> Option<Found> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_images = |path: &&PathBuf| {
        let name = name(path);
        name.contains("images-idx3-ubyte") || name.contains("images.idx3-ubyte")
    };
    let images = files
        .iter()
        .filter(is_images)
        .min_by_key(|path| !name(path).starts_with("t10k"))?;
    let plain = name(images)
        .trim_end_matches(".gz")
        .replace("images", "labels")
        .replace("idx3", "idx1");
    let labels = files.iter().find(|path| name(path).trim_end_matches(".gz") == plain);
    Some(Found {
        images: images.clone(),
        labels: labels.cloned(),
    })
}

/// Reads images and labels; images must fit the input map, and each must have a label if there is a labels file.
pub fn read(found: &Found, input: MapShape) -> Result<(Images, Vec<Option<u32>>), Problems> {
    let mut problems = Vec::new();
    let images = keep(read_images(&found.images, input), &mut problems);
    let labels = found
        .labels
        .as_ref()
        .and_then(|path| keep(read_idx(path, 1), &mut problems));
    let images = match (images, problems.is_empty()) {
        (Some(images), true) => images,
        _ => return Err(Problems(problems)),
    };
    let count = images.pixels.len() / images.size.max(1);
    let Some((_, labels)) = labels else {
        return Ok((images, vec![None; count]));
    };
    if labels.len() != count {
        return Err(Problem::new(
            "label-count",
            found.images.display().to_string(),
            format!("{count} images but {} labels", labels.len()),
            "one label per image",
            "give the labels file that belongs to these images",
        )
        .into());
    }
    Ok((images, labels.into_iter().map(|label| Some(u32::from(label))).collect()))
}

fn keep<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

fn read_images(path: &Path, input: MapShape) -> Result<Images, Problem> {
    let (sizes, pixels) = read_idx(path, 3)?;
    let (rows, columns) = (sizes[1], sizes[2]);
    let as_map = input == MapShape::new(1, rows, columns);
    let as_vector = input == MapShape::vector(rows * columns);
    if !as_map && !as_vector {
        return Err(Problem::new(
            "image-size",
            path.display().to_string(),
            format!("images of {rows}x{columns} pixels"),
            format!("the network's input is {input}"),
            "give images of the network's input size",
        ));
    }
    Ok(Images {
        pixels,
        size: rows * columns,
    })
}

/// Sizes and bytes of an idx file with `dimensions` dimensions of unsigned bytes.
fn read_idx(path: &Path, dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), Problem> {
    let broken = |value: String, limit: String| {
        Problem::new(
            "idx-broken",
            path.display().to_string(),
            value,
            limit,
            "the file is damaged or of another kind; fetch it again",
        )
    };
    let bytes = unpack(read_file(path)?).map_err(|error| broken(error.to_string(), "a whole gzip file".into()))?;
    let header = 4 + 4 * dimensions;
    let magic = [0, 0, 8, dimensions as u8];
    if bytes.len() < header || bytes[..4] != magic {
        let start = &bytes[..bytes.len().min(4)];
        return Err(broken(
            format!("{} bytes starting with {start:02x?}", bytes.len()),
            format!("an idx header of {header} bytes starting with {magic:02x?}"),
        ));
    }
    let size = |i: usize| {
        bytes[4 + 4 * i..8 + 4 * i]
            .iter()
            .fold(0usize, |size, &byte| size << 8 | usize::from(byte))
    };
    let sizes: Vec<usize> = (0..dimensions).map(size).collect();
    let expected = sizes
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size));
    if expected != Some(bytes.len() - header) {
        let found = bytes.len() - header;
        return Err(broken(
            format!("{found} bytes of data"),
            format!("the header says {sizes:?} bytes"),
        ));
    }
    Ok((sizes, bytes[header..].to_vec()))
}

/// Unpacks gzip if it is gzip.
fn unpack(bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}
