//! Single-point faults of emitted Verilog: a check finds each, or SAT proves it none, or it is written here why.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::dont_care::dont_care;
use common::equivalence::proven;
use common::hardware::SIMULATION;
use common::have;
use common::mutant::{child, hardware, judged, line_of, Model, Subject, SEED};
use rayon::prelude::*;
use rtl::Design;
use sim::{mutants, mutate, selectable, Mutant, Verdict};

/// Mutants tried: the first of the seeded list.
const TRIED: usize = 40;
const TRIED_OF_THE_MAP: usize = 24;
const TRIED_OF_THE_TABLE: usize = 100;
const TRIED_OF_LAZY_LEAK: usize = 32;
/// Mutants whose verdict is taken twice, from a model of their own as well.
const TWICE: usize = 4;

const CLEARS_LATER: &str = "a pause of a cycle or two behind reset, before or while the memory is cleared; nothing is taken until that is done";

/// Faults that neither a check nor a proof settles: end of the file's name, text around the fault's place, reason why
/// the chip does what it did. Entries of tables that nothing depends on are in `common/dont_care.rs`.
const WRITTEN: &[(&str, &str, &str)] = &[
    (
        "tiny_fifo_12x12_margin_8.v",
        "wire several = stored[3] | stored[2] | stored[1];",
        "decides whether a word can be fetched in the cycle behind a pop, or one cycle later: no word is lost, doubled or moved; \
         a queue of eight words stands behind a stalled link only, where cycles are not predicted",
    ),
    (
        "_dense_core.v",
        "bank_address <= row_share + column_share;",
        "a fully connected layer has one position: its column's share of the address is 0, added or subtracted",
    ),
    (
        "_conv_sender.v",
        "wire [7:0] fields_now = tick_3 ? NO_FIELDS : fields;",
        "a TICK between two cores: the next core reads its kind only",
    ),
    (
        "_margin_8.v",
        "nearly_full <= 1'b1;",
        "the first cycle behind reset: the core clears its memory then and sends nothing",
    ),
    (
        "listed_graph_core.v",
        "localparam ONE_ROW = 1'b0;",
        "a vector of neurons has one position: the sender has no field for its row",
    ),
    (
        "listed_graph_core.v",
        "localparam ONE_COLUMN = 1'b0;",
        "a vector of neurons has one position: the sender has no field for its column",
    ),
    ("listed_graph_sequencer.v", "settled <= 1'b1;", CLEARS_LATER),
    ("listed_graph_sequencer.v", "settling <= 5'd0;", CLEARS_LATER),
    ("listed_graph_sequencer.v", "drained <= 1'b1;", CLEARS_LATER),
    ("listed_graph_sequencer.v", "draining <= 5'd0;", CLEARS_LATER),
    (
        "still_conv_sequencer.v",
        "row_end = position_end & (scan_column_count == FINAL_COLUMN);",
        "only the scan that clears asks for it, and that one forgets who fired (`fired` is masked by `clear_write` there), so no \
         column is kept for a row to end",
    ),
    (
        "still_conv_touched.v",
        "column_used_1 ? column_place_1_one_hot : NO_COLUMNS;",
        "of three neighbouring columns the one in the middle bank is never alone in its place: the column before or behind it \
         has the same place in its bank, and one of these two is on the map",
    ),
    ("lazy_conv_make_up.v", "{{14{aged[7]}}", SMALL_STATES),
    ("lazy_conv_make_up.v", "{{14{aged[15]}}", SMALL_STATES),
    ("lazy_conv_ages.v", "6'd26: begin factor = 14'sd4094", SMALL_DECAYS),
    ("lazy_conv_ages.v", "6'd6: begin factor = 14'sd3367", SMALL_DECAYS),
];

const SMALL_STATES: &str = "what a step leaves lies between -31 and 63 (clamped to -41..85, less a quarter), in 8 bits: the two top bits are the same";
const SMALL_DECAYS: &str = "no state between -31 and 63, which is what a step leaves, decays to another value by a factor one unit of 2^-12 beside";

fn written(mutant: &Mutant, line: &str) -> Option<&'static str> {
    let known = |(file, text, _): &&(&str, &str, &str)| {
        let (at, found) = (mutant.file.ends_with(file), line.find(text));
        at && found.is_some_and(|start| (start..start + text.len()).contains(&mutant.column))
    };
    WRITTEN.iter().find(known).map(|(_, _, reason)| *reason)
}

