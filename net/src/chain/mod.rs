//! Graph to layers in order: a neuron node each, with the pooling and weight nodes on the routes to it, every shape checked.
//!
//! Still floats and still volts and seconds: semantics come later (`semantics.rs`).

mod builder;
mod combine;
mod ends;
mod flatten;
mod fold;
mod topology;
mod weights;

use std::collections::BTreeMap;

use crate::nir::{Graph, NeuronNode};
use crate::{InputNode, MapShape, OutputNode, Pool, Problems, Source, Synapses};

/// A net as layers, as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub file: String,
    pub version: String,
    pub inputs: Vec<InputNode>,
    pub layers: Vec<ChainLayer>,
    pub outputs: Vec<OutputNode>,
    pub metadata: BTreeMap<String, String>,
    /// What was read leniently, for the list of assumptions.
    pub notes: Vec<String>,
}

/// One layer as read; weights carry the 1 / window size of average pooling, nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainLayer {
    pub name: String,
    pub neuron_name: String,
    /// It hears itself.
    pub recurrent: bool,
    /// Several routes lead to it.
    pub joined: bool,
    pub sources: Vec<Source>,
    pub input: MapShape,
    pub pool: Pool,
    /// Geometry; its integer weights are empty.
    pub synapses: Synapses,
    /// In the order that [`Synapses`] states.
    pub weights: Vec<f64>,
    /// One per output channel; empty if the node has none.
    pub bias: Vec<f64>,
    pub output: MapShape,
    pub neuron: NeuronNode,
}

/// Orders and groups the nodes of a graph. All problems are reported at once where one does not hide the next.
pub fn chain(graph: &Graph) -> Result<Chain, Problems> {
    let topology = topology::topology(graph)?;
    builder::Builder::new(graph).build(&topology)
}
