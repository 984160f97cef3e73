//! A core: one layer of neurons, from link to link.

mod parts;

use super::bank::Bank;
use super::headers::core_doc;
use super::lookup::{Addresses, AxisUnits, Rotate};
use super::memories::{param_rams, param_roms, valid_table, weight_ram, weight_rom};
use super::sender::SpikeSender;
use super::sequencer::Sequencer;
use super::touched::TouchedMap;
use super::value_sender::ValueSender;
use crate::config::{LoadRam, Loader, SopCount};
use hdl::prelude::*;
use crate::plan::image::{Field, ParamLayout, WeightImage};
use crate::plan::pipeline::Pipeline;
use crate::plan::CorePlan;
use net::Output;

/// One layer. Integrates the spikes of a time step, fires at its TICK, sends its spikes, sends TICK.
///
/// Cycle numbers count from the issue of an operation by the sequencer, as in `plan::pipeline`.
#[derive(Clone, Debug, LogicBlock)]
pub struct Core {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub step_done: Vec<Signal<Out, Bit>>,
    pub sops: Vec<Sig<Out>>,
    pub load_write: Vec<Signal<In, Bit>>,
    pub load_address: Vec<Sig<In>>,
    pub load_data: Vec<Sig<In>>,
    pub load_read: Vec<Sig<Out>>,
    pub load_exists: Vec<Signal<Out, Bit>>,

    buffer: Skid,
    sequencer: Sequencer,
    row_lookup: Addresses,
    column_lookup: Addresses,
    channel_base: ScaleBy,
    channel_offset: Register,
    group_offset: Register,
    group_wide: Sig<Local>,
    channel_share: Register,
    block_share: Register,
    weight_address: Register,
    weight_wait: Vec<Delay>,
    weights: Vec<Rom>,
    weight_ram: Vec<LoadRam>,
    loader: Vec<Loader>,
    weight_rows: Vec<Split>,
    weight_columns: Vec<Split>,
    rotate_rows: Vec<Rotate>,
    rotate_columns: Vec<Rotate>,
    event_at: Vec<Flag>,
    scan_at: Vec<Flag>,
    send_at: Vec<Flag>,
    group_late: Delay,
    bank_group: Sig<Local>,
    scan_word_late: Delay,
    scan_word_write: Delay,
    clear_write: BitDelay,
    no_offset: Const,
    row_share: Vec<Register>,
    column_share: Vec<Register>,
    bank_address: Vec<Register>,
    bank_accumulate: Vec<Flag>,
    bank_event: Signal<Local, Bit>,
    bank_scan: Signal<Local, Bit>,
    operand_scan: Signal<Local, Bit>,
    fire_write: Signal<Local, Bit>,
    more_passes: Vec<BitDelay>,
    later_pass: Vec<BitDelay>,
    param_address: Vec<Delay>,
    param: Vec<Rom>,
    param_ram: Vec<LoadRam>,
    param_late: Vec<Delay>,
    param_fields: Vec<Split>,
    bank: Vec<Bank>,
    send_row: Delay,
    send_column: Delay,
    send_group: Delay,
    send_end: BitDelay,
    send_last: BitDelay,
    sending: Signal<Local, Bit>,
    spikes: Vec<Join>,
    no_spikes: Vec<Const>,
    row_valid: Vec<Table>,
    column_valid: Vec<Table>,
    spike_sender: Vec<SpikeSender>,
    value_sender: Vec<ValueSender>,
    touched: Vec<TouchedMap>,
    now: Vec<ResetRegister>,
    next_step: Vec<Const>,
    step_ends: Vec<BitDelay>,
    map_fired: Vec<BitRegister>,
    map_row: Vec<Register>,
    map_column: Vec<Register>,
    map_row_end: Vec<BitDelay>,
    sop_count: Vec<SopCount>,
    last_group: Vec<Const>,

