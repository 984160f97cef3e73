//! Lazy leak in the banked core: a stamp in each membrane word says in which step an event last reached it.
//!
//! Stamps count time steps modulo 2^bits. A word that is old, so that nothing of its states is left, becomes 0 when a scan
//! visits it, with a new stamp; scans of all words come often enough that no stamp goes round.

use net::{LeakMode, Layer, Leak, Output, Param, Reset, ResetOrder, Synapses};

/// Register stages in front of the adder: factor, product, what is left.
pub const STAGES: u32 = 3;

/// Widest stamp: a table of factors has a row for each.
const MOST_BITS: u32 = 12;

/// What a word's stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamps {
    pub bits: u32,
    /// A word that was missed so many steps is old.
    pub old: usize,
    /// A scan of all words comes at least once in so many steps.
    pub sweep: usize,
}

/// Factors of the layer by missed steps, the last one for ever; `None` if it leaks in every step.
pub fn factors(layer: &Layer) -> Option<Vec<i64>> {
    match (&layer.neuron.leak, layer.neuron.leak_mode) {
        (Leak::Decay { a: Param::Layer(a), m, .. }, LeakMode::Lazy) => Some(net::lazy::factors(*a, *m)),
        _ => None,
    }
}

/// The stamps of a layer with lazy leak.
pub fn stamps(layer: &Layer) -> Option<Stamps> {
    factors(layer).map(|factors| of(factors.len() - 1))
}

/// The narrowest stamps that leave a quarter of `old`, the steps until nothing is left, and one more, between two sweeps.
fn of(old: usize) -> Stamps {
    // All bits set is the step that is under way.
    let room = |bits: u32| (1usize << bits) - 1 - old.min((1 << bits) - 1);
    let bits = (2..usize::BITS).find(|&bits| room(bits) > old / 4).unwrap_or(2);
    Stamps { bits, old, sweep: room(bits) }
}

/// Why the banked core has no lazy leak for a layer that asks for it, `None` if it has; and what to do.
pub fn refusal(layer: &Layer) -> Option<(String, &'static str)> {
    let neuron = &layer.neuron;
    if neuron.leak_mode == LeakMode::Step {
        return None;
    }
    let step = "use --leak-mode step (in the layer's table: for it alone)";
    let Some(stamps) = stamps(layer) else {
        return Some(("a leak that differs between neurons".to_string(), step));
    };
    if neuron.max_spikes > 1 {
        Some(("several spikes per step".to_string(), "use --multi-spike 1, or --leak-mode step"))
    } else if neuron.order == ResetOrder::LeakThenReset && matches!(neuron.reset, Reset::ToValue(_)) {
        Some(("a reset that is still due in the next step".to_string(), "use --reset-order reset-then-leak, or --leak-mode step"))
    } else if stamps.bits > MOST_BITS {
        Some((format!("a leak that takes {} steps until nothing is left", stamps.old), step))
    } else {
        debug_assert!(neuron.output == Output::Spike && !neuron.is_biased());
        None
    }
}

/// Whether words of so many lanes hold channels of one convolution group each: all neurons of a word hear the same events.
pub fn lanes_fit(layer: &Layer, lanes: usize) -> bool {
    match &layer.synapses {
        Synapses::Conv2d(conv) if layer.neuron.leak_mode == LeakMode::Lazy && conv.groups > 1 => {
            (conv.out_channels / conv.groups).is_multiple_of(lanes)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_tell_every_age_up_to_the_next_sweep() {
        for old in 1..4000 {
            let stamps = of(old);
            // Not old at a sweep: missed old - 1 steps at most; so many more until the next one, and the step under way.
            assert!(old - 1 + stamps.sweep < (1 << stamps.bits) - 1 && stamps.sweep > old / 4, "{old}: {stamps:?}");
        }
        assert_eq!(of(140), Stamps { bits: 8, old: 140, sweep: 115 });
        assert_eq!(of(2303), Stamps { bits: 12, old: 2303, sweep: 1792 });
        assert_eq!(of(1), Stamps { bits: 2, old: 1, sweep: 2 });
    }
}
