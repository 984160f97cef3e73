//! Between a number and the vector that has a 1 at its place.

use crate::prelude::*;

/// `index` of the only 1 in `one_hot`; 0 if there is none. No registers.
#[derive(Clone, Debug, LogicBlock)]
pub struct Encode {
    doc: Doc,
    pub one_hot: Sig<In>,
    pub index: Sig<Out>,
    has_bit: Vec<Const>,
    bits: BitJoin,
    _bits: usize,
}

impl Encode {
    /// For vectors of `width` bits.
    pub fn new(width: usize) -> Self {
        let index = index_width(width);
        let mask = |bit: u32| {
            let mut limbs = vec![0u64; width.div_ceil(64)];
            (0..width).filter(|at| at >> bit & 1 == 1).for_each(|at| limbs[at / 64] |= 1 << (at % 64));
            Const::of(Value::from_limbs(u(width as u32), &limbs))
        };
        Encode {
            doc: Doc::new(format!("encode_{width}"), "Where the only 1 of a vector stands.")
                .line("HAS_BIT_j marks the places whose number has bit j.")
                .rust("hdl::blocks::Encode")
                .latency("none: combinational")
                .port("index", "0 for the lowest bit, and if there is no 1"),
            one_hot: Sig::new(u(width as u32)),
            index: Sig::new(u(index)),
            has_bit: (0..index).map(mask).collect(),
            bits: BitJoin::new(index),
            _bits: index as usize,
        }
    }
}

impl Logic for Encode {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..self._bits {
            self.bits.bit[i].next = (self.one_hot.val() & self.has_bit[i].val()).any();
        }
        self.index.next = self.bits.output.val();
    }
}

/// `input` -> the vector of `width` bits (at most 64) with a 1 at that place; 0 beyond.
pub fn decode(width: usize) -> Table {
    let rows = (0..width).map(|at| vec![1u64 << at]).collect();
    Table::new(format!("decode_{width}"), index_width(width), &[("one_hot", u(width as u32))], rows, vec![]).documented(|doc| {
        doc.line("The vector with a 1 at one place.").rust("hdl::blocks::decode").port("input", "place of the 1")
    })
}
