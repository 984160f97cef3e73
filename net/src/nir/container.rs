//! The HDF5 container of a NIR file: the datasets of its groups, and metadata. `flatten.rs` walks the graph in it.
//!
//! Layout: `/version` (string); `/node/type` = "NIRGraph", `/node/nodes/<name>/...`, `/node/edges` (N x 2 strings),
//! optional `/node/metadata/...`. Everything is a dataset, nothing an attribute.

use std::collections::BTreeMap;

use hdf5_pure::{DType, Dataset, Datatype, File};

use super::folder::Folder;
use super::{flatten, numbers, Array, Graph};
use crate::{Problem, Problems};

pub(super) const RESAVE: &str = "write it again with nir.write(path, graph)";

pub(super) fn read(label: &str, bytes: Vec<u8>, repair: bool) -> Result<Graph, Problems> {
    if !hdf5_pure::is_hdf5_bytes(&bytes) {
        let found = match bytes.len() {
            0 => "an empty file".to_string(),
            n => format!("{n} bytes without an HDF5 signature"),
        };
        let remedy = "give a file written by nir.write() or by a framework's NIR export";
        return Err(Problem::new("not-hdf5", label, found, "NIR files are HDF5", remedy).into());
    }
    let damaged = |error: hdf5_pure::Error| {
        let remedy = "the file is truncated or damaged: copy or export it again";
        Problem::new(
            "damaged-hdf5",
            label,
            error.to_string(),
            "an HDF5 file that can be read to its end",
            remedy,
        )
    };
    let length = bytes.len() as u64;
    let file = File::from_bytes(bytes).map_err(damaged)?;
    let promised = file.superblock().eof_address;
    if promised > length {
        let limit = format!("its header promises {promised} bytes");
        let remedy = "the file is truncated: copy or export it again";
        return Err(Problem::new("truncated", label, format!("{length} bytes"), limit, remedy).into());
    }
    let root = Folder::root(file);
    let top = root.group("node").map_err(|error| {
        let found = format!("no group /node: {error}");
        Problem::new("not-nir", label, found, "a NIR file holds its graph in /node", RESAVE)
    })?;
    let mut reader = Reader {
        label,
        problems: Vec::new(),
        repair,
        notes: Vec::new(),
    };
    let version = root.dataset("version").ok().and_then(|d| text(&d)).unwrap_or_default();
    let (nodes, edges) = flatten::nodes_and_edges(&mut reader, &top);
    let metadata = top.group("metadata").map(|group| scalars(&group)).unwrap_or_default();
    let graph = Graph {
        file: label.to_string(),
        version,
        nodes,
        edges,
        metadata,
        notes: reader.notes,
    };
    Problems::unless_empty(reader.problems, graph)
}

