//! Simulation: Verilator models of emitted designs, in lockstep with the golden model.
//!
//! [`lockstep`] is the whole of it: it builds a model (or takes it from a cache), drives it with samples and random
//! stalls, compares everything with golden, and explains the first mismatch with waves. May depend on `net`, `golden`
//! and `rtl`; starts processes (Verilator and a C++ compiler) and reads and writes files.

mod axi_lite;
mod bench;
mod board;
mod cover;
mod error;
mod lockstep;
pub mod mesh;
mod model;
mod mutate;
mod random;
mod tools;
mod spi;
mod waves;

pub use axi_lite::{Access, Answer, AxiMaster};
pub use bench::{bench, bench_name};
pub use cover::{cover, Alone, CoverReport};
pub use error::SimError;
pub use lockstep::{
    lockstep, BoardReport, ChipLink, ChipReport, CoreCounts, CoreLoad, Coverage, FabricReport, GuardReport, LayerCoverage, LinkStalls, LockstepOptions,
    LockstepReport, Mismatch, RegisterReport, RouterCoverage, RouterTraffic, Seen, States,
};
pub use model::{build, BuildOptions, Drive, InputStream, Instance, Library, Memory, OutputStream, Ports, Signal};
pub use random::Random;
pub use mutate::{mutants, mutate, selectable, FaultKind, Mutant, Selectable, Trial, Verdict};
pub use spi::SpiMaster;
pub use tools::{tools, Compiler, ToolStatus, Verilator};
pub use waves::WaveRequest;
