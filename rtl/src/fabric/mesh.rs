//! A mesh of routers.

use rust_hdl::core::ast::Verilog;

use super::config::{RouteTable, RouterConfig, Routing, EAST, LOCAL, NORTH, SOUTH, WEST};
use super::packet::PacketFormat;
use super::router::Router;
use super::tree::MeshSize;
use hdl::Wires;
use hdl::prelude::*;

/// A mesh; one table per node where there are multicasts.
#[derive(Clone, Debug)]
pub struct MeshConfig {
    pub size: MeshSize,
    pub format: PacketFormat,
    /// By node; empty without multicast.
    pub tables: Vec<RouteTable>,
    pub depth: usize,
    pub register_slice: bool,
}

impl MeshConfig {
    /// The router of a node.
    pub fn router(&self, node: usize) -> RouterConfig {
        let (row, column) = self.size.place(node);
        let (name, routing) = match self.tables.get(node) {
            Some(table) => (format!("router_{row}_{column}"), Routing::XyAndTable(table.clone())),
            None => ("router".to_string(), Routing::Xy),
        };
        RouterConfig {
            depth: self.depth,
            register_slice: self.register_slice,
            ..RouterConfig::mesh(&name, self.format, routing)
        }
    }
}

/// Routers in rows and columns, each with a port for its core. Nodes are counted along the rows, from the north-west.
///
/// The ports of a node are the `local` ones of its router. What leaves the mesh at its border goes nowhere.
#[derive(Clone, Debug, LogicBlock)]
pub struct Mesh {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Vec<Signal<In, Bit>>,
    pub in_ready: Vec<Signal<Out, Bit>>,
    pub in_data: Vec<Sig<In>>,
    pub out_valid: Vec<Signal<Out, Bit>>,
    pub out_ready: Vec<Signal<In, Bit>>,
    pub out_data: Vec<Sig<Out>>,
    row: Vec<Const>,
    column: Vec<Const>,
    no_packet: Const,
    router: Vec<Router>,
    _rows: usize,
    _columns: usize,
}

impl Mesh {
    pub fn new(config: &MeshConfig) -> Self {
        let MeshSize { rows, columns } = config.size;
        let (nodes, format) = (config.size.nodes(), config.format);
        let numbers = |n: usize, bits: u32| (0..n).map(|i| Const::new(u(bits), i as i128)).collect();
        Mesh {
            doc: Doc::new("mesh", format!("{rows} x {columns} routers, each with a port for its core."))
                .line("Node = row * columns + column; rows from north, columns from west. docs/router.md of spikewright.")
                .rust("rtl::fabric::Mesh")
                .port("in_valid", "packets of the core at this node")
                .port("out_valid", "packets for the core at this node"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: (0..nodes).map(|_| Default::default()).collect(),
            in_ready: (0..nodes).map(|_| Default::default()).collect(),
            in_data: Sig::several(nodes, u(format.width())),
            out_valid: (0..nodes).map(|_| Default::default()).collect(),
            out_ready: (0..nodes).map(|_| Default::default()).collect(),
            out_data: Sig::several(nodes, u(format.width())),
            row: numbers(rows, format.row_bits),
            column: numbers(columns, format.column_bits),
            no_packet: Const::new(u(format.width()), 0),
            router: (0..nodes).map(|node| Router::new(&config.router(node))).collect(),
            _rows: rows,
            _columns: columns,
        }
    }

    /// For each node and port other than `local` the node behind it and the port by which that one is entered.
    fn neighbours(&self) -> Vec<(usize, usize, Option<(usize, usize)>)> {
        let columns = self._columns;
        let mut found = vec![];
        for node in 0..self._rows * columns {
            let (row, column) = (node / columns, node % columns);
            found.push((node, NORTH, (row > 0).then(|| (node - columns, SOUTH))));
            found.push((node, EAST, (column + 1 < columns).then(|| (node + 1, WEST))));
            found.push((node, SOUTH, (row + 1 < self._rows).then(|| (node + columns, NORTH))));
            found.push((node, WEST, (column > 0).then(|| (node - 1, EAST))));
        }
        found
    }
}

impl Logic for Mesh {
    fn update(&mut self) {
        for node in 0..self.router.len() {
            let router = &mut self.router[node];
            router.clock.next = self.clock.val();
            router.reset.next = self.reset.val();
            router.here_row[0].next = self.row[node / self._columns].val();
            router.here_column[0].next = self.column[node % self._columns].val();
            router.in_valid[LOCAL].next = self.in_valid[node].val();
            router.in_data[LOCAL].next = self.in_data[node].val();
            router.out_ready[LOCAL].next = self.out_ready[node].val();
            self.in_ready[node].next = router.in_ready[LOCAL].val();
            self.out_valid[node].next = router.out_valid[LOCAL].val();
            self.out_data[node].next = router.out_data[LOCAL].val();
        }
        for (node, port, behind) in self.neighbours() {
            let (valid, data, ready) = match behind {
                Some((other, there)) => (
                    self.router[other].out_valid[there].val(),
                    self.router[other].out_data[there].val(),
                    self.router[other].in_ready[there].val(),
                ),
                None => (false, self.no_packet.val(), true),
            };
            self.router[node].in_valid[port].next = valid;
            self.router[node].in_data[port].next = data;
            self.router[node].out_ready[port].next = ready;
        }
    }

    fn connect(&mut self) {
        self.in_ready.iter_mut().chain(&mut self.out_valid).for_each(Logic::connect);
        self.out_data.iter_mut().for_each(Logic::connect);
        for router in &mut self.router {
            router.clock.connect();
            router.reset.connect();
            router.here_row.iter_mut().chain(&mut router.here_column).for_each(Logic::connect);
            router.in_valid.iter_mut().chain(&mut router.out_ready).for_each(Logic::connect);
            router.in_data.iter_mut().for_each(Logic::connect);
        }
    }

    fn hdl(&self) -> Verilog {
        let mut wires = Wires::default();
        wires.section("Cores");
        for node in 0..self.router.len() {
            wires.wire(format!("router${node}$clock"), "clock");
            wires.wire(format!("router${node}$reset"), "reset");
            wires.wire(format!("router${node}$here_row$0"), format!("row${}", node / self._columns));
            wires.wire(format!("router${node}$here_column$0"), format!("column${}", node % self._columns));
            for part in ["in_valid", "in_data", "out_ready"] {
                wires.wire(format!("router${node}${part}${LOCAL}"), format!("{part}${node}"));
            }
            for part in ["in_ready", "out_valid", "out_data"] {
                wires.wire(format!("{part}${node}"), format!("router${node}${part}${LOCAL}"));
            }
        }
        wires.section("Links between neighbours");
        for (node, port, behind) in self.neighbours() {
            match behind {
                Some((other, there)) => {
                    wires.wire(format!("router${node}$in_valid${port}"), format!("router${other}$out_valid${there}"));
                    wires.wire(format!("router${node}$in_data${port}"), format!("router${other}$out_data${there}"));
                    wires.wire(format!("router${node}$out_ready${port}"), format!("router${other}$in_ready${there}"));
                }
                None => {
                    wires.tie(format!("router${node}$in_valid${port}"), false);
                    wires.wire(format!("router${node}$in_data${port}"), "no_packet");
                    wires.tie(format!("router${node}$out_ready${port}"), true);
                }
            }
        }
        wires.done()
    }
}
