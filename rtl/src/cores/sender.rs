//! What leaves a spiking core: spike vectors through a FIFO, then one word per cycle.

use hdl::prelude::*;
use crate::link::LinkFormat;
use crate::plan::axis::Axis;
use crate::plan::pipeline::fifo_margin;
use crate::plan::CorePlan;

use hdl::blocks::ClearLowest;
use super::slicer::{Slicer, Slices};
use super::some_slice::SomeSlice;

/// Which bits of the field tell which part of the index: `mask[j]` has the positions whose index has bit `j` set.
pub(super) fn index_masks(width: usize, bits: u32, index: impl Fn(usize) -> usize) -> Vec<Const> {
    (0..bits)
        .map(|bit| {
            let mut limbs = vec![0u64; width.div_ceil(64)];
            for position in (0..width).filter(|&p| index(p) >> bit & 1 == 1) {
                limbs[position / 64] |= 1 << (position % 64);
            }
            Const::of(Value::from_limbs(u(width as u32), &limbs))
        })
        .collect()
}

/// `{row in bank, bank} -> output coordinate`, as a table.
fn coordinate_table(core_name: &str, what: &str, axis: &Axis, bits: u32) -> Table {
    let bank_bits = index_width(axis.banks);
    let rows = (0..axis.depth << bank_bits).map(|i| {
        let bank = i & ((1 << bank_bits) - 1);
        vec![if bank < axis.banks { axis.output_at(bank, i >> bank_bits).unwrap_or(0) as u64 } else { 0 }]
    });
    let input = index_width(axis.depth) + bank_bits;
    Table::new(format!("{core_name}_output_{what}"), input, &[("coordinate", u(bits))], rows.collect(), vec![]).documented(|doc| {
        doc.line(format!("Output {what} of {{{what} in the bank, bank ({bank_bits} bits)}}."))
            .rust("rtl::cores::sender::coordinate_table")
    })
}

/// Collects the spike vectors of a scan (only those with a spike, and the last of a step) and sends them as words.
///
/// The vectors wait in a FIFO, so that a scan waits for the link only when that is full; words leave while the next
/// step integrates. TICK follows the last spike of its step.
#[derive(Clone, Debug, LogicBlock)]
pub struct SpikeSender {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub spikes: Sig<In>,
    pub row: Sig<In>,
    pub column: Sig<In>,
    pub group: Sig<In>,
    pub end_step: Signal<In, Bit>,
    pub end_sample: Signal<In, Bit>,
    pub full: Signal<Out, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    kind_spike: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    no_fields: Vec<Const>,
    bank_row_mask: Vec<Const>,
    bank_column_mask: Vec<Const>,
    lane_mask: Vec<Const>,

    entry_valid: Flag,
    entry: Register,
    entry_word: Join,
    some_slice: Vec<SomeSlice>,
    fifo: Fifo,
    fetched: Split,
    slicer: Vec<Slicer>,
    slice_parts: Vec<Split>,
    slice_place: Vec<Join>,
    item_valid: Signal<Local, Bit>,
    item: Sig<Local>,
    item_place: Sig<Local>,
    item_marks: Sig<Local>,
    advance: Signal<Local, Bit>,
    load: Signal<Local, Bit>,

    have: Flag,
    left: Register,
    place: Register,
    marks: Register,
    end_here: Signal<Local, Bit>,
    rest: Register,
    behind_fetched: ClearLowest,
    behind_rest: ClearLowest,
    some_left: Flag,
    some_rest: Flag,
    spike_here: Signal<Local, Bit>,
    tick_here: Signal<Local, Bit>,
    entry_done: Signal<Local, Bit>,

    spike_2: Flag,
    tick_2: Flag,
    one_hot: Register,
    place_2: Register,
    marks_2: Register,
    bank_row: Vec<BitJoin>,
    bank_column: Vec<BitJoin>,
    lane: BitJoin,

