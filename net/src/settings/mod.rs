//! `spikewright.toml`: what a user chose, in a file. One list of keys serves reading, writing and documentation.

mod keys;
mod read;
mod write;

use crate::options::Options;

pub use read::parse;
pub use write::commented_toml;

/// Everything a settings file can say. `None` = not said. Paths are as written (relative to the file's folder).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The NIR file.
    pub net: Option<String>,
    /// Name, preset, time step, multiplicity, choices for all layers and for single layers.
    pub options: Options,
    /// Folder or file of samples.
    pub data: Option<String>,
    /// How images become spikes, e.g. `phase:8`.
    pub encode: Option<String>,
    /// Width of a time step of recordings, e.g. `1ms`.
    pub bin: Option<String>,
    /// Axes of spike arrays, e.g. `tyxp`.
    pub axes: Option<String>,
    pub steps: Option<u32>,
    pub samples: Option<u32>,
    /// An input address counts once per time step.
    pub dedup: Option<bool>,
    /// FPGA that the planner fits the net to, or `none`.
    pub target: Option<String>,
    /// Most adders of all cores together.
    pub adders: Option<u32>,
    /// What the planner looks for.
    pub objective: Option<String>,
    /// Percent of each layer's inputs that spike in a time step, for the plan.
    pub activity: Option<f64>,
    /// Readout block behind the last layer.
    pub readout: Option<String>,
    /// What the chip's ports are, and who ends a time step.
    pub input_port: Option<String>,
    pub output_port: Option<String>,
    pub tick: Option<String>,
    /// What stands between the input port and the network.
    pub input_guard: Option<String>,
    /// How the chip's reset acts, and flip-flops of each of its synchronisers.
    pub reset_port: Option<String>,
    pub synchroniser: Option<u32>,
    /// Port of the configuration bus.
    pub config_port: Option<String>,
    /// Where routing tables come from.
    pub routes: Option<String>,
    /// Cores in all.
    pub cores: Option<u32>,
    /// Routers between the cores.
    pub fabric: Option<String>,
    /// Where cores sit on routers.
    pub placement: Option<String>,
    /// Chips that share the net, and the first layer of each but the first.
    pub chips: Option<u32>,
    pub cuts: Option<String>,
    /// Seed of stalls and random stimulus.
    pub seed: Option<u64>,
}

impl Settings {
    /// These settings (flags) over lower ones (a file): flag > layer > file.
    pub fn over(&self, lower: &Settings) -> Settings {
        let text = |own: &Option<String>, below: &Option<String>| own.clone().or_else(|| below.clone());
        Settings {
            net: text(&self.net, &lower.net),
            options: self.options.over(&lower.options),
            data: text(&self.data, &lower.data),
            encode: text(&self.encode, &lower.encode),
            bin: text(&self.bin, &lower.bin),
            axes: text(&self.axes, &lower.axes),
            steps: self.steps.or(lower.steps),
            samples: self.samples.or(lower.samples),
            dedup: self.dedup.or(lower.dedup),
            target: text(&self.target, &lower.target),
            adders: self.adders.or(lower.adders),
            objective: text(&self.objective, &lower.objective),
            activity: self.activity.or(lower.activity),
            readout: text(&self.readout, &lower.readout),
            input_port: text(&self.input_port, &lower.input_port),
            output_port: text(&self.output_port, &lower.output_port),
            tick: text(&self.tick, &lower.tick),
            input_guard: text(&self.input_guard, &lower.input_guard),
            reset_port: text(&self.reset_port, &lower.reset_port),
            synchroniser: self.synchroniser.or(lower.synchroniser),
            config_port: text(&self.config_port, &lower.config_port),
            routes: text(&self.routes, &lower.routes),
            cores: self.cores.or(lower.cores),
            fabric: text(&self.fabric, &lower.fabric),
            placement: text(&self.placement, &lower.placement),
            chips: self.chips.or(lower.chips),
            cuts: text(&self.cuts, &lower.cuts),
            seed: self.seed.or(lower.seed),
        }
    }
}
