//! Bounds of a membrane and the word they need, against brute force and numbers worked out by hand.

mod common;

use common::{import, with, Nir};
use net::bound::{layer_sums, WorstSums};
use net::options::{Clamp, Numbers};
use net::{Network, Options, Synapses};

#[test]
fn bounds_agree_with_brute_force() {
    for seed in 0..60 {
        let network = net::random::network(seed, &net::random::Limits::default());
        for (index, layer) in network.layers.iter().enumerate() {
            assert_eq!(
                layer_sums(&network, index),
                brute_force(&network, index),
                "seed {seed}, layer {index}: {layer:?}"
            );
        }
    }
}

/// Every input address at its most often, tap by tap.
fn brute_force(network: &Network, index: usize) -> WorstSums {
    let layer = &network.layers[index];
    let payload = if index == 0 {
        network.multiplicity as i64
    } else {
        network.layers[index - 1].neuron.max_spikes as i64
    };
    let mut sums = vec![(0i64, 0i64); layer.output.len()];
    let mut add = |o: usize, w: i32| match w > 0 {
        true => sums[o].0 += (w as i64 * payload) << layer.fraction_bits,
        false => sums[o].1 -= (w as i64 * payload) << layer.fraction_bits,
    };
    let pool = &layer.pool;
    let inside = |at: usize, o: usize, kernel: usize, stride: usize, padding: usize| {
        let first = (o * stride) as i64 - padding as i64;
        (first..first + kernel as i64).contains(&(at as i64))
    };
    for i in 0..layer.input.len() {
        let (c, y, x) = layer.input.coordinate(i);
        for p in 0..pool.output.len() {
            let (pc, py, px) = pool.output.coordinate(p);
            let hit = pc == c
                && inside(y, py, pool.kernel.0, pool.stride.0, pool.padding.0)
                && inside(x, px, pool.kernel.1, pool.stride.1, pool.padding.1);
            if !hit {
                continue;
            }
            match &layer.synapses {
                Synapses::Dense(dense) => (0..dense.outputs).for_each(|o| add(o, dense.weights[o * dense.inputs + p])),
                Synapses::Conv2d(conv) => {
                    let per_group = conv.in_channels / conv.groups;
                    for o in 0..layer.output.len() {
                        let (co, oy, ox) = layer.output.coordinate(o);
                        if co / (conv.out_channels / conv.groups) != pc / per_group {
                            continue;
                        }
                        for ky in 0..conv.kernel.0 {
                            for kx in 0..conv.kernel.1 {
                                let row = oy * conv.stride.0 + ky * conv.dilation.0;
                                let column = ox * conv.stride.1 + kx * conv.dilation.1;
                                if row == py + conv.padding.0 && column == px + conv.padding.1 {
                                    add(
                                        o,
                                        conv.weights[((co * per_group + pc % per_group) * conv.kernel.0 + ky)
                                            * conv.kernel.1
                                            + kx],
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    let bias = |o: usize| layer.neuron.bias.at(layer.output, o);
    WorstSums {
        positive: (0..sums.len()).map(|o| sums[o].0 + bias(o).max(0)).max().unwrap_or(0),
        negative: (0..sums.len()).map(|o| sums[o].1 - bias(o).min(0)).max().unwrap_or(0),
    }
}

#[test]
fn membrane_words() {
    // 8 inputs of weight 1 (one grid step), multiplicity 4: P = 32, N = 0; fire level 2.
    let nir = Nir::default()
        .input(&[8])
        .linear("fc", 1, 8, &[1.27; 8])
        .fire_at("if", &[1], 1.27)
        .output(&[1]);
    let membrane = |set: fn(&mut Numbers)| import(&nir, &with(set)).network.layers[0].neuron.membrane;
    let word = membrane(|_| {});
    assert_eq!(
        (word.bits, word.hi, word.lo),
        (16, 32767 - 32, -32768),
        "hi makes room for P"
    );
    let least = import(&nir, &Options::default()).reports[0].least_bits;
    assert!(
        nir.import(&with(|n| n.membrane_bits = Some(7))).is_ok() && least == 7,
        "63 - 32 >= 1 in 7 bits, not {least}"
    );
    assert!(nir.import(&with(|n| n.membrane_bits = Some(6))).is_err());
    let below = Nir::default()
        .input(&[8])
        .linear("fc", 1, 8, &[-1.27; 8])
        .fire_at("if", &[1], 1.27)
        .output(&[1]);
    let word = import(&below, &Options::default()).network.layers[0].neuron.membrane;
    assert_eq!((word.lo, word.hi), (-32768 + 32, 32767), "lo makes room for N");
    let clamped = membrane(|n| n.clamp = Some(Clamp::Volts(-12.7)));
    assert_eq!(clamped.lo, -10);
}
