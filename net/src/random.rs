//! Random valid networks and spikes for tests of golden, rtl and sim. Seeded: the same seed gives the same network on
//! every machine. Not part of the public promise.

mod several;
pub mod smaller;
mod start;

pub use several::ports;

use crate::bound::{layer_sums, least_bits, membrane, targets};
use crate::split::Cut;
use crate::*;

/// How large and how varied a random network may be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most layers.
    pub layers: usize,
    /// Most channels of a map.
    pub channels: usize,
    /// Largest height and width of the input.
    pub size: usize,
    /// Largest kernel, stride, dilation and padding of a convolution or pool.
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: usize,
    /// Widest weights (at least 2).
    pub weight_bits: u32,
    /// Largest `m` of a leak factor `a / 2^m`.
    pub leak_bits: u32,
    /// Largest input multiplicity.
    pub multiplicity: u32,
    /// Most spikes per neuron and step; 1 makes all layers binary.
    pub max_spikes: u32,
    /// Whether convolutions and pools may occur, else fully connected layers only.
    pub maps: bool,
    /// Whether the last layer may be an LI readout.
    pub readout: bool,
    /// Whether constants may differ between channels and neurons.
    pub varied: bool,
    /// Whether all neurons are IF without bias and send at most one spike per step: a state that no event reaches stays.
    pub still: bool,
    /// Whether most neurons have a lazy leak: those that may.
    pub lazy: bool,
    /// Most membrane bits above the least legal width; 0 makes every membrane saturate often.
    pub spare_bits: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            layers: 3,
            channels: 6,
            size: 8,
            kernel: 4,
            stride: 3,
            dilation: 3,
            padding: 3,
            weight_bits: 8,
            leak_bits: 12,
            multiplicity: 3,
            max_spikes: 3,
            maps: true,
            readout: true,
            varied: true,
            still: false,
            lazy: false,
            spare_bits: 4,
        }
    }
}

/// SplitMix64: small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed ^ 0x5eed_5eed_5eed_5eed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `lo ..= hi`.
    pub fn range(&mut self, lo: i64, hi: i64) -> i64 {
        lo + (self.next() % (hi - lo + 1).max(1) as u64) as i64
    }

    /// Uniform in `lo ..= hi`.
    pub fn size(&mut self, lo: usize, hi: usize) -> usize {
        self.range(lo as i64, hi.max(lo) as i64) as usize
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.size(0, i));
        }
    }
}

/// A random valid network: its bound holds, and its membranes are at most `spare_bits` wider than that takes.
pub fn network(seed: u64, limits: &Limits) -> Network {
    let random = &mut Random::new(seed);
    let channels = random.size(1, limits.channels);
    let input = if limits.maps {
        MapShape::new(channels, random.size(1, limits.size), random.size(1, limits.size))
    } else {
        MapShape::vector(random.size(1, limits.channels * limits.size))
    };
    let mut network = Network {
        name: format!("random_{seed}"),
        inputs: InputNode::only(input),
        multiplicity: random.range(1, i64::from(limits.multiplicity)) as u32,
        layers: Vec::new(),
        outputs: Vec::new(),
        sources: Vec::new(),
    };
    let count = random.size(1, limits.layers);
    network.outputs = OutputNode::only(count - 1);
    network.sources = wiring::chain(count);
    for i in 0..count {
        let input = network.layers.last().map_or(network.input(), |layer| layer.output);
        let layer = wired(random, limits, input, None, i);
        network.layers.push(layer);
        add_neurons(random, limits, &mut network, i, i + 1 == count);
    }
    network
}

