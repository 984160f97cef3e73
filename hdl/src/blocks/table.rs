//! Named columns looked up by row, in LUTs.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, In, Logic, Out};

use crate::doc::Doc;
use crate::signal::Sig;
use crate::value::{u, Shape, Value};

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
                .map(|j| format!("{} = {};", self.names[j], crate::literal::decimal(self.cell(row, j))));
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
