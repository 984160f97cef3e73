//! The integer network: what golden defines, rtl folds into cores, and sim drives.
//!
//! A network is a graph of layers (`wiring.rs`); most are chains. A layer is a neuron node with the weight nodes that feed
//! it and, if there is one, the pooling in front. All numbers are integers in membrane units of that layer (weight = float weight / scale).
//!
//! Index order everywhere: feature maps are `[c][y][x]`, flat index `(c * h + y) * w + x`.

use crate::{wiring, Place, Source};

/// Shape of a feature map or of a vector (`h = w = 1`). Flat index: `(c * h + y) * w + x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct MapShape {
    pub c: usize,
    pub h: usize,
    pub w: usize,
}

impl MapShape {
    pub fn new(c: usize, h: usize, w: usize) -> Self {
        MapShape { c, h, w }
    }

    /// A vector of `n` neurons: all of them channels.
    pub fn vector(n: usize) -> Self {
        MapShape { c: n, h: 1, w: 1 }
    }

    /// Number of neurons.
    pub fn len(&self) -> usize {
        self.c * self.h * self.w
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Flat index of a coordinate.
    pub fn index(&self, c: usize, y: usize, x: usize) -> usize {
        (c * self.h + y) * self.w + x
    }

    /// Coordinate `(c, y, x)` of a flat index.
    pub fn coordinate(&self, index: usize) -> (usize, usize, usize) {
        (index / (self.h * self.w), index / self.w % self.h, index % self.w)
    }
}

impl std::fmt::Display for MapShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.h == 1 && self.w == 1 {
            write!(f, "{}", self.c)
        } else {
            write!(f, "{}x{}x{}", self.c, self.h, self.w)
        }
    }
}

/// Spikes of one sample: for each time step the flat indices that spike, in any order. An index that
/// stands several times counts several times (an event camera's multiplicity, a multi-spike neuron).
pub type Spikes = Vec<Vec<u32>>;

/// A checked integer network: shapes chain, every constant is representable, and the bound of
/// `docs/numbers.md` holds for each layer (partial sums cannot leave the membrane word).
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Name of the network (legal identifier), from the file name unless the user names it.
    pub name: String,
    /// Where spikes enter, sorted by name; never empty. A sample has the addresses of all of them one behind the other
    /// ([`Network::input`]).
    pub inputs: Vec<InputNode>,
    /// Largest number of times one input address may spike in one time step.
    pub multiplicity: u32,
    /// Layers in an order in which each hears earlier ones, or later ones with a delay. Never empty.
    pub layers: Vec<Layer>,
    /// Where spikes or values leave, sorted by layer and name; never empty. A layer may leave at several.
    pub outputs: Vec<OutputNode>,
    /// For each layer what it hears: at least one source without delay, sorted by delay and origin.
    /// [`wiring::chain`](crate::wiring::chain) where each hears the one before it.
    pub sources: Vec<Vec<Source>>,
}

/// Where spikes enter a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputNode {
    /// NIR name of the Input node.
    pub name: String,
    /// Shape of its event map.
    pub shape: MapShape,
}

impl InputNode {
    /// The one input of a network, called `input`.
    pub fn only(shape: MapShape) -> Vec<InputNode> {
        vec![InputNode { name: "input".into(), shape }]
    }
}

/// Where the words of a layer leave a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputNode {
    /// NIR name of the Output node.
    pub name: String,
    /// Index of the layer, of its first part if it is in parts.
    pub layer: usize,
    /// Where the neurons of the layer, or of each of its parts, stand in what leaves; parts are consecutive layers.
    pub parts: Vec<Place>,
}

impl OutputNode {
    /// An output of that name, where all of layer `layer` leaves as it is.
    pub fn whole(name: impl Into<String>, layer: usize) -> OutputNode {
        OutputNode { name: name.into(), layer, parts: vec![Place::Channels(0)] }
    }

    /// The one output, called `output`, of a network whose last layer, `layer`, leaves there.
    pub fn only(layer: usize) -> Vec<OutputNode> {
        vec![OutputNode::whole("output", layer)]
    }
}

