//! A core on the ring: what passes its links is counted, and can be read.

use super::map::{CORE_WORDS, StationPlan};
use super::packet::{CONTROL_BITS, DATA_BITS};
use crate::cores::block::CoreBlock;
use hdl::prelude::*;
use crate::plan::pipeline::Pipeline;
use crate::plan::CorePlan;

/// A core with its counters, in place of the core. Its links are those of the core, without a cycle more.
///
/// What happens in a cycle is registered and counted in the next: the counters are two cycles behind the links (SOPs five). All
/// wrap. They stand while `count` is low and do not follow the network's reset.
#[derive(Clone, Debug, LogicBlock)]
pub struct Station {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub step_done: Vec<Signal<Out, Bit>>,
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,

    kind_spike: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    kind_value: Const,
    core: CoreBlock,

    heard_control: BitSplit,
    counting: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    sent: Signal<Local, Bit>,
    in_kind: Sig<Local>,
    out_kind: Sig<Local>,
    tick_taken: Signal<Local, Bit>,
    tick_sent: Signal<Local, Bit>,
    open: Flag,
    one_step: Const,
    steps_inside: ResetRegister,
    happens: Vec<Signal<Local, Bit>>,
    happened: Vec<Flag>,
    empties: Signal<Local, Bit>,
    one: Const,
    counter: Vec<ResetRegister>,
    no_sops: Const,
    new_sops: ResetRegister,
    sops: ResetRegister,

    base: Const,
    held: Register,
    held_parts: Split,
    held_valid: Flag,
    arriving: Split,
    address: Sig<Local>,
    row: Sig<Local>,
    mine: Signal<Local, Bit>,
    word: Select,
    answer: Join,
    leaves: Signal<Local, Bit>,
    waits: Vec<Flag>,
    region: Vec<Const>,
    region_parts: Vec<Split>,
    region_of: Vec<Sig<Local>>,
    memory_address: Vec<Sig<Local>>,
    in_memory: Vec<Signal<Local, Bit>>,

    _counters: usize,
    _on_fabric: usize,
    _in_kind: u32,
    _out_kind: u32,
    _row_bits: u32,
    _above_bits: u32,
    _loads: usize,
    _no_load: usize,
    _waits: usize,
    _last_wait: usize,
}

/// Steps that a core may hold: more than its queue has entries.
const STEP_BITS: u32 = 18;

