//! A signal of another clock, or of none.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use crate::hdl::Doc;

/// Two flip-flops in a row: `output` is `input` of one to two cycles ago, and settled.
///
/// `input` must come from a flip-flop (no glitches) and stay for more than one cycle, or it may be missed.
#[derive(Clone, Debug, LogicBlock)]
pub struct Synchroniser {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub input: Signal<In, Bit>,
    pub output: Signal<Out, Bit>,
    _first: bool,
    _second: bool,
}

impl Default for Synchroniser {
    fn default() -> Self {
        Synchroniser {
            doc: Doc::new("synchroniser", "Two flip-flops for a signal of another clock.")
                .rust("rtl::fabric::Synchroniser")
                .latency("one to two cycles, and one more at random where the input changes with the clock's edge")
                .rename("input", "from_outside")
                .rename("output", "settled")
                .port("from_outside", "from a flip-flop of any clock; stays for more than one cycle of clk"),
            clock: Default::default(),
            input: Default::default(),
            output: Default::default(),
            _first: false,
            _second: false,
        }
    }
}

impl Logic for Synchroniser {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._second = self._first;
            self._first = self.input.val();
        }
        self.output.next = self._second;
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "(* async_reg = \"true\", keep, shreg_extract = \"no\" *)\nreg [1:0] stage;\n\n\
             always @(posedge clk)\n    stage <= {stage[0], from_outside};\n\n\
             assign settled = stage[1];\n"
                .into(),
        )
    }
}
