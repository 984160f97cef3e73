//! Flags that several commands share, and what they come to as [`Settings`]. Every flag may also stand in
//! `spikewright.toml`; a flag wins.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::Args;
use net::options::{
    FractionBits, Init,
    Choice, Clamp, CoreKind, Fire, LayerOptions, LeakRule, Numbers, Options, Preset, Quantise, ResetRule, ScaleRule,
    ScanRule, Weights,
};
use net::{LeakMode, Problem, Problems, ResetOrder, Rounding, Settings};

/// A flag whose values are the names of a [`Choice`].
fn choice<T: Choice + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::ALL.iter().map(|(name, _)| *name)).try_map(|name| T::parse_name(&name))
}

/// A net, and everything a user may choose about it.
#[derive(Args, Clone, Debug, Default)]
pub struct NetArgs {
    /// Trained network, a NIR file [default: `net` of the settings file]
    #[arg(value_name = "NET")]
    pub net: Option<PathBuf>,
    #[command(flatten)]
    pub import: ImportArgs,
    #[command(flatten)]
    pub hardware: HardwareArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

impl NetArgs {
    /// The flags alone as settings; paths as the user wrote them.
    pub fn settings(&self, seed: Option<u64>) -> Result<Settings, Problems> {
        let (import, hardware, data) = (&self.import, &self.hardware, &self.data);
        let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        Ok(Settings {
            net: text(&self.net),
            options: Options {
                name: hardware.name.clone(),
                preset: import.preset,
                dt: import.dt,
                repair: import.repair.then_some(true),
                multiplicity: import.multiplicity,
                weights: hardware.weights,
                numbers: import.numbers(),
                layers: hardware.layers()?,
            },
            data: text(&data.data),
            encode: data.encode.clone(),
            bin: data.bin.clone(),
            axes: data.axes.clone(),
            steps: import.steps,
            samples: data.samples,
            dedup: data.dedup.then_some(true),
            target: hardware.target.clone(),
            adders: hardware.adders,
            objective: hardware.objective.clone(),
            activity: hardware.activity,
            readout: hardware.readout.clone(),
            input_port: hardware.input_port.clone(),
            output_port: hardware.output_port.clone(),
            tick: hardware.tick.clone(),
            input_guard: hardware.input_guard.clone(),
            reset_port: hardware.reset_port.clone(),
            synchroniser: hardware.synchroniser,
            config_port: hardware.config_port.clone(),
            routes: hardware.routes.clone(),
            cores: hardware.cores,
            fabric: hardware.fabric.clone(),
            placement: hardware.placement.clone(),
            chips: hardware.chips,
            cuts: (!hardware.cut.is_empty()).then(|| hardware.cut.join(",")),
            seed,
        })
    }
}

/// What the file does not say, and how the integers are made.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Network")]
pub struct ImportArgs {
    /// Settings file, as `spikewright init` writes it [default: none]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Conventions of the framework that exported the net [default: nir]
    #[arg(long, value_name = "NAME", value_parser = choice::<Preset>())]
    pub preset: Option<Preset>,
    /// The model's time step in seconds [default: the file's metadata, else the preset's]
    #[arg(long, value_name = "SECONDS")]
    pub dt: Option<f64>,
    /// How the leak is made discrete [default: euler]
    #[arg(long, value_name = "KIND", value_parser = choice::<LeakRule>())]
    pub leak: Option<LeakRule>,
    /// When a neuron leaks: in every time step, or when an event reaches it, for all steps that it missed (layers with a bias and
    /// readouts keep step) [default: step]
    #[arg(long, value_name = "MODE", value_parser = choice::<LeakMode>())]
    pub leak_mode: Option<LeakMode>,
    /// What a spike does to the membrane [default: subtract]
    #[arg(long, value_name = "KIND", value_parser = choice::<ResetRule>())]
    pub reset: Option<ResetRule>,
    /// Which comes first when a step ends [default: reset-then-leak]
    #[arg(long, value_name = "ORDER", value_parser = choice::<ResetOrder>())]
    pub reset_order: Option<ResetOrder>,
    /// A neuron fires above the threshold (gt) or from the threshold on (ge) [default: gt]
    #[arg(long, value_name = "TEST", value_parser = choice::<Fire>())]
    pub fire: Option<Fire>,
    /// How the leak rounds [default: floor]
    #[arg(long, value_name = "KIND", value_parser = choice::<Rounding>())]
    pub rounding: Option<Rounding>,
    /// Lower end of the membrane: none, threshold (minus the threshold) or a number in the file's units [default: none]
    #[arg(long, value_name = "LIMIT", allow_hyphen_values = true)]
    pub clamp: Option<Clamp>,
    /// Membrane before the first time step: zero, reset (v_reset), leak (v_leak) or a number in the file's units [default: zero, or as
    /// the preset has it]
    #[arg(long, value_name = "STATE", allow_hyphen_values = true)]
    pub init: Option<Init>,
    /// Most spikes that one neuron may send in one time step [default: 1, or as the preset has it]
    #[arg(long, value_name = "N")]
    pub multi_spike: Option<u32>,
    /// Width of the membrane word [default: 16, or more where the bound demands it]
    #[arg(long, value_name = "BITS")]
    pub membrane_bits: Option<u32>,
    /// Fraction bits of the membrane: weights are added << N; auto takes none where the leak's dead zone is at most 5 % of the
    /// threshold, else the fewest for 2.5 % [default: auto]
    #[arg(long, value_name = "N")]
    pub fraction_bits: Option<FractionBits>,
    /// Width of a weight word, 2 to 16 [default: 8]
    #[arg(long, value_name = "BITS")]
    pub weight_bits: Option<u32>,
    /// How the quantiser chooses a layer's scale [default: max]
    #[arg(long, value_name = "KIND", value_parser = choice::<ScaleRule>())]
    pub scale: Option<ScaleRule>,
    /// auto: quantise what is not yet on a grid of integers; none: refuse such weights [default: auto]
    #[arg(long, value_name = "KIND", value_parser = choice::<Quantise>())]
    pub quantise: Option<Quantise>,
    /// Bits of the leak constant where it is no power of two, 4 to 24 [default: 12]
    #[arg(long, value_name = "BITS")]
    pub leak_bits: Option<u32>,
    /// Read a graph whose edges name a node that is not there, if it can only be one
    #[arg(long)]
    pub repair: bool,
    /// Largest number of times one input address may spike in one time step
    /// [default: the largest found in --data, else 4]
    #[arg(long, value_name = "N")]
    pub multiplicity: Option<u32>,
    /// Time steps per sample [default: the encoder's, or each recording's own]
    #[arg(long, value_name = "N")]
    pub steps: Option<u32>,
}

impl ImportArgs {
    fn numbers(&self) -> Numbers {
        Numbers {
            leak: self.leak,
            leak_mode: self.leak_mode,
            reset: self.reset,
            reset_order: self.reset_order,
            fire: self.fire,
            rounding: self.rounding,
            clamp: self.clamp,
            init: self.init,
            multi_spike: self.multi_spike,
            membrane_bits: self.membrane_bits,
            fraction_bits: self.fraction_bits,
            weight_bits: self.weight_bits,
            scale: self.scale,
            quantise: self.quantise,
            leak_bits: self.leak_bits,
        }
    }
}

/// How the network folds onto hardware.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Hardware")]
pub struct HardwareArgs {
    /// Name of the top module and prefix of all others [default: from the file's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Cores in all: layers are cut into parts by output channel (on routers by row where channels cannot be cut), those that work most
    /// first [default: one for each layer]
    #[arg(long, value_name = "N")]
    pub cores: Option<u32>,
    /// Cores that share a layer, each with some of its channels, or (rows:N, on routers) of its rows; may be repeated [default: what
    /// --cores leaves]
    #[arg(long, value_name = "LAYER=N")]
    pub parts: Vec<String>,
    /// Routers between the cores: mesh:RxC, or tree:N with N cores or routers below each [default: links from core to core]
    #[arg(long, value_name = "NETWORK")]
    pub fabric: Option<String>,
    /// Where cores sit on routers: near (few hops), random:SEED, or at:3,0,1/2 (router of each core / of the chip's edge)
    /// [default: near]
    #[arg(long, value_name = "WHERE")]
    pub placement: Option<String>,
    /// Devices that share the net, each with consecutive layers and a top module of its own, linked by AER [default: 1]
    #[arg(long, value_name = "N")]
    pub chips: Option<u32>,
    /// First layer of a further chip; may be repeated [default: the planner's choice]
    #[arg(long, value_name = "LAYER")]
    pub cut: Vec<String>,
    /// Output channels per memory word of a layer; may be repeated [default: the planner's choice]
    #[arg(long, value_name = "LAYER=N")]
    pub lanes: Vec<String>,
    /// Membrane banks (rows x columns) of a layer; may be repeated [default: the planner's choice]
    #[arg(long, value_name = "LAYER=RxC")]
    pub banks: Vec<String>,
    /// Words of spikes that may wait behind a layer's core; may be repeated [default: the planner's choice]
    #[arg(long, value_name = "LAYER=N")]
    pub queue: Vec<String>,
    /// Machine that computes a layer (auto, banked, parallel, table); may be repeated [default: the planner's choice]
    #[arg(long, value_name = "LAYER=KIND")]
    pub core: Vec<String>,
    /// Words of a layer that the end of a step visits: touched (layers without bias, and without leak or with a lazy one) or all;
    /// may be repeated
    /// [default: the planner's choice]
    #[arg(long, value_name = "LAYER=WORDS")]
    pub scan: Vec<String>,
    /// One answer per sample instead of the last layer's words [default: none]
    #[arg(long, value_name = "KIND", value_parser = ["none", "count", "membrane"])]
    pub readout: Option<String>,
    /// What the input port is: AXI4-Stream, or four-phase bundled-data AER (an event camera, another chip) [default: stream]
    #[arg(long, value_name = "KIND", value_parser = ["stream", "aer"])]
    pub input_port: Option<String>,
    /// What the output port is [default: stream]
    #[arg(long, value_name = "KIND", value_parser = ["stream", "aer"])]
    pub output_port: Option<String>,
    /// Who ends a time step: in-band (TICK words of the input), pin, or timer:N (every N cycles) [default: in-band]
    #[arg(long, value_name = "WHO")]
    pub tick: Option<String>,
    /// What is done with an address that spikes more often in a step than --multiplicity: nothing (none), count it (flag), drop and count
    /// it (limit) [default: limit with an AER input or --tick pin or timer, else none]
    #[arg(long, value_name = "KIND", value_parser = ["none", "flag", "limit"])]
    pub input_guard: Option<String>,
    /// How the pin aresetn acts: at clock edges (sync), or at once and without a clock, released in step with the clock (async) [default: sync]
    #[arg(long, value_name = "KIND", value_parser = ["sync", "async"])]
    pub reset_port: Option<String>,
    /// Flip-flops of each synchroniser of the chip (AER, ticks, SPI, reset), 2 to 4 [default: 2]
    #[arg(long, value_name = "N")]
    pub synchroniser: Option<u32>,
    /// Port of a bus to registers: identification, reset and halt, counters of what each core did [default: none]
    #[arg(long, value_name = "KIND", value_parser = ["none", "axi-lite", "spi"])]
    pub config_port: Option<String>,
    /// Where weights and thresholds come from: rom (the bitstream) or loadable (written over --config-port) [default: rom]
    #[arg(long, value_name = "WHERE")]
    pub weights: Option<Weights>,
    /// Where routing tables of --fabric, and who hears whom, come from: fixed (the bitstream) or loadable (written over --config-port)
    /// [default: fixed]
    #[arg(long, value_name = "WHERE", value_parser = ["fixed", "loadable"])]
    pub routes: Option<String>,
    /// Device that the plan must fit: ecp5-25k, ecp5-45k, ecp5-85k, ice40-up5k, xc7-35t, xc7-100t, xc7-z020 or xc7-z045; or none, for
    /// nets that no device holds [default: ecp5-85k if it holds the net, else none]
    #[arg(long, value_name = "DEVICE")]
    pub target: Option<String>,
    /// Most adders of all cores together (of each chip with --chips): synapses that are computed in a cycle, at most
    /// [default: what the target holds; with --target none 512]
    #[arg(long, value_name = "N")]
    pub adders: Option<u32>,
    /// What the planner looks for: fewest cycles in three quarters of the device, fewest cells, or fewest cycles in a
    /// quarter of the device; with --target none fewest cycles or fewest adders [default: balanced]
    #[arg(long, value_name = "WHAT", value_parser = ["latency", "area", "balanced"])]
    pub objective: Option<String>,
    /// Percent of each layer's inputs that spike in a time step, for the plan [default: measured on --data, else 5]
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub activity: Option<f64>,
}

impl HardwareArgs {
    /// `--parts`, `--lanes`, `--banks`, `--queue`, `--core` and `--scan` per layer.
    fn layers(&self) -> Result<BTreeMap<String, LayerOptions>, Problems> {
        let mut layers: BTreeMap<String, LayerOptions> = BTreeMap::new();
        let mut problems = Vec::new();
        let number = |text: &str| {
            let (layer, number) = text.rsplit_once('=')?;
            Some((layer.to_string(), number.parse::<u32>().ok()?))
        };
        for text in &self.lanes {
            match number(text) {
                Some((layer, lanes)) => layers.entry(layer).or_default().lanes = Some(lanes),
                None => problems.push(layer_flag("--lanes", text, "LAYER=N, e.g. conv1=8")),
            }
        }
        for text in &self.parts {
            match text.rsplit_once('=').and_then(|(layer, parts)| Some((layer, parts.parse().ok()?))) {
                Some((layer, parts)) => layers.entry(layer.to_string()).or_default().parts = Some(parts),
                None => problems.push(layer_flag("--parts", text, "LAYER=N or LAYER=rows:N, e.g. conv2=4")),
            }
        }
        for text in &self.queue {
            match number(text) {
                Some((layer, queue)) => layers.entry(layer).or_default().queue = Some(queue),
                None => problems.push(layer_flag("--queue", text, "LAYER=N, e.g. conv1=64")),
            }
        }
        for text in &self.scan {
            match text.rsplit_once('=').and_then(|(layer, scan)| Some((layer, ScanRule::parse_name(scan).ok()?))) {
                Some((layer, scan)) => layers.entry(layer.to_string()).or_default().scan = Some(scan),
                None => problems.push(layer_flag("--scan", text, "LAYER=touched or LAYER=all, e.g. conv1=touched")),
            }
        }
        for text in &self.banks {
            let parsed = text.rsplit_once('=').and_then(|(layer, banks)| {
                let (rows, columns) = banks.split_once('x')?;
                Some((layer, (rows.parse().ok()?, columns.parse().ok()?)))
            });
            match parsed {
                Some((layer, banks)) => layers.entry(layer.to_string()).or_default().banks = Some(banks),
                None => problems.push(layer_flag("--banks", text, "LAYER=ROWSxCOLUMNS, e.g. conv1=3x3")),
            }
        }
        for text in &self.core {
            let parsed = text.rsplit_once('=').and_then(|(layer, kind)| Some((layer, CoreKind::parse_name(kind).ok()?)));
            match parsed {
                Some((layer, kind)) => layers.entry(layer.to_string()).or_default().core = Some(kind),
                None => problems.push(layer_flag("--core", text, "LAYER=KIND, e.g. fc1=parallel (auto, banked, parallel, table)")),
            }
        }
        Problems::unless_empty(problems, layers)
    }
}

fn layer_flag(flag: &str, found: &str, form: &str) -> Problem {
    Problem::new(
        "usage",
        flag,
        format!("{found:?}"),
        form,
        "name the layer by its weight node, as `inspect` lists it",
    )
}

/// Where samples come from.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// Folder with idx images and labels, N-MNIST recordings with labels.txt, or spike arrays or events (npz, npy)
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Encoder of images: phase:T gives T time steps [needed for images]
    #[arg(long, value_name = "ENCODER")]
    pub encode: Option<String>,
    /// Length of a time step of recordings and events, e.g. 1ms or 500us [needed for these]
    #[arg(long, value_name = "TIME")]
    pub bin: Option<String>,
    /// Axes of spike arrays, a letter each: t time, c or p channel, y row, x column, n address in a vector, b a batch of 1
    /// [default: tcyx, or tn]
    #[arg(long, value_name = "LETTERS")]
    pub axes: Option<String>,
    /// The first N samples in the order of the labels [default: all]
    #[arg(long, value_name = "N")]
    pub samples: Option<u32>,
    /// Count an input address once per time step, however often it spikes
    #[arg(long)]
    pub dedup: bool,
}
