//! Signals and constants with run-time shapes: what `Signal<D, T>` and `Constant<T>` of rust-hdl are for fixed ones.

use std::marker::PhantomData;

use rust_hdl::core::ast::VerilogLiteral;
use rust_hdl::core::atom::{Atom, AtomKind};
use rust_hdl::core::block::Block;
use rust_hdl::core::constraint::PinConstraint;
use rust_hdl::core::direction::Direction;
use rust_hdl::core::logic::Logic;
use rust_hdl::core::probe::Probe;
use rust_hdl::core::signal::get_signal_id;
use rust_hdl::core::synth::VCDValue;
use rust_hdl::core::type_descriptor::{TypeDescriptor, TypeKind};

use super::value::{Shape, Value};

/// A signal: assign `.next`, read `.val()`. `D` is `In`, `Out` or `Local` of rust-hdl.
/// A 1-bit control signal is a `Signal<D, Bit>` of rust-hdl instead, so that it can be an `if` condition.
#[derive(Clone, Debug)]
pub struct Sig<D: Direction> {
    /// What the signal becomes; its shape must be the signal's.
    pub next: Value,
    value: Value,
    changed: bool,
    claimed: bool,
    id: usize,
    direction: PhantomData<D>,
}

impl<D: Direction> Sig<D> {
    /// A signal that starts at zero.
    pub fn new(shape: Shape) -> Self {
        let zero = shape.zero();
        Sig {
            next: zero,
            value: zero,
            changed: false,
            claimed: false,
            id: get_signal_id(),
            direction: PhantomData,
        }
    }

    /// `count` equal signals, for a `Vec` field.
    pub fn several(count: usize, shape: Shape) -> Vec<Self> {
        (0..count).map(|_| Sig::new(shape)).collect()
    }

    /// What the signal holds.
    pub fn val(&self) -> Value {
        if D::KIND == AtomKind::InputParameter {
            self.value
        } else {
            self.next
        }
    }

    /// Shape; for the arguments of casts: `signed_cast_to(self.weight.val(), self.sum.shape().width)`.
    pub fn shape(&self) -> Shape {
        self.value.shape()
    }
}

impl<D: Direction> Logic for Sig<D> {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.claimed = true;
    }
}

impl<D: Direction> Block for Sig<D> {
    fn connect_all(&mut self) {}
    fn update_all(&mut self) {
        assert_eq!(
            self.next.shape(),
            self.value.shape(),
            "a value of another shape was assigned"
        );
        self.next.code = 0;
        self.changed = self.value != self.next;
        if self.changed {
            self.value = self.next;
        }
    }
    fn has_changed(&self) -> bool {
        self.changed
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_atom(name, self);
    }
}

impl<D: Direction> Atom for Sig<D> {
    fn bits(&self) -> usize {
        self.value.shape().width as usize
    }
    fn connected(&self) -> bool {
        self.claimed
    }
    fn changed(&self) -> bool {
        self.changed
    }
    fn kind(&self) -> AtomKind {
        D::KIND
    }
    fn descriptor(&self) -> TypeDescriptor {
        descriptor(self.value.shape())
    }
    fn vcd(&self) -> VCDValue {
        vcd_bits(self.value)
    }
    fn id(&self) -> usize {
        self.id
    }
    fn verilog(&self) -> VerilogLiteral {
        literal(self.value)
    }
    fn constraints(&self) -> Vec<PinConstraint> {
        vec![]
    }
}

/// A named constant of the block: a `localparam` under the field's name in capitals.
#[derive(Clone, Debug)]
pub struct Const {
    value: Value,
    id: usize,
}

impl Const {
    /// Panics when `value` does not fit `shape`.
    pub fn new(shape: Shape, value: impl Into<i128>) -> Self {
        Const::of(shape.value(value))
    }

    /// For values beyond 127 bits.
    pub fn of(value: Value) -> Self {
        Const {
            value,
            id: get_signal_id(),
        }
    }

    /// The constant.
    pub fn val(&self) -> Value {
        self.value
    }
}

impl Logic for Const {
    fn update(&mut self) {}
}

impl Block for Const {
    fn connect_all(&mut self) {}
    fn update_all(&mut self) {}
    fn has_changed(&self) -> bool {
        false
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_atom(name, self);
    }
}

impl Atom for Const {
    fn bits(&self) -> usize {
        self.value.shape().width as usize
    }
    fn connected(&self) -> bool {
        true
    }
    fn changed(&self) -> bool {
        false
    }
    fn kind(&self) -> AtomKind {
        AtomKind::Constant
    }
    fn descriptor(&self) -> TypeDescriptor {
        descriptor(self.value.shape())
    }
    fn vcd(&self) -> VCDValue {
        vcd_bits(self.value)
    }
    fn id(&self) -> usize {
        self.id
    }
    fn verilog(&self) -> VerilogLiteral {
        literal(self.value)
    }
    fn constraints(&self) -> Vec<PinConstraint> {
        vec![]
    }
}

fn descriptor(shape: Shape) -> TypeDescriptor {
    let width = shape.width as usize;
    let kind = if shape.signed {
        TypeKind::Signed(width)
    } else {
        TypeKind::Bits(width)
    };
    TypeDescriptor {
        name: shape.to_string(),
        kind,
    }
}

/// Most significant bit first; also how our emitter reads constants, since it is exact at any width.
fn vcd_bits(value: Value) -> VCDValue {
    VCDValue::Vector(
        (0..value.shape().width as usize)
            .rev()
            .map(|i| value.get_bit(i).into())
            .collect(),
    )
}

/// For rust-hdl's own tools only, which cannot name a run-time width: the lowest 128 bits. Our emitter asks `vcd`.
fn literal(value: Value) -> VerilogLiteral {
    let limbs = value.limbs();
    (limbs[0] as u128 | (limbs.get(1).copied().unwrap_or(0) as u128) << 64).into()
}
