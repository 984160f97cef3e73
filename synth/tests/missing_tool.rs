//! A missing tool is an error with the command that installs it. On its own: it changes the environment of the process.

mod common;

use synth::{synthesise, tools, SynthOptions};

#[test]
fn a_missing_tool_names_the_command_that_installs_it() {
    std::env::set_var("SPIKEWRIGHT_YOSYS", "/nowhere/yosys");
    let problems = synthesise(common::accumulate().path(), &SynthOptions::default(), &|_| ()).unwrap_err();
    assert_eq!(problems.0[0].code, "missing-tool");
    assert_eq!(
        problems.to_string(),
        "yosys: not found (needed: synthesis: LUT, FF, BRAM, DSP); \
         install it: apt-get install -y yosys (or name it in SPIKEWRIGHT_YOSYS)"
    );
    let yosys = tools().into_iter().find(|tool| tool.name == "yosys").unwrap();
    assert!(yosys.found.is_none());
}
