//! Each check is tested by a fault that it must find.

mod common;

use common::{have_tools, run};
use sim::{LockstepOptions, LockstepReport};

/// Runs the fixture with a fault, without stalls and with.
fn faulty(from: &str, to: &str) -> [LockstepReport; 2] {
    let stalled = LockstepOptions {
        stall: 0.5,
        seed: 1,
        ..LockstepOptions::default()
    };
    [
        run(Some((from, to)), &LockstepOptions::default()),
        run(Some((from, to)), &stalled),
    ]
}

/// The fault must be found with and without stalls, first by a check of this name, in this layer.
fn check(from: &str, to: &str, name: &str, layer: &str) {
    if !have_tools() {
        return;
    }
    for report in faulty(from, to) {
        let first = report.first.unwrap_or_else(|| panic!("{to:?} was not found"));
        assert_eq!((first.check.as_str(), first.layer.as_str()), (name, layer), "{first}");
    }
}

#[test]
fn a_corrupt_membrane_bit_without_effect_on_spikes() {
    if !have_tools() {
        return;
    }
    // The lowest bit of one neuron's state, only while it is far below the threshold, and put right again a write later.
    let (from, to) = (
        "{reset_1, reset_0}",
        "{reset_1, reset_0 ^ {11'd0, (group == 1) & (reset_0 < 12'sd9)}}",
    );
    let sound = run(None, &LockstepOptions::default());
    let options = LockstepOptions {
        keep_going: true,
        ..LockstepOptions::default()
    };
    let report = run(Some((from, to)), &options);
    let first = report.first.expect("found");
    assert_eq!((first.check.as_str(), first.neuron), ("fire write", Some(2)), "{first}");
    let (golden, rtl): (i64, i64) = (first.golden.parse().unwrap(), first.rtl.parse().unwrap());
    assert_eq!(golden ^ rtl, 1);
    assert_eq!(
        report.output_counts, sound.output_counts,
        "the fault must have no effect on spikes"
    );
}

#[test]
fn a_wrong_sum() {
    check(
        "sum_1         = lane_1 +",
        "sum_1         = lane_1 -",
        "integrating write",
        "hidden",
    );
}

#[test]
fn a_lost_update() {
    let skip = "group <= last_group ? 0 : group + 1;\n                    state <= last_group ? IDLE : READ;";
    let to = "group <= (group == GROUPS - 2) ? 0 : group + 1; state <= (group == GROUPS - 2) ? IDLE : READ;";
    check(skip, to, "fire write", "hidden");
}

#[test]
fn a_dropped_spike() {
    check(
        "{fires_1, fires_0};",
        "{fires_1 & (group != 1), fires_0};",
        "missing spike",
        "hidden",
    );
}

#[test]
fn an_extra_spike() {
    check(
        "{fires_1, fires_0};",
        "{fires_1, fires_0 | (group == 0)};",
        "spike",
        "hidden",
    );
}

#[test]
fn a_dropped_tick() {
    let to = "state     <= last_group ? (kind == TICKS ? IDLE : TICK) : READ;";
    if have_tools() {
        for report in faulty("state     <= last_group ? TICK : READ;", to) {
            let first = report.first.expect("found");
            assert!(
                ["missing spike", "spike", "tick"].contains(&first.check.as_str()),
                "{first}"
            );
        }
    }
}

#[test]
fn a_wrong_tick_at_the_end_of_a_sample() {
    check(
        "out_data  <= {kind, {OUT_BITS{1'b0}}};",
        "out_data  <= {TICKS, {OUT_BITS{1'b0}}};",
        "tick",
        "hidden",
    );
}

#[test]
fn state_that_leaks_into_the_next_sample() {
    check(
        "((state == WRITE) & (kind == TICKS_LAST))",
        "((state == WRITE) & (kind == 2'd3))",
        "fire write",
        "hidden",
    );
}

#[test]
fn a_word_that_the_scan_skips() {
    let to = "group <= (kind != SPIKES) & (group == 0) ? 2 : last_group ? 0 : group + 1;\n                    state     <= last_group ? TICK : READ;";
    if have_tools() {
        let from =
            "group     <= last_group ? 0 : group + 1;\n                    state     <= last_group ? TICK : READ;";
        for report in faulty(from, to) {
            assert!(!report.passed());
        }
    }
}

