//! A block and everything below it, as data.

use std::collections::HashSet;

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::atom::{Atom, AtomKind};
use rust_hdl::core::block::Block;
use rust_hdl::core::probe::Probe;
use rust_hdl::core::synth::VCDValue;
use rust_hdl::core::type_descriptor::TypeKind;

use super::super::doc::Doc;
use super::super::inline::Inline;
use super::super::value::{Shape, Value};

/// What a signal carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Clock,
    /// rust-hdl's `Bit`, a bool in kernels.
    Bit,
    /// A number.
    Word,
}

/// A signal or constant of a block.
#[derive(Clone, Debug)]
pub(super) struct Net {
    /// Field path with `$` between the parts, `lane$0`.
    pub path: String,
    /// Identifier: `lane_0`, or `lane` if there is only one.
    pub name: String,
    pub role: AtomKind,
    pub kind: Kind,
    pub shape: Shape,
    /// Of a constant.
    pub value: Value,
}

/// What a block consists of.
pub(super) enum Body {
    Kernel(Vec<rust_hdl::core::ast::VerilogStatement>),
    Text(String),
    Inline(Inline),
    Unsupported,
}

impl Node {
    /// Is its kernel printed in its parent?
    pub fn is_part(&self) -> bool {
        self.doc.inline && matches!(self.body, Body::Kernel(_))
    }

    /// The start of its signals' names in the parent.
    pub fn stem(&self) -> &str {
        if self.doc.module.is_empty() { &self.name } else { &self.doc.module }
    }
}

pub(super) struct Node {
    pub path: String,
    /// As [`Net::name`].
    pub name: String,
    pub body: Body,
    pub doc: Doc,
    pub nets: Vec<Net>,
    pub children: Vec<Node>,
}

/// Walks `top`. None for a block that is a single signal.
pub(super) fn collect(top: &dyn Block, name: &str) -> Option<Node> {
    let mut collector = Collector::default();
    top.accept(name, &mut collector);
    collector.done
}

#[derive(Default)]
struct Collector {
    open: Vec<Node>,
    names: Vec<String>,
    done: Option<Node>,
}

impl Collector {
    fn path(&self, name: &str) -> String {
        self.names
            .iter()
            .map(String::as_str)
            .chain([name])
            .collect::<Vec<_>>()
            .join("$")
    }
}

impl Probe for Collector {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        let mut doc = Doc::default();
        let body = match node.hdl() {
            Verilog::Combinatorial(block) => Body::Kernel(block),
            Verilog::Custom(text) => match (Doc::decode(&text), Inline::decode(&text)) {
                (Some(own), _) => {
                    doc = own;
                    Body::Unsupported
                }
                (None, Some(inline)) => Body::Inline(inline),
                (None, None) => Body::Text(text),
            },
            _ => Body::Unsupported,
        };
        self.open.push(Node {
            path: self.path(name),
            name: String::new(),
            body,
            doc,
            nets: vec![],
            children: vec![],
        });
    }

    fn visit_start_namespace(&mut self, name: &str, _: &dyn Block) {
        self.names.push(name.into());
    }

    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {
        self.names.pop();
    }

    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        let path = self.path(name);
        let descriptor = atom.descriptor();
        let signed = matches!(descriptor.kind, TypeKind::Signed(_));
        let shape = Shape {
            width: atom.bits() as u32,
            signed,
        };
        let kind = match descriptor.name.as_str() {
            "clock" => Kind::Clock,
            name if name == shape.to_string() => Kind::Word,
            _ if shape.width == 1 && !signed => Kind::Bit,
            _ => Kind::Word,
        };
        if let Some(node) = self.open.last_mut() {
            node.nets.push(Net {
                path,
                name: String::new(),
                role: atom.kind(),
                kind,
                shape,
                value: read_value(&atom.vcd(), shape),
            });
        }
    }

    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        let Some(mut node) = self.open.pop() else { return };
        name_members(&mut node);
        match self.open.last_mut() {
            Some(parent)
                if !node.doc.title.is_empty() && matches!(node.body, Body::Unsupported) && node.nets.is_empty() =>
            {
                parent.doc = node.doc;
            }
            Some(parent) => parent.children.push(node),
            None => {
                node.name = plain(&node.path);
                self.done = Some(node);
            }
        }
    }
}

/// Names the nets and children of a block: an index that counts to one only is left out (`fired$0` is `fired`), unless
/// the short name is taken.
fn name_members(node: &mut Node) {
    let paths: HashSet<String> = node
        .nets
        .iter()
        .map(|n| n.path.clone())
        .chain(node.children.iter().map(|c| c.path.clone()))
        .collect();
    let name = |path: &str| match path.strip_suffix("$0") {
        Some(stem) if !paths.contains(stem) && !paths.contains(&format!("{stem}$1")) => plain(stem),
        _ => plain(path),
    };
    for net in &mut node.nets {
        net.name = name(&net.path);
    }
    for child in &mut node.children {
        child.name = name(&child.path);
    }
}

/// Identifier of a path of fields: `lane$0` becomes `lane_0`.
fn plain(path: &str) -> String {
    path.replace('$', "_").trim_start_matches("r#").to_string()
}

fn read_value(vcd: &VCDValue, shape: Shape) -> Value {
    let mut limbs = vec![0u64; shape.width.div_ceil(64) as usize];
    match vcd {
        VCDValue::Vector(bits) => {
            for (i, bit) in bits.iter().rev().enumerate() {
                limbs[i / 64] |= ((bit.to_string() == "1") as u64) << (i % 64);
            }
        }
        VCDValue::Single(bit) => limbs[0] = (bit.to_string() == "1") as u64,
        _ => {}
    }
    Value::from_limbs(shape, &limbs)
}
