//! The HDF5 container of a NIR file: groups to nodes, edges and metadata.
//!
//! Layout: `/version` (string); `/node/type` = "NIRGraph", `/node/nodes/<name>/...`, `/node/edges` (N x 2 strings),
//! optional `/node/metadata/...`. Everything is a dataset, nothing an attribute.

use std::collections::{BTreeMap, BTreeSet};

use hdf5_pure::{DType, Dataset, File, Group};

use super::support::{advice, supported_names};
use super::{nodes, numbers, Array, Graph, Node};
use crate::{Problem, Problems};

const RESAVE: &str = "write it again with nir.write(path, graph)";

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
    let root = file.root();
    let top = root.group("node").map_err(|error| {
        let found = format!("no group /node: {error}");
        Problem::new("not-nir", label, found, "a NIR file holds its graph in /node", RESAVE)
    })?;
    let mut reader = Reader {
        label,
        problems: Vec::new(),
        missing: BTreeSet::new(),
        repair,
        notes: Vec::new(),
    };
    let version = root.dataset("version").ok().and_then(|d| text(&d)).unwrap_or_default();
    let mut flat = Flat::default();
    reader.graph(&top, "", &mut flat);
    let metadata = top.group("metadata").map(|group| scalars(&group)).unwrap_or_default();
    let edges = reader.edges(&flat);
    let graph = Graph {
        file: label.to_string(),
        version,
        nodes: flat.nodes,
        edges,
        metadata,
        notes: reader.notes,
    };
    Problems::unless_empty(reader.problems, graph)
}

/// Nodes and edges of a graph with its nested graphs flattened.
#[derive(Default)]
struct Flat {
    nodes: BTreeMap<String, Node>,
    /// Names of nodes that exist but could not be read (each has its own problem).
    unread: BTreeSet<String>,
    edges: Vec<(String, String)>,
    /// Names that only edges have -> the node that is meant, where that is beyond doubt.
    repairable: BTreeMap<String, String>,
    /// Nested graph -> (its Input nodes, its Output nodes).
    nested: BTreeMap<String, (Vec<String>, Vec<String>)>,
}

