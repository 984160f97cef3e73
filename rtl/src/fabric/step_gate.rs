//! The two ends of a step on a fabric: a source waits for grants, a destination counts TICKs. `docs/router.md`, "Steps".

use super::packet::{Packet, PacketFormat, Route};
use hdl::prelude::*;

/// How many there are of what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many, at least one.
    Fixed(usize),
    /// Less one, it stands at the port `most`, of so many bits; it changes in reset only.
    Written { bits: u32 },
}

impl From<usize> for Count {
    fn from(n: usize) -> Self {
        Count::Fixed(n)
    }
}

impl Count {
    fn bits(self) -> u32 {
        match self {
            Count::Fixed(n) => index_width(n),
            Count::Written { bits } => bits,
        }
    }

    /// The number less one, where it is fixed.
    fn last(self) -> Vec<Const> {
        match self {
            Count::Fixed(n) => vec![Const::new(u(index_width(n)), n as i128 - 1)],
            Count::Written { .. } => vec![],
        }
    }

    /// The port, where it is not.
    fn most(self) -> Vec<Sig<In>> {
        match self {
            Count::Fixed(_) => vec![],
            Count::Written { bits } => Sig::several(1, u(bits)),
        }
    }

    /// For comments.
    pub fn text(self, one: &str) -> String {
        match self {
            Count::Fixed(n) => several(n, one),
            Count::Written { .. } => format!("the written number of {one}s"),
        }
    }
}

/// What stands between a core's output and its router: puts the route before each word, and holds a step back until every
/// destination has granted it.
///
/// The words of the first step pass at once. Behind a TICK (or TICK_LAST) the gate is closed until `destinations` grants have
/// come. At most that many may come per TICK: a destination grants a step once.
#[derive(Clone, Debug, LogicBlock)]
pub struct StepGate {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub grant: Signal<In, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    /// Destinations less one, where their number is written.
    pub most: Vec<Sig<In>>,
    route: Const,
    one: Const,
    zero: Const,
    last: Vec<Const>,
    all: Vec<Signal<Local, Bit>>,
    kind: Sig<Local>,
    kind_tick: Const,
    kind_tick_last: Const,
    ends: Signal<Local, Bit>,
    closed: Flag,
    granted: ResetRegister,
    packet: Join,
    _word_bits: u32,
    _fixed: usize,
    _written: usize,
}

impl StepGate {
    /// All words go to `route`, which leads to so many cores (at least 1).
    pub fn new(format: PacketFormat, route: Route, destinations: impl Into<Count>) -> Self {
        let destinations = destinations.into();
        assert!(destinations != Count::Fixed(0), "a source needs a destination");
        let (word, count) = (u(format.word_bits), u(destinations.bits()));
        let above = format.width() - format.word_bits;
        let header = format.encode(Packet { grant: false, route, word: 0 }) >> format.word_bits;
        let to = match route {
            Route::Unicast { row, column } => format!("to the core in row {row}, column {column}"),
            Route::Multicast { source, layer } => format!("as stream of source {source}, layer {layer}"),
        };
        StepGate {
            doc: Doc::new("step_gate", format!("Sends words {to}, one step at a time."))
                .line(format!(
                    "Behind a TICK nothing passes until {} came: then every destination can take the next step.",
                    destinations.text("grant")
                ))
                .rust("rtl::fabric::StepGate")
                .latency("none: combinational while open; the cycle after the last grant it is open")
                .port("in_data", "link word, kind in the top two bits")
                .port("in_ready", "low while closed; does not depend on in_valid")
                .port("grant", "a grant has come; at most one per cycle, and one per destination and step")
                .port("most", "destinations, less one; changes in reset only")
                .port("out_data", "packet; held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(word),
            grant: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(format.width())),
            most: destinations.most(),
            route: Const::new(u(above), header as i128),
            one: Const::new(count, 1),
            zero: Const::new(count, 0),
            last: destinations.last(),
            all: destinations.most().iter().map(|_| Default::default()).collect(),
            kind: Sig::new(u(2)),
            kind_tick: Const::new(u(2), crate::link::Kind::Tick as i128),
            kind_tick_last: Const::new(u(2), crate::link::Kind::TickLast as i128),
            ends: Default::default(),
            closed: Flag::new(),
            granted: ResetRegister::new(count, 0),
            packet: Join::of(&[word, u(above)]),
            _word_bits: format.word_bits - 2,
            _fixed: destinations.last().len(),
            _written: destinations.most().len(),
        }
    }
}

impl StepGate {
    /// The same gate as module `<owner>_gate`.
    pub fn of(self, owner: &str) -> Self {
        StepGate { doc: self.doc.called(format!("{owner}_gate")), ..self }
    }
}

