//! Memories and tables: modules of their own, named by content.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::doc::Doc;
use super::signal::Sig;
use super::value::{u, Shape, Value};

/// Bits that count `n` things: 0 for 1, 1 for 2, 2 for 3 and 4; at least 1, so that it is always a width.
pub fn index_width(n: usize) -> u32 {
    (usize::BITS - n.saturating_sub(1).leading_zeros()).max(1)
}

/// In front of a memory in LUTs: yosys' word for it, and those of Vivado and Quartus.
const IN_LUTS: &str =
    "`ifdef YOSYS\n(* rom_style = \"logic\" *)\n`else\n(* rom_style = \"distributed\", romstyle = \"logic\" *)\n`endif\n";

/// Most words of a memory in distributed RAM; deeper ones go to block RAM.
pub const DISTRIBUTED_WORDS: usize = 32;

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

/// Read-only memory, module `<file_stem>`, loaded from `mem/<prefix>_<file_stem>.hex`. The folder is the parameter
/// `MEM_DIR` of the top, handed down. A simulation that cannot read the file stops with a message.
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
        let file = super::emit::MEMORY_FILE;
        Verilog::Custom(format!(
            "{style}{memory}\n{first}initial begin\n    $readmemh({{MEM_DIR, \"/{file}.hex\"}}, mem);\n\
             `ifndef SYNTHESIS\n    if (^mem[{last}] === 1'bx) begin\n        \
             $display(\"ERROR: %m: cannot read %s/{file}.hex; set MEM_DIR of the top\", MEM_DIR);\n        \
             $finish;\n    end\n`endif\nend\n\n\
             always @(posedge clk) begin\n{read}end\n"
        ))
    }
}

/// Combinational table, module `<name>`: a `case` over `input` with one column per named output.
///
/// An input beyond the last row gives zeros.
#[derive(Clone, Debug)]
pub struct Table {
    doc: Doc,
    /// Row number; the port is called `row`.
    pub input: Sig<In>,
    /// The columns, in the order given: `self.table.output[0]` in a kernel; ports are named as the columns.
    pub output: Vec<Sig<Out>>,
    names: Vec<String>,
    rows: Vec<Vec<u64>>,
    comments: Vec<String>,
}

impl Table {
    /// `rows[i][j]` is column `j` for input `i` (two's complement for a signed column: `x as u64`);
    /// `row_comments` may be shorter than `rows`. Panics when a row has not one entry per column.
    pub fn new(
        name: impl Into<String>,
        input_width: u32,
        outputs: &[(&str, Shape)],
        rows: Vec<Vec<u64>>,
        row_comments: Vec<String>,
    ) -> Self {
        assert!(
            rows.iter().all(|row| row.len() == outputs.len()),
            "a table row needs one entry per column"
        );
        let mut doc = Doc::new(name, format!("Table of {} rows.", rows.len())).rename("input", "row");
        for (j, (name, _)) in outputs.iter().enumerate() {
            doc = doc.rename(format!("output_{j}"), *name);
        }
        Table {
            doc,
            input: Sig::new(u(input_width)),
            output: outputs.iter().map(|(_, shape)| Sig::new(*shape)).collect(),
            names: outputs.iter().map(|(name, _)| name.to_string()).collect(),
            rows,
            comments: row_comments,
        }
    }

    /// Adds header lines and port comments.
    pub fn documented(mut self, add: impl FnOnce(Doc) -> Doc) -> Self {
        self.doc = add(self.doc);
        self
    }

    fn cell(&self, row: usize, column: usize) -> Value {
        let shape = self.output[column].shape();
        self.rows
            .get(row)
            .map_or(shape.zero(), |row| Value::wrapped(shape, row[column] as i64 as i128))
    }
}

/// Rows of tables that are kept in LUTs. With a register in front, a synthesiser would take them for block RAM, whose clock-to-out is
/// longer than what follows allows; smaller ones it leaves, larger ones are worth it.
const IN_LOGIC: std::ops::RangeInclusive<usize> = 65..=256;

impl Logic for Table {
    fn update(&mut self) {
        let row = self.input.val().to_u64() as usize;
        for column in 0..self.output.len() {
            self.output[column].next = self.cell(row, column);
        }
    }
    fn connect(&mut self) {
        self.output.iter_mut().for_each(Logic::connect);
    }
    fn hdl(&self) -> Verilog {
        let width = self.input.shape().width;
        let assign = |row: usize| -> String {
            let cells = (0..self.names.len())
                .map(|j| format!("{} = {};", self.names[j], super::emit::decimal(self.cell(row, j))));
            cells.collect::<Vec<_>>().join(" ")
        };
        let style = if IN_LOGIC.contains(&self.rows.len()) { "    (* rom_style = \"logic\" *)\n" } else { "" };
        let mut text = format!("always @(*)\n{style}    case (row)\n");
        for row in 0..self.rows.len() {
            let comment = self
                .comments
                .get(row)
                .map_or(String::new(), |comment| format!("  // {comment}"));
            text += &format!("        {width}'d{row}: begin {} end{comment}\n", assign(row));
        }
        text += &format!("        default: begin {} end\n    endcase\n", assign(usize::MAX));
        Verilog::Custom(text)
    }
}

impl block::Block for Table {
    fn connect_all(&mut self) {
        self.connect();
        self.input.connect_all();
    }
    fn update_all(&mut self) {
        self.update();
        self.input.update_all();
        self.output.iter_mut().for_each(|output| output.update_all());
    }
    fn has_changed(&self) -> bool {
        self.input.has_changed() || self.output.iter().any(|output| output.has_changed())
    }
    fn accept(&self, name: &str, probe: &mut dyn probe::Probe) {
        probe.visit_start_scope(name, self);
        self.doc.accept("doc", probe);
        self.input.accept("input", probe);
        self.output.accept("output", probe);
        probe.visit_end_scope(name, self);
    }
}

fn ram_doc(stem: &str, title: &str, depth: usize, width: u32) -> Doc {
    Doc::new(
        format!("{stem}_{depth}x{width}"),
        format!("{title} of {depth} words of {width} bits."),
    )
    .port("read_address", format!("word 0..{}", depth - 1))
    .port("write_address", format!("word 0..{}", depth - 1))
}

pub(super) fn range(width: u32) -> String {
    if width == 1 {
        String::new()
    } else {
        format!(" [{}:0]", width - 1)
    }
}

fn declare(words: &[Value]) -> String {
    let width = words.first().map_or(1, |word| word.shape().width);
    format!("reg{} mem [0:{}];", range(width), words.len() - 1)
}

fn read(words: &[Value], address: Value) -> Value {
    words
        .get(address.to_u64() as usize)
        .copied()
        .unwrap_or_else(|| words[0].shape().zero())
}

fn write(words: &mut [Value], enable: bool, address: Value, data: Value) {
    if let (true, Some(word)) = (enable, words.get_mut(address.to_u64() as usize)) {
        *word = data;
    }
}
