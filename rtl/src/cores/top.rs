//! The top module: AXI4-Stream in, a chain of cores, AXI4-Stream out.

use super::block::CoreBlock;
use super::readout::Readout;
use crate::config::CONTROL_BITS;
use crate::graph::network::GraphNetwork;
use hdl::prelude::*;
use hdl::{ResetSource, Resets};
use crate::plan::{Plan, Readout as Mode};

/// A network. See docs/link.md for the ports.
#[derive(Clone, Debug, LogicBlock)]
pub struct Top {
    doc: Doc,
    pub aclk: Signal<In, Clock>,
    pub aresetn: Signal<In, Bit>,
    pub s_axis_tdata: Sig<In>,
    pub s_axis_tvalid: Signal<In, Bit>,
    pub s_axis_tready: Signal<Out, Bit>,
    pub s_axis_tlast: Signal<In, Bit>,
    pub m_axis_tdata: Sig<Out>,
    pub m_axis_tvalid: Signal<Out, Bit>,
    pub m_axis_tready: Signal<In, Bit>,
    pub m_axis_tlast: Signal<Out, Bit>,
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,
    pub network_reset: Vec<Signal<In, Bit>>,
    pub halt: Vec<Signal<In, Bit>>,
    pub input_stalls: Vec<Signal<Out, Bit>>,
    pub output_stalls: Vec<Signal<Out, Bit>>,

    kind_tick: Const,
    kind_tick_last: Const,
    gap: Vec<Const>,
    reset: ResetSource,
    in_kind: Sig<Local>,
    kind_now: Sig<Local>,
    in_fields: Vec<Sig<Local>>,
    in_parts: Split,
    in_word: Join,
    core: Vec<CoreBlock>,
    network: Vec<GraphNetwork>,
    open: Vec<Flag>,
    readout: Vec<Readout>,
    last_valid: Signal<Local, Bit>,
    last_data: Sig<Local>,
    last_ready: Signal<Local, Bit>,
    out_valid: Signal<Local, Bit>,
    out_data: Sig<Local>,
    out_parts: Split,
    out_kind: Sig<Local>,
    out_word: Join,
    out_buffer: Skid,

    _chain: usize,
    _graph: usize,
    _cores: usize,
    _links: usize,
    _with_fields: usize,
    _kind_at: usize,
    _kind_end: usize,
    _last: usize,
    _readouts: usize,
    _no_readout: usize,
    _out_fields: usize,
    _out_gap: usize,
    _out_kind_at: usize,
    _out_kind_end: usize,
    _out_from: usize,
    _out_from_end: usize,
    _kind_low: u32,
    _buses: usize,
    _no_bus: usize,
    _ored: usize,
    _joined: usize,
}

