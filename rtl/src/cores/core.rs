//! A core: one layer of neurons, from link to link.

use super::bank::Bank;
use super::headers::core_doc;
use super::lookup::{AxisLookup, AxisUnits, Rotate};
use super::memories::{param_roms, valid_table, weight_rom};
use super::sender::SpikeSender;
use super::sequencer::Sequencer;
use super::touched::TouchedMap;
use super::value_sender::ValueSender;
use crate::hdl::prelude::*;
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

    buffer: Skid,
    sequencer: Sequencer,
    row_lookup: AxisLookup,
    column_lookup: AxisLookup,
    channel_base: ScaleBy,
    channel_offset: Register,
    group_offset: Register,
    group_wide: Sig<Local>,
    channel_share: Register,
    block_share: Register,
    weight_address: Register,
    weights: Rom,
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
    map_fired: Vec<BitRegister>,
    map_row: Vec<Register>,
    map_column: Vec<Register>,
    map_row_end: Vec<BitDelay>,

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
    _param_by_word: usize,
    _param_by_group: usize,
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
}

impl Core {
    pub fn new(core: &CorePlan) -> Self {
        let p = Pipeline::of(core);
        let params = ParamLayout::of(core);
        let image = WeightImage::of(core);
        let (banks_y, banks_x) = (core.rows.banks, core.columns.banks);
        let banks = banks_y * banks_x;
        let address = u(index_width(core.words()));
        let weight_address = u(index_width(image.words.len()));
        let slot_bits = core.layer.weight_bits * core.lanes as u32;
        let (rotates_y, rotates_x) = core.rotated();
        let (row_turns, column_turns) = core.weight_turns();
        let address_cycle = p.address();
        let sequencer = Sequencer::new(core);
        let units = |rows: bool| AxisUnits {
            what: if rows { "row" } else { "column" },
            position: if rows { core.columns.depth * core.groups } else { core.groups },
            block: if rows { image.row_stride } else { image.column_stride },
            turns: if rows { row_turns } else { column_turns },
            coordinate_bits: if rows { sequencer.row.shape().width } else { sequencer.column.shape().width },
            address_bits: address.width,
            weight_bits: weight_address.width,
            address_cycle,
            slot_cycle: if rows { 5 } else { 5 + u32::from(rotates_y) },
            places: core.touched_map,
        };
        let (row_units, column_units) = (units(true), units(false));
        let one = |present: bool| usize::from(present);
        let spiking = core.layer.neuron.output == Output::Spike;
        let group = u(index_width(core.groups));
        let (row, column) = (u(index_width(core.rows.depth)), u(index_width(core.columns.depth)));
        // Neurons that do not exist never hear an event; only a bias could make them fire.
        let masked = spiking && core.is_padded() && core.layer.neuron.is_biased() && !params.per_neuron;
        let passes = one(core.passes() > 1);
        let touched = one(core.touched_map);
        let param_images = if params.is_empty() { vec![] } else { params.images(core) };
        let param_address = if params.per_neuron { address } else { group };
        let param_word = u(params.word_bits(core.lanes).max(1));
        let param_shapes: Vec<Shape> = params.fields().map(|(_, bits)| u(bits * core.lanes as u32)).collect();
        let n_params = param_images.len();
        let range = |field| params.range(field);
        let [bias, level, reset_by, leak] = [Field::Bias, Field::FireLevel, Field::Reset, Field::Leak].map(range);
        Core {
            doc: core_doc(core, &p),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(core.input.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),

            buffer: Skid::new(u(core.input.width())),
            row_lookup: AxisLookup::new(&core.name, &core.rows, &row_units),
            column_lookup: AxisLookup::new(&core.name, &core.columns, &column_units),
            channel_base: ScaleBy::new(sequencer.channel.shape(), image.channel_stride as u64, weight_address),
            sequencer,
            channel_offset: Register::new(weight_address),
            group_offset: Register::new(group),
            group_wide: Sig::new(weight_address),
            channel_share: Register::new(weight_address),
            block_share: Register::new(weight_address),
            weight_address: Register::new(weight_address),
            weights: weight_rom(core, &image),
            weight_rows: vec![Split::new(image.width, u(slot_bits * banks_x as u32), banks_y); one(!rotates_y)],
            weight_columns: vec![
                Split::new(slot_bits * banks_x as u32, u(slot_bits), banks_x);
                if rotates_x { 0 } else { banks_y }
            ],
            rotate_rows: (0..one(rotates_y))
                .map(|_| Rotate::new(format!("{}_rotate_rows", core.name), banks_y, slot_bits * banks_x as u32))
                .collect(),
            rotate_columns: (0..if rotates_x { banks_y } else { 0 })
                .map(|_| Rotate::new(format!("{}_rotate_columns", core.name), banks_x, slot_bits))
                .collect(),
            event_at: vec![Flag::new(); address_cycle as usize + 1],
            scan_at: vec![Flag::new(); p.fire_write as usize],
            send_at: vec![Flag::new(); p.send as usize],
            group_late: Delay::new(group, address_cycle as usize),
            bank_group: Sig::new(address),
            scan_word_late: Delay::new(address, address_cycle as usize),
            scan_word_write: Delay::new(address, (p.fire_write - address_cycle) as usize),
            clear_write: BitDelay::new(p.fire_write as usize),
            no_offset: Const::new(address, 0),
            row_share: Register::several(banks_y, address),
            column_share: Register::several(banks_x, address),
            bank_address: Register::several(banks, address),
            bank_accumulate: vec![Flag::new(); banks],
            bank_event: Default::default(),
            bank_scan: Default::default(),
            operand_scan: Default::default(),
            fire_write: Default::default(),
            more_passes: vec![BitDelay::new(p.operand as usize); passes],
            later_pass: vec![BitDelay::new(p.operand as usize); passes],
            // The memory takes its address two cycles before the operand stage's registered word, like the weights'.
            param_address: vec![Delay::new(param_address, 2); one(n_params > 0)],
            param_late: vec![Delay::new(param_word, p.operand as usize - 4); n_params],
            param_fields: (0..n_params).map(|_| Split::of(&param_shapes)).collect(),
            param: param_roms(core, &params, param_images),
            bank: vec![Bank::new(core, &params); banks],
            send_row: Delay::new(row, p.send as usize),
            send_column: Delay::new(column, p.send as usize),
            send_group: Delay::new(group, p.send as usize),
            send_end: BitDelay::new(p.send as usize),
            send_last: BitDelay::new(p.send as usize),
            sending: Default::default(),
            spikes: vec![Join::new(u(core.lanes as u32), banks); one(spiking)],
            no_spikes: vec![Const::new(u(core.lanes as u32), 0); one(masked)],
            row_valid: (0..one(masked)).map(|_| valid_table(core, "row", &core.rows)).collect(),
            column_valid: (0..one(masked)).map(|_| valid_table(core, "column", &core.columns)).collect(),
            spike_sender: (0..one(spiking)).map(|_| SpikeSender::new(core)).collect(),
            value_sender: (0..one(!spiking)).map(|_| ValueSender::new(core)).collect(),
            touched: (0..touched).map(|_| TouchedMap::new(core)).collect(),
            map_fired: vec![BitRegister::new(); touched],
            map_row: Register::several(touched, row),
            map_column: Register::several(touched, column),
            map_row_end: vec![BitDelay::new(p.fire_write as usize); touched],

            _several_columns: one(core.columns.depth > 1),
            _banks_y: banks_y,
            _banks_x: banks_x,
            _banks: banks,
            _rotates_y: one(rotates_y),
            _straight_y: one(!rotates_y),
            _rotates_x: one(rotates_x),
            _straight_x: one(!rotates_x),
            _last_event: address_cycle as usize + 1,
            _last_scan: p.fire_write as usize,
            _last_send: p.send as usize,
            _address_at: address_cycle as usize - 1,
            _operand_at: p.operand as usize - 1,
            _write_at: p.fire_write as usize - 1,
            _send_at: p.send as usize - 1,
            _passes: passes,
            _params: n_params,
            _param_by_word: one(n_params > 0 && params.per_neuron),
            _param_by_group: one(n_params > 0 && !params.per_neuron),
            _bias_from: bias.start,
            _bias_to: bias.end,
            _level_from: level.start,
            _level_to: if spiking { level.end } else { level.start },
            _reset_from: reset_by.start,
            _reset_to: if spiking { reset_by.end } else { reset_by.start },
            _leak_from: leak.start,
            _leak_to: leak.end,
            _spiking: one(spiking),
            _showing: one(!spiking),
            _masked: one(masked),
            _unmasked: one(spiking && !masked),
            _touched: touched,
        }
    }
}

