//! Registers. The emitter prints them inline: `reg [7:0] addr;` with `addr <= …` in an `always @(posedge clk)`.
//!
//! `d` must be assigned on every path (`d = q` first for a register that holds). `q` reads under the field's name.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, Clock, In, Logic, LogicBlock, Out, Signal};

use super::inline::Inline;
use super::signal::Sig;
use super::value::{Shape, Value};

/// Without reset; unknown at power-up in hardware, zero in simulation.
#[derive(Clone, Debug, LogicBlock)]
pub struct Register {
    pub clock: Signal<In, Clock>,
    pub d: Sig<In>,
    pub q: Sig<Out>,
}

impl Register {
    /// A register of this shape.
    pub fn new(shape: Shape) -> Self {
        Register {
            clock: Default::default(),
            d: Sig::new(shape),
            q: Sig::new(shape),
        }
    }

    /// `count` equal ones, for a `Vec` field.
    pub fn several(count: usize, shape: Shape) -> Vec<Self> {
        (0..count).map(|_| Register::new(shape)).collect()
    }
}

impl Logic for Register {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Register.encode()
    }
}

/// With synchronous reset.
#[derive(Clone, Debug, LogicBlock)]
pub struct ResetRegister {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub d: Sig<In>,
    pub q: Sig<Out>,
    _reset_value: Value,
}

impl ResetRegister {
    /// Takes `reset_value` at a clock edge with `reset` high. Panics when the value does not fit.
    pub fn new(shape: Shape, reset_value: impl Into<i128>) -> Self {
        ResetRegister {
            clock: Default::default(),
            reset: Default::default(),
            d: Sig::new(shape),
            q: Sig::new(shape),
            _reset_value: shape.value(reset_value),
        }
    }
}

impl Logic for ResetRegister {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = if self.reset.val() {
                self._reset_value
            } else {
                self.d.val()
            };
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::ResetRegister(self._reset_value.limbs().to_vec()).encode()
    }
}

/// A `Bit` with synchronous reset to 0 (or 1, see [`Flag::set`]).
#[derive(Clone, Debug, Default, LogicBlock)]
pub struct Flag {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub d: Signal<In, Bit>,
    pub q: Signal<Out, Bit>,
    _reset_value: bool,
}

impl Flag {
    /// Reset to 0.
    pub fn new() -> Self {
        Flag::default()
    }

    /// Reset to 1.
    pub fn set() -> Self {
        Flag {
            _reset_value: true,
            ..Flag::default()
        }
    }
}

impl Logic for Flag {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = if self.reset.val() {
                self._reset_value
            } else {
                self.d.val()
            };
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::ResetRegister(vec![self._reset_value as u64]).encode()
    }
}

/// A `Bit` without reset.
#[derive(Clone, Debug, Default, LogicBlock)]
pub struct BitRegister {
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, Bit>,
    pub q: Signal<Out, Bit>,
}

impl BitRegister {
    /// A register of one bit.
    pub fn new() -> Self {
        BitRegister::default()
    }
}

impl Logic for BitRegister {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Register.encode()
    }
}

/// `n` registers in a row (0 is a wire), without reset: `addr_d1`, `addr_d2`, … for a field `addr`.
#[derive(Clone, Debug, LogicBlock)]
pub struct Delay {
    pub clock: Signal<In, Clock>,
    pub d: Sig<In>,
    pub q: Sig<Out>,
    _stages: Vec<Value>,
}

impl Delay {
    /// `q` is `d` of `n` cycles ago.
    pub fn new(shape: Shape, n: usize) -> Self {
        Delay {
            clock: Default::default(),
            d: Sig::new(shape),
            q: Sig::new(shape),
            _stages: vec![shape.zero(); n],
        }
    }
}

impl Logic for Delay {
    fn update(&mut self) {
        if self._stages.is_empty() {
            self.q.next = self.d.val();
        } else {
            if self.clock.pos_edge() {
                self._stages.rotate_right(1);
                self._stages[0] = self.d.val();
            }
            self.q.next = self._stages[self._stages.len() - 1];
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Delay(self._stages.len()).encode()
    }
}

/// [`Delay`] of a `Bit`.
#[derive(Clone, Debug, LogicBlock)]
pub struct BitDelay {
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, Bit>,
    pub q: Signal<Out, Bit>,
    _stages: Vec<bool>,
}

impl BitDelay {
    /// `q` is `d` of `n` cycles ago.
    pub fn new(n: usize) -> Self {
        BitDelay {
            clock: Default::default(),
            d: Default::default(),
            q: Default::default(),
            _stages: vec![false; n],
        }
    }
}

impl Logic for BitDelay {
    fn update(&mut self) {
        if self._stages.is_empty() {
            self.q.next = self.d.val();
        } else {
            if self.clock.pos_edge() {
                self._stages.rotate_right(1);
                self._stages[0] = self.d.val();
            }
            self.q.next = self._stages[self._stages.len() - 1];
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Delay(self._stages.len()).encode()
    }
}
