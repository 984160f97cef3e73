//! The sequencer: takes words from the link and issues one memory operation per cycle.

use net::Synapses;

use super::headers::sequencer_doc;
use super::span::{iteration_width, Span};
use crate::hdl::prelude::*;
use crate::link::LinkFormat;
use crate::plan::pipeline::Pipeline;
use crate::plan::CorePlan;

/// Turns each spike into the operations of its footprint and each TICK into a scan of all words.
///
/// Operations leave in cycle 0 of the pipeline (docs/architecture.md). Behind a scan, issue pauses until what is on its
/// way can no longer meet what follows; between the last event and a scan it does not. `Vec`s of length 0 or 1 are parts that only some layers
/// need.
#[derive(Clone, Debug, LogicBlock)]
pub struct Sequencer {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub sender_full: Signal<In, Bit>,
    pub clearing_now: Signal<Out, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub channel: Sig<Out>,
    pub row: Sig<Out>,
    pub column: Sig<Out>,
    pub row_iteration: Sig<Out>,
    pub column_iteration: Sig<Out>,
    pub group: Sig<Out>,
    pub group_offset: Sig<Out>,
    pub scan: Signal<Out, Bit>,
    pub clear: Signal<Out, Bit>,
    pub send: Signal<Out, Bit>,
    pub scan_word: Sig<Out>,
    pub scan_row: Sig<Out>,
    pub scan_column: Sig<Out>,
    pub scan_group: Sig<Out>,
    pub end_step: Signal<Out, Bit>,
    pub end_sample: Signal<Out, Bit>,
    pub more_passes: Vec<Signal<Out, Bit>>,
    pub later_pass: Vec<Signal<Out, Bit>>,
    pub touched_ready: Vec<Signal<In, Bit>>,
    pub touched_row: Vec<Sig<In>>,
    pub touched_column: Vec<Sig<In>>,
    pub touched_row_end: Vec<Signal<In, Bit>>,
    pub touched_last: Vec<Signal<In, Bit>>,
    pub touched_nothing: Vec<Signal<In, Bit>>,
    pub touched_tick: Vec<Signal<Out, Bit>>,
    pub touched_take: Vec<Signal<Out, Bit>>,
    pub wide: Vec<Signal<Out, Bit>>,
    pub row_end: Vec<Signal<Out, Bit>>,
    pub scan_ends: Vec<Signal<Out, Bit>>,

    kind_spike: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    first_iteration_row: Const,
    next_iteration_row: Const,
    first_iteration_column: Const,
    next_iteration_column: Const,
    first_group: Const,
    next_group: Const,
    final_group: Const,
    first_word: Const,
    next_word: Const,
    final_word: Const,
    first_row: Const,
    next_row: Const,
    first_column: Const,
    next_column: Const,
    final_column: Const,
    only_iteration_row: Vec<Const>,
    only_iteration_column: Vec<Const>,
    rows: Vec<Const>,
    columns: Vec<Const>,
    channels: Vec<Const>,
    drain_done: Const,
    drain_step: Const,
    drain_scan: Const,
    first_pass: Vec<Const>,
    next_pass: Vec<Const>,
    final_pass: Vec<Const>,

    padded: Sig<Local>,
    kind: Sig<Local>,
    channel_now: Sig<Local>,
    row_now: Sig<Local>,
    column_now: Sig<Local>,
    row_span: Vec<Table>,
    column_span: Vec<Table>,
    group_span: Vec<Table>,
    row_last: Sig<Local>,
    column_last: Sig<Local>,
    group_from: Sig<Local>,
    group_to: Sig<Local>,
    row_heard: Signal<Local, Bit>,
    column_heard: Signal<Local, Bit>,
    channel_heard: Signal<Local, Bit>,
    heard: Signal<Local, Bit>,

    spike_here: Signal<Local, Bit>,
    last_here: Signal<Local, Bit>,
    tick_here: Signal<Local, Bit>,
    other_here: Signal<Local, Bit>,
    drained: Signal<Local, Bit>,
    event_go: Signal<Local, Bit>,
    scan_go: Signal<Local, Bit>,
    wide_here: Vec<Signal<Local, Bit>>,
    position_end: Vec<Signal<Local, Bit>>,
    touched_row_base: Vec<ScaleBy>,
    touched_column_base: Vec<ScaleBy>,
    touched_group: Vec<Sig<Local>>,
    group_done: Signal<Local, Bit>,
    column_done: Signal<Local, Bit>,
    row_done: Signal<Local, Bit>,
    event_done: Signal<Local, Bit>,
    pass_end: Signal<Local, Bit>,
    in_final_pass: Signal<Local, Bit>,
    step_end: Signal<Local, Bit>,

