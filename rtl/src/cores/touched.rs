//! The touched map: which words a scan has to visit, for layers where all others stay as they are and do not fire.

use hdl::blocks::ClearLowest;
use hdl::blocks::{decode, Encode};
use hdl::prelude::*;
use crate::plan::pipeline::Pipeline;
use crate::plan::CorePlan;

/// A bit for each position (row, column) of the banks: set where an event adds to a word there, in any bank and group, and
/// where a neuron fired in the scan before (its state may be at the fire level still, or its reset be due). Above the rows
/// of bits stands one more bit for each row.
///
/// With lazy leak a neuron that fired waits for the next event: nothing is collected of what a scan finds.
///
/// A scan takes the touched rows, and in them the touched positions, lowest first. Row and position to come are looked up
/// while the one before is scanned, so an untouched row or position costs no cycle. Reading clears. Events mark in the
/// cycle behind their issue, a memory for each row of banks; what the scan finds is collected in a memory of its own.
#[derive(Clone, Debug, LogicBlock)]
pub struct TouchedMap {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub mark: Signal<In, Bit>,
    pub row_used: Vec<Signal<In, Bit>>,
    pub row: Vec<Sig<In>>,
    pub column_used: Vec<Signal<In, Bit>>,
    pub column: Vec<Sig<In>>,
    pub wide: Signal<In, Bit>,
    pub wide_row: Sig<In>,
    pub scanned: Vec<Signal<In, Bit>>,
    pub scanned_row: Vec<Sig<In>>,
    pub scanned_column: Vec<Sig<In>>,
    pub scanned_row_end: Vec<Signal<In, Bit>>,
    pub fired: Vec<Signal<In, Bit>>,
    pub forget: Vec<Signal<In, Bit>>,
    pub tick: Signal<In, Bit>,
    pub take: Signal<In, Bit>,
    pub scan_ends: Vec<Signal<In, Bit>>,
    pub ready: Signal<Out, Bit>,
    pub next_row: Sig<Out>,
    pub next_column: Sig<Out>,
    pub row_end: Vec<Signal<Out, Bit>>,
    pub last: Signal<Out, Bit>,
    pub nothing: Signal<Out, Bit>,

    no_columns: Const,
    no_rows: Const,
    first_row: Const,
    first_column: Const,
    settle_done: Vec<Const>,
    settle_last: Vec<Const>,
    settle_step: Vec<Const>,
    settle_scan: Vec<Const>,

    wide_late: Flag,
    wide_row_late: Register,
    row_place: Vec<Table>,
    column_place: Vec<Table>,
    row_hit: Vec<Sig<Local>>,
    rows_hit: Vec<Sig<Local>>,
    column_hit: Vec<Sig<Local>>,
    columns_hit: Vec<Sig<Local>>,
    touched: Vec<LutRam>,
    touched_write: Vec<Signal<Local, Bit>>,
    touched_at: Vec<Sig<Local>>,
    touched_to: Vec<Sig<Local>>,
    touched_word: Vec<Sig<Local>>,

    settle: Vec<ResetRegister>,
    settled: Vec<Signal<Local, Bit>>,
    settling: Vec<Signal<Local, Bit>>,
    looks: Signal<Local, Bit>,
    left: ResetRegister,
    left_marked: Sig<Local>,
    left_merged: Sig<Local>,
    behind_left: ClearLowest,
    row_one_hot: Sig<Local>,
    row_encode: Encode,
    row_loads: Signal<Local, Bit>,
    row_moves: Signal<Local, Bit>,
    idle: Signal<Local, Bit>,
    row_valid: Flag,
    row_found: Register,
    bits_found: Vec<Sig<Local>>,
    bits_free: Signal<Local, Bit>,
    bits_valid: Flag,
    bits: Register,
    bits_row: Register,
    behind_bits: ClearLowest,
    column_one_hot: Sig<Local>,
    column_encode: Encode,
    column_moves: Signal<Local, Bit>,
    here_valid: Flag,
    here_row: Register,
    here_column: Register,
    here_row_end: Vec<BitRegister>,
    here_last: BitRegister,
    here_nothing: BitRegister,

    again: Vec<ResetRegister>,
    again_now: Vec<Sig<Local>>,
    again_place: Vec<Table>,
    again_rows: Vec<Table>,
    again_map: Vec<LutRam>,
    pending: Vec<ResetRegister>,

