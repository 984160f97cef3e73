//! The chip's own registers, and the two ends of the ring.

use super::map::{chip, RegisterMap, CHIP_WORDS};
use super::packet::{control, RingFormat, CONTROL_BITS, DATA_BITS};
use hdl::prelude::*;

/// Sends each access once around the ring and answers those that no core has answered: what the chip is, its control register, its
/// clock.
#[derive(Clone, Debug, LogicBlock)]
pub struct Hub {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub request: Signal<In, Bit>,
    pub request_write: Signal<In, Bit>,
    pub request_address: Sig<In>,
    pub request_data: Sig<In>,
    pub response: Signal<Out, Bit>,
    pub response_failed: Signal<Out, Bit>,
    pub response_data: Sig<Out>,
    pub ring_out: Sig<Out>,
    pub ring_in: Sig<In>,
    pub ring_control: Sig<Out>,
    pub network_reset: Signal<Out, Bit>,
    pub halt: Signal<Out, Bit>,
    pub input_stalls: Signal<In, Bit>,
    pub output_stalls: Signal<In, Bit>,
    pub guard: Vec<Sig<In>>,

    control_address: Const,
    one: Const,
    off: Const,
    begun: Join,
    returned: Split,
    here: Signal<Local, Bit>,
    own: Signal<Local, Bit>,
    named: Signal<Local, Bit>,
    address: Sig<Local>,
    row: Sig<Local>,
    is_write: Signal<Local, Bit>,
    answered: Signal<Local, Bit>,
    failed: Signal<Local, Bit>,
    written: BitSplit,
    steer: Signal<Local, Bit>,
    in_reset: Flag,
    halted: Flag,
    frozen: Flag,
    clear: Flag,
    stalled_in: Flag,
    stalled_out: Flag,
    empties: Signal<Local, Bit>,
    cycles: ResetRegister,
    count_in: ResetRegister,
    count_out: ResetRegister,
    state: BitJoin,
    beyond: Above,
    constant: Vec<Const>,
    word: Select,
    broadcast: BitJoin,

    _control_at: usize,
    _control_end: usize,
    _cycles: usize,
    _stalls_in: usize,
    _stalls_out: usize,
    _constants: usize,
    _state_bits: usize,
    _data_bits: usize,
    _row_bits: u32,
    _above_bits: u32,
    _guard_at: usize,
    _guard_end: usize,
}

/// Bits of the control register that are kept.
const STATE_BITS: usize = 3;

