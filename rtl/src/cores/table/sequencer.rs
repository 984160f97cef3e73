//! Walks the rows of events through the synapse memory, and the words of a scan through the membranes.

use crate::cores::headers::STEP_DONE;
use hdl::prelude::*;
use crate::plan::pipeline::Pipeline;
use crate::plan::table::TableFold;
use crate::plan::CorePlan;

/// One operation per cycle: a word of synapses of an event, or a word of neurons of a scan. After reset the same scan
/// clears the memory.
///
/// A scan waits until the sums of the last event are written; an event, or another scan, until the scan before has
/// written what it reads.
#[derive(Clone, Debug, LogicBlock)]
pub struct TableSequencer {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub kind: Sig<In>,
    pub first: Sig<In>,
    pub last: Sig<In>,
    pub heard: Signal<In, Bit>,
    pub sender_full: Signal<In, Bit>,
    pub clearing_now: Signal<Out, Bit>,
    pub synapses: Signal<Out, Bit>,
    pub address: Sig<Out>,
    pub scan: Signal<Out, Bit>,
    pub clear: Signal<Out, Bit>,
    pub send: Signal<Out, Bit>,
    pub scan_word: Sig<Out>,
    pub end_step: Signal<Out, Bit>,
    pub end_sample: Signal<Out, Bit>,
    pub more_passes: Vec<Signal<Out, Bit>>,
    pub later_pass: Vec<Signal<Out, Bit>>,
    pub step_done: Vec<Signal<Out, Bit>>,

    kind_spike: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    next_address: Const,
    first_word: Const,
    next_word: Const,
    final_word: Const,
    no_pause: Const,
    pause_step: Const,
    event_pause: Const,
    scan_pause: Const,
    first_pass: Vec<Const>,
    next_pass: Vec<Const>,
    final_pass: Vec<Const>,

    spike_here: Signal<Local, Bit>,
    last_here: Signal<Local, Bit>,
    tick_here: Signal<Local, Bit>,
    other_here: Signal<Local, Bit>,
    event_go: Signal<Local, Bit>,
    scan_go: Signal<Local, Bit>,
    address_now: Sig<Local>,
    event_done: Signal<Local, Bit>,
    pass_end: Signal<Local, Bit>,
    in_final_pass: Signal<Local, Bit>,
    step_end: Signal<Local, Bit>,

    clearing: Flag,
    in_row: Flag,
    next_in_row: Register,
    settled: Flag,
    settling: ResetRegister,
    drained: Flag,
    draining: ResetRegister,
    word_count: ResetRegister,
    pass_count: Vec<ResetRegister>,

    _passes: usize,
    _one_pass: usize,
    _on_fabric: usize,
}

