//! The parallel core: one fully connected layer, a lane for each neuron.

mod parts;

use super::lane::ParallelLane;
use super::sender::ParallelSender;
use super::setting::WrittenSetting;
use crate::config::{LoadRam, Loader, SopCount};
use hdl::prelude::*;

/// One layer. Adds a word of weights to all membranes at once for each event; at a TICK all neurons end the step together.
///
/// Stages: the buffer's word -> (shares of the address ->) address -> memory (-> its register) -> lanes. A TICK stands at the lanes until they
/// are done and everything behind it stands still. Where the memory has a register at its output, the lanes get the weights of the event
/// before a TICK in the first cycle in which that stands there.
#[derive(Clone, Debug, LogicBlock)]
pub struct ParallelCore {
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

    kind_spike: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    channels: Vec<Const>,
    rows: Vec<Const>,
    columns: Vec<Const>,

    buffer: Skid,
    padded: Sig<Local>,
    kind: Sig<Local>,
    c: Sig<Local>,
    y: Sig<Local>,
    x: Sig<Local>,
    channel_heard: Signal<Local, Bit>,
    row_heard: Signal<Local, Bit>,
    column_heard: Signal<Local, Bit>,
    event_now: Signal<Local, Bit>,
    last_now: Signal<Local, Bit>,
    tick_now: Signal<Local, Bit>,
    go: Signal<Local, Bit>,

    event_0: Vec<Flag>,
    tick_0: Vec<Flag>,
    last_0: Vec<Flag>,
    channel_base: Vec<ScaleBy>,
    row_base: Vec<ScaleBy>,
    channel_share: Vec<Register>,
    row_share: Vec<Register>,

    event_1: Flag,
    tick_1: Flag,
    last_1: Flag,
    address: Register,
    weights: Vec<Rom>,
    weight_ram: Vec<LoadRam>,
    loader: Vec<Loader>,

    event_2: Flag,
    tick_2: Flag,
    last_2: Flag,
    event_3: Vec<Flag>,
    settled: Vec<Flag>,
    arrived: Signal<Local, Bit>,
    integrate: Signal<Local, Bit>,
    biased: Vec<Flag>,
    ready: Signal<Local, Bit>,
    decide: Signal<Local, Bit>,
    first_add: Flag,
    second_add: Flag,
    fire_write: Signal<Local, Bit>,
    clear_write: Signal<Local, Bit>,
    clear: Signal<Local, Bit>,
    subtract: Vec<Signal<Local, Bit>>,
    leak: Vec<Signal<Local, Bit>>,
    weight_parts: Split,
    lane: Vec<ParallelLane>,
    spikes: BitJoin,
    sender: ParallelSender,
    sop_count: Vec<SopCount>,

    biases: Vec<Const>,
    fire_levels: Vec<Const>,
    range_tops: Vec<Const>,
    minus_resets: Vec<Const>,
    high_fills: Vec<Const>,
    initials: Vec<Const>,
    /// Constants that are written, in the order of their names.
    setting: Vec<WrittenSetting>,
    unsettled: Vec<Flag>,
    still_unsettled: Vec<Flag>,
    bias_parts: Vec<Split>,
    fire_parts: Vec<Split>,
    over_parts: Vec<Split>,
    reset_parts: Vec<Split>,
    high_parts: Vec<Split>,
    initial_parts: Vec<Split>,

    _map: usize,
    _vector: usize,
    _channel_limits: usize,
    _row_limits: usize,
    _column_limits: usize,
    _lanes: usize,
    _groups: usize,
    _group: usize,
    _tail: usize,
    _spikes: usize,
    _biased: usize,
    _unbiased: usize,
    _resets: usize,
    _leaks: usize,
    _reset_first: usize,
    _reset_second: usize,
    _leak_first: usize,
    _leak_second: usize,
    _starts: usize,
    _bias_given: usize,
    _fire_given: usize,
    _over_given: usize,
    _reset_given: usize,
    _high_given: usize,
    _initial_given: usize,
    _roms: usize,
    _loads: usize,
    _weight_columns: usize,
    _settings: usize,
    _reset_written: usize,
    _high_written: usize,
    _on_fabric: usize,
    _counted: usize,
    _late: usize,
    _in_time: usize,
    _kind_low: u32,
    _c_low: u32,
    _c_bits: u32,
    _y_low: u32,
    _y_bits: u32,
    _x_low: u32,
    _x_bits: u32,
}

