//! A trace as named arrays, for files.

use crate::Trace;
use net::data::trace_file::{input_arrays, layer_arrays, TraceArrays};
use net::{Network, Spikes};

impl Trace {
    /// Arrays of this trace of `network` under NIR names: the inputs' spikes, and each layer's spikes and shown
    /// membranes; see [`net::data::trace_file`]. `spikes` is the sample that was traced.
    pub fn arrays(&self, network: &Network, spikes: &Spikes) -> TraceArrays {
        let mut arrays = input_arrays(&network.inputs, spikes);
        for (layer, trace) in network.layers.iter().zip(&self.layers) {
            arrays.extend(layer_arrays(
                &layer.neuron_name,
                layer.output,
                &trace.spikes,
                &trace.shown,
            ));
        }
        arrays
    }
}
