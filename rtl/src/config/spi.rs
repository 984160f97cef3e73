//! The SPI slave.

use super::packet::DATA_BITS;
use hdl::blocks::{Stages, Synchroniser};
use hdl::prelude::*;

/// SPI, mode 0, most significant bit first, on one side, single accesses on the other, as of the AXI4-Lite slave.
///
/// A frame, while `cs_n` is low: eight bytes in (command, bit 7 of it a write; three bytes of byte address; four of data, which a
/// read ignores), then bytes out: 0xff while the access is under way, then its status (0 done, 1 refused), then four bytes of
/// data. Pins pass synchronisers, so `sclk` is slower than the clock: [`Stages::spi_cycles`].
#[derive(Clone, Debug, LogicBlock)]
pub struct SpiSlave {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub sclk: Signal<In, Bit>,
    pub mosi: Signal<In, Bit>,
    pub cs_n: Signal<In, Bit>,
    pub miso: Signal<Out, Bit>,
    pub request: Signal<Out, Bit>,
    pub request_write: Signal<Out, Bit>,
    pub request_address: Sig<Out>,
    pub request_data: Sig<Out>,
    pub response: Signal<In, Bit>,
    pub response_failed: Signal<In, Bit>,
    pub response_data: Sig<In>,

    sclk_in: Synchroniser,
    mosi_in: Synchroniser,
    cs_in: Synchroniser,
    sclk_before: Flag,
    idle: Signal<Local, Bit>,
    rises: Signal<Local, Bit>,
    falls: Signal<Local, Bit>,
    one: Const,
    last_bit: Const,
    byte_start: Const,
    nothing: Const,
    busy_byte: Const,
    done: Const,
    refused: Const,
    bits: ResetRegister,
    whole: Flag,
    frame: Register,
    shifted: Join,
    frame_parts: Split,
    waits: Flag,
    active: Flag,
    stale: Flag,
    answered: Flag,
    failed: BitRegister,
    word: Register,
    sending: Flag,
    out: ResetRegister,
    answer: Join,
    busy: Join,
    next: Join,
    out_parts: Split,
    out_bit: Sig<Local>,
    legal: Signal<Local, Bit>,
    begins: Signal<Local, Bit>,
    _beyond: usize,
    _beyond_at: usize,
    _beyond_end: usize,
    _command_at: usize,
    _command_end: usize,
    _top: u32,
}

/// The fastest SPI clock, as a share of the chip's.
pub fn share(stages: Stages) -> String {
    match stages.spi_cycles() {
        10 => "a tenth".to_string(),
        cycles => format!("1/{cycles}"),
    }
}

/// Bits of a frame before its answer.
const FRAME_BITS: u32 = 64;

impl SpiSlave {
    /// For word addresses of `address_bits` bits, at most 22.
    pub fn new(address_bits: u32, stages: Stages) -> Self {
        let (address, data) = (u(address_bits), u(DATA_BITS));
        let beyond = 22 - address_bits;
        let shapes: Vec<Shape> = [DATA_BITS, 2, address_bits, beyond, 7, 1].iter().filter(|bits| **bits > 0).map(|bits| u(*bits)).collect();
        let there = usize::from(beyond > 0);
        SpiSlave {
            doc: Doc::new("spi_slave", "SPI slave, mode 0, most significant bit first: one read or write of a register per frame.")
                .line("In: command (bit 7: write), three bytes of address, four of data. Out: 0xff while under way, status (0 or 1), four of data.")
                .rust("rtl::config::SpiSlave")
                .latency(format!("{} to {} cycles from an edge of sclk to miso: sclk at most {} of the clock", stages.and(1), stages.and(2), share(stages)))
                .port("sclk", "asynchronous")
                .port("mosi", "asynchronous")
                .port("cs_n", "asynchronous; low for a frame")
                .port("miso", "from a register; changes behind falling edges of sclk")
                .port("request", "an access begins; none other until its response")
                .port("request_address", "number of a 32-bit word")
                .port("response", "the access has ended"),
            clock: Default::default(),
            reset: Default::default(),
            sclk: Default::default(),
            mosi: Default::default(),
            cs_n: Default::default(),
            miso: Default::default(),
            request: Default::default(),
            request_write: Default::default(),
            request_address: Sig::new(address),
            request_data: Sig::new(data),
            response: Default::default(),
            response_failed: Default::default(),
            response_data: Sig::new(data),

            sclk_in: Synchroniser::new(stages),
            mosi_in: Synchroniser::new(stages),
            cs_in: Synchroniser::new(stages),
            sclk_before: Flag::new(),
            idle: Default::default(),
            rises: Default::default(),
            falls: Default::default(),
            one: Const::new(u(6), 1),
            last_bit: Const::new(u(6), FRAME_BITS as u64 - 1),
            byte_start: Const::new(u(3), 0),
            nothing: Const::new(data, 0),
            busy_byte: Const::new(u(8), 0xff),
            done: Const::new(u(8), 0),
            refused: Const::new(u(8), 1),
            bits: ResetRegister::new(u(6), 0),
            whole: Flag::new(),
            frame: Register::new(u(FRAME_BITS)),
            shifted: Join::of(&[u(1), u(FRAME_BITS - 1)]),
            frame_parts: Split::of(&shapes),
            waits: Flag::new(),
            active: Flag::new(),
            stale: Flag::new(),
            answered: Flag::new(),
            failed: BitRegister::new(),
            word: Register::new(data),
            sending: Flag::new(),
            out: ResetRegister::new(u(8 + DATA_BITS), 0),
            answer: Join::of(&[data, u(8)]),
            busy: Join::of(&[data, u(8)]),
            next: Join::of(&[u(1), u(7 + DATA_BITS)]),
            out_parts: Split::of(&[u(7 + DATA_BITS), u(1)]),
            out_bit: Sig::new(u(1)),
            legal: Default::default(),
            begins: Default::default(),
            _beyond: there,
            _beyond_at: 3,
            _beyond_end: 3 + there,
            _command_at: 4 + there,
            _command_end: 5 + there,
            _top: FRAME_BITS - 1,
        }
    }
}

