//! Chips whose ports are not AXI4-Stream: AER in and out, time steps from a pin or a timer.

mod common;

use common::{have, Place};
use needs::fault;

/// Each port in each form, and each way to end a step.
const EDGES: [&str; 7] = [
    "--input-port aer",
    "--output-port aer",
    "--input-port aer --output-port aer --tick pin",
    "--input-port aer --tick timer:40",
    "--tick pin",
    "--output-port aer --tick timer:16",
    "--input-port aer --output-port aer --cores 3 --fabric mesh:2x2",
];

#[test]
fn chips_with_other_ports_compute_what_golden_says() {
    if !have(&["verilator"]) {
        return;
    }
    let place = Place::new();
    for (number, edges) in EDGES.iter().enumerate() {
        // Chain and graph by turns: the network's own top is the same in all.
        let net = ["good.nir", "recurrent.nir"][number % 2];
        for stall in ["0", "0.3"] {
            let ran = place.run(&format!("cosim {net} {edges} --samples 3 --steps 6 --stall {stall} --seed {number} --json"));
            assert_eq!(ran.code, 0, "{net} {edges}: {}{}", ran.stdout, ran.stderr);
            let report = ran.json();
            assert_eq!(report["mismatches"], 0, "{net} {edges}: {report}");
            assert!(report["membrane_writes_compared"].as_u64().is_some_and(|writes| writes > 50), "{report}");
            assert!(report["predicted_cycles_per_sample"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|p| p.is_null())), "{report}");
        }
    }
}

#[test]
fn a_fault_at_the_edge_is_a_mismatch() {
    if !have(&["verilator"]) {
        return;
    }
    for (edges, file, text, with) in [
        // A TICK that never ends the sample, a word that is taken again and again, a port without data.
        ("--input-port aer --tick pin", "rtl/good_tick_from_pin_32.v", "ends & last_pin_settled", "1'b0"),
        ("--input-port aer --tick pin", "rtl/good_aer_receiver_2.v", "asked & !acknowledge", "asked"),
        ("--output-port aer", "rtl/good.v", "aer_out_data = sender_aer_data", "aer_out_data = ~sender_aer_data"),
    ] {
        let place = Place::new();
        let built = place.run(&format!("build good.nir {edges} --out out"));
        assert_eq!(built.code, 0, "{}", built.stderr);
        fault::edit(&place.path(&format!("out/{file}")), text, with);
        let ran = place.run("cosim out");
        assert!(ran.code == 1 && ran.stdout.contains("first mismatch: "), "{file}, {text:?}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn the_folder_plays_its_sample_through_the_ports_that_it_has() {
    if !have(&["iverilog", "verilator"]) {
        return;
    }
    for edges in ["--input-port aer --output-port aer --tick pin", "--input-port aer --tick timer:100"] {
        let place = Place::new();
        let built = place.run(&format!("build good.nir {edges} --out out"));
        assert_eq!(built.code, 0, "{}", built.stderr);
        // Inside rtl/, as the list names files relative to it.
        let top = "out/rtl/good.v";
        let lint = place.tool("verilator", &format!("--lint-only -Wall -Iout/rtl {top}"));
        assert_eq!(lint.code, 0, "{}", lint.stderr);
        let played = place.tool("make", "-C out/tb sim SIM=icarus");
        assert!(played.code == 0 && played.stdout.contains("PASS"), "{edges}: {}{}", played.stdout, played.stderr);
        let again = place.run("build --config out/spikewright.toml --out again");
        assert_eq!(again.code, 0, "{}", again.stderr);
        let same = place.tool("diff", "-r out/rtl again/rtl");
        assert_eq!(same.code, 0, "{}", same.stdout);
    }
}

#[test]
fn a_step_that_no_timer_can_end_is_refused() {
    let place = Place::new();
    for tick in ["timer:3", "timer:", "button"] {
        let ran = place.run(&format!("build good.nir --tick {tick} --out out"));
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains("timer:N with 16 to"), "{}", ran.stderr);
    }
}