impl Network {
    /// The map that a sample's flat indices count: the shape of the input; of several inputs a vector of the addresses of all, one
    /// input behind the other.
    pub fn input(&self) -> MapShape {
        wiring::sample_map(&self.inputs)
    }

    /// The layer (or its first part) whose words leave at the last output, which answers unless another is asked for.
    pub fn last(&self) -> usize {
        self.outputs[self.outputs.len() - 1].layer
    }

    /// Shape of what leaves at the last output.
    pub fn output(&self) -> MapShape {
        self.leaving(self.outputs.len() - 1).shape
    }
}

/// A neuron node, the weight nodes that feed it, and the pooling in front of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// NIR name of the weight node, of the main one if there are several (used in TOML, errors, `--waves`).
    pub name: String,
    /// NIR name of the neuron node (used in traces).
    pub neuron_name: String,
    /// Shape of the map whose spikes arrive (before pooling): all sources side by side.
    pub input: MapShape,
    /// Sum pooling in front of the synapses; [`Pool::none`] if there is none.
    pub pool: Pool,
    pub synapses: Synapses,
    /// Shape of the neurons.
    pub output: MapShape,
    pub neuron: Neuron,
    /// Bits of a signed weight word, 2..=16.
    pub weight_bits: u32,
    /// Fraction bits F of the membrane: a weight w adds `w * 2^F` to it. All of the neuron's numbers count membrane units.
    pub fraction_bits: u32,
    /// Float value of one unit of a weight: float weight = integer weight x scale; a membrane unit is scale / 2^F.
    pub scale: f64,
}

/// Sum pooling: input `(y, x)` adds to every output `(oy, ox)` with
/// `oy * stride - padding <= y < oy * stride - padding + kernel` (columns alike). Pairs are `(rows, columns)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    pub kernel: (usize, usize),
    pub stride: (usize, usize),
    pub padding: (usize, usize),
    /// Shape after pooling: the map that the synapses see.
    pub output: MapShape,
}

impl Pool {
    /// No pooling: the synapses see `shape` as it is.
    pub fn none(shape: MapShape) -> Self {
        Pool { kernel: (1, 1), stride: (1, 1), padding: (0, 0), output: shape }
    }

    pub fn is_none(&self) -> bool {
        self.kernel == (1, 1) && self.stride == (1, 1) && self.padding == (0, 0)
    }
}

/// How spikes reach neurons.
#[derive(Clone, Debug, PartialEq)]
pub enum Synapses {
    Dense(Dense),
    Conv2d(Conv2d),
}

/// Fully connected: `weights[o * inputs + i]`, `i` the flat index of the pooled map in `[c][y][x]` order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    pub weights: Vec<i32>,
}

/// 2-D convolution (cross-correlation, as in PyTorch): output `(co, oy, ox)` sums
/// `weight[co][ci][ky][kx] * input(group(co) * ci_per_group + ci, oy * stride + ky * dilation - pad, ...)`.
/// Pairs are `(rows, columns)`. The output's shape is the layer's `output`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv2d {
    pub in_channels: usize,
    pub out_channels: usize,
    pub groups: usize,
    pub kernel: (usize, usize),
    pub stride: (usize, usize),
    pub dilation: (usize, usize),
    /// Zeros in front (top, left); what lies behind the map follows from the output's shape.
    pub padding: (usize, usize),
    /// `[out_channels][in_channels / groups][kh][kw]`.
    pub weights: Vec<i32>,
}

/// A constant that is the same for the layer, per output channel, or per neuron (flat index).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    Layer(i64),
    Channel(Vec<i64>),
    Neuron(Vec<i64>),
}

impl Param {
    /// Value for the neuron with flat index `index` in a map of shape `shape`.
    pub fn at(&self, shape: MapShape, index: usize) -> i64 {
        match self {
            Param::Layer(value) => *value,
            Param::Channel(values) => values[index / (shape.h * shape.w)],
            Param::Neuron(values) => values[index],
        }
    }

    /// All distinct positions' values (one, per channel, or per neuron).
    pub fn values(&self) -> &[i64] {
        match self {
            Param::Layer(value) => std::slice::from_ref(value),
            Param::Channel(values) | Param::Neuron(values) => values,
        }
    }

