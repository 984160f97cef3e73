//! Memory images and table rows: what stands in the weight memory, the parameter memory and the address tables.

use net::{Layer, Leak, Param, Reset, Synapses};

use super::axis::Axis;
use super::core::CorePlan;
use super::start;
use crate::link::index_bits;

/// A word of any width, 64 bits at a time, least significant first.
pub struct BitWord {
    limbs: Vec<u64>,
}

impl BitWord {
    pub fn new(width: u32) -> Self {
        BitWord { limbs: vec![0; width.div_ceil(64).max(1) as usize] }
    }

    /// Sets bits `low .. low + width` to the two's complement of `value`; they must be zero before.
    pub fn set(&mut self, low: u32, width: u32, value: i64) {
        for bit in 0..width {
            if value >> bit.min(63) & 1 == 1 {
                let at = low + bit;
                self.limbs[at as usize / 64] |= 1 << (at % 64);
            }
        }
    }

    pub fn into_limbs(self) -> Vec<u64> {
        self.limbs
    }
}

/// Weight memory. Address: `((((c * row_blocks + row_block) * row_turns + row_turn) * column_blocks + column_block) *
/// column_turns + column_turn) * groups + group`, where `c` is the input channel and `group` counts from the first group
/// that `c` touches. Word: slot `(sy * banks_x + sx)` holds `lanes` weights of `weight_bits`, lane 0 lowest. On an axis
/// with turns, slot `s` of turn `r` holds what bank `s` takes: the block's tap `(r - s) mod banks`; else the block's tap
/// `s`. Places without a weight hold 0.
pub struct WeightImage {
    pub width: u32,
    /// Words per input channel.
    pub channel_stride: usize,
    /// Words per turn of a row block.
    pub row_stride: usize,
    /// Words per turn of a column block.
    pub column_stride: usize,
    pub words: Vec<Vec<u64>>,
}

impl WeightImage {
    pub fn of(core: &CorePlan) -> Self {
        let (rows, columns) = (&core.rows, &core.columns);
        let layer = &core.layer;
        let bits = layer.weight_bits;
        let width = core.weight_word_bits();
        let (row_turns, column_turns) = core.weight_turns();
        let row_words = turned(rows, row_turns);
        let column_words = turned(columns, column_turns);
        let groups = core.most_groups();
        let mut words = Vec::new();
        for c in 0..layer.input.c {
            let (first, last) = core.group_range(c);
            for row_taps in &row_words {
                for column_taps in &column_words {
                    for group in first..first + groups {
                        let mut word = BitWord::new(width);
                        for &(sy, ky) in row_taps {
                            for &(sx, kx) in column_taps {
                                for lane in 0..core.lanes {
                                    let co = group * core.lanes + lane;
                                    if group > last || co >= layer.output.c {
                                        continue;
                                    }
                                    let slot = sy * columns.banks + sx;
                                    let low = (slot * core.lanes + lane) as u32 * bits;
                                    word.set(low, bits, weight(layer, c, co, ky, kx));
                                }
                            }
                        }
                        words.push(word.into_limbs());
                    }
                }
            }
        }
        let row_stride = column_words.len() * groups;
        WeightImage { width, channel_stride: row_words.len() * row_stride, row_stride, column_stride: groups, words }
    }
}

/// `(slot, kernel index)` of each word of an axis: block after block, turn after turn.
fn turned(axis: &Axis, turns: usize) -> Vec<Vec<(usize, usize)>> {
    let slot = |turn: usize, tap: usize| if turns == 1 { tap } else { (turn + turns - tap) % turns };
    let words = axis.blocks.iter().flat_map(|block| (0..turns).map(move |turn| (block, turn)));
    words.map(|(block, turn)| block.iter().enumerate().map(|(tap, &k)| (slot(turn, tap), k)).collect()).collect()
}

