//! Figures over all samples: accuracy, spikes, synaptic operations, saturations.

use golden::{decide, Counters};
use net::{InputNode, Output, Problems};
use serde_json::{json, Value};

use super::subject::{Answer, LayerInfo, Subject};
use crate::console::Console;
use crate::project::Project;

/// Share of saturated states from which on a layer gets a warning.
const SATURATION_WARNING: f64 = 0.001;

/// Figures over all samples.
pub struct Summary {
    samples: usize,
    /// The output that answers.
    output: usize,
    /// Fractions: ties to the lowest index, ties to the larger membrane; only with labels.
    pub accuracy: Option<(f64, f64)>,
    total: Counters,
}

impl Summary {
    /// Runs all samples of `subject`; `output` answers. Labels that it does not have are a problem.
    pub fn of(subject: &Subject, output: usize, console: &Console) -> Result<Summary, Problems> {
        subject.check_labels(output)?;
        let answers = subject.answers(output, console)?;
        let labels = subject.dataset.map(|dataset| dataset.labels()).unwrap_or_default();
        let mut total = Counters::new(subject.layers.len());
        let (mut lowest, mut membrane, mut labelled) = (0, 0, 0);
        for (index, answer) in answers.iter().enumerate() {
            total.add(&answer.counters);
            if let Some(label) = labels.get(index).copied().flatten() {
                let (by_count, by_membrane) = by_ties(answer);
                labelled += 1;
                lowest += usize::from(by_count == label as usize);
                membrane += usize::from(by_membrane == label as usize);
            }
        }
        let of_all = |hits: usize| hits as f64 / labelled as f64;
        let accuracy = (labelled == answers.len() && labelled > 0).then(|| (of_all(lowest), of_all(membrane)));
        Ok(Summary {
            samples: answers.len(),
            output,
            accuracy,
            total,
        })
    }

    /// Runs the golden model on all samples of `project`; its last output answers.
    pub fn golden(project: &Project, console: &Console) -> Result<Summary, Problems> {
        let subject = Subject::golden(project);
        Summary::of(&subject, subject.output(None)?, console)
    }

    /// Mean per sample.
    fn mean(&self, total: u64) -> f64 {
        total as f64 / self.samples.max(1) as f64
    }

    pub fn print(&self, subject: &Subject, console: &Console) {
        let steps = self.mean(self.total.steps);
        console.say(format!("{} samples, {steps} time steps each", self.samples));
        if let Some((lowest, membrane)) = self.accuracy {
            let (lowest, membrane) = (100.0 * lowest, 100.0 * membrane);
            let of = match subject.outputs {
                [_] => String::new(),
                several => format!(" of output {}", several[self.output].name),
            };
            console.say(format!(
                "accuracy{of} {lowest:.2} % (ties to the lowest class), {membrane:.2} % (to the larger membrane)"
            ));
        }
        console.say(format!(
            "\n{:<24} {:>12} {:>14} {:>12}",
            "layer", "spikes", "synaptic ops", "saturated"
        ));
        console.say(format!(
            "{:<24} {:>12.3} {:>14} {:>12}",
            input_names(subject.inputs),
            self.mean(self.total.input_events),
            "-",
            "-"
        ));
        for (index, layer) in subject.layers.iter().enumerate() {
            let share = self.saturated(index);
            console.say(format!(
                "{:<24} {:>12.3} {:>14.1} {:>10.4} %",
                format!("{} ({})", layer.name, layer.neuron_name),
                self.mean(self.total.spikes[index]),
                self.mean(self.total.sops[index]),
                100.0 * share,
            ));
        }
        if subject.outputs.len() > 1 {
            for output in subject.outputs {
                let layer = &subject.layers[output.layer];
                let what = match layer.output {
                    Output::Value => format!("the membranes of {}", layer.name),
                    Output::Spike => format!("{:.3} spikes of {}", self.mean(self.total.spikes[output.layer]), layer.name),
                };
                console.say(format!("output {:<17} {what}", output.name));
            }
        }
        console.say("(mean per sample)");
        for warning in self.warnings(subject) {
            console.warn(warning);
        }
    }

    /// Fraction of the layer's states that the clamp changed.
    fn saturated(&self, layer: usize) -> f64 {
        self.total.saturations[layer] as f64 / self.total.state_updates[layer].max(1) as f64
    }

    fn warnings(&self, subject: &Subject) -> Vec<String> {
        let layers = subject.layers.iter().enumerate();
        let of = |(index, layer): (usize, &LayerInfo)| {
            let bits = layer.bits.filter(|_| self.saturated(index) > SATURATION_WARNING)?;
            Some(format!(
                "layer \"{}\": {:.2} % of the states saturate at {bits} bits, which changes what the network computes; use --membrane-bits {}",
                layer.name,
                100.0 * self.saturated(index),
                bits + 2,
            ))
        };
        layers.filter_map(of).collect()
    }

    pub fn json(&self, subject: &Subject) -> Value {
        let integers = subject.model_name() == "golden";
        let sops: u64 = self.total.sops.iter().sum();
        let means = |totals: &[u64]| totals.iter().map(|&n| self.mean(n)).collect::<Vec<_>>();
        let layers = 0..subject.layers.len();
        json!({
            "samples": self.samples,
            "steps": self.mean(self.total.steps),
            "model": subject.model_name(),
            "accuracy": self.accuracy.map(|(lowest, _)| lowest),
            "accuracy_membrane_tiebreak": self.accuracy.map(|(_, membrane)| membrane),
            "input_spikes": self.mean(self.total.input_events),
            "outputs": outputs_json(subject, |layer| self.mean(self.total.spikes[layer])),
            "output_node": subject.outputs[self.output].name,
            "spikes_per_layer": means(&self.total.spikes),
            "layers": subject.layers.iter().map(|layer| layer.name).collect::<Vec<_>>(),
            "neurons": subject.layers.iter().map(|layer| layer.neuron_name).collect::<Vec<_>>(),
            "sops": integers.then(|| self.mean(sops)),
            "sops_per_layer": integers.then(|| means(&self.total.sops)),
            "saturated_per_layer": integers.then(|| layers.map(|layer| self.saturated(layer)).collect::<Vec<_>>()),
            "assumptions": subject.assumptions,
            "warnings": subject.warnings.iter().cloned().chain(self.warnings(subject)).collect::<Vec<_>>(),
        })
    }
}

/// Names of the Input nodes.
pub fn input_names(inputs: &[InputNode]) -> String {
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    names.join(", ")
}

/// Output nodes with the layers that leave there; `spikes` of a layer per sample, null for values.
fn outputs_json(subject: &Subject, spikes: impl Fn(usize) -> f64) -> Vec<Value> {
    let of = |output: &net::OutputNode| {
        let layer = &subject.layers[output.layer];
        let values = layer.output == Output::Value;
        json!({
            "node": output.name,
            "layer": layer.name,
            "kind": if values { "values" } else { "spikes" },
            "spikes": (!values).then(|| spikes(output.layer)),
        })
    };
    subject.outputs.iter().map(of).collect()
}

/// The winners with both ways of breaking ties. Float membranes are compared in steps of 2^-20 of their unit.
fn by_ties(answer: &Answer) -> (usize, usize) {
    let shown: Vec<i64> = answer.shown.iter().map(|v| (v * f64::from(1 << 20)) as i64).collect();
    decide(&answer.counts, &shown)
}
