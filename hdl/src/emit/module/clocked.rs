//! Clocked blocks: registers, their resets and delays.

use std::collections::{BTreeMap, HashMap};

use super::super::analyse::Form;
use crate::literal::decimal;
use super::super::ir::*;
use super::super::text::{after_else, typed};
use super::{Item, Writer};
use crate::inline::Inline;
use crate::reset::Resets;
use crate::value::Value;

impl Writer<'_> {
    /// `always @(posedge …)`: one per section and clock, and where resets act at once one more for each of them.
    pub(super) fn clocked(&mut self) {
        let mut groups: BTreeMap<(usize, String, Option<String>), Vec<usize>> = BTreeMap::new();
        for (index, child) in self.module.children.iter().enumerate() {
            let ChildKind::Inline(kind) = &child.kind else { continue };
            if !matches!(kind, Inline::Register | Inline::ResetRegister(_) | Inline::Delay(1..)) {
                continue;
            }
            let section = port(child, "d").map_or(0, |id| self.place(id).0);
            let clock = port(child, "clock").map_or(String::new(), |id| self.printer.text(&Expr::Sym(id)));
            groups.entry((section, clock, self.acts_at_once(child))).or_default().push(index);
        }
        for ((section, clock, reset), members) in groups {
            let body = self.clocked_body(&members);
            let reads = self.reads();
            let edges = reset.map_or(String::new(), |reset| format!(" or posedge {reset}"));
            let text = format!("always @(posedge {clock}{edges}) begin\n{body}end\n");
            self.items.push(Item {
                section,
                order: usize::MAX,
                declares: vec![],
                merged: None,
                text,
                reads,
            });
        }
    }

    /// The reset of this register that acts without a clock: one that comes from a flip-flop, as the module's own reset does. What the module
    /// makes of other signals clears at clock edges.
    fn acts_at_once(&mut self, child: &Child) -> Option<String> {
        let reset = port(child, "reset").filter(|_| self.resets == Resets::Asynchronous)?;
        let source = self.printer.resolve(&Expr::Sym(reset));
        let Expr::Sym(id) = source else { return None };
        let whole = match self.symbol(id).role {
            Role::InPort => true,
            Role::ChildOut(from) => matches!(self.module.children[from].kind, ChildKind::Module(_)),
            _ => false,
        };
        whole.then(|| self.printer.text(&source))
    }

    fn clocked_body(&mut self, members: &[usize]) -> String {
        let (mut free, mut by_reset): (Vec<usize>, BTreeMap<String, Vec<usize>>) = (vec![], BTreeMap::new());
        for index in members {
            let child = &self.module.children[*index];
            match port(child, "reset") {
                Some(reset) => by_reset
                    .entry(self.printer.text(&Expr::Sym(reset)))
                    .or_default()
                    .push(*index),
                None => free.push(*index),
            }
        }
        let mut body = self.updates(&free, 1);
        for (reset, members) in by_reset {
            let mut values = String::new();
            for index in &members {
                let child = &self.module.children[*index];
                if let ChildKind::Inline(Inline::ResetRegister(words)) = &child.kind {
                    let q = child.outputs[0].1;
                    let value = decimal(Value::from_limbs(self.symbol(q).shape, words));
                    values += &format!("        {} <= {value};\n", self.symbol(q).name);
                }
            }
            let updates = self.updates(&members, 2);
            body += &format!("    if ({reset}) begin\n{values}    end else {}", after_else(&updates));
        }
        body
    }

    /// What the registers take at an edge, in the kernel's order.
    fn updates(&mut self, members: &[usize], depth: usize) -> String {
        let indent = "    ".repeat(depth);
        let mut inputs = HashMap::new();
        let mut fixed = vec![];
        for index in members {
            let child = &self.module.children[*index];
            let (Some(d), q) = (port(child, "d"), child.outputs[0].1) else {
                continue;
            };
            let mut q_name = self.symbol(q).name.clone();
            if let ChildKind::Inline(Inline::Delay(n)) = child.kind {
                let stage = |i: usize| format!("{}_d{i}", child.name);
                let stages: Vec<String> = (1..=n).map(stage).collect();
                self.registers
                    .push(format!("reg{} {};", typed(self.symbol(q).shape), stages.join(", ")));
                for pair in stages.windows(2) {
                    fixed.push((usize::MAX, format!("{indent}{} <= {};\n", pair[1], pair[0])));
                }
                self.extra.extend_from_slice(&stages[..n - 1]);
                q_name = stage(1);
            } else {
                self.registers.push(format!("{};", self.declare("reg", q)));
            }
            if self.stands_at_register(d) || self.analysis.form[d] == Form::Clocked {
                inputs.insert(d, (q, format!("{q_name} <=")));
            } else {
                let value = self.printer.text(&Expr::Sym(d));
                fixed.push((self.place(d).1, format!("{indent}{q_name} <= {value};\n")));
            }
        }
        let mut out = String::new();
        for top in &self.module.stmts {
            // `d = q`, which stands first where it stands at all, only says that the register holds.
            if let Stmt::Assign { target, value } = &top.stmt {
                let holds = inputs.get(target).is_some_and(|(q, _)| *value == Expr::Sym(*q));
                if holds && self.analysis.form[*target] == Form::Clocked {
                    continue;
                }
            }
            let assign = |id: SymId| inputs.get(&id).map(|(_, left)| left.clone());
            out += &self.printer.statements(std::slice::from_ref(&top.stmt), &assign, depth);
        }
        fixed.sort_by_key(|(order, _)| *order);
        fixed.iter().for_each(|(_, line)| out += line);
        out
    }
}

/// A module's own Verilog with such resets.
pub fn reset_text(text: &str, resets: Resets) -> String {
    match resets {
        Resets::Synchronous => text.to_string(),
        Resets::Asynchronous => text.replace("always @(posedge clk)\n    if (rst)", "always @(posedge clk or posedge rst)\n    if (rst)"),
    }
}

fn port(child: &Child, name: &str) -> Option<SymId> {
    child.inputs.iter().find(|(port, _)| port == name).map(|(_, id)| *id)
}
