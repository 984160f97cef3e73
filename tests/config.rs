//! The configuration bus: counters of random networks against links and golden, faults, soft reset and halt, the output folder.

mod common;

use common::bus::{freezes, reset_and_halt, with_bus, with_port, Chip};
use common::hardware::{mismatch, random_networks, random_options, samples, Hardware, SIMULATION};
use common::{have, routers, Place};
use net::loadable::made_loadable;
use net::options::CoreKind;
use net::random::Limits;
use net::Network;
use rayon::prelude::*;
use rtl::config::map::chip;
use rtl::config::ConfigPort;
use rtl::PlanOptions;
use sim::Access;

/// Chains of maps and vectors, by turns on machines of each kind.
fn network(seed: u64) -> (Network, PlanOptions) {
    let limits = Limits { maps: seed % 2 == 0, readout: seed % 4 == 0, ..Limits::default() };
    let net = net::random::network(seed + 9100, &limits);
    let mut options = random_options(&net, seed);
    if seed % 2 == 1 {
        let kinds = [CoreKind::Parallel, CoreKind::Table, CoreKind::Banked];
        let able = |index: usize, layer: &net::Layer| {
            let kind = kinds[(index + seed as usize) % kinds.len()];
            let wanted = PlanOptions { machines: [(layer.name.clone(), kind)].into(), ..PlanOptions::default() };
            rtl::plan::plan(&net, &wanted).is_ok().then(|| (layer.name.clone(), kind))
        };
        options = PlanOptions { machines: net.layers.iter().enumerate().filter_map(|(i, layer)| able(i, layer)).collect(), ..PlanOptions::default() };
    }
    (net, with_bus(options, false))
}

