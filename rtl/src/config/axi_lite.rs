//! The AXI4-Lite slave.

use super::packet::DATA_BITS;
use hdl::prelude::*;

/// AXI4-Lite on one side, single accesses on the other: `request` for one cycle, and some cycles later `response`.
///
/// Takes one write and one read at a time; address and data of a write may come in any order. A write goes before a read, but a read
/// comes before the next write, which waits for its own answer to leave. A write of fewer than four bytes is refused (SLVERR). `awready`,
/// `wready`, `arready` are high while nothing of that channel waits.
#[derive(Clone, Debug, LogicBlock)]
pub struct AxiLite {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub awaddr: Sig<In>,
    pub awvalid: Signal<In, Bit>,
    pub awready: Signal<Out, Bit>,
    pub wdata: Sig<In>,
    pub wstrb: Sig<In>,
    pub wvalid: Signal<In, Bit>,
    pub wready: Signal<Out, Bit>,
    pub bresp: Sig<Out>,
    pub bvalid: Signal<Out, Bit>,
    pub bready: Signal<In, Bit>,
    pub araddr: Sig<In>,
    pub arvalid: Signal<In, Bit>,
    pub arready: Signal<Out, Bit>,
    pub rdata: Sig<Out>,
    pub rresp: Sig<Out>,
    pub rvalid: Signal<Out, Bit>,
    pub rready: Signal<In, Bit>,
    pub request: Signal<Out, Bit>,
    pub request_write: Signal<Out, Bit>,
    pub request_address: Sig<Out>,
    pub request_data: Sig<Out>,
    pub response: Signal<In, Bit>,
    pub response_failed: Signal<In, Bit>,
    pub response_data: Sig<In>,

    okay: Const,
    slave_error: Const,
    write_address: Register,
    write_address_held: Flag,
    write_data: Register,
    write_whole: BitRegister,
    write_data_held: Flag,
    read_address: Register,
    read_address_held: Flag,
    active: Flag,
    writing: Flag,
    write_answered: Flag,
    write_failed: BitRegister,
    read_answered: Flag,
    read_failed: BitRegister,
    read_word: Register,
    write_waits: Signal<Local, Bit>,
    read_waits: Signal<Local, Bit>,
    begin_access: Signal<Local, Bit>,
    begin_write: Signal<Local, Bit>,
    write_leaves: Signal<Local, Bit>,
    read_leaves: Signal<Local, Bit>,
    _address_bits: u32,
}

impl AxiLite {
    /// For word addresses of `address_bits` bits; the port has byte addresses, two bits more.
    pub fn new(address_bits: u32) -> Self {
        let (byte_address, address, data) = (u(address_bits + 2), u(address_bits), u(DATA_BITS));
        AxiLite {
            doc: Doc::new("axi_lite_slave", "AXI4-Lite slave, 32-bit data, one write and one read at a time.")
                .line("A write's address and data may come in any order. A write goes before a read, and that before the next write.")
                .rust("rtl::config::AxiLite")
                .latency("one cycle from the address (and data) to the request, one from its response to bvalid or rvalid")
                .port("awaddr", "byte address; bits 1:0 are not looked at")
                .port("wstrb", "all four, else SLVERR and nothing is written")
                .port("bresp", "0 OKAY, 2 SLVERR; held while bvalid and not bready")
                .port("araddr", "byte address; bits 1:0 are not looked at")
                .port("rdata", "held while rvalid and not rready")
                .port("rresp", "0 OKAY, 2 SLVERR")
                .port("request", "an access begins; none other until its response")
                .port("request_address", "number of a 32-bit word")
                .port("response", "the access has ended"),
            clock: Default::default(),
            reset: Default::default(),
            awaddr: Sig::new(byte_address),
            awvalid: Default::default(),
            awready: Default::default(),
            wdata: Sig::new(data),
            wstrb: Sig::new(u(DATA_BITS / 8)),
            wvalid: Default::default(),
            wready: Default::default(),
            bresp: Sig::new(u(2)),
            bvalid: Default::default(),
            bready: Default::default(),
            araddr: Sig::new(byte_address),
            arvalid: Default::default(),
            arready: Default::default(),
            rdata: Sig::new(data),
            rresp: Sig::new(u(2)),
            rvalid: Default::default(),
            rready: Default::default(),
            request: Default::default(),
            request_write: Default::default(),
            request_address: Sig::new(address),
            request_data: Sig::new(data),
            response: Default::default(),
            response_failed: Default::default(),
            response_data: Sig::new(data),

            okay: Const::new(u(2), 0),
            slave_error: Const::new(u(2), 2),
            write_address: Register::new(address),
            write_address_held: Flag::new(),
            write_data: Register::new(data),
            write_whole: BitRegister::new(),
            write_data_held: Flag::new(),
            read_address: Register::new(address),
            read_address_held: Flag::new(),
            active: Flag::new(),
            writing: Flag::new(),
            write_answered: Flag::new(),
            write_failed: BitRegister::new(),
            read_answered: Flag::new(),
            read_failed: BitRegister::new(),
            read_word: Register::new(data),
            write_waits: Default::default(),
            read_waits: Default::default(),
            begin_access: Default::default(),
            begin_write: Default::default(),
            write_leaves: Default::default(),
            read_leaves: Default::default(),
            _address_bits: address_bits,
        }
    }
}

