//! Random fraction bits and first states.

use super::{param, Limits, Random};
use crate::bound::layer_sums;
use crate::{MapShape, Network, Param};

/// Fraction bits of a layer: in three quarters of all none, and never so many that its sums need a wide word.
pub(super) fn fraction_bits(random: &mut Random, network: &Network, i: usize) -> u32 {
    let bits = if random.chance(25) { random.range(1, 4) as u32 } else { 0 };
    let sums = layer_sums(network, i);
    match sums.positive.max(sums.negative) << bits < 1 << 24 {
        true => bits,
        false => 0,
    }
}

/// States before the first step: in three quarters of all 0; where states may stay as they are, below the fire level.
pub(super) fn initial(random: &mut Random, limits: &Limits, shape: MapShape, fire_level: &Param) -> Param {
    if !random.chance(25) {
        return Param::Layer(0);
    }
    let least = fire_level.min().max(1);
    let most = if limits.still || random.chance(70) { least - 1 } else { 2 * least };
    param(random, limits, shape, |random| random.range(-least, most))
}
