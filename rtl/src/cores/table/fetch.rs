//! Looks up the rows of the words to come, behind the work on the present one.

use hdl::prelude::*;
use crate::plan::table::TableImage;
use crate::plan::CorePlan;

/// Puts to each word of the link the place of its row in the synapse memory.
///
/// Two stages that move as soon as there is room: the word beside its pointer on its way out of the memory, then
/// both in registers. The memory has no enable: it always reads for the word that stands in the first stage next.
#[derive(Clone, Debug, LogicBlock)]
pub struct TableFetch {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_kind: Sig<Out>,
    pub out_first: Sig<Out>,
    pub out_last: Sig<Out>,
    pub out_heard: Signal<Out, Bit>,

    here: Register,
    here_valid: Flag,
    here_next: Sig<Local>,
    here_free: Signal<Local, Bit>,
    pointers: Rom,

    kind: Register,
    pointer: Register,
    pointer_parts: Split,
    valid: Flag,
    free: Signal<Local, Bit>,

    _kind_low: u32,
    _field_bits: u32,
}

impl TableFetch {
    /// For the rows of `image`.
    pub fn new(core: &CorePlan, image: &TableImage) -> Self {
        let word = u(core.input.width());
        let field_bits = core.input.field_bits();
        let address = u(image.address_bits);
        let pointer = u(2 * image.address_bits + 1);
        let memory = Rom::new(image.pointers.len(), pointer.width, format!("{}_rows", core.name), image.pointers.clone());
        let memory = memory.documented(|doc| {
            doc.line(format!(
                "Word {{c, y, x}} of the input: first word of its row in the synapse memory ({0} bits, lowest), last word ({0} \
                 bits), and whether it has a row at all.",
                image.address_bits
            ))
            .rust("rtl::plan::table::TableImage")
        });
        TableFetch {
            doc: Doc::new(format!("{}_fetch", core.name), "Looks up the rows of the words to come.")
                .rust("rtl::cores::table::fetch::TableFetch")
                .golden("none: order and timing do not change results")
                .latency("two cycles; one word per cycle")
                .port("in_data", "{kind, c, y, x}, see docs/link.md")
                .port("in_ready", "depends on out_ready")
                .port("out_first", "first word of the event's row")
                .port("out_last", "last word of the event's row")
                .port("out_heard", "the event has a row"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(word),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_kind: Sig::new(u(2)),
            out_first: Sig::new(address),
            out_last: Sig::new(address),
            out_heard: Default::default(),

            here: Register::new(word),
            here_valid: Flag::new(),
            here_next: Sig::new(word),
            here_free: Default::default(),
            pointers: memory,

            kind: Register::new(u(2)),
            pointer: Register::new(pointer),
            pointer_parts: Split::of(&[address, address, u(1)]),
            valid: Flag::new(),
            free: Default::default(),

            _kind_low: field_bits,
            _field_bits: field_bits.max(1),
        }
    }
}

impl Logic for TableFetch {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, here, here_valid, pointers, kind, pointer, valid);
        self.here_valid.reset.next = self.reset.val();
        self.valid.reset.next = self.reset.val();

        comment!("Stage 1: the word; the memory reads beside it");
        self.free.next = self.out_ready.val() | !self.valid.q.val();
        self.here_free.next = self.free.val() | !self.here_valid.q.val();
        self.in_ready.next = self.here_free.val();
        self.here_next.next = self.here.q.val();
        self.here_valid.d.next = self.here_valid.q.val();
        if self.here_free.val() {
            self.here_next.next = self.in_data.val();
            self.here_valid.d.next = self.in_valid.val();
        }
        self.here.d.next = self.here_next.val();
        self.pointers.read_address.next = bit_cast_slice(self.here_next.val(), 0, self._field_bits);

        comment!("Stage 2: the word's kind and its row");
        self.valid.d.next = self.valid.q.val();
        self.kind.d.next = self.kind.q.val();
        self.pointer.d.next = self.pointer.q.val();
        if self.free.val() {
            self.valid.d.next = self.here_valid.q.val();
            self.kind.d.next = bit_cast_slice(self.here.q.val(), self._kind_low, 2);
            self.pointer.d.next = self.pointers.read_data.val();
        }
        self.out_valid.next = self.valid.q.val();
        self.out_kind.next = self.kind.q.val();
        self.pointer_parts.input.next = self.pointer.q.val();
        self.out_first.next = self.pointer_parts.part[0].val();
        self.out_last.next = self.pointer_parts.part[1].val();
        self.out_heard.next = self.pointer_parts.part[2].val().any();
    }
}
