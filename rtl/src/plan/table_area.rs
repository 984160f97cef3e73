//! What a table core takes of a device: as `plan::area`, with counts of its own.

use net::{Leak, Output};

use super::area::{mux, Family};
use super::image::ParamLayout;
use super::memory::{map, memories, Kind};
use super::table::TableFold;
use super::CorePlan;

/// What the constants multiply, in the order of [`FEATURES`].
pub const FEATURES: [&str; 12] = [
    "one", "lane_bits", "shift", "multiply", "given", "adder_bits", "forward", "choose", "lut_ram", "vector", "memory_mux",
    "memory_logic",
];

/// Counts of one core.
pub fn features(core: &CorePlan, fold: &TableFold, family: Family) -> Vec<f64> {
    let neuron = &core.layer.neuron;
    let when = |holds: bool, x: f64| if holds { x } else { 0.0 };
    let bits = f64::from(core.state_bits());
    let lane_bits = fold.banks as f64 * f64::from(neuron.membrane.bits);
    let decays = neuron.leak != Leak::None;
    let shift = core.leak_shift().is_some();
    let given = ParamLayout::of(&core.scanned_words()).fields().count() as f64;
    let adders = fold.adders as f64;
    let memories: Vec<_> = memories(core).into_iter().map(|memory| (map(&memory, family), memory)).collect();
    let of_kind = |kind: Kind| memories.iter().filter(move |(mapping, _)| mapping.kind == kind);
    vec![
        1.0,
        lane_bits,
        when(decays && shift, lane_bits),
        when(decays && !shift, lane_bits),
        given * lane_bits,
        adders * (bits + f64::from(core.layer.weight_bits)),
        adders * bits * core.forward_distances().len() as f64,
        adders * bits * mux(fold.banks_per_adder()),
        of_kind(Kind::LutRam).map(|(mapping, memory)| (mapping.cells * memory.copies as u64) as f64).sum(),
        when(neuron.output == Output::Spike, fold.banks as f64),
        memories.iter().map(|(mapping, m)| (mapping.deep - 1) as f64 * f64::from(m.bits) * m.copies as f64).sum(),
        of_kind(Kind::Logic).map(|(_, m)| (m.words * m.bits as usize * m.copies) as f64 / 16.0).sum(),
    ]
}

/// LUT and FF of each count.
pub fn constants(family: Family) -> (&'static [f64], &'static [f64]) {
    match family {
        // An ice40 core has not been fitted: it has LUT4, too.
        Family::Ecp5 | Family::Ice40 => (&ECP5_LUT, &ECP5_FF),
        Family::Xc7 => (&XC7_LUT, &XC7_FF),
    }
}

// In the order of FEATURES.
const ECP5_LUT: [f64; 12] = [489.7, 4.06, 0.757, 0.225, 0.0, 1.145, 0.72, 1.06, 4.87, 5.924, 0.0, 0.0];
const ECP5_FF: [f64; 12] = [370.2, 3.722, 1.614, 2.936, 0.0, 1.889, 1.08, 0.0, 0.0, 8.927, 0.0, 0.0];
const XC7_LUT: [f64; 12] = [114.994, 3.118, 0.614, 0.257, 0.0, 1.776, 0.0, 0.0, 6.720, 13.664, 4.191, 0.981];
const XC7_FF: [f64; 12] = [196.926, 3.617, 1.828, 2.763, 0.0, 0.462, 0.0, 0.148, 2.440, 13.387, 2.764, 0.248];
