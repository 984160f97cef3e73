//! A sender that cuts its vectors of spikes: register for register the emitted slicer, without data.

use std::collections::VecDeque;

use super::Entry;
use crate::plan::CorePlan;

/// Between the FIFO and the serialiser of a wide sender.
pub(super) struct SlicerModel {
    /// Spikes of each slice that has some, of the vectors with spikes, in the order of the scans.
    coming: VecDeque<Vec<u32>>,
    /// What is left of the vector at hand.
    held: VecDeque<Entry>,
    // The register slice behind it.
    front: Option<Entry>,
    spare: Option<Entry>,
}

impl SlicerModel {
    /// `sent` per step: `(pass * words + scan word, neuron)` of the spikes in the order in which they leave.
    pub(super) fn new(core: &CorePlan, sent: &[Vec<(u32, u32)>]) -> Self {
        let slice_of = |neuron: u32| {
            let at = core.locate(neuron as usize);
            (at.bank * core.lanes + at.lane) / core.spike_slice()
        };
        let mut coming = VecDeque::new();
        for step in sent {
            for vector in step.chunk_by(|a, b| a.0 == b.0) {
                let slices = vector.chunk_by(|a, b| slice_of(a.1) == slice_of(b.1));
                coming.push_back(slices.map(|slice| slice.len() as u32).collect());
            }
        }
        SlicerModel { coming, held: VecDeque::new(), front: None, spare: None }
    }

    fn takes(&self) -> bool {
        !self.held.is_empty() && self.spare.is_none()
    }

    /// Whether a vector offered now is taken.
    pub(super) fn in_ready(&self) -> bool {
        self.held.is_empty() || (self.takes() && self.held.len() == 1)
    }

    /// One clock edge: `offered` is the FIFO's word, `load` whether the serialiser takes a slice. Returns what it was shown.
    pub(super) fn edge(&mut self, offered: Option<Entry>, load: bool) -> Option<Entry> {
        let (shown, ready) = (self.front, self.in_ready());
        let slice = if self.takes() { self.held.pop_front() } else { None };
        if load || self.front.is_none() {
            self.front = self.spare.take().or(slice);
        } else if slice.is_some() {
            self.spare = slice;
        }
        if let (true, Some(vector)) = (ready, offered) {
            let slices = if vector.left > 0 { self.coming.pop_front().unwrap_or_default() } else { vec![0] };
            let last = slices.len() - 1;
            self.held = slices.iter().enumerate().map(|(i, &left)| Entry { left, end: vector.end && i == last }).collect();
        }
        shown
    }
}
