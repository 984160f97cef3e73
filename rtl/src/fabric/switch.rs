//! A crossbar: inputs, outputs, and the wires between them. A router is one, or two for a mesh.

use rust_hdl::core::ast::Verilog;

use super::config::RouteTable;
use super::packet::PacketFormat;
use super::route::{Heading, RouteLookup};
use hdl::blocks::Queue;
use super::router_input::RouterInput;
use super::router_output::RouterOutput;
use super::single::Single;
use hdl::Wires;
use crate::config::{LoadedTable, TablePlace, CONTROL_BITS};
use hdl::prelude::*;

/// What holds the packets of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buffer {
    /// A [`Queue`] of so many packets, with a register slice behind it or without.
    Queue { depth: usize, register_slice: bool },
    /// Two registers, a [`Skid`]: for packets of a core, which has a queue of its own.
    Pair,
    /// One register whose ready follows those of the outputs: between two halves of one router.
    Single,
}

/// An input: the name of its link, and what holds its packets.
#[derive(Clone, Debug)]
pub(super) struct Inlet {
    pub name: String,
    pub buffer: Buffer,
}

/// How a switch routes.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// All by table, `{multicast, address}` to outputs.
    Table(RouteTable),
    /// By place along the row (else the column), a multicast by table. A table's rows are by key, its ports those of the
    /// switch. Three outputs: stay, lower, higher; three inputs: those that start here, from lower, from higher.
    Place { row: bool, streams: Option<RouteTable> },
}

/// What a switch is made for.
#[derive(Clone, Debug)]
pub(super) struct SwitchConfig {
    pub name: String,
    /// Name of its table's module.
    pub table: String,
    pub inputs: Vec<Inlet>,
    pub outputs: Vec<String>,
    /// `ways[input][output]`: a packet may go this way.
    pub ways: Vec<Vec<bool>>,
    pub format: PacketFormat,
    pub rule: Rule,
    /// Where its table is written, instead of that of the rule.
    pub load: Option<TablePlace>,
}

