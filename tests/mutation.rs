//! Single-point faults of emitted Verilog: lockstep finds each, or it is written here why there is nothing to find.

mod common;

use std::process::Command;

use common::hardware::{quick_build, samples, small_net, Hardware, SIMULATION};
use common::have;
use rayon::prelude::*;
use rtl::PlanOptions;
use sim::{judge, mutants, LockstepOptions, Mutant, Verdict};

/// Mutants tried: the first of the seeded list.
const TRIED: usize = 40;
const SEED: u64 = 2;
/// In this variable a child process finds the number of the mutant that it judges.
const CHILD: &str = "SPIKEWRIGHT_TEST_MUTANT";
/// A simulator that dies has found the fault as well (a combinational loop that never settles).
const CRASH: &str = "the simulation gave up";

/// Faults that lockstep cannot see, and why: end of the file's name, text around the fault's place, reason.
const EQUIVALENT: &[(&str, &str, &str)] = &[
    (".v", "wire unused = &{", "names signals for lint; nothing reads it"),
    (
        "_margin_10.v",
        "full <= 1'b0;",
        "reset value of a flag that each cycle computes anew; nothing is sent before the clear phase ends",
    ),
    (
        "_table.v",
        "used_0 = 1'b0; offset_0 = ",
        "offset of a bank that is not used: its word is read and thrown away",
    ),
    (
        "tiny.v",
        "(s_axis_tlast & (in_kind == KIND_TICK)) ? KIND_TICK_LAST",
        "a TICK with tlast: lockstep sends TICK_LAST itself; tests/lockstep.rs, a_tick_with_tlast_ends_the_sample, finds it",
    ),
    (
        "_sender.v",
        "tick_3 ? NO_FIELDS : fields",
        "fields of a TICK, which no receiver looks at; the test of TICKs with tlast finds it at the chip's edge",
    ),
    (
        "tiny_dense_sequencer.v",
        "column_count <= column_count + NEXT_ITERATION_COLUMN;",
        "an event of a dense layer meets one column: the counter goes back to 0 in the same cycle",
    ),
    (
        "tiny_conv_core.v",
        "send_at_5 <= 1'b0;",
        "needs a reset while neurons fire; tests/lockstep.rs, a_reset_in_the_middle_of_a_sample_starts_anew, finds it",
    ),
];

/// Conv, pool, dense, a leak by shift and one by multiplier, forwarding, several banks, groups and words, a padding lane.
fn hardware() -> Hardware {
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2), ("dense".to_string(), 3)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        ..PlanOptions::default()
    };
    let mut net = small_net(0);
    // Tight enough that both ends of both clamps are met.
    let dense = &mut net.layers[1].neuron.membrane;
    (dense.lo, dense.hi) = (dense.lo.max(-60), dense.hi.min(45));
    Hardware::new(net, &options)
}

/// Judges one mutant, if this process was started for that. A test by its form only.
#[test]
fn judge_one_in_a_child() {
    let Some(number) = std::env::var(CHILD).ok().and_then(|text| text.parse::<usize>().ok()) else {
        return;
    };
    let hardware = hardware();
    let mutant = &mutants(&hardware.design, SEED)[number];
    let options = LockstepOptions {
        stall: 0.5,
        seed: 1,
        build: quick_build(),
        ..LockstepOptions::default()
    };
    let samples = samples(&hardware.net, 1, 6);
    let verdict = judge(
        &hardware.design,
        mutant,
        &hardware.plan,
        &hardware.net,
        &samples,
        &options,
    )
    .unwrap();
    println!("verdict {}", serde_json::to_string(&verdict).unwrap());
}

/// [`judge`] in a process of its own: a model that never settles aborts.
fn judged(number: usize) -> Verdict {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "judge_one_in_a_child", "--nocapture"])
        .env(CHILD, number.to_string())
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr),
    );
    let found = out
        .lines()
        .find_map(|line| line.split_once("verdict ").map(|(_, json)| json));
    match found.map(|json| serde_json::from_str::<serde_json::Value>(json.trim()).unwrap()) {
        Some(verdict) if verdict == "survived" => Verdict::Survived,
        Some(verdict) if verdict == "unbuildable" => Verdict::Unbuildable,
        Some(verdict) => Verdict::Killed(verdict["killed"].as_str().unwrap().to_string()),
        None if err.contains("did not converge") || out.contains("did not converge") => Verdict::Killed(CRASH.into()),
        None => panic!("mutant {number}: no verdict\n{out}{err}"),
    }
}

fn equivalent(mutant: &Mutant, line: &str) -> bool {
    let known = |(file, text, _): &&(&str, &str, &str)| {
        let (at, found) = (mutant.file.ends_with(file), line.find(text));
        at && found.is_some_and(|start| (start..start + text.len()).contains(&mutant.column))
    };
    EQUIVALENT.iter().any(|entry| known(&entry))
}

#[test]
fn every_single_point_fault_is_found() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = hardware();
    let all = mutants(&hardware.design, SEED);
    assert!(all.len() > 300, "only {} mutants", all.len());
    let tried = if std::env::var_os("SPIKEWRIGHT_FULL").is_some() {
        all.len()
    } else {
        TRIED
    };
    let verdicts: Vec<Verdict> = (0..tried).into_par_iter().map(judged).collect();
    let (mut killed, mut excused, mut survived) = (0, 0, Vec::new());
    for (mutant, verdict) in all.iter().zip(&verdicts) {
        let file = hardware
            .design
            .files
            .iter()
            .find(|file| file.path == mutant.file)
            .unwrap();
        let line = file.text.lines().nth(mutant.line - 1).unwrap();
        match verdict {
            Verdict::Killed(_) => killed += 1,
            Verdict::Unbuildable => {}
            Verdict::Survived if equivalent(mutant, line) => excused += 1,
            Verdict::Survived => survived.push(format!("{mutant}\n    {}", line.trim())),
        }
    }
    assert!(survived.is_empty(), "no check finds:\n{}", survived.join("\n"));
    assert!(killed >= 30, "{killed} found, {excused} equivalent, of {tried}");
    // Not one lucky check: several kinds of them.
    let checks: std::collections::BTreeSet<&String> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Killed(check) => Some(check),
            _ => None,
        })
        .collect();
    assert!(checks.len() >= 4, "found by {checks:?} only");
}
