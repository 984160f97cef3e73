//! A network that fails in lockstep is shrunk until little is left, and what is printed leads back to it.

mod common;

use common::hardware::{mismatch, samples, Hardware, SIMULATION};
use common::have;
use common::shrink::{planned, steps, Case};
use needs::shrink::smallest;
use net::random::smaller::smaller;
use net::random::{Limits, Random};
use net::Synapses;
use rtl::PlanOptions;

/// Networks that are made smaller, step by step, stay what golden computes in one way and another, and what the planner takes.
#[test]
fn what_is_made_smaller_is_still_a_network() {
    let (mut tried, mut planned) = (0, 0);
    for seed in 0..40 {
        let limits = Limits::default();
        let mut net = if seed % 4 == 0 { net::random::graph(seed, &limits) } else { net::random::network(seed, &limits) };
        let random = &mut Random::new(seed);
        for _ in 0..6 {
            let mut all = smaller(&net);
            assert!(all.iter().all(|other| *other != net), "network {seed}: a step that changes nothing");
            for other in &all {
                let sample = net::random::spikes(other, seed, 4, 0.4);
                let engine = golden::Engine::new(other);
                let checked = engine.checked(&sample).unwrap_or_else(|problems| panic!("network {seed}: {problems}"));
                assert_eq!(engine.trace(&sample), checked, "network {seed}");
                tried += 1;
                planned += usize::from(rtl::plan::plan(other, &PlanOptions::default()).is_ok());
            }
            if all.is_empty() {
                break;
            }
            net = all.swap_remove(random.size(0, all.len() - 1));
        }
    }
    println!("{tried} smaller networks, {planned} of them planned");
    assert!(tried > 2000 && planned * 10 > tried * 8, "{tried} networks, {planned} planned");
}

/// Every lane adds with a wrong sign: one layer of one channel, one weight and one spike are enough to see it. Maps keep their rows and columns.
#[test]
fn a_fault_is_shrunk_to_a_network_of_one_weight() {
    if !have(SIMULATION) {
        return;
    }
    let options = PlanOptions::default();
    let network = |seed: u64| net::random::network(seed, &Limits { layers: 2, channels: 3, size: 4, spare_bits: 8, ..Limits::default() });
    let big = |seed: &u64| network(*seed).layers.len() == 2 && network(*seed).input().h > 2 && planned(&network(*seed), &options).is_some();
    let seed = (0..).find(big).expect("one of them");
    let net = network(seed);
    let case = Case { samples: samples(&net, seed, 5), net };
    let fails = move |case: &Case| {
        let hardware: Hardware = planned(&case.net, &PlanOptions::default())?;
        let mut broken = hardware.design.clone();
        for file in broken.files.iter_mut().filter(|file| file.path.ends_with("_lane.v")) {
            let adds = |line: &&str| line.trim_start().starts_with("wire ") && line.contains(" + operand");
            let line = file.text.lines().find(adds).expect("an addition").to_string();
            file.text = needs::fault::replaced(&file.path, &file.text, &line, &line.replacen(" + operand", " - operand", 1));
        }
        mismatch(&hardware.lockstep_of(&broken, &case.samples, 0.0, 1), seed)
    };
    assert!(fails(&case).is_some(), "the fault shows");
    let found = smallest(case.clone(), steps, fails);
    let (net, samples) = (&found.case.net, &found.case.samples);
    let used = |layer: &net::Layer| match &layer.synapses {
        Synapses::Dense(dense) => dense.weights.iter().filter(|weight| **weight != 0).count(),
        Synapses::Conv2d(conv) => conv.weights.iter().filter(|weight| **weight != 0).count(),
    };
    let weights: usize = net.layers.iter().map(used).sum();
    let spikes: usize = samples.iter().flatten().map(Vec::len).sum();
    println!("{} of {:?}", found.path(), found.case);
    assert_eq!((net.layers.len(), samples.len(), samples[0].len()), (1, 1, 1), "{:?}", found.case);
    assert!(weights <= 1 && spikes <= 1 && net.layers[0].output.c == 1, "{weights} weights, {spikes} spikes: {:?}", found.case);
    // The printed steps lead to the same case.
    let again = found.cuts.iter().fold(case, |case, cut| steps(&case).swap_remove(*cut));
    assert_eq!((&again.net, &again.samples), (net, samples));
}
