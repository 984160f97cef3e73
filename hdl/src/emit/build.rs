//! A block's node to a [`Module`]: names of all signals, then the kernel lowered onto them.

use rust_hdl::core::ast::VerilogStatement;
use rust_hdl::core::atom::AtomKind;

use super::super::doc::Doc;
use super::super::inline::Inline;
use super::ir::*;
use super::lower::Lowering;
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

/// `modules[i]` is the module of child `i` (unused for inline children).
pub(super) fn build(
    node: &Node,
    kernel: &[VerilogStatement],
    modules: &[Option<ModuleRef>],
    errors: &mut Vec<String>,
) -> Module {
    let mut symbols = vec![];
    for net in &node.nets {
        let name = port_name(net, &node.doc);
        let (name, role) = match net.role {
            AtomKind::InputParameter => (name, Role::InPort),
            AtomKind::OutputParameter => (name, Role::OutPort),
            AtomKind::Constant => (name.to_uppercase(), Role::Constant(net.value)),
            AtomKind::LocalSignal => (name, Role::Local),
            _ => {
                errors.push(format!("`{name}`: bidirectional signals are not supported"));
                continue;
            }
        };
        symbols.push(Symbol {
            path: net.path.clone(),
            name,
            shape: net.shape,
            kind: net.kind,
            role,
        });
    }
    let mut children = vec![];
    for (index, (child, module)) in node.children.iter().zip(modules).enumerate() {
        let name = child.name.clone();
        let kind = match (&child.body, module) {
            (Body::Inline(inline), _) => ChildKind::Inline(inline.clone()),
            (_, Some(module)) => ChildKind::Module(module.clone()),
            _ => continue,
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
            list.push((port, symbols.len()));
            let path = format!("{}${}", child.path, net.path);
            symbols.push(Symbol {
                path,
                name,
                shape: net.shape,
                kind: net.kind,
                role,
            });
        }
        children.push(Child {
            path: child.path.clone(),
            name,
            kind,
            inputs,
            outputs,
        });
    }
    let mut lowering = Lowering::new(&symbols);
    let (stmts, sections) = lowering.kernel(&kernel.to_vec());
    errors.append(&mut lowering.errors);
    let stmts = simplify(stmts, symbols.len());
    Module {
        symbols,
        children,
        stmts,
        sections,
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
