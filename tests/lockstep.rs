//! Emitted Verilog in lockstep with the golden model, on networks and conditions that ought to break it.

mod common;

use common::chip::{junk, stream, Chip, Output};
use common::hardware::{channels_net, crowd_net, quick_build, random_networks, random_options, samples, small_net, Agreement, Hardware, SIMULATION};
use common::have;
use net::{Leak, Param, Rounding, Spikes};
use rtl::{Kind, PlanOptions, Word};

/// What one random network did; `None` where the planner refuses it.
struct Outcome {
    failed: Vec<String>,
    forwarded: u64,
    spikes: u64,
    values: u64,
}

fn random_network(seed: u64) -> Option<Outcome> {
    let net = net::random::network(seed, &Default::default());
    let options = random_options(&net, seed);
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let samples = samples(&hardware.net, seed, 5);
    let Agreement { failed, still, .. } = hardware.agreement(&samples, 0.3, seed);
    Some(Outcome {
        failed,
        forwarded: still.forwarded_writes.iter().sum(),
        spikes: still.spikes_compared,
        values: still.values_compared,
    })
}

#[test]
fn random_networks_compute_what_golden_says_in_the_cycles_that_were_predicted() {
    let found = random_networks(300..324, random_network, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let total = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    assert!(outcomes.len() as u64 * 6 >= count * 5, "the planner refuses too many");
    assert!(total(|o| o.forwarded) > 0 && total(|o| o.spikes) > 1000 && total(|o| o.values) > 0);
}

#[test]
fn membranes_at_the_least_legal_width_saturate_as_golden_says() {
    if !have(SIMULATION) {
        return;
    }
    let net = small_net(0);
    let samples = samples(&net, 1, 12);
    let engine = golden::Engine::new(&net);
    let mut counters = golden::Counters::new(net.layers.len());
    samples
        .iter()
        .for_each(|sample| counters.add(&engine.trace(sample).counters));
    assert!(
        counters.saturations.iter().all(|&n| n > 0),
        "{:?}",
        counters.saturations
    );
    let hardware = Hardware::new(net, &PlanOptions::default());
    let report = hardware.lockstep(&samples, 0.0, 0);
    assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
    assert!(
        report.forwarded_writes.iter().all(|&n| n > 0),
        "{:?}",
        report.forwarded_writes
    );
    // The same network with a word that has room: no saturation, another answer. So the clamp was at work above.
    let roomy = small_net(4);
    let roomy_engine = golden::Engine::new(&roomy);
    assert!(samples
        .iter()
        .any(|sample| engine.trace(sample) != roomy_engine.trace(sample)));
}

#[test]
fn every_link_holds_up_spikes_ticks_and_last_ticks() {
    if !have(SIMULATION) {
        return;
    }
    // A quick core before a slow one: spikes queue up between them.
    let options = PlanOptions {
        lanes: [("dense".to_string(), 1)].into(),
        ..PlanOptions::default()
    };
    let hardware = Hardware::new(small_net(2), &options);
    // Many short samples: each has one TICK_LAST to hold up. A TICK waits at the input behind a silent step's scan, and
    // between the cores behind a crowd of spikes.
    let samples: Vec<Spikes> = (0..24)
        .map(|seed| net::random::spikes(&hardware.net, seed, 6, [0.9, 0.0, 0.01][seed as usize % 3]))
        .collect();
    let report = hardware.lockstep(&samples, 0.9, 5);
    assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
    // Both edges, and each core's input and output.
    assert_eq!(report.links.len(), 6, "{:#?}", report.links);
    for link in &report.links {
        let spikes = link.stalled - link.stalled_ticks - link.stalled_ticks_last;
        assert!(
            spikes > 0 && link.stalled_ticks > 0 && link.stalled_ticks_last > 0,
            "{link:?}"
        );
    }
}

/// A bias of the whole layer beside a leak of each neuron's own: places of a bank behind the end of the map must not fire.
#[test]
fn places_without_a_neuron_never_fire() {
    if !have(SIMULATION) {
        return;
    }
    let mut net = small_net(3);
    let conv = &mut net.layers[0];
    conv.neuron.bias = Param::Layer(20);
    conv.neuron.leak = Leak::Decay { a: Param::Neuron(vec![1; conv.output.len()]), m: 2, rounding: Rounding::Floor };
    let options = PlanOptions { banks: [("conv".to_string(), (2, 2))].into(), ..PlanOptions::default() };
    let hardware = Hardware::new(net, &options);
    let samples: Vec<Spikes> = (0..2).map(|seed| net::random::spikes(&hardware.net, seed, 4, 0.1)).collect();
    let report = hardware.lockstep(&samples, 0.0, 1);
    assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
}

#[test]
fn a_full_queue_of_spikes_loses_none() {
    if !have(SIMULATION) {
        return;
    }
    let options = PlanOptions {
        lanes: [("crowd".to_string(), 1)].into(),
        ..PlanOptions::default()
    };
    let hardware = Hardware::new(crowd_net(), &options);
    let core = &hardware.plan.cores[0];
    assert!(core.words() > core.fifo_depth, "the queue holds them all");
    let samples: Vec<Spikes> = (0..2)
        .map(|seed| net::random::spikes(&hardware.net, seed, 4, 0.5))
        .collect();
    for (seed, stall) in [0.0, 0.5, 0.9].into_iter().enumerate() {
        let report = hardware.lockstep(&samples, stall, seed as u64);
        assert_eq!(report.mismatches, 0, "stall {stall}: {}", report.first.unwrap());
        assert_eq!(report.spikes_compared, 2 * 2 * 4 * 700);
    }
}

/// The first layer with these banks and lanes: lockstep without and with stalls, cycles as predicted.
fn check_fold(net: net::Network, banks: (usize, usize), lanes: usize, what: &dyn Fn(&rtl::CorePlan) -> bool) {
    let name = net.layers[0].name.clone();
    let options = PlanOptions {
        banks: [(name.clone(), banks)].into(),
        lanes: [(name, lanes)].into(),
        ..PlanOptions::default()
    };
    let hardware = Hardware::new(net, &options);
    let fold = format!("{banks:?} banks, {lanes} lanes");
    assert!(what(&hardware.plan.cores[0]), "{fold}: not the hardware that this test is for");
    let samples: Vec<Spikes> = [0.3, 0.02, 0.0, 1.0]
        .into_iter()
        .enumerate()
        .map(|(seed, activity)| net::random::spikes(&hardware.net, seed as u64, 3, activity))
        .collect();
    let still = hardware.lockstep(&samples, 0.0, 1);
    let stalled = hardware.lockstep(&samples, 0.4, 2);
    for report in [&still, &stalled] {
        assert_eq!(report.mismatches, 0, "{fold}, stall {}: {}", report.stall, report.first.as_ref().unwrap());
        assert!(report.spikes_compared > 500, "{fold}: {} spikes", report.spikes_compared);
    }
    assert_eq!(hardware.predicted_cycles(&samples), still.cycles_per_sample, "{fold}");
}

#[test]
fn wide_vectors_of_spikes_leave_in_slices() {
    if !have(SIMULATION) {
        return;
    }
    // Slices of a row of banks, of a bank, of a part of a bank, and of a bank's lanes with a short one at the end.
    for (channels, banks, lanes, slice) in [(48, (3, 3), 8, 24), (48, (3, 3), 16, 16), (48, (1, 2), 48, 16)] {
        let sliced = |core: &rtl::CorePlan| core.sliced() && core.spike_slice() == slice;
        check_fold(channels_net(2, channels), banks, lanes, &sliced);
    }
    check_fold(crowd_net(), (1, 1), 90, &|core| core.sliced() && core.spike_slice() == 32);
}

#[test]
fn deep_weight_memories_are_turned_behind_the_memory() {
    if !have(SIMULATION) {
        return;
    }
    for (lanes, rotated) in [(2, (true, true)), (4, (true, false)), (8, (false, false))] {
        check_fold(channels_net(if lanes == 8 { 32 } else { 64 }, 8), (3, 3), lanes, &|core| core.rotated() == rotated);
    }
}

#[test]
fn a_sample_leaves_nothing_behind_for_the_next() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = Hardware::new(small_net(1), &PlanOptions::default());
    let sample = |seed| net::random::spikes(&hardware.net, seed, 8, 0.3);
    let (a, b) = (sample(1), sample(2));
    let model = sim::build(&hardware.design, &quick_build()).unwrap();
    let answers = |samples: &[&Spikes]| -> Vec<Vec<Output>> {
        let mut chip = Chip::new(model.instance().unwrap());
        samples
            .iter()
            .map(|sample| chip.play(&stream(&hardware, sample, &mut Vec::new)))
            .collect()
    };
    let alone = (answers(&[&a]).remove(0), answers(&[&b]).remove(0));
    assert_ne!(alone.0, alone.1);
    assert!(alone.0.len() > 12 && alone.1.len() > 12, "hardly a spike: {alone:?}");
    assert_eq!(
        answers(&[&a, &a, &a]),
        [alone.0.clone(), alone.0.clone(), alone.0.clone()]
    );
    assert_eq!(answers(&[&a, &b]), [alone.0.clone(), alone.1.clone()]);
    assert_eq!(answers(&[&b, &a]), [alone.1.clone(), alone.0.clone()]);
    // And under stalls, against golden, without a pause between the samples.
    let options = sim::LockstepOptions {
        stall: 0.3,
        back_to_back: true,
        build: quick_build(),
        ..Default::default()
    };
    let samples = [a.clone(), a.clone(), b.clone(), a, b];
    let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
    let counts = &report.output_counts;
    assert_eq!(
        [&counts[1], &counts[3], &counts[4]],
        [&counts[0], &counts[0], &counts[2]]
    );
}

