//! A buffer for valid/ready links. `valid` never waits for `ready`; a word offered stays unchanged until taken.

use crate::prelude::*;

/// Two-entry register slice `link_buffer_<width>`: all outputs come from registers, one word per cycle, latency one.
#[derive(Clone, Debug, LogicBlock)]
pub struct Skid {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    front: Register,
    front_valid: Flag,
    spare: Register,
    spare_valid: Flag,
    take: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
}

impl Skid {
    /// For words of this shape.
    pub fn new(shape: Shape) -> Self {
        Skid {
            doc: Doc::new(
                format!(
                    "link_buffer_{}{}",
                    shape.width,
                    if shape.signed { "_signed" } else { "" }
                ),
                "Register slice of a valid/ready link: cuts every combinational path between its two sides.",
            )
            .rust("hdl::blocks::Skid")
            .latency("one cycle; one word per cycle")
            .port(
                "in_ready",
                "high while the spare register is empty; does not depend on out_ready",
            )
            .port("out_data", "held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(shape),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(shape),
            front: Register::new(shape),
            front_valid: Flag::new(),
            spare: Register::new(shape),
            spare_valid: Flag::new(),
            take: Default::default(),
            free: Default::default(),
        }
    }
}

impl Logic for Skid {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, front, front_valid, spare, spare_valid);
        self.front_valid.reset.next = self.reset.val();
        self.spare_valid.reset.next = self.reset.val();
        self.take.next = self.in_valid.val() & !self.spare_valid.q.val();
        self.free.next = self.out_ready.val() | !self.front_valid.q.val();
        comment!("The front register feeds the output; it takes the spare word first");
        self.front.d.next = self.front.q.val();
        self.front_valid.d.next = self.front_valid.q.val();
        self.spare.d.next = self.spare.q.val();
        self.spare_valid.d.next = self.spare_valid.q.val();
        if self.free.val() {
            self.front_valid.d.next = self.spare_valid.q.val() | self.take.val();
            self.spare_valid.d.next = false;
            if self.spare_valid.q.val() {
                self.front.d.next = self.spare.q.val();
            } else if self.in_valid.val() {
                self.front.d.next = self.in_data.val();
            }
        } else if self.take.val() {
            self.spare.d.next = self.in_data.val();
            self.spare_valid.d.next = true;
        }
        self.in_ready.next = !self.spare_valid.q.val();
        self.out_valid.next = self.front_valid.q.val();
        self.out_data.next = self.front.q.val();
    }
}