    spike_3: Flag,
    tick_3: Flag,
    place_3: Register,
    marks_3: Register,
    bank_row_found: Vec<Register>,
    bank_column_found: Vec<Register>,
    lane_found: Register,
    bank_row_now: Sig<Local>,
    bank_column_now: Sig<Local>,
    lane_parts: Join,
    place_parts: Split,
    row_table: Vec<Table>,
    column_table: Vec<Table>,
    row_index: Vec<Join>,
    column_index: Vec<Join>,
    channel_base: Vec<ScaleBy>,
    channel_lane: Vec<Sig<Local>>,
    fields: Vec<Join>,
    fields_now: Vec<Sig<Local>>,
    kind_now: Sig<Local>,
    word: Join,

    valid_4: Flag,
    word_4: Register,

    _whole: usize,
    _sliced: usize,
    _row_inside: usize,
    _row_of_slice: usize,
    _column_inside: usize,
    _column_of_slice: usize,
    _lane_high_at: usize,
    _lane_high_end: usize,
    _bank_row_bits: usize,
    _bank_column_bits: usize,
    _lane_bits: usize,
    _any_field: usize,
    _has_x: usize,
    _has_y: usize,
    _has_c: usize,
    _y_at: usize,
    _y_end: usize,
    _c_at: usize,
    _c_end: usize,
    _kind_at: usize,
    _kind_end: usize,
}

