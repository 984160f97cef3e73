//! One membrane bank: a block RAM, its pipelined read-modify-write, and the lanes of its words.

use super::lane::{ConstantTimes, Lane};
use super::make_up::MakeUp;
use hdl::prelude::*;
use crate::plan::image::{BitWord, Field, ParamLayout, Source};
use crate::plan::pipeline::{make_up_stages, Pipeline};
use crate::plan::CorePlan;
use net::{Output, Reset};

/// Membranes of one bank with their adders and neuron units. An operation presents its address in cycle 0; the memory (block
/// RAM, or distributed RAM read in cycle 1) gives its word in cycle 1; it stands in a register at the lanes in cycle 2; an
/// event's sums are written in cycle 3. An operation on a word that an event is about to write takes it from the pipeline
/// (`hit_<distance>`), where operations can come that close: from two operations on already in front of the register.
///
/// With lazy leak three more cycles lie between the memory and the lanes, in which [`MakeUp`] lets the states decay for the steps
/// that their word missed, and all from cycle 2 on comes as much later. Each word has a stamp then. A scan writes a word that an event
/// of its step has reached, and one that is so old that nothing is left of its states; it leaves others alone.
#[derive(Clone, Debug, LogicBlock)]
pub struct Bank {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub read_address: Sig<In>,
    pub accumulate: Signal<In, Bit>,
    pub weights: Sig<In>,
    pub scan: Signal<In, Bit>,
    pub more_passes: Vec<Signal<In, Bit>>,
    pub later_pass: Vec<Signal<In, Bit>>,
    pub bias: Vec<Sig<In>>,
    pub level: Vec<Sig<In>>,
    pub reset_by: Vec<Sig<In>>,
    pub leak_factor: Vec<Sig<In>>,
    pub start: Vec<Sig<In>>,
    pub fire_write: Signal<In, Bit>,
    pub fire_address: Sig<In>,
    pub clear: Signal<In, Bit>,
    pub now: Vec<Sig<In>>,
    pub fired: Vec<Sig<Out>>,
    pub shown: Vec<Sig<Out>>,

    ram: Vec<Ram>,
    lut_ram: Vec<LutRam>,
    read_word: Sig<Local>,
    address_1: Register,
    address_2: Register,
    address_3: Register,
    accumulate_1: Flag,
    accumulate_2: Flag,
    accumulate_3: Flag,
    address_4: Vec<Register>,
    address_5: Vec<Register>,
    address_6: Vec<Register>,
    accumulate_4: Vec<Flag>,
    accumulate_5: Vec<Flag>,
    accumulate_6: Vec<Flag>,
    hit_1: Vec<BitDelay>,
    hit_2: Vec<BitRegister>,
    hit_3: Vec<BitRegister>,
    late_hit_2: Vec<BitDelay>,
    late_hit_3: Vec<BitDelay>,
    late_hit_4: Vec<BitDelay>,
    late_hit_5: Vec<BitRegister>,
    late_hit_6: Vec<BitRegister>,
    make_up: Vec<MakeUp>,
    fetched: Vec<Register>,
    one_before: Vec<Register>,
    state: Sig<Local>,
    state_parts: Split,
    weight_parts: Split,
    integrated: Join,
    stored: Join,
    spikes: Vec<BitJoin>,
    values: Vec<Join>,
    level_delay: Vec<Delay>,
    reset_delay: Vec<Delay>,
    leak_delay: Vec<Delay>,
    bias_parts: Vec<Split>,
    level_parts: Vec<Split>,
    reset_parts: Vec<Split>,
    leak_parts: Vec<Split>,
    write_enable: Signal<Local, Bit>,
    write_address: Sig<Local>,
    write_data: Sig<Local>,
    touched: Vec<Signal<Local, Bit>>,
    touched_fire: Vec<BitDelay>,
    touched_write: Vec<BitDelay>,
    old_write: Vec<BitDelay>,
    new_states: Vec<Sig<Local>>,
    stamped: Vec<Join>,
    no_spikes: Vec<Const>,
    initial_state: Vec<Const>,
    initial_late: Vec<Delay>,
    initial_parts: Vec<Split>,
    initial_words: Vec<Join>,
    forgotten: Vec<Const>,
    lane: Vec<Lane>,