#[test]
fn a_memory_that_keeps_something_else_than_was_written() {
    let to = "if (write_enable) memory[write_address] <= write_data ^ {23'd0, write_address == 1};";
    check(
        "if (write_enable) memory[write_address] <= write_data;",
        to,
        "integrating write",
        "hidden",
    );
}

#[test]
fn a_word_that_changes_or_vanishes_under_stall() {
    if !have_tools() {
        return;
    }
    let from = "        end else case (state)";
    let changes = "        end else if (out_valid & !out_ready) out_data[0] <= !out_data[0]; else case (state)";
    let vanishes = "        end else if (out_valid & !out_ready) out_valid <= 0; else case (state)";
    for (to, name) in [
        (changes, "link: data changed while stalled"),
        (vanishes, "link: valid dropped"),
    ] {
        let [_, report] = faulty(from, to);
        let first = report.first.expect("found");
        assert_eq!(first.check, name, "{first}");
    }
}

#[test]
fn a_deadlock_names_every_link() {
    if !have_tools() {
        return;
    }
    let report = run(
        Some(("READ: state <= WRITE;", "READ: if (source != 3) state <= WRITE;")),
        &LockstepOptions::default(),
    );
    let first = report.first.expect("found");
    assert_eq!(first.check, "deadlock", "{first}");
    for name in ["s_axis", "-> hidden", "hidden ->", "-> readout", "readout ->", "m_axis"] {
        assert!(first.rtl.contains(name), "{first}");
    }
}

#[test]
fn a_wrong_weight_is_found_where_it_is_used() {
    if !have_tools() {
        return;
    }
    let net = common::network();
    let mut design = common::design(&net, None);
    let file = design
        .files
        .iter_mut()
        .find(|file| file.path == "mem/fixture_1.hex")
        .unwrap();
    // One hex digit of the weight from neuron 0 to neuron 1.
    let digit = if &file.text[1..2] == "0" { "1" } else { "0" };
    file.text.replace_range(1..2, digit);
    let samples = common::samples(1, 9);
    let report = sim::lockstep(
        &design,
        &common::plan(&net),
        &net,
        &samples,
        &LockstepOptions::default(),
    )
    .unwrap();
    let first = report.first.expect("found");
    assert_eq!((first.layer.as_str(), first.neuron), ("readout", Some(1)), "{first}");
}

#[test]
fn words_without_end_are_given_up() {
    if !have_tools() {
        return;
    }
    let report = run(
        Some(("pending[0] <= 0;", "pending[0] <= 1;")),
        &LockstepOptions::default(),
    );
    assert!(report.mismatches > 1000, "{}", report.mismatches);
}

#[test]
fn a_port_that_never_moves_is_no_proof() {
    if !have_tools() {
        return;
    }
    let net = common::network();
    let change = ("reg [1:0]            pending;", "reg [1:0] pending;\n    reg never;\n    always @(posedge clk) never <= 1'b0;");
    let mut design = common::design(&net, Some(change));
    let own = |name: &str| rtl::ProbeSignal { variable: name.into(), ..design.cores[1].input.valid.clone() };
    let data = design.cores[1].input.data.clone();
    let report = |design: &rtl::Design| {
        sim::lockstep(design, &common::plan(&net), &net, &common::samples(1, 9), &LockstepOptions::default()).unwrap()
    };
    assert!(report(&design).passed());
    let blind = rtl::AerProbe { name: "aer_out".into(), chip: 0, sends: true, req: own("never"), ack: own("never"), data };
    design.aer = vec![blind];
    let first = report(&design).first.expect("found");
    assert_eq!((first.check.as_str(), first.golden.as_str()), ("nothing seen", "words of aer_out in 1 samples"), "{first}");
}

#[test]
fn no_sample_is_no_proof() {
    if !have_tools() {
        return;
    }
    let net = common::network();
    for samples in [vec![], vec![vec![]; 2]] {
        let report = sim::lockstep(&common::design(&net, None), &common::plan(&net), &net, &samples, &LockstepOptions::default()).unwrap();
        assert_eq!((report.mismatches, report.samples, report.passed()), (0, 0, false));
    }
}