impl SpikeSender {
    pub fn new(core: &CorePlan) -> Self {
        let LinkFormat { x_bits, y_bits, c_bits, .. } = core.output;
        let (banks_x, lanes) = (core.columns.banks, core.lanes);
        let slices = Slices::of(core);
        let (width, sliced) = (slices.width, core.sliced());
        let (spikes, slice) = (u(width as u32), u(slices.slice as u32));
        let (row, column) = (u(index_width(core.rows.depth)), u(index_width(core.columns.depth)));
        let group = u(index_width(core.groups));
        let marks = u(2);
        let place = u(group.width + column.width + row.width);
        let (bank_row, bank_column) = (u(index_width(core.rows.banks)), u(index_width(banks_x)));
        // The lane's place in the slice; its higher bits are the slice's.
        let lane = u(index_width(slices.slice.min(lanes)));
        let slice_fields = if sliced { slices.place_shapes(bank_row, bank_column) } else { vec![] };
        let slice_bits: u32 = slice_fields.iter().map(|field| field.width).sum();
        let full_place = u(place.width + slice_bits);
        let place_fields: Vec<Shape> = [group, column, row].into_iter().chain(slice_fields.iter().copied()).collect();
        let lane_high = (slices.lane_high_bits > 0).then(|| u(slices.lane_high_bits));
        let lane_fields: Vec<Shape> = [lane].into_iter().chain(lane_high).collect();
        let column_inside = !sliced || slices.column_inside;
        let found = |inside: bool, bits: u32| vec![BitJoin::new(bits); usize::from(inside)];
        let parts: Vec<Shape> = [x_bits, y_bits, c_bits].iter().filter(|b| **b > 0).map(|b| u(*b)).collect();
        let any = usize::from(!parts.is_empty());
        let field_bits: u32 = parts.iter().map(|p| p.width).sum();
        let word_parts: Vec<Shape> = (any == 1).then(|| u(field_bits)).into_iter().chain([u(2)]).collect();
        let (has_x, has_y, has_c) = (usize::from(x_bits > 0), usize::from(y_bits > 0), usize::from(c_bits > 0));
        let one = |present: usize, table: &dyn Fn() -> Table| (0..present).map(|_| table()).collect::<Vec<_>>();
        let data = u(core.output.width());
        let entry = width as u32 + place.width + 2;
        SpikeSender {
            doc: Doc::new(format!("{}_sender", core.name), "Sends the spikes of the fire phase, one word per cycle.")
                .line(format!(
                    "A scanned word brings {width} spike bits: lane l of bank (by, bx) is bit \
                     (by * {banks_x} + bx) * {lanes} + l. Words with a spike wait in the FIFO, and so does the last word of \
                     a step; then a word per spike, lowest bit first, then TICK.{}",
                    if sliced { " The FIFO's words are searched in slices." } else { "" }
                ))
                .rust("rtl::cores::sender::SpikeSender")
                .golden("none: order inside a step is free")
                .latency(format!("{} cycles from a spike vector to its first word when idle; then one word per cycle", if sliced { 10 } else { 8 }))
                .port("in_valid", "a scanned word's spikes")
                .port("spikes", "one bit per neuron of the word, all banks")
                .port("row", "row in the bank")
                .port("column", "column in the bank")
                .port("group", "word at the position")
                .port("end_step", "last word of the step: TICK follows")
                .port("end_sample", "with end_step: TICK_LAST instead")
                .port("full", "room only for what is on its way")
                .port("out_data", "{kind, c, y, x}, see docs/link.md"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            spikes: Sig::new(spikes),
            row: Sig::new(row),
            column: Sig::new(column),
            group: Sig::new(group),
            end_step: Default::default(),
            end_sample: Default::default(),
            full: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(data),

            kind_spike: Const::new(u(2), 0),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            no_fields: vec![Const::new(u(field_bits.max(1)), 0); any],
            bank_row_mask: index_masks(slices.slice, bank_row.width, |p| p / lanes / banks_x),
            bank_column_mask: index_masks(slices.slice, bank_column.width, |p| p / lanes % banks_x),
            lane_mask: index_masks(slices.slice, lane.width, |p| p % lanes),

            entry_valid: Flag::new(),
            entry: Register::new(u(entry)),
            entry_word: Join::of(&[spikes, group, column, row, u(1), u(1)]),
            some_slice: (0..usize::from(sliced)).map(|_| SomeSlice::new(core)).collect(),
            fifo: Fifo::with_margin(core.fifo_depth, entry, fifo_margin(core)),
            fetched: Split::of(&[spikes, place, marks]),
            slicer: (0..usize::from(sliced)).map(|_| Slicer::new(core, place)).collect(),
            slice_parts: (0..usize::from(sliced)).map(|_| Split::of(&[slice, place, u(slice_bits), marks])).collect(),
            slice_place: (0..usize::from(sliced)).map(|_| Join::of(&[place, u(slice_bits)])).collect(),
            item_valid: Default::default(),
            item: Sig::new(slice),
            item_place: Sig::new(full_place),
            item_marks: Sig::new(marks),
            advance: Default::default(),
            load: Default::default(),

            have: Flag::new(),
            left: Register::new(slice),
            place: Register::new(full_place),
            marks: Register::new(marks),
            end_here: Default::default(),
            rest: Register::new(slice),
            behind_fetched: ClearLowest::new(slices.slice),
            behind_rest: ClearLowest::new(slices.slice),
            some_left: Flag::new(),
            some_rest: Flag::new(),
            spike_here: Default::default(),
            tick_here: Default::default(),
            entry_done: Default::default(),

            spike_2: Flag::new(),
            tick_2: Flag::new(),
            one_hot: Register::new(slice),
            place_2: Register::new(full_place),
            marks_2: Register::new(marks),
            bank_row: found(!sliced, bank_row.width),
            bank_column: found(column_inside, bank_column.width),
            lane: BitJoin::new(lane.width),

            spike_3: Flag::new(),
            tick_3: Flag::new(),
            place_3: Register::new(full_place),
            marks_3: Register::new(marks),
            bank_row_found: Register::several(usize::from(!sliced), bank_row),
            bank_column_found: Register::several(usize::from(column_inside), bank_column),
            lane_found: Register::new(lane),
            bank_row_now: Sig::new(bank_row),
            bank_column_now: Sig::new(bank_column),
            lane_parts: Join::of(&lane_fields),
            place_parts: Split::of(&place_fields),
            row_table: one(has_y, &|| coordinate_table(&core.name, "row", &core.rows, y_bits)),
            column_table: one(has_x, &|| coordinate_table(&core.name, "column", &core.columns, x_bits)),
            row_index: vec![Join::of(&[bank_row, row]); has_y],
            column_index: vec![Join::of(&[bank_column, column]); has_x],
            channel_base: vec![ScaleBy::new(group, lanes as u64, u(c_bits.max(1))); has_c],
            channel_lane: Sig::several(has_c, u(c_bits.max(1))),
            fields: (0..any).map(|_| Join::of(&parts)).collect(),
            fields_now: Sig::several(any, u(field_bits.max(1))),
            kind_now: Sig::new(u(2)),
            word: Join::of(&word_parts),

            valid_4: Flag::new(),
            word_4: Register::new(data),

            _whole: usize::from(!sliced),
            _sliced: usize::from(sliced),
            _row_inside: usize::from(!sliced),
            _row_of_slice: usize::from(sliced),
            _column_inside: usize::from(column_inside),
            _column_of_slice: usize::from(!column_inside),
            // Fields of the place: group, column, row, bank row, then bank column and higher bits of the lane, if any.
            _lane_high_at: 2 + slice_fields.len(),
            _lane_high_end: 2 + slice_fields.len() + usize::from(lane_high.is_some()),
            _bank_row_bits: bank_row.width as usize,
            _bank_column_bits: bank_column.width as usize,
            _lane_bits: lane.width as usize,
            _any_field: any,
            _has_x: has_x,
            _has_y: has_y,
            _has_c: has_c,
            _y_at: has_x,
            _y_end: has_x + has_y,
            _c_at: has_x + has_y,
            _c_end: has_x + has_y + has_c,
            _kind_at: any,
            _kind_end: any + 1,
        }
    }
}

impl Logic for SpikeSender {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, entry_valid, entry, fifo, have, left, rest, some_left, some_rest, place, marks, spike_2, tick_2, one_hot, place_2, lane_found);
        clock!(self, clock, marks_2, spike_3, tick_3, place_3, marks_3, valid_4, word_4);
        self.entry_valid.reset.next = self.reset.val();
        self.fifo.reset.next = self.reset.val();
        self.have.reset.next = self.reset.val();
        self.some_left.reset.next = self.reset.val();
        self.some_rest.reset.next = self.reset.val();
        self.spike_2.reset.next = self.reset.val();
        self.tick_2.reset.next = self.reset.val();
        self.spike_3.reset.next = self.reset.val();
        self.tick_3.reset.next = self.reset.val();
        self.valid_4.reset.next = self.reset.val();