/// Inputs and outputs of a [`super::Router`] or of its half along one dimension.
#[derive(Clone, Debug, LogicBlock)]
pub struct Switch {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub here: Vec<Sig<In>>,
    pub in_valid: Vec<Signal<In, Bit>>,
    pub in_ready: Vec<Signal<Out, Bit>>,
    pub in_data: Vec<Sig<In>>,
    pub out_valid: Vec<Signal<Out, Bit>>,
    pub out_ready: Vec<Signal<In, Bit>>,
    pub out_data: Vec<Sig<Out>>,
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,
    queue: Vec<Queue>,
    pair: Vec<Skid>,
    single: Vec<Single>,
    input: Vec<RouterInput>,
    route: Vec<RouteLookup>,
    route_table: Vec<Table>,
    /// One for all inputs, in place of the tables.
    loaded: Vec<LoadedTable>,
    output: Vec<RouterOutput>,
    /// Of each input its buffer: a name above, and the number there.
    _buffers: Vec<(&'static str, usize)>,
    /// Of each output the inputs that lead there.
    _sources: Vec<Vec<usize>>,
    /// What an input hears of an output to which it has no way: that it has taken the packet, so that this part of a route is
    /// dropped; that it has not, where no route has such a part.
    _done_elsewhere: bool,
}

impl Switch {
    pub(super) fn new(config: &SwitchConfig) -> Self {
        let (inputs, outputs, format) = (config.inputs.len(), config.outputs.len(), config.format);
        let width = format.width();
        let sources: Vec<Vec<usize>> =
            (0..outputs).map(|to| (0..inputs).filter(|&from| config.ways[from][to]).collect()).collect();
        let places = usize::from(matches!(config.rule, Rule::Place { .. }));
        let (lookups, here_bits) = match config.rule {
            Rule::Place { row, .. } => {
                let headings = [Heading::Start, Heading::Up, Heading::Down];
                let lookups = headings.map(|heading| RouteLookup::new(&format, row, heading));
                (lookups.to_vec(), if row { format.column_bits } else { format.row_bits })
            }
            Rule::Table(_) => (vec![], 1),
        };
        let title = match config.rule {
            Rule::Table(_) => format!("Crossbar of {} and {}.", several(inputs, "input"), several(outputs, "output")),
            Rule::Place { row: true, .. } => "The half of a router that works along the row.".to_string(),
            Rule::Place { row: false, .. } => "The half of a router that works along the column.".to_string(),
        };
        let mut doc = Doc::new(config.name.clone(), title)
            .line("A packet waits in its input until every output of its route has taken it. docs/router.md of spikewright.")
            .rust("rtl::fabric::Switch")
            .port("here", "this router's place along it");
        for (p, inlet) in config.inputs.iter().enumerate() {
            let onward = (0..outputs).filter(|&to| config.ways[p][to]).map(|to| config.outputs[to].as_str());
            for part in ["valid", "ready", "data"] {
                doc = doc.rename(format!("in_{part}_{p}"), format!("from_{}_{part}", inlet.name));
            }
            doc = doc.port(format!("from_{}_valid", inlet.name), leads("leads to", onward));
        }
        for (p, name) in config.outputs.iter().enumerate() {
            for part in ["valid", "ready", "data"] {
                doc = doc.rename(format!("out_{part}_{p}"), format!("to_{name}_{part}"));
            }
            let from = sources[p].iter().map(|&from| config.inputs[from].name.as_str());
            doc = doc
                .port(format!("to_{name}_valid"), leads("comes from", from))
                .port(format!("to_{name}_data"), "held while valid and not ready");
        }
        let (mut queue, mut pair, mut single) = (vec![], vec![], vec![]);
        let hold = |inlet: &Inlet| match inlet.buffer {
            Buffer::Queue { depth, .. } => {
                queue.push(Queue::new(depth, width));
                ("queue", queue.len() - 1)
            }
            Buffer::Pair => {
                pair.push(Skid::new(u(width)));
                ("pair", pair.len() - 1)
            }
            Buffer::Single => {
                single.push(Single::new(width));
                ("single", single.len() - 1)
            }
        };
        let buffers = config.inputs.iter().map(hold).collect();
        let bus = config.load.iter().map(|place| u(place.ring.width()));
        let one_way = matches!(config.rule, Rule::Place { .. }) && !format.has_multicast();
        let sliced = |inlet: &Inlet| matches!(inlet.buffer, Buffer::Queue { register_slice: true, .. });
        Switch {
            doc,
            clock: Default::default(),
            reset: Default::default(),
            here: Sig::several(places, u(here_bits)),
            in_valid: (0..inputs).map(|_| Default::default()).collect(),
            in_ready: (0..inputs).map(|_| Default::default()).collect(),
            in_data: Sig::several(inputs, u(width)),
            out_valid: (0..outputs).map(|_| Default::default()).collect(),
            out_ready: (0..outputs).map(|_| Default::default()).collect(),
            out_data: Sig::several(outputs, u(width)),
            bus_in: bus.clone().map(|bus| Sig::new(bus)).collect(),
            bus_out: bus.map(|bus| Sig::new(bus)).collect(),
            bus_control: config.load.iter().map(|_| Sig::new(u(CONTROL_BITS))).collect(),
            queue,
            pair,
            single,
            input: config.inputs.iter().map(|inlet| RouterInput::new(sliced(inlet), one_way, &format, outputs)).collect(),
            route: lookups,
            route_table: route_table(config).filter(|_| config.load.is_none()).map_or(vec![], |table| vec![table; inputs]),
            loaded: config.load.iter().map(|place| written_table(config, *place)).collect(),
            output: sources.iter().map(|from| RouterOutput::new(from.len(), width)).collect(),
            _buffers: buffers,
            _sources: sources,
            _done_elsewhere: !one_way,
        }
    }
}

/// What a link leads to or comes from, for its comment.
pub(super) fn leads<'a>(there: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    format!("{there} {}", if names.is_empty() { "nowhere".to_string() } else { names.join(", ") })
}

/// The same, written over the configuration bus.
fn written_table(config: &SwitchConfig, place: TablePlace) -> LoadedTable {
    LoadedTable::new(config.table.clone(), place, config.inputs.len()).documented(|doc| {
        doc.line(format!("Ports {{{}}} by {{layer, source}} of a stream.", ports_text(config)))
            .line("A port to which an input has no way is not taken by its packets; a packet without any is dropped.")
    })
}

/// Names of the ports, as the bits of a row.
fn ports_text(config: &SwitchConfig) -> String {
    config.outputs.iter().rev().cloned().collect::<Vec<_>>().join(", ")
}

