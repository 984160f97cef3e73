//! The guard of the chip's input: no address spikes more often in a time step than the membranes were proven for.

use super::Guard;
use hdl::prelude::*;
use crate::link::{Kind, LinkFormat};
use crate::plan::InPort;
use net::MapShape;

/// Bits of the sticky counters.
pub const COUNT_BITS: u32 = 16;
/// What the pins say.
pub const REPEATS: &str = "SPIKEs of an address beyond its multiplicity, since reset; stays at 65535";
pub const OFF_MAP: &str = "SPIKEs off the map, since reset; stays at 65535";
/// Least bits of the step tag: a round of the memory's addresses has 2^(bits - 1) steps.
const LEAST_TAG_BITS: u32 = 4;
/// Width of a memory word where the tag leaves room: one parity-wide byte of a block RAM.
const WORD_BITS: u32 = 9;

/// Widths of the guard's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardShape {
    /// Bits of an address: the fields of a link word side by side.
    pub address_bits: u32,
    /// Bits of a step tag.
    pub tag_bits: u32,
    /// Bits of a count, `0 ..= multiplicity`.
    pub count_bits: u32,
}

impl GuardShape {
    pub fn of(guard: Guard, input: LinkFormat) -> GuardShape {
        let count_bits = u32::BITS - guard.multiplicity.leading_zeros();
        GuardShape {
            address_bits: input.field_bits().max(1),
            tag_bits: WORD_BITS.saturating_sub(count_bits).max(LEAST_TAG_BITS),
            count_bits,
        }
    }
}

/// Counts how often each address spikes in a step: a memory word holds `{count, tag}`, the tag being the step of its count.
///
/// A word on its way takes three cycles and one word enters per cycle: cycle 0 presents the address, cycle 1 has the memory's word, in cycle 2 it
/// stands in a register, the count is compared and written back. Words of the last two cycles are forwarded. A SPIKE whose count is
/// `multiplicity` already is one too many: it is counted, and dropped if the guard limits. A SPIKE off the map is counted and
/// dropped. All other words pass.
///
/// Old tags must not be met again when the step counter has gone round. So each cycle without a word refreshes an address: a count of another step
/// becomes 0 of this one. In 2^(tag_bits - 1) steps all addresses come round; if they have not, `in_ready` refuses the TICK that
/// would begin the next round until they have, at most as many cycles as there are addresses. After reset the same round
/// clears the memory, and `in_ready` is low.
#[derive(Clone, Debug, LogicBlock)]
pub struct InputGuard {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub in_last: Signal<In, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub out_last: Signal<Out, Bit>,
    pub repeats: Sig<Out>,
    pub off_map: Sig<Out>,

    // Cycle 0
    go: Signal<Local, Bit>,
    is_spike: Signal<Local, Bit>,
    is_tick: Signal<Local, Bit>,
    outside: Signal<Local, Bit>,
    waits: Signal<Local, Bit>,
    enters: Signal<Local, Bit>,
    refreshes: Signal<Local, Bit>,
    address: Sig<Local>,
    read_address: Sig<Local>,
    spike_kind: Const,
    tick_kinds: Vec<Const>,
    channel_end: Vec<Const>,
    row_end: Vec<Const>,
    column_end: Vec<Const>,
    step: ResetRegister,
    step_one: Const,
    round_end: Const,
    round_done: Flag,
    clearing: Flag,
    next: ResetRegister,
    next_one: Const,
    last_address: Const,
    memory: Ram,

    // Cycle 1
    valid_1: Flag,
    last_1: BitRegister,
    spike_1: Flag,
    outside_1: Flag,
    uses_1: Flag,
    clears_1: Flag,
    word_1: Register,
    address_1: Register,
    tag_1: Register,
    fetched: Sig<Local>,

