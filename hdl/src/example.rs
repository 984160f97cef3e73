//! A kernel that uses everything: the style to copy.
//!
//! A bank of membranes, several to a word. An event adds one weight to each lane of a word; the read-modify-write is
//! pipelined, and an event for the word that is just being written takes it from the pipeline.

use super::prelude::*;

#[derive(Clone, Debug, LogicBlock)]
pub struct Accumulator {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub event_valid: Signal<In, Bit>,
    pub event_address: Sig<In>,
    pub event_weights: Sig<In>,
    pub fired: Sig<Out>,
    pub saturations: Sig<Out>,
    threshold: Const,
    one: Const,
    // Stage 1: the address and the weights wait for the memory.
    valid1: Flag,
    address1: Register,
    weights1: Register,
    same1: BitRegister,
    memory: Ram,
    written: Register,
    word: Sig<Local>,
    lane: Split,
    weight: Split,
    membrane: Vec<Sig<Local>>,
    above: BitJoin,
    result: Join,
    clipped: ResetRegister,
    _lanes: usize,
    _shift: u32,
}

impl Accumulator {
    pub fn new(depth: usize, lanes: usize, membrane: u32, weight: u32) -> Self {
        let (address, word, weights) = (u(index_width(depth)), membrane * lanes as u32, weight * lanes as u32);
        Accumulator {
            doc: Doc::new(
                format!("accumulator_{depth}x{lanes}"),
                format!("Adds weights to {lanes} membranes at once."),
            )
            .rust("hdl::example::Accumulator")
            .golden("none: an example")
            .fact(
                "Shape",
                format!("{depth} words of {lanes} lanes, signed {membrane} bit"),
            )
            .latency("event to write: one cycle; one event per cycle")
            .port("event_address", "word of the memory")
            .port("event_weights", "lane 0 in the lowest bits, signed")
            .port("fired", "one bit per lane, one cycle after the event")
            .port("saturations", "events with any lane above the threshold, modulo 256"),
            clock: Default::default(),
            reset: Default::default(),
            event_valid: Default::default(),
            event_address: Sig::new(address),
            event_weights: Sig::new(u(weights)),
            fired: Sig::new(u(lanes as u32)),
            saturations: Sig::new(u(8)),
            threshold: Const::new(s(membrane), 100),
            one: Const::new(u(8), 1),
            valid1: Flag::new(),
            address1: Register::new(address),
            weights1: Register::new(u(weights)),
            same1: BitRegister::new(),
            memory: Ram::new(depth, word),
            written: Register::new(u(word)),
            word: Sig::new(u(word)),
            lane: Split::new(word, s(membrane), lanes),
            weight: Split::new(weights, s(weight), lanes),
            membrane: Sig::several(lanes, s(membrane)),
            above: BitJoin::new(lanes as u32),
            result: Join::new(s(membrane), lanes),
            clipped: ResetRegister::new(u(8), 0),
            _lanes: lanes,
            _shift: 1,
        }
    }
}

impl Logic for Accumulator {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, valid1, address1, weights1, same1, memory, written, clipped);
        self.valid1.reset.next = self.reset.val();
        self.clipped.reset.next = self.reset.val();

        comment!("Stage 0: read the word, hold the event");
        self.memory.read_address.next = self.event_address.val();
        self.valid1.d.next = self.event_valid.val();
        self.address1.d.next = self.event_address.val();
        self.weights1.d.next = self.event_weights.val();
        self.same1.d.next = self.valid1.q.val() & (self.event_address.val() == self.address1.q.val());

        comment!("Stage 1: add, halve what is above the threshold, write back");
        self.word.next = self.memory.read_data.val();
        if self.same1.q.val() {
            self.word.next = self.written.q.val();
        }
        self.lane.input.next = self.word.val();
        self.weight.input.next = self.weights1.q.val();
        for i in 0..self._lanes {
            self.membrane[i].next =
                self.lane.part[i].val() + signed_cast_to(self.weight.part[i].val(), self.membrane[i].shape().width);
            self.above.bit[i].next = self.membrane[i].val() >= self.threshold.val();
            self.result.part[i].next = self.membrane[i].val();
            if self.above.bit[i].val() {
                self.result.part[i].next = self.membrane[i].val() >> bits_number(self._shift);
            }
        }
        self.fired.next = self.above.output.val() & bit_cast_fill(self.valid1.q.val(), self._lanes as u32);
        self.memory.write_enable.next = self.valid1.q.val();
        self.memory.write_address.next = self.address1.q.val();
        self.memory.write_data.next = self.result.output.val();
        self.written.d.next = self.result.output.val();

        comment!("Statistics");
        self.clipped.d.next = self.clipped.q.val();
        if self.valid1.q.val() && self.above.output.val().any() {
            self.clipped.d.next = self.clipped.q.val() + self.one.val();
        }
        self.saturations.next = self.clipped.q.val();
    }
}
