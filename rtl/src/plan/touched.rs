//! The touched map: when a scan may leave words out, which words it visits, and whether that pays.
//!
//! A word may be left out when nothing can happen to it: no event adds to it, and a step without input neither changes
//! nor fires its neurons. That holds by definition with lazy leak; and without leak and bias, for states below the fire level. A state at the fire level,
//! or a reset still due, is left behind by a spike only; so the words of neurons that fired are visited in the next step,
//! too. One bit stands for a position of the banks: the words of all its groups, in all banks.

use std::collections::BTreeMap;

use net::{Layer, Leak, LeakMode, Output};

use super::core::CorePlan;
use super::load::Load;
use super::start;
use super::pipeline::Pipeline;
use super::Scan;

/// Most rows and columns of positions: what is looked up in one cycle.
const MOST_PLACES: usize = 64;

/// Cycles from a TICK's look-up to its first word, and to the only word of a step in which nothing is touched.
pub const LOOK_UP: u64 = 3;
pub const LOOK_UP_NOTHING: u64 = 1;

/// Cycles in which a scan's spikes reach the map: no look-up within so many cycles behind its last word. With lazy leak
/// spikes do not: a neuron that fires waits for the next event.
pub fn settle(core: &CorePlan) -> u64 {
    if core.stamps().is_some() { 0 } else { u64::from(Pipeline::of(core).fire_write) + 1 }
}

/// What forbids a touched map, `None` if nothing does. One pass per step is the map's own limit, not the neurons'.
pub fn forbids(layer: &Layer) -> Option<&'static str> {
    let neuron = &layer.neuron;
    if neuron.output == Output::Value {
        Some("a readout sends every state in every step")
    } else if neuron.leak != Leak::None && neuron.leak_mode == LeakMode::Step {
        Some("a leak changes every state in every step")
    } else if neuron.is_biased() {
        Some("a bias changes every state in every step")
    } else if neuron.fire_level.min() < 1 {
        Some("neurons at rest fire")
    } else if neuron.leak == Leak::None && start::fires(layer) {
        Some("neurons fire by what they start with")
    } else if neuron.max_spikes > 1 {
        Some("neurons send several spikes per step")
    } else {
        None
    }
}

/// A wish for a touched map for each layer of `net` that may have one.
pub fn wherever_legal(net: &net::Network) -> BTreeMap<String, Scan> {
    let legal = net.layers.iter().filter(|layer| forbids(layer).is_none());
    legal.map(|layer| (layer.name.clone(), Scan::Touched)).collect()
}

/// Whether the map can hold the positions of a core.
pub fn fits(core: &CorePlan) -> bool {
    core.rows.depth <= MOST_PLACES && core.columns.depth <= MOST_PLACES
}

/// Calls `touch` with each position (row in the bank x columns of a bank + column) that an event touches; some twice.
pub fn positions(core: &CorePlan, event: usize, mut touch: impl FnMut(usize)) {
    let (_, y, x) = core.layer.input.coordinate(event);
    let rows = |axis: &super::axis::Axis, at: usize| -> Vec<usize> {
        axis.iterations[at].iter().flat_map(|it| it.taps.iter().flatten()).map(|tap| axis.position(tap.output).1).collect()
    };
    let columns = rows(&core.columns, x);
    for row in rows(&core.rows, y) {
        columns.iter().for_each(|column| touch(row * core.columns.depth + column));
    }
}

/// Whether the scan of step `step` (from 0) of a sample of so many steps visits all words.
pub fn visits_all(core: &CorePlan, step: usize, steps: usize) -> bool {
    step + 1 == steps || core.stamps().is_some_and(|stamps| (step + 1).is_multiple_of(stamps.sweep))
}

/// Word addresses that the scan of a step visits, in order. `fired`: neurons that fired in the step before, if it belongs
/// to the same sample; `all`: the scan visits everything.
pub fn visits(core: &CorePlan, events: &[u32], fired: &[u32], all: bool) -> Vec<usize> {
    let mut touched = vec![all; core.rows.depth * core.columns.depth];
    let fired = if core.stamps().is_some() { &[] } else { fired };
    if !all {
        events.iter().for_each(|&event| positions(core, event as usize, |at| touched[at] = true));
        fired.iter().for_each(|&neuron| touched[core.locate(neuron as usize).word / core.groups] = true);
        if !touched.contains(&true) {
            return vec![0];
        }
    }
    let of_position = |at: usize| at * core.groups..(at + 1) * core.groups;
    touched.iter().enumerate().filter(|(_, touched)| **touched).flat_map(|(at, _)| of_position(at)).collect()
}

/// Least share of a layer's cycles that the map must save to be worth its cells.
const WORTH: f64 = 0.1;

/// Whether the map saves enough cycles.
pub fn pays(core: &CorePlan, load: &Load) -> bool {
    let with = |touched_map| super::choose::work(&CorePlan { touched_map, ..core.clone() }, load);
    with(true) < (1.0 - WORTH) * with(false)
}
