//! A tree of routers alone, as a net's plan makes it (`plan::fabric`), for traffic that is not a net's.

use rust_hdl::core::ast::Verilog;

use super::packet::{PacketFormat, Route};
use super::router::Router;
use super::tree::Stream;
use hdl::Wires;
use hdl::prelude::*;
use crate::plan::fabric::{Behind, Topology};

/// Routers with up to so many cores or routers below each, all by table. Unicasts name a core as the column of row 0.
///
/// Ports are counted by core. The root's way out of the chip leads nowhere.
#[derive(Clone, Debug, LogicBlock)]
pub struct RouterTree {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Vec<Signal<In, Bit>>,
    pub in_ready: Vec<Signal<Out, Bit>>,
    pub in_data: Vec<Sig<In>>,
    pub out_valid: Vec<Signal<Out, Bit>>,
    pub out_ready: Vec<Signal<In, Bit>>,
    pub out_data: Vec<Sig<Out>>,
    no_packet: Const,
    router: Vec<Router>,
    _topology: Topology,
}

impl RouterTree {
    /// For `cores` cores; its routers know all unicasts and these streams, and hold `depth` packets per input.
    pub fn new(children: usize, cores: usize, streams: &[Stream], format: PacketFormat, depth: usize) -> Self {
        let topology = Topology::tree(children, cores);
        let all: Vec<usize> = (0..cores).collect();
        let pairs = all.iter().flat_map(|&from| all.iter().map(move |&to| (from, to))).filter(|(from, to)| from != to);
        let mut routes: Vec<(Route, usize, &[usize])> =
            pairs.map(|(from, to)| (Route::Unicast { row: 0, column: to }, from, &all[to..=to])).collect();
        let multicast = |stream: &Stream| Route::Multicast { source: stream.source, layer: stream.layer };
        routes.extend(streams.iter().map(|stream| (multicast(stream), stream.source, &stream.destinations[..])));
        let routers = topology.routers(format, depth, &routes);
        RouterTree {
            doc: Doc::new("tree", format!("Routers for {cores} cores, up to {children} cores or routers below each."))
                .line("Up to where the ways part, then down. docs/router.md of spikewright.")
                .rust("rtl::fabric::RouterTree")
                .port("in_valid", "packets of this core")
                .port("out_valid", "packets for this core"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: vec![Default::default(); cores],
            in_ready: vec![Default::default(); cores],
            in_data: Sig::several(cores, u(format.width())),
            out_valid: vec![Default::default(); cores],
            out_ready: vec![Default::default(); cores],
            out_data: Sig::several(cores, u(format.width())),
            no_packet: Const::new(u(format.width()), 0),
            router: routers.iter().map(Router::new).collect(),
            _topology: topology,
        }
    }

    /// Routers' ports: router, port, what is behind it.
    fn ports(&self) -> Vec<(usize, usize, Behind)> {
        let nodes = self._topology.nodes.iter().enumerate();
        let ports = nodes.flat_map(|(n, node)| node.ports.iter().enumerate().map(move |(p, port)| (n, p, port.behind)));
        // The chip's edge is no core.
        let cores = self.in_valid.len();
        let here = |behind| if behind == Behind::Endpoint(cores) { Behind::Nothing } else { behind };
        ports.map(|(n, p, behind)| (n, p, here(behind))).collect()
    }
}

impl Logic for RouterTree {
    fn update(&mut self) {
        panic!("a tree is wires that the emitter prints: simulate its Verilog");
    }

    fn connect(&mut self) {
        self.in_ready.iter_mut().chain(&mut self.out_valid).for_each(Logic::connect);
        self.out_data.iter_mut().for_each(Logic::connect);
        for router in &mut self.router {
            router.clock.connect();
            router.reset.connect();
            router.in_valid.iter_mut().chain(&mut router.out_ready).for_each(Logic::connect);
            router.in_data.iter_mut().for_each(Logic::connect);
        }
    }

    fn hdl(&self) -> Verilog {
        let mut wires = Wires::default();
        wires.section("Clock and reset");
        for n in 0..self.router.len() {
            wires.wire(format!("router${n}$clock"), "clock");
            wires.wire(format!("router${n}$reset"), "reset");
        }
        wires.section("Cores, and links between routers");
        for (n, p, behind) in self.ports() {
            match behind {
                Behind::Endpoint(core) => {
                    for part in ["in_valid", "in_data", "out_ready"] {
                        wires.wire(format!("router${n}${part}${p}"), format!("{part}${core}"));
                    }
                    for part in ["in_ready", "out_valid", "out_data"] {
                        wires.wire(format!("{part}${core}"), format!("router${n}${part}${p}"));
                    }
                }
                Behind::Router { node, port } => {
                    wires.wire(format!("router${n}$in_valid${p}"), format!("router${node}$out_valid${port}"));
                    wires.wire(format!("router${n}$in_data${p}"), format!("router${node}$out_data${port}"));
                    wires.wire(format!("router${n}$out_ready${p}"), format!("router${node}$in_ready${port}"));
                }
                Behind::Nothing => {
                    wires.tie(format!("router${n}$in_valid${p}"), false);
                    wires.wire(format!("router${n}$in_data${p}"), "no_packet");
                    wires.tie(format!("router${n}$out_ready${p}"), true);
                }
            }
        }
        wires.done()
    }
}
