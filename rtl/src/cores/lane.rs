//! One lane: the adder of the synapses and the neuron unit of the fire phase, for one neuron of each memory word.

use net::{Layer, Leak, Output, Param, Reset, ResetOrder};

use super::leak::{MultiplyLeak, ShiftLeak};
use hdl::prelude::*;
use crate::plan::image::{Field, ParamLayout, Source};
use crate::plan::pipeline::{leak_stages, Pipeline};
use crate::plan::CorePlan;

/// When a scanned neuron's constants are wanted, in cycles behind its state.
#[derive(Clone, Copy, Debug)]
pub struct ConstantTimes {
    /// The reset amount or value.
    pub reset: u32,
    /// The leak factor.
    pub leak: u32,
}

impl ConstantTimes {
    pub fn of(core: &CorePlan) -> ConstantTimes {
        let neuron = &core.layer.neuron;
        let p = Pipeline::of(core);
        let sum = p.operand + 1;
        let before = neuron.order == ResetOrder::LeakThenReset;
        let leak = if before { leak_stages(core) } else { 0 };
        let hard = u32::from(matches!(neuron.reset, Reset::ToValue(_)));
        ConstantTimes {
            reset: if core.has_spiked_bit() { 1 } else { sum + leak + hard - p.operand },
            leak: if before { 1 } else { p.clamped - p.operand },
        }
    }
}

/// Adds a weight to a state, or ends the time step of a neuron. One operation per cycle; keeps no state between them.
///
/// Cycle 0: operands. Cycle 1: the sum (`integrated`). Then, for a scanned word, [leak,] reset, clamp[, leak].
/// Parts that only some neuron models have are `Vec`s of length 0 or 1. Where the synapses have adders of their own (a table
/// core), only the fire phase is here.
#[derive(Clone, Debug, LogicBlock)]
pub struct Lane {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub state: Sig<In>,
    pub weight: Vec<Sig<In>>,
    pub scan: Vec<Signal<In, Bit>>,
    pub more_passes: Vec<Signal<In, Bit>>,
    pub later_pass: Vec<Signal<In, Bit>>,
    pub bias: Vec<Sig<In>>,
    pub level: Vec<Sig<In>>,
    pub reset_by: Vec<Sig<In>>,
    pub leak_factor: Vec<Sig<In>>,
    pub integrated: Vec<Sig<Out>>,
    pub fired: Vec<Signal<Out, Bit>>,
    pub shown: Vec<Sig<Out>>,
    pub stored: Sig<Out>,

    bias_each_step: Vec<Const>,
    fire_above: Vec<Above>,
    reset_amount: Vec<Const>,
    state_hi: Const,
    state_lo: Const,
    nothing: Const,

    fields: Split,
    scan_operand: Sig<Local>,
    operand: Sig<Local>,
    total: Sig<Local>,
    held: Register,
    spiked_bit: Vec<Register>,
    integrated_word: Vec<Join>,
    stored_word: Join,
    reset_now: Vec<Sig<Local>>,
    ended: Sig<Local>,
    fire: Vec<Signal<Local, Bit>>,
    decided: Vec<BitRegister>,
    fire_late: Vec<BitDelay>,
    fired_late: Vec<BitRegister>,
    spiked_late: Vec<BitDelay>,
    spiked_now: Vec<BitJoin>,
    to_reset: Sig<Local>,
    kept: Register,
    lowered: Vec<Register>,
    above_hi: Vec<Above>,
    from_lo: Vec<Above>,
    fired_above_hi: Vec<Above>,
    fired_from_lo: Vec<Above>,
    over: Vec<BitRegister>,
    under: Vec<BitRegister>,
    after_reset: Sig<Local>,
    clamped: Register,
    limited: Sig<Local>,
    shift_leak: Vec<ShiftLeak>,
    multiply_leak: Vec<MultiplyLeak>,
    leak_input: Vec<Sig<Local>>,
    leaked: Vec<Sig<Local>>,
    unleaked: Vec<Delay>,
    pass_early: Vec<BitDelay>,
    pass_limit: Vec<BitDelay>,
    pass_leak: Vec<BitDelay>,
    new_state: Sig<Local>,

