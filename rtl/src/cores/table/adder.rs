//! One adder of the synapses: read, add, write, a synapse per cycle.

use hdl::prelude::*;
use crate::plan::table::{SlotLayout, TableFold};
use crate::plan::CorePlan;

/// Adds weights to the membranes of its banks, one synapse per cycle. A synapse comes in cycle 0, in which the banks are
/// given its word; their states come one cycle later (two, where the fold is `late`), the sum is written two cycles behind
/// that. A synapse on a neuron whose sum is on its way takes it from the pipeline (`same`), where synapses can come that
/// close.
#[derive(Clone, Debug, LogicBlock)]
pub struct TableAdder {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub valid: Signal<In, Bit>,
    pub bank: Sig<In>,
    pub word: Sig<In>,
    pub weight: Sig<In>,
    pub states: Vec<Sig<In>>,
    pub write: Vec<Signal<Out, Bit>>,
    pub write_word: Sig<Out>,
    pub write_state: Sig<Out>,

    bank_number: Vec<Const>,
    // Oldest first: the last stage writes.
    valid_at: Vec<Flag>,
    bank_at: Vec<Register>,
    word_at: Vec<Register>,
    weight_late: Delay,
    same: Vec<BitDelay>,
    choose: Select,
    fetched: Register,
    past: Vec<Register>,
    state: Sig<Local>,
    state_parts: Split,
    total: Sig<Local>,
    sum: Register,
    spiked: Vec<Register>,
    summed: Join,
    writing: Vec<Flag>,

    _banks: usize,
    _stages: usize,
    _chain: usize,
    _youngest: usize,
    _past: usize,
    _past_chain: usize,
    _past_last: usize,
    _past_end: usize,
    _far: usize,
    _near: usize,
    _near_at: usize,
    _spiked: usize,
    _choice_at: usize,
    _choice_end: usize,
    _write_from: usize,
    _write_from_end: usize,
    _fraction: u32,
}

impl TableAdder {
    pub fn new(core: &CorePlan, fold: &TableFold, layout: &SlotLayout) -> Self {
        let membrane = s(core.layer.neuron.membrane.bits);
        let state = u(core.state_bits());
        let banks = fold.banks_per_adder();
        let stages = fold.read_to_write() as usize;
        // Cycles between two synapses at which the later one takes the earlier one's sum.
        let distances = core.forward_distances();
        let near = distances.contains(&1);
        let far = distances.iter().filter(|d| **d > 1).count();
        let past = if far > 0 { stages - 1 } else { 0 };
        let (bank, word) = (u(layout.bank_bits), u(layout.word_bits));
        let spiked = core.has_spiked_bit();
        let one = |present: bool| usize::from(present);
        let parts: Vec<Shape> = if spiked { vec![membrane, u(1)] } else { vec![membrane] };
        let list = distances.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        Self {
            doc: Doc::new(format!("{}_adder", core.name), "Adds synapses to membranes: read, add, write.")
                .rust("rtl::cores::table::adder::TableAdder")
                .golden("golden::Engine (integrate)")
                .fact("Memory", format!("{} of {}", several(banks, "bank"), several(core.words(), "neuron")))
                .fact("Forwarding", if distances.is_empty() {
                    "none needed: no row comes back to a neuron before its sum is written".to_string()
                } else {
                    format!("synapses {list} cycle(s) apart on one neuron")
                })
                .latency(format!("sum written {stages} cycles after the synapse; one synapse per cycle"))
                .port("valid", "a synapse (cycle 0)")
                .port("bank", "which of the banks (cycle 0)")
                .port("word", "word in the bank (cycle 0)")
                .port("weight", "added to the membrane (cycle 0)")
                .port("states", format!("of each bank, the state at word (cycle {})", stages - 2))
                .port("write", format!("write the sum to this bank (cycle {stages})")),
            clock: Default::default(),
            reset: Default::default(),
            valid: Default::default(),
            bank: Sig::new(bank),
            word: Sig::new(word),
            weight: Sig::new(s(layout.weight_bits)),
            states: Sig::several(banks, state),
            write: vec![Default::default(); banks],
            write_word: Sig::new(word),
            write_state: Sig::new(state),

            bank_number: (0..banks).map(|b| Const::new(bank, b as i64)).collect(),
            valid_at: vec![Flag::new(); stages],
            bank_at: Register::several(stages, bank),
            word_at: Register::several(stages, word),
            weight_late: Delay::new(s(layout.weight_bits), stages - 1),
            same: vec![BitDelay::new(stages - 1); far + one(near)],
            choose: Select::new(bank.width, state, banks),
            fetched: Register::new(state),
            past: Register::several(past, state),
            state: Sig::new(state),
            state_parts: Split::of(&parts),
            total: Sig::new(membrane),
            sum: Register::new(membrane),
            spiked: Register::several(one(spiked), u(1)),
            summed: Join::of(&parts),
            writing: vec![Flag::new(); banks],

            _banks: banks,
            _stages: stages,
            _chain: stages - 1,
            _youngest: stages - 1,
            _past: past,
            _past_chain: past.saturating_sub(1),
            _past_last: past.saturating_sub(1),
            _past_end: past,
            _far: far,
            _near: one(near),
            _near_at: far,
            _spiked: one(spiked),
            // Cycle in which the states come: stages - 2, counted from the oldest.
            _choice_at: 2,
            _choice_end: 3,
            _write_from: 1,
            _write_from_end: 2,
            _fraction: core.layer.fraction_bits,
        }
    }
}

