//! The catalogue of generic blocks in hdl/README.md: the cost of each is what yosys counts on ECP5.

mod common;

use common::have;
use hdl::blocks::{AerReceiver, AerSender, Arbiter, Fifo, LutRam, Queue, Ram, Skid, Stages, Synchroniser};
use hdl::prelude::{u, Block};
use rtl::fabric::design;
use rtl::Design;
use synth::{synthesise, SynthOptions, Target, Tool};

/// What the catalogue calls a block, and its Verilog: those with a clock, which the flow wants.
fn catalogue() -> Vec<(&'static str, Design)> {
    fn of(name: &'static str, block: impl Block) -> (&'static str, Design) {
        (name, design(block, "block"))
    }
    vec![
        of("Skid::new(u(12))", Skid::new(u(12))),
        of("Fifo::new(64, 12)", Fifo::new(64, 12)),
        of("Queue::new(16, 12)", Queue::new(16, 12)),
        of("Ram::new(512, 18)", Ram::new(512, 18)),
        of("LutRam::new(16, 12)", LutRam::new(16, 12)),
        of("Arbiter::new(5)", Arbiter::new(5)),
        of("Synchroniser::new(Stages(2))", Synchroniser::new(Stages(2))),
        of("AerReceiver::new(16, 12)", AerReceiver::new(16, 12)),
        of("AerSender::new(16, 12, Stages(2))", AerSender::new(16, 12, Stages(2))),
    ]
}

#[test]
fn the_catalogue_says_what_blocks_cost() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    let readme = include_str!("../../hdl/README.md");
    let mut wrong = vec![];
    for (name, design) in needs::at_least(9, "blocks", catalogue()) {
        let dir = common::design_folder(&design);
        let options = SynthOptions { target: Target::Ecp5_25k, place: false, ..SynthOptions::default() };
        let report = synthesise(dir.path(), &options, &|_| ()).unwrap();
        let cost = format!("{} LUT4, {} FF", report.lut - report.wrapper_lut, report.ff - report.wrapper_ff);
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        if !row.is_some_and(|row| row.contains(&format!("| {cost}"))) {
            wrong.push(format!("{name}: {cost}"));
        }
    }
    assert!(wrong.is_empty(), "hdl/README.md says something else:\n{}", wrong.join("\n"));
}
