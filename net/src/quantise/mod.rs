//! Float chain to integer network: weights, thresholds, biases, reset values, leak constants, membrane words.
//!
//! The rules stand in `docs/numbers.md`. Rounding is half away from zero, arithmetic is f64.

mod membrane;

use crate::bound::{self, WorstSums};
use crate::float::{FloatChain, FloatLayer, FloatNeuron, FloatReset};
use crate::grid;
use crate::options::{Fire, Quantise, ScaleRule};
use crate::semantics::{range, LayerChoices, SEVERAL_SPIKES, SNAP};
use crate::wiring::multiplicities;
use crate::{
    lazy, Conv2d, Dense, Layer, Leak, LeakMode, MapShape, Membrane, Network, Neuron, Origin, Output, Param, Problem, Problems, Reset,
    Rounding, Synapses,
};

/// How one layer was quantised, for `inspect` and `check`.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LayerReport {
    pub name: String,
    pub neuron_name: String,
    /// "dense" or "conv2d".
    pub kind: &'static str,
    pub input: MapShape,
    pub output: MapShape,
    pub weight_bits: u32,
    /// Volts per weight unit.
    pub scale: f64,
    /// A membrane unit is `scale / 2^fraction_bits` volts.
    pub fraction_bits: u32,
    /// Where the scale comes from: "max", "mse", "pow2", or "grid" (weights kept exactly).
    pub scale_from: String,
    /// Root mean square error of the weights in membrane units; 0 if they are kept exactly.
    pub weight_error_rms: f64,
    /// Integer thresholds, least and greatest; `None` for a readout.
    pub threshold: Option<(i64, i64)>,
    /// Fire levels, least and greatest; `None` for a readout.
    pub fire_level: Option<(i64, i64)>,
    /// Biases, least and greatest.
    pub bias: (i64, i64),
    /// States before the first time step, least and greatest.
    pub initial: (i64, i64),
    /// In words, e.g. "V - (V >> 4), floor".
    pub leak: String,
    /// P and N of one time step.
    pub sums: WorstSums,
    pub membrane_bits: u32,
    /// Least legal width.
    pub least_bits: u32,
    pub lo: i64,
    pub hi: i64,
    /// Largest positive state that a floor leak leaves where it is, in percent of the least threshold.
    pub dead_zone_percent: Option<f64>,
}

/// An integer network with its reports and warnings.
pub struct Quantised {
    pub network: Network,
    pub reports: Vec<LayerReport>,
    /// What the quantiser chose by itself.
    pub notes: Vec<String>,
    pub warnings: Vec<String>,
}

/// Quantises every layer. `multiplicity` = most spikes of one input address in one time step. `loadable`: membranes hold for every
/// weight of the width, and thresholds may differ between channels.
pub fn quantise(
    chain: &FloatChain,
    choices: &[LayerChoices],
    name: &str,
    multiplicity: u32,
    loadable: bool,
) -> Result<Quantised, Problems> {
    let mut problems = Vec::new();
    let (mut layers, mut reports, mut notes, mut warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, (layer, choice)) in chain.layers.iter().zip(choices).enumerate() {
        let path = format!("layer {} \"{}\"", index + 1, layer.name);
        let mut one = One {
            layer,
            choice,
            path,
            loadable,
            problems: &mut problems,
            notes: &mut notes,
            warnings: &mut warnings,
        };
        let each = chain.sources[index].iter().map(|source| match source.from {
            Origin::Input(k) => (source, chain.inputs[k].shape, multiplicity),
            Origin::Layer(j) => (source, chain.layers[j].output, most_spikes(&chain.layers[j].neuron)),
        });
        let heard = multiplicities(layer.input, each);
        let (layer, report) = one.quantise(&heard);
        layers.push(layer);
        reports.push(report);
    }
    let network = Network {
        name: name.to_string(),
        inputs: chain.inputs.clone(),
        multiplicity,
        layers,
        outputs: chain.outputs.clone(),
        sources: chain.sources.clone(),
    };
    Problems::unless_empty(
        problems,
        Quantised {
            network,
            reports,
            notes,
            warnings,
        },
    )
}

