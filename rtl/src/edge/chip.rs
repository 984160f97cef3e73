//! A network behind other ports than AXI4-Stream: AER on either side, time steps from a pin or a timer.

use super::describe::describe;
use super::guard::{InputGuard, COUNT_BITS};
use super::words::{Narrow, Widen};
use super::{Edges, Port};
use crate::config::{AxiLite, ConfigPort, Hub, SpiSlave};
use crate::cores::top::Top;
use hdl::blocks::{AerReceiver, AerSender, Queue};
use crate::fabric::{StepEnd, TickInserter, OVERRUN_BITS};
use hdl::prelude::*;
use hdl::{ResetSource, Resets};
use crate::plan::Plan;

/// Words that may wait at an AER port, so that one side is not held up by the other's handshake.
const QUEUE_WORDS: usize = 16;

/// The chip. See docs/link.md for the ports.
#[derive(Clone, Debug, LogicBlock)]
pub struct Chip {
    doc: Doc,
    pub aclk: Signal<In, Clock>,
    pub aresetn: Signal<In, Bit>,
    pub s_axis_tdata: Vec<Sig<In>>,
    pub s_axis_tvalid: Vec<Signal<In, Bit>>,
    pub s_axis_tready: Vec<Signal<Out, Bit>>,
    pub s_axis_tlast: Vec<Signal<In, Bit>>,
    pub aer_in_req: Vec<Signal<In, Bit>>,
    pub aer_in_ack: Vec<Signal<Out, Bit>>,
    pub aer_in_data: Vec<Sig<In>>,
    pub tick_pin: Vec<Signal<In, Bit>>,
    pub tick_enable: Vec<Signal<In, Bit>>,
    pub tick_last: Vec<Signal<In, Bit>>,
    pub tick_pending: Vec<Signal<Out, Bit>>,
    pub tick_overruns: Vec<Sig<Out>>,
    pub guard_repeats: Vec<Sig<Out>>,
    pub guard_off_map: Vec<Sig<Out>>,
    pub m_axis_tdata: Vec<Sig<Out>>,
    pub m_axis_tvalid: Vec<Signal<Out, Bit>>,
    pub m_axis_tready: Vec<Signal<In, Bit>>,
    pub m_axis_tlast: Vec<Signal<Out, Bit>>,
    pub aer_out_req: Vec<Signal<Out, Bit>>,
    pub aer_out_ack: Vec<Signal<In, Bit>>,
    pub aer_out_data: Vec<Sig<Out>>,
    pub s_axil_awaddr: Vec<Sig<In>>,
    pub s_axil_awvalid: Vec<Signal<In, Bit>>,
    pub s_axil_awready: Vec<Signal<Out, Bit>>,
    pub s_axil_wdata: Vec<Sig<In>>,
    pub s_axil_wstrb: Vec<Sig<In>>,
    pub s_axil_wvalid: Vec<Signal<In, Bit>>,
    pub s_axil_wready: Vec<Signal<Out, Bit>>,
    pub s_axil_bresp: Vec<Sig<Out>>,
    pub s_axil_bvalid: Vec<Signal<Out, Bit>>,
    pub s_axil_bready: Vec<Signal<In, Bit>>,
    pub s_axil_araddr: Vec<Sig<In>>,
    pub s_axil_arvalid: Vec<Signal<In, Bit>>,
    pub s_axil_arready: Vec<Signal<Out, Bit>>,
    pub s_axil_rdata: Vec<Sig<Out>>,
    pub s_axil_rresp: Vec<Sig<Out>>,
    pub s_axil_rvalid: Vec<Signal<Out, Bit>>,
    pub s_axil_rready: Vec<Signal<In, Bit>>,
    pub spi_sclk: Vec<Signal<In, Bit>>,
    pub spi_mosi: Vec<Signal<In, Bit>>,
    pub spi_cs_n: Vec<Signal<In, Bit>>,
    pub spi_miso: Vec<Signal<Out, Bit>>,

