//! What a user may choose about a net's meaning and numbers. Everything is optional here; `semantics.rs` fills the gaps.

use std::collections::BTreeMap;

use crate::{LeakMode, ResetOrder, Rounding};

/// A choice among named alternatives: one list of names for flags, TOML and messages.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every alternative with its name, in the order of the documentation.
    const ALL: &'static [(&'static str, Self)];

    /// The alternative of a name, or the list of names as the error.
    fn parse_name(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| format!("one of {}", Self::names()))
    }

    /// Name of this alternative.
    fn choice_name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(name, _)| name)
    }

    /// All names, separated by `|`.
    fn names() -> String {
        Self::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("|")
    }
}

/// Into how many parts a layer is cut, each with some of its output channels or of its output rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    Channels(u32),
    Rows(u32),
}

impl Parts {
    pub fn count(self) -> usize {
        match self {
            Parts::Channels(n) | Parts::Rows(n) => n as usize,
        }
    }
}

impl std::str::FromStr for Parts {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = match text.strip_prefix("rows:") {
            Some(rows) => rows.parse().map(Parts::Rows),
            None => text.parse().map(Parts::Channels),
        };
        parts.map_err(|_| "a number (of parts by channels), or rows:N".to_string())
    }
}

impl std::fmt::Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Parts::Channels(n) => write!(f, "{n}"),
            Parts::Rows(n) => write!(f, "rows:{n}"),
        }
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl Choice for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, $name::$variant)),+];
        }
        choice!(@text $name);
    };
    (@text $name:ident) => {
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                $name::parse_name(text)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.choice_name())
            }
        }
    };
}

choice! {
    /// Where weights and thresholds come from.
    Weights {
        /// They stand in the bitstream.
        Rom = "rom",
        /// They are written over the configuration bus; widths hold for all that may be written.
        Loadable = "loadable",
    }
}

choice! {
    /// Whose semantics a file was trained with; fills in what NIR does not say.
    Preset {
        /// The NIR text itself.
        Nir = "nir",
        SnnTorch = "snntorch",
        Norse = "norse",
        Sinabs = "sinabs",
        SpikingJelly = "spikingjelly",
        Rockpool = "rockpool",
    }
}

choice! {
    /// How tau becomes a decay per time step.
    LeakRule {
        /// beta = 1 - dt / tau.
        Euler = "euler",
        /// beta = exp(-dt / tau).
        Exponential = "exp",
    }
}

choice! {
    /// What a spike does to the membrane.
    ResetRule {
        /// Soft reset: minus threshold.
        Subtract = "subtract",
        /// Hard reset: to v_reset.
        Zero = "zero",
        None = "none",
    }
}

choice! {
    /// The fire test.
    Fire {
        /// H > threshold.
        Greater = "gt",
        /// H >= threshold.
        GreaterEqual = "ge",
    }
}

choice! {
    /// How a layer's scale is chosen.
    ScaleRule {
        /// max|w| / (2^(b-1) - 1).
        Max = "max",
        /// Smallest squared weight error among 71 fractions of `max`.
        Mse = "mse",
        /// 2^-k with the smallest squared weight error.
        PowerOfTwo = "pow2",
    }
}

choice! {
    /// What to do with weights.
    Quantise {
        /// Keep weights that lie on a grid of scale x integer; quantise the others.
        Auto = "auto",
        /// Weights must lie on a grid already.
        None = "none",
    }
}

choice! {
    /// Which machine computes a layer.
    CoreKind {
        /// The planner's choice.
        Auto = "auto",
        /// Membranes in banks of memory words, a few lanes wide.
        Banked = "banked",
        /// All neurons of a layer at once.
        Parallel = "parallel",
        /// Synapses in a table.
        Table = "table",
    }
}

choice! {
    /// Which words of a layer a scan visits.
    ScanRule {
        /// Those that something may have happened to in the step.
        Touched = "touched",
        All = "all",
    }
}