impl Hub {
    pub fn new(map: &RegisterMap) -> Self {
        let ring = map.ring();
        let (address, data) = (u(ring.address_bits), u(DATA_BITS));
        let row_bits = CHIP_WORDS.trailing_zeros();
        let rows = map.chip_rows();
        Hub {
            doc: Doc::new("register_hub", "The chip's registers, and both ends of the ring of registers around the cores.")
                .line("An access goes round the ring; what no core has answered is answered here, or fails.")
                .rust("rtl::config::Hub")
                .latency(match map.stops() - map.layers.len() {
                    0 => format!("request to response: {} cycles, one for each core", map.layers.len()),
                    _ => format!("request to response: {} cycles, one for each core, interface and router", map.stops()),
                })
                .port("request_address", "number of a 32-bit word")
                .port("response_failed", "no register has the address, or it cannot be written")
                .port("ring_out", "{valid, failed, answered, write, address, data} to the first core")
                .port("ring_in", "the same, from the last core")
                .port("ring_control", "{count, clear, reset} to all cores")
                .port("network_reset", "from a register: reset of the network, not of the bus")
                .port("halt", "from a register: no word enters the network")
                .port("input_stalls", "the network refuses a word in this cycle")
                .port("output_stalls", "a word of the network is refused in this cycle")
                .port("guard", "{SPIKEs off the map, SPIKEs beyond the multiplicity}"),
            clock: Default::default(),
            reset: Default::default(),
            request: Default::default(),
            request_write: Default::default(),
            request_address: Sig::new(address),
            request_data: Sig::new(data),
            response: Default::default(),
            response_failed: Default::default(),
            response_data: Sig::new(data),
            ring_out: Sig::new(u(ring.width())),
            ring_in: Sig::new(u(ring.width())),
            ring_control: Sig::new(u(CONTROL_BITS)),
            network_reset: Default::default(),
            halt: Default::default(),
            input_stalls: Default::default(),
            output_stalls: Default::default(),
            guard: Sig::several(usize::from(map.config.guard), data),

            control_address: Const::new(u(row_bits), chip::CONTROL),
            one: Const::new(data, 1),
            off: Const::new(u(1), 0),
            begun: Join::of(&ring.parts()),
            returned: Split::of(&ring.parts()),
            here: Default::default(),
            own: Default::default(),
            named: Default::default(),
            address: Sig::new(address),
            row: Sig::new(u(row_bits)),
            is_write: Default::default(),
            answered: Default::default(),
            failed: Default::default(),
            written: BitSplit::new(DATA_BITS),
            steer: Default::default(),
            in_reset: if map.config.is_written() { Flag::set() } else { Flag::new() },
            halted: Flag::new(),
            frozen: Flag::new(),
            clear: Flag::new(),
            stalled_in: Flag::new(),
            stalled_out: Flag::new(),
            empties: Default::default(),
            cycles: ResetRegister::new(data, 0),
            count_in: ResetRegister::new(data, 0),
            count_out: ResetRegister::new(data, 0),
            state: BitJoin::new(DATA_BITS),
            beyond: Above::new(u(row_bits), rows as i64 - 1),
            constant: map.constants().iter().map(|word| Const::new(data, *word)).collect(),
            word: Select::new(row_bits, data, rows),
            broadcast: BitJoin::new(CONTROL_BITS),

            _control_at: chip::CONTROL as usize,
            _control_end: chip::CONTROL as usize + 1,
            _cycles: chip::CYCLES as usize,
            _stalls_in: chip::INPUT_STALLS as usize,
            _stalls_out: chip::OUTPUT_STALLS as usize,
            _constants: chip::CONTROL as usize,
            _state_bits: STATE_BITS,
            _data_bits: DATA_BITS as usize,
            _row_bits: row_bits,
            _above_bits: ring.address_bits - row_bits,
            _guard_at: chip::GUARD as usize,
            _guard_end: chip::GUARD as usize + usize::from(map.config.guard),
        }
    }
}

// The kernel numbers parts and bits, as indices must be numbers.
const _: () = assert!(RingFormat::DATA == 0 && RingFormat::ADDRESS == 1 && RingFormat::WRITE == 2);
const _: () = assert!(RingFormat::ANSWERED == 3 && RingFormat::FAILED == 4 && RingFormat::VALID == 5);
const _: () = assert!(control::RESET == 0 && control::CLEAR == 1 && control::COUNT == 2);

