//! The public face of the golden model.

use crate::checked;
use crate::fast::{AnyLayer, Event, EventList, Scratch, Vectors};
use crate::hearing::{stages, Ear};
use crate::outcome::{Counters, LayerTrace, Outcome, Trace};
use crate::validate::validate;
use net::wiring::entering;
use net::{Leaving, Network, Origin, Problems, Spikes};
use rayon::prelude::*;

/// A network made ready to run. Every run is one sample and starts from the initial states.
#[derive(Clone, Debug)]
pub struct Engine {
    network: Network,
    layers: Vec<AnyLayer>,
    /// Per layer what it hears.
    ears: Vec<Ear>,
    /// Layers that run together, step by step.
    stages: Vec<std::ops::Range<usize>>,
    vectors: Vectors,
    /// What an [`Outcome`] is about.
    answer: Leaving,
    /// Addresses may spike more often than the network's multiplicity.
    tolerant: bool,
}

impl Engine {
    /// Prepares `network`, which is a checked value: membrane words of at most 32 bits, leak factors with `m <= 31`.
    pub fn new(network: &Network) -> Engine {
        let layers = network.layers.iter().map(AnyLayer::new).collect();
        Engine {
            network: network.clone(),
            layers,
            ears: (0..network.layers.len()).map(|i| Ear::new(network, i)).collect(),
            stages: stages(network),
            vectors: Vectors::detect(),
            answer: network.leaving(network.outputs.len() - 1),
            tolerant: false,
        }
    }

    /// The same engine; if `tolerant` for samples, too, in which addresses spike more often than the network's multiplicity, as
    /// hardware meets them behind a guard that only counts. Membranes were not proven for those: where one leaves its word, the answer is undefined.
    pub fn tolerant(self, tolerant: bool) -> Engine {
        Engine { tolerant, ..self }
    }

    /// The same engine with outcomes about the network's output `output`, instead of its last.
    pub fn answering(self, output: usize) -> Engine {
        Engine { answer: self.network.leaving(output), ..self }
    }

    /// The same engine for every kind of vector instructions that this machine has; for tests.
    #[doc(hidden)]
    pub fn every_kind(&self) -> Vec<Engine> {
        Vectors::available()
            .into_iter()
            .map(|vectors| Engine {
                vectors,
                ..self.clone()
            })
            .collect()
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Checks that every index of `spikes` lies on an input's map ([`Network::input`]) and keeps to the network's multiplicity.
    pub fn validate(&self, spikes: &Spikes) -> Result<(), Problems> {
        validate(&self.network, spikes, self.tolerant)
    }

    /// Runs one sample in fast mode. `spikes` must pass [`Engine::validate`].
    pub fn run(&self, spikes: &Spikes) -> Outcome {
        self.runner().run(spikes)
    }

    /// Runs one sample and keeps every spike and state. `spikes` must pass [`Engine::validate`].
    pub fn trace(&self, spikes: &Spikes) -> Trace {
        self.runner().trace(spikes)
    }

    /// Runs one sample in checked mode: 64-bit checked arithmetic on a plain second machine. The same trace as
    /// [`Engine::trace`], or a problem that names layer, neuron, time step and the width that would do, as soon as
    /// some order of a step's events could leave the membrane word. Refuses samples that [`Engine::validate`] refuses.
    pub fn checked(&self, spikes: &Spikes) -> Result<Trace, Problems> {
        self.validate(spikes)?;
        checked::run(&self.network, spikes)
    }

    /// A runner that keeps its buffers from sample to sample; one per thread.
    pub fn runner(&self) -> Runner<'_> {
        Runner {
            engine: self,
            scratch: vec![Scratch::default(); self.stages.iter().map(|stage| stage.len()).max().unwrap_or(0)],
            inputs: vec![EventList::default(); self.network.inputs.len()],
            sent: vec![EventList::default(); self.layers.len()],
            heard: Vec::new(),
        }
    }

    /// Runs samples `0 .. samples` in fast mode on all cores. `spikes(i)` makes sample `i` on the thread that runs it;
    /// the outcomes come in the order of samples. Stops at a problem: one that `spikes` reports, or a sample that
    /// [`Engine::validate`] refuses.
    pub fn run_many(
        &self,
        samples: usize,
        spikes: impl Fn(usize) -> Result<Spikes, Problems> + Sync,
    ) -> Result<Vec<Outcome>, Problems> {
        (0..samples)
            .into_par_iter()
            .map_init(
                || self.runner(),
                |runner, sample| {
                    let spikes = spikes(sample)?;
                    self.validate(&spikes)?;
                    Ok(runner.run(&spikes))
                },
            )
            .collect()
    }
}

/// Runs samples one after the other, see [`Engine::runner`].
#[derive(Clone, Debug)]
pub struct Runner<'a> {
    engine: &'a Engine,
    /// For each layer of a stage.
    scratch: Vec<Scratch>,
    inputs: Vec<EventList>,
    /// Per layer what it has sent.
    sent: Vec<EventList>,
    heard: Vec<Event>,
}

