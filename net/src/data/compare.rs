//! Where two traces part: `run --compare`.

use super::arrays::{names, Array};
use super::trace_file::{membrane_key, spikes_key, TraceArrays};
use crate::{Problem, Problems};
use std::fmt;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Number of spikes of a neuron in a step.
    Spikes,
    /// Shown membrane.
    Membrane,
}

/// The first place where two arrays of a node differ: lowest time step, then lowest flat index.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Divergence {
    /// NIR name of the neuron (or input) node.
    pub node: String,
    pub step: usize,
    /// Flat index of the neuron, `[c][y][x]` order.
    pub neuron: usize,
    pub quantity: Quantity,
    pub ours: f64,
    pub reference: f64,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.quantity {
            Quantity::Spikes => "spikes",
            Quantity::Membrane => "membrane",
        };
        let Divergence {
            node,
            step,
            neuron,
            ours,
            reference,
            ..
        } = self;
        write!(
            f,
            "{node}: time step {step}, neuron {neuron}: {what} {ours} here, {reference} in the reference"
        )
    }
}

/// How far a node's spikes (and membranes, where both sides have whole numbers) agree.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct NodeAgreement {
    pub node: String,
    /// Pairs of neuron and time step that were compared, and how many of them have the same number of spikes.
    pub compared: u64,
    pub same: u64,
    /// Total spikes on either side, and those that both sides have at the same place.
    pub spikes_ours: u64,
    pub spikes_reference: u64,
    pub spikes_common: u64,
    /// Membranes with the same value, if they were compared (as many as `compared`).
    pub membranes_same: Option<u64>,
    pub first: Option<Divergence>,
}

impl NodeAgreement {
    /// Common spikes as a fraction of all spikes of either side (1 if there are none): 1 only if all agree.
    pub fn spike_agreement(&self) -> f64 {
        let all = self.spikes_ours + self.spikes_reference - self.spikes_common;
        if all == 0 {
            1.0
        } else {
            self.spikes_common as f64 / all as f64
        }
    }
}

/// Result of a comparison, nodes in the order of our trace.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Comparison {
    pub nodes: Vec<NodeAgreement>,
    /// Nodes of ours that the reference has no spikes of.
    pub missing: Vec<String>,
}

impl Comparison {
    /// The first divergence: of the first node in topological order that differs, its first step and neuron.
    pub fn first(&self) -> Option<&Divergence> {
        self.nodes.iter().find_map(|node| node.first.as_ref())
    }
}

/// Compares `ours` with `reference`, read from `path`. Arrays match by key; each must have as many steps and neurons as
/// ours (any shape behind the step, a leading dimension of 1 is dropped). Membranes are compared only where both sides
/// hold whole numbers, as float states are in other units.
pub fn compare(ours: &TraceArrays, reference: &TraceArrays, path: &str) -> Result<Comparison, Problems> {
    let mut comparison = Comparison {
        nodes: Vec::new(),
        missing: Vec::new(),
    };
    let mut problems = Vec::new();
    for (key, array) in ours {
        let Some(node) = key.strip_suffix("/spikes") else {
            continue;
        };
        let Some(theirs) = find(reference, &spikes_key(node)) else {
            comparison.missing.push(node.to_string());
            continue;
        };
        let membranes = find(ours, &membrane_key(node)).zip(find(reference, &membrane_key(node)));
        let membranes = membranes.filter(|(a, b)| a.is_whole() && b.is_whole());
        let pairs = [
            Some((key.clone(), array, theirs)),
            membranes.map(|(a, b)| (membrane_key(node), a, b)),
        ];
        let wrong = pairs
            .into_iter()
            .flatten()
            .filter_map(|(key, a, b)| mismatch(path, &key, a, b));
        let before = problems.len();
        problems.extend(wrong);
        if problems.len() == before {
            comparison.nodes.push(agreement(node, array, theirs, membranes));
        }
    }
    if comparison.nodes.is_empty() && problems.is_empty() {
        let expected: Vec<&str> = ours.iter().map(|(key, _)| key.as_str()).collect();
        problems.push(Problem::new(
            "compare-no-common-key",
            path,
            format!("arrays {}", names(reference)),
            format!("arrays named {}", expected.join(", ")),
            "name arrays <node>/spikes and <node>/v after the neuron nodes of the NIR file",
        ));
    }
    Problems::unless_empty(problems, comparison)
}

fn find<'a>(arrays: &'a TraceArrays, key: &str) -> Option<&'a Array> {
    arrays.iter().find(|(name, _)| name == key).map(|(_, array)| array)
}

fn mismatch(path: &str, key: &str, ours: &Array, reference: &Array) -> Option<Problem> {
    let per_step = |shape: &[usize]| shape.iter().skip(1).product::<usize>();
    let theirs = match reference.shape.as_slice() {
        [1, rest @ ..] if rest.len() >= 2 && ours.shape[0] != 1 => rest,
        shape => shape,
    };
    let same = theirs.first() == ours.shape.first() && per_step(theirs) == per_step(&ours.shape);
    (!same).then(|| {
        Problem::new(
            "compare-shape",
            format!("{path}:{key}"),
            format!("shape {:?}", reference.shape),
            format!("{:?} here", ours.shape),
            "record the same sample with as many time steps, one sample per file",
        )
    })
}

fn agreement(node: &str, ours: &Array, reference: &Array, membranes: Option<(&Array, &Array)>) -> NodeAgreement {
    let per_step = ours.shape[1..].iter().product::<usize>().max(1);
    let divergence = |at: usize, quantity, ours: f64, reference: f64| Divergence {
        node: node.to_string(),
        step: at / per_step,
        neuron: at % per_step,
        quantity,
        ours,
        reference,
    };
    let first_of = |a: &Array, b: &Array, quantity| {
        let at = a.data.iter().zip(&b.data).position(|(a, b)| a != b)?;
        Some(divergence(at, quantity, a.data[at], b.data[at]))
    };
    let spikes = first_of(ours, reference, Quantity::Spikes);
    let states = membranes.and_then(|(a, b)| first_of(a, b, Quantity::Membrane));
    let first = [spikes, states]
        .into_iter()
        .flatten()
        .min_by_key(|d| (d.step, d.neuron));
    let same = |a: &Array, b: &Array| a.data.iter().zip(&b.data).filter(|(a, b)| a == b).count() as u64;
    let total = |array: &Array| array.data.iter().sum::<f64>() as u64;
    NodeAgreement {
        node: node.to_string(),
        compared: ours.data.len() as u64,
        same: same(ours, reference),
        spikes_ours: total(ours),
        spikes_reference: total(reference),
        spikes_common: ours
            .data
            .iter()
            .zip(&reference.data)
            .map(|(a, b)| a.min(*b))
            .sum::<f64>() as u64,
        membranes_same: membranes.map(|(a, b)| same(a, b)),
        first,
    }
}
