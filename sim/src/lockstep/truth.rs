//! What golden says about the samples in flight, and where a checker stands in them.

use std::collections::VecDeque;

use golden::Trace;
use net::Spikes;

/// One sample: its input and everything golden computes for it.
pub struct Truth<'a> {
    /// Index in the caller's list of samples.
    pub sample: usize,
    /// Time steps of all samples before it in this run.
    pub start: u64,
    pub input: &'a Spikes,
    /// The same by input, with flat indices of each one's own map.
    pub inputs: Vec<Spikes>,
    pub trace: Trace,
}

impl Truth<'_> {
    pub fn steps(&self) -> usize {
        self.input.len()
    }
}

/// The samples in flight, oldest first.
#[derive(Default)]
pub struct Truths<'a> {
    /// How many have been retired.
    first: usize,
    items: VecDeque<Truth<'a>>,
}

impl<'a> Truths<'a> {
    pub fn push(&mut self, truth: Truth<'a>) {
        self.items.push_back(truth);
    }

    /// Forgets the oldest.
    pub fn retire(&mut self) {
        self.first += usize::from(self.items.pop_front().is_some());
    }

    /// The `ordinal`-th sample of this run, if it is in flight.
    pub fn get(&self, ordinal: usize) -> Option<&Truth<'a>> {
        self.items.get(ordinal.checked_sub(self.first)?)
    }

    /// The sample that the run's global step `step` belongs to, and its own step.
    pub fn at_step(&self, step: u64) -> Option<(&Truth<'a>, usize)> {
        let truth = self
            .items
            .iter()
            .find(|t| step >= t.start && step < t.start + t.steps() as u64)?;
        Some((truth, (step - truth.start) as usize))
    }

    /// Samples in flight.
    pub fn len(&self) -> usize {
        self.items.len()
    }
}

/// A place in the run: sample (counted from the run's first) and time step in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub ordinal: usize,
    pub step: usize,
}

impl Position {
    /// Moves on by one step, into the next sample if this one ends.
    pub fn advance(&mut self, steps_of_sample: usize) {
        self.step += 1;
        if self.step >= steps_of_sample {
            *self = Position {
                ordinal: self.ordinal + 1,
                step: 0,
            };
        }
    }
}
