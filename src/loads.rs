//! What travels in a network in a time step: what the planner goes by.

use net::{Network, Problems, Spikes};
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
            sent: std::iter::once(network.input.len()).chain(outputs).map(|n| n as f64 * share).collect(),
            source,
        }
    }

    /// The golden model's spikes in samples 0 to `count`.
    pub fn measured(
        network: &Network,
        count: usize,
        sample: impl Fn(usize) -> Result<Spikes, Problems>,
        console: &Console,
    ) -> Result<Loads, Problems> {
        let engine = golden::Engine::new(network);
        let mut sent = vec![0; 1 + network.layers.len()];
        let mut heard: Vec<Vec<u64>> = network.layers.iter().map(|layer| vec![0; layer.input.len()]).collect();
        let mut steps = 0;
        let bar = console.progress(count as u64, "samples measured for the plan");
        for index in 0..count {
            let spikes = sample(index)?;
            engine.validate(&spikes)?;
            let trace = engine.trace(&spikes);
            let layers: Vec<&[Vec<u32>]> = trace.layers.iter().map(|layer| layer.spikes.as_slice()).collect();
            let all = std::iter::once(spikes.as_slice()).chain(layers.iter().copied());
            sent.iter_mut().zip(all).for_each(|(sum, steps)| *sum += steps.iter().map(Vec::len).sum::<usize>());
            for (layer, counts) in heard.iter_mut().enumerate() {
                network.heard(layer, &spikes, &layers).iter().flatten().for_each(|&event| counts[event as usize] += 1);
            }
            steps += spikes.len();
            bar.inc(1);
        }
        bar.finish_and_clear();
        let steps = steps.max(1) as f64;
        Ok(Loads {
            heard: heard.iter().map(|counts| Load::measured(counts, steps)).collect(),
            sent: sent.into_iter().map(|n| n as f64 / steps).collect(),
            source: format!("measured on {count} sample(s)"),
        })
    }
}
