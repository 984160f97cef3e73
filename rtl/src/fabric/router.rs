//! The router: one switch, or in a mesh two, one along the row and one along the column.

use rust_hdl::core::ast::Verilog;

use super::config::{mesh_turns, PortSet, RouteTable, RouterConfig, Routing, EAST, LOCAL, MESH_PORTS, NORTH, SOUTH, WEST};
use super::switch::{leads, Buffer, Inlet, Rule, Switch, SwitchConfig};
use hdl::Wires;
use crate::config::CONTROL_BITS;
use hdl::prelude::*;

/// An AER router of any number of ports; links are valid/ready with one packet per cycle.
///
/// A packet waits in the queue of the port it came by until each output of its route has taken it (`docs/router.md`).
/// In a mesh a packet goes through two switches: along the row until it leaves it, then, one cycle later, along the
/// column; so there is one register that all packets pass once on their way. One cycle per hop, two with a register
/// slice; `in_ready` comes from registers, `out_valid` and `out_data` do not depend on any ready, and no path leads from
/// one router's ready to another's. Between a pair of ports packets keep their order.
#[derive(Clone, Debug, LogicBlock)]
pub struct Router {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub here_row: Vec<Sig<In>>,
    pub here_column: Vec<Sig<In>>,
    pub in_valid: Vec<Signal<In, Bit>>,
    pub in_ready: Vec<Signal<Out, Bit>>,
    pub in_data: Vec<Sig<In>>,
    pub out_valid: Vec<Signal<Out, Bit>>,
    pub out_ready: Vec<Signal<In, Bit>>,
    pub out_data: Vec<Sig<Out>>,
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,
    half: Vec<Switch>,
    /// By port: the switch that it enters and the input there, the switch that it leaves and the output there.
    _enters: Vec<(usize, usize)>,
    _leaves: Vec<(usize, usize)>,
}

/// The halves of a mesh's router. Inputs: those that start in this dimension, from lower numbers, from higher ones;
/// outputs: those that are done with it, to lower numbers, to higher ones.
const ROW: [usize; 3] = [LOCAL, WEST, EAST];
const COLUMN: [usize; 3] = [LOCAL, NORTH, SOUTH];
/// All but the way back.
const WAYS: [[bool; 3]; 3] = [[true, true, true], [true, false, true], [true, true, false]];

impl Router {
    pub fn new(config: &RouterConfig) -> Self {
        let ports = config.ports.len();
        let width = config.format.width();
        let (halves, enters, leaves) = match &config.routing {
            Routing::Table(table) => {
                let own = |p| (0, p);
                (vec![by_table(config, table)], (0..ports).map(own).collect(), (0..ports).map(own).collect())
            }
            Routing::Xy => (by_place(config, None), mesh_ports(0), mesh_ports(1)),
            Routing::XyAndTable(table) => (by_place(config, Some(table)), mesh_ports(0), mesh_ports(1)),
        };
        let mesh = halves.len() == 2;
        let half: Vec<Switch> = halves.iter().map(Switch::new).collect();
        let places = usize::from(mesh);
        assert!(config.loads.is_empty() || config.loads.len() == half.len(), "a written table for each half");
        let bus = config.loads.first().map(|place| u(place.ring.width()));
        let mut doc = Doc::new(config.name.clone(), format!("AER router of {ports} ports for packets of {width} bits."))
            .line("A packet waits in the queue of its input until every output of its route has taken it. docs/router.md of spikewright.")
            .rust("rtl::fabric::Router")
            .latency(format!(
                "{} per hop when nothing is in the way{}; one word per cycle on every link",
                if config.register_slice { "two cycles" } else { "one cycle" },
                if mesh { ", one for a packet that starts here, and one from the row to the column" } else { "" }
            ))
            .fact("Memory", format!("{} per {} in distributed RAM", several(config.depth, "word"), if mesh { "side" } else { "input" }))
            .fact("Packet", packet_layout(config))
            .port("here_row", "this router's row, counted from north")
            .port("here_column", "this router's column, counted from west");
        for (p, name) in config.ports.iter().enumerate() {
            for part in ["valid", "ready", "data"] {
                doc = doc
                    .rename(format!("in_{part}_{p}"), format!("from_{name}_{part}"))
                    .rename(format!("out_{part}_{p}"), format!("to_{name}_{part}"));
            }
            let onward = (0..ports).filter(|&to| config.turns[p][to]).map(|to| config.ports[to].as_str());
            doc = doc
                .port(format!("from_{name}_valid"), leads("leads to", onward))
                .port(format!("from_{name}_ready"), "from a register")
                .port(format!("to_{name}_valid"), leads("comes from", config.sources_of(p).iter().map(|&q| config.ports[q].as_str())))
                .port(format!("to_{name}_data"), "held while valid and not ready");
        }
        Router {
            doc,
            clock: Default::default(),
            reset: Default::default(),
            here_row: Sig::several(places, u(config.format.row_bits.max(1))),
            here_column: Sig::several(places, u(config.format.column_bits.max(1))),
            in_valid: (0..ports).map(|_| Default::default()).collect(),
            in_ready: (0..ports).map(|_| Default::default()).collect(),
            in_data: Sig::several(ports, u(width)),
            out_valid: (0..ports).map(|_| Default::default()).collect(),
            out_ready: (0..ports).map(|_| Default::default()).collect(),
            out_data: Sig::several(ports, u(width)),
            bus_in: Sig::several(bus.iter().count(), bus.unwrap_or(u(1))),
            bus_out: Sig::several(bus.iter().count(), bus.unwrap_or(u(1))),
            bus_control: Sig::several(bus.iter().count(), u(CONTROL_BITS)),
            half,
            _enters: enters,
            _leaves: leaves,
        }
    }
}

