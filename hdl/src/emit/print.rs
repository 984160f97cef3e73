//! Expressions and statements as text. Every context has the width of its parts, so that Verilog's width rules never act;
//! signs are made explicit where they matter (comparisons, arithmetic shifts).

use super::super::inline::Inline;
use super::super::value::Shape;
use super::analyse::{Analysis, Form};
use super::ir::*;
use super::lower::shown;

pub(super) struct Printer<'a> {
    pub module: &'a Module,
    pub analysis: &'a Analysis,
    /// What a symbol that has no net of its own stands for.
    alias: Vec<Option<Expr>>,
    /// Bits read since the last [`Printer::take_uses`]: symbol, lowest bit, width.
    uses: Vec<(SymId, u32, u32)>,
    pub errors: Vec<String>,
}

impl<'a> Printer<'a> {
    pub fn new(module: &'a Module, analysis: &'a Analysis) -> Self {
        let alias = vec![None; module.symbols.len()];
        let mut printer = Printer {
            module,
            analysis,
            alias,
            uses: vec![],
            errors: vec![],
        };
        for id in 0..module.symbols.len() {
            printer.find_alias(id, &mut vec![]);
        }
        printer
    }

    /// The expression that stands for this symbol, if it has no net.
    pub fn alias(&self, id: SymId) -> Option<&Expr> {
        self.alias[id].as_ref()
    }

    pub fn take_uses(&mut self) -> Vec<(SymId, u32, u32)> {
        std::mem::take(&mut self.uses)
    }

    /// The symbol that feeds this child output, if it is only another reading of it, and where its bits start.
    fn source(&self, id: SymId) -> Option<(SymId, u32)> {
        let Role::ChildOut(child) = self.module.symbols[id].role else {
            return None;
        };
        let child = &self.module.children[child];
        if let Some(rolled) = &child.rolled {
            let at = child.outputs.iter().position(|(_, output)| *output == id)?;
            return Some((rolled.vectors[at], rolled.index as u32 * self.module.symbols[id].shape.width));
        }
        match &child.kind {
            ChildKind::Inline(Inline::Split) => {
                let before = child.outputs.iter().take_while(|(_, output)| *output != id);
                Some((
                    child.inputs[0].1,
                    before.map(|(_, output)| self.module.symbols[*output].shape.width).sum(),
                ))
            }
            ChildKind::Inline(Inline::Delay(0)) => child
                .inputs
                .iter()
                .find(|(port, _)| port == "d")
                .map(|(_, input)| (*input, 0)),
            _ => None,
        }
    }

    fn find_alias(&mut self, id: SymId, above: &mut Vec<SymId>) {
        if self.alias[id].is_some() {
            return;
        }
        if above.contains(&id) {
            let path = shown(&self.module.symbols[id].path);
            self.errors
                .push(format!("`{path}` depends on itself: a combinational loop"));
            return;
        }
        above.push(id);
        let symbol = &self.module.symbols[id];
        let found = match (&symbol.role, &self.analysis.form[id]) {
            (Role::ChildIn(_) | Role::PartIn | Role::PartOut, Form::Wire(value)) if value.is_simple() => {
                let value = value.clone();
                value.reads(&mut |read| self.find_alias(read, above));
                Some(self.resolve(&value))
            }
            (Role::ChildOut(_), _) => match self.source(id) {
                Some((input, low)) => {
                    self.find_alias(input, above);
                    let base = self.resolve(&Expr::Sym(input));
                    Some(self.slice(base, low, self.module.symbols[id].shape))
                }
                None => None,
            },
            _ => None,
        };
        above.pop();
        self.alias[id] = found;
    }

