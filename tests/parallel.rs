//! The parallel core in lockstep with the golden model: random networks, chains with banked cores, deliberate faults.

mod common;

use std::collections::BTreeSet;

use common::{chip, toggles};
use common::hardware::{dense_net, fit_membranes, random_networks, samples, Hardware, SIMULATION};
use common::have;
use net::options::CoreKind;
use net::random::{Limits, Random};
use net::{Leak, Network, Param, Reset, Rounding, Spikes, Synapses};
use rayon::prelude::*;
use rtl::plan::{parallel, Machine};
use rtl::PlanOptions;

/// Two of three networks are vectors throughout; every third begins with a map. Membranes are as narrow as is legal, or nearly.
fn network(seed: u64) -> Network {
    let limits = Limits {
        maps: seed % 3 == 0,
        readout: seed % 4 == 0,
        max_spikes: 1,
        spare_bits: (seed % 3) as u32,
        ..Limits::default()
    };
    net::random::network(seed + 7000, &limits)
}

/// All layers that can be are on the parallel core, but for one in eight.
fn options(net: &Network, seed: u64) -> PlanOptions {
    let random = &mut Random::new(seed);
    let able = net.layers.iter().filter(|layer| parallel::refusal(layer).is_none() && !random.chance(12));
    PlanOptions {
        machines: able.map(|layer| (layer.name.clone(), CoreKind::Parallel)).collect(),
        ..PlanOptions::default()
    }
}

/// What a layer on the parallel core asks of it.
fn traits(layer: &net::Layer) -> Vec<String> {
    let neuron = &layer.neuron;
    let leak = match &neuron.leak {
        Leak::None => "no leak",
        Leak::Decay { rounding: Rounding::Floor, .. } => "floor",
        Leak::Decay { .. } => "toward zero",
    };
    let reset = match &neuron.reset {
        Reset::Subtract(_) => "subtract",
        Reset::ToValue(_) => "to value",
        Reset::None => "none",
    };
    let order = if leak == "no leak" { "any order".into() } else { format!("{:?}", neuron.order) };
    let many = |param: &Param| !matches!(param, Param::Layer(_));
    let mut found = vec![format!("{leak}, {reset}, {order}")];
    let facts = [
        (many(&neuron.fire_level), "levels differ"),
        (layer.neuron.is_biased(), "bias"),
        (layer.input.h * layer.input.w > 1, "behind a map"),
        (layer.output.len() > parallel::SEND_GROUP, "several groups"),
    ];
    found.extend(facts.iter().filter(|(holds, _)| *holds).map(|(_, name)| name.to_string()));
    found
}

#[derive(Default)]
struct Outcome {
    failed: Vec<String>,
    traits: BTreeSet<String>,
    parallel: usize,
    after_another: usize,
    spikes: u64,
    saturations: u64,
}

fn run(seed: u64) -> Option<Outcome> {
    let net = network(seed);
    let options = options(&net, seed);
    if options.machines.is_empty() {
        return None;
    }
    let mut plan = rtl::plan::plan(&net, &options).ok()?;
    // As for a device with slow block RAMs and weights that fill them.
    let parallel = plan.cores.iter_mut().filter(|core| core.machine == Machine::Parallel);
    parallel.for_each(|core| core.late_weights = seed % 2 == 0);
    let hardware = Hardware::planned(net, plan);
    let samples = samples(&hardware.net, seed, 6);
    let mut outcome = Outcome { failed: hardware.agreement(&samples, 0.4, seed).failed, ..Outcome::default() };
    let engine = golden::Engine::new(&hardware.net);
    let mut counters = golden::Counters::new(hardware.net.layers.len());
    samples.iter().for_each(|sample| counters.add(&engine.run(sample).counters));
    for (i, core) in hardware.plan.cores.iter().enumerate().filter(|(_, core)| core.machine == Machine::Parallel) {
        outcome.parallel += 1;
        outcome.after_another += usize::from(i > 0);
        outcome.saturations += counters.saturations[i];
        outcome.spikes += counters.spikes[i];
        outcome.traits.extend(traits(&core.layer));
        outcome.traits.extend(core.late_weights.then(|| format!("late weights {}", if core.layer.neuron.is_biased() { "and bias" } else { "alone" })));
    }
    Some(outcome)
}

