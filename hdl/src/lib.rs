//! Hardware with run-time sizes on rust-hdl 0.46, and the emitter that prints it as Verilog-2005.
//!
//! Kernels are ordinary rust-hdl: `#[derive(LogicBlock)]` on a struct of signals and blocks, `#[hdl_gen]` on `update`.
//! `example.rs` is a kernel that uses everything. The layer:
//!
//! * [`Value`], [`Sig`], [`Const`]: shapes chosen when the block is built ([`u`], [`s`]).
//! * Registers, [`Split`], [`Join`], [`ScaleBy`], [`Select`]: blocks in rust-hdl, plain lines in the Verilog.
//! * [`blocks`]: memories, queues, arbiter, synchroniser, ends of AER links: modules of their own. `hdl/README.md` lists them.
//! * [`Doc`]: what a block says about itself. [`emit()`]: blocks to files.
//!
//! Rules that rust-hdl does not check and the emitter does: equal operand shapes, every signal assigned on every path,
//! nothing driven twice or not at all, a local assigned before it is read.

pub mod blocks;
mod cast;
mod choice;
mod doc;
pub mod emit;
#[cfg(test)]
mod example;
mod inline;
mod literal;
mod optional;
mod register;
mod reset;
mod signal;
mod value;
mod wires;
mod wiring;

pub use blocks::{index_width, Fifo, LutRam, Ram, Rom, Skid, Table, DISTRIBUTED_WORDS};
pub use cast::*;
pub use doc::{several, Doc};
pub use emit::{emit, emit_with_instances, Emission, EmittedFile};
pub use optional::Opt;
pub use register::{BitDelay, BitRegister, Delay, Flag, Register, ResetRegister};
pub use reset::{ResetSource, Resets};
pub use signal::{Const, Sig};
pub use value::{s, u, BitIndex, Number, Shape, Value, MAX_WIDTH};
pub use wires::Wires;
pub use wiring::{Above, BitJoin, BitSplit, Join, ScaleBy, Select, Split};

/// A section or a remark in a kernel: `comment!("Stage 1: add")` becomes a ruled line in the Verilog.
#[macro_export]
macro_rules! comment {
    ($text:literal) => {};
}

/// Everything a kernel needs, ours and rust-hdl's.
pub mod prelude {
    pub use super::{
        bit_cast_bool, bit_cast_fill, bit_cast_shr, bit_cast_signed, bit_cast_signed_slice, bit_cast_signed_to,
        bit_cast_slice, bit_cast_to, bit_cast_unsigned, bits_const, bits_number, signed_cast_to, unsigned_cast_to,
    };
    pub use super::{emit, index_width, s, several, u, Const, Doc, Shape, Sig, Value};
    pub use super::{BitDelay, BitRegister, Delay, Flag, Register, ResetRegister};
    pub use super::{Above, BitJoin, BitSplit, Join, ScaleBy, Select, Split};
    pub use super::{Fifo, LutRam, Ram, Rom, Skid, Table};
    pub use crate::comment;
    pub use rust_hdl::core::prelude::{
        ast, block, clock, hdl_gen, logic, probe, simulate, Bit, Block, Clock, In, Local, Logic, LogicBlock, Out,
        Signal, Verilog,
    };
}
