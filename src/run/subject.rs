//! A net and its samples: in integers a whole [`Project`], in floats only what the float reference needs, so that a net which cannot be
//! quantised runs too.

use std::borrow::Cow;

use golden::Counters;
use net::data::arrays::{Array, NumberType};
use net::data::trace_file::{self, TraceArrays};
use net::data::{Dataset, Sample};
use net::{guard, FloatChain, FloatNet, InputNode, Output, OutputNode, Problems, Spikes};
use rayon::prelude::*;

use crate::args::NetArgs;
use crate::console::Console;
use crate::edges;
use crate::project::{missing_data, need_data, open_float, settings_of, Project};

/// A net in floats with its samples.
pub struct FloatProject {
    net: FloatNet,
    dataset: Dataset,
    /// Most spikes of an address in a time step that a guard at the input lets through.
    limit: Option<u32>,
}

impl FloatProject {
    /// Opens what `args` (and the settings file they name) describe.
    pub fn open(args: &NetArgs, console: &Console) -> Result<FloatProject, Problems> {
        let settings = settings_of(args, console)?;
        console.set_seed(settings.seed);
        let limits = edges::parse(&settings)?.guard.is_some_and(|guard| guard.limit);
        let (net, dataset) = open_float(&settings)?;
        let dataset = dataset.ok_or_else(missing_data)?;
        let limit = match (limits, settings.options.multiplicity) {
            (false, _) => None,
            (true, Some(multiplicity)) => Some(multiplicity),
            (true, None) => Some(dataset.multiplicity()?),
        };
        Ok(FloatProject { net, dataset, limit })
    }
}

/// Names of a layer, and what it sends.
pub struct LayerInfo<'a> {
    pub name: &'a str,
    pub neuron_name: &'a str,
    pub output: Output,
    /// Width of the membrane word, in integers.
    pub bits: Option<u32>,
}

/// What one sample comes to: output spike counts, last shown membranes (in any unit), costs.
pub struct Answer {
    pub counts: Vec<u32>,
    pub shown: Vec<f64>,
    pub counters: Counters,
}

/// A net and its samples as `run` shows them.
pub struct Subject<'a> {
    pub inputs: &'a [InputNode],
    pub outputs: &'a [OutputNode],
    pub layers: Vec<LayerInfo<'a>>,
    pub dataset: Option<&'a Dataset>,
    pub assumptions: &'a [String],
    pub warnings: &'a [String],
    model: Model<'a>,
}