#[test]
fn random_networks_agree_with_golden_and_with_the_prediction() {
    let found = random_networks(0..48, run, |outcome| &outcome.failed);
    let Some((_, outcomes)) = found else { return };
    let sum = |count: fn(&Outcome) -> u64| outcomes.iter().map(count).sum::<u64>();
    let (spikes, saturations) = (sum(|o| o.spikes), sum(|o| o.saturations));
    let (layers, after) = (sum(|o| o.parallel as u64), sum(|o| o.after_another as u64));
    assert!(layers >= 30 && after > 10, "{layers} parallel layers, {after} behind another layer");
    assert!(spikes > 1000 && saturations > 100, "{spikes} spikes, {saturations} saturations");
    let found: BTreeSet<&str> = outcomes.iter().flat_map(|o| &o.traits).map(String::as_str).collect();
    for name in ["levels differ", "bias", "behind a map", "several groups", "late weights alone", "late weights and bias"] {
        assert!(found.contains(name), "no network has {name:?}; there are {found:?}");
    }
    let models = found.iter().filter(|name| name.contains(", ")).count();
    assert!(models >= 8, "only {models} neuron models: {found:?}");
}

/// Buses that change in every cycle without a word reach no register of a parallel core; nothing in it changes between words.
#[test]
fn nothing_toggles_without_an_event_or_a_tick() {
    if !have(&["iverilog"]) {
        return;
    }
    let some = |seed: u64| {
        let net = network(seed);
        let machines = net.layers.iter().filter(|layer| parallel::refusal(layer).is_none());
        let machines = machines.map(|layer| (layer.name.clone(), CoreKind::Parallel)).collect();
        let mut plan = rtl::plan::plan(&net, &PlanOptions { machines, ..PlanOptions::default() }).ok()?;
        plan.cores.iter_mut().for_each(|core| core.late_weights = core.machine == Machine::Parallel && seed % 2 == 0);
        let hardware = Hardware::planned(net, plan);
        let traits = hardware.plan.cores.iter().filter(|core| core.machine == Machine::Parallel).flat_map(|core| traits(&core.layer));
        let traits: BTreeSet<String> = traits.collect();
        (!traits.is_empty()).then_some((seed, hardware, traits))
    };
    let (mut seen, mut broken) = (BTreeSet::new(), 0);
    for (seed, hardware, traits) in (0..48).filter_map(some) {
        // Networks that ask for something new.
        let new = traits.into_iter().filter(|name| seen.insert((seed % 2, name.clone()))).count();
        if new == 0 {
            continue;
        }
        let words = chip::stream(&hardware, &net::random::spikes(&hardware.net, seed, 6, 0.2), &mut Vec::new);
        let found = toggles::count(&hardware, &words, seed);
        assert!(found.idle.is_empty(), "network {seed}: {:?}", found.idle);
        assert!(found.idle_edges > 100 && found.busy > 100, "network {seed}: {found:?}");
        // The same where a link's register loads what is no word: it toggles, and the address behind it.
        let (mut loose, holds) = (hardware, "end else if (in_valid) begin");
        loose.design.files.iter_mut().for_each(|file| file.text = file.text.replace(holds, "end else begin"));
        let found = toggles::count(&loose, &words, seed);
        broken += ["buffer.front", "address"].iter().filter(|name| found.idle.contains_key(**name)).count();
    }
    assert!(broken > 10, "only {broken} registers toggle where they may");
    for name in ["bias", "behind a map", "levels differ"] {
        assert!([0, 1].iter().any(|late| seen.contains(&(*late, name.to_string()))), "no network has {name:?}: {seen:?}");
    }
}

