//! A signal of another clock, or of none.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use crate::Doc;

/// Flip-flops in a row in a synchroniser: each more gives a metastable one a further clock period to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages(pub u32);

impl Stages {
    /// Fewest and most.
    pub const LIMITS: std::ops::RangeInclusive<u32> = 2..=4;

    /// `stages + more` as a word.
    pub fn and(self, more: u32) -> &'static str {
        ["none", "one", "two", "three", "four", "five", "six", "seven", "eight"][(self.0 + more) as usize]
    }

    /// Cycles from word to word of an AER link between chips of equal clocks: `req` and `ack` rise and fall, each through these flip-flops and
    /// a register behind them.
    pub fn link_cycles(self) -> u32 {
        4 * (self.0 + 1)
    }

    /// Fewest cycles of an SPI clock: in half of one, an edge has passed the flip-flops, `miso` has changed, and a cycle is left.
    pub fn spi_cycles(self) -> u32 {
        2 * (self.0 + 3)
    }
}

impl Default for Stages {
    fn default() -> Self {
        Stages(2)
    }
}

/// Flip-flops in a row: `output` is `input` of so many cycles ago or one less, and settled.
///
/// `input` must come from a flip-flop (no glitches) and stay for more than one cycle, or it may be missed.
#[derive(Clone, Debug, LogicBlock)]
pub struct Synchroniser {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub input: Signal<In, Bit>,
    pub output: Signal<Out, Bit>,
    _stages: Vec<bool>,
}

impl Synchroniser {
    pub fn new(stages: Stages) -> Self {
        let count = stages.and(0);
        let title = count[..1].to_uppercase() + &count[1..];
        Synchroniser {
            doc: Doc::new("synchroniser", format!("{title} flip-flops for a signal of another clock."))
                .rust("hdl::blocks::Synchroniser")
                .latency(format!("{} to {count} cycles, and one more at random where the input changes with the clock's edge", Stages(stages.0 - 1).and(0)))
                .rename("input", "from_outside")
                .rename("output", "settled")
                .port("from_outside", "from a flip-flop of any clock; stays for more than one cycle of clk"),
            clock: Default::default(),
            input: Default::default(),
            output: Default::default(),
            _stages: vec![false; stages.0 as usize],
        }
    }
}

impl Default for Synchroniser {
    fn default() -> Self {
        Synchroniser::new(Stages::default())
    }
}

impl Logic for Synchroniser {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._stages.rotate_right(1);
            self._stages[0] = self.input.val();
        }
        self.output.next = self._stages[self._stages.len() - 1];
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        let top = self._stages.len() - 1;
        let before = if top == 1 { "stage[0]".to_string() } else { format!("stage[{}:0]", top - 1) };
        Verilog::Custom(format!(
            "(* async_reg = \"true\", keep, shreg_extract = \"no\" *)\nreg [{top}:0] stage;\n\n\
             always @(posedge clk)\n    stage <= {{{before}, from_outside}};\n\n\
             assign settled = stage[{top}];\n"
        ))
    }
}
