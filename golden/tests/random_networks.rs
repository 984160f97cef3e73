//! Fast mode, traces and checked mode agree on random networks of every kind that the model can say.

use golden::Engine;
use net::random::{graph, network, ports, spikes, Limits, Random};
use net::{Network, Spikes};
use proptest::prelude::*;

fn case(seed: u64, limits: &Limits) -> (Network, Spikes) {
    let network = network(seed, limits);
    let activity = [0.02, 0.1, 0.3, 0.8][seed as usize % 4];
    let spikes = spikes(&network, seed + 1, 6, activity);
    (network, spikes)
}

/// All ways of running `spikes` must give the same, and no order of events may leave a membrane word.
fn check(network: &Network, spikes: &Spikes) -> golden::Trace {
    let engine = Engine::new(network);
    let checked = engine
        .checked(spikes)
        .unwrap_or_else(|problems| panic!("{problems}\n{network:?}"));
    let trace = engine.trace(spikes);
    for (i, (fast, plain)) in trace.layers.iter().zip(&checked.layers).enumerate() {
        assert_eq!(fast, plain, "layer {i} of {network:?}");
    }
    assert_eq!(trace, checked);
    assert_eq!(engine.run(spikes), checked.outcome());
    for kind in engine.every_kind() {
        assert_eq!(kind.trace(spikes), checked, "{kind:?}");
    }
    checked
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fast_equals_checked(seed in 0u64..1 << 40) {
        let (network, spikes) = case(seed, &Limits::default());
        check(&network, &spikes);
    }

    #[test]
    fn fast_equals_checked_on_wide_channels(seed in 0u64..1 << 40) {
        // more channels than a vector has lanes, so that layouts are padded; up to 16-bit weights for 32-bit words
        let limits = Limits { channels: 40, size: 4, layers: 2, weight_bits: 16, leak_bits: 24, ..Limits::default() };
        let (network, spikes) = case(seed, &limits);
        check(&network, &spikes);
    }

    #[test]
    fn fast_equals_checked_on_graphs(seed in 0u64..1 << 40) {
        let limits = Limits { layers: 4, ..Limits::default() };
        let network = if seed % 2 == 0 { graph(seed, &limits) } else { ports(seed, &limits) };
        let spikes = spikes(&network, seed + 1, 6, [0.05, 0.3, 0.8][seed as usize % 3]);
        check(&network, &spikes);
        // Any output may answer.
        for k in 0..network.outputs.len() {
            let engine = Engine::new(&network).answering(k);
            prop_assert_eq!(engine.run(&spikes), engine.trace(&spikes).outcome());
            prop_assert_eq!(engine.run(&spikes).counts.len(), network.layers[network.outputs[k].layer].output.len());
        }
        // A runner keeps nothing of a sample, and nothing of a loop.
        let engine = Engine::new(&network);
        let mut runner = engine.runner();
        let first = runner.trace(&spikes);
        prop_assert_eq!(&runner.run(&spikes), &first.outcome());
    }

    #[test]
    fn fast_equals_checked_with_lazy_leak(seed in 0u64..1 << 40) {
        let limits = Limits { lazy: true, channels: [6, 40][seed as usize % 2], ..Limits::default() };
        let network = network(seed, &limits);
        let spikes = spikes(&network, seed + 1, 12, [0.005, 0.02, 0.1, 0.5][seed as usize / 2 % 4]);
        check(&network, &spikes);
    }

    #[test]
    fn fast_equals_checked_on_graphs_with_lazy_leak(seed in 0u64..1 << 40) {
        let network = graph(seed, &Limits { lazy: true, layers: 4, ..Limits::default() });
        let spikes = spikes(&network, seed + 1, 9, [0.01, 0.05, 0.3][seed as usize % 3]);
        check(&network, &spikes);
    }

    #[test]
    fn the_order_of_a_steps_events_does_not_matter(seed in 0u64..1 << 40) {
        let limits = Limits { spare_bits: 0, lazy: seed % 2 == 1, ..Limits::default() };
        let (network, mut spikes) = case(seed, &limits);
        let engine = Engine::new(&network);
        let first = engine.trace(&spikes);
        let random = &mut Random::new(seed ^ 77);
        spikes.iter_mut().for_each(|events| random.shuffle(events));
        prop_assert_eq!(&first, &engine.trace(&spikes));
    }

    #[test]
    fn no_state_leaks_across_samples(seed in 0u64..1 << 40) {
        let (network, a) = case(seed, &Limits { lazy: seed % 2 == 1, ..Limits::default() });
        let b = net::random::spikes(&network, seed + 2, 9, 0.5);
        let engine = Engine::new(&network);
        let (alone_a, alone_b) = (engine.run(&a), engine.run(&b));
        let mut runner = engine.runner();
        for (sample, expected) in [(&a, &alone_a), (&b, &alone_b), (&b, &alone_b), (&a, &alone_a)] {
            prop_assert_eq!(&runner.run(sample), expected);
            prop_assert_eq!(&runner.trace(sample).outcome(), expected);
        }
        let both = engine.run_many(2, |i| Ok([&a, &b][i].clone())).unwrap();
        prop_assert_eq!(both, vec![alone_a, alone_b]);
    }
}

/// The random networks must reach what they are there for.
#[test]
fn random_networks_spike_saturate_and_vary() {
    let limits = Limits {
        spare_bits: 1,
        ..Limits::default()
    };
    let (mut spiking, mut saturating, mut many, mut readouts, mut silent) = (0, 0, 0, 0, 0);
    let samples = 200;
    for seed in 0..samples {
        let (network, spikes) = case(seed, &limits);
        let trace = check(&network, &spikes);
        let last = network.layers.last().unwrap();
        readouts += u32::from(last.neuron.output == net::Output::Value);
        spiking += u32::from(trace.counters.spikes.iter().sum::<u64>() > 0);
        saturating += u32::from(trace.counters.saturations.iter().sum::<u64>() > 0);
        many += u32::from(
            trace
                .layers
                .iter()
                .any(|l| l.spikes.iter().any(|s| s.windows(2).any(|w| w[0] == w[1]))),
        );
        silent += u32::from(spikes.iter().any(|events| events.is_empty()));
    }
    println!("of {samples}: {spiking} spike, {saturating} saturate, {many} multi, {readouts} readouts, {silent} idle");
    assert!(spiking > 140 && saturating > 50 && many > 10 && readouts > 20 && silent > 30);
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let limits = Limits::default();
    assert_eq!(network(7, &limits), network(7, &limits));
    assert_ne!(network(7, &limits), network(8, &limits));
}