/// Reads datasets of one node; every failure becomes a problem that names file, node and dataset.
pub(super) struct Reader<'a> {
    pub(super) label: &'a str,
    pub(super) problems: Vec<Problem>,
    /// Takes a name that no node has for the only node that no edge has.
    pub(super) repair: bool,
    pub(super) notes: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, code: &'static str, node: &str, value: String, limit: &str, remedy: &str) {
        self.problems.push(Problem::new(
            code,
            format!("{}: node \"{node}\"", self.label),
            value,
            limit,
            remedy,
        ));
    }

    /// A float array, every value finite.
    pub(super) fn array(&mut self, group: &Folder, node: &str, key: &str) -> Option<Array> {
        self.numbers(group, node, key, |value| value.is_finite())
    }

    /// A float array, every value finite or plus infinity.
    pub(super) fn unbounded_array(&mut self, group: &Folder, node: &str, key: &str) -> Option<Array> {
        self.numbers(group, node, key, |value| value.is_finite() || value == f64::INFINITY)
    }

    fn numbers(&mut self, group: &Folder, node: &str, key: &str, fits: fn(f64) -> bool) -> Option<Array> {
        let dataset = self.dataset(group, node, key)?;
        let read = shape(&dataset).and_then(|shape| {
            Ok(Array {
                shape,
                data: numbers::read(&dataset)?,
            })
        });
        let array = match read {
            Ok(array) => array,
            Err(error) => {
                self.unreadable(&dataset, node, key, &error);
                return None;
            }
        };
        if array.data.len() != array.shape.iter().product::<usize>() {
            let value = format!("`{key}` of shape {:?} holds {} values", array.shape, array.data.len());
            self.problem("damaged-hdf5", node, value, "as many values as the shape says", RESAVE);
            return None;
        }
        let bad = array.data.iter().filter(|v| !fits(**v)).count();
        if let Some(at) = array.data.iter().position(|v| !fits(*v)) {
            let value = format!(
                "`{key}` holds {} at flat index {at} ({bad} of {} values)",
                array.data[at],
                array.data.len()
            );
            let remedy = "look for divergence in training and export a finite model";
            self.problem("not-finite", node, value, "finite numbers, no NaN or infinity", remedy);
            return None;
        }
        Some(array)
    }

    /// A float array that may be absent.
    pub(super) fn optional_array(&mut self, group: &Folder, node: &str, key: &str) -> Option<Option<Array>> {
        if !group.has(key) {
            return Some(None);
        }
        self.array(group, node, key).map(Some)
    }

    /// Integers (a scalar is one integer).
    pub(super) fn integers(&mut self, group: &Folder, node: &str, key: &str) -> Option<Vec<i64>> {
        let dataset = self.dataset(group, node, key)?;
        match dataset.read_f64() {
            Ok(values) if values.iter().all(|v| v.fract() == 0.0 && v.abs() < 1e15) => {
                Some(values.iter().map(|v| *v as i64).collect())
            }
            Ok(values) => {
                self.problem(
                    "node-parameter",
                    node,
                    format!("`{key}` is {values:?}"),
                    "integers",
                    RESAVE,
                );
                None
            }
            Err(error) => {
                self.unreadable(&dataset, node, key, &error);
                None
            }
        }
    }

    /// A string, if the dataset is one; `None` without a problem if it holds numbers.
    pub(super) fn string(&mut self, group: &Folder, key: &str) -> Option<String> {
        group.dataset(key).ok().and_then(|dataset| text(&dataset))
    }

    fn dataset(&mut self, group: &Folder, node: &str, key: &str) -> Option<Dataset> {
        match group.dataset(key) {
            Ok(dataset) => Some(dataset),
            Err(_) => {
                match group.link(key) {
                    Some(link) => {
                        let value = format!("`{key}` is {link}, where no dataset is found");
                        self.problem("missing-dataset", node, value, "links lead to datasets of the same file", RESAVE);
                    }
                    None => {
                        let value = format!("no dataset `{key}`");
                        self.problem("missing-dataset", node, value, "this node type needs it", RESAVE);
                    }
                }
                None
            }
        }
    }

    fn unreadable(&mut self, dataset: &Dataset, node: &str, key: &str, error: &hdf5_pure::Error) {
        if let Some(what) = dataset.datatype().ok().and_then(|kind| foreign(&kind)) {
            let value = format!("`{key}` holds {what}");
            let remedy = format!("save it as float32: {key}.astype(\"float32\")");
            self.problem("number-type", node, value, "integers, and floats of 16, 32 or 64 bits", &remedy);
            return;
        }
        let remedy = "save it again, uncompressed or with gzip: nir.write(path, graph, compression=\"gzip\")";
        self.problem("damaged-hdf5", node, format!("`{key}`: {error}"), "contiguous, gzip or lzf datasets", remedy);
    }
}

/// What a dataset holds if that is no number that is read.
fn foreign(kind: &Datatype) -> Option<String> {
    let what = match kind {
        Datatype::FixedPoint { size: 1..=8, .. } | Datatype::FloatingPoint { size: 2 | 4 | 8, .. } => return None,
        Datatype::FixedPoint { size, .. } => format!("integers of {} bits", 8 * size),
        Datatype::FloatingPoint { size, .. } => format!("floats of {} bits (long double)", 8 * size),
        Datatype::String { .. } | Datatype::VariableLength { is_string: true, .. } => "text".to_string(),
        Datatype::VariableLength { .. } => "lists of any length".to_string(),
        Datatype::Compound { .. } => "compound values (complex numbers, say)".to_string(),
        Datatype::Enumeration { .. } => "an enumeration (booleans, say)".to_string(),
        Datatype::Reference { .. } => "references".to_string(),
        _ => "no numbers".to_string(),
    };
    Some(what)
}

fn shape(dataset: &Dataset) -> Result<Vec<usize>, hdf5_pure::Error> {
    Ok(dataset.shape()?.iter().map(|&n| n as usize).collect())
}

/// The string in a scalar string dataset.
pub(super) fn text(dataset: &Dataset) -> Option<String> {
    match dataset.dtype().ok()? {
        DType::String | DType::VariableLengthString => dataset.read_string().ok()?.into_iter().next(),
        _ => None,
    }
}

/// Scalars of a group as text (strings as they are, numbers in shortest form).
fn scalars(group: &Folder) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for name in group.datasets().unwrap_or_default() {
        let Ok(dataset) = group.dataset(&name) else { continue };
        let value = text(&dataset).or_else(|| match dataset.read_f64().ok()?.as_slice() {
            [one] => Some(one.to_string()),
            _ => None,
        });
        if let Some(value) = value {
            found.insert(name, value);
        }
    }
    found
}