/// One switch with all ports.
fn by_table(config: &RouterConfig, table: &RouteTable) -> SwitchConfig {
    let buffer = Buffer::Queue { depth: config.depth, register_slice: config.register_slice };
    SwitchConfig {
        name: format!("{}_switch", config.name),
        table: format!("{}_table", config.name),
        inputs: config.ports.iter().map(|name| Inlet { name: name.clone(), buffer }).collect(),
        outputs: config.ports.clone(),
        ways: config.turns.clone(),
        format: config.format,
        rule: Rule::Table(table.clone()),
        load: config.loads.first().copied(),
    }
}

/// A switch along the row and one along the column.
fn by_place(config: &RouterConfig, streams: Option<&RouteTable>) -> Vec<SwitchConfig> {
    assert!(config.ports == MESH_PORTS && config.turns == mesh_turns(), "routing by place needs the ports and turns of a mesh");
    let side = Buffer::Queue { depth: config.depth, register_slice: config.register_slice };
    let halves = [("row", "local", Buffer::Pair, "column", ROW), ("column", "row", Buffer::Single, "local", COLUMN)];
    let half = |(name, start, buffer, end, sides): (&str, &str, Buffer, &str, [usize; 3])| {
        let named = |p: usize| config.ports[sides[p]].clone();
        let row = name == "row";
        // In the row's table all ports of the column are one: that to the other half.
        let ports = |set: PortSet| -> PortSet {
            let has = |port: usize| set >> port & 1;
            let stays = has(LOCAL) | if row { has(NORTH) | has(SOUTH) } else { 0 };
            stays | has(sides[1]) << 1 | has(sides[2]) << 2
        };
        SwitchConfig {
            name: format!("{}_{name}", config.name),
            table: format!("{}_{name}_table", config.name),
            inputs: vec![
                Inlet { name: start.into(), buffer },
                Inlet { name: named(1), buffer: side },
                Inlet { name: named(2), buffer: side },
            ],
            outputs: vec![end.into(), named(1), named(2)],
            ways: WAYS.map(|ways| ways.to_vec()).to_vec(),
            format: config.format,
            rule: Rule::Place { row, streams: streams.map(|table| table.iter().map(|(&key, &set)| (key, ports(set))).collect()) },
            load: config.loads.get(usize::from(!row)).copied(),
        }
    };
    halves.map(half).to_vec()
}

/// Half and place there of each port of a mesh: packets enter by the local port the row's half (0), and leave by it the
/// column's (1).
fn mesh_ports(local: usize) -> Vec<(usize, usize)> {
    let at = |port: usize| match (ROW[1..].iter().position(|&p| p == port), COLUMN[1..].iter().position(|&p| p == port)) {
        (Some(place), _) => (0, place + 1),
        (_, Some(place)) => (1, place + 1),
        _ => (local, 0),
    };
    (0..MESH_PORTS.len()).map(at).collect()
}

