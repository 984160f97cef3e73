//! Mutation testing: single-point faults in emitted Verilog, each of which lockstep must find.
//!
//! Faults are found in the text by shape, not by parsing Verilog: operators, constants, bit indices, conditions of `if`
//! and `?:` (a forwarding path is such a condition), negations. Comments, declarations' ranges, port lists, instances
//! and what is no logic (names for lint, checks of simulations) are left alone. The list and its order depend on the
//! design and the seed only.
//!
//! One mutant is a text of its own ([`mutate`]); or many share one model and a number chooses one ([`selectable`]).

mod selectable;
mod statement;
mod trial;

use std::collections::BTreeMap;
use std::fmt;

use rtl::Design;

pub use self::selectable::{selectable, Selectable};
use self::statement::Statement;
pub use self::trial::{Trial, Verdict};
use crate::random::Random;

/// What kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// One operator for another.
    Operator,
    /// Lowest bit of a sized constant.
    Constant,
    /// A neighbouring bit of a vector.
    Index,
    /// A condition of `?:` that never holds.
    NeverTaken,
    /// A condition of `if` turned round.
    Inverted,
    /// A negation left out.
    Negation,
}

/// One fault: `before` becomes `after` at a place in a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Mutant {
    pub kind: FaultKind,
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Byte in the line, from 0.
    pub column: usize,
    pub before: String,
    pub after: String,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mutant {
            kind,
            file,
            line,
            column,
            before,
            after,
        } = self;
        write!(f, "{file}:{line}:{column}: {kind:?}: {before:?} -> {after:?}")
    }
}

/// All mutants of a design. Seeded order, kinds taking turns, so that the first `n` are a fair choice.
pub fn mutants(design: &Design, seed: u64) -> Vec<Mutant> {
    let mut kinds: BTreeMap<FaultKind, Vec<Mutant>> = BTreeMap::new();
    for file in design
        .files
        .iter()
        .filter(|file| file.path.starts_with("rtl/") && file.path.ends_with(".v"))
    {
        let mut statement = Statement::default();
        for (index, line) in file.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (kind, column, before, after) in statement.faults(code) {
                let file = file.path.clone();
                kinds.entry(kind).or_default().push(Mutant {
                    kind,
                    file,
                    line: index + 1,
                    column,
                    before,
                    after,
                });
            }
        }
    }
    let mut random = Random::new(seed, 0);
    let mut lists: Vec<Vec<Mutant>> = kinds.into_values().collect();
    for list in &mut lists {
        for i in (1..list.len()).rev() {
            list.swap(i, random.below(i + 1));
        }
        list.reverse();
    }
    let mut all = Vec::new();
    while lists.iter().any(|list| !list.is_empty()) {
        all.extend(lists.iter_mut().filter_map(Vec::pop));
    }
    all
}

/// The design with one fault.
pub fn mutate(design: &Design, mutant: &Mutant) -> Design {
    let mut design = design.clone();
    for file in design.files.iter_mut().filter(|file| file.path == mutant.file) {
        let mut text = String::with_capacity(file.text.len());
        for (index, line) in file.text.lines().enumerate() {
            match (index + 1 == mutant.line)
                .then(|| line.split_at_checked(mutant.column))
                .flatten()
            {
                Some((head, tail)) if tail.starts_with(&mutant.before) => {
                    text.push_str(head);
                    text.push_str(&mutant.after);
                    text.push_str(&tail[mutant.before.len()..]);
                }
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        file.text = text;
    }
    design
}
