//! The plan of one core: how a layer folds into banks, lanes and words, and what each cycle costs.

use net::{Layer, Output, Reset, ResetOrder, Synapses};

use super::axis::Axis;
use super::lazy::{self, Stamps};
use super::machine::Machine;
use hdl::DISTRIBUTED_WORDS;
use super::table::TableFold;
use crate::config::{MemoryMap, SopShape, StationPlan};
use crate::link::LinkFormat;

/// Where a neuron's state lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    pub bank: usize,
    /// Address in the bank.
    pub word: usize,
    /// Position in the word.
    pub lane: usize,
}

/// One layer folded onto hardware. Bank `by * banks_x + bx`; word address `(row * columns + column) * groups + group`;
/// lane `l` of group `g` holds output channel `g * lanes + l`. A table core has one lane and one position; its banks take the
/// neurons in turn (`plan::table`).
#[derive(Clone, Debug)]
pub struct CorePlan {
    /// What computes the layer.
    pub machine: Machine,
    /// The layer, as in the network.
    pub layer: Layer,
    /// Identifier of the layer (legal in Verilog), unique in the network; prefix of the core's modules.
    pub name: String,
    pub rows: Axis,
    pub columns: Axis,
    /// Output channels per memory word.
    pub lanes: usize,
    /// Memory words per position: `ceil(channels / lanes)`.
    pub groups: usize,
    pub input: LinkFormat,
    pub output: LinkFormat,
    /// How the synapses stand in a table, of a table core.
    pub table: Option<TableFold>,
    /// Entries of the FIFO of spike vectors.
    pub fifo_depth: usize,
    /// Whether a scan visits touched words only; see [`super::touched`].
    pub touched_map: bool,
    /// Whether a register stands between the weight memory and the lanes of a parallel core.
    pub late_weights: bool,
    /// Whether the core sits on a router and says when it has finished a step.
    pub on_fabric: bool,
    /// Where the core's counters are, if the chip has a configuration bus.
    pub station: Option<StationPlan>,
}

impl CorePlan {
    pub fn banks(&self) -> usize {
        match &self.table {
            Some(fold) => fold.banks,
            None => self.rows.banks * self.columns.banks,
        }
    }

    /// Output channels that there is room for at a position.
    pub fn places(&self) -> usize {
        match &self.table {
            Some(fold) => self.groups * self.lanes * fold.banks,
            None => self.groups * self.lanes,
        }
    }

    /// A table core as its fire phase sees it: one bank whose words hold a neuron of every bank.
    pub fn scanned_words(&self) -> CorePlan {
        let mut view = self.clone();
        if let Some(fold) = &mut view.table {
            view.lanes *= fold.banks;
            fold.banks = 1;
        }
        view
    }

    /// Words in each bank.
    pub fn words(&self) -> usize {
        self.rows.depth * self.columns.depth * self.groups
    }

    /// Where its memories stand on the bus, if they are written at run time.
    pub fn memory_map(&self) -> Option<MemoryMap> {
        self.station.filter(|place| place.memory.is_some()).map(|_| MemoryMap::of(self))
    }

    /// Synaptic operations that the core does at most in a cycle.
    pub fn sop_shape(&self) -> SopShape {
        let rest = self.layer.output.c - (self.groups - 1) * self.lanes;
        match &self.table {
            Some(fold) => SopShape { rows: 1, columns: fold.adders, lanes: 1, rest: None },
            None => SopShape { rows: self.rows.banks, columns: self.columns.banks, lanes: self.lanes, rest: (rest < self.lanes).then_some(rest) },
        }
    }

    /// Whether some places of the banks lie off the map.
    pub fn is_padded(&self) -> bool {
        let (rows, columns, map) = (&self.rows, &self.columns, self.layer.output);
        rows.depth * rows.banks > map.h || columns.depth * columns.banks > map.w
    }

    /// Bits of one neuron's state: the membrane, and above it a spiked bit where the reset is delayed.
    pub fn state_bits(&self) -> u32 {
        self.layer.neuron.membrane.bits + u32::from(self.has_spiked_bit())
    }