#[test]
fn every_counter_is_what_links_and_golden_say() {
    if !have(SIMULATION) {
        return;
    }
    let seeds: Vec<u64> = needs::seeds(0..6).collect();
    let failed: Vec<String> = seeds
        .par_iter()
        .flat_map(|&seed| {
            let (net, options) = network(seed);
            let samples = samples(&net, seed, 5);
            let found = Hardware::new(net, &options);
            let agreed = found.agreement(&samples, 0.4, seed);
            let mut failed = agreed.failed;
            for report in [&agreed.still, &agreed.stalled] {
                let registers = report.registers.as_ref().expect("a report of the registers");
                if registers.compared != 8 * found.plan.cores.len() as u64 || registers.accesses < 30 {
                    failed.push(format!("network {seed}: {registers:?}"));
                }
            }
            failed
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// On routers, layers in parts: those of every third network are banked ones whose weights are written.
#[test]
fn counters_and_weights_of_cores_on_routers() {
    let of = |seed: u64| {
        let loadable = seed % 3 == 1;
        let net = if loadable { made_loadable(&routers::network(seed + 40, true)) } else { routers::network(seed + 40, true) };
        let options = with_bus(routers::options(&net, seed), loadable);
        let options = if loadable { PlanOptions { machines: Default::default(), ..options } } else { options };
        rtl::plan::plan(&net, &options).ok()?;
        let hardware = Hardware::new(net, &options);
        let report = hardware.lockstep(&samples(&hardware.net, seed, 4), 0.3, seed);
        let registers = report.registers.as_ref().expect("a report of the registers");
        let mut failed: Vec<String> = mismatch(&report, seed).into_iter().collect();
        if registers.compared != 8 * hardware.plan.cores.len() as u64 {
            failed.push(format!("network {seed}: {registers:?}"));
        }
        Some((failed, loadable, hardware.plan.cores.len()))
    };
    let Some((count, found)) = random_networks(0..9, of, |(failed, ..)| failed) else { return };
    assert!(found.len() as u64 * 2 >= count && found.iter().any(|(_, loadable, cores)| *loadable && *cores > 2), "too few");
}

#[test]
fn a_fault_in_registers_or_bus_is_a_mismatch() {
    if !have(SIMULATION) {
        return;
    }
    let (net, options) = network(2);
    let hardware = Hardware::new(net, &options);
    let samples = samples(&hardware.net, 2, 4);
    let name = &hardware.plan.name;
    let station = format!("rtl/{name}_{}_station.v", hardware.plan.cores[0].name);
    let sops = format!("rtl/{name}_{}_sops.v", hardware.plan.cores[0].name);
    let (hub, axi) = (format!("rtl/{name}_register_hub.v"), format!("rtl/{name}_axi_lite_slave.v"));
    let faults = [
        (&station, "taken & (in_kind == KIND_SPIKE)", "taken"),
        (&station, "in_valid & !core_in_ready", "in_valid"),
        (&station, "core_out_valid & !out_ready", "core_out_valid & out_ready"),
        (&station, "open | (|steps_inside)", "open"),
        (&station, "open <= !tick_taken", "open <= 1'b1"),
        (&station, "counter_5 <= counter_5 + ONE", "counter_5 <= counter_6 + ONE"),
        (&station, "bus_control[0] | bus_control[1]", "bus_control[0]"),
        (&station, "answer_4 = mine ? held[", "answer_4 = mine ? 1'b0 & held["),
        (&sops, "row_count * column_count", "row_count + column_count"),
        (&hub, "cycles <= cycles + ONE", "cycles <= cycles + ONE + ONE"),
        (&hub, "!(row == CONTROL_ADDRESS)", "1'b0"),
        (&hub, "CONSTANT_3 = 32'd0", "CONSTANT_3 = 32'd1"),
        (&axi, "write_failed <= response_failed | !write_whole", "write_failed <= response_failed"),
        (&axi, "read_answered <= read_answered & !rready", "read_answered <= 1'b0"),
        (&axi, "write_waits = write_address_held &", "write_waits = 1'b1 |"),
    ];
    let missed: Vec<String> = faults
        .par_iter()
        .filter_map(|(file, text, fault)| {
            let design = hardware.edited(file, text, fault);
            let report = hardware.lockstep_of(&design, &samples, 0.4, 1);
            let found = report.first.as_ref().is_some_and(|first| first.check == "configuration bus");
            (!found).then(|| format!("{file}: {text} -> {fault}: {:?}", mismatch(&report, 0)))
        })
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn spi_tells_the_same_and_its_faults_are_mismatches() {
    if !have(SIMULATION) {
        return;
    }
    let (net, options) = network(2);
    let hardware = Hardware::new(net, &with_port(options, ConfigPort::Spi, false));
    let samples: Vec<_> = (0..4).flat_map(|seed| samples(&hardware.net, seed, 12)).collect();
    let failed = hardware.agreement(&samples, 0.4, 1).failed;
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let spi = format!("rtl/{}_spi_slave.v", hardware.plan.name);
    let faults = [
        ("{frame[62:0], mosi_in_settled}", "{frame[62:0], sclk_before}"),
        ("failed ? REFUSED : DONE", "DONE"),
        ("out_bit = out[39]", "out_bit = out[38]"),
        ("falls = !sclk_in_settled & sclk_before", "falls = sclk_in_settled & !sclk_before"),
    ];
    let missed: Vec<String> = faults
        .par_iter()
        .filter_map(|(text, fault)| {
            let report = hardware.lockstep_of(&hardware.edited(&spi, text, fault), &samples, 0.4, 1);
            mismatch(&report, 0).is_none().then(|| format!("{text} -> {fault}"))
        })
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_network_is_reset_and_halted_by_its_bus() {
    if !have(SIMULATION) {
        return;
    }
    let (net, options) = network(4);
    let hardware = Hardware::new(net, &options);
    reset_and_halt(&hardware, &hardware.design);
}

#[test]
fn an_access_takes_a_cycle_per_core() {
    if !have(SIMULATION) {
        return;
    }
    let (net, options) = network(4);
    let hardware = Hardware::new(net, &options);
    let mut chip = Chip::new(&hardware.design, 0.0);
    (0..3).for_each(|_| assert_eq!(chip.step(), [None, None]));
    for access in [Access::Read { address: 0 }, Access::write(4 * chip::CONTROL, 0), Access::Read { address: 4 * 16 }] {
        chip.master.begin(access);
        // The cycle of the handshake comes first.
        let waited = (0..100).position(|_| chip.step() != [None, None]);
        assert_eq!(waited, Some(hardware.plan.cores.len() + 2), "{access:?}");
    }
}

#[test]
fn frozen_counters_stand_still() {
    if !have(SIMULATION) {
        return;
    }
    let (net, options) = network(4);
    let hardware = Hardware::new(net, &options);
    assert!(freezes(&hardware, &hardware.design));
    let station = format!("rtl/{}_{}_station.v", hardware.plan.name, hardware.plan.cores[0].name);
    assert!(!freezes(&hardware, &hardware.edited(&station, "bus_control[2] & !rst", "!rst")));
}

/// Each other port, and each way to connect cores.
const PORTS: [&str; 4] = [
    "",
    "--input-port aer --output-port aer --tick pin",
    "--cores 3 --fabric mesh:2x2",
    "--tick timer:40 --stall 0.3",
];

#[test]
fn the_bus_goes_with_every_port_and_network() {
    if !have(&["verilator"]) {
        return;
    }
    let place = Place::new();
    for (number, ports) in PORTS.iter().enumerate() {
        for net in ["good.nir", "recurrent.nir"] {
            let ran = place.run(&format!("cosim {net} {ports} --config-port axi-lite --samples 3 --steps 6 --seed {number} --json"));
            assert_eq!(ran.code, 0, "{net} {ports}: {}{}", ran.stdout, ran.stderr);
            let report = ran.json();
            assert_eq!(report["mismatches"], 0, "{net} {ports}: {report}");
            assert!(report["registers"]["cores"][0]["sops"].as_u64().is_some_and(|sops| sops > 20), "{report}");
            let predicted = &report["predicted_cycles_per_sample"];
            assert!(ports.is_empty() == (predicted == &report["cycles_per_sample"]), "{net} {ports}: {report}");
        }
    }
}

#[test]
fn the_folder_has_a_driver_s_view_of_the_registers() {
    if !have(&["iverilog", "verilator", "gcc"]) {
        return;
    }
    for ports in ["", "--input-port aer --tick timer:100"] {
        let place = Place::new();
        let built = place.run(&format!("build good.nir {ports} --config-port axi-lite --out out"));
        assert_eq!(built.code, 0, "{}", built.stderr);
        let lint = place.tool("verilator", "--lint-only -Wall -Iout/rtl out/rtl/good.v");
        assert_eq!(lint.code, 0, "{}", lint.stderr);
        let played = place.tool("make", "-C out/tb sim SIM=icarus");
        assert!(played.code == 0 && played.stdout.contains("PASS"), "{ports}: {}{}", played.stdout, played.stderr);
        let again = place.run("build --config out/spikewright.toml --out again");
        assert_eq!(again.code, 0, "{}", again.stderr);
        let same = place.tool("diff", "-r -x build out again");
        assert_eq!(same.code, 0, "{}", same.stdout);
        place.write("driver.c", b"#include \"out/driver/good_registers.h\"\nint main(void) { return GOOD_FC2_SOPS == 0x7c && GOOD_MAGIC_VALUE == 0x53504b57u ? 0 : 1; }\n");
        let compiled = place.tool("gcc", "-Wall -Werror driver.c -o driver");
        assert_eq!(compiled.code, 0, "{}", compiled.stderr);
        assert_eq!(place.tool("./driver", "").code, 0);
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(place.path("out/driver/registers.json")).unwrap()).unwrap();
        let registers = json["registers"].as_array().unwrap();
        let sops = registers.iter().find(|register| register["name"] == "fc2.sops").unwrap();
        assert_eq!((sops["offset"].as_u64(), sops["access"].as_str()), (Some(0x7c), Some("ro")));
    }
}