/// Weight from input channel `c` at kernel position `(ky, kx)` to output channel `co`; 0 across conv groups.
fn weight(layer: &Layer, c: usize, co: usize, ky: usize, kx: usize) -> i64 {
    i64::from(match &layer.synapses {
        Synapses::Dense(dense) => dense.weights[co * dense.inputs + layer.pool.output.index(c, ky, kx)],
        Synapses::Conv2d(conv) => {
            let (in_group, out_group) = (conv.in_channels / conv.groups, conv.out_channels / conv.groups);
            if c / in_group != co / out_group {
                return 0;
            }
            conv.weights[((co * in_group + c % in_group) * conv.kernel.0 + ky) * conv.kernel.1 + kx]
        }
    })
}

/// A neuron constant that differs between neurons of the layer and so stands in the parameter memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    FireLevel,
    Reset,
    Bias,
    Leak,
    /// What a membrane word holds of the neuron at the start of a sample.
    Initial,
}

impl Field {
    pub fn name(self) -> &'static str {
        match self {
            Field::FireLevel => "fire_level",
            Field::Reset => "reset",
            Field::Bias => "bias",
            Field::Leak => "leak",
            Field::Initial => "initial",
        }
    }
}

/// Where a constant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The same for all neurons: a constant in the lane.
    Uniform(i64),
    /// From the parameter memory.
    Memory,
}

/// Layout of the parameter memory of a core; no fields, no memory. A word holds field after field, the first lowest;
/// within a field lane 0 stands lowest.
#[derive(Clone, Debug)]
pub struct ParamLayout {
    /// Field, its width, and its values.
    fields: Vec<(Field, u32, Param)>,
    /// One memory per bank, addressed like the membranes; else one memory for all, addressed by group.
    pub per_neuron: bool,
    fire_level: Source,
    reset: Source,
    bias: Source,
    leak: Source,
    initial: Source,
}

impl ParamLayout {
    pub fn of(core: &CorePlan) -> Self {
        // Neurons that do not exist (places behind the last channel) must never fire: their bias is zero, and so is what they start
        // with where it could fire.
        ParamLayout::of_layer(&core.layer, core.places() > core.layer.output.c)
    }

    /// `padded`: there are places for more neurons than there are.
    pub fn of_layer(layer: &Layer, padded: bool) -> Self {
        let neuron = &layer.neuron;
        let bits = neuron.membrane.bits;
        let mut layout = ParamLayout {
            fields: Vec::new(),
            per_neuron: false,
            fire_level: Source::Uniform(0),
            reset: Source::Uniform(0),
            bias: Source::Uniform(0),
            leak: Source::Uniform(0),
            initial: Source::Uniform(0),
        };
        let initial = match start::stored(layer) {
            Param::Layer(value) if padded && start::fires(layer) => Param::Channel(vec![value; layer.output.c]),
            other => other,
        };
        let bias = match &neuron.bias {
            Param::Layer(b) if *b != 0 && padded => Param::Channel(vec![*b; layer.output.c]),
            other => other.clone(),
        };
        layout.fire_level = layout.add(Field::FireLevel, bits, &neuron.fire_level);
        match &neuron.reset {
            Reset::Subtract(amount) | Reset::ToValue(amount) => layout.reset = layout.add(Field::Reset, bits, amount),
            Reset::None => {}
        }
        layout.bias = layout.add(Field::Bias, bits, &bias);
        if let Leak::Decay { a, m, .. } = &neuron.leak {
            layout.leak = layout.add(Field::Leak, m + 2, a);
        }
        layout.initial = layout.add(Field::Initial, bits, &initial);
        layout
    }

    fn add(&mut self, field: Field, bits: u32, param: &Param) -> Source {
        if let Param::Layer(value) = param {
            return Source::Uniform(*value);
        }
        self.per_neuron |= matches!(param, Param::Neuron(_));
        self.fields.push((field, bits, param.clone()));
        Source::Memory
    }

    pub fn source(&self, field: Field) -> Source {
        match field {
            Field::FireLevel => self.fire_level,
            Field::Reset => self.reset,
            Field::Bias => self.bias,
            Field::Leak => self.leak,
            Field::Initial => self.initial,
        }
    }

