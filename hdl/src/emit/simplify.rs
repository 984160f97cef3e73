//! Removes assignments that a later one, before any read, makes void. Kernels that are configured by `for i in 0..self._on`
//! leave them behind.

use super::ir::*;

/// The same statements without void assignments and empty conditions.
pub(super) fn simplify(stmts: Vec<TopStmt>, symbols: usize) -> Vec<TopStmt> {
    // Per symbol: index of the last unconditional assignment, and of the first read.
    let (mut last, mut first_read) = (vec![None; symbols], vec![usize::MAX; symbols]);
    for (at, top) in stmts.iter().enumerate() {
        note_reads(&top.stmt, at, &mut first_read);
        if let Stmt::Assign { target, .. } = &top.stmt {
            last[*target] = Some(at);
        }
    }
    let void = |at: usize, target: SymId| last[target].is_some_and(|last| at < last && first_read[target] > last);
    let kept = stmts.into_iter().enumerate().filter_map(|(at, top)| {
        let stmt = keep(top.stmt, &|target| !void(at, target))?;
        Some(TopStmt {
            kernel: top.kernel,
            section: top.section,
            stmt,
        })
    });
    kept.collect()
}

fn note_reads(stmt: &Stmt, at: usize, first: &mut [usize]) {
    let mut note = |expr: &Expr| expr.reads(&mut |id| first[id] = first[id].min(at));
    match stmt {
        Stmt::Assign { value, .. } => note(value),
        Stmt::If { test, then, otherwise } => {
            note(test);
            then.iter()
                .chain(otherwise)
                .for_each(|stmt| note_reads(stmt, at, first));
        }
    }
}

/// The statement with what it assigns to wanted symbols.
pub(super) fn keep(stmt: Stmt, wanted: &dyn Fn(SymId) -> bool) -> Option<Stmt> {
    match stmt {
        Stmt::Assign { target, .. } => wanted(target).then_some(stmt),
        Stmt::If { test, then, otherwise } => {
            let then: Vec<Stmt> = then.into_iter().filter_map(|stmt| keep(stmt, wanted)).collect();
            let otherwise: Vec<Stmt> = otherwise.into_iter().filter_map(|stmt| keep(stmt, wanted)).collect();
            (!then.is_empty() || !otherwise.is_empty()).then_some(Stmt::If { test, then, otherwise })
        }
    }
}
