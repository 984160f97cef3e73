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
pub const FEATURES: [&str; 17] = [
    "one", "lane_bits", "shift", "multiply", "no_reset", "given", "rotate", "forward", "lut_ram", "vector", "address",
    "table", "weight_bits", "value_bits", "memory_mux", "memory_logic", "map",
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
        memories(core).iter().map(|m| (deep(m) - 1) as f64 * f64::from(m.bits) * m.copies as f64).sum(),
        memories(core).iter().filter(|m| in_logic(m)).map(|m| (m.words * m.bits as usize * m.copies) as f64 / 16.0).sum(),
        when(core.rows.depth * core.columns.depth > 1, 1.0),
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

/// A memory that is more than a LUT RAM.
struct Memory {
    words: usize,
    bits: u32,
    copies: usize,
    rom: bool,
}

/// Memories of a core.
fn memories(core: &CorePlan) -> Vec<Memory> {
    let blocks = core.rows.blocks.len() * core.columns.blocks.len();
    let weight_words = core.layer.input.c * blocks * core.most_groups();
    let weight_bits = core.layer.weight_bits * (core.banks() * core.lanes) as u32;
    let params = ParamLayout::of(core);
    let memory = |words, bits, copies, rom| Memory { words, bits, copies, rom };
    let mut found = vec![memory(weight_words, weight_bits, 1, true)];
    if core.words() > DISTRIBUTED_WORDS {
        found.push(memory(core.words(), core.word_bits(), core.banks(), false));
    }
    if core.fifo_depth > DISTRIBUTED_WORDS {
        found.push(memory(core.fifo_depth, entry_bits(core), 1, false));
    }
    if !params.is_empty() {
        let (words, copies) = if params.per_neuron { (core.words(), core.banks()) } else { (core.groups, 1) };
        found.push(memory(words, params.word_bits(core.lanes), copies, true));
    }
    found
}

/// Fewest blocks of 18 kbit that hold `words` of `bits`.
pub fn blocks(words: usize, bits: u32) -> u64 {
    layout(words as u64, bits).0
}

/// Fewest blocks, and how many stand above each other: rows of blocks of one depth, the widths of a row as they come.
fn layout(words: u64, bits: u32) -> (u64, u64) {
    const SHAPES: [(u64, usize); 6] = [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
    // In a row as deep as `deep` words, narrower and deeper blocks may take the last columns.
    let row = |deep: u64| {
        let mut fewest = vec![0u64];
        for width in 1..=bits as usize {
            let able = SHAPES.iter().filter(|(d, _)| *d >= deep);
            fewest.push(able.map(|(_, wide)| 1 + fewest[width.saturating_sub(*wide)]).min().unwrap_or(u64::MAX / 4));
        }
        fewest[bits as usize]
    };
    let rows: Vec<(u64, u64)> = SHAPES.iter().map(|(deep, _)| (*deep, row(*deep))).collect();
    let mut best = (u64::MAX, 0);
    // Full rows of one depth, the rest in rows of less.
    for &(deep, price) in &rows {
        let full = words / deep;
        let rest = words - full * deep;
        let (more, high) = match rest {
            0 => (0, 0),
            _ if full == 0 => (price, 1),
            _ => layout(rest, bits),
        };
        best = best.min((full * price + more, full + high));
    }
    best
}

/// yosys puts a read-only memory into logic where sixteen bits of it cost less than a block's 128.
fn in_logic(memory: &Memory) -> bool {
    memory.rom && (memory.words * memory.bits as usize) as u64 <= 2048 * blocks(memory.words, memory.bits)
}

/// Blocks that stand above each other in the cheapest layout: their outputs meet in a multiplexer.
fn deep(memory: &Memory) -> u64 {
    if in_logic(memory) { 1 } else { layout(memory.words as u64, memory.bits).1 }
}

/// Block RAMs of a core.
pub fn block_rams(core: &CorePlan) -> u64 {
    let held = memories(core).into_iter().filter(|memory| !in_logic(memory));
    held.map(|memory| blocks(memory.words, memory.bits) * memory.copies as u64).sum()
}

/// Area of one core, with its share of the top.
pub fn core_area(core: &CorePlan, family: Family) -> Area {
    let counts = features(core);
    let weighed = |constants: &[f64; FEATURES.len()]| counts.iter().zip(constants).map(|(x, c)| x * c).sum::<f64>();
    let (lut, ff) = match family {
        Family::Ecp5 => (weighed(&ECP5_LUT), weighed(&ECP5_FF)),
        Family::Xc7 => (weighed(&XC7_LUT), weighed(&XC7_FF)),
    };
    let map = if core.touched_map { touched_area(core) } else { Area::default() };
    map + Area { lut, ff, bram: block_rams(core) as f64, dsp: multipliers(core) as f64 }
}

/// What a touched map adds: registers by count; LUT after the one core that was measured (yosys for ECP5, 8 x 8 positions
/// in 3 x 3 banks: 246 LUT4 and 8 distributed RAMs, 68 FF).
fn touched_area(core: &CorePlan) -> Area {
    let (rows, columns) = (core.rows.depth as f64, core.columns.depth as f64);
    let rams = (core.rows.banks + 1) as f64 * (rows / 16.0).ceil() * (columns / 4.0).ceil();
    Area { lut: 86.0 + 10.0 * (rows + columns) + 4.7 * rams, ff: 36.0 + 2.0 * (rows + columns), ..Area::default() }
}

/// Multiplier blocks: one per lane whose leak is no shift.
fn multipliers(core: &CorePlan) -> usize {
    let decays = core.layer.neuron.leak != Leak::None;
    if decays && core.leak_shift().is_none() { core.banks() * core.lanes } else { 0 }
}

// In the order of FEATURES.
const ECP5_LUT: [f64; 17] = [
    265.8, 5.418, 1.481, 2.286, 0.0, 0.0, 1.449, 1.043, 4.714, 3.929, 0.169, 0.489, 0.0, 0.0, 3.686, 0.8, 0.0,
];
const ECP5_FF: [f64; 17] = [
    409.3, 5.308, 1.514, 3.546, 0.0, 0.0, 0.403, 0.284, 0.648, 6.076, 2.225, 1.907, 0.074, 0.0, 0.0, 0.584, 40.39,
];
const XC7_LUT: [f64; 17] = [
    270.2, 2.843, 1.360, 2.672, 0.0, 0.0, 0.823, 0.726, 3.430, 8.382, 0.776, 0.0, 0.0, 0.0, 0.0, 1.524, 0.0,
];
const XC7_FF: [f64; 17] = [
    249.9, 5.101, 1.379, 2.518, 0.0, 0.0, 0.515, 0.493, 2.756, 0.681, 0.065, 1.503, 0.622, 0.0, 0.653, 0.880, 0.0,
];