impl Station {
    pub fn new(plan: &CorePlan, place: StationPlan) -> Self {
        let ring = place.ring;
        let data = u(DATA_BITS);
        let row_bits = CORE_WORDS.trailing_zeros();
        let above = u(ring.address_bits - row_bits);
        let core = CoreBlock::machine(plan);
        let sops = core.sops[0].shape();
        let memory = plan.memory_map();
        let loads = memory.iter().count();
        let memory_bits = memory.map_or(0, |map| map.bits());
        // An address register or two, the memory's two.
        let waits = loads * (4 + Pipeline::of(plan).weights_wait as usize);
        // All but the SOPs, which are more than one in a cycle.
        let counters = CORE_WORDS as usize - 1;
        Station {
            doc: Doc::new(format!("{}_station", plan.name), format!("Layer {:?} on the ring of registers: the core, and what it counts.", plan.layer.name))
                .line("Registers: docs/config.md of spikewright, or registers.json of this folder.")
                .rust("rtl::config::Station")
                .latency(format!("none on the links; {} on the ring", several(1 + waits, "cycle")))
                .port("in_data", "{kind, c, y, x}, see docs/link.md")
                .port("bus_in", "{valid, failed, answered, write, address, data} from the core before, or the hub")
                .port("bus_out", "the same to the next core, or the hub")
                .port("bus_control", "{count, clear, reset}"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(plan.input.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(plan.output.width())),
            step_done: vec![Default::default(); usize::from(plan.on_fabric)],
            bus_in: Sig::several(1, u(ring.width())),
            bus_out: Sig::several(1, u(ring.width())),
            bus_control: Sig::several(1, u(CONTROL_BITS)),

            kind_spike: Const::new(u(2), 0),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            kind_value: Const::new(u(2), 3),
            core,

            heard_control: BitSplit::new(CONTROL_BITS),
            counting: Default::default(),
            taken: Default::default(),
            sent: Default::default(),
            in_kind: Sig::new(u(2)),
            out_kind: Sig::new(u(2)),
            tick_taken: Default::default(),
            tick_sent: Default::default(),
            open: Flag::new(),
            one_step: Const::new(u(STEP_BITS), 1),
            steps_inside: ResetRegister::new(u(STEP_BITS), 0),
            happens: vec![Default::default(); counters],
            happened: vec![Flag::new(); counters],
            empties: Default::default(),
            one: Const::new(data, 1),
            counter: vec![ResetRegister::new(data, 0); counters],
            no_sops: Const::new(sops, 0),
            new_sops: ResetRegister::new(sops, 0),
            sops: ResetRegister::new(data, 0),

            base: Const::new(above, place.base >> row_bits),
            held: Register::new(u(ring.width())),
            held_parts: Split::of(&ring.parts()),
            held_valid: Flag::new(),
            arriving: Split::of(&ring.parts()),
            address: Sig::new(u(ring.address_bits)),
            row: Sig::new(u(row_bits)),
            mine: Default::default(),
            word: Select::new(row_bits, data, CORE_WORDS as usize),
            answer: Join::of(&ring.parts()),
            leaves: Default::default(),
            waits: vec![Flag::new(); waits],
            region: place.memory.iter().map(|base| Const::new(u(ring.address_bits - memory_bits), base >> memory_bits)).collect(),
            region_parts: vec![Split::of(&[u(memory_bits.max(1)), u((ring.address_bits - memory_bits).max(1))]); loads],
            region_of: Sig::several(loads, u((ring.address_bits - memory_bits).max(1))),
            memory_address: Sig::several(loads, u(memory_bits.max(1))),
            in_memory: vec![Default::default(); loads],

            _counters: counters,
            _on_fabric: usize::from(plan.on_fabric),
            _in_kind: plan.input.width() - 2,
            _out_kind: plan.output.width() - 2,
            _row_bits: row_bits,
            _above_bits: above.width,
            _loads: loads,
            _no_load: 1 - loads,
            _waits: waits.saturating_sub(1),
            _last_wait: waits.saturating_sub(1),
        }
    }
}

impl Logic for Station {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, core, open, steps_inside, new_sops, sops, held, held_valid);
        comment!("The core");
        self.core.reset.next = self.reset.val();
        self.core.in_valid.next = self.in_valid.val();
        self.core.in_data.next = self.in_data.val();
        self.in_ready.next = self.core.in_ready.val();
        self.core.out_ready.next = self.out_ready.val();
        self.out_valid.next = self.core.out_valid.val();
        self.out_data.next = self.core.out_data.val();
        for i in 0..self._on_fabric {
            self.step_done[i].next = self.core.step_done[i].val();
        }

        comment!("What happens on its links in this cycle");
        self.heard_control.input.next = self.bus_control[0].val();
        self.counting.next = self.heard_control.bit[2].val() & !self.reset.val();
        self.empties.next = self.heard_control.bit[0].val() | self.heard_control.bit[1].val();
        self.taken.next = self.in_valid.val() & self.core.in_ready.val();
        self.sent.next = self.core.out_valid.val() & self.out_ready.val();
        self.in_kind.next = bit_cast_slice(self.in_data.val(), self._in_kind, 2);
        self.out_kind.next = bit_cast_slice(self.out_data.val(), self._out_kind, 2);
        self.tick_taken.next = self.taken.val() & ((self.in_kind.val() == self.kind_tick.val()) | (self.in_kind.val() == self.kind_tick_last.val()));
        self.tick_sent.next = self.sent.val() & ((self.out_kind.val() == self.kind_tick.val()) | (self.out_kind.val() == self.kind_tick_last.val()));
        self.happens[0].next = self.taken.val() & (self.in_kind.val() == self.kind_spike.val());
        self.happens[1].next = self.sent.val() & ((self.out_kind.val() == self.kind_spike.val()) | (self.out_kind.val() == self.kind_value.val()));
        self.happens[2].next = self.tick_sent.val();
        self.happens[3].next = self.sent.val() & (self.out_kind.val() == self.kind_tick_last.val());
        self.happens[5].next = self.in_valid.val() & !self.core.in_ready.val();
        self.happens[6].next = self.core.out_valid.val() & !self.out_ready.val();

        comment!("Busy: a step has begun, or its TICK has been taken and not yet been handed over");
        self.open.reset.next = self.reset.val();
        self.open.d.next = self.open.q.val();
        if self.taken.val() {
            self.open.d.next = !self.tick_taken.val();
        }
        self.steps_inside.reset.next = self.reset.val();
        self.steps_inside.d.next = self.steps_inside.q.val();
        if self.tick_taken.val() & !self.tick_sent.val() {
            self.steps_inside.d.next = self.steps_inside.q.val() + self.one_step.val();
        }
        if self.tick_sent.val() & !self.tick_taken.val() {
            self.steps_inside.d.next = self.steps_inside.q.val() - self.one_step.val();
        }
        self.happens[4].next = self.open.q.val() | self.steps_inside.q.val().any();

