//! Networks that are more than a chain, in lockstep with the golden model: recurrence, feedback, forks and merges.

mod common;

use common::chip::{junk, stream, Chip, Output};
use common::hardware::{quick_build, random_networks, random_options, samples, Agreement, Hardware, SIMULATION};
use common::have;
use net::random::Limits;
use net::{Network, Origin, Spikes};
use rayon::prelude::*;
use rtl::PlanOptions;

fn limits() -> Limits {
    Limits {
        layers: 4,
        size: 6,
        kernel: 3,
        ..Limits::default()
    }
}

/// What one random network did; `None` where the planner refuses it.
struct Outcome {
    failed: Vec<String>,
    spikes: u64,
    stalled_edges: usize,
    edges: usize,
    loops: usize,
    forks: usize,
}

fn random_network(seed: u64) -> Option<Outcome> {
    let net = net::random::graph(seed, &limits());
    let options = random_options(&net, seed);
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let samples = samples(&hardware.net, seed, 4);
    let Agreement { failed, still, stalled } = hardware.agreement(&samples, 0.3, seed);
    let wiring = &hardware.plan.wiring;
    let names: Vec<&str> = hardware.design.edges.iter().map(|edge| edge.sent.name.as_str()).collect();
    let held = |report: &sim::LockstepReport| {
        report.links.iter().filter(|link| names.contains(&link.name.as_str()) && link.stalled > 0).count()
    };
    Some(Outcome {
        failed,
        spikes: still.spikes_compared,
        stalled_edges: held(&stalled),
        edges: names.len(),
        loops: wiring.edges.iter().filter(|edge| edge.delayed).count(),
        forks: wiring.origins().iter().filter(|origin| wiring.readers(**origin).len() > 1).count(),
    })
}

#[test]
fn random_graphs_compute_what_golden_says_in_the_cycles_that_were_predicted() {
    let found = random_networks(0..16, random_network, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let total = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    assert!(outcomes.len() as u64 * 2 >= count, "the planner refuses too many");
    assert!(total(|o| o.loops) > 5 && total(|o| o.forks) > 5 && total(|o| o.spikes as usize) > 1000);
    assert!(total(|o| o.stalled_edges) * 2 > total(|o| o.edges), "hardly an edge was held up");
}

/// A graph of the random ones with a loop, whose output hears it.
fn looped() -> Network {
    let spikes = |net: &Network| -> u64 {
        let engine = golden::Engine::new(net);
        samples(net, 3, 4).iter().map(|sample| engine.trace(sample).counters.spikes.iter().sum::<u64>()).sum()
    };
    let back = |net: &Network| net.sources.iter().flatten().filter(|source| source.delay > 0).count();
    let all = (0..200).map(|seed| net::random::graph(seed, &limits()));
    all.filter(|net| back(net) > 1 && net.layers.len() > 2)
        .find(|net| spikes(net) > 400 && rtl::plan::plan(net, &PlanOptions::default()).is_ok())
        .expect("a lively network with loops")
}

/// That network with one lane a core, so that words queue up before them.
fn slow() -> Hardware {
    let net = looped();
    let lanes = net.layers.iter().map(|layer| (layer.name.clone(), 1)).collect();
    let options = PlanOptions {
        lanes,
        ..PlanOptions::default()
    };
    Hardware::new(net, &options)
}

#[test]
fn loops_are_empty_when_a_sample_begins() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = slow();
    let sample = |seed| net::random::spikes(&hardware.net, seed, 6, 0.4);
    let (a, b) = (sample(1), sample(2));
    let model = sim::build(&hardware.design, &quick_build()).unwrap();
    let answers = |samples: &[&Spikes]| -> Vec<Vec<Output>> {
        let mut chip = Chip::new(model.instance().unwrap());
        let play = |sample: &&Spikes| chip.play(&stream(&hardware, sample, &mut Vec::new));
        samples.iter().map(play).collect()
    };
    let alone = (answers(&[&a]).remove(0), answers(&[&b]).remove(0));
    assert_ne!(alone.0, alone.1);
    assert_eq!(answers(&[&a, &b]), [alone.0.clone(), alone.1.clone()]);
    assert_eq!(answers(&[&b, &a, &a]), [alone.1, alone.0.clone(), alone.0]);
    // And without a pause between the samples, with stalls, samples of one step among them.
    let one_step = vec![a[0].clone()];
    let options = sim::LockstepOptions {
        stall: 0.3,
        back_to_back: true,
        build: quick_build(),
        ..Default::default()
    };
    let samples = [a.clone(), one_step.clone(), b.clone(), one_step, a];
    let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
    let counts = &report.output_counts;
    assert_eq!([&counts[0], &counts[1]], [&counts[4], &counts[3]]);
}

