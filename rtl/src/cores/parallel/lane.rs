//! A lane of the parallel core: one neuron, its membrane in flip-flops, and one adder for all that it ever adds.

use net::Rounding;

use crate::cores::lane::weight_format;
use hdl::prelude::*;
use crate::plan::parallel::{LaneConstants, Setting};
use crate::plan::CorePlan;

/// Adds what the core tells it to: each cycle the membrane becomes itself plus the operand, which is 0 where nothing is
/// asked. Constants that differ between lanes are ports (`Vec`s of length 0 or 1).
#[derive(Clone, Debug, LogicBlock)]
pub struct ParallelLane {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub weight: Sig<In>,
    pub add_bias: Vec<Signal<In, Bit>>,
    pub decide: Signal<In, Bit>,
    pub empty: Signal<In, Bit>,
    pub subtract: Vec<Signal<In, Bit>>,
    pub leak: Vec<Signal<In, Bit>>,
    pub fill: Signal<In, Bit>,
    pub end_sample: Signal<In, Bit>,
    pub clear: Signal<In, Bit>,
    pub taken: Signal<In, Bit>,
    pub bias: Vec<Sig<In>>,
    pub fire_above: Vec<Sig<In>>,
    pub over_above: Vec<Sig<In>>,
    pub reset_by: Vec<Sig<In>>,
    pub fill_high: Vec<Sig<In>>,
    pub start: Vec<Sig<In>>,
    pub spike: Signal<Out, Bit>,

    bias_each_step: Vec<Const>,
    minus_reset: Vec<Const>,
    high_fill: Vec<Const>,
    low_fill: Const,
    no_rest: Vec<Const>,
    is_above_fire: Vec<Above>,
    is_above_range: Vec<Above>,
    is_from_low: Above,

    membrane: Register,
    fired: Flag,
    beyond: BitRegister,
    negative: Signal<Local, Bit>,
    fires: Signal<Local, Bit>,
    over: Signal<Local, Bit>,
    bias_now: Vec<Sig<Local>>,
    reset_now: Vec<Sig<Local>>,
    high_now: Sig<Local>,
    decay: Vec<Sig<Local>>,
    rest: Vec<Sig<Local>>,
    operand: Sig<Local>,
    carry: Signal<Local, Bit>,
    carry_wide: Sig<Local>,
    sum: Sig<Local>,
    emptied: Join,
    initial_state: Vec<Const>,
    no_low: Const,

    _bias_given: usize,
    _bias_constant: usize,
    _fire_given: usize,
    _fire_constant: usize,
    _over_given: usize,
    _over_constant: usize,
    _reset_given: usize,
    _reset_constant: usize,
    _high_given: usize,
    _high_constant: usize,
    _initial_given: usize,
    _initial_constant: usize,
    _biases: usize,
    _resets: usize,
    _leaks: usize,
    _toward_zero: usize,
    _floor: usize,
    _shift: u32,
    _fraction: u32,
    _rest_bits: u32,
    _sign: u32,
}

