//! Table cores (synapses in a table) in lockstep with the golden model: any sparsity, any neuron model.

mod common;

use common::hardware::{random_networks, samples, table_net, Agreement, Hardware, SIMULATION};
use common::have;
use net::options::CoreKind;
use net::random::{Limits, Random};
use net::{Network, Synapses};
use rayon::prelude::*;
use rtl::plan::area::Family;
use rtl::plan::{Device, Machine, Readout, Scan};
use rtl::PlanOptions;

/// Zeroes weights of the fully connected layers (so that the membrane bound still holds): some inputs are heard by nobody, some
/// by all.
fn thinned(mut net: Network, random: &mut Random) -> Network {
    for layer in &mut net.layers {
        let Synapses::Dense(dense) = &mut layer.synapses else { continue };
        let density = [0, 3, 10, 30, 70, 100][random.size(0, 5)];
        for input in 0..dense.inputs {
            let density = match random.size(0, 9) {
                0 => 0,
                1 => 100,
                _ => density,
            };
            for output in 0..dense.outputs {
                if !random.chance(density) {
                    dense.weights[output * dense.inputs + input] = 0;
                }
            }
        }
    }
    net
}

/// Every fully connected layer on a table core of random banks and adders.
fn options(net: &Network, random: &mut Random) -> PlanOptions {
    let mut options = PlanOptions::default();
    for layer in net.layers.iter().filter(|layer| matches!(layer.synapses, Synapses::Dense(_))) {
        options.machines.insert(layer.name.clone(), CoreKind::Table);
        let banks = random.size(1, layer.output.c.min(16));
        let divisors: Vec<usize> = (1..=banks).filter(|adders| banks % adders == 0).collect();
        if random.chance(80) {
            options.banks.insert(layer.name.clone(), (1, banks));
            options.lanes.insert(layer.name.clone(), divisors[random.size(0, divisors.len() - 1)]);
        }
    }
    let last = &net.layers[net.layers.len() - 1];
    if last.output.h * last.output.w == 1 && random.chance(50) {
        options.readout = match last.neuron.output {
            net::Output::Value => Readout::Membrane,
            net::Output::Spike => Readout::Count,
        };
    }
    options
}

/// A random network with a table core, and how to build it: a chain, or a graph with forks, merges and loops.
fn random_network(seed: u64) -> (Network, PlanOptions) {
    let random = &mut Random::new(seed);
    let limits = Limits {
        maps: seed % 3 == 0,
        channels: 9,
        ..Limits::default()
    };
    let make = if seed % 2 == 0 { net::random::network } else { net::random::graph };
    let tables = |net: &Network| net.layers.iter().any(|layer| matches!(layer.synapses, Synapses::Dense(_)));
    let able = |net: &Network| rtl::plan::plan(net, &PlanOptions::default()).is_ok();
    let mut nets = (0..).map(|more| make(seed + 1000 * more, &limits)).filter(|net| tables(net) && able(net));
    let net = thinned(nets.next().expect("endless"), random);
    let options = options(&net, random);
    (net, options)
}

/// What one random network did.
struct Outcome {
    failed: Vec<String>,
    forwarded: u64,
    spikes: u64,
    values: u64,
    /// Edges that lead back to a table core.
    loops: usize,
}

fn outcome(seed: u64) -> Outcome {
    let (net, options) = random_network(seed);
    let hardware = Hardware::new(net, &options);
    let Agreement { failed, still, .. } = hardware.agreement(&samples(&hardware.net, seed, 5), 0.3, seed);
    Outcome {
        failed,
        forwarded: still.forwarded_writes.iter().sum(),
        spikes: still.spikes_compared,
        values: still.values_compared,
        loops: hardware.plan.wiring.edges.iter().filter(|edge| edge.delayed && hardware.plan.cores[edge.to].table.is_some()).count(),
    }
}

#[test]
fn random_tables_compute_what_golden_says_in_the_cycles_that_were_predicted() {
    let found = random_networks(700..724, |seed| Some(outcome(seed)), |outcome| &outcome.failed);
    let Some((_, outcomes)) = found else { return };
    let total = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    assert!(total(|o| o.forwarded) > 0 && total(|o| o.spikes) > 1000 && total(|o| o.values) > 0);
    assert!(outcomes.iter().map(|outcome| outcome.loops).sum::<usize>() > 5);
}

