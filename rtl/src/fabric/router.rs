//! The router: inputs, outputs, and the wires between them.

use rust_hdl::core::ast::Verilog;

use super::config::RouterConfig;
use super::router_input::RouterInput;
use super::router_output::RouterOutput;
use super::wires::Wires;
use crate::hdl::prelude::*;

/// An AER router of any number of ports; links are valid/ready with one packet per cycle.
///
/// A packet waits in the queue of the port it came by until each output of its route has taken it (`docs/router.md`).
/// One cycle per hop, two with a register slice; `in_ready` comes from registers, `out_valid` and `out_data` do not
/// depend on any ready, and no path leads from one ready to another. Between a pair of ports packets keep their order.
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
    input: Vec<RouterInput>,
    output: Vec<RouterOutput>,
    _sources: Vec<Vec<usize>>,
}

impl Router {
    pub fn new(config: &RouterConfig) -> Self {
        let ports = config.ports.len();
        let width = config.format.width();
        let sources: Vec<Vec<usize>> = (0..ports).map(|to| config.sources_of(to)).collect();
        let input: Vec<RouterInput> = (0..ports).map(|_| RouterInput::new(config)).collect();
        let places = input[0].here_row.len();
        let mut doc = Doc::new(config.name.clone(), format!("AER router of {ports} ports for packets of {width} bits."))
            .line("A packet waits in the queue of its input until every output of its route has taken it. docs/router.md of spikewright.")
            .rust("rtl::fabric::Router")
            .latency(format!(
                "{} per hop when nothing is in the way; one word per cycle on every link",
                if config.register_slice { "two cycles" } else { "one cycle" }
            ))
            .fact("Memory", format!("{} per input in distributed RAM", several(config.depth, "word")))
            .fact("Packet", packet_layout(config))
            .port("here_row", "this router's row, counted from north")
            .port("here_column", "this router's column, counted from west");
        for (p, name) in config.ports.iter().enumerate() {
            for part in ["valid", "ready", "data"] {
                doc = doc
                    .rename(format!("in_{part}_{p}"), format!("from_{name}_{part}"))
                    .rename(format!("out_{part}_{p}"), format!("to_{name}_{part}"));
            }
            let ways = |there: &str, found: Vec<usize>| match found.is_empty() {
                true => format!("{there} nowhere"),
                false => format!("{there} {}", found.iter().map(|&q| config.ports[q].as_str()).collect::<Vec<_>>().join(", ")),
            };
            let onward = (0..ports).filter(|&to| config.turns[p][to]).collect();
            doc = doc
                .port(format!("from_{name}_valid"), ways("leads to", onward))
                .port(format!("from_{name}_ready"), "from a register")
                .port(format!("to_{name}_valid"), ways("comes from", sources[p].clone()))
                .port(format!("to_{name}_data"), "held while valid and not ready");
        }
        let bits = || (0..ports).map(|_| Default::default()).collect();
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
            out_ready: bits(),
            out_data: Sig::several(ports, u(width)),
            output: sources.iter().map(|from| RouterOutput::new(from.len(), width)).collect(),
            input,
            _sources: sources,
        }
    }
}

fn packet_layout(config: &RouterConfig) -> String {
    let format = config.format;
    let multicast = if format.has_multicast() { "multicast, " } else { "" };
    format!("{{grant, {multicast}address[{}], word[{}]}}", format.address_bits(), format.word_bits)
}

impl Logic for Router {
    fn update(&mut self) {
        for (p, input) in self.input.iter_mut().enumerate() {
            input.clock.next = self.clock.val();
            input.reset.next = self.reset.val();
            for i in 0..self.here_row.len() {
                input.here_row[i].next = self.here_row[i].val();
                input.here_column[i].next = self.here_column[i].val();
            }
            input.in_valid.next = self.in_valid[p].val();
            input.in_data.next = self.in_data[p].val();
            self.in_ready[p].next = input.in_ready.val();
            input.done.iter_mut().for_each(|done| done.next = true);
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
        self.out_data.iter_mut().for_each(Logic::connect);
        for input in &mut self.input {
            input.clock.connect();
            input.reset.connect();
            input.in_valid.connect();
            input.in_data.connect();
            input.here_row.iter_mut().chain(&mut input.here_column).for_each(Logic::connect);
            input.done.iter_mut().for_each(Logic::connect);
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
        let ports = self.input.len();
        wires.section("Inputs");
        for p in 0..ports {
            wires.wire(format!("input${p}$clock"), "clock");
            wires.wire(format!("input${p}$reset"), "reset");
            for i in 0..self.here_row.len() {
                wires.wire(format!("input${p}$here_row${i}"), format!("here_row${i}"));
                wires.wire(format!("input${p}$here_column${i}"), format!("here_column${i}"));
            }
            wires.wire(format!("input${p}$in_valid"), format!("in_valid${p}"));
            wires.wire(format!("input${p}$in_data"), format!("in_data${p}"));
            wires.wire(format!("in_ready${p}"), format!("input${p}$in_ready"));
            for to in (0..ports).filter(|&to| !self._sources[to].contains(&p)) {
                wires.tie(format!("input${p}$done${to}"), true);
            }
        }
        wires.section("Outputs");
        for p in 0..ports {
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
