//! Equal instances as one `generate` loop.

use super::super::classes::mark;
use super::super::ir::*;
use super::super::text::typed;
use super::Writer;
use crate::value::u;

impl Writer<'_> {
    /// The loop of the instances from `first` on. A pin that is the same part of each step along a vector is that part; one that is not
    /// gets a vector of its own in front of the loop.
    pub(super) fn looped(&mut self, first: usize, rolled: &Rolled, module: &ModuleRef) -> String {
        let members = &self.module.children[first..first + rolled.count];
        let (mut pins, mut before) = (vec![], String::new());
        for (at, (port, id)) in members[0].inputs.iter().enumerate() {
            let exprs: Vec<Expr> =
                members.iter().map(|child| self.printer.resolve(&Expr::Sym(child.inputs[at].1))).collect();
            let width = self.symbol(*id).shape.width;
            let pin = match self.printer.rolled(&exprs, width) {
                Some(text) => text,
                None => {
                    let (vector, pin) = self.gathered(&format!("{}_{port}", rolled.name), &exprs, width);
                    before += &vector;
                    pin
                }
            };
            pins.push((*id, format!("        .{port}({pin})")));
        }
        for (at, (port, id)) in members[0].outputs.iter().enumerate() {
            let pin = element(&self.symbol(rolled.vectors[at]).name, "i", self.symbol(*id).shape.width);
            pins.push((*id, format!("        .{port}({pin})")));
        }
        pins.sort_by_key(|(id, _)| *id);
        let pins: Vec<String> = pins.into_iter().map(|(_, pin)| pin).collect();
        if !before.is_empty() {
            before.push('\n');
        }
        let genvar = self.genvar();
        format!(
            "{before}{genvar}generate\nfor (i = 0; i < {}; i = i + 1) begin : {}\n    {}{} unit (\n{}\n    );\nend\nendgenerate\n",
            rolled.count,
            rolled.name,
            mark(module.class),
            self.parameters(first),
            pins.join(",\n")
        )
    }

    /// The declaration of the loops' variable, in front of the first of them.
    fn genvar(&mut self) -> &'static str {
        if self.extra.iter().any(|name| name == "i") {
            return "";
        }
        self.extra.push("i".into());
        "genvar i;\n"
    }

    /// The declaration of a vector of irregular pins, unless there is one, and what instance `i` takes of it. Neighbours that take the
    /// same share an element.
    fn gathered(&mut self, name: &str, exprs: &[Expr], width: u32) -> (String, String) {
        let run = exprs.iter().take_while(|expr| **expr == exprs[0]).count();
        let even = exprs.len() % run == 0 && exprs.chunks(run).all(|part| part.iter().all(|expr| *expr == part[0]));
        let run = if even { run } else { 1 };
        let parts: Vec<Expr> = exprs.iter().step_by(run).cloned().collect();
        let index = if run == 1 { "i".to_string() } else { format!("i / {run}") };
        if let Some(whole) = self.printer.whole(&parts) {
            return (String::new(), element(&whole, &index, width));
        }
        self.extra.push(name.to_string());
        let parts: Vec<String> = parts.iter().rev().map(|expr| self.printer.text(expr)).collect();
        let all = u(width * parts.len() as u32);
        (format!("wire{} {name} = {{{}}};\n", typed(all), parts.join(", ")), element(name, &index, width))
    }
}

/// Element `index` of a vector of words.
fn element(name: &str, index: &str, width: u32) -> String {
    match width {
        1 => format!("{name}[{index}]"),
        _ if index.contains(' ') => format!("{name}[{width} * ({index}) +: {width}]"),
        _ => format!("{name}[{width} * {index} +: {width}]"),
    }
}
