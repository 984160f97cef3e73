//! What travels in a network in a time step: what the planner goes by.

use net::{Network, Problems, Spikes};
use rayon::prelude::*;
use rtl::plan::Load;

use crate::console::Console;

/// What travels in a time step, and where that comes from.
pub struct Loads {
    /// What each layer hears.
    pub heard: Vec<Load>,
    /// Spikes per time step that the input and each layer send.
    pub sent: Vec<f64>,
    pub source: String,
}

impl Loads {
    /// A share of the addresses of every map spikes in a step, anywhere.
    pub fn even(network: &Network, share: f64, source: String) -> Loads {
        let outputs = network.layers.iter().map(|layer| layer.output.len());
        Loads {
            heard: network.layers.iter().map(|layer| Load::even(layer.input.len() as f64 * share)).collect(),
            sent: std::iter::once(network.input().len()).chain(outputs).map(|n| n as f64 * share).collect(),
            source,
        }
    }

    /// What `traced` samples bring.
    pub fn measured(network: &Network, traced: &[Traced]) -> Loads {
        let mut sent = vec![0; 1 + network.layers.len()];
        let mut heard: Vec<Vec<u64>> = network.layers.iter().map(|layer| vec![0; layer.input.len()]).collect();
        for sample in traced {
            let layers = sample.layers();
            let all = std::iter::once(sample.spikes.as_slice()).chain(layers.iter().copied());
            sent.iter_mut().zip(all).for_each(|(sum, steps)| *sum += steps.iter().map(Vec::len).sum::<usize>());
            for (layer, counts) in heard.iter_mut().enumerate() {
                network.heard(layer, &sample.spikes, &layers).iter().flatten().for_each(|&event| counts[event as usize] += 1);
            }
        }
        let steps = traced.iter().map(|sample| sample.spikes.len()).sum::<usize>().max(1) as f64;
        Loads {
            heard: heard.iter().map(|counts| Load::measured(counts, steps)).collect(),
            sent: sent.into_iter().map(|n| n as f64 / steps).collect(),
            source: format!("measured on {} sample(s)", traced.len()),
        }
    }
}

/// A sample, and what golden's layers send in it.
pub struct Traced {
    pub spikes: Spikes,
    layers: Vec<Spikes>,
}

impl Traced {
    /// Samples 0 to `count` in the golden model.
    pub fn first(
        engine: golden::Engine,
        count: usize,
        sample: impl Fn(usize) -> Result<Spikes, Problems> + Sync,
        console: &Console,
    ) -> Result<Vec<Traced>, Problems> {
        let bar = console.progress(count as u64, "samples measured for the plan");
        let one = |index: usize| {
            let spikes = sample(index)?;
            engine.validate(&spikes)?;
            let layers = engine.trace(&spikes).layers.into_iter().map(|layer| layer.spikes).collect();
            bar.inc(1);
            Ok(Traced { spikes, layers })
        };
        let all: Vec<Result<Traced, Problems>> = (0..count).into_par_iter().map(one).collect();
        bar.finish_and_clear();
        // The first sample's problem, whichever thread met one first.
        all.into_iter().collect()
    }

    /// Per layer and time step, the neurons that spike.
    pub fn layers(&self) -> Vec<&[Vec<u32>]> {
        self.layers.iter().map(Vec::as_slice).collect()
    }
}
