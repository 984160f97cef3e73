//! An edge that leads back: what is sent in a step is heard in the next.

use hdl::prelude::*;
use crate::plan::wiring::Edge;

/// FIFO that begins with one TICK, so that its reader is always one step behind its writer.
///
/// The TICK_LAST that ends a sample stands for the first TICK of the next one; the spikes of a sample's last step are
/// dropped, as nothing hears them.
#[derive(Clone, Debug, LogicBlock)]
pub struct Feedback {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub step_ends: Signal<In, Bit>,
    pub sample_ends: Signal<In, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    kind_tick: Const,
    kind_tick_last: Const,
    one: Const,
    front: ResetRegister,
    front_valid: Flag,
    first_step: Flag,
    fifo: Fifo,
    stored: ResetRegister,
    kind: Sig<Local>,
    tick_here: Signal<Local, Bit>,
    dropped: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    empty: Signal<Local, Bit>,
    direct: Signal<Local, Bit>,
    pushed: Signal<Local, Bit>,
    popped: Signal<Local, Bit>,

    _kind_low: u32,
}

impl Feedback {
    pub fn new(edge: &Edge) -> Self {
        let (width, kind_low) = (edge.format.width(), edge.format.field_bits());
        let depth = edge.buffer;
        let count = u(index_width(depth + 3));
        Feedback {
            doc: Doc::new(format!("feedback_{depth}x{width}"), "An edge that leads back: what is sent in a step is heard in the next.")
                .line(format!(
                    "Room for all {depth} spikes that one step may bring and two TICKs, so that the sender can always end its step."
                ))
                .line("Begins with one TICK. The TICK_LAST of a sample stands for the first TICK of the next; the spikes \
                       before it are dropped.")
                .rust("rtl::graph::feedback::Feedback")
                .golden("golden::Engine (a source with delay 1)")
                .latency("one cycle when empty, then one word per cycle; four cycles through the memory")
                .port("in_ready", "from a register")
                .port("step_ends", "the reader takes the TICK of its step")
                .port("sample_ends", "with step_ends: it is a TICK_LAST")
                .port("out_data", "from a register; held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            step_ends: Default::default(),
            sample_ends: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            one: Const::new(count, 1),
            front: ResetRegister::new(u(width), 1i128 << kind_low),
            front_valid: Flag::set(),
            first_step: Flag::set(),
            fifo: Fifo::new(depth, width),
            stored: ResetRegister::new(count, 0),
            kind: Sig::new(u(2)),
            tick_here: Default::default(),
            dropped: Default::default(),
            free: Default::default(),
            empty: Default::default(),
            direct: Default::default(),
            pushed: Default::default(),
            popped: Default::default(),
            _kind_low: kind_low,
        }
    }
}

impl Logic for Feedback {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, front, front_valid, first_step, fifo, stored);
        self.front.reset.next = self.reset.val();
        self.front_valid.reset.next = self.reset.val();
        self.first_step.reset.next = self.reset.val();
        self.fifo.reset.next = self.reset.val();
        self.stored.reset.next = self.reset.val();

        comment!("The word in front: in the first step of a sample nothing is heard, and a TICK_LAST counts as a TICK");
        self.kind.next = bit_cast_slice(self.front.q.val(), self._kind_low, 2);
        self.tick_here.next = (self.kind.val() == self.kind_tick.val()) | (self.kind.val() == self.kind_tick_last.val());
        self.dropped.next = self.first_step.q.val() & !self.tick_here.val();
        self.out_valid.next = self.front_valid.q.val() & !self.dropped.val();
        self.out_data.next = self.front.q.val();
        self.first_step.d.next = self.first_step.q.val();
        if self.step_ends.val() {
            self.first_step.d.next = self.sample_ends.val();
        }

        comment!("The next one comes from the FIFO, or from the sender if the FIFO is empty");
        self.free.next = !self.front_valid.q.val() | self.dropped.val() | self.out_ready.val();
        self.empty.next = !self.stored.q.val().any();
        self.direct.next = self.free.val() & self.empty.val();
        self.in_ready.next = self.fifo.in_ready.val();
        self.fifo.in_valid.next = self.in_valid.val() & !self.direct.val();
        self.fifo.in_data.next = self.in_data.val();
        self.fifo.out_ready.next = self.free.val();
        self.front.d.next = self.front.q.val();
        self.front_valid.d.next = self.front_valid.q.val();
        if self.free.val() {
            self.front.d.next = self.fifo.out_data.val();
            self.front_valid.d.next = self.fifo.out_valid.val();
            if self.empty.val() {
                self.front.d.next = self.in_data.val();
                self.front_valid.d.next = self.in_valid.val() & self.fifo.in_ready.val();
            }
        }

        comment!("Words in the FIFO");
        self.pushed.next = self.in_valid.val() & self.fifo.in_ready.val() & !self.direct.val();
        self.popped.next = self.fifo.out_valid.val() & self.free.val();
        self.stored.d.next = self.stored.q.val();
        if self.pushed.val() & !self.popped.val() {
            self.stored.d.next = self.stored.q.val() + self.one.val();
        } else if self.popped.val() & !self.pushed.val() {
            self.stored.d.next = self.stored.q.val() - self.one.val();
        }
    }
}
