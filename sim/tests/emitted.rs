//! Lockstep on emitted designs of random networks: layer kinds, shapes, strides, paddings, widths, resets, leaks.

mod common;

use common::{have_tools, run_emitted};
use net::random::smaller::smaller;
use net::random::{network, spikes, Limits};
use net::Network;
use rtl::PlanOptions;
use sim::LockstepOptions;

/// Writes that were forwarded in all runs, or what the first run finds that differs from golden.
fn first_mismatch(net: &Network, seed: u64) -> Result<u64, String> {
    let activities = [(0.0, 2), (0.3, 4), (1.0, 3)].iter().enumerate();
    let samples: Vec<_> = activities.map(|(i, &(activity, steps))| spikes(net, seed + i as u64, steps, activity)).collect();
    let mut forwarded = 0;
    for (stall, back_to_back) in [(0.0, false), (0.0, true), (0.3, false), (0.3, true)] {
        let how = LockstepOptions { stall, seed, back_to_back, ..LockstepOptions::default() };
        let report = run_emitted(net, &PlanOptions::default(), &samples, &how);
        forwarded += report.forwarded_writes.iter().sum::<u64>();
        if let Some(first) = report.first {
            return Err(format!("stall {stall}, back to back {back_to_back}: {first}"));
        }
    }
    Ok(forwarded)
}

fn check(usual: std::ops::Range<u64>, limits: &Limits) {
    if !have_tools() {
        return;
    }
    let mut failed = Vec::new();
    let (mut forwarded, mut planned, mut refused) = (0, 0, 0);
    for seed in needs::seeds(usual) {
        let net = needs::shrink::cut(network(seed, limits), smaller);
        // The planner refuses a few combinations that golden defines.
        if rtl::plan::plan(&net, &PlanOptions::default()).is_err() {
            refused += 1;
            continue;
        }
        planned += 1;
        match first_mismatch(&net, seed) {
            Ok(found) => forwarded += found,
            Err(reason) => {
                let found = needs::shrink::smallest(net, smaller, move |net| {
                    rtl::plan::plan(net, &PlanOptions::default()).ok()?;
                    first_mismatch(net, seed).err()
                });
                let again = format!("SPIKEWRIGHT_SEEDS={seed}..{} {}={}", seed + 1, needs::shrink::CUTS, found.path());
                failed.push(format!("network {seed}, {reason}\nsmallest ({again}): {}\n{:#?}", found.reason, found.case));
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