/// Scale of a rule for some weights: see `docs/numbers.md`, "Quantiser". `most` = 2^(bits-1) - 1.
pub fn scale(weights: &[f64], most: i64, rule: ScaleRule) -> f64 {
    let widest = weights.iter().fold(0.0f64, |m, w| m.max(w.abs())) / most as f64;
    let error = |s: f64| {
        weights
            .iter()
            .map(|w| (clip(w / s, most) as f64 * s - w).powi(2))
            .sum::<f64>()
    };
    let best = |candidates: &mut dyn Iterator<Item = f64>| {
        let mut best = (f64::INFINITY, widest);
        for s in candidates {
            let e = error(s);
            if e < best.0 {
                best = (e, s);
            }
        }
        best.1
    };
    match rule {
        ScaleRule::Max => widest,
        ScaleRule::Mse => best(&mut (0..=70).map(|i| (0.3 + 0.7 * i as f64 / 70.0) * widest)),
        ScaleRule::PowerOfTwo => best(&mut (0..=15).map(|k| 0.5f64.powi(k))),
    }
}

fn clip(steps: f64, most: i64) -> i64 {
    steps.round().clamp(-(most as f64), most as f64) as i64
}

/// One layer on its way to integers.
struct One<'a> {
    layer: &'a FloatLayer,
    choice: &'a LayerChoices,
    path: String,
    loadable: bool,
    problems: &'a mut Vec<Problem>,
    notes: &'a mut Vec<String>,
    warnings: &'a mut Vec<String>,
}