    _lanes: usize,
    _spiking: usize,
    _showing: usize,
    _near: usize,
    _next: usize,
    _far: usize,
    _block_ram: usize,
    _distributed: usize,
    _step: usize,
    _lazy: usize,
    _late_2: usize,
    _late_3: usize,
    _late_4: usize,
    _late_5: usize,
    _late_6: usize,
    _passes: usize,
    _bias: usize,
    _level: usize,
    _reset_by: usize,
    _leak: usize,
    _initial: usize,
    _initial_constant: usize,
    _state_bits: u32,
}

impl Bank {
    pub fn new(core: &CorePlan, params: &ParamLayout) -> Self {
        let address = u(index_width(core.words()));
        let word = u(core.word_bits());
        let lanes = core.lanes;
        let neuron = &core.layer.neuron;
        let w = neuron.membrane.bits;
        let one = |present: bool| usize::from(present);
        let forward = core.forward_distances();
        let stamps = core.stamps();
        let lazy = one(stamps.is_some());
        let memory = u(core.memory_bits());
        let needs = |distance: u32| one(forward.contains(&distance) && (lazy == 0 || distance == 1));
        let late = |distance: u32| lazy * one(forward.contains(&distance));
        let late_hit = |distance: u32| vec![BitDelay::new(6 - distance as usize); late(distance)];
        let p = Pipeline::of(core);
        let from_lanes = (p.fire_write - p.operand) as usize;
        let stamp = u(stamps.map_or(1, |stamps| stamps.bits));
        let spikes = neuron.output == Output::Spike;
        let resets = spikes && neuron.reset != Reset::None;
        let passes = one(core.passes() > 1);
        let times = ConstantTimes::of(core);
        let given = |field| one(params.source(field) == Source::Memory);
        let (level, reset_by) = (one(spikes) * given(Field::FireLevel), one(resets) * given(Field::Reset));
        let (bias, leak_given) = (given(Field::Bias), given(Field::Leak));
        let initial = given(Field::Initial);
        let factor_bits = params.fields().find(|(field, _)| *field == Field::Leak).map_or(1, |(_, bits)| bits);
        let all = |bits: u32| u(bits * lanes as u32);
        let delay = |n: usize, bits: u32, cycles: u32| vec![Delay::new(all(bits), cycles as usize); n];
        let split = |n: usize, bits: u32| vec![Split::new(bits * lanes as u32, s(bits), lanes); n];
        Bank {
            doc: bank_doc(core),
            clock: Default::default(),
            reset: Default::default(),
            read_address: Sig::new(address),
            accumulate: Default::default(),
            weights: Sig::new(u(core.layer.weight_bits * lanes as u32)),
            scan: Default::default(),
            more_passes: vec![Default::default(); passes],
            later_pass: vec![Default::default(); passes],
            bias: Sig::several(bias, all(w)),
            level: Sig::several(level, all(w)),
            reset_by: Sig::several(reset_by, all(w)),
            leak_factor: Sig::several(leak_given, all(factor_bits)),
            start: Sig::several(initial, all(w)),
            fire_write: Default::default(),
            fire_address: Sig::new(address),
            clear: Default::default(),
            now: Sig::several(lazy, stamp),
            fired: Sig::several(one(spikes), u(lanes as u32)),
            shown: Sig::several(one(!spikes), u(w * lanes as u32)),

            ram: (0..one(!core.small())).map(|_| Ram::new(core.words(), memory.width)).collect(),
            lut_ram: (0..one(core.small())).map(|_| LutRam::new(core.words(), memory.width)).collect(),
            read_word: Sig::new(memory),
            address_1: Register::new(address),
            address_2: Register::new(address),
            address_3: Register::new(address),
            accumulate_1: Flag::new(),
            accumulate_2: Flag::new(),
            accumulate_3: Flag::new(),
            address_4: Register::several(lazy, address),
            address_5: Register::several(lazy, address),
            address_6: Register::several(lazy, address),
            accumulate_4: vec![Flag::new(); lazy],
            accumulate_5: vec![Flag::new(); lazy],
            accumulate_6: vec![Flag::new(); lazy],
            hit_1: vec![BitDelay::new(2 + make_up_stages(core) as usize); needs(1)],
            hit_2: vec![BitRegister::new(); needs(2)],
            hit_3: vec![BitRegister::new(); needs(3)],
            late_hit_2: late_hit(2),
            late_hit_3: late_hit(3),
            late_hit_4: late_hit(4),
            late_hit_5: vec![BitRegister::new(); late(5)],
            late_hit_6: vec![BitRegister::new(); late(6)],
            make_up: (0..lazy).map(|_| MakeUp::new(core)).collect(),
            fetched: Register::several(1 - lazy, word),
            one_before: Register::several(needs(3), word),
            state: Sig::new(word),
            state_parts: Split::new(word.width, u(core.state_bits()), lanes),
            weight_parts: Split::new(core.layer.weight_bits * lanes as u32, s(core.layer.weight_bits), lanes),
            integrated: Join::new(u(core.state_bits()), lanes),
            stored: Join::new(u(core.state_bits()), lanes),
            spikes: vec![BitJoin::new(lanes as u32); one(spikes)],
            values: vec![Join::new(s(w), lanes); one(!spikes)],
            level_delay: delay(level, w, 1),
            reset_delay: delay(reset_by, w, times.reset),
            leak_delay: delay(leak_given, factor_bits, times.leak),
            bias_parts: split(bias, w),
            level_parts: split(level, w),
            reset_parts: split(reset_by, w),
            leak_parts: split(leak_given, factor_bits),
            write_enable: Default::default(),
            write_address: Sig::new(address),
            write_data: Sig::new(memory),
            touched: vec![Default::default(); lazy],
            touched_fire: vec![BitDelay::new(2); lazy],
            touched_write: vec![BitDelay::new(from_lanes); lazy],
            old_write: vec![BitDelay::new(from_lanes + 2); lazy],
            new_states: Sig::several(lazy, word),
            stamped: vec![Join::of(&[word, stamp]); lazy],
            no_spikes: vec![Const::new(u(lanes as u32), 0); lazy],
            initial_state: initial_states(core, params, lanes).into_iter().collect(),
            initial_late: delay(initial, w, p.fire_write - p.operand),
            initial_parts: (0..initial).map(|_| Split::new(w * lanes as u32, u(w), lanes)).collect(),
            initial_words: vec![Join::new(u(core.state_bits()), lanes); initial],
            forgotten: vec![Const::new(word, 0); lazy],
            lane: vec![Lane::new(core, params); lanes],

            _lanes: lanes,
            _spiking: one(spikes),
            _showing: one(!spikes),
            _near: needs(1),
            _next: needs(2),
            _far: needs(3),
            _block_ram: one(!core.small()),
            _distributed: one(core.small()),
            _step: 1 - lazy,
            _lazy: lazy,
            _late_2: late(2),
            _late_3: late(3),
            _late_4: late(4),
            _late_5: late(5),
            _late_6: late(6),
            _passes: passes,
            _bias: bias,
            _level: level,
            _reset_by: reset_by,
            _leak: leak_given,
            _initial: initial,
            _initial_constant: 1 - initial,
            _state_bits: core.state_bits(),
        }
    }
}

