//! A kernel with one of everything that can be written, for the comparison of simulation and Verilog.

use super::super::prelude::*;

#[derive(Clone, Debug, LogicBlock)]
pub struct Zoo {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub a: Sig<In>,
    pub b: Sig<In>,
    pub c: Sig<In>,
    pub flag: Signal<In, Bit>,
    pub sums: Sig<Out>,
    pub bits: Sig<Out>,
    pub wide: Sig<Out>,
    pub chain: Sig<Out>,
    pub kept: Sig<Out>,
    pub looked: Sig<Out>,
    pub early: Sig<Out>,
    settling: Sig<Local>,
    seen_early: Sig<Local>,
    low: Const,
    part_low: Const,
    huge: Const,
    a_wide: Sig<Local>,
    mixed: Sig<Local>,
    shifted: Sig<Local>,
    product: Sig<Local>,
    best: Sig<Local>,
    best_at: Sig<Local>,
    part: Split,
    rest: Split,
    all: Join,
    tests: BitJoin,
    tested: BitSplit,
    scaled: ScaleBy,
    scaled_down: ScaleBy,
    chosen: Select,
    late: Delay,
    late_flag: BitDelay,
    wire_only: Delay,
    hold: ResetRegister,
    swapped: Register,
    on: Flag,
    lookup: Table,
    rom: Rom,
    index: Vec<Const>,
    folded: Vec<Register>,
    fold: Vec<Sig<Local>>,
    _shift: u32,
    _on: usize,
    _off: usize,
}

impl Zoo {
    pub fn new() -> Self {
        let (a, b, wide) = (s(8), u(8), s(12));
        let rows = (0..6).map(|i| vec![i * 7 % 16, (i as i64 * 5 - 12) as u64]).collect();
        let rom = (0..16).map(|i: u64| vec![i * 0x0123_4567_89ab_cdef, i]).collect();
        Zoo {
            doc: Doc::new("zoo", "One of everything."),
            clock: Default::default(),
            reset: Default::default(),
            a: Sig::new(a),
            b: Sig::new(b),
            c: Sig::new(a),
            flag: Default::default(),
            sums: Sig::new(u(12 * 4)),
            bits: Sig::new(u(16)),
            wide: Sig::new(u(80)),
            chain: Sig::new(u(12 + 2)),
            kept: Sig::new(u(8 * 5 + 3)),
            looked: Sig::new(u(4 + 6 + 12 + 12 + 8)),
            early: Sig::new(u(8)),
            settling: Sig::new(u(8)),
            seen_early: Sig::new(u(8)),
            low: Const::new(a, -100),
            part_low: Const::new(s(3), -2),
            huge: Const::of(Value::from_limbs(u(80), &[0xdead_beef_0000_0001, 0xabcd])),
            a_wide: Sig::new(wide),
            mixed: Sig::new(wide),
            shifted: Sig::new(wide),
            product: Sig::new(wide),
            best: Sig::new(a),
            best_at: Sig::new(u(2)),
            part: Split::of(&[s(3), u(1), s(4)]),
            rest: Split::new(12, u(5), 2),
            all: Join::of(&[wide, wide, wide, wide]),
            tests: BitJoin::new(16),
            tested: BitSplit::new(8),
            scaled: ScaleBy::new(a, 59, wide),
            scaled_down: ScaleBy::new(u(8), 59, u(6)),
            chosen: Select::new(2, a, 3),
            late: Delay::new(a, 3),
            late_flag: BitDelay::new(1),
            wire_only: Delay::new(b, 0),
            hold: ResetRegister::new(a, -77),
            swapped: Register::new(u(8)),
            on: Flag::set(),
            lookup: Table::new(
                "lookup",
                3,
                &[("even", u(4)), ("odd", s(6))],
                rows,
                vec!["first".into()],
            )
            .documented(|doc| doc.port("even", "a column").port("row", "a row")),
            rom: Rom::new(16, 80, "numbers", rom).registered(),
            index: (0..3).map(|i| Const::new(u(2), i)).collect(),
            folded: Register::several(2, b),
            fold: Sig::several(2, b),
            _shift: 3,
            _on: 1,
            _off: 0,
        }
    }
}

