//! Scans that visit touched words only, in lockstep with golden.

mod common;

use common::hardware::{quick_build, random_options, samples, Hardware, SIMULATION};
use common::have;
use net::random::{Limits, Random};
use net::{Leak, Network, Param, Spikes};
use rayon::prelude::*;
use rtl::plan::{touched, Scan};
use rtl::PlanOptions;
use sim::LockstepOptions;

/// A random net without leak, bias and several spikes per step: all but a readout may have a map.
fn still_net(seed: u64) -> Network {
    let limits = Limits {
        max_spikes: 1,
        size: 12,
        ..Limits::default()
    };
    let mut net = net::random::network(seed, &limits);
    for layer in &mut net.layers {
        layer.neuron.leak = Leak::None;
        layer.neuron.bias = Param::Layer(0);
    }
    net
}

/// Random folding, and a map for every layer that may have one.
fn mapped(net: &Network, seed: u64) -> PlanOptions {
    let legal = net.layers.iter().filter(|layer| touched::forbids(layer).is_none());
    PlanOptions {
        scans: legal.map(|layer| (layer.name.clone(), Scan::Touched)).collect(),
        ..random_options(net, seed)
    }
}

/// Sparse events, silence for several steps, bursts, every address at once.
fn bursts(net: &Network, seed: u64, steps: usize) -> Spikes {
    let random = &mut Random::new(seed);
    let input = net.input.len() as i64;
    let step = |_| match random.range(0, 9) {
        0..=4 => Vec::new(),
        5..=7 => vec![random.range(0, input - 1) as u32],
        8 => (0..random.range(1, 6)).map(|_| random.range(0, input - 1) as u32).collect(),
        _ => (0..input as u32).collect(),
    };
    let mut spikes: Spikes = (0..steps).map(step).collect();
    // No address more often than the net allows.
    for events in &mut spikes {
        events.sort_unstable();
        events.dedup();
        random.shuffle(events);
    }
    spikes
}

struct Outcome {
    failed: Vec<String>,
    maps: usize,
    spikes: u64,
}

fn random_network(seed: u64) -> Option<Outcome> {
    let net = still_net(seed);
    let options = mapped(&net, seed);
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let mut samples = samples(&hardware.net, seed, 5);
    samples.extend((0..4).map(|i| bursts(&hardware.net, seed * 10 + i, 16)));
    let predicted = hardware.predicted_cycles(&samples);
    let mut failed = Vec::new();
    let still = hardware.lockstep(&samples, 0.0, seed);
    let stalled = hardware.lockstep(&samples, 0.4, seed);
    let options = LockstepOptions {
        stall: 0.2,
        seed,
        back_to_back: true,
        build: quick_build(),
        ..LockstepOptions::default()
    };
    let joined = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    for report in [&still, &stalled, &joined] {
        if let Some(first) = &report.first {
            failed.push(format!("network {seed}, stall {}: {first}", report.stall));
        }
    }
    if predicted != still.cycles_per_sample {
        let measured = &still.cycles_per_sample;
        failed.push(format!("network {seed}: predicted {predicted:?} cycles, measured {measured:?}"));
    }
    Some(Outcome {
        failed,
        maps: hardware.plan.cores.iter().filter(|core| core.touched_map).count(),
        spikes: still.spikes_compared,
    })
}

#[test]
fn random_networks_with_touched_maps_compute_what_golden_says_in_the_cycles_that_were_predicted() {
    if !have(SIMULATION) {
        return;
    }
    let count = if std::env::var_os("SPIKEWRIGHT_FULL").is_some() { 200 } else { 24 };
    let outcomes: Vec<Outcome> = (700..700 + count).into_par_iter().filter_map(random_network).collect();
    let failed: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(outcomes.len() as u64 * 6 >= count * 5, "the planner refuses too many");
    let maps: usize = outcomes.iter().map(|outcome| outcome.maps).sum();
    assert!(maps > outcomes.len() && outcomes.iter().map(|outcome| outcome.spikes).sum::<u64>() > 1000, "{maps} maps");
}
