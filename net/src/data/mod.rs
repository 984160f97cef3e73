//! Samples: images and recordings on disk become spikes.
//!
//! [`load`] looks at what lies in a folder (or at one file) and gives a [`Dataset`], which reads and encodes a sample
//! when it is asked for. Three kinds of data are known: idx images (MNIST) through a phase encoder, N-MNIST recordings
//! of 40-bit events binned into time steps, and spike arrays `[T, ...]` in `.npy` or `.npz`.

pub mod arrays;
pub mod compare;
mod idx;
mod inputs;
mod labels;
mod options;
mod phase;
mod recording;
pub mod trace_file;

pub use options::{BinWidth, DataOptions, Encoder};

use crate::{MapShape, Problem, Problems, Spikes};
use arrays::Array;
use labels::Entry;
use std::path::{Path, PathBuf};

/// One sample, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub spikes: Spikes,
    /// Class number, if the data has labels.
    pub label: Option<u32>,
    /// Where it comes from: image number or file name.
    pub name: String,
}

/// Samples in the order of their labels file (of their names, if there is none).
#[derive(Clone, Debug)]
pub struct Dataset {
    input: MapShape,
    options: DataOptions,
    /// How many of the samples to use.
    len: usize,
    labels: Labels,
    source: Source,
}

/// Class numbers in the order of samples.
type Labels = Vec<Option<u32>>;

#[derive(Clone, Debug)]
enum Source {
    Images { images: idx::Images, steps: usize },
    Recordings { files: Vec<PathBuf>, bin: BinWidth },
    Arrays { files: Vec<PathBuf> },
}

/// Opens `path`: a folder of images, recordings or arrays, or one recording or array file.
///
/// `input` is the map that a sample's flat indices count ([`Network::input`](crate::Network::input)), which images and events must fit.
pub fn load(path: &Path, options: &DataOptions, input: MapShape) -> Result<Dataset, Problems> {
    let (source, labels) = find(path, options, input)?;
    let found = labels.len();
    let len = options.samples.unwrap_or(found);
    if len > found || len == 0 {
        return Err(Problem::new(
            "samples-range",
            path.display().to_string(),
            format!("--samples {len}"),
            format!("there are {found} samples"),
            format!("use --samples 1..={found}, or leave it away for all of them"),
        )
        .into());
    }
    Ok(Dataset {
        input,
        options: options.clone(),
        len,
        labels: labels[..len].to_vec(),
        source,
    })
}

/// The kind of data at `path`, and the labels of all its samples.
fn find(path: &Path, options: &DataOptions, input: MapShape) -> Result<(Source, Labels), Problems> {
    if path.is_file() {
        let entry = Entry {
            file: path.to_path_buf(),
            label: None,
        };
        return match extension(path).as_str() {
            "bs2" | "bin" => recordings(vec![entry], options, path),
            "npy" | "npz" => spike_arrays(vec![entry], options),
            _ => Err(unknown(path).into()),
        };
    }
    let files = list(path)?;
    if let Some(images) = idx::find(&files) {
        return images_of(images, options, input, path);
    }
    let of = |kinds: &[&str]| -> Vec<PathBuf> {
        files
            .iter()
            .filter(|file| kinds.contains(&extension(file).as_str()))
            .cloned()
            .collect()
    };
    let (events, arrays) = (of(&["bs2", "bin"]), of(&["npy", "npz"]));
    match (events.is_empty(), arrays.is_empty()) {
        (false, _) => recordings(labels::match_files(path, events)?, options, path),
        (true, false) => spike_arrays(labels::match_files(path, arrays)?, options),
        (true, true) => Err(unknown(path).into()),
    }
}

fn images_of(
    found: idx::Found,
    options: &DataOptions,
    input: MapShape,
    path: &Path,
) -> Result<(Source, Labels), Problems> {
    inputs::one_only(path, "images", &options.inputs)?;
    let mut problems = Vec::new();
    let steps = match &options.encode {
        Some(Encoder::Phase { steps }) => *steps,
        None => {
            problems.push(Problem::new(
                "encoder-missing",
                path.display().to_string(),
                "images, but no encoder",
                "images become spikes by --encode phase:T",
                "add --encode phase:8 (T as the network was trained)",
            ));
            0
        }
    };
    problems.extend(options.unused(options.bin.is_some(), "--bin", "images have no time stamps"));
    if options.encode.is_some() && options.steps.is_some_and(|wanted| wanted != steps) {
        problems.push(Problem::new(
            "steps-contradict-encoder",
            "--steps",
            options.steps.unwrap_or(0).to_string(),
            format!("the encoder phase:{steps} makes {steps} time steps"),
            "leave --steps away, or give both the same number",
        ));
    }
    match idx::read(&found, input) {
        Ok((images, labels)) => Problems::unless_empty(problems, (Source::Images { images, steps }, labels)),
        Err(Problems(more)) => Err(Problems(problems.into_iter().chain(more).collect())),
    }
}