/// A memory word of so many lanes at the start of a sample, if all neurons start with the same.
pub(super) fn initial_states(core: &CorePlan, params: &ParamLayout, lanes: usize) -> Option<Const> {
    let Source::Uniform(value) = params.source(Field::Initial) else { return None };
    let (bits, membrane) = (core.state_bits(), core.layer.neuron.membrane.bits);
    let mut word = BitWord::new(bits * lanes as u32);
    (0..lanes as u32).for_each(|lane| word.set(lane * bits, membrane, value));
    Some(Const::of(Value::from_limbs(u(bits * lanes as u32), &word.into_limbs())))
}

fn bank_doc(core: &CorePlan) -> Doc {
    let forward = core.forward_distances();
    let hazards = if forward.is_empty() {
        "none needed: an event's word is written before the next operation reads it".to_string()
    } else {
        let list: Vec<_> = forward.iter().map(u32::to_string).collect();
        format!("operations {} cycle(s) apart on one word", list.join(", "))
    };
    let stamp = core.stamps().map_or(String::new(), |stamps| format!(", and a stamp of {} bits", stamps.bits));
    let late = |cycle: u32| cycle + make_up_stages(core);
    let doc = Doc::new(format!("{}_bank", core.name), "Membranes of one bank, with the lanes that update them.")
        .line("One operation per cycle: an event adds a word of weights to a word of membranes; a scan ends the time \
               step of the neurons of a word.");
    let doc = match core.stamps() {
        None => doc,
        Some(stamps) => doc.line(format!(
            "Lazy leak: above its states a word has a stamp of {} bits, the step of its last write. A scan writes words that an event of \
             the step has reached, and words that missed {} steps or more: nothing is left of those.",
            stamps.bits, stamps.old
        )),
    };
    doc        .rust("rtl::cores::bank::Bank")
        .golden("golden::Engine (integrate, end of step)")
        .fact("Memory", format!("{} of {} of {} bits", several(core.words(), "word"), several(core.lanes, "lane"), core.state_bits()) + &stamp)
        .fact("Forwarding", hazards)
        .latency(format!("event: written {} cycles after its address; scan: see fire_write", late(3)))
        .port("read_address", "word to work on (cycle 0)")
        .port("accumulate", "an event adds here (cycle 0)")
        .port("weights", format!("lane 0 lowest (cycle {})", late(2)))
        .port("scan", format!("fire phase (cycle {})", late(2)))
        .port("more_passes", format!("another pass follows (cycle {})", late(2)))
        .port("later_pass", format!("not the first pass (cycle {})", late(2)))
        .port("bias", format!("per lane, lane 0 lowest (cycle {})", late(2)))
        .port("level", format!("fire levels, lane 0 lowest (cycle {})", late(2)))
        .port("reset_by", format!("reset amounts or values, lane 0 lowest (cycle {})", late(2)))
        .port("leak_factor", format!("leak factors, lane 0 lowest (cycle {})", late(2)))
        .port("start", format!("membranes at the start of a sample, lane 0 lowest (cycle {})", late(2)))
        .port("fire_write", "write the scanned word's new states in this cycle")
        .port("fire_address", "where to")
        .port("clear", "with fire_write: write the initial state instead")
        .port("now", "stamp of the step under way, until its last word is written")
        .port("fired", format!("one bit per lane (cycle {})", late(4)))
        .port("shown", "one value per lane")
}

