//! The chip's streams where there are several on a side: a word of one AXI4-Stream as a word of a link, and back.

use crate::edge::words::Widen;
use hdl::prelude::*;
use crate::link::LinkFormat;

/// `{kind, zeros, fields}` with tlast to `{kind, fields}`: a TICK with tlast is a TICK_LAST.
#[derive(Clone, Debug, LogicBlock)]
pub struct StreamIn {
    doc: Doc,
    pub tdata: Sig<In>,
    pub tlast: Signal<In, Bit>,
    pub link_word: Sig<Out>,

    kind_tick: Const,
    kind_tick_last: Const,
    parts: Split,
    kind: Sig<Local>,
    kind_now: Sig<Local>,
    word: Join,

    _fields: usize,
    _kind_at: usize,
    _kind_end: usize,
    _kind_low: u32,
}

impl StreamIn {
    pub fn new(format: LinkFormat) -> Self {
        let (fields, total) = (format.field_bits(), format.stream_bits());
        let shapes = |bits: &[u32]| bits.iter().filter(|bits| **bits > 0).map(|bits| u(*bits)).collect::<Vec<_>>();
        let present = usize::from(fields > 0);
        StreamIn {
            doc: Doc::new(format!("stream_in_{}", format.width()), "A beat of an AXI4-Stream as a word of a link. No registers.")
                .rust("rtl::edge::streams::StreamIn")
                .golden("none: order and timing do not change results")
                .latency("none")
                .port("tdata", "{kind, zeros, fields}")
                .port("tlast", "with a TICK: the sample ends, too")
                .port("link_word", "{kind, fields}"),
            tdata: Sig::new(u(total)),
            tlast: Default::default(),
            link_word: Sig::new(u(format.width())),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            parts: Split::of(&shapes(&[fields, total - 2 - fields, 2])),
            kind: Sig::new(u(2)),
            kind_now: Sig::new(u(2)),
            word: Join::of(&shapes(&[fields, 2])),
            _fields: present,
            _kind_at: present,
            _kind_end: present + 1,
            _kind_low: total - 2,
        }
    }
}

impl Logic for StreamIn {
    #[hdl_gen]
    fn update(&mut self) {
        self.parts.input.next = self.tdata.val();
        self.kind.next = bit_cast_slice(self.tdata.val(), self._kind_low, 2);
        self.kind_now.next = self.kind.val();
        if self.tlast.val() & (self.kind.val() == self.kind_tick.val()) {
            self.kind_now.next = self.kind_tick_last.val();
        }
        for i in 0..self._fields {
            self.word.part[i].next = self.parts.part[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.word.part[k].next = self.kind_now.val();
        }
        self.link_word.next = self.word.output.val();
    }
}

/// A register slice, and `{kind, fields}` to `{kind, zeros, fields}`; tlast with TICK_LAST.
#[derive(Clone, Debug, LogicBlock)]
pub struct StreamOut {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub tvalid: Signal<Out, Bit>,
    pub tready: Signal<In, Bit>,
    pub tdata: Sig<Out>,
    pub tlast: Signal<Out, Bit>,

    kind_tick_last: Const,
    buffer: Skid,
    widen: Widen,
    kind: Sig<Local>,

    _kind_low: u32,
}

impl StreamOut {
    pub fn new(format: LinkFormat) -> Self {
        StreamOut {
            doc: Doc::new(format!("stream_out_{}", format.width()), "Words of a link as beats of an AXI4-Stream, through a register slice.")
                .rust("rtl::edge::streams::StreamOut")
                .golden("none: order and timing do not change results")
                .latency("one cycle; one word per cycle")
                .port("in_data", "{kind, fields}")
                .port("in_ready", "from a register")
                .port("tdata", "{kind, zeros, fields}; from a register")
                .port("tlast", "with TICK_LAST"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(format.width())),
            tvalid: Default::default(),
            tready: Default::default(),
            tdata: Sig::new(u(format.stream_bits())),
            tlast: Default::default(),
            kind_tick_last: Const::new(u(2), 2),
            buffer: Skid::new(u(format.width())),
            widen: Widen::new(format),
            kind: Sig::new(u(2)),
            _kind_low: format.field_bits(),
        }
    }
}

impl Logic for StreamOut {
    #[hdl_gen]
    fn update(&mut self) {
        self.buffer.clock.next = self.clock.val();
        self.buffer.reset.next = self.reset.val();
        self.buffer.in_valid.next = self.in_valid.val();
        self.buffer.in_data.next = self.in_data.val();
        self.in_ready.next = self.buffer.in_ready.val();
        self.buffer.out_ready.next = self.tready.val();
        self.tvalid.next = self.buffer.out_valid.val();
        self.widen.link_word.next = self.buffer.out_data.val();
        self.tdata.next = self.widen.tdata.val();
        self.kind.next = bit_cast_slice(self.buffer.out_data.val(), self._kind_low, 2);
        self.tlast.next = self.kind.val() == self.kind_tick_last.val();
    }
}
