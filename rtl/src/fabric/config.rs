//! What a router is made for: its ports, which of them may follow which, and how a packet finds its way.

use std::collections::BTreeMap;

use super::packet::{PacketFormat, Route};
use crate::config::TablePlace;

/// A set of ports, bit `p` for port `p`.
pub type PortSet = u64;

/// Ports of a router of a mesh, in this order.
pub const MESH_PORTS: [&str; 5] = ["local", "north", "east", "south", "west"];
pub const LOCAL: usize = 0;
pub const NORTH: usize = 1;
pub const EAST: usize = 2;
pub const SOUTH: usize = 3;
pub const WEST: usize = 4;

/// Which packets go to which ports; packets whose key stands in no row are dropped.
pub type RouteTable = BTreeMap<u64, PortSet>;

/// How a packet finds its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routing {
    /// Along the row to its column, then along the column: a mesh with the ports of [`MESH_PORTS`] and [`mesh_turns`].
    Xy,
    /// A unicast as in `Xy`, a multicast by table. Rows by [`PacketFormat::key`] of the stream.
    XyAndTable(RouteTable),
    /// All by table: any topology. Rows by [`PacketFormat::key`].
    Table(RouteTable),
}

/// A router; see [`super::Router`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    /// Module name.
    pub name: String,
    pub ports: Vec<String>,
    /// `turns[from][to]`: a packet that came in at `from` may leave at `to`. Fewer turns take less area, and no cycle of
    /// turns anywhere in the network is what makes it free of deadlock.
    pub turns: Vec<Vec<bool>>,
    pub format: PacketFormat,
    pub routing: Routing,
    /// Words in each input's queue: a power of two; up to 16 cost the same. In a mesh the local input has two registers instead.
    pub depth: usize,
    /// A register behind each queue: two cycles per hop instead of one, and a faster clock.
    pub register_slice: bool,
    /// Where the tables are written over the configuration bus: one place, or in a mesh whose unicasts go by place two, of the row's half and
    /// the column's. Empty: they stand in the hardware.
    pub loads: Vec<TablePlace>,
}

impl RouterConfig {
    /// A router of a mesh.
    pub fn mesh(name: &str, format: PacketFormat, routing: Routing) -> Self {
        RouterConfig {
            name: name.into(),
            ports: MESH_PORTS.map(String::from).to_vec(),
            turns: mesh_turns(),
            format,
            routing,
            depth: 16,
            register_slice: false,
            loads: Vec::new(),
        }
    }

    /// The input ports whose packets may leave at port `to`, in order.
    pub fn sources_of(&self, to: usize) -> Vec<usize> {
        (0..self.ports.len()).filter(|&from| self.turns[from][to]).collect()
    }

    /// The table, if there is one.
    pub fn table(&self) -> Option<&RouteTable> {
        match &self.routing {
            Routing::Xy => None,
            Routing::XyAndTable(table) | Routing::Table(table) => Some(table),
        }
    }

    /// What a table sends where it must not: rows whose ports no packet may take that arrives by `from`.
    pub fn forbidden(&self, from: usize, route: Route) -> PortSet {
        let ports = self.table().and_then(|table| table.get(&self.format.key(route))).copied().unwrap_or(0);
        let allowed: PortSet = (0..self.ports.len()).filter(|&to| self.turns[from][to]).map(|to| 1 << to).sum();
        ports & !allowed
    }
}

/// Dimension order: no way from a column back into a row, and none back where a packet came from. What a core sends to itself
/// it gets.
pub fn mesh_turns() -> Vec<Vec<bool>> {
    let row = |port: usize| port == EAST || port == WEST;
    let allowed = |from: usize, to: usize| match from {
        LOCAL => true,
        _ if from == to => false,
        _ => row(from) || !row(to),
    };
    (0..5).map(|from| (0..5).map(|to| allowed(from, to)).collect()).collect()
}
