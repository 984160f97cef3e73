//! One register on a link, for where both sides are close together.

use hdl::prelude::*;

/// Register `link_register_<width>`: one word, latency one, one word per cycle; its ready follows the one behind it.
///
/// Half of what a [`Skid`] is, for half of its price, where a path from ready to ready does no harm.
#[derive(Clone, Debug, LogicBlock)]
pub struct Single {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    word: Register,
    filled: Flag,
    free: Signal<Local, Bit>,
}

impl Single {
    pub fn new(width: u32) -> Self {
        let shape = u(width);
        Single {
            doc: Doc::new(format!("link_register_{width}"), "Register on a valid/ready link: cuts the paths of valid and data, not that of ready.")
                .rust("rtl::fabric::Single")
                .latency("one cycle; one word per cycle")
                .port("in_ready", "the register is empty, or its word moves on in this cycle")
                .port("out_data", "held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(shape),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(shape),
            word: Register::new(shape),
            filled: Flag::new(),
            free: Default::default(),
        }
    }
}

impl Logic for Single {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, word, filled);
        self.filled.reset.next = self.reset.val();
        self.free.next = self.out_ready.val() | !self.filled.q.val();
        self.in_ready.next = self.free.val();
        self.filled.d.next = self.in_valid.val() | !self.free.val();
        self.word.d.next = self.word.q.val();
        if self.free.val() {
            self.word.d.next = self.in_data.val();
        }
        self.out_valid.next = self.filled.q.val();
        self.out_data.next = self.word.q.val();
    }
}
