//! NIR files: HDF5 in, a graph of typed nodes out. Nothing is interpreted here: no time step, no shapes chained.
//!
//! Source: the NIR specification and the `nir` package 1.0.8 (container layout in `docs/numbers.md`).

mod container;
mod flatten;
mod folder;
mod links;
mod nodes;
mod numbers;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Problem, Problems};

pub(crate) use numbers::half_float;
pub use support::{node_support, supported_names, NodeSupport};

/// An array as stored: C order, every value finite (`r` and `tau` of neurons: or plus infinity).
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

/// Padding of a convolution, in pixels (rows, columns) on each side, or by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Output as large as the input; stride must be 1.
    Same,
    /// No padding.
    Valid,
    Pixels(usize, usize),
}

/// Window of a pooling node; pairs are (rows, columns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub kernel: (usize, usize),
    pub stride: (usize, usize),
    pub padding: (usize, usize),
}

/// A convolution as stored; weight is `[out][in / groups][rows][columns]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvNode {
    pub weight: Array,
    pub bias: Option<Array>,
    pub stride: (usize, usize),
    pub padding: Padding,
    pub dilation: (usize, usize),
    pub groups: usize,
    /// Rows and columns of the input map; old files leave it out.
    pub input_shape: Option<(usize, usize)>,
}

/// Parameters of IF, LIF and LI as stored: volts, ohms, seconds; arrays of the neuron map's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct NeuronNode {
    pub kind: NeuronKind,
    pub r: Array,
    /// LIF and LI.
    pub tau: Option<Array>,
    /// LIF and LI.
    pub v_leak: Option<Array>,
    /// IF and LIF.
    pub v_threshold: Option<Array>,
    /// IF and LIF; absent in old files.
    pub v_reset: Option<Array>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeuronKind {
    If,
    Lif,
    Li,
}

impl NeuronKind {
    /// NIR's name of the node type.
    pub fn name(self) -> &'static str {
        match self {
            NeuronKind::If => "IF",
            NeuronKind::Lif => "LIF",
            NeuronKind::Li => "LI",
        }
    }
}

/// A node that spikewright understands.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Input {
        shape: Vec<usize>,
    },
    Output {
        shape: Vec<usize>,
    },
    /// Affine and Linear; weight is `[out][in]`.
    Linear {
        weight: Array,
        bias: Option<Array>,
    },
    Conv2d(ConvNode),
    SumPool2d(Window),
    AvgPool2d(Window),
    /// `end_dim` is inclusive; negative dimensions count from the back. A size of 0 in `input_type` is one that the file leaves open.
    Flatten {
        start_dim: i64,
        end_dim: i64,
        input_type: Option<Vec<usize>>,
    },
    Neuron(NeuronNode),
}

impl Node {
    /// NIR's name of the node type (Affine for a Linear with bias).
    pub fn type_name(&self) -> &'static str {
        match self {
            Node::Input { .. } => "Input",
            Node::Output { .. } => "Output",
            Node::Linear { bias: Some(_), .. } => "Affine",
            Node::Linear { bias: None, .. } => "Linear",
            Node::Conv2d(_) => "Conv2d",
            Node::SumPool2d(_) => "SumPool2d",
            Node::AvgPool2d(_) => "AvgPool2d",
            Node::Flatten { .. } => "Flatten",
            Node::Neuron(neuron) => neuron.kind.name(),
        }
    }
}

/// A NIR graph. Every edge joins two nodes that exist; nested graphs are flattened: `inner` of `outer` is called `outer.inner`, with a
/// number behind it where another node has that name.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The file's name as the user gave it, for messages.
    pub file: String,
    /// Version of the `nir` package that wrote the file; empty if it does not say.
    pub version: String,
    pub nodes: BTreeMap<String, Node>,
    /// (from, to), sorted, each once.
    pub edges: Vec<(String, String)>,
    /// `node/metadata`, scalars as text.
    pub metadata: BTreeMap<String, String>,
    /// What was repaired, for the list of assumptions.
    pub notes: Vec<String>,
}

/// Reads a NIR file. All problems of the file are reported at once. With `repair` a name in a graph's edges that no node has
/// is taken for the graph's only node without an edge.
pub fn read_file(path: &Path, repair: bool) -> Result<Graph, Problems> {
    let label = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        let remedy = match path.is_dir() {
            true => "name the file in it (net.nir in a folder that build wrote)",
            false => "check the path and its permissions",
        };
        let limit = "a NIR file that can be read";
        Problem::new("file-read", &label, error.to_string(), limit, remedy)
    })?;
    read_bytes(&label, bytes, repair)
}

/// Reads a NIR file from memory; `label` names it in messages.
pub fn read_bytes(label: &str, bytes: Vec<u8>, repair: bool) -> Result<Graph, Problems> {
    container::read(label, bytes, repair)
}
