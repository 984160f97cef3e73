//! What a core on routers hears of sources that it hears one step late. `docs/router.md`, "Edges that lead back".

use crate::fabric::Count;
use hdl::prelude::*;
use crate::link::{Kind, LinkFormat};

/// Sorts what comes into the core's steps: words of sources that lead on belong to the step in progress, those of sources that
/// lead back to the step behind the one in which they were sent.
///
/// Of each source that leads back it keeps whether its TICK for the core's step is in: at first it is (the one initial TICK of a loop).
/// Its words before that TICK go to the core; those behind it are early, and wait for the next step, which begins when the
/// core has ended its own. All TICKs end here; one is made when all are in and no early word of the step is left.
/// In a sample's first step nothing of these sources is heard: the TICK_LAST of the sample before is their first TICK.
#[derive(Clone, Debug, LogicBlock)]
pub struct Late {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub source: Sig<In>,
    pub step_done: Signal<In, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    /// Sources that lead on less one, where their number is written.
    pub most: Vec<Sig<In>>,

    number: Vec<Const>,
    from: BitJoin,
    leads_back: Signal<Local, Bit>,
    kind: Sig<Local>,
    kind_tick: Const,
    kind_tick_last: Const,
    tick: Signal<Local, Bit>,
    word: Signal<Local, Bit>,

    one: Const,
    none: Const,
    all: Vec<Const>,
    needed: Vec<Sig<Local>>,
    counted: ResetRegister,
    last: Flag,
    in_step: ResetRegister,
    in_next: ResetRegister,
    none_in: Const,
    next_in: Sig<Local>,
    first_step: Flag,

    early: Signal<Local, Bit>,
    dropped: Signal<Local, Bit>,
    direct: Signal<Local, Bit>,
    waiting: Fifo,
    one_word: Const,
    stored: ResetRegister,
    due: ResetRegister,
    stored_next: Sig<Local>,
    any_due: Signal<Local, Bit>,
    pushed: Signal<Local, Bit>,
    popped: Signal<Local, Bit>,
    complete: Signal<Local, Bit>,
    tick_kind: Sig<Local>,
    no_fields: Vec<Const>,
    tick_word: Join,

    _sources: usize,
    _kind_low: u32,
    _with_fields: usize,
    _kind_at: usize,
    _kind_end: usize,
    _fixed: usize,
    _written: usize,
}

impl Late {
    /// For a core that hears words of `heard`, of `on` sources (at least 1) that lead on and of those whose numbers `back` says.
    /// They send `depth` words in a step at most (at least 2).
    pub fn new(owner: &str, heard: LinkFormat, source_bits: u32, on: Count, back: &[usize], depth: usize) -> Self {
        assert!(on != Count::Fixed(0) && !back.is_empty(), "{owner}: sources that lead on, and back");
        let (width, kind_low) = (heard.width(), heard.field_bits());
        let (tick_bits, all, most) = match on {
            Count::Fixed(on) => (index_width(on + 1), Some(on), None),
            Count::Written { bits } => (bits + 1, None, Some(bits)),
        };
        let (ticks, sources) = (u(tick_bits), u(back.len() as u32));
        let count = u(index_width(depth + 3));
        let with_fields = usize::from(kind_low > 0);
        let parts: Vec<Shape> = (with_fields == 1).then(|| u(kind_low)).into_iter().chain([u(2)]).collect();
        Late {
            doc: Doc::new(format!("{owner}_late"), "Sorts words into the core's steps: some sources are heard one step late.")
                .line("Words of a source that leads back go to the core until its TICK for this step has come; those behind it wait for the next step, \
                       which begins with step_done.")
                .line(format!(
                    "One TICK leaves when the TICKs of {} leading on and of {} leading back are in; of the latter, the first is in at reset.",
                    on.text("source"),
                    back.len()
                ))
                .line("In a sample's first step nothing is heard of those that lead back: what the sample before has sent last is dropped.")
                .rust("rtl::graph::late::Late")
                .golden("golden::Engine (a source with delay 1)")
                .latency("none for words of this step; a TICK one cycle after the last of its causes")
                .fact("Memory", format!("a queue of {depth} words: all that sources that lead back may send in a step"))
                .port("source", "number of the word's source")
                .port("most", "sources leading on, less one; changes in reset only")
                .port("in_ready", "high for TICKs; for a word that waits while the queue has room")
                .port("step_done", "the core has ended a step and integrates again")
                .port("out_data", "held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            source: Sig::new(u(source_bits)),
            step_done: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            most: most.iter().map(|bits| Sig::new(u(*bits))).collect(),

            number: back.iter().map(|source| Const::new(u(source_bits), *source as u64)).collect(),
            from: BitJoin::new(back.len() as u32),
            leads_back: Default::default(),
            kind: Sig::new(u(2)),
            kind_tick: Const::new(u(2), Kind::Tick as i128),
            kind_tick_last: Const::new(u(2), Kind::TickLast as i128),
            tick: Default::default(),
            word: Default::default(),

            one: Const::new(ticks, 1),
            none: Const::new(ticks, 0),
            all: all.iter().map(|on| Const::new(ticks, *on as u64)).collect(),
            needed: Sig::several(most.iter().count(), ticks),
            counted: ResetRegister::new(ticks, 0),
            last: Flag::new(),
            in_step: ResetRegister::new(sources, (1i128 << back.len()) - 1),
            in_next: ResetRegister::new(sources, 0),
            none_in: Const::new(sources, 0),
            next_in: Sig::new(sources),
            first_step: Flag::set(),

            early: Default::default(),
            dropped: Default::default(),
            direct: Default::default(),
            waiting: Fifo::new(depth, width),
            one_word: Const::new(count, 1),
            stored: ResetRegister::new(count, 0),
            due: ResetRegister::new(count, 0),
            stored_next: Sig::new(count),
            any_due: Default::default(),
            pushed: Default::default(),
            popped: Default::default(),
            complete: Default::default(),
            tick_kind: Sig::new(u(2)),
            no_fields: vec![Const::new(u(kind_low.max(1)), 0); with_fields],
            tick_word: Join::of(&parts),

            _sources: back.len(),
            _kind_low: kind_low,
            _with_fields: with_fields,
            _kind_at: with_fields,
            _kind_end: with_fields + 1,
            _fixed: all.iter().count(),
            _written: most.iter().count(),
        }
    }
}

impl Logic for Late {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, counted, last, in_step, in_next, first_step, waiting, stored, due);
        self.counted.reset.next = self.reset.val();
        self.last.reset.next = self.reset.val();
        self.in_step.reset.next = self.reset.val();
        self.in_next.reset.next = self.reset.val();
        self.first_step.reset.next = self.reset.val();
        self.waiting.reset.next = self.reset.val();
        self.stored.reset.next = self.reset.val();
        self.due.reset.next = self.reset.val();