impl Logic for SpiSlave {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sclk_in, mosi_in, cs_in, sclk_before, bits, whole, frame, waits, active, stale, answered, failed, word, sending, out);
        self.sclk_before.reset.next = self.reset.val();
        self.waits.reset.next = self.reset.val();
        self.active.reset.next = self.reset.val();
        self.stale.reset.next = self.reset.val();

        comment!("The pins");
        self.sclk_in.input.next = self.sclk.val();
        self.mosi_in.input.next = self.mosi.val();
        self.cs_in.input.next = self.cs_n.val();
        self.idle.next = self.cs_in.output.val() | self.reset.val();
        self.sclk_before.d.next = self.sclk_in.output.val();
        self.rises.next = self.sclk_in.output.val() & !self.sclk_before.q.val() & !self.idle.val();
        self.falls.next = !self.sclk_in.output.val() & self.sclk_before.q.val() & !self.idle.val();

        comment!("A frame comes in");
        self.bits.reset.next = self.idle.val();
        self.whole.reset.next = self.idle.val();
        self.bits.d.next = self.bits.q.val();
        self.whole.d.next = self.whole.q.val();
        self.shifted.part[0].next = bit_cast_bool(self.mosi_in.output.val());
        self.shifted.part[1].next = bit_cast_slice(self.frame.q.val(), 0, self._top);
        self.frame.d.next = self.frame.q.val();
        if self.rises.val() {
            self.bits.d.next = self.bits.q.val() + self.one.val();
            if !self.whole.q.val() {
                self.frame.d.next = self.shifted.output.val();
                self.whole.d.next = self.bits.q.val() == self.last_bit.val();
            }
        }

        comment!("Its access, once it is whole and an earlier one has ended; an address beyond all is refused at once");
        self.frame_parts.input.next = self.frame.q.val();
        self.legal.next = true;
        for k in self._beyond_at..self._beyond_end {
            self.legal.next = !self.frame_parts.part[k].val().any();
        }
        self.request_address.next = self.frame_parts.part[2].val();
        self.request_data.next = self.frame_parts.part[0].val();
        for k in self._command_at..self._command_end {
            self.request_write.next = self.frame_parts.part[k].val().any();
        }
        self.begins.next = self.waits.q.val() & !self.active.q.val() & self.legal.val();
        self.request.next = self.begins.val();
        self.waits.d.next = self.waits.q.val() & !self.begins.val() & !self.idle.val() & self.legal.val();
        if self.rises.val() & !self.whole.q.val() & (self.bits.q.val() == self.last_bit.val()) {
            self.waits.d.next = true;
        }
        self.active.d.next = self.begins.val() | (self.active.q.val() & !self.response.val());
        self.stale.d.next = (self.stale.q.val() | self.idle.val()) & self.active.q.val() & !self.response.val();
        self.answered.reset.next = self.idle.val();
        self.answered.d.next = self.answered.q.val();
        self.failed.d.next = self.failed.q.val();
        self.word.d.next = self.word.q.val();
        if self.active.q.val() & self.response.val() & !self.stale.q.val() {
            self.answered.d.next = true;
            self.failed.d.next = self.response_failed.val();
            self.word.d.next = self.response_data.val();
        } else if self.waits.q.val() & !self.legal.val() {
            self.answered.d.next = true;
            self.failed.d.next = true;
        }

        comment!("Bytes go out, each begun at the falling edge behind the eighth bit of the byte before");
        self.answer.part[0].next = self.word.q.val();
        self.answer.part[1].next = self.done.val();
        if self.failed.q.val() {
            self.answer.part[1].next = self.refused.val();
        }
        self.busy.part[0].next = self.nothing.val();
        self.busy.part[1].next = self.busy_byte.val();
        self.out_parts.input.next = self.out.q.val();
        self.next.part[0].next = bit_cast_slice(self.nothing.val(), 0, 1);
        self.next.part[1].next = self.out_parts.part[0].val();
        self.sending.reset.next = self.idle.val();
        self.out.reset.next = self.idle.val();
        self.sending.d.next = self.sending.q.val();
        self.out.d.next = self.out.q.val();
        if self.falls.val() {
            self.out.d.next = self.next.output.val();
            if self.whole.q.val() & !self.sending.q.val() & (bit_cast_slice(self.bits.q.val(), 0, 3) == self.byte_start.val()) {
                self.out.d.next = self.busy.output.val();
                if self.answered.q.val() {
                    self.out.d.next = self.answer.output.val();
                }
                self.sending.d.next = self.answered.q.val();
            }
        }
        self.out_bit.next = self.out_parts.part[1].val();
        self.miso.next = self.out_bit.val().any();
    }
}
