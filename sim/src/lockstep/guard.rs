//! The guard at the chip's input: which words it lets into the network, and what its counters say.

use net::guard::Limit;
use rtl::{Design, Kind, Plan, Word};

use super::finding::{Finding, Findings};
use super::report::GuardReport;
use crate::error::SimError;
use crate::model::{Instance, Signal};

/// The watch on a guard.
pub(super) struct GuardWatch {
    model: Limit,
    drops: bool,
    /// `guard_repeats` and `guard_off_map` of the chip.
    counters: [Signal; 2],
}

impl GuardWatch {
    /// None where there is no guard, or nothing to look at (a netlist).
    pub(super) fn new(design: &Design, plan: &Plan, instance: &Instance) -> Result<Option<GuardWatch>, SimError> {
        let (Some(guard), Some(probes)) = (plan.edges.guard, &design.guard) else { return Ok(None) };
        let counters = [instance.signal(&probes[0])?, instance.signal(&probes[1])?];
        Ok(Some(GuardWatch { model: Limit::new(guard.multiplicity), drops: guard.limit, counters }))
    }

    /// A word, on the map, has been sent to the chip; `address` is its flat index. Whether it goes on into the network.
    pub(super) fn sent(&mut self, word: Word, address: u32) -> bool {
        match word.kind {
            Kind::Spike => self.model.passes(address) | !self.drops,
            Kind::Tick | Kind::TickLast => {
                self.model.end_step();
                true
            }
            Kind::Value => true,
        }
    }

    /// What the counters say.
    pub(super) fn report(&self) -> GuardReport {
        GuardReport { repeats: self.counters[0].get(), off_map: self.counters[1].get() }
    }

    /// At rest: the counters hold what was sent too often.
    pub(super) fn check_rest(&self, findings: &mut Findings) {
        let expected = [self.model.repeats.min(65_535), 0];
        for (signal, (expected, name)) in self.counters.iter().zip(expected.iter().zip(["guard_repeats", "guard_off_map"])) {
            let found = signal.get();
            if found != *expected {
                let (golden, rtl) = (format!("{name} {expected}"), found.to_string());
                findings.add(Finding { check: "input guard", layer: None, neuron: None, sample: None, step: None, golden, rtl });
            }
        }
    }
}
