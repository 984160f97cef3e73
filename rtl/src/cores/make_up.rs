//! Lazy leak: what is left of a word's states when an event reaches it, in front of the adders.

use net::{Leak, Rounding};

use hdl::prelude::*;
use crate::plan::{lazy, CorePlan};

/// A word from memory, with the decay of the steps that it missed: `V - (V a_e >>> 12)`, e by the word's stamp, for all of its
/// lanes. Four registers: the word, the factor, the product, what is left. A word of this step has nothing to make up for;
/// sums that are still on their way to memory take its place where it passes.
///
/// Cycles are those of the bank: the memory gives its word in cycle 1. Parts that only close operations need are `Vec`s of
/// length 0 or 1.
#[derive(Clone, Debug, LogicBlock)]
pub struct MakeUp {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub stored: Sig<In>,
    pub now: Sig<In>,
    pub sums: Sig<In>,
    pub hit_6: Vec<Signal<In, Bit>>,
    pub hit_5: Vec<Signal<In, Bit>>,
    pub hit_4: Vec<Signal<In, Bit>>,
    pub hit_3: Vec<Signal<In, Bit>>,
    pub hit_2: Vec<Signal<In, Bit>>,
    pub states: Sig<Out>,
    pub touched: Signal<Out, Bit>,
    pub old: Signal<Out, Bit>,

    round_up: Vec<Const>,
    nothing: Const,
    no_decay: Const,

    fields: Split,
    one_before: Vec<Register>,
    fetched: Register,
    stamp: Register,
    hit_early: BitRegister,
    missed: Sig<Local>,
    ages: Table,
    factor: Register,
    factor_wide: Sig<Local>,
    aged: Register,
    aged_lanes: Split,
    touched_1: BitRegister,
    old_1: BitRegister,
    lane_wide: Vec<Sig<Local>>,
    product: Vec<Register>,
    kept: Register,
    kept_lanes: Split,
    touched_2: BitRegister,
    rounded: Vec<Sig<Local>>,
    shifted: Vec<Sig<Local>>,
    decay: Vec<Sig<Local>>,
    left: Vec<Sig<Local>>,
    left_word: Join,
    result: Register,
    touched_3: BitRegister,

    _lanes: usize,
    _toward_zero: usize,
    _hit_6: usize,
    _hit_5: usize,
    _hit_4: usize,
    _hit_3: usize,
    _hit_2: usize,
    _shift: u32,
}

impl MakeUp {
    /// For a core with lazy leak.
    pub fn new(core: &CorePlan) -> Self {
        let stamps = core.stamps().expect("a core with lazy leak");
        let factors = lazy::factors(&core.layer).expect("a core with lazy leak");
        let bits = core.layer.neuron.membrane.bits;
        let (word, stamp, lanes) = (u(core.word_bits()), u(stamps.bits), core.lanes);
        let (state, factor) = (s(bits), s(net::lazy::BITS + 2));
        let wide = s(bits + net::lazy::BITS + 2);
        let toward_zero = matches!(core.layer.neuron.leak, Leak::Decay { rounding: Rounding::TowardZero, .. });
        let forward = core.forward_distances();
        let hit = |distance: u32| usize::from(forward.contains(&distance));
        let ports = |distance: u32| vec![Default::default(); hit(distance)];
        let hits = [2, 3, 4, 5, 6].map(hit);
        MakeUp {
            doc: make_up_doc(core, &factors),
            clock: Default::default(),
            stored: Sig::new(u(core.memory_bits())),
            now: Sig::new(stamp),
            sums: Sig::new(word),
            hit_6: ports(6),
            hit_5: ports(5),
            hit_4: ports(4),
            hit_3: ports(3),
            hit_2: ports(2),
            states: Sig::new(word),
            touched: Default::default(),
            old: Default::default(),

            round_up: vec![Const::new(wide, (1i64 << net::lazy::BITS) - 1); usize::from(toward_zero)],
            nothing: Const::new(state, 0),
            no_decay: Const::new(wide, 0),

            fields: Split::of(&[word, stamp]),
            one_before: Register::several(hit(6), word),
            fetched: Register::new(word),
            stamp: Register::new(stamp),
            hit_early: BitRegister::new(),
            missed: Sig::new(stamp),
            ages: ages(core, &factors),
            factor: Register::new(factor),
            factor_wide: Sig::new(wide),
            aged: Register::new(word),
            aged_lanes: Split::new(word.width, state, lanes),
            touched_1: BitRegister::new(),
            old_1: BitRegister::new(),
            lane_wide: Sig::several(lanes, wide),
            product: Register::several(lanes, wide),
            kept: Register::new(word),
            kept_lanes: Split::new(word.width, state, lanes),
            touched_2: BitRegister::new(),
            rounded: Sig::several(lanes, wide),
            shifted: Sig::several(lanes, wide),
            decay: Sig::several(lanes, state),
            left: Sig::several(lanes, state),
            left_word: Join::new(state, lanes),
            result: Register::new(word),
            touched_3: BitRegister::new(),

            _lanes: lanes,
            _toward_zero: usize::from(toward_zero),
            _hit_6: hits[4],
            _hit_5: hits[3],
            _hit_4: hits[2],
            _hit_3: hits[1],
            _hit_2: hits[0],
            _shift: net::lazy::BITS,
        }
    }
}

