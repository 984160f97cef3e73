//! What goes round the ring.

use hdl::{u, Shape};

/// Bits of a register.
pub const DATA_BITS: u32 = 32;

/// A packet: data, word address, and four flags. Part numbers are those of a `Split` or `Join` of [`RingFormat::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingFormat {
    pub address_bits: u32,
}

impl RingFormat {
    /// What is written, or what was read.
    pub const DATA: usize = 0;
    /// Number of a 32-bit word.
    pub const ADDRESS: usize = 1;
    /// A write, not a read.
    pub const WRITE: usize = 2;
    /// The owner of the address has seen it.
    pub const ANSWERED: usize = 3;
    /// ... and refused.
    pub const FAILED: usize = 4;
    /// There is a packet.
    pub const VALID: usize = 5;

    /// Shapes, lowest first.
    pub fn parts(&self) -> Vec<Shape> {
        vec![u(DATA_BITS), u(self.address_bits), u(1), u(1), u(1), u(1)]
    }

    pub fn width(&self) -> u32 {
        self.parts().iter().map(|part| part.width).sum()
    }
}

/// Bits of what all stations hear beside the ring: [`control`].
pub const CONTROL_BITS: u32 = 3;

/// Places in the control word.
pub mod control {
    /// Reset of the bus, not of the network.
    pub const RESET: usize = 0;
    /// All counters to zero.
    pub const CLEAR: usize = 1;
    /// Counters count.
    pub const COUNT: usize = 2;
}
