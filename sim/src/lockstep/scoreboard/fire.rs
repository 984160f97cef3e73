//! Writes of the fire phase: each in its place in the scan, and the state as golden stores it.

use super::{Phase, Scoreboard, Write};
use crate::lockstep::finding::Findings;
use crate::lockstep::footprint::{get_bits, put_bits};
use crate::lockstep::truth::Truths;

/// Golden's view of the step being scanned.
pub(super) struct Scanned {
    global: u64,
    last: bool,
    stored: Vec<i32>,
    spiked: Vec<bool>,
}

impl Scoreboard<'_> {
    pub(super) fn fire_write(&mut self, at: usize, write: Write, truths: &Truths, findings: &mut Findings) {
        let fires = self.scans.fires(at);
        let global = self.scans.step_of(at, u64::from(self.ticks));
        let last_pass = fires % self.passes == self.passes - 1;
        if fires % self.passes == 0 {
            self.look_for_saturation(at);
        }
        let wrong = self.broken_rule(at, write.bank, global);
        if self.scans.fire(at) {
            self.scans_done.push(write.bank);
        }
        if self.scanned.as_ref().is_none_or(|s| s.global != global) {
            self.load_scanned(global, truths);
        }
        if let Some(rule) = wrong {
            let rtl = format!(
                "fire write {} of word {} in bank {}",
                fires + 1,
                write.address,
                write.bank
            );
            self.find(
                "fire write",
                self.lanes.first_neuron(at),
                rule.into(),
                rtl,
                (global, truths),
                findings,
            );
            return;
        }
        // Untouched, but so old that nothing is left of its states; the end of a sample writes the initial ones all the same.
        let last = self.scanned.as_ref().is_some_and(|scanned| scanned.last);
        let forgotten = !last && self.lazy.as_ref().is_some_and(|lazy| !lazy.is_touched(at, global));
        self.stamped(at, write.data, global, truths, findings);
        let Some(scanned) = &self.scanned else { return };
        self.view.phase = Phase::Fire;
        if !last_pass {
            return;
        }
        if write.clear != scanned.last {
            let golden = if scanned.last {
                "the initial state at the end of a sample"
            } else {
                "the new state"
            };
            let rtl = if write.clear {
                "the initial state"
            } else {
                "a new state"
            };
            self.find(
                "fire write",
                self.lanes.first_neuron(at),
                golden.into(),
                rtl.into(),
                (global, truths),
                findings,
            );
        }
        let state_bits = self.core.state_bits();
        let bits = self.core.layer.neuron.membrane.bits;
        let has_spiked = state_bits > bits;
        let mut same = true;
        let mut compared = 0;
        for (lane, neuron) in self.lanes.neurons(at) {
            compared += 1;
            let got = get_bits(write.data, lane as u32 * state_bits, state_bits);
            same &= got == if forgotten { 0 } else { scanned.state(neuron, bits, has_spiked) };
        }
        self.writes_compared += compared;
        if !same || self.watching {
            let mut expected = self.zeros.clone();
            for (lane, neuron) in self.lanes.neurons(at) {
                let state = if forgotten { 0 } else { scanned.state(neuron, bits, has_spiked) as i64 };
                put_bits(&mut expected, lane as u32 * state_bits, state_bits, state);
            }
            if !same {
                self.compare_lanes("fire write", at, &expected, write.data, (global, truths), findings);
            }
            self.view.show(&self.lanes, at, &expected, write.data);
        }
    }

    /// What forbids a fire write of step `global` to word `at` now.
    fn broken_rule(&self, at: usize, bank: usize, global: u64) -> Option<&'static str> {
        let is_owed = |step: u32| u64::from(step) <= global;
        if global >= u64::from(self.ticks) {
            Some("no fire write before the step's TICK is accepted")
        } else if self.owed.oldest(at).is_some_and(|update| is_owed(update.step)) {
            Some("an update by an accepted event comes first")
        } else if self.scans.bank_step(bank) != global {
            Some("the scan of a step writes each word that it visits once per pass")
        } else {
            None
        }
    }

    fn load_scanned(&mut self, global: u64, truths: &Truths) {
        self.scanned = truths.at_step(global).map(|(truth, step)| {
            let trace = &truth.trace.layers[self.layer];
            let last = step + 1 == truth.steps();
            let mut spiked = Vec::new();
            if self.core.has_spiked_bit() {
                spiked.resize(trace.neurons, false);
                if !last {
                    trace.spikes[step].iter().for_each(|&n| spiked[n as usize] = true);
                }
            }
            let stored = if last {
                self.start.clone()
            } else {
                trace.stored_at(step).to_vec()
            };
            Scanned {
                global,
                last,
                stored,
                spiked,
            }
        });
    }
}

impl Scanned {
    /// The state of a neuron as it must stand in memory: membrane, and above it the spiked bit.
    #[inline(always)]
    fn state(&self, neuron: usize, bits: u32, has_spiked: bool) -> u64 {
        let membrane = self.stored[neuron] as i64 as u64 & ((1u64 << bits) - 1);
        match has_spiked {
            true => membrane | u64::from(self.spiked[neuron]) << bits,
            false => membrane,
        }
    }
}