        comment!("What comes, and of whom");
        for i in 0..self._sources {
            self.from.bit[i].next = self.source.val() == self.number[i].val();
        }
        self.leads_back.next = self.from.output.val().any();
        self.kind.next = bit_cast_slice(self.in_data.val(), self._kind_low, 2);
        self.tick.next =
            self.in_valid.val() & ((self.kind.val() == self.kind_tick.val()) | (self.kind.val() == self.kind_tick_last.val()));
        self.word.next = self.in_valid.val() & !self.tick.val();

        comment!("A word behind its source's TICK is early; one of the sample before is dropped");
        self.early.next = (self.from.output.val() & self.in_step.q.val()).any();
        self.dropped.next = self.leads_back.val() & !self.early.val() & self.first_step.q.val();
        self.direct.next = self.word.val() & !self.early.val() & !self.dropped.val();

        self.any_due.next = self.due.q.val().any();

        comment!("TICKs: a count of those leading on; of each leading back a bit for this step, one for the next");
        for i in 0..self._fixed {
            self.complete.next = (self.counted.q.val() == self.all[i].val()) & self.in_step.q.val().all() & !self.any_due.val();
        }
        for i in 0..self._written {
            self.needed[i].next = unsigned_cast_to(self.most[i].val(), self.needed[i].shape().width) + self.one.val();
            self.complete.next = (self.counted.q.val() == self.needed[i].val()) & self.in_step.q.val().all() & !self.any_due.val();
        }
        self.counted.d.next = self.counted.q.val();
        self.last.d.next = self.last.q.val();
        if self.complete.val() & self.out_ready.val() {
            self.counted.d.next = self.none.val();
        }
        if self.tick.val() & !self.leads_back.val() {
            self.counted.d.next = self.counted.q.val() + self.one.val();
            self.last.d.next = self.kind.val() == self.kind_tick_last.val();
        }
        self.next_in.next = self.in_next.q.val();
        if self.tick.val() & self.early.val() {
            self.next_in.next = self.in_next.q.val() | self.from.output.val();
        }
        self.in_next.d.next = self.next_in.val();
        self.in_step.d.next = self.in_step.q.val();
        if self.tick.val() {
            self.in_step.d.next = self.in_step.q.val() | self.from.output.val();
        }
        self.first_step.d.next = self.first_step.q.val();
        if self.step_done.val() {
            self.in_step.d.next = self.next_in.val();
            self.in_next.d.next = self.none_in.val();
            self.first_step.d.next = self.last.q.val();
        }

        comment!("Early words wait; when a step begins, all that wait are due");
        self.pushed.next = self.word.val() & self.early.val() & self.waiting.in_ready.val();
        self.waiting.in_valid.next = self.word.val() & self.early.val();
        self.waiting.in_data.next = self.in_data.val();
        self.waiting.out_ready.next = self.any_due.val() & (self.out_ready.val() | self.first_step.q.val());
        self.popped.next = self.waiting.out_valid.val() & self.waiting.out_ready.val();
        self.stored_next.next = self.stored.q.val();
        if self.pushed.val() & !self.popped.val() {
            self.stored_next.next = self.stored.q.val() + self.one_word.val();
        } else if self.popped.val() & !self.pushed.val() {
            self.stored_next.next = self.stored.q.val() - self.one_word.val();
        }
        self.stored.d.next = self.stored_next.val();
        self.due.d.next = self.due.q.val();
        if self.popped.val() {
            self.due.d.next = self.due.q.val() - self.one_word.val();
        }
        if self.step_done.val() {
            self.due.d.next = self.stored_next.val();
        }

        comment!("To the core: what is due, then what comes; the TICK when both have ended");
        self.tick_kind.next = self.kind_tick.val();
        if self.last.q.val() {
            self.tick_kind.next = self.kind_tick_last.val();
        }
        for i in 0..self._with_fields {
            self.tick_word.part[i].next = self.no_fields[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.tick_word.part[k].next = self.tick_kind.val();
        }
        self.out_valid.next = (self.direct.val() & !self.any_due.val()) | self.complete.val();
        self.out_data.next = self.in_data.val();
        if self.complete.val() {
            self.out_data.next = self.tick_word.output.val();
        }
        if self.any_due.val() {
            self.out_valid.next = self.waiting.out_valid.val() & !self.first_step.q.val();
            self.out_data.next = self.waiting.out_data.val();
        }
        self.in_ready.next = self.out_ready.val() & !self.any_due.val();
        if self.early.val() {
            self.in_ready.next = self.waiting.in_ready.val();
        }
        if self.tick.val() | self.dropped.val() {
            self.in_ready.next = true;
        }
    }
}