    clearing: Flag,
    drain: ResetRegister,
    row_count: ResetRegister,
    column_count: ResetRegister,
    group_count: ResetRegister,
    word_count: ResetRegister,
    scan_row_count: Vec<ResetRegister>,
    scan_column_count: Vec<ResetRegister>,
    scan_group_count: Vec<ResetRegister>,
    pass_count: Vec<ResetRegister>,

    _row_spans: usize,
    _row_limits: usize,
    _row_free: usize,
    _row_even: usize,
    _column_spans: usize,
    _column_limits: usize,
    _column_free: usize,
    _column_even: usize,
    _group_spans: usize,
    _group_even: usize,
    _channel_limits: usize,
    _channel_free: usize,
    _one_position: usize,
    _positions: usize,
    _passes: usize,
    _one_pass: usize,
    _touched: usize,
    _touched_one_position: usize,
    _touched_positions: usize,
    _kind_low: u32,
    _channel_low: u32,
    _channel_bits: u32,
    _row_low: u32,
    _row_bits: u32,
    _column_low: u32,
    _column_bits: u32,
}

impl Sequencer {
    pub fn new(core: &CorePlan) -> Self {
        let format: LinkFormat = core.input;
        let [x_low, y_low, c_low, _, kind_low] = format.offsets();
        let width = format.width();
        // A field that the map does not have is read from a bit above the word, which is always 0.
        let place = |low: u32, bits: u32| if bits == 0 { (width, 1) } else { (low, bits) };
        let (column_low, column_bits) = place(x_low, format.x_bits);
        let (row_low, row_bits) = place(y_low, format.y_bits);
        let (channel_low, channel_bits) = place(c_low, format.c_bits);
        let (row_iterations, column_iterations) =
            (u(iteration_width(&core.rows)), u(iteration_width(&core.columns)));
        let group = u(index_width(core.groups));
        let word = u(index_width(core.words()));
        let (scan_row, scan_column) = (u(index_width(core.rows.depth)), u(index_width(core.columns.depth)));
        let pipeline = Pipeline::of(core);
        let drain = u(4);
        let passes = core.passes();
        let pass = u(index_width(passes as usize));
        let several = usize::from(passes > 1);
        let row_span = Span::of(format!("{}_row_span", core.name), &core.rows, "row");
        let column_span = Span::of(format!("{}_column_span", core.name), &core.columns, "column");
        let channels = core.layer.input.c;
        let grouped = matches!(&core.layer.synapses, Synapses::Conv2d(conv) if conv.groups > 1);
        let group_span: Vec<Table> = if grouped {
            let rows = (0..channels).map(|c| core.group_range(c)).map(|(a, b)| vec![a as u64, b as u64]).collect();
            let columns = [("first", group), ("last", group)];
            vec![Table::new(format!("{}_group_span", core.name), channel_bits, &columns, rows, vec![]).documented(|doc| {
                doc.line("Memory words that an event of an input channel touches at each position.")
                    .rust("rtl::cores::sequencer::Sequencer")
                    .port("input", "input channel")
            })]
        } else {
            vec![]
        };
        let constant = |shape: Shape, value: usize| Const::new(shape, value as i64);
        let some = |shape: Shape, value: Option<usize>| value.map(|v| constant(shape, v)).into_iter().collect::<Vec<_>>();
        let (row_limit, column_limit) = (row_span.limit(), column_span.limit());
        let channel_limit = (!channels.is_power_of_two()).then_some(channels);
        let (row_even, column_even) = (row_span.last(), column_span.last());
        let (row_span, column_span) = (row_span.tables(), column_span.tables());
        let one = |present: bool| usize::from(present);
        // With one position the groups are the words.
        let positions = core.rows.depth * core.columns.depth;
        let touched = one(core.touched_map);
        let touched_positions = if positions > 1 { touched } else { 0 };
        Sequencer {
            doc: sequencer_doc(core, &pipeline),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            sender_full: Default::default(),
            clearing_now: Default::default(),
            event_valid: Default::default(),
            channel: Sig::new(u(channel_bits)),
            row: Sig::new(u(row_bits)),
            column: Sig::new(u(column_bits)),
            row_iteration: Sig::new(row_iterations),
            column_iteration: Sig::new(column_iterations),
            group: Sig::new(group),
            group_offset: Sig::new(group),
            scan: Default::default(),
            clear: Default::default(),
            send: Default::default(),
            scan_word: Sig::new(word),
            scan_row: Sig::new(scan_row),
            scan_column: Sig::new(scan_column),
            scan_group: Sig::new(group),
            end_step: Default::default(),
            end_sample: Default::default(),
            more_passes: vec![Default::default(); several],
            later_pass: vec![Default::default(); several],
            touched_ready: vec![Default::default(); touched],
            touched_row: Sig::several(touched, scan_row),
            touched_column: Sig::several(touched, scan_column),
            touched_row_end: vec![Default::default(); touched],
            touched_last: vec![Default::default(); touched],
            touched_nothing: vec![Default::default(); touched],
            touched_tick: vec![Default::default(); touched],
            touched_take: vec![Default::default(); touched],
            wide: vec![Default::default(); touched],
            row_end: vec![Default::default(); touched],
            scan_ends: vec![Default::default(); touched],

            kind_spike: constant(u(2), 0),
            kind_tick: constant(u(2), 1),
            kind_tick_last: constant(u(2), 2),
            first_iteration_row: constant(row_iterations, 0),
            next_iteration_row: constant(row_iterations, 1),
            first_iteration_column: constant(column_iterations, 0),
            next_iteration_column: constant(column_iterations, 1),
            first_group: constant(group, 0),
            next_group: constant(group, 1),
            final_group: constant(group, core.groups - 1),
            first_word: constant(word, 0),
            next_word: constant(word, 1),
            final_word: constant(word, core.words() - 1),
            first_row: constant(scan_row, 0),
            next_row: constant(scan_row, 1),
            first_column: constant(scan_column, 0),
            next_column: constant(scan_column, 1),
            final_column: constant(scan_column, core.columns.depth - 1),
            only_iteration_row: some(row_iterations, row_even),
            only_iteration_column: some(column_iterations, column_even),
            rows: some(u(row_bits), row_limit),
            columns: some(u(column_bits), column_limit),
            channels: some(u(channel_bits), channel_limit),
            drain_done: constant(drain, 0),
            drain_step: constant(drain, 1),
            drain_scan: constant(drain, pipeline.drain_scan(core) as usize),
            first_pass: vec![constant(pass, 0); several],
            next_pass: vec![constant(pass, 1); several],
            final_pass: vec![constant(pass, passes as usize - 1); several],

            padded: Sig::new(u(width + 1)),
            kind: Sig::new(u(2)),
            channel_now: Sig::new(u(channel_bits)),
            row_now: Sig::new(u(row_bits)),
            column_now: Sig::new(u(column_bits)),
            row_last: Sig::new(row_iterations),
            column_last: Sig::new(column_iterations),
            group_from: Sig::new(group),
            group_to: Sig::new(group),
            row_heard: Default::default(),
            column_heard: Default::default(),
            channel_heard: Default::default(),
            heard: Default::default(),

            spike_here: Default::default(),
            last_here: Default::default(),
            tick_here: Default::default(),
            other_here: Default::default(),
            drained: Default::default(),
            event_go: Default::default(),
            scan_go: Default::default(),
            wide_here: vec![Default::default(); touched],
            position_end: vec![Default::default(); touched],
            touched_row_base: vec![ScaleBy::new(scan_row, (core.columns.depth * core.groups) as u64, word); touched_positions],
            touched_column_base: vec![ScaleBy::new(scan_column, core.groups as u64, word); touched_positions],
            touched_group: Sig::several(touched_positions, word),
            group_done: Default::default(),
            column_done: Default::default(),
            row_done: Default::default(),
            event_done: Default::default(),
            pass_end: Default::default(),
            in_final_pass: Default::default(),
            step_end: Default::default(),

            clearing: Flag::set(),
            drain: ResetRegister::new(drain, 0),
            row_count: ResetRegister::new(row_iterations, 0),
            column_count: ResetRegister::new(column_iterations, 0),
            group_count: ResetRegister::new(group, 0),
            word_count: ResetRegister::new(word, 0),
            scan_row_count: vec![ResetRegister::new(scan_row, 0); one(positions > 1)],
            scan_column_count: vec![ResetRegister::new(scan_column, 0); one(positions > 1)],
            scan_group_count: vec![ResetRegister::new(group, 0); one(positions > 1)],
            pass_count: vec![ResetRegister::new(pass, 0); several],

            _row_spans: row_span.len(),
            _row_limits: one(row_limit.is_some()),
            _row_free: one(row_even.is_some() && row_limit.is_none()),
            _row_even: one(row_even.is_some()),
            _column_spans: column_span.len(),
            _column_limits: one(column_limit.is_some()),
            _column_free: one(column_even.is_some() && column_limit.is_none()),
            _column_even: one(column_even.is_some()),
            _group_spans: group_span.len(),
            _group_even: one(!grouped),
            _channel_limits: one(channel_limit.is_some()),
            _channel_free: one(channel_limit.is_none()),
            row_span,
            column_span,
            group_span,
            _one_position: one(positions == 1),
            _positions: one(positions > 1),
            _passes: several,
            _one_pass: one(several == 0),
            _touched: touched,
            _touched_one_position: touched - touched_positions,
            _touched_positions: touched_positions,
            _kind_low: kind_low,
            _channel_low: channel_low,
            _channel_bits: channel_bits,
            _row_low: row_low,
            _row_bits: row_bits,
            _column_low: column_low,
            _column_bits: column_bits,
        }
    }
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, clearing, drain, row_count, column_count, group_count);
        clock!(self, clock, word_count);
        self.clearing.reset.next = self.reset.val();
        self.drain.reset.next = self.reset.val();
        self.row_count.reset.next = self.reset.val();
        self.column_count.reset.next = self.reset.val();
        self.group_count.reset.next = self.reset.val();
        self.word_count.reset.next = self.reset.val();

        comment!("The word: kind and coordinate, and how many operations it takes");
        self.padded.next = bit_cast_to(self.in_data.val(), self.padded.shape().width);
        self.kind.next = bit_cast_slice(self.padded.val(), self._kind_low, 2);
        self.channel_now.next = bit_cast_slice(self.padded.val(), self._channel_low, self._channel_bits);
        self.row_now.next = bit_cast_slice(self.padded.val(), self._row_low, self._row_bits);
        self.column_now.next = bit_cast_slice(self.padded.val(), self._column_low, self._column_bits);
        for i in 0..self._row_spans {
            self.row_span[i].input.next = self.row_now.val();
            self.row_heard.next = self.row_span[i].output[0].val().any();
            self.row_last.next = self.row_span[i].output[1].val();
        }
        for i in 0..self._row_even {
            self.row_last.next = self.only_iteration_row[i].val();
        }
        for i in 0..self._row_limits {
            self.row_heard.next = self.row_now.val() < self.rows[i].val();
        }
        for _i in 0..self._row_free {
            self.row_heard.next = true;
        }
        for i in 0..self._column_spans {
            self.column_span[i].input.next = self.column_now.val();
            self.column_heard.next = self.column_span[i].output[0].val().any();
            self.column_last.next = self.column_span[i].output[1].val();
        }
        for i in 0..self._column_even {
            self.column_last.next = self.only_iteration_column[i].val();
        }
        for i in 0..self._column_limits {
            self.column_heard.next = self.column_now.val() < self.columns[i].val();
        }
        for _i in 0..self._column_free {
            self.column_heard.next = true;
        }
        for i in 0..self._channel_limits {
            self.channel_heard.next = self.channel_now.val() < self.channels[i].val();
        }
        for _i in 0..self._channel_free {
            self.channel_heard.next = true;
        }
        for i in 0..self._group_spans {
            self.group_span[i].input.next = self.channel_now.val();
            self.group_from.next = self.group_span[i].output[0].val();
            self.group_to.next = self.group_span[i].output[1].val();
        }
        for _i in 0..self._group_even {
            self.group_from.next = self.first_group.val();
            self.group_to.next = self.final_group.val();
        }
        self.heard.next = self.row_heard.val() & self.column_heard.val() & self.channel_heard.val();

        comment!("What goes in this cycle: an operation of an event, one of a scan, or none");
        self.spike_here.next = self.in_valid.val() & (self.kind.val() == self.kind_spike.val());
        self.last_here.next = self.in_valid.val() & (self.kind.val() == self.kind_tick_last.val());
        self.tick_here.next =
            (self.in_valid.val() & (self.kind.val() == self.kind_tick.val())) | self.last_here.val();
        self.other_here.next = self.in_valid.val() & !self.spike_here.val() & !self.tick_here.val();
        self.drained.next = self.drain.q.val() == self.drain_done.val();
        self.event_go.next = self.spike_here.val() & !self.clearing.q.val() & self.drained.val();
        self.scan_go.next =
            (self.tick_here.val() | self.clearing.q.val()) & self.drained.val() & !self.sender_full.val();
        for i in 0..self._touched {
            self.wide_here[i].next = self.last_here.val() | self.clearing.q.val();
            self.touched_tick[i].next = self.tick_here.val() & !self.wide_here[i].val();
            self.scan_go.next = (self.wide_here[i].val() | (self.tick_here.val() & self.touched_ready[i].val()))
                & self.drained.val()
                & !self.sender_full.val();
        }

        comment!("Events: row iterations, in them column iterations, in them groups");
        self.group_done.next = self.group_count.q.val() + self.group_from.val() == self.group_to.val();
        self.column_done.next = self.column_count.q.val() == self.column_last.val();
        self.row_done.next = self.row_count.q.val() == self.row_last.val();
        self.event_done.next =
            !self.heard.val() | (self.group_done.val() & self.column_done.val() & self.row_done.val());
        self.group_count.d.next = self.group_count.q.val();
        self.column_count.d.next = self.column_count.q.val();
        self.row_count.d.next = self.row_count.q.val();
        if self.event_go.val() {
            self.group_count.d.next = self.group_count.q.val() + self.next_group.val();
            if self.group_done.val() | self.event_done.val() {
                self.group_count.d.next = self.first_group.val();
                self.column_count.d.next = self.column_count.q.val() + self.next_iteration_column.val();
                if self.column_done.val() | self.event_done.val() {
                    self.column_count.d.next = self.first_iteration_column.val();
                    self.row_count.d.next = self.row_count.q.val() + self.next_iteration_row.val();
                    if self.event_done.val() {
                        self.row_count.d.next = self.first_iteration_row.val();
                    }
                }
            }
        }
        self.event_valid.next = self.event_go.val() & self.heard.val();
        self.channel.next = self.channel_now.val();
        self.row.next = self.row_now.val();
        self.column.next = self.column_now.val();
        self.row_iteration.next = self.row_count.q.val();
        self.column_iteration.next = self.column_count.q.val();
        self.group.next = self.group_count.q.val() + self.group_from.val();
        self.group_offset.next = self.group_count.q.val();

        comment!("Scans: all words, in the order of their addresses");
        self.pass_end.next = self.scan_go.val() & (self.word_count.q.val() == self.final_word.val());
        for i in 0..self._touched {
            for _k in 0..self._touched_one_position {
                self.position_end[i].next =
                    (self.word_count.q.val() == self.final_word.val()) | (self.touched_nothing[i].val() & !self.wide_here[i].val());
            }
            for k in 0..self._touched_positions {
                self.position_end[i].next = (self.scan_group_count[k].q.val() == self.final_group.val())
                    | (self.touched_nothing[i].val() & !self.wide_here[i].val());
            }
            if !self.wide_here[i].val() {
                self.pass_end.next = self.scan_go.val() & self.position_end[i].val() & self.touched_last[i].val();
            }
            self.touched_take[i].next = self.scan_go.val() & self.position_end[i].val() & !self.wide_here[i].val();
            self.wide[i].next = self.scan_go.val() & self.wide_here[i].val();
            self.scan_ends[i].next = self.pass_end.val() & (self.wide_here[i].val() | !self.touched_nothing[i].val());
        }
        for _i in 0..self._one_pass {
            self.in_final_pass.next = true;
        }
        for i in 0..self._passes {
            self.in_final_pass.next =
                (self.pass_count[i].q.val() == self.final_pass[i].val()) | self.clearing.q.val();
            self.pass_count[i].clock.next = self.clock.val();
            self.pass_count[i].reset.next = self.reset.val();
            self.pass_count[i].d.next = self.pass_count[i].q.val();
            if self.pass_end.val() {
                self.pass_count[i].d.next = self.pass_count[i].q.val() + self.next_pass[i].val();
                if self.in_final_pass.val() {
                    self.pass_count[i].d.next = self.first_pass[i].val();
                }
            }
            self.more_passes[i].next = !self.in_final_pass.val();
            self.later_pass[i].next = self.pass_count[i].q.val().any();
        }
        self.step_end.next = self.pass_end.val() & self.in_final_pass.val();
        self.word_count.d.next = self.word_count.q.val();
        if self.pass_end.val() {
            self.word_count.d.next = self.first_word.val();
        } else if self.scan_go.val() {
            self.word_count.d.next = self.word_count.q.val() + self.next_word.val();
        }
        for _i in 0..self._one_position {
            self.scan_row.next = self.first_row.val();
            self.scan_column.next = self.first_column.val();
            self.scan_group.next = self.word_count.q.val();
        }
        for i in 0..self._positions {
            self.scan_row_count[i].clock.next = self.clock.val();
            self.scan_row_count[i].reset.next = self.reset.val();
            self.scan_column_count[i].clock.next = self.clock.val();
            self.scan_column_count[i].reset.next = self.reset.val();
            self.scan_group_count[i].clock.next = self.clock.val();
            self.scan_group_count[i].reset.next = self.reset.val();
            self.scan_group_count[i].d.next = self.scan_group_count[i].q.val();
            self.scan_column_count[i].d.next = self.scan_column_count[i].q.val();
            self.scan_row_count[i].d.next = self.scan_row_count[i].q.val();
            if self.pass_end.val() {
                self.scan_group_count[i].d.next = self.first_group.val();
                self.scan_column_count[i].d.next = self.first_column.val();
                self.scan_row_count[i].d.next = self.first_row.val();
            } else if self.scan_go.val() {
                self.scan_group_count[i].d.next = self.scan_group_count[i].q.val() + self.next_group.val();
                if self.scan_group_count[i].q.val() == self.final_group.val() {
                    self.scan_group_count[i].d.next = self.first_group.val();
                    self.scan_column_count[i].d.next = self.scan_column_count[i].q.val() + self.next_column.val();
                    if self.scan_column_count[i].q.val() == self.final_column.val() {
                        self.scan_column_count[i].d.next = self.first_column.val();
                        self.scan_row_count[i].d.next = self.scan_row_count[i].q.val() + self.next_row.val();
                    }
                }
                for k in 0..self._touched_positions {
                    if !self.wide_here[k].val() {
                        self.scan_column_count[i].d.next = self.first_column.val();
                        self.scan_row_count[i].d.next = self.first_row.val();
                        self.word_count.d.next = self.first_word.val();
                        if self.position_end[k].val() {
                            self.scan_group_count[i].d.next = self.first_group.val();
                        }
                    }
                }
            }
            self.scan_row.next = self.scan_row_count[i].q.val();
            self.scan_column.next = self.scan_column_count[i].q.val();
            self.scan_group.next = self.scan_group_count[i].q.val();
        }
        self.scan.next = self.scan_go.val();
        self.send.next = self.scan_go.val() & !self.clearing.q.val();
        self.clear.next = self.clearing.q.val() | (self.last_here.val() & self.in_final_pass.val());
        self.scan_word.next = self.word_count.q.val();
        for _i in 0..self._touched_one_position {
            self.row_end[0].next = self.position_end[0].val();
        }
        for i in 0..self._touched_positions {
            self.row_end[i].next = self.position_end[i].val() & (self.scan_column_count[i].q.val() == self.final_column.val());
            self.touched_row_base[i].input.next = self.touched_row[i].val();
            self.touched_column_base[i].input.next = self.touched_column[i].val();
            self.touched_group[i].next = unsigned_cast_to(self.scan_group_count[i].q.val(), self.touched_group[i].shape().width);
            if !self.wide_here[i].val() {
                self.row_end[i].next = self.position_end[i].val() & self.touched_row_end[i].val();
                self.scan_row.next = self.touched_row[i].val();
                self.scan_column.next = self.touched_column[i].val();
                self.scan_word.next = self.touched_row_base[i].output.val()
                    + self.touched_column_base[i].output.val()
                    + self.touched_group[i].val();
            }
        }
        self.end_step.next = self.step_end.val();
        self.end_sample.next = self.last_here.val();

        comment!("Phases, and the pause until all that is on its way is written");
        self.in_ready.next = (self.event_go.val() & self.event_done.val())
            | (self.step_end.val() & !self.clearing.q.val())
            | (self.other_here.val() & !self.clearing.q.val());
        self.clearing_now.next = self.clearing.q.val();
        self.clearing.d.next = self.clearing.q.val() & !self.step_end.val();
        self.drain.d.next = self.drain.q.val();
        if self.pass_end.val() {
            self.drain.d.next = self.drain_scan.val();
        } else if !self.drained.val() {
            self.drain.d.next = self.drain.q.val() - self.drain_step.val();
        }
    }
}
