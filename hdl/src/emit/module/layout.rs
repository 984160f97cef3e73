//! The order of a body: declarations first, then the items section by section.

use std::collections::{HashMap, HashSet};

use super::super::ir::*;
use super::super::text::{folded, holes, ranged};
use crate::literal::{decimal, hexadecimal};
use super::super::super::reset::Resets;
use super::Writer;

impl Writer<'_> {
    /// The items by section, behind the declarations that cannot stand in them.
    pub(super) fn assemble(&mut self) -> String {
        self.items.sort_by_key(|item| (item.section, item.order));
        let mut out = String::new();
        self.check_names();
        let constants: Vec<String> = self.constants();
        let wires = self.outputs_of_instances();
        let forward = self.forward();
        let early: Vec<String> = forward.iter().map(|(_, line)| format!("{line};")).collect();
        for (title, lines) in [
            ("Constants", &constants),
            ("Registers", &self.registers),
            ("Outputs of instances", &wires),
            ("Driven further down", &early),
        ] {
            if !lines.is_empty() {
                out += &format!("    // {title}\n");
                lines.iter().for_each(|line| out += &format!("    {line}\n"));
                out += "\n";
            }
        }
        let forward: HashSet<SymId> = forward.into_iter().map(|(id, _)| id).collect();
        let mut section = 0;
        let mut one_line = false;
        for item in &self.items {
            if item.section != section {
                section = item.section;
                let title = &self.module.sections[section - 1];
                let rule = "-".repeat(100usize.saturating_sub(title.len() + 9).max(4));
                out += &format!(
                    "{}    // ---- {title} {rule}\n",
                    if out.ends_with("\n\n") { "" } else { "\n" }
                );
                one_line = false;
            }
            let early = item.declares.iter().any(|(id, _)| forward.contains(id));
            let mut text = String::new();
            match &item.merged {
                Some(merged) if !early => text += merged,
                _ => {
                    let own = item.declares.iter().filter(|(id, _)| !forward.contains(id));
                    own.for_each(|(_, line)| text += &format!("{line};\n"));
                    text += &item.text;
                }
            }
            let now_one_line = text.lines().count() == 1;
            let together = one_line && now_one_line;
            let fresh = out.is_empty() || out.ends_with("\n\n") || out.ends_with("--\n");
            if !together && !fresh {
                out.push('\n');
            }
            one_line = now_one_line;
            text.lines().for_each(|line| out += &(format!("    {line}").trim_end().to_string() + "\n"));
        }
        out += &self.unused();
        out.lines().map(|line| folded(line) + "\n").collect()
    }

    fn constants(&self) -> Vec<String> {
        let all = self.module.symbols.iter().enumerate();
        all.filter(|(id, _)| !self.used[*id].is_empty())
            .filter_map(|(_, symbol)| match &symbol.role {
                Role::Constant(value) => {
                    // A mask is read bit by bit.
                    let mask = symbol.name.contains("MASK");
                    let value = if mask { hexadecimal(*value) } else { decimal(*value) };
                    Some(format!("localparam{} {} = {value};", ranged(symbol.shape), symbol.name))
                }
                _ => None,
            })
            .collect()
    }

    fn outputs_of_instances(&self) -> Vec<String> {
        let instances = self
            .module
            .children
            .iter()
            .filter(|child| matches!(child.kind, ChildKind::Module(_)));
        let outputs = instances.flat_map(|child| match &child.rolled {
            Some(rolled) if rolled.index == 0 => child.outputs.iter().zip(&rolled.vectors).map(|((port, _), id)| (port, *id)).collect(),
            Some(_) => vec![],
            None => child.outputs.iter().map(|(port, id)| (port, *id)).collect::<Vec<_>>(),
        });
        let line = |(port, id): (&String, SymId)| {
            let wire = format!("{};", self.declare("wire", id));
            match self.resets == Resets::Asynchronous && port == "rst" {
                true => vec![
                    "// Resets flip-flops at once; what has no reset looks at it at clock edges".to_string(),
                    "/* verilator lint_off SYNCASYNCNET */".to_string(),
                    wire,
                    "/* verilator lint_on SYNCASYNCNET */".to_string(),
                ],
                false => vec![wire],
            }
        };
        outputs.flat_map(line).collect()
    }

    /// Declarations that an item before their own needs.
    fn forward(&self) -> Vec<(SymId, String)> {
        let mut open: HashMap<SymId, String> = HashMap::new();
        for item in &self.items {
            item.declares.iter().for_each(|(id, line)| {
                open.insert(*id, line.clone());
            });
        }
        let mut forward = vec![];
        for item in &self.items {
            let own: HashSet<SymId> = item.declares.iter().map(|(id, _)| *id).collect();
            for id in &item.reads {
                if !own.contains(id) {
                    forward.extend(open.remove(id).map(|line| (*id, line)));
                }
            }
            own.iter().for_each(|id| {
                open.remove(id);
            });
        }
        forward.sort();
        forward
    }

    /// What nothing reads, under a name that linters take for intent.
    fn unused(&self) -> String {
        let mut parts = vec![];
        for (id, symbol) in self.module.symbols.iter().enumerate() {
            let may_be_unread = matches!(symbol.role, Role::OutPort | Role::Constant(_));
            if !may_be_unread && self.is_named(id) {
                parts.extend(
                    holes(&self.used[id], symbol.shape.width)
                        .into_iter()
                        .map(|(low, width)| match (width, symbol.shape.width) {
                            (all, whole) if all == whole => symbol.name.clone(),
                            (1, _) => format!("{}[{low}]", symbol.name),
                            _ => format!("{}[{}:{low}]", symbol.name, low + width - 1),
                        }),
                );
            }
        }
        if parts.is_empty() {
            return String::new();
        }
        format!(
            "\n    // Bits that nothing reads\n    wire unused = &{{1'b0, {}}};\n",
            parts.join(", ")
        )
    }
}
