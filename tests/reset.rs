//! How the chip is reset (`--reset-port`), and how deep its synchronisers are (`--synchroniser`).

mod common;

use common::hardware::{mismatch, random_networks, random_options, samples, Hardware};
use common::{have, icarus, Place};
use net::random::Limits;
use rtl::config::{Config, ConfigPort};
use rtl::edge::{Edges, Port};
use hdl::blocks::Stages;
use rtl::fabric::StepEnd;
use rtl::Resets;
use rtl::plan::ChipOptions;
use rtl::PlanOptions;
use serde_json::json;

/// Resets and stages by turns with each kind of port; some on two chips.
fn edges(seed: u64) -> Edges {
    let config = |port| Some(Config { port, net_hash: 1, loadable: false, routes: false, guard: false });
    let (input, output) = (Port::Aer, Port::Aer);
    let edges = match seed % 7 {
        0 => Edges::default(),
        1 => Edges { input, output, ..Edges::default() },
        2 => Edges { step_end: Some(StepEnd::Pin), ..Edges::default() },
        3 => Edges { config: config(ConfigPort::Spi), ..Edges::default() },
        4 => Edges { config: config(ConfigPort::AxiLite), ..Edges::default() },
        5 => Edges { input, step_end: Some(StepEnd::Timer(40)), ..Edges::default() },
        _ => Edges { output, ..Edges::default() },
    };
    let resets = if seed / 7 % 2 == 0 { Resets::Asynchronous } else { Resets::Synchronous };
    Edges { resets, stages: Stages(if resets == Resets::Synchronous { 3 } else { 2 + (seed % 3) as u32 }), ..edges }
}

fn random_network(seed: u64) -> Option<Vec<String>> {
    let limits = Limits { layers: 2, size: 5, kernel: 3, ..Limits::default() };
    let net = if seed % 3 == 0 { net::random::graph(seed + 70, &limits) } else { net::random::network(seed + 70, &limits) };
    let edges = edges(seed);
    let cut = (1..net.layers.len()).find(|at| net::cut::forbids(&net, *at).is_none()).filter(|_| seed % 7 == 1);
    let chips = cut.map(|at| ChipOptions { count: 2, cuts: vec![net.layers[at].name.clone()], sent: vec![] });
    let options = PlanOptions { edges, chips, ..random_options(&net, seed) };
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let samples = samples(&hardware.net, seed, 4);
    let reports = [0.0, 0.3].map(|stall| hardware.lockstep(&samples, stall, seed));
    Some(reports.iter().filter_map(|report| mismatch(report, seed)).collect())
}

#[test]
fn random_networks_with_other_resets_and_synchronisers_compute_what_golden_says() {
    let found = random_networks(0..11, random_network, |failed| failed);
    let Some((_, networks)) = found else { return };
    assert!(networks.len() >= 8, "only {} networks", networks.len());
}

/// With both handshakes of a chip open and the clock stopped: `ack` and `req` fall with `aresetn`, or wait for an edge.
#[test]
fn an_asynchronous_reset_needs_no_clock() {
    if !have(&["iverilog"]) {
        return;
    }
    let net = net::random::network(3, &Limits { layers: 2, size: 4, ..Limits::default() });
    for (resets, falls) in [(Resets::Asynchronous, "fall"), (Resets::Synchronous, "wait")] {
        let edges = Edges { input: Port::Aer, output: Port::Aer, resets, ..Edges::default() };
        let hardware = Hardware::new(net.clone(), &PlanOptions { edges, ..PlanOptions::default() });
        let format = hardware.plan.input_format();
        let bench = format!(
            "`timescale 1ns/1ps
module bench;
  reg clock = 0, runs = 1, resetn = 0, asks = 0;
  wire answer, req;
  {top} #(.MEM_DIR(\"mem\")) chip (.aclk(clock), .aresetn(resetn), .aer_in_req(asks), .aer_in_ack(answer), .aer_in_data({bits}'d{tick}),
    .aer_out_req(req), .aer_out_ack(1'b0), .aer_out_data());
  always #5 clock = runs & ~clock;
  initial begin
    #100 resetn = 1;
    #10000 asks = 1;
    #10000 asks = 0;
    #10000 asks = 1;
    #10000 runs = 0;
    #100 if (req !== 1 || answer !== 1) $display(\"no open handshakes: %b %b\", req, answer);
    resetn = 0;
    #1 if (req === 0 && answer === 0) $display(\"fall\");
    else $display(\"wait\");
    resetn = 1;
    #100 runs = 1;
    #10000 if (answer !== 1) $display(\"no answer behind the reset\");
    $finish;
  end
endmodule
",
            top = hardware.plan.name,
            bits = format.width(),
            tick = format.encode_link(rtl::Word::tick(true)),
        );
        let (_folder, said) = icarus::play(&hardware.design, &bench, &[]);
        assert_eq!(said.trim(), falls, "{resets:?}");
    }
}

/// What says how the chip is reset: settings, manifest, README, constraints, Verilog; the folder is sound in each form.
#[test]
fn the_folder_says_how_it_is_reset() {
    if !have(&["iverilog", "verilator"]) {
        return;
    }
    let place = Place::new();
    for (flags, reset, stages) in [
        ("--reset-port async", "async", 2),
        ("--reset-port async --synchroniser 3 --config-port spi --weights loadable --input-port aer --tick pin", "async", 3),
        ("--synchroniser 4 --config-port spi --weights loadable", "sync", 4),
    ] {
        place.sound_folder(&format!("good.nir {flags}"));
        let text = |name: &str| std::fs::read_to_string(place.path(&format!("out/{name}"))).expect(name);
        let manifest: serde_json::Value = serde_json::from_str(&text("manifest.json")).expect("JSON");
        assert_eq!((&manifest["edges"]["reset"], &manifest["edges"]["synchroniser"]), (&json!(reset), &json!(stages)), "{flags}");
        let at_once = reset == "async";
        assert_eq!(text("README.md").contains("acts at once"), at_once, "{flags}");
        assert_eq!(text("constraints/ecp5-85k.sdc").contains("set_false_path -from [get_ports aresetn]"), at_once, "{flags}");
        // Where resets act at once, no register waits for the clock with `rst`.
        let waits = |(name, bytes): &(String, Vec<u8>)| {
            let text = String::from_utf8_lossy(bytes);
            name.ends_with(".v") && text.split("always @(posedge clk)").skip(1).any(|block| block.trim_start_matches([' ', '\n']).trim_start_matches("begin").trim_start().starts_with("if (rst)"))
        };
        assert_eq!(place.files("out/rtl").iter().any(waits), !at_once, "{flags}");
        if stages > 2 {
            assert!(text("rtl/chip_synchroniser.v").contains(&format!("reg [{}:0] stage;", stages - 1)), "{flags}");
        }
    }
    for (flags, limit) in [("--synchroniser 5", "2 to 4 flip-flops"), ("--synchroniser 1", "2 to 4 flip-flops")] {
        let refused = place.run(&format!("build good.nir {flags} --out bad"));
        assert!(refused.code == 2 && refused.stderr.contains(limit), "{flags}: {}", refused.stderr);
    }
}
