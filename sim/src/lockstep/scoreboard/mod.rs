//! The membrane memory of one core: every write, and the array itself.
//!
//! A write while integrating is compared with a replay of the events in the order the core accepted them: each word
//! has a queue of updates that accepted events owe it, and a write must be `word + weights` of the oldest event in
//! that queue (updates by one and the same event may come in either order, as overlapping pooling windows may touch a
//! word twice). A write of the fire phase is compared with golden's stored state; with several fire passes per step
//! only the last one is. Each word and bank counts its own fire writes, so a word may already belong to the next time
//! step while another still waits for its scan, but an update may cross the scan of its word in neither direction.
//! Padding lanes are not compared.

mod covered;
mod fire;
mod integrate;
mod lanes;
mod lazy;
mod memory;
mod owed;
mod scans;
mod shadow;
mod view;

use golden::neuron::initial;
use rtl::{CorePlan, Kind, Word};

use self::covered::Covered;
use self::fire::Scanned;
use self::lanes::Lanes;
use self::lazy::Lazy;
use self::owed::Owed;
use self::scans::Scans;
use self::shadow::Shadow;
pub use self::view::{Phase, View};
use super::finding::{Finding, Findings};
use super::footprint::{put_bits, Footprint};
use super::link::address;
use super::truth::Truths;

/// One write port, one cycle.
#[derive(Clone, Copy)]
pub struct Write<'a> {
    pub bank: usize,
    pub address: usize,
    pub data: &'a [u32],
    pub fire: bool,
    pub clear: bool,
    /// By the last cycle of a reset: the clear phase, even if a TICK has come since.
    pub in_reset: bool,
}

/// Checks all membrane writes of a core.
pub struct Scoreboard<'a> {
    core: &'a CorePlan,
    layer: usize,
    words: usize,
    passes: u64,
    footprint: Footprint,
    lanes: Lanes<'a>,
    /// The memory as it must be now.
    shadow: Shadow,
    owed: Owed,
    /// Words that the clear phase after reset has written. It may still be under way when the first TICK is accepted.
    cleared: Vec<bool>,
    scans: Scans,
    /// Per neuron what memory holds at the start of a sample.
    start: Vec<i32>,
    lazy: Option<Lazy>,
    events: u32,
    /// Time steps whose TICK the core has accepted, since reset.
    ticks: u32,
    /// Golden's view of the step being scanned.
    scanned: Option<Scanned>,
    scans_done: Vec<usize>,
    pub writes_compared: u64,
    /// Weights added to membranes of neurons that exist.
    pub additions: u64,
    /// Words read for an event while an earlier write of theirs was still on its way to memory.
    pub forwarded: u64,
    covered: Covered,
    /// Writes take a while: the core keeps its states in memories.
    forwards: bool,
    /// Per word: the cycle of its last write by an event, plus `read_to_write`; 0 before the first.
    fresh_until: Vec<u64>,
    watching: bool,
    /// A word as it is expected, in limbs; and one of zeros.
    expected: Vec<u32>,
    zeros: Vec<u32>,
    pub view: View,
}

impl<'a> Scoreboard<'a> {
    pub fn new(core: &'a CorePlan, layer: usize) -> Self {
        let (words, banks) = (core.words(), core.banks());
        let limbs = core.memory_bits().div_ceil(32) as usize;
        let (footprint, lanes) = (Footprint::new(core), Lanes::new(core));
        Scoreboard {
            core,
            layer,
            words,
            passes: core.passes(),
            covered: Covered::new(footprint.weights().to_vec(), (0..banks * words).map(|at| lanes.count(at))),
            footprint,
            lanes,
            shadow: Shadow::new(core),
            owed: Owed::new(banks * words),
            cleared: vec![false; banks * words],
            scans: Scans::new(core),
            start: (0..core.layer.output.len()).map(|n| initial(&core.layer.neuron, core.layer.output, n) as i32).collect(),
            lazy: Lazy::new(core),
            events: 0,
            ticks: 0,
            scanned: None,
            scans_done: Vec::new(),
            writes_compared: 0,
            additions: 0,
            forwarded: 0,
            forwards: core.machine.scans(),
            fresh_until: vec![0; banks * words],
            watching: false,
            expected: vec![0; limbs],
            zeros: vec![0; limbs],
            view: View::idle(),
        }
    }

    /// Keeps the view up to date from now on, starting with this sample.
    pub fn watch_from(&mut self, sample: usize) {
        self.watching = true;
        (self.view.sample, self.view.step) = (sample, 0);
    }

    /// The core has accepted a word.
    pub fn accept(&mut self, word: Word, truths: &Truths) {
        if self.watching {
            self.view.event = Some(word);
            if let Some((truth, step)) = truths.at_step(u64::from(self.ticks)) {
                (self.view.sample, self.view.step) = (truth.sample, step);
            }
        }
        let input = self.core.layer.input;
        match word.kind {
            Kind::Tick | Kind::TickLast => {
                self.touch_fired(truths);
                self.scans.tick(word.kind == Kind::TickLast);
                self.ticks += 1;
            }
            Kind::Spike if address(word, input).is_some() => {
                self.events = self.events.wrapping_add(1);
                let (step, event, owed, scans) = (self.ticks, self.events, &mut self.owed, &mut self.scans);
                self.footprint.replay(word.c, word.y, word.x, |at, row| {
                    owed.push(at as usize, row, step, event);
                    scans.touch(at as usize);
                });
            }
            _ => {}
        }
    }

