//! The membrane memory of one core: every write, and the array itself.
//!
//! A write while integrating is compared with a replay of the events in the order the core accepted them: each word
//! has a queue of updates that accepted events owe it, and a write must be `word + weights` of the oldest event in
//! that queue (updates by one and the same event may come in either order, as overlapping pooling windows may touch a
//! word twice). A write of the fire phase is compared with golden's stored state; with several fire passes per step
//! only the last one is. Each word and bank counts its own fire writes, so a word may already belong to the next time
//! step while another still waits for its scan, but an update may cross the scan of its word in neither direction.
//! Padding lanes are not compared.

use rtl::plan::pipeline;
use rtl::{CorePlan, Kind, Word};

use super::finding::{Finding, Findings};
use super::footprint::{get_bits, neurons, Footprint};
use super::truth::Truths;
use crate::model::Memory;

/// Widest membrane word in limbs.
const MOST_LIMBS: usize = rtl::plan::MOST_WORD_BITS.div_ceil(32) + 1;
const NONE: u32 = u32::MAX;
const READ_TO_WRITE: u64 = pipeline::READ_TO_WRITE as u64;

/// One write port, one cycle.
#[derive(Clone, Copy)]
pub struct Write<'a> {
    pub bank: usize,
    pub address: usize,
    pub data: &'a [u32],
    pub fire: bool,
    pub clear: bool,
}

/// An update that an accepted event owes a word.
#[derive(Clone, Copy)]
struct Update {
    row: u32,
    step: u32,
    event: u32,
    next: u32,
}

/// What a person sees of the core in the waves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub sample: usize,
    pub step: usize,
    pub phase: Phase,
    /// The word accepted last.
    pub event: Option<Word>,
    /// Neuron of the write compared last, golden's state and the hardware's.
    pub neuron: Option<usize>,
    pub golden: i64,
    pub rtl: i64,
    pub mismatch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Idle,
    Clear,
    Integrate,
    Fire,
}

/// Checks all membrane writes of a core.
pub struct Scoreboard<'a> {
    core: &'a CorePlan,
    layer: usize,
    words: usize,
    limbs: usize,
    passes: u64,
    footprint: Footprint,
    neurons: Vec<u32>,
    /// Per word: which mask of compared bits, an index into `masks`; and the number of compared lanes.
    mask_of: Vec<u16>,
    masks: Vec<(Vec<u32>, u32)>,
    /// Top bits of the lanes (and spiked bits): no carry may leave them.
    tops: Vec<u32>,
    /// The memory as it must be now.
    shadow: Vec<u32>,
    heads: Vec<u32>,
    tails: Vec<u32>,
    updates: Vec<Update>,
    free: u32,
    /// Updates owed in all.
    pending: u64,
    /// Words that the clear phase after reset has written. It may still be under way when the first TICK is accepted.
    cleared: Vec<bool>,
    word_fires: Vec<u32>,
    bank_fires: Vec<u64>,
    events: u32,
    /// Time steps whose TICK the core has accepted, since reset.
    ticks: u32,
    /// Golden's view of the step being scanned.
    scanned: Option<Scanned>,
    scans_done: Vec<usize>,
    pub writes_compared: u64,
    /// Words read for an event while an earlier write of theirs was still on its way to memory.
    pub forwarded: u64,
    /// Per word: the cycle of its last write by an event, plus `READ_TO_WRITE`; 0 before the first.
    fresh_until: Vec<u64>,
    watching: bool,
    pub view: View,
}

struct Scanned {
    global: u64,
    last: bool,
    stored: Vec<i32>,
    spiked: Vec<bool>,
}