/// Reads datasets of one node; every failure becomes a problem that names file, node and dataset.
pub(super) struct Reader<'a> {
    label: &'a str,
    problems: Vec<Problem>,
    /// Names that edges use and no node has, already reported.
    missing: BTreeSet<String>,
    /// Takes a name that no node has for the only node that no edge has.
    repair: bool,
    notes: Vec<String>,
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

    fn graph(&mut self, group: &Group, prefix: &str, flat: &mut Flat) {
        let here = if prefix.is_empty() {
            "node".to_string()
        } else {
            prefix.trim_end_matches('.').to_string()
        };
        let names = match group.group("nodes").and_then(|nodes| Ok((nodes.groups()?, nodes))) {
            Ok(found) => found,
            Err(error) => {
                self.problem(
                    "not-nir",
                    &here,
                    format!("no readable nodes: {error}"),
                    "a graph has a group `nodes`",
                    RESAVE,
                );
                return;
            }
        };
        for name in &names.0 {
            let full = format!("{prefix}{name}");
            match names.1.group(name) {
                Ok(node) => self.node(&node, &full, flat),
                Err(error) => {
                    self.problem(
                        "damaged-hdf5",
                        &full,
                        error.to_string(),
                        "a group that can be read",
                        RESAVE,
                    );
                    flat.unread.insert(full);
                }
            }
        }
        self.raw_edges(group, prefix, &here, flat);
    }

    fn node(&mut self, group: &Group, name: &str, flat: &mut Flat) {
        let Some(kind) = group.dataset("type").ok().and_then(|d| text(&d)) else {
            self.problem(
                "node-type",
                name,
                "no dataset `type`".into(),
                "every node names its type",
                RESAVE,
            );
            flat.unread.insert(name.to_string());
            return;
        };
        if kind == "NIRGraph" {
            let prefix = format!("{name}.");
            self.graph(group, &prefix, flat);
            let ends = |want: &str| {
                let inside = flat.nodes.iter().filter(|(n, node)| {
                    node.type_name() == want && n.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('.'))
                });
                inside.map(|(n, _)| n.clone()).collect::<Vec<_>>()
            };
            let ends = (ends("Input"), ends("Output"));
            flat.nested.insert(name.to_string(), ends);
            return;
        }
        let before = self.problems.len();
        match nodes::parse(self, group, name, &kind) {
            Some(node) => {
                flat.nodes.insert(name.to_string(), node);
            }
            None => {
                flat.unread.insert(name.to_string());
                if self.problems.len() == before {
                    let limit = format!("supported: {}", supported_names());
                    let value = format!("node type {kind} is not supported");
                    self.problem("node-unsupported", name, value, &limit, advice(&kind));
                }
            }
        }
    }

    fn raw_edges(&mut self, group: &Group, prefix: &str, here: &str, flat: &mut Flat) {
        let strings = match group.dataset("edges").and_then(|d| Ok((d.shape()?, d.read_string()?))) {
            Ok((shape, strings)) if shape.len() == 2 && shape[1] == 2 => strings,
            Ok((shape, _)) => {
                let value = format!("edges of shape {shape:?}");
                self.problem("edges", here, value, "edges are pairs of node names", RESAVE);
                return;
            }
            Err(error) => {
                self.problem(
                    "edges",
                    here,
                    format!("no readable edges: {error}"),
                    "edges are pairs of node names",
                    RESAVE,
                );
                return;
            }
        };
        let meant = misnamed(group, &strings);
        if let (Some((wrong, right)), true) = (&meant, self.repair) {
            let note = format!("edges of \"{here}\" say \"{wrong}\", read as its node \"{right}\" (--repair)");
            self.notes.push(note);
        }
        let name = |name: &String| match &meant {
            Some((wrong, right)) if self.repair && name == wrong => format!("{prefix}{right}"),
            _ => format!("{prefix}{name}"),
        };
        for pair in strings.chunks_exact(2) {
            flat.edges.push((name(&pair[0]), name(&pair[1])));
        }
        if let Some((wrong, right)) = meant {
            flat.repairable.insert(format!("{prefix}{wrong}"), right);
        }
    }

    /// Edges between flattened nodes, sorted, each once; dangling ends become problems.
    fn edges(&mut self, flat: &Flat) -> Vec<(String, String)> {
        let mut edges = BTreeSet::new();
        for (from, to) in &flat.edges {
            let ends = [
                self.end(flat, from, false, from, to),
                self.end(flat, to, true, from, to),
            ];
            if let [Some(from), Some(to)] = ends {
                edges.insert((from, to));
            }
        }
        edges.into_iter().collect()
    }

    fn end(&mut self, flat: &Flat, name: &str, entering: bool, from: &str, to: &str) -> Option<String> {
        if flat.nodes.contains_key(name) || flat.unread.contains(name) {
            return Some(name.to_string());
        }
        if let Some((inputs, outputs)) = flat.nested.get(name) {
            let (ends, want) = if entering {
                (inputs, "Input")
            } else {
                (outputs, "Output")
            };
            if let [only] = ends.as_slice() {
                return Some(only.clone());
            }
            let value = format!("nested graph with {} {want} nodes", ends.len());
            self.problem(
                "nested-graph",
                name,
                value,
                "a nested graph has one Input and one Output",
                "export a flat graph",
            );
            return None;
        }
        if !self.missing.insert(name.to_string()) {
            return None;
        }
        let known = flat.nodes.keys().chain(&flat.unread).chain(flat.nested.keys());
        let nearest = known.min_by_key(|known| (distance(known, name), known.as_str()));
        let hint = nearest.map_or(String::new(), |nearest| format!("; the nearest name is \"{nearest}\""));
        let path = format!("{}: edge \"{from}\" -> \"{to}\"", self.label);
        let value = format!("no node is called \"{name}\"");
        let remedy = match flat.repairable.get(name) {
            Some(right) => format!("give --repair to read it as \"{right}\", the only node of that graph without an edge"),
            None => format!("rename the edge's end or the node and save the graph again{hint}"),
        };
        self.problems.push(Problem::new(
            "dangling-edge",
            path,
            value,
            "both ends of an edge are nodes",
            remedy,
        ));
        None
    }

    /// A float array, every value finite.
    pub(super) fn array(&mut self, group: &Group, node: &str, key: &str) -> Option<Array> {
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
                self.unreadable(node, key, &error);
                return None;
            }
        };
        if array.data.len() != array.shape.iter().product::<usize>() {
            let value = format!("`{key}` of shape {:?} holds {} values", array.shape, array.data.len());
            self.problem("damaged-hdf5", node, value, "as many values as the shape says", RESAVE);
            return None;
        }
        let bad = array.data.iter().filter(|v| !v.is_finite()).count();
        if let Some(at) = array.data.iter().position(|v| !v.is_finite()) {
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
    pub(super) fn optional_array(&mut self, group: &Group, node: &str, key: &str) -> Option<Option<Array>> {
        if group.dataset(key).is_err() {
            return Some(None);
        }
        self.array(group, node, key).map(Some)
    }

    /// Integers (a scalar is one integer).
    pub(super) fn integers(&mut self, group: &Group, node: &str, key: &str) -> Option<Vec<i64>> {
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
                self.unreadable(node, key, &error);
                None
            }
        }
    }

    /// A string, if the dataset is one; `None` without a problem if it holds numbers.
    pub(super) fn string(&mut self, group: &Group, key: &str) -> Option<String> {
        group.dataset(key).ok().and_then(|dataset| text(&dataset))
    }

    fn dataset(&mut self, group: &Group, node: &str, key: &str) -> Option<Dataset> {
        match group.dataset(key) {
            Ok(dataset) => Some(dataset),
            Err(_) => {
                self.problem(
                    "missing-dataset",
                    node,
                    format!("no dataset `{key}`"),
                    "this node type needs it",
                    RESAVE,
                );
                None
            }
        }
    }

    fn unreadable(&mut self, node: &str, key: &str, error: &hdf5_pure::Error) {
        let remedy = "save it again, uncompressed or with gzip: nir.write(path, graph, compression=\"gzip\")";
        self.problem(
            "damaged-hdf5",
            node,
            format!("`{key}`: {error}"),
            "contiguous, gzip or lzf datasets",
            remedy,
        );
    }
}

