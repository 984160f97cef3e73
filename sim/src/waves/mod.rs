//! Waves of one sample: probed signals, and beside them a scope that a neuromorphic person can read.
//!
//! `<layer>`: links and bank write ports as they are in the hardware. `spikewright.<layer>`: sample, time step, phase and
//! event as text, event channel, row and column, neuron, golden's state beside the hardware's, and a mismatch flag.
//! With the cargo feature `verilated`
//! all signals of the design stand beside that scope instead of the probed ones. A `.gtkw` file beside the VCD shows that scope in GTKWave. One clock cycle is 10 ns of the VCD.

mod full;
mod merge;
mod recorder;
mod save_file;
mod track;

use std::path::PathBuf;

pub(crate) use full::AVAILABLE;
pub(crate) use recorder::Recorder;

/// Waves of one sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveRequest {
    /// Index in the list of samples.
    pub sample: usize,
    /// Weight node's name; `None` shows all layers.
    pub layer: Option<String>,
    /// The VCD; its folder must exist. The `.gtkw` file goes beside it.
    pub path: PathBuf,
}