fn packet_layout(config: &RouterConfig) -> String {
    let format = config.format;
    let multicast = if format.multicast_bits() > 0 { "multicast, " } else { "" };
    format!("{{grant, {multicast}address[{}], word[{}]}}", format.address_bits(), format.word_bits)
}

impl Logic for Router {
    fn update(&mut self) {
        for half in &mut self.half {
            half.clock.next = self.clock.val();
            half.reset.next = self.reset.val();
        }
        for p in 0..self.in_valid.len() {
            let (half, at) = self._enters[p];
            self.half[half].in_valid[at].next = self.in_valid[p].val();
            self.half[half].in_data[at].next = self.in_data[p].val();
            self.in_ready[p].next = self.half[half].in_ready[at].val();
            let (half, at) = self._leaves[p];
            self.half[half].out_ready[at].next = self.out_ready[p].val();
            self.out_valid[p].next = self.half[half].out_valid[at].val();
            self.out_data[p].next = self.half[half].out_data[at].val();
        }
        for i in 0..self.bus_in.len() {
            let mut ring = self.bus_in[i].val();
            for half in &mut self.half {
                half.bus_in[i].next = ring;
                half.bus_control[i].next = self.bus_control[i].val();
                ring = half.bus_out[i].val();
            }
            self.bus_out[i].next = ring;
        }
        if let [row, column] = &mut self.half[..] {
            row.here[0].next = self.here_column[0].val();
            column.here[0].next = self.here_row[0].val();
            column.in_valid[0].next = row.out_valid[0].val();
            column.in_data[0].next = row.out_data[0].val();
            row.out_ready[0].next = column.in_ready[0].val();
        }
    }

    fn connect(&mut self) {
        self.in_ready.iter_mut().chain(&mut self.out_valid).for_each(Logic::connect);
        self.out_data.iter_mut().chain(&mut self.bus_out).for_each(Logic::connect);
        for half in &mut self.half {
            half.bus_in.iter_mut().chain(&mut half.bus_control).for_each(Logic::connect);
            half.clock.connect();
            half.reset.connect();
            half.here.iter_mut().for_each(Logic::connect);
            half.in_valid.iter_mut().chain(&mut half.out_ready).for_each(Logic::connect);
            half.in_data.iter_mut().for_each(Logic::connect);
        }
    }

    fn hdl(&self) -> Verilog {
        let mut wires = Wires::default();
        for half in 0..self.half.len() {
            wires.wire(format!("half${half}$clock"), "clock");
            wires.wire(format!("half${half}$reset"), "reset");
        }
        if self.half.len() == 2 {
            wires.section("From the row to the column");
            wires.wire("half$0$here$0", "here_column$0");
            wires.wire("half$1$here$0", "here_row$0");
            wires.wire("half$1$in_valid$0", "half$0$out_valid$0");
            wires.wire("half$1$in_data$0", "half$0$out_data$0");
            wires.wire("half$0$out_ready$0", "half$1$in_ready$0");
        }
        wires.section("Links");
        for p in 0..self.in_valid.len() {
            let (half, at) = self._enters[p];
            wires.wire(format!("half${half}$in_valid${at}"), format!("in_valid${p}"));
            wires.wire(format!("half${half}$in_data${at}"), format!("in_data${p}"));
            wires.wire(format!("in_ready${p}"), format!("half${half}$in_ready${at}"));
            let (half, at) = self._leaves[p];
            wires.wire(format!("half${half}$out_ready${at}"), format!("out_ready${p}"));
            wires.wire(format!("out_valid${p}"), format!("half${half}$out_valid${at}"));
            wires.wire(format!("out_data${p}"), format!("half${half}$out_data${at}"));
        }
        if !self.bus_in.is_empty() {
            wires.section("The ring of registers");
            let mut ring = "bus_in$0".to_string();
            for half in 0..self.half.len() {
                wires.wire(format!("half${half}$bus_in$0"), ring);
                wires.wire(format!("half${half}$bus_control$0"), "bus_control$0");
                ring = format!("half${half}$bus_out$0");
            }
            wires.wire("bus_out$0", ring);
        }
        wires.done()
    }
}
