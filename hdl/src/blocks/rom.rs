//! A memory that is only read, filled from a file of its own.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::memory::*;
use crate::doc::Doc;
use crate::signal::Sig;
use crate::literal::range;
use crate::value::{u, Value};

/// In front of a memory in LUTs: yosys' word for it, and those of Vivado and Quartus.
const IN_LUTS: &str =
    "`ifdef YOSYS\n(* rom_style = \"logic\" *)\n`else\n(* rom_style = \"distributed\", romstyle = \"logic\" *)\n`endif\n";

/// Read-only memory, module `<file_stem>`, loaded from `mem/<prefix>_<file_stem>.hex`. The folder is the parameter
/// `MEM_DIR` of the top, handed down; the file is the parameter `FILE`, so that memories of one shape are one module. A simulation that cannot read the file stops with a message.
///
/// `read_data` follows `read_address` by one cycle, or by two with [`Rom::registered`]; 0 beyond the last word in
/// simulation, unknown in Verilog.
#[derive(Clone, Debug, LogicBlock)]
pub struct Rom {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub read_address: Sig<In>,
    pub read_data: Sig<Out>,
    /// With [`Rom::gated`]: a cycle without it reads 0.
    pub read_enable: Vec<Signal<In, Bit>>,
    _words: Vec<Value>,
    _first: Value,
    _registered: bool,
    _in_logic: bool,
}

impl Rom {
    /// Panics when there are more than `depth` words; missing ones are zero. Each word is given as 64-bit words,
    /// least significant first.
    pub fn new(depth: usize, width: u32, file_stem: impl Into<String>, contents: Vec<Vec<u64>>) -> Self {
        assert!(
            contents.len() <= depth,
            "{} words for a memory of {depth}",
            contents.len()
        );
        let stem = file_stem.into();
        let mut words: Vec<Value> = contents.iter().map(|word| Value::from_limbs(u(width), word)).collect();
        words.resize(depth, u(width).zero());
        let hex: String = words.iter().map(|word| word.hex() + "\n").collect();
        Rom {
            doc: Doc::new(
                stem.clone(),
                format!("Read-only memory of {depth} words of {width} bits."),
            )
            .latency("read_data follows read_address by one cycle; one read per cycle")
            .file(format!("{stem}.hex"), hex)
            .port("read_address", format!("word 0..{}", depth - 1)),
            clock: Default::default(),
            read_address: Sig::new(u(index_width(depth))),
            read_data: Sig::new(u(width)),
            read_enable: vec![],
            _words: words,
            _first: u(width).zero(),
            _registered: false,
            _in_logic: false,
        }
    }

    /// With a port `read_enable`: the word of a cycle without it is 0 (a block RAM's output latch has a synchronous reset).
    pub fn gated(mut self) -> Self {
        self.read_enable = vec![Default::default()];
        self.doc = self.doc.port("read_enable", "else the word is 0");
        self
    }

    /// In LUTs, whatever its size.
    pub fn in_logic(mut self) -> Self {
        self._in_logic = true;
        self
    }

    /// With a second register at the output, so that the block RAM's slow clock-to-out meets a flip-flop.
    pub fn registered(mut self) -> Self {
        self._registered = true;
        for fact in &mut self.doc.facts {
            if fact.0 == "Latency" {
                fact.1 = "read_data follows read_address by two cycles; one read per cycle".into();
            }
        }
        self
    }

    /// Adds header lines and port comments: what the words are.
    pub fn documented(mut self, add: impl FnOnce(Doc) -> Doc) -> Self {
        self.doc = add(self.doc);
        self
    }
}

impl Logic for Rom {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let enabled = self.read_enable.iter().all(|enable| enable.val());
            let word = if enabled { read(&self._words, self.read_address.val()) } else { self._first.shape().zero() };
            self.read_data.next = if self._registered { self._first } else { word };
            self._first = word;
        }
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        let memory = declare(&self._words);
        let range = range(self._first.shape().width);
        let word = if self._registered { "word" } else { "read_data" };
        let mut read = match self.read_enable.is_empty() {
            true => format!("    {word} <= mem[read_address];\n"),
            false => format!("    if (read_enable)\n        {word} <= mem[read_address];\n    else\n        {word} <= 0;\n"),
        };
        let mut first = String::new();
        if self._registered {
            first = format!("reg{range} word;  // the memory's own output register\n");
            read += "    read_data <= word;\n";
        }
        let style = if self._in_logic { IN_LUTS } else { "" };
        let last = self._words.len() - 1;
        Verilog::Custom(format!(
            "{style}{memory}\n{first}initial begin\n    $readmemh({{MEM_DIR, \"/\", FILE}}, mem);\n\
             `ifndef SYNTHESIS\n    if (^mem[{last}] === 1'bx) begin\n        \
             $display(\"ERROR: %m: cannot read %s/%s; set MEM_DIR of the top\", MEM_DIR, FILE);\n        \
             $finish;\n    end\n`endif\nend\n\n\
             always @(posedge clk) begin\n{read}end\n"
        ))
    }
}