impl Logic for ParallelCore {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, buffer, event_1, tick_1, last_1, address, event_2, tick_2, last_2, first_add, second_add, sender);
        self.buffer.reset.next = self.reset.val();
        self.event_1.reset.next = self.reset.val();
        self.tick_1.reset.next = self.reset.val();
        self.last_1.reset.next = self.reset.val();
        self.event_2.reset.next = self.reset.val();
        self.tick_2.reset.next = self.reset.val();
        self.last_2.reset.next = self.reset.val();
        self.first_add.reset.next = self.reset.val();
        self.second_add.reset.next = self.reset.val();
        self.sender.reset.next = self.reset.val();

        comment!("The word from the link; all stages stand while a TICK is at the lanes");
        self.buffer.in_valid.next = self.in_valid.val() & !self.reset.val();
        self.in_ready.next = self.buffer.in_ready.val() & !self.reset.val();
        self.buffer.in_data.next = self.in_data.val();
        self.go.next = !self.tick_2.q.val() | self.second_add.q.val();
        self.buffer.out_ready.next = self.go.val();
        self.padded.next = bit_cast_to(self.buffer.out_data.val(), self.padded.shape().width);
        self.kind.next = bit_cast_slice(self.padded.val(), self._kind_low, 2);
        self.c.next = bit_cast_slice(self.padded.val(), self._c_low, self._c_bits);
        self.y.next = bit_cast_slice(self.padded.val(), self._y_low, self._y_bits);
        self.x.next = bit_cast_slice(self.padded.val(), self._x_low, self._x_bits);
        self.channel_heard.next = true;
        for i in 0..self._channel_limits {
            self.channel_heard.next = self.c.val() < self.channels[i].val();
        }
        self.row_heard.next = true;
        for i in 0..self._row_limits {
            self.row_heard.next = self.y.val() < self.rows[i].val();
        }
        self.column_heard.next = true;
        for i in 0..self._column_limits {
            self.column_heard.next = self.x.val() < self.columns[i].val();
        }
        self.event_now.next = self.buffer.out_valid.val()
            & (self.kind.val() == self.kind_spike.val())
            & self.channel_heard.val()
            & self.row_heard.val()
            & self.column_heard.val();
        self.last_now.next = self.buffer.out_valid.val() & (self.kind.val() == self.kind_tick_last.val());
        self.tick_now.next = (self.buffer.out_valid.val() & (self.kind.val() == self.kind_tick.val())) | self.last_now.val();

        comment!("Its address");
        self.event_1.d.next = self.event_1.q.val();
        self.tick_1.d.next = self.tick_1.q.val();
        self.last_1.d.next = self.last_1.q.val();
        self.address.d.next = self.address.q.val();
        for _i in 0..self._vector {
            if self.go.val() {
                self.event_1.d.next = self.event_now.val();
                self.tick_1.d.next = self.tick_now.val();
                self.last_1.d.next = self.last_now.val();
                self.address.d.next = unsigned_cast_to(self.c.val(), self.address.q.shape().width);
            }
        }
        for i in 0..self._map {
            self.event_0[i].clock.next = self.clock.val();
            self.tick_0[i].clock.next = self.clock.val();
            self.last_0[i].clock.next = self.clock.val();
            self.event_0[i].reset.next = self.reset.val();
            self.tick_0[i].reset.next = self.reset.val();
            self.last_0[i].reset.next = self.reset.val();
            self.channel_share[i].clock.next = self.clock.val();
            self.row_share[i].clock.next = self.clock.val();
            self.channel_base[i].input.next = self.c.val();
            self.row_base[i].input.next = self.y.val();
            self.event_0[i].d.next = self.event_0[i].q.val();
            self.tick_0[i].d.next = self.tick_0[i].q.val();
            self.last_0[i].d.next = self.last_0[i].q.val();
            self.channel_share[i].d.next = self.channel_share[i].q.val();
            self.row_share[i].d.next = self.row_share[i].q.val();
            if self.go.val() {
                self.event_0[i].d.next = self.event_now.val();
                self.tick_0[i].d.next = self.tick_now.val();
                self.last_0[i].d.next = self.last_now.val();
                self.channel_share[i].d.next = self.channel_base[i].output.val();
                self.row_share[i].d.next = self.row_base[i].output.val() + unsigned_cast_to(self.x.val(), self.row_share[i].q.shape().width);
                self.event_1.d.next = self.event_0[i].q.val();
                self.tick_1.d.next = self.tick_0[i].q.val();
                self.last_1.d.next = self.last_0[i].q.val();
                self.address.d.next = self.channel_share[i].q.val() + self.row_share[i].q.val();
            }
        }

        for r in 0..self._loads {
            if self.reset.val() {
                self.address.d.next = self.loader[r].weight_word.val();
            }
        }
        comment!("The weights of all neurons: 0 unless an event is read, so that nothing is added else");
        for r in 0..self._roms {
            self.weights[r].clock.next = self.clock.val();
            self.weights[r].read_address.next = self.address.q.val();
            self.weights[r].read_enable[0].next = self.event_1.q.val() & self.go.val();
        }
        for r in 0..self._loads {
            self.weight_ram[r].clock.next = self.clock.val();
            self.weight_ram[r].read_address.next = self.address.q.val();
            self.weight_ram[r].read_enable[0].next = (self.event_1.q.val() & self.go.val()) | self.reset.val();
            self.weight_ram[r].write_enable.next = self.loader[r].weight_write.val();
            self.weight_ram[r].write_address.next = self.loader[r].weight_word.val();
            self.weight_ram[r].write_data.next = self.load_data[r].val();
            for k in 0..self._weight_columns {
                self.weight_ram[r].write_column[k].next = self.loader[r].weight_column[k].val();
            }
            self.loader[r].write.next = self.load_write[r].val();
            self.loader[r].address.next = self.load_address[r].val();
            self.loader[r].weight_data.next = self.weight_ram[r].read_data.val();
            self.load_read[r].next = self.loader[r].read_data.val();
            self.load_exists[r].next = self.loader[r].exists.val();
        }
        self.event_2.d.next = self.event_1.q.val() & self.go.val();
        self.tick_2.d.next = self.tick_2.q.val();
        self.last_2.d.next = self.last_2.q.val();
        if self.go.val() {
            self.tick_2.d.next = self.tick_1.q.val();
            self.last_2.d.next = self.last_1.q.val();
        }
        for _i in 0..self._in_time {
            self.integrate.next = self.event_2.q.val();
            self.arrived.next = self.tick_2.q.val();
        }
        for i in 0..self._late {
            self.event_3[i].clock.next = self.clock.val();
            self.event_3[i].reset.next = self.reset.val();
            self.event_3[i].d.next = self.event_2.q.val();
            self.settled[i].clock.next = self.clock.val();
            self.settled[i].reset.next = self.reset.val();
            self.settled[i].d.next = self.tick_2.q.val() & !self.go.val();
            self.integrate.next = self.event_3[i].q.val();
            self.arrived.next = self.tick_2.q.val() & self.settled[i].q.val();
        }
        for i in 0..self._counted {
            self.sop_count[i].clock.next = self.clock.val();
            self.sop_count[i].reset.next = self.reset.val();
            self.sop_count[i].valid.next = self.event_2.q.val();
            self.sop_count[i].row[0].next = true;
            self.sop_count[i].column[0].next = true;
            self.sops[i].next = self.sop_count[i].sops.val();
        }

        comment!("A TICK at the lanes: bias, decision, first addition, second addition");
        self.ready.next = self.arrived.val() & !self.first_add.q.val() & !self.second_add.q.val();
        for _i in 0..self._unbiased {
            self.decide.next = self.ready.val() & self.sender.free.val();
        }
        for i in 0..self._biased {
            self.decide.next = self.ready.val() & self.biased[i].q.val() & self.sender.free.val();
            self.biased[i].clock.next = self.clock.val();
            self.biased[i].reset.next = self.reset.val();
            self.biased[i].d.next = self.ready.val() & !self.decide.val();
        }
        self.first_add.d.next = self.decide.val();
        self.second_add.d.next = self.first_add.q.val();
        self.clear.next = self.reset.val() | (self.first_add.q.val() & self.last_2.q.val());
        for i in 0..self._loads {
            comment!("What the bus has read behind a reset's end is not added");
            self.unsettled[i].clock.next = self.clock.val();
            self.unsettled[i].reset.next = self.reset.val();
            self.unsettled[i].d.next = false;
            self.still_unsettled[i].clock.next = self.clock.val();
            self.still_unsettled[i].reset.next = self.reset.val();
            self.still_unsettled[i].d.next = self.unsettled[i].q.val();
            if self.still_unsettled[i].q.val() {
                self.clear.next = true;
            }
        }
        self.fire_write.next = self.second_add.q.val();
        self.clear_write.next = self.second_add.q.val() & self.last_2.q.val();
        for i in 0..self._on_fabric {
            self.step_done[i].next = self.second_add.q.val();
        }
        for i in 0..self._reset_first {
            self.subtract[i].next = self.first_add.q.val();
        }
        for i in 0..self._reset_second {
            self.subtract[i].next = self.second_add.q.val() & !self.last_2.q.val();
        }
        for i in 0..self._leak_first {
            self.leak[i].next = self.first_add.q.val();
        }
        for i in 0..self._leak_second {
            self.leak[i].next = self.second_add.q.val();
            // What a sample starts with is leaked already.
            for _k in 0..self._starts {
                if self.last_2.q.val() {
                    self.leak[i].next = false;
                }
            }
        }

        comment!("The lanes");
        for k in 0..self._bias_given {
            self.bias_parts[k].input.next = self.biases[k].val();
        }
        for k in 0..self._fire_given {
            self.fire_parts[k].input.next = self.fire_levels[k].val();
        }
        for k in 0..self._over_given {
            self.over_parts[k].input.next = self.range_tops[k].val();
        }
        for k in 0..self._reset_given {
            self.reset_parts[k].input.next = self.minus_resets[k].val();
        }
        for k in 0..self._high_given {
            self.high_parts[k].input.next = self.high_fills[k].val();
        }
        for k in 0..self._initial_given {
            self.initial_parts[k].input.next = self.initials[k].val();
        }
        for r in 0..self._roms {
            self.weight_parts.input.next = self.weights[r].read_data.val();
        }
        for r in 0..self._loads {
            self.weight_parts.input.next = self.weight_ram[r].read_data.val();
        }
        for k in 0..self._settings {
            self.setting[k].clock.next = self.clock.val();
            self.setting[k].lane.next = self.loader[0].constant_word[0].val();
            self.setting[k].write.next = self.loader[0].constant_write[k].val();
            self.setting[k].data.next = self.load_data[0].val();
            self.loader[0].constant_data[k].next = self.setting[k].stored.val();
        }
        for i in 0..self._lanes {
            self.lane[i].clock.next = self.clock.val();
            self.lane[i].reset.next = self.reset.val();
            self.lane[i].weight.next = self.weight_parts.part[i].val();
            self.lane[i].decide.next = self.decide.val();
            self.lane[i].empty.next = self.first_add.q.val();
            self.lane[i].fill.next = self.second_add.q.val();
            self.lane[i].end_sample.next = self.last_2.q.val();
            self.lane[i].clear.next = self.clear.val();
            self.spikes.bit[i].next = self.lane[i].spike.val();
            for k in 0..self._biased {
                self.lane[i].add_bias[k].next = self.ready.val() & !self.biased[k].q.val();
            }
            for k in 0..self._resets {
                self.lane[i].subtract[k].next = self.subtract[k].val();
            }
            for k in 0..self._leaks {
                self.lane[i].leak[k].next = self.leak[k].val();
            }
            for k in 0..self._bias_given {
                self.lane[i].bias[k].next = self.bias_parts[k].part[i].val();
            }
            for k in 0..self._fire_given {
                self.lane[i].fire_above[k].next = self.fire_parts[k].part[i].val();
            }
            for k in 0..self._over_given {
                self.lane[i].over_above[k].next = self.over_parts[k].part[i].val();
            }
            for k in 0..self._reset_given {
                self.lane[i].reset_by[k].next = self.reset_parts[k].part[i].val();
            }
            for k in 0..self._high_given {
                self.lane[i].fill_high[k].next = self.high_parts[k].part[i].val();
            }
            for k in 0..self._initial_given {
                self.lane[i].start[k].next = self.initial_parts[k].part[i].val();
            }
            for k in 0..self._loads {
                self.lane[i].fire_above[k].next = self.setting[0].value[i].val();
                self.lane[i].over_above[k].next = self.setting[1].value[i].val();
            }
            for k in 0..self._reset_written {
                self.lane[i].reset_by[k].next = self.setting[2].value[i].val();
            }
            for k in 0..self._high_written {
                self.lane[i].fill_high[k].next = self.setting[2].value[i].val();
            }
        }
        for g in 0..self._groups {
            for n in self._group..(self._group + 1) {
                for i in 0..self._group {
                    self.lane[g * n + i].taken.next = self.sender.taken.val().get_bit(g);
                }
            }
        }
        for g in self._groups..(self._groups + 1) {
            for n in self._group..(self._group + 1) {
                for i in 0..self._tail {
                    self.lane[g * n + i].taken.next = self.sender.taken.val().get_bit(g);
                }
            }
        }
        for i in self._lanes..self._spikes {
            self.spikes.bit[i].next = false;
        }

        comment!("Their spikes");
        self.sender.spikes.next = self.spikes.output.val();
        self.sender.decided.next = self.first_add.q.val();
        self.sender.end_sample.next = self.last_2.q.val();
        self.out_valid.next = self.sender.out_valid.val();
        self.out_data.next = self.sender.out_data.val();
        self.sender.out_ready.next = self.out_ready.val();
    }
}
