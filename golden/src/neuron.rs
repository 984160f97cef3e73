//! One neuron at the end of a time step: the definition that everything else is compared with.

use net::{lazy, Leak, MapShape, Neuron, Output, Param, Reset, ResetOrder, Rounding};

/// What the end of a step does to one neuron. Membrane units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `H`: the value that the threshold saw.
    pub potential: i64,
    /// Spikes sent, `0 ..= max_spikes`.
    pub spikes: u32,
    /// State left in the membrane memory.
    pub stored: i64,
    /// State that traces and readouts show.
    pub shown: i64,
    /// Whether the clamp changed the state.
    pub saturated: bool,
}

/// Ends a time step for the neuron with flat index `index` in a map of shape `shape`.
///
/// `integrated` is the stored state plus the step's weighted input, without bias. `spiked_before` says whether the
/// neuron spiked in the step before; only the delayed reset ([`delays_reset`]) looks at it. Several spikes per step
/// need a soft reset (their number counts reset amounts); any other reset sends at most one.
/// Source: `net::Neuron`, `docs/numbers.md`. Rust integers of 64 bits hold every intermediate value, as membranes have
/// at most 32 bits and leak factors at most 2^31.
pub fn end_step(neuron: &Neuron, shape: MapShape, index: usize, integrated: i64, spiked_before: bool) -> Ended {
    let potential = match &neuron.reset {
        Reset::ToValue(value) if spiked_before && delays_reset(neuron) => value.at(shape, index),
        _ => integrated + neuron.bias.at(shape, index),
    };
    let spikes = spikes(neuron, shape, index, potential);
    match neuron.order {
        ResetOrder::ResetThenLeak => {
            let reset = match &neuron.reset {
                Reset::Subtract(amount) => potential - i64::from(spikes) * amount.at(shape, index),
                Reset::ToValue(value) if spikes > 0 => value.at(shape, index),
                _ => potential,
            };
            let shown = reset.clamp(neuron.membrane.lo, neuron.membrane.hi);
            let stored = leak(&neuron.leak, shape, index, shown);
            Ended {
                potential,
                spikes,
                stored,
                shown,
                saturated: shown != reset,
            }
        }
        ResetOrder::LeakThenReset => {
            let leaked = leak(&neuron.leak, shape, index, potential);
            let reset = match &neuron.reset {
                Reset::Subtract(amount) => leaked - i64::from(spikes) * amount.at(shape, index),
                _ => leaked,
            };
            let stored = reset.clamp(neuron.membrane.lo, neuron.membrane.hi);
            Ended {
                potential,
                spikes,
                stored,
                shown: potential,
                saturated: stored != reset,
            }
        }
    }
}

/// Whether the reset acts in the next step (snnTorch's delayed zero reset), so that a spiked bit is part of the state.
pub fn delays_reset(neuron: &Neuron) -> bool {
    neuron.order == ResetOrder::LeakThenReset && matches!(neuron.reset, Reset::ToValue(_))
}

/// Number of spikes at potential `potential`.
fn spikes(neuron: &Neuron, shape: MapShape, index: usize, potential: i64) -> u32 {
    let fire_level = neuron.fire_level.at(shape, index);
    if neuron.output == Output::Value || potential < fire_level {
        return 0;
    }
    match &neuron.reset {
        Reset::Subtract(amount) if neuron.max_spikes > 1 => {
            let amount = amount.at(shape, index);
            ((potential - (fire_level - amount)) / amount).min(i64::from(neuron.max_spikes)) as u32
        }
        _ => 1,
    }
}

/// What memory holds before the first time step: the initial state, leaked.
pub fn initial(neuron: &Neuron, shape: MapShape, index: usize) -> i64 {
    leak(&neuron.leak, shape, index, neuron.initial.at(shape, index))
}

/// `leak(V)`: how a state decays in one time step.
pub fn leak(leak: &Leak, shape: MapShape, index: usize, v: i64) -> i64 {
    match leak {
        Leak::None => v,
        Leak::Decay {
            a,
            m,
            rounding: Rounding::Floor,
        } => v - ((v * a.at(shape, index)) >> m),
        Leak::Decay {
            a,
            m,
            rounding: Rounding::TowardZero,
        } => v * ((1 << m) - a.at(shape, index)) / (1 << m),
    }
}

/// Lazy leak: what is left of a stored state when an event reaches the neuron after `missed` steps without one. `tables` are
/// those of `neuron.leak`.
pub fn make_up(neuron: &Neuron, tables: &lazy::Tables, shape: MapShape, index: usize, missed: usize, v: i64) -> i64 {
    let Leak::Decay { a, rounding, .. } = &neuron.leak else { return v };
    let table = tables.table(a, shape, index);
    let decay = Leak::Decay {
        a: Param::Layer(table[missed.min(table.len() - 1)]),
        m: lazy::BITS,
        rounding: *rounding,
    };
    leak(&decay, shape, index, v)
}
