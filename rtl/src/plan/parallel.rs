//! The parallel core's plan: which layers it can compute, and the constants of its lanes.
//!
//! A lane has one adder. In the fire phase it compares H once with constants and then adds twice: reset and leak (in the
//! order of the layer). A state that leaves the range `lo..hi` is known by H already, since both steps rise with H: it is
//! emptied instead of the first addition and filled with a constant in place of the second. Its sign stays behind and tells which
//! constant. See `cores::parallel::lane`.

use net::{Layer, Leak, Output, Param, Pool, Reset, ResetOrder, Rounding, Synapses};

use super::area::Family;
use super::memory::{map, Kind, Memory};
use super::start;
use super::{CorePlan, Machine};
use hdl::MAX_WIDTH;

/// Lanes whose spikes the sender looks at together.
pub const SEND_GROUP: usize = 8;

/// Cycles that a TICK takes in a lane: compare, first addition, second addition.
pub const FIRE_CYCLES: u64 = 3;

/// Register stages between the link's buffer and the weight memory: the address, and in front of it the shares of the
/// coordinates of a map.
pub fn address_stages(layer: &Layer) -> usize {
    if layer.input.h * layer.input.w > 1 { 2 } else { 1 }
}

/// Cycles in which a TICK waits at the lanes before they decide: for the weights of the event before it where they come late,
/// and for the bias.
pub fn waits(core: &CorePlan) -> u64 {
    u64::from(core.late_weights) + u64::from(core.layer.neuron.is_biased())
}

/// Cycles that the end of a step keeps the core busy.
pub fn fire_cycles(core: &CorePlan) -> u64 {
    FIRE_CYCLES + waits(core)
}

/// Whether a register between the weight memory and the lanes pays: where a block RAM's clock-to-out is long. On ECP5 it takes
/// 5.6 ns (nextpnr), half of a cycle; a 7-series RAM takes 2.1 ns.
pub fn wants_late_weights(core: &CorePlan, family: Family) -> bool {
    core.machine == Machine::Parallel
        && family != Family::Xc7
        && !weights_in_logic(core)
        && map(&weights(core), family).kind == Kind::BlockRam
}

/// The weight memory: a word for each input.
pub fn weights(core: &CorePlan) -> Memory {
    let bits = core.layer.weight_bits * core.lanes as u32;
    Memory { holds: "weights", words: core.layer.input.len(), bits, copies: 1, rom: true }
}

/// Small weight memories stand in LUTs: those that would leave three quarters of their block RAMs empty.
pub fn weights_in_logic(core: &CorePlan) -> bool {
    let memory = weights(core);
    let (words, width) = (memory.words as u64, u64::from(memory.bits));
    let bits = words * width;
    bits <= 8192 && 4 * bits <= 18_432 * blocks(words, width)
}