    _several_columns: usize,
    _banks_y: usize,
    _banks_x: usize,
    _banks: usize,
    _rotates_y: usize,
    _straight_y: usize,
    _rotates_x: usize,
    _straight_x: usize,
    _last_event: usize,
    _last_scan: usize,
    _last_send: usize,
    _address_at: usize,
    _operand_at: usize,
    _write_at: usize,
    _send_at: usize,
    _passes: usize,
    _params: usize,
    _param_roms: usize,
    _param_rams: usize,
    _weight_roms: usize,
    _loads: usize,
    _weight_columns: usize,
    _param_columns: usize,
    _param_by_word: usize,
    _param_by_group: usize,
    _initial_from: usize,
    _initial_to: usize,
    _bias_from: usize,
    _bias_to: usize,
    _level_from: usize,
    _level_to: usize,
    _reset_from: usize,
    _reset_to: usize,
    _leak_from: usize,
    _leak_to: usize,
    _spiking: usize,
    _showing: usize,
    _masked: usize,
    _unmasked: usize,
    _touched: usize,
    _again: usize,
    _lazy: usize,
    _weights_wait: usize,
    _weights_go: usize,
    _on_fabric: usize,
    _counted: usize,
    _last_groups: usize,
}

impl Logic for Core {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, buffer, sequencer, row_lookup, column_lookup, channel_offset, group_offset);
        clock!(self, clock, channel_share, block_share, weight_address, group_late, scan_word_late, scan_word_write, clear_write);
        clock!(self, clock, send_row, send_column, send_group, send_end, send_last);
        self.buffer.reset.next = self.reset.val();
        self.sequencer.reset.next = self.reset.val();

        comment!("Cycle 0: a word from the link becomes operations");
        self.buffer.in_valid.next = self.in_valid.val() & !self.sequencer.clearing_now.val();
        self.in_ready.next = self.buffer.in_ready.val() & !self.sequencer.clearing_now.val();
        self.buffer.in_data.next = self.in_data.val();
        self.sequencer.in_valid.next = self.buffer.out_valid.val();
        self.sequencer.in_data.next = self.buffer.out_data.val();
        self.buffer.out_ready.next = self.sequencer.in_ready.val();
        self.event_at[0].d.next = self.sequencer.event_valid.val();
        self.scan_at[0].d.next = self.sequencer.scan.val();
        self.send_at[0].d.next = self.sequencer.send.val();
        for i in 1..self._last_event {
            self.event_at[i].d.next = self.event_at[i - 1].q.val();
        }
        for i in 1..self._last_scan {
            self.scan_at[i].d.next = self.scan_at[i - 1].q.val();
        }
        for i in 1..self._last_send {
            self.send_at[i].d.next = self.send_at[i - 1].q.val();
        }
        for i in 0..self._last_event {
            self.event_at[i].clock.next = self.clock.val();
            self.event_at[i].reset.next = self.reset.val();
        }
        for i in 0..self._last_scan {
            self.scan_at[i].clock.next = self.clock.val();
            self.scan_at[i].reset.next = self.reset.val();
        }
        for i in 0..self._last_send {
            self.send_at[i].clock.next = self.clock.val();
            self.send_at[i].reset.next = self.reset.val();
        }
        self.row_lookup.coordinate.next = self.sequencer.row.val();
        self.row_lookup.iteration.next = self.sequencer.row_iteration.val();
        self.column_lookup.coordinate.next = self.sequencer.column.val();
        self.column_lookup.iteration.next = self.sequencer.column_iteration.val();
        self.channel_base.input.next = self.sequencer.channel.val();
        self.channel_offset.d.next = self.channel_base.output.val();
        self.group_offset.d.next = self.sequencer.group_offset.val();

        comment!("Weights: address in cycles 1 and 2, memory in cycles 3 and 4, then each bank's slot");
        self.group_wide.next = unsigned_cast_to(self.group_offset.q.val(), self.group_wide.shape().width);
        self.channel_share.d.next = self.channel_offset.q.val() + self.group_wide.val();
        self.block_share.d.next = self.row_lookup.weight_offset.val() + self.column_lookup.weight_offset.val();
        self.weight_address.d.next = self.channel_share.q.val() + self.block_share.q.val();
        for i in 0..self._loads {
            if self.reset.val() {
                self.weight_address.d.next = self.loader[i].weight_word.val();
            }
            self.weight_ram[i].clock.next = self.clock.val();
            self.weight_ram[i].write_enable.next = self.loader[i].weight_write.val();
            self.weight_ram[i].write_address.next = self.loader[i].weight_word.val();
            self.weight_ram[i].write_data.next = self.load_data[i].val();
            for k in 0..self._weight_columns {
                self.weight_ram[i].write_column[k].next = self.loader[i].weight_column[k].val();
            }
            self.loader[i].write.next = self.load_write[i].val();
            self.loader[i].address.next = self.load_address[i].val();
            self.loader[i].weight_data.next = self.weight_ram[i].read_data.val();
            self.load_read[i].next = self.loader[i].read_data.val();
            self.load_exists[i].next = self.loader[i].exists.val();
        }
        for i in 0..self._weight_roms {
            self.weights[i].clock.next = self.clock.val();
        }
        for _i in 0..self._weights_go {
            for r in 0..self._weight_roms {
                self.weights[r].read_address.next = self.weight_address.q.val();
            }
            for r in 0..self._loads {
                self.weight_ram[r].read_address.next = self.weight_address.q.val();
            }
        }
        for i in 0..self._weights_wait {
            self.weight_wait[i].clock.next = self.clock.val();
            self.weight_wait[i].d.next = self.weight_address.q.val();
            for r in 0..self._weight_roms {
                self.weights[r].read_address.next = self.weight_wait[i].q.val();
            }
            for r in 0..self._loads {
                self.weight_ram[r].read_address.next = self.weight_wait[i].q.val();
            }
        }
        for i in 0..self._rotates_y {
            self.rotate_rows[i].clock.next = self.clock.val();
            for r in 0..self._weight_roms {
                self.rotate_rows[i].word.next = self.weights[r].read_data.val();
            }
            for r in 0..self._loads {
                self.rotate_rows[i].word.next = self.weight_ram[r].read_data.val();
            }
            for y in 0..self._banks_y {
                self.rotate_rows[i].slot[y].next = self.row_lookup.slot[y].val();
            }
        }
        for i in 0..self._straight_y {
            for r in 0..self._weight_roms {
                self.weight_rows[i].input.next = self.weights[r].read_data.val();
            }
            for r in 0..self._loads {
                self.weight_rows[i].input.next = self.weight_ram[r].read_data.val();
            }
        }
        for _i in 0..self._rotates_x {
            for y in 0..self._banks_y {
                self.rotate_columns[y].clock.next = self.clock.val();
                for x in 0..self._banks_x {
                    self.rotate_columns[y].slot[x].next = self.column_lookup.slot[x].val();
                }
                for n in self._banks_x..(self._banks_x + 1) {
                    for x in 0..self._banks_x {
                        self.bank[y * n + x].weights.next = self.rotate_columns[y].rotated[x].val();
                    }
                }
            }
            for i in 0..self._rotates_y {
                for y in 0..self._banks_y {
                    self.rotate_columns[y].word.next = self.rotate_rows[i].rotated[y].val();
                }
            }
            for i in 0..self._straight_y {
                for y in 0..self._banks_y {
                    self.rotate_columns[y].word.next = self.weight_rows[i].part[y].val();
                }
            }
        }
        for _i in 0..self._straight_x {
            for i in 0..self._rotates_y {
                for y in 0..self._banks_y {
                    self.weight_columns[y].input.next = self.rotate_rows[i].rotated[y].val();
                }
            }
            for i in 0..self._straight_y {
                for y in 0..self._banks_y {
                    self.weight_columns[y].input.next = self.weight_rows[i].part[y].val();
                }
            }
            for n in self._banks_x..(self._banks_x + 1) {
                for y in 0..self._banks_y {
                    for x in 0..self._banks_x {
                        self.bank[y * n + x].weights.next = self.weight_columns[y].part[x].val();
                    }
                }
            }
        }

        comment!("Membranes: each bank's address, in two steps; a scan puts its word into the row's share");
        self.group_late.d.next = self.sequencer.group.val();
        self.bank_group.next = unsigned_cast_to(self.group_late.q.val(), self.bank_group.shape().width);
        self.scan_word_late.d.next = self.sequencer.scan_word.val();
        for k in self._address_at..(self._address_at + 1) {
            self.bank_scan.next = self.scan_at[k].q.val();
            self.bank_event.next = self.event_at[k + 1].q.val();
        }
        for y in 0..self._banks_y {
            self.row_share[y].clock.next = self.clock.val();
            self.row_share[y].d.next = self.row_lookup.offset[y].val() + self.bank_group.val();
            if self.bank_scan.val() {
                self.row_share[y].d.next = self.scan_word_late.q.val();
            }
        }
        for x in 0..self._banks_x {
            self.column_share[x].clock.next = self.clock.val();
            self.column_share[x].d.next = self.column_lookup.offset[x].val();
            // One column has no offset, scanned or not.
            for _i in 0..self._several_columns {
                if self.bank_scan.val() {
                    self.column_share[x].d.next = self.no_offset.val();
                }
            }
        }
        for n in self._banks_x..(self._banks_x + 1) {
            for y in 0..self._banks_y {
                for x in 0..self._banks_x {
                    self.bank_address[y * n + x].clock.next = self.clock.val();
                    self.bank_address[y * n + x].d.next = self.row_share[y].q.val() + self.column_share[x].q.val();
                    self.bank_accumulate[y * n + x].clock.next = self.clock.val();
                    self.bank_accumulate[y * n + x].reset.next = self.reset.val();
                    self.bank_accumulate[y * n + x].d.next =
                        self.bank_event.val() & self.row_lookup.used[y].val() & self.column_lookup.used[x].val();
                }
            }
        }

        for i in 0..self._counted {
            self.sop_count[i].clock.next = self.clock.val();
            self.sop_count[i].reset.next = self.reset.val();
            self.sop_count[i].valid.next = self.bank_event.val();
            for y in 0..self._banks_y {
                self.sop_count[i].row[y].next = self.row_lookup.used[y].val();
            }
            for x in 0..self._banks_x {
                self.sop_count[i].column[x].next = self.column_lookup.used[x].val();
            }
            for k in 0..self._last_groups {
                self.sop_count[i].last_group[k].next = self.group_late.q.val() == self.last_group[k].val();
            }
            self.sops[i].next = self.sop_count[i].sops.val();
        }

        comment!("Scans: constants of the neurons, and when the new states are written");
        for k in self._operand_at..(self._operand_at + 1) {
            self.operand_scan.next = self.scan_at[k].q.val();
        }
        for k in self._write_at..(self._write_at + 1) {
            self.fire_write.next = self.scan_at[k].q.val();
        }
        self.scan_word_write.d.next = self.scan_word_late.q.val();
        self.clear_write.d.next = self.sequencer.clear.val();
        for i in 0..self._lazy {
            self.step_ends[i].clock.next = self.clock.val();
            self.step_ends[i].d.next = self.sequencer.end_step.val();
            self.now[i].clock.next = self.clock.val();
            self.now[i].reset.next = self.reset.val();
            self.now[i].d.next = self.now[i].q.val();
            if self.fire_write.val() & self.step_ends[i].q.val() {
                self.now[i].d.next = self.now[i].q.val() + self.next_step[i].val();
            }
        }
        for i in 0..self._passes {
            self.more_passes[i].clock.next = self.clock.val();
            self.more_passes[i].d.next = self.sequencer.more_passes[i].val();
            self.later_pass[i].clock.next = self.clock.val();
            self.later_pass[i].d.next = self.sequencer.later_pass[i].val();
        }
        for i in 0..self._param_by_word {
            self.param_address[i].clock.next = self.clock.val();
            self.param_address[i].d.next = self.sequencer.scan_word.val();
            for k in 0..self._loads {
                if self.reset.val() {
                    self.param_address[i].d.next = self.loader[k].constant_word[0].val();
                }
            }
        }
        for i in 0..self._param_by_group {
            self.param_address[i].clock.next = self.clock.val();
            self.param_address[i].d.next = self.sequencer.scan_group.val();
            for k in 0..self._loads {
                if self.reset.val() {
                    self.param_address[i].d.next = self.loader[k].constant_word[0].val();
                }
            }
        }
        for i in 0..self._params {
            self.param_late[i].clock.next = self.clock.val();
            self.param_fields[i].input.next = self.param_late[i].q.val();
        }
        for i in 0..self._param_roms {
            self.param[i].clock.next = self.clock.val();
            self.param[i].read_address.next = self.param_address[0].q.val();
            self.param_late[i].d.next = self.param[i].read_data.val();
        }
        for i in 0..self._param_rams {
            self.param_ram[i].clock.next = self.clock.val();
            self.param_ram[i].read_address.next = self.param_address[0].q.val();
            self.param_ram[i].write_enable.next = self.loader[0].constant_write[i].val();
            self.param_ram[i].write_address.next = self.loader[0].constant_word[0].val();
            self.param_ram[i].write_data.next = self.load_data[0].val();
            for k in 0..self._param_columns {
                self.param_ram[i].write_column[k].next = self.loader[0].constant_column[k].val();
            }
            self.loader[0].constant_data[i].next = self.param_ram[i].read_data.val();
            self.param_late[i].d.next = self.param_ram[i].read_data.val();
        }
        for _i in 0..self._param_by_word {
            for b in 0..self._banks {
                for k in self._bias_from..self._bias_to {
                    self.bank[b].bias[0].next = self.param_fields[b].part[k].val();
                }
                for k in self._level_from..self._level_to {
                    self.bank[b].level[0].next = self.param_fields[b].part[k].val();
                }
                for k in self._reset_from..self._reset_to {
                    self.bank[b].reset_by[0].next = self.param_fields[b].part[k].val();
                }
                for k in self._leak_from..self._leak_to {
                    self.bank[b].leak_factor[0].next = self.param_fields[b].part[k].val();
                }
                for k in self._initial_from..self._initial_to {
                    self.bank[b].start[0].next = self.param_fields[b].part[k].val();
                }
            }
        }
        for i in 0..self._param_by_group {
            for b in 0..self._banks {
                for k in self._bias_from..self._bias_to {
                    self.bank[b].bias[0].next = self.param_fields[i].part[k].val();
                }
                for k in self._level_from..self._level_to {
                    self.bank[b].level[0].next = self.param_fields[i].part[k].val();
                }
                for k in self._reset_from..self._reset_to {
                    self.bank[b].reset_by[0].next = self.param_fields[i].part[k].val();
                }
                for k in self._leak_from..self._leak_to {
                    self.bank[b].leak_factor[0].next = self.param_fields[i].part[k].val();
                }
                for k in self._initial_from..self._initial_to {
                    self.bank[b].start[0].next = self.param_fields[i].part[k].val();
                }
            }
        }

        comment!("Banks");
        for b in 0..self._banks {
            self.bank[b].clock.next = self.clock.val();
            self.bank[b].reset.next = self.reset.val();
            self.bank[b].read_address.next = self.bank_address[b].q.val();
            self.bank[b].accumulate.next = self.bank_accumulate[b].q.val();
            self.bank[b].scan.next = self.operand_scan.val();
            self.bank[b].fire_write.next = self.fire_write.val();
            self.bank[b].fire_address.next = self.scan_word_write.q.val();
            self.bank[b].clear.next = self.clear_write.q.val();
            for i in 0..self._lazy {
                self.bank[b].now[i].next = self.now[i].q.val();
            }
            for i in 0..self._passes {
                self.bank[b].more_passes[i].next = self.more_passes[i].q.val();
                self.bank[b].later_pass[i].next = self.later_pass[i].q.val();
            }
        }

        comment!("What the scan found leaves through the sender");
        self.send_row.d.next = self.sequencer.scan_row.val();
        self.send_column.d.next = self.sequencer.scan_column.val();
        self.send_group.d.next = self.sequencer.scan_group.val();
        self.send_end.d.next = self.sequencer.end_step.val();
        self.send_last.d.next = self.sequencer.end_sample.val();
        for i in 0..self._on_fabric {
            self.step_done[i].next = self.sequencer.step_done[i].val();
        }
        for k in self._send_at..(self._send_at + 1) {
            self.sending.next = self.send_at[k].q.val();
        }
        for i in 0..self._unmasked {
            for b in 0..self._banks {
                self.spikes[i].part[b].next = self.bank[b].fired[i].val();
            }
        }
        for i in 0..self._masked {
            self.row_valid[i].input.next = self.send_row.q.val();
            self.column_valid[i].input.next = self.send_column.q.val();
            for n in self._banks_x..(self._banks_x + 1) {
                for y in 0..self._banks_y {
                    for x in 0..self._banks_x {
                        self.spikes[i].part[y * n + x].next = self.no_spikes[i].val();
                        if self.row_valid[i].output[y].val().any() & self.column_valid[i].output[x].val().any() {
                            self.spikes[i].part[y * n + x].next = self.bank[y * n + x].fired[i].val();
                        }
                    }
                }
            }
        }
        for i in 0..self._touched {
            self.touched[i].clock.next = self.clock.val();
            self.touched[i].reset.next = self.reset.val();
            self.touched[i].mark.next = self.event_at[0].q.val();
            for y in 0..self._banks_y {
                self.touched[i].row_used[y].next = self.row_lookup.place_used[y].val();
                self.touched[i].row[y].next = self.row_lookup.place[y].val();
            }
            for x in 0..self._banks_x {
                self.touched[i].column_used[x].next = self.column_lookup.place_used[x].val();
                self.touched[i].column[x].next = self.column_lookup.place[x].val();
            }
            self.touched[i].wide.next = self.sequencer.wide[i].val();
            self.touched[i].wide_row.next = self.sequencer.scan_row.val();
            self.touched[i].tick.next = self.sequencer.touched_tick[i].val();
            self.touched[i].take.next = self.sequencer.touched_take[i].val();
            for k in 0..self._again {
                self.touched[i].scan_ends[k].next = self.sequencer.scan_ends[k].val();
            }
            self.sequencer.touched_ready[i].next = self.touched[i].ready.val();
            self.sequencer.touched_row[i].next = self.touched[i].next_row.val();
            self.sequencer.touched_column[i].next = self.touched[i].next_column.val();
            for k in 0..self._again {
                self.sequencer.touched_row_end[k].next = self.touched[i].row_end[k].val();
            }
            self.sequencer.touched_last[i].next = self.touched[i].last.val();
            self.sequencer.touched_nothing[i].next = self.touched[i].nothing.val();
            for k in 0..self._again {
                self.map_fired[k].clock.next = self.clock.val();
                self.map_fired[k].d.next = self.spikes[i].output.val().any();
                self.map_row[k].clock.next = self.clock.val();
                self.map_row[k].d.next = self.send_row.q.val();
                self.map_column[k].clock.next = self.clock.val();
                self.map_column[k].d.next = self.send_column.q.val();
                self.map_row_end[k].clock.next = self.clock.val();
                self.map_row_end[k].d.next = self.sequencer.row_end[k].val();
                self.touched[i].scanned[k].next = self.fire_write.val();
                self.touched[i].scanned_row[k].next = self.map_row[k].q.val();
                self.touched[i].scanned_column[k].next = self.map_column[k].q.val();
                self.touched[i].scanned_row_end[k].next = self.map_row_end[k].q.val();
                self.touched[i].fired[k].next = self.map_fired[k].q.val() & !self.clear_write.q.val();
                self.touched[i].forget[k].next = self.clear_write.q.val();
            }
        }
        for i in 0..self._spiking {
            self.spike_sender[i].clock.next = self.clock.val();
            self.spike_sender[i].reset.next = self.reset.val();
            self.spike_sender[i].in_valid.next = self.sending.val();
            self.spike_sender[i].spikes.next = self.spikes[i].output.val();
            self.spike_sender[i].row.next = self.send_row.q.val();
            self.spike_sender[i].column.next = self.send_column.q.val();
            self.spike_sender[i].group.next = self.send_group.q.val();
            self.spike_sender[i].end_step.next = self.send_end.q.val();
            self.spike_sender[i].end_sample.next = self.send_last.q.val();
            self.sequencer.sender_full.next = self.spike_sender[i].full.val();
            self.spike_sender[i].out_ready.next = self.out_ready.val();
            self.out_valid.next = self.spike_sender[i].out_valid.val();
            self.out_data.next = self.spike_sender[i].out_data.val();
        }
        for i in 0..self._showing {
            self.value_sender[i].clock.next = self.clock.val();
            self.value_sender[i].reset.next = self.reset.val();
            self.value_sender[i].in_valid.next = self.sending.val();
            self.value_sender[i].values.next = self.bank[0].shown[i].val();
            self.value_sender[i].row.next = self.send_row.q.val();
            self.value_sender[i].column.next = self.send_column.q.val();
            self.value_sender[i].group.next = self.send_group.q.val();
            self.value_sender[i].end_step.next = self.send_end.q.val();
            self.value_sender[i].end_sample.next = self.send_last.q.val();
            self.sequencer.sender_full.next = self.value_sender[i].full.val();
            self.value_sender[i].out_ready.next = self.out_ready.val();
            self.out_valid.next = self.value_sender[i].out_valid.val();
            self.out_data.next = self.value_sender[i].out_data.val();
        }
    }
}
