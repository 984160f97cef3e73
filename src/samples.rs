//! A project's samples: what is sent to the chip, and what of it enters the network.

use std::borrow::Cow;

use golden::Engine;
use net::{guard, Network, Problems, Spikes};
use rtl::edge::{Edges, Guard};

use crate::project::Project;

/// Time steps and activity of random samples, where there is no data.
const RANDOM_STEPS: usize = 8;
const RANDOM_ACTIVITY: f64 = 0.1;
/// Random samples where the user does not say how many.
const RANDOM_SAMPLES: usize = 4;

impl Project {
    /// Number of samples: of the data, else of random ones.
    pub fn samples(&self) -> usize {
        match &self.dataset {
            Some(dataset) => dataset.len(),
            None => self.settings.samples.map_or(RANDOM_SAMPLES, |n| n as usize),
        }
    }

    /// The ports, with a guard that knows the network's multiplicity.
    pub fn guarded_edges(&self) -> Edges {
        let guard = self.edges.guard.map(|guard| Guard { multiplicity: self.network().multiplicity, ..guard });
        Edges { guard, ..self.edges }
    }

    /// The golden model of `network`, as strict about the multiplicity as the input's guard leaves it.
    pub fn engine(&self, network: &Network) -> Engine {
        Engine::new(network).tolerant(self.edges.are_tolerant())
    }

    /// Spikes of sample `index` as they enter the network: behind the input's guard, if it limits.
    pub fn sample(&self, index: usize) -> Result<Spikes, Problems> {
        let sent = self.sent(index)?;
        Ok(self.behind_guard(Cow::Owned(sent)).into_owned())
    }

    /// What of `sent` a limiting guard lets through.
    pub fn behind_guard<'a>(&self, sent: Cow<'a, Spikes>) -> Cow<'a, Spikes> {
        guard::entering(sent, self.guarded_edges().limit())
    }

    /// Spikes of sample `index` as they come to the chip, from the data or else random by the seed.
    pub fn sent(&self, index: usize) -> Result<Spikes, Problems> {
        match &self.dataset {
            Some(dataset) => Ok(dataset.sample(index)?.spikes),
            None => {
                let steps = self.settings.steps.map_or(RANDOM_STEPS, |n| n as usize);
                let seed = self.seed.wrapping_mul(0x1_0000).wrapping_add(index as u64);
                Ok(net::random::spikes(self.network(), seed, steps, RANDOM_ACTIVITY))
            }
        }
    }
}
