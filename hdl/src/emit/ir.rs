//! One module between kernel and text: symbols, typed expressions, statements.

use super::super::inline::Inline;
use super::super::value::{Shape, Value};
use super::tree::Kind;

pub(super) type SymId = usize;

/// Where a symbol stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    InPort,
    OutPort,
    Local,
    Constant(Value),
    /// Input of child `.0`.
    ChildIn(usize),
    /// Output of child `.0`.
    ChildOut(usize),
    /// Input of a block that is printed here; its parent's kernel drives it.
    PartIn,
    /// Output of such a block.
    PartOut,
    /// The outputs of the instances of a loop, side by side.
    Vector,
    /// Nothing: see [`prune`](super::prune).
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct Symbol {
    /// Path in the kernel, for messages: `lane$0$d`.
    pub path: String,
    /// Identifier in the Verilog.
    pub name: String,
    pub shape: Shape,
    pub kind: Kind,
    pub role: Role,
    /// Number of the kernel that drives it, if one does.
    pub kernel: usize,
}

impl Symbol {
    /// Is it driven by this module's kernel?
    pub fn driven_here(&self) -> bool {
        matches!(self.role, Role::OutPort | Role::Local | Role::ChildIn(_) | Role::PartIn | Role::PartOut)
    }
}

/// A child block.
pub(super) struct Child {
    pub path: String,
    /// Instance name, or the name that an inline block's signals are built from.
    pub name: String,
    pub kind: ChildKind,
    /// In the child's order, with the port's name in the child.
    pub inputs: Vec<(String, SymId)>,
    pub outputs: Vec<(String, SymId)>,
    /// Of an instance in a loop.
    pub rolled: Option<Rolled>,
}

/// An instance's place in a loop.
#[derive(Clone, Debug)]
pub(super) struct Rolled {
    /// Name of the loop's block.
    pub name: String,
    /// Number of this instance, and of all.
    pub index: usize,
    pub count: usize,
    /// The vector of each output, in the order of `outputs`.
    pub vectors: Vec<SymId>,
}

pub(super) enum ChildKind {
    Inline(Inline),
    /// An instance of this module.
    Module(ModuleRef),
}

/// A module that others instantiate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModuleRef {
    /// Its number among the modules.
    pub class: usize,
    /// Memory files that this instance, and those below it, read.
    pub files: Vec<String>,
}

impl Child {
    /// The module of an instance.
    pub fn module(&self) -> Option<&ModuleRef> {
        match &self.kind {
            ChildKind::Module(module) => Some(module),
            ChildKind::Inline(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    LogicalAnd,
    LogicalOr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    pub fn text(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Sub => "-",
            Op::Mul => "*",
            Op::And => "&",
            Op::Or => "|",
            Op::Xor => "^",
            Op::LogicalAnd => "&&",
            Op::LogicalOr => "||",
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        }
    }

    /// Does it give one bit, whatever its operands?
    pub fn compares(self) -> bool {
        self.orders() || matches!(self, Op::Eq | Op::Ne)
    }

    /// Does the answer depend on signedness?
    pub fn orders(self) -> bool {
        matches!(self, Op::Lt | Op::Le | Op::Gt | Op::Ge)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnaryOp {
    Not,
    Neg,
    Any,
    All,
    Parity,
}

/// Shapes are checked when an expression is built; see [`Expr::shape`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Sym(SymId),
    /// `width` bits of a symbol from `low` up, read as signed or not.
    Slice {
        base: SymId,
        low: u32,
        width: u32,
        signed: bool,
    },
    Literal(Value),
    Unary(UnaryOp, Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    ShiftLeft(Box<Expr>, u32),
    /// Arithmetic if the operand is signed.
    ShiftRight(Box<Expr>, u32),
    /// Bit of a symbol, by a word.
    Index(SymId, Box<Expr>),
    /// Extended by sign if the target is signed and by zeros if not, or cut off.
    Resize(Box<Expr>, Shape),
    /// The same bits with another sign.
    Reinterpret(Box<Expr>, bool),
    /// A bit in each of so many.
    Fill(Box<Expr>, u32),
    /// Condition, value if it holds, value if not.
    Mux(Box<Expr>, Box<Expr>, Box<Expr>),
}

impl Expr {
    pub fn shape(&self, symbols: &[Symbol]) -> Shape {
        let word = |width: u32| Shape { width, signed: false };
        match self {
            Expr::Sym(id) => symbols[*id].shape,
            Expr::Slice { width, signed, .. } => Shape {
                width: *width,
                signed: *signed,
            },
            Expr::Literal(value) => value.shape(),
            Expr::Unary(UnaryOp::Not | UnaryOp::Neg, x) => x.shape(symbols),
            Expr::Unary(..) | Expr::Index(..) => word(1),
            Expr::Binary(op, ..) if op.compares() => word(1),
            Expr::Binary(_, x, _) | Expr::ShiftLeft(x, _) | Expr::ShiftRight(x, _) => x.shape(symbols),
            Expr::Resize(_, shape) => *shape,
            Expr::Reinterpret(x, signed) => Shape {
                signed: *signed,
                ..x.shape(symbols)
            },
            Expr::Fill(_, width) => word(*width),
            Expr::Mux(_, x, _) => x.shape(symbols),
        }
    }

    /// Printed as an identifier, a part of one, or a constant.
    pub fn is_simple(&self) -> bool {
        match self {
            Expr::Sym(_) | Expr::Slice { .. } | Expr::Literal(_) => true,
            Expr::Reinterpret(x, _) => x.is_simple(),
            _ => false,
        }
    }

    /// Calls `f` with every symbol read.
    pub fn reads(&self, f: &mut dyn FnMut(SymId)) {
        match self {
            Expr::Sym(id) => f(*id),
            Expr::Slice { base, .. } => f(*base),
            Expr::Literal(_) => {}
            Expr::Index(id, x) => {
                f(*id);
                x.reads(f);
            }
            Expr::Binary(_, x, y) => {
                x.reads(f);
                y.reads(f);
            }
            Expr::Mux(test, x, y) => {
                test.reads(f);
                x.reads(f);
                y.reads(f);
            }
            Expr::Unary(_, x)
            | Expr::ShiftLeft(x, _)
            | Expr::ShiftRight(x, _)
            | Expr::Resize(x, _)
            | Expr::Reinterpret(x, _)
            | Expr::Fill(x, _) => x.reads(f),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Stmt {
    Assign {
        target: SymId,
        value: Expr,
    },
    If {
        test: Expr,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
}

impl Stmt {
    /// Calls `f` with every symbol assigned, in order.
    pub fn targets(&self, f: &mut dyn FnMut(SymId)) {
        match self {
            Stmt::Assign { target, .. } => f(*target),
            Stmt::If { then, otherwise, .. } => then.iter().chain(otherwise).for_each(|stmt| stmt.targets(f)),
        }
    }
}

/// A statement of the kernel's top level and the section (number of `comment!`s before it) it stands in.
#[derive(Clone, Debug)]
pub(super) struct TopStmt {
    /// Number of the kernel it comes from: 0 is the module's own, the others those of inlined blocks.
    pub kernel: usize,
    pub section: usize,
    pub stmt: Stmt,
}

/// A module ready to be analysed.
pub(super) struct Module {
    pub symbols: Vec<Symbol>,
    pub children: Vec<Child>,
    pub stmts: Vec<TopStmt>,
    /// Text of section 1, 2, …; section 0 has none.
    pub sections: Vec<String>,
}
