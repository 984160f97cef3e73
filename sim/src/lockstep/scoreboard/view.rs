//! What a person sees of a core in the waves.

use rtl::Word;

use super::lanes::Lanes;

/// What a person sees of the core in the waves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub sample: usize,
    pub step: usize,
    pub phase: Phase,
    /// The word accepted last.
    pub event: Option<Word>,
    /// Neuron of the write compared last, golden's state and the hardware's.
    pub neuron: Option<usize>,
    pub golden: i64,
    pub rtl: i64,
    pub mismatch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Idle,
    Clear,
    Integrate,
    Fire,
}

impl View {
    /// Before the first word and the first write.
    pub(super) fn idle() -> View {
        View {
            sample: 0,
            step: 0,
            phase: Phase::Idle,
            event: None,
            neuron: None,
            golden: 0,
            rtl: 0,
            mismatch: false,
        }
    }

    /// Shows a write to word `at`: the first lane that differs, else the first that holds a neuron.
    pub(super) fn show(&mut self, lanes: &Lanes, at: usize, expected: &[u32], data: &[u32]) {
        if let Some((lane, neuron, wrong)) = lanes.telling_lane(at, expected, data) {
            self.neuron = Some(neuron);
            self.golden = lanes.membrane(expected, lane);
            self.rtl = lanes.membrane(data, lane);
            self.mismatch = wrong;
        }
    }
}
