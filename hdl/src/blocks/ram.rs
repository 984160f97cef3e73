//! Memories that are written: in block RAM, or, if they are short, in distributed RAM with a register behind it.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::memory::*;
use crate::doc::Doc;
use crate::signal::Sig;
use crate::value::{u, Value};

/// Memory with one synchronous read port and one write port, no enable on the read: `ram_<depth>x<width>` in block RAM,
/// or, up to [`DISTRIBUTED_WORDS`], `lut_ram_registered_<depth>x<width>` in distributed RAM with a register behind it.
///
/// `read_data` holds the word of `read_address` one cycle later. Reading the word that is being written is undefined:
/// forward outside. Simulation returns the old word then. Contents are unknown at power-up (zero in simulation).
#[derive(Clone, Debug, LogicBlock)]
pub struct Ram {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub read_address: Sig<In>,
    pub read_data: Sig<Out>,
    pub write_enable: Signal<In, Bit>,
    pub write_address: Sig<In>,
    pub write_data: Sig<In>,
    _words: Vec<Value>,
    _distributed: bool,
}

impl Ram {
    /// `depth` unsigned words of `width` bits; addresses have [`index_width`]`(depth)` bits.
    pub fn new(depth: usize, width: u32) -> Self {
        let address = u(index_width(depth));
        let distributed = depth <= DISTRIBUTED_WORDS;
        let (stem, title) = match distributed {
            true => ("lut_ram_registered", "Distributed RAM with registered read"),
            false => ("ram", "Block RAM"),
        };
        Ram {
            doc: ram_doc(stem, title, depth, width)
                .latency("read_data follows read_address by one cycle; one read and one write per cycle")
                .fact(
                    "Collision",
                    "reading the word that is being written is undefined: forward outside",
                ),
            clock: Default::default(),
            read_address: Sig::new(address),
            read_data: Sig::new(u(width)),
            write_enable: Default::default(),
            write_address: Sig::new(address),
            write_data: Sig::new(u(width)),
            _words: vec![u(width).zero(); depth],
            _distributed: distributed,
        }
    }
}

impl Logic for Ram {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.read_data.next = read(&self._words, self.read_address.val());
            write(
                &mut self._words,
                self.write_enable.val(),
                self.write_address.val(),
                self.write_data.val(),
            );
        }
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        let memory = declare(&self._words);
        let style = if self._distributed {
            // In the words of yosys and Vivado, and of Quartus.
            "(* no_rw_check, ram_style = \"distributed\", ramstyle = \"MLAB, no_rw_check\" *)"
        } else {
            "(* no_rw_check, ramstyle = \"no_rw_check\" *)"
        };
        Verilog::Custom(format!(
            "{style}\n{memory}\n\nalways @(posedge clk) begin\n    read_data <= mem[read_address];\n    \
             if (write_enable)\n        mem[write_address] <= write_data;\nend\n"
        ))
    }
}