#[test]
fn words_that_mean_nothing_are_dropped() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = Hardware::new(small_net(1), &PlanOptions::default());
    let format = hardware.plan.cores[0].input;
    let map = hardware.net.input();
    let mut random = net::random::Random::new(3);
    let mut junk = || junk(&hardware, &mut random);
    let sample = net::random::spikes(&hardware.net, 1, 8, 0.3);
    let clean = stream(&hardware, &sample, &mut Vec::new);
    let dirty = stream(&hardware, &sample, &mut junk);
    let spikes = |words: &[Output]| {
        words
            .iter()
            .filter(|(word, _)| word >> (format.stream_bits() - 2) == 0)
            .count()
    };
    assert!(dirty.len() > clean.len() + 20 && spikes(&dirty) > spikes(&clean) + 10);
    let model = sim::build(&hardware.design, &quick_build()).unwrap();
    let play = |words: &[Output]| Chip::new(model.instance().unwrap()).play(words);
    let answer = play(&clean);
    assert!(answer.len() > 12, "hardly a spike: {answer:?}");
    assert_eq!(play(&dirty), answer);
    // A word more that does mean something changes the answer.
    let mut other = sample.clone();
    (0..map.len() as u32).for_each(|index| other[0].push(index));
    assert_ne!(play(&stream(&hardware, &other, &mut Vec::new)), answer);
}

