//! Yosys and nextpnr runs on a folder that `build` wrote, and their reports as numbers.
//!
//! [`synthesise`] is the way in: folder -> wrapper with registers at the pins -> yosys -> nextpnr, one run per seed ->
//! [`SynthReport`]. [`netlist`] gives the netlist after synthesis and simulation models of its cells. [`scripts`] is the
//! text that `build` puts into its folder, so that a user synthesises without spikewright. [`tools`] is for `doctor`.
//!
//! Results are cached under `DIR/synth/run/` by a hash of the Verilog, the hex, the scripts and the tool versions.
//! All errors are [`net::Problems`]; a missing tool has the code `missing-tool` and the command that installs it.

mod constraints;
mod flow;
mod folder;
mod netlist;
mod nextpnr;
mod path;
mod report;
mod run;
mod scripts;
mod target;
mod tool;
mod wrapper;
mod yosys;

pub use flow::{synthesise, SynthOptions};
pub use folder::{Direction, Folder, Port};
pub use netlist::{netlist, Netlist, ECP5_MODELS};
pub use path::PathSegment;
pub use report::{SeedResult, SynthReport};
pub use constraints::constraint_files;
pub use scripts::scripts;
pub use target::{Capacity, Family, Target};
pub use tool::{tools, Tool, ToolStatus};
pub use yosys::CellCounts;

/// What went wrong before a verdict about the design was possible (exit code 2 of the command line).
pub type SynthError = net::Problems;
