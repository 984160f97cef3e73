//! Samples: images and recordings on disk become spikes.
//!
//! [`load`] looks at what lies in a folder (or at one file) and gives a [`Dataset`], which reads and encodes a sample
//! when it is asked for. Four kinds of data are known: idx images (MNIST) through a phase encoder; events binned into time steps,
//! as N-MNIST recordings (40-bit words) or in the columns of a `.npy` or `.npz`; and spike arrays `[T, ...]` in `.npy` or `.npz`.

pub mod arrays;
mod axes;
mod binning;
pub mod compare;
mod events;
mod idx;
mod inputs;
mod labels;
mod npy;
mod npz;
mod options;
mod phase;
mod recording;
pub mod trace_file;

pub use axes::Axes;
pub use options::{BinWidth, DataOptions, Encoder};

use crate::{MapShape, Problem, Problems, Spikes};
use arrays::{read_sample, Content};
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
    /// Where the labels stand, for messages.
    place: String,
    source: Source,
}

/// Class numbers in the order of samples.
type Labels = Vec<Option<u32>>;

#[derive(Clone, Debug)]
enum Source {
    Images { images: idx::Images, steps: usize },
    Recordings { files: Vec<PathBuf>, bin: BinWidth },
    Arrays { files: Vec<PathBuf> },
    /// Events in columns.
    Events { files: Vec<PathBuf>, bin: BinWidth },
}

/// Opens `path`: a folder of images, recordings or arrays, or one recording or array file.
///
/// `input` is the map that a sample's flat indices count ([`Network::input`](crate::Network::input)), which images and events must fit.
pub fn load(path: &Path, options: &DataOptions, input: MapShape) -> Result<Dataset, Problems> {
    let (source, labels) = find(path, options, input)?;
    let found = labels.len();
    let len = options.samples.unwrap_or(found);
    if found == 0 {
        let remedy = "point --data at a folder with samples";
        return Err(Problem::new("samples-range", path.display().to_string(), "no samples", "at least one", remedy).into());
    }
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
        place: Some(path.join("labels.txt")).filter(|file| file.is_file()).unwrap_or(path.to_path_buf()).display().to_string(),
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
            "npy" | "npz" => spike_arrays(vec![entry], options, path),
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
        (true, false) => spike_arrays(labels::match_files(path, arrays)?, options, path),
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
    problems.extend(options.unused(options.axes.is_some(), "--axes", "images have rows and columns"));
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
    let (files, labels) = apart(entries);
    Ok((Source::Recordings { files, bin: bin_of("recordings", options, path)? }, labels))
}

/// Files of one kind: spikes, or events in columns, as the first one is.
fn spike_arrays(entries: Vec<Entry>, options: &DataOptions, path: &Path) -> Result<(Source, Labels), Problems> {
    let (files, labels) = apart(entries);
    let node = options.inputs.first().map_or("input", |input| &input.name);
    // What cannot be read says so when its turn comes.
    let first = files.first().map(|file| read_sample(file, node));
    if let (Some(Ok(Content::Events(_))), true) = (first, options.inputs.len() <= 1) {
        return Ok((Source::Events { files, bin: bin_of("events", options, path)? }, labels));
    }
    let mut problems = options.unused(options.encode.is_some(), "--encode", "arrays hold spikes already");
    problems.extend(options.unused(options.bin.is_some(), "--bin", "arrays hold time steps already"));
    Problems::unless_empty(problems, (Source::Arrays { files }, labels))
}

fn apart(entries: Vec<Entry>) -> (Vec<PathBuf>, Labels) {
    entries.into_iter().map(|entry| (entry.file, entry.label)).unzip()
}