        comment!("Collect: words with a spike, and the last of a step");
        self.entry_word.part[0].next = self.spikes.val();
        self.entry_word.part[1].next = self.group.val();
        self.entry_word.part[2].next = self.column.val();
        self.entry_word.part[3].next = self.row.val();
        self.entry_word.part[4].next = bit_cast_bool(self.end_step.val());
        self.entry_word.part[5].next = bit_cast_bool(self.end_sample.val());
        self.entry.d.next = self.entry_word.output.val();
        for _i in 0..self._whole {
            self.entry_valid.d.next = self.in_valid.val() & (self.spikes.val().any() | self.end_step.val());
            self.fifo.in_valid.next = self.entry_valid.q.val();
        }
        for i in 0..self._sliced {
            self.some_slice[i].clock.next = self.clock.val();
            self.some_slice[i].spikes.next = self.spikes.val();
            self.some_slice[i].end_step.next = self.end_step.val();
            self.entry_valid.d.next = self.in_valid.val();
            self.fifo.in_valid.next = self.entry_valid.q.val() & self.some_slice[i].some.val();
        }
        self.fifo.in_data.next = self.entry.q.val();
        self.full.next = self.fifo.almost_full.val();

        comment!("Stage 1: one spike of the vector per cycle, lowest bit first (rest: left without it; some_: not zero); then the TICK, if any");
        self.advance.next = self.out_ready.val() | !self.valid_4.q.val();
        self.end_here.next = self.marks.q.val().get_bit(0);
        self.spike_here.next = self.have.q.val() & self.some_left.q.val();
        self.tick_here.next = self.have.q.val() & !self.some_left.q.val();
        self.entry_done.next = self.tick_here.val() | (!self.some_rest.q.val() & !self.end_here.val());
        self.load.next = self.advance.val() & (!self.have.q.val() | self.entry_done.val());
        self.fetched.input.next = self.fifo.out_data.val();
        for _i in 0..self._whole {
            self.item_valid.next = self.fifo.out_valid.val();
            self.item.next = self.fetched.part[0].val();
            self.item_place.next = self.fetched.part[1].val();
            self.item_marks.next = self.fetched.part[2].val();
            self.fifo.out_ready.next = self.load.val();
        }
        for i in 0..self._sliced {
            self.slicer[i].clock.next = self.clock.val();
            self.slicer[i].reset.next = self.reset.val();
            self.slicer[i].in_valid.next = self.fifo.out_valid.val();
            self.slicer[i].spikes.next = self.fetched.part[0].val();
            self.slicer[i].place.next = self.fetched.part[1].val();
            self.slicer[i].marks.next = self.fetched.part[2].val();
            self.fifo.out_ready.next = self.slicer[i].in_ready.val();
            self.slicer[i].out_ready.next = self.load.val();
            self.slice_parts[i].input.next = self.slicer[i].out_data.val();
            self.slice_place[i].part[0].next = self.slice_parts[i].part[1].val();
            self.slice_place[i].part[1].next = self.slice_parts[i].part[2].val();
            self.item_valid.next = self.slicer[i].out_valid.val();
            self.item.next = self.slice_parts[i].part[0].val();
            self.item_place.next = self.slice_place[i].output.val();
            self.item_marks.next = self.slice_parts[i].part[3].val();
        }
        self.behind_fetched.vector.next = self.item.val();
        self.behind_rest.vector.next = self.rest.q.val();
        self.have.d.next = self.have.q.val();
        self.left.d.next = self.left.q.val();
        self.rest.d.next = self.rest.q.val();
        self.place.d.next = self.place.q.val();
        self.marks.d.next = self.marks.q.val();
        self.some_left.d.next = self.some_left.q.val();
        self.some_rest.d.next = self.some_rest.q.val();
        if self.load.val() {
            self.have.d.next = self.item_valid.val();
            self.left.d.next = self.item.val();
            self.some_left.d.next = self.behind_fetched.some.val();
            self.rest.d.next = self.behind_fetched.rest.val();
            self.some_rest.d.next = self.behind_fetched.some_rest.val();
            self.place.d.next = self.item_place.val();
            self.marks.d.next = self.item_marks.val();
        } else if self.advance.val() {
            self.left.d.next = self.rest.q.val();
            self.some_left.d.next = self.some_rest.q.val();
            self.rest.d.next = self.behind_rest.rest.val();
            self.some_rest.d.next = self.behind_rest.some_rest.val();
        }