impl Logic for StepGate {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, closed, granted);
        self.closed.reset.next = self.reset.val();
        self.granted.reset.next = self.reset.val();
        comment!("Words pass while the gate is open");
        self.out_valid.next = self.in_valid.val() & !self.closed.q.val();
        self.in_ready.next = self.out_ready.val() & !self.closed.q.val();
        self.packet.part[0].next = self.in_data.val();
        self.packet.part[1].next = self.route.val();
        self.out_data.next = self.packet.output.val();

        comment!("A TICK closes it, the last grant opens it");
        self.kind.next = bit_cast_slice(self.in_data.val(), self._word_bits, 2);
        self.ends.next = self.in_valid.val()
            & self.out_ready.val()
            & ((self.kind.val() == self.kind_tick.val()) | (self.kind.val() == self.kind_tick_last.val()));
        self.closed.d.next = self.closed.q.val() | self.ends.val();
        self.granted.d.next = self.granted.q.val();
        for i in 0..self._fixed {
            if self.closed.q.val() & self.grant.val() {
                if self.granted.q.val() == self.last[i].val() {
                    self.granted.d.next = self.zero.val();
                    self.closed.d.next = false;
                } else {
                    self.granted.d.next = self.granted.q.val() + self.one.val();
                }
            }
        }
        for i in 0..self._written {
            self.all[i].next = self.granted.q.val() == self.most[i].val();
            if self.closed.q.val() & self.grant.val() {
                self.granted.d.next = self.granted.q.val() + self.one.val();
                self.closed.d.next = !self.all[i].val();
                if self.all[i].val() {
                    self.granted.d.next = self.zero.val();
                }
            }
        }
    }
}

/// What stands between a router and a core's input: takes the route off, counts the TICKs of all sources and passes on the
/// last one of each step; grants go to the core's own [`StepGate`].
///
/// A source sends one TICK per step and none of the next before the core has granted it, so that their number says which step
/// is complete.
#[derive(Clone, Debug, LogicBlock)]
pub struct StepGather {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub grant: Signal<Out, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    /// Sources less one, where their number is written.
    pub most: Vec<Sig<In>>,
    one: Const,
    zero: Const,
    last: Vec<Const>,
    kind: Sig<Local>,
    kind_tick: Const,
    kind_tick_last: Const,
    is_grant: Signal<Local, Bit>,
    is_tick: Signal<Local, Bit>,
    early: Signal<Local, Bit>,
    counted: ResetRegister,
    _word_bits: u32,
    _kind_at: u32,
    _grant_at: u32,
    _fixed: usize,
    _written: usize,
}

impl StepGather {
    /// Words of so many sources (at least 1).
    pub fn new(format: PacketFormat, sources: impl Into<Count>) -> Self {
        let sources = sources.into();
        assert!(sources != Count::Fixed(0), "a destination needs a source");
        let (word, count) = (u(format.word_bits), u(sources.bits()));
        StepGather {
            doc: Doc::new("step_gather", format!("Words of {} for one core.", sources.text("source")))
                .line("Every TICK but the last one of a step ends here. A grant leaves by its own port.")
                .rust("rtl::fabric::StepGather")
                .latency("none: combinational")
                .port("in_data", "packet")
                .port("in_ready", "follows out_ready for words that pass; high for those that end here")
                .port("grant", "a grant has come, for the core's own step gate")
                .port("most", "sources, less one; changes in reset only")
                .port("out_data", "link word; held while out_valid and not out_ready"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(format.width())),
            grant: Default::default(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(word),
            most: sources.most(),
            one: Const::new(count, 1),
            zero: Const::new(count, 0),
            last: sources.last(),
            kind: Sig::new(u(2)),
            kind_tick: Const::new(u(2), crate::link::Kind::Tick as i128),
            kind_tick_last: Const::new(u(2), crate::link::Kind::TickLast as i128),
            is_grant: Default::default(),
            is_tick: Default::default(),
            early: Default::default(),
            counted: ResetRegister::new(count, 0),
            _word_bits: format.word_bits,
            _kind_at: format.word_bits - 2,
            _grant_at: format.width() - 1,
            _fixed: sources.last().len(),
            _written: sources.most().len(),
        }
    }
}

impl StepGather {
    /// The same block as module `<owner>_gather`.
    pub fn of(self, owner: &str) -> Self {
        StepGather { doc: self.doc.called(format!("{owner}_gather")), ..self }
    }
}

impl Logic for StepGather {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, counted);
        self.counted.reset.next = self.reset.val();
        comment!("What the packet says");
        self.kind.next = bit_cast_slice(self.in_data.val(), self._kind_at, 2);
        self.is_grant.next = self.in_data.val().get_bit(bits_number(self._grant_at));
        self.is_tick.next = !self.is_grant.val()
            & ((self.kind.val() == self.kind_tick.val()) | (self.kind.val() == self.kind_tick_last.val()));
        for i in 0..self._fixed {
            self.early.next = self.is_tick.val() & (self.counted.q.val() != self.last[i].val());
        }
        for i in 0..self._written {
            self.early.next = self.is_tick.val() & (self.counted.q.val() != self.most[i].val());
        }

        comment!("Grants and all TICKs but the last end here");
        self.out_valid.next = self.in_valid.val() & !self.is_grant.val() & !self.early.val();
        self.out_data.next = bit_cast_slice(self.in_data.val(), 0, self._word_bits);
        self.in_ready.next = self.out_ready.val() | self.is_grant.val() | self.early.val();
        self.grant.next = self.in_valid.val() & self.is_grant.val();
        self.counted.d.next = self.counted.q.val();
        if self.in_valid.val() & self.is_tick.val() {
            if self.early.val() {
                self.counted.d.next = self.counted.q.val() + self.one.val();
            } else if self.out_ready.val() {
                self.counted.d.next = self.zero.val();
            }
        }
    }
}