impl Choice for Rounding {
    const ALL: &'static [(&'static str, Self)] = &[("floor", Rounding::Floor), ("toward-zero", Rounding::TowardZero)];
}
choice!(@text Rounding);

impl Choice for ResetOrder {
    const ALL: &'static [(&'static str, Self)] = &[
        ("reset-then-leak", ResetOrder::ResetThenLeak),
        ("leak-then-reset", ResetOrder::LeakThenReset),
    ];
}
choice!(@text ResetOrder);

impl Choice for LeakMode {
    const ALL: &'static [(&'static str, Self)] = &[("step", LeakMode::Step), ("lazy", LeakMode::Lazy)];
}
choice!(@text LeakMode);

/// Lower clamp of the membrane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clamp {
    None,
    /// At minus the threshold (Sinabs' `min_v_mem` on import).
    Threshold,
    /// At this value, in the file's volts; <= 0.
    Volts(f64),
}

impl std::str::FromStr for Clamp {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Clamp::None),
            "threshold" => Ok(Clamp::Threshold),
            number => match number.parse::<f64>() {
                Ok(volts) if volts.is_finite() => Ok(Clamp::Volts(volts)),
                _ => Err("none, threshold or a number".to_string()),
            },
        }
    }
}

impl std::fmt::Display for Clamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Clamp::None => f.write_str("none"),
            Clamp::Threshold => f.write_str("threshold"),
            Clamp::Volts(volts) => write!(f, "{volts}"),
        }
    }
}

/// The membrane before the first time step, in the file's volts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    Zero,
    /// At the node's `v_reset`; 0 where it has none.
    Reset,
    /// At the node's `v_leak`; 0 where it has none.
    Leak,
    /// At this value.
    Volts(f64),
}

impl std::str::FromStr for Init {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "zero" => Ok(Init::Zero),
            "reset" => Ok(Init::Reset),
            "leak" => Ok(Init::Leak),
            number => match number.parse::<f64>() {
                Ok(volts) if volts.is_finite() => Ok(Init::Volts(volts)),
                _ => Err("zero, reset, leak or a number".to_string()),
            },
        }
    }
}

impl std::fmt::Display for Init {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Init::Zero => f.write_str("zero"),
            Init::Reset => f.write_str("reset"),
            Init::Leak => f.write_str("leak"),
            Init::Volts(volts) => write!(f, "{volts}"),
        }
    }
}

/// Most fraction bits of a membrane.
pub const MAX_FRACTION_BITS: u32 = 16;

/// Fraction bits of a membrane: one unit of a weight is 2^F units of the membrane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FractionBits {
    /// None where the dead zone is at most 5 % of the threshold, else the fewest that make it at most 2.5 %.
    Auto,
    Bits(u32),
}

impl std::str::FromStr for FractionBits {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let limit = || format!("auto or 0 to {MAX_FRACTION_BITS}");
        match text {
            "auto" => Ok(FractionBits::Auto),
            number => number.parse().map_err(|_| limit()).and_then(|bits| match bits <= MAX_FRACTION_BITS {
                true => Ok(FractionBits::Bits(bits)),
                false => Err(limit()),
            }),
        }
    }
}

impl std::fmt::Display for FractionBits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FractionBits::Auto => f.write_str("auto"),
            FractionBits::Bits(bits) => write!(f, "{bits}"),
        }
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $field:ident: $kind:ty),+ $(,)?) => {
        /// Options that hold for a whole net or for one layer. `None` = not chosen here.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct Numbers { $($(#[$doc])* pub $field: Option<$kind>),+ }

        impl Numbers {
            /// These choices, with the gaps filled from `lower`.
            pub fn over(self, lower: Numbers) -> Numbers {
                Numbers { $($field: self.$field.or(lower.$field)),+ }
            }

            /// Takes back each choice in `of` that is made here, for all layers.
            fn override_chosen(&self, of: &mut Numbers) {
                $(of.$field = of.$field.filter(|_| self.$field.is_none());)+
            }
        }
    };
}