/// Two layers on the parallel core; the first leaks, subtracts, spikes and saturates in `samples`.
fn two_layers() -> (Hardware, Vec<Spikes>) {
    let telling = |seed: u64| {
        let net = network(seed);
        let fits = |layer: &net::Layer| parallel::refusal(layer).is_none();
        let first = &net.layers[0];
        let partly = matches!(&first.neuron.leak, Leak::Decay { a: Param::Layer(a), m, .. } if *a < 1 << m);
        let plain = partly && matches!(first.neuron.reset, Reset::Subtract(_)) && first.output.len() > parallel::SEND_GROUP;
        if net.layers.len() != 2 || !net.layers.iter().all(fits) || !plain {
            return None;
        }
        let samples = samples(&net, 3, 12);
        let engine = golden::Engine::new(&net);
        let mut counters = golden::Counters::new(2);
        samples.iter().for_each(|sample| counters.add(&engine.run(sample).counters));
        (counters.saturations[0] > 50 && counters.spikes[0] > 100).then_some((net, samples))
    };
    let (net, samples) = (0..).find_map(telling).expect("one of them");
    let machines = net.layers.iter().map(|layer| (layer.name.clone(), CoreKind::Parallel)).collect();
    (Hardware::new(net, &PlanOptions { machines, ..PlanOptions::default() }), samples)
}

#[test]
fn faults_are_found() {
    if !have(SIMULATION) {
        return;
    }
    let (hardware, samples) = two_layers();
    let name = &hardware.net.name;
    assert_eq!(hardware.lockstep(&samples, 0.2, 1).mismatches, 0);
    let file = |part: &str| format!("rtl/{name}_layer0_{part}.v");
    let faults = [
        (file("core"), "wire decide = ready & sender_free;", "wire decide = ready;"),
        (file("core"), "first_add & last_2);", "1'b0);"),
        (file("core"), "event_2 <= event_1 & go;", "event_2 <= event_1;"),
        (file("lane"), "assign spike = fired;", "assign spike = 1'b0;"),
        (file("lane"), "& !end_sample", ""),
        (file("lane"), "carry = 1'b1;", "carry = 1'b0;"),
        (file("lane"), "if (empty & beyond) begin", "if (1'b0) begin"),
        (file("lane"), "if (fill & beyond) begin", "if (1'b0) begin"),
        (file("sender"), "waiting <= decided | (waiting & !load_tick);", "waiting <= decided | (waiting & !load);"),
        (file("sender"), "wire load = move_on & !behind_some_rest;", "wire load = move_on;"),
    ];
    let survived: Vec<_> = faults
        .par_iter()
        .filter(|(path, from, to)| hardware.lockstep_of(&hardware.edited(path, from, to), &samples, 0.2, 1).mismatches == 0)
        .collect();
    assert!(survived.is_empty(), "{survived:#?}");
}

/// 160 neurons of more than 2,048 bits in all: constants that are the same for all stand in the lanes, others have no word that wide.
#[test]
fn constants_of_many_wide_neurons() {
    let mut net = dense_net();
    fit_membranes(&mut net, 6);
    assert!(net.layers[0].neuron.membrane.bits * 160 > 2048);
    let options = PlanOptions { machines: [(net.layers[0].name.clone(), CoreKind::Parallel)].into(), ..PlanOptions::default() };
    assert!(!Hardware::new(net.clone(), &options).design.files.is_empty());
    net.layers[0].neuron.fire_level = Param::Channel((0..160).map(|lane| 13 + lane % 2).collect());
    let refused = rtl::plan::plan(&net, &options).expect_err("refused").to_string();
    assert!(refused.contains("bits of constants that differ between neurons, at most 2048"), "{refused}");
}

#[test]
fn a_wish_that_cannot_be_met_says_why() {
    let mut net = network(1);
    let layer = &mut net.layers[0];
    assert!(matches!(layer.synapses, Synapses::Dense(_)));
    layer.neuron.leak = Leak::Decay { a: Param::Layer(3), m: 4, rounding: Rounding::Floor };
    let name = layer.name.clone();
    let wish = |kind| PlanOptions { machines: [(name.clone(), kind)].into(), ..PlanOptions::default() };
    let refused = |options: &PlanOptions| rtl::plan::plan(&net, options).expect_err("refused").to_string();
    let text = refused(&wish(CoreKind::Parallel));
    assert!(text.contains("leaks by one power of two") && text.contains("--core LAYER=auto"), "{text}");
    let folded = PlanOptions { lanes: [(name.clone(), 1)].into(), ..wish(CoreKind::Parallel) };
    assert!(refused(&folded).contains("a lane for every neuron"), "{}", refused(&folded));
    assert!(rtl::plan::plan(&net, &wish(CoreKind::Auto)).is_ok());
}
