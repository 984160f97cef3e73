//! Lockstep on emitted designs of random networks: layer kinds, shapes, strides, paddings, widths, resets, leaks.

mod common;

use common::{have_tools, run_emitted};
use net::random::{network, spikes, Limits};
use rtl::PlanOptions;
use sim::LockstepOptions;

fn check(usual: std::ops::Range<u64>, limits: &Limits) {
    if !have_tools() {
        return;
    }
    let mut failed = Vec::new();
    let (mut forwarded, mut planned, mut refused) = (0, 0, 0);
    for seed in needs::seeds(usual) {
        let net = network(seed, limits);
        // The planner refuses a few combinations that golden defines.
        if rtl::plan::plan(&net, &PlanOptions::default()).is_err() {
            refused += 1;
            continue;
        }
        planned += 1;
        let samples: Vec<_> = [(0.0, 2), (0.3, 4), (1.0, 3)]
            .iter()
            .enumerate()
            .map(|(i, &(activity, steps))| spikes(&net, seed + i as u64, steps, activity))
            .collect();
        for (stall, back_to_back) in [(0.0, false), (0.0, true), (0.3, false), (0.3, true)] {
            let how = LockstepOptions {
                stall,
                seed,
                back_to_back,
                ..LockstepOptions::default()
            };
            let report = run_emitted(&net, &PlanOptions::default(), &samples, &how);
            forwarded += report.forwarded_writes.iter().sum::<u64>();
            if let Some(first) = report.first {
                failed.push(format!(
                    "network {seed}, stall {stall}, back to back {back_to_back}: {first}"
                ));
                break;
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(planned > refused, "only {planned} networks planned, {refused} refused");
    assert!(forwarded > 0, "no forwarded write in any network");
}

#[test]
fn random_vectors() {
    check(
        0..2,
        &Limits {
            maps: false,
            ..Limits::default()
        },
    );
}

#[test]
fn random_maps() {
    check(100..104, &Limits::default());
}
