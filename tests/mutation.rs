//! Single-point faults of emitted Verilog: a check finds each, or SAT proves it none, or it is written here why.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::dont_care::dont_care;
use common::equivalence::proven;
use common::hardware::SIMULATION;
use common::have;
use common::mutant::{child, judged, line_of, list, Model};
use common::subjects::{hardware, Subject};
use common::written::{is_open, written};
use rayon::prelude::*;
use rtl::Design;
use sim::{mutate, selectable, Mutant, Verdict};

/// Of the mutants tried, in percent: what neither a check nor a proof settles. Most are reset values that the next cycle overwrites.
const MOST_ARGUED: usize = 10;
/// Mutants whose verdict is taken twice, from a model of their own as well.
const TWICE: usize = 4;

/// What settled a mutant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Killed(String),
    Proven,
    DontCare(&'static str),
    Written(&'static str),
    Unbuildable,
    /// See `common/written.rs`.
    Open,
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
    let open = is_open(mutant, line_of(design, mutant)).then_some(Fate::Open);
    fate.or(open).unwrap_or(Fate::Unsettled)
}

/// A test by its form only: the process of one mutant.
#[test]
fn judge_one_in_a_child() {
    child();
}

/// Settles the first mutants of a design: `tried` of them, or `all` with `SPIKEWRIGHT_FULL`. Nearly all that are not proven equal must be
/// killed, and by several checks.
fn settle_all(subject: Subject, tried: usize, all: usize) {
    if !have(SIMULATION) || !have(&["yosys"]) {
        return;
    }
    let design = &hardware(subject).design;
    let list = list(subject, design);
    let tried = if needs::is_full() { all } else { tried };
    assert!(list.len() >= all, "only {} mutants", list.len());
    let sound = judged(subject, None, Model::Shared);
    assert_eq!(sound, Verdict::Survived, "the model of all mutants, none chosen");
    let numbers: Vec<usize> = (0..tried).collect();
    let fates: Vec<Fate> = numbers.par_iter().map(|&number| settle(subject, design, number, &list[number])).collect();
    let mut totals: BTreeMap<&Fate, usize> = BTreeMap::new();
    fates.iter().for_each(|fate| *totals.entry(fate).or_default() += 1);
    let count = |wanted: fn(&Fate) -> bool| fates.iter().filter(|fate| wanted(fate)).count();
    let killed = count(|fate| matches!(fate, Fate::Killed(_)));
    let proven = count(|fate| matches!(fate, Fate::Proven));
    let argued = count(|fate| matches!(fate, Fate::DontCare(_) | Fate::Written(_)));
    println!("{subject:?}: {tried} of {} tried, {killed} killed, {proven} proven equal, {argued} argued: {totals:#?}", list.len());
    let unsettled: Vec<String> = numbers
        .iter()
        .filter(|&&number| fates[number] == Fate::Unsettled)
        .map(|&number| format!("{}\n    {}", list[number], line_of(design, &list[number]).trim()))
        .collect();
    assert!(unsettled.is_empty(), "no check finds:\n{}", unsettled.join("\n"));
    let unbuildable = count(|fate| matches!(fate, Fate::Unbuildable));
    assert!(argued <= 3.max(tried * MOST_ARGUED / 100) && unbuildable * 20 <= tried, "{totals:#?}");
    // Not one lucky check: several kinds of them, where more than a handful were killed.
    let checks = totals.keys().filter(|fate| matches!(fate, Fate::Killed(_))).count();
    assert!(checks >= 2 || killed < 10, "{totals:#?}");
}

macro_rules! subjects {
    ($($name:ident: $subject:ident, $tried:expr, $all:expr;)*) => {$(
        #[test]
        fn $name() {
            settle_all(Subject::$subject, $tried, $all);
        }
    )*};
}

// Mutants tried, and those with SPIKEWRIGHT_FULL, where all further ones are settled: the first of the seeded list.
subjects! {
    faults_of_a_banked_core_are_found: Leaky, 40, 40;
    faults_of_a_touched_map_are_found: Touched, 24, 24;
    faults_of_a_table_core_are_found: Table, 100, 100;
    faults_of_a_lazy_leak_are_found: Lazy, 32, 32;
    faults_of_parallel_cores_are_found: Parallel, 40, 40;
    faults_of_a_value_sender_are_found: Values, 24, 24;
    faults_of_a_readout_of_membranes_are_found: Membrane, 16, 16;
    faults_of_a_readout_of_counts_are_found: Count, 16, 16;
    faults_of_forks_merges_and_feedback_are_found: Graph, 30, 30;
    faults_of_registers_behind_axi_lite_are_found: AxiLite, 40, 40;
    faults_of_spi_are_found: Spi, 8, 8;
    faults_of_aer_ports_and_a_pin_are_found: Aer, 24, 24;
    faults_of_a_timer_are_found: Timer, 10, 10;
    faults_of_the_input_guard_are_found: Guard, 16, 16;
}

/// The model that holds all mutants does what the text of one mutant does.
#[test]
fn a_chosen_mutant_is_the_one_built_alone() {
    if !have(SIMULATION) {
        return;
    }
    let design = &hardware(Subject::Leaky).design;
    let all = list(Subject::Leaky, design);
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
