//! A block's node to a [`Module`]: names of all signals, then the kernel lowered onto them.

use std::collections::HashMap;

use rust_hdl::core::ast::VerilogStatement;
use rust_hdl::core::atom::AtomKind;

use super::super::doc::Doc;
use super::super::inline::Inline;
use super::arrange::{arrange, Lowered};
use super::ir::*;
use super::lower::Lowering;
use super::roll::roll;
use super::simplify::simplify;
use super::tree::{Body, Kind, Net, Node};

/// Name of a block's own port: `clk` and `rst` for clock and reset, else what the block's [`Doc`] says, else the field.
pub(super) fn port_name(net: &Net, doc: &Doc) -> String {
    let name = net.name.clone();
    match name.as_str() {
        "clock" if net.kind == Kind::Clock => return "clk".into(),
        "reset" if net.kind == Kind::Bit => return "rst".into(),
        _ => {}
    }
    let field = net.path.replace('$', "_");
    doc.renames
        .iter()
        .find(|(renamed, _)| *renamed == field)
        .map_or(name, |(_, port)| port.clone())
}

/// `modules[i]` is the module of child `i`, the children of an inlined child in its place (unused for inline children).
pub(super) fn build(
    node: &Node,
    kernel: &[VerilogStatement],
    modules: &[Option<ModuleRef>],
    errors: &mut Vec<String>,
) -> Module {
    let mut builder = Builder {
        modules: modules.iter(),
        symbols: vec![],
        children: vec![],
        kernels: vec![],
        errors,
    };
    builder.block(node, kernel, "", "", None);
    let Builder { mut symbols, mut children, kernels, .. } = builder;
    roll(&mut symbols, &mut children);
    let lowered = kernels.into_iter().enumerate().map(|(number, kernel)| {
        let mut lowering = Lowering::new(&symbols, &kernel.by_path, number);
        let (stmts, sections) = lowering.kernel(&kernel.stmts.to_vec());
        errors.append(&mut lowering.errors);
        let (inputs, outputs) = (kernel.inputs, kernel.outputs);
        Lowered { part_of: kernel.part_of, stmts: simplify(stmts, symbols.len()), sections, inputs, outputs }
    });
    let lowered = lowered.collect();
    let (stmts, sections) = arrange(lowered, symbols.len(), &children);
    Module { symbols, children, stmts, sections }
}

/// A kernel that is printed in the module.
struct KernelOf<'a> {
    /// Number of the parent's kernel, and the block's title; None: the module's own.
    part_of: Option<(usize, String)>,
    stmts: &'a [VerilogStatement],
    /// What it can name.
    by_path: HashMap<String, SymId>,
    inputs: Vec<SymId>,
    outputs: Vec<SymId>,
}

struct Builder<'a, 'e> {
    modules: std::slice::Iter<'e, Option<ModuleRef>>,
    symbols: Vec<Symbol>,
    children: Vec<Child>,
    kernels: Vec<KernelOf<'a>>,
    errors: &'e mut Vec<String>,
}

