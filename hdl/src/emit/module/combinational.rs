//! Wires with their `assign`, and `always @(*)` blocks.

use std::collections::{BTreeMap, HashMap};

use super::super::analyse::Form;
use super::super::ir::*;
use super::{Item, Writer};

impl Writer<'_> {
    /// Signals that are wires and have a net of their own.
    pub(super) fn signals(&mut self) {
        for id in 0..self.module.symbols.len() {
            let Form::Wire(value) = &self.analysis.form[id] else {
                continue;
            };
            if self.printer.alias(id).is_some() || self.stands_at_register(id) {
                continue;
            }
            let (section, order) = self.place(id);
            let value = self.printer.text(value);
            let reads = self.reads();
            let assign = format!("assign {} = {value};\n", self.symbol(id).name);
            let item = if self.symbol(id).role == Role::OutPort {
                Item {
                    section,
                    order,
                    declares: vec![],
                    merged: None,
                    text: assign,
                    reads,
                }
            } else {
                let declaration = self.declare("wire", id);
                let merged = Some(format!("{declaration} = {value};\n"));
                Item {
                    section,
                    order,
                    declares: vec![(id, declaration)],
                    merged,
                    text: assign,
                    reads,
                }
            };
            self.items.push(item);
        }
    }

    /// `always @(*)` blocks.
    pub(super) fn blocks(&mut self) {
        let mut groups: BTreeMap<usize, Vec<SymId>> = BTreeMap::new();
        for (id, form) in self.analysis.form.iter().enumerate() {
            if let Form::Block(group) = form {
                groups.entry(*group).or_default().push(id);
            }
        }
        for members in groups.into_values() {
            let names: HashMap<SymId, String> = members
                .iter()
                .map(|id| (*id, format!("{} =", self.symbol(*id).name)))
                .collect();
            let stmts: Vec<Stmt> = self.module.stmts.iter().map(|top| top.stmt.clone()).collect();
            let body = self.printer.statements(&stmts, &|id| names.get(&id).cloned(), 1);
            let reads = self.reads();
            let (section, order) = members.iter().map(|id| self.place(*id)).max().unwrap_or_default();
            let mut declares = vec![];
            for id in &members {
                if self.symbol(*id).role == Role::OutPort {
                    self.output_regs.insert(*id);
                } else {
                    declares.push((*id, self.declare("reg", *id)));
                }
            }
            let text = format!("always @(*) begin\n{body}end\n");
            self.items.push(Item {
                section,
                order,
                declares,
                merged: None,
                text,
                reads,
            });
        }
    }
}
