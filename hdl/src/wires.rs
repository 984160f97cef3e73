//! Kernels that are a list of wires: for blocks whose children are joined by a table that no `for` loop can say.

use rust_hdl::core::ast::{Verilog, VerilogBlock, VerilogExpression, VerilogStatement};

/// Assignments of whole signals, by path (`input$0$in_valid`), as `hdl_gen` would write them.
#[derive(Default)]
pub struct Wires {
    statements: VerilogBlock,
}

impl Wires {
    /// A ruled line in the Verilog.
    pub fn section(&mut self, text: &str) {
        self.statements.push(VerilogStatement::Comment(text.into()));
    }

    /// `target = source`.
    pub fn wire(&mut self, target: impl Into<String>, source: impl Into<String>) {
        self.assign(target.into(), VerilogExpression::Signal(source.into()));
    }

    /// `target = 0` or `1`.
    pub fn tie(&mut self, target: impl Into<String>, level: bool) {
        self.assign(target.into(), VerilogExpression::Literal(level.into()));
    }

    fn assign(&mut self, target: String, source: VerilogExpression) {
        let target = VerilogExpression::Signal(format!("{target}$next"));
        self.statements.push(VerilogStatement::Assignment(target, source));
    }

    /// What `Logic::hdl` returns.
    pub fn done(self) -> Verilog {
        Verilog::Combinatorial(self.statements)
    }
}