    _banks_y: usize,
    _banks_x: usize,
    _last_y: usize,
    _last_x: usize,
    _again: usize,
    _no_again: usize,
}

/// Cycles from the last scanned word until its neurons' spikes are on the map.
fn settle_cycles(core: &CorePlan) -> u32 {
    Pipeline::of(core).fire_write + 1
}

impl TouchedMap {
    /// For a core with a touched map.
    pub fn new(core: &CorePlan) -> Self {
        let (banks_y, banks_x) = (core.rows.banks, core.columns.banks);
        let (depth_y, depth_x) = (core.rows.depth, core.columns.depth);
        let (row, column) = (u(index_width(depth_y)), u(index_width(depth_x)));
        let (rows, columns) = (u(depth_y as u32), u(depth_x as u32));
        let again = usize::from(core.stamps().is_none());
        let settle_scan = settle_cycles(core);
        let settle = u(index_width(settle_scan as usize + 1));
        let map = || LutRam::new(depth_y, columns.width);
        TouchedMap {
            doc: Doc::new(format!("{}_touched", core.name), "Which words the next scan visits.")
                .line(format!(
                    "A bit for each of {depth_y} x {depth_x} positions in a bank: an event added to a word there, in any bank and \
                     group{}.",
                    if again == 1 { ", or a neuron there fired in the scan before" } else { "" }
                ))
                .line("A scan takes touched positions in the order of rows and columns. If nothing is touched, it takes one word, \
                       which stays as it is.")
                .rust("rtl::cores::touched::TouchedMap")
                .golden(match again {
                    0 => "none: with lazy leak a neuron that no event reaches keeps its state and does not fire",
                    _ => "none: a neuron that no event reaches and that did not fire keeps its state and does not fire",
                })
                .latency(format!(
                    "first position 3 cycles behind its TICK (1 if nothing is touched), then one per cycle; no look-up in the cycle \
                     behind an event's operation, nor in the {}",
                    if again == 1 { format!("{settle_scan} cycles behind a scan's last word") } else { "cycle behind a scan of all words".into() }
                ))
                .fact("Memory", format!(
                    "{} distributed RAMs of {depth_y} words of {depth_x} bits: one per row of banks for events{}",
                    banks_y + again,
                    if again == 1 { ", one for neurons that fired" } else { "" }
                ))
                .port("mark", "an event's operation (cycle 1)")
                .port("row_used", "the row of banks has a tap (cycle 1)")
                .port("row", "row in the bank (cycle 1)")
                .port("column_used", "the column of banks has a tap (cycle 1)")
                .port("column", "column in the bank (cycle 1)")
                .port("wide", "a scan's operation that clears: forget what is touched (cycle 0)")
                .port("scanned", "a scanned word's new state is written (cycle fire_write)")
                .port("scanned_row_end", "with scanned: last word of the row in this scan")
                .port("fired", "with scanned: a neuron of the word fired")
                .port("forget", "with scanned: the initial state is written")
                .port("tick", "a TICK that visits touched words only is waiting")
                .port("take", "all words of the position are issued")
                .port("scan_ends", "the last word of a scan is issued (not if nothing was touched)")
                .port("ready", "next_row, next_column and what follows are valid")
                .port("row_end", "no touched position in this row behind it")
                .port("last", "no touched position behind it")
                .port("nothing", "nothing is touched: one word only"),
            clock: Default::default(),
            reset: Default::default(),
            mark: Default::default(),
            row_used: vec![Default::default(); banks_y],
            row: Sig::several(banks_y, row),
            column_used: vec![Default::default(); banks_x],
            column: Sig::several(banks_x, column),
            wide: Default::default(),
            wide_row: Sig::new(row),
            scanned: vec![Default::default(); again],
            scanned_row: Sig::several(again, row),
            scanned_column: Sig::several(again, column),
            scanned_row_end: vec![Default::default(); again],
            fired: vec![Default::default(); again],
            forget: vec![Default::default(); again],
            tick: Default::default(),
            take: Default::default(),
            scan_ends: vec![Default::default(); again],
            ready: Default::default(),
            next_row: Sig::new(row),
            next_column: Sig::new(column),
            row_end: vec![Default::default(); again],
            last: Default::default(),
            nothing: Default::default(),

            no_columns: Const::new(columns, 0),
            no_rows: Const::new(rows, 0),
            first_row: Const::new(row, 0),
            first_column: Const::new(column, 0),
            settle_done: vec![Const::new(settle, 0); again],
            settle_last: vec![Const::new(settle, 1); again],
            settle_step: vec![Const::new(settle, 1); again],
            settle_scan: vec![Const::new(settle, i64::from(settle_scan)); again],

            wide_late: Flag::new(),
            wide_row_late: Register::new(row),
            row_place: (0..banks_y).map(|_| decode(depth_y)).collect(),
            column_place: (0..banks_x).map(|_| decode(depth_x)).collect(),
            row_hit: Sig::several(banks_y, rows),
            rows_hit: Sig::several(banks_y, rows),
            column_hit: Sig::several(banks_x, columns),
            columns_hit: Sig::several(banks_x, columns),
            touched: (0..banks_y).map(|_| map()).collect(),
            touched_write: vec![Default::default(); banks_y],
            touched_at: Sig::several(banks_y, row),
            touched_to: Sig::several(banks_y, row),
            touched_word: Sig::several(banks_y, columns),

            settle: vec![ResetRegister::new(settle, 0); again],
            settled: vec![Default::default(); again],
            settling: vec![Default::default(); again],
            looks: Default::default(),
            left: ResetRegister::new(rows, 0),
            left_marked: Sig::new(rows),
            left_merged: Sig::new(rows),
            behind_left: ClearLowest::new(depth_y),
            row_one_hot: Sig::new(rows),
            row_encode: Encode::new(depth_y),
            row_loads: Default::default(),
            row_moves: Default::default(),
            idle: Default::default(),
            row_valid: Flag::new(),
            row_found: Register::new(row),
            bits_found: Sig::several(banks_y + 1, columns),
            bits_free: Default::default(),
            bits_valid: Flag::new(),
            bits: Register::new(columns),
            bits_row: Register::new(row),
            behind_bits: ClearLowest::new(depth_x),
            column_one_hot: Sig::new(columns),
            column_encode: Encode::new(depth_x),
            column_moves: Default::default(),
            here_valid: Flag::new(),
            here_row: Register::new(row),
            here_column: Register::new(column),
            here_row_end: vec![BitRegister::new(); again],
            here_last: BitRegister::new(),
            here_nothing: BitRegister::new(),

            again: vec![ResetRegister::new(columns, 0); again],
            again_now: Sig::several(again, columns),
            again_place: (0..again).map(|_| decode(depth_x)).collect(),
            again_rows: (0..again).map(|_| decode(depth_y)).collect(),
            again_map: (0..again).map(|_| map()).collect(),
            pending: vec![ResetRegister::new(rows, 0); again],

            _banks_y: banks_y,
            _banks_x: banks_x,
            _last_y: banks_y - 1,
            _last_x: banks_x - 1,
            _again: again,
            _no_again: 1 - again,
        }
    }
}