    reset: ResetSource,
    receiver: Vec<AerReceiver>,
    widen: Vec<Widen>,
    arrived_valid: Signal<Local, Bit>,
    arrived_ready: Signal<Local, Bit>,
    arrived_data: Sig<Local>,
    ticks: Vec<TickInserter>,
    stepped_valid: Signal<Local, Bit>,
    stepped_ready: Signal<Local, Bit>,
    stepped_data: Sig<Local>,
    input_guard: Vec<InputGuard>,
    guarded_valid: Signal<Local, Bit>,
    guarded_ready: Signal<Local, Bit>,
    guarded_data: Sig<Local>,
    guarded_last: Signal<Local, Bit>,
    stepped_last: Signal<Local, Bit>,
    guard_counts: Vec<Join>,
    queue: Vec<Queue>,
    streams: Top,
    narrow: Vec<Narrow>,
    sender: Vec<AerSender>,
    axi_lite: Vec<AxiLite>,
    serial: Vec<SpiSlave>,
    hub: Vec<Hub>,
    bus_reset: Vec<ResetSource>,

    _stream_in: usize,
    _lasts: usize,
    _no_lasts: usize,
    _aer_in: usize,
    _kinds: usize,
    _addresses: usize,
    _data_bits: u32,
    _ticks: usize,
    _no_ticks: usize,
    _pins: usize,
    _timers: usize,
    _stream_out: usize,
    _aer_out: usize,
    _axil: usize,
    _spi: usize,
    _buses: usize,
    _no_bus: usize,
    _raw: usize,
    _ored: usize,
    _alone: usize,
    _joined: usize,
    _guards: usize,
    _no_guard: usize,
    _guard_pins: usize,
    _guard_rows: usize,
}

