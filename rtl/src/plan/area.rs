//! What a core takes of a device, estimated from its plan: linear models over a few counts, fitted to yosys
//! (`benches/area_samples.rs` makes the samples, `benches/fit_area.py` the constants), and block RAM by [`super::memory`].

use net::{Leak, Output, Reset};
use serde::Serialize;

use super::around::ports;
use super::image::ParamLayout;
use super::memory::{block_rams, map, memories, Kind};
use super::{parallel_area, table_area, CorePlan, Machine};
use hdl::index_width;

/// Cells of a device, in its own units: LUT4 and DP16KD (ECP5), LUT6 and RAMB18 (xc7), logic cells and EBR (ice40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Area {
    pub lut: f64,
    pub ff: f64,
    pub bram: f64,
    pub dsp: f64,
}

impl std::ops::Add for Area {
    type Output = Area;
    fn add(self, other: Area) -> Area {
        Area {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            bram: self.bram + other.bram,
            dsp: self.dsp + other.dsp,
        }
    }
}

/// Device family: which constants hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Ecp5,
    Xc7,
    Ice40,
}

/// What the constants multiply, in the order of [`FEATURES`].
pub const FEATURES: [&str; 17] = [
    "one", "lane_bits", "shift", "multiply", "no_reset", "given", "rotate", "forward", "lut_ram", "vector", "address",
    "table", "weight_bits", "value_bits", "memory_mux", "memory_logic", "map",
];

/// Names of the counts of one core.
pub fn feature_names(core: &CorePlan) -> &'static [&'static str] {
    match core.machine {
        Machine::Banked => &FEATURES,
        Machine::Parallel => &parallel_area::FEATURES,
        Machine::Table => &table_area::FEATURES,
    }
}

/// Counts of one core; those of memories depend on what the family holds them in.
pub fn features(core: &CorePlan, family: Family) -> Vec<f64> {
    match (core.machine, &core.table) {
        (_, Some(fold)) => table_area::features(core, fold, family),
        (Machine::Parallel, None) => parallel_area::features(core, family),
        (Machine::Banked | Machine::Table, None) => banked_features(core, family),
    }
}

fn banked_features(core: &CorePlan, family: Family) -> Vec<f64> {
    let neuron = &core.layer.neuron;
    let (by, bx) = (core.rows.banks, core.columns.banks);
    let adders = (core.banks() * core.lanes) as f64;
    let lane_bits = adders * f64::from(neuron.membrane.bits);
    let when = |holds: bool, x: f64| if holds { x } else { 0.0 };
    let weight_bits = adders * f64::from(core.layer.weight_bits);
    let given = ParamLayout::of(core).fields().count() as f64;
    let decays = neuron.leak != Leak::None;
    let shift = core.leak_shift().is_some();
    let value = neuron.output == Output::Value;
    let address = f64::from(index_width(core.words()));
    let table = |axis: &super::axis::Axis| {
        let rows = axis.iterations.iter().map(|i| i.len().max(1)).sum::<usize>() as f64;
        let bits = f64::from(index_width(axis.depth)) + 1.0 + when(axis.banks > 1, f64::from(index_width(axis.banks)));
        rows * bits * axis.banks as f64 / 16.0
    };
    let memories: Vec<_> = memories(core).into_iter().map(|memory| (map(&memory, family), memory)).collect();
    let of_kind = |kind: Kind| memories.iter().filter(move |(mapping, _)| mapping.kind == kind);
    let (rotates_y, rotates_x) = core.rotated();
    vec![
        1.0,
        lane_bits,
        when(decays && shift, lane_bits),
        when(decays && !shift, lane_bits),
        when(neuron.reset == Reset::None || value, lane_bits),
        given * lane_bits,
        weight_bits * (when(rotates_y, mux(by)) + when(rotates_x, mux(bx))),
        core.forward_distances().len() as f64 * adders * f64::from(core.state_bits()),
        of_kind(Kind::LutRam).map(|(mapping, memory)| (mapping.cells * memory.copies as u64) as f64).sum(),
        when(!value, adders),
        (core.banks() + by + bx) as f64 * address,
        table(&core.rows) + table(&core.columns),
        weight_bits,
        when(value, lane_bits),
        memories.iter().map(|(mapping, m)| mux(mapping.deep as usize) * f64::from(m.bits) * m.copies as f64).sum(),
        of_kind(Kind::Logic).map(|(_, m)| (m.words * m.bits as usize * m.copies) as f64 / 16.0).sum(),
        when(core.rows.depth * core.columns.depth > 1, 1.0),
    ]
}

/// LUT4 per bit of a choice among `n`.
pub(super) fn mux(n: usize) -> f64 {
    match n {
        1 => 0.0,
        2 => 1.0,
        n => 2.0 * (n as f64 - 1.0) / 3.0 + 0.667,
    }
}