impl Logic for Bank {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, address_1, address_2, address_3, accumulate_1, accumulate_2, accumulate_3);
        self.accumulate_1.reset.next = self.reset.val();
        self.accumulate_2.reset.next = self.reset.val();
        self.accumulate_3.reset.next = self.reset.val();

        comment!("Cycle 0: present the address; is the word still on its way to memory?");
        self.address_1.d.next = self.read_address.val();
        self.accumulate_1.d.next = self.accumulate.val();
        for i in 0..self._near {
            self.hit_1[i].clock.next = self.clock.val();
            self.hit_1[i].d.next = self.accumulate_1.q.val() & (self.read_address.val() == self.address_1.q.val());
        }
        for i in 0..self._next {
            self.hit_2[i].clock.next = self.clock.val();
            self.hit_2[i].d.next = self.accumulate_2.q.val() & (self.read_address.val() == self.address_2.q.val());
        }
        for i in 0..self._far {
            self.hit_3[i].clock.next = self.clock.val();
            self.hit_3[i].d.next = self.accumulate_3.q.val() & (self.read_address.val() == self.address_3.q.val());
        }

        for i in 0..self._late_2 {
            self.late_hit_2[i].clock.next = self.clock.val();
            self.late_hit_2[i].d.next = self.accumulate_2.q.val() & (self.read_address.val() == self.address_2.q.val());
        }
        for i in 0..self._late_3 {
            self.late_hit_3[i].clock.next = self.clock.val();
            self.late_hit_3[i].d.next = self.accumulate_3.q.val() & (self.read_address.val() == self.address_3.q.val());
        }
        for i in 0..self._late_4 {
            for k in 0..self._lazy {
                self.late_hit_4[i].clock.next = self.clock.val();
                self.late_hit_4[i].d.next = self.accumulate_4[k].q.val() & (self.read_address.val() == self.address_4[k].q.val());
            }
        }
        for i in 0..self._late_5 {
            for k in 0..self._lazy {
                self.late_hit_5[i].clock.next = self.clock.val();
                self.late_hit_5[i].d.next = self.accumulate_5[k].q.val() & (self.read_address.val() == self.address_5[k].q.val());
            }
        }
        for i in 0..self._late_6 {
            for k in 0..self._lazy {
                self.late_hit_6[i].clock.next = self.clock.val();
                self.late_hit_6[i].d.next = self.accumulate_6[k].q.val() & (self.read_address.val() == self.address_6[k].q.val());
            }
        }

        comment!("Cycle 1: the memory's word, or the youngest of those that were on their way to it");
        for i in 0..self._block_ram {
            self.ram[i].clock.next = self.clock.val();
            self.ram[i].read_address.next = self.read_address.val();
            self.read_word.next = self.ram[i].read_data.val();
        }
        for i in 0..self._distributed {
            self.lut_ram[i].clock.next = self.clock.val();
            self.lut_ram[i].read_address.next = self.address_1.q.val();
            self.read_word.next = self.lut_ram[i].read_data.val();
        }
        self.address_2.d.next = self.address_1.q.val();
        self.accumulate_2.d.next = self.accumulate_1.q.val();
        for k in 0..self._step {
            self.fetched[k].clock.next = self.clock.val();
            self.fetched[k].d.next = self.read_word.val();
            for i in 0..self._far {
                self.one_before[i].clock.next = self.clock.val();
                self.one_before[i].d.next = self.integrated.output.val();
                if self.hit_3[i].q.val() {
                    self.fetched[k].d.next = self.one_before[i].q.val();
                }
            }
            for i in 0..self._next {
                if self.hit_2[i].q.val() {
                    self.fetched[k].d.next = self.integrated.output.val();
                }
            }
        }
        for k in 0..self._lazy {
            self.make_up[k].clock.next = self.clock.val();
            self.make_up[k].stored.next = self.read_word.val();
            self.make_up[k].now.next = self.now[k].val();
            self.make_up[k].sums.next = self.integrated.output.val();
            for i in 0..self._late_2 {
                self.make_up[k].hit_2[i].next = self.late_hit_2[i].q.val();
            }
            for i in 0..self._late_3 {
                self.make_up[k].hit_3[i].next = self.late_hit_3[i].q.val();
            }
            for i in 0..self._late_4 {
                self.make_up[k].hit_4[i].next = self.late_hit_4[i].q.val();
            }
            for i in 0..self._late_5 {
                self.make_up[k].hit_5[i].next = self.late_hit_5[i].q.val();
            }
            for i in 0..self._late_6 {
                self.make_up[k].hit_6[i].next = self.late_hit_6[i].q.val();
            }
        }

        for _i in 0..self._step {
            comment!("Cycle 2: that word, or the sums of the operation before; the lanes");
        }
        for _i in 0..self._lazy {
            comment!("Cycle 5: what is left of that word, or the sums of the operation before; the lanes");
        }
        self.address_3.d.next = self.address_2.q.val();
        self.accumulate_3.d.next = self.accumulate_2.q.val();
        for k in 0..self._step {
            self.state.next = self.fetched[k].q.val();
        }
        for k in 0..self._lazy {
            self.address_4[k].clock.next = self.clock.val();
            self.address_5[k].clock.next = self.clock.val();
            self.address_6[k].clock.next = self.clock.val();
            self.accumulate_4[k].clock.next = self.clock.val();
            self.accumulate_5[k].clock.next = self.clock.val();
            self.accumulate_6[k].clock.next = self.clock.val();
            self.accumulate_4[k].reset.next = self.reset.val();
            self.accumulate_5[k].reset.next = self.reset.val();
            self.accumulate_6[k].reset.next = self.reset.val();
            self.address_4[k].d.next = self.address_3.q.val();
            self.address_5[k].d.next = self.address_4[k].q.val();
            self.address_6[k].d.next = self.address_5[k].q.val();
            self.accumulate_4[k].d.next = self.accumulate_3.q.val();
            self.accumulate_5[k].d.next = self.accumulate_4[k].q.val();
            self.accumulate_6[k].d.next = self.accumulate_5[k].q.val();
            self.state.next = self.make_up[k].states.val();
            self.touched[k].next = self.make_up[k].touched.val();
            for i in 0..self._near {
                if self.hit_1[i].q.val() {
                    self.touched[k].next = true;
                }
            }
        }
        for i in 0..self._near {
            if self.hit_1[i].q.val() {
                self.state.next = self.integrated.output.val();
            }
        }
        self.state_parts.input.next = self.state.val();
        self.weight_parts.input.next = self.weights.val();
        for k in 0..self._bias {
            self.bias_parts[k].input.next = self.bias[k].val();
        }
        for k in 0..self._level {
            self.level_delay[k].clock.next = self.clock.val();
            self.level_delay[k].d.next = self.level[k].val();
            self.level_parts[k].input.next = self.level_delay[k].q.val();
        }
        for k in 0..self._reset_by {
            self.reset_delay[k].clock.next = self.clock.val();
            self.reset_delay[k].d.next = self.reset_by[k].val();
            self.reset_parts[k].input.next = self.reset_delay[k].q.val();
        }
        for k in 0..self._leak {
            self.leak_delay[k].clock.next = self.clock.val();
            self.leak_delay[k].d.next = self.leak_factor[k].val();
            self.leak_parts[k].input.next = self.leak_delay[k].q.val();
        }
        for k in 0..self._initial {
            self.initial_late[k].clock.next = self.clock.val();
            self.initial_late[k].d.next = self.start[k].val();
            self.initial_parts[k].input.next = self.initial_late[k].q.val();
            for i in 0..self._lanes {
                self.initial_words[k].part[i].next = unsigned_cast_to(self.initial_parts[k].part[i].val(), self._state_bits);
            }
        }
        for i in 0..self._lanes {
            self.lane[i].clock.next = self.clock.val();
            self.lane[i].state.next = self.state_parts.part[i].val();
            self.lane[i].weight[0].next = self.weight_parts.part[i].val();
            self.lane[i].scan[0].next = self.scan.val();
            self.integrated.part[i].next = self.lane[i].integrated[0].val();
            self.stored.part[i].next = self.lane[i].stored.val();
            for k in 0..self._bias {
                self.lane[i].bias[k].next = self.bias_parts[k].part[i].val();
            }
            for k in 0..self._level {
                self.lane[i].level[k].next = self.level_parts[k].part[i].val();
            }
            for k in 0..self._reset_by {
                self.lane[i].reset_by[k].next = self.reset_parts[k].part[i].val();
            }
            for k in 0..self._leak {
                self.lane[i].leak_factor[k].next = self.leak_parts[k].part[i].val();
            }
            for k in 0..self._passes {
                self.lane[i].more_passes[k].next = self.more_passes[k].val();
                self.lane[i].later_pass[k].next = self.later_pass[k].val();
            }
            for k in 0..self._spiking {
                self.spikes[k].bit[i].next = self.lane[i].fired[k].val();
            }
            for k in 0..self._showing {
                self.values[k].part[i].next = self.lane[i].shown[k].val();
            }
        }
        for k in 0..self._spiking {
            for _i in 0..self._step {
                self.fired[k].next = self.spikes[k].output.val();
            }
            for i in 0..self._lazy {
                self.touched_fire[i].clock.next = self.clock.val();
                self.touched_fire[i].d.next = self.touched[i].val();
                self.fired[k].next = self.no_spikes[i].val();
                if self.touched_fire[i].q.val() {
                    self.fired[k].next = self.spikes[k].output.val();
                }
            }
        }
        for k in 0..self._showing {
            self.shown[k].next = self.values[k].output.val();
        }

        for _i in 0..self._step {
            comment!("Cycle 3: write an event's sums; later, a scanned word's new states");
        }
        for _i in 0..self._lazy {
            comment!("Cycle 6: write an event's sums; later, a scanned word's new states, or 0 where nothing is left of them");
        }
        for _i in 0..self._step {
            self.write_enable.next = self.accumulate_3.q.val() | self.fire_write.val();
            self.write_address.next = self.address_3.q.val();
            self.write_data.next = self.integrated.output.val();
            if self.fire_write.val() {
                self.write_address.next = self.fire_address.val();
                self.write_data.next = self.stored.output.val();
                if self.clear.val() {
                    for k in 0..self._initial_constant {
                        self.write_data.next = self.initial_state[k].val();
                    }
                    for k in 0..self._initial {
                        self.write_data.next = self.initial_words[k].output.val();
                    }
                }
            }
        }
        for i in 0..self._lazy {
            self.touched_write[i].clock.next = self.clock.val();
            self.touched_write[i].d.next = self.touched[i].val();
            self.old_write[i].clock.next = self.clock.val();
            self.old_write[i].d.next = self.make_up[i].old.val();
            self.write_enable.next = self.accumulate_6[i].q.val()
                | (self.fire_write.val() & (self.clear.val() | self.touched_write[i].q.val() | self.old_write[i].q.val()));
            self.write_address.next = self.address_6[i].q.val();
            self.new_states[i].next = self.integrated.output.val();
            if self.fire_write.val() {
                self.write_address.next = self.fire_address.val();
                self.new_states[i].next = self.stored.output.val();
                if !self.touched_write[i].q.val() {
                    self.new_states[i].next = self.forgotten[i].val();
                }
                if self.clear.val() {
                    for k in 0..self._initial_constant {
                        self.new_states[i].next = self.initial_state[k].val();
                    }
                    for k in 0..self._initial {
                        self.new_states[i].next = self.initial_words[k].output.val();
                    }
                }
            }
            self.stamped[i].part[0].next = self.new_states[i].val();
            self.stamped[i].part[1].next = self.now[i].val();
            self.write_data.next = self.stamped[i].output.val();
        }
        for i in 0..self._block_ram {
            self.ram[i].write_enable.next = self.write_enable.val();
            self.ram[i].write_address.next = self.write_address.val();
            self.ram[i].write_data.next = self.write_data.val();
        }
        for i in 0..self._distributed {
            self.lut_ram[i].write_enable.next = self.write_enable.val();
            self.lut_ram[i].write_address.next = self.write_address.val();
            self.lut_ram[i].write_data.next = self.write_data.val();
        }
    }
}