    /// snnTorch's delayed hard reset keeps "spiked in the last step" with the state.
    pub fn has_spiked_bit(&self) -> bool {
        let neuron = &self.layer.neuron;
        matches!(neuron.reset, Reset::ToValue(_))
            && neuron.order == ResetOrder::LeakThenReset
            && neuron.output == Output::Spike
    }

    /// Width of the states in a membrane word.
    pub fn word_bits(&self) -> u32 {
        self.state_bits() * self.lanes as u32
    }

    /// What the stamp in a membrane word says, with lazy leak.
    pub fn stamps(&self) -> Option<Stamps> {
        lazy::stamps(&self.layer)
    }

    /// Width of a word in a bank's memory: the states, and above them the stamp.
    pub fn memory_bits(&self) -> u32 {
        self.word_bits() + self.stamps().map_or(0, |stamps| stamps.bits)
    }

    /// Where neuron `index` (flat index in the layer's output) lives.
    pub fn locate(&self, index: usize) -> Location {
        let (c, y, x) = self.layer.output.coordinate(index);
        if let Some(fold) = &self.table {
            let place = c / self.lanes;
            return Location { bank: place % fold.banks, word: place / fold.banks, lane: c % self.lanes };
        }
        let (bank_y, row) = self.rows.position(y);
        let (bank_x, column) = self.columns.position(x);
        Location {
            bank: bank_y * self.columns.banks + bank_x,
            word: (row * self.columns.depth + column) * self.groups + c / self.lanes,
            lane: c % self.lanes,
        }
    }

    /// The neuron at a location, `None` for padding.
    pub fn neuron_at(&self, at: Location) -> Option<usize> {
        if let Some(fold) = &self.table {
            let c = (at.word * fold.banks + at.bank) * self.lanes + at.lane;
            return (c < self.layer.output.c).then_some(c);
        }
        let (group, position) = (at.word % self.groups, at.word / self.groups);
        let (row, column) = (position / self.columns.depth, position % self.columns.depth);
        let y = self.rows.output_at(at.bank / self.columns.banks, row)?;
        let x = self.columns.output_at(at.bank % self.columns.banks, column)?;
        let c = group * self.lanes + at.lane;
        (c < self.layer.output.c).then(|| self.layer.output.index(c, y, x))
    }

    /// First and last group that an event of input channel `c` touches.
    pub fn group_range(&self, c: usize) -> (usize, usize) {
        match &self.layer.synapses {
            Synapses::Dense(_) => (0, self.groups - 1),
            Synapses::Conv2d(conv) => {
                let per_group = conv.out_channels / conv.groups;
                let first = c / (conv.in_channels / conv.groups) * per_group;
                (first / self.lanes, (first + per_group - 1) / self.lanes)
            }
        }
    }

    /// Most groups that any event touches.
    pub fn most_groups(&self) -> usize {
        (0..self.layer.input.c).map(|c| self.group_range(c)).map(|(a, b)| b - a + 1).max().unwrap_or(1)
    }

    /// Cycles that an event at raw coordinate `(c, y, x)` keeps the core busy; an event that no neuron hears costs one.
    pub fn event_cycles(&self, (c, y, x): (usize, usize, usize)) -> u64 {
        if let Some(fold) = &self.table {
            return u64::from(fold.rows[self.layer.input.index(c, y, x)].max(1));
        }
        let (first, last) = self.group_range(c);
        let footprint = self.rows.iterations[y].len() * self.columns.iterations[x].len();
        (footprint * (last - first + 1)).max(1) as u64
    }

    /// Passes of the fire phase over the membranes: one per spike that a neuron may send in a step.
    pub fn passes(&self) -> u64 {
        u64::from(self.layer.neuron.max_spikes.max(1))
    }

    /// Shift amount of the leak if it is a plain shift.
    pub fn leak_shift(&self) -> Option<u32> {
        self.layer.neuron.leak.shift().map(|(amount, _)| amount)
    }

