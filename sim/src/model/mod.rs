//! A Verilator model of an emitted design, built at run time and called through pointers.
//!
//! Verilog -> Verilator -> one C++ translation unit -> shared library -> this process. See
//! `docs/decisions/0003-how-verilator-is-driven.md`.

mod build;
mod cache;
mod library;
mod shim;
mod signal;

pub use build::{build, BuildOptions};
pub use library::{Instance, Library};
pub use signal::{Drive, InputStream, Memory, OutputStream, Ports, Signal};
