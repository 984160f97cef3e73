//! Chain to float chain: every question that NIR leaves open gets an answer, and the answer's source is kept.
//!
//! Precedence: flag > layer table > settings file > preset > the file's metadata > built-in default.

mod dynamics;
mod neuron;

use std::collections::BTreeMap;

use crate::chain::{Chain, ChainLayer};
use crate::float::{FloatChain, FloatLayer, FloatNeuron};
use crate::nir::{Array, NeuronKind};
use crate::options::{FractionBits, Numbers, Options, Preset, Quantise, ScaleRule};
use crate::preset::{hints, semantics, Gain, Hints, PresetSemantics};
use crate::{LeakMode, MapShape, Output, Problem, Problems, Rounding};

pub use dynamics::snap;
pub use neuron::SEVERAL_SPIKES;

/// Time step of snnTorch and SpikingJelly, taken where nobody says another.
pub const DEFAULT_DT: f64 = 1e-4;
/// Constants this near to 0, 1 or a power of two are taken to be it.
pub const SNAP: f64 = 1e-6;

/// Choices of one layer that matter to quantising; all made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerChoices {
    pub rounding: Rounding,
    pub weight_bits: u32,
    pub scale: ScaleRule,
    pub quantise: Quantise,
    pub leak_bits: u32,
    /// The user's membrane width, if given.
    pub membrane_bits: Option<u32>,
    pub fraction_bits: FractionBits,
}

/// A float chain with the choices that quantising needs, and the list of what was assumed.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub float: FloatChain,
    /// One per layer.
    pub choices: Vec<LayerChoices>,
    pub assumptions: Vec<String>,
    pub warnings: Vec<String>,
}

/// Answers every open question of `chain`.
pub fn resolve(chain: &Chain, options: &Options) -> Result<Resolved, Problems> {
    let mut resolver = Resolver::new(chain, options);
    resolver.check_names();
    let dt = resolver.dt();
    let (mut layers, mut choices) = (Vec::new(), Vec::new());
    for layer in &chain.layers {
        let (float, choice) = resolver.layer(layer, dt);
        layers.push(float);
        choices.push(choice);
    }
    let (assumptions, warnings) = resolver.assumptions(chain);
    let float = FloatChain {
        inputs: chain.inputs.clone(),
        layers,
        outputs: chain.outputs.clone(),
        sources: chain.layers.iter().map(|layer| layer.sources.clone()).collect(),
    };
    Problems::unless_empty(
        resolver.problems,
        Resolved {
            float,
            choices,
            assumptions,
            warnings,
        },
    )
}

struct Resolver<'a> {
    chain: &'a Chain,
    options: &'a Options,
    preset: PresetSemantics,
    preset_name: Preset,
    hints: Hints,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    /// (what, layer, answer with its source), in the order asked.
    answers: Vec<(&'static str, String, String)>,
    notes: Vec<String>,
}

/// Where an answer may come from, highest first.
struct Sources<T> {
    layer: Option<T>,
    given: Option<T>,
    preset: Option<T>,
    metadata: Option<T>,
    default: T,
}

impl<'a> Resolver<'a> {
    fn new(chain: &'a Chain, options: &'a Options) -> Self {
        let preset_name = options.preset.unwrap_or(Preset::Nir);
        let hints = hints(&chain.metadata);
        let warnings = hints.warnings.clone();
        Resolver {
            chain,
            options,
            preset: semantics(preset_name),
            preset_name,
            hints,
            problems: Vec::new(),
            warnings,
            answers: Vec::new(),
            notes: chain.notes.clone(),
        }
    }

    fn problem(&mut self, code: &'static str, path: String, value: String, limit: &str, remedy: &str) {
        self.problems.push(Problem::new(code, path, value, limit, remedy));
    }

    fn check_names(&mut self) {
        let known: Vec<&str> = self.chain.layers.iter().map(|layer| layer.name.as_str()).collect();
        // A part of a layer (`conv2.1`) may have a table, with what is said about its core.
        let is_part = |name: &str| {
            let part = name.rsplit_once('.').filter(|(_, number)| number.parse::<u32>().is_ok());
            part.is_some_and(|(layer, _)| known.contains(&layer))
        };
        let unknown = |name: &&String| !known.contains(&name.as_str());
        for (name, own) in self.options.layers.iter().filter(|(name, _)| unknown(name) && is_part(name)) {
            let numbers = own.numbers.over(self.options.numbers);
            if numbers != self.options.numbers || own.threshold.is_some() || own.parts.is_some() {
                let limit = "lanes, banks, queue, core and scan: a part has the numbers of its layer";
                self.problem("layer-part", format!("[layer.{name}]"), "a number of a part".into(), limit, "move it to the whole layer's table");
            }
        }
        for name in self.options.layers.keys().filter(|name| unknown(name) && !is_part(name)) {
            let limit = format!("layers are named by their weight nodes: {}", known.join(", "));
            let path = format!("[layer.{name}]");
            self.problem(
                "layer-name",
                path,
                format!("no layer is called \"{name}\""),
                &limit,
                "correct the name",
            );
        }
    }

