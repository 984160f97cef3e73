//! Instances, and inline blocks that have logic of their own: joins, products by constants, comparisons, selections.

use super::super::classes::{mark, parameters_mark};
use super::super::compare;
use crate::literal::decimal;
use super::super::ir::*;
use super::super::text::{signed_digits, typed};
use super::{Item, Writer};
use crate::inline::Inline;

/// What an [`Item`] says: `declares`, `merged` and `text`.
type Printed = (Vec<(SymId, String)>, Option<String>, String);

impl Writer<'_> {
    /// Instances, and inline blocks that have logic of their own.
    pub(super) fn children(&mut self) {
        for index in 0..self.module.children.len() {
            let child = &self.module.children[index];
            let data = child.inputs.iter().filter(|(_, id)| !self.symbol(*id).is_clock());
            let (section, order) = data.map(|(_, id)| self.place(*id)).max().unwrap_or_default();
            let (declares, merged, text) = match &child.kind {
                ChildKind::Module(module) => match child.rolled.clone() {
                    None => (vec![], None, self.instance(index, module)),
                    Some(rolled) if rolled.index == 0 => (vec![], None, self.looped(index, &rolled, module)),
                    Some(_) => continue,
                },
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
        format!("{}{} {} (\n{}\n);\n", mark(module.class), self.parameters(index), child.name, pins.join(",\n"))
    }

    /// Stands for the parameters of an instance.
    pub(super) fn parameters(&self, index: usize) -> String {
        parameters_mark(self.module.children[..index].iter().filter(|child| child.module().is_some()).count())
    }

    fn join(&mut self, index: usize) -> Printed {
        let child = &self.module.children[index];
        let output = child.outputs[0].1;
        let exprs: Vec<Expr> = child.inputs.iter().map(|(_, id)| self.printer.resolve(&Expr::Sym(*id))).collect();
        let parts: Vec<String> = match self.printer.whole(&exprs) {
            Some(text) => vec![text],
            None => exprs.iter().rev().map(|expr| self.printer.text(expr)).collect(),
        };
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
            return self.wire(output, &decimal(to.zero()));
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
        let bit = |low| Expr::Slice {
            base: input,
            low,
            width: 1,
            signed: false,
        };
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
}