impl Logic for AxiLite {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, write_address, write_address_held, write_data, write_whole, write_data_held);
        clock!(self, clock, read_address, read_address_held, active, writing, write_answered, write_failed);
        clock!(self, clock, read_answered, read_failed, read_word);
        self.write_address_held.reset.next = self.reset.val();
        self.write_data_held.reset.next = self.reset.val();
        self.read_address_held.reset.next = self.reset.val();
        self.active.reset.next = self.reset.val();
        self.writing.reset.next = self.reset.val();
        self.write_answered.reset.next = self.reset.val();
        self.read_answered.reset.next = self.reset.val();

        comment!("What comes is held until its answer has left");
        self.awready.next = !self.write_address_held.q.val() & !self.reset.val();
        self.wready.next = !self.write_data_held.q.val() & !self.reset.val();
        self.arready.next = !self.read_address_held.q.val() & !self.reset.val();
        self.write_leaves.next = self.write_answered.q.val() & self.bready.val();
        self.read_leaves.next = self.read_answered.q.val() & self.rready.val();
        self.write_address.d.next = self.write_address.q.val();
        self.write_address_held.d.next = self.write_address_held.q.val() & !self.write_leaves.val();
        if self.awvalid.val() & !self.write_address_held.q.val() {
            self.write_address.d.next = bit_cast_slice(self.awaddr.val(), 2, self._address_bits);
            self.write_address_held.d.next = true;
        }
        self.write_data.d.next = self.write_data.q.val();
        self.write_whole.d.next = self.write_whole.q.val();
        self.write_data_held.d.next = self.write_data_held.q.val() & !self.write_leaves.val();
        if self.wvalid.val() & !self.write_data_held.q.val() {
            self.write_data.d.next = self.wdata.val();
            self.write_whole.d.next = self.wstrb.val().all();
            self.write_data_held.d.next = true;
        }
        self.read_address.d.next = self.read_address.q.val();
        self.read_address_held.d.next = self.read_address_held.q.val() & !self.read_leaves.val();
        if self.arvalid.val() & !self.read_address_held.q.val() {
            self.read_address.d.next = bit_cast_slice(self.araddr.val(), 2, self._address_bits);
            self.read_address_held.d.next = true;
        }

        comment!("An access begins, a write before a read; a write of some bytes is a read that fails");
        self.write_waits.next = self.write_address_held.q.val() & self.write_data_held.q.val() & !self.write_answered.q.val();
        self.read_waits.next = self.read_address_held.q.val() & !self.read_answered.q.val();
        self.begin_access.next = !self.active.q.val() & (self.write_waits.val() | self.read_waits.val());
        self.begin_write.next = self.write_waits.val();
        self.request.next = self.begin_access.val();
        self.request_write.next = self.begin_write.val() & self.write_whole.q.val();
        self.request_data.next = self.write_data.q.val();
        self.request_address.next = self.read_address.q.val();
        if self.begin_write.val() {
            self.request_address.next = self.write_address.q.val();
        }
        self.active.d.next = self.begin_access.val() | (self.active.q.val() & !self.response.val());
        self.writing.d.next = self.writing.q.val();
        if self.begin_access.val() {
            self.writing.d.next = self.begin_write.val();
        }

        comment!("Its answer");
        self.write_answered.d.next = self.write_answered.q.val() & !self.bready.val();
        self.write_failed.d.next = self.write_failed.q.val();
        self.read_answered.d.next = self.read_answered.q.val() & !self.rready.val();
        self.read_failed.d.next = self.read_failed.q.val();
        self.read_word.d.next = self.read_word.q.val();
        if self.active.q.val() & self.response.val() {
            if self.writing.q.val() {
                self.write_answered.d.next = true;
                self.write_failed.d.next = self.response_failed.val() | !self.write_whole.q.val();
            } else {
                self.read_answered.d.next = true;
                self.read_failed.d.next = self.response_failed.val();
                self.read_word.d.next = self.response_data.val();
            }
        }
        self.bvalid.next = self.write_answered.q.val();
        self.bresp.next = self.okay.val();
        if self.write_failed.q.val() {
            self.bresp.next = self.slave_error.val();
        }
        self.rvalid.next = self.read_answered.q.val();
        self.rdata.next = self.read_word.q.val();
        self.rresp.next = self.okay.val();
        if self.read_failed.q.val() {
            self.rresp.next = self.slave_error.val();
        }
    }
}
