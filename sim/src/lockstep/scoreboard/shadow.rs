//! The membrane memory of a core as it must be now.

use rtl::CorePlan;

/// A copy of the memory, made from the writes alone. A word is addressed as bank x words + address.
pub(super) struct Shadow {
    words: usize,
    limbs: usize,
    data: Vec<u32>,
    /// Top bits of the lanes (and spiked bits): no carry may leave them.
    tops: Vec<u32>,
}

impl Shadow {
    pub(super) fn new(core: &CorePlan) -> Shadow {
        let limbs = core.memory_bits().div_ceil(32) as usize;
        let state_bits = core.state_bits();
        let membrane_bits = core.layer.neuron.membrane.bits;
        let mut tops = vec![0u32; limbs];
        for lane in 0..core.lanes as u32 {
            for bit in membrane_bits - 1..state_bits {
                let at = lane * state_bits + bit;
                tops[at as usize / 32] |= 1 << (at % 32);
            }
        }
        Shadow {
            words: core.words(),
            limbs,
            data: vec![0; core.banks() * core.words() * limbs],
            tops,
        }
    }

    /// Takes a write.
    #[inline(always)]
    pub(super) fn set(&mut self, at: usize, data: &[u32]) {
        self.data[at * self.limbs..][..self.limbs].copy_from_slice(data);
    }

    /// `word + row`, lane by lane: sums without the top bits cannot carry into the next lane.
    #[inline(always)]
    pub(super) fn add(&self, at: usize, row: &[u32], expected: &mut [u32]) {
        let word = &self.data[at * self.limbs..][..self.limbs];
        let mut carry = 0u64;
        for i in 0..self.limbs {
            let top = self.tops[i];
            let sum = u64::from(word[i] & !top) + u64::from(row[i] & !top) + carry;
            carry = sum >> 32;
            expected[i] = sum as u32 ^ ((word[i] ^ row[i]) & top);
        }
    }

    /// A word, with what stands above its lanes.
    pub(super) fn word(&self, at: usize) -> &[u32] {
        &self.data[at * self.limbs..][..self.limbs]
    }

    /// All words of a bank.
    pub(super) fn bank(&self, bank: usize) -> &[u32] {
        &self.data[bank * self.words * self.limbs..][..self.words * self.limbs]
    }

    /// Limbs of a word.
    pub(super) fn limbs(&self) -> usize {
        self.limbs
    }
}
