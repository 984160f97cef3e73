//! Lockstep on a correct design: everything is compared and nothing differs.

mod common;

use common::{design, have_tools, network, plan, run, samples};
use sim::LockstepOptions;

#[test]
fn a_correct_design_passes_with_and_without_stalls() {
    if !have_tools() {
        return;
    }
    let still = run(None, &LockstepOptions::default());
    assert!(still.passed(), "{}", still.first.unwrap());
    let net = network();
    let traces: Vec<_> = samples(3, 9)
        .iter()
        .map(|s| golden::Engine::new(&net).trace(s))
        .collect();
    let spikes: u64 = traces
        .iter()
        .map(|t| t.counters.spikes.iter().sum::<u64>() + t.counters.spikes[1])
        .sum();
    assert!(spikes > 40);
    assert_eq!(still.spikes_compared, spikes);
    // Each event writes all neurons of its layer, each step too; the last layer's words are seen at the edge again.
    let writes: u64 = traces
        .iter()
        .map(|t| t.counters.membrane_writes.iter().sum::<u64>())
        .sum();
    assert_eq!(still.membrane_writes_compared, writes);
    assert_eq!(still.ticks_compared, 3 * 9 * 3);
    assert_eq!(still.samples, 3);

    let stalled = run(
        None,
        &LockstepOptions {
            stall: 0.4,
            seed: 7,
            ..LockstepOptions::default()
        },
    );
    assert!(stalled.passed(), "{}", stalled.first.unwrap());
    assert_eq!(
        (stalled.spikes_compared, stalled.membrane_writes_compared),
        (spikes, writes)
    );
    assert_eq!(still.output_counts, stalled.output_counts);
    assert!(stalled
        .cycles_per_sample
        .iter()
        .zip(&still.cycles_per_sample)
        .all(|(a, b)| a > b));
    for link in &stalled.links {
        assert!(
            link.stalled > 0 && link.stalled_ticks > 0 && link.stalled_ticks_last > 0,
            "{link:?}"
        );
    }
}

#[test]
fn samples_do_not_depend_on_each_other_or_on_threads() {
    if !have_tools() {
        return;
    }
    let options = LockstepOptions {
        stall: 0.3,
        seed: 3,
        ..LockstepOptions::default()
    };
    let one = run(None, &options);
    let two = run(
        None,
        &LockstepOptions {
            threads: 2,
            stall: 0.3,
            seed: 3,
            ..LockstepOptions::default()
        },
    );
    assert!(one.passed() && two.passed());
    assert_eq!(one.cycles_per_sample, two.cycles_per_sample);
    assert_eq!(one.output_counts, two.output_counts);

    let net = network();
    let (design, plan) = (design(&net, None), plan(&net));
    let [a, b, _] = &samples(3, 9)[..] else { unreachable!() };
    let order = |list: &[&net::Spikes]| {
        let list: Vec<_> = list.iter().map(|s| (*s).clone()).collect();
        let report = sim::lockstep(&design, &plan, &net, &list, &LockstepOptions::default()).unwrap();
        assert!(report.passed());
        (report.output_counts, report.cycles_per_sample)
    };
    let (ab, ba, aa) = (order(&[a, b]), order(&[b, a]), order(&[a, a]));
    assert_eq!((&ab.0[0], &ab.0[1], ab.1[0]), (&ba.0[1], &ba.0[0], ba.1[1]));
    assert_eq!((&aa.0[0], aa.1[0]), (&aa.0[1], aa.1[1]));
}

#[test]
fn back_to_back_samples_pass_too() {
    if !have_tools() {
        return;
    }
    for stall in [0.0, 0.5] {
        let report = run(
            None,
            &LockstepOptions {
                back_to_back: true,
                stall,
                ..LockstepOptions::default()
            },
        );
        assert!(report.passed(), "{}", report.first.unwrap());
        assert_eq!(report.samples, 3);
    }
}

#[test]
fn bad_options_and_samples_are_named() {
    let net = network();
    let mut bad = samples(2, 3);
    bad[1][0] = vec![6];
    let options = LockstepOptions {
        stall: 1.5,
        waves: Some(sim::WaveRequest {
            sample: 9,
            layer: Some("nope".into()),
            path: "x.vcd".into(),
        }),
        ..LockstepOptions::default()
    };
    let error = sim::lockstep(&design(&net, None), &plan(&net), &net, &bad, &options).unwrap_err();
    let codes: Vec<_> = error.into_problems().0.iter().map(|p| p.code).collect();
    assert_eq!(codes, ["event-off-map", "stall-range", "waves-sample", "waves-layer"]);
}
