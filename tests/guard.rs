//! The guard at the chip's input (`--input-guard`): addresses that spike more often in a step than the net was built for.

mod common;

use common::hardware::{quick_build, Hardware};
use common::{have, Place};
use needs::fault;
use net::random::{Limits, Random};
use net::{Network, Spikes};
use rtl::edge::{Edges, Guard, Port};
use rtl::fabric::StepEnd;
use rtl::plan::InPort;
use rtl::PlanOptions;
use sim::{GuardReport, LockstepOptions};
use serde_json::{json, Value};

/// `repeats.npz` has address 0 three times in its first step.
fn cosim(place: &Place, flags: &str) -> Value {
    let ran = place.run(&format!("cosim good.nir --multiplicity 1 {flags} --json"));
    assert_eq!(ran.code, 0, "{flags}: {}{}", ran.stdout, ran.stderr);
    let found = ran.json();
    assert_eq!(found["mismatches"], json!(0), "{flags}: {found:#}");
    found
}

#[test]
fn an_address_that_comes_three_times_counts_once_or_is_flagged() {
    if !have(&["verilator"]) {
        return;
    }
    let place = Place::new();
    let refused = place.run("cosim good.nir --multiplicity 1 --data repeats.npz");
    assert_eq!(refused.code, 2, "{}", refused.stdout);
    assert!(refused.stderr.contains("--input-guard limit"), "{}", refused.stderr);
    let once = cosim(&place, "--data spikes.npz");
    assert_eq!(once["input_guard"], json!(null));
    for port in ["", "--input-port aer", "--input-port aer --tick pin", "--config-port axi-lite"] {
        for stall in ["", "--stall 0.4"] {
            let limited = cosim(&place, &format!("--data repeats.npz --input-guard limit {port} {stall}"));
            assert_eq!(limited["output_counts"], once["output_counts"], "{port}: limit gives the answer of once");
            assert_eq!(limited["input_guard"], json!({ "repeats": 2, "off_map": 0 }), "{port}");
            let flagged = cosim(&place, &format!("--data repeats.npz --input-guard flag {port} {stall}"));
            assert_eq!(flagged["input_guard"], json!({ "repeats": 2, "off_map": 0 }), "{port}");
            assert!(flagged["predicted_cycles_per_sample"][0].is_null());
        }
    }
    // Nobody counts where the input is AER: limit is the default there.
    assert_eq!(cosim(&place, "--data repeats.npz --input-port aer")["input_guard"]["repeats"], json!(2));
    assert_eq!(cosim(&place, "--data spikes.npz --input-port aer --input-guard none")["input_guard"], json!(null));
}

#[test]
fn the_folder_plays_a_sample_that_its_guard_limits() {
    if !have(&["iverilog", "verilator"]) {
        return;
    }
    let place = Place::new();
    for edges in ["--input-guard limit", "--input-port aer --tick timer:100", "--input-guard limit --config-port spi"] {
        place.sound_folder(&format!("good.nir --multiplicity 1 --data repeats.npz {edges}"));
    }
    let manifest = std::fs::read_to_string(place.path("out/manifest.json")).expect("manifest");
    assert!(manifest.contains("\"input_guard\": \"limit\""), "{manifest}");
    assert!(std::fs::read_to_string(place.path("out/driver/registers.json")).expect("registers").contains("input_guard"));
}

/// Each address that spikes, up to four times more often than it may.
fn sample(net: &Network, seed: u64, steps: usize) -> Spikes {
    let random = &mut Random::new(seed);
    let mut all = net::random::spikes(net, seed, steps, 0.05);
    for events in &mut all {
        let extra: Vec<u32> = events.iter().filter(|_| random.chance(40)).copied().collect();
        for address in extra {
            let at = random.range(0, events.len() as i64 - 1) as usize;
            (0..random.range(1, 1 + i64::from(net.multiplicity))).for_each(|_| events.insert(at, address));
        }
    }
    all
}

/// Random networks on every kind of port, long enough that step tags go round, with words close behind each other and stalls.
#[test]
fn random_networks_behind_a_limiting_guard() {
    if !have(&["verilator"]) {
        return;
    }
    let (mut repeats, mut strays, mut words) = (0, 0, 0);
    for seed in needs::seeds(0..4) {
        let limits = Limits { size: 5, layers: 2, multiplicity: [1, 2, 9, 33][seed as usize % 4], ..Limits::default() };
        let net = net::random::network(seed, &limits);
        let guard = Some(Guard { limit: true, multiplicity: net.multiplicity });
        let input = [Port::Stream, Port::Aer][seed as usize % 2];
        let step_end = (seed % 3 == 1).then_some(StepEnd::Pin);
        let options = PlanOptions { edges: Edges { guard, input, step_end, ..Edges::default() }, ..PlanOptions::default() };
        if rtl::plan::plan(&net, &options).is_err() {
            continue;
        }
        let hardware = Hardware::new(net, &options);
        let samples: Vec<Spikes> = (0..3).map(|i| sample(&hardware.net, seed * 10 + i, 20 + 120 * usize::from(i == 0))).collect();
        if seed == 0 {
            // A word between two of one address: the count of two cycles ago.
            let file = format!("rtl/{}_input_guard.v", hardware.plan.name);
            hardware.assert_found(&[(&file, "fetched = entry_3", "fetched = memory_read_data")], &samples[..1]);
        }
        for (stall, off_map, back_to_back) in [(0.0, 0.0, true), (0.3, 0.2, false)] {
            let found = guarded(&hardware, &samples, LockstepOptions { stall, off_map, seed, back_to_back, ..Default::default() });
            (repeats, strays) = (repeats + found.repeats, strays + found.off_map);
            words += samples.iter().flatten().flatten().count();
        }
    }
    println!("{repeats} of {words} words were too many, {strays} lay off the map");
    assert!(repeats > 500 && strays > 100);
}