/// A random valid network that is no chain: each layer hears the one before it, and some hear the input, earlier layers,
/// themselves or later ones too. Sources have channels of their own, share them, or are scattered by a table.
pub fn graph(seed: u64, limits: &Limits) -> Network {
    let random = &mut Random::new(seed ^ 0x6a61_7068);
    let chain = network(random.next(), &Limits { layers: 1, ..limits.clone() });
    let mut network = Network { layers: Vec::new(), sources: Vec::new(), name: format!("graph_{seed}"), ..chain };
    let count = random.size(1, limits.layers);
    network.outputs = OutputNode::only(count - 1);
    // Layers that are heard one step late are vectors of a size that is known beforehand.
    let back: Vec<Option<(usize, usize)>> = (0..count)
        .map(|i| (random.chance(50) || count == 1).then(|| (random.size(0, i), random.size(1, limits.channels * 3))))
        .collect();
    for i in 0..count {
        let before = i.checked_sub(1).map_or(Origin::Input(0), Origin::Layer);
        let mut heard: Vec<(Origin, u32, MapShape)> = vec![(before, 0, network.shape_of(before))];
        for earlier in std::iter::once(Origin::Input(0)).chain((0..i).map(Origin::Layer)) {
            if earlier != before && random.chance(35) {
                heard.push((earlier, 0, network.shape_of(earlier)));
            }
        }
        for (j, back) in back.iter().enumerate() {
            if let Some((to, size)) = back {
                if *to == i {
                    heard.push((Origin::Layer(j), 1, MapShape::vector(*size)));
                }
            }
        }
        let (input, sources) = places(random, &heard);
        let layer = wired(random, limits, input, back[i].map(|(_, size)| size), i);
        network.layers.push(layer);
        network.sources.push(sources);
    }
    for i in 0..count {
        add_neurons(random, limits, &mut network, i, i + 1 == count && back[i].is_none());
    }
    // Now the payloads of later layers are known.
    for i in 0..count {
        add_membrane(random, limits, &mut network, i);
    }
    network
}

