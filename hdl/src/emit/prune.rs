//! What a module does not need: constants are folded into what reads them, other names of a signal go, and so does what neither an
//! output nor an instance depends on. Signals that a block's [`Doc`](crate::doc::Doc) calls checked stay: lockstep reads them.

use super::flow;
use super::ir::*;
use crate::value::Value;

/// The module without them. `checked` are paths of the module's own signals; what only they need goes to a last section.
pub(super) fn prune(mut module: Module, checked: &[String]) -> Module {
    let is_checked: Vec<bool> = module.symbols.iter().map(|symbol| checked.contains(&symbol.path)).collect();
    fold_constants(&mut module, &is_checked);
    let mut sources = flow::sources(module.stmts.iter(), module.symbols.len());
    flow::through(&module.children, |child| child.module().is_none(), &mut sources);
    let (needed, watched) = roots(&module, &is_checked);
    let used = flow::reached(needed.iter().copied(), &sources);
    let shown = flow::reached(needed.iter().chain(&watched).copied(), &sources);
    for_checking(&mut module, &used, &shown);
    sweep(module, &shown)
}

/// What the design needs, outputs and inputs of instances, and what only checks read.
fn roots(module: &Module, is_checked: &[bool]) -> (Vec<SymId>, Vec<SymId>) {
    let ids = || 0..module.symbols.len();
    let outputs = ids().filter(|id| module.symbols[*id].role == Role::OutPort && !is_checked[*id]);
    let instances = module.children.iter().filter(|child| child.module().is_some());
    let inputs = instances.flat_map(|child| child.inputs.iter().map(|(_, id)| *id));
    (outputs.chain(inputs).collect(), ids().filter(|id| is_checked[*id]).collect())
}

/// Locals that are one constant, or another signal, are replaced in what reads them, until none is left.
fn fold_constants(module: &mut Module, is_checked: &[bool]) {
    loop {
        let meanings = meanings(module, is_checked);
        if meanings.iter().all(Option::is_none) {
            return;
        }
        let mut changed = false;
        let stmts = std::mem::take(&mut module.stmts);
        let folded = stmts.into_iter().flat_map(|top| {
            let (mut out, TopStmt { kernel, section, stmt }) = (vec![], top);
            replace(stmt, &meanings, &module.symbols, &mut out, &mut changed);
            out.into_iter().map(move |stmt| TopStmt { kernel, section, stmt })
        });
        module.stmts = folded.collect();
        if !changed {
            return;
        }
    }
}

/// What each symbol always is, where that is a constant or another symbol.
fn meanings(module: &Module, is_checked: &[bool]) -> Vec<Option<Expr>> {
    let mut count = vec![0; module.symbols.len()];
    module.stmts.iter().for_each(|top| top.stmt.targets(&mut |id| count[id] += 1));
    let mut same = vec![None; module.symbols.len()];
    for top in &module.stmts {
        let Stmt::Assign { target, value } = &top.stmt else { continue };
        let symbol = &module.symbols[*target];
        let inner = matches!(symbol.role, Role::Local | Role::PartIn | Role::PartOut);
        let simple = match value {
            Expr::Literal(_) => true,
            Expr::Sym(other) => module.symbols[*other].shape == symbol.shape && count[*other] < 2,
            _ => false,
        };
        if inner && simple && count[*target] == 1 && !is_checked[*target] {
            same[*target] = Some(value.clone());
        }
    }
    // One other name says what a signal is here; a second one, or one for a constant, says nothing.
    let drops = |value: &Expr| match value {
        Expr::Sym(other) => same[*other].is_some() || matches!(module.symbols[*other].role, Role::Constant(_)),
        _ => true,
    };
    same.iter().map(|value| value.clone().filter(drops)).collect()
}

/// The statement with what its symbols mean in their place; conditions on constants are decided.
fn replace(stmt: Stmt, meanings: &[Option<Expr>], symbols: &[Symbol], out: &mut Vec<Stmt>, changed: &mut bool) {
    match stmt {
        Stmt::Assign { target, value } => {
            let value = folded(value, meanings, symbols, changed);
            out.push(Stmt::Assign { target, value });
        }
        Stmt::If { test, then, otherwise } => {
            let test = folded(test, meanings, symbols, changed);
            let mut both = [then, otherwise].map(|stmts| {
                let mut out = vec![];
                stmts.into_iter().for_each(|stmt| replace(stmt, meanings, symbols, &mut out, changed));
                out
            });
            match test {
                Expr::Literal(value) => out.append(&mut both[usize::from(!value.any())]),
                test => {
                    let [then, otherwise] = both;
                    out.push(Stmt::If { test, then, otherwise });
                }
            }
        }
    }
}

