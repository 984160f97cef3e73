//! Scans that visit touched words only, in lockstep with golden.

mod common;

use common::hardware::{bursts, chain, layer, mismatch, quick_build, Agreement, random_options, samples, weights, Hardware, SIMULATION};
use common::have;
use net::random::{Limits, Random};
use net::{Conv2d, MapShape, Network, Param, Pool, Reset, Spikes, Synapses};
use rayon::prelude::*;
use rtl::plan::{touched, Scan};
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
    let Agreement { mut failed, still, .. } = hardware.agreement(&samples, 0.4, seed);
    let options = LockstepOptions {
        stall: 0.2,
        seed,
        back_to_back: true,
        build: quick_build(),
        ..LockstepOptions::default()
    };
    let joined = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    failed.extend(mismatch(&joined, seed));
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

/// Conv 3x3 without leak on a map of 20 x 20, in one bank of single lanes: 3,200 words.
fn wide_hardware(scan: Scan) -> Hardware {
    let (input, map) = (MapShape::new(1, 20, 20), MapShape::new(8, 20, 20));
    let conv = Conv2d {
        in_channels: 1,
        out_channels: 8,
        groups: 1,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (1, 1),
        weights: weights(&mut Random::new(1), 8 * 9, 8),
    };
    let mut layer = layer("conv", input, Pool::none(input), Synapses::Conv2d(conv), map);
    (layer.neuron.fire_level, layer.neuron.reset) = (Param::Layer(5), Reset::Subtract(Param::Layer(5)));
    let one = |what: usize| [("conv".to_string(), what)].into();
    let options = PlanOptions {
        lanes: one(1),
        banks: [("conv".to_string(), (1, 1))].into(),
        scans: [("conv".to_string(), scan)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(chain("wide", input, 1, vec![layer], 0), &options)
}

#[test]
fn an_idle_step_takes_six_cycles_and_a_sparse_one_what_it_touches() {
    if !have(SIMULATION) {
        return;
    }
    // An event in the middle of the map reaches nine positions of eight words, in nine cycles per group.
    let event = 10 * 20 + 10;
    let steps = |idle: usize, events: usize| -> Spikes {
        (0..idle + 2 * events).map(|t| if t < 2 * events && t % 2 == 0 { vec![event] } else { vec![] }).collect()
    };
    let cycles = |scan| {
        let hardware = wide_hardware(scan);
        let samples = [steps(10, 0), steps(30, 0), steps(30, 1), steps(30, 2)];
        let report = hardware.lockstep(&samples, 0.0, 0);
        assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
        assert_eq!(report.cycles_per_sample, hardware.predicted_cycles(&samples));
        report.cycles_per_sample
    };
    let (touched, all) = (cycles(Scan::Touched), cycles(Scan::All));
    assert_eq!(touched[1] - touched[0], 20 * 6);
    assert_eq!(all[1] - all[0], 20 * (3200 + 5));
    // The event, the look-up, 72 words, the pause; then a step for neurons that fired, with nothing in it to hide the look-up.
    let busy = touched[2] - touched[1];
    assert!((72 + 4 + 72 + 5..=72 + 4 + 72 + 5 + 12 + 72 + 5).contains(&busy), "{busy}");
    assert!(all[2] - all[1] > 20 * busy);
}