/// The table, if there is one; in a mesh by address alone, as it holds multicasts only.
fn route_table(config: &SwitchConfig) -> Option<Table> {
    let format = config.format;
    let (rows, above, width, key) = match &config.rule {
        Rule::Table(rows) if format.multicast_bits() > 0 => (rows, 0, format.key_bits(), "{multicast, address}"),
        Rule::Table(rows) => (rows, 0, format.key_bits(), if format.has_multicast() { "{layer, source} of a stream" } else { "address" }),
        Rule::Place { streams, .. } => (streams.as_ref()?, 1 << format.address_bits(), format.address_bits(), "{layer, source} of a stream"),
    };
    let last = rows.keys().map(|key| key & !above).max().map_or(0, |last| last + 1);
    let sets = (0..last).map(|key| vec![rows.get(&(key | above)).copied().unwrap_or(0)]);
    let list = ports_text(config);
    let ports = u(config.outputs.len() as u32);
    let table = Table::new(&config.table, width, &[("ports", ports)], sets.collect(), vec![]);
    Some(table.documented(|doc| {
        doc.line(format!("Ports {{{list}}} by {key}."))
            .line("A packet of no row goes nowhere: it is dropped.")
            .rust("rtl::fabric::Switch")
    }))
}

impl Logic for Switch {
    fn update(&mut self) {
        for (p, input) in self.input.iter_mut().enumerate() {
            input.clock.next = self.clock.val();
            input.reset.next = self.reset.val();
            macro_rules! through {
                ($buffer:expr) => {{
                    let buffer = &mut $buffer;
                    buffer.clock.next = self.clock.val();
                    buffer.reset.next = self.reset.val();
                    buffer.in_valid.next = self.in_valid[p].val();
                    buffer.in_data.next = self.in_data[p].val();
                    self.in_ready[p].next = buffer.in_ready.val();
                    input.in_valid.next = buffer.out_valid.val();
                    input.in_data.next = buffer.out_data.val();
                    buffer.out_ready.next = input.in_ready.val();
                }};
            }
            match self._buffers[p] {
                ("queue", at) => through!(self.queue[at]),
                ("pair", at) => through!(self.pair[at]),
                (_, at) => through!(self.single[at]),
            }
            input.done.iter_mut().for_each(|done| done.next = self._done_elsewhere);
            let mut look_up = |key: Value| {
                if let Some(table) = self.route_table.get_mut(p) {
                    table.input.next = key;
                    return Some(table.output[0].val());
                }
                let loaded = self.loaded.get_mut(0)?;
                loaded.row[p].next = key;
                Some(loaded.value[p].val())
            };
            match self.route.get_mut(p) {
                Some(route) => {
                    route.here.next = self.here[0].val();
                    route.key.next = input.key.val();
                    input.ports.next = route.ports.val();
                    if let Some(stream) = route.stream.first() {
                        if let Some(ports) = look_up(stream.val()) {
                            route.stream_ports[0].next = ports;
                        }
                    }
                }
                None => {
                    if let Some(ports) = look_up(input.key.val()) {
                        input.ports.next = ports;
                    }
                }
            }
        }
        for (i, loaded) in self.loaded.iter_mut().enumerate() {
            loaded.clock.next = self.clock.val();
            loaded.reset.next = self.reset.val();
            loaded.bus_in.next = self.bus_in[i].val();
            loaded.bus_control.next = self.bus_control[i].val();
            self.bus_out[i].next = loaded.bus_out.val();
        }
        for (p, output) in self.output.iter_mut().enumerate() {
            output.clock.next = self.clock.val();
            output.reset.next = self.reset.val();
            output.out_ready.next = self.out_ready[p].val();
            self.out_valid[p].next = output.out_valid.val();
            self.out_data[p].next = output.out_data.val();
            for (k, &from) in self._sources[p].iter().enumerate() {
                output.request[k].next = self.input[from].request[p].val();
                output.word[k].next = self.input[from].head.val();
                self.input[from].done[p].next = output.done[k].val();
            }
        }
    }

