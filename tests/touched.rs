//! Scans that visit touched words only, in lockstep with golden.

mod common;

use common::hardware::{bursts, quick_build, random_options, samples, Hardware, SIMULATION};
use common::have;
use net::random::Limits;
use net::Network;
use rayon::prelude::*;
use rtl::plan::touched;
use rtl::PlanOptions;
use sim::LockstepOptions;

/// A random net whose layers may all have a map, but for a readout.
fn still_net(seed: u64) -> Network {
    let limits = Limits {
        still: true,
        size: 12,
        ..Limits::default()
    };
    net::random::network(seed, &limits)
}

/// Random folding, and a map for every layer that may have one.
fn mapped(net: &Network, seed: u64) -> PlanOptions {
    PlanOptions {
        scans: touched::wherever_legal(net),
        ..random_options(net, seed)
    }
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
    let count = if std::env::var_os("SPIKEWRIGHT_FULL").is_some() { 200 } else { 16 };
    let outcomes: Vec<Outcome> = (700..700 + count).into_par_iter().filter_map(random_network).collect();
    let failed: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(outcomes.len() as u64 * 6 >= count * 5, "the planner refuses too many");
    let maps: usize = outcomes.iter().map(|outcome| outcome.maps).sum();
    assert!(maps > outcomes.len() && outcomes.iter().map(|outcome| outcome.spikes).sum::<u64>() > 1000, "{maps} maps");
}