    /// Touches the words of neurons that fired in the step before, if it belongs to the same sample.
    fn touch_fired(&mut self, truths: &Truths) {
        if !self.scans.visits_fired() {
            return;
        }
        let Some((truth, step)) = truths.at_step(u64::from(self.ticks)).filter(|(_, step)| *step > 0) else { return };
        for &neuron in &truth.trace.layers[self.layer].spikes[step - 1] {
            let at = self.core.locate(neuron as usize);
            self.scans.touch(at.bank * self.words + at.word);
        }
    }

    /// Takes a write; `reset` while the design is held in reset, when only clear writes matter.
    #[inline(always)]
    pub fn write(&mut self, write: Write, reset: bool, truths: &Truths, findings: &mut Findings) {
        if write.address >= self.words {
            if !reset && !write.clear {
                let rtl = format!("write to word {} of bank {}", write.address, write.bank);
                self.find(
                    "membrane address",
                    None,
                    format!("below {}", self.words),
                    rtl,
                    (u64::from(self.ticks), truths),
                    findings,
                );
            }
            return;
        }
        let at = write.bank * self.words + write.address;
        if reset || (write.clear && (self.ticks == 0 || write.in_reset || !self.cleared[at])) {
            self.cleared[at] = !reset;
            // While reset is on its way, flags and data may be anything; the clear phase comes behind it.
            if !reset {
                self.clear_write(at, write, findings, truths);
            }
        } else if !self.cleared[at] {
            let rtl = format!("another write to word {} of bank {}", write.address, write.bank);
            let golden = "the clear phase after reset writes each word first".to_string();
            let neuron = self.lanes.first_neuron(at);
            self.find("clear write", neuron, golden, rtl, (0, truths), findings);
            self.cleared[at] = true;
        } else if write.fire || write.clear {
            self.fire_write(at, write, truths, findings);
        } else {
            self.integrate_write(at, write, truths, findings);
        }
        self.shadow.set(at, write.data);
    }

    /// The clear phase after reset.
    fn clear_write(&mut self, at: usize, write: Write, findings: &mut Findings, truths: &Truths) {
        self.view.phase = Phase::Clear;
        if let Some(lazy) = &mut self.lazy {
            lazy.clear(at);
        }
        if !write.clear {
            return;
        }
        let (state_bits, bits) = (self.core.state_bits(), self.core.layer.neuron.membrane.bits);
        let mut expected = self.zeros.clone();
        for (lane, neuron) in self.lanes.neurons(at) {
            put_bits(&mut expected, lane as u32 * state_bits, bits, self.start[neuron].into());
        }
        if !self.lanes.same(at, &expected, write.data) {
            self.compare_lanes("clear write", at, &expected, write.data, (0, truths), findings);
        }
    }

    /// At rest between samples: nothing may be owed and each accepted step must have been scanned.
    pub fn check_rest(&self, truths: &Truths, findings: &mut Findings) {
        let global = u64::from(self.ticks).saturating_sub(1);
        if self.owed.pending() > 0 {
            let at = self.owed.first_word().unwrap_or(0);
            let golden = format!("{} more word updates by accepted events", self.owed.pending());
            self.find(
                "integrating write",
                self.lanes.first_neuron(at),
                golden,
                "none".into(),
                (global, truths),
                findings,
            );
        }
        if let Some((bank, step, written)) = self.scans.unfinished(u64::from(self.ticks)) {
            let rtl = format!("{step} in bank {bank}, and {written} writes of another");
            let golden = format!("{} scans since reset", self.ticks);
            self.find("fire write", None, golden, rtl, (global, truths), findings);
        }
    }

    /// The array was compared with the writes already.
    pub fn forget_scans(&mut self) {
        self.scans_done.clear();
    }

    fn compare_lanes(
        &self,
        check: &'static str,
        at: usize,
        expected: &[u32],
        data: &[u32],
        at_step: (u64, &Truths),
        findings: &mut Findings,
    ) {
        if let Some((lane, neuron, true)) = self.lanes.telling_lane(at, expected, data) {
            let (golden, rtl) = (self.lanes.describe(expected, lane), self.lanes.describe(data, lane));
            self.find(check, Some(neuron), golden, rtl, at_step, findings);
        }
    }

    fn find(
        &self,
        check: &'static str,
        neuron: Option<usize>,
        golden: String,
        rtl: String,
        (global, truths): (u64, &Truths),
        findings: &mut Findings,
    ) {
        let place = truths.at_step(global).map(|(truth, step)| (truth.sample, step));
        findings.add(Finding {
            check,
            layer: Some(self.layer),
            neuron,
            sample: place.map(|p| p.0),
            step: place.map(|p| p.1),
            golden,
            rtl,
        });
    }
}