impl ParallelLane {
    pub fn new(core: &CorePlan, constants: &LaneConstants) -> Self {
        let w = core.layer.neuron.membrane.bits;
        let membrane = s(w);
        let one = |present: bool| usize::from(present);
        let given = |setting: &Setting| one(setting.uniform().is_none());
        let port = |setting: &Setting| Sig::several(given(setting), membrane);
        let constant = |setting: &Setting| setting.uniform().map(|v| Const::new(membrane, v)).into_iter().collect::<Vec<_>>();
        let above = |setting: &Setting| setting.uniform().map(|v| Above::new(membrane, v)).into_iter().collect::<Vec<_>>();
        let c = constants;
        let some_port = |setting: &Option<Setting>| setting.as_ref().map_or(vec![], port);
        let some_constant = |setting: &Option<Setting>| setting.as_ref().map_or(vec![], constant);
        let some_given = |setting: &Option<Setting>| setting.as_ref().map_or(0, given);
        let some = |setting: &Option<Setting>| one(setting.is_some());
        let (shift, rounding) = c.leak.unwrap_or((0, Rounding::Floor));
        let toward_zero = c.leak.is_some() && rounding == Rounding::TowardZero && shift > 0;
        let under = c.under_from.uniform().unwrap_or(0);
        let low = c.fill_low.uniform().unwrap_or(0);
        ParallelLane {
            doc: lane_doc(core, c),
            clock: Default::default(),
            reset: Default::default(),
            weight: Sig::new(s(core.layer.weight_bits)),
            add_bias: vec![Default::default(); some(&c.bias)],
            decide: Default::default(),
            empty: Default::default(),
            subtract: vec![Default::default(); some(&c.reset)],
            leak: vec![Default::default(); one(c.leak.is_some())],
            fill: Default::default(),
            end_sample: Default::default(),
            clear: Default::default(),
            taken: Default::default(),
            bias: some_port(&c.bias),
            fire_above: port(&c.fire_above),
            over_above: port(&c.over_above),
            reset_by: some_port(&c.reset),
            fill_high: port(&c.fill_high),
            start: port(&c.initial),
            spike: Default::default(),

            bias_each_step: some_constant(&c.bias),
            minus_reset: some_constant(&c.reset),
            high_fill: constant(&c.fill_high),
            low_fill: Const::new(membrane, low),
            no_rest: vec![Const::new(u(shift.max(1)), 0); one(toward_zero)],
            is_above_fire: above(&c.fire_above),
            is_above_range: above(&c.over_above),
            is_from_low: Above::new(membrane, under),

            membrane: Register::new(membrane),
            fired: Flag::new(),
            beyond: BitRegister::new(),
            negative: Default::default(),
            fires: Default::default(),
            over: Default::default(),
            bias_now: Sig::several(some(&c.bias), membrane),
            reset_now: Sig::several(some(&c.reset), membrane),
            high_now: Sig::new(membrane),
            decay: Sig::several(one(c.leak.is_some()), membrane),
            rest: Sig::several(one(toward_zero), u(shift.max(1))),
            operand: Sig::new(membrane),
            carry: Default::default(),
            carry_wide: Sig::new(membrane),
            sum: Sig::new(membrane),
            emptied: Join::of(&[u(w - 1), u(1)]),
            initial_state: constant(&c.initial),
            no_low: Const::new(u(w - 1), 0),

            _bias_given: some_given(&c.bias),
            _bias_constant: some(&c.bias) - some_given(&c.bias),
            _fire_given: given(&c.fire_above),
            _fire_constant: 1 - given(&c.fire_above),
            _over_given: given(&c.over_above),
            _over_constant: 1 - given(&c.over_above),
            _reset_given: some_given(&c.reset),
            _reset_constant: some(&c.reset) - some_given(&c.reset),
            _high_given: given(&c.fill_high),
            _high_constant: 1 - given(&c.fill_high),
            _initial_given: given(&c.initial),
            _initial_constant: 1 - given(&c.initial),
            _biases: some(&c.bias),
            _resets: some(&c.reset),
            _leaks: one(c.leak.is_some()),
            _toward_zero: one(toward_zero),
            _floor: one(c.leak.is_some() && !toward_zero),
            _shift: shift,
            _fraction: core.layer.fraction_bits,
            _rest_bits: shift.max(1),
            _sign: w - 1,
        }
    }
}

fn lane_doc(core: &CorePlan, c: &LaneConstants) -> Doc {
    let neuron = &core.layer.neuron;
    let steps = match (c.leak, c.leak_first) {
        (None, _) => "subtract the reset amount (empty), then fill",
        (Some(_), false) => "subtract the reset amount (empty), then leak (fill)",
        (Some(_), true) => "leak (empty), then subtract the reset amount (fill)",
    };
    let leak = match c.leak {
        None => "none".to_string(),
        Some((k, Rounding::Floor)) => format!("V - (V >>> {k})"),
        Some((k, Rounding::TowardZero)) => format!("V - ((V + (V < 0 ? 0 : {})) >>> {k})", (1u64 << k) - 1),
    };
    Doc::new(format!("{}_lane", core.name), "One neuron: membrane, adder, and the end of a time step.")
        .line(format!("Each cycle: membrane + operand. End of a step, a cycle each: decide; {steps}."))
        .line("A state that will leave the range is known when the lane decides: it is emptied down to its sign and filled with the \
               bound (or the reset value), as it looks behind the leak.")
        .rust("rtl::cores::parallel::lane::ParallelLane")
        .golden("golden::neuron")
        .fact("Format", format!("membrane signed {} bits, {}", neuron.membrane.bits, weight_format(&core.layer)))
        .fact("Saturation", format!("to {} .. {}, once, when the step ends", neuron.membrane.lo, neuron.membrane.hi))
        .fact("Leak", leak)
        .latency("one cycle; one addition per cycle")
        .port("weight", "added; 0 where no event is")
        .port("add_bias", "add the bias")
        .port("decide", "all of the step is added: does it fire, is it beyond the range")
        .port("empty", "a cycle behind decide: a state beyond the range loses all but its sign")
        .port("subtract", "a neuron that fired subtracts")
        .port("leak", "leak")
        .port("fill", "two cycles behind decide: an emptied state takes its constant")
        .port("end_sample", "with decide: the state will be cleared")
        .port("clear", "the state becomes the initial one")
        .port("taken", "the spike is on its way")
        .port("bias", "of this lane")
        .port("fire_above", "fires above this")
        .port("over_above", "beyond the range above this")
        .port("reset_by", "minus the reset amount of this lane")
        .port("fill_high", "what an emptied positive state takes")
        .port("start", "the state at the start of a sample")
        .port("spike", "the neuron fired; until taken")
}

