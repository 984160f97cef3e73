//! The top module of a net with several inputs or outputs: an AXI4-Stream each.

use crate::edge::guard::{InputGuard, COUNT_BITS, OFF_MAP, REPEATS};
use crate::edge::streams::{StreamIn, StreamOut};
use crate::graph::network::GraphNetwork;
use hdl::prelude::*;
use hdl::ResetSource;
use crate::plan::Plan;

/// A network with a stream for each Input and Output node. See docs/link.md for the ports.
#[derive(Clone, Debug, LogicBlock)]
pub struct SeveralPorts {
    doc: Doc,
    pub aclk: Signal<In, Clock>,
    pub aresetn: Signal<In, Bit>,
    pub s_axis_tdata: Vec<Sig<In>>,
    pub s_axis_tvalid: Vec<Signal<In, Bit>>,
    pub s_axis_tready: Vec<Signal<Out, Bit>>,
    pub s_axis_tlast: Vec<Signal<In, Bit>>,
    pub guard_repeats: Vec<Sig<Out>>,
    pub guard_off_map: Vec<Sig<Out>>,
    pub m_axis_tdata: Vec<Sig<Out>>,
    pub m_axis_tvalid: Vec<Signal<Out, Bit>>,
    pub m_axis_tready: Vec<Signal<In, Bit>>,
    pub m_axis_tlast: Vec<Signal<Out, Bit>>,

    reset: ResetSource,
    open: Flag,
    input_guard: Vec<InputGuard>,
    stream_in: Vec<StreamIn>,
    network: GraphNetwork,
    stream_out: Vec<StreamOut>,

    _guarded: usize,
    _bare: usize,
    _outputs: usize,
}

impl SeveralPorts {
    pub fn new(plan: &Plan) -> Self {
        let (inputs, outputs) = (plan.inputs.len(), plan.outputs.len());
        let guarded = if plan.edges.guard.is_some() { inputs } else { 0 };
        let layers: Vec<String> = plan.cores.iter().map(|core| format!("{} ({})", core.name, core.layer.output)).collect();
        let mut doc = Doc::new("streams", "A spiking network: words of spikes in, words of spikes or values out.");
        for port in &plan.inputs {
            doc = doc.line(format!("{}: input {} ({}).", port.prefix, port.node, port.shape));
        }
        for port in &plan.outputs {
            doc = doc.line(format!("{}: output {}, words of layer {}.", port.prefix, port.node, plan.cores[port.cores.start].name));
        }
        doc = doc
            .line(format!("Layers {}.", layers.join(", ")))
            .line("Every sample enters at all inputs, with as many time steps, and leaves at all outputs, which are all to be taken.")
            .line("Ports and words: docs/link.md of spikewright, or README.md of this folder.")
            .rust("rtl::cores::several_ports::SeveralPorts")
            .golden("golden::Engine")
            .port("aclk", "rising edge")
            .port("aresetn", plan.edges.reset_text());
        for (i, port) in plan.inputs.iter().enumerate() {
            let own = |what: &str| field("s_axis", what, i, inputs);
            doc = named(doc, "s_axis", i, inputs, &port.prefix)
                .port(own("tdata"), format!("{{kind, 0, {}}}", port.format().coordinate_text()))
                .port(own("tlast"), "with a TICK: the sample ends, too")
                .port(own("tready"), "low while the memories are cleared after reset");
            for (what, text) in [("repeats", REPEATS), ("off_map", OFF_MAP)] {
                doc = doc.port(field("guard", what, i, inputs), text);
                if inputs > 1 {
                    doc = doc.rename(field("guard", what, i, inputs), port.guard_pin(what));
                }
            }
        }
        for (i, port) in plan.outputs.iter().enumerate() {
            let (own, format) = (|what: &str| field("m_axis", what, i, outputs), port.format);
            doc = named(doc, "m_axis", i, outputs, &port.prefix)
                .port(own("tdata"), format!("{{kind, 0, payload[{}], {}}}", format.payload_bits, format.coordinate_text()))
                .port(own("tlast"), "with TICK_LAST");
        }
        SeveralPorts {
            doc,
            aclk: Default::default(),
            aresetn: Default::default(),
            s_axis_tdata: plan.inputs.iter().map(|port| Sig::new(u(port.format().stream_bits()))).collect(),
            s_axis_tvalid: vec![Default::default(); inputs],
            s_axis_tready: vec![Default::default(); inputs],
            s_axis_tlast: vec![Default::default(); inputs],
            guard_repeats: Sig::several(guarded, u(COUNT_BITS)),
            guard_off_map: Sig::several(guarded, u(COUNT_BITS)),
            m_axis_tdata: plan.outputs.iter().map(|port| Sig::new(u(port.format.stream_bits()))).collect(),
            m_axis_tvalid: vec![Default::default(); outputs],
            m_axis_tready: vec![Default::default(); outputs],
            m_axis_tlast: vec![Default::default(); outputs],
            reset: plan.edges.reset_source(),
            open: Flag::new(),
            input_guard: plan.edges.guard.iter().flat_map(|guard| plan.inputs.iter().map(|port| InputGuard::at(*guard, port))).collect(),
            stream_in: plan.inputs.iter().map(|port| StreamIn::new(port.format())).collect(),
            network: GraphNetwork::new(plan),
            stream_out: plan.outputs.iter().map(|port| StreamOut::new(port.format)).collect(),
            _guarded: guarded,
            _bare: inputs - guarded,
            _outputs: outputs,
        }
    }
}