impl Top {
    pub fn new(plan: &Plan) -> Self {
        let last = &plan.outputs[0];
        let (input, output) = (plan.input_format(), plan.output_format());
        let chain = plan.is_chain();
        let cores = if chain { plan.cores.len() } else { 0 };
        let (in_bits, out_bits) = (input.stream_bits(), output.stream_bits());
        let fields = input.field_bits();
        let out_fields = output.field_bits();
        let one = |present: bool| usize::from(present);
        let registers = plan.registers();
        let buses = registers.iter().count();
        let bus = u(registers.map_or(1, |map| map.ring().width()));
        let shapes = |bits: &[u32]| bits.iter().filter(|b| **b > 0).map(|b| u(*b)).collect::<Vec<_>>();
        let out_gap = out_bits - 2 - out_fields;
        let has_readout = plan.readout != Mode::None;
        let layers: Vec<String> = plan.cores.iter().map(|c| format!("{} ({})", c.name, c.layer.output)).collect();
        Top {
            doc: Doc::new("streams", "A spiking network: words of spikes in, words of spikes or values out.")
                .line(match chain {
                    true => format!("Input {} -> {}.", plan.inputs[0].shape, layers.join(" -> ")),
                    false => format!("Input {}; layers {}.", plan.inputs[0].shape, layers.join(", ")),
                })
                .line("Ports and words: docs/link.md of spikewright, or README.md of this folder.")
                .rust("rtl::cores::top::Top")
                .golden("golden::Engine")
                .port("aclk", "rising edge")
                .port("aresetn", aresetn_text(plan))
                .port("s_axis_tdata", format!("{{kind, 0, {}}}", input.coordinate_text()))
                .port("s_axis_tlast", "with a TICK: the sample ends, too")
                .port("s_axis_tready", "low while the memories are cleared after reset")
                .port("m_axis_tdata", format!("{{kind, 0, payload[{}], {}}}", output.payload_bits, output.coordinate_text()))
                .port("m_axis_tlast", "with TICK_LAST")
                .port("bus_in", "ring of registers, to the first core")
                .port("bus_out", "ring of registers, from the last core")
                .port("bus_control", "{count, clear, reset} of the registers")
                .port("network_reset", "reset of everything but the registers")
                .port("halt", "no word enters")
                .port("input_stalls", "a word is refused in this cycle")
                .port("output_stalls", "a word that leaves is refused in this cycle"),
            aclk: Default::default(),
            aresetn: Default::default(),
            s_axis_tdata: Sig::new(u(in_bits)),
            s_axis_tvalid: Default::default(),
            s_axis_tready: Default::default(),
            s_axis_tlast: Default::default(),
            m_axis_tdata: Sig::new(u(out_bits)),
            m_axis_tvalid: Default::default(),
            m_axis_tready: Default::default(),
            m_axis_tlast: Default::default(),
            bus_in: Sig::several(buses, bus),
            bus_out: Sig::several(buses, bus),
            bus_control: Sig::several(buses, u(CONTROL_BITS)),
            network_reset: vec![Default::default(); buses],
            halt: vec![Default::default(); buses],
            input_stalls: vec![Default::default(); buses],
            output_stalls: vec![Default::default(); buses],

            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            gap: vec![Const::new(u(out_gap.max(1)), 0); one(out_gap > 0)],
            reset: if plan.edges.is_plain() { plan.edges.reset_source() } else { plan.edges.inner_reset() },
            in_kind: Sig::new(u(2)),
            kind_now: Sig::new(u(2)),
            in_fields: Sig::several(one(fields > 0), u(fields.max(1))),
            in_parts: Split::of(&shapes(&[fields, in_bits - 2 - fields, 2])),
            in_word: Join::of(&shapes(&[fields, 2])),
            core: plan.cores.iter().take(cores).map(CoreBlock::new).collect(),
            network: (0..one(!chain)).map(|_| GraphNetwork::new(plan)).collect(),
            open: vec![Flag::new(); one(!chain)],
            readout: (0..one(has_readout)).map(|_| Readout::new(last, plan.readout)).collect(),
            last_valid: Default::default(),
            last_data: Sig::new(u(last.words.width())),
            last_ready: Default::default(),
            out_valid: Default::default(),
            out_data: Sig::new(u(output.width())),
            out_parts: Split::of(&shapes(&[out_fields, 2])),
            out_kind: Sig::new(u(2)),
            out_word: Join::of(&shapes(&[out_fields, out_gap, 2])),
            out_buffer: Skid::new(u(output.width())),

            _chain: one(chain),
            _graph: one(!chain),
            _cores: cores,
            _links: cores.saturating_sub(1),
            _with_fields: one(fields > 0),
            _kind_at: one(fields > 0),
            _kind_end: one(fields > 0) + 1,
            _last: cores.saturating_sub(1),
            _readouts: one(has_readout),
            _no_readout: one(!has_readout),
            _out_fields: one(out_fields > 0),
            _out_gap: one(out_gap > 0),
            _out_kind_at: one(out_fields > 0) + one(out_gap > 0),
            _out_kind_end: one(out_fields > 0) + one(out_gap > 0) + 1,
            _out_from: one(out_fields > 0),
            _out_from_end: one(out_fields > 0) + 1,
            _kind_low: in_bits - 2,
            _buses: buses,
            _no_bus: 1 - buses,
            _ored: buses * one(plan.edges.resets == Resets::Synchronous),
            _joined: buses * one(plan.edges.resets == Resets::Asynchronous),
        }
    }
}

/// What `aresetn` asks for; inside a chip whose resets act at once it comes from the chip's synchroniser.
fn aresetn_text(plan: &Plan) -> String {
    match (plan.edges.is_plain(), plan.edges.resets) {
        (false, Resets::Asynchronous) => "active low; acts at once, from a flip-flop".to_string(),
        _ => plan.edges.reset_text(),
    }
}