impl Logic for Zoo {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, late, late_flag, wire_only, hold, swapped, on, rom);
        self.hold.reset.next = self.reset.val();
        self.on.reset.next = self.reset.val();

        comment!("Words");
        self.a_wide.next = signed_cast_to(self.a.val(), 12);
        self.mixed.next = self.a_wide.val() - (bit_cast_signed(bit_cast_to(self.b.val(), 12)) >> 1)
            + bit_cast_signed_to(self.c.val(), 12);
        self.shifted.next = (self.mixed.val() >> bits_number(self._shift)) ^ (self.a_wide.val() << 2);
        self.product.next = self.mixed.val() * self.a_wide.val();
        self.scaled.input.next = self.a.val();
        self.scaled_down.input.next = self.b.val();
        self.all.part[0].next = self.mixed.val();
        self.all.part[1].next = self.shifted.val();
        self.all.part[2].next = -self.product.val();
        self.all.part[3].next = !self.scaled.output.val();
        self.sums.next = self.all.output.val();

        comment!("Bits");
        self.tested.input.next = bit_cast_unsigned(self.a.val());
        self.tests.bit[0].next = self.a.val() < self.c.val();
        self.tests.bit[1].next = bit_cast_unsigned(self.a.val()) < self.b.val();
        self.tests.bit[2].next = self.a.val() >= bit_cast_signed(self.b.val());
        self.tests.bit[3].next = (self.a.val() >> 1) == self.c.val();
        self.tests.bit[4].next = (self.a.val() >> 2) <= (self.c.val() + bit_cast_signed(self.b.val()));
        self.tests.bit[5].next = self.flag.val() && !self.b.val().any() || self.a.val().all();
        self.tests.bit[6].next = self.b.val().xor() ^ self.flag.val();
        self.tests.bit[7].next = self.b.val().get_bit(bits_number(self._shift));
        self.tests.bit[8].next = self.b.val().get_bit(bit_cast_slice(self.c.val(), 2, 3));
        self.tests.bit[9].next = self.tested.bit[7].val();
        self.tests.bit[10].next = self.part.part[0].val() > self.part_low.val();
        self.tests.bit[11].next = self.part.part[1].val().any();
        self.tests.bit[12].next = self.a.val() > self.low.val();
        self.tests.bit[13].next = !(self.a.val() == self.c.val());
        self.tests.bit[14].next = bit_cast_signed_slice(self.b.val(), 2, 4) < self.part.part[2].val();
        self.tests.bit[15].next = (bit_cast_bool(self.flag.val()) + self.part.part[1].val()).any();
        self.bits.next = self.tests.output.val();
        self.part.input.next = self.b.val();

        comment!("A search with an intermediate value");
        self.best.next = self.a.val();
        self.best_at.next = self.index[0].val();
        if self.c.val() > self.best.val() {
            self.best.next = self.c.val();
            self.best_at.next = self.index[1].val();
        }
        if bit_cast_signed(self.b.val()) > self.best.val() {
            self.best.next = bit_cast_signed(self.b.val());
            self.best_at.next = self.index[2].val();
        }
        self.chain.next = bits_const(0, 14);
        if self.flag.val() {
            self.chain.next = bit_cast_to(bit_cast_unsigned(self.best.val()), 14);
        } else if self.best.val() < self.low.val() {
            self.chain.next = bit_cast_to(self.best_at.val(), 14);
        } else {
            self.chain.next = unsigned_cast_to(self.rest.part[1].val(), 14) + bits_const(9, 14);
        }
        self.rest.input.next = bit_cast_unsigned(self.mixed.val());

        self.settling.next = self.b.val();
        self.seen_early.next = self.settling.val();
        if self.flag.val() {
            self.settling.next = bit_cast_unsigned(self.a.val());
        }
        self.early.next = self.seen_early.val() - self.settling.val();

        comment!("State");
        self.late.d.next = self.best.val();
        self.late_flag.d.next = self.flag.val();
        self.wire_only.d.next = self.b.val();
        self.hold.d.next = self.hold.q.val();
        self.on.d.next = self.on.q.val();
        self.swapped.d.next = self.swapped.q.val();
        if self.flag.val() {
            self.hold.d.next = self.hold.q.val() + self.a.val();
            self.on.d.next = self.tested.bit[0].val();
            if self.on.q.val() {
                self.swapped.d.next = self.b.val();
            }
        } else if self.on.q.val() {
            self.swapped.d.next = !self.swapped.q.val();
        }
        for i in 0..2 {
            self.folded[i].clock.next = self.clock.val();
            self.fold[i].next = self.b.val();
            if i == 1 {
                self.fold[i].next = self.folded[i - 1].q.val();
            }
            for j in 0..self._off {
                self.fold[j].next = self.swapped.q.val();
            }
            for j in 0..self._on {
                self.fold[i + j].next = self.fold[i + j].val() ^ self.swapped.q.val();
            }
            self.folded[i].d.next = self.fold[i].val();
        }
        self.kept.next = bit_cast_to(bit_cast_unsigned(self.late.q.val()), 43)
            ^ (bit_cast_to(self.wire_only.q.val(), 43) << 5)
            ^ (bit_cast_to(bit_cast_unsigned(self.hold.q.val()), 43) << 10)
            ^ (bit_cast_to(self.swapped.q.val(), 43) << 18)
            ^ (bit_cast_to(bit_cast_bool(self.late_flag.q.val() & self.on.q.val()), 43) << 27)
            ^ (bit_cast_to(self.folded[0].q.val(), 43) << 30)
            ^ (bit_cast_to(self.folded[1].q.val(), 43) << 35);

        comment!("Tables");
        self.lookup.input.next = bit_cast_slice(self.b.val(), 0, 3);
        self.rom.read_address.next = bit_cast_slice(self.b.val(), 0, 4);
        self.wide.next = self.rom.read_data.val() ^ self.huge.val();
        self.chosen.index.next = bit_cast_slice(self.b.val(), 6, 2);
        self.chosen.choice[0].next = self.a.val();
        self.chosen.choice[1].next = self.c.val();
        self.chosen.choice[2].next = self.hold.q.val();
        self.looked.next = bit_cast_to(self.lookup.output[0].val(), 42)
            ^ (bit_cast_to(bit_cast_unsigned(self.lookup.output[1].val()), 42) << 4)
            ^ (bit_cast_to(bit_cast_unsigned(self.scaled.output.val()), 42) << 10)
            ^ (bit_cast_to(self.scaled_down.output.val(), 42) << 22)
            ^ (bit_cast_to(bit_cast_unsigned(self.chosen.output.val()), 42) << 32);
    }
}