    _bias_given: usize,
    _bias_constant: usize,
    _level_given: usize,
    _level_constant: usize,
    _reset_given: usize,
    _reset_constant: usize,
    _plain_word: usize,
    _spiked_word: usize,
    _integrates: usize,
    _fires_only: usize,
    _spiked_sums: usize,
    _passes_here: usize,
    _spikes: usize,
    _delayed_hard: usize,
    _immediate: usize,
    _early: usize,
    _late: usize,
    _fired_limits: usize,
    _fired_lows: usize,
    _fired_never_low: usize,
    _soft: usize,
    _hard: usize,
    _no_reset: usize,
    _fire_used: usize,
    _leak_before: usize,
    _no_leak_before: usize,
    _leak_after: usize,
    _no_leak_after: usize,
    _passes: usize,
    _one_pass: usize,
    _passes_leak: usize,
    _shows_clamped: usize,
    _shows_sum: usize,
    _shift_leaks: usize,
    _multiply_leaks: usize,
    _factor_given: usize,
    _fraction: u32,
}

impl Lane {
    pub fn new(core: &CorePlan, params: &ParamLayout) -> Self {
        let neuron = &core.layer.neuron;
        let w = neuron.membrane.bits;
        let membrane = s(w);
        let spiked = core.has_spiked_bit();
        let integrates = core.table.is_none();
        let one = |present: bool| usize::from(present);
        let given = |field| matches!(params.source(field), Source::Memory);
        let constant = |field| match params.source(field) {
            Source::Uniform(value) => vec![Const::new(membrane, value)],
            Source::Memory => vec![],
        };
        let uniform = |field| match params.source(field) {
            Source::Uniform(value) => Some(value),
            Source::Memory => None,
        };
        let spikes = neuron.output == Output::Spike;
        let resets = spikes && neuron.reset != Reset::None;
        let soft = spikes && matches!(neuron.reset, Reset::Subtract(_));
        let hard = spikes && matches!(neuron.reset, Reset::ToValue(_)) && !spiked;
        let stages = leak_stages(core) as usize;
        let before = stages > 0 && neuron.order == ResetOrder::LeakThenReset;
        // Is the sum beyond the range? Known beside the reset where that takes a constant, else behind it.
        let early = !(soft && given(Field::Reset));
        let fired_limits: Vec<i64> = uniform(Field::Reset).filter(|_| soft).into_iter().collect();
        let (hi, lo) = (neuron.membrane.hi, neuron.membrane.lo);
        // Where the reset takes no more than the spike needed, what is left is not below zero.
        let spike_pays = !before && uniform(Field::FireLevel).zip(uniform(Field::Reset)).is_some_and(|(level, by)| level >= by);
        let fired_low = !fired_limits.is_empty() && !(spike_pays && lo <= 0);
        let after = stages > 0 && !before;
        let passes = core.passes() > 1;
        let values = neuron.output == Output::Value;
        let shows_sum = values && neuron.order == ResetOrder::LeakThenReset;
        let (mut shift_leak, mut multiply_leak) = (vec![], vec![]);
        if let Leak::Decay { a, m, rounding } = &neuron.leak {
            match (core.leak_shift(), a) {
                (Some(shift), _) => shift_leak.push(ShiftLeak::new(&core.name, w, shift, *rounding)),
                (None, Param::Layer(a)) => {
                    multiply_leak.push(MultiplyLeak::new(&core.name, w, Some(*a), *m, *rounding))
                }
                (None, _) => multiply_leak.push(MultiplyLeak::new(&core.name, w, None, *m, *rounding)),
            }
        }
        let leak_width = match &neuron.leak {
            Leak::Decay { m, .. } => m + 2,
            Leak::None => 2,
        };
        let parts: Vec<Shape> = if spiked { vec![membrane, u(1)] } else { vec![membrane] };
        Lane {
            doc: lane_doc(core),
            clock: Default::default(),
            state: Sig::new(u(core.state_bits())),
            weight: Sig::several(one(integrates), s(core.layer.weight_bits)),
            scan: vec![Default::default(); one(integrates)],
            more_passes: vec![Default::default(); one(passes)],
            later_pass: vec![Default::default(); one(passes)],
            bias: Sig::several(one(given(Field::Bias)), membrane),
            level: Sig::several(one(spikes && given(Field::FireLevel)), membrane),
            reset_by: Sig::several(one(resets && given(Field::Reset)), membrane),
            leak_factor: Sig::several(one(given(Field::Leak)), s(leak_width)),
            integrated: Sig::several(one(integrates), u(core.state_bits())),
            fired: vec![Default::default(); one(spikes)],
            shown: Sig::several(one(values), membrane),
            stored: Sig::new(u(core.state_bits())),

            bias_each_step: constant(Field::Bias),
            fire_above: uniform(Field::FireLevel).filter(|_| spikes).map(|level| Above::new(membrane, level - 1)).into_iter().collect(),
            reset_amount: if resets { constant(Field::Reset) } else { vec![] },
            state_hi: Const::new(membrane, neuron.membrane.hi),
            state_lo: Const::new(membrane, neuron.membrane.lo),
            nothing: Const::new(membrane, 0),

            fields: Split::of(&parts),
            scan_operand: Sig::new(membrane),
            operand: Sig::new(membrane),
            total: Sig::new(membrane),
            held: Register::new(membrane),
            spiked_bit: Register::several(one(spiked), u(1)),
            integrated_word: vec![Join::of(&parts); one(integrates)],
            stored_word: Join::of(&parts),
            reset_now: Sig::several(one(resets), membrane),
            ended: Sig::new(membrane),
            fire: vec![Default::default(); one(spikes)],
            decided: vec![BitRegister::new(); one(spikes)],
            fire_late: vec![BitDelay::new(if before { stages } else { 0 }); one(soft || hard)],
            fired_late: vec![BitRegister::new(); one(soft || hard)],
            // From the decision register to the new state: [leak,] reset and clamp, less the one already there.
            spiked_late: vec![BitDelay::new(if before { stages } else { 0 } + 1); one(spiked)],
            spiked_now: vec![BitJoin::new(1); one(spiked)],
            to_reset: Sig::new(membrane),
            kept: Register::new(membrane),
            lowered: Register::several(one(soft), membrane),
            above_hi: vec![Above::new(membrane, hi); one(early)],
            from_lo: vec![Above::new(membrane, lo - 1); one(early)],
            fired_above_hi: fired_limits.iter().map(|by| Above::new(membrane, hi.saturating_add(*by))).collect(),
            fired_from_lo: fired_limits.iter().filter(|_| fired_low).map(|by| Above::new(membrane, (lo - 1).saturating_add(*by))).collect(),
            over: vec![BitRegister::new(); one(early)],
            under: vec![BitRegister::new(); one(early)],
            after_reset: Sig::new(membrane),
            clamped: Register::new(membrane),
            limited: Sig::new(membrane),
            leak_input: Sig::several(one(stages > 0), membrane),
            leaked: Sig::several(one(stages > 0), membrane),
            unleaked: vec![Delay::new(membrane, stages); one(passes && after)],
            pass_early: vec![BitDelay::new(1); one(passes && early)],
            pass_limit: vec![BitDelay::new(2); one(passes && !early)],
            pass_leak: vec![BitDelay::new(3 + stages); one(passes && after)],
            new_state: Sig::new(membrane),

            _bias_given: one(given(Field::Bias)),
            _bias_constant: one(!given(Field::Bias)),
            _level_given: one(spikes && given(Field::FireLevel)),
            _level_constant: one(spikes && !given(Field::FireLevel)),
            _reset_given: one(resets && given(Field::Reset)),
            _reset_constant: one(resets && !given(Field::Reset)),
            _plain_word: one(!spiked),
            _spiked_word: one(spiked),
            _integrates: one(integrates),
            _fires_only: one(!integrates),
            _spiked_sums: one(spiked && integrates),
            _passes_here: one(passes && !integrates),
            _spikes: one(spikes),
            _delayed_hard: one(spiked),
            _immediate: one(!spiked),
            _early: one(early),
            _late: one(!early),
            _fired_limits: fired_limits.len(),
            _fired_lows: one(fired_low),
            _fired_never_low: one(!fired_low),
            _soft: one(soft),
            _hard: one(hard),
            _no_reset: one(!soft && !hard),
            _fire_used: one(soft || hard),
            _leak_before: one(before),
            _no_leak_before: one(!before),
            _leak_after: one(after),
            _no_leak_after: one(!after),
            _passes: one(passes),
            _one_pass: one(!passes),
            _passes_leak: one(passes && after),
            _shows_clamped: one(values && !shows_sum),
            _shows_sum: one(shows_sum),
            _shift_leaks: shift_leak.len(),
            _multiply_leaks: multiply_leak.len(),
            _factor_given: one(given(Field::Leak)),
            _fraction: core.layer.fraction_bits,
            shift_leak,
            multiply_leak,
        }
    }
}

