//! A memory that is read as a [`Rom`](hdl::Rom) is, and written over the configuration bus.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::packet::DATA_BITS;
use hdl::prelude::{index_width, several, u, Doc, Sig};

/// `depth` words of `width` bits; a write sets one column of 32 bits of a word.
///
/// `read_data` follows `read_address` by two cycles, as of a registered ROM. Nothing reads while somebody writes. Contents are unknown
/// until they are written.
#[derive(Clone, Debug, LogicBlock)]
pub struct LoadRam {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub read_address: Sig<In>,
    pub read_data: Sig<Out>,
    /// With [`LoadRam::gated`]: a cycle without it reads 0.
    pub read_enable: Vec<Signal<In, Bit>>,
    pub write_enable: Signal<In, Bit>,
    pub write_address: Sig<In>,
    /// None if there is one column.
    pub write_column: Vec<Sig<In>>,
    pub write_data: Sig<In>,
    _depth: usize,
}

/// Widths of the columns of a word, lowest first.
pub fn columns(width: u32) -> Vec<u32> {
    (0..width.div_ceil(DATA_BITS)).map(|column| (width - column * DATA_BITS).min(DATA_BITS)).collect()
}

impl LoadRam {
    pub fn new(depth: usize, width: u32, stem: String) -> Self {
        let (address, columns) = (u(index_width(depth)), columns(width).len());
        LoadRam {
            doc: Doc::new(stem, format!("Memory of {depth} words of {width} bits in {}, written over the configuration bus.", several(columns, "column")))
                .rust("rtl::config::LoadRam")
                .latency("read_data follows read_address by two cycles; one read per cycle")
                .fact("Collision", "nothing reads while a word is written")
                .port("read_address", format!("word 0..{}", depth - 1))
                .port("write_column", "which 32 bits of the word"),
            clock: Default::default(),
            read_address: Sig::new(address),
            read_data: Sig::new(u(width)),
            read_enable: vec![],
            write_enable: Default::default(),
            write_address: Sig::new(address),
            write_column: Sig::several(usize::from(columns > 1), u(index_width(columns))),
            write_data: Sig::new(u(DATA_BITS)),
            _depth: depth,
        }
    }

    /// With a port `read_enable`.
    pub fn gated(mut self) -> Self {
        self.read_enable = vec![Default::default()];
        self.doc = self.doc.port("read_enable", "else the word is 0");
        self
    }

    /// Adds header lines: what the words are.
    pub fn documented(mut self, add: impl FnOnce(Doc) -> Doc) -> Self {
        self.doc = add(self.doc);
        self
    }
}

impl Logic for LoadRam {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        let (width, last) = (self.read_data.shape().width, self._depth - 1);
        let columns = columns(width);
        let several = columns.len() > 1;
        let bits = index_width(columns.len());
        let mut text = String::new();
        for (k, bits) in columns.iter().enumerate() {
            text += &format!("(* no_rw_check, ramstyle = \"no_rw_check\" *)\nreg [{}:0] column_{k} [0:{last}];\n", bits - 1);
        }
        let all: Vec<String> = (0..columns.len()).rev().map(|k| format!("column_{k}[read_address]")).collect();
        let read = format!("word <= {{{}}};\n", all.join(", "));
        let read = match self.read_enable.is_empty() {
            true => format!("    {read}"),
            false => format!("    if (read_enable)\n        {read}    else\n        word <= 0;\n"),
        };
        text += &format!(
            "reg [{}:0] word;  // the memory's own output register\n\nalways @(posedge clk) begin\n{read}    read_data <= word;\n",
            width - 1,
        );
        for (k, column) in columns.iter().enumerate() {
            let here = if several { format!(" & (write_column == {bits}'d{k})") } else { String::new() };
            text += &format!("    if (write_enable{here})\n        column_{k}[write_address] <= write_data[{}:0];\n", column - 1);
        }
        text += "end\n";
        if width < DATA_BITS {
            text += &format!("\n// Bits that nothing reads\nwire unused = &{{1'b0, write_data[{}:{width}]}};\n", DATA_BITS - 1);
        }
        Verilog::Custom(text)
    }
}
