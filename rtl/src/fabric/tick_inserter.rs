//! Time steps from outside: a TICK at each edge of a pin, or every so many cycles.

use hdl::blocks::{Stages, Synchroniser};
use hdl::prelude::*;
use crate::link::Kind;

/// Where a time step's end comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepEnd {
    /// A rising edge of the pin `tick_pin`, of any clock; high and low for more than one cycle each.
    Pin,
    /// Every so many cycles (at least 2) in which the pin `tick_enable` is high.
    Timer(u64),
}

/// Passes words on and puts a TICK between them when a step ends. Words that come later than the end stand behind the TICK.
///
/// While a TICK waits for the link (`pending`) no second one can: the steps become one, and `overruns` counts it (it stops at its
/// largest value). With `tick_last` high when a step ends, the TICK is a TICK_LAST: the sample ends, too. Words of the input pass
/// unchanged, TICKs among them too.
#[derive(Clone, Debug, LogicBlock)]
pub struct TickInserter {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub tick_pin: Vec<Signal<In, Bit>>,
    pub tick_enable: Vec<Signal<In, Bit>>,
    pub tick_last: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub pending: Signal<Out, Bit>,
    pub overruns: Sig<Out>,
    tick: Const,
    tick_of_sample: Const,
    one: Const,
    most: Const,
    pin: Vec<Synchroniser>,
    pin_before: Vec<BitRegister>,
    zero: Vec<Const>,
    last: Vec<Const>,
    step: Vec<Const>,
    elapsed: Vec<ResetRegister>,
    enable: Vec<Synchroniser>,
    last_pin: Synchroniser,
    ends: Signal<Local, Bit>,
    waits: Signal<Local, Bit>,
    closes: Flag,
    owed: Flag,
    tick_goes: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    filled: Flag,
    word: Register,
    overrun: ResetRegister,
    _pins: usize,
    _timers: usize,
}

/// Bits of the overrun counter.
pub const OVERRUN_BITS: u32 = 16;

impl TickInserter {
    /// For link words of `width` bits, kind in the top two.
    pub fn new(width: u32, end: StepEnd, stages: Stages) -> Self {
        let word = u(width);
        let (pins, period) = match end {
            StepEnd::Pin => (1, None),
            StepEnd::Timer(cycles) => {
                assert!(cycles >= 2, "a step of {cycles} cycles");
                (0, Some(cycles))
            }
        };
        let count = u(period.map_or(1, |cycles| index_width(cycles as usize)));
        let constant = |value: u64| period.iter().map(|_| Const::new(count, value as i128)).collect::<Vec<_>>();
        let (name, when) = match end {
            StepEnd::Pin => (format!("tick_from_pin_{width}"), "at each rising edge of a pin".to_string()),
            StepEnd::Timer(cycles) => (format!("tick_every_{cycles}_{width}"), format!("every {cycles} cycles")),
        };
        let count_most = (1i128 << OVERRUN_BITS) - 1;
        TickInserter {
            doc: Doc::new(name, format!("Puts a TICK into a link {when}."))
                .line("A TICK goes before every word that comes after the end of the step. While one waits, another end is lost and counted.")
                .rust("rtl::fabric::TickInserter")
                .latency(format!("one cycle; one word per cycle. From the pin's edge to the TICK: {} to {} cycles", stages.and(2), stages.and(3)))
                .port("tick_pin", "asynchronous; high and low for more than one cycle each")
                .port("tick_enable", "asynchronous; the timer stands still while low")
                .port("tick_last", "asynchronous; high when a step ends: TICK_LAST. Stable from a cycle before the end to four behind it")
                .port("pending", "a TICK waits for the link: another end of a step now would be lost")
                .port("in_ready", "low while a TICK is owed")
                .port("out_data", "from a register; held while out_valid and not out_ready")
                .port("overruns", format!("steps that ended while a TICK still waited; stays at {count_most}")),
            clock: Default::default(),
            reset: Default::default(),
            tick_pin: vec![Default::default(); pins],
            tick_enable: vec![Default::default(); period.iter().count()],
            tick_last: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(word),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(word),
            pending: Default::default(),
            overruns: Sig::new(u(OVERRUN_BITS)),
            tick: Const::new(word, (Kind::Tick as i128) << (width - 2)),
            tick_of_sample: Const::new(word, (Kind::TickLast as i128) << (width - 2)),
            one: Const::new(u(OVERRUN_BITS), 1),
            most: Const::new(u(OVERRUN_BITS), count_most),
            pin: vec![Synchroniser::new(stages); pins],
            pin_before: vec![BitRegister::new(); pins],
            zero: constant(0),
            last: constant(period.map_or(0, |cycles| cycles - 1)),
            step: constant(1),
            elapsed: period.iter().map(|_| ResetRegister::new(count, 0)).collect(),
            enable: vec![Synchroniser::new(stages); period.iter().count()],
            last_pin: Synchroniser::new(stages),
            ends: Default::default(),
            waits: Default::default(),
            closes: Flag::new(),
            owed: Flag::new(),
            tick_goes: Default::default(),
            free: Default::default(),
            filled: Flag::new(),
            word: Register::new(word),
            overrun: ResetRegister::new(u(OVERRUN_BITS), 0),
            _pins: pins,
            _timers: period.iter().count(),
        }
    }
}

