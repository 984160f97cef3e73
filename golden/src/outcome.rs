//! What a run leaves behind.

use std::borrow::Cow;

use net::{Leaving, Place};

/// Result of one sample in fast mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Spikes of each output neuron over the sample (flat index of what leaves at the output that answers).
    pub counts: Vec<u32>,
    /// Shown membrane of each output neuron after the last step, in membrane units; zero if there was no step.
    pub shown: Vec<i64>,
    pub counters: Counters,
}

/// What one sample cost. Vectors have one entry per layer, in topological order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Time steps of the sample.
    pub steps: u64,
    /// Input events, each counted as often as it stands in the sample.
    pub input_events: u64,
    /// Spikes that each neuron layer sent; a neuron that sends `n` in one step counts `n` times.
    pub spikes: Vec<u64>,
    /// Synaptic operations: one weight added to one membrane. Only taps inside the map count; an event that an
    /// overlapping pooling window sees twice costs twice, one that falls outside the last whole window costs nothing.
    pub sops: Vec<u64>,
    /// Membrane reads: one per synaptic operation and one per state update.
    pub membrane_reads: Vec<u64>,
    /// Membrane writes: one per synaptic operation and one per state update.
    pub membrane_writes: Vec<u64>,
    /// States that the clamp changed at the end of a step.
    pub saturations: Vec<u64>,
    /// States updated at the end of a step: neurons x steps; with lazy leak only those that an event reached in the step.
    pub state_updates: Vec<u64>,
}

impl Counters {
    /// All zero, for `layers` layers.
    pub fn new(layers: usize) -> Self {
        Counters {
            steps: 0,
            input_events: 0,
            spikes: vec![0; layers],
            sops: vec![0; layers],
            membrane_reads: vec![0; layers],
            membrane_writes: vec![0; layers],
            saturations: vec![0; layers],
            state_updates: vec![0; layers],
        }
    }

    /// Adds another sample of the same network.
    pub fn add(&mut self, other: &Counters) {
        fn sum(into: &mut Vec<u64>, from: &[u64]) {
            into.resize(into.len().max(from.len()), 0);
            into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        }
        self.steps += other.steps;
        self.input_events += other.input_events;
        sum(&mut self.spikes, &other.spikes);
        sum(&mut self.sops, &other.sops);
        sum(&mut self.membrane_reads, &other.membrane_reads);
        sum(&mut self.membrane_writes, &other.membrane_writes);
        sum(&mut self.saturations, &other.saturations);
        sum(&mut self.state_updates, &other.state_updates);
    }

    /// Closes layer `layer`'s account: memory traffic follows from operations and updates.
    pub(crate) fn close_layer(&mut self, layer: usize) {
        self.membrane_reads[layer] = self.sops[layer] + self.state_updates[layer];
        self.membrane_writes[layer] = self.membrane_reads[layer];
    }
}

/// Everything one sample did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub steps: usize,
    /// One per layer, in topological order.
    pub layers: Vec<LayerTrace>,
    /// What leaves at the output that answers: the last one, or the one that [`Engine::answering`](crate::Engine::answering) chose.
    pub answer: Leaving,
    pub counters: Counters,
}

impl Trace {
    /// What leaves at an output, as if one layer had sent it.
    pub fn leaving(&self, leaving: &Leaving) -> Cow<'_, LayerTrace> {
        let parts: Vec<_> = leaving.layers().map(|(layer, source)| (&self.layers[layer], source)).collect();
        if let [(whole, source)] = parts.as_slice() {
            if source.place == Place::Channels(0) {
                return Cow::Borrowed(whole);
            }
        }
        let neurons = leaving.shape.len();
        let states = vec![0; neurons * self.steps];
        let mut all = LayerTrace { neurons, spikes: vec![Vec::new(); self.steps], stored: states.clone(), shown: states };
        for (part, source) in parts {
            let at = |n: usize| source.heard(leaving.shape, n);
            for step in 0..self.steps {
                all.spikes[step].extend(part.spikes[step].iter().filter_map(|&n| Some(at(n as usize)? as u32)));
                for (n, at) in (0..part.neurons).filter_map(|n| Some((n, at(n)?))) {
                    all.stored[step * neurons + at] = part.stored_at(step)[n];
                    all.shown[step * neurons + at] = part.shown_at(step)[n];
                }
            }
        }
        all.spikes.iter_mut().for_each(|spikes| spikes.sort_unstable());
        Cow::Owned(all)
    }

    /// The part of a trace that fast mode keeps.
    pub fn outcome(&self) -> Outcome {
        let last = self.leaving(&self.answer);
        let mut counts = vec![0; last.neurons];
        last.spikes.iter().flatten().for_each(|&n| counts[n as usize] += 1);
        let shown = match self.steps.checked_sub(1) {
            Some(step) => last.shown_at(step).iter().map(|&v| i64::from(v)).collect(),
            None => vec![0; last.neurons],
        };
        Outcome {
            counts,
            shown,
            counters: self.counters.clone(),
        }
    }
}

/// Spikes and states of one layer. States are `[T][N]`: the value after step `t` of neuron `n` is at `t * neurons + n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerTrace {
    pub neurons: usize,
    /// Per step the flat indices that spiked, ascending; an index that sent `n` spikes stands `n` times. The spiked bit
    /// of the delayed reset is exactly "stands here in this step".
    pub spikes: Vec<Vec<u32>>,
    /// What the step leaves in the membrane memory: after saturation (and after leak, if leak comes last).
    pub stored: Vec<i32>,
    /// What traces and readouts show: the state before leak (reset then leak) or before leak and reset (leak then reset).
    pub shown: Vec<i32>,
}

impl LayerTrace {
    pub(crate) fn new(neurons: usize, steps: usize) -> Self {
        let states = Vec::with_capacity(neurons * steps);
        LayerTrace {
            neurons,
            spikes: Vec::with_capacity(steps),
            stored: states.clone(),
            shown: states,
        }
    }

    /// Stored states after step `step`, by flat index.
    pub fn stored_at(&self, step: usize) -> &[i32] {
        &self.stored[step * self.neurons..][..self.neurons]
    }

    /// Shown states after step `step`, by flat index.
    pub fn shown_at(&self, step: usize) -> &[i32] {
        &self.shown[step * self.neurons..][..self.neurons]
    }
}