fn recordings(entries: Vec<Entry>, options: &DataOptions, path: &Path) -> Result<(Source, Labels), Problems> {
    inputs::one_only(path, "recordings", &options.inputs)?;
    let mut problems = options.unused(options.encode.is_some(), "--encode", "recordings are binned");
    if options.bin.is_none() {
        problems.push(Problem::new(
            "bin-missing",
            path.display().to_string(),
            "recordings, but no bin width",
            "events become time steps by --bin WIDTH",
            "add --bin 1ms",
        ));
    }
    let labels = entries.iter().map(|entry| entry.label).collect();
    let files = entries.into_iter().map(|entry| entry.file).collect();
    let bin = options.bin.unwrap_or(BinWidth::ONE_MILLISECOND);
    Problems::unless_empty(problems, (Source::Recordings { files, bin }, labels))
}

fn spike_arrays(entries: Vec<Entry>, options: &DataOptions) -> Result<(Source, Labels), Problems> {
    let mut problems = options.unused(options.encode.is_some(), "--encode", "arrays hold spikes already");
    problems.extend(options.unused(options.bin.is_some(), "--bin", "arrays hold time steps already"));
    let labels = entries.iter().map(|entry| entry.label).collect();
    let files = entries.into_iter().map(|entry| entry.file).collect();
    Problems::unless_empty(problems, (Source::Arrays { files }, labels))
}

impl Dataset {
    /// Number of samples in use: `--samples`, or all.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Class numbers of the samples in use, in order.
    pub fn labels(&self) -> &[Option<u32>] {
        &self.labels
    }

    /// Shape of the input map that the samples were checked against.
    pub fn input(&self) -> MapShape {
        self.input
    }

    /// Reads and encodes sample `i`, `i < len()`.
    pub fn sample(&self, i: usize) -> Result<Sample, Problems> {
        let label = self.labels.get(i).copied().flatten();
        let (spikes, name) = self.read(i)?;
        Ok(Sample { spikes, label, name })
    }

    /// Largest number of times one address comes in one time step, over *all* samples of the folder, whatever
    /// `--samples` says, so that the hardware does not depend on how many of them are run.
    pub fn multiplicity(&self) -> Result<u32, Problems> {
        let files = match &self.source {
            Source::Images { .. } => return Ok(1),
            _ if self.options.dedup => return Ok(1),
            Source::Recordings { files, .. } | Source::Arrays { files } => files.len(),
        };
        let mut count = vec![0u32; self.input.len()];
        let mut most = 1;
        for i in 0..files {
            for events in self.read(i)?.0 {
                for &index in &events {
                    let n = &mut count[index as usize];
                    *n += 1;
                    most = most.max(*n);
                }
                events.iter().for_each(|&index| count[index as usize] = 0);
            }
        }
        Ok(most)
    }

    fn read_array(&self, path: &Path) -> Result<Spikes, Problems> {
        match self.options.inputs.as_slice() {
            [] => Array::read_sample(path, "input")?.spikes(path, self.input),
            [one] => Array::read_sample(path, &one.name)?.spikes(path, self.input),
            several => inputs::read(path, several),
        }
    }

    /// Spikes and name of any sample of the folder.
    fn read(&self, i: usize) -> Result<(Spikes, String), Problems> {
        let (mut spikes, path) = match &self.source {
            Source::Images { images, steps } => {
                return Ok((phase::encode(images.image(i), *steps), format!("image {i}")));
            }
            Source::Recordings { files, bin } => (recording::read(&files[i], *bin, self.input)?, &files[i]),
            Source::Arrays { files } => (self.read_array(&files[i])?, &files[i]),
        };
        if self.options.dedup {
            for events in &mut spikes {
                events.sort_unstable();
                events.dedup();
            }
        }
        if let Some(wanted) = self.options.steps {
            if spikes.len() > wanted {
                return Err(Problem::new(
                    "steps-contradict-data",
                    path.display().to_string(),
                    format!("{} time steps", spikes.len()),
                    format!("--steps {wanted}"),
                    "leave --steps away, raise it, or use a wider --bin",
                )
                .into());
            }
            spikes.resize(wanted, Vec::new());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((spikes, name))
    }
}

/// Lower-case extension of a file, empty if none.
fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Files of a folder, sorted by name.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Problem::new(
            "data-unreadable",
            folder.display().to_string(),
            error.to_string(),
            "a folder of images, recordings or spike arrays",
            "check the path given with --data",
        )
    })?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    Ok(files)
}

/// Reads a whole file.
fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| {
        Problem::new(
            "data-unreadable",
            path.display().to_string(),
            error.to_string(),
            "a readable file",
            "check the path and its permissions",
        )
    })
}

fn unknown(path: &Path) -> Problem {
    Problem::new(
        "data-unknown",
        path.display().to_string(),
        "no data that spikewright knows",
        "*-images-idx3-ubyte[.gz] with labels, *.bs2 or *.bin with labels.txt, *.npy or *.npz spikes [T, ...]",
        "point --data at a folder with one of these",
    )
}
