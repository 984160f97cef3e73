//! Smaller networks of a network that fails a test: what is left is what a person looks at.

use crate::{wiring, Dense, InputNode, Layer, Leak, LeakMode, Network, Origin, Output, OutputNode, Param, Pool, Reset, ResetOrder, SharedWeights, Synapses};

/// Networks that are one step smaller or simpler than `network`, the largest step first; the same ones in the same order each time. All of them
/// hold what [`Network`] promises, as no state can grow: membranes stay as wide as they are.
pub fn smaller(network: &Network) -> Vec<Network> {
    let count = network.layers.len();
    let mut all: Vec<Network> = [without_last(network), without_first(network)].into_iter().flatten().collect();
    all.extend((0..count).rev().filter_map(|i| half_of_channels(network, Some(i))));
    all.extend(half_of_channels(network, None));
    for i in 0..count {
        let layer = &network.layers[i];
        let simpler = simpler(layer).into_iter().chain(fewer_weights(layer));
        all.extend(simpler.filter(|other| other != layer).map(|other| {
            let mut network = network.clone();
            network.layers[i] = other;
            network
        }));
    }
    all
}

fn is_chain(network: &Network) -> bool {
    let count = network.layers.len();
    network.sources == wiring::chain(count) && network.inputs.len() == 1 && network.outputs == OutputNode::only(count - 1)
}

/// The last layer left out, if nobody hears it.
fn without_last(network: &Network) -> Option<Network> {
    let last = network.layers.len().checked_sub(1).filter(|last| *last > 0)?;
    let heard = network.sources.iter().flatten().any(|source| source.from == Origin::Layer(last));
    if heard || network.layers[last - 1].neuron.output == Output::Value || network.outputs != OutputNode::only(last) {
        return None;
    }
    let mut network = Network { outputs: OutputNode::only(last - 1), ..network.clone() };
    network.layers.pop();
    network.sources.pop();
    // Every input is still heard.
    let hears = |i: usize| network.sources.iter().flatten().any(|source| source.from == Origin::Input(i));
    (0..network.inputs.len()).all(hears).then_some(network)
}

/// A chain without its first layer: what it sent becomes the input.
fn without_first(network: &Network) -> Option<Network> {
    let rest = network.layers.len().checked_sub(1).filter(|rest| *rest > 0 && is_chain(network))?;
    let first = &network.layers[0];
    Some(Network {
        inputs: InputNode::only(first.output),
        multiplicity: first.neuron.max_spikes,
        layers: network.layers[1..].to_vec(),
        sources: wiring::chain(rest),
        outputs: OutputNode::only(rest - 1),
        ..network.clone()
    })
}

/// A chain in which the first half of the channels is left that layer `of` sends; those of the input if there is none.
fn half_of_channels(network: &Network, of: Option<usize>) -> Option<Network> {
    let mut network = network.clone();
    let shape = of.map_or(network.inputs[0].shape, |i| network.layers[i].output);
    if !is_chain(&network) || shape.c < 2 {
        return None;
    }
    let left = shape.c.div_ceil(2);
    match of {
        None => network.inputs[0].shape.c = left,
        Some(i) => {
            let layer = &mut network.layers[i];
            layer.output.c = left;
            match &mut layer.synapses {
                Synapses::Dense(dense) => {
                    dense.outputs = layer.output.len();
                    dense.weights = dense.weights.iter().copied().take(dense.outputs * dense.inputs).collect();
                }
                Synapses::Conv2d(conv) if conv.groups == 1 => {
                    conv.out_channels = left;
                    let per_channel = conv.in_channels * conv.kernel.0 * conv.kernel.1;
                    conv.weights = conv.weights.iter().copied().take(left * per_channel).collect();
                }
                _ => return None,
            }
            cut_params(layer);
        }
    }
    let next = of.map_or(0, |i| i + 1);
    if let Some(layer) = network.layers.get_mut(next) {
        layer.input.c = left;
        let pooled = layer.pool.output.c;
        layer.pool.output.c = left;
        match &mut layer.synapses {
            Synapses::Dense(dense) => {
                let inputs = layer.pool.output.len();
                dense.weights = leading(&dense.weights, dense.inputs, inputs);
                dense.inputs = inputs;
            }
            Synapses::Conv2d(conv) if conv.groups == 1 => {
                let kernel = conv.kernel.0 * conv.kernel.1;
                conv.weights = leading(&conv.weights, pooled * kernel, left * kernel);
                conv.in_channels = left;
            }
            _ => return None,
        }
    }
    Some(network)
}

/// The first `left` weights of each row of `row`.
fn leading(weights: &SharedWeights, row: usize, left: usize) -> SharedWeights {
    weights.chunks(row).flat_map(|row| row[..left].iter().copied()).collect()
}

fn cut_params(layer: &mut Layer) {
    let (channels, neurons) = (layer.output.c, layer.output.len());
    let cut = |param: &mut Param| match param {
        Param::Layer(_) => {}
        Param::Channel(values) => values.truncate(channels),
        Param::Neuron(values) => values.truncate(neurons),
    };
    let neuron = &mut layer.neuron;
    [&mut neuron.fire_level, &mut neuron.bias, &mut neuron.initial].into_iter().for_each(cut);
    if let Leak::Decay { a, .. } = &mut neuron.leak {
        cut(a);
    }
    if let Reset::Subtract(param) | Reset::ToValue(param) = &mut neuron.reset {
        cut(param);
    }
}

/// The layer without pooling where that changes no shape, and with one thing of its neurons simpler each.
fn simpler(layer: &Layer) -> Vec<Layer> {
    let with = |change: fn(&mut Layer)| {
        let mut layer = layer.clone();
        change(&mut layer);
        layer
    };
    let mut all = vec![
        with(|layer| layer.neuron.bias = Param::Layer(0)),
        with(|layer| layer.neuron.initial = Param::Layer(0)),
        with(|layer| layer.neuron.max_spikes = 1),
        with(|layer| (layer.neuron.leak, layer.neuron.leak_mode, layer.neuron.order) = (Leak::None, LeakMode::Step, ResetOrder::ResetThenLeak)),
        with(|layer| layer.neuron.fire_level = Param::Layer(layer.neuron.fire_level.max())),
    ];
    if layer.pool.output == layer.input {
        all.push(with(|layer| layer.pool = Pool::none(layer.input)));
    }
    all
}

/// The layer with weights of 0 in one half, another half, a quarter, ...: all at least, one at most.
fn fewer_weights(layer: &Layer) -> Vec<Layer> {
    let weights = match &layer.synapses {
        Synapses::Dense(Dense { weights, .. }) => weights,
        Synapses::Conv2d(conv) => &conv.weights,
    };
    let used: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] != 0).collect();
    let mut all = Vec::new();
    for parts in [1, 2, 4, 8] {
        for part in used.chunks(used.len().div_ceil(parts).max(1)).take(parts) {
            let kept: SharedWeights = weights.iter().enumerate().map(|(i, w)| if part.binary_search(&i).is_ok() { 0 } else { *w }).collect();
            let mut layer = layer.clone();
            match &mut layer.synapses {
                Synapses::Dense(dense) => dense.weights = kept,
                Synapses::Conv2d(conv) => conv.weights = kept,
            }
            all.push(layer);
        }
    }
    all
}