    // Cycle 2
    valid_2: Flag,
    last_2: BitRegister,
    spike_2: Flag,
    outside_2: Flag,
    uses_2: Flag,
    clears_2: Flag,
    word_2: Register,
    address_2: Register,
    tag_2: Register,
    entry_2: Register,
    entry_parts: Split,
    count: Sig<Local>,
    too_many: Signal<Local, Bit>,
    drops: Signal<Local, Bit>,
    new_count: Sig<Local>,
    no_count: Const,
    one_count: Const,
    most_count: Const,
    written: Join,
    uses_3: Flag,
    address_3: Register,
    entry_3: Register,

    // The output register
    filled: Flag,
    word: Register,
    last: BitRegister,
    repeat_count: ResetRegister,
    outside_count: ResetRegister,
    one: Const,
    most: Const,

    _kind_low: u32,
    _address_bits: u32,
    _round_bits: u32,
    _channel: usize,
    _channel_low: u32,
    _channel_bits: u32,
    _row: usize,
    _row_low: u32,
    _row_bits: u32,
    _column: usize,
    _column_bits: u32,
    _limits: usize,
}

impl InputGuard {
    /// At one port of several, or at the only one: a module of its own for each.
    pub fn at(guard: Guard, port: &InPort) -> Self {
        let mut found = InputGuard::new(guard, port.format(), port.shape);
        found.doc = found.doc.named(port.guard_name());
        found
    }

    /// For stream words of `input`'s map, kind in the top two bits.
    pub fn new(guard: Guard, input: LinkFormat, map: MapShape) -> Self {
        let shape = GuardShape::of(guard, input);
        let bits = input.stream_bits();
        let (word, address, tag, count) = (u(bits), u(shape.address_bits), u(shape.tag_bits), u(shape.count_bits));
        let entry = u(shape.tag_bits + shape.count_bits);
        let [_, row_low, channel_low, ..] = input.offsets();
        // A field whose values all lie on the map needs no limit.
        let end = |bits: u32, size: usize| -> Vec<Const> {
            (bits > 0 && size < 1 << bits).then(|| Const::new(u(bits), size as u64)).into_iter().collect()
        };
        let (channel_end, row_end, column_end) =
            (end(input.c_bits, map.c), end(input.y_bits, map.h), end(input.x_bits, map.w));
        let what = if guard.limit { "drops" } else { "passes" };
        let most_of_counter = (1i128 << COUNT_BITS) - 1;
        InputGuard {
            doc: Doc::new("input_guard", format!("Lets an address spike {} in a time step, and {what} what is more.", times(guard.multiplicity)))
                .line("A memory word holds {count, step tag} of an address. Cycles without a word refresh addresses, so that no old tag is met again.")
                .rust("rtl::edge::guard::InputGuard")
                .fact("Memory", format!("{} words of {} bits: tag {}, count {}", 1u64 << shape.address_bits, entry.width, shape.tag_bits, shape.count_bits))
                .latency("three cycles; one word per cycle")
                .port("in_ready", "low while the memory is cleared after reset, and for a TICK while a round of refreshing is not done")
                .port("in_data", format!("{{kind, 0, {}}}", input.coordinate_text()))
                .port("in_last", "with a TICK: the sample ends, too")
                .port("out_data", "from a register; held while out_valid and not out_ready")
                .port("repeats", format!("SPIKEs that came too often in their step, since reset; stays at {most_of_counter}"))
                .port("off_map", format!("SPIKEs off the map, dropped, since reset; stays at {most_of_counter}")),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(word),
            in_last: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(word),
            out_last: Default::default(),
            repeats: Sig::new(u(COUNT_BITS)),
            off_map: Sig::new(u(COUNT_BITS)),

            go: Default::default(),
            is_spike: Default::default(),
            is_tick: Default::default(),
            outside: Default::default(),
            waits: Default::default(),
            enters: Default::default(),
            refreshes: Default::default(),
            address: Sig::new(address),
            read_address: Sig::new(address),
            spike_kind: Const::new(u(2), Kind::Spike as u64),
            tick_kinds: [Kind::Tick, Kind::TickLast].iter().map(|kind| Const::new(u(2), *kind as u64)).collect(),
            _channel: channel_end.len(),
            _row: row_end.len(),
            _column: column_end.len(),
            channel_end,
            row_end,
            column_end,
            step: ResetRegister::new(tag, 0),
            step_one: Const::new(tag, 1),
            round_end: Const::new(u(shape.tag_bits - 1), (1u64 << (shape.tag_bits - 1)) - 1),
            round_done: Flag::new(),
            clearing: Flag::set(),
            next: ResetRegister::new(address, 0),
            next_one: Const::new(address, 1),
            last_address: Const::new(address, (1u64 << shape.address_bits) - 1),
            memory: Ram::new(1 << shape.address_bits, entry.width),

            valid_1: Flag::new(),
            last_1: BitRegister::new(),
            spike_1: Flag::new(),
            outside_1: Flag::new(),
            uses_1: Flag::new(),
            clears_1: Flag::new(),
            word_1: Register::new(word),
            address_1: Register::new(address),
            tag_1: Register::new(tag),
            fetched: Sig::new(entry),

            valid_2: Flag::new(),
            last_2: BitRegister::new(),
            spike_2: Flag::new(),
            outside_2: Flag::new(),
            uses_2: Flag::new(),
            clears_2: Flag::new(),
            word_2: Register::new(word),
            address_2: Register::new(address),
            tag_2: Register::new(tag),
            entry_2: Register::new(entry),
            entry_parts: Split::of(&[tag, count]),
            count: Sig::new(count),
            too_many: Default::default(),
            drops: Default::default(),
            new_count: Sig::new(count),
            no_count: Const::new(count, 0),
            one_count: Const::new(count, 1),
            most_count: Const::new(count, guard.multiplicity as u64),
            written: Join::of(&[tag, count]),
            uses_3: Flag::new(),
            address_3: Register::new(address),
            entry_3: Register::new(entry),

            filled: Flag::new(),
            word: Register::new(word),
            last: BitRegister::new(),
            repeat_count: ResetRegister::new(u(COUNT_BITS), 0),
            outside_count: ResetRegister::new(u(COUNT_BITS), 0),
            one: Const::new(u(COUNT_BITS), 1),
            most: Const::new(u(COUNT_BITS), most_of_counter),

            _kind_low: bits - 2,
            _address_bits: shape.address_bits,
            _round_bits: shape.tag_bits - 1,
            _channel_low: channel_low,
            _channel_bits: input.c_bits.max(1),
            _row_low: row_low,
            _row_bits: input.y_bits.max(1),
            _column_bits: input.x_bits.max(1),
            _limits: usize::from(guard.limit),
        }
    }
}