numbers! {
    leak: LeakRule,
    /// Which time steps a neuron leaks in.
    leak_mode: LeakMode,
    reset: ResetRule,
    reset_order: ResetOrder,
    fire: Fire,
    /// Rounding of the leak.
    rounding: Rounding,
    clamp: Clamp,
    /// Membrane before the first time step.
    init: Init,
    /// Most spikes of one neuron in one time step, 1..=255.
    multi_spike: u32,
    /// Bits of the membrane word.
    membrane_bits: u32,
    /// Fraction bits of the membrane.
    fraction_bits: FractionBits,
    /// Bits of a weight, 2..=16.
    weight_bits: u32,
    scale: ScaleRule,
    quantise: Quantise,
    /// Bits of the leak constant (m) where it is no power of two, 4..=24.
    leak_bits: u32,
}

/// Options of one layer, named by its weight node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerOptions {
    pub numbers: Numbers,
    /// Threshold in the file's volts instead of the file's own.
    pub threshold: Option<f64>,
    /// Cores that share the layer, each with some of its output channels or rows; the planner's choice if absent.
    pub parts: Option<Parts>,
    /// Output channels or neurons updated per cycle; the planner's choice if absent.
    pub lanes: Option<u32>,
    /// Membrane banks (rows, columns); the planner's choice if absent.
    pub banks: Option<(u32, u32)>,
    /// Words of spikes that may wait behind the core; the planner's choice if absent.
    pub queue: Option<u32>,
    /// Which machine computes the layer; the planner's choice if absent.
    pub core: Option<CoreKind>,
    /// Which words a scan visits; the planner's choice if absent.
    pub scan: Option<ScanRule>,
}

impl LayerOptions {
    /// These choices, with the gaps filled from `lower`.
    pub fn over(self, lower: LayerOptions) -> LayerOptions {
        LayerOptions {
            numbers: self.numbers.over(lower.numbers),
            threshold: self.threshold.or(lower.threshold),
            parts: self.parts.or(lower.parts),
            lanes: self.lanes.or(lower.lanes),
            banks: self.banks.or(lower.banks),
            queue: self.queue.or(lower.queue),
            core: self.core.or(lower.core),
            scan: self.scan.or(lower.scan),
        }
    }
}

/// Everything a user may choose about the import of a net.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Name of the network; the file's name if absent.
    pub name: Option<String>,
    pub preset: Option<Preset>,
    /// The model's time step in seconds (time steps for Sinabs).
    pub dt: Option<f64>,
    /// Take a name in a graph's edges that no node has for its only node without an edge.
    pub repair: Option<bool>,
    /// Largest number of times an input address may spike in one time step; 4 if absent.
    pub multiplicity: Option<u32>,
    /// Where weights and thresholds come from; from the bitstream if absent.
    pub weights: Option<Weights>,
    /// Choices for all layers.
    pub numbers: Numbers,
    /// Choices for single layers, by the name of the weight node; they win over `numbers`.
    pub layers: BTreeMap<String, LayerOptions>,
}

impl Options {
    /// These options (flags) over lower ones (a settings file): flag > layer > file.
    pub fn over(&self, lower: &Options) -> Options {
        let mut layers = lower.layers.clone();
        for layer in layers.values_mut() {
            self.numbers.override_chosen(&mut layer.numbers);
        }
        for (name, layer) in &self.layers {
            let below = layers.get(name).copied().unwrap_or_default();
            layers.insert(name.clone(), layer.over(below));
        }
        Options {
            name: self.name.clone().or_else(|| lower.name.clone()),
            preset: self.preset.or(lower.preset),
            dt: self.dt.or(lower.dt),
            repair: self.repair.or(lower.repair),
            multiplicity: self.multiplicity.or(lower.multiplicity),
            weights: self.weights.or(lower.weights),
            numbers: self.numbers.over(lower.numbers),
            layers,
        }
    }
}