impl Logic for ParallelLane {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, membrane, fired, beyond);
        self.fired.reset.next = self.reset.val();

        comment!("Decide: constants against the state of the whole step");
        self.negative.next = bit_cast_slice(self.membrane.q.val(), self._sign, 1).any();
        for i in 0..self._fire_constant {
            self.is_above_fire[i].input.next = self.membrane.q.val();
            self.fires.next = self.is_above_fire[i].output.val();
        }
        for i in 0..self._fire_given {
            self.fires.next = self.membrane.q.val() > self.fire_above[i].val();
        }
        for i in 0..self._over_constant {
            self.is_above_range[i].input.next = self.membrane.q.val();
            self.over.next = self.is_above_range[i].output.val();
        }
        for i in 0..self._over_given {
            self.over.next = self.membrane.q.val() > self.over_above[i].val();
        }
        self.is_from_low.input.next = self.membrane.q.val();
        self.beyond.d.next = self.beyond.q.val();
        self.fired.d.next = self.fired.q.val() & !self.taken.val();
        if self.decide.val() {
            self.beyond.d.next = (self.over.val() | !self.is_from_low.output.val()) & !self.end_sample.val();
            self.fired.d.next = self.fires.val();
        }
        self.spike.next = self.fired.q.val();

        comment!("What is added: a weight, or at the end of a step one of the constants, or the decay");
        for i in 0..self._bias_constant {
            self.bias_now[i].next = self.bias_each_step[i].val();
        }
        for i in 0..self._bias_given {
            self.bias_now[i].next = self.bias[i].val();
        }
        for i in 0..self._reset_constant {
            self.reset_now[i].next = self.minus_reset[i].val();
        }
        for i in 0..self._reset_given {
            self.reset_now[i].next = self.reset_by[i].val();
        }
        for i in 0..self._high_constant {
            self.high_now.next = self.high_fill[i].val();
        }
        for i in 0..self._high_given {
            self.high_now.next = self.fill_high[i].val();
        }
        self.operand.next = signed_cast_to(self.weight.val(), self.operand.shape().width) << bits_number(self._fraction);
        self.carry.next = false;
        for i in 0..self._biases {
            if self.add_bias[i].val() {
                self.operand.next = self.bias_now[i].val();
            }
        }
        for i in 0..self._toward_zero {
            self.rest[i].next = bit_cast_slice(self.membrane.q.val(), 0, self._rest_bits);
        }
        for i in 0..self._leaks {
            self.decay[i].next = self.membrane.q.val() >> bits_number(self._shift);
            if self.leak[i].val() {
                self.operand.next = !self.decay[i].val();
                for _k in 0..self._floor {
                    self.carry.next = true;
                }
                for k in 0..self._toward_zero {
                    self.carry.next = self.negative.val() | (self.rest[k].val() == self.no_rest[k].val());
                }
            }
        }
        for i in 0..self._resets {
            if self.subtract[i].val() & self.fired.q.val() {
                self.operand.next = self.reset_now[i].val();
            }
        }
        if self.fill.val() & self.beyond.q.val() {
            self.carry.next = false;
            if self.negative.val() {
                self.operand.next = self.low_fill.val();
            } else {
                self.operand.next = self.high_now.val();
            }
        }

        comment!("The adder, and the state");
        self.carry_wide.next = bit_cast_signed(bit_cast_to(bit_cast_bool(self.carry.val()), self.carry_wide.shape().width));
        self.sum.next = self.membrane.q.val() + self.operand.val() + self.carry_wide.val();
        self.emptied.part[0].next = self.no_low.val();
        self.emptied.part[1].next = bit_cast_slice(self.sum.val(), self._sign, 1);
        self.membrane.d.next = self.sum.val();
        if self.empty.val() & self.beyond.q.val() {
            self.membrane.d.next = bit_cast_signed(self.emptied.output.val());
        }
        if self.clear.val() {
            for i in 0..self._initial_constant {
                self.membrane.d.next = self.initial_state[i].val();
            }
            for i in 0..self._initial_given {
                self.membrane.d.next = self.start[i].val();
            }
        }
    }
}
