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
        // An ice40 core was not measured: LUT4 as on ECP5.
        Family::Ecp5 | Family::Ice40 => (&ECP5_LUT, &ECP5_FF),
        Family::Xc7 => (&XC7_LUT, &XC7_FF),
    }
}

// In the order of FEATURES. ECP5: fitted to 16 cores (benches/area_samples.rs, SPIKEWRIGHT_PARALLEL; mean error 8 % in LUT, 3 % in
// FF, worst 17 %). xc7: set by hand after 784-128-10 and two single cores. Late weights: a flip-flop for each bit.
const ECP5_LUT: [f64; 9] = [64.8, 3.90, 3.13, 0.676, 0.668, 0.390, 0.784, 0.0, 0.0];
const ECP5_FF: [f64; 9] = [117.6, 2.33, 0.990, 0.005, 0.0, 0.0, 0.090, 0.367, 1.0];
const XC7_LUT: [f64; 9] = [60.0, 4.3, 1.6, 0.4, 0.27, 0.5, 0.25, 0.0, 0.0];
const XC7_FF: [f64; 9] = [60.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