fn folded(expr: Expr, meanings: &[Option<Expr>], symbols: &[Symbol], changed: &mut bool) -> Expr {
    let mut inner = |expr: Box<Expr>| Box::new(folded(*expr, meanings, symbols, changed));
    let expr = match expr {
        Expr::Unary(op, x) => Expr::Unary(op, inner(x)),
        Expr::Binary(op, x, y) => Expr::Binary(op, inner(x), inner(y)),
        Expr::ShiftLeft(x, by) => Expr::ShiftLeft(inner(x), by),
        Expr::ShiftRight(x, by) => Expr::ShiftRight(inner(x), by),
        Expr::Index(id, x) => Expr::Index(id, inner(x)),
        Expr::Resize(x, shape) => Expr::Resize(inner(x), shape),
        Expr::Reinterpret(x, signed) => Expr::Reinterpret(inner(x), signed),
        Expr::Fill(x, width) => Expr::Fill(inner(x), width),
        Expr::Mux(test, x, y) => Expr::Mux(inner(test), inner(x), inner(y)),
        leaf => leaf,
    };
    let meaning = |id: SymId| meanings[id].clone();
    let new = match &expr {
        Expr::Sym(id) => meaning(*id),
        Expr::Slice { base, low, width, signed } => meaning(*base).map(|meant| match meant {
            Expr::Literal(value) => Expr::Literal(cut(value, *low, *width, *signed)),
            Expr::Sym(base) => Expr::Slice { base, low: *low, width: *width, signed: *signed },
            other => other,
        }),
        Expr::Index(id, x) => match meaning(*id) {
            Some(Expr::Sym(other)) => Some(Expr::Index(other, x.clone())),
            _ => None,
        },
        other => simpler(other, symbols),
    };
    match new {
        Some(new) => {
            *changed = true;
            new
        }
        None => expr,
    }
}

fn cut(value: Value, low: u32, width: u32, signed: bool) -> Value {
    let shape = crate::value::Shape { width, signed };
    value.slice(low, width).resize(shape)
}

/// The expression without its constant operands, if they decide it or change nothing.
fn simpler(expr: &Expr, symbols: &[Symbol]) -> Option<Expr> {
    let bit = |bit: bool| Some(Expr::Literal(Value::from_bit(bit)));
    match expr {
        Expr::Unary(UnaryOp::Not, x) => match &**x {
            Expr::Literal(value) if value.shape().width == 1 => bit(!value.any()),
            Expr::Unary(UnaryOp::Not, x) => Some((**x).clone()),
            _ => None,
        },
        Expr::Unary(UnaryOp::Any, x) => match &**x {
            Expr::Literal(value) => bit(value.any()),
            x => (x.shape(symbols) == crate::value::u(1)).then(|| x.clone()),
        },
        Expr::Unary(UnaryOp::All, x) => match &**x {
            Expr::Literal(value) => bit(value.all()),
            x => (x.shape(symbols) == crate::value::u(1)).then(|| x.clone()),
        },
        Expr::Binary(Op::Add | Op::Sub, x, y) if is_zero(y) => Some((**x).clone()),
        Expr::Binary(Op::Add, x, y) if is_zero(x) => Some((**y).clone()),
        Expr::Binary(op, x, y) => match (&**x, &**y) {
            (Expr::Literal(value), other) | (other, Expr::Literal(value)) => with_constant(*op, *value, other),
            _ => None,
        },
        Expr::Mux(test, x, y) => match &**test {
            Expr::Literal(value) => Some(if value.any() { (**x).clone() } else { (**y).clone() }),
            _ => None,
        },
        _ => None,
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(value) if !value.any())
}

/// `value op other`, for operators that do not care which stands first.
fn with_constant(op: Op, value: Value, other: &Expr) -> Option<Expr> {
    let (constant, other) = (Some(Expr::Literal(value)), Some(other.clone()));
    match op {
        Op::And | Op::LogicalAnd if !value.any() => constant,
        Op::And | Op::LogicalAnd if value.all() => other,
        Op::Or | Op::LogicalOr if value.all() => constant,
        Op::Or | Op::LogicalOr | Op::Xor if !value.any() => other,
        _ => None,
    }
}

/// Statements whose targets only checks need stand in a section of their own.
fn for_checking(module: &mut Module, used: &[bool], shown: &[bool]) {
    let only = |id: SymId| shown[id] && !used[id];
    let last = module.sections.len() + 1;
    let mut moved = false;
    for top in &mut module.stmts {
        let (mut all, mut any) = (true, false);
        top.stmt.targets(&mut |id| {
            all &= only(id) || !shown[id];
            any |= only(id);
        });
        if all && any {
            top.section = last;
            moved = true;
        }
    }
    if moved {
        module.sections.push("For checking: only simulation and proofs read these".into());
    }
}

/// Without the symbols, statements and inline blocks that are not shown.
fn sweep(module: Module, shown: &[bool]) -> Module {
    let Module { mut symbols, children, stmts, sections } = module;
    let keeps = |child: &Child| match child.kind {
        ChildKind::Inline(_) => child.outputs.iter().any(|(_, id)| shown[*id]),
        ChildKind::Module(_) => true,
    };
    let mut place = vec![None; children.len()];
    let mut kept = vec![];
    for (index, child) in children.into_iter().enumerate() {
        if keeps(&child) {
            place[index] = Some(kept.len());
            kept.push(child);
        }
    }
    for (id, symbol) in symbols.iter_mut().enumerate() {
        symbol.role = match symbol.role.clone() {
            Role::ChildIn(child) => place[child].map_or(Role::Gone, Role::ChildIn),
            Role::ChildOut(child) => place[child].map_or(Role::Gone, Role::ChildOut),
            Role::Local | Role::PartIn | Role::PartOut if !shown[id] => Role::Gone,
            role => role,
        };
    }
    let wanted = |id: SymId| symbols[id].role != Role::Gone;
    let stmts = stmts.into_iter().filter_map(|top| {
        let TopStmt { kernel, section, stmt } = top;
        Some(TopStmt { kernel, section, stmt: super::simplify::keep(stmt, &wanted)? })
    });
    let stmts = stmts.collect();
    Module { symbols, children: kept, stmts, sections }
}
