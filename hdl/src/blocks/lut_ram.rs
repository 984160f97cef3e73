//! A short memory whose read takes no cycle.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::memory::*;
use crate::doc::Doc;
use crate::signal::Sig;
use crate::value::{u, Value};

/// Distributed RAM `lut_ram_<depth>x<width>`: asynchronous read, synchronous write. The old word is read while a new
/// one is written.
#[derive(Clone, Debug, LogicBlock)]
pub struct LutRam {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub read_address: Sig<In>,
    pub read_data: Sig<Out>,
    pub write_enable: Signal<In, Bit>,
    pub write_address: Sig<In>,
    pub write_data: Sig<In>,
    _words: Vec<Value>,
}

impl LutRam {
    /// As [`Ram::new`].
    pub fn new(depth: usize, width: u32) -> Self {
        let address = u(index_width(depth));
        LutRam {
            doc: ram_doc("lut_ram", "Distributed RAM", depth, width)
                .latency("read_data follows read_address in the same cycle; one read and one write per cycle")
                .fact("Collision", "the old word is read while a new one is written"),
            clock: Default::default(),
            read_address: Sig::new(address),
            read_data: Sig::new(u(width)),
            write_enable: Default::default(),
            write_address: Sig::new(address),
            write_data: Sig::new(u(width)),
            _words: vec![u(width).zero(); depth],
        }
    }
}

impl Logic for LutRam {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            write(
                &mut self._words,
                self.write_enable.val(),
                self.write_address.val(),
                self.write_data.val(),
            );
        }
        self.read_data.next = read(&self._words, self.read_address.val());
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        let memory = declare(&self._words);
        Verilog::Custom(format!(
            "(* ram_style = \"distributed\", ramstyle = \"MLAB\" *)\n{memory}\n\nassign read_data = mem[read_address];\n\n\
             always @(posedge clk)\n    if (write_enable)\n        mem[write_address] <= write_data;\n"
        ))
    }
}