    /// Fields in the order of the word, with their bits per lane.
    pub fn fields(&self) -> impl Iterator<Item = (Field, u32)> + '_ {
        self.fields.iter().map(|(field, bits, _)| (*field, *bits))
    }

    /// Number of a field in the word's order, with the number of the next: an empty range if it is not there.
    pub fn range(&self, field: Field) -> std::ops::Range<usize> {
        match self.fields().position(|(f, _)| f == field) {
            Some(at) => at..at + 1,
            None => 0..0,
        }
    }

    /// Width of the parameter word.
    pub fn word_bits(&self, lanes: usize) -> u32 {
        self.fields().map(|(_, bits)| bits).sum::<u32>() * lanes as u32
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Images: one, or one per bank if `per_neuron`. Lanes without a neuron: level at the top, all else 0.
    pub fn images(&self, core: &CorePlan) -> Vec<Vec<Vec<u64>>> {
        let shape = core.layer.output;
        let top = (1i64 << (core.layer.neuron.membrane.bits - 1)) - 1;
        let word_of = |neuron: &dyn Fn(usize) -> Option<usize>| {
            let mut word = BitWord::new(self.word_bits(core.lanes));
            let mut low = 0;
            for (field, bits, param) in &self.fields {
                for lane in 0..core.lanes {
                    let value = match (neuron(lane), field) {
                        (Some(index), _) => param.at(shape, index),
                        (None, Field::FireLevel) => top,
                        (None, _) => 0,
                    };
                    word.set(low, *bits, value);
                    low += bits;
                }
            }
            word.into_limbs()
        };
        if self.per_neuron {
            let at = |bank, word, lane| core.neuron_at(super::Location { bank, word, lane });
            (0..core.banks())
                .map(|bank| (0..core.words()).map(|word| word_of(&|lane| at(bank, word, lane))).collect())
                .collect()
        } else {
            let channel = |c: usize| (c < shape.c).then(|| shape.index(c, 0, 0));
            vec![(0..core.groups).map(|group| word_of(&|lane| channel(group * core.lanes + lane))).collect()]
        }
    }
}

/// Rows of an axis table. Row number: `coordinate << iteration_bits | iteration`.
pub struct AxisTable {
    pub iteration_bits: u32,
    /// Last iteration of each coordinate; `None`: no output hears it.
    pub last: Vec<Option<usize>>,
    /// Per row: weight block, and per bank `(used, row in bank, slot)`.
    pub rows: Vec<AxisRow>,
}

/// One iteration of one coordinate.
#[derive(Clone, Debug)]
pub struct AxisRow {
    pub block: usize,
    /// Slot that bank 0 takes.
    pub turn: usize,
    pub banks: Vec<(bool, usize, usize)>,
    /// For the reader: which taps are served.
    pub comment: String,
}

impl AxisTable {
    pub fn of(axis: &Axis) -> Self {
        let iteration_bits = index_bits(axis.most_iterations());
        let mut rows = Vec::new();
        for iterations in &axis.iterations {
            for i in 0..1usize << iteration_bits {
                rows.push(match iterations.get(i) {
                    Some(it) => {
                        let taps = it.taps.iter().flatten().map(|t| format!("tap {} -> {}", t.kernel_index, t.output));
                        let banks = it.taps.iter().zip(&it.slots).map(|(tap, &slot)| match tap {
                            Some(tap) => (true, axis.position(tap.output).1, slot),
                            None => (false, 0, slot),
                        });
                        let comment = taps.collect::<Vec<_>>().join(", ");
                        AxisRow { block: it.block, turn: it.slots[0], banks: banks.collect(), comment }
                    }
                    None => AxisRow { block: 0, turn: 0, banks: vec![(false, 0, 0); axis.banks], comment: "none".into() },
                });
            }
        }
        let last = axis.iterations.iter().map(|its| its.len().checked_sub(1)).collect();
        AxisTable { iteration_bits, last, rows }
    }
}
