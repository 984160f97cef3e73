//! Weights and thresholds that are written over the bus: random networks, other networks on the same chip, worst weights, faults.

mod common;

use common::bus::{by_golden, in_steps, with_bus, Chip};
use common::chip::stream;
use common::hardware::{random_options, samples, Hardware, SIMULATION};
use common::{have, Place};
use net::loadable::made_loadable;
use net::options::CoreKind;
use net::random::{Limits, Random};
use net::{Network, Output, Param, Reset, Synapses};
use rayon::prelude::*;
use rtl::config::map::{chip, control};
use rtl::plan::{parallel, Machine};
use rtl::PlanOptions;
use sim::Access;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maps and vectors in turn, on banked cores.
fn network(seed: u64) -> Network {
    let limits = Limits { maps: seed % 2 == 0, readout: seed % 4 == 1, max_spikes: 1 + seed as u32 % 2, ..Limits::default() };
    made_loadable(&net::random::network(seed + 9300, &limits))
}

fn options(net: &Network, seed: u64) -> PlanOptions {
    with_bus(random_options(net, seed), true)
}

/// Vectors on parallel cores, as far as they can be; the rest on banked ones.
fn parallel_case(seed: u64) -> (Network, PlanOptions) {
    let limits = Limits { maps: seed % 4 == 3, ..Limits::default() };
    let net = made_loadable(&net::random::network(seed + 9500, &limits));
    let able = net.layers.iter().filter(|layer| parallel::refusal(layer).is_none());
    let machines = able.map(|layer| (layer.name.clone(), CoreKind::Parallel)).collect();
    (net, with_bus(PlanOptions { machines, ..PlanOptions::default() }, true))
}

/// The weights of a layer.
fn weights(synapses: &mut Synapses) -> &mut [i32] {
    match synapses {
        Synapses::Dense(dense) => &mut dense.weights,
        Synapses::Conv2d(conv) => &mut conv.weights,
    }
}

/// Another network that the same chip can be: other weights, other thresholds.
fn other(net: &Network, seed: u64) -> Network {
    let mut other = net.clone();
    let random = &mut Random::new(seed);
    for layer in &mut other.layers {
        let half = 1i64 << (layer.weight_bits - 1);
        weights(&mut layer.synapses).iter_mut().for_each(|weight| *weight = random.range(-half, half - 1) as i32);
        let most = layer.neuron.membrane.hi.min(half / 2);
        if let Param::Channel(levels) = &mut layer.neuron.fire_level {
            levels.iter_mut().for_each(|level| *level = random.range(1, most.max(1)));
            if let (Reset::Subtract(Param::Channel(amounts)), levels) = (&mut layer.neuron.reset, levels) {
                amounts.iter_mut().zip(levels).for_each(|(amount, level)| *amount = *level);
            }
        }
    }
    other
}

