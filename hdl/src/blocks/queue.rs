//! The input buffer of a router: a short FIFO in distributed RAM whose word is there one cycle after it came.

use super::next_place::NextPlace;
use crate::prelude::*;

/// FIFO `queue_<depth>x<width>` in a [`LutRam`]: latency one cycle, one word in and one word out per cycle.
///
/// Unlike [`Fifo`] it has no register behind the memory: `out_data` is as late as a read of distributed RAM.
#[derive(Clone, Debug, LogicBlock)]
pub struct Queue {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    memory: LutRam,
    write_at: ResetRegister,
    read_at: ResetRegister,
    after_write: NextPlace,
    after_read: NextPlace,
    write_next: Sig<Local>,
    read_next: Sig<Local>,
    full: Flag,
    filled: Flag,
    push: Signal<Local, Bit>,
    pop: Signal<Local, Bit>,
}

impl Queue {
    /// `depth` a power of two, at least 2; 16 words take the same distributed RAM as 2.
    pub fn new(depth: usize, width: u32) -> Self {
        assert!(depth >= 2 && depth.is_power_of_two(), "a queue of {depth} words");
        let pointer = u(index_width(depth));
        Queue {
            doc: Doc::new(format!("queue_{depth}x{width}"), format!("FIFO of {depth} words of {width} bits."))
                .rust("hdl::blocks::Queue")
                .latency("one cycle from in to out when empty; one word per cycle in and out")
                .fact("Memory", "distributed RAM")
                .port("in_ready", "from a register: a place is free; low in reset")
                .port("out_valid", "from a register: a word waits")
                .port("out_data", "held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            memory: LutRam::new(depth, width),
            write_at: ResetRegister::new(pointer, 0),
            read_at: ResetRegister::new(pointer, 0),
            after_write: NextPlace::new(pointer.width),
            after_read: NextPlace::new(pointer.width),
            write_next: Sig::new(pointer),
            read_next: Sig::new(pointer),
            full: Flag::set(),
            filled: Flag::new(),
            push: Default::default(),
            pop: Default::default(),
        }
    }
}

impl Logic for Queue {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, memory, write_at, read_at, full, filled);
        self.write_at.reset.next = self.reset.val();
        self.read_at.reset.next = self.reset.val();
        self.full.reset.next = self.reset.val();
        self.filled.reset.next = self.reset.val();

        comment!("Write side");
        self.push.next = self.in_valid.val() & !self.full.q.val();
        self.in_ready.next = !self.full.q.val();
        self.memory.write_enable.next = self.push.val();
        self.memory.write_address.next = self.write_at.q.val();
        self.memory.write_data.next = self.in_data.val();
        self.after_write.place.next = self.write_at.q.val();
        self.write_next.next = self.after_write.following.val();
        self.write_at.d.next = self.write_at.q.val();
        if self.push.val() {
            self.write_at.d.next = self.write_next.val();
        }

        comment!("Read side");
        self.pop.next = self.filled.q.val() & self.out_ready.val();
        self.memory.read_address.next = self.read_at.q.val();
        self.out_data.next = self.memory.read_data.val();
        self.out_valid.next = self.filled.q.val();
        self.after_read.place.next = self.read_at.q.val();
        self.read_next.next = self.after_read.following.val();
        self.read_at.d.next = self.read_at.q.val();
        if self.pop.val() {
            self.read_at.d.next = self.read_next.val();
        }

        comment!("Full when a push meets the read pointer, empty when a pop meets the write pointer; full in reset only, not filled");
        self.full.d.next = self.full.q.val() & self.filled.q.val();
        self.filled.d.next = self.filled.q.val();
        if self.push.val() & !self.pop.val() {
            self.full.d.next = self.write_next.val() == self.read_at.q.val();
            self.filled.d.next = true;
        } else if self.pop.val() & !self.push.val() {
            self.full.d.next = false;
            self.filled.d.next = self.read_next.val() != self.write_at.q.val();
        }
    }
}