impl Chip {
    /// For a plan whose edges are not plain.
    pub fn new(plan: &Plan) -> Self {
        let edges: Edges = plan.edges;
        let (input, output) = (plan.input_format(), plan.output_format());
        let one = |present: bool| usize::from(present);
        let (aer_in, aer_out) = (edges.input == Port::Aer, edges.output == Port::Aer);
        let kinds = aer_in && edges.input_has_kind();
        let (pin, timer) = match edges.step_end {
            Some(StepEnd::Pin) => (true, false),
            Some(StepEnd::Timer(_)) => (false, true),
            None => (false, false),
        };
        let stepped = pin || timer;
        let (in_bits, out_bits) = (input.stream_bits(), output.stream_bits());
        let aer_bits = edges.aer_input_bits(input);
        let registers = plan.registers();
        let buses = registers.iter().count();
        let spi = one(edges.config.is_some_and(|config| config.port == ConfigPort::Spi));
        let axil = buses - spi;
        let guards = edges.guard.iter().count();
        let at_once = edges.resets == Resets::Asynchronous;
        let byte_bits = registers.as_ref().map_or(1, |map| map.byte_address_bits());
        Chip {
            doc: describe(edges, input, output),
            aclk: Default::default(),
            aresetn: Default::default(),
            s_axis_tdata: Sig::several(one(!aer_in), u(in_bits)),
            s_axis_tvalid: vec![Default::default(); one(!aer_in)],
            s_axis_tready: vec![Default::default(); one(!aer_in)],
            s_axis_tlast: vec![Default::default(); one(!aer_in && !stepped)],
            aer_in_req: vec![Default::default(); one(aer_in)],
            aer_in_ack: vec![Default::default(); one(aer_in)],
            aer_in_data: Sig::several(one(aer_in), u(aer_bits)),
            tick_pin: vec![Default::default(); one(pin)],
            tick_enable: vec![Default::default(); one(timer)],
            tick_last: vec![Default::default(); one(stepped)],
            tick_pending: vec![Default::default(); one(stepped)],
            tick_overruns: Sig::several(one(stepped), u(OVERRUN_BITS)),
            guard_repeats: Sig::several(guards * (1 - buses), u(COUNT_BITS)),
            guard_off_map: Sig::several(guards * (1 - buses), u(COUNT_BITS)),
            m_axis_tdata: Sig::several(one(!aer_out), u(out_bits)),
            m_axis_tvalid: vec![Default::default(); one(!aer_out)],
            m_axis_tready: vec![Default::default(); one(!aer_out)],
            m_axis_tlast: vec![Default::default(); one(!aer_out)],
            aer_out_req: vec![Default::default(); one(aer_out)],
            aer_out_ack: vec![Default::default(); one(aer_out)],
            aer_out_data: Sig::several(one(aer_out), u(output.width())),
            s_axil_awaddr: Sig::several(axil, u(byte_bits)),
            s_axil_awvalid: vec![Default::default(); axil],
            s_axil_awready: vec![Default::default(); axil],
            s_axil_wdata: Sig::several(axil, u(32)),
            s_axil_wstrb: Sig::several(axil, u(4)),
            s_axil_wvalid: vec![Default::default(); axil],
            s_axil_wready: vec![Default::default(); axil],
            s_axil_bresp: Sig::several(axil, u(2)),
            s_axil_bvalid: vec![Default::default(); axil],
            s_axil_bready: vec![Default::default(); axil],
            s_axil_araddr: Sig::several(axil, u(byte_bits)),
            s_axil_arvalid: vec![Default::default(); axil],
            s_axil_arready: vec![Default::default(); axil],
            s_axil_rdata: Sig::several(axil, u(32)),
            s_axil_rresp: Sig::several(axil, u(2)),
            s_axil_rvalid: vec![Default::default(); axil],
            s_axil_rready: vec![Default::default(); axil],
            spi_sclk: vec![Default::default(); spi],
            spi_mosi: vec![Default::default(); spi],
            spi_cs_n: vec![Default::default(); spi],
            spi_miso: vec![Default::default(); spi],

            reset: if at_once && buses > 0 { edges.inner_reset() } else { edges.reset_source() },
            receiver: (0..one(aer_in)).map(|_| AerReceiver::direct(aer_bits, edges.stages)).collect(),
            widen: (0..one(kinds)).map(|_| Widen::new(input)).collect(),
            arrived_valid: Default::default(),
            arrived_ready: Default::default(),
            arrived_data: Sig::new(u(in_bits)),
            ticks: edges.step_end.iter().map(|end| TickInserter::new(in_bits, *end, edges.stages)).collect(),
            stepped_valid: Default::default(),
            stepped_ready: Default::default(),
            stepped_data: Sig::new(u(in_bits)),
            input_guard: edges.guard.iter().map(|guard| InputGuard::at(*guard, &plan.inputs[0])).collect(),
            guarded_valid: Default::default(),
            guarded_ready: Default::default(),
            guarded_data: Sig::new(u(in_bits)),
            guarded_last: Default::default(),
            stepped_last: Default::default(),
            guard_counts: vec![Join::of(&[u(COUNT_BITS), u(COUNT_BITS)]); guards * buses],
            queue: (0..one(aer_in)).map(|_| Queue::new(QUEUE_WORDS, in_bits)).collect(),
            streams: Top::new(plan),
            narrow: (0..one(aer_out)).map(|_| Narrow::new(output)).collect(),
            sender: (0..one(aer_out)).map(|_| AerSender::new(QUEUE_WORDS, output.width(), edges.stages)).collect(),
            axi_lite: (0..axil).map(|_| AxiLite::new(byte_bits - 2)).collect(),
            serial: (0..spi).map(|_| SpiSlave::new(byte_bits - 2, edges.stages)).collect(),
            hub: registers.iter().map(Hub::new).collect(),
            bus_reset: vec![edges.reset_source(); buses],

            _stream_in: one(!aer_in),
            _lasts: one(!aer_in && !stepped),
            _no_lasts: one(aer_in || stepped),
            _aer_in: one(aer_in),
            _kinds: one(kinds),
            _addresses: one(aer_in && !kinds),
            _data_bits: in_bits,
            _ticks: one(stepped),
            _no_ticks: one(!stepped),
            _pins: one(pin),
            _timers: one(timer),
            _stream_out: one(!aer_out),
            _aer_out: one(aer_out),
            _axil: axil,
            _spi: spi,
            _buses: buses,
            _no_bus: 1 - buses,
            _raw: one(!at_once),
            _ored: buses * one(!at_once),
            _alone: (1 - buses) * one(at_once),
            _joined: buses * one(at_once),
            _guards: guards,
            _no_guard: 1 - guards,
            _guard_pins: guards * (1 - buses),
            _guard_rows: guards * buses,
        }
    }
}

