//! When the chip is at rest, and when it is stuck.

use super::Run;
use crate::error::SimError;
use crate::lockstep::finding::Finding;
use crate::lockstep::link::LinkMonitor;
use crate::waves::Recorder;

/// Cycles without any word or write after which the chip counts as being at rest.
const REST: u64 = 32;
/// Cycles without any word or write, while words are due, after which it counts as stuck.
const STUCK: u64 = 20_000;

/// Failed checks after which a sample is given up: a broken core may send words for ever.
const MOST_FINDINGS: u64 = 1000;

impl Run<'_> {
    /// Runs until nothing moves any more; then nothing may be owed. `false` if it never rests.
    pub(super) fn settle(&mut self, mut recorder: Option<&mut Recorder>) -> Result<bool, SimError> {
        let limit = self.findings.cycle + self.chips.pace * (4 * self.scans() + STUCK);
        while self.findings.cycle < self.last_activity + self.chips.pace * REST {
            self.cycle(self.finished, recorder.as_deref_mut())?;
            if self.findings.cycle > limit {
                self.deadlock("rest after the sample's last word");
                return Ok(false);
            }
        }
        for core in &self.cores {
            core.scoreboard.check_rest(&self.truths, &mut self.findings);
        }
        self.edges.check_rest(&mut self.findings);
        self.guards.check_rest(&mut self.findings);
        if !self.setup.options.back_to_back {
            while self.truths.len() > 0 {
                self.truths.retire();
            }
        }
        Ok(true)
    }

    /// Nothing moves, nothing right moves any more, or words come without end.
    pub(super) fn stuck(&mut self) -> bool {
        if self.findings.count > MOST_FINDINGS {
            return true;
        }
        let cycle = self.findings.cycle;
        let quiet = cycle > self.last_activity + self.chips.pace * STUCK;
        // Writes without words: longer than any scan.
        let stuck = quiet || cycle > self.last_word + self.chips.pace * (20 * self.scans() + 5 * STUCK);
        if stuck {
            self.deadlock("the words that are due");
        }
        stuck
    }

    /// Fire writes of a time step, in one bank of each core.
    fn scans(&self) -> u64 {
        self.setup
            .plan
            .cores
            .iter()
            .map(|c| c.words() as u64 * c.passes())
            .sum()
    }

    fn deadlock(&mut self, golden: &str) {
        let mut states: Vec<String> = self.sources.iter().map(LinkMonitor::describe).collect();
        for core in &self.cores {
            states.push(core.input.describe());
            states.push(core.output.describe());
        }
        states.extend(self.edges.describe());
        states.extend(self.chips.describe());
        states.extend(self.routed.iter().flat_map(|routed| routed.describe()));
        states.extend(self.drains.iter().map(|drain| drain.link.describe()));
        self.findings.add(Finding {
            check: "deadlock",
            layer: None,
            neuron: None,
            sample: None,
            step: None,
            golden: golden.to_string(),
            rtl: states.join("; "),
        });
    }
}
