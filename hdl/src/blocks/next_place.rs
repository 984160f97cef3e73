//! The order in which a short memory's places are used: any order that meets all of them does for a FIFO.

use rust_hdl::core::ast::Verilog;

use crate::prelude::*;

/// Bits that are added to make a shift register of so many bits (index) meet all states but zero.
const TAPS: [u64; 5] = [0b0, 0b1, 0b11, 0b110, 0b1100];

/// `following = the place after this one`: module `next_place_<bits>`, without registers.
///
/// Up to 16 places it is not `place + 1` but a shift register's order, which costs one LUT instead of one per bit: the bits
/// move up, and the new lowest one makes the walk meet every place once (a de Bruijn sequence).
#[derive(Clone, Debug, LogicBlock)]
pub struct NextPlace {
    doc: Doc,
    pub place: Sig<In>,
    pub following: Sig<Out>,
    _bits: u32,
}

impl NextPlace {
    /// For places of so many bits, at least one.
    pub fn new(bits: u32) -> Self {
        assert!(bits > 0, "a place without bits");
        let order = match (bits as usize) < TAPS.len() {
            true => "A shift register's order, from 0 through all places and back to 0: one LUT, where + 1 takes one per bit.",
            false => "place + 1.",
        };
        NextPlace {
            doc: Doc::new(format!("next_place_{bits}"), format!("The order in which a FIFO uses its {} places.", 1u64 << bits))
                .line(order)
                .rust("hdl::blocks::NextPlace")
                .latency("none: combinational"),
            place: Sig::new(u(bits)),
            following: Sig::new(u(bits)),
            _bits: bits,
        }
    }

    /// What the hardware computes.
    pub fn after(bits: u32, place: u64) -> u64 {
        let mask = (1 << bits) - 1;
        match TAPS.get(bits as usize) {
            Some(taps) => {
                let parity = (place & taps).count_ones() as u64 & 1;
                let wrap = u64::from(place & (mask >> 1) == 0);
                (place << 1 | (parity ^ wrap)) & mask
            }
            None => (place + 1) & mask,
        }
    }
}

impl Logic for NextPlace {
    fn update(&mut self) {
        let next = NextPlace::after(self._bits, self.place.val().to_u64());
        self.following.next = u(self._bits).value(next as i128);
    }
    fn connect(&mut self) {
        self.following.connect();
    }
    fn hdl(&self) -> Verilog {
        let bits = self._bits as usize;
        Verilog::Custom(match TAPS.get(bits) {
            None => format!("assign following = place + {bits}'d1;\n"),
            Some(_) if bits == 1 => "assign following = !place;\n".to_string(),
            Some(_) if bits == 2 => "assign following = {place[0], !place[1]};\n".to_string(),
            Some(taps) => {
                let low = format!("place[{}:0]", bits - 2);
                let taps = (0..bits).rev().filter(|bit| taps >> bit & 1 == 1).map(|bit| format!("place[{bit}] ^ "));
                format!("assign following = {{{low}, {}!(|{low})}};\n", taps.collect::<String>())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::NextPlace;

    #[test]
    fn the_walk_meets_every_place_once() {
        for bits in 1..=6 {
            let (mut place, mut met) = (0, vec![false; 1 << bits]);
            for _ in 0..1 << bits {
                assert!(!met[place as usize], "{bits} bits: {place} twice");
                met[place as usize] = true;
                place = NextPlace::after(bits, place);
            }
            assert_eq!(place, 0, "{bits} bits");
        }
    }
}
