//! A layer cut into parts computes what the whole one does: every spike, every state, on any cut.

use golden::{Engine, LayerTrace};
use net::random::{graph, network, spikes, Limits, Random};
use net::split::Part;
use net::{Network, Spikes};
use proptest::prelude::*;

/// Whether the parts did what the whole did; how many parts there were more than layers.
fn check(net: &Network, sample: &Spikes, random: &mut Random) -> usize {
    let parts = net::random::parts(random, net, true);
    let (whole, cut) = (Engine::new(net).trace(sample), Engine::new(&parts.network).trace(sample));
    Engine::new(&parts.network).checked(sample).unwrap_or_else(|problems| panic!("{problems}"));
    // What leaves, from a trace and without one.
    let answers = [whole.outcome(), cut.outcome(), Engine::new(net).run(sample), Engine::new(&parts.network).run(sample)];
    for answer in &answers {
        assert_eq!((&answer.counts, &answer.shown), (&answers[0].counts, &answers[0].shown));
    }
    assert_eq!(parts.network.output(), net.output());
    for (i, layer) in whole.layers.iter().enumerate() {
        let of_layer = || parts.parts.iter().zip(&cut.layers).filter(|(part, _)| part.layer == i);
        let shape = net.layers[i].output;
        let at = |part: &Part, trace: &LayerTrace, n: usize| {
            let own = parts.network.layers[parts.parts.iter().position(|other| other == part).unwrap()].output;
            assert_eq!(own.len(), trace.neurons);
            part.neuron(shape, own, n)
        };
        for step in 0..sample.len() {
            let sorted = |mut all: Vec<u32>| {
                all.sort_unstable();
                all
            };
            let moved = of_layer().flat_map(|(part, trace)| trace.spikes[step].iter().map(move |&n| at(part, trace, n as usize) as u32));
            assert_eq!(sorted(layer.spikes[step].clone()), sorted(moved.collect()), "spikes of layer {i}, step {step}");
            let mut shown = vec![i32::MIN; shape.len()];
            for (part, trace) in of_layer() {
                trace.shown_at(step).iter().enumerate().for_each(|(n, &state)| shown[at(part, trace, n)] = state);
            }
            assert_eq!(layer.shown_at(step), shown, "states of layer {i}, step {step}");
        }
    }
    parts.parts.len() - net.layers.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_of_a_chain_are_the_whole(seed in 0u64..1 << 40) {
        let net = network(seed, &Limits { layers: 4, ..Limits::default() });
        let sample = spikes(&net, seed + 1, 6, [0.05, 0.3, 0.8][seed as usize % 3]);
        check(&net, &sample, &mut Random::new(seed + 2));
    }

    #[test]
    fn parts_of_a_graph_are_the_whole(seed in 0u64..1 << 40) {
        let net = graph(seed, &Limits { layers: 4, ..Limits::default() });
        let sample = spikes(&net, seed + 1, 6, [0.05, 0.3, 0.8][seed as usize % 3]);
        check(&net, &sample, &mut Random::new(seed + 2));
    }
}

/// The random cuts must reach what they are there for.
#[test]
fn many_layers_are_cut_and_spike() {
    let (mut more, mut heard) = (0, 0u64);
    for seed in 0..100 {
        let net = network(seed, &Limits { layers: 4, ..Limits::default() });
        let sample = spikes(&net, seed + 1, 6, 0.3);
        let parts = check(&net, &sample, &mut Random::new(seed));
        more += parts;
        if parts > 0 {
            heard += Engine::new(&net).run(&sample).counters.spikes.iter().sum::<u64>();
        }
    }
    assert!(more > 100 && heard > 2000, "{more} parts, {heard} spikes");
}

/// A layer that is "cut" into one band of rows stays whole, also where its first rows hear nothing.
#[test]
fn one_band_is_the_layer() {
    let seed = 225561145248;
    let net = graph(seed, &Limits { layers: 4, ..Limits::default() });
    let sample = spikes(&net, seed + 1, 6, [0.05, 0.3, 0.8][seed as usize % 3]);
    check(&net, &sample, &mut Random::new(seed + 2));
}