/// What settled a mutant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Killed(String),
    Proven,
    DontCare(&'static str),
    Written(&'static str),
    Unbuildable,
    Unsettled,
}

fn settle(subject: Subject, design: &Design, number: usize, mutant: &Mutant) -> Fate {
    match judged(subject, Some(number), Model::Shared) {
        Verdict::Killed(check) => return Fate::Killed(check),
        Verdict::Unbuildable => return Fate::Unbuildable,
        Verdict::Survived => {}
    }
    if proven(design, &mutate(design, mutant), &mutant.file) {
        return Fate::Proven;
    }
    let dont_care = dont_care(design, mutant).map(Fate::DontCare);
    let fate = dont_care.or_else(|| written(mutant, line_of(design, mutant)).map(Fate::Written));
    fate.unwrap_or(Fate::Unsettled)
}

/// A test by its form only: the process of one mutant.
#[test]
fn judge_one_in_a_child() {
    child();
}

/// Settles the first `tried` mutants that are `wanted`; most must be killed, and by several checks.
fn settle_all(subject: Subject, tried: usize, wanted: impl Fn(&Mutant) -> bool) {
    if !have(SIMULATION) || !have(&["yosys"]) {
        return;
    }
    let design = &hardware(subject).design;
    let all = mutants(design, SEED);
    assert!(all.len() > 400, "only {} mutants", all.len());
    assert_eq!(
        judged(subject, None, Model::Shared),
        Verdict::Survived,
        "the model of all mutants, none chosen"
    );
    let numbers: Vec<usize> = (0..all.len()).filter(|&number| wanted(&all[number])).take(tried).collect();
    assert_eq!(numbers.len(), tried);
    let settled = |&number: &usize| settle(subject, design, number, &all[number]);
    let fates: Vec<Fate> = numbers.par_iter().map(settled).collect();
    let mut totals: BTreeMap<&Fate, usize> = BTreeMap::new();
    fates.iter().for_each(|fate| *totals.entry(fate).or_default() += 1);
    println!("{totals:#?}");
    let unsettled = numbers.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Unsettled);
    let unsettled: Vec<String> = unsettled
        .map(|(&number, _)| format!("{}\n    {}", all[number], line_of(design, &all[number]).trim()))
        .collect();
    assert!(unsettled.is_empty(), "no check finds:\n{}", unsettled.join("\n"));
    // Not one lucky check: several kinds of them.
    let checks = totals.keys().filter(|fate| matches!(fate, Fate::Killed(_))).count();
    let killed = fates.iter().filter(|fate| matches!(fate, Fate::Killed(_))).count();
    assert!(checks >= 3 && killed * 10 >= tried * 8, "{totals:#?}");
}

#[test]
fn every_single_point_fault_is_found() {
    settle_all(Subject::Leaky, TRIED, |_| true);
}

#[test]
fn every_single_point_fault_of_a_touched_map_is_found() {
    let of_the_map = |mutant: &Mutant| mutant.file.ends_with("_touched.v") || mutant.file.ends_with("_sequencer.v");
    settle_all(Subject::Touched, TRIED_OF_THE_MAP, of_the_map);
}

#[test]
fn every_single_point_fault_of_a_table_core_is_found() {
    const PARTS: [&str; 6] = ["_adder.v", "_fetch.v", "_quick_tick.v", "_sequencer.v", "_core.v", "_bank.v"];
    let of_the_table = |mutant: &Mutant| PARTS.iter().any(|part| mutant.file.ends_with(part));
    settle_all(Subject::Table, TRIED_OF_THE_TABLE, of_the_table);
}

#[test]
fn every_single_point_fault_of_a_lazy_leak_is_found() {
    let parts = ["_make_up.v", "_ages.v", "_bank.v", "_touched.v", "_sequencer.v"];
    settle_all(Subject::Lazy, TRIED_OF_LAZY_LEAK, |mutant| parts.iter().any(|part| mutant.file.ends_with(part)));
}

/// The model that holds all mutants does what the text of one mutant does.
#[test]
fn a_chosen_mutant_is_the_one_built_alone() {
    if !have(SIMULATION) {
        return;
    }
    let design = &hardware(Subject::Leaky).design;
    let all = mutants(design, SEED);
    let held: BTreeSet<usize> = selectable(design, &all).mutants;
    assert!(held.len() * 10 >= all.len() * 9, "{} of {}", held.len(), all.len());
    for number in 0..TWICE {
        assert!(held.contains(&number));
        assert_eq!(
            judged(Subject::Leaky, Some(number), Model::Shared),
            judged(Subject::Leaky, Some(number), Model::Alone),
            "{}",
            all[number]
        );
    }
}
