//! The parallel core: one fully connected layer, a lane for each neuron.

use net::Output;

use super::super::headers::STEP_DONE;
use super::lane::ParallelLane;
use super::sender::ParallelSender;
use crate::config::SopCount;
use crate::hdl::prelude::*;
use crate::plan::image::WeightImage;
use crate::plan::parallel::{address_stages, fire_cycles, weights_in_logic, LaneConstants, Setting, SEND_GROUP};
use crate::plan::CorePlan;

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
    weights: Rom,

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
    bias_parts: Vec<Split>,
    fire_parts: Vec<Split>,
    over_parts: Vec<Split>,
    reset_parts: Vec<Split>,
    high_parts: Vec<Split>,

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
    _bias_given: usize,
    _fire_given: usize,
    _over_given: usize,
    _reset_given: usize,
    _high_given: usize,
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

impl ParallelCore {
    pub fn new(core: &CorePlan) -> Self {
        let layer = &core.layer;
        let constants = LaneConstants::of(core);
        let one = |present: bool| usize::from(present);
        let map = one(address_stages(layer) > 1);
        let image = WeightImage::of(core);
        let address = u(index_width(image.words.len()));
        let input = core.input;
        let (x_bits, y_bits, c_bits) = (input.x_bits.max(1), input.y_bits.max(1), input.c_bits.max(1));
        let kind_low = input.field_bits();
        // A field that is not there reads the zero above the word.
        let place = |bits: u32, low: u32| if bits > 0 { low } else { input.width() };
        let (x_low, y_low) = (place(input.x_bits, 0), place(input.y_bits, input.x_bits));
        let c_low = place(input.c_bits, input.x_bits + input.y_bits);
        // A field whose values all lie on the map needs no limit.
        let limit = |bits: u32, field: u32, size: usize| -> Vec<Const> {
            (field > 0 && size < 1 << field).then(|| Const::new(u(bits), size as u64)).into_iter().collect()
        };
        let (channels, rows, columns) = (
            limit(c_bits, input.c_bits, layer.input.c),
            limit(y_bits, input.y_bits, layer.input.h),
            limit(x_bits, input.x_bits, layer.input.w),
        );
        let groups = core.lanes.div_ceil(SEND_GROUP);
        let given = |setting: &Setting| one(setting.per_lane().is_some());
        let some_given = |setting: &Option<Setting>| setting.as_ref().map_or(0, given);
        let w = layer.neuron.membrane.bits;
        let word = |setting: &Setting| setting.per_lane().map(|values| constant_word(w, values));
        let words = |setting: &Setting| word(setting).into_iter().collect::<Vec<_>>();
        let some_words = |setting: &Option<Setting>| setting.as_ref().map_or(vec![], words);
        let parts = |n: usize| vec![Split::new(w * core.lanes as u32, s(w), core.lanes); n];
        let (resets, leaks) = (one(constants.reset.is_some()), one(constants.leak.is_some()));
        let leak_first = one(constants.leak_first);
        let biased = one(layer.neuron.is_biased());
        let counted = one(core.station.is_some());
        ParallelCore {
            doc: core_doc(core),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(input.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),
            step_done: vec![Default::default(); usize::from(core.on_fabric)],
            sops: Sig::several(counted, u(core.sop_shape().width())),

            kind_spike: Const::new(u(2), 0),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),

            buffer: Skid::new(u(input.width())),
            padded: Sig::new(u(input.width() + 1)),
            kind: Sig::new(u(2)),
            c: Sig::new(u(c_bits)),
            y: Sig::new(u(y_bits)),
            x: Sig::new(u(x_bits)),
            channel_heard: Default::default(),
            row_heard: Default::default(),
            column_heard: Default::default(),
            event_now: Default::default(),
            last_now: Default::default(),
            tick_now: Default::default(),
            go: Default::default(),

            event_0: vec![Flag::new(); map],
            tick_0: vec![Flag::new(); map],
            last_0: vec![Flag::new(); map],
            channel_base: vec![ScaleBy::new(u(c_bits), image.channel_stride as u64, address); map],
            row_base: vec![ScaleBy::new(u(y_bits), image.row_stride as u64, address); map],
            channel_share: Register::several(map, address),
            row_share: Register::several(map, address),

            event_1: Flag::new(),
            tick_1: Flag::new(),
            last_1: Flag::new(),
            address: Register::new(address),
            weights: weight_rom(core, &image),

            event_2: Flag::new(),
            tick_2: Flag::new(),
            last_2: Flag::new(),
            event_3: vec![Flag::new(); one(core.late_weights)],
            settled: vec![Flag::new(); one(core.late_weights)],
            arrived: Default::default(),
            integrate: Default::default(),
            biased: vec![Flag::new(); biased],
            ready: Default::default(),
            decide: Default::default(),
            first_add: Flag::new(),
            second_add: Flag::new(),
            fire_write: Default::default(),
            clear_write: Default::default(),
            clear: Default::default(),
            subtract: vec![Default::default(); resets],
            leak: vec![Default::default(); leaks],
            weight_parts: Split::new(image.width, s(layer.weight_bits), core.lanes),
            lane: vec![ParallelLane::new(core, &constants); core.lanes],
            spikes: BitJoin::new((groups * SEND_GROUP) as u32),
            sender: ParallelSender::new(core),
            sop_count: (0..counted).map(|_| SopCount::new(&core.name, core.sop_shape())).collect(),

            bias_parts: parts(some_given(&constants.bias)),
            fire_parts: parts(given(&constants.fire_above)),
            over_parts: parts(given(&constants.over_above)),
            reset_parts: parts(some_given(&constants.reset)),
            high_parts: parts(given(&constants.fill_high)),

            _map: map,
            _vector: 1 - map,
            _channel_limits: channels.len(),
            _row_limits: rows.len(),
            _column_limits: columns.len(),
            channels,
            rows,
            columns,
            _lanes: core.lanes,
            _groups: core.lanes / SEND_GROUP,
            _group: SEND_GROUP,
            _tail: core.lanes % SEND_GROUP,
            _spikes: groups * SEND_GROUP,
            _biased: biased,
            _unbiased: 1 - biased,
            _resets: resets,
            _leaks: leaks,
            _reset_first: resets * (1 - leak_first),
            _reset_second: resets * leak_first,
            _leak_first: leaks * leak_first,
            _leak_second: leaks * (1 - leak_first),
            _bias_given: some_given(&constants.bias),
            _fire_given: given(&constants.fire_above),
            _over_given: given(&constants.over_above),
            _reset_given: some_given(&constants.reset),
            _high_given: given(&constants.fill_high),
            biases: some_words(&constants.bias),
            fire_levels: words(&constants.fire_above),
            range_tops: words(&constants.over_above),
            minus_resets: some_words(&constants.reset),
            high_fills: words(&constants.fill_high),
            _on_fabric: usize::from(core.on_fabric),
            _counted: counted,
            _late: one(core.late_weights),
            _in_time: one(!core.late_weights),
            _kind_low: kind_low,
            _c_low: c_low,
            _c_bits: c_bits,
            _y_low: y_low,
            _y_bits: y_bits,
            _x_low: x_low,
            _x_bits: x_bits,
        }
    }
}