impl One<'_> {
    fn problem(&mut self, code: &'static str, value: String, limit: &str, remedy: &str) {
        self.problems
            .push(Problem::new(code, self.path.clone(), value, limit, remedy));
    }

    fn quantise(&mut self, heard: &[i64]) -> (Layer, LayerReport) {
        let layer = self.layer;
        let most = (1i64 << (self.choice.weight_bits - 1)) - 1;
        let (scale, scale_from) = self.scale(most);
        let weights: Vec<i32> = layer.weights.iter().map(|w| clip(w / scale, most) as i32).collect();
        let squares: f64 = layer
            .weights
            .iter()
            .zip(&weights)
            .map(|(w, &i)| (w / scale - i as f64).powi(2))
            .sum();
        let kept = scale_from == "grid";
        let weight_error_rms = if kept {
            0.0
        } else {
            (squares / weights.len() as f64).sqrt()
        };
        if weights.iter().all(|w| *w == 0) {
            self.warnings
                .push(format!("{}: all weights are 0 after quantising", self.path));
        }
        let synapses = with_weights(&layer.synapses, weights);
        let leak = self.leak();
        let fraction_bits = self.fraction_bits(&leak, &synapses, scale, heard);
        let mut quantised = self.draft(leak, synapses, scale, fraction_bits);
        let unit = unit(scale, fraction_bits);
        let clamp = layer.neuron.clamp.map(|volts| (volts / unit).round() as i64);
        let (sums, least_bits) = self.membrane(&mut quantised, heard, clamp);
        let span = |param: &Param| (param.min(), param.max());
        let spiking = quantised.neuron.output == Output::Spike;
        let fire_level = spiking.then(|| span(&quantised.neuron.fire_level));
        let above = above(layer.neuron.fire);
        let threshold = fire_level.map(|(least, greatest)| (least - above, greatest - above));
        let dead_zone_percent = threshold.and_then(|(least, _)| self.dead_zone(&quantised.neuron.leak, least));
        let report = LayerReport {
            name: layer.name.clone(),
            neuron_name: layer.neuron_name.clone(),
            kind: match quantised.synapses {
                Synapses::Dense(_) => "dense",
                Synapses::Conv2d(_) => "conv2d",
            },
            input: layer.input,
            output: layer.output,
            weight_bits: quantised.weight_bits,
            scale,
            fraction_bits,
            scale_from,
            weight_error_rms,
            threshold,
            fire_level,
            bias: span(&quantised.neuron.bias),
            initial: span(&quantised.neuron.initial),
            leak: describe(&quantised.neuron),
            sums,
            membrane_bits: quantised.neuron.membrane.bits,
            least_bits,
            lo: quantised.neuron.membrane.lo,
            hi: quantised.neuron.membrane.hi,
            dead_zone_percent,
        };
        (quantised, report)
    }

    /// The layer in integers, its membrane's width not yet chosen.
    fn draft(&mut self, leak: Leak, synapses: Synapses, scale: f64, fraction_bits: u32) -> Layer {
        let layer = self.layer;
        Layer {
            name: layer.name.clone(),
            neuron_name: layer.neuron_name.clone(),
            input: layer.input,
            pool: layer.pool,
            synapses,
            output: layer.output,
            neuron: self.neuron(leak, unit(scale, fraction_bits)),
            weight_bits: self.choice.weight_bits,
            fraction_bits,
            scale,
        }
    }

    /// Scale and where it comes from.
    fn scale(&mut self, most: i64) -> (f64, String) {
        let layer = self.layer;
        if let Some(grid) = grid::find(&layer.weights, most) {
            let resets = match &layer.neuron.reset {
                FloatReset::ToValue(values) => values.as_slice(),
                _ => &[],
            };
            let others = layer.neuron.threshold.iter().chain(&layer.bias).chain(resets);
            let all_on = others.clone().all(|value| grid::on(*value, grid.scale));
            // Constants beside the grid get the finest grid that still holds the weights.
            let parts = if all_on { 1 } else { (most / grid.largest).max(1) };
            return (grid.scale / parts as f64, "grid".to_string());
        }
        let empty = layer.weights.iter().all(|w| *w == 0.0);
        if self.choice.quantise == Quantise::None && !empty {
            let value = format!("weights lie on no grid of {} bits", self.choice.weight_bits);
            let limit = format!("--quantise none needs weights = scale x integer, integers up to {most}");
            self.problem(
                "not-on-grid",
                value,
                &limit,
                "give --quantise auto, or more --weight-bits",
            );
        }
        let widest = bound_grid(&layer.weights, self.choice.weight_bits);
        if let Some(bits) = widest {
            self.warnings.push(format!(
                "{}: weights lie on a grid of {bits} bits and are quantised again to {}: give --weight-bits {bits} to keep them",
                self.path, self.choice.weight_bits
            ));
        }
        if empty {
            let largest = layer
                .neuron
                .threshold
                .iter()
                .chain(&layer.bias)
                .fold(0.0f64, |m, v| m.max(v.abs()));
            return (
                if largest > 0.0 { largest / most as f64 } else { 1.0 },
                self.choice.scale.to_string(),
            );
        }
        (
            scale(&layer.weights, most, self.choice.scale),
            self.choice.scale.to_string(),
        )
    }

    /// Rounds volts to membrane units.
    fn integers(&mut self, volts: &[f64], unit: f64, what: &str) -> Vec<i64> {
        let limit = (1i64 << (bound::MAX_BITS - 2)) as f64;
        if let Some(bad) = volts.iter().map(|v| v / unit).find(|v| v.is_nan() || v.abs() >= limit) {
            let value = format!("{what} of {bad} membrane units");
            let text = format!("below 2^{}", bound::MAX_BITS - 2);
            self.problem(
                "constant-range",
                value,
                &text,
                "the weights are tiny beside it: check the layer, or give --scale pow2",
            );
            return vec![1; volts.len()];
        }
        volts.iter().map(|v| (v / unit).round() as i64).collect()
    }

    fn param(&mut self, volts: &[f64], unit: f64, what: &str) -> Param {
        let values = self.integers(volts, unit, what);
        compress(values, self.layer.output)
    }

    /// The neurons' numbers in membrane units of `unit` volts.
    fn neuron(&mut self, leak: Leak, unit: f64) -> Neuron {
        let (float, shape) = (&self.layer.neuron, self.layer.output);
        let threshold = self.integers(&float.threshold, unit, "threshold");
        if let Some(&bad) = threshold.iter().find(|t| **t <= 0) {
            let value = format!("threshold {bad} after quantising (membrane unit {unit})");
            let remedy = "use more --weight-bits, --fraction-bits or another --scale";
            self.problem("threshold-range", value, "integer thresholds >= 1", remedy);
        }
        let above = above(float.fire);
        let fire_level = match float.output {
            Output::Spike => compress(threshold.iter().map(|t| t + above).collect(), shape),
            Output::Value => Param::Layer(0),
        };
        let reset = match &float.reset {
            FloatReset::Subtract => Reset::Subtract(compress(threshold, shape)),
            FloatReset::ToValue(volts) => Reset::ToValue(self.param(volts, unit, "reset value")),
            FloatReset::None => Reset::None,
        };
        Neuron {
            output: float.output,
            leak,
            leak_mode: float.leak_mode,
            reset,
            order: float.order,
            fire_level,
            bias: self.param(&self.layer.bias, unit, "bias"),
            max_spikes: most_spikes(float),
            initial: self.param(&float.initial, unit, "initial state"),
            // Replaced once the bound is known.
            membrane: Membrane {
                bits: bound::DEFAULT_BITS,
                lo: 0,
                hi: 0,
            },
        }
    }

    /// Leak constants: powers of two need no multiplier; the others are rounded to `leak_bits`.
    fn leak(&mut self) -> Leak {
        let decay = &self.layer.neuron.decay;
        if decay.iter().all(|d| *d == 0.0) {
            return Leak::None;
        }
        let shift = |d: f64| (0..=20).find(|k| d == 0.5f64.powi(*k));
        let shifts: Option<Vec<i32>> = decay.iter().filter(|d| **d != 0.0).map(|d| shift(*d)).collect();
        let m = match shifts {
            Some(shifts) => shifts.into_iter().max().unwrap_or(0) as u32,
            None => self.choice.leak_bits,
        };
        let whole = (1i64 << m) as f64;
        let a: Vec<i64> = decay.iter().map(|d| (d * whole).round() as i64).collect();
        if let Some(lost) = decay
            .iter()
            .zip(&a)
            .find(|(d, a)| **d > SNAP && **a == 0)
            .map(|(d, _)| *d)
        {
            let value = format!("a decay of {lost} per time step is 0 in {m} bits");
            let need = ((1.0 / lost).log2().ceil() as u32 + 4).min(24);
            let remedy = format!("give --leak-bits {need}, or a larger --dt");
            self.problem(
                "leak-range",
                value,
                &format!("decay of at least {}", 0.5 / whole),
                &remedy,
            );
        }
        let leak = Leak::Decay {
            a: compress(a, self.layer.output),
            m,
            rounding: self.choice.rounding,
        };
        if self.layer.neuron.leak_mode == LeakMode::Lazy && !lazy::is_able(&leak) {
            let slowest = decay.iter().copied().filter(|d| *d > 0.0).fold(f64::INFINITY, f64::min);
            let value = format!("a lazy leak of {slowest} per time step");
            self.problem(
                "leak-mode",
                value,
                "a decay of at least 2^-12 per time step: slower ones are not forgotten in 36,905 steps",
                "give --leak-mode step, for this layer alone in its table, or a larger --dt",
            );
        }
        leak
    }
}