    /// With every alias replaced.
    pub fn resolve(&mut self, expr: &Expr) -> Expr {
        let boxed = |x: Expr| Box::new(x);
        match expr {
            Expr::Sym(id) => self.alias[*id].clone().unwrap_or(Expr::Sym(*id)),
            Expr::Slice {
                base,
                low,
                width,
                signed,
            } => {
                let base = self.resolve(&Expr::Sym(*base));
                self.slice(
                    base,
                    *low,
                    Shape {
                        width: *width,
                        signed: *signed,
                    },
                )
            }
            Expr::Literal(value) => Expr::Literal(*value),
            Expr::Unary(op, x) => Expr::Unary(*op, boxed(self.resolve(x))),
            Expr::Binary(op, x, y) => Expr::Binary(*op, boxed(self.resolve(x)), boxed(self.resolve(y))),
            Expr::ShiftLeft(x, by) => Expr::ShiftLeft(boxed(self.resolve(x)), *by),
            Expr::ShiftRight(x, by) => Expr::ShiftRight(boxed(self.resolve(x)), *by),
            Expr::Index(id, x) => match self.resolve(&Expr::Sym(*id)) {
                Expr::Sym(id) => Expr::Index(id, boxed(self.resolve(x))),
                _ => {
                    let path = shown(&self.module.symbols[*id].path);
                    self.errors.push(format!(
                        "a bit of `{path}`, which has no net: give it a name (a Sig<Local>)"
                    ));
                    expr.clone()
                }
            },
            Expr::Resize(x, shape) => match self.resolve(x) {
                Expr::Literal(value) => Expr::Literal(value.with_sign(shape.signed).resize(*shape)),
                x => Expr::Resize(boxed(x), *shape),
            },
            Expr::Reinterpret(x, signed) => match self.resolve(x) {
                Expr::Slice { base, low, width, .. } => Expr::Slice {
                    base,
                    low,
                    width,
                    signed: *signed,
                },
                Expr::Literal(value) => Expr::Literal(value.with_sign(*signed)),
                x if x.shape(&self.module.symbols).signed == *signed => x,
                x => Expr::Reinterpret(boxed(x), *signed),
            },
            Expr::Fill(x, width) => Expr::Fill(boxed(self.resolve(x)), *width),
            Expr::Mux(test, x, y) => Expr::Mux(
                boxed(self.resolve(test)),
                boxed(self.resolve(x)),
                boxed(self.resolve(y)),
            ),
        }
    }

    /// The text for instance `i` of a loop, if these are equal, or parts of one vector at a constant stride.
    pub fn rolled(&mut self, exprs: &[Expr], width: u32) -> Option<String> {
        if exprs.iter().all(|expr| *expr == exprs[0]) {
            return Some(self.text(&exprs[0]));
        }
        let part = |expr: &Expr| match expr {
            Expr::Slice { base, low, width: own, .. } if *own == width => Some((*base, i64::from(*low))),
            _ => None,
        };
        let (base, low) = part(&exprs[0])?;
        let stride = part(&exprs[1])?.1 - low;
        let fits = |(i, expr): (usize, &Expr)| part(expr) == Some((base, low + stride * i as i64));
        if stride <= 0 || !exprs.iter().enumerate().all(fits) {
            return None;
        }
        exprs.iter().for_each(|expr| drop(self.text(expr)));
        let name = &self.module.symbols[base].name;
        let at = match (stride, low) {
            (1, 0) => "i".to_string(),
            (_, 0) => format!("{stride} * i"),
            _ => format!("{stride} * i + {low}"),
        };
        Some(if width == 1 { format!("{name}[{at}]") } else { format!("{name}[{at} +: {width}]") })
    }

    /// The vector whose parts, lowest first, these are.
    pub fn whole(&mut self, exprs: &[Expr]) -> Option<String> {
        let Expr::Slice { base, .. } = exprs.first()? else { return None };
        let mut next = 0;
        for expr in exprs {
            match expr {
                Expr::Slice { base: own, low, width, .. } if own == base && *low == next => next += width,
                _ => return None,
            }
        }
        (next == self.module.symbols[*base].shape.width).then(|| self.text(&Expr::Sym(*base)))
    }

    fn slice(&self, base: Expr, low: u32, shape: Shape) -> Expr {
        let whole = base.shape(&self.module.symbols);
        match base {
            Expr::Literal(value) => Expr::Literal(value.slice(low, shape.width).resize(shape)),
            Expr::Reinterpret(x, _) => self.slice(*x, low, shape),
            Expr::Sym(id) => match &self.module.symbols[id].role {
                Role::Constant(value) => Expr::Literal(value.slice(low, shape.width).resize(shape)),
                _ if low == 0 && shape == whole => Expr::Sym(id),
                _ if low == 0 && shape.width == whole.width => Expr::Reinterpret(Box::new(Expr::Sym(id)), shape.signed),
                _ => Expr::Slice {
                    base: id,
                    low,
                    width: shape.width,
                    signed: shape.signed,
                },
            },
            Expr::Slice { base, low: from, .. } => Expr::Slice {
                base,
                low: from + low,
                width: shape.width,
                signed: shape.signed,
            },
            other => other,
        }
    }

    /// As the right-hand side of an assignment of the same width, or any other place that stands by itself.
    pub fn text(&mut self, expr: &Expr) -> String {
        let expr = self.resolve(expr);
        let signs = has_arithmetic_shift(&expr, &self.module.symbols);
        self.print(&expr, signs)
    }

