//! The banked core as the timing sees it.

mod slicer;

use std::collections::VecDeque;

use net::Output;

use super::touched::MapModel;
use super::{CoreModel, Word};
use crate::plan::pipeline::{fifo_margin, Pipeline};
use crate::plan::CorePlan;
use slicer::SlicerModel;

/// `(pass * words + scan word, neuron)` of each spike, in the order in which the core sends them.
pub(super) fn send_order(core: &CorePlan, spikes: &[u32]) -> Vec<(u32, u32)> {
    let mut sorted = spikes.to_vec();
    sorted.sort_unstable();
    let mut pass = 0;
    let mut placed: Vec<(u32, usize, u32)> = Vec::with_capacity(sorted.len());
    for (i, &neuron) in sorted.iter().enumerate() {
        pass = if i > 0 && sorted[i - 1] == neuron { pass + 1 } else { 0 };
        let at = core.locate(neuron as usize);
        placed.push(((pass * core.words() + at.word) as u32, at.bank * core.lanes + at.lane, neuron));
    }
    placed.sort_unstable();
    placed.into_iter().map(|(word, _, neuron)| (word, neuron)).collect()
}

/// What waits in the FIFO of a core: words to send, and whether TICK follows.
#[derive(Clone, Copy, Debug)]
struct Entry {
    left: u32,
    end: bool,
}

/// One core's state between two clock edges. Field for field the registers of the emitted core, without data.
pub(super) struct Banked {
    // Plan.
    words: u64,
    passes: u64,
    drain_scan: u64,
    /// From issue to the FIFO's write.
    latency: u64,
    depth: usize,
    margin: usize,
    stages: usize,
    /// Words to send per step and scan word; `None`: every word sends `values`.
    sends: VecDeque<VecDeque<(u64, u32)>>,
    values: Option<Vec<u32>>,
    /// With a touched map: the words that each step's scan visits.
    map: Option<MapModel>,
    // Link buffer.
    /// The word at the sequencer, then those on their way to it; the last is the buffer's front.
    line: Vec<Option<Word>>,
    spare: Option<Word>,
    // Sequencer.
    operation: u64,
    scan_word: u64,
    pass: u64,
    drain: u64,
    /// Idle cycles that a scan still waits behind an event.
    settle: u64,
    event_pause: u64,
    // Sender.
    flying: VecDeque<(u64, Entry)>,
    stored: VecDeque<Entry>,
    fetched: bool,
    nearly_full: bool,
    waiting: Option<Entry>,
    current: Option<Entry>,
    /// What stands in the output registers: is it a TICK?
    pipe: Vec<Option<bool>>,
    quick: Option<QuickTick>,
    slicer: Option<SlicerModel>,
}

/// The way past the sender of a table core.
struct QuickTick {
    silent: bool,
    /// TICKs in the sender.
    ticks: u64,
    waiting: bool,
}

impl QuickTick {
    fn new() -> QuickTick {
        QuickTick { silent: true, ticks: 0, waiting: false }
    }

    /// One clock edge: `shown` comes from the scan, a TICK `leaves` the sender. Returns whether TICK goes this way.
    fn edge(&mut self, shown: Option<Entry>, leaves: bool, out_ready: bool) -> bool {
        let silent = self.silent && shown.is_none_or(|entry| entry.left == 0);
        let end = shown.is_some_and(|entry| entry.end);
        let quick = end && silent && self.ticks == 0 && !self.waiting;
        self.silent = silent || end;
        self.ticks = self.ticks + u64::from(end && !quick) - u64::from(leaves);
        self.waiting = quick || (self.waiting && !out_ready);
        quick
    }
}

impl Banked {
    /// A core that hears `events` and sends `sent`, per step.
    pub(super) fn new(core: &CorePlan, events: &[Vec<u32>], sent: &[Vec<(u32, u32)>]) -> Self {
        let pipeline = Pipeline::of(core);
        let value = core.layer.neuron.output == Output::Value;
        let count = |step: &Vec<(u32, u32)>| {
            let mut counts: VecDeque<(u64, u32)> = VecDeque::new();
            for (word, _) in step {
                match counts.back_mut() {
                    Some((last, n)) if *last == u64::from(*word) => *n += 1,
                    _ => counts.push_back((u64::from(*word), 1)),
                }
            }
            counts
        };
        let lanes = core.places() / core.groups;
        let tail = core.layer.output.c - (core.groups - 1) * lanes;
        let lanes_of = |word| if word % core.groups == core.groups - 1 { tail } else { lanes };
        Banked {
            words: core.words() as u64,
            passes: core.passes(),
            drain_scan: pipeline.drain_scan(core),
            latency: u64::from(pipeline.send) + 1,
            depth: core.fifo_depth,
            margin: fifo_margin(core),
            stages: if value { 1 } else { 3 },
            sends: sent.iter().map(count).collect(),
            values: value.then(|| (0..core.words()).map(|w| lanes_of(w) as u32).collect()),
            map: core.touched_map.then(|| MapModel::new(core, events, sent)),
            line: vec![None; if core.table.is_some() { 3 } else { 1 }],
            spare: None,
            operation: 0,
            scan_word: 0,
            pass: 0,
            drain: 0,
            settle: 0,
            event_pause: core.table.as_ref().map_or(0, |fold| fold.event_pause()),
            flying: VecDeque::new(),
            stored: VecDeque::new(),
            fetched: false,
            nearly_full: false,
            waiting: None,
            current: None,
            pipe: vec![None; if value { 1 } else { 3 }],
            quick: (core.table.is_some() && !value).then(QuickTick::new),
            slicer: core.sliced().then(|| SlicerModel::new(core, sent)),
        }
    }