#[test]
fn a_word_off_the_map_is_not_another_sources_neuron() {
    if !have(SIMULATION) {
        return;
    }
    // The input has a number of channels that its field can exceed, and something stands behind it in the heard map.
    let beside = |net: &Network| {
        let moved = net.sources[0].len() > 1 && net.sources[0][0].from == Origin::Input(0);
        moved && !net.input().c.is_power_of_two() && net.input().h * net.input().w > 1
    };
    let mut tried = 0;
    for net in (0..400).map(|seed| net::random::graph(seed, &limits())).filter(beside) {
        if rtl::plan::plan(&net, &PlanOptions::default()).is_err() {
            continue;
        }
        let hardware = Hardware::new(net, &PlanOptions::default());
        let mut random = net::random::Random::new(3);
        let mut junk = || junk(&hardware, &mut random);
        let sample = net::random::spikes(&hardware.net, 1, 6, 0.4);
        let clean = stream(&hardware, &sample, &mut Vec::new);
        let dirty = stream(&hardware, &sample, &mut junk);
        let model = sim::build(&hardware.design, &quick_build()).unwrap();
        let play = |words: &[Output]| Chip::new(model.instance().unwrap()).play(words);
        assert_eq!(play(&dirty), play(&clean), "{}", hardware.net.name);
        tried += 1;
        if tried == 3 {
            return;
        }
    }
    panic!("only {tried} networks to try");
}

#[test]
fn broken_edges_are_found() {
    if !have(SIMULATION) {
        return;
    }
    // 40 neurons that hear the input and themselves, a slow layer behind them: every edge is held up.
    let path = common::root().join("tests/data/recurrent.nir");
    let preset = Some(net::options::Preset::SnnTorch);
    let options = net::Options { preset, ..net::Options::default() };
    let net = net::import_file(&path, &options).unwrap_or_else(|problems| panic!("{problems}")).network;
    let lanes = net.layers.iter().map(|layer| (layer.name.clone(), 2)).collect();
    let hardware = Hardware::new(net, &PlanOptions { lanes, ..PlanOptions::default() });
    let samples: Vec<Spikes> = (0..12).map(|seed| net::random::spikes(&hardware.net, seed, 8, 0.3)).collect();
    assert_eq!(hardware.lockstep(&samples, 0.3, 0).mismatches, 0);
    let path = |part: &str| {
        let found = hardware.design.files.iter().find(|file| file.path.contains(part) && file.path.ends_with(".v"));
        found.unwrap_or_else(|| panic!("no {part}")).path.clone()
    };
    let (feedback, fork, merge) = (path("_feedback_"), path("_fork_"), path("_merge.v"));
    let breaks = [
        // Spikes of the sample before are heard in a first step.
        (&feedback, "first_step <= sample_ends;", "first_step <= 1'b0;"),
        // Nothing to begin with.
        (&feedback, "front_valid <= 1'b1;", "front_valid <= 1'b0;"),
        // A word overtakes those in the FIFO.
        (&feedback, "wire empty = !(|stored);", "wire empty = 1'b1;"),
        // The reader that is held up takes a word twice, or never. The other one's buffer takes all at once here.
        (&fork, "taken_0 <= in_valid & has_it_0 & !leaves;", "taken_0 <= 1'b0;"),
        (&fork, "wire has_it_1 = taken_1 | out_ready_1;", "wire has_it_1 = 1'b1;"),
        // A TICK is taken before all have come.
        (&merge, "wire others_tick_0 = &(ticks | ITSELF_0);", "wire others_tick_0 = 1'b1;"),
        // A word that was offered is overtaken.
        (&merge, "wire any_held = |held;", "wire any_held = 1'b0;"),
        // Two go at once.
        (&merge, "wire waits_1 = any_held ? !offered_1 : |(words & ABOVE_1);", "wire waits_1 = 1'b0;"),
    ];
    let unnoticed: Vec<String> = breaks
        .par_iter()
        .filter(|(path, from, to)| {
            let broken = hardware.edited(path, from, to);
            [0.3, 0.95].iter().all(|&stall| hardware.lockstep_of(&broken, &samples, stall, 0).mismatches == 0)
        })
        .map(|(path, from, to)| format!("{path}: {from:?} -> {to:?}"))
        .collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}