#[test]
fn a_tick_with_tlast_ends_the_sample() {
    if !have(SIMULATION) {
        return;
    }
    let options = PlanOptions {
        lanes: [("dense".to_string(), 2)].into(),
        ..PlanOptions::default()
    };
    let hardware = Hardware::new(small_net(1), &options);
    let format = hardware.plan.cores[0].input;
    let sample = net::random::spikes(&hardware.net, 1, 8, 0.3);
    let words = stream(&hardware, &sample, &mut Vec::new);
    let mut by_tlast = words.clone();
    by_tlast.last_mut().unwrap().0 = format.encode_stream(Word::tick(false));
    let mut by_kind = words.clone();
    by_kind.last_mut().unwrap().1 = false;
    let model = sim::build(&hardware.design, &quick_build()).unwrap();
    let play = |words: &[Output]| {
        let mut chip = Chip::new(model.instance().unwrap());
        // Twice: the second answer tells whether the states went back.
        (chip.play(words), chip.play(words))
    };
    let answer = play(&words);
    assert_eq!(answer.0, answer.1);
    assert_eq!(play(&by_tlast), answer);
    assert_eq!(play(&by_kind), answer);
    // What leaves: TICKs and TICK_LAST have no fields, and tlast goes with TICK_LAST.
    let output = hardware.plan.output_format();
    for (word, last) in answer.0 {
        let decoded = output.decode_stream(word);
        assert_eq!(last, decoded.kind == Kind::TickLast);
        let bare = word == output.encode_stream(Word::tick(last));
        assert_eq!(bare, decoded.kind != Kind::Spike, "{word:x}");
    }
    // Lockstep does not look at the fields of a TICK; this does.
    let broken = hardware.edited("rtl/tiny_dense_sender.v", "tick_3 ? NO_FIELDS : fields", "fields");
    let model = sim::build(&broken, &quick_build()).unwrap();
    assert_ne!(Chip::new(model.instance().unwrap()).play(&words), play(&words).0);
}