/// The field of a signal of port `i` of `n`, as comments are found by.
fn field(bus: &str, what: &str, i: usize, n: usize) -> String {
    if n == 1 { format!("{bus}_{what}") } else { format!("{bus}_{what}_{i}") }
}

/// The signals of port `i` of `n` by the names that they have outside.
fn named(mut doc: Doc, bus: &str, i: usize, n: usize, prefix: &str) -> Doc {
    for what in ["tdata", "tvalid", "tready", "tlast"].iter().filter(|_| n > 1) {
        doc = doc.rename(field(bus, what, i, n), format!("{prefix}_{what}"));
    }
    doc
}

impl Logic for SeveralPorts {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, aclk, reset, open);
        self.reset.d.next = !self.aresetn.val();
        self.open.reset.next = self.reset.q.val();
        self.open.d.next = true;
        self.network.clock.next = self.aclk.val();
        self.network.reset.next = self.reset.q.val();

        comment!("From the streams into the network");
        for i in 0..self._guarded {
            self.input_guard[i].clock.next = self.aclk.val();
            self.input_guard[i].reset.next = self.reset.q.val();
            self.input_guard[i].in_valid.next = self.s_axis_tvalid[i].val();
            self.input_guard[i].in_data.next = self.s_axis_tdata[i].val();
            self.input_guard[i].in_last.next = self.s_axis_tlast[i].val();
            self.s_axis_tready[i].next = self.input_guard[i].in_ready.val();
            self.stream_in[i].tdata.next = self.input_guard[i].out_data.val();
            self.stream_in[i].tlast.next = self.input_guard[i].out_last.val();
            self.network.in_valid[i].next = self.input_guard[i].out_valid.val() & self.open.q.val();
            self.network.in_data[i].next = self.stream_in[i].link_word.val();
            self.input_guard[i].out_ready.next = self.network.in_ready[i].val() & self.open.q.val();
            self.guard_repeats[i].next = self.input_guard[i].repeats.val();
            self.guard_off_map[i].next = self.input_guard[i].off_map.val();
        }
        for i in 0..self._bare {
            self.stream_in[i].tdata.next = self.s_axis_tdata[i].val();
            self.stream_in[i].tlast.next = self.s_axis_tlast[i].val();
            self.network.in_valid[i].next = self.s_axis_tvalid[i].val() & self.open.q.val();
            self.network.in_data[i].next = self.stream_in[i].link_word.val();
            self.s_axis_tready[i].next = self.network.in_ready[i].val() & self.open.q.val();
        }

        comment!("From the network to the streams");
        for i in 0..self._outputs {
            self.stream_out[i].clock.next = self.aclk.val();
            self.stream_out[i].reset.next = self.reset.q.val();
            self.network.out_ready[i].next = self.stream_out[i].in_ready.val();
            self.stream_out[i].in_valid.next = self.network.out_valid[i].val();
            self.stream_out[i].in_data.next = self.network.out_data[i].val();
            self.stream_out[i].tready.next = self.m_axis_tready[i].val();
            self.m_axis_tvalid[i].next = self.stream_out[i].tvalid.val();
            self.m_axis_tdata[i].next = self.stream_out[i].tdata.val();
            self.m_axis_tlast[i].next = self.stream_out[i].tlast.val();
        }
    }
}
