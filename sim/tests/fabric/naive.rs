//! A router as a person would write it down: lists and rules, nothing of the hardware's terms.

use std::collections::VecDeque;

/// A packet at the head of a queue and the ports that have not had it.
#[derive(Clone, Debug)]
struct Head {
    packet: u64,
    left: Vec<usize>,
}

/// One router.
pub struct NaiveRouter {
    depth: usize,
    /// With a register slice the head stands outside its queue.
    sliced: bool,
    queue: Vec<VecDeque<u64>>,
    head: Vec<Option<Head>>,
    /// Of each output: its inputs, the one served longest ago first.
    line: Vec<Vec<usize>>,
    /// Of each output: the input whose packet was offered and not taken.
    offering: Vec<Option<usize>>,
    route: Box<dyn Fn(u64) -> Vec<usize>>,
    allowed: Vec<Vec<bool>>,
}

/// What a link shows in a cycle.
pub type Offer = Option<u64>;

impl NaiveRouter {
    /// `allowed[from][to]`; `route` lists the ports of a packet.
    pub fn new(depth: usize, sliced: bool, allowed: Vec<Vec<bool>>, route: Box<dyn Fn(u64) -> Vec<usize>>) -> Self {
        let ports = allowed.len();
        let line = (0..ports).map(|to| (0..ports).filter(|&from| allowed[from][to]).collect()).collect();
        NaiveRouter {
            depth,
            sliced,
            queue: vec![VecDeque::new(); ports],
            head: vec![None; ports],
            line,
            offering: vec![None; ports],
            route,
            allowed,
        }
    }

    /// Which inputs take a packet in this cycle.
    pub fn ready(&self) -> Vec<bool> {
        // Without a slice the head still has its place in the queue.
        let held = |p: usize| self.queue[p].len() + usize::from(!self.sliced && self.head[p].is_some());
        (0..self.queue.len()).map(|p| held(p) < self.depth).collect()
    }

    fn chosen(&self, to: usize) -> Option<usize> {
        let wants = |from: &usize| self.head[*from].as_ref().is_some_and(|head| head.left.contains(&to));
        self.offering[to].or_else(|| self.line[to].iter().copied().find(wants))
    }

    /// What the outputs offer in this cycle.
    pub fn offers(&self) -> Vec<Offer> {
        let packet = |from: usize| self.head[from].as_ref().map(|head| head.packet);
        (0..self.line.len()).map(|to| self.chosen(to).and_then(packet)).collect()
    }

    /// The clock's edge: `came[p]` is what input `p` took, `taken[p]` whether the link took what output `p` offered.
    pub fn step(&mut self, came: &[Offer], taken: &[bool]) {
        for to in 0..self.line.len() {
            let Some(from) = self.chosen(to) else { continue };
            self.offering[to] = Some(from);
            if taken[to] {
                self.offering[to] = None;
                self.line[to].retain(|&other| other != from);
                self.line[to].push(from);
                self.head[from].as_mut().expect("it was offered").left.retain(|&port| port != to);
            }
        }
        for from in 0..self.queue.len() {
            if self.head[from].as_ref().is_some_and(|head| head.left.is_empty()) {
                self.head[from] = None;
            }
            // With a slice the head's register is filled from the queue, without one the queue's first word is the head.
            if self.sliced {
                self.refill(from);
            }
            self.queue[from].extend(came[from]);
            if !self.sliced {
                self.refill(from);
            }
        }
    }

    fn refill(&mut self, from: usize) {
        if self.head[from].is_none() {
            self.head[from] = self.queue[from].pop_front().map(|packet| {
                let left = (self.route)(packet).into_iter().filter(|&to| self.allowed[from][to]).collect();
                Head { packet, left }
            });
        }
    }
}