/// Fire level less threshold.
fn above(fire: Fire) -> i64 {
    match fire {
        Fire::Greater => 1,
        Fire::GreaterEqual => 0,
    }
}

/// Volts of a membrane unit.
fn unit(scale: f64, fraction_bits: u32) -> f64 {
    scale / f64::from(1u32 << fraction_bits)
}

/// Most spikes of a neuron in a time step, in hardware.
fn most_spikes(neuron: &FloatNeuron) -> u32 {
    match neuron.max_spikes {
        u32::MAX => SEVERAL_SPIKES,
        most => most,
    }
}

/// Least width above `bits` (up to 16) whose grid holds the weights; `None` where the search would mean little.
fn bound_grid(weights: &[f64], bits: u32) -> Option<u32> {
    if weights.len() < 16 {
        return None;
    }
    let grid = grid::find(weights, (1 << 11) - 1)?;
    let need = 65 - (grid.largest as u64).leading_zeros();
    (need > bits).then_some(need)
}

fn with_weights(geometry: &Synapses, weights: Vec<i32>) -> Synapses {
    match geometry {
        Synapses::Dense(dense) => Synapses::Dense(Dense {
            weights,
            ..dense.clone()
        }),
        Synapses::Conv2d(conv) => Synapses::Conv2d(Conv2d {
            weights,
            ..conv.clone()
        }),
    }
}

/// One value per neuron to the coarsest [`Param`] that says the same.
pub fn compress(values: Vec<i64>, shape: MapShape) -> Param {
    let map = (shape.h * shape.w).max(1);
    match values.first() {
        None => Param::Layer(0),
        Some(&first) if values.iter().all(|v| *v == first) => Param::Layer(first),
        Some(_)
            if values
                .chunks(map)
                .all(|channel| channel.iter().all(|v| *v == channel[0])) =>
        {
            Param::Channel(values.chunks(map).map(|channel| channel[0]).collect())
        }
        Some(_) => Param::Neuron(values),
    }
}

/// The leak in words.
fn describe(neuron: &Neuron) -> String {
    let Leak::Decay { a, m, rounding } = &neuron.leak else {
        return "none".to_string();
    };
    let lazy = match neuron.leak_mode {
        LeakMode::Step => "",
        LeakMode::Lazy => ", lazy",
    };
    let constant = range(a.values().iter().map(|a| *a as f64));
    let rounding = match rounding {
        Rounding::Floor => "floor",
        Rounding::TowardZero => "toward zero",
    };
    match a {
        Param::Layer(1) => format!("V - (V >> {m}), {rounding}{lazy}"),
        _ => format!("V - ((V * {constant}) >> {m}), {rounding}{lazy}"),
    }
}