    /// In parentheses where an operator follows or goes before.
    fn operand(&mut self, expr: &Expr, signs: bool) -> String {
        let text = self.print(expr, signs);
        let bare = match expr {
            Expr::Binary(..) | Expr::ShiftLeft(..) | Expr::ShiftRight(..) => false,
            Expr::Unary(op, _) => *op == UnaryOp::Not,
            Expr::Reinterpret(x, _) if !text.starts_with('$') => return self.operand(x, signs),
            Expr::Resize(..) | Expr::Fill(..) => true,
            Expr::Mux(..) => false,
            Expr::Literal(_) => !text.starts_with('-'),
            _ => true,
        };
        if bare {
            text
        } else {
            format!("({text})")
        }
    }

    fn own(&mut self, expr: &Expr) -> String {
        let signs = has_arithmetic_shift(expr, &self.module.symbols);
        self.operand(expr, signs)
    }

    /// `signs`: the context needs Verilog's signedness to be the shape's.
    fn print(&mut self, expr: &Expr, signs: bool) -> String {
        let symbols = &self.module.symbols;
        match expr {
            Expr::Sym(id) => {
                self.uses.push((*id, 0, symbols[*id].shape.width));
                symbols[*id].name.clone()
            }
            Expr::Slice {
                base,
                low,
                width,
                signed,
            } => {
                self.uses.push((*base, *low, *width));
                let name = &symbols[*base].name;
                let text = match (*width, symbols[*base].shape.width) {
                    (1, 1) => name.clone(),
                    (1, _) => format!("{name}[{low}]"),
                    _ => format!("{name}[{}:{low}]", low + width - 1),
                };
                sign_if(signs && *signed, text)
            }
            Expr::Literal(value) => crate::literal::decimal(*value),
            Expr::Unary(op, x) => {
                let single = x.shape(symbols).width == 1;
                match op {
                    UnaryOp::Not if single => format!("!{}", self.operand(x, signs)),
                    UnaryOp::Not => format!("~{}", self.operand(x, signs)),
                    UnaryOp::Neg => format!("-{}", self.operand(x, signs)),
                    UnaryOp::Any => format!("|{}", self.own(x)),
                    UnaryOp::All => format!("&{}", self.own(x)),
                    UnaryOp::Parity => format!("^{}", self.own(x)),
                }
            }
            Expr::Binary(op, x, y) => {
                let signs = if op.compares() {
                    let shift = has_arithmetic_shift(x, symbols) || has_arithmetic_shift(y, symbols);
                    shift || (op.orders() && (x.shape(symbols).signed || mixed(x) || mixed(y)))
                } else {
                    signs
                };
                let chain = |inner: &Expr| {
                    let same = |other: &Op| op == other || (*op == Op::Sub && *other == Op::Add);
                    let chains = matches!(
                        op,
                        Op::Add | Op::Sub | Op::And | Op::Or | Op::Xor | Op::LogicalAnd | Op::LogicalOr
                    );
                    chains && matches!(inner, Expr::Binary(inner, ..) if same(inner))
                };
                let left = if chain(x) {
                    self.print(x, signs)
                } else {
                    self.operand(x, signs)
                };
                format!("{left} {} {}", op.text(), self.operand(y, signs))
            }
            Expr::ShiftLeft(x, by) => format!("{} << {by}", self.operand(x, signs)),
            Expr::ShiftRight(x, by) if x.shape(symbols).signed => format!("{} >>> {by}", self.operand(x, true)),
            Expr::ShiftRight(x, by) => format!("{} >> {by}", self.operand(x, signs)),
            Expr::Index(id, index) => {
                let index = self.text(index);
                self.uses.push((*id, 0, symbols[*id].shape.width));
                if symbols[*id].shape.width == 1 {
                    return symbols[*id].name.clone();
                }
                format!("{}[{index}]", symbols[*id].name)
            }
            Expr::Resize(x, shape) => {
                let from = x.shape(symbols).width;
                let text = self.text(x);
                let extra = shape.width - from;
                let above = if shape.signed {
                    format!("{{{extra}{{{}}}}}", self.sign_bit(x))
                } else {
                    format!("{extra}'d0")
                };
                sign_if(signs && shape.signed, format!("{{{above}, {text}}}"))
            }
            Expr::Reinterpret(x, signed) => {
                if signs {
                    format!("{}({})", if *signed { "$signed" } else { "$unsigned" }, self.text(x))
                } else {
                    self.print(x, signs)
                }
            }
            Expr::Fill(x, width) => format!("{{{width}{{{}}}}}", self.text(x)),
            Expr::Mux(test, x, y) => {
                let test = match &**test {
                    Expr::Binary(..) => format!("({})", self.text(test)),
                    _ => self.text(test),
                };
                let (x, y) = (self.operand(x, signs), self.print(y, signs));
                format!("{test} ? {x} : {y}")
            }
        }
    }