fn make_up_doc(core: &CorePlan, factors: &[i64]) -> Doc {
    let distances: Vec<String> = core.forward_distances().iter().map(u32::to_string).collect();
    Doc::new(format!("{}_make_up", core.name), "Lazy leak: a word's states, less what they missed to leak.")
        .line("states = V - ((V * a_e) >>> 12) for each lane, e the steps that the word missed; V if it missed none.")
        .line(format!("a_e is the table's factor; from e = {} on nothing is left.", factors.len() - 1))
        .rust("rtl::cores::make_up::MakeUp")
        .golden("golden::neuron::make_up")
        .fact("Forwarding", match distances.is_empty() {
            true => "none needed".to_string(),
            false => format!("operations {} cycle(s) apart on one word", distances.join(", ")),
        })
        .latency("four cycles; one word per cycle")
        .port("stored", "from memory: {stamp, states} (cycle 1)")
        .port("now", "stamp of the step under way (cycle 2)")
        .port("sums", "of the operation whose sums are written in this cycle")
        .port("hit_6", "the word's sums were written in the cycle before (cycle 1)")
        .port("hit_5", "the word's sums are written now (cycle 1)")
        .port("hit_4", "the same (cycle 2)")
        .port("hit_3", "the same (cycle 3)")
        .port("hit_2", "the same (cycle 4)")
        .port("states", "lane 0 lowest (cycle 5)")
        .port("touched", "an event of this step has reached the word (cycle 5)")
        .port("old", "the memory's word has missed so much that nothing is left (cycle 3)")
}

/// `<core>_ages`: by now - stamp - 1, modulo the stamps, what that means.
fn ages(core: &CorePlan, factors: &[i64]) -> Table {
    let stamps = core.stamps().expect("a core with lazy leak");
    let columns = [("factor", s(net::lazy::BITS + 2)), ("old", u(1)), ("touched", u(1))];
    let touched = (1usize << stamps.bits) - 1;
    let row = |age: usize| match age {
        _ if age == touched => vec![0, 0, 1],
        _ => vec![factors[age.min(stamps.old)] as u64, u64::from(age >= stamps.old), 0],
    };
    Table::new(format!("{}_ages", core.name), stamps.bits, &columns, (0..=touched).map(row).collect(), vec![]).documented(|doc| {
        doc.line("By the steps that a word missed; the last row is a word of the step under way.")
            .rust("rtl::cores::make_up::ages")
            .port("input", "now - stamp - 1")
            .port("factor", "a_e, in units of 2^-12")
            .port("old", "nothing is left")
            .port("touched", "an event of this step has reached the word")
    })
}

impl Logic for MakeUp {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, fetched, stamp, hit_early, factor, aged, touched_1, old_1, kept, touched_2, result, touched_3);
        comment!("Cycle 1: the memory's word, or sums that were on their way to it");
        self.fields.input.next = self.stored.val();
        self.fetched.d.next = self.fields.part[0].val();
        self.stamp.d.next = self.fields.part[1].val();
        self.hit_early.d.next = false;
        for i in 0..self._hit_6 {
            self.one_before[i].clock.next = self.clock.val();
            self.one_before[i].d.next = self.sums.val();
            if self.hit_6[i].val() {
                self.fetched.d.next = self.one_before[i].q.val();
                self.hit_early.d.next = true;
            }
        }
        for i in 0..self._hit_5 {
            if self.hit_5[i].val() {
                self.fetched.d.next = self.sums.val();
                self.hit_early.d.next = true;
            }
        }

        comment!("Cycle 2: how much goes");
        self.missed.next = self.now.val() + !self.stamp.q.val();
        self.ages.input.next = self.missed.val();
        self.factor.d.next = self.ages.output[0].val();
        self.old_1.d.next = self.ages.output[1].val().any();
        self.touched_1.d.next = self.ages.output[2].val().any() | self.hit_early.q.val();
        self.aged.d.next = self.fetched.q.val();
        for i in 0..self._hit_4 {
            if self.hit_4[i].val() {
                self.aged.d.next = self.sums.val();
                self.touched_1.d.next = true;
            }
        }

        comment!("Cycle 3: multiply");
        self.old.next = self.old_1.q.val();
        self.aged_lanes.input.next = self.aged.q.val();
        self.factor_wide.next = signed_cast_to(self.factor.q.val(), self.factor_wide.shape().width);
        for i in 0..self._lanes {
            self.lane_wide[i].next = signed_cast_to(self.aged_lanes.part[i].val(), self.factor_wide.shape().width);
            self.product[i].clock.next = self.clock.val();
            self.product[i].d.next = self.lane_wide[i].val() * self.factor_wide.val();
        }
        self.kept.d.next = self.aged.q.val();
        self.touched_2.d.next = self.touched_1.q.val();
        for i in 0..self._hit_3 {
            if self.hit_3[i].val() {
                self.kept.d.next = self.sums.val();
                self.touched_2.d.next = true;
            }
        }

        comment!("Cycle 4: round and subtract");
        self.kept_lanes.input.next = self.kept.q.val();
        for i in 0..self._lanes {
            self.rounded[i].next = self.product[i].q.val();
            for k in 0..self._toward_zero {
                if self.kept_lanes.part[i].val() >= self.nothing.val() {
                    self.rounded[i].next = self.product[i].q.val() + self.round_up[k].val();
                }
            }
            self.shifted[i].next = self.rounded[i].val() >> bits_number(self._shift);
            if self.touched_2.q.val() {
                self.shifted[i].next = self.no_decay.val();
            }
            self.decay[i].next = signed_cast_to(self.shifted[i].val(), self.nothing.val().shape().width);
            self.left[i].next = self.kept_lanes.part[i].val() - self.decay[i].val();
            self.left_word.part[i].next = self.left[i].val();
        }
        self.result.d.next = self.left_word.output.val();
        self.touched_3.d.next = self.touched_2.q.val();
        for i in 0..self._hit_2 {
            if self.hit_2[i].val() {
                self.result.d.next = self.sums.val();
                self.touched_3.d.next = true;
            }
        }

        comment!("Cycle 5: at the adders");
        self.states.next = self.result.q.val();
        self.touched.next = self.touched_3.q.val();
    }
}
