//! What a parallel core takes of a device: as `plan::area`, with counts of its own.

use super::area::Family;
use super::memory::{map, Kind};
use super::parallel::{address_stages, weights, weights_in_logic, LaneConstants, Setting};
use super::CorePlan;

/// What the constants multiply, in the order of [`FEATURES`].
pub const FEATURES: [&str; 9] =
    ["one", "lanes", "lane_bits", "leak_bits", "given_bits", "bias_bits", "logic_rom", "logic_width", "late_bits"];

/// Counts of one core.
pub fn features(core: &CorePlan, family: Family) -> Vec<f64> {
    let constants = LaneConstants::of(core);
    let lanes = core.lanes as f64;
    let lane_bits = lanes * f64::from(core.layer.neuron.membrane.bits);
    let when = |holds: bool, x: f64| if holds { x } else { 0.0 };
    let given = |setting: &Setting| usize::from(setting.per_lane().is_some());
    let compared = given(&constants.fire_above) + given(&constants.over_above);
    let width = lanes * f64::from(core.layer.weight_bits);
    let in_logic = weights_in_logic(core) || map(&weights(core), family).kind != Kind::BlockRam;
    vec![
        address_stages(&core.layer) as f64,
        lanes,
        lane_bits,
        when(constants.leak.is_some(), lane_bits),
        compared as f64 * lane_bits,
        when(constants.bias.is_some(), lane_bits),
        when(in_logic, width * core.layer.input.len() as f64 / 16.0),
        when(in_logic, width),
        when(core.late_weights, width),
    ]
}

/// LUT and FF of each count.
pub fn constants(family: Family) -> (&'static [f64], &'static [f64]) {
    match family {
        Family::Ecp5 => (&ECP5_LUT, &ECP5_FF),
        Family::Ice40 => (&ICE40_LUT, &ICE40_FF),
        Family::Xc7 => (&XC7_LUT, &XC7_FF),
    }
}

// In the order of FEATURES: fitted to 16, 16 and 13 cores (benches/area_samples.rs, SPIKEWRIGHT_PARALLEL). Mean error, LUT and FF: ECP5 8 and 3 %
// (all fitted); of the third that was held out, xc7 8 and 4 %, ice40 11 and 4 %. LUT on xc7 is 12 % more than that fit: 15 further cores, each
// alone, were 24 % to 2 % above it, as yosys takes 2.1 to 3 LUT6 per membrane bit for the same lane, by their number. Late weights: a flip-flop for each bit.
const ECP5_LUT: [f64; 9] = [64.8, 3.90, 3.13, 0.676, 0.668, 0.390, 0.784, 0.0, 0.0];
const ECP5_FF: [f64; 9] = [117.6, 2.33, 0.990, 0.005, 0.0, 0.0, 0.090, 0.367, 1.0];
const XC7_LUT: [f64; 9] = [115.265, 2.944, 2.099, 0.268, 0.323, 0.567, 0.284, 0.0, 0.0];
const XC7_FF: [f64; 9] = [57.298, 2.885, 0.956, 0.0, 0.0, 0.039, 0.030, 0.525, 1.0];
const ICE40_LUT: [f64; 9] = [70.628, 4.933, 2.922, 0.687, 0.449, 0.338, 0.513, 0.0, 0.0];
const ICE40_FF: [f64; 9] = [57.052, 2.474, 0.973, 0.023, 0.0, 0.0, 0.093, 0.359, 1.0];