fn shape(dataset: &Dataset) -> Result<Vec<usize>, hdf5_pure::Error> {
    Ok(dataset.shape()?.iter().map(|&n| n as usize).collect())
}

/// The string in a scalar string dataset.
fn text(dataset: &Dataset) -> Option<String> {
    match dataset.dtype().ok()? {
        DType::String | DType::VariableLengthString => dataset.read_string().ok()?.into_iter().next(),
        _ => None,
    }
}

/// Scalars of a group as text (strings as they are, numbers in shortest form).
fn scalars(group: &Group) -> BTreeMap<String, String> {
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

/// In a graph where just one node has no edge and edges have just one name without a node: that name and that node.
fn misnamed(graph: &Group, ends: &[String]) -> Option<(String, String)> {
    let nodes = graph.group("nodes").and_then(|nodes| nodes.groups()).ok()?;
    let missing: BTreeSet<&String> = ends.iter().filter(|end| !nodes.contains(end)).collect();
    let idle: Vec<&String> = nodes.iter().filter(|node| !ends.contains(node)).collect();
    match (missing.into_iter().collect::<Vec<_>>().as_slice(), idle.as_slice()) {
        ([wrong], [right]) => Some((wrong.to_string(), right.to_string())),
        _ => None,
    }
}

/// Levenshtein distance, for "the nearest name is".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
