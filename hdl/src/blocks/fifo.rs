//! A queue for valid/ready links: `valid` never waits for `ready`; a word offered stays unchanged until taken.

use super::memory::DISTRIBUTED_WORDS;
use crate::prelude::*;

/// FIFO `fifo_<depth>x<width>` of `depth` words (and two more on their way out) in a [`Ram`]. The memory's output meets a register; full throughput; latency three cycles.
///
/// `almost_full` rises when at most `margin` places are free, counting a word taken in this cycle. Ready is low in
/// reset.
#[derive(Clone, Debug, LogicBlock)]
pub struct Fifo {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub almost_full: Signal<Out, Bit>,
    last: Const,
    one_short: Const,
    warns: Above,
    warns_growing: Above,
    warns_shrinking: Above,
    several: Above,
    zero: Const,
    one: Const,
    first: Const,
    memory: Ram,
    write_at: ResetRegister,
    read_at: ResetRegister,
    stored: ResetRegister,
    full: Flag,
    nearly_full: Flag,
    fetched: Flag,
    word: Register,
    word_valid: Flag,
    push: Signal<Local, Bit>,
    pop: Signal<Local, Bit>,
    read_next: Sig<Local>,
    grows: Signal<Local, Bit>,
    shrinks: Signal<Local, Bit>,
    _wraps: usize,
}

impl Fifo {
    /// `depth` at least 2; `almost_full` is `full`.
    pub fn new(depth: usize, width: u32) -> Self {
        Fifo::with_margin(depth, width, 0)
    }

    /// `almost_full` from `depth - margin` stored words on. Panics unless `margin < depth` and `depth >= 2`.
    pub fn with_margin(depth: usize, width: u32, margin: usize) -> Self {
        assert!(
            depth >= 2 && margin < depth,
            "a FIFO of {depth} words with a margin of {margin}"
        );
        let (pointer, count) = (u(index_width(depth)), u(index_width(depth + 2)));
        let suffix = if margin == 0 {
            String::new()
        } else {
            format!("_margin_{margin}")
        };
        Fifo {
            doc: Doc::new(
                format!("fifo_{depth}x{width}{suffix}"),
                format!("FIFO of {depth} words of {width} bits."),
            )
            .rust("hdl::blocks::Fifo")
            .latency("three cycles from in to out when empty; one word per cycle")
            .fact("Memory", if depth <= DISTRIBUTED_WORDS { "distributed RAM" } else { "block RAM" })
            .line("Two more words may wait in the memory's output register and in the register behind it.")
            .port("in_ready", "from a register; low in reset")
            .port("out_data", "from a register; held while out_valid and not out_ready")
            .port(
                "almost_full",
                format!("from a register; at most {margin} places are free"),
            ),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            almost_full: Default::default(),
            last: Const::new(pointer, depth as u64 - 1),
            one_short: Const::new(count, depth as u64 - 1),
            warns: Above::new(count, (depth - margin) as i64 - 1),
            warns_growing: Above::new(count, (depth - margin) as i64 - 2),
            warns_shrinking: Above::new(count, (depth - margin) as i64),
            several: Above::new(count, 1),
            zero: Const::new(pointer, 0),
            one: Const::new(count, 1),
            first: Const::new(pointer, 1),
            memory: Ram::new(depth, width),
            write_at: ResetRegister::new(pointer, 0),
            read_at: ResetRegister::new(pointer, 0),
            stored: ResetRegister::new(count, 0),
            full: Flag::set(),
            nearly_full: Flag::set(),
            fetched: Flag::new(),
            word: Register::new(u(width)),
            word_valid: Flag::new(),
            push: Default::default(),
            pop: Default::default(),
            read_next: Sig::new(pointer),
            grows: Default::default(),
            shrinks: Default::default(),
            // Pointers of a power of two wrap by themselves.
            _wraps: usize::from(!depth.is_power_of_two()),
        }
    }
}

impl Logic for Fifo {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self,
            clock,
            memory,
            write_at,
            read_at,
            stored,
            full,
            nearly_full,
            fetched,
            word,
            word_valid
        );
        self.write_at.reset.next = self.reset.val();
        self.read_at.reset.next = self.reset.val();
        self.stored.reset.next = self.reset.val();
        self.full.reset.next = self.reset.val();
        self.nearly_full.reset.next = self.reset.val();
        self.fetched.reset.next = self.reset.val();
        self.word_valid.reset.next = self.reset.val();

        comment!("Write side");
        self.push.next = self.in_valid.val() & !self.full.q.val();
        self.in_ready.next = !self.full.q.val();
        self.almost_full.next = self.nearly_full.q.val();
        self.memory.write_enable.next = self.push.val();
        self.memory.write_address.next = self.write_at.q.val();
        self.memory.write_data.next = self.in_data.val();
        self.write_at.d.next = self.write_at.q.val();
        if self.push.val() {
            self.write_at.d.next = self.write_at.q.val() + self.first.val();
            for _i in 0..self._wraps {
                if self.write_at.q.val() == self.last.val() {
                    self.write_at.d.next = self.zero.val();
                }
            }
        }

        comment!("Read side: the memory always reads the word that is wanted next");
        self.pop.next = self.fetched.q.val() & (self.out_ready.val() | !self.word_valid.q.val());
        self.read_next.next = self.read_at.q.val();
        if self.pop.val() {
            self.read_next.next = self.read_at.q.val() + self.first.val();
            for _i in 0..self._wraps {
                if self.read_at.q.val() == self.last.val() {
                    self.read_next.next = self.zero.val();
                }
            }
        }
        self.read_at.d.next = self.read_next.val();
        self.memory.read_address.next = self.read_next.val();
        self.word.d.next = self.word.q.val();
        if self.pop.val() {
            self.word.d.next = self.memory.read_data.val();
        }
        self.word_valid.d.next = self.pop.val() | (self.word_valid.q.val() & !self.out_ready.val());
        self.out_valid.next = self.word_valid.q.val();
        self.out_data.next = self.word.q.val();

        comment!("Words in the memory; one written in this cycle can be fetched from the next on");
        self.grows.next = self.push.val() & !self.pop.val();
        self.shrinks.next = self.pop.val() & !self.push.val();
        self.several.input.next = self.stored.q.val();
        self.warns.input.next = self.stored.q.val();
        self.warns_growing.input.next = self.stored.q.val();
        self.warns_shrinking.input.next = self.stored.q.val();
        self.fetched.d.next = self.stored.q.val().any();
        if self.pop.val() {
            self.fetched.d.next = self.several.output.val();
        }
        self.stored.d.next = self.stored.q.val();
        self.full.d.next = self.full.q.val() & self.stored.q.val().any();
        self.nearly_full.d.next = self.warns.output.val();
        if self.grows.val() {
            self.stored.d.next = self.stored.q.val() + self.one.val();
            self.full.d.next = self.stored.q.val() == self.one_short.val();
            self.nearly_full.d.next = self.warns_growing.output.val();
        } else if self.shrinks.val() {
            self.stored.d.next = self.stored.q.val() - self.one.val();
            self.full.d.next = false;
            self.nearly_full.d.next = self.warns_shrinking.output.val();
        }
    }
}
