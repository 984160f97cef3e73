//! The body of a module, from its analysed kernel: declarations, then one ruled section per `comment!` of the kernel.
//!
//! Each file here makes one kind of item; `layout` puts the items in order and declares what they need.

mod children;
mod clashes;
mod clocked;
mod combinational;
mod layout;
mod loops;

use std::collections::HashSet;

use super::super::inline::Inline;
use super::super::reset::Resets;
use super::analyse::{is_register_input, Analysis};
use super::ir::*;
use super::print::Printer;
use super::text::typed;
pub(super) use clocked::reset_text;

/// Something that stands in a section.
struct Item {
    section: usize,
    order: usize,
    /// Declarations that belong to it: symbol and line.
    declares: Vec<(SymId, String)>,
    /// With the declaration in it, if there is such a form (`wire x = y;`).
    merged: Option<String>,
    /// Without.
    text: String,
    reads: Vec<SymId>,
}

/// Text between the port list and `endmodule`, and which outputs are declared `reg`.
pub(super) struct ModuleBody {
    pub text: String,
    pub output_regs: HashSet<SymId>,
}

pub(super) fn print_module(module: &Module, analysis: &Analysis, resets: Resets, errors: &mut Vec<String>) -> ModuleBody {
    let mut writer = Writer {
        module,
        resets,
        analysis,
        printer: Printer::new(module, analysis),
        items: vec![],
        registers: vec![],
        output_regs: HashSet::new(),
        extra: vec![],
        used: vec![vec![]; module.symbols.len()],
    };
    writer.signals();
    writer.blocks();
    writer.children();
    writer.clocked();
    let text = writer.assemble();
    errors.append(&mut writer.printer.errors);
    ModuleBody {
        text,
        output_regs: writer.output_regs,
    }
}

struct Writer<'a> {
    module: &'a Module,
    resets: Resets,
    analysis: &'a Analysis,
    printer: Printer<'a>,
    items: Vec<Item>,
    /// Declarations of registers.
    registers: Vec<String>,
    output_regs: HashSet<SymId>,
    /// Names that belong to no symbol.
    extra: Vec<String>,
    /// Bits read of each symbol: lowest and width.
    used: Vec<Vec<(u32, u32)>>,
}

impl Writer<'_> {
    fn symbol(&self, id: SymId) -> &Symbol {
        &self.module.symbols[id]
    }

    fn declare(&self, keyword: &str, id: SymId) -> String {
        let symbol = self.symbol(id);
        format!("{keyword}{} {}", typed(symbol.shape), symbol.name)
    }

    /// Notes the reads of what was printed last.
    fn reads(&mut self) -> Vec<SymId> {
        let uses = self.printer.take_uses();
        for (id, low, width) in &uses {
            self.used[*id].push((*low, *width));
        }
        uses.into_iter().map(|(id, ..)| id).collect()
    }

    fn place(&self, id: SymId) -> (usize, usize) {
        let (position, section) = self.analysis.last[id].unwrap_or((0, 0));
        (section, position)
    }

    /// Is this the right-hand side of a register's `<=`, without a net?
    fn stands_at_register(&self, id: SymId) -> bool {
        let delayed = match self.symbol(id).role {
            Role::ChildIn(child) => {
                let child = &self.module.children[child];
                matches!(child.kind, ChildKind::Inline(Inline::Delay(1..)))
                    && child.inputs.iter().any(|(port, input)| port == "d" && *input == id)
            }
            _ => false,
        };
        (delayed || is_register_input(self.module, id)) && !self.analysis.read[id]
    }

    /// Does the Verilog name this symbol?
    fn is_named(&self, id: SymId) -> bool {
        match self.symbol(id).role {
            Role::ChildIn(_) => self
                .items
                .iter()
                .any(|item| item.declares.iter().any(|(own, _)| *own == id)),
            Role::Gone => false,
            Role::ChildOut(_) | Role::PartIn | Role::PartOut => self.printer.alias(id).is_none(),
            _ => true,
        }
    }
}