    /// Words that the scanned word `scan_word` of this pass sends.
    fn vector(&mut self) -> u32 {
        if let Some(values) = &self.values {
            return values[self.scan_word as usize];
        }
        let at = self.pass * self.words + self.scan_word;
        match self.sends.front_mut() {
            Some(step) if step.front().is_some_and(|(word, _)| *word == at) => step.pop_front().map_or(0, |(_, n)| n),
            _ => 0,
        }
    }

    /// Returns whether the front word is done.
    fn sequencer_edge(&mut self, now: u64) -> bool {
        let drained = self.drain == 0;
        let mut settle = self.settle.saturating_sub(1);
        let (mut taken, mut pass_end) = (false, false);
        match self.line[0] {
            Some(Word::Event(cost, heard)) if drained => {
                if let Some(map) = self.map.as_mut().filter(|_| heard) {
                    map.mark(now);
                }
                self.operation += 1;
                settle = self.event_pause;
                taken = self.operation == cost;
                if taken {
                    self.operation = 0;
                }
            }
            Some(Word::Tick) if self.map.as_ref().is_some_and(|map| !map.is_wide()) => {
                if let Some((word, is_last)) = self.map.as_mut().and_then(|map| map.next(now, drained && !self.nearly_full)) {
                    self.scan_word = word;
                    let left = self.vector();
                    if left > 0 || is_last {
                        self.flying.push_back((now + self.latency, Entry { left, end: is_last }));
                    }
                    self.scan_word = 0;
                    (taken, pass_end) = (is_last, is_last);
                    if is_last {
                        self.sends.pop_front();
                    }
                }
            }
            Some(Word::Tick | Word::TickLast) if drained && self.settle == 0 && !self.nearly_full => {
                let left = self.vector();
                pass_end = self.scan_word + 1 == self.words;
                let end = pass_end && self.pass + 1 == self.passes;
                if left > 0 || end {
                    self.flying.push_back((now + self.latency, Entry { left, end }));
                }
                self.scan_word = if pass_end { 0 } else { self.scan_word + 1 };
                if pass_end {
                    self.pass = if end { 0 } else { self.pass + 1 };
                }
                if end {
                    self.sends.pop_front();
                    if let Some(map) = &mut self.map {
                        map.end_wide(now);
                    }
                }
                taken = end;
            }
            _ => {}
        }
        self.drain = if pass_end { self.drain_scan } else { self.drain.saturating_sub(1) };
        self.settle = settle;
        taken
    }

    fn sender_edge(&mut self, now: u64, out_ready: bool) {
        let advance = out_ready || self.pipe[self.stages - 1].is_none();
        let done = self.current.is_some_and(|e| e.left == 0 || (e.left == 1 && !e.end));
        let load = advance && (self.current.is_none() || done);
        // The FIFO: memory, its output register, and the register behind it.
        let offered = self.waiting;
        let ready = self.slicer.as_ref().map_or(load, SlicerModel::in_ready);
        let pop = self.fetched && (ready || self.waiting.is_none());
        if pop {
            self.waiting = self.stored.pop_front();
        } else if ready {
            self.waiting = None;
        }
        self.fetched = !self.stored.is_empty();
        if self.flying.front().is_some_and(|(at, _)| *at == now) {
            self.stored.extend(self.flying.pop_front().map(|(_, entry)| entry));
        }
        let shown = match &mut self.slicer {
            Some(slicer) => slicer.edge(offered, load),
            None => offered,
        };
        // The serialiser.
        if advance {
            self.pipe.rotate_right(1);
            self.pipe[0] = self.current.map(|entry| entry.left == 0);
            self.current = if load {
                shown
            } else {
                self.current.map(|e| Entry { left: e.left.saturating_sub(1), ..e })
            };
        }
    }
}

impl CoreModel for Banked {
    fn in_ready(&self) -> bool {
        self.spare.is_none()
    }

    fn out_valid(&self) -> bool {
        self.pipe[self.stages - 1].is_some() || self.quick.as_ref().is_some_and(|quick| quick.waiting)
    }

    fn edge(&mut self, now: u64, offered: Option<Word>, out_ready: bool) {
        let behind = out_ready && !self.quick.as_ref().is_some_and(|quick| quick.waiting);
        if let Some(quick) = &mut self.quick {
            let leaves = behind && self.pipe[self.stages - 1] == Some(true);
            // What the senders are shown in this cycle is written to the FIFO in the next.
            let shown = self.flying.iter().position(|(at, _)| *at == now + 1);
            if quick.edge(shown.map(|i| self.flying[i].1), leaves, out_ready) {
                self.flying.retain(|(at, _)| *at != now + 1);
            }
        }
        self.sender_edge(now, behind);
        let taken = self.sequencer_edge(now);
        let accepted = if self.spare.is_none() { offered } else { None };
        if taken {
            self.line[0] = None;
        }
        for i in 1..self.line.len() {
            if self.line[i - 1].is_none() {
                self.line[i - 1] = self.line[i].take();
            }
        }
        let front = self.line.len() - 1;
        if self.line[front].is_none() {
            self.line[front] = self.spare.take().or(accepted);
        } else if accepted.is_some() {
            self.spare = accepted;
        }
        self.nearly_full = self.stored.len() >= self.depth - self.margin;
    }
}
