//! A router as a person would write it down: lists and rules, nothing of the hardware's terms.

use std::collections::VecDeque;

/// A packet at the head of a queue and the ports that have not had it.
#[derive(Clone, Debug)]
struct Head {
    packet: u64,
    left: Vec<usize>,
}

/// Where a packet goes that came by an input.
pub type RouteOf = Box<dyn Fn(usize, u64) -> Vec<usize>>;

/// A router, or a half of one.
pub struct NaiveRouter {
    /// Of each input.
    depth: Vec<usize>,
    /// With a register slice the head stands outside its queue.
    sliced: Vec<bool>,
    queue: Vec<VecDeque<u64>>,
    head: Vec<Option<Head>>,
    /// Of each output: its inputs, the one served longest ago first.
    line: Vec<Vec<usize>>,
    /// Of each output: the input whose packet was offered and not taken.
    offering: Vec<Option<usize>>,
    route: RouteOf,
    allowed: Vec<Vec<bool>>,
}

/// What a link shows in a cycle.
pub type Offer = Option<u64>;

impl NaiveRouter {
    /// `inputs`: places and whether there is a slice; `allowed[from][to]`.
    pub fn new(inputs: &[(usize, bool)], allowed: Vec<Vec<bool>>, route: RouteOf) -> Self {
        let (ports, outputs) = (inputs.len(), allowed[0].len());
        let line = (0..outputs).map(|to| (0..ports).filter(|&from| allowed[from][to]).collect()).collect();
        NaiveRouter {
            depth: inputs.iter().map(|input| input.0).collect(),
            sliced: inputs.iter().map(|input| input.1).collect(),
            queue: vec![VecDeque::new(); ports],
            head: vec![None; ports],
            line,
            offering: vec![None; outputs],
            route,
            allowed,
        }
    }

    /// Which inputs take a packet in this cycle.
    pub fn ready(&self) -> Vec<bool> {
        // Without a slice the head still has its place in the queue.
        let held = |p: usize| self.queue[p].len() + usize::from(!self.sliced[p] && self.head[p].is_some());
        (0..self.queue.len()).map(|p| held(p) < self.depth[p]).collect()
    }

    /// Whether nothing of input `from` is left behind the clock's edge, when it takes nothing in.
    fn runs_empty(&self, from: usize, taken: &[bool]) -> bool {
        let goes = |to: &usize| taken[*to] && self.chosen(*to) == Some(from);
        self.head[from].as_ref().is_none_or(|head| head.left.iter().all(goes))
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
            if self.sliced[from] {
                self.refill(from);
            }
            self.queue[from].extend(came[from]);
            if !self.sliced[from] {
                self.refill(from);
            }
        }
    }

    fn refill(&mut self, from: usize) {
        if self.head[from].is_none() {
            self.head[from] = self.queue[from].pop_front().map(|packet| {
                let left = (self.route)(from, packet).into_iter().filter(|&to| self.allowed[from][to]).collect();
                Head { packet, left }
            });
        }
    }
}

/// A router of a mesh: a half along the row, a half along the column, one place between them.
///
/// Ports are local, north, east, south, west. Inputs of the halves: local (the place between), west (north), east (south);
/// outputs: to the place between (local), west (north), east (south).
pub struct NaiveMeshRouter {
    row: NaiveRouter,
    column: NaiveRouter,
}

impl NaiveMeshRouter {
    /// `side`: places and slice of the queues of the four sides.
    pub fn new(side: (usize, bool), row: RouteOf, column: RouteOf) -> Self {
        let allowed = || vec![vec![true; 3], vec![true, false, true], vec![true, true, false]];
        NaiveMeshRouter {
            row: NaiveRouter::new(&[(2, false), side, side], allowed(), row),
            column: NaiveRouter::new(&[(1, false), side, side], allowed(), column),
        }
    }

    pub fn ready(&self) -> Vec<bool> {
        let (row, column) = (self.row.ready(), self.column.ready());
        vec![row[0], column[1], row[2], column[2], row[1]]
    }

    pub fn offers(&self) -> Vec<Offer> {
        let (row, column) = (self.row.offers(), self.column.offers());
        vec![column[0], column[1], row[2], column[2], row[1]]
    }

    pub fn step(&mut self, came: &[Offer], taken: &[bool]) {
        let column_taken = [taken[0], taken[1], taken[3]];
        // The place between takes a packet in the cycle in which it gives one away.
        let turns = self.row.offers()[0].filter(|_| self.column.runs_empty(0, &column_taken));
        self.row.step(&[came[0], came[4], came[2]], &[turns.is_some(), taken[4], taken[2]]);
        self.column.step(&[turns, came[1], came[3]], &column_taken);
    }
}

/// Either.
pub enum Naive {
    Router(NaiveRouter),
    Mesh(NaiveMeshRouter),
}

impl Naive {
    pub fn ready(&self) -> Vec<bool> {
        match self {
            Naive::Router(router) => router.ready(),
            Naive::Mesh(router) => router.ready(),
        }
    }

    pub fn offers(&self) -> Vec<Offer> {
        match self {
            Naive::Router(router) => router.offers(),
            Naive::Mesh(router) => router.offers(),
        }
    }

    pub fn step(&mut self, came: &[Offer], taken: &[bool]) {
        match self {
            Naive::Router(router) => router.step(came, taken),
            Naive::Mesh(router) => router.step(came, taken),
        }
    }
}
