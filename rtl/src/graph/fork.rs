//! One source, several readers: each takes a word once, and it leaves when all have it.

use hdl::prelude::*;

/// Valid and ready of a link that several readers share; the data goes to all of them.
#[derive(Clone, Debug, LogicBlock)]
pub struct Fork {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub out_valid: Vec<Signal<Out, Bit>>,
    pub out_ready: Vec<Signal<In, Bit>>,

    taken: Vec<Flag>,
    has_it: BitJoin,
    leaves: Signal<Local, Bit>,

    _readers: usize,
}

impl Fork {
    /// For at least two readers.
    pub fn new(readers: usize) -> Self {
        Fork {
            doc: Doc::new(format!("fork_{readers}"), format!("One link, {readers} readers, who each take a word once."))
                .line("A word leaves when all have it. The data goes to all readers and does not pass here.")
                .rust("rtl::graph::fork::Fork")
                .golden("none: order and timing do not change results")
                .latency("none; one word per cycle")
                .port("in_ready", "the last reader takes the word; does not depend on in_valid")
                .port("out_valid_0", "low for a reader that has the word already"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            out_valid: vec![Default::default(); readers],
            out_ready: vec![Default::default(); readers],
            taken: vec![Flag::new(); readers],
            has_it: BitJoin::new(readers as u32),
            leaves: Default::default(),
            _readers: readers,
        }
    }
}

impl Logic for Fork {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..self._readers {
            self.has_it.bit[i].next = self.taken[i].q.val() | self.out_ready[i].val();
        }
        self.leaves.next = self.has_it.output.val().all();
        self.in_ready.next = self.leaves.val();
        for i in 0..self._readers {
            self.taken[i].clock.next = self.clock.val();
            self.taken[i].reset.next = self.reset.val();
            self.out_valid[i].next = self.in_valid.val() & !self.taken[i].q.val();
            self.taken[i].d.next = self.in_valid.val() & self.has_it.bit[i].val() & !self.leaves.val();
        }
    }
}
