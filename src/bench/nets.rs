//! The benchmarks' networks: seeded uniform weights with mean zero. Thresholds and membrane ranges are still open; they
//! come from `calibrate`.

use net::random::Random;
use net::{
    Conv2d, Dense, Layer, Leak, LeakMode, MapShape, Membrane, Network, Neuron, Origin, Output, Param, Place, Pool, Reset,
    ResetOrder, Rounding, Source, Synapses,
};

/// `V - (V >> 4)`.
const SHIFT_LEAK: Leak = Leak::Decay {
    a: Param::Layer(1),
    m: 4,
    rounding: Rounding::Floor,
};

pub fn b1(seed: u64) -> Network {
    let random = &mut Random::new(seed ^ 0xb1);
    let input = MapShape::vector(256);
    draft(input, vec![dense(random, "fc", input, 256, (4, 12), SHIFT_LEAK)])
}

pub fn b2(seed: u64) -> Network {
    let random = &mut Random::new(seed ^ 0xb2);
    let (input, hidden) = (MapShape::vector(784), MapShape::vector(128));
    let layers = vec![
        dense(random, "fc1", input, 128, (4, 12), SHIFT_LEAK),
        dense(random, "fc2", hidden, 10, (4, 12), SHIFT_LEAK),
    ];
    draft(input, layers)
}

pub fn b3(seed: u64) -> Network {
    let random = &mut Random::new(seed ^ 0xb3);
    let input = MapShape::new(16, 8, 8);
    let layer = conv(random, "conv", Pool::none(input), input, (16, 1), (4, 12), SHIFT_LEAK);
    draft(input, vec![layer])
}

pub fn b4(seed: u64) -> Network {
    let random = &mut Random::new(seed ^ 0xb4);
    let input = MapShape::new(32, 28, 28);
    let layer = conv(random, "conv", Pool::none(input), input, (32, 1), (8, 16), SHIFT_LEAK);
    draft(input, vec![layer])
}

/// The shape of the net of Sommer et al.: convolutions of 3x3 without padding, SumPool 3 before the third.
pub fn b4_mnist(seed: u64) -> Network {
    let random = &mut Random::new(seed ^ 0xb40);
    let input = MapShape::new(1, 28, 28);
    let width = (8, 16);
    let conv1 = conv(random, "conv1", Pool::none(input), input, (32, 0), width, Leak::None);
    let conv2 = conv(
        random,
        "conv2",
        Pool::none(conv1.output),
        conv1.output,
        (32, 0),
        width,
        Leak::None,
    );
    let pool = Pool {
        kernel: (3, 3),
        stride: (3, 3),
        padding: (0, 0),
        output: MapShape::new(32, conv2.output.h / 3, conv2.output.w / 3),
    };
    // Nine times the events a step: the pool's nine addresses may all spike. One bit more for the bound.
    let conv3 = conv(random, "conv3", pool, conv2.output, (10, 0), (8, 18), Leak::None);
    let fc = dense(random, "fc", conv3.output, 10, width, Leak::None);
    draft(input, vec![conv1, conv2, conv3, fc])
}

/// 256 neurons that hear 256 inputs and, one step later, each other; each input and each neuron reaches 32 neurons.
pub fn b5(seed: u64) -> Network {
    let random = &mut Random::new(seed ^ 0xb5);
    let input = MapShape::vector(256);
    let heard = MapShape::vector(2 * 256);
    let mut layer = dense(random, "graph", heard, 256, (4, 12), SHIFT_LEAK);
    if let Synapses::Dense(dense) = &mut layer.synapses {
        keep_fan_out(random, dense, 32);
    }
    let outside = Source {
        from: Origin::Input(0),
        delay: 0,
        place: Place::Channels(0),
    };
    let each_other = Source {
        from: Origin::Layer(0),
        delay: 1,
        place: Place::Channels(256),
    };
    Network {
        sources: vec![vec![outside, each_other]],
        ..draft(input, vec![layer])
    }
}

/// Leaves each input `fan_out` weights, none of them zero.
fn keep_fan_out(random: &mut Random, dense: &mut Dense, fan_out: usize) {
    let mut order: Vec<usize> = (0..dense.outputs).collect();
    for input in 0..dense.inputs {
        random.shuffle(&mut order);
        for (place, output) in order.iter().enumerate() {
            let weight = &mut dense.weights[output * dense.inputs + input];
            match place < fan_out {
                true if *weight == 0 => *weight = 1,
                true => {}
                false => *weight = 0,
            }
        }
    }
}

fn draft(input: MapShape, layers: Vec<Layer>) -> Network {
    Network {
        name: "benchmark".into(),
        inputs: net::InputNode::only(input),
        multiplicity: 1,
        sources: net::wiring::chain(layers.len()),
        outputs: net::OutputNode::only(layers.len() - 1),
        layers,
    }
}

/// `widths`: bits of a weight, bits of a membrane.
fn dense(random: &mut Random, name: &str, input: MapShape, outputs: usize, widths: (u32, u32), leak: Leak) -> Layer {
    let inputs = input.len();
    let synapses = Synapses::Dense(Dense {
        inputs,
        outputs,
        weights: weights(random, inputs * outputs, widths.0),
    });
    layer(
        name,
        (input, Pool::none(input)),
        synapses,
        MapShape::vector(outputs),
        widths,
        leak,
    )
}

/// 3x3 behind `pool`; `shape`: output channels, padding.
fn conv(
    random: &mut Random,
    name: &str,
    pool: Pool,
    input: MapShape,
    shape: (usize, usize),
    widths: (u32, u32),
    leak: Leak,
) -> Layer {
    let (channels, padding) = shape;
    let pooled = pool.output;
    let synapses = Synapses::Conv2d(Conv2d {
        in_channels: pooled.c,
        out_channels: channels,
        groups: 1,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (padding, padding),
        weights: weights(random, channels * pooled.c * 9, widths.0),
    });
    let output = MapShape::new(channels, pooled.h + 2 * padding - 2, pooled.w + 2 * padding - 2);
    layer(name, (input, pool), synapses, output, widths, leak)
}

fn layer(
    name: &str,
    (input, pool): (MapShape, Pool),
    synapses: Synapses,
    output: MapShape,
    (weight_bits, bits): (u32, u32),
    leak: Leak,
) -> Layer {
    Layer {
        name: name.into(),
        neuron_name: format!("{name}_neurons"),
        input,
        pool,
        synapses,
        output,
        neuron: Neuron {
            output: Output::Spike,
            leak,
            leak_mode: LeakMode::Step,
            reset: Reset::Subtract(Param::Layer(1)),
            order: ResetOrder::ResetThenLeak,
            fire_level: Param::Layer(2),
            bias: Param::Layer(0),
            max_spikes: 1,
            initial: Param::Layer(0),
            membrane: Membrane { bits, lo: 0, hi: 0 },
        },
        weight_bits,
        fraction_bits: 0,
        scale: 1.0,
    }
}

fn weights(random: &mut Random, count: usize, bits: u32) -> Vec<i32> {
    let largest = (1i64 << (bits - 1)) - 1;
    (0..count).map(|_| random.range(-largest, largest) as i32).collect()
}
