//! The cores: one event-driven machine with exchangeable parts (addressing, synapses, state memory, neuron unit, sender).

pub mod bank;
pub mod block;
pub mod core;
pub mod headers;
pub mod lane;
pub mod leak;
pub mod lookup;
pub mod make_up;
pub mod memories;
pub mod parallel;
pub mod readout;
pub mod sender;
pub mod sequencer;
pub mod slicer;
pub mod some_slice;
pub mod span;
pub mod table;
pub mod several_ports;
pub mod top;
pub mod touched;
pub mod value_sender;
