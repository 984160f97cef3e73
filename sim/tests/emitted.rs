//! Lockstep on emitted designs of random networks: layer kinds, shapes, strides, paddings, widths, resets, leaks.

mod common;

use common::{have_tools, run_emitted};
use net::random::{network, spikes, Limits};
use rtl::PlanOptions;
use sim::LockstepOptions;

fn check(seeds: std::ops::Range<u64>, limits: &Limits) {
    if !have_tools() {
        return;
    }
    let mut failed = Vec::new();
    for seed in seeds {
        let net = network(seed, limits);
        let samples: Vec<_> = [(0.0, 2), (0.3, 4), (1.0, 3)]
            .iter()
            .enumerate()
            .map(|(i, &(activity, steps))| spikes(&net, seed + i as u64, steps, activity))
            .collect();
        for stall in [0.0, 0.3] {
            let how = LockstepOptions { stall, seed, back_to_back: seed % 2 == 1, ..LockstepOptions::default() };
            let report = run_emitted(&net, &PlanOptions::default(), &samples, &how);
            if let Some(first) = report.first {
                failed.push(format!("network {seed}, stall {stall}: {first}"));
                break;
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn random_vectors() {
    check(0..3, &Limits { maps: false, ..Limits::default() });
}

#[test]
fn random_maps() {
    check(100..104, &Limits::default());
}
