//! Scatter by events against a plain gather over the definition: PyTorch's cross-correlation behind sum pooling.

use golden::Engine;
use net::random::{network, spikes, Limits};
use net::*;
use proptest::prelude::*;

/// Counts per pooled position: `sum over the window of the input`.
fn pool_gather(layer: &Layer, input: &[i64]) -> Vec<i64> {
    let (pool, to) = (&layer.pool, layer.pool.output);
    let mut pooled = vec![0; to.len()];
    for (i, sum) in pooled.iter_mut().enumerate() {
        let (c, oy, ox) = to.coordinate(i);
        for ky in 0..pool.kernel.0 {
            for kx in 0..pool.kernel.1 {
                let y = (oy * pool.stride.0 + ky) as i64 - pool.padding.0 as i64;
                let x = (ox * pool.stride.1 + kx) as i64 - pool.padding.1 as i64;
                *sum += at(layer.input, input, c, y, x);
            }
        }
    }
    pooled
}

/// Value of a map with zeros around it.
fn at(shape: MapShape, map: &[i64], c: usize, y: i64, x: i64) -> i64 {
    let inside = (0..shape.h as i64).contains(&y) && (0..shape.w as i64).contains(&x);
    if inside {
        map[shape.index(c, y as usize, x as usize)]
    } else {
        0
    }
}

/// Weighted sum of one output and the number of taps that saw an event.
fn gather(layer: &Layer, pooled: &[i64], output: usize) -> (i64, u64) {
    let shape = layer.pool.output;
    let mut sum = 0;
    let mut taps = 0;
    let mut add = |weight: i32, count: i64| {
        sum += i64::from(weight) * count;
        taps += count as u64;
    };
    match &layer.synapses {
        Synapses::Dense(dense) => {
            for (i, &count) in pooled.iter().enumerate() {
                add(dense.weights[output * dense.inputs + i], count);
            }
        }
        Synapses::Conv2d(conv) => {
            let (co, oy, ox) = layer.output.coordinate(output);
            let per_group = conv.in_channels / conv.groups;
            let first = co / (conv.out_channels / conv.groups) * per_group;
            for ci in 0..per_group {
                for ky in 0..conv.kernel.0 {
                    for kx in 0..conv.kernel.1 {
                        let y = (oy * conv.stride.0 + ky * conv.dilation.0) as i64 - conv.padding.0 as i64;
                        let x = (ox * conv.stride.1 + kx * conv.dilation.1) as i64 - conv.padding.1 as i64;
                        let weight = ((co * per_group + ci) * conv.kernel.0 + ky) * conv.kernel.1 + kx;
                        add(conv.weights[weight], at(shape, pooled, first + ci, y, x));
                    }
                }
            }
        }
    }
    (sum, taps)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_add_what_a_plain_convolution_sums(seed in 0u64..1 << 40) {
        let limits = Limits { layers: 1, size: 9, channels: 8, readout: false, ..Limits::default() };
        let mut network = network(seed, &limits);
        // an accumulator that shows its input: no leak, no reset, wide enough never to saturate
        network.layers[0].neuron = Neuron {
            output: Output::Value,
            leak: Leak::None,
            leak_mode: LeakMode::Step,
            reset: Reset::None,
            order: ResetOrder::ResetThenLeak,
            fire_level: Param::Layer(1),
            bias: Param::Layer(0),
            max_spikes: 1,
            initial: Param::Layer(0),
            membrane: Membrane { bits: 32, lo: -(1 << 30), hi: 1 << 30 },
        };
        let layer = &network.layers[0];
        let spikes = spikes(&network, seed, 1, 0.4);
        let trace = Engine::new(&network).trace(&spikes);
        let mut input = vec![0; network.input().len()];
        spikes[0].iter().for_each(|&i| input[i as usize] += 1);
        let pooled = pool_gather(layer, &input);
        let mut sops = 0;
        for n in 0..layer.output.len() {
            let (sum, taps) = gather(layer, &pooled, n);
            prop_assert_eq!(i64::from(trace.layers[0].shown[n]), sum << layer.fraction_bits, "neuron {} of {:?}", n, layer);
            sops += taps;
        }
        let updates = layer.output.len() as u64;
        let counters = &trace.counters;
        prop_assert_eq!((counters.sops[0], counters.state_updates[0]), (sops, updates));
        prop_assert_eq!((counters.membrane_reads[0], counters.membrane_writes[0]), (sops + updates, sops + updates));
        prop_assert_eq!(counters.input_events, spikes[0].len() as u64);
    }
}
