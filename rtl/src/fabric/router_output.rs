//! One output of a router: arbiter and multiplexer.

use hdl::blocks::Arbiter;
use hdl::prelude::*;

/// Offers on a link the packet of one of the inputs that ask for this output; see [`super::Router`].
#[derive(Clone, Debug, LogicBlock)]
pub struct RouterOutput {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub request: Vec<Signal<In, Bit>>,
    pub word: Vec<Sig<In>>,
    pub done: Vec<Signal<Out, Bit>>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    asked: BitJoin,
    arbiter: Arbiter,
    grant: BitSplit,
    _inputs: usize,
}

impl RouterOutput {
    /// For `inputs` inputs and packets of `width` bits.
    pub fn new(inputs: usize, width: u32) -> Self {
        RouterOutput {
            doc: Doc::new(format!("router_output_{inputs}x{width}"), format!("One output of a router, for {}.", several(inputs, "input")))
                .rust("rtl::fabric::RouterOutput")
                .latency("none: the link's data come from the inputs' heads in the same cycle; one word per cycle")
                .fact("Fairness", format!("a packet at the head waits for at most {} of other inputs", several(inputs - 1, "word")))
                .port("request", "input i has a packet for this output; stays until done")
                .port("word", "the packet of input i")
                .port("done", "the packet of input i moves in this cycle")
                .port("out_valid", "does not depend on out_ready")
                .port("out_data", "held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            request: (0..inputs).map(|_| Default::default()).collect(),
            word: Sig::several(inputs, u(width)),
            done: (0..inputs).map(|_| Default::default()).collect(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            asked: BitJoin::new(inputs as u32),
            arbiter: Arbiter::new(inputs),
            grant: BitSplit::new(inputs as u32),
            _inputs: inputs,
        }
    }
}

impl Logic for RouterOutput {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, arbiter);
        self.arbiter.reset.next = self.reset.val();
        comment!("Which input");
        for i in 0..self._inputs {
            self.asked.bit[i].next = self.request[i].val();
        }
        self.arbiter.requests.next = self.asked.output.val();
        self.arbiter.taken.next = self.out_ready.val();
        self.grant.input.next = self.arbiter.grants.val();
        for i in 0..self._inputs {
            self.done[i].next = self.grant.bit[i].val() & self.out_ready.val();
        }

        comment!("Its packet");
        self.out_valid.next = self.asked.output.val().any();
        self.out_data.next = self.word[0].val();
        for i in 1..self._inputs {
            if self.grant.bit[i].val() {
                self.out_data.next = self.word[i].val();
            }
        }
    }
}