    /// The time step in seconds.
    fn dt(&mut self) -> f64 {
        let sources = Sources {
            layer: None,
            given: self.options.dt,
            preset: self.preset.dt,
            metadata: self.hints.dt,
            default: DEFAULT_DT,
        };
        let (dt, source) = self.pick(sources);
        if self.time_from_r() {
            self.answers.push(("dt", String::new(), format!("of each neuron, from its r and tau (preset {})", self.preset_name)));
            return dt;
        }
        let needed = self.chain.layers.iter().any(|layer| match layer.neuron.kind {
            NeuronKind::If => layer.neuron.r.data.iter().any(|&r| r != 1.0),
            _ => true,
        });
        if !(dt.is_finite() && dt > 0.0) {
            self.problem(
                "dt-range",
                "--dt".into(),
                format!("{dt}"),
                "a positive number of seconds",
                "give --dt 1e-4 or so",
            );
            return DEFAULT_DT;
        }
        if needed {
            self.answers.push(("dt", String::new(), format!("{dt} s ({source})")));
            if source == "default" {
                let text = "the file does not say its time step: dt = 0.0001 s (snnTorch's and SpikingJelly's) is assumed; give --dt or --preset";
                self.warnings.push(text.to_string());
            }
        }
        dt
    }

    /// Whether each neuron's time step follows from its r.
    fn time_from_r(&self) -> bool {
        self.preset.gain == Gain::Rockpool && self.options.dt.is_none()
    }

    fn pick<T>(&self, sources: Sources<T>) -> (T, String) {
        let preset = format!("preset {}", self.preset_name);
        let found = [
            (sources.layer, "layer table"),
            (sources.given, "given"),
            (sources.preset, preset.as_str()),
            (sources.metadata, "the file's metadata"),
        ];
        for (answer, source) in found {
            if let Some(answer) = answer {
                return (answer, source.to_string());
            }
        }
        (sources.default, "default".to_string())
    }

    fn ask<T: Copy + std::fmt::Display>(
        &mut self,
        what: &'static str,
        layer: &ChainLayer,
        field: impl Fn(&Numbers) -> Option<T>,
        default: T,
    ) -> (T, String) {
        let table = self.options.layers.get(&layer.name).and_then(|l| field(&l.numbers));
        let sources = Sources {
            layer: table,
            given: field(&self.options.numbers),
            preset: field(&self.preset.numbers),
            metadata: field(&self.hints.numbers),
            default,
        };
        let (answer, source) = self.pick(sources);
        self.answers
            .push((what, layer.name.clone(), format!("{answer} ({source})")));
        (answer, source)
    }

    fn layer(&mut self, layer: &ChainLayer, dt: f64) -> (FloatLayer, LayerChoices) {
        let own = self.options.layers.get(&layer.name).copied().unwrap_or_default();
        let (gain, decay) = self.dynamics(layer, dt);
        let mut neuron = self.neuron(layer, &own, decay);
        let v_leak = layer.neuron.v_leak.as_ref().map(|array| spread(array, layer.output));
        let mut weights = layer.weights.clone();
        self.fold_gain(layer, &gain, &mut weights);
        let bias: Vec<f64> = (0..layer.output.len())
            .map(|i| {
                let own = layer
                    .bias
                    .get(i / (layer.output.h * layer.output.w))
                    .copied()
                    .unwrap_or(0.0);
                own * gain[i] + v_leak.as_ref().map_or(0.0, |v| v[i] * neuron.decay[i])
            })
            .collect();
        neuron.leak_mode = self.leak_mode(layer, &neuron, bias.iter().any(|bias| *bias != 0.0));
        let choices = self.choices(layer);
        let float = FloatLayer {
            name: layer.name.clone(),
            neuron_name: layer.neuron_name.clone(),
            input: layer.input,
            pool: layer.pool,
            synapses: layer.synapses.clone(),
            weights,
            output: layer.output,
            bias,
            neuron,
        };
        (float, choices)
    }

