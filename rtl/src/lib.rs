//! From a checked network to Verilog: plan (folding, widths, cycle formulas), rust-hdl descriptions, emission.
//! Returns files, writes none; knows nothing of the golden model.

pub mod board;
pub mod config;
pub mod cores;
pub mod graph;
pub mod design;
pub mod edge;
pub mod emit;
pub mod fabric;
pub mod link;
pub mod plan;
pub mod timing;

pub use design::{AerProbe, BankProbe, ChipProbe, CoreProbe, Design, EdgeProbe, FabricProbe, PacketProbe, LinkProbe, ProbeSignal, RegisterProbe, StateProbe, TurnProbe};
pub use emit::emit;
pub use hdl::{EmittedFile, Resets};
pub use link::{Kind, LinkFormat, Word};
pub use plan::{CorePlan, Plan, PlanOptions};