#[test]
fn a_reset_in_the_middle_of_a_sample_starts_anew() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = Hardware::new(small_net(1), &PlanOptions::default());
    let sample = net::random::spikes(&hardware.net, 1, 8, 0.3);
    let words = stream(&hardware, &sample, &mut Vec::new);
    let answers_after_reset = |design: &rtl::Design| -> Vec<Vec<Output>> {
        let model = sim::build(design, &quick_build()).unwrap();
        let mut chip = Chip::new(model.instance().unwrap());
        (0..100)
            .map(|length| {
                chip.run(&words, 60 + 7 * length);
                chip.reset();
                chip.play(&words)
            })
            .collect()
    };
    let model = sim::build(&hardware.design, &quick_build()).unwrap();
    let answer = Chip::new(model.instance().unwrap()).play(&words);
    assert!(answers_after_reset(&hardware.design)
        .iter()
        .all(|other| *other == answer));
    // A spike of the scan that the reset cut off.
    let broken = hardware.edited("rtl/tiny_conv_core.v", "send_at_5 <= 1'b0;", "send_at_5 <= 1'b1;");
    assert!(answers_after_reset(&broken).iter().any(|other| *other != answer));
}

#[test]
fn a_flipped_bit_far_below_the_threshold_is_found() {
    if !have(SIMULATION) {
        return;
    }
    for (index, layer) in ["conv", "dense"].into_iter().enumerate() {
        let mut net = small_net(6);
        // The layer never fires: no output can tell.
        net.layers[index].neuron.fire_level = Param::Layer(net.layers[index].neuron.membrane.hi + 1);
        let samples = samples(&net, 2, 5);
        let hardware = Hardware::new(net, &PlanOptions::default());
        let path = format!("rtl/tiny_{layer}_lane.v");
        let broken = hardware.edited(&path, "clamped <= limited;", "clamped <= limited ^ 1;");
        let report = hardware.lockstep_of(&broken, &samples, 0.0, 0);
        let first = report.first.expect("a wrong membrane is found");
        assert_eq!(
            (first.check.as_str(), first.layer.as_str()),
            ("fire write", layer),
            "{first}"
        );
        let mut edge_only = broken;
        edge_only.cores.clear();
        assert_eq!(hardware.lockstep_of(&edge_only, &samples, 0.0, 0).mismatches, 0);
        assert_eq!(hardware.lockstep(&samples, 0.0, 0).mismatches, 0);
    }
}
