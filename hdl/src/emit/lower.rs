//! A kernel's syntax tree to typed statements: loops unrolled, names resolved, shapes checked.

use std::collections::HashMap;

use rust_hdl::core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogExpression as Ast, VerilogLiteral, VerilogOp, VerilogOpUnary,
    VerilogStatement,
};

use super::super::cast::Cast;
use super::super::value::{u, Shape, Value};
use super::ir::*;
use super::tree::Kind;

pub(super) struct Lowering<'a> {
    pub symbols: &'a [Symbol],
    /// What this kernel can name, by its own paths.
    pub by_path: &'a HashMap<String, SymId>,
    kernel: usize,
    /// Names of the block's signals and children, for messages about typing errors.
    loops: Vec<(String, i64)>,
    section: usize,
    sections: Vec<String>,
    pub errors: Vec<String>,
}

type Lowered = Result<Expr, String>;

impl<'a> Lowering<'a> {
    pub fn new(symbols: &'a [Symbol], by_path: &'a HashMap<String, SymId>, kernel: usize) -> Self {
        Lowering {
            symbols,
            by_path,
            kernel,
            loops: vec![],
            section: 0,
            sections: vec![],
            errors: vec![],
        }
    }

    /// All statements of the kernel; what is wrong goes to `errors`.
    pub fn kernel(&mut self, block: &VerilogBlock) -> (Vec<TopStmt>, Vec<String>) {
        let mut out = vec![];
        self.top(block, &mut out);
        (out, std::mem::take(&mut self.sections))
    }

    fn top(&mut self, block: &VerilogBlock, out: &mut Vec<TopStmt>) {
        for stmt in block {
            match stmt {
                VerilogStatement::Comment(text) => {
                    if self.loops.iter().all(|(_, i)| *i == 0) {
                        self.sections.push(comment_text(text));
                        self.section += 1;
                    }
                }
                VerilogStatement::Macro(block) => self.top(block, out),
                VerilogStatement::Loop(l) => {
                    for i in l.from.as_usize()..l.to.as_usize() {
                        self.loops.push((l.index.clone(), i as i64));
                        self.top(&l.block, out);
                        self.loops.pop();
                    }
                }
                other => {
                    let mut stmts = vec![];
                    self.statement(other, &mut stmts);
                    // A condition on loop variables leaves its branch at the top level.
                    out.extend(stmts.into_iter().map(|stmt| TopStmt {
                        kernel: self.kernel,
                        section: self.section,
                        stmt,
                    }));
                }
            }
        }
    }

    fn block(&mut self, block: &VerilogBlock) -> Vec<Stmt> {
        let mut out = vec![];
        for stmt in block {
            self.statement(stmt, &mut out);
        }
        out
    }

    fn statement(&mut self, stmt: &VerilogStatement, out: &mut Vec<Stmt>) {
        match stmt {
            VerilogStatement::Assignment(target, value) => match self.assignment(target, value) {
                Ok(stmt) => out.push(stmt),
                Err(error) => self.errors.push(error),
            },
            VerilogStatement::If(c) => {
                let test = match self.expr(&c.test, None) {
                    Ok(test) => test,
                    Err(error) => return self.errors.push(error),
                };
                if test.shape(self.symbols).width != 1 {
                    self.errors
                        .push(format!("a condition has {}, not one bit", test.shape(self.symbols)));
                }
                if let Expr::Literal(value) = test {
                    if value.any() {
                        out.extend(self.block(&c.then));
                    } else {
                        out.extend(self.otherwise(&c.otherwise));
                    }
                    return;
                }
                let (then, otherwise) = (self.block(&c.then), self.otherwise(&c.otherwise));
                out.push(Stmt::If { test, then, otherwise });
            }
            VerilogStatement::Macro(block) => {
                let stmts = self.block(block);
                out.extend(stmts);
            }
            VerilogStatement::Loop(l) => {
                for i in l.from.as_usize()..l.to.as_usize() {
                    self.loops.push((l.index.clone(), i as i64));
                    let stmts = self.block(&l.block);
                    out.extend(stmts);
                    self.loops.pop();
                }
            }
            VerilogStatement::Comment(_) => {}
            VerilogStatement::Match(_) => self.errors.push("`match` is not supported: use if / else if".into()),
            VerilogStatement::SliceAssignment { .. } => self
                .errors
                .push("a part of a signal is assigned: put the word together with a Join".into()),
            VerilogStatement::Link(_) => self
                .errors
                .push("`link` and `join` are not supported: assign signals".into()),
        }
    }

