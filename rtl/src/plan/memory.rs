//! Memories of a core, and what yosys 0.23 makes of them: logic, LUT RAM or block RAM, and how many.
//!
//! `memory_libmap` prices every way to build a memory and takes the cheapest; prices and shapes stand in the files
//! `brams*.txt` and `lutrams*.txt` of a family. [`map`] does the same sum, so that its counts are yosys' own.

use net::Output;

use super::area::Family;
use super::image::ParamLayout;
use super::table::SlotLayout;
use super::{parallel, CorePlan, Machine};
use hdl::{index_width, DISTRIBUTED_WORDS};

/// A memory as it is emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What it holds, in a word.
    pub holds: &'static str,
    pub words: usize,
    pub bits: u32,
    pub copies: usize,
    /// Read-only.
    pub rom: bool,
}

/// What holds a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// LUTs as a table (read-only), or flip-flops.
    Logic,
    LutRam,
    BlockRam,
}

impl Kind {
    /// How a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Logic => "logic",
            Kind::LutRam => "LUT RAM",
            Kind::BlockRam => "block RAM",
        }
    }
}

/// How one copy of a memory is built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mapping {
    pub kind: Kind,
    /// Cells of that kind: block RAMs in the family's unit, or LUT RAM cells; 0 for logic.
    pub cells: u64,
    /// Cells above each other, whose outputs meet in a multiplexer.
    pub deep: u64,
    price: f64,
}

/// A kind of memory cell: `2^address_bits` units, of which a word takes one of `widths`.
struct Cell {
    kind: Kind,
    address_bits: u32,
    /// Width of a word that spans 1, 2, 4, ... units; all but one are there for a cell that has one shape only.
    widths: &'static [u32],
    /// Bits that share a write enable; what is written takes whole ones. None: the width of a word.
    byte: Option<u32>,
    price: f64,
    /// Share of the price that goes by the bits in use.
    scaled: f64,
    /// What a cell counts as.
    count: u64,
}

const fn lut_ram(address_bits: u32, width: &'static [u32; 1], price: f64, scaled: f64) -> Cell {
    Cell { kind: Kind::LutRam, address_bits, widths: width, byte: None, price, scaled, count: 1 }
}

const fn block_ram(address_bits: u32, widths: &'static [u32], byte: Option<u32>, price: f64, count: u64) -> Cell {
    Cell { kind: Kind::BlockRam, address_bits, widths, byte, price, scaled: 0.0, count }
}

const ECP5: &[Cell] =
    &[lut_ram(4, &[4], 4.0, 0.0), block_ram(14, &[1, 2, 4, 9, 18, 36], Some(9), 128.0, 1)];

const XC7: &[Cell] = &[
    lut_ram(5, &[6], 8.0, 7.0),
    lut_ram(6, &[3], 8.0, 7.0),
    lut_ram(7, &[1], 8.0, 8.0),
    block_ram(14, &[1, 2, 4, 9, 18, 36], Some(9), 129.0, 1),
    block_ram(15, &[1, 2, 4, 9, 18, 36, 72], Some(9), 257.0, 2),
];

const ICE40: &[Cell] = &[block_ram(11, &[2, 4, 8], None, 64.0, 1), block_ram(8, &[16], Some(1), 64.0, 1)];

/// Price of a bit in logic. A LUT6 is a table of 64 bits, and `synth_xilinx` says so; the other families leave yosys' default.
fn rom_bit(family: Family) -> f64 {
    match family {
        Family::Xc7 => 1.0 / 64.0,
        Family::Ecp5 | Family::Ice40 => 1.0 / 16.0,
    }
}
const RAM_BIT: f64 = 1.0;
/// Price of a two-to-one multiplexer's bit behind cells that stand above each other, and of a write enable before them.
const MUX_BIT: f64 = 0.5;
const WRITE_ENABLE: f64 = 0.5;
/// Price of the read register that a LUT RAM has not.
const READ_REGISTER: f64 = 2.0;

/// The cheapest way to build one copy of `memory`.
pub fn map(memory: &Memory, family: Family) -> Mapping {
    let cells = match family {
        Family::Ecp5 => ECP5,
        Family::Xc7 => XC7,
        Family::Ice40 => ICE40,
    };
    // The emitted Verilog asks for distributed RAM; a family that has none ignores it (`synth`'s script).
    let has_lut_ram = cells.iter().any(|cell| cell.kind == Kind::LutRam);
    let forced = !memory.rom && memory.words <= DISTRIBUTED_WORDS && has_lut_ram;
    let bits = memory.words as f64 * f64::from(memory.bits);
    let logic = Mapping {
        kind: Kind::Logic,
        cells: 0,
        deep: 1,
        price: if forced { f64::INFINITY } else { bits * if memory.rom { rom_bit(family) } else { RAM_BIT } },
    };
    let able = cells.iter().filter(|cell| match cell.kind {
        Kind::LutRam => !memory.rom,
        _ => !forced,
    });
    able.flat_map(|cell| (0..cell.widths.len()).map(move |shape| build(memory, cell, shape)))
        .fold(logic, |best, found| if found.price < best.price { found } else { best })
}