/// A lockstep run without a mismatch: what the guards have counted.
fn guarded(hardware: &Hardware, samples: &[Spikes], options: LockstepOptions) -> GuardReport {
    let options = LockstepOptions { build: quick_build(), ..options };
    let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, samples, &options).expect("simulates");
    assert!(report.first.is_none(), "{}, seed {}, stall {}: {:#?}", hardware.net.name, options.seed, options.stall, report.first);
    report.input_guard.expect("a guard")
}

/// Each input has a guard of its own, whose steps are its own stream's.
#[test]
fn each_of_several_inputs_has_a_guard() {
    if !have(&["verilator", "iverilog"]) {
        return;
    }
    let (mut repeats, mut strays, mut inputs, mut broken_guards) = (0, 0, 0, 0);
    for seed in needs::seeds(0..5) {
        let net = net::random::ports(seed, &Limits { size: 5, layers: 3, kernel: 3, multiplicity: 1 + seed as u32 % 2, ..Limits::default() });
        let guard = Some(Guard { limit: seed % 3 != 2, multiplicity: net.multiplicity });
        let options = PlanOptions { edges: Edges { guard, ..Edges::default() }, ..PlanOptions::default() };
        if rtl::plan::plan(&net, &options).is_err() {
            continue;
        }
        let hardware = Hardware::new(net, &options);
        inputs += hardware.net.inputs.len();
        let samples: Vec<Spikes> = (0..2).map(|i| if seed % 3 == 2 { net::random::spikes(&hardware.net, i, 30, 0.1) } else { sample(&hardware.net, seed * 10 + i, 150) }).collect();
        let has_strays = |port: &&InPort| [port.shape.c, port.shape.h, port.shape.w].iter().any(|size| !size.is_power_of_two());
        if let Some(port) = hardware.plan.inputs.iter().find(has_strays) {
            // One guard's count stands still.
            let file = format!("rtl/{}_{}.v", hardware.plan.name, port.guard_name());
            broken_guards += 1;
            let broken = hardware.edited(&file, "outside_count <= outside_count + ONE", "outside_count <= outside_count");
            let options = LockstepOptions { off_map: 0.2, build: quick_build(), ..Default::default() };
            let report = sim::lockstep(&broken, &hardware.plan, &hardware.net, &samples, &options).expect("simulates");
            assert_eq!(report.first.expect("a mismatch").check, "input guard");
        }
        for (stall, back_to_back) in [(0.0, true), (0.3, false)] {
            let found = guarded(&hardware, &samples, LockstepOptions { stall, off_map: 0.2, seed, back_to_back, ..Default::default() });
            (repeats, strays) = (repeats + found.repeats, strays + found.off_map);
        }
    }
    assert!(repeats > 200 && strays > 60 && inputs > 4 && broken_guards > 1, "{repeats} repeats, {strays} off the map, {inputs} inputs");
    let place = Place::new();
    place.sound_folder("sensors.nir --data sensors.npz --input-guard limit");
    let readme = std::fs::read_to_string(place.path("out/README.md")).expect("README.md");
    assert!(readme.contains("`guard_repeats_camera`, `guard_off_map_camera`"), "{readme}");
}

/// Faults of the guard, each of which lockstep must find.
#[test]
fn faults_of_the_guard_are_found() {
    if !have(&["verilator"]) {
        return;
    }
    let place = Place::new();
    for (text, with) in [
        // A repeat that passes, a count that stays, a TICK that counts, a word that is not forwarded, a counter that stands still.
        ("drops = outside_2 | too_many", "drops = outside_2"),
        ("(count + ONE_COUNT)", "count"),
        ("spike_1 <= enters & is_spike", "spike_1 <= enters"),
        ("fetched = written", "fetched = memory_read_data"),
        ("repeat_count <= repeat_count + ONE", "repeat_count <= repeat_count"),
    ] {
        let built = place.run("build good.nir --multiplicity 1 --data repeats.npz --input-guard limit --out out --force");
        assert_eq!(built.code, 0, "{}", built.stderr);
        fault::edit(&place.path("out/rtl/good_input_guard.v"), text, with);
        let ran = place.run("cosim out");
        assert!(ran.code == 1 && ran.stdout.contains("first mismatch: "), "{text:?}: {}{}", ran.stdout, ran.stderr);
    }
}