/// Weights in words, as a lane adds them.
pub(super) fn weight_format(layer: &Layer) -> String {
    let shifted = match layer.fraction_bits {
        0 => String::new(),
        bits => format!(", added << {bits} (fraction bits)"),
    };
    format!("weights signed {} bits{shifted}", layer.weight_bits)
}

fn lane_doc(core: &CorePlan) -> Doc {
    let neuron = &core.layer.neuron;
    let w = neuron.membrane.bits;
    let model = match (&neuron.output, &neuron.leak) {
        (Output::Value, _) => "leaky integrator (readout)",
        (_, Leak::None) => "integrate-and-fire",
        _ => "leaky integrate-and-fire",
    };
    let reset = match (&neuron.reset, core.has_spiked_bit()) {
        (Reset::Subtract(_), _) => "a spike subtracts the reset amount",
        (Reset::ToValue(_), false) => "a spike sets the reset value",
        (Reset::ToValue(_), true) => "after a spike the next step starts and ends at the reset value",
        (Reset::None, _) => "a spike leaves the state alone",
    };
    let leaks = neuron.leak != Leak::None;
    let order = match (neuron.order, leaks) {
        (ResetOrder::ResetThenLeak, true) => "reset, clamp, leak",
        (ResetOrder::LeakThenReset, true) => "leak, reset, clamp",
        (_, false) => "reset, clamp",
    };
    let biased = neuron.is_biased();
    let end = if biased { "H = state + bias" } else { "H = state" };
    Doc::new(format!("{}_lane", core.name), format!("One neuron's share of a memory word: {model}."))
        .line(if core.table.is_none() {
            format!("While integrating: state + weight. In the fire phase: {end}; {reset}; {order}.")
        } else {
            format!("Ends the time step: {end}; {reset}; {order}.")
        })
        .rust("rtl::cores::lane::Lane")
        .golden("golden::neuron")
        .fact("Format", format!("membranes signed {w} bits, {}", weight_format(&core.layer)))
        .fact("Saturation", format!("to {} .. {}, once, when the step ends", neuron.membrane.lo, neuron.membrane.hi))
        .latency(if core.table.is_none() { "integrated one cycle after state; one operation per cycle" } else { "fired two cycles after state; one neuron per cycle" })
        .port("state", if core.has_spiked_bit() { "from memory: {spiked in the last step, membrane}" } else { "from memory: the membrane" })
        .port("weight", "added unless scan")
        .port("scan", if biased { "fire phase: add the bias and end the time step" } else { "fire phase: end the time step" })
        .port("more_passes", "another pass over the membranes follows in this step")
        .port("later_pass", "not the first pass of this step: no bias")
        .port("bias", "with state")
        .port("level", "fires if H >= level; one cycle after state")
        .port("reset_by", "reset amount or value; with what the reset acts on")
        .port("leak_factor", "with what the leak acts on")
        .port("integrated", "state + weight, one cycle later")
        .port("fired", "this neuron spikes; two cycles after state")
        .port("shown", "what a readout shows of the state")
        .port("stored", "the state that the step leaves behind")
}

