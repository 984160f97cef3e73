//! The order of a module's sections: those of an inlined block stand behind the section in which its parent drives it, and of several
//! blocks there each behind those that it hears.

use super::flow;
use super::ir::*;

/// A kernel that is printed in the module, lowered.
pub(super) struct Lowered {
    /// Number of the parent's kernel, and the block's title; None: the module's own.
    pub part_of: Option<(usize, String)>,
    /// Sections are counted from this kernel's first.
    pub stmts: Vec<TopStmt>,
    /// Text of section 1, 2, …
    pub sections: Vec<String>,
    pub inputs: Vec<SymId>,
    pub outputs: Vec<SymId>,
}

/// All statements, kernel by kernel, with the sections of the module; and what is written above each from 1 on.
pub(super) fn arrange(kernels: Vec<Lowered>, symbols: usize, children: &[Child]) -> (Vec<TopStmt>, Vec<String>) {
    // Through registers and instances too.
    let mut sources = flow::sources(kernels.iter().flat_map(|kernel| &kernel.stmts), symbols);
    flow::through(children, |_| true, &mut sources);
    let mut order = vec![];
    place(0, &kernels, &sources, &mut order);
    let place_of = |kernel: usize, section: usize| order.iter().position(|at| *at == (kernel, section)).unwrap_or(0);
    let title = |(kernel, section): &(usize, usize)| {
        let Lowered { part_of, sections, .. } = &kernels[*kernel];
        match (part_of, section.checked_sub(1)) {
            (None, own) => own.map_or(String::new(), |own| sections[own].clone()),
            (Some((_, title)), None) => title.clone(),
            (Some((_, title)), Some(own)) => format!("{title}: {}", sections[own]),
        }
    };
    let titles = order.iter().skip(1).map(title).collect();
    let stmts = kernels.into_iter().flat_map(|lowered| lowered.stmts);
    (stmts.map(|top| TopStmt { section: place_of(top.kernel, top.section), ..top }).collect(), titles)
}

/// The sections of a kernel, and of the parts below it.
fn place(kernel: usize, kernels: &[Lowered], sources: &[Vec<SymId>], order: &mut Vec<(usize, usize)>) {
    let own = &kernels[kernel];
    let parts = kernels.iter().enumerate().filter(|(_, part)| part.part_of.as_ref().is_some_and(|(of, _)| *of == kernel));
    let driven = |part: &Lowered| {
        let drives = own.stmts.iter().filter(|top| {
            let mut found = false;
            top.stmt.targets(&mut |id| found |= part.inputs.contains(&id));
            found
        });
        drives.map(|top| top.section).max().unwrap_or(0)
    };
    let parts: Vec<(usize, usize)> = parts.map(|(number, part)| (number, driven(part))).collect();
    for section in 0..=own.sections.len() {
        order.push((kernel, section));
        let mut here: Vec<usize> = parts.iter().filter(|(_, at)| *at == section).map(|(number, _)| *number).collect();
        while !here.is_empty() {
            let hears_none = |number: &usize| {
                let heard = flow::reached(kernels[*number].inputs.iter().copied(), sources);
                !here.iter().any(|other| other != number && kernels[*other].outputs.iter().any(|id| heard[*id]))
            };
            // In a circle the first goes first.
            let next = here.iter().position(hears_none).unwrap_or(0);
            place(here.remove(next), kernels, sources, order);
        }
    }
}
