//! Synthesis, place and route of a small folder, and what bad input gets.

mod common;

use common::{accumulate, folder, have};
use needs::fault;
use synth::{synthesise, Folder, SynthOptions, Target, Tool};

fn quiet(_: &str) {}

#[test]
fn a_small_design_is_placed_routed_and_cached() {
    if !have(&[Tool::Yosys, Tool::NextpnrEcp5]) {
        return;
    }
    let dir = accumulate();
    let options = SynthOptions {
        seeds: 2,
        ..SynthOptions::default()
    };
    let steps = std::cell::RefCell::new(Vec::new());
    let report = synthesise(dir.path(), &options, &|step| steps.borrow_mut().push(step.to_string())).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!((report.fits, report.routed), (true, Some(true)));
    // A RAM of 512x36 is one DP16KD, a ROM of 1024x36 two; there is no product.
    assert_eq!((report.bram, report.bram_kind, report.dsp), (3, "DP16KD", 0));
    assert!((20..400).contains(&report.lut), "{report}");
    // Registers of the design (three addresses of 9, three write flags, two others, 36 + 36 + 36, 33 at the output) and
    // of the wrapper (an enable, 34 inputs, 34 outputs, XOR stages of 9, 3 and 1).
    assert_eq!(report.wrapper_ff, 1 + 34 + 34 + 9 + 3 + 1);
    assert_eq!(report.ff, 27 + 3 + 2 + 108 + 33 + report.wrapper_ff);
    let (fmax, min) = (report.fmax_mhz.unwrap(), report.fmax_mhz_min.unwrap());
    assert!(min > 50.0 && min <= fmax && fmax < 500.0, "{report}");
    assert_eq!(report.per_seed.iter().map(|seed| seed.seed).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(report.hash, Folder::open(dir.path()).unwrap().hash);

    // The path starts at a block RAM's clock-to-out, which is slower than anything else here.
    let first = &report.critical_path[0];
    assert_eq!(first.kind, "clk-to-q");
    assert!(
        ["accumulate_ram_512x36", "accumulate_weights"].contains(&first.module.as_str()),
        "{first:?}"
    );
    assert!(["membrane", "weights"].contains(&first.instance.as_str()), "{first:?}");
    let total: f64 = report.critical_path.iter().map(|segment| segment.delay_ns).sum();
    let fmax = report.per_seed[report.critical_path_seed.unwrap() as usize - 1]
        .fmax_mhz
        .unwrap();
    assert!((total - 1000.0 / fmax).abs() < 0.1, "{total} ns, {fmax} MHz");
    for log in &report.logs {
        assert!(dir.path().join(log).is_file(), "{log}");
    }

    // Again: the same figures, and no tool has run.
    let netlist = dir.path().join(&report.logs[0]).with_file_name("netlist.json");
    let written = std::fs::metadata(&netlist).unwrap().modified().unwrap();
    assert_eq!(synthesise(dir.path(), &options, &quiet).unwrap(), report);
    assert_eq!(std::fs::metadata(&netlist).unwrap().modified().unwrap(), written);

    // One hex digit of a weight: another hash, another run.
    let hex = dir.path().join("mem/accumulate_weights.hex");
    let mut text = std::fs::read_to_string(&hex).unwrap();
    let digit = if text.starts_with('0') { "1" } else { "0" };
    text.replace_range(0..1, digit);
    std::fs::write(&hex, text).unwrap();
    let changed = synthesise(dir.path(), &SynthOptions::default(), &quiet).unwrap();
    assert_ne!(changed.hash, report.hash);
    assert_ne!(changed.logs[0], report.logs[0]);
}

#[test]
fn out_of_context_has_no_wrapper() {
    if !have(&[Tool::Yosys, Tool::NextpnrEcp5]) {
        return;
    }
    let dir = accumulate();
    let options = SynthOptions {
        target: Target::Ecp5_25k,
        out_of_context: true,
        clock_mhz: 50.0,
        ..SynthOptions::default()
    };
    let report = synthesise(dir.path(), &options, &quiet).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!((report.wrapper_ff, report.ff), (0, 27 + 3 + 2 + 108 + 33));
    assert_eq!(report.capacity.bram, 56);
}

#[test]
fn series_7_gets_counts_only() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    let dir = accumulate();
    let options = SynthOptions {
        target: Target::Xc7_100t,
        ..SynthOptions::default()
    };
    let report = synthesise(dir.path(), &options, &quiet).unwrap();
    assert_eq!((report.fits, report.routed, report.fmax_mhz), (true, None, None));
    // 512x36 is a RAMB18, 1024x36 a RAMB36 (two).
    assert_eq!((report.bram, report.bram_kind, report.dsp), (3, "RAMB18", 0));
    assert!(report.lut > 10 && report.ff > 100, "{report}");
}