impl Logic for Top {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, aclk, reset);
        for _i in 0..self._no_bus {
            self.reset.d.next = !self.aresetn.val();
        }
        for i in 0..self._ored {
            self.reset.d.next = !self.aresetn.val() | self.network_reset[i].val();
        }
        for i in 0..self._joined {
            self.reset.d.next = !self.aresetn.val();
            self.reset.also[i].next = self.network_reset[i].val();
        }

        comment!("From the stream to the first link; a TICK with tlast ends the sample");
        self.in_parts.input.next = self.s_axis_tdata.val();
        self.in_kind.next = bit_cast_slice(self.s_axis_tdata.val(), self._kind_low, 2);
        self.kind_now.next = self.in_kind.val();
        if self.s_axis_tlast.val() & (self.in_kind.val() == self.kind_tick.val()) {
            self.kind_now.next = self.kind_tick_last.val();
        }
        for i in 0..self._with_fields {
            self.in_fields[i].next = self.in_parts.part[i].val();
            self.in_word.part[i].next = self.in_fields[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.in_word.part[k].next = self.kind_now.val();
        }
        for i in 0..self._chain {
            for _k in 0..self._no_bus {
                self.core[i].in_valid.next = self.s_axis_tvalid.val();
            }
            for k in 0..self._buses {
                self.core[i].in_valid.next = self.s_axis_tvalid.val() & !self.halt[k].val();
            }
            self.core[i].in_data.next = self.in_word.output.val();
            for _k in 0..self._no_bus {
                self.s_axis_tready.next = self.core[i].in_ready.val();
            }
            for k in 0..self._buses {
                self.s_axis_tready.next = self.core[i].in_ready.val() & !self.halt[k].val();
            }
        }
        for i in 0..self._graph {
            self.open[i].clock.next = self.aclk.val();
            self.open[i].reset.next = self.reset.q.val();
            for _k in 0..self._no_bus {
                self.open[i].d.next = true;
            }
            for k in 0..self._buses {
                self.open[i].d.next = !self.halt[k].val();
            }
            self.network[i].in_valid[0].next = self.s_axis_tvalid.val() & self.open[i].q.val();
            self.network[i].in_data[0].next = self.in_word.output.val();
            self.s_axis_tready.next = self.network[i].in_ready[0].val() & self.open[i].q.val();
        }

        comment!("The chain");
        for i in 0..self._readouts {
            self.last_ready.next = self.readout[i].in_ready.val();
        }
        for _i in 0..self._no_readout {
            self.last_ready.next = self.out_buffer.in_ready.val();
        }
        for i in 0..self._cores {
            self.core[i].clock.next = self.aclk.val();
            self.core[i].reset.next = self.reset.q.val();
        }
        for i in 0..self._links {
            self.core[i + 1].in_valid.next = self.core[i].out_valid.val();
            self.core[i + 1].in_data.next = self.core[i].out_data.val();
            self.core[i].out_ready.next = self.core[i + 1].in_ready.val();
        }
        for i in 0..self._graph {
            self.network[i].clock.next = self.aclk.val();
            self.network[i].reset.next = self.reset.q.val();
            self.last_valid.next = self.network[i].out_valid[0].val();
            self.last_data.next = self.network[i].out_data[0].val();
            self.network[i].out_ready[0].next = self.last_ready.val();
        }
        for i in self._last..self._cores {
            self.last_valid.next = self.core[i].out_valid.val();
            self.last_data.next = self.core[i].out_data.val();
            self.core[i].out_ready.next = self.last_ready.val();
        }

        for i in 0..self._buses {
            comment!("The ring of registers, from core to core");
            for k in 0..self._cores {
                self.core[k].bus_control[i].next = self.bus_control[i].val();
            }
            for k in 0..self._chain {
                self.core[k].bus_in[i].next = self.bus_in[i].val();
            }
            for k in 0..self._links {
                self.core[k + 1].bus_in[i].next = self.core[k].bus_out[i].val();
            }
            for k in self._last..self._cores {
                self.bus_out[i].next = self.core[k].bus_out[i].val();
            }
            for k in 0..self._graph {
                self.network[k].bus_in[i].next = self.bus_in[i].val();
                self.network[k].bus_control[i].next = self.bus_control[i].val();
                self.bus_out[i].next = self.network[k].bus_out[i].val();
            }
        }

        comment!("From the last link to the stream");
        for i in 0..self._readouts {
            self.readout[i].clock.next = self.aclk.val();
            self.readout[i].reset.next = self.reset.q.val();
            self.readout[i].in_valid.next = self.last_valid.val();
            self.readout[i].in_data.next = self.last_data.val();
            self.readout[i].out_ready.next = self.out_buffer.in_ready.val();
            self.out_valid.next = self.readout[i].out_valid.val();
            self.out_data.next = self.readout[i].out_data.val();
        }
        for _i in 0..self._no_readout {
            self.out_valid.next = self.last_valid.val();
            self.out_data.next = self.last_data.val();
        }
        self.out_buffer.clock.next = self.aclk.val();
        self.out_buffer.reset.next = self.reset.q.val();
        self.out_buffer.in_valid.next = self.out_valid.val();
        self.out_buffer.in_data.next = self.out_data.val();
        self.out_buffer.out_ready.next = self.m_axis_tready.val();
        self.out_parts.input.next = self.out_buffer.out_data.val();
        for i in 0..self._out_fields {
            self.out_word.part[i].next = self.out_parts.part[i].val();
        }
        for i in 0..self._out_gap {
            for k in self._out_from..self._out_from_end {
                self.out_word.part[k].next = self.gap[i].val();
            }
        }
        for k in self._out_from..self._out_from_end {
            self.out_kind.next = self.out_parts.part[k].val();
        }
        for k in self._out_kind_at..self._out_kind_end {
            self.out_word.part[k].next = self.out_kind.val();
        }
        self.m_axis_tdata.next = self.out_word.output.val();
        self.m_axis_tvalid.next = self.out_buffer.out_valid.val();
        self.m_axis_tlast.next = self.out_kind.val() == self.kind_tick_last.val();
        for i in 0..self._buses {
            self.input_stalls[i].next = self.s_axis_tvalid.val() & !self.s_axis_tready.val();
            self.output_stalls[i].next = self.m_axis_tvalid.val() & !self.m_axis_tready.val();
        }
    }
}