impl TableSequencer {
    /// `address_bits`: of the synapse memory.
    pub fn new(core: &CorePlan, fold: &TableFold, address_bits: u32) -> Self {
        let address = u(address_bits);
        let word = u(index_width(core.words()));
        let pause = u(5);
        let passes = core.passes();
        let pass = u(index_width(passes as usize));
        let several = usize::from(passes > 1);
        let constant = |shape: Shape, value: u64| Const::new(shape, value as i64);
        let (event_pause, scan_pause) = (fold.event_pause(), Pipeline::of(core).drain_scan(core));
        TableSequencer {
            doc: Doc::new(format!("{}_sequencer", core.name), "Turns words into operations, one per cycle.")
                .line("A SPIKE becomes one operation per word of its row; a TICK becomes a scan of all words of neurons. \
                       After reset the same scan clears the memory.")
                .rust("rtl::cores::table::sequencer::TableSequencer")
                .golden("none: order and timing do not change results")
                .latency(format!(
                    "a word's first operation goes in the cycle in which it appears; a scan at least {event_pause} idle \
                     cycles behind an event; {scan_pause} idle cycles behind a scan"
                ))
                .port("in_ready", "the word's last operation goes in this cycle")
                .port("kind", "of the word, see docs/link.md")
                .port("first", "first word of the event's row")
                .port("last", "last word of the event's row")
                .port("heard", "the event has a row; one without has first = last and takes a cycle")
                .port("sender_full", "no room for another word of spikes: pause the scan")
                .port("clearing_now", "the memory is being cleared after reset: take nothing")
                .port("synapses", "a word of synapses is wanted (cycle 0)")
                .port("address", "where in the synapse memory")
                .port("scan", "a scan's operation is issued (cycle 0)")
                .port("clear", "with scan: write the initial state")
                .port("send", "with scan: spikes count (not while clearing after reset)")
                .port("scan_word", "word of neurons")
                .port("end_step", "with scan: last word of the step")
                .port("end_sample", "with end_step: the sample ends, too")
                .port("step_done", STEP_DONE),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            kind: Sig::new(u(2)),
            first: Sig::new(address),
            last: Sig::new(address),
            heard: Default::default(),
            sender_full: Default::default(),
            clearing_now: Default::default(),
            synapses: Default::default(),
            address: Sig::new(address),
            scan: Default::default(),
            clear: Default::default(),
            send: Default::default(),
            scan_word: Sig::new(word),
            end_step: Default::default(),
            end_sample: Default::default(),
            more_passes: vec![Default::default(); several],
            later_pass: vec![Default::default(); several],
            step_done: vec![Default::default(); usize::from(core.on_fabric)],

            kind_spike: constant(u(2), 0),
            kind_tick: constant(u(2), 1),
            kind_tick_last: constant(u(2), 2),
            next_address: constant(address, 1),
            first_word: constant(word, 0),
            next_word: constant(word, 1),
            final_word: constant(word, core.words() as u64 - 1),
            no_pause: constant(pause, 0),
            pause_step: constant(pause, 1),
            // The flags take one of the idle cycles.
            event_pause: constant(pause, event_pause - 1),
            scan_pause: constant(pause, scan_pause - 1),
            first_pass: vec![constant(pass, 0); several],
            next_pass: vec![constant(pass, 1); several],
            final_pass: vec![constant(pass, passes - 1); several],

            spike_here: Default::default(),
            last_here: Default::default(),
            tick_here: Default::default(),
            other_here: Default::default(),
            event_go: Default::default(),
            scan_go: Default::default(),
            address_now: Sig::new(address),
            event_done: Default::default(),
            pass_end: Default::default(),
            in_final_pass: Default::default(),
            step_end: Default::default(),

            clearing: Flag::set(),
            in_row: Flag::new(),
            next_in_row: Register::new(address),
            settled: Flag::set(),
            settling: ResetRegister::new(pause, 0),
            drained: Flag::set(),
            draining: ResetRegister::new(pause, 0),
            word_count: ResetRegister::new(word, 0),
            pass_count: vec![ResetRegister::new(pass, 0); several],

            _passes: several,
            _one_pass: usize::from(several == 0),
            _on_fabric: usize::from(core.on_fabric),
        }
    }
}