impl Logic for Core {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, buffer, sequencer, row_lookup, column_lookup, channel_offset, group_offset);
        clock!(self, clock, channel_share, block_share, weight_address, weights, group_late, scan_word_late, scan_word_write, clear_write);
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
        self.weights.read_address.next = self.weight_address.q.val();
        for i in 0..self._rotates_y {
            self.rotate_rows[i].clock.next = self.clock.val();
            self.rotate_rows[i].word.next = self.weights.read_data.val();
            for y in 0..self._banks_y {
                self.rotate_rows[i].slot[y].next = self.row_lookup.slot[y].val();
            }
        }
        for i in 0..self._straight_y {
            self.weight_rows[i].input.next = self.weights.read_data.val();
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

        comment!("Scans: constants of the neurons, and when the new states are written");
        for k in self._operand_at..(self._operand_at + 1) {
            self.operand_scan.next = self.scan_at[k].q.val();
        }
        for k in self._write_at..(self._write_at + 1) {
            self.fire_write.next = self.scan_at[k].q.val();
        }
        self.scan_word_write.d.next = self.scan_word_late.q.val();
        self.clear_write.d.next = self.sequencer.clear.val();
        for i in 0..self._passes {
            self.more_passes[i].clock.next = self.clock.val();
            self.more_passes[i].d.next = self.sequencer.more_passes[i].val();
            self.later_pass[i].clock.next = self.clock.val();
            self.later_pass[i].d.next = self.sequencer.later_pass[i].val();
        }
        for i in 0..self._param_by_word {
            self.param_address[i].clock.next = self.clock.val();
            self.param_address[i].d.next = self.sequencer.scan_word.val();
        }
        for i in 0..self._param_by_group {
            self.param_address[i].clock.next = self.clock.val();
            self.param_address[i].d.next = self.sequencer.scan_group.val();
        }
        for i in 0..self._params {
            self.param[i].clock.next = self.clock.val();
            self.param[i].read_address.next = self.param_address[0].q.val();
            self.param_late[i].clock.next = self.clock.val();
            self.param_late[i].d.next = self.param[i].read_data.val();
            self.param_fields[i].input.next = self.param_late[i].q.val();
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
            self.touched[i].scan_ends.next = self.sequencer.scan_ends[i].val();
            self.sequencer.touched_ready[i].next = self.touched[i].ready.val();
            self.sequencer.touched_row[i].next = self.touched[i].next_row.val();
            self.sequencer.touched_column[i].next = self.touched[i].next_column.val();
            self.sequencer.touched_row_end[i].next = self.touched[i].row_end.val();
            self.sequencer.touched_last[i].next = self.touched[i].last.val();
            self.sequencer.touched_nothing[i].next = self.touched[i].nothing.val();
            self.map_fired[i].clock.next = self.clock.val();
            self.map_fired[i].d.next = self.spikes[i].output.val().any();
            self.map_row[i].clock.next = self.clock.val();
            self.map_row[i].d.next = self.send_row.q.val();
            self.map_column[i].clock.next = self.clock.val();
            self.map_column[i].d.next = self.send_column.q.val();
            self.map_row_end[i].clock.next = self.clock.val();
            self.map_row_end[i].d.next = self.sequencer.row_end[i].val();
            self.touched[i].scanned.next = self.fire_write.val();
            self.touched[i].scanned_row.next = self.map_row[i].q.val();
            self.touched[i].scanned_column.next = self.map_column[i].q.val();
            self.touched[i].scanned_row_end.next = self.map_row_end[i].q.val();
            self.touched[i].fired.next = self.map_fired[i].q.val() & !self.clear_write.q.val();
            self.touched[i].forget.next = self.clear_write.q.val();
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