impl Logic for TableAdder {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, weight_late, fetched, sum);

        comment!("Cycle 0: the synapse; is its neuron's sum still on its way? Distances from the farthest");
        for i in 0..self._stages {
            self.valid_at[i].clock.next = self.clock.val();
            self.valid_at[i].reset.next = self.reset.val();
            self.bank_at[i].clock.next = self.clock.val();
            self.word_at[i].clock.next = self.clock.val();
        }
        for i in 0..self._chain {
            self.valid_at[i].d.next = self.valid_at[i + 1].q.val();
            self.bank_at[i].d.next = self.bank_at[i + 1].q.val();
            self.word_at[i].d.next = self.word_at[i + 1].q.val();
        }
        for i in self._youngest..self._stages {
            self.valid_at[i].d.next = self.valid.val();
            self.bank_at[i].d.next = self.bank.val();
            self.word_at[i].d.next = self.word.val();
        }
        for i in 0..self._far {
            self.same[i].clock.next = self.clock.val();
            self.same[i].d.next = self.valid_at[i].q.val()
                & (self.bank_at[i].q.val() == self.bank.val())
                & (self.word_at[i].q.val() == self.word.val());
        }
        for _i in 0..self._near {
            for k in self._near_at..(self._near_at + 1) {
                self.same[k].clock.next = self.clock.val();
                for i in self._youngest..self._stages {
                    self.same[k].d.next = self.valid_at[i].q.val()
                        & (self.bank_at[i].q.val() == self.bank.val())
                        & (self.word_at[i].q.val() == self.word.val());
                }
            }
        }
        self.weight_late.d.next = self.weight.val();

        comment!("The state from its bank");
        for i in self._choice_at..self._choice_end {
            self.choose.index.next = self.bank_at[i].q.val();
        }
        for b in 0..self._banks {
            self.choose.choice[b].next = self.states[b].val();
        }
        self.fetched.d.next = self.choose.output.val();

        comment!("That state, or the youngest sum on its way; add");
        self.state.next = self.fetched.q.val();
        for i in 0..self._past {
            self.past[i].clock.next = self.clock.val();
        }
        for i in 0..self._past_chain {
            self.past[i].d.next = self.past[i + 1].q.val();
        }
        for i in self._past_last..self._past_end {
            self.past[i].d.next = self.summed.output.val();
        }
        for i in 0..self._far {
            if self.same[i].q.val() {
                self.state.next = self.past[i].q.val();
            }
        }
        for _i in 0..self._near {
            for k in self._near_at..(self._near_at + 1) {
                if self.same[k].q.val() {
                    self.state.next = self.summed.output.val();
                }
            }
        }
        self.state_parts.input.next = self.state.val();
        self.total.next = self.state_parts.part[0].val()
            + (signed_cast_to(self.weight_late.q.val(), self.total.shape().width) << bits_number(self._fraction));
        self.sum.d.next = self.total.val();
        self.summed.part[0].next = self.sum.q.val();
        for i in 0..self._spiked {
            self.spiked[i].clock.next = self.clock.val();
            self.spiked[i].d.next = self.state_parts.part[1].val();
            self.summed.part[1].next = self.spiked[i].q.val();
        }

        comment!("Write");
        for b in 0..self._banks {
            self.writing[b].clock.next = self.clock.val();
            self.writing[b].reset.next = self.reset.val();
            for i in self._write_from..self._write_from_end {
                self.writing[b].d.next = self.valid_at[i].q.val() & (self.bank_at[i].q.val() == self.bank_number[b].val());
            }
            self.write[b].next = self.writing[b].q.val();
        }
        self.write_word.next = self.word_at[0].q.val();
        self.write_state.next = self.summed.output.val();
    }
}
