//! The lanes of a core's membrane words: which neuron stands in each, and which bits of a word are compared.

use rtl::CorePlan;

use crate::lockstep::footprint::{get_bits, neurons};

/// In place of a neuron: the lane is padding.
const PADDING: u32 = u32::MAX;

/// What the lanes of each word hold. A word is addressed as bank x words + address.
pub(super) struct Lanes<'a> {
    core: &'a CorePlan,
    limbs: usize,
    neurons: Vec<u32>,
    /// Per word: which mask of compared bits, an index into `masks`; and the number of compared lanes.
    mask_of: Vec<u16>,
    masks: Vec<(Vec<u32>, u32)>,
}

impl<'a> Lanes<'a> {
    pub(super) fn new(core: &'a CorePlan) -> Lanes<'a> {
        let limbs = core.memory_bits().div_ceil(32) as usize;
        let neurons = neurons(core);
        let state_bits = core.state_bits();
        let mut masks: Vec<(Vec<u32>, u32)> = Vec::new();
        let mut mask_of = Vec::with_capacity(core.banks() * core.words());
        for word in neurons.chunks(core.lanes) {
            let mut mask = vec![0u32; limbs];
            let mut lanes = 0;
            for (lane, _) in word.iter().enumerate().filter(|(_, &n)| n != PADDING) {
                lanes += 1;
                for bit in 0..state_bits {
                    let at = lane as u32 * state_bits + bit;
                    mask[at as usize / 32] |= 1 << (at % 32);
                }
            }
            let found = masks.iter().position(|(known, _)| *known == mask).unwrap_or_else(|| {
                masks.push((mask, lanes));
                masks.len() - 1
            });
            mask_of.push(found as u16);
        }
        Lanes {
            core,
            limbs,
            neurons,
            mask_of,
            masks,
        }
    }

    /// Lanes of a word that hold a neuron.
    #[inline(always)]
    pub(super) fn count(&self, at: usize) -> u64 {
        u64::from(self.masks[self.mask_of[at] as usize].1)
    }

    /// Is word `at` the same in all lanes that hold a neuron?
    #[inline(always)]
    pub(super) fn same(&self, at: usize, expected: &[u32], data: &[u32]) -> bool {
        let mask = &self.masks[self.mask_of[at] as usize].0;
        (0..self.limbs).all(|i| (expected[i] ^ data[i]) & mask[i] == 0)
    }

    /// The neurons of a word, each behind its lane.
    #[inline(always)]
    pub(super) fn neurons(&self, at: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.neurons[at * self.core.lanes..][..self.core.lanes]
            .iter()
            .enumerate()
            .filter(|(_, &neuron)| neuron != PADDING)
            .map(|(lane, &neuron)| (lane, neuron as usize))
    }

    /// The first neuron of a word.
    pub(super) fn first_neuron(&self, at: usize) -> Option<usize> {
        self.neurons(at).next().map(|(_, neuron)| neuron)
    }

    /// The membrane of a lane, sign-extended.
    pub(super) fn membrane(&self, data: &[u32], lane: usize) -> i64 {
        let bits = self.core.layer.neuron.membrane.bits;
        let raw = get_bits(data, lane as u32 * self.core.state_bits(), bits) as i64;
        if raw >> (bits - 1) & 1 == 1 {
            raw - (1i64 << bits)
        } else {
            raw
        }
    }

    /// The state of a lane, for a person.
    pub(super) fn describe(&self, data: &[u32], lane: usize) -> String {
        let membrane = self.membrane(data, lane);
        match self.core.has_spiked_bit() {
            true => {
                let low = lane as u32 * self.core.state_bits() + self.core.layer.neuron.membrane.bits;
                format!("{membrane}, spiked {}", get_bits(data, low, 1))
            }
            false => membrane.to_string(),
        }
    }

    /// First lane that differs, else the first that holds a neuron: lane, neuron, and whether it differs.
    pub(super) fn telling_lane(&self, at: usize, expected: &[u32], data: &[u32]) -> Option<(usize, usize, bool)> {
        let bits = self.core.state_bits();
        let differs =
            |lane: usize| get_bits(expected, lane as u32 * bits, bits) != get_bits(data, lane as u32 * bits, bits);
        let wrong = self.neurons(at).find(|&(lane, _)| differs(lane));
        wrong
            .map(|(lane, neuron)| (lane, neuron, true))
            .or_else(|| self.neurons(at).next().map(|(lane, neuron)| (lane, neuron, false)))
    }
}
