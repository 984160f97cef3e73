//! The public face of the golden model.

use crate::checked;
use crate::fast::{AnyLayer, Event, EventList, Scratch, Vectors, Wanted};
use crate::outcome::{Counters, LayerTrace, Outcome, Trace};
use crate::validate::validate;
use net::{Network, Problems, Spikes};
use rayon::prelude::*;

/// A network made ready to run. Every run is one sample and starts from zero state.
#[derive(Clone, Debug)]
pub struct Engine {
    network: Network,
    layers: Vec<AnyLayer>,
    vectors: Vectors,
}

impl Engine {
    /// Prepares `network`, which is a checked value: membrane words of at most 32 bits, leak factors with `m <= 31`.
    pub fn new(network: &Network) -> Engine {
        let layers = network.layers.iter().map(AnyLayer::new).collect();
        Engine {
            network: network.clone(),
            layers,
            vectors: Vectors::detect(),
        }
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

    /// Checks that every index of `spikes` lies on the input map and keeps to the network's multiplicity.
    pub fn validate(&self, spikes: &Spikes) -> Result<(), Problems> {
        validate(&self.network, spikes)
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
            scratch: Scratch::default(),
            input: EventList::default(),
            output: EventList::default(),
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
    scratch: Scratch,
    input: EventList,
    output: EventList,
}

impl Runner<'_> {
    /// As [`Engine::run`].
    pub fn run(&mut self, spikes: &Spikes) -> Outcome {
        let output = self.engine.network.output();
        let mut shown = Vec::new();
        let mut counters = self.load(spikes);
        let last = self.engine.layers.len() - 1;
        for i in 0..self.engine.layers.len() {
            let wanted = if i == last {
                Wanted::LastShown(&mut shown)
            } else {
                Wanted::Events
            };
            self.layer(i, &mut counters, wanted);
        }
        let mut counts = vec![0; output.len()];
        for event in self.input.all() {
            counts[output.index(event.c as usize, event.y as usize, event.x as usize)] += 1;
        }
        Outcome {
            counts,
            shown,
            counters,
        }
    }

    /// As [`Engine::trace`].
    pub fn trace(&mut self, spikes: &Spikes) -> Trace {
        let mut counters = self.load(spikes);
        let mut layers = Vec::with_capacity(self.engine.layers.len());
        for i in 0..self.engine.layers.len() {
            let mut trace = LayerTrace::new(self.engine.network.layers[i].output.len(), spikes.len());
            self.layer(i, &mut counters, Wanted::Everything(&mut trace));
            layers.push(trace);
        }
        Trace {
            steps: spikes.len(),
            layers,
            counters,
        }
    }

    /// Makes `spikes` the first layer's input.
    fn load(&mut self, spikes: &Spikes) -> Counters {
        let shape = self.engine.network.input;
        let mut counters = Counters::new(self.engine.layers.len());
        self.input.clear();
        for events in spikes {
            for &index in events {
                assert!(
                    (index as usize) < shape.len(),
                    "event {index} lies off the input map {shape}"
                );
                self.input.push(Event::at(shape, index as usize));
            }
            self.input.end_step();
            counters.input_events += events.len() as u64;
        }
        counters.steps = spikes.len() as u64;
        counters
    }

    /// Runs layer `i` on the current input, and makes its output the next input.
    fn layer(&mut self, i: usize, counters: &mut Counters, wanted: Wanted) {
        let layer = &self.engine.layers[i];
        let cost = layer.run(
            self.engine.vectors,
            &self.input,
            &mut self.output,
            &mut self.scratch,
            wanted,
        );
        counters.sops[i] = cost.sops;
        counters.saturations[i] = cost.saturations;
        counters.spikes[i] = self.output.all().len() as u64;
        counters.close_layer(i, self.engine.network.layers[i].output.len(), self.input.steps());
        std::mem::swap(&mut self.input, &mut self.output);
    }
}