/// Faults of forwarding, pointers, pauses and the way past the sender: file, text, what stands there instead.
const FAULTS: &[(&str, &str, &str)] = &[
    ("adder", "if (same_0_d2) begin", "if (1'b0) begin"),
    ("adder", "if (same_1_d2) begin", "if (1'b0) begin"),
    ("adder", "if (same_2_d2) begin", "if (1'b0) begin"),
    ("adder", "same_2_d1 <= valid_at_2 & (bank_at_2 == bank) & (word_at_2 == word);", "same_2_d1 <= valid_at_2 & (bank_at_2 == bank);"),
    ("adder", "same_1_d1 <= valid_at_1 &", "same_1_d1 <="),
    ("adder", "past_1 <= summed;", "past_1 <= fetched;"),
    ("fetch", "if (here_free) begin\n            here_next = in_data;", "if (free) begin\n            here_next = in_data;"),
    ("fetch", "pointer <= pointers_read_data;", "pointer <= pointers_read_data ^ 1;"),
    ("sequencer", "assign synapses = event_go & heard;", "assign synapses = event_go;"),
    ("sequencer", "wire event_done = address_now == last;", "wire event_done = 1'b1;"),
    ("sequencer", "localparam [4:0] EVENT_PAUSE = 5'd4;", "localparam [4:0] EVENT_PAUSE = 5'd3;"),
    ("sequencer", "localparam [4:0] SCAN_PAUSE = 5'd2;", "localparam [4:0] SCAN_PAUSE = 5'd1;"),
    ("quick_tick", "wire alone = (ticks == NONE) & !waiting;", "wire alone = !waiting;"),
    ("quick_tick", "wire alone = (ticks == NONE) & !waiting;", "wire alone = ticks == NONE;"),
    ("quick_tick", "silent <= silent_now | end_step;", "silent <= silent_now;"),
    ("quick_tick", "assign sender_takes = in_valid & !quick;", "assign sender_takes = in_valid;"),
];

/// What finds a fault: lockstep without and with stalls, or the predicted cycles.
fn finds(hardware: &Hardware, design: &rtl::Design, samples: &[net::Spikes]) -> Option<String> {
    let still = hardware.lockstep_of(design, samples, 0.0, 3);
    if let Some(first) = still.first {
        return Some(first.check.to_string());
    }
    if still.cycles_per_sample != hardware.predicted_cycles(samples) {
        return Some("cycles".into());
    }
    hardware.lockstep_of(design, samples, 0.9, 3).first.map(|first| first.check.to_string())
}

#[test]
fn faults_of_forwarding_pointers_and_pauses_are_found() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = table_net();
    assert_eq!(hardware.plan.cores[0].forward_distances(), [1, 2, 3]);
    let samples: Vec<net::Spikes> = [0.0, 0.02, 0.1, 0.4, 1.0, 0.05, 0.0]
        .iter()
        .enumerate()
        .map(|(index, &activity)| net::random::spikes(&hardware.net, 90 + index as u64, 12, activity))
        .collect();
    assert_eq!(finds(&hardware, &hardware.design, &samples), None, "no fault");
    let missed: Vec<String> = FAULTS
        .par_iter()
        .filter_map(|(file, from, to)| {
            let broken = hardware.edited(&format!("rtl/listed_graph_{file}.v"), from, to);
            let found = finds(&hardware, &broken, &samples);
            println!("{from} -> {to}: {found:?}");
            found.is_none().then(|| format!("{file}: {from} -> {to}"))
        })
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

const ECP5_25K: Device = Device { family: Family::Ecp5, lut: 24_288, ff: 24_288, bram: 56, dsp: 28 };
const ECP5_85K: Device = Device { family: Family::Ecp5, lut: 83_640, ff: 83_640, bram: 208, dsp: 156 };

/// A layer of 256 inputs and neurons with so many percent of its weights, planned for an ECP5-25k unless the wish names a device.
fn planned(density: u64, wish: &PlanOptions) -> rtl::CorePlan {
    let random = &mut Random::new(density);
    let mut weight = || if random.chance(density) { random.range(1, 7) as i32 } else { 0 };
    let map = net::MapShape::vector(256);
    let weights = (0..256 * 256).map(|_| weight()).collect();
    let synapses = Synapses::Dense(net::Dense { inputs: 256, outputs: 256, weights });
    let layer = common::hardware::layer("graph", map, net::Pool::none(map), synapses, map);
    let net = common::hardware::chain("planned", map, 1, vec![layer], 2);
    let options = PlanOptions {
        device: Some(wish.device.unwrap_or(ECP5_25K)),
        ..wish.clone()
    };
    let plan = rtl::plan::plan(&net, &options).unwrap_or_else(|problems| panic!("{problems}"));
    plan.cores[0].clone()
}

#[test]
fn the_planner_takes_a_table_where_few_weights_are_there_and_nothing_speaks_against_it() {
    let machine = |density, wish: &PlanOptions| planned(density, wish).machine;
    let free = PlanOptions::default();
    assert_eq!(machine(3, &free), Machine::Table);
    assert_eq!([machine(30, &free), machine(100, &free)], [Machine::Banked; 2]);
    let scan = PlanOptions {
        scans: [("graph".to_string(), Scan::Touched)].into(),
        ..PlanOptions::default()
    };
    assert_eq!(machine(3, &scan), Machine::Banked, "only a banked core has a touched map");
    let banked = PlanOptions {
        machines: [("graph".to_string(), CoreKind::Banked)].into(),
        ..PlanOptions::default()
    };
    assert_eq!(machine(3, &banked), Machine::Banked);
    let roomy = PlanOptions { device: Some(ECP5_85K), ..PlanOptions::default() };
    assert_eq!(machine(3, &roomy), Machine::Parallel, "faster still, in a quarter of a large device");
}