    pub fn min(&self) -> i64 {
        self.values().iter().copied().min().unwrap_or(0)
    }

    pub fn max(&self) -> i64 {
        self.values().iter().copied().max().unwrap_or(0)
    }
}

/// What a neuron does when a time step ends. With `H` = stored state + 2^F x sum of weights + bias:
///
/// * it fires if `H >= fire_level` (a [`Output::Spike`] neuron), `n` times if `max_spikes > 1`:
///   `n = min(max_spikes, (H - (fire_level - reset_amount)) div reset_amount)`;
/// * [`ResetOrder::ResetThenLeak`]: `r = sat(reset(H))`, stored = `leak(r)`, shown = `r`;
/// * [`ResetOrder::LeakThenReset`]: stored = `sat(reset(leak(H)))`, shown = `H`;
///   with [`Reset::ToValue`] the reset is delayed as in snnTorch's Lapicque and RLeaky: the *next* step's `H` is the reset value
///   whatever arrives (a spiked bit per neuron is part of the state);
/// * with [`LeakMode::Lazy`] all this holds for the steps in which an event reaches the neuron;
/// * `reset` subtracts `n * reset_amount`, sets `reset_value`, or does nothing;
/// * `sat` clamps to `membrane.lo ..= membrane.hi`.
///
/// Before the first step, stored = `leak(initial)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron {
    pub output: Output,
    pub leak: Leak,
    pub leak_mode: LeakMode,
    pub reset: Reset,
    pub order: ResetOrder,
    pub fire_level: Param,
    /// Added to `H` in the fire phase, every step.
    pub bias: Param,
    /// Most spikes one neuron may send in one step; 1 = binary.
    pub max_spikes: u32,
    /// State before the first step, not yet leaked; within the membrane's `lo ..= hi`.
    pub initial: Param,
    pub membrane: Membrane,
}

impl Neuron {
    /// Whether a bias is added anywhere.
    pub fn is_biased(&self) -> bool {
        self.bias.values().iter().any(|bias| *bias != 0)
    }
}

/// Which time steps a neuron leaks in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakMode {
    /// All.
    #[default]
    Step,
    /// Those in which an event reaches it, whatever the weight; a neuron that none reaches keeps its state and does not fire. What it
    /// missed is made up for, at once, before the sums of the next step that it does not miss: [`lazy`](crate::lazy). Only for
    /// neurons with a leak, fire levels of at least 1 and no bias, which send spikes.
    Lazy,
}

/// What the layer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A spike word for each spike.
    Spike,
    /// LI readout: never fires; sends every neuron's shown state once per time step.
    Value,
}

/// `leak(V)`: how a state decays in one time step. `a` lies in `0 ..= 2^m`.
#[derive(Clone, Debug, PartialEq)]
pub enum Leak {
    /// IF: `V`.
    None,
    /// LIF and LI: `V - ((V * a) >> m)` or, rounded toward zero, `trunc(V * (2^m - a) / 2^m)`.
    Decay { a: Param, m: u32, rounding: Rounding },
}

impl Leak {
    /// Shift amount and rounding, if the decay is one power of two for all neurons.
    pub fn shift(&self) -> Option<(u32, Rounding)> {
        match self {
            Leak::Decay { a: Param::Layer(a), m, rounding } if *a > 0 && (*a as u64).is_power_of_two() => {
                Some((m - a.trailing_zeros(), *rounding))
            }
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    Floor,
    TowardZero,
}

/// What a spike does to the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Reset {
    /// Soft reset: subtract this amount (threshold) per spike.
    Subtract(Param),
    /// Hard reset: the state becomes this value.
    ToValue(Param),
    /// The state is left alone.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetOrder {
    ResetThenLeak,
    LeakThenReset,
}

/// The membrane word: `bits` wide, signed; states are saturated into `lo ..= hi` once, at the end of a step.
/// `lo >= -2^(bits-1) + worst negative sum` and `hi <= 2^(bits-1) - 1 - worst positive sum` of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membrane {
    pub bits: u32,
    pub lo: i64,
    pub hi: i64,
}