    /// When neurons leak: lazy where that was asked for and is defined. Asking for it in the table of any other layer is a problem.
    fn leak_mode(&mut self, layer: &ChainLayer, neuron: &FloatNeuron, biased: bool) -> LeakMode {
        let leaks = neuron.decay.iter().any(|d| *d != 0.0);
        let step_because = match neuron.output {
            Output::Value => "a readout shows its state in every time step",
            _ if biased => "a bias is added in every time step",
            _ if !leaks => "there is no leak",
            _ if layer.joined => "several routes lead to the neurons",
            _ => return self.ask("leak-mode", layer, |n| n.leak_mode, LeakMode::Step).0,
        };
        let own = self.options.layers.get(&layer.name).and_then(|own| own.numbers.leak_mode);
        if own == Some(LeakMode::Lazy) {
            self.problem(
                "leak-mode",
                format!("[layer.{}] leak_mode", layer.name),
                format!("lazy, but {step_because}"),
                "lazy leak is for spiking neurons with a leak, without bias and with one route to them",
                "use step",
            );
        }
        if own.or(self.options.numbers.leak_mode) == Some(LeakMode::Lazy) {
            self.answers.push(("leak-mode", layer.name.clone(), format!("step ({step_because})")));
        }
        LeakMode::Step
    }

    fn choices(&mut self, layer: &ChainLayer) -> LayerChoices {
        let rounding = match layer.neuron.tau {
            Some(_) => self.ask("rounding", layer, |n| n.rounding, Rounding::Floor).0,
            None => Rounding::Floor,
        };
        let (weight_bits, _) = self.ask("weight-bits", layer, |n| n.weight_bits, 8);
        let (scale, _) = self.ask("scale", layer, |n| n.scale, ScaleRule::Max);
        let (quantise, _) = self.ask("quantise", layer, |n| n.quantise, Quantise::Auto);
        let own = self
            .options
            .layers
            .get(&layer.name)
            .map(|l| l.numbers)
            .unwrap_or_default()
            .over(self.options.numbers);
        let choices = LayerChoices {
            rounding,
            weight_bits,
            scale,
            quantise,
            leak_bits: own.leak_bits.unwrap_or(12),
            membrane_bits: own.membrane_bits,
            fraction_bits: own.fraction_bits.unwrap_or(FractionBits::Auto),
        };
        let path = format!("layer \"{}\"", layer.name);
        let ranges = [
            (
                "weight-bits-range",
                "weight bits",
                Some(weight_bits),
                2..=16,
                "--weight-bits",
            ),
            ("leak-bits-range", "leak bits", own.leak_bits, 4..=24, "--leak-bits"),
            (
                "membrane-bits-range",
                "membrane bits",
                own.membrane_bits,
                2..=crate::bound::MAX_BITS,
                "--membrane-bits",
            ),
        ];
        for (code, what, value, range, flag) in ranges {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let limit = format!("{}..={}", range.start(), range.end());
                self.problem(
                    code,
                    path.clone(),
                    format!("{value} {what}"),
                    &limit,
                    &format!("give {flag} in that range"),
                );
            }
        }
        choices
    }

    /// The answers as text: one line where all layers agree, else one per layer.
    fn assumptions(&self, chain: &Chain) -> (Vec<String>, Vec<String>) {
        let mut lines = Vec::new();
        if !self.preset.note.is_empty() {
            lines.push(format!("preset {}: {}", self.preset_name, self.preset.note));
        }
        let mut topics: Vec<&str> = Vec::new();
        let mut by_topic: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (what, layer, answer) in &self.answers {
            if !topics.contains(what) {
                topics.push(what);
            }
            by_topic.entry(what).or_default().push((layer, answer));
        }
        for what in topics {
            let answers = &by_topic[what];
            if answers.iter().all(|(_, answer)| *answer == answers[0].1) {
                lines.push(format!("{what}: {}", answers[0].1));
            } else {
                lines.extend(
                    answers
                        .iter()
                        .map(|(layer, answer)| format!("{what} of \"{layer}\": {answer}")),
                );
            }
        }
        lines.extend(self.notes.iter().cloned());
        if !chain.version.is_empty() {
            lines.push(format!("NIR file written by nir {}", chain.version));
        }
        (lines, self.warnings.clone())
    }
}

/// One value per neuron from a value per layer, channel or neuron.
fn spread(array: &Array, shape: MapShape) -> Vec<f64> {
    let at = |i: usize| match array.data.len() {
        1 => array.data[0],
        n if n == shape.len() => array.data[i],
        _ => array.data[i / (shape.h * shape.w)],
    };
    (0..shape.len()).map(at).collect()
}

/// "a" or "a..b" of some values.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> String {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    let short = |v: f64| format!("{}", (v * 1e6).round() / 1e6);
    match short(low) == short(high) {
        true => short(low),
        false => format!("{}..{}", short(low), short(high)),
    }
}
