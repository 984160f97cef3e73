//! What each signal of a module is made of, and what that reaches.

use super::ir::*;

/// Per symbol, those that its assignments and the conditions around them read.
pub(super) fn sources<'a>(stmts: impl Iterator<Item = &'a TopStmt>, symbols: usize) -> Vec<Vec<SymId>> {
    let mut sources = vec![vec![]; symbols];
    stmts.for_each(|top| note(&top.stmt, &mut vec![], &mut sources));
    sources
}

/// Adds the way through children that `passes` accepts: each output is made of all inputs.
pub(super) fn through(children: &[Child], passes: impl Fn(&Child) -> bool, sources: &mut [Vec<SymId>]) {
    for child in children.iter().filter(|child| passes(child)) {
        for (_, output) in &child.outputs {
            sources[*output].extend(child.inputs.iter().map(|(_, input)| *input));
        }
    }
}

/// Which symbols some depend on, themselves included.
pub(super) fn reached(from: impl Iterator<Item = SymId>, sources: &[Vec<SymId>]) -> Vec<bool> {
    let (mut seen, mut open) = (vec![false; sources.len()], from.collect::<Vec<_>>());
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut seen[id], true) {
            open.extend_from_slice(&sources[id]);
        }
    }
    seen
}

fn note(stmt: &Stmt, conditions: &mut Vec<SymId>, sources: &mut [Vec<SymId>]) {
    match stmt {
        Stmt::Assign { target, value } => {
            value.reads(&mut |id| sources[*target].push(id));
            sources[*target].extend_from_slice(conditions);
        }
        Stmt::If { test, then, otherwise } => {
            let outer = conditions.len();
            test.reads(&mut |id| conditions.push(id));
            then.iter().chain(otherwise).for_each(|stmt| note(stmt, conditions, sources));
            conditions.truncate(outer);
        }
    }
}
