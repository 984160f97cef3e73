//! What leaves a readout core: the shown membrane of every neuron, one word per cycle.

use hdl::prelude::*;
use crate::link::LinkFormat;
use crate::plan::pipeline::fifo_margin;
use crate::plan::CorePlan;

/// Sends each scanned word's values, lane 0 first, and TICK behind the last word of a step. One bank only.
#[derive(Clone, Debug, LogicBlock)]
pub struct ValueSender {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub values: Sig<In>,
    pub row: Sig<In>,
    pub column: Sig<In>,
    pub group: Sig<In>,
    pub end_step: Signal<In, Bit>,
    pub end_sample: Signal<In, Bit>,
    pub full: Signal<Out, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    kind_value: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    first_lane: Const,
    next_lane: Const,
    final_lane: Const,
    final_group: Const,
    final_lane_of_last: Const,
    no_fields: Const,

    entry_valid: Flag,
    entry: Register,
    entry_word: Join,
    fifo: Fifo,
    fetched: Split,
    advance: Signal<Local, Bit>,
    load: Signal<Local, Bit>,

    have: Flag,
    left: Register,
    place: Register,
    marks: Register,
    lane: Register,
    sent: Flag,
    end_here: Signal<Local, Bit>,
    value_here: Signal<Local, Bit>,
    lane_done: Signal<Local, Bit>,
    entry_done: Signal<Local, Bit>,
    place_parts: Split,
    place_now: Sig<Local>,

    channel_base: Vec<ScaleBy>,
    channel_lane: Vec<Sig<Local>>,
    payload: Sig<Local>,
    fields: Join,
    fields_now: Sig<Local>,
    kind_now: Sig<Local>,
    word: Join,

    out_full: Flag,
    out_word: Register,

    _has_x: usize,
    _has_y: usize,
    _y_at: usize,
    _y_end: usize,
    _has_c: usize,
    _c_at: usize,
    _c_end: usize,
    _payload_at: usize,
    _payload_end: usize,
    _bits: u32,
}

impl ValueSender {
    pub fn new(core: &CorePlan) -> Self {
        let LinkFormat { x_bits, y_bits, c_bits, payload_bits } = core.output;
        let lanes = core.lanes;
        let values = u(payload_bits * lanes as u32);
        let (row, column) = (u(index_width(core.rows.depth)), u(index_width(core.columns.depth)));
        let group = u(index_width(core.groups));
        let lane = u(index_width(lanes));
        let place = u(group.width + column.width + row.width);
        let marks = u(2);
        let entry = values.width + place.width + 2;
        let tail = core.layer.output.c - (core.groups - 1) * lanes;
        let parts: Vec<Shape> =
            [x_bits, y_bits, c_bits, payload_bits].iter().filter(|b| **b > 0).map(|b| u(*b)).collect();
        let field_bits: u32 = parts.iter().map(|p| p.width).sum();
        let (has_x, has_y, has_c) = (usize::from(x_bits > 0), usize::from(y_bits > 0), usize::from(c_bits > 0));
        ValueSender {
            doc: Doc::new(format!("{}_sender", core.name), "Sends the readout of each time step, one value per cycle.")
                .rust("rtl::cores::value_sender::ValueSender")
                .golden("golden::Engine (shown membranes)")
                .latency("5 cycles from a word to its first value when idle; then one value per cycle")
                .port("in_valid", "a scanned word's values")
                .port("values", "one value per lane, lane 0 lowest")
                .port("row", "row")
                .port("column", "column")
                .port("group", "word at the position")
                .port("end_step", "last word of the step: TICK follows")
                .port("end_sample", "with end_step: TICK_LAST instead")
                .port("full", "room only for what is on its way")
                .port("out_data", "{kind, payload, c, y, x}, see docs/link.md"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            values: Sig::new(values),
            row: Sig::new(row),
            column: Sig::new(column),
            group: Sig::new(group),
            end_step: Default::default(),
            end_sample: Default::default(),
            full: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),

            kind_value: Const::new(u(2), 3),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            first_lane: Const::new(lane, 0),
            next_lane: Const::new(lane, 1),
            final_lane: Const::new(lane, lanes as i64 - 1),
            final_group: Const::new(group, core.groups as i64 - 1),
            final_lane_of_last: Const::new(lane, tail as i64 - 1),
            no_fields: Const::new(u(field_bits), 0),

            entry_valid: Flag::new(),
            entry: Register::new(u(entry)),
            entry_word: Join::of(&[values, group, column, row, u(1), u(1)]),
            fifo: Fifo::with_margin(core.fifo_depth, entry, fifo_margin(core)),
            fetched: Split::of(&[values, place, marks]),
            advance: Default::default(),
            load: Default::default(),

            have: Flag::new(),
            left: Register::new(values),
            place: Register::new(place),
            marks: Register::new(marks),
            lane: Register::new(lane),
            sent: Flag::new(),
            end_here: Default::default(),
            value_here: Default::default(),
            lane_done: Default::default(),
            entry_done: Default::default(),
            place_parts: Split::of(&[group, column, row]),
            place_now: Sig::new(place),

            channel_base: vec![ScaleBy::new(group, lanes as u64, u(c_bits.max(1))); has_c],
            channel_lane: Sig::several(has_c, u(c_bits.max(1))),
            payload: Sig::new(u(payload_bits)),
            fields: Join::of(&parts),
            fields_now: Sig::new(u(field_bits)),
            kind_now: Sig::new(u(2)),
            word: Join::of(&[u(field_bits), u(2)]),

            out_full: Flag::new(),
            out_word: Register::new(u(core.output.width())),

            _has_x: has_x,
            _has_y: has_y,
            _y_at: has_x,
            _y_end: has_x + has_y,
            _has_c: has_c,
            _c_at: has_x + has_y,
            _c_end: has_x + has_y + has_c,
            _payload_at: has_x + has_y + has_c,
            _payload_end: has_x + has_y + has_c + 1,
            _bits: payload_bits,
        }
    }
}