impl Logic for Lane {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, held, kept, clamped);
        comment!("Integrate: the weight, or in the fire phase the bias");
        self.fields.input.next = self.state.val();
        for i in 0..self._bias_given {
            self.scan_operand.next = self.bias[i].val();
        }
        for i in 0..self._bias_constant {
            self.scan_operand.next = self.bias_each_step[i].val();
        }
        for _i in 0..self._fires_only {
            self.operand.next = self.scan_operand.val();
        }
        for i in 0..self._integrates {
            self.operand.next = signed_cast_to(self.weight[i].val(), self.operand.shape().width) << bits_number(self._fraction);
            if self.scan[i].val() {
                self.operand.next = self.scan_operand.val();
            }
            for k in 0..self._passes {
                if self.scan[i].val() & self.later_pass[k].val() {
                    self.operand.next = self.nothing.val();
                }
            }
        }
        for k in 0..self._passes_here {
            if self.later_pass[k].val() {
                self.operand.next = self.nothing.val();
            }
        }
        self.total.next = self.fields.part[0].val() + self.operand.val();
        self.held.d.next = self.total.val();
        for i in 0..self._spiked_word {
            self.spiked_bit[i].clock.next = self.clock.val();
            self.spiked_bit[i].d.next = self.fields.part[1].val();
        }
        for i in 0..self._integrates {
            self.integrated_word[i].part[0].next = self.held.q.val();
            for k in 0..self._spiked_sums {
                self.integrated_word[i].part[1].next = self.spiked_bit[k].q.val();
            }
            self.integrated[i].next = self.integrated_word[i].output.val();
        }

        comment!("End of the step: decide");
        for i in 0..self._reset_given {
            self.reset_now[i].next = self.reset_by[i].val();
        }
        for i in 0..self._reset_constant {
            self.reset_now[i].next = self.reset_amount[i].val();
        }
        self.ended.next = self.held.q.val();
        for i in 0..self._delayed_hard {
            if self.spiked_bit[i].q.val().any() {
                self.ended.next = self.reset_now[i].val();
            }
        }
        for i in 0..self._spikes {
            for k in 0..self._level_given {
                self.fire[i].next = self.ended.val() >= self.level[k].val();
            }
            for k in 0..self._level_constant {
                self.fire_above[k].input.next = self.ended.val();
                self.fire[i].next = self.fire_above[k].output.val();
            }
            self.decided[i].clock.next = self.clock.val();
            self.decided[i].d.next = self.fire[i].val();
            self.fired[i].next = self.decided[i].q.val();
        }

        comment!("Leak, and reset");
        for i in 0..self._leak_before {
            self.leak_input[i].next = self.ended.val();
        }
        for i in 0..self._leak_after {
            self.leak_input[i].next = self.clamped.q.val();
        }
        for i in 0..self._shift_leaks {
            self.shift_leak[i].clock.next = self.clock.val();
            self.shift_leak[i].state.next = self.leak_input[i].val();
            self.leaked[i].next = self.shift_leak[i].leaked.val();
        }
        for i in 0..self._multiply_leaks {
            self.multiply_leak[i].clock.next = self.clock.val();
            self.multiply_leak[i].state.next = self.leak_input[i].val();
            self.leaked[i].next = self.multiply_leak[i].leaked.val();
        }
        for i in 0..self._factor_given {
            self.multiply_leak[i].factor[0].next = self.leak_factor[i].val();
        }
        for _i in 0..self._no_leak_before {
            self.to_reset.next = self.ended.val();
        }
        for i in 0..self._leak_before {
            self.to_reset.next = self.leaked[i].val();
        }
        self.kept.d.next = self.to_reset.val();
        for i in 0..self._fire_used {
            self.fire_late[i].clock.next = self.clock.val();
            self.fire_late[i].d.next = self.fire[i].val();
            self.fired_late[i].clock.next = self.clock.val();
            self.fired_late[i].d.next = self.fire_late[i].q.val();
        }
        self.after_reset.next = self.kept.q.val();
        for i in 0..self._soft {
            self.lowered[i].clock.next = self.clock.val();
            self.lowered[i].d.next = self.to_reset.val() - self.reset_now[i].val();
            if self.fired_late[i].q.val() {
                self.after_reset.next = self.lowered[i].q.val();
            }
        }
        for i in 0..self._hard {
            if self.fired_late[i].q.val() {
                self.after_reset.next = self.reset_now[i].val();
            }
        }

        comment!("Clamp");
        self.limited.next = self.after_reset.val();
        for i in 0..self._early {
            self.above_hi[i].input.next = self.to_reset.val();
            self.from_lo[i].input.next = self.to_reset.val();
            self.over[i].clock.next = self.clock.val();
            self.over[i].d.next = self.above_hi[i].output.val();
            self.under[i].clock.next = self.clock.val();
            self.under[i].d.next = !self.from_lo[i].output.val();
            for k in 0..self._fire_used {
                if self.fire_late[k].q.val() {
                    for _n in 0..self._hard {
                        self.over[i].d.next = false;
                    }
                    for _n in 0..self._fired_never_low {
                        self.under[i].d.next = false;
                    }
                    for n in 0..self._fired_limits {
                        self.over[i].d.next = self.fired_above_hi[n].output.val();
                    }
                    for n in 0..self._fired_lows {
                        self.under[i].d.next = !self.fired_from_lo[n].output.val();
                    }
                }
            }
            for k in 0..self._passes {
                self.pass_early[k].clock.next = self.clock.val();
                self.pass_early[k].d.next = self.more_passes[k].val();
                if self.pass_early[k].q.val() {
                    self.over[i].d.next = false;
                    self.under[i].d.next = false;
                }
            }
            if self.over[i].q.val() {
                self.limited.next = self.state_hi.val();
            } else if self.under[i].q.val() {
                self.limited.next = self.state_lo.val();
            }
        }
        for n in 0..self._fired_limits {
            self.fired_above_hi[n].input.next = self.to_reset.val();
        }
        for n in 0..self._fired_lows {
            self.fired_from_lo[n].input.next = self.to_reset.val();
        }
        for _i in 0..self._late {
            if self.after_reset.val() > self.state_hi.val() {
                self.limited.next = self.state_hi.val();
            } else if self.after_reset.val() < self.state_lo.val() {
                self.limited.next = self.state_lo.val();
            }
            for k in 0..self._passes {
                self.pass_limit[k].clock.next = self.clock.val();
                self.pass_limit[k].d.next = self.more_passes[k].val();
                if self.pass_limit[k].q.val() {
                    self.limited.next = self.after_reset.val();
                }
            }
        }
        self.clamped.d.next = self.limited.val();

        comment!("The new state");
        for _i in 0..self._no_leak_after {
            self.new_state.next = self.clamped.q.val();
        }
        for i in 0..self._leak_after {
            self.new_state.next = self.leaked[i].val();
        }
        for i in 0..self._passes_leak {
            self.unleaked[i].clock.next = self.clock.val();
            self.unleaked[i].d.next = self.clamped.q.val();
            self.pass_leak[i].clock.next = self.clock.val();
            self.pass_leak[i].d.next = self.more_passes[i].val();
            if self.pass_leak[i].q.val() {
                self.new_state.next = self.unleaked[i].q.val();
            }
        }
        self.stored_word.part[0].next = self.new_state.val();
        for i in 0..self._spiked_word {
            self.spiked_late[i].clock.next = self.clock.val();
            self.spiked_late[i].d.next = self.decided[i].q.val();
            self.spiked_now[i].bit[0].next = self.spiked_late[i].q.val();
            self.stored_word.part[1].next = self.spiked_now[i].output.val();
        }
        self.stored.next = self.stored_word.output.val();
        for i in 0..self._shows_clamped {
            self.shown[i].next = self.clamped.q.val();
        }
        for i in 0..self._shows_sum {
            self.shown[i].next = self.held.q.val();
        }
    }
}