        comment!("Counters");
        for i in 0..self._counters {
            self.happened[i].clock.next = self.clock.val();
            self.happened[i].reset.next = self.empties.val();
            self.happened[i].d.next = self.happens[i].val() & self.counting.val();
            self.counter[i].clock.next = self.clock.val();
            self.counter[i].reset.next = self.empties.val();
            self.counter[i].d.next = self.counter[i].q.val();
            if self.happened[i].q.val() {
                self.counter[i].d.next = self.counter[i].q.val() + self.one.val();
            }
            self.word.choice[i].next = self.counter[i].q.val();
        }
        self.new_sops.reset.next = self.empties.val();
        self.new_sops.d.next = self.no_sops.val();
        if self.counting.val() {
            self.new_sops.d.next = self.core.sops[0].val();
        }
        self.sops.reset.next = self.empties.val();
        self.sops.d.next = self.sops.q.val() + unsigned_cast_to(self.new_sops.q.val(), self.sops.q.shape().width);
        for i in self._counters..(self._counters + 1) {
            self.word.choice[i].next = self.sops.q.val();
        }

        comment!("The ring: a packet waits here for one cycle; if it asks for a register of this core it takes its value along");
        self.arriving.input.next = self.bus_in[0].val();
        for _i in 0..self._no_load {
            self.held.d.next = self.bus_in[0].val();
        }
        for _i in 0..self._loads {
            self.held.d.next = self.held.q.val();
            if self.arriving.part[5].val().any() {
                self.held.d.next = self.bus_in[0].val();
            }
        }
        self.held_valid.reset.next = self.heard_control.bit[0].val();
        self.held_valid.d.next = self.arriving.part[5].val().any();
        self.held_parts.input.next = self.held.q.val();
        self.address.next = self.held_parts.part[1].val();
        self.row.next = bit_cast_slice(self.address.val(), 0, self._row_bits);
        for i in 0..self._loads {
            self.region_of[i].next = self.region_parts[i].part[1].val();
            self.memory_address[i].next = self.region_parts[i].part[0].val();
            self.region_parts[i].input.next = self.address.val();
        }
        for i in 0..self._loads {
            self.core.load_address[i].next = self.memory_address[i].val();
            self.in_memory[i].next = (self.region_of[i].val() == self.region[i].val()) & self.reset.val() & self.core.load_exists[i].val();
        }
        self.mine.next = bit_cast_slice(self.address.val(), self._row_bits, self._above_bits) == self.base.val();
        self.word.index.next = self.row.val();
        self.answer.part[0].next = self.held_parts.part[0].val();
        if self.mine.val() {
            self.answer.part[0].next = self.word.output.val();
        }
        for i in 0..self._loads {
            if self.in_memory[i].val() {
                self.answer.part[0].next = self.core.load_read[i].val();
            }
        }
        self.answer.part[1].next = self.address.val();
        self.answer.part[2].next = self.held_parts.part[2].val();
        self.answer.part[3].next = self.held_parts.part[3].val() | bit_cast_bool(self.mine.val());
        for i in 0..self._loads {
            if self.in_memory[i].val() {
                self.answer.part[3].next = bit_cast_bool(true);
            }
        }
        self.answer.part[4].next = self.held_parts.part[4].val();
        if self.mine.val() {
            self.answer.part[4].next = self.held_parts.part[2].val();
        }
        for _i in 0..self._no_load {
            self.leaves.next = self.held_valid.q.val();
        }
        for i in 0..self._loads {
            comment!("Memories: while the network is in reset they are written in the packet's first cycle here, and read behind it");
            self.core.load_write[i].next = self.held_valid.q.val() & self.in_memory[i].val() & self.held_parts.part[2].val().any();
            self.core.load_data[i].next = self.held_parts.part[0].val();
            for k in 0..self._waits {
                self.waits[k + 1].clock.next = self.clock.val();
                self.waits[k + 1].reset.next = self.heard_control.bit[0].val();
                self.waits[k + 1].d.next = self.waits[k].q.val();
            }
            self.waits[0].clock.next = self.clock.val();
            self.waits[0].reset.next = self.heard_control.bit[0].val();
            self.waits[0].d.next = self.held_valid.q.val();
            for k in self._last_wait..(self._last_wait + 1) {
                self.leaves.next = self.waits[k].q.val();
            }
        }
        self.answer.part[5].next = bit_cast_bool(self.leaves.val());
        self.bus_out[0].next = self.answer.output.val();
    }
}