impl Logic for TickInserter {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, owed, closes, filled, word, overrun, last_pin);
        self.owed.reset.next = self.reset.val();
        self.closes.reset.next = self.reset.val();
        self.filled.reset.next = self.reset.val();
        self.overrun.reset.next = self.reset.val();
        comment!("The end of a step");
        for i in 0..self._pins {
            self.pin[i].clock.next = self.clock.val();
            self.pin_before[i].clock.next = self.clock.val();
            self.pin[i].input.next = self.tick_pin[i].val();
            self.pin_before[i].d.next = self.pin[i].output.val();
            self.ends.next = self.pin[i].output.val() & !self.pin_before[i].q.val();
        }
        for i in 0..self._timers {
            self.elapsed[i].clock.next = self.clock.val();
            self.elapsed[i].reset.next = self.reset.val();
            self.enable[i].clock.next = self.clock.val();
            self.enable[i].input.next = self.tick_enable[i].val();
            self.ends.next = self.enable[i].output.val() & (self.elapsed[i].q.val() == self.last[i].val());
            self.elapsed[i].d.next = self.elapsed[i].q.val();
            if self.ends.val() {
                self.elapsed[i].d.next = self.zero[i].val();
            } else if self.enable[i].output.val() {
                self.elapsed[i].d.next = self.elapsed[i].q.val() + self.step[i].val();
            }
        }
        self.last_pin.input.next = self.tick_last.val();

        comment!("A TICK is owed until the output register takes it");
        self.free.next = self.out_ready.val() | !self.filled.q.val();
        self.tick_goes.next = self.owed.q.val() & self.free.val();
        self.waits.next = self.owed.q.val() & !self.free.val();
        self.owed.d.next = self.ends.val() | self.waits.val();
        self.closes.d.next = (self.ends.val() & self.last_pin.output.val()) | (self.waits.val() & self.closes.q.val());
        self.pending.next = self.owed.q.val();
        self.overrun.d.next = self.overrun.q.val();
        if self.ends.val() & self.waits.val() & (self.overrun.q.val() != self.most.val()) {
            self.overrun.d.next = self.overrun.q.val() + self.one.val();
        }
        self.overruns.next = self.overrun.q.val();

        comment!("The output register");
        self.in_ready.next = self.free.val() & !self.owed.q.val();
        self.filled.d.next = self.owed.q.val() | self.in_valid.val() | !self.free.val();
        self.word.d.next = self.word.q.val();
        if self.tick_goes.val() & self.closes.q.val() {
            self.word.d.next = self.tick_of_sample.val();
        } else if self.tick_goes.val() {
            self.word.d.next = self.tick.val();
        } else if self.free.val() {
            self.word.d.next = self.in_data.val();
        }
        self.out_valid.next = self.filled.q.val();
        self.out_data.next = self.word.q.val();
    }
}
