//! Where the words of a core's memories stand on the bus, and what is written there.

use super::load_ram::columns;
use super::map::RegisterMap;
use super::packet::DATA_BITS;
use hdl::index_width;
use crate::plan::image::{ParamLayout, WeightImage};
use crate::plan::{parallel, CorePlan, Machine};

/// Memories of one kind, all alike: a word has a power of two of 32-bit columns' places, its memory a power of two of words' places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memories {
    pub count: usize,
    pub words: usize,
    /// Bits of a word.
    pub width: u32,
}

impl Memories {
    pub fn columns(&self) -> usize {
        self.width.div_ceil(DATA_BITS) as usize
    }

    /// Bits that count the columns, the words, the memories; 0 where there is one.
    pub fn column_bits(&self) -> u32 {
        bits_of(self.columns())
    }

    pub fn word_bits(&self) -> u32 {
        index_width(self.words)
    }

    pub fn memory_bits(&self) -> u32 {
        bits_of(self.count)
    }

    pub fn bits(&self) -> u32 {
        self.column_bits() + self.word_bits() + self.memory_bits()
    }

    /// Place of a column, from where the memories begin.
    pub fn place(&self, memory: usize, word: usize, column: usize) -> u32 {
        let word = (memory << self.word_bits()) + word;
        ((word << self.column_bits()) + column) as u32
    }
}

fn bits_of(n: usize) -> u32 {
    if n == 1 { 0 } else { index_width(n) }
}

/// The memories of a core, in a region of the bus: weights in the lower half, constants of the neurons in the upper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryMap {
    pub weights: Memories,
    /// Thresholds and the like; one memory, or one per bank, or in a parallel core one per constant of a lane. None in a layer that never
    /// fires and has none.
    pub constants: Option<Memories>,
}

impl MemoryMap {
    pub fn of(core: &CorePlan) -> Self {
        let image = WeightImage::of(core);
        let weights = Memories { count: 1, words: image.words.len(), width: image.width };
        if core.machine == Machine::Parallel {
            let count = parallel::written_names(&core.layer).len();
            let constants = Memories { count, words: core.lanes, width: core.layer.neuron.membrane.bits };
            return MemoryMap { weights, constants: Some(constants) };
        }
        let params = ParamLayout::of(core);
        let words = if params.per_neuron { core.words() } else { core.groups };
        let count = if params.per_neuron { core.banks() } else { 1 };
        MemoryMap {
            weights,
            constants: (!params.is_empty()).then(|| Memories { count, words, width: params.word_bits(core.lanes) }),
        }
    }

    /// Bits of an address in either half.
    pub fn half_bits(&self) -> u32 {
        self.weights.bits().max(self.constants.map_or(0, |constants| constants.bits()))
    }

    /// Bits of an address in the region.
    pub fn bits(&self) -> u32 {
        self.half_bits() + 1
    }

    /// First address of the constants.
    pub fn constants_at(&self) -> u32 {
        1 << self.half_bits()
    }
}

/// All that is written into a core's memories: address in its region, data.
pub fn writes(core: &CorePlan, map: &MemoryMap) -> Vec<(u32, u32)> {
    let mut all = Vec::new();
    let mut memory = |base: u32, memories: &Memories, index: usize, words: &[Vec<u64>]| {
        let widths = columns(memories.width);
        for (word, limbs) in words.iter().enumerate() {
            for column in 0..widths.len() {
                let limb = limbs.get(column / 2).copied().unwrap_or(0);
                all.push((base + memories.place(index, word, column), (limb >> (32 * (column % 2))) as u32));
            }
        }
    };
    memory(0, &map.weights, 0, &WeightImage::of(core).words);
    if let Some(constants) = &map.constants {
        let images = match core.machine {
            Machine::Parallel => parallel::written_images(core),
            _ => ParamLayout::of(core).images(core),
        };
        for (index, words) in images.iter().enumerate() {
            memory(map.constants_at(), constants, index, words);
        }
    }
    all
}

/// All that is written into the memories of `cores`: word address, data.
pub fn weight_image(map: &RegisterMap, cores: &[CorePlan]) -> Vec<(u32, u32)> {
    let of_core = |(core, (base, memory)): (&CorePlan, &(u32, MemoryMap))| -> Vec<(u32, u32)> {
        writes(core, memory).into_iter().map(|(address, data)| (base + address, data)).collect()
    };
    cores.iter().zip(&map.memories).flat_map(of_core).collect()
}