enum Model<'a> {
    Golden(&'a Project),
    Float(&'a FloatProject),
}

impl<'a> Subject<'a> {
    pub fn golden(project: &'a Project) -> Subject<'a> {
        let network = project.network();
        let info = |layer: &'a net::Layer| LayerInfo {
            name: &layer.name,
            neuron_name: &layer.neuron_name,
            output: layer.neuron.output,
            bits: Some(layer.neuron.membrane.bits),
        };
        Subject {
            inputs: &network.inputs,
            outputs: &network.outputs,
            layers: network.layers.iter().map(info).collect(),
            dataset: project.dataset.as_ref(),
            assumptions: &project.imported.assumptions,
            warnings: &project.imported.warnings,
            model: Model::Golden(project),
        }
    }

    pub fn float(project: &'a FloatProject) -> Subject<'a> {
        let chain = &project.net.float;
        let info = |layer: &'a net::float::FloatLayer| LayerInfo {
            name: &layer.name,
            neuron_name: &layer.neuron_name,
            output: layer.neuron.output,
            bits: None,
        };
        Subject {
            inputs: &chain.inputs,
            outputs: &chain.outputs,
            layers: chain.layers.iter().map(info).collect(),
            dataset: Some(&project.dataset),
            assumptions: &project.net.assumptions,
            warnings: &project.net.warnings,
            model: Model::Float(project),
        }
    }

    /// `golden` or `float`.
    pub fn model_name(&self) -> &'static str {
        match self.model {
            Model::Golden(_) => "golden",
            Model::Float(_) => "float",
        }
    }

    /// Number of the output that answers: the one called `wanted`, else the last one.
    pub fn output(&self, wanted: Option<&str>) -> Result<usize, Problems> {
        let Some(name) = wanted else {
            return Ok(self.outputs.len() - 1);
        };
        self.outputs.iter().position(|output| output.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.outputs.iter().map(|output| output.name.as_str()).collect();
            let limit = format!("the net's outputs: {}", known.join(", "));
            net::Problem::new("output-node", "--output-node", format!("{name:?}"), limit, "name one of these").into()
        })
    }

    /// A problem if labels of the data name classes that output `output` does not have.
    pub fn check_labels(&self, output: usize) -> Result<(), Problems> {
        let (Some(dataset), node) = (self.dataset, &self.outputs[output]) else { return Ok(()) };
        let classes = match self.model {
            Model::Golden(project) => project.network().leaving(output).shape.len(),
            Model::Float(project) => project.net.float.layers[node.layer].output.len(),
        };
        Ok(dataset.check_labels(classes, &node.name)?)
    }

    pub fn print_assumptions(&self, console: &Console) {
        console.say("Assumed:");
        self.assumptions.iter().for_each(|assumption| console.say(format!("  {assumption}")));
        self.warnings.iter().for_each(|warning| console.warn(warning));
    }

    /// Runs all samples on all cores; `output` answers.
    pub fn answers(&self, output: usize, console: &Console) -> Result<Vec<Answer>, Problems> {
        let samples = match self.model {
            Model::Golden(project) => project.samples(),
            Model::Float(project) => project.dataset.len(),
        };
        let bar = console.progress(samples as u64, self.model_name());
        let answers = match self.model {
            Model::Golden(project) => {
                let engine = project.engine(project.network()).answering(output);
                let outcomes = engine.run_many(samples, |index| {
                    bar.inc(1);
                    project.sample(index)
                })?;
                let answer = |outcome: golden::Outcome| Answer {
                    counts: outcome.counts,
                    shown: outcome.shown.iter().map(|&v| v as f64).collect(),
                    counters: outcome.counters,
                };
                outcomes.into_iter().map(answer).collect()
            }
            Model::Float(project) => {
                let of = |index: usize| {
                    let sent = project.dataset.sample(index)?.spikes;
                    bar.inc(1);
                    Ok(float_answer(&project.net.float, output, &guard::entering(Cow::Owned(sent), project.limit)))
                };
                (0..samples).into_par_iter().map(of).collect::<Result<Vec<_>, Problems>>()?
            }
        };
        bar.finish_and_clear();
        Ok(answers)
    }

    /// Sample `index` as it enters the net, and its trace: inputs, then layer after layer.
    pub fn trace(&self, index: usize) -> Result<(Sample, TraceArrays), Problems> {
        let mut sample = need_data(self.dataset)?.sample(index)?;
        let sent = Cow::Owned(sample.spikes);
        sample.spikes = match self.model {
            Model::Golden(project) => project.behind_guard(sent),
            Model::Float(project) => guard::entering(sent, project.limit),
        }
        .into_owned();
        let mut arrays = trace_file::input_arrays(self.inputs, &sample.spikes);
        match self.model {
            Model::Golden(project) => {
                let engine = project.engine(project.network());
                engine.validate(&sample.spikes)?;
                let trace = engine.trace(&sample.spikes);
                for (layer, trace) in project.network().layers.iter().zip(&trace.layers) {
                    arrays.extend(trace_file::layer_arrays(&layer.neuron_name, layer.output, &trace.spikes, &trace.shown));
                }
            }
            Model::Float(project) => {
                let chain = &project.net.float;
                for (layer, trace) in chain.layers.iter().zip(chain.run(&sample.spikes, true)) {
                    let mut own = trace_file::layer_arrays(&layer.neuron_name, layer.output, &trace.spikes, &[]);
                    let shape = own[0].1.shape.clone();
                    own[1].1 = Array { shape, data: trace.shown.concat(), kind: NumberType::F64 };
                    arrays.extend(own);
                }
            }
        }
        Ok((sample, arrays))
    }
}

fn float_answer(chain: &FloatChain, output: usize, spikes: &Spikes) -> Answer {
    let traces = chain.run(spikes, false);
    let mut counters = Counters::new(chain.layers.len());
    counters.steps = spikes.len() as u64;
    counters.input_events = spikes.iter().map(|events| events.len() as u64).sum();
    for (count, trace) in counters.spikes.iter_mut().zip(&traces) {
        *count = trace.spikes.iter().map(|events| events.len() as u64).sum();
    }
    let layer = chain.outputs[output].layer;
    let mut counts = vec![0; chain.layers[layer].output.len()];
    let last = traces.get(layer);
    last.iter().flat_map(|trace| trace.spikes.iter().flatten()).for_each(|&n| counts[n as usize] += 1);
    Answer { counts, shown: last.map(|trace| trace.last.clone()).unwrap_or_default(), counters }
}
