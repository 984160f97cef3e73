//! The sequencer: takes words from the link and issues one memory operation per cycle.

mod parts;

use net::Synapses;

use super::headers::sequencer_doc;
use super::span::{iteration_width, Span};
use hdl::prelude::*;
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
    pub step_done: Vec<Signal<Out, Bit>>,

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
    first_touched: Vec<Const>,
    next_touched: Vec<Const>,
    final_touched: Vec<Const>,

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
    sweep_here: Vec<Signal<Local, Bit>>,
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
    touched_count: Vec<ResetRegister>,

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
    _again: usize,
    _sweeps: usize,
    _no_sweeps: usize,
    _again_one_position: usize,
    _again_positions: usize,
    _touched_one_position: usize,
    _touched_positions: usize,
    _on_fabric: usize,
    _kind_low: u32,
    _channel_low: u32,
    _channel_bits: u32,
    _row_low: u32,
    _row_bits: u32,
    _column_low: u32,
    _column_bits: u32,
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
        self.scan_go.next = (self.tick_here.val() | self.clearing.q.val()) & self.drained.val() & !self.sender_full.val();
        for i in 0..self._touched {
            for _k in 0..self._no_sweeps {
                self.wide_here[i].next = self.last_here.val() | self.clearing.q.val();
            }
            for k in 0..self._sweeps {
                self.sweep_here[k].next = self.tick_here.val() & (self.touched_count[k].q.val() == self.final_touched[k].val());
                self.wide_here[i].next = self.last_here.val() | self.clearing.q.val() | self.sweep_here[k].val();
            }
            self.touched_tick[i].next = self.tick_here.val() & !self.wide_here[i].val();
            self.scan_go.next = (self.wide_here[i].val() | (self.tick_here.val() & self.touched_ready[i].val()))
                & self.drained.val()
                & !self.sender_full.val();
        }

        comment!("Events: row iterations, in them column iterations, in them groups");
        self.group_done.next = self.group_count.q.val() + self.group_from.val() == self.group_to.val();
        self.column_done.next = self.column_count.q.val() == self.column_last.val();
        self.row_done.next = self.row_count.q.val() == self.row_last.val();
        self.event_done.next = !self.heard.val() | (self.group_done.val() & self.column_done.val() & self.row_done.val());
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
            for k in 0..self._again {
                self.scan_ends[k].next = self.pass_end.val() & (self.wide_here[i].val() | !self.touched_nothing[i].val());
            }
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
        for k in 0..self._sweeps {
            self.touched_count[k].clock.next = self.clock.val();
            self.touched_count[k].reset.next = self.reset.val();
            self.touched_count[k].d.next = self.touched_count[k].q.val();
            for i in 0..self._touched {
                if self.step_end.val() {
                    self.touched_count[k].d.next = self.touched_count[k].q.val() + self.next_touched[k].val();
                    if self.wide_here[i].val() {
                        self.touched_count[k].d.next = self.first_touched[k].val();
                    }
                }
            }
        }
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
        for _i in 0..self._again_one_position {
            self.row_end[0].next = self.position_end[0].val();
        }
        for i in 0..self._touched_positions {
            for _k in 0..self._again_positions {
                self.row_end[i].next = self.position_end[i].val() & (self.scan_column_count[i].q.val() == self.final_column.val());
            }
            self.touched_row_base[i].input.next = self.touched_row[i].val();
            self.touched_column_base[i].input.next = self.touched_column[i].val();
            self.touched_group[i].next = unsigned_cast_to(self.scan_group_count[i].q.val(), self.touched_group[i].shape().width);
            if !self.wide_here[i].val() {
                for _k in 0..self._again_positions {
                    self.row_end[i].next = self.position_end[i].val() & self.touched_row_end[i].val();
                }
                self.scan_row.next = self.touched_row[i].val();
                self.scan_column.next = self.touched_column[i].val();
                self.scan_word.next = self.touched_row_base[i].output.val()
                    + self.touched_column_base[i].output.val()
                    + self.touched_group[i].val();
            }
        }
        self.end_step.next = self.step_end.val();
        self.end_sample.next = self.last_here.val();
        for i in 0..self._on_fabric {
            self.step_done[i].next = self.step_end.val() & !self.clearing.q.val();
        }

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
