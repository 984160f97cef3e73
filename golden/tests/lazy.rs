//! Lazy leak, against its definition written down a second time: per neuron, from the steps in which events reach it.

use golden::neuron::end_step;
use golden::Engine;
use net::random::{network, spikes, Limits};
use net::*;

/// `a_e` of `docs/numbers.md` from exact powers, for leaks of few bits: 4096 - round(4096 (1 - a / 2^m)^e), half away from zero.
fn factor(a: u128, m: u32, e: u32) -> i64 {
    // Beyond this nothing is left of any of them, and the powers would not fit.
    let (keep, whole) = ((1u128 << m) - a, 1u128 << m);
    let (mut above, mut below) = (4096u128, 1u128);
    for _ in 0..e {
        if above * 2 < below {
            return if a == 0 { 0 } else { 4096 };
        }
        above *= keep;
        below *= whole;
    }
    4096 - ((2 * above + below) / (2 * below)) as i64
}

fn decayed(v: i64, factor: i64, rounding: Rounding) -> i64 {
    match rounding {
        Rounding::Floor => v - (v * factor).div_euclid(4096),
        Rounding::TowardZero => v.signum() * (v.abs() * (4096 - factor) / 4096),
    }
}

/// One fully connected layer: `outputs` neurons that hear some of the inputs through weight 0, and not all of them at all.
fn layer(leak: Leak, order: ResetOrder, reset: Reset) -> Network {
    let (input, output) = (MapShape::new(4, 1, 1), MapShape::new(4, 1, 1));
    let weights = vec![7, 0, -5, 9];
    Network {
        name: "lazy".into(),
        inputs: net::InputNode::only(input),
        multiplicity: 2,
        sources: net::wiring::chain(1),
        outputs: net::OutputNode::only(0),
        layers: vec![Layer {
            name: "conv".into(),
            neuron_name: "lif".into(),
            input,
            pool: Pool::none(input),
            // Depthwise: neuron n hears input n alone.
            synapses: Synapses::Conv2d(Conv2d {
                in_channels: 4,
                out_channels: 4,
                groups: 4,
                kernel: (1, 1),
                stride: (1, 1),
                dilation: (1, 1),
                padding: (0, 0),
                weights: weights.clone(),
            }),
            output,
            neuron: Neuron {
                output: Output::Spike,
                leak,
                leak_mode: LeakMode::Lazy,
                reset,
                order,
                fire_level: Param::Layer(12),
                bias: Param::Layer(0),
                max_spikes: 1,
                initial: Param::Layer(0),
                membrane: Membrane { bits: 8, lo: -30, hi: 90 },
            },
            weight_bits: 5,
            fraction_bits: 0,
            scale: 1.0,
        }],
    }
}

/// Every neuron alone, step by step, from its own events.
#[test]
fn each_neuron_follows_its_own_events() {
    let subtract = || Reset::Subtract(Param::Layer(12));
    let to_value = || Reset::ToValue(Param::Layer(-3));
    let mut decays = 0;
    for (a, m) in [(1, 1), (1, 3), (3, 4), (1, 4), (5, 3), (8, 3)] {
        for rounding in [Rounding::Floor, Rounding::TowardZero] {
            for order in [ResetOrder::ResetThenLeak, ResetOrder::LeakThenReset] {
                for reset in [subtract(), to_value(), Reset::None] {
                    let network = layer(Leak::Decay { a: Param::Layer(a), m, rounding }, order, reset);
                    let shape = network.layers[0].output;
                    for seed in 0..8 {
                        let spikes = spikes(&network, seed, 40, [0.05, 0.2, 0.7][seed as usize % 3]);
                        let trace = Engine::new(&network).checked(&spikes).unwrap();
                        let found = &trace.layers[0];
                        let mut updates = 0;
                        for (n, weight) in [7i64, 0, -5, 9].into_iter().enumerate() {
                            let (mut stored, mut spiked, mut missed) = (0, false, 0);
                            for (t, events) in spikes.iter().enumerate() {
                                let heard = events.iter().filter(|&&event| event as usize == n).count() as i64;
                                let mut expected = (0, stored, stored);
                                if heard == 0 {
                                    missed += 1;
                                } else {
                                    let state = decayed(stored, factor(a as u128, m, missed), rounding);
                                    decays += usize::from(state != stored);
                                    let ended = end_step(&network.layers[0].neuron, shape, n, state + heard * weight, spiked);
                                    (stored, spiked, missed) = (ended.stored, ended.spikes > 0, 0);
                                    updates += 1;
                                    expected = (ended.spikes as usize, ended.stored, ended.shown);
                                }
                                let sent = found.spikes[t].iter().filter(|&&i| i as usize == n).count();
                                let got = (sent, i64::from(found.stored_at(t)[n]), i64::from(found.shown_at(t)[n]));
                                assert_eq!(got, expected, "a {a} m {m} {rounding:?} {order:?} neuron {n} step {t}");
                            }
                        }
                        assert_eq!(trace.counters.state_updates, [updates]);
                        assert_eq!(trace.counters.membrane_writes, [updates + trace.counters.sops[0]]);
                        assert_eq!(Engine::new(&network).trace(&spikes), trace);
                    }
                }
            }
        }
    }
    assert!(decays > 5_000, "{decays}");
}

/// With events for every neuron in every step nothing is missed: the same answer as with leak in every step.
#[test]
fn lazy_is_step_where_nothing_is_missed() {
    let (mut compared, mut spiking, mut differing) = (0, 0, 0);
    for seed in 0..600 {
        let limits = Limits { lazy: true, layers: 1, readout: false, maps: seed % 2 == 0, padding: 0, ..Limits::default() };
        let mut lazy = network(seed, &limits);
        lazy.layers[0].neuron.initial = Param::Layer(0);
        if lazy.layers[0].neuron.leak_mode == LeakMode::Step {
            continue;
        }
        let mut step = lazy.clone();
        step.layers[0].neuron.leak_mode = LeakMode::Step;
        // Every input spikes in every step; a neuron that hears none of them stays at 0 either way.
        let all: Spikes = vec![(0..lazy.input().len() as u32).collect(); 9];
        let (a, b) = (Engine::new(&lazy).trace(&all), Engine::new(&step).trace(&all));
        assert_eq!((&a.layers[0].spikes, &a.layers[0].stored), (&b.layers[0].spikes, &b.layers[0].stored), "seed {seed}");
        compared += 1;
        spiking += usize::from(a.counters.spikes[0] > 0);
        // And where steps are missed it is another answer.
        let few = spikes(&lazy, seed, 20, 0.1);
        differing += usize::from(Engine::new(&lazy).trace(&few).layers[0].stored != Engine::new(&step).trace(&few).layers[0].stored);
    }
    println!("{compared} compared, {spiking} spike, {differing} differ where steps are missed");
    assert!(compared > 200 && spiking > 100 && differing > 100);
}

/// No state leaves its word: a decay brings it nearer to zero, so the bound of a step is the bound with lazy leak, too.
#[test]
fn a_decay_stays_within_the_bounds() {
    for rounding in [Rounding::Floor, Rounding::TowardZero] {
        for (a, m) in [(1, 1), (3, 4), (410, 12), (4095, 12)] {
            for factor in net::lazy::factors(a, m) {
                let leak = Leak::Decay { a: Param::Layer(factor), m: 12, rounding };
                for v in -700i64..700 {
                    let left = golden::neuron::leak(&leak, MapShape::vector(1), 0, v);
                    assert!(left * v >= 0 && left.abs() <= v.abs(), "{v} by {factor}: {left}");
                }
            }
        }
    }
}
