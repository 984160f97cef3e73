//! One answer per sample: which neuron of the last layer wins.

use hdl::prelude::*;
use crate::plan::{OutPort, Readout as Mode, COUNT_MAX};

/// Counts spikes (or keeps the last value) of each neuron; at TICK_LAST sends VALUE (winner, score), then TICK_LAST.
/// The lowest index wins a tie.
#[derive(Clone, Debug, LogicBlock)]
pub struct Readout {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    kind_scored: Const,
    kind_value: Const,
    kind_tick_last: Const,
    no_fields: Const,
    zero: Vec<Const>,
    one: Vec<Const>,
    most: Vec<Const>,
    first: Const,
    next: Const,
    final_index: Const,

    padded: Sig<Local>,
    kind: Sig<Local>,
    index: Sig<Local>,
    address: Sig<Local>,
    payload: Vec<Sig<Local>>,
    payload_word: Split,
    scores: LutRam,
    score: Sig<Local>,
    updated: Sig<Local>,
    started: Flag,
    searching: Flag,
    answering: Flag,
    ending: Flag,
    count: ResetRegister,
    best: Register,
    best_index: Register,
    better: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    search_end: Signal<Local, Bit>,
    winner: Vec<Sig<Local>>,
    fields: Join,
    word: Join,
    fields_now: Sig<Local>,
    kind_now: Sig<Local>,

    _counting: usize,
    _keeping: usize,
    _indexed: usize,
    _payload_at: usize,
    _payload_end: usize,
    _kind_low: u32,
    _index_low: u32,
    _index_bits: u32,
}

impl Readout {
    /// Of the words that leave at `port`.
    pub fn new(port: &OutPort, mode: Mode) -> Self {
        let (format, output, neurons) = (port.words, port.format, port.shape.c);
        let [_, _, c_low, payload_low, kind_low] = format.offsets();
        let width = format.width();
        let (index_low, index_bits) = if format.c_bits == 0 { (width, 1) } else { (c_low, format.c_bits) };
        let counting = mode == Mode::Count;
        let score = s(output.payload_bits);
        let index = u(index_bits);
        let indexed = usize::from(output.c_bits > 0);
        let parts: Vec<Shape> = (indexed == 1).then(|| u(output.c_bits)).into_iter().chain([u(score.width)]).collect();
        let field_bits: u32 = parts.iter().map(|p| p.width).sum();
        let one = |present: bool| usize::from(present);
        // Below, payload, above: the payload of a link without one is a bit that is always 0.
        let payload_parts = if counting {
            vec![u(width), s(1)]
        } else {
            vec![u(payload_low), s(format.payload_bits), u(width + 1 - payload_low - format.payload_bits)]
        };
        Readout {
            doc: Doc::new("readout", "One answer per sample: the winning neuron and its score.")
                .line(if counting {
                    format!("Score: spikes in the sample, at most {COUNT_MAX} (saturates). The lowest index wins a tie.")
                } else {
                    "Score: the value after the last step. The lowest index wins a tie.".to_string()
                })
                .rust("rtl::cores::readout::Readout")
                .golden("golden::decide")
                .latency(format!("{} cycles from TICK_LAST to the answer", neurons + 1))
                .port("in_ready", "low while the answer is found and sent")
                .port("out_data", "{kind, payload, c}: VALUE, then TICK_LAST"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(output.width())),

            kind_scored: Const::new(u(2), if counting { 0 } else { 3 }),
            kind_value: Const::new(u(2), 3),
            kind_tick_last: Const::new(u(2), 2),
            no_fields: Const::new(u(field_bits), 0),
            zero: vec![Const::new(score, 0); one(counting)],
            one: vec![Const::new(score, 1); one(counting)],
            most: (0..one(counting)).map(|_| Const::new(score, COUNT_MAX)).collect(),
            first: Const::new(index, 0),
            next: Const::new(index, 1),
            final_index: Const::new(index, neurons as i64 - 1),

            padded: Sig::new(u(width + 1)),
            kind: Sig::new(u(2)),
            index: Sig::new(index),
            address: Sig::new(index),
            payload: Sig::several(one(!counting), score),
            payload_word: Split::of(&payload_parts),
            scores: LutRam::new(1 << index_bits, score.width),
            score: Sig::new(score),
            updated: Sig::new(score),
            started: Flag::new(),
            searching: Flag::set(),
            answering: Flag::new(),
            ending: Flag::new(),
            count: ResetRegister::new(index, 0),
            best: Register::new(score),
            best_index: Register::new(index),
            better: Default::default(),
            take: Default::default(),
            search_end: Default::default(),
            winner: Sig::several(indexed, index),
            fields: Join::of(&parts),
            word: Join::of(&[u(field_bits), u(2)]),
            fields_now: Sig::new(u(field_bits)),
            kind_now: Sig::new(u(2)),

            _counting: one(counting),
            _keeping: one(!counting),
            _indexed: indexed,
            _payload_at: indexed,
            _payload_end: indexed + 1,
            _kind_low: kind_low,
            _index_low: index_low,
            _index_bits: index_bits,
        }
    }
}

