//! One part of a layer: weights, constants, and the rows that reach it.

use std::ops::Range;

use super::part_name;
use crate::{Conv2d, Dense, Layer, Leak, MapShape, Neuron, Param, Pool, Reset, Synapses};

/// The rows that reach some output rows of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Of the map that the layer hears.
    pub heard: Range<usize>,
    /// Of the pooled map.
    pub pooled: Range<usize>,
}

impl Window {
    pub fn all(layer: &Layer) -> Window {
        Window { heard: 0..layer.input.h, pooled: 0..layer.pool.output.h }
    }
}

/// What the output rows `rows` of a convolution hear; `None` if that is nothing.
pub(super) fn window(layer: &Layer, rows: Range<usize>) -> Option<Window> {
    let Synapses::Conv2d(conv) = &layer.synapses else { return None };
    let footprint = (conv.kernel.0 - 1) * conv.dilation.0 + 1;
    let pooled = reach(&rows, conv.stride.0, conv.padding.0, footprint, layer.pool.output.h)?;
    let pool = &layer.pool;
    let heard = reach(&pooled, pool.stride.0, pool.padding.0, pool.kernel.0, layer.input.h)?;
    Some(Window { heard, pooled })
}

/// Of `of` rows those that windows `windows` see, each `kernel` rows from `stride` times its number - `padding`.
fn reach(windows: &Range<usize>, stride: usize, padding: usize, kernel: usize, of: usize) -> Option<Range<usize>> {
    let start = (windows.start * stride).saturating_sub(padding);
    let end = ((windows.end - 1) * stride + kernel).checked_sub(padding)?.min(of);
    (start < end).then_some(start..end)
}

/// Part `number` of a layer: these channels and rows, which hear the rows of `window`.
pub(super) fn part(layer: &Layer, number: usize, channels: Range<usize>, rows: Range<usize>, window: &Window) -> Layer {
    let whole = layer.output;
    let output = MapShape { c: channels.len(), h: rows.len(), ..whole };
    let index = |neuron: usize| {
        let (c, y, x) = output.coordinate(neuron);
        whole.index(channels.start + c, rows.start + y, x)
    };
    let of = |param: &Param| match param {
        Param::Layer(value) => Param::Layer(*value),
        Param::Channel(values) => Param::Channel(values[channels.clone()].to_vec()),
        Param::Neuron(values) => Param::Neuron((0..output.len()).map(|neuron| values[index(neuron)]).collect()),
    };
    let neuron = &layer.neuron;
    Layer {
        name: part_name(&layer.name, number),
        neuron_name: part_name(&layer.neuron_name, number),
        input: MapShape { h: window.heard.len(), ..layer.input },
        pool: pool(&layer.pool, window),
        synapses: synapses(&layer.synapses, &channels, &rows, window),
        output,
        neuron: Neuron {
            leak: match &neuron.leak {
                Leak::None => Leak::None,
                Leak::Decay { a, m, rounding } => Leak::Decay { a: of(a), m: *m, rounding: *rounding },
            },
            reset: match &neuron.reset {
                Reset::Subtract(amount) => Reset::Subtract(of(amount)),
                Reset::ToValue(value) => Reset::ToValue(of(value)),
                Reset::None => Reset::None,
            },
            fire_level: of(&neuron.fire_level),
            bias: of(&neuron.bias),
            initial: of(&neuron.initial),
            // The whole layer's word: bounds of fewer neurons would saturate elsewhere.
            ..neuron.clone()
        },
        ..layer.clone()
    }
}

/// What windows that began at `first * stride - padding` have in front of a map that begins at row `start` now.
fn padding(first: usize, stride: usize, padding: usize, start: usize) -> usize {
    padding + start - first * stride
}

fn pool(pool: &Pool, window: &Window) -> Pool {
    Pool {
        padding: (padding(window.pooled.start, pool.stride.0, pool.padding.0, window.heard.start), pool.padding.1),
        output: MapShape { h: window.pooled.len(), ..pool.output },
        ..*pool
    }
}

fn synapses(synapses: &Synapses, channels: &Range<usize>, rows: &Range<usize>, window: &Window) -> Synapses {
    match synapses {
        Synapses::Dense(dense) => Synapses::Dense(Dense {
            inputs: dense.inputs,
            outputs: channels.len(),
            weights: dense.weights[channels.start * dense.inputs..channels.end * dense.inputs].to_vec(),
        }),
        Synapses::Conv2d(conv) => {
            let each = conv.in_channels / conv.groups * conv.kernel.0 * conv.kernel.1;
            Synapses::Conv2d(Conv2d {
                out_channels: channels.len(),
                padding: (padding(rows.start, conv.stride.0, conv.padding.0, window.pooled.start), conv.padding.1),
                weights: conv.weights[channels.start * each..channels.end * each].to_vec(),
                ..conv.clone()
            })
        }
    }
}
