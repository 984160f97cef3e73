//! Two nets of one name, or a name that Verilog does not take.

use std::collections::HashMap;

use super::super::ir::*;
use super::super::lower::shown;
use super::super::names;
use super::Writer;

impl Writer<'_> {
    /// Names each clash among the printer's errors.
    pub(super) fn check_names(&mut self) {
        let symbols = self
            .module
            .symbols
            .iter()
            .enumerate()
            .filter(|(id, _)| self.is_named(*id))
            .map(|(_, symbol)| (&symbol.name, &symbol.path));
        let instances = self
            .module
            .children
            .iter()
            .filter(|child| matches!(child.kind, ChildKind::Module(_)) && child.rolled.is_none())
            .map(|child| (&child.name, &child.path));
        let mut taken: HashMap<&str, &str> = HashMap::new();
        let mut errors = vec![];
        for (name, path) in symbols.chain(instances) {
            if let Some(problem) = names::problem(name) {
                errors.push(format!("`{}`: {problem}", shown(path)));
            }
            if let Some(other) = taken.insert(name, path) {
                let (one, two) = (shown(other), shown(path));
                errors.push(format!("`{one}` and `{two}` are both called `{name}` in Verilog"));
            }
        }
        for extra in &self.extra {
            if let Some(other) = taken.insert(extra, extra) {
                errors.push(format!(
                    "`{}` and a stage of a delay or product are both called `{extra}`",
                    shown(other)
                ));
            }
        }
        self.printer.errors.append(&mut errors);
    }
}
