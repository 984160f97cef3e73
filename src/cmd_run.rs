//! `spikewright run`: the network on data, in the golden model's integers or in floats.

use std::path::PathBuf;

use golden::{decide, Counters};
use net::data::arrays::{Array, NumberType};
use net::data::{compare, trace_file};
use net::{Network, Output, Problems, Spikes};
use rayon::prelude::*;
use serde_json::{json, Value};

use crate::args::NetArgs;
use crate::console::{Console, Reply};
use crate::project::Project;

/// Share of saturated states from which on a layer gets a warning.
const SATURATION_WARNING: f64 = 0.001;

/// Run a net on data: accuracy, spikes per layer, synaptic operations
#[derive(clap::Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Run the float interpreter of the NIR equations instead of the integers: the reference before quantising
    #[arg(long)]
    float: bool,
    /// Write spikes [T, N] and states of one sample, under NIR names
    #[arg(long, value_name = "OUT.npz")]
    trace: Option<PathBuf>,
    /// Compare one sample with a recorded trace; exit code 1 where they part
    #[arg(long, value_name = "REF.npz")]
    compare: Option<PathBuf>,
    /// The output that answers, where the net has several: its labels, its accuracy [default: the last one]
    #[arg(long, value_name = "NAME")]
    output_node: Option<String>,
    /// The sample that --trace and --compare mean [default: 0]
    #[arg(long, value_name = "INDEX", default_value_t = 0, hide_default_value = true)]
    sample: usize,
}

/// What one sample comes to: output spike counts, last shown membranes (in any unit), costs.
struct Answer {
    counts: Vec<u32>,
    shown: Vec<f64>,
    counters: Counters,
}

pub fn run(args: &RunArgs, console: &Console) -> Result<Reply, Problems> {
    let project = Project::open(&args.net, console)?;
    project.need_data()?;
    project.print_assumptions(console);
    if args.trace.is_some() || args.compare.is_some() {
        return trace(args, &project, console);
    }
    let output = output(args.output_node.as_deref(), &project)?;
    project.check_labels(output)?;
    let answers = answers(args.float, output, &project, console)?;
    let summary = Summary::of(&project, output, &answers)?;
    summary.print(&project, console);
    Ok(Reply::new(summary.json(&project, args.float)))
}

/// Number of the output that answers.
fn output(wanted: Option<&str>, project: &Project) -> Result<usize, Problems> {
    let outputs = &project.network().outputs;
    let Some(name) = wanted else {
        return Ok(outputs.len() - 1);
    };
    outputs.iter().position(|output| output.name == name).ok_or_else(|| {
        let known: Vec<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
        let limit = format!("the net's outputs: {}", known.join(", "));
        net::Problem::new("output-node", "--output-node", format!("{name:?}"), limit, "name one of these").into()
    })
}

/// Runs all samples on all cores; `output` answers.
fn answers(float: bool, output: usize, project: &Project, console: &Console) -> Result<Vec<Answer>, Problems> {
    let samples = project.samples();
    let bar = console.progress(samples as u64, if float { "float" } else { "golden" });
    let answers = if float {
        (0..samples)
            .into_par_iter()
            .map(|index| {
                let answer = float_answer(project, output, &project.sample(index)?);
                bar.inc(1);
                Ok(answer)
            })
            .collect::<Result<Vec<_>, Problems>>()?
    } else {
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
    };
    bar.finish_and_clear();
    Ok(answers)
}