    /// Whether the membranes of a bank lie in distributed RAM.
    pub fn small(&self) -> bool {
        self.words() <= DISTRIBUTED_WORDS
    }

    /// Synapses that are added in a cycle, at most.
    pub fn adders(&self) -> usize {
        match &self.table {
            Some(fold) => fold.adders,
            None => self.banks() * self.lanes,
        }
    }

    /// Banks (rows, columns) and lanes as settings and manifest call them: a table core scans `1 x` its banks and has a lane
    /// for each adder.
    pub fn folded(&self) -> ((usize, usize), usize) {
        match &self.table {
            Some(fold) => ((1, fold.banks), fold.adders),
            None => ((self.rows.banks, self.columns.banks), self.lanes),
        }
    }

    /// Events whose read may meet a write in flight: distances from 1 on that need forwarding.
    pub fn forward_distances(&self) -> Vec<u32> {
        if let Some(fold) = &self.table {
            return (fold.nearest..=fold.read_to_write()).collect();
        }
        let grouped = matches!(&self.layer.synapses, Synapses::Conv2d(c) if c.groups > 1);
        let nearest = if grouped { 1 } else { self.most_groups() as u32 };
        (nearest..=super::pipeline::read_to_write(self)).collect()
    }

    /// Words of the weight memory with one copy of each weight.
    fn single_weight_words(&self) -> usize {
        self.layer.input.c * self.rows.blocks.len() * self.columns.blocks.len() * self.most_groups()
    }

    /// Width of a weight word: a weight for each adder.
    pub fn weight_word_bits(&self) -> u32 {
        self.layer.weight_bits * (self.lanes * self.banks()) as u32
    }

    /// Bits of a scanned word's spikes that the sender searches at once: all of them, or rows of banks, banks, or parts of a
    /// bank, so that the search is not too deep for the clock.
    pub fn spike_slice(&self) -> usize {
        const MOST: usize = 40;
        const PART: usize = 32;
        // A table core's fire phase sees one bank.
        let (banks, columns, lanes) = match &self.table {
            Some(fold) => (1, 1, fold.banks * self.lanes),
            None => (self.banks(), self.columns.banks, self.lanes),
        };
        let whole = [banks * lanes, columns * lanes, lanes];
        let even = [32, 16, 8].into_iter().find(|part| lanes.is_multiple_of(*part)).unwrap_or(lanes);
        let parts = if banks == 1 { PART } else { even };
        whole.into_iter().find(|bits| *bits <= MOST).unwrap_or(parts)
    }

    /// Whether the sender cuts its vectors into slices.
    pub fn sliced(&self) -> bool {
        self.layer.neuron.output == Output::Spike && self.spike_slice() < self.banks() * self.lanes
    }

    /// Copies of each weight word in memory, for rows and for columns: one for each turn of the banks where that takes no
    /// more block RAM (most weight memories are shallower than a block), else one, and the word is turned behind the
    /// memory (at a cycle and some LUTs per bit).
    pub fn weight_turns(&self) -> (usize, usize) {
        // Shapes of a block of 18 kbit.
        const SHAPES: [(usize, usize); 6] = [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
        let (words, bits) = (self.single_weight_words(), self.weight_word_bits() as usize);
        let blocks = |copies: usize| SHAPES.map(|(deep, wide)| (words * copies).div_ceil(deep) * bits.div_ceil(wide)).into_iter().min();
        let (y, x) = (self.rows.banks, self.columns.banks);
        [(y, x), (1, x), (y, 1)].into_iter().find(|(y, x)| blocks(y * x) == blocks(1)).unwrap_or((1, 1))
    }

    /// Whether weight words are turned behind the memory, for rows and for columns.
    pub fn rotated(&self) -> (bool, bool) {
        let (y, x) = self.weight_turns();
        (self.rows.banks > y, self.columns.banks > x)
    }

    /// Words of the weight memory.
    pub fn weight_words(&self) -> usize {
        let (y, x) = self.weight_turns();
        self.single_weight_words() * y * x
    }
}