        comment!("Stage 2: which bank and lane");
        self.spike_2.d.next = self.spike_2.q.val();
        self.tick_2.d.next = self.tick_2.q.val();
        self.one_hot.d.next = self.one_hot.q.val();
        self.place_2.d.next = self.place_2.q.val();
        self.marks_2.d.next = self.marks_2.q.val();
        if self.advance.val() {
            self.spike_2.d.next = self.spike_here.val();
            self.tick_2.d.next = self.tick_here.val();
            self.one_hot.d.next = self.left.q.val() & !self.rest.q.val();
            self.place_2.d.next = self.place.q.val();
            self.marks_2.d.next = self.marks.q.val();
        }
        for k in 0..self._row_inside {
            for i in 0..self._bank_row_bits {
                self.bank_row[k].bit[i].next = (self.one_hot.q.val() & self.bank_row_mask[i].val()).any();
            }
        }
        for k in 0..self._column_inside {
            for i in 0..self._bank_column_bits {
                self.bank_column[k].bit[i].next = (self.one_hot.q.val() & self.bank_column_mask[i].val()).any();
            }
        }
        for i in 0..self._lane_bits {
            self.lane.bit[i].next = (self.one_hot.q.val() & self.lane_mask[i].val()).any();
        }

        comment!("Stage 3: the coordinate");
        self.spike_3.d.next = self.spike_3.q.val();
        self.tick_3.d.next = self.tick_3.q.val();
        self.place_3.d.next = self.place_3.q.val();
        self.marks_3.d.next = self.marks_3.q.val();
        for k in 0..self._row_inside {
            self.bank_row_found[k].clock.next = self.clock.val();
            self.bank_row_found[k].d.next = self.bank_row_found[k].q.val();
            if self.advance.val() {
                self.bank_row_found[k].d.next = self.bank_row[k].output.val();
            }
            self.bank_row_now.next = self.bank_row_found[k].q.val();
        }
        for k in 0..self._column_inside {
            self.bank_column_found[k].clock.next = self.clock.val();
            self.bank_column_found[k].d.next = self.bank_column_found[k].q.val();
            if self.advance.val() {
                self.bank_column_found[k].d.next = self.bank_column[k].output.val();
            }
            self.bank_column_now.next = self.bank_column_found[k].q.val();
        }
        self.lane_found.d.next = self.lane_found.q.val();
        if self.advance.val() {
            self.spike_3.d.next = self.spike_2.q.val();
            self.tick_3.d.next = self.tick_2.q.val();
            self.place_3.d.next = self.place_2.q.val();
            self.marks_3.d.next = self.marks_2.q.val();
            self.lane_found.d.next = self.lane.output.val();
        }
        self.place_parts.input.next = self.place_3.q.val();
        for _i in 0..self._row_of_slice {
            self.bank_row_now.next = self.place_parts.part[3].val();
        }
        for _i in 0..self._column_of_slice {
            self.bank_column_now.next = self.place_parts.part[4].val();
        }
        self.lane_parts.part[0].next = self.lane_found.q.val();
        for i in self._lane_high_at..self._lane_high_end {
            self.lane_parts.part[1].next = self.place_parts.part[i].val();
        }
        for i in 0..self._has_x {
            self.column_index[i].part[0].next = self.bank_column_now.val();
            self.column_index[i].part[1].next = self.place_parts.part[1].val();
            self.column_table[i].input.next = self.column_index[i].output.val();
            self.fields[0].part[i].next = self.column_table[i].output[0].val();
        }
        for i in 0..self._has_y {
            self.row_index[i].part[0].next = self.bank_row_now.val();
            self.row_index[i].part[1].next = self.place_parts.part[2].val();
            self.row_table[i].input.next = self.row_index[i].output.val();
            for k in self._y_at..self._y_end {
                self.fields[0].part[k].next = self.row_table[i].output[0].val();
            }
        }
        for i in 0..self._has_c {
            self.channel_base[i].input.next = self.place_parts.part[0].val();
            self.channel_lane[i].next = unsigned_cast_to(self.lane_parts.output.val(), self.channel_lane[i].shape().width);
            for k in self._c_at..self._c_end {
                self.fields[0].part[k].next = self.channel_base[i].output.val() + self.channel_lane[i].val();
            }
        }
        self.kind_now.next = self.kind_spike.val();
        if self.tick_3.q.val() {
            self.kind_now.next = self.kind_tick.val();
            if self.marks_3.q.val().get_bit(1) {
                self.kind_now.next = self.kind_tick_last.val();
            }
        }
        for i in 0..self._any_field {
            self.fields_now[i].next = self.fields[i].output.val();
            if self.tick_3.q.val() {
                self.fields_now[i].next = self.no_fields[i].val();
            }
            self.word.part[i].next = self.fields_now[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.word.part[k].next = self.kind_now.val();
        }

        comment!("Stage 4: the link");
        self.valid_4.d.next = self.valid_4.q.val();
        self.word_4.d.next = self.word_4.q.val();
        if self.advance.val() {
            self.valid_4.d.next = self.spike_3.q.val() | self.tick_3.q.val();
            self.word_4.d.next = self.word.output.val();
        }
        self.out_valid.next = self.valid_4.q.val();
        self.out_data.next = self.word_4.q.val();
    }
}
