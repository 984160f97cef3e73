//! The cores: one event-driven machine with exchangeable parts (addressing, synapses, state memory, neuron unit, sender).

pub mod bank;
pub mod block;
pub mod core;
pub mod headers;
pub mod lane;
pub mod leak;
pub mod lookup;
pub mod lowest;
pub mod one_hot;
pub mod sender;
pub mod slicer;
pub mod sequencer;
pub mod table;
pub mod readout;
pub mod span;
pub mod top;
pub mod touched;
pub mod value_sender;
pub mod weights;