    fn sign_bit(&mut self, x: &Expr) -> String {
        let top = x.shape(&self.module.symbols).width - 1;
        let bit = self.slice(x.clone(), top, super::super::u(1));
        self.print(&bit, false)
    }

    /// The statements as they act on the symbols that `keep` accepts, indented by `depth` steps.
    pub fn statements(&mut self, stmts: &[Stmt], assign: &dyn Fn(SymId) -> Option<String>, depth: usize) -> String {
        let indent = "    ".repeat(depth);
        let mut out = String::new();
        for stmt in stmts {
            match stmt {
                Stmt::Assign { target, value } => {
                    if let Some(left) = assign(*target) {
                        let compares = matches!(value, Expr::Binary(op, ..) if op.compares());
                        let value = self.text(value);
                        let value = if compares { format!("({value})") } else { value };
                        out += &format!("{indent}{left} {value};\n");
                    }
                }
                Stmt::If { test, then, otherwise } => {
                    out += &self
                        .conditional(test, then, otherwise, assign, depth)
                        .map_or(String::new(), |text| indent.clone() + &text);
                }
            }
        }
        out
    }

    /// `if (…) begin … end else …`, without the first line's indent; None if nothing in it is kept.
    fn conditional(
        &mut self,
        test: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        assign: &dyn Fn(SymId) -> Option<String>,
        depth: usize,
    ) -> Option<String> {
        let indent = "    ".repeat(depth);
        let keeps = |stmts: &[Stmt]| {
            let mut kept = false;
            stmts
                .iter()
                .for_each(|stmt| stmt.targets(&mut |id| kept |= assign(id).is_some()));
            kept
        };
        let (keeps_then, keeps_otherwise) = (keeps(then), keeps(otherwise));
        if !keeps_then && !keeps_otherwise {
            return None;
        }
        if !keeps_then {
            let inverse = Expr::Unary(UnaryOp::Not, Box::new(test.clone()));
            return self.conditional(&inverse, otherwise, &[], assign, depth);
        }
        let mut out = format!("if ({}) begin\n", self.text(test));
        out += &self.statements(then, assign, depth + 1);
        if keeps_otherwise {
            if let [Stmt::If { test, then, otherwise }] = otherwise {
                let chained = self
                    .conditional(test, then, otherwise, assign, depth)
                    .unwrap_or_default();
                return Some(format!("{out}{indent}end else {chained}"));
            }
            out += &format!(
                "{indent}end else begin\n{}",
                self.statements(otherwise, assign, depth + 1)
            );
        }
        Some(format!("{out}{indent}end\n"))
    }
}

/// Does an arithmetic shift stand where the signs around it reach it?
fn has_arithmetic_shift(expr: &Expr, symbols: &[Symbol]) -> bool {
    match expr {
        Expr::ShiftRight(x, _) => x.shape(symbols).signed || has_arithmetic_shift(x, symbols),
        Expr::Unary(UnaryOp::Not | UnaryOp::Neg, x) | Expr::ShiftLeft(x, _) | Expr::Reinterpret(x, _) => {
            has_arithmetic_shift(x, symbols)
        }
        Expr::Binary(op, x, y) if !op.compares() && !matches!(op, Op::LogicalAnd | Op::LogicalOr) => {
            has_arithmetic_shift(x, symbols) || has_arithmetic_shift(y, symbols)
        }
        Expr::Mux(_, x, y) => has_arithmetic_shift(x, symbols) || has_arithmetic_shift(y, symbols),
        _ => false,
    }
}

/// Does a word change its sign where the signs around it reach it?
fn mixed(expr: &Expr) -> bool {
    match expr {
        Expr::Reinterpret(..) => true,
        Expr::Unary(UnaryOp::Not | UnaryOp::Neg, x) | Expr::ShiftLeft(x, _) | Expr::ShiftRight(x, _) => mixed(x),
        Expr::Binary(op, x, y) if !op.compares() => mixed(x) || mixed(y),
        Expr::Mux(_, x, y) => mixed(x) || mixed(y),
        _ => false,
    }
}

fn sign_if(signed: bool, text: String) -> String {
    if signed {
        format!("$signed({text})")
    } else {
        text
    }
}