impl Logic for Chip {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, aclk, reset);
        for _i in 0..self._no_bus {
            self.reset.d.next = !self.aresetn.val();
        }
        for i in 0..self._ored {
            self.reset.d.next = !self.aresetn.val() | self.hub[i].network_reset.val();
        }
        for i in 0..self._joined {
            self.reset.d.next = self.bus_reset[i].q.val();
            self.reset.also[i].next = self.hub[i].network_reset.val();
        }

        comment!("Words arrive");
        for i in 0..self._stream_in {
            self.arrived_valid.next = self.s_axis_tvalid[i].val();
            self.arrived_data.next = self.s_axis_tdata[i].val();
        }
        for i in 0..self._aer_in {
            self.receiver[i].clock.next = self.aclk.val();
            self.receiver[i].reset.next = self.reset.q.val();
            self.receiver[i].aer_req.next = self.aer_in_req[i].val();
            self.receiver[i].aer_data.next = self.aer_in_data[i].val();
            self.aer_in_ack[i].next = self.receiver[i].aer_ack.val();
            self.arrived_valid.next = self.receiver[i].out_valid.val();
        }
        for i in 0..self._kinds {
            self.widen[i].link_word.next = self.receiver[i].out_data.val();
            self.arrived_data.next = self.widen[i].tdata.val();
        }
        for i in 0..self._addresses {
            comment!("An address is a spike: kind 0");
            self.arrived_data.next = unsigned_cast_to(self.receiver[i].out_data.val(), self._data_bits);
        }

        comment!("Time steps end");
        for i in 0..self._ticks {
            self.ticks[i].clock.next = self.aclk.val();
            self.ticks[i].reset.next = self.reset.q.val();
            self.ticks[i].tick_last.next = self.tick_last[i].val();
            self.tick_pending[i].next = self.ticks[i].pending.val();
            self.tick_overruns[i].next = self.ticks[i].overruns.val();
            self.ticks[i].in_valid.next = self.arrived_valid.val();
            self.ticks[i].in_data.next = self.arrived_data.val();
            self.stepped_valid.next = self.ticks[i].out_valid.val();
            self.stepped_data.next = self.ticks[i].out_data.val();
        }
        for i in 0..self._pins {
            self.ticks[i].tick_pin[i].next = self.tick_pin[i].val();
        }
        for i in 0..self._timers {
            self.ticks[i].tick_enable[i].next = self.tick_enable[i].val();
        }
        for _i in 0..self._no_ticks {
            self.stepped_valid.next = self.arrived_valid.val();
            self.stepped_data.next = self.arrived_data.val();
        }

        for i in 0..self._lasts {
            self.stepped_last.next = self.s_axis_tlast[i].val();
        }
        for _i in 0..self._no_lasts {
            self.stepped_last.next = false;
        }

        for i in 0..self._guards {
            comment!("No address spikes too often");
            self.input_guard[i].clock.next = self.aclk.val();
            self.input_guard[i].reset.next = self.reset.q.val();
            self.input_guard[i].in_valid.next = self.stepped_valid.val();
            self.input_guard[i].in_data.next = self.stepped_data.val();
            self.input_guard[i].in_last.next = self.stepped_last.val();
            self.guarded_valid.next = self.input_guard[i].out_valid.val();
            self.guarded_data.next = self.input_guard[i].out_data.val();
            self.guarded_last.next = self.input_guard[i].out_last.val();
        }
        for i in 0..self._guard_pins {
            self.guard_repeats[i].next = self.input_guard[i].repeats.val();
            self.guard_off_map[i].next = self.input_guard[i].off_map.val();
        }
        for _i in 0..self._no_guard {
            self.guarded_valid.next = self.stepped_valid.val();
            self.guarded_data.next = self.stepped_data.val();
            self.guarded_last.next = self.stepped_last.val();
        }

        comment!("The network");
        self.streams.aclk.next = self.aclk.val();
        for _i in 0..self._raw {
            self.streams.aresetn.next = self.aresetn.val();
        }
        // The pin passes one synchroniser only.
        for _i in 0..self._alone {
            self.streams.aresetn.next = !self.reset.q.val();
        }
        for i in 0..self._joined {
            self.streams.aresetn.next = !self.bus_reset[i].q.val();
        }
        for _i in 0..self._stream_in {
            self.streams.s_axis_tdata.next = self.guarded_data.val();
            self.streams.s_axis_tvalid.next = self.guarded_valid.val();
        }
        for i in 0..self._aer_in {
            self.queue[i].clock.next = self.aclk.val();
            self.queue[i].reset.next = self.reset.q.val();
            self.queue[i].in_valid.next = self.guarded_valid.val();
            self.queue[i].in_data.next = self.guarded_data.val();
            self.streams.s_axis_tdata.next = self.queue[i].out_data.val();
            self.streams.s_axis_tvalid.next = self.queue[i].out_valid.val();
        }
        for _i in 0..self._lasts {
            self.streams.s_axis_tlast.next = self.guarded_last.val();
        }
        for _i in 0..self._no_lasts {
            self.streams.s_axis_tlast.next = false;
        }

        comment!("Who may go on, from the network back to the port");
        for _i in 0..self._stream_in {
            self.guarded_ready.next = self.streams.s_axis_tready.val();
        }
        for i in 0..self._aer_in {
            self.queue[i].out_ready.next = self.streams.s_axis_tready.val();
            self.guarded_ready.next = self.queue[i].in_ready.val();
        }
        for i in 0..self._guards {
            self.input_guard[i].out_ready.next = self.guarded_ready.val();
            self.stepped_ready.next = self.input_guard[i].in_ready.val();
        }
        for _i in 0..self._no_guard {
            self.stepped_ready.next = self.guarded_ready.val();
        }
        for i in 0..self._ticks {
            self.ticks[i].out_ready.next = self.stepped_ready.val();
            self.arrived_ready.next = self.ticks[i].in_ready.val();
        }
        for _i in 0..self._no_ticks {
            self.arrived_ready.next = self.stepped_ready.val();
        }
        for i in 0..self._stream_in {
            self.s_axis_tready[i].next = self.arrived_ready.val();
        }
        for i in 0..self._aer_in {
            self.receiver[i].out_ready.next = self.arrived_ready.val();
        }

        comment!("Words leave");
        for i in 0..self._stream_out {
            self.m_axis_tdata[i].next = self.streams.m_axis_tdata.val();
            self.m_axis_tvalid[i].next = self.streams.m_axis_tvalid.val();
            self.m_axis_tlast[i].next = self.streams.m_axis_tlast.val();
            self.streams.m_axis_tready.next = self.m_axis_tready[i].val();
        }
        for i in 0..self._aer_out {
            self.narrow[i].tdata.next = self.streams.m_axis_tdata.val();
            self.sender[i].clock.next = self.aclk.val();
            self.sender[i].reset.next = self.reset.q.val();
            self.sender[i].in_valid.next = self.streams.m_axis_tvalid.val();
            self.sender[i].in_data.next = self.narrow[i].link_word.val();
            self.streams.m_axis_tready.next = self.sender[i].in_ready.val();
            self.aer_out_req[i].next = self.sender[i].aer_req.val();
            self.sender[i].aer_ack.next = self.aer_out_ack[i].val();
            self.aer_out_data[i].next = self.sender[i].aer_data.val();
        }

        for i in 0..self._buses {
            comment!("Registers: the bus, the hub, and the ring through the network; not reset with the network");
            self.bus_reset[i].clock.next = self.aclk.val();
            self.bus_reset[i].d.next = !self.aresetn.val();
        }
        for i in 0..self._axil {
            self.axi_lite[i].clock.next = self.aclk.val();
            self.axi_lite[i].reset.next = self.bus_reset[i].q.val();
            self.axi_lite[i].awaddr.next = self.s_axil_awaddr[i].val();
            self.axi_lite[i].awvalid.next = self.s_axil_awvalid[i].val();
            self.s_axil_awready[i].next = self.axi_lite[i].awready.val();
            self.axi_lite[i].wdata.next = self.s_axil_wdata[i].val();
            self.axi_lite[i].wstrb.next = self.s_axil_wstrb[i].val();
            self.axi_lite[i].wvalid.next = self.s_axil_wvalid[i].val();
            self.s_axil_wready[i].next = self.axi_lite[i].wready.val();
            self.s_axil_bresp[i].next = self.axi_lite[i].bresp.val();
            self.s_axil_bvalid[i].next = self.axi_lite[i].bvalid.val();
            self.axi_lite[i].bready.next = self.s_axil_bready[i].val();
            self.axi_lite[i].araddr.next = self.s_axil_araddr[i].val();
            self.axi_lite[i].arvalid.next = self.s_axil_arvalid[i].val();
            self.s_axil_arready[i].next = self.axi_lite[i].arready.val();
            self.s_axil_rdata[i].next = self.axi_lite[i].rdata.val();
            self.s_axil_rresp[i].next = self.axi_lite[i].rresp.val();
            self.s_axil_rvalid[i].next = self.axi_lite[i].rvalid.val();
            self.axi_lite[i].rready.next = self.s_axil_rready[i].val();
            self.hub[i].request.next = self.axi_lite[i].request.val();
            self.hub[i].request_write.next = self.axi_lite[i].request_write.val();
            self.hub[i].request_address.next = self.axi_lite[i].request_address.val();
            self.hub[i].request_data.next = self.axi_lite[i].request_data.val();
            self.axi_lite[i].response.next = self.hub[i].response.val();
            self.axi_lite[i].response_failed.next = self.hub[i].response_failed.val();
            self.axi_lite[i].response_data.next = self.hub[i].response_data.val();
        }
        for i in 0..self._spi {
            self.serial[i].clock.next = self.aclk.val();
            self.serial[i].reset.next = self.bus_reset[i].q.val();
            self.serial[i].sclk.next = self.spi_sclk[i].val();
            self.serial[i].mosi.next = self.spi_mosi[i].val();
            self.serial[i].cs_n.next = self.spi_cs_n[i].val();
            self.spi_miso[i].next = self.serial[i].miso.val();
            self.hub[i].request.next = self.serial[i].request.val();
            self.hub[i].request_write.next = self.serial[i].request_write.val();
            self.hub[i].request_address.next = self.serial[i].request_address.val();
            self.hub[i].request_data.next = self.serial[i].request_data.val();
            self.serial[i].response.next = self.hub[i].response.val();
            self.serial[i].response_failed.next = self.hub[i].response_failed.val();
            self.serial[i].response_data.next = self.hub[i].response_data.val();
        }
        for i in 0..self._guard_rows {
            self.guard_counts[i].part[0].next = self.input_guard[i].repeats.val();
            self.guard_counts[i].part[1].next = self.input_guard[i].off_map.val();
            self.hub[i].guard[0].next = self.guard_counts[i].output.val();
        }
        for i in 0..self._buses {
            self.hub[i].clock.next = self.aclk.val();
            self.hub[i].reset.next = self.bus_reset[i].q.val();
            self.hub[i].input_stalls.next = self.streams.input_stalls[i].val();
            self.hub[i].output_stalls.next = self.streams.output_stalls[i].val();
            self.streams.bus_in[i].next = self.hub[i].ring_out.val();
            self.streams.bus_control[i].next = self.hub[i].ring_control.val();
            self.streams.network_reset[i].next = self.hub[i].network_reset.val();
            self.streams.halt[i].next = self.hub[i].halt.val();
            self.hub[i].ring_in.next = self.streams.bus_out[i].val();
        }
    }
}
