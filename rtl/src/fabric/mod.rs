//! The fabric: routers that carry link words between cores, and what stands between cores and routers. `docs/router.md`.
//!
//! A plan that is a chain uses none of it.

mod config;
mod mesh;
mod packet;
mod route;
mod router;
mod router_input;
mod router_output;
mod router_tree;
mod single;
mod step_gate;
mod switch;
mod tick_inserter;
mod tree;

pub use config::{
    mesh_turns, PortSet, RouteTable, RouterConfig, Routing, EAST, LOCAL, MESH_PORTS, NORTH, SOUTH, WEST,
};
pub use mesh::{Mesh, MeshConfig};
pub use packet::{Packet, PacketFormat, Route};
pub use router::Router;
pub use router_input::RouterInput;
pub use router_output::RouterOutput;
pub use router_tree::RouterTree;
pub use single::Single;
pub use step_gate::{Count, StepGate, StepGather};
pub use switch::Switch;
pub use tick_inserter::{StepEnd, TickInserter, OVERRUN_BITS};
pub use tree::{multicast_tables, way, MeshSize, Stream};

use crate::design::Design;
use rust_hdl::core::prelude::Block;

/// A block with everything below it as a design of its own, whose top module is called `name`. It has the block's ports, not
/// those of docs/link.md, and no probes. Panics with the emitter's findings: they are bugs of ours.
pub fn design(mut block: impl Block, name: &str) -> Design {
    block.connect_all();
    let header = ["Emitted by spikewright. This file is yours, without conditions.".to_string()];
    let files = match hdl::emit(&block, name, "", &header) {
        Ok(files) => files,
        Err(found) => panic!("the emitter refuses its own design:\n{}", found.join("\n")),
    };
    Design { top: name.to_string(), files, inputs: vec![], outputs: vec![], cores: vec![], entries: vec![], edges: vec![], guards: vec![], fabric: None, aer: vec![], chips: vec![], inside: vec![] }
}
