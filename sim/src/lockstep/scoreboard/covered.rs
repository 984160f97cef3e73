//! What the compared writes of a core have covered.

use golden::neuron::end_step;
use net::ResetOrder;

use super::Scoreboard;
use crate::lockstep::coverage::{LayerCoverage, Seen, States};
use crate::lockstep::footprint::get_bits;

/// Rows of weights that were added, and what happened to words. A word is addressed as bank x words + address.
pub(super) struct Covered {
    pub rows: Seen,
    pub written: Seen,
    pub saturated: Seen,
    pub forwarded: Seen,
}

impl Covered {
    /// Nothing yet; `rows`: weights of each row; `lanes`: neurons in each word.
    pub fn new(rows: Vec<u32>, lanes: impl Iterator<Item = u64>) -> Covered {
        let words = Seen::counting(lanes.map(|lanes| u32::from(lanes > 0)).collect());
        Covered { rows: Seen::counting(rows), written: words.clone(), saturated: words.clone(), forwarded: words }
    }
}

impl Scoreboard<'_> {
    /// Looks whether the end of the step will clamp a state of word `at`, which is as its events left it.
    pub(super) fn look_for_saturation(&mut self, at: usize) {
        if self.covered.saturated.has(at) {
            return;
        }
        let layer = &self.core.layer;
        let (neuron, shape) = (&layer.neuron, layer.output);
        let (lo, hi) = (neuron.membrane.lo, neuron.membrane.hi);
        let word = self.shadow.word(at);
        let spiked = |lane: usize| {
            let low = lane as u32 * self.core.state_bits() + neuron.membrane.bits;
            self.core.has_spiked_bit() && get_bits(word, low, 1) == 1
        };
        let saturates = |(lane, index): (usize, usize)| {
            let state = self.lanes.membrane(word, lane);
            let potential = state + neuron.bias.at(shape, index);
            // Most states are far from both ends.
            let near = !(lo..=hi).contains(&potential) || neuron.order == ResetOrder::LeakThenReset && potential >= neuron.fire_level.at(shape, index);
            near && end_step(neuron, shape, index, state, spiked(lane)).saturated
        };
        if self.lanes.neurons(at).any(saturates) {
            self.covered.saturated.mark(at);
        }
    }

    /// What was covered; `fired`: neurons whose spikes were compared.
    pub fn coverage(&self, fired: Option<Seen>) -> LayerCoverage {
        let words = States {
            written: self.covered.written.clone(),
            saturated: self.covered.saturated.clone(),
            forwarded: self.forwards.then(|| self.covered.forwarded.clone()),
        };
        let banks = words.banks(self.words);
        LayerCoverage { layer: self.core.layer.name.clone(), weights: self.covered.rows.clone(), fired, words, banks }
    }
}
