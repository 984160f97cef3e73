//! The output folder of `build`: its files, its manifest, its testbench, and how it is written.

pub mod board;
pub mod built;
pub mod emitted;
pub mod folder;
pub mod manifest;
mod bus;
pub mod readme;
pub mod registers;
pub mod testbench;