#[test]
fn ice40_gets_counts_only_and_its_small_memories_find_room() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    // 16 words that ask for distributed RAM, which this family has not.
    let verilog = "module small (input wire clk, input wire [3:0] address, input wire write, input wire [15:0] in,
            output reg [15:0] out);
    (* no_rw_check, ram_style = \"distributed\" *) reg [15:0] mem [0:15];
    always @(posedge clk) begin
        out <= mem[address];
        if (write) mem[address] <= in;
    end
endmodule
";
    let options = SynthOptions {
        target: Target::Ice40Up5k,
        ..SynthOptions::default()
    };
    let report = synthesise(folder("small", verilog).path(), &options, &quiet).unwrap();
    assert_eq!((report.fits, report.routed, report.fmax_mhz), (true, None, None));
    assert_eq!((report.bram, report.bram_kind, report.lut_kind, report.dsp), (1, "EBR4K", "LC", 0));
    let dir = accumulate();
    let report = synthesise(dir.path(), &options, &quiet).unwrap();
    // 512x36 takes 5 EBR of 512x8, 1024x36 takes 9 of 1024x4; every flip-flop is in a logic cell.
    assert_eq!(report.bram, 14, "{report}");
    assert!(report.lut > 10 && report.ff > 100 && report.lut >= report.ff, "{report}");
}

#[test]
fn too_much_block_ram_does_not_fit_and_is_not_routed() {
    if !have(&[Tool::Yosys, Tool::NextpnrEcp5]) {
        return;
    }
    let verilog = "module big (input wire clk, input wire [14:0] address, input wire write, input wire [35:0] in,
            output reg [35:0] out);
    (* no_rw_check *) reg [35:0] mem [0:32767];
    always @(posedge clk) begin
        out <= mem[address];
        if (write) mem[address ^ 15'd1] <= in;
    end
endmodule
";
    let dir = folder("big", verilog);
    let options = SynthOptions {
        target: Target::Ecp5_25k,
        ..SynthOptions::default()
    };
    let report = synthesise(dir.path(), &options, &quiet).unwrap();
    assert!(!report.passed() && !report.fits && report.per_seed.is_empty());
    assert_eq!(report.bram, 64);
    assert_eq!(report.reasons, ["does not fit ecp5-25k: 64 DP16KD, the device has 56"]);
}

/// The error that a folder with this content gets, with the folder's path taken out.
fn error(dir: &std::path::Path) -> String {
    let options = SynthOptions {
        target: Target::Xc7_100t,
        ..SynthOptions::default()
    };
    let text = synthesise(dir, &options, &quiet).unwrap_err().to_string();
    text.replace(&dir.display().to_string(), "DIR")
}

#[test]
fn a_folder_that_is_no_build_is_named() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(
        error(dir.path()).starts_with("DIR/manifest.json: No such file"),
        "{}",
        error(dir.path())
    );

    let dir = accumulate();
    std::fs::write(dir.path().join("manifest.json"), "{\"top\": \"a; rm\"}").unwrap();
    assert_eq!(
        error(dir.path()),
        "DIR/manifest.json: top is \"a; rm\" (a JSON object with the name of the top module in \"top\"); \
         name a folder that `spikewright build NET --out DIR` wrote"
    );

    let dir = accumulate();
    std::fs::remove_file(dir.path().join("rtl/accumulate_weights.v")).unwrap();
    assert!(error(dir.path()).starts_with("DIR/rtl/accumulate_weights.v: listed, but not there"));
}

#[test]
fn what_yosys_does_not_take_is_an_error_with_its_message() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    let dir = accumulate();
    fault::edit(&dir.path().join("rtl/accumulate.v"), "assign s_axis_tready", "asign s_axis_tready");
    assert!(error(dir.path()).contains("syntax error"), "{}", error(dir.path()));

    let dir = accumulate();
    std::fs::remove_file(dir.path().join("mem/accumulate_weights.hex")).unwrap();
    assert!(
        error(dir.path()).contains("accumulate_weights.hex"),
        "{}",
        error(dir.path())
    );
}

#[test]
fn options_out_of_range_are_all_named() {
    let options = SynthOptions {
        seeds: 0,
        clock_mhz: f64::NAN,
        ..SynthOptions::default()
    };
    let problems = synthesise(std::path::Path::new("."), &options, &quiet).unwrap_err();
    assert_eq!(
        problems.0.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        ["seeds-range", "clock-range"]
    );
}

#[test]
fn counts_alone_need_no_place_and_route() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    let dir = accumulate();
    let options = SynthOptions {
        place: false,
        ..SynthOptions::default()
    };
    let report = synthesise(dir.path(), &options, &quiet).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!((report.routed, report.fmax_mhz, report.per_seed.len()), (None, None, 0));
    assert_eq!(report.nextpnr, None);
    assert!(report.lut > 0 && report.ff > 0 && report.bram == 3, "{report}");
    assert!(report.wrapper_ff > 0, "the netlist is the one that place and route takes");
}
