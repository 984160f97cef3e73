//! Layers whose weights and thresholds are written at run time: what must hold for all that may be written.

use crate::bound::{self, WorstSums};
use crate::{Layer, Network, Output, Param, Reset, Synapses};

/// Worst sums over all weights that the layer's width has. Biases are not written, so they count as they are.
pub fn worst_sums(layer: &Layer, heard: &[i64]) -> WorstSums {
    let half = 1i32 << (layer.weight_bits - 1);
    let mut layer = layer.clone();
    let mut of = |weight: i32| {
        match &mut layer.synapses {
            Synapses::Dense(dense) => dense.weights.fill(weight),
            Synapses::Conv2d(conv) => conv.weights.fill(weight),
        }
        bound::worst_sums(&layer, heard)
    };
    WorstSums { positive: of(half - 1).positive, negative: of(-half).negative }
}

/// Fire levels and what a spike subtracts (or sets) per channel, even where they are all the same, so that hardware keeps them in a memory.
pub fn spread(layer: &mut Layer) {
    let channels = layer.output.c;
    let spread = |param: &mut Param| {
        if let Param::Layer(value) = param {
            *param = Param::Channel(vec![*value; channels]);
        }
    };
    if layer.neuron.output == Output::Value {
        return;
    }
    spread(&mut layer.neuron.fire_level);
    match &mut layer.neuron.reset {
        Reset::Subtract(amount) | Reset::ToValue(amount) => spread(amount),
        Reset::None => {}
    }
}

/// The network with membranes for the worst weights and thresholds per channel. Widths grow where they must; a lower clamp is lost.
pub fn made_loadable(network: &Network) -> Network {
    let mut loadable = network.clone();
    for index in 0..network.layers.len() {
        let heard = network.multiplicities(index);
        let layer = &mut loadable.layers[index];
        let (sums, targets) = (worst_sums(layer, &heard), bound::targets(layer));
        let least = bound::least_bits(sums, targets).unwrap_or(bound::MAX_BITS);
        if let Some(membrane) = bound::membrane(layer.neuron.membrane.bits.max(least), sums, None) {
            layer.neuron.membrane = membrane;
        }
        spread(layer);
    }
    loadable
}
