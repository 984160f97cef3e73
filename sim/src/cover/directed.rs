//! Samples that add what has not been added.

use net::wiring::first_address;
use net::{Network, Origin, Spikes};
use rtl::{CorePlan, Plan};

use crate::lockstep::footprint::Footprint;
use crate::lockstep::LayerCoverage;

/// Most events of a time step: several steps end in a sample, each with a scan.
const EVENTS: usize = 512;
/// Fewest steps that the events are spread over.
const STEPS: usize = 4;

/// One sample at the chip's inputs for all layers that hear one; without steps if there is nothing to add.
pub(super) fn from_input(plan: &Plan, net: &Network, layers: &[LayerCoverage]) -> Spikes {
    let mut addresses = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        let hears_input = net.sources[i].iter().any(|source| matches!(source.from, Origin::Input(_)));
        if !hears_input || layer.weights.is_complete() {
            continue;
        }
        let shape = net.layers[i].input;
        let mut wanted = vec![false; shape.len()];
        heard(&plan.cores[i], layer).into_iter().for_each(|address| wanted[address] = true);
        for source in &net.sources[i] {
            let Origin::Input(k) = source.from else { continue };
            let first = first_address(&net.inputs, k);
            let tells = |at: &usize| source.heard(shape, *at).is_some_and(|address| wanted[address]);
            addresses.extend((0..net.inputs[k].shape.len()).filter(tells).map(|at| (first + at) as u32));
        }
    }
    addresses.sort_unstable();
    addresses.dedup();
    spread(addresses)
}

/// One sample at the input of a core alone.
pub(super) fn of_core(core: &CorePlan, layer: &LayerCoverage) -> Spikes {
    spread(heard(core, layer).into_iter().map(|address| address as u32).collect())
}

/// Addresses of the heard map whose events add all that is missing.
fn heard(core: &CorePlan, layer: &LayerCoverage) -> Vec<usize> {
    Footprint::new(core).addresses(&layer.weights)
}

/// Each address once, over some time steps, those of a step far apart.
fn spread(addresses: Vec<u32>) -> Spikes {
    if addresses.is_empty() {
        return Vec::new();
    }
    let steps = addresses.len().div_ceil(EVENTS).max(STEPS);
    (0..steps).map(|step| addresses.iter().copied().skip(step).step_by(steps).collect()).collect()
}
