//! Lockstep against single-point faults of the handwritten design.

mod common;

use common::{design, have_tools, network, plan, samples};
use sim::{mutants, mutate, BuildOptions, Trial, Verdict};

/// Mutants that change nothing, and why.
const EQUIVALENT: &[(&str, &str)] = &[
    (
        "fixture_core.v:23:38:",
        "the code of TICK is declared and never used: a kind that is neither SPIKE nor TICK_LAST is a TICK",
    ),
    (
        "fixture_core.v:44:60",
        "all weights lie in -64 .. 63, so bits 6 and 7 of a weight are the same",
    ),
];

#[test]
fn mutants_of_the_fixture_are_found() {
    if !have_tools() {
        return;
    }
    let net = network();
    let (design, plan, samples) = (design(&net, None), plan(&net), samples(3, 9));
    let build = BuildOptions {
        optimise: vec!["-O0".into()],
        ..BuildOptions::default()
    };
    let trial = Trial {
        plan: &plan,
        net: &net,
        samples: &samples,
        cycles: None,
        stalls: &[0.5],
        seed: 1,
        build,
    };
    let all = mutants(&design, 1);
    assert_eq!(all, mutants(&design, 1));
    let mut survived = Vec::new();
    let mut killed = 0;
    for mutant in all.iter().take(24) {
        match trial.judge(&mutate(&design, mutant)).unwrap() {
            Verdict::Killed(_) => killed += 1,
            Verdict::Survived if EQUIVALENT.iter().any(|(place, _)| mutant.to_string().contains(place)) => {}
            Verdict::Survived => survived.push(mutant.to_string()),
            Verdict::Unbuildable => {}
        }
    }
    assert!(killed >= 18, "{killed} killed; survived: {survived:#?}");
    assert!(survived.is_empty(), "{survived:#?}");
}
