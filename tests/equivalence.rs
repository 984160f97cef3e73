//! The prover of equal modules accepts what is equal and refuses what is not.

mod common;

use common::equivalence::proven;
use common::hardware::{small_net, Hardware};
use common::have;
use needs::fault;
use rtl::PlanOptions;

#[test]
fn equal_rewrites_are_proven_and_wrong_ones_refused() {
    if !have(&["yosys"]) {
        return;
    }
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2), ("dense".to_string(), 3)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        ..PlanOptions::default()
    };
    let hardware = Hardware::new(small_net(0), &options);
    let rewritten = |module: &str, edits: &[(&str, &str, usize)]| {
        let path = format!("rtl/tiny_{module}.v");
        let mut changed = hardware.design.clone();
        let file = changed.files.iter_mut().find(|file| file.path == path).unwrap();
        for (from, to, times) in edits {
            file.text = fault::replaced_times(&path, &file.text, from, to, *times);
        }
        proven(&hardware.design, &changed, &path)
    };
    let both = |module: &str, from: &str, equal: &str, wrong: &str| {
        assert!(rewritten(module, &[(from, equal, 1)]), "{equal}");
        assert!(!rewritten(module, &[(from, wrong, 1)]), "{wrong}");
    };
    // Only sign bits come in from above, and they are cut off again.
    both("conv_leak", "rounded >>> 2", "rounded >> 2", "rounded >>> 1");
    // A next state; a reset value; what an instance is given; what a register shows.
    let sum = "channel_share + block_share";
    both(
        "conv_core",
        sum,
        "block_share + channel_share",
        "block_share - channel_share",
    );
    both(
        "conv_core",
        "send_at_4 <= 1'b0;",
        "send_at_4 <= ~1'b1;",
        "send_at_4 <= 1'b1;",
    );
    let given = ".accumulate(bank_accumulate_0)";
    both(
        "conv_core",
        given,
        ".accumulate(bank_accumulate_0 & 1'b1)",
        ".accumulate(bank_accumulate_1)",
    );
    both(
        "conv_leak",
        "leaked = result;",
        "leaked = ~(~result);",
        "leaked = ~result;",
    );
    // A register of another name is compared by what comes of it over time.
    let renamed = ("result", "decayed", 3);
    assert!(rewritten("conv_leak", &[renamed]));
    assert!(!rewritten(
        "conv_leak",
        &[renamed, ("state - decay[", "state + decay[", 1)]
    ));
    // What is written to a memory.
    let word = "<= write_data";
    both(
        "lut_ram_2x30",
        word,
        "<= write_data | 30'd0",
        "<= write_data | 30'd1",
    );
}