impl<'a> Builder<'a, '_> {
    /// Symbols of a block that is printed here: the module itself, or (with the number of its parent's kernel) a part.
    /// `at` and `stem` go before its paths and names. Answers its ports: path in the block, and symbol.
    fn block(
        &mut self,
        node: &'a Node,
        stmts: &'a [VerilogStatement],
        at: &str,
        stem: &str,
        parent: Option<usize>,
    ) -> Vec<(String, SymId)> {
        let kernel = self.kernels.len();
        self.kernels.push(KernelOf {
            part_of: parent.map(|parent| (parent, node.doc.title.clone())),
            stmts,
            by_path: HashMap::new(),
            inputs: vec![],
            outputs: vec![],
        });
        let mut ports = vec![];
        for net in &node.nets {
            let name = format!("{stem}{}", port_name(net, &node.doc));
            let (name, role, driver) = match (net.role, parent) {
                (AtomKind::InputParameter, None) => (name, Role::InPort, kernel),
                (AtomKind::OutputParameter, None) => (name, Role::OutPort, kernel),
                (AtomKind::InputParameter, Some(parent)) => (name, Role::PartIn, parent),
                (AtomKind::OutputParameter, Some(_)) => (name, Role::PartOut, kernel),
                (AtomKind::Constant, _) => (name.to_uppercase(), Role::Constant(net.value), kernel),
                (AtomKind::LocalSignal, _) => (name, Role::Local, kernel),
                _ => {
                    self.errors
                        .push(format!("`{name}`: bidirectional signals are not supported"));
                    continue;
                }
            };
            let id = self.symbols.len();
            if net.role.is_parameter() {
                ports.push((net.path.clone(), id));
            }
            match role {
                Role::PartIn => self.kernels[kernel].inputs.push(id),
                Role::PartOut => self.kernels[kernel].outputs.push(id),
                _ => {}
            }
            self.symbol(kernel, &net.path, at, name, net, role, driver);
        }
        for child in &node.children {
            if let (true, Body::Kernel(stmts)) = (child.is_part(), &child.body) {
                let (below, stem) = (format!("{at}{}$", child.path), format!("{stem}{}_", child.stem()));
                for (path, id) in self.block(child, stmts, &below, &stem, Some(kernel)) {
                    let path = format!("{}${path}", child.path);
                    self.kernels[kernel].by_path.insert(path, id);
                }
            } else {
                self.child(child, at, stem, kernel);
            }
        }
        ports
    }

    fn symbol(&mut self, kernel: usize, path: &str, at: &str, name: String, net: &Net, role: Role, driver: usize) {
        self.kernels[kernel].by_path.insert(path.to_string(), self.symbols.len());
        self.symbols.push(Symbol {
            path: format!("{at}{path}"),
            name,
            shape: net.shape,
            kind: net.kind,
            role,
            kernel: driver,
        });
    }

    fn child(&mut self, child: &Node, at: &str, stem: &str, kernel: usize) {
        let index = self.children.len();
        let name = format!("{stem}{}", child.name);
        let module = self.modules.next().unwrap_or(&None);
        let kind = match (&child.body, module) {
            (Body::Inline(inline), _) => ChildKind::Inline(inline.clone()),
            (_, Some(module)) => ChildKind::Module(module.clone()),
            _ => return,
        };
        let (mut inputs, mut outputs) = (vec![], vec![]);
        for net in &child.nets {
            let port = port_name(net, &child.doc);
            let name = match &kind {
                ChildKind::Module(_) => format!("{name}_{port}"),
                ChildKind::Inline(inline) => inline_name(inline, &name, &net.path),
            };
            let (role, list, port) = match net.role {
                AtomKind::InputParameter => (Role::ChildIn(index), &mut inputs, port),
                AtomKind::OutputParameter => (Role::ChildOut(index), &mut outputs, port),
                _ => continue,
            };
            // Inline blocks are asked for their ports by field name.
            let port = if matches!(kind, ChildKind::Inline(_)) {
                net.path.clone()
            } else {
                port
            };
            list.push((port, self.symbols.len()));
            let path = format!("{}${}", child.path, net.path);
            self.symbol(kernel, &path, at, name, net, role, kernel);
        }
        self.children.push(Child {
            path: format!("{at}{}", child.path),
            name,
            kind,
            inputs,
            outputs,
            rolled: None,
        });
    }
}

/// Name of a signal of an inline block: its main signal has the block's own name.
fn inline_name(inline: &Inline, block: &str, field: &str) -> String {
    let field = field.replace('$', "_");
    match (inline, field.as_str()) {
        (Inline::Register | Inline::ResetRegister(_), "q") => block.to_string(),
        (Inline::Delay(0), "d" | "q") => block.to_string(),
        (Inline::Delay(n), "q") => format!("{block}_d{n}"),
        (Inline::Register | Inline::ResetRegister(_) | Inline::Delay(_), "d") => format!("{block}_next"),
        (Inline::Split, "input") => block.to_string(),
        (Inline::Join | Inline::ScaleBy(_) | Inline::Select | Inline::Above(_), "output") => block.to_string(),
        (Inline::Join, _) => format!(
            "{block}_{}",
            field.trim_start_matches("part_").trim_start_matches("bit_")
        ),
        _ => format!("{block}_{field}"),
    }
}