fn float_answer(project: &Project, output: usize, spikes: &Spikes) -> Answer {
    let chain = &project.imported.float;
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
    last.iter()
        .flat_map(|trace| trace.spikes.iter().flatten())
        .for_each(|&n| counts[n as usize] += 1);
    Answer {
        counts,
        shown: last.map(|trace| trace.last.clone()).unwrap_or_default(),
        counters,
    }
}

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
    fn of(project: &Project, output: usize, answers: &[Answer]) -> Result<Summary, Problems> {
        let labels = project
            .dataset
            .as_ref()
            .map(|dataset| dataset.labels())
            .unwrap_or_default();
        let mut total = Counters::new(project.network().layers.len());
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

    /// Runs the golden model on all samples of `project`.
    pub fn golden(project: &Project, console: &Console) -> Result<Summary, Problems> {
        let output = output(None, project)?;
        project.check_labels(output)?;
        Summary::of(project, output, &answers(false, output, project, console)?)
    }

    /// Mean per sample.
    fn mean(&self, total: u64) -> f64 {
        total as f64 / self.samples.max(1) as f64
    }

    pub fn print(&self, project: &Project, console: &Console) {
        let steps = self.mean(self.total.steps);
        console.say(format!("{} samples, {steps} time steps each", self.samples));
        if let Some((lowest, membrane)) = self.accuracy {
            let (lowest, membrane) = (100.0 * lowest, 100.0 * membrane);
            let of = match project.network().outputs.as_slice() {
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
            input_names(project.network()),
            self.mean(self.total.input_events),
            "-",
            "-"
        ));
        for (index, layer) in project.network().layers.iter().enumerate() {
            let share = self.saturated(index);
            console.say(format!(
                "{:<24} {:>12.3} {:>14.1} {:>10.4} %",
                format!("{} ({})", layer.name, layer.neuron_name),
                self.mean(self.total.spikes[index]),
                self.mean(self.total.sops[index]),
                100.0 * share,
            ));
        }
        if project.network().outputs.len() > 1 {
            for output in &project.network().outputs {
                let layer = &project.network().layers[output.layer];
                let what = match layer.neuron.output {
                    Output::Value => format!("the membranes of {}", layer.name),
                    Output::Spike => format!("{:.3} spikes of {}", self.mean(self.total.spikes[output.layer]), layer.name),
                };
                console.say(format!("output {:<17} {what}", output.name));
            }
        }
        console.say("(mean per sample)");
        for warning in self.warnings(project) {
            console.warn(warning);
        }
    }

    /// Fraction of the layer's states that the clamp changed.
    fn saturated(&self, layer: usize) -> f64 {
        self.total.saturations[layer] as f64 / self.total.state_updates[layer].max(1) as f64
    }

    fn warnings(&self, project: &Project) -> Vec<String> {
        let layers = project.network().layers.iter().enumerate();
        layers
            .filter(|(index, _)| self.saturated(*index) > SATURATION_WARNING)
            .map(|(index, layer)| {
                format!(
                    "layer \"{}\": {:.2} % of the states saturate at {} bits, which changes what the network computes; \
                     use --membrane-bits {}",
                    layer.name,
                    100.0 * self.saturated(index),
                    layer.neuron.membrane.bits,
                    layer.neuron.membrane.bits + 2,
                )
            })
            .collect()
    }

    pub fn json(&self, project: &Project, float: bool) -> Value {
        let network = project.network();
        let integers = !float;
        let sops: u64 = self.total.sops.iter().sum();
        let means = |totals: &[u64]| totals.iter().map(|&n| self.mean(n)).collect::<Vec<_>>();
        let layers = 0..network.layers.len();
        json!({
            "samples": self.samples,
            "steps": self.mean(self.total.steps),
            "model": if float { "float" } else { "golden" },
            "accuracy": self.accuracy.map(|(lowest, _)| lowest),
            "accuracy_membrane_tiebreak": self.accuracy.map(|(_, membrane)| membrane),
            "input_spikes": self.mean(self.total.input_events),
            "outputs": outputs_json(network, |layer| self.mean(self.total.spikes[layer])),
            "output_node": network.outputs[self.output].name,
            "spikes_per_layer": means(&self.total.spikes),
            "layers": network.layers.iter().map(|layer| &layer.name).collect::<Vec<_>>(),
            "neurons": network.layers.iter().map(|layer| &layer.neuron_name).collect::<Vec<_>>(),
            "sops": integers.then(|| self.mean(sops)),
            "sops_per_layer": integers.then(|| means(&self.total.sops)),
            "saturated_per_layer": integers.then(|| layers.map(|layer| self.saturated(layer)).collect::<Vec<_>>()),
            "assumptions": project.imported.assumptions,
            "warnings": project.imported.warnings.iter().cloned().chain(self.warnings(project)).collect::<Vec<_>>(),
        })
    }
}

/// Names of the Input nodes.
pub fn input_names(network: &Network) -> String {
    let names: Vec<&str> = network.inputs.iter().map(|input| input.name.as_str()).collect();
    names.join(", ")
}