impl Logic for Readout {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, scores, started, searching, answering, ending, count, best, best_index);
        self.started.reset.next = self.reset.val();
        self.searching.reset.next = self.reset.val();
        self.answering.reset.next = self.reset.val();
        self.ending.reset.next = self.reset.val();
        self.count.reset.next = self.reset.val();

        comment!("Collect: one word per cycle");
        self.padded.next = bit_cast_to(self.in_data.val(), self.padded.shape().width);
        self.kind.next = bit_cast_slice(self.padded.val(), self._kind_low, 2);
        self.index.next = bit_cast_slice(self.padded.val(), self._index_low, self._index_bits);
        self.payload_word.input.next = self.padded.val();
        self.in_ready.next = !self.searching.q.val() & !self.answering.q.val() & !self.ending.q.val();
        self.take.next = self.in_valid.val() & !self.searching.q.val() & !self.answering.q.val() & !self.ending.q.val();
        self.address.next = self.index.val();
        if self.searching.q.val() {
            self.address.next = self.count.q.val();
        }
        self.scores.read_address.next = self.address.val();
        self.score.next = bit_cast_signed(self.scores.read_data.val());
        for i in 0..self._counting {
            self.updated.next = self.score.val();
            if self.score.val() < self.most[i].val() {
                self.updated.next = self.score.val() + self.one[i].val();
            }
            if self.searching.q.val() {
                self.updated.next = self.zero[i].val();
            }
        }
        for i in 0..self._keeping {
            self.payload[i].next = self.payload_word.part[1].val();
            self.updated.next = self.payload[i].val();
        }
        self.scores.write_enable.next = self.take.val() & (self.kind.val() == self.kind_scored.val());
        for _i in 0..self._counting {
            self.scores.write_enable.next =
                self.searching.q.val() | (self.take.val() & (self.kind.val() == self.kind_scored.val()));
        }
        self.scores.write_address.next = self.address.val();
        self.scores.write_data.next = bit_cast_unsigned(self.updated.val());

        comment!("Search: one neuron per cycle; counts are cleared on the way and once after reset");
        self.search_end.next = self.searching.q.val() & (self.count.q.val() == self.final_index.val());
        self.count.d.next = self.first.val();
        if self.searching.q.val() & !self.search_end.val() {
            self.count.d.next = self.count.q.val() + self.next.val();
        }
        self.better.next = (self.count.q.val() == self.first.val()) | (self.score.val() > self.best.q.val());
        self.best.d.next = self.best.q.val();
        self.best_index.d.next = self.best_index.q.val();
        if self.searching.q.val() & self.better.val() {
            self.best.d.next = self.score.val();
            self.best_index.d.next = self.count.q.val();
        }

        comment!("Answer: the winner, then TICK_LAST");
        self.searching.d.next = (self.searching.q.val() & !self.search_end.val())
            | (self.take.val() & (self.kind.val() == self.kind_tick_last.val()));
        self.answering.d.next = self.answering.q.val() & !self.out_ready.val();
        self.ending.d.next = (self.ending.q.val() & !self.out_ready.val())
            | (self.answering.q.val() & self.out_ready.val());
        self.started.d.next = self.started.q.val() | self.search_end.val();
        if self.search_end.val() & self.started.q.val() {
            self.answering.d.next = true;
        }
        for i in 0..self._indexed {
            self.winner[i].next = self.best_index.q.val();
            self.fields.part[i].next = self.winner[i].val();
        }
        for k in self._payload_at..self._payload_end {
            self.fields.part[k].next = unsigned_cast_to(self.best.q.val(), self.fields.part[k].shape().width);
        }
        self.kind_now.next = self.kind_value.val();
        self.fields_now.next = self.fields.output.val();
        if self.ending.q.val() {
            self.kind_now.next = self.kind_tick_last.val();
            self.fields_now.next = self.no_fields.val();
        }
        self.word.part[0].next = self.fields_now.val();
        self.word.part[1].next = self.kind_now.val();
        self.out_valid.next = self.answering.q.val() | self.ending.q.val();
        self.out_data.next = self.word.output.val();
    }
}
