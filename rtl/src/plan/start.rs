//! Where a sample starts: what membrane memory holds before the first time step.

use net::{Layer, Leak, Param, Rounding};

/// Stored states before the first step: each neuron's initial state, leaked once, as the end of a step leaves it. Membrane units.
pub fn stored(layer: &Layer) -> Param {
    let (neuron, shape) = (&layer.neuron, layer.output);
    let uniform = match &neuron.leak {
        Leak::None => true,
        Leak::Decay { a, .. } => matches!(a, Param::Layer(_)) || neuron.initial == Param::Layer(0),
    };
    match &neuron.initial {
        Param::Layer(value) if uniform => Param::Layer(leaked(&neuron.leak, 0, layer, *value)),
        initial => {
            let each = (0..shape.len()).map(|n| leaked(&neuron.leak, n, layer, initial.at(shape, n))).collect();
            net::quantise::compress(each, shape)
        }
    }
}

/// Whether a neuron that no event reaches fires in the first step, by what it starts with.
pub fn fires(layer: &Layer) -> bool {
    stored(layer).max() >= layer.neuron.fire_level.min()
}

/// What one time step leaves of state `v` of neuron `n`.
fn leaked(leak: &Leak, n: usize, layer: &Layer, v: i64) -> i64 {
    match leak {
        Leak::None => v,
        Leak::Decay { a, m, rounding } => {
            let a = a.at(layer.output, n);
            match rounding {
                Rounding::Floor => v - (v * a).div_euclid(1 << m),
                Rounding::TowardZero => v * ((1 << m) - a) / (1 << m),
            }
        }
    }
}