impl Logic for TableSequencer {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, clearing, in_row, next_in_row, settled, settling, drained, draining, word_count);
        self.clearing.reset.next = self.reset.val();
        self.in_row.reset.next = self.reset.val();
        self.settled.reset.next = self.reset.val();
        self.settling.reset.next = self.reset.val();
        self.drained.reset.next = self.reset.val();
        self.draining.reset.next = self.reset.val();
        self.word_count.reset.next = self.reset.val();

        comment!("What goes in this cycle: an operation of an event, one of a scan, or none");
        self.spike_here.next = self.in_valid.val() & (self.kind.val() == self.kind_spike.val());
        self.last_here.next = self.in_valid.val() & (self.kind.val() == self.kind_tick_last.val());
        self.tick_here.next =
            (self.in_valid.val() & (self.kind.val() == self.kind_tick.val())) | self.last_here.val();
        self.other_here.next = self.in_valid.val() & !self.spike_here.val() & !self.tick_here.val();
        self.event_go.next = self.spike_here.val() & !self.clearing.q.val() & self.drained.q.val();
        self.scan_go.next = (self.tick_here.val() | self.clearing.q.val())
            & self.drained.q.val()
            & self.settled.q.val()
            & !self.sender_full.val();

        comment!("Events: the words of the row, one after the other");
        self.address_now.next = self.first.val();
        if self.in_row.q.val() {
            self.address_now.next = self.next_in_row.q.val();
        }
        self.event_done.next = self.address_now.val() == self.last.val();
        self.in_row.d.next = self.in_row.q.val();
        self.next_in_row.d.next = self.next_in_row.q.val();
        if self.event_go.val() {
            self.in_row.d.next = !self.event_done.val();
            self.next_in_row.d.next = self.address_now.val() + self.next_address.val();
        }
        self.synapses.next = self.event_go.val() & self.heard.val();
        self.address.next = self.address_now.val();

        comment!("Scans: all words of neurons, in the order of their addresses");
        self.pass_end.next = self.scan_go.val() & (self.word_count.q.val() == self.final_word.val());
        for _i in 0..self._one_pass {
            self.in_final_pass.next = true;
        }
        for i in 0..self._passes {
            self.in_final_pass.next =
                (self.pass_count[i].q.val() == self.final_pass[i].val()) | self.clearing.q.val();
            self.pass_count[i].clock.next = self.clock.val();
            self.pass_count[i].reset.next = self.reset.val();
            self.pass_count[i].d.next = self.pass_count[i].q.val();
            if self.pass_end.val() {
                self.pass_count[i].d.next = self.pass_count[i].q.val() + self.next_pass[i].val();
                if self.in_final_pass.val() {
                    self.pass_count[i].d.next = self.first_pass[i].val();
                }
            }
            self.more_passes[i].next = !self.in_final_pass.val();
            self.later_pass[i].next = self.pass_count[i].q.val().any();
        }
        self.step_end.next = self.pass_end.val() & self.in_final_pass.val();
        self.word_count.d.next = self.word_count.q.val();
        if self.pass_end.val() {
            self.word_count.d.next = self.first_word.val();
        } else if self.scan_go.val() {
            self.word_count.d.next = self.word_count.q.val() + self.next_word.val();
        }
        self.scan.next = self.scan_go.val();
        self.send.next = self.scan_go.val() & !self.clearing.q.val();
        self.clear.next =
            self.scan_go.val() & (self.clearing.q.val() | (self.last_here.val() & self.in_final_pass.val()));
        self.scan_word.next = self.word_count.q.val();
        self.end_step.next = self.step_end.val();
        self.end_sample.next = self.last_here.val();
        for i in 0..self._on_fabric {
            self.step_done[i].next = self.step_end.val() & !self.clearing.q.val();
        }

        comment!("Phases, and the pauses until what is on its way is written");
        self.in_ready.next = (self.event_go.val() & self.event_done.val())
            | (self.step_end.val() & !self.clearing.q.val())
            | (self.other_here.val() & !self.clearing.q.val());
        self.clearing_now.next = self.clearing.q.val();
        self.clearing.d.next = self.clearing.q.val() & !self.step_end.val();
        self.settling.d.next = self.settling.q.val();
        self.settled.d.next = self.settling.q.val() == self.no_pause.val();
        if self.event_go.val() {
            self.settling.d.next = self.event_pause.val();
            self.settled.d.next = false;
        } else if self.settling.q.val().any() {
            self.settling.d.next = self.settling.q.val() - self.pause_step.val();
        }
        self.draining.d.next = self.draining.q.val();
        self.drained.d.next = self.draining.q.val() == self.no_pause.val();
        if self.pass_end.val() {
            self.draining.d.next = self.scan_pause.val();
            self.drained.d.next = false;
        } else if self.draining.q.val().any() {
            self.draining.d.next = self.draining.q.val() - self.pause_step.val();
        }
    }
}