/// The bin width, which events need; what they have no use for is refused.
fn bin_of(what: &str, options: &DataOptions, path: &Path) -> Result<BinWidth, Problems> {
    inputs::one_only(path, what, &options.inputs)?;
    let mut problems = options.unused(options.encode.is_some(), "--encode", "events are binned");
    problems.extend(options.unused(options.axes.is_some(), "--axes", "events have names for their columns"));
    if options.bin.is_none() {
        let limit = "events become time steps by --bin WIDTH";
        let found = format!("{what}, but no bin width");
        problems.push(Problem::new("bin-missing", path.display().to_string(), found, limit, "add --bin 1ms"));
    }
    Problems::unless_empty(problems, options.bin.unwrap_or(BinWidth::ONE_MILLISECOND))
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
            Source::Recordings { files, .. } | Source::Arrays { files } | Source::Events { files, .. } => files.len(),
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

    /// A problem if a sample in use has a class that an output of `classes` neurons, called `output`, does not have.
    pub fn check_labels(&self, classes: usize, output: &str) -> Result<(), Problem> {
        let known = || self.labels.iter().copied().flatten();
        let Some(at) = self.labels.iter().position(|label| label.is_some_and(|label| label as usize >= classes)) else {
            return Ok(());
        };
        let wrong = known().filter(|label| *label as usize >= classes).count();
        let more = if wrong > 1 { format!(", and {} more above {}", wrong - 1, classes - 1) } else { String::new() };
        let found = format!("class {} of sample {at} ({}){more}", self.labels[at].unwrap_or(0), self.name(at));
        let limit = match classes {
            1 => format!("output \"{output}\" has one neuron: class 0"),
            _ => format!("output \"{output}\" has {classes} neurons: classes 0 to {}", classes - 1),
        };
        let (least, most) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
        let remedy = match least >= 1 && most as usize == classes {
            true => format!("the classes are {least} to {most}: do they count from 1? Subtract 1 from each"),
            false => format!("the classes are {least} to {most}: give labels of this net, or the net of these labels (or --output-node)"),
        };
        Err(Problem::new("label-range", &self.place, found, limit, remedy))
    }

    fn read_array(&self, path: &Path) -> Result<Spikes, Problems> {
        let axes = self.options.axes.as_ref();
        let node = match self.options.inputs.as_slice() {
            [] => "input",
            [one] => &one.name,
            several => return inputs::read(path, several, axes),
        };
        match read_sample(path, node)? {
            Content::Spikes(array) => array.spikes(&path.display().to_string(), self.input, axes),
            Content::Events(_) => Err(mixed(path, "events", "spike arrays").into()),
        }
    }

    fn read_events(&self, path: &Path, bin: BinWidth) -> Result<Spikes, Problems> {
        let node = self.options.inputs.first().map_or("input", |input| &input.name);
        match read_sample(path, node)? {
            Content::Events(columns) => events::spikes(&columns, &path.display().to_string(), bin, self.input),
            Content::Spikes(_) => Err(mixed(path, "a spike array", "events").into()),
        }
    }

    /// Image number or file name of a sample.
    fn name(&self, i: usize) -> String {
        match &self.source {
            Source::Images { .. } => format!("image {i}"),
            Source::Recordings { files, .. } | Source::Arrays { files } | Source::Events { files, .. } => {
                files[i].file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        }
    }

    /// Spikes and name of any sample of the folder.
    fn read(&self, i: usize) -> Result<(Spikes, String), Problems> {
        let (mut spikes, path) = match &self.source {
            Source::Images { images, steps } => return Ok((phase::encode(images.image(i), *steps), self.name(i))),
            Source::Recordings { files, bin } => (recording::read(&files[i], *bin, self.input)?, &files[i]),
            Source::Events { files, bin } => (self.read_events(&files[i], *bin)?, &files[i]),
            Source::Arrays { files } => (self.read_array(&files[i])?, &files[i]),
        };
        if spikes.is_empty() {
            let (limit, remedy) = ("a sample has at least one", "remove the file: there is nothing to compute or to compare");
            return Err(Problem::new("sample-empty", path.display().to_string(), "no time steps", limit, remedy).into());
        }
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
        Ok((spikes, self.name(i)))
    }
}

/// A file of another kind than the first.
fn mixed(path: &Path, found: &str, others: &str) -> Problem {
    let limit = format!("the first file holds {others}: all samples of a folder are of one kind");
    Problem::new("data-mixed", path.display().to_string(), found, limit, "put the two kinds into folders of their own")
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
        "*-images-idx3-ubyte[.gz] with labels, *.bs2 or *.bin with labels.txt, *.npy or *.npz with spikes [T, ...] or events",
        "point --data at a folder with one of these",
    )
}
