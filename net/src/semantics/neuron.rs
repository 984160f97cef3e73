//! What a neuron does when a time step ends, and where it starts.

use super::{spread, Resolver};
use crate::chain::ChainLayer;
use crate::float::{FloatNeuron, FloatReset};
use crate::nir::NeuronKind;
use crate::options::{Clamp, Fire, Init, LayerOptions, Preset, ResetRule};
use crate::{LeakMode, Output, ResetOrder};

/// Most spikes of a neuron in a time step, in hardware, where the framework knows no limit and nobody gives one.
pub const SEVERAL_SPIKES: u32 = 15;

impl Resolver<'_> {
    pub(super) fn neuron(&mut self, layer: &ChainLayer, own: &LayerOptions, decay: Vec<f64>) -> FloatNeuron {
        let initial = self.initial(layer);
        let Some(threshold) = layer.neuron.v_threshold.as_ref() else {
            // A readout never fires: both orders are the same to it.
            return FloatNeuron {
                output: Output::Value,
                decay,
                leak_mode: LeakMode::Step,
                threshold: Vec::new(),
                reset: FloatReset::None,
                order: ResetOrder::ResetThenLeak,
                fire: Fire::Greater,
                clamp: None,
                initial,
                max_spikes: 1,
            };
        };
        let threshold = match own.threshold {
            Some(volts) => vec![volts; layer.output.len()],
            None => spread(threshold, layer.output),
        };
        let path = format!("{}: node \"{}\"", self.chain.file, layer.neuron_name);
        if let Some(&bad) = threshold.iter().find(|t| **t <= 0.0) {
            self.problem(
                "threshold-range",
                path.clone(),
                format!("threshold {bad}"),
                "thresholds > 0",
                "retrain, or set threshold in the layer's table",
            );
        }
        let v_reset = layer.neuron.v_reset.as_ref().map(|array| spread(array, layer.output));
        let to_value = v_reset.as_ref().is_some_and(|values| values.iter().any(|v| *v != 0.0));
        let (reset, source) = match to_value {
            true => self.ask("reset", layer, |n| n.reset, ResetRule::Zero),
            false => self.ask("reset", layer, |n| n.reset, ResetRule::Subtract),
        };
        if to_value && source == "default" {
            self.notes.push(format!(
                "\"{}\": v_reset is not 0, so its reset is a hard one to v_reset (--reset)",
                layer.neuron_name
            ));
        } else if to_value && reset != ResetRule::Zero {
            self.warnings.push(format!(
                "\"{}\": v_reset is not 0 in the file but reset is {reset}: v_reset is not used",
                layer.neuron_name
            ));
        }
        let order = self.order(layer, reset);
        let (fire, _) = self.ask("fire", layer, |n| n.fire, Fire::Greater);
        let max_spikes = self.max_spikes(layer, reset);
        let clamp = self.clamp(layer, &threshold);
        FloatNeuron {
            output: Output::Spike,
            decay,
            leak_mode: LeakMode::Step,
            threshold,
            reset: match reset {
                ResetRule::Subtract => FloatReset::Subtract,
                ResetRule::Zero => FloatReset::ToValue(v_reset.unwrap_or_else(|| vec![0.0; layer.output.len()])),
                ResetRule::None => FloatReset::None,
            },
            order,
            fire,
            clamp,
            initial,
            max_spikes,
        }
    }

    /// The membrane before the first time step, per neuron.
    fn initial(&mut self, layer: &ChainLayer) -> Vec<f64> {
        let (init, _) = self.ask("init", layer, |n| n.init, Init::Zero);
        let array = match init {
            Init::Zero => None,
            Init::Reset => layer.neuron.v_reset.as_ref(),
            Init::Leak => layer.neuron.v_leak.as_ref(),
            Init::Volts(volts) => return vec![volts; layer.output.len()],
        };
        array.map_or_else(|| vec![0.0; layer.output.len()], |array| spread(array, layer.output))
    }

    /// Most spikes in a time step: `u32::MAX` where the preset's framework fires as often as the membrane holds the threshold, and
    /// nobody gives a limit.
    fn max_spikes(&mut self, layer: &ChainLayer, reset: ResetRule) -> u32 {
        let table = self.options.layers.get(&layer.name).and_then(|own| own.numbers.multi_spike);
        let given = table.or(self.options.numbers.multi_spike);
        if self.preset.several && given.is_none() {
            let preset = self.preset_name;
            if reset == ResetRule::Subtract {
                let text = format!("any number in float, at most {SEVERAL_SPIKES} in hardware (preset {preset}; --multi-spike N)");
                self.answers.push(("multi-spike", layer.name.clone(), text));
                return u32::MAX;
            }
            let text = format!(
                "\"{}\": {preset} may fire several times in a step, and so may this net; with reset {reset} one spike is sent (--multi-spike 1 says \
                 that this is meant)",
                layer.name
            );
            self.warnings.push(text);
        }
        let (max_spikes, _) = self.ask("multi-spike", layer, |n| n.multi_spike, 1);
        let path = format!("{}: node \"{}\"", self.chain.file, layer.neuron_name);
        if !(1..=255).contains(&max_spikes) {
            self.problem(
                "multi-spike-range",
                path,
                format!("{max_spikes} spikes in a step"),
                "1..=255",
                "give --multi-spike in that range",
            );
        } else if max_spikes > 1 && reset != ResetRule::Subtract {
            let limit = "several spikes in a step need --reset subtract";
            self.problem(
                "multi-spike-reset",
                path,
                format!("multi-spike {max_spikes} with reset {reset}"),
                limit,
                "give --multi-spike 1 or --reset subtract",
            );
        }
        max_spikes
    }

    fn order(&mut self, layer: &ChainLayer, reset: ResetRule) -> ResetOrder {
        let saved = self.preset.numbers.reset_order;
        if reset == ResetRule::Zero && self.preset_name == Preset::SnnTorch && !layer.recurrent {
            // RLeaky clears the new membrane, input and all (the delayed reset of leak-then-reset). But snnTorch's Leaky clears the membrane in the next step, before the leak, and keeps that step's input:
            // the spikes of reset-then-leak.
            self.preset.numbers.reset_order = Some(ResetOrder::ResetThenLeak);
        }
        let (order, _) = self.ask("reset-order", layer, |n| n.reset_order, ResetOrder::ResetThenLeak);
        self.preset.numbers.reset_order = saved;
        order
    }

    fn clamp(&mut self, layer: &ChainLayer, threshold: &[f64]) -> Option<f64> {
        let saved = self.preset.numbers.clamp;
        if layer.neuron.kind == NeuronKind::If {
            self.preset.numbers.clamp = self.preset.clamp_if.or(saved);
        }
        let (clamp, _) = self.ask("clamp", layer, |n| n.clamp, Clamp::None);
        self.preset.numbers.clamp = saved;
        let path = format!("layer \"{}\"", layer.name);
        match clamp {
            Clamp::None => None,
            Clamp::Threshold if threshold.iter().all(|t| *t == threshold[0]) => Some(-threshold[0]),
            Clamp::Threshold => {
                let limit = "one threshold for the whole layer";
                self.problem(
                    "clamp-range",
                    path,
                    "clamp at minus thresholds that differ".into(),
                    limit,
                    "give --clamp as a number or none",
                );
                None
            }
            Clamp::Volts(volts) if volts <= 0.0 => Some(volts),
            Clamp::Volts(volts) => {
                self.problem(
                    "clamp-range",
                    path,
                    format!("lower clamp {volts}"),
                    "at most 0",
                    "give a clamp at or below 0",
                );
                None
            }
        }
    }
}