/// Blocks of 18 kbit of one shape that hold `words` of `width` bits.
fn blocks(words: u64, width: u64) -> u64 {
    const SHAPES: [(u64, u64); 6] = [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
    SHAPES.iter().map(|(deep, wide)| words.div_ceil(*deep) * width.div_ceil(*wide)).min().unwrap_or(1)
}

/// What keeps the parallel core from computing a layer; `None`: it can.
pub fn refusal(layer: &Layer) -> Option<String> {
    let neuron = &layer.neuron;
    let Synapses::Dense(dense) = &layer.synapses else {
        return Some("the parallel core computes fully connected layers only".into());
    };
    if layer.pool != Pool::none(layer.input) {
        return Some("the parallel core has no pooling in front".into());
    }
    let width = dense.outputs as u64 * u64::from(layer.weight_bits);
    if width > u64::from(MAX_WIDTH) {
        return Some(format!("{width} bits of weights in a cycle, at most {MAX_WIDTH}"));
    }
    let constants = layer.output.len() as u64 * u64::from(neuron.membrane.bits);
    let differ = |param: &Param| (1..layer.output.len()).any(|i| param.at(layer.output, i) != param.at(layer.output, 0));
    let reset = match &neuron.reset {
        Reset::Subtract(amount) | Reset::ToValue(amount) => Some(amount),
        Reset::None => None,
    };
    let start = start::stored(layer);
    if constants > u64::from(MAX_WIDTH) && [Some(&neuron.fire_level), Some(&neuron.bias), Some(&start), reset].into_iter().flatten().any(differ) {
        return Some(format!("{constants} bits of constants that differ between neurons, at most {MAX_WIDTH}"));
    }
    if neuron.output != Output::Spike {
        return Some("the parallel core has no readout neurons (LI)".into());
    }
    if neuron.max_spikes > 1 {
        return Some("several spikes per neuron and step".into());
    }
    if neuron.leak != Leak::None && neuron.leak.shift().is_none() {
        return Some("the parallel core leaks by one power of two for all neurons, or not at all".into());
    }
    let leaks_first = neuron.order == ResetOrder::LeakThenReset;
    if leaks_first && matches!(neuron.reset, Reset::ToValue(_)) {
        return Some("reset to a value with leak-then-reset".into());
    }
    for index in 0..layer.output.len() {
        let level = neuron.fire_level.at(layer.output, index);
        if level < 1 || level > neuron.membrane.hi + 1 {
            return Some(format!("a fire level of {level}: neurons that fire must be positive, and all above the range must fire"));
        }
        if let Reset::Subtract(amount) = &neuron.reset {
            let before = if leaks_first { leaked(&neuron.leak, level) } else { level };
            let least = before - amount.at(layer.output, index);
            if least < neuron.membrane.lo {
                return Some(format!("a spike may leave {least}, below the lower clamp of {}", neuron.membrane.lo));
            }
        }
    }
    None
}

/// `leak(v)` for a leak that is a shift.
fn leaked(leak: &Leak, v: i64) -> i64 {
    match leak.shift() {
        None => v,
        Some((k, Rounding::Floor)) => v - (v >> k),
        Some((k, Rounding::TowardZero)) => v - ((v + if v < 0 { 0 } else { (1 << k) - 1 }) >> k),
    }
}

/// Constants of the lanes: one for all, or one per lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    Uniform(i64),
    PerLane(Vec<i64>),
}

impl Setting {
    fn of(lanes: usize, value: impl Fn(usize) -> i64) -> Setting {
        let all: Vec<i64> = (0..lanes).map(value).collect();
        match all.iter().all(|v| *v == all[0]) {
            true => Setting::Uniform(all[0]),
            false => Setting::PerLane(all),
        }
    }

    /// The constant of all lanes.
    pub fn uniform(&self) -> Option<i64> {
        match self {
            Setting::Uniform(value) => Some(*value),
            Setting::PerLane(_) => None,
        }
    }

    /// The constants, if they differ.
    pub fn per_lane(&self) -> Option<&[i64]> {
        match self {
            Setting::Uniform(_) => None,
            Setting::PerLane(values) => Some(values),
        }
    }
}

/// What the lanes of a core compare with and add.
#[derive(Clone, Debug)]
pub struct LaneConstants {
    /// Fires if H > this: the fire level less one.
    pub fire_above: Setting,
    /// Beyond the range, or set by a reset, if H > this (2^(W-1) - 1: never).
    pub over_above: Setting,
    /// Below the range unless H > this (-2^(W-1) - 1: never below).
    pub under_from: Setting,
    /// Added where a neuron fires; `None`: no subtracting reset.
    pub reset: Option<Setting>,
    /// Added to an emptied state that was positive.
    pub fill_high: Setting,
    /// Added to an emptied state that was negative, of which the sign bit is left.
    pub fill_low: Setting,
    /// The membrane at the start of a sample.
    pub initial: Setting,
    /// Added at the end of each step; `None`: nothing.
    pub bias: Option<Setting>,
    /// Shift and rounding; `None`: no leak.
    pub leak: Option<(u32, Rounding)>,
    /// The leak comes before the reset.
    pub leak_first: bool,
}

