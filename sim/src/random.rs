//! Seeded random bits for stalls: xorshift64* (Vigna 2016), seeded through splitmix64. Same seed, same bits, everywhere.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A stream of its own for each pair; `stream` is the number of the sample, so that a sample's stalls do not
    /// depend on the samples before it.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut z = seed.wrapping_add(stream.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Random {
            state: (z ^ (z >> 31)) | 1,
        }
    }

    pub fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// True with probability `threshold / 2^32`, see [`Random::threshold`].
    #[inline(always)]
    pub fn chance(&mut self, threshold: u64) -> bool {
        (self.next() >> 32) < threshold
    }

    /// `probability` (0 to 1) as a threshold for [`Random::chance`].
    pub fn threshold(probability: f64) -> u64 {
        (probability.clamp(0.0, 1.0) * (1u64 << 32) as f64) as u64
    }

    /// A number in `0 .. n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 32) * n as u64 >> 32) as usize
    }
}