/// Output nodes with the layers that leave there; `spikes` of a layer per sample, null for values.
fn outputs_json(network: &Network, spikes: impl Fn(usize) -> f64) -> Vec<Value> {
    let of = |output: &net::OutputNode| {
        let layer = &network.layers[output.layer];
        let values = layer.neuron.output == Output::Value;
        json!({
            "node": output.name,
            "layer": layer.name,
            "kind": if values { "values" } else { "spikes" },
            "spikes": (!values).then(|| spikes(output.layer)),
        })
    };
    network.outputs.iter().map(of).collect()
}

/// The winners with both ways of breaking ties. Float membranes are compared in steps of 2^-20 of their unit.
fn by_ties(answer: &Answer) -> (usize, usize) {
    let shown: Vec<i64> = answer.shown.iter().map(|v| (v * f64::from(1 << 20)) as i64).collect();
    decide(&answer.counts, &shown)
}

/// Writes or compares the trace of one sample.
fn trace(args: &RunArgs, project: &Project, console: &Console) -> Result<Reply, Problems> {
    let dataset = project.need_data()?;
    if args.sample >= dataset.len() {
        return Err(net::Problem::new(
            "samples-range",
            "--sample",
            args.sample.to_string(),
            format!("0 to {}", dataset.len() - 1),
            "name a sample that is there",
        )
        .into());
    }
    let mut sample = dataset.sample(args.sample)?;
    sample.spikes = project.behind_guard(sample.spikes);
    let network = project.network();
    let mut arrays = trace_file::input_arrays(&network.inputs, &sample.spikes);
    if args.float {
        for (layer, trace) in project
            .imported
            .float
            .layers
            .iter()
            .zip(project.imported.float.run(&sample.spikes, true))
        {
            let mut own = trace_file::layer_arrays(&layer.neuron_name, layer.output, &trace.spikes, &[]);
            let shape = own[0].1.shape.clone();
            own[1].1 = Array {
                shape,
                data: trace.shown.concat(),
                kind: NumberType::F64,
            };
            arrays.extend(own);
        }
    } else {
        let engine = project.engine(network);
        engine.validate(&sample.spikes)?;
        let trace = engine.trace(&sample.spikes);
        for (layer, trace) in network.layers.iter().zip(&trace.layers) {
            arrays.extend(trace_file::layer_arrays(
                &layer.neuron_name,
                layer.output,
                &trace.spikes,
                &trace.shown,
            ));
        }
    }
    console.say(format!(
        "sample {} ({}), {} time steps",
        args.sample,
        sample.name,
        sample.spikes.len()
    ));
    let mut fields = json!({
        "samples": 1,
        "sample": args.sample,
        "sample_name": sample.name,
        "steps": sample.spikes.len(),
        "model": if args.float { "float" } else { "golden" },
        "arrays": arrays.iter().map(|(key, _)| key).collect::<Vec<_>>(),
    });
    if let Some(path) = &args.trace {
        trace_file::write(path, &arrays)?;
        console.say(format!(
            "wrote {}: {}",
            path.display(),
            net::data::arrays::names(&arrays)
        ));
        fields["trace"] = json!(path.display().to_string());
    }
    let Some(path) = &args.compare else {
        return Ok(Reply::new(fields));
    };
    let comparison = compare::compare(&arrays, &trace_file::read(path)?, &path.display().to_string())?;
    for node in &comparison.nodes {
        let agreement = 100.0 * node.spike_agreement();
        console.say(format!(
            "{:<20} {agreement:>8.3} % of spikes agree ({} of {} cells)",
            node.node, node.same, node.compared
        ));
    }
    for node in &comparison.missing {
        console.warn(format!("{} holds no spikes of {node}", path.display()));
    }
    let first = comparison.first();
    match first {
        Some(divergence) => console.say(format!("first divergence: {divergence}")),
        None => console.say("no divergence"),
    }
    let agreement: Vec<_> = comparison
        .nodes
        .iter()
        .map(|node| json!({"node": node.node, "agreement": node.spike_agreement()}))
        .collect();
    fields["comparison"] = json!(comparison);
    fields["agreement_per_layer"] = json!(agreement);
    fields["first_divergence"] = json!(first);
    Ok(Reply::new(fields).passed_if(first.is_none()))
}
