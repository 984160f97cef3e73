//! Equal modules side by side in one `Vec` become a `generate` loop.

use super::ir::*;
use super::names;
use super::tree::Kind;
use crate::value::u;

/// Fewest instances that are worth a loop.
const FEWEST: usize = 3;

/// Gives [`FEWEST`] and more equal modules side by side their places in a loop, and each of their outputs a vector of all.
pub(super) fn roll(symbols: &mut Vec<Symbol>, children: &mut [Child]) {
    let mut first = 0;
    while first < children.len() {
        let count = alike(&children[first..]);
        if count >= FEWEST {
            let (name, vectors) = (loop_name(&children[first].name), children[first].outputs.clone());
            let vectors: Vec<SymId> = vectors.iter().map(|(port, id)| vector(symbols, &name, port, *id, count)).collect();
            for (index, child) in children[first..first + count].iter_mut().enumerate() {
                child.rolled = Some(Rolled { name: name.clone(), index, count, vectors: vectors.clone() });
            }
        }
        first += count;
    }
}

/// How many, from the first on, are instances of its module in the same `Vec`; 1 if it is none.
fn alike(children: &[Child]) -> usize {
    let of = |child: &Child| match (&child.kind, child.path.rsplit_once('$')) {
        (ChildKind::Module(module), Some((stem, _))) => Some((module.clone(), stem.to_string(), child.inputs.len())),
        _ => None,
    };
    match of(&children[0]) {
        Some(own) => children.iter().take_while(|child| of(child).as_ref() == Some(&own)).count(),
        None => 1,
    }
}

/// `lane` of `lane_0`; `bits` where `bit` is a word of the language.
fn loop_name(first: &str) -> String {
    let name = first.trim_end_matches("_0");
    match names::problem(name) {
        Some(_) => format!("{name}s"),
        None => name.to_string(),
    }
}

/// All outputs of this port side by side, the first instance's lowest.
fn vector(symbols: &mut Vec<Symbol>, name: &str, port: &str, id: SymId, count: usize) -> SymId {
    let shape = u(symbols[id].shape.width * count as u32);
    symbols.push(Symbol {
        path: format!("{name}${port}"),
        name: format!("{name}_{port}"),
        shape,
        kind: Kind::Word,
        role: Role::Vector,
        kernel: usize::MAX,
    });
    symbols.len() - 1
}
