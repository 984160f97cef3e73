//! What a core takes of a device, estimated from its plan: linear models over a few counts, fitted to yosys
//! (`benches/area_samples.rs` makes the samples, `benches/fit_area.py` the constants), and block RAM by its shapes.

use net::{Leak, Output, Reset};
use serde::Serialize;

use super::image::ParamLayout;
use super::CorePlan;
use crate::hdl::{index_width, DISTRIBUTED_WORDS};

/// Cells of a device, in its own units: LUT4 and DP16KD (ECP5), or LUT6 and RAMB18 (xc7).
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
}

/// What the constants multiply, in the order of [`FEATURES`].
pub const FEATURES: [&str; 14] = [
    "one", "lane_bits", "shift", "multiply", "no_reset", "given", "rotate", "forward", "lut_ram", "vector", "address",
    "table", "weight_bits", "value_bits",
];

/// Counts of one core.
pub fn features(core: &CorePlan) -> [f64; FEATURES.len()] {
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
    let entry = entry_bits(core);
    let lut_ram = |words: usize, bits: u32| {
        let blocks = u64::from(bits).div_ceil(4) * (words as u64).div_ceil(16);
        when(words <= DISTRIBUTED_WORDS, blocks as f64)
    };
    [
        1.0,
        lane_bits,
        when(decays && shift, lane_bits),
        when(decays && !shift, lane_bits),
        when(neuron.reset == Reset::None || value, lane_bits),
        given * lane_bits,
        weight_bits * (mux(by) + mux(bx)),
        core.forward_distances().len() as f64 * adders * f64::from(core.state_bits()),
        core.banks() as f64 * lut_ram(core.words(), core.word_bits()) + lut_ram(core.fifo_depth, entry),
        when(!value, adders),
        (core.banks() + by + bx) as f64 * address,
        table(&core.rows) + table(&core.columns),
        weight_bits,
        when(value, lane_bits),
    ]
}

/// LUT4 per bit of a choice among `n`.
fn mux(n: usize) -> f64 {
    match n {
        1 => 0.0,
        2 => 1.0,
        n => 2.0 * (n as f64 - 1.0) / 3.0 + 0.667,
    }
}

/// Bits of a word of spikes (or values) in the sender's FIFO.
fn entry_bits(core: &CorePlan) -> u32 {
    let payload = match core.layer.neuron.output {
        Output::Spike => core.banks() * core.lanes,
        Output::Value => core.lanes * core.layer.neuron.membrane.bits as usize,
    };
    let place = [core.rows.depth, core.columns.depth, core.groups].map(index_width);
    payload as u32 + place.iter().sum::<u32>() + 2
}

/// Memories of a core: words, bits, and how many of them.
fn memories(core: &CorePlan) -> Vec<(usize, u32, usize)> {
    let blocks = core.rows.blocks.len() * core.columns.blocks.len();
    let weight_words = core.layer.input.c * blocks * core.most_groups();
    let weight_bits = core.layer.weight_bits * (core.banks() * core.lanes) as u32;
    let params = ParamLayout::of(core);
    let mut found = vec![(weight_words, weight_bits, 1)];
    if core.words() > DISTRIBUTED_WORDS {
        found.push((core.words(), core.word_bits(), core.banks()));
    }
    if core.fifo_depth > DISTRIBUTED_WORDS {
        found.push((core.fifo_depth, entry_bits(core), 1));
    }
    if !params.is_empty() {
        let (words, copies) = if params.per_neuron { (core.words(), core.banks()) } else { (core.groups, 1) };
        found.push((words, params.word_bits(core.lanes), copies));
    }
    found
}

/// Fewest blocks of 18 kbit that hold `words` of `bits`; columns of different shapes may stand side by side.
pub fn blocks(words: usize, bits: u32) -> u64 {
    const SHAPES: [(u64, usize); 6] = [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
    let mut fewest = vec![0u64];
    for width in 1..=bits as usize {
        let column = |(deep, wide): &(u64, usize)| (words as u64).div_ceil(*deep) + fewest[width.saturating_sub(*wide)];
        fewest.push(SHAPES.iter().map(column).min().unwrap_or(0));
    }
    fewest[bits as usize]
}

/// Block RAMs of a core. yosys puts a memory of at most [`LOGIC_BITS`] into logic.
pub fn block_rams(core: &CorePlan) -> u64 {
    let held = memories(core).into_iter().filter(|(words, bits, _)| words * *bits as usize > LOGIC_BITS);
    held.map(|(words, bits, copies)| blocks(words, bits) * copies as u64).sum()
}

/// Memories of fewer bits go to logic.
const LOGIC_BITS: usize = 1024;

/// Area of one core, with its share of the top.
pub fn core_area(core: &CorePlan, family: Family) -> Area {
    let counts = features(core);
    let weighed = |constants: &[f64; FEATURES.len()]| counts.iter().zip(constants).map(|(x, c)| x * c).sum::<f64>();
    let (lut, ff) = match family {
        Family::Ecp5 => (weighed(&ECP5_LUT), weighed(&ECP5_FF)),
        Family::Xc7 => (weighed(&XC7_LUT), weighed(&XC7_FF)),
    };
    Area { lut, ff, bram: block_rams(core) as f64, dsp: multipliers(core) as f64 }
}

/// Multiplier blocks: one per lane whose leak is no shift.
fn multipliers(core: &CorePlan) -> usize {
    let decays = core.layer.neuron.leak != Leak::None;
    if decays && core.leak_shift().is_none() { core.banks() * core.lanes } else { 0 }
}

// one, lane_bits, shift, multiply, no_reset, given, rotate, forward, lut_ram, vector, address, table, weight_bits, value_bits
const ECP5_LUT: [f64; 14] = [300.0, 6.0, 1.0, 3.0, -2.0, 1.0, 1.0, 1.5, 4.0, 8.0, 2.0, 1.0, 0.5, 2.0];
const ECP5_FF: [f64; 14] = [300.0, 5.0, 1.0, 4.0, 0.0, 2.0, 1.0, 1.0, 0.0, 6.0, 3.0, 0.0, 3.0, 2.0];
const XC7_LUT: [f64; 14] = [200.0, 5.0, 1.0, 2.0, -2.0, 1.0, 0.6, 1.0, 2.0, 6.0, 1.5, 0.6, 0.5, 2.0];
const XC7_FF: [f64; 14] = [300.0, 5.0, 1.0, 4.0, 0.0, 2.0, 1.0, 1.0, 0.0, 6.0, 3.0, 0.0, 3.0, 2.0];