fn times(n: u32) -> String {
    if n == 1 { "once".into() } else { format!("at most {n} times") }
}

impl Logic for InputGuard {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, step, round_done, clearing, next, memory, valid_1, last_1, spike_1, outside_1, uses_1, clears_1, word_1);
        clock!(self, clock, address_1, tag_1, valid_2, last_2, spike_2, outside_2, uses_2, clears_2, word_2, address_2, tag_2, entry_2);
        clock!(self, clock, uses_3, address_3, entry_3, filled, word, last, repeat_count, outside_count);
        self.step.reset.next = self.reset.val();
        self.round_done.reset.next = self.reset.val();
        self.clearing.reset.next = self.reset.val();
        self.next.reset.next = self.reset.val();
        self.valid_1.reset.next = self.reset.val();
        self.spike_1.reset.next = self.reset.val();
        self.outside_1.reset.next = self.reset.val();
        self.uses_1.reset.next = self.reset.val();
        self.clears_1.reset.next = self.reset.val();
        self.valid_2.reset.next = self.reset.val();
        self.spike_2.reset.next = self.reset.val();
        self.outside_2.reset.next = self.reset.val();
        self.uses_2.reset.next = self.reset.val();
        self.clears_2.reset.next = self.reset.val();
        self.uses_3.reset.next = self.reset.val();
        self.filled.reset.next = self.reset.val();
        self.repeat_count.reset.next = self.reset.val();
        self.outside_count.reset.next = self.reset.val();

        comment!("Cycle 0: a word, or an address to refresh; all stages move together");
        self.go.next = self.out_ready.val() | !self.filled.q.val();
        self.is_spike.next = bit_cast_slice(self.in_data.val(), self._kind_low, 2) == self.spike_kind.val();
        self.is_tick.next = (bit_cast_slice(self.in_data.val(), self._kind_low, 2) == self.tick_kinds[0].val())
            | (bit_cast_slice(self.in_data.val(), self._kind_low, 2) == self.tick_kinds[1].val());
        self.outside.next = false;
        for i in 0..self._channel {
            if bit_cast_slice(self.in_data.val(), self._channel_low, self._channel_bits) >= self.channel_end[i].val() {
                self.outside.next = true;
            }
        }
        for i in 0..self._row {
            if bit_cast_slice(self.in_data.val(), self._row_low, self._row_bits) >= self.row_end[i].val() {
                self.outside.next = true;
            }
        }
        for i in 0..self._column {
            if bit_cast_slice(self.in_data.val(), 0, self._column_bits) >= self.column_end[i].val() {
                self.outside.next = true;
            }
        }
        self.waits.next = self.is_tick.val()
            & (bit_cast_slice(self.step.q.val(), 0, self._round_bits) == self.round_end.val())
            & !self.round_done.q.val();
        self.in_ready.next = self.go.val() & !self.clearing.q.val() & !self.waits.val();
        self.enters.next = self.in_valid.val() & self.go.val() & !self.clearing.q.val() & !self.waits.val();
        self.refreshes.next = self.go.val() & !self.round_done.q.val() & !self.enters.val();
        self.address.next = self.next.q.val();
        if self.enters.val() {
            self.address.next = bit_cast_slice(self.in_data.val(), 0, self._address_bits);
        }
        self.read_address.next = self.address_1.q.val();
        if self.go.val() {
            self.read_address.next = self.address.val();
        }
        self.memory.read_address.next = self.read_address.val();

        comment!("Steps and rounds of refreshing");
        self.step.d.next = self.step.q.val();
        self.next.d.next = self.next.q.val();
        self.round_done.d.next = self.round_done.q.val();
        self.clearing.d.next = self.clearing.q.val();
        if self.refreshes.val() {
            self.next.d.next = self.next.q.val() + self.next_one.val();
            if self.next.q.val() == self.last_address.val() {
                self.round_done.d.next = true;
                self.clearing.d.next = false;
            }
        }
        if self.enters.val() & self.is_tick.val() {
            self.step.d.next = self.step.q.val() + self.step_one.val();
            if bit_cast_slice(self.step.q.val(), 0, self._round_bits) == self.round_end.val() {
                self.round_done.d.next = false;
            }
        }

        comment!("Cycle 1: the memory's word, or what was written in the last two cycles");
        self.valid_1.d.next = self.valid_1.q.val();
        self.last_1.d.next = self.last_1.q.val();
        self.spike_1.d.next = self.spike_1.q.val();
        self.outside_1.d.next = self.outside_1.q.val();
        self.uses_1.d.next = self.uses_1.q.val();
        self.clears_1.d.next = self.clears_1.q.val();
        self.word_1.d.next = self.word_1.q.val();
        self.address_1.d.next = self.address_1.q.val();
        self.tag_1.d.next = self.tag_1.q.val();
        if self.go.val() {
            self.valid_1.d.next = self.enters.val();
            self.last_1.d.next = self.in_last.val();
            self.spike_1.d.next = self.enters.val() & self.is_spike.val() & !self.outside.val();
            self.outside_1.d.next = self.enters.val() & self.is_spike.val() & self.outside.val();
            self.uses_1.d.next = (self.enters.val() & self.is_spike.val() & !self.outside.val()) | self.refreshes.val();
            self.clears_1.d.next = self.clearing.q.val();
            self.word_1.d.next = self.in_data.val();
            self.address_1.d.next = self.address.val();
            self.tag_1.d.next = self.step.q.val();
        }
        self.fetched.next = self.memory.read_data.val();
        if self.uses_3.q.val() & (self.address_3.q.val() == self.address_1.q.val()) {
            self.fetched.next = self.entry_3.q.val();
        }
        if self.uses_2.q.val() & (self.address_2.q.val() == self.address_1.q.val()) {
            self.fetched.next = self.written.output.val();
        }

        comment!("Cycle 2: the count of this step");
        self.valid_2.d.next = self.valid_2.q.val();
        self.last_2.d.next = self.last_2.q.val();
        self.spike_2.d.next = self.spike_2.q.val();
        self.outside_2.d.next = self.outside_2.q.val();
        self.uses_2.d.next = self.uses_2.q.val();
        self.clears_2.d.next = self.clears_2.q.val();
        self.word_2.d.next = self.word_2.q.val();
        self.address_2.d.next = self.address_2.q.val();
        self.tag_2.d.next = self.tag_2.q.val();
        self.entry_2.d.next = self.entry_2.q.val();
        if self.go.val() {
            self.valid_2.d.next = self.valid_1.q.val();
            self.last_2.d.next = self.last_1.q.val();
            self.spike_2.d.next = self.spike_1.q.val();
            self.outside_2.d.next = self.outside_1.q.val();
            self.uses_2.d.next = self.uses_1.q.val();
            self.clears_2.d.next = self.clears_1.q.val();
            self.word_2.d.next = self.word_1.q.val();
            self.address_2.d.next = self.address_1.q.val();
            self.tag_2.d.next = self.tag_1.q.val();
            self.entry_2.d.next = self.fetched.val();
        }
        self.entry_parts.input.next = self.entry_2.q.val();
        self.count.next = self.no_count.val();
        if (self.entry_parts.part[0].val() == self.tag_2.q.val()) & !self.clears_2.q.val() {
            self.count.next = self.entry_parts.part[1].val();
        }
        self.too_many.next = self.spike_2.q.val() & (self.count.val() == self.most_count.val());
        self.new_count.next = self.count.val();
        if self.spike_2.q.val() & !self.too_many.val() {
            self.new_count.next = self.count.val() + self.one_count.val();
        }
        self.written.part[0].next = self.tag_2.q.val();
        self.written.part[1].next = self.new_count.val();
        self.memory.write_enable.next = self.uses_2.q.val() & self.go.val();
        self.memory.write_address.next = self.address_2.q.val();
        self.memory.write_data.next = self.written.output.val();
        self.uses_3.d.next = self.uses_3.q.val();
        self.address_3.d.next = self.address_3.q.val();
        self.entry_3.d.next = self.entry_3.q.val();
        if self.go.val() {
            self.uses_3.d.next = self.uses_2.q.val();
            self.address_3.d.next = self.address_2.q.val();
            self.entry_3.d.next = self.written.output.val();
        }
        self.drops.next = self.outside_2.q.val();
        for _i in 0..self._limits {
            self.drops.next = self.outside_2.q.val() | self.too_many.val();
        }

        comment!("The output register, and the counters");
        self.filled.d.next = self.filled.q.val();
        self.word.d.next = self.word.q.val();
        self.last.d.next = self.last.q.val();
        self.repeat_count.d.next = self.repeat_count.q.val();
        self.outside_count.d.next = self.outside_count.q.val();
        if self.go.val() {
            self.filled.d.next = self.valid_2.q.val() & !self.drops.val();
            self.word.d.next = self.word_2.q.val();
            self.last.d.next = self.last_2.q.val();
            if self.too_many.val() & (self.repeat_count.q.val() != self.most.val()) {
                self.repeat_count.d.next = self.repeat_count.q.val() + self.one.val();
            }
            if self.outside_2.q.val() & (self.outside_count.q.val() != self.most.val()) {
                self.outside_count.d.next = self.outside_count.q.val() + self.one.val();
            }
        }
        self.out_valid.next = self.filled.q.val();
        self.out_data.next = self.word.q.val();
        self.out_last.next = self.last.q.val();
        self.repeats.next = self.repeat_count.q.val();
        self.off_map.next = self.outside_count.q.val();
    }
}