/// One signed constant per lane, lane 0 lowest.
fn constant_word(bits: u32, values: &[i64]) -> Const {
    let mut word = crate::plan::image::BitWord::new(bits * values.len() as u32);
    for (lane, &value) in values.iter().enumerate() {
        word.set(lane as u32 * bits, bits, value);
    }
    Const::of(Value::from_limbs(u(bits * values.len() as u32), &word.into_limbs()))
}

fn weight_rom(core: &CorePlan, image: &WeightImage) -> Rom {
    let rom = Rom::new(image.words.len(), image.width, format!("{}_weights", core.name), image.words.clone()).gated();
    let rom = if weights_in_logic(core) { rom.in_logic() } else { rom };
    let rom = if core.late_weights { rom.registered() } else { rom };
    rom.documented(|doc| {
        doc.line(format!(
            "Word (c * {} + y) * {} + x: the weights of that input to all {} neurons, signed {} bits, neuron 0 lowest.",
            core.layer.input.h, core.layer.input.w, core.lanes, core.layer.weight_bits
        ))
        .rust("rtl::plan::image::WeightImage")
    })
}

fn core_doc(core: &CorePlan) -> Doc {
    let layer = &core.layer;
    let stages = address_stages(layer);
    debug_assert_eq!(layer.neuron.output, Output::Spike);
    Doc::new(format!("{}_core", core.name), format!("Layer {:?} with neurons {:?}: fully connected, all neurons at once.", layer.name, layer.neuron_name))
        .line("Integrates the spikes of a time step, fires at its TICK, sends its spikes and then TICK.")
        .rust("rtl::cores::parallel::core::ParallelCore")
        .golden("golden::Engine, this layer")
        .fact("Shape", format!("{} -> {}", layer.input, layer.output))
        .fact("Cycles", format!(
            "event: 1; TICK: {}, and more while the spikes of the step before have not left",
            fire_cycles(core)
        ))
        .latency(format!("event to membrane {} cycles; decision to first spike 3 cycles", stages + 3 + usize::from(core.late_weights)))
        .port("in_data", "{kind, c, y, x}, see docs/link.md")
        .port("in_ready", "room in the buffer; low in reset")
        .port("out_data", "{kind, c}")
        .port("step_done", STEP_DONE)
}

impl Logic for ParallelCore {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, buffer, event_1, tick_1, last_1, address, weights, event_2, tick_2, last_2, first_add, second_add, sender);
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

        comment!("The weights of all neurons: 0 unless an event is read, so that nothing is added else");
        self.weights.read_address.next = self.address.q.val();
        self.weights.read_enable[0].next = self.event_1.q.val() & self.go.val();
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
        self.weight_parts.input.next = self.weights.read_data.val();
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
        }
        for g in 0..self._groups {
            for n in self._group..(self._group + 1) {
                for i in 0..self._group {
                    self.lane[g * n + i].taken.next = self.sender.taken[g].val();
                }
            }
        }
        for g in self._groups..(self._groups + 1) {
            for n in self._group..(self._group + 1) {
                for i in 0..self._tail {
                    self.lane[g * n + i].taken.next = self.sender.taken[g].val();
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