impl LaneConstants {
    /// Of a layer that the core accepts ([`refusal`]).
    pub fn of(core: &CorePlan) -> LaneConstants {
        let (layer, neuron) = (&core.layer, &core.layer.neuron);
        let (bits, lo, hi) = (neuron.membrane.bits, neuron.membrane.lo, neuron.membrane.hi);
        let (least, most) = (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
        let leak_first = neuron.order == ResetOrder::LeakThenReset && neuron.leak != Leak::None;
        let at = |param: &Param, lane: usize| param.at(layer.output, lane);
        let per_lane = |value: &dyn Fn(usize) -> i64| Setting::of(core.lanes, value);
        // Of those that are written every lane has one of its own.
        let written = |value: &dyn Fn(usize) -> i64| match core.memory_map() {
            Some(_) => Setting::PerLane((0..core.lanes).map(value).collect()),
            None => per_lane(value),
        };
        let before = |v: i64| if leak_first { leaked(&neuron.leak, v) } else { v };
        let after = |v: i64| if leak_first { v } else { leaked(&neuron.leak, v) };
        // The largest H that stays at or below the top, and the largest that lies below the bottom.
        let below = |limit: i64| largest(least - 1, most, |h| before(h) <= limit);
        let wrapped = |v: i64| (v - least).rem_euclid(1 << bits) + least;
        let over = |lane| match &neuron.reset {
            Reset::Subtract(amount) => below(hi + at(amount, lane)),
            Reset::ToValue(_) => at(&neuron.fire_level, lane) - 1,
            Reset::None => below(hi),
        };
        let high = |lane| match &neuron.reset {
            Reset::ToValue(value) => after(at(value, lane)),
            _ => after(hi),
        };
        LaneConstants {
            fire_above: written(&|lane| at(&neuron.fire_level, lane) - 1),
            over_above: written(&over),
            under_from: Setting::Uniform(below(lo - 1)),
            reset: match &neuron.reset {
                Reset::Subtract(amount) => Some(written(&|lane| wrapped(-at(amount, lane)))),
                _ => None,
            },
            fill_high: match &neuron.reset {
                Reset::ToValue(_) => written(&high),
                _ => per_lane(&high),
            },
            fill_low: Setting::Uniform(wrapped(after(lo) - least)),
            initial: per_lane(&|lane| at(&start::stored(layer), lane)),
            bias: neuron.is_biased().then(|| per_lane(&|lane| at(&neuron.bias, lane))),
            leak: neuron.leak.shift().map(|(k, rounding)| (k.min(bits - 1), rounding)),
            leak_first,
        }
    }
}

/// Constants of a lane that are written with the weights, by name; [`LaneConstants`] says what they are.
pub fn written_names(layer: &Layer) -> Vec<&'static str> {
    let more = match &layer.neuron.reset {
        Reset::Subtract(_) => Some("reset"),
        Reset::ToValue(_) => Some("fill_high"),
        Reset::None => None,
    };
    ["fire_above", "over_above"].into_iter().chain(more).collect()
}

/// Their values in two's complement: of each constant a word per lane.
pub fn written_images(core: &CorePlan) -> Vec<Vec<Vec<u64>>> {
    let constants = LaneConstants::of(core);
    let mask = (1u64 << core.layer.neuron.membrane.bits) - 1;
    let named = |name: &str| match name {
        "fire_above" => Some(&constants.fire_above),
        "over_above" => Some(&constants.over_above),
        "reset" => constants.reset.as_ref(),
        _ => Some(&constants.fill_high),
    };
    let values = |setting: &Setting| setting.per_lane().unwrap_or_default().iter().map(|value| vec![*value as u64 & mask]).collect();
    written_names(&core.layer).into_iter().filter_map(named).map(values).collect()
}

/// The largest x of `from..=to` for which a falling condition holds; it must hold for `from`.
fn largest(mut from: i64, mut to: i64, holds: impl Fn(i64) -> bool) -> i64 {
    while from < to {
        let middle = from + (to - from + 1) / 2;
        match holds(middle) {
            true => from = middle,
            false => to = middle - 1,
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leak_rounds_as_told() {
        let leak = |rounding| Leak::Decay { a: Param::Layer(1), m: 2, rounding };
        let all = |rounding| (-5..=5).map(|v| leaked(&leak(rounding), v)).collect::<Vec<_>>();
        assert_eq!(all(Rounding::Floor), [-3, -3, -2, -1, 0, 0, 1, 2, 3, 3, 4]);
        assert_eq!(all(Rounding::TowardZero), [-3, -3, -2, -1, 0, 0, 0, 1, 2, 3, 3]);
        assert!(all(Rounding::Floor).is_sorted() && all(Rounding::TowardZero).is_sorted());
    }

    #[test]
    fn the_largest_that_holds() {
        assert_eq!(largest(-9, 7, |x| x <= 3), 3);
        assert_eq!(largest(-9, 7, |_| true), 7);
        assert_eq!(largest(-9, 7, |x| x < -8), -9);
    }
}
