//! A word with and without the zeros that fill `tdata`. No registers.

use hdl::prelude::*;
use crate::link::LinkFormat;

/// Widths above zero as shapes.
fn shapes(bits: &[u32]) -> Vec<Shape> {
    bits.iter().filter(|bits| **bits > 0).map(|bits| u(*bits)).collect()
}

/// `{kind, fields}` to `{kind, zeros, fields}`.
#[derive(Clone, Debug, LogicBlock)]
pub struct Widen {
    doc: Doc,
    pub link_word: Sig<In>,
    pub tdata: Sig<Out>,
    zeros: Vec<Const>,
    parts: Split,
    word: Join,
    _fields: usize,
    _after_fields: usize,
    _zeros: usize,
    _kind: usize,
    _after_kind: usize,
}

impl Widen {
    pub fn new(format: LinkFormat) -> Self {
        let (fields, total) = (format.field_bits(), format.stream_bits());
        let zeros = total - 2 - fields;
        Widen {
            doc: Doc::new(format!("word_{}_to_{total}", format.width()), "A word of a link as tdata. Wires only.")
                .rust("rtl::edge::words::Widen")
                .port("link_word", "{kind, fields}")
                .port("tdata", "{kind, zeros, fields}"),
            link_word: Sig::new(u(format.width())),
            tdata: Sig::new(u(total)),
            zeros: (0..usize::from(zeros > 0)).map(|_| Const::new(u(zeros), 0)).collect(),
            parts: Split::of(&shapes(&[fields, 2])),
            word: Join::of(&shapes(&[fields, zeros, 2])),
            _fields: usize::from(fields > 0),
            _after_fields: usize::from(fields > 0) + 1,
            _zeros: usize::from(zeros > 0),
            _kind: usize::from(fields > 0) + usize::from(zeros > 0),
            _after_kind: usize::from(fields > 0) + usize::from(zeros > 0) + 1,
        }
    }
}

impl Logic for Widen {
    #[hdl_gen]
    fn update(&mut self) {
        self.parts.input.next = self.link_word.val();
        for i in 0..self._fields {
            self.word.part[i].next = self.parts.part[i].val();
        }
        for i in 0..self._zeros {
            for k in self._fields..self._after_fields {
                self.word.part[k].next = self.zeros[i].val();
            }
        }
        for k in self._fields..self._after_fields {
            for top in self._kind..self._after_kind {
                self.word.part[top].next = self.parts.part[k].val();
            }
        }
        self.tdata.next = self.word.output.val();
    }
}

/// `{kind, zeros, fields}` to `{kind, fields}`.
#[derive(Clone, Debug, LogicBlock)]
pub struct Narrow {
    doc: Doc,
    pub tdata: Sig<In>,
    pub link_word: Sig<Out>,
    parts: Split,
    word: Join,
    _fields: usize,
    _after_fields: usize,
    _kind: usize,
    _after_kind: usize,
}

impl Narrow {
    pub fn new(format: LinkFormat) -> Self {
        let (fields, total) = (format.field_bits(), format.stream_bits());
        let zeros = total - 2 - fields;
        Narrow {
            doc: Doc::new(format!("word_{total}_to_{}", format.width()), "tdata as a word of a link. Wires only.")
                .rust("rtl::edge::words::Narrow")
                .port("tdata", "{kind, zeros, fields}")
                .port("link_word", "{kind, fields}"),
            tdata: Sig::new(u(total)),
            link_word: Sig::new(u(format.width())),
            parts: Split::of(&shapes(&[fields, zeros, 2])),
            word: Join::of(&shapes(&[fields, 2])),
            _fields: usize::from(fields > 0),
            _after_fields: usize::from(fields > 0) + 1,
            _kind: usize::from(fields > 0) + usize::from(zeros > 0),
            _after_kind: usize::from(fields > 0) + usize::from(zeros > 0) + 1,
        }
    }
}

impl Logic for Narrow {
    #[hdl_gen]
    fn update(&mut self) {
        self.parts.input.next = self.tdata.val();
        for i in 0..self._fields {
            self.word.part[i].next = self.parts.part[i].val();
        }
        for k in self._fields..self._after_fields {
            for top in self._kind..self._after_kind {
                self.word.part[k].next = self.parts.part[top].val();
            }
        }
        self.link_word.next = self.word.output.val();
    }
}