impl Logic for TouchedMap {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, wide_late, wide_row_late, left, row_valid, row_found, bits_valid, bits, bits_row);
        clock!(self, clock, here_valid, here_row, here_column, here_last, here_nothing);
        self.wide_late.reset.next = self.reset.val();
        self.left.reset.next = self.reset.val();
        self.row_valid.reset.next = self.reset.val();
        self.bits_valid.reset.next = self.reset.val();
        self.here_valid.reset.next = self.reset.val();
        for i in 0..self._again {
            self.settle[i].clock.next = self.clock.val();
            self.settle[i].reset.next = self.reset.val();
            self.here_row_end[i].clock.next = self.clock.val();
            self.again[i].clock.next = self.clock.val();
            self.again[i].reset.next = self.reset.val();
            self.again_map[i].clock.next = self.clock.val();
            self.pending[i].clock.next = self.clock.val();
            self.pending[i].reset.next = self.reset.val();
        }

        comment!("Events: rows and columns of the footprint");
        for y in 0..self._banks_y {
            self.row_place[y].input.next = self.row[y].val();
            self.row_hit[y].next = self.no_rows.val();
            if self.row_used[y].val() {
                self.row_hit[y].next = self.row_place[y].output[0].val();
            }
        }
        self.rows_hit[0].next = self.row_hit[0].val();
        for y in 1..self._banks_y {
            self.rows_hit[y].next = self.rows_hit[y - 1].val() | self.row_hit[y].val();
        }
        for x in 0..self._banks_x {
            self.column_place[x].input.next = self.column[x].val();
            self.column_hit[x].next = self.no_columns.val();
            if self.column_used[x].val() {
                self.column_hit[x].next = self.column_place[x].output[0].val();
            }
        }
        self.columns_hit[0].next = self.column_hit[0].val();
        for x in 1..self._banks_x {
            self.columns_hit[x].next = self.columns_hit[x - 1].val() | self.column_hit[x].val();
        }

        comment!("Rows that hold a touched position: marked by events, joined by the last scan's once that has settled");
        for i in 0..self._again {
            self.settled[i].next = self.settle[i].q.val() == self.settle_done[i].val();
            self.settling[i].next = self.settle[i].q.val() == self.settle_last[i].val();
            self.settle[i].d.next = self.settle[i].q.val();
            if self.scan_ends[i].val() {
                self.settle[i].d.next = self.settle_scan[i].val();
            } else if !self.settled[i].val() {
                self.settle[i].d.next = self.settle[i].q.val() - self.settle_step[i].val();
            }
        }
        self.wide_late.d.next = self.wide.val();
        self.wide_row_late.d.next = self.wide_row.val();
        self.behind_left.vector.next = self.left.q.val();
        self.left_marked.next = self.left.q.val();
        if self.mark.val() {
            for y in self._last_y..self._banks_y {
                self.left_marked.next = self.left.q.val() | self.rows_hit[y].val();
            }
        }
        self.left_merged.next = self.left_marked.val();
        for i in 0..self._again {
            if self.settling[i].val() {
                self.left_merged.next = self.left_marked.val() | self.pending[i].q.val();
            }
        }

        comment!("Look-up, stage 1: the lowest of these rows");
        for i in 0..self._again {
            self.looks.next = self.tick.val() & self.settled[i].val() & !self.mark.val();
        }
        for _i in 0..self._no_again {
            self.looks.next = self.tick.val() & !self.mark.val() & !self.wide_late.q.val();
        }
        self.column_moves.next = self.bits_valid.q.val() & (self.take.val() | !self.here_valid.q.val());
        self.bits_free.next = !self.bits_valid.q.val() | (self.column_moves.val() & !self.behind_bits.some_rest.val());
        self.row_moves.next = self.row_valid.q.val() & self.bits_free.val();
        self.row_loads.next =
            self.looks.val() & self.behind_left.some.val() & (!self.row_valid.q.val() | self.row_moves.val());
        self.idle.next = self.looks.val()
            & !self.behind_left.some.val()
            & !self.row_valid.q.val()
            & !self.bits_valid.q.val()
            & !self.here_valid.q.val();
        self.left.d.next = self.left_merged.val();
        if self.row_loads.val() {
            self.left.d.next = self.behind_left.rest.val();
        }
        if self.wide_late.q.val() {
            self.left.d.next = self.no_rows.val();
        }
        self.row_one_hot.next = self.left.q.val() & !self.behind_left.rest.val();
        self.row_encode.one_hot.next = self.row_one_hot.val();
        self.row_valid.d.next = self.row_loads.val() | (self.row_valid.q.val() & !self.row_moves.val());
        self.row_found.d.next = self.row_found.q.val();
        if self.row_loads.val() {
            self.row_found.d.next = self.row_encode.index.val();
        }

        comment!("Stage 2: its positions, which are clear then");
        for i in 0..self._again {
            self.again_map[i].read_address.next = self.row_found.q.val();
            self.bits_found[0].next = self.again_map[i].read_data.val();
        }
        for _i in 0..self._no_again {
            self.bits_found[0].next = self.no_columns.val();
        }
        for y in 0..self._banks_y {
            self.touched_at[y].next = self.row_found.q.val();
            self.touched_to[y].next = self.row_found.q.val();
            self.touched_write[y].next = self.row_moves.val() | self.wide_late.q.val();
            self.touched_word[y].next = self.no_columns.val();
            if self.wide_late.q.val() {
                self.touched_to[y].next = self.wide_row_late.q.val();
            }
            if self.mark.val() {
                self.touched_at[y].next = self.row[y].val();
                self.touched_to[y].next = self.row[y].val();
                self.touched_write[y].next = self.row_used[y].val();
                for x in self._last_x..self._banks_x {
                    self.touched_word[y].next = self.touched[y].read_data.val() | self.columns_hit[x].val();
                }
            }
            self.touched[y].clock.next = self.clock.val();
            self.touched[y].read_address.next = self.touched_at[y].val();
            self.touched[y].write_address.next = self.touched_to[y].val();
            self.touched[y].write_enable.next = self.touched_write[y].val();
            self.touched[y].write_data.next = self.touched_word[y].val();
            self.bits_found[y + 1].next = self.bits_found[y].val() | self.touched[y].read_data.val();
        }
        self.bits_valid.d.next = self.row_moves.val() | (self.bits_valid.q.val() & !self.bits_free.val());
        self.bits.d.next = self.bits.q.val();
        self.bits_row.d.next = self.bits_row.q.val();
        if self.row_moves.val() {
            for n in self._banks_y..(self._banks_y + 1) {
                self.bits.d.next = self.bits_found[n].val();
            }
            self.bits_row.d.next = self.row_found.q.val();
        } else if self.column_moves.val() {
            self.bits.d.next = self.behind_bits.rest.val();
        }

        comment!("Stage 3: the lowest of them, or word 0 if nothing is touched");
        self.behind_bits.vector.next = self.bits.q.val();
        self.column_one_hot.next = self.bits.q.val() & !self.behind_bits.rest.val();
        self.column_encode.one_hot.next = self.column_one_hot.val();
        self.here_valid.d.next = self.column_moves.val() | self.idle.val() | (self.here_valid.q.val() & !self.take.val());
        self.here_row.d.next = self.here_row.q.val();
        self.here_column.d.next = self.here_column.q.val();
        for i in 0..self._again {
            self.here_row_end[i].d.next = self.here_row_end[i].q.val();
        }
        self.here_last.d.next = self.here_last.q.val();
        self.here_nothing.d.next = self.here_nothing.q.val();
        if self.column_moves.val() {
            self.here_row.d.next = self.bits_row.q.val();
            self.here_column.d.next = self.column_encode.index.val();
            for i in 0..self._again {
                self.here_row_end[i].d.next = !self.behind_bits.some_rest.val();
            }
            self.here_last.d.next =
                !self.behind_bits.some_rest.val() & !self.row_valid.q.val() & !self.behind_left.some.val();
            self.here_nothing.d.next = false;
        } else if self.idle.val() {
            self.here_row.d.next = self.first_row.val();
            self.here_column.d.next = self.first_column.val();
            for i in 0..self._again {
                self.here_row_end[i].d.next = true;
            }
            self.here_last.d.next = true;
            self.here_nothing.d.next = true;
        }
        self.ready.next = self.here_valid.q.val();
        self.next_row.next = self.here_row.q.val();
        self.next_column.next = self.here_column.q.val();
        for i in 0..self._again {
            self.row_end[i].next = self.here_row_end[i].q.val();
        }
        self.last.next = self.here_last.q.val();
        self.nothing.next = self.here_nothing.q.val();

        for i in 0..self._again {
            comment!("Neurons that fired: their positions are touched in the next step");
            self.again_place[i].input.next = self.scanned_column[i].val();
            self.again_rows[i].input.next = self.scanned_row[i].val();
            self.again_now[i].next = self.again[i].q.val();
            if self.fired[i].val() {
                self.again_now[i].next = self.again[i].q.val() | self.again_place[i].output[0].val();
            }
            self.again[i].d.next = self.again[i].q.val();
            if self.scanned[i].val() {
                self.again[i].d.next = self.again_now[i].val();
                if self.scanned_row_end[i].val() {
                    self.again[i].d.next = self.no_columns.val();
                }
            }
            self.again_map[i].write_enable.next = self.scanned[i].val();
            self.again_map[i].write_address.next = self.scanned_row[i].val();
            self.again_map[i].write_data.next = self.again_now[i].val();
            self.pending[i].d.next = self.pending[i].q.val();
            if self.settling[i].val() | (self.scanned[i].val() & self.forget[i].val()) {
                self.pending[i].d.next = self.no_rows.val();
            } else if self.scanned[i].val() & self.fired[i].val() {
                self.pending[i].d.next = self.pending[i].q.val() | self.again_rows[i].output[0].val();
            }
        }
    }
}
