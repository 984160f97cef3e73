//! Folders of every kind in Icarus Verilog, where registers and memories wake up unknown (x): the folder's own testbench passes, and no output of the chip is unknown
//! once reset has ended, also between words.

mod common;

use common::{have, icarus, Place};
use rayon::prelude::*;

/// What a folder can be: net and flags.
const KINDS: [(&str, &str); 25] = [
    ("banked", "good.nir --core fc1=banked --core fc2=banked"),
    ("table", "good.nir --core fc1=table --core fc2=table"),
    ("parallel", "good.nir --core fc1=parallel --core fc2=parallel"),
    ("parallel, late weights, without a device", "good.nir --target none"),
    ("lazy leak", "lazy.nir --leak-mode lazy"),
    ("touched map", "pooled.nir --scan if2=touched"),
    ("graph", "residual.nir"),
    ("recurrence", "recurrent.nir"),
    ("several inputs and outputs", "sensors.nir"),
    ("several inputs and outputs, reset at once", "sensors.nir --reset-port async"),
    ("AER", "good.nir --input-port aer --output-port aer"),
    ("AER, reset at once", "good.nir --input-port aer --output-port aer --reset-port async --synchroniser 3"),
    ("tick pin", "good.nir --tick pin"),
    ("timer", "good.nir --input-port aer --tick timer:40"),
    ("SPI", "good.nir --config-port spi --weights loadable"),
    ("SPI, weights behind a tick pin", "good.nir --config-port spi --weights loadable --input-port aer --tick pin"),
    ("SPI, reset at once", "good.nir --config-port spi --reset-port async --synchroniser 4"),
    ("AXI4-Lite", "good.nir --config-port axi-lite --weights loadable --tick timer:40"),
    ("AXI4-Lite, weights and routes", "good.nir --config-port axi-lite --weights loadable --fabric mesh:2x2 --cores 3 --routes loadable"),
    ("mesh", "recurrent.nir --fabric mesh:2x2 --reset-port async"),
    ("tree", "good.nir --fabric tree:2 --cores 4"),
    ("readout", "good.nir --readout count"),
    ("input guard", "good.nir --input-guard limit --output-port aer"),
    ("chips", "good.nir --chips 2"),
    ("chips, reset at once", "good.nir --chips 2 --reset-port async --synchroniser 3"),
];

/// Outputs that mean something only while another is high: ends of names.
const WITH: [(&str, &str); 6] = [
    ("_tdata", "_tvalid"),
    ("_tlast", "_tvalid"),
    ("aer_out_data", "aer_out_req"),
    ("_rdata", "_rvalid"),
    ("_rresp", "_rvalid"),
    ("_bresp", "_bvalid"),
];

/// The outputs of a chip's top module.
fn outputs(verilog: &str) -> Vec<&str> {
    let ports = verilog.lines().take_while(|line| !line.starts_with(");")).map(str::trim);
    let ports = ports.filter_map(|line| line.strip_prefix("output ")).filter_map(|line| line.split("//").next());
    ports.filter_map(|line| line.trim().trim_end_matches(',').rsplit(' ').next()).collect()
}

/// A second top module that says which outputs of the chips at these paths are unknown.
fn monitor(chips: &[(String, String)]) -> String {
    let mut text = String::from("module monitor;\n");
    for (path, verilog) in chips {
        for port in outputs(verilog) {
            let valid = WITH.iter().find_map(|(end, valid)| Some(format!("{}{valid}", port.strip_suffix(end)?)));
            let valid = valid.map_or(String::new(), |valid| format!(" && {path}.{valid} !== 1'b0"));
            text += &format!(
                "  always @(negedge {path}.aclk)\n    if ({path}.aresetn === 1'b1{valid} && ^{path}.{port} === 1'bx)\n      \
                 $display(\"UNKNOWN: {port} at %0d\", $time);\n"
            );
        }
    }
    text + "endmodule\n"
}

/// Plays the folder's sample with a monitor: what the testbench and the monitor say.
fn played(place: &Place) -> String {
    let text = |name: &str| std::fs::read_to_string(place.path(&format!("out/{name}"))).ok();
    let instance = "chip_tb.design_under_test";
    let (chips, around): (Vec<(String, String)>, &str) = match (text("rtl/chip.v"), text("tb/chip_bench.v")) {
        (Some(verilog), None) => (vec![(instance.to_string(), verilog)], ""),
        (Some(verilog), Some(_)) => (vec![(format!("{instance}.chip"), verilog)], "../tb/chip_bench.v"),
        (None, _) => {
            let chip = |i: usize| (format!("{instance}.chip_{i}"), text(&format!("chip{i}/rtl/chip_chip{i}.v")).expect("a chip"));
            ((0..2).map(chip).collect(), "../tb/chip_board.v")
        }
    };
    place.write("out/tb/monitor.v", monitor(&chips).as_bytes());
    let around = (!around.is_empty()).then_some(around);
    let sources = ["-f", "chip.f"].into_iter().chain(around).chain(["../tb/chip_tb.v", "../tb/monitor.v"]);
    let line: Vec<&str> = ["-g2005", "-s", "chip_tb", "-s", "monitor", "-o", "run"].into_iter().chain(sources).collect();
    let folder = place.path("out/rtl");
    icarus::run("iverilog", &line, &folder) + &icarus::run("vvp", &["-n", "run"], &folder)
}

fn built(flags: &str) -> Place {
    let place = Place::new();
    let ran = place.run(&format!("build {flags} --name chip --out out"));
    assert_eq!(ran.code, 0, "{flags}: {}", ran.stderr);
    place
}

#[test]
fn no_output_is_unknown_and_every_kind_of_folder_plays_its_sample() {
    if !have(&["iverilog"]) {
        return;
    }
    let wrong: Vec<String> = KINDS
        .par_iter()
        .filter_map(|(kind, flags)| {
            let said = played(&built(flags));
            let lines = said.lines().filter(|line| line.starts_with("UNKNOWN") || line.starts_with("MISMATCH"));
            let sound = said.contains("PASS:") && !said.contains("UNKNOWN");
            (!sound).then(|| format!("{kind} ({flags}): {}", lines.take(4).collect::<Vec<_>>().join("; ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A flag that no reset clears, at either end of a chip.
#[test]
fn a_register_that_is_never_reset_is_found() {
    if !have(&["iverilog"]) {
        return;
    }
    for (flags, file, flag) in [
        ("good.nir --core fc1=banked --core fc2=banked", "chip_link_buffer", "            front_valid <= 1'b0;\n"),
        ("good.nir --output-port aer", "chip_aer_sender", "            request <= 1'b0;\n"),
    ] {
        let place = built(flags);
        let files = place.files("out/rtl").into_iter().filter(|(name, _)| name.starts_with(file));
        let edited = files.map(|(name, bytes)| {
            let text = String::from_utf8(bytes).expect("text");
            place.write(&format!("out/rtl/{name}"), text.replacen(flag, "", 1).as_bytes());
            text.contains(flag)
        });
        assert!(edited.collect::<Vec<_>>().contains(&true), "{flags}: the emitted text has changed");
        assert!(played(&place).contains("UNKNOWN"), "{flags}");
    }
}
