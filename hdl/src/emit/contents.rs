//! A block as a module without a name.

use std::collections::{HashMap, HashSet};

use super::header::ports;
use super::ir::{self, ModuleRef};
use super::prune::prune;
use super::tree::{Body, Node};
use super::{analyse, build, module};
use crate::reset::Resets;

/// Equal ones are one module, whatever the blocks say about themselves.
#[derive(Clone, PartialEq)]
pub(super) struct Contents {
    pub ports: String,
    /// Modules of children are called as [`ModuleRef::mark`] has it.
    pub body: String,
    /// Instances of modules: name, and the module.
    pub children: Vec<(String, usize)>,
    /// Memory files that the module itself reads.
    pub memories: usize,
    /// Children in loops: instance name, and path of the instance in its loop.
    pub rolled: HashMap<String, String>,
}

/// `modules[i]` is the module of child `i`; see [`build::build`].
pub(super) fn contents(
    node: &Node,
    modules: &[Option<ModuleRef>],
    resets: Resets,
    errors: &mut Vec<String>,
) -> Contents {
    let mut output_regs = HashSet::new();
    let (mut rolled, mut children) = (HashMap::new(), vec![]);
    let body = match &node.body {
        Body::Kernel(kernel) => {
            let built = build::build(node, kernel, modules, errors);
            let in_loop = |child: &ir::Child| {
                let rolled = child.rolled.as_ref()?;
                Some((child.name.clone(), format!("{}[{}].unit", rolled.name, rolled.index)))
            };
            rolled = built.children.iter().filter_map(in_loop).collect();
            children = built.children.iter().filter_map(|child| Some((child.name.clone(), child.module()?.class))).collect();
            // What could not be lowered would only be reported again as undriven.
            if errors.is_empty() {
                analyse::analyse(&built, errors);
            }
            match errors.is_empty() {
                true => {
                    let built = prune(built, &node.doc.checked);
                    let analysis = analyse::analyse(&built, errors);
                    let printed = module::print_module(&built, &analysis, resets, errors);
                    output_regs = printed.output_regs.iter().map(|id| built.symbols[*id].name.clone()).collect();
                    printed.text
                }
                false => String::new(),
            }
        }
        Body::Text(text) => {
            let names = node.nets.iter().map(|net| build::port_name(net, &node.doc));
            output_regs = names.filter(|name| !text.contains(&format!("assign {name} ="))).collect();
            let line = |line: &str| if line.is_empty() { "\n".into() } else { format!("    {line}\n") };
            module::reset_text(text, resets).lines().map(line).collect()
        }
        _ => {
            errors.push("a block without a kernel and without Verilog of its own".into());
            String::new()
        }
    };
    Contents { ports: ports(node, &output_regs), body, children, memories: node.doc.files.len(), rolled }
}