    fn connect(&mut self) {
        self.in_ready.iter_mut().chain(&mut self.out_valid).for_each(Logic::connect);
        self.out_data.iter_mut().chain(&mut self.bus_out).for_each(Logic::connect);
        macro_rules! driven {
            ($buffers:expr) => {
                for buffer in $buffers {
                    buffer.clock.connect();
                    buffer.reset.connect();
                    buffer.in_valid.connect();
                    buffer.in_data.connect();
                    buffer.out_ready.connect();
                }
            };
        }
        driven!(&mut self.queue);
        driven!(&mut self.pair);
        driven!(&mut self.single);
        for input in &mut self.input {
            input.clock.connect();
            input.reset.connect();
            input.in_valid.connect();
            input.in_data.connect();
            input.ports.connect();
            input.done.iter_mut().for_each(Logic::connect);
        }
        for route in &mut self.route {
            route.here.connect();
            route.key.connect();
            route.stream_ports.iter_mut().for_each(Logic::connect);
        }
        self.route_table.iter_mut().for_each(|table| table.input.connect());
        for loaded in &mut self.loaded {
            (loaded.clock.connect(), loaded.reset.connect(), loaded.bus_in.connect(), loaded.bus_control.connect());
            loaded.row.iter_mut().for_each(Logic::connect);
        }
        for output in &mut self.output {
            output.clock.connect();
            output.reset.connect();
            output.out_ready.connect();
            output.request.iter_mut().for_each(Logic::connect);
            output.word.iter_mut().for_each(Logic::connect);
        }
    }

    fn hdl(&self) -> Verilog {
        let mut wires = Wires::default();
        let (inputs, outputs) = (self.input.len(), self.output.len());
        wires.section("Inputs");
        for p in 0..inputs {
            wires.wire(format!("input${p}$clock"), "clock");
            wires.wire(format!("input${p}$reset"), "reset");
            let (buffer, at) = self._buffers[p];
            let buffer = format!("{buffer}${at}");
            wires.wire(format!("{buffer}$clock"), "clock");
            wires.wire(format!("{buffer}$reset"), "reset");
            wires.wire(format!("{buffer}$in_valid"), format!("in_valid${p}"));
            wires.wire(format!("{buffer}$in_data"), format!("in_data${p}"));
            wires.wire(format!("in_ready${p}"), format!("{buffer}$in_ready"));
            wires.wire(format!("input${p}$in_valid"), format!("{buffer}$out_valid"));
            wires.wire(format!("input${p}$in_data"), format!("{buffer}$out_data"));
            wires.wire(format!("{buffer}$out_ready"), format!("input${p}$in_ready"));
            for to in (0..outputs).filter(|&to| !self._sources[to].contains(&p)) {
                wires.tie(format!("input${p}$done${to}"), self._done_elsewhere);
            }
        }
        wires.section("Routes");
        for p in 0..inputs {
            let (key, ports) = (format!("input${p}$key"), format!("input${p}$ports"));
            let route = !self.route.is_empty();
            let table = match (self.route_table.is_empty(), self.loaded.is_empty()) {
                (false, _) => Some([format!("route_table${p}$input"), format!("route_table${p}$output$0")]),
                (_, false) => Some([format!("loaded$0$row${p}"), format!("loaded$0$value${p}")]),
                _ => None,
            };
            if route {
                wires.wire(format!("route${p}$here"), "here$0");
                wires.wire(format!("route${p}$key"), key.clone());
                wires.wire(ports.clone(), format!("route${p}$ports"));
            }
            let Some([row, value]) = table else { continue };
            if route {
                wires.wire(row, format!("route${p}$stream$0"));
                wires.wire(format!("route${p}$stream_ports$0"), value);
            } else {
                wires.wire(row, key);
                wires.wire(ports, value);
            }
        }
        if !self.loaded.is_empty() {
            for (to, from) in [("clock", "clock"), ("reset", "reset"), ("bus_in", "bus_in$0"), ("bus_control", "bus_control$0")] {
                wires.wire(format!("loaded$0${to}"), from);
            }
            wires.wire("bus_out$0", "loaded$0$bus_out");
        }
        wires.section("Outputs");
        for p in 0..outputs {
            wires.wire(format!("output${p}$clock"), "clock");
            wires.wire(format!("output${p}$reset"), "reset");
            wires.wire(format!("output${p}$out_ready"), format!("out_ready${p}"));
            wires.wire(format!("out_valid${p}"), format!("output${p}$out_valid"));
            wires.wire(format!("out_data${p}"), format!("output${p}$out_data"));
            for (k, from) in self._sources[p].iter().enumerate() {
                wires.wire(format!("output${p}$request${k}"), format!("input${from}$request${p}"));
                wires.wire(format!("output${p}$word${k}"), format!("input${from}$head"));
                wires.wire(format!("input${from}$done${p}"), format!("output${p}$done${k}"));
            }
        }
        wires.done()
    }
}