impl Runner<'_> {
    /// As [`Engine::run`].
    pub fn run(&mut self, spikes: &Spikes) -> Outcome {
        let answer = &self.engine.answer;
        let mut shown = vec![0; answer.shape.len()];
        let counters = self.all(spikes, None, &mut shown);
        let mut counts = vec![0; answer.shape.len()];
        for (layer, source) in answer.layers() {
            let output = self.engine.network.layers[layer].output;
            for event in self.sent[layer].all() {
                let neuron = output.index(event.c as usize, event.y as usize, event.x as usize);
                source.heard(answer.shape, neuron).into_iter().for_each(|at| counts[at] += 1);
            }
        }
        Outcome {
            counts,
            shown,
            counters,
        }
    }

    /// As [`Engine::trace`].
    pub fn trace(&mut self, spikes: &Spikes) -> Trace {
        let layers = self.engine.network.layers.iter();
        let mut traces = layers.map(|layer| LayerTrace::new(layer.output.len(), spikes.len())).collect();
        let counters = self.all(spikes, Some(&mut traces), &mut []);
        Trace {
            steps: spikes.len(),
            layers: traces,
            answer: self.engine.answer.clone(),
            counters,
        }
    }

    /// Runs all layers; fills `traces` if there are any, else the `shown` states of what answers in the last step.
    fn all(&mut self, spikes: &Spikes, mut traces: Option<&mut Vec<LayerTrace>>, shown: &mut [i64]) -> Counters {
        let mut counters = self.load(spikes);
        let (engine, steps) = (self.engine, spikes.len());
        for stage in &engine.stages {
            for (i, scratch) in stage.clone().zip(&mut self.scratch) {
                engine.layers[i].begin(scratch);
                self.sent[i].clear();
            }
            for step in 0..steps {
                let ends = step + 1 == steps;
                for (place, i) in stage.clone().enumerate() {
                    let answers = engine.answer.layers().find(|(layer, _)| ends && *layer == i);
                    self.step(i, place, step, traces.is_some() || answers.is_some(), &mut counters);
                    if let Some(traces) = &mut traces {
                        engine.layers[i].record(&self.scratch[place], &mut traces[i]);
                    } else if let Some((_, source)) = answers {
                        let states = engine.layers[i].shown(&self.scratch[place]);
                        let at = |n: usize| source.heard(engine.answer.shape, n);
                        states.into_iter().enumerate().filter_map(|(n, state)| Some((at(n)?, state))).for_each(|(n, state)| shown[n] = state);
                    }
                }
            }
            for i in stage.clone() {
                counters.spikes[i] = self.sent[i].all().len() as u64;
                counters.close_layer(i);
            }
        }
        counters
    }

    /// One time step of layer `i`, whose states are `self.scratch[place]`.
    fn step(&mut self, i: usize, place: usize, step: usize, show: bool, counters: &mut Counters) {
        let engine = self.engine;
        let mut output = std::mem::take(&mut self.sent[i]);
        let events = match &engine.ears[i] {
            Ear::Whole(from) => {
                let sent = match *from {
                    Origin::Input(k) => &self.inputs[k],
                    Origin::Layer(j) => &self.sent[j],
                };
                sent.step(step)
            }
            Ear::Several(inlets) => {
                self.heard.clear();
                for inlet in inlets {
                    let Some(step) = step.checked_sub(inlet.delay) else { continue };
                    // What the layer itself sent in earlier steps.
                    let sent = match inlet.from {
                        Origin::Input(k) => &self.inputs[k],
                        Origin::Layer(j) if j == i => &output,
                        Origin::Layer(j) => &self.sent[j],
                    };
                    self.heard.extend(sent.step(step).iter().filter_map(|event| inlet.heard(*event)));
                }
                self.heard.as_slice()
            }
        };
        let cost = engine.layers[i].step(engine.vectors, events, &mut output, &mut self.scratch[place], show);
        counters.sops[i] += cost.sops;
        counters.saturations[i] += cost.saturations;
        counters.state_updates[i] += cost.updates;
        self.sent[i] = output;
    }

    /// Makes `spikes` the network's input.
    fn load(&mut self, spikes: &Spikes) -> Counters {
        let network = &self.engine.network;
        let mut counters = Counters::new(self.engine.layers.len());
        for (k, input) in network.inputs.iter().enumerate() {
            let shape = input.shape;
            self.inputs[k].clear();
            for events in spikes {
                for index in entering(&network.inputs, k, events) {
                    assert!(
                        (index as usize) < shape.len(),
                        "event {index} lies off the input map {shape}"
                    );
                    self.inputs[k].push(Event::at(shape, index as usize));
                }
                self.inputs[k].end_step();
            }
        }
        counters.input_events = spikes.iter().map(|events| events.len() as u64).sum();
        counters.steps = spikes.len() as u64;
        counters
    }
}