/// `memory` built of one shape of a cell.
fn build(memory: &Memory, cell: &Cell, shape: usize) -> Mapping {
    let unit = u64::from(cell.widths[shape]);
    let deep = (memory.words as u64).div_ceil(1 << (cell.address_bits - shape as u32));
    let byte = match (memory.rom, cell.byte) {
        (true, _) => 1,
        (false, byte) => byte.map_or(unit, u64::from).min(unit),
    };
    let cells = (deep * u64::from(memory.bits).next_multiple_of(byte)).div_ceil(unit);
    let bits = deep * u64::from(memory.bits);
    let enables = if memory.rom || deep == 1 { 0 } else { deep };
    let price = (cell.price - cell.scaled) * cells as f64
        + cell.scaled * bits as f64 / unit as f64
        + MUX_BIT * ((deep - 1) * u64::from(memory.bits)) as f64
        + WRITE_ENABLE * enables as f64
        + if cell.kind == Kind::LutRam { READ_REGISTER } else { 0.0 };
    Mapping { kind: cell.kind, cells: cells * cell.count, deep, price }
}

/// Memories of a core: weights (or the rows of a table and its synapses), states, the queue behind it, parameters. Weights that
/// the core itself puts into LUTs are none.
pub fn memories(core: &CorePlan) -> Vec<Memory> {
    if core.machine == Machine::Parallel {
        return if parallel::weights_in_logic(core) { vec![] } else { vec![parallel::weights(core)] };
    }
    let scanned = core.scanned_words();
    let params = ParamLayout::of(&scanned);
    let memory = |holds, words, bits, copies, rom| Memory { holds, words, bits, copies, rom };
    let mut found = match &core.table {
        Some(fold) => vec![
            memory("rows", 1 << core.input.field_bits(), 2 * fold.address_bits() + 1, 1, true),
            memory("synapses", fold.synapse_words(), SlotLayout::of(core, fold).bits() * fold.adders as u32, 1, true),
        ],
        None => vec![memory("weights", core.weight_words(), core.weight_word_bits(), 1, true)],
    };
    found.extend([
        memory("states", core.words(), core.memory_bits(), core.banks(), false),
        memory("queue", core.fifo_depth, entry_bits(core), 1, false),
    ]);
    if !params.is_empty() {
        let (words, copies) = if params.per_neuron { (core.words(), scanned.banks()) } else { (core.groups, 1) };
        found.push(memory("parameters", words, params.word_bits(scanned.lanes), copies, true));
    }
    found
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

/// Block RAMs of a core, in the family's unit.
pub fn block_rams(core: &CorePlan, family: Family) -> u64 {
    let each = memories(core).into_iter().map(|memory| (map(&memory, family), memory.copies as u64));
    each.filter(|(mapping, _)| mapping.kind == Kind::BlockRam).map(|(mapping, copies)| mapping.cells * copies).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(words: usize, bits: u32, rom: bool, family: Family) -> (Kind, u64) {
        let found = map(&Memory { holds: "", words, bits, copies: 1, rom }, family);
        (found.kind, found.cells)
    }

    /// Counts that yosys 0.23 gave for these memories alone (`synth_ecp5`, `synth_xilinx`, `synth_ice40`).
    #[test]
    fn counts_are_those_of_yosys() {
        use Kind::{BlockRam, Logic, LutRam};
        let cases = [
            // words, bits, read-only; cells on ECP5, xc7 and ice40
            ((512, 36, false), [(BlockRam, 1), (BlockRam, 1), (BlockRam, 5)]),
            ((512, 72, false), [(BlockRam, 2), (BlockRam, 2), (BlockRam, 9)]),
            ((1024, 64, false), [(BlockRam, 4), (BlockRam, 4), (BlockRam, 16)]),
            ((256, 288, false), [(BlockRam, 8), (BlockRam, 8), (BlockRam, 18)]),
            ((64, 12, false), [(LutRam, 12), (LutRam, 4), (BlockRam, 1)]),
            ((200, 36, false), [(BlockRam, 1), (BlockRam, 1), (BlockRam, 3)]),
            ((600, 36, true), [(BlockRam, 2), (BlockRam, 2), (BlockRam, 7)]),
            ((100, 20, true), [(Logic, 0), (Logic, 0), (Logic, 0)]),
            ((784, 512, true), [(BlockRam, 29), (BlockRam, 29), (BlockRam, 128)]),
            ((2304, 32, true), [(BlockRam, 5), (BlockRam, 5), (BlockRam, 18)]),
            ((33, 9, false), [(LutRam, 9), (LutRam, 3), (BlockRam, 1)]),
            ((128, 50, false), [(BlockRam, 2), (BlockRam, 2), (BlockRam, 4)]),
            ((196, 16, false), [(BlockRam, 1), (BlockRam, 1), (BlockRam, 1)]),
            ((300, 24, false), [(BlockRam, 1), (BlockRam, 1), (BlockRam, 3)]),
            ((20, 40, false), [(LutRam, 20), (LutRam, 7), (BlockRam, 3)]),
            ((1500, 13, true), [(BlockRam, 2), (BlockRam, 2), (BlockRam, 5)]),
            ((49, 64, false), [(BlockRam, 2), (LutRam, 22), (BlockRam, 4)]),
            ((5000, 7, true), [(BlockRam, 2), (BlockRam, 2), (BlockRam, 9)]),
            ((256, 128, true), [(BlockRam, 4), (Logic, 0), (BlockRam, 8)]),
            ((100, 128, true), [(BlockRam, 4), (Logic, 0), (BlockRam, 8)]),
            ((256, 768, true), [(BlockRam, 22), (BlockRam, 22), (BlockRam, 48)]),
        ];
        for ((words, bits, rom), expected) in cases {
            let found = [Family::Ecp5, Family::Xc7, Family::Ice40].map(|family| mapped(words, bits, rom, family));
            assert_eq!(found, expected, "{words} x {bits}, read-only {rom}");
        }
    }
}
