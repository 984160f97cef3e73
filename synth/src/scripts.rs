//! Text for the tools: yosys scripts and the Makefile beside them. Pure functions, same input -> same bytes.
//!
//! Every script runs in the `synth/` folder of a build, so that `../rtl` and `../mem` are where it expects them.

use std::path::Path;

use crate::target::{Family, Target};

/// How ECP5 is mapped, on Debian's yosys 0.23. `-abc9`: a 3x3 conv core with 9 banks takes 46 s of CPU (4,676 LUT4, 112 MHz on
/// ecp5-85k), and more than 140 s without it. Its ABC may abort in its last optimisation (`&mfs`); yosys then takes the
/// netlist written before that step, which is whole but a few percent larger.
pub(crate) const SYNTH_ECP5: &str = "synth_ecp5 -abc9";

/// What `build` puts into its folder for users who synthesise without spikewright: path relative to the folder, text.
///
/// `top` is the top module, `sources` the Verilog files relative to `rtl/`.
pub fn scripts(top: &str, sources: &[String]) -> Vec<(String, String)> {
    let ecp5 = format!(
        "# Synthesis of {top} for Lattice ECP5. Run in this folder: yosys -s synth_ecp5.ys\n{}stat\n",
        ecp5_script(top, &in_rtl(sources), Path::new(&format!("{top}.ecp5.json")), true)
    );
    let xc7 = format!(
        "# Synthesis of {top} for Xilinx series 7, for counts. Run in this folder: yosys -s synth_xc7.ys\n{}stat\n",
        xc7_script(top, &in_rtl(sources), Path::new(&format!("{top}.xc7.json")))
    );
    let ice40 = format!(
        "# Synthesis of {top} for Lattice iCE40 UltraPlus, for counts. Run in this folder: yosys -s synth_ice40.ys\n{}stat\n",
        ice40_script(top, &in_rtl(sources), Path::new(&format!("{top}.ice40.json")))
    );
    vec![
        ("synth/synth_ecp5.ys".to_string(), ecp5),
        ("synth/synth_ice40.ys".to_string(), ice40),
        ("synth/synth_xc7.ys".to_string(), xc7),
        ("synth/Makefile".to_string(), makefile(top)),
    ]
}

/// Source files relative to `rtl/` as seen from `synth/`.
pub(crate) fn in_rtl(sources: &[String]) -> Vec<String> {
    sources.iter().map(|source| format!("../rtl/{source}")).collect()
}

fn read_verilog(sources: &[String]) -> String {
    sources
        .iter()
        .map(|source| format!("read_verilog {source}\n"))
        .collect()
}

/// Reads the design and writes its hierarchy as JSON.
pub(crate) fn hierarchy_script(top: &str, sources: &[String], json: &Path) -> String {
    format!(
        "{}hierarchy -check -top {top}\nproc\nwrite_json {}\n",
        read_verilog(sources),
        json.display()
    )
}

/// Synthesis for ECP5 into a JSON netlist for nextpnr; see `SynthOptions::wide_luts`.
pub(crate) fn ecp5_script(top: &str, sources: &[String], json: &Path, wide_luts: bool) -> String {
    let narrow = if wide_luts { "" } else { " -nowidelut" };
    format!(
        "{}{SYNTH_ECP5}{narrow} -top {top} -json {}\n",
        read_verilog(sources),
        json.display()
    )
}

/// Synthesis for ECP5 into a Verilog netlist for simulation.
pub(crate) fn ecp5_netlist_script(top: &str, sources: &[String], verilog: &Path) -> String {
    format!(
        "{}{SYNTH_ECP5} -top {top}\nwrite_verilog -noattr {}\n",
        read_verilog(sources),
        verilog.display()
    )
}

/// Synthesis for Xilinx series 7 into a JSON netlist.
pub(crate) fn xc7_script(top: &str, sources: &[String], json: &Path) -> String {
    format!(
        "{}synth_xilinx -family xc7 -flatten -noiopad -top {top}\nwrite_json {}\n",
        read_verilog(sources),
        json.display()
    )
}

/// Synthesis for iCE40 UltraPlus into a JSON netlist. It has no distributed RAM: memories that ask for it take what is
/// cheapest, mostly block RAM.
pub(crate) fn ice40_script(top: &str, sources: &[String], json: &Path) -> String {
    format!(
        "{}hierarchy -check -top {top}\nproc\nsetattr -unset ram_style m:*\nsynth_ice40 -device u -dsp -top {top} -json {}\n",
        read_verilog(sources),
        json.display()
    )
}

/// The script of a family, from Verilog to a JSON netlist.
pub(crate) fn family_script(family: Family, top: &str, sources: &[String], json: &Path, wide_luts: bool) -> String {
    match family {
        Family::Ecp5 => ecp5_script(top, sources, json, wide_luts),
        Family::Ice40 => ice40_script(top, sources, json),
        Family::Xc7 => xc7_script(top, sources, json),
    }
}

/// Adds cell counts in a file of their own to a script.
pub(crate) fn with_counts(script: String, counts: &Path) -> String {
    format!("{script}tee -q -o {} stat\n", counts.display())
}

fn makefile(top: &str) -> String {
    let device = Target::Ecp5_85k.nextpnr_arguments().join(" ");
    format!(
        "# Synthesis of {top} without spikewright. Needs yosys; `make pnr` also needs nextpnr-ecp5.\n\
         # `spikewright synth DIR` does the same with registers at the pins, several seeds and a report.\n\
         \n\
         YOSYS   ?= yosys\n\
         NEXTPNR ?= nextpnr-ecp5\n\
         DEVICE  ?= {device}\n\
         SEED    ?= 1\n\
         FREQ    ?= 100\n\
         \n\
         .PHONY: all pnr ice40 xc7 clean\n\
         \n\
         all: {top}.ecp5.json\n\
         \n\
         {top}.ecp5.json: synth_ecp5.ys $(wildcard ../rtl/*.v ../mem/*.hex)\n\
         \t$(YOSYS) -q -l synth_ecp5.log -s $<\n\
         \t@tail -n 40 synth_ecp5.log\n\
         \n\
         # Out of context: the design as a block, without pins, so no bitstream.\n\
         pnr: {top}.ecp5.json\n\
         \t$(NEXTPNR) $(DEVICE) --out-of-context --json $< --seed $(SEED) --freq $(FREQ) --timing-allow-fail \\\n\
         \t    --report {top}.ecp5.report.json\n\
         \n\
         # Counts of LUT, FF, block RAM and DSP for Lattice iCE40 UltraPlus.\n\
         ice40: synth_ice40.ys\n\
         \t$(YOSYS) -q -l synth_ice40.log -s $<\n\
         \t@tail -n 40 synth_ice40.log\n\
         \n\
         # The same for Xilinx series 7.\n\
         xc7: synth_xc7.ys\n\
         \t$(YOSYS) -q -l synth_xc7.log -s $<\n\
         \t@tail -n 40 synth_xc7.log\n\
         \n\
         clean:\n\
         \trm -rf run *.json *.log\n"
    )
}
