//! The guards at the chip's inputs: which words they let into the network, and what their counters say.

use net::guard::Limit;
use net::MapShape;
use rtl::{Design, Kind, Plan, Word};

use super::finding::{Finding, Findings};
use super::link::address;
use super::report::GuardReport;
use crate::error::SimError;
use crate::model::{Instance, Signal};

/// The watch on the guards of a chip.
pub(super) struct Guards {
    /// One per input; none where there is no guard, or nothing to look at (a netlist).
    watches: Vec<Watch>,
    drops: bool,
}

/// The watch on a guard.
struct Watch {
    model: Limit,
    off_map: u64,
    /// `repeats` and `off_map` of the guard.
    counters: [Signal; 2],
}

impl Guards {
    pub(super) fn new(design: &Design, plan: &Plan, instance: &Instance) -> Result<Guards, SimError> {
        let mut watches = Vec::new();
        for (guard, probes) in plan.edges.guard.iter().flat_map(|guard| design.guards.iter().map(move |probes| (guard, probes))) {
            let counters = [instance.signal(&probes[0])?, instance.signal(&probes[1])?];
            watches.push(Watch { model: Limit::new(guard.multiplicity), off_map: 0, counters });
        }
        Ok(Guards { watches, drops: plan.edges.limit().is_some() })
    }

    /// A word has been sent to input `input`, whose map is `map`. Whether it goes on into the network.
    pub(super) fn sent(&mut self, input: usize, word: Word, map: MapShape) -> bool {
        let Some(watch) = self.watches.get_mut(input) else { return true };
        match (word.kind, address(word, map)) {
            (Kind::Spike, Some(address)) => watch.model.passes(address as u32) | !self.drops,
            (Kind::Spike, None) => {
                watch.off_map += 1;
                false
            }
            (Kind::Tick | Kind::TickLast, _) => {
                watch.model.end_step();
                true
            }
            (Kind::Value, _) => true,
        }
    }

    /// What the counters say, of all inputs; none without guards.
    pub(super) fn report(&self) -> Option<GuardReport> {
        let sum = |counter: usize| self.watches.iter().map(|watch| watch.counters[counter].get()).sum();
        (!self.watches.is_empty()).then(|| GuardReport { repeats: sum(0), off_map: sum(1) })
    }

    /// At rest: the counters hold what was sent too often, and what lay off the map.
    pub(super) fn check_rest(&self, findings: &mut Findings) {
        for (input, watch) in self.watches.iter().enumerate() {
            let expected = [("repeats", watch.model.repeats), ("off the map", watch.off_map)];
            for (signal, (name, expected)) in watch.counters.iter().zip(expected) {
                let (found, expected) = (signal.get(), expected.min(65_535));
                if found != expected {
                    let (golden, rtl) = (format!("{expected} {name} at input {input}"), found.to_string());
                    findings.add(Finding { check: "input guard", layer: None, neuron: None, sample: None, step: None, golden, rtl });
                }
            }
        }
    }
}
