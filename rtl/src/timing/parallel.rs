//! The parallel core as the timing sees it.

use std::collections::VecDeque;

use super::{CoreModel, Word};
use crate::plan::parallel::{address_stages, waits, SEND_GROUP};
use crate::plan::CorePlan;

/// One core's state between two clock edges: the registers of `cores::parallel` that decide when something happens.
pub(super) struct Parallel {
    /// The step's spikes by group of lanes, per step to come.
    sends: VecDeque<VecDeque<u32>>,
    // Link buffer.
    front: Option<Word>,
    spare: Option<Word>,
    /// Address stages, the youngest word first; then what is at the lanes.
    stages: VecDeque<Option<Word>>,
    at_lanes: Option<Word>,
    /// Cycles that a TICK waits for weights and bias, and those that this one has waited.
    waits: u64,
    waited: u64,
    first_add: bool,
    second_add: bool,
    // Sender.
    groups: VecDeque<u32>,
    waiting: bool,
    left: u32,
    tick: bool,
}

impl Parallel {
    /// `order`: per step, the neurons that spike, rising.
    pub(super) fn new(core: &CorePlan, order: &[Vec<u32>]) -> Self {
        let groups = |step: &Vec<u32>| {
            let mut counts = vec![0; core.lanes.div_ceil(SEND_GROUP)];
            step.iter().for_each(|&neuron| counts[neuron as usize / SEND_GROUP] += 1);
            counts.into_iter().filter(|n| *n > 0).collect()
        };
        Parallel {
            sends: order.iter().map(groups).collect(),
            front: None,
            spare: None,
            stages: vec![None; address_stages(&core.layer)].into(),
            at_lanes: None,
            waits: waits(core),
            waited: 0,
            first_add: false,
            second_add: false,
            groups: VecDeque::new(),
            waiting: false,
            left: 0,
            tick: false,
        }
    }

    /// Returns whether the lanes have decided in the cycle before, and so gave their spikes to the sender.
    fn lanes_edge(&mut self) -> bool {
        let tick = matches!(self.at_lanes, Some(Word::Tick | Word::TickLast));
        let ready = tick && !self.first_add && !self.second_add;
        let decide = ready && self.waited == self.waits && !self.waiting;
        let decided = self.first_add;
        self.waited = if ready && !decide { (self.waited + 1).min(self.waits) } else { 0 };
        self.second_add = self.first_add;
        self.first_add = decide;
        decided
    }

    fn sender_edge(&mut self, decided: bool, out_ready: bool) {
        let move_on = out_ready || !self.out_valid();
        let load = move_on && self.left <= 1;
        let load_group = load && self.waiting && !self.groups.is_empty();
        let load_tick = load && self.waiting && self.groups.is_empty();
        if move_on {
            self.left = self.left.saturating_sub(1);
            self.tick = load_tick;
        }
        if load_group {
            self.left = self.groups.pop_front().unwrap_or(0);
        }
        if decided {
            self.groups = self.sends.pop_front().unwrap_or_default();
        }
        self.waiting = decided || (self.waiting && !load_tick);
    }
}

impl CoreModel for Parallel {
    fn in_ready(&self) -> bool {
        self.spare.is_none()
    }

    fn out_valid(&self) -> bool {
        self.left > 0 || self.tick
    }

    fn edge(&mut self, _now: u64, offered: Option<Word>, out_ready: bool) {
        let go = !matches!(self.at_lanes, Some(Word::Tick | Word::TickLast)) || self.second_add;
        let decided = self.lanes_edge();
        self.sender_edge(decided, out_ready);
        if go {
            self.stages.push_front(self.front);
            self.at_lanes = self.stages.pop_back().flatten();
        }
        let accepted = if self.spare.is_none() { offered } else { None };
        if go || self.front.is_none() {
            self.front = self.spare.take().or(accepted);
        } else if accepted.is_some() {
            self.spare = accepted;
        }
    }
}
