//! Traces as files: `run --trace` writes them, `run --compare` reads them.
//!
//! A `.npz` with keys `<node>/spikes` (counts) and `<node>/v` (shown membranes) per neuron node, and `<input>/spikes` per input node.
//! Arrays are `[T, c, h, w]`, or `[T, n]` for a vector; whole numbers, in the order of the layers.

use super::arrays::{write_npz, Array};
use super::npy::Parsed;
use super::npz;
use crate::{wiring, InputNode, MapShape, Problems, Spikes};
use std::path::Path;

/// Arrays of a trace by key, inputs first, then layer after layer.
pub type TraceArrays = Vec<(String, Array)>;

/// Key of a node's spikes.
pub fn spikes_key(node: &str) -> String {
    format!("{node}/spikes")
}

/// Key of a node's shown membranes.
pub fn membrane_key(node: &str) -> String {
    format!("{node}/v")
}

/// An entry for each input; `sample` as [`Network::input`](crate::Network::input) counts it.
pub fn input_arrays(inputs: &[InputNode], sample: &Spikes) -> TraceArrays {
    let of = |(input, spikes): (&InputNode, Spikes)| (spikes_key(&input.name), Array::of_spikes(&spikes, input.shape));
    inputs.iter().zip(wiring::by_input(inputs, sample)).map(of).collect()
}

/// A layer's entries: `spikes` per step, `shown` membranes `[T][N]`.
pub fn layer_arrays(node: &str, shape: MapShape, spikes: &Spikes, shown: &[i32]) -> TraceArrays {
    vec![
        (spikes_key(node), Array::of_spikes(spikes, shape)),
        (membrane_key(node), Array::of_states(shown, shape)),
    ]
}

/// Writes a trace; the same trace gives the same bytes.
pub fn write(path: &Path, arrays: &TraceArrays) -> Result<(), Problems> {
    write_npz(path, arrays)
}

/// Reads a trace, or what another simulator wrote under the same keys. What is beside them (labels, text) is left out.
pub fn read(path: &Path) -> Result<TraceArrays, Problems> {
    let (mut arrays, mut problems) = (Vec::new(), Vec::new());
    for (name, parsed) in npz::entries(path)? {
        match parsed {
            Ok(Parsed::Numbers(array)) => arrays.push((name, array)),
            Err(problem) if name.ends_with("/spikes") || name.ends_with("/v") => problems.push(problem),
            _ => {}
        }
    }
    Problems::unless_empty(problems, arrays)
}
