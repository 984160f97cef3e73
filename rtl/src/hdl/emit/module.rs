//! The body of a module, from its analysed kernel: declarations, then one ruled section per `comment!` of the kernel.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::inline::Inline;
use super::super::value::Value;
use super::analyse::{is_register_input, Analysis, Form};
use super::ir::*;
use super::lower::shown;
use super::print::Printer;
use super::compare;
use super::text::{after_else, folded, holes, ranged, signed_digits, typed};

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

pub(super) fn print_module(module: &Module, analysis: &Analysis, errors: &mut Vec<String>) -> ModuleBody {
    let mut writer = Writer {
        module,
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

    /// Signals that are wires and have a net of their own.
    fn signals(&mut self) {
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

    /// `always @(*)` blocks.
    fn blocks(&mut self) {
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

    /// Instances, and inline blocks that have logic of their own.
    fn children(&mut self) {
        for index in 0..self.module.children.len() {
            let child = &self.module.children[index];
            let data = child.inputs.iter().filter(|(_, id)| !self.symbol(*id).is_clock());
            let (section, order) = data.map(|(_, id)| self.place(*id)).max().unwrap_or_default();
            let (declares, merged, text) = match &child.kind {
                ChildKind::Module(module) => (vec![], None, self.instance(index, module)),
                ChildKind::Inline(Inline::Join) => self.join(index),
                ChildKind::Inline(Inline::ScaleBy(factor)) => self.scale(index, *factor),
                ChildKind::Inline(Inline::Select) => self.select(index),
                ChildKind::Inline(Inline::Above(limit)) => self.above(index, *limit),
                ChildKind::Inline(_) => continue,
            };
            let reads = self.reads();
            self.items.push(Item {
                section,
                order,
                declares,
                merged,
                text,
                reads,
            });
        }
    }

    fn instance(&mut self, index: usize, module: &ModuleRef) -> String {
        let child = &self.module.children[index];
        let mut pins = vec![];
        for (port, id) in &child.inputs {
            pins.push((*id, format!("    .{port}({})", self.printer.text(&Expr::Sym(*id)))));
        }
        for (port, id) in &child.outputs {
            pins.push((*id, format!("    .{port}({})", self.symbol(*id).name)));
        }
        pins.sort_by_key(|(id, _)| *id);
        let pins: Vec<String> = pins.into_iter().map(|(_, pin)| pin).collect();
        let parameters = if module.loads { " #(.MEM_DIR(MEM_DIR))" } else { "" };
        format!("{}{parameters} {} (\n{}\n);\n", module.name, child.name, pins.join(",\n"))
    }

    fn join(&mut self, index: usize) -> Printed {
        let child = &self.module.children[index];
        let output = child.outputs[0].1;
        let parts: Vec<String> = child
            .inputs
            .iter()
            .rev()
            .map(|(_, id)| self.printer.text(&Expr::Sym(*id)))
            .collect();
        let value = match parts.as_slice() {
            [one] => one.clone(),
            _ => format!("{{{}}}", parts.join(", ")),
        };
        self.wire(output, &value)
    }

    fn wire(&self, output: SymId, value: &str) -> Printed {
        let declaration = self.declare("wire", output);
        let merged = Some(format!("{declaration} = {value};\n"));
        (
            vec![(output, declaration)],
            merged,
            format!("assign {} = {value};\n", self.symbol(output).name),
        )
    }

    /// Shifts and additions by the factor's signed digits.
    fn scale(&mut self, index: usize, factor: u64) -> Printed {
        let child = &self.module.children[index];
        let (input, output) = (child.inputs[0].1, child.outputs[0].1);
        let (from, to) = (self.symbol(input).shape, self.symbol(output).shape);
        let narrow = Expr::Sym(input);
        let wide = match to.width.cmp(&from.width) {
            std::cmp::Ordering::Equal => narrow,
            std::cmp::Ordering::Greater => Expr::Resize(Box::new(narrow), to),
            std::cmp::Ordering::Less => Expr::Slice {
                base: input,
                low: 0,
                width: to.width,
                signed: to.signed,
            },
        };
        let digits: Vec<(u32, bool)> = signed_digits(factor)
            .into_iter()
            .filter(|(at, _)| *at < to.width)
            .collect();
        if digits.is_empty() {
            return self.wire(output, &super::decimal(to.zero()));
        }
        let resolved = self.printer.resolve(&wide);
        let plain = matches!(resolved, Expr::Sym(_)) || digits.len() < 2;
        let name = format!("{}_wide", child.name);
        if !plain {
            self.extra.push(name.clone());
        }
        let term = self.printer.text(&wide);
        let x = if plain { &term } else { &name };
        let mut value = String::new();
        for (at, minus) in &digits {
            let term = if *at == 0 { x.clone() } else { format!("({x} << {at})") };
            value += &match (value.is_empty(), minus) {
                (true, false) => term,
                (true, true) => format!("-{term}"),
                (false, false) => format!(" + {term}"),
                (false, true) => format!(" - {term}"),
            };
        }
        let (declares, merged, text) = self.wire(output, &value);
        let says = |text: String| text.replace(";\n", &format!(";  // * {factor}\n"));
        let (merged, text) = match digits.len() {
            0 | 1 => (merged, text),
            _ => (merged.map(says), says(text)),
        };
        if plain {
            return (declares, merged, text);
        }
        let first = format!("wire{} {name} = {term};\n", typed(to));
        (declares, merged.map(|merged| first.clone() + &merged), first + &text)
    }

    fn above(&mut self, index: usize, limit: i64) -> Printed {
        let child = &self.module.children[index];
        let (input, output) = (child.inputs[0].1, child.outputs[0].1);
        let (shape, name) = (self.symbol(input).shape, self.printer.text(&Expr::Sym(input)));
        let bit = |low| Expr::Slice { base: input, low, width: 1, signed: false };
        let bits: Vec<String> = (0..shape.width).map(|low| self.printer.text(&bit(low))).collect();
        let says = |text: String| text.replace(";\n", &format!(";  // {name} > {limit}\n"));
        let (declares, merged, text) = self.wire(output, &compare::above(&bits, shape, limit));
        (declares, merged.map(says), says(text))
    }

    fn select(&mut self, index: usize) -> Printed {
        let child = &self.module.children[index];
        let output = child.outputs[0].1;
        let name = self.symbol(output).name.clone();
        let (choices, by): (Vec<_>, Vec<_>) = child.inputs.iter().partition(|(port, _)| port != "index");
        if let [(_, only)] = choices.as_slice() {
            let value = self.printer.text(&Expr::Sym(*only));
            return self.wire(output, &value);
        }
        let width = self.symbol(by[0].1).shape.width;
        let mut text = format!("always @(*)\n    case ({})\n", self.printer.text(&Expr::Sym(by[0].1)));
        for (i, (_, id)) in choices.iter().enumerate() {
            let label = if i + 1 == choices.len() {
                "default".into()
            } else {
                format!("{width}'d{i}")
            };
            text += &format!("        {label}: {name} = {};\n", self.printer.text(&Expr::Sym(*id)));
        }
        (
            vec![(output, self.declare("reg", output))],
            None,
            text + "    endcase\n",
        )
    }

    /// `always @(posedge …)`: one per section and clock.
    fn clocked(&mut self) {
        let mut groups: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
        for (index, child) in self.module.children.iter().enumerate() {
            let ChildKind::Inline(kind) = &child.kind else { continue };
            if !matches!(kind, Inline::Register | Inline::ResetRegister(_) | Inline::Delay(1..)) {
                continue;
            }
            let section = port(child, "d").map_or(0, |id| self.place(id).0);
            let clock = port(child, "clock").map_or(String::new(), |id| self.printer.text(&Expr::Sym(id)));
            groups.entry((section, clock)).or_default().push(index);
        }
        for ((section, clock), members) in groups {
            let body = self.clocked_body(&members);
            let reads = self.reads();
            let text = format!("always @(posedge {clock}) begin\n{body}end\n");
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
                    let value = super::decimal(Value::from_limbs(self.symbol(q).shape, words));
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

    fn assemble(&mut self) -> String {
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
            text.lines().for_each(|line| out += &format!("    {line}\n"));
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
                    let value = if mask { super::hexadecimal(*value) } else { super::decimal(*value) };
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
        let outputs = instances.flat_map(|child| &child.outputs);
        outputs
            .map(|(_, id)| format!("{};", self.declare("wire", *id)))
            .collect()
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

    /// Two nets of one name, or a name that Verilog does not take.
    fn check_names(&mut self) {
        let mut names: HashMap<&str, &str> = HashMap::new();
        let mut errors = vec![];
        let ids = 0..self.module.symbols.len();
        for id in ids {
            let symbol = &self.module.symbols[id];
            let declared = match &symbol.role {
                Role::ChildIn(_) => self
                    .items
                    .iter()
                    .any(|item| item.declares.iter().any(|(own, _)| *own == id)),
                Role::ChildOut(_) => self.printer.alias(id).is_none(),
                _ => true,
            };
            if !declared {
                continue;
            }
            if let Some(problem) = super::names::problem(&symbol.name) {
                errors.push(format!("`{}`: {problem}", shown(&symbol.path)));
            }
            if let Some(other) = names.insert(&symbol.name, &symbol.path) {
                let (one, two) = (shown(other), shown(&symbol.path));
                errors.push(format!(
                    "`{one}` and `{two}` are both called `{}` in Verilog",
                    symbol.name
                ));
            }
        }
        for child in self
            .module
            .children
            .iter()
            .filter(|child| matches!(child.kind, ChildKind::Module(_)))
        {
            if let Some(problem) = super::names::problem(&child.name) {
                errors.push(format!("`{}`: {problem}", shown(&child.path)));
            }
            if let Some(other) = names.insert(&child.name, &child.path) {
                let (one, two) = (shown(other), shown(&child.path));
                errors.push(format!(
                    "`{one}` and `{two}` are both called `{}` in Verilog",
                    child.name
                ));
            }
        }
        for extra in &self.extra {
            if let Some(other) = names.insert(extra, extra) {
                errors.push(format!(
                    "`{}` and a stage of a delay or product are both called `{extra}`",
                    shown(other)
                ));
            }
        }
        self.printer.errors.append(&mut errors);
    }

    /// What nothing reads, under a name that linters take for intent.
    fn unused(&self) -> String {
        let mut parts = vec![];
        for (id, symbol) in self.module.symbols.iter().enumerate() {
            let declared = match &symbol.role {
                Role::InPort => true,
                Role::OutPort | Role::Constant(_) => false,
                Role::Local => true,
                Role::ChildIn(_) => self
                    .items
                    .iter()
                    .any(|item| item.declares.iter().any(|(own, _)| *own == id)),
                Role::ChildOut(_) => self.printer.alias(id).is_none(),
            };
            if declared {
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

type Printed = (Vec<(SymId, String)>, Option<String>, String);

fn port(child: &Child, name: &str) -> Option<SymId> {
    child.inputs.iter().find(|(port, _)| port == name).map(|(_, id)| *id)
}