/// Random cuts of all layers that may be cut, by channels; some by `rows` instead.
pub fn parts(random: &mut Random, net: &Network, rows: bool) -> split::Split {
    let cuts: Vec<Cut> = (0..net.layers.len())
        .map(|i| {
            let output = net.layers[i].output;
            let by_rows = rows && output.h > 1 && random.chance(60);
            let most = if by_rows { output.h } else { output.c };
            let starts = [0].into_iter().chain((1..most).filter(|_| random.chance(40))).collect();
            let cut = if by_rows { Cut::Rows(starts) } else { Cut::Channels(starts) };
            if split::forbids(net, i, &cut).is_none() { cut } else { Cut::Channels(vec![0]) }
        })
        .collect();
    split::split(net, &cuts).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A heard map with places for all sources; the first sets rows and columns.
fn places(random: &mut Random, heard: &[(Origin, u32, MapShape)]) -> (MapShape, Vec<Source>) {
    let (rows, columns) = (heard[0].2.h, heard[0].2.w);
    let mut channels = 0;
    let mut sources: Vec<Source> = Vec::new();
    for (k, &(from, delay, shape)) in heard.iter().enumerate() {
        let twin = (0..k).find(|&other| heard[other].2 == shape && random.chance(30));
        let place = if let Some(twin) = twin {
            sources[twin].place.clone()
        } else if (shape.h, shape.w) == (rows, columns) && random.chance(80) {
            channels += shape.c;
            Place::Channels(channels - shape.c)
        } else {
            let first = channels;
            channels += shape.len().div_ceil(rows * columns);
            let mut free: Vec<u32> = (first * rows * columns..channels * rows * columns).map(|at| at as u32).collect();
            random.shuffle(&mut free);
            free.truncate(shape.len());
            Place::Table(free)
        };
        sources.push(Source { from, delay, place });
    }
    sources.sort_by_key(|source| (source.delay, source.from));
    (MapShape::new(channels, rows, columns), sources)
}

/// Random spikes that `network` may see: each address spikes with `activity` (0..=1) per step, up to the network's
/// multiplicity, in shuffled order. Some steps are empty and some are full.
pub fn spikes(network: &Network, seed: u64, steps: usize, activity: f64) -> Spikes {
    let random = &mut Random::new(seed);
    let percent_thousandths = (activity.clamp(0.0, 1.0) * 1e5) as u64;
    (0..steps)
        .map(|_| {
            let threshold = match random.range(0, 15) {
                0 => 0,
                1 if activity > 0.0 => 100_000,
                _ => percent_thousandths,
            };
            let mut events = Vec::new();
            for index in 0..network.input().len() as u32 {
                if random.next() % 100_000 < threshold {
                    let times = random.range(1, i64::from(network.multiplicity)) as usize;
                    events.extend(std::iter::repeat_n(index, times));
                }
            }
            random.shuffle(&mut events);
            events
        })
        .collect()
}

/// A layer with pool and synapses, fully connected if it is to be a vector of that size; its neurons come later.
fn wired(random: &mut Random, limits: &Limits, input: MapShape, vector: Option<usize>, i: usize) -> Layer {
    let pool = if limits.maps && random.chance(40) {
        random_pool(random, limits, input)
    } else {
        Pool::none(input)
    };
    let weight_bits = random.range(2, i64::from(limits.weight_bits)) as u32;
    let (synapses, output) = if vector.is_none() && limits.maps && random.chance(70) {
        random_conv(random, limits, pool.output, weight_bits)
    } else {
        let outputs = vector.unwrap_or_else(|| random.size(1, limits.channels * 3));
        let (inputs, len) = (pool.output.len(), outputs * pool.output.len());
        let weights = random_weights(random, len, weight_bits);
        (
            Synapses::Dense(Dense {
                inputs,
                outputs,
                weights: weights.into(),
            }),
            MapShape::vector(outputs),
        )
    };
    Layer {
        name: format!("layer{i}"),
        neuron_name: format!("neuron{i}"),
        input,
        pool,
        synapses,
        output,
        neuron: Neuron {
            output: Output::Spike,
            leak: Leak::None,
            leak_mode: LeakMode::Step,
            reset: Reset::None,
            order: ResetOrder::ResetThenLeak,
            fire_level: Param::Layer(1),
            bias: Param::Layer(0),
            max_spikes: 1,
            initial: Param::Layer(0),
            membrane: Membrane { bits: 16, lo: 0, hi: 0 },
        },
        weight_bits,
        fraction_bits: 0,
        scale: 1.0,
    }
}

fn random_weights(random: &mut Random, len: usize, bits: u32) -> Vec<i32> {
    let largest = (1i64 << (bits - 1)) - 1;
    (0..len)
        .map(|_| {
            if random.chance(10) {
                0
            } else {
                random.range(-largest, largest) as i32
            }
        })
        .collect()
}

/// Outputs along one axis; `None` if the window does not fit.
fn outputs(input: usize, kernel: usize, stride: usize, dilation: usize, padding: usize) -> Option<usize> {
    Some((input + padding).checked_sub(dilation * (kernel - 1) + 1)? / stride + 1)
}

fn random_pool(random: &mut Random, limits: &Limits, input: MapShape) -> Pool {
    let mut axis = |length: usize| {
        let kernel = random.size(1, limits.kernel.min(length));
        let stride = if random.chance(60) {
            kernel
        } else {
            random.size(1, limits.stride)
        };
        let padding = if random.chance(70) {
            0
        } else {
            random.size(0, kernel / 2)
        };
        (
            kernel,
            stride,
            padding,
            outputs(length, kernel, stride, 1, 2 * padding).unwrap_or(1),
        )
    };
    let (kh, sh, ph, h) = axis(input.h);
    let (kw, sw, pw, w) = axis(input.w);
    Pool {
        kernel: (kh, kw),
        stride: (sh, sw),
        padding: (ph, pw),
        output: MapShape::new(input.c, h, w),
    }
}

fn random_conv(random: &mut Random, limits: &Limits, input: MapShape, weight_bits: u32) -> (Synapses, MapShape) {
    let divisors: Vec<usize> = (1..=input.c).filter(|groups| input.c % groups == 0).collect();
    let groups = if random.chance(60) {
        1
    } else {
        divisors[random.size(0, divisors.len() - 1)]
    };
    let out_channels = groups * random.size(1, (limits.channels / groups).max(1));
    let mut axis = |length: usize| loop {
        let (kernel, stride) = (random.size(1, limits.kernel), random.size(1, limits.stride));
        let (dilation, padding) = (random.size(1, limits.dilation), random.size(0, limits.padding));
        // "same" with an even kernel has one more zero behind the map than in front of it
        let behind = padding + random.size(0, 1);
        if let Some(outputs) = outputs(length, kernel, stride, dilation, padding + behind) {
            break (kernel, stride, dilation, padding, outputs);
        }
    };
    let (kh, sh, dh, ph, h) = axis(input.h);
    let (kw, sw, dw, pw, w) = axis(input.w);
    let weights = random_weights(random, out_channels * (input.c / groups) * kh * kw, weight_bits);
    let conv = Conv2d {
        in_channels: input.c,
        out_channels,
        groups,
        kernel: (kh, kw),
        stride: (sh, sw),
        dilation: (dh, dw),
        padding: (ph, pw),
        weights: weights.into(),
    };
    (Synapses::Conv2d(conv), MapShape::new(out_channels, h, w))
}

/// Replaces a layer's neurons by random ones that fit its synapses.
fn add_neurons(random: &mut Random, limits: &Limits, network: &mut Network, i: usize, last: bool) {
    let shape = network.layers[i].output;
    // A stream of its own: what it draws moves nothing that other draws decide.
    let mut aside = Random(random.0 ^ 0x5eed_0f_57a7e);
    network.layers[i].fraction_bits = start::fraction_bits(&mut aside, network, i);
    let push = layer_sums(network, i).positive;
    let bias = if limits.still || random.chance(if limits.lazy { 90 } else { 60 }) {
        Param::Layer(0)
    } else {
        let most = (push / 8).max(2);
        param(random, limits, shape, |random| random.range(-most, most))
    };
    let threshold_at_most = (push / random.range(2, 16)).max(1);
    let threshold = param(random, limits, shape, |random| {
        random.range((threshold_at_most + 1) / 2, threshold_at_most)
    });
    let strict = random.chance(50);
    let fire_level = map(&threshold, |thr| thr + i64::from(strict));
    let reset = match random.range(0, 5) {
        0..=2 => Reset::Subtract(threshold.clone()),
        3 | 4 => {
            let limit = (threshold_at_most / 4).max(1);
            let zero = random.chance(50);
            Reset::ToValue(param(random, limits, shape, |random| {
                if zero {
                    0
                } else {
                    random.range(-limit, limit - 1)
                }
            }))
        }
        _ => Reset::None,
    };
    let many = matches!(reset, Reset::Subtract(_)) && random.chance(30) && !limits.still;
    let order = if random.chance(50) {
        ResetOrder::ResetThenLeak
    } else {
        ResetOrder::LeakThenReset
    };
    let value = last && limits.readout && random.chance(25);
    let leak = if limits.still { Leak::None } else { random_leak(random, limits, shape) };
    let able = limits.lazy && !value && bias == Param::Layer(0) && lazy::is_able(&leak);
    let leak_mode = if able && random.chance(80) { LeakMode::Lazy } else { LeakMode::Step };
    let layer = &mut network.layers[i];
    layer.neuron = Neuron {
        output: if value { Output::Value } else { Output::Spike },
        leak,
        leak_mode,
        reset: if value { Reset::None } else { reset },
        order,
        bias,
        initial: start::initial(&mut aside, limits, shape, &fire_level),
        fire_level,
        max_spikes: if many && !value { limits.max_spikes.max(1) } else { 1 },
        membrane: Membrane { bits: 16, lo: 0, hi: 0 },
    };
    add_membrane(random, limits, network, i);
}

/// A membrane that is legal for the layer's neurons.
fn add_membrane(random: &mut Random, limits: &Limits, network: &mut Network, i: usize) {
    let sums = layer_sums(network, i);
    let layer = &mut network.layers[i];
    let value = layer.neuron.output == Output::Value;
    let spare = random.range(0, i64::from(limits.spare_bits)) as u32;
    let least = least_bits(sums, targets(layer)).unwrap_or(bound::MAX_BITS);
    let clamp = (!value && random.chance(20)).then(|| -layer.neuron.fire_level.max().max(1));
    let wanted = targets(layer).greatest_lo;
    if let Some(found) = membrane((least + spare).min(32), sums, clamp.map(|clamp| clamp.min(wanted))) {
        layer.neuron.membrane = found;
    }
}

fn random_leak(random: &mut Random, limits: &Limits, shape: MapShape) -> Leak {
    let m = random.range(1, i64::from(limits.leak_bits)) as u32;
    let rounding = if random.chance(50) {
        Rounding::Floor
    } else {
        Rounding::TowardZero
    };
    match random.range(i64::from(limits.lazy), 4) {
        0 | 1 => Leak::None,
        2 | 3 => Leak::Decay {
            a: Param::Layer(1 << random.range(0, i64::from(m))),
            m,
            rounding,
        },
        _ => Leak::Decay {
            a: param(random, limits, shape, |random| random.range(0, 1 << m)),
            m,
            rounding,
        },
    }
}

/// A constant per layer, channel or neuron.
fn param(random: &mut Random, limits: &Limits, shape: MapShape, mut draw: impl FnMut(&mut Random) -> i64) -> Param {
    match random.range(0, if limits.varied { 5 } else { 0 }) {
        4 => Param::Channel((0..shape.c).map(|_| draw(random)).collect()),
        5 => Param::Neuron((0..shape.len()).map(|_| draw(random)).collect()),
        _ => Param::Layer(draw(random)),
    }
}

fn map(param: &Param, f: impl Fn(i64) -> i64) -> Param {
    let all = |values: &[i64]| values.iter().map(|&value| f(value)).collect();
    match param {
        Param::Layer(value) => Param::Layer(f(*value)),
        Param::Channel(values) => Param::Channel(all(values)),
        Param::Neuron(values) => Param::Neuron(all(values)),
    }
}
