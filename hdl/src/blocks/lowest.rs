//! The vector without its lowest one, for the senders: they send one spike after the other, lowest bit first.

use crate::prelude::*;

/// Widest subtraction: beyond, the vector is cut into blocks so that no carry runs through all of it.
const BLOCK: usize = 32;

/// `rest = vector` with its lowest 1 cleared (0 stays 0), and whether there is a 1 in each of them. No registers.
#[derive(Clone, Debug, LogicBlock)]
pub struct ClearLowest {
    doc: Doc,
    pub vector: Sig<In>,
    pub rest: Sig<Out>,
    pub some: Signal<Out, Bit>,
    pub some_rest: Signal<Out, Bit>,
    one: Vec<Const>,
    blocks: Split,
    below: Vec<Signal<Local, Bit>>,
    cleared: Vec<Sig<Local>>,
    result: Join,
    _blocks: usize,
}

impl ClearLowest {
    /// For vectors of `width` bits.
    pub fn new(width: usize) -> Self {
        let count = width.div_ceil(BLOCK);
        let shapes: Vec<Shape> = (0..count).map(|b| u((width - b * BLOCK).min(BLOCK) as u32)).collect();
        ClearLowest {
            doc: Doc::new(format!("clear_lowest_{width}"), "Clears the lowest 1 of a vector.")
                .rust("hdl::blocks::ClearLowest")
                .golden("none: order inside a step is free")
                .latency("none: combinational")
                .port("rest", "vector without its lowest 1")
                .port("some", "vector is not zero")
                .port("some_rest", "rest is not zero"),
            vector: Sig::new(u(width as u32)),
            rest: Sig::new(u(width as u32)),
            some: Default::default(),
            some_rest: Default::default(),
            one: shapes.iter().map(|shape| Const::new(*shape, 1)).collect(),
            blocks: Split::of(&shapes),
            below: vec![Default::default(); count],
            cleared: shapes.iter().map(|shape| Sig::new(*shape)).collect(),
            result: Join::of(&shapes),
            _blocks: count,
        }
    }
}

impl Logic for ClearLowest {
    #[hdl_gen]
    fn update(&mut self) {
        comment!("A block loses its lowest 1 if no block below it has one");
        self.blocks.input.next = self.vector.val();
        self.below[0].next = false;
        for b in 1..self._blocks {
            self.below[b].next = self.below[b - 1].val() | self.blocks.part[b - 1].val().any();
        }
        for b in 0..self._blocks {
            self.cleared[b].next = self.blocks.part[b].val() & (self.blocks.part[b].val() - self.one[b].val());
            if self.below[b].val() {
                self.cleared[b].next = self.blocks.part[b].val();
            }
            self.result.part[b].next = self.cleared[b].val();
        }
        self.rest.next = self.result.output.val();
        self.some.next = self.vector.val().any();
        self.some_rest.next = self.result.output.val().any();
    }
}