/// Area of one core (on xc7 and ice40 with a chip's ports, as its samples had them).
pub fn core_area(core: &CorePlan, family: Family) -> Area {
    let counts = features(core, family);
    let constants = match core.machine {
        Machine::Banked => banked_constants(family),
        Machine::Parallel => parallel_area::constants(family),
        Machine::Table => table_area::constants(family),
    };
    let (lut, ff) = weigh(&counts, constants);
    let map = if core.touched_map { touched_area(core) } else { Area::default() };
    // The samples of these had the chip's ports around them.
    let ports = if core.machine == Machine::Banked { Area::default() } else { ports(family) };
    map + lazy_area(core) + Area { lut: lut - ports.lut, ff: ff - ports.ff, bram: block_rams(core, family) as f64, dsp: multipliers(core) as f64 }
}

/// LUT and FF of `counts`, by those of each.
pub(super) fn weigh(counts: &[f64], (lut, ff): (&[f64], &[f64])) -> (f64, f64) {
    let sum = |constants: &[f64]| counts.iter().zip(constants).map(|(x, c)| x * c).sum();
    (sum(lut), sum(ff))
}

/// LUT and FF of each count.
fn banked_constants(family: Family) -> (&'static [f64], &'static [f64]) {
    match family {
        Family::Ecp5 => (&ECP5_LUT, &ECP5_FF),
        Family::Xc7 => (&XC7_LUT, &XC7_FF),
        Family::Ice40 => (&ICE40_LUT, &ICE40_FF),
    }
}

/// What a touched map adds: registers by count; LUT after the one core that was measured (yosys for ECP5, 8 x 8 positions
/// in 3 x 3 banks: 246 LUT4 and 8 distributed RAMs, 68 FF).
fn touched_area(core: &CorePlan) -> Area {
    let (rows, columns) = (core.rows.depth as f64, core.columns.depth as f64);
    let rams = (core.rows.banks + 1) as f64 * (rows / 16.0).ceil() * (columns / 4.0).ceil();
    Area { lut: 86.0 + 10.0 * (rows + columns) + 4.7 * rams, ff: 36.0 + 2.0 * (rows + columns), ..Area::default() }
}

/// What lazy leak adds besides forwarding (which [`features`] counts) and multipliers: a table per bank, and registers and a
/// subtraction per bit. After two banks that were measured (yosys for ECP5: 4 and 16 lanes of 16 bits, stamps of 8 bits: 521 and 1,665
/// LUT4, 409 and 1,305 FF).
fn lazy_area(core: &CorePlan) -> Area {
    let Some(stamps) = core.stamps() else { return Area::default() };
    let banks = core.banks() as f64;
    let (rows, bits) = (f64::from(1u32 << stamps.bits), f64::from(core.word_bits()));
    Area { lut: banks * (40.0 + 0.75 * rows + 2.5 * bits), ff: banks * (60.0 + 5.2 * bits), ..Area::default() }
}

/// Multiplier blocks: one per lane whose leak is no shift, and one where it is lazy.
fn multipliers(core: &CorePlan) -> usize {
    let decays = core.layer.neuron.leak != Leak::None;
    let adders = core.banks() * core.lanes;
    usize::from(decays && core.leak_shift().is_none()) * adders + usize::from(core.stamps().is_some()) * adders
}

// In the order of FEATURES. ECP5: 97 cores, each without the chip's ports; on the third that was held out the mean error is 4 % in LUT, 5 % in FF, the worst 15 %.
const ECP5_LUT: [f64; 17] = [
    174.6, 4.800, 1.371, 1.343, 0.0, 0.0, 0.988, 0.968, 6.380, 2.752, 0.118, 2.584, 1.147, 0.0, 1.022, 1.284, 37.59,
];
const ECP5_FF: [f64; 17] = [
    197.8, 4.867, 1.012, 3.002, 0.0, 0.0, 0.722, 0.084, 0.966, 1.419, 3.748, 0.717, 0.428, 0.0, 0.148, 0.101, 162.1,
];
const XC7_LUT: [f64; 17] = [
    81.511, 5.391, 0.942, 0.981, 0.0, 0.0, 1.038, 0.301, 4.406, 0.0, 0.0, 0.994, 0.0, 0.0, 0.365, 0.257, 141.959,
];
const XC7_FF: [f64; 17] = [
    105.484, 4.375, 0.807, 1.812, 0.0, 0.0, 0.956, 0.024, 2.385, 22.747, 0.0, 0.337, 0.0, 0.0, 0.0, 0.002, 168.813,
];
// Few samples (16): near ECP5's constants times a common factor where they say nothing else. Mean error on those held out: LUT 5 %,
// FF 10 %.
const ICE40_LUT: [f64; 17] = [
    323.4, 7.453, 2.007, 3.353, 0.0, 0.0, 1.470, 1.225, 0.0, 0.0, 2.625, 3.867, 1.667, 0.0, 1.105, 0.491, 127.5,
];
const ICE40_FF: [f64; 17] = [
    309.2, 4.663, 1.163, 2.522, 0.0, 0.0, 0.789, 0.123, 0.0, 0.0, 2.335, 4.807, 1.344, 0.0, 0.392, 0.959, 37.43,
];