impl Logic for ValueSender {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, entry_valid, entry, fifo, have, left, place, marks, lane, sent, out_full, out_word);
        self.entry_valid.reset.next = self.reset.val();
        self.fifo.reset.next = self.reset.val();
        self.have.reset.next = self.reset.val();
        self.sent.reset.next = self.reset.val();
        self.out_full.reset.next = self.reset.val();

        comment!("Collect");
        self.entry_word.part[0].next = self.values.val();
        self.entry_word.part[1].next = self.group.val();
        self.entry_word.part[2].next = self.column.val();
        self.entry_word.part[3].next = self.row.val();
        self.entry_word.part[4].next = bit_cast_bool(self.end_step.val());
        self.entry_word.part[5].next = bit_cast_bool(self.end_sample.val());
        self.entry_valid.d.next = self.in_valid.val();
        self.entry.d.next = self.entry_word.output.val();
        self.fifo.in_valid.next = self.entry_valid.q.val();
        self.fifo.in_data.next = self.entry.q.val();
        self.full.next = self.fifo.almost_full.val();

        comment!("Stage 1: one value of the word per cycle; then the TICK, if any");
        self.advance.next = self.out_ready.val() | !self.out_full.q.val();
        self.end_here.next = self.marks.q.val().get_bit(0);
        self.place_now.next = self.place.q.val();
        self.place_parts.input.next = self.place_now.val();
        self.value_here.next = self.have.q.val() & !self.sent.q.val();
        self.lane_done.next = self.lane.q.val() == self.final_lane.val();
        if self.place_parts.part[0].val() == self.final_group.val() {
            self.lane_done.next = self.lane.q.val() == self.final_lane_of_last.val();
        }
        self.entry_done.next = self.sent.q.val() | (self.lane_done.val() & !self.end_here.val());
        self.load.next = self.advance.val() & (!self.have.q.val() | self.entry_done.val());
        self.fetched.input.next = self.fifo.out_data.val();
        self.fifo.out_ready.next = self.load.val();
        self.have.d.next = self.have.q.val();
        self.left.d.next = self.left.q.val();
        self.place.d.next = self.place.q.val();
        self.marks.d.next = self.marks.q.val();
        self.lane.d.next = self.lane.q.val();
        self.sent.d.next = self.sent.q.val();
        if self.load.val() {
            self.have.d.next = self.fifo.out_valid.val();
            self.left.d.next = self.fetched.part[0].val();
            self.place.d.next = self.fetched.part[1].val();
            self.marks.d.next = self.fetched.part[2].val();
            self.lane.d.next = self.first_lane.val();
            self.sent.d.next = false;
        } else if self.advance.val() {
            self.left.d.next = self.left.q.val() >> bits_number(self._bits);
            self.lane.d.next = self.lane.q.val() + self.next_lane.val();
            self.sent.d.next = self.lane_done.val();
        }

        comment!("Stage 2: the word");
        for i in 0..self._has_x {
            self.fields.part[i].next =
                unsigned_cast_to(self.place_parts.part[1].val(), self.fields.part[i].shape().width);
        }
        for i in 0..self._has_y {
            for k in self._y_at..self._y_end {
                self.fields.part[k + i].next =
                    unsigned_cast_to(self.place_parts.part[2].val(), self.fields.part[k + i].shape().width);
            }
        }
        for i in 0..self._has_c {
            self.channel_base[i].input.next = self.place_parts.part[0].val();
            self.channel_lane[i].next = unsigned_cast_to(self.lane.q.val(), self.channel_lane[i].shape().width);
            for k in self._c_at..self._c_end {
                self.fields.part[k].next = self.channel_base[i].output.val() + self.channel_lane[i].val();
            }
        }
        self.payload.next = bit_cast_slice(self.left.q.val(), 0, self._bits);
        for k in self._payload_at..self._payload_end {
            self.fields.part[k].next = self.payload.val();
        }
        self.fields_now.next = self.fields.output.val();
        self.kind_now.next = self.kind_value.val();
        if self.sent.q.val() {
            self.fields_now.next = self.no_fields.val();
            self.kind_now.next = self.kind_tick.val();
            if self.marks.q.val().get_bit(1) {
                self.kind_now.next = self.kind_tick_last.val();
            }
        }
        self.word.part[0].next = self.fields_now.val();
        self.word.part[1].next = self.kind_now.val();
        self.out_full.d.next = self.out_full.q.val();
        self.out_word.d.next = self.out_word.q.val();
        if self.advance.val() {
            self.out_full.d.next = self.value_here.val() | (self.have.q.val() & self.sent.q.val());
            self.out_word.d.next = self.word.output.val();
        }
        self.out_valid.next = self.out_full.q.val();
        self.out_data.next = self.out_word.q.val();
    }
}