impl<'a> Scoreboard<'a> {
    pub fn new(core: &'a CorePlan, layer: usize) -> Self {
        let (words, banks) = (core.words(), core.banks());
        let limbs = core.word_bits().div_ceil(32) as usize;
        assert!(limbs < MOST_LIMBS, "the planner bounds words");
        let neurons = neurons(core);
        let state_bits = core.state_bits();
        let membrane_bits = core.layer.neuron.membrane.bits;
        let mut tops = vec![0u32; limbs];
        for lane in 0..core.lanes as u32 {
            for bit in membrane_bits - 1..state_bits {
                let at = lane * state_bits + bit;
                tops[at as usize / 32] |= 1 << (at % 32);
            }
        }
        let mut masks: Vec<(Vec<u32>, u32)> = Vec::new();
        let mut mask_of = Vec::with_capacity(banks * words);
        for word in neurons.chunks(core.lanes) {
            let mut mask = vec![0u32; limbs];
            let mut lanes = 0;
            for (lane, _) in word.iter().enumerate().filter(|(_, &n)| n != NONE) {
                lanes += 1;
                for bit in 0..state_bits {
                    let at = lane as u32 * state_bits + bit;
                    mask[at as usize / 32] |= 1 << (at % 32);
                }
            }
            let found = masks.iter().position(|(known, _)| *known == mask).unwrap_or_else(|| {
                masks.push((mask, lanes));
                masks.len() - 1
            });
            mask_of.push(found as u16);
        }
        let idle = View {
            sample: 0,
            step: 0,
            phase: Phase::Idle,
            event: None,
            neuron: None,
            golden: 0,
            rtl: 0,
            mismatch: false,
        };
        Scoreboard {
            core,
            layer,
            words,
            limbs,
            passes: core.passes(),
            footprint: Footprint::new(core),
            neurons,
            mask_of,
            masks,
            tops,
            shadow: vec![0; banks * words * limbs],
            heads: vec![NONE; banks * words],
            tails: vec![NONE; banks * words],
            updates: Vec::new(),
            free: NONE,
            pending: 0,
            cleared: vec![false; banks * words],
            word_fires: vec![0; banks * words],
            bank_fires: vec![0; banks],
            events: 0,
            ticks: 0,
            scanned: None,
            scans_done: Vec::new(),
            writes_compared: 0,
            forwarded: 0,
            fresh_until: vec![0; banks * words],
            watching: false,
            view: idle,
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
            Kind::Tick | Kind::TickLast => self.ticks += 1,
            Kind::Spike if word.c < input.c && word.y < input.h && word.x < input.w => {
                self.events = self.events.wrapping_add(1);
                let (step, event) = (self.ticks, self.events);
                let Scoreboard {
                    footprint,
                    updates,
                    free,
                    heads,
                    tails,
                    pending,
                    ..
                } = self;
                footprint.replay(word.c, word.y, word.x, |at, row| {
                    let update = Update {
                        row,
                        step,
                        event,
                        next: NONE,
                    };
                    let node = match *free {
                        NONE => {
                            updates.push(update);
                            updates.len() as u32 - 1
                        }
                        node => {
                            *free = updates[node as usize].next;
                            updates[node as usize] = update;
                            node
                        }
                    };
                    let tail = std::mem::replace(&mut tails[at as usize], node);
                    if tail == NONE {
                        heads[at as usize] = node;
                    } else {
                        updates[tail as usize].next = node;
                    }
                    *pending += 1;
                });
            }
            _ => {}
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
        if reset || (write.clear && (self.ticks == 0 || !self.cleared[at])) {
            self.cleared[at] = !reset;
            self.clear_write(at, write, findings, truths);
        } else if !self.cleared[at] {
            let rtl = format!("another write to word {} of bank {}", write.address, write.bank);
            let golden = "the clear phase after reset writes each word first".to_string();
            self.find("clear write", self.neuron(at, 0), golden, rtl, (0, truths), findings);
            self.cleared[at] = true;
        } else if write.fire || write.clear {
            self.fire_write(at, write, truths, findings);
        } else {
            self.integrate_write(at, write, truths, findings);
        }
        self.shadow[at * self.limbs..][..self.limbs].copy_from_slice(write.data);
    }

    /// The clear phase after reset.
    fn clear_write(&mut self, at: usize, write: Write, findings: &mut Findings, truths: &Truths) {
        self.view.phase = Phase::Clear;
        if write.clear && (0..self.limbs).any(|i| write.data[i] & self.masks[self.mask_of[at] as usize].0[i] != 0) {
            self.find(
                "clear write",
                self.neuron(at, 0),
                "0".into(),
                format!("{:x?}", write.data),
                (0, truths),
                findings,
            );
        }
    }

    #[inline(always)]
    fn integrate_write(&mut self, at: usize, write: Write, truths: &Truths, findings: &mut Findings) {
        let (mask, lanes) = &self.masks[self.mask_of[at] as usize];
        let lanes = u64::from(*lanes);
        if lanes == 0 {
            return;
        }
        self.writes_compared += lanes;
        self.forwarded += u64::from(findings.cycle <= self.fresh_until[at]);
        self.fresh_until[at] = findings.cycle + READ_TO_WRITE;
        let head = self.heads[at];
        let fired = self.word_fires[at] / self.passes as u32;
        if head == NONE || self.updates[head as usize].step != fired {
            let golden = match head {
                NONE => "no event touches this word".to_string(),
                _ => format!("the word's fire write of the step before comes first ({fired} so far)"),
            };
            self.find(
                "integrating write",
                self.neuron(at, 0),
                golden,
                format!("{:x?}", write.data),
                (u64::from(fired), truths),
                findings,
            );
            return;
        }
        let mut expected = [0u32; MOST_LIMBS];
        self.add(at, self.updates[head as usize].row, &mut expected);
        let same = (0..self.limbs).all(|i| (expected[i] ^ write.data[i]) & mask[i] == 0);
        if same {
            self.drop_head(at);
        } else if !self.take_other_of_event(at, write) {
            self.compare_lanes(
                "integrating write",
                at,
                &expected,
                write.data,
                (u64::from(fired), truths),
                findings,
            );
            self.drop_head(at);
        }
        if self.watching {
            self.view.phase = Phase::Integrate;
            self.watch(at, &expected, write.data);
        }
    }

    /// Tries the later updates that the oldest event owes the same word.
    fn take_other_of_event(&mut self, at: usize, write: Write) -> bool {
        let head = self.heads[at];
        let event = self.updates[head as usize].event;
        let mut before = head;
        loop {
            let node = self.updates[before as usize].next;
            if node == NONE || self.updates[node as usize].event != event {
                return false;
            }
            let mut expected = [0u32; MOST_LIMBS];
            self.add(at, self.updates[node as usize].row, &mut expected);
            let mask = &self.masks[self.mask_of[at] as usize].0;
            if (0..self.limbs).all(|i| (expected[i] ^ write.data[i]) & mask[i] == 0) {
                // Swap the rows and drop the head: the queue is the same but for this row.
                self.updates[node as usize].row = self.updates[head as usize].row;
                self.drop_head(at);
                return true;
            }
            before = node;
        }
    }

    fn drop_head(&mut self, at: usize) {
        let head = self.heads[at];
        let update = &mut self.updates[head as usize];
        let next = std::mem::replace(&mut update.next, self.free);
        self.free = head;
        self.heads[at] = next;
        if next == NONE {
            self.tails[at] = NONE;
        }
        self.pending -= 1;
    }

    /// `shadow + row`, lane by lane: sums without the top bits cannot carry into the next lane.
    #[inline(always)]
    fn add(&self, at: usize, row: u32, expected: &mut [u32; MOST_LIMBS]) {
        let word = &self.shadow[at * self.limbs..][..self.limbs];
        let row = self.footprint.row(row);
        let mut carry = 0u64;
        for i in 0..self.limbs {
            let top = self.tops[i];
            let sum = u64::from(word[i] & !top) + u64::from(row[i] & !top) + carry;
            carry = sum >> 32;
            expected[i] = sum as u32 ^ ((word[i] ^ row[i]) & top);
        }
    }

    fn fire_write(&mut self, at: usize, write: Write, truths: &Truths, findings: &mut Findings) {
        let fires = u64::from(self.word_fires[at]);
        let global = fires / self.passes;
        let last_pass = fires % self.passes == self.passes - 1;
        let head = self.heads[at];
        let bank_step = self.bank_fires[write.bank] / (self.words as u64 * self.passes);
        let wrong = if global >= u64::from(self.ticks) {
            Some("no fire write before the step's TICK is accepted")
        } else if head != NONE && u64::from(self.updates[head as usize].step) <= global {
            Some("an update by an accepted event comes first")
        } else if bank_step != global {
            Some("the scan of a step writes each word of the bank once per pass")
        } else {
            None
        };
        self.word_fires[at] += 1;
        self.bank_fires[write.bank] += 1;
        if self.bank_fires[write.bank] % (self.words as u64 * self.passes) == 0 {
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
                self.neuron(at, 0),
                rule.into(),
                rtl,
                (global, truths),
                findings,
            );
            return;
        }
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
                self.neuron(at, 0),
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
        for (lane, &neuron) in self.neurons[at * self.core.lanes..][..self.core.lanes]
            .iter()
            .enumerate()
        {
            if neuron != NONE {
                compared += 1;
                let got = get_bits(write.data, lane as u32 * state_bits, state_bits);
                same &= got == scanned.state(neuron as usize, bits, has_spiked);
            }
        }
        self.writes_compared += compared;
        if !same || self.watching {
            let mut expected = [0u32; MOST_LIMBS];
            for (lane, &neuron) in self.neurons[at * self.core.lanes..][..self.core.lanes]
                .iter()
                .enumerate()
            {
                if neuron != NONE {
                    let state = scanned.state(neuron as usize, bits, has_spiked) as i64;
                    super::footprint::put_bits(&mut expected, lane as u32 * state_bits, state_bits, state);
                }
            }
            if !same {
                self.compare_lanes("fire write", at, &expected, write.data, (global, truths), findings);
            }
            self.watch(at, &expected, write.data);
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
                vec![0; trace.neurons]
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

    /// Compares a bank's array with the shadow if a scan of the bank has ended in the cycle before; to be called
    /// before this cycle's writes.
    #[inline(always)]
    pub fn check_memories(&mut self, memories: &[Memory], truths: &Truths, findings: &mut Findings) {
        if !self.scans_done.is_empty() {
            for bank in std::mem::take(&mut self.scans_done) {
                self.check_memory(bank, &memories[bank], truths, findings);
            }
        }
    }

    /// Compares a bank's array with the shadow.
    pub fn check_memory(&self, bank: usize, memory: &Memory, truths: &Truths, findings: &mut Findings) {
        let global = (self.bank_fires[bank] / (self.words as u64 * self.passes)).saturating_sub(1);
        let shadow = &self.shadow[bank * self.words * self.limbs..][..self.words * self.limbs];
        if memory.words < self.words {
            let golden = format!("at least {} words", self.words);
            self.find(
                "membrane memory",
                None,
                golden,
                format!("{} words", memory.words),
                (global, truths),
                findings,
            );
            return;
        }
        if memory
            .as_limbs(self.limbs)
            .is_some_and(|array| array[..shadow.len()] == *shadow)
        {
            return;
        }
        for word in 0..self.words {
            let mut found = [0u32; MOST_LIMBS];
            memory.read_limbs(word, &mut found[..self.limbs]);
            if found[..self.limbs] != shadow[word * self.limbs..][..self.limbs] {
                let mut expected = [0u32; MOST_LIMBS];
                expected[..self.limbs].copy_from_slice(&shadow[word * self.limbs..][..self.limbs]);
                let at = bank * self.words + word;
                self.compare_lanes("membrane memory", at, &expected, &found, (global, truths), findings);
            }
        }
    }

    /// At rest between samples: nothing may be owed and each accepted step must have been scanned.
    pub fn check_rest(&self, truths: &Truths, findings: &mut Findings) {
        let global = u64::from(self.ticks).saturating_sub(1);
        if self.pending > 0 {
            let at = self.heads.iter().position(|&head| head != NONE).unwrap_or(0);
            let golden = format!("{} more word updates by accepted events", self.pending);
            self.find(
                "integrating write",
                self.neuron(at, 0),
                golden,
                "none".into(),
                (global, truths),
                findings,
            );
        }
        let expected = u64::from(self.ticks) * self.words as u64 * self.passes;
        for (bank, &fires) in self
            .bank_fires
            .iter()
            .enumerate()
            .filter(|(_, &fires)| fires != expected)
        {
            let rtl = format!("{fires} in bank {bank}");
            self.find(
                "fire write",
                None,
                format!("{expected} fire writes since reset"),
                rtl,
                (global, truths),
                findings,
            );
        }
    }

    fn neuron(&self, at: usize, lane: usize) -> Option<usize> {
        let word = &self.neurons[at * self.core.lanes..][..self.core.lanes];
        std::iter::once(&word[lane])
            .chain(word)
            .find(|&&n| n != NONE)
            .map(|&n| n as usize)
    }

    /// The membrane of a lane, sign-extended.
    fn membrane(&self, data: &[u32], lane: usize) -> i64 {
        let bits = self.core.layer.neuron.membrane.bits;
        let raw = get_bits(data, lane as u32 * self.core.state_bits(), bits) as i64;
        if raw >> (bits - 1) & 1 == 1 {
            raw - (1i64 << bits)
        } else {
            raw
        }
    }

    /// First lane that differs, else the first that holds a neuron.
    fn telling_lane(&self, at: usize, expected: &[u32], data: &[u32]) -> Option<(usize, usize, bool)> {
        let bits = self.core.state_bits();
        let word = &self.neurons[at * self.core.lanes..][..self.core.lanes];
        let lanes = || word.iter().enumerate().filter(|(_, &n)| n != NONE);
        let differs =
            |lane: usize| get_bits(expected, lane as u32 * bits, bits) != get_bits(data, lane as u32 * bits, bits);
        let wrong = lanes()
            .find(|&(lane, _)| differs(lane))
            .map(|(lane, &n)| (lane, n as usize, true));
        wrong.or_else(|| lanes().next().map(|(lane, &n)| (lane, n as usize, false)))
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
        if let Some((lane, neuron, true)) = self.telling_lane(at, expected, data) {
            let (golden, rtl) = (self.membrane(expected, lane), self.membrane(data, lane));
            let spiked = |data: &[u32]| match self.core.has_spiked_bit() {
                true => {
                    let low = lane as u32 * self.core.state_bits() + self.core.layer.neuron.membrane.bits;
                    format!(", spiked {}", get_bits(data, low, 1))
                }
                false => String::new(),
            };
            let (golden, rtl) = (
                format!("{golden}{}", spiked(expected)),
                format!("{rtl}{}", spiked(data)),
            );
            self.find(check, Some(neuron), golden, rtl, at_step, findings);
        }
    }

    fn watch(&mut self, at: usize, expected: &[u32], data: &[u32]) {
        if let Some((lane, neuron, wrong)) = self.telling_lane(at, expected, data) {
            self.view.neuron = Some(neuron);
            self.view.golden = self.membrane(expected, lane);
            self.view.rtl = self.membrane(data, lane);
            self.view.mismatch = wrong;
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
