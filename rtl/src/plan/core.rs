//! The plan of one core: how a layer folds into banks, lanes and words, and what each cycle costs.

use net::{Layer, Leak, Output, Reset, ResetOrder, Synapses};

use super::axis::Axis;
use super::machine::Machine;
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
/// lane `l` of group `g` holds output channel `g * lanes + l`.
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
    /// Entries of the FIFO of spike vectors.
    pub fifo_depth: usize,
    /// Whether a scan visits touched words only; see [`super::touched`].
    pub touched_map: bool,
}

impl CorePlan {
    pub fn banks(&self) -> usize {
        self.rows.banks * self.columns.banks
    }

    /// Words in each bank.
    pub fn words(&self) -> usize {
        self.rows.depth * self.columns.depth * self.groups
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

    /// Width of a membrane word.
    pub fn word_bits(&self) -> u32 {
        self.state_bits() * self.lanes as u32
    }

    /// Where neuron `index` (flat index in the layer's output) lives.
    pub fn locate(&self, index: usize) -> Location {
        let (c, y, x) = self.layer.output.coordinate(index);
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
        match &self.layer.neuron.leak {
            Leak::Decay { a: net::Param::Layer(a), m, .. } if *a > 0 && (*a as u64).is_power_of_two() => {
                Some(m - a.trailing_zeros())
            }
            _ => None,
        }
    }

    /// Events whose read may meet a write in flight: distances 1..=3 that need forwarding.
    pub fn forward_distances(&self) -> Vec<u32> {
        let grouped = matches!(&self.layer.synapses, Synapses::Conv2d(c) if c.groups > 1);
        let nearest = if grouped { 1 } else { self.most_groups() as u32 };
        (nearest..=super::pipeline::READ_TO_WRITE).collect()
    }
}
