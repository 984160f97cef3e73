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

/// How far a node's spikes (and membranes, where both sides have whole numbers) agree; of a reference without its spikes, how far its
/// membranes do.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct NodeAgreement {
    pub node: String,
    /// Pairs of neuron and time step that were compared, and how many of them have the same number of spikes (the same membrane, where
    /// membranes alone were compared).
    pub compared: u64,
    pub same: u64,
    /// Total spikes on either side, and those that both sides have at the same place; none where membranes alone were compared.
    pub spikes_ours: Option<u64>,
    pub spikes_reference: Option<u64>,
    pub spikes_common: Option<u64>,
    /// Membranes with the same value, if they were compared (as many as `compared`).
    pub membranes_same: Option<u64>,
    pub first: Option<Divergence>,
}

impl NodeAgreement {
    /// Common spikes as a fraction of all spikes of either side (1 if there are none): 1 only if all agree. None where membranes alone were
    /// compared.
    pub fn spike_agreement(&self) -> Option<f64> {
        let common = self.spikes_common?;
        let all = self.spikes_ours? + self.spikes_reference? - common;
        Some(if all == 0 { 1.0 } else { common as f64 / all as f64 })
    }
}

/// Result of a comparison, nodes in the order of our trace.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Comparison {
    pub nodes: Vec<NodeAgreement>,
    /// Nodes of ours that the reference has neither spikes nor membranes of.
    pub missing: Vec<String>,
}

impl Comparison {
    /// The first divergence: of the first node in topological order that differs, its first step and neuron.
    pub fn first(&self) -> Option<&Divergence> {
        self.nodes.iter().find_map(|node| node.first.as_ref())
    }
}

/// How far two float membranes may be apart and still be the same, as a share of the node's largest: what single precision and sums in
/// another order come to.
const TOLERANCE: f64 = 1e-4;

/// Compares `ours` with `reference`, read from `path`. Arrays match by key; each must have as many steps and neurons as
/// ours (any shape behind the step, a leading dimension of 1 is dropped). Beside spikes, membranes are compared only where both sides
/// hold whole numbers, as float states are in other units. Of a node whose spikes the reference does not have, its membranes are
/// compared: whole numbers exactly, floats with floats within 1e-4 of the node's largest. Whole numbers here and
/// fractions there are a problem.
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
        let spikes = find(reference, &spikes_key(node));
        let membranes = find(ours, &membrane_key(node)).zip(find(reference, &membrane_key(node)));
        let whole = membranes.filter(|(a, b)| a.is_whole() && b.is_whole());
        let pairs = match (spikes, membranes) {
            (None, None) => {
                comparison.missing.push(node.to_string());
                continue;
            }
            (Some(theirs), _) => vec![(key.clone(), array, theirs)].into_iter().chain(whole.map(|(a, b)| (membrane_key(node), a, b))).collect(),
            (None, Some((a, b))) => vec![(membrane_key(node), a, b)],
        };
        let before = problems.len();
        problems.extend(pairs.iter().filter_map(|(key, a, b)| mismatch(path, key, a, b)));
        problems.extend(membranes.filter(|_| spikes.is_none()).and_then(|(a, b)| other_units(path, node, a, b)));
        if problems.len() > before {
            continue;
        }
        comparison.nodes.push(match (spikes, membranes) {
            (None, Some(membranes)) => membranes_alone(node, membranes),
            (theirs, _) => agreement(node, array, theirs.unwrap_or(array), whole),
        });
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

/// Integers here and volts there.
fn other_units(path: &str, node: &str, ours: &Array, reference: &Array) -> Option<Problem> {
    let fractions = ours.is_whole() && reference.data.iter().any(|v| v.fract() != 0.0);
    fractions.then(|| {
        let key = membrane_key(node);
        let limit = "membranes here are integers in units of their layer";
        let remedy = format!("compare with --float, or record {} too", spikes_key(node));
        Problem::new("compare-units", format!("{path}:{key}"), "membranes with fractions, and no spikes", limit, remedy)
    })
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
    let equal = |a: f64, b: f64| a == b;
    let spikes = first_of(node, ours, reference, Quantity::Spikes, equal);
    let states = membranes.and_then(|(a, b)| first_of(node, a, b, Quantity::Membrane, equal));
    let first = [spikes, states]
        .into_iter()
        .flatten()
        .min_by_key(|d| (d.step, d.neuron));
    let total = |array: &Array| Some(array.data.iter().sum::<f64>() as u64);
    NodeAgreement {
        node: node.to_string(),
        compared: ours.data.len() as u64,
        same: same(ours, reference, equal),
        spikes_ours: total(ours),
        spikes_reference: total(reference),
        spikes_common: Some(ours.data.iter().zip(&reference.data).map(|(a, b)| a.min(*b)).sum::<f64>() as u64),
        membranes_same: membranes.map(|(a, b)| same(a, b, equal)),
        first,
    }
}

fn membranes_alone(node: &str, (ours, reference): (&Array, &Array)) -> NodeAgreement {
    let largest = ours.data.iter().chain(&reference.data).fold(0.0f64, |most, v| most.max(v.abs()));
    let apart = if ours.is_whole() { 0.0 } else { TOLERANCE * largest };
    let alike = |a: f64, b: f64| (a - b).abs() <= apart;
    let same = same(ours, reference, alike);
    NodeAgreement {
        node: node.to_string(),
        compared: ours.data.len() as u64,
        same,
        spikes_ours: None,
        spikes_reference: None,
        spikes_common: None,
        membranes_same: Some(same),
        first: first_of(node, ours, reference, Quantity::Membrane, alike),
    }
}

fn same(ours: &Array, reference: &Array, alike: impl Fn(f64, f64) -> bool) -> u64 {
    ours.data.iter().zip(&reference.data).filter(|(a, b)| alike(**a, **b)).count() as u64
}

fn first_of(node: &str, ours: &Array, reference: &Array, quantity: Quantity, alike: impl Fn(f64, f64) -> bool) -> Option<Divergence> {
    let per_step = ours.shape[1..].iter().product::<usize>().max(1);
    let at = ours.data.iter().zip(&reference.data).position(|(a, b)| !alike(*a, *b))?;
    Some(Divergence {
        node: node.to_string(),
        step: at / per_step,
        neuron: at % per_step,
        quantity,
        ours: ours.data[at],
        reference: reference.data[at],
    })
}