impl Logic for Hub {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, in_reset, halted, frozen, clear, stalled_in, stalled_out, cycles, count_in, count_out);
        self.in_reset.reset.next = self.reset.val();
        self.halted.reset.next = self.reset.val();
        self.frozen.reset.next = self.reset.val();
        self.clear.reset.next = self.reset.val();
        self.stalled_in.reset.next = self.reset.val();
        self.stalled_out.reset.next = self.reset.val();

        comment!("An access, to the first core");
        self.begun.part[0].next = self.request_data.val();
        self.begun.part[1].next = self.request_address.val();
        self.begun.part[2].next = bit_cast_bool(self.request_write.val());
        self.begun.part[3].next = self.off.val();
        self.begun.part[4].next = self.off.val();
        self.begun.part[5].next = bit_cast_bool(self.request.val());
        self.ring_out.next = self.begun.output.val();

        comment!("It comes back from the last core. Row of the chip's own block");
        self.returned.input.next = self.ring_in.val();
        self.here.next = self.returned.part[5].val().any();
        self.answered.next = self.returned.part[3].val().any();
        self.is_write.next = self.returned.part[2].val().any();
        self.address.next = self.returned.part[1].val();
        self.row.next = bit_cast_slice(self.address.val(), 0, self._row_bits);
        self.own.next = !bit_cast_slice(self.address.val(), self._row_bits, self._above_bits).any();
        self.beyond.input.next = self.row.val();
        self.named.next = self.own.val() & !self.beyond.output.val();
        self.steer.next = self.here.val() & self.own.val() & self.is_write.val() & (self.row.val() == self.control_address.val());
        self.failed.next = !self.named.val() | (self.is_write.val() & !(self.row.val() == self.control_address.val()));
        if self.answered.val() {
            self.failed.next = self.returned.part[4].val().any();
        }

        comment!("The control register: reset, halt, freeze; clear lasts one cycle");
        self.written.input.next = self.returned.part[0].val();
        self.in_reset.d.next = self.in_reset.q.val();
        self.halted.d.next = self.halted.q.val();
        self.frozen.d.next = self.frozen.q.val();
        self.clear.d.next = false;
        if self.steer.val() {
            self.in_reset.d.next = self.written.bit[0].val();
            self.halted.d.next = self.written.bit[1].val();
            self.frozen.d.next = self.written.bit[2].val();
            self.clear.d.next = self.written.bit[3].val();
        }
        self.network_reset.next = self.in_reset.q.val();
        self.halt.next = self.halted.q.val();
        self.broadcast.bit[0].next = self.reset.val();
        self.broadcast.bit[1].next = self.clear.q.val();
        self.broadcast.bit[2].next = !self.frozen.q.val();
        self.ring_control.next = self.broadcast.output.val();

        comment!("The clock, and the stalls of the network's two ends; what counts is registered first");
        self.stalled_in.d.next = self.input_stalls.val() & !self.frozen.q.val() & !self.in_reset.q.val();
        self.stalled_out.d.next = self.output_stalls.val() & !self.frozen.q.val() & !self.in_reset.q.val();
        self.empties.next = self.reset.val() | self.clear.q.val();
        self.cycles.reset.next = self.empties.val();
        self.count_in.reset.next = self.empties.val();
        self.count_out.reset.next = self.empties.val();
        self.cycles.d.next = self.cycles.q.val();
        if !self.frozen.q.val() {
            self.cycles.d.next = self.cycles.q.val() + self.one.val();
        }
        self.count_in.d.next = self.count_in.q.val();
        if self.stalled_in.q.val() {
            self.count_in.d.next = self.count_in.q.val() + self.one.val();
        }
        self.count_out.d.next = self.count_out.q.val();
        if self.stalled_out.q.val() {
            self.count_out.d.next = self.count_out.q.val() + self.one.val();
        }

        comment!("What is read");
        self.state.bit[0].next = self.in_reset.q.val();
        self.state.bit[1].next = self.halted.q.val();
        self.state.bit[2].next = self.frozen.q.val();
        for i in self._state_bits..self._data_bits {
            self.state.bit[i].next = false;
        }
        for i in 0..self._constants {
            self.word.choice[i].next = self.constant[i].val();
        }
        for i in self._control_at..self._control_end {
            self.word.choice[i].next = self.state.output.val();
            self.word.choice[i + 1].next = self.cycles.q.val();
            self.word.choice[i + 2].next = self.count_in.q.val();
            self.word.choice[i + 3].next = self.count_out.q.val();
        }
        for i in self._guard_at..self._guard_end {
            self.word.choice[i].next = self.guard[0].val();
        }
        self.word.index.next = self.row.val();
        self.response.next = self.here.val();
        self.response_failed.next = self.failed.val();
        self.response_data.next = self.word.output.val();
        if self.answered.val() {
            self.response_data.next = self.returned.part[0].val();
        }
    }
}