    fn otherwise(&mut self, branch: &VerilogBlockOrConditional) -> Vec<Stmt> {
        let mut out = vec![];
        match branch {
            VerilogBlockOrConditional::None => {}
            VerilogBlockOrConditional::Block(block) => out = self.block(block),
            VerilogBlockOrConditional::Conditional(stmt) => self.statement(stmt, &mut out),
        }
        out
    }

    fn assignment(&mut self, target: &Ast, value: &Ast) -> Result<Stmt, String> {
        let Ast::Signal(path) = target else {
            return Err("only whole signals can be assigned".into());
        };
        let path = path.strip_suffix("$next").unwrap_or(path);
        let target = self.resolve(path)?;
        let symbol = &self.symbols[target];
        if !symbol.driven_here() || symbol.kernel != self.kernel {
            return Err(format!(
                "`{}` is driven elsewhere and cannot be assigned here",
                shown(&symbol.path)
            ));
        }
        let value = self
            .expr(value, Some(symbol.shape))
            .map_err(|error| format!("`{}`: {error}", shown(&symbol.path)))?;
        let shape = value.shape(self.symbols);
        if shape != symbol.shape {
            return Err(format!(
                "`{}` is {} but is assigned {shape}",
                shown(&symbol.path),
                symbol.shape
            ));
        }
        Ok(Stmt::Assign { target, value })
    }

    /// `lane[i+1]$q` to the symbol `lane$2$q`.
    fn resolve(&self, path: &str) -> Result<SymId, String> {
        let plain = self.plain_path(path)?;
        self.by_path
            .get(plain.as_str())
            .copied()
            .ok_or_else(|| format!("no signal `{}` in this block", shown(&plain)))
    }

    fn plain_path(&self, path: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = path;
        while let Some(open) = rest.find('[') {
            let close = rest[open..]
                .find(']')
                .ok_or_else(|| format!("`{path}`: unbalanced brackets"))?
                + open;
            let index = super::index::evaluate(&rest[open + 1..close], &self.loops)
                .ok_or_else(|| format!("`{path}`: an index may use loop variables, numbers and + - * / %"))?;
            out += &rest[..open];
            out += &format!("${index}");
            rest = &rest[close + 1..];
        }
        Ok(out + rest)
    }