#[test]
fn written_weights_compute_what_golden_says() {
    if !have(SIMULATION) {
        return;
    }
    let seeds: Vec<u64> = needs::seeds(0..10).collect();
    let cases = seeds.par_iter().map(|&seed| match seed % 2 {
        0 => (seed, network(seed / 2), options(&network(seed / 2), seed / 2)),
        _ => (seed, parallel_case(seed / 2).0, parallel_case(seed / 2).1),
    });
    // Some random networks the planner refuses.
    let able = |net: &Network, options: &PlanOptions| rtl::plan::plan(net, options).is_ok();
    let cases = cases.filter(|(seed, net, options)| able(net, options) && able(&other(net, *seed), options));
    let parallel = AtomicUsize::new(0);
    let failed: Vec<String> = cases
        .flat_map(|(seed, net, options)| {
            let (first, second) = (Hardware::new(net.clone(), &options), Hardware::new(other(&net, seed), &options));
            parallel.fetch_add(first.plan.cores.iter().filter(|core| core.machine == Machine::Parallel).count(), Ordering::Relaxed);
            let samples = samples(&net, seed, 5);
            let mut failed = first.agreement(&samples, 0.3, seed).failed;
            failed.extend(second.agreement(&samples, 0.3, seed).failed.into_iter().map(|text| format!("another net: {text}")));
            // No weight stands in the Verilog: both are one chip.
            if first.design.files != second.design.files || first.design.files.iter().any(|file| file.path.starts_with("mem/")) {
                failed.push(format!("network {seed}: another net is another chip"));
            }
            failed
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(seeds.len() < 10 || parallel.into_inner() > 4, "hardly a parallel core");
}

#[test]
fn one_chip_is_one_net_and_then_another() {
    if !have(SIMULATION) {
        return;
    }
    // A net that spikes at its output, without a readout block, as another one does.
    let spikes = |net: &Network| by_golden(net, &net::random::spikes(net, 0, 6, 0.3)).iter().map(Vec::len).sum::<usize>();
    let told = |net: &Network| net.layers.last().is_some_and(|layer| layer.neuron.output == Output::Spike) && spikes(net) > 10;
    let net = (0..40).map(network).find(|net| told(net) && told(&other(net, 1))).unwrap();
    let options = PlanOptions { readout: rtl::plan::Readout::None, ..options(&net, 2) };
    let hardware: Vec<Hardware> = [net.clone(), other(&net, 1), other(&net, 2)].into_iter().map(|net| Hardware::new(net, &options)).collect();
    let map = hardware[0].plan.registers().unwrap();
    let weights_at = 4 * map.memories[0].0;
    let mut chip = Chip::new(&hardware[0].design, 0.1);
    assert_eq!((chip.read(chip::CONTROL), chip.read(chip::FEATURES)), (control::RESET, 1));
    let mut told = 0;
    for which in [0, 1, 0, 2] {
        let hardware = &hardware[which];
        chip.load(hardware);
        for seed in 0..3 {
            let sample = net::random::spikes(&hardware.net, seed, 6, 0.3);
            let words = stream(hardware, &sample, &mut || vec![]);
            // While the network runs its memories can neither be written nor read.
            assert!(chip.access(Access::write(weights_at, !0)).0 && chip.access(Access::Read { address: weights_at }).0);
            let came = in_steps(hardware, &chip.play(&words));
            let golden = by_golden(&hardware.net, &sample);
            assert_eq!(came, golden, "net {which}, sample {seed}");
            told += golden.iter().map(Vec::len).sum::<usize>();
        }
    }
    assert!(told > 25, "{told} spikes");
    // In reset: what was written is read; behind each memory is nothing.
    chip.control(control::RESET);
    let memory = map.memories[0].1;
    let (at, data) = rtl::config::writes(&hardware[2].plan.cores[0], &memory)[3];
    assert_eq!(chip.access(Access::Read { address: weights_at + 4 * at }), (false, data));
    let behind = memory.weights.place(0, memory.weights.words, 0);
    if behind < memory.constants_at() {
        assert!(chip.access(Access::write(weights_at + 4 * behind, 1)).0);
    }
    assert!(chip.access(Access::Write { address: weights_at, data: 0, strobe: 7 }).0);
    assert_eq!(chip.access(Access::Read { address: weights_at }), (false, rtl::config::writes(&hardware[2].plan.cores[0], &memory)[0].1));
}

/// The largest weights of either sign, and as many events as there may be: no sum leaves its word.
#[test]
fn widths_hold_for_the_worst_weights() {
    for seed in 0..20 {
        let net = network(seed);
        for most in [true, false] {
            let mut worst = net.clone();
            for layer in &mut worst.layers {
                let half = 1i32 << (layer.weight_bits - 1);
                weights(&mut layer.synapses).fill(if most { half - 1 } else { -half });
            }
            let all: Vec<u32> = (0..net.input().len() as u32).flat_map(|address| vec![address; net.multiplicity as usize]).collect();
            golden::Engine::new(&worst).checked(&vec![all; 4]).unwrap_or_else(|problems| panic!("network {seed}: {problems}"));
        }
    }
}

#[test]
fn a_fault_on_the_way_to_a_memory_is_a_mismatch() {
    if !have(SIMULATION) {
        return;
    }
    let net = network(2);
    let hardware = Hardware::new(net.clone(), &options(&net, 2));
    let samples = samples(&net, 2, 4);
    let core = format!("rtl/{}_{}", hardware.plan.name, hardware.plan.cores[0].name);
    let [station, loader, weights, constants] = ["station", "loader", "weights", "params"].map(|part| format!("{core}_{part}.v"));
    let faults = [
        // Written while it runs.
        (&station, "(region_of == REGION) & rst", "(region_of == REGION)"),
        (&loader, "write & !in_constants", "write"),
        (&loader, "write & in_constants", "write"),
        (&weights, "column_0[write_address] <= write_data", "column_0[write_address] <= ~write_data"),
        (&constants, "column_0[write_address] <= write_data", "column_0[write_address] <= ~write_data"),
    ];
    hardware.assert_found(&faults.map(|(file, text, fault)| (file.as_str(), text, fault)), &samples);
}

#[test]
fn a_fault_on_the_way_to_a_parallel_core_is_a_mismatch() {
    if !have(SIMULATION) {
        return;
    }
    let subtracts = |net: &Network| matches!(net.layers[0].neuron.reset, Reset::Subtract(_)) && net.layers[0].output.len() > 3;
    let (net, options) = (0..99).map(parallel_case).find(|(net, options)| options.machines.contains_key(&net.layers[0].name) && subtracts(net)).unwrap();
    // Thresholds that differ.
    let hardware = Hardware::new(other(&net, 1), &options);
    let samples = samples(&hardware.net, 2, 8);
    let core = format!("rtl/{}_{}", hardware.plan.name, hardware.plan.cores[0].name);
    let [weights, machine, fires, reset, memory] = ["weights", "core", "fire_above", "reset", "fire_above_memory"].map(|part| format!("{core}_{part}.v"));
    hardware.assert_found(
        &[
            (&weights, "column_0[write_address] <= write_data", "column_0[write_address] <= ~write_data"),
            (&weights, "if (read_enable)", "if (1'b1)"),
            // What is read at the end of a reset is added.
            (&machine, "still_unsettled <= unsettled", "still_unsettled <= 1'b0"),
            (&fires, "here_0 = write & (lane == NUMBER_0)", "here_0 = write & (lane == NUMBER_1)"),
            (&reset, "here_1 = write & (lane == NUMBER_1)", "here_1 = write & (lane == NUMBER_2)"),
            (&memory, "column_0[write_address] <= write_data", "column_0[write_address] <= ~write_data"),
        ],
        &samples,
    );
}

#[test]
fn the_folder_writes_its_weights_over_the_bus() {
    if !have(&["iverilog", "verilator"]) {
        return;
    }
    let place = Place::new();
    for ports in ["--config-port axi-lite --core fc1=parallel", "--config-port spi", "--config-port axi-lite --input-port aer --tick timer:100"] {
        place.sound_folder(&format!("good.nir {ports} --weights loadable"));
    }
    // A weight that is not the net's.
    let weights = std::fs::read_to_string(place.path("out/driver/weights.hex")).unwrap();
    let (first, rest) = weights.split_once('\n').unwrap();
    let (offset, data) = first.split_once('_').unwrap();
    let wrong = format!("{offset}_{:08x}\n{rest}", u32::from_str_radix(data, 16).unwrap() ^ 0x0070_7070);
    place.write("out/driver/weights.hex", wrong.as_bytes());
    let played = place.tool("make", "-C out/tb clean sim SIM=icarus");
    assert!(played.stdout.contains("FAIL"), "{}{}", played.stdout, played.stderr);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let place = Place::new();
    for (flags, told) in [
        ("", "add --config-port axi-lite"),
        ("--config-port axi-lite --core fc1=table", "use --core fc1=banked, or --weights rom"),
    ] {
        let ran = place.run(&format!("build good.nir --weights loadable {flags} --out out"));
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains(told), "{flags}: {}", ran.stderr);
    }
    // Wider membranes, as the worst weights may come.
    let bits = |flags: &str| place.run(&format!("inspect good.nir --membrane-bits 9 {flags}")).code;
    assert_eq!((bits(""), bits("--config-port axi-lite --weights loadable")), (0, 2));
}
