//! A way past the sender for the TICK of a step without spikes.

use hdl::prelude::*;
use crate::plan::CorePlan;

/// Sends TICK at once where nothing of the step or of those before waits in the sender: a silent step then costs its scan
/// and no way through FIFO and serialiser, which a recurrent layer would wait for.
///
/// TICKs in the sender are counted; where there is none, no spike of an earlier step is in it either. A TICK that waits
/// here is older than all that comes into the sender meanwhile, and goes first.
#[derive(Clone, Debug, LogicBlock)]
pub struct QuickTick {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub spikes: Sig<In>,
    pub end_step: Signal<In, Bit>,
    pub end_sample: Signal<In, Bit>,
    pub sender_takes: Signal<Out, Bit>,
    pub sender_valid: Signal<In, Bit>,
    pub sender_ready: Signal<Out, Bit>,
    pub sender_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    kind_spike: Const,
    tick: Const,
    tick_last: Const,
    one: Const,
    none: Const,

    silent: Flag,
    silent_now: Signal<Local, Bit>,
    ticks: ResetRegister,
    alone: Signal<Local, Bit>,
    quick: Signal<Local, Bit>,
    enters: Signal<Local, Bit>,
    sender_kind: Sig<Local>,
    leaves: Signal<Local, Bit>,
    waiting: Flag,
    last: BitRegister,

    _kind_low: u32,
}

impl QuickTick {
    pub fn new(core: &CorePlan) -> Self {
        let data = u(core.output.width());
        let kind_low = core.output.field_bits();
        // Each TICK in the sender stands in an entry of its FIFO or in one of the few registers behind.
        let count = u(index_width(core.fifo_depth + 12));
        QuickTick {
            doc: Doc::new(format!("{}_quick_tick", core.name), "TICK of a silent step goes past the sender.")
                .rust("rtl::cores::table::quick_tick::QuickTick")
                .golden("none: order and timing do not change results")
                .latency("one cycle from a step's last scanned word to its TICK")
                .port("in_valid", "a scanned word's spikes")
                .port("end_step", "last word of the step")
                .port("end_sample", "with end_step: TICK_LAST")
                .port("sender_takes", "the word is for the sender")
                .port("sender_data", "what the sender sends")
                .port("out_data", "{kind, c, y, x}, see docs/link.md"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            spikes: Sig::new(u(core.banks() as u32)),
            end_step: Default::default(),
            end_sample: Default::default(),
            sender_takes: Default::default(),
            sender_valid: Default::default(),
            sender_ready: Default::default(),
            sender_data: Sig::new(data),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(data),

            kind_spike: Const::new(u(2), 0),
            tick: Const::new(data, 1i64 << kind_low),
            tick_last: Const::new(data, 2i64 << kind_low),
            one: Const::new(count, 1),
            none: Const::new(count, 0),

            silent: Flag::set(),
            silent_now: Default::default(),
            ticks: ResetRegister::new(count, 0),
            alone: Default::default(),
            quick: Default::default(),
            enters: Default::default(),
            sender_kind: Sig::new(u(2)),
            leaves: Default::default(),
            waiting: Flag::new(),
            last: BitRegister::new(),

            _kind_low: kind_low,
        }
    }
}

impl Logic for QuickTick {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, silent, ticks, waiting, last);
        self.silent.reset.next = self.reset.val();
        self.ticks.reset.next = self.reset.val();
        self.waiting.reset.next = self.reset.val();

        comment!("Has the step no spike, and is all before it gone?");
        self.silent_now.next = self.silent.q.val() & !self.spikes.val().any();
        self.silent.d.next = self.silent.q.val();
        if self.in_valid.val() {
            self.silent.d.next = self.silent_now.val() | self.end_step.val();
        }
        self.alone.next = (self.ticks.q.val() == self.none.val()) & !self.waiting.q.val();
        self.quick.next = self.in_valid.val() & self.end_step.val() & self.silent_now.val() & self.alone.val();
        self.sender_takes.next = self.in_valid.val() & !self.quick.val();

        comment!("TICKs in the sender");
        self.enters.next = self.in_valid.val() & self.end_step.val() & !self.quick.val();
        self.sender_kind.next = bit_cast_slice(self.sender_data.val(), self._kind_low, 2);
        self.leaves.next = self.sender_valid.val()
            & self.out_ready.val()
            & !self.waiting.q.val()
            & (self.sender_kind.val() != self.kind_spike.val());
        self.ticks.d.next = self.ticks.q.val();
        if self.enters.val() & !self.leaves.val() {
            self.ticks.d.next = self.ticks.q.val() + self.one.val();
        } else if self.leaves.val() & !self.enters.val() {
            self.ticks.d.next = self.ticks.q.val() - self.one.val();
        }

        comment!("The link: the quick TICK first");
        self.waiting.d.next = self.quick.val() | (self.waiting.q.val() & !self.out_ready.val());
        self.last.d.next = self.last.q.val();
        if self.quick.val() {
            self.last.d.next = self.end_sample.val();
        }
        self.sender_ready.next = self.out_ready.val() & !self.waiting.q.val();
        self.out_valid.next = self.waiting.q.val() | self.sender_valid.val();
        self.out_data.next = self.sender_data.val();
        if self.waiting.q.val() {
            self.out_data.next = self.tick.val();
            if self.last.q.val() {
                self.out_data.next = self.tick_last.val();
            }
        }
    }
}