    /// The number, if the expression is one that is known now: loop variables, literals, `bits_number`.
    fn number(&self, ast: &Ast) -> Option<i64> {
        match ast {
            Ast::Literal(literal) if !is_bit(literal) => i64::try_from(literal.as_usize()).ok(),
            Ast::Signal(name) => super::index::evaluate(name, &self.loops),
            Ast::Cast(_, code) => match Cast::decode(*code) {
                Some(Cast::Number(k)) => Some(k as i64),
                _ => None,
            },
            Ast::Paren(x) => self.number(x),
            Ast::Binary(x, op, y) => {
                let (x, y) = (self.number(x)?, self.number(y)?);
                match op {
                    VerilogOp::Add => x.checked_add(y),
                    VerilogOp::Sub => x.checked_sub(y),
                    VerilogOp::Mul => x.checked_mul(y),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The shape an expression has by itself; None where it takes one from its surroundings.
    fn natural(&self, ast: &Ast) -> Option<Shape> {
        match ast {
            Ast::Signal(path) => self.resolve(path).ok().map(|id| self.symbols[id].shape),
            Ast::Literal(literal) if is_bit(literal) => Some(u(1)),
            Ast::Cast(x, code) => match Cast::decode(*code)? {
                Cast::Resize(width) | Cast::Fill(width) => Some(u(width)),
                Cast::SignedResize(width) => Some(Shape { width, signed: true }),
                Cast::Slice { shape, .. } | Cast::Constant { shape, .. } => Some(shape),
                Cast::ShiftRight(_) => self.natural(x),
                Cast::Reinterpret { signed } => self.natural(x).map(|shape| Shape { signed, ..shape }),
                Cast::FromBit => Some(u(1)),
                Cast::Number(_) => None,
            },
            Ast::Paren(x) | Ast::Unary(VerilogOpUnary::Not | VerilogOpUnary::Neg, x) => self.natural(x),
            Ast::Unary(..) | Ast::Index(..) => Some(u(1)),
            Ast::Binary(x, op, y) => match operator(op) {
                Some(op) if op.compares() => Some(u(1)),
                Some(_) => self.natural(x).or_else(|| self.natural(y)),
                None => self.natural(x),
            },
            _ => None,
        }
    }

    fn expr(&self, ast: &Ast, want: Option<Shape>) -> Lowered {
        match ast {
            Ast::Signal(path) => self.resolve(path).map(Expr::Sym),
            Ast::Literal(literal) if is_bit(literal) => Ok(Expr::Literal(Value::from_bit(literal.as_usize() == 1))),
            Ast::Literal(_) => Err("a bare number: use a Const or `bits_const(value, width)`".into()),
            Ast::Paren(x) => self.expr(x, want),
            Ast::Cast(x, code) => self.cast(x, *code),
            Ast::Signed(x) | Ast::Unsigned(x) => {
                let signed = matches!(ast, Ast::Signed(_));
                let x = self.expr(x, None)?;
                let width = want.map_or(x.shape(self.symbols).width, |shape| shape.width);
                self.resize(x, Shape { width, signed })
            }
            Ast::Unary(op, x) => {
                let (op, want) = match op {
                    VerilogOpUnary::Not => (UnaryOp::Not, want),
                    VerilogOpUnary::Neg => (UnaryOp::Neg, want),
                    VerilogOpUnary::Any => (UnaryOp::Any, None),
                    VerilogOpUnary::All => (UnaryOp::All, None),
                    VerilogOpUnary::Xor => (UnaryOp::Parity, None),
                };
                let x = self.expr(x, want)?;
                if let (UnaryOp::Not, Expr::Literal(value)) = (op, &x) {
                    return Ok(Expr::Literal(!*value));
                }
                Ok(Expr::Unary(op, Box::new(x)))
            }
            Ast::Binary(x, op, y) => self.binary(x, op, y, want),
            Ast::Index(x, index) => self.bit(x, index),
            Ast::Slice(..) | Ast::IndexReplace(..) => {
                Err("not supported: use bit_cast_slice, a Split or a Join".into())
            }
        }
    }

    fn binary(&self, x: &Ast, op: &VerilogOp, y: &Ast, want: Option<Shape>) -> Lowered {
        if let (Some(x), Some(y)) = (self.number(x), self.number(y)) {
            if let Some(answer) = operator(op).and_then(|op| compare(op, x, y)) {
                return Ok(Expr::Literal(Value::from_bit(answer)));
            }
        }
        let Some(op) = operator(op) else {
            let by = self.number(y).and_then(|by| u32::try_from(by).ok());
            let x = self.expr(x, want)?;
            return match (op, by) {
                (VerilogOp::Shl | VerilogOp::Shr, Some(0)) => Ok(x),
                (VerilogOp::Shl, Some(by)) => Ok(Expr::ShiftLeft(Box::new(x), by)),
                (VerilogOp::Shr, Some(by)) => Ok(Expr::ShiftRight(Box::new(x), by)),
                _ => Err("a shift needs a constant amount: a literal or `bits_number(self._k)`".into()),
            };
        };
        let shape = self
            .natural(x)
            .or_else(|| self.natural(y))
            .or(if op.compares() { None } else { want });
        if shape.is_none() {
            return Err(format!(
                "operands of `{}` have no width of their own: use bit_cast_… for one",
                op.text()
            ));
        }
        let (x, y) = (self.expr(x, shape)?, self.expr(y, shape)?);
        let (left, right) = (x.shape(self.symbols), y.shape(self.symbols));
        if left != right {
            return Err(format!("operands of `{}` differ: {left} and {right}", op.text()));
        }
        if matches!(op, Op::LogicalAnd | Op::LogicalOr) && left.width != 1 {
            return Err(format!("`{}` needs single bits, not {left}", op.text()));
        }
        Ok(Expr::Binary(op, Box::new(x), Box::new(y)))
    }

    fn cast(&self, x: &Ast, code: usize) -> Lowered {
        let cast = Cast::decode(code).ok_or("a cast of rust-hdl's own: use those of crate `hdl`")?;
        if let Cast::Constant { shape, value } = cast {
            return Ok(Expr::Literal(Value::from_limbs(shape, &[value])));
        }
        let x = self.expr(x, None)?;
        match cast {
            Cast::Resize(width) => self.resize(x, u(width)),
            Cast::SignedResize(width) => self.resize(x, Shape { width, signed: true }),
            Cast::Slice { low, shape } => self.slice(x, low, shape),
            Cast::ShiftRight(by) => Ok(Expr::ShiftRight(Box::new(x), by)),
            Cast::Reinterpret { signed } => Ok(Expr::Reinterpret(Box::new(x), signed)),
            Cast::FromBit => Ok(x),
            Cast::Fill(width) => Ok(Expr::Fill(Box::new(x), width)),
            Cast::Number(_) | Cast::Constant { .. } => Err("a number stands where a value is needed".into()),
        }
    }

    fn resize(&self, x: Expr, shape: Shape) -> Lowered {
        let from = x.shape(self.symbols);
        if from.width == shape.width {
            return Ok(if from.signed == shape.signed {
                x
            } else {
                Expr::Reinterpret(Box::new(x), shape.signed)
            });
        }
        if shape.width < from.width {
            return self.slice(x, 0, shape);
        }
        if shape.signed && !x.is_simple() {
            return Err("a sign extension of an expression: give the expression a name (a Sig<Local>)".into());
        }
        Ok(Expr::Resize(Box::new(x), shape))
    }

    fn slice(&self, x: Expr, low: u32, shape: Shape) -> Lowered {
        match x {
            Expr::Reinterpret(x, _) => self.slice(*x, low, shape),
            Expr::Sym(base) => Ok(Expr::Slice {
                base,
                low,
                width: shape.width,
                signed: shape.signed,
            }),
            Expr::Slice { base, low: from, .. } => Ok(Expr::Slice {
                base,
                low: from + low,
                width: shape.width,
                signed: shape.signed,
            }),
            Expr::Literal(value) => Ok(Expr::Literal(value.slice(low, shape.width).resize(shape))),
            _ => Err("a part of an expression: give the expression a name (a Sig<Local>)".into()),
        }
    }

    fn bit(&self, x: &Ast, index: &Ast) -> Lowered {
        let x = self.expr(x, None)?;
        let width = x.shape(self.symbols).width;
        if let Some(i) = self.number(index) {
            return match u32::try_from(i) {
                Ok(i) if i < width => self.slice(x, i, u(1)),
                _ => Err(format!("bit {i} of {width}")),
            };
        }
        let index = self.expr(index, None)?;
        let (bits, needed) = (index.shape(self.symbols), super::super::index_width(width as usize));
        if bits != u(needed) {
            return Err(format!(
                "a bit index into {width} bits must be {}, not {bits}",
                u(needed)
            ));
        }
        match x {
            Expr::Sym(base) => Ok(Expr::Index(base, Box::new(index))),
            _ => Err("a bit of an expression: give the expression a name (a Sig<Local>)".into()),
        }
    }
}

fn operator(op: &VerilogOp) -> Option<Op> {
    Some(match op {
        VerilogOp::Add => Op::Add,
        VerilogOp::Sub => Op::Sub,
        VerilogOp::Mul => Op::Mul,
        VerilogOp::LogicalAnd => Op::LogicalAnd,
        VerilogOp::LogicalOr => Op::LogicalOr,
        VerilogOp::BitXor => Op::Xor,
        VerilogOp::BitAnd => Op::And,
        VerilogOp::BitOr => Op::Or,
        VerilogOp::Eq => Op::Eq,
        VerilogOp::Ne => Op::Ne,
        VerilogOp::Lt => Op::Lt,
        VerilogOp::Le => Op::Le,
        VerilogOp::Gt => Op::Gt,
        VerilogOp::Ge => Op::Ge,
        VerilogOp::Shl | VerilogOp::Shr => return None,
    })
}

fn compare(op: Op, x: i64, y: i64) -> Option<bool> {
    Some(match op {
        Op::Eq => x == y,
        Op::Ne => x != y,
        Op::Lt => x < y,
        Op::Le => x <= y,
        Op::Gt => x > y,
        Op::Ge => x >= y,
        _ => return None,
    })
}

/// `true` and `false` are the only literals of one bit.
fn is_bit(literal: &VerilogLiteral) -> bool {
    literal.to_string().starts_with("1'")
}

/// The text of `comment!("…")`, however much of the macro's own spelling `hdl_gen` left around it.
fn comment_text(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let inner = match words
        .strip_prefix("comment")
        .map(|rest| rest.trim_start_matches([' ', '!', '(']))
    {
        Some(rest) if rest.starts_with('"') => rest[1..].trim_end_matches(')').trim_end_matches('"'),
        _ => &words,
    };
    inner.replace("\\\"", "\"").trim().to_string()
}

/// A path as the kernel's author writes it.
pub(super) fn shown(path: &str) -> String {
    path.replace('$', ".")
}

impl Symbol {
    /// Is it a clock?
    pub fn is_clock(&self) -> bool {
        self.kind == Kind::Clock
    }
}
